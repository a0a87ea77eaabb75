//! What `--help` and its like print.

pub fn usage_hint(name: &str) -> String {
    format!(
        "usage: {name} [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `{name} -h' for more information.\n"
    )
}

pub fn help(name: &str) -> String {
    format!(
        "usage: {name} [option] ... [-c cmd | -m mod | file | -] [arg] ...
Options (and corresponding environment variables):
-b     : issue warnings about converting bytes/bytearray to str and comparing
         bytes/bytearray with str or bytes with int (-bb: issue errors)
-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x
-c cmd : program passed in as string (terminates option list)
-d     : accepted for compatibility; also PYTHONDEBUG=x
-E     : ignore PYTHON* environment variables (such as PYTHONPATH)
-h     : print this help message and exit (also -? or --help)
-i     : inspect interactively after running script; forces a prompt even
         if stdin does not appear to be a terminal; also PYTHONINSPECT=x
-I     : isolate Python from the user's environment (implies -E, -P and -s)
-m mod : run library module as a script (terminates option list)
-O     : remove assert and __debug__-dependent statements; add .opt-1 before
         .pyc extension; also PYTHONOPTIMIZE=x
-OO    : do -O changes and also discard docstrings; add .opt-2 before
         .pyc extension
-P     : don't prepend a potentially unsafe path to sys.path; also
         PYTHONSAFEPATH
-q     : don't print version and copyright messages on interactive startup
-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE=x
-S     : don't imply 'import site' on initialization
-u     : force the stdout and stderr streams to be unbuffered;
         this option has no effect on stdin; also PYTHONUNBUFFERED=x
-v     : verbose (trace import statements); also PYTHONVERBOSE=x
         can be supplied multiple times to increase verbosity
-V     : print the Python version number and exit (also --version)
         when given twice, print more information about the build
-W arg : warning control; arg is action:message:category:module:lineno
         also PYTHONWARNINGS=arg
-x     : skip first line of source, allowing use of non-Unix forms of #!cmd
-X opt : set implementation-specific option (see --help-xoptions for details)
--check-hash-based-pycs always|default|never:
         control how the interpreter invalidates hash-based .pyc files
--help-env: print help about Python environment variables and exit
--help-xoptions: print help about implementation-specific -X options and exit
--help-all: print complete help information and exit

Arguments:
file   : program read from script file
-      : program read from stdin (default; interactive mode if a tty)
arg ...: arguments passed to program in sys.argv[1:]
"
    )
}

pub fn help_env(_name: &str) -> String {
    "Environment variables that change behavior:
PYTHONBREAKPOINT: name of the function that breakpoint() calls; 0 disables it
PYTHON_CONTEXT_AWARE_WARNINGS: 1 keeps the filters of warnings.catch_warnings in
                  the context, 0 makes them the process's
                  (-X context_aware_warnings=[0|1])
PYTHON_THREAD_INHERIT_CONTEXT: 1 has threads begin with a copy of the context of
                  who starts them, 0 with an empty one
                  (-X thread_inherit_context=[0|1])
PYTHONDEBUG     : accepted for compatibility (-d)
PYTHONDEVMODE   : enable the development mode (-X dev)
PYTHONDONTWRITEBYTECODE: don't write .pyc files (-B)
PYTHONFAULTHANDLER: dump the Python traceback on fatal errors (-X faulthandler)
PYTHON_GIL      : 1 enables the global interpreter lock, 0 disables it (-X gil)
PYTHONHASHSEED  : if 'random', seed hashes with random data; an integer in the
                  range [0,4294967295] gives hash values with a predictable seed
PYTHONINSPECT   : inspect interactively after running script (-i)
PYTHONINTMAXSTRDIGITS: limit the size of int<->str conversions;
                  0 disables the limit (-X int_max_str_digits=N)
PYTHONIOENCODING: encoding[:errors] used for stdin/stdout/stderr
PYTHONNOUSERSITE: don't add user site directory to sys.path (-s)
PYTHONOPTIMIZE  : enable level 1 optimizations (-O)
PYTHONPATH      : ':'-separated list of directories prefixed to the
                  default module search path.  The result is sys.path.
PYTHONPYCACHEPREFIX: root directory for bytecode cache (pyc) files
                  (-X pycache_prefix)
PYTHONSAFEPATH  : don't prepend a potentially unsafe path to sys.path (-P)
PYTHONUNBUFFERED: disable stdout/stderr buffering (-u)
PYTHONUTF8      : control the UTF-8 mode (-X utf8)
PYTHONVERBOSE   : trace import statements (-v)
PYTHONWARNDEFAULTENCODING: enable opt-in EncodingWarning for 'encoding=None'
                  (-X warn_default_encoding)
PYTHONWARNINGS  : warning control (-W)
TYPHON_COUNTERS : a file to which the runtime's counters, pauses and peak
                  memory are written as JSON when the program ends
TYPHON_COUNTERS_PLACES: 1 also writes waits and shared counts by type of object
                  and line of the program; slows down what contends
"
    .to_owned()
}

pub const HELP_X: &str = "The following implementation-specific options are available:
-X context_aware_warnings=[0|1]: whether the filters of warnings.catch_warnings
         belong to the context; also PYTHON_CONTEXT_AWARE_WARNINGS
-X dev : enable Python Development Mode; also PYTHONDEVMODE
-X faulthandler: dump the Python traceback on fatal errors; also PYTHONFAULTHANDLER
-X gil=[0|1]: enable (1) or disable (0) the GIL; also PYTHON_GIL
-X int_max_str_digits=N: limit the size of int<->str conversions;
         0 disables the limit; also PYTHONINTMAXSTRDIGITS
-X pycache_prefix=PATH: write .pyc files to a parallel tree instead of to the
         code tree; also PYTHONPYCACHEPREFIX
-X stats: count the instructions of the register code, their time and how often
         their caches did not serve; the table goes to stderr at the end, and
         typhon.instructions() returns it; several times slower
-X thread_inherit_context=[0|1]: whether threads begin with a copy of the context
         of who starts them; also PYTHON_THREAD_INHERIT_CONTEXT
-X utf8[=0|1]: enable (1) or disable (0) UTF-8 mode; also PYTHONUTF8
-X warn_default_encoding: enable opt-in EncodingWarning for 'encoding=None';
         also PYTHONWARNDEFAULTENCODING
Other options are kept in sys._xoptions.
";
