//! What limits scaling: where the time of the processors went, on each number of threads.
//!
//! The time that N threads have on `min(N, cores)` processors is either work that one thread needs as well, further
//! work (shared counts, cache misses, retries), or idle: waits for locks, pauses, and threads that have nothing to do.
//!
//! - The serial fraction is that of A. H. Karp and H. P. Flatt, "Measuring parallel processor performance", CACM 33(5),
//!   1990: `(1/S - 1/p) / (1 - 1/p)`.
//! - The model is N. J. Gunther's universal scalability law ("Guerrilla Capacity Planning", 2007, chapter 5):
//!   `X(N) = a N / (1 + s (N - 1) + k N (N - 1))`, s: contention, k: coherency. `N / X` is linear in `1/a`, `s/a`, `k/a`, so
//!   it is fitted by least squares; the band comes from drawing the runs of each number of threads anew (bootstrap).

use super::figures::{Figures, work};
use super::measure::Measured;
use crate::regime::{Kind, Regime};
use crate::stats::{Random, median};
use serde::Serialize;

/// Thread counts the model needs, each with a processor of its own for every thread.
const COUNTS_FOR_A_MODEL: usize = 4;

/// How often the runs are drawn anew for the band of the model.
const DRAWS: usize = 1000;

/// Where the time of one number of threads went, in processor seconds per run.
#[derive(Clone, Debug, Serialize)]
pub struct Budget {
    pub regime: usize,
    pub threads: usize,
    /// Processors that the threads could have used.
    pub processors: usize,
    /// `processors` times the time of the run.
    pub capacity: f64,
    /// The processor time that the run on one thread needs (as often as there is work).
    pub needed: f64,
    /// Processor time beyond it.
    pub further: f64,
    /// The run's threads did not compute.
    pub idle: f64,
    /// The part of it in which other programs had the processors.
    pub others: f64,
    /// What the interpreter knows of waits, in thread seconds; part of `idle` as far as there were processors free.
    pub object_locks: f64,
    pub program_locks: f64,
    pub global_lock: f64,
    pub pauses: f64,
    /// None for one processor.
    pub serial_fraction: Option<f64>,
    /// The counters that grow with the threads, most telling first: what it is, on one thread, on these.
    pub grown: Vec<(String, f64, f64)>,
}

/// What the counters mean, for those that tell about scaling.
const MEANINGS: &[(&str, &str)] = &[
    (
        "lock_contended",
        "an object's lock was held by another thread",
    ),
    ("read_contended", "a lock-free read had to take the lock"),
    (
        "foreign_counts",
        "counts of objects that another thread owns",
    ),
    (
        "promoted",
        "objects promoted to deferred counting, because many threads count them",
    ),
    (
        "merge_queued",
        "counts handed back to the owner of the object",
    ),
    (
        "merged_for_other",
        "counts merged on behalf of a sleeping or ended owner",
    ),
    (
        "cross_thread_free",
        "cells freed by another thread than their page's",
    ),
    (
        "program_lock_waits",
        "waits for locks of the program (Lock, RLock, Condition, Queue)",
    ),
    ("gil_waits", "waits for the global lock"),
    ("gil_switches", "the global lock handed over"),
    ("stops_requested", "the world stopped"),
    ("retired", "buffers kept for lock-free readers"),
    ("collections", "collections"),
];

pub fn budgets(figures: &[Figures], regimes: &[Regime], cores: usize, grows: bool) -> Vec<Budget> {
    let mut budgets = Vec::new();
    for (index, _) in regimes.iter().enumerate() {
        let mut of_regime = figures
            .iter()
            .filter(|figures| figures.regime == index && figures.speedup.is_some());
        let Some(one) = of_regime.next().filter(|figures| figures.threads == 1) else {
            continue;
        };
        for figures in of_regime {
            budgets.push(budget(one, figures, cores, grows));
        }
    }
    budgets
}

