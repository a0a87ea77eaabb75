//! `partial` and its `Placeholder`. What a partial was made with never changes, so calls read it without a protocol;
//! `__setstate__` puts a replacement beside it.

use crate::support::{kwargs_dict, make, pack};
use std::sync::OnceLock;
use typhon_vm::SlotExt;
use typhon_vm::native::*;
use typhon_vm::objects::function::methods::new_method;
use typhon_vm::objects::list::repr;
use typhon_vm::objects::{Dict, genericalias, object, tuple};
use typhon_vm::protocol;

/// The type of the Placeholder singleton.
///
/// Used as a placeholder for partial arguments.
#[pytype(name = "_PlaceholderType", module = "functools")]
pub struct PlaceholderType {
    pub head: Header,
}

static PLACEHOLDER: OnceLock<Value> = OnceLock::new();

/// The singleton.
pub fn placeholder(cx: &mut Cx) -> Res<Value> {
    if let Some(p) = PLACEHOLDER.get() {
        return Ok(p.clone());
    }
    let made = make(
        cx,
        PlaceholderType {
            head: Header::placeholder(),
        },
    )?;
    if let Some(h) = made.header() {
        h.set_immortal();
    }
    Ok(PLACEHOLDER.get_or_init(|| made).clone())
}

fn is_placeholder(v: &Value) -> bool {
    PLACEHOLDER.get().is_some_and(|p| p.is(v))
}

#[pymethods]
impl PlaceholderType {
    #[new]
    #[text_signature(none)]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if !args.pos.is_empty() || args.has_keywords() {
            return Err(cx.type_error("PlaceholderType takes no arguments"));
        }
        placeholder(cx)
    }
    #[slot]
    fn repr(&self) -> &'static str {
        "Placeholder"
    }
    fn __reduce__(&self) -> &'static str {
        "Placeholder"
    }
}

/// Create a new function with partial application of the given arguments
/// and keywords.
#[pytype(
    name = "partial",
    module = "functools",
    gc,
    basetype,
    weakrefable,
    method_descriptor
)]
pub struct Partial {
    pub head: Header,
    func: Value,
    args: Value,
    kw: Value,
    /// What `__setstate__` gave: a tuple of func, args and keywords.
    replaced: Slot,
    /// `__dict__`.
    dict: Slot,
}

/// What a call needs.
struct Parts {
    func: Value,
    args: Value,
    kw: Value,
}

impl Parts {
    fn args(&self) -> &[Value] {
        self.args.downcast::<Tuple>().map_or(&[], Tuple::items)
    }
    fn keywords(&self) -> Option<&Dict> {
        self.kw.downcast::<Dict>()
    }
}

impl Partial {
    pub const DICT_OFFSET: usize = std::mem::offset_of!(Partial, dict);

    fn parts(&self) -> Parts {
        if !self.replaced.is_empty()
            && let Some(t) = self.replaced.get(&self.head)
            && let Some([func, args, kw]) = t.downcast::<Tuple>().map(Tuple::items)
        {
            return Parts {
                func: func.clone(),
                args: args.clone(),
                kw: kw.clone(),
            };
        }
        Parts {
            func: self.func.clone(),
            args: self.args.clone(),
            kw: self.kw.clone(),
        }
    }
}

/// `given` put into the places of `args`, the rest behind them. None when there are too few; says how many there must be.
fn fill(args: &[Value], given: &[Value]) -> Result<Vec<Value>, usize> {
    let places = args.iter().filter(|a| is_placeholder(a)).count();
    if given.len() < places {
        return Err(places);
    }
    let mut out = Vec::with_capacity(args.len() + given.len() - places);
    let mut rest = given.iter();
    for a in args {
        let v = if places > 0 && is_placeholder(a) {
            rest.next().unwrap_or(a)
        } else {
            a
        };
        out.push(v.clone());
    }
    out.extend(rest.cloned());
    Ok(out)
}

