//! `itertools`. What an iterator has to remember stands under its own lock or in an atomic, and is read and written around
//! the calls into other iterators, never across them (R1). Shared between threads they hand out each item once where one
//! step takes one item; steps of several items may interleave.
//! - `infinite.rs`: count, cycle, repeat; `filters.rs`: those that pass or drop items; `joining.rs`: chain, zip_longest,
//!   starmap, accumulate; `slices.rs`: islice, batched, pairwise; `group.rs`; `tee.rs`; `combine.rs`: products and subsets

pub mod combine;
pub mod filters;
pub mod group;
pub mod infinite;
pub mod joining;
pub mod slices;
pub mod tee;

use self::combine::{Combinations, CombinationsReplaced, Permutations, Product};
use self::filters::{Compress, DropWhile, FilterFalse, TakeWhile};
use self::group::{GroupBy, Grouper};
use self::infinite::{Count, Cycle, Repeat};
use self::joining::{Accumulate, Chain, StarMap, ZipLongest};
use self::slices::{Batched, Islice, Pairwise};
use self::tee::{Tee, TeeData};
use typhon_vm::native::*;
use typhon_vm::objects::tuple;
use typhon_vm::protocol;

#[pymodule(
    name = "itertools",
    types(
        Accumulate,
        Batched,
        Chain,
        Combinations,
        CombinationsReplaced,
        Compress,
        Count,
        Cycle,
        DropWhile,
        FilterFalse,
        GroupBy,
        Grouper,
        Islice,
        Pairwise,
        Permutations,
        Product,
        Repeat,
        StarMap,
        TakeWhile,
        Tee,
        TeeData,
        ZipLongest
    )
)]
pub mod module {
    //! Functional tools for creating and using iterators.
    //!
    //! Infinite iterators:
    //! count(start=0, step=1) --> start, start+step, start+2*step, ...
    //! cycle(p) --> p0, p1, ... plast, p0, p1, ...
    //! repeat(elem [,n]) --> elem, elem, elem, ... endlessly or up to n times
    //!
    //! Iterators terminating on the shortest input sequence:
    //! accumulate(p[, func]) --> p0, p0+p1, p0+p1+p2
    //! batched(p, n) --> [p0, p1, ..., p_n-1], [p_n, p_n+1, ..., p_2n-1], ...
    //! chain(p, q, ...) --> p0, p1, ... plast, q0, q1, ...
    //! chain.from_iterable([p, q, ...]) --> p0, p1, ... plast, q0, q1, ...
    //! compress(data, selectors) --> (d[0] if s[0]), (d[1] if s[1]), ...
    //! dropwhile(predicate, seq) --> seq[n], seq[n+1], starting when predicate fails
    //! groupby(iterable[, keyfunc]) --> sub-iterators grouped by value of keyfunc(v)
    //! filterfalse(predicate, seq) --> elements of seq where predicate(elem) is False
    //! islice(seq, [start,] stop [, step]) --> elements from
    //!        seq[start:stop:step]
    //! pairwise(s) --> (s[0],s[1]), (s[1],s[2]), (s[2], s[3]), ...
    //! starmap(fun, seq) --> fun(*seq[0]), fun(*seq[1]), ...
    //! tee(it, n=2) --> (it1, it2 , ... itn) splits one iterator into n
    //! takewhile(predicate, seq) --> seq[0], seq[1], until predicate fails
    //! zip_longest(p, q, ...) --> (p[0], q[0]), (p[1], q[1]), ...
    //!
    //! Combinatoric generators:
    //! product(p, q, ... [repeat=1]) --> cartesian product
    //! permutations(p[, r])
    //! combinations(p, r)
    //! combinations_with_replacement(p, r)

    use super::*;

    /// Returns a tuple of n independent iterators.
    #[pyfunction]
    #[sig(iterable, n = 2, /)]
    fn tee(iterable: &Value, n: isize, cx: &mut Cx) -> Res<Value> {
        let Ok(n) = usize::try_from(n) else {
            return Err(cx.value_error("n must be >= 0"));
        };
        if n == 0 {
            return tuple::new_tuple(cx, vec![]);
        }
        let it = protocol::iter(cx, iterable)?;
        let first = match protocol::getattr_str_opt(cx, &it, "__copy__")? {
            // The one given goes its own way.
            Some(copy) => protocol::call(cx, &copy, &[])?,
            None => tee::over(cx, &it)?,
        };
        let mut out = Vec::new();
        if out.try_reserve_exact(n).is_err() {
            return Err(cx.memory_error());
        }
        out.push(first);
        for i in 1..n {
            let copy = protocol::call_method(cx, &out[i - 1].clone(), "__copy__", &[])?;
            out.push(copy);
        }
        tuple::new_tuple(cx, out)
    }
}
