//! `displayhook`, `excepthook`, `unraisablehook`, `breakpointhook`, and audit hooks.

use super::data::UNRAISABLE_ARGS;
use std::sync::atomic::Ordering;
use typhon_runtime::sync::Mutex;
use typhon_vm::init::sys_get;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::exception::base::exc;
use typhon_vm::objects::exception::{render, traceback};
use typhon_vm::objects::frame::object::FrameObj;
use typhon_vm::objects::str::{codec, new_str};
use typhon_vm::protocol;

static AUDIT: Mutex<Vec<Value>> = Mutex::new(Vec::new());

/// Tell the audit hooks of an event.
pub fn audit(cx: &mut Cx, event: &str, args: Vec<Value>) -> Res<()> {
    let hooks: Vec<Value> = AUDIT.lock().clone();
    if hooks.is_empty() {
        return Ok(());
    }
    let event = new_str(cx, event)?;
    let args = typhon_vm::objects::tuple::new_tuple(cx, args)?;
    for h in hooks {
        protocol::call(cx, &h, &[event.clone(), args.clone()])?;
    }
    Ok(())
}

/// Write text to `sys.stderr`, or to the descriptor when there is none or it fails.
pub fn write_stderr(cx: &mut Cx, text: &str) {
    match new_str(cx, text) {
        Ok(v) => write_text_to_stderr(cx, &v),
        Err(r) => drop(cx.take_exc(r)),
    }
}

/// The same with a str, which may hold what no encoding takes: the stream decides.
pub fn write_text_to_stderr(cx: &mut Cx, text: &Value) {
    if let Some(f) = sys_get(cx, "stderr") {
        if f.is_none() {
            return;
        }
        match protocol::call_method(cx, &f, "write", std::slice::from_ref(text)) {
            Ok(_) => return,
            Err(r) => drop(cx.take_exc(r)),
        }
    }
    if let Some(text) = text.downcast::<Str>() {
        let _ = super::stream::write_fd(cx, 2, text.to_string_lossy().as_bytes());
    }
}

/// Flush a standard stream; the exception if that fails.
fn try_flush(cx: &mut Cx, name: &'static str) -> Result<(), Value> {
    let Some(f) = sys_get(cx, name).filter(|f| !f.is_none()) else {
        return Ok(());
    };
    if let Ok(Some(c)) =
        protocol::getattr_str_opt(cx, &f, "closed").map_err(|r| drop(cx.take_exc(r)))
        && c.is_true()
    {
        return Ok(());
    }
    match protocol::call_method(cx, &f, "flush", &[]) {
        Ok(_) => Ok(()),
        Err(r) => Err(cx.take_exc(r)),
    }
}

/// Flush a standard stream, whatever happens.
pub fn flush(cx: &mut Cx, name: &'static str) {
    drop(try_flush(cx, name));
}

/// Flush standard output at the end of the program: a failure is told.
pub fn flush_stdout_at_end(cx: &mut Cx) -> bool {
    let Err(e) = try_flush(cx, "stdout") else {
        return true;
    };
    let what = "Exception ignored while flushing sys.stdout";
    if let Err(r) = unraisable(cx, e, what, &Value::none()) {
        drop(cx.take_exc(r));
    }
    false
}

/// What is said of a failed exit function: its name stands in the message.
pub const ATEXIT_CALLBACK: &str = "Exception ignored in atexit callback";

/// What the interpreter does with an exception that nobody can handle: `sys.unraisablehook`, or the default.
/// Of an exception that ends a thread of `_thread`.
const THREAD_START: &str = "Exception ignored in thread started by";

