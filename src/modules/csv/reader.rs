//! `reader`: lines into records. A record is read by one thread at a time; others that come meanwhile read the next one.

use super::dialect::{Dialect, Quoting};
use super::{FIELD_LIMIT, csv_error};
use crate::support::make;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use typhon_text::{TextBuf, float_text};
use typhon_vm::native::*;
use typhon_vm::objects::str::new_from_buf;
use typhon_vm::objects::{float, list};
use typhon_vm::{number, protocol};

/// CSV reader
///
/// Reader objects are responsible for reading and parsing tabular data
/// in CSV format.
#[pytype(name = "reader", module = "_csv", gc, no_new)]
pub struct Reader {
    pub head: Header,
    lines: Value,
    dialect: Value,
    line_num: AtomicU64,
    /// The thread that reads a record, plus one; 0: none.
    busy: AtomicU32,
    /// That thread's iterator has asked this reader for a record.
    reentered: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    StartRecord,
    StartField,
    Escaped,
    InField,
    InQuoted,
    EscapedInQuoted,
    QuoteInQuoted,
    EatNewline,
    AfterEscapedNewline,
}

/// A record being read.
struct Record<'a> {
    dialect: &'a Dialect,
    state: State,
    field: TextBuf,
    unquoted: bool,
    fields: Vec<Value>,
    limit: usize,
}

/// The end of a line, or of what a line's iterator gave.
fn is_end(c: Option<u32>) -> bool {
    matches!(c, None | Some(10 | 13))
}

impl Record<'_> {
    fn push(&mut self, cx: &mut Cx, c: u32) -> Res<()> {
        if self.field.len() >= self.limit {
            let limit = self.limit;
            return Err(csv_error(
                cx,
                format!("field larger than field limit ({limit})"),
            ));
        }
        self.field.push(c);
        Ok(())
    }

    fn save(&mut self, cx: &mut Cx) -> Res<()> {
        let quoting = self.dialect.quoting;
        let unquoted = std::mem::replace(&mut self.unquoted, true);
        let text = std::mem::take(&mut self.field);
        let nothing = matches!(quoting, Quoting::Notnull | Quoting::Strings);
        let numeric = matches!(quoting, Quoting::Nonnumeric | Quoting::Strings);
        let v = if unquoted && nothing && text.is_empty() {
            Value::none()
        } else if unquoted && numeric && !text.is_empty() {
            let f = number::lift(cx, float_text::parse(text.as_text()))?;
            float::new_float(cx, f)?
        } else {
            new_from_buf(cx, text)?
        };
        self.fields.push(v);
        Ok(())
    }

    /// A field ends with its line.
    fn end_line(&mut self, cx: &mut Cx, c: Option<u32>) -> Res<()> {
        self.save(cx)?;
        self.state = match c {
            None => State::StartRecord,
            Some(_) => State::EatNewline,
        };
        Ok(())
    }

    /// One character, or None at the end of a line.
    fn process(&mut self, cx: &mut Cx, c: Option<u32>) -> Res<()> {
        let d = self.dialect;
        let delimits = c == Some(d.delimiter);
        let quotes = c.is_some() && c == d.quotechar && d.quoting != Quoting::None;
        let escapes = c.is_some() && c == d.escapechar;
        match self.state {
            State::StartRecord | State::StartField => {
                if self.state == State::StartRecord {
                    match c {
                        None => return Ok(()),
                        Some(10 | 13) => {
                            self.state = State::EatNewline;
                            return Ok(());
                        }
                        _ => self.state = State::StartField,
                    }
                }
                match c {
                    _ if is_end(c) => self.end_line(cx, c)?,
                    _ if quotes => {
                        self.unquoted = false;
                        self.state = State::InQuoted;
                    }
                    _ if escapes => self.state = State::Escaped,
                    Some(0x20) if d.skipinitialspace => {}
                    _ if delimits => self.save(cx)?,
                    _ => {
                        self.push(cx, c.unwrap_or_default())?;
                        self.state = State::InField;
                    }
                }
            }
            State::Escaped => {
                self.push(cx, c.unwrap_or(10))?;
                self.state = match c {
                    Some(10 | 13) => State::AfterEscapedNewline,
                    _ => State::InField,
                };
            }
            State::AfterEscapedNewline if c.is_none() => {}
            State::AfterEscapedNewline | State::InField => match c {
                _ if is_end(c) => self.end_line(cx, c)?,
                _ if escapes => self.state = State::Escaped,
                _ if delimits => {
                    self.save(cx)?;
                    self.state = State::StartField;
                }
                _ => {
                    self.push(cx, c.unwrap_or_default())?;
                    self.state = State::InField;
                }
            },
            State::InQuoted => match c {
                None => {}
                _ if escapes => self.state = State::EscapedInQuoted,
                _ if quotes && d.doublequote => self.state = State::QuoteInQuoted,
                _ if quotes => self.state = State::InField,
                Some(c) => self.push(cx, c)?,
            },
            State::EscapedInQuoted => {
                self.push(cx, c.unwrap_or(10))?;
                self.state = State::InQuoted;
            }
            State::QuoteInQuoted => match c {
                _ if quotes => {
                    self.push(cx, c.unwrap_or_default())?;
                    self.state = State::InQuoted;
                }
                _ if delimits => {
                    self.save(cx)?;
                    self.state = State::StartField;
                }
                _ if is_end(c) => self.end_line(cx, c)?,
                _ if !d.strict => {
                    self.push(cx, c.unwrap_or_default())?;
                    self.state = State::InField;
                }
                _ => {
                    let shown = |c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
                    let (delimiter, quote) =
                        (shown(d.delimiter), shown(d.quotechar.unwrap_or_default()));
                    return Err(csv_error(
                        cx,
                        format!("'{delimiter}' expected after '{quote}'"),
                    ));
                }
            },
            State::EatNewline => match c {
                Some(10 | 13) => {}
                None => self.state = State::StartRecord,
                Some(_) => {
                    return Err(csv_error(
                        cx,
                        "new-line character seen in unquoted field - do you need to open the file with newline=''?",
                    ));
                }
            },
        }
        Ok(())
    }
}

