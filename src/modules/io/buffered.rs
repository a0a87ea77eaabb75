//! `BufferedReader`, `BufferedWriter`, `BufferedRandom`. What they share stands in `Buffered`, their common base: the raw
//! stream, the bytes read ahead, the bytes to be written, and the stream's lock, under which whole operations run. A raw
//! stream that is exactly a `FileIO` is used without Python calls.

use super::base::{self, BufferedIoBase, IoBase, ask, size_arg, unsupported};
use super::busy::Busy;
use super::fileio::FileIo;
use crate::os_call;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{Bytes, new_bytes, new_bytes_vec};
use typhon_vm::objects::int::as_int;
use typhon_vm::objects::{buffer, memoryview, object};
use typhon_vm::os::libc;
use typhon_vm::runtime::lock::Guard;
use typhon_vm::{SlotExt, protocol};

const UNINITIALIZED: u8 = 0;
const READY: u8 = 1;
const DETACHED: u8 = 2;

/// Bytes on their way.
#[derive(Default)]
struct State {
    /// Read from the raw stream; what lies before `at` has been handed out.
    ahead: Vec<u8>,
    at: usize,
    /// Accepted, not written yet.
    pending: Vec<u8>,
}

impl State {
    fn unread(&self) -> &[u8] {
        &self.ahead[self.at..]
    }
    /// Hand out at most `n` bytes read ahead.
    fn take(&mut self, n: usize) -> Vec<u8> {
        let n = n.min(self.ahead.len() - self.at);
        let out = self.ahead[self.at..self.at + n].to_vec();
        self.at += n;
        out
    }
    fn forget_ahead(&mut self) {
        self.ahead.clear();
        self.at = 0;
    }
}

/// What the buffered streams have in common.
#[pytype(name = "_Buffered", module = "_io", gc, base = BufferedIoBase, no_new)]
pub struct Buffered {
    pub base: BufferedIoBase,
    raw: Slot,
    #[skip]
    state: Guarded<State>,
    #[skip]
    busy: Busy,
    stage: AtomicU8,
    size: AtomicUsize,
}

impl Buffered {
    fn fresh() -> Buffered {
        Buffered {
            base: BufferedIoBase {
                base: IoBase::fresh(),
            },
            raw: Slot::EMPTY,
            state: Guarded::new(State::default()),
            busy: Busy::new(),
            stage: AtomicU8::new(UNINITIALIZED),
            size: AtomicUsize::new(base::DEFAULT_BUFFER_SIZE),
        }
    }
    fn head(&self) -> &Header {
        &self.base.base.head
    }
    fn lock<'a>(&'a self, cx: &'a mut Cx) -> Guard<'a, State> {
        self.state.lock(&self.base.base.head, &mut cx.thread)
    }
    fn room(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }
    /// The raw stream, or the error of an object without one.
    pub fn stream(&self, cx: &mut Cx) -> Res<Value> {
        match self.stage.load(Ordering::Acquire) {
            READY => Ok(self.raw.get(self.head()).unwrap_or_else(Value::none)),
            DETACHED => Err(cx.value_error("raw stream has been detached")),
            _ => Err(cx.value_error("I/O operation on uninitialized object")),
        }
    }
    fn set_up(&self, cx: &mut Cx, raw: &Value, size: isize) -> Res<()> {
        if size <= 0 {
            return Err(cx.value_error("buffer size must be strictly positive"));
        }
        let old = self.raw.put(self.head(), cx, Some(raw.clone()));
        drop(old);
        let mut s = self.lock(cx);
        s.forget_ahead();
        s.pending.clear();
        drop(s);
        self.size.store(size as usize, Ordering::Relaxed);
        self.stage.store(READY, Ordering::Release);
        Ok(())
    }
    fn is_closed(&self, cx: &mut Cx) -> Res<bool> {
        let raw = self.stream(cx)?;
        match native(&raw) {
            Some(f) => Ok(f.descriptor() < 0),
            None => base::attr_true(cx, &raw, "closed"),
        }
    }
    /// The raw stream of an object that is not closed.
    fn open_raw(&self, cx: &mut Cx, what: &str) -> Res<Value> {
        let raw = self.stream(cx)?;
        let closed = match native(&raw) {
            Some(f) => f.descriptor() < 0,
            None => base::attr_true(cx, &raw, "closed")?,
        };
        if closed {
            return Err(cx.value_error(what));
        }
        Ok(raw)
    }

