//! Slots whose implementation is a special method written in Python. The other way round: `wrapper.rs`.

use super::lookup::{subclasses, type_of_word};
use super::slots::*;
use super::special::special;
use super::wrapper::{SlotWrapper, call_wrapper};
use super::{TYPE_MUTEX, Type, flag};
use crate::native::Args;
use crate::native::args::with_receiver;
use crate::objects::int::IntRef;
use crate::objects::str::intern::intern_static;
use crate::objects::{Str, object};
use crate::statics::word;
use crate::{Cx, ExcKind, Res, SlotExt, Value, ValueExt, protocol};
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_runtime::info::type_flag;

/// Call special method `name` of `this`; TypeError-free: the caller knows the class has it.
fn call_named(cx: &mut Cx, this: &Value, name: &'static str, args: &[Value]) -> Res<Value> {
    let n = intern_static(cx, name)?;
    let Some(f) = special(cx, this.ty(), n) else {
        return Err(cx.attribute_error(name));
    };
    call_found(cx, &f, this, args)
}

/// Call what was found on the class with `this` bound.
fn call_found(cx: &mut Cx, f: &Value, this: &Value, args: &[Value]) -> Res<Value> {
    if f.class_word() == word::FUNCTION {
        return with_receiver(this, args, |all| {
            crate::call::call_function(cx, f, Args::positional(all))
        });
    }
    if f.ty().has(flag::METHOD_DESCRIPTOR) {
        return with_receiver(this, args, |all| protocol::call(cx, f, all));
    }
    match f.ty().slots.descr_get.get() {
        Some(get) => {
            let t = this.ty().value();
            let bound = get(cx, f, Some(this), Some(&t))?;
            protocol::call(cx, &bound, args)
        }
        None => protocol::call(cx, f, args),
    }
}

macro_rules! unary_slots {
    ($($f:ident $name:literal;)*) => { $(fn $f(cx: &mut Cx, this: &Value) -> Res<Value> { call_named(cx, this, $name, &[]) })* };
}
unary_slots! {
    s_repr "__repr__"; s_str "__str__"; s_await "__await__"; s_aiter "__aiter__"; s_anext "__anext__";
    s_neg "__neg__"; s_pos "__pos__"; s_abs "__abs__"; s_invert "__invert__"; s_int "__int__"; s_float "__float__"; s_index "__index__";
}

fn s_iter_checked(cx: &mut Cx, this: &Value) -> Res<Value> {
    let n = intern_static(cx, "__iter__")?;
    match special(cx, this.ty(), n) {
        Some(f) if f.is_none() => {
            let t = this.type_name();
            Err(cx.type_error(format!("'{t}' object is not iterable")))
        }
        Some(f) => call_found(cx, &f, this, &[]),
        None => crate::objects::iter::new_seq_iter(cx, this),
    }
}

fn s_hash(cx: &mut Cx, this: &Value) -> Res<i64> {
    let n = intern_static(cx, "__hash__")?;
    let f = match special(cx, this.ty(), n) {
        Some(f) if !f.is_none() => f,
        _ => return crate::native::unhashable(cx, this),
    };
    let r = call_found(cx, &f, this, &[])?;
    if r.downcast::<crate::objects::Int>().is_none()
        && r.as_small_int().is_none()
        && crate::objects::int::as_int(&r).is_none()
    {
        return Err(cx.type_error("__hash__ method should return an integer"));
    }
    // A number that fits is the hash itself; larger ones are hashed as ints, whatever their class.
    let fits = match crate::objects::int::as_int(&r) {
        Some(IntRef::Small(i)) => Some(i),
        Some(IntRef::Big(b)) => i64::try_from(b).ok(),
        None => None,
    };
    match fits {
        Some(-1) => Ok(-2),
        Some(i) => Ok(i),
        None => {
            let exact = crate::number::to_int(cx, &r)?;
            protocol::hash(cx, &exact)
        }
    }
}

