//! Subscripts of lists: `a[i]`, `a[i:j:k]`, their assignment and deletion, and copies by repetition.

use super::buf::OldBuf;
use super::{Displaced, List, owned};
use crate::native::*;
use crate::number;
use crate::objects::slice::{Bounds, Slice, Steps, as_slice};
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::Ordering;
use typhon_runtime::protocol::list_read;

/// What a subscript names.
pub enum Subscript<'a> {
    Index(isize),
    Slice(&'a Slice),
}

/// Tell index from slice; the TypeError names the container (`list`, `tuple`).
#[inline]
pub fn subscript<'a>(cx: &mut Cx, container: &str, key: &'a Value) -> Res<Subscript<'a>> {
    if let Some(i) = key.as_small_int() {
        return Ok(Subscript::Index(i as isize));
    }
    if let Some(s) = as_slice(key) {
        return Ok(Subscript::Slice(s));
    }
    if key.ty().slots.index.get().is_none() {
        let n = key.type_name();
        return Err(cx.type_error(format!(
            "{container} indices must be integers or slices, not {n}"
        )));
    }
    Ok(Subscript::Index(number::index_isize_checked(
        cx,
        key,
        ExcKind::IndexError,
    )?))
}

/// A position counted from the end when negative.
#[inline(always)]
pub fn position(i: isize, len: usize) -> Option<usize> {
    let i = if i < 0 {
        i.checked_add(len as isize)?
    } else {
        i
    };
    (i >= 0 && (i as usize) < len).then_some(i as usize)
}

impl List {
    /// `a[key]`.
    #[inline]
    pub fn subscript_get(&self, cx: &mut Cx, key: &Value) -> Res<Value> {
        match subscript(cx, "list", key)? {
            Subscript::Index(i) => {
                if let Some(p) = position(i, self.len())
                    && let Some(v) = self.get(cx, p)
                {
                    return Ok(v);
                }
                Err(cx.index_error("list index out of range"))
            }
            Subscript::Slice(s) => {
                let b = s.bounds(cx)?;
                let s = b.adjust(self.len());
                if s.step == 1 {
                    return self.copy_range(cx, s.start as usize, s.stop as usize);
                }
                self.copy_stride(cx, s)
            }
        }
    }

    /// `a[key] = value`.
    pub fn subscript_set(&self, cx: &mut Cx, key: &Value, value: &Value) -> Res<()> {
        match subscript(cx, "list", key)? {
            Subscript::Index(i) => {
                if let Some(p) = position(i, self.len())
                    && let Ok(old) = self.set(cx, p, value.clone())
                {
                    drop(old);
                    return Ok(());
                }
                Err(cx.index_error("list assignment index out of range"))
            }
            Subscript::Slice(s) => {
                let b = s.bounds(cx)?;
                if b.step == 1 {
                    return self.assign_range(cx, b, value);
                }
                let items = assigned_items(cx, value)?;
                let s = b.adjust(self.len());
                if items.len() != s.count {
                    let (n, m) = (items.len(), s.count);
                    return Err(cx.value_error(format!(
                        "attempt to assign sequence of size {n} to extended slice of size {m}"
                    )));
                }
                self.store_stride(cx, s, items);
                Ok(())
            }
        }
    }

    /// `a[lo:hi] = value` of a list that ends with it.
    pub(crate) fn assign_ending(&self, cx: &mut Cx, b: Bounds, from: &List) -> Res<()> {
        let s = b.adjust(self.len());
        self.splice_ending(cx, s.start as usize, s.stop.max(s.start) as usize, from)
    }

    /// `a[lo:hi] = value`.
    pub(crate) fn assign_range(&self, cx: &mut Cx, b: Bounds, value: &Value) -> Res<()> {
        let place = |s: Steps| (s.start as usize, s.stop.max(s.start) as usize);
        if let Some(from) = value.downcast_exact::<List>() {
            let (lo, hi) = place(b.adjust(self.len()));
            return self.splice_list(cx, lo, hi, from);
        }
        let items = assigned_items(cx, value)?;
        let (lo, hi) = place(b.adjust(self.len()));
        self.splice(cx, lo, hi, items)
    }

