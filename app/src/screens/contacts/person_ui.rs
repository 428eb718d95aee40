//! Draws the page of one contact.

use egui::{Color32, Label, RichText, Ui};
use mesh_core::api::PeopleCommand;

use super::data::{Form, PersonData, Trusted};
use super::ui::trust_ui;
use crate::action::{Action, Actions};
use crate::model::PeoplePage;
use crate::text::contacts as words;
use crate::text::meet;
use crate::theme::{Look, strong};
use crate::widgets::{Tone, button, buttons_ui, callout_ui, dot_ui, field_ui, timer_ui, weak};

/// Draws name, badge, trust and what can be done.
pub(super) fn person_ui(
    ui: &mut Ui,
    look: &Look,
    data: &PersonData,
    can: bool,
    form: &mut Form,
    actions: &mut Actions,
) {
    let gap = look.sizes.gap_s;
    name_ui(ui, look, data);
    for warning in &data.warnings {
        callout_ui(ui, look, Tone::Warning, warning);
    }
    if data.is_anew {
        anew_ui(ui, look, data, can, actions);
    }
    trust_ui(ui, look, data.trust.0, &data.trust.1);
    for (holds, said) in [Some(data.connected), data.quantum].into_iter().flatten() {
        let sign = if holds { Trusted::Yes } else { Trusted::No };
        trust_ui(ui, look, sign, said);
    }
    weak(ui, look, &data.since);
    ui.add_space(gap);
    doors_ui(ui, look, data, can, actions);
    ui.add_space(gap);
    petname_ui(ui, look, data, can, form, actions);
    if !data.blocked {
        ui.add_space(gap);
        timer_ui(ui, look, &data.timer, actions);
    }
    ui.add_space(gap);
    ends_ui(ui, look, data, can, actions);
}

fn name_ui(ui: &mut Ui, look: &Look, data: &PersonData) {
    ui.horizontal(|ui| {
        dot_ui(ui, look, data.author.key);
        let name = strong(&data.author.name).size(look.sizes.heading);
        let colour = look.colours.author(data.author.key);
        ui.add(Label::new(name.color(colour)).truncate());
    });
    let weak_ink = Color32::from(look.colours.weak);
    let badge = format!("{} {}", words::BADGE, data.author.badge_full);
    let badge = RichText::new(badge).monospace().color(weak_ink);
    ui.add(Label::new(badge).wrap());
    if let Some(claims) = &data.claims {
        weak(ui, look, claims);
    }
}

/// What can be done about somebody who began anew, beside comparing.
fn anew_ui(ui: &mut Ui, look: &Look, data: &PersonData, can: bool, actions: &mut Actions) {
    let request = data.contact;
    buttons_ui(ui, |ui| {
        if button(ui, look, Tone::Plain, can, words::GO_ON).clicked() {
            actions.push(Action::AskPeople(PeopleCommand::Accept { request }));
        }
        if button(ui, look, Tone::Plain, can, words::IGNORE).clicked() {
            actions.push(Action::AskPeople(PeopleCommand::Decline { request }));
        }
    });
}

/// Where one goes from here.
fn doors_ui(ui: &mut Ui, look: &Look, data: &PersonData, can: bool, actions: &mut Actions) {
    let contact = data.contact;
    buttons_ui(ui, |ui| {
        if data.blocked {
            if button(ui, look, Tone::Primary, can, words::UNBLOCK).clicked() {
                let blocked = false;
                let ask = PeopleCommand::Block { contact, blocked };
                actions.push(Action::AskPeople(ask));
            }
            return;
        }
        if button(ui, look, Tone::Primary, true, words::WRITE).clicked() {
            actions.push(Action::CloseDialog);
            actions.push(Action::Open(data.conversation));
        }
        if button(ui, look, Tone::Plain, true, words::COMPARE).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::check(contact)));
        }
        if button(ui, look, Tone::Plain, can, meet::INTRODUCE).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::Introduce(contact)));
        }
    });
}

fn petname_ui(
    ui: &mut Ui,
    look: &Look,
    data: &PersonData,
    can: bool,
    form: &mut Form,
    actions: &mut Actions,
) {
    if form.petname_of != Some(data.contact) {
        form.petname_of = Some(data.contact);
        form.petname.clone_from(&data.petname);
    }
    let hint = words::PETNAME_HINT;
    let field = field_ui(ui, look, words::PETNAME, hint, &mut form.petname);
    let is_new = form.petname.trim() != data.petname;
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    let pressed = button(ui, look, Tone::Plain, can && is_new, words::SAVE).clicked();
    if can && is_new && (pressed || enter) {
        actions.push(Action::AskPeople(PeopleCommand::SetPetname {
            contact: data.contact,
            petname: form.petname.trim().to_owned().into(),
        }));
    }
}

/// Block and remove: each asks once more.
fn ends_ui(ui: &mut Ui, look: &Look, data: &PersonData, can: bool, actions: &mut Actions) {
    let contact = data.contact;
    buttons_ui(ui, |ui| {
        if !data.blocked && button(ui, look, Tone::Plain, can, words::BLOCK_ASK).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::AskBlock(contact)));
        }
        if button(ui, look, Tone::Plain, can, words::REMOVE_ASK).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::AskRemove(contact)));
        }
    });
}
