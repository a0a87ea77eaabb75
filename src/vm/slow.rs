//! What the loop calls when a fast leg does not apply, and the small arithmetic helpers of the fast legs.

use crate::call::{bind, drop_word, reg_code};
use crate::native::Args;
use crate::objects::buffer::numbers;
use crate::objects::dict::{keys, quick};
use crate::objects::frame::{Frame, FrameKind, OWN_TOP};
use crate::objects::function::{Function, Method};
use crate::objects::list::iter::ListIter;
use crate::objects::range::iter::RangeIter;
use crate::objects::tuple::iter::TupleIter;
use crate::objects::typeobj::slots::CmpOp;
use crate::objects::{Builtin, Bytes, Dict, List, Str, Tuple, float, int};
use crate::protocol::{self, BinOp};
use crate::regcode::*;
use crate::slot_ext::SlotExt;
use crate::statics::{self, word};
use crate::{Cx, ExcKind, Raised, Res, Value, ValueExt};
use std::num::NonZeroU64;
use std::sync::atomic::Ordering;

#[inline(always)]
pub fn float_of(bits: u64) -> f64 {
    f64::from_bits(bits.rotate_right(3).wrapping_sub(1 << 61))
}

#[inline(always)]
pub fn bool_bits(b: bool) -> u64 {
    if b {
        statics::TRUE | 4
    } else {
        statics::FALSE | 4
    }
}

#[inline(always)]
pub fn compare_words(op: u8, a: i64, b: i64) -> bool {
    match op {
        0 => a < b,
        1 => a <= b,
        2 => a == b,
        3 => a != b,
        4 => a > b,
        _ => a >= b,
    }
}

#[inline(always)]
pub fn compare_floats(op: u8, a: f64, b: f64) -> bool {
    match op {
        0 => a < b,
        1 => a <= b,
        2 => a == b,
        3 => a != b,
        4 => a > b,
        _ => a >= b,
    }
}

/// Drop an owned register word. Out of line, and cold to the optimizer: what stays in the loop is one test.
///
/// # Safety
/// `w` is an owned pointer word that the caller gives up.
#[cold]
#[inline(never)]
pub unsafe fn drop_owned(cx: &mut Cx, w: u64) {
    // SAFETY: by contract.
    unsafe { Value::from_bits(w) }.drop_in(&cx.thread);
}

/// Drop what a store displaced, as the last that an instruction does: its finalizer runs before the next instruction.
///
/// # Safety
/// `w` is an owned pointer word that the caller gives up; the frame's `pc` is stored.
#[cold]
#[inline(never)]
pub unsafe fn drop_displaced(cx: &mut Cx, w: u64) {
    // SAFETY: by contract.
    unsafe { drop_owned(cx, w) };
    let breaker = cx.thread.breaker.load(Ordering::Relaxed);
    if breaker & typhon_runtime::thread::breaker::FINALIZERS != 0 {
        crate::call::run_pending(cx);
    }
}

/// Drop a register word whose low three bits are 0: an owned pointer, or nothing. Says whether there was something.
///
/// # Safety
/// The caller gives the word up.
#[inline(never)]
pub unsafe fn drop_if_owned(cx: &mut Cx, w: u64) -> bool {
    if w != 0 {
        // SAFETY: by contract.
        unsafe { Value::from_bits(w) }.drop_in(&cx.thread);
    }
    w != 0
}

/// Floor division; `b` is neither 0 nor -1.
#[inline(always)]
pub fn floor_div(a: i64, b: i64) -> i64 {
    let q = a / b;
    if (a % b != 0) && ((a < 0) != (b < 0)) {
        q - 1
    } else {
        q
    }
}

/// Floor modulo; `b` is neither 0 nor -1.
#[inline(always)]
pub fn floor_mod(a: i64, b: i64) -> i64 {
    let m = a % b;
    if m != 0 && ((m < 0) != (b < 0)) {
        m + b
    } else {
        m
    }
}

/// A quotient or rest of the tagged `a` and the plain `b`, if that is positive: as good as always.
#[inline(always)]
pub fn divided(a: i64, b: i64, f: impl Fn(i64, i64) -> i64) -> Option<u64> {
    (b > 0).then(|| ((f(a >> 2, b) as u64) << 2) | 1)
}

/// `a << n` on an int word, when the result still fits.
#[inline(always)]
pub fn shift_left(a: i64, n: i64) -> Option<u64> {
    if !(0..61).contains(&n) {
        return None;
    }
    let v = a - 1;
    let s = v << n;
    if s >> n == v {
        Some(s as u64 | 1)
    } else {
        None
    }
}

