//! `mmap`: files, and memory that children share, as bytes that can be changed in place. The bytes stand in a `buffer::Region`:
//! every operation looks at them under the object's lock, after its arguments have been converted, which may run code that
//! closes or resizes the map.

mod search;

pub use module::MODULE;

use crate::os_call;
use std::sync::Arc;
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::buffer::region::{Exported, Region, State};
use typhon_vm::objects::bytes::make::contents;
use typhon_vm::objects::bytes::{new_bytes, new_bytes_vec};
use typhon_vm::objects::object;
use typhon_vm::objects::slice::{self, Slice};
use typhon_vm::os::mapping::{self, Mapping};
use typhon_vm::os::process::sysconf;
use typhon_vm::os::{fs, libc};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Default,
    Read,
    Write,
    Copy,
}

impl Access {
    const NAMED: [(&'static str, Access); 4] = [
        ("ACCESS_DEFAULT", Access::Default),
        ("ACCESS_READ", Access::Read),
        ("ACCESS_WRITE", Access::Write),
        ("ACCESS_COPY", Access::Copy),
    ];
    fn of(n: i32) -> Option<Access> {
        Some(Access::NAMED.get(usize::try_from(n).ok()?)?.1)
    }
}

/// A descriptor of the map's own.
struct File(fs::Fd);

impl Drop for File {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = fs::close(self.0);
    }
}

/// Unix: mmap(fileno, length[, flags[, prot[, access[, offset[, trackfd]]]]])
///
/// Maps length bytes from the file specified by the file descriptor fileno,
/// and returns a mmap object.  If length is 0, the maximum length of the map
/// will be the current size of the file when mmap is called.
/// flags specifies the nature of the mapping. MAP_PRIVATE creates a
/// private copy-on-write mapping, so changes to the contents of the mmap
/// object will be private to this process, and MAP_SHARED creates a mapping
/// that's shared with all other processes mapping the same areas of the file.
/// The default value is MAP_SHARED.
///
/// To map anonymous memory, pass -1 as the fileno.
#[pytype(name = "mmap", module = "mmap", basetype, weakrefable)]
pub struct Mmap {
    head: Header,
    #[skip]
    region: Region,
    #[skip]
    file: Guarded<Option<Arc<File>>>,
    #[skip]
    access: Access,
    #[skip]
    readable: bool,
    flags: i32,
    offset: i64,
    trackfd: bool,
}

/// Why an operation under the lock did not come about.
enum No {
    Range(&'static str),
    Index(&'static str),
}

impl Mmap {
    /// What `f` makes of the bytes under the lock; `ValueError` where they are gone.
    fn look<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut State, usize) -> R) -> Res<R> {
        let found = self.region.look(&self.head, cx, |state| {
            let len = state.size().unwrap_or(0);
            f(state, len)
        });
        found.ok_or_else(|| closed(cx))
    }

    /// The same of what may not come about.
    fn attempt<R>(
        &self,
        cx: &mut Cx,
        f: impl FnOnce(&mut State, usize) -> Result<R, No>,
    ) -> Res<R> {
        self.look(cx, f)?.map_err(|no| match no {
            No::Range(text) => cx.value_error(text),
            No::Index(text) => cx.index_error(text),
        })
    }

    fn len_now(&self, cx: &mut Cx) -> Res<usize> {
        self.look(cx, |_, len| len)
    }

    fn to_read(&self, cx: &mut Cx) -> Res<()> {
        if self.readable {
            return Ok(());
        }
        Err(cx.type_error("mmap can't read memory that is mapped without PROT_READ"))
    }

    fn to_write(&self, cx: &mut Cx) -> Res<()> {
        if self.access == Access::Read {
            return Err(cx.type_error("mmap can't modify a readonly memory map."));
        }
        Ok(())
    }

    /// Up to `n` bytes from an offset on, as many as there are.
    fn copy(&self, cx: &mut Cx, from: usize, n: usize) -> Res<Vec<u8>> {
        self.to_read(cx)?;
        let mut out = room(cx, n)?;
        self.look(cx, |state, len| {
            out.truncate(len.saturating_sub(from));
            if !out.is_empty() {
                state.read(from, &mut out);
            }
        })?;
        Ok(out)
    }