    /// One read of the raw stream; None: it would block.
    fn raw_read(&self, cx: &mut Cx, raw: &Value, n: usize) -> Res<Option<Vec<u8>>> {
        match native(raw) {
            Some(f) => {
                let mut v = Vec::new();
                if v.try_reserve_exact(n).is_err() {
                    return Err(cx.memory_error());
                }
                Ok(f.read_append(cx, &mut v, n)?.map(|_| v))
            }
            None => base::readinto_bytes(cx, raw, n),
        }
    }
    /// One write; None: it would block.
    fn raw_write(&self, cx: &mut Cx, raw: &Value, data: &[u8]) -> Res<Option<usize>> {
        if let Some(f) = native(raw) {
            return f.write_bytes(cx, data);
        }
        let b = new_bytes(cx, data)?;
        let view = memoryview::from_object(cx, &b)?;
        let n = protocol::call_method(cx, raw, "write", std::slice::from_ref(&view))?;
        if n.is_none() {
            return Ok(None);
        }
        let k = typhon_vm::number::index_isize_checked(cx, &n, ExcKind::ValueError)?;
        if k < 0 || k as usize > data.len() {
            return Err(cx.raise(
                ExcKind::OSError,
                format!(
                    "raw write() returned invalid length {k} (should have been between 0 and {})",
                    data.len()
                ),
            ));
        }
        Ok(Some(k as usize))
    }
    fn raw_seek(&self, cx: &mut Cx, raw: &Value, offset: i64, whence: i32) -> Res<i64> {
        if let Some(f) = native(raw) {
            return f.seek_to(cx, offset, whence);
        }
        let args = [offset.into_value(cx)?, Value::small_int(whence)];
        let v = protocol::call_method(cx, raw, "seek", &args)?;
        self.position(cx, &v)
    }
    fn raw_tell(&self, cx: &mut Cx, raw: &Value) -> Res<i64> {
        if let Some(f) = native(raw) {
            return f.seek_to(cx, 0, libc::SEEK_CUR);
        }
        let v = protocol::call_method(cx, raw, "tell", &[])?;
        self.position(cx, &v)
    }
    fn position(&self, cx: &mut Cx, v: &Value) -> Res<i64> {
        let n = <i64 as FromArg>::from_arg(cx, v, At::attribute("position"))?;
        if n < 0 {
            return Err(cx.raise(
                ExcKind::OSError,
                format!("Raw stream returned invalid position {n}"),
            ));
        }
        Ok(n)
    }

    /// Write what waits. What a stream that would block does not take keeps waiting: `BlockingIOError`.
    fn flush_pending(&self, cx: &mut Cx, raw: &Value) -> Res<()> {
        loop {
            let data = std::mem::take(&mut self.lock(cx).pending);
            if data.is_empty() {
                return Ok(());
            }
            let r = self.write_whole(cx, raw, &data);
            let (written, r) = r;
            if written < data.len() {
                // What other calls have added since comes after.
                let mut rest = data[written..].to_vec();
                let mut s = self.lock(cx);
                rest.append(&mut s.pending);
                s.pending = rest;
                drop(s);
            }
            match r {
                Err(r) => return Err(r),
                Ok(false) => return Err(blocking_error(cx, 0)),
                Ok(true) => {}
            }
        }
    }
    /// Write until all is written, an error, or false for a stream that would block; and how much was written.
    fn write_whole(&self, cx: &mut Cx, raw: &Value, data: &[u8]) -> (usize, Res<bool>) {
        let mut done = 0;
        while done < data.len() {
            match self.raw_write(cx, raw, &data[done..]) {
                Ok(Some(n)) => done += n,
                Ok(None) => return (done, Ok(false)),
                Err(r) => return (done, Err(r)),
            }
            // Partial writes may have been caused by signals.
            if done < data.len()
                && let Err(r) = os_call::check_signals(cx)
            {
                return (done, Err(r));
            }
        }
        (done, Ok(true))
    }
    /// Move the raw stream back to where Python thinks it is, before writing.
    fn rewind(&self, cx: &mut Cx, raw: &Value) -> Res<()> {
        let mut s = self.lock(cx);
        let n = s.unread().len();
        s.forget_ahead();
        drop(s);
        if n > 0 {
            self.raw_seek(cx, raw, -(n as i64), libc::SEEK_CUR)?;
        }
        Ok(())
    }

