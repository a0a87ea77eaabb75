//! The control-flow graph: basic blocks in an arena, linked in program order by `next`, with jumps as block ids.
//!
//! Blocks are never freed or moved; passes that reorder code relink `next`. A block ends at its first jump or
//! scope exit. What a block knows beyond its instructions (predecessors, depth, marks) belongs to the pass that
//! last computed it.

use crate::error::CompileError;
use crate::ir::{Arg, InstrSeq, Item, Loc};
use crate::opcode::Op;

/// Index of a block in [`Cfg::blocks`].
pub(super) type BlockId = u32;
/// No block.
pub(super) const NONE: BlockId = u32::MAX;
/// The block where execution begins.
pub(super) const ENTRY: BlockId = 0;

/// An instruction inside a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ins {
    pub op: Op,
    pub arg: u32,
    /// Where it jumps, or the handler a SETUP pseudo instruction installs.
    pub target: BlockId,
    /// The handler in force.
    pub except: BlockId,
    pub loc: Loc,
}

impl Ins {
    pub fn new(op: Op, arg: u32, loc: Loc) -> Ins {
        Ins {
            op,
            arg,
            target: NONE,
            except: NONE,
            loc,
        }
    }
    pub fn jump(op: Op, target: BlockId, loc: Loc) -> Ins {
        Ins {
            op,
            arg: 0,
            target,
            except: NONE,
            loc,
        }
    }
    /// Replaces the operation, keeping place and handler.
    pub fn set(&mut self, op: Op, arg: u32) {
        self.op = op;
        self.arg = arg;
    }
    pub fn set_nop(&mut self) {
        self.set(Op::NOP, 0);
    }
    pub fn has_line(&self) -> bool {
        self.loc.line >= 0
    }
}

/// A basic block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub ins: Vec<Ins>,
    pub next: BlockId,
    /// Some instruction names this block.
    pub labelled: bool,
    pub predecessors: u32,
    /// Stack depth at entry; negative while unknown.
    pub depth: i32,
    /// As an exception handler, it gets the offset of the raising instruction pushed.
    pub lasti: bool,
    pub is_handler: bool,
    pub visited: bool,
    pub cold: bool,
    pub warm: bool,
    /// Locals below 64 that may be unbound at entry.
    pub unsafe_locals: u64,
    /// By position, the handlers of instructions that were removed from the end; see [`Block::append`].
    stale: Vec<BlockId>,
}

impl Block {
    fn new() -> Block {
        Block {
            ins: Vec::new(),
            next: NONE,
            labelled: false,
            predecessors: 0,
            depth: -1,
            lasti: false,
            is_handler: false,
            visited: false,
            cold: false,
            warm: false,
            unsafe_locals: 0,
            stale: Vec::new(),
        }
    }
    /// Shortens the block.
    pub fn truncate(&mut self, len: usize) {
        if !self.stale.is_empty() || self.ins[len..].iter().any(|i| i.except != NONE) {
            self.stale
                .resize(self.stale.len().max(self.ins.len()), NONE);
            for (at, ins) in self.ins.iter().enumerate().skip(len) {
                self.stale[at] = ins.except;
            }
        }
        self.ins.truncate(len);
    }
    /// Adds a jump or a marker behind the last instruction.
    ///
    /// CPython writes such an instruction over what a removed one left behind, its handler included, and protects
    /// it only then. Doing the same gives the same exception table. It is harmless for `NOT_TAKEN`, which cannot
    /// raise; a jump backwards can, and gets no handler but that of its neighbour.
    pub fn append(&mut self, mut ins: Ins) {
        let stale = self.stale.get(self.ins.len()).copied().unwrap_or(NONE);
        if ins.op == Op::NOT_TAKEN || self.ins.last().is_some_and(|last| last.except == stale) {
            ins.except = stale;
        }
        self.ins.push(ins);
    }
    pub fn last_op(&self) -> Option<Op> {
        self.ins.last().map(|i| i.op)
    }
    /// Control may run on into the next block.
    pub fn falls_through(&self) -> bool {
        !self.last_op().is_some_and(Op::ends_flow)
    }
    pub fn exits_scope(&self) -> bool {
        self.last_op().is_some_and(is_scope_exit)
    }
    pub fn has_no_line(&self) -> bool {
        !self.ins.iter().any(Ins::has_line)
    }
    /// The target of the jump that ends this block.
    pub fn jump_target(&self) -> Option<BlockId> {
        self.ins
            .last()
            .filter(|i| i.op.has_jump())
            .map(|i| i.target)
    }
}

