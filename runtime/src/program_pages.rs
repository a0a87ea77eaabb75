//! Pages of the program's own file, and of the libraries it is linked with, that are not needed any more. They are mapped from a
//! file and never written, so that to drop them changes nothing that can be read: who wants one again gets it from the file.
//!
//! The system maps sixteen pages at a touch, so that what is run and read here and there soon counts as megabytes: of the C
//! library, its part for mathematics and the loader, which are used little, nearly two.

use crate::sync::{AtomicUsize, Ordering};

/// What lies behind `bytes` need not stay resident: it was read once.
pub fn give_back(bytes: &'static [u8]) {
    #[cfg(target_os = "linux")]
    {
        let range = bytes.as_ptr() as usize..bytes.as_ptr() as usize + bytes.len();
        // Leaked memory is no file.
        let inside = |part: &Part| part.range.start <= range.start && range.end <= part.range.end;
        if unwritten().iter().any(inside) {
            drop_pages(range);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = bytes;
}

/// After so many functions that run for the first time the constants are given back, and again after each `STEP`. Fewer is
/// what every program runs before its own first line: a tenth of the time of a start went into reading again what had been given back.
const FIRST: usize = 256;
const STEP: usize = 128;
/// After so many the code is too, and again whenever there are half as many more: that takes more page faults, and code is
/// wanted again sooner.
static CODE_STEP: AtomicUsize = AtomicUsize::new(FIRST);

/// A function runs for the first time: as long as there are such the program starts, and wants other constants and code than it
/// does later.
pub fn note_first_run() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    let run = RUN.fetch_add(1, Ordering::Relaxed) + 1;
    if run == CODE_STEP.load(Ordering::Relaxed) {
        CODE_STEP.store(run + run / 2, Ordering::Relaxed);
        give_back_all(true);
    } else if run > FIRST && run.is_multiple_of(STEP) {
        give_back_all(false);
    }
}

/// The clock has ticked so many times: the start may be over. Looks are twice as far apart each time.
pub(crate) fn note_tick(ticks: usize) {
    if ticks >= 2 && ticks.is_power_of_two() {
        give_back_all(true);
    }
}

/// Objects take so many megabytes, for the first time. What the program used before it made so many it may not use now; beside
/// many megabytes the program's own are little.
pub(crate) fn note_growth(megabytes: u64) {
    if matches!(megabytes, 3 | 4 | 6 | 8 | 12 | 16) {
        give_back_all(true);
    }
}

/// Nothing of the program's constants need stay resident, nor of its code.
fn give_back_all(code: bool) {
    #[cfg(target_os = "linux")]
    for part in unwritten() {
        if !part.code || code && !has_own_pages(&part.range) {
            drop_pages(part.range.clone());
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = code;
}

/// Whether a page there is no longer the file's: a debugger or a tracer has written its breakpoints into the code, and they shall stay.
/// Not knowing counts as yes. (Without an allocation: a thread's first takes hundreds of kilobytes.)
#[cfg(target_os = "linux")]
fn has_own_pages(range: &std::ops::Range<usize>) -> bool {
    /// Of the system's word for a page: it is resident or swapped out; it is a file's.
    const THERE: u64 = 3 << 62;
    const FILE: u64 = 1 << 61;
    let mut words = [0u64; 512];
    // SAFETY: a file is read into memory of this function.
    unsafe {
        let file = libc::open(
            c"/proc/self/pagemap".as_ptr(),
            libc::O_RDONLY | libc::O_CLOEXEC,
        );
        if file < 0 {
            return true;
        }
        let page = libc::sysconf(libc::_SC_PAGESIZE).max(1) as usize;
        let (mut at, end) = (range.start / page, range.end.div_ceil(page));
        let mut own = false;
        while at < end && !own {
            let count = words.len().min(end - at);
            let (bytes, offset) = (count * size_of::<u64>(), at * size_of::<u64>());
            let read = libc::pread(
                file,
                words.as_mut_ptr().cast(),
                bytes,
                offset as libc::off_t,
            );
            own = read != bytes as isize
                || words[..count]
                    .iter()
                    .any(|w| w & THERE != 0 && w & FILE == 0);
            at += count;
        }
        libc::close(file);
        own
    }
}

/// Whole pages: with others nothing is gained.
#[cfg(target_os = "linux")]
fn drop_pages(range: std::ops::Range<usize>) {
    const PAGE: usize = 4096;
    let start = range.start.next_multiple_of(PAGE);
    let end = range.end & !(PAGE - 1);
    if start < end {
        // SAFETY: a part of the program that nobody writes, see above.
        unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
    }
}

/// A part of a file that is mapped without leave to write, and was so from the beginning: what is relocated at start
/// stands in others.
#[cfg(target_os = "linux")]
struct Part {
    range: std::ops::Range<usize>,
    code: bool,
}

#[cfg(target_os = "linux")]
fn unwritten() -> &'static [Part] {
    static PARTS: std::sync::OnceLock<Vec<Part>> = std::sync::OnceLock::new();
    PARTS.get_or_init(|| {
        let mut parts = Vec::new();
        // SAFETY: the visitor gets what it is written for.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut parts).cast()) };
        parts
    })
}

/// What the system maps into every process for its clocks is no file.
#[cfg(target_os = "linux")]
unsafe extern "C" fn visit(
    object: *mut libc::dl_phdr_info,
    _size: usize,
    parts: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: as the linker calls it, with what `unwritten` gave it.
    unsafe {
        let parts = &mut *parts.cast::<Vec<Part>>();
        if (*object).dlpi_addr == libc::getauxval(libc::AT_SYSINFO_EHDR) && (*object).dlpi_addr != 0
        {
            return 0;
        }
        let headers = std::slice::from_raw_parts((*object).dlpi_phdr, (*object).dlpi_phnum.into());
        for h in headers {
            if h.p_type == libc::PT_LOAD && h.p_flags & libc::PF_W == 0 {
                let start = ((*object).dlpi_addr + h.p_vaddr) as usize;
                parts.push(Part {
                    range: start..start + h.p_memsz as usize,
                    code: h.p_flags & libc::PF_X != 0,
                });
            }
        }
    }
    0
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn own_pages_are_told_from_a_files() {
        static mut WRITTEN: [u8; 3 << 12] = [1; 3 << 12];
        let start = (&raw mut WRITTEN).cast::<u8>();
        // SAFETY: nobody else uses it.
        unsafe { start.add(1 << 12).write_volatile(2) };
        assert!(has_own_pages(&(start as usize..start as usize + (3 << 12))));
    }

    #[test]
    fn what_was_given_back_is_there_again() {
        static TEXT: [u8; 1 << 16] = [7; 1 << 16];
        assert!(unwritten().iter().any(|part| part.code));
        assert!(unwritten().iter().any(|part| !part.code));
        give_back(&TEXT);
        let code = || unwritten().iter().filter(|part| part.code);
        assert!(code().all(|part| !has_own_pages(&part.range)));
        give_back_all(true);
        assert!(std::hint::black_box(&TEXT).iter().all(|&b| b == 7));
    }
}
