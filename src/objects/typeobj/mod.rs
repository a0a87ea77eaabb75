//! `type`: the struct behind every class, its flags, and how a value finds its class.
//!
//! Types live in the runtime's region at constant stride, so a header names its type by a 32-bit offset (the *type word*).
//! - `build.rs`: making native types from their `TypeSpec` and classes from `type(name, bases, namespace)`
//! - `lookup.rs`: attribute lookup along the MRO, versions (R15)
//! - `slots.rs`: the slot table; `dunder.rs`: slots implemented by special methods written in Python, and the reverse
//! - `layout.rs`: the shared attribute layout of instances (R10)
//! - `methods.rs`: what Python sees of `type`

pub mod attrs;
pub mod build;
pub mod dunder;
pub mod layout;
pub mod lookup;
pub mod methods;
pub mod slots;
pub mod special;
pub mod subclasses;
pub mod wrapper;

use crate::SlotExt;
use crate::native::pytype;
use crate::native::{PyType, TypeSpec};
use crate::objects::dict::Dict;
use crate::statics::word;
use crate::{Cx, Value};
use layout::Layout;
use slots::SlotTable;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use typhon_runtime::header::Header;
use typhon_runtime::info::TypeInfo;
use typhon_runtime::region::{REGION, TYPE_STRIDE};
use typhon_runtime::slot::Slot;

/// Flags of a type (`Type::flags`). The subclass bits make `isinstance` of the common built-in types one test.
pub mod flag {
    pub const HEAP: u32 = 1 << 0;
    pub const BASETYPE: u32 = 1 << 1;
    pub const IMMUTABLE: u32 = 1 << 2;
    pub const ABSTRACT: u32 = 1 << 3;
    /// Instances have a `__dict__` (inline values or a dict word).
    pub const HAS_DICT: u32 = 1 << 4;
    /// Instances keep attributes inline behind the dict word (layout.rs).
    pub const INLINE: u32 = 1 << 5;
    pub const WEAKREFABLE: u32 = 1 << 6;
    pub const SEQUENCE: u32 = 1 << 7;
    pub const MAPPING: u32 = 1 << 8;
    pub const NO_NEW: u32 = 1 << 9;
    /// `__getattribute__` is the generic one, so attribute caches apply.
    pub const GENERIC_GETATTR: u32 = 1 << 10;
    pub const GENERIC_SETATTR: u32 = 1 << 11;
    /// Instances are method descriptors: called through `LOAD_ATTR` without a bound method.
    pub const METHOD_DESCRIPTOR: u32 = 1 << 12;
    pub const READY: u32 = 1 << 13;
    pub const GC: u32 = 1 << 14;
    pub const INT_SUBCLASS: u32 = 1 << 24;
    pub const LIST_SUBCLASS: u32 = 1 << 25;
    pub const TUPLE_SUBCLASS: u32 = 1 << 26;
    pub const BYTES_SUBCLASS: u32 = 1 << 27;
    pub const STR_SUBCLASS: u32 = 1 << 28;
    pub const DICT_SUBCLASS: u32 = 1 << 29;
    pub const EXC_SUBCLASS: u32 = 1 << 30;
    pub const TYPE_SUBCLASS: u32 = 1 << 31;
    /// Inherited from the bases.
    pub const INHERITED: u32 =
        0xFF00_0000 | SEQUENCE | MAPPING | HAS_DICT | INLINE | WEAKREFABLE | GC;
}

