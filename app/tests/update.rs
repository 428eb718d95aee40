//! The model without a window: actions and events in, commands and model out.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails fails the test"
)]

use mesh_core::api::{Answer, Command, CommandError, Event, Page, Query};
use mesh_core::types::{ConversationId, ConversationKind, Delivery, Message, MessageId, RequestId};
use starling::action::Action;
use starling::app::update::{Effect, Outcome, Start, refreshes, settle, update};
use starling::model::{Dialog, Entry, Model, Pane, Stage, apply};
use starling::testing::{message, own, view};

const NEARBY: ConversationId = ConversationId([1; 16]);
const KEYED: ConversationId = ConversationId([2; 16]);

/// A running window on two conversations, the first one open and its page there.
fn open_model(messages: Vec<Message>) -> Model {
    let mut model = Model::new(Stage::Main);
    model.conversations = vec![
        view(NEARBY, ConversationKind::Public, "nearby"),
        view(KEYED, ConversationKind::Keyed, "velvet harbour"),
    ];
    update(&mut model, Action::Open(NEARBY));
    answer_newest(&mut model, page(messages, false));
    model
}

fn page(messages: Vec<Message>, more: bool) -> Page {
    Page {
        conversation: NEARBY,
        messages,
        more,
    }
}

/// Sends the due queries and answers the one for the newest page.
fn answer_newest(model: &mut Model, page: Page) {
    let newest = refreshes(model).into_iter().find(|command| {
        matches!(
            command,
            Command::Query {
                query: Query::Timeline { before: None, .. },
                ..
            }
        )
    });
    let request = newest.expect("a query for the newest page").request();
    answer(model, request, Answer::Timeline(page));
}

fn answer(model: &mut Model, request: RequestId, answer: Answer) {
    let result = Ok(answer);
    apply::apply(model, Event::Answer { request, result });
}

fn write(model: &mut Model, text: &str) -> Vec<Effect> {
    let text = text.to_owned().into();
    update(
        model,
        Action::EditDraft {
            conversation: NEARBY,
            text,
        },
    );
    update(model, Action::Send(NEARBY))
}

fn sent_request(effects: &[Effect]) -> RequestId {
    match effects {
        [Effect::Command(command @ Command::Send { .. })] => command.request(),
        other => panic!("expected one Send, got {other:?}"),
    }
}

fn texts(model: &Model) -> Vec<&str> {
    let timeline = model.timeline.as_ref().expect("an open timeline");
    timeline
        .messages
        .iter()
        .map(|message| message.text.as_str())
        .collect()
}

#[test]
fn sending_empties_the_composer_and_shows_a_line_until_the_message_is_stored() {
    let mut model = open_model(vec![]);
    let effects = write(&mut model, "  hello \n");
    let request = sent_request(&effects);
    assert_eq!(model.drafts.of(NEARBY).text, "");
    assert_eq!(model.outgoing.len(), 1);

    let mine = own(NEARBY, "hello", Delivery::Waiting);
    answer(
        &mut model,
        request,
        Answer::Sent {
            message_id: mine.message_id,
        },
    );
    assert_eq!(model.outgoing.len(), 1, "no gap before the page comes");
    answer_newest(&mut model, page(vec![mine], false));
    assert_eq!((model.outgoing.len(), texts(&model)), (0, vec!["hello"]));
}

#[test]
fn white_space_alone_is_not_sent() {
    let mut model = open_model(vec![]);
    assert_eq!(write(&mut model, " \n\t "), []);
}

#[test]
fn refused_message_comes_back_before_what_was_typed_since() {
    let mut model = open_model(vec![]);
    let request = sent_request(&write(&mut model, "first"));
    let text = "second".to_owned().into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: NEARBY,
            text,
        },
    );
    // The person has gone elsewhere meanwhile.
    update(&mut model, Action::Open(KEYED));
    let result = Err(CommandError::Store("no space left".into()));
    apply::apply(&mut model, Event::Answer { request, result });
    let draft = model.drafts.of(NEARBY);
    assert_eq!(draft.text, "first\nsecond");
    assert!(draft.refused.unwrap().contains("no space left"));
    assert!(model.outgoing.is_empty());
}

