//! What one node spends on each thing that crosses it, without any network.
//!
//! One engine with six neighbours that are played by hand, on memory stores and on
//! the files that ship. Time is virtual, so nothing waits; what is measured is the
//! processor and, with files, the disk. `cargo bench -p mesh-core --all-features
//! --bench engine`; the figures stand in docs/BENCHMARKS.md.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark that cannot go on must stop"
)]

use divan::Bencher;
use divan::counter::ItemsCount;
use mesh_core::api::Event;
use mesh_core::crypto::channel::{ChannelDay, ChannelName, ChannelRoot, Pseudonym};
use mesh_core::crypto::seal::{PostSeal, open_post, seal_post};
use mesh_core::engine::{Config, Draft, Engine, Input, Output, Request};
use mesh_core::gossip::{Held, Inventory, Slot};
use mesh_core::limits::{DAY_MS, ENVELOPE_BYTES_SMALL, KEEP_ALIVE_MS};
use mesh_core::link::{FrameReader, put_frame};
use mesh_core::redact::Redacted;
use mesh_core::store::{
    IdentityRow, MemoryProfile, MemoryRelay, ProfileStore, RelayMeta, RelayStore, SqliteProfile,
    SqliteRelay, Transact as _,
};
use mesh_core::testing::{SeededRng, boxed_rng, rng};
use mesh_core::types::{
    ChannelKind, ConversationId, EnvelopeId, LinkId, LinkInfo, LinkKind, LinkShape, MessageId,
    Mono, Now, RequestId, Source, Wall,
};
use mesh_core::wire::envelope::{Class, Envelope, Header};
use mesh_core::wire::frame::{Hello, Record, decode_frame, encode_record};
use mesh_core::wire::inner::{Inner, TextPart};
use rand_core::Rng as _;

const NEIGHBOURS: u64 = 6;
/// An ordinary noon.
const NOON: Wall = Wall(20_780 * DAY_MS + DAY_MS / 2);
/// Ids in one record that every frame holds.
const IDS_PER_RECORD: usize = 500;
/// Envelopes that arrive together: one, a frame full, and all that may be wanted.
const TOGETHER: [usize; 3] = [1, 30, 120];

fn main() {
    divan::main();
}

#[derive(Debug, Clone, Copy)]
enum Disk {
    Memory,
    Files,
}

const DISKS: [Disk; 2] = [Disk::Memory, Disk::Files];

/// Each number together, on each disk.
fn cases() -> Vec<(Disk, usize)> {
    let with = |disk| TOGETHER.map(|together| (disk, together));
    DISKS.into_iter().flat_map(with).collect()
}

/// One engine, its neighbours, and the folder that goes with it.
struct Node {
    engine: Engine,
    mono: u64,
    requests: u64,
    _folder: tempfile::TempDir,
}

