//! Symbol tables: which scope every name of every block belongs to.
//!
//! `build` walks the AST and records definitions and uses per block; `analyze` then resolves them to local,
//! cell, free or global and decides which comprehensions are inlined (PEP 709). The rules are CPython 3.14's,
//! annotation scopes (PEP 649), type parameter scopes (PEP 695) included. Nothing here emits code.

mod analyze;
mod build;

pub use build::build;

use ruff_text_size::TextRange;
use std::collections::HashMap;
use std::rc::Rc;

/// Bits of a symbol.
pub mod def {
    pub const GLOBAL: u32 = 1;
    pub const LOCAL: u32 = 2;
    pub const PARAM: u32 = 4;
    pub const NONLOCAL: u32 = 8;
    pub const USE: u32 = 16;
    pub const FREE_CLASS: u32 = 64;
    pub const IMPORT: u32 = 128;
    pub const ANNOT: u32 = 256;
    pub const COMP_ITER: u32 = 512;
    pub const TYPE_PARAM: u32 = 1024;
    pub const COMP_CELL: u32 = 2048;
    /// Anything that binds the name in its block.
    pub const BOUND: u32 = LOCAL | PARAM | IMPORT | TYPE_PARAM;
}

/// Where a name lives, as seen from one block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameScope {
    /// The block does not know the name.
    Unknown,
    Local,
    GlobalExplicit,
    GlobalImplicit,
    Free,
    Cell,
}

/// A name's entry in a block.
#[derive(Clone, Copy, Debug)]
pub struct Symbol {
    pub flags: u32,
    pub scope: NameScope,
}

/// The symbols of a block in order of first appearance.
#[derive(Clone, Default, Debug)]
pub struct Symbols {
    entries: Vec<Option<(Rc<str>, Symbol)>>,
    index: HashMap<Rc<str>, usize>,
}

impl Symbols {
    pub fn get(&self, name: &str) -> Option<Symbol> {
        let slot = *self.index.get(name)?;
        self.entries[slot].as_ref().map(|entry| entry.1)
    }
    pub fn flags(&self, name: &str) -> u32 {
        self.get(name).map_or(0, |symbol| symbol.flags)
    }
    pub fn scope(&self, name: &str) -> NameScope {
        self.get(name)
            .map_or(NameScope::Unknown, |symbol| symbol.scope)
    }
    pub fn insert(&mut self, name: Rc<str>, symbol: Symbol) {
        match self.index.get(&name) {
            Some(&slot) => self.entries[slot] = Some((name, symbol)),
            None => {
                self.index.insert(name.clone(), self.entries.len());
                self.entries.push(Some((name, symbol)));
            }
        }
    }
    pub fn remove(&mut self, name: &str) {
        if let Some(slot) = self.index.remove(name) {
            self.entries[slot] = None;
        }
    }
    pub fn iter(&self) -> impl Iterator<Item = (&Rc<str>, Symbol)> {
        self.entries
            .iter()
            .flatten()
            .map(|(name, symbol)| (name, *symbol))
    }
}

/// What a block is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockKind {
    Module,
    Class,
    Function,
    Annotation,
    TypeVariable,
    TypeAlias,
    TypeParameters,
}

/// Which comprehension a function block stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comprehension {
    No,
    List,
    Dict,
    Set,
    Generator,
}

/// Index of a block in the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BlockId(pub usize);

/// One block: module, class body, function body, annotation scope...
#[derive(Clone, Debug)]
pub struct Block {
    pub kind: BlockKind,
    pub name: Rc<str>,
    /// Where it begins; 0 for the module.
    pub line: i32,
    pub symbols: Symbols,
    /// Parameters in the order of the frame's slots.
    pub varnames: Vec<Rc<str>>,
    pub children: Vec<BlockId>,
    /// `global` and `nonlocal` statements: name and place.
    pub directives: Vec<(Rc<str>, TextRange)>,
    /// The shared annotation scope of a module or class.
    pub annotation_block: Option<BlockId>,
    /// When set, only these names are mangled here (type parameters of a class).
    pub mangled_names: Option<Vec<Rc<str>>>,
    pub comprehension: Comprehension,
    /// Words for errors in a type variable scope ("a TypeVar bound").
    pub scope_info: &'static str,
    pub nested: bool,
    pub generator: bool,
    pub coroutine: bool,
    pub async_def: bool,
    pub varargs: bool,
    pub varkeywords: bool,
    pub method: bool,
    pub has_docstring: bool,
    pub annotations_used: bool,
    pub comp_inlined: bool,
    pub comp_iter_target: bool,
    pub comp_iter_expr: u32,
    pub can_see_class_scope: bool,
    pub needs_class_closure: bool,
    pub needs_classdict: bool,
    pub has_conditional_annotations: bool,
    pub in_conditional_block: bool,
    pub in_unevaluated_annotation: bool,
}

impl Block {
    /// Whether code of the block uses fast locals.
    pub fn is_function_like(&self) -> bool {
        !matches!(self.kind, BlockKind::Module | BlockKind::Class)
    }
    /// The name as it is spelled in the block: private names of classes get the class's prefix.
    pub fn mangle(&self, private: Option<&str>, name: &str) -> Rc<str> {
        if let Some(mangled) = &self.mangled_names
            && !mangled.iter().any(|m| **m == *name)
        {
            return name.into();
        }
        mangle(private, name)
    }
}

/// `__name` inside class `C` is `_C__name`.
pub fn mangle(private: Option<&str>, name: &str) -> Rc<str> {
    let Some(private) = private else {
        return name.into();
    };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.into();
    }
    let class = private.trim_start_matches('_');
    if class.is_empty() {
        return name.into();
    }
    format!("_{class}{name}").into()
}

/// What opened a block: the address of its AST node, and which of the node's blocks is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BlockKey(usize, u8);

impl BlockKey {
    /// The body of a function, class, lambda, comprehension, alias; or a list of type parameters.
    pub fn node<T>(node: &T) -> BlockKey {
        BlockKey(std::ptr::from_ref(node).addr(), 0)
    }
    /// The annotations of a function, the bound of a type parameter.
    pub fn second<T>(node: &T) -> BlockKey {
        BlockKey(std::ptr::from_ref(node).addr(), 1)
    }
    /// The default of a type parameter.
    pub fn third<T>(node: &T) -> BlockKey {
        BlockKey(std::ptr::from_ref(node).addr(), 2)
    }
}

/// All blocks of one compilation.
#[derive(Debug, Default)]
pub struct SymbolTable {
    pub blocks: Vec<Block>,
    by_key: HashMap<BlockKey, BlockId>,
}

impl SymbolTable {
    /// The module's block.
    pub const TOP: BlockId = BlockId(0);

    pub fn lookup(&self, key: BlockKey) -> Option<BlockId> {
        self.by_key.get(&key).copied()
    }
}

impl std::ops::Index<BlockId> for SymbolTable {
    type Output = Block;
    fn index(&self, id: BlockId) -> &Block {
        &self.blocks[id.0]
    }
}
impl std::ops::IndexMut<BlockId> for SymbolTable {
    fn index_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.0]
    }
}