/// `reader(iterable, dialect)`.
pub fn new_reader(cx: &mut Cx, iterable: &Value, dialect: Value) -> Res<Value> {
    let lines = protocol::iter(cx, iterable)?;
    make(
        cx,
        Reader {
            head: Header::placeholder(),
            lines,
            dialect,
            line_num: AtomicU64::new(0),
            busy: AtomicU32::new(0),
            reentered: AtomicBool::new(false),
        },
    )
}

#[pymethods]
impl Reader {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let me = u32::from(cx.tid) + 1;
        if self.busy.swap(me, Ordering::Relaxed) == me {
            let r = self.record(cx);
            // The record outside has lost its lines to this one.
            self.reentered.store(true, Ordering::Relaxed);
            return r;
        }
        let r = self.record(cx);
        // Where threads share a reader this forgets one of them: its iterator then may enter unnoticed, no more.
        self.busy.store(0, Ordering::Relaxed);
        r
    }
    #[getter]
    fn dialect(&self) -> Value {
        self.dialect.clone()
    }
    #[getter]
    fn line_num(&self) -> u64 {
        self.line_num.load(Ordering::Relaxed)
    }
}

impl Reader {
    fn record(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(dialect) = self.dialect.downcast::<Dialect>() else {
            return Ok(None);
        };
        let mut record = Record {
            dialect,
            state: State::StartRecord,
            field: TextBuf::new(),
            unquoted: true,
            fields: Vec::new(),
            limit: FIELD_LIMIT.load(Ordering::Relaxed),
        };
        loop {
            let line = protocol::next(cx, &self.lines)?;
            if self.reentered.swap(false, Ordering::Relaxed) {
                return Err(csv_error(cx, "iterator has already advanced the reader"));
            }
            let Some(line) = line else {
                if record.field.is_empty() && record.state != State::InQuoted {
                    return Ok(None);
                }
                if dialect.strict {
                    return Err(csv_error(cx, "unexpected end of data"));
                }
                record.save(cx)?;
                break;
            };
            let Some(text) = line.downcast::<Str>() else {
                let n = line.type_name();
                return Err(csv_error(
                    cx,
                    format!(
                        "iterator should return strings, not {n} (the file should be opened in text mode)"
                    ),
                ));
            };
            self.line_num.fetch_add(1, Ordering::Relaxed);
            for c in text.units().iter() {
                record.process(cx, Some(c))?;
            }
            record.process(cx, None)?;
            if record.state == State::StartRecord {
                break;
            }
        }
        list::new_list(cx, record.fields).map(Some)
    }
}
