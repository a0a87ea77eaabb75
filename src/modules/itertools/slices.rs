//! `islice`, `batched`, `pairwise`.

use crate::support::pack;
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::{int, object, tuple};
use typhon_vm::protocol;

/// Where a slice of an iterator is.
struct Place {
    it: Option<Value>,
    /// The position of the next item to hand out, and that of the iterator.
    next: usize,
    at: usize,
}

impl Traverse for Place {
    fn traverse(&self, v: &mut Visitor) {
        self.it.traverse(v);
    }
}

/// islice(iterable, stop) --> islice object
/// islice(iterable, start, stop[, step]) --> islice object
///
/// Return an iterator whose next() method returns selected values from an
/// iterable.  If start is specified, will skip all preceding elements;
/// otherwise, start defaults to zero.  Step defaults to one.  If
/// specified as another value, step determines how many values are
/// skipped between successive calls.  Works like a slice() on a list
/// but returns an iterator.
#[pytype(name = "islice", module = "itertools", gc, basetype)]
pub struct Islice {
    pub head: Header,
    place: Guarded<Place>,
    #[skip]
    stop: Option<usize>,
    step: usize,
}

/// A bound: None, or an index that is not negative; `Err` is any other.
fn bound(cx: &mut Cx, v: &Value) -> Result<Option<usize>, ()> {
    if v.is_none() {
        return Ok(None);
    }
    if int::as_int(v).is_none() && v.ty().slots.index.get().is_none() {
        return Err(());
    }
    match number::index_isize_checked(cx, v, ExcKind::OverflowError) {
        Ok(n) => usize::try_from(n).map(Some).map_err(|_| ()),
        Err(r) => {
            drop(cx.take_exc(r));
            Err(())
        }
    }
}

#[pymethods]
impl Islice {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let own = Islice::type_object(cx)?;
        typhon_vm::objects::iter::refuse_keywords(cx, cls, own, &args, "islice")?;
        args.check_count(cx, "islice", 2, 4)?;
        let none = Value::none();
        let (start, stop, step) = match args.pos {
            [_, stop] => (&none, stop, &none),
            [_, start, stop] => (start, stop, &none),
            [_, start, stop, step] => (start, stop, step),
            _ => (&none, &none, &none),
        };
        let start_n = bound(cx, start);
        let Ok(stop_n) = bound(cx, stop) else {
            return Err(cx.value_error(
                "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.",
            ));
        };
        let Ok(start_n) = start_n else {
            return Err(cx.value_error(
                "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.",
            ));
        };
        let step = match bound(cx, step) {
            Ok(None) => 1,
            Ok(Some(n)) if n > 0 => n,
            _ => {
                return Err(cx.value_error("Step for islice() must be a positive integer or None."));
            }
        };
        let it = protocol::iter(cx, &args.pos[0])?;
        let place = Guarded::new(Place {
            it: Some(it),
            next: start_n.unwrap_or(0),
            at: 0,
        });
        object::alloc(
            cx,
            cls,
            Islice {
                head: Header::placeholder(),
                place,
                stop: stop_n,
                step,
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
            // Reserve a position, then read the item: it is skipped or handed out.
            let (it, wanted) = {
                let mut g = self.place.lock(&self.head, cx);
                let Some(it) = g.it.as_ref().map(|v| v.clone_in(g.tid())) else {
                    return Ok(None);
                };
                if g.at >= g.next && self.stop.is_some_and(|s| g.at >= s) {
                    drop(g);
                    drop(it);
                    break;
                }
                let wanted = g.at >= g.next;
                g.at += 1;
                if wanted {
                    let next = g.next.saturating_add(self.step);
                    g.next = self.stop.map_or(next, |s| next.min(s));
                }
                (it, wanted)
            };
            match protocol::next(cx, &it)? {
                Some(v) if wanted => return Ok(Some(v)),
                Some(_) => {}
                None => break,
            }
        }
        let old = self.place.lock(&self.head, cx).it.take();
        drop(old);
        Ok(None)
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = self.place.lock(&self.head, cx).it.take();
        drop(old);
    }
}

