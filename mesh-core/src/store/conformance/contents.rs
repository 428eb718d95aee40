//! Everything a store holds, as far as it can be read: to compare two of them.

use crate::store::{
    ConversationRow, IdentityRow, MessageRow, OutboxRow, ProfileStore, RelayMeta, RelayStore,
    StoreError,
};
use crate::types::{ConversationId, EnvelopeId};

/// All that a relay store holds.
#[derive(PartialEq, Eq)]
pub struct RelayContents(Vec<(RelayMeta, Option<Vec<u8>>)>);

impl RelayContents {
    /// Reads everything.
    pub fn of(store: &impl RelayStore) -> Result<Self, StoreError> {
        let entries = store.load()?.into_iter().map(|meta| {
            let body = store.body(meta.id)?;
            Ok((meta, body))
        });
        entries.collect::<Result<_, _>>().map(Self)
    }
}

/// All that a profile store holds, but for pieces and deleted messages.
#[derive(PartialEq, Eq)]
pub struct ProfileContents {
    identity: Option<IdentityRow>,
    conversations: Vec<ConversationRow>,
    timelines: Vec<(Vec<MessageRow>, u32)>,
    outbox: Vec<OutboxRow>,
    opened: Vec<EnvelopeId>,
}

impl ProfileContents {
    /// Reads everything, and the timelines of these conversations.
    pub fn of(
        store: &impl ProfileStore,
        conversations: &[ConversationId],
    ) -> Result<Self, StoreError> {
        let timelines = conversations.iter().map(|conversation| {
            let page = store.timeline(*conversation, None, u16::MAX)?;
            let (messages, _) = page.unwrap_or_default();
            Ok((messages, store.unread(*conversation)?))
        });
        Ok(Self {
            timelines: timelines.collect::<Result<_, StoreError>>()?,
            identity: store.identity()?,
            conversations: store.conversations()?,
            outbox: store.outbox()?,
            opened: store.opened()?,
        })
    }
}
