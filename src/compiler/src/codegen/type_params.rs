//! Type parameters and type aliases (PEP 695, PEP 696).

use super::{Compiler, Res, unit::ScopeKind};
use crate::code::Const;
use crate::opcode::{Op, function_attribute, intrinsic1, intrinsic2};
use crate::symtable::BlockKey;
use ruff_python_ast::{Expr, StmtTypeAlias, TypeParam, TypeParams};
use ruff_text_size::Ranged;

impl<'a> Compiler<'a> {
    /// Leaves the tuple of type parameters on the stack, each bound to its name.
    pub fn type_params(&mut self, params: &'a TypeParams) -> Res {
        let mut seen_default = false;
        for param in &params.type_params {
            let loc = self.loc(param);
            let (name, default, star, intrinsic) = match param {
                TypeParam::TypeVar(p) => (&p.name, &p.default, false, intrinsic1::TYPEVAR),
                TypeParam::TypeVarTuple(p) => (&p.name, &p.default, true, intrinsic1::TYPEVARTUPLE),
                TypeParam::ParamSpec(p) => (&p.name, &p.default, false, intrinsic1::PARAMSPEC),
            };
            self.load_const(Const::str(name.as_str()), loc);
            match param {
                TypeParam::TypeVar(p) if p.bound.is_some() => {
                    if let Some(bound) = &p.bound {
                        self.evaluated_later(bound, BlockKey::second(param), false)?;
                        let constrained = matches!(&**bound, Expr::Tuple(_));
                        let how = if constrained {
                            intrinsic2::TYPEVAR_WITH_CONSTRAINTS
                        } else {
                            intrinsic2::TYPEVAR_WITH_BOUND
                        };
                        self.op_i(Op::CALL_INTRINSIC_2, how, loc);
                    }
                }
                _ => self.op_i(Op::CALL_INTRINSIC_1, intrinsic, loc),
            }
            match default {
                Some(default) => {
                    seen_default = true;
                    self.evaluated_later(default, BlockKey::third(param), star)?;
                    self.op_i(Op::CALL_INTRINSIC_2, intrinsic2::SET_TYPEPARAM_DEFAULT, loc);
                }
                None if seen_default => {
                    let msg = format!(
                        "non-default type parameter '{name}' follows default type parameter"
                    );
                    return self.error(msg, param.range());
                }
                None => {}
            }
            self.op_i(Op::COPY, 1, loc);
            self.store(name.as_str(), loc)?;
        }
        if let Some(first) = params.type_params.first() {
            let loc = self.loc(first);
            self.op_i(Op::BUILD_TUPLE, params.type_params.len() as u32, loc);
        }
        Ok(())
    }

    /// A function that evaluates a bound or default when it is asked for.
    fn evaluated_later(&mut self, expr: &'a Expr, key: BlockKey, allow_star: bool) -> Res {
        let loc = self.loc(expr);
        self.load_const(Const::Tuple(vec![Const::Int(1)]), loc);
        let block = self.lookup(key)?;
        self.enter_annotations(loc, block)?;
        match expr {
            Expr::Starred(starred) if allow_star => {
                self.expr(&starred.value)?;
                self.op_i(Op::UNPACK_SEQUENCE, 1, loc);
            }
            _ => self.expr(expr)?,
        }
        self.op(Op::RETURN_VALUE, loc);
        let code = self.leave_scope(true)?;
        self.make_closure(loc, code, function_attribute::DEFAULTS)
    }

    pub fn type_alias(&mut self, s: &'a StmtTypeAlias) -> Res {
        let loc = self.loc(s);
        let Expr::Name(target) = &*s.name else {
            return self.error("invalid syntax", s.name.range());
        };
        let name = target.id.as_str();
        if let Some(params) = &s.type_params {
            let block = self.lookup(BlockKey::node(&**params))?;
            let scope = format!("<generic parameters of {name}>");
            self.enter_scope(
                &scope,
                ScopeKind::TypeParams,
                block,
                loc.line as u32,
                None,
                [0; 3],
            )?;
            self.load_const(Const::str(name), loc);
            self.type_params(params)?;
        } else {
            self.load_const(Const::str(name), loc);
            self.load_none(loc);
        }
        self.load_const(Const::Tuple(vec![Const::Int(1)]), loc);
        let block = self.lookup(BlockKey::node(s))?;
        self.enter_annotations(loc, block)?;
        self.expr(&s.value)?;
        self.op(Op::RETURN_VALUE, loc);
        let code = self.leave_scope(false)?;
        self.make_closure(loc, code, function_attribute::DEFAULTS)?;
        self.op_i(Op::BUILD_TUPLE, 3, loc);
        self.op_i(Op::CALL_INTRINSIC_1, intrinsic1::TYPEALIAS, loc);
        if s.type_params.is_some() {
            let code = self.leave_scope(false)?;
            self.make_closure(loc, code, 0)?;
            self.op(Op::PUSH_NULL, loc);
            self.op_i(Op::CALL, 0, loc);
        }
        self.store(name, loc)
    }
}
