//! Starting the interpreter, running the program, ending.

use super::args::{Command, Program};
use super::{exit, paths};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use typhon_compiler::{Mode, Options};
use typhon_modules::builtins::code::{compile_source, decode_source, exec_in};
use typhon_modules::builtins::import::import_absolute_str;
use typhon_modules::fspath::os_str;
use typhon_modules::io::{StreamOptions, make_std_streams_with};
use typhon_modules::sys::config::{self, Config};
use typhon_modules::sys::{functions::FINALIZING, hooks};
use typhon_modules::{find, imp, library};
use typhon_vm::init::{self, sys_get};
use typhon_vm::native::*;
use typhon_vm::objects::exception::render;
use typhon_vm::objects::list::List;
use typhon_vm::objects::module::methods::{loaded, new_module};
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::weakref::{WeakRef, new_ref, target};
use typhon_vm::objects::{CodeObj, Dict, Module};
use typhon_vm::{process, protocol, threads};

/// Kept free below the native stack's end for signal handlers and what the system takes.
const STACK_RESERVE: usize = 256 * 1024;
const MAX_STACK: usize = 1 << 30;

fn main_stack() -> usize {
    process::stack_limit()
        .unwrap_or(8 << 20)
        .min(MAX_STACK)
        .saturating_sub(STACK_RESERVE)
}

/// Runs a command on the calling thread, the process's main one; the exit code.
pub fn run(command: Command) -> i32 {
    typhon_vm::objects::object::hash::init(command.hash_seed);
    if command.config.gil == Some(true) {
        typhon_runtime::gil::enable();
    }
    library::install(
        &crate::import::EMBEDDED,
        paths::library_root(&command.config),
    );
    typhon_vm::objects::code::NO_DEBUG_RANGES
        .store(command.config.no_debug_ranges, Ordering::Relaxed);
    typhon_vm::objects::codec::DEV_MODE.store(command.config.dev_mode, Ordering::Relaxed);
    if command.config.faulthandler {
        let _ = typhon_vm::os::fault::enable(2, true, true);
    }
    config::set(command.config.clone());
    let _ = render::SOURCE_HOOK.set(|name| {
        let rest = name.strip_prefix(library::root())?.strip_prefix('/')?;
        let bytes = library::library()?.source(rest)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    });
    let stats = command
        .config
        .xoptions
        .iter()
        .any(|(name, _)| name == "stats");
    if stats {
        typhon_vm::stats::enable();
    }
    init::prepare();
    super::counters::prepare(&command.config);
    let done = threads::run_attached(true, main_stack(), |cx| {
        let code = match start(cx) {
            Ok(()) => program(cx, &command),
            Err(r) => {
                let e = cx.take_exc(r);
                eprintln!("Fatal Python error: the interpreter could not start");
                render::print_exception(cx, &e);
                1
            }
        };
        super::counters::write(&command.config);
        if stats {
            eprint!("{}", typhon_vm::stats::table());
        }
        // Ends the process from here: other threads may still run, and nothing waits for them.
        exit::now(code)
    });
    match done {
        Some(never) => never,
        None => {
            eprintln!("Fatal Python error: no memory for the main thread");
            1
        }
    }
}

/// Built-in types, `sys`, `builtins`, the import system, standard streams, `site`.
fn start(cx: &mut Cx) -> Res<()> {
    init::start(cx)?;
    typhon_modules::typing::install();
    typhon_vm::objects::int::text::MAX_STR_DIGITS.store(
        config::config().int_max_str_digits as usize,
        Ordering::Relaxed,
    );
    imp::early::start(cx)?;
    make_main(cx)?;
    // `importlib` wants these; without them (a build in pieces) the plain importer serves.
    if ["_thread", "_weakref", "posix", "_io"]
        .iter()
        .all(|n| find(n).is_some())
    {
        complain(cx, "the import system", imp::early::install_importlib);
        complain(cx, "the standard streams", streams);
        // Takes over the process's signals: SIGINT becomes KeyboardInterrupt.
        complain(cx, "signals", |cx| {
            import_absolute_str(cx, "_signal").map(drop)
        });
        if !config::config().warnoptions.is_empty() {
            import_absolute_str(cx, "warnings")?;
        }
        if !config::config().no_site {
            complain(cx, "site", |cx| import_absolute_str(cx, "site").map(drop));
        }
    }
    Ok(())
}

