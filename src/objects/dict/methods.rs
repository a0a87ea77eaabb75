//! What Python sees of `dict`: its methods and slots.

use super::keys::dict_hash;
use super::views::{DictItems, DictKeys, DictValues};
use super::{Dict, iter, order};
use crate::native::*;
use crate::objects::list::repr;
use crate::objects::object;
use crate::protocol;
use crate::{Cx, Res, Value};

#[pymethods]
impl Dict {
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        object::alloc::<Dict>(cx, cls, Dict::empty())
    }

    #[init]
    fn init(&self, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        update_from_args(self, args, "dict", cx)
    }

    /// Create a new dictionary with keys from iterable and values set to value.
    #[classmethod]
    #[sig(iterable, value = None, /)]
    fn fromkeys(cls: &Type, iterable: &Value, value: &Value, cx: &mut Cx) -> Res<Value> {
        let cls_value = cls.value();
        let made = protocol::call(cx, &cls_value, &[])?;
        if let Some(d) = made.downcast_exact::<Dict>()
            && d.is_empty()
        {
            d.fill(cx, iterable, value)?;
            return Ok(made);
        }
        protocol::for_each(cx, iterable, |cx, k| {
            protocol::setitem(cx, &made, &k, Some(value))
        })?;
        Ok(made)
    }

    /// Return the value for key if key is in the dictionary, else default.
    #[sig(key, default = None, /)]
    #[method(name = "get")]
    #[quick(crate::objects::builtin::quick::get)]
    fn py_get(&self, key: &Value, default: &Value, cx: &mut Cx) -> Res<Value> {
        Ok(self.get(cx, key)?.unwrap_or_else(|| default.clone()))
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[method(name = "setdefault")]
    #[sig(key, default = None, /)]
    fn py_setdefault(&self, key: &Value, default: &Value, cx: &mut Cx) -> Res<Value> {
        self.setdefault(cx, key, default)
    }

    /// D.pop(k[,d]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    #[sig(key, default = absent, /)]
    fn pop(this: &Value, key: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<Dict>() else {
            return Err(cx.system_error("not a dict"));
        };
        if d.is_empty() {
            // No hash is taken of the key, as in CPython.
            return match default {
                Some(d) => Ok(d.clone()),
                None => Err(cx.key_error(key)),
            };
        }
        match (d.remove(cx, key)?, default) {
            (Some(v), _) => {
                order::taken(cx, this, key)?;
                Ok(v)
            }
            (None, Some(d)) => Ok(d.clone()),
            (None, None) => Err(cx.key_error(key)),
        }
    }

    /// Remove and return a (key, value) pair as a 2-tuple.
    ///
    /// Pairs are returned in LIFO (last-in, first-out) order.
    /// Raises KeyError if the dict is empty.
    fn popitem(this: &Value, cx: &mut Cx) -> Res<(Value, Value)> {
        match this.downcast::<Dict>().and_then(|d| d.pop_last(cx)) {
            Some(pair) => {
                order::taken(cx, this, &pair.0)?;
                Ok(pair)
            }
            None => {
                let text = crate::objects::str::new_str(cx, "popitem(): dictionary is empty")?;
                Err(cx.key_error(&text))
            }
        }
    }

    /// D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.
    /// If E is present and has a .keys() method, then does:  for k in E.keys(): D[k] = E[k]
    /// If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v
    /// In either case, this is followed by: for k in F:  D[k] = F[k]
    #[text_signature(none)]
    fn update(&self, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        update_from_args(self, args, "update", cx)
    }

    /// Return a shallow copy of the dict.
    #[method(name = "copy")]
    fn py_copy(&self, cx: &mut Cx) -> Res<Value> {
        self.copy(cx)
    }

    /// Remove all items from the dict.
    #[method(name = "clear")]
    fn py_clear(&self, cx: &mut Cx) {
        self.clear(cx);
    }

    /// Return a set-like object providing a view on the dict's keys.
    fn keys(this: &Value, cx: &mut Cx) -> Res<Value> {
        object::alloc::<DictKeys>(
            cx,
            Type::of::<DictKeys>(),
            DictKeys {
                head: Header::placeholder(),
                dict: this.clone(),
            },
        )
    }

    /// Return an object providing a view on the dict's values.
    fn values(this: &Value, cx: &mut Cx) -> Res<Value> {
        object::alloc::<DictValues>(
            cx,
            Type::of::<DictValues>(),
            DictValues {
                head: Header::placeholder(),
                dict: this.clone(),
            },
        )
    }

    /// Return a set-like object providing a view on the dict's items.
    #[method(name = "items")]
    fn py_items(this: &Value, cx: &mut Cx) -> Res<Value> {
        object::alloc::<DictItems>(
            cx,
            Type::of::<DictItems>(),
            DictItems {
                head: Header::placeholder(),
                dict: this.clone(),
            },
        )
    }

    /// Return a reverse iterator over the dict keys.
    fn __reversed__(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_reversed(cx, this, iter::What::Keys)
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__")]
    fn class_getitem(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        crate::objects::genericalias::new(cx, &cls, item)
    }

    /// Return the size of the dict in memory.
    fn __sizeof__(&self) -> usize {
        self.size_in_memory()
    }

    #[slot(len)]
    fn len_slot(&self) -> usize {
        self.len()
    }

    #[slot]
    fn getitem(this: &Value, key: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<Dict>() else {
            return Err(cx.key_error(key));
        };
        match d.get(cx, key)? {
            Some(v) => Ok(v),
            None => missing(cx, this, key),
        }
    }

    #[slot]
    fn setitem(this: &Value, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(d) = this.downcast::<Dict>() else {
            return Err(cx.system_error("not a dict"));
        };
        match value {
            Some(v) => d.set(cx, key, v.clone()),
            None => match d.remove(cx, key)? {
                Some(_) => order::taken(cx, this, key),
                None => Err(cx.key_error(key)),
            },
        }
    }

    #[slot(contains)]
    fn contains_slot(&self, key: &Value, cx: &mut Cx) -> Res<bool> {
        self.contains(cx, key)
    }

    #[slot(iter)]
    fn iter_slot(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, this, iter::What::Keys)
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<Dict>() else {
            return Ok(Value::none());
        };
        if d.is_empty() {
            return crate::objects::str::new_str(cx, "{}");
        }
        repr::guarded(cx, this, "{...}", |cx, out| {
            out.push(b'{');
            let mut pos = 0;
            while let Some((k, v)) = d.next_entry(cx, &mut pos) {
                if out.len() > 1 {
                    out.extend_from_slice(b", ");
                }
                repr::push(cx, out, &k)?;
                out.extend_from_slice(b": ");
                repr::push(cx, out, &v)?;
            }
            out.push(b'}');
            Ok(())
        })
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Dict, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        match op {
            CmpOp::Eq => Ok(Value::bool(self.equal_to(cx, other)?)),
            CmpOp::Ne => Ok(Value::bool(!self.equal_to(cx, other)?)),
            _ => Ok(Value::not_implemented()),
        }
    }

    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        let (Some(a), Some(_)) = (left.downcast::<Dict>(), right.downcast::<Dict>()) else {
            return Ok(Value::not_implemented());
        };
        // The result is a plain dict, whatever the operands' classes.
        let made = a.copy(cx)?;
        if let Some(d) = made.downcast_exact::<Dict>() {
            d.update_from(cx, right)?;
        }
        Ok(made)
    }

    #[slot]
    fn ior(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(d) = this.downcast::<Dict>() {
            d.update_from(cx, other)?;
        }
        Ok(this.clone())
    }

    #[traverse]
    fn traverse(&self, v: &mut Visitor) {
        self.visit(v);
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.clear(cx);
    }
}

/// The positional mapping or iterable, then the keywords.
fn update_from_args(d: &Dict, args: Args<'_>, name: &str, cx: &mut Cx) -> Res<()> {
    args.check_count(cx, name, 0, 1)?;
    if let Some(other) = args.pos.first() {
        d.update_from(cx, other)?;
    }
    if let Some(names) = args.kwnames {
        for (k, v) in names.items().iter().zip(args.kwvalues) {
            d.set(cx, k, v.clone())?;
        }
    }
    Ok(())
}

/// A subscript that found nothing: `__missing__` of a subclass, else KeyError.
pub fn missing(cx: &mut Cx, dict: &Value, key: &Value) -> Res<Value> {
    if dict.downcast_exact::<Dict>().is_none()
        && let Some(v) = protocol::call_special(cx, dict, "__missing__", std::slice::from_ref(key))?
    {
        return Ok(v);
    }
    Err(cx.key_error(key))
}

/// `hash` of a key for other modules that keep dicts.
pub fn key_hash(cx: &mut Cx, key: &Value) -> Res<i64> {
    dict_hash(cx, key)
}
