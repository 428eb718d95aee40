//! From what a person typed to sealed envelopes in the outbox.

use crate::api::{Answer, CommandError};
use crate::crypto::seal::{PostSeal, cut, message_id, seal_post};
use crate::limits::{CHANNEL_TAG_SLOTS, SOS_BYTES_MAX, SOS_LIFETIME_MS, TEXT_BYTES_MAX};
use crate::router::expiry_of;
use crate::store::{MessageRow, OutboxRow, StoreError};
use crate::types::{ConversationId, Delivery, Lifetime, MessageClass, MessageId, Now};
use crate::wire::envelope::{Class, Envelope, Header};
use crate::wire::inner::{Inner, TextPart};

use super::conversations::Conversation;
use super::{Draft, Engine, EngineError, Profile};

const HOUR_MS: u64 = 60 * 60 * 1_000;

impl Engine {
    pub(super) fn compose(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
        draft: &Draft,
    ) -> Result<Result<Answer, CommandError>, EngineError> {
        let contact = profile.contact_of(conversation);
        let is_known = profile.conversation(conversation).is_some()
            || contact.is_some()
            || profile.is_group(conversation);
        if !is_known {
            return Ok(Err(CommandError::UnknownConversation));
        }
        if let Err(refused) = check(draft) {
            return Ok(Err(refused));
        }
        if profile.is_group(conversation) {
            return self.write_to_group(now, profile, conversation, draft);
        }
        if let Some(contact) = contact {
            return self.write_to(now, profile, contact, draft);
        }
        if draft.reply_to.is_some() || !draft.mentions.is_empty() {
            return Ok(Err(CommandError::NotInChannel));
        }
        let Some(channel) = profile.conversation(conversation) else {
            return Ok(Err(CommandError::UnknownConversation));
        };
        let mut drawn = MessageId([0; 16]);
        self.rng.fill_bytes(&mut drawn.0);
        let header = self.header(now, draft);
        let author = channel.pseudonym.public();
        let row = MessageRow {
            conversation,
            message_id: message_id(&author, drawn),
            author,
            name: profile.name.clone(),
            own: true,
            class: draft.class,
            text: draft.text.0.clone(),
            written_at: now.wall,
            received_at: now.wall,
            expires_at: header.expiry.start(),
            state: Delivery::Waiting,
        };
        let envelopes = self.seal(channel, header, drawn, &row)?;
        profile.store.insert_message(&row)?;
        for envelope in envelopes {
            let (id, body) = (envelope.id(), envelope.as_bytes().to_vec());
            profile.store.put_outbox(&OutboxRow {
                id,
                conversation,
                message_id: row.message_id,
                body,
            })?;
            profile.untaken.insert(id);
            self.hold(now, envelope);
        }
        let message_id = row.message_id;
        Ok(Ok(Answer::Sent { message_id }))
    }

    /// The header of a text to a person or a group.
    pub(super) fn text_header(&mut self, now: Now, lifetime: Lifetime) -> Header {
        let chance = self.rng.next_u32();
        let expiry = expiry_of(self.mesh_now(now).wall, lifetime.ms(), chance);
        Header {
            class: Class::Text,
            expiry,
        }
    }

    /// The header that every piece of a message bears: the same expiry in all, or
    /// the pieces of an old message would go one by one.
    fn header(&mut self, now: Now, draft: &Draft) -> Header {
        let (class, lifetime_ms) = match draft.class {
            MessageClass::Text => (Class::Text, draft.lifetime.unwrap_or_default().ms()),
            MessageClass::Sos => (Class::Sos, SOS_LIFETIME_MS),
        };
        let expiry = expiry_of(self.mesh_now(now).wall, lifetime_ms, self.rng.next_u32());
        #[cfg(feature = "sim")]
        let expiry = self.config.exact_lifetime_ms.map_or(expiry, |exact_ms| {
            let tick_ms = crate::limits::TICK_MS;
            now.wall.plus_ms(exact_ms + tick_ms - 1).tick()
        });
        Header { class, expiry }
    }

    fn seal(
        &mut self,
        channel: &Conversation,
        header: Header,
        drawn: MessageId,
        row: &MessageRow,
    ) -> Result<Vec<Envelope>, EngineError> {
        let day = channel.root.day(row.written_at.day());
        let mut envelopes = Vec::new();
        for piece in cut(row.class, &row.text, &row.name) {
            let inner = Inner::piece(row.class, drawn, row.written_at, &row.name, &piece.part);
            let seal = PostSeal {
                day: &day,
                pseudonym: &channel.pseudonym,
                header: header.encode(),
                slot: self.tag_slot(),
                nonce: self.nonce(),
                envelope_bytes: piece.envelope_bytes,
            };
            let sealed = seal_post(&seal, &inner)
                .ok()
                .and_then(|bytes| Envelope::parse(bytes).ok());
            envelopes.push(sealed.ok_or(StoreError::Malformed("a text does not seal"))?);
        }
        Ok(envelopes)
    }

    fn tag_slot(&mut self) -> u16 {
        let drawn = self.rng.next_u32() % u32::from(CHANNEL_TAG_SLOTS);
        u16::try_from(drawn).unwrap_or(0)
    }

    fn nonce(&mut self) -> [u8; 24] {
        let mut nonce = [0; 24];
        self.rng.fill_bytes(&mut nonce);
        nonce
    }
}

/// What is wrong with a draft, whatever the conversation.
pub(super) fn check(draft: &Draft) -> Result<(), CommandError> {
    let bytes = draft.text.0.len();
    if draft.text.0.trim().is_empty() {
        return Err(CommandError::TextEmpty);
    }
    let max = bytes_max(draft.class);
    match draft.class {
        MessageClass::Text if bytes > max => Err(CommandError::TextTooLong { bytes, max }),
        MessageClass::Sos if bytes > max => Err(CommandError::SosTooLong { bytes, max }),
        MessageClass::Sos if draft.lifetime.is_some() => {
            let hours = SOS_LIFETIME_MS / HOUR_MS;
            Err(CommandError::SosLifetime { hours })
        }
        MessageClass::Text | MessageClass::Sos => Ok(()),
    }
}

/// The longest text of a class, bytes.
fn bytes_max(class: MessageClass) -> usize {
    match class {
        MessageClass::Text => TEXT_BYTES_MAX,
        MessageClass::Sos => SOS_BYTES_MAX,
    }
}

/// Pieces of a text of this class put together again; `None` while one is missing
/// or if they are no such text.
pub(super) fn join_parts(class: MessageClass, parts: &[TextPart]) -> Option<String> {
    let count = parts.first()?.count;
    let is_whole = parts.len() == usize::from(count)
        && parts
            .iter()
            .enumerate()
            .all(|(at, part)| part.count == count && usize::from(part.index) == at);
    let bytes: Vec<u8> = parts
        .iter()
        .flat_map(|part| part.bytes.iter().copied())
        .collect();
    if !is_whole || bytes.len() > bytes_max(class) {
        return None;
    }
    String::from_utf8(bytes).ok()
}
