//! All neighbours, and which of them a batch must look at.
//!
//! A batch is mostly about one neighbour, and must not cost what looking at all of
//! them costs. So each has a *mark*: it is marked when something about it changed since
//! it was looked at last, or while it waits for something that no timer tells of
//! ([`Peer::is_restless`]). The rule by which nobody is forgotten:
//!
//! - a peer changes through [`Peers::touch`], [`Peers::touch_all`] or [`Seat::touch`]
//!   only, and each of them marks it, or through [`Peers::sent`], which knows when not;
//! - what it is to be asked for lies in `gossip`, which has marks of its own;
//! - what a full store changes for all of them marks all of them;
//! - everything else is a matter of time, and [`Peer::next_timeout`] names it.
//!
//! So a peer without a mark, before its time, has nothing to do: looking at it would
//! change nothing. A build with debug assertions does look, in every batch, and checks.

use crate::types::{LinkId, Mono};

use super::peer::Peer;

/// One neighbour and its mark.
#[derive(Debug)]
pub(super) struct Seat {
    link: LinkId,
    is_marked: bool,
    /// [`Peer::next_timeout`] at the last look.
    look_at: Mono,
    peer: Box<Peer>,
}

impl Seat {
    pub(super) fn link(&self) -> LinkId {
        self.link
    }

    pub(super) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// To change it.
    pub(super) fn touch(&mut self) -> &mut Peer {
        self.is_marked = true;
        &mut self.peer
    }

    /// Whether a batch must look at it.
    pub(super) fn is_due(&self, now: Mono) -> bool {
        self.is_marked || self.look_at <= now
    }
}

/// The neighbours, in order of their links: a few, so that a search among them is one
/// look at a line or two of memory.
#[derive(Debug, Default)]
pub(super) struct Peers {
    seats: Vec<Seat>,
    /// How often one was looked at.
    #[cfg(test)]
    pub(super) looks: u64,
}

impl Peers {
    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    pub(super) fn contains(&self, link: LinkId) -> bool {
        self.seat(link).is_some()
    }

    pub(super) fn get(&self, link: LinkId) -> Option<&Peer> {
        self.seat(link).map(Seat::peer)
    }

    /// One of them, to change it.
    pub(super) fn touch(&mut self, link: LinkId) -> Option<&mut Peer> {
        let mut seats = self.seats.iter_mut();
        seats.find(|seat| seat.link == link).map(Seat::touch)
    }

    /// Its carrier took bytes: that is news to a neighbour for whom something waits, or
    /// whose datagrams keep time by it. Mostly it is for neither.
    pub(super) fn sent(&mut self, link: LinkId, bytes: usize) {
        let mut seats = self.seats.iter_mut();
        if let Some(seat) = seats.find(|seat| seat.link == link) {
            seat.peer.sent(bytes);
            seat.is_marked |= seat.peer.waits_for_carrier();
        }
    }

    /// All of them, to change them.
    pub(super) fn touch_all(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.seats.iter_mut().map(Seat::touch)
    }

    /// What a batch goes by changed for all of them.
    pub(super) fn mark_all(&mut self) {
        self.seats.iter_mut().for_each(|seat| seat.is_marked = true);
    }

    /// In order of their links.
    pub(super) fn iter(&self) -> impl Iterator<Item = (LinkId, &Peer)> {
        self.seats.iter().map(|seat| (seat.link, seat.peer()))
    }

    /// In order of their links.
    pub(super) fn values(&self) -> impl Iterator<Item = &Peer> {
        self.seats.iter().map(Seat::peer)
    }

    /// In order of their links, to change some.
    pub(super) fn seats_mut(&mut self) -> impl Iterator<Item = &mut Seat> {
        self.seats.iter_mut()
    }

    /// Those that a batch must look at for their own sake.
    pub(super) fn due(&self, now: Mono) -> impl Iterator<Item = (LinkId, &Peer)> {
        let due = self.seats.iter().filter(move |seat| seat.is_due(now));
        due.map(|seat| (seat.link, seat.peer()))
    }

    pub(super) fn insert(&mut self, link: LinkId, peer: Box<Peer>) {
        let at = self.seats.partition_point(|seat| seat.link < link);
        let seat = Seat {
            link,
            is_marked: true,
            look_at: Mono(0),
            peer,
        };
        self.seats.insert(at, seat);
    }

    pub(super) fn remove(&mut self, link: LinkId) -> Option<Box<Peer>> {
        let at = self.seats.iter().position(|seat| seat.link == link)?;
        Some(self.seats.remove(at).peer)
    }

    /// The `at`-th in order of their links, and whether a batch must look at it for its
    /// own sake.
    pub(super) fn at(&self, at: usize, now: Mono) -> Option<(LinkId, bool)> {
        let seat = self.seats.get(at)?;
        Some((seat.link, seat.is_due(now)))
    }

    /// A batch has looked at it: it needs no second look before its time.
    pub(super) fn looked_at(&mut self, link: LinkId) {
        #[cfg(test)]
        {
            self.looks += 1;
        }
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.link == link) {
            seat.look_at = seat.peer.next_timeout();
            seat.is_marked = seat.peer.is_restless();
        }
    }

    /// Breaks the rule.
    #[cfg(test)]
    pub(super) fn unmark(&mut self, link: LinkId) {
        let mut seats = self.seats.iter_mut();
        if let Some(seat) = seats.find(|seat| seat.link == link) {
            seat.is_marked = false;
        }
    }

    /// When the first of them must be looked at.
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let times = self.seats.iter().map(|seat| match seat.is_marked {
            true => seat.peer.next_timeout(),
            false => seat.look_at,
        });
        times.min()
    }

    fn seat(&self, link: LinkId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.link == link)
    }
}
