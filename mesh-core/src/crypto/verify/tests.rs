use super::*;
use crate::crypto::identity::{CARD_BYTES, Card, Identity, low_order_points};
use crate::crypto::prekeys::OneTimePrekey;
use crate::testing::{SeededRng, rng};
use crate::types::{Day, Wall};
use rand_core::Rng as _;

struct Person {
    identity: Identity,
    card: Card,
    bytes: [u8; CARD_BYTES],
}

fn person(seed: u8, name: &str) -> Person {
    let identity = Identity::from_seed(&Secret::take(&mut [seed; 32]));
    let card = identity.card([seed; 32], name).unwrap();
    let bytes = identity.encode_card(&card).try_into().unwrap();
    Person {
        identity,
        card,
        bytes,
    }
}

fn key(rng: &mut SeededRng) -> VerifyKey {
    VerifyKey::new(&drawn(rng))
}

fn drawn(rng: &mut SeededRng) -> Secret<32> {
    let mut secret = Secret::zeroed();
    rng.fill_bytes(secret.expose_mut());
    secret
}

fn code(person: &Person) -> String {
    let prekey = OneTimePrekey::generate(Wall(0), Day(1), &mut rng(4));
    contact_code(&person.identity, &person.card, &prekey, [6; 16])
}

/// The code with its bytes altered before Base45.
fn altered_code(text: &str, alter: impl Fn(&mut Vec<u8>)) -> String {
    let mut bytes = decode_base45(text.strip_prefix("SL1:").unwrap()).unwrap();
    alter(&mut bytes);
    format!("SL1:{}", base45::encode(bytes))
}

#[test]
fn a_card_goes_through_a_link() {
    let ana = person(1, "Ana");
    let link = card_link(&ana.bytes);
    assert_eq!(link.len(), "starling:c/".len() + 248);
    assert_eq!(parse_card_link(&link), Ok((ana.card, ana.bytes.to_vec())));
}

#[test]
fn any_altered_character_and_any_length_of_a_link_is_refused() {
    let link = card_link(&person(1, "Ana").bytes);
    for (place, character) in link.char_indices() {
        for other in ["A", "_", "+", " ", "=", "é", "\0"] {
            if character.to_string() == other {
                continue;
            }
            let mut altered = link.clone();
            altered.replace_range(place..=place, other);
            assert_eq!(parse_card_link(&altered), Err(LinkError), "{altered}");
        }
        assert_eq!(parse_card_link(link.get(..place).unwrap()), Err(LinkError));
    }
    for wrong in [format!("{link}A"), format!(" {link}"), format!("{link}\n")] {
        assert_eq!(parse_card_link(&wrong), Err(LinkError));
    }
    assert_eq!(parse_card_link(&link.to_uppercase()), Err(LinkError));
}

#[test]
fn base45_is_rfc_9285_and_each_value_has_one_text() {
    for (bytes, text) in [
        ("AB", "BB8"),
        ("Hello!!", "%69 VD92EX0"),
        ("base-45", "UJCLQE7W581"),
    ] {
        assert_eq!(base45::encode(bytes), text);
        assert_eq!(decode_base45(text).as_deref(), Some(bytes.as_bytes()));
    }
    // RFC 9285 §4.4 and §6: more than three characters can hold, and than two can.
    for text in ["GGW", ":::", "ZZ", "B", "BB8A", "bb8", "BB\u{e9}", "\0\0\0"] {
        assert_eq!(decode_base45(text), None, "{text:?}");
    }
}

#[test]
fn a_contact_code_comes_back_and_fits_a_code_that_laptops_can_read() {
    let ana = person(1, "Ana");
    let prekey = OneTimePrekey::generate(Wall(0), Day(1), &mut rng(4));
    let text = contact_code(&ana.identity, &ana.card, &prekey, [6; 16]);
    // QR version 13 at level M holds 483 alphanumeric characters.
    assert_eq!(text.len(), 475);
    let code = ContactCode::parse(&text).unwrap();
    assert_eq!((&code.card, code.prekey), (&ana.card, prekey.public()));
    assert!(code.kem_id == [6; 16] && code.token == prekey.token);
    assert_eq!(format!("{code:?}"), "ContactCode(…)");
}

