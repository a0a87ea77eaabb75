//! `FileIO`: a raw stream over a file descriptor. All state is atomic words; every system call runs detached.

use super::base::{self, IoBase, RawIoBase, size_arg, unsupported};
use crate::os_call::{self, Also, Path};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI8, AtomicI32, AtomicU8, AtomicU32, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::buffer;
use typhon_vm::objects::bytes::new_bytes_vec;
use typhon_vm::objects::object;
use typhon_vm::os::{fs, libc};
use typhon_vm::protocol;

const READ: u8 = 1;
const WRITE: u8 = 2;
const APPEND: u8 = 4;
const CREATE: u8 = 8;

/// Largest count the kernel takes at once.
const MOST: usize = 0x7fff_f000;

/// Open a file.
///
/// The mode can be 'r' (default), 'w', 'x' or 'a' for reading,
/// writing, exclusive creation or appending.  The file will be created if it
/// doesn't exist when opened for writing or appending; it will be truncated
/// when opened for writing.  A FileExistsError will be raised if it already
/// exists when opened for creating. Opening a file for creating implies
/// writing so this mode behaves in a similar way to 'w'.Add a '+' to the mode
/// to allow simultaneous reading and writing. A custom opener can be used by
/// passing a callable as *opener*. The underlying file descriptor for the file
/// object is then obtained by calling opener with (*name*, *flags*).
/// *opener* must return an open file descriptor (passing os.open as *opener*
/// results in functionality similar to passing None).
#[pytype(name = "FileIO", module = "_io", gc, basetype, base = RawIoBase)]
pub struct FileIo {
    pub base: RawIoBase,
    fd: AtomicI32,
    mode: AtomicU8,
    closefd: AtomicBool,
    /// 1 yes, 0 no, -1 not asked yet.
    #[skip]
    seekable: AtomicI8,
    blksize: AtomicU32,
}

/// What a mode string of `FileIO` means.
struct Mode {
    bits: u8,
    flags: i32,
}

