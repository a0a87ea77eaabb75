//! `_contextvars`. A context's variables are a dict that is never changed once others may read it: setting a variable puts
//! a changed copy in its place, so copying a context is one reference, and reading one needs no lock. Each thread has its
//! current context in its record.

use crate::support::make;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_vm::SlotExt;
use typhon_vm::cx::local::CONTEXT;
use typhon_vm::native::*;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::{Dict, genericalias, object};
use typhon_vm::protocol;

#[pytype(name = "Context", module = "_contextvars", gc, weakrefable, unhashable)]
pub struct Context {
    pub head: Header,
    /// A dict of variables, not to be changed.
    vars: Slot,
    entered: AtomicBool,
}

impl Context {
    fn over(cx: &mut Cx, vars: Value) -> Res<Value> {
        make(
            cx,
            Context {
                head: Header::placeholder(),
                vars: Slot::new(Some(vars)),
                entered: AtomicBool::new(false),
            },
        )
    }
    fn vars(&self, cx: &mut Cx) -> Res<Value> {
        match self.vars.get(&self.head) {
            Some(v) => Ok(v),
            None => new_dict(cx),
        }
    }
    fn lookup(&self, cx: &mut Cx, var: &Value) -> Res<Option<Value>> {
        let Some(vars) = self.vars.get(&self.head) else {
            return Ok(None);
        };
        match vars.downcast::<Dict>() {
            Some(d) => d.get(cx, var),
            None => Ok(None),
        }
    }
    /// Put a copy with one variable changed in place of the variables.
    fn change(&self, cx: &mut Cx, var: &Value, value: Option<&Value>) -> Res<()> {
        let now = self.vars(cx)?;
        let copy = match now.downcast::<Dict>() {
            Some(d) => d.copy(cx)?,
            None => new_dict(cx)?,
        };
        if let Some(d) = copy.downcast::<Dict>() {
            match value {
                Some(v) => d.set(cx, var, v.clone())?,
                None => drop(d.remove(cx, var)?),
            }
        }
        let old = self.vars.put(&self.head, cx, Some(copy));
        drop(old);
        Ok(())
    }
}

/// The running thread's context, made at first use.
fn current(cx: &mut Cx) -> Res<Value> {
    if let Some(c) = &cx.locals[CONTEXT] {
        return Ok(c.clone());
    }
    let vars = new_dict(cx)?;
    let made = Context::over(cx, vars)?;
    cx.locals[CONTEXT] = Some(made.clone());
    Ok(made)
}

/// A context's key has to be a variable.
fn checked_key(cx: &mut Cx, key: &Value) -> Res<()> {
    if key.downcast::<ContextVar>().is_some() {
        return Ok(());
    }
    let shown = protocol::repr_string(cx, key)?;
    Err(cx.type_error(format!("a ContextVar key was expected, got {shown}")))
}

fn view(cx: &mut Cx, this: &Context, method: &'static str) -> Res<Value> {
    let vars = this.vars(cx)?;
    protocol::call_method(cx, &vars, method, &[])
}

#[pymethods]
impl Context {
    #[new]
    #[text_signature(none)]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if !args.pos.is_empty() || args.has_keywords() {
            return Err(cx.type_error("Context() does not accept any arguments"));
        }
        let vars = new_dict(cx)?;
        Context::over(cx, vars)
    }

    #[text_signature(none)]
    fn run(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some(c) = this.downcast::<Context>() else {
            return Ok(Value::none());
        };
        let Some((f, pos)) = args.pos.split_first() else {
            return Err(cx.type_error("run() missing 1 required positional argument"));
        };
        if c.entered.swap(true, Ordering::Acquire) {
            let shown = protocol::repr_string(cx, this)?;
            return Err(
                cx.runtime_error(format!("cannot enter context: {shown} is already entered"))
            );
        }
        let before = cx.locals[CONTEXT].replace(this.clone());
        let result = protocol::call_args(cx, f, Args { pos, ..args });
        let own = std::mem::replace(&mut cx.locals[CONTEXT], before);
        c.entered.store(false, Ordering::Release);
        drop(own);
        result
    }

    /// Return a shallow copy of the context object.
    fn copy(&self, cx: &mut Cx) -> Res<Value> {
        let vars = self.vars(cx)?;
        Context::over(cx, vars)
    }

    /// Return the value for `key` if `key` has the value in the context object.
    ///
    /// If `key` does not exist, return `default`. If `default` is not given,
    /// return None.
    #[sig(key, default = None, /)]
    fn get(&self, key: &Value, default: &Value, cx: &mut Cx) -> Res<Value> {
        checked_key(cx, key)?;
        Ok(self.lookup(cx, key)?.unwrap_or_else(|| default.clone()))
    }

    /// Return all variables and their values in the context object.
    ///
    /// The result is returned as a list of 2-tuples (variable, value).
    fn items(&self, cx: &mut Cx) -> Res<Value> {
        view(cx, self, "items")
    }
    /// Return a list of all variables in the context object.
    fn keys(&self, cx: &mut Cx) -> Res<Value> {
        view(cx, self, "keys")
    }
    /// Return a list of all variables' values in the context object.
    fn values(&self, cx: &mut Cx) -> Res<Value> {
        view(cx, self, "values")
    }

    #[slot]
    fn len(&self, cx: &mut Cx) -> Res<usize> {
        let vars = self.vars(cx)?;
        protocol::len(cx, &vars)
    }
    #[slot]
    fn iter(&self, cx: &mut Cx) -> Res<Value> {
        let vars = self.vars(cx)?;
        protocol::iter(cx, &vars)
    }
    #[slot]
    fn contains(&self, key: &Value, cx: &mut Cx) -> Res<bool> {
        checked_key(cx, key)?;
        Ok(self.lookup(cx, key)?.is_some())
    }
    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        checked_key(cx, key)?;
        match self.lookup(cx, key)? {
            Some(v) => Ok(v),
            None => Err(cx.key_error(key)),
        }
    }
    #[slot]
    fn richcompare(&self, other: &Context, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        let (a, b) = (self.vars(cx)?, other.vars(cx)?);
        match op {
            CmpOp::Eq | CmpOp::Ne => protocol::compare(cx, &a, &b, op),
            _ => Ok(Value::not_implemented()),
        }
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = self.vars.put(&self.head, cx, None);
        drop(old);
    }
}

