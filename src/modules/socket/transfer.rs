//! Sending and receiving, and the options of a socket.

use super::address::{address_of, to_python};
use super::object::{Ready, Socket};
use crate::os_call;
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::buffer;
use typhon_vm::objects::bytes::{new_bytes, new_bytes_vec};
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::objects::{Tuple, int, list};
use typhon_vm::os::libc;
use typhon_vm::os::socket::{self as sys, Address, Ancillary, Message};
use typhon_vm::protocol;

/// Room for what is to be received.
fn room(cx: &mut Cx, size: isize, method: &str) -> Res<Vec<u8>> {
    let Ok(size) = usize::try_from(size) else {
        return Err(cx.value_error(format!("negative buffersize in {method}")));
    };
    let mut data = Vec::new();
    if data.try_reserve_exact(size).is_err() {
        return Err(cx.memory_error());
    }
    data.resize(size, 0);
    Ok(data)
}

/// How much of a buffer is wanted.
fn wanted(cx: &mut Cx, view: &Buffer, nbytes: isize, method: &str) -> Res<Vec<u8>> {
    let Ok(n) = usize::try_from(nbytes) else {
        return Err(cx.value_error(format!("negative buffersize in {method}")));
    };
    if n > view.len() {
        return Err(cx.value_error("nbytes is greater than the length of the buffer"));
    }
    room(cx, if n == 0 { view.len() } else { n } as isize, method)
}

/// A method that takes flags before an address, either of which may be missing.
fn optional_int(cx: &mut Cx, v: Option<&Value>, default: i32) -> Res<i32> {
    match v {
        Some(v) => <i32 as FromArg>::from_arg(cx, v, At::attribute("flags")),
        None => Ok(default),
    }
}

fn ancillary_of(cx: &mut Cx, v: &Value) -> Res<Vec<Ancillary>> {
    let mut out: Vec<Ancillary> = Vec::new();
    let mut total = 0usize;
    let what = "sendmsg() argument 2 must be an iterable";
    if v.ty().slots.iter.get().is_none() && v.ty().slots.getitem.get().is_none() {
        return Err(cx.type_error(what));
    }
    for item in protocol::collect(cx, v)? {
        let parts = item.downcast::<Tuple>().map(Tuple::items);
        let Some([level, kind, data]) = parts else {
            return Err(cx.type_error("[sendmsg() ancillary data items must be 3-tuples]"));
        };
        let level = number::index_i32(cx, level)?;
        let kind = number::index_i32(cx, kind)?;
        let data = buffer::get(cx, data, false)?.to_vec();
        match sys::ancillary_space(data.len()).and_then(|n| total.checked_add(n)) {
            Some(sum) if sum <= i32::MAX as usize => total = sum,
            _ => {
                return Err(cx.raise(ExcKind::OSError, "ancillary data item too large"));
            }
        }
        out.push((level, kind, data));
    }
    Ok(out)
}

fn ancillary_to_python(cx: &mut Cx, all: &[Ancillary]) -> Res<Value> {
    let mut out = Vec::with_capacity(all.len());
    for (level, kind, data) in all {
        let data = new_bytes(cx, data)?;
        out.push(new_tuple(
            cx,
            vec![Value::small_int(*level), Value::small_int(*kind), data],
        )?);
    }
    list::new_list(cx, out)
}

/// Room for ancillary data.
fn ancillary_room(cx: &mut Cx, size: isize, method: &str) -> Res<usize> {
    match usize::try_from(size) {
        Ok(size) if size <= i32::MAX as usize => Ok(size),
        _ => Err(cx.value_error(format!("invalid ancillary data buffer length in {method}"))),
    }
}

impl Socket {
    fn receive_message(
        &self,
        cx: &mut Cx,
        parts: &mut [Vec<u8>],
        space: usize,
        flags: i32,
    ) -> Res<Message> {
        self.operate(cx, Ready::Read, self.deadline(), |fd| {
            sys::receive_message(fd, parts, space, flags)
        })
    }
}

