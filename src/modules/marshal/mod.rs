//! Module `marshal`: CPython's format, version 5. Code objects alone go through the compiler's reader; everything else is
//! read and written here over values. The format is that of `.pyc` files and is not secure against evil data, but no data
//! may crash: sizes are bounded by the input's length, nesting by a limit.

mod read;
mod write;

use typhon_vm::native::*;
use typhon_vm::objects::bytes::new_bytes;
use typhon_vm::protocol;

#[pymodule(name = "marshal")]
pub mod module {
    //! This module contains functions that can read and write Python values in
    //! a binary format. The format is specific to Python, but independent of
    //! machine architecture issues.
    use super::*;

    #[pyattr]
    fn version(cx: &mut Cx) -> Res<Value> {
        typhon_vm::objects::int::new_int(cx, write::VERSION)
    }

    /// Return the bytes object that would be written to a file by dump(value, file).
    ///
    ///   value
    ///     Must be a supported type.
    ///   version
    ///     Indicates the data format that dumps should use.
    ///   allow_code
    ///     Allow to write code objects.
    #[pyfunction]
    #[sig(value, version = write::VERSION, /, *, allow_code = True)]
    #[text_signature = "($module, value, version=version, /, *, allow_code=True)"]
    fn dumps(value: &Value, version: i64, allow_code: bool, cx: &mut Cx) -> Res<Value> {
        let out = write::dump(cx, value, version, allow_code)?;
        new_bytes(cx, &out)
    }

    /// Write the value on the open file.
    #[pyfunction]
    #[sig(value, file, version = write::VERSION, /, *, allow_code = True)]
    #[text_signature = "($module, value, file, version=version, /, *, allow_code=True)"]
    fn dump(
        value: &Value,
        file: &Value,
        version: i64,
        allow_code: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let out = write::dump(cx, value, version, allow_code)?;
        let bytes = new_bytes(cx, &out)?;
        protocol::call_method(cx, file, "write", &[bytes])
    }

    /// Convert the bytes-like object to a value.
    ///
    ///   allow_code
    ///     Allow to load code objects.
    ///
    /// If no valid value is found, raise EOFError, ValueError or TypeError.  Extra
    /// bytes in the input are ignored.
    #[pyfunction]
    #[sig(bytes, /, *, allow_code = True)]
    fn loads(bytes: &Value, allow_code: bool, cx: &mut Cx) -> Res<Value> {
        let data = typhon_vm::objects::buffer::get(cx, bytes, false)?;
        let data = data.contents();
        read::load(cx, &data, allow_code).map(|(v, _)| v)
    }

    /// Read one value from the open file and return it.
    #[pyfunction]
    #[sig(file, /, *, allow_code = True)]
    fn load(file: &Value, allow_code: bool, cx: &mut Cx) -> Res<Value> {
        // The whole rest is read, then the position put behind the value where the file allows.
        let start = protocol::getattr_str_opt(cx, file, "tell")?;
        let start = match start {
            Some(f) => match protocol::call(cx, &f, &[]) {
                Ok(v) => Some(typhon_vm::number::index_i64(cx, &v)?),
                Err(r) => {
                    drop(cx.take_exc(r));
                    None
                }
            },
            None => None,
        };
        let rest = protocol::call_method(cx, file, "read", &[])?;
        let Some(data) = typhon_vm::objects::buffer::get_opt(cx, &rest, false)? else {
            let t = rest.type_name();
            return Err(cx.type_error(format!("file.read() returned not bytes but {t}")));
        };
        let data = data.contents();
        let (v, used) = read::load(cx, &data, allow_code)?;
        if let Some(at) = start
            && used < data.len()
        {
            let to = typhon_vm::objects::int::new_int(cx, at + used as i64)?;
            protocol::call_method(cx, file, "seek", &[to])?;
        }
        Ok(v)
    }
}
