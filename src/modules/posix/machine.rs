//! Users, groups, priorities, and what the machine has.

use super::constants::{CONFSTR, PATHCONF, SYSCONF, conf_name};
use super::stat::UNAME;
use crate::os_call;
use typhon_vm::native::*;
use typhon_vm::objects::{Dict, dict, str};
use typhon_vm::os::{libc, process as sys};
use typhon_vm::protocol;

fn names(cx: &mut Cx, table: &[(&str, i32)]) -> Res<Value> {
    let d = dict::new_dict(cx)?;
    for &(name, n) in table {
        d.downcast::<Dict>()
            .expect("a new dict")
            .set_str(cx, name, Value::small_int(n))?;
    }
    Ok(d)
}

pub fn install(cx: &mut Cx, module: &Value) -> Res<()> {
    for (name, table) in [
        ("sysconf_names", SYSCONF),
        ("pathconf_names", PATHCONF),
        ("confstr_names", CONFSTR),
    ] {
        let d = names(cx, table)?;
        os_call::set(cx, module, name, d)?;
    }
    Ok(())
}

/// The number of CPUs this process may use.
fn usable_cpus() -> Option<usize> {
    sys::sched_getaffinity(0)
        .ok()
        .map(|c| c.len())
        .filter(|&n| n > 0)
}

/// A user's or group's id; -1 stands for "unchanged".
fn id(cx: &mut Cx, v: &Value, what: &str) -> Res<u32> {
    let n = <i64 as FromArg>::from_arg(cx, v, At::attribute("id")).or_else(|r| {
        cx.catch(r, ExcKind::OverflowError)?;
        Ok(i64::MAX)
    })?;
    if n == -1 {
        return Ok(u32::MAX);
    }
    u32::try_from(n).map_err(|_| {
        cx.overflow_error(format!(
            "{what} is {} than {}",
            if n < 0 { "less" } else { "greater" },
            if n < 0 { "minimum" } else { "maximum" }
        ))
    })
}

#[pyfunctions(part = PART, module = "posix")]
pub mod functions {
    use super::*;

