//! `writer`: records into lines. A line is made in native memory and written by one call.

use super::csv_error;
use super::dialect::{Dialect, Quoting};
use crate::support::make;
use typhon_text::TextBuf;
use typhon_vm::native::*;
use typhon_vm::objects::str::new_from_buf;
use typhon_vm::protocol;

/// CSV writer
///
/// Writer objects are responsible for generating tabular data
/// in CSV format from sequence input.
#[pytype(name = "writer", module = "_csv", gc, no_new)]
pub struct Writer {
    pub head: Header,
    write: Value,
    dialect: Value,
}

/// `writer(file, dialect)`.
pub fn new_writer(cx: &mut Cx, file: &Value, dialect: Value) -> Res<Value> {
    let write = protocol::getattr_str_opt(cx, file, "write")?;
    let Some(write) = write.filter(protocol::is_callable) else {
        return Err(cx.type_error("argument 1 must have a \"write\" method"));
    };
    make(
        cx,
        Writer {
            head: Header::placeholder(),
            write,
            dialect,
        },
    )
}

/// Append a field (None: nothing) and what must stand around it.
fn append(
    cx: &mut Cx,
    d: &Dialect,
    line: &mut TextBuf,
    field: Option<&Str>,
    mut quoted: bool,
) -> Res<()> {
    let end = d.terminator();
    let mut text = TextBuf::new();
    for c in field.into_iter().flat_map(|s| s.units().iter()) {
        let is_quote = Some(c) == d.quotechar;
        let is_escape = Some(c) == d.escapechar;
        let special = c == d.delimiter
            || is_quote
            || is_escape
            || matches!(c, 10 | 13)
            || end.units().iter().any(|e| e == c);
        if special {
            let escape = if d.quoting == Quoting::None {
                true
            } else if is_quote && d.doublequote {
                text.push(c);
                false
            } else {
                is_quote || is_escape
            };
            if !escape {
                quoted = true;
            } else if let Some(e) = d.escapechar {
                text.push(e);
            } else {
                return Err(csv_error(cx, "need to escape, but no escapechar set"));
            }
        }
        text.push(c);
    }
    if text.is_empty() && d.delimiter == u32::from(b' ') && d.skipinitialspace {
        let unquotable = d.quoting == Quoting::None
            || field.is_none() && matches!(d.quoting, Quoting::Strings | Quoting::Notnull);
        if unquotable {
            return Err(csv_error(
                cx,
                "empty field must be quoted if delimiter is a space and skipinitialspace is true",
            ));
        }
        quoted = true;
    }
    let quote = d.quotechar.filter(|_| quoted);
    quote.into_iter().for_each(|q| line.push(q));
    line.push_text(text.as_text());
    quote.into_iter().for_each(|q| line.push(q));
    Ok(())
}

/// Whether a field counts as a number.
fn is_number(v: &Value) -> bool {
    let s = &v.ty().slots;
    s.int.get().is_some() || s.float.get().is_some() || s.index.get().is_some()
}

impl Writer {
    fn line(&self, cx: &mut Cx, row: &Value) -> Res<TextBuf> {
        let mut line = TextBuf::new();
        let Some(d) = self.dialect.downcast::<Dialect>() else {
            return Ok(line);
        };
        let fields = match protocol::iter(cx, row) {
            Ok(it) => it,
            Err(r) => {
                cx.catch(r, ExcKind::TypeError)?;
                let n = row.type_name();
                return Err(csv_error(cx, format!("iterable expected, not {n}")));
            }
        };
        let (mut n, mut last_is_none) = (0usize, false);
        while let Some(field) = protocol::next(cx, &fields)? {
            let is_none = field.is_none();
            let quoted = match d.quoting {
                Quoting::Nonnumeric => !is_number(&field),
                Quoting::All => true,
                Quoting::Strings => field.downcast::<Str>().is_some(),
                Quoting::Notnull => !is_none,
                Quoting::Minimal | Quoting::None => false,
            };
            if n > 0 {
                line.push(d.delimiter);
            }
            if is_none {
                append(cx, d, &mut line, None, quoted)?;
            } else if let Some(s) = field.downcast::<Str>() {
                append(cx, d, &mut line, Some(s), quoted)?;
            } else {
                let text = protocol::str(cx, &field)?;
                append(cx, d, &mut line, text.downcast::<Str>(), quoted)?;
            }
            n += 1;
            last_is_none = is_none;
        }
        // A line with nothing on it would be read as no record at all.
        if n > 0 && line.is_empty() {
            let unquotable = d.quoting == Quoting::None
                || last_is_none && matches!(d.quoting, Quoting::Strings | Quoting::Notnull);
            if unquotable {
                return Err(csv_error(cx, "single empty field record must be quoted"));
            }
            append(cx, d, &mut line, None, true)?;
        }
        line.push_text(d.terminator().text());
        Ok(line)
    }
}

#[pymethods]
impl Writer {
    /// writerow(iterable)
    ///
    /// Construct and write a CSV record from an iterable of fields.  Non-string
    /// elements will be converted to string.
    #[text_signature(none)]
    fn writerow(&self, row: &Value, cx: &mut Cx) -> Res<Value> {
        let line = self.line(cx, row)?;
        let line = new_from_buf(cx, line)?;
        protocol::call(cx, &self.write, &[line])
    }
    /// writerows(iterable of iterables)
    ///
    /// Construct and write a series of iterables to a csv file.  Non-string
    /// elements will be converted to string.
    #[text_signature(none)]
    fn writerows(&self, rows: &Value, cx: &mut Cx) -> Res<()> {
        protocol::for_each(cx, rows, |cx, row| {
            let line = self.line(cx, &row)?;
            let line = new_from_buf(cx, line)?;
            protocol::call(cx, &self.write, &[line]).map(drop)
        })
    }
    #[getter]
    fn dialect(&self) -> Value {
        self.dialect.clone()
    }
}
