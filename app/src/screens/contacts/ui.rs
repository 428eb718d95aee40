//! Draws the dialog about people.

use egui::{Color32, Key, Label, RichText, Sense, Ui, WidgetInfo, WidgetType, vec2};
use mesh_core::api::{PeopleCommand, Receipts};
use mesh_core::types::ContactId;

use super::check_ui::check_ui;
use super::data::{AskingRow, ContactRow, ContactsData, Form, IntroducedRow, PageData, Trusted};
use super::meet_ui::{introduce_ui, introduced_ui};
use super::person_ui::person_ui;
use crate::action::{Action, Actions};
use crate::model::PeoplePage;
use crate::text;
use crate::text::contacts as words;
use crate::theme::{Look, strong};
use crate::widgets::{
    Tone, author_ui, bullet_ui, busy_ui, button, buttons_ui, callout_ui, dialog_ui, dot_ui,
    field_ui, heading, named, qr_code_ui, switch_ui, weak,
};

/// Draws the page that is open.
pub fn contacts_ui(
    ui: &Ui,
    look: &Look,
    data: &ContactsData,
    form: &mut Form,
    actions: &mut Actions,
) {
    let close = dialog_ui(ui.ctx(), look, "contacts", data.title, |ui| {
        if let Some((is_done, said)) = &data.outcome {
            let tone = if *is_done { Tone::Good } else { Tone::Danger };
            callout_ui(ui, look, tone, said);
        }
        page_ui(ui, look, data, form, actions);
        ui.add_space(look.sizes.gap_m);
        if data.busy {
            busy_ui(ui, look, words::WORKING);
        }
        ui.horizontal(|ui| {
            if let Some(back) = &data.back
                && button(ui, look, Tone::Plain, !data.busy, text::BACK).clicked()
            {
                actions.push(Action::ShowPeople(back.clone()));
            }
            if button(ui, look, Tone::Plain, true, text::CLOSE).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
    if close && !data.busy {
        actions.push(Action::CloseDialog);
    }
}

fn page_ui(ui: &mut Ui, look: &Look, data: &ContactsData, form: &mut Form, actions: &mut Actions) {
    match &data.page {
        PageData::List {
            asking,
            introduced,
            contacts,
        } => list_ui(
            ui,
            look,
            (asking, introduced, contacts),
            !data.busy,
            actions,
        ),
        PageData::Introduce(data) => introduce_ui(ui, look, data, form, actions),
        PageData::Me {
            name,
            can_rename,
            read,
        } => me_ui(
            ui,
            look,
            (name, *can_rename && !data.busy, *read),
            form,
            actions,
        ),
        PageData::Card { link } => card_ui(ui, look, link.as_deref(), !data.busy, actions),
        PageData::Add { can_add } => add_ui(ui, look, *can_add, form, actions),
        PageData::Person(person) => person_ui(ui, look, person, !data.busy, form, actions),
        PageData::Check(check) => check_ui(ui, look, check, !data.busy, actions),
        PageData::Ask {
            contact,
            name,
            removes,
        } => ask_ui(ui, look, (*contact, name, *removes), !data.busy, actions),
    }
}

fn list_ui(
    ui: &mut Ui,
    look: &Look,
    (asking, introduced, contacts): (&[AskingRow], &[IntroducedRow], &[ContactRow]),
    can: bool,
    actions: &mut Actions,
) {
    let gap = look.sizes.gap_m;
    buttons_ui(ui, |ui| {
        if button(ui, look, Tone::Primary, true, words::ADD).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::Add));
        }
        if button(ui, look, Tone::Plain, true, words::SHARE).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::Card { link: None }));
        }
        if button(ui, look, Tone::Plain, true, words::ME).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::Me));
        }
    });
    if !asking.is_empty() {
        ui.add_space(gap);
        heading(ui, look, words::ASKING);
        weak(ui, look, words::ASKING_NOTE);
        for row in asking {
            ui.add_space(look.sizes.gap_xs);
            ui.push_id(row.request, |ui| asking_ui(ui, look, row, can, actions));
        }
    }
    introduced_ui(ui, look, introduced, can, actions);
    ui.add_space(gap);
    heading(ui, look, words::CONTACTS);
    if contacts.is_empty() {
        weak(ui, look, words::NO_CONTACTS);
    }
    for row in contacts {
        if row_ui(ui, look, row).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::Contact(row.contact)));
        }
    }
}

fn asking_ui(ui: &mut Ui, look: &Look, row: &AskingRow, can: bool, actions: &mut Actions) {
    ui.horizontal(|ui| {
        dot_ui(ui, look, row.author.key);
        author_ui(ui, look, &row.author, false);
        let time = RichText::new(&row.time).small();
        ui.label(time.color(Color32::from(look.colours.weak)));
    });
    ui.add(Label::new(&row.text).wrap());
    if let Some(looks_like) = &row.looks_like {
        callout_ui(ui, look, Tone::Warning, looks_like);
    }
    let request = row.request;
    buttons_ui(ui, |ui| {
        let accept = button(ui, look, Tone::Primary, can, words::ACCEPT);
        if named(accept, &words::accept(&row.author.name)).clicked() {
            actions.push(Action::AskPeople(PeopleCommand::Accept { request }));
        }
        let decline = button(ui, look, Tone::Plain, can, words::DECLINE);
        if named(decline, &words::decline(&row.author.name)).clicked() {
            actions.push(Action::AskPeople(PeopleCommand::Decline { request }));
        }
        let block = button(ui, look, Tone::Plain, can, words::BLOCK_ASK);
        if named(block, &words::block(&row.author.name)).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::AskBlock(request)));
        }
    });
}

