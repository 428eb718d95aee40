//! The model under lock and destruction, without a window: actions and events in,
//! commands and model out.

#![expect(clippy::panic, reason = "a helper that fails fails the test")]

use mesh_core::api::{Answer, Command, CommandError, Event, Query};
use mesh_core::types::{ConversationId, ConversationKind, RequestId};
use starling::action::Action;
use starling::app::update::{Effect, Outcome, refreshes, settle, update};
use starling::model::{Entry, Model, Stage, ThemeChoice, apply};
use starling::testing::{message, view};

const NEARBY: ConversationId = ConversationId([1; 16]);

/// A model with a query on its way.
fn model() -> (Model, RequestId) {
    let mut model = Model::new(Stage::Main);
    model.theme = ThemeChoice::Dark;
    model.listen = vec!["192.168.1.20:4000".into()];
    model.conversations = vec![view(NEARBY, ConversationKind::Public, "nearby")];
    update(&mut model, Action::Open(NEARBY));
    let asked = refreshes(&mut model)
        .iter()
        .map(Command::request)
        .max()
        .unwrap_or(RequestId(0));
    (model, asked)
}

fn lock(model: &mut Model) -> RequestId {
    assert_eq!(update(model, Action::Lock), []);
    match refreshes(model).as_slice() {
        [Command::Lock { request }] => *request,
        other => panic!("expected one lock, got {other:?}"),
    }
}

#[test]
fn answer_from_before_the_lock_does_not_come_back() {
    let (mut model, asked) = model();
    let request = lock(&mut model);
    assert!(request > asked, "ids go on");
    let late = Event::Answer {
        request: asked,
        result: Ok(Answer::Conversations(vec![view(
            NEARBY,
            ConversationKind::Public,
            "nearby",
        )])),
    };
    apply::apply(&mut model, late);
    apply::apply(
        &mut model,
        Event::MessageReceived(message(NEARBY, "Ana", "hello")),
    );
    apply::apply(&mut model, Event::Missed);
    assert!(model.conversations.is_empty() && model.alert.is_none());
    assert_eq!(refreshes(&mut model), []);
    assert_eq!(model.theme, ThemeChoice::Dark);
    assert_eq!(model.listen.len(), 1, "the laptop's, not the person's");
}

#[test]
fn node_that_locks_by_itself_hides_everything() {
    let (mut model, _) = model();
    apply::apply(&mut model, Event::Locked);
    let entry = Entry::default();
    assert_eq!(
        model.stage,
        Stage::Locked {
            entry,
            is_done: true
        }
    );
    assert!(model.conversations.is_empty() && model.timeline.is_none());
}

#[test]
fn unlocking_asks_once_says_why_not_and_asks_for_everything_again() {
    let (mut model, _) = model();
    lock(&mut model);
    apply::apply(&mut model, Event::Locked);
    let typed = || Action::Unlock {
        passphrase: "wrong".to_owned().into(),
    };
    let effects = update(&mut model, typed());
    let [Effect::Command(Command::Unlock { request, .. })] = effects.as_slice() else {
        panic!("expected an unlock, got {effects:?}");
    };
    assert_eq!(update(&mut model, typed()), [], "one at a time");
    let refusal = CommandError::WrongPassphrase;
    let result = Err(refusal.clone());
    let request = *request;
    apply::apply(&mut model, Event::Answer { request, result });
    let error = model
        .stage
        .entry_mut()
        .and_then(|entry| entry.error.clone());
    assert_eq!(error, Some(refusal.to_string()));
    assert_eq!(
        update(&mut model, typed()).len(),
        1,
        "it can be tried again"
    );
    apply::apply(&mut model, Event::Unlocked);
    assert_eq!(model.stage, Stage::Main);
    let asked = refreshes(&mut model);
    for wanted in [Query::Conversations, Query::Contacts, Query::Requests] {
        let is_it = |one: &Command| matches!(one, Command::Query { query, .. } if *query == wanted);
        assert!(asked.iter().any(is_it), "{wanted:?}");
    }
}

#[test]
fn destroying_forgets_at_once_and_is_asked_once() {
    let (mut model, _) = model();
    assert_eq!(update(&mut model, Action::Wipe), [Effect::Wipe]);
    assert!(model.conversations.is_empty() && model.timeline.is_none());
    assert_eq!(update(&mut model, Action::Wipe), []);
    let (busy, error) = (false, Some("The disk refuses.".to_owned()));
    settle(
        &mut model,
        Outcome::WipeFailed("The disk refuses.".to_owned()),
    );
    assert_eq!(model.stage, Stage::Wiped { busy, error });
    assert_eq!(update(&mut model, Action::Wipe), [Effect::Wipe], "again");
    settle(&mut model, Outcome::Wiped);
    let error = None;
    assert_eq!(model.stage, Stage::Wiped { busy, error });
}
