//! The iterator of a memoryview: its position is an atomic word.

use super::{MemoryView, methods};
use crate::native::*;
use std::sync::atomic::{AtomicUsize, Ordering};

#[pytype(name = "memory_iterator", gc, no_new, static_index = MEMORY_ITER)]
pub struct MemoryIter {
    pub head: Header,
    source: Value,
    #[skip]
    at: AtomicUsize,
    #[skip]
    len: usize,
}

/// `iter(view)`.
pub fn new_iter(cx: &mut Cx, this: &Value, len: usize) -> Res<Value> {
    let payload = MemoryIter {
        head: Header::placeholder(),
        source: this.clone(),
        at: AtomicUsize::new(0),
        len,
    };
    crate::objects::object::alloc(cx, Type::of::<MemoryIter>(), payload)
}

#[pymethods]
impl MemoryIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let claimed = self
            .at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |i| {
                (i < self.len).then_some(i + 1)
            });
        match (claimed, self.source.downcast::<MemoryView>()) {
            (Ok(i), Some(m)) => methods::item(cx, m, i as isize).map(Some),
            _ => Ok(None),
        }
    }
}
