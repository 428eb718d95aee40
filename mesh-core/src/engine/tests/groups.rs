//! Groups of several people: they come in, talk, part, heal, and cut somebody off.

use super::crowd::Crowd;
use crate::api::{Answer, CommandError, Event, GroupCommand, GroupView, MemberView, Query};
use crate::engine::{Draft, Request};
use crate::redact::Redacted;
use crate::types::{ContactId, ConversationId, ConversationKind, Delivery, MemberId, Role};

pub(in crate::engine) const MINUTE_MS: u64 = 60_000;
pub(in crate::engine) const HOUR_MS: u64 = 60 * MINUTE_MS;

impl Crowd {
    pub(in crate::engine) fn group_ask(
        &mut self,
        person: usize,
        ask: GroupCommand,
    ) -> Result<Answer, CommandError> {
        self.ask(person, Request::Group(ask))
    }

    /// Makes two people contacts of each other; gives how each knows the other.
    pub(in crate::engine) fn befriend(
        &mut self,
        one: usize,
        other: usize,
    ) -> (ContactId, ContactId) {
        let cards = [self.card(one), self.card(other)];
        let (of_other, _) = self.add(one, &cards[1]);
        let (of_one, _) = self.add(other, &cards[0]);
        (of_other, of_one)
    }

    /// Links everybody with the one before and the first.
    pub(in crate::engine) fn link_all(&mut self) {
        let count = self.engines.len();
        for person in 1..count {
            self.link(person - 1, person);
        }
        if count > 2 {
            self.link(0, count - 1);
        }
    }

    pub(in crate::engine) fn create(
        &mut self,
        person: usize,
        members: Vec<ContactId>,
    ) -> ConversationId {
        let name = Redacted("Kitchen".to_owned());
        let ask = GroupCommand::Create { name, members };
        match self.group_ask(person, ask) {
            Ok(Answer::Joined { conversation }) => conversation,
            other => panic!("{other:?}"),
        }
    }

    pub(in crate::engine) fn group_of(&mut self, person: usize, of: ConversationId) -> GroupView {
        let query = Query::Group { conversation: of };
        match self.ask(person, Request::Query(query)) {
            Ok(Answer::Group(view)) => view,
            other => panic!("person {person}: {other:?}"),
        }
    }

    /// Whether somebody is in a group, as far as they know.
    pub(in crate::engine) fn is_in(&mut self, person: usize, of: ConversationId) -> bool {
        let query = Query::Group { conversation: of };
        match self.ask(person, Request::Query(query)) {
            Ok(Answer::Group(view)) => view.role.is_some(),
            _ => false,
        }
    }

    /// A member as others know it.
    pub(in crate::engine) fn me_in(&mut self, person: usize, of: ConversationId) -> MemberId {
        let members = self.group_of(person, of).members;
        members.iter().find(|member| member.is_us).unwrap().member
    }

    pub(in crate::engine) fn remove(
        &mut self,
        person: usize,
        of: ConversationId,
        member: MemberId,
    ) -> Result<Answer, CommandError> {
        self.group_ask(
            person,
            GroupCommand::Remove {
                conversation: of,
                member,
            },
        )
    }

    /// Ids of everybody in it, as one person knows it.
    pub(in crate::engine) fn roster(
        &mut self,
        person: usize,
        of: ConversationId,
    ) -> std::collections::BTreeSet<MemberId> {
        let members = self.group_of(person, of).members;
        members.iter().map(|member| member.member).collect()
    }
}

/// `count` linked people in one group: person 0 founded it and knows everybody.
pub(in crate::engine) fn group(count: usize) -> (Crowd, ConversationId, Vec<ContactId>) {
    let mut crowd = Crowd::new(count);
    let contacts: Vec<ContactId> = (1..count).map(|other| crowd.befriend(0, other).0).collect();
    crowd.link_all();
    crowd.run(20_000);
    let conversation = crowd.create(0, contacts.clone());
    crowd.run(2 * MINUTE_MS);
    (crowd, conversation, contacts)
}

