//! A process that is killed in the middle of writing loses nothing that it
//! acknowledged, and leaves no half of a transaction.
//!
//! The test starts itself a second time; that process writes transactions of
//! three rows into both stores and prints a line after each commit. It is killed
//! a random moment after a random line, several times over the same two files.
//! `STORE_KILLS` says how often in all: 500, or as many as a sweep has time for.

#![cfg(all(feature = "testing", feature = "sqlite", unix))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod store_support;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use mesh_core::store::conformance::{committed, sample};
use mesh_core::store::{
    PeopleStore as _, ProfileStore as _, Queue, RelayStore as _, SessionRow, SqliteProfile,
    SqliteRelay,
};
use store_support::{KEY, Random, fresh_seed};

const TEST: &str = "acknowledged_rows_survive_a_kill_and_no_half_transaction_does";
const FOLDER: &str = "STORE_CRASH_FOLDER";
const FIRST_BATCH: &str = "STORE_CRASH_FIRST_BATCH";
const KILLS: u32 = 500;
/// Kills over the same files: each check reads all that was written so far.
const ROUNDS: u32 = 20;
/// More batches than one round can reach.
const ROUND_BATCHES: u32 = 100_000;
const BATCH_ROWS: u32 = 3;
const LINES_MAX: u64 = 20;
/// A commit takes about a millisecond.
const DELAY_US_MAX: u64 = 3_000;

#[test]
fn acknowledged_rows_survive_a_kill_and_no_half_transaction_does() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let first = std::env::var(FIRST_BATCH).unwrap().parse().unwrap();
        return write_until_killed(Path::new(&folder), first);
    }
    let seed = fresh_seed();
    // Shown by the test harness when the test fails.
    eprintln!("STORE_SEED={seed}");
    let mut random = Random::new(seed);
    let kills = match std::env::var("STORE_KILLS") {
        Ok(kills) => kills.parse().unwrap(),
        Err(_) => KILLS,
    };
    for rounds in (0..kills).step_by(ROUNDS as usize) {
        kill_over_one_pair(&mut random, ROUNDS.min(kills - rounds));
    }
    eprintln!("{kills} kills");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a moment that is drawn, and nothing is waited for"
)]
fn kill_over_one_pair(random: &mut Random, rounds: u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::default();
    for round in 0..rounds {
        let mut writer = Writer::start(folder.path(), round * ROUND_BATCHES);
        for _ in 0..=random.below(LINES_MAX) {
            acknowledged.note(&writer.line().unwrap());
        }
        let delay = std::time::Duration::from_micros(random.below(DELAY_US_MAX));
        std::thread::sleep(delay);
        writer.child.kill().unwrap();
        while let Some(line) = writer.line() {
            acknowledged.note(&line);
        }
        check_relay(folder.path(), &acknowledged.relay);
        check_profile(folder.path(), &acknowledged.profile);
    }
    assert!(acknowledged.relay.len() >= rounds as usize);
}

/// Batches whose commits were reported.
#[derive(Default)]
struct Acknowledged {
    relay: BTreeSet<u32>,
    profile: BTreeSet<u32>,
}

impl Acknowledged {
    /// Reads `committed relay 7`; the harness prints lines of its own.
    fn note(&mut self, line: &str) {
        let mut words = line.split(' ');
        if words.next() != Some("committed") {
            return;
        }
        let batches = match words.next() {
            Some("relay") => &mut self.relay,
            _ => &mut self.profile,
        };
        // The last line may be cut.
        if let Some(Ok(batch)) = words.next().map(str::parse) {
            batches.insert(batch);
        }
    }
}

