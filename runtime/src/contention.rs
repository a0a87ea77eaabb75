//! How long a thread that finds an object locked looks away before it tries again.
//!
//! Two threads that do nothing but change one list pass its cache lines to and fro; the fewer the turns, the less of that.
//! Two that meet by chance should wait no longer than it takes to change a list. Which it is, the time tells that has passed
//! since this thread took the same lock the last time it had to wait: if that is not much longer than the pause
//! was, the other came back at once, and the pause doubles; else it halves.

use crate::header::Header;
use crate::sync::{AtomicU32, Ordering};
use crate::thread::breaker;
use std::cell::Cell;
use std::time::{Duration, Instant};

const SHORTEST: Duration = Duration::from_nanos(200);
/// A thousand turns of who has the object: then what a change of turns costs is a fiftieth of it.
const LONGEST: Duration = Duration::from_micros(40);

/// A thread's recent waits for objects.
pub(crate) struct Contention {
    object: Cell<*const Header>,
    got: Cell<Option<Instant>>,
    pause: Cell<Duration>,
}

impl Contention {
    pub(crate) const fn new() -> Contention {
        Contention {
            object: Cell::new(std::ptr::null()),
            got: Cell::new(None),
            pause: Cell::new(SHORTEST),
        }
    }

    /// The thread found the object locked.
    pub(crate) fn begin(&self, head: &Header) {
        let same = std::ptr::eq(self.object.replace(head), head);
        let pause = self.pause.get();
        let hammered = same
            && self
                .got
                .get()
                .is_some_and(|then| then.elapsed() < 2 * pause + 5 * SHORTEST);
        self.pause.set(if hammered {
            (2 * pause).min(LONGEST)
        } else if same {
            (pause / 2).max(SHORTEST)
        } else {
            SHORTEST
        });
    }

    pub(crate) fn got_it(&self) {
        self.got.set(Some(Instant::now()));
    }

    /// Waits for the pause, or until the world is to stop. The address is only compared.
    pub(crate) fn look_away(&self, breaker: &AtomicU32) {
        let begin = Instant::now();
        let pause = self.pause.get();
        while begin.elapsed() < pause && breaker.load(Ordering::Relaxed) & breaker::STOP_BITS == 0 {
            for _ in 0..8 {
                std::hint::spin_loop();
            }
        }
    }
}
