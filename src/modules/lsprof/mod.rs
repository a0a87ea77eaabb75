//! `_lsprof`: the profiler behind `cProfile`, a tool of `sys.monitoring`. Calls of each thread nest in a stack of their own;
//! what they took is gathered per function, and per function and caller.

mod times;

use crate::structseq::StructSeq;
use times::{Call, Times};
use typhon_vm::SlotExt;
use typhon_vm::native::*;
use typhon_vm::objects::builtin::{Builtin, MethodDescr};
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::{Module, object};
use typhon_vm::statics::word;
use typhon_vm::{monitor::Event, protocol};

static ENTRY: StructSeq = StructSeq::new(
    "_lsprof.profiler_entry",
    "",
    &[
        ("code", "code object or built-in function name"),
        ("callcount", "how many times this was called"),
        ("reccallcount", "how many times called recursively"),
        ("totaltime", "total time in this entry"),
        ("inlinetime", "inline time in this entry (not in subcalls)"),
        ("calls", "details of the calls"),
    ],
    6,
);
static SUBENTRY: StructSeq = StructSeq::new(
    "_lsprof.profiler_subentry",
    "",
    &[
        ("code", "called code object or built-in function name"),
        ("callcount", "how many times this is called"),
        ("reccallcount", "how many times this is called recursively"),
        ("totaltime", "total time spent in this call"),
        ("inlinetime", "inline time (not in further subcalls)"),
    ],
    5,
);

/// The tool's number: `sys.monitoring.PROFILER_ID`.
const TOOL: i32 = 2;
/// The events, and the methods that they call.
const CALLBACKS: [(Event, &str); 9] = [
    (Event::PyStart, "_pystart_callback"),
    (Event::PyResume, "_pystart_callback"),
    (Event::PyThrow, "_pythrow_callback"),
    (Event::PyReturn, "_pyreturn_callback"),
    (Event::PyYield, "_pyreturn_callback"),
    (Event::PyUnwind, "_pyreturn_callback"),
    (Event::Call, "_ccall_callback"),
    (Event::CReturn, "_creturn_callback"),
    (Event::CRaise, "_creturn_callback"),
];
/// Fractions of a second that external timers are counted in.
const FRACTION: f64 = 4294967296.0;

/// Builds a profiler object using the specified timer function.
/// The default timer is a fast built-in one based on real time.
/// For custom timer functions returning integers, 'timeunit' can
/// be a float specifying a scale (that is, how long each integer unit
/// is, in seconds).
#[pytype(name = "Profiler", module = "_lsprof", gc, basetype)]
pub struct Profiler {
    pub head: Header,
    timer: Slot,
    times: Guarded<Times>,
}

