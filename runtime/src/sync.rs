//! The one facade over atomics and native locks. Nothing else in the crate names `std::sync`;
//! `loom-tests` includes the files of `protocol/` over a facade of its own with the same names.

pub use native::{Condvar, Mutex, MutexGuard};
pub use ranked::{assert_none_held, lock_graph};
pub use std::sync::OnceLock;
pub use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize, Ordering, fence,
};

/// Deliberate mistakes the model checker must catch. In this facade none is ever seeded, and the
/// branches vanish; the facade of `loom-tests` seeds one per test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// R5 in the other order: merged first, the owner word after.
    MergeBeforeOwner,
    /// R4 without the Release when a cell is freed.
    FreeRelaxed,
    /// R8 without the fences.
    QsbrNoFence,
    /// An unlock that forgets the parked bit.
    UnlockForgetsParked,
    /// A woken waiter that does not take the lock kept for it.
    WokenHeedsReservation,
    /// R2 without the path check.
    ReadNoRecheck,
    /// A detach that does not look at its merge queue again.
    DetachNoRecheck,
    /// An exchange of a slot that does not look at the lock.
    ExchangeNoLook,
    /// An exit that does not look at its merge queue once more under the lock.
    ExitForgetsQueue,
    /// A reference given to a sleeper's queue, which nobody serves.
    GiveNoHelp,
    /// A reference given to the queue of an id without a thread.
    GiveToOrphan,
    /// Waiting for one object lock while holding another.
    WaitHoldingTheOther,
    /// One object twice in a pair of locks.
    LockTwice,
    /// R3 without the grace period.
    PageNoGrace,
    /// R9: the length where the buffer's own capacity is wanted.
    LengthForCapacity,
    /// R9: an entry's key before its hash and value.
    KeyBeforeEntry,
    /// An empty entry is not looked for under its new number.
    ProbeNoSecondLook,
    /// A cache's word is not looked at again after its pointer.
    CacheNoSecondLook,
    /// A cache is filled without being emptied first.
    CacheNotEmptied,
    /// R15: a change takes versions away before it only.
    ChangeForgetsOnce,
    /// R15: a change takes versions away after it only.
    ChangeForgetsLate,
    /// R15: what a class lost goes before its versions are taken away again.
    ChangeDropsEarly,
    /// R16: two threads add a bias.
    PromoteTwice,
    /// R16: deferral undone without a look at the registers.
    UndoUnscanned,
    /// R16: a decrement of a deferred object that others still count by themselves is noted at the bias only.
    NoteBiasOnly,
    /// R16: an object is called deferred before its word has the bias.
    FlagBeforeBias,
    /// R16: the stopper judges a deferred object with counts that threads keep to themselves.
    JudgeUnwritten,
    /// R16: a thread's own count falls below zero, and nobody is told.
    BelowUntold,
    /// A holder of the global lock that was asked takes the next turn as well.
    HandOverToItself,
    /// A request to let go of the global lock is forgotten outside the mutex.
    DropFlagLost,
    /// A weak reference upgraded by what was read before the lock.
    WeakNoSecondLook,
    /// The flag of the pool of foreign work is taken off outside the lock.
    PoolFlagClearedLate,
    /// A thread that holds locks takes what came after it found the pool empty.
    PoolHolderTakes,
    /// A stack emptied by a load and a store.
    TakeInTwoSteps,
    /// R18: a changed state without a fence before the look at the bell.
    BellNoFence,
    /// The owner of an object does not fence between saying that it is inside and looking who wants it.
    BiasNoFence,
    /// It looks first and says it afterwards.
    BiasLooksFirst,
    /// Who wants another's object waits for its owner, and only then says that it wants it.
    BiasNoAsking,
    /// It does not wait for the owner.
    BiasNoWait,
    /// It takes an object that another asked for as open.
    BiasTrustsAsker,
    /// A thread that locks no more in its own way is taken to be outside at once.
    BiasOverAtOnce,
    /// The lone thread starts another before it ends the state.
    AloneGoesOn,
    /// A stranger attaches without a stop.
    AloneUnannounced,
    /// The stop is called done before it is.
    AloneAnnouncedEarly,
    /// A turn at an object is named after it has begun.
    TurnNamedLate,
    /// A thread takes whatever turn there is for its own.
    TurnUnnamed,
    /// Who ends a turn does not fence.
    TurnNoFence,
    /// A thread parks while another has its turn.
    TurnParks,
    /// A turn begins while somebody is parked.
    TurnWhileParked,
    /// A thread forks while another frees what it has condemned.
    ForkHalfCleared,
    /// Garbage is freed, and who waits for that is not told.
    ClearedUntold,
}

