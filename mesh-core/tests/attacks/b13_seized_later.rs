//! B13 · bitchat: mail for absent people was sealed to long-term keys, so whoever took a
//! laptop later opened everything that had been recorded.
//!
//! Two people write for a week through a relay that records all of it; some of what they
//! write never arrives. Then one laptop is taken, with every key that is on its disk.
//! Nothing that was read opens, nor anything that is older than the windows: 96 hours for
//! messages that were passed over, 4 days for first messages. The texts on the disk are
//! another matter: they are there to be read.

use std::collections::BTreeMap;
use std::path::Path;

use mesh_core::crypto::bundle::CardDay;
use mesh_core::crypto::identity::{Card, Identity};
use mesh_core::crypto::knock::{Arrival, PrekeySecret};
use mesh_core::crypto::prekeys::DayPrekey;
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::session::Session;
use mesh_core::engine::Config;
use mesh_core::limits::{DAY_MS, PREKEY_DAYS_KEPT, SESSION_SKIPPED_MS_MAX};
use mesh_core::store::{ProfileStore, RelayStore, SqliteProfile, SqliteRelay};
use mesh_core::types::{ConversationId, Day, EnvelopeId, Wall};
use mesh_core::wire::envelope::Envelope;

use crate::people::Stranger;
use crate::size;
use crate::world::World;

const KEY: [u8; 32] = [0x5c; 32];
const ANA: usize = 0;
const RELAY: usize = 1;
const BOB: usize = 2;
const HOUR_MS: u64 = 3_600_000;

fn stores(folder: &Path) -> (Box<dyn RelayStore + Send>, Box<dyn ProfileStore + Send>) {
    let relay = SqliteRelay::open(&folder.join("relay.db"), &KEY).unwrap();
    let profile = SqliteProfile::open(&folder.join("profile.db"), &KEY).unwrap();
    (Box::new(relay), Box::new(profile))
}

/// Every key on a disk.
struct Seized {
    identity: Identity,
    card: Card,
    sessions: Vec<Vec<u8>>,
    prekeys: Vec<DayPrekey>,
}

impl Seized {
    fn of(store: &dyn ProfileStore) -> Self {
        let mut row = store.identity().unwrap().unwrap();
        let identity = Identity::from_seed(&Secret::take(&mut row.seed));
        let card = identity.card(*row.card_secret, &row.name).unwrap();
        // What belongs to a session stands before it, with its length.
        let session = |state: Vec<u8>| {
            let (length, rest) = state.split_first_chunk().unwrap();
            rest[usize::from(u16::from_le_bytes(*length))..].to_vec()
        };
        let sessions = store.sessions().unwrap().into_iter();
        let prekeys = store.prekeys().unwrap().into_iter();
        Self {
            identity,
            card,
            sessions: sessions.map(|row| session(row.state.to_vec())).collect(),
            prekeys: prekeys
                .map(|row| DayPrekey::decode(&row.secret).unwrap())
                .collect(),
        }
    }

    /// Whether a recorded envelope opens with any of them, at any time.
    fn opens(&self, envelope: &Envelope, now: Wall) -> bool {
        let bytes = envelope.as_bytes();
        self.sessions.iter().any(|state| {
            let mut session = Session::decode(state).unwrap();
            session.open(now, bytes).is_ok()
        }) || self.opens_knock(bytes, now)
    }

    fn opens_knock(&self, bytes: &[u8], now: Wall) -> bool {
        let today = now.day().0;
        (today - 8..=today + 1).any(|day| {
            let Ok(arrival) = Arrival::open(&CardDay::new(&self.card, Day(day)), bytes) else {
                return false;
            };
            let message = arrival.message();
            let begins = self.prekeys.iter().any(|prekey| {
                let secret = PrekeySecret::Day(prekey);
                arrival.answer(&self.identity, secret, now).is_ok()
            });
            begins
                || self.sessions.iter().any(|state| {
                    let mut session = Session::decode(state).unwrap();
                    session.open_embedded(now, message).is_ok()
                })
        })
    }
}

struct Week {
    world: World,
    folder: tempfile::TempDir,
    conversation: ConversationId,
    /// When each recorded envelope was first seen.
    seen: BTreeMap<EnvelopeId, (Wall, Envelope)>,
}

