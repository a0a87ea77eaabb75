//! Starting the interpreter: singletons, built-in types, the runtime's hooks; and the few things the loop needs of `sys`
//! and the import system, reached through what those modules store here (this crate knows no module).

use crate::native::{PyType, TypeCell};
use crate::objects::exception::types as exc_types;
use crate::objects::typeobj::build;
use crate::objects::*;
use crate::statics::{self, offset, word};
use crate::{Cx, ExcKind, Res, Value, ValueExt, protocol};
use std::sync::OnceLock;
use typhon_runtime::gc::{Collected, Reason, Visitor};
use typhon_runtime::header::Header;
use typhon_runtime::hooks::Hooks;
use typhon_runtime::region::{self, REGION, static_value_bits};
use typhon_runtime::sync::Mutex;
use typhon_runtime::thread::Thread;

/// The interpreter's own roots, set while starting.
#[derive(Default)]
pub struct Globals {
    /// `sys`'s namespace.
    pub sys_dict: Option<Value>,
    /// `builtins`' namespace.
    pub builtins_dict: Option<Value>,
    /// Functions that modules lend to the loop.
    pub typing: Option<fn(&mut Cx, u32, &[Value]) -> Res<Value>>,
    pub unraisable: Option<fn(&mut Cx, Value, &str, &Value) -> Res<()>>,
    pub import_from_error: Option<fn(&mut Cx, &Value, Option<&str>, &str, &Value) -> Res<Value>>,
    pub warn: Option<fn(&mut Cx, ExcKind, &str) -> Res<()>>,
}

static GLOBALS: Mutex<Globals> = Mutex::new(Globals {
    sys_dict: None,
    builtins_dict: None,
    typing: None,
    unraisable: None,
    import_from_error: None,
    warn: None,
});
static BUILTINS: OnceLock<Value> = OnceLock::new();
/// `all` and `any` as they were at the start, for LOAD_COMMON_CONSTANT.
static QUANTIFIERS: OnceLock<[Value; 2]> = OnceLock::new();

/// Change the interpreter's roots.
pub fn with_globals<T>(f: impl FnOnce(&mut Globals) -> T) -> T {
    f(&mut GLOBALS.lock())
}

/// The namespace of `builtins`.
pub fn builtins() -> Option<&'static Value> {
    BUILTINS.get()
}

/// The functions `all` and `any`, whatever `builtins` calls by these names now.
pub fn quantifier(any: bool) -> Option<Value> {
    QUANTIFIERS.get().map(|q| q[usize::from(any)].clone())
}

/// Set once, when the module has been made.
pub fn set_builtins(cx: &mut Cx, dict: Value) {
    if let Some(d) = dict.downcast::<Dict>()
        && let (Some(all), Some(any)) = (d.get_named(cx, "all"), d.get_named(cx, "any"))
    {
        let both = [all, any];
        both.iter()
            .filter_map(Value::header)
            .for_each(Header::set_immortal);
        let _ = QUANTIFIERS.set(both);
    }
    if let Some(h) = dict.header() {
        h.set_immortal();
    }
    let _ = BUILTINS.set(dict.clone());
    with_globals(|g| g.builtins_dict = Some(dict));
}

/// `sys.NAME`, as it is now.
pub fn sys_get(cx: &mut Cx, name: &'static str) -> Option<Value> {
    let d = with_globals(|g| g.sys_dict.clone())?;
    d.downcast::<Dict>()?.get_named(cx, name)
}

/// All built-in types, bases before their subclasses.
fn type_cells() -> Vec<&'static TypeCell> {
    let mut v = vec![Object::type_cell(), typeobj::Type::type_cell()];
    v.extend(builtin_type_cells());
    v.extend(exc_types::cells());
    // A type may be named by more than one list; it is made once.
    let mut seen = std::collections::HashSet::new();
    v.retain(|c| seen.insert(std::ptr::from_ref::<TypeCell>(c) as usize));
    v
}

