//! Writes the tree of each file as text to `OUTDIR/N.ast`; `compare_ast.py` compares them with CPython's.
//!
//!     astdump OUTDIR FILE...

use std::fmt::Write;
use std::path::Path;
use typhon_compiler::code::Const;
use typhon_compiler::pyast::{Node, Value, tree};
use typhon_compiler::{Mode, Options, Source};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn constant(value: &Const) -> String {
    match value {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "Ellipsis".into(),
        Const::Int(i) => format!("i{i}"),
        Const::BigInt(i) => format!("i{i}"),
        Const::Float(f) => format!("f{:016x}", f.to_bits()),
        Const::Complex(_, im) => format!("j{:016x}", im.to_bits()),
        Const::Str(s) => format!("s{}", hex(s.as_bytes())),
        Const::Bytes(b) => format!("b{}", hex(b)),
        _ => "?".into(),
    }
}

fn value(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::None => out.push_str("-\n"),
        Value::Ident(name) => writeln!(out, "{name}").expect("a string grows"),
        Value::Int(i) => writeln!(out, "{i}").expect("a string grows"),
        Value::Const(c) => writeln!(out, "{}", constant(c)).expect("a string grows"),
        Value::Node(n) => node(n, depth, out),
        Value::List(items) => {
            out.push_str("[\n");
            for item in items {
                out.push_str(&" ".repeat(depth + 1));
                self::value(item, depth + 1, out);
            }
        }
    }
}

fn node(n: &Node, depth: usize, out: &mut String) {
    let place = n.loc.map_or(String::new(), |l| {
        format!(" {} {} {} {}", l.line, l.col, l.end_line, l.end_col)
    });
    writeln!(out, "{}{place}", n.kind).expect("a string grows");
    for (name, field) in &n.fields {
        write!(out, "{}{name}=", " ".repeat(depth + 1)).expect("a string grows");
        value(field, depth + 1, out);
    }
}

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(folder) = args.next() else {
        eprintln!("usage: astdump OUTDIR FILE...");
        std::process::exit(2);
    };
    for (index, file) in args.enumerate() {
        let bytes = std::fs::read(&file)?;
        let parsed = Source::from_bytes(&bytes, None)
            .and_then(|source| tree(&source, Mode::Exec, &Options::default()));
        let mut out = String::new();
        match parsed {
            Ok(tree) => node(&tree, 0, &mut out),
            Err(err) => out = format!("error {err}\n"),
        }
        std::fs::write(Path::new(&folder).join(format!("{index}.ast")), out)?;
    }
    Ok(())
}
