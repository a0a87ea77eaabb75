//! `compile`, `exec`, `eval`.

use super::tree;
use typhon_compiler::warnings::Warning;
use typhon_compiler::{CompileError, Mode, Options, Source, code as pycode};
use typhon_vm::native::*;
use typhon_vm::objects::exception::compile_error::raise_compile_error;
use typhon_vm::objects::function::methods::new_function_in;
use typhon_vm::objects::{CodeObj, Dict};
use typhon_vm::{call, caller, protocol};

const DONT_IMPLY_DEDENT: i64 = 0x200;
const ONLY_AST: i64 = 0x400;
const IGNORE_COOKIE: i64 = 0x800;
const TYPE_COMMENTS: i64 = 0x1000;
const TOP_LEVEL_AWAIT: i64 = 0x2000;
const ALLOW_INCOMPLETE: i64 = 0x4000;
const OPTIMIZED_AST: i64 = 0x8000 | ONLY_AST;
/// `CO_NESTED` once meant a future feature and is still accepted.
const KNOWN: i64 = pycode::flags::FUTURE_MASK as i64
    | 0x10
    | DONT_IMPLY_DEDENT
    | ONLY_AST
    | IGNORE_COOKIE
    | TYPE_COMMENTS
    | TOP_LEVEL_AWAIT
    | ALLOW_INCOMPLETE
    | OPTIMIZED_AST;

/// The text of a program given as str or bytes.
pub fn source_of(
    cx: &mut Cx,
    source: &Value,
    what: &str,
    accepted: &str,
    filename: &Value,
) -> Res<Source> {
    if source.downcast::<Str>().is_some() {
        let text = String::from_arg(cx, source, At::attribute("source"))?;
        return Source::from_text(&text).map_err(|e| raise_compile_error(cx, &e, filename));
    }
    match typhon_vm::objects::buffer::get_opt(cx, source, false)? {
        Some(b) => decode_source(cx, &b.to_vec(), None, filename),
        None => Err(cx.type_error(format!("{what}() arg 1 must be a {accepted} object"))),
    }
}

/// The text of a program given as bytes; `file` is its name when it is the file that is run.
pub fn decode_source(
    cx: &mut Cx,
    bytes: &[u8],
    file: Option<&str>,
    filename: &Value,
) -> Res<Source> {
    let made = match Source::foreign_encoding(bytes) {
        Some(encoding) if !bytes.contains(&0) => {
            decode_foreign(cx, bytes, &encoding).map(|source| {
                if file.is_some() {
                    source.in_file()
                } else {
                    source
                }
            })
        }
        _ => Source::from_bytes(bytes, file),
    };
    made.map_err(|e| raise_compile_error(cx, &e, filename))
}

/// Decodes with a codec that only Python's registry knows.
fn decode_foreign(cx: &mut Cx, bytes: &[u8], encoding: &str) -> Result<Source, CompileError> {
    let decoded = typhon_vm::objects::codec::decode_text(cx, bytes, encoding, None)
        .and_then(|text| String::from_arg(cx, &text, At::attribute("source")));
    match decoded {
        Ok(text) => Source::from_text(&text),
        Err(r) => {
            let e = cx.take_exc(r);
            let known = typhon_vm::objects::codec::lookup(cx, encoding).map(drop);
            if let Err(r) = known {
                drop(cx.take_exc(r));
                return Err(Source::undecodable(format!("unknown encoding: {encoding}")));
            }
            let msg = protocol::str_string(cx, &e).unwrap_or_else(|r| {
                drop(cx.take_exc(r));
                "decoding error".to_owned()
            });
            Err(Source::undecodable(msg))
        }
    }
}