#[test]
fn five_come_in_and_everybody_reads_everybody() {
    let (mut crowd, kitchen, contacts) = group(5);
    let roster = crowd.roster(0, kitchen);
    assert_eq!(roster.len(), 5);
    for person in 0..5 {
        let view = crowd.group_of(person, kitchen);
        assert_eq!(view.name, Redacted("Kitchen".into()));
        assert_eq!(crowd.roster(person, kitchen), roster, "at {person}");
        assert!(view.is_ready && view.invited.is_empty());
        let role = if person == 0 {
            Role::Owner
        } else {
            Role::Member
        };
        assert_eq!(view.role, Some(role));
        assert!(view.members[0].is_us);
        let joined = |event: &Event| matches!(event, Event::GroupJoined { .. });
        let told = crowd.events[person].iter().filter(|it| joined(it)).count();
        assert_eq!(told, usize::from(person != 0));
    }
    let bound = |members: &[MemberView]| members.iter().filter(|it| it.contact.is_some()).count();
    let of_founder = crowd.group_of(0, kitchen).members;
    assert_eq!(bound(&of_founder), contacts.len());
    let of_other = crowd.group_of(3, kitchen).members;
    assert_eq!(bound(&of_other), 1, "the one who asked them in");
    assert_eq!(of_other[1].name, Redacted("person 0".into()));

    let mut expected = Vec::new();
    for person in 0..5 {
        let long = "é".repeat(if person == 2 { 900 } else { 0 });
        let text = format!("from {person} {long}");
        crowd.say(person, kitchen, &text);
        expected.push(text);
    }
    crowd.run(MINUTE_MS);
    for person in 0..5 {
        assert_eq!(crowd.texts(person, kitchen), expected, "at {person}");
        let Ok(Answer::Conversations(all)) =
            crowd.ask(person, Request::Query(Query::Conversations))
        else {
            panic!("no conversations");
        };
        let view = all.iter().find(|it| it.conversation == kitchen).unwrap();
        assert_eq!((view.kind, view.unread), (ConversationKind::Group, 4));
        crowd.ask(person, Request::MarkSeen(kitchen)).unwrap();
    }
    // Members who are no contacts have the names that they claim.
    let shown = crowd.group_of(3, kitchen).members;
    assert!(
        shown
            .iter()
            .any(|it| it.name == Redacted("person 4".into()))
    );
}

#[test]
fn what_is_written_while_nobody_is_in_goes_out_when_somebody_is() {
    let mut crowd = Crowd::new(2);
    let contacts = vec![crowd.befriend(0, 1).0];
    let kitchen = crowd.create(0, contacts);
    crowd.say(0, kitchen, "first");
    crowd.restart(0);
    crowd.say(0, kitchen, "second");
    let view = crowd.group_of(0, kitchen);
    assert_eq!((view.invited.len(), view.members.len()), (1, 1));
    crowd.link_all();
    crowd.run(3 * MINUTE_MS);
    for person in 0..2 {
        assert_eq!(crowd.texts(person, kitchen), ["first", "second"]);
    }
    assert!(crowd.group_of(0, kitchen).invited.is_empty());
}

#[test]
fn a_newcomer_reads_nothing_of_before() {
    let (mut crowd, kitchen, _) = group(3);
    crowd.say(1, kitchen, "before");
    crowd.run(MINUTE_MS);
    let newcomer = crowd.engines.len();
    let engine = crowd.fresh_engine(newcomer);
    crowd.engines.push(engine);
    crowd.events.push(Vec::new());
    crowd.clock_ahead_ms.push(0);
    crowd.link(1, newcomer);
    let (contact, _) = crowd.befriend(0, newcomer);
    crowd.run(20_000);
    let add = GroupCommand::Add {
        conversation: kitchen,
        contact,
    };
    assert_eq!(crowd.group_ask(0, add.clone()), Ok(Answer::Done));
    assert_eq!(crowd.group_ask(0, add), Err(CommandError::AlreadyMember));
    crowd.run(2 * MINUTE_MS);
    crowd.say(2, kitchen, "after");
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.texts(newcomer, kitchen), ["after"]);
    assert_eq!(crowd.texts(0, kitchen), ["after", "before"]);
    assert_eq!(crowd.roster(newcomer, kitchen).len(), 4);
}

