//! `_multiprocessing`: `SemLock`, the named semaphore below the locks of `multiprocessing`. How often this process holds it is
//! counted here; a recursive lock is one that its thread takes again by the count alone.

pub use module::MODULE;

use crate::os_call;
use std::ffi::CString;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use typhon_vm::native::*;
use typhon_vm::objects::dict::{self, Dict};
use typhon_vm::objects::object;
use typhon_vm::os::semaphore::{self, Semaphore};
use typhon_vm::os::{self, libc};

const RECURSIVE_MUTEX: i32 = 0;
const SEMAPHORE: i32 = 1;

/// Semaphore/Mutex type
#[pytype(name = "SemLock", module = "_multiprocessing", basetype)]
pub struct SemLock {
    head: Header,
    #[skip]
    semaphore: Semaphore,
    kind: i32,
    maxvalue: i32,
    /// None once the name is taken away.
    #[skip]
    name: Option<CString>,
    /// How often this process has taken it and not given it back.
    count: AtomicI32,
    /// Which thread was the last to take it.
    last: AtomicU64,
}

impl SemLock {
    fn over(
        cx: &mut Cx,
        cls: &Type,
        semaphore: Semaphore,
        kind: i32,
        maxvalue: i32,
        name: Option<CString>,
    ) -> Res<Value> {
        let lock = SemLock {
            head: Header::placeholder(),
            semaphore,
            kind,
            maxvalue,
            name,
            count: AtomicI32::new(0),
            last: AtomicU64::new(0),
        };
        object::alloc(cx, cls, lock)
    }

    fn is_mine(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
            && self.last.load(Ordering::Relaxed) == os::thread_ident()
    }

