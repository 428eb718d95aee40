//! While the profile is locked its things are gone, and the node carries on.

use super::crowd::Crowd;
use crate::api::{Answer, CommandError, Event, Query};
use crate::engine::{Draft, Request};
use crate::redact::Redacted;
use crate::types::Delivery;

#[test]
fn a_locked_node_relays_and_shows_what_came_once_it_is_unlocked() {
    let mut crowd = Crowd::new(3);
    let ids: Vec<_> = (0..3).map(|person| crowd.join(person, "nearby")).collect();
    crowd.link(0, 1);
    crowd.link(1, 2);
    crowd.run(1_000);
    crowd.lock(1);
    assert!(crowd.events[1].contains(&Event::Locked));
    let query = Request::Query(Query::Conversations);
    assert_eq!(crowd.ask(1, query), Err(CommandError::Locked));
    crowd.say(0, ids[0], "over there");
    crowd.run(5_000);
    assert_eq!(crowd.texts(2, ids[2]), ["over there"]);
    assert!(
        !crowd.events[1]
            .iter()
            .any(|event| matches!(event, Event::MessageReceived(_)))
    );
    crowd.unlock(1);
    crowd.run(1_000);
    assert_eq!(crowd.texts(1, ids[1]), ["over there"]);
}

#[test]
fn what_was_written_before_goes_on_and_is_known_to_have_gone() {
    let mut crowd = Crowd::new(2);
    let nearby = crowd.join(0, "nearby");
    crowd.join(1, "nearby");
    crowd.say(0, nearby, "before the lock");
    crowd.lock(0);
    crowd.run(5_000);
    crowd.link(0, 1);
    crowd.run(5_000);
    crowd.unlock(0);
    crowd.run(1_000);
    assert_eq!(crowd.timeline(0, nearby)[0].state, Delivery::WithMesh);
    assert_eq!(crowd.texts(1, nearby), ["before the lock"]);
    crowd.say(0, nearby, "after it");
    crowd.run(5_000);
    assert_eq!(crowd.all_lines(1, nearby), ["before the lock", "after it"]);
}

#[test]
fn nothing_can_be_written_while_locked_and_locking_twice_is_locking() {
    let mut crowd = Crowd::new(1);
    let nearby = crowd.join(0, "nearby");
    crowd.lock(0);
    crowd.lock(0);
    let draft = Draft::text(Redacted("now?".to_owned()));
    let refused = crowd.ask(0, Request::Send(nearby, draft.clone()));
    assert_eq!(refused, Err(CommandError::Locked));
    crowd.unlock(0);
    assert!(matches!(
        crowd.ask(0, Request::Send(nearby, draft)),
        Ok(Answer::Sent { .. })
    ));
}
