//! Iteration: making the iterator of a loop, its items one by one or in pairs, taking a pair apart.

use super::{operand, put};
use crate::call::drop_word;
use crate::objects::dict::iter::DictItemIter;
use crate::objects::iter::enumerate::Enumerate;
use crate::objects::iter::zip::Zip;
use crate::objects::list::iter::ListIter;
use crate::objects::range::Range;
use crate::objects::range::iter::RangeIter;
use crate::objects::tuple::iter::TupleIter;
use crate::objects::tuple::{Tuple, take_apart};
use crate::objects::{List, list, range, tuple};
use crate::regcode::*;
use crate::slow::{drop_if_owned, release_operands_a};
use crate::statics::word;
use crate::translate::loops::MAX_LOCALS;
use crate::{Cx, Res, Value, ValueExt, cold, protocol};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_runtime::header::Header;

/// `d = iter(a)`.
///
/// # Safety
/// See [`super::arith`].
#[inline(never)]
pub unsafe fn get_iter(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract; the type words tell what is cast.
    unsafe {
        let v = operand(cx, r, a_of(w))?;
        let in_loop = x_of(w) & 2 != 0;
        let it = match v.class_word() {
            word::LIST => list::iter::new_iter(cx, v, in_loop)?,
            word::TUPLE => tuple::iter::new_iter(cx, v, in_loop)?,
            word::RANGE if in_loop => {
                range::iter::new_in_loop(cx, &*((v.bits() & !7) as *const Range))?
            }
            word::GENERATOR => v.clone_in(cx.thread.tid),
            _ => protocol::iter(cx, v)?,
        };
        release_operands_a(cx, r, w);
        put(cx, r, w, it.into_bits());
    }
    Ok(())
}

/// The next item of an iterator in the register word `it`, if a loop alone has it and no call is needed; else 0.
///
/// # Safety
/// `it` is a pointer in a register of the running frame.
#[inline(always)]
pub unsafe fn loop_item(cx: &Cx, it: u64) -> u64 {
    // SAFETY: by contract; the type words tell what is cast.
    unsafe {
        let head = &*((it & !7) as *const Header);
        match head.type_word() {
            word::LIST_ITER => (*(head as *const Header as *const ListIter)).next_in_loop(cx),
            word::RANGE_ITER => (*(head as *const Header as *const RangeIter)).next_in_loop(),
            word::TUPLE_ITER => (*(head as *const Header as *const TupleIter)).next_in_loop(),
            _ => 0,
        }
    }
}

/// How a loop over pairs goes on.
pub enum Pair {
    /// The pair is in its locals.
    Stored,
    /// Exhausted.
    End,
    /// By the usual way.
    Ask,
}

/// The next pair of an iterator, into the locals `d` and `b`: of the makers of pairs without making one.
///
/// # Safety
/// See [`super::arith`]; `a` holds an iterator.
#[inline(never)]
pub unsafe fn loop_pair(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Pair> {
    // SAFETY: by contract; the type words tell what is cast; a register keeps the iterator.
    unsafe {
        let it = &*(r.add(a_of(w)) as *const Value);
        let at = it.bits() & !7;
        let pair = match it.class_word() {
            word::DICT_ITEMITER => (*(at as *const DictItemIter)).next_parts(cx)?,
            word::ENUMERATE => (*(at as *const Enumerate)).next_parts(cx)?,
            word::ZIP => match (*(at as *const Zip)).next_parts(cx)? {
                Some(pair) => pair,
                None => return Ok(Pair::Ask),
            },
            word::LIST_ITER | word::TUPLE_ITER => {
                let bits = loop_item(cx, at);
                if bits == 0 {
                    return Ok(Pair::Ask);
                }
                let (x, y) = take_two(cx, bits)?;
                put_two(cx, r, w, x, y);
                return Ok(Pair::Stored);
            }
            _ => return Ok(Pair::Ask),
        };
        let Some((x, y)) = pair else {
            return Ok(Pair::End);
        };
        put_two(cx, r, w, x.into_bits(), y.into_bits());
        Ok(Pair::Stored)
    }
}

/// Locals `d` and `b` = the two items of `a`.
///
/// # Safety
/// See [`super::arith`].
#[inline(never)]
pub unsafe fn unpack_two(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let bits = taken(cx, r, w)?;
        let (x, y) = take_two(cx, bits)?;
        put_two(cx, r, w, x, y);
    }
    Ok(())
}

