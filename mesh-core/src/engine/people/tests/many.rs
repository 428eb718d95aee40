//! As many contacts as there may be.

#![expect(
    clippy::disallowed_methods,
    reason = "prints what it costs, and asserts nothing of it"
)]

use std::time::Instant;

use super::*;
use crate::api::{ContactView, Query};
use crate::engine::people::contact_row;
use crate::limits::CONTACTS_MAX;
use crate::types::Standing;

fn contacts(crowd: &mut Crowd) -> Vec<ContactView> {
    match crowd.ask(0, Request::Query(Query::Contacts)) {
        Ok(Answer::Contacts(contacts)) => contacts,
        other => panic!("{other:?}"),
    }
}

/// One engine with [`CONTACTS_MAX`] contacts, each with a session; every hundredth looks
/// like the one after it.
fn with_everybody() -> Crowd {
    let mut crowd = Crowd::new(1);
    let (now, today) = (crowd.now(), crowd.now().wall.day());
    for number in 0..CONTACTS_MAX as u64 {
        let name = match number % 100 {
            0 => format!("Ilya {}", number + 1),
            1 => format!("llya {number}"),
            _ => format!("person {number}"),
        };
        let stranger = Stranger::new(number);
        let card = stranger.identity.card([9; 32], &name).unwrap();
        let signed = stranger.identity.encode_card(&card);
        let contact = contact_id(&card);
        let prekey = crate::crypto::prekeys::OneTimePrekey::generate(now.wall, today, &mut rng(1));
        let done = crowd.engines[0].with_profile(|engine, profile| {
            let people = profile.people.as_mut().unwrap();
            let row = contact_row(&people.card, &card, &signed, now.wall, Standing::Accepted);
            people.insert(row, card);
            profile.save(contact)?;
            let target = Target::Nearby(prekey.public());
            let begun = engine.begin_at(now, profile, contact, target, today)?;
            assert!(begun.is_some());
            engine.tend_later(now, profile, contact);
            Ok(())
        });
        done.unwrap();
    }
    crowd
}

/// Prints what each costs, with `--nocapture`.
#[test]
fn everybody_is_listed_with_their_look_alikes_and_has_their_turn() {
    let mut crowd = with_everybody();
    let began = Instant::now();
    let views = contacts(&mut crowd);
    println!("contacts listed in {:?}", began.elapsed());
    assert_eq!(views.len(), CONTACTS_MAX);
    for (number, view) in views.iter().enumerate() {
        let other = match number % 100 {
            0 => Some(views[number + 1].contact),
            1 => Some(views[number - 1].contact),
            _ => None,
        };
        assert_eq!(view.looks_like, other.into_iter().collect::<Vec<_>>());
    }
    let engine = &crowd.engines[0];
    let began = Instant::now();
    let times: Vec<_> = (0..1_000).map(|_| engine.next_timeout()).collect();
    println!("next timeout in {:?}", began.elapsed() / 1_000);
    let known = people(engine);
    let first = known.persons.values().filter_map(|person| person.ack_at);
    let first = first.min().unwrap();
    assert!(times.iter().all(|at| *at <= first));
    let began = Instant::now();
    let sending = views
        .iter()
        .filter(|view| known.sending_session(view.contact).is_some());
    assert_eq!(sending.count(), CONTACTS_MAX);
    println!(
        "sending session in {:?}",
        began.elapsed() / CONTACTS_MAX as u32
    );
    // A name that changes is compared as it is then.
    let petname = "person 2".to_owned().into();
    let contact = views[3].contact;
    ask(
        &mut crowd,
        0,
        PeopleCommand::SetPetname { contact, petname },
    );
    let views = contacts(&mut crowd);
    assert_eq!(views[3].looks_like, [views[2].contact]);
    assert_eq!(views[2].looks_like, [contact]);
}
