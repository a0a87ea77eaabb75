//! `OSError`: the class chosen by `errno` (PEP 3151), its attributes, and how native code raises it.

use super::base::{base_str, exc, no_keywords};
use super::families::{extra, method, receiver_of};
use super::{alloc_exception, new_bare};
use crate::native::*;
use crate::objects::int::as_int;
use crate::objects::str::new_str;
use crate::objects::tuple::new_tuple;
use crate::protocol;

const ERRNO: usize = 0;
const STRERROR: usize = 1;
const FILENAME: usize = 2;
const FILENAME2: usize = 3;
const WRITTEN: usize = 4;

/// The subclass of `OSError` for an error number.
pub fn kind_of_errno(errno: i64) -> ExcKind {
    let Ok(n) = i32::try_from(errno) else {
        return ExcKind::OSError;
    };
    match n {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => ExcKind::BlockingIOError,
        libc::EPIPE | libc::ESHUTDOWN => ExcKind::BrokenPipeError,
        libc::ECHILD => ExcKind::ChildProcessError,
        libc::ECONNABORTED => ExcKind::ConnectionAbortedError,
        libc::ECONNREFUSED => ExcKind::ConnectionRefusedError,
        libc::ECONNRESET => ExcKind::ConnectionResetError,
        libc::EEXIST => ExcKind::FileExistsError,
        libc::ENOENT => ExcKind::FileNotFoundError,
        libc::EISDIR => ExcKind::IsADirectoryError,
        libc::ENOTDIR => ExcKind::NotADirectoryError,
        libc::EINTR => ExcKind::InterruptedError,
        libc::EACCES | libc::EPERM => ExcKind::PermissionError,
        libc::ESRCH => ExcKind::ProcessLookupError,
        libc::ETIMEDOUT => ExcKind::TimeoutError,
        _ => ExcKind::OSError,
    }
}

/// The system's text for an error number.
pub fn strerror(errno: i32) -> String {
    let full = std::io::Error::from_raw_os_error(errno).to_string();
    // Rust appends " (os error N)".
    match full.rfind(" (os error ") {
        Some(i) => full[..i].to_owned(),
        None => full,
    }
}

/// Raise `OSError(errno, strerror(errno), filename, None, filename2)` as the subclass that fits.
pub fn new_os_error(
    cx: &mut Cx,
    errno: i32,
    filename: Option<&Value>,
    filename2: Option<&Value>,
) -> Raised {
    let made = (|| {
        let text = new_str(cx, &strerror(errno))?;
        let e = new_bare(
            cx,
            kind_of_errno(errno as i64),
            vec![Value::small_int(errno), text.clone()],
        )?;
        let x = exc(&e);
        x.set_extra(cx, ERRNO, Some(Value::small_int(errno)));
        x.set_extra(cx, STRERROR, Some(text));
        x.set_extra(cx, FILENAME, filename.filter(|f| !f.is_none()).cloned());
        x.set_extra(cx, FILENAME2, filename2.filter(|f| !f.is_none()).cloned());
        Ok(e)
    })();
    match made {
        Ok(e) => cx.raise_value(e),
        Err(r) => r,
    }
}

/// The same from Rust's error.
pub fn raise_io_error(cx: &mut Cx, err: &std::io::Error, filename: Option<&Value>) -> Raised {
    match err.raw_os_error() {
        Some(n) => new_os_error(cx, n, filename, None),
        None => cx.raise(ExcKind::OSError, err.to_string()),
    }
}

/// A class with an `__init__` of its own but `OSError`'s `__new__` is filled by `__init__`, others by `__new__`.
fn uses_init(cls: &Type) -> bool {
    let own = ExcKind::OSError.ty();
    cls.slots.init.bits() != own.slots.init.bits() && cls.slots.new.bits() == own.slots.new.bits()
}

fn fill(cx: &mut Cx, this: &Value, pos: &[Value]) -> Res<()> {
    let e = exc(this);
    let mut kept = pos;
    if (2..=5).contains(&pos.len()) {
        let filename = pos.get(2).filter(|f| !f.is_none());
        let is_written = filename.is_some_and(|f| {
            super::is_kind(this, ExcKind::BlockingIOError) && f.ty().slots.index.get().is_some()
        });
        if let Some(f) = filename {
            if is_written {
                let n = <isize as FromArg>::from_arg(cx, f, At::attribute("characters_written"))?;
                let n = crate::objects::int::new_int(cx, n as i64)?;
                e.set_extra(cx, WRITTEN, Some(n));
            } else {
                e.set_extra(cx, FILENAME, Some(f.clone()));
                e.set_extra(cx, FILENAME2, pos.get(4).filter(|f| !f.is_none()).cloned());
                kept = &pos[..2];
            }
        }
        e.set_extra(cx, ERRNO, Some(pos[0].clone()));
        e.set_extra(cx, STRERROR, Some(pos[1].clone()));
    }
    e.set_arg_list(cx, kept)
}

