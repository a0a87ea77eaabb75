//! `repr` of complex numbers and `complex(text)`.

use crate::code_points::Text;
use crate::error::{Error, Result};
use crate::float_text::{
    FloatFlags, format_code, literal_len, literal_value, strip_underscores, trim_c_space,
};
use crate::int_text::to_ascii_digits;
use crate::str_repr;

/// `repr` of a complex number: the real part is left out only if it is +0.
pub fn repr(real: f64, imag: f64) -> String {
    let part = |x: f64| format_code(x, b'r', 0, FloatFlags::default());
    let im = part(imag);
    if real == 0.0 && real.is_sign_positive() {
        return format!("{im}j");
    }
    let plus = if im.starts_with('-') { "" } else { "+" };
    format!("({}{plus}{im}j)", part(real))
}

/// `complex(text)`: real and imaginary part.
pub fn parse(text: Text<'_>) -> Result<(f64, f64)> {
    let s = to_ascii_digits(text);
    let Some(s) = strip_underscores(&s) else {
        let shown = str_repr::repr_str(text).to_string_lossy();
        return Err(Error::value(format!(
            "could not convert string to complex: {shown}"
        )));
    };
    parse_ascii(&s).ok_or_else(|| Error::value("complex() arg is a malformed string"))
}

fn parse_ascii(s: &[u8]) -> Option<(f64, f64)> {
    let s = trim_c_space(s);
    let s = match s {
        [b'(', inside @ .., b')'] => trim_c_space(inside),
        _ => s,
    };
    let n = literal_len(s);
    if n == 0 {
        return match s {
            b"j" | b"J" | b"+j" | b"+J" => Some((0.0, 1.0)),
            b"-j" | b"-J" => Some((0.0, -1.0)),
            _ => None,
        };
    }
    let first = literal_value(&s[..n]);
    match &s[n..] {
        b"" => Some((first, 0.0)),
        b"j" | b"J" => Some((0.0, first)),
        rest @ [sign @ (b'+' | b'-'), ..] => {
            let m = literal_len(rest);
            let (imag, used) = match m {
                0 => (if *sign == b'+' { 1.0 } else { -1.0 }, 1),
                m => (literal_value(&rest[..m]), m),
            };
            matches!(&rest[used..], b"j" | b"J").then_some((first, imag))
        }
        _ => None,
    }
}
