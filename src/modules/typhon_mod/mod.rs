//! Module `typhon`: the embedded library, the variant of the interpreter and its runtime, for Python code.

mod inspect;

use crate::library::{library, root};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::new_bytes;
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::str::{codec, new_str};
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::protocol;

/// A text file's contents as Python reads source: UTF-8, line ends made `\n`.
fn text(cx: &mut Cx, bytes: &[u8]) -> Res<Value> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(t) if t.contains('\r') => new_str(cx, &t.replace("\r\n", "\n").replace('\r', "\n")),
        Ok(t) => new_str(cx, t),
        Err(_) => codec::decode(cx, bytes, Some("latin-1"), None),
    }
}

#[pymodule(name = "typhon")]
pub mod module {
    //! The Typhon interpreter: its variant, its runtime and its embedded standard library.
    //!
    //! mode() -- How threads run in this process.
    //! counters() -- What the threads have counted so far.
    //! thread_counters() -- The same for each thread.
    //! instructions() -- What the instructions of the register code have done (-X stats).
    //! pauses() -- The times the world stood still.
    //! heap() -- What the object heap holds.
    //! promote() -- Stop counting the references that registers hold to an object.
    //! is_shared() -- Whether another thread has had to do with an object.
    //! keep_counted() -- Exclude an object from promotion.
    //! refcounts() -- How the references to an object are counted.
    //! verify_heap() -- Look for mistakes in the heap.
    //! lock_graph() -- The order in which the runtime takes its own locks.
    use super::*;

    #[pyattr]
    const version: &str = env!("CARGO_PKG_VERSION");
    /// Whether this build has a global lock always.
    #[pyattr]
    const gil_build: bool = typhon_runtime::GIL_BUILD;

