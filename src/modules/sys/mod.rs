//! Module `sys`.
//! - `config.rs`: how the program was started; `data.rs`: struct sequences, version, name lists
//! - `functions.rs`, `frames.rs`, `hooks.rs`: its functions; `stream.rs`: standard streams without `_io`
//! - `jit.rs`, `monitoring.rs`: the modules that are attributes of it

pub mod config;
pub mod data;
pub mod frames;
pub mod functions;
pub mod hooks;
pub mod jit;
pub mod monitoring;
pub mod stream;

pub use config::config;

use typhon_vm::native::*;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::objects::{Dict, Module};

#[pymodule(
    name = "sys",
    include(
        functions::functions::PART,
        frames::functions::PART,
        hooks::functions::PART
    )
)]
pub mod module {
    //! This module provides access to some objects used or maintained by the
    //! interpreter and to functions that interact strongly with the interpreter.
    use super::*;
    use crate::fspath::os_str;

    #[pyattr]
    const maxsize: i64 = i64::MAX;
    #[pyattr]
    const maxunicode: i64 = 0x10FFFF;
    #[pyattr]
    const hexversion: i64 = data::HEXVERSION;
    #[pyattr]
    const api_version: i64 = 1013;
    #[pyattr]
    const platform: &str = std::env::consts::OS;
    #[pyattr]
    const byteorder: &str = if cfg!(target_endian = "little") {
        "little"
    } else {
        "big"
    };
    #[pyattr]
    const platlibdir: &str = "lib";
    #[pyattr]
    const abiflags: &str = if typhon_runtime::GIL_BUILD { "" } else { "t" };
    #[pyattr]
    const float_repr_style: &str = "short";
    #[pyattr]
    const _framework: &str = "";
    #[pyattr]
    const copyright: &str = "Copyright (c) the Typhon authors.\nThe standard library: Copyright (c) 2001 Python Software Foundation.\nAll Rights Reserved.";
    #[pyattr]
    fn version(cx: &mut Cx) -> Res<Value> {
        new_str(cx, &data::version())
    }
    #[pyattr]
    fn version_info(cx: &mut Cx) -> Res<Value> {
        data::version_info(cx)
    }
    #[pyattr]
    fn flags(cx: &mut Cx) -> Res<Value> {
        data::flags(cx)
    }
    #[pyattr]
    fn float_info(cx: &mut Cx) -> Res<Value> {
        data::float_info(cx)
    }
    #[pyattr]
    fn int_info(cx: &mut Cx) -> Res<Value> {
        data::int_info(cx)
    }
    #[pyattr]
    fn hash_info(cx: &mut Cx) -> Res<Value> {
        data::hash_info(cx)
    }
    #[pyattr]
    fn thread_info(cx: &mut Cx) -> Res<Value> {
        data::thread_info(cx)
    }
    #[pyattr]
    fn _git(cx: &mut Cx) -> Res<Value> {
        strings(cx, &["Typhon", "", ""])
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let Some(m) = module.downcast::<Module>() else {
            return Err(cx.system_error("not a module"));
        };
        let d = m.dict();
        let c = config();
        let modules = new_dict(cx)?;
        d.set_str(cx, "modules", modules)?;
        let cache = new_dict(cx)?;
        d.set_str(cx, "path_importer_cache", cache)?;
        for name in ["meta_path", "path_hooks"] {
            let list = new_list(cx, vec![])?;
            d.set_str(cx, name, list)?;
        }
        for (name, items) in [
            ("argv", &c.argv),
            ("orig_argv", &c.orig_argv),
            ("path", &c.path),
        ] {
            let mut out = Vec::new();
            for i in items {
                out.push(os_str(cx, i)?);
            }
            let list = new_list(cx, out)?;
            d.set_str(cx, name, list)?;
        }
        let mut out = Vec::new();
        for w in &c.warnoptions {
            out.push(new_str(cx, w)?);
        }
        let list = new_list(cx, out)?;
        d.set_str(cx, "warnoptions", list)?;
        let x = new_dict(cx)?;
        let xd = x.downcast::<Dict>().expect("just made");
        for (name, value) in &c.xoptions {
            let v = match value {
                Some(v) => new_str(cx, v)?,
                None => Value::bool(true),
            };
            xd.set_str(cx, name, v)?;
        }
        d.set_str(cx, "_xoptions", x)?;
        let exe = os_str(cx, &c.executable)?;
        d.set_str(cx, "executable", exe)?;
        let exe = os_str(cx, &c.base_executable)?;
        d.set_str(cx, "_base_executable", exe)?;
        for (name, value) in [
            ("prefix", c.prefix.as_str()),
            ("exec_prefix", c.prefix.as_str()),
            ("base_prefix", c.base_prefix.as_str()),
            ("base_exec_prefix", c.base_prefix.as_str()),
            ("_stdlib_dir", crate::library::root()),
        ] {
            let v = new_str(cx, value)?;
            d.set_str(cx, name, v)?;
        }
        d.set_str(
            cx,
            "dont_write_bytecode",
            Value::bool(c.dont_write_bytecode),
        )?;
        let pycache = match &c.pycache_prefix {
            Some(p) => new_str(cx, p)?,
            None => Value::none(),
        };
        d.set_str(cx, "pycache_prefix", pycache)?;
        let names = names_of_modules(cx)?;
        d.set_str(cx, "builtin_module_names", names)?;
        let names: Vec<&str> = data::STDLIB_NAMES.split_whitespace().collect();
        let t = strings(cx, &names)?;
        let items = typhon_vm::protocol::collect(cx, &t)?;
        let set = typhon_vm::objects::set::new_frozenset(cx, items)?;
        d.set_str(cx, "stdlib_module_names", set)?;
        let implementation = implementation(cx)?;
        d.set_str(cx, "implementation", implementation)?;
        // No modules to import by name: attributes only, as in CPython.
        let jit = crate::loader::make(cx, &super::jit::module::MODULE)?;
        d.set_str(cx, "_jit", jit)?;
        let monitoring = crate::loader::make(cx, &super::monitoring::module::MODULE)?;
        d.set_str(cx, "monitoring", monitoring)?;
        for (name, fd) in [("stdin", 0), ("stdout", 1), ("stderr", 2)] {
            let s = stream::new_stream(cx, fd)?;
            d.set_str(cx, name, s.clone())?;
            d.set_str(cx, &format!("__{name}__"), s)?;
        }
        for name in [
            "displayhook",
            "excepthook",
            "unraisablehook",
            "breakpointhook",
        ] {
            if let Some(f) = d.get_named(cx, name) {
                d.set_str(cx, &format!("__{name}__"), f)?;
            }
        }
        Ok(())
    }

