//! Sockets: addresses as Rust values, and the calls that take or give them. `names.rs` has the lookups.

use super::fs::Fd;
use super::{check, check_size};
use std::io;
use std::mem::{MaybeUninit, offset_of, size_of};

/// Where a socket is, or its peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// None was given, as for the sender on a connected stream.
    None,
    V4 {
        host: [u8; 4],
        port: u16,
    },
    V6 {
        host: [u8; 16],
        port: u16,
        flow: u32,
        scope: u32,
    },
    /// A path; an abstract name begins with a null byte.
    Unix(Vec<u8>),
    Netlink {
        pid: u32,
        groups: u32,
    },
    /// Of a family not known here.
    Other {
        family: i32,
        data: Vec<u8>,
    },
}

/// The longest path of a Unix address.
pub const UNIX_PATH: usize =
    size_of::<libc::sockaddr_un>() - offset_of!(libc::sockaddr_un, sun_path);

/// An address as the kernel has it.
pub(super) struct Raw {
    pub storage: libc::sockaddr_storage,
    pub len: libc::socklen_t,
}

impl Raw {
    pub fn empty() -> Raw {
        Raw {
            // SAFETY: a structure of numbers, for which zero is a value.
            storage: unsafe { MaybeUninit::zeroed().assume_init() },
            len: size_of::<libc::sockaddr_storage>() as libc::socklen_t,
        }
    }

    fn of<T: Copy>(value: T, len: usize) -> Raw {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        let mut raw = Raw::empty();
        // SAFETY: the storage is large enough for every kind of address and aligned for all of them.
        unsafe { (&raw mut raw.storage).cast::<T>().write(value) };
        raw.len = len as libc::socklen_t;
        raw
    }

    fn read<T: Copy>(&self) -> T {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        // SAFETY: within the storage, which is initialized whole; `T` is one of libc's address structures, all numbers.
        unsafe { (&raw const self.storage).cast::<T>().read() }
    }

    pub fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    pub fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    pub fn from_address(address: &Address) -> io::Result<Raw> {
        Ok(match address {
            Address::None => Raw {
                len: 0,
                ..Raw::empty()
            },
            Address::V4 { host, port } => {
                let raw = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: port.to_be(),
                    sin_addr: libc::in_addr {
                        s_addr: u32::from_ne_bytes(*host),
                    },
                    sin_zero: [0; 8],
                };
                Raw::of(raw, size_of::<libc::sockaddr_in>())
            }
            Address::V6 {
                host,
                port,
                flow,
                scope,
            } => {
                let raw = libc::sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as libc::sa_family_t,
                    sin6_port: port.to_be(),
                    sin6_flowinfo: flow.to_be(),
                    sin6_addr: libc::in6_addr { s6_addr: *host },
                    sin6_scope_id: *scope,
                };
                Raw::of(raw, size_of::<libc::sockaddr_in6>())
            }
            Address::Unix(path) => {
                let mut raw = libc::sockaddr_un {
                    sun_family: libc::AF_UNIX as libc::sa_family_t,
                    sun_path: [0; UNIX_PATH],
                };
                // A path ends with a null byte, an abstract name with its length.
                let is_abstract = path.first() == Some(&0);
                let room = if is_abstract {
                    UNIX_PATH
                } else {
                    UNIX_PATH - 1
                };
                if path.len() > room {
                    return Err(io::Error::from(io::ErrorKind::InvalidInput));
                }
                for (to, from) in raw.sun_path.iter_mut().zip(path) {
                    *to = *from as libc::c_char;
                }
                let end = path.len() + usize::from(!is_abstract && !path.is_empty());
                Raw::of(raw, offset_of!(libc::sockaddr_un, sun_path) + end)
            }
            Address::Netlink { pid, groups } => {
                // SAFETY: a structure of numbers, for which zero is a value.
                let mut raw: libc::sockaddr_nl = unsafe { MaybeUninit::zeroed().assume_init() };
                raw.nl_family = libc::AF_NETLINK as libc::sa_family_t;
                raw.nl_pid = *pid;
                raw.nl_groups = *groups;
                Raw::of(raw, size_of::<libc::sockaddr_nl>())
            }
            Address::Other { .. } => return Err(io::Error::from(io::ErrorKind::Unsupported)),
        })
    }

    pub fn address(&self) -> Address {
        let len = (self.len as usize).min(size_of::<libc::sockaddr_storage>());
        if len < size_of::<libc::sa_family_t>() {
            return Address::None;
        }
        match i32::from(self.storage.ss_family) {
            libc::AF_INET => {
                let raw: libc::sockaddr_in = self.read();
                Address::V4 {
                    host: raw.sin_addr.s_addr.to_ne_bytes(),
                    port: u16::from_be(raw.sin_port),
                }
            }
            libc::AF_INET6 => {
                let raw: libc::sockaddr_in6 = self.read();
                Address::V6 {
                    host: raw.sin6_addr.s6_addr,
                    port: u16::from_be(raw.sin6_port),
                    flow: u32::from_be(raw.sin6_flowinfo),
                    scope: raw.sin6_scope_id,
                }
            }
            libc::AF_UNIX => {
                let raw: libc::sockaddr_un = self.read();
                let used = len.saturating_sub(offset_of!(libc::sockaddr_un, sun_path));
                let mut path: Vec<u8> = raw.sun_path[..used.min(UNIX_PATH)]
                    .iter()
                    .map(|&c| c as u8)
                    .collect();
                if path.first() != Some(&0) {
                    let end = path.iter().position(|&c| c == 0).unwrap_or(path.len());
                    path.truncate(end);
                }
                Address::Unix(path)
            }
            libc::AF_NETLINK => {
                let raw: libc::sockaddr_nl = self.read();
                Address::Netlink {
                    pid: raw.nl_pid,
                    groups: raw.nl_groups,
                }
            }
            family => {
                let bytes: [u8; size_of::<libc::sockaddr_storage>()] = self.read();
                Address::Other {
                    family,
                    data: bytes[size_of::<libc::sa_family_t>()..len].to_vec(),
                }
            }
        }
    }
}

