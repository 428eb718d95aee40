//! The promises of a profile store.

use super::one_message::{
    first_stored_is_found_if_authors_drew_one_id,
    message_after_a_removed_one_that_was_seen_is_unread, message_is_found_by_its_id,
    removed_message_goes_alone, removed_message_is_not_stored_again_until_pruned,
};
use super::sample::{
    author, conversation, conversation_id, envelope_id, identity, message, message_id, outgoing,
    own_message, part,
};
use super::{ProfileContents, committed, misuse_is_refused_and_harmless, run_checks};
use crate::limits::{DELETED_DAYS, PARTIAL_MESSAGES_MAX};
use crate::store::{ConversationRow, MessageRow, PartRow, ProfileStore, StoreError, Taken};
use crate::types::{Day, Delivery, MessageClass};

type Checked = Result<(), StoreError>;

/// Checks every promise of [`ProfileStore`].
///
/// `make` gives an empty store; `reopen` drops one as a crash would and opens
/// what is left of it. Panics with the name of the check that failed.
pub fn profile<P: ProfileStore>(make: impl Fn() -> P, reopen: impl Fn(P) -> P) {
    run_checks! {
        misuse_is_refused_and_harmless(make(), |s: &mut P| s.set_identity(&identity(1)));
        identity_is_absent_then_set_then_replaced(make());
        conversations_come_in_order_of_joining_and_stay_as_they_were(make());
        message_comes_back_as_it_was(make());
        message_is_known_by_conversation_author_and_id(make());
        timeline_is_in_order_of_storing_and_pages_backwards(make());
        page_before_an_unknown_message_is_none(make());
        messages_with_one_id_page_from_the_first(make());
        message_is_found_by_its_id(make());
        first_stored_is_found_if_authors_drew_one_id(make());
        removed_message_goes_alone(make());
        removed_message_is_not_stored_again_until_pruned(make());
        message_after_a_removed_one_that_was_seen_is_unread(make());
        state_changes_for_own_messages_alone(make());
        unread_counts_others_since_seen(make());
        pieces_come_by_index_and_once(make());
        removed_pieces_start_anew(make());
        oldest_incomplete_message_goes_first(make());
        envelope_is_in_the_outbox_until_it_is_taken(make());
        last_piece_is_the_one_with_none_in_the_outbox(make());
        opened_marks_come_by_id_and_keep_the_later_day(make());
        removed_conversation_takes_its_own_things_with_it(make());
        deleted_message_is_not_shown_again_until_pruned(make());
        forgotten_conversation_takes_the_same_and_its_messages_may_come_again(make());
        bytes_of_pieces_are_counted_for_each_conversation(make());
        reads_see_the_open_transaction(make());
        rollback_restores_the_last_commit(make());
        crash_keeps_what_was_committed(make(), &reopen);
    }
}

/// A little of everything in conversations 1 and 2.
fn fill<P: ProfileStore>(store: &mut P) -> Checked {
    store.set_identity(&identity(1))?;
    for place in [1, 2] {
        store.add_conversation(&conversation(place))?;
        store.insert_message(&message(place, 1))?;
        store.mark_seen(conversation_id(place))?;
        store.insert_message(&message(place, 2))?;
        store.insert_message(&own_message(place, 3))?;
        store.put_part(&part(place, 4, 0))?;
        store.put_outbox(&outgoing(place, 3, 10 * place))?;
        store.put_outbox(&outgoing(place, 3, 10 * place + 1))?;
        store.take_outbox(envelope_id(10 * place))?;
        store.mark_opened(envelope_id(10 * place + 2), Day(5))?;
    }
    Ok(())
}

fn contents<P: ProfileStore>(store: &P) -> Result<ProfileContents, StoreError> {
    ProfileContents::of(store, &[conversation_id(1), conversation_id(2)])
}

/// Message ids of a page, and whether there are older ones.
fn page<P: ProfileStore>(
    store: &P,
    before: Option<u32>,
    limit: u16,
) -> Result<Option<(Vec<u32>, bool)>, StoreError> {
    let page = store.timeline(conversation_id(1), before.map(message_id), limit)?;
    let number = |row: &MessageRow| u128::from_be_bytes(row.message_id.0) as u32;
    Ok(page.map(|(rows, older)| (rows.iter().map(number).collect(), older)))
}

