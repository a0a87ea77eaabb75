//! A fence on every processor that runs this program: `membarrier(2)`.

use crate::sync::OnceLock;

#[cfg(target_os = "linux")]
mod system {
    /// `MEMBARRIER_CMD_PRIVATE_EXPEDITED` and its registration (Linux 4.14).
    const FENCE: libc::c_int = 1 << 3;
    const REGISTER: libc::c_int = 1 << 4;

    fn call(command: libc::c_int) -> bool {
        // SAFETY: reads and writes no memory of the caller's.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }
    pub fn register() -> bool {
        call(REGISTER) && call(FENCE)
    }
    pub fn fence() -> bool {
        call(FENCE)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub fn register() -> bool {
        false
    }
    pub fn fence() -> bool {
        false
    }
}

/// Whether there is one. The first call asks the system.
#[cfg_attr(
    feature = "gil",
    expect(
        dead_code,
        reason = "the twin has no locks that an owner takes plainly"
    )
)]
pub(crate) fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(system::register)
}

/// The fence. It has succeeded once, and a child of a fork inherits the registration; it may want memory that the system has not.
#[cold]
pub fn fence_everywhere() {
    const TRIES: usize = 1000;
    for _ in 0..TRIES {
        // A program may have been forbidden the call since; the registration is tried again with it.
        if system::fence() || system::register() {
            return;
        }
        std::thread::yield_now();
    }
    panic!("the system does not fence the processors any more");
}
