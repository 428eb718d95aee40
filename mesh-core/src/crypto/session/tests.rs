//! Two people write to each other, message by message.

mod faults;
mod limits;
mod parties;
mod state;
mod theft;

use super::*;
use crate::testing::{SeededRng, rng};

const NOW: Wall = Wall(1_795_000_000_000);
const HEADER: [u8; HEADER_BYTES] = [1; HEADER_BYTES];

/// A session at both its ends.
fn pair(rng: &mut SeededRng) -> [Session; 2] {
    let shared = draw_secret(rng);
    let prekey = draw_secret(rng);
    let parties = Parties::new(&[1; 32], &[2; 32]);
    let ana = Session::initiate(&shared, public_key(&prekey), parties, rng).unwrap();
    [ana, Session::answer(&shared, prekey, parties)]
}

fn sealed(from: &mut Session, rng: &mut SeededRng, data: &[u8]) -> Vec<u8> {
    from.seal(rng, HEADER, 480, data).unwrap().envelope
}

/// What an envelope says, after the session moved on.
fn opened(to: &mut Session, envelope: &[u8]) -> Result<(u32, Vec<u8>), OpenError> {
    opened_at(NOW, to, envelope)
}

fn opened_at(now: Wall, to: &mut Session, envelope: &[u8]) -> Result<(u32, Vec<u8>), OpenError> {
    let opening = to.open(now, envelope)?;
    let read = (opening.seq(), opening.data().to_vec());
    opening.commit();
    Ok(read)
}

#[test]
fn messages_in_turn_and_in_bursts_come_back_with_their_numbers() {
    let mut rng = rng(1);
    let [mut ana, mut bela] = pair(&mut rng);
    let mut seqs = [0, 0];
    for round in 0..6_u8 {
        for seq in &mut seqs {
            for part in 0..=round {
                let envelope = sealed(&mut ana, &mut rng, &[round, part]);
                assert_eq!(envelope.len(), 480);
                let read = opened(&mut bela, &envelope);
                assert_eq!(read, Ok((*seq, vec![round, part])));
                *seq += 1;
            }
            core::mem::swap(&mut ana, &mut bela);
        }
    }
    assert_eq!((ana.rounds(), bela.rounds()), (6, 6));
}

#[test]
fn layout_room_and_sizes_are_as_the_page_says() {
    let mut rng = rng(2);
    let [mut ana, mut bela] = pair(&mut rng);
    for (bytes, room) in [(480, 370), (1_920, 1_810)] {
        let data = vec![0xab; room];
        let envelope = ana.seal(&mut rng, HEADER, bytes, &data).unwrap().envelope;
        assert_eq!((envelope.len(), &envelope[..16]), (bytes, &HEADER[..]));
        assert_eq!(opened(&mut bela, &envelope).unwrap().1, data);
        let sent = ana.sent();
        let longer = ana.seal(&mut rng, HEADER, bytes, &vec![0; room + 1]);
        assert_eq!((longer, ana.sent()), (Err(SealError::Size), sent));
    }
    for bytes in [0, 15, 479, 481, 15_360] {
        let none = ana.seal(&mut rng, HEADER, bytes, b"");
        assert_eq!(none, Err(SealError::Size));
    }
    // By hand: the tag is the first of the initiator's chain.
    let [_, head, _] = start(&Secret::take(&mut [5; 32]));
    let prekey = public_key(&draw_secret(&mut rng));
    let parties = Parties::new(&[2; 32], &[1; 32]);
    let mut ana =
        Session::initiate(&Secret::take(&mut [5; 32]), prekey, parties, &mut rng).unwrap();
    let (tag, _) = HeaderChain::new(head, 0).step();
    assert_eq!(sealed(&mut ana, &mut rng, b"x")[16..32], tag);
}

