//! What Python sees of `complex`.

use super::{C, Complex, arith, as_complex, new_complex, special, to_complex};
use crate::native::*;
use crate::number::{self, lift};
use crate::objects::float;
use crate::objects::str::{Str, new_from_buf};
use crate::objects::{format, tuple};
use crate::statics::word;
use crate::{Cx, ExcKind, Res, Value, ValueExt};
use typhon_text::complex_text;

/// An operand of mixed arithmetic.
enum Operand {
    Real(f64),
    Complex(C),
}

impl Operand {
    fn of(cx: &mut Cx, v: &Value) -> Res<Option<Operand>> {
        if let Some(c) = as_complex(v) {
            return Ok(Some(Operand::Complex(c)));
        }
        Ok(float::arith::operand(cx, v)?.map(Operand::Real))
    }
    fn complex(self) -> C {
        match self {
            Operand::Real(r) => (r, 0.0),
            Operand::Complex(c) => c,
        }
    }
}

fn both(cx: &mut Cx, a: &Value, b: &Value) -> Res<Option<(Operand, Operand)>> {
    let Some(x) = Operand::of(cx, a)? else {
        return Ok(None);
    };
    Ok(Operand::of(cx, b)?.map(|y| (x, y)))
}

/// Make an instance of `cls` (complex or a subclass).
fn of_class(cx: &mut Cx, cls: &Type, (re, im): C) -> Res<Value> {
    crate::objects::object::alloc::<Complex>(
        cx,
        cls,
        Complex {
            head: Header::placeholder(),
            re,
            im,
        },
    )
}

/// One argument of the constructor: its value and whether it was complex itself.
fn part(cx: &mut Cx, v: &Value, name: &str, alone: bool) -> Res<(C, bool)> {
    if let Some(c) = v.downcast_exact::<Complex>() {
        return Ok(((c.re, c.im), true));
    }
    if name == "real"
        && let Some(c) = special(cx, v)?
    {
        return Ok((c, true));
    }
    if let Some(c) = as_complex(v) {
        return Ok((c, true));
    }
    match number::as_f64_opt(cx, v)? {
        Some(f) => Ok(((f, 0.0), false)),
        None => {
            let n = v.type_name();
            Err(cx.type_error(if alone {
                format!("complex() argument must be a string or a number, not {n}")
            } else {
                format!("complex() argument '{name}' must be a real number, not {n}")
            }))
        }
    }
}

/// The constructor's arguments: by place or by name.
fn real_and_imag<'a>(cx: &mut Cx, args: &Args<'a>) -> Res<(Option<&'a Value>, Option<&'a Value>)> {
    let given = args.pos.len() + args.kwvalues.len();
    if given > 2 {
        return Err(cx.type_error(format!(
            "complex() takes at most 2 arguments ({given} given)"
        )));
    }
    let mut found = [args.pos.first(), args.pos.get(1)];
    for (i, name) in ["real", "imag"].into_iter().enumerate() {
        let Some(v) = args.keyword(name) else {
            continue;
        };
        if found[i].is_some() {
            return Err(cx.type_error(format!(
                "argument for complex() given by name ('{name}') and position ({})",
                i + 1
            )));
        }
        found[i] = Some(v);
    }
    let known = found.iter().flatten().count();
    if known != given {
        let other = args
            .keywords()
            .map(|(n, _)| n.to_string_lossy())
            .find(|n| n != "real" && n != "imag")
            .unwrap_or_default();
        return Err(cx.type_error(format!(
            "complex() got an unexpected keyword argument '{other}'"
        )));
    }
    Ok((found[0], found[1]))
}

