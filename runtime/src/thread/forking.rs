//! The records of threads across a fork.

use super::ids::{Inner, REGISTRY, Registry};
use super::world::BELL;
use super::{Thread, breaker};
use crate::heap::Heap;
use crate::park;
use crate::qsbr;
use crate::refcount;
use crate::sync::{MutexGuard, Ordering};
use crate::value::Value;

/// The locks of this module, held across a fork with the world stopped.
pub(crate) struct AcrossFork {
    inners: Vec<(*const Thread, MutexGuard<'static, Inner>)>,
    registry: MutexGuard<'static, Registry>,
    _world: MutexGuard<'static, bool>,
}

pub(crate) fn before_fork() -> AcrossFork {
    let world = BELL.lock();
    let registry = REGISTRY.lock();
    // SAFETY: registered.
    let inners = registry
        .live
        .iter()
        .map(|&t| (t, unsafe { (*t).record().inner.lock() }))
        .collect();
    AcrossFork {
        inners,
        registry,
        _world: world,
    }
}

impl AcrossFork {
    /// The other threads are no more: their ids are orphans (R5), their unfinished work is `me`'s.
    pub(crate) fn reset_in_child(&mut self, me: &Thread) {
        for (t, inner) in &mut self.inners {
            if std::ptr::eq(*t, me) {
                continue;
            }
            // SAFETY: the record's memory is still there, and its thread is not.
            let t = unsafe { &**t };
            let rec = t.record();
            park::take_out(&t.parked_at);
            // SAFETY: as above; `me` is the running thread.
            unsafe {
                (*me.undo.get()).append(&mut *t.undo.get());
                (*me.pending.get()).append(&mut *t.pending.get());
                qsbr::inherit(me, t);
                inner.heap = Some(std::mem::replace(&mut *t.heap.get(), Heap::new()));
                for head in inner.queue.drain(..) {
                    // The world is stopped: merging is this thread's right. What dies is dropped
                    // with the rest that was put off.
                    if refcount::merge(head, 0) {
                        unreachable!("the queue's reference is counted");
                    }
                    (*me.undo.get()).push(Value::from_header(head));
                }
            }
            inner.thread = std::ptr::null();
            rec.visible.store(std::ptr::null_mut(), Ordering::Release);
            t.counters.bequeath();
            crate::gc::tell_large(t);
            t.record.set(None);
            rec.seq.offline();
            rec.state.detach();
            self.registry.orphans.push(rec.tid);
        }
        self.registry.live.retain(|&t| std::ptr::eq(t, me));
        me.breaker
            .fetch_or(breaker::MERGE | breaker::FINALIZERS, Ordering::Relaxed);
    }
}
