//! Cards, links and contact codes.

use mesh_core::crypto::identity::{CARD_BYTES, Card, Identity};
use mesh_core::crypto::prekeys::{DayPrekey, OneTimePrekey};
use mesh_core::crypto::verify::{ContactCode, card_link, contact_code, parse_card_link};
use mesh_core::types::{Day, Tick};
use mesh_core::wire::envelope::{Class, Header};
use serde_json::{Value, json};

use crate::record::{Case, Layout, chosen, hex};

pub(crate) const DAY: Day = Day(20_790);

pub(crate) struct Person {
    pub(crate) identity: Identity,
    pub(crate) card: Card,
    pub(crate) bytes: [u8; CARD_BYTES],
}

impl Person {
    pub(crate) fn of(case: Case<'_>) -> Self {
        let identity = Identity::from_seed(&case.secret("seed"));
        let card = identity.card(case.array("card_secret"), case.text("name"));
        let card = card.unwrap();
        let bytes = identity.encode_card(&card).try_into().unwrap();
        Self {
            identity,
            card,
            bytes,
        }
    }
}

/// The inputs of a person; other fields may be added.
pub(crate) fn person_fields(name: &str) -> Value {
    json!({
        "seed": chosen(&format!("{name} seed"), 32),
        "card_secret": chosen(&format!("{name} card secret"), 32),
        "name": name,
    })
}

pub(crate) fn with(mut fields: Value, more: Value) -> Value {
    let into = fields.as_object_mut().unwrap();
    into.extend(more.as_object().unwrap().clone());
    fields
}

/// Header of an envelope, encoded.
pub(crate) fn header(class: Class, number: u32) -> String {
    let expiry = Tick(5_987_000 + number);
    hex(&Header { class, expiry }.encode())
}

/// The keys of a day, out of a store row.
pub(crate) fn day_prekey(day: Day, private: &[u8], xek_seed: &[u8]) -> DayPrekey {
    DayPrekey::decode(&[&day.0.to_le_bytes(), private, xek_seed].concat()).unwrap()
}

/// The key of a code, out of a store row.
pub(crate) fn one_time_prekey(kem_day: Day, private: &[u8], token: &[u8]) -> OneTimePrekey {
    let day = kem_day.0.to_le_bytes();
    OneTimePrekey::decode(&[&[0; 8], &day[..], private, token].concat()).unwrap()
}

fn card_cases() -> Vec<Value> {
    let names = ["", "Žofie", "Владимир В", "exactly twenty-four byte"];
    let cases = names.map(|name| with(person_fields(name), json!({"case": name})));
    cases.to_vec()
}

fn card_build(case: Case<'_>) -> Value {
    let person = Person::of(case);
    json!({
        "sign_public": hex(&person.card.sign_key),
        "dh_public": hex(&person.card.dh_key),
        "card": hex(&person.bytes),
        "card_id": hex(&person.card.id()),
        "link": card_link(&person.bytes),
    })
}

fn card_opens(case: Case<'_>) {
    let bytes = case.bytes("card");
    let card = Card::decode(&bytes).unwrap();
    assert_eq!(card, Person::of(case).card);
    assert_eq!(parse_card_link(case.text("link")), Ok((card, bytes)));
}

fn qr_cases() -> Vec<Value> {
    let case = |name: &str| {
        let fields = json!({
            "case": format!("shown by {name}"),
            "prekey_private": chosen(&format!("qr prekey {name}"), 32),
            "one_time_secret": chosen(&format!("qr token {name}"), 16),
            "xek_seed": chosen(&format!("qr xek {name}"), 32),
        });
        with(person_fields(name), fields)
    };
    vec![case("Carla"), case("")]
}

fn qr_prekey(case: Case<'_>) -> OneTimePrekey {
    let token = case.bytes("one_time_secret");
    one_time_prekey(DAY, &case.bytes("prekey_private"), &token)
}

fn qr_build(case: Case<'_>) -> Value {
    let owner = Person::of(case);
    let prekey = qr_prekey(case);
    let kem_id = day_prekey(DAY, &[1; 32], &case.bytes("xek_seed")).kem_id();
    let text = contact_code(&owner.identity, &owner.card, &prekey, kem_id);
    let payload = base45::decode(text.strip_prefix("SL1:").unwrap()).unwrap();
    json!({"prekey": hex(&prekey.public()), "payload": hex(&payload), "text": text})
}

fn qr_opens(case: Case<'_>) {
    let code = ContactCode::parse(case.text("text")).unwrap();
    let kem_id = day_prekey(DAY, &[1; 32], &case.bytes("xek_seed")).kem_id();
    assert_eq!(code.card, Person::of(case).card);
    assert_eq!(
        (code.prekey, code.kem_id),
        (qr_prekey(case).public(), kem_id)
    );
}

pub(crate) fn layouts() -> Vec<Layout> {
    vec![
        Layout {
            name: "card",
            cases: card_cases,
            build: card_build,
            opens: card_opens,
        },
        Layout {
            name: "qr",
            cases: qr_cases,
            build: qr_build,
            opens: qr_opens,
        },
    ]
}
