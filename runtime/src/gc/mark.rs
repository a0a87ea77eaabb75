//! Marking: a depth-first walk over edges. What is marked already is dropped by its mark. A cell passes two short rings before
//! it is looked at, since nearly every step misses the cache: in the first its header is fetched, in the second what its
//! references lie in, if that is elsewhere (the type says so: [`Shape`]). Large containers are kept as spans and walked bit by
//! bit, so that the stack stays small.

use super::marks;
use super::parallel;
use super::visitor::{Mode, Visitor};
use super::words::{self, Words, is_candidate};
use crate::header::{self, Header, flag};
use crate::hooks;
use crate::info::{Shape, TypeInfo, type_flag};
use crate::region;
use crate::thread::World;

/// How far ahead memory is fetched.
const AHEAD: usize = 24;
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

    /// The words of a row become edges, now or later.
    ///
    /// # Safety
    /// They are slots of a container, with the world stopped.
    #[inline(always)]
    pub(super) unsafe fn push_words(&mut self, at: *const u64, n: usize) {
        if n > PIECE {
            self.spans.push(Span {
                at,
                left: n,
                stride: 1,
                width: 1,
            });
            return;
        }
        // The length is kept out of memory meanwhile.
        self.edges.reserve(n);
        let mut len = self.edges.len();
        let edges = self.edges.as_mut_ptr();
        for i in 0..n {
            // SAFETY: the words by contract; there is room for n more.
            unsafe {
                let bits = *at.add(i);
                let head = (bits & !7) as *const Header;
                if bits & 3 == 0 && bits != 0 && !region::is_static_object(head) {
                    edges.add(len).write(head);
                    len += 1;
                }
            }
        }
        // SAFETY: so many were written.
        unsafe { self.edges.set_len(len) };
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
        if stride == 1 {
            // SAFETY: inside the container, and no more than a piece.
            unsafe { self.push_words(at, n) };
            return true;
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

/// Cells that wait until their memory has come.
struct Ring {
    cells: [*const Header; AHEAD],
    at: usize,
}

impl Ring {
    fn new() -> Ring {
        Ring {
            cells: [std::ptr::null(); AHEAD],
            at: 0,
        }
    }

    /// Takes a cell in; the one that has waited longest comes out if the ring is full.
    #[inline(always)]
    fn push(&mut self, head: *const Header) -> Option<*const Header> {
        let due = std::mem::replace(&mut self.cells[self.at], head);
        self.at = if self.at == AHEAD - 1 { 0 } else { self.at + 1 };
        (!due.is_null()).then_some(due)
    }

    /// The one that has waited longest.
    fn pop(&mut self) -> Option<*const Header> {
        (0..AHEAD).find_map(|_| self.push(std::ptr::null()))
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
        self.drain_while(|_| (), || None, |marker| marker.marked < enough);
        if !self.work.is_empty() {
            match parallel::mark(&mut self.work) {
                Some(n) => self.marked += n,
                None => self.drain_while(|_| (), || None, |_| true),
            }
        }
    }

    /// Follows edges until there are none; `share` may take some work away, and `more` give some when little is left.
    #[inline]
    pub(super) fn drain_while(
        &mut self,
        mut share: impl FnMut(&mut Work),
        more: impl Fn() -> Option<Work>,
        go_on: impl Fn(&Marker) -> bool,
    ) {
        // Cells marked but not looked at yet.
        let mut headers = Ring::new();
        let mut bodies = Ring::new();
        loop {
            match self.work.edges.pop() {
                Some(head) => {
                    if !marks::set(head) {
                        continue;
                    }
                    header::prefetch(head);
                    if let Some(due) = headers.push(head)
                        && self.look(due, &mut bodies)
                    {
                        share(&mut self.work);
                        if !go_on(self) {
                            break;
                        }
                    }
                    continue;
                }
                None if self.work.refill() => continue,
                None => {}
            }
            // Nothing to pop.
            if let Some(work) = more() {
                self.work = work;
                continue;
            }
            // What was fetched ahead, oldest first.
            if let Some(due) = headers.pop() {
                self.look(due, &mut bodies);
            } else if !self.show_next(&mut bodies) {
                return;
            }
        }
        // Enough: others go on.
        while let Some(due) = headers.pop() {
            self.look(due, &mut bodies);
        }
        while self.show_next(&mut bodies) {}
    }

    fn show_next(&mut self, bodies: &mut Ring) -> bool {
        let due = bodies.pop();
        if let Some(due) = due {
            // SAFETY: a live cell and its live type, with the world stopped.
            unsafe { self.show(due, (*due).info()) };
        }
        due.is_some()
    }

    /// Looks at the header of a cell just marked, and at the rest of it or of another that waits among `bodies`. True if
    /// edges were followed.
    #[inline(always)]
    fn look(&mut self, head: *const Header, bodies: &mut Ring) -> bool {
        // SAFETY: live cells and their live types, with the world stopped.
        unsafe {
            let h = &*head;
            let ty = h.type_word();
            if ty != self.last_type && !region::is_static_type(ty) {
                self.last_type = ty;
                self.work.push(region::type_ptr(ty) as *const Header);
            }
            let flags = h.flags();
            let info = region::info(ty);
            if flags & flag::DYING != 0 || !(info.has(type_flag::GC) || flags & flag::DEFERRED != 0)
            {
                return false;
            }
            self.marked += 1;
            let shape = info.shape();
            if let Shape::Words(from, to) = shape {
                let n = (to - from) as usize / 8;
                self.work.push_words(head.byte_add(from as usize).cast(), n);
                return true;
            }
            match shape {
                Shape::Buffer { pointer: at, .. } | Shape::Behind(at) => {
                    header::prefetch(head.byte_add(at as usize).cast::<*const Header>().read());
                    match bodies.push(head) {
                        Some(due) => self.show(due, (*due).info()),
                        None => return false,
                    }
                }
                _ => self.show(head, info),
            }
            true
        }
    }

    /// What `traverse` would do.
    ///
    /// # Safety
    /// A live cell and its type, with the world stopped.
    #[inline(always)]
    unsafe fn show(&mut self, head: *const Header, info: &TypeInfo) {
        // SAFETY: by contract; the type says where its words are.
        unsafe {
            let at = |offset: u32| head.byte_add(offset as usize).cast::<u64>();
            let (first, n) = match info.shape() {
                Shape::Unknown | Shape::Behind(_) => {
                    return (info.traverse)(head, &mut self.visitor());
                }
                Shape::Words(from, to) => (at(from), ((to - from) / 8) as usize),
                Shape::Items { len, first } => (at(first), *at(len) as usize),
                Shape::Buffer { pointer, len, skip } => {
                    let buffer = *at(pointer) as *const u8;
                    (buffer.add(skip as usize).cast(), *at(len) as usize)
                }
            };
            self.work.push_words(first, n);
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