    fn note_taken(&self) {
        self.last.store(os::thread_ident(), Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn value(&self, cx: &mut Cx) -> Res<i32> {
        self.semaphore.value().map_err(|e| os_call::raise(cx, &e))
    }
}

fn name_of(cx: &mut Cx, name: &str) -> Res<CString> {
    CString::new(name).map_err(|_| cx.value_error("embedded null character"))
}

/// None beyond what the clock can say.
fn deadline(seconds: f64) -> Option<SystemTime> {
    let left = Duration::try_from_secs_f64(seconds.max(0.0)).ok()?;
    SystemTime::now().checked_add(left)
}

#[pymethods]
impl SemLock {
    #[new]
    #[sig(kind, value, maxvalue, name, unlink)]
    fn new(
        cls: &Type,
        kind: i32,
        value: i32,
        maxvalue: i32,
        name: String,
        unlink: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        if kind != RECURSIVE_MUTEX && kind != SEMAPHORE {
            return Err(cx.value_error("unrecognized kind"));
        }
        let name = name_of(cx, &name)?;
        // A negative value is too large, as the system sees it.
        let semaphore = os_call::call(cx, || Semaphore::create(&name, value as u32))?;
        if unlink {
            os_call::call(cx, || semaphore::unlink(&name))?;
        }
        SemLock::over(
            cx,
            cls,
            semaphore,
            kind,
            maxvalue,
            (!unlink).then_some(name),
        )
    }

    #[classmethod]
    #[sig(handle, kind, maxvalue, name, /)]
    fn _rebuild(
        cls: &Type,
        handle: &Value,
        kind: i32,
        maxvalue: i32,
        name: Option<String>,
        cx: &mut Cx,
    ) -> Res<Value> {
        // An address of another process says nothing here.
        let _ = handle;
        let Some(name) = name else {
            return Err(cx.value_error("a semaphore without a name cannot be opened"));
        };
        let name = name_of(cx, &name)?;
        let semaphore = os_call::call(cx, || Semaphore::open(&name))?;
        SemLock::over(cx, cls, semaphore, kind, maxvalue, Some(name))
    }

    /// Acquire the semaphore/lock.
    #[sig(block = True, timeout = None)]
    fn acquire(&self, block: bool, timeout: Option<f64>, cx: &mut Cx) -> Res<bool> {
        if self.kind == RECURSIVE_MUTEX && self.is_mine() {
            self.count.fetch_add(1, Ordering::Relaxed);
            return Ok(true);
        }
        let until = match timeout {
            Some(seconds) => Some(deadline(seconds).ok_or_else(|| {
                os_call::raise(cx, &std::io::Error::from_raw_os_error(libc::EINVAL))
            })?),
            None => None,
        };
        let mut taken = self
            .semaphore
            .try_take()
            .map_err(|e| os_call::raise(cx, &e))?;
        if !taken && block {
            taken = os_call::call(cx, || self.semaphore.take(until))?;
        }
        if taken {
            self.note_taken();
        }
        Ok(taken)
    }

    /// Release the semaphore/lock.
    fn release(&self, cx: &mut Cx) -> Res<()> {
        if self.kind == RECURSIVE_MUTEX {
            if !self.is_mine() {
                return Err(
                    cx.assertion_error("attempt to release recursive lock not owned by thread")
                );
            }
            if self.count.load(Ordering::Relaxed) > 1 {
                self.count.fetch_sub(1, Ordering::Relaxed);
                return Ok(());
            }
        } else if self.value(cx)? >= self.maxvalue {
            return Err(cx.value_error("semaphore or lock released too many times"));
        }
        // Before another thread counts.
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.semaphore.give().map_err(|e| {
            self.count.fetch_add(1, Ordering::Relaxed);
            os_call::raise(cx, &e)
        })
    }

    /// Num of `acquire()`s minus num of `release()`s for this process.
    fn _count(&self) -> i32 {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether the lock is owned by this thread.
    fn _is_mine(&self) -> bool {
        self.is_mine()
    }

    /// Get the value of the semaphore.
    fn _get_value(&self, cx: &mut Cx) -> Res<i32> {
        self.value(cx)
    }

    /// Return whether semaphore has value zero.
    fn _is_zero(&self, cx: &mut Cx) -> Res<bool> {
        Ok(self.value(cx)? == 0)
    }

    /// Rezero the net acquisition count after fork().
    fn _after_fork(&self) {
        self.count.store(0, Ordering::Relaxed);
    }

    /// Enter the semaphore/lock.
    fn __enter__(&self, cx: &mut Cx) -> Res<bool> {
        self.acquire(true, None, cx)
    }

    /// Exit the semaphore/lock.
    #[sig(exc_type = None, exc_value = None, exc_tb = None, /)]
    fn __exit__(
        &self,
        exc_type: &Value,
        exc_value: &Value,
        exc_tb: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let _ = (exc_type, exc_value, exc_tb);
        self.release(cx)
    }

    #[getter]
    fn handle(&self) -> u64 {
        self.semaphore.address() as u64
    }
    #[getter]
    fn kind(&self) -> i32 {
        self.kind
    }
    #[getter]
    fn maxvalue(&self) -> i32 {
        self.maxvalue
    }
    #[getter]
    fn name(&self, cx: &mut Cx) -> Res<Value> {
        match &self.name {
            Some(name) => os_call::decode_name(cx, name.as_bytes()),
            None => Ok(Value::none()),
        }
    }
}

#[pymodule(name = "_multiprocessing", types(SemLock))]
pub mod module {
    //! Semaphores that processes share.
    use super::*;

    /// Remove the name of a semaphore.
    #[pyfunction]
    #[sig(name, /)]
    fn sem_unlink(name: String, cx: &mut Cx) -> Res<()> {
        let name = name_of(cx, &name)?;
        os_call::call(cx, || semaphore::unlink(&name))
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let most = semaphore::VALUE_MAX.into_value(cx)?;
        SemLock::type_object(cx)?
            .dict()
            .set_str(cx, "SEM_VALUE_MAX", most)?;
        let flags = dict::new_dict(cx)?;
        if let Some(d) = flags.downcast::<Dict>() {
            for name in ["HAVE_SEM_OPEN", "HAVE_SEM_TIMEDWAIT"] {
                d.set_str(cx, name, Value::small_int(1))?;
            }
        }
        os_call::set(cx, module, "flags", flags)
    }
}
