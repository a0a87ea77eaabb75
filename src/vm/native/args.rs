//! Arguments of native functions: their shape, the receiver, and the binding to parameters. One parser serves all
//! functions, driven by the `Sig` table of each; its texts are those of CPython's argument clinic for each shape of
//! signature. Wrappers take a short leg when there are no keywords and the count fits.

use crate::native::PyType;
use crate::native::suggest::suggestion;
use crate::objects::{Str, Tuple, Type};
use crate::{Cx, ExcKind, Raised, Res, Value, ValueExt};
use std::fmt::Write;
use std::mem::MaybeUninit;

/// The arguments of a call. Methods find their receiver first in `pos`. `kwvalues` run parallel to `kwnames` (strings).
#[derive(Clone, Copy)]
pub struct Args<'a> {
    pub pos: &'a [Value],
    pub kwvalues: &'a [Value],
    pub kwnames: Option<&'a Tuple>,
}

impl<'a> Args<'a> {
    pub fn positional(pos: &'a [Value]) -> Args<'a> {
        Args {
            pos,
            kwvalues: &[],
            kwnames: None,
        }
    }
    /// Whether keyword arguments were given.
    #[inline]
    pub fn has_keywords(&self) -> bool {
        !self.kwvalues.is_empty()
    }
    /// Name and value of each keyword argument.
    pub fn keywords(&self) -> impl Iterator<Item = (&'a Str, &'a Value)> + use<'a> {
        let names = self.kwnames.map_or(&[][..], |t| t.items());
        // Names are strings: the call protocol checks `**mapping` keys.
        names
            .iter()
            .zip(self.kwvalues)
            .filter_map(|(n, v)| Some((n.downcast::<Str>()?, v)))
    }
    /// The value of one keyword argument.
    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.keywords()
            .find(|(n, _)| n.equals_str(name))
            .map(|(_, v)| v)
    }
    /// The same arguments without keywords.
    pub fn without_keywords(&self) -> Args<'a> {
        Args::positional(self.pos)
    }
    /// For functions that take `Args` whole: `TypeError` when keywords were given.
    pub fn no_keywords(&self, cx: &mut Cx, name: &str) -> Res<()> {
        if self.has_keywords() {
            return Err(cx.type_error(format!("{name}() takes no keyword arguments")));
        }
        Ok(())
    }
    /// For functions that take `Args` whole: the number of positional arguments, with `PyArg_UnpackTuple`'s texts.
    pub fn check_count(&self, cx: &mut Cx, name: &str, min: usize, max: usize) -> Res<()> {
        match self.pos.len() {
            n if n < min || n > max => Err(wrong_count(cx, name, min, max, n)),
            _ => Ok(()),
        }
    }
}

/// Longest row of arguments put together on the stack.
const ROW: usize = 8;

/// `f` of the receiver and the arguments behind it as one row. The row borrows: no word of it is counted.
#[inline]
pub fn with_receiver<R>(this: &Value, args: &[Value], f: impl FnOnce(&[Value]) -> R) -> R {
    if args.len() >= ROW {
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(this.clone());
        all.extend_from_slice(args);
        return f(&all);
    }
    let mut row = [const { MaybeUninit::<Value>::uninit() }; ROW];
    // SAFETY: R11: the words are those of the references given, which outlive the row; the copies are never dropped.
    unsafe {
        std::ptr::copy_nonoverlapping(this, row.as_mut_ptr().cast(), 1);
        std::ptr::copy_nonoverlapping(args.as_ptr(), row.as_mut_ptr().add(1).cast(), args.len());
        f(std::slice::from_raw_parts(
            row.as_ptr().cast(),
            args.len() + 1,
        ))
    }
}

/// The signature of a native function as the parser needs it.
pub struct Sig {
    /// The type's or module's name, `""` for types' constructors and builtins.
    pub owner: &'static str,
    pub name: &'static str,
    /// All parameters but `*args` and `**kwargs`, positional ones first.
    pub names: &'static [&'static str],
    /// How many parameters are positional only; positional at all; and of these required.
    pub positional_only: usize,
    pub positional: usize,
    pub min_positional: usize,
    /// Bits of the keyword-only parameters without default.
    pub required_keywords: u64,
    pub varargs: bool,
    pub varkeywords: bool,
    /// A constructor, an initializer or a type's call.
    pub of_type: bool,
    /// The positional arguments are counted before keywords are looked at, in `PyArg_UnpackTuple`'s words.
    pub counted: bool,
}

