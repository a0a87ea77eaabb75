//! `cmath`: functions of complex numbers. `functions.rs` has the mathematics, after Kahan ("Branch Cuts for Complex Elementary
//! Functions", 1987) and, for zeros, infinities and NaNs, C99's Annex G.

pub mod functions;

use functions::{C, Fault};
use typhon_vm::native::*;
use typhon_vm::objects::complex::{new_complex, to_complex};
use typhon_vm::objects::float::new_float;
use typhon_vm::objects::tuple;

fn raise(cx: &mut Cx, fault: Fault) -> Raised {
    match fault {
        Fault::Domain => cx.value_error("math domain error"),
        Fault::Range => cx.overflow_error("math range error"),
    }
}

fn apply(cx: &mut Cx, z: &Value, f: fn(C) -> Result<C, Fault>) -> Res<Value> {
    let z = to_complex(cx, z)?;
    match f(z) {
        Ok((re, im)) => new_complex(cx, re, im),
        Err(fault) => Err(raise(cx, fault)),
    }
}

#[pymodule(name = "cmath")]
pub mod module {
    //! This module provides access to mathematical functions for complex
    //! numbers.
    use super::*;

    #[pyattr]
    const pi: f64 = std::f64::consts::PI;
    #[pyattr]
    const e: f64 = std::f64::consts::E;
    #[pyattr]
    const tau: f64 = std::f64::consts::TAU;
    #[pyattr]
    const inf: f64 = f64::INFINITY;
    #[pyattr]
    const nan: f64 = f64::NAN;
    #[pyattr]
    fn infj(cx: &mut Cx) -> Res<Value> {
        new_complex(cx, 0.0, f64::INFINITY)
    }
    #[pyattr]
    fn nanj(cx: &mut Cx) -> Res<Value> {
        new_complex(cx, 0.0, f64::NAN)
    }