#[test]
fn busy_node_gives_a_message_back_and_a_query_another_try() {
    let mut model = open_model(vec![]);
    let request = sent_request(&write(&mut model, "hello"));
    apply::busy(&mut model, request, "busy");
    assert_eq!(model.drafts.of(NEARBY).text, "hello");

    apply::apply(&mut model, Event::StatusChanged);
    let first = refreshes(&mut model);
    assert!(!first.is_empty());
    for command in &first {
        apply::busy(&mut model, command.request(), "busy");
    }
    assert_eq!(refreshes(&mut model).len(), first.len());
}

#[test]
fn flood_of_events_asks_for_each_refresh_once_and_once_more() {
    let mut model = open_model(vec![]);
    refreshes(&mut model);
    let mut model = Model {
        requests: Default::default(),
        ..model
    };
    for _ in 0..1_000 {
        apply::apply(&mut model, Event::ConversationsChanged);
    }
    let first = refreshes(&mut model);
    assert_eq!(first.len(), 1);
    apply::apply(&mut model, Event::ConversationsChanged);
    assert_eq!(refreshes(&mut model), [], "one is under way");
    answer(
        &mut model,
        first[0].request(),
        Answer::Conversations(vec![]),
    );
    assert_eq!(refreshes(&mut model).len(), 1, "things changed meanwhile");
}

#[test]
fn own_message_stored_before_a_foreign_one_is_shown_before_it() {
    let mut model = open_model(vec![message(NEARBY, "Ana", "one")]);
    let request = sent_request(&write(&mut model, "mine"));
    let mine = own(NEARBY, "mine", Delivery::Waiting);
    answer(
        &mut model,
        request,
        Answer::Sent {
            message_id: mine.message_id,
        },
    );
    let two = message(NEARBY, "Ana", "two");
    apply::apply(&mut model, Event::MessageReceived(two.clone()));
    assert_eq!(texts(&model), ["one", "two"]);
    let truth = vec![message(NEARBY, "Ana", "one"), mine, two];
    answer_newest(&mut model, page(truth, false));
    assert_eq!(texts(&model), ["one", "mine", "two"]);
}

#[test]
fn message_that_comes_twice_is_shown_once() {
    let mut model = open_model(vec![]);
    for _ in 0..2 {
        let event = Event::MessageReceived(message(NEARBY, "Ana", "one"));
        apply::apply(&mut model, event);
    }
    assert_eq!(texts(&model), ["one"]);
}

#[test]
fn older_page_goes_before_the_rest_and_is_asked_for_once() {
    let mut model = open_model(vec![]);
    update(&mut model, Action::Open(KEYED));
    update(&mut model, Action::Open(NEARBY));
    answer_newest(&mut model, page(vec![message(NEARBY, "Ana", "new")], true));
    let effects = update(&mut model, Action::LoadOlder);
    assert_eq!(
        update(&mut model, Action::LoadOlder),
        [],
        "one is under way"
    );
    let [Effect::Command(command)] = effects.as_slice() else {
        panic!("expected a query, got {effects:?}");
    };
    let older = page(vec![message(NEARBY, "Ana", "old")], false);
    answer(&mut model, command.request(), Answer::Timeline(older));
    assert_eq!(texts(&model), ["old", "new"]);
    assert_eq!(update(&mut model, Action::LoadOlder), [], "that was all");
}

#[test]
fn page_that_comes_after_leaving_the_conversation_changes_nothing() {
    let mut model = open_model(vec![]);
    update(&mut model, Action::Open(KEYED));
    let request = refreshes(&mut model)[0].request();
    update(&mut model, Action::Open(NEARBY));
    answer_newest(
        &mut model,
        page(vec![message(NEARBY, "Ana", "here")], false),
    );
    let late = Page {
        conversation: KEYED,
        messages: vec![message(KEYED, "Jo", "there")],
        more: false,
    };
    answer(&mut model, request, Answer::Timeline(late));
    assert_eq!(texts(&model), ["here"]);
}

