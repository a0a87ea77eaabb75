//! Reading text: chunks are read, decoded, and handed out piece by piece.

use super::base::{size_arg, unsupported};
use super::text::{Snapshot, TextIoWrapper, native, wrapper};
use std::sync::atomic::Ordering;
use typhon_text::{Text, TextBuf};
use typhon_vm::native::*;
use typhon_vm::objects::buffer;
use typhon_vm::objects::str::{new_from_text, new_str_units};
use typhon_vm::protocol;

impl TextIoWrapper {
    /// At most `n` characters of the decoded chunk.
    fn take_decoded(&self, cx: &mut Cx, n: Option<usize>) -> Res<Value> {
        let mut s = self.lock(cx);
        let Some(text) = s.decoded.clone() else {
            return Ok(empty());
        };
        let len = text.downcast::<Str>().map_or(0, Str::len);
        let from = s.used.min(len);
        let to = n.map_or(len, |n| len.min(from.saturating_add(n)));
        s.used = to;
        drop(s);
        if from == 0 && to == len {
            return Ok(text);
        }
        match text.downcast::<Str>() {
            Some(t) => new_str_units(cx, t.units().slice(from..to)),
            None => Ok(empty()),
        }
    }

    /// Bytes of the stream below: one read, or all there are.
    fn read_below(&self, cx: &mut Cx, below: &Value, n: Option<usize>) -> Res<Vec<u8>> {
        if let (Some(b), Some(n)) = (native(below), n) {
            return b.read_some(cx, below, n);
        }
        let (method, args) = match n {
            None => ("read", vec![]),
            Some(n) if self.has_read1.load(Ordering::Relaxed) => ("read1", vec![n.into_value(cx)?]),
            Some(n) => ("read", vec![n.into_value(cx)?]),
        };
        let v = protocol::call_method(cx, below, method, &args)?;
        match buffer::get_opt(cx, &v, false)? {
            Some(b) => Ok(b.to_vec()),
            None => {
                let t = v.type_name();
                Err(cx.type_error(format!(
                    "underlying {method}() should have returned a bytes-like object, not '{t}'"
                )))
            }
        }
    }

    /// Read and decode a chunk; false at the end.
    fn read_chunk(&self, cx: &mut Cx, below: &Value, hint: usize) -> Res<bool> {
        let s = self.lock(cx);
        let (has_decoder, ratio) = (s.decoder.is_some(), s.ratio);
        drop(s);
        if !has_decoder {
            return Err(unsupported(cx, "not readable"));
        }
        let telling = self.telling.load(Ordering::Relaxed);
        let before = if telling {
            self.with_decoder(cx, |cx, d| d.state(cx))?
                .unwrap_or_default()
        } else {
            Default::default()
        };
        let hint = (hint as f64 * ratio.max(1.0)) as usize;
        let input = self.read_below(
            cx,
            below,
            Some(self.chunk.load(Ordering::Relaxed).max(hint)),
        )?;
        let eof = input.is_empty();
        let decoded = self.with_decoder(cx, |cx, d| d.decode(cx, &input, eof))?;
        let Some(decoded) = decoded else {
            return Err(cx.runtime_error("reentrant call while decoding"));
        };
        let n = decoded.downcast::<Str>().map_or(0, Str::len);
        let snapshot = telling.then(|| {
            let (mut waiting, flags) = before;
            waiting.extend_from_slice(&input);
            Snapshot {
                flags,
                input: waiting,
            }
        });
        let mut s = self.lock(cx);
        let gone = s.decoded.replace(decoded);
        s.used = 0;
        s.ratio = if n > 0 {
            input.len() as f64 / n as f64
        } else {
            0.0
        };
        if snapshot.is_some() {
            s.snapshot = snapshot;
        }
        drop(s);
        drop(gone);
        Ok(!eof || n > 0)
    }