#[pytype(name = "ContextVar", module = "_contextvars", gc)]
pub struct ContextVar {
    pub head: Header,
    name: Value,
    default: Option<Value>,
}

#[pymethods]
impl ContextVar {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let [name] = args.pos else {
            return Err(cx.type_error(format!(
                "ContextVar() takes exactly 1 positional argument ({} given)",
                args.pos.len()
            )));
        };
        let default = args.keyword("default").cloned();
        for (k, _) in args.keywords() {
            if !k.equals_str("default") {
                let k = k.to_string_lossy();
                return Err(cx.type_error(format!(
                    "ContextVar() got an unexpected keyword argument '{k}'"
                )));
            }
        }
        if name.downcast::<Str>().is_none() {
            return Err(cx.type_error("context variable name must be a str"));
        }
        // CPython mixes the name's hash into the variable's.
        protocol::hash(cx, name)?;
        let v = ContextVar {
            head: Header::placeholder(),
            name: name.clone(),
            default,
        };
        object::alloc(cx, cls, v)
    }

    /// Return a value for the context variable for the current context.
    ///
    /// If there is no value for the variable in the current context, the
    /// method will:
    ///  * return the value of the default argument of the method, if
    ///    provided; or
    ///  * return the default value for the context variable, if it was
    ///    created with one; or
    ///  * raise a LookupError.
    #[sig(default = absent, /)]
    #[text_signature = "($self, default=<unrepresentable>, /)"]
    fn get(this: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        if cx.locals[CONTEXT].is_some() {
            let c = current(cx)?;
            if let Some(c) = c.downcast::<Context>()
                && let Some(v) = c.lookup(cx, this)?
            {
                return Ok(v);
            }
        }
        if let Some(d) = default {
            return Ok(d.clone());
        }
        match this
            .downcast::<ContextVar>()
            .and_then(|v| v.default.clone())
        {
            Some(d) => Ok(d),
            None => Err(cx.raise_args(ExcKind::LookupError, vec![this.clone()])),
        }
    }

    /// Call to set a new value for the context variable in the current context.
    ///
    /// The required value argument is the new value for the context
    /// variable.
    ///
    /// Returns a Token object that can be used to restore the variable to
    /// its previous value via the `ContextVar.reset()` method.
    #[sig(value, /)]
    fn set(this: &Value, value: &Value, cx: &mut Cx) -> Res<Value> {
        let context = current(cx)?;
        let Some(c) = context.downcast::<Context>() else {
            return Ok(Value::none());
        };
        let old = c.lookup(cx, this)?;
        c.change(cx, this, Some(value))?;
        let token = Token {
            head: Header::placeholder(),
            var: this.clone(),
            old,
            context: context.clone(),
            used: AtomicBool::new(false),
        };
        make(cx, token)
    }

    /// Reset the context variable.
    ///
    /// The variable is reset to the value it had before the
    /// `ContextVar.set()` that created the token was used.
    #[sig(token, /)]
    fn reset(this: &Value, token: &Value, cx: &mut Cx) -> Res<()> {
        let Some(t) = token.downcast::<Token>() else {
            let shown = protocol::repr_string(cx, token)?;
            return Err(cx.type_error(format!("expected an instance of Token, got {shown}")));
        };
        if t.used.load(Ordering::Relaxed) {
            let shown = protocol::repr_string(cx, token)?;
            return Err(cx.runtime_error(format!("{shown} has already been used once")));
        }
        if !t.var.is(this) {
            let shown = protocol::repr_string(cx, token)?;
            return Err(cx.value_error(format!("{shown} was created by a different ContextVar")));
        }
        let context = current(cx)?;
        if !t.context.is(&context) {
            let shown = protocol::repr_string(cx, token)?;
            return Err(cx.value_error(format!("{shown} was created in a different Context")));
        }
        if t.used.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        match context.downcast::<Context>() {
            Some(c) => c.change(cx, this, t.old.as_ref()),
            None => Ok(()),
        }
    }

    /// See PEP 585
    #[classmethod]
    #[sig(item, /)]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, item)
    }

    #[member]
    #[getter]
    fn name(&self) -> Value {
        self.name.clone()
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let Some(v) = this.downcast::<ContextVar>() else {
            return Ok(String::new());
        };
        let mut out = format!("<ContextVar name={}", protocol::repr_string(cx, &v.name)?);
        if let Some(d) = &v.default {
            let shown = object::repr_guard(cx, this, |cx| protocol::repr_string(cx, d))?;
            out.push_str(&format!(
                " default={}",
                shown.unwrap_or_else(|| "...".into())
            ));
        }
        out.push_str(&format!(" at {:#x}>", this.bits() & !7));
        Ok(out)
    }
}

