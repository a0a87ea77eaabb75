//! Classes.

use super::{Compiler, Res, unit::ScopeKind};
use crate::code::Const;
use crate::ir::Loc;
use crate::opcode::{Op, intrinsic1};
use crate::symtable::BlockKey;
use ruff_python_ast::{Expr, Keyword, StmtClassDef};

impl<'a> Compiler<'a> {
    pub fn class(&mut self, s: &'a StmtClassDef) -> Res {
        let loc = self
            .src
            .loc(self.src.definition_range(s.range, &s.decorator_list));
        let first_line = self.first_line(&s.decorator_list, loc);
        let name = s.name.as_str();
        self.decorators(&s.decorator_list)?;
        if let Some(params) = &s.type_params {
            let block = self.lookup(BlockKey::node(&**params))?;
            let scope = format!("<generic parameters of {name}>");
            self.enter_scope(
                &scope,
                ScopeKind::TypeParams,
                block,
                first_line,
                Some(name),
                [0; 3],
            )?;
            self.type_params(params)?;
            self.store(".type_params", loc)?;
        }
        self.class_body(s, first_line, loc)?;
        let (bases, keywords): (&[Expr], &[Keyword]) = match &s.arguments {
            Some(arguments) => (&arguments.args, &arguments.keywords),
            None => (&[], &[]),
        };
        if s.type_params.is_some() {
            self.load(".type_params", loc)?;
            self.op_i(Op::CALL_INTRINSIC_1, intrinsic1::SUBSCRIPT_GENERIC, loc);
            self.store(".generic_base", loc)?;
            self.call_helper(loc, 2, bases, keywords, Some(".generic_base"))?;
            let code = self.leave_scope(false)?;
            self.make_closure(loc, code, 0)?;
            self.op(Op::PUSH_NULL, loc);
            self.op_i(Op::CALL, 0, loc);
        } else {
            self.call_helper(loc, 2, bases, keywords, None)?;
        }
        self.apply_decorators(&s.decorator_list);
        self.store(name, loc)
    }

    fn class_body(&mut self, s: &'a StmtClassDef, first_line: u32, stmt: Loc) -> Res {
        let name = s.name.as_str();
        let block = self.lookup(BlockKey::node(s))?;
        self.enter_scope(
            name,
            ScopeKind::Class,
            block,
            first_line,
            Some(name),
            [0; 3],
        )?;
        let line = first_line as i32;
        let loc = Loc {
            line,
            end_line: line,
            col: 0,
            end_col: 0,
        };
        self.load("__name__", loc)?;
        self.store("__module__", loc)?;
        let qualname = Const::str(&self.unit_ref().qualname);
        self.load_const(qualname, loc);
        self.store("__qualname__", loc)?;
        self.load_int(first_line as usize, loc);
        self.store("__firstlineno__", loc)?;
        if s.type_params.is_some() {
            self.load(".type_params", loc)?;
            self.store("__type_params__", loc)?;
        }
        if self.block().needs_classdict {
            self.op(Op::LOAD_LOCALS, loc);
            let index = self.deref_index("__classdict__")?;
            self.op_i(Op::STORE_DEREF, index, loc);
        }
        self.body(loc, &s.body)?;
        let attributes = self
            .unit()
            .static_attributes
            .iter()
            .map(|name| Const::str(name))
            .collect();
        self.load_const(Const::Tuple(attributes), Loc::NONE);
        self.store("__static_attributes__", Loc::NONE)?;
        if self.block().needs_classdict {
            let index = self.deref_index("__classdict__")?;
            self.op_i(Op::LOAD_CLOSURE, index, Loc::NONE);
            self.store("__classdictcell__", Loc::NONE)?;
        }
        if self.block().needs_class_closure {
            let index = self.deref_index("__class__")?;
            self.op_i(Op::LOAD_CLOSURE, index, Loc::NONE);
            self.op_i(Op::COPY, 1, Loc::NONE);
            self.store("__classcell__", Loc::NONE)?;
        } else {
            self.load_none(Loc::NONE);
        }
        self.op(Op::RETURN_VALUE, Loc::NONE);
        let code = self.leave_scope(true)?;
        self.op(Op::LOAD_BUILD_CLASS, stmt);
        self.op(Op::PUSH_NULL, stmt);
        self.make_closure(stmt, code, 0)?;
        self.load_const(Const::str(name), stmt);
        Ok(())
    }
}
