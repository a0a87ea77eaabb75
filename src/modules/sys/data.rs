//! The tables of `sys`: struct sequences and name lists.

use super::config::config;
use crate::structseq::StructSeq;
use typhon_vm::native::*;
use typhon_vm::objects::float::new_float;
use typhon_vm::objects::int::new_int;
use typhon_vm::objects::str::new_str;

pub const MAJOR: i32 = 3;
pub const MINOR: i32 = 14;
pub const MICRO: i32 = 0;
pub const HEXVERSION: i64 = 0x030E_00F0;

/// `3.14.0 free-threading build (typhon 0.1.0) [Rust]`; `platform` takes it apart.
pub fn version() -> String {
    let build = if typhon_runtime::GIL_BUILD {
        ""
    } else {
        "free-threading build "
    };
    format!(
        "{MAJOR}.{MINOR}.{MICRO} {build}(typhon {}) [Rust]",
        env!("CARGO_PKG_VERSION")
    )
}

pub static FLAGS: StructSeq = StructSeq::closed_showing(
    "sys.flags",
    "sys.flags\n\nFlags provided through command line arguments or environment vars.",
    &[
        ("debug", "-d"),
        ("inspect", "-i"),
        ("interactive", "-i"),
        ("optimize", "-O or -OO"),
        ("dont_write_bytecode", "-B"),
        ("no_user_site", "-s"),
        ("no_site", "-S"),
        ("ignore_environment", "-E"),
        ("verbose", "-v"),
        ("bytes_warning", "-b"),
        ("quiet", "-q"),
        ("hash_randomization", "-R"),
        ("isolated", "-I"),
        ("dev_mode", "-X dev"),
        ("utf8_mode", "-X utf8"),
        ("warn_default_encoding", "-X warn_default_encoding"),
        ("safe_path", "-P"),
        ("int_max_str_digits", "-X int_max_str_digits"),
        ("gil", "-X gil"),
        ("thread_inherit_context", "-X thread_inherit_context"),
        ("context_aware_warnings", "-X context_aware_warnings"),
    ],
    18,
);

pub static VERSION_INFO: StructSeq = StructSeq::closed(
    "sys.version_info",
    "sys.version_info\n\nVersion information as a named tuple.",
    &[
        ("major", "Major release number"),
        ("minor", "Minor release number"),
        ("micro", "Patch release number"),
        ("releaselevel", "'alpha', 'beta', 'candidate', or 'final'"),
        ("serial", "Serial release number"),
    ],
);

pub static FLOAT_INFO: StructSeq = StructSeq::new(
    "sys.float_info",
    "sys.float_info\n\nA named tuple holding information about the float type.",
    &[
        ("max", "DBL_MAX -- maximum representable finite float"),
        (
            "max_exp",
            "DBL_MAX_EXP -- maximum int e such that radix**(e-1) is representable",
        ),
        (
            "max_10_exp",
            "DBL_MAX_10_EXP -- maximum int e such that 10**e is representable",
        ),
        ("min", "DBL_MIN -- Minimum positive normalized float"),
        (
            "min_exp",
            "DBL_MIN_EXP -- minimum int e such that radix**(e-1) is a normalized float",
        ),
        (
            "min_10_exp",
            "DBL_MIN_10_EXP -- minimum int e such that 10**e is a normalized float",
        ),
        (
            "dig",
            "DBL_DIG -- maximum number of decimal digits that can be faithfully represented in a float",
        ),
        ("mant_dig", "DBL_MANT_DIG -- mantissa digits"),
        (
            "epsilon",
            "DBL_EPSILON -- Difference between 1 and the next representable float",
        ),
        ("radix", "FLT_RADIX -- radix of exponent"),
        (
            "rounds",
            "FLT_ROUNDS -- rounding mode used for arithmetic operations",
        ),
    ],
    11,
);

pub static INT_INFO: StructSeq = StructSeq::new(
    "sys.int_info",
    "sys.int_info\n\nA named tuple that holds information about Python's\ninternal representation of integers.  The attributes are read only.",
    &[
        ("bits_per_digit", "size of a digit in bits"),
        (
            "sizeof_digit",
            "size in bytes of the C type used to represent a digit",
        ),
        (
            "default_max_str_digits",
            "maximum string conversion digits limitation",
        ),
        (
            "str_digits_check_threshold",
            "minimum positive value for int_max_str_digits",
        ),
    ],
    4,
);

