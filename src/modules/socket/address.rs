//! Addresses between Python and the kernel.

use super::lookup::raise_lookup;
use std::ffi::CString;
use std::net::{Ipv4Addr, Ipv6Addr};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::buffer;
use typhon_vm::objects::bytes::{Bytes, new_bytes};
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::objects::{Bytearray, Tuple};
use typhon_vm::os::libc;
use typhon_vm::os::names::{self, Hints};
use typhon_vm::os::socket::{Address, UNIX_PATH};
use typhon_vm::protocol;

/// The dotted text of an IPv4 host.
pub fn v4_text(host: [u8; 4]) -> String {
    Ipv4Addr::from(host).to_string()
}

/// The text of an IPv6 host, as the C library writes it.
pub fn v6_text(host: [u8; 16]) -> String {
    if host[..12] == [0; 12] && host[12..14] != [0, 0] {
        let last = [host[12], host[13], host[14], host[15]];
        return format!("::{}", v4_text(last));
    }
    Ipv6Addr::from(host).to_string()
}

/// An address as Python sees it.
pub fn to_python(cx: &mut Cx, address: &Address) -> Res<Value> {
    match address {
        Address::None => Ok(Value::none()),
        Address::V4 { host, port } => {
            let host = new_str(cx, &v4_text(*host))?;
            new_tuple(cx, vec![host, Value::small_int(i32::from(*port))])
        }
        Address::V6 {
            host,
            port,
            flow,
            scope,
        } => {
            let host = new_str(cx, &v6_text(*host))?;
            let (flow, scope) = (flow.into_value(cx)?, scope.into_value(cx)?);
            let port = Value::small_int(i32::from(*port));
            new_tuple(cx, vec![host, port, flow, scope])
        }
        Address::Unix(path) if path.first() == Some(&0) => new_bytes(cx, path),
        Address::Unix(path) => crate::os_call::decode_name(cx, path),
        Address::Netlink { pid, groups } => {
            let items = vec![pid.into_value(cx)?, groups.into_value(cx)?];
            new_tuple(cx, items)
        }
        Address::Other { family, data } => {
            let data = new_bytes(cx, data)?;
            new_tuple(cx, vec![Value::small_int(*family), data])
        }
    }
}

/// The bytes of a host's name; `str` that is not ASCII is encoded as IDNA.
pub fn host_bytes(cx: &mut Cx, v: &Value) -> Res<Vec<u8>> {
    let data = if let Some(s) = v.downcast::<Str>() {
        match s.as_ascii() {
            Some(text) => text.as_bytes().to_vec(),
            None => {
                let codec = new_str(cx, "idna")?;
                let made = protocol::call_method(cx, v, "encode", &[codec])?;
                made.downcast::<Bytes>()
                    .map(|b| b.as_slice().to_vec())
                    .unwrap_or_default()
            }
        }
    } else if let Some(b) = v.downcast::<Bytes>() {
        b.as_slice().to_vec()
    } else if let Some(b) = v.downcast::<Bytearray>() {
        b.to_vec(cx)
    } else {
        let name = v.type_name();
        return Err(cx.type_error(format!("str, bytes or bytearray expected, not {name}")));
    };
    if data.contains(&0) {
        return Err(cx.type_error("host name must not contain null character"));
    }
    Ok(data)
}

/// The first address of a host in a family.
pub fn resolve(cx: &mut Cx, family: i32, host: &[u8]) -> Res<Address> {
    let os_error = |cx: &mut Cx, text: &str| cx.raise(ExcKind::OSError, text);
    if host.is_empty() {
        return match family {
            libc::AF_INET6 => Ok(Address::V6 {
                host: [0; 16],
                port: 0,
                flow: 0,
                scope: 0,
            }),
            _ => Ok(Address::V4 {
                host: [0; 4],
                port: 0,
            }),
        };
    }
    if host == b"<broadcast>" || host == b"255.255.255.255" {
        if family != libc::AF_INET && family != libc::AF_UNSPEC {
            return Err(os_error(cx, "address family mismatched"));
        }
        return Ok(Address::V4 {
            host: [255; 4],
            port: 0,
        });
    }
    let text = std::str::from_utf8(host).unwrap_or_default();
    if matches!(family, libc::AF_INET | libc::AF_UNSPEC)
        && let Ok(host) = text.parse::<Ipv4Addr>()
    {
        return Ok(Address::V4 {
            host: host.octets(),
            port: 0,
        });
    }
    if matches!(family, libc::AF_INET6 | libc::AF_UNSPEC)
        && let Ok(host) = text.parse::<Ipv6Addr>()
    {
        return Ok(Address::V6 {
            host: host.octets(),
            port: 0,
            flow: 0,
            scope: 0,
        });
    }
    // The caller has looked for null bytes.
    let name = CString::new(host).unwrap_or_default();
    let hints = Hints {
        family,
        ..Hints::default()
    };
    let found = cx
        .thread
        .detach(|| names::addresses(Some(&name), None, hints));
    match found {
        Ok(all) => match all.into_iter().next() {
            Some(info) => Ok(info.address),
            None => Err(raise_lookup(cx, names::Failure::Lookup(libc::EAI_NONAME))),
        },
        Err(failure) => Err(raise_lookup(cx, failure)),
    }
}

