//! `_heapq`: heaps in lists. The steps are in `objects/list/heap.rs`.

use typhon_vm::native::*;
use typhon_vm::objects::List;
use typhon_vm::protocol;

#[pymodule(name = "_heapq")]
pub mod module {
    //! Heap queue algorithm (a.k.a. priority queue).
    //!
    //! Heaps are arrays for which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for
    //! all k, counting elements from 0.  For the sake of comparison,
    //! non-existing elements are considered to be infinite.  The interesting
    //! property of a heap is that a[0] is always its smallest element.

    use super::*;

    #[pyattr]
    const __about__: &str = "Heap queues\n\nA heap is kept in a list: the children of item k stand at 2*k+1 and 2*k+2.\n";

    /// Push item onto heap, maintaining the heap invariant.
    #[pyfunction]
    #[sig(heap, item, /)]
    fn heappush(heap: &List, item: Value, cx: &mut Cx) -> Res<()> {
        push(cx, heap, item, false)
    }
    /// Push item onto max heap, maintaining the heap invariant.
    #[pyfunction]
    #[sig(heap, item, /)]
    fn heappush_max(heap: &List, item: Value, cx: &mut Cx) -> Res<()> {
        push(cx, heap, item, true)
    }
    /// Pop the smallest item off the heap, maintaining the heap invariant.
    #[pyfunction]
    #[sig(heap, /)]
    fn heappop(heap: &List, cx: &mut Cx) -> Res<Value> {
        pop(cx, heap, false)
    }
    /// Maxheap variant of heappop.
    #[pyfunction]
    #[sig(heap, /)]
    fn heappop_max(heap: &List, cx: &mut Cx) -> Res<Value> {
        pop(cx, heap, true)
    }
    /// Pop and return the current smallest value, and add the new item.
    ///
    /// This is more efficient than heappop() followed by heappush(), and can be
    /// more appropriate when using a fixed-size heap.  Note that the value
    /// returned may be larger than item!  That constrains reasonable uses of
    /// this routine unless written as part of a conditional replacement:
    ///
    ///     if item > heap[0]:
    ///         item = heapreplace(heap, item)
    #[pyfunction]
    #[sig(heap, item, /)]
    fn heapreplace(heap: &List, item: Value, cx: &mut Cx) -> Res<Value> {
        replace(cx, heap, item, false)
    }
    /// Maxheap variant of heapreplace.
    #[pyfunction]
    #[sig(heap, item, /)]
    fn heapreplace_max(heap: &List, item: Value, cx: &mut Cx) -> Res<Value> {
        replace(cx, heap, item, true)
    }
    /// Push item on the heap, then pop and return the smallest item from the heap.
    ///
    /// The combined action runs more efficiently than heappush() followed by
    /// a separate call to heappop().
    #[pyfunction]
    #[sig(heap, item, /)]
    fn heappushpop(heap: &List, item: Value, cx: &mut Cx) -> Res<Value> {
        push_pop(cx, heap, item, false)
    }
    /// Maxheap variant of heappushpop.
    ///
    /// The combined action runs more efficiently than heappush_max() followed by
    /// a separate call to heappop_max().
    #[pyfunction]
    #[sig(heap, item, /)]
    fn heappushpop_max(heap: &List, item: Value, cx: &mut Cx) -> Res<Value> {
        push_pop(cx, heap, item, true)
    }
    /// Transform list into a heap, in-place, in O(len(heap)) time.
    #[pyfunction]
    #[sig(heap, /)]
    fn heapify(heap: &List, cx: &mut Cx) -> Res<()> {
        build(cx, heap, false)
    }
    /// Maxheap variant of heapify.
    #[pyfunction]
    #[sig(heap, /)]
    fn heapify_max(heap: &List, cx: &mut Cx) -> Res<()> {
        build(cx, heap, true)
    }
}

fn push(cx: &mut Cx, heap: &List, item: Value, max: bool) -> Res<()> {
    heap.push(cx, item)?;
    heap.heap_raise(cx, 0, heap.len().saturating_sub(1), max)
}

fn pop(cx: &mut Cx, heap: &List, max: bool) -> Res<Value> {
    let last = heap.remove_at(cx, |n| n.checked_sub(1));
    let Some(last) = last else {
        return Err(cx.index_error("index out of range"));
    };
    match heap.heap_exchange_root(cx, last) {
        Err(last) => Ok(last),
        Ok(root) => {
            heap.heap_sink(cx, 0, max)?;
            Ok(root)
        }
    }
}

fn replace(cx: &mut Cx, heap: &List, item: Value, max: bool) -> Res<Value> {
    match heap.heap_exchange_root(cx, item) {
        Err(_) => Err(cx.index_error("index out of range")),
        Ok(root) => {
            heap.heap_sink(cx, 0, max)?;
            Ok(root)
        }
    }
}

fn push_pop(cx: &mut Cx, heap: &List, item: Value, max: bool) -> Res<Value> {
    let Some(root) = heap.get(cx, 0) else {
        return Ok(item);
    };
    let (a, b) = if max { (&item, &root) } else { (&root, &item) };
    if !protocol::compare_bool(cx, a, b, CmpOp::Lt)? {
        return Ok(item);
    }
    replace(cx, heap, item, max)
}

fn build(cx: &mut Cx, heap: &List, max: bool) -> Res<()> {
    for i in (0..heap.len() / 2).rev() {
        heap.heap_sink(cx, i, max)?;
    }
    Ok(())
}
