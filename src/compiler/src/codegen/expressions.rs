//! Expressions: the dispatcher, displays, subscripts, unpacking.

use super::comprehensions::Builds;
use super::statements::binary_op;
use super::{Compiler, Res, STACK_USE_GUIDELINE, names::Access, unit::ScopeKind};
use crate::code::Const;
use crate::error::CompileError;
use crate::ir::Loc;
use crate::opcode::{Op, binary, intrinsic1};
use crate::symtable::BlockKey;
use ruff_python_ast::{
    DictItem, Expr, ExprAttribute, ExprContext, ExprSlice, ExprSubscript, ExprUnaryOp, UnaryOp,
};

/// What a display with unpacking builds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Collects {
    List,
    Set,
    Tuple,
}

fn access(ctx: ExprContext) -> Access {
    match ctx {
        ExprContext::Store => Access::Store,
        ExprContext::Del => Access::Delete,
        _ => Access::Load,
    }
}

impl<'a> Compiler<'a> {
    pub fn expr(&mut self, expr: &'a Expr) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.expr_inner(expr))
    }

    fn expr_inner(&mut self, expr: &'a Expr) -> Res {
        let loc = self.loc(expr);
        if let Some(value) = self.constant(expr)? {
            self.load_const(value, loc);
            return Ok(());
        }
        match expr {
            Expr::Named(e) => {
                self.expr(&e.value)?;
                self.op_i(Op::COPY, 1, loc);
                self.expr(&e.target)
            }
            Expr::BoolOp(e) => self.bool_op(e),
            Expr::BinOp(e) => {
                if let Some(parts) = self.percent_format(e)? {
                    return self.formatted(&parts, loc);
                }
                self.expr(&e.left)?;
                self.expr(&e.right)?;
                self.op_i(Op::BINARY_OP, binary_op(e.op), loc);
                Ok(())
            }
            Expr::UnaryOp(e) => self.unary(e, loc),
            Expr::Lambda(e) => self.lambda(e),
            Expr::If(e) => self.if_expr(e),
            Expr::Dict(e) => self.dict(&e.items, loc),
            Expr::Set(e) => self.collect(loc, &e.elts, None, 0, Collects::Set),
            Expr::ListComp(e) => self.comprehension(
                BlockKey::node(e),
                e.range,
                Builds::List(&e.elt),
                &e.generators,
            ),
            Expr::SetComp(e) => self.comprehension(
                BlockKey::node(e),
                e.range,
                Builds::Set(&e.elt),
                &e.generators,
            ),
            Expr::DictComp(e) => {
                let Some(key) = &e.key else {
                    return self.error(
                        "dict unpacking cannot be used in dict comprehension",
                        e.range,
                    );
                };
                self.comprehension(
                    BlockKey::node(e),
                    e.range,
                    Builds::Dict(key, &e.value),
                    &e.generators,
                )
            }
            Expr::Generator(e) => {
                let range = self.src.generator_range(e);
                self.comprehension(
                    BlockKey::node(e),
                    range,
                    Builds::Generator(&e.elt),
                    &e.generators,
                )
            }
            Expr::Await(e) => {
                self.expr(&e.value)?;
                self.await_value(0, loc)
            }
            Expr::Yield(e) => {
                if !self.block().is_function_like() {
                    return self.error("'yield' outside function", e.range);
                }
                match &e.value {
                    Some(value) => self.expr(value)?,
                    None => self.load_none(loc),
                }
                self.yield_value(loc);
                Ok(())
            }
            Expr::YieldFrom(e) => {
                if !self.block().is_function_like() {
                    return self.error("'yield from' outside function", e.range);
                }
                if self.unit_ref().kind == ScopeKind::AsyncFunction {
                    return self.error("'yield from' inside async function", e.range);
                }
                self.expr(&e.value)?;
                self.op(Op::GET_YIELD_FROM_ITER, loc);
                self.load_none(loc);
                self.yield_from(false, loc)
            }
            Expr::Compare(e) => self.compare_expr(e),
            Expr::Call(e) => self.call(e),
            Expr::FString(e) => self.f_string(e),
            Expr::TString(e) => self.t_string(e),
            Expr::Attribute(e) => self.attribute(e, loc),
            Expr::Subscript(e) => self.subscript(e, loc),
            Expr::Starred(e) => match e.ctx {
                ExprContext::Store => self.error(
                    "starred assignment target must be in a list or tuple",
                    e.range,
                ),
                _ => self.error("can't use starred expression here", e.range),
            },
            Expr::Name(e) => self.name_op(&e.id, access(e.ctx), loc),
            Expr::List(e) => self.sequence(&e.elts, e.ctx, Collects::List, loc),
            Expr::Tuple(e) => self.sequence(&e.elts, e.ctx, Collects::Tuple, loc),
            Expr::Slice(e) => self.slice(e, loc),
            Expr::IpyEscapeCommand(e) => self.error("invalid syntax", e.range),
            _ => Err(CompileError::internal("a literal without a value")),
        }
    }