/// A part of the start whose failure is shown, but leaves an interpreter that can run programs.
fn complain(cx: &mut Cx, what: &str, part: impl FnOnce(&mut Cx) -> Res<()>) {
    if let Err(r) = part(cx) {
        let e = cx.take_exc(r);
        eprintln!("Error while starting {what}:");
        render::print_exception(cx, &e);
    }
}

/// The module `__main__`.
fn make_main(cx: &mut Cx) -> Res<()> {
    let m = new_module(cx, "__main__")?;
    let modules = imp::modules(cx)?;
    modules
        .downcast::<Dict>()
        .expect("checked to be a dict")
        .set_str(cx, "__main__", m.clone())?;
    let builtins = imp::early::single("builtins").unwrap_or_else(Value::none);
    protocol::setattr_str(cx, &m, "__builtins__", &builtins)
}

fn main_dict(cx: &mut Cx) -> Res<Value> {
    match loaded(cx, "__main__")? {
        Some(m) => protocol::getattr_str(cx, &m, "__dict__"),
        None => Err(cx.runtime_error("lost __main__")),
    }
}

/// `sys.stdin`, `stdout` and `stderr` over `_io`, and `open`.
fn streams(cx: &mut Cx) -> Res<()> {
    let c = config::config();
    let io = import_absolute_str(cx, "_io")?;
    let open = protocol::getattr_str(cx, &io, "open")?;
    if let Some(b) = init::builtins().and_then(|b| b.downcast::<Dict>()) {
        b.set_str(cx, "open", open.clone())?;
    }
    let options = StreamOptions {
        unbuffered: c.unbuffered,
        encoding: c.io_encoding.clone(),
        errors: c.io_errors.clone(),
    };
    let (stdin, stdout, stderr) = make_std_streams_with(cx, &options)?;
    for (name, stream) in [("stdin", stdin), ("stdout", stdout), ("stderr", stderr)] {
        exit::set_sys(cx, name, stream.clone());
        exit::set_sys(cx, &format!("__{name}__"), stream);
    }
    Ok(())
}

/// Put a folder in front of `sys.path`.
fn add_path(cx: &mut Cx, dir: &OsStr) -> Res<()> {
    typhon_vm::objects::module::methods::set_program_folder(dir.to_string_lossy().into_owned());
    let v = os_str(cx, dir)?;
    if let Some(p) = sys_get(cx, "path")
        && let Some(l) = p.downcast::<List>()
    {
        l.insert_at(cx, |_| 0, v)?;
    }
    Ok(())
}

/// Runs the program and ends the interpreter; the exit code.
fn program(cx: &mut Cx, command: &Command) -> i32 {
    let c = config::config();
    let result = match &command.program {
        Program::Text(text) => run_text(cx, c, text),
        Program::Module(name) => run_module(cx, c, name),
        Program::File(file) => match run_file(cx, c, file, command) {
            Ok(None) => Ok(()),
            Ok(Some(code)) => return finish(cx, code),
            Err(r) => Err(r),
        },
        Program::Stdin => run_stdin(cx, c),
    };
    let mut code = match result {
        Ok(()) => 0,
        Err(r) => exit::code_of(cx, r),
    };
    let inspect = c.inspect
        || !c.ignore_environment
            && std::env::var_os("PYTHONINSPECT").is_some_and(|v| !v.is_empty());
    if inspect && !matches!(command.program, Program::Stdin) {
        code = match prompt(cx, c) {
            Ok(()) => 0,
            Err(r) => exit::code_of(cx, r),
        };
    }
    finish(cx, code)
}

/// Compile and run in `__main__`, the text shown in tracebacks.
fn run_source(cx: &mut Cx, bytes: &[u8], filename: &str) -> Res<()> {
    let name = new_str(cx, filename)?;
    let file = (filename != "<string>").then_some(filename);
    let source = decode_source(cx, bytes, file, &name)?;
    let options = Options {
        optimize: config::config().optimize,
        ..Options::default()
    };
    let code = compile_source(cx, &source, &name, Mode::Exec, &options)?;
    if filename == "<string>"
        && let Some(c) = code.downcast::<CodeObj>()
    {
        render::register_source(&c.code, source.text());
    }
    let ns = main_dict(cx)?;
    exec_in(cx, &code, &ns)
}

