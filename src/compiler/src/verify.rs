//! Whether a code object can be run without looking at each instruction again.
//!
//! Code comes from `.pyc` files, from `marshal` and from `code.replace()`, so anything may be in it. What passes here
//! has only real opcodes with operands in range, jumps to instructions, one stack depth per instruction whichever way
//! control gets there, handlers that fit below the stack they cut, and never runs off its end. What is *not* known of
//! it: which types are on the stack (the target of `LIST_APPEND` may be no list, a `NULL` may stand where a value is
//! wanted), whether a local is bound, whether a cell slot holds a cell. Those are checked when the code runs.

use crate::code::{Code, flags, kinds};
use crate::dis::{Instruction, instructions};
use crate::flow::exctable::Handler;
use crate::flow::operands::{consumed, peeked};
use crate::opcode::{
    Op, binary, common_constant, compare, intrinsic1, intrinsic2, special, stack_effect,
};

/// The stack depth before each instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StackMap {
    /// By code unit.
    depths: Vec<u32>,
    max_depth: u32,
}

/// No instruction starts here.
const INSIDE: u32 = u32::MAX;
/// An instruction starts here that control never reaches.
const UNREACHED: u32 = u32::MAX - 1;
/// Deeper stacks are refused, whatever `co_stacksize` says.
const MAX_STACK: u32 = 1 << 24;

impl StackMap {
    /// The depth before the instruction that starts (with its `EXTENDED_ARG`s) at this byte offset; `None` if none
    /// starts there or it is never reached.
    pub fn depth(&self, offset: u32) -> Option<u32> {
        self.depths
            .get(offset as usize / 2)
            .copied()
            .filter(|&d| d < UNREACHED && offset.is_multiple_of(2))
    }
    /// Whether an instruction starts at this byte offset.
    pub fn is_start(&self, offset: u32) -> bool {
        offset.is_multiple_of(2)
            && self
                .depths
                .get(offset as usize / 2)
                .is_some_and(|&d| d != INSIDE)
    }
    /// The deepest the stack gets; at most `stacksize`.
    pub fn max_depth(&self) -> u32 {
        self.max_depth
    }
}

type Result<T> = std::result::Result<T, String>;

/// Checks a code object (not those among its constants).
pub fn verify(code: &Code) -> Result<StackMap> {
    let mut verifier = Verifier::new(code)?;
    verifier.check_variables()?;
    for at in 0..verifier.instructions.len() {
        verifier.check_operand(&verifier.instructions[at])?;
    }
    verifier.check_generator()?;
    verifier.read_handlers()?;
    verifier.flow()?;
    Ok(verifier.map)
}

struct Verifier<'a> {
    code: &'a Code,
    instructions: Vec<Instruction>,
    /// By code unit, the index of the instruction that starts there.
    index: Vec<u32>,
    handlers: Vec<Handler>,
    map: StackMap,
}

