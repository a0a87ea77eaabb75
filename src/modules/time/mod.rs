//! `time`: clocks and sleeping here, calendars in `calendar.rs`.

mod calendar;

pub use module::MODULE;

use crate::os_call;
use crate::structseq::export;
use typhon_text::time_text::{self, Round};
use typhon_vm::native::*;
use typhon_vm::objects::int::{IntRef, as_int};
use typhon_vm::objects::{module as modules, namespace};
use typhon_vm::os::{libc, time as clocks};

const NS: f64 = 1e9;

fn clock(cx: &mut Cx, id: i32) -> Res<i128> {
    clocks::clock_gettime(id).map_err(|e| os_call::raise(cx, &e))
}

/// Nanoseconds of a number of seconds, as CPython's `_PyTime_FromSecondsObject`.
pub fn nanoseconds(cx: &mut Cx, v: &Value, round: Round) -> Res<i64> {
    match as_int(v) {
        Some(IntRef::Small(s)) => match s.checked_mul(1_000_000_000) {
            Some(ns) => Ok(ns),
            None => Err(cx.overflow_error("timestamp too large to convert to C PyTime_t")),
        },
        Some(IntRef::Big(_)) => {
            Err(cx.overflow_error("timestamp too large to convert to C PyTime_t"))
        }
        None => {
            if typhon_vm::objects::float::as_f64(v).is_none() && v.ty().slots.index.get().is_some()
            {
                let i = typhon_vm::number::to_index(cx, v)?;
                return nanoseconds(cx, &i, round);
            }
            let Some(f) = typhon_vm::objects::float::as_f64(v) else {
                let n = v.type_name();
                return Err(cx.type_error(format!(
                    "'{n}' object cannot be interpreted as an integer or float"
                )));
            };
            if f.is_nan() {
                return Err(cx.value_error("Invalid value NaN (not a number)"));
            }
            let r = time_text::to_nanoseconds(f, NS, round);
            typhon_vm::number::lift(cx, r)
        }
    }
}

/// Sleep, handling signals meanwhile.
pub fn sleep_for(cx: &mut Cx, ns: i64) -> Res<()> {
    let mut now = clock(cx, libc::CLOCK_MONOTONIC)? as i64;
    let deadline = now.saturating_add(ns);
    while let Some(nap) = cx.thread.nap() {
        let end = now.saturating_add(nap.as_nanos() as i64);
        if end >= deadline {
            break;
        }
        os_call::call(cx, || clocks::sleep_until(now, end))?;
        os_call::check_signals(cx)?;
        now = clock(cx, libc::CLOCK_MONOTONIC)? as i64;
    }
    os_call::call(cx, || clocks::sleep_until(now, deadline))
}

/// Name, implementation, whether monotonic and adjustable, of `get_clock_info`'s clocks.
const CLOCKS: &[(&str, &str, i32, bool, bool)] = &[
    (
        "time",
        "clock_gettime(CLOCK_REALTIME)",
        libc::CLOCK_REALTIME,
        false,
        true,
    ),
    (
        "monotonic",
        "clock_gettime(CLOCK_MONOTONIC)",
        libc::CLOCK_MONOTONIC,
        true,
        false,
    ),
    (
        "perf_counter",
        "clock_gettime(CLOCK_MONOTONIC)",
        libc::CLOCK_MONOTONIC,
        true,
        false,
    ),
    (
        "process_time",
        "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)",
        libc::CLOCK_PROCESS_CPUTIME_ID,
        true,
        false,
    ),
    (
        "thread_time",
        "clock_gettime(CLOCK_THREAD_CPUTIME_ID)",
        libc::CLOCK_THREAD_CPUTIME_ID,
        true,
        false,
    ),
];

#[pymodule(name = "time", include(super::calendar::functions::PART))]
pub mod module {
    //! This module provides various functions to manipulate time values.
    use super::*;

