//! `grp`: the group database.

pub use module::MODULE;

use crate::os_call;
use crate::structseq::{StructSeq, export};
use typhon_vm::native::*;
use typhon_vm::os::process::{self as sys, Group, Who};
use typhon_vm::protocol;

static STRUCT_GROUP: StructSeq = StructSeq::new(
    "grp.struct_group",
    "grp.struct_group: Results from getgr*() routines.\n\nThis object may be accessed either as a tuple of\n  (gr_name,gr_passwd,gr_gid,gr_mem)\nor via the object attributes as named in the above tuple.",
    &[
        ("gr_name", "group name"),
        ("gr_passwd", "password"),
        ("gr_gid", "group id"),
        ("gr_mem", "group members"),
    ],
    4,
);

fn row(cx: &mut Cx, g: &Group) -> Res<Value> {
    let mut members = Vec::new();
    for m in &g.members {
        members.push(os_call::decode_name(cx, m)?);
    }
    let v = vec![
        os_call::decode_name(cx, &g.name)?,
        os_call::decode_name(cx, &g.passwd)?,
        g.gid.into_value(cx)?,
        members.into_value(cx)?,
    ];
    STRUCT_GROUP.make(cx, v)
}

#[pymodule(name = "grp")]
pub mod module {
    //! Access to the Unix group database.
    use super::*;

    /// Return the group database entry for the given numeric group ID.
    #[pyfunction]
    #[sig(id)]
    fn getgrgid(id: &Value, cx: &mut Cx) -> Res<Value> {
        let gid = match <i64 as FromArg>::from_arg(cx, id, At::attribute("gid")) {
            Ok(n) => u32::try_from(n).ok(),
            Err(r) => {
                cx.catch(r, ExcKind::OverflowError)?;
                None
            }
        };
        let found = match gid {
            Some(id) => os_call::call(cx, || sys::getgr(&Who::Id(id)))?,
            None => None,
        };
        match found {
            Some(g) => row(cx, &g),
            None => {
                let n = protocol::str_string(cx, id)?;
                let text = format!("getgrgid(): gid not found: {n}").into_value(cx)?;
                Err(cx.raise_args(ExcKind::KeyError, vec![text]))
            }
        }
    }

    /// Return the group database entry for the given group name.
    #[pyfunction]
    #[sig(name)]
    fn getgrnam(name: &Value, cx: &mut Cx) -> Res<Value> {
        let b = os_call::encode_name(cx, name)?;
        let c = os_call::c_string(cx, b)?;
        match os_call::call(cx, || sys::getgr(&Who::Name(&c)))? {
            Some(g) => row(cx, &g),
            None => {
                let n = protocol::repr_string(cx, name)?;
                let text = format!("getgrnam(): name not found: {n}").into_value(cx)?;
                Err(cx.raise_args(ExcKind::KeyError, vec![text]))
            }
        }
    }

    /// Return a list of all available group entries, in arbitrary order.
    #[pyfunction]
    fn getgrall(cx: &mut Cx) -> Res<Vec<Value>> {
        let all = cx.thread.detach(sys::all_groups);
        let mut out = Vec::new();
        for g in &all {
            out.push(row(cx, g)?);
        }
        Ok(out)
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        export(cx, module, &STRUCT_GROUP)
    }
}
