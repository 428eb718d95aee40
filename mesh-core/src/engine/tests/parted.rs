//! Groups whose members cannot reach each other for hours, and what is left when they
//! can again; groups that somebody was arrested in.

use std::collections::BTreeSet;

use rand_core::Rng as _;

use super::crowd::Crowd;
use super::groups::{HOUR_MS, MINUTE_MS, group};
use crate::api::{Answer, Arrest, CommandError, Event, GroupCommand};
use crate::engine::Request;
use crate::testing::rng;
use crate::types::{ContactId, ConversationId, MemberId, Role};

impl Crowd {
    fn set_role(&mut self, person: usize, of: ConversationId, member: MemberId, role: Role) {
        let ask = GroupCommand::SetRole {
            conversation: of,
            member,
            role,
        };
        assert_eq!(self.group_ask(person, ask), Ok(Answer::Done));
    }

    fn cut_all(&mut self, person: usize) {
        let links = self.links_of(person);
        links.into_iter().for_each(|link| self.cut(person, link));
    }

    fn arrest(&mut self, person: usize, of: ConversationId, member: MemberId) -> Arrest {
        let ask = GroupCommand::Arrested {
            conversation: of,
            member,
        };
        match self.group_ask(person, ask) {
            Ok(Answer::Arrested(arrest)) => arrest,
            other => panic!("{other:?}"),
        }
    }

    fn add_to(&mut self, person: usize, of: ConversationId, contact: ContactId) {
        let ask = GroupCommand::Add {
            conversation: of,
            contact,
        };
        assert_eq!(self.group_ask(person, ask), Ok(Answer::Done));
    }

    /// Whether these people know the same members, and can write to exactly them.
    fn assert_one(&mut self, people: &[usize], of: ConversationId) -> BTreeSet<MemberId> {
        let roster = self.roster(people[0], of);
        for person in people {
            assert_eq!(self.roster(*person, of), roster, "at {person}");
            assert!(self.group_of(*person, of).is_ready, "at {person}");
        }
        roster
    }
}

/// 0 and 1 are admins on different sides; 2 stays with 0, 3 and 4 with 1; 5 and 6 are
/// asked in while nobody of one side reaches the other.
#[test]
fn both_sides_add_and_remove_and_all_agree_when_they_meet() {
    let mut crowd = Crowd::new(7);
    let contacts: Vec<ContactId> = (1..5).map(|other| crowd.befriend(0, other).0).collect();
    let five = crowd.befriend(0, 5).0;
    let six = crowd.befriend(1, 6).0;
    crowd.link_all();
    crowd.run(20_000);
    let kitchen = crowd.create(0, contacts);
    crowd.run(2 * MINUTE_MS);
    let ids: Vec<MemberId> = (0..5).map(|person| crowd.me_in(person, kitchen)).collect();
    crowd.set_role(0, kitchen, ids[1], Role::Admin);
    crowd.run(MINUTE_MS);
    for person in 0..7 {
        crowd.cut_all(person);
    }
    for (one, other) in [(0, 2), (2, 5), (1, 3), (3, 4), (4, 6)] {
        crowd.link(one, other);
    }
    crowd.run(5_000);
    crowd.add_to(0, kitchen, five);
    assert_eq!(crowd.remove(0, kitchen, ids[4]), Ok(Answer::Done));
    crowd.add_to(1, kitchen, six);
    crowd.run(3 * MINUTE_MS);
    for (person, text) in [(2, "here"), (3, "there"), (5, "new here"), (6, "new there")] {
        crowd.say(person, kitchen, text);
    }
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.texts(0, kitchen), ["here", "new here"]);
    assert_eq!(crowd.texts(4, kitchen), ["new there", "there"]);
    crowd.run(HOUR_MS);
    crowd.link(2, 3);
    crowd.run(30 * MINUTE_MS);
    let left = [0, 1, 2, 3, 5, 6];
    let roster = crowd.assert_one(&left, kitchen);
    assert_eq!(roster.len(), 6);
    assert!(!roster.contains(&ids[4]));
    for person in left {
        crowd.say(person, kitchen, &format!("together {person}"));
    }
    crowd.run(2 * MINUTE_MS);
    for person in left {
        let texts = crowd.texts(person, kitchen);
        let together = texts.iter().filter(|text| text.starts_with("together"));
        assert_eq!(together.count(), left.len(), "at {person}");
    }
    // Members of before read what the others wrote.
    let apart = ["here", "new here", "new there", "there"];
    assert_eq!(crowd.texts(0, kitchen)[..4], apart);
    assert_eq!(crowd.texts(3, kitchen)[..4], apart);
    assert!(
        crowd
            .texts(4, kitchen)
            .iter()
            .all(|text| !text.starts_with("together"))
    );
}

