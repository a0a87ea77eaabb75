//! Named semaphores (POSIX `sem_open`), which processes share.

use super::check;
use std::ffi::CStr;
use std::io;
use std::ptr::NonNull;
use std::time::{Duration, SystemTime};

/// What `SEM_VALUE_MAX` is on Linux.
pub const VALUE_MAX: i32 = i32::MAX;

/// An open semaphore, closed when it is dropped. Its name is another matter: [`unlink`].
pub struct Semaphore(NonNull<libc::sem_t>);

// SAFETY: what semaphores are for; every call here takes the address only.
unsafe impl Send for Semaphore {}
// SAFETY: as above.
unsafe impl Sync for Semaphore {}

impl Semaphore {
    /// A new one, for this user. `AlreadyExists` if the name is taken.
    pub fn create(name: &CStr, value: u32) -> io::Result<Semaphore> {
        let mode: libc::c_uint = 0o600;
        // SAFETY: a terminated name; with O_CREAT mode and value follow.
        Semaphore::opened(unsafe {
            libc::sem_open(name.as_ptr(), libc::O_CREAT | libc::O_EXCL, mode, value)
        })
    }

    /// The one that has this name.
    pub fn open(name: &CStr) -> io::Result<Semaphore> {
        // SAFETY: a terminated name.
        Semaphore::opened(unsafe { libc::sem_open(name.as_ptr(), 0) })
    }

    fn opened(at: *mut libc::sem_t) -> io::Result<Semaphore> {
        // SEM_FAILED is null.
        NonNull::new(at)
            .map(Semaphore)
            .ok_or_else(io::Error::last_os_error)
    }

    /// Where it lies in this process.
    pub fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// Takes one if there is one.
    pub fn try_take(&self) -> io::Result<bool> {
        // SAFETY: open.
        match check(unsafe { libc::sem_trywait(self.0.as_ptr()) }) {
            Ok(_) => Ok(true),
            Err(e) if e.raw_os_error() == Some(libc::EAGAIN) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Takes one, waiting for it. False: there was none until then. EINTR when a signal came.
    pub fn take(&self, until: Option<SystemTime>) -> io::Result<bool> {
        let Some(until) = until else {
            // SAFETY: open.
            return check(unsafe { libc::sem_wait(self.0.as_ptr()) }).map(|_| true);
        };
        let since = until
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        let until = libc::timespec {
            tv_sec: since.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: since.subsec_nanos().into(),
        };
        // SAFETY: open; reads the struct.
        match check(unsafe { libc::sem_timedwait(self.0.as_ptr(), &until) }) {
            Ok(_) => Ok(true),
            Err(e) if e.raw_os_error() == Some(libc::ETIMEDOUT) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Gives one.
    pub fn give(&self) -> io::Result<()> {
        // SAFETY: open.
        check(unsafe { libc::sem_post(self.0.as_ptr()) }).map(drop)
    }

    /// How many there are to take.
    pub fn value(&self) -> io::Result<i32> {
        let mut value = 0;
        // SAFETY: open; writes the number.
        check(unsafe { libc::sem_getvalue(self.0.as_ptr(), &mut value) })?;
        Ok(value.max(0))
    }
}

impl Drop for Semaphore {
    fn drop(&mut self) {
        // SAFETY: opened once for this value, which nobody uses any more.
        unsafe { libc::sem_close(self.0.as_ptr()) };
    }
}

/// Takes the name away; who has the semaphore open keeps it.
pub fn unlink(name: &CStr) -> io::Result<()> {
    // SAFETY: a terminated name.
    check(unsafe { libc::sem_unlink(name.as_ptr()) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_and_can_be_opened_by_name() {
        let name = std::ffi::CString::new(format!("/typhon-test-{}", std::process::id())).unwrap();
        let one = Semaphore::create(&name, 1).unwrap();
        let taken = Semaphore::create(&name, 1).err().map(|e| e.kind());
        assert_eq!(taken, Some(io::ErrorKind::AlreadyExists));
        let again = Semaphore::open(&name).unwrap();
        unlink(&name).unwrap();
        assert!(again.try_take().unwrap());
        assert!(!one.try_take().unwrap());
        let soon = SystemTime::now() + Duration::from_millis(5);
        assert!(!one.take(Some(soon)).unwrap());
        again.give().unwrap();
        assert_eq!(one.value().unwrap(), 1);
        assert!(one.take(None).unwrap());
        assert_eq!(
            Semaphore::open(&name).err().map(|e| e.kind()),
            Some(io::ErrorKind::NotFound)
        );
    }
}
