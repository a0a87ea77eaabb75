//! An object with a biased count, as `runtime/src/refcount.rs` uses the shared word. The local count is plain memory to the
//! checker, so that it reports whoever touches it without being the owner or acting for it (R5).

use crate::protocol::owner_queue::{self, Given, Home};
use crate::protocol::refword::{Dec, RefWord};
use crate::protocol::thread_state::ThreadState;
use crate::sync::{AtomicU16, AtomicU32, Mutex, Ordering};
use loom::cell::UnsafeCell;

pub const OWNER: u16 = 1;
/// Whoever makes an object in a cell that was freed.
pub const NEXT_OWNER: u16 = 2;
pub const MERGE: u32 = 2;

pub struct Counted {
    pub owner: AtomicU16,
    local: UnsafeCell<u32>,
    pub shared: RefWord,
    payload: UnsafeCell<u32>,
    freed: AtomicU32,
}

// SAFETY: loom checks the accesses to the cells.
unsafe impl Sync for Counted {}
// SAFETY: as above.
unsafe impl Send for Counted {}

impl Counted {
    pub fn new(local: u32, shared: u32) -> Counted {
        Counted {
            owner: AtomicU16::new(if local == 0 { 0 } else { OWNER }),
            local: UnsafeCell::new(local),
            shared: RefWord::new(shared),
            payload: UnsafeCell::new(0),
            freed: AtomicU32::new(0),
        }
    }

    fn local(&self) -> u32 {
        // SAFETY: loom reports it if another thread writes.
        self.local.with(|p| unsafe { *p })
    }
    fn set_local(&self, n: u32) {
        // SAFETY: as above.
        self.local.with_mut(|p| unsafe { *p = n });
    }

    /// By a holder of a reference.
    pub fn touch(&self) {
        // SAFETY: loom reports it if somebody frees meanwhile.
        self.payload
            .with(|p| unsafe { assert_eq!(*p, 0, "a dead object") });
    }

    /// Frees, and the cell is at once somebody else's.
    pub fn free(&self) {
        // SAFETY: loom reports it if anybody may still read.
        self.payload.with_mut(|p| unsafe { *p += 1 });
        self.freed.fetch_add(1, Ordering::Relaxed);
        self.shared.reset();
        self.owner.store(NEXT_OWNER, Ordering::Relaxed);
    }

    /// The owner drops a reference. True: it was the last, the caller frees.
    #[must_use]
    pub fn drop_local(&self) -> bool {
        let local = self.local() - 1;
        self.set_local(local);
        local == 0
            && (self.shared.load_acquire() == crate::protocol::refword::DEFAULT
                || self
                    .shared
                    .merge(0, || self.owner.store(0, Ordering::Relaxed))
                    == Dec::Dead)
    }

    /// Moves the owner's count into the word and gives up `given` references of the caller.
    #[must_use]
    pub fn merge(&self, given: i32) -> bool {
        let local = match self.owner.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.local() as i32,
        };
        let clear = || {
            if local != 0 {
                self.set_local(0);
            }
            self.owner.store(0, Ordering::Relaxed);
        };
        self.shared.merge(local - given, clear) == Dec::Dead
    }

    pub fn assert_freed_once(&self) {
        assert_eq!(self.freed.load(Ordering::Relaxed), 1, "freed so often");
        assert_eq!(
            self.owner.load(Ordering::Relaxed),
            NEXT_OWNER,
            "stored after it was freed"
        );
    }
}

/// An object of the model, which keeps it for its whole life.
#[derive(Clone, Copy)]
pub struct Ref(*const Counted);

impl Ref {
    fn object(&self) -> &Counted {
        // SAFETY: the model keeps its objects.
        unsafe { &*self.0 }
    }
}

/// What an id's record holds under its lock.
pub struct Letters {
    queue: Vec<Ref>,
    breaker: *const AtomicU32,
    pub inhabited: bool,
}

impl Home for Letters {
    type Item = Ref;
    fn merge(item: Ref) -> bool {
        item.object().merge(1)
    }
    fn queue(&mut self) -> &mut Vec<Ref> {
        &mut self.queue
    }
    fn breaker(&self) -> Option<&AtomicU32> {
        // SAFETY: part of the same record.
        self.inhabited.then(|| unsafe { &*self.breaker })
    }
}

