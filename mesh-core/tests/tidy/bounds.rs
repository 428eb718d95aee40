//! Every limit is driven by a test that names it: a cap that nobody pushes against
//! may have stopped holding years ago.

use std::collections::BTreeSet;

use crate::scan;
use crate::sources::File;

/// Where the limits stand, and those of one field each.
const LIMITS: &str = "mesh-core/src/limits.rs";
const LIMITS_OF_FIELDS: &str = "mesh-core/src/limits/";

/// Limits that no test names, and why not. Whoever tests one takes it off the list.
const EXEMPT: &[(&str, &str)] = &[
    ("COMMAND_QUEUE_CAP", BOUNDED_CHANNEL),
    ("CARRIER_QUEUE_CAP", BOUNDED_CHANNEL),
    ("PEOPLE_COPY_DELAY_MS", REAL_TIME),
    ("READY_WAIT_MS", REAL_TIME),
    ("REBUILD_WINDOW_MS", REAL_TIME),
    ("LAN_REDRAW_MS", RULE),
    ("LAN_LINKS_AIM", RULE),
    ("BLE_LINKS_MAX", SIMULATED),
    ("BLE_BREAK_MS", SIMULATED),
    ("BLE_RETRY_MS", SIMULATED),
    ("BLE_IDLE_MS", SIMULATED),
];
const BOUNDED_CHANNEL: &str = "the length of a channel: whose bound is tokio's to keep";
const REAL_TIME: &str = "the node's own clock runs in real time, and tests do not sleep";
const RULE: &str = "a rule whose outcome the eclipse tests measure, minute by minute";
const SIMULATED: &str = "no carrier runs `BleNeighbours` yet: the scenarios of the simulator do";

/// Every limit is named by a test or stands on the list; the list holds nothing else.
pub(crate) fn tested(files: &[File]) -> Vec<String> {
    let of_tests: BTreeSet<String> = files.iter().flat_map(words_of_tests).collect();
    let is_limits = |path: &str| path == LIMITS || path.starts_with(LIMITS_OF_FIELDS);
    let limits = files.iter().filter(|file| is_limits(&file.path));
    let limits: Vec<&str> = limits.flat_map(|file| names(&file.text)).collect();
    complaints(&limits, &of_tests, EXEMPT)
}

fn complaints(
    limits: &[&str],
    of_tests: &BTreeSet<String>,
    exempt: &[(&str, &str)],
) -> Vec<String> {
    let is_exempt = |limit: &str| exempt.iter().any(|(name, _)| *name == limit);
    let untested = limits
        .iter()
        .filter(|limit| !of_tests.contains(**limit) && !is_exempt(limit))
        .map(|limit| format!("{LIMITS}: no test names `{limit}`: drive past it, or say why not"));
    let stale = exempt
        .iter()
        .filter(|(name, _)| of_tests.contains(*name) || !limits.contains(name))
        .map(|(name, _)| format!("`{name}` is tested or gone: take it off the list"));
    untested.chain(stale).collect()
}

/// Names of the public constants of a text.
fn names(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("pub const "))
        .filter_map(|rest| rest.split(':').next())
        .collect()
}

/// Words of a file that stand in tests. An import alone tests nothing, nor does prose
/// or this rule's own list.
fn words_of_tests(file: &File) -> Vec<String> {
    if !file.is_rust() || file.path.starts_with("mesh-core/tests/tidy/") {
        return Vec::new();
    }
    let is_test = file.path.contains("/tests/") || file.path.ends_with("/tests.rs");
    let is_promise = file.path.contains("/conformance/");
    let from = match is_test || is_promise {
        true => 0,
        false => file.text.find("\nmod tests {").unwrap_or(file.text.len()),
    };
    words(&file.text[from..])
}

/// Words in code, without those of imports.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut in_import = false;
    for line in scan::code(text).lines() {
        in_import |= line.trim_start().starts_with("use ");
        if !in_import {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            words.extend(line.split(|c| !is_word(c)).map(str::to_owned));
        }
        in_import &= !line.contains(';');
    }
    words
}

#[test]
fn a_limit_that_only_code_prose_or_an_import_names_is_found() {
    let limits = File::sample(LIMITS, "pub const A_MAX: u8 = 1;\npub const B_MAX: u8 = 2;");
    let code = "fn f() -> u8 { A_MAX + B_MAX }\n";
    let tests = "#[cfg(test)]\nmod tests {\n    use super::A_MAX;\n    // A_MAX\n    fn t() { g(\"A_MAX\", B_MAX) }\n}\n";
    let code = File::sample("mesh-core/src/x.rs", &[code, tests].concat());
    let found = tested(&[limits, code]);
    let of_a: Vec<_> = found.iter().filter(|c| c.contains("A_MAX")).collect();
    assert_eq!(of_a.len(), 1, "{found:?}");
    assert!(!found.iter().any(|c| c.contains("B_MAX")), "{found:?}");
}

#[test]
fn an_exemption_of_what_is_tested_or_gone_is_found() {
    let of_tests = BTreeSet::from(["A_MAX".to_owned()]);
    let exempt = [("A_MAX", "why"), ("GONE_MAX", "why"), ("B_MAX", "why")];
    let found = complaints(&["A_MAX", "B_MAX"], &of_tests, &exempt);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(complaints(&["B_MAX"], &of_tests, &exempt[2..]).is_empty());
}
