//! Names of hosts, services, protocols and interfaces.

use super::check;
use super::socket::{Address, Raw};
use std::ffi::{CStr, CString};
use std::io;
use std::ptr;
use std::sync::Mutex;

/// One answer of `addresses`.
pub struct Info {
    pub family: i32,
    pub kind: i32,
    pub protocol: i32,
    pub canonical: Option<Vec<u8>>,
    pub address: Address,
}

/// What to look for.
#[derive(Clone, Copy, Default)]
pub struct Hints {
    pub family: i32,
    pub kind: i32,
    pub protocol: i32,
    pub flags: i32,
}

/// Why a lookup failed.
pub enum Failure {
    /// One of the `EAI_` numbers.
    Lookup(i32),
    System(io::Error),
}

fn failure(code: i32) -> Failure {
    if code == libc::EAI_SYSTEM {
        Failure::System(io::Error::last_os_error())
    } else {
        Failure::Lookup(code)
    }
}

/// The text of an `EAI_` number.
pub fn lookup_error(code: i32) -> String {
    // SAFETY: gives a terminated text that lives for ever.
    unsafe { CStr::from_ptr(libc::gai_strerror(code)) }
        .to_string_lossy()
        .into_owned()
}

/// `getaddrinfo`.
pub fn addresses(
    host: Option<&CStr>,
    service: Option<&CStr>,
    hints: Hints,
) -> Result<Vec<Info>, Failure> {
    // SAFETY: a structure of numbers and pointers, for which zero is a value.
    let mut wanted: libc::addrinfo = unsafe { std::mem::zeroed() };
    wanted.ai_family = hints.family;
    wanted.ai_socktype = hints.kind;
    wanted.ai_protocol = hints.protocol;
    wanted.ai_flags = hints.flags;
    let mut first = ptr::null_mut();
    let text = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: terminated texts or null; the list is freed below.
    let code =
        unsafe { libc::getaddrinfo(text(host), text(service), &raw const wanted, &raw mut first) };
    if code != 0 {
        return Err(failure(code));
    }
    let mut out = Vec::new();
    let mut at = first;
    while !at.is_null() {
        // SAFETY: an element of the list, which lives until `freeaddrinfo`; its address has the length it says.
        unsafe {
            let info = &*at;
            let mut raw = Raw::empty();
            let len = (info.ai_addrlen as usize).min(raw.len as usize);
            raw.as_mut_ptr()
                .cast::<u8>()
                .copy_from_nonoverlapping(info.ai_addr.cast(), len);
            raw.len = len as libc::socklen_t;
            let canonical = (!info.ai_canonname.is_null())
                .then(|| CStr::from_ptr(info.ai_canonname).to_bytes().to_vec());
            out.push(Info {
                family: info.ai_family,
                kind: info.ai_socktype,
                protocol: info.ai_protocol,
                canonical,
                address: raw.address(),
            });
            at = info.ai_next;
        }
    }
    // SAFETY: the list that `getaddrinfo` gave.
    unsafe { libc::freeaddrinfo(first) };
    Ok(out)
}

/// `getnameinfo`: host and service.
pub fn names(address: &Address, flags: i32) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let raw = Raw::from_address(address).map_err(Failure::System)?;
    let (mut host, mut service) = ([0 as libc::c_char; 1025], [0 as libc::c_char; 32]);
    // SAFETY: an address and its length; writes terminated texts into the arrays.
    unsafe {
        let code = libc::getnameinfo(
            raw.as_ptr(),
            raw.len,
            host.as_mut_ptr(),
            host.len() as libc::socklen_t,
            service.as_mut_ptr(),
            service.len() as libc::socklen_t,
            flags,
        );
        if code != 0 {
            return Err(failure(code));
        }
        let text = |p: *const libc::c_char| CStr::from_ptr(p).to_bytes().to_vec();
        Ok((text(host.as_ptr()), text(service.as_ptr())))
    }
}

pub fn host_name() -> io::Result<Vec<u8>> {
    let mut name = [0u8; 1024];
    // SAFETY: writes at most the array's length.
    check(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) })?;
    let end = name.iter().position(|&c| c == 0).unwrap_or(name.len());
    Ok(name[..end].to_vec())
}

pub fn set_host_name(name: &[u8]) -> io::Result<()> {
    // SAFETY: reads the slice.
    check(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) }).map(drop)
}

/// The databases below answer in memory that the next question overwrites.
static DATABASES: Mutex<()> = Mutex::new(());

fn asking() -> std::sync::MutexGuard<'static, ()> {
    // Nothing panics while asking.
    DATABASES
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn or_null(text: Option<&CStr>) -> *const libc::c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

/// The port of a service.
pub fn service_port(name: &CStr, protocol: Option<&CStr>) -> Option<u16> {
    let _asking = asking();
    // SAFETY: terminated texts; the answer is read before the next question.
    unsafe {
        let found = libc::getservbyname(name.as_ptr(), or_null(protocol));
        (!found.is_null()).then(|| u16::from_be((*found).s_port as u16))
    }
}

/// The service of a port.
pub fn service_name(port: u16, protocol: Option<&CStr>) -> Option<CString> {
    let _asking = asking();
    // SAFETY: a terminated text or null; the answer is copied before the next question.
    unsafe {
        let found = libc::getservbyport(i32::from(port.to_be()), or_null(protocol));
        (!found.is_null()).then(|| CStr::from_ptr((*found).s_name).to_owned())
    }
}

/// The number of a protocol.
pub fn protocol_number(name: &CStr) -> Option<i32> {
    let _asking = asking();
    // SAFETY: a terminated text; the answer is read before the next question.
    unsafe {
        let found = libc::getprotobyname(name.as_ptr());
        (!found.is_null()).then(|| (*found).p_proto)
    }
}

pub fn interfaces() -> io::Result<Vec<(u32, Vec<u8>)>> {
    let mut out = Vec::new();
    // SAFETY: a list that ends with a zero index, freed after its names are copied.
    unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            return Err(io::Error::last_os_error());
        }
        let mut at = list;
        while (*at).if_index != 0 && !(*at).if_name.is_null() {
            out.push((
                (*at).if_index,
                CStr::from_ptr((*at).if_name).to_bytes().to_vec(),
            ));
            at = at.add(1);
        }
        libc::if_freenameindex(list);
    }
    Ok(out)
}

pub fn interface_index(name: &CStr) -> Option<u32> {
    // SAFETY: a terminated text.
    Some(unsafe { libc::if_nametoindex(name.as_ptr()) }).filter(|&n| n != 0)
}

pub fn interface_name(index: u32) -> io::Result<Vec<u8>> {
    let mut name = [0 as libc::c_char; libc::IF_NAMESIZE];
    // SAFETY: writes a terminated text of at most that many bytes.
    unsafe {
        if libc::if_indextoname(index, name.as_mut_ptr()).is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(CStr::from_ptr(name.as_ptr()).to_bytes().to_vec())
    }
}
