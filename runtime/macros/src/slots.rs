//! The slots: their names, parameters and results, and the wrapper of a `#[slot]` function.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Ident, Result, Signature, Type};

use crate::function::{
    Bound, First, Params, Receiver, at, is_named, is_ref_to, option_of, variable,
};
use crate::signature::Spec;

/// A slot's parameter, beside the receiver.
#[derive(Clone, Copy, PartialEq, Eq)]
enum P {
    /// `&Value`, convertible.
    Ref,
    /// `Option<&Value>`; `None` deletes, or stands for nothing given.
    Opt,
    /// Whether a buffer is wanted for writing.
    Flag,
    Cmp,
    Args,
}

/// A slot's result.
#[derive(Clone, Copy)]
enum R {
    Value,
    Next,
    Unit,
    Bool,
    Len,
    Hash,
    Buffer,
}

struct Row {
    name: &'static str,
    /// Whether the receiver stands first; binary number slots are called with either operand first.
    this: bool,
    params: &'static [P],
    result: R,
    /// Operands of another type than the parameter's give `NotImplemented`.
    lenient: bool,
}

const fn row(name: &'static str, params: &'static [P], result: R) -> Row {
    Row {
        name,
        this: true,
        params,
        result,
        lenient: false,
    }
}

const fn binary(name: &'static str) -> Row {
    Row {
        name,
        this: false,
        params: &[P::Ref, P::Ref],
        result: R::Value,
        lenient: true,
    }
}

const fn inplace(name: &'static str) -> Row {
    Row {
        name,
        this: true,
        params: &[P::Ref],
        result: R::Value,
        lenient: true,
    }
}

const ROWS: &[Row] = &[
    row("repr", &[], R::Value),
    row("str", &[], R::Value),
    row("hash", &[], R::Hash),
    row("call", &[P::Args], R::Value),
    row("getattro", &[P::Ref], R::Value),
    row("setattro", &[P::Ref, P::Opt], R::Unit),
    row("iter", &[], R::Value),
    row("next", &[], R::Next),
    Row {
        name: "richcompare",
        this: true,
        params: &[P::Ref, P::Cmp],
        result: R::Value,
        lenient: true,
    },
    row("finalize", &[], R::Unit),
    binary("add"),
    binary("sub"),
    binary("mul"),
    binary("matmul"),
    binary("truediv"),
    binary("floordiv"),
    binary("mod_"),
    binary("divmod"),
    binary("lshift"),
    binary("rshift"),
    binary("and"),
    binary("or"),
    binary("xor"),
    Row {
        name: "pow",
        this: false,
        params: &[P::Ref, P::Ref, P::Ref],
        result: R::Value,
        lenient: true,
    },
    inplace("iadd"),
    inplace("isub"),
    inplace("imul"),
    inplace("imatmul"),
    inplace("itruediv"),
    inplace("ifloordiv"),
    inplace("imod"),
    inplace("ilshift"),
    inplace("irshift"),
    inplace("iand"),
    inplace("ior"),
    inplace("ixor"),
    Row {
        name: "ipow",
        this: true,
        params: &[P::Ref, P::Ref],
        result: R::Value,
        lenient: true,
    },
    row("neg", &[], R::Value),
    row("pos", &[], R::Value),
    row("abs", &[], R::Value),
    row("invert", &[], R::Value),
    row("int", &[], R::Value),
    row("float", &[], R::Value),
    row("index", &[], R::Value),
    row("bool", &[], R::Bool),
    row("len", &[], R::Len),
    row("getitem", &[P::Ref], R::Value),
    row("setitem", &[P::Ref, P::Opt], R::Unit),
    row("contains", &[P::Ref], R::Bool),
    row("concat", &[P::Ref], R::Value),
    row("repeat", &[P::Ref], R::Value),
    row("iconcat", &[P::Ref], R::Value),
    row("irepeat", &[P::Ref], R::Value),
    row("buffer", &[P::Flag], R::Buffer),
    row("descr_get", &[P::Opt, P::Opt], R::Value),
    row("descr_set", &[P::Ref, P::Opt], R::Unit),
    row("await_", &[], R::Value),
    row("aiter", &[], R::Value),
    row("anext", &[], R::Value),
];

