//! String literals, f-strings, t-strings, and `%` formats that are compiled like f-strings.

use super::{Compiler, Res, STACK_USE_GUIDELINE};
use crate::code::{Const, PyStr};
use crate::ir::Loc;
use crate::opcode::Op;
use crate::pieces::{Field, Piece, Reader};
use ruff_python_ast::{
    Expr, ExprBinOp, ExprBytesLiteral, ExprFString, ExprStringLiteral, ExprTString, Operator,
};
use ruff_text_size::TextRange;

impl<'a> Compiler<'a> {
    pub fn string_value(&self, e: &ExprStringLiteral) -> Res<Const> {
        self.reader().string_value(e)
    }
    pub fn bytes_value(&self, e: &ExprBytesLiteral) -> Res<Const> {
        self.reader().bytes_value(e)
    }
    pub fn number_value(&self, range: TextRange) -> Res<Const> {
        self.reader().number_value(range)
    }

    pub fn f_string(&mut self, e: &'a ExprFString) -> Res {
        let loc = self.loc(e);
        let pieces = self.reader().f_string(e)?;
        self.formatted(&pieces, loc)
    }

    fn reader(&self) -> Reader<'a> {
        Reader { src: self.src }
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
        let pieces = self.reader().t_string(e)?;
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
