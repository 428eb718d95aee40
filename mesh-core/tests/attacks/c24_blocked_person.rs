//! C24 · bitchat BCH-01-012: a blocked person still set off notifications, because only
//! one of several ways in asked whether they were blocked.
//!
//! Somebody with a modified client is blocked, as a contact or while they ask, and sends
//! by every way in that there is: messages of every kind in the session, their pieces,
//! copies, further messages of the first knock, new knocks, keys, before and after a
//! restart. Nothing is told and nothing is kept. The same from somebody who is not
//! blocked is seen, way by way, so the ways are real.

use std::path::Path;

use mesh_core::api::PeopleCommand;
use mesh_core::crypto::bundle::{Bundle, CardDay};
use mesh_core::crypto::identity::Card;
use mesh_core::crypto::knock::Started;
use mesh_core::crypto::prekeys::DayPrekey;
use mesh_core::engine::Config;
use mesh_core::limits::KNOCKS_PER_DAY_MAX;
use mesh_core::store::{ProfileStore, RelayStore, SqliteProfile, SqliteRelay};
use mesh_core::testing::{SeededRng, rng};
use mesh_core::types::{ContactId, ConversationId, MessageId};
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::inner::TextPart;
use mesh_core::wire::items::Item;

use crate::people::{Stranger, header, said, text_items};
use crate::world::World;

const KEY: [u8; 32] = [0x5c; 32];

fn stores(folder: &Path) -> (Box<dyn RelayStore + Send>, Box<dyn ProfileStore + Send>) {
    let relay = SqliteRelay::open(&folder.join("relay.db"), &KEY).unwrap();
    let profile = SqliteProfile::open(&folder.join("profile.db"), &KEY).unwrap();
    (Box::new(relay), Box::new(profile))
}

/// A way in: what is sent, and whether it shows when its sender is not blocked. Those
/// that do not show have no effect of their own that a person could see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Text,
    LongText,
    Pieces,
    Early,
    NewName,
    Reaction,
    Delete,
    Reply,
    Emoji,
    Read,
    Floor,
    NewNumbers,
    Nothing,
    AnotherKind,
    KnockGoesOn,
    Copies,
    NewKnock,
    ManyKnocks,
    Keys,
}

const WAYS: [(Way, bool); 19] = [
    (Way::Text, true),
    (Way::LongText, true),
    (Way::Pieces, true),
    (Way::Early, true),
    (Way::NewName, true),
    (Way::Reaction, false),
    (Way::Delete, false),
    (Way::Reply, true),
    (Way::Emoji, false),
    (Way::Read, false),
    (Way::Floor, false),
    (Way::NewNumbers, true),
    (Way::Nothing, false),
    (Way::AnotherKind, false),
    (Way::KnockGoesOn, true),
    (Way::Copies, false),
    (Way::NewKnock, true),
    (Way::ManyKnocks, true),
    (Way::Keys, false),
];

struct Scene {
    world: World,
    folder: tempfile::TempDir,
    stranger: Stranger,
    contact: ContactId,
    conversation: ConversationId,
    victim: Card,
    bundle: Bundle,
    begun: Started,
    sent: Vec<Envelope>,
    rng: SeededRng,
    seq: u32,
}

impl Scene {
    /// A stranger whose first message came, and who is a contact or still asks.
    fn new(is_accepted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::new(1);
        world.recorded = Some(std::collections::BTreeMap::new());
        let (relay, mut profile) = stores(folder.path());
        world.set_identity(profile.as_mut());
        world.add(relay, profile, Config::new("test"));
        world.link(0, 1);
        let victim = world.card(1);
        world.run(5_000);
        let bundle = world.overheard_bundle(&victim);
        let (stranger, mut rng) = (Stranger::new(9, "Pest"), rng(24));
        let now = world.now(1).wall;
        let data = said(now, 1, "Pest", &text_items("hello"));
        let (begun, first) = stranger.knock(&victim, &bundle, now, &mut rng, &data);
        let mut scene = Self {
            world,
            folder,
            stranger,
            contact: ContactId([0; 16]),
            conversation: ConversationId([0; 16]),
            victim,
            bundle,
            begun,
            sent: Vec::new(),
            rng,
            seq: 1,
        };
        scene.bring(vec![first]);
        scene.contact = scene.world.requests(1)[0].request;
        let ours = scene.stranger.card.conversation_with(&scene.victim);
        scene.conversation = ours;
        if is_accepted {
            scene.world.accept(1, scene.contact);
        }
        scene.world.run(400_000);
        scene
    }

