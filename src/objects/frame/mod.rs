//! Frames. A running Python function is a `Frame` record on the thread's frame stack plus a window of registers on its
//! register stack; the callee's window begins at the caller's argument registers, so arguments are never copied. A
//! generator owns its record and its registers. `FrameObj` is what Python sees; it is made only when asked for
//! (tracebacks, `sys._getframe`), and takes the locals over when its frame ends.

mod jump;
pub mod locals;
pub mod object;
mod spare;

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
    /// The getter of a property, or `__getitem__`: the result goes to the `d` of the caller's LoadAttr or Subscr.
    Getter,
    /// Called from native code: the loop returns to Rust.
    Entry,
    /// `__init__` called for a class call: the result must be None, the instance is in `ret` already.
    Init,
    /// A generator resumed by the loop (`FOR_ITER`, `SEND`): `yield` goes to `ret`.
    GenInline,
    /// A generator resumed from native code.
    GenEntry,
    /// The same, which takes its items without being left (`feed.rs`).
    GenSink,
}

/// One activation. All pointers are private to the owning thread while the frame runs; the stopper reads them (R11).
#[repr(C)]
pub struct Frame {
    pub regs: *mut u64,
    /// The word being executed (saved before anything that can raise, call or reach a safepoint); one before the first word
    /// in a frame that has not started.
    pub pc: *const AtomicU64,
    pub rc: *const RegCode,
    pub prev: *mut Frame,
    /// The function (word, possibly BORROWED); keeps code, globals and closure alive.
    pub func: u64,
    pub globals: *const Dict,
    /// Namespace of class bodies, modules and `exec` (owned word or 0).
    pub locals: u64,
    /// The Python-visible frame object (owned word or 0).
    pub frame_obj: u64,
    /// First register free for callees, where `flags` say so; see [`Frame::stack_top`].
    pub(crate) top: *mut u64,
    /// Generator object whose frame this is (borrowed word), in frames of these kinds only.
    pub(crate) generator: u64,
    pub kind: FrameKind,
    pub flags: u8,
}

/// Flag of a frame whose callees' registers do not begin behind its own.
pub(crate) const OWN_TOP: u8 = 1;

/// A thread's two stacks: registers and frame records. Reserved address space, committed by use, never moved.
pub struct RegStack {
    pub base: *mut u64,
    pub end: *mut u64,
    pub frames: *mut Frame,
    /// The next free record.
    pub next: *mut Frame,
    /// The record that is one too many: where the recursion limit ends, less one record for each level that has none here
    /// (generators, native recursion). So one comparison asks for both kinds of room, and calls count nothing.
    pub limit: *mut Frame,
    bytes: usize,
}

// SAFETY: it owns its mappings, and whoever has it uses them alone.
unsafe impl Send for RegStack {}

/// Records beyond every recursion limit, for the handlers of RecursionError.
const SPARE_FRAMES: usize = 64;

/// How far from the beginning of their mapping the records begin: one page and a half. A frame takes about as much of one stack as
/// of the other, and processors take an access for one to another address for a moment where the two are equal in the bits
/// within a page (a load that seems to follow a store), or in some higher ones too (the prediction of the way in the first
/// cache). Two mappings that both began at a page, a power of two apart, cost a program whose loop stood at an
/// unlucky depth a seventh of its time.
const APART: usize = 4096 + 2048;
const _: () = assert!(APART.is_multiple_of(align_of::<Frame>()));

impl RegStack {
    /// Stacks of `bytes` for registers and as much for frames, of zeros: what an ended thread left, or reserved.
    pub fn new(bytes: usize) -> Option<RegStack> {
        let (base, frames) = match spare::take(bytes) {
            Some(pair) => pair,
            None => reserve_pair(bytes)?,
        };
        Some(RegStack {
            base: base.cast(),
            end: base.wrapping_add(bytes).cast(),
            frames: frames.cast(),
            next: frames.cast(),
            limit: frames.cast(),
            bytes,
        })
    }
    /// How many records there are, but for the spare ones.
    pub fn capacity(&self) -> usize {
        self.bytes / size_of::<Frame>() - SPARE_FRAMES
    }
    /// Levels left before the limit; negative while a RecursionError is handled.
    pub fn levels_left(&self) -> isize {
        (self.limit as isize - self.next as isize) / size_of::<Frame>() as isize
    }
    /// Move the limit by this many levels.
    pub fn move_limit(&mut self, levels: isize) {
        self.limit = self.limit.wrapping_offset(levels);
    }
}