/// Start the runtime and make the built-in types. Called once, on the main thread, with its record attached.
pub fn start(cx: &mut Cx) -> Res<()> {
    let cells = type_cells();
    for c in &cells {
        if c.spec.static_index.is_some() {
            // SAFETY: once per type, before any Python value exists.
            unsafe { build::prepare_static(c) };
        }
    }
    // SAFETY: the static places are ours to fill, once.
    unsafe { make_singletons() };
    for c in &cells {
        if c.spec.static_index.is_some() {
            build::complete_native(cx, Type::from_word(c.word()), c.spec)?;
        }
    }
    exception::group::complete(cx)?;
    Ok(())
}

/// Before the first thread attaches.
pub fn prepare() {
    region::init();
    typhon_runtime::hooks::install(Hooks {
        visit_thread_roots,
        visit_global_roots,
        run_finalizer: |t, v| {
            // SAFETY: every attached record is the first field of a `Cx`.
            let cx = unsafe { crate::native::cx_of(t) };
            crate::threads::run_finalizer(cx, v);
        },
        weakrefs_cleared: |t, list| {
            // SAFETY: as above.
            let cx = unsafe { crate::native::cx_of(t) };
            crate::threads::run_weakref_callbacks(cx, list);
        },
        // SAFETY: garbage is whole until it is cleared, after this stop.
        class_condemned: |head| unsafe { &*head.cast::<Type>() }.leave_lists(),
        collecting: |t, reason| collection_hook(t, reason, None),
        collected: |t, reason, found| collection_hook(t, reason, Some(found)),
    });
}

/// What module `gc` does around collections that nobody asked for: before one, and with what was found after it.
pub static COLLECTION_HOOK: crate::objects::typeobj::slots::SlotCell<
    fn(&mut Cx, Option<&Collected>),
> = crate::objects::typeobj::slots::SlotCell::new();

fn collection_hook(t: &mut Thread, reason: Reason, found: Option<&Collected>) {
    if reason == Reason::Growth
        && let Some(f) = COLLECTION_HOOK.get()
    {
        // SAFETY: every attached record is the first field of a `Cx`.
        f(unsafe { crate::native::cx_of(t) }, found);
    }
}

/// What module `gc` says of garbage under DEBUG_COLLECTABLE.
pub static GARBAGE_HOOK: crate::objects::typeobj::slots::SlotCell<fn(&mut Cx, &[Value])> =
    crate::objects::typeobj::slots::SlotCell::new();

/// Whether it is to say something.
pub fn tell_of_garbage(on: bool) {
    let teller: typhon_runtime::gc::Teller = |t, garbage| {
        if let Some(f) = GARBAGE_HOOK.get() {
            // SAFETY: every attached record is the first field of a `Cx`.
            f(unsafe { crate::native::cx_of(t) }, garbage);
        }
    };
    typhon_runtime::gc::set_teller(on.then_some(teller));
}

fn visit_thread_roots(t: *const Thread, v: &mut Visitor) {
    // SAFETY: the world is stopped; every registered record is the first field of a `Cx`.
    unsafe {
        let cx = &*t.cast::<Cx>();
        frame::visit_thread(cx, v);
    }
}

fn visit_global_roots(v: &mut Visitor) {
    // The world is stopped: a thread that holds the lock is parked outside Python, so do not wait for it.
    if let Some(g) = GLOBALS.try_lock() {
        for r in [&g.sys_dict, &g.builtins_dict].into_iter().flatten() {
            v.root(r);
        }
    }
}