#[test]
fn the_answerer_waits_for_the_first_message() {
    let mut rng = rng(3);
    let [mut ana, mut bela] = pair(&mut rng);
    let early = bela.seal(&mut rng, HEADER, 480, b"early");
    assert_eq!((early, bela.sent()), (Err(SealError::Unanswered), 0));
    let hello = sealed(&mut ana, &mut rng, b"hello");
    opened(&mut bela, &hello).unwrap();
    let answer = sealed(&mut bela, &mut rng, b"answer");
    assert_eq!(opened(&mut ana, &answer), Ok((0, b"answer".to_vec())));
}

#[test]
fn no_session_begins_with_a_prekey_of_low_order() {
    let parties = Parties::new(&[1; 32], &[2; 32]);
    let shared = Secret::take(&mut [5; 32]);
    assert!(Session::initiate(&shared, [0; 32], parties, &mut rng(4)).is_none());
}

#[test]
fn a_ratchet_key_of_low_order_is_refused_and_changes_nothing() {
    let mut rng = rng(5);
    let [mut ana, mut bela] = pair(&mut rng);
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"hello")).unwrap();
    opened(&mut ana, &sealed(&mut bela, &mut rng, b"answer")).unwrap();
    sealed(
        &mut ana,
        &mut rng,
        b"of a chain that Bela does not know yet",
    );
    // What Ana would have sent, with a ratchet key of zero: agreed on is zero.
    let [_, message, _] = root_step(&bela.root, &Secret::zeroed());
    let (tag, header_key) = bela.next_receiving.copy().step();
    let keys = Chain::new(bela.next_receiving.copy(), message).step();
    let salt = [7; SALT_BYTES];
    let mut envelope = [&HEADER[..], &tag, &salt].concat();
    let before = [&envelope[..], &bela.parties.0].concat();
    let header = seal(header_seal_key(&header_key, &salt), &[0; 36], &before);
    envelope.extend(header);
    let before = [&envelope[..], &bela.parties.0].concat();
    let body = pad(b"forged", 372).unwrap();
    envelope.extend(seal(body_key(&keys.message_key, &salt), &body, &before));
    let state = bela.encode();
    assert_eq!(opened(&mut bela, &envelope), Err(OpenError));
    assert_eq!(bela.encode(), state);
}

#[test]
fn an_opening_that_is_dropped_changes_nothing_and_one_committed_is_not_repeated() {
    let mut rng = rng(6);
    let [mut ana, mut bela] = pair(&mut rng);
    let first = sealed(&mut ana, &mut rng, b"first");
    let state = bela.encode();
    drop(bela.open(NOW, &first).unwrap());
    assert_eq!(bela.encode(), state);
    assert_eq!(opened(&mut bela, &first), Ok((0, b"first".to_vec())));
    let (state, tags) = (bela.encode(), bela.tags().collect::<Vec<_>>());
    assert_eq!(opened(&mut bela, &first), Err(OpenError));
    assert_eq!((bela.encode(), bela.tags().collect()), (state, tags));
}

/// Of a message in turn, one that skips, one that begins a chain, and one that was
/// skipped: one of each kind of step.
#[test]
fn any_flipped_bit_and_any_length_is_refused_and_changes_nothing() {
    let mut rng = rng(7);
    let [mut ana, mut bela] = pair(&mut rng);
    let envelopes: Vec<_> = (0..4)
        .map(|part| sealed(&mut ana, &mut rng, &[part]))
        .collect();
    for index in [0, 3, 1] {
        let envelope = &envelopes[index];
        let state = bela.encode();
        for bit in 0..8 * envelope.len() {
            let mut altered = envelope.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened(&mut bela, &altered), Err(OpenError), "bit {bit}");
        }
        for len in 0..envelope.len() {
            assert_eq!(opened(&mut bela, &envelope[..len]), Err(OpenError));
            let none = bela.open_embedded(NOW, &envelope[..len]);
            assert_eq!(none.err(), Some(OpenError));
        }
        assert_eq!(bela.encode(), state);
        assert!(opened(&mut bela, envelope).is_ok());
    }
}

