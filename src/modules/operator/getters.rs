//! `attrgetter`, `itemgetter`, `methodcaller`: immutable, so calls need no protocol.

use crate::functools::partial::Partial;
use crate::support::pack;
use typhon_vm::native::*;
use typhon_vm::objects::str::intern::{intern, intern_str};
use typhon_vm::objects::{object, tuple};
use typhon_vm::protocol;

/// The one operand of a call.
fn operand<'a>(cx: &mut Cx, args: &Args<'a>, name: &str) -> Res<&'a Value> {
    args.no_keywords(cx, name)?;
    match args.pos {
        [one] => Ok(one),
        _ => Err(cx.type_error(format!(
            "{name} expected 1 argument, got {}",
            args.pos.len()
        ))),
    }
}

fn no_arguments(cx: &mut Cx, args: &Args<'_>, name: &str) -> Res<()> {
    args.no_keywords(cx, name)?;
    if args.pos.is_empty() {
        return Err(cx.type_error(format!("{name} expected 1 argument, got 0")));
    }
    Ok(())
}

/// `operator.name(a, b, ...)`, with keywords where there are some.
fn call_repr(
    cx: &mut Cx,
    this: &Value,
    items: &[Value],
    keywords: &[(Value, Value)],
) -> Res<Value> {
    let shown = object::repr_guard(cx, this, |cx| {
        let mut out = this.type_name().into_bytes();
        out.push(b'(');
        for (i, v) in items.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            typhon_vm::objects::list::repr::push(cx, &mut out, v)?;
        }
        for (k, v) in keywords {
            out.extend_from_slice(b", ");
            if let Some(k) = k.downcast::<Str>() {
                typhon_vm::objects::list::repr::push_str(&mut out, k);
            }
            out.push(b'=');
            typhon_vm::objects::list::repr::push(cx, &mut out, v)?;
        }
        out.push(b')');
        typhon_vm::objects::str::new_str_wtf8(cx, &out)
    })?;
    match shown {
        Some(s) => Ok(s),
        None => typhon_vm::objects::str::new_str(cx, &format!("{}(...)", this.type_name())),
    }
}

/// Return a callable object that fetches the given attribute(s) from its operand.
/// After f = attrgetter('name'), the call f(r) returns r.name.
/// After g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).
/// After h = attrgetter('name.first', 'name.last'), the call h(r) returns
/// (r.name.first, r.name.last).
#[pytype(name = "attrgetter", module = "operator", gc)]
pub struct AttrGetter {
    pub head: Header,
    /// As given.
    names: Value,
    /// Each cut at its dots.
    paths: Vec<Vec<Value>>,
}

#[pymethods]
impl AttrGetter {
    #[getter]
    fn __text_signature__(&self) -> &'static str {
        "(obj, /)"
    }
    #[new]
    #[text_signature = "(attr, /, *attrs)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        no_arguments(cx, &args, "attrgetter")?;
        let mut paths = Vec::with_capacity(args.pos.len());
        for name in args.pos {
            let Some(s) = name.downcast::<Str>() else {
                return Err(cx.type_error("attribute name must be a string"));
            };
            if !s.units().iter().any(|c| c == '.' as u32) {
                paths.push(vec![intern(name)]);
                continue;
            }
            let text = s.to_string_lossy();
            let mut path = Vec::new();
            for part in text.split('.') {
                path.push(intern_str(cx, part)?);
            }
            paths.push(path);
        }
        let names = tuple::new_tuple_from(cx, args.pos.len(), args.pos.iter().cloned())?;
        object::alloc(
            cx,
            cls,
            AttrGetter {
                head: Header::placeholder(),
                names,
                paths,
            },
        )
    }

    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let obj = operand(cx, &args, "attrgetter")?;
        let mut out = Vec::with_capacity(self.paths.len());
        for path in &self.paths {
            let mut at = obj.clone();
            for name in path {
                at = protocol::getattr(cx, &at, name)?;
            }
            out.push(at);
        }
        if out.len() == 1
            && let Some(one) = out.pop()
        {
            return Ok(one);
        }
        tuple::new_tuple(cx, out)
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let items = this
            .downcast::<AttrGetter>()
            .and_then(|g| g.names.downcast::<Tuple>())
            .map_or(&[][..], Tuple::items);
        call_repr(cx, this, items, &[])
    }

    /// Return state information for pickling
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(g) = this.downcast::<AttrGetter>() else {
            return Ok(Value::none());
        };
        let cls = this.ty().value();
        pack(cx, [cls, g.names.clone()])
    }
}

/// Return a callable object that fetches the given item(s) from its operand.
/// After f = itemgetter(2), the call f(r) returns r[2].
/// After g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])
#[pytype(name = "itemgetter", module = "operator", gc)]
pub struct ItemGetter {
    pub head: Header,
    items: Value,
}

impl ItemGetter {
    fn items(&self) -> &[Value] {
        self.items.downcast::<Tuple>().map_or(&[], Tuple::items)
    }
}