/// The wrapper of a `#[slot]` function (`wrapper` is its name), and the slot's field.
pub fn expand(
    owner: &Type,
    sig: &Signature,
    slot: &str,
    span: proc_macro2::Span,
    spec: Option<Spec>,
    wrapper: &Ident,
) -> Result<(TokenStream, Ident)> {
    // `mod` is a keyword, so the field carries an underscore; either spelling names the slot.
    let wanted = if slot == "mod" || slot == "await" {
        format!("{slot}_")
    } else {
        slot.to_string()
    };
    let Some(row) = ROWS.iter().find(|r| r.name == wanted) else {
        let names: Vec<&str> = ROWS.iter().map(|r| r.name).collect();
        return Err(Error::new(
            span,
            format!("unknown slot `{slot}`; there are {}", names.join(", ")),
        ));
    };
    let field = Ident::new(row.name, span);

    let first = if row.this {
        First::Receiver
    } else {
        First::Plain
    };
    let params = Params::read(sig, first)?;
    if row.this && params.receiver == Receiver::None {
        return Err(Error::new(
            sig.ident.span(),
            format!("the slot `{slot}` takes `&self` or `this: &Value`"),
        ));
    }
    if spec.is_some() && row.params != [P::Args] {
        return Err(Error::new(
            sig.ident.span(),
            "a slot's signature is fixed; #[sig] is for `call` only",
        ));
    }

    let function = &sig.ident;
    let native = row.params.iter().enumerate().map(|(i, p)| {
        let v = format_ident!("p{}", i);
        match p {
            P::Ref => quote!(#v: &::typhon_vm::native::Value),
            P::Opt => quote!(#v: ::core::option::Option<&::typhon_vm::native::Value>),
            P::Flag => quote!(#v: bool),
            P::Cmp => quote!(#v: ::typhon_vm::native::CmpOp),
            P::Args => quote!(args: ::typhon_vm::native::Args<'_>),
        }
    });
    let native: Vec<TokenStream> = native.collect();

    let (statics, convert) = if row.params == [P::Args] {
        let bound = Bound::new(sig, first, spec)?;
        let name = quote!(<#owner as ::typhon_vm::native::PyType>::NAME);
        let table = bound.spec.table(&quote!(""), &name, true, false);
        (
            quote!(static SIG: ::typhon_vm::native::Sig = #table;),
            bound.convert()?,
        )
    } else {
        if params.types.len() != row.params.len() {
            return Err(Error::new(
                sig.inputs.span(),
                format!(
                    "the slot `{slot}` takes {} parameter(s) beside self and cx",
                    row.params.len()
                ),
            ));
        }
        let mut out = TokenStream::new();
        for (i, (p, ty)) in row.params.iter().zip(&params.types).enumerate() {
            out.extend(convert(row, *p, ty, i)?);
        }
        (quote!(), out)
    };

    let this_param = row
        .this
        .then(|| quote!(this_word: &::typhon_vm::native::Value,));
    let this = match params.receiver {
        Receiver::SelfRef => quote! {
            // SAFETY: a type's slots are called with its instances only (slot wrappers check), and the layout of a
            // subclass begins with that of its base.
            let this: &#owner = unsafe { ::typhon_vm::native::slot_self::<#owner>(this_word) };
        },
        Receiver::This => quote!(let this = this_word;),
        Receiver::None => quote!(),
    };
    let args = params.call_args();
    let (result, finish) = match row.result {
        R::Value => (
            quote!(::typhon_vm::native::Value),
            quote!(::typhon_vm::native::IntoValue::into_value(r, cx)),
        ),
        other => {
            let ty = match other {
                R::Next => quote!(::core::option::Option<::typhon_vm::native::Value>),
                R::Unit => quote!(()),
                R::Bool => quote!(bool),
                R::Len => quote!(usize),
                R::Buffer => quote!(::typhon_vm::native::Buffer),
                _ => quote!(i64),
            };
            (
                ty.clone(),
                quote!(::typhon_vm::native::IntoRes::<#ty>::into_res(r)),
            )
        }
    };
    let code = quote! {
        #[allow(unsafe_code)]
        fn #wrapper(cx: &mut ::typhon_vm::native::Cx, #this_param #(#native),*) -> ::typhon_vm::native::Res<#result> {
            #statics
            #this
            #convert
            let r = <#owner>::#function(#(#args),*);
            #finish
        }
    };
    Ok((code, field))
}

/// The statement that turns the native parameter `pN` into `aN`.
fn convert(row: &Row, p: P, ty: &Type, i: usize) -> Result<TokenStream> {
    let v = variable(i);
    let raw = format_ident!("p{}", i);
    let span = at(ty);
    let name = row.name;
    let from = |value: TokenStream| quote_spanned!(span=> ::typhon_vm::native::FromArg::from_arg(cx, #value, ::typhon_vm::native::At::slot(#name))?);
    Ok(match p {
        P::Ref if is_ref_to(ty, "Value") => quote!(let #v = #raw;),
        P::Ref if row.lenient => quote_spanned! {span=>
            let ::core::option::Option::Some(#v) = ::typhon_vm::native::operand(#raw) else {
                return ::core::result::Result::Ok(::typhon_vm::native::not_implemented());
            };
        },
        P::Ref if is_ref_to(ty, "str") => {
            let get = from(quote!(#raw));
            quote_spanned!(span=> let text: ::std::borrow::Cow<'_, str> = #get; let #v = &*text;)
        }
        P::Ref => {
            let get = from(quote!(#raw));
            quote_spanned!(span=> let #v = #get;)
        }
        P::Opt => match option_of(ty) {
            Some(inner) if is_ref_to(inner, "Value") => quote!(let #v = #raw;),
            Some(_) => {
                let get = from(quote!(v));
                quote_spanned! {span=>
                    let #v = match #raw {
                        ::core::option::Option::Some(v) => ::core::option::Option::Some(#get),
                        ::core::option::Option::None => ::core::option::Option::None,
                    };
                }
            }
            None => {
                let get = from(quote!(v));
                quote_spanned! {span=>
                    let ::core::option::Option::Some(v) = #raw else {
                        return ::core::result::Result::Err(::typhon_vm::native::no_delete(cx, this_word, #name));
                    };
                    let #v = #get;
                }
            }
        },
        P::Flag | P::Cmp => {
            let wanted = if p == P::Flag { "bool" } else { "CmpOp" };
            if !is_named(ty, wanted) {
                return Err(Error::new(
                    ty.span(),
                    format!("this parameter of the slot `{name}` is of type `{wanted}`"),
                ));
            }
            quote!(let #v = #raw;)
        }
        P::Args => quote!(let #v = args;),
    })
}