#[pymethods(part = TRANSFER)]
impl Socket {
    /// recv(buffersize[, flags]) -> data
    ///
    /// Receive up to buffersize bytes from the socket.  For the optional flags
    /// argument, see the Unix manual.  When no data is available, block until
    /// at least one byte is available or until the remote end is closed.  When
    /// the remote end is closed and all data is read, return the empty string.
    #[sig(bufsize, flags = 0, /)]
    #[text_signature(none)]
    fn recv(&self, bufsize: isize, flags: i32, cx: &mut Cx) -> Res<Value> {
        let mut data = room(cx, bufsize, "recv")?;
        let n = self.operate(cx, Ready::Read, self.deadline(), |fd| {
            sys::receive(fd, &mut data, flags)
        })?;
        data.truncate(n);
        new_bytes_vec(cx, data)
    }

    /// recv_into(buffer, [nbytes[, flags]]) -> nbytes_read
    ///
    /// A version of recv() that stores its data into a buffer rather than creating
    /// a new string.  Receive up to buffersize bytes from the socket.  If buffersize
    /// is not specified (or 0), receive up to the size available in the given buffer.
    #[sig(buffer, nbytes = 0, flags = 0)]
    #[text_signature(none)]
    fn recv_into(&self, buffer: &Value, nbytes: isize, flags: i32, cx: &mut Cx) -> Res<usize> {
        let view = buffer::get_writable(cx, buffer, "recv_into")?;
        let mut data = wanted(cx, &view, nbytes, "recv_into")?;
        let n = self.operate(cx, Ready::Read, self.deadline(), |fd| {
            sys::receive(fd, &mut data, flags)
        })?;
        view.write(0, &data[..n]);
        Ok(n)
    }

    /// recvfrom(buffersize[, flags]) -> (data, address info)
    ///
    /// Like recv(buffersize, flags) but also return the sender's address info.
    #[sig(bufsize, flags = 0, /)]
    #[text_signature(none)]
    fn recvfrom(&self, bufsize: isize, flags: i32, cx: &mut Cx) -> Res<(Value, Value)> {
        let mut data = room(cx, bufsize, "recvfrom")?;
        let (n, from) = self.operate(cx, Ready::Read, self.deadline(), |fd| {
            sys::receive_from(fd, &mut data, flags)
        })?;
        data.truncate(n);
        Ok((new_bytes_vec(cx, data)?, to_python(cx, &from)?))
    }

    /// recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)
    ///
    /// Like recv_into(buffer[, nbytes[, flags]]) but also return the sender's address info.
    #[sig(buffer, nbytes = 0, flags = 0)]
    #[text_signature(none)]
    fn recvfrom_into(
        &self,
        buffer: &Value,
        nbytes: isize,
        flags: i32,
        cx: &mut Cx,
    ) -> Res<(usize, Value)> {
        let view = buffer::get_writable(cx, buffer, "recvfrom_into")?;
        let mut data = wanted(cx, &view, nbytes, "recvfrom_into")?;
        let (n, from) = self.operate(cx, Ready::Read, self.deadline(), |fd| {
            sys::receive_from(fd, &mut data, flags)
        })?;
        view.write(0, &data[..n]);
        Ok((n, to_python(cx, &from)?))
    }

    /// recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)
    ///
    /// Receive normal data (up to bufsize bytes) and ancillary data from the
    /// socket.  The ancbufsize argument sets the size in bytes of the
    /// internal buffer used to receive the ancillary data; it defaults to 0,
    /// meaning that no ancillary data will be received.
    #[sig(bufsize, ancbufsize = 0, flags = 0, /)]
    #[text_signature(none)]
    fn recvmsg(
        &self,
        bufsize: isize,
        ancbufsize: isize,
        flags: i32,
        cx: &mut Cx,
    ) -> Res<(Value, Value, i32, Value)> {
        if bufsize < 0 {
            return Err(cx.value_error("negative buffer size in recvmsg()"));
        }
        let mut parts = [room(cx, bufsize, "recvmsg()")?];
        let space = ancillary_room(cx, ancbufsize, "recvmsg()")?;
        let got = self.receive_message(cx, &mut parts, space, flags)?;
        let [mut data] = parts;
        data.truncate(got.bytes);
        let data = new_bytes_vec(cx, data)?;
        let ancillary = ancillary_to_python(cx, &got.ancillary)?;
        let from = to_python(cx, &got.from)?;
        Ok((data, ancillary, got.flags, from))
    }

