//! Actions about one message.

use mesh_core::api::{Command, MessageCommand};
use mesh_core::redact::Redacted;
use mesh_core::types::{ConversationId, Message, MessageClass, MessageId};

use super::Effect;
use crate::action::Action;
use crate::model::{Dialog, MessageAsk, Model, Purpose};

/// What turns the composer to a message, or asks about one.
pub(super) fn turn(model: &mut Model, action: Action) {
    match action {
        Action::Mention {
            conversation,
            member,
            name,
        } => model.drafts.mention(conversation, member, name.0),
        Action::Reply(message_id) => reply(model, message_id),
        Action::Edit(message_id) => edit(model, message_id),
        Action::EditLast(conversation) => edit_last(model, conversation),
        Action::PutAside(conversation) => model.drafts.put_aside(conversation),
        Action::AskDelete {
            message_id,
            everybody,
        } => ask_delete(model, message_id, everybody),
        _ => {}
    }
}

/// The composer answers a message from now on.
fn reply(model: &mut Model, message_id: MessageId) {
    if let Some(conversation) = shown(model, message_id).map(|message| message.conversation) {
        model.drafts.reply(conversation, message_id);
    }
}

/// The composer changes an own message from now on.
fn edit(model: &mut Model, message_id: MessageId) {
    let message = shown(model, message_id).filter(|message| can_edit(message));
    if let Some(message) = message.cloned() {
        let conversation = message.conversation;
        model
            .drafts
            .begin_edit(conversation, message_id, &message.text);
    }
}

/// The same with the newest own message; nothing while something is typed.
fn edit_last(model: &mut Model, conversation: ConversationId) {
    let draft = model.drafts.of(conversation);
    if !draft.text.is_empty() || draft.about.is_some() {
        return;
    }
    let newest = model
        .timeline
        .iter()
        .filter(|timeline| timeline.conversation == conversation)
        .flat_map(|timeline| timeline.messages.iter().rev())
        .find(|message| can_edit(message))
        .map(|message| message.message_id);
    if let Some(message_id) = newest {
        edit(model, message_id);
    }
}

/// Sends a change of an own message; what was typed stays until it is done.
pub(super) fn send_edit(model: &mut Model, conversation: ConversationId) -> Option<Effect> {
    let message_id = model.drafts.edits(conversation)?;
    let text = model.drafts.of(conversation).text.trim().to_owned();
    let was = shown(model, message_id).map(|message| message.text.clone());
    if was.as_ref() == Some(&text) {
        model.drafts.put_aside(conversation);
        return None;
    }
    let text = text.into();
    ask(
        model,
        conversation,
        message_id,
        MessageCommand::Edit { text },
    )
}

/// Puts an emoji under a message, or takes it back if it is there.
pub(super) fn react(
    model: &mut Model,
    message_id: MessageId,
    emoji: Redacted<String>,
) -> Option<Effect> {
    let message = shown(model, message_id)?;
    let conversation = message.conversation;
    let mut reactions = message.marks.reactions.iter();
    let is_own = reactions.any(|one| one.own && one.emoji == emoji.0);
    let emoji = if is_own { String::new().into() } else { emoji };
    ask(
        model,
        conversation,
        message_id,
        MessageCommand::React { emoji },
    )
}

/// Asks whether to delete a message.
fn ask_delete(model: &mut Model, message_id: MessageId, everybody: bool) {
    if let Some(conversation) = shown(model, message_id).map(|message| message.conversation) {
        model.route.dialog = Some(Dialog::Delete {
            conversation,
            message_id,
            everybody,
        });
    }
}

/// Deletes the message that the dialog asks about; the person confirmed.
pub(super) fn delete(model: &mut Model) -> Option<Effect> {
    let Some(Dialog::Delete {
        conversation,
        message_id,
        everybody,
    }) = model
        .route
        .dialog
        .take_if(|dialog| matches!(dialog, Dialog::Delete { .. }))
    else {
        return None;
    };
    let deed = match everybody {
        true => MessageCommand::Withdraw,
        false => MessageCommand::DeleteHere,
    };
    ask(model, conversation, message_id, deed)
}

/// None while the same is under way: two presses ask once.
fn ask(
    model: &mut Model,
    conversation: ConversationId,
    message_id: MessageId,
    ask: MessageCommand,
) -> Option<Effect> {
    let purpose = Purpose::Message(conversation, message_id, MessageAsk::from(&ask));
    if model.requests.is_open(purpose) {
        return None;
    }
    Some(Effect::Command(Command::Message {
        request: model.requests.begin(purpose),
        conversation,
        message_id,
        ask,
    }))
}

fn shown(model: &Model, message_id: MessageId) -> Option<&Message> {
    model.timeline.as_ref()?.message(message_id)
}

fn can_edit(message: &Message) -> bool {
    message.from.own && !message.marks.is_withdrawn && message.class == MessageClass::Text
}