    /// time() -> floating-point number
    ///
    /// Return the current time in seconds since the Epoch.
    /// Fractions of a second may be present if the system clock provides them.
    #[pyfunction]
    fn time(cx: &mut Cx) -> Res<f64> {
        Ok(clock(cx, libc::CLOCK_REALTIME)? as f64 / NS)
    }
    /// Return the current time in nanoseconds since the Epoch.
    #[pyfunction]
    fn time_ns(cx: &mut Cx) -> Res<i128> {
        clock(cx, libc::CLOCK_REALTIME)
    }
    /// Monotonic clock, cannot go backward.
    #[pyfunction]
    fn monotonic(cx: &mut Cx) -> Res<f64> {
        Ok(clock(cx, libc::CLOCK_MONOTONIC)? as f64 / NS)
    }
    /// Monotonic clock, cannot go backward, as nanoseconds.
    #[pyfunction]
    fn monotonic_ns(cx: &mut Cx) -> Res<i128> {
        clock(cx, libc::CLOCK_MONOTONIC)
    }
    /// Performance counter for benchmarking.
    #[pyfunction]
    fn perf_counter(cx: &mut Cx) -> Res<f64> {
        Ok(clock(cx, libc::CLOCK_MONOTONIC)? as f64 / NS)
    }
    /// Performance counter for benchmarking as nanoseconds.
    #[pyfunction]
    fn perf_counter_ns(cx: &mut Cx) -> Res<i128> {
        clock(cx, libc::CLOCK_MONOTONIC)
    }
    /// Process time for profiling: sum of the kernel and user-space CPU time.
    #[pyfunction]
    fn process_time(cx: &mut Cx) -> Res<f64> {
        Ok(clock(cx, libc::CLOCK_PROCESS_CPUTIME_ID)? as f64 / NS)
    }
    /// Process time for profiling as nanoseconds.
    #[pyfunction]
    fn process_time_ns(cx: &mut Cx) -> Res<i128> {
        clock(cx, libc::CLOCK_PROCESS_CPUTIME_ID)
    }
    /// Thread time for profiling: sum of the kernel and user-space CPU time.
    #[pyfunction]
    fn thread_time(cx: &mut Cx) -> Res<f64> {
        Ok(clock(cx, libc::CLOCK_THREAD_CPUTIME_ID)? as f64 / NS)
    }
    /// Thread time for profiling as nanoseconds.
    #[pyfunction]
    fn thread_time_ns(cx: &mut Cx) -> Res<i128> {
        clock(cx, libc::CLOCK_THREAD_CPUTIME_ID)
    }

    /// sleep(seconds)
    ///
    /// Delay execution for a given number of seconds.  The argument may be
    /// a floating-point number for subsecond precision.
    #[pyfunction]
    #[sig(seconds, /)]
    fn sleep(seconds: &Value, cx: &mut Cx) -> Res<()> {
        let ns = nanoseconds(cx, seconds, Round::Up)?;
        if ns < 0 {
            return Err(cx.value_error("sleep length must be non-negative"));
        }
        if ns == 0 {
            cx.thread.detach(std::thread::yield_now);
            return os_call::check_signals(cx);
        }
        sleep_for(cx, ns)
    }

