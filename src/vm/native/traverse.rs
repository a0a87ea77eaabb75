//! The visit of an object's children by the collector: every counted reference the payload holds, once each. Derived by
//! `#[pytype(gc)]` field by field; a field of a type that is not listed here implements `Traverse` itself or is
//! marked `#[skip]`.

use crate::Value;
use typhon_runtime::gc::Visitor;
use typhon_runtime::lock::Guarded;
use typhon_runtime::slot::Slot;

#[diagnostic::on_unimplemented(
    message = "the collector does not know how to visit a `{Self}`",
    note = "mark the field #[skip] when it holds no Python values, or implement `Traverse`"
)]
pub trait Traverse {
    fn traverse(&self, visitor: &mut Visitor);
}

impl Traverse for Value {
    #[inline]
    fn traverse(&self, visitor: &mut Visitor) {
        visitor.visit(self);
    }
}

impl Traverse for Slot {
    #[inline]
    fn traverse(&self, visitor: &mut Visitor) {
        visitor.visit_slot(self);
    }
}

impl<T: Traverse> Traverse for Guarded<T> {
    #[inline]
    fn traverse(&self, visitor: &mut Visitor) {
        // SAFETY: the world is stopped and no object lock is held (R6).
        unsafe { (*self.as_ptr()).traverse(visitor) }
    }
}

impl<T: Traverse> Traverse for Option<T> {
    #[inline]
    fn traverse(&self, visitor: &mut Visitor) {
        if let Some(v) = self {
            v.traverse(visitor);
        }
    }
}

impl<T: Traverse + ?Sized> Traverse for Box<T> {
    fn traverse(&self, visitor: &mut Visitor) {
        (**self).traverse(visitor);
    }
}

macro_rules! sequences {
    ($($t:ty),*) => { $(
        impl<T: Traverse> Traverse for $t {
            fn traverse(&self, visitor: &mut Visitor) {
                self.iter().for_each(|v| v.traverse(visitor));
            }
        }
    )* };
}
sequences!([T], Vec<T>, std::collections::VecDeque<T>);

impl<T: Traverse, const N: usize> Traverse for [T; N] {
    fn traverse(&self, visitor: &mut Visitor) {
        self.iter().for_each(|v| v.traverse(visitor));
    }
}

impl<A: Traverse, B: Traverse> Traverse for (A, B) {
    fn traverse(&self, visitor: &mut Visitor) {
        self.0.traverse(visitor);
        self.1.traverse(visitor);
    }
}

macro_rules! no_children {
    ($($t:ty),* $(,)?) => { $(
        impl Traverse for $t {
            #[inline(always)]
            fn traverse(&self, _: &mut Visitor) {}
        }
    )* };
}
no_children!(
    (),
    bool,
    char,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    f32,
    f64,
    String,
    typhon_runtime::weak::WeakCell,
    &'static str,
    std::sync::atomic::AtomicBool,
    std::sync::atomic::AtomicU8,
    std::sync::atomic::AtomicU16,
    std::sync::atomic::AtomicU32,
    std::sync::atomic::AtomicU64,
    std::sync::atomic::AtomicUsize,
    std::sync::atomic::AtomicI32,
    std::sync::atomic::AtomicI64,
    std::sync::atomic::AtomicIsize,
);
