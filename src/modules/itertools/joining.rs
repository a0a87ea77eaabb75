//! `chain`, `zip_longest`, `starmap`, `accumulate`.

use std::collections::VecDeque;
use typhon_vm::native::*;
use typhon_vm::objects::{genericalias, object, tuple};
use typhon_vm::protocol::{self, BinOp};

/// The iterables to come, and the iterators begun: the first is the one being read. More than one stands there only when
/// threads met at a seam.
struct Links {
    source: Option<Value>,
    begun: VecDeque<Value>,
}

impl Traverse for Links {
    fn traverse(&self, v: &mut Visitor) {
        self.source.traverse(v);
        self.begun.traverse(v);
    }
}

/// Return a chain object whose .__next__() method returns elements from the
/// first iterable until it is exhausted, then elements from the next
/// iterable, until all of the iterables are exhausted.
#[pytype(name = "chain", module = "itertools", gc, basetype)]
pub struct Chain {
    pub head: Header,
    links: Guarded<Links>,
}

impl Chain {
    fn over(cx: &mut Cx, cls: &Type, source: Value) -> Res<Value> {
        let links = Guarded::new(Links {
            source: Some(source),
            begun: VecDeque::new(),
        });
        object::alloc(
            cx,
            cls,
            Chain {
                head: Header::placeholder(),
                links,
            },
        )
    }
    fn end(&self, cx: &mut Cx) {
        let old = self.links.lock(&self.head, cx).source.take();
        drop(old);
    }
}

#[pymethods]
impl Chain {
    #[new]
    #[sig(*iterables)]
    fn new(cls: &Type, iterables: &[Value], cx: &mut Cx) -> Res<Value> {
        let t = tuple::new_tuple_from(cx, iterables.len(), iterables.iter().cloned())?;
        let source = protocol::iter(cx, &t)?;
        Chain::over(cx, cls, source)
    }
    /// Alternative chain() constructor taking a single iterable argument that evaluates lazily.
    #[classmethod]
    #[sig(iterable, /)]
    fn from_iterable(cls: &Type, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let source = protocol::iter(cx, iterable)?;
        Chain::over(cx, cls, source)
    }
    /// See PEP 585
    #[classmethod]
    #[sig(item, /)]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, item)
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        loop {
            let (active, source) = {
                let g = self.links.lock(&self.head, cx);
                let active = g.begun.front().map(|v| v.clone_in(g.tid()));
                let source = if active.is_some() {
                    None
                } else {
                    g.source.as_ref().map(|v| v.clone_in(g.tid()))
                };
                (active, source)
            };
            if let Some(active) = active {
                if let Some(item) = protocol::next(cx, &active)? {
                    return Ok(Some(item));
                }
                let mut g = self.links.lock(&self.head, cx);
                let old = if g.begun.front().is_some_and(|v| v.is(&active)) {
                    g.begun.pop_front()
                } else {
                    None
                };
                drop(g);
                drop(old);
                continue;
            }
            let Some(source) = source else {
                return Ok(None);
            };
            let Some(iterable) = protocol::next(cx, &source)? else {
                self.end(cx);
                return Ok(None);
            };
            match protocol::iter(cx, &iterable) {
                Ok(it) => self.links.lock(&self.head, cx).begun.push_back(it),
                Err(r) => {
                    self.end(cx);
                    return Err(r);
                }
            }
        }
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = {
            let mut g = self.links.lock(&self.head, cx);
            (g.source.take(), std::mem::take(&mut g.begun))
        };
        drop(old);
    }
}

/// Return a zip_longest object whose .__next__() method returns a tuple where
/// the i-th element comes from the i-th iterable argument.  The .__next__()
/// method continues until the longest iterable in the argument sequence
/// is exhausted and then it raises StopIteration.  When the shorter iterables
/// are exhausted, the fillvalue is substituted in their place.  The fillvalue
/// defaults to None or can be specified by a keyword argument.
#[pytype(name = "zip_longest", module = "itertools", gc, basetype)]
pub struct ZipLongest {
    pub head: Header,
    /// None where one has ended.
    its: Guarded<Vec<Option<Value>>>,
    fill: Value,
}

