//! Messages that disappear.

use super::*;
use crate::engine::tests::people::friends;
use crate::limits::{DAY_MS, DISAPPEAR_S_MAX, DISAPPEARING_MAX, HOUSEKEEPING_MS};

#[test]
fn a_timer_is_known_to_both_and_the_last_who_set_it_counts() {
    let (mut crowd, here) = friends();
    crowd.set_timer(0, here, Some(60));
    assert_eq!(crowd.view(0, here).timer_s, Some(60));
    crowd.run(HOP_MS);
    assert_eq!(crowd.view(1, here).timer_s, Some(60));
    crowd.part(0);
    crowd.set_timer(0, here, Some(90));
    crowd.run(1_000);
    crowd.set_timer(1, here, None);
    crowd.link(0, 1);
    crowd.run(HOP_MS);
    for person in [0, 1] {
        assert_eq!(crowd.view(person, here).timer_s, None);
    }
    // Somebody whose clock is behind can still set it.
    crowd.clock_step_ms = 0;
    crowd.set_timer(1, here, Some(30));
    crowd.run(HOP_MS);
    assert_eq!(crowd.view(0, here).timer_s, Some(30));
    assert_eq!(crowd.lines(0, here), ["hello"], "it is no line");
}

#[test]
fn own_messages_go_after_writing_and_others_after_reading() {
    let (mut crowd, here) = friends();
    crowd.set_timer(0, here, Some(60));
    crowd.say(0, here, "burn this");
    let of = crowd.line(0, here, "burn this").message_id;
    crowd.run(59_000);
    assert!(crowd.find(0, here, of).is_some());
    crowd.run(1_001);
    assert_eq!(crowd.find(0, here, of), None);
    assert_eq!(crowd.count(0, is_removed), 1);
    // Nobody read it there yet, however long that takes.
    crowd.run(3 * 3_600_000);
    let unread = crowd.find(1, here, of).unwrap();
    assert_eq!(unread.marks.disappears_at, None);
    crowd.events[1].clear();
    crowd.ask(1, Request::MarkSeen(here)).unwrap();
    assert_eq!(crowd.count(1, is_changed), 1);
    let read = crowd.find(1, here, of).unwrap();
    let at = crowd.now().wall.plus_ms(60_000);
    assert_eq!(read.marks.disappears_at, Some(at));
    crowd.run(30_000);
    crowd.ask(1, Request::MarkSeen(here)).unwrap();
    crowd.run(29_000);
    assert!(crowd.find(1, here, of).is_some());
    crowd.run(1_001);
    assert_eq!(crowd.find(1, here, of), None);
    assert_eq!(crowd.count(1, is_removed), 1);
    assert_eq!(crowd.lines(1, here), ["hello"]);
}

#[test]
fn a_timer_leaves_what_was_written_before_it_alone() {
    let (mut crowd, here) = friends();
    crowd.say(1, here, "before");
    crowd.run(HOP_MS);
    crowd.set_timer(1, here, Some(10));
    crowd.run(HOP_MS);
    for person in [0, 1] {
        crowd.ask(person, Request::MarkSeen(here)).unwrap();
    }
    crowd.run(DAY_MS);
    for person in [0, 1] {
        assert_eq!(crowd.lines(person, here), ["hello", "before"]);
    }
}

#[test]
fn what_disappeared_does_not_come_back() {
    let (mut crowd, here) = friends();
    crowd.set_timer(0, here, Some(5));
    crowd.say(0, here, "burn this");
    crowd.run(4_000);
    let of = crowd.line(1, here, "burn this").message_id;
    let store = &crowd.engines[1].profile.as_ref().unwrap().store;
    let row = store.message(here, of).unwrap().unwrap();
    crowd.ask(1, Request::MarkSeen(here)).unwrap();
    crowd.run(HOP_MS);
    assert_eq!(crowd.lines(1, here), ["hello"]);
    // As if no acknowledgement had come, and it was sent once more.
    let now = crowd.now();
    let done = crowd.engines[1].with_profile(|engine, profile| {
        assert!(!engine.insert_said(now, profile, &row, &[], 5)?);
        Ok(())
    });
    done.unwrap();
    for person in [0, 1] {
        assert_eq!(crowd.lines(person, here), ["hello"]);
    }
}

