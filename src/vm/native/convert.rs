//! Arguments from values: `FromArg` for the Rust types a native function may take. The work is done by plain functions
//! below; the trait only names them, so a parameter costs one call.

use crate::native::{PyType, Sig};
use crate::objects::Str;
use crate::objects::int::{IntRef, as_int};
use crate::{Cx, ExcKind, Raised, Res, Value, ValueExt};
use std::borrow::Cow;

/// Which argument is being converted, for error texts.
#[derive(Clone, Copy)]
pub struct At {
    sig: Option<&'static Sig>,
    /// What the text calls it when there is no signature.
    what: &'static str,
    place: usize,
}

impl At {
    #[inline(always)]
    pub const fn new(sig: &'static Sig, place: usize) -> At {
        At {
            sig: Some(sig),
            what: "",
            place,
        }
    }
    /// An operand of a slot.
    pub const fn slot(name: &'static str) -> At {
        At {
            sig: None,
            what: name,
            place: 0,
        }
    }
    /// A value stored in an attribute.
    pub const fn attribute(name: &'static str) -> At {
        At {
            sig: None,
            what: name,
            place: 0,
        }
    }

    /// `pop() argument 1`.
    fn describe(&self) -> String {
        let Some(sig) = self.sig else {
            return match self.what {
                "getattro" | "setattro" => "attribute name".into(),
                "getitem" | "setitem" => "index".into(),
                what => what.into(),
            };
        };
        let name = sig.name;
        if sig.is_single() {
            format!("{name}() argument")
        } else if self.place < sig.positional_only {
            format!("{name}() argument {}", self.place + 1)
        } else {
            format!("{name}() argument '{}'", sig.names[self.place])
        }
    }

    /// `pop() argument 1 must be str, not int`.
    #[cold]
    pub fn wrong_type(&self, cx: &mut Cx, expected: &str, found: &Value) -> Raised {
        let what = self.describe();
        let found = if found.is_none() {
            "None".to_owned()
        } else {
            found.type_name()
        };
        cx.type_error(format!("{what} must be {expected}, not {found}"))
    }
}

/// A parameter type of native functions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parameter of a native function",
    label = "no conversion from a Python value",
    note = "take `&Value`, `Value`, `bool`, an integer, `f64`, `char`, `&str`, `String`, `&T` of a `#[pytype]`, `Index`, `Callable` or an `Option` of these"
)]
pub trait FromArg<'a>: Sized {
    fn from_arg(cx: &mut Cx, value: &'a Value, at: At) -> Res<Self>;
}

impl<'a> FromArg<'a> for &'a Value {
    #[inline(always)]
    fn from_arg(_: &mut Cx, value: &'a Value, _: At) -> Res<Self> {
        Ok(value)
    }
}

impl<'a> FromArg<'a> for Value {
    #[inline(always)]
    fn from_arg(_: &mut Cx, value: &'a Value, _: At) -> Res<Self> {
        Ok(value.clone())
    }
}

impl<'a, T: PyType> FromArg<'a> for &'a T {
    #[inline]
    fn from_arg(cx: &mut Cx, value: &'a Value, at: At) -> Res<Self> {
        match value.downcast::<T>() {
            Some(v) => Ok(v),
            None => Err(at.wrong_type(cx, T::NAME, value)),
        }
    }
}

impl<'a, T: FromArg<'a>> FromArg<'a> for Option<T> {
    #[inline]
    fn from_arg(cx: &mut Cx, value: &'a Value, at: At) -> Res<Self> {
        if value.is_none() {
            Ok(None)
        } else {
            T::from_arg(cx, value, at).map(Some)
        }
    }
}

impl<'a> FromArg<'a> for bool {
    #[inline]
    fn from_arg(cx: &mut Cx, value: &'a Value, _: At) -> Res<Self> {
        crate::protocol::truthy(cx, value)
    }
}

impl<'a> FromArg<'a> for f64 {
    #[inline]
    fn from_arg(cx: &mut Cx, value: &'a Value, _: At) -> Res<Self> {
        match value.as_float_imm() {
            Some(f) => Ok(f),
            None => crate::number::as_f64(cx, value),
        }
    }
}

/// The integer of an argument, clamped to 128 bits: wide enough to tell every machine type's range.
#[inline]
fn integer(cx: &mut Cx, value: &Value) -> Res<i128> {
    match value.as_small_int() {
        Some(i) => Ok(i as i128),
        None => integer_slow(cx, value),
    }
}

#[inline(never)]
fn integer_slow(cx: &mut Cx, value: &Value) -> Res<i128> {
    let made;
    let int = match as_int(value) {
        Some(int) => int,
        None => {
            made = crate::number::index(cx, value)?;
            as_int(&made).unwrap_or(IntRef::Small(0))
        }
    };
    Ok(match int {
        IntRef::Small(i) => i as i128,
        IntRef::Big(b) => i128::try_from(b).unwrap_or(if b.sign() == dashu_int::Sign::Negative {
            i128::MIN
        } else {
            i128::MAX
        }),
    })
}

