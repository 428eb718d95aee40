//! Whoever steals a state, and whoever restores an old one.

use super::*;

fn copy(session: &Session) -> Session {
    Session::decode(&session.encode()).unwrap()
}

/// A message with the keys that it was sealed with.
struct Spent {
    envelope: Vec<u8>,
    keys: MessageKeys,
}

use super::chains::MessageKeys;

fn spend(from: &mut Session, rng: &mut SeededRng, data: &[u8]) -> Spent {
    from.begin_chain(rng);
    let Sending::Chain { chain, .. } = &from.sending else {
        panic!("nothing to seal with");
    };
    let keys = chain.copy().step();
    let envelope = sealed(from, rng, data);
    Spent { envelope, keys }
}

fn holds(state: &[u8], secret: &[u8]) -> bool {
    state.windows(secret.len()).any(|window| window == secret)
}

#[test]
fn a_state_holds_nothing_of_what_was_opened_before_it_and_opens_none_of_it() {
    let mut rng = rng(50);
    let [mut ana, mut bela] = pair(&mut rng);
    let mut opened_before = Vec::new();
    for round in 0..8_u8 {
        let mut spent: Vec<_> = (0..3)
            .map(|_| spend(&mut ana, &mut rng, &[round]))
            .collect();
        // Out of order, so that keys pass through the skipped ones.
        spent.reverse();
        for spent in spent {
            opened(&mut bela, &spent.envelope).unwrap();
            opened_before.push(spent);
        }
        let states = [ana.encode(), bela.encode()];
        for spent in &opened_before {
            let keys = [&spent.keys.header_key, &spent.keys.message_key];
            for state in &states {
                assert!(keys.iter().all(|key| !holds(state, key.expose())));
                assert!(!holds(state, &spent.keys.tag));
            }
            for person in [&mut ana, &mut bela] {
                assert_eq!(opened(person, &spent.envelope), Err(OpenError));
            }
        }
        core::mem::swap(&mut ana, &mut bela);
    }
}

/// The keys of a chain, of a root and of a ratchet are gone once they were replaced.
#[test]
fn a_round_trip_leaves_no_secret_of_the_state_before() {
    let mut rng = rng(51);
    let [mut ana, mut bela] = pair(&mut rng);
    let trip = |ana: &mut Session, bela: &mut Session, rng: &mut SeededRng| {
        opened(bela, &sealed(ana, rng, b"there")).unwrap();
        opened(ana, &sealed(bela, rng, b"and back")).unwrap();
    };
    trip(&mut ana, &mut bela, &mut rng);
    trip(&mut ana, &mut bela, &mut rng);
    for _ in 0..3 {
        let before = bela.encode();
        trip(&mut ana, &mut bela, &mut rng);
        trip(&mut ana, &mut bela, &mut rng);
        let after = bela.encode();
        // Behind version and card ids every 16 bytes are secret but numbers.
        let secrets = before[65..161].chunks_exact(32);
        assert!(secrets.into_iter().all(|secret| !holds(&after, secret)));
        let chains = before[174..270].chunks_exact(32);
        assert!(chains.into_iter().all(|secret| !holds(&after, secret)));
    }
}

#[test]
fn a_stolen_state_opens_nothing_after_one_round_trip() {
    let mut rng = rng(52);
    let [mut ana, mut bela] = pair(&mut rng);
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"hello")).unwrap();
    opened(&mut ana, &sealed(&mut bela, &mut rng, b"answer")).unwrap();
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"on")).unwrap();
    let mut thief = copy(&ana);
    // The thief holds Ana's ratchet secret: what answers it can be read.
    let readable = sealed(&mut bela, &mut rng, b"readable");
    opened(&mut ana, &readable).unwrap();
    assert!(opened(&mut thief, &readable).is_ok());
    // Ana draws another; Bela answers that.
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"healed")).unwrap();
    for said in [b"one", b"two"] {
        let envelope = sealed(&mut bela, &mut rng, said);
        opened(&mut ana, &envelope).unwrap();
        assert_eq!(opened(&mut thief, &envelope), Err(OpenError));
        // Whatever the thief draws is not what Ana drew.
        let mut drawing = copy(&thief);
        drawing.begin_chain(&mut rng).unwrap();
        assert_eq!(opened(&mut drawing, &envelope), Err(OpenError));
    }
    // A round later not even the tag says whom it is for.
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"again")).unwrap();
    let envelope = sealed(&mut bela, &mut rng, b"three");
    assert!(opened(&mut ana, &envelope).is_ok());
    let tag = &envelope[16..32];
    assert!(!thief.tags().any(|(watched, _)| watched == tag));
}

/// A restore of an old state makes the chains repeat; the salt keeps the keys apart.
#[test]
fn a_state_rolled_back_repeats_tags_and_never_a_keystream() {
    let mut rng = rng(53);
    let [mut ana, mut bela] = pair(&mut rng);
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"hello")).unwrap();
    let old = ana.encode();
    let first = sealed(&mut ana, &mut rng, &[0xaa; 100]);
    let mut ana = Session::decode(&old).unwrap();
    let second = sealed(&mut ana, &mut rng, &[0xaa; 100]);
    assert_eq!(first[..32], second[..32]);
    // The same header and data under the same keystream would be the same bytes.
    assert_ne!(first[32..40], second[32..40]);
    let is_distinct = |from: usize, to: usize| {
        let pairs = first[from..to].iter().zip(&second[from..to]);
        pairs.filter(|(one, other)| one == other).count() < (to - from) / 8
    };
    assert!(is_distinct(40, 92) && is_distinct(92, 480));
    // Whichever comes first is read; the other is a message with a used number.
    assert!(opened(&mut bela, &second).is_ok());
    assert_eq!(opened(&mut bela, &first), Err(OpenError));
}

#[test]
fn an_acknowledgement_of_what_a_rolled_back_state_never_sealed_is_told() {
    let mut rng = rng(54);
    let [mut ana, _] = pair(&mut rng);
    let old = ana.encode();
    for _ in 0..3 {
        sealed(&mut ana, &mut rng, b"sent");
    }
    assert_eq!(ana.acknowledge(2), Ok(()));
    let mut ana = Session::decode(&old).unwrap();
    assert_eq!(ana.acknowledge(2), Err(NeverSealed));
}
