//! What a person does in the window, with a fake node behind it: found by label,
//! typed, pressed; asserted on the commands that reached the node and on what can
//! be read. No graphics needed.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod window;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mesh_core::api::{Command, Event};
use mesh_core::node::ProfileState;
use mesh_core::types::{Lifetime, MessageClass};
use starling::screens::chat::data::AuthorData;
use starling::testing::{FakeGate, PASSPHRASE, link, message, sos};
use starling::text;
use window::{NEARBY, Person};

#[test]
fn first_run_starts_nothing_before_start_is_pressed() {
    let gate = FakeGate::new(ProfileState::Absent);
    let mut person = Person::at(gate, 1100.0);
    person.type_into(text::NAME, "Mira");
    person.press(text::SUGGEST);
    assert!(person.sees(text::SUGGESTED));
    person.type_into(text::REPEAT, PASSPHRASE);
    person.press(text::CONTINUE);
    assert!(person.sees(text::WIFI_TITLE));
    person.worker.finish();
    assert_eq!(person.gate.state().profile, ProfileState::Absent);

    person.press(text::START);
    assert!(person.sees(text::CREATING));
    person.worker.finish();
    person.settle();
    assert!(person.sees(text::PUBLIC_SIGN), "nearby is open");
    assert!(person.sees(text::STATUS_NOBODY));
}

#[test]
fn first_run_goes_on_only_when_both_passphrases_agree() {
    let mut person = Person::at(FakeGate::new(ProfileState::Absent), 1100.0);
    person.type_into(text::NAME, "Mira");
    person.type_into(text::PASSPHRASE, "one thing");
    person.type_into(text::REPEAT, "another thing");
    assert!(person.sees(text::REPEAT_DIFFERS));
    person.press(text::CONTINUE);
    assert!(!person.sees(text::WIFI_TITLE));
}

#[test]
fn wrong_passphrase_is_said_and_the_right_one_opens() {
    let mut person = Person::at(FakeGate::new(ProfileState::Locked), 1100.0);
    person.type_into(text::PASSPHRASE, "wrong");
    person.key(Modifiers::NONE, Key::Enter);
    assert!(person.sees(text::OPENING));
    person.worker.finish();
    person.settle();
    assert!(person.sees("That is not the passphrase of this profile"));

    // The wrong one is selected: typing replaces it.
    person
        .harness
        .get_by_label(text::PASSPHRASE)
        .type_text(PASSPHRASE);
    person.settle();
    person.press(text::UNLOCK);
    person.worker.finish();
    person.settle();
    assert!(person.sees(text::NO_CONVERSATIONS));
}

#[test]
fn starting_anew_asks_for_the_word_first() {
    let mut person = Person::at(FakeGate::new(ProfileState::Locked), 1100.0);
    person.press(text::START_ANEW);
    person.press(text::ERASE);
    person.worker.finish();
    assert_eq!(person.gate.state().profile, ProfileState::Locked);
    person.type_into(&text::type_to_erase(), text::ERASE_WORD);
    person.press(text::ERASE);
    person.worker.finish();
    person.settle();
    assert_eq!(person.gate.state().profile, ProfileState::Absent);
    assert!(person.sees(text::WELCOME));
}

#[test]
fn enter_sends_and_shift_enter_begins_a_line() {
    let mut person = Person::unlocked(1100.0);
    person.open_nearby();
    person.type_into(text::COMPOSER, "first");
    person.key(Modifiers::SHIFT, Key::Enter);
    person.type_into(text::COMPOSER, "second");
    assert_eq!(person.sent(), Vec::<String>::new());
    person.key(Modifiers::NONE, Key::Enter);
    assert_eq!(person.sent(), ["first\nsecond"]);
    assert!(person.sees("Waiting for someone near"));
    let composer = person.harness.get_by_label(text::COMPOSER);
    assert_eq!(composer.value().unwrap_or_default(), "");
}

/// Laid out whole, it froze the window.
#[test]
fn pasted_megabytes_are_cut_and_said_to_be_too_long() {
    let mut person = Person::unlocked(1100.0);
    person.open_nearby();
    person.type_into(text::COMPOSER, "");
    let pasted = "é".repeat(5_000_000);
    person
        .harness
        .input_mut()
        .events
        .push(egui::Event::Paste(pasted));
    person.settle();
    let composer = person.harness.get_by_label(text::COMPOSER);
    let held = composer.value().unwrap_or_default().chars().count();
    assert_eq!(held, 4_000);
    assert!(person.sees("6000 bytes too long"));
    person.key(Modifiers::NONE, Key::Enter);
    assert_eq!(person.sent_last(), None);
}

