//! Two engines in bad air: everything comes once, the urgent first.

use super::crowd::Crowd;
use crate::api::Event;
use crate::engine::{Input, Output};
use crate::limits::{ACK_DELAY_MS, BLE_CREDIT_BYTES};
use crate::testing::{Air, Weather};
use crate::types::{LinkId, LinkInfo, LinkKind, LinkShape};
use crate::wire::envelope::{Class, Envelope, Header};

const MTU: usize = 509;
/// The link of either side to the other.
const LINK: LinkId = LinkId(5_000);

/// Two people who meet over datagrams only.
struct Meeting {
    crowd: Crowd,
    airs: [Air; 2],
    /// All that went through the air, in the order of sending.
    recorded: [Vec<u8>; 2],
    /// Bytes of the largest datagram.
    largest: usize,
    is_up: bool,
    /// Flip a bit at this place of the next full datagram without gaps from the
    /// first side.
    alters: Option<usize>,
}

impl Meeting {
    /// Nobody is linked yet; what they have is settled.
    fn new(weather: Weather, seed: u64) -> Self {
        Self {
            crowd: Crowd::new(2),
            airs: [Air::new(weather, 2 * seed), Air::new(weather, 2 * seed + 1)],
            recorded: [Vec::new(), Vec::new()],
            largest: 0,
            is_up: false,
            alters: None,
        }
    }

    fn link(&mut self, mtu: usize) {
        self.is_up = true;
        for side in 0..2 {
            let info = LinkInfo {
                kind: LinkKind::Ble,
                outbound: side == 0,
                shape: LinkShape::Datagrams { mtu },
                address: None,
            };
            self.give(side, vec![Input::LinkUp { link: LINK, info }]);
        }
    }

    fn give(&mut self, side: usize, inputs: Vec<Input>) {
        let now = self.crowd.now();
        self.crowd.engines[side].handle(now, inputs).unwrap();
        self.drain(side);
    }

    /// The stack takes every write at once, as Bluetooth's does.
    fn drain(&mut self, side: usize) {
        let mut taken = Vec::new();
        while let Some(output) = self.crowd.engines[side].poll_output() {
            match output {
                Output::Event(event) => self.crowd.events[side].push(event),
                Output::CloseLink { .. } => self.is_up = false,
                Output::Transmit { link, .. } if link != LINK => {}
                Output::Transmit { bytes, .. } => {
                    self.recorded[side].extend_from_slice(&bytes);
                    self.largest = self.largest.max(bytes.len());
                    taken.push(Input::Sent {
                        link: LINK,
                        bytes: bytes.len(),
                    });
                    self.airs[side].send(self.crowd.mono, bytes);
                }
            }
        }
        if !taken.is_empty() {
            self.give(side, taken);
        }
    }

    fn run(&mut self, span_ms: u64) {
        let end = self.crowd.mono + span_ms;
        loop {
            for side in 0..2 {
                while let Some(mut bytes) = self.airs[1 - side].arrived(self.crowd.mono) {
                    // One without gaps: its head is then the first four bytes.
                    if bytes.len() == MTU
                        && bytes[1] & 0x80 == 0
                        && side == 1
                        && let Some(at) = self.alters.take()
                    {
                        bytes[at] ^= 0x10;
                    }
                    if self.is_up {
                        self.give(side, vec![Input::Received { link: LINK, bytes }]);
                    }
                }
                if self.crowd.engines[side].next_timeout().0 <= self.crowd.mono {
                    self.give(side, Vec::new());
                }
            }
            let timers = self
                .crowd
                .engines
                .iter()
                .map(|engine| engine.next_timeout().0);
            let airs = self.airs.iter().filter_map(Air::next_at);
            let next = timers.chain(airs).min().unwrap();
            if next > end {
                self.crowd.mono = end;
                return;
            }
            self.crowd.mono = self.crowd.mono.max(next);
        }
    }

    fn held(&self, side: usize) -> usize {
        self.crowd.engines[side].inventory.len()
    }

    /// One person writes so many texts before they meet; they are released.
    fn write(&mut self, side: usize, count: usize) -> crate::types::ConversationId {
        let nearby = self.crowd.join(side, "nearby");
        for number in 0..count {
            self.crowd
                .say(side, nearby, &format!("{side} says {number}"));
        }
        self.run(1_000);
        nearby
    }
}

fn received(crowd: &Crowd, side: usize) -> usize {
    let events = crowd.events[side].iter();
    events
        .filter(|event| matches!(event, Event::MessageReceived(_)))
        .count()
}

#[test]
fn everything_comes_once_in_any_weather() {
    println!("seeds 1 to 4");
    for (seed, mtu, weather) in [
        (1, MTU, Weather::FAIR),
        (2, MTU, Weather::FAIR.losing(50).reordering(50)),
        (
            3,
            182,
            Weather {
                doubled_per_mille: 200,
                ..Weather::FAIR.losing(100).reordering(150)
            },
        ),
        (4, 20, Weather::FAIR.losing(20).reordering(20)),
    ] {
        let mut meeting = Meeting::new(weather, seed);
        let ids = [meeting.write(0, 40), meeting.write(1, 25)];
        meeting.link(mtu);
        meeting.run(60_000);
        for (side, id) in ids.into_iter().enumerate() {
            assert_eq!(meeting.crowd.timeline(side, id).len(), 65, "seed {seed}");
        }
        let shown = [received(&meeting.crowd, 0), received(&meeting.crowd, 1)];
        assert_eq!(shown, [25, 40], "seed {seed}");
        assert!(meeting.is_up && meeting.largest <= mtu, "seed {seed}");
    }
}

