//! Fields to type into, each with a name above it.

use egui::{Color32, Frame, Id, Label, Margin, Response, RichText, Stroke, TextEdit, Ui};

use crate::text;
use crate::theme::{Look, strong};

/// More than anything that is asked for; a pasted megabyte would freeze the window,
/// which lays all of it out.
const FIELD_CHARS_MAX: usize = 4_096;

/// A field of one line with its name above.
pub fn field_ui(ui: &mut Ui, look: &Look, name: &str, hint: &str, value: &mut String) -> Response {
    let label = label_ui(ui, name);
    let width = ui.available_width();
    edit_ui(ui, look, value, hint, false, width).labelled_by(label)
}

/// A field for a passphrase that another field's button shows.
pub fn hidden_ui(
    ui: &mut Ui,
    look: &Look,
    name: &str,
    value: &mut String,
    visible: bool,
) -> Response {
    let label = label_ui(ui, name);
    let width = ui.available_width();
    edit_ui(ui, look, value, "", !visible, width).labelled_by(label)
}

/// A field for a passphrase, with a button that shows it.
pub fn passphrase_ui(
    ui: &mut Ui,
    look: &Look,
    (name, hint): (&str, &str),
    value: &mut String,
    visible: &mut bool,
) -> Response {
    let label = label_ui(ui, name);
    let toggle_width = look.sizes.field_height * 1.7;
    ui.horizontal(|ui| {
        let width = ui.available_width() - toggle_width - look.sizes.gap_s;
        let response = edit_ui(ui, look, value, hint, !*visible, width).labelled_by(label);
        let toggle = if *visible { text::HIDE } else { text::SHOW };
        let size = egui::vec2(toggle_width, look.sizes.field_height - 2.0);
        if ui.add_sized(size, egui::Button::new(toggle)).clicked() {
            *visible = !*visible;
        }
        response
    })
    .inner
}

fn label_ui(ui: &mut Ui, name: &str) -> Id {
    ui.add(Label::new(strong(name)).selectable(false)).id
}

fn edit_ui(
    ui: &mut Ui,
    look: &Look,
    value: &mut String,
    hint: &str,
    is_secret: bool,
    width: f32,
) -> Response {
    let c = &look.colours;
    let frame = Frame::new()
        .fill(c.field.into())
        .corner_radius(look.sizes.radius)
        .stroke(Stroke::new(look.sizes.line, Color32::from(c.field_line)))
        .inner_margin(Margin::symmetric(11, 9));
    let response = ui.add(
        TextEdit::singleline(value)
            .char_limit(FIELD_CHARS_MAX)
            .password(is_secret)
            .hint_text(RichText::new(hint).color(Color32::from(c.weak)))
            .desired_width(width)
            .frame(frame),
    );
    focus_ring(ui, look, &response);
    response
}

/// Shows where the keyboard is.
pub fn focus_ring(ui: &Ui, look: &Look, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0 * look.sizes.line, Color32::from(look.colours.accent));
        let outside = egui::StrokeKind::Middle;
        let painter = ui.painter();
        painter.rect_stroke(response.rect, look.sizes.radius, stroke, outside);
    }
}