#[test]
fn delivery_state_reaches_the_message() {
    let mine = own(NEARBY, "mine", Delivery::Waiting);
    let mut model = open_model(vec![mine.clone()]);
    apply::apply(
        &mut model,
        Event::MessageState {
            conversation: NEARBY,
            message_id: mine.message_id,
            state: Delivery::WithMesh,
        },
    );
    let timeline = model.timeline.as_ref().unwrap();
    assert_eq!(
        timeline.message(mine.message_id).unwrap().state,
        Delivery::WithMesh
    );
}

#[test]
fn sending_again_writes_the_same_words_as_a_new_message() {
    let mine = own(NEARBY, "anyone?", Delivery::Waiting);
    let id = mine.message_id;
    let mut model = open_model(vec![mine, message(NEARBY, "Ana", "no")]);
    match update(&mut model, Action::SendAgain(id)).as_slice() {
        [Effect::Command(Command::Send { text, .. })] => assert_eq!(text.0, "anyone?"),
        other => panic!("expected one Send, got {other:?}"),
    }
    let foreign = message(NEARBY, "Ana", "no").message_id;
    assert_eq!(
        update(&mut model, Action::SendAgain(foreign)),
        [],
        "not ours to repeat"
    );
    assert_eq!(
        update(&mut model, Action::SendAgain(MessageId([9; 16]))),
        []
    );
}

#[test]
fn only_a_window_with_the_keyboard_marks_as_seen() {
    let mut model = open_model(vec![]);
    refreshes(&mut model);
    apply::apply(
        &mut model,
        Event::MessageReceived(message(NEARBY, "Ana", "one")),
    );
    assert_eq!(model.unread(), 1);
    let marks = |model: &mut Model| {
        let due = refreshes(model);
        due.iter()
            .filter(|command| matches!(command, Command::MarkSeen { .. }))
            .count()
    };
    assert_eq!(marks(&mut model), 0);
    update(&mut model, Action::Focus(true));
    assert_eq!((marks(&mut model), model.unread()), (1, 0));
}

#[test]
fn new_profile_joins_nearby_and_opens_it() {
    let mut model = Model::new(Stage::Onboarding(Entry::default()));
    let create = Action::Create {
        name: "Mira".to_owned().into(),
        passphrase: "six words".to_owned().into(),
    };
    let effects = update(&mut model, create.clone());
    assert!(matches!(
        effects.as_slice(),
        [Effect::Start(Start::Create { .. })]
    ));
    assert_eq!(
        update(&mut model, create),
        [],
        "a second press starts nothing"
    );
    settle(&mut model, Outcome::Started);
    let command = apply::apply(&mut model, Event::Ready { listen: vec![] });
    let Some(Command::Join { request, .. }) = command else {
        panic!("expected Join, got {command:?}");
    };
    answer(
        &mut model,
        request,
        Answer::Joined {
            conversation: NEARBY,
        },
    );
    assert_eq!((model.stage, model.route.open), (Stage::Main, Some(NEARBY)));
}

#[test]
fn unlocked_profile_joins_nothing_by_itself() {
    let mut model = Model::new(Stage::Unlock(Entry::default()));
    update(
        &mut model,
        Action::Unlock {
            passphrase: "x".to_owned().into(),
        },
    );
    assert_eq!(
        apply::apply(&mut model, Event::Ready { listen: vec![] }),
        None
    );
}

#[test]
fn wrong_passphrase_is_said_and_the_form_is_free_again() {
    let mut model = Model::new(Stage::Unlock(Entry::default()));
    update(
        &mut model,
        Action::Unlock {
            passphrase: "x".to_owned().into(),
        },
    );
    settle(&mut model, Outcome::StartFailed("Wrong.".into()));
    let expected = Entry {
        busy: false,
        error: Some("Wrong.".into()),
    };
    assert_eq!(model.stage, Stage::Unlock(expected));
}

