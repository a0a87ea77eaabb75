//! Instances of subclasses of `tuple`: the items inline, and behind them what the class adds (the dict word).

use super::Tuple;
use crate::objects::object::instance::TAIL_DICT;
use crate::{Cx, Res, Type, Value};
use std::sync::atomic::Ordering;

/// Make an instance of `cls`, a subclass of `tuple`.
pub fn alloc(cx: &mut Cx, cls: &Type, items: Vec<Value>) -> Res<Value> {
    let n = items.len();
    let base = Tuple::size_of(n);
    let size = base
        + if cls.dict_offset.load(Ordering::Relaxed) == TAIL_DICT {
            8
        } else {
            0
        };
    // SAFETY: R12: length, items and tail are written before the type word; moving the items in runs no code.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, size, cls.word(), |cell| {
            Tuple::write_items(cell, items);
            std::ptr::write_bytes(cell.add(base), 0, size - base);
        })
    };
    made.map_err(|_| cx.memory_error())
}
