//! Frames of the running threads.

use typhon_vm::caller;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::exception::handled;
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
        one_thread(cx, "sys._current_frames")?;
        let frame = caller::frame_at(cx, 0)?.unwrap_or_else(Value::none);
        by_thread(cx, frame)
    }

    /// Return a dict mapping each thread's identifier to its current raised exception.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfunction]
    fn _current_exceptions(cx: &mut Cx) -> Res<Value> {
        one_thread(cx, "sys._current_exceptions")?;
        let e = handled(cx).unwrap_or_else(Value::none);
        by_thread(cx, e)
    }
}

fn one_thread(cx: &mut Cx, what: &str) -> Res<()> {
    if typhon_runtime::thread::running_threads() > 1 {
        return Err(cx.not_implemented(format!(
            "{what}() with several threads is not supported yet"
        )));
    }
    Ok(())
}

fn by_thread(cx: &mut Cx, v: Value) -> Res<Value> {
    let d = new_dict(cx)?;
    let ident = super::super::builtins::import::import_absolute_str(cx, "_thread")?;
    let ident = protocol::call_method(cx, &ident, "get_ident", &[])?;
    d.downcast::<Dict>()
        .expect("just made")
        .set(cx, &ident, v)?;
    Ok(d)
}
