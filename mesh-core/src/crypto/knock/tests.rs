//! Ana knocks at Bob, and Eve, who has Bob's card too, does what she can.

use super::start::begin;
use super::*;
use crate::crypto::bundle::{Bundle, bundle};
use crate::crypto::identity::{Card, Identity, low_order_points};
use crate::crypto::kem::KEM_PUBLIC_BYTES;
use crate::crypto::prekeys::{DayPrekey, OneTimePrekey, RecoveryPrekey};
use crate::crypto::seal::OpenError;
use crate::crypto::verify::{ContactCode, contact_code};
use crate::limits::ENVELOPE_BYTES_MEDIUM;
use crate::testing::{SeededRng, rng};
use crate::types::{Day, Wall};

const TODAY: Day = Day(20_780);
const NOW: Wall = Wall(20_780 * 86_400_000);
const HEADER: [u8; HEADER_BYTES] = [7; HEADER_BYTES];

struct Person {
    identity: Identity,
    card: Card,
}

fn person(seed: u8, name: &str) -> Person {
    let identity = Identity::from_seed(&Secret::take(&mut [seed; 32]));
    let card = identity.card([seed; 32], name).unwrap();
    Person { identity, card }
}

/// Bob, with every kind of prekey.
struct Bob {
    identity: Identity,
    card: Card,
    day: DayPrekey,
    once: OneTimePrekey,
    recovery: RecoveryPrekey,
    contact: [u8; 32],
    bundle: Bundle,
    code: ContactCode,
}

fn bob() -> Bob {
    let Person { identity, card } = person(2, "Bob");
    let rng = &mut rng(100);
    let day = DayPrekey::generate(TODAY, rng);
    let once = OneTimePrekey::generate(NOW, TODAY, rng);
    let code = contact_code(&identity, &card, &once, day.kem_id());
    Bob {
        bundle: bundle(&identity, &day),
        code: ContactCode::parse(&code).unwrap(),
        recovery: RecoveryPrekey::generate(rng),
        contact: person(1, "Ana").card.id(),
        identity,
        card,
        day,
        once,
    }
}

impl Bob {
    fn target(&self, kind: KnockKind) -> Target<'_> {
        let (code, prekey) = (&self.code, &self.recovery);
        match kind {
            KnockKind::Bundle => Target::Bundle(&self.bundle),
            KnockKind::Code => Target::Code {
                code,
                kem: Some(&self.bundle.kem),
            },
            KnockKind::CodeClassic => Target::Code { code, kem: None },
            KnockKind::Recovery => Target::Recovery(prekey.public()),
        }
    }

    fn secret(&self, kind: KnockKind) -> PrekeySecret<'_> {
        match kind {
            KnockKind::Bundle => PrekeySecret::Day(&self.day),
            KnockKind::Code | KnockKind::CodeClassic => PrekeySecret::OneTime {
                prekey: &self.once,
                day: Some(&self.day),
            },
            KnockKind::Recovery => PrekeySecret::Recovery {
                prekey: &self.recovery,
                contact: &self.contact,
            },
        }
    }

    fn today(&self) -> CardDay {
        CardDay::new(&self.card, TODAY)
    }

    fn answer(&self, envelope: &[u8], secret: PrekeySecret<'_>) -> Result<Opened, OpenError> {
        Arrival::open(&self.today(), envelope)?.answer(&self.identity, secret, NOW)
    }

    /// An envelope with whatever a holder of the card likes to put into it.
    fn sealed(&self, plaintext: &[u8]) -> Vec<u8> {
        self.today().seal_knock(HEADER, 5, plaintext, &mut rng(200))
    }

    fn opened(&self, envelope: &[u8]) -> Zeroizing<Vec<u8>> {
        self.today().open_knock(envelope).unwrap()
    }
}

fn begin_knock(from: &Person, bob: &Bob, kind: KnockKind, rng: &mut SeededRng) -> Started {
    start(&from.identity, &from.card, &bob.card, bob.target(kind), rng).unwrap()
}

/// An envelope by Ana.
fn knock(bob: &Bob, kind: KnockKind) -> (Started, Vec<u8>) {
    let rng = &mut rng(1);
    let mut started = begin_knock(&person(1, "Ana"), bob, kind, rng);
    let Started { knock, session, .. } = &mut started;
    let sealed = knock.seal(session, &bob.today(), HEADER, b"hello", rng);
    (started, sealed.unwrap().envelope)
}

