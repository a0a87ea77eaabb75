//! Pages of the program's own file that are not needed any more.

/// What lies behind `bytes` need not stay resident: it was read once, and who reads it again gets it from the file. The
/// system maps sixteen pages at a touch, so that what is read here and there soon counts as megabytes.
pub fn give_back(bytes: &'static [u8]) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let range = bytes.as_ptr_range();
        // Whole pages: with others nothing is gained.
        let start = (range.start as usize).next_multiple_of(PAGE);
        let end = range.end as usize & !(PAGE - 1);
        if start < end && is_of_program(start) {
            // SAFETY: constants of the program. They are mapped from its file and never written, so that dropping the
            // pages changes nothing that can be read.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = bytes;
}

/// Whether this is between the program's first byte and the end of its code and constants: leaked memory is no file.
#[cfg(target_os = "linux")]
fn is_of_program(address: usize) -> bool {
    unsafe extern "C" {
        static __executable_start: u8;
        static etext: u8;
    }
    let place = &raw const __executable_start as usize..&raw const etext as usize;
    place.contains(&address)
}