/// Where the registers and where the records begin.
fn reserve_pair(bytes: usize) -> Option<(*mut u8, *mut u8)> {
    let base = reserve(bytes)?;
    match reserve(bytes + APART) {
        Some(frames) => Some((base, frames.wrapping_add(APART))),
        None => {
            // SAFETY: just mapped.
            unsafe { libc::munmap(base.cast(), bytes) };
            None
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
        if spare::keep(self) {
            return;
        }
        // SAFETY: mapped by `reserve_pair`; the thread has no frames left.
        unsafe {
            libc::munmap(self.base.cast(), self.bytes);
            let mapping = self.frames.byte_sub(APART);
            libc::munmap(mapping.cast(), self.bytes + APART);
        }
    }
}

impl Frame {
    #[inline(always)]
    pub fn code(&self) -> &RegCode {
        // SAFETY: the function named by `func` keeps the code alive; register code is freed only with the world stopped (R14).
        unsafe { &*self.rc }
    }
    /// Index of the current word.
    pub fn pc_index(&self) -> usize {
        let at = self.pc as isize - self.code().words.as_ptr() as isize;
        (at / size_of::<AtomicU64>() as isize).max(0) as usize
    }
    /// First register that a callee may use which does not stand on its arguments.
    #[inline(always)]
    pub fn stack_top(&self) -> *mut u64 {
        if self.flags & OWN_TOP != 0 {
            self.top
        } else {
            self.regs.wrapping_add(self.code().nregs)
        }
    }
    /// Whether this is the frame of a generator, which owns it.
    #[inline(always)]
    pub fn is_generator(&self) -> bool {
        matches!(
            self.kind,
            FrameKind::GenInline | FrameKind::GenEntry | FrameKind::GenSink
        )
    }
    /// The namespace of builtins: the function's.
    pub fn builtins(&self) -> *const Dict {
        // SAFETY: `func` is the running function, alive as long as the frame.
        unsafe { (*((self.func & !7) as *const crate::objects::function::Function)).builtins() }
    }
    /// Offset of the current instruction in the stack code (`f_lasti`).
    pub fn lasti(&self) -> u32 {
        let rc = self.code();
        rc.offsets.get(self.pc_index()).unwrap_or(0)
    }
    /// Shows the instruction at this offset as the current one: the frame ends here.
    pub fn go_to(&mut self, offset: u32) {
        let rc = self.code();
        let found = rc.offsets.iter().position(|o| o == offset);
        // SAFETY: within the code's words.
        let pc = found.map(|i| unsafe { rc.words.as_ptr().add(i) });
        self.pc = pc.unwrap_or(self.pc);
    }
    pub fn line(&self) -> i32 {
        self.code()
            .lines()
            .get(self.pc_index())
            .copied()
            .unwrap_or(-1)
    }
    /// Shows what this frame's registers name. The counted ones too: who is known to be alive need not be counted out
    /// (`gc/mark.rs`), which costs several times as much.
    ///
    /// # Safety
    /// The owning thread is stopped, or is the caller.
    pub unsafe fn visit_registers(&self, v: &mut Visitor) {
        // SAFETY: by contract; registers hold values, MOVED-free (frame invariant: owned, borrowed or 0).
        unsafe {
            let n = self.code().nregs;
            for i in 0..n {
                v.root_bits(*self.regs.add(i));
            }
            v.root_bits(self.func);
        }
    }
}

/// What a thread's registers name: what the collector's hook calls for each stopped thread.
///
/// # Safety
/// The world is stopped and `cx` is one of its threads.
pub unsafe fn visit_thread(cx: &Cx, v: &mut Visitor) {
    let mut f = cx.frame;
    while !f.is_null() {
        // SAFETY: frames are linked while they live; the world is stopped.
        unsafe {
            (*f).visit_registers(v);
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
