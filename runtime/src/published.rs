//! A pointer to a heap box that readers follow without a lock: tables, layouts, caches.
//!
//! A reader holds a [`ReadGuard`], which borrows the thread record and so excludes safepoints, locks
//! and detaching while a reference into the box lives (R2, R8, R17). A writer, under the owning
//! object's lock, replaces the box and retires the old one.

use crate::qsbr;
use crate::sync::{AtomicPtr, Ordering};
use crate::thread::Thread;
use std::marker::PhantomData;

/// Proof that this thread passes no safepoint.
#[derive(Clone, Copy)]
pub struct ReadGuard<'a> {
    tid: u16,
    _t: PhantomData<&'a Thread>,
}

impl Thread {
    #[inline(always)]
    pub fn read_guard(&self) -> ReadGuard<'_> {
        ReadGuard {
            tid: self.tid,
            _t: PhantomData,
        }
    }
}

impl ReadGuard<'_> {
    #[inline(always)]
    pub fn tid(&self) -> u16 {
        self.tid
    }
}

pub struct Published<T>(AtomicPtr<T>, PhantomData<Box<T>>);

// SAFETY: readers get shared references only; replacing is the lock holder's (R8).
unsafe impl<T: Send + Sync> Send for Published<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Published<T> {}

/// A box no longer reachable, on its way to [`qsbr::retire`].
#[must_use = "hand it to qsbr::retire after the lock"]
pub struct Retired<T>(Box<T>);

impl<T> Published<T> {
    pub const fn empty() -> Published<T> {
        Published(AtomicPtr::new(std::ptr::null_mut()), PhantomData)
    }

    pub fn new(value: Box<T>) -> Published<T> {
        Published(AtomicPtr::new(Box::into_raw(value)), PhantomData)
    }

    #[inline(always)]
    pub fn load<'g>(&self, _guard: ReadGuard<'g>) -> Option<&'g T> {
        // SAFETY: boxes are retired, not freed, and the guard excludes a quiescent state (R8).
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// For re-reading a path: the address only.
    #[inline(always)]
    pub fn address(&self) -> *const T {
        self.0.load(Ordering::Acquire)
    }

    /// Under the lock that writers of this pointer hold, or unshared.
    ///
    /// # Safety
    /// As said; the reference dies before the lock is released or the pointer replaced.
    #[inline(always)]
    pub unsafe fn get_locked(&self) -> Option<&T> {
        // SAFETY: nobody replaces it meanwhile.
        unsafe { self.0.load(Ordering::Relaxed).as_ref() }
    }

    /// Under the writers' lock.
    pub fn replace(&self, value: Option<Box<T>>) -> Option<Retired<T>> {
        let new = value.map_or(std::ptr::null_mut(), Box::into_raw);
        let old = self.0.swap(new, Ordering::AcqRel);
        // SAFETY: it came out of Box::into_raw and is unreachable for new readers.
        (!old.is_null()).then(|| Retired(unsafe { Box::from_raw(old) }))
    }
}

impl<T> Drop for Published<T> {
    fn drop(&mut self) {
        let p = *self.0.get_mut();
        if !p.is_null() {
            // SAFETY: the owner goes: nobody reads any more.
            drop(unsafe { Box::from_raw(p) });
        }
    }
}

impl<T: Send + 'static> Retired<T> {
    pub fn retire(self, t: &Thread) {
        qsbr::retire(t, self.0);
    }
}

impl<T> Retired<T> {
    /// Frees at once: the object was never shared (R9).
    ///
    /// # Safety
    /// No reader can hold it.
    pub unsafe fn free_now(self) -> Box<T> {
        self.0
    }
}
