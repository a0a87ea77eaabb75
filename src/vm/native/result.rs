//! Results to values: `IntoValue` for the Rust types a native function may return, `IntoRes` for slots with a fixed result.

use crate::native::PyType;
use crate::{Cx, Res, Value, ValueExt};
use std::borrow::Cow;

/// A result type of native functions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a native function",
    label = "no conversion to a Python value",
    note = "return `Value`, `()`, `bool`, an integer, `f64`, a string, an `Option`, a `Vec` (list), a tuple, or `Res` of these"
)]
pub trait IntoValue {
    fn into_value(self, cx: &mut Cx) -> Res<Value>;
}

/// A slot's result, with or without `Res`.
pub trait IntoRes<T> {
    fn into_res(self) -> Res<T>;
}
impl<T> IntoRes<T> for T {
    #[inline(always)]
    fn into_res(self) -> Res<T> {
        Ok(self)
    }
}
impl<T> IntoRes<T> for Res<T> {
    #[inline(always)]
    fn into_res(self) -> Res<T> {
        self
    }
}

#[inline(always)]
pub fn none() -> Value {
    Value::none()
}

#[inline(always)]
pub fn not_implemented() -> Value {
    Value::not_implemented()
}

impl IntoValue for Value {
    #[inline(always)]
    fn into_value(self, _: &mut Cx) -> Res<Value> {
        Ok(self)
    }
}

impl IntoValue for &Value {
    #[inline(always)]
    fn into_value(self, _: &mut Cx) -> Res<Value> {
        Ok(self.clone())
    }
}

/// The object itself.
impl<T: PyType> IntoValue for &T {
    fn into_value(self, _: &mut Cx) -> Res<Value> {
        // SAFETY: a native type's struct begins with its header, and the reference keeps the object alive.
        Ok(unsafe { Value::borrow_header((&raw const *self).cast()) })
    }
}

impl<T: IntoValue> IntoValue for Res<T> {
    #[inline(always)]
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        self?.into_value(cx)
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    #[inline]
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        match self {
            Some(v) => v.into_value(cx),
            None => Ok(Value::none()),
        }
    }
}

impl IntoValue for () {
    #[inline(always)]
    fn into_value(self, _: &mut Cx) -> Res<Value> {
        Ok(Value::none())
    }
}

impl IntoValue for bool {
    #[inline(always)]
    fn into_value(self, _: &mut Cx) -> Res<Value> {
        Ok(Value::bool(self))
    }
}

impl IntoValue for f64 {
    #[inline]
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        crate::objects::float::new_float(cx, self)
    }
}

macro_rules! integers {
    ($($small:ty),*; $($large:ty),*) => {
        $( impl IntoValue for $small {
            #[inline]
            fn into_value(self, cx: &mut Cx) -> Res<Value> {
                crate::objects::int::new_int(cx, self as i64)
            }
        } )*
        $( impl IntoValue for $large {
            fn into_value(self, cx: &mut Cx) -> Res<Value> {
                match i64::try_from(self) {
                    Ok(i) => crate::objects::int::new_int(cx, i),
                    Err(_) => crate::objects::int::new_big(cx, self.into()),
                }
            }
        } )*
    };
}
integers!(i8, i16, i32, i64, isize, u8, u16, u32; u64, usize, i128, u128);

impl IntoValue for dashu_int::IBig {
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        crate::objects::int::new_big(cx, self)
    }
}

impl IntoValue for &str {
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        crate::objects::str::new_str(cx, self)
    }
}

impl IntoValue for String {
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        crate::objects::str::new_str(cx, &self)
    }
}

impl IntoValue for Cow<'_, str> {
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        crate::objects::str::new_str(cx, &self)
    }
}

impl IntoValue for char {
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        crate::objects::str::new_str(cx, self.encode_utf8(&mut [0; 4]))
    }
}

/// A list.
impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self, cx: &mut Cx) -> Res<Value> {
        let mut items = Vec::with_capacity(self.len());
        for item in self {
            items.push(item.into_value(cx)?);
        }
        crate::objects::list::new_list(cx, items)
    }
}

macro_rules! tuples {
    ($(($($t:ident $v:ident),*))*) => { $(
        /// A tuple.
        impl<$($t: IntoValue),*> IntoValue for ($($t,)*) {
            fn into_value(self, cx: &mut Cx) -> Res<Value> {
                let ($($v,)*) = self;
                let items = vec![$($v.into_value(cx)?),*];
                crate::objects::tuple::new_tuple(cx, items)
            }
        }
    )* };
}
tuples! { (A a) (A a, B b) (A a, B b, C c) (A a, B b, C c, D d) (A a, B b, C c, D d, E e) (A a, B b, C c, D d, E e, F f) }
