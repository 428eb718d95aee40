//! What a person does about people in the window, with a fake node behind it: found
//! by label, typed, pressed; asserted on what reached the node and what can be read.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod window;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mesh_core::api::{Command, CommandError, Event, PeopleCommand, Receipts};
use mesh_core::node::check_symbols;
use mesh_core::types::{ContactId, ConversationKind, Standing, Trust};
use starling::testing::{CARD, contact, emoji, introduction, message, request, view};
use starling::text;
use starling::text::contacts as words;
use starling::text::meet;
use window::{Person, picture};

const ANA: ContactId = ContactId([0xA1; 16]);
const BEN: ContactId = ContactId([0xB2; 16]);

/// What was asked of the node about people.
fn asked(person: &Person) -> Vec<PeopleCommand> {
    let state = person.gate.state();
    let asked = state.sent.iter().filter_map(|command| match command {
        Command::People { ask, .. } => Some(ask.clone()),
        _ => None,
    });
    asked.collect()
}

/// Ana is a contact, with emoji to compare.
fn with_ana(width: f32) -> Person {
    let mut person = Person::unlocked(width);
    {
        let mut state = person.gate.state();
        let ana = contact(ANA, "Ana");
        let row = view(ana.conversation, ConversationKind::Direct, "Ana");
        state.contacts.push(ana);
        state.conversations.push(row);
        state.emoji = Some(emoji());
    }
    person.gate.tell(Event::ContactsChanged);
    person.gate.tell(Event::ConversationsChanged);
    person.settle();
    person
}

fn open_ana(person: &mut Person) {
    person.press(&words::button(0));
    person.press(&words::spoken_contact("Ana", words::UNVERIFIED_SHORT));
}

#[test]
fn every_symbol_that_may_be_compared_has_a_picture_of_its_own() {
    let person = Person::unlocked(1100.0);
    // Where each is drawn in the texture: what no font has is drawn as one square.
    let missing = picture(&person, '\u{E123}');
    let mut seen = vec![(missing, "nothing")];
    let signs = ['✔', '◑', '○', '⚠'].map(|sign| (sign, "a sign"));
    for (symbol, word) in check_symbols().into_iter().chain(signs) {
        let drawn = picture(&person, symbol);
        assert!(drawn.1 != [0, 0], "{symbol} {word} is invisible");
        let like = seen.iter().find(|(other, _)| *other == drawn);
        assert_eq!(like, None, "{symbol} {word}");
        seen.push((drawn, word));
    }
}

#[test]
fn card_is_shared_only_after_its_meaning_was_said_and_a_press() {
    for width in [1100.0, 376.0] {
        let mut person = Person::unlocked(width);
        person.press(&words::button(0));
        person.press(words::SHARE);
        assert!(person.sees(words::CARD_TEXT));
        assert_eq!(asked(&person), []);
        person.press(words::CARD_SHOW);
        assert_eq!(asked(&person), [PeopleCommand::ShareCard]);
        assert!(person.sees(CARD));
        assert!(person.sees(words::CARD_QR));
        person.press(words::CARD_COPY);
        person.press(text::CLOSE);
        assert!(!person.sees(CARD));
    }
}

#[test]
fn person_is_added_by_link_and_the_conversation_opens() {
    let mut person = Person::unlocked(1100.0);
    person.press(&words::button(0));
    person.press(words::ADD);
    person.type_into(words::LINK, "hello");
    person.press(words::ADD_BUTTON);
    assert!(person.sees(&CommandError::CardLink.to_string()));
    person.type_into(words::LINK, "");
    person.key(Modifiers::COMMAND, Key::A);
    person.type_into(words::LINK, CARD);
    person.press(words::ADD_BUTTON);
    assert!(person.sees(&CommandError::CardIsOwn.to_string()));
    person.key(Modifiers::COMMAND, Key::A);
    person.type_into(words::LINK, "");
    person.key(Modifiers::COMMAND, Key::A);
    person.type_into(words::LINK, " starling:c/x ");
    person.type_into(words::PETNAME, "Ana from work");
    person.press(words::ADD_BUTTON);
    let last = asked(&person).pop();
    let expected = PeopleCommand::Add {
        link: "starling:c/x".to_owned().into(),
        petname: Some("Ana from work".to_owned().into()),
    };
    assert_eq!(last, Some(expected));
    assert!(!person.sees(words::ADD_NOTE), "the dialog is closed");
    assert!(person.harness.query_by_label(text::COMPOSER).is_some());
    let sign = words::sign("Ana from work", words::UNVERIFIED_SHORT);
    assert!(person.sees(&sign));
    assert!(!person.sees(text::SOS_BUTTON_LABEL), "an SOS goes to many");
}

