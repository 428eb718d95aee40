//! Draws the open conversation.

use egui::containers::menu::MenuButton;
use egui::{Align, CentralPanel, Color32, Frame, Label, Layout, Margin, Panel, RichText, Ui};

use super::composer::{composer_id, composer_ui};
use super::data::{ChatData, EmptyData};
use super::names::NamesLocal;
use super::rows::rows_ui;
use crate::action::{Action, Actions};
use crate::model::{GroupPage, Pane, PeoplePage};
use crate::text;
use crate::text::contacts as words;
use crate::text::groups;
use crate::theme::{Look, strong};
use crate::widgets::{icon_button, named, weak};

pub use super::rows::RowsLocal;

/// What the open conversation remembers from frame to frame.
#[derive(Default)]
pub struct ChatLocal {
    rows: RowsLocal,
    names: NamesLocal,
}

/// How much room the window leaves to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It is alone on the window: a button leads back to the list.
    Alone,
    /// The list is beside it; people and links take its place.
    BesideList,
    /// The list and the pane of people fit beside it.
    Full,
}

/// Draws header, timeline and composer.
pub fn chat_ui(
    ui: &mut Ui,
    look: &Look,
    data: &ChatData<'_>,
    room: Room,
    local: &mut ChatLocal,
    actions: &mut Actions,
) {
    let ground = Color32::from(look.colours.ground);
    let bar = Frame::new()
        .fill(ground)
        .inner_margin(Margin::symmetric(20, 0));
    Panel::top("chat-header")
        .exact_size(header_height(look, data, room))
        .frame(bar)
        .show(ui, |ui| header_ui(ui, look, data, room, actions));
    let foot = Frame::new()
        .fill(ground)
        .inner_margin(Margin::symmetric(20, 12));
    let sent = Panel::bottom("composer-panel")
        .frame(foot)
        .show_separator_line(false)
        .show(ui, |ui| {
            composer_ui(ui, look, data, &mut local.names, actions)
        });
    if sent.inner {
        local.rows.to_end();
    }
    CentralPanel::no_frame()
        .frame(Frame::new().fill(ground))
        .show(ui, |ui| match &data.empty {
            Some(empty) => empty_ui(ui, look, empty),
            None => rows_ui(ui, look, data, &mut local.rows, actions),
        });
}

/// Puts the keyboard into the composer.
pub fn focus_composer(ctx: &egui::Context) {
    ctx.memory_mut(|memory| memory.request_focus(composer_id()));
}

/// A line more says that messages disappear; alone on a narrow window, who can read has
/// a line of its own.
fn header_height(look: &Look, data: &ChatData<'_>, room: Room) -> f32 {
    let s = &look.sizes;
    let lines = usize::from(data.timer.is_some()) + usize::from(room == Room::Alone);
    s.header_height + lines as f32 * (s.small + s.gap_xs)
}

fn header_ui(ui: &mut Ui, look: &Look, data: &ChatData<'_>, room: Room, actions: &mut Actions) {
    let is_narrow = room == Room::Alone;
    let height = if is_narrow {
        look.sizes.header_height - look.sizes.gap_s
    } else {
        ui.available_height()
    };
    let size = egui::vec2(ui.available_width(), height);
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_height(height);
        doors_ui(ui, look, data, room, actions);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            if is_narrow && icon_button(ui, look, "←", text::BACK).clicked() {
                actions.push(Action::Show(Pane::List));
            }
            let name = strong(&data.name).size(look.sizes.heading);
            if is_narrow {
                ui.add(Label::new(name).truncate());
                return;
            }
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.add_space(look.sizes.gap_s + 2.0);
                ui.add(Label::new(name).truncate());
                signs_ui(ui, look, data);
            });
        });
    });
    if is_narrow {
        signs_ui(ui, look, data);
    }
}

/// The menu, and the way to people.
fn doors_ui(ui: &mut Ui, look: &Look, data: &ChatData<'_>, room: Room, actions: &mut Actions) {
    let size = egui::Vec2::splat(look.sizes.button_height);
    let dots = egui::Button::new("•••")
        .min_size(size)
        .frame_when_inactive(false);
    let (menu, _) = MenuButton::from_button(dots).ui(ui, |ui| menu_ui(ui, data, actions));
    named(menu, text::MENU);
    let people = egui::Button::new(&data.people).frame_when_inactive(false);
    if ui.add(people).clicked() {
        actions.push(match (data.contact, room) {
            _ if data.is_group => Action::ShowGroup(GroupPage::About(data.conversation)),
            (Some(contact), _) => Action::ShowPeople(PeoplePage::Contact(contact)),
            (None, Room::Full) => Action::TogglePeople,
            (None, Room::Alone | Room::BesideList) => Action::Show(Pane::People),
        });
    }
}

/// Who can read it, and when messages disappear.
fn signs_ui(ui: &mut Ui, look: &Look, data: &ChatData<'_>) {
    let c = &look.colours;
    let ink: Color32 = if data.is_warned {
        c.warn.into()
    } else {
        c.weak.into()
    };
    let sign = RichText::new(&data.sign).small().color(ink);
    ui.add(Label::new(sign).truncate());
    if let Some(timer) = &data.timer {
        let timer = RichText::new(timer).small().color(Color32::from(c.weak));
        ui.add(Label::new(timer).truncate());
    }
}

fn menu_ui(ui: &mut Ui, data: &ChatData<'_>, actions: &mut Actions) {
    let conversation = data.conversation;
    if let Some(contact) = data.contact {
        for (label, page) in [
            (words::ABOUT, PeoplePage::Contact(contact)),
            (words::COMPARE, PeoplePage::check(contact)),
            (words::BLOCK_ASK, PeoplePage::AskBlock(contact)),
            (words::REMOVE_ASK, PeoplePage::AskRemove(contact)),
        ] {
            if ui.button(label).clicked() {
                actions.push(Action::ShowPeople(page));
                ui.close();
            }
        }
        return;
    }
    if data.is_group {
        let about = GroupPage::About(conversation);
        for (label, action) in [
            (groups::ABOUT, Action::ShowGroup(about)),
            (groups::LEAVE, Action::AskLeave(conversation)),
        ] {
            if ui.button(label).clicked() {
                actions.push(action);
                ui.close();
            }
        }
        return;
    }
    if ui.button(text::SHOW_PHRASE).clicked() {
        actions.push(Action::ShowSecret(conversation));
        ui.close();
    }
    if ui.button(text::LEAVE).clicked() {
        actions.push(Action::AskLeave(conversation));
        ui.close();
    }
}

fn empty_ui(ui: &mut Ui, look: &Look, empty: &EmptyData) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.36);
        ui.set_max_width(look.sizes.card_width);
        ui.label(strong(empty.title).size(look.sizes.heading));
        weak(ui, look, empty.text);
    });
}