#[inline(always)]
pub const fn seeded(_: Bug) -> bool {
    false
}

/// To the model checker a SeqCst access is an AcqRel one: its facade puts a fence here.
#[inline(always)]
pub const fn seq_cst_access() {}

/// Against [`heavy_fence`]: keeps the compiler from changing the order.
#[inline(always)]
pub fn light_fence() {
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}
/// Makes every processor that runs this program fence. A system call of a microsecond or two.
pub fn heavy_fence() {
    crate::barrier::fence_everywhere();
}

/// `const fn` here, plain `fn` under the model checker, whose atomics have no const constructors.
macro_rules! const_new {
    ($(#[$m:meta])* $v:vis fn $name:ident($($a:ident: $t:ty),*) -> $r:ty $body:block) => {
        $(#[$m])* $v const fn $name($($a: $t),*) -> $r $body
    };
}
pub(crate) use const_new;

/// Native locks: the standard library's, which wait at their own word. Unlike a parking table they need
/// nothing reset in the child of a fork but that the forking thread holds them meanwhile. No poison:
/// what they protect is consistent at every point that could panic.
mod native {
    use super::ranked::Held;
    use crate::protocol::ranks::Rank;
    use std::ops::{Deref, DerefMut};
    use std::sync::PoisonError;
    use std::time::Duration;

    pub struct Mutex<T> {
        #[cfg(debug_assertions)]
        rank: Rank,
        inner: std::sync::Mutex<T>,
    }
    pub struct MutexGuard<'a, T> {
        inner: Option<std::sync::MutexGuard<'a, T>>,
        _held: Held,
    }

    impl<T: Default> Default for Mutex<T> {
        fn default() -> Self {
            Mutex::new(T::default())
        }
    }
    #[derive(Default)]
    pub struct Condvar(std::sync::Condvar);

    impl<T> Mutex<T> {
        pub const fn new(value: T) -> Mutex<T> {
            Mutex::ranked(Rank::Any, value)
        }
        /// With its place in the order of locks ([`crate::protocol::ranks`]).
        pub const fn ranked(_rank: Rank, value: T) -> Mutex<T> {
            Mutex {
                #[cfg(debug_assertions)]
                rank: _rank,
                inner: std::sync::Mutex::new(value),
            }
        }
        #[cfg(debug_assertions)]
        fn held(&self, waiting: bool) -> Held {
            Held::new(self.rank, waiting)
        }
        #[cfg(not(debug_assertions))]
        #[inline(always)]
        fn held(&self, _: bool) -> Held {
            Held
        }
        #[inline]
        pub fn lock(&self) -> MutexGuard<'_, T> {
            let _held = self.held(true);
            let inner = Some(self.inner.lock().unwrap_or_else(PoisonError::into_inner));
            MutexGuard { inner, _held }
        }
        pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            let inner = match self.inner.try_lock() {
                Ok(guard) => Some(guard),
                Err(std::sync::TryLockError::Poisoned(e)) => Some(e.into_inner()),
                Err(std::sync::TryLockError::WouldBlock) => return None,
            };
            let _held = self.held(false);
            Some(MutexGuard { inner, _held })
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;
        #[inline]
        fn deref(&self) -> &T {
            self.inner.as_ref().expect("present but inside a wait")
        }
    }
    impl<T> DerefMut for MutexGuard<'_, T> {
        #[inline]
        fn deref_mut(&mut self) -> &mut T {
            self.inner.as_mut().expect("present but inside a wait")
        }
    }

    impl Condvar {
        pub const fn new() -> Condvar {
            Condvar(std::sync::Condvar::new())
        }
        pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            let inner = guard.inner.take().expect("present but inside a wait");
            guard.inner = Some(self.0.wait(inner).unwrap_or_else(PoisonError::into_inner));
        }
        /// True: the time is over.
        pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> bool {
            let inner = guard.inner.take().expect("present but inside a wait");
            let (inner, result) = self
                .0
                .wait_timeout(inner, timeout)
                .unwrap_or_else(PoisonError::into_inner);
            guard.inner = Some(inner);
            result.timed_out()
        }
        pub fn notify_one(&self) {
            self.0.notify_one();
        }
        pub fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}

