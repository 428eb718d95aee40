//! B09 · Bridgefy 2021: different errors, and different times until they came, told an
//! attacker what was inside a ciphertext, after some hundred thousand tries all of it.
//!
//! There is one error for every cause, and it leaves the state as it was; padding is
//! looked at only behind a seal that held. How long each failure takes is measured, each
//! in turn so that nothing else of the machine is compared, and told as Welch's t: it is
//! no gate, as what takes 2 µs here is answered 20 to 250 ms later, at random, or never.
//!
//! `ATTACK_SIZE=full` takes a million of each.

use std::time::Instant;

use mesh_core::crypto::channel::{ChannelDay, ChannelName, ChannelRoot};
use mesh_core::crypto::seal::{OpenError as PostError, open_post};
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::session::{OpenError, Parties, Session};
use mesh_core::testing::rng;

use crate::by_hand;
use crate::forgery;
use crate::size;
use crate::world::START;

/// Mean and variance of what was added, in one pass (Welford).
#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
    }

    fn variance_of_mean(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// Welch's t of two samples.
fn welch(one: &Moments, other: &Moments) -> f64 {
    let spread = one.variance_of_mean() + other.variance_of_mean();
    (one.mean - other.mean) / spread.sqrt()
}

/// Runs all of them in turn, so often, and tells each against the first.
#[expect(
    clippy::disallowed_methods,
    reason = "how long it takes is what is measured"
)]
fn measure(what: &str, causes: &[(&str, Vec<u8>)], mut open: impl FnMut(&[u8])) {
    let mut moments: Vec<Moments> = causes.iter().map(|_| Moments::default()).collect();
    for _ in 0..size(400, 1_000_000) {
        for ((_, envelope), moments) in causes.iter().zip(&mut moments) {
            let begun = Instant::now();
            open(envelope);
            moments.add(begun.elapsed().as_nanos() as f64);
        }
    }
    for ((cause, _), of_cause) in causes.iter().zip(&moments) {
        let (mean, t) = (of_cause.mean, welch(of_cause, &moments[0]));
        println!("{what}, {cause}: mean {mean:.0} ns, t {t:.1} against the first");
    }
}

fn flipped(envelope: &[u8], at: usize) -> Vec<u8> {
    let mut altered = envelope.to_vec();
    altered[at] ^= 1;
    altered
}

/// Fails if a cause gets an error of its own, or leaves a trace in the session.
#[test]
fn a_session_has_one_error_for_every_cause() {
    let rng = &mut rng(9);
    let secret = [0x31; 32];
    let parties = Parties::new(&[1; 32], &[2; 32]);
    let public = by_hand::public_key(&secret);
    let shared = Secret::take(&mut [5; 32]);
    let mut one = Session::initiate(&shared, public, parties, rng).unwrap();
    let mut other = Session::answer(&shared, Secret::take(&mut { secret }), parties);
    // In a chain that is known, so that no step of the ratchet is made.
    let first = one.seal(rng, [1; 16], 480, b"hello").unwrap().envelope;
    other.open(START, &first).unwrap().commit();
    let envelope = one.seal(rng, [1; 16], 480, b"hello").unwrap().envelope;
    let causes = [
        ("header of the envelope", flipped(&envelope, 3)),
        ("salt", flipped(&envelope, 33)),
        ("first byte of the sealed header", flipped(&envelope, 40)),
        ("last byte of the sealed header", flipped(&envelope, 91)),
        ("first byte of the body", flipped(&envelope, 92)),
        ("last byte of the text", flipped(&envelope, 92 + 6)),
        ("last byte of the pad", flipped(&envelope, 463)),
        ("last byte of all", flipped(&envelope, 479)),
        ("tag of nobody", flipped(&envelope, 16)),
        ("one that was opened", first),
        ("too short", envelope[..479].to_vec()),
        ("nothing", Vec::new()),
    ];
    let state = other.encode();
    for (cause, altered) in &causes {
        let opened = other.open(START, altered);
        assert_eq!(opened.err(), Some(OpenError), "{cause}");
        assert!(other.encode() == state, "{cause}");
    }
    assert_eq!(OpenError.to_string(), "the envelope does not open");
    assert_eq!(size_of::<OpenError>(), 0, "it can say nothing more");
    measure("session", &causes, |altered| {
        assert!(other.open(START, altered).is_err())
    });
    assert!(other.open(START, &envelope).is_ok());
}

/// The same of a channel, with what a member could do. Fails if a cause gets an error of
/// its own.
#[test]
fn a_channel_has_one_error_for_every_cause() {
    let root = ChannelRoot::public(&ChannelName::parse("nearby").unwrap());
    let day: ChannelDay = root.day(START.day());
    let inner = forgery::text(START, 1, b"hello");
    let envelope = forgery::post(START, 1, &inner, 480);
    let bytes = envelope.as_bytes();
    let other_day = root.day(mesh_core::types::Day(START.day().0 - 1));
    let causes = [
        ("nonce", flipped(bytes, 33)),
        ("first byte of the body", flipped(bytes, 56)),
        ("last byte of all", flipped(bytes, 479)),
        ("header", flipped(bytes, 4)),
        ("too short", bytes[..479].to_vec()),
        ("nothing", Vec::new()),
    ];
    for (cause, altered) in &causes {
        assert_eq!(open_post(&day, altered), Err(PostError), "{cause}");
    }
    assert_eq!(open_post(&other_day, bytes), Err(PostError));
    assert_eq!(size_of::<PostError>(), 0, "it can say nothing more");
    measure("channel", &causes, |altered| {
        assert!(open_post(&day, altered).is_err())
    });
}

/// The measure tells apart what differs and nothing else.
#[test]
fn welchs_t_is_large_for_what_differs_and_small_for_what_does_not() {
    let samples = |mean: f64| {
        let mut moments = Moments::default();
        (0..1_000).for_each(|at| moments.add(mean + f64::from(at % 10)));
        moments
    };
    assert!(welch(&samples(5.0), &samples(5.0)).abs() < 0.1);
    assert!(welch(&samples(7.0), &samples(5.0)) > 10.0);
}
