//! One person scans the contact code on another's screen.

use super::*;
use crate::limits::{CODE_LIFETIME_MS, CODE_SHOWN_MS};

impl Crowd {
    fn code(&mut self, person: usize) -> String {
        match self.people(person, PeopleCommand::ShowCode) {
            Ok(Answer::Code { text, until }) => {
                let left_ms = until.0 - self.now().wall.0;
                assert!((1..=CODE_SHOWN_MS).contains(&left_ms), "{left_ms}");
                text.0
            }
            other => panic!("{other:?}"),
        }
    }

    fn return_code(&mut self, person: usize, contact: ContactId) -> String {
        match self.ask(person, Request::Query(Query::ReturnCode { contact })) {
            Ok(Answer::ReturnCode(text)) => text.0,
            other => panic!("{other:?}"),
        }
    }

    fn confirm(&mut self, person: usize, contact: ContactId, code: &str) -> bool {
        let code = code.to_owned().into();
        match self.people(person, PeopleCommand::ConfirmCode { contact, code }) {
            Ok(Answer::Done) => true,
            Err(CommandError::ReturnCode) => false,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_scanned_code_shows_on_the_other_screen_and_needs_no_published_keys() {
    let mut crowd = Crowd::new(2);
    crowd.link(0, 1);
    let code = crowd.code(1);
    let (contact, conversation) = crowd.add(0, &code);
    crowd.run(5_000);
    let request = &crowd.requests(1)[0];
    assert!(request.has_seen_code && request.text.0.is_empty());
    crowd.restart(1);
    crowd.link(0, 1);
    assert!(crowd.requests(1)[0].has_seen_code);
    crowd.say(0, conversation, "we stand before each other");
    crowd.run(5_000);
    let (of_0, theirs) = crowd.accept(1);
    assert_eq!(theirs, conversation);
    crowd.run(60_000);
    let text = "we stand before each other";
    assert_eq!(crowd.lines(1, conversation), [text]);
    assert_eq!(crowd.state(0, conversation, text), Delivery::Delivered);
    let view = &crowd.contacts(0)[0];
    assert!(view.connected && !view.quantum_safe);
    assert_eq!(view.trust, Trust::Unverified);
    let emoji = crowd.emoji(0, contact).unwrap().emoji;
    assert_eq!(emoji, crowd.emoji(1, of_0).unwrap().emoji);
}

#[test]
fn a_code_with_the_bundle_of_the_day_begins_quantum_safe() {
    let mut crowd = Crowd::new(2);
    crowd.link(0, 1);
    crowd.card(1);
    crowd.run(5_000);
    let code = crowd.code(1);
    let (_, conversation) = crowd.add(0, &code);
    crowd.say(0, conversation, "hello");
    crowd.run(5_000);
    assert!(crowd.requests(1)[0].has_seen_code);
    assert!(crowd.contacts(0)[0].quantum_safe);
}

#[test]
fn a_return_code_makes_sure_and_ends_the_code_for_everybody_else() {
    let mut crowd = Crowd::new(4);
    (0..3).for_each(|other| _ = crowd.link(other, 3));
    let code = crowd.code(3);
    for person in 0..2 {
        crowd.add(person, &code);
        crowd.run(5_000);
    }
    assert_eq!(crowd.requests(3).len(), 2);
    let (of_0, _) = crowd.accept(3);
    crowd.run(20_000);
    let theirs = [0, 1].map(|person| {
        let contact = crowd.contacts(person)[0].contact;
        crowd.return_code(person, contact)
    });
    assert!(theirs[0].starts_with("SL1R:"));
    assert!(!crowd.confirm(3, of_0, &theirs[1]) && !crowd.confirm(3, of_0, "SL1R:"));
    assert_eq!(crowd.contacts(3)[0].trust, Trust::Unverified);
    assert!(crowd.confirm(3, of_0, &theirs[0]));
    assert_eq!(crowd.contacts(3)[0].trust, Trust::Verified);
    assert!(!crowd.requests(3)[0].has_seen_code);
    // Who photographed the screen comes too late.
    crowd.add(2, &code);
    crowd.run(20_000);
    assert_eq!(crowd.requests(3).len(), 1);
    assert_ne!(crowd.code(3), code);
}

#[test]
fn a_code_is_shown_for_a_quarter_of_an_hour_and_good_for_a_day() {
    let mut crowd = Crowd::new(3);
    (0..2).for_each(|other| _ = crowd.link(other, 2));
    let code = crowd.code(2);
    crowd.run(CODE_SHOWN_MS - 1_000);
    assert_eq!(crowd.code(2), code);
    crowd.run(2_000);
    assert_ne!(crowd.code(2), code);
    crowd.run(CODE_LIFETIME_MS - CODE_SHOWN_MS - HOUR_MS);
    crowd.restart(2);
    (0..2).for_each(|other| _ = crowd.link(other, 2));
    crowd.add(0, &code);
    crowd.run(20_000);
    assert_eq!(crowd.requests(2).len(), 1);
    crowd.run(HOUR_MS);
    crowd.add(1, &code);
    crowd.run(20_000);
    assert_eq!(crowd.requests(2).len(), 1);
}

#[test]
fn a_code_of_somebody_with_whom_one_talks_changes_nothing() {
    let (mut crowd, conversation) = friends();
    let code = crowd.code(1);
    let (_, again) = crowd.add(0, &code);
    assert_eq!(again, conversation);
    crowd.say(0, conversation, "as before");
    crowd.run(20_000);
    assert_eq!(crowd.lines(1, conversation), ["hello", "as before"]);
    assert!(!crowd.contacts(1)[0].restarted);
    let own = crowd.code(0);
    let ask = PeopleCommand::Add {
        link: own.clone().into(),
        petname: None,
    };
    assert_eq!(crowd.people(0, ask), Err(CommandError::CardIsOwn));
    let ask = PeopleCommand::Add {
        link: own.replacen('A', "B", 1).into(),
        petname: None,
    };
    assert_eq!(crowd.people(0, ask), Err(CommandError::CardLink));
}
