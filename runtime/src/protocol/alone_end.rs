//! How the state ends in which one thread runs Python alone (`alone.rs`): its plain loads and stores of words that others will
//! change come before those changes.
//!
//! ```text
//! alone --the lone thread, at a safepoint, before it starts another--> shared, for good
//! alone --a stranger that attaches--> shared, unannounced --it has stopped the world once--> shared
//! ```
//! In the first way the other thread begins after the change. In the second the lone thread may be between its look at the state and
//! its plain store, so nobody that attaches goes on before a stop, behind which the lone thread knows.

use crate::sync::{AtomicBool, Bug, Ordering, const_new, seeded};

pub struct Alone {
    alone: AtomicBool,
    /// Whoever attaches has to stop the world first.
    unannounced: AtomicBool,
}

impl Alone {
    const_new! {
        pub fn new() -> Alone {
            Alone { alone: AtomicBool::new(false), unannounced: AtomicBool::new(false) }
        }
    }

    #[inline(always)]
    pub fn is(&self) -> bool {
        self.alone.load(Ordering::Relaxed)
    }

    pub fn begin(&self) {
        self.alone.store(true, Ordering::Relaxed);
    }

    /// An id is about to be given to another thread. `itself`: by the lone thread, which holds no lock of an object.
    pub fn end(&self, itself: bool) {
        // Who finds it ended knows whether that was announced.
        if !self.alone.load(Ordering::Acquire) || seeded(Bug::AloneGoesOn) {
            return;
        }
        if !itself && !seeded(Bug::AloneUnannounced) {
            self.unannounced.store(true, Ordering::Relaxed);
        }
        self.alone.store(false, Ordering::Release);
    }

    /// By a thread that has attached, before it touches an object: `stop` stops the world once.
    pub fn attached(&self, stop: impl FnOnce()) {
        if self.unannounced.load(Ordering::Acquire) {
            if seeded(Bug::AloneAnnouncedEarly) {
                self.unannounced.store(false, Ordering::Release);
            }
            stop();
            // Not before: others that attach meanwhile stop the world too.
            self.unannounced.store(false, Ordering::Release);
        }
    }
}
