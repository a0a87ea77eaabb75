//! Comprehensions, inlined into their scope (PEP 709) or as functions, and generator expressions.

use super::{Compiler, Res, blocks::FKind, unit::ScopeKind};
use crate::error::{CompileError, Stage};
use crate::ir::{Label, Loc};
use crate::opcode::{Op, intrinsic1, resume};
use crate::symtable::{BlockId, BlockKey, BlockKind, NameScope, Symbol, def};
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Comprehension, Expr, StmtAssert};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

/// What a comprehension builds.
#[derive(Clone, Copy)]
pub enum Builds<'a> {
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
    Generator(&'a Expr),
}

impl<'a> Builds<'a> {
    fn elt(self) -> &'a Expr {
        match self {
            Builds::List(elt)
            | Builds::Set(elt)
            | Builds::Dict(elt, _)
            | Builds::Generator(elt) => elt,
        }
    }
    fn is_generator(self) -> bool {
        matches!(self, Builds::Generator(_))
    }
}

/// What must be undone after an inlined comprehension.
struct Inlined {
    /// Symbols of the enclosing block that had another meaning.
    replaced: Vec<(Rc<str>, Symbol)>,
    hidden: Vec<Rc<str>>,
    pushed: Vec<Rc<str>>,
    cleanup: Option<Label>,
}

/// Looks for the first asynchronous comprehension outside of lambdas.
struct FindAsync(Option<TextRange>);

impl<'a> Visitor<'a> for FindAsync {
    fn visit_expr(&mut self, e: &'a Expr) {
        let generators = match e {
            Expr::ListComp(c) => &c.generators[..],
            Expr::SetComp(c) => &c.generators[..],
            Expr::DictComp(c) => &c.generators[..],
            Expr::Lambda(_) => return,
            _ => &[],
        };
        if generators.iter().any(|g| g.is_async) {
            self.0.get_or_insert(e.range());
        }
        walk_expr(self, e);
    }
}

impl<'a> Compiler<'a> {
    /// The error of an asynchronous comprehension in an assertion that gives no code.
    pub fn check_async_comprehensions(&mut self, s: &'a StmtAssert) -> Res {
        if self.async_comprehension_allowed() {
            return Ok(());
        }
        self.refuse_async_comprehensions(&s.test)?;
        s.msg
            .as_deref()
            .map_or(Ok(()), |msg| self.refuse_async_comprehensions(msg))
    }

    /// The error of an asynchronous comprehension where none may stand.
    pub fn refuse_async_comprehensions(&mut self, e: &'a Expr) -> Res {
        let mut find = FindAsync(None);
        find.visit_expr(e);
        find.0.map_or(Ok(()), |range| self.async_outside(range))
    }

    /// CPython's symbol table finds this.
    fn async_outside(&mut self, range: TextRange) -> Res {
        let msg = "asynchronous comprehension outside of an asynchronous function";
        self.error(msg, range)
            .map_err(|e| e.at_stage(Stage::Symbols))
    }

    pub fn comprehension(
        &mut self,
        key: BlockKey,
        range: TextRange,
        builds: Builds<'a>,
        generators: &'a [Comprehension],
    ) -> Res {
        let loc = self.src.loc(range);
        let block = self.lookup(key)?;
        let Some(outermost) = generators.first() else {
            return Err(CompileError::internal("a comprehension without `for`"));
        };
        let inlined = self.table[block].comp_inlined;
        let is_async = self.table[block].coroutine;
        let generator = builds.is_generator();
        let mut state = None;
        let allowed = self.async_comprehension_allowed();
        if inlined {
            self.comprehension_iter(outermost)?;
            state = Some(self.push_inlined(block, loc)?);
        } else {
            let name = self.table[block].name.clone();
            self.enter_scope(
                &name,
                ScopeKind::Comprehension,
                block,
                loc.line as u32,
                None,
                [1, 0, 0],
            )?;
        }
        if is_async && !generator && !allowed {
            return self.async_outside(range);
        }
        let build = match builds {
            Builds::List(_) => Some(Op::BUILD_LIST),
            Builds::Set(_) => Some(Op::BUILD_SET),
            Builds::Dict(..) => Some(Op::BUILD_MAP),
            Builds::Generator(_) => None,
        };
        if let Some(op) = build {
            self.op_i(op, 0, loc);
            if inlined {
                self.op_i(Op::SWAP, 2, loc);
            }
        }
        self.comprehension_loop(loc, generators, 0, 0, builds, inlined)?;
        if let Some(state) = state {
            return self.pop_inlined(loc, state);
        }
        if generator {
            self.stop_iteration_handler();
        } else {
            let elt = self.loc(builds.elt());
            self.op(Op::RETURN_VALUE, elt);
        }
        let code = self.leave_scope(true)?;
        self.make_closure(loc, code, 0)?;
        self.comprehension_iter(outermost)?;
        self.op_i(Op::CALL, 0, loc);
        if is_async && !generator {
            self.await_value(0, loc)?;
        }
        Ok(())
    }

