//! `print` and `input`.

use typhon_vm::init::sys_get;
use typhon_vm::native::*;
use typhon_vm::objects::str::{builder::StrBuilder, new_str};
use typhon_vm::protocol;

/// Streams whose `write` has no effect that tells one call from several: the text goes out in one piece.
fn joins_writes(file: &Value) -> bool {
    let t = file.ty();
    !t.has(flags::HEAP) && matches!(t.name().as_str(), "TextIOWrapper" | "NativeStream")
}

#[pyfunctions(part = PART, module = "builtins")]
pub mod functions {
    use super::*;

    /// Prints the values to a stream, or to sys.stdout by default.
    ///
    ///   sep
    ///     string inserted between values, default a space.
    ///   end
    ///     string appended after the last value, default a newline.
    ///   file
    ///     a file-like object (stream); defaults to the current sys.stdout.
    ///   flush
    ///     whether to forcibly flush the stream.
    #[pyfunction]
    #[sig(*args, sep = None, end = None, file = None, flush = False)]
    #[text_signature = "($module, /, *args, sep=' ', end='\\n', file=None, flush=False)"]
    fn print(
        args: &[Value],
        sep: &Value,
        end: &Value,
        file: Option<&Value>,
        flush: bool,
        cx: &mut Cx,
    ) -> Res<()> {
        let file = match file {
            Some(f) => f.clone(),
            None => match sys_get(cx, "stdout") {
                None => return Err(cx.runtime_error("lost sys.stdout")),
                // A program without a console.
                Some(f) if f.is_none() => return Ok(()),
                Some(f) => f,
            },
        };
        for (what, v) in [("sep", sep), ("end", end)] {
            if !v.is_none() && v.downcast::<Str>().is_none() {
                let t = v.type_name();
                return Err(cx.type_error(format!("{what} must be None or a string, not {t}")));
            }
        }
        if joins_writes(&file) {
            let text = joined(cx, args, sep, end)?;
            protocol::call_method(cx, &file, "write", &[text])?;
        } else {
            let write = protocol::getattr_str(cx, &file, "write")?;
            let space = new_str(cx, " ")?;
            for (i, a) in args.iter().enumerate() {
                if i > 0 {
                    let s = if sep.is_none() {
                        space.clone()
                    } else {
                        sep.clone()
                    };
                    protocol::call(cx, &write, &[s])?;
                }
                let s = protocol::str(cx, a)?;
                protocol::call(cx, &write, &[s])?;
            }
            let e = if end.is_none() {
                new_str(cx, "\n")?
            } else {
                end.clone()
            };
            protocol::call(cx, &write, &[e])?;
        }
        if flush {
            protocol::call_method(cx, &file, "flush", &[])?;
        }
        Ok(())
    }

    /// Read a string from standard input.  The trailing newline is stripped.
    ///
    /// The prompt string, if given, is printed to standard output without a
    /// trailing newline before reading input.
    ///
    /// If the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.
    /// On *nix systems, readline is used if available.
    #[pyfunction]
    #[sig(prompt = absent, /)]
    #[text_signature = "($module, prompt='', /)"]
    fn input(prompt: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let stream =
            |cx: &mut Cx, name: &'static str| match sys_get(cx, name).filter(|v| !v.is_none()) {
                Some(v) => Ok(v),
                None => Err(cx.runtime_error(format!("lost sys.{name}"))),
            };
        let stdin = stream(cx, "stdin")?;
        let stdout = stream(cx, "stdout")?;
        let stderr = stream(cx, "stderr")?;
        // Nothing may stand in a buffer while the program waits.
        if let Err(r) = protocol::call_method(cx, &stderr, "flush", &[]) {
            drop(cx.take_exc(r));
        }
        if let Some(p) = prompt {
            let p = protocol::str(cx, p)?;
            protocol::call_method(cx, &stdout, "write", &[p])?;
        }
        if let Err(r) = protocol::call_method(cx, &stdout, "flush", &[]) {
            drop(cx.take_exc(r));
        }
        let line = protocol::call_method(cx, &stdin, "readline", &[])?;
        let Some(s) = line.downcast::<Str>() else {
            return Err(cx.type_error("object.readline() returned non-string"));
        };
        let n = s.len();
        if n == 0 {
            return Err(cx.eof_error("EOF when reading a line"));
        }
        if s.at(n - 1) == '\n' as u32 {
            typhon_vm::objects::str::make::substring(cx, s, 0, n - 1)
        } else {
            Ok(line.clone())
        }
    }
}

/// What one call prints, as one string.
fn joined(cx: &mut Cx, args: &[Value], sep: &Value, end: &Value) -> Res<Value> {
    let mut out = StrBuilder::new();
    for (i, a) in args.iter().enumerate() {
        if i > 0 {
            match sep.downcast::<Str>() {
                Some(s) => out.push(s),
                None => out.push_char(' ' as u32),
            }
        }
        let s = protocol::str(cx, a)?;
        out.push_value(&s);
    }
    match end.downcast::<Str>() {
        Some(s) => out.push(s),
        None => out.push_char('\n' as u32),
    }
    out.finish(cx)
}
