//! Resolves every name of every block, inner blocks after the names of the outer ones are known.

use super::{BlockId, BlockKind, Comprehension, NameScope, Symbol, SymbolTable, def};
use ruff_text_size::TextRange;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

type Names = HashSet<Rc<str>>;
type Scopes = HashMap<Rc<str>, NameScope>;

/// A violated rule about `global` or `nonlocal`, with the statement's place.
pub type Failure = (String, TextRange);

/// Names a class body makes visible to its functions without binding them.
const CLASS_CELLS: [&str; 3] = ["__class__", "__classdict__", "__conditional_annotations__"];

/// Runs the analysis over the whole table.
pub fn analyze(table: &mut SymbolTable) -> Result<(), Failure> {
    let (mut free, mut global, mut type_params) = (Names::new(), Names::new(), Names::new());
    block(
        table,
        SymbolTable::TOP,
        None,
        &mut free,
        &mut global,
        &mut type_params,
        None,
    )
}

/// What the names of one block resolve to while it is analyzed.
struct Resolver<'a> {
    table: &'a SymbolTable,
    id: BlockId,
    scopes: Scopes,
    local: Names,
}

impl Resolver<'_> {
    fn directive(&self, name: &str, msg: String) -> Failure {
        let place = self.table[self.id]
            .directives
            .iter()
            .find(|(n, _)| **n == *name);
        (msg, place.map(|(_, range)| *range).unwrap_or_default())
    }

    #[allow(clippy::too_many_arguments)]
    fn name(
        &mut self,
        name: &Rc<str>,
        flags: u32,
        bound: Option<&mut Names>,
        free: &mut Names,
        global: &mut Names,
        type_params: &mut Names,
        class: Option<BlockId>,
    ) -> Result<(), Failure> {
        let scope = if flags & def::GLOBAL != 0 {
            if flags & def::NONLOCAL != 0 {
                return Err(self.directive(name, format!("name '{name}' is nonlocal and global")));
            }
            global.insert(name.clone());
            if let Some(bound) = bound {
                bound.remove(name);
            }
            NameScope::GlobalExplicit
        } else if flags & def::NONLOCAL != 0 {
            let Some(bound) = bound else {
                return Err(self.directive(
                    name,
                    "nonlocal declaration not allowed at module level".into(),
                ));
            };
            if !bound.contains(name) {
                return Err(self.directive(name, format!("no binding for nonlocal '{name}' found")));
            }
            if type_params.contains(name) {
                let msg = format!("nonlocal binding not allowed for type parameter '{name}'");
                return Err(self.directive(name, msg));
            }
            free.insert(name.clone());
            NameScope::Free
        } else if flags & def::BOUND != 0 {
            self.local.insert(name.clone());
            global.remove(name);
            if flags & def::TYPE_PARAM != 0 {
                type_params.insert(name.clone());
            } else {
                type_params.remove(name);
            }
            NameScope::Local
        } else {
            self.used(name, bound, free, class)
        };
        self.scopes.insert(name.clone(), scope);
        Ok(())
    }

    /// A name that the block uses without binding it.
    fn used(
        &self,
        name: &Rc<str>,
        bound: Option<&mut Names>,
        free: &mut Names,
        class: Option<BlockId>,
    ) -> NameScope {
        if let Some(class) = class
            && &**name != "__classdict__"
        {
            let flags = self.table[class].symbols.flags(name);
            if flags & def::GLOBAL != 0 {
                return NameScope::GlobalExplicit;
            }
            if flags & def::BOUND != 0 && flags & def::NONLOCAL == 0 {
                return NameScope::GlobalImplicit;
            }
        }
        if bound.is_some_and(|bound| bound.contains(name)) {
            free.insert(name.clone());
            return NameScope::Free;
        }
        NameScope::GlobalImplicit
    }
}

