//! Actions about groups.

use mesh_core::api::{Command, GroupCommand};
use mesh_core::types::ConversationId;

use super::Effect;
use crate::model::{Dialog, GroupPage, GroupState, Model, Purpose};

/// Turns to a page, and asks for what it shows.
pub(super) fn show(model: &mut Model, page: GroupPage) {
    model.requests.want(Purpose::Contacts);
    if let Some(conversation) = page.conversation() {
        model.requests.want(Purpose::Group(conversation));
    }
    model.route.dialog = Some(Dialog::Group(GroupState::at(page)));
}

/// None while the dialog's last request is under way: two presses ask once.
pub(super) fn ask(model: &mut Model, ask: GroupCommand) -> Option<Effect> {
    if let Some(Dialog::Group(state)) = &mut model.route.dialog {
        if state.busy {
            return None;
        }
        (state.busy, state.outcome) = (true, None);
    }
    let request = model.requests.begin(Purpose::AskGroup((&ask).into()));
    Some(Effect::Command(Command::Group { request, ask }))
}

/// Lets what is written from now on disappear, or not.
pub(super) fn set_timer(
    model: &mut Model,
    conversation: ConversationId,
    seconds: Option<u32>,
) -> Option<Effect> {
    let purpose = Purpose::Timer(conversation);
    if model.requests.is_open(purpose) {
        return None;
    }
    Some(Effect::Command(Command::SetTimer {
        request: model.requests.begin(purpose),
        conversation,
        seconds,
    }))
}
