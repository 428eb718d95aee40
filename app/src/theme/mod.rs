//! How things look: colours and sizes come from `assets/theme`, nowhere else.

mod fonts;
mod style;
mod tokens;

pub use fonts::{strong, strong_family};
pub use tokens::{Colours, Look, Looks, Sizes, ThemeError};

use crate::model::ThemeChoice;

/// Gives a context Starling's fonts and both of its styles.
pub fn install(ctx: &egui::Context, looks: &Looks) {
    ctx.set_fonts(fonts::definitions());
    for theme in [egui::Theme::Light, egui::Theme::Dark] {
        ctx.set_style_of(theme, style::style(theme, looks.of(theme)));
    }
}

/// What egui calls the person's choice.
#[must_use]
pub fn preference(choice: ThemeChoice) -> egui::ThemePreference {
    match choice {
        ThemeChoice::System => egui::ThemePreference::System,
        ThemeChoice::Light => egui::ThemePreference::Light,
        ThemeChoice::Dark => egui::ThemePreference::Dark,
    }
}
