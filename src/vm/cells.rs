//! The cells of closures for the loop.

use crate::globals::name_error;
use crate::objects::Cell;
use crate::objects::frame::Frame;
use crate::statics::word;
use crate::{Cx, ExcKind, Res, Value, ValueExt};

fn cell_of(cx: &mut Cx, bits: u64) -> Res<&'static Cell> {
    // SAFETY: registers hold values; a cell in a frame's register lives as long as the frame's access.
    unsafe {
        if bits & 3 == 0 && bits != 0 {
            let v = std::mem::ManuallyDrop::new(Value::from_bits(bits));
            if v.class_word() == word::CELL {
                return Ok(&*((bits & !7) as *const Cell));
            }
        }
    }
    Err(cx.system_error("a cell variable without its cell"))
}

/// What is in the cell of this register, if no count is needed for it: a register word.
#[inline(always)]
pub fn deref_hit(cx: &Cx, bits: u64) -> u64 {
    // SAFETY: registers hold values, and the cells of live ones stay.
    unsafe {
        let cell = bits & !4;
        if cell & 3 != 0
            || cell == 0
            || (*(cell as *const typhon_runtime::Header)).type_word() != word::CELL
        {
            return 0;
        }
        (*(cell as *const Cell))
            .slot
            .word_for_register(cx.thread.tid, || true)
    }
}

/// LOAD_DEREF: a register word.
#[inline(never)]
pub fn load_deref(cx: &mut Cx, frame: *mut Frame, bits: u64, index: usize) -> Res<u64> {
    let c = cell_of(cx, bits)?;
    match c.slot.try_get_for_register(cx.thread.tid, || true) {
        Ok(Some(v)) => Ok(v.into_bits()),
        Ok(None) => Err(unbound_cell(cx, frame, index)),
        Err(_) => match crate::objects::cell::methods::get(cx, c) {
            Some(v) => Ok(v.into_bits()),
            None => Err(unbound_cell(cx, frame, index)),
        },
    }
}

/// NameError or UnboundLocalError for an empty cell.
#[cold]
pub(crate) fn unbound_cell(cx: &mut Cx, frame: *mut Frame, index: usize) -> crate::Raised {
    // SAFETY: the running frame.
    let (name, free) = unsafe {
        let code = &(*frame).code().code;
        let n = code
            .localsplusnames
            .get(index)
            .map(|n| String::from_utf8_lossy(n.as_bytes()).into_owned())
            .unwrap_or_default();
        (
            n,
            code.localspluskinds
                .get(index)
                .is_some_and(|k| k & 0x80 != 0),
        )
    };
    let nv = match crate::objects::str::intern::intern_str(cx, &name) {
        Ok(v) => v,
        Err(r) => return r,
    };
    if free {
        let msg = format!(
            "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
        );
        name_error(cx, ExcKind::NameError, &msg, &nv)
    } else {
        let msg = format!(
            "cannot access local variable '{name}' where it is not associated with a value"
        );
        name_error(cx, ExcKind::UnboundLocalError, &msg, &nv)
    }
}

/// STORE_DEREF.
#[inline(never)]
pub fn store_deref(cx: &mut Cx, bits: u64, v: Option<Value>) -> Res<()> {
    let c = cell_of(cx, bits)?;
    drop(crate::objects::cell::methods::set(cx, c, v));
    Ok(())
}

/// DELETE_DEREF.
#[inline(never)]
pub fn delete_deref(cx: &mut Cx, frame: *mut Frame, bits: u64, index: usize) -> Res<()> {
    let c = cell_of(cx, bits)?;
    match crate::objects::cell::methods::set(cx, c, None) {
        Some(_) => Ok(()),
        None => Err(unbound_cell(cx, frame, index)),
    }
}
