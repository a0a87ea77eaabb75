//! `BytesIO`: a stream in memory. The bytes stand in a `Store`, so that `getbuffer` can show them; every operation is one
//! section under the object's lock.

use super::base::{BufferedIoBase, IoBase, size_arg};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use typhon_text::short::copy_short;
use typhon_vm::native::*;
use typhon_vm::objects::buffer::{self, Store, resize_error};
use typhon_vm::objects::bytes::{self, Bytes, new_bytes, new_bytes_vec};
use typhon_vm::objects::{Dict, memoryview, object, tuple};
use typhon_vm::protocol;

/// Buffered I/O implementation using an in-memory bytes buffer.
#[pytype(name = "BytesIO", module = "_io", gc, basetype, base = BufferedIoBase)]
pub struct BytesIo {
    pub base: BufferedIoBase,
    #[skip]
    store: Store,
    /// Changed only under the lock.
    at: AtomicUsize,
    closed: AtomicBool,
}

impl BytesIo {
    fn head(&self) -> &Header {
        &self.base.base.head
    }
    fn check_open(&self, cx: &mut Cx) -> Res<()> {
        if self.closed.load(Ordering::Relaxed) {
            Err(cx.value_error("I/O operation on closed file."))
        } else {
            Ok(())
        }
    }
    fn take(&self, cx: &mut Cx, n: Option<usize>) -> Vec<u8> {
        let g = self.store.lock(self.head(), cx);
        let at = self.at.load(Ordering::Relaxed).min(g.len());
        let n = n.unwrap_or(usize::MAX).min(g.len() - at);
        let out = g[at..at + n].to_vec();
        if n > 0 {
            self.at.store(at + n, Ordering::Relaxed);
        }
        drop(g);
        out
    }
    /// The next bytes as an object, as many as `count` says of those up to the limit. What is short waits on the stack for
    /// the lock to be given back.
    #[inline]
    fn next_bytes(
        &self,
        cx: &mut Cx,
        limit: Option<usize>,
        count: impl FnOnce(&[u8]) -> usize,
    ) -> Res<Value> {
        let mut short = [0; 64];
        let g = self.store.lock(self.head(), cx);
        let at = self.at.load(Ordering::Relaxed).min(g.len());
        let rest = &g[at..];
        let rest = &rest[..rest.len().min(limit.unwrap_or(usize::MAX))];
        let n = count(rest);
        if n > 0 {
            self.at.store(at + n, Ordering::Relaxed);
        }
        if n <= short.len() {
            copy_short(&mut short[..n], &rest[..n]);
            drop(g);
            return new_bytes(cx, &short[..n]);
        }
        let long = rest[..n].to_vec();
        drop(g);
        new_bytes_vec(cx, long)
    }
    fn next_line(&self, cx: &mut Cx, limit: Option<usize>) -> Res<Value> {
        self.next_bytes(cx, limit, |rest| {
            memchr::memchr(b'\n', rest).map_or(rest.len(), |i| i + 1)
        })
    }
    fn put(&self, cx: &mut Cx, data: &[u8]) -> Res<usize> {
        let mut g = self.store.lock(self.head(), cx);
        if !self.store.is_movable() {
            drop(g);
            return Err(resize_error(cx));
        }
        if data.is_empty() {
            return Ok(0);
        }
        let at = self.at.load(Ordering::Relaxed);
        let Some(end) = at
            .checked_add(data.len())
            .filter(|&e| e <= isize::MAX as usize)
        else {
            drop(g);
            return Err(cx.overflow_error("new position too large"));
        };
        let len = g.len();
        if end > len && g.try_reserve(end - len).is_err() {
            drop(g);
            return Err(cx.memory_error());
        }
        if at >= len {
            g.resize(at, 0);
            g.extend_from_slice(data);
        } else {
            let over = data.len().min(len - at);
            copy_short(&mut g[at..at + over], &data[..over]);
            if over < data.len() {
                g.extend_from_slice(&data[over..]);
            }
        }
        self.at.store(end, Ordering::Relaxed);
        drop(g);
        Ok(data.len())
    }
    fn check_movable(&self, cx: &mut Cx) -> Res<()> {
        if self.store.is_movable() {
            Ok(())
        } else {
            Err(resize_error(cx))
        }
    }
}

