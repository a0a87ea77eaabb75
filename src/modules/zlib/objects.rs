//! `zlib`'s streaming objects. All state of one stands behind its lock; no Python runs while it is held.

use super::{Wrap, compress_all, failure, level_of, raise};
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{self, new_bytes, new_bytes_vec};
use typhon_vm::objects::object;

#[pytype(name = "Compress", module = "zlib", no_new)]
pub struct CompressObj {
    pub head: Header,
    /// None when finished.
    state: Guarded<Option<Compress>>,
}

/// `zlib.compressobj(...)`.
pub fn new_compress(cx: &mut Cx, level: i32, wbits: i32, zdict: Option<&Value>) -> Res<Value> {
    let (Some(level), Some(wrap)) = (level_of(level), Wrap::of(wbits, false)) else {
        return Err(cx.value_error("Invalid initialization option"));
    };
    let mut state = wrap.compressor(level);
    if let Some(d) = zdict {
        let d = bytes::contents(cx, d)?;
        if state.set_dictionary(&d).is_err() {
            return Err(cx.value_error("Invalid dictionary"));
        }
    }
    let cls = CompressObj::type_cell().get(cx)?;
    object::alloc(
        cx,
        cls,
        CompressObj {
            head: Header::placeholder(),
            state: Guarded::new(Some(state)),
        },
    )
}

impl CompressObj {
    fn run(&self, cx: &mut Cx, input: &[u8], flush: FlushCompress, finish: bool) -> Res<Value> {
        let mut out = Vec::new();
        let mut guard = self.state.lock(&self.head, &mut cx.thread);
        let r = match guard.as_mut() {
            Some(c) => compress_all(c, input, flush, &mut out),
            None => Err("inconsistent stream state"),
        };
        let gone = if finish { guard.take() } else { None };
        drop(guard);
        drop(gone);
        match r {
            Ok(()) => new_bytes_vec(cx, out),
            Err("out of memory") => Err(cx.memory_error()),
            Err(_) => Err(raise(
                cx,
                "Error -2 while compressing data: inconsistent stream state",
            )),
        }
    }
}

#[pymethods]
impl CompressObj {
    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///
    /// After calling this function, some of the input data may still
    /// be stored in internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    fn compress(&self, data: &Value, cx: &mut Cx) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        self.run(cx, &data, FlushCompress::None, false)
    }
    /// Return a bytes object containing any remaining compressed data.
    ///
    ///   mode
    ///     One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH.
    ///     If mode == Z_FINISH, the compressor object can no longer be
    ///     used after calling the flush() method.  Otherwise, more data
    ///     can still be compressed.
    #[sig(mode = 4, /)]
    fn flush(&self, mode: i32, cx: &mut Cx) -> Res<Value> {
        let flush = match mode {
            0 => return Ok(bytes::empty()),
            1 => FlushCompress::Partial,
            2 | 5 => FlushCompress::Sync,
            3 => FlushCompress::Full,
            4 => FlushCompress::Finish,
            _ => {
                return Err(raise(
                    cx,
                    "Error -2 while flushing: inconsistent stream state",
                ));
            }
        };
        self.run(cx, &[], flush, mode == 4)
    }
}

/// What a decompressor holds.
struct Stream {
    wrap: Wrap,
    zdict: Option<Vec<u8>>,
    /// Made when the first bytes tell the wrapping.
    state: Option<Decompress>,
    unused: Vec<u8>,
    /// Input that was not read because the output was full.
    tail: Vec<u8>,
    eof: bool,
}

/// How a step ended.
enum Step {
    Done,
    NoMemory,
    Broken(flate2::DecompressError),
}

impl Stream {
    fn new(wrap: Wrap, zdict: Option<Vec<u8>>) -> Stream {
        Stream {
            wrap,
            zdict,
            state: None,
            unused: vec![],
            tail: vec![],
            eof: false,
        }
    }

