//! `_multibyte`: the encodings of Chinese, Japanese and Korean, over which the modules `_codecs_cn` to `_codecs_tw` and
//! `_multibytecodec` of the library stand (`src/import/overlay`).
//! - `kinds.rs`: which there are; `table.rs`: their characters; `steps.rs`: decoding and encoding

mod kinds;
mod steps;
mod table;

use self::steps::Charset;
use self::table::{Table, table};
use crate::codecs::encoded;
use crate::support::{make, pack};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{self, new_bytes_vec};
use typhon_vm::objects::str::codec::{decode_by, encode_by, with_count};
use typhon_vm::objects::str::new_from_buf;

/// The functions of one encoding.
#[pytype(name = "MultibyteCodec", module = "_multibytecodec", no_new)]
pub struct MultibyteCodec {
    pub head: Header,
    number: usize,
}

impl MultibyteCodec {
    fn table(&self) -> &'static Table {
        table(self.number)
    }
}

#[pymethods]
impl MultibyteCodec {
    /// Return an encoded string version of 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme. Default is
    /// 'strict' meaning that encoding errors raise a UnicodeEncodeError. Other
    /// possible values are 'ignore', 'replace' and 'xmlcharrefreplace' as well as
    /// any other name registered with codecs.register_error that can handle
    /// UnicodeEncodeErrors.
    #[sig(input, errors = None)]
    fn encode(&self, input: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let t = self.table();
        let mut set = Charset::Ascii;
        let mut out = encode_by(cx, input, errors, &mut |text, at, out| {
            steps::encode(t, &mut set, text, at, out)
        })?;
        if set != Charset::Ascii {
            out.extend(Charset::Ascii.escape());
        }
        encoded(cx, out, input.len())
    }

    /// Decodes 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme. Default is
    /// 'strict' meaning that encoding errors raise a UnicodeDecodeError. Other
    /// possible values are 'ignore' and 'replace' as well as any other name
    /// registered with codecs.register_error that is able to handle
    /// UnicodeDecodeErrors.
    #[sig(input, errors = None)]
    fn decode(&self, input: &Value, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let data = bytes::contents(cx, input)?;
        let (t, mut set) = (self.table(), Charset::Ascii);
        let (text, n) = decode_by(cx, &data, errors, true, &mut |input, at, is_final, out| {
            steps::decode(t, &mut set, input, at, is_final, out)
        })?;
        let text = new_from_buf(cx, text)?;
        with_count(cx, text, n)
    }

    /// Encode a part: the bytes, and what is designated behind them.
    #[sig(input, errors, final, state)]
    fn _encode_part(
        &self,
        input: &Str,
        errors: Option<&str>,
        r#final: bool,
        state: i64,
        cx: &mut Cx,
    ) -> Res<Value> {
        let t = self.table();
        let mut set = Charset::of_number(state);
        let mut out = encode_by(cx, input, errors, &mut |text, at, out| {
            steps::encode(t, &mut set, text, at, out)
        })?;
        if r#final && set != Charset::Ascii {
            out.extend(Charset::Ascii.escape());
            set = Charset::Ascii;
        }
        let out = new_bytes_vec(cx, out)?;
        pack(cx, [out, Value::small_int(set.number() as i32)])
    }

    /// Decode a part: the text, and the bytes to put before the next part.
    #[sig(input, errors, final)]
    fn _decode_part(
        &self,
        input: &Value,
        errors: Option<&str>,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let data = bytes::contents(cx, input)?;
        let (t, mut set) = (self.table(), Charset::Ascii);
        let (text, n) = decode_by(cx, &data, errors, r#final, &mut |input, at, last, out| {
            steps::decode(t, &mut set, input, at, last, out)
        })?;
        let text = new_from_buf(cx, text)?;
        let mut rest = Vec::new();
        if set != Charset::Ascii && !r#final {
            rest.extend(set.escape());
        }
        rest.extend(&data[n..]);
        let rest = new_bytes_vec(cx, rest)?;
        pack(cx, [text, rest])
    }
}

#[pymodule(name = "_multibyte", types(MultibyteCodec))]
pub mod module {
    //! The encodings of Chinese, Japanese and Korean.
    use super::*;

    #[pyfunction]
    #[sig(name, /)]
    fn getcodec(name: &str, cx: &mut Cx) -> Res<Value> {
        match kinds::find(name) {
            Some(number) => make(
                cx,
                MultibyteCodec {
                    head: Header::placeholder(),
                    number,
                },
            ),
            None => Err(cx.lookup_error("no such codec is supported.")),
        }
    }
}
