//! How long a cache line takes from one processor to another.
//!
//! Programs whose threads hand each other objects live by this time, and on a rented machine it changes: its processors may lie
//! on one chip in one minute and on two in the next (29 and 158 ns were seen within a minute, and a program that hands all its
//! objects to the other thread took 0.41 and 1.0 s). Speedups that were measured at different times of it are not those of two programs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A word that no other data shares a line with.
#[repr(align(128))]
struct Line(AtomicU32);

/// Passes there and back that are timed together.
const PASSES: u32 = 200;
/// The shortest of so many such times counts: the others were interrupted.
const TIMES: u32 = 40;
/// Where two threads do not run at once, they would need a turn of the scheduler for every pass.
const PATIENCE: Duration = Duration::from_millis(60);
/// A thread looks so often before it lets others run.
const LOOKS: u32 = 20_000;
const STOP: u32 = u32::MAX;

/// Nanoseconds one way; None with one processor, or if two threads did not run at the same time.
pub fn nanoseconds() -> Option<f64> {
    if thread::available_parallelism().map_or(1, usize::from) < 2 {
        return None;
    }
    let line = Line(AtomicU32::new(0));
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, || answer(&line.0));
        other.is_ok().then(|| ask(&line.0)).flatten()
    })
}

/// Makes every odd number the next even one.
fn answer(word: &AtomicU32) {
    loop {
        let number = wait_for(word, None, |number| number % 2 == 1);
        match number {
            Some(STOP) | None => return,
            Some(number) => word.store(number + 1, Ordering::Release),
        }
    }
}

fn ask(word: &AtomicU32) -> Option<f64> {
    let end = Instant::now() + PATIENCE;
    let mut shortest: Option<Duration> = None;
    let mut number = 0;
    'times: for _ in 0..TIMES {
        let start = Instant::now();
        for _ in 0..PASSES {
            word.store(number + 1, Ordering::Release);
            number += 2;
            if wait_for(word, Some(end), |now| now == number).is_none() {
                break 'times;
            }
        }
        let time = start.elapsed();
        shortest = Some(shortest.map_or(time, |known| known.min(time)));
    }
    word.store(STOP, Ordering::Release);
    let ways = f64::from(2 * PASSES);
    shortest.map(|time| time.as_nanos() as f64 / ways)
}

/// The number for which it waited, or None after the end.
fn wait_for(word: &AtomicU32, end: Option<Instant>, wanted: impl Fn(u32) -> bool) -> Option<u32> {
    loop {
        for _ in 0..LOOKS {
            let number = word.load(Ordering::Acquire);
            if wanted(number) {
                return Some(number);
            }
            std::hint::spin_loop();
        }
        if end.is_some_and(|end| Instant::now() > end) {
            return None;
        }
        thread::yield_now();
    }
}

/// What several such times say, for people; None without any.
pub fn told(times: &[f64]) -> Option<String> {
    let least = times.iter().copied().min_by(f64::total_cmp)?;
    let most = times.iter().copied().max_by(f64::total_cmp)?;
    let text = format!("a cache line took {least:.0}..{most:.0} ns from one processor to another");
    Some(match most > 2.0 * least {
        true => format!(
            "{text}: the machine moved its processors meanwhile, so what threads hand each other cost more at one time than at another"
        ),
        false => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_takes_some_time_and_comes_to_an_end() {
        // A machine that gives its threads no two processors says nothing.
        if let Some(time) = nanoseconds() {
            assert!(time > 0.0, "{time}");
        }
    }

    #[test]
    fn a_change_is_told() {
        assert_eq!(told(&[]), None);
        let text = told(&[30.0, 29.0]).expect("two times");
        assert!(text.ends_with("29..30 ns from one processor to another"));
        let text = told(&[29.0, 158.0]).expect("two times");
        assert!(text.contains("moved its processors"), "{text}");
    }
}
