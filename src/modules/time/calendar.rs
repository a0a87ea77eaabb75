//! Calendar times: `struct_time`, its conversions and its text.

use crate::os_call;
use crate::structseq::StructSeq;
use typhon_text::time_text::{self, Round, Tm};
use typhon_vm::native::*;
use typhon_vm::objects::int::as_int;
use typhon_vm::objects::str;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::os::libc;
use typhon_vm::os::time::{self as clocks, Calendar};
use typhon_vm::protocol;

pub static STRUCT_TIME: StructSeq = StructSeq::new(
    "time.struct_time",
    "The time value as returned by gmtime(), localtime(), and strptime(), and\naccepted by asctime(), mktime() and strftime().  May be considered as a\nsequence of 9 integers.\n\nNote that several fields' values are not the same as those defined by\nthe C language standard for struct tm.  For example, the value of the\nfield tm_year is the actual year, not year - 1900.  See individual\nfields' descriptions for details.",
    &[
        ("tm_year", "year, for example, 1993"),
        ("tm_mon", "month of year, range [1, 12]"),
        ("tm_mday", "day of month, range [1, 31]"),
        ("tm_hour", "hours, range [0, 23]"),
        ("tm_min", "minutes, range [0, 59]"),
        ("tm_sec", "seconds, range [0, 61])"),
        ("tm_wday", "day of week, range [0, 6], Monday is 0"),
        ("tm_yday", "day of year, range [1, 366]"),
        (
            "tm_isdst",
            "1 if summer time is in effect, 0 if not, and -1 if unknown",
        ),
        ("tm_zone", "abbreviation of timezone name"),
        ("tm_gmtoff", "offset from UTC in seconds"),
    ],
    9,
);

fn struct_time(cx: &mut Cx, c: &Calendar) -> Res<Value> {
    let mut v = vec![c.year.into_value(cx)?];
    for n in [
        c.month, c.day, c.hour, c.minute, c.second, c.weekday, c.yday, c.dst,
    ] {
        v.push(Value::small_int(n));
    }
    v.push(str::new_str(cx, &c.zone)?);
    v.push(c.offset.into_value(cx)?);
    STRUCT_TIME.make(cx, v)
}

/// The argument of `gmtime` and its kin: whole seconds, now by default.
fn seconds(cx: &mut Cx, v: Option<&Value>) -> Res<i64> {
    let Some(v) = v.filter(|v| !v.is_none()) else {
        return match clocks::clock_gettime(libc::CLOCK_REALTIME) {
            Ok(ns) => Ok(ns.div_euclid(1_000_000_000) as i64),
            Err(e) => Err(os_call::raise(cx, &e)),
        };
    };
    if let Some(f) = typhon_vm::objects::float::as_f64(v) {
        let r = time_text::to_time_t(f, Round::Floor);
        return typhon_vm::number::lift(cx, r);
    }
    match <i64 as FromArg>::from_arg(cx, v, At::attribute("seconds")) {
        Ok(n) => Ok(n),
        Err(r) => {
            cx.catch(r, ExcKind::OverflowError)?;
            Err(cx.overflow_error("timestamp out of range for platform time_t"))
        }
    }
}

fn local(cx: &mut Cx, s: i64) -> Res<Calendar> {
    clocks::localtime(s).map_err(|e| os_call::raise(cx, &e))
}

