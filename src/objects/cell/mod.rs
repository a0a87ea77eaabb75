//! `cell`: one slot shared by a function and its closures, read lock-free (R2).

use typhon_runtime::header::Header;
use typhon_runtime::slot::Slot;

#[repr(C)]
pub struct Cell {
    pub head: Header,
    pub slot: Slot,
}