/// A class. Who may touch what: `dict`'s contents under its own rules; `mro`, `bases`, `base`, `version`, `slots`, `flags`
/// are written under the type mutex (R15) and read lock-free; `name`, `qualname` are slots.
#[pytype(name = "type", gc, weakrefable, basetype, static_index = TYPE, drop = drop_type, manual_traverse)]
pub struct Type {
    pub head: Header,
    pub info: TypeInfo,
    /// 48-bit version for caches, never reused; 0 = not assigned (uncacheable until the next fill).
    pub version: AtomicU64,
    pub flags: AtomicU32,
    /// Byte offset of the dict word in instances; 0 = no `__dict__`.
    pub dict_offset: AtomicU32,
    /// Byte offset of the first inline value, and how many there are.
    pub inline_offset: AtomicU32,
    pub inline_cap: AtomicU32,
    /// How many of them caches may use: instances that were given this class may be of a smaller one (see `instance::is_outside`).
    pub inline_limit: AtomicU32,
    /// How many attributes of instances were known when the class was made, the bases' included.
    pub inline_known: AtomicU32,
    pub layout: AtomicPtr<Layout>,
    pub spec: AtomicPtr<TypeSpec>,
    pub name: Slot,
    pub qualname: Slot,
    /// The namespace (a `Dict`); set once before the type is published.
    pub dict: Slot,
    pub base_slot: Slot,
    pub bases: Slot,
    /// Deferred tuple: read without a count, freed only with the world stopped.
    pub mro: Slot,
    /// For heap types with `__slots__`: tuple of names (also in dict); slot count and offset.
    pub slots_offset: AtomicU32,
    pub slots_count: AtomicU32,
    /// The class that fixes the native part of the layout ("solid base"), as a type word.
    pub solid: AtomicU32,
    /// The native type that the layout of instances begins with, as a type word; 0 until somebody asked.
    pub native: AtomicU32,
    /// Cached `__init__`/`__new__`/iteration facts for call specialization: see vm/call.rs.
    pub call_cache: AtomicU64,
    pub call_cache_ptr: AtomicU64,
    pub slots: SlotTable,
    pub below: Below,
}

/// The classes below a class, in a cache line of their own: each that is made changes it, while others look the class up.
#[repr(C, align(64))]
pub struct Below {
    pub subclasses: subclasses::Subclasses,
    /// Classes that have this one in their order and were given a version since this one last lost its own: what a change
    /// here makes void, however many subclasses there are. Changed under the type mutex, and when a class dies. `object`
    /// has none: it does not change, and all would stand there.
    pub versioned: subclasses::Subclasses,
}

const _: () = assert!(size_of::<Type>() <= TYPE_STRIDE as usize);

impl Type {
    /// The type behind a type word.
    #[inline(always)]
    pub fn from_word<'a>(word: u32) -> &'a Type {
        // SAFETY: R12: a header's type word names a live type cell as long as the object lives; static types are immortal.
        unsafe { &*((REGION as usize + word as usize) as *const Type) }
    }
    #[inline(always)]
    pub fn word(&self) -> u32 {
        (&raw const *self as usize - REGION as usize) as u32
    }
    /// The type object of a native type.
    #[inline(always)]
    pub fn of<T: PyType>() -> &'static Type {
        Type::from_word(T::type_word())
    }
    /// This type as a value (counted).
    pub fn value(&self) -> Value {
        // SAFETY: a type starts with its header; borrow_header takes a count.
        unsafe { Value::borrow_header(&raw const self.head) }
    }
    /// This type as an uncounted value for the time of a borrow.
    #[inline(always)]
    pub fn as_value(&self) -> BorrowedType<'_> {
        // SAFETY: the word is never dropped as an owner (ManuallyDrop) and does not outlive `self`.
        BorrowedType(
            std::mem::ManuallyDrop::new(unsafe { Value::from_bits(&raw const *self as u64) }),
            std::marker::PhantomData,
        )
    }
    #[inline(always)]
    pub fn flags(&self) -> u32 {
        self.flags.load(Ordering::Relaxed)
    }
    #[inline(always)]
    pub fn has(&self, flag: u32) -> bool {
        self.flags() & flag != 0
    }
    pub fn set_flags(&self, set: u32, clear: u32) {
        // A class below one that changes gets flags from the changing thread, too.
        let change = |old| Some((old | set) & !clear);
        let _ = self
            .flags
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }
    #[inline(always)]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
    /// The method resolution order. Valid until the next safepoint (the tuple is deferred).
    #[inline]
    pub fn mro(&self) -> &[Value] {
        crate::objects::tuple::items_of_bits(self.mro.peek_bits())
    }
    pub fn base(&self) -> Option<&Type> {
        let bits = self.base_slot.peek_bits();
        if bits == 0 {
            return None;
        }
        // SAFETY: `base` is kept alive by this type's slot; types are deferred: freed only with the world stopped.
        Some(unsafe { &*(bits as *const Type) })
    }
    /// The namespace.
    #[inline(always)]
    pub fn dict(&self) -> &Dict {
        // SAFETY: set before publication and never replaced.
        unsafe { &*(self.dict.peek_bits() as *const Dict) }
    }
    #[inline(always)]
    pub fn is_subtype_of(&self, other: &Type) -> bool {
        std::ptr::eq(self, other) || self.is_subtype_slow(other)
    }
    #[inline(never)]
    fn is_subtype_slow(&self, other: &Type) -> bool {
        self.mro()
            .iter()
            .any(|t| t.bits() & !7 == &raw const *other as u64)
    }
    /// `__name__` (the last component).
    pub fn name(&self) -> String {
        match self.name.get(&self.head) {
            Some(v) => match v.downcast::<crate::objects::Str>() {
                Some(s) => s.to_string_lossy(),
                None => "?".into(),
            },
            None => "?".into(),
        }
    }
    /// The name in messages: native types of modules show their module.
    pub fn full_name(&self) -> String {
        // SAFETY: the table of a native type is static.
        match unsafe { self.spec.load(Ordering::Relaxed).as_ref() } {
            Some(spec) if spec.module != "builtins" => format!("{}.{}", spec.module, self.name()),
            _ => self.name(),
        }
    }
    pub fn basic_size(&self) -> usize {
        self.info.basic_size.load(Ordering::Relaxed) as usize
    }
}

