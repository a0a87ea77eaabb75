//! Events of running code (PEP 669, `sys.settrace`, `sys.setprofile`): who wants which, and which translation of a code object
//! that asks for.
//!
//! A code object has up to three translations: the plain one, one with `Event` words, and one with an `Event` word before
//! every instruction. `CodeObj::reg` names the one that calls run; when the wanted events change, the pointers that are no
//! longer right become null, and the next call finds its translation by the slow way. So code that nobody watches runs
//! exactly what it ran before. Frames that run already are brought over by `switch`.

pub(crate) mod deliver;
pub mod legacy;
pub(crate) mod lines;
pub(crate) mod switch;

use crate::objects::code::CodeObj;
use crate::regcode::RegCode;
use crate::{Cx, Value, ValueExt};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use typhon_runtime::sync::Mutex;
use typhon_runtime::thread::{breaker, set_breaker_everywhere};

/// The events, by their bit in `sys.monitoring.events`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Event {
    PyStart,
    PyResume,
    PyReturn,
    PyYield,
    Call,
    Line,
    Instruction,
    Jump,
    BranchLeft,
    BranchRight,
    StopIteration,
    Raise,
    ExceptionHandled,
    PyUnwind,
    PyThrow,
    Reraise,
    CReturn,
    CRaise,
}

/// Names of the events; the last is the older name of both branches.
pub const NAMES: [&str; EVENTS + 1] = [
    "PY_START",
    "PY_RESUME",
    "PY_RETURN",
    "PY_YIELD",
    "CALL",
    "LINE",
    "INSTRUCTION",
    "JUMP",
    "BRANCH_LEFT",
    "BRANCH_RIGHT",
    "STOP_ITERATION",
    "RAISE",
    "EXCEPTION_HANDLED",
    "PY_UNWIND",
    "PY_THROW",
    "RERAISE",
    "C_RETURN",
    "C_RAISE",
    "BRANCH",
];
pub const EVENTS: usize = 18;
/// The events before this one belong to places in code.
pub const PLACED: usize = Event::Raise as usize;
/// Tools of Python code; behind them stand the two old hooks.
pub const TOOLS: usize = 6;
pub const PROFILE: usize = 6;
pub const TRACE: usize = 7;

impl Event {
    /// The event with this number.
    pub fn from_u8(n: u8) -> Event {
        debug_assert!((n as usize) < EVENTS);
        // SAFETY: the numbers of events are below EVENTS, without gaps; words are built from events only (R14).
        unsafe { std::mem::transmute::<u8, Event>(n.min(EVENTS as u8 - 1)) }
    }
    pub fn bit(self) -> u32 {
        1 << self as u32
    }
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }
    /// The event whose set says who is told: those of native calls follow CALL.
    fn asked_by(self) -> usize {
        match self {
            Event::CReturn | Event::CRaise => Event::Call as usize,
            e => e as usize,
        }
    }
}

/// The tools that want an event, of one code object.
#[derive(Default)]
pub struct Wanted([AtomicU8; PLACED]);

/// The tools that want an event everywhere.
static GLOBAL: [AtomicU8; EVENTS] = [const { AtomicU8::new(0) }; EVENTS];
/// Some tool wants something: suspended generators look whether they run the right translation.
static ACTIVE: AtomicBool = AtomicBool::new(false);
/// Some tool wants to know of exceptions.
static EXCEPTIONS: AtomicBool = AtomicBool::new(false);
/// `restart_events`: what was disabled under an older number is enabled.
static RESTARTS: AtomicU32 = AtomicU32::new(1);
/// The functions to call, by tool and event.
static CALLBACKS: Mutex<[[Option<Value>; EVENTS]; TOOLS]> =
    Mutex::new([const { [const { None }; EVENTS] }; TOOLS]);
/// The tools whose function for both branches is one.
static BOTH_BRANCHES: AtomicU8 = AtomicU8::new(0);
/// The code objects that have a translation, by address: they leave when they die. Changes of `CodeObj::reg` and of the
/// wanted events are made under this lock.
static CODES: Mutex<Option<HashSet<usize>>> = Mutex::new(None);
/// What a callback returns to be called no more from its place; what stands for an argument that is not there.
static DISABLE: AtomicU64 = AtomicU64::new(0);
static MISSING: Mutex<Option<Value>> = Mutex::new(None);

