//! What the rules for mistakes do once they match: judge, and raise with CPython's words and places.

use super::lexer::{Stop, Tok, Token, Tokens, range};
use super::peg::{Action, Parser, Span};
use crate::error::{CompileError, ErrorKind, Stage, Whole};
use crate::source::{Ending, Source};
use ruff_python_ast::{CmpOp, Expr};
use ruff_python_parser::parse_parenthesized_expression_range;
use ruff_text_size::{Ranged, TextRange, TextSize};

type Performed = Result<bool, Box<CompileError>>;

/// A place: 1-based lines and character columns.
#[derive(Clone, Copy)]
struct Place {
    line: i32,
    col: i32,
    end_line: i32,
    end_col: i32,
}

fn chars(src: &Source, start: usize, end: usize) -> i32 {
    let text = src.text().as_bytes();
    let (start, end) = (start.min(text.len()), end.min(text.len()));
    String::from_utf8_lossy(&text[start..end.max(start)])
        .chars()
        .count() as i32
}

/// Line and column of an offset, which may lie behind the source's last character.
fn point(src: &Source, at: usize) -> (i32, i32) {
    let mut line = src.line_index(TextSize::new(at.min(src.text().len()) as u32));
    if at > 0 && at > src.text().len() {
        line = src.line_index(TextSize::new(src.text().len() as u32));
    }
    let start = src.line_start(line);
    let beyond = at.saturating_sub(src.text().len()) as i32;
    (line as i32 + 1, chars(src, start, at) + 1 + beyond)
}

fn place_of(src: &Source, token: &Token) -> Place {
    match token.kind {
        Tok::Indent | Tok::Dedent if (token.start as usize) < src.text().len() => {
            let (line, col) = point(src, token.start as usize);
            Place {
                line,
                col: col - 1,
                end_line: line,
                end_col: -1,
            }
        }
        _ if token.is_virtual() => {
            // The end lies on the last line, behind its newline.
            let text = src.text();
            let body = text.strip_suffix('\n').unwrap_or(text);
            let line = body.matches('\n').count();
            let col = match src.ending() {
                // A file is read line by line: behind its last one the line is empty.
                Ending::File => 0,
                Ending::Bare if body.len() == text.len() => {
                    chars(src, src.line_start(line), body.len())
                }
                _ => chars(src, src.line_start(line), body.len()) + 1,
            };
            let line = line as i32 + 1;
            Place {
                line,
                col,
                end_line: line,
                end_col: -1,
            }
        }
        Tok::Newline => {
            let (line, col) = point(src, token.start as usize);
            let end =
                col + chars(
                    src,
                    token.start as usize,
                    (token.end as usize).saturating_sub(1),
                ) + 1;
            Place {
                line,
                col,
                end_line: line,
                end_col: end,
            }
        }
        _ => {
            let (line, col) = point(src, token.start as usize);
            let (end_line, end_col) = point(src, token.end as usize);
            Place {
                line,
                col,
                end_line,
                end_col,
            }
        }
    }
}

fn error(src: &Source, kind: ErrorKind, msg: impl Into<String>, place: Place) -> CompileError {
    let text = Some(src.error_text(place.line));
    let mut place = place;
    if place.end_line > place.line && place.end_col > 0 {
        // CPython converts the end's byte column with the text of the first line.
        let end = src.line_text(place.end_line as usize - 1);
        let bytes: usize = end
            .chars()
            .take(place.end_col as usize - 1)
            .map(char::len_utf8)
            .sum();
        let first = src.line_text(place.line as usize - 1);
        let offset = (bytes + 1).min(first.len() + 1);
        let shown = String::from_utf8_lossy(&first.as_bytes()[..offset.min(first.len())]);
        place.end_col = shown.chars().count() as i32 + i32::from(offset > first.len());
    }
    let Place {
        line,
        col,
        end_line,
        end_col,
    } = place;
    CompileError {
        kind,
        stage: Stage::Text,
        msg: msg.into(),
        line,
        col,
        end_line,
        end_col,
        text,
        whole: Whole::Unknown,
    }
}

