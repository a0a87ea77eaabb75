//! The tree as CPython's `ast` module shows it, as plain data: what `compile(..., PyCF_ONLY_AST)` returns is made of
//! it. Kinds, fields and their order are those of Python 3.14's abstract grammar.

mod comments;
mod expressions;
pub mod grammar;
mod optimize;
pub(crate) mod source;
mod statements;
mod validate;

pub use optimize::optimize;
pub(crate) use validate::validate;

use self::comments::Comments;
use crate::code::Const;
use crate::error::CompileError;
use crate::ir::Loc;
use crate::pieces::Reader;
use crate::source::Source;
use crate::{Mode, Options, parse};
use ruff_text_size::TextRange;

/// A node: the name of its class, its fields in order, its place if the class has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub kind: &'static str,
    pub fields: Vec<(&'static str, Value)>,
    pub loc: Option<Loc>,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    None,
    Node(Box<Node>),
    List(Vec<Value>),
    /// An identifier or another string that is no constant.
    Ident(String),
    Int(i64),
    /// The value of a `Constant`.
    Const(Const),
}

impl From<Node> for Value {
    fn from(node: Node) -> Value {
        Value::Node(Box::new(node))
    }
}

type Res<T = Value> = Result<T, CompileError>;

/// Parses source text to CPython's tree.
pub fn tree(source: &Source, mode: Mode, opts: &Options) -> Result<Node, CompileError> {
    crate::on_a_large_stack(source, || {
        let parsed = parse::parse(source, mode, opts)?;
        let mut comments = Comments::default();
        if opts.type_comments {
            comments = Comments::new(source, comments::tokens(parsed.tokens()));
        }
        let ignores = comments.ignores();
        let builder = Builder {
            src: source,
            reader: Reader { src: source },
            comments,
        };
        let made = match parsed.root() {
            crate::ast::Root::Expr(expr) => {
                plain("Expression", vec![("body", builder.expr(expr)?)])
            }
            crate::ast::Root::Body(body, Mode::Single) => {
                plain("Interactive", vec![("body", builder.stmts(body)?)])
            }
            crate::ast::Root::Body(body, _) => {
                let fields = vec![("body", builder.stmts(body)?), ("type_ignores", ignores)];
                plain("Module", fields)
            }
        };
        builder.comments.check_taken(source)?;
        Ok(made)
    })
}

/// A node without a place.
fn plain(kind: &'static str, fields: Vec<(&'static str, Value)>) -> Node {
    Node {
        kind,
        fields,
        loc: None,
    }
}

/// Makes nodes of ruff's.
struct Builder<'s> {
    src: &'s Source,
    reader: Reader<'s>,
    comments: Comments,
}

impl Builder<'_> {
    fn node(
        &self,
        kind: &'static str,
        range: TextRange,
        fields: Vec<(&'static str, Value)>,
    ) -> Value {
        Node {
            kind,
            fields,
            loc: Some(self.src.loc(range)),
        }
        .into()
    }
}

fn list<T>(items: impl IntoIterator<Item = T>, each: impl Fn(T) -> Res) -> Res {
    items
        .into_iter()
        .map(each)
        .collect::<Res<Vec<Value>>>()
        .map(Value::List)
}

fn ident(name: &str) -> Value {
    Value::Ident(name.to_string())
}

fn opt_ident(name: Option<&ruff_python_ast::Identifier>) -> Value {
    name.map_or(Value::None, |name| ident(name.as_str()))
}
