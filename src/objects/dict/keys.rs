//! Hashing and comparing keys (R7), for dicts and sets alike.
//!
//! Keys compared by identity, or both of exact built-in types whose comparison runs no Python code, are *pure*: they are
//! compared under the lock or lock-free. For the others the table's owner unlocks, calls `__eq__`, notes the answer in a
//! `Memo` and probes again; a memo answer is found by the identity of the entry's key, which the memo keeps alive.

use crate::objects::bytes::Bytes;
use crate::objects::int::IntRef;
use crate::objects::object::hash::hash_pointer;
use crate::objects::typeobj::flag;
use crate::objects::{Float, Int, Str, Tuple};
use crate::protocol;
use crate::statics::word;
use crate::{Cx, ExcKind, Res, Value, ValueExt};
use dashu_int::IBig;
use typhon_runtime::header::Header;

const MODULUS: i64 = (1 << 61) - 1;

/// The hash of an immediate int.
#[inline(always)]
pub fn hash_small_int(i: i64) -> i64 {
    let h = if i < MODULUS && i > -MODULUS {
        i
    } else {
        i % MODULUS
    };
    if h == -1 { -2 } else { h }
}

/// The hash of a key whose hash runs no Python code and cannot fail.
#[inline(always)]
pub fn quick_hash(key: &Value) -> Option<i64> {
    if let Some(i) = key.as_small_int() {
        return Some(hash_small_int(i));
    }
    if !key.is_ptr() {
        return None;
    }
    let (class, at) = (key.class_word(), key.bits() & !7);
    // SAFETY: exactly these types.
    unsafe {
        match class {
            word::STR => Some((*(at as *const Str)).hash()),
            word::TUPLE => (*(at as *const Tuple)).known_hash(),
            _ if hashes_as(class, word::OBJECT) => Some(hash_pointer(key)),
            // Named numbers and texts: members of IntEnum and StrEnum.
            _ if hashes_as(class, word::INT) => hash_of_int(key),
            _ if hashes_as(class, word::STR) => Some((*(at as *const Str)).hash()),
            _ => None,
        }
    }
}

#[inline(never)]
fn hash_of_int(key: &Value) -> Option<i64> {
    Some(match crate::objects::int::as_int(key)? {
        IntRef::Small(i) => hash_small_int(i),
        IntRef::Big(b) => typhon_text::hash::hash_int(b),
    })
}

/// Whether a class inherits the hash of another: `object`'s is that of classes, functions, plain instances.
#[inline(always)]
fn hashes_as(class: u32, other: u32) -> bool {
    let hash = |w| crate::Type::from_word(w).slots.hash.bits();
    hash(class) == hash(other)
}

/// `hash(key)` for a dict; a TypeError is reworded as CPython does.
#[inline(always)]
pub fn dict_hash(cx: &mut Cx, key: &Value) -> Res<i64> {
    match quick_hash(key) {
        Some(h) => Ok(h),
        None => hash_worded(cx, key, "as a dict key"),
    }
}

/// `hash(element)` for a set.
#[inline(always)]
pub fn set_hash(cx: &mut Cx, key: &Value) -> Res<i64> {
    match quick_hash(key) {
        Some(h) => Ok(h),
        None => hash_worded(cx, key, "as a set element"),
    }
}

#[inline(never)]
fn hash_worded(cx: &mut Cx, key: &Value, role: &str) -> Res<i64> {
    protocol::hash(cx, key).map_err(|raised| {
        let exc = cx.take_exc(raised);
        if exc.type_name() != ExcKind::TypeError.name() {
            return cx.reraise(exc);
        }
        match protocol::str_string(cx, &exc) {
            Ok(text) => {
                let n = key.type_name();
                cx.type_error(format!("cannot use '{n}' {role} ({text})"))
            }
            Err(r) => r,
        }
    })
}

/// Whether the class compares by identity: it inherits `object`'s comparison.
#[inline]
pub fn compares_by_identity(v: &Value) -> bool {
    let object = crate::Type::from_word(word::OBJECT)
        .slots
        .richcompare
        .bits();
    v.ty().slots.richcompare.bits() == object
}

/// Whether no Python code decides a key's hash and equality.
pub fn is_steady(key: &Value) -> bool {
    if let Some(t) = key.downcast_exact::<Tuple>() {
        return t.items().iter().all(is_steady);
    }
    let hash = |t: &crate::Type| t.slots.hash.bits();
    !key.ty().has(crate::native::flags::HEAP)
        || compares_by_identity(key) && hash(key.ty()) == hash(crate::Type::from_word(word::OBJECT))
}

