//! The model and groups, and what stands beside messages, without a window: actions and
//! events in, commands and model out.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails fails the test"
)]

use mesh_core::api::{
    Answer, Arrest, Command, CommandError, Event, GroupCommand, MessageCommand, Page, Query,
};
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, Delivery, MemberId, Message, MessageId, Reaction,
    RequestId, Role,
};
use starling::action::Action;
use starling::app::update::{Effect, refreshes, update};
use starling::model::{Dialog, GroupOutcome, GroupPage, GroupState, Model, Stage, Whom, apply};
use starling::testing::{contact, group, member, message, own, us, view};
use starling::text;

const MEDICS: ConversationId = ConversationId([3; 16]);
const DRIVERS: ConversationId = ConversationId([4; 16]);
const ANA: ContactId = ContactId([0xA1; 16]);
const ANA_THERE: MemberId = MemberId([7; 16]);

/// Two groups with Ana in both, the first one open with these messages.
fn model(messages: Vec<Message>) -> Model {
    let mut model = Model::new(Stage::Main);
    model.contacts = vec![contact(ANA, "Ana")];
    model.conversations = vec![
        view(MEDICS, ConversationKind::Group, "medics"),
        view(DRIVERS, ConversationKind::Group, "drivers"),
    ];
    update(&mut model, Action::Open(MEDICS));
    refreshes(&mut model);
    model.requests = Default::default();
    for (conversation, name, number) in [(MEDICS, "medics", 7), (DRIVERS, "drivers", 8)] {
        let members = vec![us(Role::Admin), member(number, "Ana", Some(ANA))];
        let group = group(conversation, name, members);
        model.groups.insert(conversation, group);
    }
    let page = Page {
        conversation: MEDICS,
        messages,
        more: false,
    };
    let timeline = model.timeline.as_mut().expect("an open conversation");
    timeline.merge_newest(page);
    model
}

fn command(model: &mut Model, action: Action) -> Command {
    let mut effects = update(model, action);
    match (effects.pop(), effects.len()) {
        (Some(Effect::Command(command)), 0) => command,
        other => panic!("expected one command, got {other:?}"),
    }
}

fn answer(model: &mut Model, request: RequestId, result: Result<Answer, CommandError>) {
    apply::apply(model, Event::Answer { request, result });
}