#[test]
fn messages_of_others_and_our_own_do_not_open() {
    let mut rng = rng(8);
    let [mut ana, mut bela] = pair(&mut rng);
    let [mut other, _] = pair(&mut rng);
    let hello = sealed(&mut ana, &mut rng, b"hello");
    assert_eq!(opened(&mut ana, &hello), Err(OpenError));
    let foreign = sealed(&mut other, &mut rng, b"hello");
    assert_eq!(opened(&mut bela, &foreign), Err(OpenError));
    // The same keys between other people.
    let shared = Secret::take(&mut [5; 32]);
    let prekey = draw_secret(&mut rng);
    let [one, two] = [3, 4].map(|last| Parties::new(&[1; 32], &[last; 32]));
    let mut ana = Session::initiate(&shared, public_key(&prekey), one, &mut rng).unwrap();
    let mut bela = Session::answer(&shared, prekey, two);
    let hello = sealed(&mut ana, &mut rng, b"hello");
    assert!(bela.tags().any(|(tag, _)| hello[16..32] == tag));
    assert_eq!(opened(&mut bela, &hello), Err(OpenError));
}

#[test]
fn a_message_inside_another_envelope_is_no_envelope_of_its_own() {
    let mut rng = rng(9);
    let [mut ana, mut bela] = pair(&mut rng);
    let mut inside = |bytes| ana.seal_embedded(&mut rng, HEADER, bytes, b"knock");
    let (odd, whole) = (inside(777).unwrap(), inside(480).unwrap());
    assert_eq!(inside(MESSAGE_OVERHEAD_BYTES + 4), Err(SealError::Size));
    assert_eq!(inside(1 << 16), Err(SealError::Size));
    assert_eq!((odd.envelope.len(), odd.seq, whole.seq), (777, 0, 1));
    assert_eq!(opened(&mut bela, &whole.envelope), Err(OpenError));
    let opening = bela.open_embedded(NOW, &odd.envelope).unwrap();
    assert_eq!(opening.data(), b"knock");
    opening.commit();
    assert!(bela.open_embedded(NOW, &whole.envelope).is_ok());
}

#[test]
fn the_sender_waits_at_1024_unacknowledged() {
    let mut rng = rng(10);
    let [mut ana, mut bela] = pair(&mut rng);
    assert_eq!(ana.acknowledge(0), Err(NeverSealed));
    let mut last = Vec::new();
    for n in 0..SESSION_UNACKNOWLEDGED_MAX {
        assert_eq!(ana.is_acknowledgement_due(), n > 0 && n % 64 == 0);
        last = sealed(&mut ana, &mut rng, b"one way");
        if n == 960 {
            // The last anchor of all is found, though nothing before it came.
            assert_eq!(opened(&mut bela, &last).unwrap().0, 960);
        }
    }
    let state = ana.encode();
    let stopped = ana.seal(&mut rng, HEADER, 480, b"too far");
    assert_eq!((stopped, ana.encode()), (Err(SealError::Waiting), state));
    assert_eq!(opened(&mut bela, &last).unwrap().0, 1_023);
    assert_eq!(ana.acknowledge(1_024), Err(NeverSealed));
    ana.acknowledge(960).unwrap();
    ana.acknowledge(3).unwrap();
    assert!(ana.seal(&mut rng, HEADER, 480, b"on").is_ok());
    assert_eq!(ana.sent(), 1_025);
}

#[test]
fn snapshot_debug() {
    let [mut ana, mut bela] = pair(&mut rng(11));
    let shown = "Session { sent: 0, acknowledged: 0, chain: 0, skipped: 0, .. }";
    assert_eq!(format!("{ana:?}"), shown);
    let hello = sealed(&mut ana, &mut rng(12), b"hello");
    let opening = bela.open(NOW, &hello).unwrap();
    assert_eq!(format!("{opening:?}"), "Opening { seq: 0, .. }");
}
