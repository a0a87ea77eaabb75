//! The 16 bytes in front of every object.
//!
//! | field  | written by |
//! | ------ | ---------- |
//! | owner  | the owner; the stopper; under the id-record lock for orphans and helped sleepers (R5); 0 = merged or immortal |
//! | lock   | the lock protocol only ([`crate::protocol::lock_byte`]) |
//! | flags  | atomic or/and; a plain store only by whoever frees the object |
//! | local  | the owner, in plain loads and stores |
//! | shared | [`crate::protocol::refword`], read-modify-writes only, but for the reset of a free cell (R4) |
//! | ty     | stored last by allocation with Release (R12), 0 again when freed; `__class__` assignment |
//!
//! Every field is a relaxed atomic of one fixed width (R4).

use crate::info::TypeInfo;
use crate::protocol::deferral;
use crate::protocol::refword::{self, RefWord};
use crate::rawbyte::RawByte;
use crate::region;
use crate::sync::{AtomicU8, AtomicU16, AtomicU32, Ordering};
use crate::thread::{Thread, World};

pub mod flag {
    /// Never counted, never freed; set for good when a count saturates.
    pub const IMMORTAL: u8 = 1;
    /// Counted only in the heap, not in registers; freed by the collector.
    pub const DEFERRED: u8 = 2;
    /// A thread that is not the owner locked it: buffers it drops must outlive readers (R9).
    pub const SHARED: u8 = 4;
    pub const HAS_WEAKREFS: u8 = 8;
    /// Its finalizer was called; won by an atomic or (R18).
    pub const FINALIZED: u8 = 16;
    /// Set before the first child is dropped (R12).
    pub const DYING: u8 = 32;
    // 64 is `protocol::deferral::PROMOTING`.
    /// `gc.freeze()`: the collector takes it for alive.
    pub const FROZEN: u8 = 128;
}

/// The local count of an immortal object in the GIL build, whose counting tests the sign.
pub const IMMORTAL_LOCAL: u32 = 0xC000_0000;

/// See [`Header::counts`].
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// The id of the owning thread, 0 for none.
    pub owner: u16,
    pub local: u32,
    pub shared: i32,
    pub state: &'static str,
}

#[repr(C)]
pub struct Header {
    pub(crate) owner: AtomicU16,
    pub(crate) lock: RawByte,
    pub(crate) flags: AtomicU8,
    pub(crate) local: AtomicU32,
    pub(crate) shared: RefWord,
    ty: AtomicU32,
}

const _: () = {
    assert!(size_of::<Header>() == 16);
    assert!(std::mem::offset_of!(Header, lock) == 2);
    assert!(std::mem::offset_of!(Header, flags) == 3);
    assert!(std::mem::offset_of!(Header, local) == 4);
    assert!(std::mem::offset_of!(Header, shared) == 8);
    assert!(std::mem::offset_of!(Header, ty) == 12);
};

impl Header {
    /// A placeholder for `struct` expressions; allocation writes the real one.
    pub const fn placeholder() -> Header {
        Header {
            owner: AtomicU16::new(0),
            lock: RawByte::new(),
            flags: AtomicU8::new(0),
            local: AtomicU32::new(0),
            shared: RefWord::new(0),
            ty: AtomicU32::new(0),
        }
    }

    /// First half of making an object: the caller holds one reference. `shared` stays as it is (R4).
    #[inline(always)]
    pub(crate) fn begin(&self, tid: u16) {
        self.owner.store(tid, Ordering::Relaxed);
        self.flags.store(0, Ordering::Relaxed);
        self.local.store(1, Ordering::Relaxed);
    }

    /// Last step of making an object (R12).
    #[inline(always)]
    pub(crate) fn publish(&self, ty: u32) {
        self.ty.store(ty, Ordering::Release);
    }

