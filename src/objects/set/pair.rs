//! Two sets at one moment: what can be answered or done under both locks (R1), as long as no comparison would run Python
//! code (R7). `None` means that one would; the caller then works on snapshots, item by item.

use super::core::SetLike;
use super::fresh::{Fresh, NoRoom};
use super::table::{Found, OldTable};
use crate::objects::dict::keys::{Memo, with_bits};
use crate::{Cx, Value};
use std::sync::atomic::Ordering;
use typhon_runtime::lock::{Guarded, lock2};

static NO_DATA: Guarded<()> = Guarded::new(());

/// A comparison would run Python code.
struct Impure;

impl SetLike<'_> {
    /// Runs `f`, which runs no Python, while neither set changes: under both locks, unless both are frozensets, which
    /// never do.
    #[inline]
    fn standing_still<R>(self, cx: &mut Cx, other: SetLike<'_>, f: impl FnOnce() -> R) -> R {
        if self.is_frozen() && other.is_frozen() {
            return f();
        }
        let _g = lock2(&NO_DATA, self.head, &NO_DATA, other.head, cx);
        f()
    }

    /// Neither set changes: shows `see` the elements of this set, with their hash and whether `other` has them, until it
    /// says no.
    fn each_locked(
        self,
        other: SetLike<'_>,
        mut see: impl FnMut(usize, i64, &Value, Option<usize>) -> bool,
    ) -> Result<(), Impure> {
        static NO_ANSWERS: Memo = Memo::new();
        let t = self.core.table();
        for n in 0..=t.mask() {
            let e = t.entry(n);
            let bits = e.key.peek_bits();
            if bits == 0 {
                continue;
            }
            let hash = e.hash.load(Ordering::Relaxed);
            // SAFETY: R1: under the lock the key is alive; nothing below takes it out before the view ends.
            let more = unsafe {
                with_bits(bits, |key| {
                    match other.find_locked(key, hash, &NO_ANSWERS) {
                        Found::At(m) => Ok(see(n, hash, key, Some(m))),
                        Found::Absent(_) => Ok(see(n, hash, key, None)),
                        Found::Stopped(_) => Err(Impure),
                    }
                })
            }?;
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// The elements that `other` has too (`common`), or those that it has not. `Err`: memory is out.
    pub(super) fn part(
        self,
        cx: &mut Cx,
        other: SetLike<'_>,
        common: bool,
    ) -> Option<Result<Fresh, NoRoom>> {
        let tid = cx.tid;
        let mut out = Fresh::new();
        let mut room = Ok(());
        let done = self.standing_still(cx, other, || {
            self.each_locked(other, |_, hash, key, at| {
                if at.is_some() == common {
                    room = out.add_new(key.clone_in(tid), hash);
                }
                room.is_ok()
            })
        });
        done.ok().map(|()| room.map(|()| out))
    }

    /// Whether every element (`all`), or any, is in `other`.
    pub fn is_in(self, cx: &mut Cx, other: SetLike<'_>, all: bool) -> Option<bool> {
        let mut answer = all;
        let done = self.standing_still(cx, other, || {
            self.each_locked(other, |_, _, _, at| {
                answer = at.is_some();
                answer == all
            })
        });
        done.ok().map(|()| answer)
    }

    /// Takes out the elements that `other` has (`common`), or those that it has not. They are two sets.
    pub fn cut(self, cx: &mut Cx, other: SetLike<'_>, common: bool) -> Option<()> {
        let mut places = Vec::new();
        let mut gone = Vec::new();
        {
            let _g = lock2(&NO_DATA, self.head, &NO_DATA, other.head, cx);
            // The smaller one is walked over where that is enough.
            let done = if common && other.len() < self.len() {
                other.each_locked(self, |_, _, _, at| {
                    places.extend(at);
                    true
                })
            } else {
                self.each_locked(other, |n, _, _, at| {
                    if at.is_some() == common {
                        places.push(n);
                    }
                    true
                })
            };
            done.ok()?;
            gone.reserve(places.len());
            for n in places {
                gone.extend(self.delete_locked(n));
            }
        }
        drop(gone);
        Some(())
    }

    /// Keeps what is in one of the two only. They are two sets. `Err`: memory is out.
    pub fn flip(self, cx: &mut Cx, other: SetLike<'_>) -> Option<Result<(), ()>> {
        let tid = cx.tid;
        let mut gone = Vec::new();
        let mut new = Vec::new();
        let mut displaced: Vec<OldTable> = Vec::new();
        let mut room = Ok(());
        {
            let memo = Memo::new();
            let _g = lock2(&NO_DATA, self.head, &NO_DATA, other.head, cx);
            let mut places = Vec::new();
            other
                .each_locked(self, |_, hash, key, at| {
                    match at {
                        Some(n) => places.push(n),
                        None => new.push((hash, key.clone_in(tid))),
                    }
                    true
                })
                .ok()?;
            for n in places {
                gone.extend(self.delete_locked(n));
            }
            for (hash, key) in new.drain(..) {
                match self.find_locked(&key, hash, &memo) {
                    Found::Absent(n) if room.is_ok() => match self.insert_locked(n, key, hash) {
                        Ok(old) => displaced.push(old),
                        Err(key) => {
                            gone.push(key);
                            room = Err(());
                        }
                    },
                    // Compared above without Python code, so it is not met here; or memory is out.
                    _ => gone.push(key),
                }
            }
        }
        for old in displaced {
            old.dispose(cx);
        }
        drop(gone);
        Some(room)
    }
}
