//! Lookups: names of hosts, services and interfaces, and the classes of their errors.

use super::address::{host_bytes, resolve, to_python, v4_text, v6_text};
use crate::os_call;
use crate::util::Once;
use std::ffi::CString;
use std::net::{Ipv4Addr, Ipv6Addr};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::Tuple;
use typhon_vm::objects::buffer;
use typhon_vm::objects::bytes::{Bytes, new_bytes};
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::os::libc;
use typhon_vm::os::names::{self, Failure, Hints};
use typhon_vm::os::socket::Address;
use typhon_vm::protocol;

static GAIERROR: Once = Once::new();
static HERROR: Once = Once::new();

pub fn gaierror(cx: &mut Cx) -> Res<Value> {
    GAIERROR.get(cx, |cx| {
        crate::support::new_exception_class(cx, "socket", "gaierror", ExcKind::OSError, None)
    })
}

pub fn herror(cx: &mut Cx) -> Res<Value> {
    HERROR.get(cx, |cx| {
        crate::support::new_exception_class(cx, "socket", "herror", ExcKind::OSError, None)
    })
}

/// The error of a lookup.
pub fn raise_lookup(cx: &mut Cx, failure: Failure) -> Raised {
    match failure {
        Failure::System(e) => os_call::raise(cx, &e),
        Failure::Lookup(code) => {
            let made = gaierror(cx).and_then(|class| {
                let text = new_str(cx, &names::lookup_error(code))?;
                protocol::call(cx, &class, &[Value::small_int(code), text])
            });
            match made {
                Ok(e) => cx.raise_value(e),
                Err(r) => r,
            }
        }
    }
}

fn os_error(cx: &mut Cx, text: &str) -> Raised {
    cx.raise(ExcKind::OSError, text)
}

/// A name argument without null bytes.
fn name_of(cx: &mut Cx, v: &Value) -> Res<CString> {
    let data = host_bytes(cx, v)?;
    os_call::c_string(cx, data)
}

/// A 16-bit number for `htons` and `ntohs`.
fn short(cx: &mut Cx, v: &Value, name: &str) -> Res<u16> {
    let n = number::index_isize(cx, v)?;
    match u16::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) if n < 0 => Err(cx.overflow_error(format!(
            "{name}: can't convert negative Python int to C 16-bit unsigned integer"
        ))),
        Err(_) => Err(cx.overflow_error(format!(
            "{name}: Python int too large to convert to C 16-bit unsigned integer"
        ))),
    }
}

/// A 32-bit number for `htonl` and `ntohl`.
fn long(cx: &mut Cx, v: &Value, name: &str) -> Res<u32> {
    if typhon_vm::objects::int::as_int(v).is_none() {
        let found = v.type_name();
        return Err(cx.type_error(format!("expected int, {found} found")));
    }
    let n = number::index_u64(cx, v)?;
    u32::try_from(n).map_err(|_| cx.overflow_error(format!("{name}: int larger than 32 bits")))
}

#[pyfunctions(part = PART, module = "_socket")]
pub mod functions {
    use super::*;

    /// gethostname() -> string
    ///
    /// Return the current host name.
    #[pyfunction]
    fn gethostname(cx: &mut Cx) -> Res<Value> {
        let name = os_call::call(cx, names::host_name)?;
        os_call::decode_name(cx, &name)
    }

    /// sethostname(name)
    ///
    /// Sets the hostname to name.
    #[pyfunction]
    #[sig(name, /)]
    fn sethostname(name: &Value, cx: &mut Cx) -> Res<()> {
        let name = match name.downcast::<Str>() {
            Some(_) => os_call::encode_name(cx, name)?,
            None => buffer::get(cx, name, false)?.to_vec(),
        };
        os_call::call(cx, || names::set_host_name(&name))
    }

    /// gethostbyname(host) -> address
    ///
    /// Return the IP address (a string of the form '255.255.255.255') for a host.
    #[pyfunction]
    #[sig(host, /)]
    fn gethostbyname(host: &Value, cx: &mut Cx) -> Res<String> {
        let host = host_bytes(cx, host)?;
        match resolve(cx, libc::AF_INET, &host)? {
            Address::V4 { host, .. } => Ok(v4_text(host)),
            _ => Err(os_error(cx, "unsupported address family")),
        }
    }

