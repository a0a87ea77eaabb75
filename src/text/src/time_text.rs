//! `strftime` in the C locale, and how floats of seconds become integers.

use crate::code_points::{Text, TextBuf};
use crate::error::{Error, Result};

/// A broken-down time as `struct tm`, but with the full year and months from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tm {
    /// Year.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second, up to 61.
    pub second: u8,
    /// Day of the week, Monday 0.
    pub weekday: u8,
    /// Day of the year, 1 to 366.
    pub yday: u16,
    /// Name of the time zone.
    pub zone: String,
    /// Seconds east of Greenwich.
    pub offset: i64,
    /// Seconds since the epoch, for `%s`.
    pub epoch: i64,
}

/// Names of the days, Monday first.
pub const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
/// Names of the months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn is_leap(y: i64) -> bool {
    y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)
}

impl Tm {
    /// Year and number of the ISO week.
    fn iso_week(&self) -> (i64, i64) {
        let week_of = |yday: i64| (yday - i64::from(self.weekday) + 9) / 7;
        let yday = i64::from(self.yday);
        let weeks_in = |y: i64| {
            let jan1 = (i64::from(self.weekday) - (yday - 1)).rem_euclid(7);
            // Weekday of January 1 of the year `y`, which is this one or the one before.
            let jan1 = if y == self.year {
                jan1
            } else {
                (jan1 - 365 - i64::from(is_leap(y))).rem_euclid(7)
            };
            if jan1 == 3 || jan1 == 2 && is_leap(y) {
                53
            } else {
                52
            }
        };
        let w = week_of(yday);
        if w < 1 {
            (self.year - 1, weeks_in(self.year - 1))
        } else if w > weeks_in(self.year) {
            (self.year + 1, 1)
        } else {
            (self.year, w)
        }
    }
}

/// Flag of a directive, as the GNU library reads them.
#[derive(Clone, Copy, Default)]
struct Style {
    pad: Option<u8>,
    upper: bool,
    swap: bool,
    width: usize,
}

/// `time.strftime(format, tm)` as the GNU C library does it in the C locale.
pub fn strftime(format: Text<'_>, tm: &Tm) -> TextBuf {
    let mut out = TextBuf::with_capacity(format.len() * 2);
    let mut i = 0;
    while let Some(c) = format.get(i) {
        i += 1;
        if c != u32::from(b'%') {
            out.push(c);
            continue;
        }
        let start = i - 1;
        let at = |i: usize| {
            format
                .get(i)
                .and_then(|c| u8::try_from(c).ok())
                .unwrap_or(0)
        };
        let mut style = Style::default();
        loop {
            match at(i) {
                f @ (b'_' | b'-' | b'0') => style.pad = Some(f),
                b'^' => style.upper = true,
                b'#' => style.swap = true,
                _ => break,
            }
            i += 1;
        }
        while at(i).is_ascii_digit() {
            style.width = style
                .width
                .saturating_mul(10)
                .saturating_add(usize::from(at(i) - b'0'))
                .min(1 << 20);
            i += 1;
        }
        let modifier = at(i);
        let allowed: fn(u8) -> bool = match modifier {
            b'E' => |c| b"cnprstuxyzCPRTXYZ%".contains(&c),
            b'O' => |c| !b"acxADFXY".contains(&c),
            _ => |_| true,
        };
        i += usize::from(matches!(modifier, b'E' | b'O'));
        let code = at(i);
        match directive(code, tm, style).filter(|_| allowed(code)) {
            Some(text) => {
                i += 1;
                out.push_str(&text);
            }
            None => {
                // Not a directive: as it stands.
                i = (i + 1).min(format.len());
                let text = format.slice(start..i);
                let fill = if style.pad == Some(b'0') { b'0' } else { b' ' };
                out.push_n(fill.into(), style.width.saturating_sub(text.len()));
                out.extend(text.iter());
            }
        }
    }
    out
}

fn number(n: i64, digits: usize, blank: bool, style: Style) -> String {
    let pad = match style.pad {
        Some(b'-') if style.width == 0 => return n.to_string(),
        Some(b'-') => ' ',

        Some(b'_') => ' ',
        Some(b'0') => '0',
        _ if blank => ' ',
        _ => '0',
    };
    let digits = if style.pad == Some(b'-') { 0 } else { digits };
    let width = digits.max(style.width);
    let body = n.unsigned_abs().to_string();
    let sign = if n < 0 { "-" } else { "" };
    let fill: String =
        std::iter::repeat_n(pad, width.saturating_sub(body.len() + sign.len())).collect();
    if pad == ' ' {
        format!("{fill}{sign}{body}")
    } else {
        format!("{sign}{fill}{body}")
    }
}

fn word(text: &str, style: Style) -> String {
    let fill = if style.pad == Some(b'0') { '0' } else { ' ' };
    let mut s: String =
        std::iter::repeat_n(fill, style.width.saturating_sub(text.chars().count())).collect();
    s.push_str(text);
    if style.upper { s.to_uppercase() } else { s }
}

