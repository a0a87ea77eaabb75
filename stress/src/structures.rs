//! `stress structures`: the programs of `stress/structures/`, which hammer one shared structure each from several threads
//! and assert what must hold whatever the interleaving. Meant for the checking build, whose runtime asserts more.

use crate::catalogue::programs;
use crate::process;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

pub struct Plan {
    pub binary: PathBuf,
    pub threads: usize,
    /// How long each program hammers.
    pub seconds: f64,
    pub rounds: usize,
    /// Empty: all of them.
    pub names: Vec<String>,
}

/// What a program may need beyond its time: starting, ending, looking the heap over.
const GRACE: Duration = Duration::from_secs(60);

/// Runs them; false if one went wrong.
pub fn run(folder: &Path, plan: &Plan) -> Result<bool, String> {
    let programs = programs(folder, &plan.names)?;
    let mut good = true;
    for round in 1..=plan.rounds {
        for program in &programs {
            let start = Instant::now();
            let problem = run_one(folder, plan, program);
            let seconds = start.elapsed().as_secs_f64();
            let verdict = match &problem {
                None => "ok".to_string(),
                Some(problem) => format!("FAILED: {problem}"),
            };
            println!("round {round}  {program:<18}{seconds:>6.1} s  {verdict}");
            good &= problem.is_none();
        }
    }
    Ok(good)
}

/// Runs one program; what went wrong.
fn run_one(folder: &Path, plan: &Plan, program: &str) -> Option<String> {
    let mut command = Command::new(&plan.binary);
    command
        .arg(format!("{program}.py"))
        .args([plan.threads.to_string(), plan.seconds.to_string()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder);
    let timeout = Duration::from_secs_f64(plan.seconds) + GRACE;
    match process::run(&mut command, timeout).and_then(|ended| ended.good(timeout)) {
        Ok(text) if text == "ok\n" => None,
        Ok(text) => Some(format!("printed {text:?}")),
        Err(problem) => Some(problem),
    }
}
