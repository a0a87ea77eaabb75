//! What Python sees of `tuple`: its methods and slots, and the hash that `slice` shares.

use super::{Tuple, iter, new_tuple, subclass};
use crate::native::*;
use crate::number;
use crate::objects::dict::keys;
use crate::objects::list::methods::search_bound;
use crate::objects::list::repr;
use crate::objects::list::slice::{Subscript, position, repeated, subscript};
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::Ordering;

/// The hash of a sequence of hashes: CPython's variant of xxHash.
pub struct TupleHash {
    acc: u64,
    len: u64,
}

const PRIME_1: u64 = 11_400_714_785_074_694_791;
const PRIME_2: u64 = 14_029_467_366_897_019_727;
const PRIME_5: u64 = 2_870_177_450_012_600_261;

impl TupleHash {
    #[allow(clippy::new_without_default)]
    pub fn new() -> TupleHash {
        TupleHash {
            acc: PRIME_5,
            len: 0,
        }
    }
    #[inline]
    pub fn add(&mut self, hash: i64) {
        self.acc = self
            .acc
            .wrapping_add((hash as u64).wrapping_mul(PRIME_2))
            .rotate_left(31)
            .wrapping_mul(PRIME_1);
        self.len += 1;
    }
    /// With the length, as tuples do.
    pub fn finish(mut self) -> i64 {
        self.acc = self.acc.wrapping_add(self.len ^ PRIME_5 ^ 3_527_539);
        self.finish_bare()
    }
    /// Without it, as slices do.
    pub fn finish_bare(self) -> i64 {
        if self.acc == u64::MAX {
            1_546_275_796
        } else {
            self.acc as i64
        }
    }
}

#[pymethods]
impl Tuple {
    #[new]
    #[text_signature = "(iterable=(), /)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        crate::objects::iter::refuse_keywords(cx, cls, Type::of::<Tuple>(), &args, "tuple")?;
        args.check_count(cx, "tuple", 0, 1)?;
        let iterable = args.pos.first();
        let exact = std::ptr::eq(cls, Type::of::<Tuple>());
        if let Some(v) = iterable
            && exact
            && v.downcast_exact::<Tuple>().is_some()
        {
            return Ok(v.clone());
        }
        let items = match iterable {
            Some(o) => protocol::collect(cx, o)?,
            None => Vec::new(),
        };
        if exact {
            new_tuple(cx, items)
        } else {
            subclass::alloc(cx, cls, items)
        }
    }

    /// Return number of occurrences of value.
    fn count(&self, value: &Value, cx: &mut Cx) -> Res<usize> {
        let mut n = 0;
        for v in self.items() {
            n += keys::equal(cx, v, value)? as usize;
        }
        Ok(n)
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[sig(value, start = absent, stop = absent, /)]
    #[text_signature = "($self, value, start=0, stop=sys.maxsize, /)"]
    fn index(
        &self,
        value: &Value,
        start: Option<&Value>,
        stop: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        let start = search_bound(cx, start, 0)?;
        let stop = search_bound(cx, stop, isize::MAX)?;
        let (from, to) = crate::objects::slice::search_range(start, stop, self.len());
        for i in from..to {
            if keys::equal(cx, &self.items()[i], value)? {
                return Ok(i);
            }
        }
        Err(cx.value_error("tuple.index(x): x not in tuple"))
    }

    fn __getnewargs__(&self, cx: &mut Cx) -> Res<Value> {
        let copy = new_tuple(cx, self.items().to_vec())?;
        new_tuple(cx, vec![copy])
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__")]
    fn class_getitem(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        crate::objects::genericalias::new(cx, &cls, item)
    }

    #[slot(len)]
    fn len_slot(&self) -> usize {
        self.len()
    }

    #[slot]
    fn getitem(this: &Value, key: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(t) = this.downcast::<Tuple>() else {
            return Ok(Value::none());
        };
        match subscript(cx, "tuple", key)? {
            Subscript::Index(i) => match position(i, t.len()) {
                Some(i) => Ok(t.items()[i].clone()),
                None => Err(cx.index_error("tuple index out of range")),
            },
            Subscript::Slice(s) => {
                let s = s.steps(cx, t.len())?;
                if s.count == t.len() && s.step == 1 && this.downcast_exact::<Tuple>().is_some() {
                    return Ok(this.clone());
                }
                let items = t.items();
                let part = (0..s.count)
                    .map(|k| items[(s.start + s.step * k as isize) as usize].clone())
                    .collect();
                new_tuple(cx, part)
            }
        }
    }

    #[slot]
    fn contains(&self, value: &Value, cx: &mut Cx) -> Res<bool> {
        for v in self.items() {
            if keys::equal(cx, v, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(iter)]
    fn iter_slot(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, this, false)
    }

    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        if let Some(h) = self.known_hash() {
            return Ok(h);
        }
        let mut h = TupleHash::new();
        for v in self.items() {
            h.add(match crate::objects::dict::keys::quick_hash(v) {
                Some(one) => one,
                None => protocol::hash(cx, v)?,
            });
        }
        let h = h.finish();
        self.hash.store(h, Ordering::Relaxed);
        Ok(h)
    }

    #[slot]
    fn concat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        let (Some(a), Some(b)) = (this.downcast::<Tuple>(), other.downcast::<Tuple>()) else {
            let n = other.type_name();
            return Err(cx.type_error(format!("can only concatenate tuple (not \"{n}\") to tuple")));
        };
        if a.is_empty() && other.downcast_exact::<Tuple>().is_some() {
            return Ok(other.clone());
        }
        if b.is_empty() && this.downcast_exact::<Tuple>().is_some() {
            return Ok(this.clone());
        }
        new_tuple(cx, a.items().iter().chain(b.items()).cloned().collect())
    }

    #[slot]
    fn repeat(this: &Value, count: &Value, cx: &mut Cx) -> Res<Value> {
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        let Some(t) = this.downcast::<Tuple>() else {
            return Ok(Value::none());
        };
        if (t.is_empty() || n == 1) && this.downcast_exact::<Tuple>().is_some() {
            return Ok(this.clone());
        }
        let items = repeated(cx, t.items(), n)?;
        new_tuple(cx, items)
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(t) = this.downcast::<Tuple>() else {
            return Ok(Value::none());
        };
        if t.is_empty() {
            return crate::objects::str::new_str(cx, "()");
        }
        repr::guarded(cx, this, "(...)", |cx, out| {
            out.push(b'(');
            repr::push_items(cx, out, |_, i| t.items().get(i).cloned())?;
            if t.len() == 1 {
                out.push(b',');
            }
            out.push(b')');
            Ok(())
        })
    }

    #[slot]
    fn richcompare(&self, other: &Tuple, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        for (a, b) in self.items().iter().zip(other.items()) {
            if !keys::equal(cx, a, b)? {
                return match op {
                    CmpOp::Eq => Ok(Value::bool(false)),
                    CmpOp::Ne => Ok(Value::bool(true)),
                    _ => protocol::compare(cx, a, b, op),
                };
            }
        }
        Ok(Value::bool(op.matches(self.len().cmp(&other.len()))))
    }
}