fn run_text(cx: &mut Cx, c: &Config, text: &OsStr) -> Res<()> {
    if !c.safe_path {
        add_path(cx, OsStr::new(""))?;
    }
    set_loader(cx, "BuiltinImporter", None)?;
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(b'\n');
    run_source(cx, &bytes, "<string>")
}

fn run_module(cx: &mut Cx, c: &Config, name: &OsStr) -> Res<()> {
    if !c.safe_path {
        let cwd = std::env::current_dir()
            .map(OsString::from)
            .unwrap_or_default();
        add_path(cx, &cwd)?;
    }
    let name = os_str(cx, name)?;
    run_as_main(cx, &name, true)
}

fn run_as_main(cx: &mut Cx, name: &Value, alter_argv: bool) -> Res<()> {
    let runpy = import_absolute_str(cx, "runpy")?;
    protocol::call_method(
        cx,
        &runpy,
        "_run_module_as_main",
        &[name.clone(), Value::bool(alter_argv)],
    )?;
    Ok(())
}

/// Some(code): it could not be opened.
fn run_file(cx: &mut Cx, c: &Config, file: &OsStr, command: &Command) -> Res<Option<i32>> {
    // What modules and tracebacks tell of it is right also when the program changes its folder.
    let full = std::path::absolute(file).unwrap_or_else(|_| file.into());
    let (path, file) = (&*full, full.as_os_str());
    let is_package = path.is_dir() || is_zip(path);
    if is_package {
        add_path(cx, file)?;
        let hook = import_absolute_str(cx, "pkgutil")?;
        let name = os_str(cx, file)?;
        let importer =
            protocol::call_method(cx, &hook, "get_importer", std::slice::from_ref(&name))?;
        if !importer.is_none() {
            let main = new_str(cx, "__main__")?;
            let spec =
                protocol::call_method(cx, &importer, "find_spec", std::slice::from_ref(&main))?;
            if !spec.is_none() {
                run_as_main(cx, &main, false)?;
                return Ok(None);
            }
        }
        eprintln!(
            "{}: can't find '__main__' module in {}",
            command.name,
            quoted(file)
        );
        return Ok(Some(1));
    }
    let bytes = match std::fs::read(path) {
        Ok(b) => b,
        Err(e) => {
            let n = e.raw_os_error().unwrap_or(0);
            let why = typhon_vm::objects::exception::oserror::strerror(n);
            eprintln!(
                "{}: can't open file {}: [Errno {n}] {why}",
                command.name,
                quoted(file)
            );
            return Ok(Some(2));
        }
    };
    if !c.safe_path {
        // Links are followed, so that modules beside the real file are found.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        add_path(cx, real.parent().unwrap_or(Path::new("")).as_os_str())?;
    }
    let name = file.to_string_lossy().into_owned();
    let ns = main_dict(cx)?;
    let name_v = os_str(cx, file)?;
    let d = ns
        .downcast::<Dict>()
        .expect("a module's namespace is a dict");
    d.set_str(cx, "__file__", name_v.clone())?;
    d.set_str(cx, "__cached__", Value::none())?;
    if path.extension().is_some_and(|e| e == "pyc") {
        set_loader(cx, "SourcelessFileLoader", Some(&name_v))?;
        run_compiled(cx, &bytes, &ns)?;
        return Ok(None);
    }
    set_loader(cx, "SourceFileLoader", Some(&name_v))?;
    let text = if command.skip_first_line {
        let at = bytes
            .iter()
            .position(|b| *b == b'\n')
            .unwrap_or(bytes.len());
        &bytes[at..]
    } else {
        &bytes
    };
    run_source(cx, text, &name)?;
    Ok(None)
}

fn quoted(s: &OsStr) -> String {
    let t = s.to_string_lossy();
    let q = if t.contains('\'') && !t.contains('"') {
        '"'
    } else {
        '\''
    };
    format!("{q}{}{q}", t.replace('\\', "\\\\"))
}

fn is_zip(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0u8; 4];
    // Archives may carry a shebang line in front: the end of the central directory tells.
    let Ok(mut f) = std::fs::File::open(path) else {
        return false;
    };
    if !path.is_file() {
        return false;
    }
    if f.read_exact(&mut head).is_ok() && &head == b"PK\x03\x04" {
        return true;
    }
    if &head[..2] != b"#!" {
        return false;
    }
    std::fs::read(path).is_ok_and(|b| b.len() > 22 && b[b.len() - 22..].starts_with(b"PK\x05\x06"))
}