#[test]
fn a_contact_of_twenty_seconds_moves_four_hundred_envelopes() {
    for weather in [Weather::FAIR, Weather::FAIR.losing(50)] {
        let mut meeting = Meeting::new(weather, 5);
        meeting.write(0, 400);
        meeting.link(MTU);
        let met_at = meeting.crowd.mono;
        while meeting.held(1) < 400 {
            meeting.run(100);
            assert!(meeting.crowd.mono - met_at <= 20_000, "{weather:?}");
        }
        let sent = &meeting.airs;
        println!(
            "{weather:?}: {} ms, {} datagrams of {} bytes there, {} of {} back",
            meeting.crowd.mono - met_at,
            sent[0].sent,
            sent[0].sent_bytes,
            sent[1].sent,
            sent[1].sent_bytes
        );
    }
}

/// An SOS as a relay has it: nobody here can open it.
fn sos(crowd: &Crowd) -> Envelope {
    let expiry = crowd.now().wall.plus_ms(3_600_000).tick();
    let class = Class::Sos;
    let mut bytes = Header { class, expiry }.encode().to_vec();
    bytes.resize(480, 7);
    Envelope::parse(bytes).unwrap()
}

#[test]
fn an_sos_overtakes_a_full_queue() {
    // Eight datagrams on the way and its own, the way through the air, and an
    // acknowledgement that frees its place.
    let airtime_ms = (BLE_CREDIT_BYTES as u64 + 509) * 1_000 / Weather::FAIR.rate_bytes_s;
    let bound_ms = airtime_ms + Weather::FAIR.delay_ms + ACK_DELAY_MS;
    let mut waits = Vec::new();
    for moment in 0..8 {
        let mut meeting = Meeting::new(Weather::FAIR, 6);
        meeting.write(0, 200);
        meeting.link(MTU);
        meeting.run(2_000 + 7 * moment);
        let before = meeting.held(1);
        assert!((1..150).contains(&before), "in the middle of it: {before}");
        // It comes to the busy side over a wire, from a third.
        let sos = sos(&meeting.crowd);
        let id = sos.id();
        meeting.give(0, super::hostile::bringer(sos));
        let at = meeting.crowd.mono;
        while !meeting.crowd.engines[1].inventory.contains(id) {
            meeting.run(1);
            assert!(meeting.crowd.mono - at < 5_000);
        }
        waits.push(meeting.crowd.mono - at);
    }
    println!("an SOS took {waits:?} ms, of at most {bound_ms}");
    assert!(waits.iter().all(|wait| *wait <= bound_ms), "{waits:?}");
}

#[test]
fn whoever_listens_hears_no_hello_no_id_and_no_envelope() {
    let mut meeting = Meeting::new(Weather::FAIR, 11);
    meeting.write(0, 3);
    meeting.link(MTU);
    meeting.run(5_000);
    assert_eq!(meeting.held(1), 3);
    let mut secrets: Vec<Vec<u8>> = vec![b"SLM1".to_vec()];
    let held = meeting.crowd.engines[0].inventory.iter();
    secrets.extend(held.flat_map(|(id, held)| [id.0.to_vec(), held.tag.to_vec()]));
    for side in 0..2 {
        for secret in &secrets {
            let mut windows = meeting.recorded[side].windows(secret.len());
            assert!(!windows.any(|window| window == secret), "{secret:?}");
        }
    }
}

#[test]
fn an_altered_byte_in_the_air_brings_nothing_in_and_ends_the_link() {
    for at in [0, 2, 4, 6, 40, 508] {
        let mut meeting = Meeting::new(Weather::FAIR, 12);
        meeting.write(0, 30);
        meeting.link(MTU);
        meeting.alters = Some(at);
        // An altered length waits for bytes that come with the next Pad.
        meeting.run(15_000);
        assert_eq!(meeting.alters, None, "a full datagram came");
        // With an altered head it is lost, or in the wrong place; in the stream it
        // never opens.
        assert!(!meeting.is_up || at < 4, "{at}");
        let sent = &meeting.crowd.engines[0].inventory;
        let mut came = meeting.crowd.engines[1].inventory.iter();
        assert!(came.all(|(id, _)| sent.contains(id)), "{at}");
    }
}

#[test]
fn a_link_on_which_nothing_gets_through_is_closed() {
    let mut meeting = Meeting::new(Weather::FAIR.losing(1_000), 7);
    meeting.link(MTU);
    meeting.run(11_000);
    assert!(!meeting.is_up);
}

#[test]
fn strays_do_not_keep_a_link_alive() {
    let mut meeting = Meeting::new(Weather::FAIR, 8);
    meeting.link(MTU);
    meeting.run(2_000);
    meeting.airs = [9, 10].map(|seed| Air::new(Weather::FAIR.losing(1_000), seed));
    for _ in 0..30 {
        meeting.run(1_000);
        let bytes = vec![0];
        meeting.give(0, vec![Input::Received { link: LINK, bytes }]);
    }
    assert!(!meeting.is_up);
}

#[test]
fn more_datagram_links_than_have_room_are_refused() {
    let mut crowd = Crowd::new(2);
    for (count, mtu, up) in [(0, 19, 0), (0, 20, 1), (30, 509, 16)] {
        for number in 0..=count {
            let info = LinkInfo {
                kind: LinkKind::Ble,
                outbound: false,
                shape: LinkShape::Datagrams { mtu },
                address: None,
            };
            let link = LinkId(mtu as u64 * 100 + number);
            crowd.give(0, vec![Input::LinkUp { link, info }]);
        }
        assert_eq!(crowd.engines[0].peers.len(), up, "{mtu}");
    }
}
