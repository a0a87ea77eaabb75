//! The abstract bases `_IOBase`, `_RawIOBase`, `_BufferedIOBase`, `_TextIOBase`: defaults over the methods of subclasses.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{self, Bytes, new_bytes};
use typhon_vm::objects::{List, buffer, list};
use typhon_vm::protocol;

pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

static UNSUPPORTED: OnceLock<Value> = OnceLock::new();

/// `io.UnsupportedOperation`, made with the module.
pub fn unsupported_class(cx: &mut Cx) -> Res<Value> {
    if let Some(c) = UNSUPPORTED.get() {
        return Ok(c.clone());
    }
    let ns = typhon_vm::objects::dict::new_dict(cx)?;
    let module = typhon_vm::objects::str::new_str(cx, "io")?;
    ns.downcast::<typhon_vm::objects::Dict>()
        .expect("a new dict")
        .set_str(cx, "__module__", module)?;
    let name = typhon_vm::objects::str::new_str(cx, "UnsupportedOperation")?;
    let bases = typhon_vm::objects::tuple::new_tuple(
        cx,
        vec![
            ExcKind::OSError.ty().value(),
            ExcKind::ValueError.ty().value(),
        ],
    )?;
    let meta = Type::of::<Type>().value();
    let made = protocol::call(cx, &meta, &[name, bases, ns])?;
    Ok(UNSUPPORTED.get_or_init(|| made).clone())
}

#[cold]
pub fn unsupported(cx: &mut Cx, text: &str) -> Raised {
    let made = (|| {
        let class = unsupported_class(cx)?;
        let text = typhon_vm::objects::str::new_str(cx, text)?;
        protocol::call(cx, &class, &[text])
    })();
    match made {
        Ok(e) => cx.raise_value(e),
        Err(r) => r,
    }
}

#[cold]
pub fn closed_error(cx: &mut Cx) -> Raised {
    cx.value_error("I/O operation on closed file.")
}

/// `o.name`, truth of it.
pub fn attr_true(cx: &mut Cx, o: &Value, name: &'static str) -> Res<bool> {
    let v = protocol::getattr_str(cx, o, name)?;
    protocol::truthy(cx, &v)
}

/// Truth of `o.name()`.
pub fn ask(cx: &mut Cx, o: &Value, name: &'static str) -> Res<bool> {
    let v = protocol::call_method(cx, o, name, &[])?;
    protocol::truthy(cx, &v)
}

/// A size argument: None and negative numbers mean everything.
pub fn size_arg(cx: &mut Cx, v: Option<&Value>) -> Res<Option<usize>> {
    let Some(v) = v.filter(|v| !v.is_none()) else {
        return Ok(None);
    };
    if let Some(n) = v.as_small_int() {
        return Ok(usize::try_from(n).ok());
    }
    if v.ty().slots.index.get().is_none() {
        let n = v.type_name();
        return Err(cx.type_error(format!("argument should be integer or None, not '{n}'")));
    }
    let n = typhon_vm::number::index_isize_checked(cx, v, ExcKind::OverflowError)?;
    Ok(usize::try_from(n).ok())
}

/// The abstract base class for all I/O classes.
///
/// This class provides dummy implementations for many methods that
/// derived classes can override selectively; the default implementations
/// represent a file that cannot be read, written or seeked.
#[pytype(name = "_IOBase", module = "_io", gc, basetype, has_dict, weakrefable)]
pub struct IoBase {
    pub head: Header,
    pub dict: Slot,
    /// `close()` of the base has run.
    pub is_closed: AtomicBool,
    /// The finalizer runs: closing now is worth a warning.
    pub finalizing: AtomicBool,
}

impl IoBase {
    pub fn fresh() -> IoBase {
        IoBase {
            head: Header::placeholder(),
            dict: Slot::EMPTY,
            is_closed: AtomicBool::new(false),
            finalizing: AtomicBool::new(false),
        }
    }
    pub fn is_finalizing(&self) -> bool {
        self.finalizing.load(Ordering::Relaxed)
    }
}

/// `ValueError` when `this.closed`.
pub fn check_closed(cx: &mut Cx, this: &Value) -> Res<()> {
    if attr_true(cx, this, "closed")? {
        Err(closed_error(cx))
    } else {
        Ok(())
    }
}

