//! The wrapper behind `functools.lru_cache`.
//!
//! The cache is a dict in order of use. Without a bound a hit is a lock-free read of that dict. With one, a hit and an
//! insertion each are one hold of the dict's lock, in which the entry goes to the end and old ones leave, so there never are
//! more than `maxsize` (R7: keys are compared, and the wrapped function runs, outside). Counts are kept in stripes, most of which
//! one thread writes alone, so that threads that only hit share no written line and lock none.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_vm::SlotExt;
use typhon_vm::native::*;
use typhon_vm::objects::builtin::answer::{self, ForRegister};
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::function::methods::new_method;
use typhon_vm::objects::object::{self, new_plain_object};
use typhon_vm::objects::str::is_exact_str;
use typhon_vm::objects::{Dict, tuple};
use typhon_vm::{number, protocol};

/// The first threads each have a stripe of their own, by their ids; all others share the last one.
const STRIPES: usize = 16;

/// Hits and misses of the threads of a stripe. They only grow.
#[derive(Default)]
#[repr(align(64))]
struct Stripe {
    hits: AtomicU64,
    misses: AtomicU64,
}

fn sum(counts: &[Stripe], which: fn(&Stripe) -> &AtomicU64) -> u64 {
    counts
        .iter()
        .map(|s| which(s).load(Ordering::Relaxed))
        .sum()
}

/// How much is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Nothing,
    Unlimited,
    Most(usize),
}

/// Create a cached callable that wraps another function.
///
/// user_function:      the function being cached
///
/// maxsize:  0         for no caching
///           None      for unlimited cache size
///           n         for a bounded cache
///
/// typed:    False     cache f(3) and f(3.0) as identical calls
///           True      cache f(3) and f(3.0) as distinct calls
///
/// cache_info_type:    namedtuple class with the fields:
///                         hits misses currsize maxsize
#[pytype(
    name = "_lru_cache_wrapper",
    module = "functools",
    gc,
    weakrefable,
    method_descriptor
)]
pub struct LruCache {
    pub head: Header,
    func: Value,
    cache: Value,
    info_type: Value,
    #[skip]
    bound: Bound,
    typed: bool,
    #[skip]
    counts: Box<[Stripe; STRIPES]>,
    /// What they were when the cache was cleared.
    #[skip]
    cleared: Stripe,
    /// `__dict__`.
    dict: Slot,
}

static KEYWORD_MARK: OnceLock<Value> = OnceLock::new();

/// Separates positional from keyword arguments in a key.
fn keyword_mark(cx: &mut Cx) -> Res<Value> {
    if let Some(m) = KEYWORD_MARK.get() {
        return Ok(m.clone());
    }
    let made = new_plain_object(cx)?;
    if let Some(h) = made.header() {
        h.set_immortal();
    }
    Ok(KEYWORD_MARK.get_or_init(|| made).clone())
}

impl LruCache {
    /// The loop asks its instances before it calls them.
    pub fn announce(class: &Type) {
        answer::announce(class, LruCache::answer);
    }

    pub const DICT_OFFSET: usize = std::mem::offset_of!(LruCache, dict);

    fn cache(&self) -> &Dict {
        self.cache.downcast_exact::<Dict>().expect("made as a dict")
    }