impl Node {
    fn new(disk: Disk) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (relay, mut profile): (Box<dyn RelayStore + Send>, Box<dyn ProfileStore + Send>) =
            match disk {
                Disk::Memory => (
                    Box::new(MemoryRelay::default()),
                    Box::new(MemoryProfile::default()),
                ),
                Disk::Files => (
                    Box::new(SqliteRelay::open(&folder.path().join("relay"), &[1; 32]).unwrap()),
                    Box::new(
                        SqliteProfile::open(&folder.path().join("profile"), &[2; 32]).unwrap(),
                    ),
                ),
            };
        profile.begin().unwrap();
        let identity = IdentityRow {
            seed: [3; 32].into(),
            card_secret: [4; 32].into(),
            name: "Ana".to_owned(),
        };
        profile.set_identity(&identity).unwrap();
        profile.commit().unwrap();
        let (config, rng) = (Config::new("bench"), boxed_rng(1));
        let engine = Engine::new(now(0), config, rng, relay, Some(profile)).unwrap();
        let mut node = Self {
            engine,
            mono: 0,
            requests: 0,
            _folder: folder,
        };
        (0..NEIGHBOURS).for_each(|number| node.link(number));
        node
    }

    fn link(&mut self, number: u64) {
        let link = LinkId(number);
        let info = LinkInfo {
            kind: LinkKind::Lan,
            outbound: true,
            shape: LinkShape::Pipe,
            address: None,
        };
        let said = self.give(vec![Input::LinkUp { link, info }]);
        let frames = FrameReader::default().read(&said[0].1).unwrap();
        let Record::Hello(ours) = decode_frame(&frames[0]).unwrap().remove(0) else {
            panic!("Hello is said first");
        };
        let mut random = ours.random;
        random[0] ^= u8::MAX;
        self.hear(number, &[Record::Hello(Hello { random, ..ours })]);
    }

    /// Records of a neighbour, a frame for each.
    fn hear(&mut self, number: u64, records: &[Record]) -> usize {
        let mut bytes = Vec::new();
        for record in records {
            let mut frame = Vec::new();
            encode_record(&mut frame, record);
            put_frame(&mut bytes, &frame);
        }
        let link = LinkId(number);
        self.give_and_take(vec![Input::Received { link, bytes }])
    }

    /// Lets the carrier take at once whatever is sent, and counts its bytes.
    fn give_and_take(&mut self, inputs: Vec<Input>) -> usize {
        let mut inputs = inputs;
        let mut total = 0;
        loop {
            let sent = self.give(inputs);
            if sent.is_empty() {
                return total;
            }
            total += sent.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
            inputs = sent
                .into_iter()
                .map(|(link, bytes)| Input::Sent {
                    link,
                    bytes: bytes.len(),
                })
                .collect();
        }
    }

    fn give(&mut self, inputs: Vec<Input>) -> Vec<(LinkId, Vec<u8>)> {
        self.engine.handle(now(self.mono), inputs).unwrap();
        let mut sent = Vec::new();
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Transmit { link, bytes } => sent.push((link, bytes)),
                Output::CloseLink { link } => panic!("{link:?} is closed"),
                Output::Event(Event::Answer { result, .. }) => _ = result.unwrap(),
                Output::Event(_) => {}
            }
        }
        sent
    }

    fn pass(&mut self, span_ms: u64) -> usize {
        let before = self.mono / KEEP_ALIVE_MS;
        self.mono += span_ms;
        if self.mono / KEEP_ALIVE_MS > before {
            // Rare enough to cost nothing; the silent are disconnected.
            (0..NEIGHBOURS).for_each(|number| _ = self.hear(number, &[Record::Pad]));
        }
        self.give_and_take(Vec::new())
    }

    /// Offered, wanted, pushed, kept, and offered on to the five others.
    fn ingest(&mut self, envelopes: Vec<Envelope>) -> usize {
        self.hear(0, &[offer(&envelopes)]);
        let pushes: Vec<Record> = envelopes.into_iter().map(Record::Push).collect();
        self.hear(0, &pushes) + self.pass(6)
    }

    fn join(&mut self) -> ConversationId {
        let asked = Request::Join {
            kind: ChannelKind::Public,
            root: root(),
            words: Redacted("square".to_owned()),
            created: false,
        };
        self.ask(asked);
        root().conversation()
    }

    fn ask(&mut self, asked: Request) {
        self.requests += 1;
        self.give_and_take(vec![Input::Request(RequestId(self.requests), asked)]);
    }
}

fn now(mono: u64) -> Now {
    Now {
        mono: Mono(mono),
        wall: NOON.plus_ms(mono),
    }
}

fn root() -> ChannelRoot {
    ChannelRoot::public(&ChannelName::parse("square").unwrap())
}

fn header() -> Header {
    Header {
        class: Class::Text,
        expiry: NOON.plus_ms(DAY_MS / 2).tick(),
    }
}

fn offer(envelopes: &[Envelope]) -> Record {
    Record::Offer {
        class: Class::Text,
        ids: envelopes.iter().map(Envelope::id).collect(),
    }
}