    /// Accept bytes for writing.
    pub fn write_bytes(&self, cx: &mut Cx, this: &Value, data: &[u8]) -> Res<usize> {
        self.busy.once(cx, this, |cx| {
            let raw = self.open_raw(cx, "write to closed file")?;
            let room = self.room();
            let mut s = self.lock(cx);
            let unread = s.unread().len();
            if unread == 0 && s.pending.len() + data.len() <= room {
                s.ahead.clear();
                s.at = 0;
                if s.pending.capacity() == 0 {
                    s.pending.reserve(data.len().max(1024).min(room));
                }
                s.pending.extend_from_slice(data);
                drop(s);
                return Ok(data.len());
            }
            drop(s);
            if unread > 0 {
                self.rewind(cx, &raw)?;
            }
            if let Err(r) = self.flush_pending(cx, &raw) {
                if !cx.exc_is(ExcKind::BlockingIOError) {
                    return Err(r);
                }
                // Take what fits.
                let mut s = self.lock(cx);
                let n = room.saturating_sub(s.pending.len()).min(data.len());
                s.pending.extend_from_slice(&data[..n]);
                drop(s);
                if n == data.len() {
                    drop(cx.take_exc(r));
                    return Ok(n);
                }
                drop(cx.take_exc(r));
                return Err(blocking_error(cx, n));
            }
            if data.len() <= room {
                self.lock(cx).pending.extend_from_slice(data);
                return Ok(data.len());
            }
            // More than fits goes straight through, the rest waits.
            let mut done = 0;
            while data.len() - done > room {
                match self.raw_write(cx, &raw, &data[done..])? {
                    Some(n) => done += n,
                    None => {
                        let n = room.min(data.len() - done);
                        self.lock(cx)
                            .pending
                            .extend_from_slice(&data[done..done + n]);
                        return Err(blocking_error(cx, done + n));
                    }
                }
                os_call::check_signals(cx)?;
            }
            self.lock(cx).pending.extend_from_slice(&data[done..]);
            Ok(data.len())
        })
    }

    /// Before reading from a stream that was written to.
    fn flush_for_reading(&self, cx: &mut Cx, raw: &Value) -> Res<()> {
        if self.lock(cx).pending.is_empty() {
            Ok(())
        } else {
            self.flush_pending(cx, raw)
        }
    }

    /// Fill the empty read buffer by one read; how many bytes came, None: it would block.
    fn fill(&self, cx: &mut Cx, raw: &Value) -> Res<Option<usize>> {
        let got = self.raw_read(cx, raw, self.room())?;
        let Some(v) = got else { return Ok(None) };
        let n = v.len();
        let mut s = self.lock(cx);
        let old = std::mem::replace(&mut s.ahead, v);
        let at = std::mem::replace(&mut s.at, 0);
        // A call nested in the raw stream's may have filled it meanwhile: keep the order.
        if at < old.len() {
            let mut all = old[at..].to_vec();
            all.append(&mut s.ahead);
            s.ahead = all;
        }
        drop(s);
        Ok(Some(n))
    }

    /// Exactly `n` bytes unless the end comes first; None: nothing now.
    fn read_exact(&self, cx: &mut Cx, raw: &Value, n: usize) -> Res<Option<Vec<u8>>> {
        let mut out = self.lock(cx).take(n);
        if out.len() == n {
            return Ok(Some(out));
        }
        self.flush_for_reading(cx, raw)?;
        let room = self.room();
        while out.len() < n {
            let want = n - out.len();
            if want >= room {
                // Whole buffers' worth is read without the buffer.
                let want = want / room * room;
                match self.raw_read(cx, raw, want)? {
                    None => return Ok(if out.is_empty() { None } else { Some(out) }),
                    Some(v) if v.is_empty() => return Ok(Some(out)),
                    Some(mut v) => {
                        if out.is_empty() {
                            out = v;
                        } else {
                            out.append(&mut v);
                        }
                    }
                }
                continue;
            }
            match self.fill(cx, raw)? {
                None => return Ok(if out.is_empty() { None } else { Some(out) }),
                Some(0) => return Ok(Some(out)),
                Some(_) => {
                    let mut more = self.lock(cx).take(want);
                    out.append(&mut more);
                }
            }
        }
        Ok(Some(out))
    }