    fn block(&mut self) {
        let (contact, blocked) = (self.contact, true);
        let ask = PeopleCommand::Block { contact, blocked };
        self.world.people(1, ask).unwrap();
        self.world.run(400_000);
    }

    fn bring(&mut self, envelopes: Vec<Envelope>) {
        let link = self.world.neighbour(1);
        self.world.deafen(link);
        for envelope in envelopes {
            self.world.plant(link, envelope.clone());
            self.sent.push(envelope);
        }
        self.world.run(20_000);
        self.world.leave(link);
        // Whatever waits for something comes out.
        self.world.run(400_000);
    }

    fn restart(&mut self) {
        let folder = self.folder.path();
        self.world.restart(1, || stores(folder));
        self.world.link(0, 1);
        self.world.run(60_000);
    }

    /// A message of the session.
    fn message(&mut self, seq: u32, items: &[Item]) -> Envelope {
        let data = said(self.world.now(1).wall, seq, "Pest", items);
        self.sealed(480, &data)
    }

    fn sealed(&mut self, bytes: usize, data: &[u8]) -> Envelope {
        let header = header(Class::Text, self.world.now(1).wall).encode();
        let session = &mut self.begun.session;
        let sealed = session.seal(&mut self.rng, header, bytes, data).unwrap();
        Envelope::parse(sealed.envelope).unwrap()
    }

    fn next(&mut self) -> u32 {
        self.seq += 1;
        self.seq
    }

    fn envelopes(&mut self, way: Way) -> Vec<Envelope> {
        let now = self.world.now(1).wall;
        let seq = self.next();
        let some = MessageId([1; 16]);
        let items = match way {
            Way::Text => text_items("are you there?"),
            Way::Reaction => vec![Item::Reaction(some, "🔥".into())],
            Way::Delete => vec![Item::Delete(some)],
            Way::Reply => [vec![Item::Reply(some)], text_items("so what?")].concat(),
            Way::Emoji => vec![Item::SasCommit([1; 32]), Item::SasOpen([2; 32])],
            Way::Read => vec![Item::Read(1)],
            Way::Floor => vec![Item::Floor(9)],
            Way::NewNumbers => {
                let text = text_items("from the start").remove(1);
                vec![Item::Numbering(8), text]
            }
            Way::Nothing => Vec::new(),
            Way::Early => return vec![self.message(seq + 3, &text_items("before its time"))],
            Way::Pieces => {
                let piece = |index| {
                    let bytes = vec![b'a' + index; 20];
                    let count = 2;
                    vec![Item::Text(TextPart {
                        index,
                        count,
                        bytes,
                    })]
                };
                return (0..2)
                    .map(|index| self.message(seq, &piece(index)))
                    .collect();
            }
            Way::LongText => {
                let data = said(now, seq, "Pest", &text_items(&"long ".repeat(200)));
                return vec![self.sealed(1_920, &data)];
            }
            Way::NewName => {
                let data = said(now, seq, "Somebody nice", &text_items("it is me"));
                return vec![self.sealed(480, &data)];
            }
            Way::AnotherKind => {
                let mut data = said(now, seq, "Pest", &text_items("in another kind"));
                data[1] = 1;
                return vec![self.sealed(480, &data)];
            }
            Way::Copies => return self.sent.clone(),
            Way::KnockGoesOn => return vec![self.knock_again(seq)],
            Way::NewKnock => return vec![self.new_knock(1)],
            Way::ManyKnocks => return (0..knocks()).map(|seq| self.new_knock(seq + 1)).collect(),
            Way::Keys => {
                let prekey = DayPrekey::generate(now.day(), &mut self.rng);
                return vec![self.stranger.bundle(&prekey, &mut self.rng, now)];
            }
        };
        vec![self.message(seq, &items)]
    }