    /// The abstract grammar of syntax trees, from which the module ast has its classes.
    #[pyfunction]
    fn ast_grammar() -> &'static str {
        typhon_compiler::pyast::grammar::GRAMMAR
    }

    /// Return the source of code that came from no file, as `-c` has it, or None.
    #[pyfunction]
    #[sig(code, /)]
    fn registered_source(code: &Value) -> Option<String> {
        let code = code.downcast::<typhon_vm::objects::CodeObj>()?;
        typhon_vm::objects::exception::render::registered_source(&code.code).map(|t| t.to_string())
    }

    /// Return "free-threaded" or "gil": how threads run in this process.
    #[pyfunction]
    fn mode() -> &'static str {
        if typhon_runtime::gil::is_enabled() {
            "gil"
        } else {
            "free-threaded"
        }
    }

    /// Whether this build checks itself while it runs.
    #[pyattr]
    const checking_build: bool = cfg!(debug_assertions);

    /// Return the order of the runtime's native locks as a graph in the language of Graphviz.
    ///
    /// Dotted arrows are the order laid down; solid ones, in a checking build, are what this process has done.
    #[pyfunction]
    fn lock_graph() -> String {
        typhon_runtime::sync::lock_graph()
    }

    /// Return a dict of counters, summed over all threads that live or have lived.
    ///
    /// Among them: merge_queued and merged (objects whose count was given back to the owning thread),
    /// promoted (objects that became deferred because several threads kept counting them),
    /// lock_contended (somebody else had the lock of an object), lock_spins (looks at it before sleeping)
    /// and lock_wait_ns (slept for it), read_contended (reads without a lock whose attempt to count failed),
    /// program_lock_waits (for a Lock or what is made of it) and gil_waits, with their nanoseconds,
    /// grace_periods and grace_ns (how long what was retired waited for readers), locks_opened (objects that
    /// another thread locked or changed first while their owner ran) and locks_opened_ns, own_ways_lost (owners
    /// that lock with locked instructions for a while because of that), lock_turns (ended turns at objects that
    /// threads hammer), foreign_counts (counts of objects that another thread owns, estimated from samples),
    /// stops_requested and stops_obeyed, collections, retired and reclaimed (buffers that lock-free readers
    /// might look at).
    #[pyfunction]
    fn counters(cx: &mut Cx) -> Res<Value> {
        inspect::counter_table(cx)
    }

    /// Return the counters of each living thread that has a number, as a dict of dicts.
    ///
    /// The numbers are those that refcounts() tells as owner. The entry ident of each dict is what
    /// threading.get_ident() is in that thread; the other entries are named as those of counters().
    #[pyfunction]
    fn thread_counters(cx: &mut Cx) -> Res<Value> {
        inspect::thread_counter_tables(cx)
    }

    /// Return what the instructions of the register code have done, those with most time first.
    ///
    /// A list of dicts: name, meaning, executed, missed (how often the slow way was taken, because the
    /// site's cache did not know the class or the operands were of no common kind) and share (of the
    /// time, 0 to 1, what was called natively included), summed over all threads. Empty unless the
    /// program was started with -X stats.
    #[pyfunction]
    fn instructions(cx: &mut Cx) -> Res<Value> {
        inspect::instruction_table(cx)
    }

    /// Return a dict about the times the world stood still.
    ///
    /// count, total and longest sum them up, in seconds; histogram is a list of pairs: a number of
    /// microseconds, and how many pauses were shorter than that but not than the pair before.
    /// stop_total, stop_longest and stop_histogram tell the same of the times it took until all stood;
    /// log has the latest ones as (reason, seconds ago, seconds until all stood, seconds they stood).
    #[pyfunction]
    fn pauses(cx: &mut Cx) -> Res<Value> {
        inspect::pause_table(cx)
    }

    /// Return a dict about the object heap. Stops the world to count.
    ///
    /// live_cells, live_bytes and pages tell of small objects, and size_classes of them by size;
    /// large_objects and large_bytes of the others; pending_bytes waits for its grace period.
    #[pyfunction]
    fn heap(cx: &mut Cx) -> Res<Value> {
        inspect::heap_table(cx)
    }

    /// Stop counting the references that registers hold to an object that many threads use.
    ///
    /// Reading it then touches no memory that other threads write. It is freed by the collector or
    /// some milliseconds after its last reference went. Objects with a finalizer stay as they are.
    /// Return whether the object is counted in that way now.
    #[pyfunction]
    #[sig(obj, /)]
    fn promote(obj: &Value) -> bool {
        inspect::promote(obj)
    }

    /// Exclude an object from promotion, whoever asks for it and however many threads use it.
    ///
    /// What is kept counted dies with its last reference, at once; reading it from many threads at the
    /// same time stays as slow as it is. Return False if it has been promoted already (or is immortal):
    /// then it stays as it is. Stops the world.
    #[pyfunction]
    #[sig(obj, /)]
    fn keep_counted(obj: &Value, cx: &mut Cx) -> bool {
        inspect::keep_counted(cx, obj)
    }

    /// Return whether another thread than this one has had to do with the object.
    ///
    /// False is certain for the moment; True is also said of objects that any thread may use
    /// without counting.
    #[pyfunction]
    #[sig(obj, /)]
    fn is_shared(obj: &Value, cx: &mut Cx) -> bool {
        inspect::is_shared(cx, obj)
    }

    /// Return a dict that tells how the references to an object are counted at the moment.
    ///
    /// kind is "immediate", "immortal", "deferred" or "counted"; for the last two, owner is the
    /// number of the thread that counts in local, all others count in shared, and state is
    /// "default", "readable", "queued" or "merged".
    #[pyfunction]
    #[sig(obj, /)]
    fn refcounts(obj: &Value, cx: &mut Cx) -> Res<Value> {
        inspect::count_table(cx, obj)
    }

    /// Stop the world, look at every object and what it refers to, and return a list of complaints.
    ///
    /// The list is empty if the heap is sound.
    #[pyfunction]
    fn verify_heap(cx: &mut Cx) -> Res<Value> {
        inspect::verify(cx)
    }

    /// Return the folder in whose place the embedded library stands.
    #[pyfunction]
    fn library_root() -> &'static str {
        root()
    }

    /// Return an iterator of (name, text) over the Python files of the embedded library.
    #[pyfunction]
    fn library_files(cx: &mut Cx) -> Res<Value> {
        let Some(l) = library() else {
            return Err(cx.runtime_error("there is no embedded library"));
        };
        let mut out = Vec::new();
        for i in 0..l.count() {
            let Some(f) = l.file(i) else { break };
            if !f.name.ends_with(".py") {
                continue;
            }
            let bytes = l.source(f.name).unwrap_or_default();
            let (n, t) = (new_str(cx, f.name)?, text(cx, &bytes)?);
            out.push(new_tuple(cx, vec![n, t])?);
        }
        let list = new_list(cx, out)?;
        protocol::iter(cx, &list)
    }

    /// Whether the library has a file of this name.
    #[pyfunction]
    #[sig(name, /)]
    fn library_has(name: &str) -> bool {
        library().is_some_and(|l| l.find(name).is_some())
    }

    /// Whether the library has files below a folder, given with its last slash.
    #[pyfunction]
    #[sig(folder, /)]
    fn library_has_folder(folder: &str) -> bool {
        let Some(l) = library() else { return false };
        first_from(l, folder)
            .and_then(|i| l.file(i))
            .is_some_and(|f| f.name.starts_with(folder))
    }

    /// Return the modules of one folder as (name, is_package).
    #[pyfunction]
    #[sig(folder, /)]
    fn library_modules(folder: &str, cx: &mut Cx) -> Res<Value> {
        let mut out = Vec::new();
        if let Some(l) = library() {
            let mut i = first_from(l, folder).unwrap_or(l.count());
            while let Some(f) = l.file(i).filter(|f| f.name.starts_with(folder)) {
                i += 1;
                let rest = &f.name[folder.len()..];
                let found = match rest.split_once('/') {
                    Some((package, "__init__.py")) => Some((package, true)),
                    Some(_) => None,
                    None => rest
                        .strip_suffix(".py")
                        .filter(|n| *n != "__init__")
                        .map(|n| (n, false)),
                };
                if let Some((name, package)) = found {
                    let n = new_str(cx, name)?;
                    out.push(new_tuple(cx, vec![n, Value::bool(package)])?);
                }
            }
        }
        new_list(cx, out)
    }

    /// Return the code object of a file of the library.
    #[pyfunction]
    #[sig(name, /)]
    fn library_code(name: &str, cx: &mut Cx) -> Res<Value> {
        crate::imp::code::library_code(cx, name)
    }

    /// Return the text of a file of the library, or None.
    #[pyfunction]
    #[sig(name, /)]
    fn library_source(name: &str, cx: &mut Cx) -> Res<Option<Value>> {
        match library().and_then(|l| l.source(name)) {
            Some(bytes) => text(cx, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Return the bytes of a file of the library, or None.
    #[pyfunction]
    #[sig(name, /)]
    fn library_data(name: &str, cx: &mut Cx) -> Res<Option<Value>> {
        match library().and_then(|l| l.source(name)) {
            Some(bytes) => new_bytes(cx, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Return the text of a frozen module, or None.
    #[pyfunction]
    #[sig(fullname, /)]
    fn frozen_source(fullname: &str, cx: &mut Cx) -> Res<Option<Value>> {
        let Some((_, file)) = library().and_then(|l| l.frozen(fullname)) else {
            return Ok(None);
        };
        library_source(file, cx)
    }
}

/// The place of the first file whose name is not below `name`.
fn first_from(l: &dyn crate::library::Library, name: &str) -> Option<usize> {
    let (mut lo, mut hi) = (0, l.count());
    while lo < hi {
        let mid = (lo + hi) / 2;
        if l.file(mid)?.name < name {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    Some(lo)
}
