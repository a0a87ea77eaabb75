//! What inline caches and the interpreter's fast paths use of a dict (R14, R15): the keys version, and reads and writes by
//! entry number under a version. A version names one set of keys at fixed entries of one table; it is never reused.

use super::Dict;
use super::keys::with_bits;
use super::table::Found;
use crate::objects::Str;
use crate::objects::list::buf::may_read;
use crate::{Cx, Value};
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_runtime::header::flag;

/// The last version given away.
static LAST: AtomicU64 = AtomicU64::new(0);
const LIMIT: u64 = 1 << 48;

impl Dict {
    /// Whether the keys may have a version. Only shared dicts have one, so that the reads below need not ask who the owner
    /// is: the tables of shared dicts are retired, never freed at once (R9).
    #[inline(always)]
    fn is_versioned(&self) -> bool {
        self.head.flags_acquire() & flag::SHARED != 0
    }

    /// The version of the present keys; 0 = none assigned.
    #[inline(always)]
    pub fn keys_version(&self) -> u64 {
        if self.is_versioned() {
            self.table().version()
        } else {
            0
        }
    }

    /// The version of the present keys of a dict that is marked as shared (see `share`).
    #[inline(always)]
    pub fn table_version(&self) -> u64 {
        debug_assert!(self.is_versioned());
        self.table().version()
    }

    /// The version of the present keys, assigned now if there is none. 0 when there is none to give.
    pub fn assign_keys_version(&self, cx: &mut Cx) -> u64 {
        let _g = self.head.lock(cx);
        self.head.mark_shared();
        let t = self.table();
        if t.usable() == 0 {
            return 0;
        }
        match t.version() {
            0 => {
                let v = LAST.fetch_add(1, Ordering::Relaxed) + 1;
                if v >= LIMIT {
                    return 0;
                }
                t.set_version(v);
                v
            }
            v => v,
        }
    }

    /// The entry number of an exact `str` key. To fill a cache: read the version before, and compare after.
    pub fn index_of_str(&self, cx: &Cx, key: &Str) -> Option<u32> {
        if !may_read(&self.head, cx.tid) {
            return None;
        }
        let mut held = None;
        let t = self.table();
        // SAFETY: the caller's reference keeps the string alive.
        let found = unsafe {
            with_bits(&raw const *key as u64, |k| {
                self.find_unlocked(cx.tid, t, k, key.hash(), &mut held)
            })
        };
        match found {
            Found::At(n) => Some(n),
            _ => None,
        }
    }

    /// The value at an entry while the keys have this version, for a register: deferred and immortal objects come BORROWED.
    #[inline(always)]
    pub fn value_at_checked(&self, cx: &Cx, version: u64, n: u32) -> Option<Value> {
        if !self.is_versioned() {
            return None;
        }
        let t = self.table();
        if t.version() != version || n >= t.usable() {
            return None;
        }
        t.entry(n)
            .value
            .try_get_for_register(cx.tid, || self.is_table(t))
            .ok()
            .flatten()
    }

    /// The same as a word.
    #[inline(always)]
    pub fn word_at_checked(&self, tid: u16, version: u64, n: u32) -> Option<u64> {
        if !self.is_versioned() {
            return None;
        }
        // SAFETY: marked as shared.
        unsafe { self.value_for_register(tid, version, n) }
    }

    /// The value at an entry while the keys have this version: its register word, counted unless registers hold it
    /// uncounted. None when there is none, or another thread is at it. For namespaces.
    ///
    /// # Safety
    /// The dict is marked as shared (see `share`): its tables are retired, never freed at once (R9).
    #[inline(always)]
    pub unsafe fn value_for_register(&self, tid: u16, version: u64, n: u32) -> Option<u64> {
        let t = self.table();
        if t.version() != version {
            return None;
        }
        // A table with this version had this entry when the version was given, and tables do not shrink.
        debug_assert!(n < t.usable());
        let bits = t.entry(n).value.word_for_register(tid, || self.is_table(t));
        (bits != 0).then_some(bits)
    }

    /// Promise that this version ends when the value of entry `n` is replaced, if it is `value` now.
    pub fn watch(&self, cx: &mut Cx, version: u64, n: u32, value: &Value) -> bool {
        let _g = self.lock(cx);
        let t = self.table();
        version != 0
            && t.version() == version
            && n < t.usable()
            && t.entry(n).value.peek_bits()
                == match value.is_ptr() {
                    true => value.bits() & !typhon_runtime::value::BORROWED,
                    false => value.bits(),
                }
            && t.watch(n)
    }

    /// Mark the dict as shared, as namespaces of functions are: every thread may read its tables without asking.
    pub fn share(&self, cx: &mut Cx) {
        if !self.is_versioned() {
            let _g = self.head.lock(cx);
            self.head.mark_shared();
        }
    }

    /// Replace the value at an entry while the keys have this version. `Ok` gives the old value, `Err` the new one back.
    #[inline(always)]
    pub fn replace_at_checked(
        &self,
        cx: &mut Cx,
        version: u64,
        n: u32,
        value: Value,
    ) -> Result<Option<Value>, Value> {
        let value = value.into_counted();
        let _g = self.lock(cx);
        let t = self.table();
        if version == 0 || t.version() != version || n >= t.usable() {
            return Err(value);
        }
        Ok(t.replace(n, value))
    }
}
