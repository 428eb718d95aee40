//! Files that no `mod` line names: the compiler never sees them, so they rot.

use std::collections::{BTreeMap, BTreeSet};

use crate::scan;
use crate::sources::File;

/// Rust files that no crate root leads to.
pub(crate) fn unreached(files: &[File]) -> Vec<String> {
    let rust: BTreeMap<&str, &File> = files
        .iter()
        .filter(|file| file.is_rust())
        .map(|file| (file.path.as_str(), file))
        .collect();
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<String> = rust
        .keys()
        .filter(|path| is_root(path))
        .map(|path| (*path).to_owned())
        .collect();
    while let Some(path) = ahead.pop() {
        let Some(file) = rust.get(path.as_str()) else {
            continue;
        };
        if reached.insert(path) {
            ahead.extend(children(file));
        }
    }
    rust.keys()
        .filter(|path| !reached.contains(**path))
        .map(|path| (*path).to_owned())
        .collect()
}

/// Where cargo begins to read: libraries, programs, tests, examples.
fn is_root(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(
        parts.as_slice(),
        [_, "build.rs"]
            | [_, "src", "lib.rs" | "main.rs"]
            | [_, "src", "bin", _]
            | [_, "tests" | "examples" | "benches", _]
            | [_, "tests" | "examples", _, "main.rs"]
            | [_, "fuzz", "fuzz_targets", _]
    )
}

/// The two places where each `mod name;` of a file may lead.
fn children(file: &File) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap();
    let owns_folder = name == "mod.rs" || is_root(&file.path);
    let base = if owns_folder {
        folder.to_owned()
    } else {
        format!("{folder}/{}", name.trim_end_matches(".rs"))
    };
    scan::code(&file.text)
        .lines()
        .filter_map(|line| line.trim().strip_suffix(';'))
        .filter_map(|line| line.rsplit_once("mod ").map(|(_, name)| name.to_owned()))
        .flat_map(|name| [format!("{base}/{name}.rs"), format!("{base}/{name}/mod.rs")])
        .collect()
}

#[test]
fn orphans_are_found_and_named_files_are_not() {
    let files = [
        File::sample("a/src/lib.rs", "mod one;\npub mod two;\n// mod lost;"),
        File::sample("a/src/one.rs", "#[cfg(test)]\nmod tests;"),
        File::sample("a/src/one/tests.rs", ""),
        File::sample("a/src/two/mod.rs", "pub(crate) mod three;"),
        File::sample("a/src/two/three.rs", ""),
        File::sample("a/src/lost.rs", ""),
        File::sample("a/src/two/lost.rs", ""),
        File::sample("a/tests/whole.rs", "mod driver;"),
        File::sample("a/tests/driver/mod.rs", ""),
    ];
    assert_eq!(unreached(&files), ["a/src/lost.rs", "a/src/two/lost.rs"]);
}
