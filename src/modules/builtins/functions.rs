//! Functions over the object protocol.

use typhon_vm::feed::feed;
use typhon_vm::native::*;
use typhon_vm::objects::List;
use typhon_vm::objects::builtin::quick;
use typhon_vm::objects::{format as formatting, int, iter, list, object};
use typhon_vm::protocol;

/// The attribute name argument of `getattr` and its like.
fn check_name(cx: &mut Cx, name: &Value) -> Res<()> {
    if name.downcast::<Str>().is_some() {
        return Ok(());
    }
    let t = name.type_name();
    Err(cx.type_error(format!("attribute name must be string, not '{t}'")))
}

#[pyfunctions(part = PART, module = "builtins")]
pub mod functions {
    use super::*;

    /// Return the absolute value of the argument.
    #[pyfunction]
    #[sig(number, /)]
    #[text_signature = "($module, number, /)"]
    #[quick(quick::abs)]
    fn abs(number: &Value, cx: &mut Cx) -> Res<Value> {
        match number.ty().slots.abs.get() {
            Some(f) => f(cx, number),
            None => {
                let t = number.type_name();
                Err(cx.type_error(format!("bad operand type for abs(): '{t}'")))
            }
        }
    }

    /// Return True if bool(x) is True for all values x in the iterable.
    ///
    /// If the iterable is empty, return True.
    #[pyfunction]
    #[sig(iterable, /)]
    fn all(iterable: &Value, cx: &mut Cx) -> Res<bool> {
        first_with(cx, iterable, false).map(|found| !found)
    }

    /// Return True if bool(x) is True for any x in the iterable.
    ///
    /// If the iterable is empty, return False.
    #[pyfunction]
    #[sig(iterable, /)]
    fn any(iterable: &Value, cx: &mut Cx) -> Res<bool> {
        first_with(cx, iterable, true)
    }

    /// Return an ASCII-only representation of an object.
    ///
    /// As repr(), return a string containing a printable representation of an
    /// object, but escape the non-ASCII characters in the string returned by
    /// repr() using \\x, \\u or \\U escapes. This generates a string similar
    /// to that returned by repr() in Python 2.
    #[pyfunction]
    #[sig(obj, /)]
    fn ascii(obj: &Value, cx: &mut Cx) -> Res<Value> {
        formatting::ascii(cx, obj)
    }

    /// Return the binary representation of an integer.
    ///
    ///    >>> bin(2796202)
    ///    '0b1010101010101010101010'
    #[pyfunction]
    #[sig(number, /)]
    fn bin(number: &Value, cx: &mut Cx) -> Res<Value> {
        in_base(cx, number, 2)
    }

    /// Return the octal representation of an integer.
    ///
    ///    >>> oct(342391)
    ///    '0o1234567'
    #[pyfunction]
    #[sig(number, /)]
    fn oct(number: &Value, cx: &mut Cx) -> Res<Value> {
        in_base(cx, number, 8)
    }

    /// Return the hexadecimal representation of an integer.
    ///
    ///    >>> hex(12648430)
    ///    '0xc0ffee'
    #[pyfunction]
    #[sig(number, /)]
    fn hex(number: &Value, cx: &mut Cx) -> Res<Value> {
        in_base(cx, number, 16)
    }

    fn in_base(cx: &mut Cx, number: &Value, base: u32) -> Res<Value> {
        let i = typhon_vm::number::to_index(cx, number)?;
        int::text::in_base(cx, &i, base)
    }

    /// Call sys.breakpointhook(*args, **kws).
    ///
    /// sys.breakpointhook() must accept whatever arguments are passed.
    ///
    /// By default, this drops you into the pdb debugger.
    #[pyfunction]
    fn breakpoint(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        match typhon_vm::init::sys_get(cx, "breakpointhook") {
            Some(hook) => protocol::call_args(cx, &hook, args),
            None => Err(cx.runtime_error("lost sys.breakpointhook")),
        }
    }