    /// Everything to the end; None: nothing now.
    fn read_all(&self, cx: &mut Cx, raw: &Value) -> Res<Option<Vec<u8>>> {
        let mut out = self.lock(cx).take(usize::MAX);
        self.flush_for_reading(cx, raw)?;
        if let Some(f) = native(raw) {
            return Ok(match f.read_to_end(cx)? {
                None if out.is_empty() => None,
                None => Some(out),
                Some(v) if out.is_empty() => Some(v),
                Some(mut v) => {
                    out.append(&mut v);
                    Some(out)
                }
            });
        }
        if let Some(readall) = protocol::getattr_str_opt(cx, raw, "readall")? {
            let v = protocol::call(cx, &readall, &[])?;
            if v.is_none() {
                return Ok(if out.is_empty() { None } else { Some(out) });
            }
            let Some(b) = v.downcast::<Bytes>() else {
                return Err(cx.type_error("readall() should return bytes"));
            };
            out.extend_from_slice(b.as_slice());
            return Ok(Some(out));
        }
        loop {
            let v = protocol::call_method(cx, raw, "read", &[])?;
            if v.is_none() {
                return Ok(if out.is_empty() { None } else { Some(out) });
            }
            let Some(b) = v.downcast::<Bytes>() else {
                return Err(cx.type_error("IOBase.read() should return bytes"));
            };
            if b.is_empty() {
                return Ok(Some(out));
            }
            out.extend_from_slice(b.as_slice());
        }
    }

    /// At most `n` bytes with at most one read of the raw stream.
    pub fn read_some(&self, cx: &mut Cx, this: &Value, n: usize) -> Res<Vec<u8>> {
        self.busy.once(cx, this, |cx| {
            let raw = self.open_raw(cx, "read of closed file")?;
            let out = self.lock(cx).take(n);
            if !out.is_empty() || n == 0 {
                return Ok(out);
            }
            self.flush_for_reading(cx, &raw)?;
            // A large request does not pass through the buffer.
            if n >= self.room() {
                return Ok(self.raw_read(cx, &raw, n)?.unwrap_or_default());
            }
            match self.fill(cx, &raw)? {
                None => Ok(Vec::new()),
                Some(_) => Ok(self.lock(cx).take(n)),
            }
        })
    }

    /// One line.
    fn read_line(&self, cx: &mut Cx, this: &Value, limit: Option<usize>) -> Res<Vec<u8>> {
        self.busy.once(cx, this, |cx| {
            let raw = self.open_raw(cx, "readline of closed file")?;
            let mut out: Vec<u8> = Vec::new();
            loop {
                let left = limit.map_or(usize::MAX, |l| l - out.len());
                let mut s = self.lock(cx);
                let seen = s.unread();
                let seen = &seen[..seen.len().min(left)];
                let end = memchr(b'\n', seen);
                let n = end.map_or(seen.len(), |i| i + 1);
                let mut part = s.take(n);
                drop(s);
                if out.is_empty() {
                    out = part;
                } else {
                    out.append(&mut part);
                }
                if end.is_some() || limit.is_some_and(|l| out.len() >= l) {
                    return Ok(out);
                }
                self.flush_for_reading(cx, &raw)?;
                if self.fill(cx, &raw)?.unwrap_or(0) == 0 {
                    return Ok(out);
                }
            }
        })
    }

    /// Position as Python sees it.
    fn tell_now(&self, cx: &mut Cx, raw: &Value) -> Res<i64> {
        let at = self.raw_tell(cx, raw)?;
        let s = self.lock(cx);
        Ok((at - s.unread().len() as i64).max(0) + s.pending.len() as i64)
    }
}

fn memchr(c: u8, b: &[u8]) -> Option<usize> {
    memchr::memchr(c, b)
}

/// A raw stream that needs no Python calls.
fn native(raw: &Value) -> Option<&FileIo> {
    raw.downcast_exact::<FileIo>()
}

/// `BlockingIOError` of a write that could not be completed.
fn blocking_error(cx: &mut Cx, written: usize) -> Raised {
    let made = (|| {
        let text =
            typhon_vm::objects::str::new_str(cx, "write could not complete without blocking")?;
        let n = written.into_value(cx)?;
        let class = ExcKind::BlockingIOError.ty().value();
        protocol::call(cx, &class, &[Value::small_int(libc::EAGAIN), text, n])
    })();
    match made {
        Ok(e) => cx.raise_value(e),
        Err(r) => r,
    }
}

fn buffered(this: &Value) -> &Buffered {
    this.downcast::<Buffered>()
        .expect("methods check their receiver")
}

