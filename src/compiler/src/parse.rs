//! Runs ruff's parser and turns its complaints into CPython's.

use crate::ast::Root;
use crate::diagnose::diagnose;
use crate::error::{CompileError, ErrorKind};
use crate::source::Source;
use crate::{Mode, Options};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{PythonVersion, Stmt};
use ruff_python_parser::{Mode as ParseMode, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

/// A parsed input, owning its tree.
pub struct Tree {
    parsed: Parsed<ruff_python_ast::Mod>,
    mode: Mode,
}

impl Tree {
    pub fn root(&self) -> Root<'_> {
        match self.parsed.syntax() {
            ruff_python_ast::Mod::Module(module) => Root::Body(&module.body, self.mode),
            ruff_python_ast::Mod::Expression(expression) => Root::Expr(&expression.body),
        }
    }
    pub fn tokens(&self) -> &ruff_python_ast::token::Tokens {
        self.parsed.tokens()
    }
    /// The statements, unless this is an expression.
    pub fn body(&self) -> &[Stmt] {
        match self.root() {
            Root::Body(body, _) => body,
            Root::Expr(_) => &[],
        }
    }
}

/// Parses text that was written from a tree.
pub fn parse_synthetic(src: &Source, mode: Mode) -> Result<Tree, CompileError> {
    let parsed = parse_unchecked(src.text(), options(mode));
    match parsed.errors().first() {
        None => Ok(Tree { parsed, mode }),
        Some(error) => Err(CompileError::new(
            ErrorKind::Value,
            format!("malformed tree: {}", error.error),
        )),
    }
}

/// The tree of a text with mistakes, as far as the parser recovers from them.
pub fn parse_what_can_be(src: &Source, mode: Mode) -> Tree {
    let parsed = parse_unchecked(src.text(), options(mode));
    Tree { parsed, mode }
}

fn options(mode: Mode) -> ParseOptions {
    let parse_mode = if mode == Mode::Eval {
        ParseMode::Expression
    } else {
        ParseMode::Module
    };
    ParseOptions::from(parse_mode).with_target_version(PythonVersion::PY314)
}

/// Parses the source, or says what is wrong with it in CPython's words.
pub fn parse(src: &Source, mode: Mode, opts: &Options) -> Result<Tree, CompileError> {
    judged(src, mode, opts).map_err(|e| CompileError {
        whole: src.whole(mode),
        ..e
    })
}

fn judged(src: &Source, mode: Mode, opts: &Options) -> Result<Tree, CompileError> {
    match crate::flufl::respelled(src, mode, opts)? {
        Some(other) => judged_as_spelled(&other, mode, opts),
        None => judged_as_spelled(src, mode, opts),
    }
}

fn judged_as_spelled(src: &Source, mode: Mode, opts: &Options) -> Result<Tree, CompileError> {
    // A byte order mark is part of bytes; in text it is a character like any other.
    if src.text().starts_with('\u{feff}')
        && let Some(error) = diagnose(src, mode, opts)
    {
        return Err(error);
    }
    let parsed = parse_unchecked(src.text(), options(mode));
    let complaint = parsed
        .errors()
        .first()
        .map(|error| (error.error.to_string(), error.location));
    let unsupported = || {
        parsed
            .unsupported_syntax_errors()
            .first()
            .map(|error| (error.to_string(), error.range))
    };
    if let Some((msg, range)) = complaint.or_else(unsupported) {
        return Err(
            diagnose(src, mode, opts).unwrap_or_else(|| src.error(ErrorKind::Syntax, msg, range))
        );
    }
    if let Some(range) = deepest_string(&parsed) {
        let msg = "too many nested f-strings or t-strings";
        return Err(src.error(ErrorKind::Syntax, msg, range));
    }
    if (nests_deep(&parsed) || is_special(src, mode, &parsed))
        && let Some(error) = diagnose(src, mode, opts)
    {
        return Err(error);
    }
    Ok(Tree { parsed, mode })
}

/// Whether the input must be looked at again because the mode asks more than the grammar.
fn is_special(src: &Source, mode: Mode, parsed: &Parsed<ruff_python_ast::Mod>) -> bool {
    match mode {
        Mode::Exec => false,
        // Blanks in front are an indentation.
        Mode::Eval => src.text().starts_with([' ', '\t', '\x0c']),
        Mode::Single => match parsed.syntax() {
            ruff_python_ast::Mod::Module(module) => {
                module.body.len() != 1 || !src.text().ends_with('\n')
            }
            ruff_python_ast::Mod::Expression(_) => false,
        },
    }
}

/// Where f-strings nest deeper than CPython's tokenizer follows.
fn deepest_string(parsed: &Parsed<ruff_python_ast::Mod>) -> Option<TextRange> {
    const MAX_STRINGS: usize = 149;
    let mut open = 0_usize;
    let deep = parsed.tokens().iter().find(|token| {
        match token.kind() {
            TokenKind::FStringStart | TokenKind::TStringStart => open += 1,
            TokenKind::FStringEnd | TokenKind::TStringEnd => open = open.saturating_sub(1),
            _ => {}
        }
        open > MAX_STRINGS
    });
    deep.map(Ranged::range)
}

/// Whether parentheses or indentation may go beyond the limits of CPython's tokenizer.
fn nests_deep(parsed: &Parsed<ruff_python_ast::Mod>) -> bool {
    let (mut open, mut indent) = (0_usize, 0_usize);
    parsed.tokens().iter().any(|token| {
        match token.kind() {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => open += 1,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => open = open.saturating_sub(1),
            TokenKind::Indent => indent += 1,
            TokenKind::Dedent => indent = indent.saturating_sub(1),
            _ => {}
        }
        open > 200 || indent >= 100
    })
}
