//! The rare instructions, executed on the home registers as the stack machine would: `sp` is the register one past the top
//! of the stack. Each leaves the stack as CPython's instruction of the same name does.

use crate::call::{Resume, Step, drop_word, resume};
use crate::imports::{import_from, import_name, import_star, locals_word};
use crate::native::Args;
use crate::objects::exception::{self, group};
use crate::objects::frame::{Frame, FrameKind};
use crate::objects::function::Function;
use crate::objects::function::view;
use crate::objects::generator::as_generator;
use crate::objects::set::SetLike;
use crate::objects::typeobj::flag;
use crate::objects::{Dict, List, Str, Tuple};
use crate::patterns::{match_class, match_keys};
use crate::regcode::Rop;
use crate::statics::word;
use crate::{Cx, ExcKind, Res, Type, Value, ValueExt, cells, globals, protocol};
use typhon_compiler::opcode::Op;
use typhon_runtime::value::BORROWED;

mod unpack;

pub use unpack::unpack;
use unpack::unpack_ex;

/// The stack as its home registers.
struct Stack {
    sp: *mut u64,
}

impl Stack {
    /// The entry `i` below the top (0 = top).
    fn at(&self, i: usize) -> &Value {
        // SAFETY: the translator checked the depth; entries are filled.
        unsafe { &*(self.sp.sub(i + 1) as *const Value) }
    }
    fn bits(&self, i: usize) -> u64 {
        // SAFETY: as above.
        unsafe { *self.sp.sub(i + 1) }
    }
    /// Move the entry `i` below the top out, counted; its register becomes empty.
    fn take(&mut self, i: usize) -> Value {
        // SAFETY: as above.
        unsafe {
            let w = std::mem::take(&mut *self.sp.sub(i + 1));
            Value::from_bits(w).into_counted()
        }
    }
    /// Replace the entry `i` below the top.
    fn set(&mut self, cx: &mut Cx, i: usize, v: Value) {
        // SAFETY: as above.
        let old =
            unsafe { std::mem::replace(&mut *self.sp.sub(i + 1), v.into_counted().into_bits()) };
        drop_word(cx, old);
    }
    /// Fill the empty register `i` above the top (0 = the next push).
    fn push_at(&mut self, cx: &mut Cx, i: usize, v: Value) {
        // SAFETY: the translator reserved the depth.
        let old = unsafe { std::mem::replace(&mut *self.sp.add(i), v.into_counted().into_bits()) };
        drop_word(cx, old);
    }
    fn push_null(&mut self, cx: &mut Cx, i: usize) {
        // SAFETY: as above.
        let old = unsafe { std::mem::take(&mut *self.sp.add(i)) };
        drop_word(cx, old);
    }
    /// Release the entry `i` below the top.
    fn drop(&mut self, cx: &mut Cx, i: usize) {
        // SAFETY: as above.
        let old = unsafe { std::mem::take(&mut *self.sp.sub(i + 1)) };
        drop_word(cx, old);
    }
}

