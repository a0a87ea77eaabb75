//! What a profiler gathers: the calls in progress of each thread, and what calls took.

use std::collections::HashMap;
use std::time::Instant;
use typhon_vm::native::*;

/// What the calls of one function (from one caller) took, in ticks.
#[derive(Clone, Copy, Default)]
pub struct Call {
    pub calls: u64,
    pub recursive: u64,
    pub total: i64,
    pub inline: i64,
}

/// A function: a code object, or the text that shows a native one.
struct Entry {
    shown: Value,
    call: Call,
    /// What it called, by their places.
    callees: HashMap<usize, Call>,
}

/// A call in progress.
struct Running {
    entry: usize,
    start: i64,
    /// Time of its callees.
    inside: i64,
}

/// The calls of one thread.
#[derive(Default)]
struct Stack {
    running: Vec<Running>,
    /// How often a function is in it, and how often it was called by a certain other.
    levels: HashMap<usize, u32>,
    pairs: HashMap<(usize, usize), u32>,
}

pub struct Times {
    entries: Vec<Entry>,
    by_key: HashMap<u64, usize>,
    stacks: HashMap<u16, Stack>,
    pub unit: f64,
    pub subcalls: bool,
    pub builtins: bool,
    pub enabled: bool,
    /// External timers that are being called.
    pub in_timer: u32,
}

impl Traverse for Times {
    fn traverse(&self, v: &mut Visitor) {
        for e in &self.entries {
            e.shown.traverse(v);
        }
    }
}

/// Nanoseconds since some moment.
pub fn clock() -> i64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as i64
}

impl Times {
    pub fn new(unit: f64, subcalls: bool, builtins: bool) -> Times {
        Times {
            entries: Vec::new(),
            by_key: HashMap::new(),
            stacks: HashMap::new(),
            unit,
            subcalls,
            builtins,
            enabled: false,
            in_timer: 0,
        }
    }
    pub fn knows(&self, key: u64) -> bool {
        self.by_key.contains_key(&key)
    }
    /// A function begins; what is not needed of the value comes back, to be dropped outside of the lock.
    pub fn enter(&mut self, tid: u16, key: u64, shown: Value, now: i64) -> Option<Value> {
        let mut rest = Some(shown);
        let entry = match self.by_key.get(&key) {
            Some(&at) => at,
            None => {
                self.entries.push(Entry {
                    shown: rest.take().unwrap_or_else(Value::none),
                    call: Call::default(),
                    callees: HashMap::new(),
                });
                self.by_key.insert(key, self.entries.len() - 1);
                self.entries.len() - 1
            }
        };
        let stack = self.stacks.entry(tid).or_default();
        *stack.levels.entry(entry).or_default() += 1;
        if self.subcalls
            && let Some(caller) = stack.running.last()
        {
            *stack.pairs.entry((caller.entry, entry)).or_default() += 1;
        }
        stack.running.push(Running {
            entry,
            start: now,
            inside: 0,
        });
        rest
    }
    /// It ends. Ends of calls that began before the profiler are passed over.
    pub fn leave(&mut self, tid: u16, key: u64, now: i64) {
        if let Some(&entry) = self.by_key.get(&key) {
            self.end(tid, Some(entry), now);
        } else if let Some(stack) = self.stacks.get_mut(&tid) {
            stack.running.pop();
        }
    }
    /// All that still run end.
    pub fn end_all(&mut self, now: i64) {
        let threads: Vec<u16> = self.stacks.keys().copied().collect();
        for tid in threads {
            while self.end(tid, None, now) {}
        }
        self.stacks.clear();
    }
    fn end(&mut self, tid: u16, entry: Option<usize>, now: i64) -> bool {
        let Some(stack) = self.stacks.get_mut(&tid) else {
            return false;
        };
        let Some(done) = stack.running.pop() else {
            return false;
        };
        let entry = entry.unwrap_or(done.entry);
        let total = now - done.start;
        let inline = total - done.inside;
        let level = stack.levels.entry(entry).or_default();
        *level = level.saturating_sub(1);
        self.entries[entry].call.add(total, inline, *level == 0);
        if let Some(caller) = stack.running.last_mut() {
            caller.inside += total;
            let pair = (caller.entry, entry);
            if self.subcalls
                && let Some(level) = stack.pairs.get_mut(&pair)
            {
                *level = level.saturating_sub(1);
                let outermost = *level == 0;
                let call = self.entries[pair.0].callees.entry(entry).or_default();
                call.add(total, inline, outermost);
            }
        }
        true
    }
    /// Forget everything; what was held comes back, to be dropped outside of the lock.
    pub fn clear(&mut self) -> Vec<Value> {
        self.by_key.clear();
        self.stacks.clear();
        std::mem::take(&mut self.entries)
            .into_iter()
            .map(|e| e.shown)
            .collect()
    }
    /// All functions that have ended at least once, with what they called.
    pub fn snapshot(&self) -> Vec<(Value, Call, Vec<(Value, Call)>)> {
        self.entries
            .iter()
            .filter(|e| e.call.calls > 0)
            .map(|e| {
                let mut callees: Vec<_> = e.callees.iter().collect();
                callees.sort_by_key(|c| *c.0);
                let callees = callees
                    .into_iter()
                    .map(|(&at, c)| (self.entries[at].shown.clone(), *c))
                    .collect();
                (e.shown.clone(), e.call, callees)
            })
            .collect()
    }
}

impl Call {
    fn add(&mut self, total: i64, inline: i64, outermost: bool) {
        self.calls += 1;
        self.inline += inline;
        if outermost {
            self.total += total;
        } else {
            self.recursive += 1;
        }
    }
}
