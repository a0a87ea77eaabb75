//! `BaseException`: what every exception can do.

use super::{BaseException, alloc_exception, is_exception, traceback::Traceback};
use crate::native::*;
use crate::objects::object::methods::dict_in_slot;
use crate::objects::tuple::{new_tuple, new_tuple_copy};
use crate::objects::{Dict, List};
use crate::protocol;
use crate::slot_ext::SlotExt;
use std::sync::atomic::Ordering;

/// The struct behind an exception instance.
#[inline]
pub fn exc(v: &Value) -> &BaseException {
    v.downcast::<BaseException>()
        .expect("an exception instance")
}

impl BaseException {
    /// A class-specific attribute.
    pub fn extra(&self, i: usize) -> Option<Value> {
        self.extra[i].get(&self.head)
    }
    pub fn set_extra(&self, cx: &mut Cx, i: usize, v: Option<Value>) {
        drop(self.extra[i].put(&self.head, cx, v));
    }
    /// The arguments, copied.
    pub fn arg_list(&self) -> Vec<Value> {
        match self.args.get(&self.head) {
            Some(t) => t
                .downcast::<Tuple>()
                .map(|t| t.items().to_vec())
                .unwrap_or_default(),
            None => Vec::new(),
        }
    }
    pub fn set_arg_list(&self, cx: &mut Cx, args: &[Value]) -> Res<()> {
        // `__new__` has stored them already, as a rule.
        if let Some(now) = self.args.get(&self.head)
            && let Some(now) = now.downcast_exact::<Tuple>()
            && now.len() == args.len()
            && now.items().iter().zip(args).all(|(a, b)| a.is(b))
        {
            return Ok(());
        }
        let t = new_tuple_copy(cx, args)?;
        drop(self.args.put(&self.head, cx, Some(t)));
        Ok(())
    }
    pub fn context(&self) -> Option<Value> {
        self.context.get(&self.head)
    }
    pub fn cause(&self) -> Option<Value> {
        self.cause.get(&self.head)
    }
    pub fn traceback(&self) -> Option<Value> {
        self.traceback.get(&self.head)
    }
    pub fn set_context(&self, cx: &mut Cx, v: Option<Value>) {
        drop(self.context.put(&self.head, cx, v));
    }
    pub fn set_cause(&self, cx: &mut Cx, v: Option<Value>) {
        self.suppress_context.store(true, Ordering::Relaxed);
        drop(self.cause.put(&self.head, cx, v));
    }
    pub fn set_traceback(&self, cx: &mut Cx, v: Option<Value>) {
        drop(self.traceback.put(&self.head, cx, v));
    }
    pub fn dict_if_any(&self) -> Option<Value> {
        self.dict
            .get(&self.head)
            .filter(|d| d.downcast::<Dict>().is_some())
    }
}

/// `str()` of an exception by its arguments, whatever its class says.
pub fn base_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    let args = exc(this).arg_list();
    match args.as_slice() {
        [] => Ok(crate::statics::immortal(crate::statics::EMPTY_STR)),
        [one] => protocol::str(cx, one),
        _ => {
            let t = new_tuple(cx, args)?;
            protocol::str(cx, &t)
        }
    }
}

/// Store the positional arguments, as `BaseException.__init__` does.
pub fn base_init(cx: &mut Cx, this: &Value, pos: &[Value]) -> Res<()> {
    exc(this).set_arg_list(cx, pos)
}

/// No keyword arguments for exceptions of this class.
pub fn no_keywords(cx: &mut Cx, cls: &Type, args: Args<'_>) -> Res<()> {
    if args.has_keywords() {
        let n = cls.name();
        return Err(cx.type_error(format!("{n}() takes no keyword arguments")));
    }
    Ok(())
}

/// Chain a note to an exception: `add_note` for native code.
pub fn add_note(cx: &mut Cx, this: &Value, note: Value) -> Res<()> {
    if let Some(list) = protocol::getattr_str_opt(cx, this, "__notes__")? {
        let Some(l) = list.downcast::<List>() else {
            return Err(cx.type_error("Cannot add note: __notes__ is not a list"));
        };
        return l.push(cx, note);
    }
    let list = crate::objects::list::new_list(cx, vec![note])?;
    protocol::setattr_str(cx, this, "__notes__", &list)
}

