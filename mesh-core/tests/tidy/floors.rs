//! Who may import whom: the table of `docs/ARCHITECTURE.md`.

use crate::scan;
use crate::sources::File;

/// Modules of mesh-core by floor. `sim` stands beside and sees what floor 4 sees.
const FLOORS: &[(&str, u8)] = &[
    ("types", 0),
    ("limits", 0),
    ("redact", 0),
    ("api", 1),
    ("wire", 1),
    ("crypto", 1),
    ("machine", 2),
    ("link", 2),
    ("sync", 2),
    ("gossip", 2),
    ("router", 2),
    ("store", 3),
    ("engine", 4),
    ("transport", 5),
    ("node", 6),
    ("sim", 5),
];

/// Modules of mesh-core that the app may name.
const APP_MAY_NAME: &[&str] = &["api", "node", "types", "limits", "redact"];

/// Stores that only the store itself and the node may name: the engine has the trait.
const CONCRETE_STORES: &[&str] = &["memory", "sqlite", "fault", "MemoryStore", "SqliteStore"];

/// A file of mesh-core imports its own folder and lower floors only.
pub(crate) fn inside_core(file: &File) -> Vec<String> {
    let Some(inside) = file.path.strip_prefix("mesh-core/src/") else {
        return Vec::new();
    };
    let Some(module) = inside
        .split(['/', '.'])
        .next()
        .filter(|name| *name != "lib")
    else {
        return Vec::new();
    };
    if module == "bin" || !file.is_rust() || is_test_file(inside) {
        return Vec::new();
    }
    let code = scan::without_tests(&scan::code(&file.text));
    let mut paths = scan::paths(&code, "crate");
    paths.extend(paths_through_super(inside, &code));
    paths
        .iter()
        .filter_map(|path| forbidden(module, path))
        .collect()
}

/// A file of the app names the node and its vocabulary only.
pub(crate) fn from_app(file: &File) -> Vec<String> {
    if !file.path.starts_with("app/src/") || !file.is_rust() {
        return Vec::new();
    }
    scan::paths(&scan::code(&file.text), "mesh_core")
        .into_iter()
        .filter_map(|path| path.into_iter().next())
        .filter(|module| !APP_MAY_NAME.contains(&module.as_str()))
        .map(|module| format!("the app may not name mesh_core::{module}"))
        .collect()
}

fn is_test_file(inside: &str) -> bool {
    inside.ends_with("/tests.rs") || inside.contains("/tests/")
}

/// Paths that climb out of a top-level module with `super`, as if they began
/// with `crate`.
fn paths_through_super(inside: &str, code: &str) -> Vec<Vec<String>> {
    let depth = inside
        .trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .split('/')
        .count();
    let flat: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let climb = "super::".repeat(depth);
    scan::paths(&flat.replace(&climb, " crate::"), "crate")
        .into_iter()
        .filter(|_| flat.contains(&climb))
        .collect()
}

fn forbidden(module: &str, path: &[String]) -> Option<String> {
    let target = path.first()?.as_str();
    let Some(below) = floor(target) else {
        // A macro or an item of the crate root.
        return None;
    };
    let Some(own) = floor(module) else {
        return Some(format!("{module} stands on no floor: add it to the table"));
    };
    let second = path.get(1).map_or("", String::as_str);
    let allowed = target == module
        || match (module, target, second) {
            ("crypto", "wire", _) | ("store", "sync", "inventory") => true,
            ("transport", "wire", second) => second == "courier",
            ("transport" | "store", _, _) if below > 1 => false,
            ("transport", _, _) => below == 0,
            ("link" | "sync" | "gossip" | "router", "machine", _) => true,
            ("engine" | "sim", "store", second) => !CONCRETE_STORES.contains(&second),
            ("node", "sim", _) => false,
            // Plain data is one floor of three names.
            _ => below < own || own == 0 && below == 0,
        };
    (!allowed).then(|| format!("{module} may not import {}", path.join("::")))
}

fn floor(module: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, floor)| *floor)
}

#[test]
fn imports_from_above_and_beside_are_found() {
    for (path, text) in [
        ("types/ids.rs", "use crate::wire::Frame;"),
        ("wire/frame.rs", "use crate::crypto::seal;"),
        ("wire.rs", "use super::engine::Engine;"),
        ("api/mod.rs", "use super::store::Store;"),
        ("link/score.rs", "use super::super::gossip::Want;"),
        ("gossip/mod.rs", "fn f() { crate::router::next(); }"),
        ("store/mod.rs", "use crate::sync::riblt;"),
        ("store/mod.rs", "use crate::{types::Wall, engine::Engine};"),
        ("engine/mod.rs", "use crate::node::clock;"),
        (
            "engine/mod.rs",
            "use crate::store::{RelayStore, sqlite::SqliteStore};",
        ),
        ("transport/lan/mod.rs", "use crate::wire::envelope;"),
        ("transport/lan/mod.rs", "use crate::crypto::Secret;"),
        ("transport/lan/mod.rs", "use crate::api::Event;"),
        ("node/mod.rs", "use crate::sim::World;"),
        ("gadgets/mod.rs", "use crate::types::Wall;"),
    ] {
        let file = File::sample(&format!("mesh-core/src/{path}"), text);
        assert_eq!(inside_core(&file).len(), 1, "{path}: {text}");
    }
}

#[test]
fn imports_from_below_and_named_exceptions_pass() {
    for (path, text) in [
        (
            "crypto/seal.rs",
            "use crate::wire::envelope; use super::tags;",
        ),
        (
            "link/mod.rs",
            "use crate::machine::Outbox; use crate::limits::LINKS_MAX;",
        ),
        ("store/mod.rs", "use crate::sync::inventory::Inventory;"),
        (
            "engine/mod.rs",
            "use crate::{store::RelayStore, link, wire::{a, b}};",
        ),
        (
            "engine/mod.rs",
            "#[cfg(test)] mod tests { use crate::store::memory::M; }",
        ),
        ("engine/tests.rs", "use crate::store::memory::MemoryStore;"),
        (
            "transport/lan/mod.rs",
            "use crate::types::LinkId; use crate::wire::courier;",
        ),
        (
            "node/driver.rs",
            "use crate::store::sqlite; use super::clock;",
        ),
        (
            "wire/mod.rs",
            "//! Like [`crate::engine`].\nlet s = \"crate::node\";",
        ),
    ] {
        let file = File::sample(&format!("mesh-core/src/{path}"), text);
        assert_eq!(inside_core(&file), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn app_reaching_into_the_engine_is_found() {
    let file = File::sample(
        "app/src/model.rs",
        "use mesh_core::{api::Event, store::Store}; use mesh_core::crypto::seal;",
    );
    assert_eq!(from_app(&file).len(), 2);
}
