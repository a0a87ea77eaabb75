//! Literals as values and strings with fields as pieces, the way CPython's tree has them: neighbouring text is one
//! constant, `=` becomes text, a specification is a formatted string of its own.

use crate::code::{Const, PyStr};
use crate::error::{CompileError, ErrorKind};
use crate::ir::Loc;
use crate::literal::{self, Token};
use crate::source::Source;
use ruff_python_ast::{
    ConversionFlag, Expr, ExprBytesLiteral, ExprFString, ExprStringLiteral, ExprTString,
    FStringPart, InterpolatedElement, InterpolatedStringElement,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

type Res<T = ()> = Result<T, CompileError>;

/// A piece of a string being formatted.
pub enum Piece<'a> {
    Text(PyStr, Loc),
    Field(Field<'a>),
}

/// A replacement field.
pub struct Field<'a> {
    pub value: &'a Expr,
    /// 0 none, 1 str, 2 repr, 3 ascii
    pub conversion: u32,
    pub spec: Option<(Vec<Piece<'a>>, Loc)>,
    /// The source of the expression, for t-strings.
    pub source: String,
    pub loc: Loc,
}

/// Where a piece stands.
#[derive(Clone, Copy)]
struct Place {
    raw: bool,
    template: bool,
    /// Nesting in format specifications.
    depth: usize,
}

/// Fields may nest this deep in format specifications.
const MAX_NESTING: usize = 3;

/// Text under construction: neighbouring literals become one constant.
#[derive(Default)]
struct Pieces<'a> {
    done: Vec<Piece<'a>>,
    text: Vec<u8>,
    span: Option<TextRange>,
}

impl<'a> Pieces<'a> {
    fn text(&mut self, value: &[u8], range: TextRange) {
        self.text.extend_from_slice(value);
        self.span = Some(match self.span {
            Some(span) => TextRange::new(span.start(), range.end()),
            None => range,
        });
    }
    fn flush(&mut self, src: &Source) {
        let text = std::mem::take(&mut self.text);
        let span = self.span.take();
        if let (false, Some(span)) = (text.is_empty(), span) {
            self.done
                .push(Piece::Text(PyStr::from_wtf8(text), src.loc(span)));
        }
    }
    fn finish(mut self, src: &Source) -> Vec<Piece<'a>> {
        self.flush(src);
        self.done
    }
}

/// Reads literals from the source.
#[derive(Clone, Copy)]
pub struct Reader<'s> {
    pub src: &'s Source,
}

impl<'a> Reader<'_> {
    pub fn string_value(&self, e: &ExprStringLiteral) -> Res<Const> {
        let mut out = Vec::new();
        for part in e.value.iter() {
            let token = Token::split(self.src.slice(part.range));
            literal::string_body(token.body, token.raw, &mut out)
                .map_err(|bad| self.src.error(ErrorKind::Syntax, bad.msg, part.range))?;
        }
        Ok(Const::Str(PyStr::from_wtf8(out)))
    }

    pub fn bytes_value(&self, e: &ExprBytesLiteral) -> Res<Const> {
        let mut out = Vec::new();
        for part in e.value.iter() {
            let token = Token::split(self.src.slice(part.range));
            literal::bytes_body(token.body, token.raw, &mut out)
                .map_err(|bad| self.src.error(ErrorKind::Syntax, bad.msg, part.range))?;
        }
        Ok(Const::Bytes(out))
    }

    pub fn number_value(&self, range: TextRange) -> Res<Const> {
        literal::number(self.src.slice(range))
            .map_err(|bad| self.src.error(ErrorKind::Syntax, bad.msg, range))
    }

    /// The pieces of an f-string and of the literals around it.
    pub fn f_string(&self, e: &'a ExprFString) -> Res<Vec<Piece<'a>>> {
        let mut pieces = Pieces::default();
        for part in e.value.iter() {
            match part {
                FStringPart::Literal(literal) => {
                    let token = Token::split(self.src.slice(literal.range));
                    let mut value = Vec::new();
                    literal::string_body(token.body, token.raw, &mut value)
                        .map_err(|bad| self.src.error(ErrorKind::Syntax, bad.msg, literal.range))?;
                    pieces.text(&value, literal.range);
                }
                FStringPart::FString(f) => {
                    self.pieces(
                        f.elements.iter(),
                        Place {
                            raw: f.flags.prefix().is_raw(),
                            template: false,
                            depth: 0,
                        },
                        &mut pieces,
                    )?;
                }
            }
        }
        Ok(pieces.finish(self.src))
    }

    /// The pieces of a t-string.
    pub fn t_string(&self, e: &'a ExprTString) -> Res<Vec<Piece<'a>>> {
        let mut pieces = Pieces::default();
        for part in e.value.iter() {
            let place = Place {
                raw: part.flags.prefix().is_raw(),
                template: true,
                depth: 0,
            };
            self.pieces(part.elements.iter(), place, &mut pieces)?;
        }
        Ok(pieces.finish(self.src))
    }

    /// The parts of one f-string, t-string or format specification.
    fn pieces(
        &self,
        elements: impl Iterator<Item = &'a InterpolatedStringElement>,
        place: Place,
        pieces: &mut Pieces<'a>,
    ) -> Res {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(text) => {
                    let value = self.interpolated_text(text.range, place.raw)?;
                    pieces.text(&value, text.range);
                }
                InterpolatedStringElement::Interpolation(field) => {
                    if place.depth >= MAX_NESTING {
                        let letter = if place.template { 't' } else { 'f' };
                        let msg = format!("{letter}-string: expressions nested too deeply");
                        return Err(self.src.error(
                            ErrorKind::Syntax,
                            msg,
                            TextRange::empty(field.range.start() - TextSize::new(1)),
                        ));
                    }
                    let field = self.field(field, place, pieces)?;
                    pieces.flush(self.src);
                    pieces.done.push(Piece::Field(field));
                }
            }
        }
        Ok(())
    }

