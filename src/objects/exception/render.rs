//! How an uncaught exception is printed: chains, groups, frames with their source, notes, syntax errors. In Rust, so that an
//! error shows even when nothing can be imported.

use super::base::exc;
use super::carets::{self, Place};
use super::families::syntax_rest;
use super::source::{Sources, text_of};
use super::traceback::Traceback;
use super::{group, is_exception, is_kind, suggest};
use crate::native::ExcKind;
use crate::objects::{List, Tuple};
use crate::protocol;
use crate::{Cx, Res, Value, ValueExt};

pub use super::source::{
    SOURCE_HOOK, register as register_source, registered as registered_source,
};

const CAUSE: &str = "\nThe above exception was the direct cause of the following exception:\n\n";
const CONTEXT: &str = "\nDuring handling of the above exception, another exception occurred:\n\n";
/// How often the same frame shows in a row.
const REPEATS: usize = 3;
const MAX_GROUP_WIDTH: usize = 15;
const MAX_GROUP_DEPTH: usize = 10;

/// Text that is put into a margin: the frame around members of exception groups.
struct Out {
    text: String,
    depth: usize,
    need_close: bool,
}

impl Out {
    fn indent(&self) -> String {
        " ".repeat(2 * self.depth)
    }
    fn emit(&mut self, s: &str, margin: char) {
        let mut prefix = self.indent();
        if self.depth > 0 {
            prefix.push(margin);
            prefix.push(' ');
        }
        for line in s.split_inclusive('\n') {
            self.text.push_str(&prefix);
            self.text.push_str(line);
        }
    }
}

/// Run something that may raise for display; its error is dropped.
fn quietly<T>(cx: &mut Cx, f: impl FnOnce(&mut Cx) -> Res<T>) -> Option<T> {
    match f(cx) {
        Ok(v) => Some(v),
        Err(r) => {
            drop(cx.take_exc(r));
            None
        }
    }
}

/// The whole display of an exception.
pub fn format_exception(cx: &mut Cx, v: &Value) -> String {
    let pending = cx.exc.take();
    let mut out = Out {
        text: String::new(),
        depth: 0,
        need_close: false,
    };
    let mut seen = Vec::new();
    let mut sources = Sources::default();
    format_chain(cx, v, &mut out, &mut seen, &mut sources);
    cx.exc = pending;
    out.text
}

/// An exception that nobody can handle: its traceback, class and text, without what else it knows. `with_source` says
/// whether source lines show; they do not once the interpreter ends.
pub fn format_unraisable(cx: &mut Cx, v: &Value, with_source: bool) -> String {
    let pending = cx.exc.take();
    let mut text = String::new();
    if let Some(tb) = exc(v).traceback() {
        let lines = if with_source {
            Lines::Plain
        } else {
            Lines::None
        };
        text.push_str("Traceback (most recent call last):\n");
        text.push_str(&format_traceback(cx, tb, &mut Sources::default(), lines));
    }
    let name = class_name(cx, v);
    let shown = quietly(cx, |cx| protocol::str_string(cx, v));
    let shown = shown.as_deref().unwrap_or("<exception str() failed>");
    text.push_str(&format!("{name}: {shown}\n"));
    cx.exc = pending;
    text
}

/// Print an exception to `sys.stderr`, or to the process's standard error when that fails.
pub fn print_exception(cx: &mut Cx, v: &Value) {
    let text = format_exception(cx, v);
    if let Some(err) = crate::init::sys_get(cx, "stderr") {
        if err.is_none() {
            return;
        }
        let written = quietly(cx, |cx| {
            let t = crate::objects::str::new_str(cx, &text)?;
            protocol::call_method(cx, &err, "write", &[t])?;
            protocol::call_method(cx, &err, "flush", &[])
        });
        if written.is_some() {
            return;
        }
    }
    cx.thread.detach(|| {
        use std::io::Write;
        let _ = std::io::stderr().write_all(text.as_bytes());
    });
}

