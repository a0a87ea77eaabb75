//! `sys.stdin`, `sys.stdout`, `sys.stderr`.

use super::{buffered, codec, fileio, text};
use typhon_vm::native::*;
use typhon_vm::objects::str::new_str;
use typhon_vm::os::fs;
use typhon_vm::protocol;

/// What the command line and the environment say of the standard streams.
#[derive(Clone, Debug, Default)]
pub struct StreamOptions {
    /// `-u`
    pub unbuffered: bool,
    /// `PYTHONIOENCODING`
    pub encoding: Option<String>,
    pub errors: Option<String>,
}

impl StreamOptions {
    /// By the environment.
    pub fn from_env() -> StreamOptions {
        let var = |n: &str| std::env::var(n).ok().filter(|v| !v.is_empty());
        let mut o = StreamOptions {
            unbuffered: var("PYTHONUNBUFFERED").is_some(),
            ..StreamOptions::default()
        };
        if let Some(v) = var("PYTHONIOENCODING") {
            let (encoding, errors) = v.split_once(':').unwrap_or((&v, ""));
            let text = |s: &str| (!s.is_empty()).then(|| s.to_owned());
            (o.encoding, o.errors) = (text(encoding), text(errors));
        }
        o
    }
}

/// The three streams by the environment; None for a descriptor that is not open.
pub fn make_std_streams(cx: &mut Cx) -> Res<(Value, Value, Value)> {
    make_std_streams_with(cx, &StreamOptions::from_env())
}

pub fn make_std_streams_with(cx: &mut Cx, o: &StreamOptions) -> Res<(Value, Value, Value)> {
    Ok((stream(cx, 0, o)?, stream(cx, 1, o)?, stream(cx, 2, o)?))
}

fn stream(cx: &mut Cx, fd: i32, o: &StreamOptions) -> Res<Value> {
    if fs::fstat(fd).is_err() {
        return Ok(Value::none());
    }
    let writes = fd != 0;
    let (name, mode) = [("<stdin>", "r"), ("<stdout>", "w"), ("<stderr>", "w")][fd as usize];
    let raw = fileio::of_descriptor(cx, fd, mode)?;
    let name = new_str(cx, name)?;
    protocol::setattr_str(cx, &raw, "name", &name)?;
    let is_tty = fs::isatty(fd);
    let below = if o.unbuffered && writes {
        raw
    } else {
        buffered::of_raw(cx, &raw, writes)?
    };
    let errors = match &o.errors {
        _ if fd == 2 => "backslashreplace",
        Some(e) => e,
        // An encoding that was asked for is meant.
        None if o.encoding.is_some() => "strict",
        None if codec::is_c_locale() => "surrogateescape",
        None => "strict",
    };
    // The locale is what the environment says at the start.
    codec::locale_encoding();
    let line_buffering = !o.unbuffered && (is_tty || fd == 2);
    let encoding = o.encoding.as_deref().unwrap_or("utf-8");
    let text = text::of_buffer(
        cx,
        &below,
        encoding,
        errors,
        line_buffering,
        o.unbuffered && writes,
    )?;
    let mode = new_str(cx, mode)?;
    protocol::setattr_str(cx, &text, "mode", &mode)?;
    Ok(text)
}