/// Compile a program to a code object.
pub fn compile_source(
    cx: &mut Cx,
    source: &Source,
    filename: &Value,
    mode: Mode,
    options: &Options,
) -> Res<Value> {
    let name = filename
        .downcast::<Str>()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default();
    let (code, warnings) =
        match typhon_compiler::compile_with_warnings(source, &name, mode, options) {
            Ok(made) => made,
            Err(e) => {
                let before = typhon_compiler::warnings_before(source, mode, options, &e);
                warn(cx, before, filename)?;
                return Err(raise_compile_error(cx, &e, filename));
            }
        };
    warn(cx, warnings, filename)?;
    typhon_vm::objects::code::methods::new_code(cx, code)
}

fn warn(cx: &mut Cx, warnings: Vec<Warning>, filename: &Value) -> Res<()> {
    for w in warnings {
        if let Err(r) = crate::warnings::warn_of_source(cx, &w.msg, filename, w.line) {
            // A warning that is an error is a mistake in the source.
            cx.catch(r, ExcKind::SyntaxWarning)?;
            return Err(raise_compile_error(cx, &w.error, filename));
        }
    }
    Ok(())
}

/// Run a code object as a module's body is run.
pub fn run_code(
    cx: &mut Cx,
    code: &Value,
    globals: &Value,
    locals: &Value,
    closure: Option<Value>,
) -> Res<Value> {
    let f = new_function_in(cx, code, globals, closure)?;
    call::call_function_locals(cx, &f, Args::positional(&[]), Some(locals.clone()))
}

fn inherited_flags(cx: &Cx) -> u32 {
    caller::code_flags(cx).unwrap_or(0) & pycode::flags::FUTURE_MASK
}

/// Give globals their `__builtins__` if they have none.
fn add_builtins(cx: &mut Cx, globals: &Dict) -> Res<()> {
    if globals.contains_str(cx, "__builtins__") {
        return Ok(());
    }
    match caller::builtins(cx).or_else(|| typhon_vm::init::builtins().cloned()) {
        Some(b) => globals.set_str(cx, "__builtins__", b),
        None => Ok(()),
    }
}

/// The two namespaces for `exec` and `eval`.
fn namespaces(cx: &mut Cx, what: &str, globals: &Value, locals: &Value) -> Res<(Value, Value)> {
    if !locals.is_none() && locals.ty().slots.getitem.get().is_none() {
        let t = locals.type_name();
        return Err(cx.type_error(match what {
            "eval" => "locals must be a mapping".to_owned(),
            _ => format!("locals must be a mapping or None, not {t}"),
        }));
    }
    if !globals.is_none() {
        if globals.downcast::<Dict>().is_none() {
            let t = globals.type_name();
            return Err(cx.type_error(match what {
                "eval" if globals.ty().slots.getitem.get().is_some() => {
                    "globals must be a real dict; try eval(code, {}, mapping)".to_owned()
                }
                "eval" => "globals must be a dict".to_owned(),
                _ => format!("exec() globals must be a dict, not {t}"),
            }));
        }
        let l = if locals.is_none() {
            globals.clone()
        } else {
            locals.clone()
        };
        return Ok((globals.clone(), l));
    }
    let Some(g) = caller::globals(cx) else {
        return Err(cx.system_error("globals and locals cannot be NULL"));
    };
    let l = if locals.is_none() {
        match caller::locals(cx)? {
            Some(l) => l,
            None => g.clone(),
        }
    } else {
        locals.clone()
    };
    Ok((g, l))
}

#[pyfunctions(part = PART, module = "builtins")]
pub mod functions {
    use super::*;