    /// gethostbyname_ex(host) -> (name, aliaslist, addresslist)
    ///
    /// Return the true host name, a list of aliases, and a list of IP addresses,
    /// for a host.  The host argument is a string giving a host name or IP number.
    #[pyfunction]
    #[sig(host, /)]
    fn gethostbyname_ex(host: &Value, cx: &mut Cx) -> Res<(Value, Vec<Value>, Vec<String>)> {
        let host = name_of(cx, host)?;
        let hints = Hints {
            family: libc::AF_INET,
            kind: libc::SOCK_STREAM,
            flags: libc::AI_CANONNAME,
            ..Hints::default()
        };
        let found = cx
            .thread
            .detach(|| names::addresses(Some(&host), None, hints));
        let all = found.map_err(|failure| raise_lookup(cx, failure))?;
        let canonical = all.iter().find_map(|info| info.canonical.clone());
        let name =
            os_call::decode_name(cx, &canonical.unwrap_or_else(|| host.to_bytes().to_vec()))?;
        let addresses = all
            .iter()
            .filter_map(|info| match info.address {
                Address::V4 { host, .. } => Some(v4_text(host)),
                _ => None,
            })
            .collect();
        Ok((name, Vec::new(), addresses))
    }

    /// gethostbyaddr(host) -> (name, aliaslist, addresslist)
    ///
    /// Return the true host name, a list of aliases, and a list of IP addresses,
    /// for a host.  The host argument is a string giving a host name or IP number.
    #[pyfunction]
    #[sig(host, /)]
    fn gethostbyaddr(host: &Value, cx: &mut Cx) -> Res<(Value, Vec<Value>, Vec<String>)> {
        let host = host_bytes(cx, host)?;
        let address = resolve(cx, libc::AF_UNSPEC, &host)?;
        let found = cx
            .thread
            .detach(|| names::names(&address, libc::NI_NAMEREQD));
        let (name, _) = match found {
            Ok(names) => names,
            Err(Failure::System(e)) => return Err(os_call::raise(cx, &e)),
            Err(Failure::Lookup(_)) => {
                let class = herror(cx)?;
                // HOST_NOT_FOUND of the resolver.
                let text = new_str(cx, "Unknown host")?;
                let e = protocol::call(cx, &class, &[Value::small_int(1), text])?;
                return Err(cx.raise_value(e));
            }
        };
        let shown = match address {
            Address::V4 { host, .. } => v4_text(host),
            Address::V6 { host, .. } => v6_text(host),
            _ => return Err(os_error(cx, "unsupported address family")),
        };
        let name = os_call::decode_name(cx, &name)?;
        Ok((name, Vec::new(), vec![shown]))
    }

    /// getaddrinfo(host, port [, family, type, proto, flags])
    ///     -> list of (family, type, proto, canonname, sockaddr)
    ///
    /// Resolve host and port into addrinfo struct.
    #[pyfunction]
    #[sig(host, port, family = 0, r#type = 0, proto = 0, flags = 0)]
    #[text_signature(none)]
    fn getaddrinfo(
        host: &Value,
        port: &Value,
        family: i32,
        r#type: i32,
        proto: i32,
        flags: i32,
        cx: &mut Cx,
    ) -> Res<Value> {
        let host = match host.is_none() {
            true => None,
            false if host.downcast::<Str>().is_some() => {
                let data = encode_host(cx, host)?;
                Some(os_call::c_string(cx, data)?)
            }
            false => match host.downcast::<Bytes>() {
                Some(b) => Some(os_call::c_string(cx, b.as_slice().to_vec())?),
                None => {
                    return Err(cx.type_error("getaddrinfo() argument 1 must be string or None"));
                }
            },
        };
        let service = if port.is_none() {
            None
        } else if typhon_vm::objects::int::as_int(port).is_some() {
            let text = number::index_i64(cx, port)?.to_string();
            Some(os_call::c_string(cx, text.into_bytes())?)
        } else if let Some(s) = port.downcast::<Str>() {
            let text = s.to_string_lossy();
            Some(os_call::c_string(cx, text.into_bytes())?)
        } else if let Some(b) = port.downcast::<Bytes>() {
            Some(os_call::c_string(cx, b.as_slice().to_vec())?)
        } else {
            return Err(os_error(cx, "Int or String expected"));
        };
        let hints = Hints {
            family,
            kind: r#type,
            protocol: proto,
            flags,
        };
        let found = cx
            .thread
            .detach(|| names::addresses(host.as_deref(), service.as_deref(), hints));
        let all = found.map_err(|failure| raise_lookup(cx, failure))?;
        let mut out = Vec::with_capacity(all.len());
        for info in all {
            let canonical = info.canonical.unwrap_or_default();
            let canonical = os_call::decode_name(cx, &canonical)?;
            let address = to_python(cx, &info.address)?;
            let numbers = [info.family, info.kind, info.protocol].map(Value::small_int);
            let mut items = numbers.to_vec();
            items.extend([canonical, address]);
            out.push(new_tuple(cx, items)?);
        }
        new_list(cx, out)
    }

