//! The loop. One `loop { match }` over register code; fast legs inline, everything else in `slow.rs`, `attr.rs`, `cold.rs`.
//!
//! Invariants of a register: owned, borrowed (BORROWED bit, R11), an immediate, or 0. A dead temporary never keeps an owned
//! pointer, so a plain overwrite needs no test beyond "is the old word an owned pointer". `pc` points behind the word being
//! executed; it is stored to the frame before anything that can raise, call or reach a safepoint.
//!
//! A panic inside native code unwinds to `run`, which turns it into SystemError in the frame that was running.

use crate::call::{
    Step, call_function, drop_word, end_generator, handle_breaker, link_generator, reg_code,
    suspend_generator,
};
use crate::native::Args;
use crate::objects::builtin::{Builtin, MethodDescr};
use crate::objects::code::co;
use crate::objects::frame::{Frame, FrameKind};
use crate::objects::function::{Function, Method};
use crate::objects::generator::{DONE, Generator, SUSPENDED};
use crate::objects::typeobj::slots::CmpOp;
use crate::objects::{List, Tuple};
use crate::protocol::{self, BinOp};
use crate::regcode::*;
use crate::slow::*;
use crate::statics::{self, word};
use crate::{Cx, Raised, Res, Type, Value, ValueExt, attr, cold};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// Run the top frame (an entry frame) to its end or next yield.
pub fn run(cx: &mut Cx) -> Res<Step> {
    run_guarded(cx, None)
}

/// Run the top frame with an exception raised at its current instruction.
pub fn run_raised(cx: &mut Cx, raised: Raised) -> Res<Step> {
    run_guarded(cx, Some(raised))
}

fn run_guarded(cx: &mut Cx, mut raised: Option<Raised>) -> Res<Step> {
    let entry = cx.frame;
    let depth = cx.depth;
    let handled = cx.handled.len();
    loop {
        let r = raised.take();
        match catch_unwind(AssertUnwindSafe(|| execute(cx, r))) {
            Ok(result) => return result,
            Err(payload) => {
                // The frames above the entry frame are intact records: unwind them as an exception would.
                debug_assert!(cx.depth >= depth && cx.handled.len() >= handled && !entry.is_null());
                let text = payload
                    .downcast_ref::<&str>()
                    .map(|s| s.to_string())
                    .or_else(|| payload.downcast_ref::<String>().cloned())
                    .unwrap_or_else(|| "unknown panic".into());
                drop(cx.exc.take());
                raised = Some(cx.system_error(format!("internal error: {text}")));
            }
        }
    }
}

/// What unwinding found.
enum Unwound {
    /// A handler: continue at this word.
    Handler(*const AtomicU64),
    /// The entry frame is gone.
    Exit(Raised),
}

