//! `open`: the right stack of streams for a mode.

use super::base::{self, DEFAULT_BUFFER_SIZE, ask, attr_true};
use super::buffered::{BufferedRandom, BufferedReader, BufferedWriter};
use super::codec::locale_encoding;
use super::fileio::FileIo;
use super::text::TextIoWrapper;
use typhon_vm::native::*;
use typhon_vm::objects::str::new_str;
use typhon_vm::{init, protocol};

/// The arguments of `open` beside the file; `Default` is a text file for reading.
pub struct OpenOptions<'a> {
    pub mode: &'a str,
    pub buffering: i32,
    pub encoding: Option<&'a Value>,
    pub errors: Option<&'a Value>,
    pub newline: Option<&'a Value>,
    pub closefd: bool,
    pub opener: Option<&'a Value>,
}

impl Default for OpenOptions<'_> {
    fn default() -> Self {
        OpenOptions {
            mode: "r",
            buffering: -1,
            encoding: None,
            errors: None,
            newline: None,
            closefd: true,
            opener: None,
        }
    }
}

/// Largest buffer chosen by a file system's block size.
const BUFFER_LIMIT: usize = 8 << 20;

fn parse(cx: &mut Cx, mode: &str) -> Res<(String, bool, bool)> {
    let invalid = |cx: &mut Cx| cx.value_error(format!("invalid mode: '{mode}'"));
    let (mut raw, mut plus, mut text, mut binary, mut kinds) =
        (String::new(), false, false, false, 0);
    for (i, c) in mode.char_indices() {
        if mode[..i].contains(c) {
            return Err(invalid(cx));
        }
        match c {
            'r' | 'w' | 'a' | 'x' => {
                kinds += 1;
                raw.push(c);
            }
            '+' => plus = true,
            't' => text = true,
            'b' => binary = true,
            _ => return Err(invalid(cx)),
        }
    }
    if text && binary {
        return Err(cx.value_error("can't have text and binary mode at once"));
    }
    if kinds != 1 {
        return Err(cx.value_error("must have exactly one of create/read/write/append mode"));
    }
    if plus {
        raw.push('+');
    }
    Ok((raw, plus, binary))
}

/// `open(file, ...)`.
pub fn open(cx: &mut Cx, file: &Value, o: &OpenOptions<'_>) -> Res<Value> {
    let path = if typhon_vm::objects::int::as_int(file).is_some() {
        file.clone()
    } else {
        crate::os_call::fspath(cx, file)?
    };
    let (raw_mode, plus, binary) = parse(cx, o.mode)?;
    let given = |v: Option<&Value>| v.is_some_and(|v| !v.is_none());
    if binary {
        for (what, v) in [
            ("an encoding", o.encoding),
            ("an errors", o.errors),
            ("a newline", o.newline),
        ] {
            if given(v) {
                return Err(cx.value_error(format!("binary mode doesn't take {what} argument")));
            }
        }
        if o.buffering == 1 {
            cx.warn(
                ExcKind::RuntimeWarning,
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
            )?;
        }
    }
    let class = FileIo::type_object(cx)?.value();
    let mode_v = new_str(cx, &raw_mode)?;
    let opener = o.opener.cloned().unwrap_or_else(Value::none);
    let raw = protocol::call(cx, &class, &[path, mode_v, Value::bool(o.closefd), opener])?;
    let mut result = raw.clone();
    match stack(cx, &raw, &mut result, o, &raw_mode, plus, binary) {
        Ok(()) => Ok(result),
        Err(r) => {
            // Close what was opened; the error that came first is shown.
            base::then_close::<()>(cx, Err(r), |cx| {
                protocol::call_method(cx, &result, "close", &[])
            })?;
            Ok(result)
        }
    }
}