/// Run `close()` keeping an earlier error in front.
pub fn then_close<T>(
    cx: &mut Cx,
    first: Res<T>,
    close: impl FnOnce(&mut Cx) -> Res<Value>,
) -> Res<()> {
    match first {
        Ok(_) => close(cx).map(drop),
        Err(r) => {
            let e = cx.take_exc(r);
            match close(cx) {
                Ok(_) => Err(cx.reraise(e)),
                Err(r2) => {
                    // The second error, with the first as its context.
                    let second = cx.take_exc(r2);
                    if let Some(x) = second.downcast::<typhon_vm::objects::BaseException>()
                        && !second.is(&e)
                    {
                        x.set_context(cx, Some(e));
                    }
                    Err(cx.reraise(second))
                }
            }
        }
    }
}

/// One line by `peek` and `read`.
pub fn generic_readline(cx: &mut Cx, this: &Value, limit: Option<usize>) -> Res<Value> {
    let mut out: Vec<u8> = Vec::new();
    let peek = protocol::getattr_str_opt(cx, this, "peek")?;
    while limit.is_none_or(|l| out.len() < l) {
        let mut n = 1;
        if let Some(peek) = &peek {
            let ahead = protocol::call(cx, peek, &[Value::small_int(1)])?;
            let Some(b) = ahead.downcast::<Bytes>() else {
                let t = ahead.type_name();
                return Err(cx.raise(
                    ExcKind::OSError,
                    format!("peek() should have returned a bytes object, not '{t}'"),
                ));
            };
            let b = b.as_slice();
            if !b.is_empty() {
                n = b
                    .iter()
                    .position(|&c| c == b'\n')
                    .map_or(b.len(), |i| i + 1);
                if let Some(l) = limit {
                    n = n.min(l - out.len());
                }
            }
        }
        let arg = n.into_value(cx)?;
        let got = protocol::call_method(cx, this, "read", &[arg])?;
        let Some(b) = got.downcast::<Bytes>() else {
            let t = got.type_name();
            return Err(cx.raise(
                ExcKind::OSError,
                format!("read() should have returned a bytes object, not '{t}'"),
            ));
        };
        if b.is_empty() {
            break;
        }
        out.extend_from_slice(b.as_slice());
        if out.ends_with(b"\n") {
            break;
        }
    }
    new_bytes(cx, &out)
}

