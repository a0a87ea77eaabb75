//! `_json.Scanner`: from text to objects, by recursive descent over code points. The hooks of the decoder are taken from the
//! context object once.

use super::raise;
use typhon_text::json_text::{self, JsonError};
use typhon_text::{Text, float_text};
use typhon_vm::native::*;
use typhon_vm::objects::dict::bulk::Item;
use typhon_vm::objects::dict::keys::dict_hash;
use typhon_vm::objects::str::{Units, new_from_buf, new_from_text};
use typhon_vm::objects::{dict, float, int, list, str, tuple};
use typhon_vm::{number, protocol};

/// JSON scanner object
#[pytype(name = "Scanner", module = "_json", gc, basetype)]
pub struct Scanner {
    pub head: Header,
    strict: Value,
    object_hook: Value,
    object_pairs_hook: Value,
    parse_float: Value,
    parse_int: Value,
    parse_constant: Value,
    #[skip]
    is_strict: bool,
    /// `float` and `int` themselves parse the literals.
    #[skip]
    plain_float: bool,
    #[skip]
    plain_int: bool,
}

/// One reading of a document.
struct Reader<'a> {
    scanner: &'a Scanner,
    document: &'a Value,
    text: Text<'a>,
    /// The document, where each character is a byte.
    bytes: &'a [u8],
    /// Keys seen before: equal keys share one object.
    keys: Keys,
}

/// The keys of a document, by a hash that is quicker than theirs.
#[derive(Default)]
struct Keys {
    entries: Vec<(u64, Value)>,
    /// Place in `entries` plus one; 0: free. The length is a power of two.
    index: Vec<u32>,
}

impl Keys {
    fn hash(text: Text<'_>) -> u64 {
        let spread = |h: u64, c: u64| (h.rotate_left(5) ^ c).wrapping_mul(0x517C_C1B7_2722_0A95);
        match text {
            Text::Latin1(s) => {
                let mut words = s.chunks_exact(8);
                let mut h = s.len() as u64;
                for w in &mut words {
                    h = spread(h, u64::from_le_bytes(w.try_into().unwrap_or_default()));
                }
                words
                    .remainder()
                    .iter()
                    .fold(h, |h, &b| spread(h, b.into()))
            }
            wide => wide.iter().fold(1, |h, c| spread(h, c.into())),
        }
    }

    fn places(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.index.len() - 1;
        let first = (hash >> 32) as usize;
        (0..=mask).map(move |i| (first + i) & mask)
    }

    /// The key of this text, made when it is a new one.
    fn get(&mut self, cx: &mut Cx, text: Text<'_>) -> Res<Value> {
        if (self.entries.len() + 1) * 2 > self.index.len() {
            let size = (self.index.len() * 2).max(16);
            self.index = vec![0; size];
            for n in 0..self.entries.len() {
                let free = self
                    .places(self.entries[n].0)
                    .find(|&at| self.index[at] == 0);
                self.index[free.unwrap_or(0)] = n as u32 + 1;
            }
        }
        let hash = Keys::hash(text);
        for at in self.places(hash) {
            match self.index[at] {
                0 => {
                    let made = new_from_text(cx, text)?;
                    self.entries.push((hash, made.clone()));
                    self.index[at] = self.entries.len() as u32;
                    return Ok(made);
                }
                n => {
                    let (h, key) = &self.entries[n as usize - 1];
                    if *h == hash && key.downcast::<Str>().is_some_and(|k| same(k.text(), text)) {
                        return Ok(key.clone_in(cx.tid));
                    }
                }
            }
        }
        new_from_text(cx, text)
    }
}

fn same(a: Text<'_>, b: Text<'_>) -> bool {
    match (a, b) {
        (Text::Latin1(a), Text::Latin1(b)) => a == b,
        (Text::Ucs2(a), Text::Ucs2(b)) => a == b,
        _ => a.len() == b.len() && a.iter().eq(b.iter()),
    }
}

/// Why reading ended early: nothing begins at the position, or an exception stands.
enum Stop {
    NoValue(usize),
    Raised(Raised),
}

impl From<Raised> for Stop {
    fn from(r: Raised) -> Stop {
        Stop::Raised(r)
    }
}

type Scan<T> = Result<T, Stop>;

