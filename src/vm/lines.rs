//! Slices that have their cache lines to themselves.
//!
//! Register code is read by every thread that runs it, at every instruction. It is made by the thread that happens to call it
//! first, whose allocator puts it among that thread's small blocks: the constants of a function beside a list's items, say,
//! and each write of an item would then take the constants away from all other threads.

use std::alloc::{Layout, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// A cache line.
const LINE: usize = 64;

/// Like `Box<[T]>`, in whole cache lines. Its form is fixed for who reads it from outside (`postmortem.rs`).
#[repr(C)]
pub struct Lines<T> {
    start: NonNull<T>,
    len: usize,
}

// SAFETY: it owns its items, as a box does.
unsafe impl<T: Send> Send for Lines<T> {}
// SAFETY: as above; it lends them as a box does.
unsafe impl<T: Sync> Sync for Lines<T> {}

impl<T> Lines<T> {
    const fn empty() -> Self {
        Lines {
            start: NonNull::dangling(),
            len: 0,
        }
    }

    fn layout(len: usize) -> Layout {
        const { assert!(size_of::<T>() != 0) };
        Layout::array::<T>(len)
            .and_then(|items| items.align_to(LINE))
            .expect("a vector of so many was there")
            .pad_to_align()
    }
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Lines::empty()
    }
}

impl<T> From<Vec<T>> for Lines<T> {
    fn from(mut items: Vec<T>) -> Self {
        let layout = Self::layout(items.len());
        if layout.size() == 0 {
            return Lines::empty();
        }
        // SAFETY: not of size 0.
        let Some(start) = NonNull::new(unsafe { std::alloc::alloc(layout) }.cast::<T>()) else {
            handle_alloc_error(layout)
        };
        let len = items.len();
        // SAFETY: room for so many; they move, since the vector forgets them first.
        unsafe {
            items.set_len(0);
            start.copy_from_nonoverlapping(NonNull::new_unchecked(items.as_mut_ptr()), len);
        }
        Lines { start, len }
    }
}

impl<T> FromIterator<T> for Lines<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<T> Deref for Lines<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: so many were moved there.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Lines<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above; `self` is borrowed for writing.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<T> Drop for Lines<T> {
    fn drop(&mut self) {
        let layout = Self::layout(self.len);
        if layout.size() == 0 {
            return;
        }
        // SAFETY: the items are dropped once, then their memory is given back with the layout it was taken with.
        unsafe {
            std::ptr::drop_in_place(&raw mut **self);
            std::alloc::dealloc(self.start.as_ptr().cast(), layout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn items_stand_in_lines_of_their_own_and_are_dropped_once() {
        let one = Rc::new(1);
        let lines: Lines<Rc<i32>> = vec![one.clone(); 9].into();
        assert_eq!(lines.as_ptr() as usize % LINE, 0);
        assert_eq!((lines.len(), Rc::strong_count(&one)), (9, 10));
        drop(lines);
        assert_eq!(Rc::strong_count(&one), 1);
        assert!(Lines::<Rc<i32>>::default().is_empty());
    }
}
