//! What other programs took of the processors while a program ran.
//!
//! Whoever knows only times cannot tell a thread that is ready and gets no processor from one that waits. The system
//! counts what every processor did (`/proc/stat`): what was neither idle nor the program's own was others'.

use std::fs::read_to_string;
use std::ops::RangeInclusive;

/// The unit of `/proc/stat` on Linux (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds that the processors this process may use have not been idle, since the system started; None where the system
/// does not tell.
pub fn busy_seconds() -> Option<f64> {
    let status = read_to_string("/proc/self/status").ok()?;
    let allowed = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    busy(
        &read_to_string("/proc/stat").ok()?,
        &ranges(allowed.trim())?,
    )
}

/// `0-3,8` in numbers.
fn ranges(list: &str) -> Option<Vec<RangeInclusive<usize>>> {
    list.split(',')
        .map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.parse().ok()?..=last.parse().ok()?)
        })
        .collect()
}

fn busy(stat: &str, allowed: &[RangeInclusive<usize>]) -> Option<f64> {
    let mut ticks = None;
    for line in stat.lines() {
        let mut words = line.split_ascii_whitespace();
        let number = words.next().and_then(|name| name.strip_prefix("cpu"));
        let Some(number) = number.and_then(|number| number.parse::<usize>().ok()) else {
            continue;
        };
        if !allowed.iter().any(|range| range.contains(&number)) {
            continue;
        }
        // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already.
        let counts: Vec<u64> = words.take(8).filter_map(|word| word.parse().ok()).collect();
        if counts.len() < 8 {
            return None;
        }
        let idle = counts[3] + counts[4];
        *ticks.get_or_insert(0) += counts.iter().sum::<u64>() - idle;
    }
    Some(ticks? as f64 / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_idle_on_the_allowed_processors_is_busy() {
        let stat = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 100 10 20 5000 300 1 2 67 50 0\ncpu1 50 0 0 7 7 0 0 0 0 0\n\
                    cpu2 900 0 0 0 0 0 0 0 0 0\nintr 5";
        let all = ranges("0-1").expect("well formed");
        assert_eq!(busy(stat, &all), Some(2.5));
        assert_eq!(busy(stat, &[1..=1]), Some(0.5));
        assert_eq!(busy(stat, &[7..=9]), None);
        assert_eq!(ranges("0-3,8"), Some(vec![0..=3, 8..=8]));
        assert_eq!(ranges("some"), None);
    }
}
