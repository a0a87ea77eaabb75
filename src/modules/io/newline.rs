//! Universal newlines: the translation itself (`Newlines`), and `IncrementalNewlineDecoder` around it.

use typhon_text::{Text, TextBuf};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{self, Bytes};
use typhon_vm::objects::str::{self, new_from_text};
use typhon_vm::objects::{object, tuple};
use typhon_vm::{SlotExt, protocol};

const CR: u32 = 13;
const LF: u32 = 10;
const SEEN_CR: u8 = 1;
const SEEN_LF: u8 = 2;
const SEEN_CRLF: u8 = 4;

/// Where a translation stands.
#[derive(Clone, Copy, Default, Debug)]
pub struct Newlines {
    /// Whether `\r` and `\r\n` become `\n`.
    pub translate: bool,
    /// A `\r` at the end of a chunk waits for what follows.
    pub pending_cr: bool,
    pub seen: u8,
}

impl Newlines {
    /// What becomes of a chunk; None: it stays as it is.
    pub fn feed(&mut self, text: Text<'_>, is_final: bool) -> Option<TextBuf> {
        let had_cr = self.pending_cr && (!text.is_empty() || is_final);
        let holds_back = !is_final && !text.is_empty() && text.at(text.len() - 1) == CR;
        let has_cr = match text {
            Text::Latin1(b) => memchr::memchr(b'\r', b).is_some(),
            t => t.iter().any(|c| c == CR),
        };
        if !had_cr && !has_cr {
            if self.seen & SEEN_LF == 0 && text.iter().any(|c| c == LF) {
                self.seen |= SEEN_LF;
            }
            return None;
        }
        self.pending_cr = holds_back || self.pending_cr && !had_cr;
        let end = text.len() - holds_back as usize;
        let mut out = TextBuf::with_capacity(text.len() + 1);
        let mut i = 0;
        let mut cr = had_cr;
        // `cr`: a carriage return stands before place `i` and has not been written yet.
        loop {
            let c = if i < end { Some(text.at(i)) } else { None };
            if cr {
                let pair = c == Some(LF);
                self.seen |= if pair { SEEN_CRLF } else { SEEN_CR };
                if self.translate {
                    out.push(LF);
                } else {
                    out.push(CR);
                    if pair {
                        out.push(LF);
                    }
                }
                cr = false;
                if pair {
                    i += 1;
                    continue;
                }
            }
            let Some(c) = c else { break };
            i += 1;
            match c {
                CR => cr = true,
                LF => {
                    self.seen |= SEEN_LF;
                    out.push(LF);
                }
                c => out.push(c),
            }
        }
        Some(out)
    }

    /// The `newlines` attribute.
    pub fn shown(self, cx: &mut Cx) -> Res<Value> {
        let all = [(SEEN_CR, "\r"), (SEEN_LF, "\n"), (SEEN_CRLF, "\r\n")];
        let mut kinds = Vec::new();
        for (bit, text) in all {
            if self.seen & bit != 0 {
                kinds.push(str::new_str(cx, text)?);
            }
        }
        match kinds.len() {
            0 => Ok(Value::none()),
            1 => Ok(kinds.remove(0)),
            _ => tuple::new_tuple(cx, kinds),
        }
    }
}

/// Codec used when reading a file in universal newlines mode.
///
/// It wraps another incremental decoder, translating \r\n and \r into \n.
/// It also records the types of newlines encountered.  When used with
/// translate=False, it ensures that the newline sequence is returned in
/// one piece. When used with decoder=None, it expects unicode strings as
/// decode input and translates newlines without first invoking an external
/// decoder.
#[pytype(name = "IncrementalNewlineDecoder", module = "_io", gc, basetype)]
pub struct NewlineDecoder {
    head: Header,
    decoder: Slot,
    #[skip]
    state: Guarded<Newlines>,
}

impl NewlineDecoder {
    fn inner(&self, cx: &mut Cx) -> Res<Value> {
        match self.decoder.get(&self.head) {
            Some(d) => Ok(d),
            None => Err(cx.value_error("IncrementalNewlineDecoder.__init__() not called")),
        }
    }
    fn with<T>(&self, cx: &mut Cx, f: impl FnOnce(&mut Newlines) -> T) -> T {
        f(&mut self.state.lock(&self.head, &mut cx.thread))
    }
}

