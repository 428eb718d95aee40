//! The model and people, without a window: actions and events in, commands and model
//! out.

#![expect(clippy::panic, reason = "a helper that fails fails the test")]

use mesh_core::api::{Answer, Command, CommandError, EmojiView, Event, PeopleCommand, Query};
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, Delivery, MessageId, RequestId,
};
use starling::action::Action;
use starling::app::update::{Effect, refreshes, update};
use starling::model::{Dialog, Model, PeoplePage, PeopleState, Stage, apply};
use starling::testing::{contact, emoji, request, view};
use starling::text::meet;

const ANA: ContactId = ContactId([0xA1; 16]);

/// Ana is a contact, and the conversation with her is open.
fn model() -> Model {
    let mut model = Model::new(Stage::Main);
    let ana = contact(ANA, "Ana");
    let side = ana.conversation;
    model.contacts = vec![ana];
    model.conversations = vec![view(side, ConversationKind::Direct, "Ana")];
    update(&mut model, Action::Open(side));
    refreshes(&mut model);
    model.requests = Default::default();
    model
}

fn side() -> ConversationId {
    contact(ANA, "Ana").conversation
}

fn ask(model: &mut Model, ask: PeopleCommand) -> RequestId {
    match update(model, Action::AskPeople(ask)).as_slice() {
        [Effect::Command(command @ Command::People { .. })] => command.request(),
        other => panic!("expected one command, got {other:?}"),
    }
}

fn answer(model: &mut Model, request: RequestId, result: Result<Answer, CommandError>) {
    apply::apply(model, Event::Answer { request, result });
}

fn state(model: &Model) -> &PeopleState {
    match &model.route.dialog {
        Some(Dialog::People(state)) => state,
        other => panic!("expected the dialog, got {other:?}"),
    }
}

fn queries(model: &mut Model) -> Vec<Query> {
    let due = refreshes(model).into_iter();
    due.filter_map(|command| match command {
        Command::Query { query, .. } => Some(query),
        _ => None,
    })
    .collect()
}

#[test]
fn two_presses_ask_once_and_a_refusal_frees_the_page() {
    let mut model = model();
    update(&mut model, Action::ShowPeople(PeoplePage::Add));
    let add = PeopleCommand::Add {
        link: "hello".to_owned().into(),
        petname: None,
    };
    let request = ask(&mut model, add.clone());
    assert_eq!(update(&mut model, Action::AskPeople(add.clone())), []);
    answer(&mut model, request, Err(CommandError::CardLink));
    let reason = CommandError::CardLink.to_string();
    assert_eq!(state(&model).outcome, Some(Err(reason)));
    ask(&mut model, add);
}

#[test]
fn added_person_closes_the_dialog_and_opens_the_conversation() {
    let mut model = model();
    update(&mut model, Action::ShowPeople(PeoplePage::Add));
    let add = PeopleCommand::Add {
        link: "starling:c/x".to_owned().into(),
        petname: None,
    };
    let request = ask(&mut model, add);
    let conversation = ConversationId([7; 16]);
    let met = Answer::Contact {
        contact: ContactId([8; 16]),
        conversation,
    };
    answer(&mut model, request, Ok(met));
    assert_eq!(model.route.dialog, None);
    assert_eq!(model.route.open, Some(conversation));
    let queries = queries(&mut model);
    for query in [
        Query::Contacts,
        Query::Requests,
        Query::Introductions,
        Query::Conversations,
    ] {
        assert!(queries.contains(&query), "{query:?}");
    }
}

#[test]
fn refusal_after_the_dialog_was_closed_is_a_notice() {
    let mut model = model();
    let verify = PeopleCommand::Verify {
        contact: ANA,
        emoji: "x".to_owned().into(),
    };
    let request = ask(&mut model, verify);
    answer(&mut model, request, Err(CommandError::EmojiDiffer));
    assert_eq!(model.notice, Some(CommandError::EmojiDiffer.to_string()));
}

#[test]
fn blocked_person_goes_out_of_sight_and_keeps_the_draft() {
    let mut model = model();
    let text = "half a thought".to_owned().into();
    let conversation = side();
    update(&mut model, Action::EditDraft { conversation, text });
    update(&mut model, Action::ShowPeople(PeoplePage::AskBlock(ANA)));
    let block = PeopleCommand::Block {
        contact: ANA,
        blocked: true,
    };
    let request = ask(&mut model, block);
    answer(&mut model, request, Ok(Answer::Done));
    assert_eq!(state(&model).page, PeoplePage::Contact(ANA));
    assert_eq!(model.route.open, None);
    assert_eq!(model.drafts.of(conversation).text, "half a thought");
}

