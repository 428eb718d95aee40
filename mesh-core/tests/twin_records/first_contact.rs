//! Bundles, and knocks with what follows until the first answer.

use mesh_core::crypto::bundle::{CardDay, bundle, open_bundle, seal_bundle};
use mesh_core::crypto::knock::{Arrival, Opened, PrekeySecret, Started, Target, start};
use mesh_core::crypto::prekeys::{DayPrekey, OneTimePrekey, RecoveryPrekey};
use mesh_core::crypto::verify::{ContactCode, contact_code};
use mesh_core::types::{Day, Wall};
use mesh_core::wire::envelope::{Class, Envelope};
use serde_json::{Value, json};

use crate::people::{DAY, Person, day_prekey, header, one_time_prekey, person_fields, with};
use crate::record::{Case, Layout, Scripted, chosen, hex};

fn bundle_cases() -> Vec<Value> {
    let fields = json!({
        "case": "of a day",
        "prekey_private": chosen("spk", 32),
        "xek_seed": chosen("xek", 32),
        "day": DAY.0,
        "header": header(Class::Keys, 0),
        "nonce": chosen("bundle nonce", 24),
    });
    vec![with(person_fields("Dmitri"), fields)]
}

fn bundle_build(case: Case<'_>) -> Value {
    let owner = Person::of(case);
    let private = case.bytes("prekey_private");
    let prekey = day_prekey(Day(case.int("day")), &private, &case.bytes("xek_seed"));
    let made = bundle(&owner.identity, &prekey);
    let mut rng = Scripted::new(&[&case.bytes("nonce")]);
    let header = case.array("header");
    let sealed = seal_bundle(&owner.identity, &owner.card, &prekey, header, &mut rng);
    rng.done();
    let outputs = json!({
        "prekey": hex(&prekey.public()),
        "xek": hex(&made.kem[..]),
        "bundle": hex(&made.encode()),
    });
    with(outputs, envelope_outputs(sealed))
}

fn bundle_opens(case: Case<'_>) {
    let card = Person::of(case).card;
    let day = CardDay::new(&card, Day(case.int("day")));
    let opened = open_bundle(&card, &day, &case.bytes("envelope")).unwrap();
    assert_eq!(opened.encode(), case.bytes("bundle"));
}

fn envelope_outputs(bytes: Vec<u8>) -> Value {
    let envelope = Envelope::parse(bytes).unwrap();
    json!({
        "tag": hex(&envelope.tag()),
        "envelope": hex(envelope.as_bytes()),
        "envelope_id": hex(&envelope.id().0),
    })
}

fn knock_cases() -> Vec<Value> {
    let case = |name: &str, kind: u8, bundle_day: Option<u32>, is_by_code: bool| {
        let drawn = |what: &str, len| chosen(&format!("knock {name} {what}"), len);
        let way = |which: &str, day: u32, slot: u8, data: &[u8]| {
            json!({
                "day": day,
                "slot": slot,
                "header": header(Class::Text, slot.into()),
                "nonce": drawn(&format!("{which} nonce"), 24),
                "salt": drawn(&format!("{which} salt"), 8),
                "data": hex(data),
            })
        };
        let room = if kind <= 2 { 359 } else { 1_479 };
        let day = bundle_day.unwrap_or(DAY.0);
        json!({
            "case": name,
            "kind": kind,
            "sender": person_fields("Carla"),
            "receiver": person_fields("Dmitri"),
            "prekey_private": drawn("prekey", 32),
            "xek_seed": (kind <= 2).then(|| drawn("xek", 32)),
            "one_time_secret": is_by_code.then(|| drawn("token", 16)),
            "bundle_day": bundle_day,
            "ephemeral_private": drawn("ephemeral", 32),
            "xwing_randomness": (kind <= 2).then(|| drawn("eseed", 64)),
            "ratchet_private": drawn("ratchet", 32),
            "first": way("first", day, 0, b""),
            "again": way("again", day + 1, 63, &vec![b'z'; room]),
            "answer": {
                "header": header(Class::Text, 99),
                "ratchet_private": drawn("answer ratchet", 32),
                "salt": drawn("answer salt", 8),
                "data": hex(&[b'y'; 370]),
            },
        })
    };
    vec![
        case("by a bundle", 1, Some(DAY.0), false),
        case("by a code with X-Wing", 2, None, true),
        case("by a code alone", 3, None, true),
        case("in radio range", 3, None, false),
        case("by a recovery prekey", 4, None, false),
    ]
}

/// Everything about the receiver's keys that any kind needs.
struct Keys {
    day: DayPrekey,
    once: OneTimePrekey,
    recovery: RecoveryPrekey,
    sender_id: [u8; 32],
}

impl Keys {
    fn of(case: Case<'_>) -> Self {
        let private = case.bytes("prekey_private");
        let or_zeros = |key: &str, len| {
            let bytes = case.bytes(key);
            if bytes.is_empty() {
                vec![0; len]
            } else {
                bytes
            }
        };
        let day = if case.has("bundle_day") {
            Day(case.int("bundle_day"))
        } else {
            DAY
        };
        Self {
            day: day_prekey(day, &private, &or_zeros("xek_seed", 32)),
            once: one_time_prekey(day, &private, &or_zeros("one_time_secret", 16)),
            recovery: RecoveryPrekey::from_row(case.secret("prekey_private")),
            sender_id: Person::of(case.get("sender")).card.id(),
        }
    }

