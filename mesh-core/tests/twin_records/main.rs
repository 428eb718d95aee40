//! Recorded runs of two implementations, both ways (`tests/twin/README.md`).
//!
//! What the second implementation recorded comes out of ours to the byte and opens in
//! it; what ours records is committed, for the second to replay, and stays what the
//! code writes: `TWIN_RECORD=1 cargo test … --test twin_records` writes it anew.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a record that cannot be read fails its test"
)]

mod channel;
mod comparison;
mod first_contact;
mod hostile;
mod people;
mod record;
mod session;

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use record::{Case, Layout, differences, folder, load};

const SCHEMA: u64 = 1;
/// Recorded by the second implementation alone.
const NOT_COVERED: [&str; 1] = ["group"];

fn layouts() -> Vec<Layout> {
    [
        people::layouts(),
        first_contact::layouts(),
        hostile::layouts(),
        comparison::layouts(),
        session::layouts(),
        channel::layouts(),
    ]
    .concat()
}

fn layout(name: &str) -> Layout {
    let found = layouts().into_iter().find(|layout| layout.name == name);
    found.unwrap()
}

/// Everything that differs, and a panic for what does not open.
fn check(layout: &Layout, case: &Value) -> Vec<String> {
    let label = format!("{}: {}", layout.name, case["case"]);
    eprintln!("{label}");
    let mut found = Vec::new();
    differences(&(layout.build)(Case(case)), case, &label, &mut found);
    if found.is_empty() {
        (layout.opens)(Case(case));
    }
    found
}

fn replay(names: &[&str]) {
    let mut found = Vec::new();
    for name in names {
        let file = load("python", name);
        assert_eq!(
            (&file["schema"], &file["layout"]),
            (&json!(SCHEMA), &json!(name))
        );
        let cases = file["cases"].as_array().unwrap();
        assert!(!cases.is_empty(), "{name}");
        let layout = layout(name);
        found.extend(cases.iter().flat_map(|case| check(&layout, case)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn cards_and_codes_are_those_of_the_second_implementation() {
    replay(&["card", "qr"]);
}

#[test]
fn bundles_and_knocks_are_those_of_the_second_implementation() {
    replay(&["bundle", "knock", "crossing"]);
}

#[test]
fn what_people_compare_is_that_of_the_second_implementation() {
    replay(&["sas", "nearby", "safety_number"]);
}

#[test]
fn sessions_go_as_those_of_the_second_implementation() {
    replay(&["session"]);
}

#[test]
fn what_the_second_implementation_refuses_is_refused_and_no_more() {
    replay(&["hostile"]);
}

#[test]
fn channels_are_those_of_the_second_implementation() {
    replay(&["inner", "channel_root", "channel_post"]);
}

#[test]
fn every_record_of_the_second_implementation_is_replayed_or_named() {
    let files = fs::read_dir(folder("python")).unwrap();
    let names: BTreeSet<String> = files
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .into()
        })
        .collect();
    for name in NOT_COVERED {
        eprintln!("not replayed: {name}.json, which this version does not have");
    }
    let known = layouts().into_iter().map(|layout| layout.name);
    let known: BTreeSet<String> = known.chain(NOT_COVERED).map(String::from).collect();
    assert_eq!(names, known);
}

/// What our code records for a layout.
fn recorded(layout: &Layout) -> Value {
    let cases = (layout.cases)().into_iter().map(|mut case| {
        let outputs = (layout.build)(Case(&case));
        let fields = case.as_object_mut().unwrap();
        fields.extend(outputs.as_object().unwrap().clone());
        case
    });
    let cases: Vec<Value> = cases.collect();
    json!({"schema": SCHEMA, "layout": layout.name, "cases": cases})
}

#[test]
fn committed_records_are_what_the_code_writes_and_open() {
    let is_written = std::env::var_os("TWIN_RECORD").is_some();
    for layout in layouts() {
        let now = recorded(&layout);
        if now["cases"] == json!([]) {
            eprintln!(
                "recorded by the second implementation alone: {}",
                layout.name
            );
            continue;
        }
        if is_written {
            let path = folder("rust").join(layout.name).with_extension("json");
            fs::create_dir_all(folder("rust")).unwrap();
            fs::write(path, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
        }
        let committed = load("rust", layout.name);
        let mut found = Vec::new();
        differences(&now, &committed, layout.name, &mut found);
        differences(&committed, &now, layout.name, &mut found);
        assert!(found.is_empty(), "{}", found.join("\n"));
        for case in now["cases"].as_array().unwrap() {
            (layout.opens)(Case(case));
        }
    }
}

/// Changes the last digit of the last output of a case.
fn spoil(value: &mut Value, names: &[&str]) -> bool {
    match value {
        Value::Object(fields) => {
            for name in names {
                if let Some(Value::String(text)) = fields.get_mut(*name) {
                    let last = text.pop().unwrap();
                    text.push(if last == '0' { '1' } else { '0' });
                    return true;
                }
            }
            fields.values_mut().any(|value| spoil(value, names))
        }
        Value::Array(items) => items.iter_mut().rev().any(|item| spoil(item, names)),
        _ => false,
    }
}

#[test]
fn a_record_with_one_digit_changed_is_found() {
    let outputs = [
        ("card", "card"),
        ("qr", "text"),
        ("bundle", "envelope"),
        ("knock", "envelope"),
        ("sas", "restart_proof"),
        ("nearby", "answer"),
        ("safety_number", "digits"),
        ("session", "envelope"),
        ("inner", "inner"),
        ("channel_post", "envelope"),
    ];
    for (name, output) in outputs {
        let layout = layout(name);
        let mut case = load("python", name)["cases"][0].take();
        assert!(spoil(&mut case, &[output]), "{name}");
        assert_ne!(check(&layout, &case), Vec::<String>::new(), "{name}");
    }
}
