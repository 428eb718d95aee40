//! What a person asks for about other people.

use crate::api::{Answer, CommandError, Event, PeopleCommand, Receipts};
use crate::crypto::identity::Card;
use crate::crypto::names::to_name;
use crate::crypto::tags::TagOwner;
use crate::crypto::verify::{ContactCode, card_link, parse_card_link};
use crate::limits::{CONTACTS_MAX, NAME_BYTES_MAX, PETNAME_BYTES_MAX};
use crate::redact::Redacted;
use crate::store::{IdentityRow, Setting};
use crate::types::{ContactId, Now, Standing, Trust};

use super::super::{Engine, EngineError, Profile};
use super::{Person, contact_id, contact_row};

type Asked = Result<Result<Answer, CommandError>, EngineError>;

impl Engine {
    pub(in super::super) fn ask_people(
        &mut self,
        now: Now,
        profile: &mut Profile,
        ask: PeopleCommand,
    ) -> Asked {
        if profile.people.is_none() {
            return Ok(Err(CommandError::NoIdentity));
        }
        match ask {
            PeopleCommand::ShareCard => self.share_card(now, profile),
            PeopleCommand::ShowCode => self.show_code(now, profile),
            PeopleCommand::ConfirmCode { contact, code } => {
                self.confirm_code(now, profile, contact, &code.0)
            }
            PeopleCommand::Add { link, petname } => {
                let petname = petname.map(|petname| petname.0).unwrap_or_default();
                self.add(now, profile, link.0.trim(), &petname)
            }
            PeopleCommand::SetPetname { contact, petname } => {
                self.set_petname(profile, contact, &petname.0)
            }
            PeopleCommand::Remove { contact } => self.remove_contact(profile, contact),
            PeopleCommand::Verify { contact, emoji } => {
                self.verify(now, profile, contact, &emoji.0)
            }
            PeopleCommand::Block { contact, blocked } => self.block(now, profile, contact, blocked),
            PeopleCommand::Accept { request } => self.accept(now, profile, request),
            PeopleCommand::Decline { request } => self.decline(profile, request),
            PeopleCommand::Rename { name } => self.rename(now, profile, &name.0),
            PeopleCommand::SetReceipts(receipts) => set_receipts(profile, receipts),
            PeopleCommand::Introduce { contact, to, text } => {
                self.introduce(now, profile, (contact, to), &text.0)
            }
            PeopleCommand::AcceptIntroduction { from, contact } => {
                self.accept_introduction(now, profile, (from, contact))
            }
            PeopleCommand::DeclineIntroduction { from, contact } => {
                self.decline_introduction(profile, (from, contact))
            }
        }
    }

    fn share_card(&mut self, now: Now, profile: &mut Profile) -> Asked {
        self.become_reachable(now, profile)?;
        let Some(people) = &profile.people else {
            return Ok(Err(CommandError::NoIdentity));
        };
        let link = card_link(&people.identity.encode_card(&people.card));
        let link = Redacted(link);
        Ok(Ok(Answer::Card { link }))
    }

    /// Adds a person by a link to their card, or by a code on their screen.
    fn add(&mut self, now: Now, profile: &mut Profile, link: &str, petname: &str) -> Asked {
        if let Ok(read) = parse_card_link(link) {
            return self.add_contact(now, profile, read, petname);
        }
        let Ok(code) = ContactCode::parse(link) else {
            return Ok(Err(CommandError::CardLink));
        };
        let read = (code.card.clone(), code.card_bytes.to_vec());
        let added = self.add_contact(now, profile, read, petname)?;
        if let Ok(Answer::Contact { contact, .. }) = added {
            self.knock_by_code(now, profile, contact, &code)?;
            profile.save(contact)?;
        }
        Ok(added)
    }

    fn add_contact(
        &mut self,
        now: Now,
        profile: &mut Profile,
        (card, signed): (Card, Vec<u8>),
        petname: &str,
    ) -> Asked {
        if petname.len() > PETNAME_BYTES_MAX {
            return Ok(Err(CommandError::Petname {
                max: PETNAME_BYTES_MAX,
            }));
        }
        let Some(people) = &mut profile.people else {
            return Ok(Err(CommandError::NoIdentity));
        };
        if card.id() == people.card.id() {
            return Ok(Err(CommandError::CardIsOwn));
        }
        let contact = contact_id(&card);
        match people.persons.get_mut(&contact) {
            Some(person) => {
                // The same keys, perhaps with another card secret or name: the person
                // holds this card in hand, so it counts from now on.
                if person.row.standing == Standing::Blocked {
                    return Ok(Err(CommandError::Blocked));
                }
                person.row.card = signed.to_vec();
                person.card = card;
                if !petname.is_empty() {
                    person.row.petname = petname.to_owned();
                }
            }
            None => {
                let is_contact = |person: &&Person| person.row.standing != Standing::Asking;
                if people.persons.values().filter(is_contact).count() >= CONTACTS_MAX {
                    return Ok(Err(CommandError::ContactsFull { max: CONTACTS_MAX }));
                }
                let own = &people.card;
                let mut row = contact_row(own, &card, &signed, now.wall, Standing::Accepted);
                petname.clone_into(&mut row.petname);
                people.insert(row, card);
            }
        }
        self.become_contact(now, profile, contact)
    }

