//! Two sets at one moment: what can be answered or done under both locks (R1), as long as no comparison would run Python
//! code (R7). `None` means that one would; the caller then works on snapshots, item by item.

use super::core::SetLike;
use super::fresh::{Fresh, NoRoom};
use super::table::{Found, OldTable};
use crate::objects::dict::keys::{Memo, with_bits};
use crate::{Cx, Value};
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering;
use typhon_runtime::lock::{Guarded, lock2};

static NO_DATA: Guarded<()> = Guarded::new(());

/// A comparison would run Python code.
struct Impure;

/// Numbers of entries, on the machine stack.
struct Places {
    len: usize,
    at: [MaybeUninit<u32>; 64],
}

impl Places {
    #[inline(always)]
    fn new() -> Places {
        Places {
            len: 0,
            at: [const { MaybeUninit::uninit() }; 64],
        }
    }
    #[inline(always)]
    fn room(&self) -> usize {
        self.at.len() - self.len
    }
    #[inline(always)]
    fn note(&mut self, place: usize) {
        self.at[self.len].write(place as u32);
        self.len += 1;
    }
    #[inline(always)]
    fn as_slice(&self) -> &[u32] {
        // SAFETY: the first `len` are written.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr().cast(), self.len) }
    }
}

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
    #[inline]
    fn each_locked(
        self,
        other: SetLike<'_>,
        mut see: impl FnMut(usize, i64, &Value, Option<usize>) -> bool,
    ) -> Result<(), Impure> {
        let (t, there) = (self.core.table(), other.core.table());
        // Behind the last element nothing is looked at.
        let mut left = self.len();
        for n in 0..=t.mask() {
            if left == 0 {
                break;
            }
            let e = t.entry(n);
            let bits = e.key.peek_bits();
            if bits == 0 {
                continue;
            }
            left -= 1;
            let hash = e.hash.load(Ordering::Relaxed);
            // Most are found, or missed, at the first place asked.
            let at = match there.first_place(hash, bits) {
                Some(at) => at,
                None => other.place_locked(bits, hash)?,
            };
            // SAFETY: R1: under the lock the key is alive; nothing takes it out before the view ends.
            if !unsafe { with_bits(bits, |key| see(n, hash, key, at)) } {
                break;
            }
        }
        Ok(())
    }

    /// Where the key with these bits stands, if it does. It is alive and this set does not change.
    #[inline(never)]
    fn place_locked(self, bits: u64, hash: i64) -> Result<Option<usize>, Impure> {
        static NO_ANSWERS: Memo = Memo::new();
        // SAFETY: by contract.
        let found = unsafe { with_bits(bits, |key| self.find_locked(key, hash, &NO_ANSWERS)) };
        match found {
            Found::At(m) => Ok(Some(m)),
            Found::Absent(_) => Ok(None),
            Found::Stopped(_) => Err(Impure),
        }
    }

    /// The least or greatest element, if there is one and all are small ints.
    pub fn extreme_int(self, cx: &mut Cx, greatest: bool) -> Option<i64> {
        let find = || {
            let t = self.core.table();
            let mut left = self.len();
            let mut best: Option<i64> = None;
            for n in 0..=t.mask() {
                if left == 0 {
                    break;
                }
                let bits = t.entry(n).key.peek_bits();
                if bits == 0 {
                    continue;
                }
                if bits & 3 != 1 {
                    return None;
                }
                left -= 1;
                // Words of ints are in the order of the ints.
                let word = bits as i64;
                if best.is_none_or(|b| if greatest { word > b } else { word < b }) {
                    best = Some(word);
                }
            }
            best.map(|word| word >> 2)
        };
        if self.is_frozen() {
            return find();
        }
        let _g = self.head.lock(cx);
        find()
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
            let mut places = Places::new();
            if self.len() <= places.room() {
                self.each_locked(other, |n, _, _, at| {
                    if at.is_some() == common {
                        places.note(n);
                    }
                    true
                })?;
                if let Some(made) = Fresh::chosen(self.core.table(), places.as_slice(), tid) {
                    // What it displaces is empty.
                    out = made;
                    return Ok(());
                }
            }
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