fn port_of(cx: &mut Cx, v: &Value, function: &str) -> Res<u16> {
    let port = number::index_isize(cx, v)?;
    u16::try_from(port)
        .map_err(|_| cx.overflow_error(format!("{function}(): port must be 0-65535.")))
}

/// The items of an address that must be a tuple.
fn items<'a>(cx: &mut Cx, v: &'a Value, function: &str, family: &str) -> Res<&'a [Value]> {
    match v.downcast::<Tuple>() {
        Some(t) => Ok(t.items()),
        None => {
            let name = v.type_name();
            Err(cx.type_error(format!(
                "{function}(): {family} address must be tuple, not {name}"
            )))
        }
    }
}

fn unix_path(cx: &mut Cx, v: &Value) -> Res<Address> {
    let path = if v.downcast::<Str>().is_some() {
        crate::os_call::encode_name(cx, v)?
    } else {
        buffer::get(cx, v, false)?.to_vec()
    };
    let room = if path.first() == Some(&0) {
        UNIX_PATH
    } else {
        UNIX_PATH - 1
    };
    if path.len() > room {
        return Err(cx.raise(ExcKind::OSError, "AF_UNIX path too long"));
    }
    Ok(Address::Unix(path))
}

/// The address that a Python object means for a socket of a family. May look up names.
pub fn address_of(cx: &mut Cx, family: i32, v: &Value, function: &str) -> Res<Address> {
    match family {
        libc::AF_INET => {
            let [host, port] = items(cx, v, function, "AF_INET")? else {
                return Err(cx.type_error("AF_INET address must be a pair (host, port)"));
            };
            let host = host_bytes(cx, host)?;
            let Address::V4 { host, .. } = resolve(cx, family, &host)? else {
                return Err(cx.raise(ExcKind::OSError, "address family mismatched"));
            };
            let port = port_of(cx, port, function)?;
            Ok(Address::V4 { host, port })
        }
        libc::AF_INET6 => {
            let items = items(cx, v, function, "AF_INET6")?;
            if !(2..=4).contains(&items.len()) {
                return Err(cx.type_error(
                    "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])",
                ));
            }
            let mut numbers = [0u32; 2];
            for (to, v) in numbers.iter_mut().zip(&items[2..]) {
                *to = number::index_u64(cx, v)? as u32;
            }
            let host = host_bytes(cx, &items[0])?;
            let Address::V6 {
                host, scope: found, ..
            } = resolve(cx, family, &host)?
            else {
                return Err(cx.raise(ExcKind::OSError, "address family mismatched"));
            };
            let port = port_of(cx, &items[1], function)?;
            let [flow, scope] = numbers;
            if flow > 0xfffff {
                return Err(cx.overflow_error(format!("{function}(): flowinfo must be 0-1048575.")));
            }
            Ok(Address::V6 {
                host,
                port,
                flow,
                scope: if items.len() > 3 { scope } else { found },
            })
        }
        libc::AF_UNIX => unix_path(cx, v),
        libc::AF_NETLINK => {
            let [pid, groups] = items(cx, v, function, "AF_NETLINK")? else {
                return Err(cx.type_error("AF_NETLINK address must be a pair (pid, groups)"));
            };
            Ok(Address::Netlink {
                pid: number::index_u64(cx, pid)? as u32,
                groups: number::index_u64(cx, groups)? as u32,
            })
        }
        _ => Err(cx.raise(ExcKind::OSError, format!("{function}(): bad family"))),
    }
}
