//! What an instruction calls that is not of the commonest: slices by two bounds, deletions, formats.

use super::{operand, put};
use crate::call::drop_word;
use crate::objects::slice;
use crate::regcode::*;
use crate::slow::{release_operands_a, release_operands_ab};
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt, attr, cells, cold, protocol};

/// Which of the instructions of this file, and making functions, word `w` is.
///
/// # Safety
/// See [`super::arith`].
#[inline(never)]
pub unsafe fn uncommon(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        match Rop::of(w) {
            Rop::MakeFunction => super::functions::make_function(cx, r, w),
            Rop::Slice => slice_of(cx, r, w),
            Rop::StoreSlice => store_slice(cx, r, w),
            Rop::FormatSpec => format_spec(cx, r, w),
            Rop::DeleteDeref => {
                let (frame, cell) = (cx.frame, a_of(w));
                cells::delete_deref(cx, frame, *r.add(cell), cell)
            }
            op @ (Rop::DeleteName | Rop::DeleteGlobal) => {
                let frame = cx.frame;
                let cache = &*(*(*frame).rc).cache_at(b_of(w));
                crate::globals::delete_name(cx, frame, cache, op == Rop::DeleteGlobal)
            }
            _ => delete(cx, r, w),
        }
    }
}

/// The bounds in registers `b` and the next: they are temporaries, and go.
unsafe fn drop_bounds(cx: &mut Cx, r: *mut u64, w: u64) {
    for i in [b_of(w), b_of(w) + 1] {
        // SAFETY: the caller's: registers of the running frame.
        let old = unsafe { std::mem::take(&mut *r.add(i)) };
        drop_word(cx, old);
    }
}

/// `d = a[lo:hi]`.
unsafe fn slice_of(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: the caller's.
    unsafe {
        let o = operand(cx, r, a_of(w))?;
        let lo = operand(cx, r, b_of(w))?;
        let hi = operand(cx, r, b_of(w) + 1)?;
        let v = match slice::plain_range(cx, o, lo, hi) {
            Some(v) => v?,
            None => {
                let key = slice::new_slice(cx, lo.clone(), hi.clone(), Value::none())?;
                protocol::getitem(cx, o, &key)?
            }
        };
        drop_bounds(cx, r, w);
        release_operands_a(cx, r, w);
        put(cx, r, w, v.into_counted().into_bits());
    }
    Ok(())
}

/// `a[lo:hi] = d`.
unsafe fn store_slice(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: the caller's.
    unsafe {
        let o = operand(cx, r, a_of(w))?;
        let lo = operand(cx, r, b_of(w))?;
        let hi = operand(cx, r, b_of(w) + 1)?;
        let v = operand(cx, r, d_of(w))?;
        // A list that ends here gives its items away.
        let moved = match x_of(w) & 4 != 0 {
            true => slice::store_ending_range(cx, o, lo, hi, v),
            false => None,
        };
        match moved.or_else(|| slice::store_plain_range(cx, o, lo, hi, v)) {
            Some(done) => done?,
            None => {
                let key = slice::new_slice(cx, lo.clone(), hi.clone(), Value::none())?;
                protocol::setitem(cx, o, &key, Some(v))?;
            }
        }
        drop_bounds(cx, r, w);
        release_operands_a(cx, r, w);
        if x_of(w) & 4 != 0 {
            let old = std::mem::take(&mut *r.add(d_of(w)));
            drop_word(cx, old);
        }
    }
    Ok(())
}

/// `del a[b]`, or `del a.name`.
unsafe fn delete(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: the caller's.
    unsafe {
        let a = operand(cx, r, a_of(w))?;
        if Rop::of(w) == Rop::DeleteAttr {
            let frame = cx.frame;
            let name = attr::name_of(frame, &*(*(*frame).rc).cache_at(b_of(w)));
            protocol::setattr(cx, a, &name, None)?;
            release_operands_a(cx, r, w);
        } else {
            let b = operand(cx, r, b_of(w))?;
            protocol::setitem(cx, a, b, None)?;
            release_operands_ab(cx, r, w);
        }
    }
    Ok(())
}

/// `d = format(a, b)`.
unsafe fn format_spec(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: the caller's.
    unsafe {
        let (a, b) = (operand(cx, r, a_of(w))?, operand(cx, r, b_of(w))?);
        let v = cold::format_spec(cx, a, b)?;
        release_operands_ab(cx, r, w);
        put(cx, r, w, v.into_bits());
    }
    Ok(())
}

/// `d = format(a)`.
///
/// # Safety
/// See [`super::arith`].
#[inline(never)]
pub unsafe fn format_simple(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let v = operand(cx, r, a_of(w))?;
        let v = if v.class_word() == word::STR {
            v.clone_in(cx.thread.tid)
        } else {
            cold::format_simple(cx, v)?
        };
        release_operands_a(cx, r, w);
        put(cx, r, w, v.into_bits());
    }
    Ok(())
}
