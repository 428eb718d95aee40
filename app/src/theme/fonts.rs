//! Fonts: Inter (SIL Open Font License, `assets/fonts/OFL.txt`) before the ones
//! that egui brings, which know more scripts and signs.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, RichText};

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
const STRONG: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");
const STRONG_NAME: &str = "strong";

/// Text in the heavier cut.
#[must_use]
pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).family(strong_family())
}

/// The heavier cut.
#[must_use]
pub fn strong_family() -> FontFamily {
    FontFamily::Name(STRONG_NAME.into())
}

pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let add = |fonts: &mut FontDefinitions, name: &str, bytes: &'static [u8]| {
        let data = Arc::new(FontData::from_static(bytes));
        fonts.font_data.insert(name.to_owned(), data);
    };
    add(&mut fonts, "inter", REGULAR);
    add(&mut fonts, "inter-strong", STRONG);
    let others = fonts.families.entry(FontFamily::Proportional).or_default();
    let mut strong = vec!["inter-strong".to_owned()];
    strong.extend(others.iter().cloned());
    others.insert(0, "inter".to_owned());
    fonts.families.insert(strong_family(), strong);
    fonts
}
