//! `sys.monitoring`: the names of events and the register of tools. Events are not delivered yet: asking for one raises
//! `NotImplementedError`.

use typhon_runtime::sync::Mutex;
use typhon_vm::native::*;
use typhon_vm::objects::code::CodeObj;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::namespace::new_namespace;
use typhon_vm::objects::object;

/// Names of events, from bit 0.
const EVENTS: [&str; 19] = [
    "PY_START",
    "PY_RESUME",
    "PY_RETURN",
    "PY_YIELD",
    "CALL",
    "LINE",
    "INSTRUCTION",
    "JUMP",
    "BRANCH_LEFT",
    "BRANCH_RIGHT",
    "STOP_ITERATION",
    "RAISE",
    "EXCEPTION_HANDLED",
    "PY_UNWIND",
    "PY_THROW",
    "RERAISE",
    "C_RETURN",
    "C_RAISE",
    "BRANCH",
];
/// The events that belong to places in code: those before `RAISE`, and `BRANCH`.
const LOCAL: i64 = ((1 << 11) - 1) | (1 << 18);
const C_EVENTS: i64 = 1 << 16 | 1 << 17;
const CALL: i64 = 1 << 4;

const TOOLS: usize = 6;

struct Tool {
    name: Value,
    callbacks: [Option<Value>; EVENTS.len()],
}

static REGISTER: Mutex<[Option<Tool>; TOOLS]> = Mutex::new([const { None }; TOOLS]);

/// The index of a tool.
fn tool(cx: &mut Cx, id: i32) -> Res<usize> {
    match usize::try_from(id) {
        Ok(id) if id < TOOLS => Ok(id),
        _ => Err(cx.value_error(format!("invalid tool {id} (must be between 0 and 5)"))),
    }
}

/// The index of a tool that is in use.
fn used(cx: &mut Cx, id: i32) -> Res<usize> {
    let at = tool(cx, id)?;
    if REGISTER.lock()[at].is_none() {
        return Err(cx.value_error(format!("tool {id} is not in use")));
    }
    Ok(at)
}

fn code_of<'a>(cx: &mut Cx, code: &'a Value) -> Res<&'a CodeObj> {
    match code.downcast::<CodeObj>() {
        Some(code) => Ok(code),
        None => Err(cx.type_error("code must be a code object")),
    }
}

/// What setting events comes to, for the tools and events that are valid.
fn set(cx: &mut Cx, events: i64) -> Res<()> {
    if events == 0 {
        return Ok(());
    }
    Err(cx.raise(
        ExcKind::NotImplementedError,
        "sys.monitoring: events are not supported",
    ))
}

#[pymodule(name = "sys.monitoring")]
pub mod module {
    use super::*;

    #[pyattr]
    const DEBUGGER_ID: i64 = 0;
    #[pyattr]
    const COVERAGE_ID: i64 = 1;
    #[pyattr]
    const PROFILER_ID: i64 = 2;
    #[pyattr]
    const OPTIMIZER_ID: i64 = 5;
    #[pyattr]
    fn DISABLE(cx: &mut Cx) -> Res<Value> {
        object::new_plain_object(cx)
    }
    #[pyattr]
    fn MISSING(cx: &mut Cx) -> Res<Value> {
        object::new_plain_object(cx)
    }
    #[pyattr]
    fn events(cx: &mut Cx) -> Res<Value> {
        let mut items = Vec::new();
        for (i, name) in EVENTS.iter().enumerate() {
            items.push((*name, Value::small_int(1 << i)));
        }
        items.push(("NO_EVENTS", Value::small_int(0)));
        new_namespace(cx, items)
    }

    #[pyfunction]
    #[sig(tool_id, name, /)]
    fn use_tool_id(tool_id: i32, name: &Value, cx: &mut Cx) -> Res<()> {
        let at = tool(cx, tool_id)?;
        if name.downcast::<Str>().is_none() {
            return Err(cx.value_error("tool name must be a str"));
        }
        let new = Tool {
            name: name.clone(),
            callbacks: [const { None }; EVENTS.len()],
        };
        let mut register = REGISTER.lock();
        if register[at].is_some() {
            drop(register);
            return Err(cx.value_error(format!("tool {tool_id} is already in use")));
        }
        register[at] = Some(new);
        Ok(())
    }

