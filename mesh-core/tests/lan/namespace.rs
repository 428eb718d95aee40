//! Tests that need a network of their own run once more, in namespaces that they make.

use std::io::Write as _;
use std::process::{Command, Output};

const INSIDE: &str = "STARLING_TEST_INSIDE_NAMESPACE";

/// Ways to make one: root needs no user namespace, and some machines forbid those.
const WAYS: [&[&str]; 2] = [&["--net"], &["--user", "--map-root-user", "--net"]];

/// Whether this process is inside a namespace with only `lo` up. If not, the test is
/// run once more in one, and its outcome is taken over; where none may be made, a
/// line says so and why.
pub fn inside_namespace(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    match way() {
        Ok(way) => run_inside(way, test),
        // Not `println!`: the harness shows nothing of a test that passes.
        Err(why) => {
            let line = format!("test {test} ... skipped (no network namespaces here: {why})\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
        }
    }
    false
}

/// The first way that this machine allows, or why it allows none.
fn way() -> Result<&'static [&'static str], String> {
    let mut why = String::new();
    for way in WAYS {
        let up = ["ip", "link", "set", "lo", "up"];
        match Command::new("unshare").args(way).args(up).output() {
            Ok(output) if output.status.success() => return Ok(way),
            Ok(output) => why = text(&output.stderr),
            Err(error) => why = format!("unshare: {error}"),
        }
    }
    Err(why)
}

fn run_inside(way: &[&str], test: &str) {
    let output = Command::new("unshare")
        .args(way)
        .args(["sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    let said = text(&stdout);
    // A name that no test has runs none of them, and succeeds.
    let is_run = said.contains("1 passed");
    assert!(
        status.success() && is_run,
        "failed inside the namespace: {said} {}",
        text(&stderr)
    );
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().replace('\n', " ")
}