#[pymethods]
impl NewlineDecoder {
    #[new]
    #[text_signature = "(decoder, translate, errors='strict')"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        let d = NewlineDecoder {
            head: Header::placeholder(),
            decoder: Slot::EMPTY,
            state: Guarded::new(Newlines::default()),
        };
        object::alloc(cx, cls, d)
    }
    #[init]
    #[sig(decoder, translate, errors = None)]
    fn init(
        &self,
        decoder: &Value,
        translate: bool,
        errors: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        let _ = errors;
        let old = self.decoder.put(&self.head, cx, Some(decoder.clone()));
        drop(old);
        self.with(cx, |s| {
            *s = Newlines {
                translate,
                ..Newlines::default()
            }
        });
        Ok(())
    }
    #[sig(input, final = False)]
    fn decode(&self, input: &Value, r#final: bool, cx: &mut Cx) -> Res<Value> {
        let d = self.inner(cx)?;
        let text = if d.is_none() {
            input.clone()
        } else {
            protocol::call_method(cx, &d, "decode", &[input.clone(), Value::bool(r#final)])?
        };
        let Some(s) = text.downcast::<Str>() else {
            let t = text.type_name();
            return Err(cx.type_error(format!("decoder should return a string result, not '{t}'")));
        };
        let out = self.with(cx, |n| n.feed(s.text(), r#final));
        match out {
            Some(b) => new_from_text(cx, b.as_text()),
            None => Ok(text),
        }
    }
    fn getstate(&self, cx: &mut Cx) -> Res<(Value, u64)> {
        let d = self.inner(cx)?;
        let (buffer, flag) = if d.is_none() {
            (bytes::empty(), 0)
        } else {
            get_state(cx, &d)?
        };
        let cr = self.with(cx, |n| n.pending_cr);
        Ok((buffer, flag << 1 | cr as u64))
    }
    #[sig(state, /)]
    fn setstate(&self, state: &Value, cx: &mut Cx) -> Res<()> {
        let d = self.inner(cx)?;
        let (buffer, flag) = state_pair(cx, state)?;
        self.with(cx, |n| n.pending_cr = flag & 1 != 0);
        if d.is_none() {
            return Ok(());
        }
        set_state(cx, &d, buffer, flag >> 1)
    }
    fn reset(&self, cx: &mut Cx) -> Res<()> {
        let d = self.inner(cx)?;
        self.with(cx, |n| {
            n.seen = 0;
            n.pending_cr = false;
        });
        if d.is_none() {
            Ok(())
        } else {
            protocol::call_method(cx, &d, "reset", &[]).map(drop)
        }
    }
    #[getter]
    fn newlines(&self, cx: &mut Cx) -> Res<Value> {
        let n = self.with(cx, |n| *n);
        n.shown(cx)
    }
}

/// Buffer and flags of a decoder's state.
fn state_pair(cx: &mut Cx, v: &Value) -> Res<(Value, u64)> {
    let Some([buffer, flag]) = v.downcast::<Tuple>().map(Tuple::items) else {
        return Err(cx.type_error("illegal decoder state"));
    };
    if buffer.downcast::<Bytes>().is_none() {
        let t = buffer.type_name();
        return Err(cx.type_error(format!(
            "illegal decoder state: the first item should be a bytes object, not '{t}'"
        )));
    }
    let flag = <u64 as FromArg>::from_arg(cx, flag, At::attribute("flag"))?;
    Ok((buffer.clone(), flag))
}

/// `decoder.getstate()`.
pub fn get_state(cx: &mut Cx, decoder: &Value) -> Res<(Value, u64)> {
    let s = protocol::call_method(cx, decoder, "getstate", &[])?;
    state_pair(cx, &s)
}

/// `decoder.setstate((buffer, flag))`.
pub fn set_state(cx: &mut Cx, decoder: &Value, buffer: Value, flag: u64) -> Res<()> {
    let flag = flag.into_value(cx)?;
    let s = tuple::new_tuple(cx, vec![buffer, flag])?;
    protocol::call_method(cx, decoder, "setstate", &[s]).map(drop)
}

/// The newline argument of text streams.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// None: universal, translated.
    Universal,
    /// '': universal, not translated.
    Untranslated,
    Lf,
    Cr,
    CrLf,
}

impl Mode {
    pub fn parse(cx: &mut Cx, v: Option<&Value>) -> Res<Mode> {
        let Some(v) = v.filter(|v| !v.is_none()) else {
            return Ok(Mode::Universal);
        };
        let Some(s) = v.downcast::<Str>() else {
            let t = v.type_name();
            return Err(cx.type_error(format!("newline must be str or None, not {t}")));
        };
        for (text, mode) in [
            ("", Mode::Untranslated),
            ("\n", Mode::Lf),
            ("\r", Mode::Cr),
            ("\r\n", Mode::CrLf),
        ] {
            if s.equals_str(text) {
                return Ok(mode);
            }
        }
        let r = protocol::repr_string(cx, v)?;
        Err(cx.value_error(format!("illegal newline value: {r}")))
    }
    pub fn reads_universally(self) -> bool {
        matches!(self, Mode::Universal | Mode::Untranslated)
    }
    /// What `\n` becomes in output.
    pub fn written(self) -> Option<&'static str> {
        match self {
            Mode::Cr => Some("\r"),
            Mode::CrLf => Some("\r\n"),
            // The system's line ending is `\n`.
            _ => None,
        }
    }

    /// The end of the first line of `text` from `from` on, or the place from which to look again.
    pub fn line_end(self, text: Text<'_>, from: usize) -> Option<usize> {
        match self {
            Mode::Universal | Mode::Lf => find(text, from, LF).map(|i| i + 1),
            Mode::Cr => find(text, from, CR).map(|i| i + 1),
            Mode::CrLf => {
                let mut at = from;
                loop {
                    let i = find(text, at, CR)?;
                    if text.get(i + 1)? == LF {
                        return Some(i + 2);
                    }
                    at = i + 1;
                }
            }
            Mode::Untranslated => {
                let i = (from..text.len()).find(|&i| matches!(text.at(i), CR | LF))?;
                let pair = text.at(i) == CR && text.get(i + 1) == Some(LF);
                Some(i + 1 + pair as usize)
            }
        }
    }
}

fn find(text: Text<'_>, from: usize, c: u32) -> Option<usize> {
    match text {
        Text::Latin1(b) => memchr::memchr(c as u8, &b[from..]).map(|i| i + from),
        t => (from..t.len()).find(|&i| t.at(i) == c),
    }
}

/// `\n` replaced in output.
pub fn with_newlines(text: Text<'_>, by: &str) -> TextBuf {
    let mut out = TextBuf::with_capacity(text.len() + 8);
    for c in text.iter() {
        if c == LF {
            out.push_str(by);
        } else {
            out.push(c);
        }
    }
    out
}
