//! What a hostile member or contact may do, driven past its bounds.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use crate::api::{Answer, CommandError, Event, GroupCommand, PeopleCommand};
use crate::crypto::group::{Changes, Control, Group, MemberId, OwnKeys, Role, conversation};
use crate::engine::tests::crowd::Crowd;
use crate::engine::tests::groups::{HOUR_MS, MINUTE_MS, group};
use crate::engine::{Draft, Engine, EngineError, Profile, Request};
use crate::limits::{
    GROUP_ACK_MEMBERS_MAX, GROUP_ADD_WAIT_MS, GROUP_INVITES_OPEN_MAX, GROUP_MENTIONS_MAX,
    GROUP_NAME_BYTES_MAX, GROUP_OPS_KEPT_MAX, GROUP_ORPHANS_MAX, GROUP_RESEND_WAIT_MS,
    GROUP_RESENDS_PER_MINUTE, GROUP_SUCCESSORS_MAX, GROUP_TIDY_MS, GROUP_UNSEALED_MAX, GROUPS_MAX,
    TEXT_BYTES_MAX,
};
use crate::redact::Redacted;
use crate::testing::rng;
use crate::types::{ContactId, ConversationId, Lifetime, Now, Wall};
use crate::wire::items::{GroupKeys, Item};

use super::joining::pieces_of;
use super::{Due, Room};

mod honest;
mod members;

impl Crowd {
    /// Does something inside one engine, in a transaction of its own.
    fn inside<T>(
        &mut self,
        person: usize,
        run: impl FnOnce(&mut Engine, &mut Profile, Now) -> Result<T, EngineError>,
    ) -> T {
        let (now, mut result) = (self.now(), None);
        let engine = &mut self.engines[person];
        engine
            .with_profile(|engine, profile| {
                result = Some(run(engine, profile, now)?);
                Ok(())
            })
            .unwrap();
        self.drain(person);
        self.give(person, Vec::new());
        result.unwrap()
    }

    fn room(&self, person: usize, at: ConversationId) -> &Room {
        let profile = self.engines[person].profile.as_ref().unwrap();
        profile.room(at).unwrap()
    }

    fn send_item(&mut self, person: usize, to: ContactId, items: Vec<Item>) {
        self.inside(person, |engine, profile, now| {
            let messages = items.into_iter().map(|item| vec![item]).collect();
            engine.send_items(now, profile, to, messages, true)
        });
    }

    fn tell(&mut self, person: usize, at: ConversationId, control: &Control) {
        self.inside(person, |engine, profile, now| {
            engine.tell_everybody(now, profile, at, control)
        });
    }

    fn joinings(&self, person: usize) -> usize {
        let profile = self.engines[person].profile.as_ref().unwrap();
        let joinings = profile.groups.joinings.values();
        joinings.filter(|joining| !joining.is_done).count()
    }

    fn groups_joined(&self, person: usize) -> usize {
        let joined = |event: &&Event| matches!(event, Event::GroupJoined { .. });
        self.events[person].iter().filter(joined).count()
    }
}

/// Two linked contacts: how 0 knows 1, and the reverse.
fn pair() -> (Crowd, ContactId, ContactId) {
    let mut crowd = Crowd::new(2);
    let (of_1, of_0) = crowd.befriend(0, 1);
    crowd.link(0, 1);
    crowd.run(20_000);
    (crowd, of_1, of_0)
}

/// A group with so many members that no engine stands for, in the profile of one.
fn group_with_strangers(crowd: &mut Crowd, person: usize, members: usize) -> ConversationId {
    let mut random = rng(9);
    let random: &mut dyn CryptoRng = &mut random;
    let strangers = (1..members).map(|_| OwnKeys::draw(random).member(Role::Member));
    let strangers = strangers.collect();
    let own = OwnKeys::draw(random);
    let founded = Group::found(random, own, strangers, Wall(1));
    let (group, _) = founded.unwrap();
    crowd.inside(person, |_, profile, now| {
        Ok(profile.groups.enter("Strangers", now.wall, group))
    })
}

