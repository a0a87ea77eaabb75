//! A word-atomic place in a heap object or table: list items, dict entries, attributes, cells.
//!
//! Writers hold the object's lock (or own an unshared object) and store with Release (R9); readers
//! either hold the lock too or follow R2: read, count, and read again.

use crate::counters::Counter;
use crate::header::Header;
use crate::protocol::exchange;
use crate::protocol::slot_read::Read;
use crate::refcount;
use crate::sync::{AtomicU64, Ordering};
use crate::thread::{self, Thread};
use crate::value::Value;

#[repr(transparent)]
pub struct Slot(AtomicU64);

/// What an empty slot gives: rare where items and values are read.
#[cold]
#[inline(never)]
fn empty() -> u64 {
    0
}

/// How many entries a walker that had to lock marks beyond the one it read ([`Slot::mark_ahead`]).
pub const MARKED_AHEAD: usize = 32;

/// A lock-free read met a writer: take the lock and read under it. The object found there has been
/// marked so that the next lock-free read succeeds.
#[derive(Debug)]
pub struct Contended;

impl Slot {
    #[allow(clippy::declare_interior_mutable_const)]
    pub const EMPTY: Slot = Slot(AtomicU64::new(0));

    #[inline(always)]
    pub fn new(value: Option<Value>) -> Slot {
        Slot(AtomicU64::new(match value {
            Some(v) => v.into_counted().into_bits(),
            None => 0,
        }))
    }

