//! The loop. One `loop { match }` over register code; fast legs inline, everything else in `legs.rs`, `slow.rs`, `attr.rs`, `cold.rs`.
//!
//! Invariants of a register: owned, borrowed (BORROWED bit, R11), an immediate, or 0. A dead temporary never keeps an owned
//! pointer, so only a result that goes to a local (`DEST_LOCAL`) looks at the word it displaces. `pc` points at the word being
//! executed; it is stored to the frame before anything that can raise, call or reach a safepoint.
//!
//! What the loop calls is `#[inline(never)]`: link-time optimization inlines a function with one caller whatever its size, and
//! then `pc`, the registers' address and `cx` live on the machine stack (ARCHITECTURE.md has the figures).
//!
//! A panic inside native code unwinds to `run`, which turns it into SystemError in the frame that was running.

use crate::call::{Step, at_breaker, drop_word};
use crate::monitor::switch::At;
use crate::objects::frame::{Frame, FrameKind};
use crate::objects::function::Function;
use crate::protocol::BinOp;
use crate::regcode::*;
use crate::slow::*;
use crate::statics::{self, word};
use crate::unwind::{Unwound, unwind};
use crate::{Cx, Raised, Res, Value, ValueExt, attr, cells, cold, globals, legs};
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_runtime::header::Header;