/// A type viewed as a `Value` without a count.
pub struct BorrowedType<'a>(
    std::mem::ManuallyDrop<Value>,
    std::marker::PhantomData<&'a Type>,
);
impl std::ops::Deref for BorrowedType<'_> {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.0
    }
}

/// What the interpreter adds to a value word.
pub trait ValueExt {
    /// The class of the value.
    fn ty(&self) -> &Type;
    /// The type word of the value's class (immediates included).
    fn class_word(&self) -> u32;
    /// The struct behind the value when its class is `T` or a subclass.
    fn downcast<T: PyType>(&self) -> Option<&T>;
    /// The same when the class is exactly `T`.
    fn downcast_exact<T: PyType>(&self) -> Option<&T>;
    /// Name of the value's class, for messages.
    fn type_name(&self) -> String;
    fn none() -> Value;
    fn bool(b: bool) -> Value;
    fn is_none(&self) -> bool;
    fn is_true(&self) -> bool;
    fn is_false(&self) -> bool;
    fn not_implemented() -> Value;
    fn is_not_implemented(&self) -> bool;
    fn is_instance_of_word(&self, word: u32) -> bool;
}

/// The flag that all classes below a built-in one carry; 0: it has none.
#[inline(always)]
const fn family_flag(w: u32) -> u32 {
    match w {
        word::INT => flag::INT_SUBCLASS,
        word::LIST => flag::LIST_SUBCLASS,
        word::TUPLE => flag::TUPLE_SUBCLASS,
        word::BYTES => flag::BYTES_SUBCLASS,
        word::STR => flag::STR_SUBCLASS,
        word::DICT => flag::DICT_SUBCLASS,
        word::TYPE => flag::TYPE_SUBCLASS,
        word::EXC_FIRST => flag::EXC_SUBCLASS,
        _ => 0,
    }
}

impl ValueExt for Value {
    #[inline(always)]
    fn class_word(&self) -> u32 {
        let bits = self.bits();
        if bits & 3 == 0 {
            // SAFETY: a pointer word names a live cell.
            unsafe { self.header_unchecked() }.type_word()
        } else if bits & 2 != 0 {
            word::FLOAT
        } else {
            word::INT
        }
    }
    #[inline(always)]
    fn ty(&self) -> &Type {
        Type::from_word(self.class_word())
    }
    #[inline]
    fn downcast<T: PyType>(&self) -> Option<&T> {
        if self.bits() & 3 != 0 {
            return None;
        }
        let w = self.class_word();
        let family = family_flag(T::type_word());
        let yes = w == T::type_word()
            || if family != 0 {
                Type::from_word(w).has(family)
            } else {
                Type::from_word(w).is_subtype_slow(Type::of::<T>())
            };
        if yes {
            // SAFETY: a subclass's native layout starts with its base's; T starts with the header.
            return Some(unsafe { &*((self.bits() & !7) as *const T) });
        }
        None
    }
    #[inline(always)]
    fn downcast_exact<T: PyType>(&self) -> Option<&T> {
        if self.bits() & 3 == 0 && self.class_word() == T::type_word() {
            // SAFETY: the class is exactly T's.
            return Some(unsafe { &*((self.bits() & !7) as *const T) });
        }
        None
    }
    fn type_name(&self) -> String {
        self.ty().full_name()
    }
    #[inline(always)]
    fn none() -> Value {
        crate::statics::immortal(crate::statics::NONE)
    }
    #[inline(always)]
    fn bool(b: bool) -> Value {
        crate::statics::immortal(if b {
            crate::statics::TRUE
        } else {
            crate::statics::FALSE
        })
    }
    #[inline(always)]
    fn is_none(&self) -> bool {
        self.bits() & !4 == crate::statics::NONE
    }
    #[inline(always)]
    fn is_true(&self) -> bool {
        self.bits() & !4 == crate::statics::TRUE
    }
    #[inline(always)]
    fn is_false(&self) -> bool {
        self.bits() & !4 == crate::statics::FALSE
    }
    fn not_implemented() -> Value {
        crate::statics::immortal(crate::statics::NOT_IMPLEMENTED)
    }
    #[inline(always)]
    fn is_not_implemented(&self) -> bool {
        self.bits() & !4 == crate::statics::NOT_IMPLEMENTED
    }
    fn is_instance_of_word(&self, w: u32) -> bool {
        let c = self.class_word();
        c == w || w == word::OBJECT || Type::from_word(c).is_subtype_slow(Type::from_word(w))
    }
}