/// A calendar time from a tuple of nine ints, unchecked.
fn calendar_of(cx: &mut Cx, v: &Value, function: &str) -> Res<Calendar> {
    let Some(t) = v.downcast::<Tuple>() else {
        return Err(cx.type_error("Tuple or struct_time argument required"));
    };
    let mut n = [0i32; 9];
    if t.len() != 9
        || t.items()
            .iter()
            .any(|i| as_int(i).is_none() && i.ty().slots.index.get().is_none())
    {
        return Err(cx.type_error(format!("{function}(): illegal time tuple argument")));
    }
    let items = t.items().to_vec();
    for (place, i) in n.iter_mut().zip(&items) {
        *place = <i32 as FromArg>::from_arg(cx, i, At::attribute("time"))?;
    }
    if n[0] < i32::MIN + 1900 {
        return Err(cx.overflow_error("year out of range"));
    }
    let (mut zone, mut offset) = (String::new(), 0);
    if v.ty().name() == "struct_time" {
        if let Some(z) = protocol::getattr_str_opt(cx, v, "tm_zone")?.filter(|z| !z.is_none()) {
            zone = protocol::str_string(cx, &z)?;
        }
        if let Some(o) = protocol::getattr_str_opt(cx, v, "tm_gmtoff")?.filter(|o| !o.is_none()) {
            offset = <i64 as FromArg>::from_arg(cx, &o, At::attribute("tm_gmtoff"))?;
        }
    }
    Ok(Calendar {
        year: n[0] as i64,
        month: n[1],
        day: n[2],
        hour: n[3],
        minute: n[4],
        second: n[5],
        // Any weekday is taken by its remainder, as C's `(n + 1) % 7`.
        weekday: n[6],
        yday: n[7],
        dst: n[8],
        zone,
        offset,
    })
}

/// Zeros that stand for the first month or day, and the ranges.
fn check(cx: &mut Cx, c: &mut Calendar) -> Res<()> {
    if c.month == 0 {
        c.month = 1;
    }
    if c.day == 0 {
        c.day = 1;
    }
    if c.yday == 0 {
        c.yday = 1;
    }
    let fail = |cx: &mut Cx, what: &str| Err(cx.value_error(format!("{what} out of range")));
    if !(1..=12).contains(&c.month) {
        return fail(cx, "month");
    }
    if !(1..=31).contains(&c.day) {
        return fail(cx, "day of month");
    }
    if !(0..=23).contains(&c.hour) {
        return fail(cx, "hour");
    }
    if !(0..=59).contains(&c.minute) {
        return fail(cx, "minute");
    }
    if !(0..=61).contains(&c.second) {
        return fail(cx, "seconds");
    }
    if c.weekday < -1 {
        return fail(cx, "day of week");
    }
    c.weekday = if c.weekday == -1 { 6 } else { c.weekday % 7 };
    if !(1..=366).contains(&c.yday) {
        return fail(cx, "day of year");
    }
    Ok(())
}

fn text_of(c: &Calendar) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let month = &time_text::MONTHS[(c.month - 1) as usize][..3];
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {}",
        DAYS[c.weekday as usize], month, c.day, c.hour, c.minute, c.second, c.year
    )
}

/// `timezone`, `altzone`, `daylight`, `tzname`: by the offsets of this winter and summer.
pub fn set_zone(cx: &mut Cx, module: &Value) -> Res<()> {
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let now = seconds(cx, None)?;
    let t = now / YEAR * YEAR;
    let (jan, jul) = (local(cx, t)?, local(cx, t + YEAR / 2)?);
    let (jan_zone, jul_zone) = (-jan.offset, -jul.offset);
    let south = jan_zone < jul_zone;
    let (zone, alt, name, alt_name) = if south {
        (jul_zone, jan_zone, jul.zone, jan.zone)
    } else {
        (jan_zone, jul_zone, jan.zone, jul.zone)
    };
    let v = zone.into_value(cx)?;
    os_call::set(cx, module, "timezone", v)?;
    let v = alt.into_value(cx)?;
    os_call::set(cx, module, "altzone", v)?;
    os_call::set(
        cx,
        module,
        "daylight",
        Value::small_int((jan_zone != jul_zone) as i32),
    )?;
    let names = vec![str::new_str(cx, &name)?, str::new_str(cx, &alt_name)?];
    let names = new_tuple(cx, names)?;
    os_call::set(cx, module, "tzname", names)
}

#[pyfunctions(part = PART, module = "time")]
pub mod functions {
    use super::*;

