//! What a failed compilation raises.

use super::source;
use crate::native::*;
use crate::objects::str::new_str;
use crate::objects::tuple::new_tuple;
use crate::protocol;
use typhon_compiler::{CompileError, ErrorKind as K, Stage, Whole};

/// The exception for a source that does not compile.
pub fn raise_compile_error(cx: &mut Cx, err: &CompileError, filename: &Value) -> Raised {
    let kind = match err.kind {
        K::Syntax => ExcKind::SyntaxError,
        K::Incomplete => ExcKind::_IncompleteInputError,
        K::Indentation => ExcKind::IndentationError,
        K::Tab => ExcKind::TabError,
        K::Memory => return cx.memory_error(),
        K::Recursion => return cx.recursion_error(&err.msg),
        K::Overflow => return cx.overflow_error(&err.msg),
        K::Type => return cx.type_error(&err.msg),
        K::Value => return cx.value_error(&err.msg),
        K::System => return cx.system_error(&err.msg),
    };
    match make(cx, err, kind, filename) {
        Ok(e) => cx.raise_value(e),
        Err(r) => r,
    }
}

fn make(cx: &mut Cx, err: &CompileError, kind: ExcKind, filename: &Value) -> Res<Value> {
    let msg = new_str(cx, &err.msg)?;
    if err.line < 0 {
        return super::new_exception(cx, kind, vec![msg]);
    }
    let file = match err.stage {
        Stage::Bytes => Value::none(),
        _ => filename.clone(),
    };
    let shown = match (&err.text, err.stage) {
        (Some(text), _) => Some(text.clone()),
        (None, Stage::Text | Stage::Bytes) => None,
        // What comes after parsing no longer has the text: the file of that name is looked at.
        (None, Stage::Symbols | Stage::Code) => match filename.downcast::<Str>() {
            Some(name) => source::file_line(cx, &name.to_string_lossy(), err.line),
            None => None,
        },
    };
    let shown = match shown {
        Some(text) => new_str(cx, &text)?,
        None => Value::none(),
    };
    let mut details = vec![
        file,
        Value::small_int(err.line),
        Value::small_int(err.col),
        shown,
    ];
    if err.end_line >= 0 {
        details.extend([
            Value::small_int(err.end_line),
            Value::small_int(err.end_col),
        ]);
    }
    let details = new_tuple(cx, details)?;
    let e = super::new_exception(cx, kind, vec![msg.clone(), details])?;
    let whole = match &err.whole {
        Whole::Unknown => None,
        Whole::File => Some(Value::none()),
        Whole::Text(text) => Some(new_str(cx, text)?),
    };
    if let Some(whole) = whole {
        let (line, col) = (Value::small_int(0), Value::small_int(0));
        let metadata = new_tuple(cx, vec![line, col, whole])?;
        protocol::setattr_str(cx, &e, "_metadata", &metadata)?;
    }
    if err.stage == Stage::Symbols {
        let args = new_tuple(cx, vec![msg])?;
        protocol::setattr_str(cx, &e, "args", &args)?;
    }
    Ok(e)
}
