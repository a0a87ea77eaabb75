//! Out-of-line legs of the loop: what an instruction does when its fast leg does not apply. Each finishes the whole
//! instruction on the registers (operands checked and released, result stored), so that the loop keeps one call and one
//! test per slow leg, and its few variables stay in machine registers. The caller has saved `pc` in the frame.

mod calls;
mod compare;
mod functions;
mod generators;
mod iterate;
mod uncommon;

pub use calls::*;
pub use compare::*;
pub use generators::*;
pub use iterate::*;
pub use uncommon::*;

use crate::call::{Step, count_registers, counted, drop_word};
use crate::native::Args;
use crate::objects::builtin::answer;
use crate::objects::dict::quick;
use crate::objects::exception;
use crate::objects::frame::FrameKind;
use crate::objects::function::{Function, Method};
use crate::objects::generator::Generator;
use crate::objects::str::concat::append_in_place;
use crate::objects::str::is_exact_str;
use crate::objects::typeobj::dunder::has_own_getitem;
use crate::objects::typeobj::slots::CmpOp;
use crate::objects::{Float, List};
use crate::protocol::{self, BinOp};
use crate::recall::{self, Access};
use crate::regcode::*;
use crate::slow::*;
use crate::statics::{self, word};
use crate::{Cx, Raised, Res, Type, Value, ValueExt, attr, cells, chain, cold, computed};
use std::sync::atomic::Ordering;
use typhon_runtime::header::Header;

/// The value in register `i`, or UnboundLocalError.
///
/// # Safety
/// `r` are the running frame's registers and `i` is one of them, not written while the reference lives.
#[inline(always)]
unsafe fn operand<'a>(cx: &mut Cx, r: *mut u64, i: usize) -> Res<&'a Value> {
    // SAFETY: by contract; 0 is no Value.
    unsafe {
        if *r.add(i) == 0 {
            let frame = cx.frame;
            return Err(unbound_register(cx, frame, i));
        }
        Ok(&*(r.add(i) as *const Value))
    }
}

/// Store a result in `d`, dropping what a local held.
///
/// # Safety
/// `r` are the running frame's registers; `bits` is an owned word or an immediate.
#[inline(always)]
unsafe fn put(cx: &mut Cx, r: *mut u64, w: u64, bits: u64) {
    // SAFETY: by contract.
    let old = unsafe { std::mem::replace(&mut *r.add(d_of(w)), bits) };
    drop_word(cx, old);
}

/// `d = a op b`.
///
/// # Safety
/// As for [`put`]; the word's operands are registers of the frame. So for all legs here.
#[cold]
#[inline(never)]
pub unsafe fn arith(cx: &mut Cx, r: *mut u64, w: u64, op: BinOp) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        if let Some(f) = mixed(op, *r.add(a_of(w)), *r.add(b_of(w))) {
            let bits = match f.to_bits() {
                // Many a sum begins with it, and it is no immediate.
                0 => statics::FLOAT_ZERO | 4,
                _ => crate::objects::float::new_float(cx, f)?.into_counted_or_immediate(),
            };
            finish_short(cx, r, w, x_of(w), bits);
            return Ok(());
        }
        let (a, b) = (operand(cx, r, a_of(w))?, operand(cx, r, b_of(w))?);
        if op == BinOp::Add
            && match b.class_word() {
                word::STR => grow_string(cx, r, w),
                word::LIST => x_of(w) & CONSUME_A != 0 && grow_list(cx, r, w),
                _ => false,
            }
        {
            return Ok(());
        }
        let v = arith_slow(cx, op, x_of(w) & 4 != 0, a, b)?;
        release_operands_ab(cx, r, w);
        put(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(())
}

