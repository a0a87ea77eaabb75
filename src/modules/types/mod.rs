//! `_types`: the built-in types that have no name in `builtins`.

use crate::support::namespace;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::statics::word;

/// Name in the module and type.
const TYPES: &[(&str, u32)] = &[
    ("AsyncGeneratorType", word::ASYNC_GENERATOR),
    ("BuiltinFunctionType", word::BUILTIN),
    ("BuiltinMethodType", word::BUILTIN),
    ("CapsuleType", word::CAPSULE),
    ("CellType", word::CELL),
    ("ClassMethodDescriptorType", word::CLASSMETHOD_DESCR),
    ("CodeType", word::CODE),
    ("CoroutineType", word::COROUTINE),
    ("EllipsisType", word::ELLIPSIS),
    ("FrameType", word::FRAME),
    ("FunctionType", word::FUNCTION),
    ("GeneratorType", word::GENERATOR),
    ("GenericAlias", word::GENERIC_ALIAS),
    ("GetSetDescriptorType", word::GETSET_DESCR),
    ("LambdaType", word::FUNCTION),
    ("MappingProxyType", word::MAPPING_PROXY),
    ("MemberDescriptorType", word::MEMBER_DESCR),
    ("MethodDescriptorType", word::METHOD_DESCR),
    ("MethodType", word::METHOD),
    ("MethodWrapperType", word::METHOD_WRAPPER),
    ("ModuleType", word::MODULE),
    ("NoneType", word::NONE),
    ("NotImplementedType", word::NOT_IMPLEMENTED),
    ("SimpleNamespace", word::SIMPLE_NAMESPACE),
    ("TracebackType", word::TRACEBACK),
    ("UnionType", word::UNION),
    ("WrapperDescriptorType", word::SLOT_WRAPPER),
];

#[pymodule(name = "_types")]
pub mod module {
    //! Define names for built-in types.

    use super::*;

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let ns = namespace(cx, module)?;
        let Some(d) = ns.downcast::<Dict>() else {
            return Ok(());
        };
        for &(name, w) in TYPES {
            let t = Type::from_word(w);
            // A type that this interpreter does not have stays out.
            if t.has(flags::READY) {
                d.set_str(cx, name, t.value())?;
            }
        }
        Ok(())
    }
}
