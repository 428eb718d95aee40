//! From a stored envelope to a line in a conversation, if it is for us.
//!
//! Not for us is the ordinary case and no error. Forwarding never waits for this.

use crate::api::Event;
use crate::crypto::seal::{Post, message_id, open_post};
use crate::crypto::tags::TagOwner;
use crate::limits::{CHANNEL_DAYS_AHEAD, CHANNEL_DAYS_BACK, OPEN_DELAY_MS, OPENINGS_MAX};
use crate::store::{MessageRow, PartRow};
use crate::types::{
    Author, ConversationId, Day, Delivery, EnvelopeId, Marks, Message, MessageClass, Now,
};
use crate::wire::envelope::Envelope;
use crate::wire::inner::TextPart;

use super::compose::join_parts;
use super::{Engine, EngineError, Profile};

impl Engine {
    /// Notes an envelope for opening, if its tag is ours, after a random time.
    pub(super) fn open_later(&mut self, now: Now, id: EnvelopeId, envelope: Envelope) {
        let Some(profile) = &self.profile else {
            return;
        };
        if profile.tags.get(&envelope.tag()).is_none() {
            return;
        }
        if self.openings.len() >= OPENINGS_MAX {
            self.pending.openable.push(envelope);
            return;
        }
        let span_ms = OPEN_DELAY_MS.end - OPEN_DELAY_MS.start;
        let delay_ms = OPEN_DELAY_MS.start + self.rng.next_u64() % span_ms;
        self.openings
            .insert((now.mono.plus_ms(delay_ms), id), envelope);
    }

    /// Takes what is due to be opened.
    pub(super) fn begin_openings(&mut self, now: Now) {
        while let Some(due) = self
            .openings
            .first_entry()
            .filter(|due| due.key().0 <= now.mono)
        {
            self.pending.openable.push(due.remove());
        }
    }

    /// Opens every stored envelope whose tag is known and that was not opened yet.
    pub(super) fn open_stored(&mut self, now: Now) -> Result<(), EngineError> {
        self.with_profile(|engine, profile| engine.open_stored_with(now, profile))
    }

    /// Does something in a profile transaction of its own; nothing without a profile.
    pub(super) fn with_profile(
        &mut self,
        run: impl FnOnce(&mut Self, &mut Profile) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let Some(mut profile) = self.profile.take() else {
            return Ok(());
        };
        profile.store.begin()?;
        let done = run(self, &mut profile).and_then(|()| Ok(profile.save_groups()?));
        match done {
            Ok(()) => profile.store.commit()?,
            // Half of it must not stay: the engine is built anew from the stores.
            Err(_) => profile.store.rollback()?,
        }
        self.profile = Some(profile);
        done
    }

    /// The same inside an open transaction.
    pub(super) fn open_stored_with(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), EngineError> {
        let opened: std::collections::BTreeSet<EnvelopeId> =
            profile.store.opened()?.into_iter().collect();
        let openable: Vec<EnvelopeId> = self
            .inventory
            .iter()
            .filter(|(id, held)| profile.tags.get(&held.tag).is_some() && !opened.contains(id))
            .map(|(id, _)| id)
            .collect();
        for id in openable {
            let stored = self.relay.body(id)?.map(Envelope::parse);
            if let Some(Ok(envelope)) = stored {
                self.open(now, profile, &envelope)?;
            }
        }
        Ok(())
    }

    /// Opens one envelope. That it does not open is nobody's fault: its tag alone
    /// says nothing about who made it.
    pub(super) fn open(
        &mut self,
        now: Now,
        profile: &mut Profile,
        envelope: &Envelope,
    ) -> Result<(), EngineError> {
        match profile.tags.get(&envelope.tag()) {
            Some(TagOwner::Channel(conversation, day)) => {
                self.open_channel_post(now, profile, envelope, (conversation, day))
            }
            Some(TagOwner::Knock(day)) => self.open_knock(now, profile, envelope, day),
            Some(TagOwner::Bundle(contact, day)) => {
                self.open_bundle(now, profile, envelope, (contact, day))
            }
            Some(TagOwner::Session(session)) => {
                self.open_direct(now, profile, envelope, &session, None)
            }
            Some(TagOwner::Group(conversation)) => {
                self.open_group(now, profile, envelope, conversation)
            }
            None => Ok(()),
        }
    }

