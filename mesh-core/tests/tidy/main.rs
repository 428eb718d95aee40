//! House rules that the compiler does not know, read from the sources of both
//! crates: floors, sizes, words, names, files that nobody names.
//!
//! Every rule is a function from text to complaints and has a test on a bad
//! sample, so that a rule that cannot fail is found out. `docs/ARCHITECTURE.md`
//! and `docs/STYLE.md` say why the rules are there.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and what it reads is our own sources"
)]

mod bounds;
mod floors;
mod reach;
mod scan;
mod shape;
mod sources;
mod words;

use sources::{File, sources};

/// Fails with every complaint at once: mending one must not hide the next.
fn check(rule: impl Fn(&File) -> Vec<String>) {
    let complaints: Vec<String> = sources()
        .iter()
        .flat_map(|file| {
            let path = file.path.clone();
            rule(file)
                .into_iter()
                .map(move |complaint| format!("{path}: {complaint}"))
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_sources_of_both_crates_are_found() {
    let files = sources();
    for path in [
        "Cargo.toml",
        "app/src/main.rs",
        "mesh-core/src/lib.rs",
        "mesh-core/tests/tidy/main.rs",
    ] {
        assert!(files.iter().any(|file| file.path == path), "{path}");
    }
}

#[test]
fn modules_import_lower_floors_only() {
    check(floors::inside_core);
}

#[test]
fn app_knows_the_node_and_its_vocabulary_only() {
    check(floors::from_app);
}

#[test]
fn files_and_functions_stay_short() {
    check(shape::file_length);
    check(shape::function_length);
}

#[test]
fn banned_words_and_names_are_absent() {
    check(words::banned_words);
    check(words::banned_names);
    check(words::bincode_in_one_file);
}

#[test]
fn every_label_is_spelled_once() {
    let complaints = words::labels(&sources());
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_rust_file_is_reached_by_a_mod_line() {
    let unreached = reach::unreached(&sources());
    assert!(unreached.is_empty(), "nobody names {unreached:?}");
}

#[test]
fn every_limit_is_named_by_a_test() {
    let complaints = bounds::tested(&sources());
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
