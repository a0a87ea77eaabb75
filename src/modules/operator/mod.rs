//! `_operator`: the operators as functions (here), and the callable getters (`getters.rs`).

pub mod getters;

use self::getters::{AttrGetter, ItemGetter, MethodCaller};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::{buffer, int};
use typhon_vm::protocol::{self, BinOp};

#[pymodule(name = "_operator", types(AttrGetter, ItemGetter, MethodCaller))]
pub mod module {
    //! Operator interface.
    //!
    //! This module exports a set of functions implemented in C corresponding
    //! to the intrinsic operators of Python.  For example, operator.add(x, y)
    //! is equivalent to the expression x+y.  The function names are those
    //! used for special methods; variants without leading and trailing
    //! '__' are also provided for convenience.

    use super::*;

    /// Return the truth of a: True if a is true, False otherwise.
    #[pyfunction]
    #[sig(a, /)]
    fn truth(a: &Value, cx: &mut Cx) -> Res<bool> {
        protocol::truthy(cx, a)
    }
    /// Same as not a.
    #[pyfunction]
    #[sig(a, /)]
    fn not_(a: &Value, cx: &mut Cx) -> Res<bool> {
        Ok(!protocol::truthy(cx, a)?)
    }
    /// Same as a + b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn add(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::Add, a, b)
    }
    /// Same as a - b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn sub(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::Sub, a, b)
    }
    /// Same as a * b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn mul(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::Mul, a, b)
    }
    /// Same as a @ b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn matmul(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::MatMul, a, b)
    }
    /// Same as a // b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn floordiv(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::FloorDiv, a, b)
    }
    /// Same as a / b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn truediv(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::TrueDiv, a, b)
    }
    /// Same as a % b.
    #[pyfunction(name = "mod")]
    #[sig(a, b, /)]
    fn mod_(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::Mod, a, b)
    }
    /// Same as a ** b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn pow(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::Pow, a, b)
    }
    /// Same as a << b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn lshift(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::LShift, a, b)
    }
    /// Same as a >> b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn rshift(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::RShift, a, b)
    }
    /// Same as a & b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn and_(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::And, a, b)
    }
    /// Same as a ^ b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn xor(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::Xor, a, b)
    }
    /// Same as a | b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn or_(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::Or, a, b)
    }
    /// Same as a += b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn iadd(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::Add, a, b)
    }
    /// Same as a -= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn isub(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::Sub, a, b)
    }
    /// Same as a *= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn imul(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::Mul, a, b)
    }
    /// Same as a @= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn imatmul(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::MatMul, a, b)
    }
    /// Same as a //= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn ifloordiv(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::FloorDiv, a, b)
    }
    /// Same as a /= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn itruediv(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::TrueDiv, a, b)
    }
    /// Same as a %= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn imod(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::Mod, a, b)
    }
    /// Same as a **= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn ipow(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::Pow, a, b)
    }
    /// Same as a <<= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn ilshift(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::LShift, a, b)
    }
    /// Same as a >>= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn irshift(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::RShift, a, b)
    }
    /// Same as a &= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn iand(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::And, a, b)
    }
    /// Same as a ^= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn ixor(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::Xor, a, b)
    }
    /// Same as a |= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn ior(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::inplace(cx, BinOp::Or, a, b)
    }
    /// Same as -a.
    #[pyfunction]
    #[sig(a, /)]
    fn neg(a: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::unary(cx, "-", a)
    }
    /// Same as +a.
    #[pyfunction]
    #[sig(a, /)]
    fn pos(a: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::unary(cx, "+", a)
    }
    /// Same as ~a.
    #[pyfunction]
    #[sig(a, /)]
    fn inv(a: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::unary(cx, "~", a)
    }
    /// Same as ~a.
    #[pyfunction]
    #[sig(a, /)]
    fn invert(a: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::unary(cx, "~", a)
    }
    /// Same as abs(a).
    #[pyfunction]
    #[sig(a, /)]
    fn abs(a: &Value, cx: &mut Cx) -> Res<Value> {
        match a.ty().slots.abs.get() {
            Some(f) => f(cx, a),
            None => {
                let n = a.type_name();
                Err(cx.type_error(format!("bad operand type for abs(): '{n}'")))
            }
        }
    }
    /// Same as a.__index__()
    #[pyfunction]
    #[sig(a, /)]
    fn index(a: &Value, cx: &mut Cx) -> Res<Value> {
        number::index(cx, a)
    }
    /// Same as a < b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn lt(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::compare(cx, a, b, CmpOp::Lt)
    }
    /// Same as a <= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn le(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::compare(cx, a, b, CmpOp::Le)
    }
    /// Same as a == b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn eq(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::compare(cx, a, b, CmpOp::Eq)
    }
    /// Same as a != b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn ne(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::compare(cx, a, b, CmpOp::Ne)
    }
    /// Same as a > b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn gt(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::compare(cx, a, b, CmpOp::Gt)
    }
    /// Same as a >= b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn ge(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::compare(cx, a, b, CmpOp::Ge)
    }
    /// Same as a is b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn is_(a: &Value, b: &Value) -> bool {
        a.is(b)
    }
    /// Same as a is not b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn is_not(a: &Value, b: &Value) -> bool {
        !a.is(b)
    }
    /// Same as a is None.
    #[pyfunction]
    #[sig(a, /)]
    fn is_none(a: &Value) -> bool {
        a.is_none()
    }
    /// Same as a is not None.
    #[pyfunction]
    #[sig(a, /)]
    fn is_not_none(a: &Value) -> bool {
        !a.is_none()
    }
    /// Same as b in a (note reversed operands).
    #[pyfunction]
    #[sig(a, b, /)]
    fn contains(a: &Value, b: &Value, cx: &mut Cx) -> Res<bool> {
        protocol::contains(cx, a, b)
    }
    /// Return the number of items in a which are, or which equal, b.
    #[pyfunction]
    #[sig(a, b, /)]
    fn countOf(a: &Value, b: &Value, cx: &mut Cx) -> Res<usize> {
        let it = items_of(cx, a)?;
        let mut n = 0;
        while let Some(v) = protocol::next(cx, &it)? {
            n += protocol::equal(cx, &v, b)? as usize;
        }
        Ok(n)
    }
    /// Return the first index of b in a.
    #[pyfunction]
    #[sig(a, b, /)]
    fn indexOf(a: &Value, b: &Value, cx: &mut Cx) -> Res<usize> {
        let it = items_of(cx, a)?;
        let mut n = 0;
        while let Some(v) = protocol::next(cx, &it)? {
            if protocol::equal(cx, &v, b)? {
                return Ok(n);
            }
            n += 1;
        }
        Err(cx.value_error("sequence.index(x): x not in sequence"))
    }
    /// Same as a[b].
    #[pyfunction]
    #[sig(a, b, /)]
    fn getitem(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::getitem(cx, a, b)
    }
    /// Same as a[b] = c.
    #[pyfunction]
    #[sig(a, b, c, /)]
    fn setitem(a: &Value, b: &Value, c: &Value, cx: &mut Cx) -> Res<()> {
        protocol::setitem(cx, a, b, Some(c))
    }
    /// Same as del a[b].
    #[pyfunction]
    #[sig(a, b, /)]
    fn delitem(a: &Value, b: &Value, cx: &mut Cx) -> Res<()> {
        protocol::setitem(cx, a, b, None)
    }
    /// Same as a + b, for a and b sequences.
    #[pyfunction]
    #[sig(a, b, /)]
    fn concat(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(f) = a.ty().slots.concat.get() {
            return f(cx, a, b);
        }
        if is_sequence(a) && is_sequence(b) {
            return protocol::binary(cx, BinOp::Add, a, b);
        }
        Err(not_concatenable(cx, a))
    }
    /// Same as a += b, for a and b sequences.
    #[pyfunction]
    #[sig(a, b, /)]
    fn iconcat(a: &Value, b: &Value, cx: &mut Cx) -> Res<Value> {
        let s = &a.ty().slots;
        if let Some(f) = s.iconcat.get() {
            return f(cx, a, b);
        }
        if s.concat.get().is_some() || (is_sequence(a) && is_sequence(b)) {
            return protocol::inplace(cx, BinOp::Add, a, b);
        }
        Err(not_concatenable(cx, a))
    }
    /// Return an estimate of the number of items in obj.
    ///
    /// This is useful for presizing containers when building from an iterable.
    ///
    /// If the object supports len(), the result will be exact.
    /// Otherwise, it may over- or under-estimate by an arbitrary amount.
    #[pyfunction]
    #[sig(obj, default = 0, /)]
    fn length_hint(obj: &Value, default: isize, cx: &mut Cx) -> Res<Value> {
        if let Some(f) = obj.ty().slots.len.get() {
            match f(cx, obj) {
                Ok(n) => return n.into_value(cx),
                Err(r) => cx.catch(r, ExcKind::TypeError)?,
            }
        }
        let Some(f) = protocol::lookup_special(cx, obj, "__length_hint__")? else {
            return default.into_value(cx);
        };
        let v = match protocol::call(cx, &f, &[]) {
            Ok(v) => v,
            Err(r) => {
                cx.catch(r, ExcKind::TypeError)?;
                return default.into_value(cx);
            }
        };
        if v.is_not_implemented() {
            return default.into_value(cx);
        }
        if int::as_int(&v).is_none() {
            let n = v.type_name();
            return Err(cx.type_error(format!("__length_hint__ must be an integer, not {n}")));
        }
        match number::index_isize_checked(cx, &v, ExcKind::OverflowError)? {
            n if n < 0 => Err(cx.value_error("__length_hint__() should return >= 0")),
            n => n.into_value(cx),
        }
    }
    /// Return 'a == b'.
    ///
    /// This function uses an approach designed to prevent
    /// timing analysis, making it appropriate for cryptography.
    ///
    /// a and b must both be of the same type: either str (ASCII only),
    /// or any bytes-like object.
    ///
    /// Note: If a and b are of different lengths, or if an error occurs,
    /// a timing attack could theoretically reveal information about the
    /// types and lengths of a and b--but not their values.
    #[pyfunction]
    #[sig(a, b, /)]
    fn _compare_digest(a: &Value, b: &Value, cx: &mut Cx) -> Res<bool> {
        if let (Some(x), Some(y)) = (a.downcast::<Str>(), b.downcast::<Str>()) {
            return match (x.as_ascii(), y.as_ascii()) {
                (Some(x), Some(y)) => Ok(same_bytes(x.as_bytes(), y.as_bytes())),
                _ => {
                    Err(cx
                        .type_error("comparing strings with non-ASCII characters is not supported"))
                }
            };
        }
        if a.ty().slots.buffer.get().is_none() && b.ty().slots.buffer.get().is_none() {
            let (x, y) = (a.type_name(), b.type_name());
            return Err(cx.type_error(format!(
                "unsupported operand types(s) or combination of types: '{x}' and '{y}'"
            )));
        }
        let x = buffer::get(cx, a, false)?;
        let y = buffer::get(cx, b, false)?;
        if x.ndim() > 1 || y.ndim() > 1 {
            return Err(cx.buffer_error("Buffer must be single dimension"));
        }
        Ok(same_bytes(&x.contents(), &y.contents()))
    }
    /// Same as obj(*args, **kwargs).
    #[pyfunction]
    #[text_signature = "($module, obj, /, *args, **kwargs)"]
    fn call(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some((f, pos)) = args.pos.split_first() else {
            return Err(cx.type_error("call expected at least 1 argument, got 0"));
        };
        protocol::call_args(cx, f, Args { pos, ..args })
    }
}

/// An iterator over `a`, with the words of `PySequence_Index` when there is none.
fn items_of(cx: &mut Cx, a: &Value) -> Res<Value> {
    match protocol::iter(cx, a) {
        Ok(it) => Ok(it),
        Err(r) => {
            cx.catch(r, ExcKind::TypeError)?;
            let n = a.type_name();
            Err(cx.type_error(format!("argument of type '{n}' is not iterable")))
        }
    }
}

fn is_sequence(v: &Value) -> bool {
    v.ty().slots.getitem.get().is_some() && !v.ty().has(flags::DICT_SUBCLASS | flags::MAPPING)
}

fn not_concatenable(cx: &mut Cx, a: &Value) -> Raised {
    let n = a.type_name();
    cx.type_error(format!("'{n}' object can't be concatenated"))
}

/// Equality in a time that depends on the length of `b` only.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    let mut differ = (a.len() != b.len()) as u8;
    for (i, y) in b.iter().enumerate() {
        let x = if a.len() == b.len() { a[i] } else { *y };
        differ |= std::hint::black_box(x ^ y);
    }
    differ == 0
}
