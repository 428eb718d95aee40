//! B10 · bitchat BCH-01-010: a counter that ran over, or came back from an old state,
//! used a key and nonce twice, and two messages under one keystream give each other away.
//!
//! Somebody writes to a contact and is killed again and again: by a disk that refuses at
//! a random write, before or after what was sealed is on it, or a moment later; and comes
//! up from what the disk has, or from an old copy of it. Every envelope that left is kept.
//! Its keys follow from its place in the session, which the tag names, and from the salt:
//! no two envelopes with one tag have one salt, though tags come again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mesh_core::engine::{Config, Draft, Engine, EngineError, Input, Output, Request};
use mesh_core::link::FrameReader;
use mesh_core::redact::Redacted;
use mesh_core::store::{FaultStore, MemoryRelay, SqliteProfile, SqliteRelay};
use mesh_core::testing::{SeededRng, boxed_rng, rng};
use mesh_core::types::{ConversationId, LinkId, LinkKind, Mono, Now, RequestId};
use mesh_core::wire::envelope::Envelope;
use mesh_core::wire::frame::{Record, decode_frame};
use rand_core::Rng as _;

use crate::size;
use crate::world::{PIPE, START, World, framed, info};

const KEY: [u8; 32] = [0x5c; 32];
const LINK: LinkId = LinkId(7);
/// Writes of one batch that sends: beyond this nothing fails.
const WRITES: u64 = 14;
const COPIES_KEPT: usize = 8;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// A profile with one contact, not running.
fn profile(folder: &Path) -> ConversationId {
    let mut world = World::new(1);
    world.recorded = Some(BTreeMap::new());
    let open = || {
        let relay = SqliteRelay::open(&folder.join("relay.db"), &KEY).unwrap();
        let profile = SqliteProfile::open(&folder.join("profile.db"), &KEY).unwrap();
        (Box::new(relay), Box::new(profile))
    };
    let (relay, mut profile) = open();
    world.set_identity(profile.as_mut());
    let node = world.add(relay, profile, Config::new("test"));
    world.link(0, node);
    let conversation = world.befriend(node, 0);
    world.write(0, conversation, "go on");
    world.run(20_000);
    conversation
}

/// One life: from a start to a kill.
struct Life<'a> {
    engine: Engine,
    now_ms: u64,
    left: &'a mut Vec<Envelope>,
    reader: FrameReader,
}

impl Life<'_> {
    fn now(&self) -> Now {
        Now {
            mono: Mono(self.now_ms),
            wall: START.plus_ms(self.now_ms),
        }
    }

    fn give(&mut self, inputs: Vec<Input>) -> Result<(), EngineError> {
        let now = self.now();
        self.engine.handle(now, inputs)?;
        let mut answers = Vec::new();
        while let Some(output) = self.engine.poll_output() {
            let Output::Transmit { bytes, .. } = output else {
                continue;
            };
            let frames = self.reader.read(&bytes).unwrap();
            answers.push(Input::Sent {
                link: LINK,
                bytes: bytes.len(),
            });
            for record in frames.iter().flat_map(|frame| decode_frame(frame).unwrap()) {
                match record {
                    Record::Offer { ids, .. } => answers.push(Input::Received {
                        link: LINK,
                        bytes: framed(&[Record::Want(ids)]),
                    }),
                    Record::Push(envelope) => self.left.push(envelope),
                    _ => {}
                }
            }
        }
        match answers.is_empty() {
            true => Ok(()),
            false => self.give(answers),
        }
    }

    /// Comes up, meets a neighbour who takes everything, and writes some lines.
    fn live(
        &mut self,
        conversation: ConversationId,
        lines: u64,
        hello: &Record,
    ) -> Result<(), EngineError> {
        let info = info(LinkKind::Lan, PIPE, false);
        self.give(vec![Input::LinkUp { link: LINK, info }])?;
        let bytes = framed(std::slice::from_ref(hello));
        self.give(vec![Input::Received { link: LINK, bytes }])?;
        for line in 0..lines {
            let text = format!("line {line} of this life");
            let request = Request::Send(conversation, Draft::text(Redacted(text)));
            self.give(vec![Input::Request(RequestId(line), request)])?;
        }
        let end_ms = self.now_ms + 2_000;
        while self.engine.next_timeout().0 <= end_ms {
            self.now_ms = self.now_ms.max(self.engine.next_timeout().0);
            self.give(Vec::new())?;
        }
        Ok(())
    }
}

