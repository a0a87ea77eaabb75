//! The constants and names of a code object as values. They are made when something asks for them first, since most functions
//! of a module never run, and their documentation is seldom read.

use super::CodeObj;
use super::consts::{const_values, names_value};
use crate::native::*;
use crate::objects::tuple::new_tuple;
use std::sync::atomic::{AtomicPtr, Ordering};

pub struct Values {
    pub consts: Value,
    pub names: Value,
    pub localsplus: Value,
}

/// Null, or values that stay until the code object dies.
#[derive(Default)]
pub struct Lazy(AtomicPtr<Values>);

impl Lazy {
    pub fn of(values: Values) -> Lazy {
        Lazy(AtomicPtr::new(Box::into_raw(Box::new(values))))
    }
    pub fn get(&self) -> Option<&Values> {
        // SAFETY: published whole, and freed by `drop` alone.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
    /// Keep these values, unless another thread was first.
    fn publish(&self, values: Values) -> &Values {
        let fresh = Box::into_raw(Box::new(values));
        let null = std::ptr::null_mut();
        let kept = match self
            .0
            .compare_exchange(null, fresh, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => fresh,
            Err(other) => {
                // SAFETY: made above, and seen by nobody else.
                drop(unsafe { Box::from_raw(fresh) });
                other
            }
        };
        // SAFETY: as in `get`.
        unsafe { &*kept }
    }
}

impl Drop for Lazy {
    fn drop(&mut self) {
        let p = *self.0.get_mut();
        if !p.is_null() {
            // SAFETY: made by `Box::into_raw`; its only owner goes.
            drop(unsafe { Box::from_raw(p) });
        }
    }
}

impl Traverse for Lazy {
    fn traverse(&self, v: &mut Visitor) {
        if let Some(values) = self.get() {
            values.consts.traverse(v);
            values.names.traverse(v);
            values.localsplus.traverse(v);
        }
    }
}

fn items(tuple: &Value) -> &[Value] {
    tuple.downcast::<Tuple>().map_or(&[], Tuple::items)
}

impl Values {
    pub fn consts(&self) -> &[Value] {
        items(&self.consts)
    }
    pub fn names(&self) -> &[Value] {
        items(&self.names)
    }
    /// The names of the variables.
    pub fn variables(&self) -> &[Value] {
        items(&self.localsplus)
    }
}

impl CodeObj {
    pub fn values(&self, cx: &mut Cx) -> Res<&Values> {
        match self.lazy.get() {
            Some(values) => Ok(values),
            None => self.make_values(cx),
        }
    }

    /// The names of the variables of code that has run.
    pub fn variables(&self) -> &[Value] {
        self.lazy.get().map_or(&[], Values::variables)
    }

    #[cold]
    fn make_values(&self, cx: &mut Cx) -> Res<&Values> {
        let consts = const_values(cx, &self.code.consts)?;
        let filename = self.filename_value();
        if CodeObj::text(&filename).as_bytes() != self.code.filename.as_bytes() {
            // Renamed after it was loaded: so is the code inside.
            for inner in consts.iter().filter_map(|c| c.downcast::<CodeObj>()) {
                inner.rename(cx, &filename);
            }
        }
        let consts = new_tuple(cx, consts)?;
        let names = names_value(cx, self.code.names.iter())?;
        let localsplus = names_value(cx, self.code.localsplusnames.iter())?;
        Ok(self.lazy.publish(Values {
            consts,
            names,
            localsplus,
        }))
    }
}
