//! Errors as values: `Res<T>` with `Raised`, a zero-sized proof that the exception stands in the thread record (`cx.exc`).
//! Raising helpers live here; the exception objects themselves in `objects/exception`.

use crate::{Cx, Value};

/// Proof that an exception is pending in the thread record. Made only by the raising functions of `Cx`.
#[derive(Debug)]
#[must_use]
pub struct Raised(());

impl Raised {
    /// For code that has just stored `cx.exc`.
    pub(crate) fn proof() -> Raised {
        Raised(())
    }
}

pub type Res<T> = Result<T, Raised>;

macro_rules! exceptions {
    ($($name:ident: $base:ident,)*) => {
        /// The built-in exception classes, in the order of their static types.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum ExcKind { $($name,)* }
        impl ExcKind {
            pub const ALL: &'static [ExcKind] = &[$(ExcKind::$name,)*];
            pub fn name(self) -> &'static str { match self { $(ExcKind::$name => stringify!($name),)* } }
            /// The base class; `BaseException` names itself (its base is `object`).
            pub fn base(self) -> ExcKind { match self { $(ExcKind::$name => ExcKind::$base,)* } }
        }
    };
}

exceptions! {
    BaseException: BaseException, Exception: BaseException, BaseExceptionGroup: BaseException, ExceptionGroup: BaseExceptionGroup,
    GeneratorExit: BaseException, KeyboardInterrupt: BaseException, SystemExit: BaseException,
    ArithmeticError: Exception, FloatingPointError: ArithmeticError, OverflowError: ArithmeticError, ZeroDivisionError: ArithmeticError,
    AssertionError: Exception, AttributeError: Exception, BufferError: Exception, EOFError: Exception,
    ImportError: Exception, ModuleNotFoundError: ImportError, LookupError: Exception, IndexError: LookupError, KeyError: LookupError,
    MemoryError: Exception, NameError: Exception, UnboundLocalError: NameError,
    OSError: Exception, BlockingIOError: OSError, ChildProcessError: OSError, ConnectionError: OSError, BrokenPipeError: ConnectionError,
    ConnectionAbortedError: ConnectionError, ConnectionRefusedError: ConnectionError, ConnectionResetError: ConnectionError,
    FileExistsError: OSError, FileNotFoundError: OSError, InterruptedError: OSError, IsADirectoryError: OSError,
    NotADirectoryError: OSError, PermissionError: OSError, ProcessLookupError: OSError, TimeoutError: OSError,
    ReferenceError: Exception, RuntimeError: Exception, NotImplementedError: RuntimeError, RecursionError: RuntimeError,
    PythonFinalizationError: RuntimeError,
    StopAsyncIteration: Exception, StopIteration: Exception, SyntaxError: Exception, IndentationError: SyntaxError, TabError: IndentationError,
    _IncompleteInputError: SyntaxError,
    SystemError: Exception, TypeError: Exception, ValueError: Exception, UnicodeError: ValueError, UnicodeDecodeError: UnicodeError,
    UnicodeEncodeError: UnicodeError, UnicodeTranslateError: UnicodeError,
    Warning: Exception, BytesWarning: Warning, DeprecationWarning: Warning, EncodingWarning: Warning, FutureWarning: Warning,
    ImportWarning: Warning, PendingDeprecationWarning: Warning, ResourceWarning: Warning, RuntimeWarning: Warning,
    SyntaxWarning: Warning, UnicodeWarning: Warning, UserWarning: Warning,
}

macro_rules! shorthands {
    ($($f:ident: $k:ident,)*) => { impl Cx { $(
        #[cold]
        pub fn $f(&mut self, msg: impl AsRef<str>) -> Raised { self.raise(ExcKind::$k, msg) }
    )* } };
}
shorthands! {
    type_error: TypeError, value_error: ValueError, overflow_error: OverflowError, index_error: IndexError, attribute_error: AttributeError,
    runtime_error: RuntimeError, system_error: SystemError, zero_division: ZeroDivisionError, not_implemented: NotImplementedError,
    import_error: ImportError, name_error: NameError, lookup_error: LookupError, buffer_error: BufferError, eof_error: EOFError,
    recursion_error: RecursionError, assertion_error: AssertionError,
}

impl Cx {
    /// Raise a built-in exception with one string argument.
    #[cold]
    pub fn raise(&mut self, kind: ExcKind, msg: impl AsRef<str>) -> Raised {
        crate::objects::exception::raise_message(self, kind, msg.as_ref())
    }
    /// Raise a built-in exception with the given arguments.
    #[cold]
    pub fn raise_args(&mut self, kind: ExcKind, args: Vec<Value>) -> Raised {
        match crate::objects::exception::new_exception(self, kind, args) {
            Ok(exc) => self.raise_value(exc),
            Err(raised) => raised,
        }
    }
    /// `KeyError(key)`.
    #[cold]
    pub fn key_error(&mut self, key: &Value) -> Raised {
        self.raise_args(ExcKind::KeyError, vec![key.clone()])
    }
    /// `MemoryError()` without allocating much.
    #[cold]
    pub fn memory_error(&mut self) -> Raised {
        self.raise_args(ExcKind::MemoryError, vec![])
    }
    #[cold]
    pub fn stop_iteration(&mut self, value: Option<Value>) -> Raised {
        self.raise_args(ExcKind::StopIteration, value.into_iter().collect())
    }
    /// Make `exc` (an exception instance) the pending exception, with the handled one as its context.
    #[cold]
    pub fn raise_value(&mut self, exc: Value) -> Raised {
        crate::objects::exception::chain_context(self, &exc);
        self.exc = Some(exc);
        Raised::proof()
    }
    /// Make `exc` pending again without touching its context (re-raise).
    #[cold]
    pub fn reraise(&mut self, exc: Value) -> Raised {
        self.exc = Some(exc);
        Raised::proof()
    }
    /// Take the pending exception.
    pub fn take_exc(&mut self, raised: Raised) -> Value {
        let Raised(()) = raised;
        self.exc.take().expect("Raised without a pending exception")
    }
    /// Whether the pending exception is an instance of `kind`.
    pub fn exc_is(&self, kind: ExcKind) -> bool {
        self.exc
            .as_ref()
            .is_some_and(|e| crate::objects::exception::is_kind(e, kind))
    }
    /// Clear the pending exception when it is of `kind`; pass the error on otherwise.
    pub fn catch(&mut self, raised: Raised, kind: ExcKind) -> Res<()> {
        if self.exc_is(kind) {
            drop(self.exc.take());
            Ok(())
        } else {
            Err(raised)
        }
    }
}