/// Results of slow operations for a register: always counted or immediate.
pub trait IntoRegister {
    fn into_counted_or_immediate(self) -> u64;
}
impl IntoRegister for Value {
    #[inline(always)]
    fn into_counted_or_immediate(self) -> u64 {
        self.into_counted().into_bits()
    }
}

/// Release a consumed operand a.
#[inline(always)]
pub(crate) fn release_operands_a(cx: &mut Cx, r: *mut u64, w: u64) {
    if x_of(w) & CONSUME_A != 0 {
        // SAFETY: operands are registers of the running frame.
        let old = unsafe { std::mem::take(&mut *r.add(a_of(w))) };
        drop_word(cx, old);
    }
}

/// Release consumed operands a and b.
#[inline(always)]
pub(crate) fn release_operands_ab(cx: &mut Cx, r: *mut u64, w: u64) {
    release_operands_a(cx, r, w);
    if x_of(w) & CONSUME_B != 0 {
        // SAFETY: as above.
        let old = unsafe { std::mem::take(&mut *r.add(b_of(w))) };
        drop_word(cx, old);
    }
}

/// Registers moved out as counted values, for containers built from them.
pub struct TakeRegs {
    at: *mut u64,
    left: usize,
    tid: u16,
}
impl TakeRegs {
    /// # Safety
    /// `n` filled registers of the running frame start at `at`.
    pub unsafe fn new(cx: &Cx, at: *mut u64, n: usize) -> TakeRegs {
        TakeRegs {
            at,
            left: n,
            tid: cx.thread.tid,
        }
    }
}
impl Iterator for TakeRegs {
    type Item = Value;
    #[inline]
    fn next(&mut self) -> Option<Value> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        // SAFETY: by the contract of `new`.
        unsafe {
            let w = std::mem::take(&mut *self.at);
            self.at = self.at.add(1);
            if w & 7 == 4 {
                let v = std::mem::ManuallyDrop::new(Value::from_bits(w));
                return Some(v.clone_in(self.tid));
            }
            Some(Value::from_bits(w))
        }
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
impl ExactSizeIterator for TakeRegs {}

/// Arithmetic beyond two immediates: common exact pairs directly, then the slots.
#[cold]
#[inline(never)]
pub fn arith_slow(cx: &mut Cx, op: BinOp, inplace: bool, a: &Value, b: &Value) -> Res<Value> {
    crate::stats::missed(cx);
    let no_number = |v: &Value| v.is_ptr() && v.class_word() != word::FLOAT;
    if no_number(a) && no_number(b) {
        // Neither kind of number that is looked at here: the slots know. Of two of the same built-in sequence only one does.
        if op == BinOp::Add
            && let kind @ (word::BYTES | word::TUPLE | word::LIST) = a.class_word()
            && b.class_word() == kind
            && !(inplace && kind == word::LIST)
            && let Some(concat) = a.ty().slots.concat.get()
        {
            return concat(cx, a, b);
        }
    } else if let (Some(x), Some(y)) = (number_as_f64(a), number_as_f64(b))
        && (a.class_word() == word::FLOAT || b.class_word() == word::FLOAT)
    {
        match op {
            BinOp::Add => return float::new_float(cx, x + y),
            BinOp::Sub => return float::new_float(cx, x - y),
            BinOp::Mul => return float::new_float(cx, x * y),
            BinOp::TrueDiv if y != 0.0 => return float::new_float(cx, x / y),
            _ => {}
        }
    }
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        match op {
            BinOp::Add => return int::new_int(cx, x + y),
            BinOp::Sub => return int::new_int(cx, x - y),
            BinOp::Mul => {
                if let Some(v) = x.checked_mul(y) {
                    return int::new_int(cx, v);
                }
            }
            BinOp::TrueDiv
                if y != 0 && x.unsigned_abs() < 1 << 53 && y.unsigned_abs() < 1 << 53 =>
            {
                return float::new_float(cx, x as f64 / y as f64);
            }
            _ => {}
        }
    }
    if inplace {
        protocol::inplace(cx, op, a, b)
    } else {
        protocol::binary(cx, op, a, b)
    }
}

/// The double of an exact float or of a small int that a double holds exactly.
#[inline]
fn number_as_f64(v: &Value) -> Option<f64> {
    if let Some(i) = v.as_small_int() {
        return if i.unsigned_abs() < 1 << 53 {
            Some(i as f64)
        } else {
            None
        };
    }
    float::as_f64_exact(v)
}

