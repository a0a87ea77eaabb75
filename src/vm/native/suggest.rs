//! "Did you mean ...?" for names of keyword arguments: the nearest candidate by edit distance, where changing case is
//! cheaper than changing a letter and far candidates count as none (the rule CPython applies).

const MOVE: usize = 2;
const CASE: usize = 1;
const LONGEST: usize = 40;

/// The candidate that `name` was perhaps meant to be.
pub fn suggestion<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.filter(|c| *c != name) {
        let mut limit = (name.chars().count() + candidate.chars().count() + 3) * MOVE / 6;
        if let Some((found, _)) = best {
            limit = limit.min(found.saturating_sub(1));
        }
        let distance = distance(name, candidate);
        if distance <= limit {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, c)| c)
}

fn cost(a: char, b: char) -> usize {
    match () {
        () if a == b => 0,
        () if a.eq_ignore_ascii_case(&b) => CASE,
        () => MOVE,
    }
}

/// The weighted Levenshtein distance, by rows.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).map(|j| j * MOVE).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = (i + 1) * MOVE;
        for (j, &y) in b.iter().enumerate() {
            let straight = corner + cost(x, y);
            corner = row[j + 1];
            row[j + 1] = straight.min(row[j] + MOVE).min(corner + MOVE);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn nearest_name() {
        assert_eq!(
            suggestion("keyy", ["key", "reverse"].into_iter()),
            Some("key")
        );
        assert_eq!(suggestion("foo", ["key", "reverse"].into_iter()), None);
        assert_eq!(
            suggestion("encodin", ["encoding", "errors"].into_iter()),
            Some("encoding")
        );
    }
}
