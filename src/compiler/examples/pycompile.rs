//! Compiles files and writes each code object, marshalled, to `OUTDIR/N.bin`; warnings go to `OUTDIR/N.warn`, errors to `OUTDIR/N.err`.
//! `compare.py` beside this file reads them with CPython and tells what differs.
//!
//!     pycompile OUTDIR FILE...

use std::path::Path;
use typhon_compiler::{Mode, Options, Source, compile_with_warnings, marshal};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(out) = args.next() else {
        eprintln!("usage: pycompile OUTDIR FILE...");
        std::process::exit(2);
    };
    for (index, file) in args.enumerate() {
        let target = |suffix: &str| Path::new(&out).join(format!("{index}.{suffix}"));
        let bytes = std::fs::read(&file)?;
        let result = Source::from_bytes(&bytes, &file).and_then(|source| {
            compile_with_warnings(&source, &file, Mode::Exec, &Options::default())
        });
        match result {
            Ok((code, warnings)) => {
                let lines: String = warnings
                    .iter()
                    .map(|w| format!("{} {}\n", w.line, w.msg))
                    .collect();
                std::fs::write(target("warn"), lines)?;
                std::fs::write(target("bin"), marshal::dump_code(&code))?;
            }
            Err(err) => std::fs::write(
                target("err"),
                format!(
                    "{:?}\n{}\n{} {} {} {}",
                    err.kind, err.msg, err.line, err.col, err.end_line, err.end_col
                ),
            )?,
        }
    }
    Ok(())
}
