//! How long a thread that finds an object locked, or a lock of the program, looks away before it tries again.
//!
//! Two threads that do nothing but change one list pass its cache lines to and fro; the fewer the turns, the less of that.
//! Two that meet by chance should wait no longer than it takes to change a list. Which it is, the time tells that has passed
//! since somebody got the same object after having waited for it: if that is not much longer than the pause was, they come back
//! at once, and the pause doubles; else it halves. A turn lasts as long as the other's pause, so the pause belongs to
//! the object: were it each thread's own, who waits for short would always find that it met the other by chance, and
//! the other that it did not, and one would get all the turns.

use crate::sync::{AtomicU32, AtomicU64, OnceLock, Ordering};
use crate::thread::breaker;
use std::time::{Duration, Instant};

const SHORTEST: u32 = 200;
/// A thousand turns of who has the object, in nanoseconds: then what a change of turns costs is a fiftieth of it.
const LONGEST: u32 = 40_000;

/// What is known of the objects of one place; those that share it share their pauses.
#[repr(align(128))]
pub(crate) struct Contention {
    /// When somebody got one after having waited, in nanoseconds.
    got: AtomicU64,
    pause: AtomicU32,
}

const PLACES: usize = 64;
static CONTENTIONS: [Contention; PLACES] = [const {
    Contention {
        got: AtomicU64::new(0),
        pause: AtomicU32::new(SHORTEST),
    }
}; PLACES];

fn now() -> u64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    BEGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

impl Contention {
    /// A thread found the object at this address locked.
    pub(crate) fn begin(address: usize) -> &'static Contention {
        let mixed = address.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let it = &CONTENTIONS[mixed >> (usize::BITS - PLACES.ilog2())];
        let pause = it.pause.load(Ordering::Relaxed);
        let since = now().saturating_sub(it.got.load(Ordering::Relaxed));
        let next = if since < u64::from(2 * pause + 5 * SHORTEST) {
            (2 * pause).min(LONGEST)
        } else {
            (pause / 2).max(SHORTEST)
        };
        it.pause.store(next, Ordering::Relaxed);
        it
    }

    /// It has the object's lock.
    pub(crate) fn got_it(&self) {
        self.got.store(now(), Ordering::Relaxed);
    }

    /// Looking away was in vain: who has it keeps it for long.
    pub(crate) fn gave_up(&self) {
        self.pause.store(SHORTEST, Ordering::Relaxed);
    }

    /// Waits for the pause, or until the world is to stop.
    pub(crate) fn look_away(&self, breaker: &AtomicU32) {
        let begin = Instant::now();
        let pause = Duration::from_nanos(self.pause.load(Ordering::Relaxed).into());
        while begin.elapsed() < pause && breaker.load(Ordering::Relaxed) & breaker::STOP_BITS == 0 {
            for _ in 0..8 {
                std::hint::spin_loop();
            }
        }
    }
}
