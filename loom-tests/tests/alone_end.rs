//! The end of the state in which one thread runs alone (`alone_end.rs`): none of its plain counts is lost, whether it
//! starts the second thread itself or others attach.
//!
//! Interleavings: `lone_thread_starts_another` 31, `stranger_attaches` 442, `stranger_attaches_while_another_is_started` 5 620,
//! `two_strangers_attach` 56 365.

use loom::sync::Arc;
use loom_tests::protocol::alone_end::Alone;
use loom_tests::protocol::refword::{self, RefWord};
use loom_tests::sync::Mutex;
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch, must_catch_bounded};

struct World {
    alone: Alone,
    /// Held by the lone thread between its safepoints: who stops the world gets it at one of them.
    running: Mutex<()>,
    word: RefWord,
}

impl World {
    fn new() -> Arc<World> {
        let world = World {
            alone: Alone::new(),
            running: Mutex::new(()),
            word: RefWord::new(0),
        };
        world.alone.begin();
        Arc::new(world)
    }
    fn count(&self) {
        if self.alone.is() {
            self.word.inc_alone();
        } else {
            self.word.inc();
        }
    }
    fn counted(&self, n: i32) {
        assert_eq!(refword::count(self.word.load()), n, "a count is lost");
    }
    /// A thread of somebody else's.
    fn attach_and_count(&self) {
        self.alone.end(false);
        self.alone.attached(|| drop(self.running.lock()));
        self.count();
    }
}

/// The lone thread counts, starts another, and both count.
fn starts_another() {
    let world = World::new();
    world.count();
    world.alone.end(true);
    let other = {
        let world = world.clone();
        thread::spawn(move || {
            world.alone.attached(|| unreachable!("that was announced"));
            world.count();
        })
    };
    world.count();
    other.join().unwrap();
    world.counted(3);
}

/// Others attach while the lone thread counts, with a safepoint between.
fn attach(strangers: i32) {
    let world = World::new();
    let others: Vec<_> = (0..strangers)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || world.attach_and_count())
        })
        .collect();
    for _ in 0..2 {
        let running = world.running.lock();
        world.count();
        drop(running);
    }
    for other in others {
        other.join().unwrap();
    }
    world.counted(2 + strangers);
}

/// One attaches while the lone thread starts another itself.
fn attach_and_start() {
    let world = World::new();
    let stranger = {
        let world = world.clone();
        thread::spawn(move || world.attach_and_count())
    };
    let running = world.running.lock();
    world.count();
    world.alone.end(true);
    drop(running);
    let own = {
        let world = world.clone();
        thread::spawn(move || {
            world.alone.attached(|| drop(world.running.lock()));
            world.count();
        })
    };
    stranger.join().unwrap();
    own.join().unwrap();
    world.counted(3);
}

#[test]
fn lone_thread_starts_another() {
    check(starts_another);
}

#[test]
fn stranger_attaches() {
    check(|| attach(1));
}

#[test]
fn two_strangers_attach() {
    check_bounded(3, || attach(2));
}

#[test]
fn stranger_attaches_while_another_is_started() {
    check_bounded(3, attach_and_start);
}

#[test]
fn state_that_goes_on_is_caught() {
    must_catch(Bug::AloneGoesOn, starts_another);
}

#[test]
fn unannounced_stranger_is_caught() {
    must_catch(Bug::AloneUnannounced, || attach(1));
}

#[test]
fn announcing_before_the_stop_is_caught() {
    must_catch_bounded(3, Bug::AloneAnnouncedEarly, || attach(2));
}
