"""The classes of Python's syntax trees, made from the abstract grammar below."""

PyCF_ONLY_AST = 0x400
PyCF_TYPE_COMMENTS = 0x1000
PyCF_ALLOW_TOP_LEVEL_AWAIT = 0x2000
PyCF_OPTIMIZED_AST = 0x8400

# A line: base class with the attributes of its kinds, then each kind with its fields; `?` optional, `*` a list.
_GRAMMAR = """
mod: Module body* type_ignores* | Interactive body* | Expression body | FunctionType argtypes* returns
stmt@: FunctionDef name args body* decorator_list* returns? type_comment? type_params* | AsyncFunctionDef name args body* decorator_list* returns? type_comment? type_params* | ClassDef name bases* keywords* body* decorator_list* type_params* | Return value? | Delete targets* | Assign targets* value type_comment? | TypeAlias name type_params* value | AugAssign target op value | AnnAssign target annotation value? simple | For target iter body* orelse* type_comment? | AsyncFor target iter body* orelse* type_comment? | While test body* orelse* | If test body* orelse* | With items* body* type_comment? | AsyncWith items* body* type_comment? | Match subject cases* | Raise exc? cause? | Try body* handlers* orelse* finalbody* | TryStar body* handlers* orelse* finalbody* | Assert test msg? | Import names* | ImportFrom module? names* level? | Global names* | Nonlocal names* | Expr value | Pass | Break | Continue
expr@: BoolOp op values* | NamedExpr target value | BinOp left op right | UnaryOp op operand | Lambda args body | IfExp test body orelse | Dict keys* values* | Set elts* | ListComp elt generators* | SetComp elt generators* | DictComp key value generators* | GeneratorExp elt generators* | Await value | Yield value? | YieldFrom value | Compare left ops* comparators* | Call func args* keywords* | FormattedValue value conversion format_spec? | Interpolation value str conversion format_spec? | JoinedStr values* | TemplateStr values* | Constant value kind? | Attribute value attr ctx | Subscript value slice ctx | Starred value ctx | Name id ctx | List elts* ctx | Tuple elts* ctx | Slice lower? upper? step?
expr_context: Load | Store | Del
boolop: And | Or
operator: Add | Sub | Mult | MatMult | Div | Mod | Pow | LShift | RShift | BitOr | BitXor | BitAnd | FloorDiv
unaryop: Invert | Not | UAdd | USub
cmpop: Eq | NotEq | Lt | LtE | Gt | GtE | Is | IsNot | In | NotIn
comprehension: target iter ifs* is_async
excepthandler@: ExceptHandler type? name? body*
arguments: posonlyargs* args* vararg? kwonlyargs* kw_defaults* kwarg? defaults*
arg@: arg annotation? type_comment?
keyword@: arg? value
alias@: name asname?
withitem: context_expr optional_vars?
match_case: pattern guard? body*
pattern@: MatchValue value | MatchSingleton value | MatchSequence patterns* | MatchMapping keys* patterns* rest? | MatchClass cls patterns* kwd_attrs* kwd_patterns* | MatchStar name? | MatchAs pattern? name? | MatchOr patterns*
type_ignore: TypeIgnore lineno tag
type_param@: TypeVar name bound? default_value? | ParamSpec name default_value? | TypeVarTuple name default_value?
"""


class AST:
    _fields = ()
    _attributes = ()
    _optional = ()
    _lists = ()
    __match_args__ = ()
    _field_types = {}

    def __init__(self, *args, **kwargs):
        cls = type(self)
        fields = cls._fields
        if len(args) > len(fields):
            raise TypeError(f'{cls.__name__} constructor takes at most {len(fields)} positional '
                            f'argument{"" if len(fields) == 1 else "s"}')
        seen = set()
        for name, value in zip(fields, args):
            setattr(self, name, value)
            seen.add(name)
        for name, value in kwargs.items():
            if name in seen:
                raise TypeError(f'{cls.__name__} got multiple values for argument {name!r}')
            setattr(self, name, value)
            seen.add(name)
        for name in fields:
            if name not in seen:
                if name in cls._lists:
                    setattr(self, name, [])
                elif name == 'ctx':
                    self.ctx = Load()

    def __reduce_ex__(self, protocol):
        return _rebuild, (type(self), self.__dict__.copy())

    def __replace__(self, /, **changes):
        values = self.__dict__.copy()
        allowed = set(self._fields) | set(self._attributes)
        for name in changes:
            if name not in allowed:
                raise TypeError(f'{type(self).__name__}.__replace__ got an unexpected keyword argument {name!r}.')
        values.update(changes)
        return _rebuild(type(self), values)

    def __repr__(self):
        shown = ', '.join(f'{n}={getattr(self, n)!r}' for n in self._fields if hasattr(self, n))
        return f'{type(self).__name__}({shown})'


AST.__module__ = 'ast'


def _rebuild(cls, values):
    node = cls.__new__(cls)
    node.__dict__.update(values)
    return node


def _make(name, base, fields, attributes):
    names = tuple(f.rstrip('?*') for f in fields)
    optional = tuple(f[:-1] for f in fields if f.endswith('?'))
    namespace = {
        '__module__': 'ast',
        '_fields': names,
        '__match_args__': names,
        '_optional': optional,
        '_lists': tuple(f[:-1] for f in fields if f.endswith('*')),
    }
    if attributes is not None:
        namespace['_attributes'] = attributes
    for field in optional:
        namespace[field] = None
    cls = type(name, (base,), namespace)
    globals()[name] = cls
    return cls


def _build():
    place = ('lineno', 'col_offset', 'end_lineno', 'end_col_offset')
    for line in _GRAMMAR.strip().splitlines():
        head, _, rest = line.partition(': ')
        attributes = place if head.endswith('@') else None
        head = head.rstrip('@')
        kinds = [kind.split() for kind in rest.split(' | ')]
        if kinds[0][0][0].islower():
            base = _make(head, AST, kinds[0], attributes)
        else:
            base = _make(head, AST, (), attributes)
            for kind in kinds:
                _make(kind[0], base, kind[1:], None)
        if attributes:
            base.end_lineno = base.end_col_offset = None


_build()
