//! Walks the AST once and records, block by block, what is defined and what is used.

mod expressions;
mod statements;

use super::{
    Block, BlockId, BlockKey, BlockKind, Comprehension, NameScope, Symbol, SymbolTable, Symbols,
    analyze, def,
};
use crate::error::{CompileError, ErrorKind, Stage};
use crate::source::Source;
use crate::{Options, ast, code::flags};
use ruff_text_size::TextRange;
use std::rc::Rc;

type Res = Result<(), CompileError>;

/// The symbol table of a module, expression or interactive input.
pub fn build(
    root: ast::Root<'_>,
    src: &Source,
    opts: &Options,
    future: u32,
) -> Result<SymbolTable, CompileError> {
    let mut builder = Builder {
        src,
        table: SymbolTable::default(),
        stack: Vec::new(),
        private: None,
        future_annotations: future & flags::FUTURE_ANNOTATIONS != 0,
        strip_docstrings: opts.optimize >= 2,
        top_level_await: opts.top_level_await,
    };
    builder.enter("top", BlockKind::Module, None);
    match root {
        ast::Root::Body(body, _) => builder.stmts(body)?,
        ast::Root::Expr(expr) => builder.expr(expr)?,
    }
    builder.exit();
    let mut table = builder.table;
    analyze::analyze(&mut table).map_err(|(msg, range)| {
        src.error(ErrorKind::Syntax, msg, range)
            .at_stage(Stage::Symbols)
    })?;
    Ok(table)
}

struct Builder<'a> {
    src: &'a Source,
    table: SymbolTable,
    stack: Vec<BlockId>,
    private: Option<String>,
    future_annotations: bool,
    strip_docstrings: bool,
    top_level_await: bool,
}

impl<'a> Builder<'a> {
    fn error(&self, msg: impl Into<String>, range: TextRange) -> CompileError {
        self.src
            .error(ErrorKind::Syntax, msg, range)
            .at_stage(Stage::Symbols)
    }

    fn cur_id(&self) -> BlockId {
        self.stack.last().copied().unwrap_or(SymbolTable::TOP)
    }
    fn cur(&mut self) -> &mut Block {
        let id = self.cur_id();
        &mut self.table[id]
    }

    fn enter(&mut self, name: &str, kind: BlockKind, key: Option<BlockKey>) -> BlockId {
        let id = self.create(name, kind, key);
        self.enter_existing(id);
        id
    }

    /// Notes where the block entered last begins.
    fn begins(&mut self, range: TextRange) {
        self.cur().line = self.src.line(range.start());
    }

    fn create(&mut self, name: &str, kind: BlockKind, key: Option<BlockKey>) -> BlockId {
        let id = BlockId(self.table.blocks.len());
        let parent = self.stack.last().map(|&parent| &self.table[parent]);
        let nested = parent.is_some_and(|p| p.nested || p.is_function_like());
        let method =
            kind == BlockKind::Function && parent.is_some_and(|p| p.kind == BlockKind::Class);
        let mangled_names = match kind {
            BlockKind::Class => None,
            _ => parent.and_then(|p| p.mangled_names.clone()),
        };
        let mut block = Block {
            kind,
            name: name.into(),
            line: 0,
            symbols: Symbols::default(),
            varnames: Vec::new(),
            children: Vec::new(),
            directives: Vec::new(),
            annotation_block: None,
            mangled_names,
            comprehension: Comprehension::No,
            scope_info: "",
            nested,
            generator: false,
            coroutine: false,
            async_def: false,
            varargs: false,
            varkeywords: false,
            method,
            has_docstring: false,
            annotations_used: false,
            comp_inlined: false,
            comp_iter_target: false,
            comp_iter_expr: 0,
            can_see_class_scope: false,
            needs_class_closure: false,
            needs_classdict: false,
            has_conditional_annotations: false,
            in_conditional_block: false,
            in_unevaluated_annotation: false,
        };
        if matches!(
            kind,
            BlockKind::Annotation | BlockKind::TypeVariable | BlockKind::TypeAlias
        ) {
            let format: Rc<str> = ".format".into();
            block.varnames.push(format.clone());
            let symbol = Symbol {
                flags: def::PARAM | def::USE,
                scope: NameScope::Unknown,
            };
            block.symbols.insert(format, symbol);
        }
        self.table.blocks.push(block);
        if let Some(key) = key {
            self.table.by_key.insert(key, id);
        }
        id
    }

    fn enter_existing(&mut self, id: BlockId) {
        if let Some(&parent) = self.stack.last() {
            self.table[id].comp_iter_expr = self.table[parent].comp_iter_expr;
            let ignored = self.table[id].kind == BlockKind::Annotation && self.future_annotations;
            if !ignored && !self.table[parent].children.contains(&id) {
                self.table[parent].children.push(id);
            }
        }
        self.stack.push(id);
    }

    fn exit(&mut self) {
        self.stack.pop();
    }

    fn mangle(&self, name: &str) -> Rc<str> {
        self.table[self.cur_id()].mangle(self.private.as_deref(), name)
    }

    fn check_name(&self, name: &str, store: bool, range: TextRange) -> Res {
        if name == "__debug__" {
            let verb = if store { "assign to" } else { "delete" };
            return Err(self.error(format!("cannot {verb} __debug__"), range));
        }
        Ok(())
    }

    fn add(&mut self, name: &str, flag: u32, range: TextRange) -> Res {
        let id = self.cur_id();
        if flag & def::TYPE_PARAM != 0
            && let Some(names) = &mut self.table[id].mangled_names
        {
            names.push(name.into());
        }
        self.add_to(id, name, flag, range)
    }

    fn add_to(&mut self, id: BlockId, name: &str, flag: u32, range: TextRange) -> Res {
        let mangled = self.table[id].mangle(self.private.as_deref(), name);
        let block = &mut self.table[id];
        let old = block.symbols.flags(&mangled);
        if flag & old & def::PARAM != 0 {
            return Err(self.error(
                format!("duplicate argument '{name}' in function definition"),
                range,
            ));
        }
        if flag & old & def::TYPE_PARAM != 0 {
            return Err(self.error(format!("duplicate type parameter '{name}'"), range));
        }
        let mut flags = old | flag;
        if block.comp_iter_target {
            if flags & (def::GLOBAL | def::NONLOCAL) != 0 {
                let msg = format!(
                    "comprehension inner loop cannot rebind assignment expression target '{name}'"
                );
                return Err(self.error(msg, range));
            }
            flags |= def::COMP_ITER;
        }
        block.symbols.insert(
            mangled.clone(),
            Symbol {
                flags,
                scope: NameScope::Unknown,
            },
        );
        if flag & def::PARAM != 0 {
            block.varnames.push(mangled);
        } else if flag & def::GLOBAL != 0 && id != SymbolTable::TOP {
            let top = &mut self.table[SymbolTable::TOP].symbols;
            let flags = top.flags(&mangled) | flag;
            top.insert(
                mangled,
                Symbol {
                    flags,
                    scope: NameScope::Unknown,
                },
            );
        }
        Ok(())
    }

    /// What is known so far of a name in the current block.
    fn known(&self, name: &str) -> u32 {
        self.table[self.cur_id()].symbols.flags(&self.mangle(name))
    }
}
