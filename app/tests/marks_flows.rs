//! What a person does about single messages in the window, with a fake node behind it:
//! found by label, typed, pressed; asserted on what reached the node and what can be read.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod window;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mesh_core::api::{Command, Event, MessageCommand};
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, Delivery, MemberId, Message, MessageId, Reaction,
    Role,
};
use starling::testing::{group, member, message, own, us, view};
use starling::text;
use starling::text::groups;
use starling::text::marks as words;
use window::{Person, picture};

const ANA: ContactId = ContactId([0xA1; 16]);
const MEDICS: ConversationId = ConversationId([3; 16]);
const WIDTHS: [f32; 2] = [1100.0, 376.0];

/// What was asked of the node about messages, in order.
fn asked(person: &Person) -> Vec<(MessageId, MessageCommand)> {
    let state = person.gate.state();
    let asked = state.sent.iter().filter_map(|command| match command {
        Command::Message {
            message_id, ask, ..
        } => Some((*message_id, ask.clone())),
        _ => None,
    });
    asked.collect()
}

fn react(emoji: &str) -> MessageCommand {
    MessageCommand::React {
        emoji: emoji.to_owned().into(),
    }
}

/// A group with Ana and another Ana; hers and ours are two messages.
fn in_group(width: f32, messages: &[Message]) -> Person {
    let mut person = Person::unlocked(width);
    {
        let mut state = person.gate.state();
        let members = vec![
            us(Role::Member),
            member(1, "Ana", Some(ANA)),
            member(2, "Ana", None),
            member(3, "Cem", None),
        ];
        state.groups.push(group(MEDICS, "medics", members));
        let row = view(MEDICS, ConversationKind::Group, "medics");
        state.conversations.push(row);
        state.messages.extend(messages.iter().cloned());
    }
    person.gate.tell(Event::ConversationsChanged);
    person.settle();
    person.press(&text::spoken_conversation("medics", groups::KIND, 0));
    person
}

fn hers() -> Message {
    message(MEDICS, "Ana", "who has bandages?")
}

fn ours() -> Message {
    own(MEDICS, "to the brigde", Delivery::Delivered)
}

fn menu_of(message: &Message) -> String {
    let name = if message.from.own {
        text::YOU
    } else {
        &message.from.name
    };
    words::menu(name, &message.text)
}

#[test]
fn every_emoji_that_is_offered_has_a_picture_of_its_own() {
    let person = Person::unlocked(1100.0);
    let mut seen = vec![(picture(&person, '\u{E123}'), "nothing")];
    for (emoji, name) in words::REACTIONS {
        let symbols: Vec<char> = emoji.chars().collect();
        assert_eq!(symbols.len(), 1, "{name}: what no font joins");
        let drawn = picture(&person, symbols[0]);
        assert!(drawn.1 != [0, 0], "{emoji} {name} is invisible");
        let like = seen.iter().find(|(other, _)| *other == drawn);
        assert_eq!(like, None, "{emoji} {name}");
        seen.push((drawn, name));
    }
}

#[test]
fn message_is_answered_and_the_quote_leads_back() {
    for width in WIDTHS {
        let mut person = in_group(width, &[hers()]);
        person.press(&menu_of(&hers()));
        person.press(words::REPLY);
        assert!(person.sees(&words::replying("Ana")));
        assert!(person.harness.get_by_label(text::COMPOSER).is_focused());
        person.type_into(text::COMPOSER, "I have");
        person.key(Modifiers::NONE, Key::Enter);
        let reply_to = {
            let state = person.gate.state();
            state.sent.iter().rev().find_map(|command| match command {
                Command::Send { reply_to, .. } => Some(*reply_to),
                _ => None,
            })
        };
        assert_eq!(reply_to, Some(Some(hers().message_id)));
        assert!(!person.sees(&words::replying("Ana")));
        person.press(&words::spoken_quote("Ana", "who has bandages?"));
        assert!(person.sees("who has bandages?"));
    }
}

