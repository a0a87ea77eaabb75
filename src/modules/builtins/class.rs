//! `__build_class__`: what the `class` statement calls.

use typhon_vm::native::*;
use typhon_vm::objects::function::as_function;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::objects::typeobj::build::winner_metaclass;
use typhon_vm::objects::typeobj::flag;
use typhon_vm::objects::{Cell, Dict};
use typhon_vm::{SlotExt, call, protocol};

/// The bases with `__mro_entries__` of those that are no classes put in their place; None when all are classes.
pub fn resolve_bases(cx: &mut Cx, bases: &[Value]) -> Res<Option<Vec<Value>>> {
    let mut out: Option<Vec<Value>> = None;
    let original = bases;
    for (i, b) in bases.iter().enumerate() {
        if b.downcast::<Type>().is_none()
            && let Some(f) = protocol::getattr_str_opt(cx, b, "__mro_entries__")?
        {
            let all = new_tuple(cx, original.to_vec())?;
            let new = protocol::call(cx, &f, &[all])?;
            let Some(t) = new.downcast::<Tuple>() else {
                return Err(cx.type_error("__mro_entries__ must return a tuple"));
            };
            out.get_or_insert_with(|| original[..i].to_vec())
                .extend(t.items().iter().cloned());
            continue;
        }
        if let Some(o) = &mut out {
            o.push(b.clone());
        }
    }
    Ok(out)
}

#[pyfunctions(part = PART, module = "builtins")]
pub mod functions {
    use super::*;

    /// __build_class__(func, name, /, *bases, [metaclass], **kwds) -> class
    ///
    /// Internal helper function used by the class statement.
    #[pyfunction]
    #[text_signature(none)]
    fn __build_class__(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let (func, name, given) = match args.pos {
            [f, n, rest @ ..] => (f, n, rest),
            _ => return Err(cx.type_error("__build_class__: not enough arguments")),
        };
        if as_function(func).is_none() {
            return Err(cx.type_error("__build_class__: func must be a function"));
        }
        if name.downcast::<Str>().is_none() {
            return Err(cx.type_error("__build_class__: name is not a string"));
        }
        let replaced = resolve_bases(cx, given)?;
        let changed = replaced.is_some();
        let bases = new_tuple(cx, replaced.unwrap_or_else(|| given.to_vec()))?;
        let Some(bases_t) = bases.downcast::<Tuple>() else {
            return Err(cx.system_error("not a tuple"));
        };

        // The metaclass, and the other keywords.
        let mut meta = None;
        let mut kwnames = Vec::new();
        let mut kwvalues = Vec::new();
        for (k, v) in args.keywords() {
            if k.equals_str("metaclass") {
                meta = Some(v.clone());
            } else {
                kwnames.push(k.value());
                kwvalues.push(v.clone());
            }
        }
        let mut meta = match meta {
            Some(m) => m,
            None => match bases_t.items().first() {
                Some(b) => b.ty().value(),
                None => Type::of::<Type>().value(),
            },
        };
        let is_class = meta.downcast::<Type>().is_some();
        if is_class {
            meta = winner_metaclass(cx, &meta, bases_t)?;
        }
        let names = if kwnames.is_empty() {
            None
        } else {
            Some(new_tuple(cx, kwnames)?)
        };
        let names = names.as_ref().and_then(|n| n.downcast::<Tuple>());

        let ns = match protocol::getattr_str_opt(cx, &meta, "__prepare__")? {
            None => typhon_vm::objects::dict::new_dict(cx)?,
            Some(f) => {
                let pos = [name.clone(), bases.clone()];
                protocol::call_args(
                    cx,
                    &f,
                    Args {
                        pos: &pos,
                        kwvalues: &kwvalues,
                        kwnames: names,
                    },
                )?
            }
        };
        if ns.downcast::<Dict>().is_none() && !is_mapping(&ns) {
            let m = match meta.downcast::<Type>() {
                Some(t) => t.name(),
                None => "<metaclass>".into(),
            };
            let t = ns.type_name();
            return Err(cx.type_error(format!("{m}.__prepare__() must return a mapping, not {t}")));
        }
        let cell = call::call_function_locals(cx, func, Args::positional(&[]), Some(ns.clone()))?;
        if changed {
            let original = new_tuple(cx, given.to_vec())?;
            let key = typhon_vm::objects::str::intern::intern_str(cx, "__orig_bases__")?;
            protocol::setitem(cx, &ns, &key, Some(&original))?;
        }
        let pos = [name.clone(), bases.clone(), ns];
        let cls = protocol::call_args(
            cx,
            &meta,
            Args {
                pos: &pos,
                kwvalues: &kwvalues,
                kwnames: names,
            },
        )?;
        if cls.downcast::<Type>().is_some()
            && let Some(c) = cell.downcast::<Cell>()
        {
            check_class_cell(cx, c.slot.get(&c.head), &cls, name)?;
        }
        Ok(cls)
    }
}

fn is_mapping(v: &Value) -> bool {
    let t = v.ty();
    t.has(flag::DICT_SUBCLASS) || t.slots.getitem.get().is_some()
}

/// The compiler's `__class__` cell must name the class that was made.
fn check_class_cell(cx: &mut Cx, content: Option<Value>, cls: &Value, name: &Value) -> Res<()> {
    match content {
        Some(c) if c.is(cls) => Ok(()),
        Some(c) => {
            let (c, n, k) = (
                protocol::repr_string(cx, &c)?,
                protocol::repr_string(cx, name)?,
                protocol::repr_string(cx, cls)?,
            );
            Err(cx.type_error(format!("__class__ set to {c} defining {n} as {k}")))
        }
        None => {
            let (n, k) = (
                protocol::repr_string(cx, name)?,
                protocol::repr_string(cx, cls)?,
            );
            Err(cx.runtime_error(format!("__class__ not set defining {n} as {k}. Was __classcell__ propagated to type.__new__?")))
        }
    }
}
