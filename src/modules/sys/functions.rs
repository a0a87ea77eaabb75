//! Settings, limits, introspection of objects.

use super::data;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use typhon_vm::monitor::{self, legacy};
use typhon_vm::native::*;
use typhon_vm::objects::exception::base::exc;
use typhon_vm::objects::exception::handled;
use typhon_vm::objects::generator::agen::{FINALIZER, FIRSTITER};
use typhon_vm::objects::int::text::MAX_STR_DIGITS;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::protocol;

/// Set when the interpreter shuts down.
pub static FINALIZING: AtomicBool = AtomicBool::new(false);
static DLOPEN_FLAGS: AtomicU32 = AtomicU32::new(2);

/// Smallest limit on digits besides none.
const DIGITS_THRESHOLD: i64 = 640;

#[pyfunctions(part = PART, module = "sys")]
pub mod functions {
    use super::*;

    /// Exit the interpreter by raising SystemExit(status).
    ///
    /// If the status is omitted or None, it defaults to zero (i.e., success).
    /// If the status is an integer, it will be used as the system exit status.
    /// If it is another kind of object, it will be printed and the system
    /// exit status will be one (i.e., failure).
    #[pyfunction]
    #[sig(status = None, /)]
    fn exit(status: &Value, cx: &mut Cx) -> Res<Value> {
        let args = if status.is_none() {
            vec![]
        } else if let Some(t) = status.downcast::<Tuple>() {
            t.items().to_vec()
        } else {
            vec![status.clone()]
        };
        Err(cx.raise_args(ExcKind::SystemExit, args))
    }

    /// Return current exception information: (type, value, traceback).
    ///
    /// Return information about the most recent exception caught by an except
    /// clause in the current stack frame or in an older stack frame.
    #[pyfunction]
    fn exc_info(cx: &mut Cx) -> Res<Value> {
        let items = match handled(cx) {
            None => vec![Value::none(), Value::none(), Value::none()],
            Some(e) => {
                let tb = exc(&e).traceback().unwrap_or_else(Value::none);
                vec![e.ty().value(), e, tb]
            }
        };
        new_tuple(cx, items)
    }

    /// Return the current exception.
    ///
    /// Return the most recent exception caught by an except clause
    /// in the current stack frame or in an older stack frame, or None
    /// if no such clause exists.
    #[pyfunction]
    fn exception(cx: &mut Cx) -> Option<Value> {
        handled(cx)
    }

    /// Return the current value of the recursion limit.
    ///
    /// The recursion limit is the maximum depth of the Python interpreter
    /// stack.  This limit prevents infinite recursion from causing an overflow
    /// of the C stack and crashing Python.
    #[pyfunction]
    fn getrecursionlimit(cx: &mut Cx) -> u32 {
        cx.recursion_limit
    }

    /// Set the maximum depth of the Python interpreter stack to n.
    ///
    /// This limit prevents infinite recursion from causing an overflow of the C
    /// stack and crashing Python.  The highest possible limit is platform-
    /// dependent.
    #[pyfunction]
    #[sig(limit, /)]
    fn setrecursionlimit(limit: i32, cx: &mut Cx) -> Res<()> {
        if limit < 1 {
            return Err(cx.value_error("recursion limit must be greater or equal than 1"));
        }
        let depth = cx.depth();
        if depth >= limit as u32 {
            return Err(cx.recursion_error(format!(
                "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
            )));
        }
        cx.set_recursion_limit(limit as u32);
        Ok(())
    }

    /// getsizeof(object [, default]) -> int
    ///
    /// Return the size of object in bytes.
    #[pyfunction]
    #[sig(object, default = absent)]
    #[text_signature(none)]
    fn getsizeof(object: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match size_of_value(cx, object) {
            Ok(n) => Ok(n),
            Err(r) => match default {
                Some(d) => {
                    cx.catch(r, ExcKind::TypeError)?;
                    Ok(d.clone())
                }
                None => Err(r),
            },
        }
    }

