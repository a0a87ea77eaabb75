//! `_collections`: `deque`, `defaultdict`, `OrderedDict`, and the helpers of `namedtuple` and `Counter`.
//! - `deque.rs`, `deque_iter.rs`; `defaultdict.rs`; `ordered_dict.rs`, `odict_views.rs`; `tuplegetter.rs`

pub mod defaultdict;
pub mod deque;
pub mod deque_iter;
pub mod odict_views;
pub mod ordered_dict;
pub mod tuplegetter;

use self::defaultdict::DefaultDict;
use self::deque::Deque;
use self::deque_iter::{DequeIter, DequeRevIter};
use self::ordered_dict::OrderedDict;
use self::tuplegetter::TupleGetter;
use crate::support::give_dict;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::dict::keys::dict_hash;
use typhon_vm::protocol::{self, BinOp};

#[pymodule(
    name = "_collections",
    types(Deque, DequeIter, DequeRevIter, DefaultDict, OrderedDict, TupleGetter)
)]
pub mod module {
    //! High performance data structures.
    //! - deque:        ordered collection accessible from endpoints only
    //! - defaultdict:  dict subclass with a default value factory

    use super::*;

    /// Count elements in the iterable, updating the mapping
    #[pyfunction]
    #[sig(mapping, iterable, /)]
    fn _count_elements(mapping: &Value, iterable: &Value, cx: &mut Cx) -> Res<()> {
        if let Some(d) = counts_as_dict(cx, mapping)? {
            return protocol::for_each(cx, iterable, |cx, key| {
                let hash = dict_hash(cx, &key)?;
                let new = match d.get_with_hash(cx, &key, hash)? {
                    Some(old) => protocol::binary(cx, BinOp::Add, &old, &Value::small_int(1))?,
                    None => Value::small_int(1),
                };
                d.set_with_hash(cx, &key, hash, new)
            });
        }
        let get = protocol::getattr_str(cx, mapping, "get")?;
        protocol::for_each(cx, iterable, |cx, key| {
            let old = protocol::call(cx, &get, &[key.clone(), Value::small_int(0)])?;
            let new = protocol::binary(cx, BinOp::Add, &old, &Value::small_int(1))?;
            protocol::setitem(cx, mapping, &key, Some(&new))
        })
    }

    #[pyinit]
    fn init(_module: &Value, cx: &mut Cx) -> Res<()> {
        let _ = typhon_vm::objects::dict::order::TAKEN.set(ordered_dict::taken);
        let t = OrderedDict::type_object(cx)?;
        give_dict(cx, t, OrderedDict::DICT_OFFSET)
    }
}

/// The mapping as a dict when its class changes neither `get` nor item assignment.
fn counts_as_dict<'a>(cx: &mut Cx, mapping: &'a Value) -> Res<Option<&'a Dict>> {
    let Some(d) = mapping.downcast::<Dict>() else {
        return Ok(None);
    };
    let dict = Type::of::<Dict>();
    if std::ptr::eq(mapping.ty(), dict) {
        return Ok(Some(d));
    }
    // The slot tells nothing: a class with a `__delitem__` of its own has another one.
    let mut same = |name: &'static str| {
        let (own, plain) = (mapping.ty().lookup_str(cx, name), dict.lookup_str(cx, name));
        matches!((own, plain), (Some(a), Some(b)) if a.is(&b))
    };
    Ok((same("get") && same("__setitem__")).then_some(d))
}