/// Execute stack opcode `op` with argument `arg`; `d` is the register of the stack top.
///
/// # Safety
/// `frame` is the running frame and the word came from the translator.
#[cold]
#[inline(never)]
pub unsafe fn exec(cx: &mut Cx, frame: *mut Frame, op: u8, d: usize, arg: u32) -> Res<()> {
    let Some(op) = Op::from_u16(op as u16) else {
        return Err(cx.system_error("bad opcode"));
    };
    // SAFETY: by contract.
    let mut s = Stack {
        sp: unsafe { (*frame).regs.add(d) },
    };
    match op {
        Op::CHECK_EG_MATCH => {
            let (rest, matched) = group::check_eg_match(cx, s.at(1), s.at(0))?;
            if !matched.is_none() {
                let top = cx
                    .handled
                    .last_mut()
                    .expect("there is always a handled entry");
                let old = top.replace(matched.clone());
                drop(old);
            }
            s.set(cx, 1, rest);
            s.set(cx, 0, matched);
        }
        Op::RERAISE => {
            let exc = s.take(0);
            cx.no_traceback = true;
            cx.reraised_at = match arg {
                0 => None,
                _ => s.at(arg as usize).as_small_int().map(|at| at as u32),
            };
            // Handlers are sought from here, not from the instruction that raised first, whose own handler this may be.
            return Err(cx.reraise(exc));
        }
        Op::RAISE_VARARGS => {
            return Err(raise(cx, &mut s, arg)?);
        }
        Op::WITH_EXCEPT_START => {
            let exc = s.at(0).clone();
            let ty = exc.ty().value();
            let tb = match exc.downcast::<crate::objects::BaseException>() {
                Some(e) => crate::SlotExt::get(&e.traceback, &e.head).unwrap_or_else(Value::none),
                None => Value::none(),
            };
            let exit = s.at(4).clone();
            let r = if s.bits(3) == 0 {
                protocol::call(cx, &exit, &[ty, exc, tb])?
            } else {
                let this = s.at(3).clone();
                protocol::call(cx, &exit, &[this, ty, exc, tb])?
            };
            s.push_at(cx, 0, r);
        }
        Op::LOAD_SPECIAL => load_special(cx, &mut s, arg)?,
        Op::END_SEND => {
            let v = s.take(0);
            s.set(cx, 1, v);
        }
        Op::CLEANUP_THROW => {
            let exc = s.take(0);
            if exception::is_kind(&exc, ExcKind::StopIteration) {
                let v = stop_value(&exc);
                s.drop(cx, 1);
                s.set(cx, 1, v);
                s.set(cx, 2, Value::none());
            } else {
                cx.no_traceback = true;
                return Err(cx.reraise(exc));
            }
        }
        Op::END_ASYNC_FOR => {
            let exc = s.take(0);
            if exception::is_kind(&exc, ExcKind::StopAsyncIteration) {
                s.drop(cx, 1);
            } else {
                cx.no_traceback = true;
                return Err(cx.reraise(exc));
            }
        }
        Op::GET_AITER => {
            let o = s.at(0).clone();
            let n = o.type_name();
            let Some(f) = o.ty().slots.aiter.get() else {
                return Err(cx.type_error(format!(
                    "'async for' requires an object with __aiter__ method, got {n}"
                )));
            };
            let it = f(cx, &o)?;
            if it.ty().slots.anext.get().is_none() {
                let t = it.type_name();
                return Err(cx.type_error(format!(
                    "'async for' received an object from __aiter__ that does not implement __anext__: {t}"
                )));
            }
            s.set(cx, 0, it);
        }
        Op::GET_ANEXT => {
            let o = s.at(0).clone();
            let Some(f) = o.ty().slots.anext.get() else {
                let n = o.type_name();
                return Err(cx.type_error(format!(
                    "'async for' requires an iterator with __anext__ method, got {n}"
                )));
            };
            let next = f(cx, &o)?;
            let aw = match get_awaitable(cx, &next) {
                Ok(a) => a,
                Err(r) => {
                    let cause = cx.take_exc(r);
                    let n = next.type_name();
                    let r = cx.type_error(format!(
                        "'async for' received an invalid object from __anext__: {n}"
                    ));
                    let e = cx.take_exc(r);
                    let base = crate::objects::exception::base::exc(&e);
                    base.set_cause(cx, Some(cause.clone()));
                    base.set_context(cx, Some(cause));
                    return Err(cx.reraise(e));
                }
            };
            s.push_at(cx, 0, aw);
        }
        Op::GET_AWAITABLE => {
            if let Some(g) = as_generator(s.at(0))
                && s.at(0).class_word() == word::COROUTINE
            {
                // It stays where it is.
                if g.delegating.load(std::sync::atomic::Ordering::Relaxed) != 0
                    && g.state() == crate::objects::generator::SUSPENDED
                {
                    return Err(cx.runtime_error("coroutine is being awaited already"));
                }
                return Ok(());
            }
            let o = s.at(0).clone();
            let aw = match get_awaitable(cx, &o) {
                Ok(a) => a,
                Err(r) => {
                    if arg != 0
                        && cx.exc_is(ExcKind::TypeError)
                        && o.ty().slots.await_.get().is_none()
                    {
                        drop(cx.take_exc(r));
                        let (what, n) = (
                            if arg == 1 { "__aenter__" } else { "__aexit__" },
                            o.type_name(),
                        );
                        return Err(cx.type_error(format!(
                            "'async with' received an object from {what} that does not implement __await__: {n}"
                        )));
                    }
                    return Err(r);
                }
            };
            s.set(cx, 0, aw);
        }
        Op::GET_YIELD_FROM_ITER => {
            let o = s.at(0).clone();
            match o.class_word() {
                word::GENERATOR => {}
                word::COROUTINE => {
                    // SAFETY: the running frame.
                    let flags = unsafe { (*frame).code().flags };
                    use crate::objects::code::co;
                    if flags & (co::COROUTINE | co::ITERABLE_COROUTINE) == 0 {
                        return Err(cx.type_error(
                            "cannot 'yield from' a coroutine object in a non-coroutine generator",
                        ));
                    }
                }
                _ => {
                    let it = protocol::iter(cx, &o)?;
                    s.set(cx, 0, it);
                }
            }
        }
        Op::GET_LEN => {
            let n = protocol::len(cx, s.at(0))?;
            let v = crate::objects::int::new_int(cx, n as i64)?;
            s.push_at(cx, 0, v);
        }
        Op::MATCH_MAPPING | Op::MATCH_SEQUENCE => {
            let f = if op == Op::MATCH_MAPPING {
                flag::MAPPING
            } else {
                flag::SEQUENCE
            };
            let m = s.at(0).ty().has(f);
            s.push_at(cx, 0, Value::bool(m));
        }
        Op::MATCH_KEYS => {
            let v = match_keys(cx, s.at(1), s.at(0))?;
            s.push_at(cx, 0, v);
        }
        Op::MATCH_CLASS => {
            let names = s.take(0);
            let cls = s.take(1);
            let v = match_class(cx, s.at(2), &cls, arg as usize, &names)?;
            s.set(cx, 2, v);
        }
        Op::LOAD_BUILD_CLASS => {
            // SAFETY: the running frame.
            let b = unsafe { &*(*frame).builtins() };
            let Some(f) = view::named(cx, b, "__build_class__")? else {
                return Err(cx.name_error("__build_class__ not found"));
            };
            s.push_at(cx, 0, f);
        }
        Op::LOAD_LOCALS => {
            // SAFETY: the running frame.
            let w = unsafe { locals_word(frame) };
            // SAFETY: a word of the frame, counted for the register.
            let v = unsafe { crate::call::counted(cx, w) };
            s.push_at(cx, 0, v);
        }
        Op::LOAD_COMMON_CONSTANT => {
            let v = match arg {
                0 => ExcKind::AssertionError.ty().value(),
                1 => ExcKind::NotImplementedError.ty().value(),
                2 => Type::from_word(word::TUPLE).value(),
                n => match crate::init::quantifier(n != 3) {
                    Some(v) => v,
                    None => return Err(cx.system_error("builtins are not there yet")),
                },
            };
            s.push_at(cx, 0, v);
        }
        Op::LOAD_FROM_DICT_OR_DEREF => {
            let ns = s.take(0);
            // SAFETY: the running frame; the index was checked by the translator.
            let (cell, name) = unsafe {
                let n = String::from_utf8_lossy(
                    (*frame).code().code.localsplusnames[arg as usize].as_bytes(),
                )
                .into_owned();
                (*(*frame).regs.add(arg as usize), n)
            };
            let name = crate::objects::str::intern::intern_str(cx, &name)?;
            let v = match globals::namespace_get(cx, &ns, &name)? {
                Some(v) => v.into_counted().into_bits(),
                None => cells::load_deref(cx, frame, cell, arg as usize)?,
            };
            // SAFETY: the register emptied above.
            unsafe { *s.sp.sub(1) = v };
        }
        Op::LOAD_FROM_DICT_OR_GLOBALS => {
            let ns = s.take(0);
            // SAFETY: the running frame; the index was checked by the translator.
            let name = unsafe { (&(*(*frame).rc).names)[arg as usize].clone() };
            let v = match globals::namespace_get(cx, &ns, &name)? {
                Some(v) => v,
                None => global_or_builtin(cx, frame, &name)?,
            };
            // SAFETY: as above.
            unsafe { *s.sp.sub(1) = v.into_counted().into_bits() };
        }
        Op::SETUP_ANNOTATIONS => {
            // SAFETY: the running frame.
            let w = unsafe { locals_word(frame) };
            // SAFETY: as above.
            let ns = unsafe { crate::call::counted(cx, w) };
            let name = crate::objects::str::intern::intern_str(cx, "__annotations__")?;
            if globals::namespace_get(cx, &ns, &name)?.is_none() {
                let d = crate::objects::dict::new_dict(cx)?;
                protocol::setitem(cx, &ns, &name, Some(&d))?;
            }
        }
        Op::MAKE_FUNCTION => {
            let code = s.take(0);
            let f = make_function(cx, frame, code)?;
            // SAFETY: the register emptied above.
            unsafe { *s.sp.sub(1) = f.into_bits() };
        }
        Op::SET_FUNCTION_ATTRIBUTE => {
            let fv = s.take(0);
            let v = s.take(1);
            set_function_attribute(cx, &fv, arg, v)?;
            s.set_empty(1, fv);
        }
        Op::CALL_INTRINSIC_1 => {
            let a = s.take(0);
            let v = intrinsic1(cx, frame, arg, a)?;
            s.set_empty(0, v);
        }
        Op::CALL_INTRINSIC_2 => {
            let (a, b) = (s.at(1).clone(), s.at(0).clone());
            let v = intrinsic2(cx, arg, a, b)?;
            s.drop(cx, 0);
            s.set(cx, 1, v);
        }
        Op::CONVERT_VALUE => {
            let v = match arg {
                1 => protocol::str(cx, s.at(0))?,
                2 => protocol::repr(cx, s.at(0))?,
                _ => crate::objects::format::ascii(cx, s.at(0))?,
            };
            s.set(cx, 0, v);
        }
        Op::LIST_EXTEND => {
            let v = s.take(0);
            let Some(l) = s.at(arg as usize).downcast::<List>() else {
                return Err(cx.system_error("LIST_EXTEND of no list"));
            };
            if let Some(t) = v.downcast_exact::<Tuple>() {
                return l.extend_register(cx, t.items());
            }
            if v.downcast_exact::<List>().is_none()
                && v.ty().slots.iter.get().is_none()
                && v.ty().slots.getitem.get().is_none()
            {
                let n = v.type_name();
                return Err(cx.type_error(format!("Value after * must be an iterable, not {n}")));
            }
            l.extend(cx, &v)?;
        }
        Op::SET_UPDATE => {
            let v = s.take(0);
            let set = s.at(arg as usize);
            let is_new = SetLike::of(set).is_some_and(SetLike::is_empty);
            if is_new && SetLike::of(&v).is_some() {
                // A literal of constants: nobody else has the set yet, which takes a copy of the table.
                crate::objects::set::algebra::init(cx, set, &v)?;
            } else {
                crate::objects::set::algebra::update(cx, set, &v)?;
            }
        }
        Op::DICT_UPDATE => {
            let v = s.take(0);
            let Some(d) = s.at(arg as usize).downcast::<Dict>() else {
                return Err(cx.system_error("DICT_UPDATE of no dict"));
            };
            d.merge_mapping(cx, &v, true)?;
        }
        Op::DICT_MERGE => {
            let v = s.take(0);
            let func = s.at(arg as usize + 3).clone();
            merge_keywords(cx, s.at(arg as usize), &v, &func)?;
        }
        Op::IMPORT_NAME => {
            // SAFETY: the running frame; the index was checked by the translator.
            let name = unsafe { (&(*(*frame).rc).names)[arg as usize].clone() };
            let (level, fromlist) = (s.at(1).clone(), s.at(0).clone());
            let m = import_name(cx, frame, &name, level, fromlist)?;
            s.drop(cx, 0);
            s.set(cx, 1, m);
        }
        Op::IMPORT_FROM => {
            // SAFETY: as above.
            let name = unsafe { (&(*(*frame).rc).names)[arg as usize].clone() };
            let v = import_from(cx, s.at(0), &name)?;
            s.push_at(cx, 0, v);
        }
        Op::UNPACK_EX => {
            let v = s.take(0);
            unpack_ex(cx, v, &mut s, (arg & 0xFF) as usize, (arg >> 8) as usize)?;
        }
        Op::BUILD_INTERPOLATION => {
            // Bit 0: a format spec lies on top; bits 2 and up: the conversion.
            let conversion = match arg >> 2 {
                0 => Value::none(),
                1 => crate::objects::str::new_str(cx, "s")?,
                2 => crate::objects::str::new_str(cx, "r")?,
                _ => crate::objects::str::new_str(cx, "a")?,
            };
            let extra = (arg & 1) as usize;
            let spec = match extra {
                1 => s.at(0).clone(),
                _ => crate::objects::str::new_str(cx, "")?,
            };
            let (value, text) = (s.at(extra + 1).clone(), s.at(extra).clone());
            let v = crate::objects::template::new_interpolation(cx, value, text, conversion, spec)?;
            for i in 0..=extra {
                s.drop(cx, i);
            }
            s.set(cx, extra + 1, v);
        }
        Op::BUILD_TEMPLATE => {
            let (strings, interpolations) = (s.at(1).clone(), s.at(0).clone());
            let v = crate::objects::template::new_template(cx, strings, interpolations)?;
            s.drop(cx, 0);
            s.set(cx, 1, v);
        }
        Op::RESERVED => return Err(cx.system_error("execution ran past the end of the code")),
        other => return Err(cx.system_error(format!("opcode {} is not known", other.name()))),
    }
    Ok(())
}

