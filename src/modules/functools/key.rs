//! What `cmp_to_key` makes: a factory of comparable objects, and these objects.

use crate::support::make;
use typhon_vm::native::*;
use typhon_vm::protocol;

#[pytype(name = "KeyWrapper", module = "functools", gc, no_new, unhashable)]
pub struct KeyWrapper {
    pub head: Header,
    cmp: Value,
    object: Option<Value>,
}

impl KeyWrapper {
    pub fn new(cmp: Value, object: Option<Value>) -> KeyWrapper {
        KeyWrapper {
            head: Header::placeholder(),
            cmp,
            object,
        }
    }
}

#[pymethods]
impl KeyWrapper {
    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let given = args.pos.len() + args.kwvalues.len();
        let obj = match (args.pos, args.keyword("obj")) {
            ([obj], None) if given == 1 => obj,
            ([], Some(obj)) if given == 1 => obj,
            _ if given > 1 => {
                return Err(cx.type_error(format!("K() takes at most 1 argument ({given} given)")));
            }
            _ => return Err(cx.type_error("K() missing required argument 'obj' (pos 1)")),
        };
        make(cx, KeyWrapper::new(self.cmp.clone(), Some(obj.clone())))
    }

    #[getter]
    fn __text_signature__(&self) -> &'static str {
        "(obj)"
    }

    /// Value wrapped by a key function.
    #[member]
    #[getter]
    fn obj(&self) -> Option<Value> {
        self.object.clone()
    }

    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        let (Some(a), Some(b)) = (
            this.downcast::<KeyWrapper>(),
            other.downcast::<KeyWrapper>(),
        ) else {
            return Err(cx.type_error("other argument must be K instance"));
        };
        let (Some(x), Some(y)) = (&a.object, &b.object) else {
            return Err(cx.attribute_error("object"));
        };
        let r = protocol::call(cx, &a.cmp, &[x.clone(), y.clone()])?;
        protocol::compare(cx, &r, &Value::small_int(0), op)
    }
}
