//! Search, splitting and the like against CPython's answers; sorting against the standard library's.

mod common;
use common::*;
use std::ops::Range;
use typhon_text::{Error, Text, TextBuf, search, strings, timsort};

fn joined(text: Text<'_>, parts: Vec<Range<usize>>) -> TextBuf {
    let mut out = TextBuf::new();
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 {
            out.push_str("|");
        }
        out.push_text(text.slice(part));
    }
    out
}

fn limit(t: &TextBuf) -> usize {
    usize::try_from(number::<isize>(t)).unwrap_or(usize::MAX)
}

#[test]
fn against_cpython() {
    let index = |i: Option<usize>| i.map_or("-1".to_owned(), |i| i.to_string());
    let flag = |b: bool| if b { "True" } else { "False" }.to_owned();
    let plain = |s: String| Ok::<_, Error>(TextBuf::from(s.as_str()));
    check("strings", |kind, q| {
        let s = q[0].as_text();
        let t = q.get(1).map(TextBuf::as_text);
        let part = |r: Range<usize>| Ok(strings::narrow(s.slice(r)));
        let cut = |parts: Result<Vec<_>, Error>| parts.map(|p| joined(s, p));
        shown(match (kind, t) {
            ("find", Some(t)) => plain(index(strings::find_text(s, t))),
            ("rfind", Some(t)) => plain(index(strings::rfind_text(s, t))),
            ("count", Some(t)) => plain(strings::count_text(s, t).to_string()),
            ("startswith", Some(t)) => plain(flag(strings::starts_with_text(s, t))),
            ("endswith", Some(t)) => plain(flag(strings::ends_with_text(s, t))),
            ("split", t) => cut(strings::split_text(s, t, limit(&q[2]))),
            ("rsplit", t) => cut(strings::rsplit_text(s, t, limit(&q[2]))),
            ("splitblank", _) => cut(strings::split_text(s, None, limit(&q[1]))),
            ("rsplitblank", _) => cut(strings::rsplit_text(s, None, limit(&q[1]))),
            ("lines", _) => cut(Ok(strings::split_lines_text(s, false))),
            ("lineskeep", _) => cut(Ok(strings::split_lines_text(s, true))),
            ("replace", Some(t)) => Ok(strings::replace_text(s, t, q[2].as_text(), limit(&q[3]))
                .unwrap_or_else(|| s.to_buf())),
            ("strip", _) => part(strings::strip_text(s, None, true, true)),
            ("stripchars", t) => part(strings::strip_text(s, t, true, true)),
            ("lstripchars", t) => part(strings::strip_text(s, t, true, false)),
            ("expandtabs", _) => Ok(strings::expand_tabs_text(s, number(&q[1]))),
            ("center", _) => {
                let (left, right) = strings::center_padding(s.len(), number(&q[1]));
                Ok(strings::padded(s, left, right, 32))
            }
            ("zfill", _) => Ok(strings::zfill_text(s, number(&q[1])).unwrap_or_else(|| s.to_buf())),
            ("bytesstrip", _) => part(strings::strip_bytes(&bytes(&q[0]), None, true, true)),
            ("byteslines", _) => cut(Ok(strings::split_lines_bytes(&bytes(&q[0]), false))),
            ("bytestranslate", _) => Ok(TextBuf::Latin1(strings::translate_bytes(
                &bytes(&q[0]),
                None,
                &bytes(&q[1]),
            ))),
            ("range", Some(t)) => {
                let found =
                    strings::search_range(s.len(), Some(number(&q[2])), Some(number(&q[3])))
                        .and_then(|r| {
                            strings::find_text(s.slice(r.clone()), t).map(|i| r.start + i)
                        });
                plain(index(found))
            }
            _ => panic!("{kind}"),
        })
    });
}

/// A small generator, so that failures repeat.
fn rng(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |n| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % n
    }
}

