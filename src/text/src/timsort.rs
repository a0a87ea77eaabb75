//! A stable adaptive merge sort whose comparison may fail: `list.sort`.
//!
//! Natural runs are found (descending ones reversed), short ones extended by binary insertion, and merged in the
//! order of powersort (Munro and Wild 2018), with galloping (Peters' timsort). Only "less than" is asked, as
//! Python's `__lt__`. When the comparison fails, or lies, the slice still holds exactly its elements: every
//! move happens between comparisons, and what a merge holds aside is put back before its error is passed on.

/// Wins in a row before a merge gallops.
const MIN_GALLOP: usize = 7;

/// Sorts `v` stably by `less`. On an error the order is unspecified but nothing is lost.
pub fn sort<T: Copy, E>(
    v: &mut [T],
    mut less: impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    Sorter::new(v.len()).sort(v, &mut less)
}

/// Sorts `v` in descending order, equal elements staying in theirs.
pub fn sort_reversed<T: Copy, E>(
    v: &mut [T],
    less: impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    v.reverse();
    let result = sort(v, less);
    v.reverse();
    result
}

#[derive(Clone, Copy)]
struct Run {
    start: usize,
    len: usize,
    /// Depth of the boundary to the next run in the ideal merge tree.
    power: u32,
}

struct Sorter<T> {
    total: usize,
    runs: Vec<Run>,
    aside: Vec<T>,
    min_gallop: usize,
}

/// Least length of runs: between 32 and 64, so that about a power of two of them make up `n`.
fn min_run(mut n: usize) -> usize {
    let mut carry = 0;
    while n >= 64 {
        carry |= n & 1;
        n >>= 1;
    }
    n + carry
}

/// Power of the boundary between the runs `start..start + a` and the next `b` elements of `total`.
fn power(start: usize, a: usize, b: usize, total: usize) -> u32 {
    let mut left = 2 * start + a;
    let mut right = left + a + b;
    let mut power = 0;
    loop {
        power += 1;
        if left >= total {
            left -= total;
            right -= total;
        } else if right >= total {
            return power;
        }
        left <<= 1;
        right <<= 1;
    }
}

