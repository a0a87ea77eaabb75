//! Arithmetic on constants at compile time, with CPython's limits on the size of results. `None` means "leave it
//! to the running program": what would raise, warn, or grow too large.

use crate::code::{Const, PyStr, push_code_point};
use crate::opcode::{Op, binary, intrinsic1};
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, Signed, ToPrimitive, Zero};

const MAX_INT_BITS: u64 = 128;
const MAX_COLLECTION: i64 = 256;
const MAX_STR: i64 = 4096;
const MAX_TOTAL_ITEMS: i64 = 1024;

/// The result of a unary operation.
pub(super) fn unary(op: Op, arg: u32, value: &Const) -> Option<Const> {
    Some(match op {
        Op::UNARY_NOT => Const::bool(!value.is_true()),
        // Inverting a bool is deprecated: the warning belongs to the running program.
        Op::UNARY_INVERT => match value {
            Const::Int(i) => Const::Int(!i),
            Const::BigInt(i) => Const::int(-(&**i) - 1),
            _ => return None,
        },
        Op::UNARY_NEGATIVE => match value {
            Const::Float(f) => Const::Float(-f),
            Const::Complex(re, im) => Const::Complex(-re, -im),
            _ => match int_of(value)? {
                Int::Small(i) => i
                    .checked_neg()
                    .map_or_else(|| Const::int(-BigInt::from(i)), Const::Int),
                Int::Big(i) => Const::int(-i),
            },
        },
        Op::CALL_INTRINSIC_1 if arg == intrinsic1::UNARY_POSITIVE => match value {
            Const::Float(_) | Const::Complex(..) => value.clone(),
            _ => int_of(value)?.into_const(),
        },
        _ => return None,
    })
}

/// The result of `BINARY_OP arg`.
pub(super) fn binary_op(arg: u32, left: &Const, right: &Const) -> Option<Const> {
    match arg {
        binary::SUBSCR => return subscript(left, right),
        binary::MULTIPLY => {
            if let Some(result) = repeat(left, right) {
                return result;
            }
        }
        binary::ADD => match (left, right) {
            (Const::Str(a), Const::Str(b)) => {
                return Some(Const::Str(PyStr::from_wtf8(
                    [a.as_bytes(), b.as_bytes()].concat(),
                )));
            }
            (Const::Bytes(a), Const::Bytes(b)) => return Some(Const::Bytes([&a[..], b].concat())),
            (Const::Tuple(a), Const::Tuple(b)) => return Some(Const::Tuple([&a[..], b].concat())),
            _ => {}
        },
        binary::AND | binary::OR | binary::XOR => {
            if let (Some(a), Some(b)) = (as_bool(left), as_bool(right)) {
                return Some(Const::bool(match arg {
                    binary::AND => a & b,
                    binary::OR => a | b,
                    _ => a ^ b,
                }));
            }
        }
        _ => {}
    }
    if let (Some(a), Some(b)) = (int_of(left), int_of(right)) {
        return ints(arg, a, b);
    }
    if matches!(left, Const::Complex(..)) || matches!(right, Const::Complex(..)) {
        return complexes(arg, left, right);
    }
    floats(arg, float_of(left)?, float_of(right)?)
}

fn as_bool(value: &Const) -> Option<bool> {
    match value {
        Const::True => Some(true),
        Const::False => Some(false),
        _ => None,
    }
}

enum Int<'a> {
    Small(i64),
    Big(&'a BigInt),
}

impl Int<'_> {
    fn into_const(self) -> Const {
        match self {
            Int::Small(i) => Const::Int(i),
            Int::Big(i) => Const::int(i.clone()),
        }
    }
    fn to_big(&self) -> BigInt {
        match self {
            Int::Small(i) => BigInt::from(*i),
            Int::Big(i) => (*i).clone(),
        }
    }
    fn is_zero(&self) -> bool {
        matches!(self, Int::Small(0))
    }
    fn is_negative(&self) -> bool {
        match self {
            Int::Small(i) => *i < 0,
            Int::Big(i) => i.is_negative(),
        }
    }
    fn bits(&self) -> u64 {
        match self {
            Int::Small(i) => u64::from(64 - i.unsigned_abs().leading_zeros()),
            Int::Big(i) => i.bits(),
        }
    }
    /// The value, if it can be a count.
    fn to_count(&self) -> Option<u64> {
        match self {
            Int::Small(i) => u64::try_from(*i).ok(),
            Int::Big(_) => None,
        }
    }
}

