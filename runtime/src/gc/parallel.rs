//! Marking with several threads, once a collection has seen that there is much to mark.
//!
//! Every marker has a stack of its own; when others are idle and its stack is long it puts half of it
//! into a common pool. All are done when all are idle and the pool is empty. A cell is won by an atomic
//! or on its flags, so each is traversed once. The helpers are native threads without a record: they
//! read objects while the world is stopped, and touch nothing else.

use super::mark::Marker;
use crate::header::{Header, flag};
use crate::sync::{AtomicBool, AtomicUsize, Mutex, Ordering};

/// Objects marked by one thread before others are called.
pub(super) const WORTH_IT: usize = if cfg!(debug_assertions) { 500 } else { 50_000 };
const MOST: usize = 8;
/// A stack this long is shared.
const SHARE: usize = 256;

struct Chunk(Vec<*const Header>);
// SAFETY: addresses of live cells, with the world stopped.
unsafe impl Send for Chunk {}

struct Pool {
    chunks: Mutex<Vec<Chunk>>,
    idle: AtomicUsize,
    markers: usize,
    done: AtomicBool,
}

impl Pool {
    fn take(&self) -> Option<Chunk> {
        if let Some(chunk) = self.chunks.lock().pop() {
            return Some(chunk);
        }
        self.idle.fetch_add(1, Ordering::AcqRel);
        let mut spins = 0u32;
        loop {
            if self.done.load(Ordering::Acquire) {
                return None;
            }
            {
                let mut chunks = self.chunks.lock();
                if let Some(chunk) = chunks.pop() {
                    self.idle.fetch_sub(1, Ordering::AcqRel);
                    return Some(chunk);
                }
                // Who has work is not idle, and only those put chunks here.
                if self.idle.load(Ordering::Acquire) == self.markers {
                    self.done.store(true, Ordering::Release);
                    return None;
                }
            }
            spins += 1;
            if spins < 64 {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }

    fn offer(&self, stack: &mut Vec<*const Header>) {
        let half = stack.len() / 2;
        // The older half: its subtrees tend to be the bigger ones.
        let rest = stack.split_off(half);
        let old = std::mem::replace(stack, rest);
        self.chunks.lock().push(Chunk(old));
    }

    fn work(&self) -> usize {
        let mut marker = Marker::new();
        while let Some(Chunk(stack)) = self.take() {
            marker.stack = stack;
            marker.drain_with(Marker::follow_shared, |stack| {
                if stack.len() >= SHARE && self.idle.load(Ordering::Relaxed) != 0 {
                    self.offer(stack);
                }
            });
        }
        marker.marked
    }
}

/// Marks what is reachable from `stack` with several threads; returns how many cells. None: there is
/// one processor only, or no thread to be had.
pub(super) fn mark(stack: &mut Vec<*const Header>) -> Option<usize> {
    let markers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MOST);
    if markers < 2 {
        return None;
    }
    let pool = Pool {
        chunks: Mutex::new(Vec::new()),
        idle: AtomicUsize::new(0),
        markers,
        done: AtomicBool::new(false),
    };
    {
        let mut chunks = pool.chunks.lock();
        let size = stack.len().div_ceil(markers * 2).max(1);
        while !stack.is_empty() {
            let at = stack.len().saturating_sub(size);
            chunks.push(Chunk(stack.split_off(at)));
        }
    }
    Some(std::thread::scope(|scope| {
        let mut helpers = Vec::new();
        for _ in 1..markers {
            let builder = std::thread::Builder::new().name("typhon-mark".into());
            match builder.spawn_scoped(scope, || pool.work()) {
                Ok(helper) => helpers.push(helper),
                // As if it had come and found nothing.
                Err(_) => {
                    pool.idle.fetch_add(1, Ordering::AcqRel);
                }
            }
        }
        let mine = pool.work();
        mine + helpers
            .into_iter()
            .map(|h| h.join().expect("markers do not panic"))
            .sum::<usize>()
    }))
}

/// Wins the cell for this marker.
#[inline(always)]
pub(super) fn win(head: &Header, flags: u8) -> bool {
    flags & flag::MARKED == 0
        && head.flags.fetch_or(flag::MARKED, Ordering::Relaxed) & flag::MARKED == 0
}
