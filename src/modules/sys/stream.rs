//! Standard streams without `_io`: what `sys.stdout` is until that module runs, and where last words go when it has ended.

use std::io::{Read, Write};
use typhon_vm::native::*;
use typhon_vm::objects::str::codec;
use typhon_vm::objects::str::new_str;

/// A file descriptor that text is written to and lines are read from, unbuffered.
#[pytype(name = "NativeStream", module = "sys")]
pub struct NativeStream {
    head: Header,
    #[skip]
    fd: i32,
}

pub fn new_stream(cx: &mut Cx, fd: i32) -> Res<Value> {
    let cls = NativeStream::type_object(cx)?;
    typhon_vm::objects::object::alloc(
        cx,
        cls,
        NativeStream {
            head: Header::placeholder(),
            fd,
        },
    )
}

/// Write bytes to a descriptor, the thread detached.
pub fn write_fd(cx: &mut Cx, fd: i32, bytes: &[u8]) -> std::io::Result<()> {
    cx.detach(|| match fd {
        1 => {
            let mut out = std::io::stdout();
            out.write_all(bytes).and_then(|()| out.flush())
        }
        _ => std::io::stderr().write_all(bytes),
    })
}

#[pymethods]
impl NativeStream {
    fn write(&self, text: &Str, cx: &mut Cx) -> Res<usize> {
        let bytes = codec::encode_as(cx, text, codec::Codec::Utf8, Some("backslashreplace"))?;
        match write_fd(cx, self.fd, &bytes) {
            Ok(()) => Ok(text.len()),
            Err(e) => Err(typhon_vm::objects::exception::types::raise_io_error(
                cx, &e, None,
            )),
        }
    }
    fn flush(&self) {}
    fn fileno(&self) -> i32 {
        self.fd
    }
    fn isatty(&self) -> bool {
        use std::io::IsTerminal;
        match self.fd {
            0 => std::io::stdin().is_terminal(),
            1 => std::io::stdout().is_terminal(),
            _ => std::io::stderr().is_terminal(),
        }
    }
    #[sig(size = -1, /)]
    fn readline(&self, size: i64, cx: &mut Cx) -> Res<Value> {
        let _ = size;
        let mut line = Vec::new();
        let done = cx.detach(|| {
            let mut b = [0u8];
            loop {
                match std::io::stdin().lock().read(&mut b) {
                    Ok(0) => return Ok(()),
                    Ok(_) => line.push(b[0]),
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(e) => return Err(e),
                }
                if b[0] == b'\n' {
                    return Ok(());
                }
            }
        });
        match done {
            Ok(()) => codec::decode(cx, &line, Some("utf-8"), Some("surrogateescape")),
            Err(e) => Err(typhon_vm::objects::exception::types::raise_io_error(
                cx, &e, None,
            )),
        }
    }
    #[getter]
    fn encoding(&self) -> &'static str {
        "utf-8"
    }
    #[getter]
    fn errors(&self) -> &'static str {
        if self.fd == 2 {
            "backslashreplace"
        } else {
            "strict"
        }
    }
    #[getter]
    fn name(&self) -> &'static str {
        ["<stdin>", "<stdout>", "<stderr>"][self.fd.clamp(0, 2) as usize]
    }
    #[getter]
    fn closed(&self) -> bool {
        false
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<Value> {
        let text = format!("<sys.NativeStream name='{}'>", self.name());
        new_str(cx, &text)
    }
}
