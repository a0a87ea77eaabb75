//! The object lock of the build with a global lock: nothing to do (R19). Twin: `rawbyte.rs`.

use crate::header::Header;
use crate::thread::Thread;

#[repr(transparent)]
pub struct RawByte(#[allow(dead_code)] u8);

impl RawByte {
    pub const fn new() -> RawByte {
        RawByte(0)
    }
    #[inline(always)]
    pub(crate) fn reset(&self, _head: &Header) {}
    #[inline(always)]
    pub fn try_lock(&self, _head: &Header, _t: &Thread, _place: usize) -> bool {
        true
    }
    #[inline(always)]
    pub fn lock(&self, _head: &Header, _t: &mut Thread) {}
    #[inline(always)]
    pub fn is_locked(&self) -> bool {
        false
    }
    #[inline(always)]
    pub fn unlock(&self, _head: &Header, _t: &Thread) {}
    #[inline(always)]
    pub fn unlock_of_two(&self, _head: &Header, _t: &Thread) {}
}
