//! `memoryview.cast`: the same bytes as items of another native format, or in another shape.

use super::item::{native_code, size};
use super::{MemoryView, of_buffer};
use crate::native::*;
use crate::number;
use crate::objects::List;
use crate::objects::buffer::Layout;
use crate::objects::int::as_int;
use crate::protocol;

const BYTE_CODES: [u8; 3] = *b"Bbc";

/// The shape argument: positive ints.
fn shape_of(cx: &mut Cx, v: &Value) -> Res<Vec<isize>> {
    if v.downcast::<List>().is_none() && v.downcast::<Tuple>().is_none() {
        return Err(cx.type_error("shape must be a list or a tuple"));
    }
    let items = protocol::collect(cx, v)?;
    if items.len() > 64 {
        return Err(cx.value_error("memoryview: number of dimensions must not exceed 64"));
    }
    let mut shape = Vec::with_capacity(items.len());
    for item in &items {
        if as_int(item).is_none() {
            return Err(cx.type_error("memoryview.cast(): elements of shape must be integers"));
        }
        let n = number::index_isize(cx, item)?;
        if n <= 0 {
            return Err(cx.value_error("memoryview.cast(): elements of shape must be integers > 0"));
        }
        if n == isize::MAX {
            return Err(cx.value_error("memoryview.cast(): product(shape) > SSIZE_MAX"));
        }
        shape.push(n);
    }
    Ok(shape)
}

/// `view.cast(format, shape)`.
pub fn cast(cx: &mut Cx, m: &MemoryView, format: &str, shape: Option<&Value>) -> Res<Value> {
    let b = m.view_to_keep(cx)?;
    if !b.is_c_contiguous() {
        return Err(cx.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    if (shape.is_some() || b.ndim() != 1) && b.layout().shape.contains(&0) {
        return Err(cx.type_error("memoryview: cannot cast view with zeros in shape or strides"));
    }
    let shape = match shape {
        Some(s) => Some(shape_of(cx, s)?),
        None => None,
    };
    if let Some(s) = &shape
        && b.ndim() != 1
        && s.len() != 1
    {
        return Err(cx.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
    }
    let Some(to) = native_code(format) else {
        return Err(cx.value_error(
            "memoryview: destination format must be a native single character format prefixed with an optional '@'",
        ));
    };
    let Some(from) = native_code(b.format()) else {
        return Err(cx.value_error(
            "memoryview: source format must be a native single character format prefixed with an optional '@'",
        ));
    };
    if !BYTE_CODES.contains(&from) && !BYTE_CODES.contains(&to) {
        return Err(cx.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    let itemsize = size(to).unwrap_or(1);
    if b.len() % itemsize != 0 {
        return Err(cx.type_error("memoryview: length is not a multiple of itemsize"));
    }
    let shape = match shape {
        None => vec![(b.len() / itemsize) as isize],
        Some(shape) => {
            let product = shape
                .iter()
                .try_fold(itemsize as isize, |p, &n| p.checked_mul(n));
            let Some(total) = product else {
                return Err(cx.value_error("memoryview.cast(): product(shape) > SSIZE_MAX"));
            };
            if total as usize != b.len() {
                return Err(cx.type_error("memoryview: product(shape) * itemsize != buffer size"));
            }
            shape
        }
    };
    let strides = Layout::c_strides(&shape, itemsize);
    let layout = Layout {
        format: format.to_owned().into(),
        itemsize,
        shape,
        strides,
    };
    let out = b.sub_view(0, layout);
    of_buffer(cx, out)
}
