//! The source lines under a traceback entry, with `~~^~~` below the part that was running: PEP 657, with the anchors of
//! binary operators, subscripts and calls.

use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;
use std::collections::BTreeSet;

/// Where an instruction stands: lines from 1, columns in UTF-8 bytes from 0.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub line: i32,
    pub end_line: i32,
    pub col: i32,
    pub end_col: i32,
}

/// Columns a character takes on a terminal.
fn char_width(c: char) -> usize {
    match typhon_text::unicode::east_asian_width(c as u32) {
        "W" | "F" if !c.is_ascii() => 2,
        _ => 1,
    }
}

fn width(chars: &[char], upto: usize) -> usize {
    chars.iter().take(upto).map(|c| char_width(*c)).sum()
}

/// Characters before a byte offset.
fn char_offset(line: &str, bytes: usize) -> usize {
    line.char_indices().take_while(|(i, _)| *i < bytes).count()
}

/// Take away the indentation that all lines share; blank lines do not count and become empty.
pub fn dedent(lines: &[String]) -> Vec<String> {
    let mut margin: Option<&str> = None;
    for l in lines.iter().filter(|l| !l.trim().is_empty()) {
        let indent = &l[..l.len() - l.trim_start_matches([' ', '\t']).len()];
        margin = Some(match margin {
            None => indent,
            Some(m) => {
                let common = m
                    .bytes()
                    .zip(indent.bytes())
                    .take_while(|(a, b)| a == b)
                    .count();
                &m[..common]
            }
        });
    }
    let n = margin.map_or(0, str::len);
    lines
        .iter()
        .map(|l| {
            if l.trim().is_empty() {
                String::new()
            } else {
                l[n..].to_owned()
            }
        })
        .collect()
}

/// What is marked `^` inside the `~`: from the end of the left part to the start of the right one, as (line, column).
struct Anchors {
    left: (usize, usize),
    right: (usize, usize),
}

/// The next character that matters from a place on: white space, line continuations and comments are skipped.
fn next_valid(lines: &[Vec<char>], mut line: usize, mut col: usize) -> Option<(usize, usize)> {
    while line < lines.len() {
        match lines[line].get(col) {
            None => {
                line += 1;
                col = 0;
            }
            Some('#') => {
                line += 1;
                col = 0;
            }
            Some(c) if c.is_whitespace() || *c == '\\' => col += 1,
            Some(_) => return Some((line, col)),
        }
    }
    None
}

/// Advance to the first character that matters and satisfies `stop`.
fn until(
    lines: &[Vec<char>],
    mut at: (usize, usize),
    stop: impl Fn(char) -> bool,
) -> Option<(usize, usize)> {
    loop {
        at = next_valid(lines, at.0, at.1)?;
        if stop(lines[at.0][at.1]) {
            return Some(at);
        }
        at.1 += 1;
    }
}

/// The anchors of a piece of source that is one expression.
fn anchors(segment: &str) -> Option<Anchors> {
    // Parentheses let the expression span lines.
    let wrapped = format!("(\n{segment}\n)");
    let parsed = parse_module(&wrapped).ok()?;
    let [Stmt::Expr(stmt)] = &parsed.syntax().body[..] else {
        return None;
    };
    let text: Vec<&str> = segment.split('\n').collect();
    let lines: Vec<Vec<char>> = text.iter().map(|l| l.chars().collect()).collect();
    // A byte offset in `wrapped` as line and column of the segment.
    let place = |offset: u32| -> Option<(usize, usize)> {
        let mut rest = (offset as usize).checked_sub(2)?;
        for (i, l) in text.iter().enumerate() {
            if rest <= l.len() {
                return Some((i, char_offset(l, rest)));
            }
            rest -= l.len() + 1;
        }
        None
    };
    match &*stmt.value {
        Expr::BinOp(e) => {
            let at = until(&lines, place(e.left.range().end().to_u32())?, |c| c != ')')?;
            let mut right = at.1 + 1;
            // An operator has one or two characters.
            if lines[at.0]
                .get(right)
                .is_some_and(|c| !c.is_whitespace() && *c != '\\' && *c != '#')
            {
                let start = place(e.right.range().start().to_u32())?;
                if (at.0, right) < start {
                    right += 1;
                }
            }
            Some(Anchors {
                left: at,
                right: (at.0, right),
            })
        }
        Expr::Subscript(e) => {
            let left = until(&lines, place(e.value.range().end().to_u32())?, |c| c == '[')?;
            let right = until(&lines, place(e.slice.range().end().to_u32())?, |c| c == ']')?;
            Some(Anchors {
                left,
                right: (right.0, right.1 + 1),
            })
        }
        Expr::Call(e) => {
            let left = until(&lines, place(e.func.range().end().to_u32())?, |c| c == '(')?;
            let right = place(e.range().end().to_u32())?;
            Some(Anchors { left, right })
        }
        _ => None,
    }
}