    fn unary(&mut self, e: &'a ExprUnaryOp, loc: Loc) -> Res {
        self.expr(&e.operand)?;
        match e.op {
            UnaryOp::Invert => self.op(Op::UNARY_INVERT, loc),
            UnaryOp::USub => self.op(Op::UNARY_NEGATIVE, loc),
            UnaryOp::UAdd => self.op_i(Op::CALL_INTRINSIC_1, intrinsic1::UNARY_POSITIVE, loc),
            UnaryOp::Not => {
                self.op(Op::TO_BOOL, loc);
                self.op(Op::UNARY_NOT, loc);
            }
        }
        Ok(())
    }

    fn attribute(&mut self, e: &'a ExprAttribute, loc: Loc) -> Res {
        let op = match e.ctx {
            ExprContext::Store => Op::STORE_ATTR,
            ExprContext::Del => Op::DELETE_ATTR,
            _ => return self.attribute_load(e),
        };
        if e.ctx == ExprContext::Store
            && let Expr::Name(base) = &*e.value
            && base.id == "self"
        {
            self.note_static_attribute(e.attr.as_str());
        }
        self.expr(&e.value)?;
        let at = self.attribute_loc(loc, e);
        self.op_name(op, e.attr.as_str(), at);
        Ok(())
    }