pub fn socket(family: i32, kind: i32, protocol: i32) -> io::Result<Fd> {
    // SAFETY: numbers only.
    check(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })
}

pub fn socketpair(family: i32, kind: i32, protocol: i32) -> io::Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    let kind = kind | libc::SOCK_CLOEXEC;
    // SAFETY: writes two numbers.
    check(unsafe { libc::socketpair(family, kind, protocol, ends.as_mut_ptr()) })?;
    Ok((ends[0], ends[1]))
}

pub fn bind(fd: Fd, address: &Address) -> io::Result<()> {
    let raw = Raw::from_address(address)?;
    // SAFETY: an address and its length.
    check(unsafe { libc::bind(fd, raw.as_ptr(), raw.len) }).map(drop)
}

pub fn connect(fd: Fd, address: &Address) -> io::Result<()> {
    let raw = Raw::from_address(address)?;
    // SAFETY: an address and its length.
    check(unsafe { libc::connect(fd, raw.as_ptr(), raw.len) }).map(drop)
}

pub fn listen(fd: Fd, backlog: i32) -> io::Result<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::listen(fd, backlog) }).map(drop)
}

pub fn accept(fd: Fd) -> io::Result<(Fd, Address)> {
    let mut raw = Raw::empty();
    let len = &raw mut raw.len;
    // SAFETY: room for an address, and its length.
    let new = check(unsafe { libc::accept4(fd, raw.as_mut_ptr(), len, libc::SOCK_CLOEXEC) })?;
    Ok((new, raw.address()))
}

pub fn shutdown(fd: Fd, how: i32) -> io::Result<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::shutdown(fd, how) }).map(drop)
}

pub fn own_address(fd: Fd) -> io::Result<Address> {
    let mut raw = Raw::empty();
    let len = &raw mut raw.len;
    // SAFETY: room for an address, and its length.
    check(unsafe { libc::getsockname(fd, raw.as_mut_ptr(), len) })?;
    Ok(raw.address())
}

pub fn peer_address(fd: Fd) -> io::Result<Address> {
    let mut raw = Raw::empty();
    let len = &raw mut raw.len;
    // SAFETY: room for an address, and its length.
    check(unsafe { libc::getpeername(fd, raw.as_mut_ptr(), len) })?;
    Ok(raw.address())
}

