//! Data behind an object's lock byte.
//!
//! A [`Guard`] holds the thread record mutably, and whatever runs Python code, blocks or reaches a
//! safepoint wants it mutably too: so nothing of that compiles under an object's lock (R1, R17).
//! `lock` itself is a safepoint (R6). Values displaced under the lock are returned and dropped after
//! it; debug builds assert that no drop happens inside.

use crate::header::Header;
use crate::protocol::two_locks::{Lockable, lock_both};
use crate::thread::Thread;
use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};

/// A part of an object that its lock byte protects.
#[repr(transparent)]
pub struct Guarded<T>(UnsafeCell<T>);

// SAFETY: reached only through the lock, or unshared (R1, R9).
unsafe impl<T: Send> Sync for Guarded<T> {}

pub struct Guard<'a, T> {
    data: *mut T,
    head: &'a Header,
    t: &'a mut Thread,
}

impl<T> Guarded<T> {
    pub const fn new(value: T) -> Guarded<T> {
        Guarded(UnsafeCell::new(value))
    }

    /// `head` is the header of the object this is part of. A safepoint (R6).
    #[inline(always)]
    pub fn lock<'a>(&'a self, head: &'a Header, t: &'a mut Thread) -> Guard<'a, T> {
        head.lock.lock(head, t);
        t.note_lock(1);
        Guard {
            data: self.0.get(),
            head,
            t,
        }
    }

    /// The same for a brief `f` that calls nothing, by the object's owner in its own way (R6) and by nobody else: None then.
    #[inline(always)]
    pub fn as_own<R>(&self, head: &Header, t: &Thread, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !head.enter_own(t, 0) {
            return None;
        }
        // SAFETY: locked; `f` reaches no safepoint and no lock.
        let out = f(unsafe { &mut *self.0.get() });
        head.leave_own(t, 0);
        Some(out)
    }

    /// Without waiting.
    #[inline]
    pub fn try_lock<'a>(&'a self, head: &'a Header, t: &'a mut Thread) -> Option<Guard<'a, T>> {
        if !head.lock.try_lock(head, t, 0) {
            return None;
        }
        t.note_lock(1);
        Some(Guard {
            data: self.0.get(),
            head,
            t,
        })
    }

    /// Nobody else can reach the object: it is being made, dropped or traversed with the world
    /// stopped.
    #[inline(always)]
    pub fn get_mut_unshared(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// For the collector's traversal (world stopped), `drop_payload`, and lock-free readers that
    /// touch only atomics inside `T`.
    ///
    /// # Safety
    /// One of the above.
    #[inline(always)]
    pub unsafe fn as_ptr(&self) -> *mut T {
        self.0.get()
    }

    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T> Guard<'_, T> {
    #[inline(always)]
    pub fn tid(&self) -> u16 {
        self.t.tid
    }
    /// What runs no Python may be called with it.
    #[inline(always)]
    pub fn thread(&self) -> &Thread {
        self.t
    }
    #[inline(always)]
    pub fn head(&self) -> &Header {
        self.head
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held (R1).
        unsafe { &*self.data }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held (R1).
        unsafe { &mut *self.data }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.t.note_lock(-1);
        self.head.lock.unlock(self.head, self.t);
    }
}

impl Lockable for Header {
    type Thread = Thread;
    #[inline(always)]
    fn lock(&self, t: &mut Thread) {
        self.lock.lock(self, t);
    }
    #[inline(always)]
    fn try_lock(&self, t: &Thread) -> bool {
        self.lock.try_lock(self, t, 1)
    }
    #[inline(always)]
    fn unlock(&self, t: &Thread) {
        self.lock.unlock_of_two(self, t);
    }
}

/// Two locked parts. If both are the same object it is locked once and only one side can be had at a
/// time.
pub struct Guard2<'a, T, U> {
    a: *mut T,
    b: *mut U,
    heads: (&'a Header, &'a Header),
    t: &'a mut Thread,
}

/// Locks two objects, in the order of their addresses, waiting only while it holds none (R1).
pub fn lock2<'a, T, U>(
    a: &'a Guarded<T>,
    head_a: &'a Header,
    b: &'a Guarded<U>,
    head_b: &'a Header,
    t: &'a mut Thread,
) -> Guard2<'a, T, U> {
    if lock_both(head_a, head_b, t) {
        t.note_lock(1);
    }
    t.note_lock(1);
    Guard2 {
        a: a.0.get(),
        b: b.0.get(),
        heads: (head_a, head_b),
        t,
    }
}

impl<T, U> Guard2<'_, T, U> {
    #[inline]
    pub fn is_same(&self) -> bool {
        std::ptr::eq(self.heads.0, self.heads.1)
    }
    #[inline]
    pub fn a(&mut self) -> &mut T {
        // SAFETY: locked; `self` is borrowed, so the other side is not.
        unsafe { &mut *self.a }
    }
    #[inline]
    pub fn b(&mut self) -> &mut U {
        // SAFETY: as above.
        unsafe { &mut *self.b }
    }
    /// Both sides, unless they are one.
    #[inline]
    pub fn both(&mut self) -> Option<(&mut T, &mut U)> {
        if self.is_same() {
            return None;
        }
        // SAFETY: two different locked objects.
        Some(unsafe { (&mut *self.a, &mut *self.b) })
    }
    #[inline]
    pub fn tid(&self) -> u16 {
        self.t.tid
    }
    #[inline]
    pub fn thread(&self) -> &Thread {
        self.t
    }
}

impl<T, U> Drop for Guard2<'_, T, U> {
    fn drop(&mut self) {
        self.t.note_lock(-1);
        self.heads.0.lock.unlock_of_two(self.heads.0, self.t);
        if !self.is_same() {
            self.t.note_lock(-1);
            self.heads.1.lock.unlock_of_two(self.heads.1, self.t);
        }
    }
}

/// For objects whose state lives in atomics and slots rather than in a [`Guarded`]: the bare lock.
pub struct HeadGuard<'a> {
    head: &'a Header,
    t: &'a mut Thread,
}

impl Header {
    /// The object's lock without data of its own. A safepoint (R6).
    #[inline]
    pub fn lock<'a>(&'a self, t: &'a mut Thread) -> HeadGuard<'a> {
        self.lock.lock(self, t);
        t.note_lock(1);
        HeadGuard { head: self, t }
    }
}

impl Header {
    /// After a `SeqCst` exchange of one of the object's slots, before the displaced value is dropped: lets a reader that
    /// counts under the lock finish (`Slot::exchange`). A safepoint if there is one.
    #[inline(always)]
    pub fn wait_for_locked_readers(&self, t: &mut Thread) {
        if self.lock.is_locked() {
            self.wait_for_locked_readers_slow(t);
        }
    }

    #[cold]
    #[inline(never)]
    fn wait_for_locked_readers_slow(&self, t: &mut Thread) {
        drop(self.lock(t));
    }
}

impl HeadGuard<'_> {
    #[inline]
    pub fn thread(&self) -> &Thread {
        self.t
    }
}

impl Drop for HeadGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.t.note_lock(-1);
        self.head.lock.unlock(self.head, self.t);
    }
}
