//! What a person does about groups in the window, with a fake node behind it: found by
//! label, typed, pressed; asserted on what reached the node and what can be read.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod window;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mesh_core::api::{Command, Event, GroupCommand, MemberView};
use mesh_core::types::{ContactId, ConversationId, ConversationKind, MemberId, Role};
use starling::testing::{contact, group, member, us, view};
use starling::text;
use starling::text::groups as words;
use starling::text::marks;
use window::Person;

const ANA: ContactId = ContactId([0xA1; 16]);
const BEN: ContactId = ContactId([0xB2; 16]);
const MEDICS: ConversationId = ConversationId([3; 16]);
const DRIVERS: ConversationId = ConversationId([4; 16]);
const NEW: ConversationId = ConversationId([0xC3; 16]);
const WIDTHS: [f32; 2] = [1100.0, 376.0];

/// What was asked of the node about groups.
fn asked(person: &Person) -> Vec<GroupCommand> {
    let state = person.gate.state();
    let asked = state.sent.iter().filter_map(|command| match command {
        Command::Group { ask, .. } => Some(ask.clone()),
        _ => None,
    });
    asked.collect()
}

/// Two contacts and two groups with Ana in both; in the first we are `ours`, in the
/// second a plain member.
fn with_groups(width: f32, ours: Role) -> Person {
    let mut person = Person::unlocked(width);
    {
        let mut state = person.gate.state();
        state.contacts = vec![contact(ANA, "Ana"), contact(BEN, "Ben")];
        for (conversation, name, role, number) in [
            (MEDICS, "medics", ours, 1),
            (DRIVERS, "drivers", Role::Member, 2),
        ] {
            let ana: MemberView = member(number, "Ana", Some(ANA));
            let members = vec![us(role), ana];
            state.groups.push(group(conversation, name, members));
            let view = view(conversation, ConversationKind::Group, name);
            state.conversations.push(view);
        }
    }
    person.gate.tell(Event::ContactsChanged);
    person.gate.tell(Event::ConversationsChanged);
    person.settle();
    person
}

fn open(person: &mut Person, name: &str) {
    person.press(&text::spoken_conversation(name, words::KIND, 0));
}

fn about_medics(person: &mut Person) {
    open(person, "medics");
    person.press(words::ABOUT_SHORT);
}

#[test]
fn group_without_contacts_says_what_to_do_first() {
    for width in WIDTHS {
        let mut person = Person::unlocked(width);
        person.press(words::NEW);
        assert!(person.sees(words::NO_CONTACTS));
        person.press(words::ADD_PERSON);
        assert!(person.sees(text::contacts::NO_CONTACTS));
    }
}

#[test]
fn group_is_founded_with_whom_was_ticked_and_opens() {
    for width in WIDTHS {
        let mut person = with_groups(width, Role::Admin);
        person.press(words::NEW);
        person.type_into(words::NAME, " cooks ");
        let ben = text::contacts::spoken_contact("Ben", text::contacts::UNVERIFIED_SHORT);
        let ana = text::contacts::spoken_contact("Ana", text::contacts::UNVERIFIED_SHORT);
        person.press(&ana);
        person.press(&ben);
        assert!(person.sees(&words::chosen(2)));
        person.press(&ana);
        assert!(person.sees(&words::chosen(1)));
        person.press(words::CREATE);
        let expected = GroupCommand::Create {
            name: "cooks".to_owned().into(),
            members: vec![BEN],
        };
        assert_eq!(asked(&person), [expected]);
        assert!(!person.sees(words::NEW_NOTE), "the dialog is closed");
        assert!(person.sees(&words::readers(1)));
        person.press(words::ABOUT_SHORT);
        assert!(person.sees(words::INVITED_NOTE));
    }
}

#[test]
fn keyboard_alone_founds_a_group() {
    let mut person = with_groups(1100.0, Role::Admin);
    person.harness.get_by_label(words::NEW).focus();
    person.key(Modifiers::NONE, Key::Enter);
    person.type_into(words::NAME, "cooks");
    person.key(Modifiers::NONE, Key::Tab);
    person.key(Modifiers::NONE, Key::Space);
    person.harness.get_by_label(words::CREATE).focus();
    person.key(Modifiers::NONE, Key::Enter);
    let expected = GroupCommand::Create {
        name: "cooks".to_owned().into(),
        members: vec![ANA],
    };
    assert_eq!(asked(&person), [expected]);
}

