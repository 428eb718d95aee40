//! Events of the node, applied to the model. Refreshes are only noted as wanted;
//! `app::update::refreshes` turns them into commands.

mod groups;
mod lock;
mod marks;
mod people;

use mesh_core::api::{Answer, ChannelSecret, ChannelSpec, Command, CommandError, Event};
use mesh_core::types::{ConversationId, Message, MessageClass, MessageId, RequestId};

use super::{Alert, Dialog, JoinState, Model, NEARBY, Pane, Purpose, Stage, Timeline};

/// Applies one event; gives the commands that must follow at once.
pub fn apply(model: &mut Model, event: Event) -> Option<Command> {
    if lock::hides(model, &event) {
        return None;
    }
    match event {
        Event::Ready { listen } => return ready(model, listen),
        Event::Listening { listen } => {
            model.listen = listen;
            model.requests.want(Purpose::Status);
        }
        Event::LinkUp(link) => {
            model.links.retain(|known| known.link != link.link);
            model.links.push(link);
            model.requests.want(Purpose::Status);
        }
        Event::LinkDown { link } => {
            model.links.retain(|known| known.link != link);
            model.requests.want(Purpose::Status);
        }
        Event::MessageReceived(message) => received(model, message),
        Event::MessageState {
            conversation,
            message_id,
            state,
        } => {
            if let Some(timeline) = open_timeline(model, conversation) {
                timeline.set_state(message_id, state);
            }
            model.requests.want(Purpose::Conversations);
            model.requests.want(Purpose::Status);
            people::news(model);
        }
        Event::MessageChanged(message) => marks::changed(model, message),
        Event::MessageRemoved {
            conversation,
            message_id,
        } => marks::removed(model, conversation, message_id),
        Event::GroupJoined { name, .. } => groups::taken_in(model, &name),
        Event::GroupChanged { conversation } => groups::changed(model, conversation),
        Event::ConversationsChanged => model.requests.want(Purpose::Conversations),
        Event::ContactRequest { .. } | Event::ContactsChanged => people::changed(model),
        Event::Introduction { from, name, .. } => people::introduced(model, from, &name.0),
        Event::Locked => lock::locked(model),
        Event::Unlocked => lock::unlocked(model),
        Event::StatusChanged => {
            model.requests.want(Purpose::Status);
            model.requests.want(Purpose::Links);
        }
        Event::Missed => {
            model.requests.want(Purpose::Conversations);
            model.requests.want(Purpose::Status);
            model.requests.want(Purpose::Links);
            people::changed(model);
            groups::missed(model);
            if let Some(conversation) = model.route.open {
                model.requests.want(Purpose::Newest(conversation));
            }
        }
        Event::Answer { request, result } => match result {
            Ok(answer) => answered(model, request, answer),
            Err(error) => failed(model, request, &error),
        },
        Event::Stopped { error } => stopped(model, error),
    }
    None
}

/// A signature that waits for another one is no failure.
fn failed(model: &mut Model, request: RequestId, error: &CommandError) {
    let reason = error.to_string();
    match (model.requests.purpose(request), error) {
        (Some(Purpose::AskGroup(ask)), CommandError::NeedsAnother) => {
            model.requests.close(request);
            groups::refused(model, ask, &reason, true);
        }
        _ => refused(model, request, &reason),
    }
}

/// Takes note that a command came to nothing, for the given reason.
pub fn refused(model: &mut Model, request: RequestId, reason: &str) {
    let Some(purpose) = model.requests.close(request) else {
        return;
    };
    match purpose {
        Purpose::Send(_) => {
            let line = model
                .outgoing
                .extract_if(.., |line| line.request == request)
                .next();
            if let Some(line) = line {
                model.drafts.restore(line, reason.to_owned());
            }
        }
        Purpose::Join | Purpose::Create => match &mut model.route.dialog {
            Some(Dialog::Join(state)) => {
                *state = JoinState {
                    busy: false,
                    error: Some(reason.to_owned()),
                };
            }
            _ => model.notice = Some(reason.to_owned()),
        },
        Purpose::Dial => match &mut model.route.dialog {
            Some(Dialog::Status { dial }) => *dial = Some(Err(reason.to_owned())),
            _ => model.notice = Some(reason.to_owned()),
        },
        Purpose::AdoptClock | Purpose::Timer(_) => model.notice = Some(reason.to_owned()),
        Purpose::AskGroup(ask) => groups::refused(model, ask, reason, false),
        Purpose::Group(conversation) => groups::unknown(model, conversation),
        Purpose::Message(conversation, _, ask) => {
            marks::refused(model, conversation, ask, reason);
        }
        Purpose::People(_) => people::refused(model, reason),
        Purpose::Emoji(contact) => people::no_emoji(model, contact, reason),
        Purpose::Lock | Purpose::Unlock => lock::refused(model, reason),
        Purpose::Leave(_) | Purpose::Secret(_) => {
            model.route.dialog = None;
            model.notice = Some(reason.to_owned());
        }
        // The oldest message on show was pushed out meanwhile, and all before it.
        Purpose::Older(conversation) => {
            if let Some(timeline) = open_timeline(model, conversation) {
                timeline.more = false;
            }
        }
        // A page or a refresh: asked again when it is next needed.
        _ => {}
    }
}

