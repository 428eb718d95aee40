//! The promises of a profile store about what stands beside messages.

use super::sample::{
    author, conversation, conversation_id, message, message_id, message_ref, own_message, reaction,
};
use super::{committed, misuse_is_refused_and_harmless, run_checks};
use crate::limits::REACTIONS_MAX;
use crate::store::{MarksRow, MessageRow, ProfileStore, ReactionRow, StoreError};
use crate::types::Wall;
use crate::wire::items::Timer;

type Checked = Result<(), StoreError>;

/// Checks every promise of [`crate::store::MarksStore`].
///
/// `make` gives an empty store; `reopen` drops one as a crash would and opens
/// what is left of it. Panics with the name of the check that failed.
pub fn marks<P: ProfileStore>(make: impl Fn() -> P, reopen: impl Fn(P) -> P) {
    run_checks! {
        misuse_is_refused_and_harmless(make(), |s: &mut P| s.set_timer(conversation_id(1), TIMER));
        marks_come_back_as_they_were(make());
        text_changes_and_nothing_else(make());
        reactions_are_one_for_each_person_and_the_newest(make());
        reactions_of_more_people_than_are_kept_are_dropped(make());
        time_runs_for_what_others_wrote_and_once(make());
        what_is_over_comes_in_order_of_its_time(make());
        deadlines_beyond_their_span_are_shortened(make());
        clocks_beyond_all_years_overflow_nothing(make());
        marks_and_reactions_go_with_their_message(make());
        timer_is_kept_for_each_conversation_and_goes_with_it(make());
        marks_are_taken_back_with_the_transaction(make());
        crash_keeps_marks_that_were_committed(make(), &reopen);
    }
}

const TIMER: Timer = Timer {
    set_at: Wall(u64::MAX),
    seconds: 60,
};

const MARKS: MarksRow = MarksRow {
    reply_to: None,
    mentions_us: true,
    edited_at: Some(Wall(u64::MAX)),
    is_withdrawn: true,
    expire_s: u32::MAX,
    disappears_at: Some(Wall(5)),
};

fn expiring(expire_s: u32) -> MarksRow {
    MarksRow {
        expire_s,
        ..MarksRow::default()
    }
}

/// Messages 1 and 2 of somebody else and own 3 in conversations 1 and 2.
fn fill<P: ProfileStore>(store: &mut P) -> Checked {
    for place in [1, 2] {
        store.add_conversation(&conversation(place))?;
        store.insert_message(&message(place, 1))?;
        store.insert_message(&message(place, 2))?;
        store.insert_message(&own_message(place, 3))?;
    }
    Ok(())
}

fn marks_come_back_as_they_were<P: ProfileStore>(mut store: P) -> Checked {
    let answering = MarksRow {
        reply_to: Some(message_id(9)),
        ..MarksRow::default()
    };
    committed(&mut store, fill)?;
    let (one, other) = (message_ref(&message(1, 1)), message_ref(&own_message(1, 3)));
    assert_eq!(store.marks(&one)?, Some(MarksRow::default()));
    committed(&mut store, |s| {
        assert!(s.set_marks(&one, &MARKS)?);
        assert!(s.set_marks(&other, &answering)?);
        assert!(!s.set_marks(&message_ref(&message(1, 3)), &MARKS)?);
        Ok(())
    })?;
    assert_eq!(store.marks(&one)?, Some(MARKS));
    assert_eq!(store.marks(&other)?, Some(answering));
    assert_eq!(store.marks(&message_ref(&message(1, 3)))?, None);
    let elsewhere = message_ref(&message(2, 1));
    assert_eq!(store.marks(&elsewhere)?, Some(MarksRow::default()));
    Ok(())
}

fn text_changes_and_nothing_else<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let long = "é".repeat(1_000);
    committed(&mut store, |s| {
        assert!(s.set_text(&message_ref(&message(1, 1)), &long)?);
        assert!(s.set_text(&message_ref(&own_message(1, 3)), "")?);
        assert!(!s.set_text(&message_ref(&message(1, 9)), "x")?);
        Ok(())
    })?;
    let changed = |row: MessageRow, text: &str| MessageRow {
        text: text.to_owned(),
        ..row
    };
    let expected = vec![
        changed(message(1, 1), &long),
        message(1, 2),
        changed(own_message(1, 3), ""),
    ];
    let page = store.timeline(conversation_id(1), None, 10)?;
    assert!(page == Some((expected, false)));
    Ok(())
}

