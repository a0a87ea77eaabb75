//! `_posixshmem`: names of memory that processes share.

pub use module::MODULE;

use crate::os_call;
use typhon_vm::native::*;
use typhon_vm::os::fs;

#[pymodule(name = "_posixshmem")]
pub mod module {
    //! POSIX shared memory module
    use super::*;

    /// Open a shared memory object.  Returns a file descriptor (integer).
    #[pyfunction]
    #[sig(path, flags, mode = 511)]
    fn shm_open(path: &Value, flags: i32, mode: u32, cx: &mut Cx) -> Res<i32> {
        let name = name(cx, path, "shm_open")?;
        os_call::call_on(cx, path, || fs::shm_open(&name, flags, mode))
    }

    /// Remove a shared memory object (similar to unlink()).
    ///
    /// Remove a shared memory object name, and, once all processes  have unmapped
    /// the object, de-allocates and destroys the contents of the associated memory
    /// region.
    #[pyfunction]
    #[sig(path, /)]
    fn shm_unlink(path: &Value, cx: &mut Cx) -> Res<()> {
        let name = name(cx, path, "shm_unlink")?;
        os_call::call_on(cx, path, || fs::shm_unlink(&name))
    }

    fn name(cx: &mut Cx, path: &Value, function: &str) -> Res<std::ffi::CString> {
        if path.downcast::<Str>().is_none() {
            let n = path.type_name();
            return Err(cx.type_error(format!("{function}() argument 'path' must be str, not {n}")));
        }
        let bytes = os_call::encode_name(cx, path)?;
        os_call::c_string(cx, bytes)
    }
}
