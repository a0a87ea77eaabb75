//! `OrderedDict`. A `dict` keeps insertion order by itself, so this adds what changes the order of what is there: moving a
//! key to either end and taking the first entry out (`objects/dict/order.rs`). All state is the dict's, under its one lock.
//!
//! Who takes a key out by a method of `dict` goes behind the class's back: as in CPython the key is missed, with KeyError,
//! when the values are walked.

use super::odict_views::{OdictItems, OdictIter, OdictKeys, OdictValues};
use crate::support::{getstate, pack};
use typhon_vm::SlotExt;
use typhon_vm::native::*;
use typhon_vm::objects::dict::iter::What;
use typhon_vm::objects::dict::keys::dict_hash;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::dict::order::is_steady;
use typhon_vm::objects::list::repr;
use typhon_vm::objects::{Dict, object};
use typhon_vm::protocol;

/// Dictionary that remembers insertion order
#[pytype(name = "OrderedDict", module = "collections", base = Dict, gc, basetype, weakrefable, unhashable)]
pub struct OrderedDict {
    base: Dict,
    /// `__dict__`.
    dict: Slot,
    /// A dict of the keys that methods of `dict` took.
    missed: Slot,
}

impl OrderedDict {
    pub const DICT_OFFSET: usize = std::mem::offset_of!(OrderedDict, dict);

    pub fn dict_part(&self) -> &Dict {
        &self.base
    }

    fn new_empty(cx: &mut Cx, cls: &Type) -> Res<Value> {
        object::alloc(
            cx,
            cls,
            OrderedDict {
                base: Dict::empty(),
                dict: Slot::EMPTY,
                missed: Slot::EMPTY,
            },
        )
    }

    /// KeyError if a key was taken by a method of `dict`, and has not come back.
    pub fn check_missed(&self, cx: &mut Cx) -> Res<()> {
        let Some(missed) = self.missed.get(&self.base.head) else {
            return Ok(());
        };
        let Some(missed) = missed.downcast::<Dict>() else {
            return Ok(());
        };
        for key in missed.keys_vec(cx) {
            if !self.base.contains(cx, &key)? {
                return Err(cx.key_error(&key));
            }
        }
        Ok(())
    }
}

/// A method of `dict` took a key.
pub fn taken(cx: &mut Cx, this: &Value, key: &Value) -> Res<()> {
    let Some(d) = this.downcast::<OrderedDict>() else {
        return Ok(());
    };
    let missed = match d.missed.get(&d.base.head) {
        Some(missed) => missed,
        None => {
            let fresh = new_dict(cx)?;
            drop(d.missed.put(&d.base.head, cx, Some(fresh.clone())));
            fresh
        }
    };
    match missed.downcast::<Dict>() {
        Some(missed) => missed.set(cx, key, Value::none()),
        None => Ok(()),
    }
}

/// Whether item assignment is the ordered dict's own.
fn plain_setitem(this: &Value) -> bool {
    this.ty().slots.setitem.bits() == Type::of::<OrderedDict>().slots.setitem.bits()
}

/// `this[key] = value` for the pairs of another mapping or iterable, as `MutableMapping.update` says.
fn update_one(cx: &mut Cx, this: &Value, other: &Value) -> Res<()> {
    if plain_setitem(this)
        && let Some(d) = this.downcast::<Dict>()
    {
        return d.update_from(cx, other);
    }
    if let Some(d) = other.downcast_exact::<Dict>() {
        for (k, v) in d.entries(cx) {
            protocol::setitem(cx, this, &k, Some(&v))?;
        }
        return Ok(());
    }
    if let Some(keys) = protocol::getattr_str_opt(cx, other, "keys")? {
        let keys = protocol::call(cx, &keys, &[])?;
        return protocol::for_each(cx, &keys, |cx, k| {
            let v = protocol::getitem(cx, other, &k)?;
            protocol::setitem(cx, this, &k, Some(&v))
        });
    }
    let pairs = match protocol::getattr_str_opt(cx, other, "items")? {
        Some(f) => protocol::call(cx, &f, &[])?,
        None => other.clone(),
    };
    protocol::for_each(cx, &pairs, |cx, pair| {
        let pair = protocol::collect(cx, &pair)?;
        match &pair[..] {
            [k, v] => protocol::setitem(cx, this, k, Some(v)),
            [] | [_] => {
                let s = if pair.len() == 1 { "" } else { "s" };
                Err(cx.value_error(format!("need more than {} value{s} to unpack", pair.len())))
            }
            _ => Err(cx.value_error("too many values to unpack (expected 2)")),
        }
    })
}

