//! `#[sig(..)]`: the Python signature of a native function, its static table and its text.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, ExprUnary, Ident, Lit, LitStr, Result, Token, UnOp};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Positional,
    Either,
    KeywordOnly,
    VarArgs,
    VarKeywords,
}

#[derive(Clone)]
pub enum Default {
    /// The parameter, an `Option`, is `None` when the argument was not given.
    Absent,
    None,
    Expr(Expr),
}

#[derive(Clone)]
pub struct Param {
    pub name: String,
    pub kind: Kind,
    pub default: Option<Default>,
    /// The text of the default in `__text_signature__`.
    pub text: Option<String>,
}

/// A parsed `#[sig]`.
#[derive(Clone, Default)]
pub struct Spec {
    pub params: Vec<Param>,
}

impl Parse for Spec {
    fn parse(input: ParseStream) -> Result<Spec> {
        let mut params: Vec<Param> = Vec::new();
        let mut after_star = false;
        let mut closed = false;
        while !input.is_empty() {
            if closed {
                return Err(input.error("nothing may follow **kwargs"));
            }
            if input.peek(Token![/]) {
                let slash: Token![/] = input.parse()?;
                if after_star
                    || params.is_empty()
                    || params.iter().any(|p| p.kind == Kind::Positional)
                {
                    return Err(Error::new(
                        slash.span,
                        "`/` stands once, after a parameter and before `*`",
                    ));
                }
                params.iter_mut().for_each(|p| p.kind = Kind::Positional);
            } else if input.peek(Token![*]) {
                let star: Token![*] = input.parse()?;
                if input.peek(Token![*]) {
                    input.parse::<Token![*]>()?;
                    let name = input.call(Ident::parse_any)?;
                    params.push(Param {
                        name: python_name(&name),
                        kind: Kind::VarKeywords,
                        default: None,
                        text: None,
                    });
                    closed = true;
                } else {
                    if after_star {
                        return Err(Error::new(star.span, "a second `*`"));
                    }
                    after_star = true;
                    if !input.is_empty() && !input.peek(Token![,]) {
                        let name = input.call(Ident::parse_any)?;
                        params.push(Param {
                            name: python_name(&name),
                            kind: Kind::VarArgs,
                            default: None,
                            text: None,
                        });
                    }
                }
            } else {
                params.push(named(input, after_star, &params)?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Spec { params })
    }
}

fn named(input: ParseStream, after_star: bool, before: &[Param]) -> Result<Param> {
    let name = input.call(Ident::parse_any)?;
    let mut default = None;
    let mut text = None;
    if input.peek(Token![=]) && !input.peek(Token![=>]) {
        input.parse::<Token![=]>()?;
        let e: Expr = input.parse()?;
        text = Some(default_text(&e));
        default = Some(match word(&e).as_deref() {
            Some("absent") => Default::Absent,
            Some("None") => Default::None,
            Some("True") => Default::Expr(syn::parse_quote!(true)),
            Some("False") => Default::Expr(syn::parse_quote!(false)),
            _ => Default::Expr(e),
        });
    } else if !after_star && before.iter().any(|p| p.default.is_some()) {
        return Err(Error::new(
            name.span(),
            "a required parameter follows one with a default",
        ));
    }
    if input.peek(Token![=>]) {
        input.parse::<Token![=>]>()?;
        text = Some(input.parse::<LitStr>()?.value());
    }
    let kind = if after_star {
        Kind::KeywordOnly
    } else {
        Kind::Either
    };
    if before.iter().any(|p| p.name == python_name(&name)) {
        return Err(Error::new(name.span(), "a second parameter of this name"));
    }
    Ok(Param {
        name: python_name(&name),
        kind,
        default,
        text,
    })
}

pub fn python_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

fn word(e: &Expr) -> Option<String> {
    match e {
        Expr::Path(p) => p.path.get_ident().map(Ident::to_string),
        _ => None,
    }
}

/// How Python would write a default: literals as themselves, what only Rust can say as `<unrepresentable>`.
fn default_text(e: &Expr) -> String {
    let unknown = || "<unrepresentable>".to_string();
    match e {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(s) => python_string(&s.value()),
            Lit::ByteStr(s) => format!("b{}", python_string(&String::from_utf8_lossy(&s.value()))),
            Lit::Char(c) => python_string(&c.value().to_string()),
            Lit::Bool(b) => if b.value { "True" } else { "False" }.to_string(),
            Lit::Int(i) => i.base10_digits().to_string(),
            Lit::Float(f) => f.base10_digits().to_string(),
            _ => unknown(),
        },
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => format!("-{}", default_text(expr)),
        Expr::Tuple(t) if t.elems.is_empty() => "()".to_string(),
        Expr::Path(_) => match word(e).as_deref() {
            Some(w @ ("None" | "True" | "False")) => w.to_string(),
            _ => unknown(),
        },
        _ => unknown(),
    }
}

fn python_string(s: &str) -> String {
    let mut out = String::from("'");
    for c in s.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out + "'"
}

impl Spec {
    /// The signature of a function without `#[sig]`: every parameter required and positional only.
    pub fn positional(names: impl Iterator<Item = String>) -> Spec {
        let params = names
            .map(|name| Param {
                name: name.trim_start_matches('_').to_string(),
                kind: Kind::Positional,
                default: None,
                text: None,
            })
            .collect();
        Spec { params }
    }