#[pymethods]
impl Buffered {
    /// The raw stream.
    #[getter]
    fn raw(&self) -> Option<Value> {
        self.raw.get(self.head())
    }
    #[getter]
    fn closed(&self, cx: &mut Cx) -> Res<bool> {
        self.is_closed(cx)
    }
    #[getter]
    fn name(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.stream(cx)?;
        protocol::getattr_str(cx, &raw, "name")
    }
    #[getter]
    fn mode(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.stream(cx)?;
        protocol::getattr_str(cx, &raw, "mode")
    }
    fn seekable(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.stream(cx)?;
        protocol::call_method(cx, &raw, "seekable", &[])
    }
    fn fileno(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.stream(cx)?;
        protocol::call_method(cx, &raw, "fileno", &[])
    }
    fn isatty(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.stream(cx)?;
        protocol::call_method(cx, &raw, "isatty", &[])
    }
    fn flush(this: &Value, cx: &mut Cx) -> Res<()> {
        let b = buffered(this);
        b.open_raw(cx, "flush of closed file")?;
        b.busy.once(cx, this, |cx| {
            let raw = b.stream(cx)?;
            b.flush_pending(cx, &raw)
        })?;
        // A random stream also gives back what it has read ahead.
        if this.downcast::<BufferedRandom>().is_some() {
            b.busy.once(cx, this, |cx| {
                let raw = b.stream(cx)?;
                b.rewind(cx, &raw)
            })?;
        }
        Ok(())
    }
    fn close(this: &Value, cx: &mut Cx) -> Res<()> {
        let b = buffered(this);
        if b.is_closed(cx)? {
            return Ok(());
        }
        let raw = b.stream(cx)?;
        if b.base.base.is_finalizing() {
            base::pass_warning(cx, &raw, this);
        }
        let flushed = protocol::call_method(cx, this, "flush", &[]);
        let r = base::then_close(cx, flushed, |cx| {
            protocol::call_method(cx, &raw, "close", &[])
        });
        let mut s = b.lock(cx);
        let gone = (std::mem::take(&mut s.ahead), std::mem::take(&mut s.pending));
        s.at = 0;
        drop(s);
        drop(gone);
        r
    }
    fn detach(this: &Value, cx: &mut Cx) -> Res<Value> {
        let b = buffered(this);
        b.stream(cx)?;
        protocol::call_method(cx, this, "flush", &[])?;
        let raw = b.stream(cx)?;
        b.stage.store(DETACHED, Ordering::Release);
        let old = b.raw.put(b.head(), cx, None);
        drop(old);
        Ok(raw)
    }
    #[sig(target, whence = 0, /)]
    fn seek(this: &Value, target: &Value, whence: i32, cx: &mut Cx) -> Res<i64> {
        let b = buffered(this);
        let offset = base::offset_arg(cx, target)?;
        if ![
            libc::SEEK_SET,
            libc::SEEK_CUR,
            libc::SEEK_END,
            libc::SEEK_DATA,
            libc::SEEK_HOLE,
        ]
        .contains(&whence)
        {
            return Err(cx.value_error(format!("whence value {whence} unsupported")));
        }
        let raw = b.open_raw(cx, "seek of closed file")?;
        if !ask(cx, &raw, "seekable")? {
            return Err(unsupported(cx, "File or stream is not seekable."));
        }
        b.busy.once(cx, this, |cx| {
            b.flush_pending(cx, &raw)?;
            // Within what was read ahead nothing need move.
            if whence == libc::SEEK_SET || whence == libc::SEEK_CUR {
                let now = b.raw_tell(cx, &raw)?;
                let mut s = b.lock(cx);
                let unread = s.unread().len() as i64;
                let here = now - unread;
                let by = if whence == libc::SEEK_SET {
                    offset - here
                } else {
                    offset
                };
                if !s.ahead.is_empty() && by >= -(s.at as i64) && by <= unread {
                    s.at = (s.at as i64 + by) as usize;
                    drop(s);
                    return Ok(here + by);
                }
                drop(s);
            }
            let mut offset = offset;
            let mut s = b.lock(cx);
            if whence == libc::SEEK_CUR {
                offset -= s.unread().len() as i64;
            }
            drop(s);
            let at = b.raw_seek(cx, &raw, offset, whence)?;
            s = b.lock(cx);
            s.forget_ahead();
            drop(s);
            Ok(at)
        })
    }
    fn tell(this: &Value, cx: &mut Cx) -> Res<i64> {
        let b = buffered(this);
        let raw = b.stream(cx)?;
        b.busy.once(cx, this, |cx| b.tell_now(cx, &raw))
    }
    #[sig(pos = None, /)]
    fn truncate(this: &Value, pos: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let b = buffered(this);
        let raw = b.open_raw(cx, "truncate of closed file")?;
        if !ask(cx, &raw, "writable")? {
            return Err(unsupported(cx, "truncate"));
        }
        b.busy.once(cx, this, |cx| {
            b.flush_pending(cx, &raw)?;
            let pos = match pos {
                Some(p) => p.clone(),
                None => b.tell_now(cx, &raw)?.into_value(cx)?,
            };
            b.rewind(cx, &raw)?;
            protocol::call_method(cx, &raw, "truncate", &[pos])
        })
    }
    fn _dealloc_warn(&self, source: &Value, cx: &mut Cx) {
        if let Some(raw) = self.raw.get(self.head()) {
            base::pass_warning(cx, &raw, source);
        }
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let class = base::class_name(cx, this);
        let name = match protocol::getattr_str_opt(cx, this, "name") {
            Ok(n) => n,
            Err(r) => {
                cx.catch(r, ExcKind::ValueError)?;
                None
            }
        };
        let Some(name) = name else {
            return Ok(format!("<{class}>"));
        };
        match object::repr_guard(cx, this, |cx| protocol::repr_string(cx, &name))? {
            Some(n) => Ok(format!("<{class} name={n}>")),
            None => Err(cx.runtime_error(format!("reentrant call inside {class}.__repr__"))),
        }
    }
    fn __getstate__(this: &Value, cx: &mut Cx) -> Res<()> {
        let n = base::class_name(cx, this);
        Err(cx.type_error(format!("cannot pickle '{n}' instances")))
    }
}