fn s_call(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<Value> {
    let n = intern_static(cx, "__call__")?;
    let Some(f) = special(cx, this.ty(), n) else {
        let t = this.type_name();
        return Err(cx.type_error(format!("'{t}' object is not callable")));
    };
    cx.check_native_stack(" while calling a Python object")?;
    call_bound_args(cx, &f, this, args)
}

fn call_bound_args(cx: &mut Cx, f: &Value, this: &Value, args: Args<'_>) -> Res<Value> {
    if f.ty().has(flag::METHOD_DESCRIPTOR) {
        if args.kwvalues.is_empty() {
            return with_receiver(this, args.pos, |all| protocol::call(cx, f, all));
        }
        let mut all = Vec::with_capacity(1 + args.pos.len() + args.kwvalues.len());
        all.push(this.clone());
        all.extend_from_slice(args.pos);
        all.extend_from_slice(args.kwvalues);
        let (p, k) = all.split_at(1 + args.pos.len());
        return protocol::call_args(
            cx,
            f,
            Args {
                pos: p,
                kwvalues: k,
                kwnames: args.kwnames,
            },
        );
    }
    match f.ty().slots.descr_get.get() {
        Some(get) => {
            let t = this.ty().value();
            let bound = get(cx, f, Some(this), Some(&t))?;
            protocol::call_args(cx, &bound, args)
        }
        None => protocol::call_args(cx, f, args),
    }
}

fn s_new(cx: &mut Cx, cls: &Type, args: Args<'_>) -> Res<Value> {
    let n = intern_static(cx, "__new__")?;
    let cls_v = cls.value();
    let Some(f) = protocol::getattr_opt(cx, &cls_v, n)? else {
        return Err(cx.type_error("no __new__"));
    };
    if args.kwvalues.is_empty() {
        return with_receiver(&cls_v, args.pos, |all| protocol::call(cx, &f, all));
    }
    let mut all = Vec::with_capacity(1 + args.pos.len() + args.kwvalues.len());
    all.push(cls_v);
    all.extend_from_slice(args.pos);
    all.extend_from_slice(args.kwvalues);
    let (p, k) = all.split_at(1 + args.pos.len());
    protocol::call_args(
        cx,
        &f,
        Args {
            pos: p,
            kwvalues: k,
            kwnames: args.kwnames,
        },
    )
}

fn s_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    let n = intern_static(cx, "__init__")?;
    let Some(f) = this.ty().lookup(cx, n) else {
        return Ok(());
    };
    let r = call_bound_args(cx, &f, this, args)?;
    if !r.is_none() {
        let t = r.type_name();
        return Err(cx.type_error(format!("__init__() should return None, not '{t}'")));
    }
    Ok(())
}

fn s_finalize(cx: &mut Cx, this: &Value) -> Res<()> {
    call_named(cx, this, "__del__", &[])?;
    Ok(())
}

/// `__getattribute__`, then `__getattr__` on AttributeError.
fn s_getattro(cx: &mut Cx, this: &Value, name: &Value) -> Res<Value> {
    let ga = intern_static(cx, "__getattr__")?;
    let gab = intern_static(cx, "__getattribute__")?;
    let fallback = this.ty().lookup(cx, ga);
    let main = this.ty().lookup(cx, gab);
    let generic = main.as_ref().is_none_or(|m| {
        m.downcast_exact::<SlotWrapper>().is_some_and(|w| {
            w.id == SlotId::getattro
                && w.bits
                    == object::generic_getattr as fn(&mut Cx, &Value, &Value) -> Res<Value> as usize
        })
    });
    if generic && fallback.is_some() {
        if let Some(v) = object::generic_getattr_suppressed(cx, this, name)? {
            return Ok(v);
        }
        return match fallback {
            Some(f) => call_found(cx, &f, this, std::slice::from_ref(name)),
            None => object::generic_getattr(cx, this, name),
        };
    }
    let r = match &main {
        Some(m) => match m.downcast_exact::<SlotWrapper>() {
            Some(w) => call_wrapper(cx, w, this, Args::positional(std::slice::from_ref(name))),
            None => call_found(cx, m, this, std::slice::from_ref(name)),
        },
        None => object::generic_getattr(cx, this, name),
    };
    match (r, fallback) {
        (Err(raised), Some(f)) => {
            cx.catch(raised, ExcKind::AttributeError)?;
            call_found(cx, &f, this, std::slice::from_ref(name))
        }
        (r, _) => r,
    }
}

fn s_setattro(cx: &mut Cx, this: &Value, name: &Value, value: Option<&Value>) -> Res<()> {
    match value {
        Some(v) => call_named(cx, this, "__setattr__", &[name.clone(), v.clone()])?,
        None => call_named(cx, this, "__delattr__", std::slice::from_ref(name))?,
    };
    Ok(())
}