/// With `STARLING_GROUP_MEMBERS=50` the figures of `docs/BENCHMARKS.md`.
#[test]
fn a_group_made_in_one_go_takes_few_operations_whatever_its_size() {
    let count = std::env::var("STARLING_GROUP_MEMBERS");
    let count = count.ok().and_then(|it| it.parse().ok()).unwrap_or(8);
    let (mut crowd, kitchen, _) = group(count);
    assert_eq!(crowd.roster(0, kitchen).len(), count);
    for person in 0..count {
        let view = crowd.group_of(person, kitchen);
        assert!(view.is_ready && view.members.len() == count, "{person}");
    }
    let room = crowd.room(0, kitchen);
    let sizes: Vec<(usize, usize)> = room
        .ops
        .values()
        .map(|(eid, op)| (op.len(), Control::pieces(eid, op, 1_798).len()))
        .collect();
    println!("{count} members: operations as (bytes, envelopes) {sizes:?}");
    // The founding, one for all who answered, and one for who took longer.
    assert!((1..=3).contains(&sizes.len()), "{sizes:?}");
}

#[test]
fn invitations_in_a_loop_are_answered_a_few_times() {
    let (mut crowd, of_1, _) = pair();
    let invite = |number: u8| Item::GroupInvite([number; 16], "Come".into());
    crowd.send_item(0, of_1, (0..100).map(invite).collect());
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.joinings(1), GROUP_INVITES_OPEN_MAX);
    crowd.restart(1);
    assert_eq!(crowd.joinings(1), GROUP_INVITES_OPEN_MAX);
    // The same one again changes nothing, and they are forgotten after a week.
    crowd.link(0, 1);
    crowd.send_item(0, of_1, vec![invite(0)]);
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.joinings(1), GROUP_INVITES_OPEN_MAX);
    crowd.clock_step_ms = 8 * 24 * HOUR_MS;
    crowd.restart(1);
    assert_eq!(crowd.joinings(1), 0);
}

#[test]
fn forged_welcomes_and_those_of_strangers_begin_nothing() {
    let (mut crowd, of_1, _) = pair();
    let invite = [7; 16];
    crowd.send_item(0, of_1, vec![Item::GroupInvite(invite, "Come".into())]);
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.joinings(1), 1);
    // Of another invitation, and from somebody with whom we are in no group.
    let stray = pieces_of([8; 16], &[1; 5_000]);
    crowd.send_item(0, of_1, stray.into_iter().flatten().collect());
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.joinings(1), 1);
    // A welcome to a group made for other keys.
    let mut random = rng(3);
    let random: &mut dyn CryptoRng = &mut random;
    let member = OwnKeys::draw(random).member(Role::Member);
    let own = OwnKeys::draw(random);
    let founded = Group::found(random, own, vec![member], crowd.now().wall);
    let welcome = founded.unwrap().1.welcome;
    let pieces = pieces_of(invite, &welcome).into_iter().flatten().collect();
    crowd.send_item(0, of_1, pieces);
    crowd.run(MINUTE_MS);
    assert_eq!((crowd.joinings(1), crowd.groups_joined(1)), (0, 0));
}

#[test]
fn a_welcome_to_a_group_that_we_are_in_changes_nothing() {
    let (mut crowd, kitchen, contacts) = group(3);
    let eid = crowd.room(1, kitchen).group.heads()[0];
    let before = crowd.room(1, kitchen).group.epochs();
    let history = crowd.room(0, kitchen).group.history_for(&eid);
    for id in [[1; 16], [2; 16], [3; 16], [4; 16]] {
        let pieces = pieces_of(id, &history).into_iter().flatten().collect();
        crowd.send_item(0, contacts[0], pieces);
    }
    // Pieces of which the rest never comes: a contact in a group of ours has room for two.
    for id in 10..20 {
        let first = pieces_of([id; 16], &[0; 4_000]).into_iter().flatten();
        crowd.send_item(0, contacts[0], first.take(1).collect());
    }
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.room(1, kitchen).group.epochs(), before);
    assert_eq!((crowd.groups_joined(1), crowd.joinings(1)), (1, 2));
    crowd.say(1, kitchen, "as before");
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.texts(2, kitchen), ["as before"]);
}

#[test]
fn keys_that_nobody_asked_for_or_that_cannot_be_wrapped_to_add_nobody() {
    let (mut crowd, of_1, of_0) = pair();
    let kitchen = crowd.create(0, Vec::new());
    let keys = |invite, mk| {
        Item::GroupKeys(GroupKeys {
            invite,
            gsk: [3; 32],
            mk,
        })
    };
    crowd.send_item(1, of_0, vec![keys([5; 16], [9; 32])]);
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.roster(0, kitchen).len(), 1);
    // Keys of low order in the answer to an invitation of ours.
    let invite = crowd.inside(0, |engine, profile, now| {
        let invite = engine.draw_id();
        let room = profile.room_mut(kitchen).unwrap();
        room.notes.invited.push(super::notes::Invited {
            invite,
            contact: of_1,
            keys: None,
            at: now.wall,
        });
        Ok(invite)
    });
    crowd.send_item(1, of_0, vec![keys(invite, [0; 32])]);
    crowd.run(MINUTE_MS);
    let view = crowd.group_of(0, kitchen);
    assert_eq!((view.members.len(), view.invited.len()), (1, 0));
}

