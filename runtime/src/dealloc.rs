//! The end of an object: finalizer queue, weak references, payload, cell.
//!
//! Drops run no Python: an object with a finalizer is resurrected into the thread's queue instead.
//! Long chains do not recurse on the native stack: past a small depth the dead wait in a list.

use crate::foreign;
use crate::header::{Header, flag};
use crate::heap;
use crate::hooks::Pending;
use crate::info::type_flag;
use crate::refcount;
use crate::sync::Ordering;
use crate::thread::{Thread, breaker};
use crate::value::Value;
use crate::weak;

/// How deep drops nest before they are put off. Small: a frame here spans `drop_payload` of a type.
const DEPTH: u32 = 16;

/// # Safety
/// The object has no references left; nobody else frees it.
#[inline]
pub(crate) unsafe fn dealloc(t: &Thread, head: *mut Header) {
    t.assert_no_lock();
    // SAFETY: dead but not freed.
    unsafe {
        let info = (*head).info();
        if !info.has(type_flag::GC | type_flag::HAS_DEL)
            && (*head).flags() & flag::HAS_WEAKREFS == 0
        {
            // A leaf: nothing to queue, nothing to recurse into.
            (info.drop_payload)(head, t);
            heap::free_cell(t, head);
            return;
        }
        dealloc_container(t, head);
    }
}

/// Frees the cell of an object whose payload has been moved out: no child is left to drop.
///
/// # Safety
/// The caller holds the only reference ([`Header::is_uniquely_held`]) and gives it up; the type has no finalizer.
#[inline]
pub unsafe fn free_emptied(t: &Thread, head: *mut Header) {
    t.assert_no_lock();
    // SAFETY: by contract nobody else knows the cell; no safepoint between here and the free (R12).
    unsafe { heap::free_cell(t, head) };
}

#[inline(always)]
unsafe fn dealloc_container(t: &Thread, head: *mut Header) {
    let depth = t.dealloc_depth.get();
    if depth >= DEPTH {
        // SAFETY: only this thread uses its list, between its own pushes and pops.
        unsafe { (*t.dealloc_list.get()).push(head) };
        t.has_left_over();
        return;
    }
    t.dealloc_depth.set(depth + 1);
    // SAFETY: by contract.
    unsafe { finish(t, head) };
    if depth == 0 && t.left_over.get() {
        finish_rest(t);
    }
    t.dealloc_depth.set(depth);
}

/// What was put off: at the greatest depth, or to be handed over to other owners together.
#[cold]
#[inline(never)]
fn finish_rest(t: &Thread) {
    while t.left_over.replace(false) {
        // SAFETY: only this thread uses its list; the borrow ends before the object is freed.
        while let Some(next) = unsafe { (*t.dealloc_list.get()).pop() } {
            // SAFETY: it reached zero when it was put off.
            unsafe { finish(t, next) };
        }
        #[cfg(not(feature = "gil"))]
        crate::thread::hand_over_all(t);
    }
}

#[inline(always)]
unsafe fn finish(t: &Thread, head: *mut Header) {
    // SAFETY: dead but not freed.
    let h = unsafe { &*head };
    let info = h.info();
    let flags = h.flags();
    // SAFETY: as above.
    if info.has(type_flag::HAS_DEL)
        && flags & flag::FINALIZED == 0
        && unsafe { is_to_finalize(t, head) }
    {
        return;
    }
    if flags & flag::HAS_WEAKREFS != 0 {
        clear_weakrefs(t, head);
    }
    // DYING before the first child is dropped (R12). Nobody else changes the flags of the dead.
    h.flags.store(flags | flag::DYING, Ordering::Relaxed);
    // SAFETY: no references left.
    unsafe {
        (info.drop_payload)(head, t);
        heap::free_cell(t, head);
    }
}

/// Whether the dead object has to wait for its finalizer.
///
/// # Safety
/// No references are left.
#[inline(never)]
unsafe fn is_to_finalize(t: &Thread, head: *mut Header) -> bool {
    // SAFETY: by contract dead but not freed; the value is the reference just taken.
    unsafe {
        let h = &*head;
        if !(h.info().needs_finalizer)(h) {
            return false;
        }
        refcount::resurrect(h, t.tid);
        t.push_pending(Pending::Finalize(Value::from_header(head)));
        true
    }
}

