//! What Python sees of `cell`, and how the interpreter reads and writes one.

use super::Cell;
use crate::native::*;
use crate::objects::object::alloc;
use crate::protocol;
use crate::slot_ext::SlotExt;

/// A cell with its first value.
pub fn new_cell(cx: &mut Cx, value: Option<Value>) -> Res<Value> {
    alloc(
        cx,
        Type::of::<Cell>(),
        Cell {
            head: Header::placeholder(),
            slot: Slot::new(value),
        },
    )
}

/// The value, counted; None when unset.
#[inline]
pub fn get(_: &mut Cx, cell: &Cell) -> Option<Value> {
    cell.slot.get(&cell.head)
}

/// Replace the value; what was there is the caller's to drop.
#[inline]
#[must_use = "drop the displaced value after the lock (R1)"]
pub fn set(cx: &mut Cx, cell: &Cell, value: Option<Value>) -> Option<Value> {
    cell.slot.exchange(&cell.head, &mut cx.thread, value)
}

#[pymethods]
impl Cell {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(set(cx, self, None));
    }
    #[new]
    #[sig(contents = absent, /)]
    fn new(_cls: &Type, contents: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        new_cell(cx, contents.cloned())
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> String {
        let at = &raw const *self as u64;
        match get(cx, self) {
            None => format!("<cell at {at:#x}: empty>"),
            Some(v) => format!(
                "<cell at {at:#x}: {} object at {:#x}>",
                v.type_name(),
                v.bits() & !7
            ),
        }
    }
    #[slot]
    fn richcompare(&self, other: &Cell, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        match (get(cx, self), get(cx, other)) {
            (Some(a), Some(b)) => protocol::compare(cx, &a, &b, op),
            // An empty cell is less than any other.
            (a, b) => Ok(Value::bool(op.matches(a.is_some().cmp(&b.is_some())))),
        }
    }
    #[getter]
    fn cell_contents(&self, cx: &mut Cx) -> Res<Value> {
        match get(cx, self) {
            Some(v) => Ok(v),
            None => Err(cx.value_error("Cell is empty")),
        }
    }
    #[setter]
    fn set_cell_contents(&self, v: Option<&Value>, cx: &mut Cx) {
        drop(set(cx, self, v.cloned()));
    }
}