/// Takes note that the node's queue was full. What only refreshes is tried again.
pub fn busy(model: &mut Model, request: RequestId, reason: &str) {
    match model.requests.purpose(request) {
        Some(
            purpose @ (Purpose::Newest(_)
            | Purpose::MarkSeen(_)
            | Purpose::Conversations
            | Purpose::Status
            | Purpose::Links
            | Purpose::Contacts
            | Purpose::Group(_)
            | Purpose::Asking
            | Purpose::Introductions
            | Purpose::Emoji(_)
            | Purpose::Lock
            | Purpose::Secret(_)),
        ) => {
            model.requests.close(request);
            model.requests.want(purpose);
        }
        _ => refused(model, request, reason),
    }
}

/// Opens a conversation, or closes the open one.
pub(crate) fn open(model: &mut Model, conversation: Option<ConversationId>) {
    model.route.open = conversation;
    model.timeline = conversation.map(|conversation| {
        let unread = model
            .conversation(conversation)
            .map_or(0, |view| view.unread);
        Timeline::new(conversation, unread)
    });
    if model.alert.as_ref().map(Alert::conversation) == conversation {
        model.alert = None;
    }
    if let Some(conversation) = conversation {
        model.route.pane = Pane::Chat;
        model.requests.want(Purpose::Newest(conversation));
        groups::want_open(model);
        mark_seen(model);
    } else {
        model.route.pane = Pane::List;
    }
}

/// Marks the open conversation as seen, if the person can see it.
pub(crate) fn mark_seen(model: &mut Model) {
    let Some(conversation) = model.route.open.filter(|_| model.focused) else {
        return;
    };
    let unseen = model
        .conversations
        .iter_mut()
        .find(|view| view.conversation == conversation && view.unread > 0);
    if let Some(view) = unseen {
        view.unread = 0;
        model.requests.want(Purpose::MarkSeen(conversation));
    }
}

fn ready(model: &mut Model, listen: Vec<String>) -> Option<Command> {
    model.listen = listen;
    begin(model);
    core::mem::take(&mut model.is_new).then(|| Command::Join {
        request: model.requests.begin(Purpose::Join),
        channel: ChannelSpec::Public {
            name: NEARBY.to_owned().into(),
        },
    })
}

/// The profile is open: asks for what is shown first.
fn begin(model: &mut Model) {
    model.stage = Stage::Main;
    for purpose in [
        Purpose::Conversations,
        Purpose::Status,
        Purpose::Links,
        Purpose::Contacts,
        Purpose::Asking,
        Purpose::Introductions,
    ] {
        model.requests.want(purpose);
    }
}

fn received(model: &mut Model, message: Message) {
    let conversation = message.conversation;
    if let Some(timeline) = open_timeline(model, conversation) {
        timeline.receive(message.clone());
    }
    let is_looking = model.route.open == Some(conversation) && model.focused;
    if message.class == MessageClass::Sos && !is_looking {
        model.alert = Some(Alert::after(model.alert.take(), message.clone()));
    }
    let known = model
        .conversations
        .iter_mut()
        .find(|view| view.conversation == conversation);
    if let Some(view) = known {
        view.unread = view.unread.saturating_add(1);
        view.last = Some(message);
        model.sort_conversations();
    }
    model.requests.want(Purpose::Conversations);
    model.requests.want(Purpose::Status);
    people::news(model);
    mark_seen(model);
}

