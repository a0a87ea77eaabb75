//! `Dialect`: how fields are separated and quoted. Immutable once made.

use super::registered;
use typhon_vm::native::*;
use typhon_vm::objects::str::{make, new_str};
use typhon_vm::objects::{int, object};
use typhon_vm::{number, protocol};

/// When fields are quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    Minimal,
    All,
    Nonnumeric,
    None,
    Strings,
    Notnull,
}

impl Quoting {
    fn of(n: i64) -> Option<Quoting> {
        Some(match n {
            0 => Quoting::Minimal,
            1 => Quoting::All,
            2 => Quoting::Nonnumeric,
            3 => Quoting::None,
            4 => Quoting::Strings,
            5 => Quoting::Notnull,
            _ => return None,
        })
    }
}

/// CSV dialect
///
/// The Dialect type records CSV dialect options.
#[pytype(name = "Dialect", module = "_csv", gc, basetype)]
pub struct Dialect {
    pub head: Header,
    #[skip]
    pub delimiter: u32,
    #[skip]
    pub quotechar: Option<u32>,
    #[skip]
    pub escapechar: Option<u32>,
    pub lineterminator: Value,
    #[skip]
    pub doublequote: bool,
    #[skip]
    pub skipinitialspace: bool,
    #[skip]
    pub strict: bool,
    #[skip]
    pub quoting: Quoting,
}

/// An option: what was given, or what the dialect it is based on has.
fn option(
    cx: &mut Cx,
    kwargs: &Kwargs<'_>,
    base: Option<&Value>,
    name: &'static str,
) -> Res<Option<Value>> {
    if let Some(v) = kwargs.get(name) {
        return Ok(Some(v.clone()));
    }
    match base {
        Some(b) => protocol::getattr_str_opt(cx, b, name),
        None => Ok(None),
    }
}

fn character(cx: &mut Cx, name: &str, v: &Value, or_none: bool) -> Res<u32> {
    let or = if or_none { " or None" } else { "" };
    match v.downcast::<Str>() {
        Some(s) if s.len() == 1 => Ok(s.at(0)),
        Some(s) => {
            let n = s.len();
            Err(cx.type_error(format!(
                "\"{name}\" must be a unicode character{or}, not a string of length {n}"
            )))
        }
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "\"{name}\" must be a unicode character{or}, not {n}"
            )))
        }
    }
}

fn optional_character(cx: &mut Cx, name: &str, v: &Value) -> Res<Option<u32>> {
    if v.is_none() {
        return Ok(None);
    }
    character(cx, name, v, true).map(Some)
}

fn flag(cx: &mut Cx, v: Option<Value>, default: bool) -> Res<bool> {
    match v {
        Some(v) => protocol::truthy(cx, &v),
        None => Ok(default),
    }
}

const OPTIONS: [&str; 9] = [
    "dialect",
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
];

impl Dialect {
    /// The terminator's text.
    pub fn terminator(&self) -> &Str {
        self.lineterminator
            .downcast::<Str>()
            .expect("checked when it was made")
    }

    /// Whether characters of the options clash.
    fn check(&self, cx: &mut Cx) -> Res<()> {
        let end = self.terminator();
        let named = [
            ("delimiter", Some(self.delimiter)),
            ("escapechar", self.escapechar),
            ("quotechar", self.quotechar),
        ];
        for (name, c) in named {
            let Some(c) = c else { continue };
            let space = c == u32::from(b' ') && self.skipinitialspace && name != "delimiter";
            if c == 10 || c == 13 || space {
                return Err(cx.value_error(format!("bad {name} value")));
            }
            if end.units().iter().any(|e| e == c) {
                return Err(cx.value_error(format!("bad {name} or lineterminator value")));
            }
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            if named[a].1.is_some() && named[a].1 == named[b].1 {
                let (a, b) = (named[a].0, named[b].0);
                return Err(cx.value_error(format!("bad {a} or {b} value")));
            }
        }
        Ok(())
    }
}

