//! Changing the order of a dict's entries: what `OrderedDict` adds. The dict keeps insertion order, so an entry goes to the
//! end by taking the next free place of the table; its index word is exchanged in one store, so that lock-free readers find
//! the key throughout (R9: the place left behind is never used again in this table).

use super::Dict;
pub use super::keys::is_steady;
use super::table::{OldTable, Table};
use crate::objects::list::buf::may_read;
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

impl Dict {
    /// Move an existing key to the end, or to the front. False when the key is absent.
    pub fn move_key(&self, cx: &mut Cx, key: &Value, hash: i64, last: bool) -> Res<bool> {
        let done = self.with_entry(cx, key, hash, |d, _, n| match n {
            None => Some((false, OldTable::none())),
            Some(n) if last => d.to_end_locked(n).map(|t| (true, t)),
            Some(n) => d.to_front_locked(n).map(|t| (true, t)),
        })?;
        match done {
            Some((found, table)) => {
                table.dispose(cx);
                Ok(found)
            }
            None => Err(cx.memory_error()),
        }
    }

    fn to_end_locked(&self, n: u32) -> Option<OldTable> {
        if n + 1 == self.table().tail() {
            return Some(OldTable::none());
        }
        let bits = self.table().entry(n).key.peek_bits();
        let old = self.make_room(1)?;
        let t = self.table();
        let n = if old.is_none() {
            n
        } else {
            (t.first()..t.tail()).find(|&i| t.entry(i).key.peek_bits() == bits)?
        };
        t.move_to_tail(n);
        Some(old)
    }

    /// A new table in the new order: the front has no free place.
    fn to_front_locked(&self, n: u32) -> Option<OldTable> {
        let t = self.table();
        if n == t.first() {
            return Some(OldTable::none());
        }
        let p = t.rebuilt_with_first(t.log2(), n)?;
        let old = self.table.swap(p, Ordering::AcqRel);
        Some(OldTable::moved(old, self.head.is_shared()))
    }

    /// Take out the first entry.
    pub fn pop_first(&self, cx: &mut Cx) -> Option<(Value, Value)> {
        let _g = self.lock(cx);
        let t: &Table = self.table();
        let n = (t.first()..t.tail()).find(|&n| !t.entry(n).key.is_empty())?;
        Some(self.delete_locked(n))
    }
}

/// Told of a key that a method of `dict` itself took out of an instance of a subclass.
pub static TAKEN: OnceLock<fn(&mut Cx, &Value, &Value) -> Res<()>> = OnceLock::new();

#[inline]
pub(super) fn taken(cx: &mut Cx, this: &Value, key: &Value) -> Res<()> {
    if this.class_word() == word::DICT {
        return Ok(());
    }
    match TAKEN.get() {
        Some(tell) => tell(cx, this, key),
        None => Ok(()),
    }
}

/// Which keys a dict had in which order, as far as a glance tells: it differs after any insertion, deletion or move, but
/// for a change back and forth between two tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Arrangement {
    table: usize,
    used: usize,
    next: u32,
}

impl Dict {
    pub fn arrangement(&self, cx: &mut Cx) -> Arrangement {
        let glance = || Arrangement {
            table: std::ptr::from_ref(self.table()) as usize,
            used: self.len(),
            next: self.table().handed_out(),
        };
        if may_read(&self.head, cx.tid) {
            return glance();
        }
        let _g = self.lock(cx);
        glance()
    }

    /// Whether the hash and equality of every key are known to be what they were when it came in.
    pub fn has_steady_keys(&self, cx: &mut Cx) -> bool {
        !self.has_other_keys() || self.keys_vec(cx).iter().all(is_steady)
    }
}

/// What `insert_bounded` pushed out; dropped after the lock.
struct Evicted {
    pairs: Vec<(Value, Value)>,
    table: OldTable,
    refused: Option<Value>,
}

impl Dict {
    /// The value of a key, which becomes the last one: a hit in a bounded cache.
    pub fn get_and_touch(&self, cx: &mut Cx, key: &Value, hash: i64) -> Res<Option<Value>> {
        let found = self.with_entry(cx, key, hash, |d, tid, n| {
            let n = n?;
            // SAFETY: the lock is held while the reference lives.
            let value = unsafe { d.table().entry(n).value.as_value() }.map(|v| v.clone_in(tid))?;
            Some((value, d.to_end_locked(n)))
        })?;
        // Without memory for a new table the entry stays where it is.
        Ok(found.map(|(value, table)| {
            if let Some(t) = table {
                t.dispose(cx);
            }
            value
        }))
    }

    /// Add a key as the last one and take out first ones, so that there are never more than `max`. A key that is there
    /// already keeps its value.
    pub fn insert_bounded(
        &self,
        cx: &mut Cx,
        key: &Value,
        hash: i64,
        value: Value,
        max: usize,
    ) -> Res<()> {
        let gone = self.with_entry(cx, key, hash, |d, _, n| {
            let mut out = Evicted {
                pairs: Vec::new(),
                table: OldTable::none(),
                refused: None,
            };
            if n.is_some() {
                out.refused = Some(value);
                return Ok(out);
            }
            while d.len() >= max {
                let t = d.table();
                match (t.first()..t.tail()).find(|&n| !t.entry(n).key.is_empty()) {
                    Some(first) => out.pairs.push(d.delete_locked(first)),
                    None => break,
                }
            }
            match d.put_locked(None, key, hash, value) {
                Ok(x) => {
                    out.table = x.table;
                    Ok(out)
                }
                Err(no_room) => Err((no_room, out)),
            }
        })?;
        match gone {
            Ok(Evicted {
                table,
                pairs,
                refused,
            }) => {
                drop((pairs, refused));
                table.dispose(cx);
                Ok(())
            }
            Err(_) => Err(cx.memory_error()),
        }
    }
}
