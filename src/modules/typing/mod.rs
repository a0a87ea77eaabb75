//! `_typing`: type parameters, type aliases, `Generic`, and what the compiler's instructions for `class C[T]`, `def f[T]` and
//! `type A = ...` make of them.
//! - `lazy.rs`: values computed at first use; `params.rs`: TypeVar; `packs.rs`: ParamSpec and TypeVarTuple; `alias.rs`

pub mod alias;
pub mod lazy;
pub mod packs;
pub mod params;

use self::alias::TypeAliasType;
use self::lazy::{ConstEvaluator, NoDefaultType};
use self::packs::{ParamSpec, ParamSpecArgs, ParamSpecKwargs, TypeVarTuple};
use self::params::TypeVar;
use crate::support::{give_dict, pack};
use std::sync::atomic::Ordering;
use typhon_vm::native::*;
use typhon_vm::objects::module::methods::import;
use typhon_vm::objects::{Dict, tuple};
use typhon_vm::protocol;
use typhon_vm::statics::word;

/// Call a function of the module `typing`.
pub fn call_typing(cx: &mut Cx, name: &'static str, args: &[Value]) -> Res<Value> {
    let m = import(cx, "typing")?;
    protocol::call_method(cx, &m, name, args)
}

/// The name of the module whose code is running.
pub fn caller(cx: &mut Cx) -> Res<Option<Value>> {
    let frame = typhon_vm::objects::frame::current_frame_object(cx)?;
    if frame.is_none() {
        return Ok(None);
    }
    let globals = protocol::getattr_str(cx, &frame, "f_globals")?;
    Ok(match globals.downcast::<Dict>() {
        Some(d) => d.get_named(cx, "__name__"),
        None => None,
    })
}

/// `typing.Unpack[v]`.
pub fn unpacked(cx: &mut Cx, v: &Value) -> Res<Value> {
    let m = import(cx, "typing")?;
    let unpack = protocol::getattr_str(cx, &m, "Unpack")?;
    protocol::getitem(cx, &unpack, v)
}

/// An iterator over `typing.Unpack[v]` alone: what `*v` means in a subscript.
pub fn iter_unpacked(cx: &mut Cx, v: &Value) -> Res<Value> {
    let u = unpacked(cx, v)?;
    let t = pack(cx, [u])?;
    protocol::iter(cx, &t)
}

/// Type parameters with the tuples among them unpacked.
pub fn unpack_tuples(cx: &mut Cx, params: &Value) -> Res<Value> {
    let Some(t) = params.downcast::<Tuple>() else {
        return Ok(params.clone());
    };
    if !t
        .items()
        .iter()
        .any(|p| p.downcast_exact::<TypeVarTuple>().is_some())
    {
        return Ok(params.clone());
    }
    let mut out = Vec::with_capacity(t.len());
    for p in t.items() {
        out.push(if p.downcast_exact::<TypeVarTuple>().is_some() {
            unpacked(cx, p)?
        } else {
            p.clone()
        });
    }
    tuple::new_tuple(cx, out)
}

/// Abstract base class for generic types.
///
/// On Python 3.12 and newer, generic classes implicitly inherit from
/// Generic when they declare a parameter list after the class's name::
///
///     class Mapping[KT, VT]:
///         def __getitem__(self, key: KT) -> VT:
///             ...
///             # Etc.
///
/// On older versions of Python, however, generic classes have to
/// explicitly inherit from Generic.
///
/// After a class has been declared to be generic, it can then be used as
/// follows::
///
///     def lookup_name[KT, VT](mapping: Mapping[KT, VT], key: KT, default: VT) -> VT:
///         try:
///             return mapping[key]
///         except KeyError:
///             return default
#[pytype(name = "Generic", module = "typing", basetype)]
pub struct Generic {
    pub head: Header,
}

/// `typing.name(cls, *args, **kwargs)`.
fn with_class(cx: &mut Cx, name: &'static str, cls: &Type, args: Args<'_>) -> Res<Value> {
    let m = import(cx, "typing")?;
    let f = protocol::getattr_str(cx, &m, name)?;
    let mut all = vec![cls.value()];
    all.extend_from_slice(args.pos);
    protocol::call_args(cx, &f, Args { pos: &all, ..args })
}

