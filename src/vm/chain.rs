//! Chains of generators that delegate to one another (`yield from`, `await`). What the innermost yields goes out through all of
//! them, and what is sent goes in; neither runs the frames between. Unlinking each frame at every value would cost as much as
//! the chain is deep, so a chain is *parked* as it stands:
//!
//! ```text
//! running   driver <── root <── g1 <── g2 <── leaf        (`Frame::prev`; all RUNNING)
//! parked    driver     root <── g1 <── g2 <── leaf        root: SUSPENDED, `leaf` set; the others: RUNNING
//!                        └────────────────────^
//! apart     root, g1, g2, leaf: SUSPENDED, unlinked       as if each had been suspended by itself
//! ```
//! Parking and going on change the root and the leaf only. Whoever wins the root in another way than to send into it takes the
//! chain apart first (`Generator::try_start`). The frames between are *settled* ([`SETTLED`]): they stand at a `Send` with a
//! `Yield` of the same value behind it, handle no exception, have no frame object, every live register is counted (R11), and
//! each is held by nothing but the register of the one outside, so that nobody finds it but through the root. Who finds one
//! all the same (by `gc.get_objects`, or a weak reference made later) sees a generator that runs but belongs to no thread:
//! [`wake`] stops the world and takes the chain apart.

use crate::Cx;
use crate::call::count_registers;
use crate::objects::frame::{Frame, FrameKind};
use crate::objects::generator::{Generator, RUNNING, SUSPENDED};
use crate::regcode::{Rop, a_of, d_of, x_of};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

/// Flag of a frame of a chain that another frame of it runs for. What makes it one holds until its delegate ends.
pub(crate) const SETTLED: u8 = 4;

/// The generator that owns frame `f`.
///
/// # Safety
/// `f` is a generator's, which is kept.
#[inline(always)]
pub(crate) unsafe fn generator<'a>(f: *mut Frame) -> &'a Generator {
    // SAFETY: by contract.
    unsafe { &*(((*f).generator & !7) as *const Generator) }
}

/// The `Yield` behind the `Send` that generator frame `f` waits at, if all it would do is to pass on what that gets.
///
/// # Safety
/// `f` runs, and the frame above it is a generator's that it drives.
#[inline(always)]
pub(crate) unsafe fn passes(f: *mut Frame) -> Option<u64> {
    // SAFETY: by contract it stands at the second word of its `ForIter` or `Send`.
    unsafe {
        let at = (*f).pc;
        let sent = (*at.sub(1)).load(Ordering::Relaxed);
        if Rop::of(sent) != Rop::Send || !(*f).is_generator() {
            return None;
        }
        let next = (*at.add(1)).load(Ordering::Relaxed);
        (Rop::of(next) == Rop::Yield && a_of(next) == d_of(sent)).then_some(next)
    }
}

/// Settle `outer`, which drives the running generator, and those outside of it, as far as they can be.
///
/// # Safety
/// The running frame is a generator's, of kind `GenInline`, and `outer` the one below it.
#[inline(always)]
pub(crate) unsafe fn settle(cx: &mut Cx, outer: *mut Frame) {
    // SAFETY: by contract.
    unsafe {
        if (*outer).flags & SETTLED == 0 && (*outer).is_generator() {
            settle_all(cx, outer);
        }
    }
}

#[inline(never)]
unsafe fn settle_all(cx: &mut Cx, outer: *mut Frame) {
    // SAFETY: the chain of this thread's frames; the levels of `handled` are those of its generators, innermost last.
    unsafe {
        let (mut f, mut levels) = (outer, 1);
        if crate::monitor::active() {
            return;
        }
        let (root, base) = loop {
            let plain = matches!(cx.handled.iter().nth_back(levels), Some(None));
            if passes(f).is_none() || (*f).frame_obj != 0 || !plain {
                return;
            }
            let next = (*f).prev;
            let g = generator(f);
            if (*f).kind == FrameKind::GenInline
                && passes(next).is_some()
                && g.head.is_uniquely_held(cx.thread.tid)
            {
                if (*next).flags & SETTLED != 0 {
                    let o = generator(next);
                    break (
                        o.root.load(Ordering::Relaxed),
                        o.depth.load(Ordering::Relaxed),
                    );
                }
                (f, levels) = (next, levels + 1);
                continue;
            }
            g.seen.store(0, Ordering::Relaxed);
            break (std::ptr::from_ref(g).cast_mut(), 0);
        };
        f = outer;
        for level in (1..=levels).rev() {
            let Some(next) = passes(f) else { return };
            count_registers(cx, (*f).regs, d_of(next));
            let g = generator(f);
            g.delegating.store(1, Ordering::Relaxed);
            g.root.store(root, Ordering::Relaxed);
            g.depth.store(base + level as u32, Ordering::Relaxed);
            (*f).flags |= SETTLED;
            f = (*f).prev;
        }
    }
}

