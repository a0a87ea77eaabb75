//! The codec registry: search functions, the cache of what they found, and the named error handlers. `_codecs` exposes it;
//! `str.encode`, `bytes.decode` and the text files come here for encodings that are not built in.

use crate::objects::{Str, Tuple, bytes, str};
use crate::protocol;
use crate::{Cx, ExcKind, Res, Value, ValueExt};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Default)]
struct Registry {
    search: Vec<Value>,
    found: HashMap<String, Value>,
    errors: HashMap<String, Value>,
}

/// Development mode: the names of encodings and error handlers are looked up even where they are not needed.
pub static DEV_MODE: AtomicBool = AtomicBool::new(false);

/// In development mode, the LookupError of a name that stands for nothing.
pub fn check_names(cx: &mut Cx, encoding: Option<&str>, errors: Option<&str>) -> Res<()> {
    if !DEV_MODE.load(Ordering::Relaxed) {
        return Ok(());
    }
    if let Some(encoding) = encoding {
        lookup(cx, encoding)?;
    }
    if let Some(errors) = errors {
        lookup_error(cx, errors)?;
    }
    Ok(())
}

/// Held only for a lookup or an insertion: no Python code, no drop of a value.
static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

/// Imports the `encodings` package and registers the built-in error handlers, once, before the first lookup.
static PREPARE_FN: Mutex<Option<fn(&mut Cx) -> Res<()>>> = Mutex::new(None);

/// What to do before the first lookup; set by `_codecs`.
pub fn set_prepare(f: fn(&mut Cx) -> Res<()>) {
    *PREPARE_FN.lock() = Some(f);
    ASKED.store(true, Ordering::Release);
}

/// Whether `_codecs`, which says what to do, has been asked for.
static ASKED: AtomicBool = AtomicBool::new(false);

fn prepare(cx: &mut Cx) -> Res<()> {
    let mut f = PREPARE_FN.lock().take();
    if f.is_none() && !ASKED.swap(true, Ordering::AcqRel) {
        // Nobody imported `codecs` yet: `str.encode` may come first.
        if let Err(r) = crate::objects::module::methods::import(cx, "_codecs") {
            ASKED.store(false, Ordering::Release);
            return Err(r);
        }
        f = PREPARE_FN.lock().take();
    }
    let Some(f) = f else { return Ok(()) };
    f(cx).inspect_err(|_| {
        // Tried again at the next lookup.
        PREPARE_FN.lock().get_or_insert(f);
    })
}

/// `codecs.register(search)`.
pub fn register(cx: &mut Cx, search: &Value) -> Res<()> {
    if !protocol::is_callable(search) {
        return Err(cx.type_error("argument must be callable"));
    }
    REGISTRY.lock().search.push(search.clone());
    Ok(())
}

/// `codecs.unregister(search)`: the cache is forgotten too.
pub fn unregister(search: &Value) {
    let (_gone, _cache);
    let mut r = REGISTRY.lock();
    if let Some(i) = r.search.iter().position(|s| s.is(search)) {
        _gone = r.search.remove(i);
        _cache = std::mem::take(&mut r.found);
    }
    drop(r);
}

/// Names in the cache are lower case with runs of other characters than letters, digits and dots as one underscore.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            if gap && !out.is_empty() {
                out.push('_');
            }
            gap = false;
            out.push(c.to_ascii_lowercase());
        } else {
            gap = true;
        }
    }
    out
}

/// `codecs.lookup(encoding)`: the `CodecInfo` tuple.
pub fn lookup(cx: &mut Cx, encoding: &str) -> Res<Value> {
    prepare(cx)?;
    let key = normalize(encoding);
    if let Some(v) = REGISTRY.lock().found.get(&key).cloned() {
        return Ok(v);
    }
    let arg = str::new_str(cx, &key)?;
    let searches = REGISTRY.lock().search.clone();
    for f in searches {
        let r = protocol::call(cx, &f, std::slice::from_ref(&arg))?;
        if r.is_none() {
            continue;
        }
        if r.downcast::<Tuple>().is_none_or(|t| t.len() != 4) {
            return Err(cx.type_error("codec search functions must return 4-tuples"));
        }
        let _displaced = REGISTRY.lock().found.insert(key, r.clone());
        return Ok(r);
    }
    Err(cx.lookup_error(format!("unknown encoding: {encoding}")))
}

/// `codecs.register_error(name, handler)`.
pub fn register_error(cx: &mut Cx, name: &str, handler: &Value) -> Res<()> {
    if !protocol::is_callable(handler) {
        return Err(cx.type_error("handler must be callable"));
    }
    let _displaced = REGISTRY
        .lock()
        .errors
        .insert(name.to_owned(), handler.clone());
    Ok(())
}

/// Forget a handler; whether there was one.
pub fn unregister_error(name: &str) -> bool {
    let gone = REGISTRY.lock().errors.remove(name);
    gone.is_some()
}

