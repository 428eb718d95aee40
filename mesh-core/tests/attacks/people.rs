//! People in a world: cards, requests, emoji; and strangers with a modified client.

use std::collections::BTreeMap;

use mesh_core::api::{
    Answer, CommandError, ContactView, EmojiView, Event, PeopleCommand, Query, RequestView,
};
use mesh_core::crypto::bundle::{Bundle, CardDay, open_bundle, seal_bundle};
use mesh_core::crypto::identity::{Card, Identity};
use mesh_core::crypto::knock::{Started, Target, start};
use mesh_core::crypto::prekeys::DayPrekey;
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::verify::{card_link, parse_card_link};
use mesh_core::engine::Request;
use mesh_core::link::FrameReader;
use mesh_core::testing::SeededRng;
use mesh_core::types::{ContactId, ConversationId, Delivery, MessageId, Wall};
use mesh_core::wire::envelope::{Class, Envelope, Header};
use mesh_core::wire::frame::{Record, decode_frame};
use mesh_core::wire::inner::{Inner, KIND_ITEMS, Numbers, TextPart};
use mesh_core::wire::items::{self, Item};

use crate::by_hand::hash;
use crate::forgery::in_an_hour;
use crate::world::World;

impl World {
    pub(crate) fn people(
        &mut self,
        node: usize,
        ask: PeopleCommand,
    ) -> Result<Answer, CommandError> {
        self.ask(node, Request::People(ask))
    }

    /// Lets a person be found, and gives the link of their card.
    pub(crate) fn share_card(&mut self, node: usize) -> String {
        match self.people(node, PeopleCommand::ShareCard) {
            Ok(Answer::Card { link }) => link.0,
            other => panic!("{other:?}"),
        }
    }

    /// The same as a card.
    pub(crate) fn card(&mut self, node: usize) -> Card {
        parse_card_link(&self.share_card(node)).unwrap().0
    }