impl Stack {
    /// Fill an emptied entry.
    fn set_empty(&mut self, i: usize, v: Value) {
        // SAFETY: the register is empty.
        unsafe { *self.sp.sub(i + 1) = v.into_counted().into_bits() };
    }
}

fn raise(cx: &mut Cx, s: &mut Stack, arg: u32) -> Res<crate::Raised> {
    match arg {
        0 => match exception::handled(cx) {
            Some(e) => {
                // A bare `raise` goes on with the traceback as it is.
                cx.no_traceback = true;
                Ok(cx.reraise(e))
            }
            None => Err(cx.runtime_error("No active exception to reraise")),
        },
        1 => {
            let v = s.take(0);
            let exc = exception::instantiate(cx, &v)?;
            Ok(cx.raise_value(exc))
        }
        _ => {
            let cause = s.take(0);
            let v = s.take(1);
            let exc = exception::instantiate(cx, &v)?;
            let cause = if cause.is_none() {
                None
            } else if exception::is_exception_class(&cause) || exception::is_exception(&cause) {
                Some(exception::instantiate(cx, &cause)?)
            } else {
                return Err(cx.type_error("exception causes must derive from BaseException"));
            };
            if let Some(e) = exc.downcast::<crate::objects::BaseException>() {
                drop(crate::SlotExt::put(&e.cause, &e.head, cx, cause));
                e.suppress_context
                    .store(true, std::sync::atomic::Ordering::Relaxed);
            }
            Ok(cx.raise_value(exc))
        }
    }
}