    /// One more message inside the knock that began it all.
    fn knock_again(&mut self, seq: u32) -> Envelope {
        let now = self.world.now(1).wall;
        let data = said(now, seq, "Pest", &text_items("once more"));
        let day = CardDay::new(&self.victim, now.day());
        let header = header(Class::Text, now).encode();
        let Started { knock, session, .. } = &mut self.begun;
        let sealed = knock.seal(session, &day, header, &data, &mut self.rng);
        Envelope::parse(sealed.unwrap().envelope).unwrap()
    }

    fn new_knock(&mut self, seq: u32) -> Envelope {
        let now = self.world.now(1).wall;
        let data = said(now, seq, "Pest", &text_items(&format!("let me in, {seq}")));
        let (_, envelope) =
            self.stranger
                .knock(&self.victim, &self.bundle, now, &mut self.rng, &data);
        envelope
    }

    /// Rows of messages, contacts, sessions, and what the person was told.
    fn kept(&mut self) -> [usize; 4] {
        let mut kept = [0; 4];
        let (folder, conversation) = (self.folder.path(), self.conversation);
        self.world.restart(1, || {
            let (relay, profile) = stores(folder);
            let (rows, _) = profile.timeline(conversation, None, 200).unwrap().unwrap();
            let contacts = profile.contacts().unwrap().len();
            kept = [rows.len(), contacts, profile.sessions().unwrap().len(), 0];
            (relay, profile)
        });
        self.world.link(0, 1);
        kept[3] = self.world.told(1);
        kept
    }
}

fn knocks() -> u32 {
    u32::from(KNOCKS_PER_DAY_MAX) + 2
}

/// Fails if any way in does not ask whether its sender is blocked.
#[test]
fn nothing_of_a_blocked_person_is_told_or_kept_whatever_the_way_in() {
    for is_accepted in [true, false] {
        let mut scene = Scene::new(is_accepted);
        scene.block();
        let mut before = scene.kept();
        for is_restarted in [false, true] {
            if is_restarted {
                scene.restart();
                before[3] = scene.world.told(1);
            }
            for (way, _) in WAYS {
                let envelopes = scene.envelopes(way);
                scene.bring(envelopes);
                let told = scene.world.told(1);
                assert_eq!(told, before[3], "{way:?}, accepted {is_accepted}");
            }
            let mut after = scene.kept();
            after[3] = before[3];
            assert_eq!(after, before, "accepted {is_accepted}");
        }
        assert!(scene.world.requests(1).is_empty());
    }
}

/// The ways are real: of somebody who is not blocked each is seen.
#[test]
fn each_way_in_shows_what_comes_from_somebody_who_is_not_blocked() {
    for (way, shows) in WAYS.into_iter().filter(|(_, shows)| *shows) {
        let mut scene = Scene::new(true);
        let before = scene.world.told(1);
        let envelopes = scene.envelopes(way);
        scene.bring(envelopes);
        assert_eq!(scene.world.told(1) > before, shows, "{way:?}");
    }
}

/// A message that waited for an earlier one when its author was blocked. Fails if what
/// waits is shown when its time is over, whoever wrote it.
#[test]
fn what_waited_for_an_earlier_message_is_not_told_after_a_block() {
    let mut scene = Scene::new(true);
    let early = scene.message(9, &text_items("before its time"));
    let link = scene.world.neighbour(1);
    scene.world.plant(link, early);
    scene.world.run(2_000);
    let (contact, blocked) = (scene.contact, true);
    let ask = PeopleCommand::Block { contact, blocked };
    scene.world.people(1, ask).unwrap();
    let before = scene.world.told(1);
    let rows = scene.world.timeline(1, scene.conversation).len();
    scene.world.run(400_000);
    assert_eq!(scene.world.told(1), before);
    assert_eq!(scene.world.timeline(1, scene.conversation).len(), rows);
}
