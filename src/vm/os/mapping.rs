//! Memory mapped from files, or shared with the children of this process.

use super::check;
use super::fs::Fd;
use std::io;
use std::ptr::NonNull;

/// Mapped pages, unmapped when it is dropped. What they hold may change under every reader, by other processes too, and
/// reading beyond the end of a file that was cut short ends the process (SIGBUS).
pub struct Mapping {
    at: NonNull<u8>,
    len: usize,
}

// SAFETY: an address; who reads or writes there does so by atomics (`objects/buffer/copy.rs`).
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub fn new(fd: Fd, len: usize, prot: i32, flags: i32, offset: i64) -> io::Result<Mapping> {
        if flags & libc::MAP_FIXED != 0 {
            // It would replace what lies there.
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        // SAFETY: a fresh place, since it is not fixed.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), len, prot, flags, fd, offset) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        match NonNull::new(at.cast()) {
            Some(at) => Ok(Mapping { at, len }),
            None => Err(io::Error::from_raw_os_error(libc::ENOMEM)),
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn address(&self) -> *mut u8 {
        self.at.as_ptr()
    }

    /// Another length, and maybe another place: nobody may look at the old one.
    pub fn resize(&mut self, len: usize) -> io::Result<()> {
        // SAFETY: this mapping, which `&mut` has alone.
        let at =
            unsafe { libc::mremap(self.at.as_ptr().cast(), self.len, len, libc::MREMAP_MAYMOVE) };
        match NonNull::new(at.cast()) {
            Some(place) if at != libc::MAP_FAILED => {
                (self.at, self.len) = (place, len);
                Ok(())
            }
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// What this process will do with a part of it.
    pub fn advise(&self, start: usize, len: usize, advice: i32) -> io::Result<()> {
        assert!(start <= self.len && len <= self.len - start);
        // SAFETY: within the mapping; whatever becomes of its bytes, the pages stay mapped.
        check(unsafe { libc::madvise(self.at.as_ptr().add(start).cast(), len, advice) }).map(drop)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and nobody looks at it any more.
        unsafe { libc::munmap(self.at.as_ptr().cast(), self.len) };
    }
}

/// Writes the changes of mapped pages back to their file; ENOMEM where nothing is mapped.
pub fn sync(at: *mut u8, len: usize) -> io::Result<()> {
    // SAFETY: reads no memory of this process that is not mapped, and changes none.
    check(unsafe { libc::msync(at.cast(), len, libc::MS_SYNC) }).map(drop)
}
