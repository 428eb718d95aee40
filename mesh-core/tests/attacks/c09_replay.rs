//! C09 · bitchat BCH-01-011: what was recorded could be sent again within an hour and
//! counted as new, and the check against it broke reconciliation.
//!
//! Here an envelope is known by its hash for as long as it lives, on disk. Six hours
//! of traffic are recorded, sent again in every way, then again after a restart:
//! no message shows twice, and no envelope is forwarded twice.

use std::collections::BTreeMap;
use std::path::Path;

use mesh_core::engine::Config;
use mesh_core::link::FrameReader;
use mesh_core::store::{ProfileStore, RelayStore, SqliteProfile, SqliteRelay};
use mesh_core::types::{ConversationId, EnvelopeId, LinkId, LinkKind};
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::frame::{Record, decode_frame};

use crate::world::{PIPE, World};

const KEY: [u8; 32] = [0x5c; 32];
const HOURS: u64 = 6;

fn stores(folder: &Path) -> (Box<dyn RelayStore + Send>, Box<dyn ProfileStore + Send>) {
    let relay = SqliteRelay::open(&folder.join("relay.db"), &KEY).unwrap();
    let profile = SqliteProfile::open(&folder.join("profile.db"), &KEY).unwrap();
    (Box::new(relay), Box::new(profile))
}

/// All records that went over a link.
fn records(bytes: &[u8]) -> Vec<Record> {
    let frames = FrameReader::default().read(bytes).unwrap();
    frames
        .iter()
        .flat_map(|frame| decode_frame(frame).unwrap())
        .collect()
}

fn pushes(bytes: &[u8]) -> Vec<Envelope> {
    let pushed = records(bytes)
        .into_iter()
        .filter_map(|record| match record {
            Record::Push(envelope) => Some(envelope),
            _ => None,
        });
    pushed.collect()
}

/// A writer 0, a far reader 1, and between them a relay 2 that reads too, on disk.
struct Chain {
    world: World,
    channel: ConversationId,
    /// What the relay said to the reader, on each link that they had.
    to_reader: Vec<LinkId>,
}

impl Chain {
    fn new(folder: &Path) -> Self {
        let mut world = World::new(2);
        let (relay, mut profile) = stores(folder);
        world.set_identity(profile.as_mut());
        world.add(relay, profile, Config::new("test"));
        let channel = world.join(0, "nearby");
        (1..3).for_each(|node| _ = world.join(node, "nearby"));
        world.recorded = Some(BTreeMap::new());
        let to_reader = vec![world.link(2, 1)];
        Self {
            world,
            channel,
            to_reader,
        }
    }

    fn said(&self, link: LinkId) -> &[u8] {
        self.world
            .recorded
            .as_ref()
            .unwrap()
            .get(&link)
            .map_or(&[], Vec::as_slice)
    }

    fn assert_nothing_doubled(&mut self, messages: usize) {
        for node in 1..3 {
            assert_eq!(self.world.timeline(node, self.channel).len(), messages);
            assert_eq!(self.world.received(node), messages, "told once each");
        }
        let mut forwards: BTreeMap<EnvelopeId, usize> = BTreeMap::new();
        for link in &self.to_reader {
            for envelope in pushes(self.said(*link)) {
                *forwards.entry(envelope.id()).or_default() += 1;
            }
        }
        assert_eq!(forwards.len(), messages);
        assert!(forwards.values().all(|times| *times == 1), "{forwards:?}");
    }

    /// Everything once more: as it was said, and as one who offers it anew.
    fn replay(&mut self, recording: &[u8]) {
        let parrot = self.world.besiege(2, LinkKind::Lan, PIPE);
        self.world.bring(parrot, recording.to_vec());
        self.world.run(1_000);
        self.world.leave(parrot);
        let again = self.world.neighbour(2);
        let envelopes = pushes(recording);
        let ids: Vec<EnvelopeId> = envelopes.iter().map(Envelope::id).collect();
        self.world.say(
            again,
            &[Record::Offer {
                class: Class::Text,
                ids,
            }],
        );
        for envelope in envelopes {
            self.world.say(again, &[Record::Push(envelope)]);
            self.world.run(100);
        }
        let asked = self.world.records(again);
        assert!(!asked.iter().any(|record| matches!(record, Record::Want(_))));
        self.world.leave(again);
    }
}

#[test]
fn six_hours_sent_again_before_and_after_a_restart_show_and_go_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(folder.path());
    let from_writer = chain.world.link(0, 2);
    let count = HOURS * 10;
    for number in 0..count {
        chain
            .world
            .write(0, chain.channel, &format!("number {number}"));
        chain.world.run(HOURS * 3_600_000 / count);
    }
    let recording = chain.said(from_writer).to_vec();
    assert_eq!(pushes(&recording).len() as u64, count);
    chain.assert_nothing_doubled(count as usize);

    chain.replay(&recording);
    chain.assert_nothing_doubled(count as usize);

    // The relay's memory is gone, its files are not.
    chain.world.restart(2, || stores(folder.path()));
    let again = chain.world.link(2, 1);
    chain.to_reader.push(again);
    chain.world.run(10_000);
    chain.replay(&recording);
    chain.world.run(10_000);
    chain.assert_nothing_doubled(count as usize);
}
