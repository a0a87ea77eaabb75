//! `resource`: limits of the process and what it has used.

pub use module::MODULE;

use crate::os_call;
use crate::structseq::{StructSeq, export};
use typhon_vm::native::*;
use typhon_vm::os::{libc, process as sys};

static RUSAGE: StructSeq = StructSeq::new(
    "resource.struct_rusage",
    "struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.",
    &[
        ("ru_utime", "user time used"),
        ("ru_stime", "system time used"),
        ("ru_maxrss", "max. resident set size"),
        ("ru_ixrss", "shared memory size"),
        ("ru_idrss", "unshared data size"),
        ("ru_isrss", "unshared stack size"),
        ("ru_minflt", "page faults not requiring I/O"),
        ("ru_majflt", "page faults requiring I/O"),
        ("ru_nswap", "number of swap outs"),
        ("ru_inblock", "block input operations"),
        ("ru_oublock", "block output operations"),
        ("ru_msgsnd", "IPC messages sent"),
        ("ru_msgrcv", "IPC messages received"),
        ("ru_nsignals", "signals received"),
        ("ru_nvcsw", "voluntary context switches"),
        ("ru_nivcsw", "involuntary context switches"),
    ],
    16,
);

/// The struct sequence of a usage record; `os.wait4` gives it too.
pub fn rusage(cx: &mut Cx, u: &libc::rusage) -> Res<Value> {
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 * 1e-6;
    let mut v = vec![
        seconds(u.ru_utime).into_value(cx)?,
        seconds(u.ru_stime).into_value(cx)?,
    ];
    let numbers = [
        u.ru_maxrss,
        u.ru_ixrss,
        u.ru_idrss,
        u.ru_isrss,
        u.ru_minflt,
        u.ru_majflt,
        u.ru_nswap,
        u.ru_inblock,
        u.ru_oublock,
        u.ru_msgsnd,
        u.ru_msgrcv,
        u.ru_nsignals,
        u.ru_nvcsw,
        u.ru_nivcsw,
    ];
    for n in numbers {
        v.push(n.into_value(cx)?);
    }
    RUSAGE.make(cx, v)
}

fn which(cx: &mut Cx, n: i32) -> Res<u32> {
    if !(0..16).contains(&n) {
        return Err(cx.value_error("invalid resource specified"));
    }
    Ok(n as u32)
}

/// A limit as Python shows it: -1 for none.
fn shown(l: libc::rlimit) -> (i64, i64) {
    (l.rlim_cur as i64, l.rlim_max as i64)
}

fn limits(cx: &mut Cx, v: &Value) -> Res<libc::rlimit> {
    let items = typhon_vm::protocol::collect(cx, v)?;
    let [soft, hard] = &items[..] else {
        return Err(cx.value_error("expected a tuple of 2 integers"));
    };
    let mut one = |v: &Value| -> Res<u64> {
        let n = <i64 as FromArg>::from_arg(cx, v, At::attribute("limit"))?;
        if n < -1 {
            return Err(cx.value_error("Cannot convert negative int"));
        }
        Ok(n as u64)
    };
    Ok(libc::rlimit {
        rlim_cur: one(soft)?,
        rlim_max: one(hard)?,
    })
}

#[pymodule(name = "resource")]
pub mod module {
    use super::*;

    #[pyfunction]
    #[sig(who, /)]
    fn getrusage(who: i32, cx: &mut Cx) -> Res<Value> {
        if ![
            libc::RUSAGE_SELF,
            libc::RUSAGE_CHILDREN,
            libc::RUSAGE_THREAD,
        ]
        .contains(&who)
        {
            return Err(cx.value_error("invalid who parameter"));
        }
        let u = os_call::call(cx, || sys::getrusage(who))?;
        rusage(cx, &u)
    }

    #[pyfunction]
    #[sig(resource, /)]
    fn getrlimit(resource: i32, cx: &mut Cx) -> Res<(i64, i64)> {
        let r = which(cx, resource)?;
        Ok(shown(os_call::call(cx, || sys::getrlimit(r))?))
    }

    #[pyfunction]
    #[sig(resource, limits, /)]
    fn setrlimit(resource: i32, limits: &Value, cx: &mut Cx) -> Res<()> {
        let r = which(cx, resource)?;
        let l = super::limits(cx, limits)?;
        match sys::setrlimit(r, l) {
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {
                Err(cx.value_error("current limit exceeds maximum limit"))
            }
            Err(e) if e.raw_os_error() == Some(libc::EPERM) => {
                Err(cx.value_error("not allowed to raise maximum limit"))
            }
            r => r.map_err(|e| os_call::raise(cx, &e)),
        }
    }

    #[pyfunction]
    #[sig(pid, resource, limits = absent, /)]
    fn prlimit(pid: i32, resource: i32, limits: Option<&Value>, cx: &mut Cx) -> Res<(i64, i64)> {
        let r = which(cx, resource)?;
        let new = match limits {
            Some(l) => Some(super::limits(cx, l)?),
            None => None,
        };
        Ok(shown(os_call::call(cx, || sys::prlimit(pid, r, new))?))
    }

    #[pyfunction]
    fn getpagesize(cx: &mut Cx) -> Res<i64> {
        os_call::call(cx, || sys::sysconf(libc::_SC_PAGESIZE))
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        export(cx, module, &RUSAGE)?;
        os_call::set(cx, module, "error", ExcKind::OSError.ty().value())?;
        os_call::set_constants(
            cx,
            module,
            &[
                ("RLIMIT_CPU", 0),
                ("RLIMIT_FSIZE", 1),
                ("RLIMIT_DATA", 2),
                ("RLIMIT_STACK", 3),
                ("RLIMIT_CORE", 4),
                ("RLIMIT_RSS", 5),
                ("RLIMIT_NPROC", 6),
                ("RLIMIT_NOFILE", 7),
                ("RLIMIT_OFILE", 7),
                ("RLIMIT_MEMLOCK", 8),
                ("RLIMIT_AS", 9),
                ("RLIMIT_MSGQUEUE", 12),
                ("RLIMIT_NICE", 13),
                ("RLIMIT_RTPRIO", 14),
                ("RLIMIT_RTTIME", 15),
                ("RLIMIT_SIGPENDING", 11),
                ("RLIM_INFINITY", -1),
                ("RUSAGE_SELF", 0),
                ("RUSAGE_CHILDREN", -1),
                ("RUSAGE_THREAD", 1),
            ],
        )
    }
}
