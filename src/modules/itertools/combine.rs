//! `product`, `combinations`, `combinations_with_replacement`, `permutations`: index arithmetic over pools that do not
//! change. A step of the indices and the copy of what they name is one hold of the iterator's lock.

use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::{int, object, tuple};
use typhon_vm::protocol;

/// Positions in the pools; `None` before the first tuple.
struct Walk {
    indices: Option<Vec<usize>>,
    /// `permutations` only: how often each place is still to be rotated.
    cycles: Vec<usize>,
    done: bool,
}

impl Walk {
    fn start(done: bool) -> Guarded<Walk> {
        Guarded::new(Walk {
            indices: None,
            cycles: Vec::new(),
            done,
        })
    }
}

impl Traverse for Walk {
    fn traverse(&self, _: &mut Visitor) {}
}

fn length(cx: &mut Cx, r: isize) -> Res<usize> {
    usize::try_from(r).map_err(|_| cx.value_error("r must be non-negative"))
}

/// Room for `n` indices, which come from the user.
fn reserve(cx: &mut Cx, n: usize) -> Res<()> {
    let mut v: Vec<usize> = Vec::new();
    match v.try_reserve_exact(n) {
        Ok(()) => Ok(()),
        Err(_) => Err(cx.memory_error()),
    }
}

macro_rules! stepping {
    ($t:ident) => {
        impl $t {
            /// The items named by the indices after one more step.
            fn advance(&self, cx: &mut Cx) -> Res<Option<Value>> {
                let items = {
                    let mut g = self.walk.lock(&self.head, cx);
                    if g.done {
                        return Ok(None);
                    }
                    if !self.step(&mut g) {
                        g.done = true;
                        return Ok(None);
                    }
                    let tid = g.tid();
                    let indices = g.indices.as_deref().unwrap_or(&[]);
                    indices
                        .iter()
                        .enumerate()
                        .map(|(place, &i)| self.item(place, i).clone_in(tid))
                        .collect::<Vec<_>>()
                };
                tuple::new_tuple(cx, items).map(Some)
            }
        }
    };
}

/// Cartesian product of input iterables.  Equivalent to nested for-loops.
///
/// For example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).
/// The leftmost iterators are in the outermost for-loop, so the output tuples
/// cycle in a manner similar to an odometer (with the rightmost element changing
/// on every iteration).
///
/// To compute the product of an iterable with itself, specify the number
/// of repetitions with the optional repeat keyword argument. For example,
/// product(A, repeat=4) means the same as product(A, A, A, A).
///
/// product('ab', range(3)) --> ('a',0) ('a',1) ('a',2) ('b',0) ('b',1) ('b',2)
/// product((0,1), (0,1), (0,1)) --> (0,0,0) (0,0,1) (0,1,0) (0,1,1) (1,0,0) ...
#[pytype(name = "product", module = "itertools", gc, basetype)]
pub struct Product {
    pub head: Header,
    pools: Vec<Vec<Value>>,
    repeat: usize,
    walk: Guarded<Walk>,
}

impl Product {
    fn places(&self) -> usize {
        self.pools.len() * self.repeat
    }
    fn item(&self, place: usize, i: usize) -> &Value {
        &self.pools[place % self.pools.len()][i]
    }
    fn step(&self, w: &mut Walk) -> bool {
        let Some(indices) = &mut w.indices else {
            w.indices = Some(vec![0; self.places()]);
            return self.repeat == 0 || self.pools.iter().all(|p| !p.is_empty());
        };
        for (place, i) in indices.iter_mut().enumerate().rev() {
            *i += 1;
            if *i < self.pools[place % self.pools.len()].len() {
                return true;
            }
            *i = 0;
        }
        false
    }
}
stepping!(Product);