fn answered(model: &mut Model, request: RequestId, answer: Answer) {
    let Some(purpose) = model.requests.close(request) else {
        return;
    };
    if let Purpose::AskGroup(ask) = purpose {
        groups::done(model, ask, answer);
        return;
    }
    match answer {
        Answer::Arrested(_) => {}
        Answer::Group(view) => groups::answered(model, view),
        Answer::Joined { conversation } => {
            if matches!(model.route.dialog, Some(Dialog::Join(_))) {
                model.route.dialog = None;
            }
            joined(model, conversation);
        }
        Answer::Created { conversation, .. } => {
            model.route.dialog = Some(Dialog::Secret {
                conversation,
                secret: None,
                fresh: true,
            });
            model.requests.want(Purpose::Secret(conversation));
            joined(model, conversation);
        }
        Answer::Sent { message_id } => sent(model, &purpose, request, message_id),
        Answer::Done => done(model, purpose),
        Answer::Conversations(views) => {
            model.conversations = views;
            model.sort_conversations();
            groups::want_open(model);
            mark_seen(model);
        }
        Answer::Timeline(page) => {
            if let Some(timeline) = open_timeline(model, page.conversation) {
                if matches!(purpose, Purpose::Older(_)) {
                    timeline.prepend(page);
                } else {
                    timeline.merge_newest(page);
                }
                settle_outgoing(model);
            }
        }
        Answer::Status(status) => model.status = Some(status),
        Answer::Links(links) => model.links = links,
        Answer::ChannelSecret(answer) => show_secret(model, answer),
        Answer::Card { .. }
        | Answer::Code { .. }
        | Answer::ReturnCode(_)
        | Answer::Introductions(_)
        | Answer::Contact { .. }
        | Answer::Contacts(_)
        | Answer::Requests(_)
        | Answer::Emoji(_) => people::answered(model, answer),
    }
}

/// The node keeps an own message.
fn sent(model: &mut Model, purpose: &Purpose, request: RequestId, message_id: MessageId) {
    let Purpose::Send(conversation) = purpose else {
        return;
    };
    stored(model, request, message_id);
    if model.route.open == Some(*conversation) {
        model.requests.want(Purpose::Newest(*conversation));
    }
    model.requests.want(Purpose::Conversations);
    model.requests.want(Purpose::Status);
}

fn show_secret(model: &mut Model, answer: ChannelSecret) {
    if let Some(Dialog::Secret {
        conversation,
        secret,
        ..
    }) = &mut model.route.dialog
        && *conversation == answer.conversation
    {
        *secret = Some(answer);
    }
}

/// The line of an own message stays until a page brings the message itself.
fn stored(model: &mut Model, request: RequestId, message_id: MessageId) {
    for line in &mut model.outgoing {
        if line.request == request {
            line.message_id = Some(message_id);
        }
    }
    settle_outgoing(model);
}

fn settle_outgoing(model: &mut Model) {
    let timeline = model.timeline.as_ref();
    model.outgoing.retain(|line| {
        let Some(message_id) = line.message_id else {
            return true;
        };
        timeline.is_some_and(|timeline| {
            timeline.conversation == line.conversation && timeline.message(message_id).is_none()
        })
    });
}

fn joined(model: &mut Model, conversation: ConversationId) {
    model.requests.want(Purpose::Conversations);
    open(model, Some(conversation));
}

fn done(model: &mut Model, purpose: Purpose) {
    match purpose {
        Purpose::Leave(left) => {
            groups::left(model, left);
            model.route.dialog = None;
            model.requests.want(Purpose::Conversations);
            model.requests.want(Purpose::Status);
        }
        Purpose::Lock => lock::locked(model),
        Purpose::Unlock => lock::unlocked(model),
        Purpose::People(ask) => people::done(model, ask),
        Purpose::Message(conversation, message_id, ask) => {
            marks::done(model, conversation, message_id, ask);
        }
        Purpose::Timer(_) => model.requests.want(Purpose::Conversations),
        Purpose::Dial => {
            if let Some(Dialog::Status { dial }) = &mut model.route.dialog {
                *dial = Some(Ok(()));
            }
        }
        Purpose::AdoptClock => {
            model.clock_adopted = true;
            model.requests.want(Purpose::Status);
        }
        _ => {}
    }
}

/// A conversation is no more.
fn forget(model: &mut Model, left: ConversationId) {
    model.conversations.retain(|view| view.conversation != left);
    model.drafts.forget(left);
    if model.alert.as_ref().map(Alert::conversation) == Some(left) {
        model.alert = None;
    }
    if model.route.open == Some(left) {
        open(model, None);
    }
}

/// Everything that came from the node goes with it; only the theme stays.
fn stopped(model: &mut Model, error: Option<String>) {
    let theme = model.theme;
    let focused = model.focused;
    *model = Model {
        theme,
        focused,
        ..Model::new(Stage::Stopped { error })
    };
}

fn open_timeline(model: &mut Model, conversation: ConversationId) -> Option<&mut Timeline> {
    model
        .timeline
        .as_mut()
        .filter(|timeline| timeline.conversation == conversation)
}
