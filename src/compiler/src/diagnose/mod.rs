//! Decides what CPython 3.14 says about a source that does not parse: exception, words, place.
//!
//! The parser that builds the tree has errors of its own; these are thrown away. Instead the source goes
//! through CPython's tokens (`lexer`) and grammar (`grammar`, run by `peg`): a first pass finds how far the
//! source makes sense, a second one, with the rules for mistakes switched on (`actions`), what is wrong.

mod actions;
mod grammar;
pub(crate) mod lexer;
mod peg;

use crate::error::{CompileError, ErrorKind};
use crate::source::Source;
use crate::{Mode, Options, code::flags};
use lexer::{Stop, Tok};

/// The error of a source, or `None` when nothing is wrong with it.
pub fn diagnose(src: &Source, mode: Mode, opts: &Options) -> Option<CompileError> {
    // Only what is to be a module gets a newline behind its last line.
    if mode != Mode::Exec && !src.text().ends_with('\n') {
        return judge(&src.clone().bare(), mode, opts);
    }
    judge(src, mode, opts)
}

fn judge(src: &Source, mode: Mode, opts: &Options) -> Option<CompileError> {
    let single = mode == Mode::Single;
    let tokens = lexer::tokenize(src, single, !(single && opts.dont_imply_dedent));
    let start = match mode {
        Mode::Exec => "file",
        Mode::Eval => "eval",
        Mode::Single => "interactive",
    };
    let barry = opts.flags & flags::FUTURE_BARRY_AS_BDFL != 0;
    let mut parser = peg::Parser::new(src, &tokens, barry);
    let first = parser.run(start, false);
    if let Ok(Some(end)) = first {
        let more = tokens.list[end.min(tokens.list.len())..]
            .iter()
            .any(|token| !matches!(token.kind, Tok::Newline | Tok::Dedent | Tok::End));
        if !single || !(more || tokens.stop.is_some()) {
            return None;
        }
        let last = tokens.list.get(parser.fill.saturating_sub(1))?;
        let msg = "multiple statements found while compiling a single statement";
        return Some(actions::at_token(&parser, last, msg));
    }
    if opts.allow_incomplete && ends_early(src, mode, &tokens, &parser) {
        return Some(actions::incomplete(&parser, mode == Mode::Exec));
    }
    if let Err(error) = first {
        return Some(further_on(&parser, &tokens).unwrap_or(*error));
    }
    let last = tokens.list.get(parser.fill.saturating_sub(1)).copied();
    if let Err(error) = parser.run(start, true) {
        return Some(further_on(&parser, &tokens).unwrap_or(*error));
    }
    let (Some(last), Some(newest)) = (last, tokens.list.get(parser.fill.saturating_sub(1))) else {
        return token_error(&tokens)
            .or_else(|| Some(CompileError::new(ErrorKind::Syntax, "invalid syntax")));
    };
    let error = actions::generic(&parser, &last, newest);
    if matches!(last.kind, Tok::Indent | Tok::Dedent) {
        return Some(error);
    }
    Some(further_on(&parser, &tokens).unwrap_or(error))
}

/// A mistake in tokens not looked at yet is more telling than one of the grammar; so is a parenthesis that was
/// opened on an earlier line and never closed.
fn further_on(parser: &peg::Parser<'_>, tokens: &lexer::Tokens) -> Option<CompileError> {
    // Inside an f-string the mistake in the expression counts, not what follows from it.
    if tokens.in_string {
        return None;
    }
    if let Some(error) = token_error(tokens) {
        return Some(error);
    }
    if !matches!(tokens.stop, Some(Stop::Unclosed)) {
        return None;
    }
    let newest = tokens.list.get(parser.fill.saturating_sub(1))?;
    let unclosed = actions::unclosed(parser.src, tokens);
    (parser.src.line(lexer::range(newest).start()) > unclosed.line).then_some(unclosed)
}

/// The error with words that stopped the tokenizer.
fn token_error(tokens: &lexer::Tokens) -> Option<CompileError> {
    match &tokens.stop {
        Some(Stop::Error(error)) => Some(error.clone()),
        _ => None,
    }
}

/// Whether the tokenizer had reached the end of the source when the parser gave up.
fn ends_early(src: &Source, mode: Mode, tokens: &lexer::Tokens, parser: &peg::Parser<'_>) -> bool {
    let (fill, reached) = (parser.fill, parser.past_end);
    match &tokens.stop {
        Some(Stop::Unclosed) => reached,
        Some(Stop::Error(error)) => reached && error.msg.starts_with("unterminated triple-quoted"),
        Some(Stop::State(error)) => reached && error.msg.starts_with("unexpected EOF"),
        None => {
            let Some(last) = tokens.list.get(fill.saturating_sub(1)) else {
                return true;
            };
            let at_end = last.end as usize >= src.text().len();
            match last.kind {
                Tok::End => true,
                Tok::Dedent => at_end,
                Tok::Newline if last.is_virtual() => true,
                // Only whole files get a newline at their end.
                _ => at_end && mode != Mode::Exec && !src.text().ends_with('\n'),
            }
        }
    }
}
