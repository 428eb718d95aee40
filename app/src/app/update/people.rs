//! Actions about people.

use mesh_core::api::{Command, PeopleCommand};

use super::Effect;
use crate::model::{Dialog, Model, PeoplePage, PeopleState, Purpose};

/// Turns to a page, and asks for what it shows.
pub(super) fn show(model: &mut Model, page: PeoplePage) {
    model.requests.want(Purpose::Contacts);
    model.requests.want(Purpose::Asking);
    model.requests.want(Purpose::Introductions);
    match &page {
        PeoplePage::Check(check) => model.requests.want(Purpose::Emoji(check.contact)),
        PeoplePage::Me => model.requests.want(Purpose::Status),
        _ => {}
    }
    model.route.dialog = Some(Dialog::People(PeopleState::at(page)));
}

/// None while the dialog's last request is under way: two presses ask once.
pub(super) fn ask(model: &mut Model, ask: PeopleCommand) -> Option<Effect> {
    if let Some(Dialog::People(state)) = &mut model.route.dialog {
        if state.busy {
            return None;
        }
        (state.busy, state.outcome) = (true, None);
    }
    let request = model.requests.begin(Purpose::People((&ask).into()));
    Some(Effect::Command(Command::People { request, ask }))
}

/// The person compared, and the emoji are not the same.
pub(super) fn differ(model: &mut Model) {
    if let Some(Dialog::People(PeopleState {
        page: PeoplePage::Check(check),
        ..
    })) = &mut model.route.dialog
    {
        check.differ = true;
    }
}
