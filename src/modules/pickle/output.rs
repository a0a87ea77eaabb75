//! The pickle while it is written: bytes in memory, cut into frames, given to the file at the ends of frames.

use super::opcodes::*;
use typhon_text::short::copy_short;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{new_bytes, new_bytes_vec};
use typhon_vm::protocol;

pub struct Output {
    /// What is written, and zeros behind.
    bytes: Vec<u8>,
    /// How much is written.
    len: usize,
    /// How far may be written without further ado: nowhere while a frame is to be opened first.
    limit: usize,
    /// The length at which the open frame has become long.
    long: usize,
    /// Protocol 4 and later.
    framing: bool,
    /// Where the header of the open frame stands.
    frame: Option<usize>,
    /// `file.write`; None: everything stays in memory.
    write: Option<Value>,
}

/// Room at the beginning.
const FIRST: usize = 256;

impl Output {
    pub fn new(write: Option<Value>) -> Output {
        Output {
            bytes: vec![0; FIRST],
            len: 0,
            limit: FIRST,
            long: usize::MAX,
            framing: false,
            frame: None,
            write,
        }
    }

    /// All that is written.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.len);
        self.bytes
    }

    pub fn start_framing(&mut self) {
        self.framing = true;
        self.limit = 0;
    }

    /// Have room for `n` bytes more, in a frame.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, n: usize) {
        let header = self.framing && self.frame.is_none();
        let wanted = self.len + n + if header { FRAME_HEADER } else { 0 };
        if wanted > self.bytes.len() {
            self.bytes
                .resize(wanted.max(self.bytes.len() * 2).max(FIRST), 0);
        }
        self.limit = self.bytes.len();
        if header {
            self.frame = Some(self.len);
            self.len += FRAME_HEADER;
            self.long = self.len + FRAME_TARGET;
        }
    }

    /// Write the first `used` bytes of `block`. (A store of fixed width is quicker than one of as many bytes as needed.)
    #[inline(always)]
    fn block<const N: usize>(&mut self, block: [u8; N], used: usize) {
        if self.limit < self.len + N {
            self.make_room(N);
        }
        if let Some(to) = self
            .bytes
            .get_mut(self.len..)
            .and_then(|room| room.first_chunk_mut::<N>())
        {
            *to = block;
            self.len += used;
        }
    }

    #[inline(always)]
    pub fn byte(&mut self, b: u8) {
        self.block([b], 1);
    }

    /// An opcode and its argument.
    #[inline(always)]
    pub fn op<const N: usize>(&mut self, op: u8, argument: [u8; N]) {
        if N < 8 {
            let mut both = [0; 8];
            both[0] = op;
            both[1..=N].copy_from_slice(&argument);
            self.block(both, 1 + N);
        } else {
            let mut both = [0; 9];
            both[0] = op;
            both[1..=N].copy_from_slice(&argument);
            self.block(both, 1 + N);
        }
    }

    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        if self.limit < self.len + bytes.len() {
            self.make_room(bytes.len());
        }
        self.fill(bytes);
    }

    /// Write where there is room.
    #[inline(always)]
    fn fill(&mut self, bytes: &[u8]) {
        let n = bytes.len();
        let Some(to) = self
            .bytes
            .get_mut(self.len..)
            .and_then(|room| room.get_mut(..n))
        else {
            return;
        };
        self.len += n;
        copy_short(to, bytes);
    }

    fn close_frame(&mut self) {
        let Some(at) = self.frame.take() else { return };
        let n = self.len - at - FRAME_HEADER;
        if n >= FRAME_LEAST {
            self.bytes[at] = FRAME;
            self.bytes[at + 1..at + FRAME_HEADER].copy_from_slice(&(n as u64).to_le_bytes());
        } else {
            self.bytes.copy_within(at + FRAME_HEADER..self.len, at);
            self.len -= FRAME_HEADER;
        }
        self.limit = 0;
        self.long = usize::MAX;
    }

    /// Between two objects: a long frame ends here.
    #[inline(always)]
    pub fn boundary(&mut self, cx: &mut Cx) -> Res<()> {
        if self.len < self.long {
            return Ok(());
        }
        self.end_frame(cx)
    }

    #[cold]
    #[inline(never)]
    fn end_frame(&mut self, cx: &mut Cx) -> Res<()> {
        self.close_frame();
        self.flush(cx)
    }

    /// An opcode with its argument and the bytes it announces; large ones stand outside of frames and go to the file alone.
    #[inline(always)]
    pub fn sized<const N: usize>(
        &mut self,
        cx: &mut Cx,
        header: [u8; N],
        data: &[u8],
        object: Option<&Value>,
    ) -> Res<()> {
        if data.len() >= FRAME_TARGET {
            return self.large(cx, &header, data, object);
        }
        let n = N + data.len();
        if self.limit < self.len + n {
            self.make_room(n);
        }
        self.block(header, N);
        self.fill(data);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn large(
        &mut self,
        cx: &mut Cx,
        header: &[u8],
        data: &[u8],
        object: Option<&Value>,
    ) -> Res<()> {
        self.close_frame();
        let framing = std::mem::take(&mut self.framing);
        self.put(header);
        let Some(write) = self.write.clone() else {
            let more = data.len().max(self.bytes.len());
            if self.bytes.try_reserve(more).is_err() {
                return Err(cx.memory_error());
            }
            self.put(data);
            self.unframed(framing);
            return Ok(());
        };
        self.flush(cx)?;
        self.unframed(framing);
        let payload = match object {
            Some(o) => o.clone(),
            None => new_bytes(cx, data)?,
        };
        protocol::call(cx, &write, &[payload]).map(drop)
    }

    /// What follows stands in a frame again, if there are frames.
    fn unframed(&mut self, framing: bool) {
        self.framing = framing;
        if framing {
            self.limit = 0;
        }
    }

    /// Give what is there to the file.
    fn flush(&mut self, cx: &mut Cx) -> Res<()> {
        let Some(write) = self.write.clone() else {
            return Ok(());
        };
        if self.len == 0 {
            return Ok(());
        }
        let mut chunk = std::mem::take(&mut self.bytes);
        chunk.truncate(self.len);
        (self.len, self.limit) = (0, 0);
        let chunk = new_bytes_vec(cx, chunk)?;
        protocol::call(cx, &write, &[chunk]).map(drop)
    }

    /// The end of a pickle.
    pub fn finish(&mut self, cx: &mut Cx) -> Res<()> {
        self.close_frame();
        self.framing = false;
        self.flush(cx)
    }
}
