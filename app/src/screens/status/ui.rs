//! Draws the bar with the status chip, and the panel that explains it.

use egui::{Align, Color32, Key, Label, Layout, RichText, Ui};

use mesh_core::types::Lifetime;

use super::data::{CarrierData, ChipData, ClockChoice, StatusData};
use crate::action::{Action, Actions};
use crate::model::ThemeChoice;
use crate::text;
use crate::theme::Look;
use crate::widgets::{
    Tone, button, callout_ui, dialog_ui, field_ui, heading, status_chip_ui, weak,
};

/// Draws the bar at the bottom of the window.
pub fn status_bar_ui(
    ui: &mut Ui,
    look: &Look,
    chip: &ChipData,
    theme: ThemeChoice,
    actions: &mut Actions,
) {
    let (s, c) = (&look.sizes, &look.colours);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let label = match theme {
            ThemeChoice::System => text::THEME_SYSTEM,
            ThemeChoice::Light => text::THEME_LIGHT,
            ThemeChoice::Dark => text::THEME_DARK,
        };
        let text = RichText::new(label).small().color(Color32::from(c.weak));
        let switch = egui::Button::new(text).frame_when_inactive(false);
        if ui.add(switch).clicked() {
            actions.push(Action::Theme(theme.next()));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            if status_chip_ui(ui, look, chip).clicked() {
                actions.push(Action::ShowStatus);
            }
            if let Some(notice) = &chip.notice {
                ui.add_space(s.gap_s);
                let text = RichText::new(notice).small().color(Color32::from(c.warn));
                ui.add(Label::new(text).truncate());
            }
        });
    });
}

/// Draws the panel.
pub fn status_ui(
    ui: &Ui,
    look: &Look,
    data: &StatusData,
    address: &mut String,
    actions: &mut Actions,
) {
    let close = dialog_ui(ui.ctx(), look, "status", text::STATUS_TITLE, |ui| {
        let gap = look.sizes.gap_m;
        for notice in &data.notices {
            callout_ui(ui, look, Tone::Warning, notice);
        }
        if data.links == 0 {
            callout_ui(
                ui,
                look,
                Tone::Plain,
                &text::nobody_near(Lifetime::default()),
            );
        }
        for carrier in &data.carriers {
            ui.add_space(look.sizes.gap_xs);
            carrier_ui(ui, look, carrier);
        }
        ui.add_space(gap);
        fact_ui(ui, look, text::CARRIED, &data.carried);
        let addresses = if data.addresses.is_empty() {
            text::NO_ADDRESSES.to_owned()
        } else {
            data.addresses.join("\n")
        };
        fact_ui(ui, look, text::ADDRESSES, &addresses);
        heading(ui, look, text::CLOCK);
        match &data.clock {
            (true, words) => drop(weak(ui, look, words)),
            (false, words) => drop(callout_ui(ui, look, Tone::Warning, words)),
        }
        if let Some(choice) = data.clock_choice {
            clock_choice_ui(ui, look, choice, actions);
        }
        ui.add_space(gap);
        dial_ui(ui, look, data, address, actions);
        ui.add_space(gap);
        ui.horizontal(|ui| {
            if button(ui, look, Tone::Plain, true, text::CLOSE).clicked() {
                actions.push(Action::CloseDialog);
            }
            weak(ui, look, &data.version);
        });
    });
    if close {
        actions.push(Action::CloseDialog);
    }
}

fn clock_choice_ui(ui: &mut Ui, look: &Look, choice: ClockChoice, actions: &mut Actions) {
    if choice == ClockChoice::Taken {
        weak(ui, look, text::CLOCK_ADOPTED);
    } else if button(ui, look, Tone::Plain, true, text::CLOCK_ADOPT).clicked() {
        actions.push(Action::AdoptClock);
    }
}

fn carrier_ui(ui: &mut Ui, look: &Look, carrier: &CarrierData) {
    heading(ui, look, &carrier.name);
    ui.horizontal_wrapped(|ui| {
        for (can, words) in [carrier.find, carrier.found] {
            let (sign, ink): (&str, Color32) = if can {
                ("●", look.colours.good.into())
            } else {
                ("○", look.colours.warn.into())
            };
            ui.label(RichText::new(format!("{sign} {words}")).color(ink));
            ui.add_space(look.sizes.gap_s);
        }
    });
    if let Some(reason) = &carrier.reason {
        callout_ui(ui, look, Tone::Warning, reason);
    }
    if let Some(advice) = &carrier.advice {
        weak(ui, look, advice);
    }
}

fn fact_ui(ui: &mut Ui, look: &Look, name: &str, value: &str) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        heading(ui, look, name);
        weak(ui, look, value);
    });
    ui.add_space(look.sizes.gap_xs);
}

fn dial_ui(
    ui: &mut Ui,
    look: &Look,
    data: &StatusData,
    address: &mut String,
    actions: &mut Actions,
) {
    let field = field_ui(ui, look, text::DIAL, text::DIAL_HINT, address);
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let ready = !address.trim().is_empty();
    let pressed = button(ui, look, Tone::Plain, ready, text::DIAL_BUTTON).clicked();
    if ready && (pressed || enter) {
        actions.push(Action::Dial(address.trim().to_owned().into()));
    }
    match &data.dial {
        Some((true, words)) => drop(weak(ui, look, words)),
        Some((false, words)) => drop(callout_ui(ui, look, Tone::Danger, words)),
        None => {}
    }
}
