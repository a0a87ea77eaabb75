//! `struct.Struct`, a format that is kept, and the iterator of `iter_unpack`.

use super::{format_bytes, pack_into, pack_values, raise, unpack, unpack_from, unpack_values};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use typhon_runtime::sync::Mutex;
use typhon_text::struct_codec::Format;
use typhon_vm::native::*;
use typhon_vm::objects::{buffer, bytes, str};

/// A format and its text.
#[derive(Clone)]
struct Made {
    parsed: Arc<Format>,
    text: Arc<str>,
}

/// Struct(fmt) --> compiled struct object
#[pytype(name = "Struct", module = "_struct", basetype)]
pub struct Struct {
    pub head: Header,
    /// Empty until `__init__` was called.
    #[skip]
    first: OnceLock<Made>,
    /// What it made when it was called again, which hardly anybody does.
    #[skip]
    again: Mutex<Option<Made>>,
    #[skip]
    called_again: AtomicBool,
}

/// The format of a struct while it is used.
enum Parsed<'a> {
    First(&'a Format),
    Later(Arc<Format>),
}

impl Deref for Parsed<'_> {
    type Target = Format;
    #[inline]
    fn deref(&self) -> &Format {
        match self {
            Parsed::First(format) => format,
            Parsed::Later(format) => format,
        }
    }
}

impl Struct {
    fn made(&self, cx: &mut Cx) -> Res<Made> {
        self.last()
            .ok_or_else(|| cx.runtime_error("Struct object is not initialized"))
    }
    fn last(&self) -> Option<Made> {
        if self.called_again.load(Ordering::Acquire) {
            self.again.lock().clone()
        } else {
            self.first.get().cloned()
        }
    }
    #[inline]
    fn parsed(&self, cx: &mut Cx) -> Res<Parsed<'_>> {
        if !self.called_again.load(Ordering::Acquire)
            && let Some(made) = self.first.get()
        {
            return Ok(Parsed::First(&made.parsed));
        }
        self.made(cx).map(|made| Parsed::Later(made.parsed))
    }
}

#[pymethods]
impl Struct {
    #[new]
    #[sig(*args, **kwargs)]
    fn new(cls: &Type, args: &[Value], kwargs: Kwargs<'_>, cx: &mut Cx) -> Res<Value> {
        // The arguments are for __init__.
        let _ = (args, kwargs);
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            Struct {
                head: Header::placeholder(),
                first: OnceLock::new(),
                again: Mutex::new(None),
                called_again: AtomicBool::new(false),
            },
        )
    }
    #[init]
    #[sig(format)]
    fn init(&self, format: &Value, cx: &mut Cx) -> Res<()> {
        let raw = format_bytes(cx, format)?;
        let parsed = super::parse(cx, format)?;
        let text: String = raw.iter().map(|&b| b as char).collect();
        let text = text.into();
        if let Err(made) = self.first.set(Made { parsed, text }) {
            *self.again.lock() = Some(made);
            self.called_again.store(true, Ordering::Release);
        }
        Ok(())
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Struct>() else {
            return Ok(Value::none());
        };
        let made = s.made(cx)?;
        let text = str::new_str(cx, &made.text)?;
        let shown = typhon_vm::protocol::repr_string(cx, &text)?;
        let name = this.ty().name();
        str::new_str(cx, &format!("{name}({shown})"))
    }
    /// S.pack(v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing values v1, v2, ... packed according
    /// to the format string S.format.  See help(struct) for more on format
    /// strings.
    #[sig(*values)]
    fn pack(&self, values: &[Value], cx: &mut Cx) -> Res<Value> {
        let parsed = self.parsed(cx)?;
        let data = pack_values(cx, &parsed, values, "pack")?;
        bytes::new_bytes_vec(cx, data)
    }
    /// S.pack_into(buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string S.format
    /// and write the packed bytes into the writable buffer buf starting at
    /// offset.  Note that the offset is a required argument.  See
    /// help(struct) for more on format strings.
    #[method(name = "pack_into")]
    #[sig(*args)]
    fn pack_into_method(&self, args: &[Value], cx: &mut Cx) -> Res<()> {
        let parsed = self.parsed(cx)?;
        pack_into(cx, &parsed, args)
    }
    /// Return a tuple containing unpacked values.
    ///
    /// Unpack according to the format string Struct.format. The buffer's size
    /// in bytes must be Struct.size.
    ///
    /// See help(struct) for more on format strings.
    #[method(name = "unpack")]
    fn unpack_method(&self, buffer: &Value, cx: &mut Cx) -> Res<Value> {
        let parsed = self.parsed(cx)?;
        unpack(cx, &parsed, buffer)
    }
    /// Return a tuple containing unpacked values.
    ///
    /// Values are unpacked according to the format string Struct.format.
    ///
    /// The buffer's size in bytes, starting at position offset, must be
    /// at least Struct.size.
    ///
    /// See help(struct) for more on format strings.
    #[method(name = "unpack_from")]
    #[sig(buffer, offset = 0)]
    fn unpack_from_method(&self, buffer: &Value, offset: isize, cx: &mut Cx) -> Res<Value> {
        let parsed = self.parsed(cx)?;
        unpack_from(cx, &parsed, buffer, offset)
    }
    /// Return an iterator yielding tuples.
    ///
    /// Tuples are unpacked from the given bytes source, like a repeated
    /// invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the struct size.
    fn iter_unpack(&self, buffer: &Value, cx: &mut Cx) -> Res<Value> {
        let parsed = self.made(cx)?.parsed;
        new_iter(cx, parsed, buffer)
    }
    fn __sizeof__(&self, cx: &mut Cx) -> Res<usize> {
        Ok(size_of::<Struct>() + self.parsed(cx)?.items.len() * 32)
    }
    /// struct format string
    #[getter]
    fn format(&self, cx: &mut Cx) -> Res<String> {
        Ok(self.made(cx)?.text.to_string())
    }
    /// struct size in bytes
    #[getter]
    fn size(&self) -> i64 {
        self.last().map_or(-1, |made| made.parsed.size as i64)
    }
}

#[pytype(name = "unpack_iterator", module = "_struct", gc, no_new)]
pub struct UnpackIter {
    pub head: Header,
    #[skip]
    parsed: Arc<Format>,
    source: Buffer,
    #[skip]
    at: AtomicUsize,
}

/// `iter_unpack(buffer)`.
pub fn new_iter(cx: &mut Cx, parsed: Arc<Format>, source: &Value) -> Res<Value> {
    let source = buffer::get(cx, source, false)?;
    parsed.check_iter(source.len()).map_err(|e| raise(cx, e))?;
    let cls = UnpackIter::type_cell().get(cx)?;
    let payload = UnpackIter {
        head: Header::placeholder(),
        parsed,
        source,
        at: AtomicUsize::new(0),
    };
    typhon_vm::objects::object::alloc(cx, cls, payload)
}

#[pymethods]
impl UnpackIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let (n, step) = (self.source.len(), self.parsed.size);
        let claimed = self
            .at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |i| {
                (i + step <= n).then_some(i + step)
            });
        let Ok(at) = claimed else { return Ok(None) };
        let mut item = vec![0; step];
        self.source.read(at, &mut item);
        unpack_values(cx, &self.parsed, &item).map(Some)
    }
    fn __length_hint__(&self) -> usize {
        (self.source.len() - self.at.load(Ordering::Relaxed)) / self.parsed.size.max(1)
    }
}
