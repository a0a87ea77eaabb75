//! `threading.local`: one dict per thread. The dicts stand in the object, so that cycles through it are garbage like any other;
//! each thread keeps weak references to the objects that have a dict of its, and takes its dicts back when it ends.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::weakref::{self, WeakRef};
use typhon_vm::objects::{Dict, List, Object, dict, list, object, str};

use typhon_vm::cx::local::THREAD_LOCALS;

static SERIALS: AtomicU64 = AtomicU64::new(1);
thread_local! {
    static SERIAL: Cell<u64> = const { Cell::new(0) };
}

/// A number no other thread of this process has, or had.
fn serial() -> u64 {
    SERIAL.with(|s| {
        if s.get() == 0 {
            s.set(SERIALS.fetch_add(1, Ordering::Relaxed));
        }
        s.get()
    })
}

/// The dict of each thread.
#[derive(Default)]
struct Dicts(Vec<(u64, Value)>);

impl Traverse for Dicts {
    fn traverse(&self, v: &mut Visitor) {
        self.0.iter().for_each(|(_, d)| d.traverse(v));
    }
}

/// Thread-local data
#[pytype(name = "_local", module = "_thread", gc, basetype, weakrefable)]
pub struct Local {
    head: Header,
    dicts: Guarded<Dicts>,
    /// What `__init__` gets in each thread.
    pos: Vec<Value>,
    kwnames: Option<Value>,
    kwvalues: Vec<Value>,
}

impl Local {
    fn find(&self, cx: &mut Cx) -> Option<Value> {
        let me = serial();
        let d = self.dicts.lock(&self.head, &mut cx.thread);
        d.0.iter().find(|(s, _)| *s == me).map(|(_, d)| d.clone())
    }
    fn args(&self) -> Args<'_> {
        Args {
            pos: &self.pos,
            kwvalues: &self.kwvalues,
            kwnames: self.kwnames.as_ref().and_then(|n| n.downcast::<Tuple>()),
        }
    }
    /// A new dict for this thread.
    fn add(&self, cx: &mut Cx, this: &Value) -> Res<Value> {
        let d = dict::new_dict(cx)?;
        remember(cx, this)?;
        self.dicts
            .lock(&self.head, &mut cx.thread)
            .0
            .push((serial(), d.clone()));
        Ok(d)
    }
    fn remove(&self, cx: &mut Cx) -> Option<Value> {
        let me = serial();
        let mut d = self.dicts.lock(&self.head, &mut cx.thread);
        let at = d.0.iter().position(|(s, _)| *s == me)?;
        let (_, gone) = d.0.swap_remove(at);
        drop(d);
        Some(gone)
    }
}

/// Have the thread know of an object that keeps a dict for it.
fn remember(cx: &mut Cx, this: &Value) -> Res<()> {
    let w = weakref::new_ref(cx, this, None)?;
    let known = match &cx.locals[THREAD_LOCALS] {
        Some(l) => l.clone(),
        None => {
            let l = list::new_list(cx, vec![])?;
            cx.locals[THREAD_LOCALS] = Some(l.clone());
            l
        }
    };
    let Some(l) = known.downcast::<List>() else {
        return Ok(());
    };
    // Dead ones go when their number may have doubled.
    if l.len().is_power_of_two() && l.len() >= 16 {
        let alive: Vec<Value> = l
            .to_vec(cx)
            .into_iter()
            .filter(|w| w.downcast::<WeakRef>().is_some_and(|r| !r.cell.0.is_dead()))
            .collect();
        l.replace_all(cx, alive)?;
    }
    l.push(cx, w)
}

/// The thread ends: its dicts go.
pub fn forget_thread(cx: &mut Cx) {
    // Finalizers may make new ones.
    for _ in 0..4 {
        let Some(known) = cx.locals[THREAD_LOCALS].take() else {
            return;
        };
        let Some(l) = known.downcast::<List>() else {
            return;
        };
        for w in l.to_vec(cx) {
            let target = w.downcast::<WeakRef>().and_then(|r| weakref::target(cx, r));
            if let Some(t) = target
                && let Some(local) = t.downcast::<Local>()
            {
                let gone = local.remove(cx);
                drop(gone);
            }
        }
        drop(known);
        typhon_vm::call::run_pending(cx);
    }
}