#[test]
fn every_kind_of_knock_opens_with_its_prekey_and_fills_the_same_envelope() {
    let bob = bob();
    for kind in KnockKind::ALL {
        let (started, envelope) = knock(&bob, kind);
        assert_eq!(envelope.len(), ENVELOPE_BYTES_MEDIUM);
        let arrival = Arrival::open(&bob.today(), &envelope).unwrap();
        assert_eq!(arrival.ephemeral_id(), started.knock.ephemeral_id());
        let secret = bob.secret(kind);
        let opened = arrival.answer(&bob.identity, secret, NOW).unwrap();
        assert_eq!(opened.card, person(1, "Ana").card);
        assert_eq!(Card::decode(&opened.card_bytes), Ok(opened.card.clone()));
        assert_eq!(opened.data.as_slice(), b"hello");
        assert_eq!(opened.agreed, started.agreed);
        assert_eq!((opened.agreed.kind, opened.seq), (kind, 0));
        let is_code = matches!(kind, KnockKind::Code | KnockKind::CodeClassic);
        assert_eq!(opened.has_seen_code, is_code);
    }
}

#[test]
fn a_text_of_330_bytes_fits_with_x_wing_and_of_1_450_without() {
    let bob = bob();
    let rooms = KnockKind::ALL.map(KnockKind::room);
    assert_eq!(rooms, [359, 359, 1_479, 1_479]);
    for (kind, room) in KnockKind::ALL.into_iter().zip(rooms) {
        let (mut started, _) = knock(&bob, kind);
        let mut seal = |data: &[u8]| {
            let Started { knock, session, .. } = &mut started;
            knock.seal(session, &bob.today(), HEADER, data, &mut rng(2))
        };
        assert_eq!(seal(&vec![1; room + 1]), Err(SealError::Size));
        let sealed = seal(&vec![1; room]).unwrap();
        let opened = bob.answer(&sealed.envelope, bob.secret(kind)).unwrap();
        assert_eq!((opened.data.len(), opened.seq), (room, 1));
    }
}

#[test]
fn both_go_on_in_the_session() {
    let bob = bob();
    let (mut ana, envelope) = knock(&bob, KnockKind::Bundle);
    let mut opened = bob
        .answer(&envelope, bob.secret(KnockKind::Bundle))
        .unwrap();
    let rng = &mut rng(3);
    let sealed = opened
        .session
        .seal(rng, HEADER, 480, b"who is it?")
        .unwrap();
    let answer = ana.session.open(NOW, &sealed.envelope).unwrap();
    assert_eq!(answer.data(), b"who is it?");
    answer.commit();
    let sealed = ana.session.seal(rng, HEADER, 480, b"Ana").unwrap();
    let next = opened.session.open(NOW, &sealed.envelope).unwrap();
    assert_eq!(next.data(), b"Ana");
}

#[test]
fn a_knock_sent_again_repeats_its_head_and_goes_to_the_session_it_began() {
    let bob = bob();
    let (mut ana, first) = knock(&bob, KnockKind::Bundle);
    let mut opened = bob.answer(&first, bob.secret(KnockKind::Bundle)).unwrap();
    let stored = Knock::decode(ana.knock.encode()).unwrap();
    let tomorrow = CardDay::new(&bob.card, Day(TODAY.0 + 1));
    let again = stored
        .seal(&mut ana.session, &tomorrow, HEADER, b"again", &mut rng(4))
        .unwrap();
    assert_ne!(again.envelope[16..32], first[16..32]);
    let arrival = Arrival::open(&tomorrow, &again.envelope).unwrap();
    let head_bytes = ana.knock.encode().len();
    let sent = tomorrow.open_knock(&again.envelope).unwrap();
    assert_eq!(sent[..head_bytes], bob.opened(&first)[..head_bytes]);
    assert_eq!(sent[..head_bytes], *ana.knock.encode());
    let known = Arrival::open(&bob.today(), &first).unwrap();
    assert_eq!(arrival.ephemeral_id(), known.ephemeral_id());
    let message = opened
        .session
        .open_embedded(NOW, arrival.message())
        .unwrap();
    assert_eq!((message.data(), message.seq()), (&b"again"[..], 1));
    message.commit();
    assert!(
        opened
            .session
            .open_embedded(NOW, arrival.message())
            .is_err()
    );
    // The one that got lost would have done as well.
    let late = arrival.answer(&bob.identity, bob.secret(KnockKind::Bundle), NOW);
    assert_eq!(late.unwrap().agreed, opened.agreed);
}

