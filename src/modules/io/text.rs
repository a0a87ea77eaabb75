//! `TextIOWrapper`: text over a buffered stream. The whole of an operation runs under the stream's lock, which a thread may
//! take again; the state is reached in short sections. Reading stands in `reading.rs`, positions in `position.rs`.

use super::base::{self, IoBase, TextIoBase, ask, unsupported};
use super::buffered::{Buffered, BufferedRandom, BufferedReader, BufferedWriter};
use super::busy::Busy;
use super::codec::{self, Decoder, Encoder};
use super::newline::{Mode, Newlines, with_newlines};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use typhon_text::Text;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::new_bytes_vec;
use typhon_vm::objects::{object, str};
use typhon_vm::runtime::lock::Guard;
use typhon_vm::{SlotExt, protocol};

pub const CHUNK: usize = 8192;
const UNINITIALIZED: u8 = 0;
const READY: u8 = 1;
const DETACHED: u8 = 2;

/// Where a chunk began: the decoder's flags then, and the bytes it was fed with since.
#[derive(Clone, Default)]
pub struct Snapshot {
    pub flags: u64,
    pub input: Vec<u8>,
}

pub struct State {
    pub mode: Mode,
    /// Out while somebody decodes.
    pub decoder: Option<Decoder>,
    pub encoder: Option<Encoder>,
    /// Encoded, not passed on yet.
    pub pending: Vec<u8>,
    /// A decoded chunk, and how much of it has been read.
    pub decoded: Option<Value>,
    pub used: usize,
    pub snapshot: Option<Snapshot>,
    /// Bytes per character of the last chunk.
    pub ratio: f64,
}

impl Traverse for State {
    fn traverse(&self, v: &mut Visitor) {
        self.decoder.traverse(v);
        self.encoder.traverse(v);
        self.decoded.traverse(v);
    }
}

impl State {
    fn fresh() -> State {
        State {
            mode: Mode::Universal,
            decoder: None,
            encoder: None,
            pending: Vec::new(),
            decoded: None,
            used: 0,
            snapshot: None,
            ratio: 0.0,
        }
    }
}

/// Character and line based layer over a BufferedIOBase object, buffer.
///
/// encoding gives the name of the encoding that the stream will be
/// decoded or encoded with. It defaults to locale.getencoding().
///
/// errors determines the strictness of encoding and decoding (see
/// help(codecs.Codec) or the documentation for codecs.register) and
/// defaults to "strict".
///
/// newline controls how line endings are handled. It can be None, '',
/// '\n', '\r', and '\r\n'.  It works as follows:
///
/// * On input, if newline is None, universal newlines mode is
///   enabled. Lines in the input can end in '\n', '\r', or '\r\n', and
///   these are translated into '\n' before being returned to the
///   caller. If it is '', universal newline mode is enabled, but line
///   endings are returned to the caller untranslated. If it has any of
///   the other legal values, input lines are only terminated by the given
///   string, and the line ending is returned to the caller untranslated.
///
/// * On output, if newline is None, any '\n' characters written are
///   translated to the system default line separator, os.linesep. If
///   newline is '' or '\n', no translation takes place. If newline is any
///   of the other legal values, any '\n' characters written are translated
///   to the given string.
///
/// If line_buffering is True, a call to flush is implied when a call to
/// write contains a newline character.
#[pytype(name = "TextIOWrapper", module = "_io", gc, basetype, base = TextIoBase)]
pub struct TextIoWrapper {
    pub base: TextIoBase,
    buffer: Slot,
    encoding: Slot,
    errors: Slot,
    state: Guarded<State>,
    #[skip]
    pub busy: Busy,
    stage: AtomicU8,
    pub chunk: AtomicUsize,
    line_buffering: AtomicBool,
    write_through: AtomicBool,
    pub seekable: AtomicBool,
    /// Positions can be told: not while iterating.
    pub telling: AtomicBool,
    pub has_read1: AtomicBool,
}

