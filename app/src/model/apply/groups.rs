//! What the node tells of groups.

use mesh_core::api::{Answer, Arrest, GroupView};
use mesh_core::redact::Redacted;
use mesh_core::types::{ConversationId, ConversationKind};

use super::{Model, Purpose, forget, open};
use crate::model::{Arrested, Dialog, GroupAsk, GroupOutcome, GroupPage, GroupState};
use crate::{plain, text};

/// A contact took us into a group.
pub(super) fn taken_in(model: &mut Model, name: &Redacted<String>) {
    model.notice = Some(text::groups::taken_in(&plain::line(&name.0)));
    model.requests.want(Purpose::Conversations);
}

/// Who is in a group changed: asked again if anybody knows it here.
pub(super) fn changed(model: &mut Model, conversation: ConversationId) {
    model.requests.want(Purpose::Conversations);
    if model.groups.contains_key(&conversation) || is_on_show(model, conversation) {
        model.requests.want(Purpose::Group(conversation));
    }
}

/// Events were dropped: only what is on show is asked again, the rest when it is opened.
pub(super) fn missed(model: &mut Model) {
    let known: Vec<ConversationId> = model.groups.keys().copied().collect();
    for conversation in known {
        if is_on_show(model, conversation) {
            model.requests.want(Purpose::Group(conversation));
        } else {
            model.groups.remove(&conversation);
        }
    }
}

/// A group that is open and of which nothing is known yet is asked about.
pub(super) fn want_open(model: &mut Model) {
    let is_group = model
        .open()
        .is_some_and(|view| view.kind == ConversationKind::Group);
    if let Some(conversation) = model.route.open.filter(|_| is_group)
        && !model.groups.contains_key(&conversation)
    {
        model.requests.want(Purpose::Group(conversation));
    }
}

/// The node said who is in a group.
pub(super) fn answered(model: &mut Model, view: GroupView) {
    model.groups.insert(view.conversation, view);
}

/// The node gave something, or did it.
pub(super) fn done(model: &mut Model, ask: GroupAsk, answer: Answer) {
    model.requests.want(Purpose::Conversations);
    if let Some(conversation) = ask.conversation() {
        model.requests.want(Purpose::Group(conversation));
    }
    match answer {
        Answer::Joined { conversation } => founded(model, ask, conversation),
        Answer::Arrested(arrest) => arrested(model, arrest),
        _ => {
            let page = ask.conversation().map(GroupPage::About);
            settle(model, page, GroupOutcome::Done);
        }
    }
}

/// The node did not, for this reason.
pub(super) fn refused(model: &mut Model, ask: GroupAsk, reason: &str, is_signed: bool) {
    let reason = reason.to_owned();
    match &mut model.route.dialog {
        Some(Dialog::Group(_)) if is_signed => {
            let page = ask.conversation().map(GroupPage::About);
            settle(model, page, GroupOutcome::Signed(reason));
        }
        Some(Dialog::Group(state)) => {
            state.busy = false;
            state.outcome = Some(GroupOutcome::Refused(reason));
        }
        _ => model.notice = Some(reason),
    }
    if let Some(conversation) = ask.conversation() {
        model.requests.want(Purpose::Group(conversation));
    }
}

/// There is no such group any more.
pub(super) fn unknown(model: &mut Model, conversation: ConversationId) {
    model.groups.remove(&conversation);
}

/// A group was left: nothing of it stays.
pub(super) fn left(model: &mut Model, conversation: ConversationId) {
    model.groups.remove(&conversation);
    let is_about = |state: &GroupState| state.page.conversation() == Some(conversation);
    if model.group_state().is_some_and(is_about) {
        model.route.dialog = None;
    }
    forget(model, conversation);
}

/// A group was founded: it is what comes next, unless more are to be gone on with
/// without somebody.
fn founded(model: &mut Model, ask: GroupAsk, conversation: ConversationId) {
    let mut stays = false;
    if let (GroupAsk::Without(old), Some(Dialog::Group(state))) = (ask, &mut model.route.dialog)
        && let GroupPage::Arrested(arrested) = &mut state.page
    {
        arrested.arrest.left.retain(|group| *group != old);
        stays = !arrested.arrest.left.is_empty();
        (state.busy, state.outcome) = (false, Some(GroupOutcome::Done));
    }
    if !stays && model.group_state().is_some() {
        model.route.dialog = None;
    }
    model.requests.want(Purpose::Group(conversation));
    open(model, Some(conversation));
}

fn arrested(model: &mut Model, arrest: Arrest) {
    for conversation in arrest
        .removed
        .iter()
        .chain(&arrest.signed)
        .chain(&arrest.left)
    {
        model.requests.want(Purpose::Group(*conversation));
    }
    let whom = match model.group_state().map(|state| &state.page) {
        Some(GroupPage::AskArrested(whom)) => *whom,
        _ => return,
    };
    let page = model.member(whom).cloned().map(|who| {
        GroupPage::Arrested(Box::new(Arrested {
            conversation: whom.conversation,
            who,
            arrest,
        }))
    });
    let page = page.unwrap_or(GroupPage::About(whom.conversation));
    model.route.dialog = Some(Dialog::Group(GroupState::at(page)));
}

/// Turns the dialog back to a page, if it is still open, and says what came of it.
fn settle(model: &mut Model, page: Option<GroupPage>, outcome: GroupOutcome) {
    if let (Some(Dialog::Group(state)), Some(page)) = (&mut model.route.dialog, page) {
        *state = GroupState {
            page,
            busy: false,
            outcome: Some(outcome),
        };
    }
}

fn is_on_show(model: &Model, conversation: ConversationId) -> bool {
    let of_dialog = model
        .group_state()
        .and_then(|state| state.page.conversation());
    model.route.open == Some(conversation) || of_dialog == Some(conversation)
}
