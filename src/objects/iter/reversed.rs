//! `reversed`: `__reversed__` where the class has it, else from the last index down.

use super::ends_sequence;
use crate::native::*;
use crate::objects::typeobj::flag;
use crate::objects::{int, object, tuple};
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicIsize, Ordering};

/// Return a reverse iterator over the values of the given sequence.
#[pytype(name = "reversed", gc, basetype, static_index = REVERSED)]
#[repr(C)]
pub struct Reversed {
    pub head: Header,
    seq: Value,
    /// The index that comes next; -1 at the end.
    next: AtomicIsize,
}

#[pymethods]
impl Reversed {
    #[new]
    #[text_signature = "(sequence, /)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        super::refuse_keywords(cx, cls, Type::of::<Reversed>(), &args, "reversed")?;
        args.check_count(cx, "reversed", 1, 1)?;
        let seq = &args.pos[0];
        if let Some(f) = protocol::lookup_special(cx, seq, "__reversed__")? {
            if f.is_none() {
                return Err(not_reversible(cx, seq));
            }
            return protocol::call(cx, &f, &[]);
        }
        let s = &seq.ty().slots;
        if s.getitem.get().is_none() || seq.ty().has(flag::DICT_SUBCLASS | flag::MAPPING) {
            return Err(not_reversible(cx, seq));
        }
        let n = protocol::len(cx, seq)?;
        object::alloc(
            cx,
            cls,
            Reversed {
                head: Header::placeholder(),
                seq: seq.clone(),
                next: AtomicIsize::new(n as isize - 1),
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let mut i = self.next.load(Ordering::Relaxed);
        loop {
            if i < 0 {
                return Ok(None);
            }
            match self
                .next
                .compare_exchange(i, i - 1, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => break,
                Err(now) => i = now,
            }
        }
        let key = int::new_int(cx, i as i64)?;
        match protocol::getitem(cx, &self.seq, &key) {
            Ok(v) => Ok(Some(v)),
            Err(r) => {
                ends_sequence(cx, r)?;
                self.next.store(-1, Ordering::Relaxed);
                Ok(None)
            }
        }
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self, cx: &mut Cx) -> Res<usize> {
        let i = self.next.load(Ordering::Relaxed);
        if i < 0 {
            return Ok(0);
        }
        let n = protocol::len(cx, &self.seq)?;
        Ok(if i as usize + 1 > n {
            0
        } else {
            i as usize + 1
        })
    }
    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(r) = this.downcast::<Reversed>() else {
            return Ok(Value::none());
        };
        let cls = this.ty().value();
        let i = r.next.load(Ordering::Relaxed);
        if i < 0 {
            let empty = tuple::new_tuple(cx, vec![])?;
            let args = tuple::new_tuple(cx, vec![empty])?;
            return tuple::new_tuple(cx, vec![cls, args]);
        }
        let args = tuple::new_tuple(cx, vec![r.seq.clone()])?;
        let i = int::new_int(cx, i as i64)?;
        tuple::new_tuple(cx, vec![cls, args, i])
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: Index, cx: &mut Cx) -> Res<()> {
        let n = protocol::len(cx, &self.seq)? as isize;
        self.next.store(state.0.clamp(-1, n - 1), Ordering::Relaxed);
        Ok(())
    }
}

fn not_reversible(cx: &mut Cx, seq: &Value) -> Raised {
    let n = seq.type_name();
    cx.type_error(format!("'{n}' object is not reversible"))
}
