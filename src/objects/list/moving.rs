//! Lists that end with the operation they are an operand of (`a[:i] + [x] + a[i:]`, `a[:] = b[1:]`): their items move instead of
//! being counted once more there and once less here. Nobody but a register that is consumed holds such a list, so it needs
//! no lock: another thread has no way to reach it.

use super::buf::{self, is_static};
use super::{List, settled};
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt};
use std::sync::atomic::Ordering;
use typhon_runtime::protocol::list_read;

/// The list of a register that is given up, if nothing else holds it and no reader without the lock ever saw its buffer (R9).
#[inline]
pub fn ending(v: &Value, tid: u16) -> Option<&List> {
    if v.bits() & 7 != 0 || v.class_word() != word::LIST {
        return None;
    }
    // SAFETY: exactly a list.
    let list = unsafe { &*(v.bits() as *const List) };
    (list.head.is_uniquely_held(tid) && !list.head.is_shared()).then_some(list)
}

impl List {
    /// Of an [`ending`] list: what `self + other` is, made of itself. The other one's items move too if it is `ending`. False:
    /// nothing was done, since memory is out.
    pub fn grow_by(&self, cx: &mut Cx, other: &List, other_ends: bool) -> bool {
        debug_assert!(!std::ptr::eq(self, other));
        let tid = cx.tid;
        if other_ends {
            let more = other.len.load(Ordering::Relaxed);
            return self.grow_words(more, |to| {
                // SAFETY: `to` has room for them; the words at the source are cleared with their counts gone.
                unsafe { other.buffer().give_words(to, more) };
                other.len.store(0, Ordering::Relaxed);
            });
        }
        let _g = other.lock(cx);
        let run = other.run_locked(0, usize::MAX);
        // SAFETY: locked and inside the length; `to` has room.
        self.grow_words(run.count, |to| unsafe { run.copy_to(to, tid) })
    }

    /// Room for `more` words behind the present ones, which `fill` writes.
    fn grow_words(&self, more: usize, fill: impl FnOnce(*mut u64)) -> bool {
        let n = self.len.load(Ordering::Relaxed);
        let mut b = self.buf.load(Ordering::Relaxed);
        // SAFETY: never null; nobody else knows the list. SORTING belongs to lists that somebody holds.
        unsafe {
            if (*b).cap() < n + more {
                // Just as much: what a concatenation makes has no room to spare.
                let Some(grown) = buf::grow_unshared(b, n + more) else {
                    return false;
                };
                b = grown;
                list_read::publish_buffer(&self.buf, b);
            }
            if more != 0 {
                debug_assert!(!is_static(b));
                fill((*b).words().add(n));
            }
        }
        list_read::publish_length(&self.len, n + more);
        true
    }

    /// Replace items `lo..hi` (clamped) by those of an [`ending`] list, which keeps what was there or is emptied.
    pub(super) fn splice_ending(&self, cx: &mut Cx, lo: usize, hi: usize, from: &List) -> Res<()> {
        let done = {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            let (lo, more) = (lo.min(n), from.len.load(Ordering::Relaxed));
            let hi = hi.clamp(lo, n);
            let new = from.buffer().slots(more);
            if hi - lo == more {
                // Each changes places with its successor.
                for (slot, new) in self.buffer().slots(hi)[lo..].iter().zip(new) {
                    let old = slot.peek_bits();
                    // SAFETY: under the lock; the counts move with the words, and nobody else reads `from`.
                    unsafe {
                        slot.set_bits(new.peek_bits());
                        new.set_bits(old);
                    }
                }
                return Ok(());
            }
            let mut items = new.iter().map(|slot| {
                // The count goes with the value.
                slot.take().unwrap_or_else(Value::none)
            });
            let done = self.splice_locked(lo, hi, &mut items);
            if done.is_some() {
                from.len.store(0, Ordering::Relaxed);
            }
            done
        };
        settled(cx, done)
    }
}
