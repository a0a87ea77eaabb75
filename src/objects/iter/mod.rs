//! Iterators over iterators and sequences: `iter(sequence)`, `iter(callable, sentinel)`, `enumerate`, `zip`, `map`, `filter`,
//! `reversed`. Each keeps what it iterates immutable and its position in an atomic, so sharing one between threads is safe.

pub mod cursor;
pub mod enumerate;
pub mod map;
pub mod reversed;
pub mod seq;
pub mod snapshot;
pub mod zip;

pub use seq::{new_callable_iter, new_seq_iter};
pub use snapshot::snapshot;

use crate::native::{Args, PyType, TypeCell};
use crate::{Cx, ExcKind, Raised, Res, Type, Value};

/// The types of iterators and views, which have fixed places too.
pub fn type_cells() -> Vec<&'static TypeCell> {
    use crate::objects::{bytes, dict, list, memoryview, range, set, str, tuple};
    vec![
        crate::objects::template::Template::type_cell(),
        crate::objects::template::Interpolation::type_cell(),
        str::iter::StrIter::type_cell(),
        str::iter::AsciiIter::type_cell(),
        bytes::iter::BytesIter::type_cell(),
        bytes::iter::BytearrayIter::type_cell(),
        memoryview::iter::MemoryIter::type_cell(),
        list::iter::ListIter::type_cell(),
        list::iter::ListRevIter::type_cell(),
        tuple::iter::TupleIter::type_cell(),
        range::iter::RangeIter::type_cell(),
        range::iter::LongRangeIter::type_cell(),
        set::iter::SetIter::type_cell(),
        dict::views::DictKeys::type_cell(),
        dict::views::DictValues::type_cell(),
        dict::views::DictItems::type_cell(),
        dict::iter::DictKeyIter::type_cell(),
        dict::iter::DictValueIter::type_cell(),
        dict::iter::DictItemIter::type_cell(),
        dict::iter::DictRevKeyIter::type_cell(),
        dict::iter::DictRevValueIter::type_cell(),
        dict::iter::DictRevItemIter::type_cell(),
        dict::MappingProxy::type_cell(),
        seq::SeqIter::type_cell(),
        seq::CallableIter::type_cell(),
        enumerate::Enumerate::type_cell(),
        zip::Zip::type_cell(),
        map::Map::type_cell(),
        map::Filter::type_cell(),
        reversed::Reversed::type_cell(),
    ]
}

/// A name of the module `builtins`, for pickling.
pub fn builtin(cx: &mut Cx, name: &str) -> Res<Value> {
    let name = crate::objects::str::intern::intern_str(cx, name)?;
    let found = match crate::caller::builtins(cx) {
        Some(b) => crate::globals::namespace_get(cx, &b, &name)?,
        None => None,
    };
    match found {
        Some(f) => Ok(f),
        None => Err(cx.raise_args(crate::ExcKind::AttributeError, vec![name])),
    }
}

/// Refuse keywords in `__new__` unless a subclass has an `__init__` of its own to take them.
pub fn refuse_keywords(
    cx: &mut Cx,
    cls: &Type,
    base: &Type,
    args: &Args<'_>,
    name: &str,
) -> Res<()> {
    if std::ptr::eq(cls, base) || cls.slots.init.bits() == base.slots.init.bits() {
        args.no_keywords(cx, name)?;
    }
    Ok(())
}

/// Whether the pending exception ends a sequence iteration (IndexError or StopIteration); it is cleared then.
pub fn ends_sequence(cx: &mut Cx, raised: Raised) -> Res<()> {
    if cx.exc_is(ExcKind::IndexError) || cx.exc_is(ExcKind::StopIteration) {
        drop(cx.take_exc(raised));
        Ok(())
    } else {
        Err(raised)
    }
}

/// `1 is shorter than argument`-style endings: which of several iterables ended first.
pub fn strict_error(cx: &mut Cx, what: &str, place: usize, how: &str) -> Raised {
    let others = if place == 1 {
        " 1".to_owned()
    } else {
        format!("s 1-{place}")
    };
    cx.value_error(format!(
        "{what}() argument {} is {how} than argument{others}",
        place + 1
    ))
}

/// Take the next item of each iterator; None when one has ended. With `strict` all have to end together.
pub fn next_of_each(
    cx: &mut Cx,
    what: &str,
    its: &[Value],
    strict: bool,
) -> Res<Option<Vec<Value>>> {
    let mut out = Vec::with_capacity(its.len());
    for (i, it) in its.iter().enumerate() {
        match crate::protocol::next(cx, it)? {
            Some(v) => out.push(v),
            None => {
                if !strict {
                    return Ok(None);
                }
                if i > 0 {
                    return Err(strict_error(cx, what, i, "shorter"));
                }
                for (j, it) in its.iter().enumerate().skip(1) {
                    if crate::protocol::next(cx, it)?.is_some() {
                        return Err(strict_error(cx, what, j, "longer"));
                    }
                }
                return Ok(None);
            }
        }
    }
    Ok(Some(out))
}
