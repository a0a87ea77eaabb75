//! Source text: decoding (PEP 263), newline translation, and the way from byte offsets to lines and columns.

use crate::Mode;
use crate::error::{CompileError, ErrorKind, Stage, Whole};
use crate::ir::Loc;
use ruff_python_ast::{Decorator, ExprGenerator};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::HashMap;

/// Decoded source with its line index. Newlines are `\n`.
#[derive(Clone, Debug)]
pub struct Source {
    text: String,
    line_starts: Vec<u32>,
    /// Set when the text was written from a tree that has places of its own.
    places: Option<Box<Places>>,
    ending: Ending,
}

/// What stands behind the last line, and so where errors at the end are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// A newline, added if there is none.
    Newline,
    /// Nothing: a text that is no module and has no newline at its end.
    Bare,
    /// The text is that of a file, run as a program.
    File,
}

/// The places of nodes by their range in a text made from a tree.
#[derive(Clone, Debug, Default)]
pub struct Places {
    locs: HashMap<(u32, u32), Loc>,
    sources: HashMap<u32, String>,
}

impl Places {
    pub fn note(&mut self, start: usize, end: usize, loc: Loc) {
        self.locs.insert((start as u32, end as u32), loc);
    }
    /// What a template's field that starts here shows as its expression.
    pub fn note_source(&mut self, start: usize, source: String) {
        self.sources.insert(start as u32, source);
    }
}

impl Source {
    /// Takes text as given to `compile(str)`: only newlines are translated.
    pub fn from_text(text: &str) -> Result<Source, CompileError> {
        if text.contains('\0') {
            return Err(CompileError::new(
                ErrorKind::Syntax,
                "source code string cannot contain null bytes",
            ));
        }
        if text.len() >= i32::MAX as usize {
            return Err(CompileError::new(
                ErrorKind::Overflow,
                "source code is too large",
            ));
        }
        let text = if text.contains('\r') {
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text.into()
        };
        Ok(Source::indexed(text))
    }

    fn indexed(text: String) -> Source {
        let newlines = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let line_starts = std::iter::once(0)
            .chain(newlines.map(|(i, _)| i as u32 + 1))
            .collect();
        Source {
            text,
            line_starts,
            places: None,
            ending: Ending::Newline,
        }
    }

    /// Text written from a tree.
    pub(crate) fn synthetic(text: String, places: Places) -> Result<Source, CompileError> {
        let mut source = Source::from_text(&text)?;
        source.places = Some(Box::new(places));
        Ok(source)
    }

    /// The text a template's field shows, if it is not the text that stands there.
    pub(crate) fn field_source(&self, start: TextSize) -> Option<String> {
        self.places.as_ref()?.sources.get(&start.to_u32()).cloned()
    }

