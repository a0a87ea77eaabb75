//! Traceback objects: one entry per frame an exception passed through.

use super::base::exc;
use crate::native::*;
use crate::objects::frame::FrameObj;
use crate::objects::list::new_list;
use crate::objects::object::alloc;
use crate::objects::str::new_str;
use crate::slot_ext::SlotExt;
use std::sync::atomic::{AtomicI32, Ordering};

/// TracebackType(tb_next, tb_frame, tb_lasti, tb_lineno)
/// --
///
/// Create a new traceback object.
#[pytype(name = "traceback", gc, static_index = TRACEBACK)]
pub struct Traceback {
    pub head: Header,
    pub next: Slot,
    pub frame: Value,
    pub lasti: AtomicI32,
    pub lineno: AtomicI32,
}

impl Traceback {
    pub fn next(&self) -> Option<Value> {
        self.next.get(&self.head)
    }
    pub fn frame(&self) -> &FrameObj {
        self.frame
            .downcast::<FrameObj>()
            .expect("a traceback names a frame")
    }
    pub fn line(&self) -> i32 {
        self.lineno.load(Ordering::Relaxed)
    }
    pub fn last_instruction(&self) -> i32 {
        self.lasti.load(Ordering::Relaxed)
    }
}

/// A traceback entry in front of `next`.
pub fn new_traceback(
    cx: &mut Cx,
    next: Option<Value>,
    frame: Value,
    lasti: i32,
    line: i32,
) -> Res<Value> {
    let tb = Traceback {
        head: Header::placeholder(),
        next: Slot::new(next),
        frame: frame.into_counted(),
        lasti: AtomicI32::new(lasti),
        lineno: AtomicI32::new(line),
    };
    alloc(cx, Type::of::<Traceback>(), tb)
}

/// The exception passed through a frame: put an entry in front of its traceback.
pub fn add_entry(cx: &mut Cx, this: &Value, frame_obj: Value, lasti: u32, line: i32) -> Res<()> {
    let e = exc(this);
    if e.head.is_uniquely_held(cx.thread.tid) {
        // The unwinder holds the only reference: no lock.
        let next = e.traceback.take();
        let tb = new_traceback(cx, next, frame_obj, lasti as i32, line)?;
        drop(e.traceback.swap(Some(tb)));
        return Ok(());
    }
    let next = e.traceback();
    let tb = new_traceback(cx, next, frame_obj, lasti as i32, line)?;
    e.set_traceback(cx, Some(tb));
    Ok(())
}

/// Take the frames of the import system out of the pending exception's traceback: all of them for an ImportError, for
/// others those up to the code that was imported.
pub fn trim_import_frames(cx: &mut Cx) {
    let Some(this) = cx.exc.clone() else { return };
    let always = super::is_kind(&this, ExcKind::ImportError);
    let e = exc(&this);
    let mut kept: Vec<Value> = Vec::new();
    let (mut inside, mut start, mut cut) = (false, 0, false);
    let mut at = e.traceback();
    while let Some(v) = at {
        let Some(t) = v.downcast::<Traceback>() else {
            return;
        };
        let code = t.frame().code();
        let here = matches!(
            code.filename_text().as_str(),
            "<frozen importlib._bootstrap>" | "<frozen importlib._bootstrap_external>"
        );
        if here && !inside {
            start = kept.len();
        }
        inside = here;
        at = t.next();
        let trim = here && (always || code.name_text() == "_call_with_frames_removed");
        kept.push(v);
        if trim {
            kept.truncate(start);
            cut = true;
        }
    }
    if !cut {
        return;
    }
    let mut next: Option<Value> = None;
    for v in kept.into_iter().rev() {
        if let Some(t) = v.downcast::<Traceback>() {
            drop(t.next.put(&t.head, cx, next));
        }
        next = Some(v);
    }
    e.set_traceback(cx, next);
}

fn check_next(cx: &mut Cx, v: &Value, text: &str) -> Res<Option<Value>> {
    if v.is_none() {
        return Ok(None);
    }
    if v.downcast::<Traceback>().is_none() {
        let t = v.type_name();
        return Err(cx.type_error(format!("{text}, got '{t}'")));
    }
    Ok(Some(v.clone()))
}

#[pymethods]
impl Traceback {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(self.next.put(&self.head, cx, None));
    }
    #[new]
    #[sig(tb_next, tb_frame, tb_lasti, tb_lineno)]
    fn new(
        _cls: &Type,
        tb_next: &Value,
        tb_frame: &FrameObj,
        tb_lasti: i32,
        tb_lineno: i32,
        cx: &mut Cx,
    ) -> Res<Value> {
        let next = check_next(cx, tb_next, "expected traceback object or None")?;
        let frame = tb_frame.into_value(cx)?;
        new_traceback(cx, next, frame, tb_lasti, tb_lineno)
    }
    #[getter]
    fn tb_next(&self) -> Option<Value> {
        self.next()
    }
    #[setter]
    fn set_tb_next(this: &Value, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(cx.type_error("can't delete tb_next attribute"));
        };
        let next = check_next(cx, v, "expected traceback object")?;
        let mut at = next.clone();
        while let Some(t) = at {
            if t.is(this) {
                return Err(cx.value_error("traceback loop detected"));
            }
            at = t.downcast::<Traceback>().and_then(Traceback::next);
        }
        let Some(tb) = this.downcast::<Traceback>() else {
            return Ok(());
        };
        drop(tb.next.put(&tb.head, cx, next));
        Ok(())
    }
    #[member]
    #[getter]
    fn tb_frame(&self) -> Value {
        self.frame.clone()
    }
    #[member]
    #[getter]
    fn tb_lasti(&self) -> i32 {
        self.last_instruction()
    }
    #[getter]
    fn tb_lineno(&self) -> Option<i32> {
        match self.line() {
            n if n > 0 => Some(n),
            _ => self.frame().line_of(self.last_instruction()),
        }
    }
    fn __dir__(&self, cx: &mut Cx) -> Res<Value> {
        let mut names = Vec::new();
        for n in ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"] {
            names.push(new_str(cx, n)?);
        }
        new_list(cx, names)
    }
}