    /// `del a[key]`.
    pub fn subscript_delete(&self, cx: &mut Cx, key: &Value) -> Res<()> {
        match subscript(cx, "list", key)? {
            Subscript::Index(i) => match self.remove_at(cx, |n| position(i, n)) {
                Some(_) => Ok(()),
                None => Err(cx.index_error("list assignment index out of range")),
            },
            Subscript::Slice(s) => {
                let s = s.bounds(cx)?.adjust(self.len());
                if s.count == 0 {
                    return Ok(());
                }
                if s.step == 1 {
                    return self.splice(cx, s.start as usize, s.stop as usize, Vec::new());
                }
                let gone = {
                    let _g = self.lock(cx);
                    self.delete_stride_locked(s)
                };
                gone.buf.dispose(cx);
                drop(gone.values);
                Ok(())
            }
        }
    }

    /// Store items at a stride; positions that meanwhile are past the end are left.
    fn store_stride(&self, cx: &mut Cx, s: Steps, items: Vec<Value>) {
        let mut displaced = Vec::with_capacity(items.len());
        {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            let b = self.buffer();
            let mut i = s.start;
            for v in items {
                match (i >= 0 && (i as usize) < n)
                    .then(|| b.word(i as usize).swap(Some(v.into_counted())))
                {
                    Some(old) => displaced.extend(old),
                    None => break,
                }
                i = i.wrapping_add(s.step);
            }
        }
    }

    fn delete_stride_locked(&self, s: Steps) -> Displaced {
        let n = self.len.load(Ordering::Relaxed);
        let b = self.buffer();
        // Ascending order, whatever the step's sign.
        let (mut next, step) = if s.step < 0 {
            (
                (s.start + s.step * (s.count as isize - 1)) as usize,
                s.step.unsigned_abs(),
            )
        } else {
            (s.start as usize, s.step as usize)
        };
        let mut left = s.count;
        let mut values = Vec::with_capacity(s.count);
        let mut to = next;
        let first = next;
        for i in first..n {
            let word = b.word(i);
            if left > 0 && i == next {
                // SAFETY: the word is overwritten or cleared below; its count moves to `values`.
                values.extend(unsafe { owned(word.peek_bits()) });
                next = next.saturating_add(step);
                left -= 1;
            } else {
                // SAFETY: the count moves down with the word.
                unsafe { b.word(to).set_bits(word.peek_bits()) };
                to += 1;
            }
        }
        if to < n {
            list_read::publish_length(&self.len, to);
            for i in to..n {
                // SAFETY: these counts moved down or to `values`.
                unsafe { b.word(i).set_bits(0) };
            }
            return Displaced {
                values,
                buf: self.shrink_locked(),
            };
        }
        Displaced {
            values,
            buf: OldBuf::none(),
        }
    }
}

/// The right side of a slice assignment.
fn assigned_items(cx: &mut Cx, value: &Value) -> Res<Vec<Value>> {
    let s = &value.ty().slots;
    if s.iter.get().is_none() && s.getitem.get().is_none() {
        return Err(cx.type_error("must assign iterable to extended slice"));
    }
    protocol::collect(cx, value)
}

/// `items * n`, or MemoryError where that is too many.
pub fn repeated(cx: &mut Cx, items: &[Value], n: isize) -> Res<Vec<Value>> {
    let n = n.max(0) as usize;
    let mut out: Vec<Value> = Vec::new();
    let total = items
        .len()
        .checked_mul(n)
        .filter(|&t| t <= isize::MAX as usize / 8);
    match total.map(|t| out.try_reserve_exact(t)) {
        Some(Ok(())) => {}
        _ => return Err(cx.memory_error()),
    }
    let tid = cx.tid;
    for _ in 0..n {
        out.extend(items.iter().map(|v| v.clone_in(tid)));
    }
    Ok(out)
}
