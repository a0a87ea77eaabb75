//! What the native modules ask of the embedded library, which the program hands over at start-up (this crate holds no
//! files). Names are paths below the library's root, with `/`.

use std::sync::OnceLock;
use typhon_compiler::code::Code;

/// A file of the library.
pub struct File {
    pub name: &'static str,
    /// False for data files.
    pub has_code: bool,
}

pub trait Library: Sync {
    /// Files, sorted by name.
    fn count(&self) -> usize;
    fn file(&self, i: usize) -> Option<File>;
    /// The place of a file in the order.
    fn find(&self, name: &str) -> Option<usize>;
    /// The code object of a file.
    fn code(&self, name: &str) -> Option<Code>;
    /// The bytes of a file.
    fn source(&self, name: &str) -> Option<Vec<u8>>;
    /// For a module that is imported before `sys.path` is looked at: the name it was made from, and its file.
    fn frozen(&self, module: &str) -> Option<(&'static str, &'static str)>;
    fn frozen_names(&self) -> Vec<&'static str>;
}

static LIBRARY: OnceLock<&'static dyn Library> = OnceLock::new();
static ROOT: OnceLock<String> = OnceLock::new();

/// Called once, before the first import. `root` is the folder in whose place the library stands: nothing needs to be there.
pub fn install(library: &'static dyn Library, root: String) {
    let _ = LIBRARY.set(library);
    let _ = ROOT.set(root);
}

pub fn library() -> Option<&'static dyn Library> {
    LIBRARY.get().copied()
}

/// The folder that `__file__` and `co_filename` of the library's modules name.
pub fn root() -> &'static str {
    ROOT.get().map_or("", String::as_str)
}
