//! Searching a map block by block, so that neither all of it is copied nor its lock held for long, and its iterator.

use super::Mmap;
use memchr::memmem;
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::new_bytes;

const BLOCK: usize = 64 << 10;

/// How many places of a needle are looked at together.
fn step(needle: &[u8]) -> usize {
    BLOCK.max(needle.len() * 4)
}

/// The first place in `start..end`. `block` gives bytes from an offset on, fewer where the map has become shorter.
pub fn first(
    cx: &mut Cx,
    needle: &[u8],
    start: usize,
    end: usize,
    mut block: impl FnMut(&mut Cx, usize, usize) -> Res<Vec<u8>>,
) -> Res<Option<usize>> {
    if needle.is_empty() {
        return Ok((start <= end).then_some(start));
    }
    let (step, finder) = (step(needle), memmem::Finder::new(needle));
    let mut at = start;
    while at < end && end - at >= needle.len() {
        let bytes = block(cx, at, (step + needle.len() - 1).min(end - at))?;
        if let Some(i) = finder.find(&bytes) {
            return Ok(Some(at + i));
        }
        at += step;
    }
    Ok(None)
}

/// The last place.
pub fn last(
    cx: &mut Cx,
    needle: &[u8],
    start: usize,
    end: usize,
    mut block: impl FnMut(&mut Cx, usize, usize) -> Res<Vec<u8>>,
) -> Res<Option<usize>> {
    if needle.is_empty() {
        return Ok((start <= end).then_some(end));
    }
    let (step, finder) = (step(needle), memmem::FinderRev::new(needle));
    let mut end = end;
    while start < end && end - start >= needle.len() {
        let n = (step + needle.len() - 1).min(end - start);
        let bytes = block(cx, end - n, n)?;
        if let Some(i) = finder.rfind(&bytes) {
            return Ok(Some(end - n + i));
        }
        if end - n == start {
            break;
        }
        end = end - n + needle.len() - 1;
    }
    Ok(None)
}

#[pytype(name = "mmap_iterator", module = "mmap", gc)]
pub struct MmapIter {
    head: Header,
    map: Value,
    at: AtomicUsize,
}

pub fn bytes_of(cx: &mut Cx, map: &Value) -> Res<Value> {
    let iter = MmapIter {
        head: Header::placeholder(),
        map: map.clone(),
        at: AtomicUsize::new(0),
    };
    crate::os_call::make(cx, iter)
}

#[pymethods]
impl MmapIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(map) = self.map.downcast::<Mmap>() else {
            return Ok(None);
        };
        let at = self.at.fetch_add(1, Ordering::Relaxed);
        let byte = map.copy(cx, at, 1)?;
        if byte.is_empty() {
            // It stays at its end.
            self.at.store(usize::MAX / 2, Ordering::Relaxed);
            return Ok(None);
        }
        new_bytes(cx, &byte).map(Some)
    }
}
