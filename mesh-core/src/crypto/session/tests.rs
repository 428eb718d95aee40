//! Two people write to each other, message by message.

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
    let opening = to.open(NOW, envelope)?;
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
        for turn in 0..2 {
            for part in 0..=round {
                let envelope = sealed(&mut ana, &mut rng, &[round, part]);
                assert_eq!(envelope.len(), 480);
                let read = opened(&mut bela, &envelope);
                assert_eq!(read, Ok((seqs[turn], vec![round, part])));
                seqs[turn] += 1;
            }
            core::mem::swap(&mut ana, &mut bela);
        }
    }
    assert_eq!((ana.rounds(), bela.rounds()), (6, 6));
}
