//! Bounds connections whose handshake is not done, so that strangers who connect
//! and say nothing cannot keep others out.
//!
//! Floor 5 (`docs/protocol/link.md`). libp2p's own limit refuses the newcomer
//! when the table is full, which is just what a slow-loris wants. Here the oldest
//! half-open connection of the most crowded address gives way: an honest
//! handshake takes milliseconds and is gone before its turn comes.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{
    Boxed, DialOpts, ListenerId, Transport, TransportError, TransportEvent,
};
use libp2p::{Multiaddr, PeerId};
use tokio::sync::oneshot;

use super::status::socket_address;
use crate::limits::LAN_HALF_OPEN_MAX;

/// TCP, Noise and Yamux must be through within this time, in either direction.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

type Ready = (PeerId, StreamMuxerBox);
type Upgrade = Pin<Box<dyn Future<Output = io::Result<Ready>> + Send>>;

/// A transport with a bounded waiting room.
pub(super) struct Gate {
    inner: Boxed<Ready>,
    room: Arc<Mutex<Room>>,
}

impl Gate {
    pub(super) fn new(inner: Boxed<Ready>) -> Self {
        Self {
            inner,
            room: Arc::default(),
        }
    }

    fn admit(&self, upgrade: Upgrade, from: Option<IpAddr>) -> Upgrade {
        let (sender, evicted) = oneshot::channel();
        let ticket = lock(&self.room).enter(from, sender);
        let seat = Seat {
            room: Arc::clone(&self.room),
            ticket,
        };
        Box::pin(async move {
            let _seat = seat;
            tokio::select! {
                biased;
                ready = upgrade => ready,
                // Ends by the sender's drop: nothing is ever sent.
                _ = evicted => Err(io::ErrorKind::ConnectionAborted.into()),
                () = tokio::time::sleep(HANDSHAKE_TIMEOUT) => Err(io::ErrorKind::TimedOut.into()),
            }
        })
    }
}

impl Transport for Gate {
    type Output = Ready;
    type Error = io::Error;
    type ListenerUpgrade = Upgrade;
    type Dial = Upgrade;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        opts: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        let dial = self.inner.dial(address, opts)?;
        Ok(Box::pin(async move {
            tokio::time::timeout(HANDSHAKE_TIMEOUT, dial)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        }))
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Pin::new(&mut self.inner).poll(cx).map(|event| match event {
            TransportEvent::Incoming {
                listener_id,
                upgrade,
                local_addr,
                send_back_addr,
            } => TransportEvent::Incoming {
                listener_id,
                upgrade: self.admit(
                    upgrade,
                    socket_address(&send_back_addr).map(|address| address.ip()),
                ),
                local_addr,
                send_back_addr,
            },
            other => other,
        })
    }
}

/// Who is in a handshake now; tickets grow, so the lowest is the oldest.
#[derive(Default)]
struct Room {
    next_ticket: u64,
    waiting: BTreeMap<u64, (Option<IpAddr>, oneshot::Sender<()>)>,
}

impl Room {
    fn enter(&mut self, from: Option<IpAddr>, evict: oneshot::Sender<()>) -> u64 {
        while self.waiting.len() >= LAN_HALF_OPEN_MAX as usize {
            let Some(ticket) = self.oldest_of_most_crowded() else {
                break;
            };
            self.waiting.remove(&ticket);
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.insert(ticket, (from, evict));
        ticket
    }

    fn oldest_of_most_crowded(&self) -> Option<u64> {
        let mut crowds: BTreeMap<Option<IpAddr>, (usize, u64)> = BTreeMap::new();
        for (ticket, (from, _)) in &self.waiting {
            crowds.entry(*from).or_insert((0, *ticket)).0 += 1;
        }
        crowds
            .into_values()
            .max_by_key(|(count, oldest)| (*count, std::cmp::Reverse(*oldest)))
            .map(|(_, oldest)| oldest)
    }
}

/// A place in the room, given back however the handshake ends.
struct Seat {
    room: Arc<Mutex<Room>>,
    ticket: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.room).waiting.remove(&self.ticket);
    }
}

fn lock(room: &Mutex<Room>) -> MutexGuard<'_, Room> {
    room.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 168, 1, last]))
    }

    #[test]
    fn crowded_address_gives_way_to_a_newcomer() {
        let mut room = Room::default();
        let (quiet, mut quiet_evicted) = oneshot::channel();
        room.enter(address(1), quiet);
        let mut crowd = Vec::new();
        for _ in 0..LAN_HALF_OPEN_MAX {
            let (sender, receiver) = oneshot::channel();
            room.enter(address(2), sender);
            crowd.push(receiver);
        }
        assert_eq!(room.waiting.len(), LAN_HALF_OPEN_MAX as usize);
        assert_eq!(
            quiet_evicted.try_recv(),
            Err(oneshot::error::TryRecvError::Empty)
        );
        assert_eq!(
            crowd[0].try_recv(),
            Err(oneshot::error::TryRecvError::Closed)
        );
    }
}