    /// Return whether the object is callable (i.e., some kind of function).
    ///
    /// Note that classes are callable, as are instances of classes with a
    /// __call__() method.
    #[pyfunction]
    #[sig(obj, /)]
    fn callable(obj: &Value) -> bool {
        protocol::is_callable(obj)
    }

    /// Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.
    #[pyfunction]
    #[sig(i, /)]
    #[quick(quick::chr)]
    fn chr(i: &Value, cx: &mut Cx) -> Res<Value> {
        typhon_vm::objects::str::methods::chr(cx, i)
    }

    /// Return the ordinal value of a character.
    ///
    /// If the argument is a one-character string, return the Unicode code
    /// point of that character.
    ///
    /// If the argument is a bytes or bytearray object of length 1, return its
    /// single byte value.
    #[pyfunction]
    #[sig(character, /)]
    #[quick(quick::ord)]
    fn ord(character: &Value, cx: &mut Cx) -> Res<i64> {
        let n = if let Some(s) = character.downcast::<Str>() {
            if s.len() == 1 {
                return Ok(s.at(0) as i64);
            }
            s.len()
        } else if let Some(b) = typhon_vm::objects::bytes::make::bytes_or_bytearray(cx, character) {
            if let [b] = *b {
                return Ok(b as i64);
            }
            b.len()
        } else {
            let t = character.type_name();
            return Err(cx.type_error(format!("ord() expected string of length 1, but {t} found")));
        };
        Err(cx.type_error(format!(
            "ord() expected a character, but string of length {n} found"
        )))
    }

    /// Deletes the named attribute from the given object.
    ///
    /// delattr(x, 'y') is equivalent to ``del x.y``
    #[pyfunction]
    #[sig(obj, name, /)]
    fn delattr(obj: &Value, name: &Value, cx: &mut Cx) -> Res<()> {
        check_name(cx, name)?;
        protocol::setattr(cx, obj, name, None)
    }

    /// Sets the named attribute on the given object to the specified value.
    ///
    /// setattr(x, 'y', v) is equivalent to ``x.y = v``
    #[pyfunction]
    #[sig(obj, name, value, /)]
    fn setattr(obj: &Value, name: &Value, value: &Value, cx: &mut Cx) -> Res<()> {
        check_name(cx, name)?;
        protocol::setattr(cx, obj, name, Some(value))
    }

    /// getattr(object, name[, default]) -> value
    ///
    /// Get a named attribute from an object; getattr(x, 'y') is equivalent to x.y.
    /// When a default argument is given, it is returned when the attribute doesn't
    /// exist; without it, an exception is raised in that case.
    #[pyfunction]
    #[sig(object, name, default = absent, /)]
    #[text_signature(none)]
    fn getattr(object: &Value, name: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        check_name(cx, name)?;
        match default {
            None => protocol::getattr(cx, object, name),
            Some(d) => Ok(protocol::getattr_opt(cx, object, name)?.unwrap_or_else(|| d.clone())),
        }
    }

    /// Return whether the object has an attribute with the given name.
    ///
    /// This is done by calling getattr(obj, name) and catching AttributeError.
    #[pyfunction]
    #[sig(obj, name, /)]
    fn hasattr(obj: &Value, name: &Value, cx: &mut Cx) -> Res<bool> {
        check_name(cx, name)?;
        Ok(protocol::getattr_opt(cx, obj, name)?.is_some())
    }

    /// Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.
    #[pyfunction]
    #[sig(x, y, /)]
    fn divmod(x: &Value, y: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::divmod(cx, x, y)
    }

    /// Return type(value).__format__(value, format_spec)
    ///
    /// Many built-in types implement format_spec according to the
    /// Format Specification Mini-language. See help('FORMATTING')
    /// for details.
    #[pyfunction]
    #[sig(value, format_spec = absent, /)]
    #[text_signature = "($module, value, format_spec='', /)"]
    fn format(value: &Value, format_spec: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match format_spec {
            Some(s) => formatting::format(cx, value, s),
            None => {
                let empty = typhon_vm::statics::immortal(typhon_vm::statics::EMPTY_STR);
                formatting::format(cx, value, &empty)
            }
        }
    }