/// `o[i]` of exact lists and tuples: a register word.
#[inline(always)]
pub fn item_fast(cx: &mut Cx, o: &Value, i: i64) -> Option<u64> {
    match o.class_word() {
        word::LIST => {
            // SAFETY: exactly a list.
            let l = unsafe { &*((o.bits() & !7) as *const List) };
            let i = if i < 0 { i + l.len() as i64 } else { i };
            if i < 0 {
                return None;
            }
            l.get_for_register(cx, i as usize).map(Value::into_bits)
        }
        word::TUPLE => {
            // SAFETY: exactly a tuple.
            let t = unsafe { &*((o.bits() & !7) as *const Tuple) };
            let i = if i < 0 { i + t.len() as i64 } else { i };
            let v = t.items().get(usize::try_from(i).ok()?)?;
            Some(v.clone_ref_for_register().into_bits())
        }
        _ => None,
    }
}

/// `o[i]` of those and of arrays.
#[inline(always)]
pub fn item_quick(cx: &mut Cx, o: &Value, i: i64) -> Option<u64> {
    match item_fast(cx, o, i) {
        Some(item) => Some(item),
        None if o.class_word() == word::DICT => None,
        None => numbers::get(cx, o, i).map(NonZeroU64::get),
    }
}

/// `o[key]`.
#[cold]
#[inline(never)]
pub fn subscr_slow(cx: &mut Cx, o: &Value, key: &Value) -> Res<Value> {
    crate::stats::missed(cx);
    if let Some(d) = o.downcast_exact::<Dict>() {
        return match d.get(cx, key)? {
            Some(v) => Ok(v),
            None => Err(cx.key_error(key)),
        };
    }
    if let Some(i) = key.as_small_int()
        && let Some(v) = item_of_text(cx, o, i)
    {
        return v;
    }
    // A slice that is a constant of the code.
    if let Some(s) = crate::objects::slice::as_slice(key)
        && s.step.is_none()
        && let Some(part) = crate::objects::slice::plain_range(cx, o, &s.start, &s.stop)
    {
        return part;
    }
    protocol::getitem(cx, o, key)
}

/// `o[i]` of exact strings and bytes, if there is such an item.
#[inline(always)]
fn item_of_text(cx: &mut Cx, o: &Value, i: i64) -> Option<Res<Value>> {
    let at = |len: usize| {
        let i = if i < 0 { i + len as i64 } else { i };
        usize::try_from(i).ok().filter(|&i| i < len)
    };
    match o.class_word() {
        word::BYTES => {
            let b = o.downcast_exact::<Bytes>()?.as_slice();
            Some(Ok(Value::small_int(b[at(b.len())?] as i32)))
        }
        word::STR => {
            let s = o.downcast_exact::<Str>()?;
            let c = s.at(at(s.len())?);
            Some(crate::objects::str::make::new_char(cx, c))
        }
        _ => None,
    }
}

/// `o[key] = v`.
#[cold]
#[inline(never)]
pub fn store_subscr(cx: &mut Cx, o: &Value, key: &Value, v: &Value) -> Res<()> {
    match o.class_word() {
        word::DICT => {
            let value = v.clone_in(cx.thread.tid);
            // SAFETY: exactly a dict.
            let d = unsafe { &*((o.bits() & !7) as *const Dict) };
            match quick::store(cx, d, key, value) {
                Ok(Some(old)) => {
                    old.drop_in(&cx.thread);
                    Ok(())
                }
                Ok(None) => Ok(()),
                Err(value) => d.set_register(cx, key, value),
            }
        }
        word::LIST if key.is_small_int() => {
            // SAFETY: exactly a list.
            let l = unsafe { &*((o.bits() & !7) as *const List) };
            let i = key.as_small_int().unwrap_or(0);
            let i = if i < 0 { i + l.len() as i64 } else { i };
            if i >= 0
                && let Ok(old) = l.set(cx, i as usize, v.clone())
            {
                drop(old);
                return Ok(());
            }
            Err(cx.index_error("list assignment index out of range"))
        }
        word::BYTEARRAY => {
            // SAFETY: exactly a bytearray.
            let b = unsafe { &*((o.bits() & !7) as *const crate::objects::Bytearray) };
            match b.set_byte(cx, key, v) {
                true => Ok(()),
                false => protocol::setitem(cx, o, key, Some(v)),
            }
        }
        _ => {
            if let Some(i) = key.as_small_int()
                && o.is_ptr()
                && numbers::set(cx, o, i, v)
            {
                return Ok(());
            }
            protocol::setitem(cx, o, key, Some(v))
        }
    }
}

