//! Register code: what runs. Words of 64 bits `[op:8 | x:8 | d:16 | a:16 | b:16]`, relaxed atomics loaded once (R14).
//!
//! `d`, `a`, `b` are registers (locals first, then one home register per stack slot) unless a row says otherwise. `x` holds
//! CONSUME_A/CONSUME_B (the operand is a stack temporary that dies here) and, above them, a small kind. Jumps carry a signed
//! word distance in `a:b` as one i32, relative to the following word. A 64-bit word spares far moves and keeps the cache
//! index inside the instruction (ARCHITECTURE.md has the figures).

use crate::Value;
use crate::lines::Lines;
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_runtime::protocol::cache_pair;

/// One row per opcode: name and meaning.
#[macro_export]
macro_rules! for_each_rop {
    ($m:ident) => {
        $m! {
            // moves
            Copy "d = counted copy of a",
            Borrow "d = uncounted copy of a (a local that outlives the use)",
            CopyCheck "d = counted copy of a; UnboundLocalError when unset",
            Move "d = a, a becomes empty (a is a temporary)",
            TakeLocal "d = a, a becomes empty (may be unset)",
            Swap "exchange temporaries d and a",
            Drop "release temporary a",
            LoadConst "d = constant a:b (uncounted)",
            LoadInt "d = small int a:b",
            LoadNull "d = empty",
            DeleteFast "unset local a",
            // arithmetic: x>>2 = in-place flag
            Add "d = a + b", Sub "d = a - b", Mul "d = a * b", TrueDiv "d = a / b", FloorDiv "d = a // b", Mod "d = a % b",
            And "d = a & b", Or "d = a | b", Xor "d = a ^ b", LShift "d = a << b", RShift "d = a >> b",
            Binary "d = a op b; x>>2 = BINARY_OP argument",
            AddI "d = a + b as i16", SubI "d = a - b as i16", MulI "d = a * b as i16", ModI "d = a % b as i16",
            FloorDivI "d = a // b as i16", AndI "d = a & b as i16", RShiftI "d = a >> b as i16", LShiftI "d = a << b as i16",
            Subscr "d = a[b]", SubscrI "d = a[b as i16]",
            Compare "d = a op b; x>>2 = operator | 8 when the result is made a bool",
            IsOp "d = a is b; x>>2 = 1 inverts", ContainsOp "d = a in b; x>>2 = 1 inverts",
            Not "d = not a", Neg "d = -a", Invert "d = ~a", ToBool "d = bool(a)",
            // jumps
            Jump "jump a:b", JumpBack "jump a:b, checking the eval breaker", JumpBackQuiet "jump a:b",
            JumpTrue "jump a:b when d (consumed by x bit 0) is true", JumpFalse "jump a:b when d is false",
            JumpNone "jump a:b when d is None", JumpNotNone "jump a:b when d is not None",
            // comparisons with the jump that follows: the op is the condition of two ints that jumps by d as i16;
            // x>>2 = the operator as written (3 bits), bit 7 of x = the jump is taken when it holds
            JumpLt "compare a with b", JumpLe "compare a with b", JumpEq "compare a with b", JumpNe "compare a with b",
            JumpGt "compare a with b", JumpGe "compare a with b",
            JumpLtI "compare a with b as i16", JumpLeI "compare a with b as i16", JumpEqI "compare a with b as i16",
            JumpNeI "compare a with b as i16", JumpGtI "compare a with b as i16", JumpGeI "compare a with b as i16",
            // names
            LoadGlobal "d = global or builtin; b = cache", LoadName "d = name; b = cache", StoreName "name b = a", DeleteName "b",
            StoreGlobal "global b = a", DeleteGlobal "b",
            LoadAttr "d = a.name; b = cache", LoadMethod "d, d+1 = method of a, self (or attribute, empty); b = cache",
            StoreAttr "a.name = d; b = cache", DeleteAttr "del a.name; b = cache",
            LoadSuperAttr "d = super(d, d+1).name of d+2; x>>2: 1 = method, 2 = two arguments; b = cache",
            LoadDeref "d = cell a", StoreDeref "cell d = a", DeleteDeref "cell a", MakeCell "local a becomes a cell",
            MakeFunction "d = function of the code constant a; x: d is its closure; b = cache",
            CopyFreeVars "the closure's cells become the last a locals",
            // containers
            BuildTuple "d = tuple of b registers from a", BuildList "d = list of b registers from a", BuildSlice "d = slice of b registers from a",
            BuildMap "d = dict of b pairs from a", BuildSet "d = set of b registers from a", BuildString "d = join of b strings from a",
            ListAppend "append b to list a", SetAdd "add b to set a", MapAdd "dict d[a] = b",
            StoreSubscr "a[b] = d", DeleteSubscr "del a[b]",
            Slice "d = a[lo:hi], the bounds in b and the next register", StoreSlice "a[lo:hi] = d, the bounds in b and the next register",
            Unpack "a into b registers from d, last item first at the top", UnpackTwo "locals d and b = the two items of a",
            UnpackLocals "b locals = the items of a; x: 4 = a is none of them; the next words have four locals each",
            // iteration and calls
            GetIter "d = iter(a); x bit 1: for a loop that alone has it", ForIter "d = next(a) or jump to the next word's target when exhausted",
            // at a loop's end; the jump back to its `ForIter` follows, for requests
            ForNext "d = next(a) and jump by b as i16 (behind the `ForIter`), if that needs no call; else jump to the `ForIter`",
            ForNextTwo "locals d and b = the two items of next(a), jump by the next word (behind `ForIter` and `UnpackTwo`); like `ForNext`",
            CallFn "d = call of callable a, no self, b arguments from a+2; d is a or a local", Call "the same, self or empty in a+1", CallFar "the same in a generator, whose registers callees cannot share", CallKw "the same, names tuple above the arguments",
            CallEx "d = a(*a+2, **a+3)",
            Return "return a", ReturnGenerator "make the generator and return it",
            Yield "d = value sent, after yielding a (a local, or d itself); x: 4 = inside await, 8 = nobody wants the value", Send "send b to a: d = yielded or returned; next word: target on return",
            Awaitable "go over the next word if d is a coroutine that nobody awaits",
            // exceptions
            Raise "raise a", PushExc "d+1 = exception d, being handled from now on; d = what was before it", MatchExc "d = exception a matches class b",
            PopExc "exception a is the one being handled again",
            // strings
            FormatSimple "d = format(a)", FormatSpec "d = format(a, b)",
            // in translations that tell of events
            Event "x = event (crate::monitor), a and d = its operands, b = its site",
            // everything rare: executed on the home registers as the stack machine would
            Cold "x = stack opcode, d = register of the stack top (one past), a:b = its argument",
        }
    };
}

