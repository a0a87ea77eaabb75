//! Module `builtins`.
//! - `functions.rs`: functions over the object protocol; `numeric.rs`: `sum`, `min`, `max`, `round`...
//! - `class.rs`: `__build_class__`; `import.rs`: `__import__`; `code.rs`: `compile`, `exec`, `eval`
//! - `scope.rs`: `globals`, `locals`, `vars`, `dir`; `io.rs`: `print`, `input`

pub mod class;
pub mod code;
pub mod functions;
pub mod import;
pub mod io;
pub mod numeric;
pub mod scope;
pub mod tree;

use typhon_vm::native::*;

#[pymodule(
    name = "builtins",
    include(
        functions::functions::PART,
        numeric::functions::PART,
        class::functions::PART,
        code::functions::PART,
        import::functions::PART,
        io::functions::PART,
        scope::functions::PART
    )
)]
pub mod module {
    //! Built-in functions, types, exceptions, and other objects.
    //!
    //! This module provides direct access to all 'built-in'
    //! identifiers of Python; for example, builtins.len is
    //! the full name for the built-in function len().
    //!
    //! This module is not usually accessed explicitly by most
    //! applications, but can be useful in modules that provide
    //! objects with the same name as a builtin and need to
    //! restore it.
    use super::*;
    use typhon_vm::objects::Module;
    use typhon_vm::objects::exception::types::ALIASES;
    use typhon_vm::statics::{self, word};

    /// Types with fixed places.
    const TYPES: &[(&str, u32)] = &[
        ("object", word::OBJECT),
        ("type", word::TYPE),
        ("bool", word::BOOL),
        ("bytearray", word::BYTEARRAY),
        ("bytes", word::BYTES),
        ("classmethod", word::CLASSMETHOD),
        ("complex", word::COMPLEX),
        ("dict", word::DICT),
        ("enumerate", word::ENUMERATE),
        ("filter", word::FILTER),
        ("float", word::FLOAT),
        ("frozenset", word::FROZENSET),
        ("int", word::INT),
        ("list", word::LIST),
        ("map", word::MAP),
        ("memoryview", word::MEMORYVIEW),
        ("property", word::PROPERTY),
        ("range", word::RANGE),
        ("reversed", word::REVERSED),
        ("set", word::SET),
        ("slice", word::SLICE),
        ("staticmethod", word::STATICMETHOD),
        ("str", word::STR),
        ("super", word::SUPER),
        ("tuple", word::TUPLE),
        ("zip", word::ZIP),
    ];

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let Some(m) = module.downcast::<Module>() else {
            return Err(cx.system_error("not a module"));
        };
        let d = m.dict();
        for (name, w) in TYPES {
            d.set_str(cx, name, Type::from_word(*w).value())?;
        }
        for kind in ExcKind::ALL {
            d.set_str(cx, kind.name(), kind.ty().value())?;
        }
        for (name, kind) in ALIASES {
            d.set_str(cx, name, kind.ty().value())?;
        }
        d.set_str(cx, "None", Value::none())?;
        d.set_str(cx, "True", Value::bool(true))?;
        d.set_str(cx, "False", Value::bool(false))?;
        d.set_str(cx, "Ellipsis", statics::immortal(statics::ELLIPSIS))?;
        d.set_str(cx, "NotImplemented", Value::not_implemented())?;
        d.set_str(
            cx,
            "__debug__",
            Value::bool(crate::sys::config().optimize == 0),
        )
    }
}
