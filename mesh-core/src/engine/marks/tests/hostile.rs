//! A contact whose program says what no Starling would.

use super::*;
use crate::engine::marks::Said;
use crate::engine::tests::people::friends;
use crate::limits::{
    DAY_MS, DELETED_DAYS, DISAPPEAR_S_MAX, HOUSEKEEPING_MS, ITEMS_MAX, MARKS_KEPT_MAX,
    TEXT_BYTES_MAX, TIMER_AHEAD_MS_MAX,
};
use crate::store::Queue;
use crate::types::Wall;
use crate::wire::items::Timer;

fn kept(crowd: &Crowd, person: usize, of: ConversationId) -> usize {
    let profile = crowd.engines[person].profile.as_ref().unwrap();
    profile.store.queued(Queue::Marks, of).unwrap().len()
}

#[test]
fn nobody_changes_or_withdraws_what_others_wrote() {
    let (mut crowd, here) = friends();
    crowd.say(1, here, "mine");
    crowd.run(HOP_MS);
    let mine = crowd.line(1, here, "mine").message_id;
    crowd.events[1].clear();
    crowd.smuggle(0, "yours", vec![Item::Edit(mine)]);
    crowd.smuggle(0, "", vec![Item::Delete(mine)]);
    crowd.smuggle(0, "", vec![Item::Edit(mine)]);
    crowd.run(HOP_MS);
    assert_eq!(crowd.lines(1, here), ["hello", "mine"]);
    assert_eq!(crowd.count(1, is_changed) + crowd.count(1, is_received), 0);
    assert_eq!(kept(&crowd, 1, here), 0);
}

#[test]
fn edits_to_nothing_or_too_much_change_nothing() {
    let (mut crowd, here) = friends();
    let hello = crowd.line(0, here, "hello").message_id;
    crowd.events[1].clear();
    crowd.smuggle(0, "", vec![Item::Edit(hello)]);
    crowd.smuggle(0, "  \n ", vec![Item::Edit(hello)]);
    crowd.smuggle(0, &"x".repeat(TEXT_BYTES_MAX + 1), vec![Item::Edit(hello)]);
    crowd.run(HOP_MS);
    assert_eq!(crowd.lines(1, here), ["hello"]);
    assert_eq!(crowd.count(1, is_changed), 0);
}

#[test]
fn what_is_said_of_ten_thousand_unknown_messages_takes_little_room() {
    let (mut crowd, here) = friends();
    let contact = crowd.contacts(1)[0].contact;
    let now = crowd.now();
    let author = {
        let people = crowd.engines[0].profile.as_ref().unwrap();
        people.own_card_id().unwrap()
    };
    assert_eq!(crowd.contacts(1)[0].contact, contact);
    let done = crowd.engines[1].with_profile(|engine, profile| {
        for number in 0..10_000_u128 {
            let id = MessageId(number.to_le_bytes());
            let said = Said {
                conversation: here,
                author,
                message_id: id,
                written_at: now.wall,
            };
            let items = [
                Item::Reaction(id, "👍".into()),
                Item::Edit(id),
                Item::Delete(id),
            ];
            engine.take_said(now, profile, &said, &items)?;
        }
        Ok(())
    });
    done.unwrap();
    assert_eq!(kept(&crowd, 1, here), MARKS_KEPT_MAX);
    crowd.drain(1);
    assert_eq!(crowd.count(1, is_changed), 0);
    // It is forgotten with time.
    crowd.mono += (u64::from(DELETED_DAYS) - 1) * DAY_MS;
    crowd.run(2 * HOUSEKEEPING_MS);
    assert_eq!(kept(&crowd, 1, here), MARKS_KEPT_MAX);
    crowd.mono += 2 * DAY_MS;
    crowd.run(2 * HOUSEKEEPING_MS);
    assert_eq!(kept(&crowd, 1, here), 0);
}

