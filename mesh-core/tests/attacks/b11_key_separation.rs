//! B11 · Bridgefy: one key of the whole application, for everything.
//!
//! Each key has one purpose, named by a label of its own. The labels stand in one file;
//! each is spelled once, and none is spelled anywhere else in the product.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const LABELS: &str = "src/crypto/labels.rs";
const PREFIX: &str = "starling/1";

fn source(of: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(of);
    std::fs::read_to_string(path).unwrap()
}

/// Names and labels.
fn labels() -> BTreeMap<String, String> {
    let source = source(LABELS);
    let product = source.split("#[cfg(test)]").next().unwrap();
    let lines = product.lines().filter(|line| line.contains("const "));
    let label = |line: &str| {
        let name = line.split("const ").nth(1)?.split(':').next()?;
        let label = line.split("b\"").nth(1)?.split('"').next()?;
        Some((name.to_owned(), label.to_owned()))
    };
    lines.map(|line| label(line).unwrap()).collect()
}

/// Files of the product under a folder, without tests.
fn product(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" && name != "sim" && name != "testing" {
            product(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// What a file says outside its tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let product = text.split("#[cfg(test)]").next().unwrap().to_owned();
    let lines = product
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    product(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    assert!(found.len() > 150, "{}", found.len());
    found
}

/// Fails if two purposes are given one label.
#[test]
fn every_label_is_spelled_once() {
    let labels = labels();
    assert!(labels.len() >= 40, "{}", labels.len());
    let distinct: BTreeSet<&String> = labels.values().collect();
    assert_eq!(distinct.len(), labels.len());
    assert!(
        labels
            .values()
            .all(|label| label.starts_with("starling/1 "))
    );
}

/// Fails if a label is spelled where it is used, which is how two become one unseen.
/// Envelopes and links name theirs in the one place where they are hashed.
#[test]
fn no_label_of_cryptography_is_spelled_outside_the_list() {
    let mut elsewhere: BTreeMap<String, PathBuf> = BTreeMap::new();
    let listed: BTreeSet<String> = labels().into_values().collect();
    for path in files().into_iter().filter(|path| !path.ends_with(LABELS)) {
        for line in code(&path).lines().filter(|line| line.contains(PREFIX)) {
            let label = line.split('"').find(|part| part.starts_with(PREFIX));
            let label = label.unwrap_or_else(|| panic!("{line}")).to_owned();
            assert!(!listed.contains(&label), "{label} in {path:?}");
            let is_crypto = path.components().any(|part| part.as_os_str() == "crypto");
            assert!(!is_crypto, "{label} in {path:?}");
            let before = elsewhere.insert(label.clone(), path.clone());
            assert_eq!(before, None, "{label}");
        }
    }
    println!("elsewhere: {elsewhere:?}");
}

/// Fails if a label is listed and not used, or if it comes to be used all over the place.
#[test]
fn every_label_is_used_in_one_to_three_places() {
    let sources: Vec<String> = files()
        .iter()
        .filter(|path| !path.ends_with(LABELS))
        .map(|path| code(path))
        .collect();
    for (name, label) in labels() {
        let uses = sources.iter().map(|source| {
            let named = format!("labels::{name}");
            let found = source.match_indices(&named);
            let whole = found.filter(|(at, _)| {
                let next = source
                    .get(at + named.len()..)
                    .and_then(|rest| rest.chars().next());
                next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
            });
            whole.count()
        });
        let uses: usize = uses.sum();
        // Making and checking a signature or commitment are two places of one purpose.
        assert!((1..=3).contains(&uses), "{label}: {uses} uses");
    }
}