impl<'a> Verifier<'a> {
    fn new(code: &'a Code) -> Result<Verifier<'a>> {
        let units = code.code.len() / 2;
        if code.code.is_empty()
            || !code.code.len().is_multiple_of(2)
            || i32::try_from(code.code.len()).is_err()
        {
            return Err("code has a bad length".into());
        }
        if code.stacksize > MAX_STACK {
            return Err("stack too deep".into());
        }
        let mut index = vec![u32::MAX; units];
        let mut depths = vec![INSIDE; units];
        let instructions: Vec<Instruction> = instructions(&code.code).collect();
        for (at, ins) in instructions.iter().enumerate() {
            if ins.end as usize > code.code.len() {
                return Err(format!("instruction at {} is cut off", ins.offset));
            }
            if ins.offset - ins.start > 6 {
                return Err(format!("too many prefixes at {}", ins.start));
            }
            index[ins.start as usize / 2] = at as u32;
            depths[ins.start as usize / 2] = UNREACHED;
        }
        let map = StackMap {
            depths,
            max_depth: 0,
        };
        Ok(Verifier {
            code,
            instructions,
            index,
            handlers: Vec::new(),
            map,
        })
    }

    fn check_variables(&self) -> Result<()> {
        let code = self.code;
        let kind = &code.localspluskinds;
        if kind.len() != code.localsplusnames.len() {
            return Err("as many kinds as variables are needed".into());
        }
        let stars = [flags::VARARGS, flags::VARKEYWORDS]
            .iter()
            .filter(|&f| code.flags & f != 0)
            .count();
        let arguments = u64::from(code.argcount) + u64::from(code.kwonlyargcount) + stars as u64;
        if code.posonlyargcount > code.argcount {
            return Err("more positional-only than positional arguments".into());
        }
        if arguments > kind.len() as u64
            || kind[..arguments as usize]
                .iter()
                .any(|k| k & kinds::LOCAL == 0)
        {
            return Err("arguments without variables".into());
        }
        // Frames are laid out as locals, cells, free variables.
        let group = |k: u8| match k & (kinds::LOCAL | kinds::CELL | kinds::FREE) {
            kinds::CELL => Some(1),
            kinds::FREE => Some(2),
            k if k & kinds::LOCAL != 0 && k & kinds::FREE == 0 => Some(0),
            _ => None,
        };
        let groups: Option<Vec<u8>> = kind.iter().map(|&k| group(k)).collect();
        match groups {
            Some(groups) if groups.is_sorted() => Ok(()),
            _ => Err("variables of unknown kind or out of order".into()),
        }
    }

    fn check_operand(&self, ins: &Instruction) -> Result<()> {
        let code = self.code;
        let bad = || {
            Err(format!(
                "operand {} of instruction {} at {} is out of range",
                ins.arg, ins.opcode, ins.offset
            ))
        };
        let Some(op) = ins.op else {
            return Err(format!("unknown opcode {} at {}", ins.opcode, ins.offset));
        };
        let arg = ins.arg as usize;
        let kind = |index: usize| code.localspluskinds.get(index).copied();
        if i32::try_from(ins.arg).is_err() {
            return bad();
        }
        let in_range = match op {
            Op::CACHE
            | Op::RESERVED
            | Op::INTERPRETER_EXIT
            | Op::EXIT_INIT_CHECK
            | Op::EXTENDED_ARG => {
                return Err(format!("{} at {} cannot be run", op.name(), ins.offset));
            }
            _ if op.number() >= Op::INSTRUMENTED_END_FOR.number() => {
                return Err(format!("{} at {} cannot be run", op.name(), ins.offset));
            }
            Op::LOAD_DEREF | Op::STORE_DEREF | Op::DELETE_DEREF | Op::LOAD_FROM_DICT_OR_DEREF => {
                kind(arg).is_some_and(|k| k & (kinds::CELL | kinds::FREE) != 0)
            }
            Op::MAKE_CELL => kind(arg).is_some_and(|k| k & kinds::CELL != 0),
            Op::COPY_FREE_VARS => {
                arg == code
                    .localspluskinds
                    .iter()
                    .filter(|&&k| k & kinds::FREE != 0)
                    .count()
            }
            Op::LOAD_FAST_LOAD_FAST
            | Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW
            | Op::STORE_FAST_LOAD_FAST
            | Op::STORE_FAST_STORE_FAST => kind(arg >> 4).is_some() && kind(arg & 15).is_some(),
            Op::LOAD_GLOBAL | Op::LOAD_ATTR => arg >> 1 < code.names.len(),
            Op::LOAD_SUPER_ATTR => arg >> 2 < code.names.len(),
            Op::BINARY_OP => arg < binary::SYMBOLS.len(),
            Op::COMPARE_OP => arg >> 5 < compare::SYMBOLS.len(),
            Op::CALL_INTRINSIC_1 => (1..intrinsic1::NAMES.len()).contains(&arg),
            Op::CALL_INTRINSIC_2 => (1..intrinsic2::NAMES.len()).contains(&arg),
            Op::LOAD_COMMON_CONSTANT => arg < common_constant::NAMES.len(),
            Op::LOAD_SPECIAL => arg < special::NAMES.len(),
            Op::LOAD_SMALL_INT => arg < 256,
            Op::IS_OP | Op::CONTAINS_OP => arg < 2,
            Op::CONVERT_VALUE => (1..=3).contains(&arg),
            Op::RAISE_VARARGS => arg < 3,
            Op::BUILD_SLICE => arg == 2 || arg == 3,
            Op::COPY
            | Op::SWAP
            | Op::LIST_APPEND
            | Op::LIST_EXTEND
            | Op::SET_ADD
            | Op::SET_UPDATE => arg >= 1,
            Op::MAP_ADD | Op::DICT_UPDATE | Op::DICT_MERGE => arg >= 1,
            Op::SET_FUNCTION_ATTRIBUTE => ins.arg.is_power_of_two() && arg <= 16,
            Op::UNPACK_EX => arg >> 8 < 1 << 16,
            _ if op.has_const() => arg < code.consts.len(),
            _ if op.has_name() => arg < code.names.len(),
            _ if op.has_local() || op.has_free() => kind(arg).is_some(),
            _ => true,
        };
        if in_range { Ok(()) } else { bad() }
    }

    /// The frame of a generator is made by `RETURN_GENERATOR`, once, before anything but the making of cells; nothing
    /// yields without it.
    fn check_generator(&self) -> Result<()> {
        const ANY: u32 = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;
        let count = |op| {
            self.instructions
                .iter()
                .filter(|i| i.op == Some(op))
                .count()
        };
        if self.code.flags & ANY == 0 {
            if count(Op::RETURN_GENERATOR) + count(Op::YIELD_VALUE) > 0 {
                return Err("yield outside of a generator".into());
            }
            return Ok(());
        }
        let is_prefix = |i: &&Instruction| matches!(i.op, Some(Op::COPY_FREE_VARS | Op::MAKE_CELL));
        let at = self.instructions.iter().take_while(is_prefix).count();
        let make = self
            .instructions
            .get(at)
            .filter(|i| i.op == Some(Op::RETURN_GENERATOR));
        let Some(make) = make else {
            return Err("a generator must start with RETURN_GENERATOR".into());
        };
        let jumps_back = self
            .instructions
            .iter()
            .any(|i| i.jump_target().is_some_and(|t| t <= make.start));
        if count(Op::RETURN_GENERATOR) != 1 || jumps_back {
            return Err("RETURN_GENERATOR runs once".into());
        }
        Ok(())
    }

    /// The instruction at a code unit.
    fn instruction_at(&self, unit: u32) -> Result<usize> {
        match self.index.get(unit as usize) {
            Some(&at) if at != u32::MAX => Ok(at as usize),
            _ => Err(format!("no instruction at {}", u64::from(unit) * 2)),
        }
    }

    fn read_handlers(&mut self) -> Result<()> {
        let mut rows = self.code.handlers();
        let mut last_end = 0;
        for row in rows.by_ref() {
            let whole = self.index.len() as u32;
            if row.start < last_end
                || row.end <= row.start
                || row.end > whole
                || row.depth > MAX_STACK
            {
                return Err(format!(
                    "bad exception table entry for {}",
                    u64::from(row.start) * 2
                ));
            }
            self.instruction_at(row.start)?;
            if row.end < whole {
                self.instruction_at(row.end)?;
            }
            self.instruction_at(row.target)?;
            last_end = row.end;
            self.handlers.push(row);
        }
        if rows.is_exhausted() {
            Ok(())
        } else {
            Err("malformed exception table".into())
        }
    }

    /// Walks every path and compares stack depths where paths meet.
    fn flow(&mut self) -> Result<()> {
        // The handler of each instruction; the table is sorted, so one sweep finds them.
        let mut handler_of = vec![u32::MAX; self.instructions.len()];
        for (h, row) in self.handlers.iter().enumerate() {
            let first = self.index[row.start as usize] as usize;
            for (at, ins) in self.instructions.iter().enumerate().skip(first) {
                if ins.start / 2 >= row.end {
                    break;
                }
                handler_of[at] = h as u32;
            }
        }
        let mut todo = Vec::new();
        self.arrive(&mut todo, 0, 0)?;
        while let Some(at) = todo.pop() {
            let ins = self.instructions[at];
            // Checked with the operand.
            let Some(op) = ins.op else { continue };
            let depth = self.map.depths[ins.start as usize / 2];
            let taken = consumed(op, ins.arg);
            if taken.saturating_add(peeked(op, ins.arg)) > depth as usize {
                return Err(format!(
                    "{} at {} needs more than the {depth} items of the stack",
                    op.name(),
                    ins.offset
                ));
            }
            if op != Op::NOT_TAKEN
                && let Some(handler) = self.handlers.get(handler_of[at] as usize).copied()
            {
                // The first cannot raise; the second raises with what was sent in back on the stack.
                let gone = if matches!(op, Op::PUSH_EXC_INFO | Op::YIELD_VALUE) {
                    0
                } else {
                    taken
                };
                if handler.depth as usize > depth as usize - gone {
                    return Err(format!(
                        "handler of {} at {} lies above the stack",
                        op.name(),
                        ins.offset
                    ));
                }
                self.arrive(
                    &mut todo,
                    handler.target,
                    handler.depth + 1 + u32::from(handler.lasti),
                )?;
            }
            if let Some(target) = ins.jump_target() {
                let there = self.instruction_at(target / 2)?;
                if matches!(op, Op::FOR_ITER) && self.instructions[there].op != Some(Op::END_FOR) {
                    return Err(format!(
                        "the loop at {} does not end with END_FOR",
                        ins.offset
                    ));
                }
                self.arrive(&mut todo, target / 2, after(op, ins.arg, depth, true)?)?;
            } else if op.has_jump() && op != Op::END_ASYNC_FOR {
                return Err(format!("jump out of the code at {}", ins.offset));
            }
            if !op.ends_flow() {
                self.arrive(&mut todo, ins.end / 2, after(op, ins.arg, depth, false)?)?;
            }
        }
        Ok(())
    }

    /// Control reaches a code unit with this many items on the stack.
    fn arrive(&mut self, todo: &mut Vec<usize>, unit: u32, depth: u32) -> Result<()> {
        let at = self.instruction_at(unit)?;
        if depth > self.code.stacksize {
            return Err(format!(
                "the stack holds {depth} items at {}, co_stacksize is less",
                unit * 2
            ));
        }
        let known = &mut self.map.depths[unit as usize];
        if *known == UNREACHED {
            *known = depth;
            self.map.max_depth = self.map.max_depth.max(depth);
            todo.push(at);
        } else if *known != depth {
            return Err(format!(
                "the stack holds {known} or {depth} items at {}",
                unit * 2
            ));
        }
        Ok(())
    }
}

fn after(op: Op, arg: u32, depth: u32, jump: bool) -> Result<u32> {
    let effect = stack_effect(op, arg, jump);
    effect
        .and_then(|e| depth.checked_add_signed(e))
        .ok_or_else(|| format!("bad stack effect of {}", op.name()))
}