#[test]
fn damaged_rows_are_no_knock() {
    let bob = bob();
    for kind in KnockKind::ALL {
        let (started, _) = knock(&bob, kind);
        let row = started.knock.encode();
        assert_eq!(Knock::decode(row).map(|knock| knock.kind()), Some(kind));
        for len in [0, 1, row.len() - 1] {
            assert!(Knock::decode(&row[..len]).is_none());
        }
        assert!(Knock::decode(&[row, &[0]].concat()).is_none());
        assert!(Knock::decode(&[&[0], &row[1..]].concat()).is_none());
    }
}

#[test]
fn any_flipped_bit_and_any_length_of_the_envelope_keeps_it_shut() {
    let bob = bob();
    let (_, envelope) = knock(&bob, KnockKind::Bundle);
    for byte in 0..envelope.len() {
        let mut altered = envelope.clone();
        altered[byte] ^= 1 << (byte % 8);
        assert!(Arrival::open(&bob.today(), &altered).is_err(), "{byte}");
        assert!(Arrival::open(&bob.today(), &envelope[..byte]).is_err());
    }
    let longer = [&envelope[..], &[0]].concat();
    assert!(Arrival::open(&bob.today(), &longer).is_err());
}

#[test]
fn any_byte_inside_that_a_card_holder_alters_keeps_it_shut() {
    let bob = bob();
    for kind in KnockKind::ALL {
        let (_, envelope) = knock(&bob, kind);
        let plaintext = bob.opened(&envelope);
        // Each is a whole handshake: all of the head but the middle of the ciphertext,
        // and the message as sampled.
        let before = kind.before_bytes();
        let is_tried = |byte: usize| {
            byte < 48 || (before - 40..kind.head_bytes()).contains(&byte) || byte.is_multiple_of(31)
        };
        for byte in (0..plaintext.len()).filter(|byte| is_tried(*byte)) {
            let mut altered = plaintext.to_vec();
            altered[byte] ^= 1 << (byte % 8);
            // X25519 ignores the highest bit of a key; T does not.
            let opened = bob.answer(&bob.sealed(&altered), bob.secret(kind));
            assert!(opened.is_err(), "{kind:?}, byte {byte}");
        }
        assert!(
            bob.answer(&bob.sealed(&plaintext), bob.secret(kind))
                .is_ok()
        );
    }
}

#[test]
fn a_kind_that_does_not_exist_is_refused() {
    let bob = bob();
    let (_, envelope) = knock(&bob, KnockKind::Bundle);
    for code in (0..=255).filter(|code| KnockKind::from_code(*code).is_none()) {
        let mut altered = bob.opened(&envelope).to_vec();
        altered[0] = code;
        assert!(Arrival::open(&bob.today(), &bob.sealed(&altered)).is_err());
    }
}

#[test]
fn a_message_under_the_header_of_another_envelope_is_refused() {
    let bob = bob();
    let (_, envelope) = knock(&bob, KnockKind::Bundle);
    let plaintext = bob.opened(&envelope);
    let moved = bob.today().seal_knock([8; 16], 5, &plaintext, &mut rng(5));
    assert!(bob.answer(&moved, bob.secret(KnockKind::Bundle)).is_err());
}

#[test]
fn points_of_low_order_are_refused_wherever_a_key_is_read() {
    let bob = bob();
    let ana = person(1, "Ana");
    let begin =
        |to: &Card, target: Target<'_>| start(&ana.identity, &ana.card, to, target, &mut rng(6));
    for point in low_order_points() {
        for kind in KnockKind::ALL {
            let (_, envelope) = knock(&bob, kind);
            let mut altered = bob.opened(&envelope).to_vec();
            altered[9..41].copy_from_slice(&point);
            assert!(bob.answer(&bob.sealed(&altered), bob.secret(kind)).is_err());
        }
        assert!(begin(&bob.card, Target::Nearby(point)).is_err());
        assert!(begin(&bob.card, Target::Recovery(point)).is_err());
        let mut bundle = bob.bundle.clone();
        bundle.prekey = point;
        assert!(begin(&bob.card, Target::Bundle(&bundle)).is_err());
        let mut bundle = bob.bundle.clone();
        bundle.kem[KEM_PUBLIC_BYTES - 32..].copy_from_slice(&point);
        assert!(begin(&bob.card, Target::Bundle(&bundle)).is_err());
        let to = Card {
            dh_key: point,
            ..bob.card.clone()
        };
        assert!(begin(&to, bob.target(KnockKind::Bundle)).is_err());
    }
}