#[pymethods]
impl Complex {
    #[new]
    #[text_signature = "(real=0, imag=0)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let (real, imag) = real_and_imag(cx, &args)?;
        if let Some(s) = real.and_then(|r| r.downcast::<Str>()) {
            if imag.is_some() {
                return Err(
                    cx.type_error("complex() argument 'real' must be a real number, not str")
                );
            }
            let c = lift(cx, complex_text::parse(s.text()))?;
            return of_class(cx, cls, c);
        }
        if let (Some(r), None) = (real, imag)
            && cls.word() == word::COMPLEX
            && r.downcast_exact::<Complex>().is_some()
            && !args.pos.is_empty()
        {
            return Ok(r.clone());
        }
        let (mut re, re_complex) = match real {
            None => ((0.0, 0.0), false),
            Some(r) => part(cx, r, "real", imag.is_none())?,
        };
        let Some(i) = imag else {
            // By its name the argument is the real part, which is no complex number.
            if re_complex
                && args.pos.is_empty()
                && let Some(r) = real
            {
                let n = r.type_name();
                cx.warn(
                    ExcKind::DeprecationWarning,
                    &format!("complex() argument 'real' must be a real number, not {n}"),
                )?;
            }
            return of_class(cx, cls, re);
        };
        let (mut im, im_complex) = part(cx, i, "imag", false)?;
        for (given, name, v) in [(re_complex, "real", real), (im_complex, "imag", imag)] {
            if given && let Some(v) = v {
                let n = v.type_name();
                cx.warn(
                    ExcKind::DeprecationWarning,
                    &format!("complex() argument '{name}' must be a real number, not {n}"),
                )?;
            }
        }
        if im_complex {
            re.0 -= im.1;
        }
        if re_complex {
            im.0 += re.1;
        }
        of_class(cx, cls, (re.0, im.0))
    }
    #[slot]
    fn repr(&self) -> String {
        complex_text::repr(self.re, self.im)
    }
    #[slot]
    fn hash(this: &Value) -> i64 {
        let (re, im) = as_complex(this).unwrap_or_default();
        let part = |x: f64| {
            typhon_text::hash::hash_f64(x)
                .unwrap_or_else(|| crate::objects::object::hash::hash_pointer(this))
        };
        typhon_text::hash::hash_complex(part(re), part(im))
    }
    #[slot]
    fn richcompare(&self, other: &Value, op: CmpOp) -> Value {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Value::not_implemented();
        }
        let same = match as_complex(other) {
            Some((re, im)) => self.re == re && self.im == im,
            None => match float::arith::compare(self.re, other) {
                None => return Value::not_implemented(),
                Some(ord) => ord == Some(std::cmp::Ordering::Equal) && self.im == 0.0,
            },
        };
        Value::bool(same == (op == CmpOp::Eq))
    }
    #[slot]
    fn add(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        use Operand::*;
        let Some(pair) = both(cx, left, right)? else {
            return Ok(Value::not_implemented());
        };
        let (re, im) = match pair {
            (Complex(a), Complex(b)) => (a.0 + b.0, a.1 + b.1),
            (Complex(a), Real(b)) => (a.0 + b, a.1),
            (Real(a), Complex(b)) => (a + b.0, b.1),
            (Real(a), Real(b)) => (a + b, 0.0),
        };
        new_complex(cx, re, im)
    }
    #[slot]
    fn sub(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        use Operand::*;
        let Some(pair) = both(cx, left, right)? else {
            return Ok(Value::not_implemented());
        };
        let (re, im) = match pair {
            (Complex(a), Complex(b)) => (a.0 - b.0, a.1 - b.1),
            (Complex(a), Real(b)) => (a.0 - b, a.1),
            (Real(a), Complex(b)) => (a - b.0, -b.1),
            (Real(a), Real(b)) => (a - b, 0.0),
        };
        new_complex(cx, re, im)
    }
    #[slot]
    fn mul(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        use Operand::*;
        let Some(pair) = both(cx, left, right)? else {
            return Ok(Value::not_implemented());
        };
        let (re, im) = match pair {
            (Complex(a), Complex(b)) => arith::mul(a, b),
            (Complex(a), Real(b)) => (a.0 * b, a.1 * b),
            (Real(a), Complex(b)) => (a * b.0, a * b.1),
            (Real(a), Real(b)) => (a * b, 0.0),
        };
        new_complex(cx, re, im)
    }
    #[slot]
    fn truediv(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        use Operand::*;
        let Some(pair) = both(cx, left, right)? else {
            return Ok(Value::not_implemented());
        };
        let r = match pair {
            (Complex(a), Complex(b)) => arith::div(a, b),
            (Complex(a), Real(b)) => (b != 0.0).then(|| (a.0 / b, a.1 / b)),
            (Real(a), Complex(b)) => arith::real_div(a, b),
            (Real(a), Real(b)) => (b != 0.0).then(|| (a / b, 0.0)),
        };
        match r {
            Some((re, im)) => new_complex(cx, re, im),
            None => Err(cx.zero_division("division by zero")),
        }
    }
    #[slot]
    fn pow(left: &Value, right: &Value, modulus: &Value, cx: &mut Cx) -> Res<Value> {
        let Some((a, b)) = both(cx, left, right)? else {
            return Ok(Value::not_implemented());
        };
        if !modulus.is_none() {
            return Err(cx.value_error("complex modulo"));
        }
        let (re, im) = arith::pow(cx, a.complex(), b.complex())?;
        new_complex(cx, re, im)
    }
    #[slot]
    fn neg(&self, cx: &mut Cx) -> Res<Value> {
        new_complex(cx, -self.re, -self.im)
    }
    #[slot]
    fn pos(this: &Value, cx: &mut Cx) -> Res<Value> {
        match this.downcast_exact::<Complex>() {
            Some(_) => Ok(this.clone()),
            None => {
                let (re, im) = as_complex(this).unwrap_or_default();
                new_complex(cx, re, im)
            }
        }
    }
    #[slot]
    fn abs(&self, cx: &mut Cx) -> Res<f64> {
        arith::abs(cx, (self.re, self.im))
    }
    #[slot]
    fn bool(&self) -> bool {
        self.re != 0.0 || self.im != 0.0
    }

    /// Convert number to a complex floating-point number.
    #[classmethod]
    fn from_number(cls: &Type, number: &Value, cx: &mut Cx) -> Res<Value> {
        let exact = cls.word() == word::COMPLEX;
        if exact && number.downcast_exact::<Complex>().is_some() {
            return Ok(number.clone());
        }
        let (re, im) = to_complex(cx, number)?;
        let c = new_complex(cx, re, im)?;
        if exact {
            return Ok(c);
        }
        let cls = cls.value();
        crate::protocol::call(cx, &cls, &[c])
    }
    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    fn conjugate(&self, cx: &mut Cx) -> Res<Value> {
        new_complex(cx, self.re, -self.im)
    }
    /// Convert this value to exact type complex.
    fn __complex__(this: &Value, cx: &mut Cx) -> Res<Value> {
        match this.downcast_exact::<Complex>() {
            Some(_) => Ok(this.clone()),
            None => {
                let (re, im) = as_complex(this).unwrap_or_default();
                new_complex(cx, re, im)
            }
        }
    }
    fn __getnewargs__(&self, cx: &mut Cx) -> Res<Value> {
        let (re, im) = (
            float::new_float(cx, self.re)?,
            float::new_float(cx, self.im)?,
        );
        tuple::new_tuple(cx, vec![re, im])
    }
    /// Convert to a string according to format_spec.
    fn __format__(this: &Value, format_spec: &Str, cx: &mut Cx) -> Res<Value> {
        if format_spec.is_empty() {
            return crate::protocol::str(cx, this);
        }
        let (re, im) = as_complex(this).unwrap_or_default();
        let name = this.type_name();
        let r = typhon_text::format_number::format_complex(
            re,
            im,
            format_spec.text(),
            &name,
            format::locale(),
        );
        let text = lift(cx, r)?;
        new_from_buf(cx, text)
    }
    /// the real part of a complex number
    #[member]
    #[getter]
    fn real(&self) -> f64 {
        self.re
    }
    /// the imaginary part of a complex number
    #[member]
    #[getter]
    fn imag(&self) -> f64 {
        self.im
    }
}
