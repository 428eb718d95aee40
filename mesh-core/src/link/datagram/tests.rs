//! Two ends of a datagram link in virtual air.

use proptest::prelude::*;

use super::*;
use crate::limits::{
    ACK_DELAY_MS, ACK_EVERY, ACK_EVERY_WITH_GAP, BLE_CREDIT_BYTES, REASSEMBLY_MS_MAX,
    SILENCE_MS_MAX,
};
use crate::testing::{Air, Weather};

const MTU: usize = 509;

fn end(mtu: usize) -> Datagrams {
    Datagrams::new(mtu, BLE_CREDIT_BYTES).unwrap()
}

/// Two ends, and the air from each to the other.
struct Pair {
    now_ms: u64,
    ends: [Datagrams; 2],
    airs: [Air; 2],
    /// What came out at each end.
    streams: [Vec<u8>; 2],
    /// What each end still has to say.
    to_say: [Vec<u8>; 2],
}

impl Pair {
    fn new(mtu: usize, weather: Weather, seed: u64) -> Self {
        Self {
            now_ms: 0,
            ends: [end(mtu), end(mtu)],
            airs: [Air::new(weather, 2 * seed), Air::new(weather, 2 * seed + 1)],
            streams: [Vec::new(), Vec::new()],
            to_say: [Vec::new(), Vec::new()],
        }
    }

    fn now(&self) -> Mono {
        Mono(self.now_ms)
    }

    /// Everything that can happen at this moment.
    fn step(&mut self) {
        let now = self.now();
        for side in 0..2 {
            while let Some(datagram) = self.airs[1 - side].arrived(self.now_ms) {
                let stream = self.ends[side].receive(now, &datagram).unwrap();
                self.streams[side].extend(stream);
            }
            let room = self.ends[side].room(0).min(self.to_say[side].len());
            let said: Vec<u8> = self.to_say[side].drain(..room).collect();
            self.ends[side].put(&said);
            while let Some(datagram) = self.ends[side].poll_transmit(now) {
                self.ends[side].sent(datagram.len());
                self.airs[side].send(self.now_ms, datagram);
            }
        }
    }

    /// Runs until `end_ms`, or until nothing more will happen.
    fn run_to(&mut self, end_ms: u64) {
        loop {
            self.step();
            let airs = self.airs.iter().filter_map(Air::next_at);
            let timers = self
                .ends
                .iter()
                .filter_map(|end| Some(end.next_timeout()?.0));
            match airs.chain(timers).min() {
                Some(next) if next <= end_ms => self.now_ms = self.now_ms.max(next),
                _ => break,
            }
            assert!(!self.ends.iter().any(|end| end.is_broken(self.now())));
        }
        self.now_ms = end_ms;
    }
}

fn text(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n * 31 % 251) as u8).collect()
}

#[test]
fn a_datagram_too_small_for_use_is_no_link() {
    assert!(Datagrams::new(DATAGRAM_BYTES_MIN - 1, BLE_CREDIT_BYTES).is_none());
    assert!(Datagrams::new(DATAGRAM_BYTES_MIN, 0).is_some());
}

#[test]
fn one_envelope_costs_one_datagram_and_a_middle_one_four() {
    for (bytes, datagrams) in [(485, 1), (1_925, 4)] {
        let mut pair = Pair::new(MTU, Weather::FAIR, 1);
        pair.to_say[0] = text(bytes);
        pair.run_to(5_000);
        assert_eq!(pair.airs[0].sent, datagrams);
        assert_eq!(pair.streams[1].len(), bytes);
        assert!(pair.airs[1].sent_bytes <= 4, "{}", pair.airs[1].sent_bytes);
    }
}

#[test]
fn no_more_than_eight_datagrams_are_on_the_way_and_room_says_so() {
    let mut sender = end(MTU);
    assert_eq!(sender.room(0), 8 * 505);
    sender.put(&text(8 * 505));
    assert_eq!(sender.room(9_999), 0);
    let sent = std::iter::from_fn(|| sender.poll_transmit(Mono(0)));
    let sent: Vec<usize> = sent.map(|datagram| datagram.len()).collect();
    assert_eq!(sent, [509; 8]);
    assert_eq!(sender.room(9_999), 0);
}

