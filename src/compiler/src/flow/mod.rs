//! The back end: a flat instruction sequence becomes a control-flow graph, is optimized, and is assembled into
//! CPython 3.14's code, location and exception tables.
//!
//! One file per concern: the graph (`cfg`), who handles exceptions where (`handlers`), removal of the useless
//! (`cleanup`), line numbers (`lines`), constants (`constants`, `fold`), local rewriting (`peephole`, `swaps`),
//! locals (`locals`, `borrow`), block order (`layout`), real instructions (`lower`), stack depth (`depth`), bytes
//! (`assemble`, `linetable`, `exctable`). Nothing here knows Python's syntax. Called by the code generator, once
//! per code object.

mod assemble;
mod borrow;
mod cfg;
mod cleanup;
mod constants;
mod depth;
pub mod exctable;
mod fold;
mod handlers;
mod layout;
mod lines;
pub mod linetable;
mod locals;
mod lower;
pub(crate) mod operands;
mod peephole;
mod swaps;
#[cfg(test)]
mod tests;

use crate::Options;
use crate::code::{Body, Code, flags};
use crate::error::CompileError;
use crate::ir::Unit;

/// Optimizes and assembles one code object.
pub fn finish(mut unit: Unit, _opts: &Options) -> Result<Code, CompileError> {
    let mut cfg = cfg::Cfg::build(&unit.seq)?;
    handlers::mark_handlers(&mut cfg);
    handlers::label_exception_targets(&mut cfg)?;

    cleanup::inline_small_blocks(&mut cfg);
    cleanup::remove_unreachable(&mut cfg);
    lines::resolve_line_numbers(&mut cfg);
    let mut consts = constants::Constants::new(std::mem::take(&mut unit.consts));
    peephole::optimize_blocks(&mut cfg, &mut consts);
    cleanup::remove_redundant_nops_and_pairs(&mut cfg);
    cleanup::remove_unreachable(&mut cfg);
    cleanup::remove_redundant_nops_and_jumps(&mut cfg);
    consts.remove_unused(&mut cfg);
    locals::check_unbound(&mut cfg, unit.varnames.len(), parameter_count(&unit));
    locals::insert_superinstructions(&mut cfg);
    layout::push_cold_blocks_to_end(&mut cfg);
    lines::resolve_line_numbers(&mut cfg);

    lower::convert_pseudo_conditional_jumps(&mut cfg);
    let stacksize = depth::calculate_stack_depth(&mut cfg)?;
    let slots = lower::prepare_localsplus(&mut cfg, &unit)?;
    lower::convert_pseudo_ops(&mut cfg);
    lower::normalize_jumps(&mut cfg);
    // Nothing may be moved after this: a borrow relies on the order of the instructions.
    borrow::borrow_loads(&mut cfg);
    let assembled = assemble::assemble(&cfg, unit.first_lineno)?;

    Ok(Code {
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize: stacksize.max(1),
        flags: unit.flags,
        firstlineno: unit.first_lineno,
        localspluskinds: slots.kinds.into(),
        filename: (&*unit.filename).into(),
        name: unit.name.into(),
        qualname: unit.qualname.into(),
        body: Body {
            code: assembled.code.into(),
            consts: consts.into_list(),
            names: unit.names.into_iter().map(Into::into).collect(),
            localsplusnames: slots.names,
            linetable: assembled.linetable.into(),
            exceptiontable: assembled.exceptiontable.into(),
        }
        .into(),
    })
}

/// Locals that are bound from the start.
fn parameter_count(unit: &Unit) -> usize {
    let stars = [flags::VARARGS, flags::VARKEYWORDS]
        .iter()
        .filter(|&flag| unit.flags & flag != 0)
        .count();
    (unit.argcount + unit.kwonlyargcount) as usize + stars
}
