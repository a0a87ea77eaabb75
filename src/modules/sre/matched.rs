//! `re.Match`: immutable.

use super::engine::UNSET;
use super::pattern::Pattern;
use super::subject::{Found, Subject};
use super::template::Template;
use crate::support::{make, pack};
use crate::util::import_submodule;
use typhon_vm::native::*;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::{Dict, genericalias, tuple};
use typhon_vm::protocol;

/// The result of re.match() and re.search().
/// Match objects always have a boolean value of True.
#[pytype(name = "Match", module = "re", gc, no_new)]
pub struct Match {
    pub head: Header,
    pattern: Value,
    string: Value,
    pos: usize,
    endpos: usize,
    start: usize,
    end: usize,
    /// Begin and end of each group but the whole.
    #[skip]
    marks: Box<[usize]>,
    lastindex: u32,
}

impl Match {
    pub fn make(
        cx: &mut Cx,
        pattern: &Value,
        string: &Value,
        pos: usize,
        endpos: usize,
        f: Found,
    ) -> Res<Value> {
        let m = Match {
            head: Header::placeholder(),
            pattern: pattern.clone(),
            string: string.clone(),
            pos,
            endpos,
            start: f.start,
            end: f.end,
            marks: f.marks.into_boxed_slice(),
            lastindex: f.lastindex,
        };
        make(cx, m)
    }

    fn pattern(&self) -> &Pattern {
        self.pattern
            .downcast::<Pattern>()
            .expect("made by a pattern")
    }

    /// Begin and end of a group that matched.
    fn span_of(&self, n: usize) -> Option<(usize, usize)> {
        if n == 0 {
            return Some((self.start, self.end));
        }
        match self.marks.get(2 * n - 2..2 * n) {
            Some(&[b, e]) if b != UNSET && e != UNSET && b <= e => Some((b, e)),
            _ => None,
        }
    }

    fn text_of(&self, cx: &mut Cx, n: usize, default: &Value) -> Res<Value> {
        let Some((b, e)) = self.span_of(n) else {
            return Ok(default.clone());
        };
        let s = Subject::of(cx, &self.string)?;
        let text = s.text();
        s.slice(cx, &text, b, e)
    }

    fn named(&self, cx: &mut Cx, group: &Value) -> Res<Value> {
        let n = self.pattern().group_number(cx, group)?;
        self.text_of(cx, n, &Value::none())
    }

    fn place(&self, cx: &mut Cx, group: &Value) -> Res<(i64, i64)> {
        let n = self.pattern().group_number(cx, group)?;
        Ok(self
            .span_of(n)
            .map_or((-1, -1), |(b, e)| (b as i64, e as i64)))
    }
}

#[pymethods]
impl Match {
    /// group([group1, ...]) -> str or tuple.
    ///     Return subgroup(s) of the match by indices or names.
    ///     For 0 returns the entire match.
    #[text_signature(none)]
    fn group(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        args.no_keywords(cx, "re.Match.group")?;
        match args.pos {
            [] => self.text_of(cx, 0, &Value::none()),
            [one] => self.named(cx, one),
            many => {
                let mut out = Vec::with_capacity(many.len());
                for g in many {
                    out.push(self.named(cx, g)?);
                }
                tuple::new_tuple(cx, out)
            }
        }
    }

    /// Return a tuple containing all the subgroups of the match, from 1.
    ///
    ///   default
    ///     Is used for groups that did not participate in the match.
    #[sig(default = None)]
    fn groups(&self, default: &Value, cx: &mut Cx) -> Res<Value> {
        let n = self.pattern().groups;
        let mut out = Vec::with_capacity(n);
        for i in 1..=n {
            out.push(self.text_of(cx, i, default)?);
        }
        tuple::new_tuple(cx, out)
    }

