//! `_locale`: the C locale, with UTF-8 as its character set. Other locales are refused as unknown, as a system without their
//! files does.

use crate::support::{namespace, new_exception_class};
use crate::util::{Once, raise_class};
use typhon_runtime::sync::Mutex;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::str::new_str;

/// What `nl_langinfo` knows: name, number, text in the C locale.
const LANGINFO: &[(&str, i64, &str)] = &[
    ("ABDAY_1", 131072, "Sun"),
    ("ABDAY_2", 131073, "Mon"),
    ("ABDAY_3", 131074, "Tue"),
    ("ABDAY_4", 131075, "Wed"),
    ("ABDAY_5", 131076, "Thu"),
    ("ABDAY_6", 131077, "Fri"),
    ("ABDAY_7", 131078, "Sat"),
    ("DAY_1", 131079, "Sunday"),
    ("DAY_2", 131080, "Monday"),
    ("DAY_3", 131081, "Tuesday"),
    ("DAY_4", 131082, "Wednesday"),
    ("DAY_5", 131083, "Thursday"),
    ("DAY_6", 131084, "Friday"),
    ("DAY_7", 131085, "Saturday"),
    ("ABMON_1", 131086, "Jan"),
    ("ABMON_2", 131087, "Feb"),
    ("ABMON_3", 131088, "Mar"),
    ("ABMON_4", 131089, "Apr"),
    ("ABMON_5", 131090, "May"),
    ("ABMON_6", 131091, "Jun"),
    ("ABMON_7", 131092, "Jul"),
    ("ABMON_8", 131093, "Aug"),
    ("ABMON_9", 131094, "Sep"),
    ("ABMON_10", 131095, "Oct"),
    ("ABMON_11", 131096, "Nov"),
    ("ABMON_12", 131097, "Dec"),
    ("MON_1", 131098, "January"),
    ("MON_2", 131099, "February"),
    ("MON_3", 131100, "March"),
    ("MON_4", 131101, "April"),
    ("MON_5", 131102, "May"),
    ("MON_6", 131103, "June"),
    ("MON_7", 131104, "July"),
    ("MON_8", 131105, "August"),
    ("MON_9", 131106, "September"),
    ("MON_10", 131107, "October"),
    ("MON_11", 131108, "November"),
    ("MON_12", 131109, "December"),
    ("AM_STR", 131110, "AM"),
    ("PM_STR", 131111, "PM"),
    ("D_T_FMT", 131112, "%a %b %e %H:%M:%S %Y"),
    ("D_FMT", 131113, "%m/%d/%y"),
    ("T_FMT", 131114, "%H:%M:%S"),
    ("T_FMT_AMPM", 131115, "%I:%M:%S %p"),
    ("ERA", 131116, ""),
    ("ERA_D_FMT", 131118, ""),
    ("ALT_DIGITS", 131119, ""),
    ("ERA_D_T_FMT", 131120, ""),
    ("ERA_T_FMT", 131121, ""),
    ("_DATE_FMT", 131180, "%a %b %e %H:%M:%S %Z %Y"),
    ("CODESET", 14, "UTF-8"),
    ("CRNCYSTR", 262159, "-"),
    ("RADIXCHAR", 65536, "."),
    ("THOUSEP", 65537, ""),
    ("YESEXPR", 327680, "^[yY]"),
    ("NOEXPR", 327681, "^[nN]"),
];

/// The categories in the order of their numbers; 6 is all of them.
const CATEGORIES: [&str; 6] = [
    "LC_CTYPE",
    "LC_NUMERIC",
    "LC_TIME",
    "LC_COLLATE",
    "LC_MONETARY",
    "LC_MESSAGES",
];
const LC_ALL: usize = 6;

/// The name each category was last set to.
static NOW: Mutex<[&str; 6]> = Mutex::new(["C.UTF-8", "C", "C", "C", "C", "C"]);
static ERROR: Once = Once::new();

fn error_class(cx: &mut Cx) -> Res<Value> {
    ERROR.get(cx, |cx| {
        new_exception_class(cx, "locale", "Error", ExcKind::Exception, None)
    })
}

/// The canonical name of a locale that is known.
fn known(name: &str) -> Option<&'static str> {
    Some(match name {
        "C" => "C",
        "POSIX" => "POSIX",
        "" | "C.UTF-8" => "C.UTF-8",
        "C.utf8" => "C.utf8",
        _ => return None,
    })
}

