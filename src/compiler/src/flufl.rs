//! `from __future__ import barry_as_FLUFL`: `<>` is the sign of inequality, and `!=` a mistake. The parser knows `!=` alone,
//! so it gets a text of the same length with the signs exchanged.

use crate::code::flags;
use crate::diagnose::lexer::{self, Tok, Tokens};
use crate::error::{CompileError, ErrorKind};
use crate::source::Source;
use crate::{Mode, Options};

/// What the parser is to read instead of a source for which the import holds; None for any other source.
pub fn respelled(src: &Source, mode: Mode, opts: &Options) -> Result<Option<Source>, CompileError> {
    let always = opts.flags & flags::FUTURE_BARRY_AS_BDFL != 0;
    if !always && !src.text().contains("barry_as_FLUFL") {
        return Ok(None);
    }
    let tokens = lexer::tokenize(src, mode == Mode::Single, true);
    let Some(from) = (if always {
        Some(0)
    } else {
        after_import(src, &tokens)
    }) else {
        return Ok(None);
    };
    let mut text = src.text().to_owned();
    for token in tokens.list[from..].iter().filter(|t| t.kind == Tok::Op) {
        let range = lexer::range(token);
        match &src.text()[range] {
            "<>" => text.replace_range(std::ops::Range::<usize>::from(range), "!="),
            "!=" => {
                let msg = "with Barry as BDFL, use '<>' instead of '!='";
                return Err(src.error(ErrorKind::Syntax, msg, range));
            }
            _ => {}
        }
    }
    Ok(Some(src.with_text(text)))
}

/// The place of the first token behind the statement that imports the feature.
fn after_import(src: &Source, tokens: &Tokens) -> Option<usize> {
    let word = |i: usize| {
        let token = tokens.list.get(i)?;
        Some(&src.text()[lexer::range(token)])
    };
    let begin = (0..tokens.list.len()).find(|&i| {
        word(i) == Some("from")
            && word(i + 1) == Some("__future__")
            && word(i + 2) == Some("import")
    })?;
    let rest = &tokens.list[begin..];
    let end = begin + rest.iter().position(|t| t.kind == Tok::Newline)?;
    (begin..end)
        .any(|i| word(i) == Some("barry_as_FLUFL"))
        .then_some(end)
}