impl TextIoWrapper {
    fn fresh() -> TextIoWrapper {
        let no = || AtomicBool::new(false);
        TextIoWrapper {
            base: TextIoBase {
                base: IoBase::fresh(),
            },
            buffer: Slot::EMPTY,
            encoding: Slot::EMPTY,
            errors: Slot::EMPTY,
            state: Guarded::new(State::fresh()),
            busy: Busy::new(),
            stage: AtomicU8::new(UNINITIALIZED),
            chunk: AtomicUsize::new(CHUNK),
            line_buffering: no(),
            write_through: no(),
            seekable: no(),
            telling: no(),
            has_read1: no(),
        }
    }
    pub fn head(&self) -> &Header {
        &self.base.base.head
    }
    pub fn lock<'a>(&'a self, cx: &'a mut Cx) -> Guard<'a, State> {
        self.state.lock(&self.base.base.head, &mut cx.thread)
    }
    /// The stream below.
    pub fn buffer(&self, cx: &mut Cx) -> Res<Value> {
        match self.stage.load(Ordering::Acquire) {
            READY => Ok(self.buffer.get(self.head()).unwrap_or_else(Value::none)),
            DETACHED => Err(cx.value_error("underlying buffer has been detached")),
            _ => Err(cx.value_error("I/O operation on uninitialized object")),
        }
    }
    /// The stream below, which must not be closed.
    pub fn open_buffer(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.buffer(cx)?;
        if base::attr_true(cx, &b, "closed")? {
            Err(base::closed_error(cx))
        } else {
            Ok(b)
        }
    }
    fn text_of(&self, slot: &Slot, default: &str) -> String {
        match slot.get(self.head()) {
            Some(v) => v
                .downcast::<Str>()
                .map(|s| s.to_string_lossy())
                .unwrap_or_default(),
            None => default.to_owned(),
        }
    }

    /// Pass on what was encoded.
    pub fn write_flush(&self, cx: &mut Cx, buffer: &Value) -> Res<()> {
        let data = std::mem::take(&mut self.lock(cx).pending);
        if data.is_empty() {
            return Ok(());
        }
        if let Some(b) = native(buffer) {
            return b.write_bytes(cx, buffer, &data).map(drop);
        }
        let b = new_bytes_vec(cx, data)?;
        protocol::call_method(cx, buffer, "write", &[b]).map(drop)
    }

    /// Forget decoded text.
    pub fn forget_decoded(&self, cx: &mut Cx) {
        let mut s = self.lock(cx);
        let gone = (s.decoded.take(), s.snapshot.take());
        s.used = 0;
        drop(s);
        drop(gone);
    }

    /// Use the decoder, which only one call has at a time.
    pub fn with_decoder<T>(
        &self,
        cx: &mut Cx,
        f: impl FnOnce(&mut Cx, &mut Decoder) -> Res<T>,
    ) -> Res<Option<T>> {
        let taken = self.lock(cx).decoder.take();
        let Some(mut d) = taken else { return Ok(None) };
        let r = f(cx, &mut d);
        let displaced = self.lock(cx).decoder.replace(d);
        drop(displaced);
        r.map(Some)
    }