impl Reader<'_> {
    fn fail<T>(&self, cx: &mut Cx, msg: &'static str, at: usize) -> Scan<T> {
        Err(Stop::Raised(raise(
            cx,
            JsonError { msg, at },
            self.document,
        )))
    }

    fn skip_blanks(&self, mut i: usize) -> usize {
        while matches!(self.text.get(i), Some(32 | 9 | 10 | 13)) {
            i += 1;
        }
        i
    }

    fn is(&self, i: usize, c: u8) -> bool {
        self.text.get(i) == Some(c.into())
    }

    fn word(&self, i: usize, word: &[u8]) -> bool {
        word.iter().enumerate().all(|(k, &b)| self.is(i + k, b))
    }

    /// A value where one must stand.
    fn required(&mut self, cx: &mut Cx, i: usize) -> Scan<(Value, usize)> {
        match self.value(cx, i) {
            Err(Stop::NoValue(at)) => self.fail(cx, "Expecting value", at),
            other => other,
        }
    }

    fn value(&mut self, cx: &mut Cx, i: usize) -> Scan<(Value, usize)> {
        let Some(c) = self.text.get(i) else {
            return Err(Stop::NoValue(i));
        };
        match u8::try_from(c).unwrap_or(0) {
            b'"' => {
                if let Some(end) = json_text::plain_end(self.bytes, i + 1) {
                    let text = &self.bytes[i + 1..end];
                    return Ok((str::new_str_exact(cx, Units::Latin1(text), true)?, end + 1));
                }
                let (buf, at) = self.string(cx, i + 1)?;
                Ok((new_from_buf(cx, buf)?, at))
            }
            b'{' => {
                cx.check_native_stack(" while decoding a JSON object from a unicode string")?;
                cx.enter_native(" while decoding a JSON object from a unicode string")?;
                let r = self.object(cx, i + 1);
                cx.leave_native();
                r
            }
            b'[' => {
                cx.check_native_stack(" while decoding a JSON array from a unicode string")?;
                cx.enter_native(" while decoding a JSON array from a unicode string")?;
                let r = self.array(cx, i + 1);
                cx.leave_native();
                r
            }
            b'n' if self.word(i, b"null") => Ok((Value::none(), i + 4)),
            b't' if self.word(i, b"true") => Ok((Value::bool(true), i + 4)),
            b'f' if self.word(i, b"false") => Ok((Value::bool(false), i + 5)),
            b'N' if self.word(i, b"NaN") => self.constant(cx, "NaN", i + 3),
            b'I' if self.word(i, b"Infinity") => self.constant(cx, "Infinity", i + 8),
            b'-' if self.word(i, b"-Infinity") => self.constant(cx, "-Infinity", i + 9),
            _ => self.number(cx, i),
        }
    }

    fn constant(&self, cx: &mut Cx, name: &str, end: usize) -> Scan<(Value, usize)> {
        let name = str::new_str(cx, name)?;
        let f = self.scanner.parse_constant.clone();
        Ok((protocol::call(cx, &f, &[name])?, end))
    }

    fn string(&self, cx: &mut Cx, start: usize) -> Scan<(typhon_text::TextBuf, usize)> {
        json_text::scan_string(self.text, start, self.scanner.is_strict)
            .map_err(|e| Stop::Raised(raise(cx, e, self.document)))
    }

    fn number(&self, cx: &mut Cx, i: usize) -> Scan<(Value, usize)> {
        if self.scanner.plain_int
            && let Some((n, end)) = json_text::short_int(self.bytes, i)
        {
            return Ok((int::new_int(cx, n)?, end));
        }
        let Some(n) = json_text::scan_number(self.text, i) else {
            return Err(Stop::NoValue(i));
        };
        let end = n.span.end;
        let literal = self.text.slice(n.span);
        let (plain, hook) = if n.is_float {
            (self.scanner.plain_float, &self.scanner.parse_float)
        } else {
            (self.scanner.plain_int, &self.scanner.parse_int)
        };
        if !plain {
            let arg = new_from_text(cx, literal)?;
            return Ok((protocol::call(cx, hook, &[arg])?, end));
        }
        let v = if n.is_float {
            let x = number::lift(cx, float_text::parse(literal))?;
            float::new_float(cx, x)?
        } else {
            let i = number::lift(
                cx,
                typhon_text::int_text::parse_int(literal, 10, int::text::max_digits()),
            )?;
            int::new_big(cx, i)?
        };
        Ok((v, end))
    }

    fn key(&mut self, cx: &mut Cx, start: usize) -> Scan<(Value, usize)> {
        if let Some(end) = json_text::plain_end(self.bytes, start) {
            let key = self.keys.get(cx, Text::Latin1(&self.bytes[start..end]))?;
            return Ok((key, end + 1));
        }
        let (buf, at) = self.string(cx, start)?;
        Ok((self.keys.get(cx, buf.as_text())?, at))
    }

    /// Behind `{`.
    fn object(&mut self, cx: &mut Cx, start: usize) -> Scan<(Value, usize)> {
        let pairs_hook = !self.scanner.object_pairs_hook.is_none();
        let (mut pairs, mut entries) = (Vec::new(), Vec::new());
        let mut i = self.skip_blanks(start);
        if !self.is(i, b'}') {
            loop {
                if !self.is(i, b'"') {
                    return self.fail(cx, "Expecting property name enclosed in double quotes", i);
                }
                let (key, at) = self.key(cx, i + 1)?;
                i = self.skip_blanks(at);
                if !self.is(i, b':') {
                    return self.fail(cx, "Expecting ':' delimiter", i);
                }
                i = self.skip_blanks(i + 1);
                let (value, at) = self.required(cx, i)?;
                if pairs_hook {
                    pairs.push(tuple::new_pair(cx, key, value)?);
                } else {
                    let hash = dict_hash(cx, &key)?;
                    entries.push(Item { hash, key, value });
                }
                i = self.skip_blanks(at);
                if self.is(i, b'}') {
                    break;
                }
                if !self.is(i, b',') {
                    return self.fail(cx, "Expecting ',' delimiter", i);
                }
                let comma = i;
                i = self.skip_blanks(i + 1);
                if self.is(i, b'}') {
                    return self.fail(cx, "Illegal trailing comma before end of object", comma);
                }
            }
        }
        let end = i + 1;
        if pairs_hook {
            let pairs = list::new_list(cx, pairs)?;
            let hook = self.scanner.object_pairs_hook.clone();
            return Ok((protocol::call(cx, &hook, &[pairs])?, end));
        }
        let out = dict::new_dict(cx)?;
        if let Some(d) = dict::as_dict(&out) {
            d.insert_all(cx, entries)?;
        }
        if !self.scanner.object_hook.is_none() {
            let hook = self.scanner.object_hook.clone();
            return Ok((protocol::call(cx, &hook, &[out])?, end));
        }
        Ok((out, end))
    }

    /// Behind `[`.
    fn array(&mut self, cx: &mut Cx, start: usize) -> Scan<(Value, usize)> {
        let mut items = Vec::new();
        let mut i = self.skip_blanks(start);
        if !self.is(i, b']') {
            loop {
                let (value, at) = self.required(cx, i)?;
                items.push(value);
                i = self.skip_blanks(at);
                if self.is(i, b']') {
                    break;
                }
                if !self.is(i, b',') {
                    return self.fail(cx, "Expecting ',' delimiter", i);
                }
                let comma = i;
                i = self.skip_blanks(i + 1);
                if self.is(i, b']') {
                    return self.fail(cx, "Illegal trailing comma before end of array", comma);
                }
            }
        }
        Ok((list::new_list(cx, items)?, i + 1))
    }
}