#[pymethods]
impl ZipLongest {
    #[new]
    #[text_signature = "(*iterables, fillvalue=None)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let fill = args.keyword("fillvalue");
        if args.kwvalues.len() > fill.is_some() as usize {
            return Err(cx.type_error("zip_longest() got an unexpected keyword argument"));
        }
        let mut its = Vec::with_capacity(args.pos.len());
        for o in args.pos {
            its.push(Some(protocol::iter(cx, o)?));
        }
        let fill = fill.cloned().unwrap_or_else(Value::none);
        object::alloc(
            cx,
            cls,
            ZipLongest {
                head: Header::placeholder(),
                its: Guarded::new(its),
                fill,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let its: Vec<Option<Value>> = {
            let g = self.its.lock(&self.head, cx);
            g.iter()
                .map(|it| it.as_ref().map(|v| v.clone_in(g.tid())))
                .collect()
        };
        let mut active = its.iter().flatten().count();
        if active == 0 {
            return Ok(None);
        }
        let mut out = Vec::with_capacity(its.len());
        for (i, it) in its.iter().enumerate() {
            let item = match it {
                None => None,
                Some(it) => match protocol::next(cx, it) {
                    Ok(Some(v)) => Some(v),
                    ended => {
                        let old = match &ended {
                            // An error ends them all.
                            Err(_) => std::mem::take(&mut *self.its.lock(&self.head, cx)),
                            _ => vec![
                                self.its
                                    .lock(&self.head, cx)
                                    .get_mut(i)
                                    .and_then(Option::take),
                            ],
                        };
                        drop(old);
                        ended?;
                        active -= 1;
                        if active == 0 {
                            return Ok(None);
                        }
                        None
                    }
                },
            };
            out.push(item.unwrap_or_else(|| self.fill.clone()));
        }
        tuple::new_tuple(cx, out).map(Some)
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = std::mem::take(&mut *self.its.lock(&self.head, cx));
        drop(old);
    }
}

/// Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.
#[pytype(name = "starmap", module = "itertools", gc, basetype)]
pub struct StarMap {
    pub head: Header,
    function: Value,
    it: Value,
}

#[pymethods]
impl StarMap {
    #[new]
    #[sig(function, iterable, /)]
    fn new(cls: &Type, function: Value, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        object::alloc(
            cx,
            cls,
            StarMap {
                head: Header::placeholder(),
                function,
                it,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(args) = protocol::next(cx, &self.it)? else {
            return Ok(None);
        };
        if let Some(t) = args.downcast_exact::<Tuple>() {
            return protocol::call(cx, &self.function, t.items()).map(Some);
        }
        let args = protocol::collect(cx, &args)?;
        protocol::call(cx, &self.function, &args).map(Some)
    }
}

/// Return series of accumulated sums (or other binary function results).
#[pytype(name = "accumulate", module = "itertools", gc, basetype)]
pub struct Accumulate {
    pub head: Header,
    it: Value,
    function: Option<Value>,
    /// What has been handed out; and the initial value that has not.
    state: Guarded<(Option<Value>, Option<Value>)>,
}

#[pymethods]
impl Accumulate {
    #[new]
    #[sig(iterable, func = None, *, initial = None)]
    fn new(
        cls: &Type,
        iterable: &Value,
        func: Option<&Value>,
        initial: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        let state = Guarded::new((None, initial.cloned()));
        object::alloc(
            cx,
            cls,
            Accumulate {
                head: Header::placeholder(),
                it,
                function: func.cloned(),
                state,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        {
            let mut g = self.state.lock(&self.head, cx);
            if let Some(first) = g.1.take() {
                g.0 = Some(first.clone_in(g.tid()));
                return Ok(Some(first));
            }
        }
        let Some(item) = protocol::next(cx, &self.it)? else {
            return Ok(None);
        };
        let total = {
            let g = self.state.lock(&self.head, cx);
            g.0.as_ref().map(|v| v.clone_in(g.tid()))
        };
        let new = match total {
            None => item,
            Some(total) => match &self.function {
                None => protocol::binary(cx, BinOp::Add, &total, &item)?,
                Some(f) => protocol::call(cx, f, &[total, item])?,
            },
        };
        let mut g = self.state.lock(&self.head, cx);
        let kept = new.clone_in(g.tid());
        let old = g.0.replace(kept);
        drop(g);
        drop(old);
        Ok(Some(new))
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = std::mem::take(&mut *self.state.lock(&self.head, cx));
        drop(old);
    }
}