    /// Return the reference count of object.
    ///
    /// The count returned is generally one higher than you might expect,
    /// because it includes the (temporary) reference as an argument to
    /// getrefcount().
    #[pyfunction]
    #[sig(object, /)]
    fn getrefcount(object: &Value) -> i64 {
        match object.header() {
            Some(h) if h.is_immortal() => u32::MAX as i64,
            Some(h) => h.refcount() + 1,
            None => u32::MAX as i64,
        }
    }

    /// ``Intern'' the given string.
    ///
    /// This enters the string in the (global) table of interned strings whose
    /// purpose is to speed up dictionary lookups. Return the string itself or
    /// the previously interned string object with the same value.
    #[pyfunction]
    #[sig(string, /)]
    fn intern(string: &Value, cx: &mut Cx) -> Res<Value> {
        if string.downcast::<Str>().is_none() {
            let t = string.type_name();
            return Err(cx.type_error(format!("intern() argument must be str, not {t}")));
        }
        if string.downcast_exact::<Str>().is_none() {
            let t = string.type_name();
            return Err(cx.type_error(format!("can't intern {t}")));
        }
        Ok(typhon_vm::objects::str::intern::intern(string))
    }

    /// Return True if the given string is interned, otherwise return False.
    #[pyfunction]
    #[sig(string, /)]
    fn _is_interned(string: &Str) -> bool {
        string.is_interned()
    }

    /// Return True if the given object is "immortal".
    #[pyfunction]
    #[sig(op, /)]
    fn _is_immortal(op: &Value) -> bool {
        op.header().is_none_or(|h| h.is_immortal())
    }

    /// Return the number of elements of the unicode interned dictionary
    #[pyfunction]
    #[sig(*, _only_immortal = False)]
    fn getunicodeinternedsize(_only_immortal: bool) -> usize {
        typhon_vm::objects::str::intern::count()
    }

    /// Return the number of memory blocks currently allocated.
    #[pyfunction]
    fn getallocatedblocks(cx: &mut Cx) -> usize {
        cx.stop_the_world(|world| {
            let mut n = 0usize;
            typhon_runtime::heap::for_each_object(world, |_, _| n += 1);
            n
        })
    }

