//! Stack code as a list of instructions: arguments put together, caches skipped, jump targets as indices. Nothing is trusted.

use typhon_compiler::code::Code;
use typhon_compiler::opcode::Op;

/// One instruction.
pub(crate) struct Ins {
    pub offset: u32,
    pub op: Op,
    pub arg: u32,
    /// Target of a jump as an index into the instruction list.
    pub target: usize,
}

/// The instructions without caches, prefixes folded in.
pub(crate) fn decode(code: &Code) -> Result<Vec<Ins>, String> {
    let bytes = &code.code;
    if !bytes.len().is_multiple_of(2) || bytes.is_empty() {
        return Err("code: co_code is malformed".into());
    }
    let mut out = Vec::with_capacity(bytes.len() / 3);
    let (mut i, mut ext, mut start) = (0usize, 0u32, None);
    let mut ends: Vec<u32> = Vec::new();
    while i < bytes.len() {
        let op =
            Op::from_u16(bytes[i] as u16).ok_or_else(|| format!("unknown opcode {}", bytes[i]))?;
        let arg = ext << 8 | bytes[i + 1] as u32;
        if op == Op::EXTENDED_ARG {
            start.get_or_insert(i);
            ext = arg;
            i += 2;
            continue;
        }
        let next = i + 2 + 2 * op.cache_entries();
        if next > bytes.len() {
            return Err("truncated caches".into());
        }
        out.push(Ins {
            offset: start.unwrap_or(i) as u32,
            op,
            arg,
            target: 0,
        });
        ends.push(next as u32);
        // A jump may land on the prefix; the instruction's own offset is what f_lasti shows.
        (ext, start) = (0, None);
        i = next;
    }
    let offsets: Vec<u32> = out.iter().map(|i| i.offset).collect();
    for (n, ins) in out.iter_mut().enumerate() {
        if !ins.op.has_jump() {
            continue;
        }
        let back = matches!(
            ins.op,
            Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT | Op::END_ASYNC_FOR
        );
        let end = ends[n] as i64;
        let to = if back {
            end - 2 * ins.arg as i64
        } else {
            end + 2 * ins.arg as i64
        };
        let found = u32::try_from(to)
            .ok()
            .and_then(|to| offsets.binary_search(&to).ok());
        ins.target = match found {
            Some(k) => k,
            None => return Err(format!("bad jump target {to}")),
        };
    }
    Ok(out)
}

/// The source line of every word.
pub(crate) fn lines_of(code: &Code, offsets: &crate::offsets::Offsets) -> Box<[i32]> {
    let by_unit: Vec<i32> = code.positions().map(|l| l.line).collect();
    offsets
        .iter()
        .map(|o| by_unit.get(o as usize / 2).copied().unwrap_or(-1))
        .collect()
}