#[test]
fn a_clock_that_is_set_makes_nothing_disappear_earlier() {
    let (mut crowd, here) = friends();
    crowd.set_timer(0, here, Some(3_600));
    crowd.run(HOP_MS);
    crowd.say(0, here, "for an hour");
    crowd.run(HOP_MS);
    crowd.ask(1, Request::MarkSeen(here)).unwrap();
    crowd.clock_step_ms = 400 * DAY_MS;
    crowd.run(3_500_000);
    for person in [0, 1] {
        assert_eq!(crowd.lines(person, here), ["hello", "for an hour"]);
    }
    crowd.run(100_001);
    for person in [0, 1] {
        assert_eq!(crowd.lines(person, here), ["hello"]);
    }
}

#[test]
fn a_clock_that_was_ahead_keeps_nothing_longer_than_its_span() {
    let (mut crowd, here) = friends();
    crowd.set_timer(0, here, Some(3_600));
    crowd.run(HOP_MS);
    crowd.clock_step_ms = 400 * DAY_MS;
    crowd.restart(0);
    crowd.say(0, here, "for an hour");
    crowd.clock_step_ms = 0;
    crowd.restart(0);
    crowd.run(3_599_000);
    assert_eq!(crowd.lines(0, here), ["hello", "for an hour"]);
    crowd.run(1_001);
    assert_eq!(crowd.lines(0, here), ["hello"]);
}

#[test]
fn what_is_over_at_a_start_goes_then() {
    let (mut crowd, here) = friends();
    crowd.set_timer(0, here, Some(60));
    crowd.say(0, here, "burn this");
    crowd.restart(0);
    crowd.run(50_000);
    assert_eq!(crowd.lines(0, here), ["hello", "burn this"]);
    // The laptop is off for an hour.
    crowd.mono += 3_600_000;
    crowd.restart(0);
    crowd.events[0].clear();
    crowd.run(1);
    assert_eq!(crowd.count(0, is_removed), 1);
    assert_eq!(crowd.lines(0, here), ["hello"]);
}

#[test]
fn many_that_disappear_at_once_go_a_few_in_each_transaction() {
    let (mut crowd, here) = friends();
    crowd.set_timer(0, here, Some(1));
    let now = crowd.now();
    let contact = crowd.contacts(0)[0].contact;
    let many = 2 * usize::from(DISAPPEARING_MAX) + 10;
    let done = crowd.engines[0].with_profile(|engine, profile| {
        for number in 0..many {
            let outgoing = Outgoing {
                text: format!("burn {number}"),
                items: Vec::new(),
                lifetime: Default::default(),
                expire: 1,
                written_at: now.wall,
            };
            engine.queue_said(now, profile, contact, outgoing)?;
        }
        Ok(())
    });
    done.unwrap();
    crowd.mono += 1_000;
    for expected in [
        usize::from(DISAPPEARING_MAX),
        2 * usize::from(DISAPPEARING_MAX),
        many,
    ] {
        assert!(crowd.engines[0].next_timeout().0 <= crowd.mono);
        crowd.give(0, Vec::new());
        assert_eq!(crowd.count(0, is_removed), expected);
    }
    assert!(
        crowd.engines[0]
            .profile
            .as_ref()
            .unwrap()
            .leaves_at
            .is_none()
    );
    assert_eq!(crowd.lines(0, here), ["hello"]);
}

#[test]
fn more_than_the_longest_span_counts_as_that() {
    let (mut crowd, here) = friends();
    let contact = crowd.contacts(0)[0].contact;
    let now = crowd.now();
    let outgoing = Outgoing {
        text: "for ever".into(),
        items: Vec::new(),
        lifetime: Default::default(),
        expire: u32::MAX,
        written_at: now.wall,
    };
    let done = crowd.engines[0]
        .with_profile(|engine, profile| engine.say_to(now, profile, contact, outgoing).map(|_| ()));
    done.unwrap();
    crowd.run(HOP_MS);
    crowd.ask(1, Request::MarkSeen(here)).unwrap();
    let last = crowd.now().wall.plus_ms(1_000 * u64::from(DISAPPEAR_S_MAX));
    let line = crowd.line(1, here, "for ever");
    assert_eq!(line.marks.disappears_at, Some(last));
    crowd.run(HOUSEKEEPING_MS);
    assert_eq!(crowd.lines(1, here), ["hello", "for ever"]);
}
