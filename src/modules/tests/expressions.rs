//! Expressions over numbers, text and bytes, compared with what CPython 3.14 answers. `golden/*.txt` hold one case a line,
//! `expression -> answer`, the answer a repr or `Type: message`. `TYPHON_GOLDEN=python3.14` makes that program write them anew.

use std::process::Command;
use std::{env, fs, path::PathBuf};
use typhon_compiler::{Mode, Options, Source};
use typhon_vm::native::*;
use typhon_vm::objects::code::methods::new_code;
use typhon_vm::objects::function::new_function;
use typhon_vm::objects::{bool as pybool, bytes, complex, dict, int, memoryview};
use typhon_vm::{Cx, Value, call, init, protocol};

/// What CPython runs to write a golden file.
const WRITER: &str = r#"
import sys, warnings
warnings.simplefilter('ignore')
env = {}
for name in sys.argv[2].split():
    env[name] = __import__(name)
for line in open(sys.argv[1], encoding='utf-8').read().splitlines():
    e = line.split(' -> ')[0]
    if not e or e.startswith('#'):
        print(line)
        continue
    try:
        r = repr(eval(e, dict(env)))
    except BaseException as x:
        r = type(x).__name__ + ': ' + str(x)
    print(e, '->', r.replace('\n', '\\n'))
"#;

fn evaluate(cx: &mut Cx, globals: &Value, expression: &str) -> String {
    match answer(cx, globals, expression) {
        Ok(v) => v,
        Err(r) => {
            let exc = cx.take_exc(r);
            let name = exc.type_name();
            let text = match protocol::str_string(cx, &exc) {
                Ok(t) => t,
                Err(r) => {
                    drop(cx.take_exc(r));
                    "?".into()
                }
            };
            format!("{name}: {text}")
        }
    }
    .replace('\n', "\\n")
}

fn answer(cx: &mut Cx, globals: &Value, expression: &str) -> Res<String> {
    let source = Source::from_text(expression);
    let compiled = source
        .and_then(|s| typhon_compiler::compile(&s, "<test>", Mode::Eval, &Options::default()));
    let code = match compiled {
        Ok(c) => c,
        Err(e) => return Ok(format!("SyntaxError: {e:?}")),
    };
    let code = new_code(cx, code)?;
    let builtins = dict::new_dict(cx)?;
    let f = new_function(cx, code, globals.clone(), builtins)?;
    let v = call::call_function_locals(cx, &f, Args::positional(&[]), Some(globals.clone()))?;
    protocol::repr_string(cx, &v)
}

/// The names expressions may use: types, and modules made from their tables.
fn namespace(cx: &mut Cx, modules: &[&str]) -> Res<Value> {
    let g = dict::new_dict(cx)?;
    let d = dict::as_dict(&g).expect("a dict");
    let types: [&'static TypeCell; 12] = [
        int::Int::type_cell(),
        typhon_vm::objects::Float::type_cell(),
        complex::Complex::type_cell(),
        pybool::Bool::type_cell(),
        Str::type_cell(),
        bytes::Bytes::type_cell(),
        typhon_vm::objects::Bytearray::type_cell(),
        memoryview::MemoryView::type_cell(),
        Tuple::type_cell(),
        typhon_vm::objects::List::type_cell(),
        typhon_vm::objects::Dict::type_cell(),
        typhon_vm::objects::slice::Slice::type_cell(),
    ];
    for t in types {
        let v = t.get(cx)?.value();
        d.set_str(cx, t.spec.name, v)?;
    }
    for name in modules {
        let def = typhon_modules::MODULES
            .iter()
            .find(|(n, _)| n == name)
            .expect("a module")
            .1;
        let m = typhon_vm::objects::module::methods::new_module(cx, name)?;
        let md = m
            .downcast::<typhon_vm::objects::Module>()
            .expect("a module")
            .dict();
        for part in def.parts {
            for f in part.functions {
                let v = typhon_vm::objects::builtin::new_builtin(cx, f, None, Some(m.clone()))?;
                md.set_str(cx, f.name, v)?;
            }
            for cell in part.types {
                let v = cell().get(cx)?.value();
                md.set_str(cx, cell().spec.name, v)?;
            }
            for a in part.attrs {
                let v = (a.value)(cx)?;
                md.set_str(cx, a.name, v)?;
            }
        }
        d.set_str(cx, name, m)?;
    }
    Ok(g)
}

fn check(cx: &mut Cx, file: &str, modules: &[&str]) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    if let Ok(python) = env::var("TYPHON_GOLDEN") {
        let out = Command::new(python)
            .arg("-c")
            .arg(WRITER)
            .arg(&path)
            .arg(modules.join(" "))
            .output()
            .expect("a Python");
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        fs::write(&path, out.stdout).expect("a writable file");
    }
    let text = fs::read_to_string(&path).expect("a golden file");
    let globals = namespace(cx, modules).unwrap_or_else(|_| panic!("no namespace"));
    let mut wrong = vec![];
    for line in text.lines() {
        let Some((expression, expected)) = line.split_once(" -> ") else {
            continue;
        };
        if expression.starts_with('#') {
            continue;
        }
        if env::var_os("TYPHON_SHOW").is_some() {
            eprintln!("{expression}");
        }
        let got = evaluate(cx, &globals, expression);
        if got != expected {
            wrong.push(format!(
                "{expression}\n   expected {expected}\n   got      {got}"
            ));
        }
    }
    wrong
}

#[test]
fn expressions_answer_as_cpython_does() {
    init::prepare();
    let mut cx = Cx::new(true, 16 << 20).expect("address space");
    // SAFETY: the record stays in place on this thread's stack frame until `exit`.
    unsafe { cx.thread.attach_current().expect("a thread id") };
    init::start(&mut cx).unwrap_or_else(|_| panic!("start"));
    // There is no importer here, so the registry stays empty.
    typhon_vm::objects::codec::set_prepare(|_| Ok(()));
    let cx = &mut cx;
    let mut wrong = vec![];
    for (file, modules) in [
        ("numbers.txt", &[][..]),
        ("text.txt", &[]),
        ("bytes.txt", &[]),
        ("math.txt", &["math", "cmath"]),
        (
            "codecs.txt",
            &[
                "binascii",
                "_struct",
                "_string",
                "unicodedata",
                "zlib",
                "_sha2",
                "_md5",
                "_blake2",
            ],
        ),
    ] {
        wrong.extend(check(cx, file, modules));
    }
    cx.thread.exit();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