    fn count(&self, cx: &Cx, hit: bool) {
        let own = (cx.tid as usize).min(STRIPES - 1);
        let s = &self.counts[own];
        let n = if hit { &s.hits } else { &s.misses };
        if own == STRIPES - 1 {
            n.fetch_add(1, Ordering::Relaxed);
        } else {
            // An id is one thread's at a time.
            n.store(n.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    /// A hit of an unbounded cache whose key is the argument itself.
    fn answer(cx: &mut Cx, this: &Value, args: &[Value]) -> Option<ForRegister> {
        let (this, [key]) = (this.downcast_exact::<LruCache>()?, args) else {
            return None;
        };
        if this.typed || this.bound != Bound::Unlimited {
            return None;
        }
        let found = ForRegister::item(cx, &this.cache, key)?;
        this.count(cx, true);
        Some(found)
    }

    /// The cache's key for a call.
    fn key(&self, cx: &mut Cx, args: &Args<'_>) -> Res<Value> {
        if !self.typed && args.kwvalues.is_empty() {
            if let [one] = args.pos
                && (is_exact_str(one) || number::is_exact_int(one))
            {
                return Ok(one.clone());
            }
            return tuple::new_tuple_from(cx, args.pos.len(), args.pos.iter().cloned());
        }
        let mut items = args.pos.to_vec();
        if !args.kwvalues.is_empty() {
            items.push(keyword_mark(cx)?);
            for (k, v) in args
                .kwnames
                .map_or(&[][..], Tuple::items)
                .iter()
                .zip(args.kwvalues)
            {
                items.push(k.clone());
                items.push(v.clone());
            }
        }
        if self.typed {
            items.extend(args.pos.iter().chain(args.kwvalues).map(|v| v.ty().value()));
        }
        tuple::new_tuple(cx, items)
    }
}

#[pymethods]
impl LruCache {
    #[new]
    #[sig(user_function, maxsize, typed, cache_info_type)]
    #[text_signature(none)]
    fn new(
        cls: &Type,
        user_function: &Value,
        maxsize: &Value,
        typed: bool,
        cache_info_type: &Value,
        cx: &mut Cx,
    ) -> Res<Value> {
        if !protocol::is_callable(user_function) {
            return Err(cx.type_error("the first argument must be callable"));
        }
        let bound = if maxsize.is_none() {
            Bound::Unlimited
        } else if maxsize.as_small_int().is_some() || maxsize.ty().slots.index.get().is_some() {
            match number::index_isize_checked(cx, maxsize, ExcKind::OverflowError)? {
                n if n <= 0 => Bound::Nothing,
                n => Bound::Most(n as usize),
            }
        } else {
            return Err(cx.type_error("maxsize should be integer or None"));
        };
        let cache = new_dict(cx)?;
        let c = LruCache {
            head: Header::placeholder(),
            func: user_function.clone(),
            cache,
            info_type: cache_info_type.clone(),
            bound,
            typed,
            counts: Default::default(),
            cleared: Stripe::default(),
            dict: Slot::EMPTY,
        };
        object::alloc(cx, cls, c)
    }

    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if self.bound == Bound::Nothing {
            self.count(cx, false);
            return protocol::call_args(cx, &self.func, args);
        }
        let key = self.key(cx, &args)?;
        let hash = protocol::hash(cx, &key)?;
        let cache = self.cache();
        let found = match self.bound {
            Bound::Most(_) => cache.get_and_touch(cx, &key, hash)?,
            _ => cache.get_with_hash(cx, &key, hash)?,
        };
        self.count(cx, found.is_some());
        if let Some(v) = found {
            return Ok(v);
        }
        let result = protocol::call_args(cx, &self.func, args)?;
        match self.bound {
            Bound::Most(max) => cache.insert_bounded(cx, &key, hash, result.clone(), max)?,
            _ => cache.set_with_hash(cx, &key, hash, result.clone())?,
        }
        Ok(result)
    }

    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _cls: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        match obj {
            Some(o) if !o.is_none() => new_method(cx, this, o),
            _ => Ok(this.clone()),
        }
    }

    /// Report cache statistics
    fn cache_info(&self, cx: &mut Cx) -> Res<Value> {
        let since = |which: fn(&Stripe) -> &AtomicU64| {
            // First what is subtracted: the sum only grows.
            let cleared = which(&self.cleared).load(Ordering::Acquire);
            sum(&*self.counts, which).saturating_sub(cleared)
        };
        let hits = since(|s| &s.hits).into_value(cx)?;
        let misses = since(|s| &s.misses).into_value(cx)?;
        let max = match self.bound {
            Bound::Unlimited => Value::none(),
            Bound::Nothing => Value::small_int(0),
            Bound::Most(n) => n.into_value(cx)?,
        };
        let size = self.cache().len().into_value(cx)?;
        protocol::call(cx, &self.info_type, &[hits, misses, max, size])
    }

    /// Clear the cache and cache statistics
    fn cache_clear(&self, cx: &mut Cx) {
        let both: [fn(&Stripe) -> &AtomicU64; 2] = [|s| &s.hits, |s| &s.misses];
        for which in both {
            which(&self.cleared).store(sum(&*self.counts, which), Ordering::Release);
        }
        self.cache().clear(cx);
    }

    #[text_signature(none)]
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::getattr_str(cx, this, "__qualname__")
    }
    #[text_signature(none)]
    fn __copy__(this: &Value) -> Value {
        this.clone()
    }
    #[sig(memo, /)]
    #[text_signature(none)]
    fn __deepcopy__(this: &Value, memo: &Value) -> Value {
        let _ = memo;
        this.clone()
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.cache().clear(cx);
        let old = self.dict.put(&self.head, cx, None);
        drop(old);
    }
}
