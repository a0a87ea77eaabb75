//! What the attributes of an item say: taken off the item, collected in one record.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Result, Token};

use crate::signature::Spec;

/// What kind of thing a function (or constant) is to Python.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Method,
    ClassMethod,
    StaticMethod,
    New,
    Init,
    Getter,
    Setter,
    Slot,
    Clear,
    Traverse,
    Function,
    Attr,
    ModuleInit,
}

const ROLES: &[(&str, Role)] = &[
    ("method", Role::Method),
    ("classmethod", Role::ClassMethod),
    ("staticmethod", Role::StaticMethod),
    ("new", Role::New),
    ("init", Role::Init),
    ("getter", Role::Getter),
    ("setter", Role::Setter),
    ("slot", Role::Slot),
    ("clear", Role::Clear),
    ("traverse", Role::Traverse),
    ("pyfunction", Role::Function),
    ("pyattr", Role::Attr),
    ("pyinit", Role::ModuleInit),
];

/// The text given for `__text_signature__`.
pub enum TextSignature {
    /// Derived from the signature.
    Derived,
    None,
    Given(String),
}

/// The attributes of one function or constant.
pub struct ItemAttrs {
    pub role: Option<(Role, Span)>,
    /// The name inside the role's parentheses: `name = ".."` or the slot's name.
    pub name: Option<(String, Span)>,
    pub sig: Option<Spec>,
    pub text: TextSignature,
    /// The positional arguments are counted before anything else, in `PyArg_UnpackTuple`'s words.
    pub counted: bool,
    /// A getter whose descriptor is a `member_descriptor`, as CPython keeps the attribute in the instance itself.
    pub member: bool,
    /// What the loop asks before it calls (`native::QuickFn`).
    pub quick: Option<Path>,
    pub doc: String,
    pub cfgs: Vec<Attribute>,
}

impl ItemAttrs {
    /// Takes this crate's attributes off `attrs` and reads them, the doc comment and the `cfg`s too.
    pub fn take(attrs: &mut Vec<Attribute>) -> Result<ItemAttrs> {
        let mut out = ItemAttrs {
            role: None,
            name: None,
            sig: None,
            text: TextSignature::Derived,
            counted: false,
            member: false,
            quick: None,
            doc: doc_of(attrs),
            cfgs: attrs
                .iter()
                .filter(|a| a.path().is_ident("cfg"))
                .cloned()
                .collect(),
        };
        let mut kept = Vec::new();
        for attr in attrs.drain(..) {
            let Some(word) = attr.path().get_ident().map(Ident::to_string) else {
                kept.push(attr);
                continue;
            };
            if word == "sig" {
                if out.sig.is_some() {
                    return Err(Error::new(attr.span(), "a second #[sig]"));
                }
                out.sig = Some(match &attr.meta {
                    Meta::Path(_) => Spec::default(),
                    _ => attr.parse_args()?,
                });
            } else if word == "counted" {
                out.counted = true;
            } else if word == "quick" {
                out.quick = Some(attr.parse_args()?);
            } else if word == "member" {
                out.member = true;
            } else if word == "text_signature" {
                out.text = match &attr.meta {
                    Meta::NameValue(nv) => TextSignature::Given(string_of(&nv.value)?.value()),
                    Meta::List(_) if attr.parse_args::<Ident>().is_ok_and(|i| i == "none") => {
                        TextSignature::None
                    }
                    m => {
                        return Err(Error::new(
                            m.span(),
                            "write #[text_signature = \"(..)\"] or #[text_signature(none)]",
                        ));
                    }
                };
            } else if let Some((_, role)) = ROLES.iter().find(|(n, _)| *n == word) {
                if let Some((_, span)) = out.role {
                    let mut e = Error::new(
                        attr.span(),
                        "a function has one role; there is another above",
                    );
                    e.combine(Error::new(span, "this one"));
                    return Err(e);
                }
                out.role = Some((*role, attr.span()));
                if let Meta::List(_) = attr.meta {
                    out.name = Some(attr.parse_args_with(|s: ParseStream| role_name(s, *role))?);
                }
            } else {
                kept.push(attr);
            }
        }
        *attrs = kept;
        Ok(out)
    }
}

/// The field `quick` of the table.
pub fn quick_tokens(quick: &Option<Path>) -> TokenStream {
    match quick {
        Some(path) => quote::quote!(Some(#path)),
        None => quote::quote!(None),
    }
}

/// `name = "x"`, or for a slot the bare word.
fn role_name(input: ParseStream, role: Role) -> Result<(String, Span)> {
    let word = input.call(Ident::parse_any)?;
    if role == Role::Slot && !input.peek(Token![=]) {
        return Ok((word.to_string(), word.span()));
    }
    if word != "name" {
        return Err(Error::new(word.span(), "expected `name = \"..\"`"));
    }
    input.parse::<Token![=]>()?;
    let lit: LitStr = input.parse()?;
    Ok((lit.value(), lit.span()))
}

pub fn string_of(e: &Expr) -> Result<LitStr> {
    match e {
        Expr::Lit(ExprLit {
            lit: Lit::Str(s), ..
        }) => Ok(s.clone()),
        // A `$name:literal` of a macro arrives in an invisible group.
        Expr::Group(g) => string_of(&g.expr),
        _ => Err(Error::new(e.span(), "expected a string literal")),
    }
}

/// The doc comment as Python shows it: one leading space cut from each line, no blank ends.
pub fn doc_of(attrs: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for a in attrs.iter().filter(|a| a.path().is_ident("doc")) {
        if let Meta::NameValue(nv) = &a.meta
            && let Ok(s) = string_of(&nv.value)
        {
            for line in s.value().split('\n') {
                lines.push(
                    line.strip_prefix(' ')
                        .unwrap_or(line)
                        .trim_end()
                        .to_string(),
                );
            }
        }
    }
    lines.join("\n").trim().to_string()
}

/// One word of an attribute's parentheses: `flag`, `key = value` or `key(path, path)`.
pub enum Word {
    Flag(Ident),
    Set(Ident, Expr),
    List(Ident, Vec<Path>),
}

impl Parse for Word {
    fn parse(input: ParseStream) -> Result<Word> {
        let key = input.call(Ident::parse_any)?;
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Ok(Word::Set(key, input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let inner;
            syn::parenthesized!(inner in input);
            let paths = Punctuated::<Path, Token![,]>::parse_terminated(&inner)?;
            Ok(Word::List(key, paths.into_iter().collect()))
        } else {
            Ok(Word::Flag(key))
        }
    }
}

/// The words of an attribute's parentheses.
pub fn words(args: TokenStream) -> Result<Vec<Word>> {
    use syn::parse::Parser;
    let parsed = Punctuated::<Word, Token![,]>::parse_terminated.parse2(args)?;
    Ok(parsed.into_iter().collect())
}

pub fn unknown(word: &Ident, allowed: &str) -> Error {
    Error::new(
        word.span(),
        format!("unknown word `{word}`; allowed are {allowed}"),
    )
}
