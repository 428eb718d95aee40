//! B01, B02 · Bridgefy 2021 and bitchat: sender and recipient stood in every packet, or
//! the recipient's tag followed from a public key, so whoever listened drew the graph of
//! who knows whom.
//!
//! A crowd writes direct messages by a script, and every envelope that anybody sent is
//! recorded. For every run of 1, 2, 4, 8 and 16 bytes of the first 64 and the last 16 the
//! spy measures what it tells of sender and of recipient, beyond what it tells of
//! shuffled names. A second spy has everybody's public keys, computes whatever can be
//! computed from them, and names recipients no better than chance. Envelopes have three
//! sizes. Who is linked to an author sees what it says first: `b05_first_spy.rs`.
//!
//! 12 people and an hour and a half in every run; `ATTACK_SIZE=full` takes 200 people and 24 hours.

use std::collections::{BTreeMap, BTreeSet};

use mesh_core::crypto::bundle::CardDay;
use mesh_core::crypto::identity::Card;
use mesh_core::link::FrameReader;
use mesh_core::testing::{SeededRng, rng};
use mesh_core::types::{ConversationId, EnvelopeId, LinkId};
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::frame::{Record, decode_frame};
use rand_core::Rng as _;

use crate::by_hand::{hash, hkdf, hmac};
use crate::information::{Told, told};
use crate::people::Stranger;
use crate::size;
use crate::world::World;

const MINUTE_MS: u64 = 60_000;
/// People write for this long to one partner, and then are silent until everything is
/// acknowledged: so the spy's teacher knows the recipient of every envelope.
const WRITING_MS: u64 = 15 * MINUTE_MS;
const SILENCE_MS: u64 = 6 * MINUTE_MS;
const PHASE_MS: u64 = MINUTE_MS + WRITING_MS + SILENCE_MS;
const LENGTHS: [usize; 5] = [1, 2, 4, 8, 16];
const HEAD_BYTES: usize = 64;
const TAIL_BYTES: usize = 16;
/// What one envelope may tell, bits.
const TOLD_MAX: f64 = 0.01;
/// Standard deviations that chance may add to the greatest of a thousand estimates.
const BY_CHANCE: f64 = 5.0;

/// One envelope, and what only the teacher knows.
struct Seen {
    envelope: Envelope,
    sender: u16,
    /// None of keys for strangers.
    recipient: Option<u16>,
}

/// Partners of a phase: each once, and other ones in each phase.
fn pairs(people: usize, phase: usize) -> Vec<(usize, usize)> {
    let round = |at: usize| (at + phase) % (people - 1);
    let first = (people - 1, round(0));
    let rest = (1..people / 2).map(|at| (round(at), round(people - 1 - at)));
    std::iter::once(first).chain(rest).collect()
}

struct Script {
    world: World,
    rng: SeededRng,
    links: Vec<String>,
    partners: Vec<Vec<usize>>,
}

