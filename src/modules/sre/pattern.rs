//! `re.Pattern`: immutable. Looking for matches; `sub.rs` has the methods that replace.

use super::codes::op;
use super::matched::Match;
use super::program::Program;
use super::scanner::Scanner;
use super::subject::{Found, How, Subject, Text, find};
use crate::support::make;
use std::sync::{Arc, OnceLock};
use typhon_vm::native::*;
use typhon_vm::objects::dict::new_mapping_proxy;
use typhon_vm::objects::iter::new_callable_iter;
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::{Dict, genericalias, tuple};
use typhon_vm::protocol;

/// Compiled regular expression object.
#[pytype(name = "Pattern", module = "re", gc, weakrefable, no_new)]
pub struct Pattern {
    pub head: Header,
    pub pattern: Value,
    pub flags: i32,
    #[skip]
    code: Arc<[u32]>,
    /// Made at the first search: most patterns that a program compiles, it never uses.
    #[skip]
    program: OnceLock<Program>,
    pub groups: usize,
    /// A dict: name to number.
    pub groupindex: Value,
    /// A tuple: number to name or None.
    pub indexgroup: Value,
    /// None when the pattern's text is not known.
    pub is_bytes: Option<bool>,
}

impl Pattern {
    /// What searches run. (Making it runs no Python code and reaches no safepoint.)
    #[inline]
    pub fn program(&self) -> &Program {
        self.program
            .get_or_init(|| Program::new(Arc::clone(&self.code)))
    }

    pub fn make(
        cx: &mut Cx,
        pattern: &Value,
        flags: i32,
        code: Vec<u32>,
        groups: usize,
        groupindex: &Dict,
        indexgroup: &Tuple,
    ) -> Res<Value> {
        if code.last() != Some(&op::SUCCESS) || groups > code.len() {
            return Err(cx.runtime_error("invalid SRE code"));
        }
        let is_bytes = if pattern.is_none() {
            None
        } else if pattern.downcast::<Str>().is_some() {
            Some(false)
        } else {
            Subject::of(cx, pattern)?;
            Some(true)
        };
        let groupindex = groupindex.copy(cx)?;
        let indexgroup = indexgroup.into_value(cx)?;
        let p = Pattern {
            head: Header::placeholder(),
            pattern: pattern.clone(),
            flags,
            code: code.into(),
            program: OnceLock::new(),
            groups,
            groupindex,
            indexgroup,
            is_bytes,
        };
        make(cx, p)
    }

    /// The number of the group that an index or a name stands for.
    pub fn group_number(&self, cx: &mut Cx, group: &Value) -> Res<usize> {
        let n = match group.as_small_int() {
            Some(i) => Some(i),
            None if group.ty().slots.index.get().is_some() => {
                Some(typhon_vm::number::index_isize(cx, group)? as i64)
            }
            None => match self.groupindex.downcast::<Dict>() {
                Some(d) => match d.get(cx, group) {
                    Ok(found) => found.and_then(|v| v.as_small_int()),
                    Err(r) => {
                        cx.catch(r, ExcKind::TypeError)?;
                        None
                    }
                },
                None => None,
            },
        };
        match n
            .and_then(|n| usize::try_from(n).ok())
            .filter(|&n| n <= self.groups)
        {
            Some(n) => Ok(n),
            None => Err(cx.index_error("no such group")),
        }
    }

    fn once(
        this: &Value,
        string: &Value,
        pos: isize,
        endpos: isize,
        how: How,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(p) = this.downcast::<Pattern>() else {
            return Ok(Value::none());
        };
        let s = Subject::new(cx, p, string)?;
        let text = s.text();
        let (start, end) = bounds(pos, endpos, text.len());
        match find(cx, p, &text, start, end, how, false)? {
            Some(f) => Match::make(cx, this, string, start, end, f),
            None => Ok(Value::none()),
        }
    }
}

