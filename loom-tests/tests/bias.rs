//! Locks of objects that only their owner uses (`bias.rs`): exclusion between the owner's own way and everybody's, whoever opens the
//! object first, and when a thread loses its way of locking and gets it back.
//!
//! Interleavings: `bias_comes_back` 16 522, `bias_ends` 40 165, `displaced_object_outlives_locked_reader` 34 101, `owner_and_stranger` 94 430,
//! `owner_and_two_strangers` 29 408, `two_ask` 11 673.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::bias::Bias;
use loom_tests::protocol::lock_byte::{LockByte, Unlock};
use loom_tests::sync::Mutex;
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch, must_catch_bounded};

const OWNER: u16 = 1;

struct Object {
    byte: LockByte,
    data: UnsafeCell<u32>,
}

struct World {
    /// The owner's half, and the lock that belongs to it.
    bias: Bias,
    record: Mutex<()>,
    objects: [Object; 2],
    /// The first object that is opened costs the owner its way of locking.
    loses: bool,
}

// SAFETY: loom checks the accesses to the data.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new(loses: bool) -> Arc<World> {
        let object = || Object {
            byte: LockByte::new(),
            data: UnsafeCell::new(0),
        };
        let world = World {
            bias: Bias::new(),
            record: Mutex::new(()),
            objects: [object(), object()],
            loses,
        };
        world.bias.begin(OWNER);
        Arc::new(world)
    }

    fn add(&self, i: usize) {
        // SAFETY: loom reports it if the lock does not exclude.
        self.objects[i].data.with_mut(|p| unsafe { *p += 1 });
    }

    /// In everybody's way, once the object is open. How often it has changed the object: it does not wait.
    fn locked(&self, i: usize) -> u32 {
        let byte = &self.objects[i].byte;
        if !byte.try_lock() {
            return 0;
        }
        self.add(i);
        assert!(byte.unlock() == Unlock::Done);
        1
    }

    fn owner(&self, i: usize) -> u32 {
        let object = &self.objects[i];
        if self.bias.enter(0, i + 1, || OWNER, &object.byte) {
            self.add(i);
            self.bias.leave(0);
            return 1;
        }
        // Its own object, and it is not inside.
        if object.byte.ask() {
            object.byte.open();
        }
        self.locked(i)
    }

    fn stranger(&self, i: usize) -> u32 {
        match self.objects[i].byte.is_open() || self.try_open(i) {
            true => self.locked(i),
            false => 0,
        }
    }

    fn try_open(&self, i: usize) -> bool {
        let _record = self.record.lock();
        let done = self.bias.try_open(i + 1, &self.objects[i].byte);
        if self.loses && done && self.bias.is_on() {
            self.bias.lose();
        }
        done
    }

    fn end(&self, sums: [u32; 2]) {
        for (object, sum) in self.objects.iter().zip(sums) {
            // SAFETY: all have ended.
            object.data.with(|p| unsafe { assert_eq!(*p, sum) });
        }
    }
}

/// The owner changes an object, twice if it has one stranger to do with.
fn one_object(strangers: u32) {
    let world = World::new(false);
    let others: Vec<_> = (0..strangers)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || world.stranger(0))
        })
        .collect();
    let mut sum = world.owner(0);
    if strangers == 1 {
        sum += world.owner(0);
    }
    for other in others {
        sum += other.join().unwrap();
    }
    world.end([sum, 0]);
}

/// The first object that a stranger opens costs the owner its way of locking; the stranger goes on to another object, in which the owner
/// may be.
fn loses_its_way() {
    let world = World::new(true);
    let stranger = {
        let world = world.clone();
        thread::spawn(move || {
            _ = world.try_open(0);
            world.stranger(1)
        })
    };
    let sum = world.owner(1) + stranger.join().unwrap();
    world.end([0, sum]);
}

/// The same, and the owner gets it back meanwhile.
fn gets_it_back() {
    let world = World::new(true);
    _ = world.try_open(0);
    let stranger = {
        let world = world.clone();
        thread::spawn(move || world.stranger(1))
    };
    assert!(!world.bias.is_on());
    {
        let _record = world.record.lock();
        world.bias.begin(OWNER);
    }
    let sum = world.owner(1) + stranger.join().unwrap();
    world.end([0, sum]);
}

/// An object that another thread than the stranger asks for as well, and that its owner may open itself.
fn asked_twice() {
    let world = World::new(false);
    let asker = {
        let world = world.clone();
        thread::spawn(move || _ = world.try_open(0))
    };
    let stranger = {
        let world = world.clone();
        thread::spawn(move || world.stranger(0))
    };
    let mine = world.owner(0);
    asker.join().unwrap();
    let sum = mine + stranger.join().unwrap();
    world.end([sum, 0]);
}

/// What the owner stores in its own way is what a stranger reads that counts under the lock: the displaced object is not counted
/// after its death (`Slot::exchange`).
fn own_store_and_locked_read() {
    use loom_tests::sync::{AtomicU64, Ordering};
    let world = World::new(false);
    let slot = Arc::new((AtomicU64::new(1), AtomicU64::new(0)));
    let reader = {
        let (world, slot) = (world.clone(), slot.clone());
        thread::spawn(move || {
            if world.try_open(0) && world.objects[0].byte.try_lock() {
                loom_tests::protocol::exchange::begin_locked_read();
                if slot.0.load(Ordering::Relaxed) == 1 {
                    assert_eq!(slot.1.load(Ordering::Acquire), 0, "counted a dead object");
                }
                assert!(world.objects[0].byte.unlock() == Unlock::Done);
            }
        })
    };
    let byte = &world.objects[0].byte;
    if world.bias.enter(0, 1, || OWNER, byte) {
        slot.0.store(2, Ordering::Release);
        world.bias.leave(0);
    } else {
        if byte.ask() {
            byte.open();
        }
        loom_tests::protocol::exchange::swap(&slot.0, 2);
    }
    while loom_tests::protocol::exchange::must_wait(byte) {
        thread::yield_now();
    }
    slot.1.store(1, Ordering::Release);
    reader.join().unwrap();
}

#[test]
fn owner_and_stranger() {
    check(|| one_object(1));
}

#[test]
fn owner_and_two_strangers() {
    check_bounded(3, || one_object(2));
}

#[test]
fn two_ask() {
    check_bounded(3, asked_twice);
}

#[test]
fn bias_ends() {
    check(loses_its_way);
}

#[test]
fn bias_comes_back() {
    check(gets_it_back);
}

#[test]
fn displaced_object_outlives_locked_reader() {
    check(own_store_and_locked_read);
}

#[test]
fn missing_fence_is_caught() {
    must_catch(Bug::BiasNoFence, || one_object(1));
}

#[test]
fn looking_before_telling_is_caught() {
    must_catch(Bug::BiasLooksFirst, || one_object(1));
}

#[test]
fn asking_late_is_caught() {
    must_catch(Bug::BiasNoAsking, || one_object(1));
}

#[test]
fn not_waiting_for_the_owner_is_caught() {
    must_catch(Bug::BiasNoWait, || one_object(1));
}

#[test]
fn trusting_another_that_asked_is_caught() {
    must_catch_bounded(3, Bug::BiasTrustsAsker, asked_twice);
}

#[test]
fn bias_taken_for_over_at_once_is_caught() {
    must_catch(Bug::BiasOverAtOnce, loses_its_way);
}