    /// Makes the header of a type cell or another cell whose memory the caller filled: one counted
    /// reference, owned by this thread. `flags` of [`flag`] are set, DEFERRED with its bias.
    ///
    /// # Safety
    /// The cell is free, its payload written, and nobody else initializes it.
    pub unsafe fn init_cell(&self, t: &Thread, ty: u32, flags: u8) {
        self.begin(t.tid);
        self.flags.store(flags & !flag::DEFERRED, Ordering::Relaxed);
        if flags & flag::IMMORTAL != 0 {
            self.owner.store(0, Ordering::Relaxed);
            self.local.store(IMMORTAL_LOCAL, Ordering::Relaxed);
        }
        if flags & flag::DEFERRED != 0 {
            self.set_deferred();
        }
        self.publish(ty);
    }

    /// Makes the header of a static object or static type: immortal, owned by nobody.
    ///
    /// # Safety
    /// The memory is static and nobody else initializes it.
    pub unsafe fn init_static(&self, ty: u32) {
        self.owner.store(0, Ordering::Relaxed);
        self.flags.store(flag::IMMORTAL, Ordering::Relaxed);
        self.local.store(IMMORTAL_LOCAL, Ordering::Relaxed);
        self.publish(ty);
    }

    /// The cell becomes free (R4).
    #[inline(always)]
    pub(crate) fn retire_cell(&self) {
        self.owner.store(0, Ordering::Relaxed);
        self.local.store(0, Ordering::Relaxed);
        self.flags.store(0, Ordering::Relaxed);
        self.lock.reset(self);
        self.ty.store(0, Ordering::Relaxed);
        self.shared.reset();
    }

    #[inline(always)]
    pub fn type_word(&self) -> u32 {
        self.ty.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub fn type_word_acquire(&self) -> u32 {
        self.ty.load(Ordering::Acquire)
    }

    /// `__class__` assignment. Under the object's lock; the layouts agree (R10).
    pub fn set_type_word(&self, ty: u32) {
        debug_assert!(ty != 0);
        self.ty.store(ty, Ordering::Release);
    }

    #[inline(always)]
    pub fn info(&self) -> &'static TypeInfo {
        // SAFETY: a live cell's type word names a live type (R12).
        unsafe { region::info(self.type_word()) }
    }

    #[inline(always)]
    pub fn flags(&self) -> u8 {
        self.flags.load(Ordering::Relaxed)
    }
    #[inline(always)]
    pub fn flags_acquire(&self) -> u8 {
        self.flags.load(Ordering::Acquire)
    }
    /// Returns the flags before.
    #[inline]
    pub fn set_flags(&self, bits: u8) -> u8 {
        self.flags.fetch_or(bits, Ordering::AcqRel)
    }
    /// [`Self::set_flags`] of an object that nothing but the caller's reference holds ([`Self::is_uniquely_held`]): nobody else
    /// changes its flags.
    #[inline(always)]
    pub fn set_flags_alone(&self, bits: u8) {
        self.flags
            .store(self.flags.load(Ordering::Relaxed) | bits, Ordering::Relaxed);
    }
    #[inline]
    pub fn clear_flags(&self, bits: u8) -> u8 {
        self.flags.fetch_and(!bits, Ordering::AcqRel)
    }

    #[inline(always)]
    pub fn is_immortal(&self) -> bool {
        self.flags() & flag::IMMORTAL != 0
    }
    /// The same for a reader without a reference: what it then reads of the object is what its maker wrote.
    #[inline(always)]
    pub fn is_immortal_acquire(&self) -> bool {
        self.flags_acquire() & flag::IMMORTAL != 0
    }
    #[inline(always)]
    pub fn is_deferred(&self) -> bool {
        self.flags() & flag::DEFERRED != 0
    }
    #[inline(always)]
    pub fn is_uncounted_in_registers(&self) -> bool {
        self.flags_acquire() & (flag::IMMORTAL | flag::DEFERRED) != 0
    }

    #[inline(always)]
    pub fn is_owned_by(&self, tid: u16) -> bool {
        self.owner.load(Ordering::Relaxed) == tid
    }

