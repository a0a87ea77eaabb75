//! `sys.monitoring`: the register of tools, and what they want to be told (`typhon_vm::monitor` tells it).

use typhon_runtime::sync::Mutex;
use typhon_vm::monitor::{self, EVENTS, Event, NAMES, PLACED, TOOLS};
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::code::CodeObj;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::namespace::new_namespace;
use typhon_vm::objects::object;

const C_EVENTS: i64 = 1 << Event::CReturn as i64 | 1 << Event::CRaise as i64;
const CALL: i64 = 1 << Event::Call as i64;
/// The older name of both branches.
const BRANCH: i64 = 1 << EVENTS;
const BRANCHES: i64 = 1 << Event::BranchLeft as i64 | 1 << Event::BranchRight as i64;
/// The events that belong to places in code.
const LOCAL: i64 = (1 << PLACED) - 1;

/// The names of the tools in use.
static REGISTER: Mutex<[Option<Value>; TOOLS]> = Mutex::new([const { None }; TOOLS]);

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

/// An event set without other names: those of native calls come with CALL only.
fn plain_set(cx: &mut Cx, mut events: i64) -> Res<i64> {
    if events & C_EVENTS != 0 && events & (C_EVENTS | CALL) != C_EVENTS | CALL {
        return Err(cx.value_error("cannot set C_RETURN or C_RAISE events independently"));
    }
    events &= !C_EVENTS;
    if events & BRANCH != 0 {
        events = events & !BRANCH | BRANCHES;
    }
    Ok(events)
}

fn clear(at: usize) {
    monitor::set_events(at, 0);
    monitor::clear_local_events(at);
    monitor::clear_callbacks(at);
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
        let v = object::new_plain_object(cx)?;
        monitor::set_disable(v.clone());
        Ok(v)
    }
    #[pyattr]
    fn MISSING(cx: &mut Cx) -> Res<Value> {
        let v = object::new_plain_object(cx)?;
        monitor::set_missing(v.clone());
        Ok(v)
    }
    #[pyattr]
    fn events(cx: &mut Cx) -> Res<Value> {
        let mut items = Vec::new();
        for (i, name) in NAMES.iter().enumerate() {
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
        let mut register = REGISTER.lock();
        if register[at].is_some() {
            drop(register);
            return Err(cx.value_error(format!("tool {tool_id} is already in use")));
        }
        register[at] = Some(name.clone());
        Ok(())
    }

    #[pyfunction]
    #[sig(tool_id, /)]
    fn clear_tool_id(tool_id: i32, cx: &mut Cx) -> Res<()> {
        let at = tool(cx, tool_id)?;
        clear(at);
        Ok(())
    }

    #[pyfunction]
    #[sig(tool_id, /)]
    fn free_tool_id(tool_id: i32, cx: &mut Cx) -> Res<()> {
        let at = tool(cx, tool_id)?;
        clear(at);
        let old = REGISTER.lock()[at].take();
        drop(old);
        Ok(())
    }

    #[pyfunction]
    #[sig(tool_id, /)]
    fn get_tool(tool_id: i32, cx: &mut Cx) -> Res<Option<Value>> {
        let at = tool(cx, tool_id)?;
        Ok(REGISTER.lock()[at].clone())
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
        if place > EVENTS {
            return Err(cx.value_error(format!("invalid event {event}")));
        }
        super::super::hooks::audit(cx, "sys.monitoring.register_callback", vec![func.clone()])?;
        let new = Some(func).filter(|f| !f.is_none()).cloned();
        if event == BRANCH {
            return Ok(monitor::set_branch_callback(at, new));
        }
        Ok(monitor::set_callback(at, Event::from_u8(place as u8), new))
    }

    #[pyfunction]
    #[sig(tool_id, /)]
    fn get_events(tool_id: i32, cx: &mut Cx) -> Res<i64> {
        let at = tool(cx, tool_id)?;
        Ok(monitor::get_events(at) as i64)
    }

    #[pyfunction]
    #[sig(tool_id, event_set, /)]
    fn set_events(tool_id: i32, event_set: i64, cx: &mut Cx) -> Res<()> {
        tool(cx, tool_id)?;
        if !(0..1 << (EVENTS + 1)).contains(&event_set) {
            let shown = event_set as i32;
            return Err(cx.value_error(format!("invalid event set 0x{shown:x}")));
        }
        let events = plain_set(cx, event_set)?;
        let at = used(cx, tool_id)?;
        monitor::set_events(at, events as u32);
        Ok(())
    }

    #[pyfunction]
    #[sig(tool_id, code, /)]
    fn get_local_events(tool_id: i32, code: &Value, cx: &mut Cx) -> Res<i64> {
        let code = code_of(cx, code)?;
        let at = tool(cx, tool_id)?;
        Ok(monitor::get_local_events(code, at) as i64)
    }

    #[pyfunction]
    #[sig(tool_id, code, event_set, /)]
    fn set_local_events(tool_id: i32, code: &Value, event_set: i64, cx: &mut Cx) -> Res<()> {
        let code = code_of(cx, code)?;
        let at = used(cx, tool_id)?;
        let events = plain_set(cx, event_set)?;
        if events & !LOCAL != 0 {
            return Err(cx.value_error(format!("invalid local event set 0x{events:x}")));
        }
        monitor::set_local_events(code, at, events as u32);
        Ok(())
    }

    #[pyfunction]
    fn restart_events() {
        monitor::restart();
    }

    /// The tools that want each event everywhere, as bits.
    #[pyfunction]
    fn _all_events(cx: &mut Cx) -> Res<Value> {
        let d = new_dict(cx)?;
        for (i, name) in NAMES.iter().enumerate().take(EVENTS) {
            let tools = monitor::tools_of(Event::from_u8(i as u8));
            if tools != 0
                && let Some(d) = d.downcast::<Dict>()
            {
                d.set_str(cx, name, Value::small_int(tools as i32))?;
            }
        }
        Ok(d)
    }
}
