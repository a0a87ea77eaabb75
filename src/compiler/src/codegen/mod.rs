//! AST to instructions, one [`Unit`] per code object.
//!
//! The instructions are the ones CPython 3.14 emits before its optimizer runs, locations included, so that
//! the back end can produce its very code. Who is where: `unit` keeps the state of one code object, `names`
//! decides how a name is loaded and stored, `blocks` what `return`, `break` and `continue` unwind; the other
//! files follow the grammar.

mod annotations;
mod blocks;
mod boolean;
mod calls;
mod classes;
mod comprehensions;
mod exceptions;
mod expressions;
mod functions;
mod imports;
mod loops;
mod names;
mod patterns;
mod statements;
pub use statements::stmt_range;
mod strings;
mod type_params;
mod unit;
mod unparse;

use crate::ast::{self, Root};
use crate::code::{Code, Const, flags};
use crate::error::{CompileError, ErrorKind, Stage};
use crate::flow;
use crate::ir::{Arg, Label, Loc};
use crate::opcode::Op;
use crate::source::Source;
use crate::symtable::{BlockId, SymbolTable};
use crate::{Mode, Options};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;
use std::sync::Arc;
use unit::{ScopeKind, UnitState};

type Res<T = ()> = Result<T, CompileError>;

/// More operands than this are not collected on the stack.
const STACK_USE_GUIDELINE: usize = 30;

/// Compiles a whole input.
pub fn compile(
    root: Root<'_>,
    src: &Source,
    table: SymbolTable,
    filename: &str,
    opts: &Options,
    future: u32,
) -> Res<Arc<Code>> {
    let mut compiler = Compiler {
        src,
        table,
        opts,
        future,
        filename: filename.into(),
        interactive: root.mode() == Mode::Single,
        units: Vec::new(),
    };
    compiler.enter_scope(
        "<module>",
        ScopeKind::Module,
        SymbolTable::TOP,
        1,
        None,
        [0; 3],
    )?;
    match root {
        Root::Body(body, _) => compiler.body(module_start(src, body, opts), body)?,
        Root::Expr(expr) => compiler.expr(expr)?,
    }
    compiler.leave_scope(root.mode() != Mode::Eval)
}

/// The location of what a module does before its first statement.
fn module_start(src: &Source, body: &[ruff_python_ast::Stmt], opts: &Options) -> Loc {
    let stripped = opts.optimize >= 2 && body.len() > 1 && ast::docstring(body).is_some();
    match body.get(usize::from(stripped)) {
        Some(stmt) => src.loc(statements::stmt_range(src, stmt)),
        None => Loc {
            line: 1,
            end_line: 1,
            col: 0,
            end_col: 0,
        },
    }
}

/// The code generator: a stack of code objects being made.
struct Compiler<'a> {
    src: &'a Source,
    table: SymbolTable,
    opts: &'a Options,
    future: u32,
    filename: Arc<str>,
    interactive: bool,
    units: Vec<UnitState<'a>>,
}

