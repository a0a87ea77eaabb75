//! Options and environment variables, as CPython 3.14 reads them.

use super::{help, paths};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use typhon_modules::sys::config::Config;
use typhon_modules::sys::data;

/// What to run.
#[derive(Debug)]
pub enum Program {
    /// `-c`
    Text(OsString),
    /// `-m`
    Module(OsString),
    File(OsString),
    /// `-`, or nothing.
    Stdin,
}

#[derive(Debug)]
pub struct Command {
    pub program: Program,
    pub config: Config,
    pub hash_seed: Option<u32>,
    pub skip_first_line: bool,
    /// What the program was called as, for messages.
    pub name: String,
}

pub enum Outcome {
    Run(Box<Command>),
    /// Print and end well.
    Say(String),
    /// Print to standard error and end with a code.
    Refuse(String, i32),
}

const SHORT: &[u8] = b"bBc:dEhiIJm:OPqRsStuvVW:xX:?";

/// An environment variable that is set and not empty.
fn env(c: &Config, name: &str) -> Option<String> {
    if c.ignore_environment {
        return None;
    }
    std::env::var_os(name)
        .filter(|v| !v.is_empty())
        .map(|v| v.to_string_lossy().into_owned())
}

/// A flag given by a number, or by any other text.
fn env_level(c: &Config, name: &str) -> i32 {
    match env(c, name) {
        Some(v) => v.parse::<i32>().unwrap_or(1).max(1),
        None => 0,
    }
}

fn fatal(text: &str) -> Outcome {
    Outcome::Refuse(
        format!("Fatal Python error: {text}\nPython runtime state: preinitialized\n\n"),
        1,
    )
}

pub fn version_text() -> String {
    let variant = if typhon_runtime::GIL_BUILD {
        "with GIL"
    } else {
        "free-threaded"
    };
    format!(
        "Python {}.{}.{} (Typhon {}, {variant})",
        data::MAJOR,
        data::MINOR,
        data::MICRO,
        env!("CARGO_PKG_VERSION")
    )
}