#[test]
fn removed_person_takes_conversation_and_draft_along() {
    let mut model = model();
    let text = "half a thought".to_owned().into();
    let conversation = side();
    update(&mut model, Action::EditDraft { conversation, text });
    update(&mut model, Action::ShowPeople(PeoplePage::AskRemove(ANA)));
    let request = ask(&mut model, PeopleCommand::Remove { contact: ANA });
    answer(&mut model, request, Ok(Answer::Done));
    assert_eq!(state(&model).page, PeoplePage::List);
    assert!(model.contacts.is_empty() && model.conversations.is_empty());
    assert_eq!(model.drafts.of(conversation).text, "");
}

#[test]
fn stranger_who_was_blocked_leads_back_to_the_list() {
    let mut model = model();
    let stranger = ContactId([5; 16]);
    model.asking = vec![request(stranger, "Ben", "hello")];
    let page = PeoplePage::AskBlock(stranger);
    update(&mut model, Action::ShowPeople(page));
    let block = PeopleCommand::Block {
        contact: stranger,
        blocked: true,
    };
    let request = ask(&mut model, block);
    answer(&mut model, request, Ok(Answer::Done));
    assert_eq!(state(&model).page, PeoplePage::List);
    assert_eq!(model.route.open, Some(side()), "nobody else's is closed");
}

#[test]
fn emoji_are_asked_for_again_at_any_news_until_they_are_there() {
    let mut model = model();
    update(&mut model, Action::ShowPeople(PeoplePage::check(ANA)));
    let wanted = Query::Emoji { contact: ANA };
    let due = refreshes(&mut model).into_iter();
    let is_wanted =
        |command: &Command| matches!(command, Command::Query { query, .. } if *query == wanted);
    let request = due
        .filter(is_wanted)
        .map(|command| command.request())
        .next()
        .expect("a query");
    answer(&mut model, request, Err(CommandError::EmojiNotYet));
    let news = Event::MessageState {
        conversation: side(),
        message_id: MessageId([1; 16]),
        state: Delivery::Delivered,
    };
    apply::apply(&mut model, news.clone());
    let request = refreshes(&mut model)
        .iter()
        .find(|command| is_wanted(command))
        .map(Command::request)
        .expect("another query");
    let shown = EmojiView {
        contact: ANA,
        ..emoji()
    };
    answer(&mut model, request, Ok(Answer::Emoji(shown.clone())));
    match &state(&model).page {
        PeoplePage::Check(check) => {
            assert_eq!(check.shown.as_deref(), Some(&shown));
            assert_eq!(check.trouble, None);
        }
        other => panic!("{other:?}"),
    }
    apply::apply(&mut model, news);
    assert!(!queries(&mut model).contains(&wanted));
}

#[test]
fn emoji_of_somebody_else_are_not_shown() {
    let mut model = model();
    update(&mut model, Action::ShowPeople(PeoplePage::check(ANA)));
    let request = refreshes(&mut model)[0].request();
    answer(&mut model, request, Ok(Answer::Emoji(emoji())));
    match &state(&model).page {
        PeoplePage::Check(check) => assert_eq!(check.shown, None),
        other => panic!("{other:?}"),
    }
}

#[test]
fn flood_of_strangers_asks_for_each_list_once() {
    let mut model = model();
    for _ in 0..1_000 {
        apply::apply(&mut model, Event::ContactsChanged);
    }
    assert_eq!(queries(&mut model).len(), 3);
    apply::apply(&mut model, Event::ContactsChanged);
    assert_eq!(queries(&mut model), [], "all are under way");
}

#[test]
fn introduction_is_a_notice_with_names_made_harmless() {
    let mut model = model();
    let introduced = |from| Event::Introduction {
        from,
        contact: ContactId([9; 16]),
        name: "B\u{202E}o\n".to_owned().into(),
    };
    apply::apply(&mut model, introduced(ANA));
    assert_eq!(model.notice, Some(meet::introduces("Ana", "Bo")));
    assert!(queries(&mut model).contains(&Query::Introductions));
    apply::apply(&mut model, introduced(ContactId([8; 16])));
    assert_eq!(
        model.notice,
        Some(meet::introduces(meet::SOMEBODY, "Bo")),
        "of somebody who was just removed"
    );
}
