//! `import` and `from ... import`.

use super::{Compiler, Res};
use crate::code::Const;
use crate::ir::Loc;
use crate::opcode::{Op, intrinsic1};
use ruff_python_ast::{StmtImport, StmtImportFrom};

impl<'a> Compiler<'a> {
    pub fn import_stmt(&mut self, s: &'a StmtImport) -> Res {
        let loc = self.loc(s);
        for alias in &s.names {
            let name = alias.name.as_str();
            self.load_int(0, loc);
            self.load_none(loc);
            self.op_name(Op::IMPORT_NAME, name, loc);
            let mut parts = name.split('.');
            let first = parts.next().unwrap_or(name);
            match &alias.asname {
                None => self.store(first, loc)?,
                Some(asname) => {
                    // `import a.b.c as m` binds the innermost module.
                    let mut rest = parts.peekable();
                    let dotted = rest.peek().is_some();
                    while let Some(attr) = rest.next() {
                        self.op_name(Op::IMPORT_FROM, attr, loc);
                        if rest.peek().is_some() {
                            self.op_i(Op::SWAP, 2, loc);
                            self.op(Op::POP_TOP, loc);
                        }
                    }
                    self.store(asname.as_str(), loc)?;
                    if dotted {
                        self.op(Op::POP_TOP, loc);
                    }
                }
            }
        }
        Ok(())
    }

    pub fn import_from(&mut self, s: &'a StmtImportFrom) -> Res {
        let loc = self.loc(s);
        self.load_int(s.level as usize, loc);
        let names = s
            .names
            .iter()
            .map(|alias| Const::str(alias.name.as_str()))
            .collect();
        self.load_const(Const::Tuple(names), loc);
        self.op_name(
            Op::IMPORT_NAME,
            s.module.as_ref().map_or("", |module| module.as_str()),
            loc,
        );
        for alias in &s.names {
            if alias.name.as_str() == "*" {
                self.op_i(Op::CALL_INTRINSIC_1, intrinsic1::IMPORT_STAR, loc);
                self.op(Op::POP_TOP, Loc::NONE);
                return Ok(());
            }
            self.op_name(Op::IMPORT_FROM, alias.name.as_str(), loc);
            self.store(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), loc)?;
        }
        self.op(Op::POP_TOP, loc);
        Ok(())
    }
}
