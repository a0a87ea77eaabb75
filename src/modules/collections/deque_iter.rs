//! The iterators of deques. Their state is written only under the lock of the deque they walk, so sharing one between
//! threads neither doubles nor loses an item.

use super::deque::Deque;
use crate::support::{make, pack};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::object;

/// A place in a deque.
pub struct Walk {
    deque: Value,
    /// Items still to come.
    left: AtomicUsize,
    /// The deque's version at the start.
    version: AtomicU64,
}

impl Traverse for Walk {
    fn traverse(&self, v: &mut Visitor) {
        self.deque.traverse(v);
    }
}

impl Walk {
    fn new(cx: &mut Cx, deque: &Value, skip: usize) -> Walk {
        let (mut left, mut version) = (0, 0);
        if let Some(d) = deque.downcast::<Deque>() {
            let s = d.state.lock(&d.head, cx);
            (left, version) = (s.items.len().saturating_sub(skip), s.version);
        }
        Walk {
            deque: deque.clone(),
            left: AtomicUsize::new(left),
            version: AtomicU64::new(version),
        }
    }

    fn next(&self, cx: &mut Cx, backward: bool) -> Res<Option<Value>> {
        let Some(d) = self.deque.downcast::<Deque>() else {
            return Ok(None);
        };
        let s = d.state.lock(&d.head, cx);
        if s.version != self.version.load(Ordering::Relaxed) {
            self.left.store(0, Ordering::Relaxed);
            drop(s);
            return Err(cx.runtime_error("deque mutated during iteration"));
        }
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Ok(None);
        }
        self.left.store(left - 1, Ordering::Relaxed);
        let at = if backward {
            left - 1
        } else {
            s.items.len() - left
        };
        Ok(Some(s.items[at].clone_in(s.tid())))
    }

    fn reduce(&self, cx: &mut Cx, this: &Value) -> Res<Value> {
        let n = match self.deque.downcast::<Deque>() {
            Some(d) => d.len(cx),
            None => 0,
        };
        let done = n
            .saturating_sub(self.left.load(Ordering::Relaxed))
            .into_value(cx)?;
        let args = pack(cx, [self.deque.clone(), done])?;
        let cls = this.ty().value();
        pack(cx, [cls, args])
    }
}

macro_rules! iterators {
    ($($t:ident $name:tt $backward:tt,)*) => { $(
        #[pytype(name = $name, module = "collections", gc)]
        pub struct $t {
            pub head: Header,
            walk: Walk,
        }

        impl $t {
            pub fn over(cx: &mut Cx, deque: &Value) -> Res<Value> {
                let walk = Walk::new(cx, deque, 0);
                make(cx, $t { head: Header::placeholder(), walk })
            }
        }

        #[pymethods]
        impl $t {
            #[new]
            #[sig(deque, index = 0, /)]
            #[text_signature(none)]
            fn new(cls: &Type, deque: &Value, index: Index, cx: &mut Cx) -> Res<Value> {
                if deque.downcast::<Deque>().is_none() {
                    return Err(crate::support::wrong_type(cx, concat!($name, "() argument 1"), "collections.deque", deque));
                }
                let walk = Walk::new(cx, deque, index.0.max(0) as usize);
                object::alloc(cx, cls, $t { head: Header::placeholder(), walk })
            }
            #[slot]
            fn iter(this: &Value) -> Value {
                this.clone()
            }
            #[slot]
            fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
                self.walk.next(cx, $backward)
            }
            /// Private method returning an estimate of len(list(it)).
            fn __length_hint__(&self) -> usize {
                self.walk.left.load(Ordering::Relaxed)
            }
            /// Return state information for pickling.
            fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
                match this.downcast::<$t>() {
                    Some(it) => it.walk.reduce(cx, this),
                    None => Ok(Value::none()),
                }
            }
        }
    )* };
}

iterators! {
    DequeIter "_deque_iterator" false,
    DequeRevIter "_deque_reverse_iterator" true,
}
