//! What modules over the operating system share: paths as arguments, system calls that are retried after signals, and the
//! errors they raise.

use std::ffi::CString;
use std::io;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{Bytes, new_bytes};
use typhon_vm::objects::exception::oserror;
use typhon_vm::objects::{object, str};
use typhon_vm::os::libc;
use typhon_vm::protocol;

/// Run the handlers of signals that came, and what else waits at a safepoint.
pub fn check_signals(cx: &mut Cx) -> Res<()> {
    typhon_vm::call::handle_breaker(cx)
}

/// A system call away from the interpreter, repeated after signals unless a handler raises.
pub fn retry<T>(cx: &mut Cx, mut f: impl FnMut() -> io::Result<T>) -> Res<io::Result<T>> {
    loop {
        match cx.thread.detach(&mut f) {
            Err(e) if e.raw_os_error() == Some(libc::EINTR) => check_signals(cx)?,
            r => return Ok(r),
        }
    }
}

/// The same, with the error raised as `OSError`.
pub fn call<T>(cx: &mut Cx, f: impl FnMut() -> io::Result<T>) -> Res<T> {
    retry(cx, f)?.map_err(|e| raise(cx, &e))
}

/// The same, naming a file.
pub fn call_on<T>(cx: &mut Cx, file: &Value, f: impl FnMut() -> io::Result<T>) -> Res<T> {
    retry(cx, f)?.map_err(|e| raise_on(cx, &e, file))
}

/// `OSError` of a failed call.
pub fn raise(cx: &mut Cx, e: &io::Error) -> Raised {
    oserror::raise_io_error(cx, e, None)
}

pub fn raise_on(cx: &mut Cx, e: &io::Error, file: &Value) -> Raised {
    oserror::raise_io_error(cx, e, Some(file))
}

/// Bytes of a file name: UTF-8 with surrogate escapes.
pub fn encode_name(cx: &mut Cx, v: &Value) -> Res<Vec<u8>> {
    let Some(s) = v.downcast::<Str>() else {
        let n = v.type_name();
        return Err(cx.type_error(format!(
            "expected str, bytes or os.PathLike object, not {n}"
        )));
    };
    if let Some(a) = s.as_ascii() {
        return Ok(a.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(s.len() * 2);
    for (i, c) in s.units().iter().enumerate() {
        match char::from_u32(c) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None if (0xDC80..=0xDCFF).contains(&c) => out.push((c & 0xFF) as u8),
            None => {
                let args = vec![
                    str::new_str(cx, "utf-8")?,
                    v.clone(),
                    Value::small_int(i as i32),
                    Value::small_int(i as i32 + 1),
                    str::new_str(cx, "surrogates not allowed")?,
                ];
                return Err(cx.raise_args(ExcKind::UnicodeEncodeError, args));
            }
        }
    }
    Ok(out)
}

/// The string of a file name.
pub fn decode_name(cx: &mut Cx, b: &[u8]) -> Res<Value> {
    if let Ok(s) = std::str::from_utf8(b) {
        return str::new_str(cx, s);
    }
    let mut out: Vec<u32> = Vec::with_capacity(b.len());
    for chunk in b.utf8_chunks() {
        out.extend(chunk.valid().chars().map(u32::from));
        out.extend(chunk.invalid().iter().map(|&x| 0xDC00 + x as u32));
    }
    str::new_str_code_points(cx, &out)
}

/// `os.fspath`.
pub fn fspath(cx: &mut Cx, v: &Value) -> Res<Value> {
    match fspath_opt(cx, v)? {
        Some(p) => Ok(p),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "expected str, bytes or os.PathLike object, not {n}"
            )))
        }
    }
}

/// None when `v` is no path at all.
pub fn fspath_opt(cx: &mut Cx, v: &Value) -> Res<Option<Value>> {
    if v.downcast::<Str>().is_some() || v.downcast::<Bytes>().is_some() {
        return Ok(Some(v.clone()));
    }
    let Some(p) = protocol::call_special(cx, v, "__fspath__", &[])? else {
        return Ok(None);
    };
    if p.downcast::<Str>().is_some() || p.downcast::<Bytes>().is_some() {
        return Ok(Some(p));
    }
    let (t, n) = (v.type_name(), p.type_name());
    Err(cx.type_error(format!(
        "expected {t}.__fspath__() to return str or bytes, not {n}"
    )))
}

/// A path argument: a name, or a descriptor where those are allowed.
pub struct Path {
    /// As given, for error messages.
    pub object: Value,
    pub name: CString,
    pub fd: Option<i32>,
    pub is_bytes: bool,
}

/// What a path parameter takes besides names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Also {
    Nothing,
    Fd,
    None,
    FdOrNone,
}

