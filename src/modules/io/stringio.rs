//! `StringIO`: a text stream in memory. Every operation is one section under the object's lock.

use super::base::{IoBase, TextIoBase, size_arg};
use super::bytesio::restore_dict;
use super::newline::{Mode, Newlines, with_newlines};
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_text::{Text, TextBuf};
use typhon_vm::native::*;
use typhon_vm::objects::str::new_from_text;
use typhon_vm::objects::{Dict, object, str, tuple};
use typhon_vm::protocol;
use typhon_vm::runtime::lock::Guard;

struct State {
    text: TextBuf,
    at: usize,
    mode: Mode,
    newlines: Newlines,
}

/// Text I/O implementation using an in-memory buffer.
///
/// The initial_value argument sets the value of object.  The newline
/// argument is like the one of TextIOWrapper's constructor.
#[pytype(name = "StringIO", module = "_io", gc, basetype, base = TextIoBase)]
pub struct StringIo {
    pub base: TextIoBase,
    #[skip]
    state: Guarded<State>,
    closed: AtomicBool,
}

impl State {
    /// Put text at the position, padding with null characters.
    fn put(&mut self, new: Text<'_>) {
        let len = self.text.len();
        if self.at > len {
            self.text.push_n(0, self.at - len);
        }
        let end = self.at + new.len();
        if self.at >= len {
            self.text.push_text(new);
        } else {
            let old = std::mem::take(&mut self.text);
            let t = old.as_text();
            self.text = TextBuf::with_capacity(end.max(len));
            self.text.push_text(t.slice(0..self.at));
            self.text.push_text(new);
            if end < len {
                self.text.push_text(t.slice(end..len));
            }
        }
        self.at = end;
    }
    fn take(&mut self, n: Option<usize>) -> TextBuf {
        let len = self.text.len();
        let at = self.at.min(len);
        let n = n.unwrap_or(usize::MAX).min(len - at);
        let out = self.text.as_text().slice(at..at + n).to_buf();
        if n > 0 {
            self.at = at + n;
        }
        out
    }
    fn take_line(&mut self, limit: Option<usize>) -> TextBuf {
        let len = self.text.len();
        let at = self.at.min(len);
        let end = self.mode.line_end(self.text.as_text(), at).unwrap_or(len);
        let n = (end - at).min(limit.unwrap_or(usize::MAX));
        self.take(Some(n))
    }
}

impl StringIo {
    fn lock<'a>(&'a self, cx: &'a mut Cx) -> Guard<'a, State> {
        self.state.lock(&self.base.base.head, &mut cx.thread)
    }
    fn check_open(&self, cx: &mut Cx) -> Res<()> {
        if self.closed.load(Ordering::Relaxed) {
            Err(cx.value_error("I/O operation on closed file"))
        } else {
            Ok(())
        }
    }
    fn put(&self, cx: &mut Cx, s: &Str) {
        let mut g = self.lock(cx);
        let mut new = if g.mode.reads_universally() {
            g.newlines.feed(s.text(), true)
        } else {
            None
        };
        if let Some(by) = g.mode.written() {
            new = Some(with_newlines(s.text(), by));
        }
        g.put(new.as_ref().map_or(s.text(), TextBuf::as_text));
    }
    fn line(&self, cx: &mut Cx, limit: Option<usize>) -> Res<Value> {
        let b = self.lock(cx).take_line(limit);
        new_from_text(cx, b.as_text())
    }
    fn set_up(&self, cx: &mut Cx, value: Option<&Value>, newline: Option<&Value>) -> Res<()> {
        let mode = Mode::parse(cx, newline)?;
        let initial = match value.filter(|v| !v.is_none()) {
            None => None,
            Some(v) => match v.downcast::<Str>() {
                Some(s) => Some(s),
                None => {
                    let t = v.type_name();
                    return Err(
                        cx.type_error(format!("initial_value must be str or None, not {t}"))
                    );
                }
            },
        };
        let fresh = State {
            text: TextBuf::default(),
            at: 0,
            mode,
            newlines: Newlines {
                translate: mode == Mode::Universal,
                ..Newlines::default()
            },
        };
        let mut g = self.lock(cx);
        let old = std::mem::replace(&mut *g, fresh);
        drop(g);
        drop(old);
        self.closed.store(false, Ordering::Relaxed);
        if let Some(s) = initial {
            self.put(cx, s);
            self.lock(cx).at = 0;
        }
        Ok(())
    }
}

