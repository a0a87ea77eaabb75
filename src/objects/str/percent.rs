//! `str % values`: evaluates the conversions `typhon_text::percent` parses. `bytes/percent.rs` shares the argument walk.

use super::{Str, new_from_buf, new_from_text};
use crate::number::{self, raise_text};
use crate::objects::int::{IntRef, as_int, text::max_digits};
use crate::objects::{Tuple, bytes, format};
use crate::protocol;
use crate::{Cx, ExcKind, Raised, Res, Value, ValueExt};
use std::cell::RefCell;
use typhon_text::int_text;
use typhon_text::percent::{self, Conversion};
use typhon_text::{Text, TextBuf};

/// An error of either side, on its way to being raised.
pub enum Failure {
    Text(typhon_text::Error),
    Raised(Raised),
}

impl From<typhon_text::Error> for Failure {
    fn from(e: typhon_text::Error) -> Failure {
        Failure::Text(e)
    }
}
impl From<Raised> for Failure {
    fn from(r: Raised) -> Failure {
        Failure::Raised(r)
    }
}
impl Failure {
    pub fn raise(self, cx: &mut Cx) -> Raised {
        match self {
            Failure::Text(e) => raise_text(cx, e),
            Failure::Raised(r) => r,
        }
    }
}

/// The right operand: a tuple's items in turn, or one value, or a mapping's values by key.
pub struct Values<'a> {
    pub cx: RefCell<&'a mut Cx>,
    operand: &'a Value,
    items: Option<&'a [Value]>,
    next: usize,
    selected: Option<Value>,
    mapping: bool,
    used_mapping: bool,
    pub bytes: bool,
}

impl<'a> Values<'a> {
    pub fn new(cx: &'a mut Cx, operand: &'a Value, bytes: bool) -> Values<'a> {
        let items = operand.downcast::<Tuple>().map(|t| t.items());
        let mapping = items.is_none()
            && operand.downcast::<Str>().is_none()
            && !(bytes && bytes::is_bytes_or_bytearray(operand))
            && operand.ty().slots.getitem.get().is_some();
        Values {
            cx: RefCell::new(cx),
            operand,
            items,
            next: 0,
            selected: None,
            mapping,
            used_mapping: false,
            bytes,
        }
    }

    /// The next argument.
    pub fn take(&mut self) -> Result<Value, typhon_text::Error> {
        if let Some(v) = self.selected.take() {
            return Ok(v);
        }
        let i = self.next;
        self.next += 1;
        match self.items {
            // After `%(key)s` the whole operand is no argument any more.
            Some(items) if !self.used_mapping => {
                items.get(i).cloned().ok_or_else(percent::not_enough)
            }
            None if i == 0 && !self.used_mapping => Ok(self.operand.clone()),
            _ => Err(percent::not_enough()),
        }
    }

    /// The error when arguments are left over.
    pub fn finish(&self) -> Result<(), typhon_text::Error> {
        let all_used = match self.items {
            Some(items) => self.next >= items.len() || self.used_mapping,
            None => self.next >= 1 || self.mapping || self.used_mapping,
        };
        if all_used {
            Ok(())
        } else {
            Err(percent::not_all_converted(self.bytes))
        }
    }

    pub fn check(&mut self) -> Result<(), Failure> {
        if self.mapping {
            Ok(())
        } else {
            Err(percent::needs_mapping().into())
        }
    }

    pub fn select_key(&mut self, key: Text<'_>) -> Result<(), Failure> {
        let cx = &mut **self.cx.borrow_mut();
        let key = if self.bytes {
            let raw: Vec<u8> = key.iter().map(|c| c as u8).collect();
            bytes::new_bytes(cx, &raw)?
        } else {
            new_from_text(cx, key)?
        };
        self.selected = Some(protocol::getitem(cx, self.operand, &key)?);
        self.used_mapping = true;
        Ok(())
    }

    pub fn star_arg(&mut self, precision: bool) -> Result<isize, Failure> {
        let v = self.take()?;
        match as_int(&v) {
            Some(IntRef::Small(i)) if !precision || i32::try_from(i).is_ok() => Ok(i as isize),
            Some(IntRef::Big(i)) if !precision && isize::try_from(i).is_ok() => {
                match isize::try_from(i) {
                    Ok(width) if width != isize::MIN => Ok(width),
                    _ => {
                        let cx = &mut **self.cx.borrow_mut();
                        Err(cx.overflow_error("width too big").into())
                    }
                }
            }
            Some(_) => {
                let cx = &mut **self.cx.borrow_mut();
                let kind = if precision { "C int" } else { "C ssize_t" };
                Err(cx
                    .overflow_error(format!("Python int too large to convert to {kind}"))
                    .into())
            }
            None => Err(percent::star_wants_int().into()),
        }
    }
}