/// Suspend the running generator, at `Yield` word `w`, with all those that it yields through up to the root of its chain, whose
/// frame is returned. Null: it has to be suspended by itself.
///
/// # Safety
/// The running frame is a generator's.
#[inline(always)]
pub(crate) unsafe fn park(cx: &mut Cx, w: u64) -> *mut Frame {
    // SAFETY: by contract; settled frames are this thread's and linked.
    unsafe {
        let f = cx.frame;
        let outer = (*f).prev;
        if (*f).kind != FrameKind::GenInline || (*outer).flags & SETTLED == 0 {
            return null_mut();
        }
        let (g, o) = (generator(f), generator(outer));
        let root = o.root.load(Ordering::Relaxed);
        if (*f).frame_obj != 0
            || (*root).seen.load(Ordering::Relaxed) != 0
            || !matches!(cx.handled.last(), Some(None))
            || crate::monitor::active()
        {
            return null_mut();
        }
        if g.root.load(Ordering::Relaxed) != root {
            if !g.head.is_uniquely_held(cx.thread.tid) {
                return null_mut();
            }
            g.root.store(root, Ordering::Relaxed);
        }
        count_registers(cx, (*f).regs, d_of(w));
        let depth = o.depth.load(Ordering::Relaxed) + 1;
        g.depth.store(depth, Ordering::Relaxed);
        g.delegating.store(x_of(w) >> 2 & 1, Ordering::Relaxed);
        (*f).flags &= !SETTLED;
        let levels = depth as usize;
        debug_assert!(cx.handled.iter().rev().take(levels).all(|h| h.is_none()));
        cx.handled.set_len(cx.handled.len() - levels);
        cx.stack.move_limit(levels as isize);
        let outermost = (*root).frame.get();
        cx.frame = (*outermost).prev;
        (*outermost).prev = null_mut();
        *(*root).send_at.get() = (*outermost).pc;
        (*root).leaf.store(f, Ordering::Relaxed);
        (*root).finish(SUSPENDED);
        outermost
    }
}

/// Put the frames of the parked chain of `root`, which the caller has won, on top: the leaf's. None: it is apart now.
#[inline(always)]
pub(crate) fn go_on(cx: &mut Cx, root: &Generator, kind: FrameKind) -> Option<*mut Frame> {
    let leaf = root.leaf.load(Ordering::Relaxed);
    // SAFETY: a parked chain is intact; who has won the root runs all of it.
    unsafe {
        let levels = generator(leaf).depth.load(Ordering::Relaxed) as usize;
        if cx.stack.levels_left() <= levels as isize || crate::monitor::active() {
            take_apart(root);
            return None;
        }
        let frame = root.frame.get();
        (*leaf).top = cx.stack_top();
        (*frame).prev = cx.frame;
        (*frame).kind = kind;
        root.leaf.store(null_mut(), Ordering::Relaxed);
        *root.send_at.get() = std::ptr::null();
        cx.stack.move_limit(-(levels as isize));
        let n = cx.handled.len();
        cx.handled.resize_with(n + levels, || None);
        cx.frame = leaf;
    }
    Some(leaf)
}

/// Frame `f` of a generator is unlinked: the one that it ran for may run by itself now.
///
/// # Safety
/// `f` was the running frame, and `prev` the one below it.
#[inline(always)]
pub(crate) unsafe fn leave(f: *mut Frame, prev: *mut Frame) {
    // SAFETY: by contract.
    unsafe {
        if (*f).kind == FrameKind::GenInline && (*prev).flags & SETTLED != 0 {
            (*prev).flags &= !SETTLED;
            // Nobody told it when the chain went on elsewhere.
            (*prev).top = (*f).top;
        }
    }
}

/// Suspend each generator of the parked chain of `root` by itself. The caller has won `root`, or stopped the world.
///
/// # Safety
/// The chain is parked.
#[cold]
#[inline(never)]
pub(crate) unsafe fn take_apart(root: &Generator) {
    // SAFETY: by contract nobody else changes these records; every frame but the leaf's is at the second word of its `Send`.
    unsafe {
        let mut f = root.leaf.swap(null_mut(), Ordering::Relaxed);
        let outermost = root.frame.get();
        let mut leaf = true;
        loop {
            let (g, outer) = (generator(f), (*f).prev);
            (*f).prev = null_mut();
            if !leaf {
                let at: *const AtomicU64 = (*f).pc;
                *g.send_at.get() = at;
                (*f).pc = at.add(1);
                (*f).flags &= !SETTLED;
            }
            leaf = false;
            if f == outermost {
                break;
            }
            g.finish(SUSPENDED);
            f = outer;
        }
    }
}

/// Generator `g` was found RUNNING. If it only looks so, because it is in a parked chain, that is taken apart: true when it is
/// worth to look again.
#[cold]
#[inline(never)]
pub(crate) fn wake(cx: &mut Cx, g: &Generator) -> bool {
    if g.root.load(Ordering::Relaxed).is_null() {
        return false;
    }
    cx.thread.stop_the_world(|_| {
        if g.state() != RUNNING {
            return true;
        }
        // SAFETY: nobody runs; frames are linked as long as they are in a chain or on a thread's stack.
        unsafe {
            let mut f = g.frame.get();
            while !(*f).prev.is_null() && (*f).is_generator() {
                f = (*f).prev;
            }
            if !(*f).is_generator() {
                return false;
            }
            let root = generator(f);
            let parked = root.state() == SUSPENDED && !root.leaf.load(Ordering::Relaxed).is_null();
            if parked {
                take_apart(root);
            }
            parked
        }
    })
}

/// An object of frame `f` is made: a chain that it is settled in is not parked any more.
///
/// # Safety
/// `f` is a frame of the calling thread, or the world is stopped.
#[inline]
pub(crate) unsafe fn seen(f: *mut Frame) {
    // SAFETY: by contract; the root of a settled frame is linked below it.
    unsafe {
        if (*f).flags & SETTLED != 0 {
            let root = generator(f).root.load(Ordering::Relaxed);
            (*root).seen.store(1, Ordering::Relaxed);
        }
    }
}