pub static HASH_INFO: StructSeq = StructSeq::new(
    "sys.hash_info",
    "hash_info\n\nA named tuple providing parameters used for computing hashes.",
    &[
        ("width", "width of the type used for hashing, in bits"),
        (
            "modulus",
            "prime number giving the modulus on which the hash function is based",
        ),
        ("inf", "value to be used for hash of a positive infinity"),
        ("nan", "value to be used for hash of a nan"),
        (
            "imag",
            "multiplier used for the imaginary part of a complex number",
        ),
        (
            "algorithm",
            "name of the algorithm for hashing of str, bytes and memoryviews",
        ),
        ("hash_bits", "internal output size of hash algorithm"),
        ("seed_bits", "seed size of hash algorithm"),
        ("cutoff", "small string optimization cutoff"),
    ],
    9,
);

pub static THREAD_INFO: StructSeq = StructSeq::new(
    "sys.thread_info",
    "sys.thread_info\n\nA named tuple holding information about the thread implementation.",
    &[
        ("name", "name of the thread implementation"),
        ("lock", "name of the lock implementation"),
        ("version", "name and version of the thread library"),
    ],
    3,
);

pub static ASYNCGEN_HOOKS: StructSeq = StructSeq::new(
    "sys.asyncgen_hooks",
    "asyncgen_hooks\n\nThe async generator hooks, as a named tuple.",
    &[("firstiter", ""), ("finalizer", "")],
    2,
);

pub static UNRAISABLE_ARGS: StructSeq = StructSeq::new(
    "sys.UnraisableHookArgs",
    "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.",
    &[
        ("exc_type", "Exception type"),
        ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"),
        ("err_msg", "Error message"),
        ("object", "Object causing the exception"),
    ],
    5,
);

pub fn flags(cx: &mut Cx) -> Res<Value> {
    let c = config();
    let int = |n: i64| Value::small_int(n as i32);
    let flag = |b: bool| Value::small_int(b as i32);
    let free = !typhon_runtime::GIL_BUILD;
    let values = vec![
        int(c.debug as i64),
        flag(c.inspect),
        flag(c.interactive),
        int(c.optimize as i64),
        flag(c.dont_write_bytecode),
        flag(c.no_user_site),
        flag(c.no_site),
        flag(c.ignore_environment),
        int(c.verbose as i64),
        int(c.bytes_warning as i64),
        flag(c.quiet),
        flag(c.hash_randomization),
        flag(c.isolated),
        Value::bool(c.dev_mode),
        flag(c.utf8_mode),
        flag(c.warn_default_encoding),
        Value::bool(c.safe_path),
        int(c.int_max_str_digits),
        match c.gil {
            None if free => Value::none(),
            _ => flag(typhon_runtime::gil::is_enabled()),
        },
        flag(c.thread_inherit_context.unwrap_or(free)),
        flag(c.context_aware_warnings.unwrap_or(free)),
    ];
    FLAGS.make(cx, values)
}

pub fn version_info(cx: &mut Cx) -> Res<Value> {
    let level = new_str(cx, "final")?;
    VERSION_INFO.make(
        cx,
        vec![
            Value::small_int(MAJOR),
            Value::small_int(MINOR),
            Value::small_int(MICRO),
            level,
            Value::small_int(0),
        ],
    )
}

pub fn float_info(cx: &mut Cx) -> Res<Value> {
    let (max, min, eps) = (
        new_float(cx, f64::MAX)?,
        new_float(cx, f64::MIN_POSITIVE)?,
        new_float(cx, f64::EPSILON)?,
    );
    let i = Value::small_int;
    FLOAT_INFO.make(
        cx,
        vec![
            max,
            i(1024),
            i(308),
            min,
            i(-1021),
            i(-307),
            i(15),
            i(53),
            eps,
            i(2),
            i(1),
        ],
    )
}

pub fn int_info(cx: &mut Cx) -> Res<Value> {
    INT_INFO.make(cx, [30, 4, 4300, 640].map(Value::small_int).to_vec())
}

pub fn hash_info(cx: &mut Cx) -> Res<Value> {
    let modulus = new_int(cx, (1 << 61) - 1)?;
    let algorithm = new_str(cx, "siphash13")?;
    let i = Value::small_int;
    HASH_INFO.make(
        cx,
        vec![
            i(64),
            modulus,
            i(314159),
            i(0),
            i(1000003),
            algorithm,
            i(64),
            i(128),
            i(0),
        ],
    )
}

pub fn thread_info(cx: &mut Cx) -> Res<Value> {
    let name = new_str(cx, "pthread")?;
    THREAD_INFO.make(cx, vec![name, Value::none(), Value::none()])
}

/// The modules of the standard library, whether this interpreter has them or not.
pub const STDLIB_NAMES: &str = include_str!("stdlib_names.txt");