    /// Decompress `input` to at most `limit` bytes. What is left over goes to `unused` behind the end, else to `tail`.
    fn run(&mut self, input: &[u8], limit: Option<usize>, out: &mut Vec<u8>) -> Step {
        if self.eof {
            self.unused.extend_from_slice(input);
            self.tail.clear();
            return Step::Done;
        }
        if input.is_empty() && self.state.is_none() {
            return Step::Done;
        }
        let wrap = self.wrap;
        let zdict = self.zdict.as_deref();
        let d = self.state.get_or_insert_with(|| {
            let mut d = wrap.decompressor(input);
            // A raw stream has no place to ask for its dictionary.
            if let (Wrap::Raw(_), Some(dict)) = (wrap, zdict) {
                let _ = d.set_dictionary(dict);
            }
            d
        });
        let start = d.total_in();
        let mut used = 0;
        loop {
            let room = limit.map_or(16384, |l| l.saturating_sub(out.len()).min(16384));
            if room == 0 {
                break;
            }
            if out.try_reserve(room).is_err() {
                return Step::NoMemory;
            }
            let before = out.len();
            let mut piece = vec![0; room];
            let made = d.total_out();
            let status = d.decompress(&input[used..], &mut piece, FlushDecompress::Sync);
            out.extend_from_slice(&piece[..(d.total_out() - made) as usize]);
            let now = (d.total_in() - start) as usize;
            let progress = now > used || out.len() > before;
            used = now;
            match status {
                Ok(Status::StreamEnd) => {
                    self.eof = true;
                    break;
                }
                Ok(_) if !progress || (used == input.len() && out.len() - before < room) => break,
                Ok(_) => {}
                Err(e) => match (e.needs_dictionary(), zdict) {
                    (Some(_), Some(dict)) if d.set_dictionary(dict).is_ok() => {
                        used = (d.total_in() - start) as usize;
                    }
                    _ => return Step::Broken(e),
                },
            }
        }
        if self.eof {
            self.unused.extend_from_slice(&input[used..]);
            self.tail.clear();
        } else {
            self.tail = input[used..].to_vec();
        }
        Step::Done
    }
}

fn finish(cx: &mut Cx, step: Step, out: Vec<u8>) -> Res<Value> {
    match step {
        Step::Done => new_bytes_vec(cx, out),
        Step::NoMemory => Err(cx.memory_error()),
        Step::Broken(e) => Err(failure(cx, &e, "decompressing data")),
    }
}

#[pytype(name = "Decompress", module = "zlib", no_new)]
pub struct DecompressObj {
    pub head: Header,
    stream: Guarded<Stream>,
}

fn dictionary(cx: &mut Cx, zdict: Option<&Value>) -> Res<Option<Vec<u8>>> {
    match zdict {
        None => Ok(None),
        Some(d) => match bytes::contents_opt(cx, d)? {
            Some(d) if d.is_empty() => Ok(None),
            Some(d) => Ok(Some(d.into_owned())),
            None => Err(cx.type_error("zdict argument must support the buffer protocol")),
        },
    }
}

/// `zlib.decompressobj(...)`.
pub fn new_decompress(cx: &mut Cx, wbits: i32, zdict: Option<&Value>) -> Res<Value> {
    let zdict = dictionary(cx, zdict)?;
    let Some(wrap) = Wrap::of(wbits, true) else {
        return Err(cx.value_error("Invalid initialization option"));
    };
    let cls = DecompressObj::type_cell().get(cx)?;
    object::alloc(
        cx,
        cls,
        DecompressObj {
            head: Header::placeholder(),
            stream: Guarded::new(Stream::new(wrap, zdict)),
        },
    )
}

impl DecompressObj {
    fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Stream) -> R) -> R {
        f(&mut self.stream.lock(&self.head, &mut cx.thread))
    }
}