#[pymethods]
impl IoBase {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        typhon_vm::objects::object::alloc(cx, cls, IoBase::fresh())
    }
    /// Change the stream position to the given byte offset.
    #[sig(offset, whence = 0, /)]
    fn seek(&self, offset: &Value, whence: i32, cx: &mut Cx) -> Res<()> {
        let _ = (offset, whence);
        Err(unsupported(cx, "seek"))
    }
    /// Return current stream position.
    fn tell(this: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(
            cx,
            this,
            "seek",
            &[Value::small_int(0), Value::small_int(1)],
        )
    }
    /// Truncate file to size bytes.
    #[sig(size = None, /)]
    fn truncate(&self, size: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let _ = size;
        Err(unsupported(cx, "truncate"))
    }
    /// Flush write buffers, if applicable.
    ///
    /// This is not implemented for read-only and non-blocking streams.
    fn flush(&self, cx: &mut Cx) -> Res<()> {
        if self.is_closed.load(Ordering::Relaxed) {
            Err(closed_error(cx))
        } else {
            Ok(())
        }
    }
    /// Flush and close the IO object.
    ///
    /// This method has no effect if the file is already closed.
    fn close(this: &Value, cx: &mut Cx) -> Res<()> {
        let Some(b) = this.downcast::<IoBase>() else {
            return Ok(());
        };
        if b.is_closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let r = protocol::call_method(cx, this, "flush", &[]);
        b.is_closed.store(true, Ordering::Relaxed);
        r.map(drop)
    }
    #[getter]
    fn closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }
    /// Return whether object supports random access.
    fn seekable(&self) -> bool {
        false
    }
    /// Return whether object was opened for reading.
    fn readable(&self) -> bool {
        false
    }
    /// Return whether object was opened for writing.
    fn writable(&self) -> bool {
        false
    }
    #[sig(*args)]
    fn _checkClosed(this: &Value, args: &[Value], cx: &mut Cx) -> Res<()> {
        let _ = args;
        check_closed(cx, this)
    }
    #[sig(*args)]
    fn _checkSeekable(this: &Value, args: &[Value], cx: &mut Cx) -> Res<bool> {
        let _ = args;
        if ask(cx, this, "seekable")? {
            Ok(true)
        } else {
            Err(unsupported(cx, "File or stream is not seekable."))
        }
    }
    #[sig(*args)]
    fn _checkReadable(this: &Value, args: &[Value], cx: &mut Cx) -> Res<bool> {
        let _ = args;
        if ask(cx, this, "readable")? {
            Ok(true)
        } else {
            Err(unsupported(cx, "File or stream is not readable."))
        }
    }
    #[sig(*args)]
    fn _checkWritable(this: &Value, args: &[Value], cx: &mut Cx) -> Res<bool> {
        let _ = args;
        if ask(cx, this, "writable")? {
            Ok(true)
        } else {
            Err(unsupported(cx, "File or stream is not writable."))
        }
    }
    /// Return underlying file descriptor if one exists.
    fn fileno(&self, cx: &mut Cx) -> Res<()> {
        Err(unsupported(cx, "fileno"))
    }
    /// Return whether this is an 'interactive' stream.
    fn isatty(this: &Value, cx: &mut Cx) -> Res<bool> {
        check_closed(cx, this)?;
        Ok(false)
    }
    fn __enter__(this: &Value, cx: &mut Cx) -> Res<Value> {
        check_closed(cx, this)?;
        Ok(this.clone())
    }
    #[sig(*args)]
    fn __exit__(this: &Value, args: &[Value], cx: &mut Cx) -> Res<Value> {
        let _ = args;
        protocol::call_method(cx, this, "close", &[])
    }
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        check_closed(cx, this)?;
        Ok(this.clone())
    }
    #[slot]
    fn next(this: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        let line = protocol::call_method(cx, this, "readline", &[])?;
        Ok(if protocol::len(cx, &line)? == 0 {
            None
        } else {
            Some(line)
        })
    }
    /// Read and return a line from the stream.
    #[sig(size = None => "-1", /)]
    fn readline(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let limit = size_arg(cx, size)?;
        generic_readline(cx, this, limit)
    }
    /// Return a list of lines from the stream.
    #[sig(hint = None => "-1", /)]
    fn readlines(this: &Value, hint: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let hint = size_arg(cx, hint)?.filter(|&n| n > 0);
        let out = list::new_list(cx, vec![])?;
        let l = out.downcast::<List>().expect("a new list");
        let it = protocol::iter(cx, this)?;
        let mut total = 0;
        while let Some(line) = protocol::next(cx, &it)? {
            let n = protocol::len(cx, &line)?;
            l.push(cx, line)?;
            total += n;
            if hint.is_some_and(|h| total >= h) {
                break;
            }
        }
        Ok(out)
    }
    /// Write a list of lines to stream.
    #[sig(lines, /)]
    fn writelines(this: &Value, lines: &Value, cx: &mut Cx) -> Res<()> {
        check_closed(cx, this)?;
        let it = protocol::iter(cx, lines)?;
        while let Some(line) = protocol::next(cx, &it)? {
            protocol::call_method(cx, this, "write", &[line])?;
        }
        Ok(())
    }
    /// Closes a stream nobody closed. Errors have no reader.
    #[slot]
    fn finalize(this: &Value, cx: &mut Cx) -> Res<()> {
        let Some(b) = this.downcast::<IoBase>() else {
            return Ok(());
        };
        // Streams in memory have nothing to close, nor anybody to tell.
        if this.downcast_exact::<super::bytesio::BytesIo>().is_some()
            || this.downcast_exact::<super::stringio::StringIo>().is_some()
        {
            return Ok(());
        }
        let closed = match attr_true(cx, this, "closed") {
            Ok(c) => c,
            Err(r) => {
                drop(cx.take_exc(r));
                return Ok(());
            }
        };
        if !closed {
            b.finalizing.store(true, Ordering::Relaxed);
            if let Err(r) = protocol::call_method(cx, this, "close", &[]) {
                drop(cx.take_exc(r));
            }
        }
        Ok(())
    }
}

/// Base class for raw binary I/O.
#[pytype(name = "_RawIOBase", module = "_io", gc, basetype, base = IoBase)]
pub struct RawIoBase {
    pub base: IoBase,
}

