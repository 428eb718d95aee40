//! egui's style, filled from the tokens.

use egui::style::{ScrollStyle, Selection, WidgetVisuals};
use egui::{
    Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme,
    Visuals,
};

use super::fonts::strong_family;
use super::{Colours, Look, Sizes};

pub(super) fn style(theme: Theme, look: &Look) -> Style {
    let sizes = &look.sizes;
    let mut style = theme.default_style();
    let font = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, font(sizes.small)),
        (TextStyle::Body, font(sizes.body)),
        (TextStyle::Button, font(sizes.body)),
        (
            TextStyle::Heading,
            FontId::new(sizes.heading, strong_family()),
        ),
        (
            TextStyle::Monospace,
            FontId::new(sizes.small, FontFamily::Monospace),
        ),
    ]
    .into();
    style.spacing.item_spacing = egui::vec2(sizes.gap_s, sizes.gap_s);
    style.spacing.button_padding = egui::vec2(sizes.gap_m, sizes.gap_xs + 2.0 * sizes.line);
    style.spacing.interact_size.y = sizes.button_height;
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.scroll = ScrollStyle {
        floating_allocated_width: 0.0,
        ..ScrollStyle::thin()
    };
    // Selecting across bubbles would copy lines without their authors.
    style.interaction.multi_widget_text_select = false;
    style.visuals = visuals(theme, &look.colours, sizes);
    style
}

fn visuals(theme: Theme, colours: &Colours, sizes: &Sizes) -> Visuals {
    let mut visuals = theme.default_visuals();
    let text = Color32::from(colours.text);
    visuals.panel_fill = colours.ground.into();
    visuals.window_fill = colours.raised.into();
    visuals.window_stroke = Stroke::new(sizes.line, Color32::from(colours.line));
    visuals.window_corner_radius = CornerRadius::from(sizes.radius_card);
    visuals.menu_corner_radius = CornerRadius::from(sizes.radius);
    let shadow = Shadow {
        offset: [0, 4],
        blur: 24,
        spread: 0,
        color: colours.shadow.into(),
    };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.extreme_bg_color = colours.field.into();
    visuals.text_edit_bg_color = Some(colours.field.into());
    visuals.faint_bg_color = colours.side.into();
    visuals.code_bg_color = colours.side.into();
    visuals.weak_text_color = Some(colours.weak.into());
    visuals.hyperlink_color = colours.accent.into();
    visuals.warn_fg_color = colours.warn.into();
    visuals.error_fg_color = colours.bad.into();
    visuals.selection = Selection {
        bg_fill: colours.selected.into(),
        stroke: Stroke::new(2.0 * sizes.line, Color32::from(colours.accent)),
    };
    // A blinking cursor wakes an idle laptop twice a second.
    visuals.text_cursor.blink = false;
    let radius = CornerRadius::from(sizes.radius);
    let widget = |fill: Color32, line: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(sizes.line, line),
        corner_radius: radius,
        fg_stroke: Stroke::new(sizes.line, text),
        expansion: 0.0,
    };
    let line = Color32::from(colours.line);
    let widgets = &mut visuals.widgets;
    widgets.noninteractive = widget(colours.raised.into(), line);
    widgets.inactive = widget(colours.button.into(), colours.field_line.into());
    widgets.inactive.bg_stroke = Stroke::NONE;
    widgets.hovered = widget(colours.hover.into(), colours.field_line.into());
    widgets.active = widget(colours.selected.into(), colours.accent.into());
    widgets.open = widget(colours.hover.into(), colours.field_line.into());
    visuals
}