/// `pos` and `endpos` inside a text.
pub fn bounds(pos: isize, endpos: isize, len: usize) -> (usize, usize) {
    let clamp = |i: isize| usize::try_from(i).unwrap_or(0).min(len);
    (clamp(pos), clamp(endpos))
}

/// Call `f` with each match in turn, as `sub`, `split` and `findall` see them, until it says no.
pub fn each(
    cx: &mut Cx,
    p: &Pattern,
    text: &Text<'_>,
    start: usize,
    end: usize,
    mut f: impl FnMut(&mut Cx, Found) -> Res<bool>,
) -> Res<()> {
    let (mut pos, mut must_advance) = (start, false);
    while let Some(found) = find(cx, p, text, pos, end, How::Search, must_advance)? {
        must_advance = found.start == found.end;
        pos = found.end;
        if !f(cx, found)? {
            break;
        }
    }
    Ok(())
}

#[pymethods(include(SUB))]
impl Pattern {
    /// Matches zero or more characters at the beginning of the string.
    #[sig(string, pos = 0, endpos = isize::MAX => "sys.maxsize")]
    fn r#match(this: &Value, string: &Value, pos: isize, endpos: isize, cx: &mut Cx) -> Res<Value> {
        Pattern::once(this, string, pos, endpos, How::Match, cx)
    }
    /// Matches against all of the string.
    #[sig(string, pos = 0, endpos = isize::MAX => "sys.maxsize")]
    fn fullmatch(
        this: &Value,
        string: &Value,
        pos: isize,
        endpos: isize,
        cx: &mut Cx,
    ) -> Res<Value> {
        Pattern::once(this, string, pos, endpos, How::FullMatch, cx)
    }
    /// Scan through string looking for a match, and return a corresponding match object instance.
    ///
    /// Return None if no position in the string matches.
    #[sig(string, pos = 0, endpos = isize::MAX => "sys.maxsize")]
    fn search(this: &Value, string: &Value, pos: isize, endpos: isize, cx: &mut Cx) -> Res<Value> {
        Pattern::once(this, string, pos, endpos, How::Search, cx)
    }

    /// Return a list of all non-overlapping matches of pattern in string.
    #[sig(string, pos = 0, endpos = isize::MAX => "sys.maxsize")]
    fn findall(&self, string: &Value, pos: isize, endpos: isize, cx: &mut Cx) -> Res<Value> {
        let s = Subject::new(cx, self, string)?;
        let text = s.text();
        let (start, end) = bounds(pos, endpos, text.len());
        let mut out = Vec::new();
        each(cx, self, &text, start, end, |cx, f| {
            let group = |cx: &mut Cx, i: usize| match f.marks[2 * i..2 * i + 2] {
                [b, e] if b != super::engine::UNSET && e != super::engine::UNSET && b <= e => {
                    s.slice(cx, &text, b, e)
                }
                _ => Ok(s.empty()),
            };
            let item = match self.groups {
                0 => s.slice(cx, &text, f.start, f.end)?,
                1 => group(cx, 0)?,
                n => {
                    let mut items = Vec::with_capacity(n);
                    for i in 0..n {
                        items.push(group(cx, i)?);
                    }
                    tuple::new_tuple(cx, items)?
                }
            };
            out.push(item);
            Ok(true)
        })?;
        new_list(cx, out)
    }

    /// Return an iterator over all non-overlapping matches for the RE pattern in string.
    ///
    /// For each match, the iterator returns a match object.
    #[sig(string, pos = 0, endpos = isize::MAX => "sys.maxsize")]
    fn finditer(
        this: &Value,
        string: &Value,
        pos: isize,
        endpos: isize,
        cx: &mut Cx,
    ) -> Res<Value> {
        let scanner = Scanner::over(cx, this, string, pos, endpos)?;
        let next = protocol::getattr_str(cx, &scanner, "search")?;
        new_callable_iter(cx, &next, &Value::none())
    }

    #[sig(string, pos = 0, endpos = isize::MAX => "sys.maxsize")]
    fn scanner(this: &Value, string: &Value, pos: isize, endpos: isize, cx: &mut Cx) -> Res<Value> {
        Scanner::over(cx, this, string, pos, endpos)
    }

    /// Split string by the occurrences of pattern.
    #[sig(string, maxsplit = 0)]
    fn split(&self, string: &Value, maxsplit: isize, cx: &mut Cx) -> Res<Value> {
        let s = Subject::new(cx, self, string)?;
        let text = s.text();
        let end = text.len();
        let (mut out, mut last, mut n) = (Vec::new(), 0, 0);
        if maxsplit >= 0 {
            each(cx, self, &text, 0, end, |cx, f| {
                let part = s.slice(cx, &text, last, f.start)?;
                out.push(part);
                for m in f.marks.chunks(2) {
                    let set = m[0] != super::engine::UNSET
                        && m[1] != super::engine::UNSET
                        && m[0] <= m[1];
                    let g = if set {
                        s.slice(cx, &text, m[0], m[1])?
                    } else {
                        Value::none()
                    };
                    out.push(g);
                }
                last = f.end;
                n += 1;
                Ok(maxsplit == 0 || n < maxsplit)
            })?;
        }
        let rest = s.slice(cx, &text, last, end)?;
        out.push(rest);
        new_list(cx, out)
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

    /// The pattern string from which the RE object was compiled.
    #[member]
    #[getter]
    fn pattern(&self) -> Value {
        self.pattern.clone()
    }
    /// The regex matching flags.
    #[member]
    #[getter]
    fn flags(&self) -> i32 {
        self.flags
    }
    /// The number of capturing groups in the pattern.
    #[member]
    #[getter]
    fn groups(&self) -> usize {
        self.groups
    }
    /// A dictionary mapping group names to group numbers.
    #[getter]
    fn groupindex(&self, cx: &mut Cx) -> Res<Value> {
        new_mapping_proxy(cx, &self.groupindex)
    }

    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        const NAMES: [(&str, i32); 8] = [
            ("re.IGNORECASE", 2),
            ("re.LOCALE", 4),
            ("re.MULTILINE", 8),
            ("re.DOTALL", 16),
            ("re.UNICODE", 32),
            ("re.VERBOSE", 64),
            ("re.DEBUG", 128),
            ("re.ASCII", 256),
        ];
        let mut flags = self.flags;
        // The default of a string pattern is not shown.
        if self.is_bytes == Some(false) && flags & (4 | 32 | 256) == 32 {
            flags &= !32;
        }
        let mut names: Vec<String> = Vec::new();
        for (name, bit) in NAMES {
            if flags & bit != 0 {
                names.push(name.to_owned());
                flags &= !bit;
            }
        }
        if flags != 0 {
            names.push(format!("{flags:#x}"));
        }
        let text: String = protocol::repr_string(cx, &self.pattern)?
            .chars()
            .take(200)
            .collect();
        Ok(match names.is_empty() {
            true => format!("re.compile({text})"),
            false => format!("re.compile({text}, {})", names.join("|")),
        })
    }

    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        let mut h = protocol::hash(cx, &self.pattern)?;
        for &w in &self.code[..] {
            h = (h ^ w as i64).wrapping_mul(0x0100_0000_01b3);
        }
        h ^= self.flags as i64 ^ (self.is_bytes == Some(true)) as i64;
        Ok(if h == -1 { -2 } else { h })
    }

    #[slot]
    fn richcompare(&self, other: &Pattern, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let same = std::ptr::eq(self, other)
            || (self.flags == other.flags
                && self.is_bytes == other.is_bytes
                && self.code == other.code
                && protocol::equal(cx, &self.pattern, &other.pattern)?);
        Ok(Value::bool(same == (op == CmpOp::Eq)))
    }
}