#[pymethods]
impl ItemGetter {
    #[getter]
    fn __text_signature__(&self) -> &'static str {
        "(obj, /)"
    }
    #[new]
    #[text_signature = "(item, /, *items)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        no_arguments(cx, &args, "itemgetter")?;
        let items = tuple::new_tuple_from(cx, args.pos.len(), args.pos.iter().cloned())?;
        object::alloc(
            cx,
            cls,
            ItemGetter {
                head: Header::placeholder(),
                items,
            },
        )
    }

    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let obj = operand(cx, &args, "itemgetter")?;
        match self.items() {
            [one] => {
                if let Some(i) = one.as_small_int()
                    && let Some(t) = obj.downcast_exact::<Tuple>()
                    && let Some(v) = usize::try_from(i).ok().and_then(|i| t.items().get(i))
                {
                    return Ok(v.clone());
                }
                protocol::getitem(cx, obj, one)
            }
            items => {
                let mut out = Vec::with_capacity(items.len());
                for key in items {
                    out.push(protocol::getitem(cx, obj, key)?);
                }
                tuple::new_tuple(cx, out)
            }
        }
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let items = this
            .downcast::<ItemGetter>()
            .map_or(&[][..], ItemGetter::items);
        call_repr(cx, this, items, &[])
    }

    /// Return state information for pickling
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(g) = this.downcast::<ItemGetter>() else {
            return Ok(Value::none());
        };
        let cls = this.ty().value();
        pack(cx, [cls, g.items.clone()])
    }
}

/// Return a callable object that calls the given method on its operand.
/// After f = methodcaller('name'), the call f(r) returns r.name().
/// After g = methodcaller('name', 'date', foo=1), the call g(r) returns
/// r.name('date', foo=1).
#[pytype(name = "methodcaller", module = "operator", gc)]
pub struct MethodCaller {
    pub head: Header,
    name: Value,
    /// Positional arguments, then those given by name; the names.
    args: Vec<Value>,
    positional: usize,
    kwnames: Option<Value>,
}

impl MethodCaller {
    fn keywords(&self) -> Vec<(Value, Value)> {
        let names = self
            .kwnames
            .as_ref()
            .and_then(|n| n.downcast::<Tuple>())
            .map_or(&[][..], Tuple::items);
        names
            .iter()
            .cloned()
            .zip(self.args[self.positional..].iter().cloned())
            .collect()
    }
}

#[pymethods]
impl MethodCaller {
    #[getter]
    fn __text_signature__(&self) -> &'static str {
        "(obj, /)"
    }
    #[new]
    #[text_signature = "(name, /, *args, **kwargs)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some((name, pos)) = args.pos.split_first() else {
            return Err(cx.type_error("methodcaller needs at least one argument, the method name"));
        };
        if name.downcast::<Str>().is_none() {
            return Err(cx.type_error("method name must be a string"));
        }
        let kwnames = match args.kwnames.filter(|_| args.has_keywords()) {
            Some(t) => Some(tuple::new_tuple(cx, t.items().to_vec())?),
            None => None,
        };
        let all = pos.iter().chain(args.kwvalues).cloned().collect();
        let m = MethodCaller {
            head: Header::placeholder(),
            name: intern(name),
            args: all,
            positional: pos.len(),
            kwnames,
        };
        object::alloc(cx, cls, m)
    }

    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let obj = operand(cx, &args, "methodcaller")?;
        let f = protocol::getattr(cx, obj, &self.name)?;
        let (pos, kwvalues) = self.args.split_at(self.positional);
        let kwnames = self.kwnames.as_ref().and_then(|n| n.downcast::<Tuple>());
        protocol::call_args(
            cx,
            &f,
            Args {
                pos,
                kwvalues,
                kwnames,
            },
        )
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(m) = this.downcast::<MethodCaller>() else {
            return Ok(Value::none());
        };
        let mut items = vec![m.name.clone()];
        items.extend_from_slice(&m.args[..m.positional]);
        call_repr(cx, this, &items, &m.keywords())
    }

    /// Return state information for pickling
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(m) = this.downcast::<MethodCaller>() else {
            return Ok(Value::none());
        };
        let cls = this.ty().value();
        if m.kwnames.is_none() {
            let mut items = vec![m.name.clone()];
            items.extend_from_slice(&m.args);
            let args = tuple::new_tuple(cx, items)?;
            return pack(cx, [cls, args]);
        }
        let partial = Partial::type_object(cx)?.value();
        let (pos, kwvalues) = m.args.split_at(m.positional);
        let kwnames = m.kwnames.as_ref().and_then(|n| n.downcast::<Tuple>());
        let made = protocol::call_args(
            cx,
            &partial,
            Args {
                pos: &[cls, m.name.clone()],
                kwvalues,
                kwnames,
            },
        )?;
        let args = tuple::new_tuple_copy(cx, pos)?;
        pack(cx, [made, args])
    }
}