#[test]
fn who_is_asked_in_by_two_at_once_is_one_member() {
    let (mut crowd, kitchen, _) = group(3);
    let one = crowd.me_in(1, kitchen);
    crowd.set_role(0, kitchen, one, Role::Admin);
    crowd.engines.push(crowd.fresh_engine(3));
    crowd.events.push(Vec::new());
    crowd.clock_ahead_ms.push(0);
    crowd.link(2, 3);
    let contacts = [0, 1].map(|person| crowd.befriend(person, 3).0);
    crowd.run(MINUTE_MS);
    for (person, contact) in [(0, contacts[0]), (1, contacts[1])] {
        crowd.add_to(person, kitchen, contact);
    }
    crowd.run(10 * MINUTE_MS);
    assert_eq!(crowd.assert_one(&[0, 1, 2, 3], kitchen).len(), 4);
    crowd.say(3, kitchen, "only once");
    crowd.run(MINUTE_MS);
    for person in 0..4 {
        assert_eq!(crowd.texts(person, kitchen), ["only once"]);
    }
}

#[test]
fn an_arrested_junior_is_cut_off_in_every_group_we_may() {
    let (mut crowd, kitchen, contacts) = group(3);
    let second = crowd.create(0, contacts);
    crowd.run(2 * MINUTE_MS);
    let member = crowd.me_in(2, kitchen);
    let arrest = crowd.arrest(0, kitchen, member);
    let both: BTreeSet<_> = [kitchen, second].into();
    assert_eq!(arrest.removed.into_iter().collect::<BTreeSet<_>>(), both);
    assert!(arrest.signed.is_empty() && arrest.left.is_empty());
    crowd.run(2 * MINUTE_MS);
    for of in [kitchen, second] {
        assert_eq!(crowd.roster(1, of).len(), 2);
    }
}

#[test]
fn an_arrested_senior_is_cut_off_when_two_admins_say_so() {
    let (mut crowd, kitchen, _) = group(5);
    let ids: Vec<MemberId> = (0..5).map(|person| crowd.me_in(person, kitchen)).collect();
    for admin in [1, 2] {
        crowd.set_role(0, kitchen, ids[admin], Role::Admin);
    }
    crowd.run(2 * MINUTE_MS);
    let owner = ids[0];
    assert_eq!(crowd.arrest(1, kitchen, owner).signed, [kitchen]);
    assert_eq!(
        crowd.remove(1, kitchen, owner),
        Err(CommandError::NeedsAnother)
    );
    crowd.run(MINUTE_MS);
    let awaits = |crowd: &mut Crowd, person: usize| {
        let members = crowd.group_of(person, kitchen).members;
        members.iter().any(|it| it.awaits_removal)
    };
    assert!(awaits(&mut crowd, 2) && !awaits(&mut crowd, 1) && !awaits(&mut crowd, 3));
    assert_eq!(crowd.arrest(3, kitchen, owner).left, [kitchen]);
    assert_eq!(crowd.arrest(2, kitchen, owner).removed, [kitchen]);
    crowd.run(2 * MINUTE_MS);
    let roster = crowd.assert_one(&[1, 2, 3, 4], kitchen);
    assert!(!roster.contains(&owner) && roster.len() == 4);
}

#[test]
fn who_signs_at_the_same_time_ends_in_one_removal() {
    let (mut crowd, kitchen, _) = group(4);
    let ids: Vec<MemberId> = (0..4).map(|person| crowd.me_in(person, kitchen)).collect();
    for admin in [1, 2] {
        crowd.set_role(0, kitchen, ids[admin], Role::Admin);
    }
    crowd.run(2 * MINUTE_MS);
    for admin in [1, 2] {
        assert_eq!(crowd.arrest(admin, kitchen, ids[0]).signed, [kitchen]);
    }
    crowd.run(3 * MINUTE_MS);
    let roster = crowd.assert_one(&[1, 2, 3], kitchen);
    assert!(!roster.contains(&ids[0]));
    crowd.run(2 * HOUR_MS);
    assert_eq!(crowd.group_of(0, kitchen).role, None);
}

#[test]
fn those_who_cannot_wait_go_on_without_somebody() {
    let (mut crowd, kitchen, _) = group(4);
    let gone = crowd.me_in(3, kitchen);
    let ask = GroupCommand::ContinueWithout {
        conversation: kitchen,
        member: gone,
    };
    let new = match crowd.group_ask(1, ask) {
        Ok(Answer::Joined { conversation }) => conversation,
        other => panic!("{other:?}"),
    };
    assert_ne!(new, kitchen);
    assert_eq!(crowd.group_of(1, kitchen).role, None);
    crowd.run(2 * MINUTE_MS);
    let roster = crowd.assert_one(&[0, 1, 2], new);
    assert_eq!(roster.len(), 3);
    assert!(!crowd.is_in(3, new));
    // Its founder is the owner, and those who are no contacts of theirs came, too.
    assert_eq!(crowd.group_of(1, new).role, Some(Role::Owner));
    crowd.say(2, new, "are we all here?");
    crowd.run(MINUTE_MS);
    for person in 0..3 {
        assert_eq!(crowd.texts(person, new), ["are we all here?"]);
    }
    // Whom we know there is known here, too.
    let known = crowd.group_of(0, new).members;
    assert_eq!(known.iter().filter(|it| it.contact.is_some()).count(), 2);
    let joined = |event: &Event| matches!(event, Event::GroupJoined { conversation, .. } if *conversation == new);
    assert_eq!(crowd.events[2].iter().filter(|it| joined(it)).count(), 1);
}

