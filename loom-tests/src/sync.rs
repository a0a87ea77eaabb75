//! The facade of `runtime/src/sync.rs` over loom, with mistakes that can be seeded.

pub use loom::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
    AtomicUsize, Ordering, fence,
};
use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// See the facade of the runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    MergeBeforeOwner,
    FreeRelaxed,
    QsbrNoFence,
    UnlockForgetsParked,
    WokenHeedsReservation,
    ReadNoRecheck,
    DetachNoRecheck,
    ExchangeNoLook,
    ExitForgetsQueue,
    GiveNoHelp,
    GiveToOrphan,
    WaitHoldingTheOther,
    LockTwice,
    PageNoGrace,
    LengthForCapacity,
    KeyBeforeEntry,
    ProbeNoSecondLook,
    CacheNoSecondLook,
    CacheNotEmptied,
    ChangeForgetsOnce,
    ChangeForgetsLate,
    ChangeDropsEarly,
    PromoteTwice,
    UndoUnscanned,
    NoteBiasOnly,
    FlagBeforeBias,
    JudgeUnwritten,
    BelowUntold,
    HandOverToItself,
    DropFlagLost,
    WeakNoSecondLook,
    PoolFlagClearedLate,
    PoolHolderTakes,
    TakeInTwoSteps,
    BellNoFence,
    BiasNoFence,
    BiasLooksFirst,
    BiasNoAsking,
    BiasNoWait,
    BiasTrustsAsker,
    BiasOverAtOnce,
    AloneGoesOn,
    AloneUnannounced,
    AloneAnnouncedEarly,
    TurnNamedLate,
    TurnUnnamed,
    TurnNoFence,
    TurnParks,
    TurnWhileParked,
    ForkHalfCleared,
    ClearedUntold,
}

// The threads of a model are coroutines of the thread that checks it.
thread_local! { static SEEDED: Cell<Option<Bug>> = const { Cell::new(None) }; }

pub fn seed(bug: Option<Bug>) {
    SEEDED.set(bug);
}

pub fn seeded(bug: Bug) -> bool {
    SEEDED.get() == Some(bug)
}

/// See the facade of the runtime.
pub fn seq_cst_access() {
    fence(Ordering::SeqCst);
}

/// See the facade of the runtime: together they are as good as two fences.
pub fn light_fence() {
    fence(Ordering::SeqCst);
}
pub fn heavy_fence() {
    fence(Ordering::SeqCst);
}

macro_rules! const_new {
    ($(#[$m:meta])* $v:vis fn $name:ident($($a:ident: $t:ty),*) -> $r:ty $body:block) => {
        $(#[$m])* $v fn $name($($a: $t),*) -> $r $body
    };
}
pub(crate) use const_new;

/// The runtime's native mutex, which is never poisoned.
#[derive(Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);
pub struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }
    pub fn ranked(_: crate::protocol::ranks::Rank, value: T) -> Mutex<T> {
        Mutex::new(value)
    }
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().unwrap()))
    }
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok().map(|g| MutexGuard(Some(g)))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.as_ref().expect("present but inside a wait")
    }
}
impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("present but inside a wait")
    }
}

#[derive(Default)]
pub struct Condvar(loom::sync::Condvar);

loom::thread_local! { static HAS_TIMED_OUT: Cell<bool> = Cell::new(false); }

impl Condvar {
    pub fn new() -> Condvar {
        Condvar(loom::sync::Condvar::new())
    }
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let inner = guard.0.take().expect("present but inside a wait");
        guard.0 = Some(self.0.wait(inner).unwrap());
    }
    /// A thread's first timed wait runs out at once, later ones never do: so both ways are seen, and a wake-up that
    /// only a timeout would make good is a deadlock of the model.
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _: Duration) -> bool {
        if HAS_TIMED_OUT.with(|done| done.replace(true)) {
            self.wait(guard);
            return false;
        }
        true
    }
    pub fn notify_one(&self) {
        self.0.notify_one();
    }
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}