fn identity_is_absent_then_set_then_replaced<P: ProfileStore>(mut store: P) -> Checked {
    assert!(store.identity()?.is_none());
    committed(&mut store, |s| s.set_identity(&identity(1)))?;
    committed(&mut store, |s| s.set_identity(&identity(2)))?;
    assert!(store.identity()? == Some(identity(2)));
    Ok(())
}

fn conversations_come_in_order_of_joining_and_stay_as_they_were<P: ProfileStore>(
    mut store: P,
) -> Checked {
    let changed = ConversationRow {
        words: "other".to_owned(),
        ..conversation(5)
    };
    for row in [conversation(5), conversation(2), conversation(9), changed] {
        committed(&mut store, |s| s.add_conversation(&row))?;
    }
    let expected = [5, 2, 9].map(conversation);
    assert!(store.conversations()? == expected);
    Ok(())
}

fn message_comes_back_as_it_was<P: ProfileStore>(mut store: P) -> Checked {
    let states = [
        Delivery::Waiting,
        Delivery::WithMesh,
        Delivery::Delivered,
        Delivery::Read,
        Delivery::Received,
    ];
    let rows: Vec<MessageRow> = (1..)
        .zip(states)
        .map(|(number, state)| MessageRow {
            state,
            class: match number % 2 {
                0 => MessageClass::Sos,
                _ => MessageClass::Text,
            },
            ..own_message(1, number)
        })
        .collect();
    for row in &rows {
        assert!(committed(&mut store, |s| s.insert_message(row))?);
    }
    let page = store.timeline(conversation_id(1), None, 10)?;
    assert!(page == Some((rows, false)));
    Ok(())
}

fn message_is_known_by_conversation_author_and_id<P: ProfileStore>(mut store: P) -> Checked {
    let first = message(1, 1);
    let again = MessageRow {
        text: "other".to_owned(),
        ..first.clone()
    };
    let by_another = MessageRow {
        author: author(2),
        ..first.clone()
    };
    assert!(committed(&mut store, |s| s.insert_message(&first))?);
    assert!(!committed(&mut store, |s| s.insert_message(&again))?);
    assert!(committed(&mut store, |s| s.insert_message(&by_another))?);
    assert!(committed(&mut store, |s| s.insert_message(&message(2, 1)))?);
    let page = store.timeline(conversation_id(1), None, 10)?;
    assert!(page == Some((vec![first, by_another], false)));
    Ok(())
}

fn timeline_is_in_order_of_storing_and_pages_backwards<P: ProfileStore>(mut store: P) -> Checked {
    assert!(page(&store, None, 10)? == Some((vec![], false)));
    for number in [5, 3, 8, 1] {
        committed(&mut store, |s| s.insert_message(&message(1, number)))?;
        committed(&mut store, |s| s.insert_message(&message(2, number)))?;
    }
    assert_eq!(page(&store, None, 4)?, Some((vec![5, 3, 8, 1], false)));
    assert_eq!(page(&store, None, 3)?, Some((vec![3, 8, 1], true)));
    assert_eq!(page(&store, Some(8), 1)?, Some((vec![3], true)));
    assert_eq!(page(&store, Some(8), 2)?, Some((vec![5, 3], false)));
    assert_eq!(page(&store, Some(5), 2)?, Some((vec![], false)));
    assert_eq!(page(&store, Some(3), 0)?, Some((vec![], true)));
    Ok(())
}

fn page_before_an_unknown_message_is_none<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, |s| s.insert_message(&message(2, 1)))?;
    assert_eq!(page(&store, Some(1), 10)?, None);
    Ok(())
}

/// Authors draw their own ids, and a hostile one repeats somebody else's.
fn messages_with_one_id_page_from_the_first<P: ProfileStore>(mut store: P) -> Checked {
    let copy = MessageRow {
        author: author(2),
        ..message(1, 2)
    };
    for row in [message(1, 1), message(1, 2), message(1, 3), copy] {
        committed(&mut store, |s| s.insert_message(&row))?;
    }
    assert_eq!(page(&store, Some(2), 10)?, Some((vec![1], false)));
    Ok(())
}

