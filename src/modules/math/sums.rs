//! `math`'s functions of many numbers: sums and products, exact where they can be, and distances without overflow.
//!
//! Floats are summed as Shewchuk does ("Adaptive Precision Floating-Point Arithmetic", 1997): a list of partial sums without
//! overlap, whose exact total is rounded once at the end.

use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::float::{as_f64_exact, new_float};
use typhon_vm::objects::int::{self, as_int};
use typhon_vm::protocol::{self, BinOp};

/// An exact sum of floats.
#[derive(Default)]
struct Partials {
    parts: Vec<f64>,
    /// Sum of the infinities and NaNs among the summands.
    special: f64,
    infinities: f64,
    overflow: bool,
}

impl Partials {
    fn add(&mut self, x: f64) {
        if !x.is_finite() {
            if x.is_infinite() {
                self.infinities += x;
            }
            self.special += x;
            return;
        }
        let mut x = x;
        let mut kept = 0;
        for i in 0..self.parts.len() {
            let mut y = self.parts[i];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                self.parts[kept] = low;
                kept += 1;
            }
            x = high;
        }
        self.parts.truncate(kept);
        if x.is_infinite() {
            self.overflow = true;
        } else if x != 0.0 {
            self.parts.push(x);
        }
    }

    fn total(&self, cx: &mut Cx) -> Res<f64> {
        if self.special != 0.0 || self.special.is_nan() {
            if self.infinities.is_nan() {
                return Err(cx.value_error("-inf + inf in fsum"));
            }
            return Ok(self.special);
        }
        if self.overflow {
            return Err(cx.overflow_error("intermediate overflow in fsum"));
        }
        Ok(self.rounded())
    }

    /// The exact total of finite parts, rounded once, halves to even.
    fn rounded(&self) -> f64 {
        let mut rest = self.parts.iter().rev();
        let Some(&first) = rest.next() else {
            return 0.0;
        };
        let mut high = first;
        let mut low = 0.0;
        let mut rest = rest.peekable();
        for &y in rest.by_ref() {
            let x = high;
            high = x + y;
            low = y - (high - x);
            if low != 0.0 {
                break;
            }
        }
        if let Some(&&next) = rest.peek()
            && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
        {
            // A half that the parts below push over.
            let twice = low * 2.0;
            let x = high + twice;
            if twice == x - high {
                high = x;
            }
        }
        high
    }
}

/// Length of a vector, without overflow or loss of small components.
fn norm(values: &[f64]) -> f64 {
    let max = values.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if values.iter().any(|x| x.is_infinite()) {
        return f64::INFINITY;
    }
    if values.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    if max == 0.0 || values.len() == 1 {
        return max;
    }
    let (_, exponent) = libm::frexp(max);
    // Components become at most one; the squares are summed in twice the precision.
    let scale = |x: f64| libm::ldexp(x, -exponent);
    let (mut sum, mut carry) = (0.0f64, 0.0f64);
    for &v in values {
        let x = scale(v);
        let square = x * x;
        let low = x.mul_add(x, -square);
        let total = sum + square;
        let error = if sum >= square {
            (sum - total) + square
        } else {
            (square - total) + sum
        };
        sum = total;
        carry += error + low;
    }
    let root = (sum + carry).sqrt();
    // One step of Newton's method on the error of the root.
    let residue = (-root).mul_add(root, sum) + carry;
    let root = root + residue / (2.0 * root);
    libm::ldexp(root, exponent)
}

fn coordinates(cx: &mut Cx, v: &Value) -> Res<Vec<f64>> {
    let items = protocol::collect(cx, v)?;
    items.iter().map(|v| number::as_f64(cx, v)).collect()
}

#[pyfunctions(part = PART, module = "math")]
pub mod functions {
    use super::*;

