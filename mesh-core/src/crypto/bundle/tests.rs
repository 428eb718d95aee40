use super::*;
use crate::crypto::identity::low_order_points;
use crate::testing::rng;

const TODAY: Day = Day(20_780);
const HEADER: [u8; HEADER_BYTES] = [7; HEADER_BYTES];

struct Bob {
    identity: Identity,
    card: Card,
    prekey: DayPrekey,
}

fn bob() -> Bob {
    let identity = Identity::from_seed(&Secret::take(&mut [2; 32]));
    let card = identity.card([3; 32], "Bob").unwrap();
    let prekey = DayPrekey::generate(TODAY, &mut rng(4));
    Bob {
        identity,
        card,
        prekey,
    }
}

fn envelope(bob: &Bob) -> Vec<u8> {
    seal_bundle(&bob.identity, &bob.card, &bob.prekey, HEADER, &mut rng(5))
}

/// Seals what the owner of the card secret would not: for tests of what is inside.
fn seal_bytes(bob: &Bob, bytes: &[u8]) -> Vec<u8> {
    let day = CardDay::new(&bob.card, TODAY);
    let padded = pad(bytes, CARD_PLAINTEXT_BYTES).unwrap();
    seal(
        &day.bundle_key,
        HEADER,
        day.bundle_tag(),
        &padded,
        &mut rng(6),
    )
}

/// The bundle with other keys, and with a valid signature over them.
fn signed(bob: &Bob, alter: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut keys = bob.prekey.bundle_keys();
    alter(&mut keys);
    let parts = [labels::BUNDLE, &bob.card.id(), &keys];
    let signature = bob.identity.sign(&parts);
    [&keys[..], &signature].concat()
}

#[test]
fn holders_of_the_card_open_the_bundle_and_it_fills_its_envelope() {
    let bob = bob();
    let envelope = envelope(&bob);
    assert_eq!(envelope.len(), ENVELOPE_BYTES_MEDIUM);
    let day = CardDay::new(&bob.card, TODAY);
    assert_eq!(envelope[16..32], day.bundle_tag());
    let opened = open_bundle(&bob.card, &day, &envelope).unwrap();
    assert_eq!(opened, bundle(&bob.identity, &bob.prekey));
    assert_eq!((opened.prekey, opened.day), (bob.prekey.public(), TODAY));
    assert_eq!(opened.kem_id(), bob.prekey.kem_id());
    assert_eq!(Bundle::decode(&bob.card, &opened.encode()), Ok(opened));
}

#[test]
fn any_flipped_bit_and_any_length_keeps_it_shut() {
    let bob = bob();
    let envelope = envelope(&bob);
    let day = CardDay::new(&bob.card, TODAY);
    for byte in 0..envelope.len() {
        let mut altered = envelope.clone();
        altered[byte] ^= 1 << (byte % 8);
        assert_eq!(open_bundle(&bob.card, &day, &altered), Err(OpenError));
    }
    for len in 0..envelope.len() {
        assert_eq!(
            open_bundle(&bob.card, &day, &envelope[..len]),
            Err(OpenError)
        );
    }
    let longer = [&envelope[..], &[0]].concat();
    assert_eq!(open_bundle(&bob.card, &day, &longer), Err(OpenError));
}

#[test]
fn any_altered_byte_of_a_bundle_is_refused_even_if_sealed_well() {
    let bob = bob();
    let day = CardDay::new(&bob.card, TODAY);
    let bytes = bundle(&bob.identity, &bob.prekey).encode();
    assert_eq!(bytes.len(), BUNDLE_BYTES);
    // Each is a signature check; the middle of the X-Wing key is sampled.
    let sampled =
        (0..BUNDLE_BYTES).filter(|byte| *byte < 40 || *byte > 1_240 || byte.is_multiple_of(97));
    for byte in sampled {
        let mut altered = bytes.clone();
        altered[byte] ^= 1;
        let sealed = seal_bytes(&bob, &altered);
        assert_eq!(
            open_bundle(&bob.card, &day, &sealed),
            Err(OpenError),
            "{byte}"
        );
    }
    for len in [0, 1, BUNDLE_BYTES - 1] {
        assert_eq!(Bundle::decode(&bob.card, &bytes[..len]), Err(BundleError));
    }
    let longer = [&bytes[..], &[0]].concat();
    let sealed = seal_bytes(&bob, &longer);
    assert_eq!(open_bundle(&bob.card, &day, &sealed), Err(OpenError));
}

