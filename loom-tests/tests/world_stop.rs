//! Stopping the world (R18) against threads that detach, attach, and want to stop it themselves: the stopper is always told,
//! and nobody touches objects while it stands.
//!
//! Interleavings: `one_stopper` 109 594, `requests_queue_up` 153 603, `two_runners` 7 476.

use loom_tests::stopping::World;
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

/// A runner that passes a safepoint, sleeps, and comes back.
fn run(world: &World, me: usize) {
    world.touch(me);
    world.safepoint(me);
    world.touch(me);
    world.detach(me);
    world.attach(me);
    world.touch(me);
    world.detach(me);
}

/// One stopper against one runner that detaches.
fn stop_against_runner() {
    let world = World::new(2);
    let runner = {
        let world = world.clone();
        thread::spawn(move || run(&world, 1))
    };
    world.stop(0, || ());
    world.detach(0);
    runner.join().unwrap();
}

/// Two want to stop the world at once.
fn two_stoppers() {
    let world = World::new(2);
    let other = {
        let world = world.clone();
        thread::spawn(move || {
            world.stop(1, || ());
            world.detach(1);
        })
    };
    world.stop(0, || ());
    world.detach(0);
    other.join().unwrap();
}

/// One stopper, two that sleep.
fn three() {
    let world = World::new(3);
    let others: Vec<_> = [1, 2]
        .into_iter()
        .map(|i| {
            let world = world.clone();
            thread::spawn(move || {
                world.touch(i);
                world.detach(i);
            })
        })
        .collect();
    world.stop(0, || ());
    world.detach(0);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn one_stopper() {
    check(stop_against_runner);
}

#[test]
fn requests_queue_up() {
    check(two_stoppers);
}

#[test]
fn two_runners() {
    check_bounded(3, three);
}

#[test]
fn bell_without_a_fence_is_caught() {
    must_catch(Bug::BellNoFence, stop_against_runner);
}
