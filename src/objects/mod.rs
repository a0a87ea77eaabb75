//! The built-in types, one folder each. A folder's `mod.rs` holds the struct that is laid out behind the 16-byte header;
//! methods, iterators and algorithms stand beside it. Modules (`math`, `_io`, ...) are not here: they build on this.

pub mod builtin;
pub mod cell;
pub mod code;
pub mod dict;
pub mod exception;
pub mod float;
pub mod frame;
pub mod function;
pub mod generator;
pub mod int;
pub mod list;
pub mod module;
pub mod object;
pub mod str;
pub mod tuple;
pub mod typeobj;

pub use builtin::Builtin;
pub use cell::Cell;
pub use code::CodeObj;
pub use dict::Dict;
pub use exception::BaseException;
pub use float::Float;
pub use frame::Frame;
pub use function::Function;
pub use generator::Generator;
pub use int::Int;
pub use list::List;
pub use module::Module;
pub use object::Object;
pub use self::str::Str;
pub use tuple::Tuple;
pub use typeobj::Type;