#[pymethods]
impl Generic {
    /// Parameterizes a generic class.
    #[classmethod]
    #[text_signature(none)]
    fn __class_getitem__(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        with_class(cx, "_generic_class_getitem", cls, args)
    }
    /// Function to initialize subclasses.
    #[classmethod]
    #[text_signature(none)]
    fn __init_subclass__(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        with_class(cx, "_generic_init_subclass", cls, args)
    }
}

/// What the instructions ask for: CALL_INTRINSIC_1's number, or that of CALL_INTRINSIC_2 plus 100.
fn intrinsic(cx: &mut Cx, which: u32, args: &[Value]) -> Res<Value> {
    let absent = Value::none();
    let a = args.first().unwrap_or(&absent);
    let b = args.get(1).unwrap_or(&absent);
    // `typing` may not have been imported; its types must be there.
    ready(cx)?;
    match which {
        7 => TypeVar::of_syntax(cx, a, None, None),
        8 => ParamSpec::of_syntax(cx, a),
        9 => TypeVarTuple::of_syntax(cx, a),
        10 => {
            let params = unpack_tuples(cx, a)?;
            let generic = Generic::type_object(cx)?.value();
            call_typing(cx, "_GenericAlias", &[generic, params])
        }
        11 => match a.downcast::<Tuple>().map(Tuple::items) {
            Some([name, params, compute]) => TypeAliasType::of_syntax(cx, name, params, compute),
            _ => Err(cx.system_error("bad type alias")),
        },
        102 => TypeVar::of_syntax(cx, a, Some(b), None),
        103 => TypeVar::of_syntax(cx, a, None, Some(b)),
        105 => lazy::set_default(cx, a, b),
        _ => Err(cx.system_error("bad intrinsic")),
    }
}

/// Make the types, once.
fn ready(cx: &mut Cx) -> Res<()> {
    static DONE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    if DONE.load(Ordering::Acquire) {
        return Ok(());
    }
    let t = TypeVar::type_object(cx)?;
    give_dict(cx, t, TypeVar::DICT_OFFSET)?;
    let t = ParamSpec::type_object(cx)?;
    give_dict(cx, t, ParamSpec::DICT_OFFSET)?;
    let t = TypeVarTuple::type_object(cx)?;
    give_dict(cx, t, TypeVarTuple::DICT_OFFSET)?;
    let g = Generic::type_object(cx)?;
    // Its instances are plain objects, so it may stand beside any other base; and its attributes may be set.
    g.solid.store(word::OBJECT, Ordering::Relaxed);
    // As a class made by Python code it adds nothing to the layout, so `object` makes the instances of its subclasses.
    g.set_flags(flags::HEAP, flags::IMMUTABLE | flags::NO_NEW);
    DONE.store(true, Ordering::Release);
    Ok(())
}

/// Lend the intrinsics to the interpreter: called at start, since `class C[T]` needs no import.
pub fn install() {
    typhon_vm::init::with_globals(|g| g.typing = Some(intrinsic));
}

#[pymodule(
    name = "_typing",
    types(
        ConstEvaluator,
        Generic,
        NoDefaultType,
        ParamSpec,
        ParamSpecArgs,
        ParamSpecKwargs,
        TypeAliasType,
        TypeVar,
        TypeVarTuple
    )
)]
pub mod module {
    //! Primitives and accelerators for the typing module.

    use super::*;

    #[pyfunction]
    #[sig(x, /)]
    fn _idfunc(x: &Value) -> Value {
        x.clone()
    }

    #[pyattr]
    fn NoDefault(cx: &mut Cx) -> Res<Value> {
        lazy::no_default(cx)
    }
    #[pyattr]
    fn Union() -> Value {
        Type::from_word(word::UNION).value()
    }

    #[pyinit]
    fn init(_module: &Value, cx: &mut Cx) -> Res<()> {
        install();
        ready(cx)
    }
}
