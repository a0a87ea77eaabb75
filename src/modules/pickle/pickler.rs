//! `Pickler` and its view of the memo.
//!
//! A pickler writes one pickle at a time: the memo is moved out of the object for that time, so no lock is held while Python
//! code runs, and a second `dump` meanwhile raises RuntimeError.

use super::globals::{attribute, replaced, unpicklable};
use super::memo::Memo;
use super::opcodes::{DEFAULT_PROTOCOL, HIGHEST_PROTOCOL};
use super::output::Output;
use super::save::{Settings, Writer};
use crate::builtins::functions::identity;
use crate::support::{make, pack};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use typhon_vm::SlotExt;
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::{Dict, Str, dict, int, object};

/// What `__init__` was given.
#[derive(Clone)]
struct Given {
    write: Value,
    protocol: i32,
    fix_imports: bool,
    buffer_callback: Option<Value>,
}

impl Traverse for Given {
    fn traverse(&self, visitor: &mut Visitor) {
        self.write.traverse(visitor);
        self.buffer_callback.traverse(visitor);
    }
}

/// This takes a binary file for writing a pickle data stream.
///
/// The optional *protocol* argument tells the pickler to use the given
/// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
/// protocol is 5. It was introduced in Python 3.8, and is incompatible
/// with previous versions.
///
/// Specifying a negative protocol version selects the highest protocol
/// version supported.  The higher the protocol used, the more recent the
/// version of Python needed to read the pickle produced.
///
/// The *file* argument must have a write() method that accepts a single
/// bytes argument. It can thus be a file object opened for binary
/// writing, an io.BytesIO instance, or any other custom object that meets
/// this interface.
///
/// If *fix_imports* is True and protocol is less than 3, pickle will try
/// to map the new Python 3 names to the old module names used in Python
/// 2, so that the pickle data stream is readable with Python 2.
///
/// If *buffer_callback* is None (the default), buffer views are
/// serialized into *file* as part of the pickle stream.
///
/// If *buffer_callback* is not None, then it can be called any number
/// of times with a buffer view.  If the callback returns a false value
/// (such as None), the given buffer is out-of-band; otherwise the
/// buffer is serialized in-band, i.e. inside the pickle stream.
///
/// It is an error if *buffer_callback* is not None and *protocol*
/// is None or smaller than 5.
#[pytype(name = "Pickler", module = "_pickle", gc, basetype)]
pub struct Pickler {
    pub head: Header,
    given: Guarded<Option<Given>>,
    memo: Guarded<Memo>,
    dispatch_table: Slot,
    /// Set on the instance.
    persistent_id: Slot,
    bin: AtomicI32,
    fast: AtomicI32,
    running: AtomicBool,
    /// `clear_memo()` while a pickle is being written.
    cleared: AtomicBool,
}

/// The protocol that an argument asks for.
pub fn protocol_of(cx: &mut Cx, given: &Value) -> Res<i32> {
    if given.is_none() {
        return Ok(DEFAULT_PROTOCOL);
    }
    let n = number::index_i32(cx, given)?;
    if n < 0 {
        return Ok(HIGHEST_PROTOCOL);
    }
    if n > HIGHEST_PROTOCOL {
        return Err(cx.value_error(format!("pickle protocol must be <= {HIGHEST_PROTOCOL}")));
    }
    Ok(n)
}

/// The buffer callback that an argument gives.
pub fn callback_of(cx: &mut Cx, given: &Value, protocol: i32) -> Res<Option<Value>> {
    if given.is_none() {
        return Ok(None);
    }
    if protocol < 5 {
        return Err(cx.value_error("buffer_callback needs protocol >= 5"));
    }
    Ok(Some(given.clone()))
}

/// The method of a file, as an error names it.
pub fn write_of(cx: &mut Cx, file: &Value) -> Res<Value> {
    match attribute(cx, file, "write")? {
        Some(w) => Ok(w),
        None => Err(cx.type_error("file must have a 'write' attribute")),
    }
}

impl Pickler {
    /// One pickler's use at a time.
    fn enter(&self, cx: &mut Cx) -> Res<()> {
        if self.running.swap(true, Ordering::Acquire) {
            return Err(cx.runtime_error("Pickler object is already used"));
        }
        Ok(())
    }

    fn leave(&self) {
        self.running.store(false, Ordering::Release);
    }

    fn settings(&self, cx: &mut Cx, this: &Value, given: &Given) -> Res<Settings> {
        let own = Type::of::<Pickler>();
        let plain = std::ptr::eq(this.ty(), own);
        let persistent_id = match self.persistent_id.get(&self.head) {
            Some(f) => Some(f),
            None => replaced(cx, this, own, "persistent_id")?,
        };
        let (reducer_override, dispatch_table) = if plain {
            (None, self.dispatch_table.get(&self.head))
        } else {
            (
                attribute(cx, this, "reducer_override")?,
                attribute(cx, this, "dispatch_table")?,
            )
        };
        Ok(Settings {
            protocol: given.protocol,
            bin: self.bin.load(Ordering::Relaxed) != 0,
            fast: self.fast.load(Ordering::Relaxed) != 0,
            fix_imports: given.fix_imports,
            persistent_id,
            reducer_override,
            dispatch_table,
            buffer_callback: given.buffer_callback.clone(),
        })
    }