fn int_of(value: &Const) -> Option<Int<'_>> {
    match value {
        Const::Int(i) => Some(Int::Small(*i)),
        Const::BigInt(i) => Some(Int::Big(i)),
        Const::True => Some(Int::Small(1)),
        Const::False => Some(Int::Small(0)),
        _ => None,
    }
}

/// The value as a float; `None` where Python would raise.
fn float_of(value: &Const) -> Option<f64> {
    match value {
        Const::Float(f) => Some(*f),
        _ => match int_of(value)? {
            Int::Small(i) => Some(i as f64),
            Int::Big(i) => scaled(i.magnitude().clone(), 0, i.is_negative()),
        },
    }
}

/// `magnitude * 2**exponent`, rounded once; a set low bit of a magnitude of more than 64 bits may stand for anything
/// below it. `None` when the result is not a normal number.
fn scaled(magnitude: BigUint, exponent: i64, negative: bool) -> Option<f64> {
    let excess = magnitude.bits().saturating_sub(64);
    let mut top = (&magnitude >> excess).to_u64()?;
    // Bits that fall off only break ties.
    if magnitude
        .trailing_zeros()
        .is_some_and(|zeros| zeros < excess)
    {
        top |= 1;
    }
    let exponent = i32::try_from(exponent + excess as i64).ok()?;
    let value = if !(-1000..=1000).contains(&exponent) {
        return None;
    } else {
        top as f64 * 2f64.powi(exponent)
    };
    let value = if negative { -value } else { value };
    (value == 0.0 || value.is_normal()).then_some(value)
}

/// The quotient of two integers, rounded once.
fn true_divide(a: &BigInt, b: &BigInt) -> Option<f64> {
    // Enough bits of the quotient that the rest can only break ties.
    let shift = (66 + b.bits() as i64 - a.bits() as i64).max(0);
    let numerator = a.magnitude() << shift as u64;
    let quotient = &numerator / b.magnitude();
    let exact = &quotient * b.magnitude() == numerator;
    let negative = a.is_negative() != b.is_negative();
    scaled(
        if exact {
            quotient
        } else {
            (quotient << 1u32) | BigUint::one()
        },
        -shift - i64::from(!exact),
        negative,
    )
}

fn ints(arg: u32, a: Int<'_>, b: Int<'_>) -> Option<Const> {
    match arg {
        binary::ADD => arithmetic(&a, &b, i64::checked_add, |x, y| x + y),
        binary::SUBTRACT => arithmetic(&a, &b, i64::checked_sub, |x, y| x - y),
        binary::MULTIPLY => {
            if !a.is_zero() && !b.is_zero() && a.bits() + b.bits() > MAX_INT_BITS {
                return None;
            }
            arithmetic(&a, &b, i64::checked_mul, |x, y| x * y)
        }
        binary::AND => arithmetic(&a, &b, |x, y| Some(x & y), |x, y| x & y),
        binary::OR => arithmetic(&a, &b, |x, y| Some(x | y), |x, y| x | y),
        binary::XOR => arithmetic(&a, &b, |x, y| Some(x ^ y), |x, y| x ^ y),
        binary::FLOOR_DIVIDE => {
            (!b.is_zero()).then(|| Const::int(divmod(&a.to_big(), &b.to_big()).0))
        }
        binary::REMAINDER => (!b.is_zero()).then(|| Const::int(divmod(&a.to_big(), &b.to_big()).1)),
        binary::TRUE_DIVIDE if b.is_zero() => None,
        binary::TRUE_DIVIDE => match (&a, &b) {
            // Both exact as floats: one division rounds once.
            (Int::Small(x), Int::Small(y)) if a.bits() <= 53 && b.bits() <= 53 => {
                Some(Const::Float(*x as f64 / *y as f64))
            }
            _ => true_divide(&a.to_big(), &b.to_big()).map(Const::Float),
        },
        binary::LSHIFT => {
            if b.is_negative() {
                return None;
            }
            if a.is_zero() {
                return Some(Const::Int(0));
            }
            let by = b.to_count()?;
            if by != 0 && (by > MAX_INT_BITS || a.bits() > MAX_INT_BITS - by) {
                return None;
            }
            Some(Const::int(a.to_big() << by))
        }
        binary::RSHIFT => {
            if b.is_negative() {
                return None;
            }
            let by = b.to_count().unwrap_or(u64::MAX);
            if by >= a.bits() {
                return Some(Const::Int(if a.is_negative() { -1 } else { 0 }));
            }
            Some(Const::int(a.to_big() >> by))
        }
        binary::POWER => {
            if b.is_negative() {
                return power(float_of(&a.into_const())?, float_of(&b.into_const())?);
            }
            let exponent = b.to_count();
            if !a.is_zero() && !b.is_zero() && a.bits() > MAX_INT_BITS / exponent? {
                return None;
            }
            match exponent {
                Some(0) => Some(Const::Int(1)),
                _ if a.is_zero() => Some(Const::Int(0)),
                Some(n) => Some(Const::int(a.to_big().pow(n.to_u32()?))),
                None => None,
            }
        }
        _ => None,
    }
}