/// Batch data into tuples of length n. The last batch may be shorter than n.
///
/// Loops over the input iterable and accumulates data into tuples
/// up to size n.  The input is consumed lazily, just enough to
/// fill a batch.  The result is yielded as soon as a batch is full
/// or when the input iterable is exhausted.
///
///     >>> for batch in batched('ABCDEFG', 3):
///     ...     print(batch)
///     ...
///     ('A', 'B', 'C')
///     ('D', 'E', 'F')
///     ('G',)
///
/// If "strict" is True, raises a ValueError if the final batch is shorter
/// than n.
#[pytype(name = "batched", module = "itertools", gc, basetype)]
pub struct Batched {
    pub head: Header,
    it: Guarded<Option<Value>>,
    n: usize,
    strict: bool,
}

#[pymethods]
impl Batched {
    #[new]
    #[sig(iterable, n, *, strict = False)]
    fn new(cls: &Type, iterable: &Value, n: isize, strict: bool, cx: &mut Cx) -> Res<Value> {
        if n < 1 {
            return Err(cx.value_error("n must be at least one"));
        }
        let it = Guarded::new(Some(protocol::iter(cx, iterable)?));
        object::alloc(
            cx,
            cls,
            Batched {
                head: Header::placeholder(),
                it,
                n: n as usize,
                strict,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let it = {
            let g = self.it.lock(&self.head, cx);
            g.as_ref().map(|v| v.clone_in(g.tid()))
        };
        let Some(it) = it else { return Ok(None) };
        let mut out = Vec::with_capacity(self.n.min(1 << 10));
        let done = loop {
            if out.len() == self.n {
                return tuple::new_tuple(cx, out).map(Some);
            }
            match protocol::next(cx, &it) {
                Ok(Some(v)) => {
                    if out.try_reserve(1).is_err() {
                        break Err(cx.memory_error());
                    }
                    out.push(v);
                }
                Ok(None) => break Ok(()),
                Err(r) => break Err(r),
            }
        };
        let old = self.it.lock(&self.head, cx).take();
        drop(old);
        done?;
        if out.is_empty() {
            return Ok(None);
        }
        if self.strict {
            return Err(cx.value_error("batched(): incomplete batch"));
        }
        tuple::new_tuple(cx, out).map(Some)
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = self.it.lock(&self.head, cx).take();
        drop(old);
    }
}

/// Return an iterator of overlapping pairs taken from the input iterator.
///
///     s -> (s0,s1), (s1,s2), (s2, s3), ...
#[pytype(name = "pairwise", module = "itertools", gc, basetype)]
pub struct Pairwise {
    pub head: Header,
    /// The iterator, and the item before.
    state: Guarded<(Option<Value>, Option<Value>)>,
}

impl Pairwise {
    fn end(&self, cx: &mut Cx) {
        let old = std::mem::take(&mut *self.state.lock(&self.head, cx));
        drop(old);
    }
    fn keep(&self, cx: &mut Cx, v: &Value) {
        let mut g = self.state.lock(&self.head, cx);
        let kept = v.clone_in(g.tid());
        let old = if g.0.is_some() {
            g.1.replace(kept)
        } else {
            Some(kept)
        };
        drop(g);
        drop(old);
    }
    /// The iterator and the item before, counted.
    fn now(&self, cx: &mut Cx) -> (Option<Value>, Option<Value>) {
        let g = self.state.lock(&self.head, cx);
        let tid = g.tid();
        (
            g.0.as_ref().map(|v| v.clone_in(tid)),
            g.1.as_ref().map(|v| v.clone_in(tid)),
        )
    }
}

#[pymethods]
impl Pairwise {
    #[new]
    #[sig(iterable, /)]
    fn new(cls: &Type, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        object::alloc(
            cx,
            cls,
            Pairwise {
                head: Header::placeholder(),
                state: Guarded::new((Some(it), None)),
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let (Some(it), mut before) = self.now(cx) else {
            return Ok(None);
        };
        if before.is_none() {
            match protocol::next(cx, &it)? {
                Some(v) => {
                    self.keep(cx, &v);
                    before = Some(v);
                }
                None => {
                    self.end(cx);
                    return Ok(None);
                }
            }
            // The call may have used this iterator up.
            if self.now(cx).0.is_none() {
                return Ok(None);
            }
        }
        let Some(old) = before else { return Ok(None) };
        match protocol::next(cx, &it) {
            Ok(Some(new)) => {
                self.keep(cx, &new);
                pack(cx, [old, new]).map(Some)
            }
            ended => {
                self.end(cx);
                ended
            }
        }
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.end(cx);
    }
}
