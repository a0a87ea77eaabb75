//! What threads run, told from outside: by the handler of a signal, or by a thread that watches a program that hangs.
//!
//! Neither may take a lock, allocate, or trust what it finds: threads run on, calls end, code goes. So memory is copied by the
//! kernel, which says no where nothing is mapped, and nothing but addresses and numbers is made of the copies. Where a thread
//! runs on meanwhile, a line may be wrong or missing; where it sleeps, or is the caller's own, all is as it stands.

use crate::Cx;
use crate::monitor::Watch;
use crate::objects::frame::Frame;
use crate::os::fault::copy_memory;
use crate::regcode::RegCode;
use std::cell::UnsafeCell;
use std::fmt::Write;
use std::mem::{MaybeUninit, offset_of};
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_compiler::code::Code;
use typhon_compiler::flow::linetable::Spans;
use typhon_runtime::thread::{self, Thread};

const MOST_FRAMES: usize = 100;
const MOST_THREADS: usize = 100;
/// Characters of a name.
const MOST_TEXT: usize = 500;
/// Records looked at, in case they go round in a circle.
const MOST_RECORDS: usize = 4096;

/// Where parts of a code object's stack code stand in memory.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Told {
    filename: usize,
    name: usize,
    linetable: usize,
    filename_len: u32,
    name_len: u32,
    linetable_len: u32,
    firstlineno: u32,
}

impl Told {
    /// They stand there as long as `code`.
    pub(crate) fn of(code: &Code) -> Told {
        let (filename, name) = (code.filename.as_bytes(), code.name.as_bytes());
        Told {
            filename: filename.as_ptr() as usize,
            name: name.as_ptr() as usize,
            linetable: code.linetable.as_ptr() as usize,
            filename_len: filename.len() as u32,
            name_len: name.len() as u32,
            linetable_len: code.linetable.len() as u32,
            firstlineno: code.firstlineno,
        }
    }
}

/// What any bytes are a value of.
///
/// # Safety
/// They are, and there is no padding.
unsafe trait Plain: Copy {}
// SAFETY: numbers.
unsafe impl Plain for u16 {}
// SAFETY: numbers.
unsafe impl Plain for u32 {}
// SAFETY: numbers.
unsafe impl Plain for u64 {}
// SAFETY: numbers.
unsafe impl Plain for usize {}
// SAFETY: numbers.
unsafe impl Plain for [usize; 2] {}
// SAFETY: numbers, three of eight bytes before four of four.
unsafe impl Plain for Told {}

