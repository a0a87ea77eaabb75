//! The back end: a flat instruction sequence becomes a control-flow graph, is optimized, and is assembled into
//! CPython 3.14's code, location and exception tables.
//!
//! One file per concern: the graph (`cfg`), who handles exceptions where (`handlers`), removal of the useless
//! (`cleanup`), line numbers (`lines`), constants (`constants`, `fold`), local rewriting (`peephole`, `swaps`),
//! locals (`locals`, `borrow`), block order (`layout`), real instructions (`lower`), stack depth (`depth`), bytes
//! (`assemble`, `linetable`, `exctable`). Nothing here knows Python's syntax. Called by the code generator, once
//! per code object.

mod assemble;
mod cfg;
mod cleanup;
mod depth;
pub mod exctable;
mod handlers;
mod layout;
mod lines;
pub mod linetable;
mod lower;

use crate::Options;
use crate::code::Code;
use crate::error::CompileError;
use crate::ir::Unit;

/// Optimizes and assembles one code object.
pub fn finish(unit: Unit, _opts: &Options) -> Result<Code, CompileError> {
    let mut cfg = cfg::Cfg::build(&unit.seq)?;
    handlers::mark_handlers(&mut cfg);
    handlers::label_exception_targets(&mut cfg)?;

    cleanup::inline_small_blocks(&mut cfg);
    cleanup::remove_unreachable(&mut cfg);
    lines::resolve_line_numbers(&mut cfg);
    cleanup::remove_redundant_nops_and_pairs(&mut cfg);
    cleanup::remove_unreachable(&mut cfg);
    cleanup::remove_redundant_nops_and_jumps(&mut cfg);
    layout::push_cold_blocks_to_end(&mut cfg);
    lines::resolve_line_numbers(&mut cfg);

    lower::convert_pseudo_conditional_jumps(&mut cfg);
    let stacksize = depth::calculate_stack_depth(&mut cfg)?;
    let slots = lower::prepare_localsplus(&mut cfg, &unit)?;
    lower::convert_pseudo_ops(&mut cfg);
    lower::normalize_jumps(&mut cfg);
    let assembled = assemble::assemble(&cfg, unit.first_lineno)?;

    Ok(Code {
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize,
        flags: unit.flags,
        firstlineno: unit.first_lineno,
        code: assembled.code,
        consts: unit.consts,
        names: unit.names.into_iter().map(Into::into).collect(),
        localsplusnames: slots.names,
        localspluskinds: slots.kinds,
        filename: (&*unit.filename).into(),
        name: unit.name.into(),
        qualname: unit.qualname.into(),
        linetable: assembled.linetable,
        exceptiontable: assembled.exceptiontable,
    })
}
