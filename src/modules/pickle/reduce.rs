//! Writing what has no opcode of its own: objects by name, and objects by what their `__reduce_ex__` says.

use super::globals::{
    attribute, dotted, import, lookup, noted, type_name, unpicklable, unpicklable_because, walk,
};
use super::opcodes::*;
use super::save::{Writer, wtf8};
use crate::support::pack;
use typhon_vm::native::*;
use typhon_vm::objects::function::Function;
use typhon_vm::objects::str::intern::intern_str;
use typhon_vm::objects::{Dict, dict, tuple};
use typhon_vm::statics::word;
use typhon_vm::{init, protocol};

/// The parts of what `__reduce__` returns.
struct Reduced {
    func: Value,
    args: Value,
    state: Option<Value>,
    items: Option<Value>,
    pairs: Option<Value>,
    setter: Option<Value>,
}

impl Writer<'_> {
    /// An object of a class that is not built in, or a class or function.
    pub fn save_other(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        if let Some(f) = self.settings.reducer_override.clone() {
            let r = protocol::call(cx, &f, std::slice::from_ref(o))?;
            if !r.is(&Value::not_implemented()) {
                return self.save_answer(cx, &r, o);
            }
        }
        if o.class_word() == word::TYPE {
            return self.save_class(cx, o);
        }
        if o.downcast_exact::<Function>().is_some() {
            return self.save_global(cx, o, None);
        }
        let class = o.ty().value();
        if let Some(f) = self.registered(cx, &class)? {
            let r = protocol::call(cx, &f, std::slice::from_ref(o))?;
            return self.save_answer(cx, &r, o);
        }
        if o.ty().is_subtype_of(Type::of::<Type>()) {
            return self.save_global(cx, o, None);
        }
        let answer = match attribute(cx, o, "__reduce_ex__")? {
            Some(f) => {
                let n = Value::small_int(self.settings.protocol);
                protocol::call(cx, &f, &[n])?
            }
            None => match attribute(cx, o, "__reduce__")? {
                Some(f) => protocol::call(cx, &f, &[])?,
                None => {
                    let n = type_name(cx, o)?;
                    return Err(unpicklable(cx, format!("Can't pickle {n} object")));
                }
            },
        };
        self.save_answer(cx, &answer, o)
    }

    /// What `__reduce__` returned: a name or a tuple.
    fn save_answer(&mut self, cx: &mut Cx, answer: &Value, o: &Value) -> Res<()> {
        if answer.downcast::<Str>().is_some() {
            return self.save_global(cx, o, Some(answer));
        }
        let r = if answer.downcast::<Tuple>().is_some() {
            self.save_reduced(cx, answer, Some(o))
        } else {
            let n = type_name(cx, answer)?;
            Err(unpicklable(
                cx,
                format!("__reduce__ must return a string or tuple, not {n}"),
            ))
        };
        r.map_err(|r| {
            noted(cx, r, |cx| {
                Ok(format!("when serializing {} object", type_name(cx, o)?))
            })
        })
    }

    fn parts(&self, cx: &mut Cx, reduced: &Value) -> Res<Reduced> {
        let items = reduced.downcast::<Tuple>().map_or(&[][..], Tuple::items);
        if !(2..=6).contains(&items.len()) {
            return Err(unpicklable(
                cx,
                "tuple returned by __reduce__ must contain 2 through 6 elements",
            ));
        }
        let given = |i: usize| items.get(i).filter(|v| !v.is_none()).cloned();
        let must = |cx: &mut Cx, which: &str, what: &str, v: &Value| -> Raised {
            match type_name(cx, v) {
                Ok(n) => unpicklable(
                    cx,
                    format!(
                        "{which} item of the tuple returned by __reduce__ must be {what}, not {n}"
                    ),
                ),
                Err(r) => r,
            }
        };
        if !protocol::is_callable(&items[0]) {
            return Err(must(cx, "first", "callable", &items[0]));
        }
        if items[1].downcast::<Tuple>().is_none() {
            return Err(must(cx, "second", "a tuple", &items[1]));
        }
        let parts = Reduced {
            func: items[0].clone(),
            args: items[1].clone(),
            state: given(2),
            items: given(3),
            pairs: given(4),
            setter: given(5),
        };
        for (which, it) in [("fourth", &parts.items), ("fifth", &parts.pairs)] {
            if let Some(it) = it
                && it.ty().slots.next.get().is_none()
            {
                return Err(must(cx, which, "an iterator", it));
            }
        }
        if let Some(f) = &parts.setter
            && !protocol::is_callable(f)
        {
            return Err(must(cx, "sixth", "callable", f));
        }
        Ok(parts)
    }

    /// Write `part` of `o`; an error says which part it was.
    fn save_part(&mut self, cx: &mut Cx, o: Option<&Value>, part: &Value, what: &str) -> Res<()> {
        self.save(cx, part).map_err(|r| {
            noted(cx, r, |cx| {
                let name = match o {
                    Some(o) => type_name(cx, o)?,
                    None => "object".into(),
                };
                Ok(format!("when serializing {name} {what}"))
            })
        })
    }

    /// Write a call that makes `o`, and what is done to the result.
    pub fn save_reduced(&mut self, cx: &mut Cx, reduced: &Value, o: Option<&Value>) -> Res<()> {
        let p = self.parts(cx, reduced)?;
        let name = if self.settings.protocol >= 2 {
            attribute(cx, &p.func, "__name__")?
        } else {
            None
        };
        let is_named = |text: &str| {
            name.as_ref()
                .and_then(Value::downcast::<Str>)
                .is_some_and(|n| n.equals_str(text))
        };
        if is_named("__newobj_ex__") {
            self.save_new_keywords(cx, &p, o)?;
        } else if is_named("__newobj__") {
            self.save_new(cx, &p, o)?;
        } else {
            self.save_part(cx, o, &p.func, "reconstructor")?;
            self.save_part(cx, o, &p.args, "reconstructor arguments")?;
            self.out.byte(REDUCE);
        }
        let Some(o) = o else { return Ok(()) };
        // A recursive object was written while its arguments were: take that one.
        match self.remembered(o) {
            Some(known) => {
                self.out.byte(POP);
                self.put_get(known);
            }
            None => self.memoize(cx, o),
        }
        if let Some(items) = &p.items {
            self.save_appends(cx, items, o)?;
        }
        if let Some(pairs) = &p.pairs {
            self.save_setitems(cx, pairs, o)?;
        }
        let Some(state) = &p.state else { return Ok(()) };
        match &p.setter {
            None => {
                self.save_part(cx, Some(o), state, "state")?;
                self.out.byte(BUILD);
            }
            Some(setter) => {
                self.save_part(cx, Some(o), setter, "state setter")?;
                self.save(cx, o)?;
                self.save_part(cx, Some(o), state, "state")?;
                self.out.put(&[TUPLE2, REDUCE, POP]);
            }
        }
        Ok(())
    }

    /// `copyreg.__newobj__(cls, *args)`.
    fn save_new(&mut self, cx: &mut Cx, p: &Reduced, o: Option<&Value>) -> Res<()> {
        let args = p.args.downcast::<Tuple>().map_or(&[][..], Tuple::items);
        let Some((class, rest)) = args.split_first() else {
            return Err(unpicklable(
                cx,
                "__newobj__ expected at least 1 argument, got 0",
            ));
        };
        if class.downcast::<Type>().is_none() {
            let n = type_name(cx, class)?;
            return Err(unpicklable(
                cx,
                format!("first argument to __newobj__() must be a class, not {n}"),
            ));
        }
        if let Some(o) = o {
            let own = protocol::getattr_str(cx, o, "__class__")?;
            if !own.is(class) {
                let (own, other) = (
                    protocol::repr_string(cx, &own)?,
                    protocol::repr_string(cx, class)?,
                );
                return Err(unpicklable(
                    cx,
                    format!("first argument to __newobj__() must be {own}, not {other}"),
                ));
            }
        }
        self.save_part(cx, o, class, "class")?;
        let rest = tuple::new_tuple_copy(cx, rest)?;
        self.save_part(cx, o, &rest, "__new__ arguments")?;
        self.out.byte(NEWOBJ);
        Ok(())
    }

    /// `copyreg.__newobj_ex__(cls, args, kwargs)`.
    fn save_new_keywords(&mut self, cx: &mut Cx, p: &Reduced, o: Option<&Value>) -> Res<()> {
        let given = p.args.downcast::<Tuple>().map_or(&[][..], Tuple::items);
        let [class, args, kwargs] = given else {
            let n = given.len();
            return Err(unpicklable(
                cx,
                format!("__newobj_ex__ expected 3 arguments, got {n}"),
            ));
        };
        for (which, what, v, good) in [
            (
                "first",
                "a class",
                class,
                class.downcast::<Type>().is_some(),
            ),
            (
                "second",
                "a tuple",
                args,
                args.downcast::<Tuple>().is_some(),
            ),
            (
                "third",
                "a dict",
                kwargs,
                kwargs.downcast::<Dict>().is_some(),
            ),
        ] {
            if !good {
                let n = type_name(cx, v)?;
                return Err(unpicklable(
                    cx,
                    format!("{which} argument to __newobj_ex__() must be {what}, not {n}"),
                ));
            }
        }
        if self.settings.protocol >= 4 {
            self.save_part(cx, o, class, "class")?;
            self.save_part(cx, o, args, "__new__ arguments")?;
            self.save_part(cx, o, kwargs, "__new__ arguments")?;
            self.out.byte(NEWOBJ_EX);
            return Ok(());
        }
        let mut all = vec![protocol::getattr_str(cx, class, "__new__")?, class.clone()];
        all.extend_from_slice(args.downcast::<Tuple>().map_or(&[][..], Tuple::items));
        let entries = kwargs
            .downcast::<Dict>()
            .map(|d| d.entries(cx))
            .unwrap_or_default();
        let (names, values): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let names = tuple::new_tuple(cx, names)?;
        let partial = protocol::call_args(
            cx,
            &self.globals.partial,
            Args {
                pos: &all,
                kwvalues: &values,
                kwnames: names.downcast::<Tuple>(),
            },
        )?;
        self.save_part(cx, o, &partial, "reconstructor")?;
        let none = pack(cx, [])?;
        self.save(cx, &none)?;
        self.out.byte(REDUCE);
        Ok(())
    }

    // ---- objects by name -------------------------------------------------------------------------------------------

    /// Write `o` as the object that stands under a name in a module.
    pub fn save_global(&mut self, cx: &mut Cx, o: &Value, name: Option<&Value>) -> Res<()> {
        let name = match name {
            Some(n) => n.clone(),
            None => match attribute(cx, o, "__qualname__")? {
                Some(n) => n,
                None => protocol::getattr_str(cx, o, "__name__")?,
            },
        };
        let path = dotted(cx, &name)?;
        let module = self.module_of(cx, o, &name, &path)?;
        if self.settings.protocol >= 2 && self.save_extension(cx, o, &module, &name)? {
            return Ok(());
        }
        if self.settings.protocol >= 4 {
            self.save(cx, &module)?;
            self.save(cx, &name)?;
            self.out.byte(STACK_GLOBAL);
        } else if let [first, rest @ ..] = &path[..]
            && !rest.is_empty()
        {
            // getattr(getattr(module.first, "second"), "third")
            let getattr = self.globals.getattr.clone();
            for _ in rest {
                self.save(cx, &getattr)?;
                if self.settings.protocol < 2 {
                    self.out.byte(MARK);
                }
            }
            self.save_top_level(cx, &module, first)?;
            for part in rest {
                self.save(cx, part)?;
                let made = if self.settings.protocol < 2 {
                    TUPLE
                } else {
                    TUPLE2
                };
                self.out.put(&[made, REDUCE]);
            }
        } else {
            self.save_top_level(cx, &module, &name)?;
        }
        self.memoize(cx, o);
        Ok(())
    }

    /// The code of the extension registry for this object, if it has one.
    fn save_extension(
        &mut self,
        cx: &mut Cx,
        o: &Value,
        module: &Value,
        name: &Value,
    ) -> Res<bool> {
        let registry = &self.globals.extension_registry;
        if dict::as_dict(registry).is_none_or(Dict::is_empty) {
            return Ok(false);
        }
        let key = pack(cx, [module.clone(), name.clone()])?;
        let Some(code) = lookup(cx, registry, &key)? else {
            return Ok(false);
        };
        let Some(n) = code.as_small_int() else {
            let (o, code) = (
                protocol::repr_string(cx, o)?,
                protocol::repr_string(cx, &code)?,
            );
            return Err(unpicklable(
                cx,
                format!("Can't pickle {o}: extension code {code} isn't an integer"),
            ));
        };
        if n <= 0 || n > 0x7FFF_FFFF {
            return Err(cx.runtime_error(format!("extension code {n} is out of range")));
        }
        let n = n as u32;
        match (u8::try_from(n), u16::try_from(n)) {
            (Ok(n), _) => self.out.op(EXT1, [n]),
            (_, Ok(n)) => self.out.op(EXT2, n.to_le_bytes()),
            _ => self.out.op(EXT4, n.to_le_bytes()),
        }
        Ok(true)
    }

    /// `GLOBAL module name`, under the names of Python 2 where asked for.
    fn save_top_level(&mut self, cx: &mut Cx, module: &Value, name: &Value) -> Res<()> {
        let (mut module, mut name) = (module.clone(), name.clone());
        if self.settings.fix_imports && self.settings.protocol < 3 {
            let key = pack(cx, [module.clone(), name.clone()])?;
            if let Some(other) = lookup(cx, &self.globals.name_mapping_3to2, &key)? {
                if let Some([m, n]) = other.downcast::<Tuple>().map(Tuple::items) {
                    (module, name) = (m.clone(), n.clone());
                }
            } else if let Some(m) = lookup(cx, &self.globals.import_mapping_3to2, &module)? {
                module = m;
            }
        }
        let module_line = self.identifier(cx, &module, "module")?;
        self.out.byte(GLOBAL);
        self.out.put(&module_line);
        self.out.byte(b'\n');
        let name_line = self.identifier(cx, &name, "global")?;
        self.out.put(&name_line);
        self.out.byte(b'\n');
        Ok(())
    }

    /// A name as bytes: ASCII before protocol 3, UTF-8 since.
    fn identifier(&self, cx: &mut Cx, name: &Value, what: &str) -> Res<Vec<u8>> {
        use typhon_vm::objects::str::codec;
        let Some(s) = name.downcast::<Str>() else {
            let n = type_name(cx, name)?;
            return Err(cx.type_error(format!("{what} identifier must be a string, not {n}")));
        };
        if let Some(text) = s.as_ascii() {
            return Ok(text.as_bytes().to_vec());
        }
        let encoding = if self.settings.protocol >= 3 {
            "utf-8"
        } else {
            "ascii"
        };
        match codec::encode(cx, s, Some(encoding), None) {
            Ok(_) => Ok(wtf8(s.units())),
            Err(r) => {
                let exc = cx.take_exc(r);
                if !typhon_vm::objects::exception::is_kind(&exc, ExcKind::UnicodeEncodeError) {
                    return Err(cx.reraise(exc));
                }
                let shown = protocol::repr_string(cx, name)?;
                let n = self.settings.protocol;
                Err(unpicklable_because(
                    cx,
                    exc,
                    format!("can't pickle {what} identifier {shown} using pickle protocol {n}"),
                ))
            }
        }
    }

    /// The module in which `o` stands under the name.
    fn module_of(&self, cx: &mut Cx, o: &Value, name: &Value, path: &[Value]) -> Res<Value> {
        let known = attribute(cx, o, "__module__")?.filter(|m| !m.is_none());
        let is_local = |v: &Value| {
            v.downcast::<Str>()
                .is_some_and(|s| s.equals_str("<locals>"))
        };
        if path.iter().any(is_local) {
            let shown = protocol::repr_string(cx, o)?;
            return Err(unpicklable(
                cx,
                format!("Can't pickle local object {shown}"),
            ));
        }
        let module_name = match known {
            Some(m) => m,
            None => match self.search(cx, o, path)? {
                Some(found) => return Ok(found),
                None => intern_str(cx, "__main__")?,
            },
        };
        let module = match import(cx, &module_name) {
            Ok(m) => m,
            Err(r) => {
                let exc = cx.take_exc(r);
                let is = |kind| typhon_vm::objects::exception::is_kind(&exc, kind);
                if !is(ExcKind::ImportError) && !is(ExcKind::ValueError) {
                    return Err(cx.reraise(exc));
                }
                let (shown, why) = (
                    protocol::repr_string(cx, o)?,
                    protocol::str_string(cx, &exc)?,
                );
                return Err(unpicklable_because(
                    cx,
                    exc,
                    format!("Can't pickle {shown}: {why}"),
                ));
            }
        };
        let message = |cx: &mut Cx, what: &str| -> Res<String> {
            let shown = protocol::repr_string(cx, o)?;
            let (module, name) = (
                protocol::str_string(cx, &module_name)?,
                protocol::str_string(cx, name)?,
            );
            Ok(format!(
                "Can't pickle {shown}: it's not {what} {module}.{name}"
            ))
        };
        match walk(cx, &module, path) {
            Ok(found) if found.is(o) => Ok(module_name),
            Ok(_) => {
                let text = message(cx, "the same object as")?;
                Err(unpicklable(cx, text))
            }
            Err(r) => {
                let exc = cx.take_exc(r);
                if !typhon_vm::objects::exception::is_kind(&exc, ExcKind::AttributeError) {
                    return Err(cx.reraise(exc));
                }
                let text = message(cx, "found as")?;
                Err(unpicklable_because(cx, exc, text))
            }
        }
    }

    /// The name of a loaded module that has `o` at this path.
    fn search(&self, cx: &mut Cx, o: &Value, path: &[Value]) -> Res<Option<Value>> {
        let modules = init::sys_get(cx, "modules");
        let entries = match modules.as_ref().and_then(dict::as_dict) {
            Some(d) => d.entries(cx),
            None => return Err(cx.runtime_error("unable to get sys.modules")),
        };
        for (name, module) in entries {
            let skipped = module.is_none()
                || name
                    .downcast::<Str>()
                    .is_some_and(|n| n.equals_str("__main__") || n.equals_str("__mp_main__"));
            if skipped {
                continue;
            }
            match walk(cx, &module, path) {
                Ok(found) if found.is(o) => return Ok(Some(name)),
                Ok(_) => {}
                Err(r) => cx.catch(r, ExcKind::AttributeError)?,
            }
        }
        Ok(None)
    }
}