/// The order of native locks, checked in builds with debug assertions.
mod ranked {
    use crate::protocol::ranks::Rank;
    use std::fmt::Write;
    use std::sync::atomic::{AtomicU32, Ordering};

    const RANKS: usize = Rank::ALL.len();
    /// Which ranks were taken while this one was the last taken before, as bits.
    static TAKEN_UNDER: [AtomicU32; RANKS] = [const { AtomicU32::new(0) }; RANKS];

    #[cfg(debug_assertions)]
    thread_local! {
        static HELD: std::cell::RefCell<Vec<Rank>> = const { std::cell::RefCell::new(Vec::new()) };
    }

    /// Part of a guard: a lock that this thread holds.
    #[cfg(not(debug_assertions))]
    pub struct Held;
    #[cfg(debug_assertions)]
    pub struct Held(Rank);

    #[cfg(debug_assertions)]
    impl Held {
        /// Before the lock is waited for, or after a try that succeeded.
        pub fn new(rank: Rank, waiting: bool) -> Held {
            if rank != Rank::Any {
                // A thread that ends has no list any more.
                let _ = HELD.try_with(|held| {
                    let mut held = held.borrow_mut();
                    if let Some(&last) = held.iter().max() {
                        TAKEN_UNDER[last as usize].fetch_or(1 << rank as u32, Ordering::Relaxed);
                        assert!(
                            !waiting || last.may_take(rank),
                            "lock {rank:?} is taken under {last:?}"
                        );
                    }
                    held.push(rank);
                });
            }
            Held(rank)
        }
    }

    #[cfg(debug_assertions)]
    impl Drop for Held {
        fn drop(&mut self) {
            let _ = HELD.try_with(|held| {
                let mut held = held.borrow_mut();
                if let Some(at) = held.iter().rposition(|&r| r == self.0) {
                    held.remove(at);
                }
            });
        }
    }

    /// An object's lock is about to be taken: no native lock may be held.
    #[inline(always)]
    pub fn assert_none_held() {
        #[cfg(debug_assertions)]
        let _ = HELD.try_with(|held| {
            let held = held.borrow();
            assert!(held.is_empty(), "an object's lock is taken under {held:?}");
        });
    }

    /// The order of native locks in the language of Graphviz: dotted as it is laid down; solid where this process took one
    /// lock under another (known to builds with debug assertions only).
    pub fn lock_graph() -> String {
        let mut out = String::from("digraph locks {\n  Object [label=\"an object\"];\n");
        let ranked = || Rank::ALL.iter().filter(|r| r.0 != Rank::Any);
        for (_, name, what) in ranked() {
            let _ = writeln!(out, "  {name} [label=\"{what}\"];");
        }
        let mut before = "Object";
        for (_, name, _) in ranked() {
            let _ = writeln!(out, "  {before} -> {name} [style=dotted];");
            before = name;
        }
        for (from, name, _) in ranked() {
            let under = TAKEN_UNDER[*from as usize].load(Ordering::Relaxed);
            for (_, other, _) in ranked().filter(|to| under & 1 << to.0 as u32 != 0) {
                let _ = writeln!(out, "  {name} -> {other};");
            }
        }
        out.push_str("}\n");
        out
    }
}