fn row_ui(ui: &mut Ui, look: &Look, row: &ContactRow) -> egui::Response {
    let (s, c) = (&look.sizes, &look.colours);
    let size = vec2(ui.available_width(), s.conversation_row * 0.8);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let response = ui.interact(rect, ui.id().with(row.contact), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &row.label));
    if response.hovered() || response.has_focus() {
        ui.painter()
            .rect_filled(rect, s.radius, Color32::from(c.hover));
    }
    let inside = rect.shrink2(vec2(s.gap_s, s.gap_xs));
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(inside));
    inside.spacing_mut().item_spacing.y = 2.0;
    inside.horizontal(|ui| {
        dot_ui(ui, look, row.author.key);
        author_ui(ui, look, &row.author, false);
    });
    trust_ui(&mut inside, look, row.trusted, &row.signs);
    response
}

/// How sure we are, as a sign and in words.
pub(super) fn trust_ui(ui: &mut Ui, look: &Look, trusted: Trusted, said: &str) {
    let c = &look.colours;
    let (sign, ink): (&str, Color32) = match trusted {
        Trusted::Yes => ("✔", c.good.into()),
        Trusted::Half => ("◑", c.weak.into()),
        Trusted::No => ("○", c.weak.into()),
        Trusted::Warning => ("⚠", c.warn.into()),
    };
    let said = RichText::new(format!("{sign} {said}")).color(ink);
    ui.add(Label::new(said).wrap().selectable(false));
}

fn me_ui(
    ui: &mut Ui,
    look: &Look,
    (name, can_rename, read): (&str, bool, bool),
    form: &mut Form,
    actions: &mut Actions,
) {
    let typed = form.name.get_or_insert_with(|| name.to_owned());
    let field = field_ui(ui, look, words::MY_NAME, text::NAME_HINT, typed);
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    weak(ui, look, words::MY_NAME_NOTE);
    let pressed = button(ui, look, Tone::Primary, can_rename, words::RENAME).clicked();
    if can_rename && (pressed || enter) {
        let name = typed.trim().to_owned().into();
        actions.push(Action::AskPeople(PeopleCommand::Rename { name }));
    }
    ui.add_space(look.sizes.gap_m);
    let mut tells = read;
    if switch_ui(ui, look, &mut tells, words::RECEIPTS).changed() {
        let receipts = Receipts { read: tells };
        actions.push(Action::AskPeople(PeopleCommand::SetReceipts(receipts)));
    }
    weak(ui, look, words::RECEIPTS_NOTE);
}

fn card_ui(ui: &mut Ui, look: &Look, link: Option<&str>, can: bool, actions: &mut Actions) {
    callout_ui(ui, look, Tone::Plain, words::CARD_TEXT);
    let Some(link) = link else {
        weak(ui, look, words::CARD_ONCE);
        ui.add_space(look.sizes.gap_s);
        if button(ui, look, Tone::Primary, can, words::CARD_SHOW).clicked() {
            actions.push(Action::AskPeople(PeopleCommand::ShareCard));
        }
        return;
    };
    ui.vertical_centered(|ui| qr_code_ui(ui, look, link, words::CARD_QR));
    heading(ui, look, words::CARD_LINK);
    let shown = RichText::new(link)
        .monospace()
        .size(look.sizes.small)
        .color(Color32::from(look.colours.weak));
    ui.add(Label::new(shown).wrap());
    ui.add_space(look.sizes.gap_xs);
    if button(ui, look, Tone::Primary, true, words::CARD_COPY).clicked() {
        actions.push(Action::Copy(link.to_owned().into()));
    }
}

fn add_ui(ui: &mut Ui, look: &Look, can_add: bool, form: &mut Form, actions: &mut Actions) {
    if form.petname_of.take().is_some() {
        form.petname.clear();
    }
    weak(ui, look, words::ADD_TEXT);
    let link = field_ui(ui, look, words::LINK, words::LINK_HINT, &mut form.link);
    let hint = words::PETNAME_HINT;
    let petname = field_ui(ui, look, words::PETNAME, hint, &mut form.petname);
    weak(ui, look, words::ADD_NOTE);
    ui.add_space(look.sizes.gap_s);
    let left = link.lost_focus() || petname.lost_focus();
    let enter = left && ui.input(|input| input.key_pressed(Key::Enter));
    let pressed = button(ui, look, Tone::Primary, can_add, words::ADD_BUTTON).clicked();
    if can_add && (pressed || enter) {
        let petname = form.petname.trim();
        actions.push(Action::AskPeople(PeopleCommand::Add {
            link: form.link.trim().to_owned().into(),
            petname: (!petname.is_empty()).then(|| petname.to_owned().into()),
        }));
    }
}

fn ask_ui(
    ui: &mut Ui,
    look: &Look,
    (contact, name, removes): (ContactId, &str, bool),
    can: bool,
    actions: &mut Actions,
) {
    ui.add(Label::new(strong(name).size(look.sizes.heading)).wrap());
    let (points, label, ask) = if removes {
        let ask = PeopleCommand::Remove { contact };
        (words::REMOVE_POINTS, words::REMOVE, ask)
    } else {
        let blocked = true;
        let ask = PeopleCommand::Block { contact, blocked };
        (words::BLOCK_POINTS, words::BLOCK, ask)
    };
    for point in points {
        bullet_ui(ui, look, point);
    }
    ui.add_space(look.sizes.gap_s);
    if button(ui, look, Tone::Danger, can, label).clicked() {
        actions.push(Action::AskPeople(ask));
    }
}