fn arithmetic(
    a: &Int<'_>,
    b: &Int<'_>,
    small: impl Fn(i64, i64) -> Option<i64>,
    big: impl Fn(BigInt, BigInt) -> BigInt,
) -> Option<Const> {
    if let (Int::Small(x), Int::Small(y)) = (a, b)
        && let Some(result) = small(*x, *y)
    {
        return Some(Const::Int(result));
    }
    Some(Const::int(big(a.to_big(), b.to_big())))
}

/// Division that rounds down; the remainder has the sign of the divisor.
fn divmod(a: &BigInt, b: &BigInt) -> (BigInt, BigInt) {
    let (quotient, remainder) = (a / b, a % b);
    if remainder.is_zero() || (remainder.sign() == Sign::Minus) == (b.sign() == Sign::Minus) {
        (quotient, remainder)
    } else {
        (quotient - 1, remainder + b)
    }
}

fn floats(arg: u32, a: f64, b: f64) -> Option<Const> {
    Some(Const::Float(match arg {
        binary::ADD => a + b,
        binary::SUBTRACT => a - b,
        binary::MULTIPLY => a * b,
        binary::TRUE_DIVIDE if b != 0.0 => a / b,
        binary::FLOOR_DIVIDE if b != 0.0 => float_divmod(a, b).0,
        binary::REMAINDER if b != 0.0 => float_divmod(a, b).1,
        binary::POWER => return power(a, b),
        _ => return None,
    }))
}

fn float_divmod(a: f64, b: f64) -> (f64, f64) {
    let mut remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder == 0.0 {
        remainder = 0.0f64.copysign(b);
    } else if (b < 0.0) != (remainder < 0.0) {
        remainder += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0f64.copysign(a / b), remainder);
    }
    let floor = quotient.floor();
    (
        if quotient - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        },
        remainder,
    )
}

fn power(a: f64, b: f64) -> Option<Const> {
    // Zero to a negative power raises; a negative base with a fraction gives a complex number.
    if (a == 0.0 && b < 0.0) || (a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0) {
        return None;
    }
    let result = a.powf(b);
    // Overflow raises.
    (result.is_finite() || !a.is_finite() || !b.is_finite()).then_some(Const::Float(result))
}