#[pymethods]
impl BytesIo {
    #[new]
    #[text_signature = "(initial_bytes=b'')"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        object::alloc(
            cx,
            cls,
            BytesIo {
                base: BufferedIoBase {
                    base: IoBase::fresh(),
                },
                store: Store::new(Vec::new()),
                at: AtomicUsize::new(0),
                closed: AtomicBool::new(false),
            },
        )
    }
    #[init]
    #[sig(initial_bytes = absent)]
    fn init(&self, initial_bytes: Option<&Value>, cx: &mut Cx) -> Res<()> {
        self.check_movable(cx)?;
        let data = match initial_bytes.filter(|v| !v.is_none()) {
            Some(v) => buffer::get(cx, v, false)?.to_vec(),
            None => Vec::new(),
        };
        let mut g = self.store.lock(self.head(), cx);
        let old = if self.store.is_movable() {
            std::mem::replace(&mut *g, data)
        } else {
            Vec::new()
        };
        self.at.store(0, Ordering::Relaxed);
        drop(g);
        drop(old);
        Ok(())
    }
    /// Returns True if the IO object can be read.
    fn readable(&self, cx: &mut Cx) -> Res<bool> {
        self.check_open(cx).map(|()| true)
    }
    /// Returns True if the IO object can be written.
    fn writable(&self, cx: &mut Cx) -> Res<bool> {
        self.check_open(cx).map(|()| true)
    }
    /// Returns True if the IO object can be seeked.
    fn seekable(&self, cx: &mut Cx) -> Res<bool> {
        self.check_open(cx).map(|()| true)
    }
    /// Does nothing.
    fn flush(&self, cx: &mut Cx) -> Res<()> {
        self.check_open(cx)
    }
    /// Always returns False.
    fn isatty(&self, cx: &mut Cx) -> Res<bool> {
        self.check_open(cx).map(|()| false)
    }
    /// Current file position, an integer.
    fn tell(&self, cx: &mut Cx) -> Res<usize> {
        self.check_open(cx)?;
        Ok(self.at.load(Ordering::Relaxed))
    }
    /// Get a read-write view over the contents of the BytesIO object.
    fn getbuffer(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(b) = this.downcast::<BytesIo>() else {
            return Ok(Value::none());
        };
        b.check_open(cx)?;
        let view = b.store.export(this, cx)?;
        memoryview::of_buffer(cx, view)
    }
    /// Retrieve the entire contents of the BytesIO object.
    fn getvalue(&self, cx: &mut Cx) -> Res<Value> {
        self.check_open(cx)?;
        let mut short = [0; 512];
        let g = self.store.lock(self.head(), cx);
        let n = g.len();
        if n <= short.len() {
            short[..n].copy_from_slice(&g);
            drop(g);
            return new_bytes(cx, &short[..n]);
        }
        let long = g.clone();
        drop(g);
        new_bytes_vec(cx, long)
    }
    /// Read at most size bytes, returned as a bytes object.
    #[sig(size = None => "-1", /)]
    #[quick(next_byte)]
    fn read(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        self.check_open(cx)?;
        let n = size_arg(cx, size)?;
        self.next_bytes(cx, n, <[u8]>::len)
    }
    /// Read at most size bytes, returned as a bytes object.
    #[sig(size = None => "-1", /)]
    fn read1(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        self.check_open(cx)?;
        let n = size_arg(cx, size)?;
        self.next_bytes(cx, n, <[u8]>::len)
    }
    /// Next line from the file, as a bytes object.
    #[sig(size = None => "-1", /)]
    fn readline(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        self.check_open(cx)?;
        let n = size_arg(cx, size)?;
        self.next_line(cx, n)
    }
    /// List of bytes objects, each a line from the file.
    #[sig(size = None, /)]
    fn readlines(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Vec<Value>> {
        self.check_open(cx)?;
        let most = size_arg(cx, size)?.filter(|&n| n > 0);
        let mut out = Vec::new();
        let mut total = 0;
        loop {
            let v = self.next_line(cx, None)?;
            let len = v.downcast_exact::<Bytes>().map_or(0, Bytes::len);
            if len == 0 {
                return Ok(out);
            }
            total += len;
            out.push(v);
            if most.is_some_and(|m| total >= m) {
                return Ok(out);
            }
        }
    }
    /// Read bytes into buffer.
    #[sig(buffer, /)]
    fn readinto(&self, buffer: &Value, cx: &mut Cx) -> Res<usize> {
        self.check_open(cx)?;
        let b = buffer::get_writable(cx, buffer, "readinto")?;
        let v = self.take(cx, Some(b.len()));
        b.write(0, &v);
        Ok(v.len())
    }
    /// Truncate the file to at most size bytes.
    #[sig(size = None, /)]
    fn truncate(&self, size: Option<&Value>, cx: &mut Cx) -> Res<usize> {
        self.check_open(cx)?;
        self.check_movable(cx)?;
        let n = match size {
            None => self.at.load(Ordering::Relaxed),
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
                    Err(_) => return Err(cx.value_error(format!("negative size value {n}"))),
                }
            }
        };
        let mut g = self.store.lock(self.head(), cx);
        if self.store.is_movable() && n < g.len() {
            g.truncate(n);
        }
        drop(g);
        Ok(n)
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
        if whence == 0 && n < 0 {
            return Err(cx.value_error(format!("negative seek value {n}")));
        }
        let g = self.store.lock(self.head(), cx);
        let from = match whence {
            0 => Some(0),
            1 => Some(self.at.load(Ordering::Relaxed)),
            2 => Some(g.len()),
            _ => None,
        };
        let to = from.map(|f| (f as isize).checked_add(n));
        if let Some(Some(to)) = to {
            self.at.store(to.max(0) as usize, Ordering::Relaxed);
        }
        drop(g);
        match to {
            None => Err(cx.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
            Some(None) => Err(cx.overflow_error("new position too large")),
            Some(Some(to)) => Ok(to.max(0) as usize),
        }
    }
    /// Write bytes to file.
    #[sig(b, /)]
    fn write(&self, b: &Value, cx: &mut Cx) -> Res<usize> {
        self.check_open(cx)?;
        self.check_movable(cx)?;
        if let Some(bytes) = b.downcast_exact::<Bytes>() {
            return self.put(cx, bytes.as_slice());
        }
        let view = buffer::get(cx, b, false)?;
        let data = view.contents();
        self.put(cx, &data)
    }
    /// Write lines to the file.
    #[sig(lines, /)]
    fn writelines(&self, lines: &Value, cx: &mut Cx) -> Res<()> {
        self.check_open(cx)?;
        let it = protocol::iter(cx, lines)?;
        while let Some(line) = protocol::next(cx, &it)? {
            self.check_open(cx)?;
            let view = buffer::get(cx, &line, false)?;
            let data = view.contents();
            self.put(cx, &data)?;
        }
        Ok(())
    }
    /// Disable all I/O operations.
    fn close(&self, cx: &mut Cx) -> Res<()> {
        self.check_movable(cx)?;
        self.closed.store(true, Ordering::Relaxed);
        let mut g = self.store.lock(self.head(), cx);
        let old = if self.store.is_movable() {
            std::mem::take(&mut *g)
        } else {
            Vec::new()
        };
        drop(g);
        drop(old);
        Ok(())
    }
    /// True if the file is closed.
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(b) = this.downcast::<BytesIo>() {
            b.check_open(cx)?;
        }
        Ok(this.clone())
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.check_open(cx)?;
        let v = self.next_line(cx, None)?;
        Ok(v.downcast_exact::<Bytes>()
            .is_some_and(|b| !b.is_empty())
            .then_some(v))
    }
    fn __getstate__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(b) = this.downcast::<BytesIo>() else {
            return Ok(Value::none());
        };
        b.check_open(cx)?;
        let v = b.store.lock(b.head(), cx).clone();
        let d = match object::existing_dict(this) {
            Some(d) => match d.downcast::<Dict>() {
                Some(d) => d.copy(cx)?,
                None => Value::none(),
            },
            None => Value::none(),
        };
        let at = b.at.load(Ordering::Relaxed).into_value(cx)?;
        let v = new_bytes_vec(cx, v)?;
        tuple::new_tuple(cx, vec![v, at, d])
    }
    #[sig(state, /)]
    fn __setstate__(this: &Value, state: &Value, cx: &mut Cx) -> Res<()> {
        let Some(b) = this.downcast::<BytesIo>() else {
            return Ok(());
        };
        let Some([data, at, d]) = state
            .downcast::<Tuple>()
            .map(Tuple::items)
            .filter(|i| i.len() >= 3)
            .map(|i| [&i[0], &i[1], &i[2]])
        else {
            let (c, t) = (this.type_name(), state.type_name());
            return Err(cx.type_error(format!(
                "{c}.__setstate__ argument should be 3-tuple, got {t}"
            )));
        };
        b.check_movable(cx)?;
        let data = buffer::get(cx, data, false)?.to_vec();
        let n = <isize as FromArg>::from_arg(cx, at, At::attribute("position"))?;
        if n < 0 {
            return Err(cx.value_error("position value cannot be negative"));
        }
        let mut g = b.store.lock(b.head(), cx);
        if !b.store.is_movable() {
            drop(g);
            return Err(resize_error(cx));
        }
        let old = std::mem::replace(&mut *g, data);
        b.at.store(n as usize, Ordering::Relaxed);
        drop(g);
        drop(old);
        restore_dict(cx, this, d)
    }
}

