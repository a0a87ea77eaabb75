//! Calls, with CPython's special cases: methods, `super()`, `all`/`any`/`tuple` of a generator expression.

use super::{Compiler, Res, STACK_USE_GUIDELINE};
use crate::code::Const;
use crate::ir::Loc;
use crate::opcode::{Op, common_constant, intrinsic1};
use crate::symtable::{BlockKey, NameScope, SymbolTable, def};
use ruff_python_ast::{CmpOp, Expr, ExprAttribute, ExprCall, Keyword};
use std::collections::HashSet;

impl<'a> Compiler<'a> {
    /// The location of an attribute access: when it spans lines, it starts at the attribute's name.
    pub fn attribute_loc(&self, mut loc: Loc, attr: &ExprAttribute) -> Loc {
        let node = self.loc(attr);
        if loc.line != node.end_line {
            loc.line = node.end_line;
            let length = attr.attr.as_str().chars().count() as i32;
            if length <= node.end_col {
                loc.col = node.end_col - length;
            } else {
                loc.col = -1;
                loc.end_col = -1;
            }
        }
        loc
    }

    pub fn attribute_load(&mut self, e: &'a ExprAttribute) -> Res {
        let loc = self.loc(e);
        if let Some(call) = self.super_call(e) {
            self.super_arguments(call)?;
            self.load_super_attr(e, call, false);
            return Ok(());
        }
        self.expr(&e.value)?;
        let at = self.attribute_loc(loc, e);
        self.load_attr(e.attr.as_str(), false, at);
        Ok(())
    }

    fn load_super_attr(&mut self, e: &ExprAttribute, call: &ExprCall, method: bool) {
        let loc = self.loc(e);
        let mangled = self.mangle(e.attr.as_str());
        let index = self.unit().add_name(&mangled);
        let explicit = !call.arguments.args.is_empty();
        self.op_i(
            Op::LOAD_SUPER_ATTR,
            index << 2 | u32::from(explicit) << 1 | u32::from(method),
            loc,
        );
        let at = self.attribute_loc(loc, e);
        self.op(Op::NOP, at);
    }