#[allow(clippy::too_many_arguments)]
fn block(
    table: &mut SymbolTable,
    id: BlockId,
    mut bound: Option<&mut Names>,
    free: &mut Names,
    global: &mut Names,
    type_params: &mut Names,
    class: Option<BlockId>,
) -> Result<(), Failure> {
    stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
        let is_class = table[id].kind == BlockKind::Class;
        let function_like = table[id].is_function_like();
        let mut new_global = Names::new();
        let mut new_bound = Names::new();
        let mut new_free = Names::new();
        if is_class {
            // A class's names are invisible to its functions, so these sets leave out what it binds.
            new_global.extend(global.iter().cloned());
            if let Some(bound) = &bound {
                new_bound.extend(bound.iter().cloned());
            }
        }
        let names: Vec<(Rc<str>, Symbol)> = table[id]
            .symbols
            .iter()
            .map(|(n, s)| (n.clone(), s))
            .collect();
        let mut resolver = Resolver {
            table,
            id,
            scopes: Scopes::new(),
            local: Names::new(),
        };
        for (name, symbol) in &names {
            resolver.name(
                name,
                symbol.flags,
                bound.as_deref_mut(),
                free,
                global,
                type_params,
                class,
            )?;
        }
        let Resolver {
            mut scopes, local, ..
        } = resolver;
        if is_class {
            new_bound.extend(CLASS_CELLS.iter().map(|name| Rc::from(*name)));
        } else {
            if function_like {
                new_bound.extend(local.iter().cloned());
            }
            if let Some(bound) = &bound {
                new_bound.extend(bound.iter().cloned());
            }
            new_global.extend(global.iter().cloned());
        }
        let mut inlined_cells = Names::new();
        let children = table[id].children.clone();
        for &child in &children {
            let child_class = match table[child].can_see_class_scope {
                true if is_class => Some(id),
                true => class,
                false => None,
            };
            let inline = !matches!(
                table[child].comprehension,
                Comprehension::No | Comprehension::Generator
            ) && !table[id].can_see_class_scope;
            let (mut b, mut g, mut t) =
                (new_bound.clone(), new_global.clone(), type_params.clone());
            let mut child_free = Names::new();
            block(
                table,
                child,
                Some(&mut b),
                &mut child_free,
                &mut g,
                &mut t,
                child_class,
            )?;
            if inline {
                inline_comprehension(
                    table,
                    id,
                    child,
                    &mut scopes,
                    &mut child_free,
                    &mut inlined_cells,
                );
                table[child].comp_inlined = true;
            }
            new_free.extend(child_free);
        }
        let mut spliced = Vec::with_capacity(children.len());
        for child in children {
            if table[child].comp_inlined {
                spliced.extend(table[child].children.iter().copied());
            } else {
                spliced.push(child);
            }
        }
        table[id].children = spliced;
        if function_like {
            for (name, scope) in &mut scopes {
                if *scope == NameScope::Local
                    && (new_free.contains(name) || inlined_cells.contains(name))
                {
                    *scope = NameScope::Cell;
                    new_free.remove(name);
                }
            }
        } else if is_class {
            let block = &mut table[id];
            block.needs_class_closure |= new_free.remove("__class__");
            block.needs_classdict |= new_free.remove("__classdict__");
            block.has_conditional_annotations |= new_free.remove("__conditional_annotations__");
        }
        update(
            table,
            id,
            &scopes,
            bound.as_deref(),
            &new_free,
            &inlined_cells,
        );
        free.extend(new_free);
        Ok(())
    })
}

/// Merges the names of a comprehension into the block that will run its loop.
fn inline_comprehension(
    table: &mut SymbolTable,
    id: BlockId,
    comp: BlockId,
    scopes: &mut Scopes,
    comp_free: &mut Names,
    inlined_cells: &mut Names,
) {
    let is_class = table[id].kind == BlockKind::Class;
    let names: Vec<(Rc<str>, Symbol)> = table[comp]
        .symbols
        .iter()
        .map(|(n, s)| (n.clone(), s))
        .collect();
    let mut dropped = Vec::new();
    for (name, symbol) in names {
        if symbol.flags & def::PARAM != 0 {
            continue;
        }
        let mut scope = symbol.scope;
        if scope == NameScope::Cell || symbol.flags & def::COMP_CELL != 0 {
            inlined_cells.insert(name.clone());
        }
        match table[id].symbols.get(&name) {
            None => {
                if scope == NameScope::Free && is_class && CLASS_CELLS.contains(&&*name) {
                    // The class has no cell of that name for its own body.
                    scope = NameScope::GlobalImplicit;
                    if !free_in_children(table, comp, &name) {
                        comp_free.remove(&name);
                    }
                    dropped.push(name.clone());
                }
                table[id].symbols.insert(
                    name.clone(),
                    Symbol {
                        flags: symbol.flags,
                        scope,
                    },
                );
                scopes.insert(name, scope);
            }
            Some(existing) => {
                // What is free in the comprehension and local outside is now simply local.
                if existing.flags & def::BOUND != 0
                    && !is_class
                    && !free_in_children(table, comp, &name)
                {
                    comp_free.remove(&name);
                }
            }
        }
    }
    for name in dropped {
        table[comp].symbols.remove(&name);
    }
}

fn free_in_children(table: &SymbolTable, comp: BlockId, name: &str) -> bool {
    table[comp]
        .children
        .iter()
        .any(|&child| table[child].symbols.scope(name) == NameScope::Free)
}

/// Writes the resolution into the block's symbols, and adds names that only pass through it to inner blocks.
fn update(
    table: &mut SymbolTable,
    id: BlockId,
    scopes: &Scopes,
    bound: Option<&Names>,
    free: &Names,
    inlined_cells: &Names,
) {
    let block = &mut table[id];
    let is_class = block.kind == BlockKind::Class;
    let sees_class = block.can_see_class_scope;
    for entry in block.symbols.entries.iter_mut().flatten() {
        if let Some(&scope) = scopes.get(&entry.0) {
            entry.1.scope = scope;
        }
        if inlined_cells.contains(&entry.0) {
            entry.1.flags |= def::COMP_CELL;
        }
    }
    for name in free {
        match block.symbols.get(name) {
            Some(symbol) => {
                // A scope that looks into the class first may need the same name from outside for what stands in it.
                let hides = is_class && symbol.flags & (def::BOUND | def::GLOBAL) != 0;
                if hides || sees_class {
                    let flags = symbol.flags | def::FREE_CLASS;
                    block
                        .symbols
                        .insert(name.clone(), Symbol { flags, ..symbol });
                }
            }
            None => {
                if bound.is_none_or(|bound| bound.contains(name)) {
                    block.symbols.insert(
                        name.clone(),
                        Symbol {
                            flags: 0,
                            scope: NameScope::Free,
                        },
                    );
                }
            }
        }
    }
}