fn load_special(cx: &mut Cx, s: &mut Stack, arg: u32) -> Res<()> {
    let name = ["__enter__", "__exit__", "__aenter__", "__aexit__"][arg as usize & 3];
    let o = s.at(0).clone();
    let n = crate::objects::str::intern::intern_static(cx, name)?;
    // Into a register: there it may be borrowed.
    let Some(f) = crate::objects::typeobj::special::special(cx, o.ty(), n) else {
        let t = crate::objects::typeobj::methods::shown_name(cx, o.ty());
        let is_async = arg >= 2;
        let (sync_name, async_name) = (["__enter__", "__exit__"], ["__aenter__", "__aexit__"]);
        let others = if is_async { sync_name } else { async_name };
        let mut has_other = true;
        for x in others {
            has_other &= o.ty().lookup_str(cx, x).is_some();
        }
        let a = if is_async { " asynchronous" } else { "" };
        let hint = match (has_other, is_async) {
            (true, true) => {
                " but it supports the context manager protocol. Did you mean to use 'with'?"
            }
            (true, false) => {
                " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
            }
            (false, _) => "",
        };
        return Err(cx.type_error(format!(
            "'{t}' object does not support the{a} context manager protocol (missed {name} method){hint}"
        )));
    };
    if f.ty().has(flag::METHOD_DESCRIPTOR) {
        s.set(cx, 0, f);
        s.push_at(cx, 0, o);
        return Ok(());
    }
    let bound = match f.ty().slots.descr_get.get() {
        Some(get) => {
            let t = o.ty().value();
            get(cx, &f, Some(&o), Some(&t))?
        }
        None => f,
    };
    s.set(cx, 0, bound);
    s.push_null(cx, 0);
    Ok(())
}

