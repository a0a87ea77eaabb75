//! Marking with several threads, once a collection has seen that there is much to mark.
//!
//! Every marker has a stack of its own; when others are idle and its stack is long it puts half of it
//! into a common pool. All are done when all are idle and the pool is empty. Who has nothing left but cells that lead to one
//! another takes from the pool besides: a chain costs a miss of the cache for each cell, in the time of which others can be marked.
//! Two that find a cell at the same
//! moment may both look at it ([`super::marks`]). The helpers are native threads without a record: they
//! read objects while the world is stopped, and touch nothing else.

use super::mark::{Marker, PIECE, Span, Work};
use crate::sync::{AtomicBool, AtomicUsize, Mutex, Ordering};

/// Objects marked by one thread before others are called.
pub(super) const WORTH_IT: usize = if cfg!(debug_assertions) { 500 } else { 15_000 };
const MOST: usize = 8;
/// A stack this long is shared.
const SHARE: usize = 256;

struct Pool {
    chunks: Mutex<Vec<Work>>,
    /// How many there are, as a hint.
    offered: AtomicUsize,
    idle: AtomicUsize,
    markers: usize,
    done: AtomicBool,
}

impl Pool {
    fn pop(&self, chunks: &mut Vec<Work>) -> Option<Work> {
        let chunk = chunks.pop();
        self.offered.store(chunks.len(), Ordering::Relaxed);
        chunk
    }

    /// Some work if there is any, for one who is not idle.
    #[inline]
    fn more(&self) -> Option<Work> {
        if self.offered.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.pop(&mut self.chunks.lock())
    }

    fn take(&self) -> Option<Work> {
        if let Some(chunk) = self.pop(&mut self.chunks.lock()) {
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
                if let Some(chunk) = self.pop(&mut chunks) {
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

    fn offer(&self, work: &mut Work) {
        // The older half: its subtrees tend to be the bigger ones.
        let rest = work.edges.split_off(work.edges.len() / 2);
        let edges = std::mem::replace(&mut work.edges, rest);
        let mut spans = Vec::new();
        if let Some(span) = work.spans.last_mut()
            && span.left > 2 * PIECE
        {
            let half = span.left / 2;
            spans.push(Span {
                left: half,
                ..*span
            });
            span.at = span.at.wrapping_add(half * span.stride);
            span.left -= half;
        }
        let mut chunks = self.chunks.lock();
        chunks.push(Work { edges, spans });
        self.offered.store(chunks.len(), Ordering::Relaxed);
    }

    fn work(&self) -> usize {
        let mut marker = Marker::default();
        while let Some(work) = self.take() {
            marker.work = work;
            marker.drain_while(
                |work| {
                    let much = work.edges.len() >= SHARE || !work.spans.is_empty();
                    // Who is idle takes a moment to take what was offered last.
                    if much
                        && self.idle.load(Ordering::Relaxed) > self.offered.load(Ordering::Relaxed)
                    {
                        self.offer(work);
                    }
                },
                || self.more(),
                |_| true,
            );
        }
        marker.marked
    }
}

/// Marks what is reachable from `work` with several threads; returns how many cells. None: there is
/// one processor only, or no thread to be had.
pub(super) fn mark(work: &mut Work) -> Option<usize> {
    let markers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MOST);
    if markers < 2 {
        return None;
    }
    let pool = Pool {
        chunks: Mutex::new(Vec::new()),
        offered: AtomicUsize::new(0),
        idle: AtomicUsize::new(0),
        markers,
        done: AtomicBool::new(false),
    };
    {
        let mut chunks = pool.chunks.lock();
        let size = work.edges.len().div_ceil(markers * 2).max(1);
        while !work.edges.is_empty() {
            let at = work.edges.len().saturating_sub(size);
            chunks.push(Work {
                edges: work.edges.split_off(at),
                spans: Vec::new(),
            });
        }
        // Spans are split on demand.
        chunks.extend(work.spans.drain(..).map(|span| Work {
            edges: Vec::new(),
            spans: vec![span],
        }));
        pool.offered.store(chunks.len(), Ordering::Relaxed);
    }
    Some(std::thread::scope(|scope| {
        let mut helpers = Vec::new();
        for _ in 1..markers {
            let builder = std::thread::Builder::new().name("typhon-mark".into());
            match crate::signals::blocked(|| builder.spawn_scoped(scope, || pool.work())) {
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
