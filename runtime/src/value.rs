//! The value word: what a register, a list slot or an attribute holds.
//!
//! ```text
//! low bits  meaning
//!   ..01    small int, 62 bits: (i << 2) | 1
//!   ..1x    float of common size: y = bits + 2^61; if y has bit 62, word = rotl(y, 3)
//!  .000     pointer to a heap cell or static object, one counted reference
//!  .100     the same pointer, BORROWED: no count; only in registers, which the collector scans (R11)
//!     0     never a value: `Option<Value>` is one word
//! ```
//! 0.0, subnormals, infinities, NaN and the extreme exponents do not fit the float form and live in
//! heap objects; so equal small ints and common floats are always identical.

use crate::header::Header;
use crate::refcount;
use crate::thread::{self, Thread};
use std::num::NonZeroU64;

/// Marks an uncounted pointer in a register.
pub const BORROWED: u64 = 4;
const PTR_MASK: u64 = !7;
const FLOAT_OFFSET: u64 = 1 << 61;

pub const SMALL_INT_MAX: i64 = (1 << 61) - 1;
pub const SMALL_INT_MIN: i64 = -(1 << 61);

#[repr(transparent)]
pub struct Value(NonZeroU64);

const _: () = assert!(size_of::<Option<Value>>() == 8);

// SAFETY: the word is immutable; what it points at is shared under R1..R5.
unsafe impl Send for Value {}
// SAFETY: as above.
unsafe impl Sync for Value {}

impl Value {
    #[inline(always)]
    pub const fn from_small_int(i: i64) -> Option<Value> {
        if i >= SMALL_INT_MIN && i <= SMALL_INT_MAX {
            // SAFETY: the low bit is set, so the word is not 0.
            Some(unsafe { Value::from_bits(((i as u64) << 2) | 1) })
        } else {
            None
        }
    }

    #[inline(always)]
    pub const fn small_int(i: i32) -> Value {
        // SAFETY: as above; an i32 always fits.
        unsafe { Value::from_bits(((i as i64 as u64) << 2) | 1) }
    }

    #[inline(always)]
    pub const fn as_small_int(&self) -> Option<i64> {
        if self.is_small_int() {
            Some((self.bits() as i64) >> 2)
        } else {
            None
        }
    }

    #[inline(always)]
    pub const fn is_small_int(&self) -> bool {
        self.bits() & 3 == 1
    }

    #[inline(always)]
    pub const fn from_float_imm(f: f64) -> Option<Value> {
        let y = f.to_bits().wrapping_add(FLOAT_OFFSET);
        if y & (1 << 62) != 0 {
            // SAFETY: bit 62 became bit 1, so the word is not 0.
            Some(unsafe { Value::from_bits(y.rotate_left(3)) })
        } else {
            None
        }
    }

    #[inline(always)]
    pub const fn as_float_imm(&self) -> Option<f64> {
        if self.is_float_imm() {
            Some(f64::from_bits(
                self.bits().rotate_right(3).wrapping_sub(FLOAT_OFFSET),
            ))
        } else {
            None
        }
    }

    #[inline(always)]
    pub const fn is_float_imm(&self) -> bool {
        self.bits() & 2 != 0
    }

    #[inline(always)]
    pub const fn is_ptr(&self) -> bool {
        self.bits() & 3 == 0
    }

    #[inline(always)]
    pub const fn is_borrowed(&self) -> bool {
        self.bits() & 7 == BORROWED
    }

    #[inline(always)]
    pub const fn bits(&self) -> u64 {
        self.0.get()
    }

    /// # Safety
    /// `bits` is a value word other than 0; an owned pointer brings one count along (R2), a borrowed
    /// one goes to a register (R11).
    #[inline(always)]
    pub const unsafe fn from_bits(bits: u64) -> Value {
        // SAFETY: not 0 by contract.
        Value(unsafe { NonZeroU64::new_unchecked(bits) })
    }

    /// Gives the word away with its count.
    #[inline(always)]
    pub const fn into_bits(self) -> u64 {
        let bits = self.bits();
        std::mem::forget(self);
        bits
    }

    #[inline(always)]
    pub fn header(&self) -> Option<&Header> {
        // SAFETY: a pointer word names a live header while `self` lives (R3).
        if self.is_ptr() {
            Some(unsafe { self.header_unchecked() })
        } else {
            None
        }
    }

    /// # Safety
    /// `is_ptr()`.
    #[inline(always)]
    pub unsafe fn header_unchecked(&self) -> &Header {
        debug_assert!(self.is_ptr());
        // SAFETY: a pointer by contract; the cell lives as long as this reference (R2, R11).
        unsafe { &*((self.bits() & PTR_MASK) as *const Header) }
    }