    /// recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)
    ///
    /// Receive normal data and ancillary data from the socket, scattering the
    /// non-ancillary data into a series of buffers.
    #[sig(buffers, ancbufsize = 0, flags = 0, /)]
    #[text_signature(none)]
    fn recvmsg_into(
        &self,
        buffers: &Value,
        ancbufsize: isize,
        flags: i32,
        cx: &mut Cx,
    ) -> Res<(usize, Value, i32, Value)> {
        let what = "recvmsg_into() argument 1 must be an iterable";
        if buffers.ty().slots.iter.get().is_none() && buffers.ty().slots.getitem.get().is_none() {
            return Err(cx.type_error(what));
        }
        let mut views = Vec::new();
        let mut parts = Vec::new();
        for v in protocol::collect(cx, buffers)? {
            let view = buffer::get_writable(cx, &v, "recvmsg_into")?;
            parts.push(room(cx, view.len() as isize, "recvmsg_into()")?);
            views.push(view);
        }
        let space = ancillary_room(cx, ancbufsize, "recvmsg_into()")?;
        let got = self.receive_message(cx, &mut parts, space, flags)?;
        let mut left = got.bytes;
        for (view, part) in views.iter().zip(&parts) {
            let n = left.min(part.len());
            view.write(0, &part[..n]);
            left -= n;
        }
        let ancillary = ancillary_to_python(cx, &got.ancillary)?;
        let from = to_python(cx, &got.from)?;
        Ok((got.bytes, ancillary, got.flags, from))
    }

    /// send(data[, flags]) -> count
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  Return the number of bytes
    /// sent; this may be less than len(data) if the network is busy.
    #[sig(data, flags = 0, /)]
    #[text_signature(none)]
    fn send(&self, data: &Value, flags: i32, cx: &mut Cx) -> Res<usize> {
        let view = buffer::get(cx, data, false)?;
        let bytes = view.contents();
        self.operate(cx, Ready::Write, self.deadline(), |fd| {
            sys::send(fd, &bytes, flags)
        })
    }

    /// sendall(data[, flags])
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  This calls send() repeatedly
    /// until all data is sent.  If an error occurs, it's impossible
    /// to tell how much data has been sent.
    #[sig(data, flags = 0, /)]
    #[text_signature(none)]
    fn sendall(&self, data: &Value, flags: i32, cx: &mut Cx) -> Res<()> {
        let view = buffer::get(cx, data, false)?;
        let bytes = view.contents();
        let deadline = self.deadline();
        let mut sent = 0;
        while sent < bytes.len() {
            sent += self.operate(cx, Ready::Write, deadline, |fd| {
                sys::send(fd, &bytes[sent..], flags)
            })?;
            os_call::check_signals(cx)?;
        }
        Ok(())
    }

    /// sendto(data[, flags], address) -> count
    ///
    /// Like send(data, flags) but allows specifying the destination address.
    /// For IP sockets, the address is a pair (hostaddr, port).
    #[text_signature(none)]
    fn sendto(&self, args: Args<'_>, cx: &mut Cx) -> Res<usize> {
        args.no_keywords(cx, "socket.sendto")?;
        let (data, flags, address) = match args.pos {
            [data, address] => (data, None, address),
            [data, flags, address] => (data, Some(flags), address),
            other => {
                let n = other.len();
                return Err(cx.type_error(format!("sendto() takes 2 or 3 arguments ({n} given)")));
            }
        };
        let view = buffer::get(cx, data, false)?;
        let flags = optional_int(cx, flags, 0)?;
        let address = address_of(cx, self.address_family(), address, "sendto")?;
        let bytes = view.contents();
        self.operate(cx, Ready::Write, self.deadline(), |fd| {
            sys::send_to(fd, &bytes, flags, &address)
        })
    }

