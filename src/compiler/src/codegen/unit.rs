//! The state of one code object while its code is generated.

use super::blocks::FBlock;
use super::{Compiler, Res};
use crate::code::Const;
use crate::error::{CompileError, ErrorKind};
use crate::ir::{Arg, Instr, InstrSeq, Item, Label, Loc, Unit};
use crate::opcode::{Op, resume};
use crate::symtable::{BlockId, NameScope, def};
use ruff_python_ast::StmtAnnAssign;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// Scopes nest this deep at most: every level's qualified name holds all the others.
const MAX_SCOPES: usize = 1000;

/// What kind of code a unit holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
    TypeParams,
    Annotations,
}

/// Strings with an index, in order of first use.
#[derive(Default)]
pub struct NameTable {
    list: Vec<Rc<str>>,
    index: HashMap<Rc<str>, u32>,
}

impl NameTable {
    pub fn add(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.index.get(name) {
            return index;
        }
        let name: Rc<str> = name.into();
        let index = self.list.len() as u32;
        self.index.insert(name.clone(), index);
        self.list.push(name);
        index
    }
    pub fn get(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }
    pub fn len(&self) -> usize {
        self.list.len()
    }
    pub fn first(&self) -> Option<Rc<str>> {
        self.list.first().cloned()
    }
    /// Gives the first name another spelling; its index stays.
    pub fn rename_first(&mut self, name: &str) {
        if let Some(first) = self.list.first_mut() {
            *first = name.into();
        }
    }
    fn into_strings(self) -> Vec<String> {
        self.list.iter().map(|name| name.to_string()).collect()
    }
}

/// A code object being made.
pub struct UnitState<'a> {
    pub block: BlockId,
    pub kind: ScopeKind,
    pub name: String,
    pub qualname: String,
    pub private: Option<String>,
    pub first_line: u32,
    /// argcount (positional-only included), positional-only, keyword-only
    pub counts: [u32; 3],
    consts: Vec<Const>,
    const_index: HashMap<Const, u32>,
    names: NameTable,
    pub varnames: NameTable,
    pub cellvars: NameTable,
    pub freevars: NameTable,
    /// Names that are fast locals in a module or class while an inlined comprehension runs.
    pub fast_hidden: HashMap<Rc<str>, bool>,
    pub seq: InstrSeq,
    /// Where a module's annotation function is made, once known.
    annotations_code: Option<InstrSeq>,
    pub fblocks: Vec<FBlock<'a>>,
    pub in_inlined_comp: u32,
    pub in_conditional_block: bool,
    /// Annotated names whose annotations wait for the end of the block, with their condition's number.
    pub deferred: Vec<(&'a StmtAnnAssign, Option<u32>)>,
    pub next_condition: u32,
    pub static_attributes: BTreeSet<Rc<str>>,
}

impl UnitState<'_> {
    pub fn add_const(&mut self, value: Const) -> u32 {
        if let Some(&index) = self.const_index.get(&value) {
            return index;
        }
        let index = self.consts.len() as u32;
        self.const_index.insert(value.clone(), index);
        self.consts.push(value);
        index
    }
    pub fn add_name(&mut self, name: &str) -> u32 {
        self.names.add(name)
    }

    /// Emits into a separate sequence until [`UnitState::end_annotations`].
    pub fn start_annotations(&mut self) -> InstrSeq {
        let labels = self.seq.next_label;
        std::mem::replace(
            &mut self.seq,
            InstrSeq {
                items: Vec::new(),
                next_label: labels,
            },
        )
    }
    pub fn end_annotations(&mut self, main: InstrSeq) {
        let labels = self.seq.next_label;
        let code = std::mem::replace(&mut self.seq, main);
        self.seq.next_label = labels;
        self.annotations_code = Some(code);
    }

    /// Hands over to the back end.
    pub fn finish(mut self, filename: Arc<str>, flags: u32) -> Unit {
        let code = self.annotations_code.take().unwrap_or_default();
        let marker = |item: &Item| matches!(item, Item::Instr(instr) if instr.op == Op::ANNOTATIONS_PLACEHOLDER);
        if let Some(at) = self.seq.items.iter().position(marker) {
            self.seq.items.splice(at..=at, code.items);
        }
        let mut hidden: Vec<String> = self
            .fast_hidden
            .keys()
            .map(|name| name.to_string())
            .collect();
        hidden.sort();
        let [argcount, posonlyargcount, kwonlyargcount] = self.counts;
        Unit {
            name: self.name,
            qualname: self.qualname,
            filename,
            flags,
            first_lineno: self.first_line,
            argcount,
            posonlyargcount,
            kwonlyargcount,
            varnames: self.varnames.into_strings(),
            fast_hidden: hidden,
            cellvars: self.cellvars.into_strings(),
            freevars: self.freevars.into_strings(),
            names: self.names.into_strings(),
            consts: self.consts,
            seq: self.seq,
        }
    }
}

