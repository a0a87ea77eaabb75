//! `_stat`: the bits of file modes.

use crate::support::namespace;
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::Dict;

const CONSTANTS: &[(&str, i64)] = &[
    ("SF_APPEND", 262144),
    ("SF_ARCHIVED", 65536),
    ("SF_DATALESS", 1073741824),
    ("SF_FIRMLINK", 8388608),
    ("SF_IMMUTABLE", 131072),
    ("SF_NOUNLINK", 1048576),
    ("SF_SETTABLE", 4294901760),
    ("SF_SNAPSHOT", 2097152),
    ("ST_ATIME", 7),
    ("ST_CTIME", 9),
    ("ST_DEV", 2),
    ("ST_GID", 5),
    ("ST_INO", 1),
    ("ST_MODE", 0),
    ("ST_MTIME", 8),
    ("ST_NLINK", 3),
    ("ST_SIZE", 6),
    ("ST_UID", 4),
    ("S_ENFMT", 1024),
    ("S_IEXEC", 64),
    ("S_IFBLK", 24576),
    ("S_IFCHR", 8192),
    ("S_IFDIR", 16384),
    ("S_IFDOOR", 0),
    ("S_IFIFO", 4096),
    ("S_IFLNK", 40960),
    ("S_IFPORT", 0),
    ("S_IFREG", 32768),
    ("S_IFSOCK", 49152),
    ("S_IFWHT", 0),
    ("S_IREAD", 256),
    ("S_IRGRP", 32),
    ("S_IROTH", 4),
    ("S_IRUSR", 256),
    ("S_IRWXG", 56),
    ("S_IRWXO", 7),
    ("S_IRWXU", 448),
    ("S_ISGID", 1024),
    ("S_ISUID", 2048),
    ("S_ISVTX", 512),
    ("S_IWGRP", 16),
    ("S_IWOTH", 2),
    ("S_IWRITE", 128),
    ("S_IWUSR", 128),
    ("S_IXGRP", 8),
    ("S_IXOTH", 1),
    ("S_IXUSR", 64),
    ("UF_APPEND", 4),
    ("UF_COMPRESSED", 32),
    ("UF_DATAVAULT", 128),
    ("UF_HIDDEN", 32768),
    ("UF_IMMUTABLE", 2),
    ("UF_NODUMP", 1),
    ("UF_NOUNLINK", 16),
    ("UF_OPAQUE", 8),
    ("UF_SETTABLE", 65535),
    ("UF_TRACKED", 64),
];

const IFMT: u64 = 0o170000;

/// The letter of each file type.
const KINDS: [(u64, char); 7] = [
    (0o100000, '-'),
    (0o040000, 'd'),
    (0o120000, 'l'),
    (0o060000, 'b'),
    (0o020000, 'c'),
    (0o010000, 'p'),
    (0o140000, 's'),
];

fn mode(cx: &mut Cx, v: &Value) -> Res<u64> {
    let m = number::index_u64(cx, v)?;
    if m > u32::MAX as u64 {
        return Err(cx.overflow_error("mode out of range"));
    }
    Ok(m)
}

fn is(cx: &mut Cx, v: &Value, kind: u64) -> Res<bool> {
    Ok(mode(cx, v)? & IFMT == kind)
}

#[pymodule(name = "_stat")]
pub mod module {
    //! S_IFMT_: file type bits, S_I*: permissions, UF_* and SF_*: flags of BSD files, ST_*: places in a stat result.

    use super::*;

    /// S_ISDIR(mode) -> bool
    ///
    /// Return True if mode is from a directory.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISDIR(object: &Value, cx: &mut Cx) -> Res<bool> {
        is(cx, object, 0o40000)
    }
    /// S_ISCHR(mode) -> bool
    ///
    /// Return True if mode is from a character special device file.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISCHR(object: &Value, cx: &mut Cx) -> Res<bool> {
        is(cx, object, 0o20000)
    }
    /// S_ISBLK(mode) -> bool
    ///
    /// Return True if mode is from a block special device file.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISBLK(object: &Value, cx: &mut Cx) -> Res<bool> {
        is(cx, object, 0o60000)
    }
    /// S_ISREG(mode) -> bool
    ///
    /// Return True if mode is from a regular file.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISREG(object: &Value, cx: &mut Cx) -> Res<bool> {
        is(cx, object, 0o100000)
    }
    /// S_ISFIFO(mode) -> bool
    ///
    /// Return True if mode is from a FIFO (named pipe).
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISFIFO(object: &Value, cx: &mut Cx) -> Res<bool> {
        is(cx, object, 0o10000)
    }
    /// S_ISLNK(mode) -> bool
    ///
    /// Return True if mode is from a symbolic link.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISLNK(object: &Value, cx: &mut Cx) -> Res<bool> {
        is(cx, object, 0o120000)
    }
    /// S_ISSOCK(mode) -> bool
    ///
    /// Return True if mode is from a socket.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISSOCK(object: &Value, cx: &mut Cx) -> Res<bool> {
        is(cx, object, 0o140000)
    }
    /// S_ISDOOR(mode) -> bool
    ///
    /// Return True if mode is from a door.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISDOOR(object: &Value, cx: &mut Cx) -> Res<bool> {
        mode(cx, object)?;
        Ok(false)
    }
    /// S_ISPORT(mode) -> bool
    ///
    /// Return True if mode is from a event port.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISPORT(object: &Value, cx: &mut Cx) -> Res<bool> {
        mode(cx, object)?;
        Ok(false)
    }
    /// S_ISWHT(mode) -> bool
    ///
    /// Return True if mode is from a whiteout.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_ISWHT(object: &Value, cx: &mut Cx) -> Res<bool> {
        mode(cx, object)?;
        Ok(false)
    }
    /// Return the portion of the file's mode that can be set by os.chmod().
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_IMODE(object: &Value, cx: &mut Cx) -> Res<u64> {
        Ok(mode(cx, object)? & 0o7777)
    }
    /// Return the portion of the file's mode that describes the file type.
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn S_IFMT(object: &Value, cx: &mut Cx) -> Res<u64> {
        Ok(mode(cx, object)? & IFMT)
    }
    /// Convert a file's mode to a string of the form '-rwxrwxrwx'
    #[pyfunction]
    #[sig(object, /)]
    #[text_signature = "($self, object, /)"]
    fn filemode(object: &Value, cx: &mut Cx) -> Res<String> {
        let m = mode(cx, object)?;
        let mut out = String::with_capacity(10);
        out.push(
            KINDS
                .iter()
                .find(|(k, _)| m & IFMT == *k)
                .map_or('?', |k| k.1),
        );
        for (shift, special, letters) in [
            (6, 0o4000, ('s', 'S')),
            (3, 0o2000, ('s', 'S')),
            (0, 0o1000, ('t', 'T')),
        ] {
            let bits = m >> shift;
            out.push(if bits & 4 != 0 { 'r' } else { '-' });
            out.push(if bits & 2 != 0 { 'w' } else { '-' });
            out.push(match (m & special != 0, bits & 1 != 0) {
                (true, true) => letters.0,
                (true, false) => letters.1,
                (false, true) => 'x',
                (false, false) => '-',
            });
        }
        Ok(out)
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let ns = namespace(cx, module)?;
        let Some(d) = ns.downcast::<Dict>() else {
            return Ok(());
        };
        for &(name, n) in CONSTANTS {
            let v = n.into_value(cx)?;
            d.set_str(cx, name, v)?;
        }
        Ok(())
    }
}
