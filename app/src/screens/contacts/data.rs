//! What the dialog about people shows, page by page.

use mesh_core::api::{EmojiView, RequestView};
use mesh_core::limits::NAME_BYTES_MAX;
use mesh_core::types::ContactId;

use crate::clock::Moment;
use crate::model::{Check, Dialog, Model, PeoplePage, PeopleState};
use crate::screens::chat::data::AuthorData;
use crate::text::contacts as words;
use crate::text::meet;
use crate::{plain, text};

pub use super::meet::{IntroduceData, IntroducedRow};
pub use super::person::{ContactRow, PersonData, Trusted, author};

/// Digits of a safety number that stand together.
const GROUP_DIGITS: usize = 5;

/// What was typed so far. Widget state.
#[derive(Default)]
pub struct Form {
    /// Of somebody to be added.
    pub link: String,
    /// What to call somebody.
    pub petname: String,
    /// Whose petname that is; none for somebody to be added.
    pub petname_of: Option<ContactId>,
    /// To whom somebody is introduced.
    pub introduce_to: Option<ContactId>,
    /// What is said of both.
    pub introduce_text: String,
    /// The own name; none until the page was opened.
    pub name: Option<String>,
}

/// The dialog about people.
#[derive(Debug, PartialEq, Eq)]
pub struct ContactsData {
    /// The heading.
    pub title: &'static str,
    /// What is on show.
    pub page: PageData,
    /// Where "Back" leads; none from the first page.
    pub back: Option<PeoplePage>,
    /// Whether the node is at it.
    pub busy: bool,
    /// What came of the last thing asked: whether it was done, and the sentence.
    pub outcome: Option<(bool, String)>,
}

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub enum PageData {
    /// Who asks, and every contact.
    List {
        /// Who asks, the first first.
        asking: Vec<AskingRow>,
        /// Whom contacts introduced, the first first.
        introduced: Vec<IntroducedRow>,
        /// In the order they were added.
        contacts: Vec<ContactRow>,
    },
    /// The own name, and what others are told.
    Me {
        /// As it is claimed now.
        name: String,
        /// Whether what was typed can be tried.
        can_rename: bool,
        /// Whether others are told what was read.
        read: bool,
    },
    /// The own card.
    Card {
        /// None until the person wants to see it.
        link: Option<String>,
    },
    /// Add somebody.
    Add {
        /// Whether what was typed can be tried.
        can_add: bool,
    },
    /// One contact.
    Person(PersonData),
    /// Compare emoji.
    Check(CheckData),
    /// Introduce somebody to somebody.
    Introduce(IntroduceData),
    /// Really block or remove?
    Ask {
        /// Whom.
        contact: ContactId,
        /// Their name.
        name: String,
        /// Whether they are removed.
        removes: bool,
    },
}

/// Somebody who asks.
#[derive(Debug, PartialEq, Eq)]
pub struct AskingRow {
    /// Who.
    pub request: ContactId,
    /// Name and badge.
    pub author: AuthorData,
    /// The beginning of what they wrote.
    pub text: String,
    /// When.
    pub time: String,
    /// Said of a name that could be taken for another's.
    pub looks_like: Option<String>,
}

