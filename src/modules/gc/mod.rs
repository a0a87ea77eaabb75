//! `gc`: the collector as Python sees it. There is one generation; the numbers of others are accepted and shown as zero.

pub use module::MODULE;

use crate::os_call;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::{Dict, List, dict, list, str};
use typhon_vm::protocol;
use typhon_vm::runtime::gc;
use typhon_vm::runtime::sync::Mutex;

const DEBUG_STATS: i64 = 1;
const DEBUG_COLLECTABLE: i64 = 2;
const DEBUG_UNCOLLECTABLE: i64 = 4;
const DEBUG_SAVEALL: i64 = 32;

static DEBUG: AtomicI64 = AtomicI64::new(0);
/// `gc.garbage` and `gc.callbacks`.
static LISTS: Mutex<Option<(Value, Value)>> = Mutex::new(None);

fn lists(cx: &mut Cx) -> Res<(Value, Value)> {
    if let Some(l) = LISTS.lock().clone() {
        return Ok(l);
    }
    let made = (list::new_list(cx, vec![])?, list::new_list(cx, vec![])?);
    Ok(LISTS.lock().get_or_insert(made).clone())
}

/// What DEBUG_STATS prints, in CPython's words. All objects are of the oldest generation: this
/// collector has no young ones.
fn tell(cx: &mut Cx, generation: i32, alive: usize, found: usize, ns: u64) {
    let seconds = ns as f64 / 1e9;
    let text = format!(
        "gc: collecting generation {generation}...\n\
         gc: objects in each generation: 0 0 {}\n\
         gc: objects in permanent generation: 0\n\
         gc: done, {found} unreachable, 0 uncollectable, {seconds:.4}s elapsed\n",
        alive + found
    );
    crate::sys::hooks::write_stderr(cx, &text);
}

/// What DEBUG_COLLECTABLE prints: what is garbage, as far as CPython's collector knows such things.
fn tell_of_garbage(cx: &mut Cx, garbage: &[Value]) {
    let saved = cx.exc.take();
    for v in garbage.iter().filter(|v| gc::is_tracked(v)) {
        let text = format!("gc: collectable <{} {:p}>\n", v.type_name(), v.as_ptr());
        crate::sys::hooks::write_stderr(cx, &text);
    }
    cx.exc = saved;
}

/// What DEBUG_SAVEALL keeps.
fn save(cx: &mut Cx, garbage: impl Iterator<Item = Value>) -> Res<()> {
    let saved: Vec<Value> = garbage.filter(gc::is_tracked).collect();
    let (garbage, _) = lists(cx)?;
    match garbage.downcast::<List>() {
        Some(l) if !saved.is_empty() => l.extend_from_vec(cx, saved),
        _ => Ok(()),
    }
}

fn call_back(cx: &mut Cx, phase: &str, generation: i64, collected: usize) -> Res<()> {
    let (_, callbacks) = lists(cx)?;
    let Some(all) = callbacks.downcast::<List>() else {
        return Ok(());
    };
    if all.is_empty() {
        return Ok(());
    }
    let info = dict::new_dict(cx)?;
    let d = info.downcast::<Dict>().expect("a new dict");
    for (name, n) in [
        ("generation", generation),
        ("collected", collected as i64),
        ("uncollectable", 0),
    ] {
        let n = n.into_value(cx)?;
        d.set_str(cx, name, n)?;
    }
    let phase = str::new_str(cx, phase)?;
    for f in all.to_vec(cx) {
        if let Err(r) = protocol::call(cx, &f, &[phase.clone(), info.clone()]) {
            typhon_vm::threads::unraisable(
                cx,
                r,
                "Exception ignored while calling GC callback",
                &f,
            );
        }
    }
    Ok(())
}

/// A collection that nobody asked for: the callbacks hear of it too.
fn around_collection(cx: &mut Cx, found: Option<&gc::Collected>) {
    let saved = cx.exc.take();
    let (phase, n) = match found {
        None => ("start", 0),
        Some(c) => ("stop", c.found - c.resurrected.min(c.found)),
    };
    if let Some(c) = found
        && DEBUG.load(Ordering::Relaxed) & DEBUG_STATS != 0
    {
        tell(cx, 2, c.alive, n, c.pause_ns);
    }
    let done = match found {
        Some(c) => save(cx, c.saved.iter().cloned()),
        None => Ok(()),
    };
    if let Err(r) = done.and_then(|()| call_back(cx, phase, 2, n)) {
        drop(cx.take_exc(r));
    }
    cx.exc = saved;
}