#[test]
fn contact_is_asked_in_and_waits_for_an_answer() {
    for width in WIDTHS {
        let mut person = with_groups(width, Role::Admin);
        about_medics(&mut person);
        person.press(words::ADD);
        let label = text::contacts::spoken_contact("Ben", text::contacts::UNVERIFIED_SHORT);
        person.press(&words::add(&label));
        let expected = GroupCommand::Add {
            conversation: MEDICS,
            contact: BEN,
        };
        assert_eq!(asked(&person), [expected]);
        assert!(person.sees(words::INVITED_NOTE));
        assert!(person.sees(words::DONE));
    }
}

#[test]
fn member_is_removed_only_after_the_question() {
    for width in WIDTHS {
        let mut person = with_groups(width, Role::Admin);
        about_medics(&mut person);
        person.press(&words::more("Ana"));
        person.press(words::REMOVE);
        assert!(person.sees(&words::removes("Ana")));
        assert_eq!(asked(&person), []);
        person.press(&words::remove("Ana"));
        let expected = GroupCommand::Remove {
            conversation: MEDICS,
            member: MemberId([1; 16]),
        };
        assert_eq!(asked(&person), [expected]);
        assert!(person.sees(&words::readers(1)));
        assert!(person.sees(words::KEYS_COMING));
    }
}

#[test]
fn member_becomes_admin_and_member_again() {
    let mut person = with_groups(1100.0, Role::Owner);
    about_medics(&mut person);
    for (label, role) in [
        (words::MAKE_ADMIN, Role::Admin),
        (words::MAKE_MEMBER, Role::Member),
    ] {
        person.press(&words::more("Ana"));
        person.press(label);
        let expected = GroupCommand::SetRole {
            conversation: MEDICS,
            member: MemberId([1; 16]),
            role,
        };
        assert_eq!(asked(&person).pop(), Some(expected));
    }
}

#[test]
fn equal_is_removed_by_two_and_that_is_said() {
    let mut person = with_groups(1100.0, Role::Admin);
    person.gate.state().groups[0].members[1].role = Role::Admin;
    about_medics(&mut person);
    person.press(&words::more("Ana"));
    person.press(words::REMOVE);
    assert!(person.sees(words::REMOVE_SENIOR));
    person.press(&words::remove("Ana"));
    assert!(person.sees("Another admin of this group must remove them, too"));
}

#[test]
fn arrested_member_is_cut_off_with_two_taps_and_the_rest_is_offered() {
    for width in WIDTHS {
        let mut person = with_groups(width, Role::Admin);
        about_medics(&mut person);
        person.press(&words::arrested("Ana"));
        assert!(person.sees(&words::cuts_off("Ana")));
        assert_eq!(asked(&person), []);
        person.press(&words::cut_off("Ana"));
        let expected = GroupCommand::Arrested {
            conversation: MEDICS,
            member: MemberId([1; 16]),
        };
        assert_eq!(asked(&person), [expected]);
        assert!(person.sees(&words::cut_off_in(&["medics".to_owned()])));
        assert!(person.sees(&words::left_in(&["drivers".to_owned()])));
        person.press(&words::without("Ana"));
        let expected = GroupCommand::ContinueWithout {
            conversation: DRIVERS,
            member: MemberId([2; 16]),
        };
        assert_eq!(asked(&person).pop(), Some(expected));
        assert!(person.sees(&words::readers(1)), "the new group is open");
        assert!(person.harness.query_by_label(text::COMPOSER).is_some());
        let state = person.gate.state();
        assert!(
            state
                .conversations
                .iter()
                .any(|one| one.conversation == NEW)
        );
    }
}

#[test]
fn plain_member_goes_on_without_somebody_after_the_question() {
    let mut person = with_groups(376.0, Role::Member);
    about_medics(&mut person);
    assert!(person.harness.query_by_label(words::ADD).is_none());
    person.press(&words::more("Ana"));
    assert!(person.harness.query_by_label(words::REMOVE).is_none());
    person.press(words::WITHOUT);
    assert!(person.sees(words::WITHOUT_OLD));
    person.press(&words::without("Ana"));
    assert!(person.harness.query_by_label(text::COMPOSER).is_some());
}

