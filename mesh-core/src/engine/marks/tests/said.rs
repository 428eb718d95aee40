//! Replies, reactions, edits and deletions, each in both directions.

use super::*;
use crate::api::PeopleCommand;
use crate::engine::tests::people::friends;
use crate::limits::{DISAPPEAR_S_MAX, TEXT_BYTES_MAX};
use crate::types::{Delivery, MemberId};

#[test]
fn an_answer_names_what_it_answers_however_long_it_is() {
    let (mut crowd, here) = friends();
    let hello = crowd.line(0, here, "hello").message_id;
    let long = "é".repeat(TEXT_BYTES_MAX / 2);
    for (person, text) in [(1, "hello yourself"), (0, long.as_str())] {
        crowd.answer_to(person, here, hello, text);
        crowd.run(HOP_MS);
        for reader in [0, 1] {
            let line = crowd.line(reader, here, text);
            assert_eq!(line.marks.reply_to, Some(hello), "{person} to {reader}");
        }
    }
    let draft = |reply_to, mentions| {
        let text = Redacted("to whom?".to_owned());
        Draft {
            reply_to,
            mentions,
            ..Draft::text(text)
        }
    };
    let unknown = draft(Some(MessageId([9; 16])), Vec::new());
    let refused = crowd.ask(0, Request::Send(here, unknown));
    assert_eq!(refused, Err(CommandError::UnknownMessage));
    let mention = draft(None, vec![MemberId([9; 16])]);
    let refused = crowd.ask(0, Request::Send(here, mention));
    assert_eq!(refused, Err(CommandError::UnknownMember));
}

#[test]
fn reactions_are_shown_on_both_sides_changed_and_taken_back() {
    let (mut crowd, here) = friends();
    let hello = crowd.line(0, here, "hello").message_id;
    crowd.ask(1, Request::MarkSeen(here)).unwrap();
    crowd.events.iter_mut().for_each(Vec::clear);
    crowd.react(1, here, hello, "👍");
    crowd.run(HOP_MS);
    crowd.react(0, here, hello, "👍");
    crowd.run(HOP_MS);
    for person in [0, 1] {
        assert_eq!(emoji(&crowd.line(person, here, "hello")), ["👍2*"]);
        assert_eq!(crowd.count(person, is_changed), 2);
        assert_eq!(crowd.count(person, is_received), 0);
        assert_eq!(crowd.view(person, here).unread, 0);
    }
    crowd.react(1, here, hello, "❤️");
    crowd.run(HOP_MS);
    assert_eq!(emoji(&crowd.line(0, here, "hello")), ["👍1*", "❤️1"]);
    crowd.react(1, here, hello, "");
    // Saying it again changes nothing.
    crowd.react(1, here, hello, "");
    crowd.run(HOP_MS);
    for (person, shown) in [(0, "👍1*"), (1, "👍1")] {
        assert_eq!(emoji(&crowd.line(person, here, "hello")), [shown]);
        assert_eq!(crowd.count(person, is_changed), 4);
    }
}

