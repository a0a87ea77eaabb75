//! Marking: a depth-first walk over edges. What is marked already is dropped by its bit; the header of
//! the next few others is prefetched while the present one is looked at, since nearly every step
//! misses the cache. Large containers are kept as spans and walked bit by bit, so that the stack stays
//! small.

use super::marks;
use super::parallel;
use super::visitor::{Mode, Visitor};
use super::words::{self, Words, is_candidate};
use crate::header::{Header, flag};
use crate::hooks;
use crate::info::type_flag;
use crate::region;
use crate::thread::World;

/// How far ahead headers are fetched.
const AHEAD: usize = 8;
/// Records of a span pushed at a time; a smaller container is pushed as a whole.
pub(super) const PIECE: usize = 64;

/// Words of a container not looked at yet: `width` words of each of `left` records, `stride` apart.
/// The world is stopped, so they stay where they are.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) at: *const u64,
    pub(super) left: usize,
    pub(super) stride: usize,
    pub(super) width: usize,
}

// SAFETY: addresses of live containers, with the world stopped.
unsafe impl Send for Span {}

/// What is left to do.
#[derive(Default)]
pub(super) struct Work {
    /// Edges not followed yet: cells, perhaps marked already.
    pub(super) edges: Vec<*const Header>,
    pub(super) spans: Vec<Span>,
}

// SAFETY: as above.
unsafe impl Send for Work {}

impl Work {
    pub(super) fn is_empty(&self) -> bool {
        self.edges.is_empty() && self.spans.is_empty()
    }

    #[inline(always)]
    pub(super) fn push(&mut self, head: *const Header) {
        if !region::is_static_object(head) {
            self.edges.push(head);
        }
    }

    #[inline(always)]
    pub(super) fn push_bits(&mut self, bits: u64) {
        if bits != 0 && bits & 3 == 0 {
            self.push((bits & !7) as *const Header);
        }
    }

    /// The words of a piece of the last span become edges. False: there is none.
    fn refill(&mut self) -> bool {
        let Some(span) = self.spans.last_mut() else {
            return false;
        };
        let n = span.left.min(PIECE);
        let (mut at, stride, width) = (span.at, span.stride, span.width);
        span.left -= n;
        span.at = at.wrapping_add(n * stride);
        if span.left == 0 {
            self.spans.pop();
        }
        for _ in 0..n {
            for i in 0..width {
                // SAFETY: inside the container.
                self.push_bits(unsafe { *at.add(i) });
            }
            at = at.wrapping_add(stride);
        }
        true
    }
}

#[derive(Default)]
pub(super) struct Marker {
    pub(super) work: Work,
    /// Traversed cells.
    pub(super) marked: usize,
    last_type: u32,
}

impl Marker {
    pub(super) fn push(&mut self, head: *const Header) {
        self.work.push(head);
    }

