//! Everything a store holds, as far as it can be read: to compare two of them.

use super::sample::{knock, message_ref};
use crate::store::{
    ContactRow, ConversationRow, GroupRow, IdentityRow, MarksRow, MessageRow, OutboxRow, PrekeyRow,
    ProfileStore, Queue, ReactionRow, RelayMeta, RelayStore, SessionRow, Setting, StoreError,
};
use crate::types::{ConversationId, EnvelopeId, Wall};
use crate::wire::items::Timer;

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
    /// Of every message of the timelines.
    marks: Vec<(Option<MarksRow>, Vec<ReactionRow>)>,
    timers: Vec<Option<Timer>>,
    next_to_disappear: Option<Wall>,
    outbox: Vec<OutboxRow>,
    opened: Vec<EnvelopeId>,
    contacts: Vec<ContactRow>,
    sessions: Vec<SessionRow>,
    groups: Vec<GroupRow>,
    prekeys: Vec<PrekeyRow>,
    queues: Vec<[Queued; 5]>,
    settings: [Option<Vec<u8>>; 2],
    /// Which of the first [`KNOCKS`] sample knocks are known.
    knocks: Vec<bool>,
}

type Queued = Vec<(u32, Vec<u8>)>;

/// Sample knocks that are looked for: a store lists none.
const KNOCKS: u32 = 32;

impl ProfileContents {
    /// Reads everything, with the timelines and queues of these conversations.
    pub fn of(
        store: &impl ProfileStore,
        conversations: &[ConversationId],
    ) -> Result<Self, StoreError> {
        let timelines = conversations.iter().map(|conversation| {
            let page = store.timeline(*conversation, None, u16::MAX)?;
            let (messages, _) = page.unwrap_or_default();
            Ok((messages, store.unread(*conversation)?))
        });
        let timelines: Vec<(Vec<MessageRow>, u32)> =
            timelines.collect::<Result<_, StoreError>>()?;
        let rows = timelines.iter().flat_map(|(rows, _)| rows);
        let marks = rows.map(|row| {
            let of = message_ref(row);
            Ok((store.marks(&of)?, store.reactions(&of)?))
        });
        let timers = conversations.iter().map(|of| store.timer(*of));
        let queues = conversations.iter().map(|conversation| {
            Ok([
                store.queued(Queue::Unacknowledged, *conversation)?,
                store.queued(Queue::Early, *conversation)?,
                store.queued(Queue::Marks, *conversation)?,
                store.queued(Queue::Unsealed, *conversation)?,
                store.queued(Queue::Operations, *conversation)?,
            ])
        });
        let knocks = (0..KNOCKS).map(|number| store.knows_knock(&knock(number)));
        Ok(Self {
            queues: queues.collect::<Result<_, StoreError>>()?,
            knocks: knocks.collect::<Result<_, _>>()?,
            contacts: store.contacts()?,
            sessions: store.sessions()?,
            groups: store.groups()?,
            prekeys: store.prekeys()?,
            settings: [
                store.setting(Setting::Reachable)?,
                store.setting(Setting::Receipts)?,
            ],
            marks: marks.collect::<Result<_, StoreError>>()?,
            timers: timers.collect::<Result<_, _>>()?,
            next_to_disappear: store.next_to_disappear()?,
            timelines,
            identity: store.identity()?,
            conversations: store.conversations()?,
            outbox: store.outbox()?,
            opened: store.opened()?,
        })
    }
}