    fn async_comprehension_allowed(&self) -> bool {
        let kind = self.unit_ref().kind;
        matches!(kind, ScopeKind::AsyncFunction | ScopeKind::Comprehension)
            || self.opts.top_level_await && kind == ScopeKind::Module
    }

    /// The iterator of the outermost loop, made in the enclosing scope.
    fn comprehension_iter(&mut self, outermost: &'a Comprehension) -> Res {
        self.expr(&outermost.iter)?;
        let loc = self.loc(&outermost.iter);
        self.op(
            if outermost.is_async {
                Op::GET_AITER
            } else {
                Op::GET_ITER
            },
            loc,
        );
        Ok(())
    }

    /// Gives the comprehension's names their meaning inside it, and puts aside the locals it shadows.
    fn push_inlined(&mut self, comp: BlockId, loc: Loc) -> Res<Inlined> {
        let outer = self.block_id();
        let function_like = self.block().is_function_like();
        // What a class body binds is no concern of a comprehension in it.
        let in_class =
            self.block().kind == BlockKind::Class && self.unit_ref().in_inlined_comp == 0;
        self.unit().in_inlined_comp += 1;
        let mut state = Inlined {
            replaced: Vec::new(),
            hidden: Vec::new(),
            pushed: Vec::new(),
            cleanup: None,
        };
        let symbols: Vec<(Rc<str>, Symbol)> = self.table[comp]
            .symbols
            .iter()
            .map(|(name, symbol)| (name.clone(), symbol))
            .collect();
        for (name, symbol) in &symbols {
            let bound = symbol.flags & def::LOCAL != 0 && symbol.flags & def::NONLOCAL == 0;
            // Outside functions the name becomes a fast local for the time being.
            if bound
                && !function_like
                && symbol.flags & def::PARAM == 0
                && !self.is_fast_hidden(name)
            {
                self.unit().fast_hidden.insert(name.clone(), true);
                state.hidden.push(name.clone());
            }
            let outside = self.table[outer].symbols.get(name).unwrap_or(Symbol {
                flags: 0,
                scope: NameScope::Unknown,
            });
            let keeps = symbol.scope == outside.scope
                || symbol.scope == NameScope::Free
                || symbol.scope == NameScope::Cell && outside.scope == NameScope::Free;
            let own_cell = matches!(
                &**name,
                "__class__" | "__classdict__" | "__conditional_annotations__"
            );
            if !keeps || in_class && !own_cell {
                state.replaced.push((name.clone(), outside));
                self.table[outer].symbols.insert(name.clone(), *symbol);
            }
            if bound && symbol.flags & def::PARAM == 0 {
                let index = self.unit().varnames.add(name);
                self.op_i(Op::LOAD_FAST_AND_CLEAR, index, loc);
                if symbol.scope == NameScope::Cell {
                    let index = match outside.scope {
                        NameScope::Free => self.free_index(name)?,
                        _ => self.deref_index(name)?,
                    };
                    self.op_i(Op::MAKE_CELL, index, loc);
                }
                state.pushed.push(name.clone());
            }
        }
        if !state.pushed.is_empty() {
            self.op_i(Op::SWAP, state.pushed.len() as u32 + 1, loc);
            let cleanup = self.label();
            self.jump(Op::SETUP_FINALLY, cleanup, loc);
            state.cleanup = Some(cleanup);
        }
        Ok(state)
    }

    fn pop_inlined(&mut self, loc: Loc, state: Inlined) -> Res {
        if let Some(cleanup) = state.cleanup {
            self.op(Op::POP_BLOCK, Loc::NONE);
            let end = self.label();
            self.jump(Op::JUMP_NO_INTERRUPT, end, Loc::NONE);
            self.put(cleanup);
            // The unfinished result lies below the exception.
            self.op_i(Op::SWAP, 2, Loc::NONE);
            self.op(Op::POP_TOP, Loc::NONE);
            self.restore_locals(loc, &state.pushed);
            self.op_i(Op::RERAISE, 0, Loc::NONE);
            self.put(end);
            self.restore_locals(loc, &state.pushed);
        }
        let outer = self.block_id();
        self.unit().in_inlined_comp -= 1;
        for (name, symbol) in state.replaced {
            if symbol.scope == NameScope::Unknown && symbol.flags == 0 {
                self.table[outer].symbols.remove(&name);
            } else {
                self.table[outer].symbols.insert(name, symbol);
            }
        }
        for name in state.hidden {
            self.unit().fast_hidden.insert(name, false);
        }
        Ok(())
    }

    fn restore_locals(&mut self, loc: Loc, pushed: &[Rc<str>]) {
        self.op_i(Op::SWAP, pushed.len() as u32 + 1, loc);
        for name in pushed.iter().rev() {
            let index = self.unit().varnames.add(name);
            self.op_i(Op::STORE_FAST_MAYBE_NULL, index, loc);
        }
    }

