//! What Python sees of code objects, and how they are made.

use super::consts::{name_value, names_value, py_str, value_const};
use super::{CodeObj, Lazy, Values, co};
use crate::native::*;
use crate::objects::bytes::{Bytes, new_bytes};
use crate::objects::int::new_int;
use crate::objects::list::new_list;
use crate::objects::object::alloc;
use crate::objects::tuple::new_tuple;
use crate::protocol;
use crate::slot_ext::SlotExt;
use std::sync::Arc;
use std::sync::atomic::AtomicPtr;
use typhon_compiler::code::{Code, Const, PyStr, kinds};
use typhon_compiler::dis::instructions;
use typhon_compiler::opcode::Op;

/// A code object over the compiler's result.
pub fn new_code(cx: &mut Cx, code: Arc<Code>) -> Res<Value> {
    let filename = name_value(cx, &code.filename)?;
    over(cx, code, Lazy::default(), filename)
}

/// The same with the constants given as values.
fn with_consts(cx: &mut Cx, code: Arc<Code>, consts: Value, filename: Value) -> Res<Value> {
    let values = Values {
        consts,
        names: names_value(cx, code.names.iter())?,
        localsplus: names_value(cx, code.localsplusnames.iter())?,
    };
    over(cx, code, Lazy::of(values), filename)
}

fn over(cx: &mut Cx, code: Arc<Code>, lazy: Lazy, filename: Value) -> Res<Value> {
    let name = name_value(cx, &code.name)?;
    let qualname = name_value(cx, &code.qualname)?;
    let count = |bit: u8| {
        code.localspluskinds
            .iter()
            .filter(|k| **k & bit != 0)
            .count() as u32
    };
    let c = CodeObj {
        head: Header::placeholder(),
        reg: AtomicPtr::new(std::ptr::null_mut()),
        made: [const { AtomicPtr::new(std::ptr::null_mut()) }; 3],
        wanted: Default::default(),
        argcount: code.argcount,
        posonly: code.posonlyargcount,
        kwonly: code.kwonlyargcount,
        flags: code.flags,
        nlocals: count(kinds::LOCAL),
        ncells: count(kinds::CELL),
        nfree: count(kinds::FREE),
        firstlineno: code.firstlineno,
        code,
        lazy,
        filename: Slot::new(Some(filename)),
        name,
        qualname,
    };
    let v = alloc(cx, Type::of::<CodeObj>(), c)?;
    // Named by functions and frames without a count (R11).
    if let Some(h) = v.header() {
        h.set_deferred();
    }
    Ok(v)
}

impl CodeObj {
    pub(super) fn text(v: &Value) -> String {
        v.downcast::<Str>()
            .map(|s| s.to_string_lossy())
            .unwrap_or_default()
    }
    /// Names of the locals of one kind.
    fn names_of(&self, cx: &mut Cx, bit: u8) -> Res<Value> {
        let all = self.values(cx)?.variables();
        let picked = all
            .iter()
            .zip(self.code.localspluskinds.iter())
            .filter(|(_, k)| **k & bit != 0)
            .map(|(n, _)| n.clone())
            .collect();
        new_tuple(cx, picked)
    }
    /// Names of plain locals, as `co_varnames`.
    pub fn varnames(&self, cx: &mut Cx) -> Res<Value> {
        self.names_of(cx, kinds::LOCAL)
    }
    pub fn filename_value(&self) -> Value {
        self.filename.get(&self.head).unwrap_or_else(Value::none)
    }
    /// Give this code and the code in its constants another file name.
    pub fn rename(&self, cx: &mut Cx, filename: &Value) {
        drop(self.filename.put(&self.head, cx, Some(filename.clone())));
        for c in self.lazy.get().map_or(&[][..], Values::consts) {
            if let Some(c) = c.downcast::<CodeObj>() {
                c.rename(cx, filename);
            }
        }
    }
    pub fn filename_text(&self) -> String {
        CodeObj::text(&self.filename_value())
    }
    pub fn name_text(&self) -> String {
        CodeObj::text(&self.name)
    }
    pub fn qualname_text(&self) -> String {
        CodeObj::text(&self.qualname)
    }
}

/// Everything a new code object is made of.
struct Parts {
    code: Code,
    consts: Value,
    filename: Value,
    nlocals: u32,
    varnames: Vec<PyStr>,
    freevars: Vec<PyStr>,
    cellvars: Vec<PyStr>,
}

