//! The pickle while it is read: bytes in memory, or a file that is asked for what is needed.

use super::globals::broken;
use std::borrow::Cow;
use std::ops::Range;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::make::contents;
use typhon_vm::objects::int::new_int;
use typhon_vm::protocol;

/// How far ahead a file that can `peek` is looked at.
const AHEAD: i32 = 128 * 1024;

/// The methods of a file.
#[derive(Clone)]
pub struct File {
    pub read: Value,
    pub readline: Value,
    pub peek: Option<Value>,
}

impl Traverse for File {
    fn traverse(&self, visitor: &mut Visitor) {
        self.read.traverse(visitor);
        self.readline.traverse(visitor);
        self.peek.traverse(visitor);
    }
}

pub struct Input<'a> {
    pub data: Cow<'a, [u8]>,
    /// The next byte.
    pos: usize,
    /// How far may be read: the end of the frame or of the data.
    end: usize,
    framed: bool,
    /// The bytes before this were taken out of the file, those behind only looked at.
    taken: usize,
    file: Option<File>,
}

impl<'a> Input<'a> {
    pub fn over(data: Cow<'a, [u8]>, file: Option<File>) -> Input<'a> {
        let taken = data.len();
        Input {
            data,
            pos: 0,
            end: taken,
            framed: false,
            taken,
            file,
        }
    }

    #[cold]
    fn truncated(&self, cx: &mut Cx) -> Raised {
        broken(cx, "pickle data was truncated")
    }

    /// The place of the next `n` bytes.
    #[inline]
    pub fn take(&mut self, cx: &mut Cx, n: usize) -> Res<Range<usize>> {
        if self.end - self.pos < n {
            self.ask(cx, n)?;
        }
        let from = self.pos;
        self.pos += n;
        Ok(from..self.pos)
    }

    /// The next `N` bytes.
    #[inline]
    pub fn array<const N: usize>(&mut self, cx: &mut Cx) -> Res<[u8; N]> {
        let at = self.take(cx, N)?;
        let mut out = [0; N];
        out.copy_from_slice(&self.data[at]);
        Ok(out)
    }

    /// The next byte; `EOFError` at the end.
    #[inline]
    pub fn opcode(&mut self, cx: &mut Cx) -> Res<u8> {
        if self.pos == self.end {
            self.first(cx)?;
        }
        let b = self.data[self.pos];
        self.pos += 1;
        Ok(b)
    }

    #[cold]
    #[inline(never)]
    fn first(&mut self, cx: &mut Cx) -> Res<()> {
        if self.fill(cx, 1)? < 1 {
            return Err(cx.eof_error("Ran out of input"));
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn ask(&mut self, cx: &mut Cx, n: usize) -> Res<()> {
        if self.fill(cx, n)? < n {
            return Err(self.truncated(cx));
        }
        Ok(())
    }

    /// A frame of `n` bytes begins. What belongs together does not cross its end.
    pub fn enter_frame(&mut self, cx: &mut Cx, n: usize) -> Res<()> {
        if self.framed && self.pos < self.end {
            return Err(broken(
                cx,
                "beginning of a new frame before end of current frame",
            ));
        }
        self.take(cx, n)?;
        self.pos -= n;
        self.end = self.pos + n;
        self.framed = true;
        Ok(())
    }

    /// Behind a frame everything may be read.
    fn leave_frame(&mut self) {
        if self.framed && self.pos == self.end {
            self.framed = false;
            self.end = self.data.len();
        }
    }

    /// Have `n` bytes, read from the file; says how many there are.
    fn fill(&mut self, cx: &mut Cx, n: usize) -> Res<usize> {
        self.leave_frame();
        if self.framed {
            return Err(broken(cx, "pickle exhausted before end of frame"));
        }
        if self.end - self.pos >= n {
            return Ok(self.end - self.pos);
        }
        let Some(file) = self.file.clone() else {
            return Ok(self.end - self.pos);
        };
        self.catch_up(cx)?;
        if let Some(peek) = &file.peek {
            let ahead = Value::small_int(AHEAD);
            match protocol::call(cx, peek, &[ahead]) {
                Ok(v) => {
                    self.replace(cx, &v)?;
                    self.taken = 0;
                    if self.data.len() >= n {
                        return Ok(self.data.len());
                    }
                }
                Err(r) => {
                    cx.catch(r, ExcKind::NotImplementedError)?;
                    if let Some(f) = &mut self.file {
                        f.peek = None;
                    }
                }
            }
        }
        let count = new_int(cx, i64::try_from(n).unwrap_or(i64::MAX))?;
        let v = protocol::call(cx, &file.read, &[count])?;
        self.replace(cx, &v)?;
        Ok(self.data.len())
    }

    fn replace(&mut self, cx: &mut Cx, v: &Value) -> Res<()> {
        let data = contents(cx, v)?.into_owned();
        self.taken = data.len();
        self.data = Cow::Owned(data);
        self.pos = 0;
        self.end = self.taken;
        Ok(())
    }

    /// Take out of the file what was used of the bytes looked at.
    fn catch_up(&mut self, cx: &mut Cx) -> Res<()> {
        if self.pos > self.taken
            && let Some(file) = self.file.clone()
        {
            let n = new_int(cx, (self.pos - self.taken) as i64)?;
            self.taken = self.pos;
            protocol::call(cx, &file.read, &[n])?;
        }
        Ok(())
    }

    /// The place of the next line, without its end.
    pub fn line(&mut self, cx: &mut Cx) -> Res<Range<usize>> {
        self.leave_frame();
        if let Some(n) = memchr::memchr(b'\n', &self.data[self.pos..self.end]) {
            let from = self.pos;
            self.pos += n + 1;
            return Ok(from..from + n);
        }
        if self.framed {
            return Err(broken(cx, "pickle exhausted before end of frame"));
        }
        if let Some(file) = self.file.clone() {
            self.catch_up(cx)?;
            let v = protocol::call(cx, &file.readline, &[])?;
            self.replace(cx, &v)?;
        } else if self.pos < self.data.len() {
            // The last line without an end.
            return Err(self.truncated(cx));
        }
        match self.data.len() {
            n if n > self.pos && self.data[n - 1] == b'\n' => {
                let from = self.pos;
                self.pos = n;
                Ok(from..n - 1)
            }
            _ => Err(self.truncated(cx)),
        }
    }

    /// A line that is not empty.
    pub fn word_line(&mut self, cx: &mut Cx) -> Res<Range<usize>> {
        let at = self.line(cx)?;
        if at.is_empty() {
            return Err(self.truncated(cx));
        }
        Ok(at)
    }

    /// The end of a pickle: what is left of the bytes already taken out of the file.
    pub fn finish(mut self, cx: &mut Cx) -> Res<Vec<u8>> {
        self.catch_up(cx)?;
        let rest = self.data.get(self.pos..self.taken).unwrap_or_default();
        Ok(rest.to_vec())
    }
}
