//! Deep nesting compiles or ends in a clean error; it never overflows the stack.

use typhon_compiler::{ErrorKind, Mode, Options, Source, compile};

fn outcome(text: &str) -> Result<(), (ErrorKind, String)> {
    let source = Source::from_text(text).expect("the text is fine");
    match compile(&source, "<deep>", Mode::Exec, &Options::default()) {
        Ok(_) => Ok(()),
        Err(err) => Err((err.kind, err.msg)),
    }
}

fn indented(levels: usize) -> String {
    let lines: String = (0..levels)
        .map(|level| format!("{}if x:\n", " ".repeat(level)))
        .collect();
    format!("{lines}{}pass\n", " ".repeat(levels))
}

#[test]
fn parentheses_nest_to_the_limit() {
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(outcome(&nested(200)), Ok(()));
    assert_eq!(
        outcome(&nested(201)),
        Err((ErrorKind::Syntax, "too many nested parentheses".into()))
    );
    assert!(outcome(&nested(20_000)).is_err());
    assert!(outcome(&"(".repeat(20_000)).is_err());
}

#[test]
fn indentation_nests_to_the_limit() {
    assert_eq!(outcome(&indented(99)), Ok(()));
    assert_eq!(
        outcome(&indented(100)),
        Err((
            ErrorKind::Indentation,
            "too many levels of indentation".into()
        ))
    );
    assert!(outcome(&indented(1000)).is_err());
}

#[test]
fn long_chains_compile() {
    for text in [
        format!("{}1", "-".repeat(50_000)),
        format!("{}1", "not ".repeat(5_000)),
        format!("1{}", "+1".repeat(20_000)),
        format!("1{}", "**1".repeat(5_000)),
        format!("a{}", ".a".repeat(20_000)),
        format!("a{}", "()".repeat(5_000)),
        format!("a{}", "[0]".repeat(5_000)),
        format!("{}1", "1 if a else ".repeat(5_000)),
        format!("{}1", "a = ".repeat(5_000)),
        format!("if x: pass\n{}", "elif x: pass\n".repeat(5_000)),
    ] {
        assert_eq!(outcome(&text), Ok(()), "{}...", &text[..20]);
    }
}

#[test]
fn scopes_nest_to_a_limit() {
    assert!(matches!(
        outcome(&format!("{}1", "lambda:".repeat(5_000))),
        Err((ErrorKind::Recursion, _))
    ));
}