#[test]
fn words_are_no_reaction() {
    let (mut crowd, here) = friends();
    let hello = crowd.line(0, here, "hello").message_id;
    for words in ["ok", "👍 yes", "\u{202e}👍", "\n", "1", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦"]
    {
        let ask = MessageCommand::React {
            emoji: words.to_owned().into(),
        };
        let refused = crowd.mark(1, here, hello, ask);
        assert_eq!(refused, Err(CommandError::Emoji), "{words:?}");
    }
}

#[test]
fn an_edit_replaces_the_text_everywhere_and_rings_nowhere() {
    let (mut crowd, here) = friends();
    crowd.say(0, here, "at the bridge, three");
    crowd.run(HOP_MS);
    crowd.ask(1, Request::MarkSeen(here)).unwrap();
    let of = crowd.line(0, here, "at the bridge, three").message_id;
    crowd.events.iter_mut().for_each(Vec::clear);
    let long = "four ".repeat(TEXT_BYTES_MAX / 5);
    crowd.edit(0, here, of, &long);
    crowd.run(HOP_MS);
    for person in [0, 1] {
        assert_eq!(crowd.lines(person, here), ["hello", &long]);
        let line = crowd.find(person, here, of).unwrap();
        assert!(line.marks.edited_at.is_some());
        assert_eq!(crowd.count(person, is_changed), 1);
        assert_eq!(crowd.count(person, is_received), 0);
        assert_eq!(crowd.view(person, here).unread, 0);
    }
    let state = |event: &Event| matches!(event, Event::MessageState { .. });
    assert_eq!(crowd.count(0, state), 0, "an edit has no state of its own");
    assert_eq!(crowd.find(0, here, of).unwrap().state, Delivery::Delivered);
}

#[test]
fn one_changes_and_withdraws_only_own_messages_and_only_to_what_may_be_sent() {
    let (mut crowd, here) = friends();
    let hello = crowd.line(0, here, "hello").message_id;
    for ask in [edit("mine now"), MessageCommand::Withdraw] {
        assert_eq!(crowd.mark(1, here, hello, ask), Err(CommandError::NotYours));
    }
    let (bytes, max) = (TEXT_BYTES_MAX + 1, TEXT_BYTES_MAX);
    for (text, expected) in [
        (" \n".to_owned(), CommandError::TextEmpty),
        ("x".repeat(bytes), CommandError::TextTooLong { bytes, max }),
    ] {
        let refused = crowd.mark(0, here, hello, edit(&text));
        assert_eq!(refused, Err(expected));
    }
    let nothing = MessageId([7; 16]);
    let refused = crowd.mark(0, here, nothing, edit("x"));
    assert_eq!(refused, Err(CommandError::UnknownMessage));
    let channel = crowd.join(0, "square");
    crowd.say(0, channel, "all");
    let all = crowd.line(0, channel, "all").message_id;
    for ask in [
        MessageCommand::DeleteHere,
        MessageCommand::Withdraw,
        edit("x"),
    ] {
        let refused = crowd.mark(0, channel, all, ask);
        assert_eq!(refused, Err(CommandError::NotInChannel));
    }
    let draft = Draft {
        reply_to: Some(all),
        ..Draft::text(Redacted("x".into()))
    };
    let refused = crowd.ask(0, Request::Send(channel, draft));
    assert_eq!(refused, Err(CommandError::NotInChannel));
    let refused = crowd.ask(0, Request::SetTimer(channel, Some(60)));
    assert_eq!(refused, Err(CommandError::NotInChannel));
    let refused = crowd.ask(0, Request::SetTimer(here, Some(DISAPPEAR_S_MAX + 1)));
    assert_eq!(refused, Err(CommandError::Timer { days: 90 }));
}

#[test]
fn a_withdrawn_text_is_erased_on_both_sides_and_its_line_stays() {
    let (mut crowd, here) = friends();
    crowd.say(0, here, "names and addresses");
    crowd.run(HOP_MS);
    let of = crowd.line(1, here, "names and addresses").message_id;
    crowd.react(1, here, of, "😱");
    crowd.edit(0, here, of, "names and streets");
    crowd.run(HOP_MS);
    crowd.events.iter_mut().for_each(Vec::clear);
    crowd.withdraw(0, here, of);
    crowd.withdraw(0, here, of);
    crowd.run(HOP_MS);
    for person in [0, 1] {
        let line = crowd.find(person, here, of).unwrap();
        assert!(line.marks.is_withdrawn && line.text.is_empty());
        assert!(line.marks.reactions.is_empty() && line.marks.edited_at.is_none());
        assert_eq!(crowd.count(person, is_changed), 1);
        assert_eq!(crowd.count(person, is_received), 0);
    }
    let react = MessageCommand::React {
        emoji: "👍".to_owned().into(),
    };
    for ask in [edit("again"), react] {
        let refused = crowd.mark(0, here, of, ask);
        assert_eq!(refused, Err(CommandError::UnknownMessage));
    }
}

#[test]
fn what_was_withdrawn_before_it_left_is_never_sent() {
    let (mut crowd, here) = friends();
    let contact = crowd.contacts(0)[0].contact;
    crowd.part(0);
    crowd.say(0, here, "the first of two");
    crowd.say(0, here, "the second of two");
    let of = crowd.line(0, here, "the first of two").message_id;
    crowd.edit(0, here, of, "the first, changed");
    crowd.withdraw(0, here, of);
    let people = crowd.engines[0].profile.as_ref().unwrap();
    assert!(people.person_says_nowhere(contact, "first"));
    crowd.link(0, 1);
    crowd.run(2 * HOP_MS);
    assert_eq!(crowd.lines(1, here), ["hello", "the second of two"]);
    assert_eq!(crowd.lines(0, here), ["hello", "", "the second of two"]);
    assert_eq!(
        crowd.state(0, here, "the second of two"),
        Delivery::Delivered
    );
}

#[test]
fn what_was_withdrawn_while_no_key_was_known_leaves_no_trace() {
    let mut crowd = Crowd::new(2);
    let link = crowd.card(1);
    let (_, here) = crowd.add(0, &link);
    crowd.say(0, here, "too early");
    crowd.say(0, here, "hello");
    let of = crowd.line(0, here, "too early").message_id;
    crowd.withdraw(0, here, of);
    crowd.link(0, 1);
    crowd.run(HOP_MS);
    crowd.accept(1);
    crowd.run(HOP_MS);
    assert_eq!(crowd.lines(1, here), ["hello"]);
    assert_eq!(crowd.count(1, is_changed), 0);
    let profile = crowd.engines[1].profile.as_ref().unwrap();
    let waiting = profile.store.queued(crate::store::Queue::Marks, here);
    assert!(
        waiting.unwrap().is_empty(),
        "nothing is asked of a message that never left"
    );
}

#[test]
fn what_is_deleted_here_is_gone_here_alone_and_stays_away() {
    let (mut crowd, here) = friends();
    crowd.say(0, here, "for a moment");
    crowd.run(HOP_MS);
    let of = crowd.line(1, here, "for a moment").message_id;
    crowd.events.iter_mut().for_each(Vec::clear);
    let done = crowd.mark(1, here, of, MessageCommand::DeleteHere);
    assert_eq!(done, Ok(Answer::Done));
    assert_eq!(crowd.count(1, is_removed), 1);
    assert_eq!(crowd.view(1, here).last.unwrap().text, "hello");
    // The author lost count and sends it again; and says things of it.
    crowd.react(0, here, of, "👍");
    crowd.edit(0, here, of, "for another moment");
    crowd.run(HOP_MS);
    crowd.restart(1);
    crowd.link(0, 1);
    crowd.run(HOP_MS);
    assert_eq!(crowd.lines(1, here), ["hello"]);
    assert_eq!(crowd.count(1, is_received), 0);
    assert_eq!(crowd.lines(0, here), ["hello", "for another moment"]);
    let again = crowd.mark(1, here, of, MessageCommand::DeleteHere);
    assert_eq!(again, Err(CommandError::UnknownMessage));
}

#[test]
fn nothing_is_said_to_a_blocked_person_and_nothing_taken_from_them() {
    let (mut crowd, here) = friends();
    crowd.say(1, here, "mine");
    crowd.run(HOP_MS);
    let mine = crowd.line(1, here, "mine").message_id;
    let contact = crowd.contacts(1)[0].contact;
    let block = |blocked| PeopleCommand::Block { contact, blocked };
    assert_eq!(crowd.people(1, block(true)), Ok(Answer::Done));
    for ask in [edit("x"), MessageCommand::Withdraw] {
        assert_eq!(crowd.mark(1, here, mine, ask), Err(CommandError::Blocked));
    }
    let timer = Request::SetTimer(here, Some(60));
    assert_eq!(crowd.ask(1, timer), Err(CommandError::Blocked));
    crowd.react(0, here, mine, "👎");
    crowd.set_timer(0, here, Some(60));
    crowd.run(HOP_MS);
    assert_eq!(crowd.count(1, is_changed), 0);
    assert_eq!(emoji(&crowd.line(1, here, "mine")), [""; 0]);
    let deleted = crowd.mark(1, here, mine, MessageCommand::DeleteHere);
    assert_eq!(deleted, Ok(Answer::Done));
}

/// Whoever asks to be a contact rings as a request only, whatever they say.
#[test]
fn what_somebody_says_who_only_asks_is_told_as_a_request() {
    let mut crowd = Crowd::new(2);
    crowd.link(0, 1);
    let link = crowd.card(1);
    let (_, here) = crowd.add(0, &link);
    crowd.say(0, here, "it is me");
    crowd.run(HOP_MS);
    let of = crowd.line(0, here, "it is me").message_id;
    crowd.edit(0, here, of, "it is me, Ana");
    crowd.run(HOP_MS);
    assert_eq!(crowd.count(1, is_changed) + crowd.count(1, is_received), 0);
    crowd.accept(1);
    assert_eq!(crowd.lines(1, here), ["it is me, Ana"]);
}
