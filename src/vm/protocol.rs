//! The abstract operations of the language over any value: what `a + b`, `x.y`, `f(...)`, `for`, `in`, `repr` mean, by the
//! types' slots. Native code calls these; the interpreter's fast paths end here when they do not apply.

use crate::native::Args;
use crate::objects::exception::is_kind;
use crate::objects::typeobj::slots::{BinaryFn, CmpOp, SlotCell, SlotTable};
use crate::objects::{BaseException, Str, Tuple};
use crate::{Cx, ExcKind, Raised, Res, Value, ValueExt};

/// The binary operators, numbered as `BINARY_OP`'s argument (in-place forms follow at +13, subscript is 26).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BinOp {
    Add = 0,
    And = 1,
    FloorDiv = 2,
    LShift = 3,
    MatMul = 4,
    Mul = 5,
    Mod = 6,
    Or = 7,
    Pow = 8,
    RShift = 9,
    Sub = 10,
    TrueDiv = 11,
    Xor = 12,
}

/// Arguments of `NB_*` beyond the plain operators.
pub const INPLACE_FIRST: u8 = 13;
pub const SUBSCR: u8 = 26;

impl BinOp {
    pub fn from_u8(n: u8) -> BinOp {
        use BinOp::*;
        [
            Add, And, FloorDiv, LShift, MatMul, Mul, Mod, Or, Pow, RShift, Sub, TrueDiv, Xor,
        ][n as usize % 13]
    }
    pub fn symbol(self) -> &'static str {
        [
            "+",
            "&",
            "//",
            "<<",
            "@",
            "*",
            "%",
            "|",
            "** or pow()",
            ">>",
            "-",
            "/",
            "^",
        ][self as usize]
    }
    fn cell(self, t: &SlotTable) -> &SlotCell<BinaryFn> {
        match self {
            BinOp::Add => &t.add,
            BinOp::And => &t.and,
            BinOp::FloorDiv => &t.floordiv,
            BinOp::LShift => &t.lshift,
            BinOp::MatMul => &t.matmul,
            BinOp::Mul => &t.mul,
            BinOp::Mod => &t.mod_,
            BinOp::Or => &t.or,
            BinOp::RShift => &t.rshift,
            BinOp::Sub => &t.sub,
            BinOp::TrueDiv => &t.truediv,
            BinOp::Xor => &t.xor,
            BinOp::Pow => unreachable!("pow is ternary"),
        }
    }
    fn inplace_cell(self, t: &SlotTable) -> &SlotCell<BinaryFn> {
        match self {
            BinOp::Add => &t.iadd,
            BinOp::And => &t.iand,
            BinOp::FloorDiv => &t.ifloordiv,
            BinOp::LShift => &t.ilshift,
            BinOp::MatMul => &t.imatmul,
            BinOp::Mul => &t.imul,
            BinOp::Mod => &t.imod,
            BinOp::Or => &t.ior,
            BinOp::RShift => &t.irshift,
            BinOp::Sub => &t.isub,
            BinOp::TrueDiv => &t.itruediv,
            BinOp::Xor => &t.ixor,
            BinOp::Pow => unreachable!("pow is ternary"),
        }
    }
}

