//! What threads wait for and whose counts they share, by type and by line of the program: told only once somebody asked for
//! it ([`enable`]), because describing a place costs far more than the event that happened there.
//!
//! Nothing here runs Python, takes an object's lock or reaches a safepoint, so events may be noted wherever they happen.

use crate::header::Header;
use crate::sync::{Mutex, OnceLock};
use crate::thread::Thread;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Sleeping until another thread lets go of an object's lock.
    ObjectLock,
    /// Sleeping for a lock of the program.
    ProgramLock,
    /// Counting a reference to an object that another thread owns; a sample stands for some [`crate::counters::SAMPLED`] of them.
    ForeignCount,
}

/// Where something happened: what the object is, and which lines of the program led there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    pub object: String,
    pub lines: String,
}

/// How often, and how long in all.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sum {
    pub count: u64,
    pub time: Duration,
}

pub type Describe = fn(&Thread, Option<&Header>) -> Place;

/// Different places that are kept; programs have few that matter.
const MOST: usize = 4096;

static DESCRIBE: OnceLock<Describe> = OnceLock::new();
static PLACES: Mutex<BTreeMap<(Kind, Place), Sum>> = Mutex::new(BTreeMap::new());

/// From now on every event is noted. `describe` is called by the thread the event happens to, with the object if there is
/// one; it must not run Python, lock or drop anything.
pub fn enable(describe: Describe) {
    let _ = DESCRIBE.set(describe);
}

#[inline]
pub(crate) fn note(t: &Thread, kind: Kind, head: Option<&Header>, sum: Sum) {
    if let Some(describe) = DESCRIBE.get() {
        add(kind, describe(t, head), sum);
    }
}

#[cold]
fn add(kind: Kind, place: Place, sum: Sum) {
    let mut places = PLACES.lock();
    let key = (kind, place);
    if places.len() < MOST || places.contains_key(&key) {
        let known = places.entry(key).or_default();
        known.count += sum.count;
        known.time += sum.time;
    }
}

/// All places so far.
pub fn places() -> Vec<(Kind, Place, Sum)> {
    let places = PLACES.lock();
    places
        .iter()
        .map(|((kind, place), sum)| (*kind, place.clone(), *sum))
        .collect()
}
