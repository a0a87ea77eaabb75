//! The slot table: what a type does for each operation of the language. One table (`for_each_slot!`) gives the field, its
//! function type and the special methods that belong to it; the plain `Slots` (what native types declare), the atomic
//! `SlotTable` inside each `Type`, inheritance and the special-method lists derive from it.
//!
//! Slots of a live type are read lock-free by every thread and rewritten when a class is mutated, so each is one relaxed
//! atomic word holding a function pointer (R4): a reader sees the old or the new function, both of which are valid forever.

use crate::native::Args;
use crate::objects::typeobj::Type;
use crate::{Cx, Res, Value};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rich comparison operators, numbered as in CPython.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum CmpOp {
    Lt = 0,
    Le = 1,
    Eq = 2,
    Ne = 3,
    Gt = 4,
    Ge = 5,
}

impl CmpOp {
    /// The operator with operands exchanged.
    pub fn swapped(self) -> CmpOp {
        match self {
            CmpOp::Lt => CmpOp::Gt,
            CmpOp::Le => CmpOp::Ge,
            CmpOp::Gt => CmpOp::Lt,
            CmpOp::Ge => CmpOp::Le,
            other => other,
        }
    }
    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }
    pub fn dunder(self) -> &'static str {
        ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"][self as usize]
    }
    pub fn from_u8(n: u8) -> CmpOp {
        match n {
            0 => CmpOp::Lt,
            1 => CmpOp::Le,
            2 => CmpOp::Eq,
            3 => CmpOp::Ne,
            4 => CmpOp::Gt,
            _ => CmpOp::Ge,
        }
    }
    /// The result of the operator for an ordering of the operands.
    pub fn matches(self, ord: std::cmp::Ordering) -> bool {
        use std::cmp::Ordering::*;
        match self {
            CmpOp::Lt => ord == Less,
            CmpOp::Le => ord != Greater,
            CmpOp::Eq => ord == Equal,
            CmpOp::Ne => ord != Equal,
            CmpOp::Gt => ord == Greater,
            CmpOp::Ge => ord != Less,
        }
    }
}