    /// Return the arc cosine of z.
    #[pyfunction]
    fn acos(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::acos)
    }
    /// Return the inverse hyperbolic cosine of z.
    #[pyfunction]
    fn acosh(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::acosh)
    }
    /// Return the arc sine of z.
    #[pyfunction]
    fn asin(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::asin)
    }
    /// Return the inverse hyperbolic sine of z.
    #[pyfunction]
    fn asinh(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::asinh)
    }
    /// Return the arc tangent of z.
    #[pyfunction]
    fn atan(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::atan)
    }
    /// Return the inverse hyperbolic tangent of z.
    #[pyfunction]
    fn atanh(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::atanh)
    }
    /// Return the cosine of z.
    #[pyfunction]
    fn cos(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::cos)
    }
    /// Return the hyperbolic cosine of z.
    #[pyfunction]
    fn cosh(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::cosh)
    }
    /// Return the exponential value e**z.
    #[pyfunction]
    fn exp(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::exp)
    }
    /// log(z[, base]) -> the logarithm of z to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of z.
    #[pyfunction]
    #[sig(z, base = absent, /)]
    fn log(z: &Value, base: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let z = to_complex(cx, z)?;
        let n = functions::log(z).map_err(|f| raise(cx, f))?;
        let Some(base) = base else {
            return new_complex(cx, n.0, n.1);
        };
        let base = to_complex(cx, base)?;
        let d = functions::log(base).map_err(|f| raise(cx, f))?;
        match typhon_vm::objects::complex::arith::div(n, d) {
            Some((re, im)) => new_complex(cx, re, im),
            None => Err(raise(cx, Fault::Domain)),
        }
    }
    /// Return the base-10 logarithm of z.
    #[pyfunction]
    fn log10(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, |z| {
            functions::log(z)
                .map(|(re, im)| (re / std::f64::consts::LN_10, im / std::f64::consts::LN_10))
        })
    }
    /// Return the sine of z.
    #[pyfunction]
    fn sin(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::sin)
    }
    /// Return the hyperbolic sine of z.
    #[pyfunction]
    fn sinh(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::sinh)
    }
    /// Return the square root of z.
    #[pyfunction]
    fn sqrt(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, |z| Ok(functions::sqrt(z)))
    }
    /// Return the tangent of z.
    #[pyfunction]
    fn tan(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::tan)
    }
    /// Return the hyperbolic tangent of z.
    #[pyfunction]
    fn tanh(z: &Value, cx: &mut Cx) -> Res<Value> {
        apply(cx, z, functions::tanh)
    }
    /// Return argument, also known as the phase angle, of a complex.
    #[pyfunction]
    fn phase(z: &Value, cx: &mut Cx) -> Res<f64> {
        let (re, im) = to_complex(cx, z)?;
        Ok(im.atan2(re))
    }
    /// Convert a complex from rectangular coordinates to polar coordinates.
    ///
    /// r is the distance from 0 and phi the phase angle.
    #[pyfunction]
    fn polar(z: &Value, cx: &mut Cx) -> Res<Value> {
        let (re, im) = to_complex(cx, z)?;
        let r = re.hypot(im);
        if r.is_infinite() && re.is_finite() && im.is_finite() {
            return Err(raise(cx, Fault::Range));
        }
        let (r, phi) = (new_float(cx, r)?, new_float(cx, im.atan2(re))?);
        tuple::new_tuple(cx, vec![r, phi])
    }
    /// Convert from polar coordinates to rectangular coordinates.
    #[pyfunction]
    fn rect(r: f64, phi: f64, cx: &mut Cx) -> Res<Value> {
        match functions::rect(r, phi) {
            Ok((re, im)) => new_complex(cx, re, im),
            Err(fault) => Err(raise(cx, fault)),
        }
    }
    /// Return True if both the real and imaginary part of z are finite, else False.
    #[pyfunction]
    fn isfinite(z: &Value, cx: &mut Cx) -> Res<bool> {
        let (re, im) = to_complex(cx, z)?;
        Ok(re.is_finite() && im.is_finite())
    }
    /// Checks if the real or imaginary part of z is infinite.
    #[pyfunction]
    fn isinf(z: &Value, cx: &mut Cx) -> Res<bool> {
        let (re, im) = to_complex(cx, z)?;
        Ok(re.is_infinite() || im.is_infinite())
    }
    /// Checks if the real or imaginary part of z not a number (NaN).
    #[pyfunction]
    fn isnan(z: &Value, cx: &mut Cx) -> Res<bool> {
        let (re, im) = to_complex(cx, z)?;
        Ok(re.is_nan() || im.is_nan())
    }
    /// Determine whether two complex numbers are close in value.
    ///
    ///   rel_tol
    ///     maximum difference for being considered "close", relative to the
    ///     magnitude of the input values
    ///   abs_tol
    ///     maximum difference for being considered "close", regardless of the
    ///     magnitude of the input values
    ///
    /// Return True if a is close in value to b, and False otherwise.
    ///
    /// For the values to be considered close, the difference between them must be
    /// smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard. That is, NaN is
    /// not close to anything, even itself. inf and -inf are only close to themselves.
    #[pyfunction]
    #[sig(a, b, *, rel_tol = 1e-09, abs_tol = 0.0)]
    fn isclose(a: &Value, b: &Value, rel_tol: f64, abs_tol: f64, cx: &mut Cx) -> Res<bool> {
        let (a, b) = (to_complex(cx, a)?, to_complex(cx, b)?);
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(cx.value_error("tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if [a.0, a.1, b.0, b.1].iter().any(|x| x.is_infinite()) {
            return Ok(false);
        }
        let diff = (a.0 - b.0).hypot(a.1 - b.1);
        Ok(diff <= rel_tol * b.0.hypot(b.1) || diff <= rel_tol * a.0.hypot(a.1) || diff <= abs_tol)
    }
}
