//! Room for results whose size users choose. Where there is none the computation unwinds with [`OutOfMemory`], which the
//! interpreter turns into `MemoryError`; the standard library's own growth would end the process.

/// What unwinds.
pub struct OutOfMemory;

#[cold]
#[inline(never)]
fn fail() -> ! {
    // Not a defect: no panic message.
    std::panic::resume_unwind(Box::new(OutOfMemory))
}

/// Makes room for exactly `n` more.
#[inline]
pub fn reserve<T>(v: &mut Vec<T>, n: usize) {
    if v.try_reserve_exact(n).is_err() {
        fail();
    }
}

/// An empty vector with room for `n`.
#[inline]
pub fn vec<T>(n: usize) -> Vec<T> {
    let mut v = Vec::new();
    reserve(&mut v, n);
    v
}

/// Appends `n` copies.
pub fn fill<T: Clone>(v: &mut Vec<T>, value: T, n: usize) {
    reserve(v, n);
    v.resize(v.len() + n, value);
}

/// Appends a slice; grows as vectors grow, for many appends.
#[inline]
pub fn extend<T: Copy>(v: &mut Vec<T>, part: &[T]) {
    if v.capacity() - v.len() < part.len() && v.try_reserve(part.len()).is_err() {
        fail();
    }
    v.extend_from_slice(part);
}