pub fn unraisable(cx: &mut Cx, e: Value, what: &str, object: &Value) -> Res<()> {
    let (msg, object) = if object.is_none() {
        (what.to_owned(), Value::none())
    } else if what.starts_with("Exception ignored while")
        || what == THREAD_START
        || what == ATEXIT_CALLBACK
    {
        let shown = match protocol::repr_string(cx, object) {
            Ok(s) => s,
            Err(r) => {
                drop(cx.take_exc(r));
                "<object repr() failed>".to_owned()
            }
        };
        (format!("{what} {shown}"), Value::none())
    } else {
        (what.to_owned(), object.clone())
    };
    let msg = new_str(cx, &msg)?;
    // What native code raised shows where it did.
    if exc(&e).traceback().is_none()
        && let Some(frame) = typhon_vm::caller::frame_at(cx, 0)?
        && let Some(f) = frame.downcast::<FrameObj>()
    {
        let (lasti, line) = (f.lasti_now(cx), f.line_now(cx));
        traceback::add_entry(cx, &e, frame.clone(), lasti, line)?;
    }
    let tb = exc(&e).traceback().unwrap_or_else(Value::none);
    let args = UNRAISABLE_ARGS.make(cx, vec![e.ty().value(), e, tb, msg, object])?;
    match sys_get(cx, "unraisablehook") {
        Some(h) if !h.is_none() => {
            if let Err(r) = protocol::call(cx, &h, std::slice::from_ref(&args)) {
                let e = cx.take_exc(r);
                let what = new_str(cx, "Exception ignored in sys.unraisablehook")?;
                let tb = exc(&e).traceback().unwrap_or_else(Value::none);
                let args = UNRAISABLE_ARGS.make(cx, vec![e.ty().value(), e, tb, what, h])?;
                show_unraisable(cx, &args)?;
            }
            Ok(())
        }
        _ => show_unraisable(cx, &args),
    }
}

/// `sys.__unraisablehook__`.
fn show_unraisable(cx: &mut Cx, args: &Value) -> Res<()> {
    let Some(t) = args.downcast::<Tuple>().filter(|t| t.len() >= 5) else {
        return Err(cx.type_error("sys.unraisablehook argument type must be UnraisableHookArgs"));
    };
    let items = t.items();
    let (exc_type, value, msg, object) = (&items[0], &items[1], &items[3], &items[4]);
    let mut out = String::new();
    let msg = msg.downcast::<Str>().map(|s| s.to_string_lossy());
    if !object.is_none() {
        out.push_str(msg.as_deref().unwrap_or("Exception ignored in"));
        out.push_str(": ");
        match protocol::repr_string(cx, object) {
            Ok(s) => out.push_str(&s),
            Err(r) => {
                drop(cx.take_exc(r));
                out.push_str("<object repr() failed>");
            }
        }
        out.push('\n');
    } else if let Some(m) = msg {
        out.push_str(&m);
        out.push_str(":\n");
    }
    if value.is_none() {
        let name = exc_type
            .downcast::<Type>()
            .map_or_else(|| "<unknown>".into(), |t| t.name());
        out.push_str(&name);
        out.push('\n');
    } else {
        let with_source = !super::functions::FINALIZING.load(Ordering::Acquire);
        out.push_str(&render::format_unraisable(cx, value, with_source));
    }
    write_stderr(cx, &out);
    flush(cx, "stderr");
    Ok(())
}

#[pyfunctions(part = PART, module = "sys")]
pub mod functions {
    use super::*;

    /// Print an object to sys.stdout and also save it in builtins._
    #[pyfunction]
    #[sig(object, /)]
    fn displayhook(object: &Value, cx: &mut Cx) -> Res<()> {
        let Some(b) = typhon_vm::init::builtins().cloned() else {
            return Err(cx.runtime_error("lost builtins module"));
        };
        let Some(d) = b.downcast::<Dict>() else {
            return Ok(());
        };
        if object.is_none() {
            return Ok(());
        }
        d.set_str(cx, "_", Value::none())?;
        let Some(out) = sys_get(cx, "stdout").filter(|v| !v.is_none()) else {
            return Err(cx.runtime_error("lost sys.stdout"));
        };
        let text = protocol::repr(cx, object)?;
        if let Err(r) = protocol::call_method(cx, &out, "write", std::slice::from_ref(&text)) {
            cx.catch(r, ExcKind::UnicodeEncodeError)?;
            // The stream's encoding cannot say it: with escapes instead.
            let encoding = protocol::getattr_str(cx, &out, "encoding")?;
            let encoding = encoding
                .downcast::<Str>()
                .map(|s| s.to_string_lossy())
                .unwrap_or_else(|| "utf-8".into());
            let s = text.downcast::<Str>().expect("repr gives a str");
            let bytes = codec::encode(cx, s, Some(&encoding), Some("backslashreplace"))?;
            let data = typhon_vm::objects::buffer::get(cx, &bytes, false)?.to_vec();
            let again = codec::decode(cx, &data, Some(&encoding), Some("strict"))?;
            protocol::call_method(cx, &out, "write", &[again])?;
        }
        let nl = new_str(cx, "\n")?;
        protocol::call_method(cx, &out, "write", &[nl])?;
        d.set_str(cx, "_", object.clone())
    }