#[pymethods]
impl Scanner {
    #[new]
    #[sig(context)]
    fn new(cls: &Type, context: &Value, cx: &mut Cx) -> Res<Value> {
        let mut get = |name: &'static str| protocol::getattr_str(cx, context, name);
        let strict = get("strict")?;
        let (object_hook, object_pairs_hook) = (get("object_hook")?, get("object_pairs_hook")?);
        let (parse_float, parse_int, parse_constant) = (
            get("parse_float")?,
            get("parse_int")?,
            get("parse_constant")?,
        );
        let is_strict = protocol::truthy(cx, &strict)?;
        let is_class =
            |v: &Value, t: &Type| v.downcast::<Type>().is_some_and(|c| std::ptr::eq(c, t));
        let plain_float = is_class(&parse_float, Type::of::<typhon_vm::objects::Float>());
        let plain_int = is_class(&parse_int, Type::of::<typhon_vm::objects::Int>());
        let payload = Scanner {
            head: Header::placeholder(),
            strict,
            object_hook,
            object_pairs_hook,
            parse_float,
            parse_int,
            parse_constant,
            is_strict,
            plain_float,
            plain_int,
        };
        typhon_vm::objects::object::alloc(cx, cls, payload)
    }
    #[slot]
    #[sig(string, idx)]
    fn call(&self, string: &Value, idx: isize, cx: &mut Cx) -> Res<Value> {
        let Some(s) = string.downcast::<Str>() else {
            let n = string.type_name();
            return Err(cx.type_error(format!("first argument must be a string, not {n}")));
        };
        if idx < 0 {
            return Err(cx.value_error("idx cannot be negative"));
        }
        let mut reader = Reader {
            scanner: self,
            document: string,
            text: s.text(),
            bytes: match s.text() {
                Text::Latin1(bytes) => bytes,
                _ => &[],
            },
            keys: Keys::default(),
        };
        match reader.value(cx, idx as usize) {
            Ok((v, end)) => {
                let end = int::new_int(cx, end as i64)?;
                tuple::new_tuple(cx, vec![v, end])
            }
            Err(Stop::Raised(r)) => Err(r),
            Err(Stop::NoValue(at)) => {
                let at = int::new_int(cx, at as i64)?;
                Err(cx.stop_iteration(Some(at)))
            }
        }
    }
    #[getter]
    fn strict(&self) -> Value {
        self.strict.clone()
    }
    #[getter]
    fn object_hook(&self) -> Value {
        self.object_hook.clone()
    }
    #[getter]
    fn object_pairs_hook(&self) -> Value {
        self.object_pairs_hook.clone()
    }
    #[getter]
    fn parse_float(&self) -> Value {
        self.parse_float.clone()
    }
    #[getter]
    fn parse_int(&self) -> Value {
        self.parse_int.clone()
    }
    #[getter]
    fn parse_constant(&self) -> Value {
        self.parse_constant.clone()
    }
}