    /// Makes a contact of somebody known; what waited for it happens.
    pub(super) fn become_contact(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Asked {
        let Some(person) = profile.person_mut(contact) else {
            return Ok(Err(CommandError::UnknownContact));
        };
        person.row.standing = Standing::Accepted;
        person.progress.active_at = now.wall;
        let conversation = person.row.conversation;
        profile.save(contact)?;
        profile.watch_bundles(contact);
        self.open_stored_bundles(now, profile, contact)?;
        // Whoever wrote first hears soon that they were accepted.
        if profile.owes_word(contact) {
            self.acknowledge_later(now, profile, contact);
        }
        self.tell(Event::ContactsChanged);
        self.tell(Event::ConversationsChanged);
        Ok(Ok(Answer::Contact {
            contact,
            conversation,
        }))
    }

    fn accept(&mut self, now: Now, profile: &mut Profile, request: ContactId) -> Asked {
        match profile.person(request) {
            Some(person) if person.row.standing == Standing::Asking => {
                self.become_contact(now, profile, request)
            }
            Some(person) if person.progress.restarted_in.is_some() && person.is_accepted() => {
                // Nobody compared anything in this session.
                if let Some(person) = profile.person_mut(request) {
                    person.row.trust = Trust::Unverified;
                }
                self.go_on_anew(now, profile, request)?;
                self.become_contact(now, profile, request)
            }
            _ => Ok(Err(CommandError::UnknownRequest)),
        }
    }

    fn decline(&mut self, profile: &mut Profile, request: ContactId) -> Asked {
        match profile.person(request) {
            Some(person) if person.row.standing == Standing::Asking => {
                profile.remember_declined(request)?;
                self.forget_person(profile, request)?;
                Ok(Ok(Answer::Done))
            }
            Some(person) if person.progress.restarted_in.is_some() => {
                self.refuse_anew(profile, request)?;
                Ok(Ok(Answer::Done))
            }
            _ => Ok(Err(CommandError::UnknownRequest)),
        }
    }

    fn remove_contact(&mut self, profile: &mut Profile, contact: ContactId) -> Asked {
        match profile.person(contact) {
            Some(person) if person.row.standing != Standing::Asking => {
                self.forget_person(profile, contact)?;
                Ok(Ok(Answer::Done))
            }
            _ => Ok(Err(CommandError::UnknownContact)),
        }
    }

    /// Deletes everything shared with a person, and what they wrote.
    pub(super) fn forget_person(
        &mut self,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let sessions = people.sessions_with(contact);
        let Some(person) = people.persons.remove(&contact) else {
            return Ok(());
        };
        people.introductions.retain(|(from, _), _| *from != contact);
        for session in sessions {
            profile.drop_session(&session)?;
        }
        let conversation = person.row.conversation;
        // Their knocks are remembered and their sessions are gone: nobody but themselves
        // can bring back what they wrote. What was not acknowledged, they send again, and
        // then it must show.
        profile.store.forget_conversation(conversation)?;
        profile.store.remove_contact(contact)?;
        // Both look at everything: not for strangers, of whom there may be a flood.
        if person.row.standing != Standing::Asking {
            profile
                .tags
                .forget(|owner| matches!(owner, TagOwner::Bundle(of, _) if of == contact));
            self.take_back(profile)?;
        }
        self.tell(Event::ContactsChanged);
        self.tell(Event::ConversationsChanged);
        Ok(())
    }

    fn set_petname(&mut self, profile: &mut Profile, contact: ContactId, petname: &str) -> Asked {
        if petname.len() > PETNAME_BYTES_MAX {
            return Ok(Err(CommandError::Petname {
                max: PETNAME_BYTES_MAX,
            }));
        }
        let Some(person) = profile.person_mut(contact) else {
            return Ok(Err(CommandError::UnknownContact));
        };
        petname.trim().clone_into(&mut person.row.petname);
        profile.save(contact)?;
        self.tell(Event::ContactsChanged);
        self.tell(Event::ConversationsChanged);
        Ok(Ok(Answer::Done))
    }

    fn verify(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        typed: &str,
    ) -> Asked {
        let view = match profile.emoji(contact) {
            Ok(view) => view,
            Err(refused) => return Ok(Err(refused)),
        };
        // Some keyboards add a selector that says how to draw the symbol.
        let is_drawn = |c: &char| !c.is_whitespace() && *c != '\u{fe0f}';
        let shown = view.emoji.iter().map(|(symbol, _)| *symbol);
        if !shown.eq(typed.chars().filter(is_drawn)) {
            return Ok(Err(CommandError::EmojiDiffer));
        }
        self.become_verified(now, profile, contact)
    }

    fn block(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        blocked: bool,
    ) -> Asked {
        let Some(people) = &mut profile.people else {
            return Ok(Err(CommandError::NoIdentity));
        };
        let sessions = people.sessions_with(contact);
        let Some(person) = people.persons.get_mut(&contact) else {
            return Ok(Err(CommandError::UnknownContact));
        };
        if blocked {
            person.progress.was_asking = person.row.standing == Standing::Asking;
            person.row.standing = Standing::Blocked;
            person.ack_at = None;
            profile.tags.forget(|owner| match owner {
                TagOwner::Bundle(of, _) => of == contact,
                TagOwner::Session(session) => sessions.contains(&session),
                _ => false,
            });
            profile.save(contact)?;
        } else if person.row.standing == Standing::Blocked {
            let was_asking = person.progress.was_asking;
            person.row.standing = match was_asking {
                true => Standing::Asking,
                false => Standing::Accepted,
            };
            // What they wrote meanwhile is not lost: some of it lies here.
            for session in &sessions {
                profile.watch_session(session);
                self.open_stored_of(now, profile, session)?;
            }
            if !was_asking {
                return self.become_contact(now, profile, contact).map(done);
            }
            profile.save(contact)?;
        }
        self.tell(Event::ContactsChanged);
        self.tell(Event::ConversationsChanged);
        Ok(Ok(Answer::Done))
    }

    /// Claims another name: on the card from now on, and told to each contact with the
    /// next message.
    fn rename(&mut self, now: Now, profile: &mut Profile, typed: &str) -> Asked {
        let name = to_name(typed);
        if name.is_empty() || name != typed.trim() {
            return Ok(Err(CommandError::Name {
                max: NAME_BYTES_MAX,
            }));
        }
        let Some(row) = profile.store.identity()? else {
            return Ok(Err(CommandError::NoIdentity));
        };
        let row = IdentityRow {
            name: name.clone(),
            ..row
        };
        profile.store.set_identity(&row)?;
        profile.name.clone_from(&name);
        let Some(people) = &mut profile.people else {
            return Ok(Err(CommandError::NoIdentity));
        };
        people.card.name = name;
        let told: Vec<ContactId> = people
            .persons
            .values_mut()
            .filter(|person| person.is_accepted())
            .map(|person| {
                person.progress.name_until = u32::MAX;
                person.row.contact
            })
            .collect();
        for contact in told {
            self.acknowledge_later(now, profile, contact);
            profile.save(contact)?;
        }
        self.tell(Event::StatusChanged);
        Ok(Ok(Answer::Done))
    }

    /// A contact claims another name.
    pub(super) fn take_name(&mut self, profile: &mut Profile, contact: ContactId, name: &str) {
        let Some(person) = profile.person_mut(contact) else {
            return;
        };
        if !name.is_empty() && to_name(name) == name && person.row.name != name {
            name.clone_into(&mut person.row.name);
            self.tell(Event::ContactsChanged);
            self.tell(Event::ConversationsChanged);
        }
    }
}

impl super::People {
    /// All sessions with somebody.
    pub(super) fn sessions_with(&self, contact: ContactId) -> Vec<[u8; 32]> {
        self.sessions.with(contact).to_vec()
    }

    /// Adds somebody new.
    pub(super) fn insert(&mut self, row: crate::store::ContactRow, card: Card) {
        let order = self.persons.values().map(|person| person.order + 1).max();
        let contact = row.contact;
        let person = Person::new(row, card, order.unwrap_or_default());
        self.persons.insert(contact, person);
    }
}

fn set_receipts(profile: &mut Profile, receipts: Receipts) -> Asked {
    let value = [u8::from(receipts.read)];
    profile.store.set_setting(Setting::Receipts, &value)?;
    if let Some(people) = &mut profile.people {
        people.receipts = receipts;
    }
    Ok(Ok(Answer::Done))
}

fn done(result: Result<Answer, CommandError>) -> Result<Answer, CommandError> {
    result.map(|_| Answer::Done)
}
