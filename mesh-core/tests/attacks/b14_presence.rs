//! B14 · libp2p names every laptop by a key in mDNS and identify, so whoever logs a
//! LAN knows who was there on which days.
//!
//! Two profiles run again and again on one network, at the same address and port,
//! and everything they send in clear is recorded. No string of bytes may come back
//! in the runs of one profile and not in those of the other, and a classifier that
//! compares runs by all strings they share must not tell one profile from the other.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use mesh_core::node::NodeConfig;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::person::{DEADLINE, Person, is_on_own_network, quiet};
use crate::size;

/// Long enough that chance makes no two equal, short enough to cross field borders.
const STRING_BYTES: usize = 8;
const LISTEN_PORT: u16 = 4_777;
/// How long each run is recorded, at least.
const RECORD_MIN: Duration = Duration::from_millis(1_200);
const ETHERTYPE_ALL: u16 = 0x0003;
/// How well a classifier may tell the profiles apart; 0.5 is chance.
const AUC_MAX: f64 = 0.55;

type Strings = BTreeSet<[u8; STRING_BYTES]>;

/// Everything that crosses any interface of this namespace.
struct Tap(Socket);

impl Tap {
    fn open() -> Self {
        let protocol = Protocol::from(i32::from(ETHERTYPE_ALL.to_be()));
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(protocol)).unwrap();
        socket.set_nonblocking(true).unwrap();
        // Nothing may be lost before it is read.
        socket.set_recv_buffer_size(4 << 20).unwrap();
        Self(socket)
    }

    /// Payloads of UDP, and of TCP from the node's port, since the last time.
    fn payloads(&mut self) -> Vec<Vec<u8>> {
        let mut frame = vec![0; 1 << 16];
        let mut payloads = Vec::new();
        while let Ok(length) = self.0.read(&mut frame) {
            payloads.extend(payload(&frame[..length]));
        }
        payloads
    }
}

/// What follows the headers; addresses of the machine are none of ours.
fn payload(frame: &[u8]) -> Option<Vec<u8>> {
    let ethernet = 14;
    let (protocol, transport) = match frame.get(12..14)? {
        [0x08, 0x00] => {
            let header = usize::from(frame.get(ethernet)? & 15) * 4;
            (*frame.get(ethernet + 9)?, ethernet + header)
        }
        [0x86, 0xdd] => (*frame.get(ethernet + 6)?, ethernet + 40),
        _ => return None,
    };
    let from = u16::from_be_bytes(frame.get(transport..transport + 2)?.try_into().unwrap());
    match protocol {
        17 => frame.get(transport + 8..).map(<[u8]>::to_vec),
        6 if from == LISTEN_PORT => {
            let header = usize::from(frame.get(transport + 12)? >> 4) * 4;
            frame.get(transport + header..).map(<[u8]>::to_vec)
        }
        _ => None,
    }
}

/// One run: discovery in both its ways, a link, and a caller that says what Noise
/// begins with and hears the answer.
async fn run(tap: &mut Tap, folder: &Path, name: &str) -> Strings {
    let config = NodeConfig {
        listen: vec![SocketAddr::from(([10, 9, 0, 1], LISTEN_PORT))],
        discovery: true,
        ..quiet(folder.join(name))
    };
    tap.payloads();
    let mut observed = Person::start(config, name).await;
    let mut friend = Person::start(quiet(folder.join("friend")), "Friend").await;
    let begun = Instant::now();
    friend.dial(observed.listen[0]).await;
    friend.until("link", |friend| friend.links == 1).await;
    observed.write("a line").await;
    friend.read("a line").await;
    let caller = TcpStream::connect(observed.listen[0]).await.unwrap();
    // A beacon, an mDNS answer and a handshake must be among it, or it shows nothing.
    let needles: [&[u8]; 3] = [b"SLNG\x01\x00", b"/p2p/", b"/noise"];
    let mut payloads = Vec::new();
    let recorded = async {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let is_all = |payloads: &[Vec<u8>]| needles.iter().all(|needle| has(payloads, needle));
        while begun.elapsed() < RECORD_MIN || !is_all(&payloads) {
            looks.tick().await;
            payloads.extend(tap.payloads());
        }
    };
    timeout(DEADLINE, recorded).await.expect("not all recorded");
    drop(caller);
    friend.stop().await;
    observed.stop().await;
    payloads.extend(tap.payloads());
    payloads
        .iter()
        .flat_map(|bytes| bytes.windows(STRING_BYTES))
        .map(|window| window.try_into().unwrap())
        .collect()
}

fn has(payloads: &[Vec<u8>], needle: &[u8]) -> bool {
    let mut windows = payloads
        .iter()
        .flat_map(|bytes| bytes.windows(needle.len()));
    windows.any(|window| window == needle)
}

/// Strings of every run of the one that are in no run of the other.
fn telltales<'a>(ours: &'a [Strings], theirs: &[Strings]) -> Vec<&'a [u8; STRING_BYTES]> {
    let (first, rest) = ours.split_first().unwrap();
    first
        .iter()
        .filter(|string| rest.iter().all(|run| run.contains(*string)))
        .filter(|string| !theirs.iter().any(|run| run.contains(*string)))
        .collect()
}

/// The chance that two runs of one profile look more alike than two of different
/// ones; strings that all know weigh nothing, rare ones much.
fn classify(runs: &[(usize, &Strings)]) -> f64 {
    let mut seen: BTreeMap<&[u8; STRING_BYTES], usize> = BTreeMap::new();
    for (_, strings) in runs {
        strings
            .iter()
            .for_each(|s| *seen.entry(s).or_default() += 1);
    }
    let count = runs.len() as f64;
    let likeness = |a: &Strings, b: &Strings| -> f64 {
        a.intersection(b)
            .map(|s| (count / seen[s] as f64).ln())
            .sum()
    };
    let (mut same, mut different) = (Vec::new(), Vec::new());
    for (at, (profile, strings)) in runs.iter().enumerate() {
        for (other, others) in &runs[at + 1..] {
            let likeness = likeness(strings, others);
            if profile == other {
                same.push(likeness);
            } else {
                different.push(likeness);
            }
        }
    }
    let pairs = same
        .iter()
        .flat_map(|s| different.iter().map(move |d| (s, d)));
    let won: f64 = pairs
        .map(|(same, different)| match same.total_cmp(different) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
        .sum();
    won / (same.len() * different.len()) as f64
}

#[test]
fn two_runs_of_one_profile_cannot_be_linked_by_what_they_send() {
    if !is_on_own_network(
        "b14_presence::two_runs_of_one_profile_cannot_be_linked_by_what_they_send",
    ) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let mut tap = Tap::open();
        let mut runs = [Vec::new(), Vec::new()];
        let each = size(3, 30) as usize;
        for _ in 0..each {
            for (profile, name) in ["ana", "eve"].into_iter().enumerate() {
                runs[profile].push(run(&mut tap, folder.path(), name).await);
            }
        }
        let [ana, eve] = &runs;
        for (ours, theirs) in [(ana, eve), (eve, ana)] {
            let telltales = telltales(ours, theirs);
            assert!(telltales.is_empty(), "always there: {telltales:?}");
        }
        let labelled: Vec<(usize, &Strings)> = ana
            .iter()
            .map(|run| (0, run))
            .chain(eve.iter().map(|run| (1, run)))
            .collect();
        let auc = classify(&labelled);
        println!("{each} runs each: AUC {auc:.3}");
        // Of a few runs the figure is chance; of many it must be near one half.
        assert!(each < 20 || auc <= AUC_MAX, "AUC {auc:.3}");
    });
}
