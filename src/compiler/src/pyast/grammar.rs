//! Python's abstract grammar as data: which kinds there are, and what their fields hold. Needed where trees come from
//! outside.

use std::sync::OnceLock;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A name.
    Ident,
    /// A string that is no name.
    Text,
    Int,
    /// Any constant.
    Const,
    /// A node of this family.
    Node(&'static str),
}

/// How many of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    One,
    Optional,
    List,
    /// A list in which None may stand.
    Gaps,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: &'static str,
    pub sort: Sort,
    pub many: Many,
}

#[derive(Clone, Debug)]
pub struct Kind {
    pub name: &'static str,
    /// The family it belongs to: its own name when it is the only one.
    pub family: &'static str,
    /// Whether it has a place in the source.
    pub placed: bool,
    pub fields: Vec<Field>,
}

/// A line: family (`@`: with a place), then its kinds with their fields. `id`, `text`, `int` and `const` are no nodes;
/// `?` may be missing, `*` is a list, `*?` a list with gaps.
pub const GRAMMAR: &str = "\
mod: Module body:stmt* type_ignores:type_ignore* | Interactive body:stmt* | Expression body:expr | FunctionType argtypes:expr* returns:expr
stmt@: FunctionDef name:id args:arguments body:stmt* decorator_list:expr* returns:expr? type_comment:text? type_params:type_param* | AsyncFunctionDef name:id args:arguments body:stmt* decorator_list:expr* returns:expr? type_comment:text? type_params:type_param* | ClassDef name:id bases:expr* keywords:keyword* body:stmt* decorator_list:expr* type_params:type_param* | Return value:expr? | Delete targets:expr* | Assign targets:expr* value:expr type_comment:text? | TypeAlias name:expr type_params:type_param* value:expr | AugAssign target:expr op:operator value:expr | AnnAssign target:expr annotation:expr value:expr? simple:int | For target:expr iter:expr body:stmt* orelse:stmt* type_comment:text? | AsyncFor target:expr iter:expr body:stmt* orelse:stmt* type_comment:text? | While test:expr body:stmt* orelse:stmt* | If test:expr body:stmt* orelse:stmt* | With items:withitem* body:stmt* type_comment:text? | AsyncWith items:withitem* body:stmt* type_comment:text? | Match subject:expr cases:match_case* | Raise exc:expr? cause:expr? | Try body:stmt* handlers:excepthandler* orelse:stmt* finalbody:stmt* | TryStar body:stmt* handlers:excepthandler* orelse:stmt* finalbody:stmt* | Assert test:expr msg:expr? | Import names:alias* | ImportFrom module:id? names:alias* level:int? | Global names:id* | Nonlocal names:id* | Expr value:expr | Pass | Break | Continue
expr@: BoolOp op:boolop values:expr* | NamedExpr target:expr value:expr | BinOp left:expr op:operator right:expr | UnaryOp op:unaryop operand:expr | Lambda args:arguments body:expr | IfExp test:expr body:expr orelse:expr | Dict keys:expr*? values:expr* | Set elts:expr* | ListComp elt:expr generators:comprehension* | SetComp elt:expr generators:comprehension* | DictComp key:expr value:expr generators:comprehension* | GeneratorExp elt:expr generators:comprehension* | Await value:expr | Yield value:expr? | YieldFrom value:expr | Compare left:expr ops:cmpop* comparators:expr* | Call func:expr args:expr* keywords:keyword* | FormattedValue value:expr conversion:int format_spec:expr? | Interpolation value:expr str:const conversion:int format_spec:expr? | JoinedStr values:expr* | TemplateStr values:expr* | Constant value:const kind:text? | Attribute value:expr attr:id ctx:expr_context | Subscript value:expr slice:expr ctx:expr_context | Starred value:expr ctx:expr_context | Name id:id ctx:expr_context | List elts:expr* ctx:expr_context | Tuple elts:expr* ctx:expr_context | Slice lower:expr? upper:expr? step:expr?
expr_context: Load | Store | Del
boolop: And | Or
operator: Add | Sub | Mult | MatMult | Div | Mod | Pow | LShift | RShift | BitOr | BitXor | BitAnd | FloorDiv
unaryop: Invert | Not | UAdd | USub
cmpop: Eq | NotEq | Lt | LtE | Gt | GtE | Is | IsNot | In | NotIn
comprehension: comprehension target:expr iter:expr ifs:expr* is_async:int
excepthandler@: ExceptHandler type:expr? name:id? body:stmt*
arguments: arguments posonlyargs:arg* args:arg* vararg:arg? kwonlyargs:arg* kw_defaults:expr*? kwarg:arg? defaults:expr*
arg@: arg arg:id annotation:expr? type_comment:text?
keyword@: keyword arg:id? value:expr
alias@: alias name:id asname:id?
withitem: withitem context_expr:expr optional_vars:expr?
match_case: match_case pattern:pattern guard:expr? body:stmt*
pattern@: MatchValue value:expr | MatchSingleton value:const | MatchSequence patterns:pattern* | MatchMapping keys:expr* patterns:pattern* rest:id? | MatchClass cls:expr patterns:pattern* kwd_attrs:id* kwd_patterns:pattern* | MatchStar name:id? | MatchAs pattern:pattern? name:id? | MatchOr patterns:pattern*
type_ignore: TypeIgnore lineno:int tag:text
type_param@: TypeVar name:id bound:expr? default_value:expr? | ParamSpec name:id default_value:expr? | TypeVarTuple name:id default_value:expr?
";

/// All kinds.
pub fn kinds() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let mut kinds = Vec::new();
        for line in GRAMMAR.lines() {
            let (family, rest) = line.split_once(": ").unwrap_or((line, ""));
            let placed = family.ends_with('@');
            let family = family.trim_end_matches('@');
            for kind in rest.split(" | ") {
                let mut words = kind.split(' ');
                kinds.push(Kind {
                    name: words.next().unwrap_or_default(),
                    family,
                    placed,
                    fields: words.map(field).collect(),
                });
            }
        }
        kinds
    })
}

/// The kind of a name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    kinds().iter().find(|kind| kind.name == name)
}

fn field(text: &'static str) -> Field {
    let (name, sort) = text.split_once(':').unwrap_or((text, "const"));
    let (sort, many) = if let Some(sort) = sort.strip_suffix("*?") {
        (sort, Many::Gaps)
    } else if let Some(sort) = sort.strip_suffix('*') {
        (sort, Many::List)
    } else if let Some(sort) = sort.strip_suffix('?') {
        (sort, Many::Optional)
    } else {
        (sort, Many::One)
    };
    let sort = match sort {
        "id" => Sort::Ident,
        "text" => Sort::Text,
        "int" => Sort::Int,
        "const" => Sort::Const,
        family => Sort::Node(family),
    };
    Field { name, sort, many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_of_nodes_exist() {
        let known = |name: &str| kinds().iter().any(|kind| kind.family == name);
        for kind in kinds() {
            for field in &kind.fields {
                if let Sort::Node(family) = field.sort {
                    assert!(known(family), "{family} in {}", kind.name);
                }
            }
        }
        assert_eq!(kind("Name").map(|kind| kind.fields.len()), Some(2));
    }
}
