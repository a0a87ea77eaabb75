//! An owner that sleeps holds nothing back (R5): what others drop meanwhile is merged for it, with the counts themselves.
//!
//! Interleavings: `asked_and_asleep` 2 172, `asked_and_dropping` 2 362, `container_of_a_dead` 159, `container_of_a_sleeper` 673,
//! `one_dropper` 673, `owner_comes_back` 911, `two_droppers` 5 938.

use loom::sync::Arc;
use loom_tests::counted::{Counted, OWNER, Record};
use loom_tests::protocol::refword::DEFAULT;
use loom_tests::protocol::thread_state::ATTACHED;
use loom_tests::sync::Ordering;
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

struct World {
    record: Record,
    object: Counted,
}

fn sleep_against_drops(droppers: u32) {
    let world = Arc::new(World {
        record: Record::new(ATTACHED),
        object: Counted::new(droppers, DEFAULT),
    });
    let others: Vec<_> = (0..droppers)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || {
                world.object.touch();
                world.record.drop_by_other(&world.object);
            })
        })
        .collect();
    world.record.detach();
    for other in others {
        other.join().unwrap();
    }
    // Still asleep.
    world.object.assert_freed_once();
}

/// The owner sleeps, comes back, and drops what it holds.
fn sleep_and_return() {
    let world = Arc::new(World {
        record: Record::new(ATTACHED),
        object: Counted::new(2, DEFAULT),
    });
    let other = {
        let world = world.clone();
        thread::spawn(move || world.record.drop_by_other(&world.object))
    };
    world.record.detach();
    world.record.attach();
    world.object.touch();
    if world.object.owner.load(Ordering::Relaxed) == OWNER {
        if world.object.drop_local() {
            world.object.free();
        }
    } else {
        world.record.drop_by_other(&world.object);
    }
    other.join().unwrap();
    world.record.detach();
    world.object.assert_freed_once();
}

/// A holder asks the owner to merge, and drops; the owner sleeps, or drops what it holds too.
fn ask_and_drop(own: u32) {
    let world = Arc::new(World {
        record: Record::new(ATTACHED),
        object: Counted::new(1 + own, DEFAULT),
    });
    let other = {
        let world = world.clone();
        thread::spawn(move || {
            world.object.touch();
            world.record.ask(&world.object);
            world.object.touch();
            world.record.drop_by_other(&world.object);
        })
    };
    world.record.serve();
    for _ in 0..own {
        if world.object.owner.load(Ordering::Relaxed) != OWNER {
            world.record.drop_by_other(&world.object);
        } else if world.object.drop_local() {
            world.object.free();
        }
    }
    world.record.detach();
    other.join().unwrap();
    world.object.assert_freed_once();
}

/// Somebody frees a container of two objects of the owner's, which sleeps or ends, and which dropped one of them before.
fn containers(ends: bool) {
    let world = Arc::new((
        Record::new(ATTACHED),
        [Counted::new(1, DEFAULT), Counted::new(2, DEFAULT)],
    ));
    let other = {
        let world = world.clone();
        thread::spawn(move || world.0.drop_together(&[&world.1[0], &world.1[1]]))
    };
    let (record, [_, kept]) = &*world;
    kept.touch();
    if kept.owner.load(Ordering::Relaxed) != OWNER {
        record.drop_by_other(kept);
    } else if kept.drop_local() {
        kept.free();
    }
    if ends {
        record.exit();
    } else {
        record.detach();
    }
    other.join().unwrap();
    for object in &world.1 {
        object.assert_freed_once();
    }
}

#[test]
fn container_of_a_sleeper() {
    check(|| containers(false));
}

#[test]
fn container_of_a_dead() {
    check(|| containers(true));
}

#[test]
fn container_that_nobody_serves_is_caught() {
    must_catch(Bug::GiveNoHelp, || containers(false));
}

#[test]
fn container_given_to_an_orphan_is_caught() {
    must_catch(Bug::GiveToOrphan, || containers(true));
}

#[test]
fn asked_and_asleep() {
    check(|| ask_and_drop(0));
}

#[test]
fn asked_and_dropping() {
    check(|| ask_and_drop(1));
}

#[test]
fn one_dropper() {
    check(|| sleep_against_drops(1));
}

#[test]
fn two_droppers() {
    check_bounded(3, || sleep_against_drops(2));
}

#[test]
fn owner_comes_back() {
    check(sleep_and_return);
}

#[test]
fn sleeper_that_nobody_serves_is_caught() {
    must_catch(Bug::GiveNoHelp, || sleep_against_drops(1));
}

#[test]
fn detach_without_a_second_look_is_caught() {
    must_catch(Bug::DetachNoRecheck, || sleep_against_drops(1));
}