    fn strings(cx: &mut Cx, items: &[&str]) -> Res<Value> {
        let mut out = Vec::with_capacity(items.len());
        for i in items {
            out.push(typhon_vm::objects::str::intern::intern_str(cx, i)?);
        }
        new_tuple(cx, out)
    }

    fn names_of_modules(cx: &mut Cx) -> Res<Value> {
        let names: Vec<&str> = crate::MODULES.iter().map(|(n, _)| *n).collect();
        strings(cx, &names)
    }

    /// `sys.implementation`.
    fn implementation(cx: &mut Cx) -> Res<Value> {
        let mut items = Vec::new();
        for (name, text) in [
            ("name", "typhon"),
            ("cache_tag", "typhon-314"),
            ("_multiarch", multiarch()),
        ] {
            items.push((name, new_str(cx, text)?));
        }
        items.push(("version", data::version_info(cx)?));
        items.push(("hexversion", Value::small_int(data::HEXVERSION as i32)));
        items.push(("supports_isolated_interpreters", Value::bool(false)));
        typhon_vm::objects::namespace::new_namespace(cx, items)
    }

    fn multiarch() -> &'static str {
        match std::env::consts::ARCH {
            "x86_64" => "x86_64-linux-gnu",
            "aarch64" => "aarch64-linux-gnu",
            other => other,
        }
    }
}
