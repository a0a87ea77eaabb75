//! The iterator of `str`. Its position is an atomic word, so threads that share one get each character once.

use super::{Str, new_char};
use crate::native::*;
use crate::objects::{int, tuple};
use crate::{Cx, Res, Value, ValueExt};
use std::sync::atomic::{AtomicUsize, Ordering};

#[pytype(name = "str_iterator", gc, no_new, static_index = STR_ITER)]
pub struct StrIter {
    pub head: Header,
    pub text: Value,
    /// The next character; past the end when exhausted.
    #[skip]
    at: AtomicUsize,
}

/// `iter(s)`.
pub fn new_iter(cx: &mut Cx, s: &Value) -> Res<Value> {
    let cls = Type::of::<StrIter>();
    let payload = StrIter {
        head: Header::placeholder(),
        text: s.clone(),
        at: AtomicUsize::new(0),
    };
    crate::objects::object::alloc(cx, cls, payload)
}

impl StrIter {
    /// The next character's place, claimed.
    fn claim(&self, len: usize) -> Option<usize> {
        let mut i = self.at.load(Ordering::Relaxed);
        loop {
            if i >= len {
                return None;
            }
            match self
                .at
                .compare_exchange_weak(i, i + 1, Ordering::Relaxed, Ordering::Relaxed)
            {
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
impl StrIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(s) = self.string() else {
            return Ok(None);
        };
        match self.claim(s.len()) {
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