#[pymethods]
impl Dialect {
    #[new]
    #[sig(dialect = None, **kwargs)]
    #[text_signature(none)]
    fn new(cls: &Type, dialect: &Value, kwargs: Kwargs<'_>, cx: &mut Cx) -> Res<Value> {
        for (name, _) in kwargs.alone().keywords() {
            if !OPTIONS.iter().any(|o| name.equals_str(o)) {
                let n = name.to_string_lossy();
                return Err(cx.type_error(format!(
                    "Dialect() got an unexpected keyword argument '{n}'"
                )));
            }
        }
        let base = if dialect.is_none() {
            None
        } else if dialect.downcast::<Str>().is_some() {
            Some(registered(cx, dialect)?)
        } else {
            Some(dialect.clone())
        };
        if let Some(b) = &base
            && kwargs.is_empty()
            && b.downcast::<Dialect>().is_some()
        {
            return Ok(b.clone());
        }
        let mut ask = |name| option(cx, &kwargs, base.as_ref(), name);
        let (delimiter, doublequote) = (ask("delimiter")?, ask("doublequote")?);
        let (escapechar, lineterminator) = (ask("escapechar")?, ask("lineterminator")?);
        let (quotechar, quoting) = (ask("quotechar")?, ask("quoting")?);
        let (skipinitialspace, strict) = (ask("skipinitialspace")?, ask("strict")?);

        let delimiter = match delimiter {
            Some(v) => character(cx, "delimiter", &v, false)?,
            None => b','.into(),
        };
        let doublequote = flag(cx, doublequote, true)?;
        let escapechar = match escapechar {
            Some(v) => optional_character(cx, "escapechar", &v)?,
            None => None,
        };
        let lineterminator = match lineterminator {
            Some(v) if v.downcast::<Str>().is_some() => v,
            Some(v) => {
                let n = v.type_name();
                return Err(cx.type_error(format!("\"lineterminator\" must be a string, not {n}")));
            }
            None => new_str(cx, "\r\n")?,
        };
        // Without a quote character nothing is quoted, unless something else is asked for.
        let unquoted = quotechar.as_ref().is_some_and(Value::is_none) && quoting.is_none();
        let quotechar = match quotechar {
            Some(v) => optional_character(cx, "quotechar", &v)?,
            None => Some(b'"'.into()),
        };
        let quoting = match quoting {
            None if unquoted => Quoting::None,
            None => Quoting::Minimal,
            Some(v) => {
                if int::as_int(&v).is_none() || v.is_true() || v.is_false() {
                    let n = v.type_name();
                    return Err(cx.type_error(format!("\"quoting\" must be an integer, not {n}")));
                }
                match Quoting::of(number::index_i64(cx, &v)?) {
                    Some(q) => q,
                    None => return Err(cx.type_error("bad \"quoting\" value")),
                }
            }
        };
        let skipinitialspace = flag(cx, skipinitialspace, false)?;
        let strict = flag(cx, strict, false)?;
        if quoting != Quoting::None && quotechar.is_none() {
            return Err(cx.type_error("quotechar must be set if quoting enabled"));
        }
        let made = Dialect {
            head: Header::placeholder(),
            delimiter,
            quotechar,
            escapechar,
            lineterminator,
            doublequote,
            skipinitialspace,
            strict,
            quoting,
        };
        made.check(cx)?;
        object::alloc(cx, cls, made)
    }

    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        refuse_pickling(cx, this)
    }
    #[sig(protocol, /)]
    fn __reduce_ex__(this: &Value, protocol: &Value, cx: &mut Cx) -> Res<Value> {
        let _ = protocol;
        refuse_pickling(cx, this)
    }

    #[getter]
    fn delimiter(&self, cx: &mut Cx) -> Res<Value> {
        make::new_char(cx, self.delimiter)
    }
    #[getter]
    fn doublequote(&self) -> bool {
        self.doublequote
    }
    #[getter]
    fn escapechar(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.escapechar.map(|c| make::new_char(cx, c)).transpose()
    }
    #[getter]
    fn lineterminator(&self) -> Value {
        self.lineterminator.clone()
    }
    #[getter]
    fn quotechar(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.quotechar.map(|c| make::new_char(cx, c)).transpose()
    }
    #[getter]
    fn quoting(&self) -> i64 {
        self.quoting as i64
    }
    #[getter]
    fn skipinitialspace(&self) -> bool {
        self.skipinitialspace
    }
    #[getter]
    fn strict(&self) -> bool {
        self.strict
    }
}

#[cold]
fn refuse_pickling(cx: &mut Cx, this: &Value) -> Res<Value> {
    let n = this.type_name();
    Err(cx.type_error(format!("cannot pickle '{n}' instances")))
}

/// `Dialect(dialect, **options)` for `reader`, `writer` and `register_dialect`.
pub fn call(cx: &mut Cx, dialect: Option<&Value>, options: Args<'_>) -> Res<Value> {
    let class = Type::of::<Dialect>().value();
    let pos: Vec<Value> = dialect.into_iter().cloned().collect();
    protocol::call_args(
        cx,
        &class,
        Args {
            pos: &pos,
            ..options
        },
    )
}