pub type UnaryFn = fn(&mut Cx, &Value) -> Res<Value>;
pub type BinaryFn = fn(&mut Cx, &Value, &Value) -> Res<Value>;
pub type TernaryFn = fn(&mut Cx, &Value, &Value, &Value) -> Res<Value>;
pub type HashFn = fn(&mut Cx, &Value) -> Res<i64>;
pub type BoolFn = fn(&mut Cx, &Value) -> Res<bool>;
pub type LenFn = fn(&mut Cx, &Value) -> Res<usize>;
pub type NextFn = fn(&mut Cx, &Value) -> Res<Option<Value>>;
pub type CallFn = fn(&mut Cx, &Value, Args<'_>) -> Res<Value>;
pub type NewFn = fn(&mut Cx, &Type, Args<'_>) -> Res<Value>;
pub type InitFn = fn(&mut Cx, &Value, Args<'_>) -> Res<()>;
pub type SetAttrFn = fn(&mut Cx, &Value, &Value, Option<&Value>) -> Res<()>;
pub type CompareFn = fn(&mut Cx, &Value, &Value, CmpOp) -> Res<Value>;
pub type ContainsFn = fn(&mut Cx, &Value, &Value) -> Res<bool>;
pub type DescrGetFn = fn(&mut Cx, &Value, Option<&Value>, Option<&Value>) -> Res<Value>;
pub type DelFn = fn(&mut Cx, &Value) -> Res<()>;
/// Runs `f` over the exported bytes of the object: see `objects::buffer`.
pub type BufferFn = fn(&mut Cx, &Value, writable: bool) -> Res<crate::objects::buffer::Buffer>;

/// One row per slot: `field: FunctionType = ["special", ...]`.
#[macro_export]
macro_rules! for_each_slot {
    ($m:ident) => {
        $m! {
            repr: UnaryFn = ["__repr__"],
            str: UnaryFn = ["__str__"],
            hash: HashFn = ["__hash__"],
            call: CallFn = ["__call__"],
            new: NewFn = ["__new__"],
            init: InitFn = ["__init__"],
            finalize: DelFn = ["__del__"],
            getattro: BinaryFn = ["__getattribute__", "__getattr__"],
            setattro: SetAttrFn = ["__setattr__", "__delattr__"],
            richcompare: CompareFn = ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"],
            iter: UnaryFn = ["__iter__"],
            next: NextFn = ["__next__"],
            descr_get: DescrGetFn = ["__get__"],
            descr_set: SetAttrFn = ["__set__", "__delete__"],
            await_: UnaryFn = ["__await__"],
            aiter: UnaryFn = ["__aiter__"],
            anext: UnaryFn = ["__anext__"],
            bool: BoolFn = ["__bool__"],
            len: LenFn = ["__len__"],
            getitem: BinaryFn = ["__getitem__"],
            setitem: SetAttrFn = ["__setitem__", "__delitem__"],
            contains: ContainsFn = ["__contains__"],
            add: BinaryFn = ["__add__", "__radd__"],
            sub: BinaryFn = ["__sub__", "__rsub__"],
            mul: BinaryFn = ["__mul__", "__rmul__"],
            matmul: BinaryFn = ["__matmul__", "__rmatmul__"],
            truediv: BinaryFn = ["__truediv__", "__rtruediv__"],
            floordiv: BinaryFn = ["__floordiv__", "__rfloordiv__"],
            mod_: BinaryFn = ["__mod__", "__rmod__"],
            divmod: BinaryFn = ["__divmod__", "__rdivmod__"],
            pow: TernaryFn = ["__pow__", "__rpow__"],
            lshift: BinaryFn = ["__lshift__", "__rlshift__"],
            rshift: BinaryFn = ["__rshift__", "__rrshift__"],
            and: BinaryFn = ["__and__", "__rand__"],
            or: BinaryFn = ["__or__", "__ror__"],
            xor: BinaryFn = ["__xor__", "__rxor__"],
            iadd: BinaryFn = ["__iadd__"],
            isub: BinaryFn = ["__isub__"],
            imul: BinaryFn = ["__imul__"],
            imatmul: BinaryFn = ["__imatmul__"],
            itruediv: BinaryFn = ["__itruediv__"],
            ifloordiv: BinaryFn = ["__ifloordiv__"],
            imod: BinaryFn = ["__imod__"],
            ipow: TernaryFn = ["__ipow__"],
            ilshift: BinaryFn = ["__ilshift__"],
            irshift: BinaryFn = ["__irshift__"],
            iand: BinaryFn = ["__iand__"],
            ior: BinaryFn = ["__ior__"],
            ixor: BinaryFn = ["__ixor__"],
            neg: UnaryFn = ["__neg__"],
            pos: UnaryFn = ["__pos__"],
            abs: UnaryFn = ["__abs__"],
            invert: UnaryFn = ["__invert__"],
            int: UnaryFn = ["__int__"],
            float: UnaryFn = ["__float__"],
            index: UnaryFn = ["__index__"],
            concat: BinaryFn = [],
            repeat: BinaryFn = [],
            iconcat: BinaryFn = [],
            irepeat: BinaryFn = [],
            buffer: BufferFn = ["__buffer__", "__release_buffer__"],
        }
    };
}

/// An atomic cell holding an optional function pointer of type `F`.
#[repr(transparent)]
pub struct SlotCell<F>(AtomicUsize, PhantomData<F>);

impl<F: Copy> SlotCell<F> {
    const OK: () = assert!(size_of::<F>() == size_of::<usize>());
    pub const fn new() -> Self {
        SlotCell(AtomicUsize::new(0), PhantomData)
    }
    #[inline(always)]
    pub fn get(&self) -> Option<F> {
        let () = Self::OK;
        let word = self.0.load(Ordering::Relaxed);
        if word == 0 {
            return None;
        }
        // SAFETY: only `set` stores here, and it stores a valid `F` (a function pointer, one word wide).
        Some(unsafe { std::mem::transmute_copy::<usize, F>(&word) })
    }
    pub fn set(&self, f: Option<F>) {
        let word = match f {
            None => 0,
            // SAFETY: `F` is a function pointer, one word wide (asserted by `OK`).
            Some(f) => unsafe { std::mem::transmute_copy::<F, usize>(&f) },
        };
        self.0.store(word, Ordering::Relaxed);
    }
    pub fn bits(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
    pub fn set_bits(&self, word: usize) {
        self.0.store(word, Ordering::Relaxed);
    }
}

impl<F: Copy> Default for SlotCell<F> {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! define_slots {
    ($($f:ident: $t:ty = [$($d:literal),*],)*) => {
        /// What a native type declares: one optional function per slot.
        #[derive(Clone, Copy, Default)]
        pub struct Slots { $(pub $f: Option<$t>,)* }

        /// The slots of a live type.
        #[repr(C)]
        #[derive(Default)]
        pub struct SlotTable { $(pub $f: SlotCell<$t>,)* }

        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(non_camel_case_types)]
        pub enum SlotId { $($f,)* }

        /// Every (special method, slot) pair, in table order.
        pub const SPECIALS: &[(&str, SlotId)] = &[$($(($d, SlotId::$f),)*)*];

        impl SlotTable {
            pub fn install(&self, s: &Slots) { $(if s.$f.is_some() { self.$f.set(s.$f); })* }
            pub fn cell_bits(&self, id: SlotId) -> usize { match id { $(SlotId::$f => self.$f.bits(),)* } }
            pub fn set_cell_bits(&self, id: SlotId, bits: usize) { match id { $(SlotId::$f => self.$f.set_bits(bits),)* } }
        }
        impl SlotId {
            pub const ALL: &'static [SlotId] = &[$(SlotId::$f,)*];
            pub fn specials(self) -> &'static [&'static str] { match self { $(SlotId::$f => &[$($d),*],)* } }
        }
    };
}
for_each_slot!(define_slots);
