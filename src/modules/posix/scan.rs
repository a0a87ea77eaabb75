//! Directories: `listdir`, `scandir` and its entries.

use super::stat::stat_result;
use crate::os_call::{self, Also, Path};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirEntryExt, FileTypeExt};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::Bytes;
use typhon_vm::os::{fs, libc};
use typhon_vm::{SlotExt, protocol};

/// The directory to read: by name, or the one a descriptor names.
fn open_dir(p: &Path) -> io::Result<std::fs::ReadDir> {
    use std::os::unix::ffi::OsStrExt;
    match p.fd {
        // A descriptor that is no directory has to fail as such.
        Some(fd) => {
            if fs::fstat(fd)?.st_mode & libc::S_IFMT != libc::S_IFDIR {
                return Err(io::Error::from_raw_os_error(libc::ENOTDIR));
            }
            std::fs::read_dir(format!("/proc/self/fd/{fd}"))
        }
        None => std::fs::read_dir(std::ffi::OsStr::from_bytes(p.name.as_bytes())),
    }
}

/// `DT_*` of an entry.
fn kind_of(t: io::Result<std::fs::FileType>) -> Kind {
    match t {
        Ok(t) if t.is_symlink() => Kind::Link,
        Ok(t) if t.is_dir() => Kind::Dir,
        Ok(t) if t.is_file() => Kind::File,
        Ok(t) if t.is_fifo() || t.is_socket() || t.is_char_device() || t.is_block_device() => {
            Kind::Other
        }
        _ => Kind::Unknown,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Dir,
    Link,
    Other,
    Unknown,
}

/// What a directory said of an entry.
struct Found {
    name: Vec<u8>,
    kind: Kind,
    inode: u64,
}

/// The next batch of entries; empty at the end.
fn read_some(dir: &mut std::fs::ReadDir) -> io::Result<Vec<Found>> {
    let mut out = Vec::new();
    for e in dir.by_ref().take(256) {
        let e = e?;
        out.push(Found {
            kind: kind_of(e.file_type()),
            inode: e.ino(),
            name: e.file_name().into_vec(),
        });
    }
    Ok(out)
}

/// Iterator over the entries of a directory.
#[pytype(name = "ScandirIterator", module = "posix")]
pub struct ScandirIterator {
    head: Header,
    #[skip]
    state: Guarded<State>,
    /// Prefix of the entries' paths.
    #[skip]
    prefix: Vec<u8>,
    is_bytes: bool,
    /// The directory's descriptor, when it was given as one.
    #[skip]
    fd: Option<i32>,
    path: Value,
}

struct State {
    dir: Option<std::fs::ReadDir>,
    ready: std::vec::IntoIter<Found>,
}

impl ScandirIterator {
    fn close_now(&self, cx: &mut Cx) -> Option<std::fs::ReadDir> {
        let mut s = self.state.lock(&self.head, &mut cx.thread);
        s.ready = Vec::new().into_iter();
        s.dir.take()
    }
    fn entry(&self, cx: &mut Cx, f: Found) -> Res<Value> {
        let mut full = self.prefix.clone();
        full.extend_from_slice(&f.name);
        let make = |cx: &mut Cx, b: &[u8]| {
            if self.is_bytes {
                typhon_vm::objects::bytes::new_bytes(cx, b)
            } else {
                os_call::decode_name(cx, b)
            }
        };
        let name = make(cx, &f.name)?;
        let path = if self.fd.is_some() {
            name.clone()
        } else {
            make(cx, &full)?
        };
        os_call::make(
            cx,
            DirEntry {
                head: Header::placeholder(),
                name,
                path,
                kind: f.kind,
                inode: f.inode,
                fd: self.fd,
                full: if self.fd.is_some() { f.name } else { full },
                stat: Slot::EMPTY,
                lstat: Slot::EMPTY,
            },
        )
    }
}

#[pymethods]
impl ScandirIterator {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        loop {
            let mut s = self.state.lock(&self.head, &mut cx.thread);
            if let Some(f) = s.ready.next() {
                drop(s);
                return self.entry(cx, f).map(Some);
            }
            // Away from the lock while reading: another thread meets an exhausted iterator meanwhile.
            let Some(mut dir) = s.dir.take() else {
                return Ok(None);
            };
            drop(s);
            let batch = cx.thread.detach(|| read_some(&mut dir));
            match batch {
                Ok(b) if b.is_empty() => return Ok(None),
                Ok(b) => {
                    let mut s = self.state.lock(&self.head, &mut cx.thread);
                    s.ready = b.into_iter();
                    s.dir = Some(dir);
                }
                Err(e) => return Err(os_call::raise_on(cx, &e, &self.path)),
            }
        }
    }
    fn close(&self, cx: &mut Cx) {
        let dir = self.close_now(cx);
        drop(dir);
    }
    fn __enter__(this: &Value) -> Value {
        this.clone()
    }
    #[sig(*args)]
    fn __exit__(&self, args: &[Value], cx: &mut Cx) {
        let _ = args;
        let dir = self.close_now(cx);
        drop(dir);
    }
}

/// An entry of a directory.
#[pytype(name = "DirEntry", module = "posix", gc)]
pub struct DirEntry {
    head: Header,
    name: Value,
    path: Value,
    #[skip]
    kind: Kind,
    inode: u64,
    #[skip]
    fd: Option<i32>,
    /// The path in bytes, relative to `fd` if there is one.
    #[skip]
    full: Vec<u8>,
    stat: Slot,
    lstat: Slot,
}

