//! Clocks, sleeping, and the calendar of the local zone.

use super::check;
use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

const NS: i64 = 1_000_000_000;

fn nanoseconds(t: libc::timespec) -> i128 {
    t.tv_sec as i128 * NS as i128 + t.tv_nsec as i128
}

pub fn clock_gettime(id: i32) -> io::Result<i128> {
    let mut t = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: plain integers, filled on success.
    unsafe {
        check(libc::clock_gettime(id, t.as_mut_ptr()))?;
        Ok(nanoseconds(t.assume_init()))
    }
}

pub fn clock_getres(id: i32) -> io::Result<i128> {
    let mut t = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: as above.
    unsafe {
        check(libc::clock_getres(id, t.as_mut_ptr()))?;
        Ok(nanoseconds(t.assume_init()))
    }
}

pub fn clock_settime(id: i32, ns: i64) -> io::Result<()> {
    let t = libc::timespec {
        tv_sec: ns.div_euclid(NS),
        tv_nsec: ns.rem_euclid(NS),
    };
    // SAFETY: reads the struct.
    check(unsafe { libc::clock_settime(id, &t) }).map(drop)
}

/// Sleep from `now` until the monotonic clock shows `deadline`; EINTR when a signal came.
pub fn sleep_until(now: i64, deadline: i64) -> io::Result<()> {
    let planned = deadline.saturating_sub(now).max(0);
    typhon_runtime::before_sleep(Duration::from_nanos(planned as u64));
    let t = libc::timespec {
        tv_sec: deadline.div_euclid(NS),
        tv_nsec: deadline.rem_euclid(NS),
    };
    // SAFETY: reads the struct. The error is the result itself.
    match unsafe {
        libc::clock_nanosleep(
            libc::CLOCK_MONOTONIC,
            libc::TIMER_ABSTIME,
            &t,
            std::ptr::null_mut(),
        )
    } {
        0 => Ok(()),
        e => Err(io::Error::from_raw_os_error(e)),
    }
}

/// The CPU clock of a thread of this process, by its `pthread_t`.
pub fn thread_cpu_clock(ident: u64) -> io::Result<i32> {
    let mut id = 0;
    // SAFETY: the caller names a live thread; the C library answers ESRCH for others it knows to be gone.
    match unsafe { libc::pthread_getcpuclockid(ident as libc::pthread_t, &mut id) } {
        0 => Ok(id),
        e => Err(io::Error::from_raw_os_error(e)),
    }
}

/// A calendar time as the C library has it, the zone copied.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    pub year: i64,
    /// 1 to 12.
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    /// Monday is 0.
    pub weekday: i32,
    /// From 1.
    pub yday: i32,
    pub dst: i32,
    pub zone: String,
    pub offset: i64,
}

fn calendar(tm: &libc::tm) -> Calendar {
    let zone = if tm.tm_zone.is_null() {
        String::new()
    } else {
        // SAFETY: the C library's terminated zone name.
        unsafe { CStr::from_ptr(tm.tm_zone) }
            .to_string_lossy()
            .into_owned()
    };
    Calendar {
        year: tm.tm_year as i64 + 1900,
        month: tm.tm_mon + 1,
        day: tm.tm_mday,
        hour: tm.tm_hour,
        minute: tm.tm_min,
        second: tm.tm_sec,
        weekday: (tm.tm_wday + 6) % 7,
        yday: tm.tm_yday + 1,
        dst: tm.tm_isdst,
        zone,
        offset: tm.tm_gmtoff,
    }
}

fn convert(
    seconds: i64,
    f: unsafe extern "C" fn(*const libc::time_t, *mut libc::tm) -> *mut libc::tm,
) -> io::Result<Calendar> {
    let mut tm = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both places live through the call; the struct is filled unless null is returned.
    unsafe {
        if f(&seconds, tm.as_mut_ptr()).is_null() {
            return Err(match io::Error::last_os_error() {
                e if e.raw_os_error() == Some(0) => io::Error::from_raw_os_error(libc::EINVAL),
                e => e,
            });
        }
        Ok(calendar(&tm.assume_init()))
    }
}

pub fn localtime(seconds: i64) -> io::Result<Calendar> {
    convert(seconds, libc::localtime_r)
}

pub fn gmtime(seconds: i64) -> io::Result<Calendar> {
    convert(seconds, libc::gmtime_r)
}

/// Seconds since the epoch of a local calendar time; None when it has none. Fields out of range are carried.
pub fn mktime(c: &Calendar) -> Option<i64> {
    // SAFETY: plain integers and a pointer that may be null.
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    tm.tm_year = i32::try_from(c.year - 1900).ok()?;
    tm.tm_mon = c.month - 1;
    tm.tm_mday = c.day;
    tm.tm_hour = c.hour;
    tm.tm_min = c.minute;
    tm.tm_sec = c.second;
    tm.tm_wday = -1;
    tm.tm_yday = c.yday - 1;
    tm.tm_isdst = c.dst;
    // SAFETY: reads and normalizes the struct.
    let t = unsafe { libc::mktime(&mut tm) };
    // -1 is also a second before the epoch; the day of the week tells.
    if t == -1 && tm.tm_wday == -1 {
        None
    } else {
        Some(t)
    }
}

unsafe extern "C" {
    #[link_name = "tzset"]
    fn c_tzset();
}

/// Read the environment's zone anew.
pub fn tzset() {
    // SAFETY: the C library locks its own tables; the environment is read as `getenv` does.
    unsafe { c_tzset() }
}
