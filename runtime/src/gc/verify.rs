//! The heap verifier: what must hold of every object while the world stands still. Checking builds run
//! it around each collection when asked ([`crate::checking`]).
//!
//! - every child of a live object is a live cell, or a static object;
//! - no object is referred to from the heap more often than it is counted (the collector would free it
//!   under its holders; more counts than references are fine: registers, native frames);
//! - every cell's type is initialized.

use super::visitor::Visitor;
use crate::address::AddressMap;
use crate::checking;
use crate::header::{Header, flag};
use crate::heap;
use crate::info::type_flag;
use crate::refcount;
use crate::region;
use crate::thread::{Thread, World};
use std::collections::BTreeMap;

/// How many complaints are gathered.
const ENOUGH: usize = 20;

pub(super) fn wanted() -> bool {
    checking::verifies_heap()
}

/// Complaints about the heap; empty if it is sound.
pub fn verify(t: &mut Thread) -> Vec<String> {
    t.stop_the_world(|world| verify_stopped(world))
}

pub(super) fn verify_stopped(world: &World) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut referred: AddressMap<*const Header, i64> = AddressMap::default();
    let mut look = |head: *mut Header| {
        // SAFETY: a live cell, with the world stopped.
        let h = unsafe { &*head };
        let ty = h.type_word();
        let type_head = region::type_ptr(ty) as *const Header;
        // SAFETY: type cells are always readable.
        if ty < region::STATIC_BYTES || unsafe { (*type_head).type_word() } == 0 {
            complain(&mut complaints, || {
                format!("{head:p}: its type {ty:#x} is not alive")
            });
            return;
        }
        if h.flags() & flag::DYING != 0 || !h.info().has(type_flag::GC) {
            return;
        }
        let mut see = |child: *const Header| {
            // SAFETY: what a live object refers to is a cell or was one (R3).
            if unsafe { (*child).type_word() } == 0 {
                complain(&mut complaints, || {
                    format!("{head:p} of type {ty:#x} refers to the free cell {child:p}")
                });
            } else {
                *referred.entry(child).or_insert(0) += 1;
            }
        };
        // SAFETY: a live cell, with the world stopped.
        unsafe { (h.info().traverse)(head, &mut Visitor::new(&mut see)) };
    };
    heap::for_each_object(world, |head, _| look(head));
    region::for_each_type(look);
    for (&head, &references) in &referred {
        // SAFETY: checked above.
        let h = unsafe { &*head };
        if h.is_immortal() {
            continue;
        }
        let counted = refcount::total(h);
        if counted < references {
            complain(&mut complaints, || {
                let ty = h.type_word();
                let by = referrers(world, head);
                format!(
                    "{head:p} of type {ty:#x}: {references} references, {counted} counted, from {by}"
                )
            });
        }
    }
    complaints
}

/// Which types the objects are of that refer to `child`, and how many references there are from each.
fn referrers(world: &World, child: *const Header) -> String {
    let mut by: BTreeMap<u32, usize> = BTreeMap::new();
    let mut look = |head: *mut Header| {
        // SAFETY: a live cell, with the world stopped.
        let h = unsafe { &*head };
        if h.flags() & flag::DYING != 0 || !h.info().has(type_flag::GC) {
            return;
        }
        let mut see = |named: *const Header| {
            if named == child {
                *by.entry(h.type_word()).or_default() += 1;
            }
        };
        // SAFETY: as above.
        unsafe { (h.info().traverse)(head, &mut Visitor::new(&mut see)) };
    };
    heap::for_each_object(world, |head, _| look(head));
    region::for_each_type(look);
    let told: Vec<_> = by.iter().map(|(ty, n)| format!("{ty:#x}: {n}")).collect();
    told.join(", ")
}

fn complain(list: &mut Vec<String>, text: impl FnOnce() -> String) {
    if list.len() < ENOUGH {
        list.push(text());
    }
}

/// Around a collection.
pub(super) fn check(world: &World, when: &str) {
    if wanted() {
        let complaints = verify_stopped(world);
        assert!(
            complaints.is_empty(),
            "the heap is unsound {when}:\n{}",
            complaints.join("\n")
        );
    }
}