#[test]
fn a_carrier_that_takes_nothing_is_given_no_more() {
    let mut sender = end(MTU);
    sender.put(&text(8 * 505));
    let sent = std::iter::from_fn(|| sender.poll_transmit(Mono(0))).count();
    assert_eq!(sent, 8);
    // A second passes: all of it would be sent again, if the carrier took it.
    assert_eq!(sender.poll_transmit(Mono(1_000)), None);
    assert_eq!(sender.next_timeout(), Some(Mono(SILENCE_MS_MAX)));
    sender.sent(509);
    assert!(sender.poll_transmit(Mono(1_000)).is_some());
}

#[test]
fn what_nobody_acknowledges_is_sent_again_ever_more_rarely_and_breaks_the_link() {
    let mut sender = end(MTU);
    sender.put(b"anyone?");
    let mut sent_at = Vec::new();
    let mut now = Mono(0);
    while !sender.is_broken(now) {
        while let Some(datagram) = sender.poll_transmit(now) {
            sender.sent(datagram.len());
            sent_at.push(now.0);
        }
        now = sender.next_timeout().unwrap();
    }
    assert_eq!(now.0, SILENCE_MS_MAX);
    assert_eq!(sent_at[..5], [0, 500, 1_500, 3_500, 5_500]);
    assert!(sent_at.len() < 20, "{sent_at:?}");
}

#[test]
fn a_gap_that_is_never_filled_breaks_the_link() {
    let mut receiver = end(MTU);
    // Number 1, and number 0 never.
    let late = [0, 0, 1, 0, b'x'];
    assert_eq!(receiver.receive(Mono(5), &late), Ok(Vec::new()));
    assert!(!receiver.is_broken(Mono(REASSEMBLY_MS_MAX)));
    assert!(receiver.is_broken(Mono(5 + REASSEMBLY_MS_MAX)));
}

#[test]
fn strays_change_nothing() {
    let mut receiver = end(MTU);
    let before = format!("{receiver:?}");
    for stray in [
        &[][..],
        &[1],
        &[1, 0],
        &[0, 0, 0],
        &[0, 0, 0, 0],
        &[0, 0, 0, 0x80, 1],
    ] {
        assert_eq!(receiver.receive(Mono(0), stray), Err(Stray), "{stray:?}");
    }
    assert_eq!(format!("{receiver:?}"), before);
}

#[test]
fn what_waits_for_its_turn_is_bounded_in_number_and_bytes() {
    for size in [1, 500, 5_000, 20_000] {
        let mut receiver = end(MTU);
        for number in 1..1_000_u16 {
            let mut datagram = vec![0, 0];
            datagram.extend(number.to_le_bytes());
            datagram.extend(text(size));
            receiver.receive(Mono(0), &datagram).unwrap();
            assert!(receiver.inbound.waiting_bytes() <= REASSEMBLY_BYTES_MAX);
        }
        let waiting = receiver.inbound.state().1.map_or(0, u64::count_ones);
        assert!((waiting as usize) < REORDER_DATAGRAMS_MAX, "{waiting}");
    }
}

#[test]
fn a_datagram_too_far_ahead_is_not_taken() {
    let ahead = |number: usize| {
        let mut receiver = end(MTU);
        let number = u16::try_from(number).unwrap().to_le_bytes();
        let datagram = [0, 0, number[0], number[1], b'x'];
        receiver.receive(Mono(0), &datagram).unwrap();
        receiver.held_bytes()
    };
    assert_eq!(ahead(REORDER_DATAGRAMS_MAX - 1), 1);
    assert_eq!(ahead(REORDER_DATAGRAMS_MAX), 0);
}