impl DirEntry {
    fn raw_stat(&self, cx: &mut Cx, follow: bool) -> Res<io::Result<fs::Stat>> {
        let name = os_call::c_string(cx, self.full.clone())?;
        let dir = self.fd.unwrap_or(fs::CWD);
        os_call::retry(cx, || fs::stat(dir, &name, follow))
    }
    fn cached_stat(&self, cx: &mut Cx, follow: bool) -> Res<Value> {
        let follow = follow && self.is_link_now(cx)?;
        let slot = if follow { &self.stat } else { &self.lstat };
        if let Some(v) = slot.get(&self.head) {
            return Ok(v);
        }
        let s = match self.raw_stat(cx, follow)? {
            Ok(s) => s,
            Err(e) => return Err(os_call::raise_on(cx, &e, &self.path)),
        };
        let v = stat_result(cx, &s)?;
        let old = slot.put(&self.head, cx, Some(v.clone()));
        drop(old);
        Ok(v)
    }
    fn is_link_now(&self, cx: &mut Cx) -> Res<bool> {
        match self.kind {
            Kind::Link => Ok(true),
            Kind::Unknown => self.has_mode(cx, false, libc::S_IFLNK),
            _ => Ok(false),
        }
    }
    /// Whether the entry is of a kind, by what the directory said if that is enough.
    fn is_kind(&self, cx: &mut Cx, follow: bool, kind: Kind, mode: u32) -> Res<bool> {
        match self.kind {
            Kind::Unknown => self.has_mode(cx, follow, mode),
            Kind::Link if follow => self.has_mode(cx, true, mode),
            k => Ok(k == kind),
        }
    }
    fn has_mode(&self, cx: &mut Cx, follow: bool, mode: u32) -> Res<bool> {
        match self.raw_stat(cx, follow)? {
            Ok(s) => Ok(s.st_mode & libc::S_IFMT == mode),
            Err(e) if e.raw_os_error() == Some(libc::ENOENT) => Ok(false),
            Err(e) => Err(os_call::raise_on(cx, &e, &self.path)),
        }
    }
}

#[pymethods]
impl DirEntry {
    /// the entry's base filename, relative to scandir() "path" argument
    #[member]
    #[getter]
    fn name(&self) -> Value {
        self.name.clone()
    }
    /// the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)
    #[member]
    #[getter]
    fn path(&self) -> Value {
        self.path.clone()
    }
    /// Return True if the entry is a directory; cached per entry.
    #[sig(*, follow_symlinks = True)]
    fn is_dir(&self, follow_symlinks: bool, cx: &mut Cx) -> Res<bool> {
        self.is_kind(cx, follow_symlinks, Kind::Dir, libc::S_IFDIR)
    }
    /// Return True if the entry is a file; cached per entry.
    #[sig(*, follow_symlinks = True)]
    fn is_file(&self, follow_symlinks: bool, cx: &mut Cx) -> Res<bool> {
        self.is_kind(cx, follow_symlinks, Kind::File, libc::S_IFREG)
    }
    /// Return True if the entry is a symbolic link; cached per entry.
    fn is_symlink(&self, cx: &mut Cx) -> Res<bool> {
        self.is_link_now(cx)
    }
    /// Return True if the entry is a junction; cached per entry.
    fn is_junction(&self) -> bool {
        false
    }
    /// Return stat_result object for the entry; cached per entry.
    #[sig(*, follow_symlinks = True)]
    fn stat(&self, follow_symlinks: bool, cx: &mut Cx) -> Res<Value> {
        self.cached_stat(cx, follow_symlinks)
    }
    /// Return inode of the entry; cached per entry.
    fn inode(&self) -> u64 {
        self.inode
    }
    /// Returns the path for the entry.
    fn __fspath__(&self) -> Value {
        self.path.clone()
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        Ok(format!(
            "<DirEntry {}>",
            protocol::repr_string(cx, &self.name)?
        ))
    }
    /// See PEP 585
    #[classmethod]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        typhon_vm::objects::genericalias::new(cx, &cls, item)
    }
}

#[pyfunctions(part = PART, module = "posix")]
pub mod functions {
    use super::*;

    /// Return a list containing the names of the files in the directory.
    #[pyfunction]
    #[sig(path = None)]
    fn listdir(path: Option<&Value>, cx: &mut Cx) -> Res<Vec<Value>> {
        let none = Value::none();
        let p = Path::new(cx, path.unwrap_or(&none), "listdir", "path", Also::FdOrNone)?;
        let names = p.call(cx, |p| {
            let mut dir = open_dir(p)?;
            let mut out = Vec::new();
            for e in dir.by_ref() {
                out.push(e?.file_name().into_vec());
            }
            Ok(out)
        })?;
        let mut out = Vec::with_capacity(names.len());
        for n in names {
            out.push(p.make(cx, &n)?);
        }
        Ok(out)
    }

    /// Return an iterator of DirEntry objects for given path.
    #[pyfunction]
    #[sig(path = None)]
    fn scandir(path: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let none = Value::none();
        let p = Path::new(cx, path.unwrap_or(&none), "scandir", "path", Also::FdOrNone)?;
        let dir = p.call(cx, open_dir)?;
        let mut prefix = p.name.as_bytes().to_vec();
        if p.fd.is_none() && !prefix.ends_with(b"/") {
            prefix.push(b'/');
        }
        let is_bytes = p.is_bytes || path.is_some_and(|v| v.downcast::<Bytes>().is_some());
        os_call::make(
            cx,
            ScandirIterator {
                head: Header::placeholder(),
                state: Guarded::new(State {
                    dir: Some(dir),
                    ready: Vec::new().into_iter(),
                }),
                prefix,
                is_bytes,
                fd: p.fd,
                path: p.object.clone(),
            },
        )
    }
}