    /// Return the Euclidean distance between two points p and q.
    ///
    /// The points should be specified as sequences (or iterables) of
    /// coordinates.  Both inputs must have the same dimension.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum((px - qx) ** 2.0 for px, qx in zip(p, q)))
    #[pyfunction]
    fn dist(p: &Value, q: &Value, cx: &mut Cx) -> Res<f64> {
        let (p, q) = (coordinates(cx, p)?, coordinates(cx, q)?);
        if p.len() != q.len() {
            return Err(cx.value_error("both points must have the same number of dimensions"));
        }
        let gaps: Vec<f64> = p.iter().zip(&q).map(|(a, b)| (a - b).abs()).collect();
        Ok(norm(&gaps))
    }
    /// hypot(*coordinates) -> value
    ///
    /// Multidimensional Euclidean distance from the origin to a point.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum(x**2 for x in coordinates))
    ///
    /// For a two dimensional point (x, y), gives the hypotenuse
    /// using the Pythagorean theorem:  sqrt(x*x + y*y).
    ///
    /// For example, the hypotenuse of a 3/4/5 right triangle is:
    ///
    ///     >>> hypot(3.0, 4.0)
    ///     5.0
    #[pyfunction]
    #[sig(*coordinates)]
    fn hypot(coordinates: &[Value], cx: &mut Cx) -> Res<f64> {
        let values: Vec<f64> = coordinates
            .iter()
            .map(|v| number::as_f64(cx, v))
            .collect::<Res<_>>()?;
        Ok(norm(&values))
    }
    /// Return an accurate floating-point sum of values in the iterable seq.
    ///
    /// Assumes IEEE-754 floating-point arithmetic.
    #[pyfunction]
    fn fsum(seq: &Value, cx: &mut Cx) -> Res<f64> {
        let mut sum = Partials::default();
        protocol::for_each(cx, seq, |cx, v| {
            let x = number::as_f64(cx, &v)?;
            sum.add(x);
            Ok(())
        })?;
        sum.total(cx)
    }
    /// Calculate the product of all the elements in the input iterable.
    ///
    /// The default start value for the product is 1.
    ///
    /// When the iterable is empty, return the start value.  This function is
    /// intended specifically for use with numeric values and may reject
    /// non-numeric types.
    #[pyfunction]
    #[sig(iterable, /, *, start = absent => "1")]
    fn prod(iterable: &Value, start: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let mut r = start.cloned().unwrap_or_else(|| Value::small_int(1));
        protocol::for_each(cx, iterable, |cx, v| {
            r = protocol::binary(cx, BinOp::Mul, &r, &v)?;
            Ok(())
        })?;
        Ok(r)
    }
    /// Return the sum of products of values from two iterables p and q.
    ///
    /// Roughly equivalent to:
    ///
    ///     sum(itertools.starmap(operator.mul, zip(p, q, strict=True)))
    ///
    /// For float and mixed int/float inputs, the intermediate products
    /// and sums are computed with extended precision.
    #[pyfunction]
    fn sumprod(p: &Value, q: &Value, cx: &mut Cx) -> Res<Value> {
        let (p, q) = (protocol::iter(cx, p)?, protocol::iter(cx, q)?);
        let mut total = Value::small_int(0);
        let mut floats: Option<Partials> = None;
        // Pairs of ints first, then pairs with floats; the first pair that is neither ends this for good.
        let (mut only_ints, mut plain, mut small) = (true, true, 0_i64);
        loop {
            let (a, b) = (protocol::next(cx, &p)?, protocol::next(cx, &q)?);
            let (a, b) = match (a, b) {
                (Some(a), Some(b)) => (a, b),
                (None, None) => break,
                _ => return Err(cx.value_error("Inputs are not the same length")),
            };
            let exact_int = |v: &Value| number::is_exact_int(v);
            if only_ints {
                let pair = (a.as_small_int(), b.as_small_int());
                only_ints = exact_int(&a) && exact_int(&b);
                match pair {
                    (Some(x), Some(y)) if only_ints => {
                        match x.checked_mul(y).and_then(|xy| small.checked_add(xy)) {
                            Some(sum) => small = sum,
                            // CPython leaves its short ways for good.
                            None => (only_ints, plain) = (false, false),
                        }
                    }
                    _ if only_ints => (only_ints, plain) = (false, false),
                    _ => {}
                }
            }
            let numbers = match (as_f64_exact(&a), as_f64_exact(&b)) {
                _ if !plain || only_ints => None,
                (Some(x), Some(y)) => Some((x, y)),
                (Some(x), None) if exact_int(&b) => {
                    as_int(&b).and_then(|i| int_f64(i)).map(|y| (x, y))
                }
                (None, Some(y)) if exact_int(&a) => {
                    as_int(&a).and_then(|i| int_f64(i)).map(|x| (x, y))
                }
                _ => None,
            };
            if let Some((x, y)) = numbers {
                let product = x * y;
                let sum = floats.get_or_insert_default();
                sum.add(product);
                if product.is_finite() {
                    sum.add(x.mul_add(y, -product));
                }
                continue;
            }
            plain &= only_ints;
            if let Some(sum) = floats.take() {
                total = add_float(cx, &total, &sum)?;
            }
            let product = protocol::binary(cx, BinOp::Mul, &a, &b)?;
            total = protocol::binary(cx, BinOp::Add, &total, &product)?;
        }
        match floats {
            Some(sum) => add_float(cx, &total, &sum),
            None => Ok(total),
        }
    }
}

/// The double of an int that has one.
fn int_f64(i: int::IntRef<'_>) -> Option<f64> {
    match i {
        int::IntRef::Small(i) => Some(i as f64),
        int::IntRef::Big(b) => typhon_text::int_float::int_to_f64(b).ok(),
    }
}

fn add_float(cx: &mut Cx, total: &Value, sum: &Partials) -> Res<Value> {
    let x = if sum.special != 0.0 || sum.special.is_nan() {
        sum.special
    } else if sum.overflow {
        f64::INFINITY
    } else {
        sum.rounded()
    };
    let x = new_float(cx, x)?;
    protocol::binary(cx, BinOp::Add, total, &x)
}
pub use functions::PART;
