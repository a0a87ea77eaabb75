//! The iterators of `str`: one for ASCII text, one for the rest, which differ by name only. Their position is an atomic word,
//! so threads that share one get each character once.

use super::{Str, new_char};
use crate::native::*;
use crate::objects::{int, tuple};
use crate::{Cx, Res, Value, ValueExt};
use std::sync::atomic::{AtomicUsize, Ordering};

/// `iter(s)`.
pub fn new_iter(cx: &mut Cx, s: &Value) -> Res<Value> {
    let (head, text, at) = (Header::placeholder(), s.clone(), AtomicUsize::new(0));
    if s.downcast::<Str>().is_some_and(|s| s.as_ascii().is_some()) {
        let cls = Type::of::<AsciiIter>();
        crate::objects::object::alloc(cx, cls, AsciiIter { head, text, at })
    } else {
        let cls = Type::of::<StrIter>();
        crate::objects::object::alloc(cx, cls, StrIter { head, text, at })
    }
}

macro_rules! str_iterator {
    ($type:ident, $name:literal, $index:ident) => {
        #[pytype(name = $name, gc, no_new, static_index = $index)]
        pub struct $type {
            pub head: Header,
            pub text: Value,
            /// The next character; past the end when exhausted.
            #[skip]
            at: AtomicUsize,
        }

        impl $type {
            /// The next character's place, claimed.
            fn claim(&self, len: usize, cx: &Cx) -> Option<usize> {
                let mut i = self.at.load(Ordering::Relaxed);
                if i < len && self.head.is_uniquely_held(cx.tid) {
                    self.at.store(i + 1, Ordering::Relaxed);
                    return Some(i);
                }
                loop {
                    if i >= len {
                        return None;
                    }
                    match self.at.compare_exchange_weak(
                        i,
                        i + 1,
                        Ordering::Relaxed,
                        Ordering::Relaxed,
                    ) {
                        Ok(_) => return Some(i),
                        Err(now) => i = now,
                    }
                }
            }
            fn string(&self) -> Option<&Str> {
                self.text.downcast::<Str>()
            }
            fn position(&self) -> usize {
                self.at.load(Ordering::Relaxed)
            }
        }

        #[pymethods]
        impl $type {
            #[slot]
            fn iter(this: &Value) -> Value {
                this.clone()
            }
            #[slot]
            fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
                let Some(s) = self.string() else {
                    return Ok(None);
                };
                match self.claim(s.len(), cx) {
                    Some(i) => new_char(cx, s.at(i)).map(Some),
                    None => Ok(None),
                }
            }
            /// Private method returning an estimate of len(list(it)).
            fn __length_hint__(&self) -> usize {
                self.string()
                    .map_or(0, |s| s.len().saturating_sub(self.position()))
            }
            /// Return state information for pickling.
            fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
                let iter = crate::objects::iter::builtin(cx, "iter")?;
                let len = self.string().map_or(0, Str::len);
                let at = self.position();
                let subject = if at < len {
                    self.text.clone()
                } else {
                    super::empty()
                };
                let args = tuple::new_tuple(cx, vec![subject])?;
                if at >= len {
                    return tuple::new_tuple(cx, vec![iter, args]);
                }
                let at = int::new_int(cx, at as i64)?;
                tuple::new_tuple(cx, vec![iter, args, at])
            }
            /// Set state information for unpickling.
            fn __setstate__(&self, state: Index) {
                let len = self.string().map_or(0, Str::len);
                self.at
                    .store((state.0.max(0) as usize).min(len), Ordering::Relaxed);
            }
        }
    };
}

str_iterator!(StrIter, "str_iterator", STR_ITER);
str_iterator!(AsciiIter, "str_ascii_iterator", STR_ASCII_ITER);