    /// The parameters that have a place in the bound array.
    pub fn named(&self) -> impl Iterator<Item = &Param> {
        self.params
            .iter()
            .filter(|p| !matches!(p.kind, Kind::VarArgs | Kind::VarKeywords))
    }

    fn count(&self, f: impl Fn(&Param) -> bool) -> usize {
        self.named().filter(|p| f(p)).count()
    }

    pub fn has(&self, kind: Kind) -> bool {
        self.params.iter().any(|p| p.kind == kind)
    }

    pub fn min_positional(&self) -> usize {
        self.count(|p| p.kind != Kind::KeywordOnly && p.default.is_none())
    }

    pub fn max_positional(&self) -> usize {
        self.count(|p| p.kind != Kind::KeywordOnly)
    }

    pub fn takes_keywords(&self) -> bool {
        self.has(Kind::Either) || self.has(Kind::KeywordOnly) || self.has(Kind::VarKeywords)
    }

    /// The `Sig` table the argument parser reads.
    pub fn table(
        &self,
        owner: &TokenStream,
        name: &TokenStream,
        of_type: bool,
        counted: bool,
    ) -> TokenStream {
        let names = self.named().map(|p| &p.name);
        let positional_only = self.count(|p| p.kind == Kind::Positional);
        let positional = self.max_positional();
        let min = self.min_positional();
        let mut required_keywords = 0u64;
        for (i, p) in self.named().enumerate() {
            if p.kind == Kind::KeywordOnly && p.default.is_none() {
                required_keywords |= 1 << i;
            }
        }
        let varargs = self.has(Kind::VarArgs);
        let varkeywords = self.has(Kind::VarKeywords);
        quote! {
            ::typhon_vm::native::Sig {
                owner: #owner,
                name: #name,
                names: &[#(#names),*],
                positional_only: #positional_only,
                positional: #positional,
                min_positional: #min,
                required_keywords: #required_keywords,
                varargs: #varargs,
                varkeywords: #varkeywords,
                of_type: #of_type,
                counted: #counted,
            }
        }
    }

    /// `__text_signature__`: `receiver` is `$self`, `$type`, `$module` or nothing.
    pub fn text(&self, receiver: Option<&str>) -> String {
        let mut parts: Vec<String> = receiver.iter().map(|r| r.to_string()).collect();
        let mut slash = receiver.is_some();
        let mut star = false;
        for p in &self.params {
            match p.kind {
                Kind::Positional => slash = true,
                _ if slash => {
                    parts.push("/".into());
                    slash = false;
                }
                _ => {}
            }
            match p.kind {
                Kind::VarArgs => {
                    star = true;
                    parts.push(format!("*{}", p.name));
                    continue;
                }
                Kind::VarKeywords => {
                    parts.push(format!("**{}", p.name));
                    continue;
                }
                Kind::KeywordOnly if !star => {
                    star = true;
                    parts.push("*".into());
                }
                _ => {}
            }
            parts.push(match &p.text {
                Some(t) => format!("{}={t}", p.name),
                None => p.name.clone(),
            });
        }
        if slash {
            parts.push("/".into());
        }
        format!("({})", parts.join(", "))
    }

    /// Says whether the Rust function has as many parameters as the signature names.
    pub fn check(&self, found: usize, at: &impl Spanned) -> Result<()> {
        if self.named().count() > 64 {
            return Err(Error::new(at.span(), "more than 64 parameters"));
        }
        if self.params.len() != found {
            return Err(Error::new(
                at.span(),
                format!(
                    "#[sig] names {} parameter(s), the function takes {found} (without self, cls and cx)",
                    self.params.len()
                ),
            ));
        }
        Ok(())
    }
}