/// Settings of single categories, as `setlocale(LC_ALL)` tells them; false if one of them cannot be.
fn set_each(now: &mut [&'static str], settings: &str) -> bool {
    settings.split(';').all(|setting| {
        let Some((category, name)) = setting.split_once('=') else {
            return false;
        };
        let place = CATEGORIES.iter().position(|c| *c == category);
        match (place.and_then(|i| now.get_mut(i)), known(name)) {
            (Some(one), Some(name)) => {
                *one = name;
                true
            }
            _ => false,
        }
    })
}

#[pymodule(name = "_locale")]
pub mod module {
    //! Support for POSIX locales.

    use super::*;

    #[pyattr]
    const CHAR_MAX: i64 = 127;

    #[pyattr]
    fn Error(cx: &mut Cx) -> Res<Value> {
        error_class(cx)
    }

    /// Activates/queries locale processing.
    #[pyfunction]
    #[sig(category, locale = None, /)]
    fn setlocale(category: i64, locale: Option<&str>, cx: &mut Cx) -> Res<String> {
        let category = match usize::try_from(category) {
            Ok(c) if c <= LC_ALL => c,
            _ => {
                let class = error_class(cx);
                return Err(raise_class(cx, class, "unsupported locale setting"));
            }
        };
        if let Some(name) = locale {
            let mut wanted = *NOW.lock();
            let fits = match (known(name), wanted.get_mut(category)) {
                (Some(name), Some(one)) => {
                    *one = name;
                    true
                }
                (Some(name), None) => {
                    wanted.fill(name);
                    true
                }
                (None, Some(_)) => false,
                (None, None) => set_each(&mut wanted, name),
            };
            if !fits {
                let class = error_class(cx);
                return Err(raise_class(cx, class, "unsupported locale setting"));
            }
            *NOW.lock() = wanted;
        }
        let now = *NOW.lock();
        Ok(match now.get(category) {
            Some(one) => (*one).to_owned(),
            None if now.iter().all(|n| *n == now[0]) => now[0].to_owned(),
            None => CATEGORIES
                .iter()
                .zip(now)
                .map(|(c, n)| format!("{c}={n}"))
                .collect::<Vec<_>>()
                .join(";"),
        })
    }

    /// Returns numeric and monetary locale-specific parameters.
    #[pyfunction]
    fn localeconv(cx: &mut Cx) -> Res<Value> {
        let made = new_dict(cx)?;
        if let Some(d) = made.downcast::<Dict>() {
            for name in [
                "int_curr_symbol",
                "currency_symbol",
                "mon_decimal_point",
                "mon_thousands_sep",
            ] {
                let v = new_str(cx, "")?;
                d.set_str(cx, name, v)?;
            }
            let list = new_list(cx, vec![])?;
            d.set_str(cx, "mon_grouping", list)?;
            for name in ["positive_sign", "negative_sign"] {
                let v = new_str(cx, "")?;
                d.set_str(cx, name, v)?;
            }
            for name in [
                "int_frac_digits",
                "frac_digits",
                "p_cs_precedes",
                "p_sep_by_space",
                "n_cs_precedes",
                "n_sep_by_space",
                "p_sign_posn",
                "n_sign_posn",
            ] {
                d.set_str(cx, name, Value::small_int(127))?;
            }
            let point = new_str(cx, ".")?;
            d.set_str(cx, "decimal_point", point)?;
            let none = new_str(cx, "")?;
            d.set_str(cx, "thousands_sep", none)?;
            let list = new_list(cx, vec![])?;
            d.set_str(cx, "grouping", list)?;
        }
        Ok(made)
    }

    /// Compares two strings according to the locale.
    #[pyfunction]
    #[sig(os1, os2, /)]
    fn strcoll(os1: &Str, os2: &Str) -> i64 {
        os1.compare(os2) as i64
    }

    /// Return a string that can be used as a key for locale-aware comparisons.
    #[pyfunction]
    #[sig(string, /)]
    fn strxfrm(string: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(s) = string.downcast::<Str>() else {
            return Err(crate::support::wrong_type(
                cx,
                "strxfrm() argument",
                "str",
                string,
            ));
        };
        if s.units().iter().any(|c| c == 0) {
            return Err(cx.value_error("embedded null character"));
        }
        Ok(string.clone())
    }

    /// Return the value for the locale information associated with key.
    #[pyfunction]
    #[sig(key, /)]
    fn nl_langinfo(key: i64, cx: &mut Cx) -> Res<&'static str> {
        match LANGINFO.iter().find(|r| r.1 == key) {
            Some(r) => Ok(r.2),
            None => Err(cx.value_error("unsupported langinfo constant")),
        }
    }

    /// Get the current locale encoding.
    #[pyfunction]
    fn getencoding() -> &'static str {
        "UTF-8"
    }

    /// Return translation of msg.
    #[pyfunction]
    #[sig(msg, /)]
    fn gettext(msg: &str) -> String {
        msg.to_owned()
    }
    /// Return translation of msg in domain.
    #[pyfunction]
    #[sig(domain, msg, /)]
    fn dgettext(domain: Option<&str>, msg: &str) -> String {
        let _ = domain;
        msg.to_owned()
    }
    /// Return translation of msg in domain and category.
    #[pyfunction]
    #[sig(domain, msg, category, /)]
    fn dcgettext(domain: Option<&str>, msg: &str, category: i64) -> String {
        let _ = (domain, category);
        msg.to_owned()
    }
    /// Set the C library's textdmain to domain, returning the new domain.
    #[pyfunction]
    #[sig(domain, /)]
    fn textdomain(domain: Option<&str>) -> String {
        domain.unwrap_or("messages").to_owned()
    }
    /// Bind the C library's domain to dir.
    #[pyfunction]
    #[sig(domain, dir, /)]
    fn bindtextdomain(domain: &str, dir: Option<&str>) -> Option<String> {
        let _ = domain;
        dir.map(str::to_owned)
    }
    /// Bind the C library's domain to codeset.
    #[pyfunction]
    #[sig(domain, codeset, /)]
    fn bind_textdomain_codeset(domain: &str, codeset: Option<&str>) -> Option<String> {
        let _ = domain;
        codeset.map(str::to_owned)
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let ns = namespace(cx, module)?;
        let Some(d) = ns.downcast::<Dict>() else {
            return Ok(());
        };
        for (i, name) in CATEGORIES.iter().enumerate() {
            // glibc numbers them so that LC_ALL comes before the later ones.
            d.set_str(cx, name, Value::small_int(i as i32))?;
        }
        d.set_str(cx, "LC_ALL", Value::small_int(LC_ALL as i32))?;
        for &(name, n, _) in LANGINFO {
            let v = n.into_value(cx)?;
            d.set_str(cx, name, v)?;
        }
        Ok(())
    }
}