/// The items of `a` to `b` locals, which the words behind the one at `pc` tell.
///
/// # Safety
/// See [`super::arith`].
#[inline(never)]
pub unsafe fn unpack_locals(cx: &mut Cx, r: *mut u64, w: u64, pc: *const AtomicU64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let n = b_of(w);
        debug_assert!(n <= MAX_LOCALS);
        let from = *r.add(a_of(w));
        if x_of(w) & STAYS != 0
            && from & 3 == 0
            && from != 0
            && (*((from & !7) as *const Header)).type_word() == word::TUPLE
        {
            // A local holds it that none of these stores changes.
            let items = (*((from & !7) as *const Tuple)).items();
            if items.len() == n {
                let items = items.as_ptr();
                if store_immediates(r, pc, n, |i| (*items.add(i)).bits()) {
                    return Ok(());
                }
                store_locals(cx, r, pc, n, |i| {
                    let item = &*items.add(i);
                    match item.is_ptr() {
                        true => item.clone_ref_for_register().into_bits(),
                        false => item.bits(),
                    }
                });
                return Ok(());
            }
        }
        // All items are read before a local changes that may hold the sequence.
        let mut items = [const { MaybeUninit::<u64>::uninit() }; MAX_LOCALS];
        let bits = taken(cx, r, w)?;
        match (bits & 3 == 0).then(|| (*((bits & !7) as *const Header)).type_word()) {
            Some(word::TUPLE) if (*((bits & !7) as *const Tuple)).len() == n => {
                let t = &*((bits & !7) as *const Tuple);
                if bits & 4 != 0 {
                    for (to, v) in items.iter_mut().zip(t.items()) {
                        to.write(v.clone_ref_for_register().into_bits());
                    }
                } else {
                    take_apart(cx, Value::from_bits(bits), |i, bits| {
                        items[i].write(bits);
                    });
                }
            }
            Some(word::LIST) if (*((bits & !7) as *const List)).len() == n => {
                let l = &*((bits & !7) as *const List);
                if bits & 4 != 0
                    && l.with_words(cx, n, |b| {
                        store_immediates(r, pc, n, |i| b.word(i).peek_bits())
                    }) == Some(true)
                {
                    return Ok(());
                }
                let got = l.spread(cx, n, |i, bits| {
                    items[i].write(bits);
                });
                if got == n {
                    drop_word(cx, bits);
                } else {
                    let v = Value::from_bits(bits).into_counted();
                    unpack_other(cx, v, items.as_mut_ptr().cast(), n)?;
                }
            }
            _ => {
                let v = Value::from_bits(bits).into_counted();
                unpack_other(cx, v, items.as_mut_ptr().cast(), n)?;
            }
        }
        store_locals(cx, r, pc, n, |i| items.get_unchecked(i).assume_init());
    }
    Ok(())
}

/// The same where neither an item nor what a local holds is counted; false did nothing. Numbers are unpacked much, and a look at each
/// by a branch of its own runs half as fast where many branches fall into one line of code.
///
/// # Safety
/// See [`store_locals`].
#[inline(always)]
unsafe fn store_immediates(
    r: *mut u64,
    pc: *const AtomicU64,
    n: usize,
    item: impl Fn(usize) -> u64,
) -> bool {
    // SAFETY: by contract.
    unsafe {
        let mut counted = false;
        for_locals(pc, n, |local, i| {
            counted |= (item(i) & 3 == 0) | (*r.add(local) & 7 == 0);
        });
        if !counted {
            for_locals(pc, n, |local, i| *r.add(local) = item(i));
        }
        !counted
    }
}

/// Item `i` to the local that the words behind `pc` name, for all `n`.
///
/// # Safety
/// `pc` is at an `UnpackLocals` of the running frame.
#[inline(always)]
unsafe fn store_locals(
    cx: &mut Cx,
    r: *mut u64,
    pc: *const AtomicU64,
    n: usize,
    item: impl Fn(usize) -> u64,
) {
    // SAFETY: by contract.
    unsafe {
        for_locals(pc, n, |local, i| {
            let old = std::mem::replace(&mut *r.add(local), item(i));
            if old & 7 == 0 {
                drop_if_owned(cx, old);
            }
        });
    }
}

