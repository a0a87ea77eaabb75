//! `stat_result`, `statvfs_result` and their kin.

use crate::structseq::{StructSeq, export};
use typhon_vm::native::*;
use typhon_vm::os::fs::Stat;
use typhon_vm::os::libc;

pub static STAT: StructSeq = StructSeq::new(
    "os.stat_result",
    "stat_result: Result from stat, fstat, or lstat.\n\nThis object may be accessed either as a tuple of\n  (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime)\nor via the attributes st_mode, st_ino, st_dev, st_nlink, st_uid, and so on.\n\nPosix/windows: If your platform supports st_blksize, st_blocks, st_rdev,\nor st_flags, they are available as attributes only.\n\nSee os.stat for more information.",
    &[
        ("st_mode", "protection bits"),
        ("st_ino", "inode"),
        ("st_dev", "device"),
        ("st_nlink", "number of hard links"),
        ("st_uid", "user ID of owner"),
        ("st_gid", "group ID of owner"),
        ("st_size", "total size, in bytes"),
        ("", "integer time of last access"),
        ("", "integer time of last modification"),
        ("", "integer time of last change"),
        ("st_atime", "time of last access"),
        ("st_mtime", "time of last modification"),
        ("st_ctime", "time of last change"),
        ("st_atime_ns", "time of last access in nanoseconds"),
        ("st_mtime_ns", "time of last modification in nanoseconds"),
        ("st_ctime_ns", "time of last change in nanoseconds"),
        ("st_blksize", "blocksize for filesystem I/O"),
        ("st_blocks", "number of blocks allocated"),
        ("st_rdev", "device type (if inode device)"),
    ],
    10,
);

pub static STATVFS: StructSeq = StructSeq::new(
    "os.statvfs_result",
    "statvfs_result: Result from statvfs or fstatvfs.\n\nThis object may be accessed either as a tuple of\n  (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),\nor via the attributes f_bsize, f_frsize, f_blocks, f_bfree, and so on.\n\nSee os.statvfs for more information.",
    &[
        ("f_bsize", ""),
        ("f_frsize", ""),
        ("f_blocks", ""),
        ("f_bfree", ""),
        ("f_bavail", ""),
        ("f_files", ""),
        ("f_ffree", ""),
        ("f_favail", ""),
        ("f_flag", ""),
        ("f_namemax", ""),
        ("f_fsid", ""),
    ],
    10,
);

pub static TERMINAL_SIZE: StructSeq = StructSeq::new(
    "os.terminal_size",
    "A tuple of (columns, lines) for holding terminal window size",
    &[
        ("columns", "width of the terminal window in characters"),
        ("lines", "height of the terminal window in characters"),
    ],
    2,
);

pub static TIMES: StructSeq = StructSeq::new(
    "posix.times_result",
    "times_result: Result from os.times().\n\nThis object may be accessed either as a tuple of\n  (user, system, children_user, children_system, elapsed),\nor via the attributes user, system, children_user, children_system,\nand elapsed.\n\nSee os.times for more information.",
    &[
        ("user", "user time"),
        ("system", "system time"),
        ("children_user", "user time of children"),
        ("children_system", "system time of children"),
        (
            "elapsed",
            "elapsed time since an arbitrary point in the past",
        ),
    ],
    5,
);

pub static UNAME: StructSeq = StructSeq::new(
    "posix.uname_result",
    "uname_result: Result from os.uname().\n\nThis object may be accessed either as a tuple of\n  (sysname, nodename, release, version, machine),\nor via the attributes sysname, nodename, release, version, and machine.\n\nSee os.uname for more information.",
    &[
        ("sysname", "operating system name"),
        (
            "nodename",
            "name of machine on network (implementation-defined)",
        ),
        ("release", "operating system release"),
        ("version", "operating system version"),
        ("machine", "hardware identifier"),
    ],
    5,
);

pub static WAITID: StructSeq = StructSeq::new(
    "posix.waitid_result",
    "waitid_result: Result from waitid.\n\nThis object may be accessed either as a tuple of\n  (si_pid, si_uid, si_signo, si_status, si_code),\nor via the attributes si_pid, si_uid, and so on.\n\nSee os.waitid for more information.",
    &[
        ("si_pid", ""),
        ("si_uid", ""),
        ("si_signo", ""),
        ("si_status", ""),
        ("si_code", ""),
    ],
    5,
);

pub static SCHED_PARAM: StructSeq = StructSeq::new(
    "posix.sched_param",
    "Currently has only one field: sched_priority\n\n  sched_priority\n    A scheduling parameter.",
    &[("sched_priority", "the scheduling priority")],
    1,
);

pub fn install(cx: &mut Cx, module: &Value) -> Res<()> {
    for spec in [
        &STAT,
        &STATVFS,
        &TERMINAL_SIZE,
        &TIMES,
        &UNAME,
        &WAITID,
        &SCHED_PARAM,
    ] {
        export(cx, module, spec)?;
    }
    Ok(())
}

/// `os.stat_result` of a system's struct.
pub fn stat_result(cx: &mut Cx, s: &Stat) -> Res<Value> {
    let times = [
        (s.st_atime, s.st_atime_nsec),
        (s.st_mtime, s.st_mtime_nsec),
        (s.st_ctime, s.st_ctime_nsec),
    ];
    let mut v = vec![
        s.st_mode.into_value(cx)?,
        s.st_ino.into_value(cx)?,
        s.st_dev.into_value(cx)?,
        s.st_nlink.into_value(cx)?,
        s.st_uid.into_value(cx)?,
        s.st_gid.into_value(cx)?,
        s.st_size.into_value(cx)?,
    ];
    for (sec, _) in times {
        v.push(sec.into_value(cx)?);
    }
    for (sec, ns) in times {
        v.push((sec as f64 + 1e-9 * ns as f64).into_value(cx)?);
    }
    for (sec, ns) in times {
        v.push((sec as i128 * 1_000_000_000 + ns as i128).into_value(cx)?);
    }
    v.push(s.st_blksize.into_value(cx)?);
    v.push(s.st_blocks.into_value(cx)?);
    v.push(s.st_rdev.into_value(cx)?);
    STAT.make(cx, v)
}

pub fn statvfs_result(cx: &mut Cx, s: &libc::statvfs) -> Res<Value> {
    let mut v = Vec::new();
    let numbers = [
        s.f_bsize,
        s.f_frsize,
        s.f_blocks,
        s.f_bfree,
        s.f_bavail,
        s.f_files,
        s.f_ffree,
        s.f_favail,
        s.f_flag,
        s.f_namemax,
        s.f_fsid,
    ];
    for n in numbers {
        v.push(n.into_value(cx)?);
    }
    STATVFS.make(cx, v)
}
