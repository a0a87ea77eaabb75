//! Processes: making, ending and waiting for them.

use super::path;
use super::stat::{TIMES, WAITID};
use crate::os_call;
use std::ffi::CString;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::Bytes;
use typhon_vm::objects::{Dict, List};
use typhon_vm::os::process as sys;
use typhon_vm::os::{libc, signal};
use typhon_vm::protocol;
use typhon_vm::runtime::sync::Mutex;

/// `os.register_at_fork`: before (called newest first), in the parent, in the child.
static AT_FORK: Mutex<[Vec<Value>; 3]> = Mutex::new([Vec::new(), Vec::new(), Vec::new()]);

/// Functions of other native modules to run in the child of a fork.
static IN_CHILD: Mutex<Vec<fn(&mut Cx)>> = Mutex::new(Vec::new());

/// Have `f` run in the child of every fork, before Python's own functions.
pub fn register_in_child(f: fn(&mut Cx)) {
    let mut all = IN_CHILD.lock();
    if !all.iter().any(|g| std::ptr::fn_addr_eq(*g, f)) {
        all.push(f);
    }
}

fn run_at_fork(cx: &mut Cx, which: usize) {
    let mut list = AT_FORK.lock()[which].clone();
    if which == 0 {
        list.reverse();
    }
    for f in list {
        if let Err(r) = protocol::call(cx, &f, &[]) {
            typhon_vm::threads::unraisable(cx, r, "Exception ignored in at-fork handler", &f);
        }
    }
}

/// `fork(2)` with the world stopped. 0 in the child.
pub fn fork_now(cx: &mut Cx) -> Res<i32> {
    run_at_fork(cx, 0);
    crate::imp::before_fork(cx);
    let r = typhon_vm::runtime::fork::fork(&mut cx.thread);
    crate::imp::after_fork(cx);
    match r {
        Ok(0) => {
            cx.is_main = true;
            cx.thread.naps.set(true);
            signal::reset_in_child();
            let own = IN_CHILD.lock().clone();
            for f in own {
                f(cx);
            }
            run_at_fork(cx, 2);
            Ok(0)
        }
        Ok(pid) => {
            run_at_fork(cx, 1);
            if typhon_vm::runtime::thread::running_threads() > 1 {
                cx.warn(
                    ExcKind::DeprecationWarning,
                    &format!("This process (pid={}) is multi-threaded, use of fork() may lead to deadlocks in the child.", sys::getpid()),
                )?;
            }
            Ok(pid)
        }
        Err(e) => {
            run_at_fork(cx, 1);
            Err(os_call::raise(cx, &e))
        }
    }
}

/// Names of an argument list.
pub fn strings(cx: &mut Cx, v: &Value) -> Res<Vec<CString>> {
    let items = protocol::collect(cx, v)?;
    let mut out = Vec::with_capacity(items.len());
    for i in &items {
        out.push(string(cx, i)?);
    }
    Ok(out)
}

pub fn string(cx: &mut Cx, v: &Value) -> Res<CString> {
    let p = os_call::fspath(cx, v)?;
    let b = match p.downcast::<Bytes>() {
        Some(b) => b.as_slice().to_vec(),
        None => os_call::encode_name(cx, &p)?,
    };
    os_call::c_string(cx, b)
}

fn argv_of(cx: &mut Cx, argv: &Value, function: &str) -> Res<Vec<CString>> {
    if argv.downcast::<List>().is_none() && argv.downcast::<Tuple>().is_none() {
        return Err(cx.type_error(format!("{function}() arg 2 must be a tuple or list")));
    }
    let args = strings(cx, argv)?;
    match args.first() {
        None => Err(cx.value_error(format!("{function}() arg 2 must not be empty"))),
        Some(first) if first.is_empty() => {
            Err(cx.value_error(format!("{function}() arg 2 first element cannot be empty")))
        }
        Some(_) => Ok(args),
    }
}

fn env_of(cx: &mut Cx, env: &Value) -> Res<Vec<CString>> {
    let pairs = match env.downcast::<Dict>() {
        Some(d) => d.entries(cx),
        None => {
            let (keys, values) = (
                protocol::call_method(cx, env, "keys", &[])?,
                protocol::call_method(cx, env, "values", &[])?,
            );
            let (keys, values) = (
                protocol::collect(cx, &keys)?,
                protocol::collect(cx, &values)?,
            );
            keys.into_iter().zip(values).collect()
        }
    };
    let mut out = Vec::new();
    for (k, v) in &pairs {
        let (k, v) = (string(cx, k)?, string(cx, v)?);
        if k.is_empty() || k.as_bytes()[1..].contains(&b'=') {
            return Err(cx.value_error("illegal environment variable name"));
        }
        out.push(os_call::c_string(
            cx,
            [k.as_bytes(), b"=", v.as_bytes()].concat(),
        )?);
    }
    Ok(out)
}

