//! Lost, doubled, in another order, and through restarts.

use rand_core::Rng as _;

use super::*;
use crate::engine::marks::Said;
use crate::engine::tests::people::friends;
use crate::limits::{EARLY_WAIT_MS, RESEND_AFTER_MS};
use crate::store::MessageRow;
use crate::testing::rng;
use crate::types::{Delivery, MessageClass, Wall};

#[test]
fn what_is_said_of_a_message_that_was_lost_waits_for_it() {
    let (mut crowd, here) = friends();
    crowd.say(0, here, "lost at first");
    crowd.engines[0].outbox.retain(|_| false);
    let of = crowd.line(0, here, "lost at first").message_id;
    crowd.edit(0, here, of, "changed before it came");
    crowd.react(0, here, of, "👍");
    crowd.run(EARLY_WAIT_MS + HOP_MS);
    assert_eq!(crowd.lines(1, here), ["hello"]);
    crowd.restart(1);
    crowd.link(0, 1);
    for _ in 0..8 {
        crowd.run(RESEND_AFTER_MS);
        crowd.say(1, here, "still nothing?");
    }
    crowd.run(RESEND_AFTER_MS);
    let line = crowd.find(1, here, of).unwrap();
    assert_eq!(line.text, "changed before it came");
    assert_eq!(emoji(&line), ["👍1"]);
    assert_eq!(emoji(&crowd.find(0, here, of).unwrap()), ["👍1*"]);
}

#[test]
fn a_text_that_comes_after_its_withdrawal_shows_nothing() {
    let (mut crowd, here) = at_reader();
    let (of, now) = (MessageId([3; 16]), crowd.now());
    take(&mut crowd, here, 20, Item::Delete(of), "");
    let row = row(here, of, now.wall);
    let done = crowd.engines[0].with_profile(|engine, profile| {
        assert!(engine.insert_said(now, profile, &row, &[], 60)?);
        engine.tell_received(profile, &row)?;
        Ok(())
    });
    done.unwrap();
    crowd.drain(0);
    let line = crowd.find(0, here, of).unwrap();
    assert!(line.marks.is_withdrawn && line.text.is_empty());
    assert!(!crowd.events[0].iter().any(|event| match event {
        Event::MessageReceived(line) | Event::MessageChanged(line) => !line.text.is_empty(),
        _ => false,
    }));
}

/// Every order of two edits, a withdrawal and reactions gives the same.
#[test]
fn whichever_comes_first_the_outcome_is_the_same() {
    let says: [(u64, Item, &str); 5] = [
        (10, Item::Edit(MessageId([1; 16])), "first"),
        (20, Item::Edit(MessageId([1; 16])), "second"),
        (5, Item::Reaction(MessageId([1; 16]), "👎".into()), ""),
        (30, Item::Reaction(MessageId([1; 16]), "👍".into()), ""),
        (40, Item::Reaction(MessageId([1; 16]), "".into()), ""),
    ];
    let mut orders = vec![Vec::new()];
    for at in 0..says.len() {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                (0..=order.len()).map(move |place| {
                    let mut order = order.clone();
                    order.insert(place, at);
                    order
                })
            })
            .collect();
    }
    assert_eq!(orders.len(), 120);
    for order in orders {
        let (mut crowd, here) = at_reader();
        for at in &order {
            let (written_at, item, text) = says[*at].clone();
            // Twice each.
            for _ in 0..2 {
                take(&mut crowd, here, written_at, item.clone(), text);
            }
        }
        let line = crowd.line(0, here, "second");
        assert_eq!(line.marks.edited_at, Some(Wall(20)), "{order:?}");
        assert_eq!(emoji(&line), [""; 0], "{order:?}");
        take(&mut crowd, here, 1, Item::Delete(MessageId([1; 16])), "");
        take(&mut crowd, here, 50, says[1].1.clone(), "third");
        take(&mut crowd, here, 50, says[3].1.clone(), "");
        let line = crowd.find(0, here, MessageId([1; 16])).unwrap();
        assert!(line.marks.is_withdrawn && line.text.is_empty() && emoji(&line).is_empty());
    }
}

/// Somebody who has one message of somebody else.
fn at_reader() -> (Crowd, ConversationId) {
    let mut crowd = Crowd::new(1);
    let mut other = Crowd::new(2);
    let link = other.card(1);
    let (_, here) = crowd.add(0, &link);
    let now = crowd.now();
    let row = row(here, MessageId([1; 16]), now.wall);
    let done = crowd.engines[0].with_profile(|engine, profile| {
        engine.insert_said(now, profile, &row, &[], 0)?;
        Ok(())
    });
    done.unwrap();
    (crowd, here)
}

