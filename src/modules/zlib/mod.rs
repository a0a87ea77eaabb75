//! `zlib`, over flate2 with zlib-rs. `objects.rs` has the streaming objects.

pub mod objects;

use crate::util::{Once, new_exception_class, raise_class};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use typhon_text::binascii::{adler32 as adler, crc32 as crc};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{self, new_bytes_vec};
use typhon_vm::{ExcKind, number};

static ERROR: Once = Once::new();

pub(crate) fn error_class(cx: &mut Cx) -> Res<Value> {
    ERROR.get(cx, |cx| {
        new_exception_class(cx, "zlib", "error", ExcKind::Exception)
    })
}

pub(crate) fn raise(cx: &mut Cx, msg: &str) -> Raised {
    let class = error_class(cx);
    raise_class(cx, class, msg)
}

/// The wrapping of a stream, from the argument `wbits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    Zlib(u8),
    Raw(u8),
    Gzip(u8),
    /// Zlib or gzip, by the first bytes (decompression only).
    Any(u8),
}

impl Wrap {
    /// zlib-rs knows windows from 9 bits on; 8 has always meant 9.
    pub fn of(wbits: i32, decompress: bool) -> Option<Wrap> {
        let bits = |b: i32| (b as u8).max(9);
        Some(match wbits {
            0 if decompress => Wrap::Zlib(15),
            8 if decompress => Wrap::Zlib(9),
            9..=15 => Wrap::Zlib(bits(wbits)),
            -15..=-9 => Wrap::Raw(bits(-wbits)),
            -8 if decompress => Wrap::Raw(9),
            24..=31 => Wrap::Gzip(bits(wbits - 16)),
            16 if decompress => Wrap::Gzip(15),
            40..=47 if decompress => Wrap::Any(bits(wbits - 32)),
            32 if decompress => Wrap::Any(15),
            _ => return None,
        })
    }
    pub fn compressor(self, level: Compression) -> Compress {
        match self {
            Wrap::Zlib(b) | Wrap::Any(b) => Compress::new_with_window_bits(level, true, b),
            Wrap::Raw(b) => Compress::new_with_window_bits(level, false, b),
            Wrap::Gzip(b) => Compress::new_gzip(level, b),
        }
    }
    /// `head` are the first bytes of the stream.
    pub fn decompressor(self, head: &[u8]) -> Decompress {
        match self {
            Wrap::Any(b) if head.first() == Some(&0x1f) => Decompress::new_gzip(b),
            Wrap::Zlib(b) | Wrap::Any(b) => Decompress::new_with_window_bits(true, b),
            Wrap::Raw(b) => Decompress::new_with_window_bits(false, b),
            Wrap::Gzip(b) => Decompress::new_gzip(b),
        }
    }
}

/// The level argument.
pub fn level_of(level: i32) -> Option<Compression> {
    match level {
        -1 => Some(Compression::default()),
        0..=9 => Some(Compression::new(level as u32)),
        _ => None,
    }
}

/// Run a compressor over all of `input`; whether memory sufficed.
pub(crate) fn compress_all(
    c: &mut Compress,
    input: &[u8],
    flush: FlushCompress,
    out: &mut Vec<u8>,
) -> Result<(), &'static str> {
    let start = c.total_in();
    loop {
        out.try_reserve(4096).map_err(|_| "out of memory")?;
        let used = (c.total_in() - start) as usize;
        let status = c
            .compress_vec(&input[used..], out, flush)
            .map_err(|_| "stream error")?;
        let used = (c.total_in() - start) as usize;
        match status {
            Status::StreamEnd => return Ok(()),
            _ if used == input.len()
                && out.len() < out.capacity()
                && !matches!(flush, FlushCompress::Finish) =>
            {
                return Ok(());
            }
            _ => {}
        }
    }
}