    /// A host of `getaddrinfo`, always through the codec `idna`.
    fn encode_host(cx: &mut Cx, host: &Value) -> Res<Vec<u8>> {
        let codec = new_str(cx, "idna")?;
        let made = protocol::call_method(cx, host, "encode", &[codec])?;
        Ok(made
            .downcast::<Bytes>()
            .map(|b| b.as_slice().to_vec())
            .unwrap_or_default())
    }

    /// getnameinfo(sockaddr, flags) --> (host, port)
    ///
    /// Get host and port for a sockaddr.
    #[pyfunction]
    #[sig(sockaddr, flags, /)]
    #[text_signature(none)]
    fn getnameinfo(sockaddr: &Value, flags: i32, cx: &mut Cx) -> Res<(Value, Value)> {
        let Some(t) = sockaddr.downcast::<Tuple>() else {
            return Err(cx.type_error("getnameinfo() argument 1 must be a tuple"));
        };
        let items = t.items();
        if !(2..=4).contains(&items.len()) || items[0].downcast::<Str>().is_none() {
            return Err(cx.type_error("getnameinfo(): illegal sockaddr argument"));
        }
        let host = name_of(cx, &items[0])?;
        let mut numbers = [0i64; 3];
        for (to, v) in numbers.iter_mut().zip(&items[1..]) {
            *to = number::index_i64(cx, v)?;
        }
        let [port, flow, scope] = numbers;
        if !(0..=0xfffff).contains(&flow) {
            return Err(cx.overflow_error("getnameinfo(): flowinfo must be 0-1048575."));
        }
        let service = os_call::c_string(cx, port.to_string().into_bytes())?;
        let hints = Hints {
            kind: libc::SOCK_DGRAM,
            flags: libc::AI_NUMERICHOST,
            ..Hints::default()
        };
        let found = cx
            .thread
            .detach(|| names::addresses(Some(&host), Some(&service), hints));
        let mut all = found.map_err(|failure| raise_lookup(cx, failure))?;
        if all.len() > 1 {
            return Err(os_error(cx, "sockaddr resolved to multiple addresses"));
        }
        let Some(info) = all.pop() else {
            return Err(raise_lookup(cx, Failure::Lookup(libc::EAI_NONAME)));
        };
        let address = match info.address {
            Address::V4 { .. } if items.len() != 2 => {
                return Err(os_error(cx, "IPv4 sockaddr must be 2 tuple"));
            }
            Address::V6 { host, port, .. } => Address::V6 {
                host,
                port,
                flow: flow as u32,
                scope: scope as u32,
            },
            other => other,
        };
        let found = cx.thread.detach(|| names::names(&address, flags));
        let (host, service) = found.map_err(|failure| raise_lookup(cx, failure))?;
        Ok((
            os_call::decode_name(cx, &host)?,
            os_call::decode_name(cx, &service)?,
        ))
    }