/// Arithmetic of floats, and of a float and an int, as floats; two ints only divide. No immediate float is zero, so zeros come
/// here too.
///
/// # Safety
/// The words are a register's: 0, or a value.
#[inline(always)]
unsafe fn mixed(op: BinOp, a: u64, b: u64) -> Option<f64> {
    let double = |w: u64| match w & 3 {
        // SAFETY: by contract; the type word tells what is cast.
        0 => unsafe {
            let p = w & !7;
            (p != 0 && (*(p as *const Header)).type_word() == word::FLOAT)
                .then(|| (*(p as *const Float)).value)
        },
        1 => Some((w as i64) >> 2)
            .filter(|i| i.unsigned_abs() < 1 << 53)
            .map(|i| i as f64),
        _ => Some(float_of(w)),
    };
    if a & b & 3 == 1 && op != BinOp::TrueDiv {
        return None;
    }
    let (x, y) = (double(a)?, double(b)?);
    match op {
        BinOp::Add => Some(x + y),
        BinOp::Sub => Some(x - y),
        BinOp::Mul => Some(x * y),
        BinOp::TrueDiv if y != 0.0 => Some(x / y),
        _ => None,
    }
}

/// `d = a + b` where d holds the string a (as `s += t` does) and nothing else does: it grows where it lies. Operand a may be
/// a copy of d that is consumed here.
unsafe fn grow_string(cx: &mut Cx, r: *mut u64, w: u64) -> bool {
    // SAFETY: operands are registers of the running frame; `b` is an exact string and stays in its own register.
    unsafe {
        let (at, copy) = (r.add(d_of(w)), r.add(a_of(w)));
        let b = &*(r.add(b_of(w)) as *const Value);
        let word = *at;
        if at != copy {
            if x_of(w) & CONSUME_A == 0 || word & 7 != 0 || word == 0 || *copy & !4 != word {
                return false;
            }
            if !is_exact_str(&*(at as *const Value)) {
                return false;
            }
            // The copy's count goes; d still holds the string.
            let gone = std::mem::take(&mut *copy);
            drop_word(cx, gone);
        }
        if !append_in_place(cx, at, b) {
            if at != copy {
                *copy = counted(cx, word).into_bits();
            }
            return false;
        }
        if x_of(w) & CONSUME_B != 0 {
            let old = std::mem::take(&mut *r.add(b_of(w)));
            drop_word(cx, old);
        }
        true
    }
}

/// `d = a + b` of a list that nothing but register a holds, which is consumed, and another list.
unsafe fn grow_list(cx: &mut Cx, r: *mut u64, w: u64) -> bool {
    use crate::objects::list::moving::ending;
    // SAFETY: operands are registers of the running frame; `b` is an exact list.
    unsafe {
        let (a, b) = (
            &*(r.add(a_of(w)) as *const Value),
            &*(r.add(b_of(w)) as *const Value),
        );
        let Some(list) = ending(a, cx.thread.tid) else {
            return false;
        };
        let other = &*((b.bits() & !7) as *const List);
        if std::ptr::eq(list, other) {
            return false;
        }
        let both = x_of(w) & CONSUME_B != 0 && ending(b, cx.thread.tid).is_some();
        if !list.grow_by(cx, other, both) {
            return false;
        }
        let made = std::mem::take(&mut *r.add(a_of(w)));
        if x_of(w) & CONSUME_B != 0 {
            let old = std::mem::take(&mut *r.add(b_of(w)));
            drop_word(cx, old);
        }
        put(cx, r, w, made);
        true
    }
}

/// `d = a op b as i16`.
///
/// # Safety
/// See [`arith`].
#[cold]
#[inline(never)]
pub unsafe fn arith_imm(cx: &mut Cx, r: *mut u64, w: u64, op: BinOp) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let a = operand(cx, r, a_of(w))?;
        let b = Value::small_int(b_of(w) as u16 as i16 as i32);
        let v = arith_slow(cx, op, x_of(w) & 4 != 0, a, &b)?;
        release_operands_a(cx, r, w);
        put(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(())
}

/// `d = a op b` for the operators without an opcode of their own.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn binary(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let (a, b) = (operand(cx, r, a_of(w))?, operand(cx, r, b_of(w))?);
        let v = protocol::binary_op(cx, x_of(w) >> 2 & 31, a, b)?;
        release_operands_ab(cx, r, w);
        put(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(())
}