    /// Decodes a source by its byte order mark or coding cookie; utf-8 without either. `file` is the name of the file
    /// that is run as the program, None for bytes from elsewhere.
    pub fn from_bytes(bytes: &[u8], file: Option<&str>) -> Result<Source, CompileError> {
        if let Some(at) = bytes.iter().position(|&b| b == 0) {
            return Err(null_byte(bytes, at, file));
        }
        let (bom, body) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => (true, rest),
            None => (false, bytes),
        };
        let cookie = coding_cookie(body);
        let encoding = cookie.as_deref().map_or("utf-8".into(), normalized);
        let spelled_utf8 = |name: &String| {
            let lower = name.to_ascii_lowercase().replace('_', "-");
            lower == "utf-8" || lower.starts_with("utf-8-")
        };
        if bom && !cookie.as_ref().is_none_or(spelled_utf8) {
            let msg = format!("encoding problem: {encoding} with BOM");
            // The cookie stands in the first line or the second.
            let (line, rest) = match coding_cookie(first_line(body)) {
                Some(_) => (1, body),
                None => (2, &body[body.len().min(first_line(body).len() + 1)..]),
            };
            let width = first_line(rest).len() as i32 + line - 1;
            return Err(decoding(msg, file, rest, line, 0, width));
        }
        let made = match &*encoding {
            "utf-8" => match std::str::from_utf8(body) {
                Ok(text) => Source::from_text(text),
                Err(err) if bom || cookie.as_ref().is_none_or(spelled_utf8) => {
                    Err(bad_utf8(body, err.valid_up_to(), file))
                }
                Err(err) => Err(Source::undecodable(declared_utf8(body, err))),
            },
            "iso-8859-1" => {
                Source::from_text(&body.iter().map(|&b| char::from(b)).collect::<String>())
            }
            "ascii" => match std::str::from_utf8(body) {
                Ok(text) if body.is_ascii() => Source::from_text(text),
                _ => {
                    let at = body.iter().position(|b| !b.is_ascii()).unwrap_or(0);
                    Err(Source::undecodable(format!(
                        "'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not in range(128)",
                        body[at]
                    )))
                }
            },
            _ => Err(Source::undecodable(format!(
                "unknown encoding: {}",
                cookie.unwrap_or_default()
            ))),
        };
        match file {
            Some(_) => made.map(Source::in_file),
            None => made,
        }
    }

    /// The error of bytes that their encoding's decoder did not take.
    pub fn undecodable(msg: impl Into<String>) -> CompileError {
        CompileError {
            line: 0,
            col: -1,
            ..CompileError::new(ErrorKind::Syntax, msg)
        }
    }

    /// The encoding that a source's cookie names, if it is one that [`Source::from_bytes`] does not decode itself:
    /// then the caller decodes the bytes and goes by [`Source::from_text`].
    pub fn foreign_encoding(bytes: &[u8]) -> Option<String> {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            return None;
        }
        let cookie = coding_cookie(bytes)?;
        let known = matches!(&*normalized(&cookie), "utf-8" | "iso-8859-1" | "ascii");
        (!known).then_some(cookie)
    }

    /// The text of a program that is run from its file.
    pub fn in_file(self) -> Source {
        Source {
            ending: Ending::File,
            ..self
        }
    }
    /// The same source with other words of the same length.
    pub(crate) fn with_text(&self, text: String) -> Source {
        debug_assert_eq!(text.len(), self.text.len());
        Source {
            text,
            ..self.clone()
        }
    }
    pub(crate) fn bare(self) -> Source {
        Source {
            ending: Ending::Bare,
            ..self
        }
    }
    /// The text as the parser saw it.
    pub(crate) fn whole(&self, mode: Mode) -> Whole {
        match self.ending {
            Ending::File => Whole::File,
            _ if mode == Mode::Exec && !self.text.ends_with('\n') => {
                Whole::Text(format!("{}\n", self.text))
            }
            _ => Whole::Text(self.text.clone()),
        }
    }
    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }
    /// Whether a 0-based line is the last one and nothing stands behind it.
    pub(crate) fn ends_bare(&self, index: usize) -> bool {
        self.ending == Ending::Bare && index + 1 >= self.line_starts.len()
    }

    pub fn text(&self) -> &str {
        &self.text
    }
    pub fn slice(&self, range: TextRange) -> &str {
        &self.text[range.start().to_usize()..range.end().to_usize()]
    }
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// 0-based line of an offset.
    pub fn line_index(&self, offset: TextSize) -> usize {
        self.line_starts
            .partition_point(|&start| start <= offset.to_u32())
            - 1
    }
    /// 1-based line of an offset.
    pub fn line(&self, offset: TextSize) -> i32 {
        self.line_index(offset) as i32 + 1
    }
    /// Where a 0-based line starts.
    pub fn line_start(&self, index: usize) -> usize {
        self.line_starts
            .get(index)
            .map_or(self.text.len(), |&start| start as usize)
    }
    /// The text of a 0-based line, newline excluded.
    pub fn line_text(&self, index: usize) -> &str {
        let (start, end) = (self.line_start(index), self.line_start(index + 1));
        self.text[start..end]
            .strip_suffix('\n')
            .unwrap_or(&self.text[start..end])
    }

    /// Line and byte column of an offset.
    fn position(&self, offset: TextSize) -> (i32, i32) {
        let index = self.line_index(offset);
        (
            index as i32 + 1,
            offset.to_u32() as i32 - self.line_starts[index] as i32,
        )
    }

    /// The location of a range, as code objects tell it.
    pub fn loc(&self, range: TextRange) -> Loc {
        if let Some(places) = &self.places
            && let Some(loc) = places
                .locs
                .get(&(range.start().to_u32(), range.end().to_u32()))
        {
            return *loc;
        }
        let (line, col) = self.position(range.start());
        let (end_line, end_col) = self.position(range.end());
        Loc {
            line,
            end_line,
            col,
            end_col,
        }
    }

    /// A function's or class's statement without its decorators.
    pub fn definition_range(&self, range: TextRange, decorators: &[Decorator]) -> TextRange {
        let range = self.compound_range(range);
        let Some(last) = decorators.last() else {
            return range;
        };
        let mut rest = last.range().end().to_usize();
        // Between the last decorator and the definition: blank lines, comments, closing space.
        let bytes = self.text.as_bytes();
        while let Some(&b) = bytes.get(rest) {
            match b {
                b'#' => {
                    rest += bytes[rest..]
                        .iter()
                        .position(|&b| b == b'\n')
                        .unwrap_or(bytes.len() - rest)
                }
                b' ' | b'\t' | b'\x0c' | b'\n' | b'\\' => rest += 1,
                _ => break,
            }
        }
        TextRange::new(TextSize::new(rest as u32), range.end())
    }

    /// The range of a generator expression. As the only argument of a call it shares the call's parentheses.
    pub fn generator_range(&self, generator: &ExprGenerator) -> TextRange {
        if generator.parenthesized {
            return generator.range;
        }
        let text = self.text.as_bytes();
        let (mut start, mut end) = (
            generator.start().to_usize().saturating_sub(1),
            generator.end().to_usize(),
        );
        while start > 0 && text[start] != b'(' {
            start -= 1;
        }
        while end < text.len() && text[end] != b')' {
            // A comment before the closing parenthesis may hold one.
            if text[end] == b'#' {
                while end < text.len() && text[end] != b'\n' {
                    end += 1;
                }
            } else {
                end += 1;
            }
        }
        let size = |at: usize| TextSize::new(at as u32);
        TextRange::new(size(start), size((end + 1).min(text.len())))
    }

    /// A compound statement with the semicolon after its last simple statement.
    pub fn compound_range(&self, range: TextRange) -> TextRange {
        let bytes = self.text.as_bytes();
        let mut at = range.end().to_usize();
        loop {
            match bytes.get(at) {
                Some(b' ' | b'\t' | b'\x0c') => at += 1,
                Some(b'\\') if bytes.get(at + 1) == Some(&b'\n') => at += 2,
                Some(b';') => return TextRange::new(range.start(), TextSize::new(at as u32 + 1)),
                _ => return range,
            }
        }
    }

    /// An error at a range, found after parsing: its columns count bytes, as CPython's do there.
    pub fn error(&self, kind: ErrorKind, msg: impl Into<String>, range: TextRange) -> CompileError {
        let Loc {
            line,
            end_line,
            col,
            end_col,
        } = self.loc(range);
        CompileError {
            kind,
            stage: Stage::Text,
            msg: msg.into(),
            line,
            col: col + 1,
            end_line,
            end_col: end_col + 1,
            text: self.places.is_none().then(|| self.error_text(line)),
            whole: Whole::Unknown,
        }
    }

    /// The line an error shows, newline included.
    pub fn error_text(&self, line: i32) -> String {
        let index = (line - 1).max(0) as usize;
        let newline = if self.ends_bare(index) { "" } else { "\n" };
        format!("{}{newline}", self.line_text(index))
    }
}

fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|&b| b == b'\n').next().unwrap_or(bytes)
}

/// An error on a line of bytes; `rest` begins with that line.
fn decoding(
    msg: String,
    file: Option<&str>,
    rest: &[u8],
    line: i32,
    col: i32,
    end_col: i32,
) -> CompileError {
    CompileError {
        stage: if file.is_some() {
            Stage::Text
        } else {
            Stage::Bytes
        },
        line,
        col,
        end_line: line,
        end_col,
        text: Some(String::from_utf8_lossy(first_line(rest)).into_owned()),
        ..CompileError::new(ErrorKind::Syntax, msg)
    }
}

/// The line that holds the byte at `at`: its number and where it starts.
fn line_of_byte(bytes: &[u8], at: usize) -> (i32, usize) {
    let before = &bytes[..at];
    let start = before
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|&&b| b == b'\n').count() as i32 + 1;
    (line, start)
}

/// The error for a byte 0.
fn null_byte(bytes: &[u8], at: usize, file: Option<&str>) -> CompileError {
    if file.is_none() {
        let msg = "source code string cannot contain null bytes";
        return CompileError::new(ErrorKind::Syntax, msg);
    }
    let (line, start) = line_of_byte(bytes, at);
    let msg = "source code cannot contain null bytes".to_owned();
    decoding(msg, file, &bytes[start..at], line, 0, 0)
}