fn parse_mode(cx: &mut Cx, mode: &str) -> Res<Mode> {
    let bad = "Must have exactly one of create/read/write/append mode and at most one plus";
    let (mut bits, mut flags) = (0u8, 0);
    let (mut kinds, mut plus) = (0, 0);
    for c in mode.chars() {
        match c {
            'x' => {
                (bits, flags, kinds) = (
                    bits | WRITE | CREATE,
                    flags | libc::O_EXCL | libc::O_CREAT,
                    kinds + 1,
                )
            }
            'r' => (bits, kinds) = (bits | READ, kinds + 1),
            'w' => {
                (bits, flags, kinds) = (
                    bits | WRITE,
                    flags | libc::O_CREAT | libc::O_TRUNC,
                    kinds + 1,
                )
            }
            'a' => {
                (bits, flags, kinds) = (
                    bits | WRITE | APPEND,
                    flags | libc::O_APPEND | libc::O_CREAT,
                    kinds + 1,
                )
            }
            '+' => plus += 1,
            'b' => {}
            _ => return Err(cx.value_error(format!("invalid mode: {mode}"))),
        }
        if kinds > 1 || plus > 1 {
            return Err(cx.value_error(bad));
        }
    }
    if kinds != 1 {
        return Err(cx.value_error(bad));
    }
    if plus == 1 {
        bits |= READ | WRITE;
    }
    flags |= match bits & (READ | WRITE) {
        3 => libc::O_RDWR,
        READ => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    Ok(Mode {
        bits,
        flags: flags | libc::O_CLOEXEC,
    })
}

impl FileIo {
    fn fresh() -> FileIo {
        FileIo {
            base: RawIoBase {
                base: IoBase::fresh(),
            },
            fd: AtomicI32::new(-1),
            mode: AtomicU8::new(0),
            closefd: AtomicBool::new(true),
            seekable: AtomicI8::new(-1),
            blksize: AtomicU32::new(base::DEFAULT_BUFFER_SIZE as u32),
        }
    }
    pub fn descriptor(&self) -> i32 {
        self.fd.load(Ordering::Relaxed)
    }
    fn has(&self, bit: u8) -> bool {
        self.mode.load(Ordering::Relaxed) & bit != 0
    }
    /// The descriptor, or the error of a closed file.
    fn open_fd(&self, cx: &mut Cx) -> Res<i32> {
        match self.descriptor() {
            fd if fd >= 0 => Ok(fd),
            _ => Err(cx.value_error("I/O operation on closed file")),
        }
    }
    fn mode_text(&self) -> &'static str {
        let m = self.mode.load(Ordering::Relaxed);
        match (
            m & CREATE != 0,
            m & APPEND != 0,
            m & READ != 0,
            m & WRITE != 0,
        ) {
            (true, _, true, _) => "xb+",
            (true, _, false, _) => "xb",
            (_, true, true, _) => "ab+",
            (_, true, false, _) => "ab",
            (_, _, true, true) => "rb+",
            (_, _, true, false) => "rb",
            _ => "wb",
        }
    }
    pub fn block_size(&self) -> usize {
        (self.blksize.load(Ordering::Relaxed) as usize).max(1)
    }
    pub fn is_readable(&self) -> bool {
        self.has(READ)
    }
    pub fn is_writable(&self) -> bool {
        self.has(WRITE)
    }

    /// Append at most `n` bytes to a vector with room; None: it would block.
    pub fn read_append(&self, cx: &mut Cx, to: &mut Vec<u8>, n: usize) -> Res<Option<usize>> {
        let fd = self.open_fd(cx)?;
        if !self.has(READ) {
            return Err(unsupported(cx, "File not open for reading"));
        }
        match os_call::retry(cx, || fs::read_append(fd, to, n.min(MOST)))? {
            Ok(n) => Ok(Some(n)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(os_call::raise(cx, &e)),
        }
    }
    /// Write; None: it would block.
    pub fn write_bytes(&self, cx: &mut Cx, data: &[u8]) -> Res<Option<usize>> {
        let fd = self.open_fd(cx)?;
        if !self.has(WRITE) {
            return Err(unsupported(cx, "File not open for writing"));
        }
        let data = &data[..data.len().min(MOST)];
        match os_call::retry(cx, || fs::write(fd, data))? {
            Ok(n) => Ok(Some(n)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(os_call::raise(cx, &e)),
        }
    }
    pub fn seek_to(&self, cx: &mut Cx, offset: i64, whence: i32) -> Res<i64> {
        let fd = self.open_fd(cx)?;
        let r = os_call::retry(cx, || fs::lseek(fd, offset, whence))?;
        if self.seekable.load(Ordering::Relaxed) < 0 {
            self.seekable.store(r.is_ok() as i8, Ordering::Relaxed);
        }
        r.map_err(|e| os_call::raise(cx, &e))
    }
    pub fn is_seekable(&self, cx: &mut Cx) -> Res<bool> {
        let fd = self.open_fd(cx)?;
        if self.seekable.load(Ordering::Relaxed) < 0 {
            let r = cx.thread.detach(|| fs::lseek(fd, 0, libc::SEEK_CUR));
            self.seekable.store(r.is_ok() as i8, Ordering::Relaxed);
        }
        Ok(self.seekable.load(Ordering::Relaxed) == 1)
    }
    /// Everything to the end.
    pub fn read_to_end(&self, cx: &mut Cx) -> Res<Option<Vec<u8>>> {
        let fd = self.open_fd(cx)?;
        if !self.has(READ) {
            return Err(unsupported(cx, "File not open for reading"));
        }
        // The size tells how much room to make; one byte more meets the end without another round.
        let hint = cx.thread.detach(|| {
            let size = fs::fstat(fd).map(|s| s.st_size).unwrap_or(0);
            let at = if size > 0 {
                fs::lseek(fd, 0, libc::SEEK_CUR).unwrap_or(0)
            } else {
                0
            };
            (size - at).max(0) as usize + 1
        });
        let mut out: Vec<u8> = Vec::new();
        let mut want = if hint > 1 { hint } else { 8192 };
        loop {
            if out.capacity() - out.len() < want && out.try_reserve(want).is_err() {
                return Err(cx.memory_error());
            }
            let room = out.capacity() - out.len();
            match self.read_append(cx, &mut out, room)? {
                None if out.is_empty() => return Ok(None),
                None | Some(0) => return Ok(Some(out)),
                Some(_) => {}
            }
            want = if out.len() > 65536 {
                out.len() / 4
            } else {
                8192
            };
            if out.len() < out.capacity() {
                want = 1;
            }
        }
    }

    fn close_fd(&self, cx: &mut Cx) -> Res<()> {
        let fd = self.fd.swap(-1, Ordering::AcqRel);
        if fd < 0 {
            return Ok(());
        }
        match cx.thread.detach(|| fs::close(fd)) {
            Err(e) if e.raw_os_error() != Some(libc::EINTR) => Err(os_call::raise(cx, &e)),
            _ => Ok(()),
        }
    }
}

/// Make a `FileIO` over an open descriptor, for the standard streams.
pub fn of_descriptor(cx: &mut Cx, fd: i32, mode: &str) -> Res<Value> {
    let v = os_call::make(cx, FileIo::fresh())?;
    if let Some(f) = v.downcast::<FileIo>() {
        let m = parse_mode(cx, mode)?;
        f.mode.store(m.bits, Ordering::Relaxed);
        f.closefd.store(false, Ordering::Relaxed);
        f.fd.store(fd, Ordering::Relaxed);
        if let Ok(s) = fs::fstat(fd)
            && s.st_blksize > 1
        {
            f.blksize.store(s.st_blksize as u32, Ordering::Relaxed);
        }
    }
    Ok(v)
}

#[pymethods]
impl FileIo {
    #[new]
    #[text_signature = "(file, mode='r', closefd=True, opener=None)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        object::alloc(cx, cls, FileIo::fresh())
    }

    #[init]
    #[sig(file, mode = "r", closefd = True, opener = None)]
    fn init(
        this: &Value,
        file: &Value,
        mode: &str,
        closefd: bool,
        opener: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        let Some(f) = this.downcast::<FileIo>() else {
            return Ok(());
        };
        if f.descriptor() >= 0 {
            if f.closefd.load(Ordering::Relaxed) {
                f.close_fd(cx)?;
            } else {
                f.fd.store(-1, Ordering::Relaxed);
            }
        }
        f.base.base.is_closed.store(false, Ordering::Relaxed);
        if typhon_vm::objects::float::as_f64(file).is_some() {
            return Err(cx.type_error("integer argument expected, got float"));
        }
        let m = parse_mode(cx, mode)?;
        let mut own = closefd;
        let fd;
        let mut given = false;
        if typhon_vm::objects::int::as_int(file).is_some() {
            if file.is_true() || file.is_false() {
                cx.warn(ExcKind::RuntimeWarning, "bool is used as a file descriptor")?;
            }
            let n = <i32 as FromArg>::from_arg(cx, file, At::attribute("fd"))?;
            if n < 0 {
                return Err(cx.value_error("negative file descriptor"));
            }
            fd = n;
            given = true;
        } else {
            let path = Path::new(cx, file, "", "path", Also::Nothing)
                .map_err(|r| expected_path(cx, r, file))?;
            if !closefd {
                return Err(cx.value_error("Cannot use closefd=False with file name"));
            }
            fd = match opener {
                None => {
                    os_call::call_on(cx, file, || fs::open(fs::CWD, &path.name, m.flags, 0o666))?
                }
                Some(o) => {
                    let r = protocol::call(cx, o, &[file.clone(), Value::small_int(m.flags)])?;
                    if r.ty().slots.index.get().is_none() {
                        return Err(cx.type_error("expected integer from opener"));
                    }
                    let n = <i32 as FromArg>::from_arg(cx, &r, At::attribute("fd"))?;
                    if n < 0 {
                        return Err(cx.value_error(format!("opener returned {n}")));
                    }
                    fs::set_inheritable(n, false).map_err(|e| os_call::raise(cx, &e))?;
                    n
                }
            };
        }
        // A directory cannot be opened, whatever the mode; a bad descriptor is found here.
        let checked = cx.thread.detach(|| fs::fstat(fd));
        match checked {
            Ok(s) if s.st_mode & libc::S_IFMT == libc::S_IFDIR => {
                if !given {
                    let _ = fs::close(fd);
                }
                return Err(os_call::raise_on(
                    cx,
                    &io::Error::from_raw_os_error(libc::EISDIR),
                    file,
                ));
            }
            Ok(s) => {
                if s.st_blksize > 1 {
                    f.blksize.store(s.st_blksize as u32, Ordering::Relaxed);
                }
            }
            Err(e) if e.raw_os_error() == Some(libc::EBADF) => {
                return Err(if given {
                    os_call::raise(cx, &e)
                } else {
                    os_call::raise_on(cx, &e, file)
                });
            }
            Err(_) => {}
        }
        if given {
            own = closefd;
        }
        f.seekable.store(-1, Ordering::Relaxed);
        f.mode.store(m.bits, Ordering::Relaxed);
        f.closefd.store(own, Ordering::Relaxed);
        f.fd.store(fd, Ordering::Release);
        let named = protocol::setattr_str(cx, this, "name", file);
        if let Err(r) = named {
            if !given {
                let e = cx.take_exc(r);
                let _ = f.close_fd(cx);
                return Err(cx.reraise(e));
            }
            return Err(r);
        }
        if f.has(APPEND) {
            // The position is the end from the start; a pipe has none.
            let _ = cx.thread.detach(|| fs::lseek(fd, 0, libc::SEEK_END));
        }
        Ok(())
    }

    /// Read at most size bytes, returned as bytes.
    ///
    /// If size is less than 0, read all bytes in the file making multiple read calls.
    /// In non-blocking mode, returns None if no data is available.
    /// Return an empty bytes object at EOF.
    #[sig(size = None => "-1", /)]
    fn read(this: &Value, size: Option<&Value>, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(f) = this.downcast::<FileIo>() else {
            return Ok(None);
        };
        f.open_fd(cx)?;
        if !f.has(READ) {
            return Err(unsupported(cx, "File not open for reading"));
        }
        let Some(n) = size_arg(cx, size)? else {
            return protocol::call_method(cx, this, "readall", &[]).map(Some);
        };
        let mut v = Vec::new();
        if v.try_reserve_exact(n.min(MOST)).is_err() {
            return Err(cx.memory_error());
        }
        match f.read_append(cx, &mut v, n)? {
            None => Ok(None),
            Some(_) => new_bytes_vec(cx, v).map(Some),
        }
    }
    /// Read all data from the file, returned as bytes.
    fn readall(&self, cx: &mut Cx) -> Res<Option<Value>> {
        match self.read_to_end(cx)? {
            None => Ok(None),
            Some(v) => new_bytes_vec(cx, v).map(Some),
        }
    }
    /// Same as RawIOBase.readinto().
    #[sig(buffer, /)]
    fn readinto(&self, buffer: &Value, cx: &mut Cx) -> Res<Option<usize>> {
        self.open_fd(cx)?;
        if !self.has(READ) {
            return Err(unsupported(cx, "File not open for reading"));
        }
        let b = buffer::get_writable(cx, buffer, "readinto")?;
        let mut v = Vec::new();
        if v.try_reserve_exact(b.len().min(MOST)).is_err() {
            return Err(cx.memory_error());
        }
        match self.read_append(cx, &mut v, b.len())? {
            None => Ok(None),
            Some(n) => {
                b.write(0, &v);
                Ok(Some(n))
            }
        }
    }
    /// Write buffer b to file, return number of bytes written.
    #[sig(b, /)]
    fn write(&self, b: &Value, cx: &mut Cx) -> Res<Option<usize>> {
        self.open_fd(cx)?;
        if !self.has(WRITE) {
            return Err(unsupported(cx, "File not open for writing"));
        }
        let b = buffer::get(cx, b, false)?;
        self.write_bytes(cx, &b.contents())
    }
    /// Move to new file position and return the file position.
    #[sig(pos, whence = 0, /)]
    fn seek(&self, pos: &Value, whence: i32, cx: &mut Cx) -> Res<i64> {
        self.open_fd(cx)?;
        let pos = base::offset_arg(cx, pos)?;
        self.seek_to(cx, pos, whence)
    }
    /// Current file position.
    fn tell(&self, cx: &mut Cx) -> Res<i64> {
        self.seek_to(cx, 0, libc::SEEK_CUR)
    }
    /// Truncate the file to at most size bytes and return the truncated size.
    #[sig(size = None, /)]
    fn truncate(&self, size: Option<&Value>, cx: &mut Cx) -> Res<i64> {
        let fd = self.open_fd(cx)?;
        if !self.has(WRITE) {
            return Err(unsupported(cx, "File not open for writing"));
        }
        let n = match size {
            None => self.seek_to(cx, 0, libc::SEEK_CUR)?,
            Some(v) => base::offset_arg(cx, v)?,
        };
        os_call::call(cx, || fs::ftruncate(fd, n))?;
        Ok(n)
    }
    /// Close the file.
    fn close(this: &Value, cx: &mut Cx) -> Res<()> {
        let Some(f) = this.downcast::<FileIo>() else {
            return Ok(());
        };
        // The base flushes, which a subclass may have overridden, and marks it closed.
        let class = RawIoBase::type_object(cx)?.value();
        let base_close = protocol::getattr_str(cx, &class, "close")?;
        let r = protocol::call(cx, &base_close, std::slice::from_ref(this));
        if !f.closefd.load(Ordering::Relaxed) {
            f.fd.store(-1, Ordering::Release);
            return r.map(drop);
        }
        if f.base.base.is_finalizing() && f.descriptor() >= 0 {
            base::warn_unclosed(cx, this);
        }
        base::then_close(cx, r, |cx| f.close_fd(cx).map(|()| Value::none()))
    }
    fn _dealloc_warn(&self, source: &Value, cx: &mut Cx) {
        if self.descriptor() >= 0 && self.closefd.load(Ordering::Relaxed) {
            base::warn_unclosed(cx, source);
        }
    }
    /// True if file supports random-access.
    fn seekable(&self, cx: &mut Cx) -> Res<bool> {
        self.is_seekable(cx)
    }
    /// True if file was opened in a read mode.
    fn readable(&self, cx: &mut Cx) -> Res<bool> {
        self.open_fd(cx)?;
        Ok(self.has(READ))
    }
    /// True if file was opened in a write mode.
    fn writable(&self, cx: &mut Cx) -> Res<bool> {
        self.open_fd(cx)?;
        Ok(self.has(WRITE))
    }
    /// Return the underlying file descriptor (an integer).
    fn fileno(&self, cx: &mut Cx) -> Res<i32> {
        self.open_fd(cx)
    }
    /// True if the file is connected to a TTY device.
    fn isatty(&self, cx: &mut Cx) -> Res<bool> {
        let fd = self.open_fd(cx)?;
        Ok(cx.thread.detach(|| fs::isatty(fd)))
    }
    fn _isatty_open_only(&self, cx: &mut Cx) -> Res<bool> {
        let fd = self.open_fd(cx)?;
        Ok(cx.thread.detach(|| fs::isatty(fd)))
    }
    /// True if the file is closed
    #[getter]
    fn closed(&self) -> bool {
        self.descriptor() < 0
    }
    /// True if the file descriptor will be closed by close().
    #[getter]
    fn closefd(&self) -> bool {
        self.closefd.load(Ordering::Relaxed)
    }
    /// String giving the file mode
    #[getter]
    fn mode(&self) -> &'static str {
        self.mode_text()
    }
    #[getter]
    fn _blksize(&self) -> u32 {
        self.blksize.load(Ordering::Relaxed)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let Some(f) = this.downcast::<FileIo>() else {
            return Ok(String::new());
        };
        let name = base::class_name(cx, this);
        if f.descriptor() < 0 {
            return Ok(format!("<{name} [closed]>"));
        }
        let closefd = if f.closefd.load(Ordering::Relaxed) {
            "True"
        } else {
            "False"
        };
        let mode = f.mode_text();
        match protocol::getattr_str_opt(cx, this, "name")? {
            None => Ok(format!(
                "<{name} fd={} mode='{mode}' closefd={closefd}>",
                f.descriptor()
            )),
            Some(n) => {
                let shown = object::repr_guard(cx, this, |cx| protocol::repr_string(cx, &n))?;
                match shown {
                    Some(n) => Ok(format!("<{name} name={n} mode='{mode}' closefd={closefd}>")),
                    None => Err(cx.runtime_error(format!("reentrant call inside {name}.__repr__"))),
                }
            }
        }
    }
    fn __getstate__(this: &Value, cx: &mut Cx) -> Res<()> {
        let n = base::class_name(cx, this);
        Err(cx.type_error(format!("cannot pickle '{n}' instances")))
    }
}

/// `open` says what it expects in its own words.
fn expected_path(cx: &mut Cx, r: Raised, file: &Value) -> Raised {
    if cx.exc_is(ExcKind::TypeError) && file.ty().lookup_str(cx, "__fspath__").is_none() {
        drop(cx.take_exc(r));
        let n = file.type_name();
        return cx.type_error(format!(
            "expected str, bytes or os.PathLike object, not {n}"
        ));
    }
    r
}
