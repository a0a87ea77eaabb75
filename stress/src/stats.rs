//! Medians, and intervals that hold whatever the distribution of the measurements is.
//!
//! The interval of a median lies between two of the measurements themselves: the k-th smallest and the k-th largest.
//! It misses the true median only if fewer than k measurements fall on one side of it, and each falls there like a
//! coin, so its coverage is `1 - 2 P(Binomial(n, 1/2) < k)` exactly. (H. A. David, H. N. Nagaraja: Order Statistics,
//! 7.1.) Timings are skewed and have few values a side, which a normal approximation or a bootstrap of five would hide.

use serde::Serialize;

/// The coverage intervals are asked for. Fewer than six measurements cannot give it.
pub const LEVEL: f64 = 0.95;

/// A median and what is known about it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Summary {
    pub count: usize,
    pub median: f64,
    /// The interval of the median.
    pub low: f64,
    pub high: f64,
    /// How often such an interval holds the true median: at least [`LEVEL`], unless there are too few measurements.
    pub coverage: f64,
    pub least: f64,
    pub largest: f64,
}

impl Summary {
    /// A value without an interval.
    pub fn exact(value: f64) -> Summary {
        Summary {
            count: 1,
            median: value,
            low: value,
            high: value,
            coverage: 0.0,
            least: value,
            largest: value,
        }
    }
}

/// None if there is no measurement.
pub fn summarize(values: &[f64]) -> Option<Summary> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, largest) = (*sorted.first()?, *sorted.last()?);
    let (k, coverage) = interval_rank(sorted.len());
    Some(Summary {
        count: sorted.len(),
        median: median_of_sorted(&sorted),
        low: sorted[k - 1],
        high: sorted[sorted.len() - k],
        coverage,
        least,
        largest,
    })
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}

pub fn median(values: &[f64]) -> Option<f64> {
    Some(summarize(values)?.median)
}

/// The largest k whose interval covers [`LEVEL`], or 1; and its coverage.
fn interval_rank(count: usize) -> (usize, f64) {
    let mut best = (1, (1.0 - 2.0 * binomial_half_below(count, 1)).max(0.0));
    for k in 2..=count.div_ceil(2) {
        let coverage = 1.0 - 2.0 * binomial_half_below(count, k);
        if coverage < LEVEL {
            break;
        }
        best = (k, coverage);
    }
    best
}

/// P(Binomial(n, 1/2) < k)
fn binomial_half_below(n: usize, k: usize) -> f64 {
    // The first term would vanish for n beyond a thousand; logarithms do not.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for i in 0..k {
        sum += log_term.exp();
        log_term += ((n - i) as f64).ln() - ((i + 1) as f64).ln();
    }
    sum
}

/// A small generator of random numbers, the same on every machine (splitmix64, by S. Vigna, public domain).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Every order is as likely as any other (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even_counts() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn intervals_have_the_coverage_of_the_tables() {
        // Tables of the sign test: n = 5: 93.75 % from least to largest; n = 6: 96.875 %; n = 10: 97.85 % from 2nd to 9th;
        // n = 20: 95.86 % from 6th to 15th.
        let cases = [
            (5, 1, 0.9375),
            (6, 1, 0.96875),
            (10, 2, 0.978_515),
            (20, 6, 0.958_61),
        ];
        for (n, rank, coverage) in cases {
            let (k, given) = interval_rank(n);
            assert_eq!(k, rank, "{n}");
            assert!((given - coverage).abs() < 1e-5, "{n}: {given}");
        }
        assert_eq!(interval_rank(1), (1, 0.0));
        assert_eq!(interval_rank(2), (1, 0.5));
        assert!(interval_rank(5000).1 >= LEVEL);
    }

    #[test]
    fn orders_are_equally_likely() {
        let (mut random, mut counts) = (Random(3), [0; 6]);
        for _ in 0..6000 {
            let mut items = [0, 1, 2];
            random.shuffle(&mut items);
            counts[items[0] * 2 + usize::from(items[1] > items[2])] += 1;
        }
        assert!(counts.iter().all(|n| (850..1150).contains(n)), "{counts:?}");
    }

    #[test]
    fn the_interval_is_made_of_measurements() {
        let values: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        let summary = summarize(&values).expect("ten values");
        assert_eq!((summary.low, summary.high), (2.0, 9.0));
        assert_eq!((summary.least, summary.largest), (1.0, 10.0));
        assert_eq!(summary.median, 5.5);
    }

    #[test]
    fn intervals_cover_as_often_as_they_say() {
        // A skewed distribution (square of a uniform): its median is 1/4.
        let mut random = Random(7);
        let mut held = 0;
        for _ in 0..4000 {
            let values: Vec<f64> = (0..7)
                .map(|_| (random.next() as f64 / u64::MAX as f64).powi(2))
                .collect();
            let summary = summarize(&values).expect("seven values");
            held += usize::from(summary.low <= 0.25 && 0.25 <= summary.high);
        }
        let share = held as f64 / 4000.0;
        assert!((share - 0.984).abs() < 0.01, "{share}");
    }
}