/// The interpreter's bit of the breaker: frames may run the wrong translation.
pub const SWITCH: u32 = breaker::FIRST_USER;

/// The translations of a code object.
pub const PLAIN: u8 = 0;
pub const WITH_EVENTS: u8 = 1;
pub const WITH_STEPS: u8 = 2;

/// A place of an `Event` word.
pub struct Site {
    /// Number of restarts and the tools disabled under it.
    disabled: AtomicU32,
    event: Event,
    /// Offset of the instruction, and where a jump or branch goes (or a detail of a call).
    pub offset: u32,
    pub dest: u32,
    /// The index of its word; sites are sorted by it.
    word: u32,
}

/// The number in a word whose site has a greater one, or this.
pub const FAR_SITE: u16 = u16::MAX;

impl Site {
    pub fn new(event: Event, offset: u32, dest: u32, word: u32) -> Site {
        Site {
            event,
            disabled: AtomicU32::new(0),
            offset,
            dest,
            word,
        }
    }
    fn disabled(&self) -> u8 {
        let d = self.disabled.load(Ordering::Relaxed);
        if d >> 8 == RESTARTS.load(Ordering::Relaxed) & 0xFF_FFFF {
            d as u8
        } else {
            0
        }
    }
    fn disable(&self, tool: usize) {
        let now = RESTARTS.load(Ordering::Relaxed) & 0xFF_FFFF;
        let bits = self.disabled() | 1 << tool;
        self.disabled
            .store(now << 8 | bits as u32, Ordering::Relaxed);
    }
}

/// What a translation with events knows beyond its words.
pub struct Instrumented {
    pub sites: Box<[Site]>,
    /// By instruction, sorted by offset: the words before and behind its LINE event.
    pub entries: Box<[Entry]>,
    /// The translation without events, of the same code object.
    pub plain: *const RegCode,
    /// The code object and its own wanted events; they live as long as the translation.
    pub code: *const CodeObj,
}

// SAFETY: the pointers lead to the code object that owns the translation (R14).
unsafe impl Send for Instrumented {}
// SAFETY: as above.
unsafe impl Sync for Instrumented {}

#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub offset: u32,
    pub before: u32,
    pub behind: u32,
}

impl Instrumented {
    pub fn entry(&self, offset: u32) -> Option<Entry> {
        let i = self
            .entries
            .binary_search_by_key(&offset, |e| e.offset)
            .ok()?;
        Some(self.entries[i])
    }
    /// The site of an `Event` word by the number in it; `at` tells which word it is.
    pub fn site(&self, number: usize, at: impl FnOnce() -> usize) -> Option<&Site> {
        if number < FAR_SITE as usize {
            return self.sites.get(number);
        }
        let word = at() as u32;
        let i = self.sites.binary_search_by_key(&word, |s| s.word).ok()?;
        self.sites.get(i)
    }
    /// The tools that want an event here.
    fn tools(&self, e: Event) -> u8 {
        let at = e.asked_by();
        let everywhere = GLOBAL[at].load(Ordering::Relaxed);
        // SAFETY: see `code`.
        let local = unsafe { (*self.code).wanted.0[at].load(Ordering::Relaxed) };
        everywhere | local
    }
}

/// The translation that a code object needs now.
pub(crate) fn mode_of(code: &CodeObj) -> u8 {
    let mut all = 0;
    for e in 0..PLACED {
        let wanted = GLOBAL[e].load(Ordering::Relaxed) | code.wanted.0[e].load(Ordering::Relaxed);
        if e == Event::Instruction as usize && wanted != 0 {
            return WITH_STEPS;
        }
        all |= wanted;
    }
    if all != 0 { WITH_EVENTS } else { PLAIN }
}

/// Whether anything is watched at all.
#[inline(always)]
pub(crate) fn active() -> bool {
    ACTIVE.load(Ordering::Relaxed)
}