pub fn parse(argv: &[OsString]) -> Outcome {
    let name = argv
        .first()
        .map_or_else(|| "typhon".into(), |a| a.to_string_lossy().into_owned());
    let mut c = Config {
        int_max_str_digits: 4300,
        no_debug_ranges: false,
        hash_randomization: true,
        ..Config::default()
    };
    c.orig_argv = argv.to_vec();
    let mut program = None;
    let mut warn = Vec::new();
    let (mut version, mut help_wanted) = (0, None);
    let mut skip_first_line = false;
    let mut at = 1;

    let usage_error =
        |text: String| Outcome::Refuse(format!("{text}\n{}", help::usage_hint(&name)), 2);
    'args: while let Some(arg) = argv.get(at) {
        let bytes = arg.as_bytes();
        if bytes == b"-" || !bytes.starts_with(b"-") {
            break;
        }
        at += 1;
        if bytes == b"--" {
            break;
        }
        if let Some(long) = bytes.strip_prefix(b"--") {
            match long {
                b"help" => help_wanted = Some(help::help(&name)),
                b"help-env" => help_wanted = Some(help::help_env(&name)),
                b"help-xoptions" => help_wanted = Some(help::HELP_X.to_owned()),
                b"help-all" => {
                    help_wanted = Some(format!(
                        "{}\n{}\n{}",
                        help::help(&name),
                        help::help_env(&name),
                        help::HELP_X
                    ));
                }
                b"version" => version += 1,
                b"check-hash-based-pycs" => match argv.get(at).and_then(|a| a.to_str()) {
                    Some(v @ ("always" | "never" | "default")) => {
                        c.check_hash_pycs = Some(v.to_owned());
                        at += 1;
                    }
                    Some(_) => {
                        let text = "--check-hash-based-pycs must be one of 'default', 'always', or 'never'".to_owned();
                        return usage_error(text);
                    }
                    None => {
                        return usage_error(
                            "Argument expected for the --check-hash-based-pycs option".into(),
                        );
                    }
                },
                _ => return usage_error(format!("unknown option {}", arg.to_string_lossy())),
            }
            continue;
        }
        let mut i = 1;
        while i < bytes.len() {
            let opt = bytes[i];
            i += 1;
            let Some(place) = SHORT.iter().position(|&s| s == opt && s != b':') else {
                return usage_error(format!("Unknown option: -{}", char::from(opt)));
            };
            let mut value = None;
            if SHORT.get(place + 1) == Some(&b':') {
                value = if i < bytes.len() {
                    Some(OsString::from_vec(bytes[i..].to_vec()))
                } else if let Some(next) = argv.get(at) {
                    at += 1;
                    Some(next.clone())
                } else {
                    return usage_error(format!(
                        "Argument expected for the -{} option",
                        char::from(opt)
                    ));
                };
                i = bytes.len();
            }
            let text = || {
                value
                    .as_deref()
                    .unwrap_or(OsStr::new(""))
                    .to_string_lossy()
                    .into_owned()
            };
            match opt {
                b'b' => c.bytes_warning += 1,
                b'B' => c.dont_write_bytecode = true,
                b'd' => c.debug += 1,
                b'E' => c.ignore_environment = true,
                b'h' | b'?' => help_wanted = Some(help::help(&name)),
                b'i' => {
                    c.inspect = true;
                    c.interactive = true;
                }
                b'I' => {
                    c.isolated = true;
                    c.ignore_environment = true;
                    c.no_user_site = true;
                    c.safe_path = true;
                }
                b'O' => c.optimize = (c.optimize + 1).min(2),
                b'P' => c.safe_path = true,
                b'q' => c.quiet = true,
                b'R' => {}
                b's' => c.no_user_site = true,
                b'S' => c.no_site = true,
                b'u' => c.unbuffered = true,
                b'v' => c.verbose += 1,
                b'V' => version += 1,
                b'W' => warn.push(text()),
                b'x' => skip_first_line = true,
                b'X' => {
                    let t = text();
                    match t.split_once('=') {
                        Some((n, v)) => c.xoptions.push((n.to_owned(), Some(v.to_owned()))),
                        None => c.xoptions.push((t, None)),
                    }
                }
                b'c' => {
                    program = Some(Program::Text(value.unwrap_or_default()));
                    break 'args;
                }
                b'm' => {
                    program = Some(Program::Module(value.unwrap_or_default()));
                    break 'args;
                }
                // -t is accepted for old scripts' sake.
                b't' => {}
                _ => return usage_error(format!("Unknown option: -{}", char::from(opt))),
            }
        }
    }
    if let Some(h) = help_wanted {
        return Outcome::Say(h);
    }
    if version > 0 {
        let mut t = version_text();
        if version > 1 {
            t.push_str(&format!("\n{}", data::version()));
        }
        t.push('\n');
        return Outcome::Say(t);
    }
    let rest = &argv[at.min(argv.len())..];
    let (program, args) = match (program, rest.split_first()) {
        (Some(p), _) => {
            let first = match &p {
                Program::Text(_) => "-c",
                _ => "-m",
            };
            (
                p,
                std::iter::once(OsString::from(first))
                    .chain(rest.iter().cloned())
                    .collect(),
            )
        }
        (None, None) => (Program::Stdin, vec![OsString::new()]),
        (None, Some((f, _))) if f == "-" => (Program::Stdin, rest.to_vec()),
        (None, Some((f, _))) => (Program::File(f.clone()), rest.to_vec()),
    };
    c.argv = args;
    match finish(c, program, warn, skip_first_line, name) {
        Ok(command) => Outcome::Run(Box::new(command)),
        Err(o) => o,
    }
}

/// An option that is 0 or 1, or the variable of the environment where there is none. `of_option` and `of_variable` are what is
/// to be said wrong.
fn zero_or_one(
    option: Option<Option<String>>,
    variable: Option<String>,
    of_option: &str,
    of_variable: &str,
) -> Result<Option<bool>, Outcome> {
    let (text, what) = match option {
        Some(value) => (value.unwrap_or_default(), of_option),
        None => match variable {
            Some(value) => (value, of_variable),
            None => return Ok(None),
        },
    };
    match text.as_str() {
        "0" => Ok(Some(false)),
        "1" => Ok(Some(true)),
        _ => Err(fatal(&format!("{what} is missing or invalid"))),
    }
}

