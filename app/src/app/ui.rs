//! The frame of the window: which screen, which panes, which dialog on top.

use std::time::Duration;

use egui::{CentralPanel, Color32, Context, Frame, Key, Margin, Modifiers, Panel, Ui};

use mesh_core::types::Lifetime;

use super::StarlingApp;
use crate::action::Action;
use crate::clock::Moment;
use crate::model::{Pane, Purpose, Stage};
use crate::screens::channel::data::ChannelData;
use crate::screens::chat::data::ChatData;
use crate::screens::chat::delete::DeleteData;
use crate::screens::chat::ui::Room;
use crate::screens::contacts::data::{ContactsData, PageData};
use crate::screens::conversations::data::ListData;
use crate::screens::groups::data::GroupsData;
use crate::screens::onboarding::data::OnboardingData;
use crate::screens::people::data::PeopleData;
use crate::screens::safety::data::SafetyData;
use crate::screens::sos::data::{AlertData, SosData};
use crate::screens::status::data::{ChipData, StatusData};
use crate::screens::unlock::data::DoorData;
use crate::screens::{
    channel, chat, contacts, conversations, groups, onboarding, people, safety, sos, status, unlock,
};
use crate::text;
use crate::theme::Look;
use crate::widgets::{Tone, button, callout_ui, heading, icon_button};

/// How often the links in sight are asked for.
const LINKS_EVERY_MS: u64 = 5_000;
/// How often emoji that are not there yet are asked for.
const EMOJI_EVERY_MS: u64 = 1_000;

impl StarlingApp {
    /// Draws one frame and carries out what the person did in it.
    pub fn draw(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        let look = self.looks.of(ctx.theme()).clone();
        let now = self.clock.now();
        match &self.model.stage {
            Stage::Main => {
                self.shortcuts(&ctx);
                self.main_ui(ui, &look, now);
            }
            Stage::Onboarding(entry) => {
                let form = &mut self.local.onboarding;
                let data = OnboardingData::new(entry, form);
                ground(ui, &look, |ui| {
                    onboarding::ui::onboarding_ui(ui, &look, &data, form, &mut self.actions);
                });
            }
            _ => {
                let form = &mut self.local.unlock;
                if let Some(data) = DoorData::new(&self.model, form) {
                    ground(ui, &look, |ui| {
                        unlock::ui::door_ui(ui, &look, &data, form, &mut self.actions);
                    });
                }
            }
        }
        self.run_actions(&ctx);
        // Refreshes, suggestions and titles follow before the next frame.
        let due = self.model.requests.has_due() && !self.is_node_busy;
        if due || self.local.onboarding.is_waiting() {
            ctx.request_repaint();
        }
    }

    fn main_ui(&mut self, ui: &mut Ui, look: &Look, now: Moment) {
        let s = &look.sizes;
        let width = ui.available_width();
        let chip = ChipData::new(&self.model);
        let bar = side_frame(look).inner_margin(Margin::symmetric(8, 0));
        Panel::bottom("status-bar")
            .exact_size(s.status_height)
            .frame(bar)
            .show(ui, |ui| {
                let theme = self.model.theme;
                status::ui::status_bar_ui(ui, look, &chip, theme, &mut self.actions);
            });
        self.alert_ui(ui, look, now);
        self.notice_ui(ui, look);
        let room = if width <= s.one_pane {
            Room::Alone
        } else if width < s.three_panes {
            Room::BesideList
        } else {
            Room::Full
        };
        let pane = self.model.route.pane;
        if room == Room::Alone {
            match pane {
                Pane::List => fill(ui, side_frame(look), |ui| self.list_ui(ui, look, now)),
                Pane::Chat => self.chat_ui(ui, look, now, room),
                Pane::People => self.people_ui(ui, look, now, true),
            }
        } else {
            Panel::left("conversations")
                .exact_size(s.list_width)
                .resizable(false)
                .frame(side_frame(look))
                .show(ui, |ui| self.list_ui(ui, look, now));
            if room == Room::Full && self.model.route.people && self.model.route.open.is_some() {
                Panel::right("people")
                    .exact_size(s.people_width)
                    .resizable(false)
                    .frame(side_frame(look).inner_margin(Margin::symmetric(16, 8)))
                    .show(ui, |ui| self.people_ui(ui, look, now, false));
            }
            if room == Room::BesideList && pane == Pane::People {
                self.people_ui(ui, look, now, true);
            } else {
                self.chat_ui(ui, look, now, room);
            }
        }
        self.dialogs_ui(ui, look, now);
    }

    fn list_ui(&mut self, ui: &mut Ui, look: &Look, now: Moment) {
        let data = ListData::new(&self.model, now);
        conversations::ui::list_ui(ui, look, &data, &mut self.actions);
    }

    fn chat_ui(&mut self, ui: &mut Ui, look: &Look, now: Moment, room: Room) {
        let Some(data) = ChatData::new(&self.model, now) else {
            let nobody = self.model.links.is_empty() && self.model.status.is_some();
            let nobody = nobody.then(|| text::nobody_near(Lifetime::default()));
            fill(ui, Frame::new().fill(look.colours.ground.into()), |ui| {
                conversations::ui::none_open_ui(ui, look, nobody.as_deref());
            });
            return;
        };
        let local = &mut self.local.chat;
        chat::ui::chat_ui(ui, look, &data, room, local, &mut self.actions);
        // The only timer of an idle window: labels that speak of time.
        let changes_in = Duration::from_millis(data.changes_in_ms().saturating_add(1_000));
        ui.ctx().request_repaint_after(changes_in);
    }

