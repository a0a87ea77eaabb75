//! Weak references: a registry of who refers weakly to what, sharded by the target's address.
//!
//! The weakref object embeds a [`WeakCell`]. The target's address in it is written under the shard's
//! lock only; a target clears its weak references under that lock before its cell is freed, so an
//! upgrade under the lock meets a type-stable header and succeeds by `try_incref` or not at all.
//! The shards' locks are innermost native locks: nothing is dropped under them.

use crate::address::BuildAddress;
use crate::header::{Header, flag};
use crate::protocol::ranks::Rank;
use crate::protocol::weak_cell;
use crate::refcount;
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::thread::Thread;
use crate::value::Value;
use std::collections::HashMap;

/// The part of a weakref object the runtime writes. Starts empty; does not move.
#[derive(Default)]
#[repr(transparent)]
pub struct WeakCell(AtomicU64);

impl WeakCell {
    pub const fn new() -> WeakCell {
        WeakCell(AtomicU64::new(0))
    }
    /// The target's address, 0 once it is gone. For identity only.
    pub fn target_bits(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
    pub fn is_dead(&self) -> bool {
        self.target_bits() == 0
    }
}

struct Entry {
    weakref: *const Header,
    cell: *const WeakCell,
    callback: bool,
}

#[derive(Default)]
struct Shard(HashMap<u64, Vec<Entry>, BuildAddress>);

// SAFETY: the pointers are used under the shard's lock, while the weakref objects have not detached.
unsafe impl Send for Shard {}

const SHARDS: usize = 64;
static TABLE: [Mutex<Option<Shard>>; SHARDS] = [const { Mutex::ranked(Rank::Weak, None) }; SHARDS];

fn shard(target: u64) -> &'static Mutex<Option<Shard>> {
    &TABLE[((target >> 4) ^ (target >> 12)) as usize % SHARDS]
}

/// Registers the one plain weakref object of a target: it stands before the others.
pub fn attach_plain(target: &Value, weakref: &Value, cell: &WeakCell) {
    register(target, weakref, cell, false, true);
}

/// Registers a weakref object. `callback` says whether it wants to hear of the end.
pub fn attach(target: &Value, weakref: &Value, cell: &WeakCell, callback: bool) {
    register(target, weakref, cell, callback, false);
}

fn register(target: &Value, weakref: &Value, cell: &WeakCell, callback: bool, first: bool) {
    let head = target.header().expect("immediates have no weak references");
    // The target may die by another thread, which then counts the weakref object to call it back.
    if let Some(own) = weakref.header() {
        own.mark_readable();
    }
    let weakref = weakref.as_ptr();
    let key = head as *const Header as u64;
    head.mark_readable();
    head.set_flags(flag::HAS_WEAKREFS);
    let mut table = shard(key).lock();
    let shard = table.get_or_insert_with(Shard::default);
    cell.0.store(key, Ordering::Release);
    let list = shard.0.entry(key).or_default();
    let place = if first { 0 } else { list.len() };
    let entry = Entry {
        weakref,
        cell,
        callback,
    };
    list.insert(place, entry);
}

/// A strong reference to the target, unless it is gone. Race-free against the last decref.
pub fn upgrade(t: &Thread, cell: &WeakCell) -> Option<Value> {
    let count = |key| {
        // SAFETY: the target has not cleared this cell, so its own cell is not freed; headers are
        // type-stable (R3).
        let head = unsafe { &*(key as *const Header) };
        // SAFETY: the registry's lock.
        head.flags() & flag::DYING == 0 && unsafe { refcount::try_incref(head, t.tid) }
    };
    let key = weak_cell::upgrade(&cell.0, |key| shard(key).lock(), count)?;
    // SAFETY: the count just taken.
    Some(unsafe { Value::from_header(&*(key as *const Header)) })
}

/// The weakref object goes, or is cleared: it is not called any more.
pub fn detach(cell: &WeakCell) {
    let key = cell.target_bits();
    if key == 0 {
        return;
    }
    let mut table = shard(key).lock();
    if cell.target_bits() != key {
        return;
    }
    weak_cell::clear(&cell.0);
    if let Some(shard) = table.as_mut()
        && let Some(list) = shard.0.get_mut(&key)
    {
        list.retain(|e| !std::ptr::eq(e.cell, cell));
        if list.is_empty() {
            shard.0.remove(&key);
        }
    }
}

/// The live weakref objects of a target, oldest first.
pub fn list(t: &Thread, target: &Value) -> Vec<Value> {
    let key = target.as_ptr() as u64;
    let mut found = Vec::new();
    if key == 0 {
        return found;
    }
    let table = shard(key).lock();
    if let Some(list) = table.as_ref().and_then(|s| s.0.get(&key)) {
        found.reserve(list.len());
        for entry in list {
            // SAFETY: a weakref object detaches under this lock before its cell is freed.
            unsafe {
                let head = &*entry.weakref;
                if head.flags() & flag::DYING == 0 && refcount::try_incref(head, t.tid) {
                    found.push(Value::from_header(head));
                }
            }
        }
    }
    found
}

pub fn count(target: &Value) -> usize {
    let key = target.as_ptr() as u64;
    let table = shard(key).lock();
    table
        .as_ref()
        .and_then(|s| s.0.get(&key))
        .map_or(0, Vec::len)
}

/// World stopped, the target is garbage: clears its weak references, before any finalizer may see them, and gathers
/// those that have a callback and are not garbage themselves. `keep` leaves those without a callback.
pub(crate) fn clear_for_collector(
    t: &Thread,
    target: *const Header,
    keep: bool,
    is_garbage: &dyn Fn(*const Header) -> bool,
    callbacks: &mut Vec<Value>,
) {
    let key = target as u64;
    let mut table = shard(key).lock();
    let Some(list) = table.as_mut().and_then(|s| s.0.get_mut(&key)) else {
        return;
    };
    let first = callbacks.len();
    list.retain(|entry| {
        if !entry.callback && keep {
            return true;
        }
        // SAFETY: as in `list`.
        unsafe {
            weak_cell::clear(&(*entry.cell).0);
            let head = &*entry.weakref;
            if entry.callback
                && !is_garbage(head)
                && head.flags() & flag::DYING == 0
                && refcount::try_incref(head, t.tid)
            {
                callbacks.push(Value::from_header(head));
            }
        }
        false
    });
    callbacks[first..].reverse();
}

/// World stopped, the target is condemned: its weak references are dead.
pub(crate) fn clear_silently(target: *const Header) {
    let key = target as u64;
    let list = shard(key).lock().as_mut().and_then(|s| s.0.remove(&key));
    for entry in list.unwrap_or_default() {
        // SAFETY: as in `list`.
        unsafe { weak_cell::clear(&(*entry.cell).0) };
    }
}

/// Clears the weak references of an object that dies; returns those with a callback, youngest first
/// as CPython calls them.
pub(crate) fn target_died(t: &Thread, target: *const Header) -> Vec<Value> {
    let key = target as u64;
    let mut table = shard(key).lock();
    let list = table
        .as_mut()
        .and_then(|s| s.0.remove(&key))
        .unwrap_or_default();
    let mut callbacks = Vec::new();
    for entry in list.iter().rev() {
        // SAFETY: as in `list`.
        unsafe {
            weak_cell::clear(&(*entry.cell).0);
            let head = &*entry.weakref;
            if entry.callback
                && head.flags() & flag::DYING == 0
                && refcount::try_incref(head, t.tid)
            {
                callbacks.push(Value::from_header(head));
            }
        }
    }
    drop(table);
    callbacks
}
