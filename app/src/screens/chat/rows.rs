//! The timeline: rows of different heights, of which only those in sight are laid out.
//!
//! A row that was never in sight has an estimated height. When it comes into sight
//! it is measured, and the scroll position is corrected so that what the person
//! looks at does not move: the bottom edge of the first message in sight stays
//! where it is. At the end of the timeline the view sticks to the end.

use std::collections::HashMap;

use egui::{
    Align2, Color32, Id, Rect, ScrollArea, Stroke, TextStyle, Ui, UiBuilder, WidgetInfo,
    WidgetType, pos2, vec2,
};
use mesh_core::types::{ConversationId, MessageId};

use super::data::{Bubble, ChatData, Row, RowKey, RowKind, row_key};
use crate::action::{Action, Actions};
use crate::text;
use crate::theme::Look;
use crate::widgets::BubbleLayout;

/// Closer to the end than this counts as at the end, points.
const END_SLACK: f32 = 8.0;
/// A correction smaller than this is not worth a jump, points.
const SHIFT_MIN: f32 = 0.5;

/// Where the timeline is scrolled to. Widget state.
#[derive(Default)]
pub struct RowsLocal {
    conversation: Option<ConversationId>,
    width: f32,
    heights: HashMap<RowKey, f32>,
    offset: f32,
    /// None: at the end.
    anchor: Option<Anchor>,
    /// The message that was jumped to.
    found: Option<MessageId>,
}

/// The first message in sight, and how far its bottom edge lies below the top.
#[derive(Clone, Copy)]
struct Anchor {
    key: RowKey,
    bottom: f32,
}

impl RowsLocal {
    /// Goes to the end and stays there.
    pub fn to_end(&mut self) {
        self.anchor = None;
    }

    /// Whether the end is in sight.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.anchor.is_none()
    }

    /// Brings a message into sight, in the middle, and marks it.
    fn jump_to(&mut self, message_id: MessageId, room: f32) {
        self.found = Some(message_id);
        self.anchor = Some(Anchor {
            key: row_key(message_id),
            bottom: room / 2.0,
        });
    }

    fn settle_on(&mut self, conversation: ConversationId, width: f32) {
        if self.conversation != Some(conversation) {
            *self = Self {
                conversation: Some(conversation),
                ..Self::default()
            };
        }
        // Other width, other line breaks: all heights are only estimates again.
        if (self.width - width).abs() > SHIFT_MIN {
            self.heights.clear();
            self.width = width;
        }
    }
}

/// Draws the rows in sight, and asks for older messages near the top.
pub(super) fn rows_ui(
    ui: &mut Ui,
    look: &Look,
    data: &ChatData<'_>,
    local: &mut RowsLocal,
    actions: &mut Actions,
) {
    let side = look.sizes.gap_l;
    let width = ui.available_width() - 2.0 * side;
    let room = ui.available_height();
    local.settle_on(data.conversation, width);
    measure_around(ui, look, data, local, (width, room));
    let tops = tops(look, data, local, width);
    let total = tops.last().copied().unwrap_or(0.0).max(room);
    let target = target_offset(data, local, &tops, (room, total));
    let mut area = ScrollArea::vertical()
        .id_salt(data.conversation)
        .auto_shrink(false);
    if (target - local.offset).abs() > SHIFT_MIN {
        area = area.vertical_scroll_offset(target);
    }
    let mut jump = None;
    let found = local.found.map(row_key);
    let output = area.show_viewport(ui, |ui, view| {
        ui.set_height(total);
        // Few messages lie at the bottom, near the composer.
        let lift = total - tops.last().copied().unwrap_or(0.0);
        let origin = ui.max_rect().min + vec2(side, lift);
        for (row, top, bottom) in placed(data, &tops) {
            if bottom + lift < view.top() || top + lift > view.bottom() {
                continue;
            }
            let size = vec2(width, bottom - top);
            let place = Rect::from_min_size(origin + vec2(0.0, top), size);
            let is_found = found == Some(row.key);
            let (height, to) = row_ui(ui, look, data, row, (place, is_found), actions);
            local.heights.insert(row.key, height);
            jump = jump.or(to);
        }
    });
    remember(data, local, &tops, output.state.offset.y, (room, total));
    if let Some(message_id) = jump {
        local.jump_to(message_id, room);
        ui.ctx().request_repaint();
    }
    if data.more && local.offset < room {
        actions.push(Action::LoadOlder);
    }
    if !local.is_at_end() {
        jump_ui(ui, look, output.inner_rect, local);
    }
}

/// Measures rows before they come into sight: from the anchor downwards, or from
/// the end upwards.
fn measure_around(
    ui: &Ui,
    look: &Look,
    data: &ChatData<'_>,
    local: &mut RowsLocal,
    (width, room): (f32, f32),
) {
    let mut left = room;
    let mut measure = |row: &Row<'_>, local: &mut RowsLocal| {
        let known = local.heights.get(&row.key).copied();
        let height = known.unwrap_or_else(|| {
            let height = height(ui, look, data, row, width);
            local.heights.insert(row.key, height);
            height
        });
        left -= height;
        left > -room
    };
    let anchor = local
        .anchor
        .and_then(|anchor| data.rows.iter().position(|row| row.key == anchor.key));
    match anchor {
        None => {
            for row in data.rows.iter().rev() {
                if !measure(row, local) {
                    break;
                }
            }
        }
        Some(at) => {
            for row in data.rows.iter().skip(at.saturating_sub(1)) {
                if !measure(row, local) {
                    break;
                }
            }
        }
    }
}