    fn write_pickle(&self, cx: &mut Cx, this: &Value, o: &Value) -> Res<()> {
        let given = self.given.lock(&self.head, &mut cx.thread).clone();
        let Some(given) = given else {
            let n = this.ty().name();
            return Err(unpicklable(
                cx,
                format!("Pickler.__init__() was not called by {n}.__init__()"),
            ));
        };
        let settings = self.settings(cx, this, &given)?;
        let memo = std::mem::take(&mut *self.memo.lock(&self.head, &mut cx.thread));
        let out = Output::new(Some(given.write.clone()));
        let mut writer = Writer::new(cx, out, memo, settings, Some(&self.cleared))?;
        let r = writer.dump(cx, o);
        let memo = if self.cleared.swap(false, Ordering::Relaxed) {
            Memo::default()
        } else {
            writer.memo
        };
        let old = std::mem::replace(&mut *self.memo.lock(&self.head, &mut cx.thread), memo);
        drop(old);
        r
    }

    fn forget(&self, cx: &mut Cx) {
        if self.running.load(Ordering::Relaxed) {
            self.cleared.store(true, Ordering::Relaxed);
        }
        // Dropped after the lock (R1).
        let old = std::mem::take(&mut *self.memo.lock(&self.head, &mut cx.thread));
        drop(old);
    }

    /// The memo as `{id: (number, object)}`.
    fn memo_dict(&self, cx: &mut Cx) -> Res<Value> {
        let entries = {
            let guard = self.memo.lock(&self.head, &mut cx.thread);
            let tid = guard.tid();
            let entries = guard.entries();
            entries
                .map(|(v, n)| (v.clone_in(tid), n))
                .collect::<Vec<_>>()
        };
        let made = dict::new_dict(cx)?;
        for (v, n) in entries {
            let id = identity(&v).into_value(cx)?;
            let n = int::new_int(cx, n as i64)?;
            let pair = pack(cx, [n, v])?;
            if let Some(d) = dict::as_dict(&made) {
                d.set(cx, &id, pair)?;
            }
        }
        Ok(made)
    }
}

fn int_member(cx: &mut Cx, member: &AtomicI32, v: Option<&Value>) -> Res<()> {
    let Some(v) = v else {
        return Err(cx.type_error("can't delete numeric/char attribute"));
    };
    let n = number::index_i64(cx, v)?;
    member.store(n as i32, Ordering::Relaxed);
    Ok(())
}

/// Whether an attribute's name is this one.
pub fn is_name(name: &Value, text: &str) -> bool {
    name.downcast::<Str>().is_some_and(|n| n.equals_str(text))
}

#[pymethods]
impl Pickler {
    #[new]
    #[sig(*args, **kwargs)]
    fn new(cls: &Type, args: &[Value], kwargs: Kwargs<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = (args, kwargs);
        object::alloc(
            cx,
            cls,
            Pickler {
                head: Header::placeholder(),
                given: Guarded::new(None),
                memo: Guarded::new(Memo::default()),
                dispatch_table: Slot::new(None),
                persistent_id: Slot::new(None),
                bin: AtomicI32::new(0),
                fast: AtomicI32::new(0),
                running: AtomicBool::new(false),
                cleared: AtomicBool::new(false),
            },
        )
    }

    #[init]
    #[sig(file, protocol = None, fix_imports = True, buffer_callback = None)]
    fn init(
        &self,
        file: &Value,
        protocol: &Value,
        fix_imports: bool,
        buffer_callback: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        self.enter(cx)?;
        let made = (|| {
            let protocol = protocol_of(cx, protocol)?;
            let buffer_callback = callback_of(cx, buffer_callback, protocol)?;
            Ok(Given {
                write: write_of(cx, file)?,
                protocol,
                fix_imports: fix_imports && protocol < 3,
                buffer_callback,
            })
        })();
        let r = made.map(|given| {
            self.bin
                .store(i32::from(given.protocol > 0), Ordering::Relaxed);
            self.fast.store(0, Ordering::Relaxed);
            let old = self.given.lock(&self.head, &mut cx.thread).replace(given);
            drop(old);
            let old = std::mem::take(&mut *self.memo.lock(&self.head, &mut cx.thread));
            drop(old);
        });
        self.leave();
        r
    }

    /// Write a pickled representation of the given object to the open file.
    #[sig(obj, /)]
    fn dump(this: &Value, obj: &Value, cx: &mut Cx) -> Res<()> {
        let Some(p) = this.downcast::<Pickler>() else {
            return Ok(());
        };
        p.enter(cx)?;
        let r = p.write_pickle(cx, this, obj);
        p.leave();
        r
    }

