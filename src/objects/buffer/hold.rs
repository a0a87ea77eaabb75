//! The buffer of a Python class: `__buffer__` made a memoryview of it, and `__release_buffer__` is told when its last use ends.
//! Every use holds this object, so its death is that end; then it runs Python where any finalizer may (R18).

use super::Buffer;
use crate::native::*;
use crate::objects::memoryview::MemoryView;
use crate::objects::object;
use crate::objects::str::intern::intern_static;
use crate::objects::typeobj::wrapper::is_native_slot;
use crate::{protocol, threads};
use std::sync::atomic::{AtomicUsize, Ordering};

#[pytype(name = "_buffer_wrapper", gc, no_new)]
pub struct Hold {
    pub head: Header,
    object: Value,
    /// The memoryview.
    view: Value,
    /// What the memoryview exports; taken back before it is shown to `__release_buffer__`.
    inner: Guarded<Option<Buffer>>,
    /// Uses of the buffer.
    #[skip]
    uses: AtomicUsize,
}

/// The buffer of `object` that `view` shows. A `restricted` view is for `__release_buffer__` alone.
pub fn new(
    cx: &mut Cx,
    object: &Value,
    view: Value,
    restricted: bool,
    writable: bool,
) -> Res<Buffer> {
    let Some(m) = view.downcast::<MemoryView>() else {
        return Err(cx.type_error("__buffer__ returned non-memoryview object"));
    };
    let inner = MemoryView::export(&view, writable, cx)?;
    if restricted {
        m.restrict();
    }
    let shown = inner.clone();
    let class = Hold::type_cell().get(cx)?;
    let hold = object::alloc(
        cx,
        class,
        Hold {
            head: Header::placeholder(),
            object: object.clone(),
            view: view.clone(),
            inner: Guarded::new(Some(inner)),
            uses: AtomicUsize::new(1),
        },
    )?;
    let Some(h) = hold.downcast::<Hold>() else {
        return Err(cx.system_error("not a buffer wrapper"));
    };
    // SAFETY: the counter lies inside `hold` and counts this view; while it is not zero `inner` stays.
    Ok(unsafe { shown.forwarded(hold.clone(), &raw const h.uses) })
}

#[pymethods]
impl Hold {
    #[slot]
    fn finalize(&self, cx: &mut Cx) -> Res<()> {
        // Part of a cycle that is garbage as a whole: finalizers of others may still look at the memory.
        if self.uses.load(Ordering::Acquire) != 0 {
            return Ok(());
        }
        let inner = self.inner.lock(&self.head, &mut cx.thread).take();
        drop(inner);
        let found = {
            let name = intern_static(cx, "__release_buffer__")?;
            self.object.ty().lookup(cx, name)
        };
        if let Some(f) = found
            && !is_native_slot(&f)
            && let Err(r) = protocol::call_method(
                cx,
                &self.object,
                "__release_buffer__",
                std::slice::from_ref(&self.view),
            )
        {
            let what = format!(
                "Exception ignored in __release_buffer__ of {}",
                self.object.type_name()
            );
            threads::unraisable(cx, r, &what, &Value::none());
        }
        // The object's own memory is not looked at any more, whoever keeps the memoryview.
        if let Some(m) = self.view.downcast::<MemoryView>()
            && m.view_opt(cx).is_some_and(|b| b.owner().is(&self.object))
            && let Err(r) = m.release(cx)
        {
            cx.catch(r, ExcKind::BufferError)?;
        }
        Ok(())
    }
}