macro_rules! define_rops {
    ($($name:ident $doc:literal,)*) => {
        /// Register opcodes.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Rop { $(#[doc = $doc] $name,)* }
        pub const ROPS: &[(Rop, &str, &str)] = &[$((Rop::$name, stringify!($name), $doc),)*];
    };
}
for_each_rop!(define_rops);

impl Rop {
    /// The opcode of a word.
    #[inline(always)]
    pub fn of(word: u64) -> Rop {
        // SAFETY: words are built by `Word` constructors only, from valid `Rop`s (R14).
        unsafe { std::mem::transmute::<u8, Rop>(word as u8) }
    }
}

pub const CONSUME_A: u8 = 1;
pub const CONSUME_B: u8 = 2;
/// `x` of a call whose result is not wanted: it is dropped where it comes, and `d` keeps nothing.
pub const DISCARD: u8 = 4;
/// What `UnpackLocals` takes apart stands in a local that it does not change.
pub const STAYS: u8 = 4;
/// Nobody wants what is sent to a `Yield`.
pub const UNSENT: u8 = 8;
/// Bit of a word (the top one of x): `d` is a local, which may hold an owned pointer. A dead temporary never does.
pub const DEST_LOCAL: u64 = 0x80 << 8;

/// Building and reading words.
#[inline(always)]
pub const fn word(op: Rop, x: u8, d: u16, a: u16, b: u16) -> u64 {
    op as u64 | (x as u64) << 8 | (d as u64) << 16 | (a as u64) << 32 | (b as u64) << 48
}
#[inline(always)]
pub const fn word_imm(op: Rop, x: u8, d: u16, imm: i32) -> u64 {
    op as u64 | (x as u64) << 8 | (d as u64) << 16 | (imm as u32 as u64) << 32
}
#[inline(always)]
pub const fn x_of(w: u64) -> u8 {
    (w >> 8) as u8
}
#[inline(always)]
pub const fn d_of(w: u64) -> usize {
    (w >> 16) as u16 as usize
}
#[inline(always)]
pub const fn a_of(w: u64) -> usize {
    (w >> 32) as u16 as usize
}
#[inline(always)]
pub const fn b_of(w: u64) -> usize {
    (w >> 48) as usize
}
/// `d` as the distance of a comparison's jump.
#[inline(always)]
pub const fn near_of(w: u64) -> isize {
    (w >> 16) as u16 as i16 as isize
}
#[inline(always)]
pub const fn imm_of(w: u64) -> i32 {
    (w >> 32) as i32
}