/// A real operand does not become complex first: it has no imaginary part, not even a zero with a sign.
fn complexes(arg: u32, left: &Const, right: &Const) -> Option<Const> {
    let (re, im) = match (left, right) {
        (&Const::Complex(a, b), &Const::Complex(c, d)) => match arg {
            binary::ADD => (a + c, b + d),
            binary::SUBTRACT => (a - c, b - d),
            binary::MULTIPLY => {
                let (re, im) = (a * c - b * d, a * d + b * c);
                // Infinities need care that is not worth having here.
                if re.is_nan() && im.is_nan() {
                    return None;
                }
                (re, im)
            }
            _ => return None,
        },
        (&Const::Complex(a, b), other) => {
            let c = float_of(other)?;
            match arg {
                binary::ADD => (a + c, b),
                binary::SUBTRACT => (a - c, b),
                binary::MULTIPLY => (a * c, b * c),
                binary::TRUE_DIVIDE if c != 0.0 => (a / c, b / c),
                _ => return None,
            }
        }
        (other, &Const::Complex(c, d)) => {
            let a = float_of(other)?;
            match arg {
                binary::ADD => (a + c, d),
                binary::SUBTRACT => (a - c, -d),
                binary::MULTIPLY => (a * c, a * d),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(Const::Complex(re, im))
}

/// `sequence * count`; the outer `None` means that neither operand is a sequence.
fn repeat(left: &Const, right: &Const) -> Option<Option<Const>> {
    let (sequence, count) = match (left, right) {
        (Const::Tuple(_) | Const::Str(_) | Const::Bytes(_), _) => (left, right),
        (_, Const::Tuple(_) | Const::Str(_) | Const::Bytes(_)) => (right, left),
        _ => return None,
    };
    let Some(Int::Small(count)) = int_of(count) else {
        return Some(None);
    };
    Some(repeated(sequence, count))
}

fn repeated(sequence: &Const, count: i64) -> Option<Const> {
    let fits = |size: usize, limit: i64| size == 0 || (0..=limit / size as i64).contains(&count);
    let times = usize::try_from(count).unwrap_or(0);
    match sequence {
        Const::Tuple(items) => {
            if !fits(items.len(), MAX_COLLECTION) {
                return None;
            }
            if count > 0 {
                within_complexity(sequence, MAX_TOTAL_ITEMS / count)?;
            }
            let total = items.len() * times;
            Some(Const::Tuple(
                items.iter().cycle().take(total).cloned().collect(),
            ))
        }
        Const::Str(s) => {
            let size = s.code_points().count();
            fits(size, MAX_STR).then(|| {
                Const::Str(PyStr::from_wtf8(if size == 0 {
                    Vec::new()
                } else {
                    s.as_bytes().repeat(times)
                }))
            })
        }
        Const::Bytes(b) => fits(b.len(), MAX_STR).then(|| {
            Const::Bytes(if b.is_empty() {
                Vec::new()
            } else {
                b.repeat(times)
            })
        }),
        _ => None,
    }
}

/// What is left of `limit` after counting the items of nested tuples.
fn within_complexity(value: &Const, limit: i64) -> Option<i64> {
    let Const::Tuple(items) = value else {
        return Some(limit);
    };
    let mut left = limit - items.len() as i64;
    if left < 0 {
        return None;
    }
    for item in items {
        left = within_complexity(item, left)?;
    }
    Some(left)
}

fn subscript(container: &Const, key: &Const) -> Option<Const> {
    if let Const::Slice(parts) = key {
        return slice(container, parts);
    }
    let Some(Int::Small(index)) = int_of(key) else {
        return None;
    };
    let at = |len: usize| {
        let index = if index < 0 { index + len as i64 } else { index };
        usize::try_from(index).ok().filter(|&i| i < len)
    };
    match container {
        Const::Tuple(items) => items.get(at(items.len())?).cloned(),
        Const::Bytes(bytes) => Some(Const::Int(i64::from(bytes[at(bytes.len())?]))),
        Const::Str(s) => {
            let points: Vec<u32> = s.code_points().collect();
            Some(str_of(&[points[at(points.len())?]]))
        }
        _ => None,
    }
}

fn str_of(points: &[u32]) -> Const {
    let mut bytes = Vec::with_capacity(points.len());
    for &cp in points {
        push_code_point(&mut bytes, cp);
    }
    Const::Str(PyStr::from_wtf8(bytes))
}

fn slice(container: &Const, parts: &[Const; 3]) -> Option<Const> {
    match container {
        Const::Tuple(items) => Some(Const::Tuple(slice_of(items, parts)?)),
        Const::Bytes(bytes) => Some(Const::Bytes(slice_of(bytes, parts)?)),
        Const::Str(s) => {
            let points: Vec<u32> = s.code_points().collect();
            Some(str_of(&slice_of(&points, parts)?))
        }
        _ => None,
    }
}

fn slice_of<T: Clone>(items: &[T], parts: &[Const; 3]) -> Option<Vec<T>> {
    let part = |value: &Const| match value {
        Const::None => Some(None),
        _ => match int_of(value)? {
            Int::Small(i) => Some(Some(i)),
            Int::Big(i) => Some(Some(if i.is_negative() { i64::MIN } else { i64::MAX })),
        },
    };
    let len = items.len() as i64;
    let step = part(&parts[2])?.unwrap_or(1);
    if step == 0 {
        return None;
    }
    let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
    let clamp = |value: i64| {
        let value = if value < 0 {
            value.saturating_add(len)
        } else {
            value
        };
        value.clamp(low, high)
    };
    let start = part(&parts[0])?.map_or(if step < 0 { high } else { low }, clamp);
    let stop = part(&parts[1])?.map_or(if step < 0 { low } else { high }, clamp);
    let mut result = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        result.push(items[at as usize].clone());
        at = at.saturating_add(step);
    }
    Some(result)
}