fn global_or_builtin(cx: &mut Cx, frame: *mut Frame, name: &Value) -> Res<Value> {
    // SAFETY: the running frame's namespaces.
    let (g, b) = unsafe { (&*(*frame).globals, &*(*frame).builtins()) };
    // SAFETY: as above; they start with their header.
    let gv = unsafe { Value::borrow_header(std::ptr::from_ref(g).cast()) };
    if let Some(v) = globals::namespace_get(cx, &gv, name)? {
        return Ok(v);
    }
    match view::get(cx, b, name)? {
        Some(v) => Ok(v),
        None => Err(globals::undefined(cx, name)),
    }
}

/// A function object over `code` with the running frame's globals.
fn make_function(cx: &mut Cx, frame: *mut Frame, code: Value) -> Res<Value> {
    // SAFETY: the running frame's namespaces start with their headers.
    let (globals, builtins) = unsafe {
        (
            Value::borrow_header((*frame).globals.cast()),
            Value::borrow_header((*frame).builtins().cast()),
        )
    };
    crate::objects::function::methods::new_function(cx, code, globals, builtins)
}

fn set_function_attribute(cx: &mut Cx, fv: &Value, arg: u32, v: Value) -> Res<()> {
    let Some(f) = fv.downcast::<Function>() else {
        return Err(cx.system_error("SET_FUNCTION_ATTRIBUTE of no function"));
    };
    match arg {
        1 => drop(f.defaults.swap(Some(v))),
        2 => drop(f.kwdefaults.swap(Some(v))),
        4 => drop(f.annotations.swap(Some(v))),
        // SAFETY: R12: the function was made by the instruction before and nobody else has it yet.
        8 => unsafe { *(&raw const f.closure).cast_mut() = Some(v) },
        16 => drop(f.annotate.swap(Some(v))),
        _ => return Err(cx.system_error("bad SET_FUNCTION_ATTRIBUTE")),
    }
    Ok(())
}

fn intrinsic1(cx: &mut Cx, frame: *mut Frame, arg: u32, a: Value) -> Res<Value> {
    match arg {
        1 => {
            let hook = crate::init::sys_get(cx, "displayhook");
            match hook {
                Some(h) => protocol::call(cx, &h, &[a]),
                None => Err(cx.runtime_error("lost sys.displayhook")),
            }
        }
        2 => import_star(cx, frame, &a),
        3 => stop_iteration_error(cx, frame, a),
        4 => crate::objects::generator::methods::async_gen_wrap(cx, a),
        5 => protocol::unary(cx, "+", &a),
        6 => {
            // Of a call's `*args`: the list was made for it, and its register alone has it.
            if let Some(t) = a.downcast_exact::<List>().and_then(|l| l.give_as_tuple(cx)) {
                return t;
            }
            let items = protocol::collect(cx, &a)?;
            crate::objects::tuple::new_tuple(cx, items)
        }
        7..=11 => crate::init::typing_intrinsic(cx, arg, &[a]),
        _ => Err(cx.system_error("bad intrinsic")),
    }
}