static FILL: typhon_runtime::sync::Mutex<()> = typhon_runtime::sync::Mutex::new(());

/// An inline cache: filled under one lock, read without (R14, R15). `word` is `version << 16 | index << 4 | kind`; empty, it has a
/// version that nothing has, so that a hit needs one comparison;
/// `ptr` belongs to it: a reader takes it only between two equal loads of `word`.
///
/// A site that meets several classes keeps what it knew of the others in `more`: four words that need no pointer (inline values),
/// or two pairs of word and pointer (methods). Which it is, the word's kind says; what does not fit answers nothing.
#[repr(C, align(64))]
pub struct Cache {
    pub word: AtomicU64,
    pub ptr: AtomicU64,
    /// A second version that must hold (builtins).
    pub also: AtomicU64,
    /// Index of the name.
    pub name: u32,
    more: [AtomicU64; 4],
}

/// Kinds of attribute caches (the low four bits of a word) that may stand in [`Cache::other_place`] and `other_pair`.
pub const INLINE: u64 = 0;
pub const METHOD: u64 = 2;

impl Cache {
    /// The word of an empty cache.
    pub const EMPTY: u64 = cache_pair::EMPTY;
    pub fn new(name: u32) -> Cache {
        Cache {
            word: AtomicU64::new(Cache::EMPTY),
            ptr: AtomicU64::new(0),
            also: AtomicU64::new(0),
            name,
            more: std::array::from_fn(|_| AtomicU64::new(Cache::EMPTY)),
        }
    }
    /// The cached word and pointer, consistent with each other.
    #[inline(always)]
    pub fn load(&self) -> (u64, u64) {
        cache_pair::load(&self.word, &self.ptr)
    }
    /// Fill. Fills are rare and take one global lock, so that two fillers never mix word and pointer.
    #[cold]
    pub fn fill(&self, word: u64, ptr: u64) {
        self.fill_also(word, ptr, 0);
    }
    /// Fill, with a second version.
    #[cold]
    pub fn fill_also(&self, word: u64, ptr: u64, also: u64) {
        // What the cache tells of does not fit each object (one whose values are in a dict): reads of that one come here
        // every time, and writing the same again would take the line from all other threads.
        if self.load() == (word, ptr) && self.also.load(Ordering::Relaxed) == also {
            return;
        }
        let _guard = FILL.lock();
        self.keep(word);
        cache_pair::begin(&self.word);
        self.also.store(also, Ordering::Release);
        cache_pair::publish(&self.word, &self.ptr, word, ptr);
    }
    /// Under the lock of all fills: keep what stood here of another class than `new` is of.
    fn keep(&self, new: u64) {
        let (word, ptr) = self.load();
        if word == Cache::EMPTY || word >> 16 == new >> 16 || word & 15 != new & 15 {
            return;
        }
        let stored = |i: usize| self.more[i].load(Ordering::Relaxed);
        // The first word says of which kind all are, for good.
        if stored(0) != Cache::EMPTY && stored(0) & 15 != word & 15 {
            return;
        }
        let fits = |i: usize| matches!(stored(i), w if w == Cache::EMPTY || w >> 16 == word >> 16 || w >> 16 == new >> 16);
        match word & 15 {
            INLINE => {
                let at = (0..4)
                    .find(|&i| fits(i))
                    .unwrap_or((word >> 16) as usize % 4);
                self.more[at].store(word, Ordering::Release);
            }
            METHOD => {
                let at = [0, 2].into_iter().find(|&i| fits(i));
                let at = at.unwrap_or((word >> 16) as usize % 2 * 2);
                cache_pair::publish(&self.more[at], &self.more[at + 1], word, ptr);
            }
            _ => {}
        }
    }
    /// The index of an inline value in instances of the class of this version, if the site met it before its last; else a number
    /// of 0x1000 or more.
    #[inline(always)]
    pub fn other_place(&self, version: u64) -> u64 {
        for word in &self.more {
            let x = (word.load(Ordering::Acquire) ^ version << 16).rotate_right(4);
            if x < 0x1000 {
                return x;
            }
        }
        u64::MAX
    }
    /// Word and pointer of a method of the class of this version, if the site met it before its last.
    #[inline(always)]
    pub fn other_pair(&self, version: u64) -> Option<(&AtomicU64, &AtomicU64)> {
        let [w, p, w2, p2] = &self.more;
        if w.load(Ordering::Relaxed) >> 16 == version {
            Some((w, p))
        } else if w2.load(Ordering::Relaxed) >> 16 == version {
            Some((w2, p2))
        } else {
            None
        }
    }
    /// Fill a cache that no other thread looks at.
    pub fn fill_own(&self, word: u64, ptr: u64, also: u64) {
        self.also.store(also, Ordering::Relaxed);
        cache_pair::publish(&self.word, &self.ptr, word, ptr);
    }
    /// Fill two caches that belong together: a reader finds `key` in `second` between two equal loads of this one.
    #[cold]
    pub fn fill_pair(&self, word: u64, ptr: u64, second: &Cache, key: u64) {
        let _guard = FILL.lock();
        cache_pair::begin(&self.word);
        second.word.store(key, Ordering::Release);
        cache_pair::publish(&self.word, &self.ptr, word, ptr);
    }
}

