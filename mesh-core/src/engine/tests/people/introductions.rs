//! Two contacts of one person get to know each other.

use super::*;
use crate::api::IntroductionView;

impl Crowd {
    fn introductions(&mut self, person: usize) -> Vec<IntroductionView> {
        match self.ask(person, Request::Query(Query::Introductions)) {
            Ok(Answer::Introductions(views)) => views,
            other => panic!("{other:?}"),
        }
    }

    fn introduce(&mut self, contact: ContactId, to: ContactId) -> Result<Answer, CommandError> {
        let text = "from the kitchen".to_owned().into();
        self.people(0, PeopleCommand::Introduce { contact, to, text })
    }

    fn take_introduction(&mut self, person: usize) -> (ContactId, ConversationId) {
        let view = &self.introductions(person)[0];
        let (from, contact) = (view.from, view.contact);
        match self.people(person, PeopleCommand::AcceptIntroduction { from, contact }) {
            Ok(Answer::Contact {
                contact,
                conversation,
            }) => (contact, conversation),
            other => panic!("{other:?}"),
        }
    }
}

/// 0 is linked with 1 and 2 and talked with both; they do not know of each other. What
/// 0 calls them.
fn between_two() -> (Crowd, [ContactId; 2]) {
    let mut crowd = Crowd::new(3);
    crowd.link(0, 1);
    crowd.link(0, 2);
    let met = [1, 2].map(|other| {
        let link = crowd.card(other);
        let (contact, conversation) = crowd.add(0, &link);
        crowd.say(0, conversation, "hello");
        crowd.run(10_000);
        crowd.accept(other);
        crowd.run(20_000);
        contact
    });
    (crowd, met)
}

#[test]
fn who_is_introduced_can_write_at_once_and_nothing_happens_before_both_accept() {
    let (mut crowd, [one, two]) = between_two();
    assert_eq!(crowd.introduce(one, two), Ok(Answer::Done));
    crowd.run(30_000);
    for (person, whom) in [(1, two), (2, one)] {
        let told = |event: &&Event| matches!(event, Event::Introduction { contact, .. } if *contact == whom);
        assert_eq!(crowd.events[person].iter().filter(told).count(), 1);
        let views = crowd.introductions(person);
        assert_eq!(views.len(), 1);
        assert_eq!(views[0].from, crowd.contacts(person)[0].contact);
        assert_eq!(views[0].text, Redacted("from the kitchen".into()));
        assert_eq!(views[0].name, Redacted(format!("person {}", 3 - person)));
        assert!(views[0].can_write && !views[0].is_contact);
        assert_eq!(crowd.contacts(person).len(), 1);
    }
    crowd.restart(1);
    crowd.link(0, 1);
    let (met, conversation) = crowd.take_introduction(1);
    assert_eq!(met, two);
    assert!(crowd.introductions(1).is_empty());
    let view = crowd.contacts(1).pop().unwrap();
    let introducer = crowd.contacts(1)[0].contact;
    assert_eq!(
        (view.trust, view.introduced_by),
        (Trust::Introduced, Some(introducer))
    );
    crowd.say(1, conversation, "0 says hello");
    crowd.run(20_000);
    // 2 has not accepted yet: it is a request like any other.
    assert_eq!(crowd.requests(2).len(), 1);
    crowd.take_introduction(2);
    assert!(crowd.requests(2).is_empty());
    assert_eq!(crowd.lines(2, conversation), ["0 says hello"]);
    assert_eq!(crowd.contacts(2)[1].trust, Trust::Introduced);
    crowd.run(30_000);
    assert_eq!(
        crowd.state(1, conversation, "0 says hello"),
        Delivery::Delivered
    );
}

#[test]
fn a_declined_introduction_is_gone_and_another_may_come() {
    let (mut crowd, [one, two]) = between_two();
    crowd.introduce(one, two).unwrap();
    crowd.run(30_000);
    let from = crowd.contacts(1)[0].contact;
    let decline = PeopleCommand::DeclineIntroduction { from, contact: two };
    assert_eq!(crowd.people(1, decline.clone()), Ok(Answer::Done));
    assert_eq!(
        crowd.people(1, decline),
        Err(CommandError::UnknownIntroduction)
    );
    crowd.restart(1);
    crowd.link(0, 1);
    crowd.run(2 * DAY_MS);
    assert!(crowd.introductions(1).is_empty() && crowd.contacts(1).len() == 1);
    crowd.introduce(one, two).unwrap();
    crowd.run(30_000);
    assert_eq!(crowd.introductions(1).len(), 1);
}

#[test]
fn a_word_for_a_contact_counts_once_accepted_and_never_beside_compared_emoji() {
    let (mut crowd, [one, two]) = between_two();
    let link = crowd.card(2);
    crowd.add(1, &link);
    crowd.introduce(one, two).unwrap();
    crowd.run(30_000);
    assert!(crowd.introductions(1)[0].is_contact);
    assert_eq!(crowd.contacts(1)[1].trust, Trust::Unverified);
    crowd.take_introduction(1);
    assert_eq!(crowd.contacts(1)[1].trust, Trust::Introduced);
    assert_eq!(crowd.contacts(1).len(), 2);

    // 0 and 1 compared emoji; 2 vouches for 0, and nothing is to be told.
    let (of_0, of_1) = (crowd.contacts(0)[0].contact, crowd.contacts(1)[0].contact);
    let emoji = crowd.emoji(1, of_1).unwrap().emoji;
    let emoji: String = emoji.iter().map(|(symbol, _)| *symbol).collect();
    let verify = PeopleCommand::Verify {
        contact: of_1,
        emoji: emoji.into(),
    };
    assert_eq!(crowd.people(1, verify), Ok(Answer::Done));
    assert_eq!(of_0, one);
    let (_, conversation) = crowd.take_introduction(2);
    crowd.say(2, conversation, "hello");
    crowd.run(60_000);
    let text = String::new().into();
    let (contact, to) = (crowd.contacts(2)[0].contact, one);
    let asked = PeopleCommand::Introduce { contact, to, text };
    assert_eq!(crowd.people(2, asked), Ok(Answer::Done));
    crowd.run(60_000);
    assert!(crowd.introductions(1).is_empty());
    assert_eq!(crowd.contacts(1)[0].trust, Trust::Verified);
    assert_eq!(crowd.contacts(1)[0].introduced_by, None);
}

#[test]
fn only_two_contacts_with_whom_one_talked_are_introduced() {
    let (mut crowd, [one, two]) = between_two();
    assert_eq!(
        crowd.introduce(one, one),
        Err(CommandError::IntroducedToSelf)
    );
    let nobody = ContactId([1; 16]);
    assert_eq!(
        crowd.introduce(one, nobody),
        Err(CommandError::UnknownContact)
    );
    let text = "x".repeat(201).into();
    let long = PeopleCommand::Introduce {
        contact: one,
        to: two,
        text,
    };
    assert_eq!(
        crowd.people(0, long),
        Err(CommandError::TextTooLong {
            bytes: 201,
            max: 200
        })
    );
    let link = crowd.card(2);
    let (silent, _) = crowd.add(1, &link);
    let text = String::new().into();
    let (contact, to) = (silent, crowd.contacts(1)[0].contact);
    let asked = PeopleCommand::Introduce { contact, to, text };
    assert_eq!(crowd.people(1, asked), Err(CommandError::NotConnected));
}