fn check_readable(cx: &mut Cx, raw: &Value) -> Res<()> {
    let ok = match native(raw) {
        Some(f) if f.descriptor() >= 0 => f.is_readable(),
        _ => ask(cx, raw, "readable")?,
    };
    if ok {
        Ok(())
    } else {
        Err(unsupported(cx, "File or stream is not readable."))
    }
}

fn check_writable(cx: &mut Cx, raw: &Value) -> Res<()> {
    let ok = match native(raw) {
        Some(f) if f.descriptor() >= 0 => f.is_writable(),
        _ => ask(cx, raw, "writable")?,
    };
    if ok {
        Ok(())
    } else {
        Err(unsupported(cx, "File or stream is not writable."))
    }
}

/// The reading methods, for readers and random streams.
mod reading {
    use super::*;

    pub fn read(cx: &mut Cx, this: &Value, size: Option<&Value>) -> Res<Option<Value>> {
        let b = buffered(this);
        b.stream(cx)?;
        if let Some(v) = size.filter(|v| !v.is_none())
            && let Some(typhon_vm::objects::int::IntRef::Small(n)) = as_int(v)
            && n < -1
        {
            return Err(cx.value_error("read length must be non-negative or -1"));
        }
        let n = size_arg(cx, size)?;
        let raw = b.open_raw(cx, "read of closed file")?;
        let got = b.busy.once(cx, this, |cx| match n {
            Some(n) => b.read_exact(cx, &raw, n),
            None => b.read_all(cx, &raw),
        })?;
        match got {
            Some(v) => new_bytes_vec(cx, v).map(Some),
            None => Ok(None),
        }
    }
    pub fn read1(cx: &mut Cx, this: &Value, n: isize) -> Res<Value> {
        let b = buffered(this);
        b.stream(cx)?;
        let n = if n < 0 { b.room() } else { n as usize };
        let v = b.read_some(cx, this, n)?;
        new_bytes_vec(cx, v)
    }
    pub fn peek(cx: &mut Cx, this: &Value) -> Res<Value> {
        let b = buffered(this);
        let v = b.busy.once(cx, this, |cx| {
            let raw = b.open_raw(cx, "peek of closed file")?;
            if b.lock(cx).unread().is_empty() {
                b.flush_for_reading(cx, &raw)?;
                b.fill(cx, &raw)?;
            }
            Ok(b.lock(cx).unread().to_vec())
        })?;
        new_bytes_vec(cx, v)
    }
    pub fn readinto(cx: &mut Cx, this: &Value, target: &Value, once: bool) -> Res<Option<usize>> {
        let b = buffered(this);
        b.stream(cx)?;
        let into = buffer::get_writable(cx, target, if once { "readinto1" } else { "readinto" })?;
        let n = into.len();
        let got = if once {
            Some(b.read_some(cx, this, n)?)
        } else {
            let raw = b.open_raw(cx, "readinto of closed file")?;
            b.busy.once(cx, this, |cx| b.read_exact(cx, &raw, n))?
        };
        Ok(got.map(|v| {
            into.write(0, &v);
            v.len()
        }))
    }
    pub fn readline(cx: &mut Cx, this: &Value, size: Option<&Value>) -> Res<Value> {
        let b = buffered(this);
        b.stream(cx)?;
        let limit = size_arg(cx, size)?;
        let v = b.read_line(cx, this, limit)?;
        new_bytes_vec(cx, v)
    }
    pub fn next(cx: &mut Cx, this: &Value, exact: bool) -> Res<Option<Value>> {
        let line = if exact {
            readline(cx, this, None)?
        } else {
            protocol::call_method(cx, this, "readline", &[])?
        };
        Ok(if protocol::len(cx, &line)? == 0 {
            None
        } else {
            Some(line)
        })
    }
}

