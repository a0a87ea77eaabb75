//! `#[pymethods]`: the methods, getters, slots and constants of a native type, as one static `Part`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Ident, ImplItem, ItemImpl, Path, Result, Signature, Type};

use crate::attrs::{ItemAttrs, Role, TextSignature, Word, unknown, words};
use crate::function::{Bound, First, Params, Receiver, is_ref_to, option_of};
use crate::signature::python_name;
use crate::slots;

/// Getter and setter of one name, met in any order.
struct Property {
    name: String,
    doc: String,
    member: bool,
    get: Option<Ident>,
    set: Option<Ident>,
    cfgs: Vec<Attribute>,
    at: proc_macro2::Span,
}

struct Block<'a> {
    owner: &'a Type,
    wrappers: TokenStream,
    methods: Vec<TokenStream>,
    properties: Vec<Property>,
    slots: Vec<TokenStream>,
    attrs: Vec<TokenStream>,
    clear: Option<Ident>,
    traverse: Option<Ident>,
    text_new: Option<String>,
    text_init: Option<String>,
    count: usize,
}

pub fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut item: ItemImpl = syn::parse2(item)?;
    if let Some((_, path, _)) = &item.trait_ {
        return Err(Error::new(
            path.span(),
            "#[pymethods] stands on a plain `impl Type`",
        ));
    }
    let mut part: Option<Ident> = None;
    let mut includes: Vec<Path> = Vec::new();
    for word in words(args)? {
        match word {
            Word::Set(key, Expr::Path(p)) if key == "part" && p.path.get_ident().is_some() => {
                part = p.path.get_ident().cloned();
            }
            Word::List(key, paths) if key == "include" => includes.extend(paths),
            Word::Set(key, _) | Word::List(key, _) | Word::Flag(key) => {
                return Err(unknown(&key, "part = NAME and include(NAME, ..)"));
            }
        }
    }
    if part.is_some() && !includes.is_empty() {
        return Err(Error::new(
            includes[0].span(),
            "the main block includes; a part does not",
        ));
    }

    let owner = (*item.self_ty).clone();
    let mut block = Block {
        owner: &owner,
        wrappers: TokenStream::new(),
        methods: Vec::new(),
        properties: Vec::new(),
        slots: Vec::new(),
        attrs: Vec::new(),
        clear: None,
        traverse: None,
        text_new: None,
        text_init: None,
        count: 0,
    };
    let mut errors: Option<Error> = None;
    for entry in &mut item.items {
        let done = match entry {
            ImplItem::Fn(f) => block.function(&mut f.attrs, &f.sig),
            ImplItem::Const(c) => block.constant(&mut c.attrs, &c.ident),
            _ => Ok(()),
        };
        if let Err(e) = done {
            match &mut errors {
                Some(all) => all.combine(e),
                None => errors = Some(e),
            }
        }
    }
    if let Some(e) = errors {
        return Err(e);
    }
    let tables = block.tables(part.as_ref(), &includes)?;
    // Python's names and signatures, not Rust's.
    item.attrs.push(syn::parse_quote!(#[allow(
        non_snake_case,
        clippy::new_ret_no_self,
        clippy::should_implement_trait,
        clippy::wrong_self_convention,
        clippy::too_many_arguments,
        clippy::len_without_is_empty,
        clippy::inherent_to_string
    )]));
    Ok(quote! {
        #item
        #tables
    })
}

