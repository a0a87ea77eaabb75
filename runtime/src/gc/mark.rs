//! Marking and subtracting over the side words.

use super::visitor::{Mode, Visitor};
use super::words::{self, Found, Words};
use crate::header::Header;
use crate::hooks;
use crate::region;
use crate::thread::World;

pub(super) struct Marker {
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

    pub(super) fn mark(&mut self, head: *const Header) {
        if words::mark(head) {
            self.stack.push(head);
        }
    }

    fn visitor(&mut self) -> Visitor<'_> {
        Visitor {
            mode: Mode::Mark(&mut self.stack),
        }
    }

    /// Marks all that is reachable from what was marked.
    pub(super) fn drain(&mut self) {
        while let Some(head) = self.stack.pop() {
            self.marked += 1;
            // SAFETY: a live cell and its live type, with the world stopped.
            unsafe {
                let ty = (*head).type_word();
                self.mark(region::type_ptr(ty) as *const Header);
                (region::info(ty).traverse)(head, &mut self.visitor());
            }
        }
    }

    /// What is alive without asking the counts.
    pub(super) fn mark_roots(&mut self, world: &mut World, found: &Found) {
        for &head in &found.roots {
            self.mark(head);
        }
        for &ty in &found.types {
            self.mark(region::type_ptr(ty) as *const Header);
        }
        (hooks::get().visit_global_roots)(&mut self.visitor());
        let visit = hooks::get().visit_thread_roots;
        world.for_each_thread(|t| visit(t, &mut self.visitor()));
        self.drain();
    }
}

/// Takes the references among the doubtful from their counts, and marks whoever is still counted.
/// What is left is garbage.
pub(super) fn find_garbage(words: &Words, marker: &mut Marker) -> Vec<*const Header> {
    let mut doubtful = Vec::new();
    words.for_each_doubtful(|head, _| doubtful.push(head));
    for &head in &doubtful {
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
    for &head in &doubtful {
        if words::doubtful(head).is_some_and(|count| count != 0) {
            marker.mark(head);
            marker.drain();
        }
    }
    doubtful.retain(|&head| words::doubtful(head).is_some());
    doubtful
}
