//! A thread ends while others drop references to its objects (R5): each object is freed once, and none waits for the dead.
//!
//! Interleavings: `inherited_id` 366, `one_dropper` 159, `own_reference` 159, `two_droppers` 4 860.

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

fn world(references: u32) -> Arc<World> {
    Arc::new(World {
        record: Record::new(ATTACHED),
        object: Counted::new(references, DEFAULT),
    })
}

fn dropper(world: &Arc<World>) -> thread::JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || {
        world.object.touch();
        world.record.drop_by_other(&world.object);
    })
}

/// All references are in the hands of others: each drops one.
fn exit_against_drops(droppers: u32) {
    let world = world(droppers);
    let others: Vec<_> = (0..droppers).map(|_| dropper(&world)).collect();
    world.record.exit();
    for other in others {
        other.join().unwrap();
    }
    world.object.assert_freed_once();
}

/// The owner holds one itself, and drops it before it ends.
fn exit_with_a_reference() {
    let world = world(2);
    let other = dropper(&world);
    world.object.touch();
    if world.object.owner.load(Ordering::Relaxed) == OWNER {
        if world.object.drop_local() {
            world.object.free();
        }
    } else {
        world.record.drop_by_other(&world.object);
    }
    world.record.exit();
    other.join().unwrap();
    world.object.assert_freed_once();
}

/// Another thread takes the id over while the reference is on its way.
fn exit_and_inheritance() {
    let world = world(1);
    let other = dropper(&world);
    world.record.exit();
    world.record.inherit();
    world.record.serve();
    other.join().unwrap();
    world.record.serve();
    world.object.assert_freed_once();
}

#[test]
fn one_dropper() {
    check(|| exit_against_drops(1));
}

#[test]
fn two_droppers() {
    check_bounded(3, || exit_against_drops(2));
}

#[test]
fn own_reference() {
    check(exit_with_a_reference);
}

#[test]
fn inherited_id() {
    check(exit_and_inheritance);
}

#[test]
fn exit_that_forgets_its_queue_is_caught() {
    must_catch(Bug::ExitForgetsQueue, || exit_against_drops(1));
}

#[test]
fn reference_given_to_an_orphan_is_caught() {
    must_catch(Bug::GiveToOrphan, || exit_against_drops(1));
}
