//! Names of members, offered while one is being typed after an `@`.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Context, Key, Modifiers, Ui};
use mesh_core::types::ConversationId;

use super::compose::{NameRow, with_name};
use super::composer::composer_id;
use super::data::ChatData;
use crate::action::{Action, Actions};
use crate::text::marks as words;
use crate::theme::Look;
use crate::widgets::named;

/// What the composer remembers from frame to frame. Widget state.
#[derive(Default)]
pub(super) struct NamesLocal {
    /// Which of the offered names Enter takes.
    chosen: usize,
    /// The `@` at which the person wanted no help.
    declined: Option<usize>,
    /// Where the cursor goes once the field has the new text.
    cursor: Option<usize>,
    /// What the composer was about in the last frame.
    about: Option<(ConversationId, String, String)>,
}

impl NamesLocal {
    /// Puts the cursor behind a name, and when the composer turns to a message, the
    /// keyboard into it.
    pub(super) fn follow(&mut self, ctx: &Context, data: &ChatData<'_>) {
        if let Some(cursor) = self.cursor.take() {
            put_cursor(ctx, cursor);
        }
        let about = data.composer.about.as_ref();
        let about = about.map(|about| {
            let words = (about.title.clone(), about.text.clone());
            (data.conversation, words.0, words.1)
        });
        if about.is_some() && about != self.about {
            ctx.memory_mut(|memory| memory.request_focus(composer_id()));
            put_cursor(ctx, data.composer.draft.chars().count());
        }
        self.about = about;
    }
}

/// What is offered now: where the `@` and the cursor are, and names.
fn offered<'a>(
    ctx: &Context,
    data: &'a ChatData<'_>,
    local: &mut NamesLocal,
) -> Option<((usize, usize), Vec<&'a NameRow>)> {
    let cursor = TextEditState::load(ctx, composer_id())?
        .cursor
        .char_range()?
        .primary
        .index
        .into();
    let Some((at, rows)) = data.composer.offered(cursor) else {
        (local.chosen, local.declined) = (0, None);
        return None;
    };
    local.chosen = local.chosen.min(rows.len().saturating_sub(1));
    (local.declined != Some(at)).then_some(((at, cursor), rows))
}

/// Up and down choose a name, Enter takes it, Escape wants none.
pub(super) fn take_keys(
    ui: &Ui,
    data: &ChatData<'_>,
    has_focus: bool,
    local: &mut NamesLocal,
    actions: &mut Actions,
) {
    let Some((span, rows)) = offered(ui.ctx(), data, local) else {
        return;
    };
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    // The field has lost the keyboard already when Escape comes here.
    if pressed(Key::Escape) {
        local.declined = Some(span.0);
        ui.memory_mut(|memory| memory.request_focus(composer_id()));
        return;
    }
    if !has_focus {
        return;
    }
    if pressed(Key::ArrowDown) {
        local.chosen = (local.chosen + 1).min(rows.len().saturating_sub(1));
    }
    if pressed(Key::ArrowUp) {
        local.chosen = local.chosen.saturating_sub(1);
    }
    if let Some(row) = rows.get(local.chosen)
        && pressed(Key::Enter)
    {
        local.cursor = Some(put_in(data, span, row, actions));
        ui.ctx().request_repaint();
    }
}

/// Draws the names.
pub(super) fn names_ui(
    ui: &mut Ui,
    look: &Look,
    data: &ChatData<'_>,
    local: &mut NamesLocal,
    actions: &mut Actions,
) {
    let Some((span, rows)) = offered(ui.ctx(), data, local) else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = look.sizes.gap_xs;
        for (number, row) in rows.into_iter().enumerate() {
            let button = ui.selectable_label(number == local.chosen, &row.label);
            let button = named(button, &format!("{}: {}", words::MENTION, row.label));
            if button.clicked() {
                local.cursor = Some(put_in(data, span, row, actions));
                ui.memory_mut(|memory| memory.request_focus(composer_id()));
            }
        }
    });
}

/// Gives where the cursor has to go.
fn put_in(
    data: &ChatData<'_>,
    span: (usize, usize),
    row: &NameRow,
    actions: &mut Actions,
) -> usize {
    let (text, cursor) = with_name(&data.composer.draft, span, &row.name);
    let conversation = data.conversation;
    actions.push(Action::EditDraft {
        conversation,
        text: text.into(),
    });
    actions.push(Action::Mention {
        conversation,
        member: row.member,
        name: row.name.clone().into(),
    });
    cursor
}

fn put_cursor(ctx: &Context, at: usize) {
    let mut state = TextEditState::load(ctx, composer_id()).unwrap_or_default();
    let cursor = CCursorRange::one(CCursor::new(at));
    state.cursor.set_char_range(Some(cursor));
    state.store(ctx, composer_id());
}