/// `gc.collect(generation)`: how often, and what it found.
static ASKED: [(AtomicUsize, AtomicUsize); 3] =
    [const { (AtomicUsize::new(0), AtomicUsize::new(0)) }; 3];

/// Whether a tuple can be in no cycle: CPython's collector stops tracking such a one when it meets it.
fn is_leaf_tuple(v: &Value) -> bool {
    v.downcast_exact::<Tuple>()
        .is_some_and(|t| t.items().iter().all(|item| !gc::is_tracked(item)))
}

#[pymodule(name = "gc")]
pub mod module {
    //! This module provides access to the garbage collector for reference cycles.
    //!
    //! enable() -- Enable automatic garbage collection.
    //! disable() -- Disable automatic garbage collection.
    //! isenabled() -- Returns true if automatic collection is enabled.
    //! collect() -- Do a full collection right now.
    use super::*;

    /// Enable automatic garbage collection.
    #[pyfunction]
    fn enable() {
        gc::enable();
    }
    /// Disable automatic garbage collection.
    #[pyfunction]
    fn disable() {
        gc::disable();
    }
    /// Returns true if automatic garbage collection is enabled.
    #[pyfunction]
    fn isenabled() -> bool {
        gc::is_enabled()
    }

    /// Run the garbage collector.
    ///
    /// The number of unreachable objects is returned.
    #[pyfunction]
    #[sig(generation = 2)]
    fn collect(generation: i32, cx: &mut Cx) -> Res<usize> {
        if !(0..=2).contains(&generation) {
            return Err(cx.value_error("invalid generation"));
        }
        call_back(cx, "start", generation as i64, 0)?;
        // The collector keeps no exception of ours.
        let r = gc::collect(&mut cx.thread, gc::Reason::Asked);
        typhon_vm::call::run_pending(cx);
        let found = r.found - r.resurrected.min(r.found);
        if DEBUG.load(Ordering::Relaxed) & DEBUG_STATS != 0 {
            tell(cx, generation, r.alive, found, r.pause_ns);
        }
        let asked = &ASKED[generation as usize];
        asked.0.fetch_add(1, Ordering::Relaxed);
        asked.1.fetch_add(found, Ordering::Relaxed);
        save(cx, r.saved.into_iter())?;
        call_back(cx, "stop", generation as i64, found)?;
        Ok(found)
    }

    /// Set the garbage collection debugging flags.
    #[pyfunction]
    #[sig(flags, /)]
    fn set_debug(flags: i32) {
        DEBUG.store(flags as i64, Ordering::Relaxed);
        gc::set_save_all(flags as i64 & DEBUG_SAVEALL != 0);
        typhon_vm::init::tell_of_garbage(flags as i64 & DEBUG_COLLECTABLE != 0);
    }
    /// Get the garbage collection debugging flags.
    #[pyfunction]
    fn get_debug() -> i64 {
        DEBUG.load(Ordering::Relaxed)
    }

    /// Set the collection thresholds (the collection frequency).
    #[pyfunction]
    #[sig(threshold0, threshold1 = None, threshold2 = None, /)]
    fn set_threshold(threshold0: i32, threshold1: Option<i32>, threshold2: Option<i32>) {
        let old = gc::threshold();
        gc::set_threshold([
            threshold0 as i64,
            threshold1.map_or(old[1], i64::from),
            threshold2.map_or(old[2], i64::from),
        ]);
    }
    /// Return the current collection thresholds.
    #[pyfunction]
    fn get_threshold() -> (i64, i64, i64) {
        gc::threshold().into()
    }
    /// Return a three-tuple of the current collection counts.
    #[pyfunction]
    fn get_count(cx: &mut Cx) -> (i64, i64, i64) {
        (gc::count(&cx.thread), 0, 0)
    }