    fn part(&self, cx: &mut Cx, slice: &Slice) -> Res<Value> {
        let bounds = slice.bounds(cx)?;
        self.to_read(cx)?;
        loop {
            let before = self.len_now(cx)?;
            let steps = bounds.adjust(before);
            if steps.count == 0 {
                return new_bytes(cx, b"");
            }
            let last = steps.start + (steps.count as isize - 1) * steps.step;
            let low = steps.start.min(last) as usize;
            let mut all = room(cx, steps.start.max(last) as usize + 1 - low)?;
            // Unless it was resized meanwhile: all of the part is of one moment.
            let read = self.look(cx, |state, len| {
                if len == before {
                    state.read(low, &mut all);
                }
                len == before
            })?;
            if !read {
                continue;
            }
            if steps.step == 1 {
                return new_bytes_vec(cx, all);
            }
            let mut out = room(cx, steps.count)?;
            for (i, byte) in out.iter_mut().enumerate() {
                *byte = all[(steps.start + i as isize * steps.step) as usize - low];
            }
            return new_bytes_vec(cx, out);
        }
    }

    fn set_part(&self, cx: &mut Cx, slice: &Slice, value: &Value) -> Res<()> {
        let bounds = slice.bounds(cx)?;
        let steps = bounds.adjust(self.len_now(cx)?);
        let bytes = contents(cx, value)?;
        const WRONG: No = No::Index("mmap slice assignment is wrong size");
        self.attempt(cx, |state, len| {
            let last = steps.start + (steps.count as isize - 1) * steps.step;
            // The value's own code may have resized the map since.
            if bytes.len() != steps.count
                || steps.count > 0 && steps.start.max(last) as usize >= len
            {
                return Err(WRONG);
            }
            if steps.step == 1 {
                if steps.count > 0 {
                    state.write(steps.start as usize, &bytes);
                }
                return Ok(());
            }
            for (i, &b) in bytes.iter().enumerate() {
                state.write((steps.start + i as isize * steps.step) as usize, &[b]);
            }
            Ok(())
        })
    }

    /// Where an index is, if it is one.
    fn index(&self, cx: &mut Cx, key: &Value) -> Res<isize> {
        if key.ty().slots.index.get().is_none() {
            return Err(cx.type_error("mmap indices must be integers"));
        }
        number::index_isize_checked(cx, key, ExcKind::IndexError)
    }

    /// Searches from `start` (the position unless given) to `end` (that of the bytes).
    fn search(
        &self,
        cx: &mut Cx,
        view: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
        backwards: bool,
    ) -> Res<isize> {
        let needle = contents(cx, view)?;
        let given =
            |cx: &mut Cx, v: Option<&Value>| v.map(|v| number::index_isize(cx, v)).transpose();
        let (start, end) = (given(cx, start)?, given(cx, end)?);
        let (len, position) = self.look(cx, |state, len| (len, state.position.min(len)))?;
        let clamp = |i: isize| match i {
            i if i < 0 => (len as isize).saturating_add(i).max(0) as usize,
            i => (i as usize).min(len),
        };
        let (start, end) = (start.map_or(position, clamp), end.map_or(len, clamp));
        let block = |cx: &mut Cx, from: usize, n: usize| {
            os_call::check_signals(cx)?;
            self.copy(cx, from, n)
        };
        let found = if backwards {
            search::last(cx, &needle, start, end, block)?
        } else {
            search::first(cx, &needle, start, end, block)?
        };
        Ok(found.map_or(-1, |at| at as isize))
    }

    fn own_file(&self, cx: &mut Cx) -> Option<Arc<File>> {
        self.file.lock(&self.head, &mut cx.thread).clone()
    }
}

#[cold]
fn closed(cx: &mut Cx) -> Raised {
    cx.value_error("mmap closed or invalid")
}

/// So many bytes to read into.
fn room(cx: &mut Cx, n: usize) -> Res<Vec<u8>> {
    let mut out = Vec::new();
    if out.try_reserve_exact(n).is_err() {
        return Err(cx.memory_error());
    }
    out.resize(n, 0);
    Ok(out)
}

fn this_map<'a>(cx: &mut Cx, this: &'a Value) -> Res<&'a Mmap> {
    this.downcast::<Mmap>()
        .ok_or_else(|| cx.system_error("not a memory map"))
}