    /// sendmsg(buffers[, ancdata[, flags[, address]]]) -> count
    ///
    /// Send normal and ancillary data to the socket, gathering the
    /// non-ancillary data from a series of buffers and concatenating it into
    /// a single message.
    #[sig(buffers, ancdata = absent, flags = 0, address = None, /)]
    #[text_signature(none)]
    fn sendmsg(
        &self,
        buffers: &Value,
        ancdata: Option<&Value>,
        flags: i32,
        address: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        let what = "sendmsg() argument 1 must be an iterable";
        if buffers.ty().slots.iter.get().is_none() && buffers.ty().slots.getitem.get().is_none() {
            return Err(cx.type_error(what));
        }
        let mut views = Vec::new();
        for v in protocol::collect(cx, buffers)? {
            views.push(buffer::get(cx, &v, false)?);
        }
        let ancillary = match ancdata {
            Some(v) => ancillary_of(cx, v)?,
            None => Vec::new(),
        };
        let to = match address {
            Some(v) => address_of(cx, self.address_family(), v, "sendmsg")?,
            None => Address::None,
        };
        let contents: Vec<_> = views.iter().map(Buffer::contents).collect();
        let parts: Vec<&[u8]> = contents.iter().map(|part| &**part).collect();
        self.operate(cx, Ready::Write, self.deadline(), |fd| {
            sys::send_message(fd, &parts, &ancillary, flags, &to)
        })
    }
}

#[pymethods(part = OPTIONS)]
impl Socket {
    /// getsockopt(level, option[, buffersize]) -> value
    ///
    /// Get a socket option.  See the Unix manual for level and option.
    /// If a nonzero buffersize argument is given, the return value is a
    /// string of that length; otherwise it is an integer.
    #[sig(level, option, buffersize = 0, /)]
    #[text_signature(none)]
    fn getsockopt(&self, level: i32, option: i32, buffersize: i32, cx: &mut Cx) -> Res<Value> {
        let fd = self.descriptor();
        if buffersize == 0 {
            return os_call::call(cx, || sys::option_int(fd, level, option))?.into_value(cx);
        }
        let Some(size) = usize::try_from(buffersize).ok().filter(|&n| n <= 1024) else {
            return Err(cx.raise(ExcKind::OSError, "getsockopt buflen out of range"));
        };
        let mut data = vec![0; size];
        let n = os_call::call(cx, || sys::option(fd, level, option, &mut data))?;
        new_bytes(cx, &data[..n.min(size)])
    }

    /// setsockopt(level, option, value: int)
    /// setsockopt(level, option, value: buffer)
    /// setsockopt(level, option, None, optlen: int)
    ///
    /// Set a socket option.  See the Unix manual for level and option.
    /// The value argument can either be an integer, a string buffer, or
    /// None, optlen.
    #[sig(level, option, value, optlen = absent, /)]
    #[text_signature(none)]
    fn setsockopt(
        &self,
        level: i32,
        option: i32,
        value: &Value,
        optlen: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        let fd = self.descriptor();
        if value.is_none() {
            let Some(len) = optlen else {
                return Err(cx.type_error(
                    "socket.setsockopt() requires 4 arguments when the third argument is None",
                ));
            };
            let len = <u32 as FromArg>::from_arg(cx, len, At::attribute("optlen"))?;
            return os_call::call(cx, || sys::set_option_len(fd, level, option, len));
        }
        if optlen.is_some() {
            return Err(cx.type_error(
                "socket.setsockopt() only takes 4 arguments when the third argument is None",
            ));
        }
        let data = if int::as_int(value).is_some() {
            number::index_i32(cx, value)?.to_ne_bytes().to_vec()
        } else {
            buffer::get(cx, value, false)?.to_vec()
        };
        os_call::call(cx, || sys::set_option(fd, level, option, &data))
    }
}

/// How much room ancillary data of a length takes.
pub fn space(cx: &mut Cx, length: isize, of: fn(usize) -> Option<usize>, name: &str) -> Res<usize> {
    match usize::try_from(length).ok().and_then(of) {
        Some(n) => Ok(n),
        None => Err(cx.overflow_error(format!("{name}() argument out of range"))),
    }
}

const _: () = assert!(
    libc::SOCK_CLOEXEC != 0,
    "sockets are made non-inheritable in one step"
);