    #[pyfunction]
    #[sig(tool_id, /)]
    fn clear_tool_id(tool_id: i32, cx: &mut Cx) -> Res<()> {
        let at = tool(cx, tool_id)?;
        let old = REGISTER.lock()[at]
            .as_mut()
            .map(|tool| std::mem::replace(&mut tool.callbacks, [const { None }; EVENTS.len()]));
        drop(old);
        Ok(())
    }

    #[pyfunction]
    #[sig(tool_id, /)]
    fn free_tool_id(tool_id: i32, cx: &mut Cx) -> Res<()> {
        let at = tool(cx, tool_id)?;
        let old = REGISTER.lock()[at].take();
        drop(old);
        Ok(())
    }

    #[pyfunction]
    #[sig(tool_id, /)]
    fn get_tool(tool_id: i32, cx: &mut Cx) -> Res<Option<Value>> {
        let at = tool(cx, tool_id)?;
        Ok(REGISTER.lock()[at].as_ref().map(|tool| tool.name.clone()))
    }

    #[pyfunction]
    #[sig(tool_id, event, func, /)]
    fn register_callback(
        tool_id: i32,
        event: i64,
        func: &Value,
        cx: &mut Cx,
    ) -> Res<Option<Value>> {
        let at = tool(cx, tool_id)?;
        if event <= 0 || event.count_ones() != 1 {
            return Err(cx.value_error("The callback can only be set for one event at a time"));
        }
        let place = event.trailing_zeros() as usize;
        if place >= EVENTS.len() {
            return Err(cx.value_error(format!("invalid event {event}")));
        }
        let new = Some(func).filter(|f| !f.is_none()).cloned();
        let mut register = REGISTER.lock();
        Ok(register[at]
            .as_mut()
            .and_then(|tool| std::mem::replace(&mut tool.callbacks[place], new)))
    }

    #[pyfunction]
    #[sig(tool_id, /)]
    fn get_events(tool_id: i32, cx: &mut Cx) -> Res<i64> {
        tool(cx, tool_id)?;
        Ok(0)
    }

    #[pyfunction]
    #[sig(tool_id, event_set, /)]
    fn set_events(tool_id: i32, event_set: i64, cx: &mut Cx) -> Res<()> {
        tool(cx, tool_id)?;
        if event_set < 0 || event_set >= 1 << EVENTS.len() {
            return Err(cx.value_error(format!("invalid event set 0x{event_set:x}")));
        }
        if event_set & C_EVENTS != 0 && event_set & (C_EVENTS | CALL) != C_EVENTS | CALL {
            return Err(cx.value_error("cannot set C_RETURN or C_RAISE events independently"));
        }
        used(cx, tool_id)?;
        set(cx, event_set)
    }

    #[pyfunction]
    #[sig(tool_id, code, /)]
    fn get_local_events(tool_id: i32, code: &Value, cx: &mut Cx) -> Res<i64> {
        code_of(cx, code)?;
        tool(cx, tool_id)?;
        Ok(0)
    }

    #[pyfunction]
    #[sig(tool_id, code, event_set, /)]
    fn set_local_events(tool_id: i32, code: &Value, event_set: i64, cx: &mut Cx) -> Res<()> {
        code_of(cx, code)?;
        used(cx, tool_id)?;
        if event_set & C_EVENTS != 0 && event_set & (C_EVENTS | CALL) != C_EVENTS | CALL {
            return Err(cx.value_error("cannot set C_RETURN or C_RAISE events independently"));
        }
        let set_of_places = event_set & !C_EVENTS;
        if set_of_places & !LOCAL != 0 {
            return Err(cx.value_error(format!("invalid local event set 0x{set_of_places:x}")));
        }
        set(cx, event_set)
    }

    #[pyfunction]
    fn restart_events() {
        // Nothing to restart: no place has been disabled.
    }

    #[pyfunction]
    fn _all_events(cx: &mut Cx) -> Res<Value> {
        new_dict(cx)
    }
}