/// Attack row D09: somebody was arrested and removed.
#[test]
fn d09_a_removed_member_opens_none_of_the_next_messages() {
    let (mut crowd, kitchen, _) = group(4);
    crowd.say(1, kitchen, "all of us");
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.texts(3, kitchen), ["all of us"]);
    let taken = crowd.me_in(3, kitchen);
    assert_eq!(
        crowd.remove(1, kitchen, taken),
        Err(CommandError::NotAllowed)
    );
    assert_eq!(crowd.remove(0, kitchen, taken), Ok(Answer::Done));
    crowd.run(MINUTE_MS);
    let before = crowd.all_lines(3, kitchen).len();
    let count = std::env::var("STARLING_D09_MESSAGES");
    let count = count.ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    for number in 0..count {
        crowd.say(number % 3, kitchen, &format!("{number} of those who stay"));
        if number % 20 == 19 {
            crowd.run(10_000);
        }
    }
    crowd.run(MINUTE_MS);
    assert_eq!(crowd.all_lines(3, kitchen).len(), before, "at the removed");
    for person in 0..3 {
        assert_eq!(crowd.all_lines(person, kitchen).len(), before + count);
        assert_eq!(crowd.roster(person, kitchen).len(), 3);
    }
    // Who was removed is told, once two others know it, and can write no more.
    crowd.run(2 * HOUR_MS);
    assert_eq!(crowd.group_of(3, kitchen).role, None);
    let sent = Request::Send(kitchen, Draft::text(Redacted("still here".into())));
    assert_eq!(crowd.ask(3, sent), Err(CommandError::NotMember));
}

#[test]
fn a_removed_member_is_told_within_half_a_minute() {
    let (mut crowd, kitchen, _) = group(3);
    // What everybody tells after joining is over.
    crowd.run(10 * MINUTE_MS);
    let taken = crowd.me_in(2, kitchen);
    assert_eq!(crowd.remove(0, kitchen, taken), Ok(Answer::Done));
    crowd.run(30_000);
    assert_eq!(crowd.group_of(2, kitchen).role, None);
}

#[test]
fn who_leaves_is_gone_for_all_and_what_was_said_last_arrives() {
    let (mut crowd, kitchen, _) = group(4);
    crowd.say(2, kitchen, "goodbye");
    assert_eq!(crowd.ask(2, Request::Leave(kitchen)), Ok(Answer::Done));
    assert!(!crowd.is_in(2, kitchen));
    crowd.run(2 * MINUTE_MS);
    crowd.say(1, kitchen, "they left");
    crowd.run(MINUTE_MS);
    for person in [0, 1, 3] {
        assert_eq!(crowd.roster(person, kitchen).len(), 3, "at {person}");
        assert!(crowd.group_of(person, kitchen).is_ready);
        assert_eq!(crowd.texts(person, kitchen), ["goodbye", "they left"]);
    }
}

#[test]
fn how_many_have_a_message_is_shown_beside_it() {
    let (mut crowd, kitchen, _) = group(4);
    crowd.say(0, kitchen, "who is there?");
    let reach = |crowd: &mut Crowd| {
        let messages = crowd.timeline(0, kitchen);
        (messages[0].state, messages[0].marks.reach.unwrap())
    };
    crowd.run(5_000);
    let (state, first) = reach(&mut crowd);
    assert_eq!((state, first.came, first.of), (Delivery::WithMesh, 0, 3));
    // One answers, and says so with it.
    crowd.say(1, kitchen, "I am");
    crowd.run(5_000);
    let (state, second) = reach(&mut crowd);
    assert_eq!((state, second.came), (Delivery::Delivered, 1));
    crowd.run(6 * MINUTE_MS);
    assert_eq!(reach(&mut crowd).1.came, 3);
    let changed = |event: &Event| match event {
        Event::MessageChanged(message) => message.marks.reach.map(|reach| reach.came),
        _ => None,
    };
    let told: Vec<u16> = crowd.events[0].iter().filter_map(changed).collect();
    assert_eq!(told, [1, 2, 3]);
    crowd.restart(0);
    assert_eq!(reach(&mut crowd).1.came, 3);
}
