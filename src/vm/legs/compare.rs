//! The legs of comparisons.

use super::*;
use crate::objects::Str;

/// Whether the jump of a comparison is taken.
///
/// # Safety
/// See [`arith`].
#[cold]
#[inline(never)]
pub unsafe fn compare_jump(cx: &mut Cx, r: *mut u64, w: u64) -> Res<bool> {
    // SAFETY: by contract.
    unsafe {
        let op = CmpOp::from_u8(x_of(w) >> 2 & 7);
        if let CmpOp::Eq | CmpOp::Ne = op
            && let Some(x) = text_at(r.add(a_of(w)))
            && let Some(y) = text_at(r.add(b_of(w)))
        {
            let equal = std::ptr::eq(x, y) || x.equals(y);
            release_operands_ab(cx, r, w);
            return Ok((equal == matches!(op, CmpOp::Eq)) == (x_of(w) & 0x80 != 0));
        }
        let (a, b) = (operand(cx, r, a_of(w))?, operand(cx, r, b_of(w))?);
        let t = compare_truth(cx, a, b, op)?;
        release_operands_ab(cx, r, w);
        Ok(t == (x_of(w) & 0x80 != 0))
    }
}

/// The string in a register, if it holds one.
///
/// # Safety
/// A register of the running frame.
#[inline(always)]
unsafe fn text_at<'a>(at: *const u64) -> Option<&'a Str> {
    // SAFETY: a pointer word of a register is kept alive by it; the type word tells what is cast.
    unsafe {
        let cell = *at & !7;
        let is_text = *at & 3 == 0
            && cell != 0
            && (*(cell as *const typhon_runtime::Header)).type_word() == word::STR;
        is_text.then(|| &*(cell as *const Str))
    }
}

/// The same with `b` as an integer.
///
/// # Safety
/// See [`arith`].
#[cold]
#[inline(never)]
pub unsafe fn compare_jump_imm(cx: &mut Cx, r: *mut u64, w: u64) -> Res<bool> {
    // SAFETY: by contract.
    unsafe {
        let a = operand(cx, r, a_of(w))?;
        let b = Value::small_int(b_of(w) as u16 as i16 as i32);
        let t = compare_truth(cx, a, &b, CmpOp::from_u8(x_of(w) >> 2 & 7))?;
        release_operands_a(cx, r, w);
        Ok(t == (x_of(w) & 0x80 != 0))
    }
}

/// `d = a op b` of a comparison.
///
/// # Safety
/// See [`arith`].
#[cold]
#[inline(never)]
pub unsafe fn compare(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let (a, b) = (operand(cx, r, a_of(w))?, operand(cx, r, b_of(w))?);
        let op = x_of(w) >> 2;
        let v = compare_slow(cx, a, b, CmpOp::from_u8(op & 7), op & 8 != 0)?;
        release_operands_ab(cx, r, w);
        put(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(())
}
