//! Native modules from their tables.

use typhon_vm::native::*;
use typhon_vm::objects::Module;
use typhon_vm::objects::builtin::function::new_builtin;
use typhon_vm::objects::module::methods::new_module;
use typhon_vm::objects::str::new_str;

/// A new module object, filled from its table.
pub fn make(cx: &mut Cx, def: &'static ModuleDef) -> Res<Value> {
    let module = new_module(cx, def.name)?;
    fill(cx, def, &module)?;
    Ok(module)
}

/// Put functions, types and attributes into a module, then run its initializers.
pub fn fill(cx: &mut Cx, def: &'static ModuleDef, module: &Value) -> Res<()> {
    let Some(m) = module.downcast::<Module>() else {
        return Err(cx.system_error("not a module"));
    };
    let d = m.dict();
    if !def.doc.is_empty() {
        let doc = new_str(cx, def.doc)?;
        d.set_str(cx, "__doc__", doc)?;
    }
    for part in def.parts {
        for f in part.functions {
            let v = new_builtin(cx, f, None, Some(module.clone()))?;
            // Functions of modules are named by all threads: counted in the heap only.
            if let Some(h) = v.header() {
                h.set_deferred();
            }
            d.set_str(cx, f.name, v)?;
        }
        for cell in part.types {
            let t = cell().get(cx)?;
            d.set_str(cx, cell().spec.name, t.value())?;
        }
        for a in part.attrs {
            let v = (a.value)(cx)?;
            d.set_str(cx, a.name, v)?;
        }
    }
    for part in def.parts {
        if let Some(init) = part.init {
            init(cx, module)?;
        }
    }
    Ok(())
}
