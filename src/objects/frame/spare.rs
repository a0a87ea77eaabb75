//! Stacks of ended threads, for threads to come. To map two stacks for each thread and unmap them at its end interrupts every
//! processor that runs the program and stands in the way of the page faults of all: a tenth of the time of a thread that did nothing.

use super::{APART, RegStack};
use typhon_runtime::fork;
use typhon_runtime::sync::Mutex;

/// So many are kept.
const MOST: usize = 8;
/// What is kept of a stack's memory, from its beginning; the rest goes back to the system.
const KEPT: usize = 8 << 10;
const _: () = assert!(APART < KEPT);

/// Size, registers, records.
static SPARE: Mutex<Vec<(usize, usize, usize)>> = Mutex::new(Vec::new());

/// Stacks of this size, all zeros, as [`RegStack::new`] has them.
pub fn take(bytes: usize) -> Option<(*mut u8, *mut u8)> {
    let mut spare = SPARE.lock();
    let i = spare.iter().position(|s| s.0 == bytes)?;
    let (_, base, frames) = spare.swap_remove(i);
    Some((base as *mut u8, frames as *mut u8))
}

/// Keeps these stacks, unless there are enough or what they hold cannot be forgotten. They belong to the caller.
pub fn keep(stack: &RegStack) -> bool {
    // Elsewhere the advice may leave in place what was there.
    if !cfg!(target_os = "linux") {
        return false;
    }
    let has_room = {
        let _no_fork = fork::put_off();
        SPARE.lock().len() < MOST
    };
    if !has_room {
        return false;
    }
    let (base, bytes) = (stack.base.cast::<u8>(), stack.bytes);
    let frames = stack.frames.cast::<u8>();
    // SAFETY: both mappings are the caller's, and nobody reads them any more. The advice is refused where KEPT is no
    // whole number of pages.
    unsafe {
        let mapping = frames.sub(APART);
        let rest = |at: *mut u8, bytes| {
            libc::madvise(at.add(KEPT).cast(), bytes - KEPT, libc::MADV_DONTNEED)
        };
        if rest(base, bytes) != 0 || rest(mapping, bytes + APART) != 0 {
            return false;
        }
        base.write_bytes(0, KEPT);
        frames.write_bytes(0, KEPT - APART);
    }
    let _no_fork = fork::put_off();
    let mut spare = SPARE.lock();
    let room = spare.len() < MOST;
    if room {
        spare.push((bytes, base as usize, frames as usize));
    }
    room
}