impl Sig {
    pub fn takes_keywords(&self) -> bool {
        self.varkeywords || self.positional_only < self.names.len()
    }
    /// One required positional parameter and nothing else, which CPython words differently.
    pub fn is_single(&self) -> bool {
        !self.of_type
            && !self.varargs
            && !self.takes_keywords()
            && self.names.len() == 1
            && self.min_positional == 1
    }
    /// `list.append` or `math.sqrt` or `len`.
    pub fn qualified(&self) -> String {
        if self.owner.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}.{}", self.owner, self.name)
        }
    }
    /// The place of the parameter a keyword names.
    fn place(&self, name: &Str) -> Option<usize> {
        (self.positional_only..self.names.len()).find(|&i| name.equals_str(self.names[i]))
    }
}

/// The value of each named parameter, None where the default applies.
#[inline]
pub fn bind<'a, const N: usize>(
    cx: &mut Cx,
    sig: &'static Sig,
    args: Args<'a>,
) -> Res<[Option<&'a Value>; N]> {
    let n = args.pos.len();
    if args.kwvalues.is_empty()
        && n >= sig.min_positional
        && (n <= sig.positional || sig.varargs)
        && sig.required_keywords == 0
    {
        return Ok(std::array::from_fn(|i| {
            if i < sig.positional {
                args.pos.get(i)
            } else {
                None
            }
        }));
    }
    let mut out = [None; N];
    bind_slow(cx, sig, args, &mut out)?;
    Ok(out)
}

/// Binds with keywords, or says what is wrong.
#[inline(never)]
fn bind_slow<'a>(
    cx: &mut Cx,
    sig: &'static Sig,
    args: Args<'a>,
    out: &mut [Option<&'a Value>],
) -> Res<()> {
    let (given, name) = (args.pos.len(), sig.name);
    let least = sig.positional_only.min(sig.min_positional);
    if sig.counted && !(least..=sig.positional).contains(&given) {
        return Err(wrong_count(cx, name, least, sig.positional, given));
    }
    if !sig.takes_keywords() {
        return Err(if args.has_keywords() {
            let what = sig.qualified();
            cx.type_error(format!("{what}() takes no keyword arguments"))
        } else if sig.names.is_empty() {
            let what = sig.qualified();
            cx.type_error(match sig.of_type {
                true => format!("{what}() takes no arguments"),
                false => format!("{what}() takes no arguments ({given} given)"),
            })
        } else if sig.is_single() {
            let what = sig.qualified();
            cx.type_error(format!(
                "{what}() takes exactly one argument ({given} given)"
            ))
        } else {
            wrong_count(
                cx,
                name,
                sig.min_positional,
                if sig.varargs {
                    usize::MAX
                } else {
                    sig.positional
                },
                given,
            )
        });
    }

    let total = given + args.kwvalues.len();
    if !sig.varargs && !sig.varkeywords && total > sig.names.len() {
        let (n, keyword) = (sig.names.len(), if given == 0 { "keyword " } else { "" });
        return Err(cx.type_error(format!(
            "{name}() takes at most {n} {keyword}argument{} ({total} given)",
            plural(n)
        )));
    }
    if !sig.varargs && given > sig.positional {
        return Err(match sig.positional {
            0 => cx.type_error(format!("{name}() takes no positional arguments")),
            n => {
                let how = if sig.min_positional < n {
                    "at most"
                } else {
                    "exactly"
                };
                cx.type_error(format!(
                    "{name}() takes {how} {n} positional argument{} ({given} given)",
                    plural(n)
                ))
            }
        });
    }
    let min_only = sig.positional_only.min(sig.min_positional);
    if given < min_only {
        let how = if min_only < sig.positional {
            "at least"
        } else {
            "exactly"
        };
        return Err(cx.type_error(format!(
            "{name}() takes {how} {min_only} positional argument{} ({given} given)",
            plural(min_only)
        )));
    }

    for (place, value) in out.iter_mut().zip(args.pos).take(sig.positional) {
        *place = Some(value);
    }
    // A wrong keyword is reported after a missing argument, as CPython does, so it is only noted here.
    let mut unexpected = None;
    for (key, value) in args.keywords() {
        match sig.place(key) {
            Some(i) if out[i].is_none() => out[i] = Some(value),
            place => {
                if unexpected.is_none() && (place.is_some() || !sig.varkeywords) {
                    unexpected = Some((key, place));
                }
            }
        }
    }
    for (i, value) in out.iter().enumerate() {
        let required = if i < sig.positional {
            i < sig.min_positional
        } else {
            sig.required_keywords >> i & 1 == 1
        };
        if required && value.is_none() {
            let missing = sig.names[i];
            return Err(cx.type_error(format!(
                "{name}() missing required argument '{missing}' (pos {})",
                i + 1
            )));
        }
    }
    match unexpected {
        None => Ok(()),
        Some((key, Some(i))) if i < given => Err(cx.type_error(format!(
            "argument for {name}() given by name ('{key}') and position ({})",
            i + 1
        ))),
        Some((key, Some(_))) => {
            Err(cx.type_error(format!("{name}() got multiple values for argument '{key}'")))
        }
        Some((key, None)) => {
            let key = key.to_string_lossy();
            let mut text = format!("{name}() got an unexpected keyword argument '{key}'");
            if let Some(s) = suggestion(&key, sig.names[sig.positional_only..].iter().copied()) {
                let _ = write!(text, ". Did you mean '{s}'?");
            }
            Err(cx.type_error(text))
        }
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

#[cold]
fn wrong_count(cx: &mut Cx, name: &str, min: usize, max: usize, given: usize) -> Raised {
    let (bound, how) = if given < min {
        (min, if min == max { "" } else { "at least " })
    } else {
        (max, if min == max { "" } else { "at most " })
    };
    cx.type_error(format!(
        "{name} expected {how}{bound} argument{}, got {given}",
        plural(bound)
    ))
}

/// The argument of a required parameter, which `bind` has seen to.
#[inline(always)]
pub fn given(value: Option<&Value>) -> &Value {
    match value {
        Some(v) => v,
        None => unbound(),
    }
}

#[cold]
fn unbound() -> ! {
    panic!("a required parameter was not bound")
}

/// `*args`.
#[inline]
pub fn rest<'a>(sig: &'static Sig, args: Args<'a>) -> &'a [Value] {
    args.pos.get(sig.positional..).unwrap_or(&[])
}

/// `**kwargs`: the keyword arguments no parameter is named by.
#[derive(Clone, Copy)]
pub struct Kwargs<'a> {
    sig: &'static Sig,
    args: Args<'a>,
    next: usize,
}

impl<'a> Kwargs<'a> {
    pub fn new(sig: &'static Sig, args: Args<'a>) -> Kwargs<'a> {
        Kwargs { sig, args, next: 0 }
    }
    pub fn is_empty(&self) -> bool {
        let mut all = *self;
        all.next().is_none()
    }
    /// A call's arguments with nothing else. Only where no parameter of the signature takes keywords.
    pub fn alone(&self) -> Args<'a> {
        Args {
            pos: &[],
            ..self.args
        }
    }
    /// The value of one of them.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        let mut all = *self;
        all.find(|(n, _)| n.equals_str(name)).map(|(_, v)| v)
    }
}