fn strings(cx: &mut Cx, v: &Value, what: impl Fn() -> String) -> Res<Vec<PyStr>> {
    let Some(t) = v.downcast::<Tuple>() else {
        let n = v.type_name();
        let what = what();
        return Err(cx.type_error(format!("{what} must be tuple, not {n}")));
    };
    let mut out = Vec::with_capacity(t.len());
    for s in t.items() {
        match s.downcast::<Str>() {
            Some(s) => out.push(py_str(s)),
            None => {
                let n = s.type_name();
                return Err(
                    cx.type_error(format!("name tuples must contain only strings, not '{n}'"))
                );
            }
        }
    }
    Ok(out)
}

fn bytes_of(cx: &mut Cx, v: &Value, what: impl Fn() -> String) -> Res<Vec<u8>> {
    match v.downcast::<Bytes>() {
        Some(b) => Ok(b.as_slice().to_vec()),
        None => {
            let (n, what) = (v.type_name(), what());
            Err(cx.type_error(format!("{what} must be bytes, not {n}")))
        }
    }
}

fn text_of(cx: &mut Cx, v: &Value, what: impl Fn() -> String) -> Res<PyStr> {
    match v.downcast::<Str>() {
        Some(s) => Ok(py_str(s)),
        None => {
            let (n, what) = (v.type_name(), what());
            Err(cx.type_error(format!("{what} must be str, not {n}")))
        }
    }
}

/// The constants as data; values that cannot be written as data leave None in their place (the values themselves stand in
/// `co_consts`).
fn consts_data(cx: &mut Cx, consts: &Value) -> Vec<Const> {
    let items: Vec<Value> = consts
        .downcast::<Tuple>()
        .map(|t| t.items().to_vec())
        .unwrap_or_default();
    items
        .iter()
        .map(|v| value_const(cx, v).unwrap_or(Const::None))
        .collect()
}

fn build(cx: &mut Cx, p: Parts) -> Res<Value> {
    let mut code = p.code;
    let total = code.argcount as usize
        + code.kwonlyargcount as usize
        + (code.flags & co::VARARGS != 0) as usize
        + (code.flags & co::VARKEYWORDS != 0) as usize;
    if code.posonlyargcount > code.argcount {
        return Err(cx.value_error("code: posonlyargcount must not exceed argcount"));
    }
    if p.varnames.len() < total {
        return Err(cx.value_error("code: co_varnames is too small"));
    }
    if p.nlocals as usize != p.varnames.len() {
        return Err(cx.value_error("code: co_nlocals != len(co_varnames)"));
    }
    if !code.code.len().is_multiple_of(2) {
        return Err(cx.value_error("code: co_code is malformed"));
    }
    let (argc, kwonly) = (code.argcount as usize, code.kwonlyargcount as usize);
    let arg_kind = |i: usize| {
        if i < code.posonlyargcount as usize {
            kinds::ARG_POS
        } else if i < argc {
            kinds::ARG_POS | kinds::ARG_KW
        } else if i < argc + kwonly {
            kinds::ARG_KW
        } else if i < total {
            let is_args = code.flags & co::VARARGS != 0 && i == argc + kwonly;
            kinds::ARG_VAR
                | if is_args {
                    kinds::ARG_POS
                } else {
                    kinds::ARG_KW
                }
        } else {
            0
        }
    };
    let mut all_names = Vec::new();
    let mut all_kinds = Vec::new();
    for (i, n) in p.varnames.iter().enumerate() {
        let cell = if p.cellvars.contains(n) {
            kinds::CELL
        } else {
            0
        };
        all_kinds.push(kinds::LOCAL | cell | arg_kind(i));
        all_names.push(n.clone());
    }
    for n in p.cellvars.iter().filter(|n| !p.varnames.contains(n)) {
        all_kinds.push(kinds::CELL);
        all_names.push(n.clone());
    }
    for n in &p.freevars {
        all_kinds.push(kinds::FREE);
        all_names.push(n.clone());
    }
    code.localsplusnames = all_names;
    code.localspluskinds = all_kinds.into();
    code.consts = consts_data(cx, &p.consts);
    with_consts(cx, Arc::new(code), p.consts, p.filename)
}

fn pystrs(all: &Code, bit: u8) -> Vec<PyStr> {
    all.localsplusnames
        .iter()
        .zip(all.localspluskinds.iter())
        .filter(|(_, k)| **k & bit != 0)
        .map(|(n, _)| n.clone())
        .collect()
}

