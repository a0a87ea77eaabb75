//! The cycle collector's interface: the visitor and what a collection reports.

use crate::header::Header;
use crate::slot::Slot;
use crate::thread::Thread;
use crate::value::Value;

/// Shown the references of an object by its type's `traverse`, and the roots by the hooks.
pub struct Visitor<'a> {
    visit: &'a mut dyn FnMut(*const Header),
}

impl<'a> Visitor<'a> {
    pub fn new(visit: &'a mut dyn FnMut(*const Header)) -> Visitor<'a> {
        Visitor { visit }
    }

    #[inline]
    pub fn visit(&mut self, value: &Value) {
        if value.is_ptr() {
            (self.visit)(value.as_ptr());
        }
    }
    #[inline]
    pub fn visit_option(&mut self, value: &Option<Value>) {
        if let Some(value) = value {
            self.visit(value);
        }
    }
    #[inline]
    pub fn visit_slot(&mut self, slot: &Slot) {
        self.visit_bits(slot.peek_bits());
    }
    #[inline]
    pub fn visit_slots(&mut self, slots: &[Slot]) {
        for slot in slots {
            self.visit_slot(slot);
        }
    }
    /// A word of a register or slot; 0 and immediates are skipped.
    #[inline]
    pub fn visit_bits(&mut self, bits: u64) {
        if bits != 0 && bits & 3 == 0 {
            (self.visit)((bits & !7) as *const Header);
        }
    }
    #[inline]
    pub fn visit_header(&mut self, head: *const Header) {
        (self.visit)(head);
    }
    /// A root: counted or not, it keeps the object alive.
    #[inline]
    pub fn root(&mut self, value: &Value) {
        self.visit(value);
    }
    #[inline]
    pub fn root_bits(&mut self, bits: u64) {
        self.visit_bits(bits);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// `gc.collect()`.
    Asked,
    /// The heap grew.
    Growth,
    /// The interpreter ends.
    Shutdown,
}

#[derive(Debug, Default, Clone)]
pub struct Collected {
    /// Unreachable objects found.
    pub found: usize,
    /// Of these, objects that could not be freed.
    pub uncollectable: usize,
    /// Objects alive afterwards.
    pub alive: usize,
    pub pause_ns: u64,
}

/// A full collection. Runs finalizers.
pub fn collect(_t: &mut Thread, _reason: Reason) -> Collected {
    Collected::default()
}

/// The heap took a page.
pub(crate) fn note_page(_t: &Thread) {
    crate::arena::IN_USE.fetch_add(1, crate::sync::Ordering::Relaxed);
}
pub(crate) fn note_large(_t: &Thread, _bytes: usize) {}
pub(crate) fn note_large_freed(_bytes: usize) {}