#[pymethods]
impl Product {
    #[new]
    #[sig(*iterables, repeat = 1)]
    fn new(cls: &Type, iterables: &[Value], repeat: isize, cx: &mut Cx) -> Res<Value> {
        let Ok(repeat) = usize::try_from(repeat) else {
            return Err(cx.value_error("repeat argument cannot be negative"));
        };
        let places = match iterables.len().checked_mul(repeat) {
            Some(n) if n <= isize::MAX as usize / 8 => n,
            _ => return Err(cx.overflow_error("repeat argument too large")),
        };
        reserve(cx, places)?;
        let mut pools = Vec::with_capacity(iterables.len());
        if repeat > 0 {
            for it in iterables {
                pools.push(protocol::collect(cx, it)?);
            }
        }
        object::alloc(
            cx,
            cls,
            Product {
                head: Header::placeholder(),
                pools,
                repeat,
                walk: Walk::start(false),
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.advance(cx)
    }
    /// Returns size in memory, in bytes.
    fn __sizeof__(&self) -> usize {
        size_of::<Product>() + 8 * self.places()
    }
}

/// Return successive r-length combinations of elements in the iterable.
///
/// combinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)
#[pytype(name = "combinations", module = "itertools", gc, basetype)]
pub struct Combinations {
    pub head: Header,
    pool: Vec<Value>,
    r: usize,
    walk: Guarded<Walk>,
}

impl Combinations {
    fn item(&self, _place: usize, i: usize) -> &Value {
        &self.pool[i]
    }
    fn step(&self, w: &mut Walk) -> bool {
        let (n, r) = (self.pool.len(), self.r);
        let Some(indices) = &mut w.indices else {
            w.indices = Some((0..r).collect());
            return true;
        };
        let Some(i) = (0..r).rev().find(|&i| indices[i] != i + n - r) else {
            return false;
        };
        let first = indices[i] + 1;
        for (k, place) in indices[i..].iter_mut().enumerate() {
            *place = first + k;
        }
        true
    }
}
stepping!(Combinations);

#[pymethods]
impl Combinations {
    #[new]
    #[sig(iterable, r)]
    fn new(cls: &Type, iterable: &Value, r: isize, cx: &mut Cx) -> Res<Value> {
        let pool = protocol::collect(cx, iterable)?;
        let r = length(cx, r)?;
        let walk = Walk::start(r > pool.len());
        object::alloc(
            cx,
            cls,
            Combinations {
                head: Header::placeholder(),
                pool,
                r,
                walk,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.advance(cx)
    }
    /// Returns size in memory, in bytes.
    fn __sizeof__(&self) -> usize {
        size_of::<Combinations>() + 8 * self.r
    }
}

/// Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.
///
/// combinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')
#[pytype(
    name = "combinations_with_replacement",
    module = "itertools",
    gc,
    basetype
)]
pub struct CombinationsReplaced {
    pub head: Header,
    pool: Vec<Value>,
    r: usize,
    walk: Guarded<Walk>,
}

impl CombinationsReplaced {
    fn item(&self, _place: usize, i: usize) -> &Value {
        &self.pool[i]
    }
    fn step(&self, w: &mut Walk) -> bool {
        let Some(indices) = &mut w.indices else {
            w.indices = Some(vec![0; self.r]);
            return true;
        };
        let Some(i) = indices.iter().rposition(|&i| i + 1 != self.pool.len()) else {
            return false;
        };
        let next = indices[i] + 1;
        indices[i..].fill(next);
        true
    }
}
stepping!(CombinationsReplaced);

#[pymethods]
impl CombinationsReplaced {
    #[new]
    #[sig(iterable, r)]
    fn new(cls: &Type, iterable: &Value, r: isize, cx: &mut Cx) -> Res<Value> {
        let pool = protocol::collect(cx, iterable)?;
        let r = length(cx, r)?;
        reserve(cx, r)?;
        let walk = Walk::start(pool.is_empty() && r > 0);
        object::alloc(
            cx,
            cls,
            CombinationsReplaced {
                head: Header::placeholder(),
                pool,
                r,
                walk,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.advance(cx)
    }
    /// Returns size in memory, in bytes.
    fn __sizeof__(&self) -> usize {
        size_of::<CombinationsReplaced>() + 8 * self.r
    }
}

/// Return successive r-length permutations of elements in the iterable.
///
/// permutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)
#[pytype(name = "permutations", module = "itertools", gc, basetype)]
pub struct Permutations {
    pub head: Header,
    pool: Vec<Value>,
    r: usize,
    walk: Guarded<Walk>,
}

impl Permutations {
    fn item(&self, _place: usize, i: usize) -> &Value {
        &self.pool[i]
    }
    fn step(&self, w: &mut Walk) -> bool {
        let (n, r) = (self.pool.len(), self.r);
        let Some(indices) = &mut w.indices else {
            w.indices = Some((0..n).collect());
            w.cycles = (0..r).map(|i| n - i).collect();
            return true;
        };
        for i in (0..r).rev() {
            w.cycles[i] -= 1;
            if w.cycles[i] == 0 {
                indices[i..].rotate_left(1);
                w.cycles[i] = n - i;
            } else {
                let j = n - w.cycles[i];
                indices.swap(i, j);
                return true;
            }
        }
        false
    }
    fn advance(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let items = {
            let mut g = self.walk.lock(&self.head, cx);
            if g.done {
                return Ok(None);
            }
            if !self.step(&mut g) {
                g.done = true;
                return Ok(None);
            }
            let tid = g.tid();
            // All positions are permuted; the first `r` are shown.
            let indices = g.indices.as_deref().unwrap_or(&[]);
            indices
                .iter()
                .take(self.r)
                .map(|&i| self.item(0, i).clone_in(tid))
                .collect::<Vec<_>>()
        };
        tuple::new_tuple(cx, items).map(Some)
    }
}

#[pymethods]
impl Permutations {
    #[new]
    #[sig(iterable, r = None)]
    fn new(cls: &Type, iterable: &Value, r: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let pool = protocol::collect(cx, iterable)?;
        let r = match r {
            None => pool.len(),
            Some(r) => {
                if int::as_int(r).is_none() {
                    return Err(cx.type_error("Expected int as r"));
                }
                let r = number::index_isize_checked(cx, r, ExcKind::OverflowError)?;
                length(cx, r)?
            }
        };
        let walk = Walk::start(r > pool.len());
        object::alloc(
            cx,
            cls,
            Permutations {
                head: Header::placeholder(),
                pool,
                r,
                walk,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.advance(cx)
    }
    /// Returns size in memory, in bytes.
    fn __sizeof__(&self) -> usize {
        size_of::<Permutations>() + 8 * (self.pool.len() + self.r)
    }
}
