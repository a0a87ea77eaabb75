//! Generators in the loop: calls that make one, `yield`, resuming for `for` and `Send`, the end.

use super::*;
use crate::objects::generator::{CREATED, SUSPENDED};

/// Suspend the running generator with `a`. None: the loop's `for` or `Send` drives it, and has the item. Else it was resumed by
/// native code, which gets the value.
///
/// # Safety
/// See [`arith`]; the frame is a generator's.
#[inline(never)]
pub unsafe fn yield_out(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Option<Value>> {
    // SAFETY: by contract.
    unsafe {
        let v = if x_of(w) & CONSUME_A == 0 {
            match operand(cx, r, a_of(w)) {
                Ok(v) => v.clone_in(cx.thread.tid),
                Err(r) => return Err(r),
            }
        } else {
            let bits = std::mem::take(&mut *r.add(a_of(w)));
            match bits & 7 {
                4 => counted(cx, bits),
                _ => Value::from_bits(bits),
            }
        };
        if (*cx.frame).kind == FrameKind::GenInline {
            chain::settle(cx, (*cx.frame).prev);
        }
        let v = match crate::feed::offer(cx, cx.frame, v) {
            Ok(()) => {
                // `yield` is None: the frame goes on.
                *r.add(d_of(w)) = crate::statics::NONE | 4;
                return Ok(None);
            }
            Err(v) => v,
        };
        let mut w = w;
        loop {
            let root = chain::park(cx, w);
            let kind = if root.is_null() {
                let g = chain::generator(cx.frame);
                let kind = (*cx.frame).kind;
                g.delegating
                    .store(x_of(w) >> 2 & 1, std::sync::atomic::Ordering::Relaxed);
                // Everything that lives across the yield is below the value yielded.
                crate::call::suspend_generator(cx, g, d_of(w));
                kind
            } else {
                (*root).kind
            };
            if kind != FrameKind::GenInline {
                return Ok(Some(v));
            }
            let caller = cx.frame;
            if let Some(next) = chain::passes(caller) {
                // It would yield the same at once.
                let at = (*caller).pc;
                *chain::generator(caller).send_at.get() = at;
                (*caller).pc = at.add(1);
                w = next;
                if (*caller).kind == FrameKind::GenInline {
                    chain::settle(cx, (*caller).prev);
                }
                continue;
            }
            let sent = (*(*caller).pc.sub(1)).load(std::sync::atomic::Ordering::Relaxed);
            put(cx, (*caller).regs, sent, v.into_bits());
            return Ok(None);
        }
    }
}

/// Suspend the running generator that a `for` drives, where nothing has to be dropped or told: the value yielded, a register word
/// for the item, the caller's frame on top. 0: ask [`yield_out`].
///
/// # Safety
/// See [`arith`]; the frame is a generator's of kind `GenInline`.
#[inline(never)]
pub unsafe fn yield_quick(cx: &mut Cx, r: *mut u64, w: u64) -> u64 {
    // SAFETY: by contract; the caller's frame stands at the second word of its `ForIter` or `Send`.
    unsafe {
        let frame = cx.frame;
        let bits = *r.add(a_of(w));
        if bits == 0 {
            return 0;
        }
        let caller = (*frame).prev;
        let driver = (*(*caller).pc.sub(1)).load(std::sync::atomic::Ordering::Relaxed);
        let g = &*(((*frame).generator & !7) as *const Generator);
        let Some(None) = cx.handled.last() else {
            return 0;
        };
        if Rop::of(driver) != Rop::ForIter {
            return 0;
        }
        let mut item = bits;
        if bits & 3 == 0 && (bits & 4 != 0 || x_of(w) & CONSUME_A == 0) {
            item = counted(cx, bits).into_bits();
        }
        if x_of(w) & CONSUME_A != 0 {
            *r.add(a_of(w)) = 0;
        }
        count_registers(cx, r, d_of(w));
        cx.handled.set_len(cx.handled.len() - 1);
        cx.frame = caller;
        (*frame).prev = std::ptr::null_mut();
        cx.stack.move_limit(1);
        g.delegating.store(0, std::sync::atomic::Ordering::Relaxed);
        g.finish(SUSPENDED);
        item
    }
}

/// Put the frame of a generator on top that has not started or is suspended at a `Yield` of its own, and that is held by a
/// register only: its frame, which is given None. Null: ask [`resume_for`].
///
/// # Safety
/// `it` is a generator, held by a register of the running frame, which stands at the second word of its `ForIter` or `Send`.
#[inline(never)]
pub unsafe fn resume_quick(cx: &mut Cx, it: u64) -> *mut crate::objects::frame::Frame {
    // SAFETY: by contract; its frame is at its `Yield` or `ReturnGenerator`, whose `d` is a dead temporary.
    unsafe {
        let g = &*((it & !7) as *const Generator);
        if !g.head.is_uniquely_held(cx.thread.tid)
            || g.state.load(std::sync::atomic::Ordering::Relaxed) > SUSPENDED
            || !(*g.send_at.get()).is_null()
            || !g.handled.is_empty()
            || cx.stack.next >= cx.stack.limit
            || cx.handled.len() == cx.handled.capacity()
            || crate::monitor::active()
        {
            return std::ptr::null_mut();
        }
        let frame = g.frame.get();
        g.state.store(
            crate::objects::generator::RUNNING,
            std::sync::atomic::Ordering::Relaxed,
        );
        (*frame).prev = cx.frame;
        (*frame).top = cx.stack_top();
        (*frame).flags |= crate::objects::frame::OWN_TOP;
        (*frame).kind = FrameKind::GenInline;
        cx.stack.move_limit(-1);
        let n = cx.handled.len();
        cx.handled.as_mut_ptr().add(n).write(None);
        cx.handled.set_len(n + 1);
        cx.frame = frame;
        let w = (*(*frame).pc).load(std::sync::atomic::Ordering::Relaxed);
        *(*frame).regs.add(d_of(w)) = crate::statics::NONE | 4;
        frame
    }
}

/// The next item of a generator for `for`: its frame is on top then. False: it has ended.
///
/// # Safety
/// `it` is a generator, held by a register of the running frame.
#[inline(never)]
pub unsafe fn resume_for(cx: &mut Cx, it: &Value) -> Res<bool> {
    // SAFETY: by contract.
    let g = unsafe { &*((it.bits() & !7) as *const Generator) };
    match g.try_start_register(cx.tid) {
        Ok(state) => {
            crate::call::enter_generator(cx, g, FrameKind::GenInline, state, Value::none())?;
            Ok(true)
        }
        Err(crate::objects::generator::DONE) => Ok(false),
        Err(_) => Err(cx.value_error("generator already executing")),
    }
}

/// How a `Send` went.
pub enum Sent {
    /// The receiver's frame is on top: it runs in the same loop.
    Entered,
    /// It yielded; the value is stored.
    Yielded,
    /// It returned; the value is stored.
    Returned,
}

/// Send `b` to `a`.
///
/// # Safety
/// See [`arith`]; the next word belongs to this one.
#[inline(never)]
pub unsafe fn send(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Sent> {
    // SAFETY: by contract.
    unsafe {
        let receiver = operand(cx, r, a_of(w))?;
        let value = operand(cx, r, b_of(w))?.clone_in(cx.thread.tid);
        // What was sent in was in the result's register.
        if b_of(w) == d_of(w) {
            let old = std::mem::take(&mut *r.add(b_of(w)));
            drop_word(cx, old);
        }
        if matches!(receiver.class_word(), word::GENERATOR | word::COROUTINE) {
            if value.is_none() && !resume_quick(cx, receiver.bits()).is_null() {
                return Ok(Sent::Entered);
            }
            // Held by its register until it has yielded or returned.
            let g = &*((receiver.bits() & !7) as *const Generator);
            match g.try_start_register(cx.tid) {
                Ok(CREATED) if !value.is_none() => g.finish(CREATED),
                Ok(state) => {
                    crate::call::enter_generator(cx, g, FrameKind::GenInline, state, value)?;
                    return Ok(Sent::Entered);
                }
                Err(_) => {}
            }
        }
        let receiver = receiver.clone_in(cx.thread.tid);
        let (v, sent) = match cold::send(cx, &receiver, value)? {
            Step::Yield(v) => (v, Sent::Yielded),
            Step::Return(v) => (v, Sent::Returned),
        };
        put(cx, r, w, v.into_bits());
        Ok(sent)
    }
}

/// Make the generator of the running frame, which stands at `pc`, and return it to the caller; Some: to native code.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn return_generator(
    cx: &mut Cx,
    pc: *const std::sync::atomic::AtomicU64,
) -> Res<Option<Value>> {
    // SAFETY: by contract.
    unsafe {
        let kind = (*cx.frame).kind;
        let v = crate::call::make_generator(cx, pc)?;
        if kind == FrameKind::Entry {
            return Ok(Some(v));
        }
        let caller = cx.frame;
        let cw = (*(*caller).pc).load(std::sync::atomic::Ordering::Relaxed);
        let r = (*caller).regs;
        let callee = std::mem::take(&mut *r.add(a_of(cw)));
        drop_word(cx, callee);
        put_result(cx, r, cw, v.into_bits());
    }
    Ok(None)
}

/// Whether a register word is a coroutine that can be awaited as it stands.
///
/// # Safety
/// A register of the running frame.
#[inline(always)]
pub unsafe fn is_awaitable(bits: u64) -> bool {
    // SAFETY: by contract; the type word tells what is cast.
    unsafe {
        if bits & 3 != 0 || bits == 0 {
            return false;
        }
        let g = (bits & !7) as *const Generator;
        (*g).head.type_word() == word::COROUTINE
            && (*g).state() == crate::objects::generator::CREATED
    }
}

/// A slot's string for another object's slot; immortal ones, as the names in code are, need no count. 0 if it is empty.
#[inline(always)]
fn name_word(of: &Function, slot: &typhon_runtime::slot::Slot) -> u64 {
    let bits = slot.peek_bits();
    // SAFETY: R3: type-stable while the guard lives; an immortal object stays.
    if bits != 0
        && unsafe { (*(bits as *const typhon_runtime::header::Header)).is_immortal_acquire() }
    {
        return bits;
    }
    crate::SlotExt::get(slot, &of.head).map_or(0, Value::into_bits)
}

/// The word at `p`, taken from there or copied, as a counted one.
#[inline(always)]
unsafe fn moved<const TAKE: bool>(cx: &Cx, p: *mut u64) -> u64 {
    // SAFETY: the caller's register.
    unsafe {
        let w = *p;
        if TAKE {
            *p = 0;
        }
        if w == 0 || w & 3 != 0 || (TAKE && w & 4 == 0) {
            return w;
        }
        counted(cx, w).into_bits()
    }
}

/// The generator that a call of `f`, which is in register `base`, makes, where all that would run is to make it: it takes over
/// the `n` arguments and the callee, or unless `TAKE` counts them. None: a frame has to run.
///
/// # Safety
/// The callee and the arguments are register words, or counted ones where they are not taken.
#[inline(never)]
pub unsafe fn make_quick<const TAKE: bool>(
    cx: &mut Cx,
    base: *mut u64,
    f: &Function,
    args: *mut u64,
    n: usize,
) -> Option<u64> {
    let rc = f.code().reg();
    // SAFETY: R14: register code lives as long as its code object.
    let rc = unsafe { rc.as_ref()? };
    if n != rc.exact_argc
        || rc.makes_at > 1
        || crate::monitor::active()
        || (cx.watch.origin_depth > 0 && rc.makes == word::COROUTINE)
    {
        return None;
    }
    let cells = match &f.closure {
        None => &[][..],
        Some(c) => c.downcast::<crate::objects::Tuple>()?.items(),
    };
    let pc = rc.words.as_ptr();
    // SAFETY (whole block): the cell is fresh; registers hold owned or borrowed words, which move or are counted.
    unsafe {
        let copied = rc.makes_at * a_of((*pc).load(Ordering::Relaxed));
        if cells.len() != copied || n + copied > rc.nlocals {
            return None;
        }
        let (name, qualname) = (name_word(f, &f.name), name_word(f, &f.qualname));
        let tid = cx.thread.tid;
        let size = Generator::size_of(rc.nregs);
        let made = typhon_runtime::alloc_sized(&cx.thread, size, rc.makes, |cell| {
            let made = cell.cast::<Generator>();
            let regs = (*made).regs();
            for i in 0..n {
                *regs.add(i) = moved::<TAKE>(cx, args.add(i));
            }
            clear_from(regs, n, rc.nregs);
            for (i, c) in cells.iter().enumerate() {
                *regs.add(rc.nlocals - copied + i) = c.clone_in(tid).into_bits();
            }
            let frame = crate::objects::frame::Frame {
                regs,
                pc: pc.add(rc.makes_at),
                rc,
                prev: std::ptr::null_mut(),
                func: moved::<TAKE>(cx, base),
                globals: f.globals(),
                locals: 0,
                frame_obj: 0,
                top: std::ptr::null_mut(),
                // R11: without a count, as it is its own frame.
                generator: cell as u64,
                kind: FrameKind::GenEntry,
                flags: 0,
            };
            Generator::begin(made, name, qualname, frame, rc.nregs);
        });
        match made {
            Ok(v) => Some(v.into_bits()),
            Err(_) => {
                drop_word(cx, name);
                drop_word(cx, qualname);
                None
            }
        }
    }
}

/// End the running generator, which a `for` or a `Send` of the caller drives and which returns: where nobody looks and no
/// exception is being handled in it.
///
/// # Safety
/// The top frame is at its `Return`; the caller's register keeps the generator.
#[inline(always)]
pub(super) unsafe fn end_quick(cx: &mut Cx) -> bool {
    // SAFETY: by contract.
    unsafe {
        let frame = cx.frame;
        let Some(None) = cx.handled.last() else {
            return false;
        };
        if (*frame).frame_obj != 0 || crate::monitor::active() {
            return false;
        }
        let g = chain::generator(frame);
        cx.frame = (*frame).prev;
        (*frame).prev = std::ptr::null_mut();
        chain::leave(frame, cx.frame);
        cx.stack.move_limit(1);
        cx.handled.set_len(cx.handled.len() - 1);
        let live = (*(*frame).rc).nlocals;
        let rest = g.end_frame();
        g.done(cx.thread.tid);
        // A `return` leaves nothing on the stack.
        rest.release(&cx.thread, live);
        true
    }
}