fn state_changes_for_own_messages_alone<P: ProfileStore>(mut store: P) -> Checked {
    let rows = [own_message(1, 1), message(1, 1), own_message(1, 2)];
    for row in &rows {
        committed(&mut store, |s| s.insert_message(row))?;
    }
    for (place, number) in [(1, 1), (1, 9), (2, 2)] {
        let (place, number) = (conversation_id(place), message_id(number));
        committed(&mut store, |s| {
            s.set_state(place, number, Delivery::WithMesh)
        })?;
    }
    let [mut changed, other, later] = rows;
    changed.state = Delivery::WithMesh;
    let page = store.timeline(conversation_id(1), None, 10)?;
    assert!(page == Some((vec![changed, other, later], false)));
    Ok(())
}

fn unread_counts_others_since_seen<P: ProfileStore>(mut store: P) -> Checked {
    let here = conversation_id(1);
    committed(&mut store, |s| s.mark_seen(here))?;
    assert_eq!(store.unread(here)?, 0);
    committed(&mut store, |s| {
        s.insert_message(&message(1, 1))?;
        s.insert_message(&own_message(1, 2))?;
        s.insert_message(&message(1, 3))?;
        s.insert_message(&message(2, 4))
    })?;
    assert_eq!(store.unread(here)?, 2);
    committed(&mut store, |s| s.mark_seen(here))?;
    assert_eq!(store.unread(here)?, 0);
    committed(&mut store, |s| s.insert_message(&message(1, 5)))?;
    assert_eq!(store.unread(here)?, 1);
    assert_eq!(store.unread(conversation_id(2))?, 1);
    Ok(())
}

fn pieces_come_by_index_and_once<P: ProfileStore>(mut store: P) -> Checked {
    let put = |store: &mut P, row: PartRow| committed(store, |s| s.put_part(&row));
    let changed = PartRow {
        bytes: vec![9],
        ..part(1, 1, 2)
    };
    assert!(put(&mut store, part(1, 1, 2))? == [part(1, 1, 2)]);
    assert!(put(&mut store, changed)? == [part(1, 1, 2)]);
    let by_another = PartRow {
        author: author(2),
        ..part(1, 1, 1)
    };
    assert!(put(&mut store, by_another.clone())? == [by_another]);
    assert!(put(&mut store, part(2, 1, 1))? == [part(2, 1, 1)]);
    assert!(put(&mut store, part(1, 1, 0))? == [part(1, 1, 0), part(1, 1, 2)]);
    Ok(())
}

fn removed_pieces_start_anew<P: ProfileStore>(mut store: P) -> Checked {
    let pieces = committed(&mut store, |s| {
        s.put_part(&part(1, 1, 0))?;
        s.put_part(&part(1, 2, 0))?;
        s.remove_parts(conversation_id(1), &author(1), message_id(1))?;
        s.remove_parts(conversation_id(1), &author(2), message_id(2))?;
        Ok((s.put_part(&part(1, 1, 1))?, s.put_part(&part(1, 2, 1))?))
    })?;
    assert!(pieces.0 == [part(1, 1, 1)]);
    assert!(pieces.1 == [part(1, 2, 0), part(1, 2, 1)]);
    Ok(())
}

/// Fills the room, completes nothing, adds one more; then asks for the second
/// piece of the first, of the second and of the last message.
fn oldest_incomplete_message_goes_first<P: ProfileStore>(mut store: P) -> Checked {
    let room = u32::try_from(PARTIAL_MESSAGES_MAX).unwrap_or(u32::MAX);
    committed(&mut store, |s| {
        s.put_part(&part(2, 0, 0))?;
        // Newest first by id, so that the age does not follow from the id.
        for number in (0..room).rev() {
            s.put_part(&part(1, number, 0))?;
        }
        // A further piece makes the oldest message no younger.
        s.put_part(&part(1, room - 1, 1)).map(drop)
    })?;
    let later = committed(&mut store, |s| {
        s.put_part(&part(1, room, 0))?;
        Ok([
            s.put_part(&part(1, room - 2, 2))?,
            s.put_part(&part(1, room, 2))?,
            s.put_part(&part(1, room - 1, 2))?,
            s.put_part(&part(2, 0, 2))?,
        ])
    })?;
    assert_eq!(later.map(|pieces| pieces.len()), [2, 2, 1, 2]);
    Ok(())
}

