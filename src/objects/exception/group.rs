//! Exception groups (PEP 654): the classes' methods, and what `except*` is compiled to.

use super::base::{exc, no_keywords};
use super::families::{get_extra, method, receiver_of};
use super::traceback::add_entry;
use super::{alloc_exception, is_exception, is_exception_class, is_kind};
use crate::native::*;
use crate::objects::List;
use crate::objects::list::new_list;
use crate::objects::str::new_str;
use crate::objects::tuple::new_tuple;
use crate::protocol;

const MESSAGE: usize = 0;
const EXCEPTIONS: usize = 1;

/// The members of a group, copied.
pub fn members(group: &Value) -> Vec<Value> {
    match exc(group).extra(EXCEPTIONS) {
        Some(t) => t
            .downcast::<Tuple>()
            .map(|t| t.items().to_vec())
            .unwrap_or_default(),
        None => Vec::new(),
    }
}

pub fn message(group: &Value) -> Value {
    exc(group).extra(MESSAGE).unwrap_or_else(Value::none)
}

pub fn is_group(v: &Value) -> bool {
    is_kind(v, ExcKind::BaseExceptionGroup)
}

fn group_new(cx: &mut Cx, cls: &Type, args: Args<'_>) -> Res<Value> {
    no_keywords(cx, cls, args)?;
    let n = args.pos.len();
    let [message, exceptions] = args.pos else {
        return Err(cx.type_error(format!(
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({n} given)"
        )));
    };
    if message.downcast::<Str>().is_none() {
        let t = if message.is_none() {
            "None".into()
        } else {
            message.type_name()
        };
        return Err(cx.type_error(format!(
            "BaseExceptionGroup.__new__() argument 1 must be str, not {t}"
        )));
    }
    if !crate::objects::object::methods::is_sequence(exceptions) {
        return Err(cx.type_error("second argument (exceptions) must be a sequence"));
    }
    let items = protocol::collect(cx, exceptions)?;
    if items.is_empty() {
        return Err(cx.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    let mut nested_base = false;
    for (i, e) in items.iter().enumerate() {
        if !is_exception(e) {
            return Err(cx.value_error(format!(
                "Item {i} of second argument (exceptions) is not an exception"
            )));
        }
        nested_base |= !is_kind(e, ExcKind::Exception);
    }
    let mut cls = cls;
    if std::ptr::eq(cls, ExcKind::BaseExceptionGroup.ty()) {
        if !nested_base {
            cls = ExcKind::ExceptionGroup.ty();
        }
    } else if nested_base {
        if std::ptr::eq(cls, ExcKind::ExceptionGroup.ty()) {
            return Err(cx.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
        }
        if cls.is_subtype_of(ExcKind::Exception.ty()) {
            let n = cls.name();
            return Err(cx.type_error(format!("Cannot nest BaseExceptions in '{n}'")));
        }
    }
    let all = new_tuple(cx, args.pos.to_vec())?;
    let this = alloc_exception(cx, cls, all)?;
    let items = new_tuple(cx, items)?;
    let e = exc(&this);
    e.set_extra(cx, MESSAGE, Some(message.clone()));
    e.set_extra(cx, EXCEPTIONS, Some(items));
    Ok(this)
}

/// The group takes its fields in `__new__`; `__init__` only stores the arguments.
fn group_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    no_keywords(cx, this.ty(), args)?;
    exc(this).set_arg_list(cx, args.pos)
}

/// `ExceptionGroup(message, members)`, or `BaseExceptionGroup` where the members ask for it.
pub fn new_group(cx: &mut Cx, message: Value, members: Vec<Value>) -> Res<Value> {
    let list = new_list(cx, members)?;
    group_new(
        cx,
        ExcKind::BaseExceptionGroup.ty(),
        Args::positional(&[message, list]),
    )
}

fn group_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    let m = protocol::str_string(cx, &message(this))?;
    let n = members(this).len();
    new_str(
        cx,
        &format!("{m} ({n} sub-exception{})", if n == 1 { "" } else { "s" }),
    )
}

/// `ExceptionGroup` has two bases, which the tables of native types do not express: `BaseExceptionGroup` and `Exception`.
/// Called once while starting.
pub fn complete(cx: &mut Cx) -> Res<()> {
    let t = ExcKind::ExceptionGroup.ty();
    let bases = [ExcKind::BaseExceptionGroup.ty(), ExcKind::Exception.ty()];
    let order = [
        t,
        bases[0],
        bases[1],
        ExcKind::BaseException.ty(),
        Type::from_word(crate::statics::word::OBJECT),
    ];
    let mro = new_tuple(cx, order.iter().map(|t| t.value()).collect())?;
    if let Some(h) = mro.header() {
        h.set_deferred();
    }
    let bases_v = new_tuple(cx, bases.iter().map(|t| t.value()).collect())?;
    drop([t.mro.swap(Some(mro)), t.bases.swap(Some(bases_v))]);
    bases[1].below.subclasses.add(t.word());
    Ok(())
}

fn derive(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let this = receiver_of(cx, args, "derive", ExcKind::BaseExceptionGroup)?;
    let given = args.pos.len() - 1;
    let [_, excs] = args.pos else {
        return Err(cx.type_error(format!(
            "BaseExceptionGroup.derive() takes exactly one argument ({given} given)"
        )));
    };
    let m = message(this);
    group_new(
        cx,
        ExcKind::BaseExceptionGroup.ty(),
        Args::positional(&[m, excs.clone()]),
    )
}

/// What selects members.
enum Matcher {
    Classes(Value),
    Call(Value),
}

impl Matcher {
    fn new(cx: &mut Cx, v: &Value) -> Res<Matcher> {
        let classes = is_exception_class(v)
            || v.downcast::<Tuple>()
                .is_some_and(|t| t.items().iter().all(is_exception_class));
        if classes {
            return Ok(Matcher::Classes(v.clone()));
        }
        if v.downcast::<Type>().is_none() && protocol::is_callable(v) {
            return Ok(Matcher::Call(v.clone()));
        }
        Err(cx.type_error("expected an exception type, a tuple of exception types, or a callable (other than a class)"))
    }
    fn test(&self, cx: &mut Cx, e: &Value) -> Res<bool> {
        match self {
            Matcher::Classes(c) => super::matches(cx, e, c),
            Matcher::Call(f) => {
                let r = protocol::call(cx, f, std::slice::from_ref(e))?;
                protocol::truthy(cx, &r)
            }
        }
    }
}

/// A group of some of the members, with the traceback, chain and notes of `group`; None for none.
fn subset(cx: &mut Cx, group: &Value, items: Vec<Value>) -> Res<Option<Value>> {
    if items.is_empty() {
        return Ok(None);
    }
    let list = new_list(cx, items)?;
    let made = protocol::call_method(cx, group, "derive", &[list])?;
    if !is_group(&made) {
        return Err(cx.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    let (from, to) = (exc(group), exc(&made));
    if let Some(tb) = from.traceback() {
        to.set_traceback(cx, Some(tb));
    }
    to.set_context(cx, from.context());
    to.set_cause(cx, from.cause());
    to.suppress_context
        .store(from.suppressed(), std::sync::atomic::Ordering::Relaxed);
    if let Some(notes) = protocol::getattr_str_opt(cx, group, "__notes__")?
        && crate::objects::object::methods::is_sequence(&notes)
    {
        let items = protocol::collect(cx, &notes)?;
        let copy = new_list(cx, items)?;
        protocol::setattr_str(cx, &made, "__notes__", &copy)?;
    }
    Ok(Some(made))
}

/// The parts of `e` that match and that do not.
fn split_by(
    cx: &mut Cx,
    e: &Value,
    m: &Matcher,
    want_rest: bool,
) -> Res<(Option<Value>, Option<Value>)> {
    cx.check_native_stack(" in exceptiongroup_split_recursive")?;
    if m.test(cx, e)? {
        return Ok((Some(e.clone()), None));
    }
    if !is_group(e) {
        return Ok((None, want_rest.then(|| e.clone())));
    }
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for x in members(e) {
        let (y, n) = split_by(cx, &x, m, want_rest)?;
        yes.extend(y);
        no.extend(n);
    }
    let y = subset(cx, e, yes)?;
    let n = subset(cx, e, no)?;
    Ok((y, n))
}

fn split(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let this = receiver_of(cx, args, "split", ExcKind::BaseExceptionGroup)?;
    let given = args.pos.len() - 1;
    let [_, m] = args.pos else {
        return Err(cx.type_error(format!(
            "BaseExceptionGroup.split() takes exactly one argument ({given} given)"
        )));
    };
    let m = Matcher::new(cx, m)?;
    let (y, n) = split_by(cx, this, &m, true)?;
    new_tuple(
        cx,
        vec![y.unwrap_or_else(Value::none), n.unwrap_or_else(Value::none)],
    )
}

fn subgroup(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let this = receiver_of(cx, args, "subgroup", ExcKind::BaseExceptionGroup)?;
    let given = args.pos.len() - 1;
    let [_, m] = args.pos else {
        return Err(cx.type_error(format!(
            "BaseExceptionGroup.subgroup() takes exactly one argument ({given} given)"
        )));
    };
    let m = Matcher::new(cx, m)?;
    let (y, _) = split_by(cx, this, &m, false)?;
    Ok(y.unwrap_or_else(Value::none))
}

fn class_getitem(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    args.check_count(cx, "__class_getitem__", 2, 2)?;
    crate::objects::genericalias::new(cx, &args.pos[0], &args.pos[1])
}

pub static GROUP: Part = Part {
    methods: &[
        method("derive", derive, ""),
        method("split", split, ""),
        method("subgroup", subgroup, ""),
        MethodDef {
            name: "__class_getitem__",
            call: class_getitem,
            doc: "See PEP 585",
            text_signature: None,
            kind: MethodKind::ClassMethod,
            min: 1,
            max: 1,
            takes_keywords: false,
            quick: None,
        },
    ],
    getset: &[
        GetSetDef {
            member: true,
            name: "message",
            get: get_extra::<MESSAGE>,
            set: None,
            doc: "exception message",
        },
        GetSetDef {
            member: true,
            name: "exceptions",
            get: get_extra::<EXCEPTIONS>,
            set: None,
            doc: "nested exceptions",
        },
    ],
    attrs: &[],
    install_slots: |s| {
        s.new = Some(group_new);
        s.init = Some(group_init);
        s.str = Some(group_str);
    },
};

// ---- except* -------------------------------------------------------------------------------------------------------

fn check_star_type(cx: &mut Cx, t: &Value) -> Res<()> {
    let list: Vec<Value> = match t.downcast::<Tuple>() {
        Some(t) => t.items().to_vec(),
        None => vec![t.clone()],
    };
    for c in &list {
        if !is_exception_class(c) {
            return Err(cx.type_error(
                "catching classes that do not inherit from BaseException is not allowed",
            ));
        }
    }
    for c in &list {
        if c.downcast::<Type>()
            .is_some_and(|t| t.is_subtype_of(ExcKind::BaseExceptionGroup.ty()))
        {
            return Err(cx.type_error(
                "catching ExceptionGroup with except* is not allowed. Use except instead.",
            ));
        }
    }
    Ok(())
}

/// `CHECK_EG_MATCH`: what of `value` is left, and what `except* match_type` catches (None for nothing).
pub fn check_eg_match(cx: &mut Cx, value: &Value, match_type: &Value) -> Res<(Value, Value)> {
    check_star_type(cx, match_type)?;
    if value.is_none() {
        return Ok((Value::none(), Value::none()));
    }
    if super::matches(cx, value, match_type)? {
        if is_group(value) {
            return Ok((Value::none(), value.clone()));
        }
        // A naked exception is caught wrapped.
        let empty = new_str(cx, "")?;
        let members = new_tuple(cx, vec![value.clone()])?;
        let g = group_new(
            cx,
            ExcKind::BaseExceptionGroup.ty(),
            Args::positional(&[empty, members]),
        )?;
        let f = cx.frame;
        if !f.is_null() {
            let obj = crate::objects::frame::object::frame_object(cx, f)?;
            // SAFETY: the running frame's record.
            let (lasti, line) = unsafe { ((*f).lasti(), (*f).line()) };
            add_entry(cx, &g, obj, lasti, line)?;
        }
        return Ok((Value::none(), g));
    }
    if is_group(value) {
        let pair = protocol::call_method(cx, value, "split", std::slice::from_ref(match_type))?;
        let name = value.type_name();
        let Some(t) = pair.downcast::<Tuple>() else {
            let got = pair.type_name();
            return Err(cx.type_error(format!("{name}.split must return a tuple, not {got}")));
        };
        let [m, rest, ..] = t.items() else {
            let n = t.len();
            return Err(cx.type_error(format!(
                "{name}.split must return a 2-tuple, got tuple of size {n}"
            )));
        };
        return Ok((rest.clone(), m.clone()));
    }
    Ok((value.clone(), Value::none()))
}

/// Leaves of a group, by identity.
fn leaves(e: &Value, out: &mut Vec<u64>) {
    if is_group(e) {
        for x in members(e) {
            leaves(&x, out);
        }
    } else {
        out.push(e.bits() & !7);
    }
}

/// Keep of `group` only the leaves named; structure, tracebacks and chain stay.
fn project(cx: &mut Cx, group: &Value, keep: &[u64]) -> Res<Option<Value>> {
    if !is_group(group) {
        return Ok(keep.contains(&(group.bits() & !7)).then(|| group.clone()));
    }
    let all = members(group);
    let mut kept = Vec::new();
    let mut same = true;
    for x in &all {
        let p = project(cx, x, keep)?;
        same &= p.as_ref().is_some_and(|p| p.is(x));
        kept.extend(p);
    }
    if same {
        Ok(Some(group.clone()))
    } else {
        subset(cx, group, kept)
    }
}

/// Whether `e` was raised again unchanged: its traceback, notes, cause and context are those of `orig`.
fn is_same_metadata(cx: &mut Cx, a: &Value, b: &Value) -> Res<bool> {
    let same = |x: Option<Value>, y: Option<Value>| match (x, y) {
        (None, None) => true,
        (Some(x), Some(y)) => x.is(&y),
        _ => false,
    };
    let (x, y) = (exc(a), exc(b));
    let (na, nb) = (
        protocol::getattr_str_opt(cx, a, "__notes__")?,
        protocol::getattr_str_opt(cx, b, "__notes__")?,
    );
    let notes = match (na, nb) {
        (None, None) => true,
        (Some(p), Some(q)) => protocol::equal(cx, &p, &q)?,
        _ => false,
    };
    Ok(notes
        && same(x.traceback(), y.traceback())
        && same(x.cause(), y.cause())
        && same(x.context(), y.context()))
}

/// `INTRINSIC_PREP_RERAISE_STAR`: what is raised after the clauses of `except*`: new exceptions, and what was raised again
/// or not handled, in the shape of the original. None when nothing is left.
pub fn prep_reraise_star(cx: &mut Cx, orig: &Value, excs: &Value) -> Res<Value> {
    let list = match excs.downcast::<List>() {
        Some(l) => l.to_vec(cx),
        None => return Err(cx.system_error("prep_reraise_star: not a list")),
    };
    if list.is_empty() {
        return Ok(Value::none());
    }
    if !is_group(orig) {
        // A naked exception was caught and wrapped: either it was raised again or something else was.
        for e in &list {
            if !e.is_none() {
                return Ok(e.clone());
            }
        }
        return Ok(Value::none());
    }
    let (mut raised, mut reraised) = (Vec::new(), Vec::new());
    for e in &list {
        if e.is_none() {
            continue;
        }
        if is_group(e) && is_same_metadata(cx, e, orig)? {
            reraised.push(e.clone())
        } else {
            raised.push(e.clone())
        }
    }
    let again = if reraised.is_empty() {
        None
    } else {
        let mut ids = Vec::new();
        for e in &reraised {
            leaves(e, &mut ids);
        }
        project(cx, orig, &ids)?
    };
    if raised.is_empty() {
        return Ok(again.unwrap_or_else(Value::none));
    }
    raised.extend(again);
    if raised.len() == 1 {
        return Ok(raised.pop().unwrap_or_else(Value::none));
    }
    let empty = new_str(cx, "")?;
    new_group(cx, empty, raised)
}