fn s_richcompare(cx: &mut Cx, a: &Value, b: &Value, op: CmpOp) -> Res<Value> {
    let n = intern_static(cx, op.dunder())?;
    // A method that is None says that there is no comparison: calling it raises.
    match special(cx, a.ty(), n) {
        Some(f) if f.ty().has(flag::METHOD_DESCRIPTOR) => {
            call_found(cx, &f, a, std::slice::from_ref(b))
        }
        Some(f) => {
            let bound = match f.ty().slots.descr_get.get() {
                Some(get) => {
                    let t = a.ty().value();
                    get(cx, &f, Some(a), Some(&t))
                }
                None => Ok(f),
            };
            match bound {
                Ok(f) => protocol::call(cx, &f, std::slice::from_ref(b)),
                // A descriptor that has no such attribute after all does not compare.
                Err(r) => {
                    cx.catch(r, ExcKind::AttributeError)?;
                    Ok(Value::not_implemented())
                }
            }
        }
        None => Ok(Value::not_implemented()),
    }
}

fn s_next(cx: &mut Cx, this: &Value) -> Res<Option<Value>> {
    match call_named(cx, this, "__next__", &[]) {
        Ok(v) => Ok(Some(v)),
        Err(r) => {
            if !cx.exc_is(ExcKind::StopIteration) {
                return Err(r);
            }
            let exc = cx.take_exc(r);
            // A value travels on in the exception (`yield from`, `await`).
            if crate::objects::exception::families::stop_value(&exc).is_none() {
                Ok(None)
            } else {
                Err(cx.reraise(exc))
            }
        }
    }
}

fn s_descr_get(cx: &mut Cx, this: &Value, obj: Option<&Value>, ty: Option<&Value>) -> Res<Value> {
    let none = Value::none();
    // A row of the caller's references, uncounted: an object many threads read would be counted by all of them (R11).
    let row = [obj.unwrap_or(&none), ty.unwrap_or(&none)]
        // SAFETY: the copies are never dropped, and the references outlive the call.
        .map(|v| std::mem::ManuallyDrop::new(unsafe { std::ptr::read(v) }));
    // SAFETY: the wrapper is transparent.
    let row = unsafe { std::slice::from_raw_parts(row.as_ptr().cast::<Value>(), row.len()) };
    call_named(cx, this, "__get__", row)
}

fn s_descr_set(cx: &mut Cx, this: &Value, obj: &Value, value: Option<&Value>) -> Res<()> {
    match value {
        Some(v) => call_named(cx, this, "__set__", &[obj.clone(), v.clone()])?,
        None => call_named(cx, this, "__delete__", std::slice::from_ref(obj))?,
    };
    Ok(())
}

fn s_bool(cx: &mut Cx, this: &Value) -> Res<bool> {
    let r = call_named(cx, this, "__bool__", &[])?;
    if r.is_true() || r.is_false() {
        return Ok(r.is_true());
    }
    let t = r.type_name();
    Err(cx.type_error(format!("__bool__ should return bool, returned {t}")))
}

fn s_len(cx: &mut Cx, this: &Value) -> Res<usize> {
    let r = call_named(cx, this, "__len__", &[])?;
    let i = crate::number::to_index(cx, &r)?;
    match i.as_small_int() {
        Some(n) if n >= 0 => Ok(n as usize),
        _ if crate::objects::int::is_negative(&i) => {
            Err(cx.value_error("__len__() should return >= 0"))
        }
        _ => crate::number::index_isize_checked(cx, &i, ExcKind::OverflowError).map(|n| n as usize),
    }
}

/// The function that a class of Python code has for `__getitem__`. Borrowed where the class keeps it until the next
/// safepoint.
#[inline(always)]
pub fn getitem_function(cx: &mut Cx, o: &Value) -> Option<Value> {
    if !has_own_getitem(o) {
        return None;
    }
    let cls = o.ty();
    let name = intern_static(cx, "__getitem__").ok()?;
    special(cx, cls, name).filter(|f| f.class_word() == word::FUNCTION)
}

/// Whether a class's `__getitem__` is no native function.
#[inline(always)]
pub fn has_own_getitem(o: &Value) -> bool {
    o.ty().slots.getitem.bits() == s_getitem as BinaryFn as usize
}

