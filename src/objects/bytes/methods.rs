//! What Python sees of `bytes` beyond what it shares with `bytearray`.

use super::make::{Made, construct};
use super::{Bytes, iter, new_bytes, of_class, ops};
use crate::native::*;
use crate::number;
use crate::objects::slice::as_slice;
use crate::objects::str::new_str;
use crate::objects::tuple;
use crate::statics::word;

#[pymethods(include(SHARED))]
impl Bytes {
    #[new]
    #[sig(source = absent, encoding = absent, errors = absent)]
    #[text_signature(none)]
    fn new(
        cls: &Type,
        source: Option<&Value>,
        encoding: Option<&str>,
        errors: Option<&str>,
        cx: &mut Cx,
    ) -> Res<Value> {
        if let (Some(v), None, None) = (source, encoding, errors)
            && cls.word() == word::BYTES
            && v.downcast_exact::<Bytes>().is_some()
        {
            return Ok(v.clone());
        }
        match construct(cx, source, encoding, errors, "bytes", "bytes", true)? {
            Made::Object(v) if cls.word() == word::BYTES => Ok(v),
            Made::Object(v) => {
                let data = super::contents(cx, &v)?;
                of_class(cx, cls, &data)
            }
            Made::Data(data) => of_class(cx, cls, &data),
        }
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<Value> {
        new_str(cx, &typhon_text::str_repr::repr_bytes(self.as_slice()))
    }
    #[slot(hash)]
    fn hash_slot(&self) -> i64 {
        self.hash()
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        ops::compare(cx, this, other, op)
    }
    #[slot(len)]
    fn len_slot(&self) -> usize {
        self.len()
    }
    #[slot]
    fn getitem(this: &Value, key: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(b) = this.downcast::<Bytes>() else {
            return Ok(Value::none());
        };
        if let Some(slice) = as_slice(key) {
            let s = slice.steps(cx, b.len())?;
            if s.step == 1 {
                if s.count == b.len() && this.downcast_exact::<Bytes>().is_some() {
                    return Ok(this.clone());
                }
                let start = s.start as usize;
                return new_bytes(
                    cx,
                    &b.as_slice()[start.min(b.len())..(start + s.count).min(b.len())],
                );
            }
            let out: Vec<u8> = (0..s.count)
                .map(|i| b.as_slice()[(s.start + i as isize * s.step) as usize])
                .collect();
            return new_bytes(cx, &out);
        }
        if key.as_small_int().is_none()
            && crate::objects::int::as_int(key).is_none()
            && key.ty().slots.index.get().is_none()
        {
            let n = key.type_name();
            return Err(cx.type_error(format!("byte indices must be integers or slices, not {n}")));
        }
        let i = number::index_isize_checked(cx, key, ExcKind::IndexError)?;
        match ops::item(cx, this, i) {
            Some(b) => Ok(ops::int_of(b)),
            None => Err(cx.index_error("index out of range")),
        }
    }
    #[slot]
    fn contains(this: &Value, item: &Value, cx: &mut Cx) -> Res<bool> {
        ops::contains(cx, this, item)
    }
    #[slot]
    fn concat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        ops::concat(cx, this, other)
    }
    #[slot]
    fn repeat(this: &Value, count: &Value, cx: &mut Cx) -> Res<Value> {
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        let Some(b) = this.downcast::<Bytes>() else {
            return Ok(Value::none());
        };
        if n == 1 && this.downcast_exact::<Bytes>().is_some() {
            return Ok(this.clone());
        }
        if b.as_slice()
            .len()
            .checked_mul(n.max(0) as usize)
            .is_none_or(|t| t > isize::MAX as usize)
        {
            return Err(cx.overflow_error("repeated bytes are too long"));
        }
        let out = ops::repeated(cx, b.as_slice(), n)?;
        super::new_bytes_vec(cx, out)
    }
    #[slot]
    fn mod_(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        if left.downcast::<Bytes>().is_none() {
            return Ok(Value::not_implemented());
        }
        super::percent::format(cx, left, right)
    }
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_bytes_iter(cx, this)
    }
    #[slot]
    fn buffer(this: &Value, writable: bool, cx: &mut Cx) -> Res<Buffer> {
        if writable {
            return Err(cx.buffer_error("Object is not writable."));
        }
        match Bytes::view(this) {
            Some(b) => Ok(b),
            None => Err(cx.system_error("not a bytes object")),
        }
    }
    fn __getnewargs__(&self, cx: &mut Cx) -> Res<Value> {
        let b = new_bytes(cx, self.as_slice())?;
        tuple::new_tuple(cx, vec![b])
    }
    /// Convert this value to exact type bytes.
    fn __bytes__(this: &Value, cx: &mut Cx) -> Res<Value> {
        match this.downcast::<Bytes>() {
            Some(b) if this.downcast_exact::<Bytes>().is_none() => new_bytes(cx, b.as_slice()),
            _ => Ok(this.clone()),
        }
    }
    /// Returns the size of the object in memory, in bytes.
    fn __sizeof__(&self) -> usize {
        size_of::<Bytes>() + self.len()
    }
}