/// `read(1)`: one byte is an object that is there for good, so nothing can fail once it is taken.
fn byte_at_hand(cx: &mut Cx, args: &[Value]) -> u64 {
    let [this, size] = args else {
        return 0;
    };
    let Some(b) = this.downcast_exact::<BytesIo>() else {
        return 0;
    };
    if size.as_small_int() != Some(1) || b.closed.load(Ordering::Relaxed) {
        return 0;
    }
    let g = b.store.lock(b.head(), cx);
    let at = b.at.load(Ordering::Relaxed);
    let byte = g.get(at).copied();
    if byte.is_some() {
        b.at.store(at + 1, Ordering::Relaxed);
    }
    drop(g);
    byte.map_or_else(bytes::empty, bytes::single).into_bits()
}
typhon_vm::quick_fn!(next_byte, byte_at_hand);

/// Update an object's dict from a pickled one.
pub fn restore_dict(cx: &mut Cx, this: &Value, d: &Value) -> Res<()> {
    if d.is_none() {
        return Ok(());
    }
    if d.downcast::<Dict>().is_none() {
        let t = d.type_name();
        return Err(cx.type_error(format!("third item of state should be a dict, got a {t}")));
    }
    if let Some(own) = object::dict_of(cx, this)?
        && let Some(own) = own.downcast::<Dict>()
    {
        own.update_from(cx, d)?;
    }
    Ok(())
}
