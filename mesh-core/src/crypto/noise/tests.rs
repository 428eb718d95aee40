//! Known answers, and whatever a peer may send.

use proptest::prelude::*;

use super::*;
use crate::testing::rng;

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    hex.as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

fn pair(seed: u64) -> (Session, Session) {
    let mut rng = rng(seed);
    let mut caller = Handshake::new(Side::Caller, &mut rng).unwrap();
    let mut called = Handshake::new(Side::Called, &mut rng).unwrap();
    called.read(&caller.write().unwrap()).unwrap();
    caller.read(&called.write().unwrap()).unwrap();
    assert!(caller.is_finished() && called.is_finished());
    (caller.finish().unwrap(), called.finish().unwrap())
}

/// From cacophony's list, as snow's own tests have it.
#[test]
fn the_published_vector_of_this_pattern_holds() {
    let prologue = bytes("4a6f686e2047616c74");
    let start = |side, key: &str| {
        let mut key = bytes(key).try_into().unwrap();
        begin(side, &prologue, Secret::take(&mut key)).unwrap()
    };
    let mut caller = start(
        Side::Caller,
        "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
    );
    let mut called = start(
        Side::Called,
        "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
    );
    let handshake = [
        (
            "4c756477696720766f6e204d69736573",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573",
        ),
        (
            "4d757272617920526f746862617264",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843ff34a6759d06e7733c83aeb5556c15bc762b664b3ba0556b1e7eaea4168bb6",
        ),
    ];
    for (payload, ciphertext) in handshake {
        let mut buffer = [0; 128];
        let length = caller.write_message(&bytes(payload), &mut buffer).unwrap();
        assert_eq!(buffer[..length], bytes(ciphertext));
        called
            .read_message(&bytes(ciphertext), &mut buffer)
            .unwrap();
        std::mem::swap(&mut caller, &mut called);
    }
    let mut caller = Session(caller.into_transport_mode().unwrap());
    let mut called = Session(called.into_transport_mode().unwrap());
    let transport = [
        (
            "462e20412e20486179656b",
            "79285da88da3535f52b07b70006c85706de7ddb1fd3dddac995b7e",
        ),
        (
            "4361726c204d656e676572",
            "ffdad3a7f0db4c39077f223659c5c1d107666405566ecdf4ab53bf",
        ),
        (
            "4a65616e2d426170746973746520536179",
            "2b9801f5084b9a7e9df57382fb4af099a63cd8ff97bc3284c4c5f28994be58ae46",
        ),
    ];
    for (record, sealed) in transport {
        assert_eq!(caller.seal(&bytes(record)).unwrap(), bytes(sealed));
        assert_eq!(called.open(&bytes(sealed)).unwrap(), bytes(record));
        std::mem::swap(&mut caller, &mut called);
    }
}

#[test]
fn every_length_is_refused_and_never_panics() {
    for length in 0..=2_100 {
        for fill in [0, 1, 0xff] {
            let message = vec![fill; length];
            let mut called = Handshake::new(Side::Called, &mut rng(1)).unwrap();
            // A first message is any 32 bytes; whether they are a key shows in the answer.
            assert_eq!(called.read(&message).is_ok(), length == 32, "{length}");
            let mut caller = Handshake::new(Side::Caller, &mut rng(2)).unwrap();
            caller.write().unwrap();
            assert_eq!(caller.read(&message), Err(NoiseError));
            let (mut session, _) = pair(3);
            assert_eq!(session.open(&message), Err(NoiseError));
        }
    }
}

/// The points of small order of RFC 7748's curve, and their twins above the prime.
#[test]
fn points_of_low_order_end_the_handshake() {
    for point in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ] {
        let mut called = Handshake::new(Side::Called, &mut rng(4)).unwrap();
        called.read(&bytes(point)).unwrap();
        assert_eq!(called.write(), Err(NoiseError), "{point}");
    }
}

#[test]
fn records_out_of_place_do_not_open() {
    let (mut caller, mut called) = pair(5);
    let [first, second] = [b"one", b"two"].map(|record| caller.seal(record).unwrap());
    assert_eq!(called.open(&second), Err(NoiseError), "out of order");
    assert_eq!(called.open(&first).unwrap(), b"one");
    assert_eq!(called.open(&first), Err(NoiseError), "twice");
    assert_eq!(caller.open(&second), Err(NoiseError), "back to its sender");
    let (_, mut stranger) = pair(6);
    assert_eq!(stranger.open(&second), Err(NoiseError), "on another link");
}

#[test]
fn each_link_has_keys_of_its_own() {
    let seals = [7, 8].map(|seed| pair(seed).0.seal(b"hello").unwrap());
    assert_ne!(seals[0], seals[1]);
}

#[test]
fn snapshot_debug() {
    let handshake = Handshake::new(Side::Caller, &mut rng(9)).unwrap();
    let (session, _) = pair(9);
    assert_eq!(
        format!("{handshake:?} {session:?}"),
        "Handshake(…) Session(…)"
    );
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_and_no_altered_copy_does(
        record in prop::collection::vec(any::<u8>(), 0..600),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let (mut caller, mut called) = pair(10);
        let sealed = caller.seal(&record).unwrap();
        prop_assert_eq!(sealed.len(), record.len() + SEAL_BYTES);
        let mut altered = sealed.clone();
        altered[at.index(sealed.len())] ^= 1 << bit;
        prop_assert_eq!(called.open(&altered), Err(NoiseError));
        prop_assert_eq!(called.open(&sealed), Ok(record));
    }
}