pub fn receive(fd: Fd, to: &mut [u8], flags: i32) -> io::Result<usize> {
    // SAFETY: writes at most the slice's length.
    check_size(unsafe { libc::recv(fd, to.as_mut_ptr().cast(), to.len(), flags) })
}

pub fn receive_from(fd: Fd, to: &mut [u8], flags: i32) -> io::Result<(usize, Address)> {
    let mut raw = Raw::empty();
    // The kernel leaves the length alone when there is no sender to name.
    let mut len = raw.len;
    // SAFETY: writes at most the slice's length, and an address into the room for it.
    let got = check_size(unsafe {
        libc::recvfrom(
            fd,
            to.as_mut_ptr().cast(),
            to.len(),
            flags,
            raw.as_mut_ptr(),
            &raw mut len,
        )
    })?;
    raw.len = if raw.storage.ss_family == 0 { 0 } else { len };
    Ok((got, raw.address()))
}

pub fn send(fd: Fd, from: &[u8], flags: i32) -> io::Result<usize> {
    // SAFETY: reads the slice. A broken pipe is an error, not a signal.
    check_size(unsafe {
        libc::send(
            fd,
            from.as_ptr().cast(),
            from.len(),
            flags | libc::MSG_NOSIGNAL,
        )
    })
}

pub fn send_to(fd: Fd, from: &[u8], flags: i32, to: &Address) -> io::Result<usize> {
    let raw = Raw::from_address(to)?;
    // SAFETY: reads the slice, and an address of its length.
    check_size(unsafe {
        libc::sendto(
            fd,
            from.as_ptr().cast(),
            from.len(),
            flags | libc::MSG_NOSIGNAL,
            raw.as_ptr(),
            raw.len,
        )
    })
}

/// A piece of ancillary data: level, type, bytes.
pub type Ancillary = (i32, i32, Vec<u8>);

/// `CMSG_LEN`, None when it does not fit.
pub fn ancillary_len(data: usize) -> Option<usize> {
    let limit = i32::MAX as usize - (size_of::<libc::cmsghdr>() + 8);
    // SAFETY: arithmetic.
    (data <= limit).then(|| unsafe { libc::CMSG_LEN(data as u32) } as usize)
}

/// `CMSG_SPACE`, None when it does not fit.
pub fn ancillary_space(data: usize) -> Option<usize> {
    let limit = i32::MAX as usize - 2 * (size_of::<libc::cmsghdr>() + 8);
    // SAFETY: arithmetic.
    (data <= limit).then(|| unsafe { libc::CMSG_SPACE(data as u32) } as usize)
}

/// Memory for ancillary data, aligned as its headers want it.
fn control(bytes: usize) -> Vec<u64> {
    vec![0; bytes.div_ceil(8)]
}

pub fn send_message(
    fd: Fd,
    parts: &[&[u8]],
    ancillary: &[Ancillary],
    flags: i32,
    to: &Address,
) -> io::Result<usize> {
    let raw = Raw::from_address(to)?;
    let vectors: Vec<libc::iovec> = parts
        .iter()
        .map(|part| libc::iovec {
            iov_base: part.as_ptr().cast_mut().cast(),
            iov_len: part.len(),
        })
        .collect();
    let space: usize = ancillary
        .iter()
        .map(|(_, _, data)| ancillary_space(data.len()).unwrap_or(0))
        .sum();
    let mut control = control(space);
    // SAFETY: a structure of numbers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    if *to != Address::None {
        message.msg_name = raw.as_ptr().cast_mut().cast();
        message.msg_namelen = raw.len;
    }
    message.msg_iov = vectors.as_ptr().cast_mut();
    message.msg_iovlen = vectors.len() as _;
    if space > 0 {
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = space as _;
    }
    // SAFETY: headers and data are written within the control memory, whose size is the sum of their spaces; `vectors`,
    // `raw` and `control` outlive the call, which only reads them.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(&raw const message);
        for (level, kind, data) in ancillary {
            if header.is_null() {
                return Err(io::Error::from_raw_os_error(libc::EINVAL));
            }
            (*header).cmsg_level = *level;
            (*header).cmsg_type = *kind;
            (*header).cmsg_len = libc::CMSG_LEN(data.len() as u32) as _;
            libc::CMSG_DATA(header).copy_from_nonoverlapping(data.as_ptr(), data.len());
            header = libc::CMSG_NXTHDR(&raw const message, header);
        }
        check_size(libc::sendmsg(
            fd,
            &raw const message,
            flags | libc::MSG_NOSIGNAL,
        ))
    }
}

