//! The `struct` module: formats, packing and unpacking.
//!
//! A [`Format`] is a list of items with offsets; [`Format::pack`] takes values through [`Arg`], which the caller makes
//! of Python objects, and [`Format::unpack`] gives [`Value`]s.

use crate::error::{Error, ErrorKind, Result};
use crate::int_bytes::{ByteOrder, to_bytes};
use dashu_int::IBig;

fn error(msg: impl Into<String>) -> Error {
    Error::new(ErrorKind::Struct, msg)
}

/// A run of equal items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Format character.
    pub code: u8,
    /// Bytes of one.
    pub size: usize,
    /// Where the first stands.
    pub offset: usize,
    /// How many; 1 for `s` and `p`, whose count is their size.
    pub repeat: usize,
}

/// A parsed format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Its items without padding.
    pub items: Vec<Item>,
    /// Total size, `struct.calcsize`.
    pub size: usize,
    /// Number of values.
    pub len: usize,
    order: ByteOrder,
    /// `@` or nothing: sizes, alignment and float conversion of the machine.
    native: bool,
    /// In the machine's byte order.
    native_order: bool,
}

/// What an item takes, made by the caller of a Python object.
#[derive(Clone, Debug)]
pub enum Arg<'a> {
    /// An int (or what `__index__` gave) that fits a machine word.
    Small(i64),
    /// Any int.
    Int(IBig),
    /// A float; for `e f d` any real number is one.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
    /// A truth value, for `?`.
    Bool(bool),
    /// bytes or bytearray.
    Bytes(&'a [u8]),
    /// Anything else.
    Other,
}

/// What an item gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A signed integer.
    Int(i64),
    /// An unsigned one.
    UInt(u64),
    /// A float.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
    /// A truth value.
    Bool(bool),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// Whether the integers of a code have a sign.
fn is_signed(code: u8) -> bool {
    matches!(code, b'b' | b'h' | b'i' | b'l' | b'q' | b'n')
}

/// Size and alignment of a code; `native` allows `n N P` and aligns.
fn layout(code: u8, native: bool) -> Option<(usize, usize)> {
    let size = match code {
        b'x' | b'b' | b'B' | b'c' | b's' | b'p' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' => {
            if native {
                size_of::<std::ffi::c_long>()
            } else {
                4
            }
        }
        b'q' | b'Q' | b'd' => 8,
        b'n' | b'N' | b'P' if native => size_of::<usize>(),
        b'F' => return Some((8, if native { 4 } else { 1 })),
        b'D' => return Some((16, if native { 8 } else { 1 })),
        _ => return None,
    };
    Some((size, if native { size } else { 1 }))
}

impl Format {
    /// Parses a format string.
    pub fn parse(format: &[u8]) -> Result<Format> {
        if format.contains(&0) {
            return Err(error("embedded null character"));
        }
        let native_order = if cfg!(target_endian = "big") {
            ByteOrder::Big
        } else {
            ByteOrder::Little
        };
        let (order, native, body) = match format {
            [b'<', rest @ ..] => (ByteOrder::Little, false, rest),
            [b'>' | b'!', rest @ ..] => (ByteOrder::Big, false, rest),
            [b'=', rest @ ..] => (native_order, false, rest),
            [b'@', rest @ ..] => (native_order, true, rest),
            _ => (native_order, true, format),
        };
        let mut f = Format {
            items: vec![],
            size: 0,
            len: 0,
            order,
            native,
            native_order: order == native_order,
        };
        let too_long = || error("total struct size too long");
        let fits = |n: Option<usize>| n.filter(|&n| n <= isize::MAX as usize).ok_or_else(too_long);
        let mut i = 0;
        while let Some(&b) = body.get(i) {
            i += 1;
            if matches!(b, b' ' | 9..=13) {
                continue;
            }
            let mut code = b;
            let mut count = 1;
            if b.is_ascii_digit() {
                count = usize::from(b - b'0');
                loop {
                    let Some(&b) = body.get(i) else {
                        return Err(error("repeat count given without format specifier"));
                    };
                    i += 1;
                    if !b.is_ascii_digit() {
                        code = b;
                        break;
                    }
                    count = fits(
                        count
                            .checked_mul(10)
                            .and_then(|n| n.checked_add(usize::from(b - b'0'))),
                    )?;
                }
            }
            let Some((size, align)) = layout(code, native) else {
                return Err(error("bad char in struct format"));
            };
            let offset = fits(f.size.checked_next_multiple_of(align))?;
            let bytes = fits(size.checked_mul(count))?;
            f.size = fits(offset.checked_add(bytes))?;
            let item = match code {
                b'x' => continue,
                b's' | b'p' => Item {
                    code,
                    size: count,
                    offset,
                    repeat: 1,
                },
                _ if count == 0 => continue,
                _ => Item {
                    code,
                    size,
                    offset,
                    repeat: count,
                },
            };
            f.len = fits(f.len.checked_add(item.repeat))?;
            f.items.push(item);
        }
        Ok(f)
    }