    /// Return a list of dictionaries containing per-generation statistics.
    #[pyfunction]
    fn get_stats(cx: &mut Cx) -> Res<Vec<Value>> {
        let t = gc::totals();
        let young = |i: usize| {
            let (n, found) = &ASKED[i];
            (n.load(Ordering::Relaxed), found.load(Ordering::Relaxed))
        };
        let mut out = Vec::new();
        for generation in 0..3 {
            // Every collection is a full one; those asked for as young ones count as such.
            let (n, found) = if generation == 2 {
                let (a, b) = (young(0), young(1));
                (
                    t.collections.saturating_sub(a.0 + b.0),
                    t.found.saturating_sub(a.1 + b.1),
                )
            } else {
                young(generation)
            };
            let d = dict::new_dict(cx)?;
            for (name, v) in [
                ("collections", n),
                ("collected", found),
                ("uncollectable", 0),
            ] {
                let v = v.into_value(cx)?;
                d.downcast::<Dict>()
                    .expect("a new dict")
                    .set_str(cx, name, v)?;
            }
            out.push(d);
        }
        Ok(out)
    }

    /// Return a list of objects tracked by the collector (excluding the list returned).
    #[pyfunction]
    #[sig(generation = None)]
    fn get_objects(generation: Option<i64>, cx: &mut Cx) -> Res<Vec<Value>> {
        match generation {
            Some(n) if n < 0 => {
                return Err(cx.value_error("generation parameter cannot be negative"));
            }
            Some(n) if n > 2 => return Err(cx.value_error(
                "generation parameter must be less than the number of available generations (3)",
            )),
            // Everything is in the oldest generation.
            Some(0 | 1) => return Ok(Vec::new()),
            _ => {}
        }
        let mut objects = gc::objects(&mut cx.thread);
        objects.retain(|v| !is_leaf_tuple(v));
        Ok(objects)
    }

    /// Return the list of objects that directly refer to any of 'objs'.
    #[pyfunction]
    #[sig(*objs)]
    fn get_referrers(objs: &[Value], cx: &mut Cx) -> Vec<Value> {
        gc::referrers(&mut cx.thread, objs)
    }
    /// Return the list of objects that are directly referred to by 'objs'.
    #[pyfunction]
    #[sig(*objs)]
    fn get_referents(objs: &[Value], cx: &mut Cx) -> Vec<Value> {
        gc::referents(&mut cx.thread, objs)
    }
    /// Returns true if the object is tracked by the garbage collector.
    #[pyfunction]
    #[sig(obj, /)]
    fn is_tracked(obj: &Value) -> bool {
        // Native types never die.
        if obj.downcast::<Type>().is_some_and(|t| !t.has(flags::HEAP)) {
            return false;
        }
        gc::is_tracked(obj)
    }
    /// Returns true if the object has been already finalized by the GC.
    #[pyfunction]
    #[sig(obj, /)]
    fn is_finalized(obj: &Value) -> bool {
        gc::is_finalized(obj)
    }

    /// Freeze all current tracked objects and ignore them for future collections.
    #[pyfunction]
    fn freeze(cx: &mut Cx) {
        gc::freeze(&mut cx.thread);
    }
    /// Unfreeze all objects in the permanent generation.
    #[pyfunction]
    fn unfreeze(cx: &mut Cx) {
        gc::unfreeze(&mut cx.thread);
    }
    /// Return the number of objects in the permanent generation.
    #[pyfunction]
    fn get_freeze_count(cx: &mut Cx) -> usize {
        gc::frozen_count(&mut cx.thread)
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        os_call::set_constants(
            cx,
            module,
            &[
                ("DEBUG_STATS", DEBUG_STATS),
                ("DEBUG_COLLECTABLE", DEBUG_COLLECTABLE),
                ("DEBUG_UNCOLLECTABLE", DEBUG_UNCOLLECTABLE),
                ("DEBUG_SAVEALL", DEBUG_SAVEALL),
                (
                    "DEBUG_LEAK",
                    DEBUG_COLLECTABLE | DEBUG_UNCOLLECTABLE | DEBUG_SAVEALL,
                ),
            ],
        )?;
        let (garbage, callbacks) = lists(cx)?;
        typhon_vm::init::COLLECTION_HOOK.set(Some(around_collection));
        typhon_vm::init::GARBAGE_HOOK.set(Some(tell_of_garbage));
        os_call::set(cx, module, "garbage", garbage)?;
        os_call::set(cx, module, "callbacks", callbacks)
    }
}