fn row(conversation: ConversationId, message_id: MessageId, now: Wall) -> MessageRow {
    MessageRow {
        conversation,
        message_id,
        author: [8; 32],
        name: String::new(),
        own: false,
        class: MessageClass::Text,
        text: "as written".into(),
        written_at: Wall(1),
        received_at: now,
        expires_at: now,
        state: Delivery::Received,
    }
}

fn take(crowd: &mut Crowd, here: ConversationId, written_at: u64, item: Item, text: &str) {
    let now = crowd.now();
    let said = Said {
        conversation: here,
        author: [8; 32],
        message_id: MessageId([2; 16]),
        written_at: Wall(written_at),
    };
    let mut items = vec![item];
    items.extend((!text.is_empty()).then(|| crate::engine::marks::whole(text)));
    let done = crowd.engines[0]
        .with_profile(|engine, profile| engine.take_said(now, profile, &said, &items));
    done.unwrap();
    crowd.drain(0);
}

#[test]
fn what_was_asked_before_a_restart_goes_out_after_it() {
    let (mut crowd, here) = friends();
    crowd.say(0, here, "to be changed");
    crowd.say(1, here, "to be liked");
    crowd.run(HOP_MS);
    let of = crowd.line(0, here, "to be changed").message_id;
    let theirs = crowd.line(0, here, "to be liked").message_id;
    crowd.part(0);
    crowd.edit(0, here, of, "changed");
    crowd.react(0, here, theirs, "❤️");
    crowd.set_timer(0, here, Some(3_600));
    crowd.restart(0);
    crowd.restart(1);
    crowd.link(0, 1);
    crowd.run(2 * HOP_MS);
    assert_eq!(crowd.find(1, here, of).unwrap().text, "changed");
    assert_eq!(emoji(&crowd.find(1, here, theirs).unwrap()), ["❤️1"]);
    assert_eq!(crowd.view(1, here).timer_s, Some(3_600));
}

/// Two people who write, answer, react, change and withdraw at random while links and
/// programs come and go: in the end both see the same. Seeds are printed by the
/// assertion; `STARLING_CHAOS_SEEDS` takes more of them.
#[test]
fn through_cuts_and_restarts_both_see_the_same_in_the_end() {
    let seeds = std::env::var("STARLING_CHAOS_SEEDS");
    let seeds = seeds.ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(3);
    (0..seeds).for_each(chaos);
}

fn chaos(seed: u64) {
    let mut rng = rng(seed);
    let mut chance = |below: usize| rng.next_u32() as usize % below;
    let (mut crowd, here) = friends();
    for step in 0..160 {
        let person = chance(2);
        let lines = crowd.timeline(person, here);
        let line = lines[chance(lines.len())].clone();
        let of = line.message_id;
        match chance(20) {
            0..5 => crowd.say(person, here, &format!("{step} of {person}")),
            5 | 6 => crowd.answer_to(person, here, of, &format!("{step} answers")),
            7..10 if !line.marks.is_withdrawn => {
                let emoji = ["👍", "👎", ""][chance(3)];
                crowd.react(person, here, of, emoji);
            }
            10 | 11 if line.from.own && !line.marks.is_withdrawn => {
                let long = "x".repeat(if chance(4) == 0 { 1_500 } else { 0 });
                crowd.edit(person, here, of, &format!("{step} instead {long}"));
            }
            12 if line.from.own => crowd.withdraw(person, here, of),
            13 => crowd.set_timer(person, here, [None, Some(999_999)][chance(2)]),
            14 => crowd.restart(person),
            15 => crowd.part(0),
            _ => {
                if crowd.links_of(0).is_empty() {
                    crowd.link(0, 1);
                }
                crowd.run(chance(30_000) as u64);
            }
        }
    }
    if crowd.links_of(0).is_empty() {
        crowd.link(0, 1);
    }
    crowd.run(3 * 3_600_000);
    assert_eq!(
        crowd.view(0, here).timer_s,
        crowd.view(1, here).timer_s,
        "seed {seed}"
    );
    let mut seen = Vec::new();
    for person in [0, 1] {
        let mut lines: Vec<_> = crowd
            .timeline(person, here)
            .into_iter()
            .filter(|line| !line.marks.is_withdrawn)
            .map(|line| {
                let mut shown: Vec<String> = emoji(&line);
                shown.iter_mut().for_each(|it| *it = it.replace('*', ""));
                shown.sort();
                let marks = line.marks;
                (
                    line.message_id,
                    line.text,
                    marks.reply_to,
                    marks.edited_at,
                    shown,
                )
            })
            .collect();
        lines.sort();
        seen.push(lines);
    }
    assert!(seen[0].len() > 20, "seed {seed}");
    for (one, other) in seen[0].iter().zip(&seen[1]) {
        assert_eq!(one, other, "seed {seed}");
    }
    assert_eq!(seen[0].len(), seen[1].len(), "seed {seed}");
}
