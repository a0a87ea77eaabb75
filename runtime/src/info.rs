//! What the runtime must know of a type. It sits right behind the [`Header`] of each type cell, so
//! that a type word leads to it in one addition.

use crate::gc::Visitor;
use crate::header::Header;
use crate::sync::{AtomicU32, Ordering};
use crate::thread::Thread;

pub mod type_flag {
    /// Instances hold references and may be in cycles: the collector traverses them. Instances of
    /// types that can be freed must have it, since only traversed cells can die in a cycle with
    /// their type (R12).
    pub const GC: u32 = 1;
    /// Has `__del__`: an instance that reaches zero goes to the thread's queue of finalizers.
    pub const HAS_DEL: u32 = 2;
    /// Instances may be deferred by promotion (R16).
    pub const PROMOTABLE: u32 = 4;
    /// Instances are types themselves: their cells are in the region.
    pub const IS_TYPE: u32 = 8;
    /// Cells of instances may be smaller than the type says: only `traverse` knows where they end.
    pub const UNEVEN: u32 = 16;
    /// Bits from here up belong to the interpreter.
    pub const FIRST_USER: u32 = 1 << 8;
}

/// Where in a cell the references are that `traverse` shows, for types that show nothing else: the collector looks there
/// itself. Offsets in bytes from the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Only `traverse` knows.
    Unknown,
    /// Only `traverse` knows, and it reads what the pointer at this place points to.
    Behind(u32),
    /// The words from the first place up to the second.
    Words(u32, u32),
    /// As many words as `len` says, from `first` on.
    Items { len: u32, first: u32 },
    /// As many words as `len` says, `skip` bytes behind what `pointer` points to.
    Buffer { pointer: u32, len: u32, skip: u32 },
}

#[repr(C)]
pub struct TypeInfo {
    pub flags: AtomicU32,
    /// Bytes of a cell without its items, header included.
    pub basic_size: AtomicU32,
    pub shape: Shape,
    /// Drops children and external buffers, not the cell. Runs no Python.
    pub drop_payload: unsafe fn(*mut Header, &Thread),
    /// Whether the finalizer of a dead object, if it has one that has not run, would do anything that its drop does not. Runs no
    /// Python.
    pub needs_finalizer: fn(&Header) -> bool,
    /// Shows every counted reference the payload holds, once each. The world is stopped.
    pub traverse: unsafe fn(*const Header, &mut Visitor),
    /// Drops children to break a cycle, taking the object's lock as needed; the object stays valid.
    pub clear: unsafe fn(*mut Header, &mut Thread),
}

impl TypeInfo {
    pub const fn new(flags: u32, basic_size: u32) -> TypeInfo {
        TypeInfo {
            flags: AtomicU32::new(flags),
            basic_size: AtomicU32::new(basic_size),
            shape: Shape::Unknown,
            drop_payload: drop_nothing,
            needs_finalizer: |_| true,
            traverse: traverse_nothing,
            clear: clear_nothing,
        }
    }

    /// Where the references are in every instance.
    #[inline(always)]
    pub fn shape(&self) -> Shape {
        match self.has(type_flag::UNEVEN) {
            true => Shape::Unknown,
            false => self.shape,
        }
    }

    #[inline(always)]
    pub fn has(&self, bits: u32) -> bool {
        self.flags.load(Ordering::Relaxed) & bits != 0
    }
}

/// For types without children or buffers.
///
/// # Safety
/// None.
pub unsafe fn drop_nothing(_: *mut Header, _: &Thread) {}
/// # Safety
/// None.
pub unsafe fn traverse_nothing(_: *const Header, _: &mut Visitor) {}
/// # Safety
/// None.
pub unsafe fn clear_nothing(_: *mut Header, _: &mut Thread) {}