pub(super) fn is_scope_exit(op: Op) -> bool {
    matches!(op, Op::RETURN_VALUE | Op::RAISE_VARARGS | Op::RERAISE)
}

/// Jumps whose direction is not decided yet and that are always taken.
pub(super) fn is_unconditional(op: Op) -> bool {
    matches!(
        op,
        Op::JUMP
            | Op::JUMP_NO_INTERRUPT
            | Op::JUMP_FORWARD
            | Op::JUMP_BACKWARD
            | Op::JUMP_BACKWARD_NO_INTERRUPT
    )
}

/// Where annotations would have gone; means nothing here.
fn is_placeholder(op: Op) -> bool {
    op == Op::ANNOTATIONS_PLACEHOLDER
}

/// Ends a basic block.
fn is_terminator(op: Op) -> bool {
    op.has_jump() || is_scope_exit(op)
}

/// The graph of one code object.
pub(super) struct Cfg {
    pub blocks: Vec<Block>,
}

impl Cfg {
    /// Cuts the flat sequence into blocks and resolves labels to blocks.
    pub fn build(seq: &InstrSeq) -> Result<Cfg, CompileError> {
        // Labels are positions between instructions; several may name the same one.
        let mut position = vec![u32::MAX; seq.next_label as usize];
        let mut count = 0u32;
        for item in &seq.items {
            match item {
                Item::Label(l) => {
                    *position
                        .get_mut(l.0 as usize)
                        .ok_or_else(|| CompileError::internal("unknown label"))? = count;
                }
                Item::Instr(i) => count += u32::from(!is_placeholder(i.op)),
            }
        }
        let mut targeted = vec![false; count as usize];
        for item in &seq.items {
            if let Item::Instr(i) = item
                && i.op.has_label()
            {
                *targeted
                    .get_mut(label_position(i.arg, &position)? as usize)
                    .ok_or_else(|| CompileError::internal("jump past the end"))? = true;
            }
        }

        let mut cfg = Cfg {
            blocks: vec![Block::new()],
        };
        let mut current = ENTRY;
        let mut block_at = vec![NONE; count as usize];
        let instrs = seq.items.iter().filter_map(|item| match item {
            Item::Instr(i) if !is_placeholder(i.op) => Some(i),
            _ => None,
        });
        for (at, instr) in instrs.enumerate() {
            let block = &mut cfg.blocks[current as usize];
            let terminated = block.last_op().is_some_and(is_terminator);
            let split = terminated || (targeted[at] && (!block.ins.is_empty() || block.labelled));
            if split {
                let fresh = cfg.new_block();
                cfg.blocks[current as usize].next = fresh;
                current = fresh;
            }
            let block = &mut cfg.blocks[current as usize];
            if targeted[at] {
                block.labelled = true;
                block_at[at] = current;
            }
            let (arg, target) = match instr.arg {
                Arg::None => (0, NONE),
                Arg::Int(n) => (n, NONE),
                // Holds the instruction index until every block is known.
                Arg::Label(_) => (0, label_position(instr.arg, &position)?),
            };
            block.ins.push(Ins {
                op: instr.op,
                arg,
                target,
                except: NONE,
                loc: instr.loc,
            });
        }
        for block in &mut cfg.blocks {
            for ins in &mut block.ins {
                if ins.op.has_label() {
                    ins.target = block_at[ins.target as usize];
                }
            }
        }
        Ok(cfg)
    }

    pub fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block::new());
        (self.blocks.len() - 1) as BlockId
    }
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id as usize]
    }
    pub fn block_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id as usize]
    }
    /// The first block at or after `id` in program order that has instructions.
    pub fn next_nonempty(&self, mut id: BlockId) -> BlockId {
        while id != NONE && self.block(id).ins.is_empty() {
            id = self.block(id).next;
        }
        id
    }
    /// Forgets the visited marks, for a pass that walks the graph.
    pub fn clear_visited(&mut self) {
        for block in &mut self.blocks {
            block.visited = false;
        }
    }
    /// Runs `f` on each block in program order.
    pub fn for_each_block(&mut self, mut f: impl FnMut(&mut Block)) {
        let mut id = ENTRY;
        while id != NONE {
            let block = self.block_mut(id);
            f(block);
            id = block.next;
        }
    }
}

fn label_position(arg: Arg, position: &[u32]) -> Result<u32, CompileError> {
    match arg {
        Arg::Label(l) => match position.get(l.0 as usize) {
            Some(&p) if p != u32::MAX => Ok(p),
            _ => Err(CompileError::internal("jump to a label without a place")),
        },
        _ => Err(CompileError::internal("jump without a label")),
    }
}