    /// Return the hash value for the given object.
    ///
    /// Two objects that compare equal must also have the same hash value, but the
    /// reverse is not necessarily true.
    #[pyfunction]
    #[sig(obj, /)]
    fn hash(obj: &Value, cx: &mut Cx) -> Res<i64> {
        protocol::hash(cx, obj)
    }

    /// Return the identity of an object.
    ///
    /// This is guaranteed to be unique among simultaneously existing objects.
    /// (CPython uses the object's memory address.)
    #[pyfunction]
    #[sig(obj, /)]
    #[quick(quick::id)]
    fn id(obj: &Value) -> u64 {
        crate::builtins::functions::identity(obj)
    }

    /// Return whether an object is an instance of a class or of a subclass thereof.
    ///
    /// A tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to
    /// check against. This is equivalent to ``isinstance(x, A) or isinstance(x, B)
    /// or ...`` etc.
    #[pyfunction]
    #[sig(obj, class_or_tuple, /)]
    #[quick(quick::isinstance)]
    fn isinstance(obj: &Value, class_or_tuple: &Value, cx: &mut Cx) -> Res<bool> {
        protocol::isinstance(cx, obj, class_or_tuple)
    }

    /// Return whether 'cls' is derived from another class or is the same class.
    ///
    /// A tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to
    /// check against. This is equivalent to ``issubclass(x, A) or issubclass(x, B)
    /// or ...``.
    #[pyfunction]
    #[sig(cls, class_or_tuple, /)]
    #[quick(quick::issubclass)]
    fn issubclass(cls: &Value, class_or_tuple: &Value, cx: &mut Cx) -> Res<bool> {
        object::isinstance::issubclass(cx, cls, class_or_tuple)
    }

    /// iter(iterable) -> iterator
    /// iter(callable, sentinel) -> iterator
    ///
    /// Get an iterator from an object.
    /// In the first form, the argument must supply its own iterator, or be a sequence.
    /// In the second form, the callable is called until it returns the sentinel.
    #[pyfunction]
    #[sig(object, sentinel = absent, /)]
    #[text_signature(none)]
    fn iter(object: &Value, sentinel: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match sentinel {
            None => protocol::iter(cx, object),
            Some(s) => {
                if !protocol::is_callable(object) {
                    return Err(cx.type_error("iter(v, w): v must be callable"));
                }
                super::iter::new_callable_iter(cx, object, s)
            }
        }
    }

    /// next(iterator[, default])
    ///
    /// Return the next item from the iterator. If default is given and the iterator
    /// is exhausted, it is returned instead of raising StopIteration.
    #[pyfunction]
    #[sig(iterator, default = absent, /)]
    #[text_signature(none)]
    fn next(iterator: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match default {
            Some(d) => Ok(protocol::next(cx, iterator)?.unwrap_or_else(|| d.clone())),
            None => next_or_stop(cx, iterator),
        }
    }

    /// Return an AsyncIterator for an AsyncIterable object.
    #[pyfunction]
    #[sig(async_iterable, /)]
    fn aiter(async_iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let t = async_iterable.type_name();
        let it = match async_iterable.ty().slots.aiter.get() {
            Some(f) => f(cx, async_iterable)?,
            None => return Err(cx.type_error(format!("'{t}' object is not an async iterable"))),
        };
        if it.ty().slots.anext.get().is_none() {
            let n = it.type_name();
            return Err(cx.type_error(format!(
                "aiter() returned not an async iterator of type '{n}'"
            )));
        }
        Ok(it)
    }

    /// Return the next item from the async iterator.
    ///
    /// If default is given and the async iterator is exhausted,
    /// it is returned instead of raising StopAsyncIteration.
    #[pyfunction]
    #[sig(aiterator, default = absent, /)]
    #[text_signature = "($module, aiterator, default=<unrepresentable>, /)"]
    fn anext(aiterator: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let t = aiterator.type_name();
        let awaitable = match aiterator.ty().slots.anext.get() {
            Some(f) => f(cx, aiterator)?,
            None => return Err(cx.type_error(format!("'{t}' object is not an async iterator"))),
        };
        match default {
            None => Ok(awaitable),
            Some(d) => typhon_vm::objects::generator::agen::new_anext_awaitable(cx, &awaitable, d),
        }
    }

