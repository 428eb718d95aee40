//! A message in its bubble. Laying out and drawing are apart: the timeline needs
//! heights of rows that it does not draw.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Color32, CornerRadius, FontId, Galley, Label, Rect, Stroke, TextStyle, Ui, Vec2, pos2, vec2,
};
use mesh_core::types::MessageId;

use super::delivery_mark;
use super::message_beside::{ChipsLayout, QuoteLayout, menu_ui};
use crate::action::{Action, Actions};
use crate::screens::chat::data::Bubble;
use crate::text;
use crate::theme::Look;

/// A message laid out for one width.
pub struct BubbleLayout {
    /// Lines above the text that are drawn as they are: a call for help, the author,
    /// that it names us.
    head: Vec<Arc<Galley>>,
    quote: Option<QuoteLayout>,
    text: Arc<Galley>,
    meta: Arc<Galley>,
    chips: ChipsLayout,
    mark_width: f32,
    again_height: f32,
    bubble: Vec2,
    /// Room above: more where a new author begins.
    above: f32,
}

impl BubbleLayout {
    /// Lays a message out in a row of the given width.
    pub fn new(ui: &Ui, look: &Look, bubble: &Bubble, row_width: f32) -> Self {
        let (s, c) = (&look.sizes, &look.colours);
        let padding = 2.0 * s.gap_m;
        let full = (row_width * 0.86).min(s.bubble_width);
        let room = full - padding;
        let small = TextStyle::Small.resolve(ui.style());
        let mark_width = match bubble.mark {
            Some(_) => s.small * delivery_mark::WIDTH + s.gap_xs,
            None => 0.0,
        };
        let head = head(ui, look, bubble, room);
        let quote = bubble
            .quote
            .as_ref()
            .map(|quote| QuoteLayout::new(ui, look, quote, room));
        let text = body(ui, look, bubble, room);
        let quiet = match bubble.sos {
            None => c.weak,
            Some(_) => c.text,
        };
        let meta = plain(ui, &bubble.meta, small, quiet.into(), room - mark_width);
        let again_height = match bubble.send_again {
            Some(_) => s.button_height + s.gap_xs,
            None => 0.0,
        };
        let gap = s.gap_xs - 1.0;
        let head_height: f32 = head.iter().map(|line| line.size().y + gap).sum();
        let head_width = head.iter().map(|line| line.size().x);
        let quote_size = quote
            .as_ref()
            .map_or(Vec2::ZERO, |quote| quote.size() + vec2(0.0, s.gap_xs));
        let width = head_width
            .chain([text.size().x, meta.size().x + mark_width, quote_size.x])
            .fold(0.0, f32::max);
        let height =
            head_height + quote_size.y + text.size().y + 3.0 + meta.size().y + again_height;
        Self {
            above: if bubble.first { s.gap_s + 1.0 } else { 3.0 },
            chips: ChipsLayout::new(ui, look, &bubble.chips, full),
            head,
            quote,
            text,
            meta,
            mark_width,
            again_height,
            bubble: vec2(width + padding, height + 2.0 * (s.gap_s - 1.0)),
        }
    }

    /// Height of the whole row.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.above + self.bubble.y + self.chips.height()
    }

    /// Draws the message in `row`; `is_found` if the person just jumped to it. Gives the
    /// message that they want to jump to.
    pub fn show(
        self,
        ui: &mut Ui,
        look: &Look,
        bubble: &Bubble,
        (row, is_found): (Rect, bool),
        actions: &mut Actions,
    ) -> Option<MessageId> {
        let s = &look.sizes;
        let left = if bubble.own {
            row.right() - self.bubble.x
        } else {
            row.left()
        };
        let rect = Rect::from_min_size(pos2(left, row.top() + self.above), self.bubble);
        ground_ui(ui, look, bubble, rect, is_found);
        speak(ui, rect, bubble);
        let mut at = rect.min + vec2(s.gap_m, s.gap_s - 1.0);
        for (number, galley) in self.head.iter().enumerate() {
            let line = put(ui, at, galley.clone(), true);
            // The author's line is the first one of an ordinary message.
            let author = bubble.author.as_ref();
            if let Some(author) = author.filter(|_| number == usize::from(bubble.sos.is_some())) {
                line.on_hover_text(&author.badge_full);
            }
            at.y += galley.size().y + s.gap_xs - 1.0;
        }
        let mut jump = None;
        if let (Some(layout), Some(quote)) = (&self.quote, &bubble.quote) {
            let width = rect.width() - 2.0 * s.gap_m;
            if layout.show(ui, look, quote, at, width) && quote.is_here {
                jump = Some(quote.message_id);
            }
            at.y += layout.size().y + s.gap_xs;
        }
        put(ui, at, self.text.clone(), !bubble.is_withdrawn);
        at.y += self.text.size().y + 3.0;
        self.foot_ui(ui, look, bubble, (rect, at), actions);
        let menu = bubble.menu.as_ref();
        if let Some(menu) = menu {
            menu_ui(ui, look, menu, (rect, row, bubble.own), actions);
        }
        let below = pos2(
            if bubble.own { row.right() } else { row.left() },
            rect.bottom(),
        );
        let message_id = menu.map(|menu| menu.message_id);
        let chips = (bubble.chips.as_slice(), message_id);
        self.chips
            .show(ui, look, chips, (below, bubble.own), actions);
        jump
    }

    /// Time and state, and the way to send it once more.
    fn foot_ui(
        &self,
        ui: &mut Ui,
        look: &Look,
        bubble: &Bubble,
        (rect, at): (Rect, egui::Pos2),
        actions: &mut Actions,
    ) {
        let s = &look.sizes;
        if let Some(mark) = bubble.mark {
            let first_line = s.small * 1.25;
            let middle = pos2(at.x, at.y + first_line / 2.0);
            delivery_mark::paint(ui.painter(), look, mark, middle, s.small);
        }
        let meta_at = at + vec2(self.mark_width, 0.0);
        put(ui, meta_at, self.meta.clone(), false);
        if let Some(message_id) = bubble.send_again {
            let top = at.y + self.meta.size().y + s.gap_xs;
            let size = vec2(rect.width() - 2.0 * s.gap_m, self.again_height - s.gap_xs);
            let button = egui::Button::new(text::SEND_AGAIN);
            let place = Rect::from_min_size(pos2(at.x, top), size);
            if ui.put(place, button).clicked() {
                actions.push(Action::SendAgain(message_id));
            }
        }
    }
}