    fn comprehension_loop(
        &mut self,
        loc: Loc,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        builds: Builds<'a>,
        iter_on_stack: bool,
    ) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
            if generators[index].is_async {
                self.async_loop(loc, generators, index, depth, builds, iter_on_stack)
            } else {
                self.sync_loop(loc, generators, index, depth, builds, iter_on_stack)
            }
        })
    }

    fn sync_loop(
        &mut self,
        loc: Loc,
        generators: &'a [Comprehension],
        index: usize,
        mut depth: u32,
        builds: Builds<'a>,
        iter_on_stack: bool,
    ) -> Res {
        let generator = &generators[index];
        let iter = self.loc(&generator.iter);
        let [start, if_cleanup, anchor] = self.new_labels();
        let mut looping = true;
        if !iter_on_stack {
            if index == 0 {
                self.op_i(Op::LOAD_FAST, 0, loc);
            } else {
                // `for y in [f(x)]` is an assignment.
                let single = match &generator.iter {
                    Expr::List(list) if list.elts.len() == 1 => Some(&list.elts[0]),
                    Expr::Tuple(tuple) if tuple.elts.len() == 1 => Some(&tuple.elts[0]),
                    _ => None,
                };
                match single.filter(|elt| !matches!(elt, Expr::Starred(_))) {
                    Some(elt) => {
                        self.expr(elt)?;
                        looping = false;
                    }
                    None => {
                        self.expr(&generator.iter)?;
                        self.op(Op::GET_ITER, iter);
                    }
                }
            }
        }
        if looping {
            depth += 1;
            self.put(start);
            self.jump(Op::FOR_ITER, anchor, iter);
        }
        self.expr(&generator.target)?;
        for test in &generator.ifs {
            self.jump_if(test, if_cleanup, false)?;
        }
        let elt_loc = self.comprehension_body(loc, generators, index, depth, builds)?;
        self.put(if_cleanup);
        if looping {
            self.jump(Op::JUMP, start, elt_loc);
            self.put(anchor);
            self.op(Op::END_FOR, Loc::NONE);
            self.op(Op::POP_ITER, Loc::NONE);
        }
        Ok(())
    }

    fn async_loop(
        &mut self,
        loc: Loc,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        builds: Builds<'a>,
        iter_on_stack: bool,
    ) -> Res {
        let generator = &generators[index];
        let [start, except, if_cleanup] = self.new_labels();
        if !iter_on_stack {
            if index == 0 {
                self.op_i(Op::LOAD_FAST, 0, loc);
            } else {
                self.expr(&generator.iter)?;
                let iter = self.loc(&generator.iter);
                self.op(Op::GET_AITER, iter);
            }
        }
        self.put(start);
        self.push_block(FKind::AsyncComprehension, Some(start), None, loc)?;
        let send = self.async_next(except, loc)?;
        self.expr(&generator.target)?;
        for test in &generator.ifs {
            self.jump_if(test, if_cleanup, false)?;
        }
        let elt_loc = self.comprehension_body(loc, generators, index, depth + 1, builds)?;
        self.put(if_cleanup);
        self.jump(Op::JUMP, start, elt_loc);
        self.pop_block();
        self.put(except);
        self.jump(Op::END_ASYNC_FOR, send, loc);
        Ok(())
    }

    /// What a loop does for each item: the next loop, or adding an element. Returns the element's location.
    fn comprehension_body(
        &mut self,
        loc: Loc,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        builds: Builds<'a>,
    ) -> Res<Loc> {
        let mut elt_loc = self.loc(builds.elt());
        if index + 1 < generators.len() {
            self.comprehension_loop(loc, generators, index + 1, depth, builds, false)?;
            return Ok(elt_loc);
        }
        match builds {
            Builds::Generator(elt) => {
                self.expr(elt)?;
                self.yield_value(elt_loc);
                self.op(Op::POP_TOP, elt_loc);
            }
            Builds::List(elt) => {
                self.expr(elt)?;
                self.op_i(Op::LIST_APPEND, depth + 1, elt_loc);
            }
            Builds::Set(elt) => {
                self.expr(elt)?;
                self.op_i(Op::SET_ADD, depth + 1, elt_loc);
            }
            Builds::Dict(key, value) => {
                self.expr(key)?;
                self.expr(value)?;
                elt_loc = self.src.loc(TextRange::new(key.start(), value.end()));
                self.op_i(Op::MAP_ADD, depth + 1, elt_loc);
            }
        }
        Ok(elt_loc)
    }

    /// Yields the top of the stack.
    pub fn yield_value(&mut self, loc: Loc) {
        if self.block().generator && self.block().coroutine {
            self.op_i(Op::CALL_INTRINSIC_1, intrinsic1::ASYNC_GEN_WRAP, loc);
        }
        self.op_i(Op::YIELD_VALUE, 0, loc);
        self.op_i(Op::RESUME, resume::AFTER_YIELD, loc);
    }
}
