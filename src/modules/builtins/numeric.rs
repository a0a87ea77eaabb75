//! `sum`, `min`, `max`, `pow`, `round`.

use typhon_vm::feed::feed;
use typhon_vm::native::*;
use typhon_vm::objects::int::{IntRef, as_int, new_int};
use typhon_vm::objects::set::SetLike;
use typhon_vm::protocol::{self, BinOp};

#[pyfunctions(part = PART, module = "builtins")]
pub mod functions {
    use super::*;

    /// min(iterable, *[, default=obj, key=func]) -> value
    /// min(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its smallest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the smallest argument.
    #[pyfunction]
    #[text_signature(none)]
    fn min(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        extreme(cx, args, "min", CmpOp::Lt)
    }

    /// max(iterable, *[, default=obj, key=func]) -> value
    /// max(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its biggest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the largest argument.
    #[pyfunction]
    #[text_signature(none)]
    fn max(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        extreme(cx, args, "max", CmpOp::Gt)
    }

    /// Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.
    ///
    /// Some types, such as ints, are able to use a more efficient algorithm when
    /// invoked using the three argument form.
    #[pyfunction]
    #[sig(base, exp, r#mod = None)]
    fn pow(base: &Value, exp: &Value, r#mod: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::pow(cx, base, exp, r#mod)
    }

    /// Round a number to a given precision in decimal digits.
    ///
    /// The return value is an integer if ndigits is omitted or None.  Otherwise
    /// the return value has the same type as the number.  ndigits may be negative.
    #[pyfunction]
    #[sig(number, ndigits = None)]
    fn round(number: &Value, ndigits: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let Some(f) = protocol::lookup_special(cx, number, "__round__")? else {
            let t = number.type_name();
            return Err(cx.type_error(format!("type {t} doesn't define __round__ method")));
        };
        match ndigits {
            Some(n) => protocol::call(cx, &f, std::slice::from_ref(n)),
            None => protocol::call(cx, &f, &[]),
        }
    }

    /// Return the sum of a 'start' value (default: 0) plus an iterable of numbers
    ///
    /// When the iterable is empty, return the start value.
    /// This function is intended specifically for use with numeric values and may
    /// reject non-numeric types.
    #[pyfunction]
    #[sig(iterable, /, start = absent)]
    #[text_signature = "($module, iterable, /, start=0)"]
    fn sum(iterable: &Value, start: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let start = match start {
            None => Value::small_int(0),
            Some(s) => {
                check_start(cx, s)?;
                s.clone()
            }
        };
        let it = protocol::iter(cx, iterable)?;
        total(cx, &it, start)
    }
}

