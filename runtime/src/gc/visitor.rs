//! The visitor: what a type's `traverse` and the root hooks are handed.

use super::mark::{PIECE, Span, Work};
use super::words;
use crate::header::Header;
use crate::heap;
use crate::slot::Slot;
use crate::value::Value;

pub struct Visitor<'a> {
    pub(super) mode: Mode<'a>,
}

pub(super) enum Mode<'a> {
    /// An edge from something alive, to be followed later.
    Mark(&'a mut Work),
    /// A reference from within the doubtful set.
    Subtract,
    Custom(&'a mut dyn FnMut(*const Header)),
    /// Everything, immediates too.
    Referents(&'a mut dyn FnMut(Value)),
}

impl<'a> Visitor<'a> {
    /// Calls `visit` for each reference shown.
    pub fn new(visit: &'a mut dyn FnMut(*const Header)) -> Visitor<'a> {
        Visitor {
            mode: Mode::Custom(visit),
        }
    }

    /// Calls `visit` for each value shown, immediates included.
    pub(super) fn of_referents(visit: &'a mut dyn FnMut(Value)) -> Visitor<'a> {
        Visitor {
            mode: Mode::Referents(visit),
        }
    }

    #[inline]
    pub(super) fn visit_header(&mut self, head: *const Header) {
        match &mut self.mode {
            Mode::Mark(work) => work.push(head),
            Mode::Subtract => words::subtract(head),
            Mode::Custom(visit) => visit(head),
            // SAFETY: counted by whoever shows it, with the world stopped.
            Mode::Referents(visit) => visit(unsafe { Value::borrow_header(head) }),
        }
    }

    #[cold]
    fn visit_immediate(&mut self, bits: u64) {
        if let Mode::Referents(visit) = &mut self.mode {
            // SAFETY: an immediate.
            visit(unsafe { Value::from_bits(bits) });
        }
    }

    #[inline]
    pub fn visit(&mut self, value: &Value) {
        if value.is_ptr() {
            self.visit_header(value.as_ptr());
        } else if matches!(self.mode, Mode::Referents(_)) {
            self.visit_immediate(value.bits());
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
        // SAFETY: a slot is a word; they stay in place while the world is stopped.
        unsafe { self.visit_words(slots.as_ptr().cast(), slots.len(), 1, 1) };
    }
    #[inline]
    pub fn visit_values(&mut self, values: &[Value]) {
        // SAFETY: a value is a word; they stay in place while the world is stopped.
        unsafe { self.visit_words(values.as_ptr().cast(), values.len(), 1, 1) };
    }
    /// The first `width` words of each of `n` records, `stride` words apart.
    ///
    /// # Safety
    /// The words are slots of the object shown, and stay where they are while the world is stopped.
    #[inline]
    pub unsafe fn visit_words(&mut self, at: *const u64, n: usize, stride: usize, width: usize) {
        if let Mode::Mark(work) = &mut self.mode
            && n > PIECE
        {
            work.spans.push(Span {
                at,
                left: n,
                stride,
                width,
            });
            return;
        }
        for record in 0..n {
            for i in 0..width {
                // SAFETY: by contract.
                self.visit_bits(unsafe { *at.add(record * stride + i) });
            }
        }
    }
    /// A word of a slot that holds a counted reference; 0 and immediates are skipped.
    #[inline]
    pub fn visit_bits(&mut self, bits: u64) {
        if bits != 0 && bits & 3 == 0 {
            self.visit_header((bits & !7) as *const Header);
        } else if bits != 0 && matches!(self.mode, Mode::Referents(_)) {
            self.visit_immediate(bits);
        }
    }
    /// From a root hook: counted or not, the reference keeps the object alive.
    #[inline]
    pub fn root(&mut self, value: &Value) {
        self.visit(value);
    }
    /// A register's word, 0 and BORROWED ones included. A dead register may name what died while its generator was suspended: a
    /// deferred object that nothing running named (R16).
    #[inline]
    pub fn root_bits(&mut self, bits: u64) {
        if bits & 7 != 4 || heap::may_be_object((bits & !7) as *const Header) {
            self.visit_bits(bits);
        }
    }
}