fn budget(one: &Figures, many: &Figures, cores: usize, grows: bool) -> Budget {
    let processors = many.threads.min(cores);
    let capacity = processors as f64 * many.wall_seconds;
    let needed = one.cpu_seconds * work(many.threads, grows);
    let counter = |name: &str| many.counters.get(name).copied().unwrap_or(0.0);
    let seconds = |name: &str| counter(name) / 1e9;
    let idle = (capacity - many.cpu_seconds).max(0.0);
    // On processors that the threads could not have used anyway others do no harm.
    let spare = (cores - processors) as f64 * many.wall_seconds;
    // While the world stands still, one thread works and the others wait.
    let standing = many.pauses.map_or(0.0, |pauses| pauses.total_seconds);
    Budget {
        regime: many.regime,
        threads: many.threads,
        processors,
        capacity,
        needed: needed.min(capacity),
        further: (many.cpu_seconds - needed).max(0.0),
        idle,
        others: (many.others_seconds - spare).clamp(0.0, idle),
        object_locks: seconds("lock_wait_ns"),
        program_locks: seconds("program_lock_wait_ns"),
        global_lock: seconds("gil_wait_ns"),
        pauses: standing * (processors - 1) as f64,
        serial_fraction: many
            .speedup
            .and_then(|speedup| karp_flatt(speedup.median, processors)),
        grown: grown(one, many),
    }
}

/// The counters that are at least twice what they are on one thread, and no trifle.
fn grown(one: &Figures, many: &Figures) -> Vec<(String, f64, f64)> {
    MEANINGS
        .iter()
        .filter_map(|&(name, meaning)| {
            let value = |figures: &Figures| figures.counters.get(name).copied();
            let (before, now) = (value(one)?, value(many)?);
            (now >= 10.0 && now >= 2.0 * before).then(|| (meaning.to_string(), before, now))
        })
        .collect()
}

/// The part of the work that only one thread does, if nothing else held the others up.
pub fn karp_flatt(speedup: f64, processors: usize) -> Option<f64> {
    if processors < 2 || speedup <= 0.0 {
        return None;
    }
    let p = processors as f64;
    Some((1.0 / speedup - 1.0 / p) / (1.0 - 1.0 / p))
}

/// What took time, and which part of the capacity.
#[derive(Debug)]
pub struct Cause {
    pub share: f64,
    pub what: &'static str,
}

impl Budget {
    /// The causes, largest first; what makes less than a twentieth of the capacity is left out.
    pub fn causes(&self) -> Vec<Cause> {
        // A thread that waits keeps no processor idle while others use it, so waits explain at most what was idle, and share
        // that if they are longer together. What the interpreter made a thread wait for comes first. The program's waits
        // come last: a thread that joins others waits by design, and explains nothing while these have no processor.
        let mut idle = self.idle;
        let mut causes = vec![(
            self.further,
            "further work: counting shared objects, cache misses, retries",
        )];
        let groups = [
            &[
                (self.object_locks, "waits for the locks of objects"),
                (self.global_lock, "waits for the global lock"),
                (
                    self.pauses,
                    "threads that stood still for a collection or another stop of the world",
                ),
            ][..],
            &[(self.others, "processors that other programs used meanwhile")],
            &[(
                self.program_locks,
                "waits for the program's own locks, conditions and queues",
            )],
        ];
        for group in groups {
            let sum: f64 = group.iter().map(|wait| wait.0).sum();
            let part = if sum > idle { idle / sum } else { 1.0 };
            causes.extend(group.iter().map(|&(seconds, what)| (seconds * part, what)));
            idle -= sum * part;
        }
        causes.push((
            idle,
            "processors without a thread to run: serial parts (start-up included), uneven shares",
        ));
        causes.retain(|cause| cause.0 >= 0.05 * self.capacity);
        causes.sort_by(|a, b| b.0.total_cmp(&a.0));
        causes
            .into_iter()
            .map(|(seconds, what)| Cause {
                share: seconds / self.capacity,
                what,
            })
            .collect()
    }
}

/// A fit of the universal scalability law, or why there is none.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
    pub regime: usize,
    pub fitted: Option<Fit>,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Throughput of one thread, contention, coherency; each with its 95 % band.
    pub alpha: [f64; 3],
    pub sigma: [f64; 3],
    pub kappa: [f64; 3],
}

impl Fit {
    /// The throughput on so many threads.
    pub fn at(&self, threads: f64) -> f64 {
        let (a, s, k) = (self.alpha[0], self.sigma[0], self.kappa[0]);
        a * threads / (1.0 + s * (threads - 1.0) + k * threads * (threads - 1.0))
    }
}

pub fn models(measured: &Measured, regimes: &[Regime], cores: usize, grows: bool) -> Vec<Model> {
    regimes
        .iter()
        .enumerate()
        .filter(|(_, regime)| regime.kind == Kind::Free && regime.missing.is_none())
        .map(|(index, _)| model(measured, index, cores, grows))
        .collect()
}

