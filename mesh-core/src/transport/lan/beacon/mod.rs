//! Our own beacon on the loopback interface: two profiles on one laptop meet with
//! no network at all.
//!
//! Floor 5 (`docs/protocol/link.md`). A datagram to 127.255.255.255 reaches every
//! socket that shares the port, and never leaves the machine. It names no peer:
//! a port, and a nonce that only tells us our own beacons.
//!
//! | offset | length | field |
//! |---|---|---|
//! | 0 | 4 | `SLNG` |
//! | 4 | 1 | version, 1 |
//! | 5 | 1 | zero |
//! | 6 | 2 | TCP port of the sender on the datagram's source address, big-endian |
//! | 8 | 8 | nonce, another one every interval |

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::chance::Chance;

/// The UDP port of the beacon, the same for everyone.
pub(super) const BEACON_PORT: u16 = 47_741;

const MAGIC: [u8; 4] = *b"SLNG";
const VERSION: u8 = 1;
const BEACON_BYTES: usize = 16;
const LOOPBACK_BROADCAST: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

const ALONE_INTERVAL_MS: u64 = 2_000;
const COMPANY_INTERVAL_MS_MIN: u64 = 15_000;
const COMPANY_INTERVAL_MS_MAX: u64 = 25_000;
/// A newcomer is answered so soon, and nobody sooner.
const ANSWER_DELAY: Duration = Duration::from_millis(200);
const RETRY_DELAY: Duration = Duration::from_secs(10);
/// Own nonces remembered: the last minute of them, alone.
const NONCES_MAX: usize = 32;
/// Senders remembered, so that only a newcomer is answered.
const SENDERS_MAX: usize = 64;
/// Datagrams read between two pauses; a flood waits in the kernel and is dropped there.
const READS_MAX: u32 = 32;
const READ_PAUSE: Duration = Duration::from_millis(100);

/// What the beacon shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// Where we listen on loopback; `None`: stay quiet.
    pub(super) address: Option<SocketAddrV4>,
    /// Nobody is linked.
    pub(super) is_alone: bool,
}

/// Announces and listens until the plan's sender is gone; failures are retried.
pub(super) async fn run(
    mut plan: watch::Receiver<Plan>,
    heard: mpsc::Sender<SocketAddr>,
    chance: Chance,
) {
    let mut beacon = Beacon {
        chance,
        heard,
        nonces: VecDeque::new(),
        senders: VecDeque::new(),
    };
    loop {
        let current = *plan.borrow_and_update();
        let outcome = match current.address {
            None => plan.changed().await.map_err(io::Error::other),
            Some(address) => beacon.on_air(address, &mut plan).await,
        };
        if plan.has_changed().is_err() {
            return;
        }
        if let Err(error) = outcome {
            tracing::debug!(kind = ?error.kind(), "loopback beacon failed");
            sleep(RETRY_DELAY).await;
        }
    }
}

struct Beacon {
    chance: Chance,
    heard: mpsc::Sender<SocketAddr>,
    nonces: VecDeque<[u8; 8]>,
    senders: VecDeque<SocketAddr>,
}

impl Beacon {
    /// Until the address changes.
    async fn on_air(
        &mut self,
        address: SocketAddrV4,
        plan: &mut watch::Receiver<Plan>,
    ) -> io::Result<()> {
        let (receiver, sender) = (receiver()?, sender(*address.ip())?);
        let mut due = Instant::now();
        let mut buffer = [0; BEACON_BYTES + 1];
        let mut reads = 0;
        let mut resume = Instant::now();
        loop {
            tokio::select! {
                () = sleep_until(due) => {
                    self.announce(&sender, address.port()).await;
                    due = Instant::now() + self.interval(plan.borrow().is_alone);
                }
                changed = plan.changed() => {
                    changed.map_err(io::Error::other)?;
                    let new = *plan.borrow();
                    if new.address != Some(address) {
                        return Ok(());
                    }
                    due = due.min(Instant::now() + self.interval(new.is_alone));
                }
                received = receiver.recv_from(&mut buffer), if reads < READS_MAX => {
                    reads += 1;
                    resume = Instant::now() + READ_PAUSE;
                    if self.receive(received, &buffer) {
                        due = due.min(Instant::now() + ANSWER_DELAY);
                    }
                }
                () = sleep_until(resume), if reads > 0 => reads = 0,
            }
        }
    }

    async fn announce(&mut self, sender: &UdpSocket, port: u16) {
        let nonce = self.chance.bytes();
        if self.nonces.len() >= NONCES_MAX {
            self.nonces.pop_front();
        }
        self.nonces.push_back(nonce);
        let to = (LOOPBACK_BROADCAST, BEACON_PORT);
        if let Err(error) = sender.send_to(&encode(port, nonce), to).await {
            tracing::debug!(kind = ?error.kind(), "loopback beacon not sent");
        }
    }

