//! Frames. A running Python function is a `Frame` record on the thread's frame stack plus a window of registers on its
//! register stack; the callee's window begins at the caller's argument registers, so arguments are never copied. A
//! generator owns its record and its registers. `FrameObj` is what Python sees; it is made only when asked for
//! (tracebacks, `sys._getframe`), and takes the locals over when its frame ends.

pub mod locals;
pub mod object;

pub use object::FrameObj;

use crate::objects::Dict;
use crate::regcode::RegCode;
use crate::{Cx, Value, ValueExt};
use std::sync::atomic::AtomicU64;
use typhon_runtime::gc::Visitor;

/// What happens when a frame returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum FrameKind {
    /// Called by the loop itself: the result goes to register `ret` of `prev`.
    Inline,
    /// The same, and the frame has an object.
    InlineSeen,
    /// The getter of a property: the result goes to the `d` of the caller's LoadAttr.
    Getter,
    /// Called from native code: the loop returns to Rust.
    Entry,
    /// `__init__` called for a class call: the result must be None, the instance is in `ret` already.
    Init,
    /// A generator resumed by the loop (`FOR_ITER`, `SEND`): `yield` goes to `ret`.
    GenInline,
    /// A generator resumed from native code.
    GenEntry,
}

/// One activation. All pointers are private to the owning thread while the frame runs; the stopper reads them (R11).
#[repr(C)]
pub struct Frame {
    pub regs: *mut u64,
    /// The instruction being executed (saved before anything that can raise, call or reach a safepoint).
    pub pc: *const AtomicU64,
    pub rc: *const RegCode,
    pub prev: *mut Frame,
    /// The function (word, possibly BORROWED); keeps code, globals and closure alive.
    pub func: u64,
    pub globals: *const Dict,
    pub builtins: *const Dict,
    /// Namespace of class bodies, modules and `exec` (owned word or 0).
    pub locals: u64,
    /// The Python-visible frame object (owned word or 0).
    pub frame_obj: u64,
    /// First register free for callees.
    pub stack_top: *mut u64,
    /// Generator object whose frame this is (borrowed word or 0).
    pub generator: u64,
    pub kind: FrameKind,
    pub flags: u8,
}

/// A thread's two stacks: registers and frame records. Reserved address space, committed by use, never moved.
pub struct RegStack {
    pub base: *mut u64,
    pub end: *mut u64,
    pub frames: *mut Frame,
    pub frames_end: *mut Frame,
    /// The next free record.
    pub next: *mut Frame,
    bytes: usize,
}

impl RegStack {
    /// Reserve stacks of `bytes` for registers and as much for frames.
    pub fn new(bytes: usize) -> Option<RegStack> {
        let base = reserve(bytes)?;
        let Some(frames) = reserve(bytes) else {
            // SAFETY: just mapped.
            unsafe { libc::munmap(base.cast(), bytes) };
            return None;
        };
        let n = bytes / size_of::<Frame>();
        // SAFETY: inside (one past) the mappings.
        unsafe {
            Some(RegStack {
                base: base.cast(),
                end: base.add(bytes).cast(),
                frames: frames.cast(),
                next: frames.cast(),
                frames_end: frames.cast::<Frame>().add(n - 1),
                bytes,
            })
        }
    }
}

fn reserve(bytes: usize) -> Option<*mut u8> {
    // SAFETY: an anonymous private mapping.
    let p = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if p == libc::MAP_FAILED {
        None
    } else {
        Some(p.cast())
    }
}

impl Drop for RegStack {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; the thread has no frames left.
        unsafe {
            libc::munmap(self.base.cast(), self.bytes);
            libc::munmap(self.frames.cast(), self.bytes);
        }
    }
}

impl Frame {
    #[inline(always)]
    pub fn code(&self) -> &RegCode {
        // SAFETY: the function named by `func` keeps the code alive; register code is freed only with the world stopped (R14).
        unsafe { &*self.rc }
    }
    /// Index of the current word: the saved pc points behind it.
    pub fn pc_index(&self) -> usize {
        // SAFETY: pc points into the code's words.
        unsafe { (self.pc.offset_from(self.code().words.as_ptr()) as usize).saturating_sub(1) }
    }
    /// Offset of the current instruction in the stack code (`f_lasti`).
    pub fn lasti(&self) -> u32 {
        let rc = self.code();
        rc.offsets.get(self.pc_index()).copied().unwrap_or(0)
    }
    /// Shows the instruction at this offset as the current one: the frame ends here.
    pub fn go_to(&mut self, offset: u32) {
        let rc = self.code();
        if let Some(i) = rc.offsets.iter().position(|&o| o == offset) {
            // SAFETY: within the code's words; the saved pc points behind the current one.
            self.pc = unsafe { rc.words.as_ptr().add(i + 1) };
        }
    }
    pub fn line(&self) -> i32 {
        self.code()
            .lines
            .get(self.pc_index())
            .copied()
            .unwrap_or(-1)
    }
    /// Report the uncounted references of this frame's registers.
    ///
    /// # Safety
    /// The owning thread is stopped, or is the caller.
    pub unsafe fn visit_uncounted(&self, v: &mut Visitor) {
        // SAFETY: by contract; registers hold values, MOVED-free (frame invariant: owned, borrowed or 0).
        unsafe {
            let n = self.code().nregs;
            for i in 0..n {
                let w = *self.regs.add(i);
                if w & 7 == 4 {
                    v.root_bits(w & !7);
                }
            }
            if self.func & 7 == 4 {
                v.root_bits(self.func & !7);
            }
        }
    }
}

/// All uncounted references of a thread: what the collector's hook calls for each stopped thread.
///
/// # Safety
/// The world is stopped and `cx` is one of its threads.
pub unsafe fn visit_thread(cx: &Cx, v: &mut Visitor) {
    let mut f = cx.frame;
    while !f.is_null() {
        // SAFETY: frames are linked while they live; the world is stopped.
        unsafe {
            (*f).visit_uncounted(v);
            f = (*f).prev;
        }
    }
}

/// The innermost frame of a thread as a value, made on demand.
pub fn current_frame_object(cx: &mut Cx) -> crate::Res<Value> {
    if cx.frame.is_null() {
        return Ok(Value::none());
    }
    let f = cx.frame;
    object::frame_object(cx, f)
}
