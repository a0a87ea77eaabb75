//! `_tuplegetter`: the descriptor behind a named tuple's fields.

use crate::support::pack;
use typhon_vm::native::*;
use typhon_vm::objects::object;
use typhon_vm::protocol;

#[pytype(name = "_tuplegetter", module = "collections", gc)]
pub struct TupleGetter {
    pub head: Header,
    index: isize,
    doc: Slot,
}

#[pymethods]
impl TupleGetter {
    #[new]
    #[sig(index, doc, /)]
    #[text_signature(none)]
    fn new(cls: &Type, index: Index, doc: &Value, cx: &mut Cx) -> Res<Value> {
        let g = TupleGetter {
            head: Header::placeholder(),
            index: index.0,
            doc: Slot::new(Some(doc.clone())),
        };
        object::alloc(cx, cls, g)
    }

    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _cls: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(g) = this.downcast::<TupleGetter>() else {
            return Ok(this.clone());
        };
        let Some(obj) = obj.filter(|o| !o.is_none()) else {
            return Ok(this.clone());
        };
        let Some(t) = obj.downcast::<Tuple>() else {
            let n = obj.type_name();
            return Err(cx.type_error(format!(
                "descriptor for index '{}' for tuple subclasses doesn't apply to '{n}' object",
                g.index
            )));
        };
        match usize::try_from(g.index).ok().and_then(|i| t.items().get(i)) {
            Some(v) => Ok(v.clone()),
            None => Err(cx.index_error("tuple index out of range")),
        }
    }

    #[slot]
    fn descr_set(&self, _obj: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        Err(cx.attribute_error(if value.is_some() {
            "can't set attribute"
        } else {
            "can't delete attribute"
        }))
    }

    #[member]
    #[getter]
    fn __doc__(&self) -> Option<Value> {
        use typhon_vm::SlotExt;
        self.doc.get(&self.head)
    }
    #[setter]
    fn set___doc__(&self, v: Option<&Value>, cx: &mut Cx) {
        use typhon_vm::SlotExt;
        let old = self
            .doc
            .put(&self.head, cx, Some(v.cloned().unwrap_or_else(Value::none)));
        drop(old);
    }

    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        use typhon_vm::SlotExt;
        let Some(g) = this.downcast::<TupleGetter>() else {
            return Ok(Value::none());
        };
        let index = g.index.into_value(cx)?;
        let doc = g.doc.get(&g.head).unwrap_or_else(Value::none);
        let args = pack(cx, [index, doc])?;
        let cls = this.ty().value();
        pack(cx, [cls, args])
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        use typhon_vm::SlotExt;
        let Some(g) = this.downcast::<TupleGetter>() else {
            return Ok(String::new());
        };
        let doc = g.doc.get(&g.head).unwrap_or_else(Value::none);
        let doc = protocol::repr_string(cx, &doc)?;
        Ok(format!("{}({}, {doc})", this.ty().name(), g.index))
    }
}