fn update_all(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    if args.pos.len() > 1 {
        return Err(cx.type_error(format!(
            "expected at most 1 argument, got {}",
            args.pos.len()
        )));
    }
    if let Some(other) = args.pos.first() {
        update_one(cx, this, other)?;
    }
    for (k, v) in args
        .kwnames
        .map_or(&[][..], |t| t.items())
        .iter()
        .zip(args.kwvalues)
    {
        protocol::setitem(cx, this, k, Some(v))?;
    }
    Ok(())
}

/// Whether two dicts of equal content have their keys in the same order. Keys whose `__eq__` changes a dict are an error.
fn same_order(cx: &mut Cx, a: &Dict, b: &Dict) -> Res<bool> {
    let before = (a.arrangement(cx), b.arrangement(cx));
    let (x, y) = (a.keys_vec(cx), b.keys_vec(cx));
    for (p, q) in x.iter().zip(&y) {
        let same = protocol::equal(cx, p, q)?;
        if !(is_steady(p) && is_steady(q)) && before != (a.arrangement(cx), b.arrangement(cx)) {
            return Err(mutated(cx));
        }
        if !same {
            return Ok(false);
        }
    }
    Ok(x.len() == y.len())
}

#[cold]
pub fn mutated(cx: &mut Cx) -> Raised {
    cx.runtime_error("OrderedDict mutated during iteration")
}

/// The value of a key that is there, unless its hash or equality has changed since.
pub fn value_of(cx: &mut Cx, d: &Dict, key: &Value) -> Res<Value> {
    match d.get(cx, key)? {
        Some(v) => Ok(v),
        None => Err(cx.key_error(key)),
    }
}

/// A copy of an exact `OrderedDict`.
fn copied(cx: &mut Cx, cls: &Type, d: &Dict) -> Res<Value> {
    let made = OrderedDict::new_empty(cx, cls)?;
    let Some(new) = made.downcast::<OrderedDict>() else {
        return Ok(made);
    };
    let before = d.arrangement(cx);
    let items = d.items(cx);
    if items.iter().all(|i| is_steady(&i.key)) {
        new.base.insert_all(cx, items)?;
        return Ok(made);
    }
    for i in items {
        if d.arrangement(cx) != before {
            return Err(mutated(cx));
        }
        let value = value_of(cx, d, &i.key)?;
        new.base.set(cx, &i.key, value)?;
    }
    if d.arrangement(cx) != before {
        return Err(mutated(cx));
    }
    Ok(made)
}

