//! Draws the page of a group.

use egui::containers::menu::MenuButton;
use egui::{Align, Color32, Label, Layout, RichText, Ui, vec2};
use mesh_core::api::GroupCommand;
use mesh_core::types::Role;

use super::data::{AboutData, Deed, Form, MemberRow, is_name};
use crate::action::{Action, Actions};
use crate::model::{GroupPage, PeoplePage, Whom};
use crate::text::groups as words;
use crate::theme::{Look, strong};
use crate::widgets::{
    Tone, author_ui, button, buttons_ui, callout_ui, dot_ui, field_ui, heading, named, timer_ui,
    weak,
};

/// Draws name, members and what can be done.
pub(super) fn about_ui(
    ui: &mut Ui,
    look: &Look,
    data: &AboutData,
    can: bool,
    form: &mut Form,
    actions: &mut Actions,
) {
    let gap = look.sizes.gap_s;
    ui.add(Label::new(strong(&data.name).size(look.sizes.heading)).wrap());
    if data.is_member {
        weak(ui, look, &data.readers);
        weak(ui, look, data.our_role);
    } else {
        callout_ui(ui, look, Tone::Warning, words::GONE);
        weak(ui, look, words::GONE_NOTE);
    }
    if let Some(keys) = data.keys {
        callout_ui(ui, look, Tone::Plain, keys);
    }
    ui.add_space(gap);
    buttons_ui(ui, |ui| {
        if data.can_add && button(ui, look, Tone::Primary, can, words::ADD).clicked() {
            actions.push(Action::ShowGroup(GroupPage::Add(data.conversation)));
        }
        if button(ui, look, Tone::Plain, can, words::LEAVE).clicked() {
            actions.push(Action::AskLeave(data.conversation));
        }
    });
    ui.add_space(gap);
    heading(ui, look, words::MEMBERS);
    for row in &data.members {
        ui.push_id(row.member, |ui| {
            member_ui(ui, look, data, row, can, actions);
        });
    }
    invited_ui(ui, look, data);
    ui.add_space(gap);
    if data.is_member {
        timer_ui(ui, look, &data.timer, actions);
        ui.add_space(gap);
    }
    rename_ui(ui, look, data, can, form, actions);
}

fn member_ui(
    ui: &mut Ui,
    look: &Look,
    data: &AboutData,
    row: &MemberRow,
    can: bool,
    actions: &mut Actions,
) {
    let s = &look.sizes;
    let height = s.conversation_row - s.gap_s;
    let size = vec2(ui.available_width(), height);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_height(height);
        let has_menu = !row.deeds.is_empty() || row.contact.is_some();
        if has_menu {
            menu_ui(ui, data, row, can, actions);
        }
        if row.can_arrest {
            let arrested = button(ui, look, Tone::Plain, can, words::ARRESTED);
            if named(arrested, &words::arrested(&row.author.name)).clicked() {
                let page = GroupPage::AskArrested(whom(data, row));
                actions.push(Action::ShowGroup(page));
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            dot_ui(ui, look, row.author.key);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                ui.add_space(s.gap_xs);
                let colour = look.colours.author(row.author.key);
                ui.add(Label::new(strong(&row.author.name).color(colour)).truncate());
                let ink = Color32::from(look.colours.weak);
                let badge = RichText::new(&row.author.badge).monospace().color(ink);
                ui.add(Label::new(badge).truncate())
                    .on_hover_text(&row.author.badge_full);
                let signs = RichText::new(&row.signs).small().color(ink);
                ui.add(Label::new(signs).truncate());
            });
        });
    });
    if let Some(warning) = row.warning {
        callout_ui(ui, look, Tone::Warning, warning);
    }
}

fn menu_ui(ui: &mut Ui, data: &AboutData, row: &MemberRow, can: bool, actions: &mut Actions) {
    let size = egui::Vec2::splat(ui.spacing().interact_size.y);
    let dots = egui::Button::new("•••").min_size(size);
    let (menu, _) = MenuButton::from_button(dots).ui(ui, |ui| {
        for deed in &row.deeds {
            let (label, action) = deed_of(data, row, *deed);
            if ui.add_enabled(can, egui::Button::new(label)).clicked() {
                actions.push(action);
                ui.close();
            }
        }
        if let Some(contact) = row.contact
            && ui.button(words::PERSON).clicked()
        {
            actions.push(Action::ShowPeople(PeoplePage::Contact(contact)));
            ui.close();
        }
    });
    named(menu, &words::more(&row.author.name));
}

/// What a deed is called, and what it leads to.
fn deed_of(data: &AboutData, row: &MemberRow, deed: Deed) -> (&'static str, Action) {
    let set = |role| {
        Action::AskGroup(GroupCommand::SetRole {
            conversation: data.conversation,
            member: row.member,
            role,
        })
    };
    let whom = whom(data, row);
    match deed {
        Deed::MakeAdmin => (words::MAKE_ADMIN, set(Role::Admin)),
        Deed::MakeMember => (words::MAKE_MEMBER, set(Role::Member)),
        Deed::Remove => {
            let page = GroupPage::AskRemove(whom);
            (words::REMOVE, Action::ShowGroup(page))
        }
        Deed::Without => {
            let page = GroupPage::AskWithout(whom);
            (words::WITHOUT, Action::ShowGroup(page))
        }
    }
}

fn invited_ui(ui: &mut Ui, look: &Look, data: &AboutData) {
    if data.invited.is_empty() {
        return;
    }
    ui.add_space(look.sizes.gap_s);
    heading(ui, look, words::INVITED);
    for author in &data.invited {
        ui.horizontal(|ui| {
            dot_ui(ui, look, author.key);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                ui.horizontal(|ui| author_ui(ui, look, author, false));
                weak(ui, look, words::INVITED_NOTE);
            });
        });
    }
}

fn rename_ui(
    ui: &mut Ui,
    look: &Look,
    data: &AboutData,
    can: bool,
    form: &mut Form,
    actions: &mut Actions,
) {
    if form.called_of != Some(data.conversation) {
        form.called_of = Some(data.conversation);
        form.called.clone_from(&data.called);
    }
    let hint = words::RENAME_HINT;
    let field = field_ui(ui, look, words::RENAME, hint, &mut form.called);
    let typed = form.called.trim();
    let can = can && typed != data.called && is_name(typed);
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    let pressed = button(ui, look, Tone::Plain, can, words::SAVE).clicked();
    if can && (pressed || enter) {
        actions.push(Action::AskGroup(GroupCommand::Rename {
            conversation: data.conversation,
            name: typed.to_owned().into(),
        }));
    }
}

fn whom(data: &AboutData, row: &MemberRow) -> Whom {
    Whom {
        conversation: data.conversation,
        member: row.member,
    }
}
