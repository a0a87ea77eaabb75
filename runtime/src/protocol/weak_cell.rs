//! A weak reference against the last reference of its target.
//!
//! ```text
//! cell:  0 --attach, under the shard's lock, by a holder of the target--> address
//!        address --target died, under the lock, before its memory is freed--> 0
//!        address --weakref object dies, or the collector clears it, under the lock--> 0
//! ```
//! To upgrade is to read the address, lock its shard, read again and count if the target is not dead already. The
//! address of before the lock serves to find the shard and nothing else: by the time the lock is had, the target may be
//! gone and its cell another object. The same address read under the lock proves that the target has not come to clear
//! it, so its memory is not freed; whether it still lives is for the count to say, which fails from zero.

use crate::sync::{AtomicU64, Bug, Ordering, seeded};

/// The address to count, if `try_count` succeeds. `lock` locks the shard of an address.
pub fn upgrade<G>(
    cell: &AtomicU64,
    lock: impl FnOnce(u64) -> G,
    try_count: impl FnOnce(u64) -> bool,
) -> Option<u64> {
    let address = cell.load(Ordering::Acquire);
    if address == 0 {
        return None;
    }
    let _shard = lock(address);
    if !seeded(Bug::WeakNoSecondLook) && cell.load(Ordering::Acquire) != address {
        return None;
    }
    try_count(address).then_some(address)
}

/// Under the shard's lock: the target died, or the weakref object goes.
pub fn clear(cell: &AtomicU64) {
    cell.store(0, Ordering::Release);
}
