//! Frames of the running threads.

use typhon_vm::caller;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::frame::object::{all_exceptions, all_frames};
use typhon_vm::protocol;

#[pyfunctions(part = PART, module = "sys")]
pub mod functions {
    use super::*;

    /// Return a frame object from the call stack.
    ///
    /// If optional integer depth is given, return the frame object that many
    /// calls below the top of the stack.  If that is deeper than the call
    /// stack, ValueError is raised.  The default for depth is zero, returning
    /// the frame at the top of the call stack.
    ///
    /// This function should be used for internal and specialized purposes
    /// only.
    #[pyfunction]
    #[sig(depth = 0, /)]
    fn _getframe(depth: i32, cx: &mut Cx) -> Res<Value> {
        match caller::frame_at(cx, depth.max(0) as usize)? {
            Some(f) => Ok(f),
            None => Err(cx.value_error("call stack is not deep enough")),
        }
    }

    /// Return the name of the module for a calling frame.
    ///
    /// The default depth returns the module containing the call to this API.
    /// A more typical use in a library will pass a depth of 1 to get the user's
    /// module rather than the library module.
    ///
    /// If no frame, module, or name can be found, returns None.
    #[pyfunction]
    #[sig(depth = 0)]
    fn _getframemodulename(depth: i32, cx: &mut Cx) -> Res<Value> {
        let Some(f) = caller::frame_at(cx, depth.max(0) as usize)? else {
            return Ok(Value::none());
        };
        let g = protocol::getattr_str(cx, &f, "f_globals")?;
        Ok(g.downcast::<Dict>()
            .and_then(|g| g.get_named(cx, "__name__"))
            .unwrap_or_else(Value::none))
    }

    /// Return a dict mapping each thread's thread id to its current stack frame.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfunction]
    fn _current_frames(cx: &mut Cx) -> Res<Value> {
        let d = new_dict(cx)?;
        for (ident, frame) in all_frames(cx)? {
            by_thread(cx, &d, ident, frame)?;
        }
        Ok(d)
    }

    /// Return a dict mapping each thread's identifier to its current raised exception.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfunction]
    fn _current_exceptions(cx: &mut Cx) -> Res<Value> {
        let d = new_dict(cx)?;
        for (ident, e) in all_exceptions(cx) {
            by_thread(cx, &d, ident, e.unwrap_or_else(Value::none))?;
        }
        Ok(d)
    }
}

fn by_thread(cx: &mut Cx, d: &Value, ident: u64, v: Value) -> Res<()> {
    let key = typhon_vm::objects::int::new_int(cx, ident as i64)?;
    match d.downcast::<Dict>() {
        Some(d) => d.set(cx, &key, v),
        None => Ok(()),
    }
}
