//! `weakref.proxy`: an object that does what its target does, while the target lives.

use super::{Registered, check_target};
use crate::native::*;
use crate::objects::object::alloc;
use crate::protocol::{self, BinOp};
use crate::slot_ext::SlotExt;
use typhon_runtime::weak::{self, WeakCell};

#[pytype(name = "ProxyType", module = "weakref", gc, unhashable, no_new, static_index = WEAKPROXY)]
pub struct Proxy {
    pub head: Header,
    #[skip]
    cell: Registered,
    callback: Slot,
}

#[pytype(name = "CallableProxyType", module = "weakref", gc, unhashable, no_new, static_index = WEAKCALLABLEPROXY)]
pub struct CallableProxy {
    pub head: Header,
    #[skip]
    cell: Registered,
    callback: Slot,
}

/// `weakref.proxy(target, callback)`.
pub fn new_proxy(cx: &mut Cx, target: &Value, callback: Option<&Value>) -> Res<Value> {
    check_target(cx, target)?;
    let callback = callback.filter(|c| !c.is_none());
    if callback.is_none() {
        for w in weak::list(&cx.thread, target) {
            if parts(&w).is_some_and(|(_, _, cb)| cb.is_empty()) {
                return Ok(w);
            }
        }
    }
    let (head, cell, cb) = (
        Header::placeholder(),
        Registered(WeakCell::new()),
        Slot::new(callback.cloned()),
    );
    let v = if protocol::is_callable(target) {
        alloc(
            cx,
            Type::of::<CallableProxy>(),
            CallableProxy {
                head,
                cell,
                callback: cb,
            },
        )?
    } else {
        alloc(
            cx,
            Type::of::<Proxy>(),
            Proxy {
                head,
                cell,
                callback: cb,
            },
        )?
    };
    if let Some((_, cell, _)) = parts(&v) {
        weak::attach(target, &v, cell, callback.is_some());
    }
    Ok(v)
}

/// Header, cell and callback of a proxy of either type.
fn parts(v: &Value) -> Option<(&Header, &WeakCell, &Slot)> {
    if let Some(p) = v.downcast_exact::<Proxy>() {
        return Some((&p.head, &p.cell.0, &p.callback));
    }
    v.downcast_exact::<CallableProxy>()
        .map(|p| (&p.head, &p.cell.0, &p.callback))
}

pub(super) fn take_callback(cx: &mut Cx, v: &Value) -> Option<Value> {
    let (head, _, cb) = parts(v)?;
    cb.put(head, cx, None)
}

/// The target of a proxy; any other value is itself.
fn real(cx: &mut Cx, v: &Value) -> Res<Value> {
    let Some((_, cell, _)) = parts(v) else {
        return Ok(v.clone());
    };
    match weak::upgrade(&cx.thread, cell) {
        Some(t) => Ok(t),
        None => Err(cx.raise(
            ExcKind::ReferenceError,
            "weakly-referenced object no longer exists",
        )),
    }
}

macro_rules! binary {
    ($($f:ident $op:ident;)*) => { $(
        fn $f(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
            let (a, b) = (real(cx, a)?, real(cx, b)?);
            protocol::binary(cx, BinOp::$op, &a, &b)
        }
    )* };
}
binary! {
    add Add; sub Sub; mul Mul; matmul MatMul; truediv TrueDiv; floordiv FloorDiv; mod_ Mod; lshift LShift; rshift RShift; and And;
    or Or; xor Xor;
}

macro_rules! inplace {
    ($($f:ident $op:ident;)*) => { $(
        fn $f(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
            let (a, b) = (real(cx, a)?, real(cx, b)?);
            protocol::inplace(cx, BinOp::$op, &a, &b)
        }
    )* };
}
inplace! {
    iadd Add; isub Sub; imul Mul; imatmul MatMul; itruediv TrueDiv; ifloordiv FloorDiv; imod Mod; ilshift LShift; irshift RShift; iand And;
    ior Or; ixor Xor;
}

fn pow(cx: &mut Cx, a: &Value, b: &Value, c: &Value) -> Res<Value> {
    let (a, b, c) = (real(cx, a)?, real(cx, b)?, real(cx, c)?);
    protocol::pow(cx, &a, &b, &c)
}
fn divmod(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    let (a, b) = (real(cx, a)?, real(cx, b)?);
    protocol::divmod(cx, &a, &b)
}
fn call_one(cx: &mut Cx, a: &Value, name: &'static str) -> Res<Value> {
    let a = real(cx, a)?;
    match protocol::call_special(cx, &a, name, &[])? {
        Some(v) => Ok(v),
        None => {
            let t = a.type_name();
            Err(cx.type_error(format!("bad operand type for {name}: '{t}'")))
        }
    }
}
fn unary(cx: &mut Cx, a: &Value, symbol: &str) -> Res<Value> {
    let a = real(cx, a)?;
    protocol::unary(cx, symbol, &a)
}

