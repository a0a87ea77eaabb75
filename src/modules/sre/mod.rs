//! `_sre`: the engine under `re`.
//! - `codes.rs`: the pattern code's numbers; `program.rs`: what is worked out from it once; `engine.rs`: the matcher, plain Rust over text
//! - `subject.rs`: strings and buffers as text; `pattern.rs`, `sub.rs`: `re.Pattern`; `matched.rs`: `re.Match`;
//!   `scanner.rs`, `template.rs`

pub mod codes;
pub mod engine;
pub mod matched;
pub mod pattern;
pub mod program;
pub mod scanner;
pub mod sub;
pub mod subject;
pub mod template;

use self::matched::Match;
use self::pattern::Pattern;
use self::scanner::Scanner;
use self::template::Template;
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::{Dict, List};

#[pymodule(name = "_sre")]
pub mod module {
    use super::*;

    #[pyattr]
    const MAGIC: i64 = 20230612;
    #[pyattr]
    const CODESIZE: i64 = 4;
    #[pyattr]
    const MAXREPEAT: i64 = u32::MAX as i64;
    #[pyattr]
    const MAXGROUPS: i64 = (i32::MAX / 2) as i64;
    #[pyattr]
    const copyright: &str = " SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB ";

    #[pyfunction]
    fn getcodesize() -> i64 {
        CODESIZE
    }
    #[pyfunction]
    #[sig(character, /)]
    fn ascii_iscased(character: i32) -> bool {
        u8::try_from(character).is_ok_and(|c| c.is_ascii_alphabetic())
    }
    #[pyfunction]
    #[sig(character, /)]
    fn unicode_iscased(character: i32) -> bool {
        let c = character as u32;
        codes::lower(c) != c || codes::upper(c) != c
    }
    #[pyfunction]
    #[sig(character, /)]
    fn ascii_tolower(character: i32) -> i32 {
        codes::lower_ascii(character as u32) as i32
    }
    #[pyfunction]
    #[sig(character, /)]
    fn unicode_tolower(character: i32) -> i32 {
        codes::lower(character as u32) as i32
    }
    #[pyfunction]
    #[sig(pattern, flags, code, groups, groupindex, indexgroup)]
    fn compile(
        pattern: &Value,
        flags: i32,
        code: &List,
        groups: usize,
        groupindex: &Dict,
        indexgroup: &Tuple,
        cx: &mut Cx,
    ) -> Res<Value> {
        let mut words = Vec::with_capacity(code.len());
        for v in code.to_vec(cx) {
            match u32::try_from(number::index_u64(cx, &v)?) {
                Ok(w) => words.push(w),
                Err(_) => {
                    return Err(cx.overflow_error("regular expression code size limit exceeded"));
                }
            }
        }
        Pattern::make(cx, pattern, flags, words, groups, groupindex, indexgroup)
    }
    /// template is a list containing interleaved literal strings (str or bytes)
    /// and group indices (int), as returned by _parser.parse_template:
    /// [literal1, group1, ..., literalN, groupN]
    #[pyfunction]
    #[sig(pattern, template, /)]
    fn template(pattern: &Value, template: &List, cx: &mut Cx) -> Res<Value> {
        let _ = pattern;
        let items = template.to_vec(cx);
        Template::make(cx, items)
    }

    #[pyinit]
    fn init(_module: &Value, cx: &mut Cx) -> Res<()> {
        for cell in [
            Pattern::type_cell(),
            Match::type_cell(),
            Scanner::type_cell(),
            Template::type_cell(),
        ] {
            cell.get(cx)?;
        }
        Ok(())
    }
}