/// What subscribes instances of a class that is no dict and has no `__getitem__` of its own.
#[inline(always)]
pub fn native_getitem(o: &Value) -> Option<BinaryFn> {
    let f = o.ty().slots.getitem.get()?;
    (o.class_word() != word::DICT && f as usize != s_getitem as BinaryFn as usize).then_some(f)
}

fn s_getitem(cx: &mut Cx, this: &Value, key: &Value) -> Res<Value> {
    call_named(cx, this, "__getitem__", std::slice::from_ref(key))
}

fn s_setitem(cx: &mut Cx, this: &Value, key: &Value, value: Option<&Value>) -> Res<()> {
    let name = if value.is_some() {
        "__setitem__"
    } else {
        "__delitem__"
    };
    let n = intern_static(cx, name)?;
    match special(cx, this.ty(), n) {
        Some(f) => {
            match value {
                Some(v) => call_found(cx, &f, this, &[key.clone(), v.clone()])?,
                None => call_found(cx, &f, this, std::slice::from_ref(key))?,
            };
            Ok(())
        }
        None => {
            let t = this.type_name();
            let what = if value.is_some() {
                "assignment"
            } else {
                "deletion"
            };
            Err(cx.type_error(format!("'{t}' object does not support item {what}")))
        }
    }
}