fn format_chain(cx: &mut Cx, v: &Value, out: &mut Out, seen: &mut Vec<u64>, sources: &mut Sources) {
    // From the last exception back to the first; shown in the order in which they came.
    let mut chain: Vec<(Value, Option<&'static str>)> = Vec::new();
    let mut at = v.clone();
    loop {
        seen.push(at.bits() & !7);
        let e = exc(&at);
        let unseen = |x: Option<Value>, seen: &[u64]| {
            x.filter(|x| is_exception(x) && !seen.contains(&(x.bits() & !7)))
        };
        let cause = e.cause();
        let had_cause = cause.is_some();
        let (next, why) = match unseen(cause, seen) {
            Some(c) => (Some(c), CAUSE),
            None if had_cause => (None, CAUSE),
            None if !e.suppressed() => (unseen(e.context(), seen), CONTEXT),
            None => (None, CONTEXT),
        };
        let here = std::mem::replace(&mut at, Value::none());
        match next {
            Some(n) => {
                chain.push((here, Some(why)));
                at = n;
            }
            None => {
                chain.push((here, None));
                break;
            }
        }
    }
    for (e, why) in chain.into_iter().rev() {
        if let Some(why) = why {
            out.emit(why, '|');
        }
        if group::is_group(&e) {
            format_group(cx, &e, out, seen, sources);
        } else {
            let stack = format_stack(cx, &e, sources);
            if let Some(s) = stack {
                out.emit("Traceback (most recent call last):\n", '|');
                out.emit(&s, '|');
            }
            let last = format_only(cx, &e);
            out.emit(&last, '|');
        }
    }
}

fn format_group(cx: &mut Cx, e: &Value, out: &mut Out, seen: &mut Vec<u64>, sources: &mut Sources) {
    if out.depth > MAX_GROUP_DEPTH {
        out.emit(
            &format!("... (max_group_depth is {MAX_GROUP_DEPTH})\n"),
            '|',
        );
        return;
    }
    let top = out.depth == 0;
    if top {
        out.depth = 1;
    }
    if let Some(s) = format_stack(cx, e, sources) {
        out.emit(
            "Exception Group Traceback (most recent call last):\n",
            if top { '+' } else { '|' },
        );
        out.emit(&s, '|');
    }
    let last = format_only(cx, e);
    out.emit(&last, '|');
    let members = group::members(e);
    let n = members.len().min(MAX_GROUP_WIDTH + 1);
    out.need_close = false;
    for i in 0..n {
        let is_last = i == n - 1;
        if is_last {
            out.need_close = true;
        }
        let cut = i >= MAX_GROUP_WIDTH;
        let title = if cut {
            "...".to_owned()
        } else {
            (i + 1).to_string()
        };
        let lead = if i == 0 { "+-" } else { "  " };
        out.text.push_str(&format!(
            "{}{lead}+---------------- {title} ----------------\n",
            out.indent()
        ));
        out.depth += 1;
        if cut {
            let left = members.len() - MAX_GROUP_WIDTH;
            out.emit(
                &format!(
                    "and {left} more exception{}\n",
                    if left > 1 { "s" } else { "" }
                ),
                '|',
            );
        } else {
            format_chain(cx, &members[i], out, seen, sources);
        }
        if is_last && out.need_close {
            out.text.push_str(&format!(
                "{}+------------------------------------\n",
                out.indent()
            ));
            out.need_close = false;
        }
        out.depth -= 1;
    }
    if top {
        out.depth = 0;
    }
}

/// What shows below an entry of a traceback.
#[derive(Clone, Copy, PartialEq)]
enum Lines {
    None,
    /// The line.
    Plain,
    /// All lines of the statement, the part that was running marked.
    Marked,
}

/// The entries of an exception's traceback; None when it has none.
fn format_stack(cx: &mut Cx, e: &Value, sources: &mut Sources) -> Option<String> {
    let mut tb = exc(e).traceback()?;
    if let Some(limit) = traceback_limit(cx) {
        if limit == 0 {
            return None;
        }
        let mut depth = 0_usize;
        let mut at = Some(tb.clone());
        while let Some(entry) = at {
            depth += 1;
            at = entry.downcast::<Traceback>().and_then(Traceback::next);
        }
        for _ in limit..depth {
            tb = tb.downcast::<Traceback>()?.next()?;
        }
    }
    Some(format_traceback(cx, tb, sources, Lines::Marked))
}

/// `sys.tracebacklimit`: how many of the last entries show.
fn traceback_limit(cx: &mut Cx) -> Option<usize> {
    use crate::objects::int::{IntRef, as_int, is_negative};
    let limit = crate::init::sys_get(cx, "tracebacklimit")?;
    if is_negative(&limit) {
        return Some(0);
    }
    match as_int(&limit)? {
        IntRef::Small(n) => usize::try_from(n).ok(),
        IntRef::Big(_) => None,
    }
}

/// The entries of a traceback, without the header.
fn format_traceback(cx: &mut Cx, tb: Value, sources: &mut Sources, lines: Lines) -> String {
    let mut out = String::new();
    let mut last: Option<(String, i32, String)> = None;
    let mut count = 0;
    let mut at = Some(tb);
    let folded = |out: &mut String, count: usize| {
        if count > REPEATS {
            let more = count - REPEATS;
            out.push_str(&format!(
                "  [Previous line repeated {more} more time{}]\n",
                if more > 1 { "s" } else { "" }
            ));
        }
    };
    while let Some(v) = at {
        let Some(t) = v.downcast::<Traceback>() else {
            break;
        };
        let frame = t.frame();
        let code = frame.code();
        let (file, name) = (code.filename_text(), code.name_text());
        let lasti = t.last_instruction();
        let loc = u32::try_from(lasti)
            .ok()
            .and_then(|o| code.code.location_for(o))
            .map(crate::objects::code::without_ranges);
        let line = match loc {
            Some(l) if l.line > 0 => l.line,
            _ if t.line() > 0 => t.line(),
            _ => frame.line_of(lasti).unwrap_or(0),
        };
        let key = (file.clone(), line, name.clone());
        if last.as_ref() != Some(&key) {
            folded(&mut out, count);
            last = Some(key);
            count = 0;
        }
        count += 1;
        if count <= REPEATS {
            let shown = if file.starts_with("<stdin-") && file.ends_with('>') {
                "<stdin>"
            } else {
                &file
            };
            out.push_str(&format!("  File \"{shown}\", line {line}, in {name}\n"));
            let place = match loc {
                Some(l) if l.line > 0 => Place {
                    line,
                    end_line: l.end_line.max(line),
                    col: l.col,
                    end_col: l.end_col,
                },
                _ => Place {
                    line,
                    end_line: line,
                    col: -1,
                    end_col: -1,
                },
            };
            if lines == Lines::None {
                at = t.next();
                continue;
            }
            let place = match lines {
                Lines::Marked => place,
                _ => Place {
                    end_line: line,
                    col: -1,
                    end_col: -1,
                    ..place
                },
            };
            let mut lines = Vec::new();
            for n in place.line..=place.end_line {
                let text = sources
                    .line(cx, Some(&code.code), &file, n)
                    .unwrap_or_default();
                lines.push(text.trim_end().to_owned());
            }
            if lines.iter().any(|l| !l.trim().is_empty()) {
                out.push_str(&carets::render(&lines, place));
            }
        }
        at = t.next();
    }
    folded(&mut out, count);
    out
}

/// `module.Name` of an exception's class.
fn class_name(cx: &mut Cx, e: &Value) -> String {
    let t = e.ty();
    let q = crate::objects::typeobj::methods::qualname_of(t);
    match crate::objects::typeobj::methods::module_of(cx, t) {
        Some(m) if m == "builtins" || m == "__main__" => q,
        Some(m) => format!("{m}.{q}"),
        None => format!("<unknown>.{q}"),
    }
}

/// The last lines: class, text, notes; the source of a syntax error.
pub fn format_only(cx: &mut Cx, e: &Value) -> String {
    if is_kind(e, ExcKind::SyntaxError)
        && may_be_misspelled(e)
        && let Some(text) = quietly(cx, |cx| format_by_module(cx, e))
    {
        return text;
    }
    let name = class_name(cx, e);
    let mut out = if is_kind(e, ExcKind::SyntaxError) {
        format_syntax_error(cx, e, &name)
    } else {
        let mut text = match quietly(cx, |cx| protocol::str_string(cx, e)) {
            Some(t) => t,
            None => "<exception str() failed>".to_owned(),
        };
        text.push_str(&suggest::hint(cx, e));
        if text.is_empty() {
            format!("{name}\n")
        } else {
            format!("{name}: {text}\n")
        }
    };
    format_notes(cx, e, &mut out);
    out
}

/// Whether a keyword written wrongly may explain a SyntaxError.
fn may_be_misspelled(e: &Value) -> bool {
    let message = exc(e).extra(0).as_ref().and_then(text_of);
    syntax_rest(e, 3).is_some()
        && message
            .is_some_and(|m| m == "invalid syntax" || m.contains("Perhaps you forgot a comma"))
}

/// The last lines as Python's `traceback` writes them: it tries the keywords that were perhaps meant.
fn format_by_module(cx: &mut Cx, e: &Value) -> Res<String> {
    let m = crate::objects::module::methods::import(cx, "traceback")?;
    let args = [e.ty().value(), e.clone(), Value::none()];
    let shown = protocol::call_method(cx, &m, "TracebackException", &args)?;
    let lines = protocol::call_method(cx, &shown, "format_exception_only", &[])?;
    let mut out = String::new();
    for line in protocol::collect(cx, &lines)? {
        out.push_str(&protocol::str_string(cx, &line)?);
    }
    Ok(out)
}

fn format_notes(cx: &mut Cx, e: &Value, out: &mut String) {
    let notes = match protocol::getattr_str_opt(cx, e, "__notes__") {
        Ok(Some(n)) if !n.is_none() => n,
        Ok(_) => return,
        Err(r) => {
            drop(cx.take_exc(r));
            out.push_str("Ignored error getting __notes__\n");
            return;
        }
    };
    if notes.downcast::<List>().is_none() && notes.downcast::<Tuple>().is_none() {
        let text = quietly(cx, |cx| protocol::repr_string(cx, &notes))
            .unwrap_or_else(|| "<__notes__ repr() failed>".into());
        out.push_str(&text);
        out.push('\n');
        return;
    }
    for n in quietly(cx, |cx| protocol::collect(cx, &notes)).unwrap_or_default() {
        let text = quietly(cx, |cx| protocol::str_string(cx, &n))
            .unwrap_or_else(|| "<note str() failed>".into());
        for l in text.split('\n') {
            out.push_str(l);
            out.push('\n');
        }
    }
}

fn format_syntax_error(cx: &mut Cx, e: &Value, name: &str) -> String {
    let x = exc(e);
    let set = |v: Option<Value>| v.filter(|v| !v.is_none());
    let number = |v: Option<Value>| v.and_then(|v| v.as_small_int());
    let (file, line) = (set(x.extra(1)), number(x.extra(2)));
    let (offset, end_line, end_offset) = (
        number(x.extra(3)),
        number(syntax_rest(e, 0)),
        number(syntax_rest(e, 1)),
    );
    let mut out = String::new();
    let mut suffix = String::new();
    let shown = file
        .as_ref()
        .and_then(|f| quietly(cx, |cx| protocol::str_string(cx, f)));
    match (line, &shown) {
        (Some(l), f) => out.push_str(&format!(
            "  File \"{}\", line {l}\n",
            f.as_deref().filter(|f| !f.is_empty()).unwrap_or("<string>")
        )),
        (None, Some(f)) => suffix = format!(" ({f})"),
        (None, None) => {}
    }
    if let Some(text) = x.extra(4).as_ref().and_then(text_of) {
        let trimmed = text.trim_end_matches('\n');
        let shown = trimmed.trim_start_matches([' ', '\n', '\x0c']);
        let spaces = (trimmed.chars().count() - shown.chars().count()) as i64;
        let count = text.chars().count() as i64;
        match (offset, line) {
            (Some(mut offset), Some(l)) => {
                let mut end = if end_line.is_none_or(|e| e == l) {
                    end_offset.filter(|o| *o != 0).unwrap_or(offset)
                } else {
                    trimmed.chars().count() as i64 + 1
                };
                if !text.is_empty() && offset > count {
                    offset = count + 1;
                }
                if !text.is_empty() && end > count {
                    end = count + 1;
                }
                if offset >= end || end < 0 {
                    end = offset + 1;
                }
                let (from, to) = (offset - 1 - spaces, end - 1 - spaces);
                out.push_str(&format!("    {shown}\n"));
                if from >= 0 {
                    // White space that is no blank keeps its place, so that the marks stand below the text.
                    let mut lead: String = shown
                        .chars()
                        .take(from as usize)
                        .map(|c| if c.is_whitespace() { c } else { ' ' })
                        .collect();
                    lead.extend(std::iter::repeat_n('^', (to - from).max(0) as usize));
                    out.push_str(&format!("    {lead}\n"));
                }
            }
            _ => out.push_str(&format!("    {shown}\n")),
        }
    }
    let msg = set(x.extra(0))
        .and_then(|m| quietly(cx, |cx| protocol::str_string(cx, &m)))
        .filter(|m| !m.is_empty());
    out.push_str(&format!(
        "{name}: {}{suffix}\n",
        msg.as_deref().unwrap_or("<no detail available>")
    ));
    out
}