#[test]
fn a_member_who_makes_many_operations_fills_no_store_and_others_still_come_in() {
    let (mut crowd, kitchen, _) = group(3);
    let member = crowd.me_in(2, kitchen);
    for number in 0..GROUP_OPS_KEPT_MAX + 20 {
        let role = [Role::Admin, Role::Member][number % 2];
        let ask = GroupCommand::SetRole {
            conversation: kitchen,
            member,
            role,
        };
        assert_eq!(crowd.group_ask(0, ask), Ok(Answer::Done));
        crowd.run(10_000);
    }
    for person in 0..3 {
        assert_eq!(crowd.room(person, kitchen).ops.len(), GROUP_OPS_KEPT_MAX);
    }
    crowd.restart(1);
    assert_eq!(crowd.room(1, kitchen).ops.len(), GROUP_OPS_KEPT_MAX);
    assert_eq!(crowd.room(1, kitchen).group.roster().len(), 3);
}

#[test]
fn heads_in_a_flood_cost_a_few_operations_a_minute() {
    let (mut crowd, kitchen, _) = group(3);
    let member = crowd.me_in(2, kitchen);
    for number in 0..12 {
        let role = [Role::Admin, Role::Member][number % 2];
        let ask = GroupCommand::SetRole {
            conversation: kitchen,
            member,
            role,
        };
        assert_eq!(crowd.group_ask(0, ask), Ok(Answer::Done));
    }
    crowd.run(MINUTE_MS);
    // As if 2 knew nothing: others who would send the same are out of reach.
    let links = crowd.links_of(1);
    links.into_iter().for_each(|link| crowd.cut(1, link));
    for _ in 0..50 {
        crowd.tell(2, kitchen, &Control::Heads(vec![[9; 32]]));
    }
    crowd.run(GROUP_RESEND_WAIT_MS.start - 1_000);
    assert!(crowd.room(0, kitchen).resent.is_empty(), "not at once");
    crowd.run(MINUTE_MS);
    let resent = crowd.room(0, kitchen).resent.len();
    assert!((1..=GROUP_RESENDS_PER_MINUTE).contains(&resent), "{resent}");
    let is_waiting = crowd.room(0, kitchen).lacked.len();
    assert!(is_waiting > 0, "the rest waits");
}

#[test]
fn operations_that_build_on_nothing_known_are_kept_in_bounded_number() {
    let (mut crowd, kitchen, _) = group(3);
    for number in 0..GROUP_ORPHANS_MAX + 9 {
        let mut op = vec![1];
        op.extend([u8::try_from(number).unwrap(); 32]);
        op.extend([7; 16]);
        op.extend([0; 2]);
        op.extend([5; 200]);
        let eid = crate::crypto::group::eid_of(&op);
        for piece in Control::pieces(&eid, &op, 1_798) {
            crowd.tell(2, kitchen, &piece);
        }
        crowd.run(2_000);
    }
    crowd.run(20_000);
    assert_eq!(crowd.room(0, kitchen).orphans.len(), GROUP_ORPHANS_MAX);
}

#[test]
fn one_member_alone_cannot_pretend_that_we_were_removed() {
    let (mut crowd, kitchen, _) = group(4);
    let parent = crowd.room(0, kitchen).group.heads()[0];
    let mut op = vec![1];
    op.extend(parent);
    op.extend(crowd.me_in(0, kitchen).0);
    op.extend([0; 2]);
    op.extend([5; 300]);
    let eid = crate::crypto::group::eid_of(&op);
    for piece in Control::pieces(&eid, &op, 1_798) {
        crowd.tell(2, kitchen, &piece);
    }
    crowd.tell(2, kitchen, &Control::Heads(vec![eid]));
    crowd.run(2 * HOUR_MS);
    assert!(!crowd.room(1, kitchen).doubts.is_empty());
    assert_eq!(crowd.group_of(1, kitchen).role, Some(Role::Member));
}

