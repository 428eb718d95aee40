//! Introductions that no Starling makes, and too many.

use super::*;
use crate::api::{IntroductionView, Query};
use crate::limits::{INTRODUCTION_TEXT_BYTES_MAX, INTRODUCTIONS_PER_CONTACT_MAX};
use crate::wire::introduction::Introduction;

/// 0 says this to 1, whatever it is.
fn tell(crowd: &mut Crowd, to: ContactId, card: [u8; 186], text: &str) {
    let told = Introduction {
        card,
        bundle: Some(Box::new([9; 1_316])),
        text: text.to_owned(),
    };
    let now = crowd.now();
    let done = crowd.engines[0].with_profile(|engine, profile| {
        let items = vec![Item::Introduction(told)];
        let outgoing = crate::engine::marks::Outgoing::only(items, now);
        engine.say_to(now, profile, to, outgoing).map(drop)
    });
    done.unwrap();
    crowd.drain(0);
    crowd.run(5_000);
}

fn card_bytes(of: &Stranger) -> [u8; 186] {
    of.identity.encode_card(&of.card).try_into().unwrap()
}

fn waiting(crowd: &mut Crowd) -> Vec<IntroductionView> {
    match crowd.ask(1, Request::Query(Query::Introductions)) {
        Ok(Answer::Introductions(views)) => views,
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_each_contact_the_newest_few_wait_with_the_newest_text() {
    let (mut crowd, [to, _], _) = friends();
    let strangers = (0..INTRODUCTIONS_PER_CONTACT_MAX as u64 + 2).map(Stranger::new);
    let strangers: Vec<Stranger> = strangers.collect();
    for stranger in &strangers {
        tell(&mut crowd, to, card_bytes(stranger), "one");
    }
    let longest = "x".repeat(INTRODUCTION_TEXT_BYTES_MAX);
    tell(&mut crowd, to, card_bytes(&strangers[5]), &longest);
    let views = waiting(&mut crowd);
    let kept: Vec<ContactId> = views.iter().map(|view| view.contact).collect();
    let newest: Vec<ContactId> = strangers[2..]
        .iter()
        .map(|stranger| contact_id(&stranger.card))
        .collect();
    assert_eq!(kept, newest);
    let texts = views.iter().filter(|view| view.text.0 == longest);
    assert_eq!(texts.count(), 1);
    assert_eq!(views[3].text.0, longest);
    // The bundle was of nobody.
    assert!(views.iter().all(|view| !view.can_write));
    crowd.restart(1);
    assert_eq!(waiting(&mut crowd), views);
}

#[test]
fn a_card_that_is_forged_blocked_our_own_or_the_introducers_is_not_told() {
    let (mut crowd, [to, from], _) = friends();
    let cards = [0, 1].map(|at| {
        let people = people(&crowd.engines[at]);
        people.identity.encode_card(&people.card)
    });
    for card in cards {
        tell(&mut crowd, to, card.try_into().unwrap(), "");
    }
    let stranger = Stranger::new(1);
    let mut forged = card_bytes(&stranger);
    forged[100] ^= 1;
    tell(&mut crowd, to, forged, "");
    assert!(waiting(&mut crowd).is_empty());
    tell(&mut crowd, to, card_bytes(&stranger), "");
    assert_eq!(waiting(&mut crowd).len(), 1);
    // Nobody is told of who was blocked since.
    let contact = contact_id(&stranger.card);
    ask(
        &mut crowd,
        1,
        PeopleCommand::AcceptIntroduction { from, contact },
    );
    let blocked = true;
    ask(&mut crowd, 1, PeopleCommand::Block { contact, blocked });
    tell(&mut crowd, to, card_bytes(&stranger), "again");
    assert!(waiting(&mut crowd).is_empty());
    // A blocked introducer says nothing, and one who is removed takes the word along.
    tell(&mut crowd, to, card_bytes(&Stranger::new(2)), "");
    assert_eq!(waiting(&mut crowd).len(), 1);
    ask(
        &mut crowd,
        1,
        PeopleCommand::Block {
            contact: from,
            blocked,
        },
    );
    assert!(waiting(&mut crowd).is_empty());
    ask(&mut crowd, 1, PeopleCommand::Remove { contact: from });
    crowd.restart(1);
    assert!(people(&crowd.engines[1]).introductions.is_empty());
}