#[test]
fn odd_names_are_refused_with_a_reason_or_taken() {
    let mut person = Person::at(FakeGate::new(ProfileState::Absent), 376.0);
    person.press(text::SUGGEST);
    person.type_into(text::REPEAT, PASSPHRASE);
    for name in ["   ", "👩‍👩‍👧👩‍👩‍👧", "abcdefghijklmnopqrstuvwxyz"] {
        person.type_into(text::NAME, name);
        person.press(text::CONTINUE);
        assert!(!person.sees(text::WIFI_TITLE), "{name}");
        person.key(Modifiers::COMMAND, Key::A);
        person.type_into(text::NAME, "");
        person.key(Modifiers::COMMAND, Key::A);
        person.key(Modifiers::NONE, Key::Backspace);
    }
    person.type_into(text::NAME, "عمر 👍");
    person.press(text::CONTINUE);
    assert!(person.sees(text::WIFI_TITLE));
}

#[test]
fn wrong_passphrase_can_be_tried_again_and_again() {
    let mut person = Person::at(FakeGate::new(ProfileState::Locked), 376.0);
    for attempt in 0..10 {
        let wrong = format!("wrong {attempt}");
        person.type_into(text::PASSPHRASE, &wrong);
        person.press(text::UNLOCK);
        person.worker.finish();
        person.settle();
        assert!(person.sees("That is not the passphrase of this profile"));
    }
    let field = person.harness.get_by_label(text::PASSPHRASE);
    field.type_text(PASSPHRASE);
    person.settle();
    person.press(text::UNLOCK);
    person.worker.finish();
    person.settle();
    assert!(person.sees(text::NO_CONVERSATIONS));
}

#[test]
fn sos_goes_out_only_after_a_question_that_says_where_to() {
    let mut person = Person::unlocked(1100.0);
    person.open_nearby();
    person.type_into(text::COMPOSER, "two hurt at the fountain");
    person.press(text::SOS_BUTTON_LABEL);
    assert!(person.sees(text::SOS_TITLE));
    assert!(person.sees(text::SOS_TO));
    let dialog = person.harness.get_by_label(text::SOS_FIELD);
    let typed = dialog.value();
    assert_eq!(typed.as_deref(), Some("two hurt at the fountain"));
    // The keyboard is in the field, where Enter begins a line and sends nothing.
    person.key(Modifiers::NONE, Key::Enter);
    assert_eq!(person.sent_last(), None);
    person.key(Modifiers::NONE, Key::Escape);
    assert!(!person.sees(text::SOS_TITLE));
    assert_eq!(person.sent_last(), None);

    person.press(text::SOS_BUTTON_LABEL);
    person.press(text::SOS_SEND);
    let sent = "two hurt at the fountain".to_owned();
    assert_eq!(person.sent_last(), Some((sent, MessageClass::Sos, None)));
    assert!(!person.sees(text::SOS_TITLE));
    assert!(person.sees(&text::sos_in("nearby")));
}

#[test]
fn sos_without_words_or_with_too_many_cannot_be_sent() {
    let mut person = Person::unlocked(376.0);
    person.open_nearby();
    person.press(text::SOS_BUTTON_LABEL);
    person.press(text::SOS_SEND);
    person.type_into(text::SOS_FIELD, &"x".repeat(331));
    assert!(person.sees("1 byte too long"));
    person.press(text::SOS_SEND);
    assert_eq!(person.sent_last(), None);
    person.type_into(text::SOS_FIELD, "");
    person.key(Modifiers::NONE, Key::Backspace);
    person.press(text::SOS_SEND);
    let sent = person
        .sent_last()
        .map(|(text, class, _)| (text.len(), class));
    assert_eq!(sent, Some((330, MessageClass::Sos)));
}

#[test]
fn sos_of_somebody_else_is_told_wherever_one_is() {
    let mut person = Person::unlocked(1100.0);
    person.harness.input_mut().focused = true;
    let call = sos(NEARBY, "Ana", "two hurt at the fountain");
    let author = AuthorData::new(&call.from);
    person.gate.receive(call);
    person.gate.receive(sos(NEARBY, "Ana", "still here"));
    person.settle();
    assert!(person.sees(&text::alert("nearby", 1)));
    assert!(person.sees("still here"));
    assert!(person.sees(&author.badge));
    person.press(text::SHOW_SOS);
    assert!(!person.sees(&text::alert("nearby", 1)));
    assert!(person.sees("two hurt at the fountain"));
    assert!(person.sees(&text::sos_in("nearby")));

    // Now it is in sight: nothing on top of it.
    person.gate.receive(sos(NEARBY, "Ana", "thank you"));
    person.settle();
    assert!(person.sees("thank you"));
    assert!(!person.sees(text::SHOW_SOS));
}

#[test]
fn chosen_lifetime_goes_with_every_text_of_that_conversation() {
    let mut person = Person::unlocked(1100.0);
    person.open_nearby();
    person.type_into(text::COMPOSER, "one");
    person.key(Modifiers::NONE, Key::Enter);
    let sent = |text: &str, lifetime| Some((text.to_owned(), MessageClass::Text, Some(lifetime)));
    assert_eq!(person.sent_last(), sent("one", Lifetime::Day));
    person.press(text::LIFETIME);
    assert!(person.sees(text::LIFETIME_NOTE));
    person.press(&text::lifetime(Lifetime::Short));
    for text in ["two", "three"] {
        person.type_into(text::COMPOSER, text);
        person.key(Modifiers::NONE, Key::Enter);
        assert_eq!(person.sent_last(), sent(text, Lifetime::Short));
    }
    assert!(person.sees("It waits for up to 2 hours"));
}

