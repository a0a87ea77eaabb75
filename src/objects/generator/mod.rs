//! Generators, coroutines and async generators: an object that owns a frame record and its registers.
//!
//! State machine (one atomic byte; the CAS to RUNNING is what makes sharing safe):
//! ```text
//! CREATED --resume--> RUNNING --yield--> SUSPENDED --resume--> RUNNING --return/raise--> DONE
//! CREATED/SUSPENDED --close--> (RUNNING) --> DONE
//! ```
//! Only the thread that won RUNNING touches the frame and the registers; at a yield every live register is counted (R11),
//! so that the collector can traverse a suspended generator like any object.

pub mod agen;
pub mod methods;
pub mod types;

use crate::objects::frame::{Frame, FrameKind};
use crate::{Value, ValueExt};
use std::cell::UnsafeCell;
use std::mem::offset_of;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering};
use typhon_runtime::gc::Visitor;
use typhon_runtime::header::Header;
use typhon_runtime::slot::Slot;
use typhon_runtime::thread::Thread;

pub const CREATED: u8 = 0;
pub const SUSPENDED: u8 = 1;
pub const RUNNING: u8 = 2;
pub const DONE: u8 = 3;

#[repr(C)]
pub struct Generator {
    pub head: Header,
    pub state: AtomicU8,
    /// Whether it is suspended at a `yield from`/`await` (for `gi_yieldfrom` and delegation).
    pub delegating: AtomicU8,
    pub name: Slot,
    pub qualname: Slot,
    /// Where `enter_generator` goes on without running the frame: the second word of the `Send` that the frame waits at, if it was
    /// suspended with what that got. Good while the frame stands at the `Yield` behind it.
    pub send_at: UnsafeCell<*const AtomicU64>,
    /// Where its chain begins, since it was in one (`vm/chain.rs`), and how many generators there are up to it.
    pub(crate) root: AtomicPtr<Generator>,
    pub(crate) depth: AtomicU32,
    /// Whether a frame object was made in the chain that begins here.
    pub(crate) seen: AtomicU8,
    /// The innermost frame of the parked chain that begins here.
    pub(crate) leaf: AtomicPtr<Frame>,
    /// The frame record: valid until DONE.
    pub frame: UnsafeCell<Frame>,
    /// How many registers stand behind this struct; 0 once DONE.
    pub nregs: UnsafeCell<u32>,
    /// The exception being handled inside the generator while it is suspended.
    pub handled: Slot,
    /// Coroutine origin, async generator state: hooks and flags.
    pub origin: Slot,
    pub ag_running: AtomicU8,
    pub ag_closed: AtomicU8,
    pub ag_hooks_inited: AtomicU8,
    pub finalizer: Slot,
    /// The code object, once the frame is gone.
    pub code: Slot,
}

// SAFETY: `frame`, `nregs` and the registers are touched only by the thread that moved `state` to RUNNING by CAS, or by the stopper.
unsafe impl Sync for Generator {}
// SAFETY: as above.
unsafe impl Send for Generator {}

/// The struct behind a generator, a coroutine or an async generator.
#[inline(always)]
pub fn as_generator(v: &Value) -> Option<&Generator> {
    use crate::statics::word;
    match v.class_word() {
        // SAFETY: all three types have this layout and no subclasses.
        word::GENERATOR | word::COROUTINE | word::ASYNC_GENERATOR => {
            Some(unsafe { &*((v.bits() & !7) as *const Generator) })
        }
        _ => None,
    }
}

/// What a finished generator still held.
#[must_use = "to be released"]
pub struct Rest {
    regs: *const u64,
    nregs: usize,
    others: [u64; 3],
}

impl Rest {
    /// Drop it; no register from `live` on holds an owned pointer.
    #[inline]
    pub fn release(self, t: &Thread, live: usize) {
        // SAFETY: registers behind the generator, which its holder keeps, and words taken out of its record; they are ours to
        // drop, once.
        unsafe {
            for i in 0..self.nregs.min(live) {
                let w = *self.regs.add(i);
                if w & 7 == 0 && w != 0 {
                    Value::from_bits(w).drop_in(t);
                }
            }
            for w in self.others {
                if w & 7 == 0 && w != 0 {
                    Value::from_bits(w).drop_in(t);
                }
            }
        }
    }
}

