//! What the node tells of one message.

use mesh_core::types::{ConversationId, Message, MessageId};

use super::{Model, Purpose, open_timeline};
use crate::model::{Dialog, MessageAsk};
use crate::text;

/// A message is not as it was.
pub(super) fn changed(model: &mut Model, message: Message) {
    let conversation = message.conversation;
    for view in &mut model.conversations {
        if let Some(last) = &mut view.last
            && last.message_id == message.message_id
            && view.conversation == conversation
        {
            *last = message.clone();
        }
    }
    if message.marks.is_withdrawn {
        let lost = message.message_id;
        model
            .drafts
            .lose(conversation, lost, text::marks::EDIT_LOST);
    }
    if let Some(timeline) = open_timeline(model, conversation) {
        timeline.change(message);
    }
}

/// A message is gone.
pub(super) fn removed(model: &mut Model, conversation: ConversationId, message_id: MessageId) {
    if let Some(timeline) = open_timeline(model, conversation) {
        timeline.remove(message_id);
    }
    let said = text::marks::EDIT_LOST;
    model.drafts.lose(conversation, message_id, said);
    if let Some(Dialog::Delete {
        message_id: asked, ..
    }) = &model.route.dialog
        && *asked == message_id
    {
        model.route.dialog = None;
    }
    model.requests.want(Purpose::Conversations);
}

/// The node did what was asked about a message.
pub(super) fn done(
    model: &mut Model,
    conversation: ConversationId,
    message_id: MessageId,
    ask: MessageAsk,
) {
    match ask {
        MessageAsk::Edit => model.drafts.edited(conversation, message_id),
        MessageAsk::DeleteHere => removed(model, conversation, message_id),
        MessageAsk::React | MessageAsk::Withdraw => {}
    }
    if model.route.open == Some(conversation) {
        model.requests.want(Purpose::Newest(conversation));
    }
    model.requests.want(Purpose::Conversations);
}

/// The node did not, for this reason.
pub(super) fn refused(
    model: &mut Model,
    conversation: ConversationId,
    ask: MessageAsk,
    reason: &str,
) {
    match ask {
        MessageAsk::Edit => model.drafts.refuse(conversation, reason.to_owned()),
        _ => model.notice = Some(reason.to_owned()),
    }
}