/// `f(local, i)` for the `n` locals that the words behind `pc` name, four in a word.
///
/// # Safety
/// `pc` is at an `UnpackLocals`.
#[inline(always)]
unsafe fn for_locals(pc: *const AtomicU64, n: usize, mut f: impl FnMut(usize, usize)) {
    let (mut i, mut at) = (0, pc);
    // SAFETY: by contract there are as many words.
    unsafe {
        while i + 4 <= n {
            at = at.add(1);
            let four = (*at).load(Ordering::Relaxed);
            f(four as u16 as usize, i);
            f((four >> 16) as u16 as usize, i + 1);
            f((four >> 32) as u16 as usize, i + 2);
            f((four >> 48) as usize, i + 3);
            i += 4;
        }
        if i < n {
            let mut rest = (*at.add(1)).load(Ordering::Relaxed);
            while i < n {
                f(rest as u16 as usize, i);
                rest >>= 16;
                i += 1;
            }
        }
    }
}

/// The items of anything to `n` words from `at`, in order.
///
/// # Safety
/// There is room for them.
#[cold]
unsafe fn unpack_other(cx: &mut Cx, v: Value, at: *mut u64, n: usize) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        cold::unpack(cx, v, at, n)?;
        std::slice::from_raw_parts_mut(at, n).reverse();
    }
    Ok(())
}

/// Operand `a`, which is the caller's: taken out of its register if it dies here, else borrowed.
///
/// # Safety
/// See [`super::arith`].
#[inline(always)]
unsafe fn taken(cx: &mut Cx, r: *mut u64, w: u64) -> Res<u64> {
    // SAFETY: by contract.
    unsafe {
        let v = operand(cx, r, a_of(w))?;
        Ok(if x_of(w) & CONSUME_A != 0 {
            std::mem::take(&mut *r.add(a_of(w)))
        } else if v.bits() & 3 == 0 {
            v.bits() | 4
        } else {
            v.bits()
        })
    }
}

/// The two items of a register word, which is used up.
///
/// # Safety
/// `bits` is a register word; a borrowed one lives until this returns.
#[inline(always)]
unsafe fn take_two(cx: &mut Cx, bits: u64) -> Res<(u64, u64)> {
    // SAFETY: by contract.
    unsafe {
        let mut out = [0u64; 2];
        if bits & 3 == 0 && (*((bits & !7) as *const Header)).type_word() == word::TUPLE {
            let t = &*((bits & !7) as *const Tuple);
            if let [x, y] = t.items() {
                if bits & 4 != 0 {
                    return Ok((
                        x.clone_ref_for_register().into_bits(),
                        y.clone_ref_for_register().into_bits(),
                    ));
                }
                take_apart(cx, Value::from_bits(bits), |i, bits| out[i] = bits);
                return Ok((out[0], out[1]));
            }
        }
        let v = Value::from_bits(bits).into_counted();
        cold::unpack(cx, v, out.as_mut_ptr(), 2)?;
        Ok((out[1], out[0]))
    }
}

/// Store a pair in the locals `d` and `b`.
///
/// # Safety
/// See [`super::arith`]; both are register words of the caller's.
#[inline(always)]
unsafe fn put_two(cx: &mut Cx, r: *mut u64, w: u64, x: u64, y: u64) {
    // SAFETY: by contract.
    unsafe {
        put(cx, r, w, x);
        let old = std::mem::replace(&mut *r.add(b_of(w)), y);
        drop_word(cx, old);
    }
}

/// The items of `a` into `b` registers from `d`, the first at the top.
///
/// # Safety
/// See [`super::arith`].
#[inline(never)]
pub unsafe fn unpack(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract; `d` may be `a`, which was read.
    unsafe {
        let bits = taken(cx, r, w)?;
        let (n, to) = (b_of(w), r.add(d_of(w)));
        if bits & 7 == 4 && (*((bits & !7) as *const Header)).type_word() == word::TUPLE {
            let t = &*((bits & !7) as *const Tuple);
            if t.len() == n {
                for (i, v) in t.items().iter().enumerate() {
                    *to.add(n - 1 - i) = v.clone_ref_for_register().into_bits();
                }
                return Ok(());
            }
        }
        cold::unpack(cx, Value::from_bits(bits).into_counted(), to, n)
    }
}
