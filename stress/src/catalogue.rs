//! The workloads: which Python program, with which arguments.
//!
//! A workload prints its result, which is the same on every Python and every number of threads, and a line
//! `time: SECONDS s ...` of its own clock: starting the interpreter and preparing the input do not count.

use std::path::Path;

/// A program of `examples/` or of `stress/workloads/`.
pub struct Workload {
    pub folder: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    /// Arguments of the full size.
    pub arguments: &'static [&'static str],
    /// Arguments of the small size.
    pub quick: &'static [&'static str],
    /// Nothing is shared but the code: two threads are to get done what two processes do.
    pub independent: bool,
    /// Arguments with which other Pythons get the same input, where the default is the interpreter's own library.
    pub beside_peers: &'static [&'static str],
}

impl Workload {
    /// One of the programs for users, rather than of the catalogue.
    pub fn is_example(&self) -> bool {
        self.folder == "examples"
    }
}

const fn of_catalogue(
    name: &'static str,
    about: &'static str,
    quick: &'static [&'static str],
) -> Workload {
    Workload {
        folder: "stress/workloads",
        name,
        about,
        arguments: &[],
        quick,
        independent: false,
        beside_peers: &[],
    }
}

const fn independent(
    name: &'static str,
    about: &'static str,
    quick: &'static [&'static str],
) -> Workload {
    Workload {
        independent: true,
        ..of_catalogue(name, about, quick)
    }
}

pub const WORKLOADS: &[Workload] = &[
    Workload {
        folder: "examples",
        name: "wordstats",
        about: "identifiers and words of the standard library: str, dict",
        arguments: &[],
        quick: &[],
        independent: false,
        beside_peers: &["--dir", "../tests", "--size", "20"],
    },
    Workload {
        folder: "examples",
        name: "mandelbrot",
        about: "the Mandelbrot set: float arithmetic",
        arguments: &[],
        quick: &["--size", "300"],
        independent: true,
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "queens",
        about: "the N queens puzzle over a thread pool: calls, int",
        arguments: &[],
        quick: &["--size", "11"],
        independent: true,
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "primes",
        about: "a segmented sieve: bytearray, int",
        arguments: &[],
        quick: &["--size", "10000000"],
        independent: true,
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "json_report",
        about: "JSON records through queues: json, dict, str, queue.Queue",
        arguments: &[],
        quick: &["--size", "30000"],
        independent: false,
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "nbody",
        about: "planetary systems: attributes, float arithmetic",
        arguments: &[],
        quick: &["--size", "200"],
        independent: true,
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "matmul",
        about: "matrix products: list, zip, int and float",
        arguments: &[],
        quick: &["--size", "120"],
        independent: false,
        beside_peers: &[],
    },
    independent(
        "compute_int",
        "independent: int arithmetic",
        &["--size", "300000"],
    ),
    independent(
        "compute_float",
        "independent: float arithmetic",
        &["--size", "600000"],
    ),
    independent("compute_str", "independent: str", &["--size", "30000"]),
    independent(
        "compute_objects",
        "independent: instances, methods, small containers",
        &["--size", "20000"],
    ),
    of_catalogue(
        "shared_reads",
        "all read the same dict, list, tuple, instance",
        &["--size", "150000"],
    ),
    of_catalogue("shared_list", "all write one list", &["--size", "80000"]),
    of_catalogue("shared_dict", "all write one dict", &["--size", "30000"]),
    of_catalogue(
        "sharded_dict",
        "a map of 64 dicts with a lock each",
        &["--size", "60000"],
    ),
    independent(
        "locks_uncontended",
        "locks nobody else wants",
        &["--size", "30000"],
    ),
    of_catalogue(
        "locks_contended",
        "one lock that all want",
        &["--size", "30000"],
    ),
    of_catalogue(
        "lock_convoy",
        "long critical sections of one lock",
        &["--size", "1500"],
    ),
    of_catalogue(
        "queues",
        "producers and consumers over queues",
        &["--size", "10000"],
    ),
    of_catalogue(
        "thread_pool",
        "concurrent.futures: many small jobs",
        &["--size", "2000"],
    ),
    of_catalogue(
        "alloc_churn",
        "objects freed by other threads",
        &["--size", "20000"],
    ),
    of_catalogue(
        "cycles",
        "garbage in cycles, collected under load",
        &["--size", "5000"],
    ),
    of_catalogue("classes", "classes made and changed", &["--size", "2000"]),
    of_catalogue(
        "parallel_imports",
        "the same modules imported by all",
        &["--size", "40"],
    ),
    of_catalogue("exceptions", "exceptions of all kinds", &["--size", "8000"]),
    of_catalogue(
        "generators",
        "generators, coroutines, shared iterators",
        &["--size", "40000"],
    ),
    of_catalogue(
        "many_threads",
        "a thousand threads at once",
        &["--size", "200"],
    ),
];

/// Whether the threads of the workload of this name share nothing.
pub fn is_independent(name: &str) -> bool {
    WORKLOADS
        .iter()
        .any(|workload| workload.name == name && workload.independent)
}

/// The names of the programs of a folder, or of those wanted, sorted.
pub fn programs(folder: &Path, wanted: &[String]) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".py").map(str::to_string)
        })
        .filter(|name| name != "support")
        .collect();
    names.sort();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
        return Err(format!(
            "no program named {unknown:?}; there are {}",
            names.join(", ")
        ));
    }
    if !wanted.is_empty() {
        names.retain(|name| wanted.contains(name));
    }
    Ok(names)
}
