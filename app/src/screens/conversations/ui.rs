//! Draws the list of conversations.

use egui::{
    Align, Color32, Layout, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    WidgetType, pos2, vec2,
};

use mesh_core::types::ConversationKind;

use super::data::{ListData, ListRow};
use crate::action::{Action, Actions};
use crate::model::{GroupPage, PeoplePage};
use crate::text;
use crate::theme::{Look, strong};
use crate::widgets::{Tone, avatar_ui, button, heading, weak};

/// Draws heading, button and rows.
pub fn list_ui(ui: &mut Ui, look: &Look, data: &ListData, actions: &mut Actions) {
    let s = &look.sizes;
    ui.horizontal(|ui| {
        ui.set_height(s.header_height);
        ui.add_space(s.gap_m);
        ui.label(strong(text::APP).size(s.heading));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(s.gap_s);
            let lock = button(ui, look, Tone::Plain, true, text::LOCK);
            if lock.on_hover_text(text::LOCK_HINT).clicked() {
                actions.push(Action::Lock);
            }
            if button(ui, look, Tone::Quiet, true, text::safety::OPEN).clicked() {
                actions.push(Action::ShowSafety);
            }
            if let Some(me) = &data.me {
                me_ui(ui, look, me);
            }
        });
    });
    ui.horizontal(|ui| {
        ui.add_space(s.gap_m);
        ui.scope(|ui| {
            ui.set_width(ui.available_width() - s.gap_m);
            ui.vertical_centered_justified(|ui| {
                if button(ui, look, Tone::Primary, true, text::JOIN_OR_CREATE).clicked() {
                    actions.push(Action::AskJoin);
                }
                let tone = if data.is_asked {
                    Tone::Primary
                } else {
                    Tone::Plain
                };
                if button(ui, look, tone, true, &data.people).clicked() {
                    actions.push(Action::ShowPeople(PeoplePage::List));
                }
                if button(ui, look, Tone::Plain, true, text::groups::NEW).clicked() {
                    actions.push(Action::ShowGroup(GroupPage::New));
                }
            });
        });
    });
    ui.add_space(s.gap_s);
    if data.rows.is_empty() {
        ui.add_space(s.gap_l);
        ui.vertical_centered(|ui| {
            ui.set_max_width(ui.available_width() - 2.0 * s.gap_l);
            heading(ui, look, text::NO_CONVERSATIONS);
            weak(ui, look, text::NO_CONVERSATIONS_TEXT);
        });
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for row in &data.rows {
            if row_ui(ui, look, row).clicked() {
                actions.push(Action::Open(row.conversation));
            }
        }
    });
}

fn me_ui(ui: &mut Ui, look: &Look, me: &str) {
    let text = RichText::new(me)
        .small()
        .color(Color32::from(look.colours.weak));
    ui.add(egui::Label::new(text).truncate());
}

fn row_ui(ui: &mut Ui, look: &Look, row: &ListRow) -> egui::Response {
    let (s, c) = (&look.sizes, &look.colours);
    let size = vec2(ui.available_width(), s.conversation_row);
    let (outer, _) = ui.allocate_exact_size(size, Sense::hover());
    let id = ui.id().with(row.conversation);
    let response = ui.interact(outer, id, Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(WidgetType::SelectableLabel, true, row.selected, &row.label)
    });
    if !ui.is_rect_visible(outer) {
        return response;
    }
    let rect = outer.shrink2(vec2(s.gap_s, 0.0));
    let ground: Color32 = if row.selected {
        c.selected.into()
    } else if response.hovered() || response.has_focus() {
        c.hover.into()
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, s.radius, ground);
    if response.has_focus() {
        let stroke = egui::Stroke::new(2.0 * s.line, Color32::from(c.accent));
        let inside = egui::StrokeKind::Inside;
        ui.painter().rect_stroke(rect, s.radius, stroke, inside);
    }
    let avatar = Rect::from_center_size(
        pos2(rect.left() + s.gap_s + s.avatar / 2.0, rect.center().y),
        egui::Vec2::splat(s.avatar),
    );
    avatar_ui(ui, look, avatar, row.kind);
    let words = Rect::from_min_max(
        pos2(avatar.right() + s.gap_m, rect.top() + 11.0),
        pos2(rect.right() - s.gap_s, rect.bottom() - s.gap_s),
    );
    let mut words = ui.new_child(UiBuilder::new().id(id.with("words")).max_rect(words));
    words.spacing_mut().item_spacing = vec2(s.gap_xs, 3.0);
    words_ui(&mut words, look, row);
    response
}

fn words_ui(ui: &mut Ui, look: &Look, row: &ListRow) {
    let c = &look.colours;
    let small = |text: &str| RichText::new(text).small().color(Color32::from(c.weak));
    let line = |ui: &mut Ui, right: &dyn Fn(&mut Ui), left: &dyn Fn(&mut Ui)| {
        ui.allocate_ui_with_layout(
            vec2(ui.available_width(), look.sizes.body + 5.0),
            Layout::right_to_left(Align::Center),
            |ui| {
                right(ui);
                ui.with_layout(Layout::left_to_right(Align::Center), left);
            },
        );
    };
    let quiet = |text: RichText| egui::Label::new(text).selectable(false).truncate();
    line(
        ui,
        &|ui| {
            if let Some(time) = &row.time {
                ui.add(quiet(small(time)));
            }
        },
        &|ui| {
            ui.add(quiet(strong(&row.name)));
            if row.kind == ConversationKind::Public {
                let sign = strong(text::PUBLIC).size(look.sizes.small - 2.5);
                ui.add(quiet(sign.color(Color32::from(c.warn))));
            }
        },
    );
    line(
        ui,
        &|ui| {
            if row.unread > 0 {
                unread_ui(ui, look, row.unread);
            }
        },
        &|ui| {
            if row.is_draft {
                let draft = RichText::new(text::DRAFT).small();
                ui.add(quiet(draft.color(Color32::from(c.accent))));
            }
            if row.is_sos {
                let sos = strong(text::SOS).size(look.sizes.small);
                ui.add(quiet(sos.color(Color32::from(c.bad))));
            }
            ui.add(quiet(small(&row.preview)));
        },
    );
}

fn unread_ui(ui: &mut Ui, look: &Look, unread: u32) {
    let (s, c) = (&look.sizes, &look.colours);
    let count = if unread > 999 {
        "999+".to_owned()
    } else {
        unread.to_string()
    };
    let font = egui::FontId::new(s.small - 1.0, crate::theme::strong_family());
    let galley = ui.painter().layout_no_wrap(count, font, c.on_accent.into());
    let height = s.small + 6.0;
    let width = (galley.size().x + s.gap_s + 2.0).max(height);
    let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    ui.painter()
        .rect_filled(rect, height / 2.0, Color32::from(c.accent));
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, c.on_accent.into());
}

/// What is drawn where no conversation is open.
pub fn none_open_ui(ui: &mut Ui, look: &Look, nobody_near: Option<&str>) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.36);
        ui.set_max_width(look.sizes.card_width);
        ui.label(strong(text::NONE_OPEN).size(look.sizes.heading));
        weak(ui, look, text::NONE_OPEN_TEXT);
        if let Some(nobody_near) = nobody_near {
            ui.add_space(look.sizes.gap_l);
            weak(ui, look, nobody_near);
        }
    });
}