    /// getservbyname(servicename[, protocolname]) -> integer
    ///
    /// Return a port number from a service name and protocol name.
    /// The optional protocol name, if given, should be 'tcp' or 'udp',
    /// otherwise any protocol will match.
    #[pyfunction]
    #[sig(servicename, protocolname = absent, /)]
    #[text_signature(none)]
    fn getservbyname(servicename: &str, protocolname: Option<&str>, cx: &mut Cx) -> Res<u16> {
        let name = os_call::c_string(cx, servicename.as_bytes().to_vec())?;
        let protocol = match protocolname {
            Some(p) => Some(os_call::c_string(cx, p.as_bytes().to_vec())?),
            None => None,
        };
        let found = cx
            .thread
            .detach(|| names::service_port(&name, protocol.as_deref()));
        found.ok_or_else(|| os_error(cx, "service/proto not found"))
    }

    /// getservbyport(port[, protocolname]) -> string
    ///
    /// Return the service name from a port number and protocol name.
    /// The optional protocol name, if given, should be 'tcp' or 'udp',
    /// otherwise any protocol will match.
    #[pyfunction]
    #[sig(port, protocolname = absent, /)]
    #[text_signature(none)]
    fn getservbyport(port: i32, protocolname: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let Ok(port) = u16::try_from(port) else {
            return Err(cx.overflow_error("getservbyport: port must be 0-65535."));
        };
        let protocol = match protocolname {
            Some(p) => Some(os_call::c_string(cx, p.as_bytes().to_vec())?),
            None => None,
        };
        let found = cx
            .thread
            .detach(|| names::service_name(port, protocol.as_deref()));
        match found {
            Some(name) => os_call::decode_name(cx, name.to_bytes()),
            None => Err(os_error(cx, "port/proto not found")),
        }
    }

    /// getprotobyname(name) -> integer
    ///
    /// Return the protocol number for the named protocol.  (Rarely used.)
    #[pyfunction]
    #[sig(name, /)]
    #[text_signature(none)]
    fn getprotobyname(name: &str, cx: &mut Cx) -> Res<i32> {
        let name = os_call::c_string(cx, name.as_bytes().to_vec())?;
        let found = cx.thread.detach(|| names::protocol_number(&name));
        found.ok_or_else(|| os_error(cx, "protocol not found"))
    }

    /// if_nameindex()
    ///
    /// Returns a list of network interface information (index, name) tuples.
    #[pyfunction]
    fn if_nameindex(cx: &mut Cx) -> Res<Vec<Value>> {
        let mut out = Vec::new();
        for (index, name) in os_call::call(cx, names::interfaces)? {
            let index = index.into_value(cx)?;
            let name = os_call::decode_name(cx, &name)?;
            out.push(new_tuple(cx, vec![index, name])?);
        }
        Ok(out)
    }

    /// Returns the interface index corresponding to the interface name if_name.
    #[pyfunction]
    #[sig(oname, /)]
    fn if_nametoindex(oname: &Value, cx: &mut Cx) -> Res<u32> {
        let path =
            os_call::Path::new(cx, oname, "if_nametoindex", "oname", os_call::Also::Nothing)?;
        let found = names::interface_index(&path.name);
        found.ok_or_else(|| os_error(cx, "no interface with this name"))
    }

    /// Returns the interface name corresponding to the interface index if_index.
    #[pyfunction]
    #[sig(if_index, /)]
    fn if_indextoname(if_index: &Value, cx: &mut Cx) -> Res<Value> {
        let index = number::index_u64(cx, if_index)?;
        let Ok(index) = u32::try_from(index) else {
            return Err(cx.overflow_error("index is too large"));
        };
        let name = os_call::call(cx, || names::interface_name(index))?;
        os_call::decode_name(cx, &name)
    }