#[test]
fn any_altered_byte_and_any_length_of_a_contact_code_is_refused() {
    let text = code(&person(1, "Ana"));
    assert!(ContactCode::parse(&altered_code(&text, |_| ())).is_ok());
    for byte in 0..CODE_BYTES {
        let altered = altered_code(&text, |bytes| bytes[byte] ^= 1);
        assert_eq!(
            ContactCode::parse(&altered).err(),
            Some(CodeError),
            "{byte}"
        );
    }
    for len in 0..text.len() {
        assert_eq!(
            ContactCode::parse(text.get(..len).unwrap()).err(),
            Some(CodeError)
        );
    }
    for wrong in [
        format!("{text}0"),
        format!("{text}000"),
        format!(" {text}"),
        text.to_lowercase(),
        text.replace("SL1:", "SL2:"),
        altered_code(&text, |bytes| bytes.extend([0; 2])),
        "é".repeat(text.len() / 2),
    ] {
        assert_eq!(ContactCode::parse(&wrong).err(), Some(CodeError));
    }
}

#[test]
fn a_contact_code_with_the_keys_of_another_or_of_low_order_is_refused() {
    let (ana, eve) = (person(1, "Ana"), person(2, "Ana"));
    let of_eve = code(&eve);
    let lifted = altered_code(&of_eve, |bytes| {
        bytes[..CARD_BYTES].copy_from_slice(&ana.bytes)
    });
    assert_eq!(ContactCode::parse(&lifted).err(), Some(CodeError));
    for point in low_order_points() {
        let low = altered_code(&code(&ana), |bytes| {
            bytes[CARD_BYTES..CARD_BYTES + 32].copy_from_slice(&point);
            let signed = [
                labels::CODE,
                &ana.card.id(),
                &bytes[CARD_BYTES..CARD_BYTES + 64],
            ];
            let signature = ana.identity.sign(&signed);
            bytes[CARD_BYTES + 64..].copy_from_slice(&signature);
        });
        assert_eq!(ContactCode::parse(&low).err(), Some(CodeError));
    }
}

#[test]
fn both_see_the_same_emoji_and_the_rows_go_on() {
    let (a, b) = (&mut rng(1), &mut rng(2));
    let key = key(&mut rng(3));
    let offer = SasOffer::new(a);
    let offer = SasOffer::from_row(join(&[offer.row().expose()]));
    let answer = SasAnswer::new(offer.commitment(), b);
    let answer = SasAnswer::from_row(join(&[answer.row().expose()]));
    let (revealed, shown) = offer.answered(answer.ours()).reveal();
    let shown = SasRevealed::from_row(join(&[shown.row().expose()]));
    assert_eq!(shown.ours(), revealed);
    let key_again = VerifyKey::from_row(join(&[key.row().expose()]));
    let at_b = answer.check(revealed, &key_again).unwrap();
    assert_eq!(shown.sas(&key), at_b);
    assert_eq!(at_b.emoji().len(), SAS_SYMBOLS);
    assert_eq!(format!("{at_b:?}"), "Sas(…)");
}

#[test]
fn who_stands_between_shows_two_people_different_emoji() {
    // Eve has one session with each. In half of the runs she passes on what they draw,
    // in the others she draws for herself; she can do nothing else in time.
    let mut rng = rng(5);
    for run in 0..10_000 {
        let (with_a, with_b) = (key(&mut rng), key(&mut rng));
        let offer = SasOffer::new(&mut rng);
        let (at_a, at_b) = if run % 2 == 0 {
            let answer = SasAnswer::new(offer.commitment(), &mut rng);
            let (revealed, shown) = offer.answered(answer.ours()).reveal();
            (shown.sas(&with_a), answer.check(revealed, &with_b).unwrap())
        } else {
            let eve = SasOffer::new(&mut rng);
            let answer = SasAnswer::new(eve.commitment(), &mut rng);
            let (revealed, _) = eve.answered(answer.ours()).reveal();
            let eve = SasAnswer::new(offer.commitment(), &mut rng);
            let (_, shown) = offer.answered(eve.ours()).reveal();
            (shown.sas(&with_a), answer.check(revealed, &with_b).unwrap())
        };
        assert_ne!(at_a, at_b, "run {run}");
    }
}

#[test]
fn a_value_chosen_after_the_answer_was_seen_is_refused() {
    // Eve knows r_B and looks for an r_A that gives the emoji she wants.
    let mut rng = rng(6);
    let key = key(&mut rng);
    for _ in 0..1_000 {
        let offer = SasOffer::new(&mut rng);
        let answer = SasAnswer::new(offer.commitment(), &mut rng);
        let chosen = *drawn(&mut rng).expose();
        assert_eq!(answer.check(chosen, &key), Err(SasMismatch));
    }
}

