//! Compiles files and writes each code object, marshalled, to `OUTDIR/N.bin`; warnings go to `OUTDIR/N.warn`, errors to `OUTDIR/N.err`.
//! `compare.py` beside this file reads them with CPython and tells what differs.
//!
//!     pycompile OUTDIR FILE...          (PYTHONOPTIMIZE: 0, 1 or 2; PYCOMPILE_MODE: exec, eval or single)

use std::path::Path;
use typhon_compiler::{Mode, Options, Source, compile_with_warnings, marshal};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(out) = args.next() else {
        eprintln!("usage: pycompile OUTDIR FILE...");
        std::process::exit(2);
    };
    let optimize = std::env::var("PYTHONOPTIMIZE")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(0);
    let options = Options {
        optimize,
        ..Options::default()
    };
    let mode = match std::env::var("PYCOMPILE_MODE").as_deref() {
        Ok("eval") => Mode::Eval,
        Ok("single") => Mode::Single,
        _ => Mode::Exec,
    };
    for (index, file) in args.enumerate() {
        let target = |suffix: &str| Path::new(&out).join(format!("{index}.{suffix}"));
        let bytes = std::fs::read(&file)?;
        let result = Source::from_bytes(&bytes, None)
            .and_then(|source| compile_with_warnings(&source, &file, mode, &options));
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