/// # Safety
/// Called once; the region is committed.
unsafe fn make_singletons() {
    let at = |o: u32| (REGION + o as u64) as *mut u8;
    // SAFETY: the offsets are disjoint static places (statics.rs).
    unsafe {
        let plain = [
            (offset::MOVED, word::NONE),
            (offset::NONE, word::NONE),
            (offset::ELLIPSIS, word::ELLIPSIS),
            (offset::NOT_IMPLEMENTED, word::NOT_IMPLEMENTED),
        ];
        for (o, w) in plain {
            (*at(o).cast::<Header>()).init_static(w);
        }
        for (o, i) in [(offset::TRUE, 1i32), (offset::FALSE, 0)] {
            let p = at(o).cast::<Int>();
            (&raw mut (*p).big).write(dashu_int::IBig::from(i));
            (*p).head.init_static(word::BOOL);
        }
        for (o, f) in [(offset::FLOAT_ZERO, 0.0), (offset::FLOAT_NEG_ZERO, -0.0)] {
            let p = at(o).cast::<Float>();
            (&raw mut (*p).value).write(f);
            (*p).head.init_static(word::FLOAT);
        }
        let t = at(offset::EMPTY_TUPLE).cast::<Tuple>();
        Tuple::init_empty(t);
        (*t).head.init_static(word::TUPLE);
        Str::init_static(at(offset::EMPTY_STR), b"");
        (*at(offset::EMPTY_STR).cast::<Header>()).init_static(word::STR);
        bytes::init_static(at(offset::EMPTY_BYTES), b"");
        (*at(offset::EMPTY_BYTES).cast::<Header>()).init_static(word::BYTES);
        for c in 0..=255u8 {
            let o = offset::LATIN1 + c as u32 * offset::LATIN1_STRIDE;
            Str::init_static(at(o), &[c]);
            (*at(o).cast::<Header>()).init_static(word::STR);
            let o = offset::BYTE1 + c as u32 * offset::LATIN1_STRIDE;
            bytes::init_static(at(o), &[c]);
            (*at(o).cast::<Header>()).init_static(word::BYTES);
        }
        for c in 0..=255u8 {
            str::intern::register_static(&statics::immortal(static_value_bits(
                offset::LATIN1 + c as u32 * offset::LATIN1_STRIDE,
            )));
        }
        str::intern::register_static(&statics::immortal(statics::EMPTY_STR));
    }
}

/// Type parameters and aliases: made by the `_typing` module.
pub fn typing_intrinsic(cx: &mut Cx, which: u32, args: &[Value]) -> Res<Value> {
    match with_globals(|g| g.typing) {
        Some(f) => f(cx, which, args),
        None => Err(cx.not_implemented("type parameters are not supported yet")),
    }
}

/// ImportError for a missing name, with CPython's explanations when the import module has lent its function.
pub fn import_from_error(
    cx: &mut Cx,
    module: &Value,
    full: Option<&str>,
    name: &str,
    name_v: &Value,
) -> Res<Value> {
    if let Some(f) = with_globals(|g| g.import_from_error) {
        return f(cx, module, full, name, name_v);
    }
    let m = full.unwrap_or("<unknown module name>");
    Err(cx.import_error(format!(
        "cannot import name '{name}' from '{m}' (unknown location)"
    )))
}

/// Show an exception that nobody can handle.
pub fn report_unraisable(cx: &mut Cx, exc: Value, what: &str, object: &Value) -> Res<()> {
    if let Some(f) = with_globals(|g| g.unraisable) {
        return f(cx, exc, what, object);
    }
    let r = protocol::repr_string(cx, object)?;
    eprintln!("{what}: {r}");
    exception::render::print_exception(cx, &exc);
    Ok(())
}

/// The class of a built-in exception as a value.
pub fn exc_class(kind: ExcKind) -> Value {
    kind.ty().value()
}

impl Cx {
    /// `warnings.warn(msg, category)` at the running Python line; silent until the warnings module is there.
    pub fn warn(&mut self, category: ExcKind, msg: &str) -> Res<()> {
        match with_globals(|g| g.warn) {
            Some(f) => f(self, category, msg),
            None => Ok(()),
        }
    }
}