    /// Return the current process's user id.
    #[pyfunction]
    fn getuid() -> u32 {
        sys::getuid()
    }
    /// Return the current process's effective user id.
    #[pyfunction]
    fn geteuid() -> u32 {
        sys::geteuid()
    }
    /// Return the current process's group id.
    #[pyfunction]
    fn getgid() -> u32 {
        sys::getgid()
    }
    /// Return the current process's effective group id.
    #[pyfunction]
    fn getegid() -> u32 {
        sys::getegid()
    }
    /// Return the current process group id.
    #[pyfunction]
    fn getpgrp() -> i32 {
        sys::getpgrp()
    }
    /// Call the system call getpgid(), and return the result.
    #[pyfunction]
    #[sig(pid)]
    fn getpgid(pid: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || sys::getpgid(pid))
    }
    /// Call the system call setpgid(pid, pgrp).
    #[pyfunction]
    #[sig(pid, pgrp, /)]
    fn setpgid(pid: i32, pgrp: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::setpgid(pid, pgrp)).map(drop)
    }
    /// Make the current process the leader of its process group.
    #[pyfunction]
    fn setpgrp(cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::setpgid(0, 0)).map(drop)
    }
    /// Call the system call getsid(pid) and return the result.
    #[pyfunction]
    #[sig(pid, /)]
    fn getsid(pid: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || sys::getsid(pid))
    }
    /// Call the system call setsid().
    #[pyfunction]
    fn setsid(cx: &mut Cx) -> Res<()> {
        os_call::call(cx, sys::setsid).map(drop)
    }
    /// Set the current process's user id.
    #[pyfunction]
    #[sig(uid, /)]
    fn setuid(uid: &Value, cx: &mut Cx) -> Res<()> {
        let n = id(cx, uid, "uid")?;
        os_call::call(cx, || sys::setuid(n)).map(drop)
    }
    /// Set the current process's group id.
    #[pyfunction]
    #[sig(gid, /)]
    fn setgid(gid: &Value, cx: &mut Cx) -> Res<()> {
        let n = id(cx, gid, "gid")?;
        os_call::call(cx, || sys::setgid(n)).map(drop)
    }
    /// Set the current process's effective user id.
    #[pyfunction]
    #[sig(euid, /)]
    fn seteuid(euid: &Value, cx: &mut Cx) -> Res<()> {
        let n = id(cx, euid, "uid")?;
        os_call::call(cx, || sys::seteuid(n)).map(drop)
    }
    /// Set the current process's effective group id.
    #[pyfunction]
    #[sig(egid, /)]
    fn setegid(egid: &Value, cx: &mut Cx) -> Res<()> {
        let n = id(cx, egid, "gid")?;
        os_call::call(cx, || sys::setegid(n)).map(drop)
    }
    /// Set the current process's real and effective user ids.
    #[pyfunction]
    #[sig(ruid, euid, /)]
    fn setreuid(ruid: &Value, euid: &Value, cx: &mut Cx) -> Res<()> {
        let (r, e) = (id(cx, ruid, "uid")?, id(cx, euid, "uid")?);
        os_call::call(cx, || sys::setreuid(r, e)).map(drop)
    }
    /// Set the current process's real and effective group ids.
    #[pyfunction]
    #[sig(rgid, egid, /)]
    fn setregid(rgid: &Value, egid: &Value, cx: &mut Cx) -> Res<()> {
        let (r, e) = (id(cx, rgid, "gid")?, id(cx, egid, "gid")?);
        os_call::call(cx, || sys::setregid(r, e)).map(drop)
    }
    /// Return a tuple of the current process's real, effective, and saved user ids.
    #[pyfunction]
    fn getresuid(cx: &mut Cx) -> Res<(u32, u32, u32)> {
        os_call::call(cx, sys::getresuid)
    }
    /// Return a tuple of the current process's real, effective, and saved group ids.
    #[pyfunction]
    fn getresgid(cx: &mut Cx) -> Res<(u32, u32, u32)> {
        os_call::call(cx, sys::getresgid)
    }
    /// Return list of supplemental group IDs for the process.
    #[pyfunction]
    fn getgroups(cx: &mut Cx) -> Res<Vec<u32>> {
        os_call::call(cx, sys::getgroups)
    }
    /// Set the groups of the current process to list.
    #[pyfunction]
    #[sig(groups, /)]
    fn setgroups(groups: &Value, cx: &mut Cx) -> Res<()> {
        let mut ids = Vec::new();
        for v in protocol::collect(cx, groups)? {
            ids.push(id(cx, &v, "gid")?);
        }
        os_call::call(cx, || sys::setgroups(&ids))
    }
    /// Returns a list of groups to which a user belongs.
    #[pyfunction]
    #[sig(user, group, /)]
    fn getgrouplist(user: &str, group: u32, cx: &mut Cx) -> Res<Vec<u32>> {
        let user = os_call::c_string(cx, user.as_bytes().to_vec())?;
        Ok(cx.thread.detach(|| sys::getgrouplist(&user, group)))
    }
    /// Return the actual login name.
    #[pyfunction]
    fn getlogin(cx: &mut Cx) -> Res<Value> {
        let name = os_call::call(cx, sys::getlogin)?;
        os_call::decode_name(cx, &name)
    }
    /// Return the process group associated with the terminal specified by fd.
    #[pyfunction]
    #[sig(fd, /)]
    fn tcgetpgrp(fd: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || sys::tcgetpgrp(fd))
    }
    /// Set the process group associated with the terminal specified by fd.
    #[pyfunction]
    #[sig(fd, pgid, /)]
    fn tcsetpgrp(fd: i32, pgid: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::tcsetpgrp(fd, pgid)).map(drop)
    }
    /// Add increment to the priority of process and return the new priority.
    #[pyfunction]
    #[sig(increment, /)]
    fn nice(increment: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || sys::nice(increment))
    }
    /// Return program scheduling priority.
    #[pyfunction]
    #[sig(which, who)]
    fn getpriority(which: i32, who: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || sys::getpriority(which, who as u32))
    }
    /// Set program scheduling priority.
    #[pyfunction]
    #[sig(which, who, priority)]
    fn setpriority(which: i32, who: i32, priority: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::setpriority(which, who as u32, priority))
    }
    /// Voluntarily relinquish the CPU.
    #[pyfunction]
    fn sched_yield(cx: &mut Cx) -> Res<()> {
        os_call::call(cx, sys::sched_yield).map(drop)
    }
    /// Get the maximum scheduling priority for policy.
    #[pyfunction]
    #[sig(policy)]
    fn sched_get_priority_max(policy: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || sys::sched_get_priority_max(policy))
    }
    /// Get the minimum scheduling priority for policy.
    #[pyfunction]
    #[sig(policy)]
    fn sched_get_priority_min(policy: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || sys::sched_get_priority_min(policy))
    }
    /// Return the affinity of the process identified by pid (or the current process if zero).
    #[pyfunction]
    #[sig(pid, /)]
    fn sched_getaffinity(pid: i32, cx: &mut Cx) -> Res<Value> {
        let cpus = os_call::call(cx, || sys::sched_getaffinity(pid))?;
        let list = cpus.into_value(cx)?;
        let cls = Type::of::<typhon_vm::objects::set::Set>().value();
        protocol::call(cx, &cls, &[list])
    }
    /// Set the CPU affinity of the process identified by pid to mask.
    #[pyfunction]
    #[sig(pid, mask, /)]
    fn sched_setaffinity(pid: i32, mask: &Value, cx: &mut Cx) -> Res<()> {
        let mut cpus = Vec::new();
        for v in protocol::collect(cx, mask)? {
            let n = <i64 as FromArg>::from_arg(cx, &v, At::attribute("cpu"))?;
            if n < 0 {
                return Err(cx.value_error("negative CPU number"));
            }
            cpus.push(n as usize);
        }
        os_call::call(cx, || sys::sched_setaffinity(pid, &cpus))
    }
    /// Return the number of logical CPUs in the system.
    #[pyfunction]
    fn cpu_count() -> Option<i64> {
        sys::sysconf(libc::_SC_NPROCESSORS_ONLN)
            .ok()
            .filter(|&n| n > 0)
    }
    #[pyfunction]
    fn _process_cpu_count() -> Option<usize> {
        usable_cpus()
    }
    /// Return average recent system load information.
    #[pyfunction]
    fn getloadavg(cx: &mut Cx) -> Res<(f64, f64, f64)> {
        match sys::getloadavg() {
            Some([a, b, c]) => Ok((a, b, c)),
            None => Err(cx.raise(ExcKind::OSError, "Load averages are unobtainable")),
        }
    }
    /// Return an object identifying the current operating system.
    #[pyfunction]
    fn uname(cx: &mut Cx) -> Res<Value> {
        let u = os_call::call(cx, sys::uname)?;
        let mut v = Vec::new();
        for s in u {
            v.push(str::new_str(cx, &s)?);
        }
        UNAME.make(cx, v)
    }
    /// Return an integer-valued system configuration variable.
    #[pyfunction]
    #[sig(name, /)]
    fn sysconf(name: &Value, cx: &mut Cx) -> Res<i64> {
        let name = conf_name(cx, name, SYSCONF)?;
        os_call::call(cx, || sys::sysconf(name))
    }
    /// Return a string-valued system configuration variable.
    #[pyfunction]
    #[sig(name, /)]
    fn confstr(name: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        let name = conf_name(cx, name, CONFSTR)?;
        match os_call::call(cx, || sys::confstr(name))? {
            Some(b) => os_call::decode_name(cx, &b).map(Some),
            None => Ok(None),
        }
    }
    /// Extracts a device major number from a raw device number.
    #[pyfunction]
    #[sig(device, /)]
    fn major(device: u64) -> u32 {
        libc::major(device)
    }
    /// Extracts a device minor number from a raw device number.
    #[pyfunction]
    #[sig(device, /)]
    fn minor(device: u64) -> u32 {
        libc::minor(device)
    }
    /// Composes a raw device number from the major and minor device numbers.
    #[pyfunction]
    #[sig(major, minor, /)]
    fn makedev(major: u32, minor: u32) -> u64 {
        libc::makedev(major, minor)
    }
}