    /// Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name.
    ///
    ///   default
    ///     Is used for groups that did not participate in the match.
    #[sig(default = None)]
    fn groupdict(&self, default: &Value, cx: &mut Cx) -> Res<Value> {
        let made = new_dict(cx)?;
        let names = match self.pattern().groupindex.downcast::<Dict>() {
            Some(d) => d.entries(cx),
            None => Vec::new(),
        };
        for (name, n) in names {
            let n = n
                .as_small_int()
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(0);
            let v = self.text_of(cx, n, default)?;
            if let Some(d) = made.downcast::<Dict>() {
                d.set(cx, &name, v)?;
            }
        }
        Ok(made)
    }

    /// Return index of the start of the substring matched by group.
    #[sig(group = 0, /)]
    fn start(&self, group: &Value, cx: &mut Cx) -> Res<i64> {
        Ok(self.place(cx, group)?.0)
    }
    /// Return index of the end of the substring matched by group.
    #[sig(group = 0, /)]
    fn end(&self, group: &Value, cx: &mut Cx) -> Res<i64> {
        Ok(self.place(cx, group)?.1)
    }
    /// For match object m, return the 2-tuple (m.start(group), m.end(group)).
    #[sig(group = 0, /)]
    fn span(&self, group: &Value, cx: &mut Cx) -> Res<(i64, i64)> {
        self.place(cx, group)
    }

    /// Return the string obtained by doing backslash substitution on the string template, as done by the sub() method.
    #[sig(template)]
    fn expand(&self, template: &Value, cx: &mut Cx) -> Res<Value> {
        let re = import_submodule(cx, "re")?;
        let t = protocol::call_method(
            cx,
            &re,
            "_compile_template",
            &[self.pattern.clone(), template.clone()],
        )?;
        let Some(tpl) = t.downcast::<Template>() else {
            return Ok(t);
        };
        let s = Subject::of(cx, &self.string)?;
        let text = s.text();
        let mut parts = Vec::new();
        tpl.expand(
            cx,
            &s,
            &text,
            (self.start, self.end),
            &self.marks,
            &mut parts,
        )?;
        super::sub::join(cx, &s, parts)
    }

    fn __copy__(this: &Value) -> Value {
        this.clone()
    }
    #[sig(memo, /)]
    fn __deepcopy__(this: &Value, memo: &Value) -> Value {
        let _ = memo;
        this.clone()
    }
    /// See PEP 585
    #[classmethod]
    #[sig(object, /)]
    fn __class_getitem__(cls: &Type, object: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, object)
    }

    /// The string passed to match() or search().
    #[member]
    #[getter]
    fn string(&self) -> Value {
        self.string.clone()
    }
    /// The regular expression object.
    #[member]
    #[getter]
    fn re(&self) -> Value {
        self.pattern.clone()
    }
    /// The index into the string at which the RE engine started looking for a match.
    #[member]
    #[getter]
    fn pos(&self) -> usize {
        self.pos
    }
    /// The index into the string beyond which the RE engine will not go.
    #[member]
    #[getter]
    fn endpos(&self) -> usize {
        self.endpos
    }
    /// The integer index of the last matched capturing group.
    #[getter]
    fn lastindex(&self) -> Option<u32> {
        Some(self.lastindex).filter(|&i| i > 0)
    }
    /// The name of the last matched capturing group.
    #[getter]
    fn lastgroup(&self) -> Option<Value> {
        let names = self.pattern().indexgroup.downcast::<Tuple>()?.items();
        names.get(self.lastindex()? as usize).cloned()
    }
    #[getter]
    fn regs(&self, cx: &mut Cx) -> Res<Value> {
        let mut out = Vec::with_capacity(self.pattern().groups + 1);
        for i in 0..=self.pattern().groups {
            let (b, e) = self
                .span_of(i)
                .map_or((-1, -1), |(b, e)| (b as i64, e as i64));
            let (b, e) = (b.into_value(cx)?, e.into_value(cx)?);
            out.push(pack(cx, [b, e])?);
        }
        tuple::new_tuple(cx, out)
    }

    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        self.named(cx, key)
    }

    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        let text = self.text_of(cx, 0, &Value::none())?;
        let shown: String = protocol::repr_string(cx, &text)?.chars().take(50).collect();
        Ok(format!(
            "<re.Match object; span=({}, {}), match={shown}>",
            self.start, self.end
        ))
    }
}
