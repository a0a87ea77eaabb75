//! `SRE_Scanner`: matches one after the other; what `finditer` walks.

use super::matched::Match;
use super::pattern::{Pattern, bounds};
use super::subject::{How, Subject, find};
use crate::support::make;
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_vm::native::*;

/// Where the next look begins.
struct Place {
    /// None: there was no match, and the scan is over.
    pos: Option<usize>,
    must_advance: bool,
}

#[pytype(name = "SRE_Scanner", module = "_sre", gc, no_new)]
pub struct Scanner {
    pub head: Header,
    pattern: Value,
    string: Value,
    start: usize,
    end: usize,
    #[skip]
    place: Guarded<Place>,
    running: AtomicBool,
}

impl Scanner {
    pub fn over(
        cx: &mut Cx,
        pattern: &Value,
        string: &Value,
        pos: isize,
        endpos: isize,
    ) -> Res<Value> {
        let Some(p) = pattern.downcast::<Pattern>() else {
            return Ok(Value::none());
        };
        let s = Subject::new(cx, p, string)?;
        let (start, end) = bounds(pos, endpos, s.text().len());
        make(
            cx,
            Scanner {
                head: Header::placeholder(),
                pattern: pattern.clone(),
                string: string.clone(),
                start,
                end,
                place: Guarded::new(Place {
                    pos: Some(start),
                    must_advance: false,
                }),
                running: AtomicBool::new(false),
            },
        )
    }

    fn step(&self, cx: &mut Cx, how: How) -> Res<Value> {
        if self.running.swap(true, Ordering::Acquire) {
            return Err(cx.value_error("regular expression scanner already executing"));
        }
        let r = self.step_alone(cx, how);
        self.running.store(false, Ordering::Release);
        r
    }

    fn step_alone(&self, cx: &mut Cx, how: How) -> Res<Value> {
        let (pos, must_advance) = {
            let g = self.place.lock(&self.head, cx);
            (g.pos, g.must_advance)
        };
        let (Some(pos), Some(p)) = (pos, self.pattern.downcast::<Pattern>()) else {
            return Ok(Value::none());
        };
        let s = Subject::new(cx, p, &self.string)?;
        let text = s.text();
        let end = self.end.min(text.len());
        let found = find(cx, p, &text, pos, end, how, must_advance)?;
        let place = match &found {
            Some(f) => Place {
                pos: Some(f.end),
                must_advance: f.start == f.end,
            },
            None => Place {
                pos: None,
                must_advance: false,
            },
        };
        *self.place.lock(&self.head, cx) = place;
        match found {
            Some(f) => Match::make(cx, &self.pattern, &self.string, self.start, end, f),
            None => Ok(Value::none()),
        }
    }
}

#[pymethods]
impl Scanner {
    fn r#match(&self, cx: &mut Cx) -> Res<Value> {
        self.step(cx, How::Match)
    }
    fn search(&self, cx: &mut Cx) -> Res<Value> {
        self.step(cx, How::Search)
    }
    #[getter]
    fn pattern(&self) -> Value {
        self.pattern.clone()
    }
}