#[test]
fn quote_brings_a_far_message_into_sight() {
    let mut messages = vec![hers()];
    messages.extend((0..40).map(|number| message(MEDICS, "Cem", &format!("line {number}"))));
    let mut last = ours();
    last.marks.reply_to = Some(hers().message_id);
    messages.push(last);
    let mut person = in_group(1100.0, &messages);
    assert!(person.harness.query_by_label(&menu_of(&hers())).is_none());
    person.press(&words::spoken_quote("Ana", "who has bandages?"));
    assert!(person.harness.query_by_label(&menu_of(&hers())).is_some());
    person.press(text::JUMP);
    assert!(person.harness.query_by_label(&menu_of(&hers())).is_none());
}

#[test]
fn answer_to_a_message_that_is_not_here_says_so() {
    let mut lost = hers();
    lost.marks.reply_to = Some(MessageId([0xEE; 16]));
    let person = in_group(376.0, &[lost]);
    assert!(person.sees(words::QUOTE_MISSING));
}

#[test]
fn emoji_are_put_under_a_message_and_taken_back_by_pressing_again() {
    for width in WIDTHS {
        let mut person = in_group(width, &[hers()]);
        let id = hers().message_id;
        person.press(&menu_of(&hers()));
        person.press(&words::react("heart"));
        let chip = words::spoken_reaction("❤", 1, true);
        assert!(person.sees(&chip));
        person.press(&chip);
        assert_eq!(asked(&person), [(id, react("❤")), (id, react(""))]);
        assert!(!person.sees(&chip));
    }
}

#[test]
fn emoji_of_others_are_counted_and_joined_by_pressing() {
    let mut crowded = hers();
    crowded.marks.reactions = (0..30u32)
        .filter_map(|number| char::from_u32(0x1F600 + number))
        .map(|emoji| Reaction {
            emoji: emoji.to_string(),
            count: 2,
            own: false,
        })
        .collect();
    for width in WIDTHS {
        let mut person = in_group(width, core::slice::from_ref(&crowded));
        person.press(&words::spoken_reaction("😃", 2, false));
        assert!(person.sees(&words::spoken_reaction("😃", 3, true)));
    }
}

#[test]
fn up_in_an_empty_box_changes_the_last_own_message_and_escape_does_not() {
    let mut person = in_group(1100.0, &[ours(), hers()]);
    person.type_into(text::COMPOSER, "");
    person.key(Modifiers::NONE, Key::ArrowUp);
    assert!(person.sees(words::EDITING));
    person.key(Modifiers::NONE, Key::Escape);
    assert!(!person.sees(words::EDITING));
    assert_eq!(asked(&person), []);
    person.type_into(text::COMPOSER, "");
    person.key(Modifiers::NONE, Key::ArrowUp);
    person.type_into(text::COMPOSER, "!");
    person.key(Modifiers::NONE, Key::Enter);
    let text = "to the brigde!".to_owned().into();
    let expected = (ours().message_id, MessageCommand::Edit { text });
    assert_eq!(asked(&person), [expected]);
    assert!(person.sees(words::EDITED));
    let composer = person.harness.get_by_label(text::COMPOSER);
    assert_eq!(composer.value().unwrap_or_default(), "");
}

#[test]
fn own_message_is_changed_from_its_menu_and_the_button_ends_it() {
    let mut person = in_group(376.0, &[ours()]);
    person.press(&menu_of(&ours()));
    person.press(words::EDIT);
    assert!(person.harness.query_by_label(words::SAVE).is_some());
    person.press(words::CANCEL_EDIT);
    assert!(person.harness.query_by_label(text::SEND).is_some());
}

#[test]
fn messages_are_deleted_here_or_for_everybody_after_the_question() {
    for width in WIDTHS {
        let mut person = in_group(width, &[hers(), ours()]);
        person.press(&menu_of(&hers()));
        assert!(
            person
                .harness
                .query_by_label(words::DELETE_EVERYBODY)
                .is_none(),
            "only the own ones"
        );
        person.press(words::DELETE_HERE);
        assert!(person.sees(words::DELETE_HERE_POINTS[1]));
        assert_eq!(asked(&person), []);
        person.press(words::DELETE_HERE_BUTTON);
        assert!(person.harness.query_by_label(&menu_of(&hers())).is_none());
        person.press(&menu_of(&ours()));
        person.press(words::DELETE_EVERYBODY);
        person.press(text::CANCEL);
        person.press(&menu_of(&ours()));
        person.press(words::DELETE_EVERYBODY);
        person.press(words::DELETE_EVERYBODY_BUTTON);
        assert!(person.sees(words::WITHDRAWN_OWN));
        let expected = [
            (hers().message_id, MessageCommand::DeleteHere),
            (ours().message_id, MessageCommand::Withdraw),
        ];
        assert_eq!(asked(&person), expected);
    }
}

