//! Answers to the commonest native calls without a call: what the loop asks first (`native::QuickFn`). Each knows its exact types
//! and leaves everything else to the function itself.

use crate::objects::{Dict, List, Str, dict, set::SetLike, str};
use crate::statics::{self, word};
use crate::{Cx, Type, Value, ValueExt};

/// The arguments.
///
/// # Safety
/// See `QuickFn`.
#[inline(always)]
unsafe fn args<'a>(at: *const Value, n: usize) -> &'a [Value] {
    // SAFETY: by contract.
    unsafe { std::slice::from_raw_parts(at, n) }
}

#[inline(always)]
fn int(i: usize) -> u64 {
    (i as u64) << 2 | 1
}

/// `len(x)` of the built-in containers.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn len(_: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract; the type words tell what is cast.
    unsafe {
        let [v] = args(at, n) else { return 0 };
        let p = v.bits() & !7;
        match v.class_word() {
            word::LIST => int((*(p as *const List)).len()),
            word::STR => int((*(p as *const Str)).len()),
            word::TUPLE => int((*(p as *const crate::objects::Tuple)).len()),
            word::DICT => int((*(p as *const Dict)).len()),
            word::BYTES => int((*(p as *const crate::objects::Bytes)).len()),
            word::SET => SetLike::of(v).map_or(0, |s| int(s.len())),
            _ => 0,
        }
    }
}

/// `isinstance(x, C)` where C is a class whose class is `type`, or a tuple of such, and x an instance of one or of a native class
/// that cannot say it is of another.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn isinstance(_: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract; the type word tells what is cast.
    unsafe {
        let [v, cls] = args(at, n) else { return 0 };
        // Most ask for the very class, or for another native one.
        let asked = (cls.bits() & !7) as *const Type;
        if std::ptr::eq(v.ty(), asked) {
            return statics::TRUE;
        }
        if cls.class_word() == word::TYPE
            && inherits_from_object_alone(v)
            && !std::ptr::eq(asked, Type::from_word(word::OBJECT))
        {
            return statics::FALSE;
        }
        isinstance_other(v, cls)
    }
}

#[inline(always)]
fn inherits_from_object_alone(v: &Value) -> bool {
    matches!(
        v.class_word(),
        word::INT
            | word::STR
            | word::TUPLE
            | word::LIST
            | word::DICT
            | word::FLOAT
            | word::NONE
            | word::BYTES
    )
}

#[inline(never)]
fn isinstance_other(v: &Value, cls: &Value) -> u64 {
    // SAFETY: the type word tells what is cast.
    unsafe {
        let one = std::slice::from_ref(cls);
        let classes = match cls.class_word() {
            word::TYPE => one,
            word::TUPLE => (*((cls.bits() & !7) as *const crate::objects::Tuple)).items(),
            _ => return 0,
        };
        let t = v.ty();
        let simple = inherits_from_object_alone(v);
        for c in classes {
            if c.class_word() != word::TYPE {
                return 0;
            }
            let c = &*((c.bits() & !7) as *const Type);
            let object = Type::from_word(word::OBJECT);
            if std::ptr::eq(t, c) || std::ptr::eq(c, object) || !simple && t.is_subtype_of(c) {
                return statics::TRUE;
            }
        }
        if simple || v.class_word() == word::BOOL {
            return statics::FALSE;
        }
        0
    }
}

/// `issubclass(D, C)` of classes whose class is `type`.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn issubclass(_: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract; the type words tell what is cast.
    unsafe {
        let [derived, cls] = args(at, n) else {
            return 0;
        };
        if derived.class_word() != word::TYPE || cls.class_word() != word::TYPE {
            return 0;
        }
        let class = |v: &Value| &*((v.bits() & !7) as *const Type);
        match class(derived).is_subtype_of(class(cls)) {
            true => statics::TRUE,
            false => statics::FALSE,
        }
    }
}

/// `id(x)`: the word, as far as an immediate int holds it.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn id(_: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract.
    match unsafe { args(at, n) } {
        [v] if v.is_ptr() => int((v.bits() & !7) as usize),
        _ => 0,
    }
}

/// `ord(c)`.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn ord(_: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract.
    let [v] = (unsafe { args(at, n) }) else {
        return 0;
    };
    match v.downcast_exact::<Str>() {
        Some(s) if s.len() == 1 => int(s.at(0) as usize),
        _ => 0,
    }
}

/// `chr(i)` of ASCII.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn chr(cx: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract.
    let [v] = (unsafe { args(at, n) }) else {
        return 0;
    };
    match v.as_small_int() {
        Some(i @ 0..128) => str::new_char(cx, i as u32).map_or(0, Value::into_bits),
        _ => 0,
    }
}

/// `abs(i)` of immediate ints.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn abs(_: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract.
    let [v] = (unsafe { args(at, n) }) else {
        return 0;
    };
    let abs = v
        .as_small_int()
        .and_then(|i| Value::from_small_int(i.abs()));
    abs.map_or(0, Value::into_bits)
}

/// `list.append(x)` where there is room.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn append(cx: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract.
    let [list, v] = (unsafe { args(at, n) }) else {
        return 0;
    };
    match list.downcast_exact::<List>() {
        Some(l) if l.push_within(cx, v) => statics::NONE,
        _ => 0,
    }
}

/// `dict.get(key)` and `dict.get(key, default)` of keys that are found without running anything.
///
/// # Safety
/// See `QuickFn`.
pub unsafe fn get(cx: &mut Cx, at: *const Value, n: usize) -> u64 {
    // SAFETY: by contract.
    let args = unsafe { args(at, n) };
    let (2 | 3) = args.len() else { return 0 };
    match dict::quick::look_up(cx.tid, &args[0], &args[1]) {
        Some(0) => match args.get(2) {
            Some(d) => d.clone_in(cx.tid).into_bits(),
            None => statics::NONE,
        },
        Some(bits) => bits,
        None => 0,
    }
}
