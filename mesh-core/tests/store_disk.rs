//! A disk that is full, fails, writes by halves or loses its power, at any call that the
//! real database makes: nothing acknowledged is lost, no half of a transaction is there,
//! the file opens again, and the person is told what to do.
//!
//! The calls are taken by a library in C (`faultfs/faultfs.c`) that is loaded before the
//! program; where there is no C compiler the test says so and is skipped. `STORE_DISK`
//! says at how many places each kind of fault is tried: 12, or `all`.

#![cfg(all(feature = "testing", feature = "sqlite", target_os = "linux"))]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and clippy knows only functions marked #[test]"
)]

mod store_support;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mesh_core::store::conformance::{committed, sample};
use mesh_core::store::{ProfileStore as _, SqliteProfile, StoreError};
use store_support::KEY;

const TEST: &str = "no_fault_of_the_disk_loses_or_halves_what_was_acknowledged";
const FOLDER: &str = "STORE_DISK_FOLDER";
/// Enough that the log is checkpointed in between.
const BATCHES: u32 = 40;
const BATCH_ROWS: u32 = 3;
/// A program that meets a failing store opens it again, a few times.
const OPENINGS_MAX: u32 = 3;

#[test]
fn no_fault_of_the_disk_loses_or_halves_what_was_acknowledged() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return write_batches(Path::new(&folder));
    }
    let scratch = tempfile::tempdir().unwrap();
    let Some(library) = compile(scratch.path()) else {
        println!("skipped: no C compiler for the failing disk");
        return;
    };
    let disk = Disk {
        scratch: scratch.path().to_owned(),
        library,
    };
    let whole = disk.run("none", 0);
    assert_eq!(whole.acknowledged.len(), BATCHES as usize);
    assert!(whole.calls > u64::from(BATCHES), "nothing was taken");
    let step = match std::env::var("STORE_DISK").as_deref() {
        Ok("all") => 1,
        _ => whole.calls.div_ceil(12),
    };
    for kind in ["full", "eio", "broken", "short", "cut"] {
        let mut told = BTreeSet::new();
        let mut cuts = 0;
        for at in (1..=whole.calls).step_by(usize::try_from(step).unwrap()) {
            let run = disk.run(kind, at);
            check(&run.folder, &run.acknowledged, &format!("{kind} at {at}"));
            told.extend(run.told);
            let cut = run.folder.with_extension("cut");
            if cut.exists() {
                // Who lost power had acknowledged no more than this.
                check(&cut, &before_cut(&cut), &format!("cut at {at}"));
                cuts += 1;
            }
        }
        eprintln!(
            "{kind}: {} places, told {told:?}",
            whole.calls.div_ceil(step)
        );
        assert_eq!(kind == "cut", cuts > 0);
        let is_told = |words: &str| told.iter().any(|said| said.contains(words));
        match kind {
            "full" => assert!(is_told("the disk is full"), "{told:?}"),
            "eio" | "broken" => assert!(is_told("reading or writing failed"), "{told:?}"),
            _ => assert!(told.is_empty(), "{kind}: {told:?}"),
        }
    }
}