    /// Return the time of the specified clock clk_id as a float.
    #[pyfunction]
    #[sig(clk_id, /)]
    fn clock_gettime(clk_id: i32, cx: &mut Cx) -> Res<f64> {
        Ok(clock(cx, clk_id)? as f64 / NS)
    }
    /// Return the time of the specified clock clk_id as nanoseconds (int).
    #[pyfunction]
    #[sig(clk_id, /)]
    fn clock_gettime_ns(clk_id: i32, cx: &mut Cx) -> Res<i128> {
        clock(cx, clk_id)
    }
    /// Return the resolution (precision) of the specified clock clk_id.
    #[pyfunction]
    #[sig(clk_id, /)]
    fn clock_getres(clk_id: i32, cx: &mut Cx) -> Res<f64> {
        let ns = clocks::clock_getres(clk_id).map_err(|e| os_call::raise(cx, &e))?;
        Ok(ns as f64 / NS)
    }
    /// Set the time of the specified clock clk_id.
    #[pyfunction]
    #[sig(clk_id, time, /)]
    fn clock_settime(clk_id: i32, time: &Value, cx: &mut Cx) -> Res<()> {
        let ns = nanoseconds(cx, time, Round::Floor)?;
        clocks::clock_settime(clk_id, ns).map_err(|e| os_call::raise(cx, &e))
    }
    /// Set the time of the specified clock clk_id with nanoseconds.
    #[pyfunction]
    #[sig(clk_id, time, /)]
    fn clock_settime_ns(clk_id: i32, time: i64, cx: &mut Cx) -> Res<()> {
        clocks::clock_settime(clk_id, time).map_err(|e| os_call::raise(cx, &e))
    }
    /// Return the clk_id of a thread's CPU time clock.
    #[pyfunction]
    #[sig(thread_id, /)]
    fn pthread_getcpuclockid(thread_id: u64, cx: &mut Cx) -> Res<i32> {
        if !crate::thread::is_live(thread_id) {
            return Err(os_call::raise(
                cx,
                &std::io::Error::from_raw_os_error(libc::ESRCH),
            ));
        }
        clocks::thread_cpu_clock(thread_id).map_err(|e| os_call::raise(cx, &e))
    }

    /// get_clock_info(name: str) -> dict
    ///
    /// Get information of the specified clock.
    #[pyfunction]
    #[sig(name, /)]
    fn get_clock_info(name: &str, cx: &mut Cx) -> Res<Value> {
        let Some(&(_, implementation, id, monotonic, adjustable)) =
            CLOCKS.iter().find(|c| c.0 == name)
        else {
            return Err(cx.value_error("unknown clock"));
        };
        let resolution = clocks::clock_getres(id).map_err(|e| os_call::raise(cx, &e))? as f64 / NS;
        let items = vec![
            ("implementation", implementation.into_value(cx)?),
            ("monotonic", Value::bool(monotonic)),
            ("adjustable", Value::bool(adjustable)),
            ("resolution", resolution.into_value(cx)?),
        ];
        namespace::new_namespace(cx, items)
    }

    /// strptime(string, format) -> struct_time
    ///
    /// Parse a string to a time tuple according to a format specification.
    #[pyfunction]
    fn strptime(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let m = modules::methods::import(cx, "_strptime")?;
        let f = typhon_vm::protocol::getattr_str(cx, &m, "_strptime_time")?;
        typhon_vm::protocol::call_args(cx, &f, args)
    }

    /// Initialize, or reinitialize, the local timezone to the value stored in the environment variable TZ.
    #[pyfunction]
    fn tzset(cx: &mut Cx) -> Res<()> {
        clocks::tzset();
        let m = modules::methods::import(cx, "time")?;
        calendar::set_zone(cx, &m)
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        clocks::tzset();
        os_call::set_constants(
            cx,
            module,
            &[
                ("CLOCK_REALTIME", libc::CLOCK_REALTIME as i64),
                ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC as i64),
                ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW as i64),
                (
                    "CLOCK_PROCESS_CPUTIME_ID",
                    libc::CLOCK_PROCESS_CPUTIME_ID as i64,
                ),
                (
                    "CLOCK_THREAD_CPUTIME_ID",
                    libc::CLOCK_THREAD_CPUTIME_ID as i64,
                ),
                ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME as i64),
                ("CLOCK_TAI", libc::CLOCK_TAI as i64),
                ("_STRUCT_TM_ITEMS", 11),
            ],
        )?;
        export(cx, module, &calendar::STRUCT_TIME)?;
        calendar::set_zone(cx, module)
    }
}
