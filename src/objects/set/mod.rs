//! `set` and `frozenset`: one table (`table.rs`), read without a lock (R2), changed under the object's (R7).
//! - `core.rs`: the operations both share, over `SetLike`
//! - `fresh.rs`: a set that is being made
//! - `algebra.rs`: union, intersection and the rest over whole sets
//! - `methods.rs`: what Python sees of `set`; `frozen.rs`: of `frozenset`; `iter.rs`

pub mod algebra;
pub mod core;
mod fresh;
pub mod frozen;
pub mod iter;
pub mod methods;
mod pair;
pub mod table;

use crate::native::*;
use crate::objects::dict::keys::set_hash;
use crate::objects::object;
use crate::{Cx, Res, Value};
use fresh::Fresh;
use std::sync::atomic::AtomicI64;
use typhon_runtime::header::Header;

pub use self::algebra::update;
pub use self::core::{SetCore, SetLike};

/// Build an unordered collection of unique elements.
#[pytype(
    name = "set",
    gc,
    basetype,
    weakrefable,
    unhashable,
    static_index = SET
)]
#[repr(C)]
pub struct Set {
    pub head: Header,
    core: SetCore,
}

/// Build an immutable unordered collection of unique elements.
#[pytype(name = "frozenset", gc, basetype, weakrefable, static_index = FROZENSET)]
#[repr(C)]
pub struct FrozenSet {
    pub head: Header,
    core: SetCore,
    /// 0 = not computed.
    #[skip]
    hash: AtomicI64,
}

/// A new empty set.
pub fn new_set(cx: &mut Cx) -> Res<Value> {
    object::alloc(
        cx,
        Type::of::<Set>(),
        Set {
            head: Header::placeholder(),
            core: SetCore::empty(),
        },
    )
}

/// A new set of the elements of an iterable.
pub fn new_set_from(cx: &mut Cx, iterable: &Value) -> Res<Value> {
    let mut made = Fresh::new();
    made.fill(cx, iterable)?;
    made.publish(cx, false)
}

/// A new set of these elements.
pub fn new_set_of(cx: &mut Cx, items: &[Value]) -> Res<Value> {
    Fresh::of(cx, items)?.publish(cx, false)
}

/// A new frozenset of these elements.
pub fn new_frozenset(cx: &mut Cx, items: Vec<Value>) -> Res<Value> {
    Fresh::of(cx, &items)?.publish(cx, true)
}

fn empty_frozenset(cx: &mut Cx) -> Res<Value> {
    let payload = FrozenSet {
        head: Header::placeholder(),
        core: SetCore::empty(),
        hash: AtomicI64::new(0),
    };
    object::alloc(cx, Type::of::<FrozenSet>(), payload)
}

/// Add an element (to a set, or to a frozenset that is being built).
pub fn add(cx: &mut Cx, set: &Value, v: &Value) -> Res<()> {
    let hash = set_hash(cx, v)?;
    if let Some(s) = SetLike::of(set) {
        s.add(cx, v, hash)?;
    }
    Ok(())
}

/// The same for a set that the caller's own register or native frame holds (`SetLike::add_private`). Code may put another
/// object in its place: `__conditional_annotations__` is a variable.
pub fn add_register(cx: &mut Cx, set: &Value, v: &Value) -> Res<()> {
    let Some(s) = set.downcast::<Set>() else {
        let t = set.type_name();
        return Err(cx.type_error(format!("'{t}' object is not a set")));
    };
    let hash = set_hash(cx, v)?;
    s.like().add_private(cx, v, hash).map(drop)
}

/// The elements of an exact set or frozenset, at one moment.
pub fn snapshot(cx: &mut Cx, v: &Value) -> Option<Vec<Value>> {
    let items = SetLike::of_exact(v)?.items(cx);
    Some(items.into_iter().map(|(_, k)| k).collect())
}
