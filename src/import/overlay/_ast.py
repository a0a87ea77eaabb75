"""The classes of Python's syntax trees, made from the abstract grammar that the compiler keeps."""

import typhon

PyCF_ONLY_AST = 0x400
PyCF_TYPE_COMMENTS = 0x1000
PyCF_ALLOW_TOP_LEVEL_AWAIT = 0x2000
PyCF_OPTIMIZED_AST = 0x8400

_SOON = 'This will become an error in Python 3.15.'
# How many levels repr() shows, and what stands for the sorts of the grammar that are no nodes.
_DEPTH = 3
_SORTS = {'id': ('identifier', str), 'text': ('string', str), 'int': ('int', int), 'const': ('constant', object)}


def _warn(message):
    import warnings
    warnings.warn(message, DeprecationWarning, stacklevel=3)


class AST:
    _fields = ()
    _attributes = ()
    __match_args__ = ()

    def __init__(self, /, *args, **kwargs):
        cls = type(self)
        name = cls.__name__
        fields = cls._fields
        if len(args) > len(fields):
            raise TypeError(f'{name} constructor takes at most {len(fields)} positional '
                            f'argument{"" if len(fields) == 1 else "s"}')
        left = set(fields)
        for field, value in zip(fields, args):
            setattr(self, field, value)
            left.discard(field)
        for field, value in kwargs.items():
            if field in fields:
                if field not in left:
                    raise TypeError(f'{name} got multiple values for argument {field!r}')
                left.discard(field)
            elif field not in cls._attributes:
                shown = name if cls.__module__ != 'ast' or cls is not AST else 'ast.AST'
                _warn(f'{shown}.__init__ got an unexpected keyword argument {field!r}. Support for arbitrary '
                      f'keyword arguments is deprecated and will be removed in Python 3.15.')
            setattr(self, field, value)
        if left:
            self._fill(left)

    def _fill(self, left):
        cls = type(self)
        types = getattr(cls, '_field_types', None)
        if types is None:
            return
        for field in cls._fields:
            if field not in left:
                continue
            kind = types.get(field)
            if kind is None:
                _warn(f'Field {field!r} is missing from {cls.__name__}._field_types. {_SOON}')
            elif isinstance(kind, _Union):
                pass  # None is the class's own value
            elif isinstance(kind, _Generic):
                setattr(self, field, [])
            elif kind is expr_context:
                setattr(self, field, Load())
            else:
                _warn(f'{cls.__name__}.__init__ missing 1 required positional argument: {field!r}. {_SOON}')

    def __reduce_ex__(self, protocol, /):
        # Fields by position first, so that making the copy asks for none.
        values = self.__dict__.copy()
        return type(self), (None,) * len(self._fields), values

    def __replace__(self, /, **changes):
        name = type(self).__name__
        values = self.__dict__.copy()
        known = set(self._fields) | set(self._attributes) | set(values)
        for field in changes:
            if field not in known:
                raise TypeError(f'{name}.__replace__ got an unexpected keyword argument {field!r}.')
        values.update(changes)
        types = getattr(self, '_field_types', {})
        missing = [field for field in self._fields if field not in values
                   and not isinstance(types.get(field), (_Union, _Generic)) and types.get(field) is not expr_context]
        if missing:
            plural = '' if len(missing) == 1 else 's'
            shown = ', '.join(map(repr, missing))
            raise TypeError(f'{name}.__replace__ missing {len(missing)} keyword argument{plural}: {shown}.')
        new = type(self).__new__(type(self))
        for field, value in values.items():
            setattr(new, field, value)
        return new

    def __repr__(self):
        return _show(self, _DEPTH)


AST.__module__ = 'ast'
AST.__doc__ = None
_Union = type(int | None)
_Generic = type(list[int])


def _show(value, depth):
    if isinstance(value, list):
        items = value if len(value) <= 2 else [value[0], ..., value[-1]]
        return '[' + ', '.join('...' if item is ... and len(value) > 2 and i == 1 else _show(item, depth)
                               for i, item in enumerate(items)) + ']'
    if not isinstance(value, AST):
        return repr(value)
    name = type(value).__name__
    if depth <= 0:
        return f'{name}(...)'
    shown = ', '.join(f'{field}={_show(getattr(value, field), depth - 1)}' for field in value._fields)
    return f'{name}({shown})'


def _field(text):
    """Name, type as the grammar writes it, sort, and how many."""
    name, _, sort = text.partition(':')
    for many in ('*?', '*', '?', ''):
        if sort.endswith(many):
            sort = sort.removesuffix(many)
            break
    written = _SORTS.get(sort, (sort,))[0] + many[::-1]
    return name, f'{written} {name}', sort, many


def _make(name, base, fields, doc):
    names = tuple(field[0] for field in fields)
    namespace = {'__module__': 'ast', '__doc__': doc, '_fields': names, '__match_args__': names}
    for field, _, _, many in fields:
        if many == '?':
            namespace[field] = None
    cls = globals()[name] = type(name, (base,), namespace)
    return cls


def _build():
    place = ('lineno', 'col_offset', 'end_lineno', 'end_col_offset')
    made = []
    for line in typhon.ast_grammar().splitlines():
        head, _, rest = line.partition(': ')
        family = head.rstrip('@')
        kinds = []
        for text in rest.split(' | '):
            name, *fields = text.split(' ')
            fields = [_field(field) for field in fields]
            written = ', '.join(field[1] for field in fields)
            kinds.append((name, fields, f'{name}({written})' if fields else name))
        if kinds[0][0] == family:
            base = _make(family, AST, kinds[0][1], kinds[0][2])
            made.append((base, kinds[0][1]))
        else:
            # Kinds without fields stand in one row.
            plain = not any(fields for _, fields, _ in kinds)
            between = ' | ' if plain else '\n' + ' ' * (len(family) + 1) + '| '
            base = _make(family, AST, (), f'{family} = ' + between.join(kind[2] for kind in kinds))
            made.extend((_make(name, base, fields, doc), fields) for name, fields, doc in kinds)
        base._attributes = place if head.endswith('@') else ()
        if head.endswith('@'):
            base.end_lineno = base.end_col_offset = None
    for cls, fields in made:
        types = {}
        for name, _, sort, many in fields:
            kind = _SORTS[sort][1] if sort in _SORTS else globals()[sort]
            types[name] = kind | None if many == '?' else list[kind] if many else kind
        cls._field_types = types
        cls.__annotations__ = types


_build()
