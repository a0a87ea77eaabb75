//! String literals, f-strings, t-strings, and `%` formats that are compiled like f-strings.

use super::{Compiler, Res, STACK_USE_GUIDELINE};
use crate::code::{Const, PyStr};
use crate::error::ErrorKind;
use crate::ir::Loc;
use crate::literal::{self, Token};
use crate::opcode::Op;
use ruff_python_ast::{
    ConversionFlag, Expr, ExprBinOp, ExprBytesLiteral, ExprFString, ExprStringLiteral, ExprTString,
    FStringPart, InterpolatedElement, InterpolatedStringElement, Operator,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// A piece of a string being formatted.
pub enum Piece<'a> {
    Text(PyStr, Loc),
    Field(Field<'a>),
}

/// A replacement field.
pub struct Field<'a> {
    value: &'a Expr,
    /// 0 none, 1 str, 2 repr, 3 ascii
    conversion: u32,
    spec: Option<(Vec<Piece<'a>>, Loc)>,
    /// The source of the expression, for t-strings.
    source: String,
    loc: Loc,
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
    fn flush(&mut self, compiler: &Compiler<'a>) {
        let text = std::mem::take(&mut self.text);
        let span = self.span.take();
        if let (false, Some(span)) = (text.is_empty(), span) {
            self.done
                .push(Piece::Text(PyStr::from_wtf8(text), compiler.src.loc(span)));
        }
    }
    fn finish(mut self, compiler: &Compiler<'a>) -> Vec<Piece<'a>> {
        self.flush(compiler);
        self.done
    }
}

impl<'a> Compiler<'a> {
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

    pub fn f_string(&mut self, e: &'a ExprFString) -> Res {
        let loc = self.loc(e);
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
        let pieces = pieces.finish(self);
        self.formatted(&pieces, loc)
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
                        return self.error(
                            msg,
                            TextRange::empty(field.range.start() - TextSize::new(1)),
                        );
                    }
                    let field = self.field(field, place, pieces)?;
                    pieces.flush(self);
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
                Some((inner.finish(self), loc))
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
            loc: self.loc(field),
        })
    }

    /// The text of the expression with the blanks around it.
    fn field_source(&self, field: &InterpolatedElement) -> String {
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

    /// Joins pieces into one string.
    pub fn formatted(&mut self, pieces: &[Piece<'a>], loc: Loc) -> Res {
        if pieces.len() > STACK_USE_GUIDELINE {
            self.load_const(Const::str(""), loc);
            self.load_attr("join", true, loc);
            self.op_i(Op::BUILD_LIST, 0, loc);
            for piece in pieces {
                self.piece(piece)?;
                self.op_i(Op::LIST_APPEND, 1, loc);
            }
            self.op_i(Op::CALL, 1, loc);
            return Ok(());
        }
        for piece in pieces {
            self.piece(piece)?;
        }
        match pieces.len() {
            0 => self.load_const(Const::str(""), loc),
            1 => {}
            count => self.op_i(Op::BUILD_STRING, count as u32, loc),
        }
        Ok(())
    }

    fn piece(&mut self, piece: &Piece<'a>) -> Res {
        let field = match piece {
            Piece::Text(text, loc) => {
                self.load_const(Const::Str(text.clone()), *loc);
                return Ok(());
            }
            Piece::Field(field) => field,
        };
        self.expr(field.value)?;
        if field.conversion != 0 {
            self.op_i(Op::CONVERT_VALUE, field.conversion, field.loc);
        }
        match &field.spec {
            Some((spec, loc)) => {
                self.formatted(spec, *loc)?;
                self.op(Op::FORMAT_WITH_SPEC, field.loc);
            }
            None => self.op(Op::FORMAT_SIMPLE, field.loc),
        }
        Ok(())
    }

    pub fn t_string(&mut self, e: &'a ExprTString) -> Res {
        let loc = self.loc(e);
        let mut pieces = Pieces::default();
        for part in e.value.iter() {
            self.pieces(
                part.elements.iter(),
                Place {
                    raw: part.flags.prefix().is_raw(),
                    template: true,
                    depth: 0,
                },
                &mut pieces,
            )?;
        }
        let pieces = pieces.finish(self);
        // Strings and interpolations alternate, beginning and ending with a string.
        let mut strings = 0;
        let mut last_was_text = false;
        for piece in &pieces {
            match piece {
                Piece::Text(text, at) => {
                    self.load_const(Const::Str(text.clone()), *at);
                    strings += 1;
                    last_was_text = true;
                }
                Piece::Field(_) => {
                    if !last_was_text {
                        self.load_const(Const::str(""), loc);
                        strings += 1;
                    }
                    last_was_text = false;
                }
            }
        }
        if !last_was_text {
            self.load_const(Const::str(""), loc);
            strings += 1;
        }
        self.op_i(Op::BUILD_TUPLE, strings, loc);
        let mut fields = 0;
        for piece in &pieces {
            if let Piece::Field(field) = piece {
                self.interpolation(field)?;
                fields += 1;
            }
        }
        self.op_i(Op::BUILD_TUPLE, fields, loc);
        self.op(Op::BUILD_TEMPLATE, loc);
        Ok(())
    }

    fn interpolation(&mut self, field: &Field<'a>) -> Res {
        self.expr(field.value)?;
        self.load_const(Const::str(&field.source), field.loc);
        let mut arg = 2 | field.conversion << 2;
        if let Some((spec, loc)) = &field.spec {
            self.formatted(spec, *loc)?;
            arg |= 1;
        }
        self.op_i(Op::BUILD_INTERPOLATION, arg, field.loc);
        Ok(())
    }

    /// `'...%s...' % (a, b)` as the pieces of an f-string, when the format is simple enough.
    pub fn percent_format(&self, e: &'a ExprBinOp) -> Res<Option<Vec<Piece<'a>>>> {
        let (Operator::Mod, Expr::StringLiteral(format), Expr::Tuple(args)) =
            (e.op, &*e.left, &*e.right)
        else {
            return Ok(None);
        };
        if args.elts.iter().any(|arg| matches!(arg, Expr::Starred(_))) {
            return Ok(None);
        }
        let Const::Str(format) = self.string_value(format)? else {
            return Ok(None);
        };
        Ok(self.percent_pieces(format.as_bytes(), &args.elts))
    }

    fn percent_pieces(&self, format: &[u8], args: &'a [Expr]) -> Option<Vec<Piece<'a>>> {
        let mut pieces = Vec::new();
        let mut args = args.iter();
        let mut at = 0;
        loop {
            let mut text = Vec::new();
            while at < format.len() {
                if format[at] != b'%' {
                    text.push(format[at]);
                    at += 1;
                } else if format.get(at + 1) == Some(&b'%') {
                    text.push(b'%');
                    at += 2;
                } else {
                    break;
                }
            }
            if !text.is_empty() {
                pieces.push(Piece::Text(PyStr::from_wtf8(text), Loc::NONE));
            }
            if at >= format.len() {
                break;
            }
            let value = args.next()?;
            at += 1;
            let loc = self.loc(value);
            let (conversion, spec) = percent_field(format, &mut at)?;
            let spec =
                (!spec.is_empty()).then(|| (vec![Piece::Text(spec.as_str().into(), loc)], loc));
            pieces.push(Piece::Field(Field {
                value,
                conversion,
                spec,
                source: String::new(),
                loc,
            }));
        }
        // Too many arguments is an error of the real operator.
        args.next().is_none().then_some(pieces)
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

/// Reads `-5.3s`: conversion and format specification; `None` for anything else.
fn percent_field(format: &[u8], at: &mut usize) -> Option<(u32, String)> {
    let mut left = false;
    while let Some(flag @ (b'-' | b'+' | b' ' | b'#' | b'0')) = format.get(*at) {
        if *flag != b'-' {
            return None;
        }
        left = true;
        *at += 1;
    }
    let digits = |at: &mut usize| -> Option<Option<u32>> {
        let start = *at;
        while format.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
            if *at - start >= 3 {
                return None;
            }
        }
        let text = std::str::from_utf8(&format[start..*at]).ok()?;
        Some(text.parse().ok())
    };
    let width = digits(at)?;
    let mut precision = None;
    if format.get(*at) == Some(&b'.') {
        *at += 1;
        precision = Some(digits(at)?.unwrap_or(0));
    }
    let conversion = match format.get(*at)? {
        b's' => 1,
        b'r' => 2,
        b'a' => 3,
        _ => return None,
    };
    *at += 1;
    let mut spec = String::new();
    if let Some(width) = width {
        if !left && width > 0 {
            spec.push('>');
        }
        spec += &width.to_string();
    }
    if let Some(precision) = precision {
        spec += &format!(".{precision}");
    }
    Some((conversion, spec))
}