/// Whether somebody is told of exceptions on their way.
#[inline(always)]
pub(crate) fn watches_exceptions() -> bool {
    EXCEPTIONS.load(Ordering::Relaxed)
}

/// Make a translation the one that calls run. False when the wanted events have changed meanwhile.
pub(crate) fn publish(code: &CodeObj, rc: &RegCode) -> bool {
    let mut codes = CODES.lock();
    let codes = codes.get_or_insert_with(HashSet::new);
    if mode_of(code) != rc.mode {
        return false;
    }
    codes.insert(std::ptr::from_ref(code) as usize);
    code.reg
        .store(std::ptr::from_ref(rc).cast_mut(), Ordering::Release);
    true
}

/// A code object with translations dies.
pub(crate) fn forget(code: &CodeObj) {
    if let Some(codes) = CODES.lock().as_mut() {
        codes.remove(&(std::ptr::from_ref(code) as usize));
    }
}

/// Calls of this code look for their translation anew, if it is the wrong one. Under the lock of CODES.
fn refresh(code: &CodeObj) {
    let rc = code.reg.load(Ordering::Acquire);
    // SAFETY: R14: a translation lives as long as its code object.
    if !rc.is_null() && unsafe { (*rc).mode } != mode_of(code) {
        code.reg.store(std::ptr::null_mut(), Ordering::Release);
    }
}

/// Set what is wanted.
fn set_bits(places: &[AtomicU8], tool: usize, events: u32) {
    for (e, place) in places.iter().enumerate() {
        let old = place.load(Ordering::Relaxed);
        let new = old & !(1 << tool) | ((events >> e & 1) as u8) << tool;
        place.store(new, Ordering::Relaxed);
    }
}

fn get_bits(places: &[AtomicU8], tool: usize) -> u32 {
    let mut bits = 0;
    for (e, place) in places.iter().enumerate() {
        bits |= ((place.load(Ordering::Relaxed) >> tool & 1) as u32) << e;
    }
    bits
}

/// What a tool wants of all code.
pub fn set_events(tool: usize, events: u32) {
    {
        let mut codes = CODES.lock();
        if get_bits(&GLOBAL, tool) == events {
            return;
        }
        set_bits(&GLOBAL, tool, events);
        if events != 0 {
            ACTIVE.store(true, Ordering::Relaxed);
        }
        let exceptions = GLOBAL[PLACED..EVENTS]
            .iter()
            .any(|e| e.load(Ordering::Relaxed) != 0);
        EXCEPTIONS.store(exceptions, Ordering::Relaxed);
        for &at in codes.get_or_insert_with(HashSet::new).iter() {
            // SAFETY: code objects take themselves out, under this lock, before they die.
            refresh(unsafe { &*(at as *const CodeObj) });
        }
    }
    set_breaker_everywhere(SWITCH);
}

pub fn get_events(tool: usize) -> u32 {
    get_bits(&GLOBAL, tool)
}

/// A tool asks anew for events of a code object: what it had disabled there comes back.
fn enable(code: &CodeObj, tool: usize, events: u32) {
    for made in &code.made {
        let rc = made.load(Ordering::Acquire);
        // SAFETY: R14: a translation lives as long as its code object.
        let Some(i) = (unsafe { rc.as_ref() }).and_then(|rc| rc.instrumented.as_ref()) else {
            continue;
        };
        for site in i.sites.iter().filter(|s| s.event.bit() & events != 0) {
            site.disabled.fetch_and(!(1 << tool), Ordering::Relaxed);
        }
    }
}

/// What a tool wants of one code object beyond that.
pub fn set_local_events(code: &CodeObj, tool: usize, events: u32) {
    {
        let _codes = CODES.lock();
        if get_bits(&code.wanted.0, tool) == events {
            return;
        }
        let added = events & !get_bits(&code.wanted.0, tool);
        set_bits(&code.wanted.0, tool, events);
        enable(code, tool, added);
        if events != 0 {
            ACTIVE.store(true, Ordering::Relaxed);
        }
        refresh(code);
    }
    set_breaker_everywhere(SWITCH);
}

