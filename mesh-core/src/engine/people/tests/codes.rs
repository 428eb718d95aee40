//! The limits of contact codes, driven past.

use super::*;
use crate::crypto::verify::ContactCode;
use crate::limits::{CODE_READERS_MAX, CODE_SHOWN_MS, CODES_KEPT_MAX};

fn code(crowd: &mut Crowd) -> ContactCode {
    match ask(crowd, 0, PeopleCommand::ShowCode) {
        Answer::Code { text, .. } => ContactCode::parse(&text.0).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn readers(crowd: &Crowd) -> Vec<usize> {
    people(&crowd.engines[0]).codes.readers()
}

#[test]
fn codes_shown_for_hours_are_forgotten_from_the_oldest_on() {
    let mut crowd = Crowd::new(1);
    let first = code(&mut crowd);
    for _ in 0..CODES_KEPT_MAX - 1 {
        crowd.run(CODE_SHOWN_MS);
        code(&mut crowd);
    }
    assert_eq!(readers(&crowd).len(), CODES_KEPT_MAX);
    let knock = |crowd: &mut Crowd, number| {
        let target = Target::Code {
            code: &first,
            kem: None,
        };
        let (envelope, _) = Stranger::new(number).begin_at(crowd, number, target);
        knock_at(crowd, &envelope);
    };
    knock(&mut crowd, 1);
    assert_eq!(people(&crowd.engines[0]).persons.len(), 1);
    crowd.run(CODE_SHOWN_MS);
    code(&mut crowd);
    assert_eq!(readers(&crowd).len(), CODES_KEPT_MAX);
    knock(&mut crowd, 2);
    assert_eq!(people(&crowd.engines[0]).persons.len(), 1);
}

#[test]
fn of_those_who_saw_one_code_only_some_are_marked() {
    let mut crowd = Crowd::new(1);
    let code = code(&mut crowd);
    for number in 0..CODE_READERS_MAX as u64 + 2 {
        let target = Target::Code {
            code: &code,
            kem: None,
        };
        let (envelope, _) = Stranger::new(number).begin_at(&crowd, number, target);
        knock_at(&mut crowd, &envelope);
    }
    assert_eq!(readers(&crowd), [CODE_READERS_MAX]);
    assert_eq!(
        people(&crowd.engines[0]).persons.len(),
        CODE_READERS_MAX + 2
    );
}

#[test]
fn a_flood_of_strangers_neither_hides_nor_pushes_out_who_saw_the_code() {
    let mut crowd = Crowd::new(1);
    card_of(&mut crowd, 0);
    let code = code(&mut crowd);
    let told = |crowd: &Crowd| {
        let told = |event: &&Event| matches!(event, Event::ContactRequest { .. });
        crowd.events[0].iter().filter(told).count()
    };
    for number in 0..REQUESTS_TOLD_PER_HOUR_MAX as u64 + 1 {
        let envelope = Stranger::new(number).knock(&crowd, number);
        knock_at(&mut crowd, &envelope);
    }
    assert_eq!(told(&crowd), REQUESTS_TOLD_PER_HOUR_MAX);
    let reader = Stranger::new(9_999);
    let target = Target::Code {
        code: &code,
        kem: None,
    };
    let (envelope, _) = reader.begin_at(&crowd, 9_999, target);
    knock_at(&mut crowd, &envelope);
    assert_eq!(told(&crowd), REQUESTS_TOLD_PER_HOUR_MAX + 1);
    for number in 1_000..1_000 + REQUESTS_MAX as u64 {
        let envelope = Stranger::new(number).knock(&crowd, number);
        knock_at(&mut crowd, &envelope);
    }
    let persons = &people(&crowd.engines[0]).persons;
    assert_eq!(persons.len(), REQUESTS_MAX);
    assert!(persons.contains_key(&contact_id(&reader.card)));
}