/// Length of the run at the beginning of `v`, made ascending.
fn take_run<T: Copy, E>(
    v: &mut [T],
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<usize, E> {
    if v.len() < 2 {
        return Ok(v.len());
    }
    let descending = less(&v[1], &v[0])?;
    let mut n = 2;
    while n < v.len() && less(&v[n], &v[n - 1])? == descending {
        n += 1;
    }
    if descending {
        v[..n].reverse();
    }
    Ok(n)
}

/// Inserts `v[sorted..]` into the ascending `v[..sorted]`.
fn insert_rest<T: Copy, E>(
    v: &mut [T],
    sorted: usize,
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    for i in sorted..v.len() {
        let pivot = v[i];
        let (mut low, mut high) = (0, i);
        while low < high {
            let mid = (low + high) / 2;
            if less(&pivot, &v[mid])? {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        v.copy_within(low..i, low + 1);
        v[low] = pivot;
    }
    Ok(())
}

/// Number of leading elements of `a` for which `before` holds, which is so for a prefix: doubling steps from
/// one end, then bisection.
fn gallop<T, E>(
    a: &[T],
    from_end: bool,
    mut before: impl FnMut(&T) -> Result<bool, E>,
) -> Result<usize, E> {
    let n = a.len();
    let (mut low, mut high) = (0, n);
    let mut step = 1;
    if from_end {
        while step <= n {
            if before(&a[n - step])? {
                low = n - step + 1;
                break;
            }
            high = n - step;
            step = step * 2 + 1;
        }
    } else {
        while step <= n {
            if !before(&a[step - 1])? {
                high = step - 1;
                break;
            }
            low = step;
            step = step * 2 + 1;
        }
    }
    while low < high {
        let mid = (low + high) / 2;
        if before(&a[mid])? {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    Ok(low)
}

impl<T: Copy> Sorter<T> {
    fn new(total: usize) -> Sorter<T> {
        Sorter {
            total,
            runs: Vec::new(),
            aside: Vec::new(),
            min_gallop: MIN_GALLOP,
        }
    }

    fn sort<E>(
        &mut self,
        v: &mut [T],
        less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
    ) -> Result<(), E> {
        let min = min_run(v.len());
        let mut start = 0;
        while start < v.len() {
            let rest = &mut v[start..];
            let mut len = take_run(rest, less)?;
            if len < min {
                let forced = min.min(rest.len());
                insert_rest(&mut rest[..forced], len, less)?;
                len = forced;
            }
            if let Some(&last) = self.runs.last() {
                let power = power(last.start, last.len, len, self.total);
                while self.runs.len() > 1 && self.runs[self.runs.len() - 2].power > power {
                    self.merge_last(v, less)?;
                }
                let top = self.runs.len() - 1;
                self.runs[top].power = power;
            }
            self.runs.push(Run {
                start,
                len,
                power: 0,
            });
            start += len;
        }
        while self.runs.len() > 1 {
            self.merge_last(v, less)?;
        }
        Ok(())
    }

    /// Merges the last two runs.
    fn merge_last<E>(
        &mut self,
        v: &mut [T],
        less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
    ) -> Result<(), E> {
        let i = self.runs.len() - 2;
        let (a, b) = (self.runs[i], self.runs[i + 1]);
        self.runs.pop();
        self.runs[i].len += b.len;
        let (mid, end) = (b.start, b.start + b.len);
        // What is in place already at both ends takes no part.
        let first = v[mid];
        let start = a.start + gallop(&v[a.start..mid], false, |x| less(&first, x).map(|l| !l))?;
        if start == mid {
            return Ok(());
        }
        let last = v[mid - 1];
        let end = mid + gallop(&v[mid..end], true, |x| less(x, &last))?;
        if end == mid {
            return Ok(());
        }
        let v = &mut v[start..end];
        let mut aside = std::mem::take(&mut self.aside);
        aside.clear();
        let mid = mid - start;
        let result = if mid <= v.len() - mid {
            aside.extend_from_slice(&v[..mid]);
            let mut s = Low { i: 0, j: mid, k: 0 };
            let result = self.merge_low(v, &aside, &mut s, less);
            let rest = &aside[s.i..];
            v[s.k..s.k + rest.len()].copy_from_slice(rest);
            result
        } else {
            aside.extend_from_slice(&v[mid..]);
            let mut s = High {
                i: mid,
                j: aside.len(),
                k: v.len(),
            };
            let result = self.merge_high(v, &aside, &mut s, less);
            let rest = &aside[..s.j];
            v[s.k - rest.len()..s.k].copy_from_slice(rest);
            result
        };
        self.aside = aside;
        result
    }

    /// Merges the left run, held in `aside`, with the right one at the end of `v`.
    fn merge_low<E>(
        &mut self,
        v: &mut [T],
        aside: &[T],
        s: &mut Low,
        less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
    ) -> Result<(), E> {
        let (na, end) = (aside.len(), v.len());
        loop {
            let (mut wins_a, mut wins_b) = (0, 0);
            while wins_a < self.min_gallop && wins_b < self.min_gallop {
                if less(&v[s.j], &aside[s.i])? {
                    s.take_right(v, 1);
                    (wins_a, wins_b) = (0, wins_b + 1);
                } else {
                    s.take_left(v, aside, 1);
                    (wins_a, wins_b) = (wins_a + 1, 0);
                }
                if s.i == na || s.j == end {
                    return Ok(());
                }
            }
            loop {
                self.min_gallop = self.min_gallop.saturating_sub(1).max(1);
                let key = v[s.j];
                let a = gallop(&aside[s.i..], false, |x| less(&key, x).map(|l| !l))?;
                s.take_left(v, aside, a);
                if s.i == na {
                    return Ok(());
                }
                s.take_right(v, 1);
                if s.j == end {
                    return Ok(());
                }
                let key = aside[s.i];
                let b = gallop(&v[s.j..], false, |x| less(x, &key))?;
                s.take_right(v, b);
                if s.j == end {
                    return Ok(());
                }
                s.take_left(v, aside, 1);
                if s.i == na {
                    return Ok(());
                }
                if a < MIN_GALLOP && b < MIN_GALLOP {
                    break;
                }
            }
            self.min_gallop += 2;
        }
    }

    /// Merges the left run at the beginning of `v` with the right one, held in `aside`, from the end.
    fn merge_high<E>(
        &mut self,
        v: &mut [T],
        aside: &[T],
        s: &mut High,
        less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
    ) -> Result<(), E> {
        loop {
            let (mut wins_a, mut wins_b) = (0, 0);
            while wins_a < self.min_gallop && wins_b < self.min_gallop {
                if less(&aside[s.j - 1], &v[s.i - 1])? {
                    s.take_left(v, 1);
                    (wins_a, wins_b) = (wins_a + 1, 0);
                } else {
                    s.take_right(v, aside, 1);
                    (wins_a, wins_b) = (0, wins_b + 1);
                }
                if s.i == 0 || s.j == 0 {
                    return Ok(());
                }
            }
            loop {
                self.min_gallop = self.min_gallop.saturating_sub(1).max(1);
                let key = aside[s.j - 1];
                let a = s.i - gallop(&v[..s.i], true, |x| less(&key, x).map(|l| !l))?;
                s.take_left(v, a);
                if s.i == 0 {
                    return Ok(());
                }
                s.take_right(v, aside, 1);
                if s.j == 0 {
                    return Ok(());
                }
                let key = v[s.i - 1];
                let b = s.j - gallop(&aside[..s.j], true, |x| less(x, &key))?;
                s.take_right(v, aside, b);
                if s.j == 0 {
                    return Ok(());
                }
                s.take_left(v, 1);
                if s.i == 0 {
                    return Ok(());
                }
                if a < MIN_GALLOP && b < MIN_GALLOP {
                    break;
                }
            }
            self.min_gallop += 2;
        }
    }
}

/// A merge from the left: `aside[i..]` and `v[j..]` are to go to `v[k..]`; `j - k` is what `aside` has left.
struct Low {
    i: usize,
    j: usize,
    k: usize,
}

impl Low {
    fn take_left<T: Copy>(&mut self, v: &mut [T], aside: &[T], n: usize) {
        v[self.k..self.k + n].copy_from_slice(&aside[self.i..self.i + n]);
        self.i += n;
        self.k += n;
    }

    fn take_right<T: Copy>(&mut self, v: &mut [T], n: usize) {
        v.copy_within(self.j..self.j + n, self.k);
        self.j += n;
        self.k += n;
    }
}

/// A merge from the right: `v[..i]` and `aside[..j]` are to go to `v[..k]`; `k - i` is what `aside` has left.
struct High {
    i: usize,
    j: usize,
    k: usize,
}

impl High {
    fn take_left<T: Copy>(&mut self, v: &mut [T], n: usize) {
        v.copy_within(self.i - n..self.i, self.k - n);
        self.i -= n;
        self.k -= n;
    }

    fn take_right<T: Copy>(&mut self, v: &mut [T], aside: &[T], n: usize) {
        v[self.k - n..self.k].copy_from_slice(&aside[self.j - n..self.j]);
        self.j -= n;
        self.k -= n;
    }
}
