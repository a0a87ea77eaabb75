//! Making types: native ones from their `TypeSpec`, classes from `type(name, bases, namespace)`.

use super::slots::{SPECIALS, SlotId};
use super::{Type, flag, lookup, word_of_type};
use crate::native::{MethodKind, TypeCell, TypeSpec};
use crate::objects::dict::Dict;
use crate::objects::list::List;
use crate::objects::str::intern::{intern, intern_str};
use crate::objects::{Str, Tuple, builtin};
use crate::slot_ext::SlotExt;
use crate::statics::{index, word};
use crate::{Cx, ExcKind, Res, Value, ValueExt, protocol};
use std::sync::atomic::Ordering;
use typhon_compiler::code::Const;
use typhon_runtime::header::flag as hflag;
use typhon_runtime::info::{Shape, TypeInfo, type_flag};
use typhon_runtime::region;

/// Whether the type or a base declares a finalizer.
fn has_finalizer(spec: &TypeSpec) -> bool {
    spec.slots().finalize.is_some() || spec.base.is_some_and(|b| has_finalizer(b().spec))
}

/// What the runtime is told of a native type.
fn info_of(spec: &TypeSpec) -> TypeInfo {
    // Instances that several threads keep reading are promoted (R16): shared tables of all kinds, and the strings and large
    // ints in them and among a program's constants.
    let mut flags = type_flag::PROMOTABLE;
    if spec.traverse.is_some() {
        flags |= type_flag::GC;
    }
    if spec.static_index == Some(index::TYPE) {
        flags |= type_flag::IS_TYPE;
    }
    if has_finalizer(spec) {
        flags |= type_flag::HAS_DEL;
    }
    let mut info = TypeInfo::new(flags, spec.size as u32);
    info.shape = match spec.static_index {
        Some(index::LIST) => List::SHAPE,
        Some(index::TUPLE) => Tuple::SHAPE,
        Some(index::DICT) => Dict::SHAPE,
        _ => Shape::Unknown,
    };
    info.drop_payload = spec.drop_payload;
    if let Some(index::GENERATOR | index::COROUTINE) = spec.static_index {
        info.needs_finalizer = crate::objects::generator::types::needs_finalizer;
    }
    if let Some(t) = spec.traverse {
        info.traverse = t;
    }
    if let Some(c) = spec.clear {
        info.clear = c;
    }
    info
}

/// First pass for static types: enough for instances to be made and freed. No allocation.
///
/// # Safety
/// Called once per type, before any thread runs Python.
pub unsafe fn prepare_static(cell: &'static TypeCell) {
    let spec = cell.spec;
    let w = cell.word();
    let t = (region::REGION + w as u64) as *mut Type;
    // SAFETY: the static cell of this index, zeroed memory, touched by nobody else yet.
    unsafe {
        (&raw mut (*t).info).write(info_of(spec));
        (*t).head.init_static(word::TYPE);
        fill_fields(&*t, spec);
    }
}

fn fill_fields(t: &Type, spec: &'static TypeSpec) {
    t.spec
        .store(spec as *const TypeSpec as *mut TypeSpec, Ordering::Relaxed);
    t.flags
        .store(spec.flags | flag::IMMUTABLE, Ordering::Relaxed);
    t.dict_offset
        .store(spec.dict_offset as u32, Ordering::Relaxed);
    t.slots.install(&spec.slots());
    t.solid.store(t.word(), Ordering::Relaxed);
}