/// Accept a bytes-like object.
fn write_object(cx: &mut Cx, this: &Value, data: &Value) -> Res<usize> {
    let b = buffered(this);
    b.stream(cx)?;
    if data.downcast::<Str>().is_some() {
        return Err(cx.type_error("a bytes-like object is required, not 'str'"));
    }
    let view = buffer::get(cx, data, false)?;
    b.write_bytes(cx, this, &view.contents())
}

/// Create a new buffered reader using the given readable raw IO object.
#[pytype(name = "BufferedReader", module = "_io", gc, basetype, base = Buffered)]
pub struct BufferedReader {
    pub base: Buffered,
}

#[pymethods]
impl BufferedReader {
    #[new]
    #[text_signature = "(raw, buffer_size=131072)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        object::alloc(
            cx,
            cls,
            BufferedReader {
                base: Buffered::fresh(),
            },
        )
    }
    #[init]
    #[sig(raw, buffer_size = base::DEFAULT_BUFFER_SIZE as isize => "131072")]
    fn init(&self, raw: &Value, buffer_size: isize, cx: &mut Cx) -> Res<()> {
        self.base.stage.store(UNINITIALIZED, Ordering::Release);
        check_readable(cx, raw)?;
        self.base.set_up(cx, raw, buffer_size)
    }
    #[sig(size = None => "-1", /)]
    fn read(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Option<Value>> {
        reading::read(cx, this, size)
    }
    #[sig(size = -1, /)]
    fn read1(this: &Value, size: isize, cx: &mut Cx) -> Res<Value> {
        reading::read1(cx, this, size)
    }
    #[sig(size = 0, /)]
    fn peek(this: &Value, size: isize, cx: &mut Cx) -> Res<Value> {
        let _ = size;
        reading::peek(cx, this)
    }
    #[sig(buffer, /)]
    fn readinto(this: &Value, buffer: &Value, cx: &mut Cx) -> Res<Option<usize>> {
        reading::readinto(cx, this, buffer, false)
    }
    #[sig(buffer, /)]
    fn readinto1(this: &Value, buffer: &Value, cx: &mut Cx) -> Res<Option<usize>> {
        reading::readinto(cx, this, buffer, true)
    }
    #[sig(size = None => "-1", /)]
    fn readline(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        reading::readline(cx, this, size)
    }
    fn readable(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.base.stream(cx)?;
        protocol::call_method(cx, &raw, "readable", &[])
    }
    #[slot]
    fn next(this: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        reading::next(cx, this, this.downcast_exact::<BufferedReader>().is_some())
    }
}

/// A buffer for a writeable sequential RawIO object.
///
/// The constructor creates a BufferedWriter for the given writeable raw
/// stream. If the buffer_size is not given, it defaults to
/// DEFAULT_BUFFER_SIZE.
#[pytype(name = "BufferedWriter", module = "_io", gc, basetype, base = Buffered)]
pub struct BufferedWriter {
    pub base: Buffered,
}