    /// Return the current default encoding used by the Unicode implementation.
    #[pyfunction]
    fn getdefaultencoding() -> &'static str {
        "utf-8"
    }

    /// Return the encoding used to convert Unicode filenames to OS filenames.
    #[pyfunction]
    fn getfilesystemencoding() -> &'static str {
        "utf-8"
    }

    /// Return the error mode used for Unicode to OS filename conversion.
    #[pyfunction]
    fn getfilesystemencodeerrors() -> &'static str {
        "surrogateescape"
    }

    /// Return the maximum string digits limit for non-binary int<->str conversions.
    #[pyfunction]
    fn get_int_max_str_digits() -> usize {
        MAX_STR_DIGITS.load(Ordering::Relaxed)
    }

    /// Set the maximum string digits limit for non-binary int<->str conversions.
    #[pyfunction]
    #[sig(maxdigits)]
    fn set_int_max_str_digits(maxdigits: i64, cx: &mut Cx) -> Res<()> {
        if maxdigits != 0 && maxdigits < DIGITS_THRESHOLD {
            return Err(cx.value_error(format!(
                "maxdigits must be >= {DIGITS_THRESHOLD} or 0 for unlimited"
            )));
        }
        MAX_STR_DIGITS.store(maxdigits as usize, Ordering::Relaxed);
        Ok(())
    }

    /// Return the current thread switch interval; see sys.setswitchinterval().
    #[pyfunction]
    fn getswitchinterval() -> f64 {
        typhon_runtime::gil::switch_interval().as_secs_f64()
    }

    /// Set the ideal thread switching delay inside the Python interpreter.
    ///
    /// The actual frequency of switching threads can be lower if the
    /// interpreter executes long sequences of uninterruptible code
    /// (this is implementation-specific and workload-dependent).
    ///
    /// The parameter must represent the desired switching delay in seconds
    /// A typical value is 0.005 (5 milliseconds).
    #[pyfunction]
    #[sig(interval, /)]
    fn setswitchinterval(interval: f64, cx: &mut Cx) -> Res<()> {
        if interval.is_nan() || interval <= 0.0 {
            return Err(cx.value_error("switch interval must be strictly positive"));
        }
        typhon_runtime::gil::set_switch_interval(Duration::from_secs_f64(interval.min(1e6)));
        Ok(())
    }

    /// Return True if the GIL is currently enabled and False if it's disabled.
    #[pyfunction]
    fn _is_gil_enabled() -> bool {
        typhon_runtime::gil::is_enabled()
    }

    /// Return True if Python is exiting.
    #[pyfunction]
    fn is_finalizing() -> bool {
        FINALIZING.load(Ordering::Acquire)
    }

    /// Clear the internal type lookup cache.
    #[pyfunction]
    fn _clear_type_cache() {
        // Nothing to clear: caches stand in the code and check versions.
    }

    /// Clear all internal performance-related caches.
    #[pyfunction]
    fn _clear_internal_caches() {}

    /// Set the global debug tracing function.
    ///
    /// It will be called on each function call.  See the debugger chapter
    /// in the library manual.
    #[pyfunction]
    #[sig(function, /)]
    fn settrace(function: &Value, cx: &mut Cx) -> Res<()> {
        super::super::hooks::audit(cx, "sys.settrace", vec![])?;
        legacy::set_trace(cx, hook(function));
        Ok(())
    }

    /// Return the global debug tracing function set with sys.settrace.
    #[pyfunction]
    fn gettrace(cx: &mut Cx) -> Option<Value> {
        cx.trace.clone()
    }

    /// Set the profiling function.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    #[pyfunction]
    #[sig(function, /)]
    fn setprofile(function: &Value, cx: &mut Cx) -> Res<()> {
        super::super::hooks::audit(cx, "sys.setprofile", vec![])?;
        legacy::set_profile(cx, hook(function));
        Ok(())
    }

    /// Return the profiling function set with sys.setprofile.
    #[pyfunction]
    fn getprofile(cx: &mut Cx) -> Option<Value> {
        cx.profile.clone()
    }

    /// Set the global debug tracing function in all running threads belonging to the current interpreter.
    #[pyfunction]
    #[sig(arg, /)]
    fn _settraceallthreads(arg: &Value, cx: &mut Cx) {
        legacy::set_everywhere(cx, monitor::TRACE, hook(arg));
    }

    /// Set the profiling function in all running threads belonging to the current interpreter.
    #[pyfunction]
    #[sig(arg, /)]
    fn _setprofileallthreads(arg: &Value, cx: &mut Cx) {
        legacy::set_everywhere(cx, monitor::PROFILE, hook(arg));
    }

    /// Call func(*args), while tracing is enabled.
    #[pyfunction]
    #[sig(func, args, /)]
    fn call_tracing(func: &Value, args: &Tuple, cx: &mut Cx) -> Res<Value> {
        // Also from within a trace function.
        let (silent, event) = (cx.watch.silent, cx.watch.event);
        (cx.watch.silent, cx.watch.event) = (0, None);
        let r = protocol::call(cx, func, args.items());
        (cx.watch.silent, cx.watch.event) = (silent, event);
        r
    }

    /// set_asyncgen_hooks([firstiter] [, finalizer])
    ///
    /// Set a finalizer for async generators objects.
    #[pyfunction]
    #[sig(firstiter = absent, finalizer = absent)]
    #[text_signature(none)]
    fn set_asyncgen_hooks(
        firstiter: Option<&Value>,
        finalizer: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        for (name, v) in [("finalizer", finalizer), ("firstiter", firstiter)] {
            if let Some(v) = v
                && !v.is_none()
                && !protocol::is_callable(v)
            {
                let t = v.type_name();
                return Err(cx.type_error(format!("callable {name} expected, got {t}")));
            }
        }
        for (place, v) in [(FIRSTITER, firstiter), (FINALIZER, finalizer)] {
            if let Some(v) = v {
                let new = if v.is_none() { None } else { Some(v.clone()) };
                drop(std::mem::replace(&mut cx.locals[place], new));
            }
        }
        Ok(())
    }

    /// Return the installed asynchronous generators hooks.
    ///
    /// This returns a namedtuple of the form (firstiter, finalizer).
    #[pyfunction]
    fn get_asyncgen_hooks(cx: &mut Cx) -> Res<Value> {
        let hooks =
            [FIRSTITER, FINALIZER].map(|i| cx.locals[i].clone().unwrap_or_else(Value::none));
        data::ASYNCGEN_HOOKS.make(cx, hooks.to_vec())
    }

    /// Enable or disable origin tracking for coroutine objects in this thread.
    ///
    /// Coroutine objects will track 'depth' frames of traceback information
    /// about where they came from, available in their cr_origin attribute.
    #[pyfunction]
    #[sig(depth)]
    fn set_coroutine_origin_tracking_depth(depth: i32, cx: &mut Cx) -> Res<()> {
        if depth < 0 {
            return Err(cx.value_error("depth must be >= 0"));
        }
        cx.watch.origin_depth = depth as u32;
        Ok(())
    }

    /// Check status of origin tracking for coroutine objects in this thread.
    #[pyfunction]
    fn get_coroutine_origin_tracking_depth(cx: &mut Cx) -> u32 {
        cx.watch.origin_depth
    }

    /// Return the current value of the flags that are used for dlopen calls.
    #[pyfunction]
    fn getdlopenflags() -> u32 {
        DLOPEN_FLAGS.load(Ordering::Relaxed)
    }

    /// Set the flags used by the interpreter for dlopen calls.
    #[pyfunction]
    #[sig(flags, /)]
    fn setdlopenflags(flags: i32) {
        DLOPEN_FLAGS.store(flags as u32, Ordering::Relaxed);
    }

    /// Return True if a stack profiler trampoline is active.
    #[pyfunction]
    fn is_stack_trampoline_active() -> bool {
        false
    }

    /// The number of CPUs `-X cpu_count` sets, or -1.
    #[pyfunction]
    fn _get_cpu_count_config() -> i64 {
        let c = super::super::config::config();
        let given = c
            .xoptions
            .iter()
            .find(|(n, _)| n == "cpu_count")
            .and_then(|(_, v)| v.clone());
        let given = given.or_else(|| {
            if c.ignore_environment {
                None
            } else {
                std::env::var("PYTHON_CPU_COUNT").ok()
            }
        });
        given
            .and_then(|v| v.parse().ok())
            .filter(|n| *n > 0)
            .unwrap_or(-1)
    }

    /// Take the descriptors of `__dict__` and `__weakref__` off a class that is being replaced by a copy with slots.
    #[pyfunction]
    #[sig(r#type, /)]
    fn _clear_type_descriptors(r#type: &Value, cx: &mut Cx) -> Res<()> {
        let Some(t) = r#type.downcast::<Type>() else {
            let n = r#type.type_name();
            return Err(cx.type_error(format!(
                "_clear_type_descriptors() argument must be type, not {n}"
            )));
        };
        if !t.spec.load(Ordering::Relaxed).is_null() {
            return Err(cx.type_error("argument is immutable"));
        }
        for name in ["__dict__", "__weakref__"] {
            if t.dict().contains_str(cx, name) {
                let name = typhon_vm::objects::str::intern::intern_str(cx, name)?;
                typhon_vm::objects::typeobj::methods::store(cx, t, r#type, &name, None)?;
            }
        }
        Ok(())
    }

    /// Return True if remote debugging is enabled, False otherwise.
    #[pyfunction]
    fn is_remote_debug_enabled() -> bool {
        false
    }
}

/// A trace or profile function; None for none.
fn hook(f: &Value) -> Option<Value> {
    (!f.is_none()).then(|| f.clone())
}

fn size_of_value(cx: &mut Cx, object: &Value) -> Res<Value> {
    let Some(f) = protocol::lookup_special(cx, object, "__sizeof__")? else {
        let t = object.type_name();
        return Err(cx.type_error(format!("Type {t} doesn't define __sizeof__")));
    };
    let n = protocol::call(cx, &f, &[])?;
    if typhon_vm::number::index_i64(cx, &n)? < 0 {
        return Err(cx.value_error("__sizeof__() should return >= 0"));
    }
    Ok(n)
}