/// A protected range of stack code.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    /// Register-code index of the handler.
    pub target: u32,
    pub depth: u16,
    pub lasti: bool,
}

/// The register code of one code object.
#[repr(align(64))]
pub struct RegCode {
    pub words: Lines<AtomicU64>,
    pub caches: Lines<Cache>,
    pub consts: Lines<Value>,
    /// Interned names.
    pub names: Lines<Value>,
    /// Source line, per word; made when somebody asks.
    pub(crate) lines: std::sync::OnceLock<Box<[i32]>>,
    /// Byte offset in the stack code, per word.
    pub offsets: crate::offsets::Offsets,
    pub handlers: Box<[Handler]>,
    /// Register-code index of each stack-code instruction that starts a block (sorted by offset).
    pub blocks: Box<[(u32, u32)]>,
    pub nlocals: usize,
    /// Locals and stack.
    pub nregs: usize,
    /// The number of arguments that are the first registers as they stand: that of positional parameters when there are no
    /// others, else `usize::MAX`.
    pub exact_argc: usize,
    /// The same, but `usize::MAX` in what makes a generator when it is called: no frame has to run for that.
    pub inline_argc: usize,
    /// The type word of the generator, coroutine or async generator that a call makes, or 0.
    pub makes: u32,
    /// Where the word is that makes it, if nothing but copying the closure comes before it, else `usize::MAX`.
    pub makes_at: usize,
    pub flags: u32,
    /// The stack code.
    pub code: std::sync::Arc<typhon_compiler::code::Code>,
    /// Where parts of the stack code stand.
    pub(crate) told: crate::postmortem::Told,
    /// Which of the translations of its code object this is (crate::monitor).
    pub mode: u8,
    pub instrumented: Option<Box<crate::monitor::Instrumented>>,
}

