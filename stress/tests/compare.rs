//! `stress compare` from its command line to its files, with interpreters that are shell scripts: what the tool does must
//! not depend on what was built before. The program they run tells them apart by the variable REGIME.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with the interpreters `free` and `gil`, gone at the end.
struct Scene(PathBuf);

impl Scene {
    fn new(name: &str) -> Scene {
        let folder = std::env::temp_dir().join(format!("stress-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for the test");
        let scene = Scene(folder);
        scene.interpreter("free", "free-threaded");
        scene.interpreter("gil", "with GIL");
        scene
    }

    fn interpreter(&self, name: &str, variant: &str) {
        let counters = r#"{"mode": "m", "counters": {"merged": 5}, "pauses": {"count": 2, "total_seconds": 0.001, "longest_seconds": 0.0007}}"#;
        let text = format!(
            "#!/bin/sh\n\
             [ \"$1\" = -V ] && {{ echo 'Python 3.14.0 (Typhon 0, {variant})'; exit; }}\n\
             REGIME={name}\n\
             [ \"$1\" = -X ] && {{ REGIME=option; shift 2; [ \"$1\" = -V ] && {{ echo 'Typhon 0, {variant}'; exit; }}; }}\n\
             export REGIME\n\
             [ -n \"$TYPHON_COUNTERS\" ] && echo '{counters}' > \"$TYPHON_COUNTERS\"\n\
             exec /bin/sh \"$@\"\n"
        );
        let path = self.file(name, &text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a file for the test");
        path
    }

    /// Compares a program of this text in few rounds.
    fn compare(&self, program: &str, more: &[&str]) -> (Output, String) {
        let file = self.file("program.py", program);
        let output = Command::new(env!("CARGO_BIN_EXE_stress"))
            .arg("compare")
            .arg(file)
            .args(["--runs", "2", "--threads", "1,2"])
            .arg("--binary")
            .arg(self.0.join("free"))
            .arg("--gil-binary")
            .arg(self.0.join("gil"))
            .arg("--out")
            .arg(self.out())
            .args(more)
            .output()
            .expect("the tool runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output, text)
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.out().join(name)).expect(name)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn a_program_that_prints_the_same_everywhere() {
    let scene = Scene::new("same");
    let (output, text) = scene.compare("echo sum $1 $2", &["n{threads}", "--", "--size"]);
    assert_eq!(code(&output), Some(0), "{text}");
    assert!(text.contains("All regimes printed the same"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&scene.read("results.json")).expect("JSON");
    assert_eq!(json["cells"].as_array().map(Vec::len), Some(6));
    assert_eq!(json["cells"][0]["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        json["cells"][0]["runs"][0]["counted"]["counters"]["merged"],
        5
    );
    let outcomes: Vec<_> = json["outcomes"].as_array().into_iter().flatten().collect();
    let printed: Vec<_> = outcomes.iter().map(|outcome| &outcome["stdout"]).collect();
    assert_eq!(printed, ["sum n1 --size\n", "sum n2 --size\n"]);
    // A line of heads, six rows of two runs.
    assert_eq!(scene.read("results.csv").lines().count(), 13);
    for picture in ["overview", "time", "throughput", "speedup", "memory"] {
        let png = fs::read(scene.out().join(format!("{picture}.png"))).expect(picture);
        assert!(png.starts_with(b"\x89PNG"), "{picture}");
        assert!(
            scene.read(&format!("{picture}.svg")).starts_with("<svg"),
            "{picture}"
        );
    }
    let html = scene.read("report.html");
    assert!(html.contains("<svg") && html.contains("free-threaded, -X gil=1"));
    assert!(
        !html.contains("src=") && !html.contains("href="),
        "the report needs nothing else"
    );
}

#[test]
fn a_program_that_prints_other_things_under_the_lock() {
    let scene = Scene::new("differs");
    let (output, text) = scene.compare("[ $REGIME = free ] && echo 41 || echo 42", &[]);
    assert_eq!(code(&output), Some(1), "{text}");
    assert!(
        text.contains("THE RESULTS DIFFER between the regimes on 2 threads"),
        "{text}"
    );
    assert!(text.contains("line 1 is \"41\", was \"42\""), "{text}");
    assert!(scene.read("report.html").contains("verdict bad"));
}

#[test]
fn lines_are_left_out_only_when_asked() {
    let scene = Scene::new("ignore");
    let program = "echo result 5; echo \"time: 0.5 s in process $$\"";
    assert_eq!(code(&scene.compare(program, &[]).0), Some(1));
    assert_eq!(
        code(&scene.compare(program, &["--ignore", "^time:"]).0),
        Some(0)
    );
    let (output, text) = scene.compare(program, &["--clock", "time: ([0-9.]+) s"]);
    assert_eq!(code(&output), Some(0), "{text}");
    assert!(text.contains("0.500"), "{text}");
}

#[test]
fn what_goes_wrong_is_said_and_the_rest_comes() {
    let scene = Scene::new("wrong");
    let program = "[ $REGIME = gil ] && sleep 100\n[ $REGIME = option ] && { echo no luck >&2; exit 3; }\necho fine";
    let (output, text) = scene.compare(program, &["--timeout", "0.5", "--peer", "/no/such/python"]);
    assert_eq!(code(&output), Some(1), "{text}");
    assert!(text.contains("hangs: ended after 0.5 s"), "{text}");
    assert!(text.contains("exit status 3: no luck"), "{text}");
    assert!(text.contains("/no/such/python does not exist"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&scene.read("results.json")).expect("JSON");
    let figures = json["figures"].as_array().expect("figures");
    assert!(figures[0]["problem"].is_null() && figures[0]["seconds"]["median"].is_number());
}

#[test]
fn a_missing_twin_is_said_with_the_command_that_makes_it() {
    let scene = Scene::new("twin");
    fs::remove_file(scene.0.join("gil")).expect("it was there");
    let (output, text) = scene.compare("echo fine", &[]);
    assert_eq!(code(&output), Some(1));
    assert!(
        text.contains("`cargo build-gil") && text.contains("makes it"),
        "{text}"
    );
    let (output, _) = scene.compare("echo fine", &["--no-gil-build"]);
    assert_eq!(code(&output), Some(0));
    // The free-threaded build in the place of the twin would be compared with itself.
    scene.interpreter("gil", "free-threaded");
    let (_, text) = scene.compare("echo fine", &[]);
    assert!(text.contains("not a build"), "{text}");
}

#[test]
fn the_table_of_the_catalogue_comes_without_what_is_missing_or_fails() {
    let scene = Scene::new("table");
    let good = "#!/bin/sh\necho 'sum 5'; echo 'time: 0.500 s on some threads'\n";
    let bad = "#!/bin/sh\necho 'no luck' >&2; exit 3\n";
    for (name, text) in [("good", good), ("bad", bad)] {
        let path = scene.file(name, text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
    }
    let json = scene.0.join("table.json");
    let output = Command::new(env!("CARGO_BIN_EXE_stress"))
        .args([
            "compute_int",
            "--runs",
            "2",
            "--gil-binary",
            "/no/such/typhon",
        ])
        .arg("--binary")
        .arg(scene.0.join("good"))
        .arg("--peer")
        .arg(scene.0.join("bad"))
        .arg("--json")
        .arg(&json)
        .output()
        .expect("the tool runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(code(&output), Some(1), "{text}");
    let line = |wanted: &str| {
        let found = text.lines().find(|line| line.contains(wanted));
        found.unwrap_or_else(|| panic!("no line of {wanted} in {text}"))
    };
    // Two threads beside two processes: as many jobs, in half the processor time per job or so.
    assert!(line("free-threaded, 2 threads").contains("0.50"), "{text}");
    assert!(line("GIL, 2 threads").contains("/no/such/typhon does not exist; `cargo build-gil"));
    assert!(line("bad, 1 thread").contains("exit status 3: no luck"));
    assert!(text.contains("4 of 7 variants went wrong"), "{text}");
    let written = fs::read_to_string(json).expect("the file that --json names");
    let json: serde_json::Value = serde_json::from_str(&written).expect("JSON");
    let of_free = &json["results"][1];
    assert_eq!(of_free["jobs_per_second"], serde_json::json!([2.0, 2.0]));
    assert_eq!(
        of_free["processor_seconds_per_job"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

#[test]
fn wrong_command_lines_have_a_status_of_their_own() {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stress"));
        let output = command.args(arguments).output().expect("the tool runs");
        (
            code(&output),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert_eq!(run(&["compare"]).0, Some(2));
    assert_eq!(run(&["compare", "--no-such"]).0, Some(2));
    let (status, text) = run(&["compare", "/no/such/program.py"]);
    assert_eq!(status, Some(2));
    assert!(text.contains("/no/such/program.py is no file"), "{text}");
    assert_eq!(run(&["compare", "--help"]).0, Some(0));
    assert_eq!(run(&["litmus", "no_such_test"]).0, Some(2));
    assert_eq!(run(&["run", "--mode", "none"]).0, Some(2));
    assert!(Path::new(env!("CARGO_BIN_EXE_stress")).exists());
}