/// `a op b` by the slots of both operands; NotImplemented when neither knows.
fn binary_slots(cx: &mut Cx, op: BinOp, a: &Value, b: &Value) -> Res<Value> {
    let (ta, tb) = (a.ty(), b.ty());
    let left = op.cell(&ta.slots).get();
    let mut right = if std::ptr::eq(ta, tb) {
        None
    } else {
        op.cell(&tb.slots).get()
    };
    if let (Some(l), Some(r)) = (left, right)
        && l as usize == r as usize
    {
        right = None;
    }
    if let Some(l) = left {
        if let Some(r) = right
            && tb.is_subtype_of(ta)
        {
            let v = r(cx, a, b)?;
            if !v.is_not_implemented() {
                return Ok(v);
            }
            right = None;
        }
        let v = l(cx, a, b)?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    if let Some(r) = right {
        return r(cx, a, b);
    }
    Ok(Value::not_implemented())
}

/// `a op b`.
pub fn binary(cx: &mut Cx, op: BinOp, a: &Value, b: &Value) -> Res<Value> {
    if op == BinOp::Pow {
        return pow(cx, a, b, &Value::none());
    }
    let v = binary_slots(cx, op, a, b)?;
    if !v.is_not_implemented() {
        return Ok(v);
    }
    sequence_fallback(cx, op, a, b, op.symbol())
}

/// Sequences' `+` and `*`, which come after the number slots, then the error.
fn sequence_fallback(cx: &mut Cx, op: BinOp, a: &Value, b: &Value, symbol: &str) -> Res<Value> {
    if op == BinOp::Add
        && let Some(concat) = a.ty().slots.concat.get()
    {
        return concat(cx, a, b);
    }
    if op == BinOp::Mul {
        if let Some(repeat) = a.ty().slots.repeat.get() {
            return repeat_by(cx, repeat, a, b);
        }
        if let Some(repeat) = b.ty().slots.repeat.get() {
            return repeat_by(cx, repeat, b, a);
        }
    }
    let (na, nb) = (a.type_name(), b.type_name());
    if op == BinOp::RShift
        && a.downcast_exact::<crate::objects::Builtin>()
            .is_some_and(|f| f.name() == "print")
        && symbol == ">>"
    {
        return Err(cx.type_error(format!(
            "unsupported operand type(s) for >>: '{na}' and '{nb}'. Did you mean \"print(<message>, file=<output_stream>)\"?"
        )));
    }
    Err(cx.type_error(format!(
        "unsupported operand type(s) for {symbol}: '{na}' and '{nb}'"
    )))
}

fn repeat_by(cx: &mut Cx, repeat: BinaryFn, seq: &Value, count: &Value) -> Res<Value> {
    if count.ty().slots.index.get().is_none() && count.as_small_int().is_none() {
        let n = count.type_name();
        return Err(cx.type_error(format!("can't multiply sequence by non-int of type '{n}'")));
    }
    repeat(cx, seq, count)
}

/// `a op= b`.
pub fn inplace(cx: &mut Cx, op: BinOp, a: &Value, b: &Value) -> Res<Value> {
    if op == BinOp::Pow {
        if let Some(f) = a.ty().slots.ipow.get() {
            let v = f(cx, a, b, &Value::none())?;
            if !v.is_not_implemented() {
                return Ok(v);
            }
        }
        return pow_symbol(cx, a, b, &Value::none(), "**=");
    }
    if let Some(f) = op.inplace_cell(&a.ty().slots).get() {
        let v = f(cx, a, b)?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    let v = binary_slots(cx, op, a, b)?;
    if !v.is_not_implemented() {
        return Ok(v);
    }
    if op == BinOp::Add
        && let Some(f) = a.ty().slots.iconcat.get()
    {
        return f(cx, a, b);
    }
    if op == BinOp::Mul
        && let Some(f) = a.ty().slots.irepeat.get()
    {
        return repeat_by(cx, f, a, b);
    }
    let symbol = [
        "+=", "&=", "//=", "<<=", "@=", "*=", "%=", "|=", "**=", ">>=", "-=", "/=", "^=",
    ][op as usize];
    sequence_fallback(cx, op, a, b, symbol)
}

/// `BINARY_OP` with CPython's argument (0..=25).
pub fn binary_op(cx: &mut Cx, arg: u8, a: &Value, b: &Value) -> Res<Value> {
    if arg == SUBSCR {
        getitem(cx, a, b)
    } else if arg >= INPLACE_FIRST {
        inplace(cx, BinOp::from_u8(arg - INPLACE_FIRST), a, b)
    } else {
        binary(cx, BinOp::from_u8(arg), a, b)
    }
}

/// `pow(a, b, c)`; `c` None for two arguments.
pub fn pow(cx: &mut Cx, a: &Value, b: &Value, c: &Value) -> Res<Value> {
    pow_symbol(cx, a, b, c, "** or pow()")
}

fn pow_symbol(cx: &mut Cx, a: &Value, b: &Value, c: &Value, symbol: &str) -> Res<Value> {
    let (ta, tb) = (a.ty(), b.ty());
    let left = ta.slots.pow.get();
    let mut right = if std::ptr::eq(ta, tb) {
        None
    } else {
        tb.slots.pow.get()
    };
    if let (Some(l), Some(r)) = (left, right)
        && l as usize == r as usize
    {
        right = None;
    }
    if let Some(l) = left {
        if let Some(r) = right
            && tb.is_subtype_of(ta)
        {
            let v = r(cx, a, b, c)?;
            if !v.is_not_implemented() {
                return Ok(v);
            }
            right = None;
        }
        let v = l(cx, a, b, c)?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    if let Some(r) = right {
        let v = r(cx, a, b, c)?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    if !c.is_none() {
        if let Some(f) = c.ty().slots.pow.get()
            && Some(f as usize) != left.map(|l| l as usize)
        {
            let v = f(cx, a, b, c)?;
            if !v.is_not_implemented() {
                return Ok(v);
            }
        }
        let (na, nb, nc) = (a.type_name(), b.type_name(), c.type_name());
        return Err(cx.type_error(format!(
            "unsupported operand type(s) for ** or pow(): '{na}', '{nb}', '{nc}'"
        )));
    }
    let (na, nb) = (a.type_name(), b.type_name());
    Err(cx.type_error(format!(
        "unsupported operand type(s) for {symbol}: '{na}' and '{nb}'"
    )))
}

/// `divmod(a, b)`.
pub fn divmod(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    let (ta, tb) = (a.ty(), b.ty());
    if let Some(l) = ta.slots.divmod.get() {
        let v = l(cx, a, b)?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    if !std::ptr::eq(ta, tb)
        && let Some(r) = tb.slots.divmod.get()
    {
        let v = r(cx, a, b)?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    let (na, nb) = (a.type_name(), b.type_name());
    Err(cx.type_error(format!(
        "unsupported operand type(s) for divmod(): '{na}' and '{nb}'"
    )))
}

/// `-a`, `+a`, `~a`.
pub fn unary(cx: &mut Cx, symbol: &str, a: &Value) -> Res<Value> {
    let s = &a.ty().slots;
    let f = match symbol {
        "-" => s.neg.get(),
        "+" => s.pos.get(),
        _ => s.invert.get(),
    };
    match f {
        Some(f) => f(cx, a),
        None => {
            let n = a.type_name();
            Err(cx.type_error(format!("bad operand type for unary {symbol}: '{n}'")))
        }
    }
}

/// `a op b` for comparisons, result as the types give it.
pub fn compare(cx: &mut Cx, a: &Value, b: &Value, op: CmpOp) -> Res<Value> {
    cx.check_native_stack(" in comparison")?;
    let (ta, tb) = (a.ty(), b.ty());
    let mut tried_right = false;
    if !std::ptr::eq(ta, tb)
        && tb.is_subtype_of(ta)
        && let Some(f) = tb.slots.richcompare.get()
    {
        tried_right = true;
        let v = f(cx, b, a, op.swapped())?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    if let Some(f) = ta.slots.richcompare.get() {
        let v = f(cx, a, b, op)?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    if !tried_right && let Some(f) = tb.slots.richcompare.get() {
        let v = f(cx, b, a, op.swapped())?;
        if !v.is_not_implemented() {
            return Ok(v);
        }
    }
    match op {
        CmpOp::Eq => Ok(Value::bool(a.is(b))),
        CmpOp::Ne => Ok(Value::bool(!a.is(b))),
        _ => {
            let (na, nb) = (a.type_name(), b.type_name());
            let s = op.symbol();
            Err(cx.type_error(format!(
                "'{s}' not supported between instances of '{na}' and '{nb}'"
            )))
        }
    }
}

/// Truth of a comparison; identity implies equality (as containers compare).
pub fn compare_bool(cx: &mut Cx, a: &Value, b: &Value, op: CmpOp) -> Res<bool> {
    if a.is(b) {
        match op {
            CmpOp::Eq => return Ok(true),
            CmpOp::Ne => return Ok(false),
            _ => {}
        }
    }
    let v = compare(cx, a, b, op)?;
    truthy(cx, &v)
}

/// `a == b`, identity first.
#[inline]
pub fn equal(cx: &mut Cx, a: &Value, b: &Value) -> Res<bool> {
    if a.is(b) {
        return Ok(true);
    }
    if let (Some(x), Some(y)) = (a.downcast_exact::<Str>(), b.downcast_exact::<Str>()) {
        return Ok(x.equals(y));
    }
    compare_bool(cx, a, b, CmpOp::Eq)
}

/// `bool(v)`.
#[inline]
pub fn truthy(cx: &mut Cx, v: &Value) -> Res<bool> {
    if v.is_true() {
        return Ok(true);
    }
    if v.is_false() || v.is_none() {
        return Ok(false);
    }
    if let Some(i) = v.as_small_int() {
        return Ok(i != 0);
    }
    truthy_slow(cx, v)
}

/// The length of an exact list, tuple, dict, string or bytes object.
#[inline(always)]
fn quick_len(v: &Value) -> Option<usize> {
    use crate::objects::{Bytes, Dict, List};
    use crate::statics::word;
    match v.class_word() {
        word::LIST => v.downcast_exact::<List>().map(List::len),
        word::TUPLE => v.downcast_exact::<Tuple>().map(Tuple::len),
        word::DICT => v.downcast_exact::<Dict>().map(Dict::len),
        word::STR => v.downcast_exact::<Str>().map(Str::len),
        word::BYTES => v.downcast_exact::<Bytes>().map(Bytes::len),
        _ => None,
    }
}

/// The truth of a pointer whose class is one of these, or says nothing of truth and length.
#[inline(always)]
pub(crate) fn quick_truth(v: &Value) -> Option<bool> {
    if !v.is_ptr() {
        return None;
    }
    if let Some(n) = quick_len(v) {
        return Some(n != 0);
    }
    let s = &v.ty().slots;
    (s.bool.bits() == 0 && s.len.bits() == 0).then_some(true)
}

/// The truth of a value where nothing has to be asked for it.
#[inline]
pub fn known_truth(v: &Value) -> Option<bool> {
    if v.is_true() {
        return Some(true);
    }
    if v.is_false() || v.is_none() {
        return Some(false);
    }
    match v.as_small_int() {
        Some(i) => Some(i != 0),
        None => quick_truth(v),
    }
}

#[inline(never)]
fn truthy_slow(cx: &mut Cx, v: &Value) -> Res<bool> {
    let s = &v.ty().slots;
    if let Some(f) = s.bool.get() {
        return f(cx, v);
    }
    let Some(f) = s.len.get() else {
        return Ok(true);
    };
    match quick_len(v) {
        Some(n) => Ok(n != 0),
        None => Ok(f(cx, v)? != 0),
    }
}

/// `hash(v)`.
pub fn hash(cx: &mut Cx, v: &Value) -> Res<i64> {
    if let Some(s) = v.downcast_exact::<Str>() {
        return Ok(s.hash());
    }
    match v.ty().slots.hash.get() {
        Some(f) => {
            // Tuples hash what they hold.
            let what = match v.class_word() {
                crate::statics::word::TUPLE => " while hashing a tuple",
                _ => "",
            };
            cx.check_native_stack(what)?;
            f(cx, v)
        }
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!("unhashable type: '{n}'")))
        }
    }
}

/// `repr(v)`: always a `str`.
pub fn repr(cx: &mut Cx, v: &Value) -> Res<Value> {
    if v.is_small_int() {
        return crate::objects::int::text::repr(cx, v);
    }
    cx.check_native_stack(" while getting the repr of an object")?;
    cx.enter_native(" while getting the repr of an object")?;
    let r = match v.ty().slots.repr.get() {
        Some(f) => f(cx, v),
        None => crate::objects::object::default_repr(cx, v),
    };
    cx.leave_native();
    let r = r?;
    if r.downcast::<Str>().is_none() {
        let n = r.type_name();
        return Err(cx.type_error(format!("__repr__ returned non-string (type {n})")));
    }
    Ok(r)
}

/// `str(v)`: always a `str`.
pub fn str(cx: &mut Cx, v: &Value) -> Res<Value> {
    if v.downcast_exact::<Str>().is_some() {
        return Ok(v.clone());
    }
    if v.is_small_int() {
        return crate::objects::int::text::repr(cx, v);
    }
    let Some(f) = v.ty().slots.str.get() else {
        return repr(cx, v);
    };
    cx.enter_native(" while getting the str of an object")?;
    let r = f(cx, v);
    cx.leave_native();
    let r = r?;
    if r.downcast::<Str>().is_none() {
        let n = r.type_name();
        return Err(cx.type_error(format!("__str__ returned non-string (type {n})")));
    }
    Ok(r)
}

/// `repr(v)` as Rust text, for messages.
pub fn repr_string(cx: &mut Cx, v: &Value) -> Res<String> {
    let r = repr(cx, v)?;
    Ok(r.downcast::<Str>()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default())
}

/// `str(v)` as Rust text.
pub fn str_string(cx: &mut Cx, v: &Value) -> Res<String> {
    let r = str(cx, v)?;
    Ok(r.downcast::<Str>()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default())
}

/// `o.name`.
#[inline]
pub fn getattr(cx: &mut Cx, o: &Value, name: &Value) -> Res<Value> {
    let r = match o.ty().slots.getattro.get() {
        Some(f) => f(cx, o, name),
        None => crate::objects::object::generic_getattr(cx, o, name),
    };
    match r {
        Ok(v) => Ok(v),
        Err(r) => Err(with_attribute(cx, r, o, name)),
    }
}

/// An AttributeError on its way gets to know what was looked for, unless it does already: `__getattr__` written in Python
/// seldom tells.
#[cold]
pub(crate) fn with_attribute(cx: &mut Cx, r: Raised, o: &Value, name: &Value) -> Raised {
    if let Some(e) = &cx.exc
        && is_kind(e, ExcKind::AttributeError)
        && let Some(e) = e.downcast::<BaseException>()
        && e.extra(0).is_none()
        && e.extra(1).is_none()
    {
        let e = cx.exc.clone();
        if let Some(e) = e.as_ref().and_then(|e| e.downcast::<BaseException>()) {
            e.set_extra(cx, 0, Some(name.clone()));
            e.set_extra(cx, 1, Some(o.clone()));
        }
    }
    r
}

/// `o.name` with a Rust name.
pub fn getattr_str(cx: &mut Cx, o: &Value, name: &'static str) -> Res<Value> {
    let n = crate::objects::str::intern::intern_static(cx, name)?;
    getattr(cx, o, n)
}

/// `getattr(o, name, None)`: None when there is an AttributeError.
pub fn getattr_opt(cx: &mut Cx, o: &Value, name: &Value) -> Res<Option<Value>> {
    if o.ty().slots.getattro.get().map(|f| f as *const () as usize)
        == Some(crate::objects::object::generic_getattr as *const () as usize)
    {
        return crate::objects::object::generic_getattr_suppressed(cx, o, name);
    }
    // A class's plain miss takes no exception either.
    let of_type = crate::objects::Type::from_word(crate::statics::word::TYPE);
    let found = if o.ty().slots.getattro.bits() == of_type.slots.getattro.bits() {
        crate::objects::typeobj::methods::type_getattr_opt(cx, o, name)
    } else if o.class_word() == crate::statics::word::MODULE {
        crate::objects::module::methods::module_getattr_opt(cx, o, name)
    } else {
        getattr(cx, o, name).map(Some)
    };
    match found {
        Ok(v) => Ok(v),
        Err(r) => {
            cx.catch(r, crate::ExcKind::AttributeError)?;
            Ok(None)
        }
    }
}

pub fn getattr_str_opt(cx: &mut Cx, o: &Value, name: &'static str) -> Res<Option<Value>> {
    let n = crate::objects::str::intern::intern_static(cx, name)?;
    getattr_opt(cx, o, n)
}

/// `o.name = value`, or `del o.name` when `value` is None.
pub fn setattr(cx: &mut Cx, o: &Value, name: &Value, value: Option<&Value>) -> Res<()> {
    let exact;
    let name = match name.downcast::<Str>() {
        // Attributes are found by plain strings.
        Some(s) if name.downcast_exact::<Str>().is_none() => {
            exact = crate::objects::str::make::new_from_text(cx, s.text())?;
            &exact
        }
        _ => name,
    };
    match o.ty().slots.setattro.get() {
        Some(f) => f(cx, o, name, value),
        None => crate::objects::object::generic_setattr(cx, o, name, value),
    }
}

pub fn setattr_str(cx: &mut Cx, o: &Value, name: &'static str, value: &Value) -> Res<()> {
    let n = crate::objects::str::intern::intern_static(cx, name)?;
    setattr(cx, o, n, Some(value))
}

/// `f(*args, **kwargs)` in the vectorcall shape.
pub fn call_args(cx: &mut Cx, f: &Value, args: Args<'_>) -> Res<Value> {
    match f.ty().slots.call.get() {
        Some(c) => c(cx, f, args),
        None => {
            let n = f.type_name();
            Err(cx.type_error(format!("'{n}' object is not callable")))
        }
    }
}

/// `f(*args)`.
pub fn call(cx: &mut Cx, f: &Value, args: &[Value]) -> Res<Value> {
    call_args(
        cx,
        f,
        Args {
            pos: args,
            kwvalues: &[],
            kwnames: None,
        },
    )
}

/// `f(*args, name=value, ...)`.
pub fn call_kw(cx: &mut Cx, f: &Value, pos: &[Value], kw: &[(&str, Value)]) -> Res<Value> {
    if kw.is_empty() {
        return call(cx, f, pos);
    }
    let mut all: Vec<Value> = pos.to_vec();
    let mut names = Vec::with_capacity(kw.len());
    for (n, v) in kw {
        names.push(crate::objects::str::intern::intern_str(cx, n)?);
        all.push(v.clone());
    }
    let names = crate::objects::tuple::new_tuple(cx, names)?;
    let (p, k) = all.split_at(pos.len());
    call_args(
        cx,
        f,
        Args {
            pos: p,
            kwvalues: k,
            kwnames: names.downcast::<Tuple>(),
        },
    )
}

/// `o.name(*args)`.
pub fn call_method(cx: &mut Cx, o: &Value, name: &'static str, args: &[Value]) -> Res<Value> {
    let f = getattr_str(cx, o, name)?;
    call(cx, &f, args)
}

/// Special-method lookup: on the type, bound to `o`. None when absent.
pub fn lookup_special(cx: &mut Cx, o: &Value, name: &'static str) -> Res<Option<Value>> {
    let n = crate::objects::str::intern::intern_static(cx, name)?;
    let Some(found) = crate::objects::typeobj::special::special(cx, o.ty(), n) else {
        return Ok(None);
    };
    let found = found.into_counted();
    match found.ty().slots.descr_get.get() {
        Some(get) => {
            let t = o.ty().value();
            get(cx, &found, Some(o), Some(&t)).map(Some)
        }
        None => Ok(Some(found)),
    }
}

/// Call a special method looked up on the type; None when absent.
pub fn call_special(
    cx: &mut Cx,
    o: &Value,
    name: &'static str,
    args: &[Value],
) -> Res<Option<Value>> {
    let n = crate::objects::str::intern::intern_static(cx, name)?;
    let Some(f) = crate::objects::typeobj::special::special(cx, o.ty(), n) else {
        return Ok(None);
    };
    if f.ty().has(crate::objects::typeobj::flag::METHOD_DESCRIPTOR) {
        return crate::native::args::with_receiver(o, args, |all| call(cx, &f, all)).map(Some);
    }
    match f.ty().slots.descr_get.get() {
        Some(get) => {
            let t = o.ty().value();
            let bound = get(cx, &f, Some(o), Some(&t))?;
            call(cx, &bound, args).map(Some)
        }
        None => call(cx, &f, args).map(Some),
    }
}

/// `iter(o)`.
pub fn iter(cx: &mut Cx, o: &Value) -> Res<Value> {
    let s = &o.ty().slots;
    if let Some(f) = s.iter.get() {
        let it = f(cx, o)?;
        if it.ty().slots.next.get().is_none() {
            let n = it.type_name();
            return Err(cx.type_error(format!("iter() returned non-iterator of type '{n}'")));
        }
        return Ok(it);
    }
    if s.getitem.get().is_some() && counts_up(o.ty()) {
        return crate::objects::iter::new_seq_iter(cx, o);
    }
    let n = o.type_name();
    Err(cx.type_error(format!("'{n}' object is not iterable")))
}

/// Whether a type with `__getitem__` and no `__iter__` is a sequence: every class with a method written in Python, and
/// native types that say so.
fn counts_up(t: &crate::objects::Type) -> bool {
    use crate::objects::typeobj::{dunder, flag, slots::SlotId};
    if t.has(flag::MAPPING | flag::DICT_SUBCLASS) {
        return false;
    }
    let slots = &t.slots;
    t.has(flag::SEQUENCE)
        || slots.concat.get().is_some()
        || slots.getitem.bits() == dunder::dispatcher(SlotId::getitem)
}

/// `next(it)`: None at the end (StopIteration raised by Python code is caught).
pub fn next(cx: &mut Cx, it: &Value) -> Res<Option<Value>> {
    crate::slow::next_fast(cx, it)
}

/// Run `f` over the items of an iterable.
pub fn for_each(cx: &mut Cx, o: &Value, mut f: impl FnMut(&mut Cx, Value) -> Res<()>) -> Res<()> {
    let it = iter(cx, o)?;
    while let Some(v) = next(cx, &it)? {
        f(cx, v)?;
    }
    Ok(())
}

/// The items of an iterable; those of built-in containers at one moment.
pub fn collect(cx: &mut Cx, o: &Value) -> Res<Vec<Value>> {
    if let Some(items) = crate::objects::iter::snapshot(cx, o)? {
        return Ok(items);
    }
    let mut out = Vec::with_capacity(length_hint(cx, o)?.min(1 << 16));
    let it = iter(cx, o)?;
    let refused = crate::feed::feed(cx, &it, &mut |v| {
        if out.try_reserve(1).is_err() {
            return Err(v);
        }
        out.push(v);
        Ok(())
    })?;
    match refused {
        Some(_) => Err(cx.memory_error()),
        None => Ok(out),
    }
}

/// `operator.length_hint(o, 0)`.
pub fn length_hint(cx: &mut Cx, o: &Value) -> Res<usize> {
    if let Some(f) = o.ty().slots.len.get() {
        return match f(cx, o) {
            Ok(n) => Ok(n),
            Err(r) => {
                cx.catch(r, crate::ExcKind::TypeError)?;
                Ok(0)
            }
        };
    }
    match lookup_special(cx, o, "__length_hint__")? {
        None => Ok(0),
        Some(f) => match call(cx, &f, &[]) {
            Ok(v) if v.is_not_implemented() => Ok(0),
            Ok(v) if crate::objects::int::as_int(&v).is_none() => {
                let n = v.type_name();
                Err(cx.type_error(format!("__length_hint__ must be an integer, not {n}")))
            }
            Ok(v) => {
                match crate::number::index_isize_checked(cx, &v, crate::ExcKind::OverflowError)? {
                    n if n >= 0 => Ok(n as usize),
                    _ => Err(cx.value_error("__length_hint__() should return >= 0")),
                }
            }
            Err(r) => {
                cx.catch(r, crate::ExcKind::TypeError)?;
                Ok(0)
            }
        },
    }
}

/// `len(o)`.
pub fn len(cx: &mut Cx, o: &Value) -> Res<usize> {
    if let Some(n) = quick_len(o) {
        return Ok(n);
    }
    match o.ty().slots.len.get() {
        Some(f) => f(cx, o),
        None => {
            let n = o.type_name();
            Err(cx.type_error(format!("object of type '{n}' has no len()")))
        }
    }
}

/// `o[key]`.
pub fn getitem(cx: &mut Cx, o: &Value, key: &Value) -> Res<Value> {
    match o.ty().slots.getitem.get() {
        Some(f) => f(cx, o, key),
        None => crate::objects::object::class_getitem(cx, o, key),
    }
}

/// `o[key] = value`, or `del o[key]` when `value` is None.
pub fn setitem(cx: &mut Cx, o: &Value, key: &Value, value: Option<&Value>) -> Res<()> {
    match o.ty().slots.setitem.get() {
        Some(f) => f(cx, o, key, value),
        None => {
            let n = o.type_name();
            let what = if value.is_some() {
                "does not support item assignment"
            } else {
                "doesn't support item deletion"
            };
            Err(cx.type_error(format!("'{n}' object {what}")))
        }
    }
}

/// `item in o`.
pub fn contains(cx: &mut Cx, o: &Value, item: &Value) -> Res<bool> {
    if let Some(f) = o.ty().slots.contains.get() {
        return f(cx, o, item);
    }
    if o.ty().slots.iter.get().is_none() && o.ty().slots.getitem.get().is_none() {
        let n = o.type_name();
        return Err(cx.type_error(format!(
            "argument of type '{n}' is not a container or iterable"
        )));
    }
    let it = iter(cx, o)?;
    while let Some(v) = next(cx, &it)? {
        if equal(cx, &v, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `isinstance(o, cls)` by `__instancecheck__`.
pub fn isinstance(cx: &mut Cx, o: &Value, cls: &Value) -> Res<bool> {
    crate::objects::object::isinstance::isinstance(cx, o, cls)
}

/// `callable(o)`.
pub fn is_callable(o: &Value) -> bool {
    o.ty().slots.call.get().is_some()
}

impl Cx {
    /// One more level of native recursion that Python can see (`repr`, `str`): counted against the recursion limit.
    pub fn enter_native(&mut self, what: &str) -> Res<()> {
        if self.stack.next >= self.stack.limit {
            return Err(self.recursion_error(format!("maximum recursion depth exceeded{what}")));
        }
        self.stack.move_limit(-1);
        Ok(())
    }
    pub fn leave_native(&mut self) {
        self.stack.move_limit(1);
    }
}
