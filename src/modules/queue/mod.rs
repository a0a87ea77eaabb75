//! `_queue`: `SimpleQueue`, a queue under its own lock whose readers sleep by the runtime's parking.

use crate::support::new_exception_class;
use crate::util::Once;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use typhon_runtime::park::{self, Woken};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::{genericalias, object};
use typhon_vm::protocol;

static EMPTY: Once = Once::new();

fn empty_class(cx: &mut Cx) -> Res<Value> {
    EMPTY.get(cx, |cx| {
        new_exception_class(
            cx,
            "_queue",
            "Empty",
            ExcKind::Exception,
            Some("Exception raised by Queue.get(block=0)/get_nowait()."),
        )
    })
}

/// Simple, unbounded, reentrant FIFO queue.
#[pytype(name = "SimpleQueue", module = "_queue", gc, basetype, weakrefable)]
pub struct SimpleQueue {
    pub head: Header,
    items: Guarded<VecDeque<Value>>,
    /// Their number, written under the lock: what a reader about to sleep looks at.
    #[skip]
    count: AtomicUsize,
}

impl SimpleQueue {
    fn take(&self, cx: &mut Cx) -> Option<Value> {
        let mut g = self.items.lock(&self.head, cx);
        let v = g.pop_front();
        self.count.store(g.len(), Ordering::Relaxed);
        v
    }
    fn add(&self, cx: &mut Cx, v: Value) -> Res<()> {
        let mut g = self.items.lock(&self.head, cx);
        if g.try_reserve(1).is_err() {
            drop(g);
            drop(v);
            return Err(cx.memory_error());
        }
        g.push_back(v);
        self.count.store(g.len(), Ordering::Relaxed);
        drop(g);
        // The bucket's lock orders the count above before a sleeper's look at it.
        park::wake_one(self.key());
        Ok(())
    }
    fn key(&self) -> usize {
        &raw const self.count as usize
    }
    fn raise_empty(&self, cx: &mut Cx) -> Raised {
        match empty_class(cx).and_then(|c| protocol::call(cx, &c, &[])) {
            Ok(e) => cx.raise_value(e),
            Err(r) => r,
        }
    }
    fn wait(&self, cx: &mut Cx, deadline: Option<Instant>) -> Res<Value> {
        if cx.is_main {
            typhon_vm::os::signal::ensure_watcher();
        }
        loop {
            if let Some(v) = self.take(cx) {
                return Ok(v);
            }
            let empty = || self.count.load(Ordering::Relaxed) == 0;
            match park::sleep_at(&mut cx.thread, self.key(), empty, deadline, true) {
                Woken::Awake | Woken::HandedOver => {}
                Woken::TimedOut => {
                    return match self.take(cx) {
                        Some(v) => Ok(v),
                        None => Err(self.raise_empty(cx)),
                    };
                }
                Woken::Interrupted => crate::os_call::check_signals(cx)?,
            }
        }
    }
}

#[pymethods]
impl SimpleQueue {
    #[new]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if !args.pos.is_empty() || args.has_keywords() {
            return Err(cx.type_error("SimpleQueue() takes no positional arguments"));
        }
        let q = SimpleQueue {
            head: Header::placeholder(),
            items: Guarded::new(VecDeque::new()),
            count: AtomicUsize::new(0),
        };
        object::alloc(cx, cls, q)
    }

    /// Put the item on the queue.
    ///
    /// The optional 'block' and 'timeout' arguments are ignored, as this
    /// method never blocks.  They are provided for compatibility with the
    /// Queue class.
    #[sig(item, block = True, timeout = None)]
    fn put(&self, item: Value, block: bool, timeout: &Value, cx: &mut Cx) -> Res<()> {
        let _ = (block, timeout);
        self.add(cx, item)
    }

    /// Put an item into the queue without blocking.
    ///
    /// This is exactly equivalent to `put(item)` and is only provided
    /// for compatibility with the Queue class.
    #[sig(item)]
    fn put_nowait(&self, item: Value, cx: &mut Cx) -> Res<()> {
        self.add(cx, item)
    }

    /// Remove and return an item from the queue.
    ///
    /// If optional args 'block' is true and 'timeout' is None (the
    /// default), block if necessary until an item is available.  If
    /// 'timeout' is a non-negative number, it blocks at most 'timeout'
    /// seconds and raises the Empty exception if no item was available
    /// within that time.  Otherwise ('block' is false), return an item if
    /// one is immediately available, else raise the Empty exception
    /// ('timeout' is ignored in that case).
    #[sig(block = True, timeout = None)]
    fn get(&self, block: bool, timeout: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let mut deadline = None;
        if let Some(t) = timeout.filter(|_| block) {
            let s = match number::as_f64_opt(cx, t)? {
                Some(s) => s,
                None => {
                    let n = t.type_name();
                    return Err(cx.type_error(format!(
                        "'{n}' object cannot be interpreted as an integer or float"
                    )));
                }
            };
            if s.is_nan() {
                return Err(cx.value_error("Invalid value NaN (not a number)"));
            }
            if s < 0.0 {
                return Err(cx.value_error("'timeout' must be a non-negative number"));
            }
            let Ok(d) = Duration::try_from_secs_f64(s) else {
                return Err(cx.overflow_error("timestamp out of range for platform time_t"));
            };
            deadline = park::deadline_of(Some(d));
        }
        if let Some(v) = self.take(cx) {
            return Ok(v);
        }
        if !block {
            return Err(self.raise_empty(cx));
        }
        self.wait(cx, deadline)
    }

    /// Remove and return an item from the queue without blocking.
    ///
    /// Only get an item if one is immediately available. Otherwise
    /// raise the Empty exception.
    fn get_nowait(&self, cx: &mut Cx) -> Res<Value> {
        match self.take(cx) {
            Some(v) => Ok(v),
            None => Err(self.raise_empty(cx)),
        }
    }

    /// Return True if the queue is empty, False otherwise (not reliable!).
    fn empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Return the approximate size of the queue (not reliable!).
    fn qsize(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// See PEP 585
    #[classmethod]
    #[sig(item, /)]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, item)
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        let old = {
            let mut g = self.items.lock(&self.head, cx);
            self.count.store(0, Ordering::Relaxed);
            std::mem::take(&mut *g)
        };
        drop(old);
    }
}

#[pymodule(name = "_queue", types(SimpleQueue))]
pub mod module {
    //! C implementation of the Python queue module.
    //! This module is an implementation detail, please do not use it directly.

    use super::*;

    #[pyattr]
    fn Empty(cx: &mut Cx) -> Res<Value> {
        empty_class(cx)
    }
}