#[pymethods]
impl DecompressObj {
    /// Return a bytes object containing the decompressed version of the data.
    ///
    ///   data
    ///     The binary data to decompress.
    ///   max_length
    ///     The maximum allowable length of the decompressed data.
    ///     Unconsumed input data will be stored in
    ///     the unconsumed_tail attribute.
    ///
    /// After calling this function, some of the input data may still be stored in
    /// internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[sig(data, /, max_length = 0)]
    fn decompress(&self, data: &Value, max_length: isize, cx: &mut Cx) -> Res<Value> {
        if max_length < 0 {
            return Err(cx.value_error("max_length must be non-negative"));
        }
        let data = bytes::contents(cx, data)?;
        let limit = (max_length > 0).then_some(max_length as usize);
        let mut out = Vec::new();
        let step = self.with(cx, |s| s.run(&data, limit, &mut out));
        finish(cx, step, out)
    }
    /// Return a bytes object containing any remaining decompressed data.
    ///
    ///   length
    ///     the initial size of the output buffer.
    #[sig(length = 16384, /)]
    fn flush(&self, length: isize, cx: &mut Cx) -> Res<Value> {
        if length <= 0 {
            return Err(cx.value_error("length must be greater than zero"));
        }
        let mut out = Vec::new();
        let step = self.with(cx, |s| {
            let tail = std::mem::take(&mut s.tail);
            s.run(&tail, None, &mut out)
        });
        finish(cx, step, out)
    }
    #[getter]
    fn unused_data(&self, cx: &mut Cx) -> Res<Value> {
        let v = self.with(cx, |s| s.unused.clone());
        new_bytes(cx, &v)
    }
    #[getter]
    fn unconsumed_tail(&self, cx: &mut Cx) -> Res<Value> {
        let v = self.with(cx, |s| s.tail.clone());
        new_bytes(cx, &v)
    }
    #[getter]
    fn eof(&self, cx: &mut Cx) -> bool {
        self.with(cx, |s| s.eof)
    }
}

/// Create a decompressor object for decompressing data incrementally.
#[pytype(name = "_ZlibDecompressor", module = "zlib", basetype)]
pub struct ZlibDecompressor {
    pub head: Header,
    stream: Guarded<Stream>,
}

impl ZlibDecompressor {
    fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Stream) -> R) -> R {
        f(&mut self.stream.lock(&self.head, &mut cx.thread))
    }
}

#[pymethods]
impl ZlibDecompressor {
    #[new]
    #[sig(wbits = 15, zdict = absent => "b''")]
    fn new(cls: &Type, wbits: i32, zdict: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let zdict = dictionary(cx, zdict)?;
        let Some(wrap) = Wrap::of(wbits, true) else {
            return Err(cx.value_error("Invalid initialization option"));
        };
        let payload = ZlibDecompressor {
            head: Header::placeholder(),
            stream: Guarded::new(Stream::new(wrap, zdict)),
        };
        object::alloc(cx, cls, payload)
    }
    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes of
    /// decompressed data. If this limit is reached and further output can be
    /// produced, *self.needs_input* will be set to ``False``. In this case, the next
    /// call to *decompress()* may provide *data* as b'' to obtain more of the output.
    ///
    /// If all of the input data was decompressed and returned (either because this
    /// was less than *max_length* bytes, or because *max_length* was negative),
    /// *self.needs_input* will be set to True.
    ///
    /// Attempting to decompress data after the end of stream is reached raises an
    /// EOFError.  Any data found after the end of the stream is ignored and saved in
    /// the unused_data attribute.
    #[sig(data, max_length = -1)]
    fn decompress(&self, data: &Value, max_length: isize, cx: &mut Cx) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        if self.with(cx, |s| s.eof) {
            return Err(cx.eof_error("End of stream already reached"));
        }
        let limit = usize::try_from(max_length).ok();
        let mut out = Vec::new();
        let step = self.with(cx, |s| {
            let mut input = std::mem::take(&mut s.tail);
            input.extend_from_slice(&data);
            s.run(&input, limit, &mut out)
        });
        finish(cx, step, out)
    }
    /// Data found after the end of the compressed stream.
    #[getter]
    fn unused_data(&self, cx: &mut Cx) -> Res<Value> {
        let v = self.with(cx, |s| s.unused.clone());
        new_bytes(cx, &v)
    }
    /// True if the end-of-stream marker has been reached.
    #[getter]
    fn eof(&self, cx: &mut Cx) -> bool {
        self.with(cx, |s| s.eof)
    }
    /// True if more input is needed before more decompressed data can be produced.
    #[getter]
    fn needs_input(&self, cx: &mut Cx) -> bool {
        self.with(cx, |s| !s.eof && s.tail.is_empty())
    }
}
