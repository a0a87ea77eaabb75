//! `int` and text: parsing with the digit limit of `sys.set_int_max_str_digits`, decimal output, `format`.

use super::{Int, IntRef, as_int, new_big, new_int};
use crate::number::lift;
use crate::objects::Str;
use crate::objects::str::{Units, new_from_buf, new_latin1_with, new_str, new_str_exact};
use crate::{Cx, Res, Value, ValueExt};
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_text::int_text;

/// `sys.get_int_max_str_digits()`; 0 means no limit. `sys` sets it.
pub static MAX_STR_DIGITS: AtomicUsize = AtomicUsize::new(int_text::DEFAULT_MAX_STR_DIGITS);

/// The digit limit in force.
pub fn max_digits() -> usize {
    MAX_STR_DIGITS.load(Ordering::Relaxed)
}

/// `int(s, base)`; `base` has been checked.
pub fn parse_str(cx: &mut Cx, s: &Str, base: u32) -> Res<Value> {
    if base == 10
        && let Some(t) = s.as_ascii()
        && let Some(i) = short_decimal(t.as_bytes())
    {
        return new_int(cx, i);
    }
    let n = lift(cx, int_text::parse_int(s.text(), base, max_digits()))?;
    new_big(cx, n)
}

/// Plain decimal digits that fit a word, the common case.
fn short_decimal(t: &[u8]) -> Option<i64> {
    if t.is_empty() || t.len() > 18 {
        return None;
    }
    t.iter().try_fold(0i64, |n, d| {
        d.is_ascii_digit().then(|| n * 10 + i64::from(d - b'0'))
    })
}

/// `int(data, base)` for bytes.
pub fn parse_bytes(cx: &mut Cx, data: &[u8], base: u32) -> Res<Value> {
    let n = lift(cx, int_text::parse_int_bytes(data, base, max_digits()))?;
    new_big(cx, n)
}

/// Decimal text of an int, as a Rust string.
pub fn to_decimal(cx: &mut Cx, i: IntRef<'_>) -> Res<String> {
    match i {
        IntRef::Small(i) => Ok(int_text::small_to_decimal(i)),
        IntRef::Big(b) => lift(cx, int_text::to_decimal(b, max_digits())),
    }
}

/// `repr(n)` of an int value.
pub fn repr(cx: &mut Cx, v: &Value) -> Res<Value> {
    match as_int(v) {
        Some(IntRef::Small(i)) => {
            let mut buf = [0u8; 20];
            let digits = int_text::write_decimal(i, &mut buf);
            new_str_exact(cx, Units::Latin1(digits), true)
        }
        Some(big) => {
            let s = to_decimal(cx, big)?;
            new_str(cx, &s)
        }
        None => crate::objects::object::default_repr(cx, v),
    }
}

/// `bin`, `oct`, `hex`: digits with prefix.
pub fn in_base(cx: &mut Cx, v: &Value, base: u32) -> Res<Value> {
    let i = crate::number::as_bigint(cx, v)?;
    new_str(cx, &int_text::to_base_prefixed(&i, base))
}

/// The plain format specs: `[[fill]align][0][width][d]`, in ASCII.
struct Padding {
    fill: u8,
    align: u8,
    width: usize,
}

impl Padding {
    /// None for any other spec, valid or not.
    fn parse(spec: &[u8]) -> Option<Padding> {
        let is_align = |c: &u8| matches!(c, b'<' | b'>' | b'^' | b'=');
        let (mut fill, mut align, mut rest) = (b' ', b'>', spec);
        let mut chosen = false;
        match spec {
            [f, a, tail @ ..] if is_align(a) => {
                (fill, align, rest, chosen) = (*f, *a, tail, true);
            }
            [a, tail @ ..] if is_align(a) => (align, rest, chosen) = (*a, tail, true),
            _ => {}
        }
        if let [b'0', tail @ ..] = rest {
            if chosen {
                return None;
            }
            (fill, align, rest) = (b'0', b'=', tail);
        }
        if let [tail @ .., b'd'] = rest {
            rest = tail;
        }
        if rest.len() > 4 || !rest.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let width = rest.iter().fold(0, |n, d| n * 10 + usize::from(d - b'0'));
        Some(Padding { fill, align, width })
    }

    fn apply(&self, cx: &mut Cx, n: i64) -> Res<Value> {
        let mut buf = [0u8; 20];
        let digits = int_text::write_decimal(n, &mut buf);
        let pad = self.width.saturating_sub(digits.len());
        let (sign, number) = digits.split_at(usize::from(n < 0));
        let (left, inner, right) = match self.align {
            b'<' => (0, 0, pad),
            b'^' => (pad / 2, 0, pad - pad / 2),
            b'=' => (0, pad, 0),
            _ => (pad, 0, 0),
        };
        new_latin1_with(cx, digits.len() + pad, true, |out| {
            out.fill(self.fill, left);
            out.push(sign);
            out.fill(self.fill, inner);
            out.push(number);
            out.fill(self.fill, right);
        })
    }
}

/// `format(n, spec)`.
pub fn format(cx: &mut Cx, v: &Value, spec: &Str) -> Res<Value> {
    if spec.is_empty() {
        return crate::protocol::str(cx, v);
    }
    if let (Some(n), Some(text)) = (v.as_small_int(), spec.as_ascii())
        && let Some(p) = Padding::parse(text.as_bytes())
    {
        return p.apply(cx, n);
    }
    let Some(i) = as_int(v) else {
        return Err(cx.type_error("an int is required"));
    };
    let i = i.to_big();
    let name = v.type_name();
    let r = typhon_text::format_number::format_int(
        &i,
        spec.text(),
        &name,
        max_digits(),
        crate::objects::format::locale(),
    );
    let text = lift(cx, r)?;
    new_from_buf(cx, text)
}

/// Whether an int value stands in a cell of its own.
pub fn is_boxed(v: &Value) -> bool {
    v.downcast::<Int>().is_some()
}
