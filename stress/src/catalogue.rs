//! The workloads: which Python program, with which arguments.
//!
//! A workload prints its result, which is the same on every Python and every number of threads, and a line
//! `time: SECONDS s ...` of its own clock: starting the interpreter and preparing the input do not count.

/// A program of `examples/` or of `stress/workloads/`.
pub struct Workload {
    pub folder: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    /// Arguments of the full size.
    pub arguments: &'static [&'static str],
    /// Arguments of the small size.
    pub quick: &'static [&'static str],
    /// Arguments with which other Pythons get the same input, where the default is the interpreter's own library.
    pub beside_peers: &'static [&'static str],
}

pub const WORKLOADS: &[Workload] = &[
    Workload {
        folder: "examples",
        name: "wordstats",
        about: "identifiers and words of the standard library: str, dict",
        arguments: &[],
        quick: &[],
        beside_peers: &["--dir", "../tests", "--size", "20"],
    },
    Workload {
        folder: "examples",
        name: "mandelbrot",
        about: "the Mandelbrot set: float arithmetic",
        arguments: &[],
        quick: &["--size", "300"],
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "queens",
        about: "the N queens puzzle over a thread pool: calls, int",
        arguments: &[],
        quick: &["--size", "11"],
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "primes",
        about: "a segmented sieve: bytearray, int",
        arguments: &[],
        quick: &["--size", "10000000"],
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "json_report",
        about: "JSON records through queues: json, dict, str, queue.Queue",
        arguments: &[],
        quick: &["--size", "30000"],
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "nbody",
        about: "planetary systems: attributes, float arithmetic",
        arguments: &[],
        quick: &["--size", "200"],
        beside_peers: &[],
    },
    Workload {
        folder: "examples",
        name: "matmul",
        about: "matrix products: list, zip, int and float",
        arguments: &[],
        quick: &["--size", "120"],
        beside_peers: &[],
    },
];
