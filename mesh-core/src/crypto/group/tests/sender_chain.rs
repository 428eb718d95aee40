//! One author and one reader, message by message.

use super::super::member::{MemberId, OwnKeys, Role};
use super::super::op::Reader;
use super::super::sender_chain::*;
use crate::crypto::secret::Secret;
use crate::crypto::session::chains::Chain;
use crate::limits::{
    GROUP_AHEAD, GROUP_AHEAD_WIDE, GROUP_SKIPPED_MAX, HEADER_BYTES, SESSION_SKIPPED_MS_MAX,
};
use crate::testing::{SeededRng, rng};
use crate::types::Wall;

const NOW: Wall = Wall(1_795_000_000_000);
const HEADER: [u8; HEADER_BYTES] = [1; HEADER_BYTES];

struct Pair {
    place: Place,
    seed: Secret<32>,
    gsk: [u8; 32],
    sending: Chain,
    receiving: ReceivingChain,
    rng: SeededRng,
}

impl Pair {
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let keys = OwnKeys::draw(&mut rng);
        let gsk = keys.member(Role::Member).gsk;
        let place = Place {
            gid: [1; 32],
            eid: [2; 32],
            author: MemberId::new(&[1; 32], &gsk),
        };
        let chain = || place.chain(&Secret::take(&mut [3; 32]), Purpose::Message);
        Self {
            sending: chain(),
            receiving: ReceivingChain::new(chain(), GROUP_AHEAD),
            seed: keys.into_secrets().0,
            place,
            gsk,
            rng,
        }
    }

    fn seal(&mut self, bytes: usize, data: &[u8]) -> Option<Vec<u8>> {
        let (place, rng) = (&self.place, &mut self.rng);
        seal_next(
            &mut self.sending,
            place,
            &self.seed,
            rng,
            HEADER,
            bytes,
            data,
        )
    }

    fn sealed(&mut self, data: &[u8]) -> Vec<u8> {
        self.seal(480, data).unwrap()
    }

    fn open_at(&mut self, now: Wall, envelope: &[u8]) -> Option<Vec<u8>> {
        let (data, step) = self.receiving.open(&self.place, &self.gsk, now, envelope)?;
        self.receiving.commit(step, GROUP_AHEAD);
        Some(data.to_vec())
    }

    fn open(&mut self, envelope: &[u8]) -> Option<Vec<u8>> {
        self.open_at(NOW, envelope)
    }

    fn state(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.receiving.encode(&mut bytes);
        bytes
    }
}

/// Computed by the second implementation, with `u16(7)` in the place of the member id.
#[test]
fn chains_begin_with_the_known_answer() {
    let mut secret = Secret::<32>::zeroed();
    let slots = secret.expose_mut().iter_mut();
    slots.zip(0..).for_each(|(slot, byte)| *slot = byte);
    let eid = crate::crypto::primitives::hash(&[b"eid"]);
    let both: Secret<64> = crate::crypto::primitives::hkdf(
        &eid,
        secret.expose(),
        &[crate::crypto::labels::GROUP_SEND, &[7, 0]],
    );
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    assert_eq!(
        hex(&both.expose()[..32]),
        "9e12a0f01a009e68d037a1fc0299c763280689336b65eecc56edf90c74b8ec89"
    );
    let head = Secret::take(&mut both.expose()[32..].try_into().unwrap());
    let mut head = crate::crypto::session::chains::HeaderChain::new(head, 0);
    assert_eq!(hex(&head.step().0), "f0768374538b80bdf5c406b68fafe5ea");
}

#[test]
fn layout_room_and_sizes_are_as_the_page_says() {
    let mut pair = Pair::new(1);
    for (bytes, room) in [(480, 358), (1_920, 1_798)] {
        let data = vec![0xab; room];
        let envelope = pair.seal(bytes, &data).unwrap();
        assert_eq!((envelope.len(), &envelope[..16]), (bytes, &HEADER[..]));
        assert_eq!(pair.open(&envelope), Some(data));
        assert_eq!(pair.seal(bytes, &vec![0; room + 1]), None);
    }
    assert_eq!((pair.sending.n(), pair.seal(0, b"")), (2, None));
}

#[test]
fn messages_open_once_in_any_order_within_the_window() {
    let mut pair = Pair::new(2);
    let width = GROUP_AHEAD as usize;
    let sent: Vec<_> = (0..=width as u8).map(|n| pair.sealed(&[n])).collect();
    assert_eq!(pair.open(&sent[width]), None, "one beyond the window");
    assert_eq!(pair.open(&sent[width - 1]), Some(vec![width as u8 - 1]));
    assert_eq!(pair.open(&sent[width]), Some(vec![width as u8]));
    for n in (0..width - 1).rev() {
        assert_eq!(pair.open(&sent[n]), Some(vec![n as u8]));
    }
    assert!(sent.iter().all(|envelope| pair.open(envelope).is_none()));
    assert_eq!(pair.receiving.tags().count(), width);
}

#[test]
fn tags_follow_the_changes_that_each_step_names() {
    let mut pair = Pair::new(3);
    let mut table: std::collections::BTreeSet<_> = pair.receiving.tags().collect();
    let sent: Vec<_> = (0..60_u8).map(|n| pair.sealed(&[n])).collect();
    for at in [4, 2, 30, 31, 3, 55, 0] {
        let (_, step) = pair
            .receiving
            .open(&pair.place, &pair.gsk, NOW, &sent[at])
            .unwrap();
        let tags = pair.receiving.commit(step, GROUP_AHEAD);
        assert!(tags.removed.iter().all(|tag| table.remove(tag)));
        assert!(tags.added.iter().all(|tag| table.insert(*tag)));
        assert!(pair.receiving.tags().eq_by_set(&table), "{at}");
    }
    let mut added = Vec::new();
    pair.receiving.widen(GROUP_AHEAD_WIDE, &mut added);
    assert_eq!(added.len(), (GROUP_AHEAD_WIDE - GROUP_AHEAD) as usize);
}