#[pymethods]
impl BaseException {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        for slot in [
            &self.dict,
            &self.args,
            &self.traceback,
            &self.context,
            &self.cause,
        ] {
            drop(slot.put(&self.head, cx, None));
        }
        for slot in &self.extra {
            drop(slot.put(&self.head, cx, None));
        }
    }
    #[new]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let t = new_tuple_copy(cx, args.pos)?;
        alloc_exception(cx, cls, t)
    }
    #[init]
    fn init(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        no_keywords(cx, this.ty(), args)?;
        base_init(cx, this, args.pos)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let name = this.ty().name();
        let args = exc(this).arg_list();
        if let [one] = args.as_slice() {
            let r = protocol::repr_string(cx, one)?;
            return Ok(format!("{name}({r})"));
        }
        let t = new_tuple(cx, args)?;
        Ok(format!("{name}{}", protocol::repr_string(cx, &t)?))
    }
    #[slot]
    fn str(this: &Value, cx: &mut Cx) -> Res<Value> {
        base_str(cx, this)
    }

    /// Set self.__traceback__ to tb and return self.
    #[sig(tb, /)]
    fn with_traceback(this: &Value, tb: &Value, cx: &mut Cx) -> Res<Value> {
        set_traceback_checked(cx, this, Some(tb))?;
        Ok(this.clone())
    }
    /// Add a note to the exception
    #[sig(note, /)]
    #[method(name = "add_note")]
    fn add_note_method(this: &Value, note: &Value, cx: &mut Cx) -> Res<()> {
        if note.downcast::<Str>().is_none() {
            let t = note.type_name();
            return Err(cx.type_error(format!("add_note() argument must be str, not {t}")));
        }
        add_note(cx, this, note.clone())
    }
    #[sig(state, /)]
    fn __setstate__(this: &Value, state: &Value, cx: &mut Cx) -> Res<()> {
        if state.is_none() {
            return Ok(());
        }
        let Some(d) = state.downcast::<Dict>() else {
            return Err(cx.type_error("state is not a dictionary"));
        };
        for (k, v) in d.entries(cx) {
            protocol::setattr(cx, this, &k, Some(&v))?;
        }
        Ok(())
    }
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let e = exc(this);
        let args = match e.args.get(&e.head) {
            Some(a) => a,
            None => new_tuple(cx, vec![])?,
        };
        let mut parts = vec![this.ty().value(), args];
        parts.extend(e.dict_if_any());
        new_tuple(cx, parts)
    }

    #[getter(name = "args")]
    fn args_tuple(&self, cx: &mut Cx) -> Res<Value> {
        match self.args.get(&self.head) {
            Some(a) => Ok(a),
            None => new_tuple(cx, vec![]),
        }
    }
    #[setter(name = "args")]
    fn set_args(&self, v: &Value, cx: &mut Cx) -> Res<()> {
        let items = protocol::collect(cx, v)?;
        self.set_arg_list(cx, &items)
    }
    #[getter]
    fn __traceback__(&self) -> Option<Value> {
        self.traceback.get(&self.head)
    }
    #[setter]
    fn set___traceback__(this: &Value, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        set_traceback_checked(cx, this, v)
    }
    /// exception context
    #[getter]
    fn __context__(&self) -> Option<Value> {
        self.context.get(&self.head)
    }
    #[setter]
    fn set___context__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = check_linked(cx, v, "__context__", "context")?;
        drop(self.context.put(&self.head, cx, v));
        Ok(())
    }
    /// exception cause
    #[getter]
    fn __cause__(&self) -> Option<Value> {
        self.cause.get(&self.head)
    }
    #[setter]
    fn set___cause__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = check_linked(cx, v, "__cause__", "cause")?;
        self.set_cause(cx, v);
        Ok(())
    }
    #[member]
    #[getter]
    fn __suppress_context__(&self) -> bool {
        self.suppressed()
    }
    #[setter]
    fn set___suppress_context__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        match v {
            None => Err(cx.type_error("can't delete numeric/char attribute")),
            Some(v) if v.is_true() || v.is_false() => {
                self.suppress_context.store(v.is_true(), Ordering::Relaxed);
                Ok(())
            }
            Some(_) => Err(cx.type_error("attribute value type must be bool")),
        }
    }
    #[getter]
    fn __dict__(&self, cx: &mut Cx) -> Res<Value> {
        dict_in_slot(cx, &self.head, &self.dict)
    }
    #[setter]
    fn set___dict__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(cx.type_error("cannot delete __dict__"));
        };
        if v.downcast::<Dict>().is_none() {
            let t = v.type_name();
            return Err(cx.type_error(format!("__dict__ must be set to a dictionary, not a '{t}'")));
        }
        drop(self.dict.put(&self.head, cx, Some(v.clone())));
        Ok(())
    }
}

fn set_traceback_checked(cx: &mut Cx, this: &Value, v: Option<&Value>) -> Res<()> {
    let Some(v) = v else {
        return Err(cx.type_error("__traceback__ may not be deleted"));
    };
    if !v.is_none() && v.downcast::<Traceback>().is_none() {
        return Err(cx.type_error("__traceback__ must be a traceback or None"));
    }
    exc(this).set_traceback(cx, if v.is_none() { None } else { Some(v.clone()) });
    Ok(())
}

fn check_linked(cx: &mut Cx, v: Option<&Value>, name: &str, what: &str) -> Res<Option<Value>> {
    match v {
        None => Err(cx.type_error(format!("{name} may not be deleted"))),
        Some(v) if v.is_none() => Ok(None),
        Some(v) if is_exception(v) => Ok(Some(v.clone())),
        Some(_) => Err(cx.type_error(format!(
            "exception {what} must be None or derive from BaseException"
        ))),
    }
}
