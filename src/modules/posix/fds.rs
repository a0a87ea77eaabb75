//! Calls on file descriptors.

use super::path;
use super::stat::TERMINAL_SIZE;
use crate::os_call;
use typhon_vm::native::*;
use typhon_vm::objects::buffer;
use typhon_vm::objects::bytes::new_bytes_vec;
use typhon_vm::os::{fs, libc};
use typhon_vm::protocol;

/// Room for `n` bytes that a user asked for.
fn room(cx: &mut Cx, n: i64) -> Res<Vec<u8>> {
    if n < 0 {
        return Err(os_call::raise(
            cx,
            &std::io::Error::from_raw_os_error(libc::EINVAL),
        ));
    }
    let mut v = Vec::new();
    match v.try_reserve_exact(n as usize) {
        Ok(()) => Ok(v),
        Err(_) => Err(cx.memory_error()),
    }
}

fn buffers(cx: &mut Cx, list: &Value, writable: bool, function: &str) -> Res<Vec<Buffer>> {
    let items = match protocol::collect(cx, list) {
        Ok(items) => items,
        Err(r) => {
            cx.catch(r, ExcKind::TypeError)?;
            return Err(cx.type_error(format!("{function}() arg 2 must be a sequence")));
        }
    };
    let mut out = Vec::with_capacity(items.len());
    for v in &items {
        out.push(if writable {
            buffer::get_writable(cx, v, function)?
        } else {
            buffer::get(cx, v, false)?
        });
    }
    Ok(out)
}

/// Distribute what was read over buffers.
fn scatter(data: &[u8], into: &[Buffer]) {
    let mut rest = data;
    for b in into {
        let n = b.len().min(rest.len());
        b.write(0, &rest[..n]);
        rest = &rest[n..];
    }
}

#[pyfunctions(part = PART, module = "posix")]
pub mod functions {
    use super::*;

    /// Open a file for low level IO.  Returns a file descriptor (integer).
    #[pyfunction]
    #[sig(path, flags, mode = 0o777, *, dir_fd = None)]
    fn open(path: &Value, flags: i32, mode: i32, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<i32> {
        let p = super::path(cx, path, "open")?;
        let dir = os_call::dir_fd(cx, dir_fd)?;
        p.call(cx, |p| fs::open(dir, &p.name, flags, mode as u32))
    }

    /// Close a file descriptor.
    #[pyfunction]
    #[sig(fd)]
    fn close(fd: i32, cx: &mut Cx) -> Res<()> {
        // Not repeated: after EINTR the descriptor is closed all the same.
        match cx.thread.detach(|| fs::close(fd)) {
            Err(e) if e.raw_os_error() != Some(libc::EINTR) => Err(os_call::raise(cx, &e)),
            _ => Ok(()),
        }
    }

    /// Closes all file descriptors in [fd_low, fd_high), ignoring errors.
    #[pyfunction]
    #[sig(fd_low, fd_high, /)]
    fn closerange(fd_low: i32, fd_high: i32, cx: &mut Cx) {
        cx.thread.detach(|| fs::close_range(fd_low.max(0), fd_high));
    }

    /// Read from a file descriptor.  Returns a bytes object.
    #[pyfunction]
    #[sig(fd, length, /)]
    fn read(fd: i32, length: i64, cx: &mut Cx) -> Res<Value> {
        let mut v = room(cx, length.min(0x7fff_f000))?;
        os_call::call(cx, || fs::read_append(fd, &mut v, length as usize))?;
        v.shrink_to_fit();
        new_bytes_vec(cx, v)
    }

    /// Read into a buffer object from a file descriptor.
    #[pyfunction]
    #[sig(fd, buffer, /)]
    fn readinto(fd: i32, buffer: &Value, cx: &mut Cx) -> Res<usize> {
        let b = buffer::get_writable(cx, buffer, "readinto")?;
        let mut v = room(cx, b.len().min(0x7fff_f000) as i64)?;
        let n = os_call::call(cx, || fs::read_append(fd, &mut v, b.len()))?;
        b.write(0, &v);
        Ok(n)
    }

    /// Write a bytes object to a file descriptor.
    #[pyfunction]
    #[sig(fd, data, /)]
    fn write(fd: i32, data: &Value, cx: &mut Cx) -> Res<usize> {
        let b = buffer::get(cx, data, false)?;
        let bytes = b.contents();
        os_call::call(cx, || fs::write(fd, &bytes))
    }

    /// Read a number of bytes from a file descriptor starting at a particular offset.
    #[pyfunction]
    #[sig(fd, length, offset, /)]
    fn pread(fd: i32, length: i64, offset: i64, cx: &mut Cx) -> Res<Value> {
        let mut v = room(cx, length)?;
        v.resize(length as usize, 0);
        let n = os_call::call(cx, || fs::pread(fd, &mut v, offset))?;
        v.truncate(n);
        new_bytes_vec(cx, v)
    }

    /// Write bytes to a file descriptor starting at a particular offset.
    #[pyfunction]
    #[sig(fd, buffer, offset, /)]
    fn pwrite(fd: i32, buffer: &Value, offset: i64, cx: &mut Cx) -> Res<usize> {
        let b = buffer::get(cx, buffer, false)?;
        let bytes = b.contents();
        os_call::call(cx, || fs::pwrite(fd, &bytes, offset))
    }

    /// Read from a file descriptor fd into an iterable of buffers.
    #[pyfunction]
    #[sig(fd, buffers, /)]
    fn readv(fd: i32, buffers: &Value, cx: &mut Cx) -> Res<usize> {
        let into = super::buffers(cx, buffers, true, "readv")?;
        let total: usize = into.iter().map(Buffer::len).sum();
        let mut v = room(cx, total as i64)?;
        let n = os_call::call(cx, || fs::read_append(fd, &mut v, total))?;
        scatter(&v, &into);
        Ok(n)
    }

    /// Iterate over buffers, and write the contents of each to a file descriptor.
    #[pyfunction]
    #[sig(fd, buffers, /)]
    fn writev(fd: i32, buffers: &Value, cx: &mut Cx) -> Res<usize> {
        let from = super::buffers(cx, buffers, false, "writev")?;
        let all: Vec<u8> = from
            .iter()
            .flat_map(|b| b.contents().into_owned())
            .collect();
        os_call::call(cx, || fs::write(fd, &all))
    }

    /// Copy count bytes from file descriptor in_fd to file descriptor out_fd.
    #[pyfunction]
    #[sig(out_fd, in_fd, offset, count)]
    fn sendfile(
        out_fd: i32,
        in_fd: i32,
        offset: Option<i64>,
        count: usize,
        cx: &mut Cx,
    ) -> Res<usize> {
        os_call::call(cx, || fs::sendfile(out_fd, in_fd, offset, count))
    }

    /// Set the position of a file descriptor.  Return the new position.
    #[pyfunction]
    #[sig(fd, position, whence, /)]
    fn lseek(fd: i32, position: i64, whence: i32, cx: &mut Cx) -> Res<i64> {
        os_call::call(cx, || fs::lseek(fd, position, whence))
    }

    /// Return a duplicate of a file descriptor.
    #[pyfunction]
    #[sig(fd, /)]
    fn dup(fd: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || fs::dup(fd))
    }