fn intrinsic2(cx: &mut Cx, arg: u32, a: Value, b: Value) -> Res<Value> {
    match arg {
        1 => group::prep_reraise_star(cx, &a, &b),
        4 => {
            if let Some(f) = a.downcast::<Function>() {
                drop(crate::SlotExt::put(&f.type_params, &f.head, cx, Some(b)));
            }
            Ok(a)
        }
        2 | 3 | 5 => crate::init::typing_intrinsic(cx, 100 + arg, &[a, b]),
        _ => Err(cx.system_error("bad intrinsic")),
    }
}

/// PEP 479: StopIteration leaving a generator becomes RuntimeError.
fn stop_iteration_error(cx: &mut Cx, frame: *mut Frame, exc: Value) -> Res<Value> {
    // SAFETY: the running frame.
    let flags = unsafe { (*frame).code().flags };
    use crate::objects::code::co;
    let msg = if exception::is_kind(&exc, ExcKind::StopIteration) {
        if flags & co::ASYNC_GENERATOR != 0 {
            "async generator raised StopIteration"
        } else if flags & co::COROUTINE != 0 {
            "coroutine raised StopIteration"
        } else {
            "generator raised StopIteration"
        }
    } else if flags & co::ASYNC_GENERATOR != 0
        && exception::is_kind(&exc, ExcKind::StopAsyncIteration)
    {
        "async generator raised StopAsyncIteration"
    } else {
        return Ok(exc);
    };
    let text = crate::objects::str::new_str(cx, msg)?;
    let new = exception::new_exception(cx, ExcKind::RuntimeError, vec![text])?;
    if let Some(e) = new.downcast::<crate::objects::BaseException>() {
        drop(e.cause.swap(Some(exc.clone())));
        drop(e.context.swap(Some(exc)));
        e.suppress_context
            .store(true, std::sync::atomic::Ordering::Relaxed);
    }
    Ok(new)
}

/// The value of a StopIteration.
pub fn stop_value(exc: &Value) -> Value {
    match exc.downcast::<crate::objects::BaseException>() {
        Some(e) => crate::SlotExt::get(&e.extra[0], &e.head).unwrap_or_else(Value::none),
        None => Value::none(),
    }
}

/// What `await o` iterates.
pub fn get_awaitable(cx: &mut Cx, o: &Value) -> Res<Value> {
    match o.class_word() {
        word::COROUTINE => return Ok(o.clone()),
        word::GENERATOR => {
            let g = as_generator(o).expect("checked");
            // SAFETY: the code pointer of a generator's record is set for its life.
            let flags = unsafe { (*(*g.frame.get()).rc).flags };
            if flags & crate::objects::code::co::ITERABLE_COROUTINE != 0 {
                return Ok(o.clone());
            }
        }
        _ => {}
    }
    let Some(f) = o.ty().slots.await_.get() else {
        let n = o.type_name();
        return Err(cx.type_error(format!("'{n}' object can't be awaited")));
    };
    let it = f(cx, o)?;
    if it.class_word() == word::COROUTINE {
        return Err(cx.type_error("__await__() returned a coroutine"));
    }
    if it.ty().slots.next.get().is_none() {
        let n = it.type_name();
        return Err(cx.type_error(format!("__await__() returned non-iterator of type '{n}'")));
    }
    Ok(it)
}

/// Send `value` to an iterator.
#[inline(never)]
pub fn send(cx: &mut Cx, receiver: &Value, value: Value) -> Res<Step> {
    if matches!(receiver.class_word(), word::GENERATOR | word::COROUTINE) {
        return resume(
            cx,
            receiver,
            if value.is_none() {
                Resume::Next
            } else {
                Resume::Send(value)
            },
        );
    }
    let next = receiver.ty().slots.next.get().filter(|_| value.is_none());
    let r = if let Some(next) = next {
        // The slot itself: a value returned comes in its StopIteration.
        match next(cx, receiver) {
            Ok(Some(v)) => return Ok(Step::Yield(v)),
            Ok(None) => return Ok(Step::Return(Value::none())),
            Err(r) => Err(r),
        }
    } else {
        protocol::call_method(cx, receiver, "send", &[value])
    };
    match r {
        Ok(v) => Ok(Step::Yield(v)),
        Err(raised) => {
            if !cx.exc_is(ExcKind::StopIteration) {
                return Err(raised);
            }
            let exc = cx.take_exc(raised);
            if crate::monitor::watches_exceptions() {
                crate::monitor::deliver::swallowed(cx, exc.clone())?;
            }
            Ok(Step::Return(stop_value(&exc)))
        }
    }
}

