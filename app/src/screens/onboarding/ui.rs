//! Draws the first run.

use egui::{Color32, Key, Label, RichText, Ui};

use super::data::{Form, OnboardingData};
use crate::action::{Action, Actions};
use crate::text;
use crate::theme::{Look, strong};
use crate::widgets::{
    Tone, busy_ui, button, callout_ui, card_heading, card_ui, field_ui, hidden_ui, passphrase_ui,
    strength_bar_ui, weak,
};

/// Draws the page that is on show.
pub fn onboarding_ui(
    ui: &mut Ui,
    look: &Look,
    data: &OnboardingData,
    form: &mut Form,
    actions: &mut Actions,
) {
    card_ui(ui, look, |ui| {
        if data.on_wifi_page {
            wifi_page_ui(ui, look, data, form, actions);
        } else {
            profile_page_ui(ui, look, data, form);
        }
    });
}

fn profile_page_ui(ui: &mut Ui, look: &Look, data: &OnboardingData, form: &mut Form) {
    let gap = look.sizes.gap_m;
    card_heading(ui, look, text::WELCOME, text::WELCOME_TEXT);
    field_ui(ui, look, text::NAME, text::NAME_HINT, &mut form.name);
    ui.add_space(gap);
    let names = (text::PASSPHRASE, text::PASSPHRASE_HINT);
    let field = passphrase_ui(ui, look, names, &mut form.passphrase, &mut form.visible);
    if field.changed() {
        form.needs_strength = true;
        form.suggested = false;
    }
    if let Some(strength) = data.strength {
        strength_bar_ui(ui, look, strength);
    }
    if button(ui, look, Tone::Plain, true, text::SUGGEST).clicked() {
        form.wants_suggestion = true;
    }
    ui.add_space(gap);
    let repeat = hidden_ui(ui, look, text::REPEAT, &mut form.repeat, form.visible);
    ui.add_space(gap);
    callout_ui(
        ui,
        look,
        Tone::Warning,
        match form.suggested {
            true => text::SUGGESTED,
            false => text::NO_RECOVERY,
        },
    );
    ui.add_space(gap);
    let enter = repeat.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    ui.horizontal(|ui| {
        let ready = data.missing.is_none();
        let pressed = button(ui, look, Tone::Primary, ready, text::CONTINUE).clicked();
        // Keys may have come since `data` was made.
        form.on_wifi_page = (pressed || enter) && form.missing().is_none();
        if let Some(missing) = &data.missing {
            weak(ui, look, missing);
        }
    });
}

fn wifi_page_ui(
    ui: &mut Ui,
    look: &Look,
    data: &OnboardingData,
    form: &mut Form,
    actions: &mut Actions,
) {
    card_heading(ui, look, text::WIFI_TITLE, text::WIFI_INTRO);
    for (heading, below) in text::WIFI_POINTS {
        ui.add(Label::new(strong(heading)).wrap());
        let below = RichText::new(below).color(Color32::from(look.colours.weak));
        ui.add(Label::new(below).wrap());
        ui.add_space(look.sizes.gap_s);
    }
    if let Some(error) = &data.error {
        callout_ui(ui, look, Tone::Danger, error);
    }
    ui.add_space(look.sizes.gap_s);
    if data.busy {
        busy_ui(ui, look, text::CREATING);
        return;
    }
    ui.horizontal(|ui| {
        if button(ui, look, Tone::Primary, true, text::START).clicked() {
            actions.push(Action::Create {
                name: form.name.trim().to_owned().into(),
                passphrase: form.passphrase.clone().into(),
            });
        }
        if button(ui, look, Tone::Plain, true, text::BACK).clicked() {
            form.on_wifi_page = false;
        }
    });
}
