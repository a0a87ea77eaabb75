//! The built-in exception classes: one table of name, documentation and what the class adds to its base. The bases stand in
//! `ExcKind`. All share the layout of `BaseException`; a family keeps its attributes in the extra slots, numbered in
//! `families.rs` and `oserror.rs`.

use super::{BaseException, families, group, oserror};
use crate::native::*;
use crate::statics::index;

pub use super::base::add_note;
pub use super::oserror::{new_os_error, raise_io_error};

/// The class whose spec stands at place `K`, for specs to name their base.
fn base_of<const K: usize>() -> &'static TypeCell {
    cell(ExcKind::ALL[K].base())
}

/// Where a class's type word stands.
pub fn cell(kind: ExcKind) -> &'static TypeCell {
    match kind {
        ExcKind::BaseException => BaseException::type_cell(),
        _ => &CELLS[kind as usize],
    }
}

/// The cells of all built-in exception classes, bases first.
pub fn cells() -> impl Iterator<Item = &'static TypeCell> {
    ExcKind::ALL.iter().map(|k| cell(*k))
}

/// Other names of built-in exceptions in `builtins`.
pub const ALIASES: &[(&str, ExcKind)] = &[
    ("EnvironmentError", ExcKind::OSError),
    ("IOError", ExcKind::OSError),
];

/// Fill the class-specific attributes of a new instance from its arguments, as its `__init__` would.
pub fn fill_extras(cx: &mut Cx, this: &Value) -> Res<()> {
    let Some(init) = this.ty().slots.init.get() else {
        return Ok(());
    };
    if init as usize == ExcKind::BaseException.ty().slots.init.bits() {
        return Ok(());
    }
    let args = super::base::exc(this).arg_list();
    init(cx, this, Args::positional(&args))
}

macro_rules! classes {
    ($($name:ident $doc:literal [$($part:expr),*];)*) => {
        const ORDER: &[ExcKind] = &[$(ExcKind::$name),*];
        // The rows stand in the order of the enum, which is the order of the static types.
        const _: () = {
            let mut i = 0;
            while i < ORDER.len() {
                assert!(ORDER[i] as usize == i);
                i += 1;
            }
            assert!(ORDER.len() == ExcKind::ALL.len());
        };
        static SPECS: [TypeSpec; ORDER.len()] = [$(TypeSpec {
            name: stringify!($name),
            module: "builtins",
            doc: $doc,
            text_signature: None,
            size: size_of::<BaseException>(),
            itemsize: 0,
            dict_offset: std::mem::offset_of!(BaseException, dict),
            flags: flags::GC | flags::BASETYPE | flags::HAS_DICT,
            unhashable: false,
            base: Some(base_of::<{ ExcKind::$name as usize }>),
            static_index: Some(index::EXC_FIRST + ExcKind::$name as u32),
            parts: &[$($part),*],
            drop_payload: <BaseException as PyType>::SPEC.drop_payload,
            traverse: Some(traverse_object::<BaseException>),
            clear: <BaseException as PyType>::SPEC.clear,
        },)*];
        static CELLS: [TypeCell; ORDER.len()] = [$(TypeCell::new(&SPECS[ExcKind::$name as usize]),)*];
    };
}

use families::*;

classes! {
    BaseException "Common base class for all exceptions" [];
    Exception "Common base class for all non-exit exceptions." [];
    BaseExceptionGroup "A combination of multiple unrelated exceptions." [&group::GROUP];
    ExceptionGroup "" [];
    GeneratorExit "Request that a generator exit." [];
    KeyboardInterrupt "Program interrupted by user." [];
    SystemExit "Request to exit from the interpreter." [&SYSTEM_EXIT];
    ArithmeticError "Base class for arithmetic errors." [];
    FloatingPointError "Floating-point operation failed." [];
    OverflowError "Result too large to be represented." [];
    ZeroDivisionError "Second argument to a division or modulo operation was zero." [];
    AssertionError "Assertion failed." [];
    AttributeError "Attribute not found." [&ATTRIBUTE_ERROR];
    BufferError "Buffer error." [];
    EOFError "Read beyond end of file." [];
    ImportError "Import can't find module, or can't find name in module." [&IMPORT_ERROR];
    ModuleNotFoundError "Module not found." [];
    LookupError "Base class for lookup errors." [];
    IndexError "Sequence index out of range." [];
    KeyError "Mapping key not found." [&KEY_ERROR];
    MemoryError "Out of memory." [];
    NameError "Name not found globally." [&NAME_ERROR];
    UnboundLocalError "Local name referenced but not bound to a value." [];
    OSError "Base class for I/O related errors." [&oserror::OS_ERROR];
    BlockingIOError "I/O operation would block." [];
    ChildProcessError "Child process error." [];
    ConnectionError "Connection error." [];
    BrokenPipeError "Broken pipe." [];
    ConnectionAbortedError "Connection aborted." [];
    ConnectionRefusedError "Connection refused." [];
    ConnectionResetError "Connection reset." [];
    FileExistsError "File already exists." [];
    FileNotFoundError "File not found." [];
    InterruptedError "Interrupted by signal." [];
    IsADirectoryError "Operation doesn't work on directories." [];
    NotADirectoryError "Operation only works on directories." [];
    PermissionError "Not enough permissions." [];
    ProcessLookupError "Process not found." [];
    TimeoutError "Timeout expired." [];
    ReferenceError "Weak ref proxy used after referent went away." [];
    RuntimeError "Unspecified run-time error." [];
    NotImplementedError "Method or function hasn't been implemented yet." [];
    RecursionError "Recursion limit exceeded." [];
    PythonFinalizationError "Operation blocked during Python finalization." [];
    StopAsyncIteration "Signal the end from iterator.__anext__()." [];
    StopIteration "Signal the end from iterator.__next__()." [&STOP_ITERATION];
    SyntaxError "Invalid syntax." [&SYNTAX_ERROR];
    IndentationError "Improper indentation." [];
    TabError "Improper mixture of spaces and tabs." [];
    _IncompleteInputError "incomplete input." [];
    SystemError "Internal error in the interpreter.\n\nPlease report this to the maintainers, along with the traceback,\nthe version, and the hardware/OS platform and version." [];
    TypeError "Inappropriate argument type." [];
    ValueError "Inappropriate argument value (of correct type)." [];
    UnicodeError "Unicode related error." [];
    UnicodeDecodeError "Unicode decoding error." [&UNICODE_DECODE];
    UnicodeEncodeError "Unicode encoding error." [&UNICODE_ENCODE];
    UnicodeTranslateError "Unicode translation error." [&UNICODE_TRANSLATE];
    Warning "Base class for warning categories." [];
    BytesWarning "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str." [];
    DeprecationWarning "Base class for warnings about deprecated features." [];
    EncodingWarning "Base class for warnings about encodings." [];
    FutureWarning "Base class for warnings about constructs that will change semantically\nin the future." [];
    ImportWarning "Base class for warnings about probable mistakes in module imports" [];
    PendingDeprecationWarning "Base class for warnings about features which will be deprecated\nin the future." [];
    ResourceWarning "Base class for warnings about resource usage." [];
    RuntimeWarning "Base class for warnings about dubious runtime behavior." [];
    SyntaxWarning "Base class for warnings about dubious syntax." [];
    UnicodeWarning "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems." [];
    UserWarning "Base class for warnings generated by user code." [];
}