fn size(cx: &mut Cx, v: &Value) -> Res<u32> {
    let n = <i32 as FromArg>::from_arg(cx, v, At::slot("code"))?;
    u32::try_from(n).map_err(|_| cx.value_error("code: argcount must not be negative"))
}

fn opt_line(cx: &mut Cx, line: i32) -> Res<Value> {
    if line < 0 {
        Ok(Value::none())
    } else {
        new_int(cx, line as i64)
    }
}

const FIELDS: [&str; 18] = [
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_stacksize",
    "co_flags",
    "co_code",
    "co_consts",
    "co_names",
    "co_varnames",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_firstlineno",
    "co_linetable",
    "co_exceptiontable",
    "co_freevars",
    "co_cellvars",
];

/// Put one field, numbered as the constructor's arguments.
fn set_field(cx: &mut Cx, p: &mut Parts, i: usize, v: &Value, by_name: bool) -> Res<()> {
    let what = || {
        if by_name {
            format!("replace() argument '{}'", FIELDS[i])
        } else {
            format!("code() argument {}", i + 1)
        }
    };
    match i {
        0 => p.code.argcount = size(cx, v)?,
        1 => p.code.posonlyargcount = size(cx, v)?,
        2 => p.code.kwonlyargcount = size(cx, v)?,
        3 => p.nlocals = size(cx, v)?,
        4 => p.code.stacksize = size(cx, v)?,
        5 => p.code.flags = size(cx, v)?,
        6 => p.code.code = bytes_of(cx, v, what)?.into(),
        7 => {
            if v.downcast::<Tuple>().is_none() {
                let n = v.type_name();
                return Err(cx.type_error(format!(
                    "replace() argument 'co_consts' must be tuple, not {n}"
                )));
            }
            p.consts = v.clone();
        }
        8 => p.code.names = strings(cx, v, what)?,
        9 => p.varnames = strings(cx, v, what)?,
        10 => {
            p.code.filename = text_of(cx, v, what)?;
            p.filename = v.clone();
        }
        11 => p.code.name = text_of(cx, v, what)?,
        12 => p.code.qualname = text_of(cx, v, what)?,
        13 => p.code.firstlineno = size(cx, v)?,
        14 => p.code.linetable = bytes_of(cx, v, what)?.into(),
        15 => p.code.exceptiontable = bytes_of(cx, v, what)?.into(),
        16 => p.freevars = strings(cx, v, what)?,
        _ => p.cellvars = strings(cx, v, what)?,
    }
    Ok(())
}

fn replace_fields(cx: &mut Cx, this: &CodeObj, args: Args<'_>) -> Res<Value> {
    if !args.pos.is_empty() {
        return Err(cx.type_error("replace() takes no positional arguments"));
    }
    let old = &this.code;
    let mut p = Parts {
        nlocals: pystrs(old, kinds::LOCAL).len() as u32,
        varnames: pystrs(old, kinds::LOCAL),
        freevars: pystrs(old, kinds::FREE),
        cellvars: pystrs(old, kinds::CELL),
        code: (**old).clone(),
        consts: this.values(cx)?.consts.clone(),
        filename: this.filename_value(),
    };
    let mut given_nlocals = p.nlocals;
    for (k, v) in args.keywords() {
        match FIELDS.iter().position(|f| k.equals_str(f)) {
            Some(3) => given_nlocals = size(cx, v)?,
            Some(i) => set_field(cx, &mut p, i, v, true)?,
            None => {
                let k = k.to_string_lossy();
                return Err(cx.type_error(format!(
                    "replace() got an unexpected keyword argument '{k}'"
                )));
            }
        }
    }
    let changed_names = args.keyword("co_varnames").is_some();
    let changed_count = args.keyword("co_nlocals").is_some();
    if changed_count || changed_names {
        p.nlocals = given_nlocals;
    }
    build(cx, p)
}