    /// Duplicate file descriptor.
    #[pyfunction]
    #[sig(fd, fd2, inheritable = True)]
    fn dup2(fd: i32, fd2: i32, inheritable: bool, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || fs::dup2(fd, fd2, inheritable))
    }

    /// Create a pipe.
    #[pyfunction]
    fn pipe(cx: &mut Cx) -> Res<(i32, i32)> {
        os_call::call(cx, || fs::pipe(libc::O_CLOEXEC))
    }

    /// Create a pipe with flags set atomically.
    #[pyfunction]
    #[sig(flags, /)]
    fn pipe2(flags: i32, cx: &mut Cx) -> Res<(i32, i32)> {
        os_call::call(cx, || fs::pipe(flags))
    }

    /// Return True if the fd is connected to a terminal.
    #[pyfunction]
    #[sig(fd, /)]
    fn isatty(fd: i32) -> bool {
        fs::isatty(fd)
    }

    /// Return the name of the terminal device connected to 'fd'.
    #[pyfunction]
    #[sig(fd, /)]
    fn ttyname(fd: i32, cx: &mut Cx) -> Res<Value> {
        let name = os_call::call(cx, || fs::ttyname(fd))?;
        os_call::decode_name(cx, name.as_bytes())
    }

    /// Return the name of the controlling terminal for this process.
    #[pyfunction]
    fn ctermid() -> &'static str {
        "/dev/tty"
    }

    /// Open a pseudo-terminal.
    #[pyfunction]
    fn openpty(cx: &mut Cx) -> Res<(i32, i32)> {
        os_call::call(cx, fs::openpty)
    }

    /// Return the size of the terminal window as (columns, lines).
    #[pyfunction]
    #[sig(fd = 1, /)]
    fn get_terminal_size(fd: i32, cx: &mut Cx) -> Res<Value> {
        let (columns, lines) = os_call::call(cx, || fs::terminal_size(fd))?;
        TERMINAL_SIZE.make(
            cx,
            vec![
                Value::small_int(columns as i32),
                Value::small_int(lines as i32),
            ],
        )
    }

    /// Truncate a file, specified by file descriptor, to a specific length.
    #[pyfunction]
    #[sig(fd, length, /)]
    fn ftruncate(fd: i32, length: i64, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || fs::ftruncate(fd, length))
    }

    /// Force write of fd to disk.
    #[pyfunction]
    #[sig(fd)]
    fn fsync(fd: &Value, cx: &mut Cx) -> Res<()> {
        let fd = os_call::fileno(cx, fd)?;
        os_call::call(cx, || fs::fsync(fd))
    }

    /// Force write of fd to disk without forcing update of metadata.
    #[pyfunction]
    #[sig(fd)]
    fn fdatasync(fd: &Value, cx: &mut Cx) -> Res<()> {
        let fd = os_call::fileno(cx, fd)?;
        os_call::call(cx, || fs::fdatasync(fd))
    }

    /// Ensure a file has allocated at least a particular number of bytes on disk.
    #[pyfunction]
    #[sig(fd, offset, length, /)]
    fn posix_fallocate(fd: i32, offset: i64, length: i64, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || fs::posix_fallocate(fd, offset, length))
    }

    /// Announce an intention to access data in a specific pattern.
    #[pyfunction]
    #[sig(fd, offset, length, advice, /)]
    fn posix_fadvise(fd: i32, offset: i64, length: i64, advice: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || fs::posix_fadvise(fd, offset, length, advice))
    }

    /// Get the close-on-exe flag of the specified file descriptor.
    #[pyfunction]
    #[sig(fd, /)]
    fn get_inheritable(fd: i32, cx: &mut Cx) -> Res<bool> {
        os_call::call(cx, || fs::is_inheritable(fd))
    }

    /// Set the inheritable flag of the specified file descriptor.
    #[pyfunction]
    #[sig(fd, inheritable, /)]
    fn set_inheritable(fd: i32, inheritable: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || fs::set_inheritable(fd, inheritable != 0))
    }

    /// Get the blocking mode of the file descriptor.
    #[pyfunction]
    #[sig(fd, /)]
    fn get_blocking(fd: i32, cx: &mut Cx) -> Res<bool> {
        os_call::call(cx, || fs::is_blocking(fd))
    }

    /// Set the blocking mode of the specified file descriptor.
    #[pyfunction]
    #[sig(fd, blocking, /)]
    fn set_blocking(fd: i32, blocking: bool, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || fs::set_blocking(fd, blocking))
    }

    /// Apply, test or remove a POSIX lock on an open file descriptor.
    #[pyfunction]
    #[sig(fd, command, length, /)]
    fn lockf(fd: i32, command: i32, length: i64, cx: &mut Cx) -> Res<()> {
        let kind = if command == libc::F_ULOCK {
            libc::F_UNLCK
        } else {
            libc::F_WRLCK
        };
        os_call::call(cx, || {
            fs::record_lock(
                fd,
                command == libc::F_LOCK,
                kind as i16,
                0,
                length,
                libc::SEEK_CUR as i16,
            )
        })
    }

    #[pyfunction]
    #[sig(name, flags = libc::MFD_CLOEXEC)]
    fn memfd_create(name: &Value, flags: u32, cx: &mut Cx) -> Res<i32> {
        let p = super::path(cx, name, "memfd_create")?;
        p.call(cx, |p| fs::memfd_create(&p.name, flags))
    }

    /// Return a bytes object containing random bytes suitable for cryptographic use.
    #[pyfunction]
    #[sig(size, /)]
    fn urandom(size: i64, cx: &mut Cx) -> Res<Value> {
        if size < 0 {
            return Err(cx.value_error("negative argument not allowed"));
        }
        let mut v = room(cx, size)?;
        v.resize(size as usize, 0);
        let mut done = 0;
        while done < v.len() {
            done += os_call::call(cx, || fs::getrandom(&mut v[done..], 0))?;
        }
        new_bytes_vec(cx, v)
    }

    /// Obtain a series of random bytes.
    #[pyfunction]
    #[sig(size, flags = 0)]
    fn getrandom(size: i64, flags: i32, cx: &mut Cx) -> Res<Value> {
        let mut v = room(cx, size)?;
        v.resize(size as usize, 0);
        let n = os_call::call(cx, || fs::getrandom(&mut v, flags as u32))?;
        v.truncate(n);
        new_bytes_vec(cx, v)
    }
}