#[test]
fn right_click_and_keyboard_open_the_menu_too() {
    let mut person = in_group(1100.0, &[hers()]);
    person
        .harness
        .get_by_label("who has bandages?")
        .click_secondary();
    person.settle();
    assert!(person.harness.query_by_label(words::REPLY).is_some());
    person.key(Modifiers::NONE, Key::Escape);
    assert!(person.harness.query_by_label(words::REPLY).is_none());
    person.harness.get_by_label(&menu_of(&hers())).focus();
    person.key(Modifiers::NONE, Key::Enter);
    assert!(person.harness.query_by_label(words::REPLY).is_some());
    person.harness.get_by_label(words::REPLY).focus();
    person.key(Modifiers::NONE, Key::Enter);
    assert!(person.sees(&words::replying("Ana")));
}

#[test]
fn message_in_a_channel_can_only_be_copied() {
    let mut person = Person::unlocked(1100.0);
    let near = message(window::NEARBY, "Ana", "hello all");
    person.gate.receive(near.clone());
    person.settle();
    person.press(&text::spoken_conversation("nearby", text::PUBLIC, 1));
    person.press(&menu_of(&near));
    for absent in [
        words::REPLY,
        words::EDIT,
        words::DELETE_HERE,
        words::DELETE_EVERYBODY,
    ] {
        assert!(person.harness.query_by_label(absent).is_none(), "{absent}");
    }
    person.press(words::COPY);
    person.type_into(text::COMPOSER, "");
    person.key(Modifiers::NONE, Key::ArrowUp);
    assert!(!person.sees(words::EDITING));
}

#[test]
fn member_is_named_from_the_list_with_keys_or_pointer() {
    for is_pointer in [false, true] {
        let mut person = in_group(1100.0, &[]);
        person.type_into(text::COMPOSER, "ask @an");
        let two = person
            .harness
            .query_all_by_label_contains(words::MENTION)
            .count();
        assert_eq!(two, 2, "both Anas, told apart by badge");
        if is_pointer {
            let labels = person.harness.query_all_by_label_contains(words::MENTION);
            labels.last().iter().for_each(|node| node.click());
            person.settle();
        } else {
            person.key(Modifiers::NONE, Key::ArrowDown);
            person.key(Modifiers::NONE, Key::Enter);
        }
        let composer = person.harness.get_by_label(text::COMPOSER);
        assert_eq!(composer.value().unwrap_or_default(), "ask @Ana ");
        person.type_into(text::COMPOSER, "now");
        person.key(Modifiers::NONE, Key::Enter);
        assert_eq!(person.sent(), ["ask @Ana now"]);
        let state = person.gate.state();
        let named = state.sent.iter().rev().find_map(|command| match command {
            Command::Send { mentions, .. } => Some(mentions.clone()),
            _ => None,
        });
        assert_eq!(named, Some(vec![MemberId([2; 16])]));
    }
}

#[test]
fn escape_declines_the_names_and_enter_sends_then() {
    let mut person = in_group(1100.0, &[]);
    person.type_into(text::COMPOSER, "@ce");
    assert!(person.sees(words::MENTION));
    person.key(Modifiers::NONE, Key::Escape);
    assert!(!person.sees(words::MENTION));
    person.key(Modifiers::NONE, Key::Enter);
    assert_eq!(person.sent(), ["@ce"]);
}

#[test]
fn message_that_names_us_says_so_in_words() {
    let mut naming = hers();
    naming.marks.mentions_us = true;
    let person = in_group(376.0, &[naming]);
    assert!(person.sees(words::MENTIONS_US));
}