/// The library, or nothing where there is no compiler.
fn compile(scratch: &Path) -> Option<PathBuf> {
    let library = scratch.join("faultfs.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faultfs/faultfs.c");
    let compiled = Command::new("cc")
        .args(["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .args([source, "-ldl"])
        .status();
    match compiled {
        Ok(status) => {
            assert!(status.success(), "the failing disk does not compile");
            Some(library)
        }
        Err(_) => None,
    }
}

struct Disk {
    scratch: PathBuf,
    library: PathBuf,
}

struct Run {
    folder: PathBuf,
    acknowledged: BTreeSet<u32>,
    /// What the writer was told when it could not write.
    told: BTreeSet<String>,
    calls: u64,
}

impl Disk {
    /// Lets a process write on a disk with a fault of its own.
    fn run(&self, kind: &str, at: u64) -> Run {
        let folder = self.scratch.join(format!("{kind}-{at}"));
        let log = self.scratch.join(format!("{kind}-{at}.calls"));
        std::fs::create_dir(&folder).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture"])
            .env(FOLDER, &folder)
            .env("LD_PRELOAD", &self.library)
            .env("FAULTFS_DIR", &folder)
            .env("FAULTFS_KIND", kind)
            .env("FAULTFS_AT", at.to_string())
            .env("FAULTFS_LOG", &log)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "{kind} at {at}: the writer died");
        let said = String::from_utf8(output.stdout).unwrap();
        let after = |word: &str| {
            let lines = said.lines().filter_map(|line| line.strip_prefix(word));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let batches = after("committed ");
        Run {
            folder,
            acknowledged: batches.iter().map(|batch| batch.parse().unwrap()).collect(),
            told: after("refused ").into_iter().collect(),
            calls: std::fs::read_to_string(log).unwrap().parse().unwrap(),
        }
    }
}

/// Batches acknowledged before the folder was copied: the writer notes each in a file
/// beside the database before it goes on.
fn before_cut(cut: &Path) -> BTreeSet<u32> {
    let noted = std::fs::read_to_string(cut.join("acknowledged")).unwrap_or_default();
    noted.lines().map(|line| line.parse().unwrap()).collect()
}

fn rows_of(batch: u32) -> impl Iterator<Item = u32> {
    (0..BATCH_ROWS).map(move |row| batch * BATCH_ROWS + row)
}

/// The other process: writes batches, and goes on with the next as long as the store can
/// be opened again.
fn write_batches(folder: &Path) {
    let mut openings = 0;
    let mut batch = 0;
    while batch < BATCHES && openings < OPENINGS_MAX {
        openings += 1;
        let Err(error) = write_some(folder, &mut batch) else {
            continue;
        };
        batch += 1;
        say(&format!("refused {error}"));
    }
}

fn write_some(folder: &Path, batch: &mut u32) -> Result<(), StoreError> {
    let mut store = SqliteProfile::open(&folder.join("profile.db"), &KEY)?;
    while *batch < BATCHES {
        committed(&mut store, |store| {
            for number in rows_of(*batch) {
                store.insert_message(&sample::own_message(1, number))?;
                store.put_outbox(&sample::outgoing(1, number, number))?;
            }
            // What was taken goes, so that pages are used again.
            for number in batch.checked_sub(5).into_iter().flat_map(rows_of) {
                store.take_outbox(sample::outgoing(1, number, number).id)?;
            }
            Ok(())
        })?;
        note(folder, *batch);
        say(&format!("committed {batch}"));
        *batch += 1;
    }
    Ok(())
}

/// Past the failing disk: no library call of this test writes under its folder.
fn note(folder: &Path, batch: u32) {
    let path = folder.join("acknowledged");
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let aside = folder.with_extension("note");
    std::fs::write(&aside, format!("{known}{batch}\n")).unwrap();
    std::fs::rename(&aside, &path).unwrap();
}

/// Past the harness, which would hold lines back.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// On a disk that works again: whole batches, and every acknowledged one.
fn check(folder: &Path, acknowledged: &BTreeSet<u32>, when: &str) {
    let store = SqliteProfile::open(&folder.join("profile.db"), &KEY)
        .unwrap_or_else(|error| panic!("{when}: {error}"));
    store
        .check()
        .unwrap_or_else(|error| panic!("{when}: {error}"));
    let page = store.timeline(sample::conversation_id(1), None, u16::MAX);
    let rows = page.unwrap().unwrap_or_default().0;
    let number = |row: &mesh_core::store::MessageRow| {
        u32::try_from(u128::from_be_bytes(row.message_id.0)).unwrap()
    };
    let found: BTreeSet<u32> = rows.iter().map(number).collect();
    let batches: BTreeSet<u32> = found.iter().map(|number| number / BATCH_ROWS).collect();
    let whole = batches.len() * BATCH_ROWS as usize;
    assert_eq!(found.len(), whole, "{when}: half a transaction");
    let lost: Vec<_> = acknowledged.difference(&batches).collect();
    assert!(lost.is_empty(), "{when}: lost {lost:?}");
    let outbox = store.outbox().unwrap().len();
    assert!(outbox.is_multiple_of(BATCH_ROWS as usize), "{when}");
}