/// The top of each row and, last, the bottom of all.
fn tops(look: &Look, data: &ChatData<'_>, local: &RowsLocal, width: f32) -> Vec<f32> {
    let mut tops = Vec::with_capacity(data.rows.len() + 1);
    let mut top = 0.0;
    for row in &data.rows {
        tops.push(top);
        let known = local.heights.get(&row.key).copied();
        top += known.unwrap_or_else(|| estimate(look, row, width));
    }
    tops.push(top + look.sizes.gap_s);
    tops
}

fn placed<'a>(
    data: &'a ChatData<'a>,
    tops: &'a [f32],
) -> impl Iterator<Item = (&'a Row<'a>, f32, f32)> {
    let bottoms = tops.iter().skip(1);
    data.rows
        .iter()
        .zip(tops.iter().zip(bottoms))
        .map(|(row, (top, bottom))| (row, *top, *bottom))
}

fn target_offset(
    data: &ChatData<'_>,
    local: &RowsLocal,
    tops: &[f32],
    (room, total): (f32, f32),
) -> f32 {
    let end = (total - room).max(0.0);
    let Some(anchor) = local.anchor else {
        return end;
    };
    let place = placed(data, tops).find(|(row, ..)| row.key == anchor.key);
    place.map_or(end, |(_, _, bottom)| {
        (bottom - anchor.bottom).clamp(0.0, end)
    })
}

fn remember(
    data: &ChatData<'_>,
    local: &mut RowsLocal,
    tops: &[f32],
    offset: f32,
    (room, total): (f32, f32),
) {
    local.offset = offset;
    let at_end = offset >= total - room - END_SLACK;
    let first = placed(data, tops)
        .find(|(row, _, bottom)| *bottom > offset && matches!(row.kind, RowKind::Message { .. }));
    local.anchor = match first {
        Some((row, _, bottom)) if !at_end => Some(Anchor {
            key: row.key,
            bottom: bottom - offset,
        }),
        _ => None,
    };
}

/// Draws a row in `place`; gives the height it really has, and the message that the
/// person wants to jump to.
fn row_ui(
    ui: &mut Ui,
    look: &Look,
    data: &ChatData<'_>,
    row: &Row<'_>,
    (place, is_found): (Rect, bool),
    actions: &mut Actions,
) -> (f32, Option<MessageId>) {
    let id = Id::new("row").with(row.key);
    let mut child = ui.new_child(UiBuilder::new().id(id).max_rect(place));
    match data.bubble(row) {
        Some(bubble) => {
            let layout = BubbleLayout::new(&child, look, &bubble, place.width());
            let height = layout.height();
            let place = (place, is_found);
            let jump = layout.show(&mut child, look, &bubble, place, actions);
            (height, jump)
        }
        None => {
            line_ui(&mut child, look, &data.line(row), row, place);
            (line_height(look), None)
        }
    }
}

/// Lines that the program writes: in the middle, without a bubble.
fn line_ui(ui: &mut Ui, look: &Look, words: &str, row: &Row<'_>, place: Rect) {
    let is_new = matches!(row.kind, RowKind::Unread);
    let c = &look.colours;
    let (ink, line): (Color32, Color32) = if is_new {
        (c.accent.into(), c.accent.into())
    } else {
        (c.weak.into(), c.line.into())
    };
    let font = TextStyle::Small.resolve(ui.style());
    let painter = ui.painter();
    let text = painter.text(place.center(), Align2::CENTER_CENTER, words, font, ink);
    if !matches!(row.kind, RowKind::Top { .. }) {
        let stroke = Stroke::new(look.sizes.line, line);
        let gap = look.sizes.gap_m;
        painter.hline(place.left()..=text.left() - gap, place.center().y, stroke);
        painter.hline(text.right() + gap..=place.right(), place.center().y, stroke);
    }
    let response = ui.interact(text, ui.id().with("line"), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, words));
}

fn height(ui: &Ui, look: &Look, data: &ChatData<'_>, row: &Row<'_>, width: f32) -> f32 {
    match data.bubble(row) {
        Some(bubble) => laid_out(ui, look, &bubble, width),
        None => line_height(look),
    }
}

fn laid_out(ui: &Ui, look: &Look, bubble: &Bubble, width: f32) -> f32 {
    BubbleLayout::new(ui, look, bubble, width).height()
}

fn line_height(look: &Look) -> f32 {
    look.sizes.body + 2.0 * look.sizes.gap_m
}

/// Good enough for a scroll bar: two bytes take about one em.
fn estimate(look: &Look, row: &Row<'_>, width: f32) -> f32 {
    let (s, text) = match row.kind {
        RowKind::Message { message, .. } => (&look.sizes, message.text.as_str()),
        RowKind::Outgoing(outgoing) => (&look.sizes, outgoing.text.as_str()),
        _ => return line_height(look),
    };
    let bytes_per_line = (width.min(s.bubble_width) / s.body * 2.0).max(1.0);
    let lines = (text.len() as f32 / bytes_per_line).ceil().max(1.0);
    lines * s.body * 1.3 + 2.0 * s.small + s.gap_l
}

fn jump_ui(ui: &mut Ui, look: &Look, rect: Rect, local: &mut RowsLocal) {
    let s = &look.sizes;
    let size = vec2(148.0, s.button_height);
    let middle = pos2(rect.center().x, rect.bottom() - s.gap_s - size.y / 2.0);
    let text = egui::RichText::new(text::JUMP).color(Color32::from(look.colours.on_accent));
    let button = egui::Button::new(text)
        .fill(Color32::from(look.colours.accent))
        .corner_radius(size.y / 2.0);
    let place = Rect::from_center_size(middle, size);
    if ui.place(place, button).clicked() {
        local.to_end();
    }
}