#[test]
fn stranger_who_writes_is_accepted_declined_or_blocked() {
    let mut person = Person::unlocked(1100.0);
    let names = ["Ben", "Cem", "Dan"];
    for (at, name) in (1..).zip(names) {
        let asking = request(ContactId([at; 16]), name, "let me in");
        person.gate.state().asking.push(asking);
        person.gate.tell(Event::ContactRequest {
            request: ContactId([at; 16]),
            name: name.to_owned().into(),
        });
    }
    person.settle();
    person.press(&words::button(3));
    assert!(person.sees("let me in"));
    person.press(&words::decline("Cem"));
    assert!(!person.sees("Cem"));
    person.press(&words::block("Dan"));
    assert!(person.sees(words::BLOCK_POINTS[0]));
    person.press(text::BACK);
    person.press(&words::accept("Ben"));
    let (ben, cem) = (ContactId([1; 16]), ContactId([2; 16]));
    let expected = [
        PeopleCommand::Decline { request: cem },
        PeopleCommand::Accept { request: ben },
    ];
    assert_eq!(asked(&person), expected);
    assert!(person.sees(&words::sign("Ben", words::UNVERIFIED_SHORT)));
}

#[test]
fn six_emoji_are_shown_large_and_a_match_makes_verified() {
    for width in [1100.0, 376.0] {
        let mut person = with_ana(width);
        open_ana(&mut person);
        assert!(person.sees(words::UNVERIFIED));
        person.press(words::COMPARE);
        for (symbol, word) in emoji().emoji {
            assert!(
                person.sees(word) && person.sees(&symbol.to_string()),
                "{word}"
            );
        }
        assert!(person.sees("30035 44776"));
        person.press(words::MATCH);
        assert!(person.sees(words::VERIFIED));
        assert_eq!(person.gate.state().contacts[0].trust, Trust::Verified);
    }
}

#[test]
fn emoji_that_differ_verify_nobody_and_say_what_to_do() {
    let mut person = with_ana(1100.0);
    open_ana(&mut person);
    person.press(words::COMPARE);
    person.press(words::DIFFER);
    assert!(person.sees(words::DIFFERENT_TITLE));
    assert!(person.harness.query_by_label(words::MATCH).is_none());
    assert_eq!(asked(&person), []);
    person.press(words::REMOVE_ASK);
    assert!(person.sees(words::REMOVE_POINTS[0]));
}

#[test]
fn emoji_that_are_not_there_yet_appear_by_themselves() {
    let mut person = with_ana(1100.0);
    person.gate.state().emoji = None;
    open_ana(&mut person);
    person.press(words::COMPARE);
    assert!(person.sees(&CommandError::EmojiNotYet.to_string()));
    person.gate.state().emoji = Some(emoji());
    person.gate.tell(Event::ContactsChanged);
    person.settle();
    assert!(person.sees("anchor"));
}

#[test]
fn petname_stands_above_the_claimed_name() {
    let mut person = with_ana(1100.0);
    open_ana(&mut person);
    person.type_into(words::PETNAME, "Ana from work");
    person.press(words::SAVE);
    assert!(person.sees(words::SAVED));
    assert!(person.sees("Ana from work"));
    assert!(person.sees(&words::claims("Ana")));
}

#[test]
fn blocking_and_removing_ask_first_and_close_the_conversation() {
    let mut person = with_ana(1100.0);
    open_ana(&mut person);
    person.press(words::WRITE);
    person.press(text::MENU);
    person.press(words::BLOCK_ASK);
    person.press(text::BACK);
    assert_eq!(asked(&person), []);
    person.press(words::BLOCK_ASK);
    person.press(words::BLOCK);
    assert!(person.sees(words::BLOCKED));
    assert_eq!(person.gate.state().contacts[0].standing, Standing::Blocked);
    person.press(words::UNBLOCK);
    assert!(!person.sees(words::BLOCKED));
    person.press(words::REMOVE_ASK);
    person.press(words::REMOVE);
    assert!(person.sees(words::NO_CONTACTS));
    assert!(person.gate.state().contacts.is_empty());
    person.press(text::CLOSE);
    assert!(person.harness.query_by_label(text::COMPOSER).is_none());
}