    fn visitor(&mut self) -> Visitor<'_> {
        Visitor {
            mode: Mode::Mark(&mut self.work),
        }
    }

    /// Marks all that is reachable from what was pushed; with several threads if it is much.
    pub(super) fn drain(&mut self) {
        let enough = self.marked + parallel::WORTH_IT;
        self.drain_while(marks::set, |_| (), |marker| marker.marked < enough);
        if !self.work.is_empty() {
            match parallel::mark(&mut self.work) {
                Some(n) => self.marked += n,
                None => self.drain_while(marks::set, |_| (), |_| true),
            }
        }
    }

    /// Follows edges until there are none; `set` wins a cell, `share` may take some work away.
    #[inline]
    pub(super) fn drain_while(
        &mut self,
        set: impl Fn(*const Header) -> bool,
        mut share: impl FnMut(&mut Work),
        go_on: impl Fn(&Marker) -> bool,
    ) {
        // Cells marked but not traversed yet.
        let mut ahead = [std::ptr::null::<Header>(); AHEAD];
        let mut at = 0;
        loop {
            match self.work.edges.pop() {
                Some(head) => {
                    if !set(head) {
                        continue;
                    }
                    prefetch(head);
                    let due = std::mem::replace(&mut ahead[at % AHEAD], head);
                    at += 1;
                    if due.is_null() {
                        continue;
                    }
                    self.traverse(due);
                    share(&mut self.work);
                    if go_on(self) {
                        continue;
                    }
                }
                None if self.work.refill() => continue,
                None => {}
            }
            // Nothing to pop, or enough: what was fetched ahead, oldest first.
            let mut any = false;
            for _ in 0..AHEAD {
                let due = std::mem::replace(&mut ahead[at % AHEAD], std::ptr::null());
                at += 1;
                if !due.is_null() {
                    any = true;
                    self.traverse(due);
                }
            }
            if !any || !go_on(self) {
                return;
            }
        }
    }

    /// Looks at a cell just marked.
    #[inline(always)]
    fn traverse(&mut self, head: *const Header) {
        // SAFETY: a live cell and its live type, with the world stopped.
        unsafe {
            let h = &*head;
            let ty = h.type_word();
            if ty != self.last_type {
                self.last_type = ty;
                if !region::is_static_type(ty) {
                    self.work.push(region::type_ptr(ty) as *const Header);
                }
            }
            let flags = h.flags();
            let info = region::info(ty);
            if flags & flag::DYING == 0 && (info.has(type_flag::GC) || flags & flag::DEFERRED != 0)
            {
                self.marked += 1;
                (info.traverse)(h, &mut self.visitor());
            }
        }
    }

    /// What is alive without asking the counts.
    pub(super) fn mark_roots(&mut self, world: &mut World) {
        region::for_each_type(|head| {
            // SAFETY: a live cell, with the world stopped.
            if unsafe { (*head).flags() } & (flag::IMMORTAL | flag::FROZEN) != 0 {
                self.push(head);
            }
        });
        (hooks::get().visit_global_roots)(&mut self.visitor());
        let visit = hooks::get().visit_thread_roots;
        world.for_each_thread(|t| visit(t, &mut self.visitor()));
        self.drain();
    }

    /// Of the cells no root has led to, marks those that are alive for other reasons, and what they
    /// reach: immortal and frozen ones, and the types of cells that are not traversed (R12). The rest.
    fn doubtful(&mut self) -> Vec<*const Header> {
        let mut doubtful = Vec::new();
        let mut last_type = 0;
        let work = &mut self.work;
        marks::for_each_unmarked(|head| {
            // SAFETY: a live cell, with the world stopped.
            let h = unsafe { &*head };
            if h.flags() & (flag::IMMORTAL | flag::FROZEN) != 0 {
                work.push(head);
            } else if is_candidate(h) {
                doubtful.push(head as *const Header);
            } else {
                let ty = h.type_word();
                if ty != last_type && !region::is_static_type(ty) {
                    last_type = ty;
                    work.push(region::type_ptr(ty) as *const Header);
                }
            }
        });
        if !self.work.is_empty() {
            self.drain();
            doubtful.retain(|&head| !marks::is_marked(head));
        }
        doubtful
    }
}

#[inline(always)]
fn prefetch(head: *const Header) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch has no effect on memory.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(head as *const i8);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = head;
}

/// Takes the references among the doubtful from their counts, and marks whoever is still counted.
/// What is left is garbage.
pub(super) fn find_garbage(marker: &mut Marker) -> Vec<*const Header> {
    let doubtful = marker.doubtful();
    if doubtful.is_empty() {
        return doubtful;
    }
    let mut words = Words::of(doubtful);
    for &head in &words.doubtful {
        // SAFETY: a live cell, with the world stopped.
        unsafe {
            ((*head).info().traverse)(
                head,
                &mut Visitor {
                    mode: Mode::Subtract,
                },
            )
        };
    }
    for &head in &words.doubtful {
        if words::unaccounted(head) != 0 {
            marker.push(head);
        }
    }
    marker.drain();
    let mut garbage = std::mem::take(&mut words.doubtful);
    garbage.retain(|&head| !marks::is_marked(head));
    garbage
}