    /// Handle an exception by displaying it with a traceback on sys.stderr.
    #[pyfunction]
    #[sig(exctype, value, traceback, /)]
    fn excepthook(exctype: &Value, value: &Value, traceback: &Value, cx: &mut Cx) -> Res<()> {
        let _ = exctype;
        if !typhon_vm::objects::exception::is_exception(value) {
            let t = value.type_name();
            write_stderr(
                cx,
                &format!("TypeError: print_exception(): Exception expected for value, {t} found\n"),
            );
            return Ok(());
        }
        let e = exc(value);
        if !traceback.is_none() && e.traceback().is_none() {
            e.set_traceback(cx, Some(traceback.clone()));
        }
        render::print_exception(cx, value);
        Ok(())
    }

    /// Handle an unraisable exception.
    ///
    /// The unraisable argument has the following attributes:
    ///
    /// * exc_type: Exception type.
    /// * exc_value: Exception value, can be None.
    /// * exc_traceback: Exception traceback, can be None.
    /// * err_msg: Error message, can be None.
    /// * object: Object causing the exception, can be None.
    #[pyfunction]
    #[sig(unraisable, /)]
    fn unraisablehook(unraisable: &Value, cx: &mut Cx) -> Res<()> {
        show_unraisable(cx, unraisable)
    }

    /// This hook function is called by built-in breakpoint().
    #[pyfunction]
    fn breakpointhook(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let name = if super::super::config::config().ignore_environment {
            None
        } else {
            std::env::var("PYTHONBREAKPOINT").ok()
        };
        let name = match name.as_deref() {
            None | Some("") => "pdb.set_trace".to_owned(),
            Some("0") => return Ok(Value::none()),
            Some(n) => n.to_owned(),
        };
        let (module, attr) = name.rsplit_once('.').unwrap_or(("builtins", &name));
        let module_v = new_str(cx, module)?;
        let found = match crate::builtins::import::import_absolute(cx, &module_v) {
            Ok(m) => {
                let attr = new_str(cx, attr)?;
                protocol::getattr_opt(cx, &m, &attr)?
            }
            Err(r) => {
                cx.catch(r, ExcKind::ImportError)?;
                None
            }
        };
        match found {
            Some(f) => protocol::call_args(cx, &f, args),
            None => {
                crate::warnings::warn(
                    cx,
                    ExcKind::RuntimeWarning,
                    &format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{name}\""),
                    1,
                )?;
                Ok(Value::none())
            }
        }
    }

    /// audit(event, *args)
    ///
    /// Passes the event to any hooks that are attached.
    #[pyfunction]
    #[sig(event, /, *args)]
    fn audit(event: &Str, args: &[Value], cx: &mut Cx) -> Res<()> {
        if AUDIT.lock().is_empty() {
            return Ok(());
        }
        let event = event.to_string_lossy();
        super::audit(cx, &event, args.to_vec())
    }

    /// Adds a new audit hook callback.
    #[pyfunction]
    #[sig(hook)]
    fn addaudithook(hook: &Value, cx: &mut Cx) -> Res<()> {
        if let Err(r) = super::audit(cx, "sys.addaudithook", vec![]) {
            // A hook may forbid others.
            return cx.catch(r, ExcKind::RuntimeError);
        }
        AUDIT.lock().push(hook.clone());
        Ok(())
    }
}
