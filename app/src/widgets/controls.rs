//! Buttons, headings, and boxes that say something.

use egui::{
    Button, Color32, Frame, Label, Margin, Response, RichText, Stroke, Ui, WidgetInfo, WidgetType,
};

use crate::theme::{Look, strong};

/// What a button or a box is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// The one thing to do next.
    Primary,
    /// One of several.
    Plain,
    /// Looks like text until the pointer is on it.
    Quiet,
    /// Destroys something.
    Danger,
    /// All is well.
    Good,
    /// To be read before going on.
    Warning,
}

/// A button in Starling's manner.
pub fn button(ui: &mut Ui, look: &Look, tone: Tone, enabled: bool, label: &str) -> Response {
    let c = &look.colours;
    let (fill, ink): (Color32, Color32) = match tone {
        // Faded accent is hard to read: what cannot be pressed is plain.
        _ if !enabled => (c.button.into(), c.text.into()),
        Tone::Primary => (c.accent.into(), c.on_accent.into()),
        Tone::Danger => (c.bad.into(), c.raised.into()),
        Tone::Quiet => (Color32::TRANSPARENT, c.accent.into()),
        Tone::Plain | Tone::Good | Tone::Warning => (c.button.into(), c.text.into()),
    };
    let text = match tone {
        Tone::Primary | Tone::Danger => strong(label).color(ink),
        _ => RichText::new(label).color(ink),
    };
    let width = ui.spacing().interact_size.x;
    let button = Button::new(text).min_size(egui::vec2(width, look.sizes.button_height));
    let button = match tone {
        Tone::Plain => button,
        Tone::Quiet => button.frame_when_inactive(false),
        _ => button.fill(fill),
    };
    // Put back by hand: in a scope of its own a button would not go to the next row.
    let usual = ui.visuals().widgets.hovered.bg_stroke;
    if matches!(tone, Tone::Primary | Tone::Danger) {
        let stroke = Stroke::new(2.0 * look.sizes.line, Color32::from(c.text));
        ui.visuals_mut().widgets.hovered.bg_stroke = stroke;
    }
    let response = ui.add_enabled(enabled, button);
    ui.visuals_mut().widgets.hovered.bg_stroke = usual;
    response
}

/// Something that is on or off.
pub fn switch_ui(ui: &mut Ui, look: &Look, on: &mut bool, label: &str) -> Response {
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for state in [
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
        ] {
            let line = Color32::from(look.colours.field_line);
            state.bg_stroke = Stroke::new(look.sizes.line, line);
            state.corner_radius = (look.sizes.gap_xs as u8).into();
            state.bg_fill = look.colours.field.into();
        }
        ui.checkbox(on, label)
    })
    .inner
}

/// Buttons beside each other, as many as fit; the others below, none of them squeezed.
pub fn buttons_ui(ui: &mut Ui, buttons: impl FnOnce(&mut Ui)) {
    ui.horizontal_wrapped(|ui| {
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
        buttons(ui);
    });
}

/// A small square button with a sign; `label` is what a screen reader says.
pub fn icon_button(ui: &mut Ui, look: &Look, sign: &str, label: &str) -> Response {
    let size = egui::Vec2::splat(look.sizes.button_height);
    let text = RichText::new(sign).size(look.sizes.heading);
    let button = Button::new(text).min_size(size).frame_when_inactive(false);
    named(ui.add(button), label)
}

/// Gives a control a name to be spoken, and the same as a hint under the pointer.
pub fn named(response: Response, label: &str) -> Response {
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, label));
    response.on_hover_text(label)
}

/// The one large line of a page.
pub fn title(ui: &mut Ui, look: &Look, text: &str) -> Response {
    ui.add(Label::new(strong(text).size(look.sizes.title)).wrap())
}

/// A line above a part.
pub fn heading(ui: &mut Ui, look: &Look, text: &str) -> Response {
    ui.add(Label::new(strong(text).size(look.sizes.body)).wrap())
}

/// Text of second rank.
pub fn weak(ui: &mut Ui, look: &Look, text: &str) -> Response {
    let text = RichText::new(text).color(Color32::from(look.colours.weak));
    ui.add(Label::new(text).wrap())
}

/// A box that says one thing, over the whole width.
pub fn callout_ui(ui: &mut Ui, look: &Look, tone: Tone, text: &str) -> Response {
    let c = &look.colours;
    let (fill, ink): (Color32, Color32) = match tone {
        Tone::Danger => (c.bad_soft.into(), c.bad.into()),
        Tone::Warning => (c.warn_soft.into(), c.warn.into()),
        Tone::Good => (c.good_soft.into(), c.good.into()),
        Tone::Primary | Tone::Plain | Tone::Quiet => (c.side.into(), c.text.into()),
    };
    Frame::new()
        .fill(fill)
        .corner_radius(look.sizes.radius)
        .inner_margin(Margin::symmetric(12, 9))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(Label::new(RichText::new(text).color(ink)).wrap())
        })
        .inner
}

/// Something is going on, in words and in motion.
pub fn busy_ui(ui: &mut Ui, look: &Look, text: &str) {
    ui.horizontal(|ui| {
        ui.add(egui::Spinner::new().size(look.sizes.spinner));
        weak(ui, look, text);
    });
}

/// One item of a list.
pub fn bullet_ui(ui: &mut Ui, look: &Look, text: &str) {
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(
            egui::vec2(look.sizes.gap_m, look.sizes.heading),
            egui::Sense::hover(),
        );
        let ink = Color32::from(look.colours.weak);
        let radius = look.sizes.gap_xs / 2.0;
        ui.painter().circle_filled(rect.center(), radius, ink);
        ui.add(Label::new(text).wrap());
    });
}