/// `item in o`.
#[cold]
#[inline(never)]
pub fn contains_slow(cx: &mut Cx, o: &Value, item: &Value) -> Res<bool> {
    crate::stats::missed(cx);
    if let Some(d) = o.downcast_exact::<Dict>() {
        return d.contains(cx, item);
    }
    protocol::contains(cx, o, item)
}

/// A comparison beyond two ints.
#[cold]
#[inline(never)]
pub fn compare_slow(cx: &mut Cx, a: &Value, b: &Value, op: CmpOp, to_bool: bool) -> Res<Value> {
    if let Some(t) = compare_exact(a, b, op).or_else(|| compare_identities(a, b, op)) {
        return Ok(Value::bool(t));
    }
    let v = protocol::compare(cx, a, b, op)?;
    if to_bool {
        Ok(Value::bool(protocol::truthy(cx, &v)?))
    } else {
        Ok(v)
    }
}

/// Exact floats, ints and strings, without the slots.
#[inline]
fn compare_exact(a: &Value, b: &Value, op: CmpOp) -> Option<bool> {
    if let Some(x) = a.downcast_exact::<Str>() {
        let y = b.downcast_exact::<Str>()?;
        return Some(match op {
            CmpOp::Eq => std::ptr::eq(x, y) || x.equals(y),
            CmpOp::Ne => !std::ptr::eq(x, y) && !x.equals(y),
            _ => op.matches(x.compare(y)),
        });
    }
    if let (Some(x), Some(y)) = (number_as_f64(a), number_as_f64(b)) {
        return Some(compare_floats(op as u8, x, y));
    }
    None
}

/// Truth of a comparison, for jumps. Unlike containers, `==` does not take identity for equality.
#[cold]
#[inline(never)]
pub fn compare_truth(cx: &mut Cx, a: &Value, b: &Value, op: CmpOp) -> Res<bool> {
    if let word::SET | word::FROZENSET = a.class_word()
        && let word::SET | word::FROZENSET = b.class_word()
        && let Some(t) = crate::objects::set::algebra::compare_truth(cx, a, b, op)?
    {
        return Ok(t);
    }
    if let Some(t) = compare_exact(a, b, op) {
        return Ok(t);
    }
    if let Some(t) = compare_identities(a, b, op) {
        return Ok(t);
    }
    let v = protocol::compare(cx, a, b, op)?;
    protocol::truthy(cx, &v)
}

/// `==` and `!=` of two objects whose classes inherit the comparison of `object`.
#[inline(always)]
fn compare_identities(a: &Value, b: &Value, op: CmpOp) -> Option<bool> {
    (matches!(op, CmpOp::Eq | CmpOp::Ne)
        && keys::compares_by_identity(a)
        && keys::compares_by_identity(b))
    .then(|| a.is(b) == matches!(op, CmpOp::Eq))
}

/// `next(it)` without a StopIteration object. Those of lists, ranges and tuples are no call.
#[inline(always)]
pub fn next_fast(cx: &mut Cx, it: &Value) -> Res<Option<Value>> {
    match it.class_word() {
        word::LIST_ITER => {
            // SAFETY: exactly a list's iterator.
            let i = unsafe { &*((it.bits() & !7) as *const ListIter) };
            Ok(i.next_item(cx))
        }
        word::RANGE_ITER => {
            // SAFETY: exactly a range's iterator.
            let i = unsafe { &*((it.bits() & !7) as *const RangeIter) };
            match i.next_item(cx) {
                Some(n) => match Value::from_small_int(n) {
                    Some(v) => Ok(Some(v)),
                    None => int::new_int(cx, n).map(Some),
                },
                None => Ok(None),
            }
        }
        word::TUPLE_ITER => {
            // SAFETY: exactly a tuple's iterator.
            let i = unsafe { &*((it.bits() & !7) as *const TupleIter) };
            Ok(i.next_item(cx))
        }
        _ => next_by_slot(cx, it),
    }
}

