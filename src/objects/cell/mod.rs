//! `cell`: one slot shared by a function and its closures, read lock-free (R2).

pub mod methods;

pub use methods::{get, new_cell, set};

use crate::native::pytype;
use typhon_runtime::header::Header;
use typhon_runtime::slot::Slot;

/// Create a new cell object.
///
///   contents
///     the contents of the cell. If not specified, the cell will be empty,
///     and further attempts to access its cell_contents attribute will
///     raise a ValueError.
#[pytype(name = "cell", gc, static_index = CELL)]
pub struct Cell {
    pub head: Header,
    pub slot: Slot,
}