/// The number conversions, which str and bytes have in common. False when the letter is another.
pub fn number(
    cx: &mut Cx,
    v: &Value,
    c: &Conversion,
    bytes: bool,
    out: &mut TextBuf,
) -> Result<bool, Failure> {
    let letter = c.letter();
    match letter {
        b'd' | b'i' | b'u'
            if c.is_plain()
                && let Some(i) = v.as_small_int() =>
        {
            out.push_latin1(int_text::write_decimal(i, &mut [0; 20]));
            Ok(true)
        }
        b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => {
            let n = integer(cx, v, letter)?;
            if let Some(i) = as_int(&n) {
                c.push_int(&i.to_big(), max_digits(), out)?;
            }
            Ok(true)
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let x = match number::as_f64(cx, v) {
                Ok(x) => x,
                Err(r) if bytes && cx.exc_is(ExcKind::TypeError) => {
                    drop(cx.take_exc(r));
                    let n = v.type_name();
                    return Err(cx
                        .type_error(format!("float argument required, not {n}"))
                        .into());
                }
                Err(r) => return Err(r.into()),
            };
            c.push_float(x, out);
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// The int of an integer conversion.
fn integer(cx: &mut Cx, v: &Value, letter: u8) -> Res<Value> {
    if as_int(v).is_some() {
        return Ok(v.clone());
    }
    let whole = matches!(letter, b'x' | b'X' | b'o');
    let tried = if whole {
        v.ty()
            .slots
            .index
            .get()
            .is_some()
            .then(|| number::to_index(cx, v))
    } else {
        let s = &v.ty().slots;
        (s.int.get().is_some() || s.index.get().is_some()).then(|| number::to_int(cx, v))
    };
    match tried {
        Some(Ok(i)) => return Ok(i),
        Some(Err(r)) if !cx.exc_is(ExcKind::TypeError) => return Err(r),
        Some(Err(r)) => drop(cx.take_exc(r)),
        None => {}
    }
    let (n, l) = (v.type_name(), letter as char);
    let what = if whole { "an integer" } else { "a real number" };
    Err(cx.type_error(format!("%{l} format: {what} is required, not {n}")))
}

impl percent::Args for Values<'_> {
    type Error = Failure;

    fn check_mapping(&mut self) -> Result<(), Failure> {
        self.check()
    }
    fn select(&mut self, key: Text<'_>) -> Result<(), Failure> {
        self.select_key(key)
    }
    fn star(&mut self, precision: bool) -> Result<isize, Failure> {
        self.star_arg(precision)
    }
    fn convert(&mut self, c: &Conversion, out: &mut TextBuf) -> Result<(), Failure> {
        if self.bytes {
            return bytes::percent::convert(self, c, out);
        }
        let v = self.take()?;
        let cx = &mut **self.cx.borrow_mut();
        let text = match c.letter() {
            b's' => protocol::str(cx, &v)?,
            b'r' => protocol::repr(cx, &v)?,
            b'a' => format::ascii(cx, &v)?,
            b'c' => {
                let ch = character(cx, &v)?;
                c.push_char(ch, out);
                return Ok(());
            }
            _ => {
                if number(cx, &v, c, false, out)? {
                    return Ok(());
                }
                return Err(percent::unsupported(c, false).into());
            }
        };
        if let Some(s) = text.downcast::<Str>() {
            c.push_text(s.text(), out);
        }
        Ok(())
    }
}

/// The character of `%c`.
fn character(cx: &mut Cx, v: &Value) -> Res<u32> {
    if let Some(s) = v.downcast::<Str>() {
        if s.len() == 1 {
            return Ok(s.at(0));
        }
        let n = s.len();
        return Err(cx.type_error(format!(
            "%c requires an int or a unicode character, not a string of length {n}"
        )));
    }
    if as_int(v).is_none() && v.ty().slots.index.get().is_none() {
        let n = crate::objects::typeobj::methods::shown_name(cx, v.ty());
        return Err(cx.type_error(format!(
            "%c requires an int or a unicode character, not {n}"
        )));
    }
    let c = number::index_isize(cx, v)?;
    match u32::try_from(c) {
        Ok(c) if c < 0x11_0000 => Ok(c),
        _ => Err(cx.overflow_error("%c arg not in range(0x110000)")),
    }
}

/// The text of a template's only conversion, which need not be put together. None: the general way finds what is wrong with a
/// tuple of the wrong length.
fn sole_text(values: &mut Values<'_>, key: Option<Text<'_>>) -> Option<Result<Value, Failure>> {
    match key {
        Some(_) if !values.mapping => return None,
        Some(key) => {
            if let Err(e) = values.select_key(key) {
                return Some(Err(e));
            }
        }
        None if values.items.is_some_and(|items| items.len() != 1) => return None,
        None => {}
    }
    let v = match values.take() {
        Ok(v) => v,
        Err(e) => return Some(Err(e.into())),
    };
    if v.downcast_exact::<Str>().is_some() {
        return Some(Ok(v));
    }
    let cx = &mut **values.cx.borrow_mut();
    let made = protocol::str(cx, &v).and_then(|text| match text.downcast::<Str>() {
        Some(s) if text.downcast_exact::<Str>().is_none() => new_from_text(cx, s.text()),
        _ => Ok(text),
    });
    Some(made.map_err(Failure::from))
}

/// `template % operand`.
pub fn format(cx: &mut Cx, template: &Str, operand: &Value) -> Res<Value> {
    let mut values = Values::new(cx, operand, false);
    if let Some(key) = percent::is_sole_text(template.text())
        && let Some(made) = sole_text(&mut values, key)
    {
        drop(values);
        return made.map_err(|e| e.raise(cx));
    }
    let made = percent::format(template.text(), false, &mut values);
    let made = made.and_then(|buf| Ok(values.finish().map(|()| buf)?));
    drop(values);
    match made {
        Ok(buf) => new_from_buf(cx, buf),
        Err(e) => Err(e.raise(cx)),
    }
}