fn execute(cx: &mut Cx, raised: Option<Raised>) -> Res<Step> {
    let mut frame: *mut Frame = cx.frame;
    // SAFETY (whole function): R11 and the translator's checks: `pc` stays inside the code's words, operands inside the
    // frame's registers, cache and constant indices inside their tables; registers obey the invariant above.
    unsafe {
        let mut pc: *const AtomicU64 = (*frame).pc;
        let mut r: *mut u64 = (*frame).regs;
        let mut pending = raised;

        macro_rules! reg {
            ($i:expr) => {
                *r.add($i)
            };
        }
        macro_rules! vref {
            ($i:expr) => {
                &*(r.add($i) as *const Value)
            };
        }
        macro_rules! save {
            () => {
                (*frame).pc = pc
            };
        }
        macro_rules! set {
            ($d:expr, $bits:expr) => {{
                let p = r.add($d);
                let old = *p;
                *p = $bits;
                if old & 7 == 0 && old != 0 {
                    save!();
                    drop_owned(cx, old);
                }
            }};
        }
        macro_rules! release {
            ($i:expr) => {{
                let p = r.add($i);
                let old = *p;
                if old & 3 == 0 && old != 0 {
                    *p = 0;
                    if old & 4 == 0 {
                        drop_owned(cx, old);
                    }
                }
            }};
        }
        macro_rules! release_operands {
            ($w:expr) => {{
                if x_of($w) & CONSUME_A != 0 {
                    release!(a_of($w));
                }
                if x_of($w) & CONSUME_B != 0 {
                    release!(b_of($w));
                }
            }};
        }
        macro_rules! reload {
            () => {{
                frame = cx.frame;
                pc = (*frame).pc;
                r = (*frame).regs;
            }};
        }

        loop {
            // An exception: find its handler, or leave.
            if let Some(raised) = pending.take() {
                match unwind(cx, raised) {
                    Unwound::Handler(at) => {
                        frame = cx.frame;
                        r = (*frame).regs;
                        pc = at;
                    }
                    Unwound::Exit(raised) => return Err(raised),
                }
            }
            macro_rules! fail {
                ($raised:expr) => {{
                    pending = Some($raised);
                    continue;
                }};
            }
            macro_rules! try_ {
                ($e:expr) => {
                    match $e {
                        Ok(v) => v,
                        Err(raised) => {
                            pending = Some(raised);
                            break;
                        }
                    }
                };
            }
            macro_rules! breaker {
                () => {
                    if cx.thread.breaker.load(Ordering::Relaxed) != 0 {
                        save!();
                        try_!(handle_breaker(cx));
                    }
                };
            }
            let _ = |raised: Raised| -> Raised { raised };
            // What the instruction dropped runs its finalizer now; merges and other requests wait for a call or a jump back,
            // so that no foreign finalizer runs between two statements that a `with` keeps together.
            macro_rules! finalizers {
                () => {
                    if cx.thread.breaker.load(Ordering::Relaxed)
                        & typhon_runtime::thread::breaker::FINALIZERS
                        != 0
                    {
                        save!();
                        crate::call::run_pending(cx);
                    }
                };
            }
            macro_rules! operand {
                ($i:expr) => {{
                    if reg!($i) == 0 {
                        pending = Some(unbound_register(cx, frame, $i));
                        break;
                    }
                    vref!($i)
                }};
            }
            // The result of a slow operation on a and b goes to d.
            macro_rules! finish {
                ($w:expr, $e:expr) => {{
                    let bits = try_!($e).into_counted_or_immediate();
                    release_operands!($w);
                    set!(d_of($w), bits);
                }};
            }
            macro_rules! arith {
                ($w:expr, $op:expr, $int:expr, $float:expr) => {{
                    let w = $w;
                    let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                    if ((a ^ 1) | (b ^ 1)) & 3 == 0 {
                        let f: fn(i64, i64) -> Option<u64> = $int;
                        if let Some(bits) = f(a as i64, b as i64) {
                            set!(d_of(w), bits);
                            continue;
                        }
                    } else if a & b & 2 != 0 {
                        let f: fn(f64, f64) -> f64 = $float;
                        if let Some(v) = Value::from_float_imm(f(float_of(a), float_of(b))) {
                            set!(d_of(w), v.into_bits());
                            continue;
                        }
                    }
                    save!();
                    let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                    finish!(w, arith_slow(cx, $op, x_of(w) & 4 != 0, va, vb));
                }};
            }
            macro_rules! arith_imm {
                ($w:expr, $op:expr, $int:expr, $float:expr) => {{
                    let w = $w;
                    let a = reg!(a_of(w));
                    let imm = b_of(w) as u16 as i16 as i64;
                    if a & 3 == 1 {
                        let f: fn(i64, i64) -> Option<u64> = $int;
                        if let Some(bits) = f(a as i64, imm) {
                            set!(d_of(w), bits);
                            continue;
                        }
                    } else if a & 2 != 0 {
                        let f: Option<fn(f64, f64) -> f64> = $float;
                        if let Some(f) = f
                            && let Some(v) = Value::from_float_imm(f(float_of(a), imm as f64))
                        {
                            set!(d_of(w), v.into_bits());
                            continue;
                        }
                    }
                    save!();
                    let va = operand!(a_of(w));
                    let vb = Value::small_int(imm as i32);
                    let bits = try_!(arith_slow(cx, $op, x_of(w) & 4 != 0, va, &vb))
                        .into_counted_or_immediate();
                    if x_of(w) & CONSUME_A != 0 {
                        release!(a_of(w));
                    }
                    set!(d_of(w), bits);
                }};
            }

            // The inner loop leaves by `break` with `pending` set.
            loop {
                let w = (*pc).load(Ordering::Relaxed);
                pc = pc.add(1);
                match Rop::of(w) {
                    // ---- moves
                    Rop::Borrow => {
                        let bits = reg!(a_of(w));
                        let bits = if bits & 3 == 0 && bits != 0 {
                            bits | 4
                        } else {
                            bits
                        };
                        set!(d_of(w), bits);
                    }
                    Rop::LoadConst => {
                        let k = (&(*(*frame).rc).consts).get_unchecked(imm_of(w) as usize);
                        set!(d_of(w), k.bits() | if k.bits() & 3 == 0 { 4 } else { 0 });
                    }
                    Rop::LoadInt => set!(d_of(w), ((imm_of(w) as i64 as u64) << 2) | 1),
                    Rop::Copy => {
                        let bits = reg!(a_of(w));
                        if bits & 3 == 0 {
                            let v = operand!(a_of(w)).clone_in(cx.thread.tid);
                            set!(d_of(w), v.into_bits());
                        } else {
                            set!(d_of(w), bits);
                        }
                    }
                    Rop::Move => {
                        let bits = reg!(a_of(w));
                        reg!(a_of(w)) = 0;
                        set!(d_of(w), bits);
                    }
                    Rop::CopyCheck => {
                        save!();
                        let v = operand!(a_of(w)).clone_in(cx.thread.tid);
                        set!(d_of(w), v.into_bits());
                    }
                    Rop::CheckLocal => {
                        save!();
                        let _ = operand!(a_of(w));
                    }
                    Rop::TakeLocal => {
                        let bits = reg!(a_of(w));
                        reg!(a_of(w)) = 0;
                        reg!(d_of(w)) = bits;
                    }
                    Rop::Swap => {
                        let bits = reg!(a_of(w));
                        reg!(a_of(w)) = reg!(d_of(w));
                        reg!(d_of(w)) = bits;
                    }
                    Rop::Drop => {
                        save!();
                        release!(a_of(w));
                        finalizers!();
                    }
                    Rop::LoadNull => reg!(d_of(w)) = 0,
                    Rop::DeleteFast => {
                        save!();
                        let _ = operand!(a_of(w));
                        let old = reg!(a_of(w));
                        reg!(a_of(w)) = 0;
                        drop_word(cx, old);
                        finalizers!();
                    }
                    // ---- arithmetic
                    Rop::Add => arith!(
                        w,
                        BinOp::Add,
                        |a, b| a.checked_add(b - 1).map(|v| v as u64),
                        |a, b| a + b
                    ),
                    Rop::Sub => arith!(
                        w,
                        BinOp::Sub,
                        |a, b| a.checked_sub(b - 1).map(|v| v as u64),
                        |a, b| a - b
                    ),
                    Rop::Mul => arith!(
                        w,
                        BinOp::Mul,
                        |a, b| (a >> 2).checked_mul(b - 1).map(|v| v as u64 | 1),
                        |a, b| a * b
                    ),
                    Rop::TrueDiv => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        if a & b & 2 != 0
                            && let Some(v) = Value::from_float_imm(float_of(a) / float_of(b))
                        {
                            set!(d_of(w), v.into_bits());
                            continue;
                        }
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        finish!(w, arith_slow(cx, BinOp::TrueDiv, x_of(w) & 4 != 0, va, vb));
                    }
                    Rop::FloorDiv => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        if ((a ^ 1) | (b ^ 1)) & 3 == 0 && b != 1 && b as i64 != -3 {
                            let q = floor_div(a as i64 >> 2, b as i64 >> 2);
                            set!(d_of(w), ((q as u64) << 2) | 1);
                            continue;
                        }
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        finish!(w, arith_slow(cx, BinOp::FloorDiv, x_of(w) & 4 != 0, va, vb));
                    }
                    Rop::Mod => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        if ((a ^ 1) | (b ^ 1)) & 3 == 0 && b != 1 && b as i64 != -3 {
                            let m = floor_mod(a as i64 >> 2, b as i64 >> 2);
                            set!(d_of(w), ((m as u64) << 2) | 1);
                            continue;
                        }
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        finish!(w, arith_slow(cx, BinOp::Mod, x_of(w) & 4 != 0, va, vb));
                    }
                    Rop::And => arith_bits!(
                        w,
                        BinOp::And,
                        |a: u64, b: u64| a & b,
                        cx,
                        frame,
                        pc,
                        r,
                        pending
                    ),
                    Rop::Or => arith_bits!(
                        w,
                        BinOp::Or,
                        |a: u64, b: u64| a | b,
                        cx,
                        frame,
                        pc,
                        r,
                        pending
                    ),
                    Rop::Xor => arith_bits!(
                        w,
                        BinOp::Xor,
                        |a: u64, b: u64| (a ^ b) | 1,
                        cx,
                        frame,
                        pc,
                        r,
                        pending
                    ),
                    Rop::LShift => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        if ((a ^ 1) | (b ^ 1)) & 3 == 0
                            && let Some(bits) = shift_left(a as i64, b as i64 >> 2)
                        {
                            set!(d_of(w), bits);
                            continue;
                        }
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        finish!(w, arith_slow(cx, BinOp::LShift, x_of(w) & 4 != 0, va, vb));
                    }
                    Rop::RShift => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        if ((a ^ 1) | (b ^ 1)) & 3 == 0 && (b as i64) > 0 {
                            let n = (b >> 2).min(63);
                            set!(d_of(w), (((a as i64 >> 2 >> n) as u64) << 2) | 1);
                            continue;
                        }
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        finish!(w, arith_slow(cx, BinOp::RShift, x_of(w) & 4 != 0, va, vb));
                    }
                    Rop::AddI => arith_imm!(
                        w,
                        BinOp::Add,
                        |a, b| a.checked_add(b << 2).map(|v| v as u64),
                        Some(|a, b| a + b)
                    ),
                    Rop::SubI => arith_imm!(
                        w,
                        BinOp::Sub,
                        |a, b| a.checked_sub(b << 2).map(|v| v as u64),
                        Some(|a, b| a - b)
                    ),
                    Rop::MulI => arith_imm!(
                        w,
                        BinOp::Mul,
                        |a, b| (a - 1).checked_mul(b).map(|v| v as u64 | 1),
                        Some(|a, b| a * b)
                    ),
                    Rop::ModI => arith_imm!(
                        w,
                        BinOp::Mod,
                        |a, b| if b > 0 {
                            Some(((floor_mod(a >> 2, b) as u64) << 2) | 1)
                        } else {
                            None
                        },
                        None
                    ),
                    Rop::FloorDivI => arith_imm!(
                        w,
                        BinOp::FloorDiv,
                        |a, b| if b > 0 {
                            Some(((floor_div(a >> 2, b) as u64) << 2) | 1)
                        } else {
                            None
                        },
                        None
                    ),
                    Rop::AndI => arith_imm!(
                        w,
                        BinOp::And,
                        |a, b| Some(a as u64 & (((b as u64) << 2) | 1)),
                        None
                    ),
                    Rop::RShiftI => arith_imm!(
                        w,
                        BinOp::RShift,
                        |a, b| if b >= 0 {
                            Some((((a >> 2 >> b.min(63)) as u64) << 2) | 1)
                        } else {
                            None
                        },
                        None
                    ),
                    Rop::LShiftI => arith_imm!(w, BinOp::LShift, shift_left, None),
                    Rop::Binary => {
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        finish!(w, protocol::binary_op(cx, x_of(w) >> 2, va, vb));
                    }
                    Rop::Subscr => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        if a & 3 == 0 && a != 0 && b & 3 == 1 {
                            let o = vref!(a_of(w));
                            let i = b as i64 >> 2;
                            if let Some(v) = item_fast(cx, o, i) {
                                release_operands!(w);
                                set!(d_of(w), v);
                                continue;
                            }
                        }
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        finish!(w, subscr_slow(cx, va, vb));
                    }
                    Rop::SubscrI => {
                        let a = reg!(a_of(w));
                        let i = b_of(w) as u16 as i16 as i64;
                        if a & 3 == 0
                            && a != 0
                            && let Some(v) = item_fast(cx, vref!(a_of(w)), i)
                        {
                            if x_of(w) & CONSUME_A != 0 {
                                release!(a_of(w));
                            }
                            set!(d_of(w), v);
                            continue;
                        }
                        save!();
                        let va = operand!(a_of(w));
                        let bits = try_!(subscr_slow(cx, va, &Value::small_int(i as i32)))
                            .into_counted_or_immediate();
                        if x_of(w) & CONSUME_A != 0 {
                            release!(a_of(w));
                        }
                        set!(d_of(w), bits);
                    }
                    Rop::Compare => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        let op = x_of(w) >> 2;
                        if ((a ^ 1) | (b ^ 1)) & 3 == 0 {
                            let t = compare_words(op & 7, a as i64, b as i64);
                            set!(d_of(w), bool_bits(t));
                            continue;
                        }
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        finish!(
                            w,
                            compare_slow(cx, va, vb, CmpOp::from_u8(op & 7), op & 8 != 0)
                        );
                    }
                    Rop::CmpJump => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        let target = (*pc).load(Ordering::Relaxed) as isize;
                        let t = if ((a ^ 1) | (b ^ 1)) & 3 == 0 {
                            order_in(d_of(w), a as i64, b as i64)
                        } else if a & b & 2 != 0 {
                            float_order_in(d_of(w), float_of(a), float_of(b))
                        } else {
                            save!();
                            let op = (x_of(w) >> 2) & 7;
                            let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                            let t = try_!(compare_truth(cx, va, vb, CmpOp::from_u8(op)));
                            release_operands!(w);
                            t
                        };
                        pc = pc.add(1);
                        if t == (x_of(w) & 0x80 != 0) {
                            pc = pc.offset(target);
                        }
                    }
                    Rop::CmpJumpI => {
                        let a = reg!(a_of(w));
                        let imm = b_of(w) as u16 as i16 as i64;
                        let target = (*pc).load(Ordering::Relaxed) as isize;
                        let t = if a & 3 == 1 {
                            order_in(d_of(w), a as i64, (imm << 2) | 1)
                        } else {
                            save!();
                            let op = (x_of(w) >> 2) & 7;
                            let va = operand!(a_of(w));
                            let t = try_!(compare_truth(
                                cx,
                                va,
                                &Value::small_int(imm as i32),
                                CmpOp::from_u8(op)
                            ));
                            if x_of(w) & CONSUME_A != 0 {
                                release!(a_of(w));
                            }
                            t
                        };
                        pc = pc.add(1);
                        if t == (x_of(w) & 0x80 != 0) {
                            pc = pc.offset(target);
                        }
                    }
                    Rop::IsOp => {
                        save!();
                        let same = operand!(a_of(w)).is(operand!(b_of(w)));
                        release_operands!(w);
                        set!(d_of(w), bool_bits(same != (x_of(w) & 4 != 0)));
                    }
                    Rop::ContainsOp => {
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        let found = try_!(contains_slow(cx, vb, va));
                        release_operands!(w);
                        set!(d_of(w), bool_bits(found != (x_of(w) & 4 != 0)));
                    }
                    Rop::Not => {
                        save!();
                        let t = try_!(protocol::truthy(cx, operand!(a_of(w))));
                        release_operands!(w);
                        set!(d_of(w), bool_bits(!t));
                    }
                    Rop::ToBool => {
                        save!();
                        let t = try_!(protocol::truthy(cx, operand!(a_of(w))));
                        release_operands!(w);
                        set!(d_of(w), bool_bits(t));
                    }
                    Rop::Neg => {
                        let a = reg!(a_of(w));
                        if a & 3 == 1
                            && let Some(v) = 2i64.checked_sub(a as i64)
                        {
                            set!(d_of(w), v as u64);
                            continue;
                        }
                        save!();
                        let va = operand!(a_of(w));
                        let bits = try_!(protocol::unary(cx, "-", va)).into_counted_or_immediate();
                        release_operands!(w);
                        set!(d_of(w), bits);
                    }
                    Rop::Invert => {
                        save!();
                        let va = operand!(a_of(w));
                        let bits = try_!(protocol::unary(cx, "~", va)).into_counted_or_immediate();
                        release_operands!(w);
                        set!(d_of(w), bits);
                    }
                    // ---- jumps
                    Rop::Jump | Rop::JumpBackQuiet => pc = pc.offset(imm_of(w) as isize),
                    Rop::JumpBack => {
                        pc = pc.offset(imm_of(w) as isize);
                        breaker!();
                    }
                    Rop::JumpTrue | Rop::JumpFalse => {
                        let bits = reg!(d_of(w));
                        let t = match bits & !4 {
                            statics::TRUE => true,
                            statics::FALSE | statics::NONE => false,
                            _ => {
                                save!();
                                let v = operand!(d_of(w));
                                let t = try_!(protocol::truthy(cx, v));
                                if x_of(w) & CONSUME_A != 0 {
                                    release!(d_of(w));
                                }
                                t
                            }
                        };
                        if t == (Rop::of(w) == Rop::JumpTrue) {
                            pc = pc.offset(imm_of(w) as isize);
                        }
                    }
                    Rop::JumpNone | Rop::JumpNotNone => {
                        let none = reg!(d_of(w)) & !4 == statics::NONE;
                        if x_of(w) & CONSUME_A != 0 {
                            save!();
                            release!(d_of(w));
                        }
                        if none == (Rop::of(w) == Rop::JumpNone) {
                            pc = pc.offset(imm_of(w) as isize);
                        }
                    }
                    // ---- names
                    Rop::LoadGlobal => {
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        if x_of(w) != 0 {
                            reg!(d_of(w) + 1) = 0;
                        }
                        if let Some(bits) = attr::global_hit(cx, frame, cache) {
                            set!(d_of(w), bits);
                            continue;
                        }
                        save!();
                        let bits = try_!(attr::load_global(cx, frame, cache));
                        set!(d_of(w), bits);
                    }
                    Rop::LoadName => {
                        save!();
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        let bits = try_!(attr::load_name(cx, frame, cache));
                        set!(d_of(w), bits);
                    }
                    Rop::StoreName | Rop::StoreGlobal => {
                        save!();
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        let v = operand!(a_of(w)).clone_in(cx.thread.tid);
                        if x_of(w) & CONSUME_A != 0 {
                            release!(a_of(w));
                        }
                        try_!(attr::store_name(
                            cx,
                            frame,
                            cache,
                            v,
                            Rop::of(w) == Rop::StoreGlobal
                        ));
                        breaker!();
                    }
                    Rop::DeleteName | Rop::DeleteGlobal => {
                        save!();
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        try_!(attr::delete_name(
                            cx,
                            frame,
                            cache,
                            Rop::of(w) == Rop::DeleteGlobal
                        ));
                        breaker!();
                    }
                    Rop::LoadAttr => {
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        let a = reg!(a_of(w));
                        if a & 3 == 0
                            && a != 0
                            && let Some(bits) = attr::attr_hit(cx, a, cache)
                        {
                            if x_of(w) & CONSUME_A != 0 {
                                save!();
                                release!(a_of(w));
                            }
                            set!(d_of(w), bits);
                            continue;
                        }
                        save!();
                        let va = operand!(a_of(w));
                        let bits = try_!(attr::load_attr(cx, frame, va, cache));
                        release_operands_a(cx, r, w);
                        set!(d_of(w), bits);
                        finalizers!();
                    }
                    Rop::LoadMethod => {
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        let a = reg!(a_of(w));
                        let func = if a & 3 == 0 && a != 0 {
                            attr::method_hit(a, cache)
                        } else {
                            None
                        };
                        let func = match func {
                            Some(f) => f,
                            None => {
                                save!();
                                let va = operand!(a_of(w));
                                match try_!(attr::load_method(cx, frame, va, cache)) {
                                    attr::Loaded::Method(f) => f,
                                    attr::Loaded::Value(bits) => {
                                        release_operands_a(cx, r, w);
                                        reg!(d_of(w)) = bits;
                                        reg!(d_of(w) + 1) = 0;
                                        continue;
                                    }
                                }
                            }
                        };
                        let this = if x_of(w) & CONSUME_A != 0 {
                            reg!(a_of(w)) = 0;
                            a
                        } else if a & 3 == 0 {
                            a | 4
                        } else {
                            a
                        };
                        reg!(d_of(w)) = func;
                        reg!(d_of(w) + 1) = this;
                    }
                    Rop::StoreAttr => {
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        save!();
                        let o = operand!(a_of(w));
                        let v = operand!(d_of(w));
                        if !attr::store_hit(cx, o, v, cache) {
                            try_!(attr::store_attr(cx, frame, o, v, cache));
                        }
                        if x_of(w) & CONSUME_A != 0 {
                            release!(a_of(w));
                        }
                        if x_of(w) & CONSUME_B != 0 {
                            release!(d_of(w));
                        }
                        finalizers!();
                    }
                    Rop::DeleteAttr => {
                        save!();
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        let name = attr::name_of(frame, cache);
                        try_!(protocol::setattr(cx, operand!(a_of(w)), &name, None));
                        release_operands_a(cx, r, w);
                        finalizers!();
                    }
                    Rop::LoadSuperAttr => {
                        save!();
                        let cache = (&(*(*frame).rc).caches).get_unchecked(b_of(w));
                        try_!(attr::load_super(
                            cx,
                            frame,
                            r.add(d_of(w)),
                            x_of(w) >> 2,
                            cache
                        ));
                    }
                    Rop::LoadDeref => {
                        save!();
                        let bits = try_!(attr::load_deref(cx, frame, reg!(a_of(w)), a_of(w)));
                        set!(d_of(w), bits);
                    }
                    Rop::StoreDeref => {
                        save!();
                        let v = operand!(a_of(w)).clone_in(cx.thread.tid);
                        release_operands_a(cx, r, w);
                        try_!(attr::store_deref(cx, reg!(d_of(w)), Some(v)));
                        finalizers!();
                    }
                    Rop::DeleteDeref => {
                        save!();
                        try_!(attr::delete_deref(cx, frame, reg!(a_of(w)), a_of(w)));
                        finalizers!();
                    }
                    Rop::MakeCell => {
                        save!();
                        let old = reg!(a_of(w));
                        let init = if old == 0 {
                            None
                        } else {
                            Some(crate::call::counted(cx, old))
                        };
                        let cell = try_!(crate::objects::cell::methods::new_cell(cx, init));
                        reg!(a_of(w)) = cell.into_bits();
                        drop_word(cx, old);
                    }
                    Rop::CopyFreeVars => {
                        let n = a_of(w);
                        let nlocals = (*(*frame).rc).nlocals;
                        let f = &*(((*frame).func & !7) as *const Function);
                        let cells = f
                            .closure
                            .as_ref()
                            .and_then(|c| c.downcast::<Tuple>())
                            .map_or(&[][..], Tuple::items);
                        if cells.len() != n || n > nlocals {
                            save!();
                            fail_break!(pending, cx.system_error("closure does not fit its code"));
                        }
                        for (i, c) in cells.iter().enumerate() {
                            // The closure tuple outlives the frame.
                            reg!(nlocals - n + i) = c.bits() | 4;
                        }
                    }
                    // ---- containers
                    Rop::BuildTuple => {
                        save!();
                        let (base, n) = (a_of(w), b_of(w));
                        let items = TakeRegs::new(cx, r.add(base), n);
                        let v = try_!(crate::objects::tuple::new_tuple_from(cx, n, items));
                        set!(d_of(w), v.into_bits());
                    }
                    Rop::BuildList => {
                        save!();
                        let (base, n) = (a_of(w), b_of(w));
                        let items: Vec<Value> = TakeRegs::new(cx, r.add(base), n).collect();
                        let v = try_!(crate::objects::list::new_list(cx, items));
                        set!(d_of(w), v.into_bits());
                    }
                    Rop::BuildMap | Rop::BuildSet | Rop::BuildString | Rop::BuildSlice => {
                        save!();
                        let (base, n) = (a_of(w), b_of(w));
                        let count = if Rop::of(w) == Rop::BuildMap {
                            2 * n
                        } else {
                            n
                        };
                        let regs = std::slice::from_raw_parts(r.add(base) as *const Value, count);
                        let v = try_!(cold::build(cx, Rop::of(w), regs));
                        for i in base..base + count {
                            release!(i);
                        }
                        set!(d_of(w), v.into_bits());
                    }
                    Rop::ListAppend => {
                        save!();
                        let v = operand!(b_of(w)).clone_in(cx.thread.tid);
                        if x_of(w) & CONSUME_B != 0 {
                            release!(b_of(w));
                        }
                        let Some(l) = vref!(a_of(w)).downcast::<List>() else {
                            fail_break!(pending, cx.system_error("LIST_APPEND to something else"));
                        };
                        try_!(l.push_register(cx, v));
                    }
                    Rop::SetAdd => {
                        save!();
                        let v = operand!(b_of(w));
                        try_!(cold::set_add(cx, vref!(a_of(w)), v));
                        if x_of(w) & CONSUME_B != 0 {
                            release!(b_of(w));
                        }
                    }
                    Rop::MapAdd => {
                        save!();
                        let (k, v) = (operand!(a_of(w)), operand!(b_of(w)));
                        try_!(cold::map_add(cx, vref!(d_of(w)), k, v));
                        release_operands!(w);
                    }
                    Rop::StoreSubscr => {
                        save!();
                        let (o, k, v) = (operand!(a_of(w)), operand!(b_of(w)), operand!(d_of(w)));
                        try_!(store_subscr(cx, o, k, v));
                        release_operands!(w);
                        if x_of(w) & 4 != 0 {
                            release!(d_of(w));
                        }
                        finalizers!();
                    }
                    Rop::DeleteSubscr => {
                        save!();
                        let (o, k) = (operand!(a_of(w)), operand!(b_of(w)));
                        try_!(protocol::setitem(cx, o, k, None));
                        release_operands!(w);
                        finalizers!();
                    }
                    Rop::Unpack => {
                        save!();
                        let v = operand!(a_of(w)).clone_in(cx.thread.tid);
                        release!(a_of(w));
                        try_!(cold::unpack(cx, v, r.add(d_of(w)), b_of(w)));
                    }
                    // ---- iteration
                    Rop::GetIter => {
                        save!();
                        let va = operand!(a_of(w));
                        let it = if va.class_word() == word::GENERATOR {
                            va.clone_in(cx.thread.tid)
                        } else {
                            try_!(protocol::iter(cx, va))
                        };
                        release_operands_a(cx, r, w);
                        set!(d_of(w), it.into_bits());
                    }
                    Rop::ForIter => {
                        let target = (*pc).load(Ordering::Relaxed) as isize;
                        pc = pc.add(1);
                        let it = &*(r.add(a_of(w)) as *const Value);
                        save!();
                        match it.class_word() {
                            word::GENERATOR => {
                                let g = &*((it.bits() & !7) as *const Generator);
                                match g.try_start() {
                                    Ok(state) => {
                                        let gf = try_!(link_generator(cx, g, FrameKind::GenInline));
                                        crate::call::give(cx, gf, state, Value::none());
                                        reload!();
                                        continue;
                                    }
                                    Err(DONE) => {
                                        pc = pc.offset(target);
                                        continue;
                                    }
                                    Err(_) => fail_break!(
                                        pending,
                                        cx.value_error("generator already executing")
                                    ),
                                }
                            }
                            _ => match try_!(next_fast(cx, it)) {
                                Some(v) => set!(d_of(w), v.into_bits()),
                                None => pc = pc.offset(target),
                            },
                        }
                    }
                    Rop::Send => {
                        let target = (*pc).load(Ordering::Relaxed) as isize;
                        pc = pc.add(1);
                        save!();
                        let receiver = vref!(a_of(w)).clone_in(cx.thread.tid);
                        let value = operand!(b_of(w)).clone_in(cx.thread.tid);
                        match try_!(cold::send(cx, &receiver, value)) {
                            Step::Yield(v) => set!(d_of(w), v.into_bits()),
                            Step::Return(v) => {
                                set!(d_of(w), v.into_bits());
                                pc = pc.offset(target);
                            }
                        }
                    }
                    Rop::Yield => {
                        save!();
                        let bits = reg!(a_of(w));
                        reg!(a_of(w)) = 0;
                        let v = if bits & 7 == 4 {
                            crate::call::counted(cx, bits)
                        } else {
                            Value::from_bits(bits)
                        };
                        let g = &*(((*frame).generator & !7) as *const Generator);
                        let kind = (*frame).kind;
                        g.delegating.store(x_of(w) >> 2, Ordering::Relaxed);
                        suspend_generator(cx, g);
                        if kind == FrameKind::GenEntry {
                            return Ok(Step::Yield(v));
                        }
                        reload!();
                        // Resumed by ForIter: its word stands before the target word.
                        let fw = (*pc.sub(2)).load(Ordering::Relaxed);
                        set!(d_of(fw), v.into_bits());
                    }
                    // ---- calls
                    Rop::Call => {
                        save!();
                        let base = a_of(w);
                        let argc = b_of(w);
                        let callee = reg!(base);
                        if callee & 3 != 0 || callee == 0 {
                            fail_break!(pending, not_callable(cx, vref!(base)));
                        }
                        let type_word =
                            (*((callee & !7) as *const typhon_runtime::header::Header)).type_word();
                        if type_word == word::FUNCTION {
                            let f = &*((callee & !7) as *const Function);
                            let rc = try_!(reg_code(cx, f.code()));
                            let has_self = (reg!(base + 1) != 0) as usize;
                            let (at, n) = (base + 2 - has_self, argc + has_self);
                            if n == rc.inline_argc && (*frame).generator == 0 {
                                try_!(cx.push_frame(
                                    callee | 4,
                                    f,
                                    rc,
                                    r.add(at),
                                    FrameKind::Inline
                                ));
                                frame = cx.frame;
                                r = r.add(at);
                                for i in n..rc.nlocals {
                                    reg!(i) = 0;
                                }
                                pc = rc.words.as_ptr();
                                breaker!();
                                continue;
                            }
                            try_!(enter_function(cx, r.add(base), at - base, n, None));
                            reload!();
                            breaker!();
                            continue;
                        }
                        match type_word {
                            word::METHOD if reg!(base + 1) == 0 => {
                                let m = &*((callee & !7) as *const Method);
                                reg!(base + 1) = if m.this.bits() & 3 == 0 {
                                    m.this.bits() | 4
                                } else {
                                    m.this.bits()
                                };
                                if m.func.class_word() == word::FUNCTION {
                                    // The method object in `base` keeps both alive.
                                    try_!(enter_method(cx, r.add(base), argc));
                                    reload!();
                                } else {
                                    let pos = std::slice::from_raw_parts(
                                        r.add(base + 1) as *const Value,
                                        argc + 1,
                                    );
                                    let v = try_!(protocol::call(cx, &m.func, pos));
                                    for i in base..base + argc + 2 {
                                        release!(i);
                                    }
                                    set!(d_of(w), v.into_counted_or_immediate());
                                    breaker!();
                                }
                            }
                            t @ (word::BUILTIN | word::METHOD_DESCR) => {
                                let (at, n) = if reg!(base + 1) != 0 {
                                    (base + 1, argc + 1)
                                } else {
                                    (base + 2, argc)
                                };
                                let pos = std::slice::from_raw_parts(r.add(at) as *const Value, n);
                                let v = if t == word::METHOD_DESCR {
                                    let d = &*((callee & !7) as *const MethodDescr);
                                    try_!((d.def.call)(
                                        cx,
                                        Args {
                                            pos,
                                            kwvalues: &[],
                                            kwnames: None
                                        }
                                    ))
                                } else {
                                    let f = &*((callee & !7) as *const Builtin);
                                    try_!(call_builtin(cx, f, pos))
                                };
                                for i in base..base + argc + 2 {
                                    release!(i);
                                }
                                set!(d_of(w), v.into_counted_or_immediate());
                                if x_of(w) == 0 {
                                    breaker!();
                                } else {
                                    finalizers!();
                                }
                            }
                            word::TYPE => {
                                let cls = &*((callee & !7) as *const Type);
                                if reg!(base + 1) == 0
                                    && let Some(init) = attr::python_init(cx, cls)
                                {
                                    // Allocate, then run __init__ inline: the instance waits in `base`, borrowed as self.
                                    let instance =
                                        try_!(crate::objects::object::alloc_plain(cx, cls));
                                    let bits = instance.into_bits();
                                    let old = reg!(base);
                                    reg!(base) = bits;
                                    reg!(base + 1) = bits | 4;
                                    drop_word(cx, old);
                                    try_!(enter_function(cx, r.add(base), 1, argc + 1, Some(init)));
                                    reload!();
                                    continue;
                                }
                                let v = try_!(call_slow(cx, r.add(base), argc));
                                for i in base..base + argc + 2 {
                                    release!(i);
                                }
                                set!(d_of(w), v.into_counted_or_immediate());
                                breaker!();
                            }
                            _ => {
                                let v = try_!(call_slow(cx, r.add(base), argc));
                                for i in base..base + argc + 2 {
                                    release!(i);
                                }
                                set!(d_of(w), v.into_counted_or_immediate());
                                breaker!();
                            }
                        }
                    }
                    Rop::CallKw => {
                        save!();
                        let base = a_of(w);
                        let argc = b_of(w);
                        let names = reg!(base + 2 + argc);
                        let Some(names_t) =
                            (&*(r.add(base + 2 + argc) as *const Value)).downcast::<Tuple>()
                        else {
                            fail_break!(pending, cx.system_error("CALL_KW without names"));
                        };
                        let nk = names_t.len();
                        if nk > argc || reg!(base) == 0 {
                            fail_break!(pending, cx.system_error("CALL_KW with too many names"));
                        }
                        let (at, n) = if reg!(base + 1) != 0 {
                            (base + 1, argc + 1)
                        } else {
                            (base + 2, argc)
                        };
                        let _ = names;
                        if reg!(base) & 3 == 0 && vref!(base).class_word() == word::FUNCTION {
                            try_!(enter_function_kw(cx, r.add(base), at - base, n - nk, nk));
                            reload!();
                            continue;
                        }
                        let pos = std::slice::from_raw_parts(r.add(at) as *const Value, n - nk);
                        let kwvalues =
                            std::slice::from_raw_parts(r.add(at + n - nk) as *const Value, nk);
                        let v = try_!(protocol::call_args(
                            cx,
                            vref!(base),
                            Args {
                                pos,
                                kwvalues,
                                kwnames: Some(names_t)
                            }
                        ));
                        for i in base..base + argc + 3 {
                            release!(i);
                        }
                        set!(d_of(w), v.into_counted_or_immediate());
                        breaker!();
                    }
                    Rop::CallEx => {
                        save!();
                        let base = a_of(w);
                        let v = try_!(cold::call_ex(cx, r.add(base)));
                        for i in base..base + 4 {
                            release!(i);
                        }
                        set!(d_of(w), v.into_counted_or_immediate());
                        breaker!();
                    }
                    Rop::Return => {
                        let bits = reg!(a_of(w));
                        if bits == 0 {
                            save!();
                            fail_break!(pending, unbound_register(cx, frame, a_of(w)));
                        }
                        // Move out of the register: it is about to be cleared.
                        let bits = if bits & 7 == 4 {
                            if bits & !0xFFFF == statics::NONE & !0xFFFF {
                                bits & !4
                            } else {
                                crate::call::counted(cx, bits).into_bits()
                            }
                        } else {
                            reg!(a_of(w)) = 0;
                            bits
                        };
                        save!();
                        let kind = (*frame).kind;
                        if kind == FrameKind::Inline {
                            cx.pop_frame();
                            reload!();
                            let cw = (*pc.sub(1)).load(Ordering::Relaxed);
                            release!(a_of(cw));
                            set!(d_of(cw), bits);
                            breaker!();
                            continue;
                        }
                        match kind {
                            FrameKind::Inline => {}
                            FrameKind::Init => {
                                cx.pop_frame();
                                reload!();
                                let cw = (*pc.sub(1)).load(Ordering::Relaxed);
                                if bits != statics::NONE {
                                    let v = Value::from_bits(bits);
                                    let t = v.type_name();
                                    drop(v);
                                    fail_break!(
                                        pending,
                                        cx.type_error(format!(
                                            "__init__() should return None, not '{t}'"
                                        ))
                                    );
                                }
                                let instance = reg!(a_of(cw));
                                reg!(a_of(cw)) = 0;
                                set!(d_of(cw), instance);
                                breaker!();
                            }
                            FrameKind::Entry => {
                                cx.pop_frame();
                                return Ok(Step::Return(Value::from_bits(bits)));
                            }
                            FrameKind::GenInline | FrameKind::GenEntry => {
                                let gv = crate::call::counted(cx, (*frame).generator);
                                let g = &*((gv.bits() & !7) as *const Generator);
                                end_generator(cx, g);
                                if kind == FrameKind::GenEntry {
                                    return Ok(Step::Return(Value::from_bits(bits)));
                                }
                                drop_word(cx, bits);
                                reload!();
                                drop(gv);
                                // ForIter: exhausted.
                                let target = (*pc.sub(1)).load(Ordering::Relaxed) as isize;
                                pc = pc.offset(target);
                                breaker!();
                            }
                        }
                    }
                    Rop::ReturnGenerator => {
                        save!();
                        let kind = (*frame).kind;
                        let v = try_!(crate::call::make_generator(cx, pc));
                        let bits = v.into_bits();
                        if kind == FrameKind::Entry {
                            return Ok(Step::Return(Value::from_bits(bits)));
                        }
                        reload!();
                        let cw = (*pc.sub(1)).load(Ordering::Relaxed);
                        release!(a_of(cw));
                        set!(d_of(cw), bits);
                    }
                    // ---- strings
                    Rop::FormatSimple => {
                        save!();
                        let va = operand!(a_of(w));
                        let v = if va.class_word() == word::STR {
                            va.clone_in(cx.thread.tid)
                        } else {
                            try_!(cold::format_simple(cx, va))
                        };
                        release_operands_a(cx, r, w);
                        set!(d_of(w), v.into_bits());
                    }
                    Rop::FormatSpec => {
                        save!();
                        let (va, vb) = (operand!(a_of(w)), operand!(b_of(w)));
                        let v = try_!(cold::format_spec(cx, va, vb));
                        release_operands!(w);
                        set!(d_of(w), v.into_bits());
                    }
                    Rop::Cold => {
                        save!();
                        try_!(cold::exec(cx, frame, x_of(w), d_of(w), imm_of(w) as u32));
                        finalizers!();
                    }
                }
            }
            let _ = (
                SUSPENDED,
                co::GENERATOR,
                call_function as fn(&mut Cx, &Value, Args<'_>) -> Res<Value>,
            );
            if false {
                fail!(cx.system_error(""));
            }
        }
    }
}