/// An error at a token whose place is taken as it is: those without text have no column.
fn at_known(parser: &Parser<'_>, token: &Token, msg: impl Into<String>) -> CompileError {
    let mut place = place_of(parser.src, token);
    let behind =
        parser.src.ending() == Ending::Bare && token.start as usize >= parser.src.text().len();
    if token.is_virtual() || behind {
        (place.col, place.end_col) = (0, 0);
        if parser.src.text().is_empty() {
            (place.line, place.end_line) = (0, 0);
        }
    }
    error(parser.src, ErrorKind::Syntax, msg, place)
}

/// An error at one token.
pub fn at_token(parser: &Parser<'_>, token: &Token, msg: impl Into<String>) -> CompileError {
    error(
        parser.src,
        ErrorKind::Syntax,
        msg,
        place_of(parser.src, token),
    )
}

/// The error of a parenthesis without a partner.
pub fn unclosed(src: &Source, tokens: &Tokens) -> CompileError {
    let Some(&(open, at)) = tokens.open.last() else {
        return CompileError::new(ErrorKind::Syntax, "unexpected EOF while parsing");
    };
    let (line, col) = point(src, at as usize);
    let msg = format!("'{}' was never closed", char::from(open));
    error(
        src,
        ErrorKind::Syntax,
        msg,
        Place {
            line,
            col,
            end_line: line,
            end_col: 0,
        },
    )
}

fn last_token(parser: &Parser<'_>) -> Option<Token> {
    parser
        .tokens
        .list
        .get(parser.fill.saturating_sub(1))
        .copied()
}

/// The error of input that stops too early.
pub fn incomplete(parser: &Parser<'_>, whole_file: bool) -> CompileError {
    let len = parser.src.text().len() as u32;
    let end = Token {
        kind: Tok::End,
        start: len,
        end: len,
        level: 0,
    };
    // A file gets a newline at its end; other input may end right behind a token.
    let bare = !whole_file && !parser.src.text().ends_with('\n');
    let last = last_token(parser).filter(|token| {
        bare && token.end == len
            && !token.is_virtual()
            && !matches!(parser.tokens.stop, Some(Stop::Unclosed))
    });
    let place = place_of(parser.src, &last.unwrap_or(end));
    error(parser.src, ErrorKind::Incomplete, "incomplete input", place)
}

/// The error for what starts or ends a block where none may, or for a plain mistake at a token.
pub fn generic(parser: &Parser<'_>, last: &Token, newest: &Token) -> CompileError {
    match last.kind {
        Tok::Indent | Tok::Dedent => {
            let msg = if last.kind == Tok::Indent {
                "unexpected indent"
            } else {
                "unexpected unindent"
            };
            error(
                parser.src,
                ErrorKind::Indentation,
                msg,
                place_of(parser.src, newest),
            )
        }
        _ => at_known(parser, last, "invalid syntax"),
    }
}

/// The tokens of a span as they stand.
fn raw_range(parser: &Parser<'_>, span: Span) -> TextRange {
    let list = &parser.tokens.list;
    let (first, last) = (&list[span.start], &list[span.end.max(span.start + 1) - 1]);
    TextRange::new(
        TextSize::new(first.start),
        TextSize::new(last.end.max(first.start)),
    )
}

/// The range of what a span holds: parentheses around an expression are no part of it.
fn span_range(parser: &Parser<'_>, span: Span) -> TextRange {
    let list = &parser.tokens.list;
    let wrapped = span.end > span.start + 1
        && parser.text(&list[span.start]) == "("
        && parser.text(&list[span.end - 1]) == ")";
    if wrapped && let Some(expr) = expression(parser, span) {
        return expr.range();
    }
    raw_range(parser, span)
}

fn place_of_range(src: &Source, range: TextRange) -> Place {
    let (line, col) = point(src, range.start().to_usize());
    let (end_line, end_col) = point(src, range.end().to_usize());
    Place {
        line,
        col,
        end_line,
        end_col,
    }
}