    /// Format characters, one a value, in order: what [`Arg`] each wants.
    pub fn codes(&self) -> impl Iterator<Item = u8> + '_ {
        self.items
            .iter()
            .flat_map(|i| std::iter::repeat_n(i.code, i.repeat))
    }

    /// The error of a wrong number of values, in `function` (`pack` or `pack_into`).
    pub fn wrong_count(&self, function: &str, got: usize) -> Error {
        error(format!(
            "{function} expected {} items for packing (got {got})",
            self.len
        ))
    }

    /// Packs values (as many as `self.len`) into `out`, which is at least `self.size` long; `next` gives them by code.
    pub fn pack<'a, E: From<Error>>(
        &self,
        out: &mut [u8],
        mut next: impl FnMut(u8) -> Result<Arg<'a>, E>,
    ) -> Result<(), E> {
        self.pack_each(out, |item, out| {
            let arg = next(item.code)?;
            Ok(self.pack_one(item, &arg, out)?)
        })
    }

    /// Shows `put` the place of each value in `out`, which is at least `self.size` long, in order.
    #[inline]
    pub fn pack_each<E>(
        &self,
        out: &mut [u8],
        mut put: impl FnMut(&Item, &mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let out = &mut out[..self.size];
        out.fill(0);
        for item in &self.items {
            for k in 0..item.repeat {
                let start = item.offset + k * item.size;
                put(item, &mut out[start..start + item.size])?;
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn put(&self, out: &mut [u8], little: &[u8]) {
        // Known lengths: no call.
        match (
            <&mut [u8; 8]>::try_from(&mut *out),
            <&[u8; 8]>::try_from(little),
        ) {
            (Ok(out), Ok(little)) => *out = *little,
            _ => match (
                <&mut [u8; 4]>::try_from(&mut *out),
                <&[u8; 4]>::try_from(little),
            ) {
                (Ok(out), Ok(little)) => *out = *little,
                _ => out.copy_from_slice(little),
            },
        }
        if self.order == ByteOrder::Big {
            out.reverse();
        }
    }

    /// Packs one value into its place.
    pub fn pack_one(&self, item: &Item, arg: &Arg<'_>, out: &mut [u8]) -> Result<()> {
        match item.code {
            b'c' => match arg {
                Arg::Bytes([b]) => out[0] = *b,
                _ => return Err(error("char format requires a bytes object of length 1")),
            },
            b's' | b'p' => {
                let Arg::Bytes(data) = arg else {
                    return Err(error(format!(
                        "argument for '{}' must be a bytes object",
                        item.code as char
                    )));
                };
                let room = if item.code == b's' {
                    out
                } else {
                    out.split_first_mut().map_or(&mut [][..], |s| {
                        *s.0 = data.len().min(s.1.len()).min(255) as u8;
                        s.1
                    })
                };
                let n = data.len().min(room.len());
                room[..n].copy_from_slice(&data[..n]);
            }
            b'?' => match arg {
                Arg::Bool(b) => out[0] = u8::from(*b),
                _ => return Err(error("required argument is not a truth value")),
            },
            b'e' | b'f' | b'd' => {
                let Arg::Float(x) = *arg else {
                    return Err(error("required argument is not a float"));
                };
                self.pack_float(item.code, x, out)?;
            }
            b'F' | b'D' => {
                let (re, im) = match *arg {
                    Arg::Complex(re, im) => (re, im),
                    Arg::Float(x) => (x, 0.0),
                    _ => return Err(error("required argument is not a complex")),
                };
                let (a, b) = out.split_at_mut(item.size / 2);
                for (x, out) in [(re, a), (im, b)] {
                    match item.code {
                        // CPython takes the unchecked native routine for every format in the machine's order.
                        b'F' if self.native_order => {
                            self.put(out, &single_bits(x, true).to_le_bytes())
                        }
                        b'F' => self.pack_float(b'f', x, out)?,
                        _ => self.put(out, &x.to_le_bytes()),
                    }
                }
            }
            code => {
                if let Arg::Small(n) = *arg {
                    return self.pack_small(item, n, out);
                }
                let Arg::Int(n) = arg else {
                    return Err(error("required argument is not an integer"));
                };
                let signed = is_signed(code) || code == b'P' && *n < IBig::ZERO;
                let Ok(bytes) = to_bytes(n, item.size, ByteOrder::Little, signed) else {
                    return Err(out_of_range(code, item.size, signed));
                };
                self.put(out, &bytes);
            }
        }
        Ok(())
    }

    fn pack_small(&self, item: &Item, n: i64, out: &mut [u8]) -> Result<()> {
        let (code, bits) = (item.code, item.size as u32 * 8);
        let signed = is_signed(code) || code == b'P' && n < 0;
        let fits = match signed {
            true => n >> (bits - 1) == n >> 63,
            false => n >= 0 && (bits == 64 || n >> bits == 0),
        };
        if !fits {
            return Err(out_of_range(code, item.size, signed));
        }
        self.put(out, &n.to_le_bytes()[..item.size]);
        Ok(())
    }

    fn pack_float(&self, code: u8, x: f64, out: &mut [u8]) -> Result<()> {
        let too_large = || {
            Error::overflow(format!(
                "float too large to pack with {} format",
                code as char
            ))
        };
        match code {
            b'd' => self.put(out, &x.to_le_bytes()),
            b'f' => {
                let bits = single_bits(x, self.native);
                if f32::from_bits(bits).is_infinite() && x.is_finite() {
                    return Err(too_large());
                }
                self.put(out, &bits.to_le_bytes());
            }
            _ => {
                let bits = half_bits(x).ok_or_else(too_large)?;
                self.put(out, &bits.to_le_bytes());
            }
        }
        Ok(())
    }

    /// Values of `data`, whose length must be `self.size`.
    pub fn unpack<'a>(&self, data: &'a [u8]) -> Result<Vec<Value<'a>>> {
        let mut out = Vec::with_capacity(self.len);
        self.unpack_each(data, |value| {
            out.push(value);
            Ok::<(), Error>(())
        })?;
        Ok(out)
    }

    /// The same, one after the other.
    pub fn unpack_each<'a, E: From<Error>>(
        &self,
        data: &'a [u8],
        mut see: impl FnMut(Value<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        if data.len() != self.size {
            let text = format!("unpack requires a buffer of {} bytes", self.size);
            return Err(error(text).into());
        }
        for item in &self.items {
            for k in 0..item.repeat {
                let start = item.offset + k * item.size;
                see(self.unpack_one(item, &data[start..start + item.size]))?;
            }
        }
        Ok(())
    }

    #[inline]
    fn unpack_one<'a>(&self, item: &Item, raw: &'a [u8]) -> Value<'a> {
        let word = |raw: &[u8]| {
            let n = raw.len();
            // Known lengths: no call.
            let little = if let Ok(raw) = <[u8; 8]>::try_from(raw) {
                u64::from_le_bytes(raw)
            } else if let Ok(raw) = <[u8; 4]>::try_from(raw) {
                u32::from_le_bytes(raw).into()
            } else if let Ok(raw) = <[u8; 2]>::try_from(raw) {
                u16::from_le_bytes(raw).into()
            } else {
                raw.iter()
                    .rev()
                    .fold(0, |word, &b| word << 8 | u64::from(b))
            };
            match self.order {
                ByteOrder::Big if n != 0 => little.swap_bytes() >> (64 - 8 * n),
                _ => little,
            }
        };
        match item.code {
            b'c' | b's' => Value::Bytes(raw),
            b'p' => Value::Bytes(match raw.split_first() {
                Some((&n, rest)) => &rest[..usize::from(n).min(rest.len())],
                None => raw,
            }),
            b'?' => Value::Bool(raw[0] != 0),
            b'e' => Value::Float(half_to_f64(word(raw) as u16)),
            b'f' => Value::Float(single_to_f64(word(raw) as u32, self.native)),
            b'd' => Value::Float(f64::from_bits(word(raw))),
            b'F' | b'D' => {
                let (a, b) = raw.split_at(item.size / 2);
                let part = |raw| match item.code {
                    b'F' => single_to_f64(word(raw) as u32, self.native_order),
                    _ => f64::from_bits(word(raw)),
                };
                Value::Complex(part(a), part(b))
            }
            b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => {
                let unused = 64 - 8 * item.size as u32;
                Value::Int((word(raw) << unused) as i64 >> unused)
            }
            _ => Value::UInt(word(raw)),
        }
    }

    /// Where `unpack_from(buffer, offset)` and `pack_into` begin; `packing` chooses the words of the error.
    pub fn check_offset(&self, buffer: usize, offset: isize, packing: bool) -> Result<usize> {
        let size = self.size;
        let (function, verb, short) = if packing {
            ("pack_into", "packing", "no space to pack")
        } else {
            ("unpack_from", "unpacking", "not enough data to unpack")
        };
        let start = if offset < 0 {
            let back = offset.unsigned_abs();
            if size > back {
                return Err(error(format!("{short} {size} bytes at offset {offset}")));
            }
            buffer.checked_sub(back).ok_or_else(|| {
                error(format!(
                    "offset {offset} out of range for {buffer}-byte buffer"
                ))
            })?
        } else {
            offset as usize
        };
        if buffer.checked_sub(start).is_none_or(|rest| rest < size) {
            return Err(error(format!(
                "{function} requires a buffer of at least {} bytes for {verb} {size} bytes at offset {start} \
                 (actual buffer size is {buffer})",
                start.saturating_add(size)
            )));
        }
        Ok(start)
    }

    /// Whether `iter_unpack` may walk a buffer of that length.
    pub fn check_iter(&self, buffer: usize) -> Result<()> {
        if self.size == 0 {
            return Err(error("cannot iteratively unpack with a struct of length 0"));
        }
        if !buffer.is_multiple_of(self.size) {
            return Err(error(format!(
                "iterative unpacking requires a buffer of a multiple of {} bytes",
                self.size
            )));
        }
        Ok(())
    }
}

