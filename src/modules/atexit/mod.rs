//! `atexit`: functions to call when the interpreter ends. The program calls `run_callbacks` at that time.

pub use module::MODULE;

use typhon_vm::native::*;
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::protocol;
use typhon_vm::runtime::sync::Mutex;

#[derive(Clone)]
struct Callback {
    func: Value,
    pos: Vec<Value>,
    names: Option<Value>,
    kwvalues: Vec<Value>,
}

static CALLBACKS: Mutex<Vec<Callback>> = Mutex::new(Vec::new());

/// Call what was registered, newest first, forgetting it. Errors are reported, not raised.
pub fn run_callbacks(cx: &mut Cx) {
    loop {
        let next = CALLBACKS.lock().pop();
        let Some(c) = next else { return };
        let args = Args {
            pos: &c.pos,
            kwvalues: &c.kwvalues,
            kwnames: c.names.as_ref().and_then(|n| n.downcast::<Tuple>()),
        };
        if let Err(r) = protocol::call_args(cx, &c.func, args) {
            typhon_vm::threads::unraisable(cx, r, crate::sys::hooks::ATEXIT_CALLBACK, &c.func);
        }
    }
}

#[pymodule(name = "atexit")]
pub mod module {
    //! allow programmer to define multiple exit functions to be executed
    //! upon normal program termination.
    //!
    //! Two public functions, register and unregister, are defined.
    use super::*;

    /// Register a function to be executed upon normal program termination
    ///
    ///     func - function to be called at exit
    ///     args - optional arguments to pass to func
    ///     kwargs - optional keyword arguments to pass to func
    ///
    ///     func is returned to facilitate usage as a decorator.
    #[pyfunction]
    fn register(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some((func, pos)) = args.pos.split_first() else {
            return Err(cx.type_error("register() takes at least 1 argument (0 given)"));
        };
        if !protocol::is_callable(func) {
            return Err(cx.type_error("the first argument must be callable"));
        }
        let mut names = Vec::new();
        for (n, _) in args.keywords() {
            names.push(new_str(cx, &n.to_string_lossy())?);
        }
        let names = if names.is_empty() {
            None
        } else {
            Some(new_tuple(cx, names)?)
        };
        let c = Callback {
            func: func.clone(),
            pos: pos.to_vec(),
            names,
            kwvalues: args.kwvalues.to_vec(),
        };
        CALLBACKS.lock().push(c);
        Ok(func.clone())
    }

    /// Unregister an exit function which was previously registered using atexit.register
    #[pyfunction]
    #[sig(func, /)]
    fn unregister(func: &Value, cx: &mut Cx) -> Res<()> {
        let all: Vec<Value> = CALLBACKS.lock().iter().map(|c| c.func.clone()).collect();
        for f in all {
            if protocol::equal(cx, &f, func)? {
                let mut gone = Vec::new();
                CALLBACKS.lock().retain(|c| {
                    let same = c.func.is(&f);
                    if same {
                        gone.push(c.clone());
                    }
                    !same
                });
                drop(gone);
            }
        }
        Ok(())
    }

    /// Clear the list of previously registered exit functions.
    #[pyfunction]
    fn _clear() {
        let gone = std::mem::take(&mut *CALLBACKS.lock());
        drop(gone);
    }
    /// Return the number of registered exit functions.
    #[pyfunction]
    fn _ncallbacks() -> usize {
        CALLBACKS.lock().len()
    }
    /// Run all registered exit functions.
    #[pyfunction]
    fn _run_exitfuncs(cx: &mut Cx) {
        run_callbacks(cx);
    }
}
