//! The one facade over atomics and native locks. Nothing else in the crate names `std::sync`;
//! `loom-tests` includes the files of `protocol/` over a facade of its own with the same names.

pub use native::{Condvar, Mutex, MutexGuard};
pub use std::sync::OnceLock;
pub use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
    AtomicUsize, Ordering, fence,
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
    /// R16: two threads add a bias.
    PromoteTwice,
    /// R16: deferral undone without a look at the registers.
    UndoUnscanned,
    /// A holder of the global lock that was asked takes the next turn as well.
    HandOverToItself,
    /// A request to let go of the global lock is forgotten outside the mutex.
    DropFlagLost,
    /// A weak reference upgraded by what was read before the lock.
    WeakNoSecondLook,
    /// The flag of the pool of foreign work is taken off outside the lock.
    PoolFlagClearedLate,
    /// A stack emptied by a load and a store.
    TakeInTwoSteps,
    /// R18: a changed state without a fence before the look at the bell.
    BellNoFence,
}

#[inline(always)]
pub const fn seeded(_: Bug) -> bool {
    false
}

/// To the model checker a SeqCst access is an AcqRel one: its facade puts a fence here.
#[inline(always)]
pub const fn seq_cst_access() {}

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
    use std::ops::{Deref, DerefMut};
    use std::sync::PoisonError;
    use std::time::Duration;

    #[derive(Default)]
    pub struct Mutex<T>(std::sync::Mutex<T>);
    pub struct MutexGuard<'a, T>(Option<std::sync::MutexGuard<'a, T>>);
    #[derive(Default)]
    pub struct Condvar(std::sync::Condvar);

    impl<T> Mutex<T> {
        pub const fn new(value: T) -> Mutex<T> {
            Mutex(std::sync::Mutex::new(value))
        }
        #[inline]
        pub fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
        }
        pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            match self.0.try_lock() {
                Ok(guard) => Some(MutexGuard(Some(guard))),
                Err(std::sync::TryLockError::Poisoned(e)) => Some(MutexGuard(Some(e.into_inner()))),
                Err(std::sync::TryLockError::WouldBlock) => None,
            }
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;
        #[inline]
        fn deref(&self) -> &T {
            self.0.as_ref().expect("present but inside a wait")
        }
    }
    impl<T> DerefMut for MutexGuard<'_, T> {
        #[inline]
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_mut().expect("present but inside a wait")
        }
    }

    impl Condvar {
        pub const fn new() -> Condvar {
            Condvar(std::sync::Condvar::new())
        }
        pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            let inner = guard.0.take().expect("present but inside a wait");
            guard.0 = Some(self.0.wait(inner).unwrap_or_else(PoisonError::into_inner));
        }
        /// True: the time is over.
        pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> bool {
            let inner = guard.0.take().expect("present but inside a wait");
            let (inner, result) = self
                .0
                .wait_timeout(inner, timeout)
                .unwrap_or_else(PoisonError::into_inner);
            guard.0 = Some(inner);
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
