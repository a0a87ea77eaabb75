//! `Region`: mapped memory of an object, viewable through `Buffer`s, and the position of who reads it as a file. Every look is
//! one under the object's lock, so that the memory neither moves nor goes meanwhile; while views are out it does neither.

use super::{Buffer, copy};
use crate::native::*;
use crate::os::mapping::Mapping;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Region {
    state: Guarded<State>,
    exports: AtomicUsize,
}

/// What the lock guards.
pub struct State {
    /// None: closed.
    mapping: Option<Mapping>,
    pub position: usize,
}

impl State {
    pub fn size(&self) -> Option<usize> {
        self.mapping.as_ref().map(Mapping::len)
    }
    /// Copies from an offset on; panics past the end.
    pub fn read(&self, offset: usize, to: &mut [u8]) {
        let at = self.place(offset, to.len());
        // SAFETY: mapped, by the check of the place, and so as long as the lock is held.
        unsafe { copy::read(at, to) }
    }
    /// Overwrites from an offset on; panics past the end.
    pub fn write(&mut self, offset: usize, from: &[u8]) {
        let at = self.place(offset, from.len());
        // SAFETY: as above; who may not write does not call this (`Region::change`).
        unsafe { copy::write(at, from) }
    }
    fn place(&self, offset: usize, n: usize) -> *mut u8 {
        let mapping = self.mapping.as_ref().expect("looked at when it is open");
        assert!(
            offset <= mapping.len() && n <= mapping.len() - offset,
            "past the end of mapped memory"
        );
        mapping.address().wrapping_add(offset)
    }
    /// A part as bytes; panics past the end.
    pub fn part(&self, range: Range<usize>) -> Vec<u8> {
        let mut out = vec![0; range.len()];
        self.read(range.start, &mut out);
        out
    }
    pub fn mapping(&mut self) -> Option<&mut Mapping> {
        self.mapping.as_mut()
    }
}

/// Views are out.
pub struct Exported;

impl Region {
    pub fn new(mapping: Mapping) -> Region {
        Region {
            state: Guarded::new(State {
                mapping: Some(mapping),
                position: 0,
            }),
            exports: AtomicUsize::new(0),
        }
    }

    /// What `f` makes of it under the lock; None where it is closed. `f` runs no Python and drops no value.
    pub fn look<R>(
        &self,
        head: &Header,
        cx: &mut Cx,
        f: impl FnOnce(&mut State) -> R,
    ) -> Option<R> {
        let mut state = self.state.lock(head, &mut cx.thread);
        state.mapping.is_some().then(|| f(&mut state))
    }

    /// The same where the memory may move.
    pub fn change<R>(
        &self,
        head: &Header,
        cx: &mut Cx,
        f: impl FnOnce(&mut Mapping) -> R,
    ) -> Result<Option<R>, Exported> {
        let mut state = self.state.lock(head, &mut cx.thread);
        if self.exports.load(Ordering::Acquire) != 0 {
            return Err(Exported);
        }
        Ok(state.mapping.as_mut().map(f))
    }

    /// Takes the memory away; None where it is gone already.
    pub fn close(&self, head: &Header, cx: &mut Cx) -> Result<Option<Mapping>, Exported> {
        let mut state = self.state.lock(head, &mut cx.thread);
        if self.exports.load(Ordering::Acquire) != 0 {
            return Err(Exported);
        }
        Ok(state.mapping.take())
    }

    /// A view of all the bytes; None where it is closed. `self` is part of the object `owner`.
    pub fn export(&self, owner: &Value, readonly: bool, cx: &mut Cx) -> Option<Buffer> {
        let head = owner.header()?;
        let state = self.state.lock(head, &mut cx.thread);
        let mapping = state.mapping.as_ref()?;
        self.exports.fetch_add(1, Ordering::Relaxed);
        let (at, len) = (mapping.address(), mapping.len());
        drop(state);
        let counter = &raw const self.exports;
        // SAFETY: counted above under the lock, so the memory stays where it is; `self` lies inside `owner`.
        Some(unsafe { Buffer::from_raw(owner.clone(), at, len, readonly, false, counter) })
    }
}