/// The forwarding slots, the same for both types.
pub const FORWARD: &Part = &Part {
    methods: &[MethodDef {
        name: "__bytes__",
        call: |cx, args| {
            let v = args.pos.first().cloned().unwrap_or_else(Value::none);
            call_one(cx, &v, "__bytes__")
        },
        doc: "",
        text_signature: None,
        kind: MethodKind::Method,
        min: 0,
        max: 0,
        takes_keywords: false,
        quick: None,
    }],
    getset: &[],
    attrs: &[],
    install_slots: |s| {
        s.repr = Some(|cx, v| {
            let at = v.bits() & !7;
            let o = real(cx, v)?;
            let (t, p) = (o.type_name(), o.bits() & !7);
            crate::objects::str::new_str(cx, &format!("<weakproxy at {at:#x} to {t} at {p:#x}>"))
        });
        s.str = Some(|cx, v| {
            let o = real(cx, v)?;
            protocol::str(cx, &o)
        });
        s.getattro = Some(|cx, v, n| {
            let o = real(cx, v)?;
            protocol::getattr(cx, &o, n)
        });
        s.setattro = Some(|cx, v, n, to| {
            let o = real(cx, v)?;
            protocol::setattr(cx, &o, n, to)
        });
        s.richcompare = Some(|cx, a, b, op| {
            let (a, b) = (real(cx, a)?, real(cx, b)?);
            protocol::compare(cx, &a, &b, op)
        });
        s.bool = Some(|cx, v| {
            let o = real(cx, v)?;
            protocol::truthy(cx, &o)
        });
        s.iter = Some(|cx, v| {
            let o = real(cx, v)?;
            protocol::iter(cx, &o)
        });
        s.next = Some(|cx, v| {
            let o = real(cx, v)?;
            if o.ty().slots.next.get().is_none() {
                return Err(cx.type_error("Weakref proxy referenced a non-iterator"));
            }
            protocol::next(cx, &o)
        });
        s.len = Some(|cx, v| {
            let o = real(cx, v)?;
            protocol::len(cx, &o)
        });
        s.getitem = Some(|cx, v, k| {
            let o = real(cx, v)?;
            protocol::getitem(cx, &o, k)
        });
        s.setitem = Some(|cx, v, k, to| {
            let o = real(cx, v)?;
            protocol::setitem(cx, &o, k, to)
        });
        s.contains = Some(|cx, v, i| {
            let o = real(cx, v)?;
            protocol::contains(cx, &o, i)
        });
        s.add = Some(add);
        s.sub = Some(sub);
        s.mul = Some(mul);
        s.matmul = Some(matmul);
        s.truediv = Some(truediv);
        s.floordiv = Some(floordiv);
        s.mod_ = Some(mod_);
        s.divmod = Some(divmod);
        s.pow = Some(pow);
        s.lshift = Some(lshift);
        s.rshift = Some(rshift);
        s.and = Some(and);
        s.or = Some(or);
        s.xor = Some(xor);
        s.iadd = Some(iadd);
        s.isub = Some(isub);
        s.imul = Some(imul);
        s.imatmul = Some(imatmul);
        s.itruediv = Some(itruediv);
        s.ifloordiv = Some(ifloordiv);
        s.imod = Some(imod);
        s.ilshift = Some(ilshift);
        s.irshift = Some(irshift);
        s.iand = Some(iand);
        s.ior = Some(ior);
        s.ixor = Some(ixor);
        s.neg = Some(|cx, v| unary(cx, v, "-"));
        s.pos = Some(|cx, v| unary(cx, v, "+"));
        s.invert = Some(|cx, v| unary(cx, v, "~"));
        s.abs = Some(|cx, v| call_one(cx, v, "__abs__"));
        s.int = Some(|cx, v| call_one(cx, v, "__int__"));
        s.float = Some(|cx, v| call_one(cx, v, "__float__"));
        s.index = Some(|cx, v| call_one(cx, v, "__index__"));
    },
};

/// Calling goes through too.
pub const CALL: &Part = &Part {
    methods: &[],
    getset: &[],
    attrs: &[],
    install_slots: |s| {
        s.call = Some(|cx, v, args| {
            let o = real(cx, v)?;
            protocol::call_args(cx, &o, args)
        });
    },
};

#[pymethods(include(crate::objects::weakref::proxy::FORWARD))]
impl Proxy {
    fn __reversed__(this: &Value, cx: &mut Cx) -> Res<Value> {
        call_one(cx, this, "__reversed__")
    }
}

#[pymethods(include(
    crate::objects::weakref::proxy::FORWARD,
    crate::objects::weakref::proxy::CALL
))]
impl CallableProxy {
    fn __reversed__(this: &Value, cx: &mut Cx) -> Res<Value> {
        call_one(cx, this, "__reversed__")
    }
}