/// Second pass: name, bases, MRO, inherited slots, namespace.
pub fn complete_native(cx: &mut Cx, t: &Type, spec: &'static TypeSpec) -> Res<()> {
    let object = Type::from_word(word::OBJECT);
    let base: Option<&Type> = if std::ptr::eq(t, object) {
        None
    } else {
        Some(match spec.base {
            Some(f) => f().get(cx)?,
            None => object,
        })
    };
    let short = spec.name.rsplit('.').next().unwrap_or(spec.name);
    let name = intern_str(cx, short)?;
    t.name.init(name.clone());
    t.qualname.init(name);
    let dict = crate::objects::dict::new_dict(cx)?;
    t.dict.init(dict);
    let mut mro = vec![t.value()];
    if let Some(b) = base {
        mro.extend(b.mro().iter().cloned());
        t.base_slot.init(b.value());
        let inherited = b.flags()
            & (flag::INHERITED & !(flag::SEQUENCE | flag::MAPPING)
                | flag::GC
                | flag::SEQUENCE
                | flag::MAPPING);
        t.set_flags(inherited, 0);
        if t.dict_offset.load(Ordering::Relaxed) == 0 {
            t.dict_offset
                .store(b.dict_offset.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        if spec.size == b.basic_size()
            && std::ptr::fn_addr_eq(spec.drop_payload, b.info.drop_payload)
        {
            t.solid
                .store(b.solid.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        b.below.subclasses.add(t.word());
    }
    let bases = crate::objects::tuple::new_tuple(cx, base.map(Type::value).into_iter().collect())?;
    t.bases.init(bases);
    set_mro(cx, t, mro)?;
    let own = spec.slots();
    if let Some(b) = base {
        inherit_native(t, b);
    }
    set_generic_flags(t);
    set_subclass_bit(t);
    // The namespace: slots' special methods, methods, getters, attributes.
    let d = t.dict();
    for id in SlotId::ALL {
        if own_has(&own, t, base, *id) {
            super::wrapper::add_wrappers(cx, t, *id)?;
        }
    }
    if own.new.is_some() {
        let f = builtin::new_dunder_new(cx, t)?;
        d.set_str(cx, "__new__", f)?;
    }
    for m in spec.methods() {
        let f = match m.kind {
            MethodKind::Method => builtin::new_method_descr(cx, m, t)?,
            MethodKind::ClassMethod => builtin::new_classmethod_descr(cx, m, t)?,
            MethodKind::StaticMethod | MethodKind::Function => {
                // Not bound to the class, but it knows it by the place of its module.
                let f = builtin::new_builtin(cx, m, None, Some(t.value()))?;
                crate::objects::function::descr::new_staticmethod(cx, f)?
            }
        };
        d.set_str(cx, m.name, f)?;
    }
    for g in spec.getset() {
        let f = builtin::new_getset(cx, g, t)?;
        d.set_str(cx, g.name, f)?;
    }
    for a in spec.attrs() {
        let v = (a.value)(cx)?;
        d.set_str(cx, a.name, v)?;
    }
    if spec.unhashable {
        d.set_str(cx, "__hash__", Value::none())?;
    }
    let doc = if spec.doc.is_empty() {
        Value::none()
    } else {
        crate::objects::str::new_str(cx, spec.doc)?
    };
    if !d.contains_str(cx, "__doc__") {
        d.set_str(cx, "__doc__", doc)?;
    }
    // A class may show its instances' module by that name.
    if spec.module != "builtins" && !d.contains_str(cx, "__module__") {
        let m = intern_str(cx, spec.module)?;
        d.set_str(cx, "__module__", m)?;
    }
    // What stands in the namespace of a native type is never freed: call sites and caches hold it without a count.
    for (_, v) in d.entries(cx) {
        if let Some(h) = v.header() {
            h.set_immortal();
        }
    }
    t.set_flags(flag::READY, 0);
    Ok(())
}

fn own_has(own: &super::slots::Slots, t: &Type, base: Option<&Type>, id: SlotId) -> bool {
    if id == SlotId::new {
        return false;
    }
    let table = super::slots::SlotTable::default();
    table.install(own);
    let bits = table.cell_bits(id);
    bits != 0 && base.is_none_or(|b| b.slots.cell_bits(id) != bits || std::ptr::eq(b, t))
}

fn inherit_native(t: &Type, b: &Type) {
    let own_compare = t.slots.cell_bits(SlotId::richcompare) != 0;
    let own_hash = t.slots.cell_bits(SlotId::hash) != 0;
    for id in SlotId::ALL {
        if t.slots.cell_bits(*id) != 0 {
            continue;
        }
        if *id == SlotId::hash && own_compare && !own_hash {
            continue;
        }
        if *id == SlotId::richcompare && own_hash {
            // A type with its own hash but no comparison compares as its base does.
        }
        if *id == SlotId::new && t.has(flag::NO_NEW) {
            continue;
        }
        t.slots.set_cell_bits(*id, b.slots.cell_bits(*id));
    }
}

/// Flags that say whether attribute access is the generic one (so that caches apply).
pub fn set_generic_flags(t: &Type) {
    let get = t.slots.getattro.bits();
    let set = t.slots.setattro.bits();
    let generic = crate::objects::object::generic_getattr
        as fn(&mut Cx, &Value, &Value) -> Res<Value> as usize;
    let generic_set = crate::objects::object::generic_setattr
        as fn(&mut Cx, &Value, &Value, Option<&Value>) -> Res<()> as usize;
    let mut on = 0;
    if get == 0 || get == generic {
        on |= flag::GENERIC_GETATTR;
    }
    if set == 0 || set == generic_set {
        on |= flag::GENERIC_SETATTR;
    }
    t.set_flags(on, (flag::GENERIC_GETATTR | flag::GENERIC_SETATTR) & !on);
}

fn set_subclass_bit(t: &Type) {
    let bit = match t.word() {
        word::INT => flag::INT_SUBCLASS,
        word::LIST => flag::LIST_SUBCLASS,
        word::TUPLE => flag::TUPLE_SUBCLASS,
        word::BYTES => flag::BYTES_SUBCLASS,
        word::STR => flag::STR_SUBCLASS,
        word::DICT => flag::DICT_SUBCLASS,
        word::TYPE => flag::TYPE_SUBCLASS,
        w if w == ExcKind::BaseException.word() => flag::EXC_SUBCLASS,
        _ => 0,
    };
    t.set_flags(bit, 0);
}

fn set_mro(cx: &mut Cx, t: &Type, mro: Vec<Value>) -> Res<()> {
    let tuple = crate::objects::tuple::new_tuple(cx, mro)?;
    if let Some(h) = tuple.header()
        && !h.is_immortal()
    {
        h.set_deferred();
    }
    let old = t.mro.swap(Some(tuple));
    drop(old);
    Ok(())
}

/// Make a native type that has no static place: called by `TypeCell::get` at first use.
pub fn native_type(cx: &mut Cx, cell: &'static TypeCell) -> Res<&'static Type> {
    static MAKING: typhon_runtime::sync::Mutex<()> = typhon_runtime::sync::Mutex::new(());
    let spec = cell.spec;
    if let Some(b) = spec.base {
        b().get(cx)?;
    }
    // No Python runs while a native type is made; a second maker waits outside (detached by the lock below).
    let _guard = loop {
        if let Some(g) = MAKING.try_lock() {
            break g;
        }
        cx.thread.detach(std::thread::yield_now);
    };
    if cell.word() != 0 {
        return Ok(Type::from_word(cell.word()));
    }
    let p = region::alloc_type_cell(&cx.thread);
    if p.is_null() {
        return Err(cx.memory_error());
    }
    let t = p.cast::<Type>();
    // SAFETY: a fresh zeroed type cell, unpublished until `publish`.
    let ty: &'static Type = unsafe {
        (&raw mut (*t).info).write(info_of(spec));
        (*t).head.init_cell(&cx.thread, word::TYPE, hflag::IMMORTAL);
        &*t
    };
    fill_fields(ty, spec);
    complete_native(cx, ty, spec)?;
    cell.publish(ty.word());
    Ok(ty)
}

/// `type.__new__(metatype, name, bases, namespace, **kwargs)`.
pub fn new_class(
    cx: &mut Cx,
    meta: &Type,
    name: &Value,
    bases: &Value,
    ns: &Value,
    kw: crate::native::Args<'_>,
) -> Res<Value> {
    let Some(bases_t) = bases.downcast::<Tuple>() else {
        return Err(cx.type_error("type.__new__() argument 2 must be tuple"));
    };
    // The most derived metaclass.
    let meta_v = meta.value();
    let winner = winner_metaclass(cx, &meta_v, bases_t)?;
    if !winner.is(&meta_v) {
        let w = winner.downcast::<Type>().map(|t| t.slots.new.bits());
        if w != Some(meta.slots.new.bits())
            && let Some(wt) = winner.downcast::<Type>()
            && let Some(new) = wt.slots.new.get()
        {
            let mut all = vec![name.clone(), bases.clone(), ns.clone()];
            all.extend(kw.kwvalues.iter().cloned());
            let (pos, kwv) = all.split_at(3);
            return new(
                cx,
                wt,
                crate::native::Args {
                    pos,
                    kwvalues: kwv,
                    kwnames: kw.kwnames,
                },
            );
        }
    }
    let winner_t = winner.downcast::<Type>().unwrap_or(meta);
    let default_bases;
    let bases = if bases_t.is_empty() {
        default_bases =
            crate::objects::tuple::new_tuple(cx, vec![Type::from_word(word::OBJECT).value()])?;
        &default_bases
    } else {
        bases
    };
    let class = make_class(cx, winner_t, name, bases, ns)?;
    let ty = class.downcast::<Type>().expect("make_class returns a type");
    // __set_name__ on the values, then __init_subclass__ of the parent.
    for (key, value) in ty.dict().entries(cx) {
        if value.is_ptr() && !value.ty().has(flag::STR_SUBCLASS) {
            set_name(cx, &class, &key, &value)?;
        }
    }
    init_subclass(cx, &class, kw)?;
    Ok(class)
}

fn set_name(cx: &mut Cx, class: &Value, key: &Value, value: &Value) -> Res<()> {
    let Some(f) = protocol::lookup_special(cx, value, "__set_name__")? else {
        return Ok(());
    };
    if let Err(r) = protocol::call(cx, &f, &[class.clone(), key.clone()]) {
        let exc = cx.take_exc(r);
        let (n, t, k) = (
            protocol::repr_string(cx, key)?,
            value.type_name(),
            class.downcast::<Type>().map(Type::name).unwrap_or_default(),
        );
        let note = crate::objects::str::new_str(
            cx,
            &format!("Error calling __set_name__ on '{t}' instance {n} in '{k}'"),
        )?;
        crate::objects::exception::types::add_note(cx, &exc, note)?;
        return Err(cx.reraise(exc));
    }
    Ok(())
}

fn init_subclass(cx: &mut Cx, class: &Value, kw: crate::native::Args<'_>) -> Res<()> {
    let t = lookup::type_of_word(class);
    if !t.mro().iter().any(|b| b.is(class)) {
        let n = t.name();
        return Err(cx.type_error(format!(
            "super(type, obj): obj (type {n}) is not an instance or subtype of type ({n})."
        )));
    }
    let sup = crate::objects::object::superobj::new_super(cx, class, class)?;
    let f = protocol::getattr_str(cx, &sup, "__init_subclass__")?;
    protocol::call_args(
        cx,
        &f,
        crate::native::Args {
            pos: &[],
            kwvalues: kw.kwvalues,
            kwnames: kw.kwnames,
        },
    )?;
    Ok(())
}

/// The most derived of `meta` and the metaclasses of the bases.
pub fn winner_metaclass(cx: &mut Cx, meta: &Value, bases: &Tuple) -> Res<Value> {
    let mut winner = meta.clone();
    for b in bases.items() {
        let bt = b.ty();
        let w = winner.downcast::<Type>().expect("metaclasses are types");
        if w.is_subtype_of(bt) {
            continue;
        }
        if bt.is_subtype_of(w) {
            winner = bt.value();
            continue;
        }
        return Err(cx.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

/// The base that fixes the native layout ("best base").
pub fn best_base<'a>(cx: &mut Cx, bases: &'a Tuple) -> Res<&'a Type> {
    let mut best: Option<(&Type, u32)> = None;
    for b in bases.items() {
        let Some(t) = b.downcast::<Type>() else {
            return Err(cx.type_error("bases must be types"));
        };
        if !t.has(flag::READY) {
            let n = t.name();
            return Err(cx.type_error(format!("Cannot extend an incomplete type '{n}'")));
        }
        if !t.has(flag::BASETYPE) {
            let n = t.full_name();
            return Err(cx.type_error(format!("type '{n}' is not an acceptable base type")));
        }
        let solid = t.solid.load(Ordering::Relaxed);
        match best {
            None => best = Some((t, solid)),
            Some((_, w)) if Type::from_word(w).is_subtype_of(Type::from_word(solid)) => {}
            Some((_, w)) if Type::from_word(solid).is_subtype_of(Type::from_word(w)) => {
                best = Some((t, solid))
            }
            Some(_) => return Err(cx.type_error("multiple bases have instance lay-out conflict")),
        }
    }
    Ok(best.expect("bases are not empty").0)
}

fn mangle(class: &str, name: &str) -> String {
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.to_owned();
    }
    let stripped = class.trim_start_matches('_');
    if stripped.is_empty() {
        name.to_owned()
    } else {
        format!("_{stripped}{name}")
    }
}

fn make_class(cx: &mut Cx, meta: &Type, name: &Value, bases_v: &Value, ns: &Value) -> Res<Value> {
    let Some(bases) = bases_v.downcast::<Tuple>() else {
        return Err(cx.system_error("bases are no tuple"));
    };
    let base = best_base(cx, bases)?;
    let Some(name_s) = name.downcast::<Str>() else {
        let t = name.type_name();
        return Err(cx.type_error(format!("type.__new__() argument 1 must be str, not {t}")));
    };
    if name_s.units().iter().any(|c| c == 0) {
        return Err(cx.value_error("type name must not contain null characters"));
    }
    crate::native::check_encodable(cx, name)?;
    let Some(ns_d) = ns.downcast::<Dict>() else {
        let t = ns.type_name();
        return Err(cx.type_error(format!("type.__new__() argument 3 must be dict, not {t}")));
    };
    let dict_v = ns_d.copy(cx)?;
    let dict = dict_v.downcast::<Dict>().expect("a dict copy is a dict");
    let class_name = name_s.to_string_lossy();
    if let Some(doc) = dict.get_named(cx, "__doc__") {
        crate::native::check_encodable(cx, &doc)?;
    }

    // __slots__
    let may_add_dict = !base.has(flag::HAS_DICT);
    let may_add_weak = !base.has(flag::WEAKREFABLE);
    let mut slots: Vec<Value> = Vec::new();
    let (mut add_dict, mut add_weak) = (false, false);
    let slots_attr = dict.get_named(cx, "__slots__");
    // Instances of a metaclass are classes, whose cells have one size: no places are added.
    let may_add_dict = may_add_dict && !meta_is_type(base);
    let may_add_weak = may_add_weak && !meta_is_type(base);
    match &slots_attr {
        None => {
            add_dict = may_add_dict;
            add_weak = may_add_weak;
        }
        Some(s) => {
            let names = if s.downcast::<Str>().is_some() {
                vec![s.clone()]
            } else {
                protocol::collect(cx, s)?
            };
            for n in &names {
                let Some(text) = n.downcast::<Str>() else {
                    let t = n.type_name();
                    return Err(
                        cx.type_error(format!("__slots__ items must be strings, not '{t}'"))
                    );
                };
                let text = text.to_string_lossy();
                if !crate::objects::str::is_identifier(&text) {
                    return Err(cx.type_error("__slots__ must be identifiers"));
                }
                match text.as_str() {
                    "__dict__" => {
                        if !may_add_dict || add_dict {
                            return Err(
                                cx.type_error("__dict__ slot disallowed: we already got one")
                            );
                        }
                        add_dict = true;
                    }
                    "__weakref__" => {
                        if !may_add_weak || add_weak {
                            return Err(
                                cx.type_error("__weakref__ slot disallowed: we already got one")
                            );
                        }
                        add_weak = true;
                    }
                    _ => {
                        let m = mangle(&class_name, &text);
                        let v = intern_str(cx, &m)?;
                        if !matches!(
                            m.as_str(),
                            "__qualname__" | "__classcell__" | "__classdictcell__"
                        ) && dict.get(cx, &v)?.is_some()
                        {
                            return Err(cx.value_error(format!(
                                "'{m}' in __slots__ conflicts with class variable"
                            )));
                        }
                        slots.push(v);
                    }
                }
            }
            if !slots.is_empty() && base.has_item_size() {
                let b = base.name();
                return Err(cx.type_error(format!(
                    "nonempty __slots__ not supported for subtype of '{b}'"
                )));
            }
            // Other bases may bring a __dict__ along.
            for b in bases.items() {
                let t = lookup::type_of_word(b);
                if !std::ptr::eq(t, base) {
                    add_dict |= may_add_dict && t.has(flag::HAS_DICT);
                    add_weak |= may_add_weak && t.has(flag::WEAKREFABLE);
                }
            }
        }
    }
    // Classes with the same slots have the same layout, in whatever order they name them.
    let text_of = |v: &Value| v.downcast::<Str>().map(Str::to_string_lossy);
    slots.sort_by_cached_key(text_of);
    if dict.has_other_keys()
        && dict
            .keys_vec(cx)
            .iter()
            .any(|k| k.downcast::<Str>().is_none())
    {
        let text = format!("non-string key in the __dict__ of class {class_name}");
        cx.warn(ExcKind::RuntimeWarning, &text)?;
    }
    // qualname, cells
    let qualname = match dict.get_named(cx, "__qualname__") {
        Some(q) => {
            if q.downcast::<Str>().is_none() {
                let t = q.type_name();
                return Err(cx.type_error(format!("type __qualname__ must be a str, not {t}")));
            }
            dict.remove_named(cx, "__qualname__");
            q
        }
        None => name.clone(),
    };
    let classcell = dict.get_named(cx, "__classcell__");
    if let Some(c) = &classcell {
        if c.downcast::<crate::objects::Cell>().is_none() {
            let t = c.type_name();
            return Err(cx.type_error(format!(
                "type.__new__(): __classcell__ must be a nonlocal cell, not <class '{t}'>"
            )));
        }
        dict.remove_named(cx, "__classcell__");
    }
    let classdictcell = dict.get_named(cx, "__classdictcell__");
    if classdictcell.is_some() {
        dict.remove_named(cx, "__classdictcell__");
    }
    if !dict.contains_str(cx, "__module__")
        && let Some(m) = current_module_name(cx)
    {
        dict.set_str(cx, "__module__", m)?;
    }
    if !dict.contains_str(cx, "__doc__") {
        dict.set_str(cx, "__doc__", Value::none())?;
    }
    for special in ["__new__"] {
        if let Some(f) = dict.get_named(cx, special)
            && f.downcast_exact::<crate::objects::Function>().is_some()
        {
            let s = crate::objects::function::descr::new_staticmethod(cx, f)?;
            dict.set_str(cx, special, s)?;
        }
    }
    for special in ["__init_subclass__", "__class_getitem__"] {
        if let Some(f) = dict.get_named(cx, special)
            && f.downcast_exact::<crate::objects::Function>().is_some()
        {
            let s = crate::objects::function::descr::new_classmethod(cx, f)?;
            dict.set_str(cx, special, s)?;
        }
    }

    // A class that compares its own way is not hashable unless it says how.
    if dict.contains_str(cx, "__eq__") && !dict.contains_str(cx, "__hash__") {
        dict.set_str(cx, "__hash__", Value::none())?;
    }

    // The layout of instances.
    let mut size = base.basic_size();
    let slots_offset = size;
    size += 8 * slots.len();
    let mut dict_offset = base.dict_offset.load(Ordering::Relaxed) as usize;
    let mut inline_offset = 0;
    let mut inline_cap = 0;
    let mut inline_known = 0;
    let items_behind = base.has_items();
    if add_dict && items_behind {
        // Variable-sized bases (tuple, str, bytes, int) keep the dict in the runtime's side table: see object::dict_of.
        dict_offset = super::SIDE_DICT;
    } else if add_dict {
        dict_offset = size;
        size += 8;
    } else if base.has(flag::INLINE) && dict_offset + 8 != slots_offset.min(dict_offset + 8) {
        // A base with inline values and slots behind: this class keeps the base's places.
    }
    let has_dict = add_dict || base.has(flag::HAS_DICT);
    let may_inline = has_dict
        && dict_offset != 0
        && dict_offset != super::SIDE_DICT
        && !items_behind
        && (add_dict || base.has(flag::INLINE));
    if may_inline {
        let wanted;
        (inline_known, wanted) = count_attributes(cx, dict, base);
        if add_dict {
            inline_offset = size;
            inline_cap = wanted;
            size += 8 * wanted;
        } else if slots.is_empty() {
            // Extend the base's inline values: the base's layout of names is the prefix of this one.
            inline_offset = base.inline_offset.load(Ordering::Relaxed) as usize;
            inline_cap = wanted.max(base.inline_cap.load(Ordering::Relaxed) as usize);
            size = inline_offset + 8 * inline_cap;
        } else {
            // Slots after inline values: the base's values stay, no more are added.
            inline_offset = base.inline_offset.load(Ordering::Relaxed) as usize;
            inline_cap = base.inline_cap.load(Ordering::Relaxed) as usize;
        }
    }

    let p = region::alloc_type_cell(&cx.thread);
    if p.is_null() {
        return Err(cx.memory_error());
    }
    let t = p.cast::<Type>();
    let mut info = TypeInfo::new(type_flag::GC | type_flag::PROMOTABLE, size as u32);
    if meta_is_type(base) {
        info.flags = std::sync::atomic::AtomicU32::new(type_flag::GC | type_flag::IS_TYPE);
    }
    info.drop_payload = crate::objects::object::instance::drop_payload;
    info.traverse = crate::objects::object::instance::traverse;
    info.shape = crate::objects::object::instance::shape(base, size, dict_offset);
    info.clear = crate::objects::object::instance::clear;
    // SAFETY: a fresh zeroed type cell; nobody else has its word until the end of this function.
    let ty: &Type = unsafe {
        (&raw mut (*t).info).write(info);
        (*t).head
            .init_cell(&cx.thread, meta.word(), hflag::DEFERRED);
        &*t
    };
    // SAFETY: init_cell gave us the first count.
    let class = unsafe { Value::from_header(&raw const ty.head) };
    ty.name.init(name.clone());
    ty.qualname.init(qualname);
    ty.dict.init(dict_v.clone());
    ty.base_slot.init(base.value());
    ty.bases.init(bases_v.clone());
    let mut flags = flag::HEAP | flag::BASETYPE | base.flags() & flag::INHERITED;
    for b in bases.items() {
        flags |= lookup::type_of_word(b).flags() & flag::EXC_SUBCLASS;
    }
    if add_dict {
        flags |= flag::HAS_DICT;
    }
    if add_weak {
        flags |= flag::WEAKREFABLE;
    }
    flags = if inline_offset != 0 {
        flags | flag::INLINE
    } else {
        flags & !flag::INLINE
    };
    ty.flags.store(flags, Ordering::Relaxed);
    ty.dict_offset.store(dict_offset as u32, Ordering::Relaxed);
    ty.inline_offset
        .store(inline_offset as u32, Ordering::Relaxed);
    ty.inline_cap.store(inline_cap as u32, Ordering::Relaxed);
    ty.inline_limit.store(inline_cap as u32, Ordering::Relaxed);
    ty.inline_known
        .store(inline_known as u32, Ordering::Relaxed);
    ty.slots_offset
        .store(slots_offset as u32, Ordering::Relaxed);
    ty.slots_count.store(slots.len() as u32, Ordering::Relaxed);
    let solid = if slots.is_empty() {
        base.solid.load(Ordering::Relaxed)
    } else {
        ty.word()
    };
    ty.solid.store(solid, Ordering::Relaxed);
    if inline_offset != 0 {
        let layout = Box::<super::layout::Layout>::default();
        if !add_dict {
            // The prefix of names that instances of the base already place.
            let bl = base.layout.load(Ordering::Acquire);
            if !bl.is_null() {
                // SAFETY: a class's layout lives as long as the class.
                layout.copy_from(unsafe { &*bl });
            }
        }
        ty.layout.store(Box::into_raw(layout), Ordering::Release);
    }
    set_mro(cx, ty, vec![class.clone()])?;
    if let Some(c) = classcell
        && let Some(cell) = c.downcast::<crate::objects::Cell>()
    {
        drop(crate::objects::cell::methods::set(
            cx,
            cell,
            Some(class.clone()),
        ));
    }
    let before = ty.mro.peek_bits();
    let order = compute_mro(cx, meta, &class, bases)?;
    // A custom mro() may have set `__bases__`, and so the order.
    if ty.mro.peek_bits() == before {
        set_mro(cx, ty, order)?;
    }
    // Looking for `mro` gave it a version, when its order had no bases that could take it away.
    ty.invalidate(cx);
    // What a pattern takes its instances for, the first base in order says that is either.
    let collection = ty
        .mro()
        .iter()
        .filter(|b| !b.is(&class))
        .map(|b| lookup::type_of_word(b).flags() & (flag::SEQUENCE | flag::MAPPING))
        .find(|f| *f != 0);
    ty.set_flags(
        collection.unwrap_or(0),
        (flag::SEQUENCE | flag::MAPPING) & !collection.unwrap_or(0),
    );
    for (i, s) in slots.iter().enumerate() {
        let m = builtin::new_member(cx, s, ty, slots_offset + 8 * i, false)?;
        dict.set(cx, s, m)?;
    }
    let seen = super::dunder::updates();
    super::dunder::fill_slots(cx, ty)?;
    if add_dict
        && !dict.contains_str(cx, "__dict__")
        && !crate::objects::object::has_dict_getset(cx, base)
    {
        let g = builtin::new_getset(cx, &crate::objects::object::DICT_GETSET, ty)?;
        dict.set_str(cx, "__dict__", g)?;
    }
    if add_weak && !dict.contains_str(cx, "__weakref__") {
        let g = builtin::new_getset(cx, &crate::objects::object::WEAKREF_GETSET, ty)?;
        dict.set_str(cx, "__weakref__", g)?;
    }
    if let Some(c) = classdictcell
        && let Some(cell) = c.downcast::<crate::objects::Cell>()
    {
        drop(crate::objects::cell::methods::set(
            cx,
            cell,
            Some(dict_v.clone()),
        ));
    }
    // It is ready, with its MRO, before others find it among the subclasses of its bases.
    ty.set_flags(flag::READY, 0);
    for b in bases.items() {
        lookup::type_of_word(b).below.subclasses.add(ty.word());
    }
    super::dunder::catch_up(cx, ty, seen)?;
    // Functions in a class body are read by every caller: counted in the heap only.
    for (_, v) in dict.entries(cx) {
        defer_class_value(&v);
    }
    let _ = SPECIALS;
    let _ = intern;
    Ok(class)
}

/// Values in class namespaces that call sites may hold uncounted: functions and descriptors become deferred, and so do the
/// functions in static and class methods and the getters of properties.
pub fn defer_class_value(v: &Value) {
    use crate::objects::function::descr::{ClassMethod, Property, StaticMethod};
    let w = v.class_word();
    let inner = match w {
        word::STATICMETHOD => v
            .downcast_exact::<StaticMethod>()
            .and_then(|m| m.func.get(&m.head)),
        word::CLASSMETHOD => v
            .downcast_exact::<ClassMethod>()
            .and_then(|m| m.func.get(&m.head)),
        word::PROPERTY => v
            .downcast_exact::<Property>()
            .and_then(|p| p.get.get(&p.head)),
        _ => None,
    };
    if let Some(f) = inner.filter(|f| f.class_word() == word::FUNCTION) {
        defer_class_value(&f);
    }
    // Data descriptors of native types as well, such as those of a named tuple's fields.
    let stays = matches!(
        w,
        word::FUNCTION
            | word::PROPERTY
            | word::STATICMETHOD
            | word::CLASSMETHOD
            | word::MEMBER_DESCR
    ) || v.ty().has(flag::IMMUTABLE) && v.ty().slots.descr_set.get().is_some();
    if stays
        && let Some(h) = v.header()
        && !h.is_uncounted_in_registers()
        && h.is_owned_by(typhon_runtime::thread::current_tid())
    {
        h.set_deferred();
    }
}

fn meta_is_type(base: &Type) -> bool {
    base.has(flag::TYPE_SUBCLASS)
}

/// How many inline values instances of a new class get: as many as attributes are known, and some more for those that others
/// set (an attribute without a place moves all of an instance's values into a dict). Known are its `__static_attributes__`
/// and the names it annotates (the fields of a dataclass, whose `__init__` is made later), and what the base knows.
fn count_attributes(cx: &mut Cx, dict: &Dict, base: &Type) -> (usize, usize) {
    let mut own = match dict.get_named(cx, "__static_attributes__") {
        Some(v) => v.downcast::<Tuple>().map_or(0, Tuple::len),
        None => 0,
    };
    if own == 0 {
        own = count_annotations(cx, dict);
    }
    let known = own + base.inline_known.load(Ordering::Relaxed) as usize;
    let spare = match known {
        0 => 4,
        1..=3 => 0,
        _ => 2.max(known / 4),
    };
    (known, (known + spare).min(super::layout::MAX_INLINE))
}

/// How many names a class annotates, about.
fn count_annotations(cx: &mut Cx, dict: &Dict) -> usize {
    if let Some(annotations) = dict.get_named(cx, "__annotations__") {
        return annotations.downcast::<Dict>().map_or(0, Dict::len);
    }
    let annotate = dict.get_named(cx, "__annotate_func__");
    let f = annotate
        .as_ref()
        .and_then(|f| f.downcast_exact::<crate::objects::Function>());
    // The names are its string constants; there may be others.
    f.map_or(0, |f| {
        let consts = &f.code().code.consts;
        consts.iter().filter(|c| matches!(c, Const::Str(_))).count()
    })
}

fn current_module_name(cx: &mut Cx) -> Option<Value> {
    if cx.frame.is_null() {
        return None;
    }
    // SAFETY: the running frame's globals live while it runs.
    let g = unsafe { &*(*cx.frame).globals };
    g.get_named(cx, "__name__")
}

/// C3 linearization, or the metaclass's `mro()`.
pub fn compute_mro(cx: &mut Cx, meta: &Type, class: &Value, bases: &Tuple) -> Res<Vec<Value>> {
    if meta.word() != word::TYPE {
        let n = intern_str(cx, "mro")?;
        if let Some(f) = meta.lookup(cx, &n)
            && f.class_word() != word::METHOD_DESCR
        {
            let r = protocol::call_method(cx, class, "mro", &[])?;
            let items = protocol::collect(cx, &r)?;
            let own = lookup::type_of_word(class).solid.load(Ordering::Relaxed);
            for v in &items {
                let Some(base) = v.downcast::<Type>() else {
                    let t = v.type_name();
                    return Err(cx.type_error(format!("mro() returned a non-class ('{t}')")));
                };
                // A method of `base` finds in instances what it expects there.
                let solid = Type::from_word(base.solid.load(Ordering::Relaxed));
                if !is_laid_out_as(Type::from_word(own), solid) {
                    let n = base.full_name();
                    return Err(cx.type_error(format!(
                        "mro() returned base with unsuitable layout ('{n}')"
                    )));
                }
            }
            return Ok(items);
        }
    }
    c3(cx, class, bases)
}

/// Whether `solid` is among the bases that fix the layout of `class`: by the chain of `__base__`, which tells no lies.
fn is_laid_out_as(class: &Type, solid: &Type) -> bool {
    let mut t = Some(class);
    while let Some(at) = t {
        if std::ptr::eq(at, solid) {
            return true;
        }
        t = at.base();
    }
    false
}

/// C3 (Barrett et al. 1996, "A monotonic superclass linearization for Dylan").
pub fn c3(cx: &mut Cx, class: &Value, bases: &Tuple) -> Res<Vec<Value>> {
    for (i, b) in bases.items().iter().enumerate() {
        if bases.items()[..i].iter().any(|x| x.is(b)) {
            let n = lookup::type_of_word(b).name();
            return Err(cx.type_error(format!("duplicate base class {n}")));
        }
    }
    let mut lists: Vec<Vec<Value>> = bases
        .items()
        .iter()
        .map(|b| lookup::type_of_word(b).mro().to_vec())
        .collect();
    lists.push(bases.items().to_vec());
    let mut heads = vec![0usize; lists.len()];
    let mut out = vec![class.clone()];
    loop {
        let mut candidate = None;
        let mut done = true;
        for (k, list) in lists.iter().enumerate() {
            let Some(c) = list.get(heads[k]) else {
                continue;
            };
            done = false;
            let in_tail = lists
                .iter()
                .enumerate()
                .any(|(j, l)| l.iter().skip(heads[j] + 1).any(|x| x.is(c)));
            if !in_tail {
                candidate = Some(c.clone());
                break;
            }
        }
        if done {
            return Ok(out);
        }
        let Some(c) = candidate else {
            let mut names: Vec<String> = Vec::new();
            for (k, list) in lists.iter().enumerate() {
                if let Some(v) = list.get(heads[k]) {
                    let n = lookup::type_of_word(v).name();
                    if !names.contains(&n) {
                        names.push(n);
                    }
                }
            }
            let names = names.join(", ");
            return Err(cx.type_error(format!(
                "Cannot create a consistent method resolution order (MRO) for bases {names}"
            )));
        };
        for (k, list) in lists.iter().enumerate() {
            if list.get(heads[k]).is_some_and(|x| x.is(&c)) {
                heads[k] += 1;
            }
        }
        out.push(c);
    }
}

const _: fn(&Type) -> u32 = word_of_type;