fn out_of_range(code: u8, size: usize, signed: bool) -> Error {
    if code == b'P' {
        return error("int too large to convert");
    }
    let bits = 8 * size as u32;
    let (low, high): (i128, i128) = if signed {
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    } else {
        (0, (1 << bits) - 1)
    };
    error(format!(
        "'{}' format requires {low} <= number <= {high}",
        code as char
    ))
}

/// Bits of the nearest single precision float; a NaN keeps the head of its payload.
fn single_bits(x: f64, quiet: bool) -> u32 {
    if !x.is_nan() {
        return (x as f32).to_bits();
    }
    let bits = x.to_bits();
    let payload = (bits >> 29) as u32 & 0x7f_ffff;
    let payload = if payload == 0 || quiet {
        payload | 0x40_0000
    } else {
        payload
    };
    ((bits >> 32) as u32 & 0x8000_0000) | 0x7f80_0000 | payload
}

/// Value of a single precision float; a signaling NaN stays one unless `quiet`, as when the machine converts it.
fn single_to_f64(bits: u32, quiet: bool) -> f64 {
    let x = f32::from_bits(bits);
    if x.is_nan() {
        let sign = u64::from(bits & 0x8000_0000) << 32;
        let payload = u64::from(bits & 0x7f_ffff) << 29 | u64::from(quiet) << 51;
        return f64::from_bits(sign | 0x7ff0 << 48 | payload);
    }
    x.into()
}