#[test]
fn wide_search_agrees_with_bytes() {
    let mut r = rng(7);
    for round in 0..3000 {
        let letters = 1 + r(3);
        let hay: Vec<u8> = (0..r(300)).map(|_| r(letters) as u8).collect();
        let needle: Vec<u8> = (0..r(if round % 2 == 0 { 4 } else { 40 }))
            .map(|_| r(letters) as u8)
            .collect();
        let wide = |s: &[u8]| s.iter().map(|&b| u16::from(b)).collect::<Vec<_>>();
        let (h, n) = (wide(&hay), wide(&needle));
        assert_eq!(search::find(&h, &n), search::find(&hay, &needle));
        assert_eq!(search::rfind(&h, &n), search::rfind(&hay, &needle));
        assert_eq!(search::count(&h, &n), search::count(&hay, &needle));
    }
    // The budget runs out: the linear algorithm answers.
    let mut hay = vec![1u32; 20_000];
    let mut needle = vec![1u32; 5_000];
    needle.push(2);
    assert_eq!(search::find(&hay, &needle), None);
    hay.push(2);
    assert_eq!(search::find(&hay, &needle), Some(15_000));
    hay.reverse();
    needle.reverse();
    assert_eq!(search::rfind(&hay, &needle), Some(0));
}

fn inputs() -> Vec<Vec<u64>> {
    let mut r = rng(99);
    let mut all = vec![];
    for n in [0, 1, 2, 3, 31, 32, 33, 63, 64, 65, 100, 1000, 5000] {
        all.push((0..n).collect());
        all.push((0..n).rev().collect());
        all.push((0..n).map(|_| r(1 << 40)).collect());
        all.push((0..n).map(|_| r(4)).collect());
        all.push((0..n).map(|i| i % 97 + i / 50).collect());
        all.push(
            (0..n)
                .map(|i| if i % 10 == 0 { r(1000) } else { i })
                .collect(),
        );
        all.push((n / 2..n).chain(0..n / 2).collect());
    }
    all
}

#[test]
fn sorts_stably_both_ways() {
    for input in inputs() {
        let tagged: Vec<(u64, usize)> = input.iter().copied().zip(0..).collect();
        let mut want = tagged.clone();
        want.sort_by_key(|e| e.0);
        let mut got = tagged.clone();
        timsort::sort(&mut got, |a, b| Ok::<_, ()>(a.0 < b.0)).unwrap();
        assert_eq!(got, want);
        want.sort_by_key(|e| (std::cmp::Reverse(e.0), e.1));
        let mut got = tagged;
        timsort::sort_reversed(&mut got, |a, b| Ok::<_, ()>(a.0 < b.0)).unwrap();
        assert_eq!(got, want);
    }
}

#[test]
fn sort_loses_nothing_when_comparison_fails_or_lies() {
    let mut r = rng(5);
    for input in inputs() {
        for _ in 0..12 {
            let mut got: Vec<(u64, usize)> = input.iter().copied().zip(0..).collect();
            let mut left = r(8 * input.len() as u64 + 1);
            let liar = r(2) == 0;
            let mut coin = rng(left + 1);
            let result = timsort::sort(&mut got, |a, b| {
                left = left.checked_sub(1).ok_or(())?;
                Ok::<_, ()>(if liar && coin(5) == 0 {
                    coin(2) == 0
                } else {
                    a.0 < b.0
                })
            });
            let _ = result;
            got.sort_by_key(|e| e.1);
            assert!(got.iter().map(|e| e.0).eq(input.iter().copied()));
        }
    }
}

#[test]
fn sorted_input_takes_linear_comparisons() {
    let mut n = 0;
    let mut v: Vec<u64> = (0..10_000).collect();
    timsort::sort(&mut v, |a, b| {
        n += 1;
        Ok::<_, ()>(a < b)
    })
    .unwrap();
    assert_eq!(n, 9_999);
}
