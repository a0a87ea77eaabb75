//! Callables of native classes beside functions that have many results at hand: a cache that hits. The loop asks before it calls,
//! because a result that goes into a register needs no count of its own where the object is deferred (R11), which is where threads
//! that share it would meet.
//!
//! The class lives with its module and tells here which function calls its objects, as in [`crate::objects::buffer::numbers`].

use crate::objects::Type;
use crate::objects::dict::quick;
use crate::statics::word;
use crate::{Cx, Value, ValueExt};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What goes into a register as it is, maybe without a count: good for nothing else.
pub struct ForRegister(NonZeroU64);

impl ForRegister {
    /// `d[key]` of an exact dict and an int or a string, if it is there and nobody changes it now.
    pub fn item(cx: &Cx, d: &Value, key: &Value) -> Option<ForRegister> {
        if !key.is_small_int() && key.class_word() != word::STR {
            return None;
        }
        let bits = quick::get(cx.thread.tid, d, key)?;
        NonZeroU64::new(bits).map(ForRegister)
    }
}

/// The result of calling the first with these values, or None and nothing has happened. It runs no Python code and raises nothing.
pub type AnswerFn = fn(&mut Cx, &Value, &[Value]) -> Option<ForRegister>;

static CALL: AtomicUsize = AtomicUsize::new(0);
static ANSWER: AtomicUsize = AtomicUsize::new(0);

/// From now on objects that are called by the function in this class's slot are asked by `answer`.
pub fn announce(class: &Type, answer: AnswerFn) {
    ANSWER.store(answer as usize, Ordering::Relaxed);
    // Whoever sees the slot's function sees the answer.
    CALL.store(class.slots.call.bits(), Ordering::Release);
}

/// What `f(*args)` is, if it is at hand: a register word, else 0.
///
/// # Safety
/// So many arguments stand in registers of the running frame, and the result goes into one.
#[inline(always)]
pub unsafe fn ask(cx: &mut Cx, f: &Value, args: *const Value, n: usize) -> u64 {
    let call = f.ty().slots.call.bits();
    if call == 0 || call != CALL.load(Ordering::Acquire) {
        return 0;
    }
    let answer = ANSWER.load(Ordering::Relaxed);
    // SAFETY: only `announce` stores there, before it stores what was compared above; the arguments by contract.
    unsafe {
        let answer = std::mem::transmute::<usize, AnswerFn>(answer);
        answer(cx, f, std::slice::from_raw_parts(args, n)).map_or(0, |word| word.0.get())
    }
}
