//! The regimes: which interpreter, under which lock.

use crate::arguments::{Builds, absolute};
use crate::process;
use serde::Serialize;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Free,
    GilOption,
    GilBuild,
    Peer,
}

#[derive(Clone, Debug, Serialize)]
pub struct Regime {
    pub kind: Kind,
    pub name: String,
    pub binary: PathBuf,
    pub version: String,
    /// Why it cannot take part.
    pub missing: Option<String>,
}

impl Regime {
    /// The command that runs Python with these arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        if self.kind == Kind::GilOption {
            command.args(["-X", "gil=1"]);
        }
        command
    }

    pub fn is_typhon(&self) -> bool {
        self.kind != Kind::Peer
    }
}

/// Which regimes the command line asks for.
pub struct Choice {
    pub binary: PathBuf,
    pub gil_binary: Option<PathBuf>,
    pub gil_option: bool,
    pub peers: Vec<PathBuf>,
    builds: Builds,
}

/// The options of a [`Choice`], for the help of a command.
#[macro_export]
macro_rules! choice_help {
    () => {
        "  --peer PATH        another Python to run beside them; may be given several times
  --binary PATH      the free-threaded build (default: `typhon` beside this program)
  --gil-binary PATH  the GIL build (default: its twin in target/gil)
  --no-gil-build     leave the GIL build out
  --no-gil-option    leave -X gil=1 out
"
    };
}

impl Choice {
    pub fn new() -> Choice {
        let builds = Builds::beside_this_program();
        Choice {
            binary: builds.free.clone(),
            gil_binary: Some(builds.gil.clone()),
            gil_option: true,
            peers: Vec::new(),
            builds,
        }
    }

    /// Takes the option if it is one of its own.
    pub fn take(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<bool, String> {
        let mut path = || match parser.value() {
            Ok(value) => Ok(absolute(value)),
            Err(_) => Err(format!("--{name} needs a value")),
        };
        match name {
            "peer" => self.peers.push(path()?),
            "binary" => self.binary = path()?,
            "gil-binary" => self.gil_binary = Some(path()?),
            "no-gil-build" => self.gil_binary = None,
            "no-gil-option" => self.gil_option = false,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// All regimes, those that cannot run included.
    pub fn regimes(&self) -> Vec<Regime> {
        let free = |kind, name: &str| {
            let how = format!("`{}` makes it", self.builds.free_command());
            probe(kind, name.into(), self.binary.clone(), &how)
        };
        let mut regimes = vec![free(Kind::Free, "free-threaded")];
        if let Some(path) = &self.gil_binary {
            let how = format!("`{}` makes it", self.builds.gil_command());
            regimes.push(probe(
                Kind::GilBuild,
                "GIL build".into(),
                path.clone(),
                &how,
            ));
        }
        if self.gil_option {
            regimes.push(free(Kind::GilOption, "free-threaded, -X gil=1"));
        }
        for path in &self.peers {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let mut regime = probe(Kind::Peer, file.into(), path.clone(), "--peer names it");
            if !regime.version.is_empty() {
                regime.name = regime.version.clone();
            }
            // Two peers may say the same of themselves.
            if regimes.iter().any(|other| other.name == regime.name) {
                regime.name = format!("{} ({})", regime.name, path.display());
            }
            regimes.push(regime);
        }
        regimes
    }
}

/// Prints `NAME VERSION` and whether there is a global lock.
const WHO: &str = "import sys, platform
gil = getattr(sys, '_is_gil_enabled', lambda: True)()
print(platform.python_implementation(), '.'.join(map(str, sys.version_info[:3])), '' if gil else 'free-threaded')";

fn probe(kind: Kind, name: String, binary: PathBuf, how: &str) -> Regime {
    let mut regime = Regime {
        kind,
        name,
        binary,
        version: String::new(),
        missing: None,
    };
    if !regime.binary.exists() {
        regime.missing = Some(format!("{} does not exist; {how}", regime.binary.display()));
        return regime;
    }
    let limit = Duration::from_secs(60);
    let mut command = regime.command();
    match kind {
        Kind::Peer => command.args(["-c", WHO]),
        _ => command.arg("-V"),
    };
    match process::run(&mut command, limit).and_then(|ended| ended.good(limit)) {
        Ok(text) => regime.version = text.trim().to_string(),
        Err(problem) => {
            regime.missing = Some(format!(
                "{} does not run: {problem}",
                regime.binary.display()
            ));
        }
    }
    // A build of the other kind under this name would compare a regime with itself.
    let expected = match kind {
        Kind::Free | Kind::GilOption => "free-threaded",
        Kind::GilBuild => "with GIL",
        Kind::Peer => "",
    };
    if regime.missing.is_none() && !regime.version.contains(expected) {
        regime.missing = Some(format!(
            "{} is {:?}, not a build {expected:?}; {how}",
            regime.binary.display(),
            regime.version
        ));
    }
    regime
}