#[test]
fn a_knock_without_x_wing_at_the_keys_of_a_day_is_refused() {
    let bob = bob();
    let ana = person(1, "Ana");
    let spk = bob.day.public();
    let rng = &mut rng(7);
    for target in [Target::Nearby(spk), Target::Recovery(spk)] {
        let mut it = start(&ana.identity, &ana.card, &bob.card, target, rng).unwrap();
        let sealed = it
            .knock
            .seal(&mut it.session, &bob.today(), HEADER, b"", rng);
        let envelope = sealed.unwrap().envelope;
        let arrival = Arrival::open(&bob.today(), &envelope).unwrap();
        assert_eq!(arrival.prekey_id(), bob.day.id());
        assert!(
            bob.answer(&envelope, bob.secret(KnockKind::Bundle))
                .is_err()
        );
    }
}

#[test]
fn only_the_prekey_that_was_named_and_the_bundle_of_that_day_or_the_one_before_serve() {
    let bob = bob();
    let other = DayPrekey::generate(TODAY, &mut rng(8));
    let once = OneTimePrekey::generate(NOW, TODAY, &mut rng(8));
    let (_, envelope) = knock(&bob, KnockKind::Bundle);
    assert!(bob.answer(&envelope, PrekeySecret::Day(&other)).is_err());
    let (_, envelope) = knock(&bob, KnockKind::Code);
    let day = Some(&bob.day);
    let prekey = &once;
    assert!(
        bob.answer(&envelope, PrekeySecret::OneTime { prekey, day })
            .is_err()
    );
    let prekey = &bob.once;
    for day in [None, Some(&other)] {
        assert!(
            bob.answer(&envelope, PrekeySecret::OneTime { prekey, day })
                .is_err()
        );
    }
    for (kind, wrong) in [
        (KnockKind::Bundle, KnockKind::Code),
        (KnockKind::Bundle, KnockKind::Recovery),
        (KnockKind::Code, KnockKind::Bundle),
        (KnockKind::Recovery, KnockKind::CodeClassic),
    ] {
        let (_, envelope) = knock(&bob, kind);
        assert!(bob.answer(&envelope, bob.secret(wrong)).is_err());
    }
    for (ahead, is_taken) in [(-2, false), (-1, false), (0, true), (1, true), (2, false)] {
        let day = CardDay::new(&bob.card, Day(TODAY.0.saturating_add_signed(ahead)));
        let (mut ana, _) = knock(&bob, KnockKind::Bundle);
        let sealed = ana
            .knock
            .seal(&mut ana.session, &day, HEADER, b"", &mut rng(9));
        let arrival = Arrival::open(&day, &sealed.unwrap().envelope).unwrap();
        let opened = arrival.answer(&bob.identity, bob.secret(KnockKind::Bundle), NOW);
        assert_eq!(opened.is_ok(), is_taken, "{ahead}");
    }
}

#[test]
fn with_the_card_of_another_nobody_knocks_in_their_name() {
    // Eve has Ana's card and puts it into c1, where it opens; c2 then does not, because
    // it needs Ana's key.
    let (ana, eve, bob) = (person(1, "Ana"), person(3, "Eve"), bob());
    for kind in KnockKind::ALL {
        let of_ana = ana.identity.encode_card(&ana.card);
        for id in [ana.card.id(), eve.card.id()] {
            let target = bob.target(kind);
            let rng = &mut rng(10);
            let mut it = begin(&eve.identity, (&id, &of_ana), &bob.card, target, rng).unwrap();
            let sealed = it
                .knock
                .seal(&mut it.session, &bob.today(), HEADER, b"", rng);
            let opened = bob.answer(&sealed.unwrap().envelope, bob.secret(kind));
            assert!(opened.is_err(), "{kind:?}");
        }
    }
}

#[test]
fn a_knock_at_oneself_is_neither_made_nor_taken() {
    let bob = bob();
    let target = || bob.target(KnockKind::Bundle);
    let rng = &mut rng(11);
    assert!(start(&bob.identity, &bob.card, &bob.card, target(), rng).is_err());
    let bytes = bob.identity.encode_card(&bob.card);
    let ours = (&bob.card.id(), &bytes[..]);
    let mut it = begin(&bob.identity, ours, &bob.card, target(), rng).unwrap();
    let sealed = it
        .knock
        .seal(&mut it.session, &bob.today(), HEADER, b"", rng);
    let opened = bob.answer(&sealed.unwrap().envelope, bob.secret(KnockKind::Bundle));
    assert!(opened.is_err());
}

#[test]
fn only_who_knows_the_token_has_seen_the_code_and_a_false_proof_is_refused() {
    let mut bob = bob();
    let ana = person(1, "Ana");
    let rng = &mut rng(12);
    let target = Target::Nearby(bob.once.public());
    let mut it = start(&ana.identity, &ana.card, &bob.card, target, rng).unwrap();
    let sealed = it
        .knock
        .seal(&mut it.session, &bob.today(), HEADER, b"", rng);
    let opened = bob.answer(&sealed.unwrap().envelope, bob.secret(KnockKind::Code));
    assert!(!opened.unwrap().has_seen_code);
    bob.code.token = Secret::take(&mut [1; 16]);
    for kind in [KnockKind::Code, KnockKind::CodeClassic] {
        let (_, envelope) = knock(&bob, kind);
        assert!(bob.answer(&envelope, bob.secret(kind)).is_err());
    }
}

