//! The symbol tables of a source as Python's module `symtable` shows them.

use crate::error::CompileError;
use crate::source::Source;
use crate::symtable::{self, BlockKind, NameScope};
use crate::{Mode, Options, code, future, parse};

/// One block; the first of a list is the module, the others are named by the places in `children`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// By the numbers of `_symtable.TYPE_*`.
    pub kind: i32,
    pub name: String,
    pub line: i32,
    pub nested: bool,
    /// Names with their flags, the scope above [`SCOPE_SHIFT`].
    pub symbols: Vec<(String, i64)>,
    pub varnames: Vec<String>,
    pub children: Vec<usize>,
}

/// Where the number of the scope begins in the flags of a symbol.
pub const SCOPE_SHIFT: u32 = 12;

/// All blocks of a source.
pub fn scopes(source: &Source, mode: Mode, opts: &Options) -> Result<Vec<Scope>, CompileError> {
    crate::on_a_large_stack(source, || {
        let tree = parse::parse(source, mode, opts)?;
        let future = future::features(tree.body(), source, opts.flags & code::flags::FUTURE_MASK)?;
        let table = symtable::build(tree.root(), source, opts, future)?;
        Ok(table.blocks.iter().map(scope).collect())
    })
}

fn scope(block: &symtable::Block) -> Scope {
    let kind = match block.kind {
        BlockKind::Function => 0,
        BlockKind::Class => 1,
        BlockKind::Module => 2,
        BlockKind::Annotation => 3,
        BlockKind::TypeAlias => 4,
        BlockKind::TypeParameters => 5,
        BlockKind::TypeVariable => 6,
    };
    let number = |scope| match scope {
        NameScope::Unknown => 0,
        NameScope::Local => 1,
        NameScope::GlobalExplicit => 2,
        NameScope::GlobalImplicit => 3,
        NameScope::Free => 4,
        NameScope::Cell => 5i64,
    };
    let symbols = block.symbols.iter().map(|(name, symbol)| {
        let flags = i64::from(symbol.flags) | number(symbol.scope) << SCOPE_SHIFT;
        (name.to_string(), flags)
    });
    Scope {
        kind,
        name: block.name.to_string(),
        line: block.line,
        nested: block.nested,
        symbols: symbols.collect(),
        varnames: block.varnames.iter().map(|name| name.to_string()).collect(),
        children: block.children.iter().map(|id| id.0).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_scopes() {
        let source = Source::from_text("def f(a):\n    def g(): return a\n").unwrap();
        let scopes = scopes(&source, Mode::Exec, &Options::default()).unwrap();
        assert_eq!((scopes[0].name.as_str(), scopes[0].line), ("top", 0));
        let f = &scopes[scopes[0].children[1]];
        let flags = f.symbols.iter().find(|(name, _)| name == "a").unwrap().1;
        assert_eq!((f.line, flags >> SCOPE_SHIFT), (1, 5));
    }
}
