//! Marking: a depth-first walk over edges, the header of the next few prefetched while the present one
//! is looked at, since nearly every step misses the cache.

use super::parallel;
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
    pub(super) stack: Vec<*const Header>,
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

    /// Marks all that is reachable from what was pushed; with several threads if it is much.
    pub(super) fn drain(&mut self) {
        let enough = self.marked + parallel::WORTH_IT;
        self.drain_while(Marker::follow, |_| (), |marker| marker.marked < enough);
        if !self.stack.is_empty() {
            match parallel::mark(&mut self.stack) {
                Some(n) => self.marked += n,
                None => self.drain_with(Marker::follow, |_| ()),
            }
        }
    }

    /// Follows edges with `follow` until there are none; `share` may take some away.
    #[inline]
    pub(super) fn drain_with(
        &mut self,
        follow: impl Fn(&mut Marker, *const Header),
        share: impl FnMut(&mut Vec<*const Header>),
    ) {
        self.drain_while(follow, share, |_| true);
    }

    #[inline]
    fn drain_while(
        &mut self,
        follow: impl Fn(&mut Marker, *const Header),
        mut share: impl FnMut(&mut Vec<*const Header>),
        go_on: impl Fn(&Marker) -> bool,
    ) {
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
                        continue;
                    }
                    follow(self, due);
                    share(&mut self.stack);
                    if !go_on(self) {
                        self.stack.extend(ahead.iter().filter(|p| !p.is_null()));
                        return;
                    }
                }
                None if waiting == 0 => return,
                None => {
                    let due = std::mem::replace(&mut ahead[at % AHEAD], std::ptr::null());
                    at += 1;
                    if !due.is_null() {
                        waiting -= 1;
                        follow(self, due);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn follow(&mut self, head: *const Header) {
        // SAFETY: a live cell, with the world stopped.
        let h = unsafe { &*head };
        let flags = h.flags();
        if flags & flag::MARKED == 0 && is_candidate(h) {
            h.flags.store(flags | flag::MARKED, Ordering::Relaxed);
            self.traverse(h);
        }
    }

    /// The same while others mark too.
    #[inline(always)]
    pub(super) fn follow_shared(&mut self, head: *const Header) {
        // SAFETY: a live cell, with the world stopped.
        let h = unsafe { &*head };
        let flags = h.flags();
        if flags & flag::MARKED == 0 && is_candidate(h) && parallel::win(h, flags) {
            self.traverse(h);
        }
    }

    #[inline(always)]
    fn traverse(&mut self, h: &Header) {
        self.marked += 1;
        let ty = h.type_word();
        if !region::is_static_type(ty) {
            self.stack.push(region::type_ptr(ty) as *const Header);
        }
        // SAFETY: a live cell and its live type, with the world stopped.
        unsafe { (region::info(ty).traverse)(h, &mut self.visitor()) };
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