fn check_start(cx: &mut Cx, s: &Value) -> Res<()> {
    use typhon_vm::objects::{bytearray::Bytearray, bytes::Bytes};
    if s.downcast::<Str>().is_some() {
        return Err(cx.type_error("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    if s.downcast::<Bytes>().is_some() {
        return Err(cx.type_error("sum() can't sum bytes [use b''.join(seq) instead]"));
    }
    if s.downcast::<Bytearray>().is_some() {
        return Err(cx.type_error("sum() can't sum bytearray [use b''.join(seq) instead]"));
    }
    Ok(())
}

fn is_exact_int(v: &Value) -> bool {
    v.as_small_int().is_some() || v.class_word() == typhon_vm::statics::word::INT
}

fn exact_float(v: &Value) -> Option<f64> {
    typhon_vm::objects::float::as_f64_exact(v)
}

/// A float sum with its lost low part (Neumaier's form of Kahan's summation).
struct Compensated {
    hi: f64,
    lo: f64,
}

impl Compensated {
    fn add(&mut self, x: f64) {
        let t = self.hi + x;
        self.lo += if self.hi.abs() >= x.abs() {
            (self.hi - t) + x
        } else {
            (x - t) + self.hi
        };
        self.hi = t;
    }
    fn value(&self) -> f64 {
        // A lost part of an infinite or nan sum says nothing.
        if self.lo != 0.0 && self.lo.is_finite() {
            self.hi + self.lo
        } else {
            self.hi
        }
    }
}

fn total(cx: &mut Cx, it: &Value, start: Value) -> Res<Value> {
    let mut acc = start;
    // Machine integers as long as they last.
    if is_exact_int(&acc)
        && let Some(IntRef::Small(mut n)) = as_int(&acc)
    {
        let odd = feed(cx, it, &mut |v| {
            let small = match v.as_small_int() {
                Some(i) => Some(i),
                None if v.is_true() => Some(1),
                None if v.is_false() => Some(0),
                None => None,
            };
            match small.and_then(|i| n.checked_add(i)) {
                Some(s) => {
                    n = s;
                    Ok(())
                }
                None => Err(v),
            }
        })?;
        let Some(v) = odd else {
            return new_int(cx, n);
        };
        let a = new_int(cx, n)?;
        acc = protocol::binary(cx, BinOp::Add, &a, &v)?;
    }
    if let Some(f) = exact_float(&acc) {
        let mut sum = Compensated { hi: f, lo: 0.0 };
        loop {
            let odd = feed(cx, it, &mut |v| {
                if let Some(x) = exact_float(&v) {
                    sum.add(x);
                } else if let Some(i) = v.as_small_int() {
                    sum.add(i as f64);
                } else {
                    return Err(v);
                }
                Ok(())
            })?;
            let Some(v) = odd else {
                return typhon_vm::objects::float::new_float(cx, sum.value());
            };
            if is_exact_int(&v) {
                let x = typhon_vm::number::as_f64(cx, &v)?;
                sum.add(x);
            } else {
                let a = typhon_vm::objects::float::new_float(cx, sum.value())?;
                acc = protocol::binary(cx, BinOp::Add, &a, &v)?;
                break;
            }
        }
    }
    if let Some(c) = exact_complex(&acc) {
        let (mut re, mut im) = (
            Compensated { hi: c.0, lo: 0.0 },
            Compensated { hi: c.1, lo: 0.0 },
        );
        loop {
            let Some(v) = protocol::next(cx, it)? else {
                return typhon_vm::objects::complex::new_complex(cx, re.value(), im.value());
            };
            if let Some((a, b)) = exact_complex(&v) {
                re.add(a);
                im.add(b);
            } else if let Some(x) = exact_float(&v) {
                re.add(x);
            } else if is_exact_int(&v) {
                let x = typhon_vm::number::as_f64(cx, &v)?;
                re.add(x);
            } else {
                let a = typhon_vm::objects::complex::new_complex(cx, re.value(), im.value())?;
                acc = protocol::binary(cx, BinOp::Add, &a, &v)?;
                break;
            }
        }
    }
    while let Some(v) = protocol::next(cx, it)? {
        acc = protocol::binary(cx, BinOp::Add, &acc, &v)?;
    }
    Ok(acc)
}

fn exact_complex(v: &Value) -> Option<(f64, f64)> {
    v.downcast_exact::<typhon_vm::objects::complex::Complex>()
        .map(|c| (c.re, c.im))
}

fn extreme(cx: &mut Cx, args: Args<'_>, name: &str, op: CmpOp) -> Res<Value> {
    args.check_count(cx, name, 1, usize::MAX)?;
    let (mut key, mut default) = (None, None);
    for (k, v) in args.keywords() {
        if k.equals_str("key") {
            key = Some(v).filter(|v| !v.is_none());
        } else if k.equals_str("default") {
            default = Some(v);
        } else {
            let k = k.to_string_lossy();
            return Err(cx.type_error(format!("{name}() got an unexpected keyword argument '{k}'")));
        }
    }
    let it = match args.pos {
        [one] => match SetLike::of_exact(one) {
            Some(set) => return extreme_of_set(cx, name, set, key, default, op),
            None => protocol::iter(cx, one)?,
        },
        many => {
            if default.is_some() {
                return Err(cx.type_error(format!(
                    "Cannot specify a default for {name}() with multiple positional arguments"
                )));
            }
            return best_of(cx, many, key, op);
        }
    };
    let mut best: Option<(Value, Option<Value>)> = None;
    loop {
        // Small integers need no call to compare.
        let odd = feed(cx, &it, &mut |v| {
            let (Some(i), Some((Some(b), _))) = (
                v.as_small_int(),
                best.as_ref().map(|(b, k)| (b.as_small_int(), k)),
            ) else {
                return Err(v);
            };
            if key.is_some() {
                return Err(v);
            }
            if if op == CmpOp::Lt { i < b } else { i > b } {
                best = Some((v, None));
            }
            Ok(())
        })?;
        match odd {
            Some(item) => consider(cx, item, key, op, &mut best)?,
            None => return chosen(cx, name, best, default),
        }
    }
}

/// The same over a set, without its iterator.
fn extreme_of_set(
    cx: &mut Cx,
    name: &str,
    set: SetLike<'_>,
    key: Option<&Value>,
    default: Option<&Value>,
    op: CmpOp,
) -> Res<Value> {
    if key.is_none()
        && let Some(i) = set.extreme_int(cx, op == CmpOp::Gt)
    {
        return new_int(cx, i);
    }
    let (n, mut at, mut best) = (set.len(), 0, None);
    while let Some((_, item)) = set.next(cx, &mut at) {
        consider(cx, item, key, op, &mut best)?;
        if set.len() != n {
            return Err(cx.runtime_error("Set changed size during iteration"));
        }
    }
    chosen(cx, name, best, default)
}

fn chosen(
    cx: &mut Cx,
    name: &str,
    best: Option<(Value, Option<Value>)>,
    default: Option<&Value>,
) -> Res<Value> {
    match (best, default) {
        (Some((item, _)), _) => Ok(item),
        (None, Some(d)) => Ok(d.clone()),
        (None, None) => Err(cx.value_error(format!("{name}() iterable argument is empty"))),
    }
}

fn best_of(cx: &mut Cx, items: &[Value], key: Option<&Value>, op: CmpOp) -> Res<Value> {
    if key.is_none()
        && let Some(first) = items[0].as_small_int()
        && let Some(rest) = items[1..]
            .iter()
            .map(Value::as_small_int)
            .collect::<Option<smallvec_free::Few>>()
    {
        let n = rest.extreme(first, op == CmpOp::Lt);
        return new_int(cx, n);
    }
    let mut best = None;
    for item in items {
        consider(cx, item.clone(), key, op, &mut best)?;
    }
    Ok(best.map_or_else(Value::none, |(item, _)| item))
}

/// The extreme of small integers without storing them.
mod smallvec_free {
    pub struct Few {
        min: i64,
        max: i64,
    }
    impl FromIterator<i64> for Few {
        fn from_iter<I: IntoIterator<Item = i64>>(items: I) -> Few {
            let mut f = Few {
                min: i64::MAX,
                max: i64::MIN,
            };
            for i in items {
                f.min = f.min.min(i);
                f.max = f.max.max(i);
            }
            f
        }
    }
    impl Few {
        pub fn extreme(&self, first: i64, smallest: bool) -> i64 {
            if smallest {
                first.min(self.min)
            } else {
                first.max(self.max)
            }
        }
    }
}

fn consider(
    cx: &mut Cx,
    item: Value,
    key: Option<&Value>,
    op: CmpOp,
    best: &mut Option<(Value, Option<Value>)>,
) -> Res<()> {
    let k = match key {
        Some(f) => Some(protocol::call(cx, f, std::slice::from_ref(&item))?),
        None => None,
    };
    let better = match best {
        None => true,
        Some((old, old_key)) => is_better(
            cx,
            k.as_ref().unwrap_or(&item),
            old_key.as_ref().unwrap_or(old),
            op,
        )?,
    };
    if better {
        *best = Some((item, k));
    }
    Ok(())
}

/// `a op b`; numbers without a call.
#[inline]
fn is_better(cx: &mut Cx, a: &Value, b: &Value, op: CmpOp) -> Res<bool> {
    if let (Some(a), Some(b)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(op.matches(a.cmp(&b)));
    }
    if let (Some(a), Some(b)) = (exact_float(a), exact_float(b)) {
        return Ok(a.partial_cmp(&b).is_some_and(|order| op.matches(order)));
    }
    protocol::compare_bool(cx, a, b, op)
}
