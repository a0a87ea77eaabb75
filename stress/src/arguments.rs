//! What the command lines of all commands share.

use std::ffi::OsString;
use std::path::PathBuf;

/// The numbers given to options are counts: whole and at least 1.
pub fn count(text: &str, name: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!(
            "{name} needs a whole number of at least 1, not {text:?}"
        )),
    }
}

/// `1,2,4`
pub fn counts(text: &str, name: &str) -> Result<Vec<usize>, String> {
    text.split(',').map(|part| count(part, name)).collect()
}

/// A time in seconds.
pub fn seconds(text: &str, name: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(seconds) if seconds > 0.0 && seconds < 1e6 => Ok(seconds),
        _ => Err(format!("{name} needs a positive number, not {text:?}")),
    }
}

/// Programs may run in another folder, so paths are made absolute.
pub fn absolute(path: OsString) -> PathBuf {
    std::path::absolute(&path).unwrap_or_else(|_| path.into())
}

/// Where the builds of Typhon stand: the folder this program was built into, and its twin under the lock.
pub struct Builds {
    pub free: PathBuf,
    pub gil: PathBuf,
    /// What `cargo build` is to be told for this folder.
    profile: String,
}

impl Builds {
    /// `target/release/stress` has `target/release/typhon` beside it and `target/gil/release/typhon` as its twin.
    pub fn beside_this_program() -> Builds {
        let exe = std::env::current_exe().unwrap_or_default();
        let mut folder = exe.parent().map(PathBuf::from).unwrap_or_default();
        // Programs of `cargo test` stand one folder further down.
        if folder.ends_with("deps") {
            folder.pop();
        }
        Builds::of(folder)
    }

    fn of(folder: PathBuf) -> Builds {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let target = folder.parent().map(PathBuf::from).unwrap_or_default();
        let profile = match name.as_str() {
            "debug" => String::new(),
            "release" => " --release".into(),
            other => format!(" --profile {other}"),
        };
        Builds {
            free: folder.join("typhon"),
            gil: target.join("gil").join(name).join("typhon"),
            profile,
        }
    }

    /// The command that makes the free-threaded build.
    pub fn free_command(&self) -> String {
        format!("cargo build{}", self.profile)
    }

    /// The command that makes the twin.
    pub fn gil_command(&self) -> String {
        format!("cargo build-gil{}", self.profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_whole_and_positive() {
        assert_eq!(counts("1,2, 4", "--threads"), Ok(vec![1, 2, 4]));
        for bad in ["", "0", "1,,2", "-1", "1.5", "two"] {
            assert!(counts(bad, "--threads").is_err(), "{bad}");
        }
        assert_eq!(seconds("0.5", "--seconds"), Ok(0.5));
        for bad in ["0", "-1", "nan", "inf", "soon"] {
            assert!(seconds(bad, "--seconds").is_err(), "{bad}");
        }
    }

    #[test]
    fn the_twin_stands_beside_the_build() {
        let builds = Builds::of("/x/target/release".into());
        assert_eq!(builds.free, PathBuf::from("/x/target/release/typhon"));
        assert_eq!(builds.gil, PathBuf::from("/x/target/gil/release/typhon"));
        assert_eq!(builds.gil_command(), "cargo build-gil --release");
        assert_eq!(
            Builds::of("/x/target/debug".into()).free_command(),
            "cargo build"
        );
        let ci = Builds::of("/x/target/ci".into());
        assert_eq!(ci.gil_command(), "cargo build-gil --profile ci");
    }
}
