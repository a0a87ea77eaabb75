//! `pwd`: the password database.

pub use module::MODULE;

use crate::os_call;
use crate::structseq::{StructSeq, export};
use typhon_vm::native::*;
use typhon_vm::os::process::{self as sys, Passwd, Who};
use typhon_vm::protocol;

static STRUCT_PASSWD: StructSeq = StructSeq::new(
    "pwd.struct_passwd",
    "pwd.struct_passwd: Results from getpw*() routines.\n\nThis object may be accessed either as a tuple of\n  (pw_name,pw_passwd,pw_uid,pw_gid,pw_gecos,pw_dir,pw_shell)\nor via the object attributes as named in the above tuple.",
    &[
        ("pw_name", "user name"),
        ("pw_passwd", "password"),
        ("pw_uid", "user id"),
        ("pw_gid", "group id"),
        ("pw_gecos", "real name"),
        ("pw_dir", "home directory"),
        ("pw_shell", "shell program"),
    ],
    7,
);

fn row(cx: &mut Cx, p: &Passwd) -> Res<Value> {
    let v = vec![
        os_call::decode_name(cx, &p.name)?,
        os_call::decode_name(cx, &p.passwd)?,
        p.uid.into_value(cx)?,
        p.gid.into_value(cx)?,
        os_call::decode_name(cx, &p.gecos)?,
        os_call::decode_name(cx, &p.dir)?,
        os_call::decode_name(cx, &p.shell)?,
    ];
    STRUCT_PASSWD.make(cx, v)
}

#[pymodule(name = "pwd")]
pub mod module {
    //! This module provides access to the Unix password database.
    use super::*;

    /// Return the password database entry for the given numeric user ID.
    #[pyfunction]
    #[sig(uidobj, /)]
    fn getpwuid(uidobj: &Value, cx: &mut Cx) -> Res<Value> {
        let id = match <i64 as FromArg>::from_arg(cx, uidobj, At::attribute("uid")) {
            Ok(n) => u32::try_from(n).ok(),
            Err(r) => {
                cx.catch(r, ExcKind::OverflowError)?;
                None
            }
        };
        let found = match id {
            Some(id) => os_call::call(cx, || sys::getpw(&Who::Id(id)))?,
            None => None,
        };
        match found {
            Some(p) => row(cx, &p),
            None => {
                let n = protocol::str_string(cx, uidobj)?;
                let text = format!("getpwuid(): uid not found: {n}").into_value(cx)?;
                Err(cx.raise_args(ExcKind::KeyError, vec![text]))
            }
        }
    }

    /// Return the password database entry for the given user name.
    #[pyfunction]
    #[sig(name, /)]
    fn getpwnam(name: &Value, cx: &mut Cx) -> Res<Value> {
        if name.downcast::<Str>().is_none() {
            let n = name.type_name();
            return Err(cx.type_error(format!("getpwnam() argument must be str, not {n}")));
        }
        let b = os_call::encode_name(cx, name)?;
        let c = os_call::c_string(cx, b)?;
        match os_call::call(cx, || sys::getpw(&Who::Name(&c)))? {
            Some(p) => row(cx, &p),
            None => {
                let n = protocol::repr_string(cx, name)?;
                let text = format!("getpwnam(): name not found: {n}").into_value(cx)?;
                Err(cx.raise_args(ExcKind::KeyError, vec![text]))
            }
        }
    }

    /// Return a list of all available password database entries, in arbitrary order.
    #[pyfunction]
    fn getpwall(cx: &mut Cx) -> Res<Vec<Value>> {
        let all = cx.thread.detach(sys::all_users);
        let mut out = Vec::new();
        for p in &all {
            out.push(row(cx, p)?);
        }
        Ok(out)
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        export(cx, module, &STRUCT_PASSWD)
    }
}
