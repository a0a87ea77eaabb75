//! A tree compiles to the code its source compiles to. With `TYPHON_LIBRARY` set, for all files of the library.

use std::path::Path;
use typhon_compiler::pyast::tree;
use typhon_compiler::{Mode, Options, Source, compile, compile_node};

const SNIPPETS: &[&str] = &[
    "x = 1\ny: int = x + 2 * 3 - -4 ** 5\n(z): str\n",
    "def f(a, /, b=1, *c: int, d, e=2, **g) -> str:\n    'doc'\n    return lambda x, *y, z=3: (x, y, z)\n",
    "@deco(1)\nclass C[T: int = str, *Ts, **P](B, metaclass=M):\n    'doc'\n    a: T\n    def m(self): return super().m(__class__)\n",
    "async def f():\n    async with a as b, c:\n        async for x in y:\n            await z\n    return [x async for x in y if await x]\n",
    "try:\n    a\nexcept (A, B) as e:\n    b\nexcept:\n    c\nelse:\n    d\nfinally:\n    e\n",
    "try:\n    a\nexcept* A as e:\n    b\n",
    "match x:\n    case [a, *_, b] | (b, a): 1\n    case {'k': -1, 'm': 1+2j, **rest} if rest: 2\n    case P(1, q=None) as r: 3\n    case a.b | 'x': 4\n    case _: 5\n",
    "if a: b\nelif c: d\nelif e: f\nelse: g\nwhile h: break\nfor i in j: continue\nelse: k\n",
    "s = f'a{b!r:>{w}}c{{}}{d=}' 'e' \"\\n\\ud800'\"\nt = t'{x:y}{ z }'\nu = b'\\x00' + rb'\\d'\n",
    "l = [a, *b, (c, d), {e: f, **g}, {h, *i}, {k: v for k, v in w}, (q for q in r)]\n",
    "a[1:2, ::3], b[1:], c[*d], e[f, g] = x[y] = z\ndel a[0], b.c, (d, e)\na.b += 1; a[0] -= 2; a[1:2] *= 3\n",
    "from .a import b as c, d\nimport e.f as g, h.i\nfrom . import *\nglobal j\n",
    "print(f(a, *b, c=1, **d), all(x for x in y), not a and b or c, a < b <= c, x if y else z, (w := 1))\n",
    "type A[T] = list[T]\nassert a, b\nraise c from d\n1e309, 1j, 10**30, 0xffffffffffffffffffff, ..., None\n",
];

fn check(text: &str, name: &str) {
    let source = Source::from_text(text).expect("the text is fine");
    let options = Options::default();
    let Ok(expected) = compile(&source, name, Mode::Exec, &options) else {
        return;
    };
    let tree = tree(&source, Mode::Exec, &options).expect("what compiles has a tree");
    match compile_node(&tree, name, &options) {
        Ok(code) => assert!(code == expected, "{name}: the code differs"),
        Err(err) => panic!("{name}: {err}"),
    }
}

#[test]
fn snippets_compile_from_their_trees() {
    for (index, snippet) in SNIPPETS.iter().enumerate() {
        check(snippet, &format!("snippet {index}"));
    }
}

fn library(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            library(&path);
        } else if path.extension().is_some_and(|extension| extension == "py")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            check(&text, &path.display().to_string());
        }
    }
}

#[test]
fn the_library_compiles_from_its_trees() {
    match std::env::var("TYPHON_LIBRARY") {
        Ok(folder) => library(Path::new(&folder)),
        Err(_) => println!("skipped: TYPHON_LIBRARY names no library"),
    }
}
