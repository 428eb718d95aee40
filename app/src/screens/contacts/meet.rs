//! Introductions: those that came, and introducing two people.

use mesh_core::api::IntroductionView;
use mesh_core::limits::INTRODUCTION_TEXT_BYTES_MAX;
use mesh_core::types::{ContactId, Standing};

use super::data::Form;
use super::person::{author, looks_like, name_of, shown_name};
use crate::clock::Moment;
use crate::model::Model;
use crate::screens::chat::data::AuthorData;
use crate::text::meet as words;
use crate::{plain, text};

/// Somebody whom a contact introduced.
#[derive(Debug, PartialEq, Eq)]
pub struct IntroducedRow {
    /// Who vouches.
    pub from: ContactId,
    /// Their name.
    pub by: String,
    /// For whom.
    pub contact: ContactId,
    /// Name and badge.
    pub author: AuthorData,
    /// Who vouches and what they say.
    pub said: String,
    /// What that is worth.
    pub worth: String,
    /// When it came first.
    pub time: String,
    /// Said of a name that could be taken for another's.
    pub looks_like: Option<String>,
}

/// Introduce somebody to somebody.
#[derive(Debug, PartialEq, Eq)]
pub struct IntroduceData {
    /// Whom.
    pub contact: ContactId,
    /// What to do here.
    pub text: String,
    /// Those who can be chosen: whom, name and badge, and whether chosen.
    pub others: Vec<(ContactId, String, bool)>,
    /// The one who is chosen; none while it cannot be done.
    pub to: Option<ContactId>,
    /// Said of a text that is too long.
    pub over: Option<String>,
}

impl IntroducedRow {
    /// What to show of an introduction.
    #[must_use]
    pub fn new(model: &Model, view: &IntroductionView, now: Moment) -> Self {
        let by = name_of(model, view.from);
        let author = author(view.contact, &view.name.0);
        let worth = match view.is_contact {
            true => words::known(&by, &author.name),
            false => words::worth(&by, &author.name),
        };
        Self {
            from: view.from,
            contact: view.contact,
            said: words::said(&by, &plain::line(&view.text.0)),
            worth,
            time: text::list_time(now, view.since),
            looks_like: looks_like(model, &view.looks_like),
            author,
            by,
        }
    }
}

impl IntroduceData {
    /// Only people with whom there is a session can be vouched for.
    pub(super) fn new(model: &Model, form: &Form, contact: ContactId, is_busy: bool) -> Self {
        let others = model.contacts.iter().filter(|view| {
            view.contact != contact && view.standing == Standing::Accepted && view.connected
        });
        let others: Vec<(ContactId, String, bool)> = others
            .map(|view| {
                let one = author(view.contact, shown_name(view));
                let label = format!("{} {}", one.name, one.badge);
                let is_chosen = form.introduce_to == Some(view.contact);
                (view.contact, label, is_chosen)
            })
            .collect();
        let bytes = form.introduce_text.trim().len();
        let over = bytes.saturating_sub(INTRODUCTION_TEXT_BYTES_MAX);
        let chosen = others.iter().find(|(_, _, is_chosen)| *is_chosen);
        let can = over == 0 && !is_busy;
        Self {
            contact,
            text: words::to_whom(&name_of(model, contact)),
            to: chosen.map(|(to, ..)| *to).filter(|_| can),
            over: (over > 0).then(|| words::over(over)),
            others,
        }
    }
}
