//! Frame objects: what Python sees of a frame. While the frame runs the object points at its record; when the frame ends it
//! takes the locals over (`detach`).
//!
//! Who may follow the pointer: the thread that runs the frame, at any time, for it alone ends the frame; every other thread
//! with the world stopped, so that a frame of another thread, or of a generator that anyone may resume, stands still.

use super::Frame;
use crate::native::*;
use crate::objects::code::CodeObj;
use crate::objects::function::Function;
use crate::objects::object::alloc;
use crate::objects::{Cell, Dict};
use crate::slot_ext::SlotExt;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering};
use typhon_compiler::code::kinds;

/// What a frame leaves behind.
#[derive(Default)]
pub struct Left {
    /// Locals, cells and free variables, once the frame has ended.
    values: Vec<Option<Value>>,
    /// Values displaced through `f_locals` while registers may still name them without a count (R13).
    parked: Vec<Value>,
}

impl Traverse for Left {
    fn traverse(&self, v: &mut Visitor) {
        self.values.traverse(v);
        self.parked.traverse(v);
    }
}

#[pytype(name = "frame", gc, weakrefable, static_index = FRAME)]
pub struct FrameObj {
    pub head: Header,
    /// The running frame's record; null once it has ended.
    #[skip]
    frame: AtomicPtr<Frame>,
    /// The thread that runs it; 0 for frames of generators, which change threads.
    #[skip]
    tid: u16,
    func: Value,
    code: Value,
    /// The namespace of module and class frames, once the frame has ended.
    locals: Slot,
    /// Further names set through `f_locals`.
    extra: Slot,
    back: Slot,
    #[skip]
    lasti: AtomicU32,
    #[skip]
    line: AtomicI32,
    left: Guarded<Left>,
    pub trace: Slot,
    #[skip]
    pub trace_lines: AtomicBool,
    #[skip]
    pub trace_opcodes: AtomicBool,
}

/// Register `i` of a frame as a counted value.
///
/// # Safety
/// The frame belongs to the calling thread, or the world is stopped.
pub unsafe fn register(f: *mut Frame, i: usize) -> Option<Value> {
    // SAFETY: by contract; registers hold values or 0, and the temporary is not dropped.
    unsafe {
        let w = *(*f).regs.add(i);
        if w == 0 {
            return None;
        }
        let v = std::mem::ManuallyDrop::new(Value::from_bits(w));
        Some((*v).clone())
    }
}

/// The code object a frame runs.
pub(crate) fn code_of(cx: &mut Cx, f: *mut Frame, func: &Value) -> Res<Value> {
    // SAFETY: the caller's frame, which keeps its code.
    let running = unsafe { &(*f).code().code };
    if let Some(func) = func.downcast::<Function>()
        && let Some(code) = func.code.get(&func.head)
        && code
            .downcast::<CodeObj>()
            .is_some_and(|c| std::sync::Arc::ptr_eq(&c.code, running))
    {
        return Ok(code);
    }
    // The function was given other code meanwhile.
    crate::objects::code::methods::new_code(cx, running.clone())
}

/// The object of a frame of the calling thread, made on demand.
pub(crate) fn frame_object(cx: &mut Cx, f: *mut Frame) -> Res<Value> {
    let tid = cx.thread.tid;
    frame_object_of(cx, f, tid)
}

/// The objects of all running frames, made where there was none: the innermost of each thread, with the thread's ident.
pub fn all_frames(cx: &mut Cx) -> Res<Vec<(u64, Value)>> {
    let me: *mut Cx = cx;
    cx.thread.stop_the_world(|_| {
        let mut threads: Vec<*const Cx> = Vec::new();
        typhon_runtime::thread::for_each_registered(|t| threads.push(t.cast::<Cx>()));
        let mut out = Vec::new();
        for other in threads {
            // SAFETY: every record is the first field of a `Cx`; the world stands still, so do its frames. Making an object
            // reaches no safepoint, and nobody else uses the record of this thread meanwhile.
            unsafe {
                let (mut f, tid) = ((*other).frame, (*other).thread.tid);
                let mut innermost = None;
                while !f.is_null() {
                    let v = frame_object_of(&mut *me, f, tid)?;
                    innermost.get_or_insert(v);
                    f = (*f).prev;
                }
                if let Some(v) = innermost {
                    out.push(((*other).watch.ident, v));
                }
            }
        }
        Ok(out)
    })
}