impl Block<'_> {
    fn wrapper_name(&mut self, ident: &Ident) -> Ident {
        self.count += 1;
        format_ident!("w{}_{}", self.count, python_name(ident))
    }

    fn constant(&mut self, attrs: &mut Vec<Attribute>, ident: &Ident) -> Result<()> {
        let a = ItemAttrs::take(attrs)?;
        match a.role {
            None => return Ok(()),
            Some((Role::Attr, _)) => {}
            Some((_, span)) => return Err(Error::new(span, "a constant can only be a #[pyattr]")),
        }
        let owner = self.owner;
        let name = a.name.map_or_else(|| python_name(ident), |n| n.0);
        let cfgs = &a.cfgs;
        self.attrs.push(quote! {
            #(#cfgs)*
            ::typhon_vm::native::AttrDef {
                name: #name,
                value: { fn get(cx: &mut ::typhon_vm::native::Cx) -> ::typhon_vm::native::Res<::typhon_vm::native::Value> {
                    ::typhon_vm::native::IntoValue::into_value(<#owner>::#ident, cx)
                } get },
            }
        });
        Ok(())
    }

    fn function(&mut self, attrs: &mut Vec<Attribute>, sig: &Signature) -> Result<()> {
        let a = ItemAttrs::take(attrs)?;
        let (role, span) = a.role.unwrap_or((Role::Method, sig.ident.span()));
        match role {
            Role::Method | Role::ClassMethod | Role::StaticMethod => self.method(role, a, sig),
            Role::New => self.constructor(a, sig),
            Role::Init => self.initializer(a, sig),
            Role::Getter => self.getter(a, sig),
            Role::Setter => self.setter(a, sig),
            Role::Slot => {
                let wrapper = self.wrapper_name(&sig.ident);
                let (slot, at) = a
                    .name
                    .unwrap_or_else(|| (python_name(&sig.ident), sig.ident.span()));
                let (code, field) = slots::expand(self.owner, sig, &slot, at, a.sig, &wrapper)?;
                self.push_wrapper(&a.cfgs, code);
                let cfgs = &a.cfgs;
                self.slots.push(
                    quote!(#(#cfgs)* { slots.#field = ::core::option::Option::Some(#wrapper); }),
                );
                Ok(())
            }
            Role::Clear => {
                let params = Params::read(sig, First::Receiver)?;
                if params.receiver == Receiver::None || !params.types.is_empty() {
                    return Err(Error::new(
                        span,
                        "#[clear] takes `&self` and, if it wants, `cx: &mut Cx`",
                    ));
                }
                let wrapper = self.wrapper_name(&sig.ident);
                if params.receiver != Receiver::SelfRef {
                    return Err(Error::new(span, "#[clear] takes `&self`"));
                }
                let (owner, function, args) = (self.owner, &sig.ident, params.call_args());
                self.push_wrapper(
                    &a.cfgs,
                    quote! {
                        unsafe fn #wrapper(
                            object: *mut ::typhon_vm::native::Header,
                            thread: &mut ::typhon_vm::native::Thread,
                        ) {
                            // SAFETY: the collector calls this for live cells whose type word names this type, with
                            // the record of an interpreter thread.
                            let (this, cx) = unsafe { (&*object.cast::<#owner>(), ::typhon_vm::native::cx_of(thread)) };
                            let _ = &cx;
                            <#owner>::#function(#(#args),*);
                        }
                    },
                );
                self.clear = Some(wrapper);
                Ok(())
            }
            Role::Traverse => {
                let wrapper = self.wrapper_name(&sig.ident);
                let (owner, function) = (self.owner, &sig.ident);
                self.push_wrapper(
                    &a.cfgs,
                    quote! {
                        #[allow(unsafe_code)]
                        unsafe fn #wrapper(
                            object: *const ::typhon_vm::native::Header,
                            visitor: &mut ::typhon_vm::native::Visitor,
                        ) {
                            // SAFETY: the collector calls this for cells whose type word names this type.
                            <#owner>::#function(unsafe { &*object.cast::<#owner>() }, visitor)
                        }
                    },
                );
                self.traverse = Some(wrapper);
                Ok(())
            }
            Role::Attr => {
                let params = Params::read(sig, First::Plain)?;
                if !params.types.is_empty() {
                    return Err(Error::new(
                        span,
                        "a #[pyattr] function takes `cx: &mut Cx` or nothing",
                    ));
                }
                let name = a.name.map_or_else(|| python_name(&sig.ident), |n| n.0);
                let (owner, function, args, cfgs) =
                    (self.owner, &sig.ident, params.call_args(), &a.cfgs);
                self.attrs.push(quote! {
                    #(#cfgs)*
                    ::typhon_vm::native::AttrDef {
                        name: #name,
                        value: { fn get(cx: &mut ::typhon_vm::native::Cx) -> ::typhon_vm::native::Res<::typhon_vm::native::Value> {
                            let r = <#owner>::#function(#(#args),*);
                            ::typhon_vm::native::IntoValue::into_value(r, cx)
                        } get },
                    }
                });
                Ok(())
            }
            Role::Function | Role::ModuleInit => Err(Error::new(
                span,
                "this is for modules; methods need no attribute",
            )),
        }
    }

    fn push_wrapper(&mut self, cfgs: &[Attribute], code: TokenStream) {
        self.wrappers.extend(quote!(#(#cfgs)* #code));
    }

    fn type_name(&self) -> TokenStream {
        let owner = self.owner;
        quote!(<#owner as ::typhon_vm::native::PyType>::NAME)
    }

    /// `this` from `this_word`, unchecked: for slots, whose receiver is an instance by construction.
    fn receiver_of_slot(&self, params: &Params) -> TokenStream {
        let owner = self.owner;
        match params.receiver {
            Receiver::SelfRef => quote! {
                // SAFETY: a type's slots are called with its instances only.
                let this: &#owner = unsafe { ::typhon_vm::native::slot_self::<#owner>(this_word) };
            },
            Receiver::This => quote!(let this = this_word;),
            Receiver::None => quote!(),
        }
    }

    fn method(&mut self, role: Role, a: ItemAttrs, sig: &Signature) -> Result<()> {
        let first = match role {
            Role::Method => First::Receiver,
            Role::ClassMethod => First::Class,
            _ => First::Plain,
        };
        let bound = Bound::new(sig, first, a.sig)?;
        if role == Role::Method && bound.params.receiver == Receiver::None {
            return Err(Error::new(
                sig.ident.span(),
                "a method takes `&self` or `this: &Value`; otherwise mark it (#[classmethod], #[staticmethod], #[slot], \
                 ...) or move the helper into a plain `impl`",
            ));
        }
        let name = a.name.map_or_else(|| python_name(&sig.ident), |n| n.0);
        let wrapper = self.wrapper_name(&sig.ident);
        let owner = self.owner;
        let this = match (role, bound.params.receiver) {
            (Role::ClassMethod, _) => {
                quote!(let (this, args) = ::typhon_vm::native::class_receiver(cx, args, &SIG)?;)
            }
            (Role::StaticMethod, _) => quote!(),
            (_, Receiver::This) => {
                quote!(let (this, args) = ::typhon_vm::native::word_receiver::<#owner>(cx, args, &SIG)?;)
            }
            _ => {
                quote!(let (this, args) = ::typhon_vm::native::receiver::<#owner>(cx, args, &SIG)?;)
            }
        };
        let table = bound
            .spec
            .table(&self.type_name(), &quote!(#name), false, a.counted);
        let (kind, mark) = match role {
            Role::ClassMethod => (quote!(ClassMethod), Some("$type")),
            Role::StaticMethod => (quote!(StaticMethod), None),
            _ => (quote!(Method), Some("$self")),
        };
        let code = call_wrapper(
            &wrapper,
            &bound,
            &table,
            &this,
            &quote!(<#owner>::),
            &sig.ident,
        )?;
        self.push_wrapper(&a.cfgs, code);
        let (min, max) = bound.limits();
        let (keywords, doc, cfgs) = (bound.takes_keywords(), &a.doc, &a.cfgs);
        let text = text_tokens(&a.text, &bound, mark);
        let quick = crate::attrs::quick_tokens(&a.quick);
        self.methods.push(quote! {
            #(#cfgs)*
            ::typhon_vm::native::MethodDef {
                name: #name,
                call: #wrapper,
                doc: #doc,
                text_signature: #text,
                kind: ::typhon_vm::native::MethodKind::#kind,
                min: #min,
                max: #max,
                takes_keywords: #keywords,
                quick: #quick,
            }
        });
        Ok(())
    }

    fn constructor(&mut self, a: ItemAttrs, sig: &Signature) -> Result<()> {
        let explicit = a.sig.is_some();
        let bound = Bound::new(sig, First::Class, a.sig)?;
        let wrapper = self.wrapper_name(&sig.ident);
        let owner = self.owner;
        let table = bound
            .spec
            .table(&quote!(""), &self.type_name(), true, a.counted);
        let convert = bound.convert()?;
        let (function, args) = (&sig.ident, bound.params.call_args());
        // A subclass with an `__init__` of its own may take keywords; `__new__` then does not see them.
        let keywords = (!bound.takes_keywords())
            .then(|| quote!(let args = ::typhon_vm::native::new_args::<#owner>(this, args);));
        self.push_wrapper(
            &a.cfgs,
            quote! {
                fn #wrapper(
                    cx: &mut ::typhon_vm::native::Cx,
                    this: &::typhon_vm::native::Type,
                    args: ::typhon_vm::native::Args<'_>,
                ) -> ::typhon_vm::native::Res<::typhon_vm::native::Value> {
                    static SIG: ::typhon_vm::native::Sig = #table;
                    #keywords
                    #convert
                    let r = <#owner>::#function(#(#args),*);
                    ::typhon_vm::native::IntoValue::into_value(r, cx)
                }
            },
        );
        self.text_new = type_text(&a.text, &bound, explicit);
        let cfgs = &a.cfgs;
        self.slots
            .push(quote!(#(#cfgs)* { slots.new = ::core::option::Option::Some(#wrapper); }));
        Ok(())
    }

    fn initializer(&mut self, a: ItemAttrs, sig: &Signature) -> Result<()> {
        let explicit = a.sig.is_some();
        let bound = Bound::new(sig, First::Receiver, a.sig)?;
        if bound.params.receiver == Receiver::None {
            return Err(Error::new(
                sig.ident.span(),
                "#[init] takes `&self` or `this: &Value`",
            ));
        }
        let wrapper = self.wrapper_name(&sig.ident);
        let owner = self.owner;
        let table = bound
            .spec
            .table(&quote!(""), &self.type_name(), true, a.counted);
        let this = self.receiver_of_slot(&bound.params);
        let convert = bound.convert()?;
        let (function, args) = (&sig.ident, bound.params.call_args());
        self.push_wrapper(
            &a.cfgs,
            quote! {
                #[allow(unsafe_code)]
                fn #wrapper(
                    cx: &mut ::typhon_vm::native::Cx,
                    this_word: &::typhon_vm::native::Value,
                    args: ::typhon_vm::native::Args<'_>,
                ) -> ::typhon_vm::native::Res<()> {
                    static SIG: ::typhon_vm::native::Sig = #table;
                    #this
                    #convert
                    let r = <#owner>::#function(#(#args),*);
                    ::typhon_vm::native::IntoRes::<()>::into_res(r)
                }
            },
        );
        self.text_init = type_text(&a.text, &bound, explicit);
        let cfgs = &a.cfgs;
        self.slots
            .push(quote!(#(#cfgs)* { slots.init = ::core::option::Option::Some(#wrapper); }));
        Ok(())
    }

    fn property(&mut self, name: String, at: proc_macro2::Span) -> &mut Property {
        let i = self
            .properties
            .iter()
            .position(|p| p.name == name)
            .unwrap_or_else(|| {
                self.properties.push(Property {
                    name,
                    doc: String::new(),
                    member: false,
                    get: None,
                    set: None,
                    cfgs: Vec::new(),
                    at,
                });
                self.properties.len() - 1
            });
        &mut self.properties[i]
    }

    /// The receiver of a getter or setter, checked: descriptors can be called by hand.
    fn receiver_of_property(&self, params: &Params, name: &str) -> TokenStream {
        let owner = self.owner;
        match params.receiver {
            Receiver::SelfRef => {
                quote!(let this = ::typhon_vm::native::property_receiver::<#owner>(cx, this_word, #name)?;)
            }
            _ => quote! {
                ::typhon_vm::native::property_word::<#owner>(cx, this_word, #name)?;
                let this = this_word;
            },
        }
    }

    fn getter(&mut self, a: ItemAttrs, sig: &Signature) -> Result<()> {
        let params = Params::read(sig, First::Receiver)?;
        if params.receiver == Receiver::None || !params.types.is_empty() {
            return Err(Error::new(
                sig.inputs.span(),
                "a getter takes `&self` (or `this: &Value`) and `cx`",
            ));
        }
        let name = a.name.map_or_else(|| python_name(&sig.ident), |n| n.0);
        let wrapper = self.wrapper_name(&sig.ident);
        let this = self.receiver_of_property(&params, &name);
        let (owner, function, args) = (self.owner, &sig.ident, params.call_args());
        self.push_wrapper(
            &a.cfgs,
            quote! {
                fn #wrapper(
                    cx: &mut ::typhon_vm::native::Cx,
                    this_word: &::typhon_vm::native::Value,
                ) -> ::typhon_vm::native::Res<::typhon_vm::native::Value> {
                    #this
                    let r = <#owner>::#function(#(#args),*);
                    ::typhon_vm::native::IntoValue::into_value(r, cx)
                }
            },
        );
        let p = self.property(name, sig.ident.span());
        if p.get.is_some() {
            return Err(Error::new(sig.ident.span(), "a second getter of this name"));
        }
        p.get = Some(wrapper);
        p.doc = a.doc;
        p.member = a.member;
        p.cfgs = a.cfgs;
        Ok(())
    }

    fn setter(&mut self, a: ItemAttrs, sig: &Signature) -> Result<()> {
        let params = Params::read(sig, First::Receiver)?;
        if params.receiver == Receiver::None || params.types.len() != 1 {
            return Err(Error::new(
                sig.inputs.span(),
                "a setter takes `&self` (or `this: &Value`), one value and `cx`; `Option<&Value>` is None on delete",
            ));
        }
        let name = a.name.map_or_else(
            || {
                let n = python_name(&sig.ident);
                n.strip_prefix("set_").map_or(n.clone(), str::to_string)
            },
            |n| n.0,
        );
        let wrapper = self.wrapper_name(&sig.ident);
        let this = self.receiver_of_property(&params, &name);
        let ty = &params.types[0];
        let convert = match option_of(ty) {
            Some(inner) if is_ref_to(inner, "Value") => quote!(let a0 = value;),
            _ => {
                let get = quote!(::typhon_vm::native::FromArg::from_arg(cx, v, ::typhon_vm::native::At::attribute(#name))?);
                let convert = if is_ref_to(ty, "str") {
                    quote!(let text: ::std::borrow::Cow<'_, str> = #get; let a0 = &*text;)
                } else {
                    quote!(let a0 = #get;)
                };
                quote! {
                    let ::core::option::Option::Some(v) = value else {
                        return ::core::result::Result::Err(::typhon_vm::native::no_attr_delete(cx, #name));
                    };
                    #convert
                }
            }
        };
        let (owner, function, args) = (self.owner, &sig.ident, params.call_args());
        self.push_wrapper(
            &a.cfgs,
            quote! {
                fn #wrapper(
                    cx: &mut ::typhon_vm::native::Cx,
                    this_word: &::typhon_vm::native::Value,
                    value: ::core::option::Option<&::typhon_vm::native::Value>,
                ) -> ::typhon_vm::native::Res<()> {
                    #this
                    #convert
                    let r = <#owner>::#function(#(#args),*);
                    ::typhon_vm::native::IntoRes::<()>::into_res(r)
                }
            },
        );
        let p = self.property(name, sig.ident.span());
        if p.set.is_some() {
            return Err(Error::new(sig.ident.span(), "a second setter of this name"));
        }
        p.set = Some(wrapper);
        Ok(())
    }

    /// The constants that `#[pytype]` finds, or the one named part.
    fn tables(&self, part: Option<&Ident>, includes: &[Path]) -> Result<TokenStream> {
        let Block {
            owner,
            wrappers,
            methods,
            slots,
            attrs,
            ..
        } = self;
        let mut getset = Vec::new();
        for p in &self.properties {
            let Some(get) = &p.get else {
                return Err(Error::new(
                    p.at,
                    format!("`{}` has a setter but no getter in this block", p.name),
                ));
            };
            let (name, doc, cfgs) = (&p.name, &p.doc, &p.cfgs);
            let set = option_tokens(p.set.as_ref());
            let member = p.member;
            getset.push(quote! {
                #(#cfgs)*
                ::typhon_vm::native::GetSetDef { name: #name, get: #get, set: #set, doc: #doc, member: #member }
            });
        }
        // `and`, `or`, .. assign through one block per slot, so that a cfg can stand on each.
        let value = quote! {
            ::typhon_vm::native::Part {
                methods: &[#(#methods),*],
                getset: &[#(#getset),*],
                attrs: &[#(#attrs),*],
                install_slots: install,
            }
        };
        let install = quote! {
            fn install(slots: &mut ::typhon_vm::native::Slots) {
                let _ = &slots;
                #(#slots)*
            }
        };
        if let Some(part) = part {
            if let Some(extra) = self.clear.as_ref().or(self.traverse.as_ref()) {
                return Err(Error::new(
                    extra.span(),
                    "#[clear] and #[traverse] stand in the main block",
                ));
            }
            return Ok(quote! {
                #[allow(unsafe_code, clippy::all)]
                impl #owner {
                    #[doc(hidden)]
                    pub const #part: &'static ::typhon_vm::native::Part = {
                        #wrappers
                        #install
                        static PART: ::typhon_vm::native::Part = #value;
                        &PART
                    };
                }
            });
        }
        let includes = includes.iter().map(|p| match p.get_ident() {
            Some(name) => quote!(<#owner>::#name),
            None => quote!(#p),
        });
        let clear = option_tokens(self.clear.as_ref());
        let traverse = option_tokens(self.traverse.as_ref());
        let text = match self.text_init.as_ref().or(self.text_new.as_ref()) {
            Some(t) => quote!(::core::option::Option::Some(#t)),
            None => quote!(::core::option::Option::None),
        };
        // One constant holds all, since wrappers are items of its block.
        Ok(quote! {
            #[allow(unsafe_code, clippy::all)]
            impl #owner {
                #[doc(hidden)]
                pub(crate) const PY_TYPE_PARTS: ::typhon_vm::native::TypeParts = {
                    #wrappers
                    #install
                    static PART: ::typhon_vm::native::Part = #value;
                    ::typhon_vm::native::TypeParts {
                        parts: &[&PART #(, #includes)*],
                        clear: #clear,
                        traverse: #traverse,
                        text_signature: #text,
                    }
                };
            }
        })
    }
}

fn option_tokens(name: Option<&Ident>) -> TokenStream {
    match name {
        Some(n) => quote!(::core::option::Option::Some(#n)),
        None => quote!(::core::option::Option::None),
    }
}

/// `fn wrapper(cx, args) -> Res<Value>` around a function called by Python.
pub fn call_wrapper(
    wrapper: &Ident,
    bound: &Bound,
    table: &TokenStream,
    this: &TokenStream,
    path: &TokenStream,
    function: &Ident,
) -> Result<TokenStream> {
    let convert = bound.convert()?;
    let args = bound.params.call_args();
    Ok(quote! {
        fn #wrapper(
            cx: &mut ::typhon_vm::native::Cx,
            args: ::typhon_vm::native::Args<'_>,
        ) -> ::typhon_vm::native::Res<::typhon_vm::native::Value> {
            static SIG: ::typhon_vm::native::Sig = #table;
            #this
            #convert
            let r = #path #function(#(#args),*);
            ::typhon_vm::native::IntoValue::into_value(r, cx)
        }
    })
}

/// The `text_signature` field of a method.
pub fn text_tokens(text: &TextSignature, bound: &Bound, receiver: Option<&str>) -> TokenStream {
    let text = match text {
        TextSignature::None => None,
        TextSignature::Given(t) => Some(t.clone()),
        TextSignature::Derived if bound.raw && bound.spec.params.is_empty() => None,
        TextSignature::Derived => Some(bound.spec.text(receiver)),
    };
    match text {
        Some(t) => quote!(::core::option::Option::Some(#t)),
        None => quote!(::core::option::Option::None),
    }
}

fn type_text(text: &TextSignature, bound: &Bound, explicit: bool) -> Option<String> {
    match text {
        TextSignature::None => None,
        TextSignature::Given(t) => Some(t.clone()),
        TextSignature::Derived => explicit.then(|| bound.spec.text(None)),
    }
}
