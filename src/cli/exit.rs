//! How the process ends.

use typhon_modules::sys::hooks;
use typhon_vm::native::*;
use typhon_vm::objects::exception::base::exc;
use typhon_vm::objects::exception::{is_kind, render};
use typhon_vm::objects::int::{IntRef, as_int};
use typhon_vm::{Raised, init, process, protocol};

/// Stands for an uncaught KeyboardInterrupt: the process dies of SIGINT, so that the shell knows.
pub const INTERRUPTED: i32 = 128 + libc::SIGINT;

/// Ends the process at once: other threads may still be at work.
pub fn now(code: i32) -> ! {
    if code == INTERRUPTED {
        process::die_of_interrupt();
    }
    process::exit_now(code)
}

/// The exit code for an exception that the program did not catch; it is shown.
pub fn code_of(cx: &mut Cx, raised: Raised) -> i32 {
    let e = cx.take_exc(raised);
    if is_kind(&e, ExcKind::SystemExit) {
        return system_exit(cx, &e);
    }
    if let Some(code) = show(cx, &e) {
        return code;
    }
    if is_kind(&e, ExcKind::KeyboardInterrupt) {
        INTERRUPTED
    } else {
        1
    }
}

/// `SystemExit`: its code, or its text on standard error.
pub fn system_exit(cx: &mut Cx, e: &Value) -> i32 {
    let code = match protocol::getattr_str_opt(cx, e, "code") {
        Ok(c) => c.unwrap_or_else(|| e.clone()),
        Err(r) => {
            drop(cx.take_exc(r));
            e.clone()
        }
    };
    if code.is_none() {
        return 0;
    }
    if let Some(i) = as_int(&code) {
        return match i {
            IntRef::Small(n) => i32::try_from(n).map_or(-1, |n| n & 0xFF),
            IntRef::Big(_) => 255,
        };
    }
    let text = match protocol::str(cx, &code) {
        Ok(t) => Some(t),
        Err(r) => {
            drop(cx.take_exc(r));
            None
        }
    };
    hooks::flush(cx, "stdout");
    if let Some(text) = text {
        hooks::write_text_to_stderr(cx, &text);
    }
    hooks::write_stderr(cx, "\n");
    hooks::flush(cx, "stderr");
    1
}

/// Show an exception through `sys.excepthook`; the exit code if the hook wants the program to end.
pub fn show(cx: &mut Cx, e: &Value) -> Option<i32> {
    let tb = exc(e).traceback().unwrap_or_else(Value::none);
    for (name, v) in [
        ("last_exc", e.clone()),
        ("last_type", e.ty().value()),
        ("last_value", e.clone()),
        ("last_traceback", tb.clone()),
    ] {
        set_sys(cx, name, v);
    }
    hooks::flush(cx, "stdout");
    match init::sys_get(cx, "excepthook") {
        Some(hook) => {
            if let Err(r) = protocol::call(cx, &hook, &[e.ty().value(), e.clone(), tb]) {
                let second = cx.take_exc(r);
                if is_kind(&second, ExcKind::SystemExit) {
                    return Some(system_exit(cx, &second));
                }
                hooks::write_stderr(cx, "Error in sys.excepthook:\n");
                render::print_exception(cx, &second);
                hooks::write_stderr(cx, "\nOriginal exception was:\n");
                render::print_exception(cx, e);
            }
        }
        None => {
            hooks::write_stderr(cx, "sys.excepthook is missing\n");
            render::print_exception(cx, e);
        }
    }
    hooks::flush(cx, "stderr");
    None
}

pub fn set_sys(cx: &mut Cx, name: &str, v: Value) {
    let d = init::with_globals(|g| g.sys_dict.clone());
    if let Some(d) = d
        && let Some(d) = d.downcast::<typhon_vm::objects::Dict>()
        && let Err(r) = d.set_str(cx, name, v)
    {
        drop(cx.take_exc(r));
    }
}
