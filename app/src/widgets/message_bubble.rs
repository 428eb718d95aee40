//! A message in its bubble. Laying out and drawing are apart: the timeline needs
//! heights of rows that it does not draw.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Color32, CornerRadius, FontId, Galley, Label, Rect, Stroke, TextStyle, Ui, Vec2, pos2, vec2,
};

use super::delivery_mark;
use crate::action::{Action, Actions};
use crate::screens::chat::data::Bubble;
use crate::text;
use crate::theme::Look;

/// A message laid out for one width.
pub struct BubbleLayout {
    sos: Option<Arc<Galley>>,
    author: Option<Arc<Galley>>,
    text: Arc<Galley>,
    meta: Arc<Galley>,
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
        let room = (row_width * 0.86).min(s.bubble_width) - padding;
        let body = TextStyle::Body.resolve(ui.style());
        let small = TextStyle::Small.resolve(ui.style());
        let author = bubble.author.as_ref().map(|author| {
            let mut job = LayoutJob::default();
            let strong = FontId::new(s.small + 0.5, crate::theme::strong_family());
            let (name, badge): (Color32, Color32) = match bubble.sos {
                None => (c.author(author.key), c.weak.into()),
                // Not every author's colour can be read on red.
                Some(_) => (c.text.into(), c.text.into()),
            };
            job.append(&author.name, 0.0, TextFormat::simple(strong, name));
            let badge = TextFormat::simple(FontId::monospace(s.small - 1.5), badge);
            job.append(&author.badge, s.gap_s, badge);
            job.wrap = TextWrapping::truncate_at_width(room);
            layout(ui, job)
        });
        let plain = |text: &str, font: FontId, ink: Color32, width: f32| {
            layout(ui, LayoutJob::simple(text.to_owned(), font, ink, width))
        };
        let mark_width = match bubble.mark {
            Some(_) => s.small * delivery_mark::WIDTH + s.gap_xs,
            None => 0.0,
        };
        let sos = bubble.sos.as_ref().map(|words| {
            let font = FontId::new(s.body, crate::theme::strong_family());
            plain(words, font, c.bad.into(), room)
        });
        let text = plain(&bubble.text, body, c.text.into(), room);
        let quiet = match bubble.sos {
            None => c.weak,
            Some(_) => c.text,
        };
        let meta = plain(&bubble.meta, small, quiet.into(), room - mark_width);
        let again_height = match bubble.send_again {
            Some(_) => s.button_height + s.gap_xs,
            None => 0.0,
        };
        let author_size = author.as_ref().map_or(Vec2::ZERO, |galley| {
            galley.size() + vec2(0.0, s.gap_xs - 1.0)
        });
        let sos_size = sos.as_ref().map_or(Vec2::ZERO, |galley| {
            galley.size() + vec2(0.0, s.gap_xs - 1.0)
        });
        let width = text
            .size()
            .x
            .max(meta.size().x + mark_width)
            .max(author_size.x)
            .max(sos_size.x);
        let height =
            sos_size.y + author_size.y + text.size().y + 3.0 + meta.size().y + again_height;
        Self {
            above: if bubble.first { s.gap_s + 1.0 } else { 3.0 },
            sos,
            author,
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
        self.above + self.bubble.y
    }

    /// Draws the message in `row`.
    pub fn show(self, ui: &mut Ui, look: &Look, bubble: &Bubble, row: Rect, actions: &mut Actions) {
        let (s, c) = (&look.sizes, &look.colours);
        let left = if bubble.own {
            row.right() - self.bubble.x
        } else {
            row.left()
        };
        let rect = Rect::from_min_size(pos2(left, row.top() + self.above), self.bubble);
        let fill: Color32 = match (&bubble.sos, bubble.own) {
            (Some(_), _) => c.bad_soft.into(),
            (None, true) => c.own_bubble.into(),
            (None, false) => c.other_bubble.into(),
        };
        ui.painter().rect_filled(rect, corners(look, bubble), fill);
        self.speak(ui, rect, bubble);
        let mut at = rect.min + vec2(s.gap_m, s.gap_s - 1.0);
        if let Some(galley) = &self.sos {
            let stroke = Stroke::new(2.0 * s.line, Color32::from(c.bad));
            let inside = egui::StrokeKind::Inside;
            ui.painter()
                .rect_stroke(rect, corners(look, bubble), stroke, inside);
            put(ui, at, galley.clone(), true);
            at.y += galley.size().y + s.gap_xs - 1.0;
        }
        if let (Some(galley), Some(author)) = (&self.author, &bubble.author) {
            put(ui, at, galley.clone(), true).on_hover_text(&author.badge_full);
            at.y += galley.size().y + s.gap_xs - 1.0;
        }
        at.y += self.text.size().y + 3.0;
        let text_at = pos2(at.x, at.y - self.text.size().y - 3.0);
        put(ui, text_at, self.text, true);
        let meta_size = self.meta.size();
        if let Some(mark) = bubble.mark {
            let first_line = s.small * 1.25;
            let middle = pos2(at.x, at.y + first_line / 2.0);
            delivery_mark::paint(ui.painter(), look, mark, middle, s.small);
        }
        put(ui, at + vec2(self.mark_width, 0.0), self.meta, false);
        if let Some(message_id) = bubble.send_again {
            let top = at.y + meta_size.y + s.gap_xs;
            let size = vec2(rect.width() - 2.0 * s.gap_m, self.again_height - s.gap_xs);
            let button = egui::Button::new(text::SEND_AGAIN);
            let place = Rect::from_min_size(pos2(at.x, top), size);
            if ui.put(place, button).clicked() {
                actions.push(Action::SendAgain(message_id));
            }
        }
    }

    /// Own messages have no author line; a screen reader needs one.
    fn speak(&self, ui: &Ui, rect: Rect, bubble: &Bubble) {
        if bubble.own {
            let response = ui.interact(rect, ui.id().with("own"), egui::Sense::hover());
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::WidgetType::Label, true, text::YOU)
            });
        }
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

fn layout(ui: &Ui, job: LayoutJob) -> Arc<Galley> {
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

fn put(ui: &mut Ui, at: egui::Pos2, galley: Arc<Galley>, selectable: bool) -> egui::Response {
    let rect = Rect::from_min_size(at, galley.size());
    ui.place(rect, Label::new(galley).selectable(selectable))
}
