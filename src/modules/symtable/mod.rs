//! `_symtable`: the compiler's symbol tables as objects.

use crate::builtins::code::source_of;
use typhon_compiler::scopes::{self, Scope};
use typhon_compiler::{Mode, Options};
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::exception::compile_error::raise_compile_error;
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::str::intern::intern_str;

#[pytype(name = "symtable entry", module = "builtins", gc, no_new)]
pub struct Entry {
    head: Header,
    name: Value,
    symbols: Value,
    varnames: Value,
    children: Value,
    #[skip]
    kind: i32,
    #[skip]
    line: i32,
    #[skip]
    nested: bool,
}

/// The entry of a block, after those of the blocks in it.
fn entry(cx: &mut Cx, all: &[Scope], at: usize) -> Res<Value> {
    cx.check_native_stack(" during symbol table construction")?;
    let scope = &all[at];
    let mut children = Vec::with_capacity(scope.children.len());
    for &child in &scope.children {
        children.push(entry(cx, all, child)?);
    }
    let children = new_list(cx, children)?;
    let symbols = new_dict(cx)?;
    if let Some(d) = symbols.downcast::<Dict>() {
        for (name, flags) in &scope.symbols {
            let flags = flags.into_value(cx)?;
            d.set_str(cx, name, flags)?;
        }
    }
    let mut varnames = Vec::with_capacity(scope.varnames.len());
    for name in &scope.varnames {
        varnames.push(intern_str(cx, name)?);
    }
    let varnames = new_list(cx, varnames)?;
    let name = intern_str(cx, &scope.name)?;
    crate::support::make(
        cx,
        Entry {
            head: Header::placeholder(),
            name,
            symbols,
            varnames,
            children,
            kind: scope.kind,
            line: scope.line,
            nested: scope.nested,
        },
    )
}

#[pymethods]
impl Entry {
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let Some(e) = this.downcast::<Entry>() else {
            return Ok(String::new());
        };
        let name = typhon_vm::protocol::str_string(cx, &e.name)?;
        let id = this.bits() & !7;
        Ok(format!("<symtable entry {name}({id}), line {}>", e.line))
    }

    #[member]
    #[getter]
    fn id(this: &Value) -> i64 {
        (this.bits() & !7) as i64
    }
    #[member]
    #[getter]
    fn name(&self) -> Value {
        self.name.clone()
    }
    #[member]
    #[getter]
    fn symbols(&self) -> Value {
        self.symbols.clone()
    }
    #[member]
    #[getter]
    fn varnames(&self) -> Value {
        self.varnames.clone()
    }
    #[member]
    #[getter]
    fn children(&self) -> Value {
        self.children.clone()
    }
    #[member]
    #[getter]
    fn nested(&self) -> i32 {
        i32::from(self.nested)
    }
    #[member]
    #[getter(name = "type")]
    fn kind(&self) -> i32 {
        self.kind
    }
    #[member]
    #[getter]
    fn lineno(&self) -> i32 {
        self.line
    }
}

static CONSTANTS: &[(&str, i64)] = &[
    ("USE", 16),
    ("DEF_GLOBAL", 1),
    ("DEF_NONLOCAL", 8),
    ("DEF_LOCAL", 2),
    ("DEF_PARAM", 4),
    ("DEF_TYPE_PARAM", 1024),
    ("DEF_FREE_CLASS", 64),
    ("DEF_IMPORT", 128),
    ("DEF_BOUND", 134),
    ("DEF_ANNOT", 256),
    ("DEF_COMP_ITER", 512),
    ("DEF_COMP_CELL", 2048),
    ("TYPE_FUNCTION", 0),
    ("TYPE_CLASS", 1),
    ("TYPE_MODULE", 2),
    ("TYPE_ANNOTATION", 3),
    ("TYPE_TYPE_ALIAS", 4),
    ("TYPE_TYPE_PARAMETERS", 5),
    ("TYPE_TYPE_VARIABLE", 6),
    ("LOCAL", 1),
    ("GLOBAL_EXPLICIT", 2),
    ("GLOBAL_IMPLICIT", 3),
    ("FREE", 4),
    ("CELL", 5),
    ("SCOPE_OFF", scopes::SCOPE_SHIFT as i64),
    ("SCOPE_MASK", 15),
];

#[pymodule(name = "_symtable")]
pub mod module {
    use super::*;

    /// Return symbol and scope dictionaries used internally by compiler.
    #[pyfunction]
    #[sig(source, filename, startstr, /)]
    fn symtable(source: &Value, filename: &Value, startstr: &str, cx: &mut Cx) -> Res<Value> {
        let mode = match startstr {
            "exec" => Mode::Exec,
            "eval" => Mode::Eval,
            "single" => Mode::Single,
            _ => {
                return Err(cx.value_error("symtable() arg 3 must be 'exec' or 'eval' or 'single'"));
            }
        };
        let text = source_of(cx, source, "symtable", "string or bytes", filename)?;
        match scopes::scopes(&text, mode, &Options::default()) {
            Ok(all) => entry(cx, &all, 0),
            Err(e) => Err(raise_compile_error(cx, &e, filename)),
        }
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        crate::os_call::set_constants(cx, module, CONSTANTS)
    }
}
