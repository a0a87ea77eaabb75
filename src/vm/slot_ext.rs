//! Reading and writing the slots of one object in ordinary code: the lock-free read of R2 with the locked read behind it,
//! and the locked swap.

use crate::{Cx, Value};
use typhon_runtime::header::Header;
use typhon_runtime::slot::Slot;
use typhon_runtime::thread::Thread;

pub trait SlotExt {
    /// A counted copy. `head` is the header of the object that the slot belongs to, which the caller holds.
    fn get(&self, head: &Header) -> Option<Value>;
    /// Replace under the object's lock; the displaced value is the caller's to drop.
    #[must_use = "drop the displaced value after the lock (R1)"]
    fn put(&self, head: &Header, cx: &mut Cx, value: Option<Value>) -> Option<Value>;
}

impl SlotExt for Slot {
    #[inline]
    fn get(&self, head: &Header) -> Option<Value> {
        match self.try_get(|| true) {
            Ok(v) => v,
            Err(_) => get_slow(self, head),
        }
    }
    #[inline]
    fn put(&self, head: &Header, cx: &mut Cx, value: Option<Value>) -> Option<Value> {
        let guard = head.lock(&mut cx.thread);
        let old = self.swap(value);
        drop(guard);
        old
    }
}

#[cold]
#[inline(never)]
fn get_slow(slot: &Slot, head: &Header) -> Option<Value> {
    // SAFETY: R6: the caller is ordinary native code at a point where a safepoint is allowed; the record is the running
    // thread's own, and no other reference to it is used while the lock is taken.
    let t = unsafe { &mut *Thread::current().cast_mut() };
    let guard = head.lock(t);
    let v = slot.get_locked_marking();
    drop(guard);
    v
}
