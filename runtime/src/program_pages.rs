//! Pages of the program's own file that are not needed any more. They are mapped from the file and never written, so that to drop
//! them changes nothing that can be read: who wants one again gets it from the file.
//!
//! The system maps sixteen pages at a touch, so that what is read here and there soon counts as megabytes.

/// What lies behind `bytes` need not stay resident: it was read once.
pub fn give_back(bytes: &'static [u8]) {
    #[cfg(target_os = "linux")]
    {
        let range = bytes.as_ptr() as usize..bytes.as_ptr() as usize + bytes.len();
        // Leaked memory is no file.
        let inside = |part: &Range| part.start <= range.start && range.end <= part.end;
        if constants().iter().any(inside) {
            drop_pages(range);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = bytes;
}

/// None of the program's constants need stay resident.
pub fn give_back_constants() {
    #[cfg(target_os = "linux")]
    for part in constants() {
        drop_pages(part.clone());
    }
}

#[cfg(target_os = "linux")]
type Range = std::ops::Range<usize>;

/// Whole pages: with others nothing is gained.
#[cfg(target_os = "linux")]
fn drop_pages(range: Range) {
    const PAGE: usize = 4096;
    let start = range.start.next_multiple_of(PAGE);
    let end = range.end & !(PAGE - 1);
    if start < end {
        // SAFETY: constants of the program, see above.
        unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
    }
}

/// The parts of the program's file that are mapped for reading only, and were so from the beginning: what is relocated at
/// start stands in others.
#[cfg(target_os = "linux")]
fn constants() -> &'static [Range] {
    static PARTS: std::sync::OnceLock<Vec<Range>> = std::sync::OnceLock::new();
    PARTS.get_or_init(|| {
        let mut parts = Vec::new();
        // SAFETY: the visitor gets what it is written for.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut parts).cast()) };
        parts
    })
}

/// The program itself is visited first, and nothing else is wanted.
#[cfg(target_os = "linux")]
unsafe extern "C" fn visit(
    object: *mut libc::dl_phdr_info,
    _size: usize,
    parts: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: as the linker calls it, with what `constants` gave it.
    unsafe {
        let parts = &mut *parts.cast::<Vec<Range>>();
        let headers = std::slice::from_raw_parts((*object).dlpi_phdr, (*object).dlpi_phnum.into());
        for h in headers {
            if h.p_type == libc::PT_LOAD && h.p_flags == libc::PF_R {
                let start = ((*object).dlpi_addr + h.p_vaddr) as usize;
                parts.push(start..start + h.p_memsz as usize);
            }
        }
    }
    1
}