/// Compare emoji.
#[derive(Debug, PartialEq, Eq)]
pub struct CheckData {
    /// With whom.
    pub contact: ContactId,
    /// Their name.
    pub name: String,
    /// Six symbols, each with its word; none until there are some.
    pub emoji: Option<[(char, &'static str); 6]>,
    /// In groups of five digits.
    pub safety_number: String,
    /// Why there is nothing to compare.
    pub trouble: Option<String>,
    /// Whether the person says that they differ.
    pub differ: bool,
}

impl ContactsData {
    /// What to show; none while the dialog is closed.
    #[must_use]
    pub fn new(model: &Model, form: &Form, now: Moment) -> Option<Self> {
        let Some(Dialog::People(state)) = &model.route.dialog else {
            return None;
        };
        let outcome = state.outcome.as_ref().map(|outcome| match outcome {
            Ok(()) if matches!(state.page, PeoplePage::Introduce(_)) => {
                (true, meet::DONE.to_owned())
            }
            Ok(()) => (true, words::SAVED.to_owned()),
            Err(reason) => (false, reason.clone()),
        });
        Some(Self {
            title: title(&state.page),
            page: page(model, form, state, now),
            back: back(model, &state.page),
            busy: state.busy,
            outcome,
        })
    }
}

fn title(page: &PeoplePage) -> &'static str {
    match page {
        PeoplePage::List => words::TITLE,
        PeoplePage::Me => words::ME_TITLE,
        PeoplePage::Card { .. } => words::CARD_TITLE,
        PeoplePage::Add => words::ADD_TITLE,
        PeoplePage::Contact(_) => words::PERSON,
        PeoplePage::Check(_) => words::CHECK_TITLE,
        PeoplePage::Introduce(_) => meet::TITLE,
        PeoplePage::AskBlock(_) => words::BLOCK_TITLE,
        PeoplePage::AskRemove(_) => words::REMOVE_TITLE,
    }
}

fn back(model: &Model, page: &PeoplePage) -> Option<PeoplePage> {
    match page {
        PeoplePage::List => None,
        PeoplePage::Check(Check { contact, .. })
        | PeoplePage::Introduce(contact)
        | PeoplePage::AskBlock(contact)
        | PeoplePage::AskRemove(contact)
            if model.conversation_with(*contact).is_some() =>
        {
            Some(PeoplePage::Contact(*contact))
        }
        _ => Some(PeoplePage::List),
    }
}

fn page(model: &Model, form: &Form, state: &PeopleState, now: Moment) -> PageData {
    match &state.page {
        PeoplePage::List => list(model, now),
        PeoplePage::Me => me(model, form),
        PeoplePage::Card { link } => PageData::Card {
            link: link.as_ref().map(|link| link.0.clone()),
        },
        PeoplePage::Add => PageData::Add {
            can_add: !state.busy && !form.link.trim().is_empty(),
        },
        // Who is no contact any more is not in the list either.
        PeoplePage::Contact(contact) => {
            PersonData::new(model, *contact, now).map_or_else(|| list(model, now), PageData::Person)
        }
        PeoplePage::Check(check) => PageData::Check(check_data(model, check)),
        PeoplePage::Introduce(contact) => {
            PageData::Introduce(IntroduceData::new(model, form, *contact, state.busy))
        }
        PeoplePage::AskBlock(contact) => ask(model, *contact, false),
        PeoplePage::AskRemove(contact) => ask(model, *contact, true),
    }
}

fn list(model: &Model, now: Moment) -> PageData {
    let rows = model.asking.iter().map(|view| asking(model, view, now));
    let introduced = model.introductions.iter();
    PageData::List {
        asking: rows.collect(),
        introduced: introduced
            .map(|view| IntroducedRow::new(model, view, now))
            .collect(),
        contacts: model.contacts.iter().map(ContactRow::new).collect(),
    }
}

fn me(model: &Model, form: &Form) -> PageData {
    let status = model.status.as_ref();
    let name = status.and_then(|status| status.name.as_ref());
    let name = name.map(|name| name.0.clone()).unwrap_or_default();
    let typed = form.name.as_deref().unwrap_or(&name).trim();
    PageData::Me {
        can_rename: (1..=NAME_BYTES_MAX).contains(&typed.len()) && typed != name,
        read: status.is_some_and(|status| status.receipts.read),
        name,
    }
}

fn asking(model: &Model, view: &RequestView, now: Moment) -> AskingRow {
    AskingRow {
        request: view.request,
        author: author(view.request, &view.name.0),
        text: plain::line(&view.text.0),
        time: text::list_time(now, view.since),
        looks_like: super::person::looks_like(model, &view.looks_like),
    }
}

fn check_data(model: &Model, check: &Check) -> CheckData {
    let shown: Option<&EmojiView> = check.shown.as_deref();
    CheckData {
        contact: check.contact,
        name: super::person::name_of(model, check.contact),
        emoji: shown.map(|view| view.emoji),
        safety_number: shown
            .map(|view| grouped(&view.safety_number.0))
            .unwrap_or_default(),
        trouble: check.trouble.clone(),
        differ: check.differ,
    }
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at.is_multiple_of(GROUP_DIGITS) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn ask(model: &Model, contact: ContactId, removes: bool) -> PageData {
    PageData::Ask {
        contact,
        name: super::person::name_of(model, contact),
        removes,
    }
}