#[test]
fn as_many_items_as_a_message_holds_are_kept_and_read_again() {
    let (mut crowd, here) = friends();
    // Besides the text, and a place for what rides along.
    let edits = (0..u8::try_from(ITEMS_MAX).unwrap() - 4).map(|at| Item::Edit(MessageId([at; 16])));
    crowd.smuggle(0, "of many", edits.collect());
    let now = crowd.now();
    let author = crowd.engines[0].profile.as_ref().unwrap().own_card_id();
    let said = Said {
        conversation: here,
        author: author.unwrap(),
        message_id: MessageId([99; 16]),
        written_at: now.wall,
    };
    let deletes = (0..=u8::MAX).map(|at| Item::Delete(MessageId([at; 16])));
    let items: Vec<Item> = deletes.collect();
    let done = crowd.engines[1]
        .with_profile(|engine, profile| engine.take_said(now, profile, &said, &items));
    done.unwrap();
    crowd.run(HOP_MS);
    assert!(kept(&crowd, 1, here) > 0);
    crowd.restart(1);
    crowd.say(1, here, "still here");
    assert_eq!(crowd.lines(1, here), ["hello", "still here"]);
}

#[test]
fn words_and_empty_reactions_of_others_are_not_shown() {
    let (mut crowd, here) = friends();
    let hello = crowd.line(0, here, "hello").message_id;
    crowd.run(HOP_MS);
    for emoji in ["you fool", "", "a\u{200d}", " "] {
        crowd.smuggle(0, "", vec![Item::Reaction(hello, emoji.into())]);
    }
    crowd.run(HOP_MS);
    let line = crowd.line(1, here, "hello");
    assert_eq!(emoji(&line), [""; 0]);
    // A message with what turns text is no message at all.
    let turned = Item::Reaction(hello, "\u{202e}".into());
    crowd.smuggle(0, "beside it", vec![turned]);
    crowd.run(HOP_MS);
    assert_eq!(crowd.lines(1, here), ["hello"]);
}

#[test]
fn timers_beyond_the_longest_or_of_the_far_future_bind_nobody() {
    let (mut crowd, here) = friends();
    let now = crowd.now().wall;
    let timer = |seconds, set_at: u64| {
        Item::Timer(Timer {
            seconds,
            set_at: Wall(set_at),
        })
    };
    crowd.smuggle(0, "", vec![timer(u32::MAX, now.0)]);
    crowd.run(HOP_MS);
    assert_eq!(crowd.view(1, here).timer_s, Some(DISAPPEAR_S_MAX));
    let too_far = now.0 + TIMER_AHEAD_MS_MAX + 3_600_000;
    crowd.smuggle(0, "", vec![timer(1, u64::MAX), timer(1, too_far)]);
    crowd.run(HOP_MS);
    assert_eq!(crowd.view(1, here).timer_s, Some(DISAPPEAR_S_MAX));
    crowd.smuggle(0, "", vec![timer(7, now.0 + TIMER_AHEAD_MS_MAX)]);
    crowd.run(HOP_MS);
    assert_eq!(crowd.view(1, here).timer_s, Some(7));
    crowd.set_timer(1, here, Some(8));
    crowd.run(HOP_MS);
    for person in [0, 1] {
        assert_eq!(crowd.view(person, here).timer_s, Some(8));
    }
}

#[test]
fn a_message_that_answers_or_changes_itself_is_an_ordinary_one() {
    let (mut crowd, here) = friends();
    let now = crowd.now();
    let author = {
        let people = crowd.engines[0].profile.as_ref().unwrap();
        people.own_card_id().unwrap()
    };
    let id = MessageId([5; 16]);
    let row = crate::store::MessageRow {
        conversation: here,
        message_id: id,
        author,
        name: String::new(),
        own: false,
        class: Default::default(),
        text: "round and round".into(),
        written_at: now.wall,
        received_at: now.wall,
        expires_at: now.wall,
        state: crate::types::Delivery::Received,
    };
    let done = crowd.engines[1].with_profile(|engine, profile| {
        assert!(engine.insert_said(now, profile, &row, &[Item::Reply(id)], 0)?);
        assert!(!engine.insert_said(now, profile, &row, &[Item::Reply(id)], 0)?);
        assert!(!engine.insert_said(now, profile, &row, &[Item::Edit(id)], 0)?);
        Ok(())
    });
    done.unwrap();
    crowd.drain(1);
    let line = crowd.line(1, here, "round and round");
    assert_eq!(line.marks.reply_to, None);
}
