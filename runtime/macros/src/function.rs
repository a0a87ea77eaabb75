//! The wrapper of one native function: receiver, binding, conversion, call, result.
//!
//! Wrappers stay tiny: everything that does not depend on the function's own types is a call of a shared function of
//! `native`. Parameter types are never named in what is emitted (they may carry lifetimes); inference from the call
//! finds the converter, and the span of the type makes a missing one point at the parameter.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, GenericArgument, Ident, Pat, PathArguments, Result, Signature, Type};

use crate::signature::{Default, Kind, Spec};

/// What stands first in a native function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Receiver {
    None,
    /// `&self`
    SelfRef,
    /// `this: &Value`
    This,
}

#[derive(Clone)]
pub enum Slot {
    Cx,
    Receiver,
    /// The n-th converted parameter.
    Param(usize),
}

/// A native function's parameters, sorted by what they are.
pub struct Params {
    pub receiver: Receiver,
    pub order: Vec<Slot>,
    pub types: Vec<Type>,
    pub names: Vec<String>,
}

/// How a function's first parameter is treated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// `&self` or `this: &Value` is the receiver.
    Receiver,
    /// `cls: &Type`, always there.
    Class,
    /// Only plain parameters.
    Plain,
}

impl Params {
    pub fn read(sig: &Signature, first: First) -> Result<Params> {
        if let Some(p) = sig.generics.type_params().next() {
            return Err(Error::new(p.span(), "a native function cannot be generic"));
        }
        if let Some(token) = &sig.asyncness {
            return Err(Error::new(
                token.span(),
                "a native function cannot be async",
            ));
        }
        let mut out = Params {
            receiver: Receiver::None,
            order: Vec::new(),
            types: Vec::new(),
            names: Vec::new(),
        };
        let mut seen_typed = false;
        for input in &sig.inputs {
            match input {
                FnArg::Receiver(r) => {
                    if r.reference.is_none() || r.mutability.is_some() {
                        return Err(Error::new(
                            r.span(),
                            "objects are shared between threads: take `&self`",
                        ));
                    }
                    if first != First::Receiver {
                        return Err(Error::new(r.span(), "this kind of function has no `self`"));
                    }
                    out.receiver = Receiver::SelfRef;
                    out.order.push(Slot::Receiver);
                }
                FnArg::Typed(t) => {
                    let ty = (*t.ty).clone();
                    if is_ref_to(&ty, "Cx") {
                        out.order.push(Slot::Cx);
                        continue;
                    }
                    let name = match &*t.pat {
                        Pat::Ident(i) => crate::signature::python_name(&i.ident),
                        _ => format!("arg{}", out.types.len() + 1),
                    };
                    let begins = !seen_typed;
                    seen_typed = true;
                    match first {
                        First::Class if begins => {
                            if !is_ref_to(&ty, "Type") {
                                return Err(Error::new(
                                    ty.span(),
                                    "the first parameter is the class: `cls: &Type`",
                                ));
                            }
                            out.order.push(Slot::Receiver);
                        }
                        First::Receiver
                            if begins && out.receiver == Receiver::None && name == "this" =>
                        {
                            if !is_ref_to(&ty, "Value") {
                                return Err(Error::new(
                                    ty.span(),
                                    "`this` is the word itself: `this: &Value`",
                                ));
                            }
                            out.receiver = Receiver::This;
                            out.order.push(Slot::Receiver);
                        }
                        _ => {
                            out.order.push(Slot::Param(out.types.len()));
                            out.types.push(ty);
                            out.names.push(name);
                        }
                    }
                }
            }
        }
        if first == First::Class && !seen_typed {
            return Err(Error::new(
                sig.ident.span(),
                "the first parameter is the class: `cls: &Type`",
            ));
        }
        Ok(out)
    }

    /// The parameter of type `Args`, which takes the arguments as they came.
    pub fn raw(&self) -> Result<bool> {
        let Some(at) = self.types.iter().position(|t| is_named(t, "Args")) else {
            return Ok(false);
        };
        if self.types.len() > 1 {
            return Err(Error::new(
                self.types[at].span(),
                "`Args` takes all arguments; no others beside it",
            ));
        }
        Ok(true)
    }