/// BUILD_MAP, BUILD_SET, BUILD_STRING, BUILD_SLICE over registers.
#[inline(never)]
pub fn build(cx: &mut Cx, op: Rop, regs: &[Value]) -> Res<Value> {
    match op {
        Rop::BuildMap => {
            let d = crate::objects::dict::new_dict_with_capacity(cx, regs.len() / 2)?;
            let dict = d.downcast::<Dict>().expect("a dict");
            for pair in regs.chunks(2) {
                dict.set_register(cx, &pair[0], pair[1].clone())?;
            }
            Ok(d)
        }
        Rop::BuildSet => crate::objects::set::new_set_of(cx, regs),
        Rop::BuildString => crate::objects::str::concat_all(cx, regs),
        _ => {
            let step = regs.get(2).cloned().unwrap_or_else(Value::none);
            crate::objects::slice::new_slice(cx, regs[0].clone(), regs[1].clone(), step)
        }
    }
}

#[inline(never)]
pub fn set_add(cx: &mut Cx, set: &Value, v: &Value) -> Res<()> {
    crate::objects::set::add_register(cx, set, v)
}

#[inline(never)]
pub fn map_add(cx: &mut Cx, map: &Value, k: &Value, v: &Value) -> Res<()> {
    match map.downcast::<Dict>() {
        Some(d) => d.set_register(cx, k, v.clone()),
        None => Err(cx.system_error("MAP_ADD to no dict")),
    }
}

/// What `f(*args, **kwargs)` gives: positional arguments, then the values of the keywords.
struct Spread {
    values: Vec<Value>,
    positional: usize,
    names: Option<Value>,
}

/// Spread the arguments at `base + 2` and `base + 3` behind a receiver at `base + 1`.
///
/// # Safety
/// Registers of the running frame; the callable is at `base`.
unsafe fn spread(cx: &mut Cx, base: *mut u64) -> Res<Spread> {
    // SAFETY: by contract.
    unsafe {
        let f = &*(base as *const Value);
        let args = &*(base.add(2) as *const Value);
        let mut values: Vec<Value> = Vec::new();
        if *base.add(1) != 0 {
            values.push((*(base.add(1) as *const Value)).clone());
        }
        match args.downcast_exact::<Tuple>() {
            Some(t) => values.extend_from_slice(t.items()),
            None => {
                if args.ty().slots.iter.get().is_none() && args.ty().slots.getitem.get().is_none() {
                    let (name, n) = (callable_name(cx, f), args.type_name());
                    return Err(cx.type_error(format!(
                        "{name} argument after * must be an iterable, not {n}"
                    )));
                }
                values.extend(protocol::collect(cx, args)?);
            }
        }
        let positional = values.len();
        if *base.add(3) == 0 {
            return Ok(Spread {
                values,
                positional,
                names: None,
            });
        }
        let kw = &*(base.add(3) as *const Value);
        let merged;
        let d = match kw.downcast::<Dict>() {
            Some(d) => d,
            None => {
                merged = crate::objects::dict::new_dict(cx)?;
                merge_keywords(cx, &merged, kw, f)?;
                merged.downcast::<Dict>().expect("a dict")
            }
        };
        if d.is_empty() {
            return Ok(Spread {
                values,
                positional,
                names: None,
            });
        }
        let entries = d.entries(cx);
        let mut names = Vec::with_capacity(entries.len());
        for (k, v) in entries {
            if k.downcast::<Str>().is_none() {
                return Err(cx.type_error("keywords must be strings"));
            }
            names.push(k);
            values.push(v);
        }
        let names = crate::objects::tuple::new_tuple(cx, names)?;
        Ok(Spread {
            values,
            positional,
            names: Some(names),
        })
    }
}

impl Spread {
    fn args(&self) -> Args<'_> {
        let (pos, kwvalues) = self.values.split_at(self.positional);
        Args {
            pos,
            kwvalues,
            kwnames: self.names.as_ref().and_then(|n| n.downcast::<Tuple>()),
        }
    }
}

/// `f(*args, **kwargs)` of a callable at `base` that is no Python function.
///
/// # Safety
/// As for [`spread`].
#[inline(never)]
pub unsafe fn call_ex(cx: &mut Cx, base: *mut u64) -> Res<Value> {
    // SAFETY: by contract.
    unsafe {
        let given = spread(cx, base)?;
        protocol::call_args(cx, &*(base as *const Value), given.args())
    }
}

/// The same of the Python function `f`, which the callable at `base` is or binds: its frame is pushed, and the registers behind
/// the callable are empty.
///
/// # Safety
/// As for [`spread`].
#[inline(never)]
pub unsafe fn enter_ex(
    cx: &mut Cx,
    base: *mut u64,
    f: &crate::objects::function::Function,
) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let args = &*(base.add(2) as *const Value);
        match args.downcast_exact::<Tuple>() {
            // A tuple alone is bound as it lies.
            Some(t) if *base.add(1) == 0 && *base.add(3) == 0 => {
                let args = Args::positional(t.items());
                crate::slow::enter_with(cx, base, f, args, FrameKind::Inline)
            }
            _ => {
                let given = spread(cx, base)?;
                crate::slow::enter_with(cx, base, f, given.args(), FrameKind::Inline)
            }
        }
    }
}

