//! The embedded library: what the build script packed, found by name and unpacked when asked for. Handed to the native
//! modules (`_imp`, `typhon`) at start-up, which know no files. No import logic lives here: that is Python's own
//! `importlib`, over `_imp` and the overlay `_typhon_library.py`.

mod frozen;

use typhon_compiler::code::Code;
use typhon_compiler::packed;
use typhon_modules::library::{File, Library};
use typhon_runtime::program_pages::give_back;

/// One file; ranges are byte offsets in the packed file.
pub struct Entry {
    name: &'static str,
    code: (usize, usize),
    source: (usize, usize),
    source_len: usize,
}

include!(concat!(env!("OUT_DIR"), "/library_index.rs"));

static SOURCES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));
/// Not compressed, for it is read where it stands.
static CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library_code.bin"));

/// The library in this binary.
pub struct Embedded;

pub static EMBEDDED: Embedded = Embedded;

fn entry(name: &str) -> Option<&'static Entry> {
    INDEX
        .binary_search_by(|e| e.name.cmp(name))
        .ok()
        .map(|i| &INDEX[i])
}

impl Library for Embedded {
    fn count(&self) -> usize {
        INDEX.len()
    }
    fn file(&self, i: usize) -> Option<File> {
        INDEX.get(i).map(|e| File {
            name: e.name,
            has_code: e.code.0 != e.code.1,
        })
    }
    fn find(&self, name: &str) -> Option<usize> {
        INDEX.binary_search_by(|e| e.name.cmp(name)).ok()
    }
    fn code(&self, name: &str) -> Option<Code> {
        let (from, to) = entry(name)?.code;
        (from != to).then(|| packed::unpack(&CODE[from..to]))
    }
    fn source(&self, name: &str) -> Option<Vec<u8>> {
        let e = entry(name)?;
        let packed = &SOURCES[e.source.0..e.source.1];
        let source = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, e.source_len);
        give_back(packed);
        source.ok()
    }
    fn frozen(&self, module: &str) -> Option<(&'static str, &'static str)> {
        let (name, file) = frozen::FROZEN.iter().find(|(name, _)| *name == module)?;
        Some((frozen::origin(name), file))
    }
    fn frozen_names(&self) -> Vec<&'static str> {
        frozen::FROZEN.iter().map(|(name, _)| *name).collect()
    }
}
