//! How a name is loaded, stored and deleted.

use super::{Compiler, Res};
use crate::error::CompileError;
use crate::ir::Loc;
use crate::opcode::Op;
use crate::symtable::{BlockKind, NameScope};

/// What is done with a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Load,
    Store,
    Delete,
}

impl Compiler<'_> {
    pub fn load(&mut self, name: &str, loc: Loc) -> Res {
        self.name_op(name, Access::Load, loc)
    }
    pub fn store(&mut self, name: &str, loc: Loc) -> Res {
        self.name_op(name, Access::Store, loc)
    }
    pub fn delete(&mut self, name: &str, loc: Loc) -> Res {
        self.name_op(name, Access::Delete, loc)
    }

    /// The operand of a cell or free variable.
    pub fn deref_index(&self, name: &str) -> Res<u32> {
        let unit = self.unit_ref();
        let cells = unit.cellvars.len() as u32;
        unit.cellvars
            .get(name)
            .or_else(|| unit.freevars.get(name).map(|index| index + cells))
            .ok_or_else(|| {
                CompileError::internal(format!("no cell for '{name}' in {}", unit.qualname))
            })
    }

    /// The operand of a variable that is free here.
    pub fn free_index(&self, name: &str) -> Res<u32> {
        let unit = self.unit_ref();
        match unit.freevars.get(name) {
            Some(index) => Ok(index + unit.cellvars.len() as u32),
            None => self.deref_index(name),
        }
    }

    fn pick(access: Access, ops: [Op; 3]) -> Op {
        match access {
            Access::Load => ops[0],
            Access::Store => ops[1],
            Access::Delete => ops[2],
        }
    }

    pub fn name_op(&mut self, name: &str, access: Access, loc: Loc) -> Res {
        let name = self.mangle(name);
        let block = self.block();
        let (kind, sees_class, function_like) = (
            block.kind,
            block.can_see_class_scope,
            block.is_function_like(),
        );
        let scope = block.symbols.scope(&name);
        let inlined = self.unit_ref().in_inlined_comp > 0;
        match scope {
            NameScope::Free | NameScope::Cell => {
                let index = match scope {
                    NameScope::Free => self.free_index(&name)?,
                    _ => self.deref_index(&name)?,
                };
                let mut op =
                    Self::pick(access, [Op::LOAD_DEREF, Op::STORE_DEREF, Op::DELETE_DEREF]);
                if access == Access::Load {
                    if kind == BlockKind::Class && !inlined {
                        op = Op::LOAD_FROM_DICT_OR_DEREF;
                        self.op(Op::LOAD_LOCALS, loc);
                    } else if sees_class {
                        op = Op::LOAD_FROM_DICT_OR_DEREF;
                        let dict = self.free_index("__classdict__")?;
                        self.op_i(Op::LOAD_DEREF, dict, loc);
                    }
                }
                self.op_i(op, index, loc);
            }
            NameScope::Local if function_like || self.is_fast_hidden(&name) => {
                let op = Self::pick(access, [Op::LOAD_FAST, Op::STORE_FAST, Op::DELETE_FAST]);
                let index = self.unit().varnames.add(&name);
                self.op_i(op, index, loc);
            }
            NameScope::GlobalExplicit | NameScope::GlobalImplicit
                if function_like || scope == NameScope::GlobalExplicit =>
            {
                let mut op = Self::pick(
                    access,
                    [Op::LOAD_GLOBAL, Op::STORE_GLOBAL, Op::DELETE_GLOBAL],
                );
                if access == Access::Load && sees_class && scope == NameScope::GlobalImplicit {
                    op = Op::LOAD_FROM_DICT_OR_GLOBALS;
                    let dict = self.free_index("__classdict__")?;
                    self.op_i(Op::LOAD_DEREF, dict, loc);
                }
                self.global_op(op, &name, loc);
            }
            _ => {
                let mut op = Self::pick(access, [Op::LOAD_NAME, Op::STORE_NAME, Op::DELETE_NAME]);
                if op == Op::LOAD_NAME && kind == BlockKind::Class && inlined {
                    op = Op::LOAD_GLOBAL;
                }
                self.global_op(op, &name, loc);
            }
        }
        Ok(())
    }

    fn global_op(&mut self, op: Op, mangled: &str, loc: Loc) {
        let index = self.unit().add_name(mangled);
        self.op_i(
            op,
            if op == Op::LOAD_GLOBAL {
                index << 1
            } else {
                index
            },
            loc,
        );
    }
}