/// `next(it)` by the slot.
#[inline]
fn next_by_slot(cx: &mut Cx, it: &Value) -> Res<Option<Value>> {
    match it.ty().slots.next.get() {
        Some(f) => match f(cx, it) {
            Err(r) => {
                if crate::monitor::watches_exceptions()
                    && cx.exc_is(ExcKind::StopIteration)
                    && crate::monitor::deliver::in_for_loop(cx)
                {
                    let exc = cx.take_exc(r);
                    crate::monitor::deliver::swallowed(cx, exc)?;
                } else {
                    cx.catch(r, ExcKind::StopIteration)?;
                }
                Ok(None)
            }
            ok => ok,
        },
        None => {
            let n = it.type_name();
            Err(cx.type_error(format!("'{n}' object is not an iterator")))
        }
    }
}

/// UnboundLocalError (or the NameError of a free variable) for an empty register.
#[cold]
#[inline(never)]
pub(crate) fn unbound_register(cx: &mut Cx, frame: *mut Frame, i: usize) -> Raised {
    // SAFETY: the running frame.
    let name = unsafe {
        (*frame)
            .code()
            .code
            .localsplusnames
            .get(i)
            .map(|n| String::from_utf8_lossy(n.as_bytes()).into_owned())
    };
    match name {
        Some(n) => cx.raise(
            ExcKind::UnboundLocalError,
            format!("cannot access local variable '{n}' where it is not associated with a value"),
        ),
        None => cx.system_error("an empty register was read"),
    }
}

#[cold]
pub fn not_callable(cx: &mut Cx, v: &Value) -> Raised {
    let t = v.type_name();
    cx.type_error(format!("'{t}' object is not callable"))
}

/// A builtin with positional arguments.
#[inline(always)]
pub fn call_builtin(cx: &mut Cx, f: &Builtin, pos: &[Value]) -> Res<Value> {
    match &f.this {
        None => (f.def.call)(
            cx,
            Args {
                pos,
                kwvalues: &[],
                kwnames: None,
            },
        ),
        Some(_) => crate::objects::builtin::call::call_bound(
            cx,
            f,
            Args {
                pos,
                kwvalues: &[],
                kwnames: None,
            },
        ),
    }
}

/// A call by the callable's slot.
///
/// # Safety
/// `base` is the callable's register; the self slot and `argc` arguments follow.
#[cold]
#[inline(never)]
pub unsafe fn call_slow(cx: &mut Cx, base: *mut u64, argc: usize) -> Res<Value> {
    // SAFETY: by contract.
    unsafe {
        let f = &*(base as *const Value);
        let (at, n) = if *base.add(1) != 0 {
            (1, argc + 1)
        } else {
            (2, argc)
        };
        let pos = std::slice::from_raw_parts(base.add(at) as *const Value, n);
        protocol::call(cx, f, pos)
    }
}

/// Push the frame whose arguments are bound at `regs`, above the running one. If it is one too many they are released: nobody
/// would find them there.
///
/// # Safety
/// The function outlives the frame; the locals are words.
unsafe fn push_bound(
    cx: &mut Cx,
    func: u64,
    f: &Function,
    rc: &RegCode,
    regs: *mut u64,
    kind: FrameKind,
) -> Res<()> {
    match cx.push_frame(func, f, rc, regs, kind) {
        Ok(_) => Ok(()),
        Err(r) => {
            // SAFETY: by contract.
            unsafe { cx.clear_locals(regs, rc.nlocals) };
            Err(r)
        }
    }
}

/// Push a frame for a Python function whose arguments need binding: defaults, `*args`, generators' callers.
/// `base` holds the callable (or, with `init`, the new instance), arguments start `at` words behind it.
///
/// # Safety
/// As for `call_slow`.
#[inline(never)]
pub unsafe fn enter_function(
    cx: &mut Cx,
    base: *mut u64,
    at: usize,
    n: usize,
    init: Option<u64>,
) -> Res<()> {
    // SAFETY: by contract; the callable is kept alive by its register (or its class, deferred).
    unsafe {
        let fbits = init.unwrap_or(*base) & !7;
        let f = &*(fbits as *const Function);
        // Translating and binding wait for locks, and a class may lose its `__init__` meanwhile: no register names it before the
        // frame does.
        let _counted = init.map(|w| (*(&raw const w as *const Value)).clone_in(cx.thread.tid));
        let kind = if init.is_some() {
            FrameKind::Init
        } else {
            FrameKind::Inline
        };
        let rc = reg_code(cx, f.code())?;
        let args = base.add(at);
        if bind_in_place(cx, f, rc, args, n, None)? {
            cx.push_frame(fbits | 4, f, rc, args, kind)?;
            return Ok(());
        }
        let regs = (*cx.frame).stack_top();
        clear_window(cx, regs, rc.nregs)?;
        let pos = std::slice::from_raw_parts(args as *const Value, n);
        bind_in_window(
            cx,
            f,
            rc,
            Args {
                pos,
                kwvalues: &[],
                kwnames: None,
            },
            regs,
        )?;
        release_args(cx, base, at, n);
        push_bound(cx, fbits | 4, f, rc, regs, kind)
    }
}