#[test]
fn a_member_who_claims_a_contacts_name_is_told_apart() {
    let (mut crowd, kitchen, _) = group(3);
    let claimed = "person 0";
    let rename = PeopleCommand::Rename {
        name: claimed.to_owned().into(),
    };
    crowd.people(2, rename).unwrap();
    crowd.say(2, kitchen, "I am the founder");
    crowd.run(MINUTE_MS);
    // 1 knows the founder as a contact, and 2 only by what they claim.
    let message = crowd.timeline(1, kitchen).remove(0);
    assert_ne!(message.from.name, claimed);
    assert!(message.from.name.starts_with(claimed));
    let members = crowd.group_of(1, kitchen).members;
    let names: BTreeSet<String> = members.iter().map(|it| it.name.0.clone()).collect();
    assert_eq!(names.len(), 3);
}

#[test]
fn a_blocked_contact_is_not_heard_in_a_group() {
    let (mut crowd, kitchen, contacts) = group(3);
    let block = PeopleCommand::Block {
        contact: contacts[1],
        blocked: true,
    };
    crowd.people(0, block).unwrap();
    crowd.say(2, kitchen, "let me in");
    crowd.say(1, kitchen, "hello");
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.texts(0, kitchen), ["hello"]);
    assert_eq!(crowd.texts(1, kitchen), ["hello", "let me in"]);
}

#[test]
fn acknowledgements_alone_stop_where_a_group_is_too_large_for_them() {
    for (members, expected) in [
        (GROUP_ACK_MEMBERS_MAX, true),
        (GROUP_ACK_MEMBERS_MAX + 1, false),
    ] {
        let mut crowd = Crowd::new(1);
        let at = group_with_strangers(&mut crowd, 0, members);
        crowd.inside(0, |engine, profile, now| {
            engine.acknowledge_group_later(now, profile, at);
            Ok(())
        });
        let is_planned = crowd.room(0, at).due.contains_key(&Due::Ack);
        assert_eq!(is_planned, expected, "{members}");
    }
}

#[test]
fn what_waits_for_keys_and_what_is_named_is_bounded() {
    let mut crowd = Crowd::new(1);
    let kitchen = crowd.create(0, Vec::new());
    let text = |text: &str| Draft::text(Redacted(text.to_owned()));
    let me = crowd.me_in(0, kitchen);
    let named = Draft {
        mentions: vec![me; GROUP_MENTIONS_MAX + 5],
        ..text(&"x".repeat(TEXT_BYTES_MAX))
    };
    assert!(crowd.ask(0, Request::Send(kitchen, named)).is_ok());
    let waiting = crowd.room(0, kitchen).unsealed.values().next().unwrap();
    assert_eq!(waiting.items.len(), GROUP_MENTIONS_MAX);
    let stranger = Draft {
        mentions: vec![MemberId([9; 16])],
        ..text("you there")
    };
    let refused = crowd.ask(0, Request::Send(kitchen, stranger));
    assert_eq!(refused, Err(CommandError::UnknownMember));
    for number in 1..GROUP_UNSEALED_MAX {
        crowd.say(0, kitchen, &format!("{number}"));
    }
    let more = crowd.ask(0, Request::Send(kitchen, text("more")));
    assert_eq!(more, Err(CommandError::Busy));
    assert_eq!(crowd.room(0, kitchen).unsealed.len(), GROUP_UNSEALED_MAX);
}

#[test]
fn a_person_is_in_so_many_groups_and_names_are_checked() {
    let (mut crowd, of_1, _) = pair();
    for _ in 0..GROUPS_MAX {
        crowd.create(1, Vec::new());
    }
    let create = |name: String, members| GroupCommand::Create {
        name: Redacted(name),
        members,
    };
    let full = Err(CommandError::GroupsFull { max: GROUPS_MAX });
    assert_eq!(crowd.group_ask(1, create("One more".into(), vec![])), full);
    // Nor is an invitation answered.
    let kitchen = crowd.create(0, vec![of_1]);
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.joinings(1), 0);
    assert_eq!(crowd.roster(0, kitchen).len(), 1);
    let max = GROUP_NAME_BYTES_MAX;
    for name in ["  ".to_owned(), "two\nlines".into(), "x".repeat(max + 1)] {
        let refused = crowd.group_ask(0, create(name, vec![]));
        assert_eq!(refused, Err(CommandError::GroupName { max }));
    }
    let nobody = crowd.group_ask(0, create("x".repeat(max), vec![ContactId([9; 16])]));
    assert_eq!(nobody, Err(CommandError::UnknownContact));
}

