//! `math`'s functions of ints: factorial, binomial coefficients, divisors, integer roots.

use dashu_int::ops::{Gcd, SquareRoot};
use dashu_int::{IBig, Sign, UBig};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::int::{IntRef, as_int, is_negative};

/// A count that must fit a word.
fn word(cx: &mut Cx, v: &Value, error: &str) -> Res<u64> {
    match as_int(v) {
        Some(IntRef::Small(i)) if i >= 0 => Ok(i as u64),
        _ => Err(cx.overflow_error(error)),
    }
}

/// The product of the numbers from `low` to `high`, split in halves so that factors stay of one size.
fn product(low: u64, high: u64) -> UBig {
    if low > high {
        return UBig::ONE;
    }
    if high - low < 8 {
        return (low..=high).map(UBig::from).fold(UBig::ONE, |a, b| a * b);
    }
    let middle = low + (high - low) / 2;
    product(low, middle) * product(middle + 1, high)
}

/// `n * (n-1) * ... * (n-k+1)` for any `n`.
fn falling(n: &UBig, k: u64) -> UBig {
    if let Ok(n) = u64::try_from(n) {
        return product(n - k + 1, n);
    }
    fn part(n: &UBig, from: u64, to: u64) -> UBig {
        if to - from < 8 {
            return (from..to)
                .map(|i| n - UBig::from(i))
                .fold(UBig::ONE, |a, b| a * b);
        }
        let middle = from + (to - from) / 2;
        part(n, from, middle) * part(n, middle, to)
    }
    part(n, 0, k)
}

fn factorial_of(cx: &mut Cx, x: &Value) -> Res<UBig> {
    let n = number::to_index(cx, x)?;
    if is_negative(&n) {
        return Err(cx.value_error("factorial() not defined for negative values"));
    }
    let n = word(
        cx,
        &n,
        "factorial() argument should not exceed 9223372036854775807",
    )?;
    Ok(product(2, n))
}

fn natural(cx: &mut Cx, v: &Value, name: &str) -> Res<UBig> {
    let i = number::as_bigint(cx, v)?;
    if i.sign() == Sign::Negative {
        return Err(cx.value_error(format!("{name} must be a non-negative integer")));
    }
    Ok(i.into_parts().1)
}

fn gcd_of(a: &IBig, b: &IBig) -> IBig {
    match (a.is_zero(), b.is_zero()) {
        (true, true) => IBig::ZERO,
        _ => IBig::from(a.gcd(b)),
    }
}

fn magnitude(i: IBig) -> IBig {
    i.into_parts().1.into()
}

/// `isqrt`: the root rounded down, for whoever has the number already.
pub fn integer_sqrt(n: &UBig) -> UBig {
    n.sqrt()
}

#[pyfunctions(part = PART, module = "math")]
pub mod functions {
    use super::*;

    /// Number of ways to choose k items from n items without repetition and without order.
    ///
    /// Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// Also called the binomial coefficient because it is equivalent
    /// to the coefficient of k-th term in polynomial expansion of the
    /// expression (1 + x)**n.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfunction]
    fn comb(n: &Value, k: &Value, cx: &mut Cx) -> Res<IBig> {
        let (n, k) = (natural(cx, n, "n")?, natural(cx, k, "k")?);
        if k > n {
            return Ok(IBig::ZERO);
        }
        let rest = &n - &k;
        let k = if rest < k { rest } else { k };
        let Ok(k) = i64::try_from(&k) else {
            return Err(cx.overflow_error("min(n - k, k) must not exceed 9223372036854775807"));
        };
        Ok(IBig::from(falling(&n, k as u64) / product(2, k as u64)))
    }
    /// Find n!.
    #[pyfunction]
    fn factorial(n: &Value, cx: &mut Cx) -> Res<IBig> {
        Ok(factorial_of(cx, n)?.into())
    }
    /// Greatest Common Divisor.
    #[pyfunction]
    #[sig(*integers)]
    fn gcd(integers: &[Value], cx: &mut Cx) -> Res<IBig> {
        let mut r = IBig::ZERO;
        for v in integers {
            let i = number::as_bigint(cx, v)?;
            r = gcd_of(&r, &i);
        }
        Ok(r)
    }
    /// Return the integer part of the square root of the input.
    #[pyfunction]
    fn isqrt(n: &Value, cx: &mut Cx) -> Res<IBig> {
        let n = number::as_bigint(cx, n)?;
        if n.sign() == Sign::Negative {
            return Err(cx.value_error("isqrt() argument must be nonnegative"));
        }
        Ok(integer_sqrt(&n.into_parts().1).into())
    }
    /// Least Common Multiple.
    #[pyfunction]
    #[sig(*integers)]
    fn lcm(integers: &[Value], cx: &mut Cx) -> Res<IBig> {
        let mut r = IBig::ONE;
        for v in integers {
            let i = number::as_bigint(cx, v)?;
            if i.is_zero() || r.is_zero() {
                r = IBig::ZERO;
                continue;
            }
            let g = gcd_of(&r, &i);
            r = magnitude(r / g * i);
        }
        Ok(r)
    }
    /// Number of ways to choose k items from n items without repetition and with order.
    ///
    /// Evaluates to n! / (n - k)! when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// If k is not specified or is None, then k defaults to n
    /// and the function returns n!.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfunction]
    #[sig(n, k = None, /)]
    fn perm(n: &Value, k: Option<&Value>, cx: &mut Cx) -> Res<IBig> {
        let Some(k) = k else {
            return Ok(factorial_of(cx, n)?.into());
        };
        let (n, k) = (natural(cx, n, "n")?, natural(cx, k, "k")?);
        if k > n {
            return Ok(IBig::ZERO);
        }
        let Ok(k) = i64::try_from(&k) else {
            return Err(cx.overflow_error("k must not exceed 9223372036854775807"));
        };
        Ok(falling(&n, k as u64).into())
    }
}
pub use functions::PART;
