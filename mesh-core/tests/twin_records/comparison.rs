//! What two people compare, and which of two crossing knocks they keep.

use mesh_core::crypto::knock::{KnockKind, RecoverySecret, wins};
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::verify::{
    NearbyAnswer, NearbyOffer, Sas, SasAnswer, SasOffer, VerifyKey, safety_number,
};
use serde_json::{Value, json};

use crate::people::{Person, one_time_prekey, person_fields, with};
use crate::record::{Case, Layout, Scripted, chosen, hex};

fn words(sas: &Sas) -> Value {
    json!(sas.emoji().map(|emoji| emoji.word))
}

fn sas_cases() -> Vec<Value> {
    let case = |number: u32| {
        let drawn = |what: &str| chosen(&format!("sas {number} {what}"), 32);
        json!({
            "case": format!("session {number}"),
            "verify": drawn("verify"),
            "initiator_random": drawn("r_a"),
            "responder_random": drawn("r_b"),
            "session_id": drawn("session id"),
            "restart_secret": drawn("rs"),
        })
    };
    (0..8).map(case).collect()
}

fn sas_build(case: Case<'_>) -> Value {
    let key = VerifyKey::from_row(case.secret("verify"));
    let offer = SasOffer::from_row(case.secret("initiator_random"));
    let commitment = offer.commitment();
    let (_, revealed) = offer.answered(case.array("responder_random")).reveal();
    let restart = RecoverySecret::from_row(case.secret("restart_secret"));
    json!({
        "commitment": hex(&commitment),
        "words": words(&revealed.sas(&key)),
        "return_code": key.return_code(),
        "restart_proof": hex(&restart.proof(&case.array("session_id"))),
    })
}

fn sas_opens(case: Case<'_>) {
    let key = VerifyKey::from_row(case.secret("verify"));
    let row = [case.bytes("commitment"), case.bytes("responder_random")].concat();
    let answer = SasAnswer::from_row(Secret::take(&mut row.try_into().unwrap()));
    let shown = answer.check(case.array("initiator_random"), &key).unwrap();
    assert_eq!(&words(&shown), case.get("words").0);
    assert!(key.is_return_code(case.text("return_code")));
    let restart = RecoverySecret::from_row(case.secret("restart_secret"));
    assert!(restart.is_proof(&case.array("session_id"), &case.array("restart_proof")));
}

fn nearby_cases() -> Vec<Value> {
    let side = |name: &str| {
        let fields = json!({
            "prekey_private": chosen(&format!("nearby prekey {name}"), 32),
            "random": chosen(&format!("nearby random {name}"), 32),
        });
        with(person_fields(name), fields)
    };
    vec![json!({"case": "two laptops", "a": side("Carla"), "b": side("Dmitri")})]
}

fn nearby_prekey(side: Case<'_>) -> [u8; 32] {
    let prekey = one_time_prekey(super::people::DAY, &side.bytes("prekey_private"), &[0; 16]);
    prekey.public()
}

fn nearby_build(case: Case<'_>) -> Value {
    let (a, b) = (case.get("a"), case.get("b"));
    let mut rng = Scripted::new(&[&a.bytes("random"), &b.bytes("random")]);
    let offer = NearbyOffer::new(&Person::of(a).bytes, nearby_prekey(a), &mut rng);
    let commitment = offer.commitment();
    let card = Person::of(b).bytes;
    let answer = NearbyAnswer::new(commitment, &card, nearby_prekey(b), &mut rng);
    rng.done();
    let (opening, at_a) = offer.answered(&answer.answer()).unwrap().reveal();
    json!({
        "commitment": hex(&commitment),
        "answer": hex(&answer.answer()),
        "opening": hex(&opening),
        "words": words(&at_a.sas),
    })
}

fn nearby_opens(case: Case<'_>) {
    let (a, b) = (case.get("a"), case.get("b"));
    let offer = NearbyOffer::new(
        &Person::of(a).bytes,
        nearby_prekey(a),
        &mut Scripted::new(&[&a.bytes("random")]),
    );
    let answer = NearbyAnswer::new(
        case.array("commitment"),
        &Person::of(b).bytes,
        nearby_prekey(b),
        &mut Scripted::new(&[&b.bytes("random")]),
    );
    let (_, at_a) = offer.answered(&case.bytes("answer")).unwrap().reveal();
    let at_b = answer.check(&case.bytes("opening")).unwrap();
    assert_eq!(
        (at_a.card, at_a.prekey),
        (Person::of(b).card, nearby_prekey(b))
    );
    assert_eq!(
        (at_b.card, at_b.prekey),
        (Person::of(a).card, nearby_prekey(a))
    );
    assert_eq!(&words(&at_a.sas), case.get("words").0);
    assert_eq!(&words(&at_b.sas), case.get("words").0);
}

fn safety_cases() -> Vec<Value> {
    let case = |a: &str, b: &str| {
        let name = format!("{a} and {b}");
        json!({"case": name, "a": person_fields(a), "b": person_fields(b)})
    };
    vec![case("Carla", "Dmitri"), case("Dmitri", "Carla")]
}

fn safety_build(case: Case<'_>) -> Value {
    let [a, b] = ["a", "b"].map(|side| Person::of(case.get(side)).card);
    json!({"digits": safety_number(&a, &b)})
}

fn crossing_cases() -> Vec<Value> {
    let case = |first: u32, second: u32| {
        let name = format!("kinds {first} and {second}");
        let side = |which: &str, kind: u32| {
            let id = chosen(&format!("{name} {which}"), 32);
            json!({"kind": kind, "session_id": id})
        };
        let (one, other) = (side("first", first), side("second", second));
        json!({"case": name, "first": one, "second": other})
    };
    let kinds = (1..=4).flat_map(|first| (1..=4).map(move |second| (first, second)));
    kinds.map(|(first, second)| case(first, second)).collect()
}

pub(crate) fn kind(case: Case<'_>) -> KnockKind {
    match case.number("kind") {
        1 => KnockKind::Bundle,
        2 => KnockKind::Code,
        3 => KnockKind::CodeClassic,
        4 => KnockKind::Recovery,
        other => panic!("no kind {other}"),
    }
}

fn crossing_build(case: Case<'_>) -> Value {
    let (first, second) = (case.get("first"), case.get("second"));
    let ids = [first, second].map(|side| side.array("session_id"));
    let wins = wins((kind(first), &ids[0]), (kind(second), &ids[1]));
    json!({"first_wins": wins})
}

/// Nothing to open.
fn nothing(_: Case<'_>) {}

pub(crate) fn layouts() -> Vec<Layout> {
    vec![
        Layout {
            name: "sas",
            cases: sas_cases,
            build: sas_build,
            opens: sas_opens,
        },
        Layout {
            name: "nearby",
            cases: nearby_cases,
            build: nearby_build,
            opens: nearby_opens,
        },
        Layout {
            name: "safety_number",
            cases: safety_cases,
            build: safety_build,
            opens: nothing,
        },
        Layout {
            name: "crossing",
            cases: crossing_cases,
            build: crossing_build,
            opens: nothing,
        },
    ]
}