fn s_contains(cx: &mut Cx, this: &Value, item: &Value) -> Res<bool> {
    let n = intern_static(cx, "__contains__")?;
    match special(cx, this.ty(), n) {
        Some(f) if f.is_none() => {
            let t = this.type_name();
            Err(cx.type_error(format!("'{t}' object is not a container")))
        }
        Some(f) => {
            let r = call_found(cx, &f, this, std::slice::from_ref(item))?;
            protocol::truthy(cx, &r)
        }
        None => {
            let it = protocol::iter(cx, this)?;
            while let Some(v) = protocol::next(cx, &it)? {
                if protocol::equal(cx, &v, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// Both directions of a binary operator whose methods are Python's.
fn binary_both(
    cx: &mut Cx,
    a: &Value,
    b: &Value,
    me: BinaryFn,
    cell: fn(&SlotTable) -> &SlotCell<BinaryFn>,
    name: &'static str,
    rname: &'static str,
) -> Res<Value> {
    let mine = |t: &Type| {
        cell(&t.slots)
            .get()
            .is_some_and(|f| std::ptr::fn_addr_eq(f, me))
    };
    let (ta, tb) = (a.ty(), b.ty());
    let do_other = !std::ptr::eq(ta, tb) && mine(tb);
    if mine(ta) {
        if do_other && tb.is_subtype_of(ta) && overrides(cx, ta, tb, rname)? {
            let r = maybe(cx, b, rname, a)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
            return maybe(cx, a, name, b);
        }
        let r = maybe(cx, a, name, b)?;
        if !r.is_not_implemented() || std::ptr::eq(ta, tb) {
            return Ok(r);
        }
    }
    if do_other {
        maybe(cx, b, rname, a)
    } else {
        Ok(Value::not_implemented())
    }
}

/// Whether the right operand's class gives its own reflected method.
fn overrides(cx: &mut Cx, left: &Type, right: &Type, rname: &'static str) -> Res<bool> {
    let n = intern_static(cx, rname)?;
    Ok(match (special(cx, left, n), special(cx, right, n)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(l), Some(r)) => !l.is(&r),
    })
}

fn maybe(cx: &mut Cx, this: &Value, name: &'static str, other: &Value) -> Res<Value> {
    let n = intern_static(cx, name)?;
    match special(cx, this.ty(), n) {
        Some(f) => call_found(cx, &f, this, std::slice::from_ref(other)),
        None => Ok(Value::not_implemented()),
    }
}

macro_rules! binary_slots {
    ($($f:ident $field:ident $name:literal $rname:literal;)*) => { $(
        fn $f(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> { binary_both(cx, a, b, $f, |t| &t.$field, $name, $rname) }
    )* };
}
binary_slots! {
    b_add add "__add__" "__radd__"; b_sub sub "__sub__" "__rsub__"; b_mul mul "__mul__" "__rmul__";
    b_matmul matmul "__matmul__" "__rmatmul__"; b_truediv truediv "__truediv__" "__rtruediv__";
    b_floordiv floordiv "__floordiv__" "__rfloordiv__"; b_mod mod_ "__mod__" "__rmod__"; b_divmod divmod "__divmod__" "__rdivmod__";
    b_lshift lshift "__lshift__" "__rlshift__"; b_rshift rshift "__rshift__" "__rrshift__";
    b_and and "__and__" "__rand__"; b_or or "__or__" "__ror__"; b_xor xor "__xor__" "__rxor__";
}

macro_rules! inplace_slots {
    ($($f:ident $name:literal;)*) => { $(fn $f(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> { maybe(cx, a, $name, b) })* };
}
inplace_slots! {
    i_add "__iadd__"; i_sub "__isub__"; i_mul "__imul__"; i_matmul "__imatmul__"; i_truediv "__itruediv__"; i_floordiv "__ifloordiv__";
    i_mod "__imod__"; i_lshift "__ilshift__"; i_rshift "__irshift__"; i_and "__iand__"; i_or "__ior__"; i_xor "__ixor__";
}

fn s_pow(cx: &mut Cx, a: &Value, b: &Value, c: &Value) -> Res<Value> {
    let mine = |t: &Type| {
        t.slots
            .pow
            .get()
            .is_some_and(|f| std::ptr::fn_addr_eq(f, s_pow as TernaryFn))
    };
    let (ta, tb) = (a.ty(), b.ty());
    let do_other = !std::ptr::eq(ta, tb) && mine(tb);
    if mine(ta) {
        if do_other && tb.is_subtype_of(ta) && overrides(cx, ta, tb, "__rpow__")? {
            let r = maybe_pow(cx, b, "__rpow__", a, c)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
            return maybe_pow(cx, a, "__pow__", b, c);
        }
        let r = maybe_pow(cx, a, "__pow__", b, c)?;
        if !r.is_not_implemented() || std::ptr::eq(ta, tb) {
            return Ok(r);
        }
    }
    if do_other {
        maybe_pow(cx, b, "__rpow__", a, c)
    } else {
        Ok(Value::not_implemented())
    }
}

/// `__pow__` or `__rpow__`, with the modulus if there is one.
fn maybe_pow(
    cx: &mut Cx,
    this: &Value,
    name: &'static str,
    other: &Value,
    modulus: &Value,
) -> Res<Value> {
    let n = intern_static(cx, name)?;
    let args = [other.clone(), modulus.clone()];
    let given = if modulus.is_none() { 1 } else { 2 };
    match this.ty().lookup(cx, n) {
        Some(f) => call_found(cx, &f, this, &args[..given]),
        None => Ok(Value::not_implemented()),
    }
}

fn s_ipow(cx: &mut Cx, a: &Value, b: &Value, _: &Value) -> Res<Value> {
    maybe(cx, a, "__ipow__", b)
}

fn s_buffer(cx: &mut Cx, this: &Value, writable: bool) -> Res<crate::objects::buffer::Buffer> {
    let flags = Value::small_int(if writable { 0x11D } else { 0x11C });
    let name = intern_static(cx, "__buffer__")?;
    let Some(f) = this.ty().lookup(cx, name) else {
        let n = this.type_name();
        return Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")));
    };
    let (view, restricted) = match super::wrapper::native_buffer(&f) {
        // Only `__release_buffer__` is the class's own.
        Some(native) => {
            let b = native(cx, this, writable)?;
            (crate::objects::memoryview::of_buffer(cx, b)?, true)
        }
        None => (call_found(cx, &f, this, &[flags])?, false),
    };
    crate::objects::buffer::hold::new(cx, this, view, restricted, writable)
}

/// The dispatcher that implements a slot by its special methods.
pub fn dispatcher(id: SlotId) -> usize {
    use SlotId::*;
    macro_rules! p {
        ($t:ty, $f:expr) => {
            $f as $t as usize
        };
    }
    match id {
        repr => p!(UnaryFn, s_repr),
        str => p!(UnaryFn, s_str),
        hash => p!(HashFn, s_hash),
        call => p!(CallFn, s_call),
        new => p!(NewFn, s_new),
        init => p!(InitFn, s_init),
        finalize => p!(DelFn, s_finalize),
        getattro => p!(BinaryFn, s_getattro),
        setattro => p!(SetAttrFn, s_setattro),
        richcompare => p!(CompareFn, s_richcompare),
        iter => p!(UnaryFn, s_iter_checked),
        next => p!(NextFn, s_next),
        descr_get => p!(DescrGetFn, s_descr_get),
        descr_set => p!(SetAttrFn, s_descr_set),
        await_ => p!(UnaryFn, s_await),
        aiter => p!(UnaryFn, s_aiter),
        anext => p!(UnaryFn, s_anext),
        bool => p!(BoolFn, s_bool),
        len => p!(LenFn, s_len),
        getitem => p!(BinaryFn, s_getitem),
        setitem => p!(SetAttrFn, s_setitem),
        contains => p!(ContainsFn, s_contains),
        add => p!(BinaryFn, b_add),
        sub => p!(BinaryFn, b_sub),
        mul => p!(BinaryFn, b_mul),
        matmul => p!(BinaryFn, b_matmul),
        truediv => p!(BinaryFn, b_truediv),
        floordiv => p!(BinaryFn, b_floordiv),
        mod_ => p!(BinaryFn, b_mod),
        divmod => p!(BinaryFn, b_divmod),
        pow => p!(TernaryFn, s_pow),
        lshift => p!(BinaryFn, b_lshift),
        rshift => p!(BinaryFn, b_rshift),
        and => p!(BinaryFn, b_and),
        or => p!(BinaryFn, b_or),
        xor => p!(BinaryFn, b_xor),
        iadd => p!(BinaryFn, i_add),
        isub => p!(BinaryFn, i_sub),
        imul => p!(BinaryFn, i_mul),
        imatmul => p!(BinaryFn, i_matmul),
        itruediv => p!(BinaryFn, i_truediv),
        ifloordiv => p!(BinaryFn, i_floordiv),
        imod => p!(BinaryFn, i_mod),
        ipow => p!(TernaryFn, s_ipow),
        ilshift => p!(BinaryFn, i_lshift),
        irshift => p!(BinaryFn, i_rshift),
        iand => p!(BinaryFn, i_and),
        ior => p!(BinaryFn, i_or),
        ixor => p!(BinaryFn, i_xor),
        neg => p!(UnaryFn, s_neg),
        pos => p!(UnaryFn, s_pos),
        abs => p!(UnaryFn, s_abs),
        invert => p!(UnaryFn, s_invert),
        int => p!(UnaryFn, s_int),
        float => p!(UnaryFn, s_float),
        index => p!(UnaryFn, s_index),
        buffer => p!(BufferFn, s_buffer),
        concat | repeat | iconcat | irepeat => 0,
    }
}

/// Decide what a slot of a class does, from what its special methods are along the MRO.
fn resolve(cx: &mut Cx, t: &Type, id: SlotId) -> Res<usize> {
    let specials = id.specials();
    let base_bits = t.base().map_or(0, |b| b.slots.cell_bits(id));
    if specials.is_empty() {
        return Ok(base_bits);
    }
    let mut specific: Option<usize> = None;
    let mut found_any = false;
    for name in specials {
        let n = intern_static(cx, name)?;
        let Some(v) = t.lookup(cx, n) else {
            continue;
        };
        if let Some(w) = v.downcast_exact::<SlotWrapper>() {
            if w.name != *name {
                // `__str__ = int.__repr__`: another slot's wrapper is a callable like any other.
                return Ok(dispatcher(id));
            }
            if w.id == id {
                if !t.is_subtype_of(Type::from_word(w.owner))
                    || specific.is_some_and(|s| s != w.bits)
                {
                    return Ok(dispatcher(id));
                }
                found_any = true;
                specific = Some(w.bits);
            } else if !t.is_subtype_of(Type::from_word(w.owner)) {
                // A wrapper from somewhere else: called, it says what it wants.
                return Ok(dispatcher(id));
            }
            continue;
        }
        if id == SlotId::new {
            // A native constructor's face gives no constructor: what the layout's base makes is made.
            return Ok(if crate::objects::builtin::is_dunder_new(&v).is_some() {
                base_bits
            } else {
                dispatcher(id)
            });
        }
        if id == SlotId::hash && v.is_none() {
            return Ok(crate::native::unhashable as HashFn as usize);
        }
        if id == SlotId::next && v.is_none() {
            continue;
        }
        return Ok(dispatcher(id));
    }
    Ok(if found_any {
        specific.unwrap_or(0)
    } else if id == SlotId::buffer || id == SlotId::finalize {
        base_bits
    } else {
        specific.unwrap_or(0)
    })
}

/// Fill every slot of a new class.
fn update_all_slots(cx: &mut Cx, t: &Type) -> Res<()> {
    // With one line of ancestors, a slot whose special methods the class does not define is its base's.
    // Held: looking specials up may wait.
    let base = t.base_slot.get(&t.head);
    let base = base.as_ref().and_then(|b| b.downcast::<Type>());
    let base = base.filter(|b| t.mro().len() == b.mro().len() + 1);
    let own = if base.is_some() {
        own_specials(cx, t)
    } else {
        Vec::new()
    };
    for id in SlotId::ALL {
        let bits = match base {
            Some(b) if !own.contains(id) => b.slots.cell_bits(*id),
            _ => resolve(cx, t, *id)?,
        };
        t.slots.set_cell_bits(*id, bits);
    }
    Ok(())
}

/// The slots whose special methods the class itself defines.
fn own_specials(cx: &mut Cx, t: &Type) -> Vec<SlotId> {
    let mut ids = Vec::new();
    for key in t.dict().keys_vec(cx) {
        let Some(text) = key.downcast::<Str>().and_then(Str::as_ascii) else {
            continue;
        };
        if text.starts_with("__") && text.ends_with("__") {
            ids.extend(
                SPECIALS
                    .iter()
                    .filter(|(special, _)| *special == text)
                    .map(|(_, id)| *id),
            );
        }
    }
    ids
}

/// A class attribute changed: bring the slots of the class and its subclasses up to date.
pub fn attribute_changed(cx: &mut Cx, t: &Type, name: &Str) -> Res<()> {
    let Some(text) = name.as_ascii() else {
        return Ok(());
    };
    if !(text.starts_with("__") && text.ends_with("__")) {
        return Ok(());
    }
    for (special, id) in SPECIALS {
        if *special == text {
            update_slot_tree(cx, t, *id)?;
        }
    }
    Ok(())
}

/// How often a slot of a class has been brought up to date. Counted after the slot is stored and before the classes below are
/// looked for, so that who fills the slots of one of those meanwhile is found there, or sees the count.
static UPDATES: AtomicUsize = AtomicUsize::new(0);

/// A new class has been filled when `seen` [`updates`] had been made, and now is in the lists of its bases: what they lost or
/// got in between, it does too.
pub fn catch_up(cx: &mut Cx, t: &Type, mut seen: usize) -> Res<()> {
    loop {
        let now = updates();
        if now == seen {
            return Ok(());
        }
        seen = now;
        fill_slots(cx, t)?;
    }
}

pub fn updates() -> usize {
    UPDATES.load(Ordering::SeqCst)
}

/// The slots of a class, new or with other bases, and the flags that follow from them.
pub fn fill_slots(cx: &mut Cx, t: &Type) -> Res<()> {
    update_all_slots(cx, t)?;
    super::build::set_generic_flags(t);
    note_finalizer(t, t.slots.finalize.bits());
    Ok(())
}

fn note_finalizer(t: &Type, bits: usize) {
    if bits != 0 {
        t.info.flags.fetch_or(type_flag::HAS_DEL, Ordering::Relaxed);
    } else {
        t.info
            .flags
            .fetch_and(!type_flag::HAS_DEL, Ordering::Relaxed);
    }
}

fn update_slot_tree(cx: &mut Cx, t: &Type, id: SlotId) -> Res<()> {
    let mut bits = resolve(cx, t, id)?;
    loop {
        store_slot(cx, t, id, bits);
        // Another thread may have changed the attribute since it was looked up, and have stored its slot before this one.
        let again = resolve(cx, t, id)?;
        if again == bits {
            break;
        }
        bits = again;
    }
    UPDATES.fetch_add(1, Ordering::SeqCst);
    for below in subclasses(t) {
        update_slot_tree(cx, type_of_word(&below), id)?;
    }
    Ok(())
}

fn store_slot(cx: &mut Cx, t: &Type, id: SlotId, bits: usize) {
    let _guard = TYPE_MUTEX.lock(&mut cx.thread);
    t.slots.set_cell_bits(id, bits);
    if id == SlotId::finalize {
        note_finalizer(t, bits);
    }
    super::build::set_generic_flags(t);
}