/// The dict of this thread; a thread's first use runs `__init__`.
fn dict_of(cx: &mut Cx, this: &Value) -> Res<Value> {
    let Some(l) = this.downcast::<Local>() else {
        return Err(cx.type_error("_thread._local object expected"));
    };
    if let Some(d) = l.find(cx) {
        return Ok(d);
    }
    let d = l.add(cx, this)?;
    let init = this.ty().slots.init.get();
    if this.ty().slots.init.bits() != Type::of::<Object>().slots.init.bits()
        && let Some(f) = init
        && let Err(r) = f(cx, this, l.args())
    {
        let gone = l.remove(cx);
        drop(gone);
        return Err(r);
    }
    Ok(d)
}

#[pymethods]
impl Local {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if cls.slots.init.bits() == Type::of::<Object>().slots.init.bits()
            && (!args.pos.is_empty() || args.has_keywords())
        {
            return Err(cx.type_error("Initialization arguments are not supported"));
        }
        let mut names = Vec::new();
        for (n, _) in args.keywords() {
            names.push(n.value());
        }
        let kwnames = if names.is_empty() {
            None
        } else {
            Some(typhon_vm::objects::tuple::new_tuple(cx, names)?)
        };
        let local = Local {
            head: Header::placeholder(),
            dicts: Guarded::new(Dicts::default()),
            pos: args.pos.to_vec(),
            kwnames,
            kwvalues: args.kwvalues.to_vec(),
        };
        let v = object::alloc(cx, cls, local)?;
        if let Some(l) = v.downcast::<Local>() {
            l.add(cx, &v)?;
        }
        Ok(v)
    }

    #[slot]
    fn getattro(this: &Value, name: &Value, cx: &mut Cx) -> Res<Value> {
        let d = dict_of(cx, this)?;
        if name
            .downcast::<Str>()
            .is_some_and(|n| n.equals_str("__dict__"))
        {
            return Ok(d);
        }
        let name = &str::intern::intern(name);
        let cls = this.ty();
        let cls_v = cls.value();
        let found = cls.lookup(cx, name);
        let get = found.as_ref().and_then(|f| f.ty().slots.descr_get.get());
        if let (Some(f), Some(get)) = (&found, get)
            && f.ty().slots.descr_set.get().is_some()
        {
            return get(cx, f, Some(this), Some(&cls_v));
        }
        if let Some(d) = d.downcast::<Dict>()
            && let Some(v) = d.get(cx, name)?
        {
            return Ok(v);
        }
        match (found, get) {
            (Some(f), Some(get)) => get(cx, &f, Some(this), Some(&cls_v)),
            (Some(f), None) => Ok(f),
            (None, _) => Err(object::no_attribute(cx, this, name)),
        }
    }

    #[slot]
    fn setattro(this: &Value, name: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(n) = name.downcast::<Str>() else {
            let t = name.type_name();
            return Err(cx.type_error(format!("attribute name must be string, not '{t}'")));
        };
        if n.equals_str("__dict__") {
            let t = this.type_name();
            return Err(
                cx.attribute_error(format!("'{t}' object attribute '__dict__' is read-only"))
            );
        }
        let d = dict_of(cx, this)?;
        let name = &str::intern::intern(name);
        if let Some(f) = this.ty().lookup(cx, name)
            && let Some(set) = f.ty().slots.descr_set.get()
        {
            return set(cx, &f, this, value);
        }
        let Some(d) = d.downcast::<Dict>() else {
            return Ok(());
        };
        match value {
            Some(v) => d.set(cx, name, v.clone()),
            None => match d.remove(cx, name)? {
                Some(_) => Ok(()),
                None => Err(object::no_attribute(cx, this, name)),
            },
        }
    }
}