/// The second process; killed when dropped, so that a failed test leaves none.
struct Writer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Writer {
    fn start(folder: &Path, first_batch: u32) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture"])
            .env(FOLDER, folder)
            .env(FIRST_BATCH, first_batch.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next whole line; `None` once the process is gone.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.strip_suffix('\n').map(str::to_owned)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn open_relay(folder: &Path) -> SqliteRelay {
    SqliteRelay::open(&folder.join("relay.db"), &KEY).unwrap()
}

fn open_profile(folder: &Path) -> SqliteProfile {
    SqliteProfile::open(&folder.join("profile.db"), &KEY).unwrap()
}

fn rows_of(batch: u32) -> impl Iterator<Item = u32> {
    (0..BATCH_ROWS).map(move |row| batch * BATCH_ROWS + row)
}

/// Ends when it is killed, or when nobody listens any more.
fn write_until_killed(folder: &Path, first_batch: u32) {
    let (mut relay, mut profile) = (open_relay(folder), open_profile(folder));
    for batch in first_batch.. {
        committed(&mut relay, |store| {
            for number in rows_of(batch) {
                store.insert(&sample::meta(number), &sample::body(number))?;
            }
            Ok(())
        })
        .unwrap();
        if !say(format!("\ncommitted relay {batch}\n")) {
            return;
        }
        committed(&mut profile, |store| {
            for number in rows_of(batch) {
                store.insert_message(&sample::own_message(1, number))?;
                store.put_outbox(&sample::outgoing(1, number, number))?;
                let here = sample::conversation_id(1);
                store.put_queued(Queue::Unacknowledged, here, number, b"sent")?;
            }
            store.put_session(&session_after(batch))
        })
        .unwrap();
        if !say(format!("\ncommitted profile {batch}\n")) {
            return;
        }
    }
}

/// The one session, as it goes on with each batch.
fn session_after(batch: u32) -> SessionRow {
    SessionRow {
        state: batch.to_le_bytes().repeat(100).into(),
        ..sample::session(1, 1)
    }
}

/// Past the harness, which would hold lines back.
fn say(line: String) -> bool {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes())
        .and_then(|()| out.flush())
        .is_ok()
}

/// Every batch is there whole or not at all, and every acknowledged one is there.
fn check_batches(found: BTreeSet<u32>, acknowledged: &BTreeSet<u32>) {
    let batches: BTreeSet<u32> = found.iter().map(|number| number / BATCH_ROWS).collect();
    assert_eq!(
        found.len(),
        batches.len() * BATCH_ROWS as usize,
        "half a transaction"
    );
    let lost: Vec<_> = acknowledged.difference(&batches).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
}

fn number_of(id: [u8; 16]) -> u32 {
    u128::from_be_bytes(id) as u32
}

fn check_relay(folder: &Path, acknowledged: &BTreeSet<u32>) {
    let store = open_relay(folder);
    store.check().unwrap();
    let found: BTreeSet<u32> = store
        .load()
        .unwrap()
        .iter()
        .map(|m| number_of(m.id.0))
        .collect();
    for number in &found {
        let body = store.body(sample::envelope_id(*number)).unwrap();
        assert_eq!(body, Some(sample::body(*number)));
    }
    check_batches(found, acknowledged);
}

fn check_profile(folder: &Path, acknowledged: &BTreeSet<u32>) {
    let store = open_profile(folder);
    store.check().unwrap();
    let page = store
        .timeline(sample::conversation_id(1), None, u16::MAX)
        .unwrap();
    let messages = page
        .unwrap()
        .0
        .iter()
        .map(|row| number_of(row.message_id.0))
        .collect();
    check_batches(messages, acknowledged);
    let outbox = store
        .outbox()
        .unwrap()
        .iter()
        .map(|row| number_of(row.id.0))
        .collect();
    check_batches(outbox, acknowledged);
    let queued = store.queued(Queue::Unacknowledged, sample::conversation_id(1));
    let queued: BTreeSet<u32> = queued.unwrap().iter().map(|(number, _)| *number).collect();
    // The session is where the last batch left it: neither ahead nor behind.
    let last = queued
        .last()
        .map(|number| session_after(number / BATCH_ROWS));
    assert!(store.sessions().unwrap() == last.into_iter().collect::<Vec<_>>());
    check_batches(queued, acknowledged);
}