/// `exact_argc`, `makes` and `makes_at` of a [`RegCode`].
pub(crate) fn calling(
    code: &typhon_compiler::code::Code,
    nregs: usize,
    words: &[u64],
) -> (usize, u32, usize) {
    use crate::objects::code::co;
    let exact = code.flags & (co::VARARGS | co::VARKEYWORDS) == 0
        && code.kwonlyargcount == 0
        && code.flags & co::OPTIMIZED != 0
        && nregs <= crate::call::MAX_INLINE_REGS;
    let makes = match code.flags {
        x if x & co::ASYNC_GENERATOR != 0 => crate::statics::word::ASYNC_GENERATOR,
        x if x & co::COROUTINE != 0 => crate::statics::word::COROUTINE,
        x if x & co::GENERATOR != 0 => crate::statics::word::GENERATOR,
        _ => 0,
    };
    let op_at = |i: usize| words.get(i).map(|&w| Rop::of(w));
    let makes_at = match (op_at(0), op_at(1)) {
        (Some(Rop::ReturnGenerator), _) => 0,
        (Some(Rop::CopyFreeVars), Some(Rop::ReturnGenerator)) => 1,
        _ => usize::MAX,
    };
    let argc = if exact {
        code.argcount as usize
    } else {
        usize::MAX
    };
    (argc, makes, makes_at)
}

impl RegCode {
    /// The place before the first word, where a frame stands that has not started.
    #[inline(always)]
    pub fn start(&self) -> *const AtomicU64 {
        self.words.as_ptr().wrapping_sub(1)
    }
    /// The source line of every word. Making the table reaches no safepoint.
    pub fn lines(&self) -> &[i32] {
        self.lines
            .get_or_init(|| crate::decode::lines_of(&self.code, &self.offsets))
    }
    /// A constant, by its number.
    #[inline(always)]
    pub fn const_at(&self, i: usize) -> *const Value {
        debug_assert!(i < self.consts.len());
        self.consts.as_ptr().wrapping_add(i)
    }
    /// The cache of an instruction, by its `b`.
    #[inline(always)]
    pub fn cache_at(&self, i: usize) -> *const Cache {
        debug_assert!(i < self.caches.len());
        self.caches.as_ptr().wrapping_add(i)
    }
    pub fn line_at(&self, offset: u32) -> i32 {
        self.code
            .line_for(offset)
            .unwrap_or(self.code.firstlineno as i32)
    }
    /// The innermost handler that protects a stack-code offset.
    pub fn handler_for(&self, offset: u32) -> Option<Handler> {
        let i = self.handlers.partition_point(|h| h.start <= offset);
        self.handlers[..i]
            .iter()
            .rev()
            .find(|h| offset < h.end)
            .copied()
    }
    /// A readable listing.
    pub fn dump(&self) -> String {
        use std::fmt::Write;
        let mut out = String::new();
        let mut i = 0;
        while i < self.words.len() {
            let w = self.words[i].load(Ordering::Relaxed);
            let op = Rop::of(w);
            let _ = writeln!(
                out,
                "{i:5} @{:<5} {op:?} x={} d={} a={} b={} imm={}",
                self.offsets.get(i).unwrap_or(0),
                x_of(w),
                d_of(w),
                a_of(w),
                b_of(w),
                imm_of(w)
            );
            i += 1;
            if op == Rop::UnpackLocals {
                i += b_of(w).div_ceil(4);
            }
            if matches!(op, Rop::ForIter | Rop::Send | Rop::ForNextTwo) {
                let _ = writeln!(
                    out,
                    "{i:5}        target {}",
                    self.words[i].load(Ordering::Relaxed) as i64
                );
                i += 1;
            }
        }
        out
    }
}
