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

/// The file name for one that begins with the placeholder.
fn place_of(filename: &PyStr) -> Option<PyStr> {
    let rest = filename.as_bytes().strip_prefix(PLACEHOLDER)?;
    Some(PyStr::from_wtf8([root().as_bytes(), rest].concat()))
}

pub fn new_code(cx: &mut Cx, mut code: Arc<Code>) -> Res<Value> {
    if let Some(name) = place_of(&code.filename) {
        relocate(&mut code, &name);
    }
    typhon_vm::objects::code::methods::new_code(cx, code)
}

/// The code object of a file of the library.
pub fn library_code(cx: &mut Cx, file: &str) -> Res<Value> {
    let Some(mut code) = library().and_then(|l| l.code(file)) else {
        return Err(cx.import_error(format!("the library has no module file '{file}'")));
    };
    if let Some(name) = place_of(&code.filename) {
        // What is inside is not yet read and takes its file name from here.
        code.filename = name;
    }
    typhon_vm::objects::code::methods::new_code(cx, Arc::new(code))
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