/// `cls(*args)` of a class whose instances are plain and whose `__init__` is the function word `init`: its frame is pushed, and
/// the instance waits in `base`. False, with nothing changed, for other arguments than a short tuple alone.
///
/// # Safety
/// As for [`spread`].
#[inline(never)]
pub unsafe fn enter_ex_init(cx: &mut Cx, base: *mut u64, cls: &Type, init: u64) -> Res<bool> {
    const SHORT: usize = 12;
    // SAFETY: by contract; the class keeps the function, and the registers what is lent to the call until it is bound.
    unsafe {
        let args = &*(base.add(2) as *const Value);
        let Some(items) = args.downcast_exact::<Tuple>().map(Tuple::items) else {
            return Ok(false);
        };
        if *base.add(1) != 0 || *base.add(3) != 0 || items.len() >= SHORT {
            return Ok(false);
        }
        let instance = crate::objects::object::alloc_plain(cx, cls)?.into_bits();
        let mut words = [0u64; SHORT];
        words[0] = instance | BORROWED;
        for (to, v) in words[1..].iter_mut().zip(items) {
            *to = v.bits() | if v.is_ptr() { BORROWED } else { 0 };
        }
        let class = std::mem::replace(&mut *base, instance);
        let f = &*((init & !7) as *const crate::objects::function::Function);
        let pos = std::slice::from_raw_parts(words.as_ptr().cast(), items.len() + 1);
        let entered = crate::slow::enter_with(cx, base, f, Args::positional(pos), FrameKind::Init);
        drop_word(cx, class);
        entered.map(|()| true)
    }
}

/// `f()` for messages: the qualified name with parentheses.
pub fn callable_name(cx: &mut Cx, f: &Value) -> String {
    let q = match protocol::getattr_str_opt(cx, f, "__qualname__") {
        Ok(Some(q)) => q.downcast::<Str>().map(|s| s.to_string_lossy()),
        Ok(None) => None,
        Err(r) => {
            drop(cx.take_exc(r));
            None
        }
    };
    let Some(q) = q else {
        return match protocol::str_string(cx, f) {
            Ok(s) => s,
            Err(r) => {
                drop(cx.take_exc(r));
                "function".into()
            }
        };
    };
    let m = match protocol::getattr_str_opt(cx, f, "__module__") {
        Ok(Some(m)) => m.downcast::<Str>().map(|s| s.to_string_lossy()),
        Ok(None) => None,
        Err(r) => {
            drop(cx.take_exc(r));
            None
        }
    };
    match m {
        Some(m) if m != "builtins" => format!("{m}.{q}()"),
        _ => format!("{q}()"),
    }
}

/// `**mapping` in a call: duplicates and non-mappings are errors.
fn merge_keywords(cx: &mut Cx, into: &Value, from: &Value, func: &Value) -> Res<()> {
    let Some(d) = into.downcast::<Dict>() else {
        return Err(cx.system_error("DICT_MERGE of no dict"));
    };
    let pairs: Vec<(Value, Value)> = match from.downcast_exact::<Dict>() {
        Some(f) => f.entries(cx),
        None => {
            let Some(keys) = protocol::getattr_str_opt(cx, from, "keys")? else {
                let (name, n) = (callable_name(cx, func), from.type_name());
                return Err(cx.type_error(format!(
                    "{name} argument after ** must be a mapping, not {n}"
                )));
            };
            let keys = protocol::call(cx, &keys, &[])?;
            let keys = protocol::collect(cx, &keys)?;
            let mut out = Vec::with_capacity(keys.len());
            for k in keys {
                let v = protocol::getitem(cx, from, &k)?;
                out.push((k, v));
            }
            out
        }
    };
    for (k, v) in pairs {
        if d.contains(cx, &k)? {
            let (name, key) = (callable_name(cx, func), protocol::str_string(cx, &k)?);
            return Err(cx.type_error(format!(
                "{name} got multiple values for keyword argument '{key}'"
            )));
        }
        d.set(cx, &k, v)?;
    }
    Ok(())
}

/// FORMAT_SIMPLE.
#[inline(never)]
pub fn format_simple(cx: &mut Cx, v: &Value) -> Res<Value> {
    let empty = crate::statics::immortal(crate::statics::EMPTY_STR);
    crate::objects::format::format_value(cx, v, empty.downcast::<Str>().expect("a str"))
}

/// FORMAT_WITH_SPEC.
#[inline(never)]
pub fn format_spec(cx: &mut Cx, v: &Value, spec: &Value) -> Res<Value> {
    match spec.downcast::<Str>() {
        Some(s) => crate::objects::format::format_value(cx, v, s),
        None => Err(cx.type_error("format spec must be str")),
    }
}