    /// One line, at most `limit` characters of it.
    pub fn read_line(&self, cx: &mut Cx, limit: Option<usize>) -> Res<Value> {
        self.busy.nested(cx, |cx| {
            let below = self.open_buffer(cx)?;
            self.write_flush(cx, &below)?;
            let mode = self.lock(cx).mode;
            let mut line: Option<TextBuf> = None;
            loop {
                let s = self.lock(cx);
                let (text, used) = (s.decoded.clone(), s.used);
                drop(s);
                let Some(t) = text
                    .as_ref()
                    .and_then(|t| t.downcast::<Str>())
                    .filter(|t| used < t.len())
                else {
                    if !self.read_chunk(cx, &below, 0)? {
                        self.forget_decoded(cx);
                        return finish(cx, line);
                    }
                    continue;
                };
                let units = t.text();
                let got = line.as_ref().map_or(0, TextBuf::len);
                // A `\r\n` may lie across chunks.
                let straddles = mode == super::newline::Mode::CrLf
                    && line
                        .as_ref()
                        .is_some_and(|l| l.as_text().get(l.len().wrapping_sub(1)) == Some(13))
                    && units.at(used) == 10;
                let end = if straddles {
                    Some(used + 1)
                } else {
                    mode.line_end(units, used)
                };
                let mut to = end.unwrap_or(t.len());
                let mut done = end.is_some();
                if let Some(l) = limit
                    && to - used >= l - got
                {
                    to = used + (l - got);
                    done = true;
                }
                self.lock(cx).used = to;
                if done && line.is_none() {
                    if used == 0 && to == t.len() {
                        return Ok(t.value());
                    }
                    return new_str_units(cx, t.units().slice(used..to));
                }
                line.get_or_insert_default()
                    .push_text(units.slice(used..to));
                if done {
                    return finish(cx, line);
                }
            }
        })
    }
}

fn empty() -> Value {
    typhon_vm::statics::immortal(typhon_vm::statics::EMPTY_STR)
}

fn finish(cx: &mut Cx, line: Option<TextBuf>) -> Res<Value> {
    match line {
        None => Ok(empty()),
        Some(b) => new_from_text(cx, b.as_text()),
    }
}

#[pymethods(part = READING)]
impl TextIoWrapper {
    #[sig(size = None => "-1", /)]
    fn read(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let w = wrapper(this);
        let n = size_arg(cx, size)?;
        w.busy.nested(cx, |cx| {
            let below = w.open_buffer(cx)?;
            if w.lock(cx).decoder.is_none() {
                return Err(unsupported(cx, "not readable"));
            }
            w.write_flush(cx, &below)?;
            let Some(n) = n else {
                let input = w.read_below(cx, &below, None)?;
                let rest = w.with_decoder(cx, |cx, d| d.decode(cx, &input, true))?;
                let Some(rest) = rest else {
                    return Err(cx.runtime_error("reentrant call while decoding"));
                };
                let first = w.take_decoded(cx, None)?;
                w.forget_decoded(cx);
                return match first.downcast::<Str>() {
                    Some(f) if !f.is_empty() => join(cx, f, &rest),
                    _ => Ok(rest),
                };
            };
            let first = w.take_decoded(cx, Some(n))?;
            let got = first.downcast::<Str>().map_or(0, Str::len);
            if got >= n {
                return Ok(first);
            }
            let mut out: Option<TextBuf> = None;
            let mut left = n - got;
            while left > 0 {
                if !w.read_chunk(cx, &below, left)? {
                    break;
                }
                let more = w.take_decoded(cx, Some(left))?;
                let Some(m) = more.downcast::<Str>() else {
                    break;
                };
                left -= m.len();
                if left == 0 && got == 0 && out.is_none() {
                    return Ok(more);
                }
                out.get_or_insert_with(|| {
                    first
                        .downcast::<Str>()
                        .map(|f| f.text().to_buf())
                        .unwrap_or_default()
                })
                .push_text(m.text());
            }
            match out {
                Some(b) => new_from_text(cx, b.as_text()),
                None => Ok(first),
            }
        })
    }

    #[sig(size = None => "-1", /)]
    fn readline(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let w = wrapper(this);
        let limit = size_arg(cx, size)?;
        w.buffer(cx)?;
        w.read_line(cx, limit)
    }

    #[slot]
    fn next(this: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        let w = wrapper(this);
        w.buffer(cx)?;
        w.telling.store(false, Ordering::Relaxed);
        let line = match this.downcast_exact::<TextIoWrapper>() {
            Some(_) => w.read_line(cx, None)?,
            None => {
                let l = protocol::call_method(cx, this, "readline", &[])?;
                if l.downcast::<Str>().is_none() {
                    let t = l.type_name();
                    return Err(cx.raise(
                        ExcKind::OSError,
                        format!("readline() should have returned a str object, not '{t}'"),
                    ));
                }
                l
            }
        };
        if line.downcast::<Str>().is_some_and(|s| !s.is_empty()) {
            return Ok(Some(line));
        }
        let gone = w.lock(cx).snapshot.take();
        drop(gone);
        w.telling
            .store(w.seekable.load(Ordering::Relaxed), Ordering::Relaxed);
        Ok(None)
    }
}

fn join(cx: &mut Cx, a: &Str, b: &Value) -> Res<Value> {
    let mut out = a.text().to_buf();
    out.push_text(
        b.downcast::<Str>()
            .map(Str::text)
            .unwrap_or(Text::Latin1(b"")),
    );
    new_from_text(cx, out.as_text())
}