/// Run from the top frame, or go on with an exception raised at its current instruction. `COUNTED`: `-X stats`.
// The assembly block is empty: it looks at no memory.
#[expect(clippy::pointers_in_nomem_asm_block)]
pub(crate) fn execute<const COUNTED: bool>(cx: &mut Cx, raised: Option<Raised>) -> Res<Step> {
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
        // The way to the next word as a block of its own, which can get a copy of the jump there: what a conditional jump leads
        // to cannot, and takes the jump that all such ways share.
        macro_rules! edge {
            () => {
                std::arch::asm!("", options(nomem, nostack, preserves_flags))
            };
        }
        macro_rules! jump_if {
            ($taken:expr, $offset:expr) => {
                if $taken {
                    pc = pc.offset($offset);
                    edge!();
                } else {
                    edge!();
                }
            };
        }
        // The result of word `$w`. A dead temporary holds nothing to drop; the stores between the tests keep each test
        // one machine instruction.
        macro_rules! set {
            ($w:expr, $bits:expr) => {{
                let p = r.add(d_of($w));
                let bits = $bits;
                if $w & DEST_LOCAL != 0 {
                    let old = *p;
                    *p = bits;
                    if old & 7 == 0 {
                        save!();
                        if old != 0 {
                            drop_displaced(cx, old);
                        } else {
                            edge!();
                        }
                    } else {
                        edge!();
                    }
                } else {
                    // Jumps leave the constants of truth behind: nothing is lost by overwriting those.
                    debug_assert!(
                        *p & 7 != 0
                            || matches!(*p, 0 | statics::TRUE | statics::FALSE | statics::NONE),
                        "a dead temporary was owned"
                    );
                    *p = bits;
                }
            }};
        }
        macro_rules! release {
            ($i:expr) => {{
                let p = r.add($i);
                let old = *p;
                *p = 0;
                if old & 7 == 0 {
                    drop_if_owned(cx, old);
                }
            }};
        }
        macro_rules! cache {
            ($w:expr) => {
                &*(*(*frame).rc).cache_at(b_of($w))
            };
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
                        pc = at.sub(1);
                    }
                    Unwound::Exit(raised) => return Err(raised),
                }
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
                        try_!(at_breaker(cx, At::Word));
                        // Perhaps the frame runs another translation now; nothing is left to do of the word.
                        pc = (*frame).pc;
                        continue;
                    } else {
                        edge!();
                    }
                };
            }
            // A leg that may have put a callee's frame on top.
            macro_rules! entered {
                ($called:expr) => {
                    if let legs::Called::Entered = try_!($called) {
                        reload!();
                        breaker!();
                    } else {
                        finalizers!();
                    }
                };
            }
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
                    } else {
                        edge!();
                    }
                };
            }
            // A leg that may drop what has a finalizer: that runs before the next instruction.
            macro_rules! leg {
                ($done:expr) => {{
                    let done = try_!($done);
                    finalizers!();
                    done
                }};
            }
            // Enter a Python function whose arguments stand in place and are as many as it takes; go on behind this otherwise.
            macro_rules! enter_plain {
                ($base:expr, $callee:expr, $args:expr, $n:expr) => {{
                    let f = &*(($callee & !7) as *const Function);
                    let rc = f.code().reg();
                    if !rc.is_null() && $n == (*rc).inline_argc && cx.has_room($args) {
                        frame = cx.push_inline($callee | 4, f, &*rc, $args);
                        r = $args;
                        pc = (*rc).start();
                        for i in $n..(*rc).nlocals {
                            reg!(i) = 0;
                        }
                        breaker!();
                        continue;
                    }
                }};
            }
            // The result of a native call whose operands are released.
            macro_rules! called {
                ($w:expr, $v:expr) => {{
                    let bits = $v.into_counted_or_immediate();
                    if x_of($w) & DISCARD == 0 {
                        set!($w, bits);
                    } else if bits & 7 == 0 && bits != statics::NONE {
                        drop_owned(cx, bits);
                    }
                    if x_of($w) & 1 == 0 {
                        breaker!();
                    } else {
                        finalizers!();
                    }
                }};
            }
            // The frame of generator `it` for the `ForIter` whose second word is at `pc`.
            macro_rules! resume_for {
                ($it:expr, $target:expr) => {{
                    let it = $it;
                    let f = legs::resume_quick(cx, it.bits());
                    if !f.is_null() {
                        frame = f;
                        pc = (*f).pc;
                        r = (*f).regs;
                    } else if try_!(legs::resume_for(cx, it)) {
                        reload!();
                    } else {
                        pc = pc.offset($target);
                    }
                }};
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
            macro_rules! arith {
                ($w:expr, $op:expr, $int:expr, $float:expr) => {{
                    let w = $w;
                    let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                    if ((a ^ 1) | (b ^ 1)) & 3 == 0 {
                        let f: fn(i64, i64) -> Option<u64> = $int;
                        if let Some(bits) = f(a as i64, b as i64) {
                            set!(w, bits);
                            continue;
                        }
                    } else if a & b & 2 != 0 {
                        let f: Option<fn(f64, f64) -> f64> = $float;
                        if let Some(f) = f
                            && let Some(v) = Value::from_float_imm(f(float_of(a), float_of(b)))
                        {
                            set!(w, v.into_bits());
                            continue;
                        }
                    }
                    save!();
                    leg!(legs::arith(cx, r, w, $op));
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
                            set!(w, bits);
                            continue;
                        }
                    } else if a & 2 != 0 {
                        let f: Option<fn(f64, f64) -> f64> = $float;
                        if let Some(f) = f
                            && let Some(v) = Value::from_float_imm(f(float_of(a), imm as f64))
                        {
                            set!(w, v.into_bits());
                            continue;
                        }
                    }
                    save!();
                    leg!(legs::arith_imm(cx, r, w, $op));
                }};
            }
            // An empty register raises at once: with a way of its own, this test and the one of the tag stay two branches.
            macro_rules! bound {
                ($bits:expr, $i:expr) => {
                    if $bits == 0 {
                        save!();
                        pending = Some(unbound_register(cx, frame, $i));
                        break;
                    }
                };
            }
            macro_rules! truth {
                ($bits:expr, $other:expr) => {{
                    let bits = $bits;
                    match bits & !4 {
                        statics::TRUE => true,
                        statics::FALSE | statics::NONE => false,
                        _ if bits & 3 == 1 => bits != 1,
                        _ => $other,
                    }
                }};
            }
            // A comparison and its jump: two ints, two floats (unless the operator was turned round: NaN), anything else.
            macro_rules! compare_jump {
                ($w:expr, $op:tt, $opposite:tt) => {{
                    let w = $w;
                    let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                    let taken = if ((a ^ 1) | (b ^ 1)) & 3 == 0 {
                        (a as i64) $op (b as i64)
                    } else if a & b & 2 != 0 {
                        let (x, y) = (float_of(a), float_of(b));
                        if w & DEST_LOCAL != 0 {
                            x $op y
                        } else {
                            // Not the other operator: NaN satisfies neither.
                            let opposite = x $opposite y;
                            !opposite
                        }
                    } else {
                        save!();
                        leg!(legs::compare_jump(cx, r, w))
                    };
                    jump_if!(taken, near_of(w));
                }};
            }
            // Two instructions are two arms, even if alike: one that asks which it is keeps the opcode in a register all through
            // the loop.
            macro_rules! to_bool {
                ($w:expr, $not:expr) => {{
                    let t = truth!(reg!(a_of($w)), {
                        save!();
                        leg!(legs::to_bool(cx, r, $w, $not));
                        continue;
                    });
                    set!($w, bool_bits(t != $not));
                }};
            }
            macro_rules! jump_none {
                ($w:expr, $want:expr) => {{
                    let none = reg!(d_of($w)) & !4 == statics::NONE;
                    if x_of($w) & CONSUME_A != 0 {
                        save!();
                        release!(d_of($w));
                    }
                    jump_if!(none == $want, imm_of($w) as isize);
                }};
            }
            macro_rules! compare_jump_imm {
                ($w:expr, $int:expr) => {{
                    let w = $w;
                    let a = reg!(a_of(w));
                    let taken = if a & 3 == 1 {
                        let f: fn(i64, i64) -> bool = $int;
                        f(a as i64, (w as i64 >> 48 << 2) | 1)
                    } else {
                        save!();
                        leg!(legs::compare_jump_imm(cx, r, w))
                    };
                    jump_if!(taken, near_of(w));
                }};
            }

            // The inner loop leaves by `break` with `pending` set.
            loop {
                // Wrapping: a fresh frame stands before its first word.
                pc = pc.wrapping_add(1);
                // Opaque to the optimizer, which otherwise keeps the old and the new place in two machine registers all through
                // the loop (fib: 283 machine instructions a call, 276 with this).
                std::arch::asm!("/* {} */", inout(reg) pc, options(pure, nomem, nostack, preserves_flags));
                let w = (*pc).load(Ordering::Relaxed);
                if COUNTED {
                    crate::stats::word(cx, w);
                }
                match Rop::of(w) {
                    // ---- moves
                    Rop::Borrow => {
                        let bits = reg!(a_of(w));
                        let bits = if bits & 3 == 0 && bits != 0 {
                            bits | 4
                        } else {
                            bits
                        };
                        set!(w, bits);
                    }
                    Rop::LoadConst => {
                        let k = &*(*(*frame).rc).const_at(imm_of(w) as usize);
                        set!(w, k.bits() | if k.bits() & 3 == 0 { 4 } else { 0 });
                    }
                    Rop::LoadInt => set!(w, ((imm_of(w) as i64 as u64) << 2) | 1),
                    Rop::Copy => {
                        let bits = reg!(a_of(w));
                        if bits & 3 == 0 {
                            let v = operand!(a_of(w)).clone_in(cx.thread.tid);
                            set!(w, v.into_bits());
                        } else {
                            set!(w, bits);
                        }
                    }
                    Rop::Move => {
                        let bits = reg!(a_of(w));
                        reg!(a_of(w)) = 0;
                        set!(w, bits);
                    }
                    Rop::CopyCheck => {
                        save!();
                        let v = operand!(a_of(w)).clone_in(cx.thread.tid);
                        set!(w, v.into_bits());
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
                    Rop::LoadNull => set!(w, 0),
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
                        Some(|a, b| a + b)
                    ),
                    Rop::Sub => arith!(
                        w,
                        BinOp::Sub,
                        |a, b| a.checked_sub(b - 1).map(|v| v as u64),
                        Some(|a, b| a - b)
                    ),
                    Rop::Mul => arith!(
                        w,
                        BinOp::Mul,
                        |a, b| (a >> 2).checked_mul(b - 1).map(|v| v as u64 | 1),
                        Some(|a, b| a * b)
                    ),
                    // No immediate float is zero (0.0 is a heap or static value), so the quotient needs no test.
                    Rop::TrueDiv => {
                        arith!(w, BinOp::TrueDiv, |_, _| None, Some(|a, b| a / b))
                    }
                    Rop::FloorDiv => arith!(
                        w,
                        BinOp::FloorDiv,
                        |a, b| divided(a, b >> 2, floor_div),
                        None
                    ),
                    Rop::Mod => arith!(w, BinOp::Mod, |a, b| divided(a, b >> 2, floor_mod), None),
                    Rop::And => arith!(w, BinOp::And, |a, b| Some((a & b) as u64), None),
                    Rop::Or => arith!(w, BinOp::Or, |a, b| Some((a | b) as u64), None),
                    Rop::Xor => arith!(w, BinOp::Xor, |a, b| Some((a ^ b) as u64 | 1), None),
                    Rop::LShift => arith!(w, BinOp::LShift, |a, b| shift_left(a, b >> 2), None),
                    Rop::RShift => arith!(
                        w,
                        BinOp::RShift,
                        |a, b| if b > 0 {
                            Some((((a >> 2 >> (b >> 2).min(63)) as u64) << 2) | 1)
                        } else {
                            None
                        },
                        None
                    ),
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
                    Rop::ModI => arith_imm!(w, BinOp::Mod, |a, b| divided(a, b, floor_mod), None),
                    Rop::FloorDivI => {
                        arith_imm!(w, BinOp::FloorDiv, |a, b| divided(a, b, floor_div), None)
                    }
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
                        leg!(legs::binary(cx, r, w));
                    }
                    Rop::Subscr => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        if b & 3 == 1 && a & 3 == 0 {
                            bound!(a, a_of(w));
                            if let Some(v) = item_quick(cx, vref!(a_of(w)), b as i64 >> 2) {
                                release_operands!(w);
                                set!(w, v);
                                continue;
                            }
                        }
                        save!();
                        entered!(legs::subscr(cx, r, w));
                    }
                    Rop::SubscrI => {
                        let a = reg!(a_of(w));
                        if a & 3 == 0 {
                            bound!(a, a_of(w));
                            if let Some(v) = item_fast(cx, vref!(a_of(w)), w as i64 >> 48) {
                                if x_of(w) & CONSUME_A != 0 {
                                    release!(a_of(w));
                                }
                                set!(w, v);
                                continue;
                            }
                        }
                        save!();
                        entered!(legs::subscr_imm(cx, r, w));
                    }
                    Rop::Compare => {
                        let (a, b) = (reg!(a_of(w)), reg!(b_of(w)));
                        if ((a ^ 1) | (b ^ 1)) & 3 == 0 {
                            let t = compare_words(x_of(w) >> 2 & 7, a as i64, b as i64);
                            set!(w, bool_bits(t));
                            continue;
                        }
                        save!();
                        leg!(legs::compare(cx, r, w));
                    }
                    Rop::JumpLt => compare_jump!(w, <, >=),
                    Rop::JumpLe => compare_jump!(w, <=, >),
                    Rop::JumpEq => compare_jump!(w, ==, !=),
                    Rop::JumpNe => compare_jump!(w, !=, ==),
                    Rop::JumpGt => compare_jump!(w, >, <=),
                    Rop::JumpGe => compare_jump!(w, >=, <),
                    Rop::JumpLtI => compare_jump_imm!(w, |a, b| a < b),
                    Rop::JumpLeI => compare_jump_imm!(w, |a, b| a <= b),
                    Rop::JumpEqI => compare_jump_imm!(w, |a, b| a == b),
                    Rop::JumpNeI => compare_jump_imm!(w, |a, b| a != b),
                    Rop::JumpGtI => compare_jump_imm!(w, |a, b| a > b),
                    Rop::JumpGeI => compare_jump_imm!(w, |a, b| a >= b),
                    Rop::IsOp => {
                        save!();
                        let same = operand!(a_of(w)).is(operand!(b_of(w)));
                        release_operands!(w);
                        set!(w, bool_bits(same != (x_of(w) & 4 != 0)));
                    }
                    Rop::ContainsOp => {
                        save!();
                        leg!(legs::contains(cx, r, w));
                    }
                    Rop::Not => to_bool!(w, true),
                    Rop::ToBool => to_bool!(w, false),
                    Rop::Neg => {
                        let a = reg!(a_of(w));
                        if a & 3 == 1
                            && let Some(v) = 2i64.checked_sub(a as i64)
                        {
                            set!(w, v as u64);
                            continue;
                        }
                        save!();
                        leg!(legs::unary(cx, r, w, "-"));
                    }
                    Rop::Invert => {
                        save!();
                        leg!(legs::unary(cx, r, w, "~"));
                    }
                    // ---- jumps
                    Rop::Jump | Rop::JumpBackQuiet => pc = pc.offset(imm_of(w) as isize),
                    Rop::JumpBack => {
                        // Before the jump: what is raised here belongs to the loop, not to what stands before it.
                        if cx.thread.breaker.load(Ordering::Relaxed) != 0 {
                            save!();
                            try_!(at_breaker(cx, At::BackJump));
                            // Perhaps the frame runs another translation now.
                            pc = (*frame).pc;
                            let w = (*pc).load(Ordering::Relaxed);
                            pc = pc.offset(imm_of(w) as isize);
                            continue;
                        }
                        pc = pc.offset(imm_of(w) as isize);
                    }
                    Rop::JumpTrue => {
                        let t = truth!(reg!(d_of(w)), {
                            save!();
                            leg!(legs::jump_truth(cx, r, w))
                        });
                        jump_if!(t, imm_of(w) as isize);
                    }
                    Rop::JumpFalse => {
                        let t = truth!(reg!(d_of(w)), {
                            save!();
                            leg!(legs::jump_truth(cx, r, w))
                        });
                        jump_if!(!t, imm_of(w) as isize);
                    }
                    Rop::JumpNone => jump_none!(w, true),
                    Rop::JumpNotNone => jump_none!(w, false),
                    // ---- names
                    Rop::LoadGlobal => {
                        let cache = cache!(w);
                        let bits = match globals::global_hit(cx.thread.tid, frame, cache) {
                            Some(bits) => bits,
                            None => {
                                save!();
                                try_!(globals::load_global(cx, frame, cache))
                            }
                        };
                        set!(w, bits);
                    }
                    Rop::LoadName => {
                        save!();
                        let bits = try_!(globals::load_name(cx, frame, cache!(w)));
                        set!(w, bits);
                    }
                    Rop::StoreName | Rop::StoreGlobal => {
                        save!();
                        try_!(legs::store_name(cx, r, w, cache!(w)));
                        breaker!();
                    }
                    Rop::LoadAttr => {
                        let cache = cache!(w);
                        let a = reg!(a_of(w));
                        if a & 3 == 0 {
                            bound!(a, a_of(w));
                            let bits = match attr::attr_hit(cx, a, cache) {
                                Some(bits) => bits,
                                None => attr::namespace_hit(cx, vref!(a_of(w)), cache),
                            };
                            if bits != 0 {
                                if x_of(w) & CONSUME_A != 0 {
                                    save!();
                                    release!(a_of(w));
                                }
                                set!(w, bits);
                                continue;
                            }
                        }
                        save!();
                        entered!(legs::load_attr(cx, r, w, cache));
                    }
                    Rop::LoadMethod => {
                        let cache = cache!(w);
                        let a = reg!(a_of(w));
                        if a & 3 == 0 {
                            bound!(a, a_of(w));
                            if let Some(func) = attr::method_hit(a, cache) {
                                let this = if x_of(w) & CONSUME_A != 0 {
                                    reg!(a_of(w)) = 0;
                                    a
                                } else {
                                    a | 4
                                };
                                reg!(d_of(w)) = func;
                                reg!(d_of(w) + 1) = this;
                                continue;
                            }
                        }
                        save!();
                        leg!(legs::load_method(cx, r, w, cache));
                    }
                    Rop::StoreAttr => {
                        let cache = cache!(w);
                        save!();
                        let (o, v) = (reg!(a_of(w)), reg!(d_of(w)));
                        // Immediates need no count.
                        if o & 3 == 0 && v & 3 != 0 {
                            bound!(o, a_of(w));
                            if let Some(old) = attr::replace_hit(&mut cx.thread, o, v, cache) {
                                if old & 3 == 0 {
                                    attr::drop_displaced(cx, vref!(a_of(w)), old);
                                }
                                if x_of(w) & CONSUME_A != 0 {
                                    release!(a_of(w));
                                }
                                finalizers!();
                                continue;
                            }
                        }
                        leg!(legs::store_attr(cx, r, w, cache));
                    }
                    Rop::LoadSuperAttr => {
                        save!();
                        leg!(legs::load_super(cx, r, w, cache!(w)));
                    }
                    Rop::LoadDeref => {
                        let mut bits = cells::deref_hit(cx, reg!(a_of(w)));
                        if bits == 0 {
                            save!();
                            bits = try_!(cells::load_deref(cx, frame, reg!(a_of(w)), a_of(w)));
                        }
                        set!(w, bits);
                    }
                    Rop::StoreDeref => {
                        save!();
                        leg!(legs::store_deref(cx, r, w));
                    }
                    Rop::MakeCell => {
                        save!();
                        try_!(legs::make_cell(cx, r, w));
                    }
                    Rop::CopyFreeVars => {
                        save!();
                        try_!(legs::copy_free_vars(cx, r, w));
                    }
                    // ---- containers
                    Rop::BuildTuple => {
                        save!();
                        leg!(legs::build_tuple(cx, r, w));
                    }
                    Rop::BuildList => {
                        save!();
                        leg!(legs::build_list(cx, r, w));
                    }
                    Rop::BuildMap | Rop::BuildSet | Rop::BuildString | Rop::BuildSlice => {
                        save!();
                        leg!(legs::build(cx, r, w));
                    }
                    Rop::ListAppend => {
                        save!();
                        try_!(legs::list_append(cx, r, w));
                    }
                    Rop::SetAdd | Rop::MapAdd => {
                        save!();
                        leg!(legs::add_item(cx, r, w));
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
                    Rop::DeleteSubscr
                    | Rop::DeleteAttr
                    | Rop::Slice
                    | Rop::StoreSlice
                    | Rop::MakeFunction
                    | Rop::DeleteName
                    | Rop::DeleteGlobal
                    | Rop::DeleteDeref
                    | Rop::FormatSpec => {
                        save!();
                        leg!(legs::uncommon(cx, r, w));
                    }
                    Rop::Unpack => {
                        save!();
                        leg!(legs::unpack(cx, r, w));
                    }
                    // ---- iteration
                    Rop::UnpackLocals => {
                        save!();
                        leg!(legs::unpack_locals(cx, r, w, pc));
                        pc = pc.add(b_of(w).div_ceil(4));
                    }
                    Rop::UnpackTwo => {
                        save!();
                        leg!(legs::unpack_two(cx, r, w));
                    }
                    Rop::GetIter => {
                        save!();
                        leg!(legs::get_iter(cx, r, w));
                    }
                    Rop::ForIter => {
                        let target = (*pc.add(1)).load(Ordering::Relaxed) as isize;
                        pc = pc.add(1);
                        let it = &*(r.add(a_of(w)) as *const Value);
                        save!();
                        match it.class_word() {
                            word::GENERATOR => resume_for!(it, target),
                            _ => match try_!(next_fast(cx, it)) {
                                Some(v) => set!(w, v.into_bits()),
                                None => pc = pc.offset(target),
                            },
                        }
                    }
                    Rop::ForNext => {
                        // A request waits for the jump behind.
                        if cx.thread.breaker.load(Ordering::Relaxed) == 0 {
                            pc = pc.offset((w as i64 >> 48) as isize);
                            let it = vref!(a_of(w));
                            let bits = legs::loop_item(cx, it.bits());
                            if bits != 0 {
                                set!(w, bits);
                            } else if it.class_word() == word::GENERATOR {
                                save!();
                                resume_for!(it, (*pc).load(Ordering::Relaxed) as isize);
                            } else {
                                pc = pc.sub(2);
                            }
                        }
                    }
                    Rop::ForNextTwo => {
                        pc = pc.add(1);
                        if cx.thread.breaker.load(Ordering::Relaxed) == 0 {
                            save!();
                            let body = pc.offset((*pc).load(Ordering::Relaxed) as isize);
                            pc = match leg!(legs::loop_pair(cx, r, w)) {
                                legs::Pair::Stored => body,
                                legs::Pair::Ask => body.sub(3),
                                legs::Pair::End => {
                                    let target = body.sub(1);
                                    target.offset((*target).load(Ordering::Relaxed) as isize)
                                }
                            };
                        }
                    }
                    Rop::Send => {
                        let target = (*pc.add(1)).load(Ordering::Relaxed) as isize;
                        pc = pc.add(1);
                        save!();
                        match try_!(legs::send(cx, r, w)) {
                            legs::Sent::Entered => reload!(),
                            legs::Sent::Yielded => {}
                            legs::Sent::Returned => pc = pc.offset(target),
                        }
                    }
                    Rop::Awaitable => {
                        if legs::is_awaitable(reg!(d_of(w))) {
                            pc = pc.add(1);
                        }
                    }
                    Rop::Yield => {
                        save!();
                        if (*frame).kind == FrameKind::GenInline {
                            let bits = legs::yield_quick(cx, r, w);
                            if bits != 0 {
                                reload!();
                                let driver = (*pc.sub(1)).load(Ordering::Relaxed);
                                set!(driver, bits);
                                continue;
                            }
                        }
                        match try_!(legs::yield_out(cx, r, w)) {
                            Some(v) => return Ok(Step::Yield(v)),
                            None => reload!(),
                        }
                    }
                    // ---- calls
                    Rop::CallFn => {
                        save!();
                        let base = r.add(a_of(w));
                        let callee = *base;
                        if callee & 3 == 0 {
                            bound!(callee, a_of(w));
                            let t = (*((callee & !7) as *const Header)).type_word();
                            if t == word::FUNCTION {
                                enter_plain!(base, callee, base.add(2), b_of(w));
                                *base.add(1) = 0;
                                try_!(legs::enter(cx, base, b_of(w)));
                                reload!();
                                breaker!();
                                continue;
                            }
                            if t == word::BUILTIN {
                                let args = base.add(2) as *const Value;
                                let v = try_!(legs::call_native(cx, callee, t, args, b_of(w)));
                                release!(a_of(w));
                                for i in 2..b_of(w) + 2 {
                                    release!(a_of(w) + i);
                                }
                                called!(w, v);
                                continue;
                            }
                        }
                        *base.add(1) = 0;
                        entered!(legs::call_other(cx, r, w));
                        breaker!();
                    }
                    Rop::Call => {
                        save!();
                        let base = r.add(a_of(w));
                        let callee = *base;
                        if callee & 3 == 0 {
                            bound!(callee, a_of(w));
                            let argc = b_of(w);
                            let has_self = (*base.add(1) != 0) as usize;
                            let (args, n) = (base.add(2 - has_self), argc + has_self);
                            let t = (*((callee & !7) as *const Header)).type_word();
                            if t == word::FUNCTION {
                                enter_plain!(base, callee, args, n);
                                try_!(legs::enter(cx, base, argc));
                                reload!();
                                breaker!();
                                continue;
                            }
                            if t == word::METHOD_DESCR || t == word::BUILTIN {
                                let args = args as *const Value;
                                let v = try_!(legs::call_native(cx, callee, t, args, n));
                                for i in 0..argc + 2 {
                                    release!(a_of(w) + i);
                                }
                                called!(w, v);
                                continue;
                            }
                        }
                        entered!(legs::call_other(cx, r, w));
                        breaker!();
                    }
                    Rop::CallFar => {
                        save!();
                        if let legs::Called::Entered = try_!(legs::call_far(cx, r, w)) {
                            reload!();
                        }
                        if x_of(w) & 1 == 0 {
                            breaker!();
                        } else {
                            finalizers!();
                        }
                    }
                    Rop::CallKw => {
                        save!();
                        entered!(legs::call_kw(cx, r, w));
                        breaker!();
                    }
                    Rop::CallEx => {
                        save!();
                        entered!(legs::call_ex(cx, r, w));
                        breaker!();
                    }
                    Rop::Return => {
                        let mut bits = reg!(a_of(w));
                        // Move out of the register: it is about to be cleared.
                        if bits & 3 == 0 {
                            save!();
                            if bits & 4 != 0 {
                                // Nothing borrowed stays behind in a register that is dead.
                                reg!(a_of(w)) = 0;
                                bits = if bits == statics::NONE | 4 {
                                    statics::NONE
                                } else {
                                    crate::call::counted(cx, bits).into_bits()
                                };
                            } else if bits == 0 {
                                pending = Some(unbound_register(cx, frame, a_of(w)));
                                break;
                            } else {
                                reg!(a_of(w)) = 0;
                            }
                        }
                        if (*frame).kind == FrameKind::Inline {
                            let mut dropped = cx.clear_locals(r, (*(*frame).rc).nlocals);
                            frame = cx.pop_inline(frame);
                            pc = (*frame).pc;
                            r = (*frame).regs;
                            let cw = (*pc).load(Ordering::Relaxed);
                            // The result takes the callable's place, unless it goes to a local.
                            let p = r.add(a_of(cw));
                            let callee = *p;
                            if cw & (DEST_LOCAL | (DISCARD as u64) << 8) == 0 {
                                debug_assert_eq!(a_of(cw), d_of(cw));
                                *p = bits;
                            } else if cw & DEST_LOCAL == 0 {
                                *p = 0;
                                if bits & 7 == 0 && bits != statics::NONE {
                                    dropped = true;
                                    drop_owned(cx, bits);
                                }
                            } else {
                                *p = 0;
                                let old = std::mem::replace(&mut reg!(d_of(cw)), bits);
                                if old & 7 == 0 && old != 0 {
                                    dropped = true;
                                    drop_owned(cx, old);
                                }
                            }
                            if callee & 7 == 0 && callee != 0 {
                                dropped = true;
                                drop_owned(cx, callee);
                            }
                            // Calls and loops look at the breaker: here only what was dropped may have something to run.
                            if dropped {
                                breaker!();
                            } else {
                                edge!();
                            }
                            continue;
                        }
                        save!();
                        match try_!(legs::return_other(cx, bits)) {
                            legs::Returned::Continue => reload!(),
                            legs::Returned::Exhausted => {
                                reload!();
                                let target = (*pc).load(Ordering::Relaxed) as isize;
                                pc = pc.offset(target);
                            }
                            legs::Returned::Leave(v) => return Ok(Step::Return(v)),
                        }
                        breaker!();
                    }
                    Rop::ReturnGenerator => {
                        save!();
                        match try_!(legs::return_generator(cx, pc)) {
                            Some(v) => return Ok(Step::Return(v)),
                            None => {
                                reload!();
                                finalizers!();
                            }
                        }
                    }
                    // ---- exceptions
                    Rop::Raise => {
                        save!();
                        pending = Some(legs::raise(cx, r, w));
                        break;
                    }
                    Rop::PushExc => legs::push_exc(cx, r.add(d_of(w))),
                    Rop::MatchExc => {
                        save!();
                        let t = leg!(legs::match_exc(cx, vref!(a_of(w)), vref!(b_of(w))));
                        release!(b_of(w));
                        set!(w, bool_bits(t));
                    }
                    Rop::PopExc => {
                        save!();
                        legs::pop_exc(cx, r.add(a_of(w)));
                        finalizers!();
                    }
                    // ---- strings
                    Rop::FormatSimple => {
                        save!();
                        leg!(legs::format_simple(cx, r, w));
                    }
                    Rop::Event => {
                        save!();
                        try_!(crate::monitor::deliver::event(cx, w));
                        pc = (*frame).pc;
                    }
                    Rop::Cold => {
                        save!();
                        try_!(cold::exec(cx, frame, x_of(w), d_of(w), imm_of(w) as u32));
                        finalizers!();
                    }
                }
            }
        }
    }
}