#[pymodule(name = "zlib", types(objects::ZlibDecompressor))]
pub mod module {
    //! The functions in this module allow compression and decompression using the
    //! zlib library, which is based on GNU zip.
    //!
    //! adler32(string[, start]) -- Compute an Adler-32 checksum.
    //! compress(data[, level]) -- Compress data, with compression level 0-9 or -1.
    //! compressobj([level[, ...]]) -- Return a compressor object.
    //! crc32(string[, start]) -- Compute a CRC-32 checksum.
    //! decompress(string,[wbits],[bufsize]) -- Decompresses a compressed string.
    //! decompressobj([wbits[, zdict]]) -- Return a decompressor object.
    //!
    //! 'wbits' is window buffer size and container format.
    //! Compressor objects support compress() and flush() methods; decompressor
    //! objects support decompress() and flush().
    use super::*;

    #[pyattr]
    const MAX_WBITS: i64 = 15;
    #[pyattr]
    const DEFLATED: i64 = 8;
    #[pyattr]
    const DEF_MEM_LEVEL: i64 = 8;
    #[pyattr]
    const DEF_BUF_SIZE: i64 = 16384;
    #[pyattr]
    const Z_NO_COMPRESSION: i64 = 0;
    #[pyattr]
    const Z_BEST_SPEED: i64 = 1;
    #[pyattr]
    const Z_BEST_COMPRESSION: i64 = 9;
    #[pyattr]
    const Z_DEFAULT_COMPRESSION: i64 = -1;
    #[pyattr]
    const Z_FILTERED: i64 = 1;
    #[pyattr]
    const Z_HUFFMAN_ONLY: i64 = 2;
    #[pyattr]
    const Z_RLE: i64 = 3;
    #[pyattr]
    const Z_FIXED: i64 = 4;
    #[pyattr]
    const Z_DEFAULT_STRATEGY: i64 = 0;
    #[pyattr]
    const Z_NO_FLUSH: i64 = 0;
    #[pyattr]
    const Z_PARTIAL_FLUSH: i64 = 1;
    #[pyattr]
    const Z_SYNC_FLUSH: i64 = 2;
    #[pyattr]
    const Z_FULL_FLUSH: i64 = 3;
    #[pyattr]
    const Z_FINISH: i64 = 4;
    #[pyattr]
    const Z_BLOCK: i64 = 5;
    #[pyattr]
    const Z_TREES: i64 = 6;
    #[pyattr]
    const ZLIB_VERSION: &str = "1.3.1";
    #[pyattr]
    const ZLIB_RUNTIME_VERSION: &str = "1.3.1";
    #[pyattr]
    fn error(cx: &mut Cx) -> Res<Value> {
        error_class(cx)
    }

