//! Where the program, its prefix and the library are. Nothing but the program needs to exist: the library is in the binary
//! and only stands in the place where it would be installed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use typhon_modules::sys::config::Config;

/// The folder the library stands in, below the prefix.
const LIBRARY: &str = if typhon_runtime::GIL_BUILD {
    "lib/python3.14"
} else {
    "lib/python3.14t"
};

/// The program as it was called: by its path, or found in `PATH`. Links are kept (virtual environments rely on it).
fn executable(argv0: Option<&OsStr>) -> PathBuf {
    let real = || std::env::current_exe().unwrap_or_default();
    let Some(argv0) = argv0.filter(|a| !a.is_empty()) else {
        return real();
    };
    let path = Path::new(argv0);
    if argv0.as_bytes().contains(&b'/') {
        return std::path::absolute(path).unwrap_or_else(|_| real());
    }
    let found = std::env::var_os("PATH").and_then(|dirs| {
        std::env::split_paths(&dirs)
            .map(|d| d.join(path))
            .find(|p| p.is_file())
    });
    match found {
        Some(p) => std::path::absolute(&p).unwrap_or(p),
        None => real(),
    }
}

/// `bin`'s parent, or the folder itself.
fn prefix_of(exe: &Path) -> PathBuf {
    let dir = exe.parent().unwrap_or(Path::new("/"));
    if dir.file_name().is_some_and(|n| n == "bin") {
        dir.parent().unwrap_or(dir).to_path_buf()
    } else {
        dir.to_path_buf()
    }
}

/// The prefix of the virtual environment that the program stands in.
fn venv_of(exe: &Path) -> Option<PathBuf> {
    let dir = exe.parent()?;
    [Some(dir), dir.parent()]
        .into_iter()
        .flatten()
        .find(|d| d.join("pyvenv.cfg").is_file())
        .map(Path::to_path_buf)
}

pub fn library_root(c: &Config) -> String {
    format!("{}/{LIBRARY}", c.base_prefix.trim_end_matches('/'))
}

pub fn fill(c: &mut Config) {
    let exe = executable(c.orig_argv.first().map(OsString::as_os_str));
    let real = exe.canonicalize().unwrap_or_else(|_| exe.clone());
    let base = prefix_of(&real);
    c.base_prefix = base.to_string_lossy().into_owned();
    c.prefix = match venv_of(&exe) {
        Some(v) => v.to_string_lossy().into_owned(),
        None => c.base_prefix.clone(),
    };
    c.base_executable = if c.prefix == c.base_prefix {
        exe.clone().into()
    } else {
        real.into()
    };
    c.executable = exe.into();
    if !c.ignore_environment
        && let Some(p) = std::env::var_os("PYTHONPATH").filter(|p| !p.is_empty())
    {
        c.path.extend(
            p.as_bytes()
                .split(|b| *b == b':')
                .map(|b| OsStr::from_bytes(b).to_os_string()),
        );
    }
    c.path.push(library_root(c).into());
}