impl Script {
    fn new(people: usize) -> Self {
        let mut world = World::new(people);
        world.spied = Some(Vec::new());
        for node in 0..people {
            world.link(node, (node + 1) % people);
            world.link(node, (node + 5) % people);
        }
        let links = (0..people).map(|node| world.share_card(node)).collect();
        world.run(MINUTE_MS);
        Self {
            world,
            rng: rng(1),
            links,
            partners: Vec::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound
    }

    /// Partners meet, write, and hear from each other.
    fn phase(&mut self, texts: usize) {
        let people = self.links.len();
        let end = self.world.mono + PHASE_MS;
        let mut partner = vec![0; people];
        let mut with: BTreeMap<usize, ConversationId> = BTreeMap::new();
        for (one, other) in pairs(people, self.partners.len()) {
            (partner[one], partner[other]) = (other, one);
            let (first, second) = match self.below(2) {
                0 => (one, other),
                _ => (other, one),
            };
            let link = self.links[second].clone();
            let (_, conversation) = self.world.add_contact(first, &link);
            self.world.write(first, conversation, "is it you?");
            with.extend([(one, conversation), (other, conversation)]);
        }
        self.partners.push(partner);
        self.world.run(MINUTE_MS / 2);
        for node in 0..people {
            for request in self.world.requests(node) {
                self.world.accept(node, request.request);
            }
        }
        self.world.run(MINUTE_MS / 2);
        let mut times: Vec<(u64, usize)> = (0..people * texts)
            .map(|at| (self.below(WRITING_MS), at % people))
            .collect();
        times.sort_unstable();
        let start = self.world.mono;
        for (at, node) in times {
            self.world.run(start + at - self.world.mono);
            let length = [5, 60, 120, 900][self.below(4) as usize];
            self.world.write(node, with[&node], &"w".repeat(length));
        }
        self.world.run(end - self.world.mono);
    }

    /// Every envelope once, with who brought it up.
    fn seen(&mut self) -> Vec<Seen> {
        let mut readers: BTreeMap<LinkId, FrameReader> = BTreeMap::new();
        let (mut known, mut seen) = (BTreeSet::<EnvelopeId>::new(), Vec::new());
        for (at, node, link, bytes) in self.world.spied.take().unwrap() {
            let frames = readers.entry(link).or_default().read(&bytes).unwrap();
            for record in frames.iter().flat_map(|frame| decode_frame(frame).unwrap()) {
                let Record::Push(envelope) = record else {
                    continue;
                };
                if !known.insert(envelope.id()) {
                    continue;
                }
                let is_keys = envelope.header().class == Class::Keys;
                let phase = (at.0.saturating_sub(MINUTE_MS) / PHASE_MS) as usize;
                let partner = self.partners.get(phase).map(|of| of[node] as u16);
                seen.push(Seen {
                    sender: node as u16,
                    recipient: partner.filter(|_| !is_keys),
                    envelope,
                });
            }
        }
        seen
    }
}

/// A crowd, and what was seen of it.
fn crowd() -> (Vec<Card>, u32, Vec<Seen>) {
    let people = size(12, 200) as usize;
    let phases = size(4, 24 * 60 * MINUTE_MS / PHASE_MS);
    let mut script = Script::new(people);
    for _ in 0..phases {
        script.phase(size(8, 6) as usize);
    }
    let cards = (0..people).map(|node| Stranger::of_node(node as u8, "").card);
    let today = script.world.now(0).wall.day().0;
    (cards.collect(), today, script.seen())
}

/// Some bytes of an envelope, from its beginning or from its end.
#[derive(Debug, Clone, Copy)]
enum Place {
    Head(usize, usize),
    Tail(usize, usize),
}

fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for length in LENGTHS {
        places.extend((0..=HEAD_BYTES - length).map(|from| Place::Head(from, length)));
        places.extend((0..=TAIL_BYTES - length).map(|from| Place::Tail(from, length)));
    }
    places
}

fn bytes_at(envelope: &Envelope, place: Place) -> &[u8] {
    let bytes = envelope.as_bytes();
    match place {
        Place::Head(from, length) => &bytes[from..from + length],
        Place::Tail(from, length) => {
            let start = bytes.len() - TAIL_BYTES + from;
            &bytes[start..start + length]
        }
    }
}

/// The most that any place tells of a label, beyond chance.
fn assert_tells_nothing(what: &str, seen: &[(&Envelope, u16)]) {
    let labels: Vec<u16> = seen.iter().map(|(_, label)| *label).collect();
    let mut chance = rng(2);
    let mut of_length: BTreeMap<usize, Vec<(Place, Told)>> = BTreeMap::new();
    for place in places() {
        let bytes = seen.iter().map(|(envelope, _)| bytes_at(envelope, place));
        let (Place::Head(_, length) | Place::Tail(_, length)) = place;
        let told = told(bytes, &labels, &mut chance);
        of_length.entry(length).or_default().push((place, told));
    }
    for (length, all) in of_length {
        let spread = all.iter().map(|(_, told)| told.spread).sum::<f64>() / all.len() as f64;
        let bound = TOLD_MAX + BY_CHANCE * spread.sqrt();
        let most = all
            .iter()
            .max_by(|(_, a), (_, b)| a.bits.total_cmp(&b.bits));
        let (place, most) = most.unwrap();
        println!(
            "{what}, {length} bytes: at most {:.4} bit beyond chance, at {place:?}; bound {bound:.4}",
            most.bits
        );
        assert!(most.bits < bound, "{what} at {place:?}: {:.4}", most.bits);
    }
}

