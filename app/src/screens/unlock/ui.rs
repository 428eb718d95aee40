//! Draws the door.

use egui::text::{CCursor, CCursorRange};
use egui::{Key, TextEdit, Ui};

use zeroize::Zeroize as _;

use super::data::{DoorData, Form, StartAnewData};
use crate::action::{Action, Actions};
use crate::text;
use crate::text::safety as words;
use crate::theme::Look;
use crate::widgets::{
    Tone, bullet_ui, busy_ui, button, callout_ui, card_heading, card_ui, dialog_ui, field_ui,
    hold_ui, passphrase_ui, title, weak,
};

/// Draws what stands between the person and the conversations.
pub fn door_ui(ui: &mut Ui, look: &Look, data: &DoorData, form: &mut Form, actions: &mut Actions) {
    match data {
        DoorData::Unlock { start_anew, .. } => {
            card_ui(ui, look, |ui| unlock_ui(ui, look, data, form, actions));
            if let Some(data) = start_anew {
                start_anew_ui(ui, look, data, form, actions);
            }
        }
        DoorData::Wiped { busy, error } => card_ui(ui, look, |ui| {
            wiped_ui(ui, look, (*busy, error.as_deref()), actions);
        }),
        DoorData::Message {
            title: heading,
            lines,
            can_reopen,
        } => card_ui(ui, look, |ui| {
            title(ui, look, heading);
            for line in lines {
                weak(ui, look, line);
            }
            if *can_reopen {
                ui.add_space(look.sizes.gap_m);
                if button(ui, look, Tone::Primary, true, text::OPEN_AGAIN).clicked() {
                    actions.push(Action::Restart);
                }
            }
        }),
    }
}

fn unlock_ui(ui: &mut Ui, look: &Look, data: &DoorData, form: &mut Form, actions: &mut Actions) {
    let DoorData::Unlock {
        title,
        text: below,
        busy,
        error,
        is_running,
        note,
        ..
    } = data
    else {
        return;
    };
    let gap = look.sizes.gap_m;
    card_heading(ui, look, title, below);
    let names = (text::PASSPHRASE, "");
    let field = ui.add_enabled_ui(busy.is_none(), |ui| {
        passphrase_ui(ui, look, names, &mut form.passphrase, &mut form.visible)
    });
    let field = field.inner;
    if !form.focused && busy.is_none() {
        form.focused = true;
        field.request_focus();
        select_all(ui.ctx(), field.id, &form.passphrase);
    }
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if let Some(error) = error {
        ui.add_space(look.sizes.gap_xs);
        callout_ui(ui, look, Tone::Danger, error);
    }
    ui.add_space(gap);
    if let Some(busy) = busy {
        busy_ui(ui, look, busy);
    } else {
        ui.horizontal(|ui| {
            let ready = !form.passphrase.is_empty();
            let pressed = button(ui, look, Tone::Primary, ready, text::UNLOCK).clicked();
            if ready && (pressed || enter) {
                actions.push(Action::Unlock {
                    passphrase: form.passphrase.clone().into(),
                });
                if *is_running {
                    // The field remembers what was typed, to undo it.
                    form.passphrase.zeroize();
                    TextEdit::store_state(ui.ctx(), field.id, Default::default());
                }
                // After a wrong passphrase the next try starts in the field.
                form.focused = false;
            }
            if !is_running && button(ui, look, Tone::Quiet, true, text::START_ANEW).clicked() {
                form.confirmation.clear();
                actions.push(Action::AskStartAnew);
            }
        });
    }
    ui.add_space(gap);
    weak(ui, look, note);
    ui.add_space(gap);
    if hold_ui(
        ui,
        look,
        &mut form.hold,
        (words::DESTROY, words::destroying_in),
    ) {
        actions.push(Action::Wipe);
    }
}

fn wiped_ui(ui: &mut Ui, look: &Look, (busy, error): (bool, Option<&str>), actions: &mut Actions) {
    if busy {
        busy_ui(ui, look, words::DESTROYING);
        return;
    }
    if let Some(error) = error {
        title(ui, look, words::NOT_DESTROYED);
        callout_ui(ui, look, Tone::Danger, error);
        if button(ui, look, Tone::Danger, true, words::DESTROY_AGAIN).clicked() {
            actions.push(Action::Wipe);
        }
        return;
    }
    card_heading(ui, look, words::DESTROYED, words::DESTROYED_NOTE);
    if button(ui, look, Tone::Primary, true, words::BEGIN).clicked() {
        actions.push(Action::Restart);
    }
}

fn start_anew_ui(
    ui: &Ui,
    look: &Look,
    data: &StartAnewData,
    form: &mut Form,
    actions: &mut Actions,
) {
    let heading = text::START_ANEW_TITLE;
    let close = dialog_ui(ui.ctx(), look, "start-anew", heading, |ui| {
        weak(ui, look, text::START_ANEW_TEXT);
        for loss in text::START_ANEW_LOSSES {
            bullet_ui(ui, look, loss);
        }
        ui.add_space(look.sizes.gap_s);
        let name = text::type_to_erase();
        field_ui(ui, look, &name, "", &mut form.confirmation);
        if let Some(error) = &data.error {
            callout_ui(ui, look, Tone::Danger, error);
        }
        ui.add_space(look.sizes.gap_m);
        if data.busy {
            busy_ui(ui, look, text::ERASING);
            return;
        }
        ui.horizontal(|ui| {
            if button(ui, look, Tone::Danger, data.confirmed, text::ERASE).clicked() {
                actions.push(Action::StartAnew);
                *form = Form::default();
            }
            if button(ui, look, Tone::Plain, true, text::CANCEL).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
    if close && !data.busy {
        actions.push(Action::CloseDialog);
    }
}

/// What is typed next replaces what was wrong.
fn select_all(ctx: &egui::Context, field: egui::Id, text: &str) {
    let mut state = TextEdit::load_state(ctx, field).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    let all = CCursorRange::two(CCursor::new(0), end);
    state.cursor.set_char_range(Some(all));
    TextEdit::store_state(ctx, field, state);
}