impl Profiler {
    /// The time now; what goes wrong in the timer is told and counts as 0.
    fn now(&self, cx: &mut Cx) -> i64 {
        let Some(timer) = self.timer.get(&self.head) else {
            return times::clock();
        };
        self.with(cx, |t| t.in_timer += 1);
        let r = protocol::call(cx, &timer, &[]).and_then(|v| self.ticks(cx, &v));
        self.with(cx, |t| t.in_timer -= 1);
        match r {
            Ok(n) => n,
            Err(r) => {
                let what = "Exception ignored while calling _lsprof timer";
                typhon_vm::threads::unraisable(cx, r, what, &timer);
                0
            }
        }
    }
    fn ticks(&self, cx: &mut Cx, v: &Value) -> Res<i64> {
        if self.with(cx, |t| t.unit > 0.0) {
            typhon_vm::number::index_i64(cx, v)
        } else {
            Ok((typhon_vm::number::as_f64(cx, v)? * FRACTION) as i64)
        }
    }
    /// Look at the state under its lock. What is displaced leaves it with the result (R1).
    fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Times) -> R) -> R {
        let mut t = self.times.lock(&self.head, &mut cx.thread);
        f(&mut t)
    }
    fn enter(&self, cx: &mut Cx, key: u64, shown: Value) {
        let now = self.now(cx);
        let tid = cx.thread.tid;
        let rest = self.with(cx, |t| t.enter(tid, key, shown, now));
        drop(rest);
    }
    fn leave(&self, cx: &mut Cx, key: u64) {
        let now = self.now(cx);
        let tid = cx.thread.tid;
        self.with(cx, |t| t.leave(tid, key, now));
    }
    /// The native function behind a callable: its key, and how it is shown.
    fn native(&self, cx: &mut Cx, callable: &Value, arg: &Value) -> Res<Option<(u64, Value)>> {
        if !self.with(cx, |t| t.builtins) {
            return Ok(None);
        }
        match callable.class_word() {
            word::BUILTIN => {
                let f = callable.downcast::<Builtin>().expect("checked");
                let key = std::ptr::from_ref(f.def) as u64;
                if self.with(cx, |t| t.knows(key)) {
                    return Ok(Some((key, Value::none())));
                }
                let shown = match &f.this {
                    Some(this) if this.downcast::<Module>().is_none() => {
                        match this.ty().lookup_str(cx, f.def.name) {
                            Some(m) => protocol::repr(cx, &m)?,
                            None => {
                                let text = format!("<built-in method {}>", f.def.name);
                                new_str(cx, &text)?
                            }
                        }
                    }
                    _ => {
                        let module = protocol::getattr_str_opt(cx, callable, "__module__")?;
                        let text = match module.as_ref().and_then(|m| m.downcast::<Str>()) {
                            Some(m) => {
                                format!("<built-in method {}.{}>", m.to_string_lossy(), f.def.name)
                            }
                            None => format!("<built-in method {}>", f.def.name),
                        };
                        new_str(cx, &text)?
                    }
                };
                Ok(Some((key, shown)))
            }
            word::METHOD_DESCR => {
                let _ = arg;
                let d = callable.downcast::<MethodDescr>().expect("checked");
                let key = std::ptr::from_ref(d.def) as u64;
                if self.with(cx, |t| t.knows(key)) {
                    return Ok(Some((key, Value::none())));
                }
                let shown = protocol::repr(cx, callable)?;
                Ok(Some((key, shown)))
            }
            _ => Ok(None),
        }
    }
    fn stop(&self, cx: &mut Cx) -> Res<()> {
        if self.with(cx, |t| t.in_timer > 0) {
            return Err(cx.runtime_error("cannot disable profiler in external timer"));
        }
        if self.with(cx, |t| std::mem::take(&mut t.enabled)) {
            let m = monitoring(cx)?;
            for (e, _) in CALLBACKS {
                let args = [
                    Value::small_int(TOOL),
                    Value::small_int(e.bit() as i32),
                    Value::none(),
                ];
                protocol::call_method(cx, &m, "register_callback", &args)?;
            }
            let tool = Value::small_int(TOOL);
            let none = Value::small_int(0);
            protocol::call_method(cx, &m, "set_events", &[tool.clone(), none])?;
            protocol::call_method(cx, &m, "free_tool_id", &[tool])?;
            // Calls that did not end are taken to end now.
            let now = self.now(cx);
            self.with(cx, |t| t.end_all(now));
        }
        Ok(())
    }
}

fn monitoring(cx: &mut Cx) -> Res<Value> {
    let sys = crate::builtins::import::import_absolute_str(cx, "sys")?;
    protocol::getattr_str(cx, &sys, "monitoring")
}

fn key_of(code: &Value) -> u64 {
    code.bits() & !7
}

#[pymethods]
impl Profiler {
    #[new]
    #[sig(timer = None, timeunit = 0.0, subcalls = True, builtins = True)]
    fn new(
        cls: &Type,
        timer: &Value,
        timeunit: f64,
        subcalls: bool,
        builtins: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let timer = (!timer.is_none()).then(|| timer.clone());
        let p = Profiler {
            head: Header::placeholder(),
            timer: Slot::new(timer),
            times: Guarded::new(Times::new(timeunit, subcalls, builtins)),
        };
        object::alloc(cx, cls, p)
    }

    /// Start collecting profiling information.
    ///
    ///   subcalls
    ///     If True, also records for each function
    ///     statistics separated according to its current caller.
    ///   builtins
    ///     If True, records the time spent in
    ///     built-in functions separately from their caller.
    #[sig(subcalls = True, builtins = True)]
    fn enable(this: &Value, subcalls: bool, builtins: bool, cx: &mut Cx) -> Res<()> {
        let Some(p) = this.downcast::<Profiler>() else {
            return Err(cx.type_error("not a profiler"));
        };
        let m = monitoring(cx)?;
        let name = new_str(cx, "cProfile")?;
        let args = [Value::small_int(TOOL), name];
        protocol::call_method(cx, &m, "use_tool_id", &args)?;
        p.with(cx, |t| {
            (t.subcalls, t.builtins) = (subcalls, builtins);
            t.enabled = true;
        });
        let mut events = 0;
        for (e, method) in CALLBACKS {
            let callback = protocol::getattr_str(cx, this, method)?;
            let args = [
                Value::small_int(TOOL),
                Value::small_int(e.bit() as i32),
                callback,
            ];
            protocol::call_method(cx, &m, "register_callback", &args)?;
            events |= e.bit();
        }
        let args = [Value::small_int(TOOL), Value::small_int(events as i32)];
        protocol::call_method(cx, &m, "set_events", &args)?;
        Ok(())
    }

