//! The fake node's people.

use mesh_core::api::{
    Answer, CommandError, ContactView, EmojiView, IntroductionView, PeopleCommand, Receipts,
    RequestView,
};
use mesh_core::types::{ContactId, ConversationId, ConversationKind, Standing, Trust};

use super::{FakeState, NOW, view};

/// The link of the fake node's own card.
pub const CARD: &str = "starling:c/AQIbS0wXq1nO4mYd7hPz2VtC5uR8kLfJ6eGsWvNbQxTaKyMiDoUrHpEwZc3A9gB1tXqLnVjSdFhYkPmRzCuWoEiAaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz0123456789-_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOpQrStUvWxYz012345678";

/// The code that the fake node shows.
const CODE: &str = "SL1:7WGX9T.4Q/HN*3:ABR+J0E2KD8M%5V1C6SUP$LYZ-OIF";

impl FakeState {
    pub(super) fn people(&mut self, ask: &PeopleCommand) -> Result<Answer, CommandError> {
        match ask {
            PeopleCommand::ShowCode => Ok(Answer::Code {
                text: CODE.to_owned().into(),
                until: NOW.plus_ms(15 * 60 * 1_000),
            }),
            PeopleCommand::ConfirmCode { .. } | PeopleCommand::Introduce { .. } => Ok(Answer::Done),
            PeopleCommand::DeclineIntroduction { from, contact } => self
                .take_introduction(*from, *contact)
                .map(|_| Answer::Done),
            PeopleCommand::AcceptIntroduction { from, contact } => self
                .take_introduction(*from, *contact)
                .map(|view| self.befriend(*contact, &view.name.0)),
            PeopleCommand::ShareCard => Ok(Answer::Card {
                link: CARD.to_owned().into(),
            }),
            PeopleCommand::Add { link, petname } => {
                if !link.0.starts_with("starling:c/") {
                    return Err(CommandError::CardLink);
                }
                if link.0 == CARD {
                    return Err(CommandError::CardIsOwn);
                }
                let name = petname.as_ref().map_or("Ana", |petname| petname.0.as_str());
                Ok(self.befriend(ContactId([0xAD; 16]), name))
            }
            PeopleCommand::Accept { request } if self.is_anew(*request) => {
                self.change(*request, |view| view.restarted = false)?;
                Ok(Answer::Contact {
                    contact: *request,
                    conversation: conversation_with(*request),
                })
            }
            PeopleCommand::Decline { request } if self.is_anew(*request) => {
                self.change(*request, |view| view.restarted = false)
            }
            PeopleCommand::Accept { request } => {
                let at = self.asking.iter().position(|view| view.request == *request);
                let at = at.ok_or(CommandError::UnknownRequest)?;
                let asking = self.asking.remove(at);
                Ok(self.befriend(*request, &asking.name.0))
            }
            PeopleCommand::Decline { request } => {
                self.asking.retain(|view| view.request != *request);
                Ok(Answer::Done)
            }
            PeopleCommand::Verify { contact, emoji } => self.verify(*contact, &emoji.0),
            PeopleCommand::SetPetname { contact, petname } => self.change(*contact, |view| {
                view.petname.clone_from(petname);
            }),
            PeopleCommand::Block { contact, blocked } => self.change(*contact, |view| {
                view.standing = match blocked {
                    true => Standing::Blocked,
                    false => Standing::Accepted,
                };
            }),
            PeopleCommand::Remove { contact } => {
                self.contacts.retain(|view| view.contact != *contact);
                let gone = conversation_with(*contact);
                self.conversations.retain(|view| view.conversation != gone);
                Ok(Answer::Done)
            }
            PeopleCommand::Rename { name } => {
                self.status.name = Some(name.clone());
                Ok(Answer::Done)
            }
            PeopleCommand::SetReceipts(receipts) => Ok(self.set_receipts(*receipts)),
        }
    }

    fn set_receipts(&mut self, receipts: Receipts) -> Answer {
        self.status.receipts = receipts;
        Answer::Done
    }

