//! `#[pymodule]` and `#[pyfunctions]`: the functions, constants and types of a native module, as one static table.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident, Item, ItemMod, Path, Result};

use crate::attrs::{ItemAttrs, Role, Word, doc_of, string_of, unknown, words};
use crate::function::{Bound, First, Params};
use crate::pymethods::{call_wrapper, text_tokens};
use crate::signature::python_name;

#[derive(Default)]
struct Tables {
    wrappers: TokenStream,
    functions: Vec<TokenStream>,
    attrs: Vec<TokenStream>,
    init: Option<Ident>,
    count: usize,
}

/// `whole`: a module (`MODULE`), else a part of one.
pub fn expand(args: TokenStream, item: TokenStream, whole: bool) -> Result<TokenStream> {
    let mut item: ItemMod = syn::parse2(item)?;
    let mut name: Option<String> = None;
    let mut part: Option<Ident> = None;
    let mut types: Vec<Path> = Vec::new();
    let mut includes: Vec<Path> = Vec::new();
    for word in words(args)? {
        match word {
            Word::Set(key, value) if key == if whole { "name" } else { "module" } => {
                name = Some(string_of(&value)?.value())
            }
            Word::Set(key, Expr::Path(p))
                if key == "part" && !whole && p.path.get_ident().is_some() =>
            {
                part = p.path.get_ident().cloned();
            }
            Word::List(key, paths) if key == "types" => types.extend(paths),
            Word::List(key, paths) if key == "include" && whole => includes.extend(paths),
            Word::Set(key, _) | Word::List(key, _) | Word::Flag(key) => {
                let allowed = if whole {
                    "name = \"..\", types(..) and include(..)"
                } else {
                    "part = NAME, module = \"..\" and types(..)"
                };
                return Err(unknown(&key, allowed));
            }
        }
    }
    let name = match name {
        Some(n) => n,
        None if whole => python_name(&item.ident),
        None => {
            return Err(Error::new(
                item.ident.span(),
                "name the module: #[pyfunctions(part = .., module = \"..\")]",
            ));
        }
    };
    let doc = doc_of(&item.attrs);
    let Some((_, items)) = &mut item.content else {
        return Err(Error::new(
            item.span(),
            "the module's functions stand inside: `mod module { .. }`",
        ));
    };

    let mut tables = Tables::default();
    let mut errors: Option<Error> = None;
    for entry in items.iter_mut() {
        if let Err(e) = tables.entry(entry, &name) {
            match &mut errors {
                Some(all) => all.combine(e),
                None => errors = Some(e),
            }
        }
    }
    if let Some(e) = errors {
        return Err(e);
    }

    let Tables {
        wrappers,
        functions,
        attrs,
        init,
        ..
    } = tables;
    let init = match init {
        Some(i) => quote!(::core::option::Option::Some(#i)),
        None => quote!(::core::option::Option::None),
    };
    let value = quote! {
        ::typhon_vm::native::ModulePart {
            functions: &[#(#functions),*],
            types: &[#(<#types as ::typhon_vm::native::PyType>::type_cell),*],
            attrs: &[#(#attrs),*],
            init: #init,
        }
    };
    let table = if whole {
        quote! {
            /// The module's table.
            #[allow(unsafe_code, clippy::all)]
            pub static MODULE: ::typhon_vm::native::ModuleDef = {
                #wrappers
                static PART: ::typhon_vm::native::ModulePart = #value;
                ::typhon_vm::native::ModuleDef { name: #name, doc: #doc, parts: &[&PART #(, &#includes)*] }
            };
        }
    } else {
        let part = part.ok_or_else(|| {
            Error::new(
                item.ident.span(),
                "name the table: #[pyfunctions(part = NAME, ..)]",
            )
        })?;
        quote! {
            /// A part of the module's table.
            #[allow(unsafe_code, clippy::all)]
            pub static #part: ::typhon_vm::native::ModulePart = {
                #wrappers
                #value
            };
        }
    };
    items.push(Item::Verbatim(table));
    item.attrs
        .push(syn::parse_quote!(#[allow(clippy::too_many_arguments)]));
    Ok(quote!(#item))
}

impl Tables {
    fn entry(&mut self, entry: &mut Item, module: &str) -> Result<()> {
        let (attrs, ident) = match entry {
            Item::Fn(f) => (&mut f.attrs, f.sig.ident.clone()),
            Item::Const(c) => (&mut c.attrs, c.ident.clone()),
            _ => return Ok(()),
        };
        let a = ItemAttrs::take(attrs)?;
        let Some((role, span)) = a.role else {
            if a.sig.is_some() {
                return Err(Error::new(ident.span(), "#[sig] without #[pyfunction]"));
            }
            return Ok(());
        };
        let name = a
            .name
            .as_ref()
            .map_or_else(|| python_name(&ident), |n| n.0.clone());
        let cfgs = &a.cfgs;
        self.count += 1;
        let wrapper = format_ident!("w{}_{}", self.count, python_name(&ident));
        let Item::Fn(f) = entry else {
            if role != Role::Attr {
                return Err(Error::new(span, "a constant can only be a #[pyattr]"));
            }
            self.wrappers.extend(quote! {
                #(#cfgs)*
                fn #wrapper(cx: &mut ::typhon_vm::native::Cx) -> ::typhon_vm::native::Res<::typhon_vm::native::Value> {
                    ::typhon_vm::native::IntoValue::into_value(#ident, cx)
                }
            });
            self.attrs.push(
                quote!(#(#cfgs)* ::typhon_vm::native::AttrDef { name: #name, value: #wrapper }),
            );
            return Ok(());
        };
        match role {
            Role::Function => {
                let bound = Bound::new(&f.sig, First::Plain, a.sig.clone())?;
                let owner = if module == "builtins" { "" } else { module };
                let table = bound
                    .spec
                    .table(&quote!(#owner), &quote!(#name), false, a.counted);
                let code = call_wrapper(&wrapper, &bound, &table, &quote!(), &quote!(), &ident)?;
                self.wrappers.extend(quote!(#(#cfgs)* #code));
                let (min, max) = bound.limits();
                let (keywords, doc) = (bound.takes_keywords(), &a.doc);
                let text = text_tokens(&a.text, &bound, Some("$module"));
                let quick = crate::attrs::quick_tokens(&a.quick);
                self.functions.push(quote! {
                    #(#cfgs)*
                    ::typhon_vm::native::MethodDef {
                        name: #name,
                        call: #wrapper,
                        doc: #doc,
                        text_signature: #text,
                        kind: ::typhon_vm::native::MethodKind::Function,
                        min: #min,
                        max: #max,
                        takes_keywords: #keywords,
                        quick: #quick,
                    }
                });
            }
            Role::Attr => {
                let params = Params::read(&f.sig, First::Plain)?;
                if !params.types.is_empty() {
                    return Err(Error::new(
                        span,
                        "a #[pyattr] function takes `cx: &mut Cx` or nothing",
                    ));
                }
                let args = params.call_args();
                self.wrappers.extend(quote! {
                    #(#cfgs)*
                    fn #wrapper(cx: &mut ::typhon_vm::native::Cx) -> ::typhon_vm::native::Res<::typhon_vm::native::Value> {
                        let r = #ident(#(#args),*);
                        ::typhon_vm::native::IntoValue::into_value(r, cx)
                    }
                });
                self.attrs.push(
                    quote!(#(#cfgs)* ::typhon_vm::native::AttrDef { name: #name, value: #wrapper }),
                );
            }
            Role::ModuleInit => {
                let params = Params::read(&f.sig, First::Plain)?;
                if params.types.len() != 1 || self.init.is_some() {
                    return Err(Error::new(
                        span,
                        "one #[pyinit] a table: `fn init(module: &Value, cx: &mut Cx)`",
                    ));
                }
                let args = params.call_args();
                self.wrappers.extend(quote! {
                    fn #wrapper(
                        cx: &mut ::typhon_vm::native::Cx,
                        a0: &::typhon_vm::native::Value,
                    ) -> ::typhon_vm::native::Res<()> {
                        let _ = &cx;
                        let r = #ident(#(#args),*);
                        ::typhon_vm::native::IntoRes::<()>::into_res(r)
                    }
                });
                self.init = Some(wrapper);
            }
            _ => {
                return Err(Error::new(
                    span,
                    "this is for types; module functions are marked #[pyfunction]",
                ));
            }
        }
        Ok(())
    }
}