impl<'a> Iterator for Kwargs<'a> {
    type Item = (&'a Str, &'a Value);
    fn next(&mut self) -> Option<Self::Item> {
        let names = self.args.kwnames?.items();
        while let Some((name, value)) = names.get(self.next).zip(self.args.kwvalues.get(self.next))
        {
            self.next += 1;
            if let Some(name) = name.downcast::<Str>()
                && self.sig.place(name).is_none()
            {
                return Some((name, value));
            }
        }
        None
    }
}

/// The receiver of a method, and the arguments behind it.
#[inline(always)]
pub fn receiver<'a, T: PyType>(
    cx: &mut Cx,
    args: Args<'a>,
    sig: &'static Sig,
) -> Res<(&'a T, Args<'a>)> {
    if let Some((word, pos)) = args.pos.split_first()
        && let Some(this) = word.downcast_exact::<T>()
    {
        return Ok((this, Args { pos, ..args }));
    }
    unusual_receiver(cx, args, sig)
}

/// The same for instances of subclasses and strangers.
#[inline(never)]
fn unusual_receiver<'a, T: PyType>(
    cx: &mut Cx,
    args: Args<'a>,
    sig: &'static Sig,
) -> Res<(&'a T, Args<'a>)> {
    let (word, rest) = first(cx, args, sig)?;
    match word.downcast::<T>() {
        Some(this) => Ok((this, rest)),
        None => Err(wrong_receiver(cx, word, sig.name, T::NAME)),
    }
}

