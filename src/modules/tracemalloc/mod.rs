//! `_tracemalloc`: this interpreter does not trace allocations, and says so.

use typhon_vm::native::*;

#[pymodule(name = "_tracemalloc")]
pub mod module {
    //! Debug module to trace memory blocks allocated by Python.

    use super::*;

    /// Return True if the tracemalloc module is tracing Python memory allocations.
    #[pyfunction]
    fn is_tracing() -> bool {
        false
    }
    /// Start tracing Python memory allocations.
    #[pyfunction]
    #[sig(nframe = 1, /)]
    fn start(nframe: i64, cx: &mut Cx) -> Res<()> {
        if !(1..=65535).contains(&nframe) {
            return Err(cx.value_error("the number of frames must be in range [1; 65535]"));
        }
        Err(cx.not_implemented("this interpreter does not trace memory allocations"))
    }
    /// Stop tracing Python memory allocations.
    #[pyfunction]
    fn stop() {}
    /// Clear traces of memory blocks allocated by Python.
    #[pyfunction]
    fn clear_traces() {}
    /// Set the peak size of memory blocks traced by tracemalloc to the current size.
    #[pyfunction]
    fn reset_peak() {}
    /// Get the current size and peak size of memory blocks traced by tracemalloc.
    #[pyfunction]
    fn get_traced_memory() -> (i64, i64) {
        (0, 0)
    }
    /// Get the memory usage in bytes of the tracemalloc module.
    #[pyfunction]
    fn get_tracemalloc_memory() -> i64 {
        0
    }
    /// Get the maximum number of frames stored in the traceback of a trace.
    #[pyfunction]
    fn get_traceback_limit() -> i64 {
        1
    }
    /// Get traces of all memory blocks allocated by Python.
    #[pyfunction]
    fn _get_traces(cx: &mut Cx) -> Res<Value> {
        typhon_vm::objects::list::new_list(cx, vec![])
    }
    /// Get the traceback where the Python object obj was allocated.
    #[pyfunction]
    #[sig(obj, /)]
    fn _get_object_traceback(obj: &Value) {
        let _ = obj;
    }
}