fn reactions_are_one_for_each_person_and_the_newest<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let of = message_ref(&message(1, 1));
    let put = |store: &mut P, row: &ReactionRow| committed(store, |s| s.put_reaction(&of, row));
    let (first, second) = (reaction(1, 10, "👍"), reaction(2, 5, "❤️"));
    assert!(put(&mut store, &first)?);
    assert!(put(&mut store, &second)?);
    assert!(store.reactions(&of)? == [first.clone(), second.clone()]);
    for late in [
        reaction(1, 10, "👍"),
        reaction(1, 9, "🔥"),
        reaction(1, 10, ""),
    ] {
        assert!(!put(&mut store, &late)?, "{}", late.at.0);
    }
    let (at_once, back) = (reaction(1, 10, "🔥"), reaction(1, 11, ""));
    assert!(put(&mut store, &at_once)?);
    assert!(store.reactions(&of)? == [second.clone(), at_once]);
    assert!(put(&mut store, &back)?);
    assert!(!put(&mut store, &first)?);
    assert!(store.reactions(&of)? == [second.clone(), back]);
    let nowhere = message_ref(&message(1, 9));
    assert!(!committed(&mut store, |s| s.put_reaction(&nowhere, &second))?);
    assert!(store.reactions(&nowhere)?.is_empty());
    let elsewhere = message_ref(&message(2, 1));
    assert!(store.reactions(&elsewhere)?.is_empty());
    committed(&mut store, |s| s.remove_reactions(&of))?;
    assert!(store.reactions(&of)?.is_empty());
    Ok(())
}

fn reactions_of_more_people_than_are_kept_are_dropped<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let of = message_ref(&message(1, 1));
    let room = u8::try_from(REACTIONS_MAX).unwrap_or(u8::MAX);
    committed(&mut store, |s| {
        for number in 0..room {
            assert!(s.put_reaction(&of, &reaction(number, 1, "👍"))?);
        }
        assert!(!s.put_reaction(&of, &reaction(room, 1, "👍"))?);
        // Whoever is there may change their mind.
        assert!(s.put_reaction(&of, &reaction(0, 2, "👎"))?);
        Ok(())
    })?;
    let kept = store.reactions(&of)?;
    assert_eq!(kept.len(), REACTIONS_MAX);
    assert!(kept.last() == Some(&reaction(0, 2, "👎")));
    Ok(())
}

fn time_runs_for_what_others_wrote_and_once<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let here = conversation_id(1);
    let of = [message(1, 1), message(1, 2), own_message(1, 3)].map(|row| message_ref(&row));
    let elsewhere = message_ref(&message(2, 1));
    let started = committed(&mut store, |s| {
        s.set_marks(&of[0], &expiring(7))?;
        s.set_marks(&of[2], &expiring(7))?;
        s.set_marks(&elsewhere, &expiring(7))?;
        s.start_timers(here, Wall(100))
    })?;
    assert_eq!(started, [of[0]]);
    let at = |store: &P, of| {
        store
            .marks(of)
            .map(|row| row.and_then(|row| row.disappears_at))
    };
    assert_eq!(at(&store, &of[0])?, Some(Wall(7_100)));
    for other in [&of[1], &of[2], &elsewhere] {
        assert_eq!(at(&store, other)?, None);
    }
    // Looking again gives no more time.
    let again = committed(&mut store, |s| s.start_timers(here, Wall(900)))?;
    assert!(again.is_empty());
    assert_eq!(at(&store, &of[0])?, Some(Wall(7_100)));
    Ok(())
}

fn what_is_over_comes_in_order_of_its_time<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let of = [message(1, 1), message(2, 2), own_message(1, 3)].map(|row| message_ref(&row));
    committed(&mut store, |s| {
        for (of, at) in of.iter().zip([30, 10, 20]) {
            let row = MarksRow {
                disappears_at: Some(Wall(at)),
                ..expiring(1)
            };
            s.set_marks(of, &row)?;
        }
        Ok(())
    })?;
    assert_eq!(store.next_to_disappear()?, Some(Wall(10)));
    assert_eq!(store.disappearing(Wall(9), 10)?, []);
    assert_eq!(store.disappearing(Wall(20), 10)?, [of[1], of[2]]);
    assert_eq!(store.disappearing(Wall(30), 2)?, [of[1], of[2]]);
    committed(&mut store, |s| {
        s.remove_message(of[1].conversation, &of[1].author, of[1].message_id)?;
        s.set_marks(&of[2], &expiring(1))
    })?;
    assert_eq!(store.next_to_disappear()?, Some(Wall(30)));
    assert_eq!(store.disappearing(Wall(u64::MAX), 10)?, [of[0]]);
    Ok(())
}

fn deadlines_beyond_their_span_are_shortened<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let (near, far) = (message_ref(&message(1, 1)), message_ref(&message(1, 2)));
    committed(&mut store, |s| {
        for (of, at) in [(&near, 3_000), (&far, 900_000)] {
            let row = MarksRow {
                disappears_at: Some(Wall(at)),
                ..expiring(5)
            };
            s.set_marks(of, &row)?;
        }
        s.limit_deadlines(Wall(1_000))
    })?;
    assert_eq!(store.disappearing(Wall(3_000), 10)?, [near]);
    assert_eq!(store.disappearing(Wall(5_999), 10)?, [near]);
    assert_eq!(store.disappearing(Wall(6_000), 10)?, [near, far]);
    Ok(())
}