    fn secret(&self, case: Case<'_>) -> PrekeySecret<'_> {
        match case.number("kind") {
            1 => PrekeySecret::Day(&self.day),
            4 => PrekeySecret::Recovery {
                prekey: &self.recovery,
                contact: &self.sender_id,
            },
            _ => PrekeySecret::OneTime {
                prekey: &self.once,
                day: Some(&self.day),
            },
        }
    }
}

fn begin(case: Case<'_>, keys: &Keys) -> Started {
    let (sender, receiver) = (
        Person::of(case.get("sender")),
        Person::of(case.get("receiver")),
    );
    let bundle = bundle(&receiver.identity, &keys.day);
    let text = contact_code(
        &receiver.identity,
        &receiver.card,
        &keys.once,
        keys.day.kem_id(),
    );
    let code = ContactCode::parse(&text).unwrap();
    let target = match case.number("kind") {
        1 => Target::Bundle(&bundle),
        2 => Target::Code {
            code: &code,
            kem: Some(&bundle.kem),
        },
        3 if case.has("one_time_secret") => Target::Code {
            code: &code,
            kem: None,
        },
        3 => Target::Nearby(keys.once.public()),
        _ => Target::Recovery(keys.recovery.public()),
    };
    let mut rng = Scripted::new(&[
        &case.bytes("ephemeral_private"),
        &case.bytes("xwing_randomness"),
        &case.bytes("ratchet_private"),
    ]);
    let to = &receiver.card;
    let started = start(&sender.identity, &sender.card, to, target, &mut rng).unwrap();
    rng.done();
    started
}

fn card_day(case: Case<'_>, way: Case<'_>) -> CardDay {
    let card = Person::of(case.get("receiver")).card;
    CardDay::new(&card, Day(way.int("day")))
}

fn sealed(case: Case<'_>, started: &mut Started, which: &str) -> Value {
    let way = case.get(which);
    let slot = [way.int::<u8>("slot")];
    let mut rng = Scripted::new(&[&way.bytes("salt"), &slot, &way.bytes("nonce")]);
    let (day, header, data) = (card_day(case, way), way.array("header"), way.bytes("data"));
    let Started { knock, session, .. } = started;
    let sealed = knock.seal(session, &day, header, &data, &mut rng).unwrap();
    rng.done();
    with(way.0.clone(), envelope_outputs(sealed.envelope))
}

/// Opens the first and the second envelope, as B does.
fn open(case: Case<'_>, keys: &Keys, first: Case<'_>, again: Case<'_>) -> Opened {
    let receiver = Person::of(case.get("receiver"));
    let arrival = Arrival::open(&card_day(case, first), &first.bytes("envelope")).unwrap();
    let secret = keys.secret(case);
    let mut opened = arrival.answer(&receiver.identity, secret, Wall(0)).unwrap();
    assert_eq!((opened.data.to_vec(), opened.seq), (first.bytes("data"), 0));
    let repeated = Arrival::open(&card_day(case, again), &again.bytes("envelope")).unwrap();
    assert_eq!(repeated.ephemeral_id(), arrival.ephemeral_id());
    let message = opened
        .session
        .open_embedded(Wall(0), repeated.message())
        .unwrap();
    assert_eq!(
        (message.data().to_vec(), message.seq()),
        (again.bytes("data"), 1)
    );
    message.commit();
    opened
}

fn knock_build(case: Case<'_>) -> Value {
    let keys = Keys::of(case);
    let mut started = begin(case, &keys);
    let first = sealed(case, &mut started, "first");
    let again = sealed(case, &mut started, "again");
    let mut opened = open(case, &keys, Case(&first), Case(&again));
    let answer = case.get("answer");
    let mut rng = Scripted::new(&[&answer.bytes("ratchet_private"), &answer.bytes("salt")]);
    let (header, data) = (answer.array("header"), answer.bytes("data"));
    let sent = opened.session.seal(&mut rng, header, 480, &data).unwrap();
    rng.done();
    json!({
        "prekey": hex(&keys.once.public()),
        "prekey_id": hex(&keys.once.id()),
        "head": hex(started.knock.encode()),
        "session_id": hex(&started.agreed.session_id),
        "verify": hex(started.agreed.verify.row().expose()),
        "first": first,
        "again": again,
        "answer": with(answer.0.clone(), json!({"envelope": hex(&sent.envelope)})),
    })
}

fn knock_opens(case: Case<'_>) {
    let keys = Keys::of(case);
    let (first, again) = (case.get("first"), case.get("again"));
    let opened = open(case, &keys, first, again);
    assert_eq!(opened.card, Person::of(case.get("sender")).card);
    assert_eq!(opened.has_seen_code, case.has("one_time_secret"));
    assert_eq!(opened.agreed.session_id, case.array("session_id"));
    let mut started = begin(case, &keys);
    sealed(case, &mut started, "first");
    let answer = case.get("answer");
    let envelope = answer.bytes("envelope");
    let opening = started.session.open(Wall(0), &envelope).unwrap();
    assert_eq!(opening.data(), answer.bytes("data"));
    assert_eq!(opening.seq(), 0);
}

pub(crate) fn layouts() -> Vec<Layout> {
    vec![
        Layout {
            name: "bundle",
            cases: bundle_cases,
            build: bundle_build,
            opens: bundle_opens,
        },
        Layout {
            name: "knock",
            cases: knock_cases,
            build: knock_build,
            opens: knock_opens,
        },
    ]
}