    /// Clears the pickler's "memo".
    ///
    /// The memo is the data structure that remembers which objects the
    /// pickler has already seen, so that shared or recursive objects are
    /// pickled by reference and not by value.  This method is useful when
    /// re-using picklers.
    fn clear_memo(&self, cx: &mut Cx) {
        self.forget(cx);
    }

    #[sig(obj, /)]
    fn persistent_id(&self, obj: &Value) {
        let _ = obj;
    }

    /// Returns size in memory, in bytes.
    fn __sizeof__(&self, cx: &mut Cx) -> usize {
        let guard = self.memo.lock(&self.head, &mut cx.thread);
        size_of::<Pickler>() + guard.count() * 24
    }

    #[getter]
    fn bin(&self) -> i32 {
        self.bin.load(Ordering::Relaxed)
    }
    #[setter]
    fn set_bin(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        int_member(cx, &self.bin, v)
    }
    #[getter]
    fn fast(&self) -> i32 {
        self.fast.load(Ordering::Relaxed)
    }
    #[setter]
    fn set_fast(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        int_member(cx, &self.fast, v)
    }

    #[getter]
    fn dispatch_table(&self, cx: &mut Cx) -> Res<Value> {
        match self.dispatch_table.get(&self.head) {
            Some(t) => Ok(t),
            None => Err(cx.attribute_error("dispatch_table")),
        }
    }
    #[setter]
    fn set_dispatch_table(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let old = self.dispatch_table.put(&self.head, cx, v.cloned());
        if v.is_none() && old.is_none() {
            return Err(cx.attribute_error("dispatch_table"));
        }
        Ok(())
    }

    #[getter]
    fn memo(this: &Value, cx: &mut Cx) -> Res<Value> {
        make(
            cx,
            PicklerMemo {
                head: Header::placeholder(),
                pickler: this.clone(),
            },
        )
    }
    #[setter]
    fn set_memo(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(cx.type_error("attribute deletion is not supported"));
        };
        let source = match v.downcast_exact::<PicklerMemo>() {
            Some(proxy) => proxy.copy(cx)?,
            None => v.clone(),
        };
        let Some(d) = source.downcast::<Dict>() else {
            let n = v.type_name();
            return Err(cx.type_error(format!(
                "'memo' attribute must be a PicklerMemoProxy object or dict, not {n}"
            )));
        };
        let mut memo = Memo::default();
        for (_, pair) in d.entries(cx) {
            let Some([n, o]) = pair.downcast::<Tuple>().map(Tuple::items) else {
                return Err(cx.type_error("'memo' values must be 2-item tuples"));
            };
            let n = number::index_isize(cx, n)?;
            memo.insert(o, cx.tid, n as u64);
        }
        let old = std::mem::replace(&mut *self.memo.lock(&self.head, &mut cx.thread), memo);
        drop(old);
        Ok(())
    }

    #[slot]
    fn getattro(this: &Value, name: &Value, cx: &mut Cx) -> Res<Value> {
        if is_name(name, "persistent_id")
            && let Some(p) = this.downcast::<Pickler>()
            && let Some(f) = p.persistent_id.get(&p.head)
        {
            return Ok(f);
        }
        object::generic_getattr(cx, this, name)
    }

    #[slot]
    fn setattro(this: &Value, name: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        if is_name(name, "persistent_id")
            && let Some(p) = this.downcast::<Pickler>()
        {
            let old = p.persistent_id.put(&p.head, cx, value.cloned());
            if value.is_none() && old.is_none() {
                return Err(cx.attribute_error("persistent_id"));
            }
            return Ok(());
        }
        object::generic_setattr(cx, this, name, value)
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let given = self.given.lock(&self.head, &mut cx.thread).take();
        drop(given);
        let memo = std::mem::take(&mut *self.memo.lock(&self.head, &mut cx.thread));
        drop(memo);
        drop(self.dispatch_table.put(&self.head, cx, None));
        drop(self.persistent_id.put(&self.head, cx, None));
    }
}

/// The memo of a pickler, as Python sees it.
#[pytype(name = "PicklerMemoProxy", module = "_pickle", gc, no_new, unhashable)]
pub struct PicklerMemo {
    pub head: Header,
    pickler: Value,
}

#[pymethods]
impl PicklerMemo {
    /// Remove all items from memo.
    fn clear(&self, cx: &mut Cx) {
        if let Some(p) = self.pickler.downcast::<Pickler>() {
            p.forget(cx);
        }
    }
    /// Copy the memo to a new object.
    fn copy(&self, cx: &mut Cx) -> Res<Value> {
        match self.pickler.downcast::<Pickler>() {
            Some(p) => p.memo_dict(cx),
            None => dict::new_dict(cx),
        }
    }
    /// Implement pickle support.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let copy = self.copy(cx)?;
        let arguments = pack(cx, [copy])?;
        let class = Type::of::<Dict>().value();
        pack(cx, [class, arguments])
    }
}
