//! The static tables of native types and modules. The macros write them, `objects/typeobj/build.rs` and the module loader
//! read them; they hold no state but the type words of types made at first use.

use crate::native::{Args, Traverse};
use crate::objects::Type;
use crate::objects::typeobj::slots::Slots;
use crate::{Cx, Res, Value, ValueExt};
use std::sync::atomic::{AtomicU32, Ordering};
use typhon_runtime::gc::Visitor;
use typhon_runtime::header::Header;
use typhon_runtime::region::static_type_word;
use typhon_runtime::thread::Thread;

pub type NativeFn = fn(&mut Cx, Args<'_>) -> Res<Value>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MethodKind {
    /// The object comes first in `Args::pos`.
    Method,
    /// The class comes first.
    ClassMethod,
    StaticMethod,
    Function,
}

pub struct MethodDef {
    pub name: &'static str,
    pub call: NativeFn,
    pub doc: &'static str,
    pub text_signature: Option<&'static str>,
    pub kind: MethodKind,
    /// Positional arguments beside the receiver: at least, at most (255: any number).
    pub min: u8,
    pub max: u8,
    pub takes_keywords: bool,
    pub quick: Option<QuickFn>,
}

/// What the loop asks before it calls a native function with plain positional arguments, the receiver first: the result as a
/// register word, if it is at hand, else 0 and nothing has happened. It runs no Python code and raises nothing.
///
/// # Safety
/// The pointer is to so many values, in registers of the running frame.
pub type QuickFn = unsafe fn(&mut Cx, *const Value, usize) -> u64;

/// A [`QuickFn`] named `$name` of a function `$of` that takes the arguments as a slice.
#[macro_export]
macro_rules! quick_fn {
    ($name:ident, $of:path) => {
        /// # Safety
        /// See `QuickFn`.
        unsafe fn $name(cx: &mut $crate::Cx, at: *const $crate::Value, n: usize) -> u64 {
            // SAFETY: by contract.
            $of(cx, unsafe { std::slice::from_raw_parts(at, n) })
        }
    };
}

pub struct GetSetDef {
    pub name: &'static str,
    pub get: fn(&mut Cx, &Value) -> Res<Value>,
    /// `None` deletes.
    pub set: Option<SetFn>,
    pub doc: &'static str,
    /// Shown as a `member_descriptor`.
    pub member: bool,
}

pub type SetFn = fn(&mut Cx, &Value, Option<&Value>) -> Res<()>;

/// An attribute made when its type or module is.
pub struct AttrDef {
    pub name: &'static str,
    pub value: fn(&mut Cx) -> Res<Value>,
}

/// One `impl` block of a type.
pub struct Part {
    pub methods: &'static [MethodDef],
    pub getset: &'static [GetSetDef],
    pub attrs: &'static [AttrDef],
    pub install_slots: fn(&mut Slots),
}

pub type DropFn = unsafe fn(*mut Header, &Thread);
pub type TraverseFn = unsafe fn(*const Header, &mut Visitor);
pub type ClearFn = unsafe fn(*mut Header, &mut Thread);

/// What the main `#[pymethods]` block hands to `#[pytype]`.
pub struct TypeParts {
    pub parts: &'static [&'static Part],
    pub clear: Option<ClearFn>,
    pub traverse: Option<TraverseFn>,
    pub text_signature: Option<&'static str>,
}

/// Gives types without a `#[pymethods]` block an empty one: an inherent constant of this name hides the trait's.
pub trait PartsFallback {
    const PY_TYPE_PARTS: TypeParts = TypeParts {
        parts: &[],
        clear: None,
        traverse: None,
        text_signature: None,
    };
}
impl<T: ?Sized> PartsFallback for T {}

/// What a native type is made from.
pub struct TypeSpec {
    pub name: &'static str,
    pub module: &'static str,
    pub doc: &'static str,
    pub text_signature: Option<&'static str>,
    /// Bytes of the struct, header included; those of each item behind it.
    pub size: usize,
    pub itemsize: usize,
    /// Byte offset of the slot with the instance's dict; 0: none.
    pub dict_offset: usize,
    /// Bits of `native::flags`.
    pub flags: u32,
    /// `__hash__` is None.
    pub unhashable: bool,
    /// None: `object`.
    pub base: Option<fn() -> &'static TypeCell>,
    pub static_index: Option<u32>,
    pub parts: &'static [&'static Part],
    pub drop_payload: DropFn,
    /// Types without children have none.
    pub traverse: Option<TraverseFn>,
    pub clear: Option<ClearFn>,
}