/// `d = op a`.
///
/// # Safety
/// See [`arith`].
#[cold]
#[inline(never)]
pub unsafe fn unary(cx: &mut Cx, r: *mut u64, w: u64, op: &'static str) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let a = operand(cx, r, a_of(w))?;
        let v = protocol::unary(cx, op, a)?;
        release_operands_a(cx, r, w);
        put(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(())
}

/// `d = bool(a)`, or `not a`.
///
/// # Safety
/// See [`arith`].
#[cold]
#[inline(never)]
pub unsafe fn to_bool(cx: &mut Cx, r: *mut u64, w: u64, not: bool) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let a = operand(cx, r, a_of(w))?;
        let t = match protocol::quick_truth(a) {
            Some(t) => t,
            None => protocol::truthy(cx, a)?,
        };
        release_operands_a(cx, r, w);
        put(cx, r, w, bool_bits(t != not));
    }
    Ok(())
}

/// Truth of register `d`, consumed, for a jump.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn jump_truth(cx: &mut Cx, r: *mut u64, w: u64) -> Res<bool> {
    // SAFETY: by contract.
    unsafe {
        let p = r.add(d_of(w));
        let bits = *p;
        if bits & 3 != 0 || bits == 0 {
            return jump_truth_asked(cx, r, w);
        }
        match protocol::quick_truth(&*(p as *const Value)) {
            Some(t) => {
                if x_of(w) & CONSUME_A != 0 {
                    *p = 0;
                    if bits & 7 == 0 {
                        drop_if_owned(cx, bits);
                    }
                }
                Ok(t)
            }
            None => jump_truth_asked(cx, r, w),
        }
    }
}

/// The same of what has to be asked.
#[cold]
#[inline(never)]
unsafe fn jump_truth_asked(cx: &mut Cx, r: *mut u64, w: u64) -> Res<bool> {
    // SAFETY: by contract.
    unsafe {
        let v = operand(cx, r, d_of(w))?;
        let t = protocol::truthy(cx, v)?;
        if x_of(w) & CONSUME_A != 0 {
            let old = std::mem::take(&mut *r.add(d_of(w)));
            drop_word(cx, old);
        }
        Ok(t)
    }
}

/// `d = a in b`, or `not in`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn contains(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract; the type word tells what is cast; 0 is no Value.
    unsafe {
        let (a, b) = (r.add(a_of(w)), r.add(b_of(w)));
        let invert = x_of(w) & 4 != 0;
        // A small int in a list of such.
        if *a & 3 == 1 && *b & 3 == 0 && *b != 0 {
            let list = (*b & !7) as *const List;
            if (*list).head.type_word() == word::LIST
                && let Some(found) = (*list).contains_int(cx.thread.tid, *a)
            {
                finish_short(cx, r, w, x_of(w) & CONSUME_B, bool_bits(found != invert));
                return Ok(());
            }
        }
        if *a != 0 && *b != 0 {
            let (item, container) = (&*(a as *const Value), &*(b as *const Value));
            if let Some(found) = quick::contains(cx.thread.tid, container, item) {
                finish_short(cx, r, w, x_of(w), bool_bits(found != invert));
                return Ok(());
            }
        }
        contains_other(cx, r, w)
    }
}

/// The same where the item has to be asked.
#[inline(never)]
unsafe fn contains_other(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let (a, b) = (operand(cx, r, a_of(w))?, operand(cx, r, b_of(w))?);
        let found = contains_slow(cx, b, a)?;
        release_operands_ab(cx, r, w);
        put(cx, r, w, bool_bits(found != (x_of(w) & 4 != 0)));
    }
    Ok(())
}

/// What is consumed goes, the result comes: by calls, so that the way here stays short.
///
/// # Safety
/// See [`arith`]; `bits` as for [`put`].
#[inline(always)]
unsafe fn finish_short(cx: &mut Cx, r: *mut u64, w: u64, consumed: u8, bits: u64) {
    // SAFETY: by contract.
    unsafe {
        for (flag, at) in [(CONSUME_A, a_of(w)), (CONSUME_B, b_of(w))] {
            if consumed & flag != 0 {
                let old = std::mem::take(&mut *r.add(at));
                if old & 7 == 0 {
                    drop_if_owned(cx, old);
                }
            }
        }
        let old = std::mem::replace(&mut *r.add(d_of(w)), bits);
        // Only a local may hold an owned pointer.
        if w & DEST_LOCAL != 0 && old & 7 == 0 {
            drop_if_owned(cx, old);
        }
    }
}

