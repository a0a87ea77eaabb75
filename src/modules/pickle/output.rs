//! The pickle while it is written: bytes in memory, cut into frames, given to the file at the ends of frames.

use super::opcodes::*;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{new_bytes, new_bytes_vec};
use typhon_vm::protocol;

pub struct Output {
    pub bytes: Vec<u8>,
    /// Protocol 4 and later.
    framing: bool,
    /// Where the header of the open frame stands.
    frame: Option<usize>,
    /// `file.write`; None: everything stays in memory.
    write: Option<Value>,
}

impl Output {
    pub fn new(write: Option<Value>) -> Output {
        Output {
            bytes: Vec::with_capacity(256),
            framing: false,
            frame: None,
            write,
        }
    }

    pub fn start_framing(&mut self) {
        self.framing = true;
    }

    /// Room for `n` bytes that belong together.
    #[inline]
    fn open_frame(&mut self) {
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend([0xFE; FRAME_HEADER]);
        }
    }

    #[inline]
    pub fn byte(&mut self, b: u8) {
        self.open_frame();
        self.bytes.push(b);
    }

    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        self.open_frame();
        self.bytes.extend_from_slice(bytes);
    }

    /// An opcode and its argument.
    #[inline]
    pub fn op<const N: usize>(&mut self, op: u8, argument: [u8; N]) {
        self.open_frame();
        // One write of nine bytes is quicker than two of as many as needed.
        let at = self.bytes.len();
        let mut both = [0; 9];
        both[0] = op;
        both[1..=N].copy_from_slice(&argument);
        self.bytes.extend_from_slice(&both);
        self.bytes.truncate(at + 1 + N);
    }

    fn close_frame(&mut self) {
        let Some(at) = self.frame.take() else { return };
        let n = self.bytes.len() - at - FRAME_HEADER;
        if n >= FRAME_LEAST {
            self.bytes[at] = FRAME;
            self.bytes[at + 1..at + FRAME_HEADER].copy_from_slice(&(n as u64).to_le_bytes());
        } else {
            self.bytes.drain(at..at + FRAME_HEADER);
        }
    }

    /// Between two objects: a long frame ends here.
    #[inline]
    pub fn boundary(&mut self, cx: &mut Cx) -> Res<()> {
        match self.frame {
            Some(at) if self.bytes.len() - at - FRAME_HEADER >= FRAME_TARGET => {
                self.close_frame();
                self.flush(cx)
            }
            _ => Ok(()),
        }
    }

    /// An opcode with its argument and the bytes it announces; large ones stand outside of frames and go to the file alone.
    pub fn sized(
        &mut self,
        cx: &mut Cx,
        header: &[u8],
        data: &[u8],
        object: Option<&Value>,
    ) -> Res<()> {
        if data.len() < FRAME_TARGET {
            self.open_frame();
            self.bytes.extend_from_slice(header);
            self.bytes.extend_from_slice(data);
            return Ok(());
        }
        self.close_frame();
        self.bytes.extend_from_slice(header);
        let Some(write) = self.write.clone() else {
            if self.bytes.try_reserve(data.len()).is_err() {
                return Err(cx.memory_error());
            }
            self.bytes.extend_from_slice(data);
            return Ok(());
        };
        self.flush(cx)?;
        let payload = match object {
            Some(o) => o.clone(),
            None => new_bytes(cx, data)?,
        };
        protocol::call(cx, &write, &[payload]).map(drop)
    }

    /// Give what is there to the file.
    pub fn flush(&mut self, cx: &mut Cx) -> Res<()> {
        let Some(write) = self.write.clone() else {
            return Ok(());
        };
        if self.bytes.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.bytes);
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