fn model(measured: &Measured, regime: usize, cores: usize, grows: bool) -> Model {
    // N and the throughputs of its runs.
    let points: Vec<(f64, Vec<f64>)> = measured
        .cells
        .iter()
        .filter(|cell| cell.regime == regime && cell.threads <= cores)
        .filter(|cell| cell.problem.is_none() && !cell.runs.is_empty())
        .map(|cell| {
            let jobs = work(cell.threads, grows);
            let runs = cell.runs.iter().map(|run| jobs / run.seconds);
            (cell.threads as f64, runs.collect())
        })
        .collect();
    if points.len() < COUNTS_FOR_A_MODEL {
        return Model {
            regime,
            fitted: None,
            reason: format!(
                "no model is fitted: it needs {COUNTS_FOR_A_MODEL} numbers of threads with a processor for each thread; \
                 on {cores} processors {} of the measured ones have that",
                points.len()
            ),
        };
    }
    let medians: Vec<(f64, f64)> = points
        .iter()
        .filter_map(|(threads, runs)| Some((*threads, median(runs)?)))
        .collect();
    let Some(center) = fit(&medians) else {
        return Model {
            regime,
            fitted: None,
            reason: "no model is fitted: the measurements do not determine one".into(),
        };
    };
    let mut random = Random(0);
    let mut drawn: [Vec<f64>; 3] = Default::default();
    for _ in 0..DRAWS {
        let sample: Vec<(f64, f64)> = points
            .iter()
            .filter_map(|(threads, runs)| {
                let again: Vec<f64> = (0..runs.len())
                    .map(|_| runs[random.below(runs.len())])
                    .collect();
                Some((*threads, median(&again)?))
            })
            .collect();
        if let Some(values) = fit(&sample) {
            for (list, value) in drawn.iter_mut().zip(values) {
                list.push(value);
            }
        }
    }
    let banded = |index: usize| {
        let mut values = drawn[index].clone();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = values.len().saturating_sub(1) as f64;
            values.get((share * last).round() as usize).copied()
        };
        let center = center[index];
        [
            center,
            at(0.025).unwrap_or(center),
            at(0.975).unwrap_or(center),
        ]
    };
    Model {
        regime,
        fitted: Some(Fit {
            alpha: banded(0),
            sigma: banded(1),
            kappa: banded(2),
        }),
        reason: String::new(),
    }
}

/// a, s, k of the law for (N, X) by least squares on N/X; neither s nor k below 0.
fn fit(points: &[(f64, f64)]) -> Option<[f64; 3]> {
    let bases: [&dyn Fn(f64) -> f64; 3] = [&|_| 1.0, &|n| n - 1.0, &|n| n * (n - 1.0)];
    // A term that would come out negative is left out of the law.
    for terms in [&[0, 1, 2][..], &[0, 1], &[0, 2], &[0]] {
        let chosen: Vec<_> = terms.iter().map(|&term| bases[term]).collect();
        let Some(solved) = least_squares(points, &chosen) else {
            continue;
        };
        if solved[0] <= 0.0 || solved[1..].iter().any(|&value| value < 0.0) {
            continue;
        }
        let mut values = [1.0 / solved[0], 0.0, 0.0];
        for (&term, value) in terms.iter().zip(&solved).skip(1) {
            values[term] = value / solved[0];
        }
        return Some(values);
    }
    None
}

/// Coefficients of the bases for `N / X`, by the normal equations.
fn least_squares(points: &[(f64, f64)], bases: &[&dyn Fn(f64) -> f64]) -> Option<Vec<f64>> {
    let m = bases.len();
    let mut rows = vec![vec![0.0; m + 1]; m];
    for &(n, x) in points {
        for (i, row) in rows.iter_mut().enumerate() {
            for (j, base) in bases.iter().enumerate() {
                row[j] += bases[i](n) * base(n);
            }
            row[m] += bases[i](n) * n / x;
        }
    }
    for i in 0..m {
        let pivot = (i..m).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs()))?;
        rows.swap(i, pivot);
        if rows[i][i].abs() < 1e-12 {
            return None;
        }
        for j in 0..m {
            if j != i {
                let factor = rows[j][i] / rows[i][i];
                for k in i..=m {
                    let part = factor * rows[i][k];
                    rows[j][k] -= part;
                }
            }
        }
    }
    Some((0..m).map(|i| rows[i][m] / rows[i][i]).collect())
}