fn raise(parser: &Parser<'_>, msg: impl Into<String>, range: TextRange) -> Performed {
    Err(Box::new(error(
        parser.src,
        ErrorKind::Syntax,
        msg,
        place_of_range(parser.src, range),
    )))
}

/// The expression that a span of tokens holds.
fn expression(parser: &Parser<'_>, span: Span) -> Option<Expr> {
    let range = raw_range(parser, span);
    let parsed = parse_parenthesized_expression_range(parser.src.text(), range).ok()?;
    Some(*parsed.into_syntax().body)
}

/// What CPython calls an expression in messages.
fn expr_name(expr: &Expr) -> &'static str {
    match expr {
        Expr::Attribute(_) => "attribute",
        Expr::Subscript(_) => "subscript",
        Expr::Starred(_) => "starred",
        Expr::Name(_) => "name",
        Expr::List(_) => "list",
        Expr::Tuple(_) => "tuple",
        Expr::Lambda(_) => "lambda",
        Expr::Call(_) => "function call",
        Expr::BoolOp(_) | Expr::BinOp(_) | Expr::UnaryOp(_) => "expression",
        Expr::Generator(_) => "generator expression",
        Expr::Yield(_) | Expr::YieldFrom(_) => "yield expression",
        Expr::Await(_) => "await expression",
        Expr::ListComp(_) => "list comprehension",
        Expr::SetComp(_) => "set comprehension",
        Expr::DictComp(_) => "dict comprehension",
        Expr::Dict(_) => "dict literal",
        Expr::Set(_) => "set display",
        Expr::FString(_) => "f-string expression",
        Expr::TString(_) => "t-string expression",
        Expr::NoneLiteral(_) => "None",
        Expr::BooleanLiteral(e) => {
            if e.value {
                "True"
            } else {
                "False"
            }
        }
        Expr::EllipsisLiteral(_) => "ellipsis",
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::NumberLiteral(_) => "literal",
        Expr::Compare(_) => "comparison",
        Expr::If(_) => "conditional expression",
        Expr::Named(_) => "named expression",
        Expr::Slice(_) | Expr::IpyEscapeCommand(_) => "expression",
    }
}

/// What kind of target is looked for.
#[derive(Clone, Copy, PartialEq)]
enum Targets {
    Star,
    Del,
    For,
}

/// The part of an expression that cannot be a target.
fn invalid_target(expr: &Expr, targets: Targets) -> Option<&Expr> {
    match expr {
        Expr::List(e) => e.elts.iter().find_map(|elt| invalid_target(elt, targets)),
        Expr::Tuple(e) => e.elts.iter().find_map(|elt| invalid_target(elt, targets)),
        Expr::Starred(_) if targets == Targets::Del => Some(expr),
        Expr::Starred(e) => invalid_target(&e.value, targets),
        Expr::Compare(e) if targets == Targets::For => match e.ops.first() {
            // `a in b` of a `for` was read as a comparison.
            Some(CmpOp::In) => invalid_target(&e.left, targets),
            _ => None,
        },
        Expr::Name(_) | Expr::Subscript(_) | Expr::Attribute(_) => None,
        _ => Some(expr),
    }
}

fn raise_target(parser: &Parser<'_>, span: Span, targets: Targets) -> Performed {
    let Some(expr) = expression(parser, span) else {
        // A lone starred expression is none by itself.
        if targets == Targets::Del && parser.text(&parser.tokens.list[span.start]) == "*" {
            return raise(parser, "cannot delete starred", span_range(parser, span));
        }
        return Ok(false);
    };
    let Some(bad) = invalid_target(&expr, targets) else {
        return Ok(false);
    };
    let verb = if targets == Targets::Del {
        "delete"
    } else {
        "assign to"
    };
    raise(
        parser,
        format!("cannot {verb} {}", expr_name(bad)),
        bad.range(),
    )
}

