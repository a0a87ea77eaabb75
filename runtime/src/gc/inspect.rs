//! Looking at the heap: `gc.get_objects`, `gc.get_referrers`, `gc.get_referents`.

use super::visitor::Visitor;
use crate::address::AddressSet;
use crate::header::{Header, flag};
use crate::heap;
use crate::info::type_flag;
use crate::refcount;
use crate::region;
use crate::thread::{Thread, World};
use crate::value::Value;

/// Every live object the collector traverses, types included.
pub(super) fn for_each_traversed(world: &World, mut f: impl FnMut(&Header)) {
    let mut look = |head: *mut Header| {
        // SAFETY: a live cell, with the world stopped.
        let h = unsafe { &*head };
        if h.info().has(type_flag::GC) && h.flags() & flag::DYING == 0 {
            f(h);
        }
    };
    heap::for_each_object(world, |head, _| look(head));
    region::for_each_type(look);
}

fn counted(head: &Header) -> Option<Value> {
    // An object whose last reference waits in a merge queue must not come back.
    if !head.is_immortal() && refcount::total(head) <= 0 {
        return None;
    }
    // SAFETY: alive, with the world stopped.
    Some(unsafe { Value::borrow_header(head) })
}

/// All traversed objects.
pub fn objects(t: &mut Thread) -> Vec<Value> {
    t.stop_the_world(|world| {
        let mut all = Vec::new();
        for_each_traversed(world, |head| all.extend(counted(head)));
        all
    })
}

/// The objects that refer to one of `targets`.
pub fn referrers(t: &mut Thread, targets: &[Value]) -> Vec<Value> {
    let wanted: AddressSet<*const Header> = targets
        .iter()
        .map(Value::as_ptr)
        .filter(|p| !p.is_null())
        .collect();
    t.stop_the_world(|world| {
        let mut all = Vec::new();
        for_each_traversed(world, |head| {
            let mut hit = false;
            let mut see = |child: *const Header| hit |= wanted.contains(&child);
            // SAFETY: a live cell, with the world stopped.
            unsafe { (head.info().traverse)(head, &mut Visitor::new(&mut see)) };
            if hit {
                all.extend(counted(head));
            }
        });
        all
    })
}

/// What `of` refer to.
pub fn referents(t: &mut Thread, of: &[Value]) -> Vec<Value> {
    t.stop_the_world(|_| {
        let mut all = Vec::new();
        for value in of {
            let Some(head) = value.header() else { continue };
            if !head.info().has(type_flag::GC) {
                continue;
            }
            let mut see = |child: Value| all.push(child);
            // SAFETY: a live cell, with the world stopped; its children are counted by it.
            unsafe { (head.info().traverse)(head, &mut Visitor::of_referents(&mut see)) };
        }
        all
    })
}

pub fn stats_of_heap(t: &mut Thread) -> heap::Stats {
    t.stop_the_world(|world| heap::stats(world))
}