fn state(model: &Model) -> &GroupState {
    match &model.route.dialog {
        Some(Dialog::Group(state)) => state,
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

fn texts(model: &Model) -> Vec<&str> {
    let messages = model.timeline.iter().flat_map(|held| &held.messages);
    messages.map(|message| message.text.as_str()).collect()
}

fn whom() -> Whom {
    Whom {
        conversation: MEDICS,
        member: ANA_THERE,
    }
}

fn arrest_ana(model: &mut Model, arrest: Arrest) {
    update(model, Action::ShowGroup(GroupPage::AskArrested(whom())));
    let ask = GroupCommand::Arrested {
        conversation: MEDICS,
        member: ANA_THERE,
    };
    let request = command(model, Action::AskGroup(ask)).request();
    answer(model, request, Ok(Answer::Arrested(arrest)));
}

#[test]
fn founded_group_opens_and_is_asked_about() {
    let mut model = model(vec![]);
    update(&mut model, Action::ShowGroup(GroupPage::New));
    let ask = GroupCommand::Create {
        name: "cooks".to_owned().into(),
        members: vec![ANA],
    };
    let request = command(&mut model, Action::AskGroup(ask.clone())).request();
    assert_eq!(update(&mut model, Action::AskGroup(ask)), [], "asked once");
    let conversation = ConversationId([9; 16]);
    answer(&mut model, request, Ok(Answer::Joined { conversation }));
    assert_eq!(model.route.dialog, None);
    assert_eq!(model.route.open, Some(conversation));
    assert!(queries(&mut model).contains(&Query::Group { conversation }));
}

#[test]
fn group_that_we_were_taken_into_is_said_and_listed() {
    let mut model = model(vec![]);
    let name = "cooks\u{202E}".to_owned().into();
    let conversation = ConversationId([9; 16]);
    apply::apply(&mut model, Event::GroupJoined { conversation, name });
    let said = text::groups::taken_in("cooks\u{FFFD}");
    assert_eq!(model.notice, Some(said));
    assert_eq!(queries(&mut model), [Query::Conversations]);
}

#[test]
fn change_of_a_group_that_nobody_looked_at_asks_for_nothing_but_the_list() {
    let mut model = model(vec![]);
    let conversation = ConversationId([9; 16]);
    apply::apply(&mut model, Event::GroupChanged { conversation });
    assert_eq!(queries(&mut model), [Query::Conversations]);
    let conversation = DRIVERS;
    apply::apply(&mut model, Event::GroupChanged { conversation });
    assert!(queries(&mut model).contains(&Query::Group { conversation }));
}

#[test]
fn missed_events_ask_again_for_what_is_on_show_and_forget_the_rest() {
    let mut model = model(vec![]);
    apply::apply(&mut model, Event::Missed);
    let queries = queries(&mut model);
    let conversation = MEDICS;
    assert!(queries.contains(&Query::Group { conversation }));
    assert!(
        queries
            .iter()
            .any(|query| matches!(query, Query::Timeline { .. }))
    );
    assert!(!model.groups.contains_key(&DRIVERS));
    update(&mut model, Action::Open(DRIVERS));
    let conversation = DRIVERS;
    assert!(self::queries(&mut model).contains(&Query::Group { conversation }));
}

#[test]
fn group_that_is_gone_is_forgotten_when_it_is_asked_about() {
    let mut model = model(vec![]);
    let conversation = MEDICS;
    apply::apply(&mut model, Event::GroupChanged { conversation });
    let due = refreshes(&mut model);
    let asked = due.iter().find(|command| {
        matches!(
            command,
            Command::Query {
                query: Query::Group { .. },
                ..
            }
        )
    });
    let request = asked.expect("a query for the group").request();
    answer(&mut model, request, Err(CommandError::UnknownGroup));
    assert!(!model.groups.contains_key(&MEDICS));
}

#[test]
fn removal_that_needs_another_signature_is_no_failure() {
    let mut model = model(vec![]);
    update(&mut model, Action::ShowGroup(GroupPage::AskRemove(whom())));
    let ask = GroupCommand::Remove {
        conversation: MEDICS,
        member: ANA_THERE,
    };
    let request = command(&mut model, Action::AskGroup(ask)).request();
    answer(&mut model, request, Err(CommandError::NeedsAnother));
    let said = GroupOutcome::Signed(CommandError::NeedsAnother.to_string());
    assert_eq!(state(&model).outcome, Some(said));
    assert_eq!(state(&model).page, GroupPage::About(MEDICS));
    assert!(!state(&model).busy);
}

#[test]
fn refusal_is_said_where_it_was_asked_and_frees_the_page() {
    let mut model = model(vec![]);
    update(&mut model, Action::ShowGroup(GroupPage::Add(MEDICS)));
    let ask = GroupCommand::Add {
        conversation: MEDICS,
        contact: ANA,
    };
    let request = command(&mut model, Action::AskGroup(ask.clone())).request();
    answer(&mut model, request, Err(CommandError::AlreadyMember));
    let said = GroupOutcome::Refused(CommandError::AlreadyMember.to_string());
    assert_eq!(state(&model).outcome, Some(said));
    let request = command(&mut model, Action::AskGroup(ask)).request();
    update(&mut model, Action::CloseDialog);
    answer(&mut model, request, Err(CommandError::AlreadyMember));
    let said = CommandError::AlreadyMember.to_string();
    assert_eq!(model.notice, Some(said), "the dialog was closed meanwhile");
}

#[test]
fn arrest_says_what_came_and_goes_on_group_by_group() {
    let mut model = model(vec![]);
    let arrest = Arrest {
        removed: vec![],
        signed: vec![],
        left: vec![MEDICS, DRIVERS],
    };
    arrest_ana(&mut model, arrest);
    let asked = queries(&mut model);
    let conversation = DRIVERS;
    assert!(
        asked.contains(&Query::Group { conversation }),
        "who they are there"
    );
    for (old, left, number) in [(MEDICS, vec![DRIVERS], 5), (DRIVERS, vec![], 6)] {
        let GroupPage::Arrested(arrested) = state(&model).page.clone() else {
            panic!("what came of it is not on show");
        };
        assert_eq!(arrested.who.name.0, "Ana");
        let member = arrested.in_group(&model, old).expect("Ana is known there");
        let ask = GroupCommand::ContinueWithout {
            conversation: old,
            member,
        };
        let request = command(&mut model, Action::AskGroup(ask)).request();
        let conversation = ConversationId([number; 16]);
        answer(&mut model, request, Ok(Answer::Joined { conversation }));
        assert_eq!(model.route.open, Some(conversation));
        match left.as_slice() {
            [] => assert_eq!(model.route.dialog, None, "nothing is left to do"),
            left => match &state(&model).page {
                GroupPage::Arrested(arrested) => assert_eq!(arrested.arrest.left, left),
                other => panic!("{other:?}"),
            },
        }
    }
}

#[test]
fn left_group_leaves_nothing_behind() {
    let mut model = model(vec![]);
    let text = "half a thought".to_owned().into();
    let conversation = MEDICS;
    update(&mut model, Action::EditDraft { conversation, text });
    update(&mut model, Action::AskLeave(MEDICS));
    let request = command(&mut model, Action::Leave(MEDICS)).request();
    answer(&mut model, request, Ok(Answer::Done));
    assert!(!model.groups.contains_key(&MEDICS));
    assert_eq!(model.route.open, None);
    assert_eq!(model.drafts.of(MEDICS).text, "");
}

#[test]
fn message_that_changed_is_shown_as_it_is_now() {
    let first = message(MEDICS, "Ana", "one");
    let mut model = model(vec![first.clone()]);
    model.conversations[0].last = Some(first.clone());
    let mut changed = first;
    changed.text = "two".to_owned();
    apply::apply(&mut model, Event::MessageChanged(changed.clone()));
    assert_eq!(texts(&model), ["two"]);
    assert_eq!(model.conversations[0].last, Some(changed));
    let elsewhere = message(DRIVERS, "Ana", "three");
    apply::apply(&mut model, Event::MessageChanged(elsewhere));
    assert_eq!(texts(&model), ["two"]);
}

#[test]
fn message_that_is_gone_takes_answer_change_and_question_along() {
    let ana = message(MEDICS, "Ana", "one");
    let mine = own(MEDICS, "mine", Delivery::Read);
    let mut model = model(vec![ana.clone(), mine.clone()]);
    let timeline = model.timeline.as_mut().expect("an open conversation");
    timeline.first_unread = Some(ana.message_id);
    update(&mut model, Action::Reply(ana.message_id));
    let removed = |message: &Message| Event::MessageRemoved {
        conversation: MEDICS,
        message_id: message.message_id,
    };
    let ask = Action::AskDelete {
        message_id: ana.message_id,
        everybody: false,
    };
    update(&mut model, ask);
    apply::apply(&mut model, removed(&ana));
    assert_eq!(texts(&model), ["mine"]);
    assert_eq!(model.route.dialog, None);
    assert_eq!(model.drafts.of(MEDICS).about, None);
    let timeline = model.timeline.as_ref().expect("an open conversation");
    assert_eq!(timeline.first_unread, Some(mine.message_id));

    update(&mut model, Action::Edit(mine.message_id));
    apply::apply(&mut model, removed(&mine));
    let draft = model.drafts.of(MEDICS);
    assert_eq!(draft.text, "mine", "nothing typed is lost");
    assert_eq!(draft.refused.as_deref(), Some(text::marks::EDIT_LOST));
}

#[test]
fn answer_goes_along_and_comes_back_with_a_refused_text() {
    let ana = message(MEDICS, "Ana", "one");
    let mut model = model(vec![ana.clone()]);
    let conversation = MEDICS;
    update(&mut model, Action::Reply(ana.message_id));
    let mention = Action::Mention {
        conversation,
        member: ANA_THERE,
        name: "Ana".to_owned().into(),
    };
    update(&mut model, mention);
    let text = "yes @Ana".to_owned().into();
    update(&mut model, Action::EditDraft { conversation, text });
    let sent = command(&mut model, Action::Send(MEDICS));
    let Command::Send {
        request,
        reply_to,
        mentions,
        ..
    } = sent
    else {
        panic!("{sent:?}");
    };
    assert_eq!(reply_to, Some(ana.message_id));
    assert_eq!(mentions, [ANA_THERE]);
    assert_eq!(model.drafts.of(MEDICS).about, None);
    answer(&mut model, request, Err(CommandError::NotMember));
    let again = command(&mut model, Action::Send(MEDICS));
    assert!(
        matches!(again, Command::Send { reply_to: Some(_), mentions, .. } if mentions.len() == 1)
    );
}

#[test]
fn name_that_was_deleted_again_mentions_nobody() {
    let mut model = model(vec![]);
    let conversation = MEDICS;
    let mention = Action::Mention {
        conversation,
        member: ANA_THERE,
        name: "Ana".to_owned().into(),
    };
    update(&mut model, mention);
    let text = "nobody".to_owned().into();
    update(&mut model, Action::EditDraft { conversation, text });
    let sent = command(&mut model, Action::Send(MEDICS));
    assert!(matches!(sent, Command::Send { mentions, .. } if mentions.is_empty()));
}

#[test]
fn change_keeps_what_was_typed_before_and_waits_for_the_node() {
    let mine = own(MEDICS, "to the brigde", Delivery::Read);
    let mut model = model(vec![mine.clone()]);
    let conversation = MEDICS;
    let typed = |model: &mut Model, text: &str| {
        let text = text.to_owned().into();
        update(model, Action::EditDraft { conversation, text });
    };
    update(&mut model, Action::EditLast(MEDICS));
    assert_eq!(model.drafts.of(MEDICS).text, "to the brigde");
    update(&mut model, Action::PutAside(MEDICS));
    assert_eq!(model.drafts.of(MEDICS).text, "");

    typed(&mut model, "half a thought");
    update(&mut model, Action::EditLast(MEDICS));
    assert_eq!(
        model.drafts.of(MEDICS).text,
        "half a thought",
        "box not empty"
    );
    update(&mut model, Action::Edit(mine.message_id));
    assert_eq!(update(&mut model, Action::Send(MEDICS)), [], "not changed");
    assert_eq!(model.drafts.of(MEDICS).text, "half a thought");

    update(&mut model, Action::Edit(mine.message_id));
    typed(&mut model, "to the bridge");
    let sent = command(&mut model, Action::Send(MEDICS));
    let text = "to the bridge".to_owned().into();
    let expected = Command::Message {
        request: sent.request(),
        conversation,
        message_id: mine.message_id,
        ask: MessageCommand::Edit { text },
    };
    assert_eq!(sent, expected);
    assert_eq!(update(&mut model, Action::Send(MEDICS)), [], "asked once");
    answer(&mut model, sent.request(), Err(CommandError::NotYours));
    let draft = model.drafts.of(MEDICS);
    assert_eq!(draft.text, "to the bridge", "nothing typed is lost");
    assert_eq!(draft.refused, Some(CommandError::NotYours.to_string()));
    let sent = command(&mut model, Action::Send(MEDICS));
    answer(&mut model, sent.request(), Ok(Answer::Done));
    assert_eq!(model.drafts.of(MEDICS).text, "half a thought");
}

#[test]
fn only_own_texts_can_be_changed() {
    let ana = message(MEDICS, "Ana", "one");
    let mut gone = own(MEDICS, "", Delivery::Read);
    gone.marks.is_withdrawn = true;
    let mut model = model(vec![ana.clone(), gone.clone()]);
    for message_id in [ana.message_id, gone.message_id, MessageId([0xEE; 16])] {
        update(&mut model, Action::Edit(message_id));
        assert_eq!(model.drafts.of(MEDICS).about, None);
    }
    update(&mut model, Action::EditLast(MEDICS));
    assert_eq!(model.drafts.of(MEDICS).about, None);
}

#[test]
fn same_emoji_again_takes_it_back_and_a_refusal_is_said() {
    let mut ana = message(MEDICS, "Ana", "one");
    let reaction = |emoji: &str, own| Reaction {
        emoji: emoji.to_owned(),
        count: 2,
        own,
    };
    ana.marks.reactions = vec![reaction("👍", true), reaction("❤", false)];
    let mut model = model(vec![ana.clone()]);
    for (emoji, sent) in [("👍", ""), ("❤", "❤")] {
        let react = Action::React {
            message_id: ana.message_id,
            emoji: emoji.to_owned().into(),
        };
        let asked = command(&mut model, react.clone());
        let request = asked.request();
        let expected = Command::Message {
            request,
            conversation: MEDICS,
            message_id: ana.message_id,
            ask: MessageCommand::React {
                emoji: sent.to_owned().into(),
            },
        };
        assert_eq!(asked, expected);
        assert_eq!(update(&mut model, react), [], "asked once");
        answer(&mut model, request, Err(CommandError::Emoji));
        assert_eq!(model.notice, Some(CommandError::Emoji.to_string()));
    }
}

#[test]
fn message_is_deleted_only_after_the_question() {
    let mine = own(MEDICS, "mine", Delivery::Read);
    let mut model = model(vec![mine.clone()]);
    assert_eq!(update(&mut model, Action::Delete), []);
    for (everybody, deed) in [
        (true, MessageCommand::Withdraw),
        (false, MessageCommand::DeleteHere),
    ] {
        let message_id = mine.message_id;
        let ask = Action::AskDelete {
            message_id,
            everybody,
        };
        assert_eq!(update(&mut model, ask), []);
        let asked = command(&mut model, Action::Delete);
        let request = asked.request();
        let expected = Command::Message {
            request,
            conversation: MEDICS,
            message_id,
            ask: deed,
        };
        assert_eq!(asked, expected);
        assert_eq!(model.route.dialog, None);
        answer(&mut model, request, Ok(Answer::Done));
    }
    assert_eq!(texts(&model), Vec::<&str>::new());
}

#[test]
fn timer_is_asked_once_and_shown_as_the_node_says() {
    let mut model = model(vec![]);
    let set = Action::SetTimer {
        conversation: MEDICS,
        seconds: Some(3_600),
    };
    let request = command(&mut model, set.clone()).request();
    assert_eq!(update(&mut model, set), []);
    answer(&mut model, request, Ok(Answer::Done));
    assert_eq!(queries(&mut model), [Query::Conversations]);
}