/// The same, as the word itself.
#[inline]
pub fn word_receiver<'a, T: PyType>(
    cx: &mut Cx,
    args: Args<'a>,
    sig: &'static Sig,
) -> Res<(&'a Value, Args<'a>)> {
    let (word, rest) = first(cx, args, sig)?;
    if !is_instance::<T>(word) {
        return Err(wrong_receiver(cx, word, sig.name, T::NAME));
    }
    Ok((word, rest))
}

/// The class of a class method.
#[inline]
pub fn class_receiver<'a>(
    cx: &mut Cx,
    args: Args<'a>,
    sig: &'static Sig,
) -> Res<(&'a Type, Args<'a>)> {
    let (word, rest) = first(cx, args, sig)?;
    match word.downcast::<Type>() {
        Some(cls) => Ok((cls, rest)),
        None => {
            let (name, owner, found) = (sig.name, sig.owner, word.type_name());
            Err(cx.type_error(format!(
                "descriptor '{name}' for type '{owner}' needs a type, not a '{found}' as arg 2"
            )))
        }
    }
}

#[inline(always)]
fn first<'a>(cx: &mut Cx, args: Args<'a>, sig: &'static Sig) -> Res<(&'a Value, Args<'a>)> {
    match args.pos.split_first() {
        Some((word, pos)) => Ok((word, Args { pos, ..args })),
        None => Err(no_receiver(cx, sig)),
    }
}

#[cold]
fn no_receiver(cx: &mut Cx, sig: &'static Sig) -> Raised {
    let what = sig.qualified();
    cx.type_error(format!("unbound method {what}() needs an argument"))
}

/// An instance of `T`, immediate ints and floats included (which have no struct behind them).
#[inline]
fn is_instance<T: PyType>(word: &Value) -> bool {
    let wanted = T::type_word();
    wanted != 0 && word.is_instance_of_word(wanted)
}

#[cold]
fn wrong_receiver(cx: &mut Cx, word: &Value, name: &str, owner: &str) -> Raised {
    let found = word.type_name();
    cx.type_error(format!(
        "descriptor '{name}' for '{owner}' objects doesn't apply to a '{found}' object"
    ))
}

/// The receiver of a getter or setter.
#[inline]
pub fn property_receiver<'a, T: PyType>(cx: &mut Cx, word: &'a Value, name: &str) -> Res<&'a T> {
    match word.downcast::<T>() {
        Some(this) => Ok(this),
        None => Err(wrong_receiver(cx, word, name, T::NAME)),
    }
}

/// Says whether a getter or setter that wants the word has one of the right type.
pub fn property_word<T: PyType>(cx: &mut Cx, word: &Value, name: &str) -> Res<()> {
    if is_instance::<T>(word) {
        Ok(())
    } else {
        Err(wrong_receiver(cx, word, name, T::NAME))
    }
}

/// The receiver of a slot.
///
/// # Safety
/// `word` is an instance of `T` with a struct behind it.
#[inline(always)]
pub unsafe fn slot_self<T: PyType>(word: &Value) -> &T {
    debug_assert!(word.downcast::<T>().is_some());
    // SAFETY: by contract; a subclass's layout begins with that of its base.
    unsafe { &*word.as_ptr().cast::<T>() }
}

/// An operand of a binary slot, None when it is of another type.
#[inline]
pub fn operand<T: PyType>(word: &Value) -> Option<&T> {
    word.downcast::<T>()
}

/// `__new__` of a native type that takes no keywords does not see them when a subclass takes them in its own `__init__`.
#[inline]
pub fn new_args<'a, T: PyType>(cls: &Type, args: Args<'a>) -> Args<'a> {
    if args.has_keywords() && keywords_are_for_init(cls, Type::from_word(T::type_word())) {
        return args.without_keywords();
    }
    args
}

#[cold]
fn keywords_are_for_init(cls: &Type, own: &Type) -> bool {
    cls.word() != own.word() && cls.slots.init.bits() != own.slots.init.bits()
}

/// A slot that can set but not delete was asked to delete.
#[cold]
pub fn no_delete(cx: &mut Cx, this: &Value, slot: &str) -> Raised {
    let name = this.type_name();
    match slot {
        "setitem" => cx.type_error(format!("'{name}' object doesn't support item deletion")),
        "descr_set" => cx.raise(ExcKind::AttributeError, "__delete__"),
        _ => cx.type_error(format!("'{name}' object attributes may not be deleted")),
    }
}

/// A setter that cannot delete was asked to.
#[cold]
pub fn no_attr_delete(cx: &mut Cx, name: &str) -> Raised {
    cx.type_error(format!("{name} may not be deleted"))
}