fn envelope_is_in_the_outbox_until_it_is_taken<P: ProfileStore>(mut store: P) -> Checked {
    let (first, second) = (outgoing(1, 1, 8), outgoing(1, 2, 3));
    committed(&mut store, |s| {
        s.put_outbox(&first)?;
        s.put_outbox(&second)?;
        s.put_outbox(&first)
    })?;
    assert!(store.outbox()? == [first, second.clone()]);
    let mut take = |number| committed(&mut store, |s| s.take_outbox(envelope_id(number)));
    assert_eq!(take(8)?, Some(taken(1, 1, true)));
    assert_eq!(take(8)?, None);
    assert_eq!(take(99)?, None);
    assert!(store.outbox()? == [second]);
    Ok(())
}

fn last_piece_is_the_one_with_none_in_the_outbox<P: ProfileStore>(mut store: P) -> Checked {
    let pieces = committed(&mut store, |s| {
        for envelope in 1..=3 {
            s.put_outbox(&outgoing(1, 1, envelope))?;
        }
        // The same message id elsewhere is another message.
        s.put_outbox(&outgoing(2, 1, 4))?;
        let mut take = |number| s.take_outbox(envelope_id(number));
        Ok([take(2)?, take(1)?, take(3)?])
    })?;
    let expected = [false, false, true].map(|is_last| Some(taken(1, 1, is_last)));
    assert_eq!(pieces, expected);
    Ok(())
}

fn taken(conversation: u32, message: u32, is_last: bool) -> Taken {
    Taken {
        conversation: conversation_id(conversation),
        message_id: message_id(message),
        is_last,
    }
}

fn opened_marks_come_by_id_and_keep_the_later_day<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, |s| {
        s.mark_opened(envelope_id(7), Day(4))?;
        s.mark_opened(envelope_id(2), Day(6))?;
        s.mark_opened(envelope_id(2), Day(1))?;
        s.mark_opened(envelope_id(5), Day(1))?;
        s.mark_opened(envelope_id(5), Day(5))
    })?;
    assert_eq!(store.opened()?, [2, 5, 7].map(envelope_id));
    committed(&mut store, |s| s.prune(Day(5)))?;
    assert_eq!(store.opened()?, [2, 5].map(envelope_id));
    Ok(())
}

fn removed_conversation_takes_its_own_things_with_it<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    committed(&mut store, |s| s.remove_conversation(conversation_id(1)))?;
    committed(&mut store, |s| s.remove_conversation(conversation_id(9)))?;
    assert!(store.conversations()? == [conversation(2)]);
    assert_eq!(page(&store, None, 10)?, Some((vec![], false)));
    assert!(store.outbox()? == [outgoing(2, 3, 21)]);
    assert_eq!(store.opened()?, [12, 22].map(envelope_id));
    assert_eq!(store.unread(conversation_id(1))?, 0);
    assert_eq!(store.unread(conversation_id(2))?, 1);
    let pieces = committed(&mut store, |s| s.put_part(&part(1, 4, 1)))?;
    assert!(pieces == [part(1, 4, 1)]);
    // What it had seen went too.
    committed(&mut store, |s| s.insert_message(&message(1, 50)))?;
    assert_eq!(store.unread(conversation_id(1))?, 1);
    Ok(())
}

/// It may come again for so long.
fn deleted_message_is_not_shown_again_until_pruned<P: ProfileStore>(mut store: P) -> Checked {
    let last_day = DELETED_DAYS;
    committed(&mut store, fill)?;
    committed(&mut store, |s| s.remove_conversation(conversation_id(1)))?;
    committed(&mut store, |s| s.add_conversation(&conversation(1)))?;
    committed(&mut store, |s| s.prune(Day(last_day)))?;
    let again = |store: &mut P| committed(store, |s| s.insert_message(&message(1, 1)));
    assert!(!again(&mut store)?);
    let by_another = MessageRow {
        author: author(2),
        ..message(1, 1)
    };
    assert!(committed(&mut store, |s| s.insert_message(&by_another))?);
    committed(&mut store, |s| s.prune(Day(last_day + 1)))?;
    assert!(again(&mut store)?);
    Ok(())
}