#[test]
fn refused_message_is_back_in_the_composer() {
    let mut person = Person::unlocked(1100.0);
    person.open_nearby();
    person.type_into(text::COMPOSER, "hello");
    person.gate.state().busy = true;
    person.press(text::SEND);
    assert!(person.sees("The node is busy"));
    let composer = person.harness.get_by_label(text::COMPOSER);
    assert_eq!(composer.value().as_deref(), Some("hello"));
}

#[test]
fn received_message_shows_author_and_badge() {
    let mut person = Person::unlocked(1100.0);
    person.open_nearby();
    person
        .gate
        .receive(message(NEARBY, "Ana", "The bridge is open"));
    person.settle();
    assert!(person.sees("The bridge is open"));
    assert!(person.sees("Ana"));
    assert!(person.sees("70f1 105c"));
}

#[test]
fn line_that_looks_like_ours_stays_in_its_authors_bubble() {
    let mut person = Person::unlocked(1100.0);
    person.open_nearby();
    let hostile = message(NEARBY, "\u{202E}Starling\n", "* Ana took a screenshot *");
    let author = AuthorData::new(&hostile.from);
    person.gate.receive(hostile);
    person.settle();
    assert!(person.sees("* Ana took a screenshot *"));
    assert_eq!(author.name, "Starling");
    assert!(
        person.sees(&author.badge),
        "no line of a person without a badge"
    );
}

#[test]
fn created_channel_shows_phrase_code_and_warning() {
    let mut person = Person::unlocked(1100.0);
    person.key(Modifiers::COMMAND, Key::N);
    person.press(text::CREATE);
    assert!(person.sees(PASSPHRASE));
    assert!(person.sees(text::QR_LABEL));
    assert!(person.sees(text::SECRET_WARNING));
    person.key(Modifiers::NONE, Key::Escape);
    assert!(!person.sees(text::SECRET_WARNING));
}

#[test]
fn leaving_asks_first() {
    let mut person = Person::unlocked(1100.0);
    person.open_nearby();
    person.press(text::MENU);
    person.press(text::LEAVE);
    assert!(person.sees(text::LEAVE_POINTS[0]));
    let left = |person: &Person| {
        let state = person.gate.state();
        state
            .sent
            .iter()
            .any(|command| matches!(command, Command::Leave { .. }))
    };
    person.press(text::CANCEL);
    assert!(!left(&person));
    person.press(text::MENU);
    person.press(text::LEAVE);
    person.press(text::LEAVE_BUTTON);
    assert!(left(&person));
    assert!(person.sees(text::NO_CONVERSATIONS));
}

#[test]
fn narrow_window_goes_from_list_to_conversation_and_back() {
    let mut person = Person::unlocked(376.0);
    assert!(!person.sees(text::COMPOSER_HINT_PUBLIC));
    person.open_nearby();
    assert!(person.harness.query_by_label(text::COMPOSER).is_some());
    assert!(
        person
            .harness
            .query_by_label(text::JOIN_OR_CREATE)
            .is_none()
    );
    person.press(text::BACK);
    assert!(
        person
            .harness
            .query_by_label(text::JOIN_OR_CREATE)
            .is_some()
    );
}

#[test]
fn timeline_lays_out_only_what_is_in_sight() {
    let mut person = Person::unlocked(1100.0);
    for number in 0..60 {
        let text = format!("message number {number:03}");
        person.gate.receive(message(NEARBY, "Ana", &text));
    }
    person.settle();
    person.press(&text::spoken_conversation("nearby", text::PUBLIC, 60));
    assert!(person.sees("message number 059"), "the end is in sight");
    assert!(!person.sees("message number 001"));
}

#[test]
fn contradicted_clock_can_be_put_aside_for_the_neighbours() {
    let mut person = Person::unlocked(1100.0);
    {
        let mut state = person.gate.state();
        state.links.push(link(1));
        (state.status.clock.trusted, state.status.clock.offset_s) = (false, 3 * 3_600);
    }
    person.gate.tell(Event::StatusChanged);
    person.settle();
    assert!(person.sees("about 3 hours behind"));
    let chip = format!(
        "{}: {}",
        text::STATUS_OPEN,
        "Wi-Fi: 1 near · carrying 1,204"
    );
    person.press(&chip);
    person.press(text::CLOCK_ADOPT);
    assert!(person.sees(text::CLOCK_ADOPTED));
    let state = person.gate.state();
    let adopted = |command: &Command| matches!(command, Command::AdoptClock { .. });
    assert!(state.sent.iter().any(adopted));
}

#[test]
fn status_chip_explains_itself() {
    let mut person = Person::unlocked(1100.0);
    let chip = format!(
        "{}: {}",
        text::STATUS_OPEN,
        "Nobody near yet · carrying 1,204"
    );
    person.press(&chip);
    assert!(person.sees(text::CAN_BE_FOUND));
    assert!(person.sees("192.168.1.20:4000"));
}
