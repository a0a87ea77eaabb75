//! Attribute lookup along the MRO, and the versions that let caches trust it (R15).
//!
//! A version is assigned when a cache first wants one and zeroed, for the class and all its subclasses, before the class
//! is changed. A filler reads the version, looks up, and stores only if the version is still the same.

use super::{TYPE_MUTEX, Type};
use crate::objects::dict::Dict;
use crate::objects::{Str, Tuple};
use crate::statics::word;
use crate::{Cx, Res, SlotExt, Value, ValueExt};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_runtime::protocol::cache_pair;
use typhon_runtime::region::REGION;

static NEXT_VERSION: AtomicU64 = AtomicU64::new(1);
const MAX_VERSION: u64 = (1 << 48) - 1;

impl Type {
    /// Look `name` (an exact, interned string) up along the MRO: a counted reference.
    pub fn lookup(&self, cx: &mut Cx, name: &Value) -> Option<Value> {
        if name
            .downcast_exact::<Str>()
            .is_some_and(|s| s.is_interned())
        {
            return super::special::lookup(cx, self, name);
        }
        self.walk(cx, name).map(|found| found.0)
    }
    /// The same, with the class that has it: alive until the next safepoint.
    pub fn walk<'a>(&'a self, cx: &mut Cx, name: &Value) -> Option<(Value, &'a Type)> {
        let key = name.downcast::<Str>()?;
        for t in self.mro() {
            let ty = type_of_word(t);
            let d = ty.dict();
            match d.peek_str(cx.tid, key) {
                Ok(Some(v)) => return Some((v, ty)),
                Ok(None) if !d.has_other_keys() => {}
                _ => return self.walk_waiting(cx, name, key),
            }
        }
        None
    }
    /// The same where a namespace has to be locked: meanwhile the class may get another order, or die.
    #[cold]
    #[inline(never)]
    fn walk_waiting<'a>(
        &'a self,
        cx: &mut Cx,
        name: &Value,
        key: &Str,
    ) -> Option<(Value, &'a Type)> {
        let _alive = self.value();
        let order = self.mro.get(&self.head)?;
        for t in order.downcast::<Tuple>()?.items() {
            let ty = type_of_word(t);
            let d = ty.dict();
            if let Some(v) = d.get_str(cx, key) {
                return Some((v, Type::from_word(ty.word())));
            }
            if d.has_other_keys() && d.has_foreign(cx, key.hash()) {
                return self.lookup_asking(cx, name);
            }
        }
        None
    }
    /// Whether some namespace has keys that are no strings, which must be asked every time.
    pub fn has_foreign_keys(&self) -> bool {
        self.mro()
            .iter()
            .any(|t| type_of_word(t).dict().has_other_keys())
    }
    /// The same where keys of namespaces are no strings: their `__eq__` may do anything, even change the order of
    /// resolution. What it raises is lost.
    #[cold]
    fn lookup_asking<'a>(&'a self, cx: &mut Cx, name: &Value) -> Option<(Value, &'a Type)> {
        let order = self.mro.get(&self.head)?;
        for t in order.downcast::<Tuple>()?.items() {
            match type_of_word(t).dict().get(cx, name) {
                Ok(None) => {}
                Ok(Some(v)) => return Some((v, Type::from_word(type_of_word(t).word()))),
                Err(r) => drop(cx.take_exc(r)),
            }
        }
        None
    }
    pub fn lookup_str(&self, cx: &mut Cx, name: &'static str) -> Option<Value> {
        let n = crate::objects::str::intern::intern_static(cx, name).ok()?;
        self.lookup(cx, n)
    }

    /// Whether what was looked up after version `before` was read may be cached under it (R15).
    pub fn may_cache(&self, before: u64) -> bool {
        cache_pair::may_fill(&self.version, before)
    }

    /// The version, assigned now if there is none; 0 when versions ran out.
    pub fn assign_version(&self, cx: &mut Cx) -> u64 {
        let v = self.version();
        if v != 0 {
            return v;
        }
        let _guard = TYPE_MUTEX.lock(&mut cx.thread);
        self.assign_version_locked()
    }
    fn assign_version_locked(&self) -> u64 {
        let v = self.version.load(Ordering::Relaxed);
        if v != 0 {
            return v;
        }
        if self.head.type_word() != word::TYPE && self.has_strangers() {
            return 0;
        }
        let n = NEXT_VERSION.fetch_add(1, Ordering::Relaxed);
        if n > MAX_VERSION {
            return 0;
        }
        // Before the bases get theirs: a metaclass may have put this class anywhere in the order, even behind itself.
        self.version.store(n, Ordering::Release);
        // With them: a change to a base always finds a version to zero there.
        for t in self.mro() {
            if type_of_word(t).assign_version_locked() == 0 {
                self.version.store(0, Ordering::Release);
                return 0;
            }
        }
        // Only now: what gets none stands in no list.
        for t in self.mro() {
            let t = type_of_word(t);
            if !std::ptr::eq(t, self) && t.word() != word::OBJECT {
                t.below.versioned.add(self.word());
            }
        }
        n
    }
    /// Whether a metaclass's `mro()` put classes into the order that are no bases: a change to such a class does not find this
    /// one among its subclasses, so nothing may be cached.
    fn has_strangers(&self) -> bool {
        let mut ancestors = vec![self.word()];
        let mut at = 0;
        while at < ancestors.len() {
            let t = Type::from_word(ancestors[at]);
            at += 1;
            // SAFETY: under the type mutex, which `__bases__` is set under.
            let bases = t.bases.get_locked_marking();
            for b in bases.iter().filter_map(|b| b.downcast::<Tuple>()) {
                for b in b.items() {
                    let word = type_of_word(b).word();
                    if !ancestors.contains(&word) {
                        ancestors.push(word);
                    }
                }
            }
        }
        self.mro()
            .iter()
            .any(|t| !ancestors.contains(&type_of_word(t).word()))
    }
    /// Forget the versions of this class and its subclasses: called before any change. Callers hold the type mutex.
    pub fn invalidate_locked(&self) {
        if self.version.load(Ordering::Relaxed) == 0 {
            // A class without a version has no subclass with one (assign_version_locked).
            return;
        }
        if self.word() == word::OBJECT {
            return Self::invalidate_all_locked();
        }
        self.version.store(0, Ordering::Release);
        for word in self.below.versioned.take() {
            Type::from_word(word).invalidate_locked();
        }
    }
    /// Forget all versions.
    fn invalidate_all_locked() {
        let mut words = vec![word::OBJECT];
        let mut seen = HashSet::new();
        while let Some(word) = words.pop() {
            let t = Type::from_word(word);
            t.version.store(0, Ordering::Release);
            let below = t.below.subclasses.words();
            words.extend(below.into_iter().filter(|&word| seen.insert(word)));
        }
    }
    /// Callers hold the type mutex, have forgotten the version, and give the class another order.
    pub fn leave_order_locked(&self) {
        for t in self.mro() {
            type_of_word(t).below.versioned.remove(self.word());
        }
    }
    /// Change what the class is looked up in: its versions are forgotten before and after, and what it lost, the second part of
    /// what `act` gives, is dropped behind that (R15).
    pub fn change<R, D>(&self, cx: &mut Cx, act: impl FnOnce(&mut Cx) -> Res<(R, D)>) -> Res<R> {
        let forget = |cx: &mut Cx| self.invalidate(cx);
        cache_pair::change(cx, forget, |cx| match act(cx) {
            Ok((result, lost)) => (Ok(result), Some(lost)),
            Err(raised) => (Err(raised), None),
        })
    }
    /// Forget the versions of this class and its subclasses.
    pub fn invalidate(&self, cx: &mut Cx) {
        let _guard = TYPE_MUTEX.lock(&mut cx.thread);
        self.invalidate_locked();
    }
}

/// The type a value word names.
pub fn type_of_word(v: &Value) -> &Type {
    debug_assert!((v.bits() as usize) >= REGION as usize);
    // SAFETY: MRO tuples hold only types, each alive by the tuple's count.
    unsafe { &*((v.bits() & !7) as *const Type) }
}

/// Direct subclasses, by the list that each class keeps of them. It is weak: the collector takes out what it condemns while the world
/// is stopped, so what stands in it is alive until the next safepoint. Counted, it is so after that.
pub fn subclasses(t: &Type) -> Vec<Value> {
    let words = t.below.subclasses.words();
    words
        .into_iter()
        .map(|w| Type::from_word(w).value())
        .collect()
}

/// The namespace of a type as a tuple of items: for iteration while others write.
pub fn dict_entries(t: &Type, cx: &mut Cx) -> Vec<(Value, Value)> {
    let d: &Dict = t.dict();
    d.entries(cx)
}

/// Whether `bases` is a tuple of types.
pub fn all_types(bases: &Tuple) -> bool {
    bases.items().iter().all(|b| b.downcast::<Type>().is_some())
}