    /// The slice of `a[b:c]` when it is neither constant nor has a step.
    pub fn two_part_slice<'s>(&self, index: &'s Expr) -> Option<&'s ExprSlice> {
        match index {
            Expr::Slice(slice) if slice.step.is_none() && !is_constant_slice(slice) => Some(slice),
            _ => None,
        }
    }

    /// Pushes start, stop and, if there is one, step.
    pub fn slice_parts(&mut self, slice: &'a ExprSlice) -> Res<u32> {
        let loc = self.loc(slice);
        for part in [&slice.lower, &slice.upper] {
            match part {
                Some(part) => self.expr(part)?,
                None => self.load_none(loc),
            }
        }
        match &slice.step {
            Some(step) => {
                self.expr(step)?;
                Ok(3)
            }
            None => Ok(2),
        }
    }

    fn slice(&mut self, slice: &'a ExprSlice, loc: Loc) -> Res {
        if is_constant_slice(slice) {
            let mut parts = [Const::None, Const::None, Const::None];
            for (value, part) in parts
                .iter_mut()
                .zip([&slice.lower, &slice.upper, &slice.step])
            {
                if let Some(part) = part
                    && let Some(constant) = self.constant(part)?
                {
                    *value = constant;
                }
            }
            self.load_const(Const::Slice(Box::new(parts)), loc);
            return Ok(());
        }
        let count = self.slice_parts(slice)?;
        self.op_i(Op::BUILD_SLICE, count, loc);
        Ok(())
    }

    fn subscript(&mut self, e: &'a ExprSubscript, loc: Loc) -> Res {
        self.expr(&e.value)?;
        if e.ctx != ExprContext::Del
            && let Some(slice) = self.two_part_slice(&e.slice)
        {
            self.slice_parts(slice)?;
            self.op(
                if e.ctx == ExprContext::Store {
                    Op::STORE_SLICE
                } else {
                    Op::BINARY_SLICE
                },
                loc,
            );
            return Ok(());
        }
        self.expr(&e.slice)?;
        match e.ctx {
            ExprContext::Store => self.op(Op::STORE_SUBSCR, loc),
            ExprContext::Del => self.op(Op::DELETE_SUBSCR, loc),
            _ => self.op_i(Op::BINARY_OP, binary::SUBSCR, loc),
        }
        Ok(())
    }

    fn dict(&mut self, items: &'a [DictItem], loc: Loc) -> Res {
        let mut have_dict = false;
        let mut pending = 0;
        for (index, item) in items.iter().enumerate() {
            if item.key.is_none() {
                if pending > 0 {
                    self.dict_items(&items[index - pending..index], loc)?;
                    if have_dict {
                        self.op_i(Op::DICT_UPDATE, 1, loc);
                    }
                    have_dict = true;
                    pending = 0;
                }
                if !have_dict {
                    self.op_i(Op::BUILD_MAP, 0, loc);
                    have_dict = true;
                }
                self.expr(&item.value)?;
                self.op_i(Op::DICT_UPDATE, 1, loc);
            } else if pending * 2 > STACK_USE_GUIDELINE {
                self.dict_items(&items[index - pending..=index], loc)?;
                if have_dict {
                    self.op_i(Op::DICT_UPDATE, 1, loc);
                }
                have_dict = true;
                pending = 0;
            } else {
                pending += 1;
            }
        }
        if pending > 0 {
            self.dict_items(&items[items.len() - pending..], loc)?;
            if have_dict {
                self.op_i(Op::DICT_UPDATE, 1, loc);
            }
            have_dict = true;
        }
        if !have_dict {
            self.op_i(Op::BUILD_MAP, 0, loc);
        }
        Ok(())
    }

    fn dict_items(&mut self, items: &'a [DictItem], loc: Loc) -> Res {
        let big = items.len() * 2 > STACK_USE_GUIDELINE;
        if big {
            self.op_i(Op::BUILD_MAP, 0, loc);
        }
        for item in items {
            if let Some(key) = &item.key {
                self.expr(key)?;
            }
            self.expr(&item.value)?;
            if big {
                self.op_i(Op::MAP_ADD, 1, loc);
            }
        }
        if !big {
            self.op_i(Op::BUILD_MAP, items.len() as u32, loc);
        }
        Ok(())
    }

    fn sequence(&mut self, elts: &'a [Expr], ctx: ExprContext, kind: Collects, loc: Loc) -> Res {
        match ctx {
            ExprContext::Store => {
                self.unpack(elts, loc)?;
                for elt in elts {
                    match elt {
                        Expr::Starred(starred) => self.expr(&starred.value)?,
                        _ => self.expr(elt)?,
                    }
                }
                Ok(())
            }
            ExprContext::Del => elts.iter().try_for_each(|elt| self.expr(elt)),
            _ => self.collect(loc, elts, None, 0, kind),
        }
    }

    fn unpack(&mut self, elts: &[Expr], loc: Loc) -> Res {
        let mut star = None;
        for (index, elt) in elts.iter().enumerate() {
            if matches!(elt, Expr::Starred(_)) {
                if star.is_some() {
                    return self.error_at("multiple starred expressions in assignment", loc);
                }
                star = Some(index);
            }
        }
        self.unpack_op(elts.len(), star, "assignment", loc)
    }

    /// The instruction that spreads a sequence over targets.
    pub fn unpack_op(&mut self, count: usize, star: Option<usize>, place: &str, loc: Loc) -> Res {
        let Some(before) = star else {
            self.op_i(Op::UNPACK_SEQUENCE, count as u32, loc);
            return Ok(());
        };
        let after = count - before - 1;
        if before >= 1 << 8 || after >= (i32::MAX as usize) >> 8 {
            let msg = match place {
                "assignment" => "too many expressions in star-unpacking assignment",
                _ => "too many expressions in star-unpacking sequence pattern",
            };
            return self.error_at(msg, loc);
        }
        self.op_i(Op::UNPACK_EX, (before + (after << 8)) as u32, loc);
        Ok(())
    }

    /// A list, set or tuple of elements, `*` among them; `pushed` elements are on the stack already and
    /// `injected` names a last one.
    pub fn collect(
        &mut self,
        loc: Loc,
        elts: &'a [Expr],
        injected: Option<&str>,
        pushed: u32,
        kind: Collects,
    ) -> Res {
        let (build, add, extend) = match kind {
            Collects::Set => (Op::BUILD_SET, Op::SET_ADD, Op::SET_UPDATE),
            _ => (Op::BUILD_LIST, Op::LIST_APPEND, Op::LIST_EXTEND),
        };
        let count = elts.len() as u32;
        let big = count as usize + pushed as usize + usize::from(injected.is_some())
            > STACK_USE_GUIDELINE;
        let starred = elts.iter().any(|elt| matches!(elt, Expr::Starred(_)));
        if !starred && !big {
            for elt in elts {
                self.expr(elt)?;
            }
            let mut total = count + pushed;
            if let Some(name) = injected {
                self.load(name, loc)?;
                total += 1;
            }
            self.op_i(
                if kind == Collects::Tuple {
                    Op::BUILD_TUPLE
                } else {
                    build
                },
                total,
                loc,
            );
            return Ok(());
        }
        let mut built = false;
        if big {
            self.op_i(build, pushed, loc);
            built = true;
        }
        for (index, elt) in elts.iter().enumerate() {
            if let Expr::Starred(starred) = elt {
                if !built {
                    self.op_i(build, index as u32 + pushed, loc);
                    built = true;
                }
                self.expr(&starred.value)?;
                self.op_i(extend, 1, loc);
            } else {
                self.expr(elt)?;
                if built {
                    self.op_i(add, 1, loc);
                }
            }
        }
        if let Some(name) = injected {
            self.load(name, loc)?;
            self.op_i(add, 1, loc);
        }
        if kind == Collects::Tuple {
            self.op_i(Op::CALL_INTRINSIC_1, intrinsic1::LIST_TO_TUPLE, loc);
        }
        Ok(())
    }
}

fn is_constant_slice(slice: &ExprSlice) -> bool {
    [&slice.lower, &slice.upper, &slice.step]
        .into_iter()
        .flatten()
        .all(|part| crate::ast::is_constant(part))
}
