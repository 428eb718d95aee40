//! What the second implementation signed and sealed as only somebody hostile would.
//! Our code has no way to make such things: it reads them.

use mesh_core::crypto::bundle::{CardDay, open_bundle};
use mesh_core::crypto::channel::{ChannelName, Phrase};
use mesh_core::crypto::identity::Card;
use mesh_core::crypto::knock::{Arrival, PrekeySecret};
use mesh_core::crypto::prekeys::RecoveryPrekey;
use mesh_core::crypto::verify::{ContactCode, NearbyOffer, parse_card_link};
use mesh_core::types::{Day, Wall};
use mesh_core::wire::inner::Inner;
use serde_json::{Value, json};

use crate::people::{Person, day_prekey, one_time_prekey};
use crate::record::{Case, Layout, Scripted};

fn is_opened(case: Case<'_>) -> bool {
    match case.text("what") {
        "card" => Card::decode(&case.bytes("bytes")).is_ok(),
        "link" => parse_card_link(case.text("text")).is_ok(),
        "code" => ContactCode::parse(case.text("text")).is_ok(),
        "channel name" => ChannelName::parse(case.text("text")).is_some(),
        "phrase" => Phrase::parse(case.text("text")).is_some(),
        "bundle" => {
            let card = Person::of(case.get("owner")).card;
            let day = CardDay::new(&card, Day(case.int("day")));
            open_bundle(&card, &day, &case.bytes("envelope")).is_ok()
        }
        "inner" => {
            let bytes = case.bytes("bytes");
            match case.get("in_channel").0.as_bool().unwrap() {
                true => Inner::decode(&bytes).is_ok(),
                false => Inner::decode_numbered(&bytes).is_ok(),
            }
        }
        "nearby answer" => {
            let mut rng = Scripted::new(&[&[0; 32]]);
            let ours = Person::of(case.get("ours")).bytes;
            let offer = NearbyOffer::new(&ours, [9; 32], &mut rng);
            offer.answered(&case.bytes("answer")).is_ok()
        }
        "knock" => is_answered(case),
        other => panic!("nothing is known of {other}"),
    }
}

fn is_answered(case: Case<'_>) -> bool {
    let receiver = Person::of(case.get("receiver"));
    let (private, kem_day) = (case.bytes("prekey_private"), Day(case.int("bundle_day")));
    let token = match case.has("one_time_secret") {
        true => case.bytes("one_time_secret"),
        false => vec![0; 16],
    };
    let day = day_prekey(kem_day, &private, &case.bytes("xek_seed"));
    let once = one_time_prekey(kem_day, &private, &token);
    let recovery = RecoveryPrekey::from_row(case.secret("prekey_private"));
    let contact = case.array("contact");
    let secret = match case.number("kind") {
        1 => PrekeySecret::Day(&day),
        4 => PrekeySecret::Recovery {
            prekey: &recovery,
            contact: &contact,
        },
        _ => PrekeySecret::OneTime {
            prekey: &once,
            day: Some(&day),
        },
    };
    let tag_day = CardDay::new(&receiver.card, Day(case.int("day")));
    let arrival = Arrival::open(&tag_day, &case.bytes("envelope"));
    arrival.is_ok_and(|arrival| arrival.answer(&receiver.identity, secret, Wall(0)).is_ok())
}

fn build(case: Case<'_>) -> Value {
    json!({"result": if is_opened(case) { "opened" } else { "refused" }})
}

/// `build` has opened it, or tried to.
fn nothing(_: Case<'_>) {}

pub(crate) fn layouts() -> Vec<Layout> {
    vec![Layout {
        name: "hostile",
        cases: Vec::new,
        build,
        opens: nothing,
    }]
}