impl Week {
    /// Ana knocks at Bob, through the relay.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::new(2);
        world.recorded = Some(BTreeMap::new());
        let (relay, mut profile) = stores(folder.path());
        world.set_identity(profile.as_mut());
        world.add(relay, profile, Config::new("test"));
        world.link(ANA, RELAY);
        world.link(RELAY, BOB);
        let conversation = world.befriend(ANA, BOB);
        Self {
            world,
            folder,
            conversation,
            seen: BTreeMap::new(),
        }
    }

    fn note(&mut self) {
        let now = self.world.now(BOB).wall;
        for envelope in self.world.pushed() {
            self.seen.entry(envelope.id()).or_insert((now, envelope));
        }
        self.world.recorded = Some(BTreeMap::new());
    }

    fn talk(&mut self, text: &str) {
        for node in [ANA, BOB] {
            self.world
                .write(node, self.conversation, &format!("{text} by {node}"));
            self.world.run(60_000);
        }
        self.note();
    }

    /// Ana writes to a Bob who is away until the mesh has dropped it: it is recorded, and
    /// what arrives in the end was sealed anew.
    fn talk_past(&mut self, count: u64) {
        for link in self.world.links_of(BOB) {
            self.world.cut(BOB, link);
        }
        // Ana's neighbour takes it all, and Bob never sees it.
        for number in 0..count {
            self.world
                .write(ANA, self.conversation, &format!("lost, {number}"));
            self.world.run(10_000);
        }
        self.note();
        self.pass(26 * HOUR_MS);
        self.world.run(HOUR_MS / 2);
        self.note();
    }

    /// Time passes with nobody near.
    fn pass(&mut self, span_ms: u64) {
        for node in [ANA, BOB] {
            for link in self.world.links_of(node) {
                self.world.cut(node, link);
            }
        }
        self.world.run(span_ms);
        self.world.link(ANA, RELAY);
        self.world.link(RELAY, BOB);
    }

    /// Takes Bob's laptop as it is; it goes on.
    fn seize(&mut self) -> Seized {
        let mut seized = None;
        let folder = self.folder.path();
        self.world.restart(BOB, || {
            let (relay, profile) = stores(folder);
            seized = Some(Seized::of(profile.as_ref()));
            (relay, profile)
        });
        self.world.link(RELAY, BOB);
        self.world.run(60_000);
        seized.unwrap()
    }

    /// Ages in ms of recorded envelopes that the keys open.
    fn opened(&self, seized: &Seized) -> Vec<u64> {
        let now = self.world.now(BOB).wall;
        let opened = self
            .seen
            .values()
            .filter(|(_, envelope)| seized.opens(envelope, now));
        opened.map(|(at, _)| now.0 - at.0).collect()
    }
}

/// Fails if keys of messages that were read stay, if those of messages that were passed
/// over outlive 96 hours, or if keys for strangers outlive their days.
#[test]
fn a_laptop_taken_later_opens_nothing_older_than_the_windows() {
    let mut week = Week::new();
    week.note();
    week.talk("first");
    week.talk_past(size(8, 64));
    // Those are known to be missing, as long as they may still come.
    week.talk("after the gap");
    let soon = week.seize();
    let opened = week.opened(&soon);
    println!("{} of {} open at once", opened.len(), week.seen.len());
    assert!(!opened.is_empty(), "the measure sees what can be opened");

    let window_ms = SESSION_SKIPPED_MS_MAX.max(u64::from(PREKEY_DAYS_KEPT) * DAY_MS);
    for day in 0..window_ms / DAY_MS + 2 {
        week.talk(&format!("day {day}"));
        week.pass(DAY_MS);
    }
    week.note();
    let late = week.seize();
    let opened = week.opened(&late);
    println!("{} of {} open a week later", opened.len(), week.seen.len());
    assert!(opened.iter().all(|age| *age <= window_ms), "{opened:?}");
    // Of what was read nothing opens, however fresh: only what is on its way could.
    assert_eq!(opened, [0_u64; 0]);
    assert!(
        !late.prekeys.is_empty() && !late.sessions.is_empty(),
        "there were keys"
    );
    let long_ago = week.opened(&soon).len();
    assert!(long_ago > 0, "they were recorded");
}

/// A first message that never came, recorded, and the keys of its day: they open it for
/// as long as they are kept. Fails if they are kept longer.
#[test]
fn keys_for_strangers_open_a_recorded_first_message_for_four_days() {
    let mut week = Week::new();
    let card = week.world.card(BOB);
    let bundle = week.world.overheard_bundle(&card);
    let (eve, now) = (Stranger::new(5, "Eve"), week.world.now(BOB).wall);
    let rng = &mut mesh_core::testing::rng(13);
    let (_, knock) = eve.knock(&card, &bundle, now, rng, b"for your eyes");
    let at = |week: &mut Week| {
        let now = week.world.now(BOB).wall;
        (now.day().0 - bundle.day.0, week.seize().opens(&knock, now))
    };
    let mut opened = vec![at(&mut week)];
    for _ in 0..PREKEY_DAYS_KEPT + 1 {
        week.pass(DAY_MS);
        opened.push(at(&mut week));
    }
    println!("{opened:?}");
    assert!(opened[0].1);
    assert!(
        opened
            .iter()
            .all(|(age, opens)| *opens == (*age < PREKEY_DAYS_KEPT)),
        "{opened:?}"
    );
}