/// `codecs.lookup_error(name)`.
pub fn lookup_error(cx: &mut Cx, name: &str) -> Res<Value> {
    prepare(cx)?;
    let found = REGISTRY.lock().errors.get(name).cloned();
    match found {
        Some(v) => Ok(v),
        None => Err(cx.lookup_error(format!("unknown error handler name '{name}'"))),
    }
}

/// One of the four functions of a codec that is known to work on text.
fn text_codec(cx: &mut Cx, encoding: &str, i: usize, verb: &str) -> Res<Value> {
    let info = lookup(cx, encoding)?;
    if info.downcast_exact::<Tuple>().is_none() {
        let flag = protocol::getattr_str_opt(cx, &info, "_is_text_encoding")?;
        if let Some(flag) = flag
            && !protocol::truthy(cx, &flag)?
        {
            return Err(cx.lookup_error(format!(
                "'{encoding}' is not a text encoding; use codecs.{verb}() to handle arbitrary codecs"
            )));
        }
    }
    match info.downcast::<Tuple>() {
        Some(t) => Ok(t.items()[i].clone()),
        None => Ok(info),
    }
}

/// Call an encoder or decoder; it answers a pair.
pub fn call_codec(
    cx: &mut Cx,
    f: &Value,
    input: Value,
    errors: Option<&str>,
    what: &str,
) -> Res<Value> {
    let mut args = vec![input];
    if let Some(e) = errors {
        args.push(str::new_str(cx, e)?);
    }
    let r = protocol::call(cx, f, &args)?;
    match r.downcast::<Tuple>().filter(|t| t.len() == 2) {
        Some(t) => Ok(t.items()[0].clone()),
        None => Err(cx.type_error(format!("{what} must return a tuple (object, integer)"))),
    }
}

/// `codecs.encode(obj, encoding, errors)` and `codecs.decode`: any kind of object.
pub fn run(
    cx: &mut Cx,
    input: &Value,
    encoding: &str,
    errors: Option<&str>,
    decode: bool,
) -> Res<Value> {
    let info = lookup(cx, encoding)?;
    let Some(f) = info
        .downcast::<Tuple>()
        .map(|t| t.items()[usize::from(decode)].clone())
    else {
        return Ok(info);
    };
    let what = if decode { "decoder" } else { "encoder" };
    match call_codec(cx, &f, input.clone(), errors, what) {
        Ok(v) => Ok(v),
        Err(r) => Err(note(
            cx,
            r,
            encoding,
            if decode { "decoding" } else { "encoding" },
        )),
    }
}

/// The note on an exception that came out of a codec.
fn note(cx: &mut Cx, r: crate::Raised, encoding: &str, verb: &str) -> crate::Raised {
    let exc = cx.take_exc(r);
    let made = str::new_str(cx, &format!("{verb} with '{encoding}' codec failed"))
        .and_then(|n| protocol::call_method(cx, &exc, "add_note", &[n]));
    match made {
        Ok(_) => cx.reraise(exc),
        Err(r) => {
            drop(cx.take_exc(r));
            cx.reraise(exc)
        }
    }
}

/// `str.encode` by the registry.
pub fn encode_text(cx: &mut Cx, s: &Str, encoding: &str, errors: Option<&str>) -> Res<Value> {
    let f = text_codec(cx, encoding, 0, "encode")?;
    let v = match call_codec(cx, &f, s.value(), errors, "encoder") {
        Ok(v) => v,
        Err(r) => return Err(note(cx, r, encoding, "encoding")),
    };
    if v.downcast::<bytes::Bytes>().is_some() {
        return Ok(v);
    }
    if let Some(data) = bytes::bytes_or_bytearray(cx, &v) {
        let data = data.into_owned();
        cx.warn(
            ExcKind::RuntimeWarning,
            &format!("encoder {encoding} returned bytearray instead of bytes; use codecs.encode() to encode to arbitrary types"),
        )?;
        return bytes::new_bytes(cx, &data);
    }
    let n = v.type_name();
    Err(cx.type_error(format!(
        "'{encoding}' encoder returned '{n}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types"
    )))
}

/// `bytes.decode` by the registry.
pub fn decode_text(cx: &mut Cx, data: &[u8], encoding: &str, errors: Option<&str>) -> Res<Value> {
    let f = text_codec(cx, encoding, 1, "decode")?;
    let input = bytes::new_bytes(cx, data)?;
    let v = match call_codec(cx, &f, input, errors, "decoder") {
        Ok(v) => v,
        Err(r) => return Err(note(cx, r, encoding, "decoding")),
    };
    if v.downcast::<Str>().is_some() {
        return Ok(v);
    }
    let n = v.type_name();
    Err(cx.type_error(format!(
        "'{encoding}' decoder returned '{n}' instead of 'str'; use codecs.decode() to decode to arbitrary types"
    )))
}