    /// Compute an Adler-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfunction]
    #[sig(data, value = 1, /)]
    fn adler32(data: &Value, value: &Value, cx: &mut Cx) -> Res<u32> {
        let start = start_of(cx, value)?;
        let data = bytes::contents(cx, data)?;
        Ok(adler(&data, start))
    }
    /// Compute a CRC-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfunction]
    #[sig(data, value = 0, /)]
    fn crc32(data: &Value, value: &Value, cx: &mut Cx) -> Res<u32> {
        let start = start_of(cx, value)?;
        let data = bytes::contents(cx, data)?;
        Ok(crc(&data, start))
    }
    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///   level
    ///     Compression level, in 0-9 or -1.
    ///   wbits
    ///     The window buffer size and container format.
    #[pyfunction]
    #[sig(data, /, level = -1, wbits = 15)]
    fn compress(data: &Value, level: i32, wbits: i32, cx: &mut Cx) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        let Some(level) = level_of(level) else {
            return Err(raise(cx, "Bad compression level"));
        };
        let Some(wrap) = Wrap::of(wbits, false) else {
            return Err(raise(cx, "Invalid initialization option"));
        };
        let mut out = Vec::with_capacity(data.len() / 2 + 64);
        match compress_all(
            &mut wrap.compressor(level),
            &data,
            FlushCompress::Finish,
            &mut out,
        ) {
            Ok(()) => new_bytes_vec(cx, out),
            Err(_) => Err(cx.memory_error()),
        }
    }
    /// Returns a bytes object containing the uncompressed data.
    ///
    ///   data
    ///     Compressed data.
    ///   wbits
    ///     The window buffer size and container format.
    ///   bufsize
    ///     The initial output buffer size.
    #[pyfunction]
    #[sig(data, /, wbits = 15, bufsize = 16384)]
    fn decompress(data: &Value, wbits: i32, bufsize: isize, cx: &mut Cx) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        if bufsize <= 0 {
            return Err(cx.value_error("bufsize must be greater than zero"));
        }
        let Some(wrap) = Wrap::of(wbits, true) else {
            return Err(cx.value_error("Invalid initialization option"));
        };
        let mut d = wrap.decompressor(&data);
        let mut out = Vec::with_capacity((bufsize as usize).min(1 << 20).max(data.len()));
        loop {
            if out.try_reserve(16384).is_err() {
                return Err(cx.memory_error());
            }
            let (before, used) = (out.len(), d.total_in() as usize);
            match d.decompress_vec(&data[used..], &mut out, FlushDecompress::Finish) {
                Ok(Status::StreamEnd) => return new_bytes_vec(cx, out),
                Ok(_) if out.len() > before || d.total_in() as usize > used => {}
                Ok(_) => {
                    return Err(raise(
                        cx,
                        "Error -5 while decompressing data: incomplete or truncated stream",
                    ));
                }
                Err(e) => return Err(failure(cx, &e, "decompressing data")),
            }
        }
    }
    /// Return a compressor object.
    ///
    ///   level
    ///     The compression level (an integer in the range 0-9 or -1; default is
    ///     currently equivalent to 6).  Higher compression levels are slower,
    ///     but produce smaller results.
    ///   method
    ///     The compression algorithm.  If given, this must be DEFLATED.
    ///   wbits
    ///     +9 to +15: The base-two logarithm of the window size.  Include a zlib
    ///         container.
    ///     -9 to -15: Generate a raw stream.
    ///     +25 to +31: Include a gzip container.
    ///   memLevel
    ///     Controls the amount of memory used for internal compression state.
    ///     Valid values range from 1 to 9.  Higher values result in higher memory
    ///     usage, faster compression, and smaller output.
    ///   strategy
    ///     Used to tune the compression algorithm.  Possible values are
    ///     Z_DEFAULT_STRATEGY, Z_FILTERED, and Z_HUFFMAN_ONLY.
    ///   zdict
    ///     The predefined compression dictionary - a sequence of bytes
    ///     containing subsequences that are likely to occur in the input data.
    #[pyfunction]
    #[sig(level = -1, method = 8, wbits = 15, memLevel = 8, strategy = 0, zdict = None)]
    fn compressobj(
        level: i32,
        method: i32,
        wbits: i32,
        memLevel: i32,
        strategy: i32,
        zdict: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        if method != 8 || !(1..=9).contains(&memLevel) || !(0..=4).contains(&strategy) {
            return Err(cx.value_error("Invalid initialization option"));
        }
        objects::new_compress(cx, level, wbits, zdict)
    }
    /// Return a decompressor object.
    ///
    ///   wbits
    ///     The window buffer size and container format.
    ///   zdict
    ///     The predefined compression dictionary.  This must be the same
    ///     dictionary as used by the compressor that produced the input data.
    #[pyfunction]
    #[sig(wbits = 15, zdict = absent => "b''")]
    fn decompressobj(wbits: i32, zdict: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        objects::new_decompress(cx, wbits, zdict)
    }
}

fn start_of(cx: &mut Cx, v: &Value) -> Res<u32> {
    let i = number::as_bigint(cx, v)?;
    Ok(u32::try_from(&(i & dashu_int::IBig::from(u32::MAX))).unwrap_or(0))
}

/// The error of a broken stream.
pub(crate) fn failure(cx: &mut Cx, e: &flate2::DecompressError, what: &str) -> Raised {
    if e.needs_dictionary().is_some() {
        return raise(cx, &format!("Error 2 while {what}"));
    }
    let reason = e.message().unwrap_or("invalid data").to_owned();
    raise(cx, &format!("Error -3 while {what}: {reason}"))
}