    /// The `super(...)` call an attribute is taken of, when it surely is the built-in.
    fn super_call(&self, attr: &'a ExprAttribute) -> Option<&'a ExprCall> {
        let Expr::Call(call) = &*attr.value else {
            return None;
        };
        let Expr::Name(name) = &*call.func else {
            return None;
        };
        if name.id != "super"
            || attr.attr.as_str() == "__class__"
            || !call.arguments.keywords.is_empty()
        {
            return None;
        }
        if self.block().symbols.scope("super") != NameScope::GlobalImplicit {
            return None;
        }
        if self.table[SymbolTable::TOP].symbols.scope("super") != NameScope::Unknown {
            return None;
        }
        let args = &call.arguments.args;
        if args.len() == 2 {
            return (!args.iter().any(|arg| matches!(arg, Expr::Starred(_)))).then_some(call);
        }
        let unit = self.unit_ref();
        let zero = args.is_empty() && unit.counts[0] > 0;
        (zero && self.block().symbols.scope("__class__") == NameScope::Free).then_some(call)
    }

    fn super_arguments(&mut self, call: &'a ExprCall) -> Res {
        self.expr(&call.func)?;
        if !call.arguments.args.is_empty() {
            return call
                .arguments
                .args
                .iter()
                .try_for_each(|arg| self.expr(arg));
        }
        let loc = self.loc(call);
        let class = self.free_index("__class__")?;
        self.op_i(Op::LOAD_DEREF, class, loc);
        if let Some(first) = self.unit_ref().varnames.first() {
            self.load(&first, loc)?;
        }
        Ok(())
    }

    pub fn call(&mut self, e: &'a ExprCall) -> Res {
        self.validate_keywords(&e.arguments.keywords)?;
        if let Expr::Attribute(method) = &*e.func
            && self.method_call(e, method)?
        {
            return Ok(());
        }
        let skip = self.label();
        let loc = self.loc(e);
        self.expr(&e.func)?;
        self.generator_call(e, skip)?;
        let func = self.loc(&*e.func);
        self.op(Op::PUSH_NULL, func);
        self.call_helper(loc, 0, &e.arguments.args, &e.arguments.keywords, None)?;
        self.put(skip);
        Ok(())
    }

    fn validate_keywords(&self, keywords: &[Keyword]) -> Res {
        let mut seen = HashSet::new();
        for keyword in keywords {
            if let Some(name) = &keyword.arg
                && !seen.insert(name.as_str())
            {
                return self.error(format!("keyword argument repeated: {name}"), keyword.range);
            }
        }
        Ok(())
    }

    /// `obj.name(...)` without making a bound method.
    fn method_call(&mut self, e: &'a ExprCall, method: &'a ExprAttribute) -> Res<bool> {
        let (args, keywords) = (&e.arguments.args, &e.arguments.keywords);
        if let Expr::Name(base) = &*method.value
            && self.table[SymbolTable::TOP].symbols.flags(&base.id) & def::IMPORT != 0
        {
            return Ok(false);
        }
        if args.len() + keywords.len() + usize::from(!keywords.is_empty()) >= STACK_USE_GUIDELINE
            || args.iter().any(|arg| matches!(arg, Expr::Starred(_)))
            || keywords.iter().any(|keyword| keyword.arg.is_none())
        {
            return Ok(false);
        }
        let mut loc = self.loc(method);
        if let Some(call) = self.super_call(method) {
            self.super_arguments(call)?;
            self.load_super_attr(method, call, true);
            loc = self.attribute_loc(loc, method);
        } else {
            self.expr(&method.value)?;
            loc = self.attribute_loc(loc, method);
            self.load_attr(method.attr.as_str(), true, loc);
        }
        for arg in args {
            self.expr(arg)?;
        }
        let call = self.attribute_loc(self.loc(e), method);
        let mut count = args.len() as u32;
        if keywords.is_empty() {
            self.op_i(Op::CALL, count, call);
        } else {
            count += keywords.len() as u32;
            self.keyword_values(loc, keywords)?;
            self.op_i(Op::CALL_KW, count, call);
        }
        Ok(true)
    }

    /// The values of keyword arguments, then the tuple of their names.
    fn keyword_values(&mut self, loc: Loc, keywords: &'a [Keyword]) -> Res {
        for keyword in keywords {
            self.expr(&keyword.value)?;
        }
        let names = keywords
            .iter()
            .filter_map(|k| k.arg.as_ref())
            .map(|name| Const::str(name.as_str()))
            .collect();
        self.load_const(Const::Tuple(names), loc);
        Ok(())
    }

    /// `all(... for ...)`, `any(...)` and `tuple(...)` run the loop here, if the name still is the built-in.
    fn generator_call(&mut self, e: &'a ExprCall, end: crate::ir::Label) -> Res {
        let (Expr::Name(func), [Expr::Generator(generator)]) = (&*e.func, &*e.arguments.args)
        else {
            return Ok(());
        };
        let block = self.lookup(BlockKey::node(generator))?;
        if !e.arguments.keywords.is_empty() || self.table[block].coroutine {
            return Ok(());
        }
        let (constant, stop) = match func.id.as_str() {
            "all" => (
                common_constant::BUILTIN_ALL,
                Some((Op::POP_JUMP_IF_TRUE, false)),
            ),
            "any" => (
                common_constant::BUILTIN_ANY,
                Some((Op::POP_JUMP_IF_FALSE, true)),
            ),
            "tuple" => (common_constant::BUILTIN_TUPLE, None),
            _ => return Ok(()),
        };
        let loc = self.loc(func);
        let [skip, start, cleanup] = self.new_labels();
        self.op_i(Op::COPY, 1, loc);
        self.op_i(Op::LOAD_COMMON_CONSTANT, constant, loc);
        self.compare_op(CmpOp::Is, loc);
        self.jump(Op::POP_JUMP_IF_FALSE, skip, loc);
        self.op(Op::POP_TOP, loc);
        if stop.is_none() {
            self.op_i(Op::BUILD_LIST, 0, loc);
        }
        self.expr(&e.arguments.args[0])?;
        self.put(start);
        self.jump(Op::FOR_ITER, cleanup, loc);
        match stop {
            None => {
                self.op_i(Op::LIST_APPEND, 2, loc);
                self.jump(Op::JUMP, start, loc);
            }
            Some((go_on, _)) => {
                self.op(Op::TO_BOOL, loc);
                self.jump(go_on, start, loc);
            }
        }
        self.op(Op::POP_ITER, Loc::NONE);
        if let Some((_, result)) = stop {
            self.load_const(Const::bool(result), loc);
        }
        self.jump(Op::JUMP_NO_INTERRUPT, end, loc);
        self.put(cleanup);
        self.op(Op::END_FOR, Loc::NONE);
        self.op(Op::POP_ITER, Loc::NONE);
        match stop {
            None => self.op_i(Op::CALL_INTRINSIC_1, intrinsic1::LIST_TO_TUPLE, loc),
            Some((_, result)) => self.load_const(Const::bool(!result), loc),
        }
        self.jump(Op::JUMP_NO_INTERRUPT, end, loc);
        self.put(skip);
        Ok(())
    }

    /// Pushes the arguments and calls; `pushed` positional arguments are on the stack already, `injected` is
    /// the name of a last positional argument.
    pub fn call_helper(
        &mut self,
        loc: Loc,
        pushed: u32,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        injected: Option<&str>,
    ) -> Res {
        self.validate_keywords(keywords)?;
        let plain = args.len() + keywords.len() * 2 <= STACK_USE_GUIDELINE
            && !args.iter().any(|arg| matches!(arg, Expr::Starred(_)))
            && keywords.iter().all(|keyword| keyword.arg.is_some());
        if plain {
            let mut count = pushed + args.len() as u32;
            for arg in args {
                self.expr(arg)?;
            }
            if let Some(name) = injected {
                self.load(name, loc)?;
                count += 1;
            }
            if keywords.is_empty() {
                self.op_i(Op::CALL, count, loc);
            } else {
                self.keyword_values(loc, keywords)?;
                self.op_i(Op::CALL_KW, count + keywords.len() as u32, loc);
            }
            return Ok(());
        }
        match args {
            [Expr::Starred(only)] if pushed == 0 => self.expr(&only.value)?,
            _ => self.collect(
                loc,
                args,
                injected,
                pushed,
                super::expressions::Collects::Tuple,
            )?,
        }
        if keywords.is_empty() {
            self.op(Op::PUSH_NULL, loc);
        } else {
            self.keyword_dict(loc, keywords)?;
        }
        self.op(Op::CALL_FUNCTION_EX, loc);
        Ok(())
    }

    /// Keyword arguments as one dict.
    fn keyword_dict(&mut self, loc: Loc, keywords: &'a [Keyword]) -> Res {
        let mut have_dict = false;
        let mut pending = 0;
        for (index, keyword) in keywords.iter().enumerate() {
            if keyword.arg.is_some() {
                pending += 1;
                continue;
            }
            if pending > 0 {
                self.keyword_items(loc, &keywords[index - pending..index])?;
                if have_dict {
                    self.op_i(Op::DICT_MERGE, 1, loc);
                }
                have_dict = true;
                pending = 0;
            }
            if !have_dict {
                self.op_i(Op::BUILD_MAP, 0, loc);
                have_dict = true;
            }
            self.expr(&keyword.value)?;
            self.op_i(Op::DICT_MERGE, 1, loc);
        }
        if pending > 0 {
            self.keyword_items(loc, &keywords[keywords.len() - pending..])?;
            if have_dict {
                self.op_i(Op::DICT_MERGE, 1, loc);
            }
        }
        Ok(())
    }

    fn keyword_items(&mut self, loc: Loc, keywords: &'a [Keyword]) -> Res {
        let big = keywords.len() * 2 > STACK_USE_GUIDELINE;
        if big {
            self.op_i(Op::BUILD_MAP, 0, Loc::NONE);
        }
        for keyword in keywords {
            if let Some(name) = &keyword.arg {
                self.load_const(Const::str(name.as_str()), loc);
            }
            self.expr(&keyword.value)?;
            if big {
                self.op_i(Op::MAP_ADD, 1, Loc::NONE);
            }
        }
        if !big {
            self.op_i(Op::BUILD_MAP, keywords.len() as u32, loc);
        }
        Ok(())
    }
}