    fn set_up(
        &self,
        cx: &mut Cx,
        this: &Value,
        buffer: &Value,
        encoding: &str,
        errors: &str,
        mode: Mode,
    ) -> Res<()> {
        let _ = this;
        let (enc, err) = (str::new_str(cx, encoding)?, str::new_str(cx, errors)?);
        let head = self.head();
        let old = (
            self.buffer.put(head, cx, Some(buffer.clone())),
            self.encoding.put(head, cx, Some(enc)),
            self.errors.put(head, cx, Some(err)),
        );
        drop(old);
        let (readable, writable, seekable) = match native(buffer) {
            Some(_) => {
                let reader = buffer.downcast_exact::<BufferedReader>().is_some();
                let both = buffer.downcast_exact::<BufferedRandom>().is_some();
                (reader || both, !reader, ask(cx, buffer, "seekable")?)
            }
            None => {
                let seekable = ask(cx, buffer, "seekable")?;
                (
                    ask(cx, buffer, "readable")?,
                    ask(cx, buffer, "writable")?,
                    seekable,
                )
            }
        };
        self.seekable.store(seekable, Ordering::Relaxed);
        self.telling.store(seekable, Ordering::Relaxed);
        let read1 =
            native(buffer).is_some() || protocol::getattr_str_opt(cx, buffer, "read1")?.is_some();
        self.has_read1.store(read1, Ordering::Relaxed);
        let mut fresh = State {
            mode,
            ..State::fresh()
        };
        if readable {
            let newlines = mode.reads_universally().then(|| Newlines {
                translate: mode == Mode::Universal,
                ..Newlines::default()
            });
            fresh.decoder = Some(codec::new_decoder(cx, encoding, errors, newlines)?);
        }
        if writable {
            let e = codec::new_encoder(cx, encoding, errors)?;
            if seekable && matches!(e, Encoder::Python(_)) {
                let at = protocol::call_method(cx, buffer, "tell", &[])?;
                if at.as_small_int() != Some(0) {
                    e.set_position(cx, false)?;
                }
            }
            fresh.encoder = Some(e);
        }
        let old = std::mem::replace(&mut *self.lock(cx), fresh);
        drop(old);
        self.stage.store(READY, Ordering::Release);
        Ok(())
    }

    /// Accept text.
    fn write_text(&self, cx: &mut Cx, s: &Str) -> Res<usize> {
        self.busy.nested(cx, |cx| {
            let buffer = self.open_for_writing(cx)?;
            let g = self.lock(cx);
            let (mode, encoder) = (g.mode, g.encoder.clone());
            let has_decoder = g.decoder.is_some();
            drop(g);
            let Some(encoder) = encoder else {
                return Err(unsupported(cx, "not writable"));
            };
            let line_buffering = self.line_buffering.load(Ordering::Relaxed);
            let text = s.text();
            let written = mode.written();
            let has_lf = (line_buffering || written.is_some()) && has(text, b'\n');
            let replaced;
            let text = match written {
                Some(by) if has_lf => {
                    replaced = with_newlines(text, by);
                    replaced.as_text()
                }
                _ => text,
            };
            let flush_all = line_buffering && (has_lf || has(text, b'\r'));
            let through = self.write_through.load(Ordering::Relaxed);
            let room = self.chunk.load(Ordering::Relaxed);
            let mut waiting;
            match (&encoder, text) {
                // ASCII goes to the buffer without a copy of its own.
                (Encoder::Native(_), Text::Latin1(b)) if b.is_ascii() => {
                    let mut g = self.lock(cx);
                    if g.pending.len() + b.len() > room && !g.pending.is_empty() {
                        drop(g);
                        self.write_flush(cx, &buffer)?;
                        g = self.lock(cx);
                    }
                    g.pending.extend_from_slice(b);
                    waiting = g.pending.len();
                    drop(g);
                }
                (e, text) => {
                    let errors = self.text_of(&self.errors, "strict");
                    let b = e.encode(cx, text, &errors)?;
                    let mut g = self.lock(cx);
                    if g.pending.len() + b.len() > room && !g.pending.is_empty() {
                        drop(g);
                        self.write_flush(cx, &buffer)?;
                        g = self.lock(cx);
                    }
                    g.pending.extend_from_slice(&b);
                    waiting = g.pending.len();
                    drop(g);
                }
            }
            if waiting >= room || through || flush_all {
                self.write_flush(cx, &buffer)?;
                waiting = 0;
            }
            let _ = waiting;
            if flush_all {
                protocol::call_method(cx, &buffer, "flush", &[])?;
            }
            if has_decoder {
                self.forget_decoded(cx);
                self.with_decoder(cx, |cx, d| d.reset(cx))?;
            }
            Ok(s.len())
        })
    }

