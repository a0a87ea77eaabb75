//! `PickleBuffer`: a view of an object's memory that a pickler may leave out of the pickle.

use std::borrow::Cow;
use typhon_vm::native::*;
use typhon_vm::objects::buffer::{self, Layout};
use typhon_vm::objects::memoryview;

/// Wrapper for potentially out-of-band buffers
#[pytype(name = "PickleBuffer", module = "pickle", gc, weakrefable)]
pub struct PickleBuffer {
    pub head: Header,
    /// None when released.
    view: Guarded<Option<Buffer>>,
}

impl PickleBuffer {
    /// A counted copy of the view; `ValueError` when released.
    pub fn view(&self, cx: &mut Cx) -> Res<Buffer> {
        let view = self.view.lock(&self.head, &mut cx.thread).clone();
        view.ok_or_else(|| cx.value_error("operation forbidden on released PickleBuffer object"))
    }
}

#[pymethods]
impl PickleBuffer {
    #[new]
    #[sig(object, /)]
    fn new(cls: &Type, object: &Value, cx: &mut Cx) -> Res<Value> {
        let view = buffer::get(cx, object, false)?;
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            PickleBuffer {
                head: Header::placeholder(),
                view: Guarded::new(Some(view)),
            },
        )
    }

    #[slot]
    fn buffer(this: &Value, writable: bool, cx: &mut Cx) -> Res<Buffer> {
        let Some(b) = this.downcast::<PickleBuffer>() else {
            return Err(cx.system_error("not a PickleBuffer"));
        };
        let view = b.view(cx)?;
        if writable && view.readonly() {
            return Err(cx.buffer_error("Object is not writable."));
        }
        Ok(view)
    }

    /// Return a memoryview of the raw memory underlying this buffer.
    ///
    /// Will raise BufferError is the buffer isn't contiguous.
    fn raw(&self, cx: &mut Cx) -> Res<Value> {
        let view = self.view(cx)?;
        let layout = view.layout();
        if !layout.is_contiguous(false) && !layout.is_contiguous(true) {
            return Err(cx.buffer_error("cannot extract raw buffer from non-contiguous buffer"));
        }
        drop(layout);
        let plain = Layout {
            format: Cow::Borrowed("B"),
            itemsize: 1,
            shape: vec![view.len() as isize],
            strides: vec![1],
        };
        match view.with_layout(plain) {
            Some(raw) => memoryview::of_buffer(cx, raw),
            None => Err(cx.buffer_error("cannot extract raw buffer")),
        }
    }

    /// Release the underlying buffer controlled by the PickleBuffer object.
    fn release(&self, cx: &mut Cx) {
        // Dropped after the lock (R1).
        let gone = self.view.lock(&self.head, &mut cx.thread).take();
        drop(gone);
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.release(cx);
    }
}