    fn take_introduction(
        &mut self,
        from: ContactId,
        contact: ContactId,
    ) -> Result<IntroductionView, CommandError> {
        let mut views = self.introductions.iter();
        let at = views.position(|view| (view.from, view.contact) == (from, contact));
        at.map(|at| self.introductions.remove(at))
            .ok_or(CommandError::UnknownIntroduction)
    }

    fn is_anew(&self, contact: ContactId) -> bool {
        let mut contacts = self.contacts.iter();
        contacts.any(|view| view.contact == contact && view.restarted)
    }

    pub(super) fn compare(&self, contact: ContactId) -> Result<Answer, CommandError> {
        let shown = self.emoji.clone().ok_or(CommandError::EmojiNotYet)?;
        Ok(Answer::Emoji(EmojiView { contact, ..shown }))
    }

    fn verify(&mut self, contact: ContactId, typed: &str) -> Result<Answer, CommandError> {
        let shown = self.emoji.clone().ok_or(CommandError::EmojiNotYet)?;
        if !shown
            .emoji
            .iter()
            .map(|(symbol, _)| *symbol)
            .eq(typed.chars())
        {
            return Err(CommandError::EmojiDiffer);
        }
        self.change(contact, |view| {
            view.trust = Trust::Verified;
            view.restarted = false;
        })
    }

    fn change(
        &mut self,
        contact: ContactId,
        change: impl FnOnce(&mut ContactView),
    ) -> Result<Answer, CommandError> {
        let mut contacts = self.contacts.iter_mut();
        let view = contacts.find(|view| view.contact == contact);
        change(view.ok_or(CommandError::UnknownContact)?);
        Ok(Answer::Done)
    }

    fn befriend(&mut self, id: ContactId, name: &str) -> Answer {
        let conversation = conversation_with(id);
        self.contacts.push(contact(id, name));
        let kind = ConversationKind::Direct;
        self.conversations.push(view(conversation, kind, name));
        Answer::Contact {
            contact: id,
            conversation,
        }
    }
}

/// The fake conversation with a contact.
fn conversation_with(contact: ContactId) -> ConversationId {
    ConversationId(contact.0.map(|byte| byte ^ 0xFF))
}

/// A contact who was heard, and whose emoji were not compared.
#[must_use]
pub fn contact(id: ContactId, name: &str) -> ContactView {
    ContactView {
        contact: id,
        conversation: conversation_with(id),
        name: name.to_owned().into(),
        petname: String::new().into(),
        trust: Trust::Unverified,
        standing: Standing::Accepted,
        introduced_by: None,
        connected: true,
        quantum_safe: true,
        restarted: false,
        looks_like: Vec::new(),
        since: NOW.minus_ms(3_600_000),
    }
}

/// Somebody who asks, a minute ago.
#[must_use]
pub fn request(id: ContactId, name: &str, text: &str) -> RequestView {
    RequestView {
        has_seen_code: false,
        request: id,
        name: name.to_owned().into(),
        text: text.to_owned().into(),
        since: NOW.minus_ms(60_000),
        looks_like: Vec::new(),
    }
}

/// Somebody whom a contact introduced, a minute ago.
#[must_use]
pub fn introduction(from: ContactId, id: ContactId, name: &str, text: &str) -> IntroductionView {
    IntroductionView {
        from,
        contact: id,
        name: name.to_owned().into(),
        link: CARD.to_owned().into(),
        text: text.to_owned().into(),
        since: NOW.minus_ms(60_000),
        is_contact: false,
        can_write: true,
        looks_like: Vec::new(),
    }
}

/// Six emoji and a number.
#[must_use]
pub fn emoji() -> EmojiView {
    EmojiView {
        contact: ContactId([0; 16]),
        emoji: [
            ('\u{2693}', "anchor"),
            ('\u{1f41d}', "bee"),
            ('\u{1f514}', "bell"),
            ('\u{1f3f0}', "castle"),
            ('\u{1f319}', "moon"),
            ('\u{1f433}', "whale"),
        ],
        safety_number: "300354477692869396892869876765458257569162576843440918079131"
            .to_owned()
            .into(),
    }
}