/// The families of range errors.
enum Range {
    /// `Python int too large to convert to C int`
    C(&'static str),
    /// `unsigned byte integer is greater than maximum`
    Bounded(&'static str),
    /// Negative numbers are a `ValueError`.
    Unsigned(&'static str),
}

#[cold]
fn out_of_range(cx: &mut Cx, value: i128, range: Range) -> Raised {
    match range {
        Range::C(name) => cx.overflow_error(format!("Python int too large to convert to C {name}")),
        Range::Bounded(name) if value < 0 => {
            cx.overflow_error(format!("{name} integer is less than minimum"))
        }
        Range::Bounded(name) => {
            cx.overflow_error(format!("{name} integer is greater than maximum"))
        }
        Range::Unsigned(_) if value < 0 => cx.value_error("Cannot convert negative int"),
        Range::Unsigned(name) => cx.overflow_error(format!("Python int too large for C {name}")),
    }
}

macro_rules! integers {
    ($($t:ty: $range:expr,)*) => { $(
        impl<'a> FromArg<'a> for $t {
            #[inline]
            fn from_arg(cx: &mut Cx, value: &'a Value, _: At) -> Res<Self> {
                if let Some(Ok(i)) = value.as_small_int().map(<$t>::try_from) {
                    return Ok(i);
                }
                let i = integer(cx, value)?;
                <$t>::try_from(i).map_err(|_| out_of_range(cx, i, $range))
            }
        }
    )* };
}

integers! {
    i8: Range::Bounded("signed char"),
    i16: Range::Bounded("signed short"),
    i32: Range::C("int"),
    i64: Range::C("long"),
    isize: Range::C("ssize_t"),
    u8: Range::Bounded("unsigned byte"),
    u16: Range::Unsigned("uint16_t"),
    u32: Range::Unsigned("uint32_t"),
    u64: Range::Unsigned("uint64_t"),
    usize: Range::Unsigned("size_t"),
}

/// `__index__`, saturating at the ends of `isize`: positions in sequences, where what is too large is merely far away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Index(pub isize);

impl Index {
    /// A position in a sequence of `len` items, negative ones counted from the end; None when outside.
    #[inline]
    pub fn within(self, len: usize) -> Option<usize> {
        let at = if self.0 < 0 {
            self.0.checked_add_unsigned(len)?
        } else {
            self.0
        };
        usize::try_from(at).ok().filter(|&i| i < len)
    }
    /// The same, clamped into `0..=len` as slices do.
    pub fn clamped(self, len: usize) -> usize {
        if self.0 < 0 {
            len.saturating_sub(self.0.unsigned_abs())
        } else {
            (self.0 as usize).min(len)
        }
    }
}

impl<'a> FromArg<'a> for Index {
    #[inline]
    fn from_arg(cx: &mut Cx, value: &'a Value, _: At) -> Res<Self> {
        if let Some(i) = value.as_small_int() {
            return Ok(Index(i as isize));
        }
        Ok(Index(
            integer(cx, value)?.clamp(isize::MIN as i128, isize::MAX as i128) as isize,
        ))
    }
}

/// Something that can be called.
#[derive(Clone, Copy)]
pub struct Callable<'a>(pub &'a Value);

impl<'a> FromArg<'a> for Callable<'a> {
    fn from_arg(cx: &mut Cx, value: &'a Value, at: At) -> Res<Self> {
        if crate::protocol::is_callable(value) {
            return Ok(Callable(value));
        }
        Err(at.wrong_type(cx, "callable", value))
    }
}

impl std::ops::Deref for Callable<'_> {
    type Target = Value;
    fn deref(&self) -> &Value {
        self.0
    }
}

/// `&str` parameters come this way: only ASCII strings are stored as UTF-8, others are copied.
impl<'a> FromArg<'a> for Cow<'a, str> {
    #[inline]
    fn from_arg(cx: &mut Cx, value: &'a Value, at: At) -> Res<Self> {
        match value.downcast::<Str>() {
            Some(s) => match s.to_utf8() {
                Some(text) => Ok(text),
                None => Err(lone_surrogate(cx, value, s)),
            },
            None => Err(at.wrong_type(cx, "str", value)),
        }
    }
}

impl<'a> FromArg<'a> for String {
    fn from_arg(cx: &mut Cx, value: &'a Value, at: At) -> Res<Self> {
        Ok(<Cow<'a, str>>::from_arg(cx, value, at)?.into_owned())
    }
}

impl<'a> FromArg<'a> for char {
    fn from_arg(cx: &mut Cx, value: &'a Value, at: At) -> Res<Self> {
        let Some(s) = value.downcast::<Str>() else {
            return Err(at.wrong_type(cx, "a unicode character", value));
        };
        if s.len() != 1 {
            let what = at.describe();
            return Err(cx.type_error(format!(
                "{what} must be a unicode character, not a string of length {}",
                s.len()
            )));
        }
        char::from_u32(s.at(0)).ok_or_else(|| lone_surrogate(cx, value, s))
    }
}

/// `UnicodeEncodeError` if `value` is a string that UTF-8 cannot hold.
pub fn check_encodable(cx: &mut Cx, value: &Value) -> Res<()> {
    match value.downcast::<Str>() {
        Some(s) if s.to_utf8().is_none() => Err(lone_surrogate(cx, value, s)),
        _ => Ok(()),
    }
}

/// `UnicodeEncodeError` for a string that UTF-8 cannot hold.
#[cold]
fn lone_surrogate(cx: &mut Cx, value: &Value, s: &Str) -> Raised {
    let surrogate = |c: u32| (0xD800..0xE000).contains(&c);
    let start = s.units().iter().position(surrogate).unwrap_or(0);
    let end = start
        + s.units()
            .iter()
            .skip(start)
            .take_while(|&c| surrogate(c))
            .count();
    let text = |cx: &mut Cx, t: &str| crate::objects::str::new_str(cx, t);
    let args = (|| {
        Ok(vec![
            text(cx, "utf-8")?,
            value.clone(),
            Value::small_int(start as i32),
            Value::small_int(end as i32),
            text(cx, "surrogates not allowed")?,
        ])
    })();
    match args {
        Ok(args) => cx.raise_args(ExcKind::UnicodeEncodeError, args),
        Err(raised) => raised,
    }
}