/// What can be computed from a person's public keys, as whoever guesses formulas would.
fn computable(card: &Card, today: u32) -> Vec<[u8; 32]> {
    let labels: [&[u8]; 8] = [
        b"",
        b"starling/1 knock",
        b"starling/1 bundle tag",
        b"starling/1 head",
        b"starling/1 session",
        b"starling/1 card",
        b"starling/1 prekey id",
        b"starling/1 conversation direct",
    ];
    let keys = [card.sign_key, card.dh_key, card.id()];
    let days = (today - 1..=today + 1).map(|day| day.to_le_bytes().to_vec());
    let days: Vec<Vec<u8>> = days.chain([Vec::new()]).collect();
    let mut computed = keys.to_vec();
    for (key, label) in keys.iter().flat_map(|key| labels.map(|label| (key, label))) {
        for day in &days {
            computed.push(hash(&[label, key, day]));
            computed.push(hmac(key, &[label, day]));
            computed.push(hkdf(&[0; 32], key, &[label, day]));
        }
    }
    computed
}

/// Bits in which the tag differs from the most similar of them.
fn distance(tag: &[u8; 16], computed: &[[u8; 32]]) -> u32 {
    let tag = u128::from_le_bytes(*tag);
    let distances = computed
        .iter()
        .map(|of| (tag ^ u128::from_le_bytes(*of.first_chunk().unwrap())).count_ones());
    distances.min().unwrap()
}

fn assert_no_better_than_chance(cards: &[Card], today: u32, seen: &[Seen]) {
    let computed: Vec<_> = cards.iter().map(|card| computable(card, today)).collect();
    let mut hits = 0;
    let judged: Vec<&Seen> = seen.iter().filter(|it| it.recipient.is_some()).collect();
    for it in &judged {
        let tag = it.envelope.tag();
        let of = computed.iter().enumerate();
        // Nobody writes to themselves.
        let others = of.filter(|(person, _)| *person as u16 != it.sender);
        let guess = others.min_by_key(|(_, computed)| distance(&tag, computed));
        let (guess, _) = guess.unwrap();
        hits += usize::from(it.recipient == Some(guess as u16));
    }
    let expected = judged.len() as f64 / (cards.len() - 1) as f64;
    println!(
        "public keys: {hits} of {} right, {expected:.0} by chance",
        judged.len()
    );
    assert!((hits as f64 - expected).abs() < BY_CHANCE * expected.sqrt());
}

/// Whoever has the cards knows first messages by their tags, as the page says: so the
/// spy can be right.
fn assert_cards_name_first_messages(cards: &[Card], today: u32, seen: &[Seen]) {
    let mut tags = BTreeMap::new();
    for (person, card) in cards.iter().enumerate() {
        for day in today - 1..=today + 1 {
            let day = CardDay::new(card, mesh_core::types::Day(day));
            tags.extend(day.knock_tags().map(|tag| (tag, person as u16)));
        }
    }
    let named = seen
        .iter()
        .filter_map(|it| Some((tags.get(&it.envelope.tag())?, it.recipient?)));
    let (right, all) = named.fold((0, 0), |(right, all), (named, recipient)| {
        (right + usize::from(*named == recipient), all + 1)
    });
    println!("cards: {right} of {all} first messages named");
    assert!(right >= cards.len() / 2 && right == all);
}

/// Fails if any byte of an envelope follows from sender or recipient, or a tag from
/// public keys.
#[test]
fn no_byte_of_an_envelope_tells_of_sender_or_recipient() {
    let (cards, today, seen) = crowd();
    let sizes: BTreeSet<usize> = seen.iter().map(|it| it.envelope.as_bytes().len()).collect();
    assert!(
        sizes.iter().all(|size| [480, 1_920, 15_360].contains(size)),
        "{sizes:?}"
    );
    println!(
        "{} people, {} envelopes of {sizes:?} bytes",
        cards.len(),
        seen.len()
    );
    let to_people = seen.iter().filter(|it| it.recipient.is_some());
    let senders: Vec<_> = to_people
        .clone()
        .map(|it| (&it.envelope, it.sender))
        .collect();
    let recipients: Vec<_> = to_people
        .map(|it| (&it.envelope, it.recipient.unwrap()))
        .collect();
    assert!(senders.len() > 30 * cards.len());
    assert_tells_nothing("sender", &senders);
    assert_tells_nothing("recipient", &recipients);
    assert_no_better_than_chance(&cards, today, &seen);
    assert_cards_name_first_messages(&cards, today, &seen);
}
