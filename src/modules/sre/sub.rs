//! `Pattern.sub` and `subn`.

use super::matched::Match;
use super::pattern::{Pattern, each};
use super::subject::{Subject, Text};
use super::template::Template;
use crate::support::pack;
use crate::util::import_submodule;
use typhon_vm::native::*;
use typhon_vm::objects::buffer;
use typhon_vm::objects::bytes::{Bytes, new_bytes_vec};
use typhon_vm::objects::str::make;
use typhon_vm::protocol;

/// What stands in for a match.
enum Replacement {
    Text(Value),
    Template(Value),
    Call(Value),
}

/// Find out what `repl` is.
fn replacement(cx: &mut Cx, this: &Value, repl: &Value) -> Res<Replacement> {
    if protocol::is_callable(repl) {
        return Ok(Replacement::Call(repl.clone()));
    }
    let plain = if let Some(s) = repl.downcast::<Str>() {
        !s.units().iter().any(|c| c == '\\' as u32)
    } else if let Some(b) = buffer::get_opt(cx, repl, false)? {
        !b.contents().contains(&b'\\')
    } else {
        false
    };
    if plain {
        return Ok(Replacement::Text(repl.clone()));
    }
    let re = import_submodule(cx, "re")?;
    let t = protocol::call_method(cx, &re, "_compile_template", &[this.clone(), repl.clone()])?;
    Ok(match t.downcast::<Template>() {
        Some(tpl) => match tpl.plain() {
            Some(text) => Replacement::Text(text),
            None => Replacement::Template(t),
        },
        None if protocol::is_callable(&t) => Replacement::Call(t),
        None => Replacement::Text(t),
    })
}

/// The parts of a result joined: all `str`, or all bytes-like.
pub fn join(cx: &mut Cx, s: &Subject<'_>, parts: Vec<Value>) -> Res<Value> {
    let empty = s.empty();
    if let Some(sep) = empty.downcast::<Str>() {
        return make::join(cx, sep, &parts);
    }
    if let [one] = &parts[..]
        && one.downcast_exact::<Bytes>().is_some()
    {
        return Ok(one.clone());
    }
    // Nearly all parts are bytes: what grows by doubling takes three times as much in the end.
    let length = |p: &Value| p.downcast::<Bytes>().map_or(0, |b| b.len());
    let mut out = Vec::new();
    if out
        .try_reserve_exact(parts.iter().map(length).sum())
        .is_err()
    {
        return Err(cx.memory_error());
    }
    for (i, p) in parts.iter().enumerate() {
        match buffer::get_opt(cx, p, false)? {
            Some(b) => out.extend_from_slice(&b.contents()),
            None => {
                let n = p.type_name();
                return Err(cx.type_error(format!(
                    "sequence item {i}: expected a bytes-like object, {n} found"
                )));
            }
        }
    }
    new_bytes_vec(cx, out)
}

fn substitute(
    cx: &mut Cx,
    this: &Value,
    repl: &Value,
    string: &Value,
    count: isize,
) -> Res<(Value, usize)> {
    let Some(p) = this.downcast::<Pattern>() else {
        return Ok((Value::none(), 0));
    };
    let repl = replacement(cx, this, repl)?;
    let s = Subject::new(cx, p, string)?;
    let text: Text<'_> = s.text();
    let end = text.len();
    let (mut parts, mut last, mut n) = (Vec::new(), 0, 0);
    if count >= 0 {
        each(cx, p, &text, 0, end, |cx, f| {
            if last < f.start {
                let part = s.slice(cx, &text, last, f.start)?;
                parts.push(part);
            }
            last = f.end;
            n += 1;
            match &repl {
                Replacement::Text(t) => parts.push(t.clone()),
                Replacement::Template(t) => {
                    if let Some(t) = t.downcast::<Template>() {
                        t.expand(cx, &s, &text, (f.start, f.end), &f.marks, &mut parts)?;
                    }
                }
                Replacement::Call(call) => {
                    let m = Match::make(cx, this, string, 0, end, f)?;
                    let r = protocol::call(cx, call, &[m])?;
                    if !r.is_none() {
                        parts.push(r);
                    }
                }
            }
            Ok(count == 0 || n < count as usize)
        })?;
    }
    if last < end || parts.is_empty() {
        let rest = s.slice(cx, &text, last, end)?;
        parts.push(rest);
    }
    Ok((join(cx, &s, parts)?, n))
}

#[pymethods(part = SUB)]
impl Pattern {
    /// Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the replacement repl.
    #[sig(repl, string, count = 0)]
    fn sub(this: &Value, repl: &Value, string: &Value, count: isize, cx: &mut Cx) -> Res<Value> {
        Ok(substitute(cx, this, repl, string, count)?.0)
    }
    /// Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences of pattern with the replacement repl.
    #[sig(repl, string, count = 0)]
    fn subn(this: &Value, repl: &Value, string: &Value, count: isize, cx: &mut Cx) -> Res<Value> {
        let (text, n) = substitute(cx, this, repl, string, count)?;
        let n = n.into_value(cx)?;
        pack(cx, [text, n])
    }
}