/// The record of the one owning id, and its thread's breaker.
pub struct Record {
    pub state: ThreadState,
    pub breaker: Box<AtomicU32>,
    pub letters: Mutex<Letters>,
}

// SAFETY: the pointers lead to atomics and objects that the model keeps.
unsafe impl Sync for Record {}
// SAFETY: as above.
unsafe impl Send for Record {}

impl Record {
    pub fn new(state: u32) -> Record {
        let breaker = Box::new(AtomicU32::new(0));
        Record {
            state: ThreadState::new(state),
            letters: Mutex::new(Letters {
                queue: Vec::new(),
                breaker: &raw const *breaker,
                inhabited: true,
            }),
            breaker,
        }
    }

    /// Somebody who is not the owner drops a reference.
    pub fn drop_by_other(&self, object: &Counted) {
        match object.shared.dec() {
            Dec::Alive | Dec::Uncounted => {}
            Dec::Dead => object.free(),
            Dec::Queue => self.give(object),
        }
    }

    /// A holder that is not the owner wants the owner to merge.
    pub fn ask(&self, object: &Counted) {
        if object.owner.load(Ordering::Relaxed) != 0 && object.shared.ask() {
            self.give(object);
        }
    }

    fn give(&self, object: &Counted) {
        self.hand_over(&mut [Ref(object)]);
    }

    /// Somebody who is not the owner frees a container of these.
    pub fn drop_together(&self, objects: &[&Counted]) {
        let mut queued = Vec::new();
        for object in objects {
            match object.shared.dec() {
                Dec::Alive | Dec::Uncounted => {}
                Dec::Dead => object.free(),
                Dec::Queue => queued.push(Ref(*object)),
            }
        }
        self.hand_over(&mut queued);
    }

    /// What the runtime's function of this name does.
    fn hand_over(&self, mut items: &mut [Ref]) {
        let owner_of = |item: &Ref| item.object().owner.load(Ordering::Relaxed);
        let mut others = Vec::new();
        while let Some(first) = items.first() {
            let owner = owner_of(first);
            let (done, dead) = if owner == 0 {
                (1, usize::from(first.object().merge(1)))
            } else {
                let mut letters = self.letters.lock();
                let same = items.iter().take_while(|i| owner_of(i) == owner).count();
                if same == 0 {
                    continue;
                }
                let these = &mut items[..same];
                let given =
                    owner_queue::give(&mut *letters, &self.state, MERGE, these, &mut others);
                match given {
                    Given::Left => (same, 0),
                    Given::Merged(dead) | Given::Helped { dead, .. } => (same, dead),
                }
            };
            let (these, rest) = std::mem::take(&mut items).split_at_mut(done);
            items = rest;
            Record::free(&these[..dead]);
            Record::free(&std::mem::take(&mut others));
        }
    }

    fn free(dead: &[Ref]) {
        for object in dead {
            object.object().free();
        }
    }

    /// The owner at a safepoint.
    pub fn serve(&self) {
        if !owner_queue::is_due(&self.breaker, MERGE) {
            return;
        }
        let items = std::mem::take(self.letters.lock().queue());
        for item in items {
            if Letters::merge(item) {
                Record::free(&[item]);
            }
        }
    }

    /// The owner goes to sleep.
    pub fn detach(&self) {
        loop {
            self.serve();
            if !self.state.detach_looking(&self.breaker, MERGE) {
                return;
            }
            self.attach();
        }
    }

    pub fn attach(&self) {
        while !self.state.try_attach() {
            // A helper holds the lock while it is at work.
            drop(self.letters.lock());
            loom::thread::yield_now();
        }
    }

    /// The owner ends.
    pub fn exit(&self) {
        loop {
            self.serve();
            let mut letters = self.letters.lock();
            if owner_queue::may_leave(&mut *letters) {
                letters.inhabited = false;
                break;
            }
        }
        self.state.detach();
    }

    /// A new thread takes the id.
    pub fn inherit(&self) {
        self.letters.lock().inhabited = true;
        self.attach();
    }
}