/// Whether a life ended by a disk that refused.
fn live_and_die(
    folder: &Path,
    conversation: ConversationId,
    (number, chance): (u64, &mut SeededRng),
    left: &mut Vec<Envelope>,
    hello: &Record,
) -> bool {
    let fail_at = chance.next_u64() % (2 * WRITES);
    let lines = 1 + chance.next_u64() % 3;
    let store = SqliteProfile::open(&folder.join("profile.db"), &KEY).unwrap();
    let store = FaultStore::new(store, if fail_at > WRITES { 0 } else { fail_at });
    let now_ms = 60_000 + number * 5_000;
    let now = Now {
        mono: Mono(now_ms),
        wall: START.plus_ms(now_ms),
    };
    // Each life has random numbers of its own, as each start has.
    let rng = boxed_rng(1_000_000 + number);
    let relay = Box::new(MemoryRelay::default());
    let engine = Engine::new(now, Config::new("test"), rng, relay, Some(Box::new(store)));
    let Ok(engine) = engine else {
        return true;
    };
    let mut life = Life {
        engine,
        now_ms,
        left,
        reader: FrameReader::default(),
    };
    life.live(conversation, lines, hello).is_err()
}

/// Fails if the salt is drawn before a restart, left out, or taken from the state.
#[test]
fn no_kill_and_no_restored_copy_uses_a_key_and_nonce_twice() {
    let root = tempfile::tempdir().unwrap();
    let place = |name: &str| -> PathBuf { root.path().join(name) };
    std::fs::create_dir_all(place("first")).unwrap();
    let conversation = profile(&place("first"));
    let hello = World::new(1).hello(LINK);
    let (mut chance, mut copies) = (rng(10), vec![place("first")]);
    let mut left: Vec<Envelope> = Vec::new();
    let (kills, mut refused) = (size(150, 10_000), 0);
    for number in 0..kills {
        // Mostly what is on the disk, now and then what was, once.
        let back = match chance.next_u64() % 5 {
            0 => chance.next_u64() as usize % copies.len(),
            _ => copies.len() - 1,
        };
        let folder = place(&format!("life {number}"));
        copy(&copies[back], &folder);
        let chance = (number, &mut chance);
        let died = live_and_die(&folder, conversation, chance, &mut left, &hello);
        refused += usize::from(died);
        copies.push(folder);
        if copies.len() > COPIES_KEPT {
            // The first stays.
            std::fs::remove_dir_all(copies.remove(1)).unwrap();
        }
    }
    // An envelope that waits to be taken leaves again as it is; that is no second use.
    let left: BTreeMap<_, _> = left.iter().map(|it| (it.id(), it.as_bytes())).collect();
    let mut keys = BTreeSet::new();
    let mut tags: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for envelope in left.values() {
        tags.entry(&envelope[16..32]).or_default().push(envelope);
        assert!(keys.insert(&envelope[16..40]), "a tag and its salt again");
    }
    let again = tags.values().filter(|of| of.len() > 1).count();
    println!(
        "{kills} kills, {refused} by the disk, {} envelopes, {again} tags again",
        left.len()
    );
    assert!(
        refused > kills as usize / 4 && again > 10,
        "nothing was rolled back"
    );
    // Under one keystream the zeros at the end of two bodies would be the same bytes.
    for of_tag in tags.values() {
        for (one, other) in of_tag.iter().zip(of_tag.iter().skip(1)) {
            let ends = [one, other].map(|it| &it[it.len() - 80..it.len() - 16]);
            let same = ends[0].iter().zip(ends[1]).filter(|(a, b)| a == b);
            assert!(same.count() < 16);
        }
    }
}