#[test]
fn warnings_are_said_on_the_card_of_a_person() {
    let mut person = with_ana(1100.0);
    {
        let mut state = person.gate.state();
        state.contacts[0].restarted = true;
        state.contacts.push(contact(BEN, "Anna"));
        state.contacts[0].looks_like = vec![BEN];
        state.contacts[0].connected = false;
    }
    person.gate.tell(Event::ContactsChanged);
    person.settle();
    person.press(&words::button(0));
    person.press(&words::spoken_contact("Ana", words::RESTARTED_SHORT));
    assert!(person.sees(words::RESTARTED));
    assert!(person.sees(&words::looks_like("“Anna”")));
    assert!(person.sees(words::NOT_CONNECTED));
}

#[test]
fn whoever_began_anew_is_gone_on_with_or_ignored() {
    for (button, expected) in [
        (words::GO_ON, PeopleCommand::Accept { request: ANA }),
        (words::IGNORE, PeopleCommand::Decline { request: ANA }),
    ] {
        let mut person = with_ana(376.0);
        person.gate.state().contacts[0].restarted = true;
        person.gate.tell(Event::ContactsChanged);
        person.settle();
        person.press(&words::button(0));
        person.press(&words::spoken_contact("Ana", words::RESTARTED_SHORT));
        person.press(button);
        assert_eq!(asked(&person), [expected]);
        assert!(!person.sees(words::RESTARTED));
    }
}

#[test]
fn own_name_and_receipts_are_changed_and_shown_as_they_are() {
    let mut person = Person::unlocked(1100.0);
    person.press(&words::button(0));
    person.press(words::ME);
    person.type_into(words::MY_NAME, " of the north");
    person.press(words::RENAME);
    person.press(words::RECEIPTS);
    let expected = [
        PeopleCommand::Rename {
            name: "Mira of the north".to_owned().into(),
        },
        PeopleCommand::SetReceipts(Receipts { read: true }),
    ];
    assert_eq!(asked(&person), expected);
    assert!(person.sees("Mira of the north"));
    assert!(person.gate.state().status.receipts.read);
}

#[test]
fn message_of_a_contact_opens_from_the_list_under_what_we_call_them() {
    let mut person = with_ana(376.0);
    open_ana(&mut person);
    person.press(words::WRITE);
    let side = contact(ANA, "Ana").conversation;
    person
        .gate
        .receive(message(side, "old name", "are you there?"));
    person.settle();
    assert!(person.sees("are you there?"));
}

#[test]
fn introductions_say_who_vouches_and_are_accepted_or_declined() {
    for width in [1100.0, 376.0] {
        let mut person = with_ana(width);
        let (bo, cem) = (ContactId([0x0B; 16]), ContactId([0x0C; 16]));
        person.gate.state().introductions = vec![
            introduction(ANA, bo, "Bo", "my brother"),
            introduction(ANA, cem, "Cem", ""),
        ];
        person.gate.tell(Event::Introduction {
            from: ANA,
            contact: bo,
            name: "Bo".to_owned().into(),
        });
        person.settle();
        assert!(person.sees(&meet::introduces("Ana", "Bo")));
        person.press(&words::button(2));
        assert!(person.sees(&meet::said("Ana", "my brother")));
        assert!(person.sees(&meet::worth("Ana", "Bo")));
        person.press(&meet::decline("Ana", "Cem"));
        assert!(!person.sees(&meet::worth("Ana", "Cem")));
        person.press(&meet::accept("Ana", "Bo"));
        let (from, contact) = (ANA, bo);
        let declined = PeopleCommand::DeclineIntroduction { from, contact: cem };
        let accepted = PeopleCommand::AcceptIntroduction { from, contact };
        assert_eq!(asked(&person), [declined, accepted]);
        assert!(person.sees(&words::sign("Bo", words::UNVERIFIED_SHORT)));
    }
}

#[test]
fn contact_is_introduced_to_another_with_a_word_for_both() {
    let mut person = with_ana(1100.0);
    person.gate.state().contacts.push(contact(BEN, "Ben"));
    person.gate.tell(Event::ContactsChanged);
    person.settle();
    open_ana(&mut person);
    person.press(meet::INTRODUCE);
    person.press(meet::BUTTON);
    assert_eq!(asked(&person), [], "nobody was chosen");
    let ben = starling::screens::contacts::person::author(BEN, "Ben");
    person.press(&format!("Ben {}", ben.badge));
    person.type_into(meet::TEXT, " both of the kitchen ");
    person.press(meet::BUTTON);
    let ask = PeopleCommand::Introduce {
        contact: ANA,
        to: BEN,
        text: "both of the kitchen".to_owned().into(),
    };
    assert_eq!(asked(&person), [ask]);
    assert!(person.sees(meet::DONE));
}
