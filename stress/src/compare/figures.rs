//! From runs to figures: medians, speedups, costs, all with their intervals.

use super::measure::{Cell, Measured, Run};
use crate::regime::{Kind, Regime};
use crate::stats::{Summary, median, summarize};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is told of one regime on one number of threads.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub regime: usize,
    pub threads: usize,
    pub problem: Option<String>,
    pub seconds: Option<Summary>,
    /// Whole jobs a second; with --grows, N of them are done on N threads.
    pub throughput: Option<Summary>,
    /// Against the same regime on the least number of threads.
    pub speedup: Option<Summary>,
    pub wall_seconds: f64,
    pub cpu_seconds: f64,
    /// Processor time of other programs meanwhile; 0 where the system does not tell.
    pub others_seconds: f64,
    pub peak_kib: f64,
    /// Only of typhon; medians over the runs.
    pub pauses: Option<PauseFigures>,
    pub counters: BTreeMap<String, f64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct PauseFigures {
    pub count: f64,
    pub total_seconds: f64,
    pub longest_seconds: f64,
}

/// What free threading costs where it cannot help: its time over another regime's, on the least number of threads.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    pub against: usize,
    pub threads: usize,
    pub ratio: Summary,
}

/// How much work is done on so many threads.
pub fn work(threads: usize, grows: bool) -> f64 {
    if grows { threads as f64 } else { 1.0 }
}

pub fn figures(measured: &Measured, grows: bool) -> Vec<Figures> {
    let cells = &measured.cells;
    cells
        .iter()
        .map(|cell| {
            let of = |value: &dyn Fn(&Run) -> f64| cell.runs.iter().map(value).collect::<Vec<_>>();
            let jobs = work(cell.threads, grows);
            let base = cells.iter().find(|other| other.regime == cell.regime);
            let sound = |cell: &Cell| cell.problem.is_none() && !cell.runs.is_empty();
            let base = base.filter(|base| sound(base) && sound(cell));
            let speedups = base.map_or_else(Vec::new, |base| {
                let scale = jobs / work(base.threads, grows);
                ratios(base, cell).map(|ratio| ratio * scale).collect()
            });
            Figures {
                regime: cell.regime,
                threads: cell.threads,
                problem: cell.problem.clone(),
                seconds: summarize(&of(&|run| run.seconds)),
                throughput: summarize(&of(&|run| jobs / run.seconds)),
                speedup: summarize(&speedups),
                wall_seconds: median(&of(&|run| run.wall_seconds)).unwrap_or(f64::NAN),
                cpu_seconds: median(&of(&|run| run.cpu_seconds)).unwrap_or(f64::NAN),
                others_seconds: median(&of(&|run| run.others_seconds.unwrap_or(0.0)))
                    .unwrap_or(0.0),
                peak_kib: median(&of(&|run| run.peak_kib as f64)).unwrap_or(f64::NAN),
                pauses: pauses(&cell.runs),
                counters: counters(&cell.runs),
            }
        })
        .collect()
}

/// The time of `a` over the time of `b`, in each round that measured both: what slows the machine down for a while slows
/// both.
fn ratios<'a>(a: &'a Cell, b: &'a Cell) -> impl Iterator<Item = f64> + 'a {
    a.runs.iter().filter_map(|one| {
        let other = b.runs.iter().find(|other| other.round == one.round)?;
        Some(one.seconds / other.seconds)
    })
}

fn pauses(runs: &[Run]) -> Option<PauseFigures> {
    let all: Vec<_> = runs.iter().filter_map(|run| run.counted.as_ref()).collect();
    let of = |value: &dyn Fn(&super::measure::Pauses) -> f64| {
        median(
            &all.iter()
                .map(|counted| value(&counted.pauses))
                .collect::<Vec<_>>(),
        )
    };
    Some(PauseFigures {
        count: of(&|pauses| pauses.count as f64)?,
        total_seconds: of(&|pauses| pauses.total_seconds)?,
        longest_seconds: of(&|pauses| pauses.longest_seconds)?,
    })
}