#[test]
fn keys_that_do_not_belong_together_serve_no_knock() {
    let bob = bob();
    let (ana, eve) = (person(1, "Ana"), person(3, "Eve"));
    let other = DayPrekey::generate(TODAY, &mut rng(13));
    let kem = bundle(&bob.identity, &other).kem;
    let code = &bob.code;
    let begin =
        |to: &Card, target: Target<'_>| start(&ana.identity, &ana.card, to, target, &mut rng(14));
    let kem = Some(&*kem);
    assert!(begin(&bob.card, Target::Code { code, kem }).is_err());
    let kem = None;
    assert!(begin(&eve.card, Target::Code { code, kem }).is_err());
}

#[test]
fn a_recovery_prekey_serves_the_contact_it_was_given_to() {
    let bob = bob();
    let (_, envelope) = knock(&bob, KnockKind::Recovery);
    let secret = |contact| PrekeySecret::Recovery {
        prekey: &bob.recovery,
        contact,
    };
    assert!(bob.answer(&envelope, secret(&bob.contact)).is_ok());
    let eve = person(3, "Eve").card.id();
    assert!(bob.answer(&envelope, secret(&eve)).is_err());
}

#[test]
fn only_the_recovery_secret_of_the_old_session_proves_the_new_one() {
    let rng = &mut rng(15);
    let (ours, other) = (RecoverySecret::generate(rng), RecoverySecret::generate(rng));
    let proof = ours.proof(&[1; 32]);
    let back = RecoverySecret::from_row(join(&[ours.row().expose()]));
    assert!(back.is_proof(&[1; 32], &proof));
    assert!(!ours.is_proof(&[2; 32], &proof) && !other.is_proof(&[1; 32], &proof));
}

#[test]
fn of_two_crossing_sessions_both_sides_choose_the_same() {
    let ids = [[0; 32], [1; 32], [0xff; 32]];
    let all = KnockKind::ALL
        .into_iter()
        .flat_map(|kind| ids.map(|id| (kind, id)));
    let all: Vec<_> = all.collect();
    for (kind, id) in &all {
        for (other_kind, other_id) in &all {
            let wins_over = wins((*kind, id), (*other_kind, other_id));
            let loses = wins((*other_kind, other_id), (*kind, id));
            let is_same = (kind.is_quantum_safe(), id) == (other_kind.is_quantum_safe(), other_id);
            assert_eq!(wins_over || loses, !is_same);
            assert!(!(wins_over && loses));
        }
    }
    assert!(wins(
        (KnockKind::Bundle, &[9; 32]),
        (KnockKind::Recovery, &[0; 32])
    ));
    assert!(wins(
        (KnockKind::Code, &[0; 32]),
        (KnockKind::Bundle, &[1; 32])
    ));
}

#[test]
fn two_people_with_somebody_between_share_nothing_to_compare() {
    // Eve shows Ana a code of her own as Bob's, and knocks at Bob in Ana's name.
    let (ana, eve, bob) = (person(1, "Ana"), person(3, "Bob"), bob());
    let rng = &mut rng(16);
    for _ in 0..20 {
        let once = OneTimePrekey::generate(NOW, TODAY, rng);
        let text = contact_code(&eve.identity, &eve.card, &once, [0; 16]);
        let code = ContactCode::parse(&text).unwrap();
        let target = Target::Code {
            code: &code,
            kem: None,
        };
        let at_ana = start(&ana.identity, &ana.card, &eve.card, target, rng).unwrap();
        let at_eve = begin_knock(&eve, &bob, KnockKind::Bundle, rng);
        assert_ne!(at_ana.agreed.session_id, at_eve.agreed.session_id);
        let [at_ana, at_bob] = [at_ana, at_eve].map(|it| it.agreed.verify);
        assert!(!at_bob.is_return_code(&at_ana.return_code()));
        let offer = crate::crypto::verify::SasOffer::new(rng);
        let answer = crate::crypto::verify::SasAnswer::new(offer.commitment(), rng);
        let (revealed, shown) = offer.answered(answer.ours()).reveal();
        assert_ne!(shown.sas(&at_ana), answer.check(revealed, &at_bob).unwrap());
    }
}
