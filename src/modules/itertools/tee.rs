//! `tee`: iterators over a chain of cells that hold what the source has given. A cell is filled under its own lock; only one
//! thread at a time asks the source (others get a RuntimeError, as reentrant use does).

use crate::support::make;
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::object;
use typhon_vm::protocol;

/// Values per cell.
const CELL: usize = 57;

struct Cells {
    values: Vec<Value>,
    next: Option<Value>,
}

impl Traverse for Cells {
    fn traverse(&self, v: &mut Visitor) {
        self.values.traverse(v);
        self.next.traverse(v);
    }
}

/// Data container common to multiple tee objects.
#[pytype(name = "_tee_dataobject", module = "itertools", gc)]
pub struct TeeData {
    pub head: Header,
    it: Value,
    cells: Guarded<Cells>,
    running: AtomicBool,
}

impl TeeData {
    fn over(it: Value) -> TeeData {
        let cells = Guarded::new(Cells {
            values: Vec::new(),
            next: None,
        });
        TeeData {
            head: Header::placeholder(),
            it,
            cells,
            running: AtomicBool::new(false),
        }
    }

    /// Value `i` of this cell, asked of the source when it is the next one.
    fn get(&self, cx: &mut Cx, i: usize) -> Res<Option<Value>> {
        let known = {
            let g = self.cells.lock(&self.head, cx);
            g.values.get(i).map(|v| v.clone_in(g.tid()))
        };
        if known.is_some() {
            return Ok(known);
        }
        if self.running.swap(true, Ordering::Acquire) {
            return Err(cx.runtime_error("cannot re-enter the tee iterator"));
        }
        let got = self.fill(cx, i);
        self.running.store(false, Ordering::Release);
        got
    }

    fn fill(&self, cx: &mut Cx, i: usize) -> Res<Option<Value>> {
        // Another thread may have filled it before this one won the flag.
        let known = {
            let g = self.cells.lock(&self.head, cx);
            g.values.get(i).map(|v| v.clone_in(g.tid()))
        };
        if known.is_some() {
            return Ok(known);
        }
        let Some(v) = protocol::next(cx, &self.it)? else {
            return Ok(None);
        };
        let mut g = self.cells.lock(&self.head, cx);
        let kept = v.clone_in(g.tid());
        g.values.push(kept);
        Ok(Some(v))
    }

    /// The cell behind this one, made now if there is none.
    fn next_cell(&self, cx: &mut Cx) -> Res<Value> {
        let known = {
            let g = self.cells.lock(&self.head, cx);
            g.next.as_ref().map(|v| v.clone_in(g.tid()))
        };
        if let Some(n) = known {
            return Ok(n);
        }
        let fresh = make(cx, TeeData::over(self.it.clone()))?;
        let mut g = self.cells.lock(&self.head, cx);
        let n = match &g.next {
            Some(n) => n.clone_in(g.tid()),
            None => {
                let kept = fresh.clone_in(g.tid());
                g.next = Some(kept);
                return Ok(fresh);
            }
        };
        drop(g);
        drop(fresh);
        Ok(n)
    }
}

#[pymethods]
impl TeeData {
    #[new]
    #[sig(iterable, values, next, /)]
    fn new(cls: &Type, iterable: &Value, values: &Value, next: &Value, cx: &mut Cx) -> Res<Value> {
        let data = TeeData::over(iterable.clone());
        let values = protocol::collect(cx, values)?;
        if values.len() > CELL
            || (!next.is_none() && (values.len() != CELL || next.downcast::<TeeData>().is_none()))
        {
            return Err(cx.value_error("Invalid arguments"));
        }
        {
            // Not shared yet: the lock is only the way to reach the inside.
            let mut g = data.cells.lock(&data.head, cx);
            g.values = values;
            g.next = Some(next.clone()).filter(|n| !n.is_none());
        }
        object::alloc(cx, cls, data)
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = {
            let mut g = self.cells.lock(&self.head, cx);
            (std::mem::take(&mut g.values), g.next.take())
        };
        drop(old);
    }
}

/// Iterator wrapped to make it copyable.
#[pytype(name = "_tee", module = "itertools", gc, weakrefable)]
pub struct Tee {
    pub head: Header,
    /// The cell and the place in it.
    place: Guarded<(Value, usize)>,
}

/// A tee iterator over an iterator.
pub fn over(cx: &mut Cx, it: &Value) -> Res<Value> {
    let data = make(cx, TeeData::over(it.clone()))?;
    make(
        cx,
        Tee {
            head: Header::placeholder(),
            place: Guarded::new((data, 0)),
        },
    )
}

impl Tee {
    fn now(&self, cx: &mut Cx) -> (Value, usize) {
        let g = self.place.lock(&self.head, cx);
        (g.0.clone_in(g.tid()), g.1)
    }
}

#[pymethods]
impl Tee {
    #[new]
    #[sig(iterable, /)]
    fn new(cls: &Type, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        let place = match it.downcast::<Tee>() {
            Some(t) => t.now(cx),
            None => (make(cx, TeeData::over(it.clone()))?, 0),
        };
        object::alloc(
            cx,
            cls,
            Tee {
                head: Header::placeholder(),
                place: Guarded::new(place),
            },
        )
    }
    /// Returns an independent iterator.
    fn __copy__(&self, cx: &mut Cx) -> Res<Value> {
        let place = Guarded::new(self.now(cx));
        make(
            cx,
            Tee {
                head: Header::placeholder(),
                place,
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
            let (cell, at) = self.now(cx);
            let Some(data) = cell.downcast::<TeeData>() else {
                return Ok(None);
            };
            if at == CELL {
                let next = data.next_cell(cx)?;
                let mut g = self.place.lock(&self.head, cx);
                let old = if g.0.is(&cell) && g.1 == at {
                    std::mem::replace(&mut *g, (next, 0)).0
                } else {
                    next
                };
                drop(g);
                drop(old);
                continue;
            }
            let Some(v) = data.get(cx, at)? else {
                return Ok(None);
            };
            let mut g = self.place.lock(&self.head, cx);
            if g.0.is(&cell) && g.1 == at {
                g.1 = at + 1;
                return Ok(Some(v));
            }
            // Another thread took this one.
            drop(g);
            drop(v);
        }
    }
}
