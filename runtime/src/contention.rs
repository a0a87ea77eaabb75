//! How long a thread that finds an object locked, or a lock of the program, looks away before it tries again.
//!
//! Two threads that do nothing but change one list pass its cache lines to and fro; the fewer the turns, the less of that.
//! Two that meet by chance should wait no longer than it takes to change a list. Which it is, the time tells that has passed
//! since somebody got the same object after having waited for it: if that is not much longer than the pause was, they come back
//! at once, and the pause doubles; else it halves. A turn lasts as long as the other's pause, so the pause belongs to
//! the object: were it each thread's own, who waits for short would always find that it met the other by chance, and
//! the other that it did not, and one would get all the turns.
//!
//! An object that whoever loses it wants back within half a microsecond is used by nobody in parallel anyway. Its turns are longer, so that also
//! what its threads write behind the lock goes to and fro seldom, and within a turn the lock is not given back
//! ([`crate::protocol::turn`]).

use crate::protocol::turn::Turn;
use crate::sync::{AtomicU32, AtomicU64, OnceLock, Ordering};
use crate::thread::breaker;
use std::time::{Duration, Instant};

const SHORTEST: u32 = 200;
/// A thousand turns of who has the object, in nanoseconds: then what a change of turns costs is a fiftieth of it.
const LONGEST: u32 = 40_000;
/// The same where the lock is kept for the turn: it ends by a fence of all processors, some microseconds.
const LONGEST_TURN: u32 = 400_000;
/// Who comes back to an object sooner hammers it.
const DENSE: u64 = 500;

/// What is known of the objects of one place; those that share it share their pauses.
#[repr(align(128))]
pub(crate) struct Contention {
    /// When somebody got one after having waited, in nanoseconds.
    got: AtomicU64,
    pause: AtomicU32,
    /// Whose turn it is at one of the objects.
    pub(crate) turn: Turn,
}

const PLACES: usize = 64;
static CONTENTIONS: [Contention; PLACES] = [const {
    Contention {
        got: AtomicU64::new(0),
        pause: AtomicU32::new(SHORTEST),
        turn: Turn::new(),
    }
}; PLACES];

/// Nanoseconds since the first call.
pub(crate) fn since_start() -> u64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    BEGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

impl Contention {
    #[inline(always)]
    pub(crate) fn of(address: usize) -> &'static Contention {
        let mixed = address.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        &CONTENTIONS[mixed >> (usize::BITS - PLACES.ilog2())]
    }

    /// A thread found the object at this address locked. `turns`: its lock can be kept for turns. True: who loses it wants it
    /// back at once.
    pub(crate) fn begin(address: usize, turns: bool) -> (&'static Contention, bool) {
        let it = Contention::of(address);
        let pause = it.pause.load(Ordering::Relaxed);
        let since = since_start().saturating_sub(it.got.load(Ordering::Relaxed));
        let dense = turns && since < DENSE;
        let next = if dense {
            (2 * pause).min(LONGEST_TURN)
        } else if since < u64::from(2 * pause.min(LONGEST) + 5 * SHORTEST) {
            (2 * pause).min(LONGEST)
        } else {
            (pause / 2).max(SHORTEST)
        };
        it.pause.store(next, Ordering::Relaxed);
        (it, dense)
    }

    /// Turns are long enough for what it costs to end one.
    pub(crate) fn is_worth_turns(&self) -> bool {
        self.pause.load(Ordering::Relaxed) >= LONGEST
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn forget(address: usize) {
        Contention::of(address).turn.forget(address);
    }

    /// It has the object's lock.
    pub(crate) fn got_it(&self) {
        self.got.store(since_start(), Ordering::Relaxed);
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