    /// Whether this thread may read the object's buffers without its lock: they are then retired,
    /// not freed, by whoever replaces them (R9). If not: lock once, which marks it.
    #[inline(always)]
    pub fn may_read_unlocked(&self, tid: u16) -> bool {
        // Without a branch in between: a build guided by one thread's counts would lay the second question far away.
        let shared = u32::from(self.flags_acquire() & flag::SHARED);
        let other = u32::from(self.owner.load(Ordering::Relaxed) ^ tid);
        other & (shared / u32::from(flag::SHARED)).wrapping_sub(1) == 0
    }
    /// Whether readers without the lock may exist, so that replaced buffers have to be retired (R9).
    /// Asked under the object's lock.
    #[inline(always)]
    pub fn is_shared(&self) -> bool {
        self.flags() & flag::SHARED != 0
    }
    /// Under the object's lock.
    #[inline]
    pub fn mark_shared(&self) {
        if self.flags() & flag::SHARED == 0 {
            self.set_flags(flag::SHARED);
        }
    }

    /// Lets readers without a reference count this object (R2's "mark"). The caller holds one.
    pub fn mark_readable(&self) {
        if refword::state(self.shared.load()) == refword::DEFAULT {
            self.shared.mark_readable();
            #[cfg(not(feature = "gil"))]
            crate::promote::begin(self);
        }
    }

    /// Makes the object deferred, for good. The caller holds a counted reference. False: it was already, or another
    /// thread is about to (R16).
    pub fn set_deferred(&self) -> bool {
        deferral::promote(&self.flags, flag::DEFERRED, flag::IMMORTAL, || {
            crate::refcount::add_bias(self)
        })
    }

    /// The object shall never be deferred. False: it is, or immortal.
    pub fn keep_counted(&self, _stopped: &World) -> bool {
        deferral::refuse(&self.flags, flag::DEFERRED, flag::IMMORTAL)
    }

    /// With the world stopped (R16).
    pub(crate) fn end_deferral(&self) {
        deferral::undo(&self.flags, flag::DEFERRED, || {
            crate::refcount::remove_bias(self)
        });
    }

    /// With the world stopped: see [`deferral::is_over`].
    pub(crate) fn is_over(&self, named: bool) -> bool {
        deferral::is_over(
            &self.flags,
            flag::DEFERRED,
            crate::refcount::total(self),
            named,
        )
    }

    /// Makes the object immortal, for good. The caller holds a reference.
    pub fn set_immortal(&self) {
        self.set_flags(flag::IMMORTAL);
        if crate::GIL_BUILD {
            self.local.store(IMMORTAL_LOCAL, Ordering::Relaxed);
        }
    }

    /// The number of counted references, exact while nobody counts. What `sys.getrefcount` shows.
    pub fn refcount(&self) -> i64 {
        if self.is_immortal() {
            return u32::MAX as i64;
        }
        crate::refcount::total_for_reader(self)
    }

    /// The words of the count as they are now, for people.
    pub fn counts(&self) -> Counts {
        let shared = self.shared.load();
        if crate::GIL_BUILD {
            return Counts {
                owner: self.owner.load(Ordering::Relaxed),
                local: self.refcount().max(0) as u32,
                shared: 0,
                state: refword::STATES[refword::DEFAULT as usize],
            };
        }
        let owner = self.owner.load(Ordering::Relaxed);
        Counts {
            owner,
            local: if owner == 0 {
                0
            } else {
                self.local.load(Ordering::Relaxed)
            },
            shared: refword::count(shared)
                - if self.is_deferred() {
                    refword::count(refword::BIAS)
                } else {
                    0
                },
            state: refword::STATES[refword::state(shared) as usize],
        }
    }

    /// True if the caller's reference is the only one and nobody can get another: in-place
    /// concatenation and the like.
    #[inline]
    pub fn is_uniquely_held(&self, tid: u16) -> bool {
        self.is_owned_by(tid)
            && self.local.load(Ordering::Relaxed) == 1
            && self.shared.load() == refword::DEFAULT
            && self.flags() & (flag::IMMORTAL | flag::DEFERRED) == 0
    }
}

/// Asks the processor for the cache line of an object that is to be looked at a moment later. Any address will do.
#[inline(always)]
pub(crate) fn prefetch(head: *const Header) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch has no effect on memory.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(head as *const i8);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = head;
}