impl Path {
    pub fn new(cx: &mut Cx, v: &Value, function: &str, parameter: &str, also: Also) -> Res<Path> {
        let (fd_ok, none_ok) = (
            matches!(also, Also::Fd | Also::FdOrNone),
            matches!(also, Also::None | Also::FdOrNone),
        );
        if v.is_none() && none_ok {
            return Ok(Path {
                object: Value::none(),
                name: c".".to_owned(),
                fd: None,
                is_bytes: false,
            });
        }
        let path = match fspath_opt(cx, v)? {
            Some(p) => p,
            None if fd_ok && v.ty().slots.index.get().is_some() => {
                if v.is_true() || v.is_false() {
                    cx.warn(ExcKind::RuntimeWarning, "bool is used as a file descriptor")?;
                }
                let fd = <i32 as FromArg>::from_arg(cx, v, At::attribute("path"))
                    .map_err(|r| fd_range(cx, r))?;
                return Ok(Path {
                    object: v.clone(),
                    name: CString::default(),
                    fd: Some(fd),
                    is_bytes: false,
                });
            }
            None => {
                let allowed = match also {
                    Also::Nothing => "string, bytes or os.PathLike",
                    Also::Fd => "string, bytes, os.PathLike or integer",
                    Also::None => "string, bytes, os.PathLike or None",
                    Also::FdOrNone => "string, bytes, os.PathLike, integer or None",
                };
                let n = v.type_name();
                return Err(cx.type_error(format!(
                    "{function}: {parameter} should be {allowed}, not {n}"
                )));
            }
        };
        let (bytes, is_bytes) = match path.downcast::<Bytes>() {
            Some(b) => (b.as_slice().to_vec(), true),
            None => (encode_name(cx, &path)?, false),
        };
        match CString::new(bytes) {
            Ok(name) => Ok(Path {
                object: v.clone(),
                name,
                fd: None,
                is_bytes,
            }),
            Err(_) => {
                let what = if function.is_empty() {
                    "embedded null byte".to_owned()
                } else {
                    format!("{function}: embedded null character in {parameter}")
                };
                Err(cx.value_error(what))
            }
        }
    }

    /// The object that errors name: nothing for None.
    pub fn shown(&self) -> &Value {
        &self.object
    }
    /// A file name of the same kind.
    pub fn make(&self, cx: &mut Cx, name: &[u8]) -> Res<Value> {
        if self.is_bytes {
            new_bytes(cx, name)
        } else {
            decode_name(cx, name)
        }
    }
    /// Run a call on it; errors name it.
    pub fn call<T>(&self, cx: &mut Cx, f: impl FnMut(&Path) -> io::Result<T>) -> Res<T> {
        let mut f = f;
        let r = retry(cx, || f(self))?;
        r.map_err(|e| raise_on(cx, &e, &self.object))
    }
}

fn fd_range(cx: &mut Cx, r: Raised) -> Raised {
    if cx.exc_is(ExcKind::OverflowError) {
        drop(cx.take_exc(r));
        return cx.overflow_error("fd is greater than maximum");
    }
    r
}

/// A `dir_fd` argument.
pub fn dir_fd(cx: &mut Cx, v: Option<&Value>) -> Res<i32> {
    match v {
        None => Ok(typhon_vm::os::fs::CWD),
        Some(v) if v.is_none() => Ok(typhon_vm::os::fs::CWD),
        Some(v) if v.ty().slots.index.get().is_some() => {
            <i32 as FromArg>::from_arg(cx, v, At::attribute("dir_fd"))
        }
        Some(v) => {
            let n = v.type_name();
            Err(cx.type_error(format!("argument should be integer or None, not {n}")))
        }
    }
}

/// A descriptor, or an object with `fileno()`.
pub fn fileno(cx: &mut Cx, v: &Value) -> Res<i32> {
    let n = if typhon_vm::objects::int::as_int(v).is_some() {
        if v.is_true() || v.is_false() {
            cx.warn(ExcKind::RuntimeWarning, "bool is used as a file descriptor")?;
        }
        v.clone()
    } else {
        let name = str::intern::intern_str(cx, "fileno")?;
        let Some(f) = protocol::getattr_opt(cx, v, &name)? else {
            return Err(cx.type_error("argument must be an int, or have a fileno() method."));
        };
        let n = protocol::call(cx, &f, &[])?;
        if typhon_vm::objects::int::as_int(&n).is_none() {
            return Err(cx.type_error("fileno() returned a non-integer"));
        }
        n
    };
    let fd = <i32 as FromArg>::from_arg(cx, &n, At::attribute("fd"))?;
    if fd < 0 {
        return Err(cx.value_error(format!(
            "file descriptor cannot be a negative integer ({fd})"
        )));
    }
    Ok(fd)
}

/// The namespace of a module.
pub fn namespace(module: &Value) -> Value {
    module
        .downcast::<typhon_vm::objects::Module>()
        .and_then(|m| typhon_vm::SlotExt::get(&m.dict, &m.head))
        .unwrap_or_else(Value::none)
}

/// Set a module's attribute.
pub fn set(cx: &mut Cx, module: &Value, name: &'static str, value: Value) -> Res<()> {
    protocol::setattr_str(cx, module, name, &value)
}

/// Set integer constants of a module.
pub fn set_constants(cx: &mut Cx, module: &Value, table: &[(&'static str, i64)]) -> Res<()> {
    for &(name, v) in table {
        let v = v.into_value(cx)?;
        set(cx, module, name, v)?;
    }
    Ok(())
}

/// An instance of a native type of its own exact class.
pub fn make<T: PyType>(cx: &mut Cx, payload: T) -> Res<Value> {
    let cls = T::type_object(cx)?;
    object::alloc(cx, cls, payload)
}

/// A C string without null bytes.
pub fn c_string(cx: &mut Cx, bytes: Vec<u8>) -> Res<CString> {
    CString::new(bytes).map_err(|_| cx.value_error("embedded null byte"))
}