/// The interpreter-wide lock on types (R15): ranked above object locks, no Python code under it, nothing dropped.
pub static TYPE_MUTEX: TypeMutex = TypeMutex(typhon_runtime::park::RawLock::new());

/// A lock that detaches while it waits, so that a holder that is stopped by the collector never blocks it.
pub struct TypeMutex(typhon_runtime::park::RawLock);

#[must_use]
pub struct TypeGuard(());

impl TypeMutex {
    pub fn lock(&self, t: &mut typhon_runtime::thread::Thread) -> TypeGuard {
        self.0.lock_brief(t);
        TypeGuard(())
    }
}

impl Drop for TypeGuard {
    fn drop(&mut self) {
        let was_locked = TYPE_MUTEX.0.unlock();
        debug_assert!(was_locked);
    }
}

/// The type word, as a function for tables.
pub fn word_of_type(t: &Type) -> u32 {
    t.word()
}

/// `dict_offset` of subclasses of variable-sized natives.
pub const SIDE_DICT: usize = crate::objects::object::instance::TAIL_DICT as usize;

impl Type {
    /// Instances carry a tail of items (tuple): no inline values, no slots.
    /// Whether CPython's instances of this type vary in size, so that no slots can be added.
    pub fn has_item_size(&self) -> bool {
        use crate::statics::word;
        let native = crate::objects::object::instance::native_base(self).word();
        matches!(native, word::TUPLE | word::INT | word::BYTES | word::TYPE)
    }
    pub fn has_items(&self) -> bool {
        crate::objects::object::instance::native_base(self).word() == crate::statics::word::TUPLE
    }
}

impl Cx {
    /// Whether `value` is an instance of native type `T` (subclasses included).
    pub fn is_a<T: PyType>(&self, value: &Value) -> bool {
        value.downcast::<T>().is_some()
    }
}

impl Type {
    /// Takes the class out of the lists of those above it. World stopped, or it is dead.
    pub fn leave_lists(&self) {
        let bases = crate::objects::tuple::items_of_bits(self.bases.peek_bits());
        // A metaclass decides on the order: it may be without bases.
        for above in bases.iter().chain(self.mro()).map(lookup::type_of_word) {
            if !std::ptr::eq(above, self) {
                above.below.subclasses.remove(self.word());
                above.below.versioned.remove(self.word());
            }
        }
    }
}

/// Frees what a class holds beside its counted fields: its `drop_payload`, called by the collector only.
///
/// # Safety
/// The class is dead: no cell names it.
pub unsafe fn drop_type(h: *mut Header, t: &typhon_runtime::thread::Thread) {
    // SAFETY: by contract.
    unsafe {
        let ty = &*h.cast::<Type>();
        ty.leave_lists();
        let p = ty.layout.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if !p.is_null() {
            drop(Box::from_raw(p));
        }
        for slot in [
            &ty.name,
            &ty.qualname,
            &ty.dict,
            &ty.base_slot,
            &ty.bases,
            &ty.mro,
        ] {
            slot.drop_unshared(t);
        }
        for list in [&ty.below.subclasses, &ty.below.versioned] {
            std::ptr::drop_in_place(&raw const *list as *mut subclasses::Subclasses);
        }
    }
}

impl crate::native::Traverse for Type {
    fn traverse(&self, v: &mut typhon_runtime::gc::Visitor) {
        for slot in [
            &self.name,
            &self.qualname,
            &self.dict,
            &self.base_slot,
            &self.bases,
            &self.mro,
        ] {
            v.visit_slot(slot);
        }
    }
}
