//! Namespace access by Rust names, for the interpreter's own use.

use super::Dict;
use crate::objects::Str;
use crate::objects::str::intern::{intern_static, intern_str};
use crate::statics::word;
use crate::{Cx, Value, ValueExt};

impl Dict {
    /// The value of a name.
    pub fn get_named(&self, cx: &mut Cx, name: &'static str) -> Option<Value> {
        let n = intern_static(cx, name).ok()?;
        self.get_str(cx, n.downcast_exact::<Str>()?)
    }
    /// The same for a name that is no literal.
    pub fn get_text(&self, cx: &mut Cx, name: &str) -> Option<Value> {
        let n = intern_str(cx, name).ok()?;
        self.get_str(cx, n.downcast_exact::<Str>()?)
    }
    pub fn contains_str(&self, cx: &mut Cx, name: &'static str) -> bool {
        self.get_named(cx, name).is_some()
    }
    /// Remove a name, if it is there.
    pub fn remove_named(&self, cx: &mut Cx, name: &str) -> Option<Value> {
        let n = intern_str(cx, name).ok()?;
        match self.remove(cx, &n) {
            Ok(v) => v,
            Err(r) => {
                drop(cx.take_exc(r));
                None
            }
        }
    }
    /// Whether this is exactly a `dict`, so that no subclass changes what lookups mean.
    #[inline(always)]
    pub fn is_exact(&self) -> bool {
        self.head.type_word() == word::DICT
    }
    /// Fill a fresh dict that has the room and that nobody else knows, with hashes, keys and values: different interned names
    /// only, no Python, no allocation.
    #[inline(always)]
    pub(crate) fn fill_unshared(&self, items: impl Iterator<Item = (i64, Value, Value)>) {
        let used = self.table().append_unshared(items);
        self.used.store(used, std::sync::atomic::Ordering::Relaxed);
    }
}