#[pymethods]
impl Mmap {
    #[new]
    #[sig(fileno, length, flags = libc::MAP_SHARED, prot = libc::PROT_WRITE | libc::PROT_READ, access = 0, offset = 0, *, trackfd = True)]
    #[text_signature(none)]
    fn new(
        cls: &Type,
        fileno: i32,
        length: isize,
        flags: i32,
        prot: i32,
        access: i32,
        offset: i64,
        trackfd: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let numbers = [i64::from(fileno), length as i64, i64::from(access), offset];
        let mut seen = Vec::with_capacity(4);
        for n in numbers {
            seen.push(n.into_value(cx)?);
        }
        crate::sys::hooks::audit(cx, "mmap.__new__", seen)?;
        let Ok(mut length) = usize::try_from(length) else {
            return Err(cx.overflow_error("memory mapped length must be positive"));
        };
        if offset < 0 {
            return Err(cx.overflow_error("memory mapped offset must be positive"));
        }
        let both = libc::PROT_READ | libc::PROT_WRITE;
        if access != 0 && (flags != libc::MAP_SHARED || prot != both) {
            return Err(cx.value_error("mmap can't specify both access and flags, prot."));
        }
        let (mut flags, prot, access) = match Access::of(access) {
            Some(Access::Read) => (libc::MAP_SHARED, libc::PROT_READ, Access::Read),
            Some(Access::Write) => (libc::MAP_SHARED, both, Access::Write),
            Some(Access::Copy) => (libc::MAP_PRIVATE, both, Access::Copy),
            Some(Access::Default) if prot & both == both => (flags, prot, Access::Default),
            Some(Access::Default) if prot & libc::PROT_WRITE != 0 => (flags, prot, Access::Write),
            Some(Access::Default) => (flags, prot, Access::Read),
            None => return Err(cx.value_error("mmap invalid access parameter.")),
        };
        let mut file = None;
        if fileno == -1 {
            flags |= libc::MAP_ANONYMOUS;
        } else {
            let about = os_call::call(cx, || fs::fstat(fileno))?;
            if about.st_mode & libc::S_IFMT == libc::S_IFREG {
                let size = about.st_size;
                if length == 0 {
                    if size == 0 {
                        return Err(cx.value_error("cannot mmap an empty file"));
                    }
                    if offset >= size {
                        return Err(cx.value_error("mmap offset is greater than file size"));
                    }
                    length = (size - offset) as usize;
                } else if offset > size || ((size - offset) as usize) < length {
                    return Err(cx.value_error("mmap length is greater than file size"));
                }
            }
            if trackfd {
                file = Some(Arc::new(File(os_call::call(cx, || fs::dup(fileno))?)));
            }
        }
        let map = os_call::call(cx, || Mapping::new(fileno, length, prot, flags, offset))?;
        let map = Mmap {
            head: Header::placeholder(),
            region: Region::new(map),
            file: Guarded::new(file),
            access,
            readable: prot & both != 0,
            flags,
            offset,
            trackfd,
        };
        object::alloc(cx, cls, map)
    }