    /// The arguments of the call, in the function's own order.
    pub fn call_args(&self) -> Vec<TokenStream> {
        self.order
            .iter()
            .map(|s| match s {
                Slot::Cx => quote!(cx),
                Slot::Receiver => quote!(this),
                Slot::Param(i) => {
                    let v = variable(*i);
                    quote!(#v)
                }
            })
            .collect()
    }
}

pub fn variable(i: usize) -> Ident {
    format_ident!("a{}", i)
}

/// The place of a type, with the hygiene of the macro, for errors that point at it.
pub fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(p) => p.path.segments.last(),
        Type::Group(g) => last_segment(&g.elem),
        Type::Paren(p) => last_segment(&p.elem),
        _ => None,
    }
}

pub fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|s| s.ident == name)
}

pub fn is_ref_to(ty: &Type, name: &str) -> bool {
    match ty {
        Type::Reference(r) => is_named(&r.elem, name),
        Type::Group(g) => is_ref_to(&g.elem, name),
        Type::Paren(p) => is_ref_to(&p.elem, name),
        _ => false,
    }
}

/// `T` of `Option<T>`.
pub fn option_of(ty: &Type) -> Option<&Type> {
    let s = last_segment(ty).filter(|s| s.ident == "Option")?;
    match &s.arguments {
        PathArguments::AngleBracketed(a) => a.args.iter().find_map(|g| match g {
            GenericArgument::Type(t) => Some(t),
            _ => None,
        }),
        _ => None,
    }
}

/// A function's signature, its parameters and the pieces of its wrapper.
pub struct Bound {
    pub params: Params,
    pub spec: Spec,
    pub raw: bool,
}

impl Bound {
    pub fn new(sig: &Signature, first: First, spec: Option<Spec>) -> Result<Bound> {
        let params = Params::read(sig, first)?;
        let raw = params.raw()?;
        let spec = match spec {
            Some(spec) => {
                if !raw {
                    spec.check(params.types.len(), &sig.inputs)?;
                }
                spec
            }
            None if raw => Spec::default(),
            None => Spec::positional(params.names.iter().cloned()),
        };
        Ok(Bound { params, spec, raw })
    }

