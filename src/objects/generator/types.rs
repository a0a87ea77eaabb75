//! The three types over the `Generator` struct: generator, coroutine, async generator. They share the layout and most of the
//! methods but are unrelated classes, so their specs are written out here.

use super::{Generator, agen, methods};
use crate::native::*;
use crate::statics::index;
use std::sync::atomic::Ordering;
use typhon_runtime::gc::Visitor;

/// Frees a generator, finished or not.
///
/// # Safety
/// Called once by the runtime on a dying cell.
pub unsafe fn drop_payload(h: *mut Header, t: &Thread) {
    let g = h.cast::<Generator>();
    // SAFETY: by contract; nobody else can reach the generator, so this thread has the right to its frame.
    unsafe {
        if (*g).state() != super::DONE {
            if !(*g).leaf.load(Ordering::Relaxed).is_null() {
                crate::chain::take_apart(&*g);
            }
            if let Some(f) = crate::objects::frame::object::forget((*g).frame.get()) {
                f.drop_in(t);
            }
            (*g).drop_frame().release(t, usize::MAX);
        } else {
            // What the record kept, to tell the code.
            let w = (*(*g).frame.get()).func;
            if w & 7 == 0 && w != 0 {
                crate::Value::from_bits(w).drop_in(t);
            }
        }
        for slot in [&(*g).name, &(*g).qualname] {
            let bits = slot.peek_bits();
            if bits != 0 && !(*(bits as *const Header)).is_immortal() {
                slot.drop_unshared(t);
            }
        }
        let rare = [&(*g).handled, &(*g).origin, &(*g).finalizer, &(*g).code];
        if rare.iter().fold(0, |all, slot| all | slot.peek_bits()) != 0 {
            for slot in rare {
                slot.drop_unshared(t);
            }
        }
    }
}

/// Whether closing a dead generator would run something, or a coroutine has to be reported.
pub fn needs_finalizer(h: &Header) -> bool {
    // SAFETY: a dead generator or coroutine, which nobody else can reach.
    let g = unsafe { &*(std::ptr::from_ref(h)).cast::<Generator>() };
    match g.state() {
        super::SUSPENDED => {
            g.delegating.load(Ordering::Relaxed) != 0
                || crate::monitor::active()
                || !methods::leaves_at_once(g)
        }
        super::CREATED => h.type_word() != static_type_word(index::GENERATOR),
        _ => true,
    }
}

impl Traverse for Generator {
    fn traverse(&self, v: &mut Visitor) {
        for slot in [
            &self.name,
            &self.qualname,
            &self.handled,
            &self.origin,
            &self.finalizer,
            &self.code,
        ] {
            v.visit_slot(slot);
        }
        // SAFETY: the collector traverses with the world stopped.
        unsafe { self.traverse_frame(v) };
    }
}

/// The collector breaks a cycle: the finalizer has run, what the frame still holds goes.
unsafe fn clear(h: *mut Header, thread: &mut Thread) {
    // SAFETY: the collector calls this for live cells of these types, on an interpreter thread.
    let (g, cx) = unsafe { (&*h.cast::<Generator>(), cx_of(thread)) };
    if g.try_start().is_ok() {
        methods::discard(cx, g);
    }
}

macro_rules! types {
    ($($cell:ident $spec:ident $name:literal $index:ident $parts:expr;)*) => { $(
        static $spec: TypeSpec = TypeSpec {
            name: $name,
            module: "builtins",
            doc: "",
            text_signature: None,
            size: size_of::<Generator>(),
            itemsize: 0,
            dict_offset: 0,
            flags: flags::GC | flags::WEAKREFABLE | flags::NO_NEW,
            unhashable: false,
            base: None,
            static_index: Some(index::$index),
            parts: $parts,
            drop_payload,
            traverse: Some(traverse_object::<Generator>),
            clear: Some(clear),
        };
        pub static $cell: TypeCell = TypeCell::new(&$spec);
    )* };
}

types! {
    GENERATOR_CELL GENERATOR_SPEC "generator" GENERATOR &[&methods::GENERATOR];
    COROUTINE_CELL COROUTINE_SPEC "coroutine" COROUTINE &[&methods::COROUTINE];
    ASYNC_GENERATOR_CELL ASYNC_GENERATOR_SPEC "async_generator" ASYNC_GENERATOR &[&agen::ASYNC_GENERATOR];
}

// SAFETY: repr(C) with the header first. The word is the generator's; coroutines and async generators are found by
// `as_generator`.
unsafe impl PyType for Generator {
    const NAME: &'static str = "generator";
    const STATIC_WORD: u32 = static_type_word(index::GENERATOR);
    const SPEC: &'static TypeSpec = &GENERATOR_SPEC;
    fn drop_slots(&self, thread: &Thread) {
        for slot in [
            &self.name,
            &self.qualname,
            &self.handled,
            &self.origin,
            &self.finalizer,
            &self.code,
        ] {
            slot.drop_unshared(thread);
        }
    }
    fn type_cell() -> &'static TypeCell {
        &GENERATOR_CELL
    }
}
