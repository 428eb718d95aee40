//! One person: what we call them, and how sure we are.

use mesh_core::api::ContactView;
use mesh_core::types::{Author, ContactId, ConversationId, Standing, Trust};

use crate::clock::Moment;
use crate::model::Model;
use crate::screens::chat::data::{AuthorData, TimerData};
use crate::text::contacts as words;
use crate::{plain, text};

/// Look-alikes that are named.
const LOOKS_LIKE_MAX: usize = 3;

/// One row of the list of contacts.
#[derive(Debug, PartialEq, Eq)]
pub struct ContactRow {
    /// Who.
    pub contact: ContactId,
    /// Name and badge.
    pub author: AuthorData,
    /// How sure we are.
    pub trusted: Trusted,
    /// In words: trust, and whether blocked or begun anew.
    pub signs: String,
    /// For a screen reader.
    pub label: String,
}

/// How sure we are of somebody; words beside it say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trusted {
    /// Compared.
    Yes,
    /// Vouched for.
    Half,
    /// Not compared.
    No,
    /// To be compared again, or blocked.
    Warning,
}

/// Everything about one contact.
#[derive(Debug, PartialEq, Eq)]
pub struct PersonData {
    /// Who.
    pub contact: ContactId,
    /// The conversation with them.
    pub conversation: ConversationId,
    /// Petname or claimed name, and badge.
    pub author: AuthorData,
    /// What they call themselves, where the petname stands above.
    pub claims: Option<String>,
    /// What we call them.
    pub petname: String,
    /// How sure we are: sign and words.
    pub trust: (Trusted, String),
    /// Whether both have heard from each other: whether so, and words.
    pub connected: (bool, &'static str),
    /// Whether a later quantum computer is withstood; none before there is a session.
    pub quantum: Option<(bool, &'static str)>,
    /// When messages disappear.
    pub timer: TimerData,
    /// What to be careful about.
    pub warnings: Vec<String>,
    /// Whether they are blocked.
    pub blocked: bool,
    /// Whether they began anew, so that one must choose how to go on.
    pub is_anew: bool,
    /// Since when.
    pub since: String,
}

impl ContactRow {
    /// What to show of a contact.
    #[must_use]
    pub fn new(view: &ContactView) -> Self {
        let author = author(view.contact, shown_name(view));
        let signs = signs(view);
        Self {
            contact: view.contact,
            trusted: trusted(view),
            label: words::spoken_contact(&author.name, &signs),
            author,
            signs,
        }
    }
}

impl PersonData {
    /// What to show; none for somebody who is no contact.
    #[must_use]
    pub fn new(model: &Model, contact: ContactId, now: Moment) -> Option<Self> {
        let view = find(model, contact)?;
        let by = view.introduced_by.map(|by| name_of(model, by));
        let mut warnings = Vec::new();
        let blocked = view.standing == Standing::Blocked;
        if blocked {
            warnings.push(words::BLOCKED.to_owned());
        }
        if view.restarted {
            warnings.push(words::RESTARTED.to_owned());
        }
        warnings.extend(looks_like(model, &view.looks_like));
        let has_petname = !view.petname.0.is_empty();
        Some(Self {
            contact,
            conversation: view.conversation,
            author: author(contact, shown_name(view)),
            claims: has_petname.then(|| words::claims(&plain::name(&view.name.0))),
            petname: view.petname.0.clone(),
            trust: (trusted(view), words::trust(view.trust, by.as_deref())),
            connected: match view.connected {
                true => (true, words::CONNECTED),
                false => (false, words::NOT_CONNECTED),
            },
            quantum: view.connected.then_some(match view.quantum_safe {
                true => (true, words::QUANTUM_SAFE),
                false => (false, words::NOT_QUANTUM_SAFE),
            }),
            timer: TimerData::new(model, view.conversation),
            warnings,
            blocked,
            is_anew: view.restarted && !blocked,
            since: words::since(now, view.since),
        })
    }
}

/// The contact behind a conversation.
#[must_use]
pub fn contact_in(model: &Model, conversation: ConversationId) -> Option<&ContactView> {
    let mut contacts = model.contacts.iter();
    contacts.find(|view| view.conversation == conversation)
}

/// Name and badge of somebody: the badge is the beginning of their id.
#[must_use]
pub fn author(contact: ContactId, name: &str) -> AuthorData {
    let mut badge = [0; 8];
    badge
        .iter_mut()
        .zip(contact.0)
        .for_each(|(slot, byte)| *slot = byte);
    AuthorData::new(&Author {
        name: name.to_owned(),
        badge,
        own: false,
    })
}

/// Trust in a word, and what comes before it.
#[must_use]
pub fn signs(view: &ContactView) -> String {
    if view.standing == Standing::Blocked {
        return words::BLOCKED_SHORT.to_owned();
    }
    if view.restarted {
        return words::RESTARTED_SHORT.to_owned();
    }
    words::trust_short(view.trust).to_owned()
}

/// The shown name of a contact or of somebody who asks, on one line.
#[must_use]
pub fn name_of(model: &Model, contact: ContactId) -> String {
    let asking = || {
        let mut asking = model.asking.iter();
        asking
            .find(|view| view.request == contact)
            .map(|view| view.name.0.as_str())
    };
    let name = find(model, contact).map(shown_name).or_else(asking);
    name.map_or_else(|| text::NAMELESS.to_owned(), plain::name)
}

/// What is said of a name that could be taken for another's.
pub(super) fn looks_like(model: &Model, others: &[ContactId]) -> Option<String> {
    let named: Vec<String> = others
        .iter()
        .take(LOOKS_LIKE_MAX)
        .map(|other| format!("“{}”", name_of(model, *other)))
        .collect();
    (!named.is_empty()).then(|| words::looks_like(&named.join(", ")))
}

fn find(model: &Model, contact: ContactId) -> Option<&ContactView> {
    model.contacts.iter().find(|view| view.contact == contact)
}

pub(super) fn shown_name(view: &ContactView) -> &str {
    match view.petname.0.as_str() {
        "" => &view.name.0,
        petname => petname,
    }
}

fn trusted(view: &ContactView) -> Trusted {
    match view.trust {
        _ if view.restarted || view.standing == Standing::Blocked => Trusted::Warning,
        Trust::Verified => Trusted::Yes,
        Trust::Introduced => Trusted::Half,
        Trust::Unverified => Trusted::No,
    }
}