/// Put buffer and text layer on a raw stream.
fn stack(
    cx: &mut Cx,
    raw: &Value,
    result: &mut Value,
    o: &OpenOptions<'_>,
    raw_mode: &str,
    plus: bool,
    binary: bool,
) -> Res<()> {
    let mut buffering = o.buffering;
    if buffering < -1 {
        return Err(cx.value_error("invalid buffering size"));
    }
    let is_tty = buffering < 0 && attr_tty(cx, raw)?;
    let line_buffering = !binary && (buffering == 1 || is_tty);
    if buffering == 1 || is_tty {
        buffering = -1;
    }
    let size = if buffering < 0 {
        let block = match raw.downcast::<FileIo>() {
            Some(f) => f.block_size(),
            None => DEFAULT_BUFFER_SIZE,
        };
        block.clamp(DEFAULT_BUFFER_SIZE, BUFFER_LIMIT)
    } else {
        buffering as usize
    };
    if buffering == 0 {
        return if binary {
            Ok(())
        } else {
            Err(cx.value_error("can't have unbuffered text I/O"))
        };
    }
    let class = if plus {
        BufferedRandom::type_object(cx)?
    } else if raw_mode.starts_with('r') {
        BufferedReader::type_object(cx)?
    } else {
        BufferedWriter::type_object(cx)?
    };
    let size = size.into_value(cx)?;
    let buffered = protocol::call(cx, &class.value(), &[raw.clone(), size])?;
    *result = buffered.clone();
    if binary {
        return Ok(());
    }
    let none = Value::none();
    let or_none = |v: Option<&Value>| v.unwrap_or(&none).clone();
    let class = TextIoWrapper::type_object(cx)?.value();
    let args = [
        buffered,
        or_none(o.encoding),
        or_none(o.errors),
        or_none(o.newline),
        Value::bool(line_buffering),
    ];
    let text = protocol::call(cx, &class, &args)?;
    *result = text.clone();
    let mode = new_str(cx, o.mode)?;
    protocol::setattr_str(cx, &text, "mode", &mode)
}

fn attr_tty(cx: &mut Cx, raw: &Value) -> Res<bool> {
    ask(cx, raw, "_isatty_open_only")
}

#[pyfunctions(part = PART, module = "_io")]
pub mod functions {
    use super::*;

    /// Open file and return a stream.  Raise OSError upon failure.
    ///
    /// file is either a text or byte string giving the name (and the path
    /// if the file isn't in the current working directory) of the file to
    /// be opened or an integer file descriptor of the file to be
    /// wrapped. (If a file descriptor is given, it is closed when the
    /// returned I/O object is closed, unless closefd is set to False.)
    #[pyfunction]
    #[sig(file, mode = "r", buffering = -1, encoding = None, errors = None, newline = None, closefd = True, opener = None)]
    fn open(
        file: &Value,
        mode: &str,
        buffering: i32,
        encoding: Option<&Value>,
        errors: Option<&Value>,
        newline: Option<&Value>,
        closefd: bool,
        opener: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        super::open(
            cx,
            file,
            &OpenOptions {
                mode,
                buffering,
                encoding,
                errors,
                newline,
                closefd,
                opener,
            },
        )
    }

    /// Opens the provided file with the intent to import the contents.
    #[pyfunction]
    #[sig(path)]
    fn open_code(path: &Value, cx: &mut Cx) -> Res<Value> {
        if path.downcast::<Str>().is_none() {
            let t = path.type_name();
            return Err(cx.type_error(format!("open_code() argument 'path' must be str, not {t}")));
        }
        super::open(
            cx,
            path,
            &OpenOptions {
                mode: "rb",
                ..OpenOptions::default()
            },
        )
    }

    /// A helper function to choose the text encoding.
    ///
    /// When encoding is not None, this function returns it.
    /// Otherwise, this function returns the default text encoding
    /// (i.e. "locale" or "utf-8" depends on UTF-8 mode).
    #[pyfunction]
    #[sig(encoding, stacklevel = 2, /)]
    fn text_encoding(encoding: &Value, stacklevel: i32, cx: &mut Cx) -> Res<Value> {
        let _ = stacklevel;
        if !encoding.is_none() {
            return Ok(encoding.clone());
        }
        if let Some(flags) = init::sys_get(cx, "flags")
            && protocol::getattr_str_opt(cx, &flags, "warn_default_encoding")?.is_some()
            && attr_true(cx, &flags, "warn_default_encoding")?
        {
            cx.warn(
                ExcKind::EncodingWarning,
                "'encoding' argument not specified",
            )?;
        }
        let name = if locale_encoding() == "utf-8" {
            "utf-8"
        } else {
            "locale"
        };
        new_str(cx, name)
    }
}
