//! `_tokenize`: the compiler's tokens as tuples. The source is read whole when the first token is asked for.

use std::collections::VecDeque;
use typhon_compiler::tokens::{self, Token};
use typhon_compiler::{CompileError, ErrorKind};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::Bytes;
use typhon_vm::objects::exception::compile_error::raise_compile_error;
use typhon_vm::objects::object;
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::protocol;

/// What is still to be told.
struct Rest {
    /// None: not read yet.
    tokens: Option<VecDeque<Token>>,
    error: Option<CompileError>,
}

#[pytype(name = "TokenizerIter", module = "_tokenize", gc)]
pub struct TokenizerIter {
    head: Header,
    readline: Value,
    encoding: Option<Value>,
    #[skip]
    extra: bool,
    #[skip]
    rest: Guarded<Rest>,
}

impl TokenizerIter {
    fn read(&self, cx: &mut Cx) -> Res<String> {
        let mut text = String::new();
        loop {
            let line = match protocol::call(cx, &self.readline, &[]) {
                Ok(line) => line,
                Err(r) => {
                    cx.catch(r, ExcKind::StopIteration)?;
                    break;
                }
            };
            let line = match &self.encoding {
                None => line,
                Some(encoding) => {
                    if line.downcast::<Bytes>().is_none() {
                        let name = line.type_name();
                        return Err(cx.type_error(format!(
                            "readline() returned a non-bytes object ({name})"
                        )));
                    }
                    let errors = new_str(cx, "replace")?;
                    protocol::call_method(cx, &line, "decode", &[encoding.clone(), errors])?
                }
            };
            let Some(s) = line.downcast::<Str>() else {
                let name = line.type_name();
                return Err(
                    cx.type_error(format!("readline() returned a non-string object ({name})"))
                );
            };
            if s.is_empty() {
                break;
            }
            match s.to_utf8() {
                Some(line) => text.push_str(&line),
                None => text.push_str(&s.to_string_lossy()),
            }
        }
        Ok(text)
    }

    fn raise(cx: &mut Cx, mut error: CompileError) -> Raised {
        if error.line == 0 {
            return cx.raise(ExcKind::SyntaxError, error.msg);
        }
        if matches!(error.kind, ErrorKind::Indentation | ErrorKind::Tab) {
            // These name a line, not a range.
            (error.end_line, error.end_col) = (0, 0);
        }
        match new_str(cx, "<string>") {
            Ok(filename) => raise_compile_error(cx, &error, &filename),
            Err(r) => r,
        }
    }

    fn tuple(cx: &mut Cx, token: &Token) -> Res<Value> {
        let mut items = vec![
            Value::small_int(i32::from(token.kind)),
            new_str(cx, &token.text)?,
        ];
        for place in [token.start, token.end] {
            items.push(place.into_value(cx)?);
        }
        items.push(new_str(cx, &token.line)?);
        new_tuple(cx, items)
    }
}

#[pymethods]
impl TokenizerIter {
    #[new]
    #[sig(readline, /, *, encoding = None, extra_tokens = False)]
    fn new(
        cls: &Type,
        readline: &Value,
        encoding: Option<&Value>,
        extra_tokens: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        object::alloc(
            cx,
            cls,
            TokenizerIter {
                head: Header::placeholder(),
                readline: readline.clone(),
                encoding: encoding.cloned(),
                extra: extra_tokens,
                rest: Guarded::new(Rest {
                    tokens: None,
                    error: None,
                }),
            },
        )
    }

    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        if self.rest.lock(&self.head, &mut cx.thread).tokens.is_none() {
            let text = self.read(cx)?;
            let found = tokens::tokenize(&text, self.extra);
            let mut rest = self.rest.lock(&self.head, &mut cx.thread);
            // Another thread may have read meanwhile; what it got comes first.
            let known = rest.tokens.get_or_insert_default();
            known.extend(found.list);
            if let Some(error) = found.error {
                rest.error = Some(error);
            }
        }
        let mut rest = self.rest.lock(&self.head, &mut cx.thread);
        let next = rest.tokens.as_mut().and_then(VecDeque::pop_front);
        let error = if next.is_none() {
            rest.error.take()
        } else {
            None
        };
        drop(rest);
        match (next, error) {
            (Some(token), _) => TokenizerIter::tuple(cx, &token).map(Some),
            (None, Some(error)) => Err(TokenizerIter::raise(cx, error)),
            (None, None) => Ok(None),
        }
    }
}

#[pymodule(name = "_tokenize", types(TokenizerIter))]
pub mod module {
    use super::*;
}