#[test]
fn datagrams_on_the_way_are_bounded_in_size_and_number_whatever_a_carrier_takes() {
    for (mtu, bytes_max) in [(MTU, MTU), (60_000, DATAGRAM_BYTES_MAX)] {
        let mut sender = Datagrams::new(mtu, 1 << 30).unwrap();
        sender.put(&text(sender.room(0)));
        let sent = std::iter::from_fn(|| sender.poll_transmit(Mono(0)));
        let sent: Vec<usize> = sent.map(|datagram| datagram.len()).collect();
        assert!(sent.len() <= DATAGRAMS_IN_FLIGHT_MAX, "{}", sent.len());
        assert_eq!(sent.iter().max(), Some(&bytes_max));
        assert!(sent.iter().sum::<usize>() <= REASSEMBLY_BYTES_MAX + bytes_max);
    }
    let mut sender = Datagrams::new(DATAGRAM_BYTES_MIN, 1 << 30).unwrap();
    sender.put(&text(sender.room(0)));
    let sent = std::iter::from_fn(|| sender.poll_transmit(Mono(0)));
    assert_eq!(sent.count(), DATAGRAMS_IN_FLIGHT_MAX);
}

#[test]
fn an_acknowledgement_goes_at_once_after_so_many_and_sooner_with_a_gap() {
    let mut receiver = end(MTU);
    for number in 0..u8::try_from(ACK_EVERY).unwrap() {
        assert_eq!(receiver.poll_transmit(Mono(0)), None, "{number}");
        receiver.receive(Mono(0), &[0, 0, number, 0, b'x']).unwrap();
    }
    assert!(receiver.poll_transmit(Mono(0)).is_some());
    let mut receiver = end(MTU);
    receiver.receive(Mono(0), &[0, 0, 1, 0, b'x']).unwrap();
    assert!(receiver.poll_transmit(Mono(0)).is_some(), "a gap opened");
    for number in 2..2 + u8::try_from(ACK_EVERY_WITH_GAP).unwrap() {
        assert_eq!(receiver.poll_transmit(Mono(0)), None, "{number}");
        receiver.receive(Mono(0), &[0, 0, number, 0, b'x']).unwrap();
    }
    assert!(receiver.poll_transmit(Mono(0)).is_some());
}

#[test]
fn acknowledgements_are_few_while_all_goes_well() {
    let mut pair = Pair::new(MTU, Weather::FAIR, 2);
    pair.to_say[0] = text(500_000);
    pair.run_to(60_000);
    assert_eq!(pair.streams[1].len(), 500_000);
    let back = pair.airs[1].sent as f64 / pair.airs[0].sent as f64;
    assert!(back <= 0.5, "{back} acknowledgements for each datagram");
    let overhead = pair.airs[0].sent_bytes as f64 / 500_000.0 - 1.0;
    println!(
        "head overhead {:.2} %, {back:.2} acknowledgements a datagram",
        100.0 * overhead
    );
    assert!(overhead <= 0.03, "{overhead}");
}

#[test]
fn traffic_both_ways_needs_hardly_any_acknowledgement_of_its_own() {
    let mut pair = Pair::new(MTU, Weather::FAIR, 3);
    pair.to_say = [text(200_000), text(200_000)];
    pair.run_to(60_000);
    assert_eq!(pair.streams, [text(200_000), text(200_000)]);
    let datagrams = pair.airs[0].sent.max(pair.airs[1].sent);
    assert!(datagrams < 200_000 / 505 + 20, "{datagrams}");
}

#[test]
fn numbers_wrap_and_nothing_is_confused() {
    let weather = Weather {
        rate_bytes_s: 250_000,
        doubled_per_mille: 20,
        ..Weather::FAIR.losing(10).reordering(40)
    };
    let mut pair = Pair::new(DATAGRAM_BYTES_MIN, weather, 4);
    // 16 bytes a datagram: more datagrams than there are numbers, both ways.
    pair.to_say = [text(600_000), text(560_000)];
    pair.run_to(600_000);
    assert!(pair.ends.iter().all(|end| end.outbound.next() > 1 << 15));
    assert_eq!(pair.streams, [text(560_000), text(600_000)]);
}

