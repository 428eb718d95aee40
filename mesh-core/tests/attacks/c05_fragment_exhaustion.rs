//! C05 · bitchat #159: first fragments of messages that never went on filled the
//! memory of whoever heard them; the cure there was a cap of 128 assemblies in all,
//! which then let one peer use up everybody's.
//!
//! Fifty neighbours over datagrams send beginnings: datagrams that wait for one
//! before them, frames that never end, before and after the handshake. Memory stays
//! within the cap and a tenth, every link has its own part of it, and honest
//! messages pass, over datagrams too.

use mesh_core::engine::{Config, Engine, Input, Output};
use mesh_core::limits::{DATAGRAM_LINKS_MAX, REASSEMBLY_BYTES_MAX};
use mesh_core::store::MemoryRelay;
use mesh_core::testing::boxed_rng;
use mesh_core::types::{LinkId, LinkKind, Mono, Now};
use mesh_core::wire::envelope::Class;
use mesh_core::wire::frame::Record;

use crate::forgery::{in_an_hour, sealed_junk};
use crate::heap;
use crate::radio::{RADIO, Radio};
use crate::size;
use crate::world::{START, Siege, info};

const PEERS: usize = 50;
/// What one link may make us keep, by `docs/protocol/datagram.md`: what waits for its
/// turn, and one frame that is not whole.
const LINK_BYTES_MAX: usize = REASSEMBLY_BYTES_MAX + 2_048 + 18;

/// A first fragment, different each time: mostly a datagram far ahead of its turn,
/// sometimes the beginning of the stream.
fn first_fragment(number: u64) -> Vec<u8> {
    let place = match number % 64 {
        0 => 0,
        _ => 1 + (number / 7 % 80) as u16,
    };
    let mut datagram = [[0, 0], place.to_le_bytes()].concat();
    // The length of the largest frame that a link takes.
    datagram.extend([0x10, 0x08]);
    datagram.resize(509, number as u8);
    datagram
}

/// An engine with its neighbours, and nothing else on this thread's heap.
struct Alone {
    engine: Engine,
    mono: u64,
    /// The link of each peer now; none after it was closed.
    links: [Option<LinkId>; PEERS],
    connections: u64,
}

impl Alone {
    fn give(&mut self, input: Input) {
        let mut inputs = vec![input];
        while !inputs.is_empty() {
            let now = Now {
                mono: Mono(self.mono),
                wall: START,
            };
            self.engine
                .handle(now, std::mem::take(&mut inputs))
                .unwrap();
            while let Some(output) = self.engine.poll_output() {
                match output {
                    Output::CloseLink { link } => {
                        let closed = |at: &&mut Option<LinkId>| **at == Some(link);
                        let closed = self.links.iter_mut().find(closed);
                        closed.into_iter().for_each(|at| *at = None);
                    }
                    Output::Transmit { link, bytes } => {
                        inputs.push(Input::Sent {
                            link,
                            bytes: bytes.len(),
                        });
                    }
                    Output::Event(_) => {}
                }
            }
        }
    }

    /// Whoever was closed comes again; for most of them there is no place.
    fn connect_all(&mut self) {
        for peer in 0..PEERS {
            if self.links[peer].is_none() {
                self.connections += 1;
                let link = LinkId(self.connections);
                self.links[peer] = Some(link);
                let info = info(LinkKind::Ble, RADIO, false);
                self.give(Input::LinkUp { link, info });
            }
        }
    }
}

#[test]
fn first_fragments_of_fifty_peers_stay_within_their_caps() {
    let relay = Box::new(MemoryRelay::default());
    let now = Now {
        mono: Mono(0),
        wall: START,
    };
    let engine = Engine::new(now, Config::new("test"), boxed_rng(1), relay, None).unwrap();
    let mut alone = Alone {
        engine,
        mono: 0,
        links: [None; PEERS],
        connections: 0,
    };
    alone.connect_all();
    let (before, mut most) = (heap::live(), 0);
    let count = size(200_000, 1_000_000);
    for number in 0..count {
        if number % 5_000 == 0 {
            alone.mono += 700;
            alone.connect_all();
        }
        if let Some(link) = alone.links[(number % PEERS as u64) as usize] {
            let bytes = first_fragment(number);
            alone.give(Input::Received { link, bytes });
        }
        most = most.max(heap::live() - before);
    }
    let cap = DATAGRAM_LINKS_MAX * LINK_BYTES_MAX;
    println!("{count} first fragments: {most} bytes of heap, cap {cap}");
    assert!(most > cap as i64 / 2, "it was an attack: {most}");
    assert!(most < cap as i64 * 11 / 10, "{most} of {cap}");
}

#[test]
fn honest_messages_pass_amid_first_fragments() {
    let mut siege = Siege::new();
    let honest = Radio::neighbour(&mut siege.world, 0);
    for round in 0..20 {
        let links: Vec<LinkId> = (0..PEERS)
            .map(|_| siege.world.besiege(0, LinkKind::Ble, RADIO))
            .collect();
        for number in 0..2_000 {
            let link = links[(number % PEERS as u64) as usize];
            siege.world.bring(link, first_fragment(number));
        }
        siege.assert_honest_messages_pass();
        links.into_iter().for_each(|link| siege.world.leave(link));
        if round < 4 {
            assert!(!siege.world.is_closed(honest.link), "silent for 20 s only");
        }
    }
}

#[test]
fn one_link_s_waiting_fragments_leave_another_link_all_of_its_own() {
    let mut siege = Siege::new();
    let expiry = in_an_hour(siege.world.now(0).wall);
    let mut honest = Radio::neighbour(&mut siege.world, 0);
    for _ in 1..DATAGRAM_LINKS_MAX {
        let link = siege.world.besiege(0, LinkKind::Ble, RADIO);
        siege.world.deafen(link);
        (0..500).for_each(|number| siege.world.bring(link, first_fragment(number)));
    }
    // Its last datagrams come first, as far ahead as any sender goes.
    let pads = vec![Record::Push(sealed_junk(Class::Sos, expiry, 1)); 4];
    let mut datagrams = honest.prepare(&siege.world, &pads);
    datagrams.reverse();
    honest.bring(&mut siege.world, datagrams);
    assert_eq!(siege.world.held(0), 1);
    siege.assert_honest_messages_pass();
}