/// The same with `nk` keyword values behind `n` positional ones, and their names above.
///
/// # Safety
/// As for `call_slow`.
#[inline(never)]
pub unsafe fn enter_function_kw(
    cx: &mut Cx,
    base: *mut u64,
    at: usize,
    n: usize,
    nk: usize,
) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let fbits = *base & !7;
        let f = &*(fbits as *const Function);
        let rc = reg_code(cx, f.code())?;
        let args = base.add(at);
        let names = (&*(args.add(n + nk) as *const Value)).downcast::<Tuple>();
        if bind_in_place(cx, f, rc, args, n, names)? {
            cx.push_frame(fbits | 4, f, rc, args, FrameKind::Inline)?;
            return Ok(());
        }
        let regs = (*cx.frame).stack_top();
        clear_window(cx, regs, rc.nregs)?;
        let pos = std::slice::from_raw_parts(args as *const Value, n);
        let kwvalues = std::slice::from_raw_parts(args.add(n) as *const Value, nk);
        bind_in_window(
            cx,
            f,
            rc,
            Args {
                pos,
                kwvalues,
                kwnames: names,
            },
            regs,
        )?;
        release_args(cx, base, at, n + nk + 1);
        push_bound(cx, fbits | 4, f, rc, regs, FrameKind::Inline)
    }
}

/// Push a frame for `f`, which the callable at `base` is or binds, with arguments from elsewhere. The three registers behind
/// the callable are released once their contents are bound.
///
/// # Safety
/// `base` is inside the running frame's registers.
pub unsafe fn enter_with(
    cx: &mut Cx,
    base: *mut u64,
    f: &Function,
    args: Args<'_>,
    kind: FrameKind,
) -> Res<()> {
    // SAFETY: by contract; the callable's register keeps the function, or the class of the instance there.
    unsafe {
        let rc = reg_code(cx, f.code())?;
        let regs = (*cx.frame).stack_top();
        clear_window(cx, regs, rc.nregs)?;
        bind_in_window(cx, f, rc, args, regs)?;
        for i in 1..4 {
            let old = std::mem::take(&mut *base.add(i));
            drop_word(cx, old);
        }
        let func = &raw const *f as u64 | 4;
        push_bound(cx, func, f, rc, regs, kind)
    }
}

/// A bound method of a Python function: `base` holds the method, self stands behind it borrowed.
///
/// # Safety
/// As for `call_slow`.
#[inline(never)]
pub unsafe fn enter_method(cx: &mut Cx, base: *mut u64, argc: usize) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let m = &*((*base & !7) as *const Method);
        let fbits = m.func.bits() & !7;
        let f = &*(fbits as *const Function);
        let rc = reg_code(cx, f.code())?;
        let args = base.add(1);
        let n = argc + 1;
        if bind_in_place(cx, f, rc, args, n, None)? {
            cx.push_frame(fbits | 4, f, rc, args, FrameKind::Inline)?;
            return Ok(());
        }
        let regs = (*cx.frame).stack_top();
        clear_window(cx, regs, rc.nregs)?;
        let pos = std::slice::from_raw_parts(args as *const Value, n);
        bind_in_window(
            cx,
            f,
            rc,
            Args {
                pos,
                kwvalues: &[],
                kwnames: None,
            },
            regs,
        )?;
        release_args(cx, base, 1, n);
        push_bound(cx, fbits | 4, f, rc, regs, FrameKind::Inline)
    }
}

/// Most parameters that are bound in place.
const IN_PLACE: usize = 16;

