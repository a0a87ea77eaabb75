//! Source lines for tracebacks: files, what `linecache` holds, the library that is built in, and code that has no file.

use crate::objects::{Dict, Str, Tuple};
use crate::{Cx, Value, ValueExt};
use std::collections::HashMap;
use std::sync::Arc;
use typhon_compiler::code::{Code, Const};
use typhon_compiler::source::Source;
use typhon_runtime::sync::Mutex;

/// The text of a file that is not on disk (the built-in library): set once by the import system.
pub static SOURCE_HOOK: std::sync::OnceLock<fn(&str) -> Option<String>> =
    std::sync::OnceLock::new();

/// Source of code that came from no file (`-c`, the prompt), by code object; the code is kept so that its address stays its own.
static REGISTERED: Mutex<Option<HashMap<usize, (Arc<Code>, Arc<str>)>>> = Mutex::new(None);

/// Remember the source of a code object and of all code inside it.
pub fn register(code: &Arc<Code>, text: &str) {
    let text: Arc<str> = text.into();
    let mut table = REGISTERED.lock();
    add(table.get_or_insert_with(HashMap::new), code, &text);
}

fn add(map: &mut HashMap<usize, (Arc<Code>, Arc<str>)>, code: &Arc<Code>, text: &Arc<str>) {
    map.insert(Arc::as_ptr(code) as usize, (code.clone(), text.clone()));
    for c in &code.consts {
        if let Const::Code(inner) = c {
            add(map, inner, text);
        }
    }
}

/// The lines of one source, found once per display.
#[derive(Default)]
pub struct Sources {
    files: HashMap<String, Option<Vec<String>>>,
}

/// The source that a code object was registered with.
pub fn registered(code: &Arc<Code>) -> Option<Arc<str>> {
    let table = REGISTERED.lock();
    let found = table.as_ref()?.get(&(Arc::as_ptr(code) as usize));
    found.map(|(_, text)| text.clone())
}

fn split(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .split('\n')
        .map(str::to_owned)
        .collect()
}

/// `linecache.cache[name]`, when that module is in use.
fn from_linecache(cx: &mut Cx, name: &str) -> Option<Vec<String>> {
    let m = crate::objects::module::methods::loaded(cx, "linecache").ok()??;
    let m = m.downcast::<crate::objects::Module>()?;
    let cache = m.dict().get_named(cx, "cache")?;
    let entry = cache.downcast::<Dict>()?.get_text(cx, name)?;
    let t = entry.downcast::<Tuple>()?;
    let lines = crate::protocol::collect(cx, t.items().get(2)?);
    match lines {
        Ok(l) => Some(
            l.iter()
                .map(|v| {
                    v.downcast::<Str>()
                        .map(|s| s.to_string_lossy())
                        .unwrap_or_default()
                        .trim_end_matches('\n')
                        .to_owned()
                })
                .collect(),
        ),
        Err(r) => {
            drop(cx.take_exc(r));
            None
        }
    }
}

/// The text of a file, by the encoding that its first two lines declare.
fn decode(cx: &mut Cx, bytes: Vec<u8>) -> String {
    if let Ok(source) = Source::from_bytes(&bytes, None) {
        return source.text().to_owned();
    }
    if let Some(encoding) = Source::foreign_encoding(&bytes) {
        match crate::objects::codec::decode_text(cx, &bytes, &encoding, Some("replace")) {
            Ok(text) => return text_of(&text).unwrap_or_default(),
            Err(r) => drop(cx.take_exc(r)),
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

fn read(cx: &mut Cx, name: &str) -> Option<Vec<String>> {
    match from_linecache(cx, name) {
        Some(lines) => Some(lines),
        None => read_file(cx, name),
    }
}

fn read_file(cx: &mut Cx, name: &str) -> Option<Vec<String>> {
    if let Some(text) = SOURCE_HOOK.get().and_then(|f| f(name)) {
        return Some(split(&text));
    }
    if name.starts_with('<') && name.ends_with('>') {
        return None;
    }
    let path = name.to_owned();
    let bytes = cx.thread.detach(|| std::fs::read(path)).ok()?;
    Some(split(&decode(cx, bytes)))
}

/// Line `n` (from 1) of a file, with its end.
pub fn file_line(cx: &mut Cx, name: &str, n: i32) -> Option<String> {
    let at = usize::try_from(n).ok()?.checked_sub(1)?;
    let lines = read_file(cx, name)?;
    let line = lines.get(at)?;
    // A newline splits the last line from nothing.
    let newline = if at + 1 < lines.len() { "\n" } else { "" };
    Some(format!("{line}{newline}"))
}

impl Sources {
    /// Line `n` (from 1) of a source, without its end.
    pub fn line(
        &mut self,
        cx: &mut Cx,
        code: Option<&Arc<Code>>,
        name: &str,
        n: i32,
    ) -> Option<String> {
        let at = usize::try_from(n).ok()?.checked_sub(1)?;
        if let Some(text) = code.and_then(registered) {
            return text.split('\n').nth(at).map(str::to_owned);
        }
        if !self.files.contains_key(name) {
            let lines = read(cx, name);
            self.files.insert(name.to_owned(), lines);
        }
        self.files.get(name)?.as_ref()?.get(at).cloned()
    }
}

/// Text of a value, for display.
pub fn text_of(v: &Value) -> Option<String> {
    v.downcast::<Str>().map(|s| s.to_string_lossy())
}