fn directive(code: u8, tm: &Tm, style: Style) -> Option<String> {
    let day = DAYS[usize::from(tm.weekday % 7)];
    let month = MONTHS[usize::from((tm.month.max(1) - 1) % 12)];
    let hour12 = match tm.hour % 12 {
        0 => 12,
        h => h,
    };
    let num = |n: i64, digits: usize| number(n, digits, false, style);
    let blank = |n: i64, digits: usize| number(n, digits, true, style);
    let nested = |f: &str| {
        word(
            &strftime(Text::Latin1(f.as_bytes()), tm).to_string_lossy(),
            style,
        )
    };
    let swapped = |s: &str| {
        let upper = Style {
            upper: style.upper || style.swap,
            ..style
        };
        word(s, upper)
    };
    let sunday = i64::from((tm.weekday + 1) % 7);
    let yday = i64::from(tm.yday);
    let am_pm = if tm.hour < 12 { "AM" } else { "PM" };
    Some(match code {
        b'a' => swapped(&day[..3]),
        b'A' => swapped(day),
        b'b' | b'h' => swapped(&month[..3]),
        b'B' => swapped(month),
        b'c' => nested("%a %b %e %H:%M:%S %Y"),
        b'C' => num(tm.year.div_euclid(100), 1),
        b'd' => num(tm.day.into(), 2),
        b'D' | b'x' => nested("%m/%d/%y"),
        b'e' => blank(tm.day.into(), 2),
        b'F' => nested("%Y-%m-%d"),
        b'g' => num(tm.iso_week().0.rem_euclid(100), 2),
        b'G' => num(tm.iso_week().0, 1),
        b'H' => num(tm.hour.into(), 2),
        b'I' => num(hour12.into(), 2),
        b'j' => num(yday, 3),
        b'k' => blank(tm.hour.into(), 2),
        b'l' => blank(hour12.into(), 2),
        b'm' => num(tm.month.into(), 2),
        b'M' => num(tm.minute.into(), 2),
        b'n' => word("\n", style),
        b'p' if style.swap => word(&am_pm.to_lowercase(), style),
        b'p' => word(am_pm, style),
        b'P' => word(
            &am_pm.to_lowercase(),
            Style {
                upper: false,
                ..style
            },
        ),
        b'r' => nested("%I:%M:%S %p"),
        b'R' => nested("%H:%M"),
        b's' => num(tm.epoch, 1),
        b'S' => num(tm.second.into(), 2),
        b't' => word("\t", style),
        b'T' | b'X' => nested("%H:%M:%S"),
        b'u' => num(i64::from(tm.weekday) + 1, 1),
        b'U' => num((yday + 6 - sunday) / 7, 2),
        b'V' => num(tm.iso_week().1, 2),
        b'w' => num(sunday, 1),
        b'W' => num((yday + 6 - i64::from(tm.weekday)) / 7, 2),
        b'y' => num(tm.year.rem_euclid(100), 2),
        b'Y' => num(tm.year, 1),
        b'z' => {
            // The sign and the digits are padded each, as the library does it.
            let minutes = tm.offset.abs() / 60;
            let sign = if tm.offset < 0 { "-" } else { "+" };

            word(sign, style) + &num(minutes / 60 * 100 + minutes % 60, 4)
        }
        b'Z' => word(&tm.zone, style),
        b'%' => word("%", style),
        _ => return None,
    })
}

/// How a time is rounded to units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Towards minus infinity.
    Floor,
    /// Towards infinity.
    Ceiling,
    /// To the nearest, halves to even.
    HalfEven,
    /// Away from zero (timeouts must not be shortened).
    Up,
}

impl Round {
    /// Rounds to a whole number.
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Round::Floor => x.floor(),
            Round::Ceiling => x.ceil(),
            Round::HalfEven => x.round_ties_even(),
            Round::Up if x >= 0.0 => x.ceil(),
            Round::Up => x.floor(),
        }
    }
}

const LIMIT: f64 = 9_223_372_036_854_775_808.0;

fn refuse_nan(x: f64) -> Result<()> {
    if x.is_nan() {
        return Err(Error::value("Invalid value NaN (not a number)"));
    }
    Ok(())
}

/// Seconds and a fraction in `0..denominator` of units.
pub fn split_seconds(x: f64, denominator: f64, round: Round) -> Result<(i64, i64)> {
    refuse_nan(x)?;
    let mut whole = x.trunc();
    let mut part = round.apply((x - whole) * denominator);
    if part >= denominator {
        part -= denominator;
        whole += 1.0;
    } else if part < 0.0 {
        part += denominator;
        whole -= 1.0;
    }
    if !(-LIMIT..LIMIT).contains(&whole) {
        return Err(Error::overflow(
            "timestamp out of range for platform time_t",
        ));
    }
    Ok((whole as i64, part as i64))
}

/// Whole seconds.
pub fn to_time_t(x: f64, round: Round) -> Result<i64> {
    refuse_nan(x)?;
    let whole = round.apply(x);
    if !(-LIMIT..LIMIT).contains(&whole) {
        return Err(Error::overflow(
            "timestamp out of range for platform time_t",
        ));
    }
    Ok(whole as i64)
}

/// Nanoseconds from a float of seconds (`unit` 1e9) or milliseconds (1e6).
pub fn to_nanoseconds(x: f64, unit: f64, round: Round) -> Result<i64> {
    refuse_nan(x)?;
    let ns = round.apply(x * unit);
    if !(-LIMIT..LIMIT).contains(&ns) {
        return Err(Error::overflow(
            "timestamp too large to convert to C PyTime_t",
        ));
    }
    Ok(ns as i64)
}
