//! What people may rely on who do nothing but use a group.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::api::{Answer, CommandError, Event, GroupCommand, MessageCommand};
use crate::crypto::group::{Changes, MemberId, RekeyError};
use crate::engine::Request;
use crate::engine::tests::crowd::Crowd;
use crate::engine::tests::groups::{HOUR_MS, MINUTE_MS, group};
use crate::limits::{ACK_SOON_MS, DAY_MS, GROUP_UNSEALED_MAX, RESEND_DAYS};
use crate::redact::Redacted;
use crate::store::Queue;
use crate::testing::rng;
use crate::types::{ContactId, ConversationId, Delivery, Lifetime, MessageId, Role};
use crate::wire::items::Item;

use super::super::unsealed::Unsealed;
use super::pair;

impl Crowd {
    fn rename(&mut self, person: usize, of: ConversationId, name: &str) {
        let ask = GroupCommand::Rename {
            conversation: of,
            name: Redacted(name.to_owned()),
        };
        assert_eq!(self.group_ask(person, ask), Ok(Answer::Done));
    }

    /// Somebody who is linked with person 0, and whom they know; not in any group yet.
    fn newcomer(&mut self) -> (usize, ContactId) {
        let newcomer = self.engines.len();
        self.engines.push(self.fresh_engine(newcomer));
        self.events.push(Vec::new());
        self.clock_ahead_ms.push(0);
        self.link(0, newcomer);
        let (contact, _) = self.befriend(0, newcomer);
        self.run(20_000);
        (newcomer, contact)
    }

    /// Puts a text among those that wait for keys, as if it had been written before.
    fn let_wait(&mut self, person: usize, of: ConversationId, text: &str) {
        self.inside(person, |_, profile, now| {
            let room = profile.room_mut(of).unwrap();
            room.notes.last_seq += 1;
            let seq = room.notes.last_seq;
            let id = [u8::try_from(seq % 256).unwrap(); 16];
            let unsealed = Unsealed {
                message_id: MessageId(id),
                drawn: MessageId(id),
                written_at: now.wall,
                lifetime: Lifetime::Long,
                text: Zeroizing::new(text.to_owned()),
                items: Vec::new(),
                expire: 0,
            };
            let bytes = unsealed.encode()?;
            room.unsealed.insert(seq, unsealed);
            Ok(profile.store.put_queued(Queue::Unsealed, of, seq, &bytes)?)
        });
    }

    /// How many wait here, in memory and in the store.
    fn waiting(&mut self, person: usize, of: ConversationId) -> (usize, usize) {
        let stored = self.inside(person, |_, profile, _| {
            Ok(profile.store.queued(Queue::Unsealed, of)?.len())
        });
        (self.room(person, of).unsealed.len(), stored)
    }

    fn add_to_group(&mut self, person: usize, of: ConversationId, contact: ContactId) {
        let ask = GroupCommand::Add {
            conversation: of,
            contact,
        };
        assert_eq!(self.group_ask(person, ask), Ok(Answer::Done));
    }
}

#[test]
fn the_name_that_a_person_gives_a_group_stays_with_them() {
    let (mut crowd, kitchen, _) = group(3);
    crowd.rename(0, kitchen, "The informers");
    crowd.restart(0);
    crowd.link(0, 1);
    let (newcomer, contact) = crowd.newcomer();
    crowd.add_to_group(0, kitchen, contact);
    crowd.run(3 * MINUTE_MS);
    let name = |crowd: &mut Crowd, person| crowd.group_of(person, kitchen).name.0;
    assert_eq!(name(&mut crowd, newcomer), "Kitchen");
    assert_eq!(name(&mut crowd, 0), "The informers");
    // In the group that follows it, too: it is called here as before, and there as given.
    let member = crowd.me_in(1, kitchen);
    let ask = GroupCommand::ContinueWithout {
        conversation: kitchen,
        member,
    };
    let Ok(Answer::Joined { conversation }) = crowd.group_ask(0, ask) else {
        panic!("not founded");
    };
    assert_eq!(crowd.group_of(0, conversation).name.0, "The informers");
    assert_eq!(crowd.room(0, conversation).notes.given_name, "Kitchen");
}

#[test]
fn keys_for_an_invitation_leave_within_seconds() {
    let (mut crowd, of_1, _) = pair();
    // Whatever else was to be said is said.
    crowd.run(10 * MINUTE_MS);
    let kitchen = crowd.create(0, vec![of_1]);
    let has_answered = |crowd: &Crowd| crowd.joinings(1) == 1;
    let mut waited_ms = 0;
    while !has_answered(&crowd) {
        crowd.run(100);
        waited_ms += 100;
        assert!(waited_ms < MINUTE_MS, "no invitation came");
    }
    let came = |crowd: &Crowd| crowd.room(0, kitchen).notes.invited[0].keys.is_some();
    assert!(!came(&crowd), "at once, so that it points at us");
    crowd.run(ACK_SOON_MS.end + 1_000);
    assert!(came(&crowd));
    let joined = |event: &Event| matches!(event, Event::GroupJoined { .. });
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.events[1].iter().filter(|it| joined(it)).count(), 1);
}

