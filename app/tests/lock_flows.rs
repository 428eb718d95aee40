//! What a person does to lock, unlock and destroy, with a fake node behind the window.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod window;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mesh_core::api::{Command, CommandError};
use mesh_core::node::ProfileState;
use starling::model::Stage;
use starling::testing::{FakeGate, PASSPHRASE, contact, message};
use starling::text;
use starling::text::{contacts as words, safety};
use window::{NEARBY, Person};

fn commands(person: &Person, is_it: fn(&Command) -> bool) -> usize {
    let state = person.gate.state();
    state.sent.iter().filter(|command| is_it(command)).count()
}

fn locks(person: &Person) -> usize {
    commands(person, |command| matches!(command, Command::Lock { .. }))
}

/// A window with a conversation that has a message and half a draft in it.
fn busy_person(width: f32) -> Person {
    let mut person = Person::unlocked(width);
    person.open_nearby();
    person
        .gate
        .receive(message(NEARBY, "Ana", "the bridge is closed"));
    let ana = contact(mesh_core::types::ContactId([7; 16]), "Ana");
    person.gate.state().contacts.push(ana);
    person.settle();
    person.type_into(text::COMPOSER, "half a thought");
    assert!(person.sees("the bridge is closed"));
    person
}

#[test]
fn lock_button_hides_everything_and_the_passphrase_brings_it_back() {
    for width in [1100.0, 376.0] {
        let mut person = Person::unlocked(width);
        person
            .gate
            .receive(message(NEARBY, "Ana", "the bridge is closed"));
        person.settle();
        assert!(person.sees("the bridge is closed"));
        person.press(text::LOCK);
        assert_eq!(locks(&person), 1);
        assert!(person.sees(text::LOCKED_NOTE));
        assert!(!person.sees("the bridge is closed") && !person.sees("nearby"));
        person.type_into(text::PASSPHRASE, PASSPHRASE);
        person.press(text::UNLOCK);
        assert!(person.sees("the bridge is closed"), "asked for again");
    }
}

#[test]
fn shortcut_locks_over_a_dialog_and_nothing_typed_is_left() {
    let mut person = busy_person(1100.0);
    person.press(&words::button(0));
    person.press(words::ADD);
    person.type_into(words::LINK, "starling:c/halfway");
    person.key(Modifiers::COMMAND, Key::L);
    assert_eq!(locks(&person), 1);
    let app = person.harness.state().as_ref().unwrap();
    let model = format!("{:?}", app.model);
    assert!(!model.contains("half a thought") && !model.contains("bridge"));
    assert!(app.model.contacts.is_empty() && app.model.conversations.is_empty());
    assert!(app.model.timeline.is_none() && app.model.status.is_none());
    assert_eq!(app.model.route, Default::default());

    person.type_into(text::PASSPHRASE, PASSPHRASE);
    person.key(Modifiers::NONE, Key::Enter);
    person.open_nearby();
    assert!(person.sees("the bridge is closed"));
    assert!(!person.sees("half a thought"), "the draft is gone");
    let composer = person.harness.get_by_label(text::COMPOSER);
    composer.focus();
    person.settle();
    person.key(Modifiers::COMMAND, Key::Z);
    assert!(!person.sees("half a thought"), "and cannot be brought back");
    person.press(&words::button(0));
    person.press(words::ADD);
    person.settle();
    assert!(!person.sees("starling:c/halfway"));
}

#[test]
fn wrong_passphrase_is_said_in_place_and_not_kept() {
    let mut person = busy_person(1100.0);
    person.press(text::LOCK);
    person.type_into(text::PASSPHRASE, "wrong");
    person.press(text::UNLOCK);
    assert!(person.sees(&CommandError::WrongPassphrase.to_string()));
    let is_unlock = |command: &Command| matches!(command, Command::Unlock { .. });
    assert_eq!(commands(&person, is_unlock), 1);
    // Typed after what was there, it would be wrong again.
    person.type_into(text::PASSPHRASE, PASSPHRASE);
    person.press(text::UNLOCK);
    assert_eq!(commands(&person, is_unlock), 2);
    let app = person.harness.state().as_ref().unwrap();
    assert_eq!(app.model.stage, Stage::Main);
}

