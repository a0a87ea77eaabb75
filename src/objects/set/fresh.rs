//! A set that is being made: its table belongs to a native frame, so filling it takes no lock, whatever runs in between.

use super::core::{SetCore, SetLike};
use super::table::{Found, Table};
use super::{FrozenSet, Set};
use crate::feed::feed;
use crate::native::*;
use crate::objects::dict::keys::{Memo, quick_hash, set_hash};
use crate::objects::{Dict, dict, object};
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::AtomicI64;

/// Memory ran out; the key comes back to be dropped where that may be done.
#[must_use]
pub(super) struct NoRoom(#[expect(dead_code, reason = "dropped with it")] Value);

pub(super) struct Fresh {
    head: Header,
    core: SetCore,
}

impl Fresh {
    pub(super) fn new() -> Fresh {
        Fresh {
            head: Header::placeholder(),
            core: SetCore::empty(),
        }
    }

    /// The set of these elements.
    pub(super) fn of(cx: &mut Cx, items: &[Value]) -> Res<Fresh> {
        let mut made = Fresh::new();
        if items.is_empty() {
            return Ok(made);
        }
        let Some(table) = Table::alloc_least() else {
            return Err(cx.memory_error());
        };
        made.core = SetCore::around(table, 0);
        for v in items {
            let key = v.clone_in(cx.tid);
            let odd = match quick_hash(v) {
                Some(hash) => made.add_quick(key, hash),
                None => Err(key),
            };
            if let Err(key) = odd {
                let hash = set_hash(cx, &key)?;
                made.add(cx, key, hash)?;
            }
        }
        Ok(made)
    }

    fn like(&self) -> SetLike<'_> {
        SetLike {
            head: &self.head,
            core: &self.core,
        }
    }

    /// The set of the keys that stand at these places of a table, if that is as quickly made as told. Under the lock of the
    /// table's set.
    #[inline]
    pub(super) fn chosen(from: &Table, places: &[u32], tid: u16) -> Option<Fresh> {
        let core = match places.len() {
            0 => SetCore::empty(),
            n => SetCore::around(from.of_places(places, tid)?, n),
        };
        let head = Header::placeholder();
        Some(Fresh { head, core })
    }

    /// Add a key that equals none of those before. Runs nothing, so it may be done under the locks of other sets.
    #[inline]
    pub(super) fn add_new(&mut self, key: Value, hash: i64) -> Result<(), NoRoom> {
        let at = self.core.table().free_place(hash);
        self.insert(at, key, hash)
    }

    #[inline]
    fn insert(&mut self, at: usize, key: Value, hash: i64) -> Result<(), NoRoom> {
        match self.like().insert_locked(at, key, hash) {
            Ok(old) => {
                // Never shared: nobody else has seen it.
                old.free_unshared();
                Ok(())
            }
            Err(key) => Err(NoRoom(key)),
        }
    }

    /// Add a key; comparing it may run Python code.
    #[inline]
    pub(super) fn add(&mut self, cx: &mut Cx, key: Value, hash: i64) -> Res<()> {
        static NO_ANSWERS: Memo = Memo::new();
        match self.like().find_locked(&key, hash, &NO_ANSWERS) {
            Found::At(_) => Ok(()),
            Found::Absent(n) => self
                .insert(n, key.into_counted(), hash)
                .map_err(|_| cx.memory_error()),
            Found::Stopped(n) => self.add_asking(cx, key, hash, n),
        }
    }

    /// Add a key if that runs nothing; else it comes back.
    #[inline(always)]
    fn add_quick(&mut self, key: Value, hash: i64) -> Result<(), Value> {
        let key = key.into_counted();
        match self.like().add_at_first(key, hash) {
            Ok(()) => Ok(()),
            Err(key) => self.add_searching(key, hash),
        }
    }

    #[inline(never)]
    fn add_searching(&mut self, key: Value, hash: i64) -> Result<(), Value> {
        static NO_ANSWERS: Memo = Memo::new();
        match self.like().find_locked(&key, hash, &NO_ANSWERS) {
            Found::At(_) => Ok(()),
            Found::Absent(n) => match self.like().insert_locked(n, key.into_counted(), hash) {
                Ok(old) => {
                    old.free_unshared();
                    Ok(())
                }
                Err(key) => Err(key),
            },
            Found::Stopped(_) => Err(key),
        }
    }

    /// The same where the key at `n` has to be asked (R7).
    #[cold]
    #[inline(never)]
    fn add_asking(&mut self, cx: &mut Cx, key: Value, hash: i64, mut n: usize) -> Res<()> {
        let mut memo = Memo::new();
        loop {
            let Some(there) = self.core.table().entry(n).key.get_locked() else {
                return Ok(());
            };
            let equal = protocol::equal(cx, &there, &key)?;
            memo.note(there, equal);
            match self.like().find_locked(&key, hash, &memo) {
                Found::At(_) => return Ok(()),
                Found::Absent(n) => {
                    return self
                        .insert(n, key.into_counted(), hash)
                        .map_err(|_| cx.memory_error());
                }
                Found::Stopped(next) => n = next,
            }
        }
    }

    /// Add the elements of an iterable; those of built-in containers as they are at one moment.
    pub(super) fn fill(&mut self, cx: &mut Cx, from: &Value) -> Res<()> {
        if let Some(s) = SetLike::of(from) {
            if self.like().is_empty() {
                self.core = SetCore::copy_of(cx, s)?;
                return Ok(());
            }
            for (hash, key) in s.items(cx) {
                self.add(cx, key, hash)?;
            }
            return Ok(());
        }
        let view = from.downcast_exact::<dict::views::DictKeys>();
        let dict = view.map_or(from, |v| &v.dict);
        if let Some(d) = dict.downcast_exact::<Dict>() {
            for item in d.items(cx) {
                self.add(cx, item.key, item.hash)?;
            }
            return Ok(());
        }
        if let Some(items) = crate::objects::iter::snapshot(cx, from)? {
            for key in items {
                let hash = set_hash(cx, &key)?;
                self.add(cx, key, hash)?;
            }
            return Ok(());
        }
        let it = protocol::iter(cx, from)?;
        loop {
            // What needs no Python code to be hashed and compared.
            let odd = feed(cx, &it, &mut |key| match quick_hash(&key) {
                Some(hash) => self.add_quick(key, hash),
                None => Err(key),
            })?;
            let Some(key) = odd else { return Ok(()) };
            let hash = set_hash(cx, &key)?;
            self.add(cx, key, hash)?;
        }
    }

    /// The elements become those of an empty set.
    pub(super) fn give_to(self, cx: &mut Cx, set: SetLike<'_>) {
        set.take_over(cx, &self.core);
    }

    /// The set of these elements, or the frozenset.
    pub(super) fn publish(self, cx: &mut Cx, frozen: bool) -> Res<Value> {
        let (head, core) = (Header::placeholder(), self.core);
        if frozen {
            let hash = AtomicI64::new(0);
            object::alloc(cx, Type::of::<FrozenSet>(), FrozenSet { head, core, hash })
        } else {
            object::alloc(cx, Type::of::<Set>(), Set { head, core })
        }
    }
}