/// `d = a[b]`; a class's own `__getitem__` runs in a frame of the same loop.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn subscr(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract; 0 is no Value.
    unsafe {
        let (a, b) = (r.add(a_of(w)), r.add(b_of(w)));
        if *a == 0 || *b == 0 {
            return subscr_other(cx, r, w);
        }
        let o = &*(a as *const Value);
        // No more than jumps here, so that each way saves the machine registers that it needs itself.
        match o.class_word() {
            word::DICT => subscr_native(cx, r, w),
            _ if has_own_getitem(o) => subscr_of_class(cx, r, w),
            _ => subscr_native(cx, r, w),
        }
    }
}

/// The same of an instance whose class has a `__getitem__` of its own.
#[inline(never)]
unsafe fn subscr_of_class(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract; the caller has looked at both registers.
    unsafe {
        let (a, b) = (r.add(a_of(w)), r.add(b_of(w)));
        match enter_getitem(cx, &*(a as *const Value), &*(b as *const Value)) {
            true => Ok(Called::Entered),
            false => subscr_other(cx, r, w),
        }
    }
}

/// The same of native classes.
#[inline(never)]
unsafe fn subscr_native(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract; the caller has looked at both registers.
    unsafe {
        let (a, b) = (r.add(a_of(w)), r.add(b_of(w)));
        let (o, key) = (&*(a as *const Value), &*(b as *const Value));
        let bits = match o.class_word() {
            word::DICT => match quick::get(cx.thread.tid, o, key) {
                Some(bits) => bits,
                None => return subscr_other(cx, r, w),
            },
            word::STR | word::LIST | word::TUPLE | word::BYTES => return subscr_other(cx, r, w),
            // Sequences and mappings of other native classes.
            _ => match crate::objects::typeobj::dunder::native_getitem(o) {
                Some(f) => f(cx, o, key)?.into_counted_or_immediate(),
                None => return subscr_other(cx, r, w),
            },
        };
        finish_short(cx, r, w, x_of(w), bits);
    }
    Ok(Called::Done)
}

/// The same of the common classes, or what was not found at once.
#[inline(never)]
unsafe fn subscr_other(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: the caller's.
    unsafe {
        let (a, b) = (operand(cx, r, a_of(w))?, operand(cx, r, b_of(w))?);
        let item = match b.as_small_int() {
            Some(i) => item_of_text(cx, a, i),
            None => None,
        };
        let bits = match item {
            Some(bits) => bits,
            None => subscr_slow(cx, a, b)?.into_counted_or_immediate(),
        };
        finish_short(cx, r, w, x_of(w), bits);
    }
    Ok(Called::Done)
}

/// Item `i` of an exact `str` (one character of Latin-1, which are never freed) or `bytes`.
#[inline(always)]
fn item_of_text(cx: &mut Cx, o: &Value, i: i64) -> Option<u64> {
    use crate::objects::{Bytes, Str, str};
    let inside = |n: usize| {
        let i = if i < 0 { i + n as i64 } else { i };
        usize::try_from(i).ok().filter(|&i| i < n)
    };
    match o.class_word() {
        word::STR => {
            let s = o.downcast_exact::<Str>()?;
            let c = s.at(inside(s.len())?);
            let v = if c < 256 {
                str::new_char(cx, c).ok()?
            } else {
                return None;
            };
            Some(v.into_bits())
        }
        word::BYTES => {
            let b = o.downcast_exact::<Bytes>()?.as_slice();
            Some((b[inside(b.len())?] as u64) << 2 | 1)
        }
        _ => None,
    }
}

/// Begin a class's own `__getitem__` as the getter of the running word, whose registers keep both operands.
///
/// # Safety
/// As for [`subscr`].
#[inline(always)]
unsafe fn enter_getitem(cx: &mut Cx, a: &Value, b: &Value) -> bool {
    let Some(func) = crate::objects::typeobj::dunder::getitem_function(cx, a) else {
        return false;
    };
    // SAFETY: by contract; a borrowed function is one that stays (R11).
    unsafe {
        let f = &*((func.bits() & !7) as *const Function);
        let rc = f.code().reg();
        let regs = (*cx.frame).stack_top();
        if !func.is_borrowed() || rc.is_null() || (*rc).inline_argc != 2 || !cx.has_room(regs) {
            return false;
        }
        for (i, operand) in [a, b].into_iter().enumerate() {
            let bits = operand.bits();
            *regs.add(i) = if bits & 3 == 0 { bits | 4 } else { bits };
        }
        clear_from(regs, 2, (*rc).nlocals);
        let frame = cx.push_inline(func.bits(), f, &*rc, regs);
        (*frame).pc = (*rc).start();
        (*frame).kind = FrameKind::Getter;
    }
    true
}