#[pymethods]
impl BufferedWriter {
    #[new]
    #[text_signature = "(raw, buffer_size=131072)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        object::alloc(
            cx,
            cls,
            BufferedWriter {
                base: Buffered::fresh(),
            },
        )
    }
    #[init]
    #[sig(raw, buffer_size = base::DEFAULT_BUFFER_SIZE as isize => "131072")]
    fn init(&self, raw: &Value, buffer_size: isize, cx: &mut Cx) -> Res<()> {
        self.base.stage.store(UNINITIALIZED, Ordering::Release);
        check_writable(cx, raw)?;
        self.base.set_up(cx, raw, buffer_size)
    }
    /// Write buffer b to the IO stream.
    ///
    /// Return the number of bytes written, which is always
    /// the length of b in bytes.
    ///
    /// Raises BlockingIOError if the buffer is full and the
    /// underlying raw stream cannot accept more data at the moment.
    #[sig(buffer, /)]
    fn write(this: &Value, buffer: &Value, cx: &mut Cx) -> Res<usize> {
        write_object(cx, this, buffer)
    }
    fn writable(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.base.stream(cx)?;
        protocol::call_method(cx, &raw, "writable", &[])
    }
}

/// A buffered interface to random access streams.
///
/// The constructor creates a reader and writer for a seekable stream,
/// raw, given in the first argument. If the buffer_size is omitted it
/// defaults to DEFAULT_BUFFER_SIZE.
#[pytype(name = "BufferedRandom", module = "_io", gc, basetype, base = Buffered)]
pub struct BufferedRandom {
    pub base: Buffered,
}

#[pymethods]
impl BufferedRandom {
    #[new]
    #[text_signature = "(raw, buffer_size=131072)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        object::alloc(
            cx,
            cls,
            BufferedRandom {
                base: Buffered::fresh(),
            },
        )
    }
    #[init]
    #[sig(raw, buffer_size = base::DEFAULT_BUFFER_SIZE as isize => "131072")]
    fn init(&self, raw: &Value, buffer_size: isize, cx: &mut Cx) -> Res<()> {
        self.base.stage.store(UNINITIALIZED, Ordering::Release);
        if !ask(cx, raw, "seekable")? {
            return Err(unsupported(cx, "File or stream is not seekable."));
        }
        check_readable(cx, raw)?;
        check_writable(cx, raw)?;
        self.base.set_up(cx, raw, buffer_size)
    }
    #[sig(size = None => "-1", /)]
    fn read(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Option<Value>> {
        reading::read(cx, this, size)
    }
    #[sig(size = -1, /)]
    fn read1(this: &Value, size: isize, cx: &mut Cx) -> Res<Value> {
        reading::read1(cx, this, size)
    }
    #[sig(size = 0, /)]
    fn peek(this: &Value, size: isize, cx: &mut Cx) -> Res<Value> {
        let _ = size;
        reading::peek(cx, this)
    }
    #[sig(buffer, /)]
    fn readinto(this: &Value, buffer: &Value, cx: &mut Cx) -> Res<Option<usize>> {
        reading::readinto(cx, this, buffer, false)
    }
    #[sig(buffer, /)]
    fn readinto1(this: &Value, buffer: &Value, cx: &mut Cx) -> Res<Option<usize>> {
        reading::readinto(cx, this, buffer, true)
    }
    #[sig(size = None => "-1", /)]
    fn readline(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        reading::readline(cx, this, size)
    }
    #[sig(buffer, /)]
    fn write(this: &Value, buffer: &Value, cx: &mut Cx) -> Res<usize> {
        write_object(cx, this, buffer)
    }
    fn readable(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.base.stream(cx)?;
        protocol::call_method(cx, &raw, "readable", &[])
    }
    fn writable(&self, cx: &mut Cx) -> Res<Value> {
        let raw = self.base.stream(cx)?;
        protocol::call_method(cx, &raw, "writable", &[])
    }
    #[slot]
    fn next(this: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        reading::next(cx, this, this.downcast_exact::<BufferedRandom>().is_some())
    }
}

/// Make a buffered stream over a raw one, natively.
pub fn of_raw(cx: &mut Cx, raw: &Value, writer: bool) -> Res<Value> {
    let v = if writer {
        os_call::make(
            cx,
            BufferedWriter {
                base: Buffered::fresh(),
            },
        )?
    } else {
        os_call::make(
            cx,
            BufferedReader {
                base: Buffered::fresh(),
            },
        )?
    };
    buffered(&v).set_up(cx, raw, base::DEFAULT_BUFFER_SIZE as isize)?;
    Ok(v)
}