    fn open_channel_post(
        &mut self,
        now: Now,
        profile: &mut Profile,
        envelope: &Envelope,
        (conversation, day): (ConversationId, Day),
    ) -> Result<(), EngineError> {
        let Some(key) = profile.tags.channel_day(conversation, day) else {
            return Ok(());
        };
        let id = envelope.id();
        let until = Day(day.0 + CHANNEL_DAYS_BACK + CHANNEL_DAYS_AHEAD);
        // The tag names the one key that could open it: what fails now fails for
        // ever, and need not be tried at every start.
        let Ok(post) = open_post(key, envelope.as_bytes()) else {
            profile.store.mark_opened(id, until)?;
            return Ok(());
        };
        let is_own = profile
            .conversation(conversation)
            .is_none_or(|channel| channel.pseudonym.public() == post.author);
        if is_own {
            profile.store.mark_opened(id, until)?;
            return Ok(());
        }
        match collect_text(profile, conversation, &post)? {
            Collected::Text(class, text) => {
                let row = MessageRow {
                    conversation,
                    message_id: message_id(&post.author, post.inner.message_id),
                    author: post.author,
                    name: post.inner.name,
                    own: false,
                    class,
                    text,
                    written_at: post.inner.sent,
                    received_at: now.wall,
                    expires_at: envelope.header().expiry.start(),
                    state: Delivery::Received,
                };
                if profile.store.insert_message(&row)? {
                    let message = message_of(row, Marks::default());
                    self.tell(Event::MessageReceived(message));
                }
            }
            // Opened again at the next start: pieces kept till then may be pushed out.
            Collected::Piece => return Ok(()),
            Collected::Nothing => {}
        }
        profile.store.mark_opened(id, until)?;
        Ok(())
    }
}

/// What a post added to.
enum Collected {
    /// A text that is whole now. Its class is what the author signed, never what
    /// the header says: anybody in the channel could seal it under another one.
    Text(MessageClass, String),
    /// A piece of one that is not.
    Piece,
    /// No text, or of a kind that a newer Starling may know.
    Nothing,
}

fn collect_text(
    profile: &mut Profile,
    conversation: ConversationId,
    post: &Post,
) -> Result<Collected, EngineError> {
    let (Some(class), Some(Ok(part))) = (post.inner.class(), post.inner.text_part()) else {
        return Ok(Collected::Nothing);
    };
    if part.count == 1 {
        let text = join_parts(class, &[part]);
        return Ok(text.map_or(Collected::Nothing, |text| Collected::Text(class, text)));
    }
    let message_id = message_id(&post.author, post.inner.message_id);
    let row = PartRow {
        conversation,
        author: post.author,
        message_id,
        index: part.index,
        count: part.count,
        bytes: part.bytes,
    };
    let parts: Vec<TextPart> = profile
        .store
        .put_part(&row)?
        .into_iter()
        .map(|row| TextPart {
            index: row.index,
            count: row.count,
            bytes: row.bytes,
        })
        .collect();
    let Some(text) = join_parts(class, &parts) else {
        return Ok(Collected::Piece);
    };
    profile
        .store
        .remove_parts(conversation, &post.author, message_id)?;
    Ok(Collected::Text(class, text))
}

/// A stored row and what stands beside it, as the app sees it.
pub(super) fn message_of(row: MessageRow, marks: Marks) -> Message {
    let mut badge = [0; 8];
    badge
        .iter_mut()
        .zip(row.author)
        .for_each(|(slot, byte)| *slot = byte);
    Message {
        conversation: row.conversation,
        message_id: row.message_id,
        from: Author {
            name: row.name,
            badge,
            own: row.own,
        },
        class: row.class,
        text: row.text,
        written_at: row.written_at,
        received_at: row.received_at,
        expires_at: row.expires_at,
        state: row.state,
        marks,
    }
}
