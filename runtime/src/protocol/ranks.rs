//! The native locks of the runtime, in the order in which a thread may take them.
//!
//! A thread that holds one takes only such as stand further down; of id records several, by whoever has stopped the world.
//! So no cycle of waiters can form. Objects' locks come before all of these: whoever holds one of these takes none (it
//! would be a safepoint, R6). Builds with debug assertions check both at every lock, and note which lock was taken under
//! which; [`crate::sync::lock_graph`] prints that as a graph.

macro_rules! ranks {
    ($($name:ident $what:literal,)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum Rank { $(#[doc = $what] $name,)* }

        impl Rank {
            pub const ALL: &[(Rank, &str, &str)] = &[$((Rank::$name, stringify!($name), $what),)*];
        }
    };
}

ranks! {
    Any "not ranked: a lock of one module, which takes no other under it",
    Bell "who stops the world",
    Registry "the registry of threads",
    IdRecord "merge queue and heap of a thread id",
    Gil "the turns at the global lock",
    Left "retired memory that sleepers left behind",
    Foreign "the pool of foreign finalizers",
    Weak "a shard of the table of weak references",
    ZeroCount "deferred objects that only registers may name",
    Clearing "whether a collection frees its garbage",
    Large "a list of large objects",
    Pages "the pool of pages",
    Region "the cells of types",
    Log "the log of pauses",
}

impl Rank {
    /// Whether a thread that holds `self` may take `next`.
    pub fn may_take(self, next: Rank) -> bool {
        self < next || self == Rank::IdRecord && next == Rank::IdRecord
    }
}