#[test]
fn full_queue_hides_at_once_and_locks_as_soon_as_it_can() {
    let mut person = busy_person(1100.0);
    person.gate.state().busy = true;
    person.key(Modifiers::COMMAND, Key::L);
    assert!(!person.sees("the bridge is closed"));
    assert!(person.sees(text::LOCKING));
    assert_eq!(locks(&person), 0);
    person.gate.state().busy = false;
    person.settle();
    assert_eq!(locks(&person), 1);
    assert!(!person.sees(text::LOCKING));
}

/// Presses the button that destroys everything and keeps it pressed.
fn hold(person: &mut Person) {
    let at = person.harness.get_by_label(safety::DESTROY).rect().center();
    person.harness.hover_at(at);
    person.harness.event(button_event(at, true));
}

fn button_event(pos: egui::Pos2, pressed: bool) -> egui::Event {
    egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    }
}

/// Lets three quarters of a second pass, of the three that the button must be held.
fn pass(person: &mut Person) {
    person.harness.run_steps(3);
}

fn is_counting(person: &Person) -> Option<u32> {
    (1..=3).find(|left| person.sees(&safety::destroying_in(*left)))
}

#[test]
fn button_let_go_before_the_end_destroys_nothing() {
    let mut person = Person::unlocked(1100.0);
    person.press(safety::OPEN);
    hold(&mut person);
    pass(&mut person);
    pass(&mut person);
    assert!(is_counting(&person).is_some(), "the countdown is visible");
    let at = person
        .harness
        .get_by_label_contains("let go to stop")
        .rect();
    person.harness.event(button_event(at.center(), false));
    for _ in 0..6 {
        pass(&mut person);
    }
    assert_eq!(is_counting(&person), None);
    assert!(person.sees(safety::DESTROY));
    person.worker.finish();
    assert_eq!(person.gate.state().profile, ProfileState::Locked);
    assert!(person.gate.state().wipes.is_empty());
}

#[test]
fn held_button_counts_down_destroys_stops_the_node_and_leads_to_a_new_beginning() {
    for (is_locked, width) in [(false, 1100.0), (true, 376.0)] {
        let mut person = busy_person(width);
        if is_locked {
            person.key(Modifiers::COMMAND, Key::L);
        } else {
            person.press(safety::OPEN);
        }
        hold(&mut person);
        let mut seen = Vec::new();
        for _ in 0..6 {
            pass(&mut person);
            seen.extend(is_counting(&person));
        }
        seen.dedup();
        assert!(
            seen.len() > 1 && seen.is_sorted_by(|one, next| one > next),
            "{seen:?}"
        );
        assert!(person.sees(safety::DESTROYING));
        assert!(!person.sees("the bridge is closed"));
        person.worker.finish();
        person.settle();
        {
            let state = person.gate.state();
            assert_eq!(
                state.wipes,
                [true, false],
                "keys first, then what the node held"
            );
            assert!(!state.is_running);
        }
        assert!(person.sees(safety::DESTROYED));
        person.harness.event(button_event(egui::Pos2::ZERO, false));
        person.press(safety::BEGIN);
        assert!(person.sees(text::WELCOME));
    }
}

#[test]
fn profile_that_was_never_opened_is_destroyed_from_the_door() {
    let mut person = Person::at(FakeGate::new(ProfileState::Locked), 1100.0);
    hold(&mut person);
    for _ in 0..6 {
        pass(&mut person);
    }
    person.worker.finish();
    person.settle();
    assert!(person.sees(safety::DESTROYED));
    assert_eq!(person.gate.state().wipes, [false]);
}

#[test]
fn disk_that_refuses_is_said_and_can_be_tried_again() {
    let mut person = Person::unlocked(1100.0);
    person.gate.state().disk = Some("read-only".to_owned());
    person.press(safety::OPEN);
    hold(&mut person);
    for _ in 0..6 {
        pass(&mut person);
    }
    person.worker.finish();
    person.settle();
    assert!(person.sees(safety::NOT_DESTROYED) && person.sees("read-only"));
    person.harness.event(button_event(egui::Pos2::ZERO, false));
    person.gate.state().disk = None;
    person.press(safety::DESTROY_AGAIN);
    person.worker.finish();
    person.settle();
    assert!(person.sees(safety::DESTROYED));
}