#[pymethods]
impl OrderedDict {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        OrderedDict::new_empty(cx, cls)
    }

    #[init]
    fn init(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        update_all(cx, this, args)
    }

    /// Create a new ordered dictionary with keys from iterable and values set to value.
    #[classmethod]
    #[sig(iterable, value = None)]
    fn fromkeys(cls: &Type, iterable: &Value, value: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        let made = protocol::call(cx, &cls, &[])?;
        protocol::for_each(cx, iterable, |cx, k| {
            protocol::setitem(cx, &made, &k, Some(value))
        })?;
        Ok(made)
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[sig(key, default = None)]
    fn setdefault(this: &Value, key: &Value, default: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<OrderedDict>() else {
            return Ok(Value::none());
        };
        if this.downcast_exact::<OrderedDict>().is_some() {
            return d.base.setdefault(cx, key, default);
        }
        if protocol::contains(cx, this, key)? {
            return protocol::getitem(cx, this, key);
        }
        protocol::setitem(cx, this, key, Some(default))?;
        Ok(default.clone())
    }

    /// od.pop(key[,default]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    #[sig(key, default = absent)]
    fn pop(&self, key: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match (self.base.remove(cx, key)?, default) {
            (Some(v), _) => Ok(v),
            (None, Some(d)) => Ok(d.clone()),
            (None, None) => Err(cx.key_error(key)),
        }
    }

    /// Remove and return a (key, value) pair from the dictionary.
    ///
    /// Pairs are returned in LIFO order if last is true or FIFO order if false.
    #[sig(last = True)]
    fn popitem(&self, last: bool, cx: &mut Cx) -> Res<(Value, Value)> {
        let pair = if last {
            self.base.pop_last(cx)
        } else {
            self.base.pop_first(cx)
        };
        match pair {
            Some(p) => Ok(p),
            None => {
                let text = typhon_vm::objects::str::new_str(cx, "dictionary is empty")?;
                Err(cx.key_error(&text))
            }
        }
    }

    /// Move an existing element to the end (or beginning if last is false).
    ///
    /// Raise KeyError if the element does not exist.
    #[sig(key, last = True)]
    fn move_to_end(&self, key: &Value, last: bool, cx: &mut Cx) -> Res<()> {
        let hash = dict_hash(cx, key)?;
        if self.base.move_key(cx, key, hash, last)? {
            Ok(())
        } else {
            Err(cx.key_error(key))
        }
    }

    #[text_signature(none)]
    fn update(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        update_all(cx, this, args)
    }

    /// od.clear() -> None.  Remove all items from od.
    fn clear(&self, cx: &mut Cx) {
        self.base.clear(cx);
        drop(self.missed.put(&self.base.head, cx, None));
    }

    /// Return the size of the dict in memory.
    fn __sizeof__(&self) -> usize {
        size_of::<OrderedDict>() - size_of::<Dict>() + self.base.size_in_memory()
    }

    /// od.copy() -> a shallow copy of od
    fn copy(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<OrderedDict>() else {
            return Ok(Value::none());
        };
        if this.downcast_exact::<OrderedDict>().is_some() {
            d.check_missed(cx)?;
            return copied(cx, this.ty(), &d.base);
        }
        let cls = this.ty().value();
        let made = protocol::call(cx, &cls, &[])?;
        let before = d.base.arrangement(cx);
        for k in d.base.keys_vec(cx) {
            let v = protocol::getitem(cx, this, &k)?;
            if d.base.arrangement(cx) != before {
                return Err(mutated(cx));
            }
            protocol::setitem(cx, &made, &k, Some(&v))?;
            if d.base.arrangement(cx) != before {
                return Err(mutated(cx));
            }
        }
        Ok(made)
    }

    fn keys(this: &Value, cx: &mut Cx) -> Res<Value> {
        OdictKeys::of(cx, this)
    }
    fn values(this: &Value, cx: &mut Cx) -> Res<Value> {
        OdictValues::of(cx, this)
    }
    fn items(this: &Value, cx: &mut Cx) -> Res<Value> {
        OdictItems::of(cx, this)
    }

    /// od.__reversed__() <==> reversed(od)
    fn __reversed__(this: &Value, cx: &mut Cx) -> Res<Value> {
        OdictIter::over(cx, this, What::Keys, true)
    }

    /// Return state information for pickling
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let state = getstate(cx, this)?;
        let items = protocol::call_method(cx, this, "items", &[])?;
        let it = protocol::iter(cx, &items)?;
        let (cls, args) = (this.ty().value(), pack(cx, [])?);
        pack(cx, [cls, args, state, Value::none(), it])
    }

    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        OdictIter::over(cx, this, What::Keys, false)
    }

    #[slot]
    fn setitem(&self, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        match value {
            Some(v) => self.base.set(cx, key, v.clone()),
            None => match self.base.remove(cx, key)? {
                Some(_) => Ok(()),
                None => Err(cx.key_error(key)),
            },
        }
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<OrderedDict>() else {
            return Ok(Value::none());
        };
        d.check_missed(cx)?;
        repr::guarded(cx, this, "...", |cx, out| {
            out.extend_from_slice(this.ty().name().as_bytes());
            out.push(b'(');
            if !d.base.is_empty() {
                let exact = this.downcast_exact::<OrderedDict>().is_some();
                let plain = if exact && d.base.has_steady_keys(cx) {
                    d.base.copy(cx)?
                } else {
                    let items = protocol::call_method(cx, this, "items", &[])?;
                    let cls = Type::of::<Dict>().value();
                    protocol::call(cx, &cls, &[items])?
                };
                repr::push(cx, out, &plain)?;
            }
            out.push(b')');
            Ok(())
        })
    }

    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        let (Some(a), Some(b)) = (this.downcast::<OrderedDict>(), other.downcast::<Dict>()) else {
            return Ok(Value::not_implemented());
        };
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let mut eq = a.base.equal_to(cx, b)?;
        if eq && other.downcast::<OrderedDict>().is_some() {
            eq = same_order(cx, &a.base, b)?;
        }
        Ok(Value::bool(eq == (op == CmpOp::Eq)))
    }

    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        let own = if left.downcast::<OrderedDict>().is_some() {
            left
        } else {
            right
        };
        if left.downcast::<Dict>().is_none() || right.downcast::<Dict>().is_none() {
            return Ok(Value::not_implemented());
        }
        let cls = own.ty().value();
        let made = protocol::call(cx, &cls, std::slice::from_ref(left))?;
        update_one(cx, &made, right)?;
        Ok(made)
    }

    #[slot]
    fn ior(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        update_one(cx, this, other)?;
        Ok(this.clone())
    }

    #[traverse]
    fn traverse(&self, v: &mut Visitor) {
        self.base.visit(v);
        self.dict.traverse(v);
        self.missed.traverse(v);
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.base.clear(cx);
        drop(self.missed.put(&self.base.head, cx, None));
        let old = self.dict.put(&self.base.head, cx, None);
        drop(old);
    }
}
