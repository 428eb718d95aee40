//! Own envelopes between "committed" and "on the way like anybody's".
//!
//! They wait a random time, so that a neighbour who does not see our other links
//! cannot tell an author from a relay; who is careful lets them out only together
//! with others' (at most a minute later). Until then they are in no inventory. The
//! order of writing is in `docs/protocol/store.md`: message and outbox row first,
//! relay store second; the row goes when a neighbour has the envelope on disk. Until
//! then it is the only copy that nothing else may drop, and every start releases it
//! again.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::Event;
use crate::limits::{
    CAREFUL_COMPANY, CAREFUL_HOLD_MS, CAREFUL_LINKS_MIN, CONFIDE_MS_MAX, HOUSEKEEPING_MS,
    OWN_HOLD_MS_MAX, OWN_REFUSED_MS_MAX, OWN_SOS_HOLD_MS_MAX,
};
use crate::router::admit;
use crate::store::OutboxRow;
use crate::types::{Delivery, EnvelopeId, LinkId, Mono, Now, Source};
use crate::wire::envelope::{Class, Envelope};

use super::{Engine, EngineError, Profile};

/// Own envelopes held back, by the time they go out at the latest.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    held: BTreeMap<(Mono, EnvelopeId), Held>,
    /// One neighbour was told of these; all others are at this time.
    confided: BTreeSet<(Mono, EnvelopeId)>,
    /// Envelopes of others passed on so far.
    relayed: u64,
}

#[derive(Debug)]
struct Held {
    envelope: Envelope,
    since: Mono,
    /// It goes out before its time in the company of this many relayed ones.
    company_at: Option<u64>,
}

impl Outbox {
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let held = self.held.first_key_value().map(|((at, _), _)| *at);
        let confided = self.confided.first().map(|(at, _)| *at);
        held.into_iter().chain(confided).min()
    }

    /// Forgets what waits here: it is read from the profile again.
    pub(super) fn clear(&mut self) {
        self.held.clear();
    }

    /// Takes back everything of which `keep` says no: its message was deleted.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(EnvelopeId) -> bool) {
        self.held.retain(|(_, id), _| keep(*id));
    }

    /// An envelope of somebody else goes on from here.
    pub(super) fn relayed_one(&mut self) {
        self.relayed = self.relayed.saturating_add(1);
    }

    /// Whether only one neighbour is told of it yet.
    pub(super) fn is_confided(&self, id: EnvelopeId) -> bool {
        self.confided.iter().any(|(_, confided)| *confided == id)
    }

    fn pop_confided(&mut self, now: Mono) -> Option<(Mono, EnvelopeId)> {
        let first = self.confided.first().copied()?;
        (first.0 <= now && self.confided.remove(&first)).then_some(first)
    }

    fn pop_due(&mut self, now: Mono, links: usize) -> Option<(EnvelopeId, Held)> {
        let in_company = |held: &Held| {
            let enough = held.company_at.is_some_and(|at| self.relayed >= at);
            enough && links >= CAREFUL_LINKS_MIN
        };
        let due = |((at, _), held): &(&(Mono, EnvelopeId), &Held)| *at <= now || in_company(held);
        let key = *self.held.iter().find(due)?.0;
        let held = self.held.remove(&key)?;
        Some((key.1, held))
    }
}

impl Engine {
    /// Holds an own envelope for a random time.
    pub(super) fn hold(&mut self, now: Now, envelope: Envelope) {
        // A call for help does not wait for company.
        let is_careful = self.config.careful && envelope.header().class != Class::Sos;
        let hold_ms_max = match envelope.header().class {
            Class::Sos => OWN_SOS_HOLD_MS_MAX,
            _ => OWN_HOLD_MS_MAX,
        };
        #[cfg(feature = "sim")]
        let hold_ms_max = self.config.own_hold_ms.unwrap_or(hold_ms_max);
        let hold_ms = match is_careful {
            true => CAREFUL_HOLD_MS,
            false => self.rng.next_u64() % (hold_ms_max + 1),
        };
        let company_at = is_careful.then_some(self.outbox.relayed + CAREFUL_COMPANY);
        let key = (now.mono.plus_ms(hold_ms), envelope.id());
        let held = Held {
            envelope,
            since: now.mono,
            company_at,
        };
        self.outbox.held.insert(key, held);
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
        while let Some((_, id)) = self.outbox.pop_confided(now.mono) {
            self.announce(now, id);
        }
        if self.outbox.held.is_empty() {
            return Ok(());
        }
        let links = self.peers.values().filter(|peer| peer.is_ready()).count();
        while let Some((id, held)) = self.outbox.pop_due(now.mono, links) {
            if admit(held.envelope.header(), self.mesh_now(now).wall).is_err() {
                self.hold_refused(now, id, held);
            } else if !self.inventory.contains(id) {
                self.keep(now, id, &held.envelope, Source::HERE)?;
                self.confide(now, id, &held.envelope);
            }
        }
        Ok(())
    }

    /// Tells one neighbour, drawn anew each time, of an own message, and the others
    /// after a while in which most hear of it from somebody else: whoever watches from
    /// some of them takes the first that tells of a message for its author.
    fn confide(&mut self, now: Now, id: EnvelopeId, envelope: &Envelope) {
        let confide_ms = CONFIDE_MS_MAX;
        #[cfg(feature = "sim")]
        let confide_ms = self.config.confide_ms.unwrap_or(confide_ms);
        let able = self.peers.iter().filter(|(_, peer)| {
            peer.is_ready() && peer.outgoing.carries(envelope.as_bytes().len() as u32)
        });
        let links: Vec<LinkId> = able.map(|(link, _)| link).collect();
        let drawn = self.rng.next_u32() as usize % links.len().max(1);
        // A call for help does not wait.
        let link = links
            .get(drawn)
            .filter(|_| envelope.header().class != Class::Sos);
        match link {
            Some(link) if confide_ms > 0 && links.len() > 1 => {
                let half_ms = confide_ms / 2;
                let wait_ms = half_ms + self.rng.next_u64() % (half_ms + 1);
                self.outbox.confided.insert((now.mono.plus_ms(wait_ms), id));
                self.announce_to(now, id, Some(*link));
            }
            _ => self.announce(now, id),
        }
    }

    /// By our clock its time is over, or not yet near. That clock may be wrong for a
    /// moment, and this is the only copy: it is tried again for a day. One that really
    /// lapsed while this laptop slept goes then, unsent; its message stays "waiting",
    /// with the time that it was kept until.
    fn hold_refused(&mut self, now: Now, id: EnvelopeId, held: Held) {
        if now.mono.ms_since(held.since) >= OWN_REFUSED_MS_MAX {
            self.pending.lapsed.push(id);
            return;
        }
        let again = Held {
            company_at: None,
            ..held
        };
        let key = (now.mono.plus_ms(HOUSEKEEPING_MS), id);
        self.outbox.held.insert(key, again);
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
        // A person may have it before the neighbour said so.
        if profile.is_done_with(conversation, message_id)
            || profile.is_heard_in_group(conversation, message_id)
        {
            return Ok(());
        }
        profile.store.set_state(conversation, message_id, state)?;
        self.tell(Event::MessageState {
            conversation,
            message_id,
            state,
        });
        Ok(())
    }
}