    /// The cell's address, or null.
    #[inline(always)]
    pub fn as_ptr(&self) -> *const Header {
        if self.is_ptr() {
            (self.bits() & PTR_MASK) as *const Header
        } else {
            std::ptr::null()
        }
    }

    /// The type word of a pointer's cell; 0 for immediates.
    #[inline(always)]
    pub fn type_word(&self) -> u32 {
        match self.header() {
            Some(head) => head.type_word(),
            None => 0,
        }
    }

    /// Identity.
    #[inline(always)]
    pub const fn is(&self, other: &Value) -> bool {
        let differ = self.bits() ^ other.bits();
        differ == 0 || (differ == BORROWED && self.bits() & 3 == 0)
    }

    /// The same word for another register, without a count.
    ///
    /// # Safety
    /// The copy goes to a register the collector scans, and dies before what keeps `self` alive (R11).
    #[inline(always)]
    pub unsafe fn register_copy(&self) -> Value {
        let bits = self.bits();
        let mark = if bits & 3 == 0 { BORROWED } else { 0 };
        // SAFETY: not 0.
        unsafe { Value::from_bits(bits | mark) }
    }

    /// An owned value for the heap: a borrowed pointer takes its count now.
    #[inline(always)]
    pub fn into_counted(self) -> Value {
        if self.is_borrowed() {
            self.clone()
        } else {
            self
        }
    }

    /// A copy for a register: uncounted for immortal and deferred objects, counted for others. The
    /// caller puts it where the collector scans (R11).
    #[inline(always)]
    pub fn clone_ref_for_register(&self) -> Value {
        if let Some(head) = self.header()
            && head.is_uncounted_in_registers()
        {
            // SAFETY: goes to a register by contract.
            return unsafe { self.register_copy() };
        }
        self.clone()
    }

    /// Takes over one count.
    ///
    /// # Safety
    /// `head` is a live cell and the caller gives up one reference to it.
    #[inline(always)]
    pub unsafe fn from_header(head: *const Header) -> Value {
        debug_assert!(!head.is_null() && head as u64 & 15 == 0);
        // SAFETY: not null, aligned.
        unsafe { Value::from_bits(head as u64) }
    }

    /// A new counted reference.
    ///
    /// # Safety
    /// `head` is a live cell somebody holds.
    #[inline(always)]
    pub unsafe fn borrow_header(head: *const Header) -> Value {
        // SAFETY: live by contract.
        unsafe {
            refcount::incref(&*head, thread::current_tid());
            Value::from_header(head)
        }
    }

    /// `clone` with the thread id at hand.
    #[inline(always)]
    pub fn clone_in(&self, tid: u16) -> Value {
        let mut bits = self.bits();
        if bits & 3 == 0 {
            bits &= PTR_MASK;
            // SAFETY: `self` keeps the cell alive.
            unsafe { refcount::incref(self.header_unchecked(), tid) };
        }
        // SAFETY: not 0; the count was taken.
        unsafe { Value::from_bits(bits) }
    }

    /// Adds one count that the caller accounts for.
    #[inline(always)]
    pub fn incref_in(&self, tid: u16) {
        if self.is_ptr() {
            // SAFETY: `self` keeps the cell alive.
            unsafe { refcount::incref(self.header_unchecked(), tid) };
        }
    }

    /// `drop` with the thread at hand.
    #[inline(always)]
    pub fn drop_in(self, t: &Thread) {
        let bits = self.into_bits();
        if bits & 7 == 0 {
            // SAFETY: an owned pointer carries one count.
            unsafe { refcount::decref_in(bits as *mut Header, t) };
        }
    }
}

impl Clone for Value {
    /// A counted reference, whatever `self` is.
    #[inline(always)]
    fn clone(&self) -> Value {
        if self.is_ptr() {
            self.clone_in(thread::current_tid())
        } else {
            // SAFETY: an immediate copies.
            unsafe { Value::from_bits(self.bits()) }
        }
    }
}

impl Drop for Value {
    #[inline(always)]
    fn drop(&mut self) {
        let bits = self.bits();
        if bits & 7 == 0 {
            // SAFETY: an owned pointer carries one count.
            unsafe { refcount::decref(bits as *mut Header, thread::current_tid()) };
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(i) = self.as_small_int() {
            write!(f, "{i}")
        } else if let Some(x) = self.as_float_imm() {
            write!(f, "{x:?}")
        } else {
            let mark = if self.is_borrowed() { "&" } else { "" };
            write!(
                f,
                "{mark}<{:#x} of type {:#x}>",
                self.bits() & PTR_MASK,
                self.type_word()
            )
        }
    }
}
