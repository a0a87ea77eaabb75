//! What the macros say about signatures, and how they refuse wrong use.

use quote::quote;

use crate::signature::Spec;

fn text(tokens: proc_macro2::TokenStream, receiver: Option<&str>) -> String {
    syn::parse2::<Spec>(tokens).unwrap().text(receiver)
}

#[test]
fn text_signatures() {
    assert_eq!(
        text(quote!(index = -1, /), Some("$self")),
        "($self, index=-1, /)"
    );
    assert_eq!(text(quote!(), Some("$self")), "($self, /)");
    assert_eq!(text(quote!(), None), "()");
    assert_eq!(
        text(quote!(*, key = None, reverse = False), Some("$self")),
        "($self, /, *, key=None, reverse=False)"
    );
    assert_eq!(
        text(quote!(encoding = "utf-8", errors = "strict"), Some("$self")),
        "($self, /, encoding='utf-8', errors='strict')"
    );
    assert_eq!(
        text(quote!(a, /, b, *args, c = 1.5, **kw), None),
        "(a, /, b, *args, c=1.5, **kw)"
    );
    assert_eq!(
        text(quote!(key, default = absent, /), Some("$self")),
        "($self, key, default=<unrepresentable>, /)"
    );
    assert_eq!(
        text(
            quote!(start = 0, stop = isize::MAX => "sys.maxsize", /),
            None
        ),
        "(start=0, stop=sys.maxsize, /)"
    );
    assert_eq!(text(quote!(iterable = (), /), None), "(iterable=(), /)");
}

#[test]
fn wrong_signatures_are_refused() {
    let wrong = |t| syn::parse2::<Spec>(t).err().expect("an error").to_string();
    assert!(wrong(quote!(a = 1, b)).contains("required parameter follows"));
    assert!(wrong(quote!(*, a, /)).contains("`/` stands once"));
    assert!(wrong(quote!(*a, *b)).contains("second `*`"));
    assert!(wrong(quote!(**k, a)).contains("nothing may follow"));
    assert!(wrong(quote!(a, a)).contains("second parameter"));
}

fn methods(block: proc_macro2::TokenStream) -> Result<String, String> {
    crate::pymethods::expand(quote!(), block)
        .map(|t| t.to_string())
        .map_err(|e| e.to_string())
}

#[test]
fn wrong_methods_are_refused() {
    let wrong = |t| methods(t).expect_err("an error");
    assert!(wrong(quote!(impl T { fn f() {} })).contains("a method takes `&self`"));
    assert!(wrong(quote!(impl T { fn f(&mut self) {} })).contains("take `&self`"));
    assert!(
        wrong(quote!(impl T { #[slot] fn lenn(&self) -> usize { 0 } }))
            .contains("unknown slot `lenn`")
    );
    assert!(
        wrong(quote!(impl T { #[slot] fn add(&self, other: &Value) -> Value { todo!() } }))
            .contains("no `self`")
    );
    assert!(
        wrong(quote!(impl T { #[sig(a, b)] fn f(&self, a: i64) {} }))
            .contains("names 2 parameter(s)")
    );
    assert!(wrong(quote!(impl T { #[new] fn f(a: i64) {} })).contains("cls: &Type"));
    assert!(
        wrong(quote!(impl T { #[sig(a = absent)] fn f(&self, a: i64) {} }))
            .contains("`= absent` wants")
    );
    assert!(
        wrong(quote!(impl T { #[sig(a = None)] fn f(&self, a: i64) {} }))
            .contains("default None wants")
    );
    assert!(wrong(quote!(impl T { #[setter] fn set_x(&self, v: i64) {} })).contains("no getter"));
    assert!(wrong(quote!(impl T { #[new] #[init] fn f(&self) {} })).contains("one role"));
}

#[test]
fn methods_expand() {
    let out = methods(quote! {
        impl List {
            /// Remove and return item at index (default last).
            #[sig(index = -1, /)]
            fn pop(&self, index: Index, cx: &mut Cx) -> Res<Value> { body() }
            #[slot] fn len(&self) -> usize { 0 }
            #[slot(mod)] fn rem(a: &Value, b: &Value) -> Res<Value> { body() }
            #[getter] fn real(&self) -> f64 { 0.0 }
        }
    })
    .unwrap();
    assert!(out.contains("Remove and return item at index (default last)."));
    assert!(out.contains("\"($self, index=-1, /)\""));
    assert!(out.contains("slots . len ="));
    assert!(out.contains("slots . mod_ ="));
    assert!(out.contains("positional_only : 1usize"));
    assert!(!out.contains("# [sig"), "the attributes are taken off");
}

#[test]
fn types_want_their_header() {
    let wrong = |a, t| {
        crate::pytype::expand(a, t)
            .expect_err("an error")
            .to_string()
    };
    assert!(
        wrong(
            quote!(),
            quote!(
                struct T {
                    x: u8,
                }
            )
        )
        .contains("first field")
    );
    assert!(
        wrong(
            quote!(),
            quote!(
                struct T {
                    head: u8,
                }
            )
        )
        .contains("type `Header`")
    );
    assert!(
        wrong(
            quote!(),
            quote!(
                struct T {
                    base: B,
                }
            )
        )
        .contains("wants `base = ..`")
    );
    assert!(
        wrong(
            quote!(nme = "x"),
            quote!(
                struct T {
                    head: Header,
                }
            )
        )
        .contains("unknown word `nme`")
    );
}

#[test]
fn modules_expand() {
    let out = crate::pymodule::expand(
        quote!(name = "math", types(A), include(super::more::PART)),
        quote! {
            pub mod module {
                //! Mathematics.
                #[pyfunction] #[sig(x, /)] fn sqrt(x: f64) -> Res<f64> { body() }
                #[pyattr(name = "pi")] const PI: f64 = 3.0;
                fn helper() {}
            }
        },
        true,
    )
    .unwrap()
    .to_string();
    assert!(out.contains("\"Mathematics.\""));
    assert!(out.contains("\"($module, x, /)\""));
    assert!(out.contains("& super :: more :: PART"));
    assert!(!out.contains("helper\""));
}
