//! `_io`: files and streams.
//! - `base.rs`: the abstract bases; `fileio.rs`: raw files; `buffered.rs`, `pair.rs`: buffers; `bytesio.rs`, `stringio.rs`: memory
//! - `text.rs`, `reading.rs`, `position.rs`: text streams; `codec.rs`, `newline.rs`: their encodings and line ends
//! - `open.rs`: `open`; `std_streams.rs`: `sys.stdin` and its kin; `busy.rs`: the lock of a stream

mod base;
mod buffered;
mod busy;
mod bytesio;
mod codec;
mod fileio;
mod newline;
mod open;
mod pair;
mod position;
mod reading;
mod std_streams;
mod stringio;
mod text;

pub use module::MODULE;
pub use open::{OpenOptions, open};
pub use std_streams::{StreamOptions, make_std_streams, make_std_streams_with};

use crate::os_call;
use typhon_vm::native::*;
use typhon_vm::protocol;

/// Write out what streams nobody closed still hold: the program ends, and not every object is finalized. Errors have no
/// reader any more.
pub fn flush_all(cx: &mut Cx) {
    let all = typhon_vm::runtime::gc::objects(&mut cx.thread);
    let (texts, buffers): (Vec<&Value>, Vec<&Value>) = all
        .iter()
        .filter(|v| {
            v.downcast::<text::TextIoWrapper>().is_some()
                || v.downcast::<buffered::Buffered>().is_some()
        })
        .partition(|v| v.downcast::<text::TextIoWrapper>().is_some());
    for stream in texts.into_iter().chain(buffers) {
        if let Err(r) = protocol::call_method(cx, stream, "flush", &[]) {
            drop(cx.take_exc(r));
        }
    }
}

#[pymodule(
    name = "_io",
    types(
        base::IoBase,
        base::RawIoBase,
        base::BufferedIoBase,
        base::TextIoBase,
        fileio::FileIo,
        bytesio::BytesIo,
        stringio::StringIo,
        buffered::BufferedReader,
        buffered::BufferedWriter,
        buffered::BufferedRandom,
        pair::BufferedRwPair,
        text::TextIoWrapper,
        newline::NewlineDecoder
    ),
    include(super::open::functions::PART)
)]
pub mod module {
    //! The io module provides the Python interfaces to stream handling. The
    //! builtin open function is defined in this module.
    use super::*;

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        os_call::set_constants(
            cx,
            module,
            &[("DEFAULT_BUFFER_SIZE", base::DEFAULT_BUFFER_SIZE as i64)],
        )?;
        let v = base::unsupported_class(cx)?;
        os_call::set(cx, module, "UnsupportedOperation", v)?;
        os_call::set(
            cx,
            module,
            "BlockingIOError",
            ExcKind::BlockingIOError.ty().value(),
        )
    }
}