/// The exceptions that threads are handling, by the threads' idents.
pub fn all_exceptions(cx: &mut Cx) -> Vec<(u64, Option<Value>)> {
    cx.thread.stop_the_world(|_| {
        let mut out = Vec::new();
        typhon_runtime::thread::for_each_registered(|t| {
            // SAFETY: as above.
            let other = unsafe { &*t.cast::<Cx>() };
            let e = other.handled.iter().rev().flatten().next();
            out.push((other.watch.ident, e.cloned()));
        });
        out
    })
}

/// The object of a frame of thread `tid`, which is the calling one or stands still.
fn frame_object_of(cx: &mut Cx, f: *mut Frame, tid: u16) -> Res<Value> {
    // SAFETY: the caller's frame, whose words are owned, borrowed or 0.
    unsafe {
        if (*f).frame_obj != 0 {
            let v = std::mem::ManuallyDrop::new(Value::from_bits((*f).frame_obj));
            return Ok((*v).clone());
        }
        let func = crate::call::counted(cx, (*f).func);
        let code = code_of(cx, f, &func)?;
        let tid = if (*f).is_generator() { 0 } else { tid };
        let obj = FrameObj {
            head: Header::placeholder(),
            frame: AtomicPtr::new(f),
            tid,
            func,
            code,
            locals: Slot::EMPTY,
            extra: Slot::EMPTY,
            back: Slot::EMPTY,
            lasti: AtomicU32::new(0),
            line: AtomicI32::new(0),
            left: Guarded::new(Left::default()),
            trace: Slot::EMPTY,
            trace_lines: AtomicBool::new(true),
            trace_opcodes: AtomicBool::new(false),
        };
        let v = alloc(cx, Type::of::<FrameObj>(), obj)?;
        (*f).frame_obj = v.clone().into_bits();
        crate::chain::seen(f);
        if (*f).kind == super::FrameKind::Inline {
            (*f).kind = super::FrameKind::InlineSeen;
        }
        Ok(v)
    }
}

/// The frame ends: its object takes over what outlives it. The registers stay for the caller to release.
pub(crate) fn detach(cx: &mut Cx, f: *mut Frame) {
    // Another thread may ask for the frame's object while this one waits for a lock.
    loop {
        // SAFETY: the calling thread's frame.
        if unsafe { (*f).frame_obj } == 0 {
            return;
        }
        detach_object(cx, f);
    }
}

fn detach_object(cx: &mut Cx, f: *mut Frame) {
    // SAFETY: the calling thread's frame; its reference to the object is given up here.
    unsafe {
        let word = std::mem::take(&mut (*f).frame_obj);
        if word == 0 {
            return;
        }
        let v = Value::from_bits(word);
        let Some(obj) = v.downcast_exact::<FrameObj>() else {
            return;
        };
        if !obj.head.is_uniquely_held(cx.thread.tid) {
            let n = (*(*f).rc).nlocals;
            // Owned words move out; borrowed ones are counted.
            let mut values: Vec<Option<Value>> = Vec::with_capacity(n);
            for i in 0..n {
                let p = (*f).regs.add(i);
                let w = *p;
                values.push(match w {
                    0 => None,
                    w if w & 7 == 4 => Some(crate::call::counted(cx, w)),
                    w => {
                        *p = 0;
                        Some(Value::from_bits(w))
                    }
                });
            }
            obj.lasti.store((*f).lasti(), Ordering::Relaxed);
            obj.line.store((*f).line(), Ordering::Relaxed);
            let locals = match (*f).locals {
                0 => None,
                l => Some(crate::call::counted(cx, l)),
            };
            let prev = (*f).prev;
            let back = if !(*f).is_generator() && !prev.is_null() {
                frame_object(cx, prev).ok()
            } else {
                None
            };
            // All under one hold of the lock; what is displaced is dropped after it (R1).
            let displaced = {
                let mut left = obj.left.lock(&obj.head, &mut cx.thread);
                (
                    locals.and_then(|l| obj.locals.swap(Some(l))),
                    back.and_then(|b| obj.back.swap(Some(b))),
                    std::mem::replace(&mut left.values, values),
                )
            };
            drop(displaced);
        }
        obj.frame.store(std::ptr::null_mut(), Ordering::Release);
        drop(v);
    }
}

