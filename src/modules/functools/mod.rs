//! `_functools`: `partial` (`partial.rs`), `lru_cache` (`lru_cache.rs`), `cmp_to_key` (`key.rs`), `reduce`.

pub mod key;
pub mod lru_cache;
pub mod partial;

use self::key::KeyWrapper;
use self::lru_cache::LruCache;
use self::partial::{Partial, PlaceholderType};
use crate::support::{give_dict, make};
use typhon_vm::native::*;
use typhon_vm::protocol;

#[pymodule(name = "_functools", types(Partial, PlaceholderType, LruCache))]
pub mod module {
    //! Tools that operate on functions.

    use super::*;

    /// Convert a cmp= function into a key= function.
    ///
    ///   mycmp
    ///     Function that compares two objects.
    #[pyfunction]
    #[sig(mycmp)]
    fn cmp_to_key(mycmp: &Value, cx: &mut Cx) -> Res<Value> {
        make(cx, KeyWrapper::new(mycmp.clone(), None))
    }

    /// Apply a function of two arguments cumulatively to the items of an iterable, from left to right.
    ///
    /// This effectively reduces the iterable to a single value.  If initial is
    /// present, it is placed before the items of the iterable in the
    /// calculation, and serves as a default when the iterable is empty.
    ///
    /// For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5])
    /// calculates ((((1 + 2) + 3) + 4) + 5).
    #[pyfunction]
    #[sig(function, iterable, /, initial = absent)]
    fn reduce(
        function: &Value,
        iterable: &Value,
        initial: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let it = match protocol::iter(cx, iterable) {
            Ok(it) => it,
            Err(r) => {
                cx.catch(r, ExcKind::TypeError)?;
                return Err(cx.type_error("reduce() arg 2 must support iteration"));
            }
        };
        let mut acc = match initial {
            Some(v) => v.clone(),
            None => match protocol::next(cx, &it)? {
                Some(v) => v,
                None => {
                    return Err(cx.type_error("reduce() of empty iterable with no initial value"));
                }
            },
        };
        while let Some(v) = protocol::next(cx, &it)? {
            acc = protocol::call(cx, function, &[acc, v])?;
        }
        Ok(acc)
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        KeyWrapper::type_object(cx)?;
        let t = Partial::type_object(cx)?;
        give_dict(cx, t, Partial::DICT_OFFSET)?;
        let t = LruCache::type_object(cx)?;
        LruCache::announce(t);
        give_dict(cx, t, LruCache::DICT_OFFSET)?;
        let p = partial::placeholder(cx)?;
        protocol::setattr_str(cx, module, "Placeholder", &p)
    }
}
