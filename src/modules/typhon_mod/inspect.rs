//! What the runtime tells of itself: counters, pauses, the heap, the count of an object.

use typhon_runtime::header::Header;
use typhon_runtime::info::type_flag;
use typhon_runtime::{counters, gc, heap, pauses, qsbr};
use typhon_vm::native::*;
use typhon_vm::objects::dict::{self, Dict};
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::new_tuple;

/// A dict with these names.
fn table(cx: &mut Cx, entries: Vec<(&str, Value)>) -> Res<Value> {
    let made = dict::new_dict(cx)?;
    let d = made.downcast::<Dict>().expect("a new dict");
    for (name, value) in entries {
        d.set_str(cx, name, value)?;
    }
    Ok(made)
}

fn numbers(cx: &mut Cx, entries: &[(&str, u64)]) -> Res<Value> {
    let mut values = Vec::with_capacity(entries.len());
    for &(name, n) in entries {
        values.push((name, n.into_value(cx)?));
    }
    table(cx, values)
}

pub fn counter_table(cx: &mut Cx) -> Res<Value> {
    let entries: Vec<_> = counters::Counter::ALL
        .iter()
        .zip(counters::NAMES)
        .map(|(&counter, &name)| (name, counters::total(counter)))
        .collect();
    numbers(cx, &entries)
}

pub fn thread_counter_tables(cx: &mut Cx) -> Res<Value> {
    let mut threads = Vec::new();
    counters::for_each_thread(|t, counts| {
        threads.push((t.tid, typhon_vm::threads::ident_of(t), counts));
    });
    let made = dict::new_dict(cx)?;
    let d = made.downcast::<Dict>().expect("a new dict");
    for (tid, ident, counts) in threads {
        let mut entries = vec![("ident", ident)];
        entries.extend(counters::NAMES.iter().copied().zip(counts));
        let table = numbers(cx, &entries)?;
        let key = u64::from(tid).into_value(cx)?;
        d.set(cx, &key, table)?;
    }
    Ok(made)
}

pub fn instruction_table(cx: &mut Cx) -> Res<Value> {
    let mut rows = Vec::new();
    for line in typhon_vm::stats::lines() {
        let columns = vec![
            ("name", new_str(cx, line.name)?),
            ("meaning", new_str(cx, line.meaning)?),
            ("executed", line.executed.into_value(cx)?),
            ("missed", line.missed.into_value(cx)?),
            ("share", line.share.into_value(cx)?),
        ];
        rows.push(table(cx, columns)?);
    }
    new_list(cx, rows)
}

/// total, longest and histogram of pauses, or of what it took until all stood.
fn times(cx: &mut Cx, totals: &pauses::Totals) -> Res<[Value; 3]> {
    let mut histogram = Vec::new();
    for (i, &n) in totals.histogram.iter().enumerate() {
        let (below, n) = ((1u64 << i).into_value(cx)?, n.into_value(cx)?);
        histogram.push(new_tuple(cx, vec![below, n])?);
    }
    Ok([
        totals.total.as_secs_f64().into_value(cx)?,
        totals.longest.as_secs_f64().into_value(cx)?,
        new_list(cx, histogram)?,
    ])
}

pub fn pause_table(cx: &mut Cx) -> Res<Value> {
    let (stood, waited) = (pauses::totals(), pauses::waits());
    let mut log = Vec::new();
    for pause in pauses::log() {
        let entry = vec![
            new_str(cx, pause.reason)?,
            pause.asked.elapsed().as_secs_f64().into_value(cx)?,
            pause.waited.as_secs_f64().into_value(cx)?,
            pause.stood.as_secs_f64().into_value(cx)?,
        ];
        log.push(new_tuple(cx, entry)?);
    }
    let count = stood.histogram.iter().sum::<u64>().into_value(cx)?;
    let [total, longest, histogram] = times(cx, &stood)?;
    let [stop_total, stop_longest, stop_histogram] = times(cx, &waited)?;
    let log = new_list(cx, log)?;
    table(
        cx,
        vec![
            ("count", count),
            ("total", total),
            ("longest", longest),
            ("histogram", histogram),
            ("stop_total", stop_total),
            ("stop_longest", stop_longest),
            ("stop_histogram", stop_histogram),
            ("log", log),
        ],
    )
}

pub fn heap_table(cx: &mut Cx) -> Res<Value> {
    let (all, classes) = cx
        .thread
        .stop_the_world(|world| (heap::stats(world), heap::stats_by_class(world)));
    let mut list = Vec::new();
    for class in classes {
        list.push(numbers(
            cx,
            &[
                ("cell_bytes", class.cell_bytes as u64),
                ("pages", class.pages as u64),
                ("live_cells", class.live_cells as u64),
                ("room", class.room as u64),
            ],
        )?);
    }
    let made = numbers(
        cx,
        &[
            ("live_cells", all.live_cells as u64),
            ("live_bytes", all.live_bytes as u64),
            ("pages", all.pages as u64),
            ("large_objects", all.large_objects as u64),
            ("large_bytes", all.large_bytes as u64),
            ("pending_bytes", qsbr::pending_bytes()),
        ],
    )?;
    let list = new_list(cx, list)?;
    let d = made.downcast::<Dict>().expect("a dict");
    d.set_str(cx, "size_classes", list)?;
    Ok(made)
}

/// Whether the object is deferred or immortal now.
pub fn promote(v: &Value) -> bool {
    let Some(head) = v.header() else {
        return true;
    };
    // R16: what has a finalizer is to die at once, and types are deferred from the beginning.
    if !head.info().has(type_flag::HAS_DEL) {
        head.set_deferred();
    }
    head.is_uncounted_in_registers()
}

/// Whether the object is excluded from promotion now. With the world stopped nobody is half way through one.
pub fn keep_counted(cx: &mut Cx, v: &Value) -> bool {
    v.header()
        .is_some_and(|head| cx.thread.stop_the_world(|world| head.keep_counted(world)))
}

pub fn is_shared(cx: &Cx, v: &Value) -> bool {
    v.header().is_some_and(|head| {
        let counts = head.counts();
        head.is_uncounted_in_registers()
            || head.is_shared()
            || counts.owner != cx.thread.tid
            || counts.shared != 0
    })
}

pub fn count_table(cx: &mut Cx, v: &Value) -> Res<Value> {
    let kind = |head: Option<&Header>| match head {
        None => "immediate",
        Some(h) if h.is_immortal() => "immortal",
        Some(h) if h.is_deferred() => "deferred",
        Some(_) => "counted",
    };
    let head = v.header();
    let kind = new_str(cx, kind(head))?;
    let Some(head) = head.filter(|h| !h.is_immortal()) else {
        return table(cx, vec![("kind", kind)]);
    };
    let counts = head.counts();
    let owner = match counts.owner {
        0 => Value::none(),
        owner => u64::from(owner).into_value(cx)?,
    };
    let local = u64::from(counts.local).into_value(cx)?;
    let shared = i64::from(counts.shared).into_value(cx)?;
    let state = new_str(cx, counts.state)?;
    table(
        cx,
        vec![
            ("kind", kind),
            ("owner", owner),
            ("local", local),
            ("shared", shared),
            ("state", state),
        ],
    )
}

pub fn verify(cx: &mut Cx) -> Res<Value> {
    let mut list = Vec::new();
    for complaint in gc::verify(&mut cx.thread) {
        list.push(new_str(cx, &complaint)?);
    }
    new_list(cx, list)
}
