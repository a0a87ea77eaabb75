//! The regimes: which interpreter, under which lock.

use super::options::Options;
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

/// All regimes of a comparison, those that cannot run included.
pub fn all(options: &Options) -> Vec<Regime> {
    let builds = &options.builds;
    let free = |kind, name: &str| {
        let how = format!("`{}` makes it", builds.free_command());
        probe(kind, name.into(), options.binary.clone(), &how)
    };
    let mut regimes = vec![free(Kind::Free, "free-threaded")];
    if let Some(path) = &options.gil_binary {
        let how = format!("`{}` makes it", builds.gil_command());
        regimes.push(probe(
            Kind::GilBuild,
            "GIL build".into(),
            path.clone(),
            &how,
        ));
    }
    if options.gil_option {
        regimes.push(free(Kind::GilOption, "free-threaded, -X gil=1"));
    }
    for path in &options.peers {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let mut regime = probe(Kind::Peer, file.into(), path.clone(), "--peer names it");
        if regime.missing.is_none() {
            regime.name = peer_name(&regime.version, &regime.name);
        }
        // Two peers may say the same of themselves.
        if regimes.iter().any(|other| other.name == regime.name) {
            regime.name = format!("{} ({})", regime.name, path.display());
        }
        regimes.push(regime);
    }
    regimes
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

fn peer_name(version: &str, file: &str) -> String {
    if version.is_empty() {
        file.to_string()
    } else {
        version.to_string()
    }
}