/// Make the `n` arguments at `args`, and as many keyword values as there are names behind them, the locals of a call of `f`
/// where they stand. False, with nothing changed, where only the general way will do: star parameters, wrong arguments, a
/// caller whose registers are a generator's.
///
/// # Safety
/// `args` is inside the running frame's registers; what lies above the arguments (and the names tuple) is free.
unsafe fn bind_in_place(
    cx: &mut Cx,
    f: &Function,
    rc: &RegCode,
    args: *mut u64,
    n: usize,
    names: Option<&Tuple>,
) -> Res<bool> {
    use crate::objects::code::co;
    let code = f.code();
    let (argc, kwonly) = (code.argcount as usize, code.kwonly as usize);
    let (total, nk) = (argc + kwonly, names.map_or(0, Tuple::len));
    // SAFETY: the running frame.
    let generator = unsafe { (*cx.frame).is_generator() };
    let star = code.flags & (co::VARARGS | co::VARKEYWORDS) != 0;
    if code.flags & co::OPTIMIZED == 0
        || (if star { nk != 0 } else { n > argc })
        || total > IN_PLACE
        || nk > total
        || generator
        || rc.nregs > crate::call::MAX_INLINE_REGS
        || !cx.has_room(args)
    {
        return Ok(false);
    }
    if star {
        // SAFETY: by contract.
        return unsafe { bind_star(cx, f, rc, args, n) };
    }
    if n == total && nk == 0 {
        // SAFETY: by contract.
        unsafe { clear_from(args, total, rc.nlocals) };
        return Ok(true);
    }
    if nk == 0 && kwonly == 0 {
        // Defaults of positional parameters only.
        let defaults = f.defaults.get(&f.head);
        let defaults = defaults.as_ref().and_then(|d| d.downcast::<Tuple>());
        let d = defaults.map_or(&[][..], Tuple::items);
        if n + d.len() < argc {
            return Ok(false);
        }
        // SAFETY: by contract; the places hold nothing.
        unsafe {
            for i in n..argc {
                let v = d[i + d.len() - argc].clone_in(cx.thread.tid);
                *args.add(i) = v.into_bits();
            }
            clear_from(args, argc, rc.nlocals);
        }
        return Ok(true);
    }
    // What the parameters behind the positional arguments get: keyword values by number, the rest are defaults.
    let mut keyword = [u8::MAX; IN_PLACE];
    if let Some(names) = names {
        let params = code.variables();
        let from = n.max(code.posonly as usize);
        for (k, name) in names.items().iter().enumerate() {
            match (from..total).find(|&i| params[i].is(name)) {
                Some(i) if keyword[i] == u8::MAX => keyword[i] = k as u8,
                _ => return Ok(false),
            }
        }
    }
    let mut fill = Fill::new();
    if n + nk < total && !fill_defaults(cx, f, n..total, &keyword, &mut fill) {
        return Ok(false);
    }
    // SAFETY: by contract; keyword values and names move out before their places are written.
    unsafe {
        let mut given = [0u64; IN_PLACE];
        for (k, slot) in given.iter_mut().enumerate().take(nk) {
            *slot = std::mem::take(&mut *args.add(n + k));
        }
        if names.is_some() {
            let word = std::mem::take(&mut *args.add(n + nk));
            drop_word(cx, word);
        }
        let mut defaults = fill.words.iter().take(fill.n);
        for i in n..total {
            *args.add(i) = match keyword[i] {
                u8::MAX => *defaults.next().unwrap_or(&0),
                k => given[k as usize],
            };
        }
        // The words are the registers' now.
        fill.n = 0;
        clear_from(args, total, rc.nlocals);
    }
    Ok(true)
}

/// The same for star parameters, which get what is left of positional arguments.
///
/// # Safety
/// As for [`bind_in_place`], which has looked at the room.
unsafe fn bind_star(
    cx: &mut Cx,
    f: &Function,
    rc: &RegCode,
    args: *mut u64,
    n: usize,
) -> Res<bool> {
    use crate::objects::code::co;
    let code = f.code();
    let argc = code.argcount as usize;
    let (has_rest, has_keywords) = (
        code.flags & co::VARARGS != 0,
        code.flags & co::VARKEYWORDS != 0,
    );
    if code.kwonly != 0 || n > argc && !has_rest {
        return Ok(false);
    }
    let defaults = if n < argc {
        f.defaults.get(&f.head)
    } else {
        None
    };
    let d = (defaults.as_ref().and_then(|d| d.downcast::<Tuple>())).map_or(&[][..], Tuple::items);
    if n + d.len() < argc {
        return Ok(false);
    }
    // SAFETY: by contract. What is made is made before a register is written; those left over move into the tuple.
    unsafe {
        let keywords = match has_keywords {
            true => Some(crate::objects::dict::new_dict(cx)?),
            false => None,
        };
        let rest = match has_rest {
            true => {
                let items = TakeRegs::new(cx, args.add(argc.min(n)), n.saturating_sub(argc));
                let len = items.len();
                Some(crate::objects::tuple::new_tuple_from(cx, len, items)?)
            }
            false => None,
        };
        for i in n..argc {
            *args.add(i) = d[i + d.len() - argc].clone_in(cx.thread.tid).into_bits();
        }
        let mut at = argc;
        for v in [rest, keywords].into_iter().flatten() {
            *args.add(at) = v.into_bits();
            at += 1;
        }
        clear_from(args, at, rc.nlocals);
    }
    Ok(true)
}

