//! `-X stats`: how often every instruction of the register code runs, what of the time passes from it to the next one, and how
//! often it went on without its caches or its quick ways.
//!
//! The loop exists twice, with and without counting ([`crate::interp::execute`]): a program that does not ask runs the one
//! that has none of it. Every thread counts for itself, in words that only it writes and anybody may read.

use crate::Cx;
use crate::regcode::ROPS;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

static ON: AtomicBool = AtomicBool::new(false);

/// What all threads have counted, those that have ended too.
static ALL: Mutex<Vec<&'static Stats>> = Mutex::new(Vec::new());

#[derive(Default)]
struct Row {
    executed: AtomicU64,
    missed: AtomicU64,
    ticks: AtomicU64,
}

/// What one thread has counted.
pub struct Stats {
    rows: [Row; 256],
    /// The instruction running, and when it began.
    running: AtomicU64,
    since: AtomicU64,
}

/// The sums of all threads for one instruction.
pub struct Line {
    pub name: &'static str,
    /// What it does, in the words of the register code's table.
    pub meaning: &'static str,
    pub executed: u64,
    /// How often the slow way was taken: the site's cache did not know the class, the operands are of no common kind.
    pub missed: u64,
    /// The part of all time between two instructions that began with this one, 0 to 1, with what it called natively.
    pub share: f64,
}

/// Count from now on, in threads that start from now on. Before the first thread is attached.
pub fn enable() {
    ON.store(true, Ordering::Relaxed);
}

pub fn is_enabled() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Where a new thread counts; None: it does not.
pub(crate) fn of_new_thread() -> Option<&'static Stats> {
    if !is_enabled() {
        return None;
    }
    // Never freed: it is read when its thread has ended. A program that starts many threads under `-X stats` pays for them.
    let stats: &'static Stats = Box::leak(Box::new(Stats {
        rows: std::array::from_fn(|_| Row::default()),
        running: AtomicU64::new(u64::MAX),
        since: AtomicU64::new(0),
    }));
    ALL.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(stats);
    Some(stats)
}

/// A clock that costs little; its unit does not matter, shares are told.
#[inline(always)]
fn now() -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: reads the processor's counter, which every x86-64 has.
        unsafe { std::arch::x86_64::_rdtsc() }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        use std::sync::LazyLock;
        use std::time::Instant;
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed().as_nanos() as u64
    }
}

/// Only the thread whose number it is adds to it.
fn add(to: &AtomicU64, n: u64) {
    to.store(
        to.load(Ordering::Relaxed).wrapping_add(n),
        Ordering::Relaxed,
    );
}

/// The word `w` begins.
#[inline(never)]
pub(crate) fn word(cx: &Cx, w: u64) {
    let Some(stats) = cx.stats else {
        return;
    };
    let time = now();
    let before = stats.running.load(Ordering::Relaxed);
    if before < 256 {
        let since = stats.since.load(Ordering::Relaxed);
        add(
            &stats.rows[before as usize].ticks,
            time.saturating_sub(since),
        );
    }
    let op = w & 0xff;
    add(&stats.rows[op as usize].executed, 1);
    stats.running.store(op, Ordering::Relaxed);
    stats.since.store(now(), Ordering::Relaxed);
}

/// The instruction running takes its slow way.
#[inline]
pub(crate) fn missed(cx: &Cx) {
    if let Some(stats) = cx.stats {
        let op = stats.running.load(Ordering::Relaxed);
        if op < 256 {
            add(&stats.rows[op as usize].missed, 1);
        }
    }
}

/// The sums so far, of instructions that ran at all, those with most time first.
pub fn lines() -> Vec<Line> {
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let sum = |of: fn(&Row) -> &AtomicU64, op: usize| -> u64 {
        all.iter()
            .map(|stats| of(&stats.rows[op]).load(Ordering::Relaxed))
            .sum()
    };
    let ticks: Vec<u64> = (0..256).map(|op| sum(|row| &row.ticks, op)).collect();
    let whole = ticks.iter().sum::<u64>().max(1) as f64;
    let mut lines: Vec<Line> = ROPS
        .iter()
        .map(|&(op, name, meaning)| Line {
            name,
            meaning,
            executed: sum(|row| &row.executed, op as usize),
            missed: sum(|row| &row.missed, op as usize),
            share: ticks[op as usize] as f64 / whole,
        })
        .filter(|line| line.executed != 0)
        .collect();
    lines.sort_by(|a, b| b.share.total_cmp(&a.share));
    lines
}

/// The sums as a table to read.
pub fn table() -> String {
    let lines = lines();
    let executed = lines.iter().map(|line| line.executed).sum::<u64>().max(1);
    let mut text = format!(
        "{executed} instructions of register code\n{:>14} {:>6} {:>6} {:>12}  instruction\n",
        "executed", "%", "time %", "slow way"
    );
    for line in &lines {
        let slow = match line.missed {
            0 => String::new(),
            n => format!("{n}"),
        };
        let _ = writeln!(
            text,
            "{:>14} {:>6.2} {:>6.2} {slow:>12}  {}: {}",
            line.executed,
            100.0 * line.executed as f64 / executed as f64,
            100.0 * line.share,
            line.name,
            line.meaning,
        );
    }
    text
}