    #[slot]
    fn len(&self, cx: &mut Cx) -> Res<usize> {
        self.len_now(cx)
    }

    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        self.len_now(cx)?;
        if let Some(slice) = slice::as_slice(key) {
            return self.part(cx, slice);
        }
        let i = self.index(cx, key)?;
        self.to_read(cx)?;
        let byte = self.attempt(cx, |state, len| {
            let mut byte = [0];
            state.read(place(i, len)?, &mut byte);
            Ok(byte[0])
        })?;
        Ok(Value::small_int(byte.into()))
    }

    #[slot]
    fn setitem(&self, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        self.len_now(cx)?;
        self.to_write(cx)?;
        if let Some(slice) = slice::as_slice(key) {
            return match value {
                Some(value) => self.set_part(cx, slice, value),
                None => Err(cx.type_error("mmap object doesn't support slice deletion")),
            };
        }
        let i = self.index(cx, key)?;
        let Some(value) = value else {
            return Err(cx.type_error("mmap doesn't support item deletion"));
        };
        if value.ty().slots.index.get().is_none() {
            return Err(cx.type_error("mmap item value must be an int"));
        }
        let Ok(byte) = u8::try_from(number::index_isize(cx, value)?) else {
            return Err(cx.value_error("mmap item value must be in range(0, 256)"));
        };
        self.attempt(cx, |state, len| {
            state.write(place(i, len)?, &[byte]);
            Ok(())
        })
    }

    /// One byte after the other, as bytes.
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        search::bytes_of(cx, this)
    }

    #[slot]
    fn buffer(this: &Value, writable: bool, cx: &mut Cx) -> Res<Buffer> {
        let map = this_map(cx, this)?;
        map.to_read(cx)?;
        if writable && map.access == Access::Read {
            return Err(cx.buffer_error("Object is not writable."));
        }
        let view = map.region.export(this, map.access == Access::Read, cx);
        view.ok_or_else(|| closed(cx))
    }

    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        let open = self.region.look(&self.head, cx, |state| {
            (state.size().unwrap_or(0), state.position)
        });
        let Some((len, position)) = open else {
            return Ok("<mmap.mmap closed=True>".to_owned());
        };
        let access = Access::NAMED
            .iter()
            .find(|(_, access)| *access == self.access);
        let (access, offset) = (access.map_or("", |named| named.0), self.offset);
        Ok(format!(
            "<mmap.mmap closed=False, access={access}, length={len}, pos={position}, offset={offset}>"
        ))
    }

    fn close(&self, cx: &mut Cx) -> Res<()> {
        match self.region.close(&self.head, cx) {
            Ok(map) => {
                let file = self.file.lock(&self.head, &mut cx.thread).take();
                drop((map, file));
                Ok(())
            }
            Err(Exported) => Err(cx.buffer_error("cannot close exported pointers exist")),
        }
    }

    #[getter]
    fn closed(&self, cx: &mut Cx) -> bool {
        self.region.look(&self.head, cx, |_| ()).is_none()
    }

    #[sig(view, start = None, end = None, /)]
    fn find(
        &self,
        view: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<isize> {
        self.search(cx, view, start, end, false)
    }

    #[sig(view, start = None, end = None, /)]
    fn rfind(
        &self,
        view: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<isize> {
        self.search(cx, view, start, end, true)
    }

    #[sig(offset = 0, size = None, /)]
    fn flush(this: &Value, offset: isize, size: Option<isize>, cx: &mut Cx) -> Res<()> {
        let map = this_map(cx, this)?;
        // The view keeps the memory in place while the system writes.
        let Some(view) = map.region.export(this, true, cx) else {
            return Err(closed(cx));
        };
        let len = view.len() as isize;
        let size = size.unwrap_or(len.saturating_sub(offset));
        if offset < 0 || size < 0 || len - offset < size {
            return Err(cx.value_error("flush values out of range"));
        }
        if matches!(map.access, Access::Read | Access::Copy) {
            return Ok(());
        }
        os_call::call(cx, || {
            mapping::sync(view.address().wrapping_add(offset as usize), size as usize)
        })
    }

    #[sig(option, start = 0, length = None, /)]
    fn madvise(&self, option: i32, start: isize, length: Option<isize>, cx: &mut Cx) -> Res<()> {
        let len = self.len_now(cx)? as isize;
        let length = length.unwrap_or(len);
        if start < 0 || start >= len {
            return Err(cx.value_error("madvise start out of bounds"));
        }
        if length < 0 {
            return Err(cx.value_error("madvise length invalid"));
        }
        if isize::MAX - start < length {
            return Err(cx.overflow_error("madvise length too large"));
        }
        let done = self.look(cx, |state, now| {
            let start = (start as usize).min(now);
            let length = (length as usize).min(now - start);
            let map = state.mapping();
            map.map_or(Ok(()), |map| map.advise(start, length, option))
        })?;
        done.map_err(|e| os_call::raise(cx, &e))
    }

    #[method(name = "move")]
    #[sig(dest, src, count, /)]
    fn move_(&self, dest: isize, src: isize, count: isize, cx: &mut Cx) -> Res<()> {
        self.len_now(cx)?;
        self.to_write(cx)?;
        const OUT: No = No::Range("source, destination, or count out of range");
        let fits = |len: usize| {
            let len = len as isize;
            dest >= 0 && src >= 0 && count >= 0 && len - dest >= count && len - src >= count
        };
        if !fits(self.len_now(cx)?) {
            return self.attempt(cx, |_, _| Err(OUT));
        }
        let mut between = room(cx, count as usize)?;
        self.attempt(cx, |state, len| {
            if !fits(len) {
                return Err(OUT);
            }
            state.read(src as usize, &mut between);
            state.write(dest as usize, &between);
            Ok(())
        })
    }

    #[sig(n = None, /)]
    fn read(&self, n: &Value, cx: &mut Cx) -> Res<Value> {
        let n = if n.is_none() {
            None
        } else if n.ty().slots.index.get().is_some() {
            usize::try_from(number::index_isize_checked(cx, n, ExcKind::OverflowError)?).ok()
        } else {
            let name = n.type_name();
            return Err(cx.type_error(format!("argument should be integer or None, not '{name}'")));
        };
        self.to_read(cx)?;
        let left = self.look(cx, |state, len| len.saturating_sub(state.position))?;
        let mut out = room(cx, n.map_or(left, |n| n.min(left)))?;
        self.look(cx, |state, len| {
            out.truncate(len.saturating_sub(state.position));
            if !out.is_empty() {
                state.read(state.position, &mut out);
                state.position += out.len();
            }
        })?;
        new_bytes_vec(cx, out)
    }

    fn read_byte(&self, cx: &mut Cx) -> Res<u8> {
        self.to_read(cx)?;
        self.attempt(cx, |state, len| {
            if state.position >= len {
                return Err(No::Range("read byte out of range"));
            }
            let mut byte = [0];
            state.read(state.position, &mut byte);
            state.position += 1;
            Ok(byte[0])
        })
    }

    fn readline(&self, cx: &mut Cx) -> Res<Value> {
        loop {
            let (position, len) = self.look(cx, |state, len| (state.position, len))?;
            let from = position.min(len);
            let block = |cx: &mut Cx, from: usize, n: usize| self.copy(cx, from, n);
            let end = search::first(cx, b"\n", from, len, block)?.map_or(len, |at| at + 1);
            let line = self.copy(cx, from, end - from)?;
            // Unless another thread has read meanwhile.
            let taken = self.look(cx, |state, len| {
                let mine = state.position == position;
                if mine {
                    state.position = (from + line.len()).min(len);
                }
                mine
            })?;
            if taken {
                return new_bytes_vec(cx, line);
            }
            os_call::check_signals(cx)?;
        }
    }

    #[sig(newsize, /)]
    fn resize(&self, newsize: isize, cx: &mut Cx) -> Res<()> {
        self.len_now(cx)?;
        const HELD: &str = "mmap can't resize with extant buffers exported.";
        if let Err(Exported) = self.region.change(&self.head, cx, |_| ()) {
            return Err(cx.buffer_error(HELD));
        }
        if !self.trackfd {
            return Err(cx.value_error("mmap can't resize with trackfd=False."));
        }
        if matches!(self.access, Access::Read | Access::Copy) {
            return Err(cx.type_error("mmap can't resize a readonly or copy-on-write memory map."));
        }
        if newsize < 0 || i64::MAX - self.offset < newsize as i64 {
            return Err(cx.value_error("new size out of range"));
        }
        let file = self.own_file(cx);
        let grows = newsize as usize > self.len_now(cx)?;
        if file.is_none() && self.flags & libc::MAP_PRIVATE == 0 && grows {
            return Err(cx.value_error("mmap: can't expand a shared anonymous mapping"));
        }
        if let Some(file) = &file {
            let end = self.offset + newsize as i64;
            os_call::call(cx, || fs::ftruncate(file.0, end))?;
        }
        let resize = |map: &mut Mapping| map.resize(newsize as usize);
        match self.region.change(&self.head, cx, resize) {
            Ok(Some(done)) => done.map_err(|e| os_call::raise(cx, &e)),
            Ok(None) => Err(closed(cx)),
            Err(Exported) => Err(cx.buffer_error(HELD)),
        }
    }

    #[sig(pos, whence = 0, /)]
    fn seek(&self, pos: isize, whence: i32, cx: &mut Cx) -> Res<usize> {
        self.attempt(cx, |state, len| {
            let from = match whence {
                0 => 0,
                1 => state.position,
                2 => len,
                _ => return Err(No::Range("unknown seek type")),
            };
            match from.checked_add_signed(pos) {
                Some(to) if to <= len => {
                    state.position = to;
                    Ok(to)
                }
                _ => Err(No::Range("seek out of range")),
            }
        })
    }

    fn seekable(&self) -> bool {
        true
    }

    fn size(&self, cx: &mut Cx) -> Res<i64> {
        let len = self.len_now(cx)?;
        match self.own_file(cx) {
            Some(file) => Ok(os_call::call(cx, || fs::fstat(file.0))?.st_size),
            None if self.trackfd => Ok(len as i64),
            None => Err(os_call::raise(
                cx,
                &std::io::Error::from_raw_os_error(libc::EBADF),
            )),
        }
    }

    fn tell(&self, cx: &mut Cx) -> Res<usize> {
        self.look(cx, |state, _| state.position)
    }

    #[sig(bytes, /)]
    fn write(&self, bytes: &Value, cx: &mut Cx) -> Res<usize> {
        let bytes = contents(cx, bytes)?;
        self.len_now(cx)?;
        self.to_write(cx)?;
        self.attempt(cx, |state, len| {
            if len.saturating_sub(state.position) < bytes.len() || state.position > len {
                return Err(No::Range("data out of range"));
            }
            state.write(state.position, &bytes);
            state.position += bytes.len();
            Ok(bytes.len())
        })
    }

    #[sig(byte, /)]
    fn write_byte(&self, byte: u8, cx: &mut Cx) -> Res<()> {
        self.len_now(cx)?;
        self.to_write(cx)?;
        self.attempt(cx, |state, len| {
            if state.position >= len {
                return Err(No::Range("write byte out of range"));
            }
            state.write(state.position, &[byte]);
            state.position += 1;
            Ok(())
        })
    }

    fn __enter__(this: &Value, cx: &mut Cx) -> Res<Value> {
        this_map(cx, this)?.len_now(cx)?;
        Ok(this.clone())
    }

    #[sig(exc_type, exc_value, traceback, /)]
    fn __exit__(
        &self,
        exc_type: &Value,
        exc_value: &Value,
        traceback: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let _ = (exc_type, exc_value, traceback);
        self.close(cx)
    }
}

/// An index counted from the end where it is negative.
fn place(i: isize, len: usize) -> Result<usize, No> {
    let at = if i < 0 { i + len as isize } else { i };
    match usize::try_from(at) {
        Ok(at) if at < len => Ok(at),
        _ => Err(No::Index("mmap index out of range")),
    }
}

#[pymodule(name = "mmap", types(Mmap))]
pub mod module {
    use super::*;

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        os_call::set(cx, module, "error", ExcKind::OSError.ty().value())?;
        let page = os_call::call(cx, || sysconf(libc::_SC_PAGESIZE))?;
        for (n, (name, _)) in Access::NAMED.into_iter().enumerate() {
            os_call::set_constants(cx, module, &[(name, n as i64)])?;
        }
        os_call::set_constants(
            cx,
            module,
            &[
                ("PAGESIZE", page),
                ("ALLOCATIONGRANULARITY", page),
                ("PROT_READ", libc::PROT_READ.into()),
                ("PROT_WRITE", libc::PROT_WRITE.into()),
                ("PROT_EXEC", libc::PROT_EXEC.into()),
                ("MAP_SHARED", libc::MAP_SHARED.into()),
                ("MAP_PRIVATE", libc::MAP_PRIVATE.into()),
                ("MAP_ANON", libc::MAP_ANON.into()),
                ("MAP_ANONYMOUS", libc::MAP_ANONYMOUS.into()),
                ("MAP_DENYWRITE", libc::MAP_DENYWRITE.into()),
                ("MAP_EXECUTABLE", libc::MAP_EXECUTABLE.into()),
                ("MAP_NORESERVE", libc::MAP_NORESERVE.into()),
                ("MAP_POPULATE", libc::MAP_POPULATE.into()),
                ("MAP_STACK", libc::MAP_STACK.into()),
                ("MADV_NORMAL", libc::MADV_NORMAL.into()),
                ("MADV_RANDOM", libc::MADV_RANDOM.into()),
                ("MADV_SEQUENTIAL", libc::MADV_SEQUENTIAL.into()),
                ("MADV_WILLNEED", libc::MADV_WILLNEED.into()),
                ("MADV_DONTNEED", libc::MADV_DONTNEED.into()),
                ("MADV_FREE", libc::MADV_FREE.into()),
                ("MADV_REMOVE", libc::MADV_REMOVE.into()),
                ("MADV_DONTFORK", libc::MADV_DONTFORK.into()),
                ("MADV_DOFORK", libc::MADV_DOFORK.into()),
                ("MADV_HWPOISON", libc::MADV_HWPOISON.into()),
                ("MADV_MERGEABLE", libc::MADV_MERGEABLE.into()),
                ("MADV_UNMERGEABLE", libc::MADV_UNMERGEABLE.into()),
                ("MADV_HUGEPAGE", libc::MADV_HUGEPAGE.into()),
                ("MADV_NOHUGEPAGE", libc::MADV_NOHUGEPAGE.into()),
                ("MADV_DONTDUMP", libc::MADV_DONTDUMP.into()),
                ("MADV_DODUMP", libc::MADV_DODUMP.into()),
            ],
        )
    }
}