impl TypeSpec {
    /// The slots declared by all parts.
    pub fn slots(&self) -> Slots {
        let mut slots = Slots::default();
        for part in self.parts {
            (part.install_slots)(&mut slots);
        }
        if self.unhashable {
            slots.hash = Some(unhashable);
        }
        slots
    }
    pub fn methods(&self) -> impl Iterator<Item = &'static MethodDef> {
        self.parts.iter().flat_map(|p| p.methods)
    }
    pub fn getset(&self) -> impl Iterator<Item = &'static GetSetDef> {
        self.parts.iter().flat_map(|p| p.getset)
    }
    pub fn attrs(&self) -> impl Iterator<Item = &'static AttrDef> {
        self.parts.iter().flat_map(|p| p.attrs)
    }
}

/// Where the type word of a native type stands; 0 until a type without a static index is made.
pub struct TypeCell {
    word: AtomicU32,
    pub spec: &'static TypeSpec,
}

impl TypeCell {
    pub const fn new(spec: &'static TypeSpec) -> TypeCell {
        let word = match spec.static_index {
            Some(i) => static_type_word(i),
            None => 0,
        };
        TypeCell {
            word: AtomicU32::new(word),
            spec,
        }
    }
    /// The type word, or 0.
    #[inline(always)]
    pub fn word(&self) -> u32 {
        self.word.load(Ordering::Acquire)
    }
    /// Called once, under the type mutex, when the type is complete (R12).
    pub fn publish(&self, word: u32) {
        self.word.store(word, Ordering::Release);
    }
    /// The type, made now if it is not yet.
    #[inline]
    pub fn get(&'static self, cx: &mut Cx) -> Res<&'static Type> {
        match self.word() {
            0 => crate::objects::typeobj::build::native_type(cx, self),
            word => Ok(Type::from_word(word)),
        }
    }
}

/// A Rust struct that is the layout of a native type. Objects are shared between threads, so it is `Sync`: what changes
/// stands in a `Slot`, a `Guarded` or an atomic.
///
/// # Safety
/// `repr(C)`, with a `Header` at its first byte, and behind it what the base's struct has there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a native type",
    label = "put #[pytype(..)] on its struct"
)]
pub unsafe trait PyType: Sized + Send + Sync + 'static {
    const NAME: &'static str;
    const SPEC: &'static TypeSpec;
    /// The type word when it is fixed, else 0.
    const STATIC_WORD: u32;
    fn type_cell() -> &'static TypeCell;
    /// Empties the fields of type `Slot`, which have no drop glue. Part of `drop_payload`.
    fn drop_slots(&self, thread: &Thread);
    /// The type word, or 0 while the type is not made (and so has no instances).
    #[inline(always)]
    fn type_word() -> u32 {
        if Self::STATIC_WORD != 0 {
            Self::STATIC_WORD
        } else {
            Self::type_cell().word()
        }
    }
    /// The type, made at first use.
    fn type_object(cx: &mut Cx) -> Res<&'static Type> {
        Self::type_cell().get(cx)
    }
}

/// The visit of a type's instances by its `Traverse`.
///
/// # Safety
/// `object` is an instance of `T`, and the world is stopped.
pub unsafe fn traverse_object<T: Traverse>(object: *const Header, visitor: &mut Visitor) {
    // SAFETY: by contract.
    unsafe { (*object.cast::<T>()).traverse(visitor) }
}

/// The interpreter's record around the runtime's.
///
/// # Safety
/// `thread` is the first field of a `Cx`, as every thread record the runtime hands to a type's functions is.
pub unsafe fn cx_of(thread: &mut Thread) -> &mut Cx {
    // SAFETY: by contract; `Cx` is repr(C) with the thread first.
    unsafe { &mut *(&raw mut *thread).cast::<Cx>() }
}

/// The hash slot of types whose `__hash__` is None.
pub fn unhashable(cx: &mut Cx, this: &Value) -> Res<i64> {
    let name = this.type_name();
    Err(cx.type_error(format!("unhashable type: '{name}'")))
}

/// A part of a native module, one file of it.
pub struct ModulePart {
    pub functions: &'static [MethodDef],
    pub types: &'static [fn() -> &'static TypeCell],
    pub attrs: &'static [AttrDef],
    /// Runs when the functions, types and attributes stand in the module.
    pub init: Option<fn(&mut Cx, &Value) -> Res<()>>,
}

/// A native module.
pub struct ModuleDef {
    pub name: &'static str,
    pub doc: &'static str,
    pub parts: &'static [&'static ModulePart],
}
