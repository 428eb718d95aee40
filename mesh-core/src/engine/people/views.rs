//! People as the app sees them.

use crate::api::{Answer, CommandError, ContactView, EmojiView, Receipts, RequestView};
use crate::crypto::verify::safety_number;
use crate::redact::Redacted;
use crate::types::{ContactId, ConversationId, Standing};

use super::super::{EngineError, Profile};
use super::alike::Alike;
use super::live::{Live, Role};
use super::{People, Person};

type Answered = Result<Result<Answer, CommandError>, EngineError>;

/// Words of a first message that a list of requests shows.
const PREVIEW_CHARS: usize = 80;

impl People {
    /// Everybody of some standing, in the order they were added.
    fn in_order(&self, is_listed: impl Fn(&Person) -> bool) -> Vec<&Person> {
        let mut listed: Vec<&Person> = self
            .persons
            .values()
            .filter(|person| is_listed(person))
            .collect();
        listed.sort_by_key(|person| person.order);
        listed
    }

    fn view(&self, person: &Person, alike: &Alike<'_>) -> ContactView {
        let row = &person.row;
        let sending = self.sending_session(row.contact);
        let live = sending.and_then(|session| self.sessions.get(&session));
        ContactView {
            contact: row.contact,
            conversation: row.conversation,
            name: Redacted(row.name.clone()),
            petname: Redacted(row.petname.clone()),
            trust: row.trust,
            standing: row.standing,
            introduced_by: row.introduced_by,
            connected: live.is_some_and(|live| live.is_answered),
            quantum_safe: live.is_some_and(|live| live.is_quantum_safe),
            restarted: person.progress.restarted_in.is_some(),
            looks_like: alike.to(row.contact, &person.look.skeletons),
            since: row.added_at,
        }
    }

    /// The session in which somebody is compared: of whoever began anew, that in which
    /// they did.
    pub(super) fn compared_session(&self, contact: ContactId) -> Option<&Live> {
        let person = self.persons.get(&contact)?;
        let side = person.progress.restarted_in;
        let session = side.or_else(|| self.sending_session(contact))?;
        self.sessions.get(&session)
    }

    /// The session that messages to somebody go out under.
    pub(super) fn sending_session(&self, contact: ContactId) -> Option<[u8; 32]> {
        let sends = |session: &&[u8; 32]| {
            let live = self.sessions.get(*session);
            live.is_some_and(|live| live.role == Role::Sends)
        };
        self.sessions.with(contact).iter().find(sends).copied()
    }
}

impl Profile {
    pub(super) fn person(&self, contact: ContactId) -> Option<&Person> {
        self.people.as_ref()?.persons.get(&contact)
    }

    pub(super) fn person_mut(&mut self, contact: ContactId) -> Option<&mut Person> {
        self.people.as_mut()?.persons.get_mut(&contact)
    }

    /// The contact behind a conversation, if it is one with a person whom we accepted
    /// or blocked.
    pub(in super::super) fn contact_of(&self, conversation: ConversationId) -> Option<ContactId> {
        let people = self.people.as_ref()?;
        let contact = people.by_conversation(conversation)?;
        let person = people.persons.get(&contact)?;
        (person.row.standing != Standing::Asking).then_some(contact)
    }

    /// Where the person of a conversation stands with us; none if it is with nobody.
    pub(in super::super) fn standing_in(&self, conversation: ConversationId) -> Option<Standing> {
        let people = self.people.as_ref()?;
        let contact = people.by_conversation(conversation)?;
        Some(people.persons.get(&contact)?.row.standing)
    }

    /// A hash of our identity keys: our name as an author between two people.
    pub(in super::super) fn own_card_id(&self) -> Option<[u8; 32]> {
        Some(self.people.as_ref()?.card.id())
    }

    /// What others are told of our reading.
    pub(in super::super) fn receipts(&self) -> Receipts {
        self.people
            .as_ref()
            .map(|people| people.receipts)
            .unwrap_or_default()
    }

    /// Conversations with everybody known, whatever they are to us.
    pub(in super::super) fn person_conversations(&self) -> Vec<ConversationId> {
        let people = self.people.iter();
        let persons = people.flat_map(|people| people.persons.values());
        persons.map(|person| person.row.conversation).collect()
    }

    /// Conversations with contacts, in the order they were added, with their names.
    pub(in super::super) fn direct_conversations(&self) -> Vec<(ConversationId, String)> {
        let Some(people) = &self.people else {
            return Vec::new();
        };
        let contacts = people.in_order(Person::is_accepted);
        contacts
            .iter()
            .map(|person| (person.row.conversation, person.shown_name().to_owned()))
            .collect()
    }

    /// Answers `Query::Contacts`.
    pub(in super::super) fn contacts(&self) -> Answer {
        let Some(people) = &self.people else {
            return Answer::Contacts(Vec::new());
        };
        let contacts = people.in_order(|person| person.row.standing != Standing::Asking);
        let alike = Alike::of(people);
        let views = contacts.iter().map(|person| people.view(person, &alike));
        Answer::Contacts(views.collect())
    }

    /// Answers `Query::Requests`.
    pub(in super::super) fn requests(&self) -> Answered {
        let Some(people) = &self.people else {
            return Ok(Ok(Answer::Requests(Vec::new())));
        };
        let (mut views, alike) = (Vec::new(), Alike::of(people));
        for person in people.in_order(|person| person.row.standing == Standing::Asking) {
            let newest = self.store.timeline(person.row.conversation, None, 1)?;
            let text = newest.and_then(|(mut rows, _)| rows.pop());
            let text = text.map_or(String::new(), |row| row.text);
            views.push(RequestView {
                request: person.row.contact,
                name: Redacted(person.row.name.clone()),
                text: Redacted(text.chars().take(PREVIEW_CHARS).collect()),
                since: person.row.added_at,
                has_seen_code: people.codes.was_seen_by(person.row.contact),
                looks_like: alike.to(person.row.contact, &person.look.skeletons),
            });
        }
        Ok(Ok(Answer::Requests(views)))
    }

    /// Answers `Query::Emoji`.
    pub(in super::super) fn emoji(&self, contact: ContactId) -> Result<EmojiView, CommandError> {
        let unknown = CommandError::UnknownContact;
        let people = self.people.as_ref().ok_or(unknown.clone())?;
        let person = people.persons.get(&contact).ok_or(unknown)?;
        let live = people.compared_session(contact);
        let live = live.ok_or(CommandError::EmojiNotYet)?;
        if live.check.is_mismatch() {
            return Err(CommandError::EmojiDiffer);
        }
        let sas = live
            .check
            .sas(&live.verify_key)
            .ok_or(CommandError::EmojiNotYet)?;
        Ok(EmojiView {
            contact,
            emoji: sas.emoji().map(|emoji| (emoji.symbol, emoji.word)),
            safety_number: Redacted(safety_number(&people.card, &person.card)),
        })
    }
}

#[cfg(test)]
impl Profile {
    /// Whether a word stands nowhere in what waits to be sent to somebody.
    pub(in super::super) fn person_says_nowhere(&self, contact: ContactId, word: &str) -> bool {
        let person = self.person(contact);
        person.is_some_and(|person| {
            let mut waiting = person.unacked.values();
            waiting.all(|unacked| !unacked.text.contains(word))
        })
    }
}
