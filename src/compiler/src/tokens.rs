//! The tokens of a source as Python's module `tokenize` shows them: those the grammar knows, and between them comments
//! and the newlines that mean nothing.

use crate::diagnose::lexer::{self, Stop, Tok};
use crate::error::{CompileError, ErrorKind};
use crate::source::Source;

/// The kinds, by the numbers of Python's module `token`.
pub mod kind {
    pub const END: u8 = 0;
    pub const NAME: u8 = 1;
    pub const NUMBER: u8 = 2;
    pub const STRING: u8 = 3;
    pub const NEWLINE: u8 = 4;
    pub const INDENT: u8 = 5;
    pub const DEDENT: u8 = 6;
    pub const OP: u8 = 55;
    pub const FSTRING_START: u8 = 59;
    pub const FSTRING_MIDDLE: u8 = 60;
    pub const FSTRING_END: u8 = 61;
    pub const TSTRING_START: u8 = 62;
    pub const TSTRING_MIDDLE: u8 = 63;
    pub const TSTRING_END: u8 = 64;
    pub const COMMENT: u8 = 65;
    pub const NL: u8 = 66;
}

/// Operators and delimiters from number 7 on.
const OPERATORS: [&str; 48] = [
    "(", ")", "[", "]", ":", ",", ";", "+", "-", "*", "/", "|", "&", "<", ">", "=", ".", "%", "{",
    "}", "==", "!=", "<=", ">=", "~", "^", "<<", ">>", "**", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", "<<=", ">>=", "**=", "//", "//=", "@", "@=", "->", "...", ":=", "!",
];

/// A token: lines from 1, columns in characters from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: u8,
    pub text: String,
    pub start: (usize, usize),
    pub end: (usize, usize),
    /// The lines it stands on.
    pub line: String,
}

/// What became of a source.
pub struct Tokens {
    pub list: Vec<Token>,
    /// The error behind the last token.
    pub error: Option<CompileError>,
}

/// Cuts text into tokens. `extra`: with comments and meaningless newlines, and all operators of one kind.
pub fn tokenize(text: &str, extra: bool) -> Tokens {
    let source = match Source::from_text(text) {
        Ok(source) => source,
        Err(error) => {
            return Tokens {
                list: Vec::new(),
                error: Some(error),
            };
        }
    };
    let found = lexer::tokenize(&source, false, true);
    let mut writer = Writer {
        text: source.text(),
        given: text.split_inclusive('\n').collect(),
        starts: line_starts(source.text()),
        extra,
        list: Vec::new(),
    };
    let mut at = 0;
    for token in &found.list {
        let (start, end) = (token.start as usize, token.end as usize);
        let middle = matches!(token.kind, Tok::FMiddle | Tok::TMiddle);
        if !middle && start > at {
            writer.gap(at, start);
        }
        let mut stop = end;
        match token.kind {
            Tok::Newline => writer.newline(start, end),
            Tok::Indent => writer.indent(end),
            Tok::Dedent => writer.mark(kind::DEDENT, end),
            Tok::End => writer.mark(kind::END, end),
            _ => {
                let slice =
                    &source.text()[start.min(source.text().len())..end.min(source.text().len())];
                if middle && (slice.ends_with("{{") || slice.ends_with("}}")) {
                    // A doubled brace stands for one.
                    stop -= 1;
                }
                let number = match token.kind {
                    Tok::Name => kind::NAME,
                    Tok::Number => kind::NUMBER,
                    Tok::String => kind::STRING,
                    Tok::FStart => kind::FSTRING_START,
                    Tok::FMiddle => kind::FSTRING_MIDDLE,
                    Tok::FEnd => kind::FSTRING_END,
                    Tok::TStart => kind::TSTRING_START,
                    Tok::TMiddle => kind::TSTRING_MIDDLE,
                    Tok::TEnd => kind::TSTRING_END,
                    _ if extra => kind::OP,
                    _ => OPERATORS
                        .iter()
                        .position(|op| *op == slice)
                        .map_or(kind::OP, |i| i as u8 + 7),
                };
                writer.push(number, start, stop);
            }
        }
        at = at.max(end);
    }
    let error = found.stop.map(|stop| match stop {
        Stop::Error(error) | Stop::State(error) => error,
        Stop::Unclosed => {
            writer.gap(at, source.text().len());
            if extra && !source.text().ends_with('\n') {
                writer.mark_newline(kind::NL, source.text().len());
            }
            CompileError::new(ErrorKind::Syntax, "unexpected EOF in multi-line statement")
        }
    });
    Tokens {
        list: writer.list,
        error,
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let behind = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
    std::iter::once(0)
        .chain(behind.map(|(i, _)| i + 1))
        .collect()
}

struct Writer<'s> {
    text: &'s str,
    /// The lines as they were given, with the newlines they had.
    given: Vec<&'s str>,
    starts: Vec<usize>,
    extra: bool,
    list: Vec<Token>,
}