#[test]
fn group_is_renamed_timed_and_left() {
    for width in WIDTHS {
        let mut person = with_groups(width, Role::Admin);
        about_medics(&mut person);
        person.press("1 hour");
        let timer = person.gate.state().conversations[1].timer_s;
        assert_eq!(timer, Some(3_600));
        person.type_into(words::RENAME, " north");
        person.press(words::SAVE);
        let expected = GroupCommand::Rename {
            conversation: MEDICS,
            name: "medics north".to_owned().into(),
        };
        assert_eq!(asked(&person), [expected]);
        person.press(text::CLOSE);
        assert!(person.sees(&marks::timer_sign(3_600)));
        person.press(words::ABOUT_SHORT);
        person.press("Off");
        person.press(words::LEAVE);
        assert!(person.sees(words::LEAVE_POINTS[0]));
        person.press(text::LEAVE_BUTTON);
        assert!(!person.sees("medics north"));
        let state = person.gate.state();
        assert!(!state.groups.iter().any(|one| one.conversation == MEDICS));
        let last = state.sent.iter().rev().find_map(|command| match command {
            Command::SetTimer { seconds, .. } => Some(*seconds),
            _ => None,
        });
        assert_eq!(last, Some(None));
    }
}

#[test]
fn disappearing_is_set_on_the_page_of_a_person_too() {
    let mut person = with_groups(1100.0, Role::Member);
    let side = contact(ANA, "Ana").conversation;
    let direct = view(side, ConversationKind::Direct, "Ana");
    person.gate.state().conversations.push(direct);
    person.gate.tell(Event::ConversationsChanged);
    person.settle();
    person.press(&text::spoken_conversation("Ana", text::contacts::PERSON, 0));
    person.press(text::contacts::ABOUT);
    person.press("1 week");
    person.press(text::CLOSE);
    assert!(person.sees(&marks::timer_sign(604_800)));
}

#[test]
fn group_that_we_are_not_in_any_more_takes_no_text() {
    for width in WIDTHS {
        let mut person = with_groups(width, Role::Member);
        open(&mut person, "medics");
        assert!(person.harness.query_by_label(text::COMPOSER).is_some());
        person.gate.state().groups[0].role = None;
        let conversation = MEDICS;
        person.gate.tell(Event::GroupChanged { conversation });
        person.settle();
        assert!(person.harness.query_by_label(text::COMPOSER).is_none());
        assert!(person.sees(words::GONE));
    }
}

#[test]
fn new_keys_are_waited_for_in_words() {
    let mut person = with_groups(1100.0, Role::Member);
    person.gate.state().groups[0].is_ready = false;
    open(&mut person, "medics");
    assert!(person.sees(words::KEYS_COMING));
    assert!(person.sees(&words::readers(2)));
}

#[test]
fn group_that_we_were_taken_into_appears_with_a_notice() {
    let mut person = with_groups(1100.0, Role::Member);
    let conversation = ConversationId([9; 16]);
    {
        let mut state = person.gate.state();
        let cooks = group(conversation, "cooks", vec![us(Role::Member)]);
        state.groups.push(cooks);
        let row = view(conversation, ConversationKind::Group, "cooks");
        state.conversations.push(row);
    }
    let name = "cooks".to_owned().into();
    person.gate.tell(Event::GroupJoined { conversation, name });
    person.settle();
    assert!(person.sees(&words::taken_in("cooks")));
    open(&mut person, "cooks");
    assert!(person.sees(&words::readers(1)));
}

#[test]
fn crowd_of_two_hundred_is_listed_to_the_last() {
    let mut person = with_groups(376.0, Role::Admin);
    for number in 2..200 {
        let one = member(number, &format!("member {number}"), None);
        person.gate.state().groups[0].members.push(one);
    }
    about_medics(&mut person);
    assert!(person.sees(&words::readers(200)));
    assert!(person.sees(&words::arrested("member 199")));
}