impl Generator {
    /// Bytes of a generator with so many registers.
    pub fn size_of(nregs: usize) -> usize {
        size_of::<Generator>() + 8 * nregs
    }
    /// The registers, which stand behind the struct.
    pub fn regs(&self) -> *mut u64 {
        (&raw const *self).wrapping_add(1).cast_mut().cast()
    }
    /// Write a generator that has not started, but for its header and its `nregs` registers.
    ///
    /// # Safety
    /// A fresh cell of `size_of(nregs)` bytes that nobody else sees; the names are counted words.
    #[inline(always)]
    pub unsafe fn begin(
        this: *mut Generator,
        name: u64,
        qualname: u64,
        frame: Frame,
        nregs: usize,
    ) {
        // SAFETY: by contract; zeros mean CREATED, empty and null.
        unsafe {
            let at = this.cast::<u8>().add(size_of::<Header>());
            at.write_bytes(0, offset_of!(Generator, frame) - size_of::<Header>());
            (&raw mut (*this).name).cast::<u64>().write(name);
            (&raw mut (*this).qualname).cast::<u64>().write(qualname);
            (*this).frame.get().write(frame);
            let at = (&raw mut (*this).frame).add(1).cast::<u8>();
            at.write_bytes(
                0,
                size_of::<Generator>() - offset_of!(Generator, frame) - size_of::<Frame>(),
            );
            (&raw mut (*this).nregs).cast::<u32>().write(nregs as u32);
        }
    }
    /// Write a generator that has not started, but for its header: with a copy of frame record `f`, which is to be completed, and
    /// `nregs` registers, the first `nlocals` of which are moved out of those of `f`.
    ///
    /// # Safety
    /// A fresh cell of `size_of(nregs)` bytes that nobody else sees; `f` is the running frame, its locals counted.
    #[inline(always)]
    pub unsafe fn init(
        this: *mut Generator,
        name: u64,
        qualname: u64,
        f: *mut Frame,
        nlocals: usize,
        nregs: usize,
    ) {
        // SAFETY: by contract; all fields but these begin as zeros, which mean CREATED, empty and null.
        unsafe {
            let at = this.cast::<u8>().add(size_of::<Header>());
            at.write_bytes(0, size_of::<Generator>() - size_of::<Header>());
            (&raw mut (*this).name).cast::<u64>().write(name);
            (&raw mut (*this).qualname).cast::<u64>().write(qualname);
            (&raw mut (*this).nregs).cast::<u32>().write(nregs as u32);
            (*this).frame.get().copy_from_nonoverlapping(f, 1);
            let (to, from) = ((*this).regs(), (*f).regs);
            for i in 0..nlocals {
                to.add(i).write(std::mem::take(&mut *from.add(i)));
            }
            to.add(nlocals).write_bytes(0, nregs - nlocals);
        }
    }
    /// Win the right to run: the previous state (CREATED or SUSPENDED), or the state that forbids it. Those that it delegates to
    /// are suspended by themselves then.
    #[inline]
    pub fn try_start(&self) -> Result<u8, u8> {
        let before = self.try_start_chain()?;
        if !self.leaf.load(Ordering::Relaxed).is_null() {
            // SAFETY: this thread has won the root of a parked chain.
            unsafe { crate::chain::take_apart(self) };
        }
        Ok(before)
    }
    /// The same; the chain that is parked here stays so.
    #[inline(always)]
    pub fn try_start_chain(&self) -> Result<u8, u8> {
        let s = self.state.load(Ordering::Relaxed);
        if s > SUSPENDED {
            return Err(s);
        }
        self.state
            .compare_exchange(s, RUNNING, Ordering::Acquire, Ordering::Relaxed)
    }
    /// [`Self::try_start_chain`] for a generator that a register of the running frame holds. Held by nothing else, no other thread can start
    /// it: that needs no exchange.
    #[inline(always)]
    pub fn try_start_register(&self, tid: u16) -> Result<u8, u8> {
        if !self.head.is_uniquely_held(tid) {
            return self.try_start_chain();
        }
        let s = self.state.load(Ordering::Relaxed);
        if s > SUSPENDED {
            return Err(s);
        }
        self.state.store(RUNNING, Ordering::Relaxed);
        Ok(s)
    }
    #[inline(always)]
    pub fn finish(&self, state: u8) {
        self.state.store(state, Ordering::Release);
    }
    /// Thread `tid`, which runs it, has ended it.
    #[inline(always)]
    pub fn done(&self, tid: u16) {
        // Nothing is left to finalize: the object can be freed at once.
        let finalized = typhon_runtime::header::flag::FINALIZED;
        if self.head.is_uniquely_held(tid) {
            self.head.set_flags_alone(finalized);
        } else {
            self.head.set_flags(finalized);
        }
        self.state.store(DONE, Ordering::Release);
    }
    pub fn state(&self) -> u8 {
        self.state.load(Ordering::Acquire)
    }
    /// Visit what the suspended frame holds: its counted words. Live registers are counted at a yield (R11); a word without a
    /// count is left over from before, and what it names may be gone. (Of a running generator its thread shows all registers.)
    ///
    /// # Safety
    /// The world is stopped.
    pub unsafe fn traverse_frame(&self, v: &mut Visitor) {
        // SAFETY: by contract nobody runs; a DONE generator has no registers.
        unsafe {
            for i in 0..*self.nregs.get() as usize {
                let w = *self.regs().add(i);
                if w != 0 && w & 7 == 0 {
                    v.visit_bits(w);
                }
            }
            // What `drop_frame` left has no count, and is not shown: `code` holds it.
            let f = &*self.frame.get();
            for w in [f.func, f.locals, f.frame_obj] {
                if w != 0 && w & 7 == 0 {
                    v.visit_bits(w);
                }
            }
        }
    }
    /// Take out what a finished generator still holds, but for what tells its code; the caller owns the right to run it, and
    /// keeps the generator until the rest is released. A function without a closure stays in the record: it keeps nothing
    /// alive that its module does not. Of others the code is kept.
    #[inline]
    pub fn end_frame(&self) -> Rest {
        // SAFETY: the caller has won RUNNING.
        unsafe {
            let f = &mut *self.frame.get();
            if f.func & 3 == 0 && f.func != 0 {
                let func = &*((f.func & !7) as *const crate::objects::Function);
                if func.closure.is_some() {
                    drop(self.code.swap(crate::SlotExt::get(&func.code, &func.head)));
                } else {
                    f.kind = FrameKind::GenEntry;
                    return Rest {
                        regs: self.regs(),
                        nregs: std::mem::take(&mut *self.nregs.get()) as usize,
                        others: [
                            0,
                            std::mem::take(&mut f.locals),
                            std::mem::take(&mut f.frame_obj),
                        ],
                    };
                }
            }
        }
        self.drop_frame()
    }
    /// The function that the record of a finished generator kept.
    pub fn kept_function(&self) -> Option<&crate::objects::Function> {
        // SAFETY: the word does not change once the generator is done; frames run functions.
        unsafe {
            let w = (*self.frame.get()).func;
            (self.state() == DONE && w & 7 == 0 && w != 0)
                .then(|| &*(w as *const crate::objects::Function))
        }
    }
    /// Take out all that a generator holds.
    pub fn drop_frame(&self) -> Rest {
        // SAFETY: the caller has won RUNNING or holds the dying object.
        unsafe {
            let f = &mut *self.frame.get();
            // What ran stays known, as a word without a count, for who reads the record at this moment: `code` holds it.
            let code = match f.func {
                w if w != 0 && w & 7 == 0 => {
                    (*(w as *const crate::objects::Function)).code.peek_bits() & !7 | 4
                }
                w if w & 7 == 4 => w,
                _ => 0,
            };
            f.kind = FrameKind::GenEntry;
            Rest {
                regs: self.regs(),
                nregs: std::mem::take(&mut *self.nregs.get()) as usize,
                others: [
                    std::mem::replace(&mut f.func, code),
                    std::mem::take(&mut f.locals),
                    std::mem::take(&mut f.frame_obj),
                ],
            }
        }
    }
}