/// The generator that owns the frame is freed unfinished: the object only forgets the record. Runs inside a drop.
///
/// # Safety
/// The frame is the record of a dying generator.
pub unsafe fn forget(f: *mut Frame) -> Option<Value> {
    // SAFETY: by contract; nobody runs the frame any more.
    unsafe {
        let word = std::mem::take(&mut (*f).frame_obj);
        if word == 0 {
            return None;
        }
        let v = Value::from_bits(word);
        if let Some(obj) = v.downcast_exact::<FrameObj>() {
            obj.lasti.store((*f).lasti(), Ordering::Relaxed);
            obj.line.store((*f).line(), Ordering::Relaxed);
            obj.frame.store(std::ptr::null_mut(), Ordering::Release);
        }
        Some(v)
    }
}

impl FrameObj {
    pub fn code(&self) -> &CodeObj {
        self.code
            .downcast::<CodeObj>()
            .expect("a frame runs a code object")
    }
    pub fn function(&self) -> Option<&Function> {
        self.func.downcast::<Function>()
    }
    /// The line of an instruction of this frame's code.
    pub fn line_of(&self, lasti: i32) -> Option<i32> {
        u32::try_from(lasti)
            .ok()
            .and_then(|o| self.code().code.line_for(o))
    }

    /// Run `f` on the record while it stands still; None when the frame has ended.
    fn live<R>(&self, cx: &mut Cx, f: impl FnOnce(*mut Frame) -> R) -> Option<R> {
        let p = self.frame.load(Ordering::Acquire);
        if p.is_null() {
            return None;
        }
        if self.tid == cx.thread.tid || (self.tid == 0 && runs_here(cx, p)) {
            return Some(f(p));
        }
        cx.thread.stop_the_world(|_| {
            let p = self.frame.load(Ordering::Acquire);
            if p.is_null() { None } else { Some(f(p)) }
        })
    }

    /// Offset of the instruction the frame is at.
    pub fn lasti_now(&self, cx: &mut Cx) -> u32 {
        // SAFETY: `live` has the record stand still.
        self.live(cx, |f| unsafe { (*f).lasti() })
            .unwrap_or_else(|| self.lasti.load(Ordering::Relaxed))
    }
    pub fn line_now(&self, cx: &mut Cx) -> i32 {
        // SAFETY: as above.
        self.live(cx, |f| unsafe { (*f).line() })
            .unwrap_or_else(|| self.line.load(Ordering::Relaxed))
    }
    /// The caller's frame object.
    pub fn back(&self, cx: &mut Cx) -> Option<Value> {
        let p = self.frame.load(Ordering::Acquire);
        if p.is_null() {
            return self.back.get(&self.head);
        }
        if self.tid == cx.thread.tid || (self.tid == 0 && runs_here(cx, p)) {
            // SAFETY: a frame of this thread, so its caller is one too.
            let prev = unsafe { (*p).prev };
            return if prev.is_null() {
                None
            } else {
                frame_object(cx, prev).ok()
            };
        }
        // Another thread's frame.
        let me: *mut Cx = cx;
        // SAFETY: the world stands still, and so do that thread's frames. Making an object reaches no safepoint, and nobody
        // else uses the record of this thread meanwhile.
        self.live(cx, |f| unsafe {
            let prev = (*f).prev;
            if prev.is_null() {
                return None;
            }
            frame_object_of(&mut *me, prev, self.tid).ok()
        })
        .flatten()
    }
    /// The namespace of module and class frames.
    pub fn namespace(&self, cx: &mut Cx) -> Option<Value> {
        // SAFETY: `live` has the record stand still.
        let live = self.live(cx, |f| unsafe {
            let w = (*f).locals;
            if w == 0 {
                return None;
            }
            let v = std::mem::ManuallyDrop::new(Value::from_bits(w));
            Some((*v).clone())
        });
        match live {
            Some(l) => l,
            None => self.locals.get(&self.head),
        }
    }
    /// Whether the frame keeps its variables in registers: that of a function, or of a class or module that is in a
    /// comprehension.
    pub fn is_optimized(&self, cx: &mut Cx) -> bool {
        self.code().flags & crate::objects::code::co::OPTIMIZED != 0 || self.in_comprehension(cx)
    }
    /// Whether a variable of a comprehension in a class or module is bound.
    fn in_comprehension(&self, cx: &mut Cx) -> bool {
        (0..self.code().code.localspluskinds.len())
            .any(|i| self.kind(i) & kinds::HIDDEN != 0 && self.variable(cx, i).is_some())
    }

