//! What the node tells of people.

use mesh_core::api::{Answer, EmojiView};
use mesh_core::redact::Redacted;
use mesh_core::types::{ContactId, ConversationId};

use super::{Model, Purpose, forget, open};
use crate::model::{Check, Dialog, PeopleAsk, PeoplePage, PeopleState};
use crate::plain;
use crate::text::meet;

/// Contacts or requests changed.
pub(super) fn changed(model: &mut Model) {
    model.requests.want(Purpose::Contacts);
    model.requests.want(Purpose::Asking);
    model.requests.want(Purpose::Introductions);
    news(model);
}

/// A contact told us of somebody.
pub(super) fn introduced(model: &mut Model, from: ContactId, name: &str) {
    let mut contacts = model.contacts.iter();
    let by = contacts.find(|view| view.contact == from);
    let by = by.map(|view| match view.petname.0.as_str() {
        "" => plain::name(&view.name.0),
        petname => plain::name(petname),
    });
    let by = by.unwrap_or_else(|| meet::SOMEBODY.to_owned());
    model.notice = Some(meet::introduces(&by, &plain::name(name)));
    changed(model);
}

/// Something was heard or said: there may be emoji now that were not there before.
pub(super) fn news(model: &mut Model) {
    let waits = check(model).filter(|check| check.shown.is_none());
    if let Some(contact) = waits.map(|check| check.contact) {
        model.requests.want(Purpose::Emoji(contact));
    }
}

/// The node gave something.
pub(super) fn answered(model: &mut Model, answer: Answer) {
    match answer {
        Answer::Card { link } => carded(model, link),
        Answer::Contact { conversation, .. } => met(model, conversation),
        Answer::Contacts(contacts) => model.contacts = contacts,
        Answer::Requests(asking) => model.asking = asking,
        Answer::Introductions(introductions) => model.introductions = introductions,
        Answer::Emoji(view) => emoji(model, view),
        _ => {}
    }
}

/// The node did it.
pub(super) fn done(model: &mut Model, ask: PeopleAsk) {
    for purpose in [
        Purpose::Contacts,
        Purpose::Asking,
        Purpose::Introductions,
        Purpose::Conversations,
        Purpose::Status,
    ] {
        model.requests.want(purpose);
    }
    if let PeopleAsk::Remove(contact) | PeopleAsk::Block(contact) = ask {
        part(model, contact, matches!(ask, PeopleAsk::Remove(_)));
    }
    let is_contact = |contact| model.conversation_with(contact).is_some();
    let page = match ask {
        PeopleAsk::Verify(contact) => Some(PeoplePage::Contact(contact)),
        PeopleAsk::Block(contact) if is_contact(contact) => Some(PeoplePage::Contact(contact)),
        PeopleAsk::Block(_) | PeopleAsk::Remove(_) => Some(PeoplePage::List),
        _ => None,
    };
    let Some(Dialog::People(state)) = &mut model.route.dialog else {
        return;
    };
    state.busy = false;
    state.outcome = Some(Ok(()));
    if let Some(page) = page {
        *state = PeopleState::at(page);
    }
}

/// The node did not, for this reason.
pub(super) fn refused(model: &mut Model, reason: &str) {
    match &mut model.route.dialog {
        Some(Dialog::People(state)) => {
            state.busy = false;
            state.outcome = Some(Err(reason.to_owned()));
        }
        _ => model.notice = Some(reason.to_owned()),
    }
}

/// There is nothing to compare with somebody, for this reason.
pub(super) fn no_emoji(model: &mut Model, contact: ContactId, reason: &str) {
    if let Some(check) = check(model).filter(|check| check.contact == contact) {
        check.shown = None;
        check.trouble = Some(reason.to_owned());
    }
}

fn emoji(model: &mut Model, view: EmojiView) {
    if let Some(check) = check(model).filter(|check| check.contact == view.contact) {
        check.shown = Some(Box::new(view));
        check.trouble = None;
    }
}

fn carded(model: &mut Model, shared: Redacted<String>) {
    if let Some(Dialog::People(state)) = &mut model.route.dialog {
        state.busy = false;
        if let PeoplePage::Card { link } = &mut state.page {
            *link = Some(shared);
        }
    }
}

/// Somebody was added or accepted: the conversation with them is what comes next.
fn met(model: &mut Model, conversation: ConversationId) {
    if matches!(model.route.dialog, Some(Dialog::People(_))) {
        model.route.dialog = None;
    }
    changed(model);
    model.requests.want(Purpose::Conversations);
    open(model, Some(conversation));
}

/// The conversation with somebody goes out of sight; its draft goes for good if they
/// were removed.
fn part(model: &mut Model, contact: ContactId, is_removed: bool) {
    let Some(conversation) = model.conversation_with(contact) else {
        return;
    };
    if is_removed {
        model.contacts.retain(|view| view.contact != contact);
        forget(model, conversation);
    } else if model.route.open == Some(conversation) {
        open(model, None);
    }
}

fn check(model: &mut Model) -> Option<&mut Check> {
    match &mut model.route.dialog {
        Some(Dialog::People(PeopleState {
            page: PeoplePage::Check(check),
            ..
        })) => Some(check),
        _ => None,
    }
}