    /// The buffer for writing: the check for a closed stream is cheap for native streams.
    fn open_for_writing(&self, cx: &mut Cx) -> Res<Value> {
        self.open_buffer(cx)
    }
}

fn has(text: Text<'_>, c: u8) -> bool {
    match text {
        Text::Latin1(b) => memchr::memchr(c, b).is_some(),
        t => t.iter().any(|x| x == c as u32),
    }
}

/// A buffered stream of this module, not of a subclass.
pub fn native(buffer: &Value) -> Option<&Buffered> {
    if buffer.downcast_exact::<BufferedWriter>().is_some()
        || buffer.downcast_exact::<BufferedReader>().is_some()
        || buffer.downcast_exact::<BufferedRandom>().is_some()
    {
        return buffer.downcast::<Buffered>();
    }
    None
}

pub fn wrapper(this: &Value) -> &TextIoWrapper {
    this.downcast::<TextIoWrapper>()
        .expect("methods check their receiver")
}

/// A string argument that may be None.
fn text_arg(cx: &mut Cx, v: Option<&Value>, function: &str, name: &str) -> Res<Option<String>> {
    let Some(v) = v.filter(|v| !v.is_none()) else {
        return Ok(None);
    };
    match v.downcast::<Str>() {
        Some(s) => {
            let s = s.to_string_lossy();
            if s.contains('\0') {
                return Err(cx.value_error("embedded null character"));
            }
            Ok(Some(s))
        }
        None => {
            let t = v.type_name();
            Err(cx.type_error(format!(
                "{function}() argument '{name}' must be str or None, not {t}"
            )))
        }
    }
}

