//! Marking: a depth-first walk over edges, the header of the next few prefetched while the present one
//! is looked at, since nearly every step misses the cache.

use super::visitor::{Mode, Visitor};
use super::words::{self, Words, is_candidate};
use crate::header::{Header, flag};
use crate::heap;
use crate::hooks;
use crate::large;
use crate::region;
use crate::sync::Ordering;
use crate::thread::World;

#[inline(always)]
pub(super) fn is_marked(head: *const Header) -> bool {
    // SAFETY: a live cell, with the world stopped.
    unsafe { (*head).flags() & flag::MARKED != 0 }
}

/// How far ahead headers are fetched.
const AHEAD: usize = 8;

pub(super) struct Marker {
    /// Edges not followed yet: cells, perhaps marked already.
    stack: Vec<*const Header>,
    pub(super) marked: usize,
}

impl Marker {
    pub(super) fn new() -> Marker {
        Marker {
            stack: Vec::new(),
            marked: 0,
        }
    }

    pub(super) fn push(&mut self, head: *const Header) {
        self.stack.push(head);
    }

    fn visitor(&mut self) -> Visitor<'_> {
        Visitor {
            mode: Mode::Mark(&mut self.stack),
        }
    }

    /// Marks all that is reachable from what was pushed.
    pub(super) fn drain(&mut self) {
        let mut ahead = [std::ptr::null::<Header>(); AHEAD];
        let mut waiting = 0;
        let mut at = 0;
        loop {
            match self.stack.pop() {
                Some(head) => {
                    prefetch(head);
                    let due = std::mem::replace(&mut ahead[at % AHEAD], head);
                    at += 1;
                    if due.is_null() {
                        waiting += 1;
                    } else {
                        self.follow(due);
                    }
                }
                None if waiting == 0 => return,
                None => {
                    let due = std::mem::replace(&mut ahead[at % AHEAD], std::ptr::null());
                    at += 1;
                    if !due.is_null() {
                        waiting -= 1;
                        self.follow(due);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn follow(&mut self, head: *const Header) {
        // SAFETY: a live cell and its live type, with the world stopped.
        unsafe {
            let h = &*head;
            let flags = h.flags();
            if flags & flag::MARKED != 0 || !is_candidate(h) {
                return;
            }
            h.flags.store(flags | flag::MARKED, Ordering::Relaxed);
            self.marked += 1;
            let ty = h.type_word();
            if !region::is_static_type(ty) {
                self.stack.push(region::type_ptr(ty) as *const Header);
            }
            (region::info(ty).traverse)(head, &mut self.visitor());
        }
    }

    /// What is alive without asking the counts.
    pub(super) fn mark_roots(&mut self, world: &mut World) {
        self.first_pass();
        (hooks::get().visit_global_roots)(&mut self.visitor());
        let visit = hooks::get().visit_thread_roots;
        world.for_each_thread(|t| visit(t, &mut self.visitor()));
        self.drain();
    }

    /// Wipes stale marks, and pushes immortal and frozen cells, and the types of cells that are not
    /// traversed.
    fn first_pass(&mut self) {
        let mut last_type = 0;
        let mut look = |head: *mut Header| {
            // SAFETY: a live cell, with the world stopped.
            let h = unsafe { &*head };
            let flags = h.flags();
            if flags & flag::MARKED != 0 {
                h.flags.store(flags & !flag::MARKED, Ordering::Relaxed);
            }
            if flags & (flag::IMMORTAL | flag::FROZEN) != 0 {
                self.stack.push(head);
            }
            let ty = h.type_word();
            if !region::is_static_type(ty) && ty != last_type && !is_candidate(h) {
                last_type = ty;
                self.stack.push(region::type_ptr(ty) as *const Header);
            }
        };
        heap::for_each_small(|head, _, _, _| look(head));
        large::for_each(|head, _| look(head));
        region::for_each_type(look);
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
    let mut words = Words::of_the_doubtful();
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
    garbage.retain(|&head| !is_marked(head));
    garbage
}