/// Somebody else's: no tag of ours.
fn strange(drawn: &mut SeededRng, count: usize) -> Vec<Envelope> {
    let envelope = |_| {
        let mut bytes = vec![0; ENVELOPE_BYTES_SMALL];
        drawn.fill_bytes(&mut bytes);
        bytes[..16].copy_from_slice(&header().encode());
        Envelope::parse(bytes).unwrap()
    };
    (0..count).map(envelope).collect()
}

/// A post of somebody in our channel.
struct Author {
    day: ChannelDay,
    pseudonym: Pseudonym,
    posts: u64,
}

impl Author {
    fn new() -> Self {
        Self {
            day: root().day(NOON.day()),
            pseudonym: Pseudonym::from_seed(&[9; 32]),
            posts: 0,
        }
    }

    fn post(&mut self) -> Vec<u8> {
        self.posts += 1;
        let mut drawn = [0; 16];
        drawn[..8].copy_from_slice(&self.posts.to_le_bytes());
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&self.posts.to_le_bytes());
        let part = TextPart {
            index: 0,
            count: 1,
            bytes: vec![b'x'; 100],
        };
        let seal = PostSeal {
            day: &self.day,
            pseudonym: &self.pseudonym,
            header: header().encode(),
            slot: 7,
            nonce,
            envelope_bytes: ENVELOPE_BYTES_SMALL,
        };
        seal_post(&seal, &Inner::text(MessageId(drawn), NOON, "Ben", &part)).unwrap()
    }

    fn posts(&mut self, count: usize) -> Vec<Envelope> {
        let post = |_| Envelope::parse(self.post()).unwrap();
        (0..count).map(post).collect()
    }
}

/// The ordinary case: an envelope that is carried for others.
#[divan::bench(args = cases())]
fn carry(bencher: Bencher<'_, '_>, (disk, together): (Disk, usize)) {
    let mut node = Node::new(disk);
    let mut drawn = rng(2);
    bencher
        .counter(ItemsCount::new(together))
        .with_inputs(|| strange(&mut drawn, together))
        .bench_local_values(|envelopes| node.ingest(envelopes));
}

/// The same for us: it is opened, its signature checked, and it is stored.
#[divan::bench(args = cases())]
fn carry_and_open(bencher: Bencher<'_, '_>, (disk, together): (Disk, usize)) {
    let mut node = Node::new(disk);
    node.join();
    let mut author = Author::new();
    bencher
        .counter(ItemsCount::new(together))
        .with_inputs(|| author.posts(together))
        .bench_local_values(|envelopes| node.ingest(envelopes) + node.pass(300));
}

/// What five of six neighbours say of each envelope: an offer of what is held.
#[divan::bench(args = [1, IDS_PER_RECORD])]
fn offer_of_something_held(bencher: Bencher<'_, '_>, ids: usize) {
    let mut node = Node::new(Disk::Memory);
    let mut drawn = rng(3);
    let mut held = Vec::new();
    while held.len() < ids {
        let envelopes = strange(&mut drawn, 100.min(ids));
        held.extend_from_slice(&envelopes);
        node.ingest(envelopes);
    }
    let record = offer(&held);
    bencher
        .counter(ItemsCount::new(ids))
        .bench_local(|| node.hear(1, std::slice::from_ref(&record)));
}

/// A text is composed, sealed, committed, and acknowledged.
#[divan::bench(args = DISKS)]
fn compose(bencher: Bencher<'_, '_>, disk: Disk) {
    let mut node = Node::new(disk);
    let conversation = node.join();
    let text = "x".repeat(100);
    bencher
        .with_inputs(|| Request::Send(conversation, Draft::text(Redacted(text.clone()))))
        .bench_local_values(|asked| node.ask(asked));
}

#[divan::bench]
fn seal_a_text(bencher: Bencher<'_, '_>) {
    let mut author = Author::new();
    bencher.bench_local(|| author.post());
}