/// Nearest half precision float, halves to even; `None` if too large.
pub fn half_bits(x: f64) -> Option<u16> {
    let sign = u16::from(x.is_sign_negative()) << 15;
    if x.is_nan() {
        let payload = (x.to_bits() >> 42) as u16 & 0x3ff;
        return Some(sign | 0x7c00 | if payload == 0 { 0x200 } else { payload });
    }
    let a = x.abs();
    if a.is_infinite() {
        return Some(sign | 0x7c00);
    }
    // Steps of the format at this magnitude: 2**-24 below 2**-14, ten bits behind the leading one above.
    let exponent = if a < 6.103_515_625e-5 {
        -14
    } else {
        ((a.to_bits() >> 52) as i32) - 1023
    };
    if exponent > 15 {
        return None;
    }
    let steps = (a * 2f64.powi(10 - exponent)).round_ties_even() as u32;
    // A carry out of the mantissa moves into the exponent by itself.
    let biased = if steps < 1024 {
        steps
    } else {
        ((exponent + 15) as u32) * 1024 + (steps - 1024)
    };
    (biased < 0x7c00).then_some(sign | biased as u16)
}

/// Value of a half precision float.
pub fn half_to_f64(bits: u16) -> f64 {
    if bits & 0x7c00 == 0x7c00 && bits & 0x3ff != 0 {
        let sign = u64::from(bits & 0x8000) << 48;
        return f64::from_bits(sign | 0x7ff0 << 48 | u64::from(bits & 0x3ff) << 42);
    }
    let mantissa = f64::from(bits & 0x3ff);
    let x = match bits >> 10 & 0x1f {
        0 => mantissa * 2f64.powi(-24),

        31 => f64::INFINITY,

        e => (1024.0 + mantissa) * 2f64.powi(i32::from(e) - 25),
    };
    if bits & 0x8000 != 0 { -x } else { x }
}