fn counters(runs: &[Run]) -> BTreeMap<String, f64> {
    let all: Vec<_> = runs.iter().filter_map(|run| run.counted.as_ref()).collect();
    let Some(first) = all.first() else {
        return BTreeMap::new();
    };
    let value = |name: &String| {
        let values = all.iter().filter_map(|counted| counted.counters.get(name));
        median(&values.map(|&n| n as f64).collect::<Vec<_>>())
    };
    first
        .counters
        .keys()
        .filter_map(|name| Some((name.clone(), value(name)?)))
        .collect()
}

/// The free-threaded build against every other regime, on the least number of threads.
pub fn costs(measured: &Measured, regimes: &[Regime]) -> Vec<Cost> {
    // What failed took no time that could be compared.
    let least = |regime: usize| {
        let cell = measured.cells.iter().find(|cell| cell.regime == regime);
        cell.filter(|cell| cell.problem.is_none())
    };
    let free = regimes.iter().position(|regime| regime.kind == Kind::Free);
    let Some(free) = free.and_then(least) else {
        return Vec::new();
    };
    (0..regimes.len())
        .filter(|&regime| regime != free.regime)
        .filter_map(|against| {
            let other = least(against)?;
            Some(Cost {
                against,
                threads: free.threads,
                ratio: summarize(&ratios(free, other).collect::<Vec<_>>())?,
            })
        })
        .collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn cell(regime: usize, threads: usize, seconds: &[f64], cpu: f64) -> Cell {
        let run = |(round, &seconds): (usize, &f64)| Run {
            round: round + 1,
            seconds,
            wall_seconds: seconds,
            cpu_seconds: cpu,
            others_seconds: None,
            peak_kib: 1024,
            counted: None,
        };
        Cell {
            regime,
            threads,
            runs: seconds.iter().enumerate().map(run).collect(),
            places: Vec::new(),
            problem: None,
        }
    }

    pub fn measured(cells: Vec<Cell>) -> Measured {
        Measured {
            cells,
            outcomes: Vec::new(),
            transfers: Vec::new(),
            seen: Vec::new(),
        }
    }

    #[test]
    fn speedups_compare_runs_of_one_round() {
        // The machine is half as fast in the second round; the speedup is 2 in both.
        let cells = vec![cell(0, 1, &[2.0, 4.0], 2.0), cell(0, 2, &[1.0, 2.0], 2.0)];
        let figures = figures(&measured(cells.clone()), false);
        let speedup = figures[1].speedup.expect("both were measured");
        assert_eq!((speedup.low, speedup.median, speedup.high), (2.0, 2.0, 2.0));
        assert_eq!(figures[0].speedup.map(|s| s.median), Some(1.0));
        let grown = super::figures(&measured(cells), true);
        assert_eq!(grown[1].speedup.map(|s| s.median), Some(4.0));
    }

    #[test]
    fn nothing_measured_gives_no_figures() {
        let figures = figures(
            &measured(vec![cell(0, 1, &[], 0.0), cell(0, 2, &[1.0], 1.0)]),
            false,
        );
        assert!(figures[0].seconds.is_none() && figures[1].speedup.is_none());
    }

    #[test]
    fn costs_are_ratios_of_times() {
        let regime = |kind| Regime {
            kind,
            name: String::new(),
            binary: Default::default(),
            version: String::new(),
            missing: None,
        };
        let regimes = [regime(Kind::Free), regime(Kind::GilBuild)];
        let cells = vec![cell(0, 1, &[1.1, 2.2], 1.0), cell(1, 1, &[1.0, 2.0], 1.0)];
        let costs = costs(&measured(cells), &regimes);
        assert_eq!(costs.len(), 1);
        assert!((costs[0].ratio.median - 1.1).abs() < 1e-9);
    }
}