    /// The word itself, for the protocol files, which know no values.
    #[inline(always)]
    pub fn word(&self) -> &AtomicU64 {
        &self.0
    }
    #[inline(always)]
    pub fn peek_bits(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
    #[inline(always)]
    pub fn peek_bits_acquire(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.peek_bits() == 0
    }

    /// Under the object's lock, or while the object is unshared. An object met here is marked
    /// readable if this thread had to count it in the shared word.
    #[inline(always)]
    pub fn get_locked(&self) -> Option<Value> {
        let bits = self.0.load(Ordering::Relaxed);
        if bits == 0 {
            return None;
        }
        // SAFETY: the slot's own reference stays in the slot; the copy takes another one.
        unsafe {
            let borrowed = std::mem::ManuallyDrop::new(Value::from_bits(bits));
            Some((*borrowed).clone())
        }
    }

    /// [`Self::get_locked`] after [`Contended`]: marks the object, so that the next read succeeds
    /// without the lock (R2).
    pub fn get_locked_marking(&self) -> Option<Value> {
        // Between the lock and the read: see `exchange`.
        exchange::begin_locked_read();
        let value = self.get_locked()?;
        if let Some(head) = value.header() {
            head.mark_readable();
        }
        Some(value)
    }

    /// Under the lock, by a walker that has just had to lock for the entry before this one: what another thread owns is marked,
    /// so that its lock-free read succeeds at once.
    #[inline]
    pub fn mark_ahead(&self, tid: u16) {
        let bits = self.0.load(Ordering::Relaxed);
        if bits != 0 && bits & 3 == 0 {
            // SAFETY: the slot's reference keeps it alive under the lock.
            let head = unsafe { &*(bits as *const Header) };
            if !head.is_owned_by(tid) && !head.is_uncounted_in_registers() {
                head.mark_readable();
            }
        }
    }

    /// Asks the processor for the object, which is to be read a moment later.
    #[inline(always)]
    pub fn prefetch(&self) {
        let bits = self.peek_bits();
        if bits & 7 == 0 {
            crate::header::prefetch(bits as *const Header);
        }
    }

    /// The value in place, without a count, for comparing under the lock.
    ///
    /// # Safety
    /// The lock is held (or the object unshared) for as long as the reference lives.
    #[inline(always)]
    pub unsafe fn as_value(&self) -> Option<&Value> {
        // SAFETY: same layout: Option<Value> is one word with 0 for None; not written under the lock.
        unsafe { (*(self.0.as_ptr() as *const Option<Value>)).as_ref() }
    }

    /// Reads without a lock (R2). `still_valid` re-reads every pointer of the path that led to this
    /// slot. The caller is inside a read guard: no drop, lock or safepoint since the path was read.
    #[inline(always)]
    pub fn try_get(&self, still_valid: impl Fn() -> bool) -> Result<Option<Value>, Contended> {
        self.try_get_in(thread::current_tid(), still_valid)
    }

    #[inline(always)]
    pub fn try_get_in(
        &self,
        tid: u16,
        still_valid: impl Fn() -> bool,
    ) -> Result<Option<Value>, Contended> {
        let bits = self.0.load(Ordering::Acquire);
        if bits == 0 {
            return Ok(None);
        }
        if bits & 3 != 0 {
            // SAFETY: an immediate.
            return Ok(Some(unsafe { Value::from_bits(bits) }));
        }
        // SAFETY: headers are type-stable while the guard lives (R3), so the count words may be read.
        let head = unsafe { &*(bits as *const Header) };
        if refcount::try_incref_owned(head, tid) {
            // SAFETY: the count just taken.
            return Ok(Some(unsafe { Value::from_bits(bits) }));
        }
        self.try_get_shared(bits, head, tid, still_valid)
    }

    #[inline(never)]
    fn try_get_shared(
        &self,
        bits: u64,
        head: &Header,
        tid: u16,
        still_valid: impl Fn() -> bool,
    ) -> Result<Option<Value>, Contended> {
        match refcount::count_reader(head, tid, &self.0, bits, still_valid) {
            // SAFETY: the count just taken.
            Read::Counted => return Ok(Some(unsafe { Value::from_bits(bits) })),
            // SAFETY: as above, though of another object.
            Read::Undo => undo_later(unsafe { Value::from_bits(bits) }),
            Read::Refused => {}
        }
        contended()
    }

    /// The pointer in place, if this thread owns its object and counts references to it: without a count, for a look that
    /// ends before the next safepoint or drop of the caller's, because nobody else can bring that object to zero (R2).
    #[inline(always)]
    pub fn peek_own(&self, tid: u16) -> Option<u64> {
        let bits = self.0.load(Ordering::Acquire);
        if bits & 3 != 0 || bits == 0 {
            return None;
        }
        // SAFETY: type-stable up to the next safepoint (R3).
        let head = unsafe { &*(bits as *const Header) };
        refcount::is_owner_leg(head, tid).then_some(bits)
    }

    /// Like [`Self::try_get`], for a register: deferred and immortal objects come BORROWED.
    #[inline(always)]
    pub fn try_get_for_register(
        &self,
        tid: u16,
        still_valid: impl Fn() -> bool,
    ) -> Result<Option<Value>, Contended> {
        let bits = self.0.load(Ordering::Acquire);
        let word = match bits & 3 == 0 && bits != 0 {
            true => self.pointer_for_register(bits, tid, still_valid),
            false => bits,
        };
        match word {
            0 if bits == 0 => Ok(None),
            0 => Err(Contended),
            // SAFETY: the caller's, as `pointer_for_register` says.
            word => Ok(Some(unsafe { Value::from_bits(word) })),
        }
    }

    /// [`Self::try_get_for_register`] as a register word; 0 when it is empty or contended.
    #[inline(always)]
    pub fn word_for_register(&self, tid: u16, still_valid: impl Fn() -> bool) -> u64 {
        let bits = self.0.load(Ordering::Acquire);
        if bits & 3 != 0 {
            return bits;
        }
        // By a call, else both tests become one that takes longer.
        if bits == 0 {
            return empty();
        }
        self.pointer_for_register(bits, tid, still_valid)
    }

    /// The same of the pointer `bits`, just read from here.
    #[inline(always)]
    pub fn pointer_for_register(&self, bits: u64, tid: u16, still_valid: impl Fn() -> bool) -> u64 {
        // SAFETY: type-stable while the guard lives (R3).
        let head = unsafe { &*(bits as *const Header) };
        if head.is_uncounted_in_registers() {
            // Still in the slot after the flags were read: it is this object that is deferred, and it stays until the
            // collector sees no register naming it (R11).
            if self.0.load(Ordering::Acquire) == bits && still_valid() {
                return bits | crate::value::BORROWED;
            }
            note_contended();
            return 0;
        }
        if refcount::try_incref_owned(head, tid) {
            return bits;
        }
        match self.try_get_shared(bits, head, tid, still_valid) {
            Ok(Some(v)) => v.into_bits(),
            _ => 0,
        }
    }

    /// Stores and returns what was there. Under the lock, or unshared. The caller drops it outside.
    #[inline(always)]
    #[must_use = "drop the displaced value after the lock (R1)"]
    pub fn swap(&self, value: Option<Value>) -> Option<Value> {
        let new = match value {
            Some(v) => v.into_counted().into_bits(),
            None => 0,
        };
        let old = self.0.load(Ordering::Relaxed);
        self.0.store(new, Ordering::Release);
        // SAFETY: the slot's reference moves to the caller.
        if old == 0 {
            None
        } else {
            Some(unsafe { Value::from_bits(old) })
        }
    }

    /// Replaces the value without the lock: for slots that are only ever written so, or under the lock by one
    /// read-modify-write. `place` is this slot as an atomic; `head` is its object. A reader that gave up its lock-free read
    /// counts what it finds under the lock; the displaced value may be dropped only when no such reader is at it
    /// ([`crate::protocol::exchange`]).
    #[inline(always)]
    #[must_use = "drop the displaced value after the lock (R1)"]
    pub fn exchange(&self, head: &Header, t: &mut Thread, value: Option<Value>) -> Option<Value> {
        let new = match value {
            Some(v) => v.into_counted().into_bits(),
            None => 0,
        };
        let old = self.exchange_word(head, t, new);
        if old == 0 {
            return None;
        }
        // SAFETY: the slot's reference moves to the caller.
        let old = unsafe { Value::from_bits(old) };
        if old.is_ptr() {
            head.wait_for_locked_readers(t);
        }
        Some(old)
    }

    #[inline(always)]
    fn replace_plainly(&self, new: u64) -> u64 {
        let old = self.0.load(Ordering::Relaxed);
        self.0.store(new, Ordering::Release);
        old
    }

    #[cfg(not(feature = "gil"))]
    #[inline(always)]
    fn exchange_word(&self, head: &Header, t: &Thread, new: u64) -> u64 {
        if head.enter_own(t, 0) {
            let old = self.replace_plainly(new);
            head.leave_own(t, 0);
            return old;
        }
        self.exchange_of_other(head, t, new)
    }
    #[cfg(not(feature = "gil"))]
    #[inline(never)]
    fn exchange_of_other(&self, head: &Header, t: &Thread, new: u64) -> u64 {
        if crate::alone::is_alone() {
            return self.replace_plainly(new);
        }
        head.open(t);
        exchange::swap(&self.0, new)
    }
    #[cfg(feature = "gil")]
    fn exchange_word(&self, _: &Header, _: &Thread, new: u64) -> u64 {
        self.replace_plainly(new)
    }

    /// The compare-and-swap that goes with [`Self::exchange`]: for a place of `head`, whose word was `old` at the last look,
    /// since which there was no safepoint. The caller has yet to look for readers if it displaced a pointer
    /// ([`Header::wait_for_locked_readers`]).
    #[inline(always)]
    pub fn compare_exchange_word(
        word: &AtomicU64,
        head: &Header,
        t: &mut Thread,
        old: u64,
        new: u64,
    ) -> Result<(), u64> {
        Slot::compare_exchange_among_threads(word, head, t, old, new)
    }

    /// The owner's own way comes first, before the question whether there are other threads: where it is taken, one thread pays
    /// five instructions more than for a plain store, and two threads get along without a step aside.
    #[cfg(not(feature = "gil"))]
    #[inline(always)]
    fn compare_exchange_among_threads(
        word: &AtomicU64,
        head: &Header,
        t: &Thread,
        old: u64,
        new: u64,
    ) -> Result<(), u64> {
        if head.enter_own(t, 0) {
            // Nobody else has ever wanted to change it.
            debug_assert_eq!(word.load(Ordering::Relaxed), old);
            word.store(new, Ordering::Release);
            head.leave_own(t, 0);
            return Ok(());
        }
        Slot::compare_exchange_of_other(word, head, t, old, new)
    }
    #[cfg(not(feature = "gil"))]
    #[inline(never)]
    fn compare_exchange_of_other(
        word: &AtomicU64,
        head: &Header,
        t: &Thread,
        old: u64,
        new: u64,
    ) -> Result<(), u64> {
        if crate::alone::is_alone() {
            debug_assert_eq!(word.load(Ordering::Relaxed), old);
            word.store(new, Ordering::Release);
            return Ok(());
        }
        head.open(t);
        word.compare_exchange(old, new, Ordering::SeqCst, Ordering::Acquire)
            .map(|_| ())
    }
    #[cfg(feature = "gil")]
    #[inline(always)]
    fn compare_exchange_among_threads(
        word: &AtomicU64,
        _: &Header,
        _: &Thread,
        old: u64,
        new: u64,
    ) -> Result<(), u64> {
        // Nobody comes between (R19).
        debug_assert_eq!(word.load(Ordering::Relaxed), old);
        word.store(new, Ordering::Release);
        Ok(())
    }

    #[inline(always)]
    #[must_use = "drop the displaced value after the lock (R1)"]
    pub fn take(&self) -> Option<Value> {
        self.swap(None)
    }

    /// Fills a slot known empty, in an object or table under construction.
    #[inline(always)]
    pub fn init(&self, value: Value) {
        debug_assert!(self.is_empty());
        self.0
            .store(value.into_counted().into_bits(), Ordering::Release);
    }

    /// For tables that are copied bit by bit: moves the word without counting.
    ///
    /// # Safety
    /// The reference moves along with the word.
    #[inline(always)]
    pub unsafe fn set_bits(&self, bits: u64) {
        self.0.store(bits, Ordering::Release);
    }

    /// Drops the content of an unshared slot: `drop_payload`.
    #[inline]
    pub fn drop_unshared(&self, t: &Thread) {
        if let Some(value) = self.take() {
            value.drop_in(t);
        }
    }
}

fn contended() -> Result<Option<Value>, Contended> {
    note_contended();
    Err(Contended)
}

#[cold]
#[inline(never)]
fn note_contended() {
    let t = Thread::current();
    if !t.is_null() {
        // SAFETY: the running thread's record.
        unsafe { (*t).counters.add(Counter::read_contended, 1) };
    }
}

/// The count taken may be a stranger's last reference: it is given back past guard and locks (R2).
#[cold]
#[inline(never)]
fn undo_later(value: Value) {
    let t = Thread::current();
    assert!(!t.is_null());
    // SAFETY: the running thread's record.
    unsafe { (*t).drop_later(value) };
}