#[test]
fn a_bundle_under_the_tag_of_another_day_or_card_is_refused() {
    let bob = bob();
    let yesterday = DayPrekey::generate(Day(TODAY.0 - 1), &mut rng(7));
    let day = CardDay::new(&bob.card, TODAY);
    let lifted = seal_bytes(&bob, &bundle(&bob.identity, &yesterday).encode());
    assert_eq!(open_bundle(&bob.card, &day, &lifted), Err(OpenError));
    // Eve puts her bundle under Bob's tag, and Bob's under hers.
    let eve = Identity::from_seed(&Secret::take(&mut [9; 32]));
    let of_eve = seal_bytes(&bob, &bundle(&eve, &bob.prekey).encode());
    assert_eq!(open_bundle(&bob.card, &day, &of_eve), Err(OpenError));
    let card = eve.card(bob.card.card_secret, "Bob").unwrap();
    let day = CardDay::new(&card, TODAY);
    assert_eq!(open_bundle(&card, &day, &envelope(&bob)), Err(OpenError));
}

#[test]
fn keys_of_low_order_are_refused_however_well_signed() {
    let bob = bob();
    assert!(Bundle::decode(&bob.card, &signed(&bob, |_| ())).is_ok());
    for point in low_order_points() {
        let low = signed(&bob, |keys| keys[..32].copy_from_slice(&point));
        assert_eq!(Bundle::decode(&bob.card, &low), Err(BundleError));
        let low = signed(&bob, |keys| keys[1_216..1_248].copy_from_slice(&point));
        assert_eq!(Bundle::decode(&bob.card, &low), Err(BundleError));
    }
    // A coefficient of 4,095, where FIPS 203 allows 3,328.
    let wrong = signed(&bob, |keys| keys[32..35].fill(0xff));
    assert_eq!(Bundle::decode(&bob.card, &wrong), Err(BundleError));
}

#[test]
fn a_stale_bundle_never_replaces_a_newer_one() {
    let bob = bob();
    let of = |day| bundle(&bob.identity, &DayPrekey::generate(Day(day), &mut rng(8)));
    let (old, new) = (of(TODAY.0 - 1), of(TODAY.0));
    assert!(old.replaces(None) && new.replaces(Some(&old)));
    assert!(!old.replaces(Some(&new)) && !new.replaces(Some(&new)));
}

#[test]
fn of_two_bundles_for_one_day_the_one_that_is_held_stays() {
    let bob = bob();
    let of = |seed| bundle(&bob.identity, &DayPrekey::generate(TODAY, &mut rng(seed)));
    let (one, other) = (of(8), of(9));
    assert!(one != other);
    assert!(!one.replaces(Some(&other)) && !other.replaces(Some(&one)));
}

#[test]
fn a_bundle_serves_knocks_of_its_day_and_the_next() {
    let bob = bob();
    let bundle = bundle(&bob.identity, &bob.prekey);
    let knock_day = |today: u32| bundle.knock_day(Day(today)).map(|day| day.0);
    assert_eq!(knock_day(TODAY.0), Some(TODAY.0));
    assert_eq!(knock_day(TODAY.0 + 1), Some(TODAY.0 + 1));
    assert_eq!(knock_day(TODAY.0 - 1), Some(TODAY.0));
    for today in [0, TODAY.0 - 2, TODAY.0 + 2, u32::MAX] {
        assert_eq!(knock_day(today), None);
    }
    for today in TODAY.0 - 5..TODAY.0 + 5 {
        let is_watched = CardDay::bundles_watched(Day(today)).any(|day| day == TODAY);
        assert_eq!(knock_day(today).is_some(), is_watched);
    }
}

#[test]
fn each_day_has_sixty_four_knock_tags_and_four_days_are_watched() {
    let bob = bob();
    let mut tags = std::collections::BTreeSet::new();
    for day in CardDay::watched(TODAY) {
        tags.extend(CardDay::new(&bob.card, day).knock_tags());
        tags.insert(CardDay::new(&bob.card, day).bundle_tag());
    }
    let days = usize::try_from(KNOCK_DAYS_BACK + KNOCK_DAYS_AHEAD + 1).unwrap();
    assert_eq!(days, 4);
    assert_eq!(tags.len(), days * (usize::from(KNOCK_TAG_SLOTS) + 1));
}