    /// The content of variable `i`'s place, a cell as it is.
    fn place(&self, cx: &mut Cx, i: usize) -> Option<Value> {
        // SAFETY: `live` has the record stand still.
        match self.live(cx, |f| unsafe { register(f, i) }) {
            Some(v) => v,
            None => {
                let left = self.left.lock(&self.head, &mut cx.thread);
                left.values.get(i).and_then(|v| v.clone())
            }
        }
    }
    fn kind(&self, i: usize) -> u8 {
        self.code()
            .code
            .localspluskinds
            .get(i)
            .copied()
            .unwrap_or(0)
    }
    /// Names of the variables that `f_locals` shows, with their places.
    pub fn variables(&self) -> Vec<(usize, Value)> {
        let names = self.code().variables();
        names
            .iter()
            .enumerate()
            .map(|(i, n)| (i, n.clone()))
            .collect()
    }
    /// The place of a variable. Keys of other types than str may be equal to its name.
    pub fn find(&self, cx: &mut Cx, name: &Value) -> Res<Option<usize>> {
        let hash = crate::protocol::hash(cx, name)?;
        let exact = name.class_word() == crate::statics::word::STR;
        for (i, n) in self.variables() {
            let same = n.is(name)
                || match name.downcast::<Str>().filter(|_| exact) {
                    Some(key) => n.downcast::<Str>().is_some_and(|s| s.equals(key)),
                    None => {
                        crate::protocol::hash(cx, &n)? == hash
                            && crate::protocol::equal(cx, &n, name)?
                    }
                };
            if same {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }
    /// The value of variable `i`.
    pub fn variable(&self, cx: &mut Cx, i: usize) -> Option<Value> {
        let v = self.place(cx, i)?;
        if self.kind(i) & (kinds::CELL | kinds::FREE) != 0
            && let Some(cell) = v.downcast_exact::<Cell>()
        {
            return crate::objects::cell::methods::get(cx, cell);
        }
        Some(v)
    }
    /// Write variable `i`.
    pub fn set_variable(&self, cx: &mut Cx, i: usize, value: Option<Value>) {
        if self.kind(i) & (kinds::CELL | kinds::FREE) != 0
            && let Some(v) = self.place(cx, i)
            && let Some(cell) = v.downcast_exact::<Cell>()
        {
            drop(crate::objects::cell::methods::set(cx, cell, value));
            return;
        }
        let new = value.map_or(0, |v| v.into_counted().into_bits());
        // SAFETY: `live` has the record stand still; the old word is kept until the frame ends, since other registers may
        // name it without a count (R13).
        let displaced = self.live(cx, |f| unsafe {
            std::mem::replace(&mut *(*f).regs.add(i), new)
        });
        match displaced {
            Some(w) => {
                if w != 0 && w & 7 == 0 {
                    // SAFETY: the register's reference is ours now.
                    let old = unsafe { Value::from_bits(w) };
                    self.left.lock(&self.head, &mut cx.thread).parked.push(old);
                }
            }
            None => {
                // SAFETY: the word made above.
                let new = if new == 0 {
                    None
                } else {
                    Some(unsafe { Value::from_bits(new) })
                };
                let old = {
                    let mut left = self.left.lock(&self.head, &mut cx.thread);
                    match left.values.get_mut(i) {
                        Some(place) => std::mem::replace(place, new),
                        None => new,
                    }
                };
                drop(old);
            }
        }
    }
    /// The dict of further names, when there is one.
    pub fn extra(&self) -> Option<Value> {
        self.extra.get(&self.head)
    }
    pub fn extra_or_new(&self, cx: &mut Cx) -> Res<Value> {
        crate::objects::object::methods::dict_in_slot(cx, &self.head, &self.extra)
    }
    /// All variables that are set, in order, with the further names behind them.
    pub fn items(&self, cx: &mut Cx) -> Vec<(Value, Value)> {
        let mut out = Vec::new();
        for (i, n) in self.variables() {
            if let Some(v) = self.variable(cx, i) {
                out.push((n, v));
            }
        }
        if let Some(e) = self.extra()
            && let Some(d) = e.downcast::<Dict>()
        {
            out.extend(d.entries(cx));
        }
        out
    }
    /// A snapshot of the locals as a dict (`locals()` in a function); the namespace itself of a module or class.
    pub fn locals(&self, cx: &mut Cx) -> Res<Value> {
        if !self.is_optimized(cx)
            && let Some(ns) = self.namespace(cx)
        {
            return Ok(ns);
        }
        let d = crate::objects::dict::new_dict(cx)?;
        if let Some(dict) = d.downcast::<Dict>() {
            for (k, v) in self.items(cx) {
                dict.set(cx, &k, v)?;
            }
        }
        Ok(d)
    }
}

/// The value of an attribute that is a plain bool.
fn truth(cx: &mut Cx, v: Option<&Value>) -> Res<bool> {
    match v {
        None => Err(cx.type_error("can't delete numeric/char attribute")),
        Some(v) if v.bits() & !4 == crate::statics::TRUE => Ok(true),
        Some(v) if v.bits() & !4 == crate::statics::FALSE => Ok(false),
        Some(_) => Err(cx.type_error("attribute value type must be bool")),
    }
}

/// Whether a frame is among those this thread is running.
fn runs_here(cx: &Cx, p: *mut Frame) -> bool {
    let mut f = cx.frame;
    while !f.is_null() {
        if f == p {
            return true;
        }
        // SAFETY: the chain of this thread's frames.
        f = unsafe { (*f).prev };
    }
    false
}

#[pymethods]
impl FrameObj {
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let Some(f) = this.downcast::<FrameObj>() else {
            return Err(cx.system_error("not a frame"));
        };
        let line = f.line_now(cx);
        let c = f.code();
        Ok(format!(
            "<frame at {:#x}, file '{}', line {line}, code {}>",
            this.bits() & !7,
            c.filename_text(),
            c.name_text()
        ))
    }
    #[getter]
    fn f_code(&self) -> Value {
        self.code.clone()
    }
    #[getter]
    fn f_back(&self, cx: &mut Cx) -> Option<Value> {
        self.back(cx)
    }
    #[getter]
    fn f_globals(&self) -> Option<Value> {
        self.function().map(|f| f.globals.clone())
    }
    #[getter]
    fn f_builtins(&self) -> Option<Value> {
        self.function()
            .map(|f| crate::objects::function::view::shown(&f.builtins))
    }
    #[getter]
    fn f_locals(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(f) = this.downcast::<FrameObj>() else {
            return Err(cx.system_error("not a frame"));
        };
        if !f.is_optimized(cx)
            && let Some(ns) = f.namespace(cx)
        {
            return Ok(ns);
        }
        super::locals::new_proxy(cx, this)
    }
    #[getter]
    fn f_lasti(&self, cx: &mut Cx) -> u32 {
        self.lasti_now(cx)
    }
    #[getter]
    fn f_lineno(&self, cx: &mut Cx) -> Option<i32> {
        Some(self.line_now(cx)).filter(|n| *n >= 0)
    }
    #[setter]
    fn set_f_lineno(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(
                cx.attribute_error("attribute 'f_lineno' of 'frame' objects cannot be deleted")
            );
        };
        if !v.ty().has(crate::objects::typeobj::flag::INT_SUBCLASS) {
            return Err(cx.value_error("lineno must be an integer"));
        }
        let line = match crate::number::index_i64(cx, v) {
            Ok(n) => n,
            Err(r) => {
                cx.catch(r, ExcKind::OverflowError)?;
                i64::MAX
            }
        };
        let p = self.frame.load(Ordering::Acquire);
        if p.is_null() || p != cx.watch.frame {
            return Err(cx.value_error("f_lineno can only be set in a trace function"));
        }
        super::jump::jump(cx, p, line)
    }
    #[getter]
    fn f_trace(&self) -> Option<Value> {
        self.trace.get(&self.head)
    }
    #[setter]
    fn set_f_trace(&self, v: Option<&Value>, cx: &mut Cx) {
        let v = v.filter(|v| !v.is_none()).cloned();
        drop(self.trace.put(&self.head, cx, v));
    }
    #[getter]
    fn f_trace_lines(&self) -> bool {
        self.trace_lines.load(Ordering::Relaxed)
    }
    #[setter]
    fn set_f_trace_lines(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = truth(cx, v)?;
        self.trace_lines.store(v, Ordering::Relaxed);
        Ok(())
    }
    #[getter]
    fn f_trace_opcodes(&self) -> bool {
        self.trace_opcodes.load(Ordering::Relaxed)
    }
    #[setter]
    fn set_f_trace_opcodes(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        if v.is_none() {
            return Err(cx.attribute_error(
                "attribute 'f_trace_opcodes' of 'frame' objects cannot be deleted",
            ));
        }
        let v = truth(cx, v)?;
        self.trace_opcodes.store(v, Ordering::Relaxed);
        crate::monitor::legacy::show_opcodes(self, v);
        Ok(())
    }
    #[getter]
    fn f_generator(&self, cx: &mut Cx) -> Option<Value> {
        // SAFETY: `live` has the record stand still; the generator owns the record, so it is alive.
        self.live(cx, |f| unsafe {
            if !(*f).is_generator() {
                return None;
            }
            let w = (*f).generator;
            let v = std::mem::ManuallyDrop::new(Value::from_bits(w | 4));
            Some((*v).clone())
        })
        .flatten()
    }
    /// Clear all references held by the frame.
    fn clear(&self, cx: &mut Cx) -> Res<()> {
        let p = self.frame.load(Ordering::Acquire);
        if !p.is_null() {
            let generator = FrameObj::f_generator(self, cx);
            if let Some(g) = &generator
                && let Some(gen_) = crate::objects::generator::as_generator(g)
            {
                return match gen_.state() {
                    crate::objects::generator::CREATED => {
                        // A coroutine reports that nobody awaited it; then the arguments go.
                        crate::objects::generator::methods::finalize(cx, g)?;
                        crate::objects::generator::methods::close(cx, g).map(drop)
                    }
                    crate::objects::generator::SUSPENDED => {
                        Err(cx.runtime_error("cannot clear a suspended frame"))
                    }
                    _ => Err(cx.runtime_error("cannot clear an executing frame")),
                };
            }
            return Err(cx.runtime_error("cannot clear an executing frame"));
        }
        let old = {
            let mut left = self.left.lock(&self.head, &mut cx.thread);
            std::mem::take(&mut *left)
        };
        drop(old);
        drop(self.extra.put(&self.head, cx, None));
        drop(self.trace.put(&self.head, cx, None));
        Ok(())
    }
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        if self.frame.load(Ordering::Acquire).is_null() {
            let old = {
                let mut left = self.left.lock(&self.head, &mut cx.thread);
                std::mem::take(&mut *left)
            };
            drop(old);
            drop(self.back.put(&self.head, cx, None));
            drop(self.locals.put(&self.head, cx, None));
        }
    }
    fn __sizeof__(&self) -> usize {
        size_of::<FrameObj>()
    }
}
