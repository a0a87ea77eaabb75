//! `BufferedRWPair`: a reader and a writer that pass for one stream.

use super::base::{self, BufferedIoBase, IoBase};
use super::buffered::{BufferedReader, BufferedWriter};
use typhon_vm::native::*;
use typhon_vm::objects::object;
use typhon_vm::{SlotExt, protocol};

/// A buffered reader and writer object together.
///
/// A buffered reader object and buffered writer object put together to
/// form a sequential IO object that can read and write. This is typically
/// used with a socket or two-way pipe.
#[pytype(name = "BufferedRWPair", module = "_io", gc, basetype, base = BufferedIoBase)]
pub struct BufferedRwPair {
    pub base: BufferedIoBase,
    reader: Slot,
    writer: Slot,
}

impl BufferedRwPair {
    fn end(&self, cx: &mut Cx, slot: &Slot) -> Res<Value> {
        match slot.get(&self.base.base.head) {
            Some(v) => Ok(v),
            None => Err(cx.value_error("I/O operation on uninitialized object")),
        }
    }
    fn pass(&self, cx: &mut Cx, to_writer: bool, name: &'static str, args: &[Value]) -> Res<Value> {
        let end = self.end(
            cx,
            if to_writer {
                &self.writer
            } else {
                &self.reader
            },
        )?;
        protocol::call_method(cx, &end, name, args)
    }
}

fn sized(v: Option<&Value>) -> Vec<Value> {
    v.cloned().into_iter().collect()
}

#[pymethods]
impl BufferedRwPair {
    #[new]
    #[text_signature = "(reader, writer, buffer_size=131072, /)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = args;
        object::alloc(
            cx,
            cls,
            BufferedRwPair {
                base: BufferedIoBase {
                    base: IoBase::fresh(),
                },
                reader: Slot::EMPTY,
                writer: Slot::EMPTY,
            },
        )
    }
    #[init]
    #[sig(reader, writer, buffer_size = base::DEFAULT_BUFFER_SIZE as isize => "131072", /)]
    fn init(&self, reader: &Value, writer: &Value, buffer_size: isize, cx: &mut Cx) -> Res<()> {
        if !base::ask(cx, reader, "readable")? {
            return Err(base::unsupported(cx, "File or stream is not readable."));
        }
        if !base::ask(cx, writer, "writable")? {
            return Err(base::unsupported(cx, "File or stream is not writable."));
        }
        let size = (buffer_size as i64).into_value(cx)?;
        let r = BufferedReader::type_object(cx)?.value();
        let r = protocol::call(cx, &r, &[reader.clone(), size.clone()])?;
        let w = BufferedWriter::type_object(cx)?.value();
        let w = protocol::call(cx, &w, &[writer.clone(), size])?;
        let head = &self.base.base.head;
        let old = (
            self.reader.put(head, cx, Some(r)),
            self.writer.put(head, cx, Some(w)),
        );
        drop(old);
        Ok(())
    }
    #[sig(size = absent, /)]
    fn read(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, false, "read", &sized(size))
    }
    #[sig(size = absent, /)]
    fn read1(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, false, "read1", &sized(size))
    }
    #[sig(size = absent, /)]
    fn peek(&self, size: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, false, "peek", &sized(size))
    }
    fn readinto(&self, buffer: Value, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, false, "readinto", &[buffer])
    }
    fn readinto1(&self, buffer: Value, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, false, "readinto1", &[buffer])
    }
    fn write(&self, buffer: Value, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, true, "write", &[buffer])
    }
    fn flush(&self, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, true, "flush", &[])
    }
    fn readable(&self, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, false, "readable", &[])
    }
    fn writable(&self, cx: &mut Cx) -> Res<Value> {
        self.pass(cx, true, "writable", &[])
    }
    fn close(&self, cx: &mut Cx) -> Res<()> {
        let first = self.pass(cx, true, "close", &[]);
        base::then_close(cx, first, |cx| self.pass(cx, false, "close", &[]))
    }
    fn isatty(&self, cx: &mut Cx) -> Res<Value> {
        let w = self.pass(cx, true, "isatty", &[])?;
        if protocol::truthy(cx, &w)? {
            Ok(w)
        } else {
            self.pass(cx, false, "isatty", &[])
        }
    }
    #[getter]
    fn closed(&self, cx: &mut Cx) -> Res<Value> {
        match self.writer.get(&self.base.base.head) {
            Some(w) => protocol::getattr_str(cx, &w, "closed"),
            None => Err(cx.runtime_error("the BufferedRWPair object is being garbage-collected")),
        }
    }
}