fn run_compiled(cx: &mut Cx, bytes: &[u8], ns: &Value) -> Res<()> {
    use typhon_compiler::marshal::{HEADER_LEN, MAGIC, load_code};
    if !bytes.starts_with(&MAGIC) || bytes.len() < HEADER_LEN {
        return Err(cx.runtime_error("Bad magic number in .pyc file"));
    }
    match load_code(&bytes[HEADER_LEN..]) {
        Ok(c) => {
            let code = imp::code::new_code(cx, c)?;
            exec_in(cx, &code, ns)
        }
        Err(_) => Err(cx.runtime_error("Bad code object in .pyc file")),
    }
}

/// `__main__.__loader__`.
fn set_loader(cx: &mut Cx, class: &'static str, file: Option<&Value>) -> Res<()> {
    let module = if file.is_some() {
        "_frozen_importlib_external"
    } else {
        "_frozen_importlib"
    };
    let Some(m) = loaded(cx, module)? else {
        return Ok(());
    };
    let class = protocol::getattr_str(cx, &m, class)?;
    let loader = match file {
        Some(f) => {
            let name = new_str(cx, "__main__")?;
            protocol::call(cx, &class, &[name, f.clone()])?
        }
        None => class,
    };
    let ns = main_dict(cx)?;
    ns.downcast::<Dict>()
        .expect("a module's namespace is a dict")
        .set_str(cx, "__loader__", loader)
}

fn run_stdin(cx: &mut Cx, c: &Config) -> Res<()> {
    use std::io::{IsTerminal, Read};
    if !c.safe_path {
        add_path(cx, OsStr::new(""))?;
    }
    set_loader(cx, "BuiltinImporter", None)?;
    if std::io::stdin().is_terminal() || c.interactive {
        return prompt(cx, c);
    }
    let mut bytes = Vec::new();
    if let Err(e) = cx.detach(|| std::io::stdin().read_to_end(&mut bytes)) {
        return Err(typhon_vm::objects::exception::types::raise_io_error(
            cx, &e, None,
        ));
    }
    run_source(cx, &bytes, "<stdin>")
}

/// The interactive prompt (`src/import/overlay/_typhon_prompt.py`) over `__main__`.
fn prompt(cx: &mut Cx, c: &Config) -> Res<()> {
    for (name, text) in [("ps1", ">>> "), ("ps2", "... ")] {
        let v = new_str(cx, text)?;
        exit::set_sys(cx, name, v);
    }
    if let Some(h) = sys_get(cx, "__interactivehook__")
        && let Err(r) = protocol::call(cx, &h, &[])
    {
        let e = cx.take_exc(r);
        hooks::write_stderr(cx, "Failed calling sys.__interactivehook__\n");
        render::print_exception(cx, &e);
    }
    if !c.ignore_environment
        && let Some(f) = std::env::var_os("PYTHONSTARTUP").filter(|f| !f.is_empty())
    {
        let name = f.to_string_lossy().into_owned();
        let done = match std::fs::read(&f) {
            Ok(bytes) => run_source(cx, &bytes, &name),
            Err(e) => Err(typhon_vm::objects::exception::types::raise_io_error(
                cx, &e, None,
            )),
        };
        if let Err(r) = done {
            let e = cx.take_exc(r);
            exit::show(cx, &e);
        }
    }
    let module = import_absolute_str(cx, "_typhon_prompt")?;
    let ns = main_dict(cx)?;
    let banner = if c.quiet {
        String::new()
    } else {
        format!(
            "{}\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information.",
            super::args::version_text()
        )
    };
    let banner = new_str(cx, &banner)?;
    protocol::call_method(cx, &module, "interact", &[banner, ns])?;
    Ok(())
}

/// Call a function of a module if that module has been imported; an error is reported and forgotten.
fn call_loaded(cx: &mut Cx, module: &str, function: &'static str) {
    let done = (|| {
        let Some(m) = loaded(cx, module)? else {
            return Ok(());
        };
        protocol::call_method(cx, &m, function, &[])?;
        Ok(())
    })();
    if let Err(r) = done {
        let object = new_str(cx, function).unwrap_or_else(|_| Value::none());
        threads::unraisable(
            cx,
            r,
            &format!("Exception ignored on {module} shutdown"),
            &object,
        );
    }
}