/// The bit operators on two words.
macro_rules! arith_bits {
    ($w:expr, $op:expr, $f:expr, $cx:ident, $frame:ident, $pc:ident, $r:ident, $pending:ident) => {{
        let w = $w;
        let (a, b) = (*$r.add(a_of(w)), *$r.add(b_of(w)));
        if ((a ^ 1) | (b ^ 1)) & 3 == 0 {
            let f: fn(u64, u64) -> u64 = $f;
            let p = $r.add(d_of(w));
            let old = *p;
            *p = f(a, b);
            drop_word($cx, old);
            continue;
        }
        (*$frame).pc = $pc;
        if a == 0 || b == 0 {
            $pending = Some(unbound_register(
                $cx,
                $frame,
                if a == 0 { a_of(w) } else { b_of(w) },
            ));
            break;
        }
        let (va, vb) = (
            &*($r.add(a_of(w)) as *const Value),
            &*($r.add(b_of(w)) as *const Value),
        );
        match arith_slow($cx, $op, x_of(w) & 4 != 0, va, vb) {
            Ok(v) => {
                let bits = v.into_bits();
                release_operands_ab($cx, $r, w);
                let p = $r.add(d_of(w));
                let old = *p;
                *p = bits;
                drop_word($cx, old);
            }
            Err(raised) => {
                $pending = Some(raised);
                break;
            }
        }
    }};
}
use arith_bits;

