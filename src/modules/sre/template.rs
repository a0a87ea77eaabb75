//! The compiled replacement string of `sub` and `expand`.

use super::engine::UNSET;
use super::subject::{Subject, Text};
use crate::support::make;
use typhon_vm::native::*;

#[pytype(name = "SRE_Template", module = "_sre", gc, no_new)]
pub struct Template {
    pub head: Header,
    literal: Value,
    /// A group, and the text behind it when there is any.
    items: Vec<(usize, Option<Value>)>,
}

fn is_empty(v: &Value) -> bool {
    match (
        v.downcast::<Str>(),
        v.downcast::<typhon_vm::objects::Bytes>(),
    ) {
        (Some(s), _) => s.is_empty(),
        (_, Some(b)) => b.is_empty(),
        _ => false,
    }
}

impl Template {
    /// From literal texts and group numbers, taking turns.
    pub fn make(cx: &mut Cx, parts: Vec<Value>) -> Res<Value> {
        let Some((literal, rest)) = parts.split_first().filter(|(_, rest)| rest.len() % 2 == 0)
        else {
            return Err(cx.type_error("invalid template"));
        };
        let mut items = Vec::with_capacity(rest.len() / 2);
        for pair in rest.chunks(2) {
            match pair[0].as_small_int().and_then(|i| usize::try_from(i).ok()) {
                Some(i) => items.push((i, Some(pair[1].clone()).filter(|v| !is_empty(v)))),
                None => return Err(cx.type_error("invalid template")),
            }
        }
        make(
            cx,
            Template {
                head: Header::placeholder(),
                literal: literal.clone(),
                items,
            },
        )
    }

    /// The text of a template that names no group.
    pub fn plain(&self) -> Option<Value> {
        self.items.is_empty().then(|| self.literal.clone())
    }

    /// Append what it says of a match.
    pub fn expand(
        &self,
        cx: &mut Cx,
        s: &Subject<'_>,
        text: &Text<'_>,
        whole: (usize, usize),
        marks: &[usize],
        out: &mut Vec<Value>,
    ) -> Res<()> {
        if !is_empty(&self.literal) {
            out.push(self.literal.clone());
        }
        for (group, literal) in &self.items {
            let (b, e) = match group.checked_sub(1) {
                None => whole,
                Some(i) => match marks.get(2 * i..2 * i + 2) {
                    Some(m) => (m[0], m[1]),
                    None => return Err(cx.index_error("no such group")),
                },
            };
            if b != UNSET && e != UNSET && b <= e {
                let part = s.slice(cx, text, b, e)?;
                out.push(part);
            }
            out.extend(literal.clone());
        }
        Ok(())
    }
}