    /// Compile source into a code object that can be executed by exec() or eval().
    ///
    /// The source code may represent a Python module, statement or expression.
    /// The filename will be used for run-time error messages.
    /// The mode must be 'exec' to compile a module, 'single' to compile a
    /// single (interactive) statement, or 'eval' to compile an expression.
    /// The flags argument, if present, controls which future statements influence
    /// the compilation of the code.
    /// The dont_inherit argument, if true, stops the compilation inheriting
    /// the effects of any future statements in effect in the code calling
    /// compile; if absent or false these statements do influence the compilation,
    /// in addition to any features explicitly specified.
    #[pyfunction]
    #[sig(source, filename, mode, flags = 0, dont_inherit = False, optimize = -1, *, _feature_version = -1)]
    fn compile(
        source: &Value,
        filename: &Value,
        mode: &str,
        flags: i64,
        dont_inherit: bool,
        optimize: i32,
        _feature_version: i32,
        cx: &mut Cx,
    ) -> Res<Value> {
        let filename = crate::fspath::path_str(cx, filename)?;
        if flags & !KNOWN != 0 {
            return Err(cx.value_error("compile(): unrecognised flags"));
        }
        if !(-1..=2).contains(&optimize) {
            return Err(cx.value_error("compile(): invalid optimize value"));
        }
        let wanted = match mode {
            "exec" => Mode::Exec,
            "eval" => Mode::Eval,
            "single" => Mode::Single,
            "func_type" if flags & ONLY_AST != 0 => {
                return Err(cx.not_implemented(
                    "compile() to a syntax tree of a function type is not supported",
                ));
            }
            "func_type" => {
                return Err(
                    cx.value_error("compile() mode 'func_type' requires flag PyCF_ONLY_AST")
                );
            }
            _ if flags & ONLY_AST != 0 => {
                return Err(cx.value_error(
                    "compile() mode must be 'exec', 'eval', 'single' or 'func_type'",
                ));
            }
            _ => return Err(cx.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
        };
        let mut features = flags as u32 & pycode::flags::FUTURE_MASK;
        if !dont_inherit {
            features |= inherited_flags(cx);
        }
        let options = Options {
            optimize: if optimize < 0 {
                crate::sys::config().optimize
            } else {
                optimize as u8
            },
            flags: features,
            dont_imply_dedent: flags & DONT_IMPLY_DEDENT != 0,
            allow_incomplete: flags & ALLOW_INCOMPLETE != 0,
            top_level_await: flags & TOP_LEVEL_AWAIT != 0,
            type_comments: flags & TYPE_COMMENTS != 0,
        };
        if tree::is_node(cx, source)? {
            if flags & ONLY_AST != 0 && flags & OPTIMIZED_AST != OPTIMIZED_AST {
                return Ok(source.clone());
            }
            let root = match wanted {
                Mode::Exec => "Module",
                Mode::Eval => "Expression",
                Mode::Single => "Interactive",
            };
            let mut node = tree::from_python(cx, source, root)?;
            if flags & ONLY_AST != 0 {
                typhon_compiler::pyast::optimize(&mut node, &options);
                let module = crate::builtins::import::import_absolute_str(cx, "_ast")?;
                return tree::to_python(cx, &module, &node);
            }
            let name = filename
                .downcast::<Str>()
                .map(|s| s.to_string_lossy())
                .unwrap_or_default();
            return match typhon_compiler::compile_node(&node, &name, &options) {
                Ok(code) => typhon_vm::objects::code::methods::new_code(cx, code),
                Err(e) => Err(raise_compile_error(cx, &e, &filename)),
            };
        }
        let text = source_of(cx, source, "compile", "string, bytes or AST", &filename)?;
        if flags & ONLY_AST != 0 {
            return match typhon_compiler::pyast::tree(&text, wanted, &options) {
                Ok(mut tree) => {
                    if flags & OPTIMIZED_AST == OPTIMIZED_AST {
                        typhon_compiler::pyast::optimize(&mut tree, &options);
                    }
                    let module = crate::builtins::import::import_absolute_str(cx, "_ast")?;
                    tree::to_python(cx, &module, &tree)
                }
                Err(e) => Err(raise_compile_error(cx, &e, &filename)),
            };
        }
        compile_source(cx, &text, &filename, wanted, &options)
    }

    /// Evaluate the given source in the context of globals and locals.
    ///
    /// The source may be a string representing a Python expression
    /// or a code object as returned by compile().
    /// The globals must be a dictionary and locals can be any mapping,
    /// defaulting to the current globals and locals.
    /// If only globals is given, locals defaults to it.
    #[pyfunction]
    #[sig(source, /, globals = None, locals = None)]
    fn eval(source: &Value, globals: &Value, locals: &Value, cx: &mut Cx) -> Res<Value> {
        let (g, l) = namespaces(cx, "eval", globals, locals)?;
        add_builtins(cx, g.downcast::<Dict>().expect("checked to be a dict"))?;
        if let Some(c) = source.downcast::<CodeObj>() {
            if c.nfree > 0 {
                return Err(
                    cx.type_error("code object passed to eval() may not contain free variables")
                );
            }
            return run_code(cx, source, &g, &l, None);
        }
        let filename = typhon_vm::objects::str::new_str(cx, "<string>")?;
        let text = if let Some(s) = source.downcast::<Str>() {
            // Leading blanks are no indentation here.
            let skip = s
                .units()
                .iter()
                .take_while(|&c| c == ' ' as u32 || c == '\t' as u32)
                .count();
            if skip > 0 {
                let rest = typhon_vm::objects::str::make::substring(cx, s, skip, s.len())?;
                source_of(cx, &rest, "eval", "string, bytes or code", &filename)?
            } else {
                source_of(cx, source, "eval", "string, bytes or code", &filename)?
            }
        } else {
            source_of(cx, source, "eval", "string, bytes or code", &filename)?
        };
        let options = Options {
            optimize: crate::sys::config().optimize,
            flags: inherited_flags(cx),
            ..Options::default()
        };
        let code = compile_source(cx, &text, &filename, Mode::Eval, &options)?;
        run_code(cx, &code, &g, &l, None)
    }

    /// Execute the given source in the context of globals and locals.
    ///
    /// The source may be a string representing one or more Python statements
    /// or a code object as returned by compile().
    /// The globals must be a dictionary and locals can be any mapping,
    /// defaulting to the current globals and locals.
    /// If only globals is given, locals defaults to it.
    /// The closure must be a tuple of cellvars, and can only be used
    /// when source is a code object requiring exactly that many cellvars.
    #[pyfunction]
    #[sig(source, /, globals = None, locals = None, *, closure = None)]
    fn exec(
        source: &Value,
        globals: &Value,
        locals: &Value,
        closure: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let (g, l) = namespaces(cx, "exec", globals, locals)?;
        add_builtins(cx, g.downcast::<Dict>().expect("checked to be a dict"))?;
        if let Some(c) = source.downcast::<CodeObj>() {
            let free = c.nfree as usize;
            if free == 0 {
                if !closure.is_none() {
                    return Err(cx.type_error("cannot use a closure with this code object"));
                }
                run_code(cx, source, &g, &l, None)?;
                return Ok(());
            }
            let ok = closure.downcast_exact::<Tuple>().is_some_and(|t| {
                t.len() == free
                    && t.items()
                        .iter()
                        .all(|i| i.downcast_exact::<typhon_vm::objects::Cell>().is_some())
            });
            if !ok {
                return Err(cx.type_error(format!(
                    "code object requires a closure of exactly length {free}"
                )));
            }
            run_code(cx, source, &g, &l, Some(closure.clone()))?;
            return Ok(());
        }
        if !closure.is_none() {
            return Err(cx.type_error("closure can only be used when source is a code object"));
        }
        let filename = typhon_vm::objects::str::new_str(cx, "<string>")?;
        let text = source_of(cx, source, "exec", "string, bytes or code", &filename)?;
        let options = Options {
            optimize: crate::sys::config().optimize,
            flags: inherited_flags(cx),
            ..Options::default()
        };
        let code = compile_source(cx, &text, &filename, Mode::Exec, &options)?;
        run_code(cx, &code, &g, &l, None)?;
        Ok(())
    }
}

/// Run a module's code in its namespace.
pub fn exec_in(cx: &mut Cx, code: &Value, globals: &Value) -> Res<()> {
    if let Some(d) = globals.downcast::<Dict>() {
        add_builtins(cx, d)?;
    }
    run_code(cx, code, globals, globals, None).map(drop)
}