    /// Counts of bytes grow without an event: asked for while they are in sight.
    fn keep_links_fresh(&mut self, ctx: &Context, now: Moment) {
        let due = self.links_asked_at.plus_ms(LINKS_EVERY_MS);
        if now.wall >= due || now.wall < self.links_asked_at {
            self.links_asked_at = now.wall;
            self.model.requests.want(Purpose::Links);
        }
        ctx.request_repaint_after(Duration::from_millis(LINKS_EVERY_MS));
    }

    /// No event tells of the emoji at whoever speaks last: asked for while they are
    /// waited for.
    fn keep_emoji_fresh(&mut self, ctx: &Context, page: &PageData, now: Moment) {
        let PageData::Check(check) = page else {
            return;
        };
        if check.emoji.is_some() {
            return;
        }
        let due = self.emoji_asked_at.plus_ms(EMOJI_EVERY_MS);
        if now.wall >= due || now.wall < self.emoji_asked_at {
            self.emoji_asked_at = now.wall;
            let purpose = Purpose::Emoji(check.contact);
            self.model.requests.want(purpose);
        }
        ctx.request_repaint_after(Duration::from_millis(EMOJI_EVERY_MS));
    }

    fn people_ui(&mut self, ui: &mut Ui, look: &Look, now: Moment, alone: bool) {
        self.keep_links_fresh(ui.ctx(), now);
        let data = PeopleData::new(&self.model, now);
        if !alone {
            ui.horizontal(|ui| {
                heading(ui, look, text::PEOPLE);
                let right = egui::Layout::right_to_left(egui::Align::Center);
                ui.with_layout(right, |ui| {
                    if icon_button(ui, look, "×", text::HIDE_PEOPLE).clicked() {
                        self.actions.push(Action::TogglePeople);
                    }
                });
            });
            people::ui::people_ui(ui, look, &data);
            return;
        }
        let frame = side_frame(look).inner_margin(Margin::same(16));
        fill(ui, frame, |ui| {
            ui.horizontal(|ui| {
                if icon_button(ui, look, "←", text::BACK).clicked() {
                    self.actions.push(Action::Show(Pane::Chat));
                }
                heading(ui, look, text::PEOPLE);
            });
            people::ui::people_ui(ui, look, &data);
        });
    }

    fn alert_ui(&mut self, ui: &mut Ui, look: &Look, now: Moment) {
        let Some(alert) = AlertData::new(&self.model, now) else {
            return;
        };
        let frame = side_frame(look).inner_margin(Margin::same(8));
        Panel::top("alert").frame(frame).show(ui, |ui| {
            sos::ui::alert_ui(ui, look, &alert, &mut self.actions);
        });
    }

    fn notice_ui(&mut self, ui: &mut Ui, look: &Look) {
        let Some(notice) = self.model.notice.clone() else {
            return;
        };
        let frame = side_frame(look).inner_margin(Margin::same(8));
        Panel::top("notice").frame(frame).show(ui, |ui| {
            callout_ui(ui, look, Tone::Warning, &notice);
            if button(ui, look, Tone::Quiet, true, text::DISMISS).clicked() {
                self.actions.push(Action::DismissNotice);
            }
        });
    }

    fn dialogs_ui(&mut self, ui: &mut Ui, look: &Look, now: Moment) {
        let form = &mut self.local.channel;
        if let Some(data) = ChannelData::new(&self.model, form) {
            channel::ui::channel_ui(ui, look, &data, form, &mut self.actions);
        }
        let form = &mut self.local.contacts;
        if let Some(data) = ContactsData::new(&self.model, form, now) {
            contacts::ui::contacts_ui(ui, look, &data, form, &mut self.actions);
            self.keep_emoji_fresh(ui.ctx(), &data.page, now);
        }
        let form = &mut self.local.groups;
        if let Some(data) = GroupsData::new(&self.model, form) {
            groups::ui::groups_ui(ui, look, &data, form, &mut self.actions);
        }
        if let Some(data) = DeleteData::new(&self.model) {
            chat::delete::delete_ui(ui, look, &data, &mut self.actions);
        }
        if let Some(data) = SosData::new(&self.model) {
            let form = &mut self.local.sos;
            sos::ui::sos_ui(ui, look, &data, form, &mut self.actions);
        }
        if SafetyData::new(&self.model).is_some() {
            let form = &mut self.local.safety;
            safety::ui::safety_ui(ui, look, form, &mut self.actions);
        }
        if let Some(data) = StatusData::new(&self.model) {
            let address = &mut self.local.address;
            status::ui::status_ui(ui, look, &data, address, &mut self.actions);
        }
    }

    fn shortcuts(&mut self, ctx: &Context) {
        let pressed = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
        if pressed(Modifiers::COMMAND, Key::L) {
            self.actions.push(Action::Lock);
        }
        if self.model.route.dialog.is_some() {
            return;
        }
        if pressed(Modifiers::COMMAND, Key::N) {
            self.actions.push(Action::AskJoin);
        }
        if pressed(Modifiers::COMMAND, Key::M) {
            chat::ui::focus_composer(ctx);
        }
        if pressed(Modifiers::ALT, Key::ArrowDown) {
            self.actions.push(Action::Step(1));
        }
        if pressed(Modifiers::ALT, Key::ArrowUp) {
            self.actions.push(Action::Step(-1));
        }
    }
}

fn side_frame(look: &Look) -> Frame {
    Frame::new().fill(look.colours.side.into())
}

fn fill(ui: &mut Ui, frame: Frame, contents: impl FnOnce(&mut Ui)) {
    CentralPanel::no_frame().frame(frame).show(ui, contents);
}

/// An empty window for the cards at the door.
fn ground(ui: &mut Ui, look: &Look, contents: impl FnOnce(&mut Ui)) {
    let side = Color32::from(look.colours.side);
    fill(ui, Frame::new().fill(side), contents);
}