    /// Return the number of items in a container.
    #[pyfunction]
    #[sig(obj, /)]
    #[quick(quick::len)]
    fn len(obj: &Value, cx: &mut Cx) -> Res<usize> {
        protocol::len(cx, obj)
    }

    /// Return the canonical string representation of the object.
    ///
    /// For many object types, including most builtins, eval(repr(obj)) == obj.
    #[pyfunction]
    #[sig(obj, /)]
    fn repr(obj: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::repr(cx, obj)
    }

    /// Return a new list containing all items from the iterable in ascending order.
    ///
    /// A custom key function can be supplied to customize the sort order, and the
    /// reverse flag can be set to request the result in descending order.
    #[pyfunction]
    #[sig(iterable, /, **kwargs)]
    #[counted]
    #[text_signature = "($module, iterable, /, *, key=None, reverse=False)"]
    fn sorted(iterable: &Value, kwargs: Kwargs<'_>, cx: &mut Cx) -> Res<Value> {
        if kwargs.is_empty() {
            return list::sort::sorted(cx, iterable, None, false);
        }
        if let Some((key, reverse)) = order_of(kwargs) {
            return list::sort::sorted(cx, iterable, key, reverse);
        }
        // The method judges the keywords.
        let items = protocol::collect(cx, iterable)?;
        let list = list::new_list(cx, items)?;
        let sort = protocol::getattr_str(cx, &list, "sort")?;
        protocol::call_args(cx, &sort, kwargs.alone())?;
        Ok(list)
    }
}

/// The key, and whether the greatest comes first, that keywords of `sorted` ask for. None: they are others, or odd.
fn order_of(kwargs: Kwargs<'_>) -> Option<(Option<&Value>, bool)> {
    let (mut key, mut reverse) = (None, false);
    for (name, value) in kwargs {
        if name.equals_str("key") {
            key = Some(value);
        } else if name.equals_str("reverse") && (value.is_true() || value.is_false()) {
            reverse = value.is_true();
        } else {
            return None;
        }
    }
    Some((key, reverse))
}

/// `id(v)`: the address, or the word itself of an immediate (never a multiple of 8).
pub fn identity(v: &Value) -> u64 {
    if v.is_ptr() { v.bits() & !7 } else { v.bits() }
}

/// `next(it)` with StopIteration at the end; the value of a generator's `return` is kept.
fn next_or_stop(cx: &mut Cx, it: &Value) -> Res<Value> {
    // The slot itself: a value that was returned comes in its StopIteration.
    let Some(next) = it.ty().slots.next.get() else {
        let t = it.type_name();
        return Err(cx.type_error(format!("'{t}' object is not an iterator")));
    };
    match next(cx, it)? {
        Some(v) => Ok(v),
        None => Err(cx.stop_iteration(None)),
    }
}

/// Whether an item of this truth comes; no more are asked for then.
fn first_with(cx: &mut Cx, iterable: &Value, truth: bool) -> Res<bool> {
    if let Some(list) = iterable.downcast_exact::<List>() {
        let mut i = 0;
        while let Some(v) = list.get(cx, i) {
            if protocol::truthy(cx, &v)? == truth {
                return Ok(true);
            }
            i += 1;
        }
        return Ok(false);
    }
    let it = protocol::iter(cx, iterable)?;
    let mut sink = |v: Value| match protocol::known_truth(&v) {
        Some(known) if known != truth => Ok(()),
        _ => Err(v),
    };
    while let Some(v) = feed(cx, &it, &mut sink)? {
        if protocol::truthy(cx, &v)? == truth {
            return Ok(true);
        }
    }
    Ok(false)
}