fn read<T: Plain>(at: usize) -> Option<T> {
    let mut made = MaybeUninit::<T>::zeroed();
    // SAFETY: its bytes, all of them written above.
    let bytes =
        unsafe { std::slice::from_raw_parts_mut(made.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    // SAFETY: any bytes are a `T`.
    copy_memory(at, bytes).then(|| unsafe { made.assume_init() })
}

/// Room to copy to. The stack of a signal's handler has not got it.
pub struct Scratch {
    taken: AtomicBool,
    bytes: UnsafeCell<[u8; 32 << 10]>,
}

// SAFETY: whoever has taken it has it alone.
unsafe impl Sync for Scratch {}

static SCRATCH: Scratch = Scratch {
    taken: AtomicBool::new(false),
    bytes: UnsafeCell::new([0; 32 << 10]),
};

/// Lends the scratch memory. None if it stays taken: then this is a handler inside of its use.
pub fn with_scratch<R>(f: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
    for _ in 0..2000 {
        if !SCRATCH.taken.swap(true, Ordering::Acquire) {
            // SAFETY: taken.
            let done = f(unsafe { &mut *SCRATCH.bytes.get() });
            SCRATCH.taken.store(false, Ordering::Release);
            return Some(done);
        }
        std::thread::yield_now();
    }
    None
}

/// In the child of a fork: whoever had it may be gone.
pub fn reset_in_child() {
    SCRATCH.taken.store(false, Ordering::Release);
}

/// The caller's thread alone.
pub fn one_thread(out: &mut dyn Write, scratch: &mut [u8]) {
    let _ = out.write_str("Stack (most recent call first):\n");
    frames(out, scratch, Thread::current() as usize);
}

/// All threads, that of the caller last of all told as the current one, if it has a record.
pub fn all_threads(out: &mut dyn Write, scratch: &mut [u8]) {
    let current = Thread::current();
    for (i, t) in thread::addresses().enumerate() {
        if i != 0 {
            let _ = out.write_str("\n");
        }
        if i == MOST_THREADS {
            let _ = out.write_str("...\n");
            return;
        }
        title(out, t as usize, std::ptr::eq(t, current));
        frames(out, scratch, t as usize);
    }
}

fn title(out: &mut dyn Write, cx: usize, is_current: bool) {
    let watch = cx + offset_of!(Cx, watch);
    let ident = read::<u64>(watch + offset_of!(Watch, ident)).unwrap_or(0);
    let native = if is_current {
        // In the child of a fork it is not what it was.
        crate::os::native_thread_id()
    } else {
        read::<u64>(watch + offset_of!(Watch, native)).unwrap_or(0) as i64
    };
    let who = if is_current {
        "Current thread"
    } else {
        "Thread"
    };
    let _ = write!(out, "{who} 0x{ident:016x}");
    let mut name = [0; 16];
    let name = crate::os::fault::thread_name(native, &mut name);
    if !name.is_empty() {
        let _ = out.write_str(" [");
        text(out, name);
        let _ = out.write_str("]");
    }
    let _ = out.write_str(" (most recent call first):\n");
}

/// The frames of the thread whose record is there.
fn frames(out: &mut dyn Write, scratch: &mut [u8], cx: usize) {
    let mut frame = match cx {
        0 => 0,
        _ => read::<usize>(cx + offset_of!(Cx, frame)).unwrap_or(0),
    };
    let mut shown = 0;
    for _ in 0..MOST_RECORDS {
        if frame == 0 {
            break;
        }
        if shown == MOST_FRAMES {
            let _ = out.write_str("  ...\n");
            return;
        }
        let at = |field: usize| read::<usize>(frame + field);
        let (Some(rc), Some(pc), Some(prev)) = (
            at(offset_of!(Frame, rc)),
            at(offset_of!(Frame, pc)),
            at(offset_of!(Frame, prev)),
        ) else {
            let _ = out.write_str("  <the frame is gone>\n");
            return;
        };
        // Records of native calls have no code.
        if rc != 0 {
            line(out, scratch, rc, pc);
            shown += 1;
        }
        frame = prev;
    }
    if shown == 0 {
        let _ = out.write_str("  <no Python frame>\n");
    }
}

fn line(out: &mut dyn Write, scratch: &mut [u8], rc: usize, pc: usize) {
    let Some(told) = read::<Told>(rc + offset_of!(RegCode, told)) else {
        let _ = out.write_str("  <the code is gone>\n");
        return;
    };
    let _ = out.write_str("  File \"");
    copied(out, scratch, told.filename, told.filename_len);
    let _ = match line_number(scratch, &told, rc, pc) {
        Some(n) => write!(out, "\", line {n} in "),
        None => write!(out, "\", line ??? in "),
    };
    copied(out, scratch, told.name, told.name_len);
    let _ = out.write_str("\n");
}

fn line_number(scratch: &mut [u8], told: &Told, rc: usize, pc: usize) -> Option<i32> {
    let [words, len] = read::<[usize; 2]>(rc + offset_of!(RegCode, words))?;
    let word = pc.wrapping_sub(words) / 8;
    if pc.wrapping_add(8) == words {
        // It has not started.
        return Some(told.firstlineno as i32);
    }
    if word >= len {
        return None;
    }
    let offset = offset_of_word(rc + offset_of!(RegCode, offsets), word)?;
    let n = scratch.len().min(told.linetable_len as usize);
    let table = &mut scratch[..n];
    if !copy_memory(told.linetable, table) {
        return None;
    }
    Spans::new(table, told.firstlineno)
        .find(|span| offset < span.end)
        .map(|span| span.loc.line)
        .filter(|&line| line > 0)
}

/// The byte offset of a word, by the [`crate::offsets::Offsets`] at an address: its kind in the first byte, then behind what
/// alignment wants, where the units stand and how many.
fn offset_of_word(offsets: usize, word: usize) -> Option<u32> {
    let kind = read::<usize>(offsets)? & 0xFF;
    let [units, len] = read::<[usize; 2]>(offsets + size_of::<usize>())?;
    if word >= len {
        return None;
    }
    let unit = match kind {
        0 => u32::from(read::<u16>(units + 2 * word)?),
        1 => read::<u32>(units + 4 * word)?,
        _ => return None,
    };
    unit.checked_mul(2)
}

/// Text that stands at an address.
fn copied(out: &mut dyn Write, scratch: &mut [u8], at: usize, len: u32) {
    // No character takes more than four bytes; one more tells that there are more.
    let n = (len as usize).min(4 * (MOST_TEXT + 1)).min(scratch.len());
    let bytes = &mut scratch[..n];
    if copy_memory(at, bytes) {
        text(out, bytes);
    } else {
        let _ = out.write_str("???");
    }
}

/// Text in ASCII: whoever reads it may know no other code.
fn text(out: &mut dyn Write, bytes: &[u8]) {
    let mut rest = bytes;
    for _ in 0..MOST_TEXT {
        let Some((c, n)) = first_char(rest) else {
            return;
        };
        rest = &rest[n..];
        let _ = match c {
            0x20..=0x7E => out.write_char(char::from(c as u8)),
            0..=0xFF => write!(out, "\\x{c:02x}"),
            0x100..=0xFFFF => write!(out, "\\u{c:04x}"),
            _ => write!(out, "\\U{c:08x}"),
        };
    }
    if !rest.is_empty() {
        let _ = out.write_str("...");
    }
}

/// The first character of text that is UTF-8, lone surrogates included, or any bytes; and its length.
fn first_char(bytes: &[u8]) -> Option<(u32, usize)> {
    let &first = bytes.first()?;
    let (n, bits) = match first {
        0xC0..=0xDF => (2, first & 0x1F),
        0xE0..=0xEF => (3, first & 0x0F),
        0xF0..=0xF7 => (4, first & 0x07),
        _ => return Some((u32::from(first), 1)),
    };
    let Some(more) = bytes.get(1..n) else {
        return Some((u32::from(first), 1));
    };
    let c = more
        .iter()
        .fold(u32::from(bits), |c, &b| c << 6 | u32::from(b & 0x3F));
    Some((c, n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offsets::Offsets;

    #[test]
    fn memory_that_is_not_there_is_noticed() {
        assert_eq!(read::<u64>(8), None);
        assert!(read::<u64>(&raw const SCRATCH as usize + 1).is_some());
    }

    #[test]
    fn offsets_are_found_where_they_stand() {
        for last in [8, 2 * 0x1_0000] {
            let offsets = Offsets::of(&[0, 4, last]);
            let at = &raw const offsets as usize;
            for word in 0..4 {
                assert_eq!(offset_of_word(at, word), offsets.get(word));
            }
        }
    }

    #[test]
    fn text_is_ascii_and_bounded() {
        let shown = |s: &str| {
            let mut out = String::new();
            text(&mut out, s.as_bytes());
            out
        };
        assert_eq!(shown("aé€\u{1F600}\n"), "a\\xe9\\u20ac\\U0001f600\\x0a");
        assert_eq!(shown(&"x".repeat(501)), "x".repeat(500) + "...");
        assert_eq!(shown(&"x".repeat(500)), "x".repeat(500));
    }
}
