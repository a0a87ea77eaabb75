//! Type comments (`# type: ...`): the tree has them where the caller asks for them.

use super::{Node, Res, Value, plain};
use crate::error::ErrorKind;
use crate::source::Source;
use ruff_python_ast::token::TokenKind;
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::cell::Cell;

struct Comment {
    /// Where its `#` stands.
    start: TextSize,
    /// The text behind the words.
    range: TextRange,
    taken: Cell<bool>,
}

/// The type comments of a source, in order.
#[derive(Default)]
pub(super) struct Comments {
    list: Vec<Comment>,
    ignores: Vec<Node>,
}

/// What stands behind `# type:` in a comment, as a place in it.
fn behind_words(comment: &str) -> Option<usize> {
    let rest = comment.strip_prefix('#')?.trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix("type:")?.trim_start_matches([' ', '\t']);
    Some(comment.len() - rest.len())
}

/// What stands behind `ignore`, if the text says that.
fn tag_of(text: &str) -> Option<&str> {
    let tag = text.strip_prefix("ignore")?;
    let goes_on = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric();
    (!tag.starts_with(goes_on)).then_some(tag)
}

impl Comments {
    pub(super) fn new(
        src: &Source,
        tokens: impl Iterator<Item = (TokenKind, TextRange)>,
    ) -> Comments {
        let mut found = Comments::default();
        for (_, range) in tokens.filter(|(kind, _)| *kind == TokenKind::Comment) {
            let comment = &src.text()[range];
            let Some(at) = behind_words(comment) else {
                continue;
            };
            if let Some(tag) = tag_of(&comment[at..]) {
                let before = &src.text()[..usize::from(range.start())];
                let line = before.rsplit('\n').next().unwrap_or("");
                // Alone on its line it has the line's end too.
                let end = if line.trim().is_empty() { "\n" } else { "" };
                let fields = vec![
                    ("lineno", Value::Int(i64::from(src.loc(range).line))),
                    ("tag", Value::Ident(format!("{tag}{end}"))),
                ];
                found.ignores.push(plain("TypeIgnore", fields));
                continue;
            }
            let start = range.start() + TextSize::try_from(at).unwrap_or_default();
            found.list.push(Comment {
                start: range.start(),
                range: TextRange::new(start, range.end()),
                taken: Cell::new(false),
            });
        }
        found
    }

    pub(super) fn ignores(&mut self) -> Value {
        Value::List(self.ignores.drain(..).map(Value::from).collect())
    }

    /// The next comment behind a place, if what stands between them fits.
    fn next(&self, src: &Source, at: TextSize, fits: impl Fn(&str) -> bool) -> Option<&Comment> {
        let i = self.list.partition_point(|c| c.start < at);
        let comment = self.list.get(i)?;
        fits(&src.text()[TextRange::new(at, comment.start)]).then_some(comment)
    }

    fn take(&self, src: &Source, at: TextSize, fits: impl Fn(&str) -> bool) -> Value {
        match self.next(src, at, fits) {
            Some(comment) => {
                comment.taken.set(true);
                Value::Ident(src.text()[comment.range].to_owned())
            }
            None => Value::None,
        }
    }

    /// That of a simple statement, which ends at `end`.
    pub(super) fn of_statement(&self, src: &Source, end: TextSize) -> Value {
        self.take(src, end, |between| {
            between.trim_matches([' ', '\t']).is_empty()
        })
    }

    /// That behind the colon of a header, whose last part ends at `end`; a function has it on the next line too.
    pub(super) fn of_header(&self, src: &Source, end: TextSize, is_function: bool) -> Value {
        self.take(src, end, |between| {
            let Some((before, behind)) = between.split_once(':') else {
                return false;
            };
            let lines = behind.matches('\n').count();
            before.trim_matches([' ', '\t', ')', ',', '\n']).is_empty()
                && behind.trim().is_empty()
                && (lines == 0 || is_function && lines == 1)
        })
    }

    /// That of a parameter.
    pub(super) fn of_parameter(&self, src: &Source, end: TextSize) -> Value {
        self.take(src, end, |between| {
            let between = between.trim();
            between.is_empty() || between == ","
        })
    }

    /// The bare `*` before keyword-only parameters has none.
    pub(super) fn check_star(&self, src: &Source, star: TextSize) -> Res<()> {
        let at = star + TextSize::from(1);
        match self.next(src, at, |between| between.trim() == ",") {
            Some(comment) => {
                let msg = "bare * has associated type comment";
                Err(src.error(ErrorKind::Syntax, msg, comment.range))
            }
            None => Ok(()),
        }
    }

    /// A type comment that belongs to nothing is a mistake.
    pub(super) fn check_taken(&self, src: &Source) -> Res<()> {
        match self.list.iter().find(|c| !c.taken.get()) {
            Some(comment) => Err(src.error(ErrorKind::Syntax, "invalid syntax", comment.range)),
            None => Ok(()),
        }
    }
}

/// The kinds and places of a parsed input's tokens.
pub(super) fn tokens(
    tokens: &ruff_python_ast::token::Tokens,
) -> impl Iterator<Item = (TokenKind, TextRange)> + '_ {
    tokens.iter().map(|t| (t.kind(), t.range()))
}