#[test]
fn created_channel_shows_its_phrase_at_once() {
    let mut model = open_model(vec![]);
    update(&mut model, Action::AskJoin);
    let effects = update(&mut model, Action::CreateChannel);
    assert_eq!(
        update(&mut model, Action::CreateChannel),
        [],
        "two presses make one channel"
    );
    let [Effect::Command(command)] = effects.as_slice() else {
        panic!("expected Create, got {effects:?}");
    };
    let phrase = "one two three four five six".to_owned().into();
    answer(
        &mut model,
        command.request(),
        Answer::Created {
            conversation: KEYED,
            phrase,
        },
    );
    assert!(matches!(
        model.route.dialog,
        Some(Dialog::Secret {
            conversation: KEYED,
            fresh: true,
            ..
        })
    ));
    assert!(refreshes(&mut model).iter().any(|command| {
        matches!(
            command,
            Command::Query {
                query: Query::ChannelSecret {
                    conversation: KEYED
                },
                ..
            }
        )
    }));
}

#[test]
fn refused_join_is_said_in_the_dialog() {
    let mut model = open_model(vec![]);
    update(&mut model, Action::AskJoin);
    let effects = update(&mut model, Action::JoinPhrase("what".to_owned().into()));
    let [Effect::Command(command)] = effects.as_slice() else {
        panic!("expected Join, got {effects:?}");
    };
    let result = Err(CommandError::Phrase);
    apply::apply(
        &mut model,
        Event::Answer {
            request: command.request(),
            result,
        },
    );
    match &model.route.dialog {
        Some(Dialog::Join(state)) => {
            assert!(!state.busy);
            assert_eq!(state.error, Some(CommandError::Phrase.to_string()));
        }
        other => panic!("expected the dialog, got {other:?}"),
    }
}

#[test]
fn left_conversation_takes_its_draft_and_timeline_along() {
    let mut model = open_model(vec![message(NEARBY, "Ana", "one")]);
    let text = "half a thought".to_owned().into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: NEARBY,
            text,
        },
    );
    update(&mut model, Action::AskLeave(NEARBY));
    let effects = update(&mut model, Action::Leave(NEARBY));
    let [Effect::Command(command)] = effects.as_slice() else {
        panic!("expected Leave, got {effects:?}");
    };
    answer(&mut model, command.request(), Answer::Done);
    assert!(model.conversation(NEARBY).is_none());
    assert!(model.timeline.is_none());
    assert_eq!(model.drafts.of(NEARBY).text, "");
    assert_eq!((model.route.open, model.route.dialog), (None, None));
}

#[test]
fn stepping_stops_at_both_ends() {
    let mut model = open_model(vec![]);
    update(&mut model, Action::Step(-1));
    assert_eq!(model.route.open, Some(NEARBY));
    update(&mut model, Action::Step(1));
    update(&mut model, Action::Step(1));
    assert_eq!(model.route.open, Some(KEYED));
}

#[test]
fn going_back_to_the_list_closes_the_conversation() {
    let mut model = open_model(vec![]);
    update(&mut model, Action::Show(Pane::List));
    assert_eq!((model.route.open, model.route.pane), (None, Pane::List));
}

#[test]
fn stopped_node_leaves_no_message_behind() {
    let mut model = open_model(vec![message(NEARBY, "Ana", "one")]);
    let error = Some("The disk is full.".to_owned());
    apply::apply(
        &mut model,
        Event::Stopped {
            error: error.clone(),
        },
    );
    assert_eq!(model.stage, Stage::Stopped { error });
    assert!(model.timeline.is_none() && model.conversations.is_empty());
}

#[test]
fn answer_to_nobody_changes_nothing() {
    let mut model = open_model(vec![]);
    let request = starling::testing::NO_REQUEST;
    answer(
        &mut model,
        request,
        Answer::Joined {
            conversation: KEYED,
        },
    );
    assert_eq!(model.route.open, Some(NEARBY));
}
