//! `groupby` and the iterators over its groups, which share one state.

use crate::support::{make, pack};
use typhon_vm::native::*;
use typhon_vm::objects::object;
use typhon_vm::protocol;

#[derive(Default)]
struct State {
    /// The key of the group last handed out.
    target: Option<Value>,
    /// The item read last that nobody has taken, and its key.
    key: Option<Value>,
    value: Option<Value>,
    /// The number of the group last handed out; older groups have ended.
    group: u64,
}

impl Traverse for State {
    fn traverse(&self, v: &mut Visitor) {
        self.target.traverse(v);
        self.key.traverse(v);
        self.value.traverse(v);
    }
}

/// make an iterator that returns consecutive keys and groups from the iterable
///
///   iterable
///     Elements to divide into groups according to the key function.
///   key
///     A function for computing the group category for each element.
///     If the key function is not specified or is None, the element itself
///     is used for grouping.
#[pytype(name = "groupby", module = "itertools", gc, basetype)]
pub struct GroupBy {
    pub head: Header,
    it: Value,
    function: Option<Value>,
    state: Guarded<State>,
}

impl GroupBy {
    /// Read one item more. False at the end.
    fn step(&self, cx: &mut Cx) -> Res<bool> {
        let Some(value) = protocol::next(cx, &self.it)? else {
            return Ok(false);
        };
        let key = match &self.function {
            None => value.clone(),
            Some(f) => protocol::call(cx, f, std::slice::from_ref(&value))?,
        };
        let mut g = self.state.lock(&self.head, cx);
        let old = (g.value.replace(value), g.key.replace(key));
        drop(g);
        drop(old);
        Ok(true)
    }
    fn keys(&self, cx: &mut Cx) -> (Option<Value>, Option<Value>) {
        let g = self.state.lock(&self.head, cx);
        let tid = g.tid();
        (
            g.target.as_ref().map(|v| v.clone_in(tid)),
            g.key.as_ref().map(|v| v.clone_in(tid)),
        )
    }
}

#[pymethods]
impl GroupBy {
    #[new]
    #[sig(iterable, key = None)]
    fn new(cls: &Type, iterable: &Value, key: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        let g = GroupBy {
            head: Header::placeholder(),
            it,
            function: key.cloned(),
            state: Guarded::new(State::default()),
        };
        object::alloc(cx, cls, g)
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(this: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(by) = this.downcast::<GroupBy>() else {
            return Ok(None);
        };
        by.state.lock(&by.head, cx).group += 1;
        // Skip to the next group.
        let key = loop {
            match by.keys(cx) {
                (_, None) => {}
                (None, Some(key)) => break key,
                (Some(target), Some(key)) => {
                    if !protocol::equal(cx, &target, &key)? {
                        break key;
                    }
                }
            }
            if !by.step(cx)? {
                return Ok(None);
            }
        };
        let mut g = by.state.lock(&by.head, cx);
        let kept = key.clone_in(g.tid());
        let old = g.target.replace(kept);
        let number = g.group;
        drop(g);
        drop(old);
        let group = make(
            cx,
            Grouper {
                head: Header::placeholder(),
                parent: this.clone(),
                key: key.clone(),
                number,
            },
        )?;
        pack(cx, [key, group]).map(Some)
    }
    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = std::mem::take(&mut *self.state.lock(&self.head, cx));
        drop(old);
    }
}

#[pytype(name = "_grouper", module = "itertools", gc)]
pub struct Grouper {
    pub head: Header,
    parent: Value,
    key: Value,
    number: u64,
}

#[pymethods]
impl Grouper {
    #[new]
    #[sig(parent, tgtkey, /)]
    #[text_signature(none)]
    fn new(cls: &Type, parent: &Value, tgtkey: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(by) = parent.downcast::<GroupBy>() else {
            return Err(crate::support::wrong_type(
                cx,
                "_grouper() argument 1",
                "itertools.groupby",
                parent,
            ));
        };
        let number = by.state.lock(&by.head, cx).group;
        object::alloc(
            cx,
            cls,
            Grouper {
                head: Header::placeholder(),
                parent: parent.clone(),
                key: tgtkey.clone(),
                number,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(by) = self.parent.downcast::<GroupBy>() else {
            return Ok(None);
        };
        let (current, waiting) = {
            let g = by.state.lock(&by.head, cx);
            (g.group == self.number, g.value.is_some())
        };
        if !current || (!waiting && !by.step(cx)?) {
            return Ok(None);
        }
        let (_, Some(key)) = by.keys(cx) else {
            return Ok(None);
        };
        if !protocol::equal(cx, &self.key, &key)? {
            return Ok(None);
        }
        let mut g = by.state.lock(&by.head, cx);
        let (value, key) = (g.value.take(), g.key.take());
        drop(g);
        drop(key);
        Ok(value)
    }
}
