//! How the program was started: filled by the command line before the interpreter starts, never changed after.

use std::ffi::OsString;
use std::sync::OnceLock;

#[derive(Default, Clone, Debug)]
pub struct Config {
    pub executable: OsString,
    pub base_executable: OsString,
    pub prefix: String,
    pub base_prefix: String,
    pub argv: Vec<OsString>,
    pub orig_argv: Vec<OsString>,
    pub path: Vec<OsString>,
    pub warnoptions: Vec<String>,
    /// `-X name` and `-X name=value`.
    pub xoptions: Vec<(String, Option<String>)>,
    pub optimize: u8,
    pub debug: i32,
    pub inspect: bool,
    pub interactive: bool,
    pub dont_write_bytecode: bool,
    pub no_user_site: bool,
    pub no_site: bool,
    pub ignore_environment: bool,
    pub verbose: i32,
    pub bytes_warning: i32,
    pub quiet: bool,
    pub hash_randomization: bool,
    pub isolated: bool,
    pub dev_mode: bool,
    /// `-X faulthandler`.
    pub faulthandler: bool,
    pub utf8_mode: bool,
    pub warn_default_encoding: bool,
    pub safe_path: bool,
    pub unbuffered: bool,
    pub int_max_str_digits: i64,
    /// `-X no_debug_ranges`: columns of instructions are not told.
    pub no_debug_ranges: bool,
    pub pycache_prefix: Option<String>,
    /// The encoding and error handler of the standard streams (`PYTHONIOENCODING`).
    pub io_encoding: Option<String>,
    pub io_errors: Option<String>,
    /// `-X gil=0|1`, when given.
    pub gil: Option<bool>,
    /// `-X thread_inherit_context=0|1` and `-X context_aware_warnings=0|1`, when given.
    pub thread_inherit_context: Option<bool>,
    pub context_aware_warnings: Option<bool>,
    pub check_hash_pycs: Option<String>,
}

static CONFIG: OnceLock<Config> = OnceLock::new();

pub fn set(config: Config) {
    let _ = CONFIG.set(config);
}

/// The program's settings; all defaults when no command line was read.
pub fn config() -> &'static Config {
    CONFIG.get_or_init(|| Config {
        int_max_str_digits: 4300,
        no_debug_ranges: false,
        ..Config::default()
    })
}
