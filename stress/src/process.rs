//! Running one program to its end: what it printed, how it ended, what it took.

use crate::others;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use wait4::{ResUse, Wait4};

/// What of a stream is kept. A program that prints more is not compared.
const LONGEST_OUTPUT: u64 = 64 << 20;

/// How long a stream may stay open after the program has ended (a process it left may hold it).
const LINGER: Duration = Duration::from_secs(2);

/// How a program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// By itself, with this status.
    Status(i32),
    /// By a signal.
    Signal(i32),
    /// It was ended, because its time was over.
    Hung,
}

impl End {
    fn of(status: ExitStatus) -> End {
        match status.code() {
            Some(code) => End::Status(code),
            None => End::Signal(status.signal().unwrap_or(0)),
        }
    }

    pub fn is_good(self) -> bool {
        self == End::Status(0)
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Status(code) => write!(f, "exit status {code}"),
            End::Signal(number) => {
                let name = match number {
                    4 => " (SIGILL)",
                    6 => " (SIGABRT)",
                    7 => " (SIGBUS)",
                    9 => " (SIGKILL)",
                    11 => " (SIGSEGV)",
                    15 => " (SIGTERM)",
                    _ => "",
                };
                write!(f, "killed by signal {number}{name}")
            }
            End::Hung => f.write_str("hangs (ended by the time limit)"),
        }
    }
}

/// A program that has ended.
pub struct Ended {
    pub end: End,
    /// From its start to its end.
    pub wall: Duration,
    /// Processor time, in the program and for it in the kernel.
    pub cpu: Duration,
    /// Processor time of all else that ran meanwhile, if the system tells.
    pub others: Option<Duration>,
    /// The most memory that was resident.
    pub peak_kib: u64,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// What it printed, or why that is not to be trusted.
    pub fn good(self, timeout: Duration) -> Result<String, String> {
        match self.end {
            End::Status(0) => Ok(self.stdout),
            End::Hung => Err(format!("hangs: ended after {} s", timeout.as_secs_f64())),
            end => Err(format!("{end}: {}", last_line(&self.stderr))),
        }
    }
}

/// What tells most about a failure: a traceback ends with the exception.
pub fn last_line(stderr: &str) -> &str {
    let line = stderr.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or("nothing on standard error")
}

/// Runs the command, in a process group of its own, with nothing on standard input. What is still there of the group
/// when the program ends, or when its time is over, is ended.
pub fn run(command: &mut Command, timeout: Duration) -> Result<Ended, String> {
    let busy_before = others::busy_seconds();
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            format!("cannot run {program}: {error}")
        })?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let group = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    let end_group = || {
        if let Some(group) = group {
            // An error says that nobody is left.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    };
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let used = child.wait4();
        let wall = start.elapsed();
        let busy = others::busy_seconds().zip(busy_before);
        let _ = tell.send((used, wall, busy.map(|(now, before)| now - before)));
    });
    let (hung, waited) = match told.recv_timeout(timeout) {
        Ok(waited) => (false, waited),
        Err(_) => {
            end_group();
            let waited = told.recv().map_err(|_| "the waiting thread is gone")?;
            (true, waited)
        }
    };
    end_group();
    let (used, wall, busy): (std::io::Result<ResUse>, Duration, Option<f64>) = waited;
    let used = used.map_err(|error| format!("cannot wait for the program: {error}"))?;
    let text = |stream: mpsc::Receiver<Vec<u8>>| {
        let bytes = stream.recv_timeout(LINGER).unwrap_or_default();
        if bytes.len() as u64 > LONGEST_OUTPUT {
            return Err(format!("printed more than {} MiB", LONGEST_OUTPUT >> 20));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let cpu = used.rusage.utime + used.rusage.stime;
    Ok(Ended {
        end: if hung {
            End::Hung
        } else {
            End::of(used.status)
        },
        wall,
        cpu,
        others: busy.map(|busy| Duration::from_secs_f64((busy - cpu.as_secs_f64()).max(0.0))),
        peak_kib: used.rusage.maxrss / 1024,
        stdout: text(stdout)?,
        stderr: text(stderr)?,
    })
}

/// Reads a stream to its end in the background; keeps one byte more than is allowed, so that the excess shows.
fn collect(from: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _ = from
                .by_ref()
                .take(LONGEST_OUTPUT + 1)
                .read_to_end(&mut bytes);
            // Nobody may wait for a full pipe.
            let _ = std::io::copy(&mut from, &mut std::io::sink());
        }
        let _ = tell.send(bytes);
    });
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str, timeout: f64) -> Ended {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", text]);
        run(&mut command, Duration::from_secs_f64(timeout)).expect("the shell runs")
    }

    #[test]
    fn tells_how_programs_end() {
        let ended = shell("echo out; echo err >&2; exit 3", 60.0);
        assert_eq!(ended.end, End::Status(3));
        assert_eq!((&*ended.stdout, &*ended.stderr), ("out\n", "err\n"));
        assert!(ended.peak_kib > 0);
        let problem = ended.good(Duration::from_secs(60));
        assert_eq!(problem, Err("exit status 3: err".to_string()));
        assert_eq!(shell("kill -SEGV $$", 60.0).end, End::Signal(11));
    }

    #[test]
    fn ends_what_hangs_and_what_is_left_behind() {
        let start = Instant::now();
        assert_eq!(shell("sleep 100 | cat", 0.3).end, End::Hung);
        let ended = shell("sleep 100 & echo done", 60.0);
        assert_eq!((ended.end, &*ended.stdout), (End::Status(0), "done\n"));
        assert!(start.elapsed() < Duration::from_secs(50));
    }

    #[test]
    fn a_missing_program_is_named() {
        let problem = run(&mut Command::new("/no/such/python"), LINGER).err();
        assert!(problem.is_some_and(|text| text.contains("/no/such/python")));
    }
}