#[inline(never)]
fn clear_weakrefs(t: &Thread, head: *mut Header) {
    let callbacks = weak::target_died(t, head);
    if !callbacks.is_empty() {
        t.push_pending(Pending::WeakrefCallbacks(callbacks));
    }
}

/// A finalizer runs once, whoever comes first (R18).
fn unless_finalized(work: Pending) -> Option<Pending> {
    if let Pending::Finalize(value) = &work {
        let head = value.header().expect("only cells have finalizers");
        if head.set_flags(flag::FINALIZED) & flag::FINALIZED != 0 {
            return None;
        }
    }
    Some(work)
}

impl Thread {
    /// Within the freeing of a container, which runs no program's code.
    #[cfg(not(feature = "gil"))]
    pub(crate) fn is_freeing(&self) -> bool {
        self.dealloc_depth.get() != 0
    }

    /// Something waits for the end of the outermost freeing.
    pub(crate) fn has_left_over(&self) {
        self.left_over.set(true);
    }

    pub(crate) fn push_pending(&self, work: Pending) {
        if self.foreign.get() {
            return foreign::add(self, work);
        }
        // SAFETY: only this thread uses its queue.
        unsafe { (*self.pending.get()).push_back(work) };
        self.breaker
            .fetch_or(breaker::FINALIZERS, Ordering::Relaxed);
    }

    /// The next piece of work drops have left. A value to finalize is marked FINALIZED: the caller
    /// calls its `__del__` exactly once and then drops it.
    pub fn take_pending(&mut self) -> Option<Pending> {
        loop {
            // SAFETY: only this thread uses its queue.
            let next = unsafe { (*self.pending.get()).pop_front() };
            let Some(work) = next else {
                self.breaker
                    .fetch_and(!breaker::FINALIZERS, Ordering::Relaxed);
                return None;
            };
            if let Some(work) = unless_finalized(work) {
                return Some(work);
            }
        }
    }

    /// The same of what died on behalf of others ([`crate::foreign`]). At a full safepoint.
    pub fn take_foreign(&mut self) -> Option<Pending> {
        loop {
            let work = foreign::take(self)?;
            if let Some(work) = unless_finalized(work) {
                return Some(work);
            }
        }
    }

    /// The thread ends: others do what is left.
    pub(crate) fn leave_pending(&self) {
        // SAFETY: only this thread uses its queue.
        while let Some(work) = unsafe { (*self.pending.get()).pop_front() } {
            foreign::add(self, work);
        }
    }

    /// Drains the queue through the hooks. Runs Python code, whose safepoints come here again: they find what that code
    /// dropped and nothing else, or a thousand objects that died together would run a thousand calls deep.
    pub fn run_pending(&mut self) {
        while let Some(first) = self.take_pending() {
            // SAFETY: only this thread uses its queue; the borrow ends with the take.
            let rest = unsafe { std::mem::take(&mut *self.pending.get()) };
            self.run_work(first);
            for work in rest.into_iter().filter_map(unless_finalized) {
                self.run_work(work);
            }
        }
    }

    /// Drains the pool of foreign finalizers through the hooks. Runs Python code, at whose safepoints the pool waits.
    pub fn run_foreign(&mut self) {
        if self.runs_foreign.replace(true) {
            return;
        }
        while let Some(work) = self.take_foreign() {
            self.run_work(work);
            self.run_pending();
        }
        self.runs_foreign.set(false);
    }

    fn run_work(&mut self, work: Pending) {
        match work {
            Pending::Finalize(value) => {
                (crate::hooks::get().run_finalizer)(self, &value);
                value.drop_in(self);
            }
            Pending::WeakrefCallbacks(refs) => {
                (crate::hooks::get().weakrefs_cleared)(self, refs);
            }
        }
    }

    /// Gives a reference up at the next safepoint: the caller is inside a guard or lock.
    pub fn drop_later(&self, value: Value) {
        // SAFETY: only this thread uses its list.
        unsafe { (*self.undo.get()).push(value) };
        self.breaker.fetch_or(breaker::MERGE, Ordering::Relaxed);
    }

    /// Drops what was put off: references that readers took of strangers, so what dies is not this program's doing here.
    pub fn flush_drops(&self) {
        self.as_foreign(|| {
            // SAFETY: the borrow ends with the take; drops may push again.
            while let Some(value) = unsafe { (*self.undo.get()).pop() } {
                value.drop_in(self);
            }
        });
    }
}
