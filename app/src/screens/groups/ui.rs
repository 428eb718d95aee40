//! Draws the dialog about groups.

use egui::{Frame, Key, Margin, Ui};
use mesh_core::api::GroupCommand;
use mesh_core::types::ConversationId;

use super::about_ui::about_ui;
use super::ask_ui::{ask_ui, came_ui};
use super::data::{Came, Form, GroupsData, PageData};
use crate::action::{Action, Actions};
use crate::model::PeoplePage;
use crate::screens::contacts::data::ContactRow;
use crate::text;
use crate::text::groups as words;
use crate::theme::Look;
use crate::widgets::{
    Tone, author_ui, busy_ui, button, buttons_ui, callout_ui, dialog_ui, dot_ui, field_ui, heading,
    named, switch_ui, weak,
};

/// Draws the page that is open.
pub fn groups_ui(ui: &Ui, look: &Look, data: &GroupsData, form: &mut Form, actions: &mut Actions) {
    let close = dialog_ui(ui.ctx(), look, "groups", data.title, |ui| {
        if let Some((came, said)) = &data.outcome {
            let tone = match came {
                Came::Good => Tone::Good,
                Came::Half => Tone::Warning,
                Came::Bad => Tone::Danger,
            };
            callout_ui(ui, look, tone, said);
        }
        page_ui(ui, look, data, form, actions);
        ui.add_space(look.sizes.gap_m);
        if data.busy {
            busy_ui(ui, look, words::WORKING);
        }
        buttons_ui(ui, |ui| {
            if let Some(back) = &data.back
                && button(ui, look, Tone::Plain, !data.busy, text::BACK).clicked()
            {
                actions.push(Action::ShowGroup(back.clone()));
            }
            if button(ui, look, Tone::Plain, true, text::CLOSE).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
    if close && !data.busy {
        actions.push(Action::CloseDialog);
    }
}

fn page_ui(ui: &mut Ui, look: &Look, data: &GroupsData, form: &mut Form, actions: &mut Actions) {
    let can = !data.busy;
    match &data.page {
        PageData::New {
            contacts,
            chosen,
            can_create,
        } => {
            if contacts.is_empty() {
                nobody_ui(ui, look, actions);
            } else {
                new_ui(ui, look, (contacts, chosen, *can_create), form, actions);
            }
        }
        PageData::About(about) => {
            // Room for the scroll bar beside the buttons of the rows.
            let margin = Margin {
                right: 8,
                ..Margin::ZERO
            };
            Frame::new()
                .inner_margin(margin)
                .show(ui, |ui| about_ui(ui, look, about, can, form, actions));
        }
        PageData::Add {
            conversation,
            contacts,
        } => add_ui(ui, look, (*conversation, contacts), can, actions),
        PageData::Ask(ask) => ask_ui(ui, look, ask, can, actions),
        PageData::Came(came) => came_ui(ui, look, came, can, actions),
        PageData::Waiting => busy_ui(ui, look, words::LOADING),
    }
}

/// A group needs people: what to do first.
fn nobody_ui(ui: &mut Ui, look: &Look, actions: &mut Actions) {
    weak(ui, look, words::NO_CONTACTS);
    ui.add_space(look.sizes.gap_s);
    if button(ui, look, Tone::Primary, true, words::ADD_PERSON).clicked() {
        actions.push(Action::ShowPeople(PeoplePage::List));
    }
}

fn new_ui(
    ui: &mut Ui,
    look: &Look,
    (contacts, chosen, can_create): (&[ContactRow], &str, bool),
    form: &mut Form,
    actions: &mut Actions,
) {
    weak(ui, look, words::NEW_TEXT);
    let field = field_ui(ui, look, words::NAME, words::NAME_HINT, &mut form.name);
    ui.add_space(look.sizes.gap_xs);
    heading(ui, look, words::WHO);
    for row in contacts {
        let mut ticked = form.ticked.contains(&row.contact);
        ui.push_id(row.contact, |ui| tick_ui(ui, look, row, &mut ticked));
        match ticked {
            true => form.ticked.insert(row.contact),
            false => form.ticked.remove(&row.contact),
        };
    }
    weak(ui, look, chosen);
    weak(ui, look, words::NEW_NOTE);
    ui.add_space(look.sizes.gap_s);
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let pressed = button(ui, look, Tone::Primary, can_create, words::CREATE).clicked();
    if can_create && (pressed || enter) {
        let is_ticked = |row: &&ContactRow| form.ticked.contains(&row.contact);
        let ticked = contacts.iter().filter(is_ticked);
        actions.push(Action::AskGroup(GroupCommand::Create {
            name: form.name.trim().to_owned().into(),
            members: ticked.map(|row| row.contact).collect(),
        }));
    }
}

/// A box to tick, with name, badge and trust beside it.
fn tick_ui(ui: &mut Ui, look: &Look, row: &ContactRow, ticked: &mut bool) {
    ui.horizontal(|ui| {
        let response = switch_ui(ui, look, ticked, "");
        response.widget_info(|| {
            let kind = egui::WidgetType::Checkbox;
            egui::WidgetInfo::selected(kind, true, *ticked, &row.label)
        });
        dot_ui(ui, look, row.author.key);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.horizontal(|ui| author_ui(ui, look, &row.author, false));
            weak(ui, look, &row.signs);
        });
    });
}

fn add_ui(
    ui: &mut Ui,
    look: &Look,
    (conversation, contacts): (ConversationId, &[ContactRow]),
    can: bool,
    actions: &mut Actions,
) {
    weak(ui, look, words::ADD_TEXT);
    if contacts.is_empty() {
        callout_ui(ui, look, Tone::Plain, words::ADD_NONE);
        if button(ui, look, Tone::Plain, true, words::ADD_PERSON).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::List));
        }
    }
    for row in contacts {
        ui.add_space(look.sizes.gap_xs);
        let add = ui.push_id(row.contact, |ui| {
            ui.horizontal(|ui| {
                dot_ui(ui, look, row.author.key);
                author_ui(ui, look, &row.author, false);
            });
            weak(ui, look, &row.signs);
            let add = button(ui, look, Tone::Primary, can, &words::add(&row.author.name));
            named(add, &words::add(&row.label))
        });
        if add.inner.clicked() {
            actions.push(Action::AskGroup(GroupCommand::Add {
                conversation,
                contact: row.contact,
            }));
        }
    }
}
