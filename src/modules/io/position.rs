//! Positions of text streams. A position is a cookie: the place in bytes where a decoder of known state can start, and how
//! many bytes and characters to go from there. It is one integer, so that for plain encodings it is just the place.

use super::base::unsupported;
use super::codec::Decoder;
use super::text::{Snapshot, TextIoWrapper, wrapper};
use dashu_int::IBig;
use std::sync::atomic::Ordering;
use typhon_vm::native::*;
use typhon_vm::objects::int;
use typhon_vm::objects::int::{IntRef, as_int};
use typhon_vm::protocol;

#[derive(Default, Debug)]
struct Cookie {
    start: u64,
    flags: u64,
    /// Bytes to feed from the start.
    feed: u64,
    /// Characters to skip of what they give.
    skip: u64,
    /// Feed the end of the stream too.
    eof: bool,
}

impl Cookie {
    fn pack(&self) -> IBig {
        let part = |n: u64, shift: usize| IBig::from(n) << shift;
        part(self.start, 0)
            + part(self.flags, 64)
            + part(self.feed, 128)
            + part(self.skip, 192)
            + part(self.eof as u64, 256)
    }
    fn unpack(n: &IBig) -> Option<Cookie> {
        let mask = IBig::from(u64::MAX);
        let part = |shift: usize| u64::try_from((n >> shift) & &mask).ok();
        Some(Cookie {
            start: part(0)?,
            flags: part(64)?,
            feed: part(128)?,
            skip: part(192)?,
            eof: part(256)? != 0,
        })
    }
}

fn length(v: &Value) -> usize {
    v.downcast::<Str>().map_or(0, Str::len)
}

/// The cookie of the place `skip` characters into what `snapshot` gives. `start` is where its bytes begin. The decoder is
/// played through the bytes: first in one step as far as its past ratio promises, then byte by byte.
fn find_start(
    cx: &mut Cx,
    d: &mut Decoder,
    snapshot: &Snapshot,
    start: u64,
    skip: usize,
    ratio: f64,
) -> Res<Cookie> {
    let input = &snapshot.input;
    let mut flags = snapshot.flags;
    let mut skip = skip;
    let mut bytes = ((ratio * skip as f64) as usize).min(input.len());
    let mut back = 1;
    // A place before the goal where nothing waits in the decoder.
    loop {
        if bytes == 0 {
            d.set_state(cx, b"", flags)?;
            break;
        }
        d.set_state(cx, b"", flags)?;
        let n = {
            let text = d.decode(cx, &input[..bytes], false)?;
            length(&text)
        };
        if n <= skip {
            let (waiting, f) = d.state(cx)?;
            if waiting.is_empty() {
                flags = f;
                skip -= n;
                break;
            }
            bytes -= waiting.len().min(bytes);
            back = 1;
        } else {
            bytes = bytes.saturating_sub(back);
            back *= 2;
        }
    }
    let mut cookie = Cookie {
        start: start + bytes as u64,
        flags,
        ..Cookie::default()
    };
    if skip == 0 {
        return Ok(cookie);
    }
    let (mut fed, mut chars) = (0u64, 0usize);
    for i in bytes..input.len() {
        fed += 1;
        let text = d.decode(cx, &input[i..i + 1], false)?;
        chars += length(&text);
        let (waiting, f) = d.state(cx)?;
        if waiting.is_empty() && chars <= skip {
            // A safe place to start again.
            cookie.start += fed;
            skip -= chars;
            cookie.flags = f;
            (fed, chars) = (0, 0);
        }
        if chars >= skip {
            cookie.feed = fed;
            cookie.skip = skip as u64;
            return Ok(cookie);
        }
    }
    let text = d.decode(cx, b"", true)?;
    chars += length(&text);
    cookie.eof = true;
    if chars < skip {
        return Err(cx.raise(ExcKind::OSError, "can't reconstruct logical file position"));
    }
    cookie.feed = fed;
    cookie.skip = skip as u64;
    Ok(cookie)
}

impl TextIoWrapper {
    fn set_encoder_position(&self, cx: &mut Cx, at_start: bool) -> Res<()> {
        let e = self.lock(cx).encoder.clone();
        match e {
            Some(e) => e.set_position(cx, at_start),
            None => Ok(()),
        }
    }
}

