//! From what a person typed to sealed envelopes in the outbox.

use crate::api::{Answer, CommandError};
use crate::crypto::seal::{PostSeal, cut_text, message_id, seal_post};
use crate::limits::{CHANNEL_TAG_SLOTS, TEXT_BYTES_MAX};
use crate::router::expiry_of;
use crate::store::{MessageRow, OutboxRow, StoreError};
use crate::types::{ConversationId, Delivery, MessageId, Now};
use crate::wire::envelope::{Class, Envelope, Header};
use crate::wire::inner::{Inner, TextPart};

use super::{Engine, EngineError, Profile};

impl Engine {
    pub(super) fn compose(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
        text: &str,
    ) -> Result<Result<Answer, CommandError>, EngineError> {
        let Some(channel) = profile.conversation(conversation) else {
            return Ok(Err(CommandError::UnknownConversation));
        };
        if text.trim().is_empty() {
            return Ok(Err(CommandError::TextEmpty));
        }
        if text.len() > TEXT_BYTES_MAX {
            let (bytes, max) = (text.len(), TEXT_BYTES_MAX);
            return Ok(Err(CommandError::TextTooLong { bytes, max }));
        }
        let mut drawn = MessageId([0; 16]);
        self.rng.fill_bytes(&mut drawn.0);
        let author = channel.pseudonym.public();
        let message_id = message_id(&author, drawn);
        let expiry = expiry_of(now.wall, self.config.text_lifetime_ms, self.rng.next_u32());
        let header = Header {
            class: Class::Text,
            expiry,
        };
        let day = channel.root.day(now.wall.day());
        let row = MessageRow {
            conversation,
            message_id,
            author,
            name: profile.name.clone(),
            own: true,
            text: text.to_owned(),
            written_at: now.wall,
            received_at: now.wall,
            expires_at: expiry.start(),
            state: Delivery::Waiting,
        };
        let mut envelopes = Vec::new();
        for part in cut_text(text, &profile.name) {
            let inner = Inner::text(drawn, now.wall, &profile.name, &part.part);
            let seal = PostSeal {
                day: &day,
                pseudonym: &channel.pseudonym,
                header: header.encode(),
                slot: self.tag_slot(),
                nonce: self.nonce(),
                envelope_bytes: part.envelope_bytes,
            };
            let sealed = seal_post(&seal, &inner)
                .ok()
                .and_then(|b| Envelope::parse(b).ok());
            envelopes.push(sealed.ok_or(StoreError::Malformed("a text does not seal"))?);
        }
        profile.store.insert_message(&row)?;
        for envelope in envelopes {
            let (id, body) = (envelope.id(), envelope.as_bytes().to_vec());
            profile.store.put_outbox(&OutboxRow {
                id,
                conversation,
                message_id,
                body,
            })?;
            profile.untaken.insert(id);
            self.hold(now, envelope);
        }
        Ok(Ok(Answer::Sent { message_id }))
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

/// Pieces of a text put together again; `None` while one is missing or if they
/// are no text.
pub(super) fn join_parts(parts: &[TextPart]) -> Option<String> {
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
    if !is_whole || bytes.len() > TEXT_BYTES_MAX {
        return None;
    }
    String::from_utf8(bytes).ok()
}