/// `resource.struct_rusage` needs that module, as in CPython.
fn rusage(cx: &mut Cx, u: &libc::rusage) -> Res<Value> {
    crate::resource::rusage(cx, u)
}

#[pyfunctions(part = PART, module = "posix")]
pub mod functions {
    use super::*;

    /// Return the current process id.
    #[pyfunction]
    fn getpid() -> i32 {
        sys::getpid()
    }

    /// Return the parent's process id.
    #[pyfunction]
    fn getppid() -> i32 {
        sys::getppid()
    }

    /// Kill a process with a signal.
    #[pyfunction]
    #[sig(pid, signal, /)]
    fn kill(pid: i32, signal: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::kill(pid, signal))?;
        // A signal to ourselves is handled before the call returns, as CPython does.
        os_call::check_signals(cx)
    }

    /// Kill a process group with a signal.
    #[pyfunction]
    #[sig(pgid, signal, /)]
    fn killpg(pgid: i32, signal: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::killpg(pgid, signal))?;
        os_call::check_signals(cx)
    }

    /// Fork a child process.
    #[pyfunction]
    fn fork(cx: &mut Cx) -> Res<i32> {
        fork_now(cx)
    }

    /// Register callables to be called when forking a new process.
    #[pyfunction]
    #[sig(*, before = absent, after_in_child = absent, after_in_parent = absent)]
    fn register_at_fork(
        before: Option<&Value>,
        after_in_child: Option<&Value>,
        after_in_parent: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        let given = [
            ("before", before),
            ("after_in_parent", after_in_parent),
            ("after_in_child", after_in_child),
        ];
        if given.iter().all(|(_, f)| f.is_none()) {
            return Err(cx.type_error("At least one argument is required."));
        }
        for (name, f) in &given {
            if let Some(f) = f
                && !protocol::is_callable(f)
            {
                let t = f.type_name();
                return Err(cx.type_error(format!("'{name}' must be callable, not {t}")));
            }
        }
        let mut all = AT_FORK.lock();
        for (list, (_, f)) in all.iter_mut().zip(given) {
            list.extend(f.cloned());
        }
        Ok(())
    }

    /// Execute an executable path with arguments, replacing current process.
    #[pyfunction]
    #[sig(path, argv, /)]
    fn execv(path: &Value, argv: &Value, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "execv")?;
        let argv = argv_of(cx, argv, "execv")?;
        let e = sys::execve(&p.name, &argv, None);
        Err(os_call::raise_on(cx, &e, &p.object))
    }

    /// Execute an executable path with arguments, replacing current process.
    #[pyfunction]
    #[sig(path, argv, env)]
    fn execve(path: &Value, argv: &Value, env: &Value, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "execve")?;
        let argv = argv_of(cx, argv, "execve")?;
        if env.ty().slots.getitem.get().is_none() {
            return Err(cx.type_error("execve: environment must be a mapping object"));
        }
        let env = env_of(cx, env)?;
        let e = sys::execve(&p.name, &argv, Some(&env));
        Err(os_call::raise_on(cx, &e, &p.object))
    }

    /// Exit to the system with specified status, without normal exit processing.
    #[pyfunction]
    #[sig(status)]
    fn _exit(status: i32) {
        sys::exit_now(status)
    }

    /// Abort the interpreter immediately.
    #[pyfunction]
    fn abort() {
        sys::abort()
    }

    /// Execute the command in a subshell.
    #[pyfunction]
    #[sig(command)]
    fn system(command: &Value, cx: &mut Cx) -> Res<i32> {
        let c = string(cx, command)?;
        Ok(cx.thread.detach(|| sys::system(&c)))
    }

    /// Wait for completion of a given child process.
    #[pyfunction]
    #[sig(pid, options, /)]
    fn waitpid(pid: i32, options: i32, cx: &mut Cx) -> Res<(i32, i32)> {
        os_call::call(cx, || sys::waitpid(pid, options))
    }

    /// Wait for completion of a child process.
    #[pyfunction]
    fn wait(cx: &mut Cx) -> Res<(i32, i32)> {
        os_call::call(cx, || sys::waitpid(-1, 0))
    }

    /// Wait for completion of a child process.
    #[pyfunction]
    #[sig(options)]
    fn wait3(options: i32, cx: &mut Cx) -> Res<(i32, i32, Value)> {
        let (pid, status, u) = os_call::call(cx, || sys::wait4(-1, options))?;
        let u = rusage(cx, &u)?;
        Ok((pid, status, u))
    }

    /// Wait for completion of a specific child process.
    #[pyfunction]
    #[sig(pid, options)]
    fn wait4(pid: i32, options: i32, cx: &mut Cx) -> Res<(i32, i32, Value)> {
        let (pid, status, u) = os_call::call(cx, || sys::wait4(pid, options))?;
        let u = rusage(cx, &u)?;
        Ok((pid, status, u))
    }

    /// Returns the result of waiting for a process or processes.
    #[pyfunction]
    #[sig(idtype, id, options, /)]
    fn waitid(idtype: u32, id: u32, options: i32, cx: &mut Cx) -> Res<Option<Value>> {
        match os_call::call(cx, || sys::waitid(idtype, id, options))? {
            None => Ok(None),
            Some(fields) => WAITID
                .make(cx, fields.map(Value::small_int).to_vec())
                .map(Some),
        }
    }

    /// Return a file descriptor referring to the process *pid*.
    #[pyfunction]
    #[sig(pid, flags = 0)]
    fn pidfd_open(pid: i32, flags: u32, cx: &mut Cx) -> Res<i32> {
        let fd = os_call::call(cx, || sys::pidfd_open(pid, flags))?;
        Ok(fd)
    }

    /// Convert a wait status to an exit code.
    #[pyfunction]
    #[sig(status)]
    fn waitstatus_to_exitcode(status: i32, cx: &mut Cx) -> Res<i32> {
        if libc::WIFEXITED(status) {
            Ok(libc::WEXITSTATUS(status))
        } else if libc::WIFSIGNALED(status) {
            Ok(-libc::WTERMSIG(status))
        } else if libc::WIFSTOPPED(status) {
            Err(cx.value_error(format!(
                "process stopped by delivery of signal {}",
                libc::WSTOPSIG(status)
            )))
        } else {
            Err(cx.value_error(format!("invalid wait status: {status}")))
        }
    }

    /// Return True if the process returning status exited via the exit() system call.
    #[pyfunction]
    #[sig(status)]
    #[allow(non_snake_case)]
    fn WIFEXITED(status: i32) -> bool {
        libc::WIFEXITED(status)
    }
    /// Return the process return code from status.
    #[pyfunction]
    #[sig(status)]
    #[allow(non_snake_case)]
    fn WEXITSTATUS(status: i32) -> i32 {
        libc::WEXITSTATUS(status)
    }
    /// Return True if the process returning status was terminated by a signal.
    #[pyfunction]
    #[sig(status)]
    #[allow(non_snake_case)]
    fn WIFSIGNALED(status: i32) -> bool {
        libc::WIFSIGNALED(status)
    }
    /// Return the signal that terminated the process that provided the status value.
    #[pyfunction]
    #[sig(status)]
    #[allow(non_snake_case)]
    fn WTERMSIG(status: i32) -> i32 {
        libc::WTERMSIG(status)
    }
    /// Return True if the process returning status was stopped.
    #[pyfunction]
    #[sig(status)]
    #[allow(non_snake_case)]
    fn WIFSTOPPED(status: i32) -> bool {
        libc::WIFSTOPPED(status)
    }
    /// Return the signal that stopped the process that provided the status value.
    #[pyfunction]
    #[sig(status)]
    #[allow(non_snake_case)]
    fn WSTOPSIG(status: i32) -> i32 {
        libc::WSTOPSIG(status)
    }
    /// Return True if a particular process was continued from a job control stop.
    #[pyfunction]
    #[sig(status)]
    #[allow(non_snake_case)]
    fn WIFCONTINUED(status: i32) -> bool {
        libc::WIFCONTINUED(status)
    }
    /// Return True if the process returning status was dumped to a core file.
    #[pyfunction]
    #[sig(status, /)]
    #[allow(non_snake_case)]
    fn WCOREDUMP(status: i32) -> bool {
        libc::WCOREDUMP(status)
    }

    /// Return a collection containing process timing information.
    #[pyfunction]
    fn times(cx: &mut Cx) -> Res<Value> {
        let t = os_call::call(cx, sys::times)?;
        let ticks = os_call::call(cx, || sys::sysconf(libc::_SC_CLK_TCK))? as f64;
        let mut v = Vec::new();
        for n in t {
            v.push((n as f64 / ticks).into_value(cx)?);
        }
        TIMES.make(cx, v)
    }
}