/// `d = a[b as i16]`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn subscr_imm(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract; 0 is no Value.
    unsafe {
        let a = r.add(a_of(w));
        if *a & 3 == 0
            && *a != 0
            && let Some(bits) = item_of_text(cx, &*(a as *const Value), w as i64 >> 48)
        {
            finish_short(cx, r, w, x_of(w) & CONSUME_A, bits);
            return Ok(Called::Done);
        }
        subscr_imm_other(cx, r, w)
    }
}

/// The same of what is no string.
#[inline(never)]
unsafe fn subscr_imm_other(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract.
    unsafe {
        let a = operand(cx, r, a_of(w))?;
        let b = Value::small_int(b_of(w) as u16 as i16 as i32);
        if enter_getitem(cx, a, &b) {
            return Ok(Called::Entered);
        }
        let v = subscr_slow(cx, a, &b)?;
        release_operands_a(cx, r, w);
        put(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(Called::Done)
}

/// `d = a.name`; a property's getter runs in a frame of the same loop.
///
/// # Safety
/// See [`arith`]; `cache` belongs to the running frame's code.
#[inline(never)]
pub unsafe fn load_attr(cx: &mut Cx, r: *mut u64, w: u64, cache: &Cache) -> Res<Called> {
    // SAFETY: by contract.
    unsafe {
        let a = operand(cx, r, a_of(w))?;
        let name = attr::name_ref(cx.frame, cache);
        if a.is_ptr()
            && let Some(got) = computed::native(cx, a, name, cache)
        {
            let bits = got?;
            release_operands_a(cx, r, w);
            put(cx, r, w, bits);
            return Ok(Called::Done);
        }
        let (mut getter, mut bits) = (None, None);
        if let Some(known) = known_cache(cx, a, cache, Access::Load) {
            getter = attr::getter_hit(a, known);
            if getter.is_none() {
                bits = if computed::is_hit(a, known) {
                    computed::load(cx, a, name, known)?
                } else {
                    attr::attr_hit_locking(cx, a, known)
                        .or_else(|| attr::attr_hit_rare(cx, a, name, known))
                };
            }
        }
        if let Some(fbits) = getter {
            let f = &*((fbits & !7) as *const Function);
            let rc = f.code().reg();
            let regs = (*cx.frame).stack_top();
            if !rc.is_null() && (*rc).inline_argc == 1 && cx.has_room(regs) {
                // The operand's register keeps the object until the getter returns.
                let this = a.bits();
                *regs = if this & 3 == 0 { this | 4 } else { this };
                clear_from(regs, 1, (*rc).nlocals);
                let frame = cx.push_inline(fbits | 4, f, &*rc, regs);
                (*frame).pc = (*rc).start();
                (*frame).kind = FrameKind::Getter;
                return Ok(Called::Entered);
            }
        }
        let bits = match bits {
            Some(bits) => bits,
            None => {
                let frame = cx.frame;
                attr::load_attr(cx, frame, a, cache)?
            }
        };
        release_operands_a(cx, r, w);
        put(cx, r, w, bits);
    }
    Ok(Called::Done)
}

/// `name = a`, of a module, a class body or `global`.
///
/// # Safety
/// See [`load_attr`].
#[inline(never)]
pub unsafe fn store_name(cx: &mut Cx, r: *mut u64, w: u64, cache: &Cache) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let v = operand(cx, r, a_of(w))?.clone_in(cx.thread.tid);
        release_operands_a(cx, r, w);
        let frame = cx.frame;
        crate::globals::store_name(cx, frame, cache, v, Rop::of(w) == Rop::StoreGlobal)
    }
}