#[pymethods(part = POSITION)]
impl TextIoWrapper {
    /// Return the stream position as an opaque number.
    ///
    /// The return value of tell() can be given as input to seek(), to restore a
    /// previous stream position.
    fn tell(this: &Value, cx: &mut Cx) -> Res<Value> {
        let w = wrapper(this);
        let below = w.open_buffer(cx)?;
        if !w.seekable.load(Ordering::Relaxed) {
            return Err(unsupported(cx, "underlying stream is not seekable"));
        }
        if !w.telling.load(Ordering::Relaxed) {
            return Err(cx.raise(ExcKind::OSError, "telling position disabled by next() call"));
        }
        w.busy.nested(cx, |cx| {
            w.write_flush(cx, &below)?;
            protocol::call_method(cx, this, "flush", &[])?;
            let at = protocol::call_method(cx, &below, "tell", &[])?;
            let s = w.lock(cx);
            let (snapshot, used, ratio, has_decoder) =
                (s.snapshot.clone(), s.used, s.ratio, s.decoder.is_some());
            drop(s);
            let Some(snapshot) = snapshot.filter(|_| has_decoder) else {
                return Ok(at);
            };
            let at = <i64 as FromArg>::from_arg(cx, &at, At::attribute("position"))?;
            let start = (at - snapshot.input.len() as i64).max(0) as u64;
            if used == 0 {
                let c = Cookie {
                    start,
                    flags: snapshot.flags,
                    ..Cookie::default()
                };
                return int::new_big(cx, c.pack());
            }
            let cookie = w.with_decoder(cx, |cx, d| {
                let (waiting, flags) = d.state(cx)?;
                let seen = d.newlines.map(|n| n.seen);
                let r = find_start(cx, d, &snapshot, start, used, ratio);
                if let (Some(n), Some(seen)) = (&mut d.newlines, seen) {
                    n.seen = seen;
                }
                // Put the decoder back, whatever happened.
                match (r, d.set_state(cx, &waiting, flags)) {
                    (Ok(c), Ok(())) => Ok(c),
                    (Err(r), Ok(())) => Err(r),
                    (_, Err(r)) => Err(r),
                }
            })?;
            match cookie {
                Some(c) => int::new_big(cx, c.pack()),
                None => Err(cx.runtime_error("reentrant call while decoding")),
            }
        })
    }

    /// Set the stream position, and return the new stream position.
    ///
    ///   cookie
    ///     Zero or an opaque number returned by tell().
    ///   whence
    ///     The relative position to seek from.
    #[sig(cookie, whence = 0, /)]
    fn seek(this: &Value, cookie: &Value, whence: i32, cx: &mut Cx) -> Res<Value> {
        let w = wrapper(this);
        let below = w.open_buffer(cx)?;
        if !w.seekable.load(Ordering::Relaxed) {
            return Err(unsupported(cx, "underlying stream is not seekable"));
        }
        let zero = |cx: &mut Cx, v: &Value| protocol::equal(cx, v, &Value::small_int(0));
        let mut target = cookie.clone();
        match whence {
            0 => {}
            1 => {
                if !zero(cx, cookie)? {
                    return Err(unsupported(cx, "can't do nonzero cur-relative seeks"));
                }
                // As a side effect this flushes.
                target = protocol::call_method(cx, this, "tell", &[])?;
            }
            2 => {
                if !zero(cx, cookie)? {
                    return Err(unsupported(cx, "can't do nonzero end-relative seeks"));
                }
                protocol::call_method(cx, this, "flush", &[])?;
                return w.busy.nested(cx, |cx| {
                    w.forget_decoded(cx);
                    w.with_decoder(cx, |cx, d| d.reset(cx))?;
                    let at = protocol::call_method(
                        cx,
                        &below,
                        "seek",
                        &[Value::small_int(0), Value::small_int(2)],
                    )?;
                    let at_start = zero(cx, &at)?;
                    w.set_encoder_position(cx, at_start)?;
                    Ok(at)
                });
            }
            n => return Err(cx.value_error(format!("invalid whence ({n}, should be 0, 1 or 2)"))),
        }
        let n = match as_int(&target) {
            Some(IntRef::Small(n)) => IBig::from(n),
            Some(IntRef::Big(b)) => b.clone(),
            None => typhon_vm::number::as_bigint(cx, &target)?,
        };
        if n < IBig::ZERO {
            let r = protocol::repr_string(cx, &target)?;
            return Err(cx.value_error(format!("negative seek position {r}")));
        }
        protocol::call_method(cx, this, "flush", &[])?;
        let Some(c) = Cookie::unpack(&n) else {
            return Err(cx.overflow_error("seek position out of range"));
        };
        w.busy.nested(cx, |cx| {
            let start = c.start.into_value(cx)?;
            protocol::call_method(cx, &below, "seek", &[start])?;
            w.forget_decoded(cx);
            w.with_decoder(cx, |cx, d| {
                if c.start == 0 && c.flags == 0 {
                    d.reset(cx)
                } else {
                    d.set_state(cx, b"", c.flags)
                }
            })?;
            w.lock(cx).snapshot = Some(Snapshot {
                flags: c.flags,
                input: Vec::new(),
            });
            if c.skip > 0 {
                // Replay the bytes up to the place.
                let n = c.feed.into_value(cx)?;
                let data = protocol::call_method(cx, &below, "read", &[n])?;
                let input = typhon_vm::objects::buffer::get(cx, &data, false)?.to_vec();
                let text = w
                    .with_decoder(cx, |cx, d| d.decode(cx, &input, c.eof))?
                    .unwrap_or_else(Value::none);
                if (length(&text) as u64) < c.skip {
                    return Err(cx.raise(ExcKind::OSError, "can't restore logical file position"));
                }
                let mut s = w.lock(cx);
                s.snapshot = Some(Snapshot {
                    flags: c.flags,
                    input,
                });
                let gone = s.decoded.replace(text);
                s.used = c.skip as usize;
                drop(s);
                drop(gone);
            }
            w.set_encoder_position(cx, c.start == 0 && c.flags == 0)?;
            Ok(target.clone())
        })
    }

    #[sig(pos = None, /)]
    fn truncate(this: &Value, pos: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let w = wrapper(this);
        let below = w.buffer(cx)?;
        protocol::call_method(cx, this, "flush", &[])?;
        let none = Value::none();
        protocol::call_method(cx, &below, "truncate", &[pos.unwrap_or(&none).clone()])
    }
}