    /// Statements that bind `args` and leave the converted parameters in `a0`, `a1`, ...
    pub fn convert(&self) -> Result<TokenStream> {
        if self.raw {
            let v = variable(0);
            return Ok(quote!(let #v = args;));
        }
        let count = self.spec.named().count();
        let mut out = TokenStream::new();
        let raws: Vec<Ident> = (0..count).map(|i| format_ident!("s{}", i)).collect();
        out.extend(quote! {
            let [#(#raws),*] = ::typhon_vm::native::bind::<#count>(cx, &SIG, args)?;
        });
        let mut place = 0usize;
        for (i, p) in self.spec.params.iter().enumerate() {
            let ty = &self.params.types[i];
            let v = variable(i);
            let span = at(ty);
            match p.kind {
                Kind::VarArgs => {
                    out.extend(
                        quote_spanned!(span=> let #v = ::typhon_vm::native::rest(&SIG, args);),
                    );
                    continue;
                }
                Kind::VarKeywords => {
                    out.extend(quote_spanned!(span=> let #v = ::typhon_vm::native::Kwargs::new(&SIG, args);));
                    continue;
                }
                _ => {}
            }
            let raw = &raws[place];
            let here = quote!(::typhon_vm::native::At::new(&SIG, #place));
            place += 1;
            let get = quote_spanned!(span=> ::typhon_vm::native::FromArg::from_arg(cx, v, #here)?);
            // Only ASCII strings are stored as UTF-8: text comes as a `Cow`, which the wrapper keeps while it is borrowed.
            let text = is_ref_to(ty, "str");
            if text || option_of(ty).is_some_and(|t| is_ref_to(t, "str")) {
                let keep = format_ident!("t{}", i);
                let cow = quote!(::std::borrow::Cow<'_, str>);
                let (kept, taken) = match (&p.default, text) {
                    (None, true) => (
                        quote!(#cow),
                        quote_spanned!(span=> { let v = ::typhon_vm::native::given(#raw); #get }),
                    ),
                    (None, false) => (
                        quote!(::core::option::Option<#cow>),
                        quote_spanned!(span=> { let v = ::typhon_vm::native::given(#raw); #get }),
                    ),
                    (Some(default), true) => {
                        let Default::Expr(e) = default else {
                            return Err(Error::new(
                                ty.span(),
                                "this default wants an `Option<&str>`",
                            ));
                        };
                        (
                            quote!(#cow),
                            quote_spanned! {span=> match #raw {
                                ::core::option::Option::Some(v) => #get,
                                ::core::option::Option::None => ::std::borrow::Cow::Borrowed(#e),
                            }},
                        )
                    }
                    (Some(Default::Expr(e)), false) => (
                        quote!(::core::option::Option<#cow>),
                        quote_spanned! {span=> match #raw {
                            ::core::option::Option::Some(v) => #get,
                            ::core::option::Option::None => ::core::option::Option::Some(::std::borrow::Cow::Borrowed(#e)),
                        }},
                    ),
                    (Some(default), false) => {
                        let get = match default {
                            Default::Absent => quote!(::core::option::Option::Some(#get)),
                            _ => get,
                        };
                        (
                            quote!(::core::option::Option<#cow>),
                            quote_spanned! {span=> match #raw {
                                ::core::option::Option::Some(v) => #get,
                                ::core::option::Option::None => ::core::option::Option::None,
                            }},
                        )
                    }
                };
                let borrow = if text {
                    quote!(&*#keep)
                } else {
                    quote!(#keep.as_deref())
                };
                out.extend(quote_spanned!(span=> let #keep: #kept = #taken; let #v = #borrow;));
                continue;
            }
            match &p.default {
                None => out.extend(quote_spanned! {span=>
                    let v = ::typhon_vm::native::given(#raw);
                    let #v = #get;
                }),
                Some(Default::Absent) => {
                    if option_of(ty).is_none() {
                        return Err(Error::new(
                            ty.span(),
                            "`= absent` wants an `Option<..>` here",
                        ));
                    }
                    out.extend(quote_spanned! {span=>
                        let #v = match #raw {
                            ::core::option::Option::Some(v) => ::core::option::Option::Some(#get),
                            ::core::option::Option::None => ::core::option::Option::None,
                        };
                    });
                }
                Some(default) => {
                    let (before, value) = default_value(default, ty, i)?;
                    out.extend(before);
                    out.extend(quote_spanned! {span=>
                        let #v = match #raw {
                            ::core::option::Option::Some(v) => #get,
                            ::core::option::Option::None => #value,
                        };
                    });
                }
            }
        }
        Ok(out)
    }

    /// Least and greatest number of positional arguments for the method table; 255: any.
    pub fn limits(&self) -> (u8, u8) {
        if self.raw {
            return (0, 255);
        }
        let max = if self.spec.has(Kind::VarArgs) {
            255
        } else {
            self.spec.max_positional().min(254)
        };
        (self.spec.min_positional().min(254) as u8, max as u8)
    }

    pub fn takes_keywords(&self) -> bool {
        self.raw || self.spec.takes_keywords()
    }
}

/// Statement and expression that give a parameter its default.
fn default_value(default: &Default, ty: &Type, i: usize) -> Result<(TokenStream, TokenStream)> {
    let value = match default {
        Default::Expr(e) => quote!(#e),
        _ => quote!(::typhon_vm::native::none()),
    };
    if is_ref_to(ty, "Value") {
        // The word lives in the wrapper's frame while the function borrows it.
        let keep = format_ident!("d{}", i);
        return Ok((
            quote!(let #keep;),
            quote!({ #keep = ::typhon_vm::native::IntoValue::into_value(#value, cx)?; &#keep }),
        ));
    }
    if is_named(ty, "Value") {
        return Ok((
            quote!(),
            quote!(::typhon_vm::native::IntoValue::into_value(#value, cx)?),
        ));
    }
    match default {
        Default::Expr(e) if option_of(ty).is_some() => {
            let is_some = matches!(e, syn::Expr::Call(c) if matches!(&*c.func, syn::Expr::Path(p) if p.path.is_ident("Some")));
            let is_empty = matches!(e, syn::Expr::Tuple(t) if t.elems.is_empty());
            Ok((
                quote!(),
                if is_some {
                    quote!(#e)
                } else if is_empty {
                    quote!(::core::option::Option::None)
                } else {
                    quote!(::core::option::Option::Some(#e))
                },
            ))
        }
        Default::Expr(e) if is_named(ty, "Index") => {
            Ok((quote!(), quote!(::typhon_vm::native::Index(#e))))
        }
        Default::Expr(e) => Ok((quote!(), quote!(#e))),
        _ if option_of(ty).is_some() => Ok((quote!(), quote!(::core::option::Option::None))),
        _ => Err(Error::new(
            ty.span(),
            "the default None wants an `Option<..>`, a `Value` or a `&Value` here",
        )),
    }
}