/// Runs the action of an alternative that matched up to `end`.
pub fn perform(
    parser: &mut Parser<'_>,
    action: &Action,
    captures: &[(char, Span)],
    end: usize,
) -> Performed {
    let find = |name: char| {
        captures
            .iter()
            .rev()
            .find(|(n, _)| *n == name)
            .map(|(_, span)| *span)
    };
    let filled = |parser: &Parser<'_>, msg: &str| {
        let mut out = String::new();
        let mut rest = msg;
        while let Some(open) = rest.find('{') {
            let Some(close) = rest[open..].find('}').map(|n| open + n) else {
                break;
            };
            let inner = &rest.as_bytes()[open + 1..close];
            let &[what @ (b'n' | b't' | b'l'), b' ', name] = inner else {
                out += &rest[..=open];
                rest = &rest[open + 1..];
                continue;
            };
            out += &rest[..open];
            if let Some(span) = find(char::from(name)) {
                let range = span_range(parser, span);
                match what {
                    b'n' => {
                        out += expression(parser, span)
                            .as_ref()
                            .map_or("expression", expr_name)
                    }
                    b't' => out += parser.src.slice(range),
                    _ => out += &point(parser.src, range.start().to_usize()).0.to_string(),
                }
            }
            rest = &rest[close + 1..];
        }
        out + rest
    };
    match action {
        Action::At(a, msg) => match find(*a) {
            Some(span) => raise(parser, filled(parser, msg), span_range(parser, span)),
            None => Ok(false),
        },
        Action::Range(a, b, msg) => match (find(*a), find(*b)) {
            (Some(a), Some(b)) => {
                let range =
                    TextRange::new(span_range(parser, a).start(), span_range(parser, b).end());
                raise(parser, filled(parser, msg), range)
            }
            _ => Ok(false),
        },
        Action::From(a, msg) => match (find(*a), last_token(parser)) {
            (Some(a), Some(last)) => {
                let start = span_range(parser, a).start();
                let mut place = place_of_range(parser.src, TextRange::empty(start));
                let to = place_of(parser.src, &last);
                (place.end_line, place.end_col) = (to.end_line, to.end_col - 1);
                Err(Box::new(error(
                    parser.src,
                    ErrorKind::Syntax,
                    filled(parser, msg),
                    place,
                )))
            }
            _ => Ok(false),
        },
        Action::Next(msg) => match parser
            .tokens
            .list
            .get(end)
            .copied()
            .or_else(|| last_token(parser))
        {
            Some(token) => Err(Box::new(at_token(parser, &token, filled(parser, msg)))),
            None => Ok(false),
        },
        Action::Last(msg) => match last_token(parser) {
            Some(token) => Err(Box::new(at_token(parser, &token, filled(parser, msg)))),
            None => Ok(false),
        },
        Action::Indent(msg) => match last_token(parser) {
            Some(token) => {
                let place = place_of(parser.src, &token);
                Err(Box::new(error(
                    parser.src,
                    ErrorKind::Indentation,
                    filled(parser, msg),
                    place,
                )))
            }
            None => Ok(false),
        },
        Action::Do(name) => {
            let (a, b) = (find('a'), find('b'));
            special(parser, name, a, b, end)
        }
    }
}

fn is_legacy(parser: &Parser<'_>, span: Span) -> bool {
    span.end == span.start + 1
        && matches!(
            parser.text(&parser.tokens.list[span.start]),
            "print" | "exec"
        )
}