    /// The value of text between fields: doubled braces are single ones, then escapes.
    fn interpolated_text(&self, range: TextRange, raw: bool) -> Res<Vec<u8>> {
        let text = self.src.slice(range);
        let mut single = String::with_capacity(text.len());
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' if !raw => {
                    single.push(c);
                    if text[at..].starts_with("\\N{") {
                        for (_, c) in chars.by_ref() {
                            single.push(c);
                            if c == '}' {
                                break;
                            }
                        }
                    } else if let Some((_, next)) = chars.next_if(|(_, c)| !matches!(c, '{' | '}'))
                    {
                        single.push(next);
                    }
                }
                '{' | '}' => {
                    chars.next_if(|(_, next)| *next == c);
                    single.push(c);
                }
                _ => single.push(c),
            }
        }
        let mut out = Vec::new();
        literal::string_body(&single, raw, &mut out)
            .map_err(|bad| self.src.error(ErrorKind::Syntax, bad.msg, range))?;
        Ok(out)
    }

    fn field(
        &self,
        field: &'a InterpolatedElement,
        place: Place,
        pieces: &mut Pieces<'a>,
    ) -> Res<Field<'a>> {
        let mut conversion = match field.conversion {
            ConversionFlag::None => 0,
            ConversionFlag::Str => 1,
            ConversionFlag::Repr => 2,
            ConversionFlag::Ascii => 3,
        };
        if field.debug_text.is_some() {
            if conversion == 0 && field.format_spec.is_none() {
                conversion = 2;
            }
            let range = self.debug_range(field);
            pieces.text(without_comments(self.src.slice(range)).as_bytes(), range);
        }
        let spec = match &field.format_spec {
            None => None,
            Some(spec) => {
                let mut inner = Pieces::default();
                self.pieces(
                    spec.elements.iter(),
                    Place {
                        template: false,
                        depth: place.depth + 1,
                        ..place
                    },
                    &mut inner,
                )?;
                // The location of a specification takes in its colon.
                let start = spec.range.start() - TextSize::new(1);
                let loc = self.src.loc(TextRange::new(start, spec.range.end()));
                Some((inner.finish(self.src), loc))
            }
        };
        let source = if place.template {
            self.field_source(field)
        } else {
            String::new()
        };
        Ok(Field {
            value: &field.expression,
            conversion,
            spec,
            source,
            loc: self.src.loc(field.range),
        })
    }

    /// The text of the expression with the blanks around it.
    fn field_source(&self, field: &InterpolatedElement) -> String {
        if let Some(source) = self.src.field_source(field.range.start()) {
            return source;
        }
        let start = field.range.start().to_usize() + 1;
        let end = self.skip_blanks(field.expression.end().to_usize(), true);
        without_comments(&self.src.text()[start..end])
    }

    /// From after the brace to after the `=` and the blanks that follow it.
    fn debug_range(&self, field: &InterpolatedElement) -> TextRange {
        let start = field.range.start() + TextSize::new(1);
        let equals = self.skip_blanks(field.expression.end().to_usize(), true);
        let end = self.skip_blanks(equals + 1, false);
        TextRange::new(start, TextSize::new(end as u32))
    }

    /// Past blanks and comments, and past closing parentheses if these may come.
    fn skip_blanks(&self, mut at: usize, closing: bool) -> usize {
        let bytes = self.src.text().as_bytes();
        while let Some(&b) = bytes.get(at) {
            match b {
                b'#' => {
                    at += bytes[at..]
                        .iter()
                        .position(|&b| b == b'\n')
                        .unwrap_or(bytes.len() - at)
                }
                // A comma ends a tuple without parentheses.
                b')' | b',' if closing => at += 1,
                b' ' | b'\t' | b'\n' | b'\x0c' | b'\\' => at += 1,
                _ => break,
            }
        }
        at
    }
}

/// The source of an expression as `=` shows it: comments are left out.
fn without_comments(text: &str) -> String {
    if !text.contains('#') {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<&str> = None;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut width = c.len_utf8();
        match quote {
            Some(close) => {
                if rest.starts_with(close) {
                    quote = None;
                    width = close.len();
                } else if c == '\\' {
                    width += rest[1..].chars().next().map_or(0, char::len_utf8);
                }
            }
            None if c == '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            None => {
                let open = ["\"\"\"", "'''", "\"", "'"]
                    .into_iter()
                    .find(|open| rest.starts_with(open));
                if let Some(open) = open {
                    quote = Some(open);
                    width = open.len();
                }
            }
        }
        out.push_str(&rest[..width]);
        at += width;
    }
    out
}