    /// gmtime([seconds]) -> (tm_year, tm_mon, tm_mday, tm_hour, tm_min,
    ///                        tm_sec, tm_wday, tm_yday, tm_isdst)
    ///
    /// Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a. GMT).
    #[pyfunction]
    #[sig(seconds = absent, /)]
    fn gmtime(seconds: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let s = super::seconds(cx, seconds)?;
        let mut c = clocks::gmtime(s).map_err(|e| os_call::raise(cx, &e))?;
        c.zone = "UTC".into();
        struct_time(cx, &c)
    }

    /// localtime([seconds]) -> (tm_year,tm_mon,tm_mday,tm_hour,tm_min,
    ///                           tm_sec,tm_wday,tm_yday,tm_isdst)
    ///
    /// Convert seconds since the Epoch to a time tuple expressing local time.
    #[pyfunction]
    #[sig(seconds = absent, /)]
    fn localtime(seconds: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let s = super::seconds(cx, seconds)?;
        let c = local(cx, s)?;
        struct_time(cx, &c)
    }

    /// mktime(tuple) -> floating-point number
    ///
    /// Convert a time tuple in local time to seconds since the Epoch.
    #[pyfunction]
    #[sig(tuple, /)]
    fn mktime(tuple: &Value, cx: &mut Cx) -> Res<f64> {
        let c = calendar_of(cx, tuple, "mktime")?;
        match clocks::mktime(&c) {
            Some(t) => Ok(t as f64),
            None => Err(cx.overflow_error("mktime argument out of range")),
        }
    }

    /// asctime([tuple]) -> string
    ///
    /// Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.
    #[pyfunction]
    #[sig(tuple = absent, /)]
    fn asctime(tuple: Option<&Value>, cx: &mut Cx) -> Res<String> {
        let mut c = match tuple {
            Some(t) => calendar_of(cx, t, "asctime")?,
            None => {
                let s = super::seconds(cx, None)?;
                local(cx, s)?
            }
        };
        check(cx, &mut c)?;
        Ok(text_of(&c))
    }

    /// ctime(seconds) -> string
    ///
    /// Convert a time in seconds since the Epoch to a string in local time.
    #[pyfunction]
    #[sig(seconds = absent, /)]
    fn ctime(seconds: Option<&Value>, cx: &mut Cx) -> Res<String> {
        let s = super::seconds(cx, seconds)?;
        Ok(text_of(&local(cx, s)?))
    }

    /// strftime(format[, tuple]) -> string
    ///
    /// Convert a time tuple to a string according to a format specification.
    #[pyfunction]
    #[sig(format, tuple = absent, /)]
    fn strftime(format: &Value, tuple: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let Some(f) = format.downcast::<Str>() else {
            let n = format.type_name();
            return Err(cx.type_error(format!("strftime() argument 1 must be str, not {n}")));
        };
        let mut c = match tuple {
            Some(t) => calendar_of(cx, t, "strftime")?,
            None => {
                let s = super::seconds(cx, None)?;
                local(cx, s)?
            }
        };
        check(cx, &mut c)?;
        let epoch = clocks::mktime(&c).unwrap_or(-1);
        if c.zone.is_empty() && tuple.is_some() {
            let zone = clocks::localtime(epoch).unwrap_or_default();
            c.zone = zone.zone;
            c.offset = if tuple.is_some_and(|t| t.ty().name() == "struct_time") {
                zone.offset
            } else {
                0
            };
        }
        let tm = Tm {
            year: c.year,
            month: c.month as u8,
            day: c.day as u8,
            hour: c.hour as u8,
            minute: c.minute as u8,
            second: c.second as u8,
            weekday: c.weekday as u8,
            yday: c.yday as u16,
            zone: c.zone,
            offset: c.offset,
            epoch,
        };
        let out = time_text::strftime(f.text(), &tm);
        str::new_from_text(cx, out.as_text())
    }
}
