//! Own envelopes between "committed" and "on the way like anybody's".
//!
//! They wait a random time, so that a neighbour who does not see our other links
//! cannot tell an author from a relay. Until then they are in no inventory. The
//! order of writing is in `docs/protocol/store.md`: message and outbox row first,
//! relay store second; the row goes when a neighbour has the envelope on disk. Until
//! then it is the only copy that nothing else may drop, and every start releases it
//! again.

use std::collections::BTreeMap;

use crate::api::Event;
use crate::limits::{OWN_HOLD_MS_MAX, OWN_SOS_HOLD_MS_MAX};
use crate::router::admit;
use crate::store::OutboxRow;
use crate::types::{Delivery, EnvelopeId, Mono, Now};
use crate::wire::envelope::{Class, Envelope};

use super::{Engine, EngineError, Profile};

/// Own envelopes held back, by the time they go out.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    held: BTreeMap<(Mono, EnvelopeId), Envelope>,
}

impl Outbox {
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        self.held.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes back everything of which `keep` says no: its message was deleted.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(EnvelopeId) -> bool) {
        self.held.retain(|(_, id), _| keep(*id));
    }

    fn pop_due(&mut self, now: Mono) -> Option<(EnvelopeId, Envelope)> {
        let due = self
            .held
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let ((_, id), envelope) = due.remove_entry();
        Some((id, envelope))
    }
}

impl Engine {
    /// Holds an own envelope for a random time.
    pub(super) fn hold(&mut self, now: Now, envelope: Envelope) {
        let hold_ms_max = match envelope.header().class {
            Class::Sos => OWN_SOS_HOLD_MS_MAX,
            _ => OWN_HOLD_MS_MAX,
        };
        let hold_ms = self.rng.next_u64() % (hold_ms_max + 1);
        self.outbox
            .held
            .insert((now.mono.plus_ms(hold_ms), envelope.id()), envelope);
    }

    /// Holds what a run before this one did not get out.
    pub(super) fn hold_again(&mut self, now: Now, rows: Vec<OutboxRow>) {
        for row in rows {
            if let Ok(envelope) = Envelope::parse(row.body) {
                self.hold(now, envelope);
            }
        }
    }

    /// Puts own envelopes whose time has come where everybody's are.
    pub(super) fn release_own(&mut self, now: Now) -> Result<(), EngineError> {
        while let Some((id, envelope)) = self.outbox.pop_due(now.mono) {
            // One that lapsed while this laptop slept is not sent; its message
            // stays "waiting", with the time that it was kept until.
            if admit(envelope.header(), now.wall).is_err() {
                self.pending.lapsed.push(id);
            } else if !self.inventory.contains(id) {
                self.keep(now, id, &envelope)?;
                self.announce(now, id, envelope.header().class, envelope.as_bytes().len());
            }
        }
        Ok(())
    }

    /// A neighbour has an envelope on disk: if it was the last piece of an own
    /// message, the message is with the mesh.
    pub(super) fn taken(
        &mut self,
        profile: &mut Profile,
        id: EnvelopeId,
    ) -> Result<(), EngineError> {
        if !profile.untaken.remove(&id) {
            return Ok(());
        }
        let taken = profile.store.take_outbox(id)?;
        let Some(taken) = taken.filter(|taken| taken.is_last) else {
            return Ok(());
        };
        let state = Delivery::WithMesh;
        let (conversation, message_id) = (taken.conversation, taken.message_id);
        profile.store.set_state(conversation, message_id, state)?;
        self.tell(Event::MessageState {
            conversation,
            message_id,
            state,
        });
        Ok(())
    }
}