/// What stands for no value in a token.
#[pytype(name = "Token.MISSING", module = "builtins", no_new)]
pub struct Missing {
    pub head: Header,
}

#[pymethods]
impl Missing {
    #[slot]
    fn repr(&self) -> &'static str {
        "<Token.MISSING>"
    }
}

static MISSING: OnceLock<Value> = OnceLock::new();

fn missing(cx: &mut Cx) -> Res<Value> {
    if let Some(m) = MISSING.get() {
        return Ok(m.clone());
    }
    let made = make(
        cx,
        Missing {
            head: Header::placeholder(),
        },
    )?;
    if let Some(h) = made.header() {
        h.set_immortal();
    }
    Ok(MISSING.get_or_init(|| made).clone())
}

#[pytype(name = "Token", module = "_contextvars", gc, unhashable)]
pub struct Token {
    pub head: Header,
    var: Value,
    old: Option<Value>,
    context: Value,
    used: AtomicBool,
}

#[pymethods]
impl Token {
    #[new]
    #[text_signature(none)]
    fn new(_cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        Err(cx.runtime_error("Tokens can only be created by ContextVars"))
    }

    /// See PEP 585
    #[classmethod]
    #[sig(item, /)]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, item)
    }

    #[getter]
    fn var(&self) -> Value {
        self.var.clone()
    }
    #[getter]
    fn old_value(&self, cx: &mut Cx) -> Res<Value> {
        match &self.old {
            Some(v) => Ok(v.clone()),
            None => missing(cx),
        }
    }

    /// Enter into Token context manager.
    fn __enter__(this: &Value) -> Value {
        this.clone()
    }
    /// Exit from Token context manager, restore the linked ContextVar.
    #[sig(r#type, value, traceback, /)]
    fn __exit__(
        this: &Value,
        r#type: &Value,
        value: &Value,
        traceback: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let _ = (r#type, value, traceback);
        match this.downcast::<Token>() {
            Some(t) => ContextVar::reset(&t.var, this, cx),
            None => Ok(()),
        }
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let Some(t) = this.downcast::<Token>() else {
            return Ok(String::new());
        };
        let used = if t.used.load(Ordering::Relaxed) {
            " used"
        } else {
            ""
        };
        let var = protocol::repr_string(cx, &t.var)?;
        Ok(format!(
            "<Token{used} var={var} at {:#x}>",
            this.bits() & !7
        ))
    }
}

#[pymodule(name = "_contextvars", types(Context, ContextVar, Token))]
pub mod module {
    //! Context Variables

    use super::*;

    #[pyfunction]
    fn copy_context(cx: &mut Cx) -> Res<Value> {
        let c = current(cx)?;
        match c.downcast::<Context>() {
            Some(c) => c.copy(cx),
            None => Ok(Value::none()),
        }
    }

    #[pyinit]
    fn init(_module: &Value, cx: &mut Cx) -> Res<()> {
        let t = Token::type_object(cx)?;
        let m = missing(cx)?;
        t.dict().set_str(cx, "MISSING", m)
    }
}