impl Writer<'_> {
    /// Line from 0, column in characters.
    fn place(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|&start| start <= at) - 1;
        (line, self.text[self.starts[line]..at].chars().count())
    }

    fn lines(&self, first: usize, last: usize) -> String {
        let last = (last + 1).min(self.given.len());
        self.given[first.min(last)..last].concat()
    }

    fn add(&mut self, kind: u8, text: String, start: (usize, usize), end: (usize, usize)) {
        let line = self.lines(start.0, end.0);
        self.list.push(Token {
            kind,
            text,
            start: (start.0 + 1, start.1),
            end: (end.0 + 1, end.1),
            line,
        });
    }

    fn push(&mut self, kind: u8, start: usize, end: usize) {
        let end = end.min(self.text.len());
        let text = self.text[start.min(end)..end].to_owned();
        let (from, to) = (self.place(start), self.place(end));
        self.add(kind, text, from, to);
    }

    /// A newline that stands at `at`, or is missed there at the end of the source.
    fn mark_newline(&mut self, kind: u8, at: usize) {
        let (line, col) = self.place(at);
        let given = self.given.get(line).copied().unwrap_or_default();
        let text = if !given.ends_with('\n') {
            ""
        } else if given.ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let width = text.len().max(1);
        self.add(kind, text.to_owned(), (line, col), (line, col + width));
    }

    /// A newline that ends a statement, and the comment before it.
    fn newline(&mut self, start: usize, end: usize) {
        let at = if end > start && self.text[..end.min(self.text.len())].ends_with('\n') {
            end - 1
        } else {
            end.min(self.text.len())
        };
        if at > start && self.extra {
            self.push(kind::COMMENT, start, at);
        }
        self.mark_newline(kind::NEWLINE, at);
    }

    fn indent(&mut self, end: usize) {
        let line = self.place(end).0;
        self.push(kind::INDENT, self.starts[line], end);
    }

    /// A token without text.
    fn mark(&mut self, kind: u8, at: usize) {
        let at = at.min(self.text.len());
        let (mut line, mut col) = self.place(at);
        if at == self.text.len() && !self.text.is_empty() {
            // Behind the last line.
            line = self.given.len();
            col = 0;
        }
        self.add(kind, String::new(), (line, col), (line, col));
    }

    /// Comments and newlines between tokens.
    fn gap(&mut self, from: usize, to: usize) {
        if !self.extra {
            return;
        }
        let to = to.min(self.text.len());
        let mut at = from.min(to);
        let bytes = self.text.as_bytes();
        while at < to {
            match bytes[at] {
                b'#' => {
                    let length = bytes[at..to].iter().position(|&b| b == b'\n');
                    let end = length.map_or(to, |n| at + n);
                    self.push(kind::COMMENT, at, end);
                    at = end;
                    if at == self.text.len() {
                        self.mark_newline(kind::NL, at);
                    }
                }
                b'\n' => {
                    self.mark_newline(kind::NL, at);
                    at += 1;
                }
                // The line goes on behind a backslash.
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(u8, String)> {
        let tokens = tokenize(text, true);
        assert!(tokens.error.is_none());
        tokens.list.into_iter().map(|t| (t.kind, t.text)).collect()
    }

    #[test]
    fn shows_comments_and_blank_lines() {
        let found = kinds("if a: # c\n\n  b\n");
        let expected = [
            (kind::NAME, "if"),
            (kind::NAME, "a"),
            (kind::OP, ":"),
            (kind::COMMENT, "# c"),
            (kind::NEWLINE, "\n"),
            (kind::NL, "\n"),
            (kind::INDENT, "  "),
            (kind::NAME, "b"),
            (kind::NEWLINE, "\n"),
            (kind::DEDENT, ""),
            (kind::END, ""),
        ];
        assert_eq!(found, expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[test]
    fn doubled_braces_are_one() {
        let found = tokenize("f'{{a'", true).list;
        assert_eq!((found[1].text.as_str(), found[1].end), ("{", (1, 3)));
        assert_eq!((found[2].text.as_str(), found[2].start), ("a", (1, 4)));
    }

    #[test]
    fn missing_newline_has_no_text() {
        let found = tokenize("a", false).list;
        assert_eq!((found[1].text.as_str(), found[1].end), ("", (1, 2)));
        assert_eq!(found[2].start, (2, 0));
    }
}