/// The error for bytes that are not utf-8.
fn bad_utf8(body: &[u8], at: usize, file: Option<&str>) -> CompileError {
    let (line, start) = line_of_byte(body, at);
    let byte = body[at];
    let place = file.map_or(String::new(), |name| format!("in file {name} "));
    let msg = format!(
        "Non-UTF-8 code starting with '\\x{byte:02x}' {place}on line {line}, but no encoding declared; \
         see https://peps.python.org/pep-0263/ for details"
    );
    let col = String::from_utf8_lossy(&body[start..at]).chars().count() as i32 + 1;
    decoding(msg, file, &body[start..], line, col, col)
}

/// What the decoder says of bytes that a cookie calls utf-8.
fn declared_utf8(body: &[u8], err: std::str::Utf8Error) -> String {
    let at = err.valid_up_to();
    let why = match (err.error_len(), body[at]) {
        (None, _) => "unexpected end of data",
        (_, 0x80..=0xC1 | 0xF5..) => "invalid start byte",
        _ => "invalid continuation byte",
    };
    let byte = body[at];
    format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: {why}")
}

/// The encoding named by a comment in the first two lines.
fn coding_cookie(body: &[u8]) -> Option<String> {
    for line in body.split(|&b| b == b'\n' || b == b'\r').take(2) {
        let blank = line
            .iter()
            .copied()
            .find(|b| !matches!(b, b' ' | b'\t' | b'\x0c'));
        match blank {
            Some(b'#') => {
                if let Some(name) = cookie_in(line) {
                    return Some(name);
                }
            }
            None => {}
            Some(_) => return None,
        }
    }
    None
}

fn cookie_in(comment: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(comment);
    let mut rest = &text[text.find('#')?..];
    loop {
        let at = rest.find("coding")?;
        rest = &rest[at + "coding".len()..];
        let Some(value) = rest.strip_prefix([':', '=']) else {
            continue;
        };
        let value = value.trim_start_matches([' ', '\t']);
        let end = value
            .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
            .unwrap_or(value.len());
        if end > 0 {
            return Some(value[..end].to_string());
        }
    }
}

/// One spelling for each encoding the compiler decodes itself.
fn normalized(name: &str) -> String {
    let lower: String = name.to_ascii_lowercase().replace('_', "-");
    let is = |short: &str| lower == short || lower.starts_with(&format!("{short}-"));
    if is("utf-8")
        || lower == "utf8"
        || lower == "u8"
        || lower == "utf8-sig"
        || lower == "utf-8-sig"
    {
        return "utf-8".into();
    }
    if is("latin-1")
        || is("iso-8859-1")
        || is("iso-latin-1")
        || matches!(&*lower, "latin1" | "l1" | "iso8859-1" | "8859")
    {
        return "iso-8859-1".into();
    }
    if matches!(&*lower, "ascii" | "us-ascii" | "646") {
        return "ascii".into();
    }
    lower
}