    /// Stop collecting profiling information.
    fn disable(&self, cx: &mut Cx) -> Res<()> {
        self.stop(cx)
    }

    /// Clear all profiling information collected so far.
    fn clear(&self, cx: &mut Cx) -> Res<()> {
        if self.with(cx, |t| t.in_timer > 0) {
            return Err(cx.runtime_error("cannot clear profiler in external timer"));
        }
        let old = self.with(cx, Times::clear);
        drop(old);
        Ok(())
    }

    /// list of profiler_entry objects.
    ///
    /// getstats() -> list of profiler_entry objects
    ///
    /// Return all information collected by the profiler.
    /// Each profiler_entry is a tuple-like object with the
    /// following attributes:
    ///
    ///     code          code object
    ///     callcount     how many times this was called
    ///     reccallcount  how many times called recursively
    ///     totaltime     total time in this entry
    ///     inlinetime    inline time in this entry (not in subcalls)
    ///     calls         details of the calls
    ///
    /// The calls attribute is either None or a list of
    /// profiler_subentry objects:
    ///
    ///     code          called code object
    ///     callcount     how many times this is called
    ///     reccallcount  how many times this is called recursively
    ///     totaltime     total time spent in this call
    ///     inlinetime    inline time (not in further subcalls)
    #[text_signature(none)]
    fn getstats(&self, cx: &mut Cx) -> Res<Value> {
        let external = self.timer.get(&self.head).is_some();
        let (all, unit) = self.with(cx, |t| (t.snapshot(), t.unit));
        let factor = match (external, unit > 0.0) {
            (false, _) => 1e-9,
            (true, true) => unit,
            (true, false) => 1.0 / FRACTION,
        };
        let row = |cx: &mut Cx, shown: &Value, c: &Call| -> Res<Vec<Value>> {
            let number = |cx: &mut Cx, n: u64| typhon_vm::objects::int::new_int(cx, n as i64);
            let time =
                |cx: &mut Cx, n: i64| typhon_vm::objects::float::new_float(cx, n as f64 * factor);
            Ok(vec![
                shown.clone(),
                number(cx, c.calls)?,
                number(cx, c.recursive)?,
                time(cx, c.total)?,
                time(cx, c.inline)?,
            ])
        };
        let mut out = Vec::new();
        for (shown, c, callees) in &all {
            let mut values = row(cx, shown, c)?;
            let mut sub = Vec::new();
            for (callee, c) in callees {
                let values = row(cx, callee, c)?;
                sub.push(SUBENTRY.make(cx, values)?);
            }
            values.push(if sub.is_empty() {
                Value::none()
            } else {
                new_list(cx, sub)?
            });
            out.push(ENTRY.make(cx, values)?);
        }
        new_list(cx, out)
    }

    #[sig(code, instruction_offset, /)]
    fn _pystart_callback(&self, code: &Value, instruction_offset: &Value, cx: &mut Cx) {
        let _ = instruction_offset;
        self.enter(cx, key_of(code), code.clone());
    }
    #[sig(code, instruction_offset, exception, /)]
    fn _pythrow_callback(
        &self,
        code: &Value,
        instruction_offset: &Value,
        exception: &Value,
        cx: &mut Cx,
    ) {
        let _ = (instruction_offset, exception);
        self.enter(cx, key_of(code), code.clone());
    }
    #[sig(code, instruction_offset, retval, /)]
    fn _pyreturn_callback(
        &self,
        code: &Value,
        instruction_offset: &Value,
        retval: &Value,
        cx: &mut Cx,
    ) {
        let _ = (instruction_offset, retval);
        self.leave(cx, key_of(code));
    }
    #[sig(code, instruction_offset, callable, self_arg, /)]
    fn _ccall_callback(
        &self,
        code: &Value,
        instruction_offset: &Value,
        callable: &Value,
        self_arg: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let _ = (code, instruction_offset);
        if let Some((key, shown)) = self.native(cx, callable, self_arg)? {
            self.enter(cx, key, shown);
        }
        Ok(())
    }
    #[sig(code, instruction_offset, callable, self_arg, /)]
    fn _creturn_callback(
        &self,
        code: &Value,
        instruction_offset: &Value,
        callable: &Value,
        self_arg: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let _ = (code, instruction_offset);
        if let Some((key, _)) = self.native(cx, callable, self_arg)? {
            self.leave(cx, key);
        }
        Ok(())
    }
}

#[pymodule(name = "_lsprof", types(Profiler))]
pub mod module {
    use super::*;

    #[pyattr]
    fn profiler_entry(cx: &mut Cx) -> Res<Value> {
        ENTRY.class(cx)
    }
    #[pyattr]
    fn profiler_subentry(cx: &mut Cx) -> Res<Value> {
        SUBENTRY.class(cx)
    }
}