fn clocks_beyond_all_years_overflow_nothing<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let of = message_ref(&message(1, 1));
    let started = committed(&mut store, |s| {
        s.set_marks(&of, &expiring(u32::MAX))?;
        s.start_timers(conversation_id(1), Wall(u64::MAX))
    })?;
    assert_eq!(started, [of]);
    assert_eq!(store.disappearing(Wall(u64::MAX / 4), 10)?, []);
    committed(&mut store, |s| s.limit_deadlines(Wall(u64::MAX)))?;
    committed(&mut store, |s| s.limit_deadlines(Wall(0)))?;
    let all = 1_000 * u64::from(u32::MAX);
    assert_eq!(store.next_to_disappear()?, Some(Wall(all)));
    Ok(())
}

fn marks_and_reactions_go_with_their_message<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let of = [message(1, 1), message(1, 2), message(2, 1)].map(|row| message_ref(&row));
    committed(&mut store, |s| {
        for of in &of {
            s.set_marks(of, &MARKS)?;
            s.put_reaction(of, &reaction(1, 1, "👍"))?;
        }
        s.remove_message(of[0].conversation, &of[0].author, of[0].message_id)
    })?;
    assert_eq!(store.marks(&of[0])?, None);
    assert!(store.reactions(&of[0])?.is_empty());
    assert_eq!(store.marks(&of[1])?, Some(MARKS));
    assert_eq!(store.reactions(&of[1])?.len(), 1);
    committed(&mut store, |s| s.remove_conversation(conversation_id(1)))?;
    assert_eq!(store.marks(&of[1])?, None);
    assert!(store.reactions(&of[1])?.is_empty());
    assert_eq!(store.disappearing(Wall(9), 10)?, [of[2]]);
    assert_eq!(store.reactions(&of[2])?.len(), 1);
    Ok(())
}

fn timer_is_kept_for_each_conversation_and_goes_with_it<P: ProfileStore>(mut store: P) -> Checked {
    let (here, there) = (conversation_id(1), conversation_id(2));
    assert_eq!(store.timer(here)?, None);
    let never = Timer::default();
    committed(&mut store, |s| {
        s.set_timer(here, never)?;
        s.set_timer(here, TIMER)?;
        s.set_timer(there, never)
    })?;
    assert_eq!(store.timer(here)?, Some(TIMER));
    committed(&mut store, |s| s.remove_conversation(here))?;
    assert_eq!(store.timer(here)?, None);
    assert_eq!(store.timer(there)?, Some(never));
    Ok(())
}

/// Changes everything that stands beside messages of conversation 1.
fn disturb<P: ProfileStore>(store: &mut P) -> Checked {
    let of = message_ref(&message(1, 1));
    store.set_marks(&of, &expiring(3))?;
    store.set_text(&of, "other")?;
    store.put_reaction(&of, &reaction(1, 9, "🔥"))?;
    store.put_reaction(&of, &reaction(3, 9, "🔥"))?;
    store.start_timers(of.conversation, Wall(50))?;
    store.limit_deadlines(Wall(0))?;
    store.set_timer(of.conversation, Timer::default())?;
    store.remove_message(of.conversation, &author(1), message_id(2))?;
    store.remove_reactions(&message_ref(&own_message(1, 3)))
}

fn fill_with_marks<P: ProfileStore>(store: &mut P) -> Checked {
    fill(store)?;
    for row in [message(1, 1), message(1, 2), own_message(1, 3)] {
        let of = message_ref(&row);
        store.set_marks(&of, &MARKS)?;
        store.put_reaction(&of, &reaction(1, 1, "👍"))?;
        store.put_reaction(&of, &reaction(2, 1, ""))?;
    }
    store.set_timer(conversation_id(1), TIMER)
}

fn contents<P: ProfileStore>(store: &P) -> Result<super::ProfileContents, StoreError> {
    super::ProfileContents::of(store, &[conversation_id(1), conversation_id(2)])
}

fn marks_are_taken_back_with_the_transaction<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill_with_marks)?;
    let before = contents(&store)?;
    store.begin()?;
    disturb(&mut store)?;
    assert!(contents(&store)? != before);
    store.rollback()?;
    assert!(contents(&store)? == before);
    Ok(())
}

fn crash_keeps_marks_that_were_committed<P: ProfileStore>(
    mut store: P,
    reopen: &impl Fn(P) -> P,
) -> Checked {
    committed(&mut store, fill_with_marks)?;
    let before = contents(&store)?;
    store.begin()?;
    disturb(&mut store)?;
    let store = reopen(store);
    assert!(contents(&store)? == before);
    Ok(())
}
