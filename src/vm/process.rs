//! What the program asks of its own process when it starts and ends.

/// Size of the main thread's native stack.
pub fn stack_limit() -> Option<usize> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the structure is ours.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &mut limit) } == 0;
    if known && limit.rlim_cur != libc::RLIM_INFINITY {
        Some(limit.rlim_cur as usize)
    } else {
        None
    }
}

/// Whether a file descriptor is open.
pub fn is_open(fd: i32) -> bool {
    // SAFETY: a plain system call.
    unsafe { libc::fcntl(fd, libc::F_GETFD) >= 0 }
}

/// Ends the process at once: no destructors run, for threads that are still at work may need what they would destroy.
pub fn exit_now(code: i32) -> ! {
    // A binary that counts what runs (`cargo xtask pgo`) would write its counts at a normal end.
    #[cfg(typhon_counts)]
    {
        unsafe extern "C" {
            fn __llvm_profile_write_file() -> i32;
        }
        // SAFETY: of the compiler's runtime; it takes no arguments.
        unsafe { __llvm_profile_write_file() };
    }
    // SAFETY: a plain system call.
    unsafe { libc::_exit(code) }
}

/// Ends the process as if nobody had handled SIGINT, so that a shell knows it was interrupted.
pub fn die_of_interrupt() {
    // SAFETY: plain system calls on our own process.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::kill(libc::getpid(), libc::SIGINT);
    }
}