/// `a.name = d`.
///
/// # Safety
/// See [`load_attr`].
#[inline(never)]
pub unsafe fn store_attr(cx: &mut Cx, r: *mut u64, w: u64, cache: &Cache) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let (o, p) = (*r.add(a_of(w)), r.add(d_of(w)));
        if o & 3 == 0 && o != 0 && attr::store_first(cx, o, p, x_of(w) & CONSUME_B != 0, cache) {
            release_operands_a(cx, r, w);
            return Ok(());
        }
        store_attr_other(cx, r, w, cache)
    }
}

/// The same for a place that has a value, and for what has none.
#[inline(never)]
unsafe fn store_attr_other(cx: &mut Cx, r: *mut u64, w: u64, cache: &Cache) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let o = operand(cx, r, a_of(w))?;
        let v = operand(cx, r, d_of(w))?;
        if o.is_ptr() && cache.word.load(Ordering::Relaxed) & 15 == INLINE {
            let own = v.bits() & 7 == 0 && x_of(w) & CONSUME_B != 0;
            let new = match own {
                true => Value::from_bits(std::mem::take(&mut *r.add(d_of(w)))),
                false => v.clone_in(cx.thread.tid),
            };
            match attr::store_inline(cx, o, new, cache) {
                Ok(()) => {
                    release_operands_a(cx, r, w);
                    if !own && x_of(w) & CONSUME_B != 0 {
                        *r.add(d_of(w)) = 0;
                    }
                    return Ok(());
                }
                Err(new) if own => *r.add(d_of(w)) = new.into_bits(),
                Err(new) => new.drop_in(&cx.thread),
            }
        }
        let (o, v) = (operand(cx, r, a_of(w))?, operand(cx, r, d_of(w))?);
        let mut done = false;
        if let Some(known) = known_cache(cx, o, cache, Access::Store) {
            done = attr::store_hit(cx, o, v, known) || {
                let name = attr::name_ref(cx.frame, cache);
                attr::store_hit_rare(cx, o, name, v, known)?
            };
        }
        if !done {
            let frame = cx.frame;
            attr::store_attr(cx, frame, o, v, cache)?;
        }
        release_operands_a(cx, r, w);
        if x_of(w) & CONSUME_B != 0 {
            let old = std::mem::take(&mut *r.add(d_of(w)));
            drop_word(cx, old);
        }
    }
    Ok(())
}

/// The cache that knows the class of `o`: the site's own, or what this thread remembers of the site's name for that class.
#[inline(always)]
fn known_cache<'a>(cx: &mut Cx, o: &Value, cache: &'a Cache, access: Access) -> Option<&'a Cache> {
    if recall::is_for(o, cache) {
        return Some(cache);
    }
    let frame = cx.frame;
    recall::find(cx, o, attr::name_ref(frame, cache), access, cache)
}

/// What a method load finds by this cache, other than the method of an instance without a dict.
#[inline(always)]
fn known_method(cx: &mut Cx, a: &Value, name: &Value, cache: &Cache) -> Option<attr::Loaded> {
    if let Some(bits) = attr::attr_hit_locking(cx, a, cache) {
        return Some(attr::Loaded::Value(bits));
    }
    if let Some(f) = attr::method_hit_rare(cx, a, name, cache) {
        return Some(attr::Loaded::Method(f));
    }
    if let Some((f, class)) = attr::class_method_hit(a.bits(), cache) {
        return Some(attr::Loaded::ClassMethod(f, class));
    }
    attr::attr_hit_rare(cx, a, name, cache).map(attr::Loaded::Value)
}

/// `d, d + 1` = method and receiver of `a.name`, or the attribute and empty.
///
/// # Safety
/// See [`load_attr`].
#[inline(never)]
pub unsafe fn load_method(cx: &mut Cx, r: *mut u64, w: u64, cache: &Cache) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let p = r.add(a_of(w));
        let a = *p;
        // A function of a module or class, or one that the instance itself keeps.
        if a & 3 == 0 && a != 0 {
            let bits = match attr::attr_hit(cx, a, cache) {
                Some(bits) => bits,
                None => attr::namespace_hit(cx, &*(p as *const Value), cache),
            };
            if bits != 0 {
                if x_of(w) & CONSUME_A != 0 {
                    *p = 0;
                    if a & 7 == 0 {
                        drop_if_owned(cx, a);
                    }
                }
                let d = r.add(d_of(w));
                *d = bits;
                *d.add(1) = 0;
                return Ok(());
            }
        }
        load_method_other(cx, r, w, cache)
    }
}