#[pymethods]
impl Partial {
    #[new]
    #[text_signature = "(func, /, *args, **keywords)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some((func, given)) = args.pos.split_first() else {
            return Err(cx.type_error("type 'partial' takes at least one argument"));
        };
        if !protocol::is_callable(func) {
            return Err(cx.type_error("the first argument must be callable"));
        }
        if given.last().is_some_and(is_placeholder) {
            return Err(cx.type_error("trailing Placeholders are not allowed"));
        }
        if args.kwvalues.iter().any(is_placeholder) {
            return Err(cx.type_error("Placeholder cannot be passed as a keyword argument"));
        }
        // A partial of a partial that holds no attributes is one partial.
        let inner = func
            .downcast::<Partial>()
            .filter(|p| {
                func.ty().slots.call.bits() == Type::of::<Partial>().slots.call.bits()
                    && p.dict.is_empty()
            })
            .map(Partial::parts);
        let (func, all, kw) = match inner {
            None => (func.clone(), given.to_vec(), kwargs_dict(cx, &args)?),
            Some(p) => {
                let own = p.args();
                let all = if given.is_empty() {
                    own.to_vec()
                } else {
                    // Fewer than places: the others stay open.
                    match fill(own, given) {
                        Ok(all) => all,
                        Err(_) => {
                            let mut rest = given.iter();
                            own.iter()
                                .map(|a| {
                                    if is_placeholder(a) {
                                        rest.next().unwrap_or(a).clone()
                                    } else {
                                        a.clone()
                                    }
                                })
                                .collect()
                        }
                    }
                };
                let kw = match p.keywords() {
                    Some(d) => d.copy(cx)?,
                    None => typhon_vm::objects::dict::new_dict(cx)?,
                };
                let more = kwargs_dict(cx, &args)?;
                if let Some(d) = kw.downcast::<Dict>() {
                    d.update_from(cx, &more)?;
                }
                (p.func, all, kw)
            }
        };
        let args = tuple::new_tuple(cx, all)?;
        let p = Partial {
            head: Header::placeholder(),
            func,
            args,
            kw,
            replaced: Slot::EMPTY,
            dict: Slot::EMPTY,
        };
        object::alloc(cx, cls, p)
    }

    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let p = self.parts();
        let mut all = match fill(p.args(), args.pos) {
            Ok(all) => all,
            Err(n) => {
                return Err(cx.type_error(format!(
                    "missing positional arguments in 'partial' call; expected at least {n}, got {}",
                    args.pos.len()
                )));
            }
        };
        let n = all.len();
        let keywords = p.keywords().filter(|d| !d.is_empty());
        let Some(own) = keywords else {
            all.extend(args.kwvalues.iter().cloned());
            let (pos, kwvalues) = all.split_at(n);
            return protocol::call_args(
                cx,
                &p.func,
                Args {
                    pos,
                    kwvalues,
                    kwnames: args.kwnames,
                },
            );
        };
        // The partial's own keywords first, overridden by those of the call.
        let mut names = Vec::new();
        for (k, v) in own.entries(cx) {
            let mine = match k.downcast::<Str>() {
                Some(name) => args
                    .keywords()
                    .find(|(n, _)| n.equals(name))
                    .map(|(_, v)| v.clone()),
                None => None,
            };
            names.push(k);
            all.push(mine.unwrap_or(v));
        }
        let theirs = args.kwnames.map_or(&[][..], Tuple::items);
        let own_count = names.len();
        for (k, v) in theirs.iter().zip(args.kwvalues) {
            let Some(name) = k.downcast::<Str>() else {
                continue;
            };
            if !names[..own_count]
                .iter()
                .any(|n| n.downcast::<Str>().is_some_and(|n| n.equals(name)))
            {
                names.push(k.clone());
                all.push(v.clone());
            }
        }
        let names = tuple::new_tuple(cx, names)?;
        let (pos, kwvalues) = all.split_at(n);
        protocol::call_args(
            cx,
            &p.func,
            Args {
                pos,
                kwvalues,
                kwnames: names.downcast::<Tuple>(),
            },
        )
    }

    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _cls: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        match obj {
            Some(o) if !o.is_none() => new_method(cx, this, o),
            _ => Ok(this.clone()),
        }
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(p) = this.downcast::<Partial>() else {
            return Ok(Value::none());
        };
        repr::guarded(cx, this, "...", |cx, out| {
            let p = p.parts();
            let name = typhon_vm::objects::typeobj::methods::full_name(cx, this.ty());
            out.extend_from_slice(name.as_bytes());
            out.push(b'(');
            repr::push(cx, out, &p.func)?;
            for a in p.args() {
                out.extend_from_slice(b", ");
                repr::push(cx, out, a)?;
            }
            if let Some(d) = p.keywords() {
                for (k, v) in d.entries(cx) {
                    out.extend_from_slice(b", ");
                    let k = protocol::str(cx, &k)?;
                    if let Some(s) = k.downcast::<Str>() {
                        repr::push_str(out, s);
                    }
                    out.push(b'=');
                    repr::push(cx, out, &v)?;
                }
            }
            out.push(b')');
            Ok(())
        })
    }

    #[text_signature(none)]
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(p) = this.downcast::<Partial>() else {
            return Ok(Value::none());
        };
        let dict = p.dict.get(&p.head).unwrap_or_else(Value::none);
        let Parts { func, args, kw } = p.parts();
        let made_of = pack(cx, [func.clone()])?;
        let state = pack(cx, [func, args, kw, dict])?;
        let cls = this.ty().value();
        pack(cx, [cls, made_of, state])
    }

    #[text_signature(none)]
    fn __setstate__(&self, state: &Value, cx: &mut Cx) -> Res<()> {
        let items = state.downcast::<Tuple>().map_or(&[][..], Tuple::items);
        let [func, args, kw, dict] = items else {
            return Err(cx.type_error("invalid partial state"));
        };
        if !protocol::is_callable(func)
            || args.downcast::<Tuple>().is_none()
            || !(kw.is_none() || kw.downcast::<Dict>().is_some())
            || !(dict.is_none() || dict.downcast::<Dict>().is_some())
        {
            return Err(cx.type_error("invalid partial state"));
        }
        let given = protocol::collect(cx, args)?;
        if given.last().is_some_and(is_placeholder) {
            return Err(cx.type_error("trailing Placeholders are not allowed"));
        }
        let args = match args.downcast_exact::<Tuple>() {
            Some(_) => args.clone(),
            None => tuple::new_tuple(cx, given)?,
        };
        let kw = match kw.downcast::<Dict>() {
            Some(d) if !d.is_exact() => d.copy(cx)?,
            Some(_) => kw.clone(),
            None => typhon_vm::objects::dict::new_dict(cx)?,
        };
        let new = pack(cx, [func.clone(), args, kw])?;
        let old = self.replaced.put(&self.head, cx, Some(new));
        let old_dict = self
            .dict
            .put(&self.head, cx, Some(dict.clone()).filter(|d| !d.is_none()));
        drop((old, old_dict));
        Ok(())
    }

    /// See PEP 585
    #[classmethod]
    #[sig(item, /)]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, item)
    }

    /// function object to use in future partial calls
    #[member]
    #[getter]
    fn func(&self) -> Value {
        self.parts().func
    }
    /// tuple of arguments to future partial calls
    #[member]
    #[getter]
    fn args(&self) -> Value {
        self.parts().args
    }
    /// dictionary of keyword arguments to future partial calls
    #[member]
    #[getter]
    fn keywords(&self) -> Value {
        self.parts().kw
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let a = self.replaced.put(&self.head, cx, None);
        let b = self.dict.put(&self.head, cx, None);
        drop((a, b));
    }
}