fn os_new(cx: &mut Cx, cls: &Type, args: Args<'_>) -> Res<Value> {
    let by_init = uses_init(cls);
    let mut cls = cls;
    if !by_init {
        no_keywords(cx, cls, args)?;
        if std::ptr::eq(cls, ExcKind::OSError.ty())
            && (2..=5).contains(&args.pos.len())
            && let Some(crate::objects::int::IntRef::Small(n)) = as_int(&args.pos[0])
        {
            cls = kind_of_errno(n).ty();
        }
    }
    let empty = new_tuple(cx, vec![])?;
    let this = alloc_exception(cx, cls, empty)?;
    if !by_init {
        fill(cx, &this, args.pos)?;
    }
    Ok(this)
}

fn os_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    if uses_init(this.ty()) {
        no_keywords(cx, this.ty(), args)?;
        return fill(cx, this, args.pos);
    }
    // Made by native code without `__new__`.
    if exc(this).extra(ERRNO).is_none() && args.pos.len() >= 2 {
        return fill(cx, this, args.pos);
    }
    Ok(())
}

fn os_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    let e = exc(this);
    let none = Value::none;
    let (errno, text) = (e.extra(ERRNO), e.extra(STRERROR));
    if let Some(f) = e.extra(FILENAME) {
        let n = protocol::str_string(cx, &errno.unwrap_or_else(none))?;
        let t = protocol::str_string(cx, &text.unwrap_or_else(none))?;
        let f = protocol::repr_string(cx, &f)?;
        let out = match e.extra(FILENAME2) {
            Some(f2) => format!(
                "[Errno {n}] {t}: {f} -> {}",
                protocol::repr_string(cx, &f2)?
            ),
            None => format!("[Errno {n}] {t}: {f}"),
        };
        return new_str(cx, &out);
    }
    if let (Some(n), Some(t)) = (errno, text) {
        let n = protocol::str_string(cx, &n)?;
        let t = protocol::str_string(cx, &t)?;
        return new_str(cx, &format!("[Errno {n}] {t}"));
    }
    base_str(cx, this)
}

fn os_reduce(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let this = receiver_of(cx, args, "__reduce__", ExcKind::OSError)?;
    let e = exc(this);
    let mut a = e.arg_list();
    if a.len() == 2
        && let Some(f) = e.extra(FILENAME)
    {
        a.push(f);
        if let Some(f2) = e.extra(FILENAME2) {
            a.extend([Value::none(), f2]);
        }
    }
    let a = new_tuple(cx, a)?;
    let mut parts = vec![this.ty().value(), a];
    parts.extend(e.dict_if_any());
    new_tuple(cx, parts)
}

fn get_written(cx: &mut Cx, this: &Value) -> Res<Value> {
    match exc(this).extra(WRITTEN) {
        Some(v) => Ok(v),
        None => Err(cx.attribute_error("characters_written")),
    }
}

fn set_written(cx: &mut Cx, this: &Value, v: Option<&Value>) -> Res<()> {
    match v {
        None => {
            if exc(this).extra(WRITTEN).is_none() {
                return Err(cx.attribute_error("characters_written"));
            }
            exc(this).set_extra(cx, WRITTEN, None);
        }
        Some(v) => {
            let n = <isize as FromArg>::from_arg(cx, v, At::attribute("characters_written"))?;
            let n = crate::objects::int::new_int(cx, n as i64)?;
            exc(this).set_extra(cx, WRITTEN, Some(n));
        }
    }
    Ok(())
}

pub static OS_ERROR: Part = Part {
    methods: &[method("__reduce__", os_reduce, "")],
    getset: &[
        extra::<ERRNO>("errno", "POSIX exception code"),
        extra::<STRERROR>("strerror", "exception strerror"),
        extra::<FILENAME>("filename", "exception filename"),
        extra::<FILENAME2>("filename2", "second exception filename"),
        GetSetDef {
            member: false,
            name: "characters_written",
            get: get_written,
            set: Some(set_written),
            doc: "",
        },
    ],
    attrs: &[],
    install_slots: |s| {
        s.new = Some(os_new);
        s.init = Some(os_init);
        s.str = Some(os_str);
    },
};
