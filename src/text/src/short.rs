//! Copies of a few bytes without a call.

/// Copy `from` to `to`, which is as long.
#[inline(always)]
pub fn copy_short(to: &mut [u8], from: &[u8]) {
    match from.len() {
        8..=16 => overlap::<8>(to, from),
        17..=32 => overlap::<16>(to, from),
        4..=7 => overlap::<4>(to, from),
        0..=3 => {
            for (to, from) in to.iter_mut().zip(from) {
                *to = *from;
            }
        }
        _ => to.copy_from_slice(from),
    }
}

/// Copy `from`, which has `N` to `2 * N` bytes, in two blocks that may overlap.
#[inline(always)]
fn overlap<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
        if let Some(to) = to.first_chunk_mut::<N>() {
            *to = *first;
        }
        if let Some(to) = to.last_chunk_mut::<N>() {
            *to = *last;
        }
    }
}
