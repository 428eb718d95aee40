//! Any bytes at all, and damaged good ones, into every decoder of what others made:
//! a value that encodes to the same bytes, or an error; never a panic. The decoders
//! of links and of JSON-RPC have such properties beside them.

#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    reason = "a sample that does not encode fails its test"
)]

use std::sync::LazyLock;

use mesh_core::crypto::KdfParams;
use mesh_core::crypto::bundle::{Bundle, CardDay, bundle, open_bundle, seal_bundle};
use mesh_core::crypto::channel::{ChannelDay, ChannelRoot, Pseudonym};
use mesh_core::crypto::identity::{CARD_BYTES, Card, Identity};
use mesh_core::crypto::knock::{Arrival, Knock, Target, start};
use mesh_core::crypto::prekeys::{
    DAY_PREKEY_BYTES, DayPrekey, ONE_TIME_PREKEY_BYTES, OneTimePrekey,
};
use mesh_core::crypto::seal::{PostSeal, open_post, seal_post};
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::vault::{Keybag, MasterKey, SEALED_BYTES, Vault, VaultError};
use mesh_core::crypto::verify::{
    ContactCode, NEARBY_BYTES, NearbyAnswer, NearbyOffer, card_link, contact_code, parse_card_link,
};
use mesh_core::limits::{CHUNKS_MAX, ENVELOPE_BYTES_LARGE, NAME_BYTES_MAX};
use mesh_core::testing::rng;
use mesh_core::types::{Day, MessageClass, MessageId, Tick, Wall};
use mesh_core::wire::envelope::{Class, Envelope, Header};
use mesh_core::wire::inner::{Inner, TextPart};
use proptest::collection::vec;
use proptest::prelude::*;

/// Any bytes, often of a length that means something.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let lengths = prop_oneof![
        0..700_usize,
        Just(CARD_BYTES),
        Just(DAY_PREKEY_BYTES),
        Just(ONE_TIME_PREKEY_BYTES),
        Just(NEARBY_BYTES),
        Just(480),
        Just(1_920),
        Just(SEALED_BYTES),
        Just(ENVELOPE_BYTES_LARGE),
    ];
    lengths.prop_flat_map(|length| vec(any::<u8>(), length))
}

/// One change to good bytes.
#[derive(Debug, Clone)]
enum Damage {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Add(Vec<u8>),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        place().prop_map(Damage::Cut),
        vec(any::<u8>(), 1..40).prop_map(Damage::Add),
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        place().prop_map(Damage::Remove),
    ]
}

fn damaged(good: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for damage in damages.iter().filter(|_| !good.is_empty()) {
        match damage {
            _ if bytes.is_empty() => bytes.push(0),
            Damage::Set(at, byte) => *at.get_mut(&mut bytes) = *byte,
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Damage::Add(more) => bytes.extend(more),
            Damage::Insert(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
            Damage::Remove(at) => _ = bytes.remove(at.index(bytes.len())),
        }
    }
    bytes
}

fn sample_inner() -> Inner {
    let part = TextPart {
        index: 0,
        count: 1,
        bytes: b"at the fountain".to_vec(),
    };
    let sent = Wall(1_795_000_000_000);
    Inner::piece(MessageClass::Sos, MessageId([7; 16]), sent, "Ana", &part)
}

fn sample_day() -> ChannelDay {
    ChannelRoot::from_bytes([1; 32]).day(Day(20_780))
}

fn sample_post() -> Vec<u8> {
    let header = Header {
        class: Class::Sos,
        expiry: Tick(5_985_000),
    };
    let seal = PostSeal {
        day: &sample_day(),
        pseudonym: &Pseudonym::from_seed(&[3; 32]),
        header: header.encode(),
        slot: 5,
        nonce: [9; 24],
        envelope_bytes: 480,
    };
    seal_post(&seal, &sample_inner()).unwrap()
}

fn sample_card() -> Vec<u8> {
    let identity = Identity::from_seed(&Secret::take(&mut [7; 32]));
    identity.encode_card(&identity.card([9; 32], "Ana").unwrap())
}

/// Somebody with a card, and everything they hand out once a day.
struct Person {
    identity: Identity,
    card: Card,
    prekey: DayPrekey,
}

fn person(seed: u8) -> Person {
    let identity = Identity::from_seed(&Secret::take(&mut [seed; 32]));
    let card = identity.card([seed; 32], "Ana").unwrap();
    let prekey = DayPrekey::generate(Day(20_780), &mut rng(4));
    Person {
        identity,
        card,
        prekey,
    }
}

fn sample_bundle() -> (Person, Vec<u8>) {
    let it = person(7);
    let envelope = seal_bundle(&it.identity, &it.card, &it.prekey, [1; 16], &mut rng(5));
    (it, envelope)
}

fn sample_knock() -> (Person, Vec<u8>) {
    let (ana, bob) = (person(6), person(7));
    let target = bundle(&bob.identity, &bob.prekey);
    let target = Target::Bundle(&target);
    let rng = &mut rng(6);
    let mut it = start(&ana.identity, &ana.card, &bob.card, target, rng).unwrap();
    let day = CardDay::new(&bob.card, Day(20_780));
    let sealed = it.knock.seal(&mut it.session, &day, [1; 16], b"hello", rng);
    (bob, sealed.unwrap().envelope)
}

fn sample_code() -> String {
    let it = person(7);
    let once = OneTimePrekey::generate(Wall(0), Day(20_780), &mut rng(7));
    contact_code(&it.identity, &it.card, &once, it.prekey.kem_id())
}

/// A vault costs an Argon2id: made once.
static VAULT: LazyLock<(Vec<u8>, MasterKey)> = LazyLock::new(|| {
    let floor = KdfParams {
        m_kib: 64 * 1_024,
        t: 1,
        p: 1,
    };
    Vault::create(&mut rng(1), floor, "six words").unwrap()
});

fn keybag() -> Vec<u8> {
    Keybag::draw(&mut rng(2)).seal(&mut rng(3), &VAULT.1)
}

fn check_envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::parse(bytes.to_vec()) {
        assert_eq!(envelope.as_bytes(), bytes);
        assert!(bytes.starts_with(&envelope.header().encode()));
        assert!([480, 1_920, 15_360].contains(&bytes.len()));
    }
}