/// Asks about a message, and for a timer: what cannot be said changes nothing here.
fn assert_refused(crowd: &mut Crowd, kitchen: ConversationId, expected: &CommandError) {
    let shown = |crowd: &mut Crowd| {
        let messages = crowd.timeline(0, kitchen).into_iter();
        let marks = messages.map(|it| (it.text, it.marks));
        marks.collect::<Vec<_>>()
    };
    let before = shown(crowd);
    let message = crowd.timeline(0, kitchen)[0].message_id;
    let text = "nine".to_owned().into();
    let emoji = "👍".to_owned().into();
    for ask in [
        MessageCommand::Edit { text },
        MessageCommand::React { emoji },
        MessageCommand::Withdraw,
    ] {
        let refused = crowd.ask(0, Request::Message(kitchen, message, ask));
        assert_eq!(refused.as_ref(), Err(expected));
    }
    let refused = crowd.ask(0, Request::SetTimer(kitchen, Some(3_600)));
    assert_eq!(refused.as_ref(), Err(expected));
    assert_eq!(shown(crowd), before);
    let timer = crowd.inside(0, |_, profile, _| Ok(profile.timer_s(kitchen)?));
    assert_eq!(timer, None);
}

#[test]
fn what_may_not_be_said_changes_nothing_here() {
    let (mut crowd, kitchen, _) = group(2);
    crowd.say(0, kitchen, "eight");
    crowd.run(MINUTE_MS);
    for _ in 0..GROUP_UNSEALED_MAX {
        crowd.let_wait(0, kitchen, "");
    }
    assert_refused(&mut crowd, kitchen, &CommandError::Busy);
    crowd.inside(0, |_, profile, _| {
        let room = profile.room_mut(kitchen).unwrap();
        room.unsealed.clear();
        room.notes.is_over = true;
        Ok(())
    });
    assert_refused(&mut crowd, kitchen, &CommandError::NotMember);
    let message = crowd.timeline(0, kitchen)[0].message_id;
    let ask = Request::Message(kitchen, message, MessageCommand::DeleteHere);
    assert_eq!(crowd.ask(0, ask), Ok(Answer::Done));
}

#[test]
fn what_still_waits_is_withdrawn_though_nothing_more_can_wait() {
    let mut crowd = Crowd::new(1);
    let kitchen = crowd.create(0, Vec::new());
    for number in 0..GROUP_UNSEALED_MAX {
        crowd.say(0, kitchen, &format!("{number}"));
    }
    let message = crowd.timeline(0, kitchen)[0].message_id;
    let ask = Request::Message(kitchen, message, MessageCommand::Withdraw);
    assert_eq!(crowd.ask(0, ask), Ok(Answer::Done));
}

#[test]
fn who_was_removed_and_is_added_again_is_in_and_keeps_the_messages() {
    let (mut crowd, kitchen, contacts) = group(3);
    crowd.say(0, kitchen, "before");
    crowd.run(MINUTE_MS);
    crowd.rename(2, kitchen, "Mine");
    let member = crowd.me_in(2, kitchen);
    assert_eq!(crowd.remove(0, kitchen, member), Ok(Answer::Done));
    crowd.run(2 * HOUR_MS);
    assert_eq!(crowd.group_of(2, kitchen).role, None);
    crowd.add_to_group(0, kitchen, contacts[1]);
    crowd.run(5 * MINUTE_MS);
    for is_later in [false, true] {
        for person in 0..3 {
            assert_eq!(crowd.roster(person, kitchen).len(), 3, "at {person}");
            assert!(crowd.group_of(person, kitchen).is_ready, "at {person}");
        }
        if is_later {
            break;
        }
        crowd.restart(2);
        crowd.link(1, 2);
    }
    let view = crowd.group_of(2, kitchen);
    assert_eq!(
        (view.name.0.as_str(), view.role),
        ("Mine", Some(Role::Member))
    );
    crowd.say(2, kitchen, "back");
    crowd.say(1, kitchen, "welcome");
    crowd.run(MINUTE_MS);
    for person in 0..3 {
        assert_eq!(crowd.texts(person, kitchen), ["back", "before", "welcome"]);
    }
}

#[test]
fn what_cannot_be_sealed_goes_on_waiting_and_holds_nothing_up() {
    let (mut crowd, kitchen, _) = group(2);
    crowd.let_wait(0, kitchen, &"x".repeat(8_000));
    let sent = |crowd: &Crowd| crowd.room(0, kitchen).notes.sent.len();
    let before = sent(&crowd);
    crowd.say(0, kitchen, "short");
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.texts(1, kitchen), ["short"]);
    assert_eq!(crowd.waiting(0, kitchen), (1, 1));
    assert_eq!(sent(&crowd), before + 1);
}