/// Bytes that a raw stream's `readinto` says it has put into a buffer of `n`; None: it would block.
pub fn readinto_bytes(cx: &mut Cx, raw: &Value, n: usize) -> Res<Option<Vec<u8>>> {
    let room = bytes::zeros(cx, n)?;
    let array = typhon_vm::objects::bytearray::new_bytearray(cx, room)?;
    let view = typhon_vm::objects::memoryview::from_object(cx, &array)?;
    let got = protocol::call_method(cx, raw, "readinto", std::slice::from_ref(&view))?;
    if got.is_none() {
        return Ok(None);
    }
    let k = typhon_vm::number::index_isize_checked(cx, &got, ExcKind::ValueError)?;
    if k < 0 || k as usize > n {
        return Err(cx.raise(
            ExcKind::OSError,
            format!(
                "raw readinto() returned invalid length {k} (should have been between 0 and {n})"
            ),
        ));
    }
    let b = buffer::get(cx, &array, false)?;
    let mut out = b.to_vec();
    out.truncate(k as usize);
    Ok(Some(out))
}

#[pymethods]
impl RawIoBase {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            RawIoBase {
                base: IoBase::fresh(),
            },
        )
    }
    #[sig(size = None => "-1", /)]
    fn read(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let Some(n) = size_arg(cx, size)? else {
            return protocol::call_method(cx, this, "readall", &[]);
        };
        let room = bytes::zeros(cx, n)?;
        let array = typhon_vm::objects::bytearray::new_bytearray(cx, room)?;
        let got = protocol::call_method(cx, this, "readinto", std::slice::from_ref(&array))?;
        if got.is_none() {
            return Ok(got);
        }
        let k = typhon_vm::number::index_isize_checked(cx, &got, ExcKind::ValueError)?;
        let b = buffer::get(cx, &array, false)?.to_vec();
        if k < 0 || k as usize > b.len() {
            return Err(cx.value_error(format!(
                "readinto returned {k} outside buffer size {}",
                b.len()
            )));
        }
        new_bytes(cx, &b[..k as usize])
    }
    /// Read until EOF, using multiple read() call.
    fn readall(this: &Value, cx: &mut Cx) -> Res<Value> {
        let mut out: Vec<u8> = Vec::new();
        loop {
            let n = DEFAULT_BUFFER_SIZE.into_value(cx)?;
            let got = protocol::call_method(cx, this, "read", &[n])?;
            if got.is_none() {
                return if out.is_empty() {
                    Ok(got)
                } else {
                    new_bytes(cx, &out)
                };
            }
            let Some(b) = got.downcast::<Bytes>() else {
                return Err(cx.type_error("read() should return bytes"));
            };
            if b.is_empty() {
                return new_bytes(cx, &out);
            }
            out.extend_from_slice(b.as_slice());
        }
    }
    fn readinto(&self, buffer: &Value, cx: &mut Cx) -> Res<()> {
        let _ = buffer;
        Err(cx.raise_args(ExcKind::NotImplementedError, vec![]))
    }
    fn write(&self, b: &Value, cx: &mut Cx) -> Res<()> {
        let _ = b;
        Err(cx.raise_args(ExcKind::NotImplementedError, vec![]))
    }
}

/// Base class for buffered IO objects.
///
/// The main difference with RawIOBase is that the read() method
/// supports omitting the size argument, and does not have a default
/// implementation that defers to readinto().
#[pytype(name = "_BufferedIOBase", module = "_io", gc, basetype, base = IoBase)]
pub struct BufferedIoBase {
    pub base: IoBase,
}

fn readinto_by(cx: &mut Cx, this: &Value, target: &Value, method: &'static str) -> Res<usize> {
    let b = buffer::get_writable(
        cx,
        target,
        if method == "read" {
            "readinto"
        } else {
            "readinto1"
        },
    )?;
    let n = b.len().into_value(cx)?;
    let got = protocol::call_method(cx, this, method, &[n])?;
    let Some(data) = got.downcast::<Bytes>() else {
        return Err(cx.type_error("read() should return bytes"));
    };
    if data.len() > b.len() {
        return Err(cx.value_error(format!(
            "read() returned too much data: {} bytes requested, {} returned",
            b.len(),
            data.len()
        )));
    }
    b.write(0, data.as_slice());
    Ok(data.len())
}