/// What stands above quote and text.
fn head(ui: &Ui, look: &Look, bubble: &Bubble, room: f32) -> Vec<Arc<Galley>> {
    let (s, c) = (&look.sizes, &look.colours);
    let strong = |size| FontId::new(size, crate::theme::strong_family());
    let sos = bubble
        .sos
        .as_ref()
        .map(|words| plain(ui, words, strong(s.body), c.bad.into(), room));
    let author = bubble.author.as_ref().map(|author| {
        let mut job = LayoutJob::default();
        let (name, badge): (Color32, Color32) = match bubble.sos {
            None => (c.author(author.key), c.weak.into()),
            // Not every author's colour can be read on red.
            Some(_) => (c.text.into(), c.text.into()),
        };
        job.append(
            &author.name,
            0.0,
            TextFormat::simple(strong(s.small + 0.5), name),
        );
        let badge = TextFormat::simple(FontId::monospace(s.small - 1.5), badge);
        job.append(&author.badge, s.gap_s, badge);
        job.wrap = TextWrapping::truncate_at_width(room);
        layout(ui, job)
    });
    // In a colour that no peer can choose.
    let names_us = bubble
        .names_us
        .map(|words| plain(ui, words, strong(s.small), c.accent.into(), room));
    [sos, author, names_us].into_iter().flatten().collect()
}

/// The text; words of ours in place of one that was taken back lean, as no text of a
/// person can.
fn body(ui: &Ui, look: &Look, bubble: &Bubble, room: f32) -> Arc<Galley> {
    let font = TextStyle::Body.resolve(ui.style());
    if !bubble.is_withdrawn {
        return plain(ui, &bubble.text, font, look.colours.text.into(), room);
    }
    let format = TextFormat {
        italics: true,
        ..TextFormat::simple(font, look.colours.weak.into())
    };
    let mut job = LayoutJob::single_section(bubble.text.clone(), format);
    job.wrap.max_width = room;
    layout(ui, job)
}

fn ground_ui(ui: &Ui, look: &Look, bubble: &Bubble, rect: Rect, is_found: bool) {
    let (s, c) = (&look.sizes, &look.colours);
    let corners = corners(look, bubble);
    let fill: Color32 = match (&bubble.sos, bubble.own) {
        _ if bubble.is_withdrawn => Color32::TRANSPARENT,
        (Some(_), _) => c.bad_soft.into(),
        (None, true) => c.own_bubble.into(),
        (None, false) => c.other_bubble.into(),
    };
    ui.painter().rect_filled(rect, corners, fill);
    let line = match (&bubble.sos, is_found, bubble.is_withdrawn) {
        (Some(_), ..) => Some((2.0, c.bad)),
        (None, true, _) => Some((2.0, c.accent)),
        (None, false, true) => Some((1.0, c.line)),
        (None, false, false) => None,
    };
    if let Some((width, ink)) = line {
        let stroke = Stroke::new(width * s.line, Color32::from(ink));
        let inside = egui::StrokeKind::Inside;
        ui.painter().rect_stroke(rect, corners, stroke, inside);
    }
}

/// Own messages have no author line; a screen reader needs one.
fn speak(ui: &Ui, rect: Rect, bubble: &Bubble) {
    if bubble.own {
        let response = ui.interact(rect, ui.id().with("own"), egui::Sense::hover());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Label, true, text::YOU));
    }
}

/// The corner that points at the author is sharp.
fn corners(look: &Look, bubble: &Bubble) -> CornerRadius {
    let mut corners = CornerRadius::from(look.sizes.radius_bubble);
    let sharp = 4;
    if bubble.own {
        corners.se = sharp;
    } else {
        corners.sw = sharp;
    }
    corners
}

/// Text that wraps.
fn plain(ui: &Ui, text: &str, font: FontId, ink: Color32, width: f32) -> Arc<Galley> {
    layout(ui, LayoutJob::simple(text.to_owned(), font, ink, width))
}

pub(super) fn layout(ui: &Ui, job: LayoutJob) -> Arc<Galley> {
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

fn put(ui: &mut Ui, at: egui::Pos2, galley: Arc<Galley>, selectable: bool) -> egui::Response {
    let rect = Rect::from_min_size(at, galley.size());
    ui.place(rect, Label::new(galley).selectable(selectable))
}
