//! Who is a neighbour and who visits, who comes in and who has to go for it.
//!
//! Floor 5 (`docs/protocol/link.md`, "Whom to keep"). Part of the machine in
//! `mod.rs`. Whoever is on the network may invent any number of neighbours, so no
//! rule here asks how well somebody behaved: only whether a person knows the
//! address, who was here first, whom we called, and who had no turn yet.

use libp2p::swarm::ConnectionId;

use super::{Aim, Arrival, Entry, Phase, Place, Roster, STREAM_TIMEOUT_MS, Step};
use crate::limits::{LAN_LINKS_MAX, LAN_VISITS_MAX};

/// Our own visits end after this, handshake not counted: two that reconcile on a
/// local network are through in a few round trips.
pub(super) const VISIT_MS: u64 = 800;
/// A visitor may stay so long while nobody else waits.
pub(super) const GUEST_MS_MAX: u64 = 5_000;
/// And so long whoever waits.
pub(super) const GUEST_MS_MIN: u64 = 250;
/// Neighbours of the longest standing are never re-drawn: those who came first
/// cannot be talked out of each other by those who come later.
pub(super) const STANDING: usize = 3;

impl Roster {
    /// Where a newcomer belongs and who has to go for it; `None`: nowhere.
    pub(super) fn place_for(
        &mut self,
        now_ms: u64,
        arrival: &Arrival,
        link: Option<ConnectionId>,
    ) -> Option<(Place, Vec<Step>)> {
        if let Some(link) = link {
            // Of a peer that we are linked to, only a call of its own can be news.
            let place = self.entries.get(&link)?.place;
            return arrival.aim.is_none().then_some((place, Vec::new()));
        }
        let links = self.links();
        match arrival.aim {
            Some(Aim::Hand) => {
                if links >= LAN_LINKS_MAX {
                    self.demote(self.least_settled()?);
                }
                Some((Place::Neighbour, Vec::new()))
            }
            Some(Aim::Neighbour) if links < LAN_LINKS_MAX => Some((Place::Neighbour, Vec::new())),
            Some(_) => {
                let free = self.visits(true) < LAN_VISITS_MAX && !self.is_crowded();
                free.then_some((Place::Visit, Vec::new()))
            }
            None if links + arrival.reserved < LAN_LINKS_MAX => {
                Some((Place::Neighbour, Vec::new()))
            }
            None => Some((Place::Visit, self.receive_guest(now_ms, arrival.is_fresh)?)),
        }
    }

    /// Makes room for a visitor, or says that there is none.
    fn receive_guest(&mut self, now_ms: u64, is_fresh: bool) -> Option<Vec<Step>> {
        if self.is_crowded() {
            return None;
        }
        let mut steps = Vec::new();
        if self.visits(false) >= LAN_VISITS_MAX {
            if !is_fresh {
                return None;
            }
            let guests = self.entries.iter().filter(|(_, entry)| {
                entry.is_visit(false) && now_ms.saturating_sub(entry.since_ms) >= GUEST_MS_MIN
            });
            let (oldest, _) = guests.min_by_key(|(_, entry)| entry.since_ms)?;
            steps = self.fail(*oldest);
        }
        Some(steps)
    }

    /// Links of all kinds are at what the engine takes from one carrier.
    pub(super) fn is_crowded(&self) -> bool {
        let links = self.entries.values().filter(|e| e.is_link()).count();
        links >= LAN_LINKS_MAX + 2 * LAN_VISITS_MAX
    }

    /// Closes what has waited too long, ends visits, and lets visitors have the
    /// places that nobody else needs. Call often: visits are short.
    pub(in super::super) fn tick(&mut self, now_ms: u64, reserved: usize) -> Vec<Step> {
        while self.links() + reserved < LAN_LINKS_MAX {
            let guests = self.entries.values_mut();
            let up = guests.filter(|e| e.is_visit(false) && e.phase == Phase::Up);
            let Some(guest) = up.min_by_key(|entry| entry.since_ms) else {
                break;
            };
            guest.place = Place::Neighbour;
        }
        let late = |entry: &Entry| {
            let age_ms = now_ms.saturating_sub(entry.since_ms);
            entry.phase == Phase::Waiting && age_ms >= STREAM_TIMEOUT_MS
                || entry.is_visit(true) && age_ms >= VISIT_MS
                || entry.is_visit(false) && age_ms >= GUEST_MS_MAX
        };
        let late: Vec<ConnectionId> = self
            .entries
            .iter()
            .filter(|(_, entry)| late(entry))
            .map(|(connection, _)| *connection)
            .collect();
        late.into_iter()
            .flat_map(|connection| self.fail(connection))
            .collect()
    }

    /// Neighbours that may be re-drawn, those that we called if there are any.
    pub(in super::super) fn redrawable(&self) -> Vec<ConnectionId> {
        let mut settled: Vec<(u64, ConnectionId, &Entry)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.phase == Phase::Up && entry.place == Place::Neighbour)
            .map(|(connection, entry)| (entry.since_ms, *connection, entry))
            .collect();
        settled.sort_unstable_by_key(|(since_ms, connection, _)| (*since_ms, *connection));
        let open = settled.into_iter().skip(STANDING);
        let open: Vec<_> = open.filter(|(_, _, entry)| !entry.by_hand).collect();
        let called = open.iter().any(|(_, _, entry)| entry.outbound);
        open.into_iter()
            .filter(|(_, _, entry)| entry.outbound == called)
            .map(|(_, connection, _)| connection)
            .collect()
    }

    /// The neighbour that is missed least: of the youngest links that somebody else
    /// called, or else that we called; never one by hand.
    pub(in super::super) fn least_settled(&self) -> Option<ConnectionId> {
        self.entries
            .iter()
            .filter(|(_, e)| e.phase == Phase::Up && e.place == Place::Neighbour && !e.by_hand)
            .max_by_key(|(_, entry)| (!entry.outbound, entry.since_ms))
            .map(|(connection, _)| *connection)
    }

    /// The neighbour's place is needed: its link is a visit from now on.
    pub(in super::super) fn demote(&mut self, connection: ConnectionId) {
        if let Some(entry) = self.entries.get_mut(&connection) {
            entry.place = Place::Visit;
        }
    }

    /// Visits that go on, ours or those to us.
    pub(in super::super) fn visits(&self, outbound: bool) -> usize {
        let visits = self.entries.values().filter(|e| e.is_visit(outbound));
        visits.count()
    }
}