    pub(crate) fn add_contact(&mut self, node: usize, link: &str) -> (ContactId, ConversationId) {
        let ask = PeopleCommand::Add {
            link: link.to_owned().into(),
            petname: None,
        };
        match self.people(node, ask) {
            Ok(Answer::Contact {
                contact,
                conversation,
            }) => (contact, conversation),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn contacts(&mut self, node: usize) -> Vec<ContactView> {
        match self.ask(node, Request::Query(Query::Contacts)) {
            Ok(Answer::Contacts(contacts)) => contacts,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn requests(&mut self, node: usize) -> Vec<RequestView> {
        match self.ask(node, Request::Query(Query::Requests)) {
            Ok(Answer::Requests(requests)) => requests,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn accept(&mut self, node: usize, request: ContactId) -> ConversationId {
        match self.people(node, PeopleCommand::Accept { request }) {
            Ok(Answer::Contact { conversation, .. }) => conversation,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn emoji(
        &mut self,
        node: usize,
        contact: ContactId,
    ) -> Result<EmojiView, CommandError> {
        match self.ask(node, Request::Query(Query::Emoji { contact })) {
            Ok(Answer::Emoji(view)) => Ok(view),
            Err(refused) => Err(refused),
            other => panic!("{other:?}"),
        }
    }

    /// A person types the emoji that another read out.
    pub(crate) fn verify(
        &mut self,
        node: usize,
        contact: ContactId,
        read_out: &EmojiView,
    ) -> Result<Answer, CommandError> {
        let emoji: String = read_out.emoji.iter().map(|(symbol, _)| *symbol).collect();
        let emoji = emoji.into();
        self.people(node, PeopleCommand::Verify { contact, emoji })
    }

    pub(crate) fn texts(&mut self, node: usize, of: ConversationId) -> Vec<String> {
        let messages = self.timeline(node, of);
        messages.into_iter().map(|message| message.text).collect()
    }

    pub(crate) fn delivery(&mut self, node: usize, of: ConversationId, text: &str) -> Delivery {
        let messages = self.timeline(node, of);
        messages.iter().find(|it| it.text == text).unwrap().state
    }

    /// What a person was told of messages and of people, and how often.
    pub(crate) fn told(&self, node: usize) -> usize {
        let events = self.events[node].iter();
        let is_told = |event: &&Event| {
            matches!(
                event,
                Event::MessageReceived(_)
                    | Event::MessageChanged(_)
                    | Event::MessageState { .. }
                    | Event::MessageRemoved { .. }
                    | Event::ContactRequest { .. }
                    | Event::ContactsChanged
                    | Event::ConversationsChanged
            )
        };
        events.filter(is_told).count()
    }

    /// Two people who are contacts: `first` wrote to `second`, who accepted. They must
    /// be able to reach each other.
    pub(crate) fn befriend(&mut self, first: usize, second: usize) -> ConversationId {
        let link = self.share_card(second);
        let (_, conversation) = self.add_contact(first, &link);
        self.write(first, conversation, "hello");
        self.run(10_000);
        let request = self.requests(second)[0].request;
        assert_eq!(self.accept(second, request), conversation);
        self.run(20_000);
        assert!(self.contacts(first).last().unwrap().connected);
        conversation
    }

    /// Every envelope that honest nodes sent one another since `recorded` was set, once.
    pub(crate) fn pushed(&self) -> Vec<Envelope> {
        let mut pushed = BTreeMap::new();
        let links = self.recorded.as_ref().unwrap().values();
        for (number, record) in links.flat_map(|bytes| records(bytes)).enumerate() {
            if let Record::Push(envelope) = record {
                pushed.entry(envelope.id()).or_insert((number, envelope));
            }
        }
        let mut pushed: Vec<_> = pushed.into_values().collect();
        pushed.sort_by_key(|(number, _)| *number);
        pushed.into_iter().map(|(_, envelope)| envelope).collect()
    }

    /// The keys for strangers of a card that went by.
    pub(crate) fn overheard_bundle(&self, card: &Card) -> Bundle {
        let today = CardDay::new(card, self.now(0).wall.day());
        let mut bundles = self
            .pushed()
            .into_iter()
            .filter_map(|envelope| open_bundle(card, &today, envelope.as_bytes()).ok());
        bundles.next().unwrap()
    }
}

fn records(bytes: &[u8]) -> Vec<Record> {
    let frames = FrameReader::default().read(bytes).unwrap();
    frames
        .iter()
        .flat_map(|frame| decode_frame(frame).unwrap())
        .collect()
}

/// Two people with a line between them that is recorded, and their conversation.
pub(crate) fn friends() -> (World, ConversationId) {
    let mut world = World::new(2);
    world.recorded = Some(BTreeMap::new());
    world.link(0, 1);
    let conversation = world.befriend(0, 1);
    (world, conversation)
}

/// Somebody with a card, and a client of their own making.
pub(crate) struct Stranger {
    pub(crate) seed: [u8; 32],
    pub(crate) identity: Identity,
    pub(crate) card: Card,
}

impl Stranger {
    pub(crate) fn new(number: u64, name: &str) -> Self {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let identity = Identity::from_seed(&Secret::take(&mut seed.clone()));
        let card = identity.card([9; 32], name).unwrap();
        Self {
            seed,
            identity,
            card,
        }
    }

    /// As node `number` of a world is.
    pub(crate) fn of_node(number: u8, name: &str) -> Self {
        let identity = Identity::from_seed(&Secret::take(&mut [number; 32]));
        let card = identity.card([number + 1; 32], name).unwrap();
        Self {
            seed: [number; 32],
            identity,
            card,
        }
    }

    pub(crate) fn link(&self) -> String {
        card_link(&self.identity.encode_card(&self.card))
    }

    /// Its keys of a day, sealed for all who have the card.
    pub(crate) fn bundle(&self, prekey: &DayPrekey, rng: &mut SeededRng, now: Wall) -> Envelope {
        let header = header(Class::Keys, now).encode();
        let bytes = seal_bundle(&self.identity, &self.card, prekey, header, rng);
        Envelope::parse(bytes).unwrap()
    }

    /// A first message to a card, and what it began.
    pub(crate) fn knock(
        &self,
        to: &Card,
        bundle: &Bundle,
        now: Wall,
        rng: &mut SeededRng,
        data: &[u8],
    ) -> (Started, Envelope) {
        let target = Target::Bundle(bundle);
        let mut started = start(&self.identity, &self.card, to, target, rng).unwrap();
        let day = CardDay::new(to, bundle.knock_day(now.day()).unwrap());
        let header = header(Class::Text, now).encode();
        let session = &mut started.session;
        let sealed = started.knock.seal(session, &day, header, data, rng);
        let envelope = Envelope::parse(sealed.unwrap().envelope).unwrap();
        (started, envelope)
    }
}

/// That of an envelope which travels for an hour.
pub(crate) fn header(class: Class, now: Wall) -> Header {
    let expiry = in_an_hour(now);
    Header { class, expiry }
}

/// What a person writes to a person: message `seq` with these items. Other items make
/// another message.
pub(crate) fn said(now: Wall, seq: u32, name: &str, items: &[Item]) -> Vec<u8> {
    let body = items::encode(items);
    let drawn = hash(&[&seq.to_le_bytes(), &body]);
    let message_id = MessageId(*drawn.first_chunk().unwrap());
    let inner = Inner {
        kind: KIND_ITEMS,
        message_id,
        sent: now,
        name: name.to_owned(),
        body,
        numbers: Numbers {
            seq,
            ..Numbers::default()
        },
    };
    inner.encode().unwrap()
}

/// A text of one piece and the name under which its author counts.
pub(crate) fn text_items(text: &str) -> Vec<Item> {
    let part = TextPart {
        index: 0,
        count: 1,
        bytes: text.as_bytes().to_vec(),
    };
    vec![Item::Numbering(7), Item::Text(part)]
}