/// The actions that need more than a place and words. True lets the alternative match.
fn special(
    parser: &mut Parser<'_>,
    name: &str,
    a: Option<Span>,
    b: Option<Span>,
    end: usize,
) -> Performed {
    let Some(a) = a else { return Ok(false) };
    let both = |parser: &Parser<'_>, b: Span| {
        TextRange::new(span_range(parser, a).start(), span_range(parser, b).end())
    };
    match (name, b) {
        ("flufl", _) => {
            if parser.barry {
                return Ok(true);
            }
            let msg = "invalid syntax.  Maybe you meant '!=' instead of '<>'?";
            raise(parser, msg, span_range(parser, a))
        }
        ("legacy", Some(b)) => {
            if !is_legacy(parser, a) {
                return Ok(false);
            }
            let word = parser.text(&parser.tokens.list[a.start]);
            let msg = format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?");
            raise(parser, msg, both(parser, b))
        }
        ("forgotten_comma", Some(b)) => {
            if is_legacy(parser, a) || parser.tokens.list[end - 1].level == 0 {
                return Ok(false);
            }
            raise(
                parser,
                "invalid syntax. Perhaps you forgot a comma?",
                both(parser, b),
            )
        }
        ("generator_argument", Some(b)) => generator_argument(parser, a, b),
        ("positional_after_keyword", _) => {
            let Some(last) = last_token(parser) else {
                return Ok(false);
            };
            let unpacked = call_of(parser, a)
                .is_some_and(|call| call.arguments.keywords.iter().any(|k| k.arg.is_none()));
            let msg = if unpacked {
                "positional argument follows keyword argument unpacking"
            } else {
                "positional argument follows keyword argument"
            };
            Err(Box::new(at_token(parser, &last, msg)))
        }
        ("star_target", _) => raise_target(parser, a, Targets::Star),
        ("del_target", _) => raise_target(parser, a, Targets::Del),
        ("for_target", _) => raise_target(parser, a, Targets::For),
        ("unparenthesized_target", Some(b)) => {
            // The last element, not a comma after it.
            let mut end = b.end;
            while end > b.start + 1 && parser.text(&parser.tokens.list[end - 1]) == "," {
                end -= 1;
            }
            let last = Span {
                start: b.start,
                end,
            };
            raise(
                parser,
                "did you forget parentheses around the comprehension target?",
                both(parser, last),
            )
        }
        ("default_order", _) => {
            let mut end = a.end;
            while end > a.start + 1 && parser.text(&parser.tokens.list[end - 1]) == "," {
                end -= 1;
            }
            let range = span_range(
                parser,
                Span {
                    start: a.start,
                    end,
                },
            );
            raise(
                parser,
                "parameter without a default follows parameter with a default",
                range,
            )
        }
        ("dictionary_key", _) => {
            let mut place = place_of_range(parser.src, span_range(parser, a));
            (place.col, place.end_line, place.end_col) = (place.end_col - 1, place.end_line, 0);
            let msg = "':' expected after dictionary key";
            Err(Box::new(error(parser.src, ErrorKind::Syntax, msg, place)))
        }
        ("bound_of_tuple" | "bound_of_spec", Some(b)) => {
            let kind = if name == "bound_of_tuple" {
                "TypeVarTuple"
            } else {
                "ParamSpec"
            };
            let what = if matches!(expression(parser, b), Some(Expr::Tuple(_))) {
                "constraints"
            } else {
                "bound"
            };
            let msg = format!("cannot use {what} with {kind}");
            perform(parser, &Action::From('a', msg), &[('a', a)], end)
        }
        ("real" | "imaginary", _) => {
            let imaginary = parser
                .text(&parser.tokens.list[a.start])
                .ends_with(['j', 'J']);
            if imaginary == (name == "imaginary") {
                return Ok(true);
            }
            raise(
                parser,
                format!("{name} number required in complex literal"),
                span_range(parser, a),
            )
        }
        ("conversion", Some(b)) => conversion(parser, a, b),
        ("literals", _) => literals(parser, a),
        _ => Ok(false),
    }
}

/// The call that these arguments make.
fn call_of(parser: &Parser<'_>, span: Span) -> Option<ruff_python_ast::ExprCall> {
    let text = format!("f({})", parser.src.slice(span_range(parser, span)));
    match *ruff_python_parser::parse_expression(&text)
        .ok()?
        .into_syntax()
        .body
    {
        Expr::Call(call) => Some(call),
        _ => None,
    }
}

