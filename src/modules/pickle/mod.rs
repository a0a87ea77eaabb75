//! `_pickle`: objects as bytes and back, all protocols.
//! - `opcodes.rs`; `globals.rs`: what is taken from other modules, errors, names
//! - writing: `memo.rs`, `output.rs` (frames), `save.rs` (built-in types), `reduce.rs` (everything else), `pickler.rs`
//! - reading: `input.rs`, `load.rs` (the machine), `unpickler.rs`
//! - `buffer.rs`: `PickleBuffer`

pub mod buffer;
pub mod globals;
pub mod input;
pub mod load;
pub mod memo;
pub mod opcodes;
pub mod output;
pub mod pickler;
pub mod reduce;
pub mod save;
pub mod unpickler;

use self::buffer::PickleBuffer;
use self::input::Input;
use self::load::{Machine, Remembered};
use self::memo::Memo;
use self::output::Output;
use self::pickler::{Pickler, PicklerMemo, callback_of, protocol_of, write_of};
use self::save::Writer;
use self::unpickler::{Unpickler, UnpicklerMemo, buffers_of, file_of};
use std::borrow::Cow;
use typhon_vm::native::*;
use typhon_vm::objects::buffer as buffers;
use typhon_vm::objects::bytes::new_bytes_vec;

/// Write one pickle; what was not given to a file is returned.
fn dump_to(
    cx: &mut Cx,
    o: &Value,
    write: Option<Value>,
    protocol: &Value,
    fix_imports: bool,
    buffer_callback: &Value,
) -> Res<Vec<u8>> {
    let protocol = protocol_of(cx, protocol)?;
    let settings = save::Settings {
        protocol,
        bin: protocol > 0,
        fast: false,
        fix_imports: fix_imports && protocol < 3,
        persistent_id: None,
        reducer_override: None,
        dispatch_table: None,
        buffer_callback: callback_of(cx, buffer_callback, protocol)?,
    };
    let mut writer = Writer::new(cx, Output::new(write), Memo::default(), settings, None)?;
    writer.dump(cx, o)?;
    Ok(writer.out.into_bytes())
}

fn load_from(
    cx: &mut Cx,
    input: Input<'_>,
    fix_imports: bool,
    encoding: &str,
    errors: &str,
    buffers: Option<&Value>,
) -> Res<Value> {
    let settings = load::Settings {
        fix_imports,
        encoding: encoding.to_owned(),
        errors: errors.to_owned(),
        buffers: match buffers {
            Some(b) => buffers_of(cx, b)?,
            None => None,
        },
        find_class: None,
        persistent_load: None,
    };
    let mut machine = Machine::new(input, Remembered::default(), settings);
    let v = machine.load(cx)?;
    machine.input.finish(cx)?;
    Ok(v)
}

#[pymodule(name = "_pickle", types(Pickler, Unpickler, PickleBuffer))]
pub mod module {
    //! Optimized C implementation for the Python pickle module.
    use super::*;

    /// Write a pickled representation of obj to the open file object file.
    ///
    /// This is equivalent to ``Pickler(file, protocol).dump(obj)``, but may
    /// be more efficient.
    #[pyfunction]
    #[sig(obj, file, protocol = None, *, fix_imports = True, buffer_callback = None)]
    fn dump(
        obj: &Value,
        file: &Value,
        protocol: &Value,
        fix_imports: bool,
        buffer_callback: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        protocol_of(cx, protocol)?;
        let write = write_of(cx, file)?;
        dump_to(cx, obj, Some(write), protocol, fix_imports, buffer_callback).map(drop)
    }

    /// Return the pickled representation of the object as a bytes object.
    #[pyfunction]
    #[sig(obj, protocol = None, *, fix_imports = True, buffer_callback = None)]
    fn dumps(
        obj: &Value,
        protocol: &Value,
        fix_imports: bool,
        buffer_callback: &Value,
        cx: &mut Cx,
    ) -> Res<Value> {
        let bytes = dump_to(cx, obj, None, protocol, fix_imports, buffer_callback)?;
        new_bytes_vec(cx, bytes)
    }

    /// Read and return an object from the pickle data stored in a file.
    ///
    /// This is equivalent to ``Unpickler(file).load()``, but may be more
    /// efficient.
    #[pyfunction]
    #[sig(file, *, fix_imports = True, encoding = "ASCII", errors = "strict", buffers = ())]
    #[text_signature = "($module, /, file, *, fix_imports=True, encoding='ASCII',\n     errors='strict', buffers=())"]
    fn load(
        file: &Value,
        fix_imports: bool,
        encoding: &str,
        errors: &str,
        buffers: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let file = file_of(cx, file)?;
        let input = Input::over(Cow::Borrowed(&[]), Some(file));
        load_from(cx, input, fix_imports, encoding, errors, buffers)
    }

    /// Read and return an object from the given pickle data.
    #[pyfunction]
    #[sig(data, /, *, fix_imports = True, encoding = "ASCII", errors = "strict", buffers = ())]
    #[text_signature = "($module, data, /, *, fix_imports=True, encoding='ASCII', errors='strict',\n      buffers=())"]
    fn loads(
        data: &Value,
        fix_imports: bool,
        encoding: &str,
        errors: &str,
        buffers: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let view = buffers::get(cx, data, false)?;
        let input = Input::over(view.contents(), None);
        load_from(cx, input, fix_imports, encoding, errors, buffers)
    }

    #[pyattr(name = "PickleError")]
    fn pickle_error(cx: &mut Cx) -> Res<Value> {
        globals::pickle_error(cx)
    }
    #[pyattr(name = "PicklingError")]
    fn pickling_error(cx: &mut Cx) -> Res<Value> {
        globals::pickling_error(cx)
    }
    #[pyattr(name = "UnpicklingError")]
    fn unpickling_error(cx: &mut Cx) -> Res<Value> {
        globals::unpickling_error(cx)
    }

    #[pyinit]
    fn init(_module: &Value, cx: &mut Cx) -> Res<()> {
        PicklerMemo::type_cell().get(cx)?;
        UnpicklerMemo::type_cell().get(cx)?;
        globals::globals(cx).map(drop)
    }
}