impl<'a> Compiler<'a> {
    fn unit(&mut self) -> &mut UnitState<'a> {
        self.units
            .last_mut()
            .expect("a unit is open while code is generated")
    }
    fn unit_ref(&self) -> &UnitState<'a> {
        self.units
            .last()
            .expect("a unit is open while code is generated")
    }
    fn block_id(&self) -> BlockId {
        self.unit_ref().block
    }
    fn block(&self) -> &crate::symtable::Block {
        &self.table[self.block_id()]
    }

    fn loc(&self, node: &impl Ranged) -> Loc {
        self.src.loc(node.range())
    }
    fn error<T>(&self, msg: impl Into<String>, range: TextRange) -> Res<T> {
        Err(self
            .src
            .error(ErrorKind::Syntax, msg, range)
            .at_stage(Stage::Code))
    }
    /// An error of which only the location is known.
    fn error_at<T>(&self, msg: impl Into<String>, loc: Loc) -> Res<T> {
        let offset = |line: i32, col: i32| {
            let start = self.src.line_start((line - 1).max(0) as usize);
            ruff_text_size::TextSize::new((start + col.max(0) as usize) as u32)
        };
        let (start, end) = (offset(loc.line, loc.col), offset(loc.end_line, loc.end_col));
        self.error(msg, TextRange::new(start, end.max(start)))
    }

    fn op(&mut self, op: Op, loc: Loc) {
        self.unit().seq.push(op, Arg::None, loc);
    }
    fn op_i(&mut self, op: Op, arg: u32, loc: Loc) {
        self.unit().seq.push(op, Arg::Int(arg), loc);
    }
    fn jump(&mut self, op: Op, to: Label, loc: Loc) {
        self.unit().seq.push(op, Arg::Label(to), loc);
    }
    fn label(&mut self) -> Label {
        self.unit().seq.new_label()
    }
    fn put(&mut self, label: Label) {
        self.unit().seq.use_label(label);
    }
    fn load_const(&mut self, value: Const, loc: Loc) {
        let index = self.unit().add_const(value);
        self.op_i(Op::LOAD_CONST, index, loc);
    }
    fn load_int(&mut self, value: usize, loc: Loc) {
        self.load_const(Const::Int(value as i64), loc);
    }
    fn load_none(&mut self, loc: Loc) {
        self.load_const(Const::None, loc);
    }

    /// A name operand, mangled; `shift` and `bits` are the opcode's flags below the index.
    fn op_name(&mut self, op: Op, name: &str, loc: Loc) {
        let mangled = self.mangle(name);
        let index = self.unit().add_name(&mangled);
        self.op_i(op, index, loc);
    }
    fn load_attr(&mut self, name: &str, method: bool, loc: Loc) {
        let mangled = self.mangle(name);
        let index = self.unit().add_name(&mangled);
        self.op_i(Op::LOAD_ATTR, index << 1 | u32::from(method), loc);
    }
    fn mangle(&self, name: &str) -> Rc<str> {
        self.block()
            .mangle(self.unit_ref().private.as_deref(), name)
    }

    fn future_annotations(&self) -> bool {
        self.future & flags::FUTURE_ANNOTATIONS != 0
    }

    /// Closes the current code object; `add_none` when falling off the end returns None.
    fn leave_scope(&mut self, add_none: bool) -> Res<Arc<Code>> {
        if add_none {
            self.load_none(Loc::NONE);
        }
        self.op(Op::RETURN_VALUE, Loc::NONE);
        let Some(state) = self.units.pop() else {
            return Err(CompileError::internal("no unit to leave"));
        };
        let flags = self.code_flags(&state);
        let unit = state.finish(self.filename.clone(), flags);
        flow::finish(unit, self.opts).map(Arc::new)
    }

    fn code_flags(&self, state: &UnitState<'_>) -> u32 {
        let block = &self.table[state.block];
        let mut bits = self.future & flags::FUTURE_MASK;
        if block.is_function_like() {
            bits |= flags::NEWLOCALS | flags::OPTIMIZED;
            for (set, flag) in [
                (block.nested, flags::NESTED),
                (block.generator && !block.coroutine, flags::GENERATOR),
                (block.generator && block.coroutine, flags::ASYNC_GENERATOR),
                (block.varargs, flags::VARARGS),
                (block.varkeywords, flags::VARKEYWORDS),
                (block.has_docstring, flags::HAS_DOCSTRING),
                (block.method, flags::METHOD),
            ] {
                if set {
                    bits |= flag;
                }
            }
        }
        if block.coroutine && !block.generator {
            bits |= flags::COROUTINE;
        }
        bits
    }

    /// The value of what [`ast::is_constant`] calls a constant.
    fn constant(&self, expr: &ruff_python_ast::Expr) -> Res<Option<Const>> {
        use ruff_python_ast::Expr;
        Ok(Some(match expr {
            Expr::StringLiteral(e) => self.string_value(e)?,
            Expr::BytesLiteral(e) => self.bytes_value(e)?,
            Expr::NumberLiteral(e) => self.number_value(e.range)?,
            Expr::BooleanLiteral(e) => Const::bool(e.value),
            Expr::NoneLiteral(_) => Const::None,
            Expr::EllipsisLiteral(_) => Const::Ellipsis,
            Expr::Name(_) if ast::is_constant(expr) => Const::bool(self.opts.optimize == 0),
            _ => return Ok(None),
        }))
    }
}