/// Bytes a second that come out over 60 s, as a share of what the air lets through.
fn goodput(mtu: usize, weather: Weather, seed: u64) -> f64 {
    let mut pair = Pair::new(mtu, weather, seed);
    pair.to_say[0] = text(60 * 60_000);
    pair.run_to(60_000);
    let got = pair.streams[1].len();
    assert_eq!(pair.streams[1], text(60 * 60_000)[..got]);
    let passes = f64::from(1_000 - weather.lost_per_mille) / 1_000.0;
    got as f64 / 60.0 / (weather.rate_bytes_s as f64 * passes)
}

#[test]
fn goodput_degrades_gracefully_with_loss_and_reordering() {
    let fair = Weather::FAIR;
    println!("seeds 1 to 3; share of (1 - loss) x rate that comes out");
    for (mtu, weather, at_least) in [
        (MTU, fair, 0.97),
        (MTU, fair.losing(10), 0.95),
        (MTU, fair.losing(50), 0.93),
        (MTU, fair.losing(100), 0.9),
        (MTU, fair.reordering(50), 0.85),
        (MTU, fair.losing(50).reordering(50), 0.8),
        (
            182,
            Weather {
                rate_bytes_s: 14_000,
                ..fair
            }
            .losing(50),
            0.93,
        ),
    ] {
        let shares = [1, 2, 3].map(|seed| goodput(mtu, weather, seed));
        println!("{mtu} {weather:?}: {shares:.3?}");
        let worst = shares.into_iter().fold(f64::MAX, f64::min);
        assert!(worst >= at_least, "{mtu} {weather:?}: {shares:?}");
    }
}

#[test]
fn a_lone_lost_datagram_is_repaired_within_a_patience() {
    let mut sender = end(MTU);
    let mut receiver = end(MTU);
    sender.put(b"first");
    assert!(sender.poll_transmit(Mono(0)).is_some(), "lost");
    let at = sender.next_timeout().unwrap();
    let again = sender.poll_transmit(at).unwrap();
    assert_eq!(receiver.receive(at, &again), Ok(b"first".to_vec()));
    assert_eq!(receiver.poll_transmit(at), None);
    let ack = receiver.poll_transmit(at.plus_ms(ACK_DELAY_MS)).unwrap();
    assert_eq!(sender.receive(at, &ack), Ok(Vec::new()));
    assert!(sender.outbound.is_idle());
    assert_eq!(
        (sender.next_timeout(), receiver.next_timeout()),
        (None, None)
    );
}

proptest! {
    #[test]
    fn every_byte_comes_once_and_in_order(
        seed in 0u64..1_000_000,
        mtu in DATAGRAM_BYTES_MIN..700,
        lost_per_mille in 0u32..200,
        doubled_per_mille in 0u32..300,
        jitter_ms in 0u64..200,
        sizes in prop::array::uniform2(0usize..20_000),
    ) {
        let weather = Weather { jitter_ms, lost_per_mille, doubled_per_mille, ..Weather::FAIR };
        let mut pair = Pair::new(mtu, weather, seed);
        pair.to_say = sizes.map(text);
        pair.run_to(600_000);
        prop_assert_eq!(&pair.streams[1], &text(sizes[0]));
        prop_assert_eq!(&pair.streams[0], &text(sizes[1]));
        prop_assert!(pair.ends.iter().all(|end| end.held_bytes() == 0));
    }

    #[test]
    fn any_bytes_are_bounded_and_never_panic(
        datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..200),
    ) {
        let mut receiver = end(MTU);
        receiver.put(&text(4_000));
        for (at, datagram) in (0..).zip(datagrams) {
            let _ = receiver.receive(Mono(at), &datagram);
            let _ = receiver.poll_transmit(Mono(at));
            prop_assert!(receiver.held_bytes() <= REASSEMBLY_BYTES_MAX + 4_096);
        }
    }
}
