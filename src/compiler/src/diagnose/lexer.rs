//! CPython's tokenizer, as far as its errors go: the parser of this folder needs the same tokens at the same
//! places, and the tokenizer has errors of its own.
//!
//! The whole source is cut into tokens at once, up to the first error; the error strikes when the parser asks
//! for the token behind the last one.

use crate::error::{CompileError, ErrorKind, Stage, Whole};
use crate::source::{Ending, Source};
use ruff_text_size::{TextRange, TextSize};

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tok {
    Name,
    Number,
    String,
    FStart,
    FMiddle,
    FEnd,
    TStart,
    TMiddle,
    TEnd,
    Op,
    Newline,
    Indent,
    Dedent,
    End,
}

/// A token: its bytes in the source, and the state of the tokenizer after it.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Tok,
    pub start: u32,
    pub end: u32,
    /// Open parentheses after the token.
    pub level: u16,
}

impl Token {
    /// Whether the token has no text of its own.
    pub fn is_virtual(&self) -> bool {
        match self.kind {
            Tok::Indent | Tok::Dedent | Tok::End => true,
            Tok::Newline => self.start == self.end,
            _ => false,
        }
    }
}

/// How the token stream ends early.
#[derive(Clone, Debug)]
pub enum Stop {
    /// An error with its words.
    Error(CompileError),
    /// A state of the tokenizer that the parser turns into an error when it gets there, and not before.
    State(CompileError),
    /// The end of the source inside these parentheses.
    Unclosed,
}

/// The tokens of a source.
pub struct Tokens {
    pub list: Vec<Token>,
    pub stop: Option<Stop>,
    /// Open parentheses at the end: character and offset.
    pub open: Vec<(u8, u32)>,
    /// Whether the end lies inside an f-string or t-string.
    pub in_string: bool,
}

const MAX_INDENT: usize = 100;
const MAX_LEVEL: usize = 200;
/// Fields may nest this deep in format specifications.
const MAX_FIELD_NESTING: i32 = 3;
const MAX_STRINGS: usize = 150;

/// An f-string or t-string being read.
struct Mode {
    letter: char,
    quote: u8,
    width: usize,
    raw: bool,
    start: usize,
    line: usize,
    /// Reads text, not an expression.
    text: bool,
    depth: i32,
    expr_depth: i32,
    in_spec: bool,
}

struct Lexer<'s> {
    src: &'s Source,
    text: &'s [u8],
    at: usize,
    tokens: Vec<Token>,
    indents: Vec<(usize, usize)>,
    open: Vec<(u8, u32)>,
    modes: Vec<Mode>,
    line_begins: bool,
    interactive: bool,
    imply_dedent: bool,
}

type Lexed<T> = Result<T, Stop>;

/// Cuts the source into tokens.
///
/// `interactive` input ends with one more newline; `imply_dedent` closes blocks that lack the last one.
pub fn tokenize(src: &Source, interactive: bool, imply_dedent: bool) -> Tokens {
    let mut lexer = Lexer {
        src,
        text: src.text().as_bytes(),
        at: 0,
        tokens: Vec::new(),
        indents: vec![(0, 0)],
        open: Vec::new(),
        modes: Vec::new(),
        line_begins: true,
        interactive,
        imply_dedent,
    };
    let stop = lexer.run().err();
    let in_string = !lexer.modes.is_empty();
    Tokens {
        list: lexer.tokens,
        stop,
        open: lexer.open,
        in_string,
    }
}