    /// inet_aton(string) -> bytes giving packed 32-bit IP representation
    ///
    /// Convert an IP address in string format (123.45.67.89) to the 32-bit packed
    /// binary format used in low-level network functions.
    #[pyfunction]
    #[sig(ip_addr, /)]
    fn inet_aton(ip_addr: &str, cx: &mut Cx) -> Res<Value> {
        // The C library's lookup of numeric hosts takes the same short forms: 127.1, 0x7f.1.
        let hints = Hints {
            family: libc::AF_INET,
            flags: libc::AI_NUMERICHOST,
            ..Hints::default()
        };
        let name = os_call::c_string(cx, ip_addr.as_bytes().to_vec())?;
        let found = names::addresses(Some(&name), None, hints).ok();
        match found.as_deref() {
            Some([info, ..]) if !ip_addr.is_empty() => match info.address {
                Address::V4 { host, .. } => new_bytes(cx, &host),
                _ => Err(os_error(
                    cx,
                    "illegal IP address string passed to inet_aton",
                )),
            },
            _ => Err(os_error(
                cx,
                "illegal IP address string passed to inet_aton",
            )),
        }
    }

    /// inet_ntoa(packed_ip) -> ip_address_string
    ///
    /// Convert an IP address from 32-bit packed binary format to string format
    #[pyfunction]
    #[sig(packed_ip, /)]
    fn inet_ntoa(packed_ip: &Value, cx: &mut Cx) -> Res<String> {
        let data = buffer::get(cx, packed_ip, false)?.to_vec();
        match <[u8; 4]>::try_from(&data[..]) {
            Ok(host) => Ok(v4_text(host)),
            Err(_) => Err(os_error(cx, "packed IP wrong length")),
        }
    }

    /// inet_pton(af, ip) -> packed IP address string
    ///
    /// Convert an IP address from string format to a packed string suitable
    /// for use with low-level network functions.
    #[pyfunction]
    #[sig(af, ip, /)]
    #[text_signature(none)]
    fn inet_pton(af: i32, ip: &str, cx: &mut Cx) -> Res<Value> {
        let packed = match af {
            libc::AF_INET => ip.parse::<Ipv4Addr>().ok().map(|a| a.octets().to_vec()),
            libc::AF_INET6 => ip.parse::<Ipv6Addr>().ok().map(|a| a.octets().to_vec()),
            _ => {
                return Err(os_call::raise(
                    cx,
                    &std::io::Error::from_raw_os_error(libc::EAFNOSUPPORT),
                ));
            }
        };
        match packed {
            Some(data) => new_bytes(cx, &data),
            None => Err(os_error(
                cx,
                "illegal IP address string passed to inet_pton",
            )),
        }
    }

    /// inet_ntop(af, packed_ip) -> string formatted IP address
    ///
    /// Convert a packed IP address of the given family to string format.
    #[pyfunction]
    #[sig(af, packed_ip, /)]
    #[text_signature(none)]
    fn inet_ntop(af: i32, packed_ip: &Value, cx: &mut Cx) -> Res<String> {
        let data = buffer::get(cx, packed_ip, false)?.to_vec();
        let shown = match af {
            libc::AF_INET => <[u8; 4]>::try_from(&data[..]).ok().map(v4_text),
            libc::AF_INET6 => <[u8; 16]>::try_from(&data[..]).ok().map(v6_text),
            _ => return Err(cx.value_error(format!("unknown address family {af}"))),
        };
        shown.ok_or_else(|| cx.value_error("invalid length of packed IP address string"))
    }

    /// Convert a 16-bit unsigned integer from network to host byte order.
    #[pyfunction]
    #[sig(x, /)]
    fn ntohs(x: &Value, cx: &mut Cx) -> Res<u16> {
        short(cx, x, "ntohs").map(u16::from_be)
    }

    /// Convert a 16-bit unsigned integer from host to network byte order.
    #[pyfunction]
    #[sig(x, /)]
    fn htons(x: &Value, cx: &mut Cx) -> Res<u16> {
        short(cx, x, "htons").map(u16::to_be)
    }

    /// Convert a 32-bit integer from network to host byte order.
    #[pyfunction]
    #[sig(x, /)]
    fn ntohl(x: &Value, cx: &mut Cx) -> Res<u32> {
        long(cx, x, "ntohl").map(u32::from_be)
    }

    /// Convert a 32-bit integer from host to network byte order.
    #[pyfunction]
    #[sig(x, /)]
    fn htonl(x: &Value, cx: &mut Cx) -> Res<u32> {
        long(cx, x, "htonl").map(u32::to_be)
    }
}