/// Numbers of exact types, for pure comparison across them.
enum Number<'a> {
    Int(i64),
    Big(&'a IBig),
    Float(f64),
}

fn number(v: &Value) -> Option<Number<'_>> {
    if let Some(i) = v.as_small_int() {
        return Some(Number::Int(i));
    }
    if let Some(f) = v.as_float_imm() {
        return Some(Number::Float(f));
    }
    match v.class_word() {
        word::BOOL => Some(Number::Int(v.is_true() as i64)),
        word::INT => v.downcast_exact::<Int>().map(|i| Number::Big(&i.big)),
        word::FLOAT => v.downcast_exact::<Float>().map(|f| Number::Float(f.value)),
        _ => None,
    }
}

fn numbers_equal(a: Number<'_>, b: Number<'_>) -> bool {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => a == b,
        (Number::Float(a), Number::Float(b)) => a == b,
        (Number::Big(a), Number::Big(b)) => a == b,
        // A big integer is never in the immediate range.
        (Number::Int(_), Number::Big(_)) | (Number::Big(_), Number::Int(_)) => false,
        (Number::Int(i), Number::Float(f)) | (Number::Float(f), Number::Int(i)) => {
            // Exact: the float must be integral and in range before it is converted.
            f.fract() == 0.0 && f.abs() < 9.3e18 && f as i64 == i
        }
        (Number::Big(b), Number::Float(f)) | (Number::Float(f), Number::Big(b)) => {
            f.is_finite() && f.fract() == 0.0 && IBig::try_from(f).is_ok_and(|i| i == *b)
        }
    }
}

/// How deep tuples of tuples are compared without giving up.
const DEPTH: u32 = 8;

/// `a == b` where that runs no Python code and takes no lock; None where it might.
pub fn pure_eq(a: &Value, b: &Value) -> Option<bool> {
    pure_eq_at(a, b, DEPTH)
}

/// A tuple, or an instance of a class that took over the comparison of tuples (named tuples).
fn compared_as_tuple(v: &Value) -> Option<&Tuple> {
    if let Some(t) = v.downcast_exact::<Tuple>() {
        return Some(t);
    }
    let t = v.downcast::<Tuple>()?;
    let compares = |t: &crate::Type| t.slots.richcompare.bits();
    (compares(v.ty()) == compares(crate::Type::from_word(word::TUPLE))).then_some(t)
}

fn tuples_equal(x: &Tuple, y: &Tuple, depth: u32) -> Option<bool> {
    let (x, y) = (x.items(), y.items());
    if x.len() != y.len() {
        return Some(false);
    }
    for (p, q) in x.iter().zip(y) {
        if p.bits() == q.bits() {
            continue;
        }
        if p.is_small_int() && q.is_small_int() {
            return Some(false);
        }
        if !pure_eq_at(p, q, depth - 1)? {
            return Some(false);
        }
    }
    Some(true)
}

fn pure_eq_at(a: &Value, b: &Value, depth: u32) -> Option<bool> {
    if a.is(b) {
        return Some(true);
    }
    if a.is_small_int() && b.is_small_int() {
        return Some(false);
    }
    let (wa, wb) = (a.class_word(), b.class_word());
    if wa == wb {
        if wa == word::TUPLE && depth != 0 {
            // SAFETY: exactly tuples.
            let tuple = |v: &Value| unsafe { &*((v.bits() & !7) as *const Tuple) };
            return tuples_equal(tuple(a), tuple(b), depth);
        }
        if wa == word::STR {
            let (x, y) = (a.downcast_exact::<Str>()?, b.downcast_exact::<Str>()?);
            return Some(x.equals(y));
        }
        // Two named tuples are compared as often as two tuples.
        if a.ty().has(flag::TUPLE_SUBCLASS)
            && depth != 0
            && let (Some(x), Some(y)) = (compared_as_tuple(a), compared_as_tuple(b))
        {
            return tuples_equal(x, y, depth);
        }
    }
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return Some(numbers_equal(x, y));
    }
    if let (Some(x), Some(y)) = (compared_as_tuple(a), compared_as_tuple(b)) {
        if depth == 0 {
            return None;
        }
        return tuples_equal(x, y, depth);
    }
    if wa == word::BYTES && wb == word::BYTES {
        let (x, y) = (a.downcast_exact::<Bytes>()?, b.downcast_exact::<Bytes>()?);
        return Some(x.as_slice() == y.as_slice());
    }
    if compares_by_identity(a) && compares_by_identity(b) {
        return Some(false);
    }
    // Two exact built-in types that never are equal, or one of them against an object compared by identity.
    if wa != wb && plain(wa, a) && plain(wb, b) {
        return Some(false);
    }
    None
}