#[pymethods]
impl BufferedIoBase {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            BufferedIoBase {
                base: IoBase::fresh(),
            },
        )
    }
    /// Disconnect this buffer from its underlying raw stream and return it.
    fn detach(&self, cx: &mut Cx) -> Res<()> {
        Err(unsupported(cx, "detach"))
    }
    /// Read and return up to n bytes.
    #[sig(size = None => "-1", /)]
    fn read(&self, size: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let _ = size;
        Err(unsupported(cx, "read"))
    }
    /// Read and return up to size bytes, with at most one read() call to the underlying raw stream.
    #[sig(size = None => "-1", /)]
    fn read1(&self, size: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let _ = size;
        Err(unsupported(cx, "read1"))
    }
    fn readinto(this: &Value, buffer: &Value, cx: &mut Cx) -> Res<usize> {
        readinto_by(cx, this, buffer, "read")
    }
    fn readinto1(this: &Value, buffer: &Value, cx: &mut Cx) -> Res<usize> {
        readinto_by(cx, this, buffer, "read1")
    }
    /// Write buffer b to the IO stream.
    fn write(&self, b: &Value, cx: &mut Cx) -> Res<()> {
        let _ = b;
        Err(unsupported(cx, "write"))
    }
}

/// Base class for text I/O.
///
/// This class provides a character and line based interface to stream
/// I/O. There is no readinto method because Python's character strings
/// are immutable.
#[pytype(name = "_TextIOBase", module = "_io", gc, basetype, base = IoBase)]
pub struct TextIoBase {
    pub base: IoBase,
}

#[pymethods]
impl TextIoBase {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            TextIoBase {
                base: IoBase::fresh(),
            },
        )
    }
    /// Separate the underlying buffer from the TextIOBase and return it.
    fn detach(&self, cx: &mut Cx) -> Res<()> {
        Err(unsupported(cx, "detach"))
    }
    /// Read at most size characters from stream.
    #[sig(size = None => "-1", /)]
    fn read(&self, size: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let _ = size;
        Err(unsupported(cx, "read"))
    }
    /// Read until newline or EOF.
    #[sig(size = None => "-1", /)]
    fn readline(&self, size: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let _ = size;
        Err(unsupported(cx, "readline"))
    }
    /// Write string s to stream.
    #[sig(s, /)]
    fn write(&self, s: &Value, cx: &mut Cx) -> Res<()> {
        let _ = s;
        Err(unsupported(cx, "write"))
    }
    /// Encoding of the text stream.
    #[getter]
    fn encoding(&self) {}
    /// Line endings translated so far.
    #[getter]
    fn newlines(&self) {}
    /// The error setting of the decoder or encoder.
    #[getter]
    fn errors(&self) {}
}

/// Names for error messages: the class as `repr` shows it.
pub fn class_name(cx: &mut Cx, v: &Value) -> String {
    typhon_vm::objects::typeobj::methods::full_name(cx, v.ty())
}

/// `ResourceWarning` for a stream that its finalizer had to close. `source` is what the user held.
pub fn warn_unclosed(cx: &mut Cx, source: &Value) {
    let r = (|| {
        let r = protocol::repr_string(cx, source)?;
        cx.warn(ExcKind::ResourceWarning, &format!("unclosed file {r}"))
    })();
    if let Err(r) = r {
        // A filter may have made it an error.
        if cx.exc_is(ExcKind::Warning) {
            typhon_vm::threads::unraisable(
                cx,
                r,
                "Exception ignored while finalizing file",
                source,
            );
        } else {
            drop(cx.take_exc(r));
        }
    }
}

/// `call_method(this, "_dealloc_warn", source)`, errors ignored.
pub fn pass_warning(cx: &mut Cx, inner: &Value, source: &Value) {
    if let Err(r) = protocol::call_method(cx, inner, "_dealloc_warn", std::slice::from_ref(source))
    {
        drop(cx.take_exc(r));
    }
}

/// An offset for the system.
pub fn offset_arg(cx: &mut Cx, v: &Value) -> Res<i64> {
    if typhon_vm::objects::float::as_f64(v).is_some() {
        return Err(cx.type_error("an integer is required"));
    }
    <i64 as FromArg>::from_arg(cx, v, At::attribute("offset"))
}
