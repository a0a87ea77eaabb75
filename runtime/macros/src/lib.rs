//! The one way in which native types and modules are written.
//!
//! A native method is a typed Rust function: its arguments arrive converted, its result is converted back, its doc
//! comment is the Python docstring. The attributes below produce static tables (`TypeSpec`, `Part`, `ModuleDef`); the
//! interpreter builds types and modules from them when they are first asked for. Everything emitted refers to
//! `::typhon_vm::native::*` and to nothing else; write `use typhon_vm::native::*;` and you have all the names used here.
//!
//! # A type
//! ```ignore
//! /// Built-in mutable sequence.
//! #[pytype(name = "list", gc, basetype, unhashable, static_index = LIST)]
//! pub struct List {
//!     head: Header,              // first; it is checked
//!     items: Guarded<Items>,     // visited by the collector (trait Traverse)
//!     #[skip] cache: AtomicU64,  // not visited
//! }
//! ```
//! * `name = ".."` (default: the Rust name), `module = ".."` (default `builtins`), `doc = ".."` (default: the `///`).
//! * `base = Other`: a Rust type; the struct then begins with the base's layout, `base: Other`, instead of `head: Header`,
//!   or repeats `head: Header` when the base is `object`-like and has no fields of its own (`base = Object`).
//! * `static_index = LIST` gives the type its fixed index; without it the type is made at first use.
//! * `itemsize = EXPR` for objects with a tail of items behind the struct.
//! * `drop = path` replaces `drop_in_place` (for tails of items); `unhashable` makes `__hash__` None; `manual_traverse`
//!   leaves `impl Traverse` to you.
//! * any other word is a flag, `gc` being `native::flags::GC`: `gc` (has children; `Traverse` is derived), `basetype`
//!   (Python classes may inherit), `sequence`, `mapping` (for `match`), ...
//!
//! Fields of type `Slot` are emptied when the object dies; a `Slot` deeper inside (in a `Guarded<..>`, say) has no drop
//! glue of its own, so its owner needs a `Drop`.
//!
//! `List` then is a `PyType`: `value.downcast::<List>()`, `List::type_cell()`, `&List` as a parameter.
//! `repr(C)` is added. A gc type without child fields costs nothing by deriving an empty visit.
//!
//! # Its methods
//! ```ignore
//! #[pymethods(include(ITER, crate::objects::sequence::PART))]  // include: parts written in other files
//! impl List {
//!     /// Remove and return item at index (default last).
//!     #[sig(index = -1, /)]
//!     fn pop(&self, index: Index, cx: &mut Cx) -> Res<Value> { .. }   // cx stands anywhere, or is absent
//!
//!     fn append(&self, item: Value) { .. }             // no #[sig]: all required, positional only; () gives None
//!
//!     #[method(name = "sort")]                          // another Python name
//!     #[sig(*, key = None, reverse = False)]
//!     fn sort_in_place(&self, cx: &mut Cx, key: Option<&Value>, reverse: bool) -> Res<()> { .. }
//!
//!     #[sig(key, default = absent, /)]                  // None when *not given*; a given None is Some(None)
//!     fn pop_key(&self, key: &Value, default: Option<&Value>) -> Res<Value> { .. }
//!
//!     #[sig(format, /, *args, sep = " ", **kwargs)]     // any mixture
//!     fn f(this: &Value, format: &str, args: &[Value], sep: &str, kwargs: Kwargs<'_>) -> String { .. }
//!
//!     fn raw(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> { .. }  // the arguments after self, as they came
//!
//!     #[new]  #[sig(iterable = (), /)] fn new(cls: &Type, iterable: Option<&Value>, cx: &mut Cx) -> Res<Value> { .. }
//!     #[init] #[sig(iterable = absent, /)] fn init(&self, iterable: Option<&Value>, cx: &mut Cx) -> Res<()> { .. }
//!     #[classmethod]  fn fromkeys(cls: &Type, keys: &Value, cx: &mut Cx) -> Res<Value> { .. }
//!     #[staticmethod] fn maketrans(table: &Value, cx: &mut Cx) -> Res<Value> { .. }
//!
//!     /// doc of the attribute
//!     #[getter] fn real(&self) -> f64 { .. }            // #[getter(name = "real")]
//!     #[setter] fn set_real(&self, v: f64) -> Res<()>;  // `set_` is cut; Option<&Value>: None on delete
//!
//!     #[slot] fn len(&self) -> usize { .. }             // a slot by its name ...
//!     #[slot(getitem)] fn item(&self, key: &Value, cx: &mut Cx) -> Res<Value> { .. }   // ... or named
//!     #[slot] fn add(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> { .. }    // also called reflected
//!     #[slot] fn or(left: &Set, right: &Set) -> Res<Value> { .. }  // other operand types: NotImplemented
//!     #[slot] fn richcompare(&self, other: &List, op: CmpOp, cx: &mut Cx) -> Res<Value> { .. }  // likewise
//!     #[slot] fn next(&self, cx: &mut Cx) -> Res<Option<Value>> { .. }                  // None: exhausted
//!
//!     #[traverse] fn traverse(&self, v: &mut Visitor) { .. }  // instead of the derived visit
//!     #[clear] fn clear_refs(&self, cx: &mut Cx) { .. }       // the collector breaks a cycle here
//!     #[pyattr] const MAX: i64 = 7;                           // class attribute; also `#[pyattr] fn name(cx) -> ..`
//! }
//! #[pymethods(part = ITER)]
//! impl List { .. }              // in another file: `const ITER: Part`, taken up by include(ITER)
//! ```
//! `&self` of `int` and `float` does not exist for immediate values: such types take `this: &Value`.
//! Every function of the block is exported; helpers belong into a plain `impl`. A first parameter `this: &Value`
//! replaces `&self` where the word itself is needed.
//!
//! Defaults are Rust expressions or `None`, `True`, `False`, `absent`; `stop = isize::MAX => "sys.maxsize"` gives the
//! text shown in `__text_signature__`, and `#[text_signature = "(..)"]` / `#[text_signature(none)]` replaces it whole.
//!
//! Parameter types (`FromArg`): `&Value`, `Value`, `bool` (truth), `i8..i64`, `u8..u64`, `isize`, `usize`, `f64`, `char`,
//! `&str`, `String`, `&T` for a `PyType`, `Option<T>` (`None` is None), `Index` (`__index__`, saturating), `Callable<'_>`.
//! Result types (`IntoValue`): these too, `()`, `Option<T>`, `Vec<T>` (a list), tuples (a tuple), `Res<T>` of any.
//!
//! Slots: `repr str hash call getattro setattro iter next richcompare del`,
//! `add sub mul matmul truediv floordiv mod_ divmod lshift rshift and or xor pow`, their in-place forms `iadd` .. `ipow`,
//! `neg pos abs invert int float index bool`, `len getitem setitem contains concat repeat buffer`,
//! `descr_get descr_set await_ aiter anext`. The table is in `slots.rs`.
//!
//! # A module
//! ```ignore
//! #[pymodule(name = "_collections", types(Deque, Counter), include(super::more::PART))]
//! pub mod module {
//!     //! High performance data structures.
//!     use super::*;
//!     #[pyfunction] #[sig(x, /)] fn sqrt(x: f64) -> Res<f64> { .. }
//!     #[pyattr] const PI: f64 = std::f64::consts::PI;
//!     #[pyattr] fn version(cx: &mut Cx) -> Res<Value> { .. }
//!     #[pyinit] fn init(module: &Value, cx: &mut Cx) -> Res<()> { .. }   // last, after the attributes
//!     fn helper() {}                                                    // not exported
//! }
//! // module::MODULE: ModuleDef
//!
//! #[pyfunctions(part = PART, module = "_collections", types(Extra))]
//! pub mod more { .. }          // a further file of the module: `pub static PART: ModulePart`
//! ```

use proc_macro::TokenStream;

mod attrs;
mod function;
mod pymethods;
mod pymodule;
mod pytype;
mod signature;
mod slots;
#[cfg(test)]
mod tests;

fn finish(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(|e| e.to_compile_error()).into()
}

/// A native type, see the crate's page.
#[proc_macro_attribute]
pub fn pytype(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(pytype::expand(args.into(), item.into()))
}

/// The methods, slots and attributes of a native type, see the crate's page.
#[proc_macro_attribute]
pub fn pymethods(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(pymethods::expand(args.into(), item.into()))
}

/// A native module, see the crate's page.
#[proc_macro_attribute]
pub fn pymodule(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(pymodule::expand(args.into(), item.into(), true))
}

/// A further file of a native module, see the crate's page.
#[proc_macro_attribute]
pub fn pyfunctions(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(pymodule::expand(args.into(), item.into(), false))
}