/// The same of any other method or attribute.
#[inline(never)]
unsafe fn load_method_other(cx: &mut Cx, r: *mut u64, w: u64, cache: &Cache) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let a = operand(cx, r, a_of(w))?;
        let frame = cx.frame;
        let known = match known_cache(cx, a, cache, Access::Method) {
            Some(known) => match attr::method_hit(a.bits(), known) {
                Some(f) => Some(attr::Loaded::Method(f)),
                None if a.is_ptr() => known_method(cx, a, attr::name_ref(frame, cache), known),
                None => None,
            },
            None => None,
        };
        let loaded = match known {
            Some(loaded) => loaded,
            None => attr::load_method(cx, frame, a, cache)?,
        };
        let d = r.add(d_of(w));
        match loaded {
            attr::Loaded::ClassMethod(f, class) => {
                // The class is counted by nobody here: it is deferred, and its registers are scanned (R11).
                release_operands_a(cx, r, w);
                *d = f;
                *d.add(1) = class;
            }
            attr::Loaded::Method(f) => {
                let a = *r.add(a_of(w));
                let this = if x_of(w) & CONSUME_A != 0 {
                    *r.add(a_of(w)) = 0;
                    a
                } else if a & 3 == 0 {
                    a | 4
                } else {
                    a
                };
                *d = f;
                *d.add(1) = this;
            }
            attr::Loaded::Value(bits) => {
                release_operands_a(cx, r, w);
                *d = bits;
                *d.add(1) = 0;
            }
        }
    }
    Ok(())
}

/// `super().name` of the class in `d + 1` and the object in `d + 2`.
///
/// # Safety
/// See [`load_attr`]; the next cache belongs to this one.
#[inline(never)]
pub unsafe fn load_super(cx: &mut Cx, r: *mut u64, w: u64, cache: &Cache) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let at = r.add(d_of(w));
        let mode = x_of(w) >> 2;
        if mode & 1 != 0
            && let Some(f) = attr::super_hit(*at, *at.add(1), *at.add(2), cache)
        {
            let (global, class, obj) = (*at, *at.add(1), *at.add(2));
            *at = f;
            *at.add(1) = obj;
            *at.add(2) = 0;
            drop_word(cx, global);
            drop_word(cx, class);
            return Ok(());
        }
        let frame = cx.frame;
        attr::load_super(cx, frame, at, mode, cache)
    }
}

/// Local `a` becomes a cell that holds its value.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn make_cell(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let p = r.add(a_of(w));
        let init = match *p {
            0 => None,
            old => Some(crate::call::counted(cx, old)),
        };
        let cell = crate::objects::cell::methods::new_cell(cx, init)?;
        let old = std::mem::replace(&mut *p, cell.into_bits());
        drop_word(cx, old);
    }
    Ok(())
}

/// The closure's cells become the last `a` locals.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn copy_free_vars(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract; the frame keeps its function, and that the closure.
    unsafe {
        let n = a_of(w);
        let frame = cx.frame;
        let nlocals = (*(*frame).rc).nlocals;
        let f = &*(((*frame).func & !7) as *const Function);
        let cells = f
            .closure
            .as_ref()
            .and_then(|c| c.downcast::<crate::objects::Tuple>())
            .map_or(&[][..], crate::objects::Tuple::items);
        if cells.len() != n || n > nlocals {
            return Err(cx.system_error("closure does not fit its code"));
        }
        for (i, c) in cells.iter().enumerate() {
            *r.add(nlocals - n + i) = c.bits() | 4;
        }
    }
    Ok(())
}

/// `raise a`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn raise(cx: &mut Cx, r: *mut u64, w: u64) -> Raised {
    // SAFETY: by contract.
    let exc = unsafe {
        match operand(cx, r, a_of(w)).and_then(|v| exception::instantiate(cx, v)) {
            Ok(exc) => exc,
            Err(raised) => return raised,
        }
    };
    release_operands_a(cx, r, w);
    cx.raise_value(exc)
}