pub fn get_local_events(code: &CodeObj, tool: usize) -> u32 {
    get_bits(&code.wanted.0, tool)
}

/// A tool goes: nothing of any code object is wanted for it any more.
pub fn clear_local_events(tool: usize) {
    {
        let mut codes = CODES.lock();
        for &at in codes.get_or_insert_with(HashSet::new).iter() {
            // SAFETY: as in `set_events`.
            let code = unsafe { &*(at as *const CodeObj) };
            set_bits(&code.wanted.0, tool, 0);
            refresh(code);
        }
    }
    restart();
    set_breaker_everywhere(SWITCH);
}

/// What was disabled is enabled.
pub fn restart() {
    RESTARTS.fetch_add(1, Ordering::Relaxed);
}

/// Set the function that a tool has called for an event; the one before.
pub fn set_callback(tool: usize, e: Event, f: Option<Value>) -> Option<Value> {
    if matches!(e, Event::BranchLeft | Event::BranchRight) {
        BOTH_BRANCHES.fetch_and(!(1 << tool), Ordering::Relaxed);
    }
    std::mem::replace(&mut CALLBACKS.lock()[tool][e as usize], f)
}

/// Set the function for either branch, by its older name: told of one way and not interested, it is not told of the other.
pub fn set_branch_callback(tool: usize, f: Option<Value>) -> Option<Value> {
    let old = set_callback(tool, Event::BranchLeft, f.clone());
    drop(set_callback(tool, Event::BranchRight, f));
    BOTH_BRANCHES.fetch_or(1 << tool, Ordering::Relaxed);
    old
}

/// Forget all functions of a tool.
pub fn clear_callbacks(tool: usize) {
    let old = std::mem::replace(&mut CALLBACKS.lock()[tool], [const { None }; EVENTS]);
    drop(old);
}

/// What a callback returns to be called no more from its place; it stays for good.
pub fn set_disable(v: Value) {
    DISABLE.store(v.bits() & !7, Ordering::Relaxed);
    std::mem::forget(v);
}

/// What stands for an argument that is not there.
pub fn set_missing(v: Value) {
    let old = MISSING.lock().replace(v);
    drop(old);
}

/// The tools that want an event everywhere.
pub fn tools_of(e: Event) -> u8 {
    GLOBAL[e as usize].load(Ordering::Relaxed)
}

/// A call that is being watched until it returns or raises.
pub struct NativeCall {
    /// The calling frame and the offset of the instruction.
    frame: usize,
    offset: u32,
    callable: Value,
    arg: Value,
}

/// What a thread knows of events.
pub struct Watch {
    /// Callbacks that are running: while one is, this thread tells nobody anything.
    pub silent: u32,
    /// The event whose callback is running, and its frame.
    pub event: Option<Event>,
    pub frame: *mut crate::objects::frame::Frame,
    /// How many frames coroutines remember of where they were made.
    pub origin_depth: u32,
    /// The thread's ident, for who looks at all threads.
    pub ident: u64,
    /// And the kernel's id of it.
    pub(crate) native: i64,
    /// Native calls whose end somebody is to be told of.
    calls: Vec<NativeCall>,
}

impl Watch {
    pub fn new() -> Watch {
        Watch {
            origin_depth: 0,
            ident: crate::os::thread_ident(),
            native: crate::os::native_thread_id(),
            silent: 0,
            event: None,
            frame: std::ptr::null_mut(),
            calls: Vec::new(),
        }
    }
}

impl Default for Watch {
    fn default() -> Self {
        Watch::new()
    }
}

/// The argument that is not there.
fn missing() -> Value {
    let m = MISSING.lock().clone();
    m.unwrap_or_else(Value::none)
}

/// The code object of a frame.
fn code_value(cx: &mut Cx, f: *mut crate::objects::frame::Frame) -> crate::Res<Value> {
    // SAFETY: a frame of this thread.
    unsafe {
        let func = crate::call::counted(cx, (*f).func);
        crate::objects::frame::object::code_of(cx, f, &func)
    }
}