impl Lexer<'_> {
    /// The byte at an offset; the source ends with a newline even if it does not.
    fn byte(&self, at: usize) -> Option<u8> {
        match self.text.get(at) {
            Some(&b) => Some(b),
            None if at == self.text.len() && at > 0 && self.text[at - 1] != b'\n' => Some(b'\n'),
            None => None,
        }
    }
    fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    fn push(&mut self, kind: Tok, start: usize) {
        let level = self.open.len() as u16;
        self.tokens.push(Token {
            kind,
            start: start as u32,
            end: self.at as u32,
            level,
        });
    }

    fn line_of(&self, at: usize) -> usize {
        self.src
            .line_index(TextSize::new(at.min(self.text.len()) as u32))
    }
    fn line_start(&self, at: usize) -> usize {
        self.src.line_start(self.line_of(at))
    }

    /// An error whose place is the last character before `at`.
    fn error_before<T>(&self, at: usize, msg: impl Into<String>) -> Lexed<T> {
        let line = self.line_of(if at > 0 && self.byte(at).is_none() {
            at - 1
        } else {
            at
        });
        let start = self.src.line_start(line);
        let chars = String::from_utf8_lossy(&self.text[start..at.clamp(start, self.text.len())])
            .chars()
            .count() as i32;
        Err(Stop::Error(self.error_at(
            ErrorKind::Syntax,
            msg,
            line,
            chars,
            chars,
        )))
    }

    fn error_at(
        &self,
        kind: ErrorKind,
        msg: impl Into<String>,
        line: usize,
        col: i32,
        end_col: i32,
    ) -> CompileError {
        let line = line as i32 + 1;
        let mut text = self.src.error_text(line);
        // CPython's tokenizer shows the line as far as it goes, its parser shows it with its end.
        if kind == ErrorKind::Syntax {
            text.truncate(text.trim_end_matches('\n').len());
        }
        CompileError {
            kind,
            stage: Stage::Text,
            msg: msg.into(),
            line,
            col,
            end_line: line,
            end_col,
            text: Some(text),
            whole: Whole::Unknown,
        }
    }

    fn run(&mut self) -> Lexed<()> {
        loop {
            if self.modes.last().is_some_and(|mode| mode.text) {
                self.string_text()?;
                continue;
            }
            if self.line_begins {
                self.line_begins = false;
                if !self.indentation()? {
                    continue;
                }
            }
            if self.token()? {
                return Ok(());
            }
        }
    }

    /// Handles the blanks at the start of a line. False when the line holds nothing.
    fn indentation(&mut self) -> Lexed<bool> {
        let line = self.at;
        let (mut col, mut alt, mut continued) = (0, 0, 0);
        loop {
            match self.peek() {
                Some(b' ') => {
                    col += 1;
                    alt += 1;
                }
                Some(b'\t') => {
                    col = (col / 8 + 1) * 8;
                    alt += 1;
                }
                Some(b'\x0c') => (col, alt) = (0, 0),
                Some(b'\\') => {
                    continued = if continued > 0 { continued } else { col };
                    self.continuation()?;
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
        match self.peek() {
            Some(b'#') => {
                while self.peek().is_some_and(|b| b != b'\n') {
                    self.at += 1;
                }
                self.at += usize::from(self.peek().is_some());
                self.line_begins = true;
                return Ok(false);
            }
            Some(b'\n') => {
                self.at += 1;
                self.line_begins = true;
                return Ok(false);
            }
            None => return Ok(true),
            _ => {}
        }
        if !self.open.is_empty() {
            return Ok(true);
        }
        if continued > 0 {
            (col, alt) = (continued, continued);
        }
        self.set_indent(col, alt, line)?;
        Ok(true)
    }

    fn set_indent(&mut self, col: usize, alt: usize, line: usize) -> Lexed<()> {
        let index = self.line_of(line);
        let tabs = |lexer: &Self| {
            let msg = "inconsistent use of tabs and spaces in indentation";
            Err(Stop::State(lexer.error_at(
                ErrorKind::Tab,
                msg,
                index,
                1,
                0,
            )))
        };
        let (top, top_alt) = self.indents[self.indents.len() - 1];
        if col == top {
            return if alt == top_alt { Ok(()) } else { tabs(self) };
        }
        if col > top {
            if self.indents.len() >= MAX_INDENT {
                let error = self.error_at(
                    ErrorKind::Indentation,
                    "too many levels of indentation",
                    index,
                    1,
                    0,
                );
                return Err(Stop::State(error));
            }
            if alt <= top_alt {
                return tabs(self);
            }
            self.indents.push((col, alt));
            self.push(Tok::Indent, self.at);
            return Ok(());
        }
        let mut dedents = 0;
        while self.indents.len() > 1 && col < self.indents[self.indents.len() - 1].0 {
            self.indents.pop();
            dedents += 1;
        }
        let (top, top_alt) = self.indents[self.indents.len() - 1];
        if col != top {
            let newline = i32::from(!self.src.ends_bare(index));
            let width = self.src.line_text(index).chars().count() as i32 + newline;
            let msg = "unindent does not match any outer indentation level";
            let mut error = self.error_at(ErrorKind::Indentation, msg, index, width, -1);
            error.end_col = -1;
            return Err(Stop::State(error));
        }
        if alt != top_alt {
            return tabs(self);
        }
        for _ in 0..dedents {
            self.push(Tok::Dedent, self.at);
        }
        Ok(())
    }

    /// A backslash at the end of a line.
    fn continuation(&mut self) -> Lexed<()> {
        self.at += 1;
        let at_end = self.src.ending() == Ending::Bare && self.at >= self.src.text().len();
        if at_end || self.peek() != Some(b'\n') {
            let index = self.line_of(self.at.saturating_sub(1));
            let col = self.char_col(self.at) + i32::from(!at_end);
            let msg = "unexpected character after line continuation character";
            let mut error = self.error_at(ErrorKind::Syntax, msg, index, col, 0);
            error.text = Some(self.src.error_text(error.line));
            return Err(Stop::State(error));
        }
        self.at += 1;
        if self.peek().is_none() {
            if !self.open.is_empty() {
                return Err(Stop::Unclosed);
            }
            let index = self.line_of(self.text.len().saturating_sub(1));
            let col = self.src.line_text(index).chars().count() as i32 + 1;
            let mut error = self.error_at(
                ErrorKind::Incomplete,
                "unexpected EOF while parsing",
                index,
                col,
                -1,
            );
            error.kind = ErrorKind::Syntax;
            if self.src.ending() == Ending::File {
                // A program's file is read line by line as it is, and a line that only goes on has no place.
                let line = self.src.line_text(index);
                if line.trim_start_matches([' ', '\t', '\x0c']) == "\\" {
                    error.col = 0;
                }
                if !self.src.text().ends_with('\n') {
                    error.text = Some(line.to_owned());
                }
            }
            return Err(Stop::State(error));
        }
        Ok(())
    }

    /// Characters from the start of the line.
    fn char_col(&self, at: usize) -> i32 {
        let start = self.line_start(at.saturating_sub(1));
        String::from_utf8_lossy(&self.text[start..at.min(self.text.len())])
            .chars()
            .count() as i32
    }

    /// Reads one token. True at the end.
    fn token(&mut self) -> Lexed<bool> {
        let mut comment = None;
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\x0c') => self.at += 1,
                Some(b'#') => {
                    comment = Some(self.at);
                    while self.peek().is_some_and(|b| b != b'\n') {
                        self.at += 1;
                    }
                }
                Some(b'\\') => self.continuation()?,
                _ => break,
            }
        }
        let start = self.at;
        let Some(c) = self.peek() else {
            return self.end();
        };
        if c == b'_' || c.is_ascii_alphabetic() || c >= 128 {
            self.word()?;
            return Ok(false);
        }
        if c == b'\n' {
            self.at += 1;
            self.line_begins = true;
            if self.open.is_empty() && self.modes.is_empty() {
                // A comment before the end of the line belongs to it.
                self.push(Tok::Newline, comment.unwrap_or(start));
            }
            return Ok(false);
        }
        if c.is_ascii_digit()
            || c == b'.' && self.byte(self.at + 1).is_some_and(|b| b.is_ascii_digit())
        {
            self.number()?;
            self.push(Tok::Number, start);
            return Ok(false);
        }
        if c == b'\'' || c == b'"' {
            self.string(start)?;
            return Ok(false);
        }
        self.operator(c)?;
        Ok(false)
    }

    fn end(&mut self) -> Lexed<bool> {
        if !self.open.is_empty() {
            return Err(Stop::Unclosed);
        }
        if self.imply_dedent || self.text.ends_with(b"\n") {
            while self.indents.len() > 1 {
                self.indents.pop();
                self.push(Tok::Dedent, self.at);
            }
        }
        if self.interactive && !self.tokens.is_empty() {
            self.push(Tok::Newline, self.at);
        }
        self.push(Tok::End, self.at);
        Ok(true)
    }

    /// An identifier, or the prefix of a string.
    fn word(&mut self) -> Lexed<()> {
        let start = self.at;
        let mut seen = [false; 5];
        while let Some(c) = self.peek() {
            let letter = c.to_ascii_lowercase();
            match b"burft".iter().position(|&p| p == letter) {
                Some(index) if !seen[index] => {
                    seen[index] = true;
                    self.at += 1;
                }
                _ => break,
            }
        }
        let [b, u, r, f, t] = seen;
        if self.at > start && matches!(self.peek(), Some(b'\'' | b'"')) {
            for (one, first, other, second) in [
                (u, 'u', b, 'b'),
                (u, 'u', r, 'r'),
                (u, 'u', f, 'f'),
                (u, 'u', t, 't'),
                (b, 'b', f, 'f'),
                (b, 'b', t, 't'),
                (f, 'f', t, 't'),
            ] {
                if one && other {
                    let msg = format!("'{first}' and '{second}' prefixes are incompatible");
                    let (col, end) = (self.char_col(start) + 1, self.char_col(self.at) + 1);
                    let end = end.max(col);
                    return Err(Stop::Error(self.error_at(
                        ErrorKind::Syntax,
                        msg,
                        self.line_of(start),
                        col,
                        end,
                    )));
                }
            }
            return if f || t {
                self.format_start(start, if f { 'f' } else { 't' }, r)
            } else {
                self.string(start)
            };
        }
        let src = self.src;
        let word = &src.text()[start..];
        let mut end = start;
        let mut bad = None;
        for (index, c) in word.char_indices() {
            if !(c == '_' || c.is_ascii_alphanumeric() || c >= '\u{80}') {
                break;
            }
            end = start + index + c.len_utf8();
            let fine = if index == 0 {
                c == '_' || typhon_text::unicode::is_xid_start(c as u32)
            } else {
                typhon_text::unicode::is_xid_continue(c as u32)
            };
            if !fine && bad.is_none() {
                bad = Some((c, end));
            }
        }
        if let Some((c, after)) = bad {
            let number = format!("U+{:04X}", c as u32);
            let msg = if typhon_text::unicode::is_printable(c as u32) {
                format!("invalid character '{c}' ({number})")
            } else {
                format!("invalid non-printable character {number}")
            };
            return self.error_before(after, msg);
        }
        self.at = end;
        self.push(Tok::Name, start);
        Ok(())
    }

    fn digits(&mut self, is: fn(&u8) -> bool, what: &str) -> Lexed<()> {
        loop {
            while self.peek().is_some_and(|b| is(&b)) {
                self.at += 1;
            }
            if self.peek() != Some(b'_') {
                return Ok(());
            }
            self.at += 1;
            if !self.peek().is_some_and(|b| is(&b)) {
                if let Some(d) = self
                    .peek()
                    .filter(|b| b.is_ascii_digit() && what != "decimal")
                {
                    return self.error_before(
                        self.at + 1,
                        format!("invalid digit '{}' in {what} literal", char::from(d)),
                    );
                }
                return self.error_before(self.at, format!("invalid {what} literal"));
            }
        }
    }

    /// After a number nothing of an identifier may follow, except keywords.
    fn number_end(&mut self, what: &str) -> Lexed<()> {
        let rest = &self.text[self.at.min(self.text.len())..];
        let keyword = ["and", "else", "for", "if", "in", "is", "or", "not"]
            .iter()
            .any(|k| rest.starts_with(k.as_bytes()));
        if !keyword
            && self
                .peek()
                .is_some_and(|b| b == b'_' || b.is_ascii_alphanumeric())
        {
            return self.error_before(self.at, format!("invalid {what} literal"));
        }
        Ok(())
    }

    fn number(&mut self) -> Lexed<()> {
        let start = self.at;
        if self.peek() == Some(b'0') {
            let (what, is): (&str, fn(&u8) -> bool) = match self.byte(self.at + 1) {
                Some(b'x' | b'X') => ("hexadecimal", u8::is_ascii_hexdigit),
                Some(b'o' | b'O') => ("octal", |b| (b'0'..=b'7').contains(b)),
                Some(b'b' | b'B') => ("binary", |b| matches!(b, b'0' | b'1')),
                _ => ("", |_| false),
            };
            if !what.is_empty() {
                self.at += 2;
                if self.peek() == Some(b'_') {
                    self.at += 1;
                }
                match self.peek() {
                    Some(b) if is(&b) => {}
                    Some(b) if b.is_ascii_digit() => {
                        return self.error_before(
                            self.at + 1,
                            format!("invalid digit '{}' in {what} literal", char::from(b)),
                        );
                    }
                    _ => return self.error_before(self.at, format!("invalid {what} literal")),
                }
                self.digits(is, what)?;
                if let Some(b) = self.peek().filter(|b| b.is_ascii_digit()) {
                    return self.error_before(
                        self.at + 1,
                        format!("invalid digit '{}' in {what} literal", char::from(b)),
                    );
                }
                return self.number_end(what);
            }
            // Only zeros may follow a zero, unless it turns out a float.
            let mut zeros = self.at;
            loop {
                if self.byte(zeros) == Some(b'_') {
                    zeros += 1;
                    if !self.byte(zeros).is_some_and(|b| b.is_ascii_digit()) {
                        return self.error_before(zeros, "invalid decimal literal");
                    }
                }
                if self.byte(zeros) != Some(b'0') {
                    break;
                }
                zeros += 1;
            }
            let zeros_end = zeros;
            self.at = zeros;
            if self.peek().is_some_and(|b| b.is_ascii_digit()) {
                self.digits(u8::is_ascii_digit, "decimal")?;
                if !matches!(self.peek(), Some(b'.' | b'e' | b'E' | b'j' | b'J')) {
                    let msg = "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";
                    let line = self.line_of(start);
                    let (col, end) = (self.char_col(start) + 1, self.char_col(zeros_end) + 1);
                    let col = if start == self.line_start(start) {
                        1
                    } else {
                        col
                    };
                    return Err(Stop::Error(self.error_at(
                        ErrorKind::Syntax,
                        msg,
                        line,
                        col,
                        end.max(1),
                    )));
                }
            }
        } else if self.peek() != Some(b'.') {
            self.digits(u8::is_ascii_digit, "decimal")?;
        }
        let mut what = "decimal";
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.peek().is_some_and(|b| b.is_ascii_digit()) {
                self.digits(u8::is_ascii_digit, "decimal")?;
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            let mut after = self.at + 1;
            let signed = matches!(self.byte(after), Some(b'+' | b'-'));
            if signed {
                after += 1;
            }
            if self.byte(after).is_some_and(|b| b.is_ascii_digit()) {
                self.at = after;
                self.digits(u8::is_ascii_digit, "decimal")?;
            } else if signed {
                return self.error_before(after, "invalid decimal literal");
            } else {
                return self.number_end("decimal");
            }
        }
        if matches!(self.peek(), Some(b'j' | b'J')) {
            self.at += 1;
            what = "imaginary";
        }
        self.number_end(what)
    }

    fn quotes(&self) -> (u8, usize) {
        let quote = self.peek().unwrap_or(b'"');
        let triple = self.byte(self.at + 1) == Some(quote) && self.byte(self.at + 2) == Some(quote);
        (quote, if triple { 3 } else { 1 })
    }

    /// The line at which the source ended, as the tokenizer counts.
    fn last_line(&self, at: usize) -> usize {
        self.line_of(at.min(self.text.len().saturating_sub(1))) + 1
    }

    fn string(&mut self, start: usize) -> Lexed<()> {
        let (quote, width) = self.quotes();
        if width == 1 && self.byte(self.at + 1) == Some(quote) {
            self.at += 2;
            self.push(Tok::String, start);
            return Ok(());
        }
        self.at += width;
        let (mut closing, mut escaped_quote) = (0, false);
        while closing != width {
            let c = self.peek();
            let ended = match c {
                None => true,
                Some(b'\n') => width == 1,
                _ => false,
            };
            if ended {
                let line = self.last_line(self.at);
                if self
                    .modes
                    .last()
                    .is_some_and(|mode| mode.quote == quote && mode.width == width)
                {
                    let letter = self.modes[self.modes.len() - 1].letter;
                    return self
                        .error_before(start + 1, format!("{letter}-string: expecting '}}'"));
                }
                let msg = if width == 3 {
                    format!("unterminated triple-quoted string literal (detected at line {line})")
                } else if escaped_quote {
                    format!(
                        "unterminated string literal (detected at line {line}); perhaps you escaped the end quote?"
                    )
                } else {
                    format!("unterminated string literal (detected at line {line})")
                };
                return self.error_before(start + 1, msg);
            }
            self.at += 1;
            if c == Some(quote) {
                closing += 1;
                continue;
            }
            closing = 0;
            if c == Some(b'\\') {
                if self.peek() == Some(quote) {
                    escaped_quote = true;
                }
                if self.peek().is_some() {
                    self.at += 1;
                }
            }
        }
        self.push(Tok::String, start);
        Ok(())
    }

    fn format_start(&mut self, start: usize, letter: char, raw: bool) -> Lexed<()> {
        if self.modes.len() + 1 >= MAX_STRINGS {
            return self.error_before(self.at, "too many nested f-strings or t-strings");
        }
        let (quote, width) = self.quotes();
        self.at += width;
        self.modes.push(Mode {
            letter,
            quote,
            width,
            raw,
            start,
            line: self.line_of(start),
            text: true,
            depth: 0,
            expr_depth: -1,
            in_spec: false,
        });
        self.push(
            if letter == 'f' {
                Tok::FStart
            } else {
                Tok::TStart
            },
            start,
        );
        Ok(())
    }

    /// The text of an f-string up to a field or its end.
    fn string_text(&mut self) -> Lexed<()> {
        let start = self.at;
        let top = self.modes.len() - 1;
        let (letter, quote, width, raw) = {
            let mode = &self.modes[top];
            (mode.letter, mode.quote, mode.width, mode.raw)
        };
        let (middle, end) = if letter == 'f' {
            (Tok::FMiddle, Tok::FEnd)
        } else {
            (Tok::TMiddle, Tok::TEnd)
        };
        if self.peek() == Some(b'{') && self.byte(self.at + 1) != Some(b'{') {
            return self.enter_field(top);
        }
        if (0..width).all(|i| self.byte(self.at + i) == Some(quote)) {
            self.at += width;
            self.modes.pop();
            self.push(end, start);
            return Ok(());
        }
        let (mut closing, mut named_escape) = (0, false);
        while closing != width {
            let in_spec = self.modes[top].in_spec && self.modes[top].expr_depth >= 0;
            let c = self.peek();
            if c.is_none() || width == 1 && c == Some(b'\n') {
                if in_spec && c == Some(b'\n') {
                    let msg = format!(
                        "{letter}-string: newlines are not allowed in format specifiers for single quoted {letter}-strings"
                    );
                    let col = self.char_col(self.at) + 1;
                    let line = self.line_of(self.at);
                    return Err(Stop::Error(self.error_at(
                        ErrorKind::Syntax,
                        msg,
                        line,
                        col,
                        col,
                    )));
                }
                let line = self.last_line(self.at);
                let triple = if width == 3 { "triple-quoted " } else { "" };
                let msg = format!(
                    "unterminated {triple}{letter}-string literal (detected at line {line})"
                );
                let at = self.modes[top].start;
                let _ = self.modes[top].line;
                return self.error_before(at + 1, msg);
            }
            self.at += 1;
            if c == Some(quote) {
                closing += 1;
                continue;
            }
            closing = 0;
            match c {
                Some(b'{') => {
                    if self.peek() == Some(b'{') && !in_spec {
                        self.at += 1;
                    } else {
                        self.at -= 1;
                        self.push(middle, start);
                        return self.enter_field(top);
                    }
                    self.push(middle, start);
                    return Ok(());
                }
                Some(b'}') => {
                    if named_escape {
                        self.push(middle, start);
                        return Ok(());
                    }
                    if self.peek() == Some(b'}') && !in_spec && self.modes[top].depth == 0 {
                        self.at += 1;
                    } else {
                        self.at -= 1;
                        self.modes[top].text = false;
                    }
                    self.push(middle, start);
                    return Ok(());
                }
                Some(b'\\') => match self.peek() {
                    Some(b'{' | b'}') | None => {}
                    Some(b'N') if !raw => {
                        self.at += 1;
                        if self.peek() == Some(b'{') {
                            self.at += 1;
                            named_escape = true;
                        }
                    }
                    Some(_) => self.at += 1,
                },
                _ => {}
            }
        }
        self.at -= width;
        self.push(middle, start);
        Ok(())
    }

    fn enter_field(&mut self, top: usize) -> Lexed<()> {
        let mode = &mut self.modes[top];
        mode.expr_depth += 1;
        mode.text = false;
        if mode.expr_depth >= MAX_FIELD_NESTING {
            let letter = mode.letter;
            return self.error_before(
                self.at + 1,
                format!("{letter}-string: expressions nested too deeply"),
            );
        }
        Ok(())
    }

    fn operator(&mut self, c: u8) -> Lexed<()> {
        let start = self.at;
        let top = self.modes.len().wrapping_sub(1);
        if c == b':'
            && let Some(mode) = self.modes.last_mut()
            && mode.expr_depth >= 0
            && mode.depth - 1 == mode.expr_depth
        {
            mode.text = true;
            mode.in_spec = true;
            self.at += 1;
            self.push(Tok::Op, start);
            return Ok(());
        }
        let rest = &self.text[start.min(self.text.len())..];
        let long = [
            "**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=", "+=", "-=", "*=", "/=", "%=",
            "&=", "|=", "^=", "@=", "==", "<=", ">=", "<>", "<<", ">>", "**", "//",
        ];
        if let Some(op) = long.iter().find(|op| rest.starts_with(op.as_bytes())) {
            self.at += op.len();
            self.push(Tok::Op, start);
            return Ok(());
        }
        match c {
            b'(' | b'[' | b'{' => {
                if self.open.len() >= MAX_LEVEL {
                    return self.error_before(start + 1, "too many nested parentheses");
                }
                self.open.push((c, start as u32));
                if let Some(mode) = self.modes.last_mut() {
                    mode.depth += 1;
                }
            }
            b')' | b']' | b'}' => self.close(c, start, top)?,
            _ => {}
        }
        if !(0x20..0x7f).contains(&c) {
            return self.error_before(
                start + 1,
                format!("invalid non-printable character U+{c:04X}"),
            );
        }
        self.at += 1;
        self.push(Tok::Op, start);
        Ok(())
    }

    fn close(&mut self, c: u8, start: usize, top: usize) -> Lexed<()> {
        let shown = char::from(c);
        if let Some(mode) = self.modes.last()
            && mode.depth == 0
            && c == b'}'
        {
            return self.error_before(
                start + 1,
                format!("{}-string: single '}}' is not allowed", mode.letter),
            );
        }
        let Some((opening, at)) = self.open.pop() else {
            return self.error_before(start + 1, format!("unmatched '{shown}'"));
        };
        if !matches!((opening, c), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
            if let Some(mode) = self.modes.last()
                && opening == b'{'
                && mode.depth - 1 == mode.expr_depth
            {
                return self.error_before(
                    start + 1,
                    format!("{}-string: unmatched '{shown}'", mode.letter),
                );
            }
            let (line, here) = (self.line_of(at as usize), self.line_of(start));
            let opened = char::from(opening);
            let mut msg = format!(
                "closing parenthesis '{shown}' does not match opening parenthesis '{opened}'"
            );
            if line != here {
                msg += &format!(" on line {}", line + 1);
            }
            return self.error_before(start + 1, msg);
        }
        if self.modes.get(top).is_some() {
            let mode = &mut self.modes[top];
            mode.depth -= 1;
            if mode.depth < 0 {
                let letter = mode.letter;
                return self
                    .error_before(start + 1, format!("{letter}-string: unmatched '{shown}'"));
            }
            if c == b'}' && mode.depth == mode.expr_depth {
                mode.expr_depth -= 1;
                mode.text = true;
                mode.in_spec = false;
            }
        }
        Ok(())
    }
}

/// The range of a token.
pub fn range(token: &Token) -> TextRange {
    TextRange::new(TextSize::new(token.start), TextSize::new(token.end))
}
