//! Code objects of the embedded library, and code objects under another file name.

use crate::library::{library, root};
use std::sync::Arc;
use typhon_compiler::code::{Code, Const, PyStr};
use typhon_vm::native::*;
use typhon_vm::objects::CodeObj;

/// What file names of the library's code begin with until the library's place is known.
const PLACEHOLDER: &[u8] = b"<lib>";

/// Give the library's code its place as file name.
fn relocate(code: &mut Arc<Code>, filename: &PyStr) {
    let c = Arc::make_mut(code);
    c.filename = filename.clone();
    for k in &mut c.consts {
        if let Const::Code(inner) = k {
            relocate(inner, filename);
        }
    }
}

pub fn new_code(cx: &mut Cx, mut code: Arc<Code>) -> Res<Value> {
    if let Some(rest) = code.filename.as_bytes().strip_prefix(PLACEHOLDER) {
        let mut name = root().as_bytes().to_vec();
        name.extend_from_slice(rest);
        let name = PyStr::from_wtf8(name);
        relocate(&mut code, &name);
    }
    typhon_vm::objects::code::methods::new_code(cx, code)
}

/// The code object of a file of the library.
pub fn library_code(cx: &mut Cx, file: &str) -> Res<Value> {
    let Some(bytes) = library().and_then(|l| l.code(file)) else {
        return Err(cx.import_error(format!("the library has no module file '{file}'")));
    };
    match typhon_compiler::marshal::load_code(&bytes) {
        Ok(c) => new_code(cx, c),
        Err(e) => Err(cx.import_error(format!("the library's file '{file}' is damaged: {e}"))),
    }
}

/// `_imp._fix_co_filename`: a `.pyc` file that was moved with its source. The code was just loaded and not yet run.
pub fn rename(cx: &mut Cx, code: &CodeObj, path: &Str) {
    if !code
        .filename_value()
        .downcast::<Str>()
        .is_some_and(|o| o.equals(path))
    {
        code.rename(cx, &path.value());
    }
}
