//! Our own beacon: on the loopback interface, where two profiles on one laptop
//! meet with no network at all, and on every network, where mDNS may be blocked.
//!
//! Floor 5 (`docs/protocol/link.md`). `datagram` has the bytes, `sockets` where
//! they go and come from, `hearing` what is believed of them; here is when.

mod datagram;
mod hearing;
mod sockets;

use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::chance::Chance;
use super::interfaces::Interface;
use datagram::encode;
use hearing::Hearing;
use sockets::{Air, Datagram};

const ALONE_INTERVAL_MS: u64 = 2_000;
const COMPANY_INTERVAL_MS_MIN: u64 = 15_000;
const COMPANY_INTERVAL_MS_MAX: u64 = 25_000;
/// A newcomer is answered after a time in this range, so that not everybody
/// answers at once.
const ANSWER_MS_MIN: u64 = 200;
const ANSWER_MS_MAX: u64 = 1_000;
/// No two beacons are closer than this, or forged newcomers would make us flood.
const SPACING: Duration = Duration::from_secs(1);
/// What could not be opened is tried again after this.
const RETRY_DELAY: Duration = Duration::from_secs(5);
/// Datagrams read between two pauses; a flood waits in the kernel and is dropped there.
const READS_MAX: u32 = 128;
const READ_PAUSE: Duration = Duration::from_millis(100);

/// A network on which we say that we are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) interface: Interface,
    /// Where we listen on its address.
    pub(super) port: u16,
}

/// What the beacon shall do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// Where we listen on loopback; `None`: stay quiet there.
    pub(super) loopback: Option<SocketAddrV4>,
    pub(super) networks: Vec<Announced>,
    /// Nobody is linked.
    pub(super) is_alone: bool,
    /// A newcomer would be of use: it is answered.
    pub(super) wants_more: bool,
}

impl Plan {
    fn is_quiet(&self) -> bool {
        self.loopback.is_none() && self.networks.is_empty()
    }

    fn has_same_places(&self, other: &Self) -> bool {
        self.loopback == other.loopback && self.networks == other.networks
    }
}

/// Announces and listens until the plan's sender is gone.
pub(super) async fn run(
    mut plan: watch::Receiver<Plan>,
    heard: mpsc::Sender<SocketAddr>,
    chance: Chance,
) {
    let mut beacon = Beacon {
        start: Instant::now(),
        chance,
        heard,
        hearing: Hearing::default(),
        sent_at: None,
    };
    loop {
        let current = plan.borrow_and_update().clone();
        let outcome = if current.is_quiet() {
            plan.changed().await.map_err(io::Error::other)
        } else {
            beacon.on_air(&current, &mut plan).await
        };
        if outcome.is_err() {
            return;
        }
    }
}

struct Beacon {
    start: Instant,
    chance: Chance,
    heard: mpsc::Sender<SocketAddr>,
    hearing: Hearing,
    sent_at: Option<Instant>,
}

impl Beacon {
    /// Until the places change; an error when nobody plans any more.
    async fn on_air(&mut self, places: &Plan, plan: &mut watch::Receiver<Plan>) -> io::Result<()> {
        let air = Air::open(places);
        let retry = Instant::now() + RETRY_DELAY;
        let mut due = self.not_too_soon(Instant::now());
        let mut reads = 0;
        let mut resume = Instant::now();
        loop {
            tokio::select! {
                () = sleep_until(due) => {
                    self.announce(&air).await;
                    due = Instant::now() + self.interval(plan.borrow().is_alone);
                }
                changed = plan.changed() => {
                    changed.map_err(io::Error::other)?;
                    let is_alone = {
                        let new = plan.borrow();
                        if !new.has_same_places(places) {
                            return Ok(());
                        }
                        new.is_alone
                    };
                    due = due.min(Instant::now() + self.interval(is_alone));
                }
                received = air.receive(), if reads < READS_MAX => {
                    if reads == 0 {
                        resume = Instant::now() + READ_PAUSE;
                    }
                    reads += 1;
                    if self.receive(received) && plan.borrow().wants_more {
                        due = due.min(self.answer_time());
                    }
                }
                () = sleep_until(resume), if reads > 0 => reads = 0,
                () = sleep_until(retry), if air.is_partial => return Ok(()),
            }
        }
    }

    async fn announce(&mut self, air: &Air) {
        self.sent_at = Some(Instant::now());
        for sender in &air.senders {
            // One for each network: equal ones would tell that a laptop is on both.
            let nonce = self.chance.bytes();
            self.hearing.own(nonce);
            sender.send(&encode(sender.port, nonce)).await;
        }
    }

    /// Whether a newcomer waits for an answer.
    fn receive(&mut self, received: io::Result<Datagram>) -> bool {
        let Ok(datagram) = received else {
            return false;
        };
        let now_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let taken = self.hearing.take(now_ms, datagram.from, datagram.bytes());
        let Some(heard) = taken else {
            return false;
        };
        // A full queue means a flood; who is real will be heard again.
        let _ = self.heard.try_send(heard.address);
        heard.is_new
    }

    fn answer_time(&mut self) -> Instant {
        let delay_ms = self.chance.between(ANSWER_MS_MIN, ANSWER_MS_MAX);
        self.not_too_soon(Instant::now() + Duration::from_millis(delay_ms))
    }

    fn not_too_soon(&self, at: Instant) -> Instant {
        self.sent_at.map_or(at, |sent_at| at.max(sent_at + SPACING))
    }

    fn interval(&mut self, is_alone: bool) -> Duration {
        Duration::from_millis(if is_alone {
            ALONE_INTERVAL_MS
        } else {
            self.chance
                .between(COMPANY_INTERVAL_MS_MIN, COMPANY_INTERVAL_MS_MAX)
        })
    }
}

/// What is believed of beacons, for a node without sockets.
#[cfg(feature = "testing")]
#[derive(Default)]
pub(super) struct TrialHearing(Hearing);

#[cfg(feature = "testing")]
impl TrialHearing {
    /// Whether a beacon from there, bearing the port of that address, is heard.
    pub(super) fn hears(&mut self, now_ms: u64, from: SocketAddr) -> bool {
        let beacon = encode(from.port(), [0; 8]);
        self.0.take(now_ms, from, &beacon).is_some()
    }
}