#[pymethods]
impl CodeObj {
    #[new]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        args.no_keywords(cx, "code")?;
        args.check_count(cx, "code", 16, 18)?;
        let mut p = Parts {
            code: Code {
                argcount: 0,
                posonlyargcount: 0,
                kwonlyargcount: 0,
                stacksize: 0,
                flags: 0,
                firstlineno: 0,
                localspluskinds: Default::default(),
                filename: PyStr::default(),
                name: PyStr::default(),
                qualname: PyStr::default(),
                body: Default::default(),
            },
            consts: Value::none(),
            filename: Value::none(),
            nlocals: 0,
            varnames: Vec::new(),
            freevars: Vec::new(),
            cellvars: Vec::new(),
        };
        for (i, v) in args.pos.iter().enumerate() {
            set_field(cx, &mut p, i, v, false)?;
        }
        build(cx, p)
    }
    #[slot]
    fn repr(&self) -> String {
        format!(
            "<code object {} at {:#x}, file \"{}\", line {}>",
            self.name_text(),
            &raw const *self as u64,
            self.filename_text(),
            self.firstlineno
        )
    }
    #[slot]
    fn richcompare(&self, other: &CodeObj, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let same = std::ptr::eq(self, other)
            || *self.code == *other.code && {
                let (a, b) = (self.values(cx)?, other.values(cx)?);
                protocol::equal(cx, &a.consts, &b.consts)?
            };
        Ok(Value::bool(same == (op == CmpOp::Eq)))
    }
    #[slot]
    fn hash(&self) -> i64 {
        use std::hash::{Hash, Hasher};
        let mut h = std::hash::DefaultHasher::new();
        (
            &self.code.name,
            &self.code.code,
            &self.code.names,
            &self.code.localsplusnames,
            self.firstlineno,
            (self.argcount, self.posonly, self.kwonly),
        )
            .hash(&mut h);
        let h = h.finish() as i64;
        if h == -1 { -2 } else { h }
    }
    #[member]
    #[getter]
    fn co_argcount(&self) -> u32 {
        self.argcount
    }
    #[member]
    #[getter]
    fn co_posonlyargcount(&self) -> u32 {
        self.posonly
    }
    #[member]
    #[getter]
    fn co_kwonlyargcount(&self) -> u32 {
        self.kwonly
    }
    #[member]
    #[getter]
    fn co_nlocals(&self) -> u32 {
        self.nlocals
    }
    #[member]
    #[getter]
    fn co_stacksize(&self) -> u32 {
        self.code.stacksize
    }
    #[member]
    #[getter]
    fn co_flags(&self) -> u32 {
        self.flags
    }
    #[getter]
    fn co_code(&self, cx: &mut Cx) -> Res<Value> {
        new_bytes(cx, &self.code.code)
    }
    #[getter]
    fn _co_code_adaptive(&self, cx: &mut Cx) -> Res<Value> {
        new_bytes(cx, &self.code.code)
    }
    #[member]
    #[getter]
    fn co_consts(&self, cx: &mut Cx) -> Res<Value> {
        Ok(self.values(cx)?.consts.clone())
    }
    #[member]
    #[getter]
    fn co_names(&self, cx: &mut Cx) -> Res<Value> {
        Ok(self.values(cx)?.names.clone())
    }
    #[getter]
    fn co_varnames(&self, cx: &mut Cx) -> Res<Value> {
        self.names_of(cx, kinds::LOCAL)
    }
    #[getter]
    fn co_cellvars(&self, cx: &mut Cx) -> Res<Value> {
        self.names_of(cx, kinds::CELL)
    }
    #[getter]
    fn co_freevars(&self, cx: &mut Cx) -> Res<Value> {
        self.names_of(cx, kinds::FREE)
    }
    #[member]
    #[getter]
    fn co_filename(&self) -> Value {
        self.filename_value()
    }
    #[member]
    #[getter]
    fn co_name(&self) -> Value {
        self.name.clone()
    }
    #[member]
    #[getter]
    fn co_qualname(&self) -> Value {
        self.qualname.clone()
    }
    #[member]
    #[getter]
    fn co_firstlineno(&self) -> u32 {
        self.firstlineno
    }
    #[member]
    #[getter]
    fn co_linetable(&self, cx: &mut Cx) -> Res<Value> {
        new_bytes(cx, &self.code.linetable)
    }
    /// The line table of Python before 3.10: pairs of how far the address and the line move.
    #[getter]
    fn co_lnotab(&self, cx: &mut Cx) -> Res<Value> {
        cx.warn(
            ExcKind::DeprecationWarning,
            "co_lnotab is deprecated, use co_lines instead.",
        )?;
        let mut out: Vec<u8> = Vec::new();
        let (mut at, mut line) = (0usize, self.firstlineno as i32);
        for (unit, loc) in self.code.positions().enumerate() {
            if loc.line < 0 || loc.line == line {
                continue;
            }
            let (mut bytes, mut lines) = (2 * unit - at, loc.line - line);
            while bytes > 255 {
                out.extend([255, 0]);
                bytes -= 255;
            }
            while !(-128..=127).contains(&lines) {
                let step = lines.clamp(-128, 127);
                out.extend([bytes as u8, step as i8 as u8]);
                (bytes, lines) = (0, lines - step);
            }
            out.extend([bytes as u8, lines as i8 as u8]);
            (at, line) = (2 * unit, loc.line);
        }
        new_bytes(cx, &out)
    }
    #[member]
    #[getter]
    fn co_exceptiontable(&self, cx: &mut Cx) -> Res<Value> {
        new_bytes(cx, &self.code.exceptiontable)
    }
    /// Return a copy of the code object with new values for the specified fields.
    fn replace(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        replace_fields(cx, self, args)
    }
    /// The same as replace().
    fn __replace__(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        replace_fields(cx, self, args)
    }
    fn co_lines(&self, cx: &mut Cx) -> Res<Value> {
        let mut runs: Vec<(u32, u32, i32)> = Vec::new();
        for s in self.code.spans() {
            match runs.last_mut() {
                Some(r) if r.2 == s.loc.line => r.1 = s.end,
                _ => runs.push((s.start, s.end, s.loc.line)),
            }
        }
        let mut out = Vec::with_capacity(runs.len());
        for (start, end, line) in runs {
            let l = opt_line(cx, line)?;
            let t = new_tuple(
                cx,
                vec![
                    Value::small_int(start as i32),
                    Value::small_int(end as i32),
                    l,
                ],
            )?;
            out.push(t);
        }
        iterate(cx, out)
    }
    fn co_positions(&self, cx: &mut Cx) -> Res<Value> {
        let mut out = Vec::new();
        for loc in self.code.positions() {
            let loc = super::without_ranges(loc);
            let mut t = Vec::with_capacity(4);
            for n in [loc.line, loc.end_line, loc.col, loc.end_col] {
                t.push(opt_line(cx, n)?);
            }
            out.push(new_tuple(cx, t)?);
        }
        iterate(cx, out)
    }
    fn co_branches(&self, cx: &mut Cx) -> Res<Value> {
        let mut out = Vec::new();
        let all: Vec<_> = instructions(&self.code.code).collect();
        for (k, i) in all.iter().enumerate() {
            let (left, right) = match i.op {
                Some(
                    Op::POP_JUMP_IF_TRUE
                    | Op::POP_JUMP_IF_FALSE
                    | Op::POP_JUMP_IF_NONE
                    | Op::POP_JUMP_IF_NOT_NONE,
                ) => {
                    // The hint behind a conditional jump belongs to it.
                    let skip = all
                        .get(k + 1)
                        .filter(|n| n.op == Some(Op::NOT_TAKEN))
                        .map_or(i.end, |n| n.end);
                    (skip, i.jump_target().unwrap_or(i.end))
                }
                Some(Op::FOR_ITER) => {
                    let target = i.jump_target().unwrap_or(i.end);
                    // Behind END_FOR and POP_ITER.
                    let end = all.iter().position(|n| n.offset == target);
                    let right = end.and_then(|k| all.get(k + 1)).map_or(target, |n| n.end);
                    (i.end, right)
                }
                Some(Op::END_ASYNC_FOR) => {
                    // The branch is at the END_SEND of the loop, which a NOT_TAKEN follows.
                    let at = i.end.saturating_sub(2 * i.arg);
                    let from = all.iter().position(|n| n.offset == at);
                    let left = from.and_then(|k| all.get(k + 1)).map_or(at, |n| n.end);
                    let t = [at, left, i.end].map(|n| Value::small_int(n as i32));
                    out.push(new_tuple(cx, t.to_vec())?);
                    continue;
                }
                _ => continue,
            };
            let t = [i.offset, left, right].map(|n| Value::small_int(n as i32));
            out.push(new_tuple(cx, t.to_vec())?);
        }
        iterate(cx, out)
    }
    #[sig(oparg)]
    fn _varname_from_oparg(&self, oparg: i64, cx: &mut Cx) -> Res<Value> {
        let all = self.values(cx)?.variables();
        match usize::try_from(oparg).ok().and_then(|i| all.get(i)) {
            Some(v) => Ok(v.clone()),
            None => Err(cx.index_error("tuple index out of range")),
        }
    }
    fn __sizeof__(&self) -> usize {
        size_of::<CodeObj>() + self.code.code.len()
    }
}

fn iterate(cx: &mut Cx, items: Vec<Value>) -> Res<Value> {
    let l = new_list(cx, items)?;
    protocol::iter(cx, &l)
}
