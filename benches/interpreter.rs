//! What statements cost: attributes, items, calls, loops, measured from outside.
//!
//! `cargo bench --bench interpreter` measures this build; `TYPHON_PEER=/usr/bin/python3.14` before it measures another Python
//! beside it. An interpreter is started once, runs `interpreter.py` and times its loops itself, so that nothing of the
//! conversation between the processes is counted.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

struct Python {
    label: &'static str,
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    names: Vec<String>,
}

impl Python {
    fn start(label: &'static str, path: &Path) -> Python {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/interpreter.py");
        let mut process = Command::new(path)
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot run {}: {e}", path.display()));
        let to = process.stdin.take().expect("piped");
        let from = BufReader::new(process.stdout.take().expect("piped"));
        let mut python = Python {
            label,
            process,
            to,
            from,
            names: Vec::new(),
        };
        loop {
            let name = python.line();
            if name.is_empty() {
                return python;
            }
            python.names.push(name);
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.from.read_line(&mut line).expect("its output");
        assert!(read != 0, "{} ended too soon", self.label);
        line.trim_end().to_string()
    }

    fn time(&mut self, name: &str, loops: u64) -> Duration {
        writeln!(self.to, "{name}\t{loops}").expect("it reads");
        let answer = self.line();
        Duration::from_nanos(answer.parse().expect("nanoseconds"))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn statements(c: &mut Criterion) {
    let mut pythons = vec![Python::start(
        "typhon",
        Path::new(env!("CARGO_BIN_EXE_typhon")),
    )];
    if let Some(peer) = std::env::var_os("TYPHON_PEER") {
        pythons.push(Python::start("peer", Path::new(&peer)));
    }
    let names = pythons[0].names.clone();
    for full in &names {
        let (group, statement) = full.split_once('/').expect("group/statement");
        let mut group = c.benchmark_group(group);
        group.sample_size(20);
        for python in &mut pythons {
            group.bench_function(BenchmarkId::new(statement, python.label), |b| {
                b.iter_custom(|loops| python.time(full, loops));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(800));
    targets = statements
}
criterion_main!(benches);