#[test]
fn whoever_answers_is_waited_for_and_old_things_are_looked_after_every_hour() {
    let (mut crowd, of_1, _) = pair();
    let kitchen = crowd.create(0, vec![of_1]);
    let tidy = crowd.room(0, kitchen).due[&Due::Tidy].0 - crowd.mono;
    assert!((GROUP_TIDY_MS..GROUP_TIDY_MS + 300_000).contains(&tidy));
    while !crowd.room(0, kitchen).due.contains_key(&Due::Add) {
        crowd.run(50);
        assert!(crowd.mono < MINUTE_MS, "nobody answered");
    }
    let wait = crowd.room(0, kitchen).due[&Due::Add].0 - crowd.mono;
    assert!(wait + 50 >= GROUP_ADD_WAIT_MS.start && wait < GROUP_ADD_WAIT_MS.end);
    assert_eq!(crowd.roster(0, kitchen).len(), 1);
    crowd.run(GROUP_ADD_WAIT_MS.end);
    assert_eq!(crowd.roster(0, kitchen).len(), 2);
}

#[test]
fn keys_are_renewed_every_day_and_wrapping_keys_told() {
    let (mut crowd, kitchen, _) = group(3);
    let first = crowd.room(1, kitchen).group.sending_epoch();
    crowd.run(7 * HOUR_MS);
    for person in 0..3 {
        assert!(crowd.room(person, kitchen).group.key_due().is_none());
    }
    crowd.run(20 * HOUR_MS);
    let renewed: Vec<_> = (0..3)
        .map(|person| crowd.room(person, kitchen).group.sending_epoch())
        .collect();
    assert!(renewed[0].is_some() && renewed[0] != first);
    assert!(renewed.iter().all(|eid| *eid == renewed[0]));
}

#[test]
fn a_message_in_the_chain_of_the_other_purpose_means_nothing() {
    let (mut crowd, kitchen, _) = group(3);
    let heads = Control::Heads(vec![[9; 32]]).encode();
    let before = crowd.room(0, kitchen).due.clone();
    crowd.inside(2, |engine, profile, now| {
        let header = engine.text_header(now, Lifetime::Day).encode();
        let room = profile.room_mut(kitchen).unwrap();
        let sealed = room.group.seal(engine.rng.as_mut(), header, 480, &heads);
        let sealed = sealed.unwrap();
        engine.send_sealed(now, profile, kitchen, super::say::nothing(), sealed)
    });
    crowd.run(5_000);
    assert_eq!(crowd.room(0, kitchen).due, before);
    assert!(crowd.timeline(0, kitchen).is_empty());
    crowd.say(2, kitchen, "and this does");
    crowd.run(5_000);
    assert_eq!(crowd.texts(0, kitchen), ["and this does"]);
}

#[test]
fn members_bring_us_into_one_group_each_and_all_of_them_into_a_few() {
    let (mut crowd, kitchen, _) = group(GROUP_SUCCESSORS_MAX + 4);
    let gone = crowd.me_in(1, kitchen);
    let found = |crowd: &mut Crowd, person: usize| {
        crowd.inside(person, |engine, profile, now| {
            let made = engine.continue_without(now, profile, kitchen, gone)?;
            // As a client that does not stop there.
            profile.room_mut(kitchen).unwrap().notes.is_over = false;
            Ok(made.is_ok())
        })
    };
    for _ in 0..3 {
        assert!(found(&mut crowd, 2));
        crowd.run(MINUTE_MS);
    }
    assert_eq!(crowd.groups_joined(3), 2, "the first, and one more");
    for person in 4..GROUP_SUCCESSORS_MAX + 4 {
        assert!(found(&mut crowd, person));
        crowd.run(MINUTE_MS);
    }
    assert_eq!(crowd.groups_joined(3), 1 + GROUP_SUCCESSORS_MAX);
    assert_eq!(crowd.groups_joined(1), 1, "who was left out");
}

#[test]
fn the_conversation_of_a_group_follows_from_its_name() {
    assert_eq!(conversation(&[1; 32]), conversation(&[1; 32]));
    assert_ne!(conversation(&[1; 32]), conversation(&[2; 32]));
    assert!(Changes::default().is_empty());
}