    /// Whether a newcomer waits for an answer.
    fn receive(&mut self, received: io::Result<(usize, SocketAddr)>, buffer: &[u8]) -> bool {
        let Ok((length, from)) = received else {
            return false;
        };
        let Some((port, nonce)) = buffer.get(..length).and_then(decode) else {
            return false;
        };
        if !from.ip().is_loopback() || self.nonces.contains(&nonce) {
            return false;
        }
        let address = SocketAddr::new(from.ip(), port);
        // A full queue means a flood; who is real will be heard again.
        let _ = self.heard.try_send(address);
        if self.senders.contains(&address) {
            return false;
        }
        if self.senders.len() >= SENDERS_MAX {
            self.senders.pop_front();
        }
        self.senders.push_back(address);
        true
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

/// Bound to the broadcast address itself, it gets nothing from any network.
fn receiver() -> io::Result<UdpSocket> {
    let socket = datagram_socket()?;
    socket.set_reuse_address(true)?;
    let broadcast = SocketAddrV4::new(LOOPBACK_BROADCAST, BEACON_PORT);
    // Where a broadcast address cannot be bound, loopback broadcasts do not work
    // either, and profiles on one machine meet by address.
    socket.bind(&SocketAddr::from(broadcast).into())?;
    UdpSocket::from_std(socket.into())
}

fn sender(from: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = datagram_socket()?;
    socket.set_broadcast(true)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    UdpSocket::from_std(socket.into())
}

fn datagram_socket() -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn encode(port: u16, nonce: [u8; 8]) -> [u8; BEACON_BYTES] {
    let mut bytes = [0; BEACON_BYTES];
    let fields = MAGIC
        .into_iter()
        .chain([VERSION, 0])
        .chain(port.to_be_bytes())
        .chain(nonce);
    for (slot, byte) in bytes.iter_mut().zip(fields) {
        *slot = byte;
    }
    bytes
}

/// Port and nonce; `None` for all that is not exactly one beacon.
fn decode(bytes: &[u8]) -> Option<(u16, [u8; 8])> {
    let (head, rest) = bytes.split_first_chunk::<6>()?;
    let (port, nonce) = rest.split_first_chunk::<2>()?;
    let [m0, m1, m2, m3, version, zero] = *head;
    let port = u16::from_be_bytes(*port);
    let known = [m0, m1, m2, m3] == MAGIC && version == VERSION && zero == 0;
    (known && port != 0).then_some(())?;
    Some((port, nonce.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn beacon_has_the_documented_layout() {
        let bytes = encode(0x1234, *b"nonce-01");
        assert_eq!(&bytes, b"SLNG\x01\x00\x12\x34nonce-01");
        assert_eq!(decode(&bytes), Some((0x1234, *b"nonce-01")));
    }

    #[test]
    fn anything_but_one_whole_beacon_is_refused() {
        let good = encode(1, [7; 8]);
        assert!((0..BEACON_BYTES).all(|length| decode(&good[..length]).is_none()));
        assert_eq!(decode(&[&good[..], &[0]].concat()), None);
        for at in 0..6 {
            let mut bad = good;
            bad[at] ^= 1;
            assert_eq!(decode(&bad), None, "offset {at}");
        }
        assert_eq!(decode(&encode(0, [7; 8])), None);
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some((port, nonce)) = decode(&bytes) {
                prop_assert_eq!(&encode(port, nonce)[..], &bytes[..]);
            }
        }
    }

    #[tokio::test]
    async fn own_beacons_and_other_hosts_are_not_heard() {
        let (heard, mut addresses) = mpsc::channel(4);
        let mut beacon = Beacon {
            chance: Chance::new(&[0; 32], b"run", b"test"),
            heard,
            nonces: VecDeque::from([[1; 8]]),
            senders: VecDeque::new(),
        };
        let local = SocketAddr::from(([127, 0, 0, 1], 9));
        let remote = SocketAddr::from(([192, 168, 0, 9], 9));
        assert!(!beacon.receive(Ok((16, local)), &encode(5, [1; 8])));
        assert!(!beacon.receive(Ok((16, remote)), &encode(5, [2; 8])));
        assert!(addresses.try_recv().is_err());
        assert!(beacon.receive(Ok((16, local)), &encode(5, [2; 8])));
        assert_eq!(
            addresses.try_recv(),
            Ok(SocketAddr::from(([127, 0, 0, 1], 5)))
        );
        assert!(!beacon.receive(Ok((16, local)), &encode(5, [3; 8])));
    }
}