fn forgotten_conversation_takes_the_same_and_its_messages_may_come_again<P: ProfileStore>(
    mut store: P,
) -> Checked {
    committed(&mut store, fill)?;
    let before = contents(&store)?;
    store.begin()?;
    store.remove_conversation(conversation_id(1))?;
    let removed = contents(&store)?;
    store.rollback()?;
    assert!(contents(&store)? == before);
    committed(&mut store, |s| s.forget_conversation(conversation_id(1)))?;
    assert!(contents(&store)? == removed);
    assert!(committed(&mut store, |s| s.insert_message(&message(1, 1)))?);
    // It was deleted before, and that is remembered.
    committed(&mut store, |s| s.remove_conversation(conversation_id(1)))?;
    committed(&mut store, |s| s.forget_conversation(conversation_id(1)))?;
    assert!(!committed(&mut store, |s| s.insert_message(&message(1, 1)))?);
    Ok(())
}

fn bytes_of_pieces_are_counted_for_each_conversation<P: ProfileStore>(mut store: P) -> Checked {
    let bytes = |store: &P| [1, 2].map(|of| store.part_bytes(conversation_id(of)).ok());
    assert_eq!(bytes(&store), [Some(0), Some(0)]);
    committed(&mut store, |s| {
        s.put_part(&part(1, 4, 0))?;
        s.put_part(&part(1, 4, 0))?;
        s.put_part(&part(1, 4, 2))?;
        s.put_part(&part(1, 5, 0))?;
        s.put_part(&part(2, 4, 0)).map(drop)
    })?;
    assert_eq!(bytes(&store), [Some(6), Some(2)]);
    committed(&mut store, |s| {
        s.remove_parts(conversation_id(1), &author(1), message_id(4))
    })?;
    assert_eq!(bytes(&store), [Some(2), Some(2)]);
    Ok(())
}

fn reads_see_the_open_transaction<P: ProfileStore>(mut store: P) -> Checked {
    store.begin()?;
    fill(&mut store)?;
    let inside = contents(&store)?;
    store.commit()?;
    assert!(contents(&store)? == inside);
    assert_eq!(page(&store, None, 10)?, Some((vec![1, 2, 3], false)));
    Ok(())
}

/// Changes every table; the caller takes it back.
fn disturb<P: ProfileStore>(store: &mut P) -> Checked {
    store.set_identity(&identity(2))?;
    store.add_conversation(&conversation(3))?;
    store.insert_message(&message(2, 60))?;
    store.set_state(conversation_id(2), message_id(3), Delivery::Delivered)?;
    store.remove_message(conversation_id(2), &author(1), message_id(2))?;
    store.mark_seen(conversation_id(2))?;
    store.put_part(&part(2, 4, 1))?;
    store.remove_parts(conversation_id(1), &author(1), message_id(4))?;
    store.put_outbox(&outgoing(2, 60, 70))?;
    store.take_outbox(envelope_id(21))?;
    store.mark_opened(envelope_id(71), Day(9))?;
    store.remove_conversation(conversation_id(1))?;
    store.prune(Day(6))
}

/// `disturb` left no trace, in what can be read and in what cannot.
fn undisturbed<P: ProfileStore>(mut store: P, before: &ProfileContents) -> Checked {
    assert!(contents(&store)? == *before);
    store.begin()?;
    assert!(store.put_part(&part(1, 4, 2))? == [part(1, 4, 0), part(1, 4, 2)]);
    assert!(store.put_part(&part(2, 4, 2))? == [part(2, 4, 0), part(2, 4, 2)]);
    // A conversation that was not removed has no deleted messages.
    store.remove_conversation(conversation_id(2))?;
    store.rollback()?;
    assert!(committed(&mut store, |s| s.insert_message(&message(2, 60)))?);
    Ok(())
}

fn rollback_restores_the_last_commit<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let before = contents(&store)?;
    store.begin()?;
    disturb(&mut store)?;
    assert!(contents(&store)? != before);
    store.rollback()?;
    undisturbed(store, &before)
}

fn crash_keeps_what_was_committed<P: ProfileStore>(
    mut store: P,
    reopen: &impl Fn(P) -> P,
) -> Checked {
    committed(&mut store, fill)?;
    let before = contents(&store)?;
    store.begin()?;
    disturb(&mut store)?;
    undisturbed(reopen(store), &before)
}