#[cfg(test)]
mod tests {
    use super::super::figures::figures;
    use super::super::figures::tests::{cell, measured};
    use super::*;

    #[test]
    fn karp_and_flatt() {
        // Amdahl's law turned around: a tenth serial on four processors gives 1 / (0.1 + 0.9 / 4).
        let fraction = karp_flatt(1.0 / (0.1 + 0.9 / 4.0), 4).expect("four processors");
        assert!((fraction - 0.1).abs() < 1e-12);
        assert_eq!(karp_flatt(1.0, 1), None);
        assert!(karp_flatt(2.0, 2).is_some_and(|fraction| fraction.abs() < 1e-12));
    }

    #[test]
    fn the_law_is_found_again() {
        let law = |n: f64| 5.0 * n / (1.0 + 0.05 * (n - 1.0) + 0.002 * n * (n - 1.0));
        let points: Vec<_> = [1.0, 2.0, 4.0, 8.0].map(|n| (n, law(n))).into();
        let [a, s, k] = fit(&points).expect("determined");
        assert!((a - 5.0).abs() < 1e-6 && (s - 0.05).abs() < 1e-6 && (k - 0.002).abs() < 1e-6);
        // Better than linear: neither term may become negative.
        let points = [(1.0, 1.0), (2.0, 2.1), (3.0, 3.3), (4.0, 4.6)];
        let [_, s, k] = fit(&points).expect("determined");
        assert_eq!((s, k), (0.0, 0.0));
    }

    #[test]
    fn no_model_without_four_counts_on_as_many_processors() {
        let cells = [1, 2, 4, 8].map(|n| cell(0, n, &[1.0 / n as f64], 1.0));
        let all = measured(cells.into());
        assert!(model(&all, 0, 2, false).fitted.is_none());
        assert!(
            model(&all, 0, 2, false)
                .reason
                .contains("2 of the measured")
        );
        let fitted = model(&all, 0, 8, false).fitted.expect("four counts");
        assert!(fitted.sigma[0].abs() < 1e-9 && (fitted.at(8.0) - 8.0).abs() < 1e-6);
    }

    #[test]
    fn idle_and_further_time_add_up() {
        let cells = vec![cell(0, 1, &[4.0], 4.0), cell(0, 2, &[3.0], 5.0)];
        let all = measured(cells);
        let figures = figures(&all, false);
        let budget = budget(&figures[0], &figures[1], 2, false);
        assert_eq!((budget.capacity, budget.needed), (6.0, 4.0));
        assert_eq!((budget.further, budget.idle), (1.0, 1.0));
        let causes = budget.causes();
        assert_eq!(causes.len(), 2, "{causes:?}");
        assert!((causes[0].share - 1.0 / 6.0).abs() < 1e-9, "{causes:?}");
    }

    #[test]
    fn processors_that_others_used_are_told_apart() {
        let mut cells = vec![cell(0, 1, &[4.0], 4.0), cell(0, 2, &[3.0], 4.0)];
        cells[1].runs[0].others_seconds = Some(1.5);
        let figures = figures(&measured(cells), false);
        let shares = |cores| {
            let causes = budget(&figures[0], &figures[1], cores, false).causes();
            let share = |what: &str| {
                let found = causes.iter().find(|cause| cause.what.starts_with(what));
                found.map_or(0.0, |cause| cause.share)
            };
            (
                share("processors that other"),
                share("processors without a thread"),
            )
        };
        // Two of six processor seconds were idle: others had three quarters of them.
        assert_eq!(shares(2), (0.25, 0.5 / 6.0));
        // A third processor was enough for them.
        assert_eq!(shares(3), (0.0, 2.0 / 6.0));
        // Who waited for the global lock could not have used a processor.
        let waited = |name: &str| {
            let mut budget = budget(&figures[0], &figures[1], 2, false);
            match name {
                "global" => budget.global_lock = 1.5,
                _ => budget.program_locks = 1.5,
            }
            budget.causes()[0].what
        };
        assert_eq!(waited("global"), "waits for the global lock");
        assert_eq!(
            waited("program"),
            "processors that other programs used meanwhile"
        );
    }
}