fn check_inner(bytes: &[u8]) {
    let Ok(inner) = Inner::decode(bytes) else {
        return;
    };
    assert_eq!(inner.encode().as_deref(), Some(bytes));
    assert!(inner.name.len() <= NAME_BYTES_MAX);
    assert!(!inner.name.chars().any(char::is_control));
    assert_eq!(inner.class().is_some(), inner.text_part().is_some());
    if let Some(Ok(part)) = inner.text_part() {
        assert!(part.index < part.count && part.count <= CHUNKS_MAX);
        assert!(!part.bytes.is_empty());
    }
}

proptest! {
    // What fails is printed; a file beside this one would say no more.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_an_envelope_as_they_stand_or_none(bytes in any_bytes()) {
        check_envelope(&bytes);
    }

    #[test]
    fn damaged_envelopes_are_other_envelopes_or_none(damages in vec(damage(), 1..4)) {
        let good = sample_post();
        let bytes = damaged(&good, &damages);
        check_envelope(&bytes);
        // Whoever has not the channel's key cannot make one that opens.
        if bytes != good {
            prop_assert!(open_post(&sample_day(), &bytes).is_err());
        }
    }

    #[test]
    fn any_bytes_are_an_inner_message_with_this_encoding_or_none(bytes in any_bytes()) {
        check_inner(&bytes);
    }

    #[test]
    fn damaged_inner_messages_have_this_encoding_or_none(damages in vec(damage(), 1..4)) {
        check_inner(&damaged(&sample_inner().encode().unwrap(), &damages));
    }

    #[test]
    fn any_bytes_and_damaged_cards_are_no_card(bytes in any_bytes(), damages in vec(damage(), 1..4)) {
        prop_assert!(Card::decode(&bytes).is_err());
        let good = sample_card();
        let bytes = damaged(&good, &damages);
        prop_assert_eq!(Card::decode(&bytes).is_ok(), bytes == good);
    }

    #[test]
    fn any_text_and_damaged_links_and_codes_are_none(bytes in any_bytes(), damages in vec(damage(), 1..4)) {
        let text = String::from_utf8_lossy(&bytes);
        for text in [&*text, &["starling:c/", &*text].concat(), &["SL1:", &*text].concat()] {
            prop_assert!(parse_card_link(text).is_err() && ContactCode::parse(text).is_err());
        }
        let link = card_link(&sample_card());
        let text = String::from_utf8_lossy(&damaged(link.as_bytes(), &damages)).into_owned();
        prop_assert_eq!(parse_card_link(&text).is_ok(), text == link);
        let code = sample_code();
        let text = String::from_utf8_lossy(&damaged(code.as_bytes(), &damages)).into_owned();
        prop_assert_eq!(ContactCode::parse(&text).is_ok(), text == code);
    }

    #[test]
    fn any_bytes_and_damaged_bundles_do_not_open(bytes in any_bytes(), damages in vec(damage(), 1..4)) {
        let (it, good) = sample_bundle();
        let day = CardDay::new(&it.card, Day(20_780));
        prop_assert!(open_bundle(&it.card, &day, &bytes).is_err());
        let altered = damaged(&good, &damages);
        prop_assert_eq!(open_bundle(&it.card, &day, &altered).is_ok(), altered == good);
        prop_assert!(Bundle::decode(&it.card, &bytes).is_err());
        let good = bundle(&it.identity, &it.prekey).encode();
        let altered = damaged(&good, &damages);
        prop_assert_eq!(Bundle::decode(&it.card, &altered).is_ok(), altered == good);
    }

    #[test]
    fn any_bytes_and_damaged_knocks_do_not_open(bytes in any_bytes(), damages in vec(damage(), 1..4)) {
        let (bob, good) = sample_knock();
        let day = CardDay::new(&bob.card, Day(20_780));
        prop_assert!(Arrival::open(&day, &bytes).is_err());
        let altered = damaged(&good, &damages);
        prop_assert_eq!(Arrival::open(&day, &altered).is_ok(), altered == good);
    }

    #[test]
    fn any_bytes_are_a_row_as_they_stand_or_none(bytes in any_bytes()) {
        if let Ok(prekey) = DayPrekey::decode(&bytes) {
            prop_assert!(prekey.encode().expose()[..] == bytes);
        }
        if let Ok(prekey) = OneTimePrekey::decode(&bytes) {
            prop_assert!(prekey.encode().expose()[..] == bytes);
        }
        if let Some(knock) = Knock::decode(&bytes) {
            prop_assert_eq!(knock.encode(), &bytes);
        }
    }

    #[test]
    fn any_bytes_and_damaged_answers_end_an_exchange_of_cards(bytes in any_bytes(), damages in vec(damage(), 1..4)) {
        let (ana, bob) = (person(6), person(7));
        let card = |it: &Person| it.identity.encode_card(&it.card).try_into().unwrap();
        let offer = || NearbyOffer::new(&card(&ana), [9; 32], &mut rng(8));
        prop_assert!(offer().answered(&bytes).is_err());
        let answer = NearbyAnswer::new(offer().commitment(), &card(&bob), [9; 32], &mut rng(9));
        let altered = damaged(&answer.answer(), &damages);
        // What B draws is not signed: any 32 bytes are as good, and the emoji differ.
        let is_same = altered.len() == 250 && altered[..186] == answer.answer()[..186];
        prop_assert!(is_same || offer().answered(&altered).is_err());
        prop_assert!(answer.check(&bytes).is_err());
    }

    #[test]
    fn any_bytes_and_damaged_keybags_do_not_open(bytes in any_bytes(), damages in vec(damage(), 1..4)) {
        prop_assert!(Keybag::open(&VAULT.1, &bytes).is_err());
        let good = keybag();
        let bytes = damaged(&good, &damages);
        prop_assert_eq!(Keybag::open(&VAULT.1, &bytes).is_ok(), bytes == good);
    }

    /// No random vault may cost an Argon2id, let alone one of its own choice.
    #[test]
    fn any_bytes_are_no_vault(bytes in any_bytes()) {
        prop_assert!(!Vault::is_well_formed(&bytes));
        prop_assert_eq!(Vault::open(&bytes, "six words"), Err(VaultError::Malformed));
    }

    /// The parameters of the derivation are the part that is believed before the
    /// passphrase is known: bounded on both sides.
    #[test]
    fn vaults_with_any_parameters_are_well_formed_only_within_bounds(
        m_kib in any::<u32>(), t in any::<u32>(), p in any::<u32>(), small in any::<bool>()
    ) {
        let squeeze = |value: u32, to: u32| if small { value % to } else { value };
        let (m_kib, t, p) = (squeeze(m_kib, 2_000_000), squeeze(t, 20), squeeze(p, 20));
        let mut bytes = VAULT.0.clone();
        let parameters = [m_kib, t, p].map(u32::to_le_bytes).concat();
        bytes.splice(4..16, parameters);
        if Vault::is_well_formed(&bytes) {
            prop_assert!((64 * 1_024..=256 * 1_024).contains(&m_kib), "{} KiB", m_kib);
            prop_assert!((1..=10).contains(&t) && (1..=8).contains(&p), "{} {}", t, p);
        }
    }
}