/// An `except` block begins: the exception in `p` is the one being handled, and moves up; the one before it waits in `p`.
///
/// # Safety
/// `p` is a register of the running frame that holds an exception, the next one is free.
#[inline(never)]
pub unsafe fn push_exc(cx: &mut Cx, p: *mut u64) {
    // SAFETY: by contract.
    unsafe {
        let exc = counted(cx, *p);
        let previous = handled(cx).replace(exc);
        *p.add(1) = *p;
        *p = previous.unwrap_or_else(Value::none).into_bits();
    }
}

/// It ends: what `p` holds is being handled again.
///
/// # Safety
/// As for [`push_exc`].
#[inline(never)]
pub unsafe fn pop_exc(cx: &mut Cx, p: *mut u64) {
    // SAFETY: by contract.
    let previous = unsafe { std::mem::take(&mut *p) };
    let previous = if previous & !4 == crate::statics::NONE {
        None
    } else {
        // SAFETY: an owned exception, moved out of its register.
        Some(unsafe { Value::from_bits(previous) })
    };
    let old = std::mem::replace(handled(cx), previous);
    if let Some(old) = old {
        old.drop_in(&cx.thread);
    }
}

#[inline(always)]
fn handled(cx: &mut Cx) -> &mut Option<Value> {
    cx.handled
        .last_mut()
        .expect("there is always a handled entry")
}

/// Whether an `except` clause for `cls` takes `exc`.
#[inline(never)]
pub fn match_exc(cx: &mut Cx, exc: &Value, cls: &Value) -> Res<bool> {
    // Its own class, the common case, needs no question.
    if std::ptr::from_ref(exc.ty()) as u64 == cls.bits() & !4 {
        return Ok(true);
    }
    exception::matches(cx, exc, cls)
}

/// `d` = tuple of `b` registers from `a`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn build_tuple(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let items = TakeRegs::new(cx, r.add(a_of(w)), b_of(w));
        let v = crate::objects::tuple::new_tuple_from(cx, b_of(w), items)?;
        put(cx, r, w, v.into_bits());
    }
    Ok(())
}

/// `d` = list of `b` registers from `a`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn build_list(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let items = TakeRegs::new(cx, r.add(a_of(w)), b_of(w));
        let v = crate::objects::list::new_list_from(cx, b_of(w), items)?;
        put(cx, r, w, v.into_bits());
    }
    Ok(())
}

/// Append `b` to list `a`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn list_append(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let p = r.add(b_of(w));
        let v = match *p {
            0 => {
                let frame = cx.frame;
                return Err(unbound_register(cx, frame, b_of(w)));
            }
            bits if bits & 3 != 0 => Value::from_bits(bits),
            bits if bits & 4 == 0 && x_of(w) & CONSUME_B != 0 => {
                Value::from_bits(std::mem::take(&mut *p))
            }
            bits => counted(cx, bits),
        };
        match (*(r.add(a_of(w)) as *const Value)).downcast_exact::<crate::objects::List>() {
            Some(l) => l.push_register(cx, v),
            None => Err(cx.system_error("LIST_APPEND to something else")),
        }
    }
}

/// `cell d = a`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn store_deref(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let v = operand(cx, r, a_of(w))?.clone_in(cx.thread.tid);
        release_operands_a(cx, r, w);
        cells::store_deref(cx, *r.add(d_of(w)), Some(v))
    }
}

/// `d` = dict, set, string or slice of the registers from `a`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn build(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    let (op, base) = (Rop::of(w), a_of(w));
    let count = b_of(w) * if op == Rop::BuildMap { 2 } else { 1 };
    // SAFETY: by contract.
    unsafe {
        let regs = std::slice::from_raw_parts(r.add(base) as *const Value, count);
        let v = cold::build(cx, op, regs)?;
        for i in base..base + count {
            let old = std::mem::take(&mut *r.add(i));
            drop_word(cx, old);
        }
        put(cx, r, w, v.into_bits());
    }
    Ok(())
}

/// Add `b` to set `a`, or set `d[a] = b`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn add_item(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let (a, b) = (operand(cx, r, a_of(w))?, operand(cx, r, b_of(w))?);
        if Rop::of(w) == Rop::SetAdd {
            cold::set_add(cx, a, b)?;
        } else {
            let d = operand(cx, r, d_of(w))?;
            cold::map_add(cx, d, a, b)?;
        }
        release_operands_ab(cx, r, w);
    }
    Ok(())
}