#[test]
fn emoji_depend_on_each_of_key_and_both_values() {
    let mut rng = rng(7);
    let one = key(&mut rng);
    let [a, b, c] = [(); 3].map(|()| *drawn(&mut rng).expose());
    let sas = |key: &VerifyKey, ours: [u8; 32], theirs: [u8; 32]| {
        SasRevealed::from_row(join(&[&ours, &theirs])).sas(key)
    };
    let first = sas(&one, a, b);
    for other in [
        sas(&key(&mut rng), a, b),
        sas(&one, c, b),
        sas(&one, a, c),
        sas(&one, b, a),
    ] {
        assert_ne!(other, first);
    }
}

#[test]
fn a_return_code_is_of_its_session_alone() {
    let mut rng = rng(8);
    let (ours, other) = (key(&mut rng), key(&mut rng));
    let code = ours.return_code();
    assert_eq!(code.len(), 5 + 48);
    assert!(ours.is_return_code(&code) && !other.is_return_code(&code));
    for place in 0..code.len() {
        let mut altered = code.clone();
        let digit = if code.as_bytes()[place] == b'0' {
            "1"
        } else {
            "0"
        };
        altered.replace_range(place..=place, digit);
        assert!(!ours.is_return_code(&altered), "{place}");
        assert!(!ours.is_return_code(code.get(..place).unwrap()));
    }
    assert!(!ours.is_return_code(&format!("{code}00")) && !ours.is_return_code(""));
}

#[test]
fn two_laptops_exchange_cards_and_see_the_same_emoji() {
    let (ana, bob) = (person(1, "Ana"), person(2, "Bob"));
    let offer = NearbyOffer::new(&ana.bytes, [9; 32], &mut rng(1));
    let answer = NearbyAnswer::new(offer.commitment(), &bob.bytes, [8; 32], &mut rng(2));
    let reveal = offer.answered(&answer.answer()).unwrap();
    let (opening, at_a) = reveal.reveal();
    let at_b = answer.check(&opening).unwrap();
    assert_eq!((&at_a.card, at_a.prekey), (&bob.card, [8; 32]));
    assert_eq!((&at_b.card, at_b.prekey), (&ana.card, [9; 32]));
    assert_eq!(at_a.sas, at_b.sas);
}

#[test]
fn who_stands_on_the_link_shows_two_people_different_emoji() {
    let mut rng = rng(9);
    let (ana, bob, eve) = (person(1, "Ana"), person(2, "Bob"), person(3, "Eve"));
    for run in 0..2_000 {
        let offer = NearbyOffer::new(&ana.bytes, [9; 32], &mut rng);
        let to_bob = NearbyOffer::new(&eve.bytes, [7; 32], &mut rng);
        let answer = NearbyAnswer::new(to_bob.commitment(), &bob.bytes, [8; 32], &mut rng);
        let to_ana = NearbyAnswer::new(offer.commitment(), &eve.bytes, [7; 32], &mut rng);
        let (_, at_a) = offer.answered(&to_ana.answer()).unwrap().reveal();
        let (opening, _) = to_bob.answered(&answer.answer()).unwrap().reveal();
        let at_b = answer.check(&opening).unwrap();
        assert_ne!(at_a.sas, at_b.sas, "run {run}");
    }
}

#[test]
fn an_opening_altered_or_chosen_late_an_echo_and_a_low_key_end_the_exchange() {
    let (ana, bob) = (person(1, "Ana"), person(2, "Bob"));
    let offer = || NearbyOffer::new(&ana.bytes, [9; 32], &mut rng(1));
    let answer = || NearbyAnswer::new(offer().commitment(), &bob.bytes, [8; 32], &mut rng(2));
    let (opening, _) = offer().answered(&answer().answer()).unwrap().reveal();
    for byte in 0..NEARBY_BYTES {
        let mut altered = opening;
        altered[byte] ^= 1;
        assert_eq!(answer().check(&altered), Err(NearbyError));
        assert_eq!(answer().check(&opening[..byte]), Err(NearbyError));
        assert!(offer().answered(&answer().answer()[..byte]).is_err());
    }
    assert!(offer().answered(&opening).is_err(), "an echo");
    for point in low_order_points() {
        let low = NearbyAnswer::new(offer().commitment(), &bob.bytes, point, &mut rng(2));
        assert!(offer().answered(&low.answer()).is_err());
        let low = NearbyOffer::new(&ana.bytes, point, &mut rng(1));
        let answer = NearbyAnswer::new(low.commitment(), &bob.bytes, [8; 32], &mut rng(2));
        let (opening, _) = low.answered(&answer.answer()).unwrap().reveal();
        assert_eq!(answer.check(&opening), Err(NearbyError));
    }
}
