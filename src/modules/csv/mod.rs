//! `_csv`: records of fields as lines of text. `dialect.rs`: the options; `reader.rs`; `writer.rs`.

pub mod dialect;
pub mod reader;
pub mod writer;

use self::dialect::Dialect;
use crate::support::new_exception_class;
use crate::util::{Once, raise_class};
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::dict::{as_dict, new_dict};
use typhon_vm::objects::{int, list};

static ERROR: Once = Once::new();
/// The registered dialects by name, a dict.
static DIALECTS: Once = Once::new();
/// The most characters of a field.
pub static FIELD_LIMIT: AtomicUsize = AtomicUsize::new(128 * 1024);

fn error_class(cx: &mut Cx) -> Res<Value> {
    ERROR.get(cx, |cx| {
        new_exception_class(cx, "_csv", "Error", ExcKind::Exception, None)
    })
}

/// Raise `csv.Error(message)`.
#[cold]
pub fn csv_error(cx: &mut Cx, message: impl AsRef<str>) -> Raised {
    let class = error_class(cx);
    raise_class(cx, class, message.as_ref())
}

fn dialects(cx: &mut Cx) -> Res<Value> {
    DIALECTS.get(cx, new_dict)
}

/// The dialect registered under a name.
pub fn registered(cx: &mut Cx, name: &Value) -> Res<Value> {
    let all = dialects(cx)?;
    let found = match as_dict(&all) {
        Some(d) => d.get(cx, name)?,
        None => None,
    };
    found.ok_or_else(|| csv_error(cx, "unknown dialect"))
}

#[pymodule(name = "_csv", types(Dialect))]
pub mod module {
    //! CSV parsing and writing.
    use super::*;

    #[pyattr]
    const __version__: &str = "1.0";
    #[pyattr]
    const QUOTE_MINIMAL: i64 = 0;
    #[pyattr]
    const QUOTE_ALL: i64 = 1;
    #[pyattr]
    const QUOTE_NONNUMERIC: i64 = 2;
    #[pyattr]
    const QUOTE_NONE: i64 = 3;
    #[pyattr]
    const QUOTE_STRINGS: i64 = 4;
    #[pyattr]
    const QUOTE_NOTNULL: i64 = 5;

    #[pyattr(name = "Error")]
    fn error(cx: &mut Cx) -> Res<Value> {
        error_class(cx)
    }
    #[pyattr(name = "_dialects")]
    fn all_dialects(cx: &mut Cx) -> Res<Value> {
        dialects(cx)
    }
    #[pyattr(name = "Reader")]
    fn reader_type(cx: &mut Cx) -> Res<Value> {
        Ok(reader::Reader::type_cell().get(cx)?.value())
    }
    #[pyattr(name = "Writer")]
    fn writer_type(cx: &mut Cx) -> Res<Value> {
        Ok(writer::Writer::type_cell().get(cx)?.value())
    }

    /// Return a reader object that will process lines from the given iterable.
    #[pyfunction]
    #[text_signature(none)]
    fn reader(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        args.check_count(cx, "reader", 1, 2)?;
        let dialect = dialect::call(cx, args.pos.get(1), args)?;
        super::reader::new_reader(cx, &args.pos[0], dialect)
    }

    /// Return a writer object that will write user data on the given file object.
    #[pyfunction]
    #[text_signature(none)]
    fn writer(args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        args.check_count(cx, "writer", 1, 2)?;
        let dialect = dialect::call(cx, args.pos.get(1), args)?;
        super::writer::new_writer(cx, &args.pos[0], dialect)
    }

    /// Return list of all known dialect names.
    #[pyfunction]
    fn list_dialects(cx: &mut Cx) -> Res<Value> {
        let all = dialects(cx)?;
        let names = as_dict(&all).map(|d| d.keys_vec(cx)).unwrap_or_default();
        list::new_list(cx, names)
    }

    /// Create a mapping from a string name to a CVS dialect.
    #[pyfunction]
    #[text_signature(none)]
    fn register_dialect(args: Args<'_>, cx: &mut Cx) -> Res<()> {
        args.check_count(cx, "register_dialect", 1, 2)?;
        let name = &args.pos[0];
        if name.downcast::<Str>().is_none() {
            return Err(cx.type_error("dialect name must be a string"));
        }
        let made = dialect::call(cx, args.pos.get(1), args)?;
        let all = dialects(cx)?;
        match as_dict(&all) {
            Some(d) => d.set(cx, name, made),
            None => Ok(()),
        }
    }

    /// Delete the name/dialect mapping associated with a string name.
    #[pyfunction]
    #[sig(name)]
    fn unregister_dialect(name: &Value, cx: &mut Cx) -> Res<()> {
        let all = dialects(cx)?;
        let gone = match as_dict(&all) {
            Some(d) => d.remove(cx, name)?,
            None => None,
        };
        match gone {
            Some(_) => Ok(()),
            None => Err(csv_error(cx, "unknown dialect")),
        }
    }

    /// Return the dialect instance associated with name.
    #[pyfunction]
    #[sig(name)]
    fn get_dialect(name: &Value, cx: &mut Cx) -> Res<Value> {
        registered(cx, name)
    }

    /// Sets an upper limit on parsed fields.
    ///
    /// Returns old limit. If limit is not given, no new limit is set and
    /// the old limit is returned
    #[pyfunction]
    #[sig(new_limit = absent)]
    fn field_size_limit(new_limit: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let old = FIELD_LIMIT.load(Ordering::Relaxed);
        if let Some(v) = new_limit {
            if int::as_int(v).is_none() || v.is_true() || v.is_false() {
                return Err(cx.type_error("limit must be an integer"));
            }
            let n = number::index_isize_checked(cx, v, ExcKind::OverflowError)?;
            FIELD_LIMIT.store(n.max(0) as usize, Ordering::Relaxed);
        }
        int::new_int(cx, old as i64)
    }

    #[pyinit]
    fn init(_module: &Value, cx: &mut Cx) -> Res<()> {
        dialects(cx).map(drop)
    }
}
