//! `#[pytype]`: layout checks, the type's spec and cell, the visit of its children.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, Fields, Ident, ItemStruct, Result};

use crate::attrs::{Word, doc_of, string_of, unknown, words};
use crate::function::is_named;

const ALLOWED: &str =
    "name, module, doc, base, static_index, itemsize, drop, unhashable, manual_traverse and flags";

pub fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut item: ItemStruct = syn::parse2(item)?;
    let ident = item.ident.clone();
    if !item.generics.params.is_empty() {
        return Err(Error::new(
            item.generics.span(),
            "a native type cannot be generic",
        ));
    }

    let mut name = ident.to_string();
    let mut module = "builtins".to_string();
    let mut doc = doc_of(&item.attrs);
    let mut base: Option<Expr> = None;
    let mut index: Option<Expr> = None;
    let mut itemsize: Option<Expr> = None;
    let mut drop_given: Option<Expr> = None;
    let mut unhashable = false;
    let mut manual_traverse = false;
    let mut flags: Vec<Ident> = Vec::new();
    for word in words(args)? {
        match word {
            Word::Set(key, value) => match key.to_string().as_str() {
                "name" => name = string_of(&value)?.value(),
                "module" => module = string_of(&value)?.value(),
                "doc" => doc = string_of(&value)?.value(),
                "base" => base = Some(value),
                "static_index" => index = Some(value),
                "drop" => drop_given = Some(value),
                "itemsize" => itemsize = Some(value),
                _ => {
                    return Err(unknown(&key, ALLOWED));
                }
            },
            Word::Flag(flag) if flag == "unhashable" => unhashable = true,
            Word::Flag(flag) if flag == "manual_traverse" => manual_traverse = true,
            Word::Flag(flag) => {
                flags.push(Ident::new(&flag.to_string().to_uppercase(), flag.span()))
            }
            Word::List(key, _) => {
                return Err(unknown(&key, ALLOWED));
            }
        }
    }
    let gc = flags.iter().any(|f| f == "GC");

    let Fields::Named(fields) = &mut item.fields else {
        return Err(Error::new(
            item.fields.span(),
            "a native type has named fields, `head: Header` first",
        ));
    };
    let first = fields
        .named
        .first()
        .map(|f| (f.ident.clone().expect("named"), f.ty.clone()));
    let Some((first_name, first_type)) = first.filter(|(n, _)| n == "head" || n == "base") else {
        return Err(Error::new(
            fields.span(),
            "the first field is `head: Header`, or `base: ..` with the struct named by `base = ..`",
        ));
    };
    let mut visited = Vec::new();
    let mut dropped = Vec::new();
    for f in fields.named.iter_mut() {
        let before = f.attrs.len();
        f.attrs.retain(|a| !a.path().is_ident("skip"));
        let skip = f.attrs.len() != before;
        let name = f.ident.clone().expect("named");
        if name == "base" {
            dropped.push(quote!(::typhon_vm::native::PyType::drop_slots(&self.base, thread);));
        } else if is_named(&f.ty, "Slot") {
            dropped.push(quote!(self.#name.drop_unshared(thread);));
        } else if matches!(&f.ty, syn::Type::Array(a) if is_named(&a.elem, "Slot")) {
            dropped.push(quote!(self.#name.iter().for_each(|s| s.drop_unshared(thread));));
        }
        if !skip && name != "head" {
            let span = crate::function::at(&f.ty);
            visited.push(quote_spanned!(span=> ::typhon_vm::native::Traverse::traverse(&self.#name, visitor);));
        }
    }

    let first_check = if first_name == "base" {
        let Some(base) = &base else {
            return Err(Error::new(
                first_name.span(),
                "a field `base` wants `base = ..` in #[pytype]",
            ));
        };
        quote_spanned!(crate::function::at(&first_type)=> const _: fn(&#ident) -> &#base = |o| &o.base;)
    } else {
        if !is_named(&first_type, "Header") {
            return Err(Error::new(first_type.span(), "`head` is of type `Header`"));
        }
        quote!()
    };
    if !item.attrs.iter().any(|a| a.path().is_ident("repr")) {
        item.attrs.push(syn::parse_quote!(#[repr(C)]));
    }

    let flag_tokens = flags
        .iter()
        .map(|f| quote!(| ::typhon_vm::native::flags::#f));
    let base_tokens = match &base {
        Some(b) => {
            quote!(::core::option::Option::Some(<#b as ::typhon_vm::native::PyType>::type_cell))
        }
        None => quote!(::core::option::Option::None),
    };
    let index_tokens = match &index {
        Some(Expr::Path(p)) if p.path.get_ident().is_some() => {
            quote!(::core::option::Option::Some(::typhon_vm::native::static_index::#p))
        }
        Some(e) => quote!(::core::option::Option::Some(#e)),
        None => quote!(::core::option::Option::None),
    };
    let itemsize = itemsize.map_or(quote!(0), |e| quote!(#e));
    // Types whose instances have a `__dict__` keep it in the slot of that name.
    let dict_offset = match flags.iter().any(|f| f == "HAS_DICT") {
        true => quote!(::core::mem::offset_of!(#ident, dict)),
        false => quote!(0),
    };
    let (traverse_impl, traverse_default) = if gc {
        let derived = (!manual_traverse).then(|| {
            quote! {
                #[automatically_derived]
                impl ::typhon_vm::native::Traverse for #ident {
                    #[inline]
                    fn traverse(&self, visitor: &mut ::typhon_vm::native::Visitor) {
                        let _ = &visitor;
                        #(#visited)*
                    }
                }
            }
        });
        (
            quote!(#derived),
            quote!(::core::option::Option::Some(::typhon_vm::native::traverse_object::<#ident>)),
        )
    } else {
        (quote!(), quote!(::core::option::Option::None))
    };
    let (drop_fn, drop_path) = match &drop_given {
        Some(path) => (quote!(), quote!(#path)),
        None => (
            quote! {
                unsafe fn drop_payload(
                    object: *mut ::typhon_vm::native::Header,
                    thread: &::typhon_vm::native::Thread,
                ) {
                    // SAFETY: called once, by the free path, for a cell whose type word names this type.
                    unsafe {
                        <#ident as ::typhon_vm::native::PyType>::drop_slots(&*object.cast::<#ident>(), thread);
                        ::core::ptr::drop_in_place(object.cast::<#ident>());
                    }
                }
            },
            quote!(drop_payload),
        ),
    };
    let word_tokens = match &index {
        Some(_) => quote!(match SPEC.static_index {
            ::core::option::Option::Some(i) => ::typhon_vm::native::static_type_word(i),
            ::core::option::Option::None => 0,
        }),
        None => quote!(0),
    };

    Ok(quote! {
        #item

        #[allow(unsafe_code, unused_imports, clippy::all)]
        const _: () = {
            use ::typhon_vm::native::PartsFallback as _;
            const PARTS: ::typhon_vm::native::TypeParts = <#ident>::PY_TYPE_PARTS;

            // R12, R4: the collector and the counts find the header at the cell's first byte.
            const _: () = assert!(::core::mem::offset_of!(#ident, #first_name) == 0);
            #first_check

            #drop_fn

            static SPEC: ::typhon_vm::native::TypeSpec = ::typhon_vm::native::TypeSpec {
                name: #name,
                module: #module,
                doc: #doc,
                text_signature: PARTS.text_signature,
                size: ::core::mem::size_of::<#ident>(),
                itemsize: #itemsize,
                dict_offset: #dict_offset,
                flags: 0 #(#flag_tokens)*,
                unhashable: #unhashable,
                base: #base_tokens,
                static_index: #index_tokens,
                parts: PARTS.parts,
                traverse: match PARTS.traverse {
                    ::core::option::Option::Some(f) => ::core::option::Option::Some(f),
                    ::core::option::Option::None => #traverse_default,
                },
                clear: PARTS.clear,
                drop_payload: #drop_path,
            };
            static CELL: ::typhon_vm::native::TypeCell = ::typhon_vm::native::TypeCell::new(&SPEC);

            #traverse_impl

            // SAFETY: repr(C) with the header (or the base's layout) first, checked above.
            unsafe impl ::typhon_vm::native::PyType for #ident {
                const NAME: &'static str = #name;
                const STATIC_WORD: u32 = #word_tokens;
                const SPEC: &'static ::typhon_vm::native::TypeSpec = &SPEC;
                #[inline]
                fn drop_slots(&self, thread: &::typhon_vm::native::Thread) {
                    let _ = thread;
                    #(#dropped)*
                }
                #[inline(always)]
                fn type_cell() -> &'static ::typhon_vm::native::TypeCell {
                    &CELL
                }
            }
        };
    })
}