macro_rules! fail_break {
    ($pending:ident, $raised:expr) => {{
        $pending = Some($raised);
        break;
    }};
}
use fail_break;

/// Find the handler of the pending exception, popping frames on the way.
#[cold]
#[inline(never)]
fn unwind(cx: &mut Cx, mut raised: Raised) -> Unwound {
    loop {
        let f = cx.frame;
        let exc = cx.take_exc(raised);
        // SAFETY: the running frame of this thread.
        let (offset, line) = unsafe { ((*f).lasti(), (*f).line()) };
        if !std::mem::take(&mut cx.no_traceback)
            && let Err(r) = crate::objects::frame::object::frame_object(cx, f).and_then(|obj| {
                crate::objects::exception::traceback::add_entry(cx, &exc, obj, offset, line)
            })
        {
            // Out of memory while recording: the exception goes on without this entry.
            drop(cx.take_exc(r));
        }
        // SAFETY: as above; the handler's depth was checked by the translator.
        unsafe {
            if let Some(h) = (*f).code().handler_for(offset) {
                cx.clear_temps(f, h.depth as usize);
                let mut at = (*f).code().nlocals + h.depth as usize;
                if h.lasti {
                    *(*f).regs.add(at) = ((offset as u64) << 2) | 1;
                    at += 1;
                }
                *(*f).regs.add(at) = exc.into_bits();
                return Unwound::Handler((*f).code().words.as_ptr().add(h.target as usize));
            }
            cx.clear_temps(f, 0);
            let kind = (*f).kind;
            raised = cx.reraise(exc);
            match kind {
                FrameKind::Inline | FrameKind::Init => cx.pop_frame(),
                FrameKind::Entry => {
                    cx.pop_frame();
                    return Unwound::Exit(raised);
                }
                FrameKind::GenInline | FrameKind::GenEntry => {
                    let gv = crate::call::counted(cx, (*f).generator);
                    let g = &*((gv.bits() & !7) as *const Generator);
                    end_generator(cx, g);
                    drop(gv);
                    if kind == FrameKind::GenEntry {
                        return Unwound::Exit(raised);
                    }
                    // A generator driven by `for`: StopIteration cannot come out of it (PEP 479).
                }
            }
        }
    }
}
