//! Words and names that do not land.

use std::collections::BTreeMap;

use crate::scan;
use crate::sources::File;

/// Words and why not. Split in two, or this file would complain of itself.
const BANNED: &[(&str, &str)] = &[
    (concat!("to", "do!("), "finish it"),
    (concat!("unimple", "mented!("), "finish it"),
    (concat!("db", "g!("), "log it or drop it"),
    (concat!("#[ig", "nore"), "a test runs or does not exist"),
    (concat!("XX", "X"), "say what is wrong"),
    (concat!("FIX", "ME"), "fix it"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/tm", "p/"), "a path of one machine"),
];

/// Names that say nothing of what a file holds.
const BANNED_NAMES: &[&str] = &["utils", "helpers", "common", "manager"];

/// The one file that may name the encoding crate.
const CODEC: &str = "mesh-core/src/wire/codec.rs";

/// Where the domain-separation labels of `crypto/` stand.
const LABELS: &str = "mesh-core/src/crypto/labels.rs";

/// No word of the table, in code or in prose.
pub(crate) fn banned_words(file: &File) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        for (word, why) in BANNED {
            if line.contains(word) {
                complaints.push(format!("line {number}: `{word}`: {why}"));
            }
        }
    }
    complaints
}

/// No file or folder with a name that says nothing.
pub(crate) fn banned_names(file: &File) -> Vec<String> {
    file.path
        .split('/')
        .map(|part| part.split('.').next().unwrap_or(part))
        .filter(|stem| BANNED_NAMES.contains(stem))
        .map(|stem| format!("`{stem}` says nothing of what is inside"))
        .collect()
}

/// The encoding crate is unmaintained: one file to change on the day it must go.
pub(crate) fn bincode_in_one_file(file: &File) -> Vec<String> {
    if !file.is_rust() || !file.path.contains("/src/") || file.path == CODEC {
        return Vec::new();
    }
    let named = scan::code(&file.text).contains("bincode");
    named
        .then(|| format!("only {CODEC} may name bincode"))
        .into_iter()
        .collect()
}

/// Every label is spelled once: two purposes under one label would share keys.
/// Those of `crypto/` stand in one file, one per line.
pub(crate) fn labels(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut spelled: BTreeMap<&str, &str> = BTreeMap::new();
    let judged = files
        .iter()
        .filter(|file| file.path.starts_with("mesh-core/src/") && !file.path.ends_with("tests.rs"));
    for file in judged {
        for label in file.text.lines().filter_map(label) {
            let path = file.path.as_str();
            if path.starts_with("mesh-core/src/crypto/") && path != LABELS {
                complaints.push(format!("{path}: `{label}` belongs into {LABELS}"));
            }
            if let Some(other) = spelled.insert(label, path) {
                complaints.push(format!("{path}: `{label}` is spelled in {other} too"));
            }
        }
    }
    complaints
}

/// The label that a line of code spells.
fn label(line: &str) -> Option<&str> {
    let code = !line.trim_start().starts_with("//");
    let (_, rest) = line.split_once("\"starling/1 ").filter(|_| code)?;
    // The test of the labels themselves names what they all begin with.
    rest.split('"').next().filter(|label| !label.is_empty())
}

#[test]
fn label_spelled_twice_or_astray_is_found_and_prose_is_not() {
    let files = [
        File::sample(
            LABELS,
            "// \"starling/1 a\"\nconst A: &[u8] = b\"starling/1 a\";",
        ),
        File::sample("mesh-core/src/store/x.rs", "f(\"starling/1 a\")"),
        File::sample("mesh-core/src/crypto/y.rs", "f(\"starling/1 b\")"),
        File::sample("mesh-core/src/wire/z.rs", "f(\"starling/1 c\")"),
    ];
    let found = labels(&files);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(labels(&files[3..]).is_empty());
}

#[test]
fn every_banned_word_is_found() {
    for (word, _) in BANNED {
        let file = File::sample("a.md", &format!("fine\nnot {word} fine"));
        assert_eq!(banned_words(&file).len(), 1, "{word}");
    }
    assert!(banned_words(&File::sample("a.md", "fine")).is_empty());
}

#[test]
fn files_and_folders_with_empty_names_are_found() {
    for path in [
        "app/src/utils.rs",
        "app/tests/common/mod.rs",
        "a/manager.py",
    ] {
        assert_eq!(banned_names(&File::sample(path, "")).len(), 1, "{path}");
    }
    assert!(banned_names(&File::sample("app/src/uncommon.rs", "")).is_empty());
}

#[test]
fn second_file_that_names_bincode_is_found_and_prose_is_not() {
    let text = "use bincode::config;";
    assert_eq!(
        bincode_in_one_file(&File::sample("app/src/a.rs", text)).len(),
        1
    );
    assert!(bincode_in_one_file(&File::sample(CODEC, text)).is_empty());
    let prose = File::sample("app/src/a.rs", "// bincode is elsewhere");
    assert!(bincode_in_one_file(&prose).is_empty());
}
