//! Types for the tests: a leaf with a number, a box of slots, the same with a finalizer.
// SAFETY (whole file): test objects are made, visited and dropped by the rules of `TypeInfo` (R12), each by the thread that attached.
#![allow(dead_code)]

use std::sync::Once;
use std::sync::atomic::{AtomicI64, Ordering};
use typhon_runtime::info::{self, type_flag};
use typhon_runtime::weak::{self, WeakCell};
use typhon_runtime::{Header, Slot, Thread, TypeInfo, Value, Visitor, region};

pub const TYPE: u32 = region::static_type_word(0);
pub const LEAF: u32 = region::static_type_word(1);
pub const NODE: u32 = region::static_type_word(2);
pub const DEL_NODE: u32 = region::static_type_word(3);
pub const WEAKREF: u32 = region::static_type_word(4);

pub static LEAVES: AtomicI64 = AtomicI64::new(0);
pub static NODES: AtomicI64 = AtomicI64::new(0);

#[repr(C)]
pub struct Leaf {
    pub head: Header,
    pub number: u64,
}

#[repr(C)]
pub struct Node {
    pub head: Header,
    pub slots: [Slot; 4],
    pub check: u64,
}

#[repr(C)]
pub struct WeakObj {
    pub head: Header,
    pub cell: WeakCell,
}

unsafe fn drop_leaf(_: *mut Header, _: &Thread) {
    LEAVES.fetch_sub(1, Ordering::Relaxed);
}
unsafe fn drop_node(h: *mut Header, t: &Thread) {
    NODES.fetch_sub(1, Ordering::Relaxed);
    let n = unsafe { &*(h as *const Node) };
    assert_eq!(n.check, h as u64 ^ 0x5555);
    for s in &n.slots {
        s.drop_unshared(t);
    }
}
unsafe fn traverse_node(h: *const Header, v: &mut Visitor) {
    v.visit_slots(unsafe { &(*(h as *const Node)).slots });
}
unsafe fn clear_node(h: *mut Header, t: &mut Thread) {
    let n = unsafe { &*(h as *const Node) };
    let old: Vec<_> = {
        let _guard = n.head.lock(t);
        n.slots.iter().map(|s| s.take()).collect()
    };
    drop(old);
}
unsafe fn drop_weak(h: *mut Header, _: &Thread) {
    weak::detach(unsafe { &(*(h as *const WeakObj)).cell });
}

pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        region::init();
        unsafe {
            make(TYPE, TypeInfo::new(type_flag::IS_TYPE, 1024));
            make(
                LEAF,
                TypeInfo {
                    drop_payload: drop_leaf,
                    ..TypeInfo::new(type_flag::PROMOTABLE, 24)
                },
            );
            let node = |flags| TypeInfo {
                drop_payload: drop_node,
                traverse: traverse_node,
                clear: clear_node,
                ..TypeInfo::new(flags, size_of::<Node>() as u32)
            };
            make(NODE, node(type_flag::GC));
            make(DEL_NODE, node(type_flag::GC | type_flag::HAS_DEL));
            make(
                WEAKREF,
                TypeInfo {
                    drop_payload: drop_weak,
                    ..TypeInfo::new(0, 24)
                },
            );
        }
    });
}

unsafe fn make(word: u32, info: TypeInfo) {
    unsafe {
        let cell = region::type_ptr(word) as *mut u8;
        (cell.add(16) as *mut TypeInfo).write(info);
        (*(cell as *const Header)).init_static(TYPE);
    }
    let _ = info::type_flag::GC;
}

/// Runs `f` as an attached thread.
pub fn attached<R>(f: impl FnOnce(&mut Thread) -> R) -> R {
    init();
    let mut t = Box::new(Thread::new());
    unsafe { t.attach_current().unwrap() };
    let r = f(&mut t);
    t.exit();
    r
}

pub fn leaf(t: &Thread, number: u64) -> Value {
    LEAVES.fetch_add(1, Ordering::Relaxed);
    unsafe { typhon_runtime::alloc(t, LEAF, number).unwrap() }
}
pub fn number(v: &Value) -> u64 {
    assert_eq!(v.type_word(), LEAF);
    unsafe { (*(v.as_ptr() as *const Leaf)).number }
}
pub fn node_of(t: &Thread, ty: u32) -> Value {
    NODES.fetch_add(1, Ordering::Relaxed);
    unsafe {
        typhon_runtime::alloc_with::<Node>(t, ty, |n| {
            (&raw mut (*n).slots).write([Slot::EMPTY; 4]);
            (&raw mut (*n).check).write(n as u64 ^ 0x5555);
        })
        .unwrap()
    }
}
pub fn node(t: &Thread) -> Value {
    node_of(t, NODE)
}
pub fn slots(v: &Value) -> &[Slot; 4] {
    unsafe { &(*(v.as_ptr() as *const Node)).slots }
}
pub fn weakref(t: &Thread, target: &Value, callback: bool) -> Value {
    let w = unsafe { typhon_runtime::alloc(t, WEAKREF, WeakCell::new()).unwrap() };
    weak::attach(target, &w, cell(&w), callback);
    w
}
pub fn cell(w: &Value) -> &WeakCell {
    assert_eq!(w.type_word(), WEAKREF);
    unsafe { &(*(w.as_ptr() as *const WeakObj)).cell }
}