trait EqBySet {
    fn eq_by_set(self, set: &std::collections::BTreeSet<[u8; 16]>) -> bool;
}

impl<I: Iterator<Item = [u8; 16]>> EqBySet for I {
    fn eq_by_set(self, set: &std::collections::BTreeSet<[u8; 16]>) -> bool {
        self.collect::<std::collections::BTreeSet<_>>() == *set
    }
}

#[test]
fn an_opening_that_is_dropped_changes_nothing() {
    let mut pair = Pair::new(4);
    let envelope = pair.sealed(b"hello");
    let state = pair.state();
    let opened = pair.receiving.open(&pair.place, &pair.gsk, NOW, &envelope);
    assert_eq!(*opened.unwrap().0, b"hello");
    assert_eq!(pair.state(), state);
    assert_eq!(pair.open(&envelope), Some(b"hello".to_vec()));
}

#[test]
fn any_flipped_bit_and_any_length_is_refused_and_changes_nothing() {
    let mut pair = Pair::new(5);
    let sent: Vec<_> = (0..4).map(|n| pair.sealed(&[n])).collect();
    for at in [0, 3, 1] {
        let state = pair.state();
        for bit in 0..8 * 480 {
            let mut altered = sent[at].clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(pair.open(&altered), None, "bit {bit}");
        }
        for len in 0..480 {
            assert_eq!(pair.open(&sent[at][..len]), None);
        }
        assert_eq!(pair.state(), state);
        assert!(pair.open(&sent[at]).is_some());
    }
}

/// Every member can seal in every chain; only the author can sign.
#[test]
fn what_another_member_sealed_in_the_chain_is_refused() {
    let mut pair = Pair::new(6);
    pair.seed = OwnKeys::draw(&mut pair.rng).into_secrets().0;
    let forged = pair.sealed(b"forged");
    assert_eq!(pair.open(&forged), None);
    // Nor does a signature pass in another group, epoch, or under another number.
    for change in 0..4 {
        let mut pair = Pair::new(6);
        let read = pair.place;
        match change {
            0 => pair.place.gid = [9; 32],
            1 => pair.place.eid = [9; 32],
            2 => pair.place.author = MemberId([9; 16]),
            _ => {}
        }
        let sealed = pair.sealed(b"x");
        pair.place = read;
        assert_eq!(pair.open(&sealed).is_some(), change == 3);
    }
}

#[test]
fn a_state_does_not_open_what_was_opened_before_it() {
    let mut pair = Pair::new(7);
    let sent: Vec<_> = (0..10).map(|n| pair.sealed(&[n])).collect();
    for at in [0, 1, 2, 5] {
        assert!(pair.open(&sent[at]).is_some());
    }
    let stolen = pair.state();
    pair.receiving = ReceivingChain::decode(&mut Reader(&stolen)).unwrap();
    let opened: Vec<_> = (0..10)
        .filter(|at| pair.open(&sent[*at]).is_some())
        .collect();
    assert_eq!(opened, [3, 4, 6, 7, 8, 9]);
}

#[test]
fn skipped_keys_are_bounded_and_end() {
    let mut pair = Pair::new(8);
    let mut lost = Vec::new();
    for _ in 0..=GROUP_SKIPPED_MAX {
        lost.push(pair.sealed(b"late"));
        let next = pair.sealed(b"on");
        assert!(pair.open(&next).is_some());
    }
    assert_eq!(pair.open(&lost[0]), None, "the oldest was erased");
    assert!(pair.open(&lost[1]).is_some() && pair.open(&lost[GROUP_SKIPPED_MAX]).is_some());
    let over = Wall(NOW.0 + SESSION_SKIPPED_MS_MAX);
    assert!(pair.open_at(Wall(over.0 - 1), &lost[2]).is_some());
    assert_eq!(pair.open_at(over, &lost[3]), None);
    let mut removed = Vec::new();
    pair.receiving.expire(over, &mut removed);
    assert_eq!(removed.len(), GROUP_SKIPPED_MAX - 3);
    assert_eq!(pair.receiving.tags().count(), GROUP_AHEAD as usize);
}

#[test]
fn a_chain_comes_back_from_its_bytes_and_nothing_else_does() {
    let mut pair = Pair::new(9);
    let sent: Vec<_> = (0..6).map(|n| pair.sealed(&[n])).collect();
    assert!(pair.open(&sent[3]).is_some());
    let state = pair.state();
    assert_eq!(state.len(), 68 + 1 + 2 + 3 * 60);
    let mut reader = Reader(&state);
    let decoded = ReceivingChain::decode(&mut reader).unwrap();
    assert!(reader.0.is_empty() && decoded.tags().eq(pair.receiving.tags()));
    for len in 0..state.len() {
        assert!(ReceivingChain::decode(&mut Reader(&state[..len])).is_none());
    }
    // A skipped key ahead of the chain, out of order, or one too many.
    for (at, byte) in [(71, 4), (71 + 60, 0), (70, 2)] {
        let mut altered = state.clone();
        altered[at] = byte;
        assert!(
            ReceivingChain::decode(&mut Reader(&altered)).is_none(),
            "{at}"
        );
    }
}