/// Empty the locals behind the parameters.
///
/// # Safety
/// They are registers of a frame about to run, and dead.
#[inline(always)]
pub(crate) unsafe fn clear_from(regs: *mut u64, from: usize, to: usize) {
    for i in from..to {
        // SAFETY: registers of the callee. A few words as a rule: volatile, so that no call of `memset` is made of it.
        unsafe { regs.add(i).write_volatile(0) };
    }
}

/// Counted words on their way to registers, in order.
struct Fill {
    words: [u64; IN_PLACE],
    n: usize,
}
impl Fill {
    fn new() -> Fill {
        Fill {
            words: [0; IN_PLACE],
            n: 0,
        }
    }
    fn push(&mut self, v: Value) {
        self.words[self.n] = v.into_bits();
        self.n += 1;
    }
}
impl Drop for Fill {
    fn drop(&mut self) {
        for &w in &self.words[..self.n] {
            // SAFETY: a counted word or an immediate that went nowhere.
            drop(unsafe { Value::from_bits(w) });
        }
    }
}

/// The defaults of the parameters in `range` that no keyword fills. False when one has none.
fn fill_defaults(
    cx: &mut Cx,
    f: &Function,
    range: std::ops::Range<usize>,
    keyword: &[u8; IN_PLACE],
    fill: &mut Fill,
) -> bool {
    let code = f.code();
    let argc = code.argcount as usize;
    let defaults = f.defaults.get(&f.head);
    let d: &[Value] = defaults
        .as_ref()
        .and_then(|d| d.downcast::<Tuple>())
        .map_or(&[], Tuple::items);
    let mut kwdefaults = None;
    for i in range {
        if keyword[i] != u8::MAX {
            continue;
        }
        if i < argc {
            if i + d.len() < argc {
                return false;
            }
            fill.push(d[i + d.len() - argc].clone_in(cx.thread.tid));
            continue;
        }
        if kwdefaults.is_none() {
            kwdefaults = f.kwdefaults.get(&f.head);
        }
        let Some(kd) = kwdefaults.as_ref().and_then(|d| d.downcast_exact::<Dict>()) else {
            return false;
        };
        let Some(key) = code.variables()[i].downcast_exact::<Str>() else {
            return false;
        };
        match kd.get_str(cx, key) {
            Some(v) => fill.push(v.into_counted()),
            None => return false,
        }
    }
    true
}

/// Empty a window above the stack top.
unsafe fn clear_window(cx: &mut Cx, regs: *mut u64, n: usize) -> Res<()> {
    if regs as usize + 8 * n + 4096 > cx.stack.end as usize {
        return Err(cx.recursion_error("maximum recursion depth exceeded"));
    }
    // SAFETY: inside the stack, above every live register.
    unsafe {
        for i in 0..n {
            *regs.add(i) = 0;
        }
    }
    Ok(())
}

/// Bind, with the window protected from frames that binding may run (`__eq__` of odd keyword names, the collector).
unsafe fn bind_in_window(
    cx: &mut Cx,
    f: &Function,
    rc: &RegCode,
    args: Args<'_>,
    regs: *mut u64,
) -> Res<()> {
    // SAFETY: the running frame; its top is put back.
    unsafe {
        let frame = cx.frame;
        let (top, flags) = ((*frame).top, (*frame).flags);
        (*frame).top = regs.add(rc.nregs);
        (*frame).flags |= OWN_TOP;
        let r = bind(cx, f, rc, args, regs);
        ((*frame).top, (*frame).flags) = (top, flags);
        if let Err(raised) = r {
            for i in 0..rc.nlocals {
                let w = std::mem::take(&mut *regs.add(i));
                drop_word(cx, w);
            }
            return Err(raised);
        }
    }
    Ok(())
}

/// The arguments were copied: release the originals (everything behind the callable).
unsafe fn release_args(cx: &mut Cx, base: *mut u64, at: usize, n: usize) {
    // SAFETY: registers of the running frame.
    unsafe {
        for i in 1..at + n {
            let w = std::mem::take(&mut *base.add(i));
            drop_word(cx, w);
        }
    }
}