#[pymethods(include(READING, POSITION))]
impl TextIoWrapper {
    #[new]
    #[text_signature = "(buffer, encoding=None, errors=None, newline=None,\n              line_buffering=False, write_through=False)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        object::alloc(cx, cls, TextIoWrapper::fresh())
    }

    #[init]
    #[sig(buffer, encoding = None, errors = None, newline = None, line_buffering = False, write_through = False)]
    fn init(
        this: &Value,
        buffer: &Value,
        encoding: Option<&Value>,
        errors: Option<&Value>,
        newline: Option<&Value>,
        line_buffering: bool,
        write_through: bool,
        cx: &mut Cx,
    ) -> Res<()> {
        let w = wrapper(this);
        w.stage.store(UNINITIALIZED, Ordering::Release);
        let encoding = text_arg(cx, encoding, "TextIOWrapper", "encoding")?;
        let errors =
            text_arg(cx, errors, "TextIOWrapper", "errors")?.unwrap_or_else(|| "strict".into());
        let mode = Mode::parse(cx, newline)?;
        let encoding = match encoding {
            Some(e) if e != "locale" => e,
            _ => codec::locale_encoding().into(),
        };
        codec::check_encoding(cx, &encoding)?;
        w.line_buffering.store(line_buffering, Ordering::Relaxed);
        w.write_through.store(write_through, Ordering::Relaxed);
        w.set_up(cx, this, buffer, &encoding, &errors, mode)
    }

    #[sig(text, /)]
    fn write(&self, text: &Value, cx: &mut Cx) -> Res<usize> {
        match text.downcast::<Str>() {
            Some(s) => self.write_text(cx, s),
            None => {
                let t = text.type_name();
                Err(cx.type_error(format!("write() argument must be str, not {t}")))
            }
        }
    }

    /// Reconfigure the text stream with new parameters.
    ///
    /// This also does an implicit stream flush.
    #[sig(*, encoding = None, errors = None, newline = absent, line_buffering = None, write_through = None)]
    fn reconfigure(
        this: &Value,
        encoding: Option<&Value>,
        errors: Option<&Value>,
        newline: Option<&Value>,
        line_buffering: Option<&Value>,
        write_through: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        let w = wrapper(this);
        let started = w.lock(cx).decoded.is_some();
        if started && (encoding.is_some() || errors.is_some() || newline.is_some()) {
            return Err(unsupported(
                cx,
                "It is not possible to set the encoding or newline of stream after the first read",
            ));
        }
        let mode = match newline {
            Some(n) => Some(Mode::parse(cx, Some(n))?),
            None => None,
        };
        let flag = |cx: &mut Cx, v: Option<&Value>| match v {
            Some(v) => protocol::truthy(cx, v).map(Some),
            None => Ok(None),
        };
        let (line, through) = (flag(cx, line_buffering)?, flag(cx, write_through)?);
        protocol::call_method(cx, this, "flush", &[])?;
        let encoding = text_arg(cx, encoding, "reconfigure", "encoding")?;
        let errors = text_arg(cx, errors, "reconfigure", "errors")?;
        w.busy.nested(cx, |cx| {
            let buffer = w.buffer(cx)?;
            if encoding.is_some() || errors.is_some() || mode.is_some() {
                let mode = match mode {
                    Some(m) => m,
                    None => w.lock(cx).mode,
                };
                // A new encoding means strict errors unless others are asked for.
                let errors = match (errors, &encoding) {
                    (Some(e), _) => e,
                    (None, Some(_)) => "strict".into(),
                    (None, None) => w.text_of(&w.errors, "strict"),
                };
                let encoding = match encoding {
                    Some(e) if e == "locale" => codec::locale_encoding().into(),
                    Some(e) => e,
                    None => w.text_of(&w.encoding, "utf-8"),
                };
                codec::check_encoding(cx, &encoding)?;
                w.set_up(cx, this, &buffer, &encoding, &errors, mode)?;
            }
            if let Some(l) = line {
                w.line_buffering.store(l, Ordering::Relaxed);
            }
            if let Some(t) = through {
                w.write_through.store(t, Ordering::Relaxed);
            }
            Ok(())
        })
    }

    fn detach(this: &Value, cx: &mut Cx) -> Res<Value> {
        let w = wrapper(this);
        w.buffer(cx)?;
        protocol::call_method(cx, this, "flush", &[])?;
        let b = w.buffer(cx)?;
        w.stage.store(DETACHED, Ordering::Release);
        let old = w.buffer.put(w.head(), cx, None);
        drop(old);
        Ok(b)
    }

    fn flush(&self, cx: &mut Cx) -> Res<Value> {
        let buffer = self.open_buffer(cx)?;
        self.telling
            .store(self.seekable.load(Ordering::Relaxed), Ordering::Relaxed);
        self.busy.nested(cx, |cx| self.write_flush(cx, &buffer))?;
        protocol::call_method(cx, &buffer, "flush", &[])
    }

    fn close(this: &Value, cx: &mut Cx) -> Res<()> {
        let w = wrapper(this);
        let buffer = w.buffer(cx)?;
        if base::attr_true(cx, &buffer, "closed")? {
            return Ok(());
        }
        if w.base.base.is_finalizing() {
            base::pass_warning(cx, &buffer, this);
        }
        let flushed = protocol::call_method(cx, this, "flush", &[]);
        base::then_close(cx, flushed, |cx| {
            protocol::call_method(cx, &buffer, "close", &[])
        })
    }

    fn fileno(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.buffer(cx)?;
        protocol::call_method(cx, &b, "fileno", &[])
    }
    fn seekable(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.buffer(cx)?;
        protocol::call_method(cx, &b, "seekable", &[])
    }
    fn readable(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.buffer(cx)?;
        protocol::call_method(cx, &b, "readable", &[])
    }
    fn writable(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.buffer(cx)?;
        protocol::call_method(cx, &b, "writable", &[])
    }
    fn isatty(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.buffer(cx)?;
        protocol::call_method(cx, &b, "isatty", &[])
    }

    #[getter(name = "buffer")]
    fn buffer_below(&self) -> Option<Value> {
        self.buffer.get(self.head())
    }
    #[member]
    #[getter]
    fn encoding(&self) -> Option<Value> {
        self.encoding.get(self.head())
    }
    #[getter]
    fn errors(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.buffer(cx)?;
        Ok(self.errors.get(self.head()))
    }
    #[getter]
    fn newlines(&self, cx: &mut Cx) -> Res<Value> {
        self.buffer(cx)?;
        let n = self.lock(cx).decoder.as_ref().and_then(|d| d.newlines);
        match n {
            Some(n) => n.shown(cx),
            None => Ok(Value::none()),
        }
    }
    #[member]
    #[getter]
    fn line_buffering(&self) -> bool {
        self.line_buffering.load(Ordering::Relaxed)
    }
    #[member]
    #[getter]
    fn write_through(&self) -> bool {
        self.write_through.load(Ordering::Relaxed)
    }
    #[getter]
    fn closed(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.buffer(cx)?;
        protocol::getattr_str(cx, &b, "closed")
    }
    #[getter]
    fn name(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.buffer(cx)?;
        protocol::getattr_str(cx, &b, "name")
    }
    #[getter]
    fn _CHUNK_SIZE(&self, cx: &mut Cx) -> Res<usize> {
        self.buffer(cx)?;
        Ok(self.chunk.load(Ordering::Relaxed))
    }
    #[setter]
    fn set__CHUNK_SIZE(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(cx.attribute_error("cannot delete attribute"));
        };
        let n = typhon_vm::number::index_isize_checked(cx, v, ExcKind::OverflowError)?;
        if n <= 0 {
            return Err(cx.value_error("a strictly positive integer is required"));
        }
        self.chunk.store(n as usize, Ordering::Relaxed);
        Ok(())
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let class = base::class_name(cx, this);
        let w = wrapper(this);
        if w.stage.load(Ordering::Acquire) == UNINITIALIZED {
            return Err(cx.value_error("I/O operation on uninitialized object"));
        }
        let shown = object::repr_guard(cx, this, |cx| {
            let mut out = format!("<{class}");
            for name in ["name", "mode"] {
                let v = match protocol::getattr_str_opt(cx, this, name) {
                    Ok(v) => v,
                    Err(r) => {
                        cx.catch(r, ExcKind::ValueError)?;
                        None
                    }
                };
                if let Some(v) = v {
                    out.push_str(&format!(" {name}={}", protocol::repr_string(cx, &v)?));
                }
            }
            let e = w.encoding.get(w.head()).unwrap_or_else(Value::none);
            out.push_str(&format!(" encoding={}>", protocol::repr_string(cx, &e)?));
            Ok(out)
        })?;
        match shown {
            Some(s) => Ok(s),
            None => Err(cx.runtime_error(format!("reentrant call inside {class}.__repr__"))),
        }
    }
    fn __getstate__(this: &Value, cx: &mut Cx) -> Res<()> {
        let n = base::class_name(cx, this);
        Err(cx.type_error(format!("cannot pickle '{n}' instances")))
    }
}

/// Make a text stream over a buffered one, natively.
pub fn of_buffer(
    cx: &mut Cx,
    buffer: &Value,
    encoding: &str,
    errors: &str,
    line_buffering: bool,
    write_through: bool,
) -> Res<Value> {
    let v = crate::os_call::make(cx, TextIoWrapper::fresh())?;
    let w = wrapper(&v);
    codec::check_encoding(cx, encoding)?;
    w.line_buffering.store(line_buffering, Ordering::Relaxed);
    w.write_through.store(write_through, Ordering::Relaxed);
    w.set_up(cx, &v, buffer, encoding, errors, Mode::Lf)?;
    Ok(v)
}
