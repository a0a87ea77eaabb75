//! The object lock of the free-threaded build: the lock byte with parking. Twin: `rawbyte_gil.rs`.
//!
//! A thread that has to wait detaches first (R6), parks at the byte's address, and competes anew.

use crate::counters::Counter;
use crate::fork;
use crate::header::Header;
use crate::protocol::exchange;
use crate::protocol::lock_byte::{LockByte, Unlock};
use crate::thread::Thread;
use crate::traffic::{self, Kind, Sum};
use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, ParkResult, park, unpark_one};
use std::time::Instant;

#[repr(transparent)]
pub struct RawByte(LockByte);

/// Parking costs a system call: look again a few times first.
const SPINS: u32 = 24;

impl RawByte {
    pub const fn new() -> RawByte {
        RawByte(LockByte::new())
    }

    #[inline(always)]
    pub fn try_lock(&self) -> bool {
        self.0.try_lock()
    }

    /// `head` is the header this byte stands in.
    #[inline(always)]
    pub fn lock(&self, head: &Header, t: &mut Thread) {
        if !self.0.try_lock() {
            self.lock_slow(head, t);
        }
    }

    #[cold]
    #[inline(never)]
    fn lock_slow(&self, head: &Header, t: &mut Thread) {
        t.counters.add(Counter::lock_contended, 1);
        loop {
            for _ in 0..SPINS {
                std::hint::spin_loop();
                if self.0.try_lock() {
                    return;
                }
            }
            let start = Instant::now();
            t.detach(|| self.wait_once());
            let time = start.elapsed();
            t.counters
                .add(Counter::lock_wait_ns, time.as_nanos() as u64);
            traffic::note(t, Kind::ObjectLock, Some(head), Sum { count: 1, time });
            if self.0.try_lock() {
                return;
            }
        }
    }

    /// Sleeps until the holder wakes somebody, or returns at once if the lock is free.
    fn wait_once(&self) {
        if !self.0.announce() {
            return;
        }
        let key = fork::park_key(self as *const _ as usize);
        // SAFETY: the callbacks neither panic nor park; the key is the byte's address.
        unsafe {
            fork::enter_table();
            let validate = || self.0.still_waits();
            let result = park(
                key,
                validate,
                fork::leave_table,
                |_, _| {},
                DEFAULT_PARK_TOKEN,
                None,
            );
            if result == ParkResult::Invalid {
                fork::leave_table();
            }
        }
    }

    /// After an exchange of a slot without the lock.
    #[inline(always)]
    pub fn is_locked(&self) -> bool {
        exchange::must_wait(&self.0)
    }

    #[inline(always)]
    pub fn unlock(&self) {
        if self.0.unlock() == Unlock::Wake {
            self.unlock_slow();
        }
    }

    #[cold]
    #[inline(never)]
    fn unlock_slow(&self) {
        let key = fork::park_key(self as *const _ as usize);
        // SAFETY: the callback neither panics nor parks; it runs inside the bucket.
        unsafe {
            fork::enter_table();
            unpark_one(key, |result| {
                self.0.unlock_waking(result.have_more_threads);
                DEFAULT_UNPARK_TOKEN
            });
            fork::leave_table();
        }
    }
}