/// Environment variables, `-X` options and paths.
fn finish(
    mut c: Config,
    program: Program,
    warn: Vec<String>,
    skip_first_line: bool,
    name: String,
) -> Result<Command, Outcome> {
    let x = |c: &Config, name: &str| {
        c.xoptions
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.clone())
    };
    c.optimize = c.optimize.max(env_level(&c, "PYTHONOPTIMIZE").min(2) as u8);
    c.no_debug_ranges =
        x(&c, "no_debug_ranges").is_some() || env(&c, "PYTHONNODEBUGRANGES").is_some();
    c.debug = c.debug.max(env_level(&c, "PYTHONDEBUG"));
    c.verbose = c.verbose.max(env_level(&c, "PYTHONVERBOSE"));
    c.inspect |= env(&c, "PYTHONINSPECT").is_some();
    c.unbuffered |= env(&c, "PYTHONUNBUFFERED").is_some();
    c.dont_write_bytecode |= env(&c, "PYTHONDONTWRITEBYTECODE").is_some();
    c.no_user_site |= env(&c, "PYTHONNOUSERSITE").is_some();
    c.safe_path |= env(&c, "PYTHONSAFEPATH").is_some();
    c.dev_mode = x(&c, "dev").is_some() || env(&c, "PYTHONDEVMODE").is_some();
    c.faulthandler =
        c.dev_mode || x(&c, "faulthandler").is_some() || env(&c, "PYTHONFAULTHANDLER").is_some();
    c.warn_default_encoding =
        x(&c, "warn_default_encoding").is_some() || env(&c, "PYTHONWARNDEFAULTENCODING").is_some();
    c.utf8_mode = match (x(&c, "utf8"), env(&c, "PYTHONUTF8").as_deref()) {
        (Some(None), _) => true,
        (Some(Some(v)), _) if v == "1" => true,
        (Some(Some(v)), _) if v == "0" => false,
        (Some(Some(_)), _) => {
            return Err(fatal(
                "preconfig_init_utf8_mode: invalid -X utf8 option value",
            ));
        }
        (None, Some("1")) => true,
        (None, Some("0") | None) => false,
        (None, Some(_)) => {
            return Err(fatal(
                "preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value",
            ));
        }
    };
    c.pycache_prefix = match x(&c, "pycache_prefix") {
        Some(v) => v.filter(|v| !v.is_empty()),
        None => env(&c, "PYTHONPYCACHEPREFIX"),
    };
    let gil = match x(&c, "gil") {
        Some(v) => v,
        None => env(&c, "PYTHON_GIL"),
    };
    c.gil = match (gil.as_deref(), x(&c, "gil").is_some()) {
        (None, false) => None,
        (Some("0"), _) if typhon_runtime::GIL_BUILD => {
            return Err(fatal(
                "config_read_gil: Disabling the GIL is not supported by this build",
            ));
        }
        (Some("0"), _) => Some(false),
        (Some("1"), _) => Some(true),
        _ => {
            return Err(fatal(
                "config_read_gil: PYTHON_GIL / -X gil must be \"0\" or \"1\"",
            ));
        }
    };
    c.thread_inherit_context = zero_or_one(
        x(&c, "thread_inherit_context"),
        env(&c, "PYTHON_THREAD_INHERIT_CONTEXT"),
        "config_init_thread_inherit_context: -X thread_inherit_context=n: n",
        "config_init_thread_inherit_context: PYTHON_THREAD_INHERIT_CONTEXT=N: N",
    )?;
    c.context_aware_warnings = zero_or_one(
        x(&c, "context_aware_warnings"),
        env(&c, "PYTHON_CONTEXT_AWARE_WARNINGS"),
        "config_init_context_aware_warnings: -X context_aware_warnings=n: n",
        "config_init_context_aware_warnings: PYTHON_CONTEXT_AWARE_WARNINGS=N: N",
    )?;
    let digits = x(&c, "int_max_str_digits")
        .map(Option::unwrap_or_default)
        .or_else(|| env(&c, "PYTHONINTMAXSTRDIGITS"));
    if let Some(d) = digits {
        match d.parse::<i64>() {
            Ok(n) if n == 0 || n >= 640 => c.int_max_str_digits = n,
            _ => {
                return Err(fatal(
                    "config_init_int_max_str_digits: PYTHONINTMAXSTRDIGITS: invalid limit; must be >= 640 or 0 for unlimited.",
                ));
            }
        }
    }
    let hash_seed = match env(&c, "PYTHONHASHSEED") {
        None => None,
        Some(s) if s == "random" => None,
        Some(s) => match s.parse::<u32>() {
            Ok(n) => {
                c.hash_randomization = n != 0;
                Some(n)
            }
            Err(_) => {
                return Err(fatal(
                    "config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]",
                ));
            }
        },
    };
    if let Some(v) = env(&c, "PYTHONIOENCODING") {
        let (encoding, errors) = match v.split_once(':') {
            Some((e, r)) => (e.to_owned(), Some(r.to_owned())),
            None => (v, None),
        };
        c.io_encoding = Some(encoding).filter(|e| !e.is_empty());
        c.io_errors = errors.filter(|e| !e.is_empty());
    }
    if c.dev_mode {
        c.warnoptions.push("default".into());
    }
    if let Some(w) = env(&c, "PYTHONWARNINGS") {
        c.warnoptions.extend(w.split(',').map(str::to_owned));
    }
    c.warnoptions.extend(warn);
    match c.bytes_warning {
        0 => {}
        1 => c.warnoptions.push("default::BytesWarning".into()),
        _ => c.warnoptions.push("error::BytesWarning".into()),
    }
    paths::fill(&mut c);
    Ok(Command {
        program,
        config: c,
        hash_seed,
        skip_first_line,
        name,
    })
}
