//! The items of built-in containers at one moment, which is what `list(d.items())` or `sorted(s)` mean when other threads
//! change the container meanwhile.

use crate::objects::dict::views::{DictItems, DictKeys, DictValues};
use crate::objects::{Dict, List, Tuple, set, tuple};
use crate::{Cx, Res, Value, ValueExt};

/// The items of an exact tuple, list, set or dict, or of a dict's view; None for everything else.
pub fn snapshot(cx: &mut Cx, o: &Value) -> Res<Option<Vec<Value>>> {
    if let Some(t) = o.downcast_exact::<Tuple>() {
        return Ok(Some(t.items().to_vec()));
    }
    if let Some(l) = o.downcast_exact::<List>() {
        return Ok(Some(l.to_vec(cx)));
    }
    if let Some(d) = o.downcast_exact::<Dict>() {
        return Ok(Some(d.keys_vec(cx)));
    }
    if let Some(v) = o.downcast_exact::<DictKeys>() {
        return Ok(v.dict.downcast::<Dict>().map(|d| d.keys_vec(cx)));
    }
    if let Some(v) = o.downcast_exact::<DictValues>() {
        return Ok(v.dict.downcast::<Dict>().map(|d| d.values_vec(cx)));
    }
    if let Some(v) = o.downcast_exact::<DictItems>() {
        let Some(d) = v.dict.downcast::<Dict>() else {
            return Ok(None);
        };
        let mut out = Vec::with_capacity(d.len());
        for (k, v) in d.entries(cx) {
            out.push(tuple::new_pair(cx, k, v)?);
        }
        return Ok(Some(out));
    }
    Ok(set::snapshot(cx, o))
}
