//! `count`, `cycle`, `repeat`.

use std::sync::atomic::{AtomicIsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::{int, object};
use typhon_vm::protocol::{self, BinOp};

/// Return a count object whose .__next__() method returns consecutive values.
///
/// Equivalent to:
///     def count(firstval=0, step=1):
///         x = firstval
///         while 1:
///             yield x
///             x += step
#[pytype(name = "count", module = "itertools", gc, basetype)]
pub struct Count {
    pub head: Header,
    current: Guarded<Value>,
    step: Value,
}

fn is_number(v: &Value) -> bool {
    let s = &v.ty().slots;
    v.is_small_int()
        || s.index.get().is_some()
        || s.float.get().is_some()
        || s.int.get().is_some()
        || cx_complex(v)
}

fn cx_complex(v: &Value) -> bool {
    v.downcast::<typhon_vm::objects::complex::Complex>()
        .is_some()
}

#[pymethods]
impl Count {
    #[new]
    #[sig(start = 0, step = 1)]
    fn new(cls: &Type, start: &Value, step: &Value, cx: &mut Cx) -> Res<Value> {
        if !is_number(start) || !is_number(step) {
            return Err(cx.type_error("a number is required"));
        }
        let c = Count {
            head: Header::placeholder(),
            current: Guarded::new(start.clone()),
            step: step.clone(),
        };
        object::alloc(cx, cls, c)
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        loop {
            let seen = {
                let mut current = self.current.lock(&self.head, cx);
                if let (Some(i), Some(step)) = (current.as_small_int(), self.step.as_small_int())
                    && let Some(next) = i.checked_add(step).and_then(Value::from_small_int)
                {
                    // Both are immediates: nothing is dropped by the exchange.
                    return Ok(Some(std::mem::replace(&mut *current, next)));
                }
                current.clone_in(current.tid())
            };
            let next = protocol::binary(cx, BinOp::Add, &seen, &self.step)?;
            let mut current = self.current.lock(&self.head, cx);
            if current.is(&seen) {
                let old = std::mem::replace(&mut *current, next);
                drop(current);
                return Ok(Some(old));
            }
            drop(current);
            drop(next);
        }
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let Some(c) = this.downcast::<Count>() else {
            return Ok(String::new());
        };
        let current = {
            let g = c.current.lock(&c.head, cx);
            g.clone_in(g.tid())
        };
        let mut out = format!(
            "{}({}",
            this.ty().name(),
            protocol::repr_string(cx, &current)?
        );
        if int::as_int(&c.step).is_none() || c.step.as_small_int() != Some(1) {
            out.push_str(", ");
            out.push_str(&protocol::repr_string(cx, &c.step)?);
        }
        out.push(')');
        Ok(out)
    }
}

/// The items seen so far, and where the second and later rounds are.
struct Round {
    source: Option<Value>,
    saved: Vec<Value>,
    at: usize,
    /// How many threads may have taken an item that is not saved yet, where they run no Python code meanwhile: no later round
    /// ends before it is.
    taking: usize,
}

/// Whether the next step of this iterator runs no Python code.
fn is_plain(it: &Value) -> bool {
    use typhon_vm::statics::word;
    const PLAIN: &[u32] = &[
        word::LIST_ITER,
        word::TUPLE_ITER,
        word::RANGE_ITER,
        word::STR_ITER,
        word::STR_ASCII_ITER,
        word::BYTES_ITER,
        word::BYTEARRAY_ITER,
        word::SET_ITER,
        word::DICT_KEYITER,
        word::DICT_VALUEITER,
        word::DICT_ITEMITER,
    ];
    PLAIN.contains(&it.class_word())
}

impl Traverse for Round {
    fn traverse(&self, v: &mut Visitor) {
        self.source.traverse(v);
        self.saved.traverse(v);
    }
}

/// Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.
#[pytype(name = "cycle", module = "itertools", gc, basetype)]
pub struct Cycle {
    pub head: Header,
    plain: bool,
    round: Guarded<Round>,
}

#[pymethods]
impl Cycle {
    #[new]
    #[sig(iterable, /)]
    fn new(cls: &Type, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let source = protocol::iter(cx, iterable)?;
        let plain = is_plain(&source);
        let round = Guarded::new(Round {
            source: Some(source),
            saved: Vec::new(),
            at: 0,
            taking: 0,
        });
        object::alloc(
            cx,
            cls,
            Cycle {
                head: Header::placeholder(),
                plain,
                round,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        loop {
            let source = {
                let mut g = self.round.lock(&self.head, cx);
                let source = g.source.as_ref().map(|s| s.clone_in(g.tid()));
                g.taking += usize::from(self.plain && source.is_some());
                source
            };
            if let Some(source) = source {
                let item = protocol::next(cx, &source);
                let mut g = self.round.lock(&self.head, cx);
                g.taking -= usize::from(self.plain);
                if let Some(v) = item? {
                    let kept = v.clone_in(g.tid());
                    g.saved.push(kept);
                    return Ok(Some(v));
                }
                let old = g.source.take();
                drop(g);
                drop(old);
            }
            let mut g = self.round.lock(&self.head, cx);
            if g.at == g.saved.len() {
                if g.taking > 0 {
                    drop(g);
                    cx.thread.detach(std::thread::yield_now);
                    continue;
                }
                g.at = 0;
            }
            let at = g.at;
            let item = g.saved.get(at).map(|v| v.clone_in(g.tid()));
            g.at += usize::from(item.is_some());
            return Ok(item);
        }
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = {
            let mut g = self.round.lock(&self.head, cx);
            (g.source.take(), std::mem::take(&mut g.saved))
        };
        drop(old);
    }
}

/// repeat(object [,times]) -> create an iterator which returns the object
/// for the specified number of times.  If not specified, returns the object
/// endlessly.
#[pytype(name = "repeat", module = "itertools", gc, basetype)]
pub struct Repeat {
    pub head: Header,
    object: Value,
    /// How many times more; negative: endlessly.
    left: AtomicIsize,
}

#[pymethods]
impl Repeat {
    #[new]
    #[sig(object, times = absent)]
    #[text_signature(none)]
    fn new(cls: &Type, object: &Value, times: Option<isize>, cx: &mut Cx) -> Res<Value> {
        let left = AtomicIsize::new(times.map_or(-1, |n| n.max(0)));
        object::alloc(
            cx,
            cls,
            Repeat {
                head: Header::placeholder(),
                object: object.clone(),
                left,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self) -> Option<Value> {
        let mut left = self.left.load(Ordering::Relaxed);
        while left > 0 {
            match self.left.compare_exchange_weak(
                left,
                left - 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(self.object.clone()),
                Err(seen) => left = seen,
            }
        }
        (left < 0).then(|| self.object.clone())
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self, cx: &mut Cx) -> Res<isize> {
        match self.left.load(Ordering::Relaxed) {
            n if n < 0 => Err(cx.type_error("len() of unsized object")),
            n => Ok(n),
        }
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let Some(r) = this.downcast::<Repeat>() else {
            return Ok(String::new());
        };
        let (name, object) = (this.ty().name(), protocol::repr_string(cx, &r.object)?);
        Ok(match r.left.load(Ordering::Relaxed) {
            n if n < 0 => format!("{name}({object})"),
            n => format!("{name}({object}, {n})"),
        })
    }
}