#[pymethods]
impl StringIo {
    #[new]
    #[text_signature = "(initial_value='', newline='\\n')"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        let state = State {
            text: TextBuf::default(),
            at: 0,
            mode: Mode::Lf,
            newlines: Newlines::default(),
        };
        object::alloc(
            cx,
            cls,
            StringIo {
                base: TextIoBase {
                    base: IoBase::fresh(),
                },
                state: Guarded::new(state),
                closed: AtomicBool::new(false),
            },
        )
    }
    #[init]
    #[sig(initial_value = absent, newline = absent)]
    fn init(&self, initial_value: Option<&Value>, newline: Option<&Value>, cx: &mut Cx) -> Res<()> {
        match newline {
            Some(n) => self.set_up(cx, initial_value, Some(n)),
            None => {
                let lf = str::latin1_char(b'\n');
                self.set_up(cx, initial_value, Some(&lf))
            }
        }
    }
    /// Read at most size characters, returned as a string.
    #[sig(size = None => "-1", /)]
    fn read(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        self.check_open(cx)?;
        let n = size_arg(cx, size)?;
        let b = self.lock(cx).take(n);
        new_from_text(cx, b.as_text())
    }
    /// Read until newline or EOF.
    #[sig(size = None => "-1", /)]
    fn readline(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        self.check_open(cx)?;
        let n = size_arg(cx, size)?;
        self.line(cx, n)
    }
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(s) = this.downcast::<StringIo>() {
            s.check_open(cx)?;
        }
        Ok(this.clone())
    }
    #[slot]
    fn next(this: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        let line = match this.downcast_exact::<StringIo>() {
            Some(s) => {
                s.check_open(cx)?;
                s.line(cx, None)?
            }
            None => protocol::call_method(cx, this, "readline", &[])?,
        };
        Ok(if protocol::len(cx, &line)? == 0 {
            None
        } else {
            Some(line)
        })
    }
    /// Write string to file.
    ///
    /// Returns the number of characters written, which is always equal to
    /// the length of the string.
    #[sig(s, /)]
    fn write(&self, s: &Value, cx: &mut Cx) -> Res<usize> {
        let Some(text) = s.downcast::<Str>() else {
            let t = s.type_name();
            return Err(cx.type_error(format!("string argument expected, got '{t}'")));
        };
        self.check_open(cx)?;
        if !text.is_empty() {
            self.put(cx, text);
        }
        Ok(text.len())
    }
    /// Retrieve the entire contents of the object.
    fn getvalue(&self, cx: &mut Cx) -> Res<Value> {
        self.check_open(cx)?;
        let b = self.lock(cx).text.as_text().to_buf();
        new_from_text(cx, b.as_text())
    }
    /// Tell the current file position.
    fn tell(&self, cx: &mut Cx) -> Res<usize> {
        self.check_open(cx)?;
        Ok(self.lock(cx).at)
    }
    /// Change stream position.
    #[sig(pos, whence = 0, /)]
    fn seek(&self, pos: &Value, whence: i32, cx: &mut Cx) -> Res<usize> {
        self.check_open(cx)?;
        if pos.ty().slots.index.get().is_none() {
            let t = pos.type_name();
            return Err(cx.type_error(format!("'{t}' object cannot be interpreted as an integer")));
        }
        let n = typhon_vm::number::index_isize_checked(cx, pos, ExcKind::OverflowError)?;
        match whence {
            0..=2 => {}
            _ => {
                return Err(
                    cx.value_error(format!("Invalid whence ({whence}, should be 0, 1 or 2)"))
                );
            }
        }
        if whence == 0 && n < 0 {
            return Err(cx.value_error(format!("Negative seek position {n}")));
        }
        if whence != 0 && n != 0 {
            return Err(cx.raise(ExcKind::OSError, "Can't do nonzero cur-relative seeks"));
        }
        let mut g = self.lock(cx);
        let to = match whence {
            0 => n as usize,
            1 => g.at,
            _ => g.text.len(),
        };
        g.at = to;
        drop(g);
        Ok(to)
    }
    /// Truncate size to pos.
    #[sig(pos = None, /)]
    fn truncate(&self, pos: Option<&Value>, cx: &mut Cx) -> Res<usize> {
        self.check_open(cx)?;
        let n = match pos {
            None => self.lock(cx).at,
            Some(v) => {
                if v.ty().slots.index.get().is_none() {
                    let t = v.type_name();
                    return Err(
                        cx.type_error(format!("argument should be integer or None, not '{t}'"))
                    );
                }
                let n = typhon_vm::number::index_isize_checked(cx, v, ExcKind::OverflowError)?;
                match usize::try_from(n) {
                    Ok(n) => n,
                    Err(_) => return Err(cx.value_error(format!("Negative size value {n}"))),
                }
            }
        };
        let mut g = self.lock(cx);
        if n < g.text.len() {
            g.text = g.text.as_text().slice(0..n).to_buf();
        }
        drop(g);
        Ok(n)
    }
    /// Close the IO object.
    fn close(&self, cx: &mut Cx) {
        self.closed.store(true, Ordering::Relaxed);
        let mut g = self.lock(cx);
        let old = std::mem::take(&mut g.text);
        drop(g);
        drop(old);
    }
    fn readable(&self, cx: &mut Cx) -> Res<bool> {
        self.check_open(cx).map(|()| true)
    }
    fn writable(&self, cx: &mut Cx) -> Res<bool> {
        self.check_open(cx).map(|()| true)
    }
    fn seekable(&self, cx: &mut Cx) -> Res<bool> {
        self.check_open(cx).map(|()| true)
    }
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
    #[getter]
    fn newlines(&self, cx: &mut Cx) -> Res<Value> {
        self.check_open(cx)?;
        let g = self.lock(cx);
        let (n, universal) = (g.newlines, g.mode.reads_universally());
        drop(g);
        if universal {
            n.shown(cx)
        } else {
            Ok(Value::none())
        }
    }
    #[getter]
    fn line_buffering(&self, cx: &mut Cx) -> Res<bool> {
        self.check_open(cx).map(|()| false)
    }
    fn __getstate__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<StringIo>() else {
            return Ok(Value::none());
        };
        s.check_open(cx)?;
        let g = s.lock(cx);
        let (text, at, mode) = (g.text.as_text().to_buf(), g.at, g.mode);
        drop(g);
        let text = new_from_text(cx, text.as_text())?;
        let newline = match mode {
            Mode::Universal => Value::none(),
            Mode::Untranslated => str::new_str(cx, "")?,
            Mode::Lf => str::new_str(cx, "\n")?,
            Mode::Cr => str::new_str(cx, "\r")?,
            Mode::CrLf => str::new_str(cx, "\r\n")?,
        };
        let d = match object::existing_dict(this) {
            Some(d) => match d.downcast::<Dict>() {
                Some(d) => d.copy(cx)?,
                None => Value::none(),
            },
            None => Value::none(),
        };
        let at = at.into_value(cx)?;
        tuple::new_tuple(cx, vec![text, newline, at, d])
    }
    #[sig(state, /)]
    fn __setstate__(this: &Value, state: &Value, cx: &mut Cx) -> Res<()> {
        let Some(s) = this.downcast::<StringIo>() else {
            return Ok(());
        };
        let Some([text, newline, at, d]) = state.downcast::<Tuple>().map(Tuple::items) else {
            let (c, t) = (this.type_name(), state.type_name());
            return Err(cx.type_error(format!(
                "{c}.__setstate__ argument should be 4-tuple, got {t}"
            )));
        };
        let Some(text) = text.downcast::<Str>() else {
            let t = text.type_name();
            return Err(cx.type_error(format!("initial_value must be str or None, not {t}")));
        };
        s.set_up(cx, None, Some(newline))?;
        let n = <isize as FromArg>::from_arg(cx, at, At::attribute("position"))?;
        if n < 0 {
            return Err(cx.value_error("position value cannot be negative"));
        }
        // The text was translated when it was written.
        let mut g = s.lock(cx);
        g.text = text.text().to_buf();
        g.at = n as usize;
        drop(g);
        restore_dict(cx, this, d)
    }
}
