//! Which modules of the library CPython freezes: they are found before `sys.path` and their code names no file. Shared
//! with the build script.

/// Module name and file.
pub const FROZEN: &[(&str, &str)] = &[
    ("__hello__", "__hello__.py"),
    ("__phello__", "__phello__/__init__.py"),
    ("__phello__.spam", "__phello__/spam.py"),
    ("_collections_abc", "_collections_abc.py"),
    ("_frozen_importlib", "importlib/_bootstrap.py"),
    (
        "_frozen_importlib_external",
        "importlib/_bootstrap_external.py",
    ),
    ("_sitebuiltins", "_sitebuiltins.py"),
    ("_typhon_library", "_typhon_library.py"),
    ("abc", "abc.py"),
    ("codecs", "codecs.py"),
    ("genericpath", "genericpath.py"),
    ("importlib.machinery", "importlib/machinery.py"),
    ("importlib.util", "importlib/util.py"),
    ("io", "io.py"),
    ("ntpath", "ntpath.py"),
    ("os", "os.py"),
    ("posixpath", "posixpath.py"),
    ("runpy", "runpy.py"),
    ("site", "site.py"),
    ("stat", "stat.py"),
    ("zipimport", "zipimport.py"),
];

/// The name in `<frozen ...>` for a file of the library. The build script asks.
#[allow(dead_code)]
pub fn frozen_name(file: &str) -> Option<&'static str> {
    FROZEN
        .iter()
        .find(|(_, f)| *f == file)
        .map(|(name, _)| origin(name))
}

/// The name of the module that a frozen module was made from.
pub fn origin(name: &'static str) -> &'static str {
    match name {
        "_frozen_importlib" => "importlib._bootstrap",
        "_frozen_importlib_external" => "importlib._bootstrap_external",
        name => name,
    }
}