/// Four people on a line that is cut, joined and restarted at random, for hours: whoever
/// wrote what, everybody has it once. Seeds are printed by the assertion;
/// `STARLING_CHAOS_SEEDS` takes more of them.
#[test]
fn through_cuts_and_restarts_everybody_has_everything_once() {
    let seeds = std::env::var("STARLING_CHAOS_SEEDS");
    let seeds = seeds.ok().and_then(|it| it.parse().ok()).unwrap_or(2);
    (0..seeds).for_each(chaos);
}

fn chaos(seed: u64) {
    let mut rng = rng(seed);
    let mut chance = |below: u32| rng.next_u32() % below;
    let (mut crowd, kitchen, _) = group(4);
    let ids: Vec<MemberId> = (0..4).map(|person| crowd.me_in(person, kitchen)).collect();
    crowd.set_role(0, kitchen, ids[1], Role::Admin);
    crowd.run(MINUTE_MS);
    let mut said = Vec::new();
    for step in 0..150 {
        let person = chance(4) as usize;
        match chance(24) {
            0..10 => {
                let long = "x".repeat(if chance(8) == 0 { 600 } else { 0 });
                let text = format!("{step:03} of {person} {long}");
                crowd.say(person, kitchen, &text);
                said.push(text);
            }
            10..13 => crowd.restart(person),
            13..16 => crowd.cut_all(person),
            16..22 => {
                for at in 0..3 {
                    if crowd.links_of(at).len() < 2 {
                        crowd.link(at, at + 1);
                    }
                }
                crowd.run(u64::from(chance(20_000)));
            }
            22 => {
                // Demoted and promoted again: operations on whichever side.
                let role = [Role::Member, Role::Admin][chance(2) as usize];
                let _ = crowd.group_ask(
                    0,
                    GroupCommand::SetRole {
                        conversation: kitchen,
                        member: ids[1],
                        role,
                    },
                );
            }
            _ => crowd.run(u64::from(chance(20 * 60 * 1_000))),
        }
    }
    (0..4).for_each(|person| crowd.cut_all(person));
    (0..3).for_each(|person| {
        crowd.link(person, person + 1);
    });
    crowd.run(3 * HOUR_MS);
    said.sort();
    for person in 0..4 {
        let mut lines = crowd.all_lines(person, kitchen);
        lines.sort();
        let missing: Vec<_> = said.iter().filter(|it| !lines.contains(it)).collect();
        assert!(missing.is_empty(), "seed {seed}: at {person}: {missing:?}");
        assert_eq!(lines.len(), said.len(), "seed {seed}: at {person}");
        let shown = |event: &&Event| matches!(event, Event::MessageReceived(_));
        let told = crowd.events[person].iter().filter(shown).count();
        let own = said
            .iter()
            .filter(|text| text.contains(&format!("of {person} ")));
        assert_eq!(told, said.len() - own.count(), "seed {seed}: told {person}");
    }
    let roster = crowd.assert_one(&[0, 1, 2, 3], kitchen);
    assert_eq!(roster.len(), 4, "seed {seed}");
    let _ = crowd.ask(0, Request::Leave(kitchen));
}

/// Bytes are printed; `STARLING_GROUP_OF` takes other sizes.
#[test]
fn many_come_in_at_once_with_few_operations() {
    let count = std::env::var("STARLING_GROUP_OF");
    let count = count.ok().and_then(|it| it.parse().ok()).unwrap_or(50);
    let mut crowd = Crowd::new(count);
    let contacts: Vec<ContactId> = (1..count).map(|other| crowd.befriend(0, other).0).collect();
    for person in 1..count {
        crowd.link((person - 1) / 7, person);
    }
    crowd.run(20_000);
    let before = crowd.transmitted_bytes;
    let kitchen = crowd.create(0, contacts);
    crowd.run(3 * MINUTE_MS);
    let bytes = crowd.transmitted_bytes - before;
    let operations = crowd.engines[0].operations(kitchen);
    println!("{count}: {bytes} bytes on all links, {operations} operations");
    assert!(operations <= 6, "{operations} operations");
    for person in 0..count {
        assert_eq!(crowd.roster(person, kitchen).len(), count, "at {person}");
    }
    crowd.say(count - 1, kitchen, "all here");
    crowd.run(MINUTE_MS);
    for person in 0..count {
        assert_eq!(crowd.texts(person, kitchen), ["all here"], "at {person}");
    }
}
