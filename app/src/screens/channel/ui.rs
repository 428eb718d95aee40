//! Draws the dialogs about a channel.

use egui::{Frame, Key, Label, Margin, Ui};
use mesh_core::types::ConversationId;

use super::data::{ChannelData, Form, Tab};
use crate::action::{Action, Actions};
use crate::text;
use crate::theme::{Look, strong};
use crate::widgets::{
    Tone, bullet_ui, busy_ui, button, callout_ui, dialog_ui, field_ui, heading, qr_code_ui, weak,
};

/// Draws the dialog that is open.
pub fn channel_ui(
    ui: &Ui,
    look: &Look,
    data: &ChannelData,
    form: &mut Form,
    actions: &mut Actions,
) {
    let ctx = ui.ctx();
    let (close, busy) = match data {
        ChannelData::Join {
            busy,
            error,
            can_join,
        } => {
            let close = dialog_ui(ctx, look, "join", text::JOIN_TITLE, |ui| {
                join_ui(
                    ui,
                    look,
                    (*can_join, *busy),
                    error.as_deref(),
                    form,
                    actions,
                );
            });
            (close, *busy)
        }
        ChannelData::Secret { title, .. } => {
            let close = dialog_ui(ctx, look, "secret", title, |ui| {
                secret_ui(ui, look, data, actions);
            });
            (close, false)
        }
        ChannelData::Leave {
            conversation,
            name,
            points,
            busy,
        } => {
            let close = dialog_ui(ctx, look, "leave", text::LEAVE_TITLE, |ui| {
                leave_ui(ui, look, (*conversation, *busy), (name, points), actions);
            });
            (close, *busy)
        }
    };
    if close && !busy {
        actions.push(Action::CloseDialog);
    }
}

fn join_ui(
    ui: &mut Ui,
    look: &Look,
    (can_join, busy): (bool, bool),
    error: Option<&str>,
    form: &mut Form,
    actions: &mut Actions,
) {
    ui.horizontal_wrapped(|ui| {
        for (tab, name) in [
            (Tab::Create, text::TAB_CREATE),
            (Tab::Phrase, text::TAB_PHRASE),
            (Tab::Public, text::TAB_PUBLIC),
        ] {
            ui.selectable_value(&mut form.tab, tab, name);
        }
    });
    ui.add_space(look.sizes.gap_s);
    let field = match form.tab {
        Tab::Create => {
            weak(ui, look, text::CREATE_TEXT);
            None
        }
        Tab::Phrase => {
            weak(ui, look, text::PHRASE_TEXT);
            let names = (text::PHRASE, text::PHRASE_HINT);
            Some(field_ui(ui, look, names.0, names.1, &mut form.phrase))
        }
        Tab::Public => {
            callout_ui(ui, look, Tone::Warning, text::PUBLIC_TEXT);
            let names = (text::CHANNEL_NAME, text::CHANNEL_HINT);
            Some(field_ui(ui, look, names.0, names.1, &mut form.name))
        }
    };
    if let Some(error) = error {
        callout_ui(ui, look, Tone::Danger, error);
    }
    ui.add_space(look.sizes.gap_m);
    if busy {
        busy_ui(ui, look, text::JOINING);
        return;
    }
    let enter = field
        .is_some_and(|field| field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)));
    ui.horizontal(|ui| {
        let name = match form.tab {
            Tab::Create => text::CREATE,
            Tab::Phrase | Tab::Public => text::JOIN,
        };
        let pressed = button(ui, look, Tone::Primary, can_join, name).clicked();
        if can_join && (pressed || enter) {
            actions.push(match form.tab {
                Tab::Create => Action::CreateChannel,
                Tab::Phrase => Action::JoinPhrase(form.phrase.trim().to_owned().into()),
                Tab::Public => Action::JoinPublic(form.name.trim().to_owned().into()),
            });
        }
        if button(ui, look, Tone::Plain, true, text::CANCEL).clicked() {
            actions.push(Action::CloseDialog);
        }
    });
}

fn secret_ui(ui: &mut Ui, look: &Look, data: &ChannelData, actions: &mut Actions) {
    let ChannelData::Secret {
        warning,
        is_keyed,
        words,
        link,
        ..
    } = data
    else {
        return;
    };
    let (Some(words), Some(link)) = (words, link) else {
        busy_ui(ui, look, text::LOADING);
        return;
    };
    Frame::new()
        .fill(look.colours.side.into())
        .corner_radius(look.sizes.radius)
        .inner_margin(Margin::same(14))
        .show(ui, |ui| {
            ui.vertical_centered(|ui| {
                let words = strong(words).size(look.sizes.heading);
                ui.add(Label::new(words).wrap());
            });
        });
    ui.add_space(look.sizes.gap_xs);
    ui.vertical_centered(|ui| qr_code_ui(ui, look, link, text::QR_LABEL));
    ui.add_space(look.sizes.gap_xs);
    let tone = if *is_keyed {
        Tone::Warning
    } else {
        Tone::Plain
    };
    callout_ui(ui, look, tone, warning);
    ui.add_space(look.sizes.gap_m);
    ui.horizontal(|ui| {
        if button(ui, look, Tone::Primary, true, text::DONE).clicked() {
            actions.push(Action::CloseDialog);
        }
        if button(ui, look, Tone::Plain, true, text::COPY).clicked() {
            actions.push(Action::Copy(words.clone().into()));
        }
    });
}

fn leave_ui(
    ui: &mut Ui,
    look: &Look,
    (conversation, busy): (ConversationId, bool),
    (name, points): (&str, &[&str]),
    actions: &mut Actions,
) {
    heading(ui, look, name);
    for point in points {
        bullet_ui(ui, look, point);
    }
    ui.add_space(look.sizes.gap_m);
    if busy {
        busy_ui(ui, look, text::LEAVING);
        return;
    }
    ui.horizontal(|ui| {
        if button(ui, look, Tone::Danger, true, text::LEAVE_BUTTON).clicked() {
            actions.push(Action::Leave(conversation));
        }
        if button(ui, look, Tone::Plain, true, text::CANCEL).clicked() {
            actions.push(Action::CloseDialog);
        }
    });
}