#[divan::bench]
fn open_a_text(bencher: Bencher<'_, '_>) {
    let mut author = Author::new();
    let post = author.post();
    bencher.bench_local(|| open_post(&author.day, &post).unwrap());
}

#[divan::bench]
fn id_of_an_envelope(bencher: Bencher<'_, '_>) {
    let envelope = strange(&mut rng(4), 1).remove(0);
    bencher.bench_local(|| envelope.id());
}

/// The store alone: so many envelopes in one transaction.
#[divan::bench(args = TOGETHER)]
fn relay_file_insert(bencher: Bencher<'_, '_>, together: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = SqliteRelay::open(&folder.path().join("relay"), &[1; 32]).unwrap();
    let mut drawn = rng(5);
    bencher
        .counter(ItemsCount::new(together))
        .with_inputs(|| strange(&mut drawn, together))
        .bench_local_values(|envelopes| {
            relay.begin().unwrap();
            for envelope in envelopes {
                assert!(relay.insert(&meta(&envelope), envelope.as_bytes()).unwrap());
            }
            relay.commit().unwrap();
        });
}

/// The store alone: the body of something held, as each push needs it.
#[divan::bench]
fn relay_file_body(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = SqliteRelay::open(&folder.path().join("relay"), &[1; 32]).unwrap();
    let envelopes = strange(&mut rng(6), 10_000);
    relay.begin().unwrap();
    for envelope in &envelopes {
        relay.insert(&meta(envelope), envelope.as_bytes()).unwrap();
    }
    relay.commit().unwrap();
    let mut ids = envelopes.iter().map(Envelope::id).cycle();
    bencher
        .with_inputs(|| ids.next().unwrap())
        .bench_local_values(|id| relay.body(id).unwrap().unwrap());
}

fn meta(envelope: &Envelope) -> RelayMeta {
    RelayMeta {
        id: envelope.id(),
        class: Class::Text.code(),
        expiry: envelope.header().expiry,
        tag: envelope.tag(),
        bytes: 480,
        received_at: NOON,
    }
}

fn inventory(count: usize) -> (Inventory, Slot, Vec<EnvelopeId>) {
    let mut drawn = rng(7);
    let mut inventory = Inventory::default();
    let held = Held {
        class: Class::Text,
        expiry: header().expiry,
        tag: [0; 16],
        bytes: 480,
        source: Source::HERE,
        drop_at: Mono(DAY_MS),
    };
    let mut ids = vec![EnvelopeId([0; 16]); count];
    for id in &mut ids {
        drawn.fill_bytes(&mut id.0);
        inventory.insert(*id, held);
    }
    (inventory, Slot::lowest_free([]).unwrap(), ids)
}

/// What is offered to a neighbour that has nothing, in runs of 256.
#[divan::bench(args = [10_000, 100_000])]
fn inventory_sweep(bencher: Bencher<'_, '_>, count: usize) {
    let (inventory, slot, _) = inventory(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let (mut below, mut found) = (Some(u64::MAX), 0);
        while let Some(limit) = below {
            let (ids, rest) = inventory.unknown_to(slot, Class::Text, limit, 256);
            found += ids.len();
            below = rest;
        }
        found
    });
}

/// A neighbour goes: its slot may mean another one.
#[divan::bench(args = [10_000, 100_000])]
fn inventory_forget_neighbour(bencher: Bencher<'_, '_>, count: usize) {
    let (mut inventory, slot, _) = inventory(count);
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| inventory.forget_neighbour(slot));
}

/// Whether an offered id is held: asked for each offer of each neighbour.
#[divan::bench(args = [10_000, 100_000])]
fn inventory_contains(bencher: Bencher<'_, '_>, count: usize) {
    let (inventory, _, ids) = inventory(count);
    let mut ids = ids.into_iter().cycle();
    bencher
        .with_inputs(|| ids.next().unwrap())
        .bench_local_values(|id| inventory.contains(id));
}