/// What `receive_message` got besides the bytes.
pub struct Message {
    pub bytes: usize,
    pub ancillary: Vec<Ancillary>,
    pub flags: i32,
    pub from: Address,
}

pub fn receive_message(
    fd: Fd,
    parts: &mut [Vec<u8>],
    space: usize,
    flags: i32,
) -> io::Result<Message> {
    let mut raw = Raw::empty();
    let mut vectors: Vec<libc::iovec> = parts
        .iter_mut()
        .map(|part| libc::iovec {
            iov_base: part.as_mut_ptr().cast(),
            iov_len: part.len(),
        })
        .collect();
    let mut control = control(space);
    // SAFETY: a structure of numbers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_name = raw.as_mut_ptr().cast();
    message.msg_namelen = raw.len;
    message.msg_iov = vectors.as_mut_ptr();
    message.msg_iovlen = vectors.len() as _;
    if space > 0 {
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = space as _;
    }
    // SAFETY: all memory named by the message outlives the call and is as large as said.
    let bytes =
        check_size(unsafe { libc::recvmsg(fd, &raw mut message, flags | libc::MSG_CMSG_CLOEXEC) })?;
    raw.len = message.msg_namelen;
    let mut ancillary = Vec::new();
    let end = control.as_ptr() as usize + message.msg_controllen;
    // SAFETY: the kernel wrote whole headers; a last one may have been cut, so its data is taken up to the end only.
    unsafe {
        let mut header = if space > 0 {
            libc::CMSG_FIRSTHDR(&raw const message)
        } else {
            std::ptr::null_mut()
        };
        while !header.is_null() {
            let data = libc::CMSG_DATA(header);
            let start = data as usize - header as usize;
            let wanted = ((*header).cmsg_len as usize).saturating_sub(start);
            let length = wanted.min(end.saturating_sub(data as usize));
            let mut copy = vec![0; length];
            copy.as_mut_ptr().copy_from_nonoverlapping(data, length);
            ancillary.push(((*header).cmsg_level, (*header).cmsg_type, copy));
            header = libc::CMSG_NXTHDR(&raw const message, header);
        }
    }
    Ok(Message {
        bytes,
        ancillary,
        flags: message.msg_flags,
        from: raw.address(),
    })
}

/// The number of bytes of the option written.
pub fn option(fd: Fd, level: i32, name: i32, to: &mut [u8]) -> io::Result<usize> {
    let mut len = to.len() as libc::socklen_t;
    // SAFETY: writes at most the slice's length.
    check(unsafe { libc::getsockopt(fd, level, name, to.as_mut_ptr().cast(), &raw mut len) })?;
    Ok(len as usize)
}

pub fn option_int(fd: Fd, level: i32, name: i32) -> io::Result<i32> {
    let mut bytes = [0; 4];
    option(fd, level, name, &mut bytes)?;
    Ok(i32::from_ne_bytes(bytes))
}

pub fn set_option(fd: Fd, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    let len = value.len() as libc::socklen_t;
    // SAFETY: reads the slice.
    check(unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), len) }).map(drop)
}

/// An option without a value, whose length alone counts.
pub fn set_option_len(fd: Fd, level: i32, name: i32, len: u32) -> io::Result<()> {
    // SAFETY: a null pointer; the kernel answers EFAULT where it wants a value.
    check(unsafe { libc::setsockopt(fd, level, name, std::ptr::null(), len) }).map(drop)
}

pub fn set_nonblocking(fd: Fd, on: bool) -> io::Result<()> {
    let mut on = libc::c_int::from(on);
    // SAFETY: reads one number.
    check(unsafe { libc::ioctl(fd, libc::FIONBIO, &raw mut on) }).map(drop)
}