/// A generator expression without parentheses among other arguments.
fn generator_argument(parser: &Parser<'_>, a: Span, b: Span) -> Performed {
    let Some(call) = call_of(parser, a) else {
        return Ok(false);
    };
    if call.arguments.args.len() <= 1 {
        return Ok(false);
    }
    let Some(last) = call.arguments.args.last() else {
        return Ok(false);
    };
    let shift = span_range(parser, a).start() - TextSize::new(2);
    let range = TextRange::new(last.start() + shift, span_range(parser, b).end());
    raise(parser, "Generator expression must be parenthesized", range)
}

fn conversion(parser: &Parser<'_>, a: Span, b: Span) -> Performed {
    let (mark, word) = (parser.tokens.list[a.start], parser.tokens.list[b.start]);
    let letter = if is_template(parser, a.start) {
        't'
    } else {
        'f'
    };
    if mark.end != word.start {
        let msg =
            format!("{letter}-string: conversion type must come right after the exclamation mark");
        return raise(
            parser,
            msg,
            TextRange::new(range(&mark).start(), range(&word).end()),
        );
    }
    let text = parser.text(&word);
    if !matches!(text, "s" | "r" | "a") {
        let msg = format!(
            "{letter}-string: invalid conversion character '{text}': expected 's', 'r', or 'a'"
        );
        return raise(parser, msg, range(&word));
    }
    Ok(true)
}

/// Whether the string around a token is a t-string.
fn is_template(parser: &Parser<'_>, at: usize) -> bool {
    let mut depth = 0;
    for token in parser.tokens.list[..at].iter().rev() {
        match token.kind {
            Tok::FEnd | Tok::TEnd => depth += 1,
            Tok::FStart | Tok::TStart if depth > 0 => depth -= 1,
            Tok::FStart => return false,
            Tok::TStart => return true,
            _ => {}
        }
    }
    false
}

/// Neighbouring string literals: kinds must fit, escapes must be right.
fn literals(parser: &Parser<'_>, span: Span) -> Performed {
    use crate::literal::{Token as Literal, bytes_body, string_body};
    let tokens = &parser.tokens.list[span.start..span.end];
    let mut kinds = Vec::new();
    let mut depth = 0;
    for token in tokens {
        match token.kind {
            Tok::FStart | Tok::TStart => {
                if depth == 0 {
                    kinds.push(false);
                }
                depth += 1;
            }
            Tok::FEnd | Tok::TEnd => depth -= 1,
            Tok::String if depth == 0 => {
                let literal = Literal::split(parser.text(token));
                kinds.push(literal.bytes);
                let mut out = Vec::new();
                let read = if literal.bytes {
                    bytes_body(literal.body, literal.raw, &mut out)
                } else {
                    string_body(literal.body, literal.raw, &mut out)
                };
                if let Err(bad) = read {
                    return raise(parser, bad.msg, range(token));
                }
            }
            Tok::FMiddle => {
                // A brace ends the piece, so an escape may be cut off there.
                let raw = is_raw(parser, token);
                let mut out = Vec::new();
                if let Err(bad) = string_body(
                    &parser.text(token).replace("{{", "{").replace("}}", "}"),
                    raw,
                    &mut out,
                ) {
                    return raise(parser, bad.msg, range(token));
                }
            }
            _ => {}
        }
    }
    if kinds.contains(&true) && kinds.contains(&false) {
        let Some(last) = last_token(parser) else {
            return Ok(true);
        };
        return Err(Box::new(at_token(
            parser,
            &last,
            "cannot mix bytes and nonbytes literals",
        )));
    }
    Ok(true)
}

fn is_raw(parser: &Parser<'_>, middle: &Token) -> bool {
    let mut depth = 0;
    for token in parser
        .tokens
        .list
        .iter()
        .filter(|t| t.start <= middle.start)
        .rev()
        .skip(1)
    {
        match token.kind {
            Tok::FEnd | Tok::TEnd => depth += 1,
            Tok::FStart | Tok::TStart if depth > 0 => depth -= 1,
            Tok::FStart | Tok::TStart => return parser.text(token).contains(['r', 'R']),
            _ => {}
        }
    }
    false
}