/// Wait for the other threads, run exit functions, flush, let the program's objects go.
fn finish(cx: &mut Cx, mut code: i32) -> i32 {
    call_loaded(cx, "threading", "_shutdown");
    call_loaded(cx, "atexit", "_run_exitfuncs");
    if !hooks::flush_stdout_at_end(cx) {
        code = 120;
    }
    hooks::flush(cx, "stderr");
    FINALIZING.store(true, Ordering::Release);
    if typhon_runtime::thread::running_threads() <= 1 {
        clear_modules(cx);
    } else {
        // Daemon threads go on using the modules: they stay as they are until the end, and only what nobody names goes.
        typhon_runtime::gc::collect(cx, typhon_runtime::gc::Reason::Shutdown);
        typhon_vm::call::run_pending(cx);
    }
    typhon_modules::io::flush_all(cx);
    hooks::flush(cx, "stdout");
    hooks::flush(cx, "stderr");
    code
}

/// Let the program's modules go: first from the table of modules, so that what nothing else names dies with its globals
/// intact; what is left then is emptied, the latest import first. The library's modules stay for finalizers to use.
fn clear_modules(cx: &mut Cx) {
    // Finalizers find out that nothing can be imported now.
    for name in SPENT {
        exit::set_sys(cx, name, Value::none());
    }
    let (mut left, mut kept) = (Vec::new(), Vec::new());
    let done: Res<()> = (|| {
        let modules = imp::modules(cx)?;
        let table = modules.downcast::<Dict>().expect("checked to be a dict");
        for (name, m) in table.entries(cx) {
            if m.downcast::<Module>().is_none() {
                continue;
            }
            match place_of(cx, &name, &m)? {
                Place::Native => continue,
                Place::Library => kept.push(m),
                Place::Program => left.push(new_ref(cx, &m, None)?),
            }
            table.set(cx, &name, Value::none())?;
        }
        Ok(())
    })();
    if let Err(r) = done {
        drop(cx.take_exc(r));
    }
    typhon_runtime::gc::collect(cx, typhon_runtime::gc::Reason::Shutdown);
    typhon_vm::call::run_pending(cx);
    let mut cleared = false;
    while let Some(r) = left.pop() {
        let Some(m) = r.downcast::<WeakRef>().and_then(|r| target(cx, r)) else {
            continue;
        };
        cleared = true;
        if let Err(r) = clear_module(cx, &m) {
            drop(cx.take_exc(r));
        }
    }
    if cleared {
        typhon_runtime::gc::collect(cx, typhon_runtime::gc::Reason::Shutdown);
        typhon_vm::call::run_pending(cx);
    }
    // The process ends with them.
    std::mem::forget(kept);
}

/// What of `sys` is nothing any more when modules go.
const SPENT: [&str; 5] = [
    "argv",
    "path",
    "path_hooks",
    "path_importer_cache",
    "meta_path",
];

/// Where a module came from.
enum Place {
    Native,
    Library,
    Program,
}

fn place_of(cx: &mut Cx, name: &Value, m: &Value) -> Res<Place> {
    if is_named(name, "__main__") {
        return Ok(Place::Program);
    }
    Ok(match protocol::getattr_str_opt(cx, m, "__loader__")? {
        // The importers of native modules are classes.
        Some(loader) if loader.downcast::<Type>().is_some() => Place::Native,
        Some(loader) if loader.ty().name() == "LibraryLoader" => Place::Library,
        _ => Place::Program,
    })
}

fn is_named(k: &Value, name: &str) -> bool {
    k.downcast::<Str>().is_some_and(|s| s.equals_str(name))
}

/// Names with one underscore first, then the others; `__builtins__` stays for finalizers.
fn clear_module(cx: &mut Cx, m: &Value) -> Res<()> {
    let Some(m) = m.downcast::<Module>() else {
        return Ok(());
    };
    let d = m.dict();
    for private in [true, false] {
        for (k, v) in d.entries(cx) {
            let Some(name) = k.downcast::<Str>().map(|s| s.to_string_lossy()) else {
                continue;
            };
            let is_private = name.starts_with('_') && !name.starts_with("__");
            if v.is_none() || name == "__builtins__" || is_private != private {
                continue;
            }
            drop(v);
            d.set(cx, &k, Value::none())?;
            typhon_vm::call::run_pending(cx);
        }
    }
    Ok(())
}