#[test]
fn what_waits_for_keys_waits_a_week_at_most() {
    let mut crowd = Crowd::new(1);
    let kitchen = crowd.create(0, Vec::new());
    crowd.say(0, kitchen, "old");
    crowd.clock_step_ms = (RESEND_DAYS - 1) * DAY_MS;
    crowd.run(2 * HOUR_MS);
    crowd.say(0, kitchen, "new");
    assert_eq!(crowd.waiting(0, kitchen), (2, 2));
    crowd.clock_step_ms = RESEND_DAYS * DAY_MS;
    crowd.run(2 * HOUR_MS);
    assert_eq!(crowd.waiting(0, kitchen), (1, 1));
    let states: Vec<_> = crowd
        .timeline(0, kitchen)
        .iter()
        .map(|it| it.state)
        .collect();
    assert_eq!(states, [Delivery::Waiting; 2]);
}

#[test]
fn nothing_waits_for_a_group_that_is_over() {
    let (mut crowd, kitchen, _) = group(4);
    let ids: Vec<_> = (0..4).map(|it| crowd.me_in(it, kitchen)).collect();
    for person in [1, 3] {
        crowd.let_wait(person, kitchen, "too late");
        assert_eq!(crowd.waiting(person, kitchen), (1, 1));
    }
    assert_eq!(crowd.remove(0, kitchen, ids[3]), Ok(Answer::Done));
    let ask = GroupCommand::ContinueWithout {
        conversation: kitchen,
        member: ids[2],
    };
    assert!(crowd.group_ask(1, ask).is_ok());
    assert_eq!(crowd.waiting(1, kitchen), (0, 0));
    while crowd.group_of(3, kitchen).role.is_some() {
        assert!(crowd.mono < 3 * HOUR_MS, "not told that they were removed");
        crowd.run(1_000);
    }
    crowd.run(1_000);
    assert_eq!(crowd.waiting(3, kitchen), (0, 0));
}

#[test]
fn an_invitation_that_comes_again_is_answered_once() {
    let (mut crowd, of_1, _) = pair();
    let kitchen = crowd.create(0, vec![of_1]);
    let invite = crowd.room(0, kitchen).notes.invited[0].invite;
    crowd.run(2 * MINUTE_MS);
    assert_eq!(crowd.groups_joined(1), 1);
    crowd.restart(1);
    crowd.link(0, 1);
    let again = Item::GroupInvite(invite, "Kitchen".into());
    crowd.send_item(0, of_1, vec![again]);
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.joinings(1), 0);
    // It is remembered for a week.
    let known = |crowd: &Crowd| {
        let profile = crowd.engines[1].profile.as_ref().unwrap();
        profile.groups.joinings.len()
    };
    assert_eq!(known(&crowd), 1);
    crowd.clock_step_ms = (RESEND_DAYS + 1) * DAY_MS;
    crowd.restart(1);
    assert_eq!(known(&crowd), 0);
}

/// Fills the history of a group with operations of its founder, as far as it takes them.
fn fill(crowd: &mut Crowd, person: usize, of: ConversationId, member: MemberId) {
    crowd.inside(person, |_, profile, now| {
        let random: &mut dyn CryptoRng = &mut rng(5);
        let group = &mut profile.room_mut(of).unwrap().group;
        for role in [Role::Admin, Role::Member].into_iter().cycle() {
            let changes = Changes {
                roles: vec![(member, role)],
                ..Changes::default()
            };
            if let Err(refused) = group.rekey(changes, None, random, now.wall) {
                assert_eq!(refused, RekeyError::Full);
                return Ok(());
            }
        }
        Ok(())
    });
}

#[test]
fn who_answers_while_a_group_is_full_of_operations_is_not_forgotten() {
    let (mut crowd, kitchen, _) = group(2);
    let (_, contact) = crowd.newcomer();
    let other = crowd.me_in(1, kitchen);
    fill(&mut crowd, 0, kitchen, other);
    crowd.add_to_group(0, kitchen, contact);
    crowd.run(2 * MINUTE_MS);
    let room = crowd.room(0, kitchen);
    let asked: Vec<_> = room.notes.invited.iter().map(|it| it.contact).collect();
    assert_eq!(asked, [contact]);
    assert!(room.notes.invited[0].keys.is_some(), "not answered");
    // Nothing stands in the way of adding them later.
    let gid = *room.group.gid();
    let (gsk, _) = room.notes.invited[0].keys.unwrap();
    assert!(room.notes.known(&MemberId::new(&gid, &gsk)).is_none());
}
