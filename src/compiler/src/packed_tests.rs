//! The library's form of code: what comes back is what was packed, and bodies wait.

use crate::code::{Code, Const, PyStr};
use crate::packed::{pack, unpack};
use crate::{Mode, Options, Source, compile};
use std::sync::Arc;

const TEXT: &str = r#"
"""Documentation."""
import os as näme
class C:
    x = (1, -2, 2.5, -0.0, 3j, None, ..., b"bytes", 10**40, -(10**40), 9223372036854775807, -9223372036854775808)
    def f(self, *a, k=1, **kw):
        """Of f."""
        try:
            return [y for y in a if y in {1, "two", (3,)}], x[1:2], "\ud800"
        except (KeyError, ValueError):
            return lambda: (self, k)
    async def g(self):
        async with self as h:
            yield h
def f(): return f
"#;

fn compiled() -> Arc<Code> {
    let source = Source::from_bytes(TEXT.as_bytes(), None).expect("it is UTF-8");
    compile(&source, "<lib>/m.py", Mode::Exec, &Options::default()).expect("it compiles")
}

fn inner(code: &Code) -> Vec<&Arc<Code>> {
    let codes = code.consts.iter().filter_map(|c| match c {
        Const::Code(code) => Some(code),
        _ => None,
    });
    codes.collect()
}

#[test]
fn round_trip() {
    let code = compiled();
    let back = unpack(pack(&code).leak());
    assert_eq!(*code, back);
    assert_eq!(pack(&code), pack(&back));
}

#[test]
fn file_names_go_inward() {
    let mut code = unpack(pack(&compiled()).leak());
    code.filename = PyStr::from("elsewhere");
    for class in inner(&code) {
        assert_eq!(class.filename, *"elsewhere");
        for method in inner(class) {
            assert_eq!(method.filename, *"elsewhere");
        }
    }
}

#[test]
fn many_ask_at_once() {
    let (packed, whole): (&'static [u8], _) = (pack(&compiled()).leak(), compiled());
    for _ in 0..100 {
        let code = unpack(packed);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(*whole, code));
            }
        });
    }
}

#[test]
fn a_copy_may_change() {
    let whole = compiled();
    let mut code = unpack(pack(&whole).leak());
    code.names.push("other".into());
    assert_ne!(*whole, code);
    code.names.pop();
    assert_eq!(*whole, code);
}