/// Whether the marks tell more than the line itself does.
fn worth_showing(all: &[String], start: usize, end: usize, anchors: bool) -> bool {
    let text = all.join("\n");
    if let Ok(parsed) = parse_module(&text) {
        let Some(first) = parsed.syntax().body.first() else {
            return false;
        };
        let value = match first {
            Stmt::Return(r) => match r.value.as_deref() {
                Some(e @ Expr::Call(c)) if matches!(&*c.func, Expr::Name(_)) => Some(e),
                _ => None,
            },
            Stmt::Assign(a) => Some(&*a.value).filter(|e| {
                matches!(e, Expr::Call(_)) && matches!(&a.targets[..], [Expr::Name(_)])
            }),
            _ => None,
        };
        if let Some(v) = value {
            let from = v.range().start().to_usize();
            let to = v.range().end().to_usize();
            let first_line = text.find('\n').unwrap_or(text.len());
            let last_start = text.rfind('\n').map_or(0, |i| i + 1);
            if from <= first_line && from == start && to >= last_start && to - last_start == end {
                return false;
            }
        }
    }
    if anchors {
        return true;
    }
    let chars: Vec<char> = all[0].chars().collect();
    let before: String = chars.iter().take(start).collect();
    let last: Vec<char> = all[all.len() - 1].chars().collect();
    let after: String = last.iter().skip(end).collect();
    !before.trim_start().is_empty() || !after.trim_end().is_empty()
}

/// The display of the lines an instruction spans: indented by four columns, marks included.
pub fn render(lines: &[String], at: Place) -> String {
    let dedented = dedent(lines);
    let spans = (at.end_line - at.line).max(0) as usize;
    if at.col < 0 || at.end_col < 0 || spans >= lines.len() {
        return format!("    {}\n", lines[0].trim());
    }
    let all: Vec<String> = dedented[..=spans].to_vec();
    let last = spans;
    let cut = lines[0].chars().count() - all[0].chars().count().min(lines[0].chars().count());
    let start = char_offset(&lines[0], at.col as usize).saturating_sub(cut);
    let end = char_offset(&lines[last], at.end_col as usize).saturating_sub(cut);
    let chars: Vec<Vec<char>> = all.iter().map(|l| l.chars().collect()).collect();
    let (shown_start, shown_end) = (width(&chars[0], start), width(&chars[last], end));
    // The exact source of the instruction.
    let mut segment: Vec<String> = Vec::new();
    for (i, l) in chars.iter().enumerate() {
        let from = if i == 0 { start.min(l.len()) } else { 0 };
        let to = if i == last { end.min(l.len()) } else { l.len() };
        segment.push(
            l.get(from..to)
                .map(|s| s.iter().collect())
                .unwrap_or_default(),
        );
    }
    let found = anchors(&segment.join("\n")).filter(|a| a.left.0 <= last && a.right.0 <= last);
    let marks = worth_showing(&all, start, end, found.is_some());

    let mut significant: BTreeSet<usize> = BTreeSet::from([0, last]);
    let mut inner: Option<((usize, usize), (usize, usize))> = None;
    if let Some(a) = &found {
        let shift = |p: (usize, usize)| {
            let col = if p.0 == 0 { p.1 + start } else { p.1 };
            (p.0, width(&chars[p.0], col))
        };
        inner = Some((shift(a.left), shift(a.right)));
        for l in [a.left.0, a.right.0] {
            significant.extend(l.saturating_sub(1)..=(l + 1).min(last));
        }
    }
    let mut rows: Vec<String> = Vec::new();
    let row = |n: usize, rows: &mut Vec<String>| {
        rows.push(all[n].clone());
        if !marks {
            return;
        }
        let spaces = chars[n].iter().take_while(|c| c.is_whitespace()).count();
        let upto = if n == last {
            shown_end
        } else {
            width(&chars[n], chars[n].len())
        };
        let mut line = String::new();
        for col in 0..upto {
            line.push(if col < spaces || (n == 0 && col < shown_start) {
                ' '
            } else {
                match inner {
                    None => '^',
                    Some((left, right)) => {
                        let inside = (n > left.0 || (n == left.0 && col >= left.1))
                            && (n < right.0 || (n == right.0 && col < right.1));
                        if inside { '^' } else { '~' }
                    }
                }
            });
        }
        rows.push(line);
    };
    let mut before: Option<usize> = None;
    for &n in &significant {
        if let Some(b) = before {
            match n - b {
                2 => row(n - 1, &mut rows),
                d if d > 2 => rows.push(format!("...<{} lines>...", d - 1)),
                _ => {}
            }
        }
        row(n, &mut rows);
        before = Some(n);
    }
    let rows = dedent(&rows);
    rows.iter().map(|r| format!("    {r}\n")).collect()
}