impl<'a> Compiler<'a> {
    /// Opens a code object for a block. `private` replaces the class name used for mangling.
    pub fn enter_scope(
        &mut self,
        name: &str,
        kind: ScopeKind,
        block: BlockId,
        first_line: u32,
        private: Option<&str>,
        counts: [u32; 3],
    ) -> Res {
        if self.units.len() >= MAX_SCOPES {
            let msg = "maximum recursion depth exceeded during compilation";
            return Err(CompileError::new(ErrorKind::Recursion, msg));
        }
        let entry = &self.table[block];
        let mut varnames = NameTable::default();
        for param in &entry.varnames {
            varnames.add(param);
        }
        let sorted = |wanted: NameScope, flag: u32| {
            let names: BTreeSet<Rc<str>> = entry
                .symbols
                .iter()
                .filter(|(_, symbol)| symbol.scope == wanted || symbol.flags & flag != 0)
                .map(|(name, _)| name.clone())
                .collect();
            let mut table = NameTable::default();
            for name in names {
                table.add(&name);
            }
            table
        };
        let mut cellvars = sorted(NameScope::Cell, def::COMP_CELL);
        for (needed, cell) in [
            (entry.needs_class_closure, "__class__"),
            (entry.needs_classdict, "__classdict__"),
            (
                entry.has_conditional_annotations,
                "__conditional_annotations__",
            ),
        ] {
            if needed {
                cellvars.add(cell);
            }
        }
        let freevars = sorted(NameScope::Free, def::FREE_CLASS);
        let private = match (private, self.units.last()) {
            (Some(private), _) => Some(private.to_string()),
            (None, Some(outer)) => outer.private.clone(),
            (None, None) => None,
        };
        let qualname = self.qualname(name, kind);
        self.units.push(UnitState {
            block,
            kind,
            name: name.to_string(),
            qualname,
            private,
            first_line,
            counts,
            consts: Vec::new(),
            const_index: HashMap::new(),
            names: NameTable::default(),
            varnames,
            cellvars,
            freevars,
            fast_hidden: HashMap::new(),
            seq: InstrSeq::default(),
            annotations_code: None,
            fblocks: Vec::new(),
            in_inlined_comp: 0,
            in_conditional_block: false,
            deferred: Vec::new(),
            next_condition: 0,
            static_attributes: BTreeSet::new(),
        });
        let line = first_line as i32;
        let mut loc = Loc {
            line,
            end_line: line,
            col: 0,
            end_col: 0,
        };
        if kind == ScopeKind::Module {
            loc.line = 0;
        }
        self.op_i(Op::RESUME, resume::AT_FUNC_START, loc);
        if kind == ScopeKind::Module {
            self.op(Op::ANNOTATIONS_PLACEHOLDER, Loc::NONE);
        }
        Ok(())
    }

    pub(super) fn qualname(&self, name: &str, kind: ScopeKind) -> String {
        let mut depth = self.units.len();
        if depth <= 1 {
            return name.to_string();
        }
        let mut parent = &self.units[depth - 1];
        if matches!(parent.kind, ScopeKind::TypeParams | ScopeKind::Annotations) {
            if depth == 2 {
                return name.to_string();
            }
            depth -= 1;
            parent = &self.units[depth - 1];
        }
        if matches!(
            kind,
            ScopeKind::Function | ScopeKind::AsyncFunction | ScopeKind::Class
        ) {
            let block = &self.table[parent.block];
            let mangled = block.mangle(parent.private.as_deref(), name);
            if block.symbols.scope(&mangled) == NameScope::GlobalExplicit {
                return name.to_string();
            }
        }
        match parent.kind {
            ScopeKind::Function | ScopeKind::AsyncFunction | ScopeKind::Lambda => {
                format!("{}.<locals>.{name}", parent.qualname)
            }
            _ => format!("{}.{name}", parent.qualname),
        }
    }

    /// Wraps a generator's code so that StopIteration does not leak out of it.
    pub fn stop_iteration_handler(&mut self) {
        let handler = self.label();
        let setup = Instr {
            op: Op::SETUP_CLEANUP,
            arg: Arg::Label(handler),
            loc: Loc::NONE,
        };
        self.unit().seq.items.insert(0, Item::Instr(setup));
        self.load_none(Loc::NONE);
        self.op(Op::RETURN_VALUE, Loc::NONE);
        self.put(handler);
        self.op_i(
            Op::CALL_INTRINSIC_1,
            crate::opcode::intrinsic1::STOPITERATION_ERROR,
            Loc::NONE,
        );
        self.op_i(Op::RERAISE, 1, Loc::NONE);
    }

    /// The block of an AST node, which the symbol table must know.
    pub fn lookup(&self, key: crate::symtable::BlockKey) -> Res<BlockId> {
        self.table
            .lookup(key)
            .ok_or_else(|| CompileError::internal("a scope is missing from the symbol table"))
    }

    pub fn new_labels<const N: usize>(&mut self) -> [Label; N] {
        std::array::from_fn(|_| self.label())
    }

    /// Names of the code being generated that are hidden fast locals right now.
    pub fn is_fast_hidden(&self, name: &str) -> bool {
        self.unit_ref()
            .fast_hidden
            .get(name)
            .copied()
            .unwrap_or(false)
    }

    /// The set of names stored through `self` in the class's methods.
    pub fn note_static_attribute(&mut self, attr: &str) {
        let last = self.units.len().saturating_sub(1);
        if let Some(class) = self.units[..last]
            .iter_mut()
            .rev()
            .find(|unit| unit.kind == ScopeKind::Class)
        {
            class.static_attributes.insert(attr.into());
        }
    }
}