/// Whether the key with these bits is an exact string of this text. The table's lock is held.
#[inline(always)]
pub fn equals_held_str(bits: u64, text: &Str) -> Option<bool> {
    if bits & 3 != 0 {
        return None;
    }
    // SAFETY: R1: under the lock the key is alive; its type word tells the struct.
    unsafe {
        let head = &*(bits as *const Header);
        (head.type_word() == word::STR).then(|| (*(bits as *const Str)).equals(text))
    }
}

/// The same without the lock, inside a read guard: for strings that nobody else can free meanwhile, since this thread's own
/// count is not zero (only its owner brings it there), or since they are deferred (freed with the world stopped) or immortal. None: ask otherwise.
#[inline(always)]
pub fn equals_stable_str(tid: u16, bits: u64, text: &Str) -> Option<bool> {
    if bits & 3 != 0 {
        return None;
    }
    // SAFETY: R2/R3: the header is type-stable inside the guard; once it is known to stay alive its struct may be read.
    unsafe {
        let head = &*(bits as *const Header);
        let stays = typhon_runtime::GIL_BUILD
            || typhon_runtime::refcount::is_owner_leg(head, tid)
            || head.is_uncounted_in_registers();
        (stays && head.type_word_acquire() == word::STR)
            .then(|| (*(bits as *const Str)).equals(text))
    }
}

/// The same for any key: whether the one with these bits equals `key`, where that runs no Python code. The hashes are equal.
#[inline(never)]
pub fn equals_stable(tid: u16, bits: u64, key: &Value) -> Option<bool> {
    // SAFETY: R2/R3: as above; what is no pointer needs no header.
    unsafe {
        if bits & 3 == 0 {
            let head = &*(bits as *const Header);
            let stays = typhon_runtime::GIL_BUILD
                || typhon_runtime::refcount::is_owner_leg(head, tid)
                || head.is_uncounted_in_registers();
            if !stays || head.type_word_acquire() == 0 {
                return None;
            }
        }
        with_bits(bits, |k| pure_eq(k, key))
    }
}

/// `a == b` as containers compare: identity first, and numbers and strings without a call.
#[inline(always)]
pub fn equal(cx: &mut Cx, a: &Value, b: &Value) -> Res<bool> {
    if a.is(b) {
        return Ok(true);
    }
    if (a.is_small_int() && b.is_small_int()) || (a.is_float_imm() && b.is_float_imm()) {
        return Ok(false);
    }
    if (a.is_true() || a.is_false()) && (b.is_true() || b.is_false()) {
        return Ok(false);
    }
    protocol::equal(cx, a, b)
}

/// Types whose comparison with a stranger is NotImplemented without running anything.
fn plain(w: u32, v: &Value) -> bool {
    matches!(
        w,
        word::STR
            | word::BYTES
            | word::INT
            | word::FLOAT
            | word::BOOL
            | word::TUPLE
            | word::NONE
            | word::FROZENSET
    ) && !(w == word::BYTES && warns_on_bytes())
        || compares_by_identity(v)
}

/// Under `-b`, comparing bytes with str warns, which runs Python code.
fn warns_on_bytes() -> bool {
    false
}

/// Answers of `__eq__` given while probing one key.
#[derive(Default)]
pub struct Memo(Vec<(Value, bool)>);

impl Memo {
    pub const fn new() -> Memo {
        Memo(Vec::new())
    }
    pub fn note(&mut self, entry_key: Value, equal: bool) {
        self.0.push((entry_key, equal));
    }
    #[inline]
    pub fn answer(&self, bits: u64) -> Option<bool> {
        self.0
            .iter()
            .find(|(k, _)| k.bits() == bits)
            .map(|&(_, eq)| eq)
    }
}

/// View the bits of a table's key as a value without taking a count.
///
/// # Safety
/// The cell is alive for the call: the table's lock is held, or the caller counted it.
#[inline(always)]
pub unsafe fn with_bits<R>(bits: u64, f: impl FnOnce(&Value) -> R) -> R {
    // SAFETY: not dropped.
    let v = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(bits) });
    f(&v)
}
