//! Tests of vault and keybag bytes.

use super::*;
use crate::testing::rng;

const FLOOR: KdfParams = KdfParams {
    m_kib: M_KIB_MIN,
    t: 1,
    p: 1,
};

fn open(vault: &[u8], passphrase: &str) -> Result<MasterKey, VaultError> {
    Vault::open(vault, passphrase).map(|opened| opened.master)
}

#[test]
fn the_right_passphrase_opens_and_others_do_not() {
    let (vault, master) = Vault::create(&mut rng(1), FLOOR, "correct horse").unwrap();
    assert_eq!(vault.len(), SEALED_BYTES);
    assert_eq!(open(&vault, "correct horse"), Ok(master));
    assert_eq!(
        Vault::open(&vault, "correct hors"),
        Err(VaultError::WrongPassphrase)
    );
}

#[test]
fn spellings_of_one_text_are_one_passphrase() {
    let (vault, master) = Vault::create(&mut rng(1), FLOOR, "cafe\u{301}").unwrap();
    assert_eq!(open(&vault, "café"), Ok(master));
}

#[test]
fn every_character_of_a_long_passphrase_counts() {
    let long = "x".repeat(5_000);
    let (vault, _) = Vault::create(&mut rng(1), FLOOR, &long).unwrap();
    assert!(Vault::open(&vault, &long).is_ok());
    assert_eq!(
        Vault::open(&vault, &"x".repeat(4_999)),
        Err(VaultError::WrongPassphrase)
    );
}

#[test]
fn every_other_length_is_no_vault_and_no_keybag() {
    let mut rng = rng(3);
    let (vault, master) = Vault::create(&mut rng, FLOOR, "x").unwrap();
    let keybag = Keybag::draw(&mut rng).seal(&mut rng, &master);
    for len in (0..SEALED_BYTES).chain([SEALED_BYTES + 1]) {
        let cut =
            |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().chain([0]).take(len).collect() };
        assert_eq!(Vault::open(&cut(&vault), "x"), Err(VaultError::Malformed));
        assert_eq!(
            Keybag::open(&master, &cut(&keybag)),
            Err(VaultError::Malformed)
        );
    }
}

#[test]
fn altered_heads_and_slots_do_not_open() {
    let (vault, _) = Vault::create(&mut rng(1), FLOOR, "x").unwrap();
    for index in [0, 4, 7, 8, 12, 16, 31, 32, 80, 135] {
        let mut altered = vault.clone();
        altered[index] ^= 0x80;
        assert!(Vault::open(&altered, "x").is_err(), "byte {index}");
    }
    assert_eq!(
        Vault::open(&vault[..4_095], "x"),
        Err(VaultError::Malformed)
    );
    assert_eq!(Vault::open(&[], "x"), Err(VaultError::Malformed));
}

#[test]
fn work_out_of_bounds_is_refused_before_any_is_done() {
    let (vault, _) = Vault::create(&mut rng(1), FLOOR, "x").unwrap();
    for (offset, value) in [(4, 1), (4, u32::MAX), (8, 0), (8, 11), (12, 0), (12, 9)] {
        let mut forged = vault.clone();
        forged[offset..offset + 4].copy_from_slice(&u32::to_le_bytes(value));
        assert_eq!(Vault::open(&forged, "x"), Err(VaultError::Malformed));
    }
}

#[test]
fn keybag_comes_back_and_any_torn_copy_is_refused() {
    let mut rng = rng(2);
    let (_, master) = Vault::create(&mut rng, FLOOR, "x").unwrap();
    let keys = Keybag::draw(&mut rng);
    let sealed = keys.seal(&mut rng, &master);
    assert_eq!(sealed.len(), SEALED_BYTES);
    assert_eq!(Keybag::open(&master, &sealed).as_ref(), Ok(&keys));
    for len in (0..SEALED_BYTES).step_by(97) {
        let mut torn = sealed[..len].to_vec();
        torn.resize(SEALED_BYTES, 0);
        assert_eq!(Keybag::open(&master, &torn), Err(VaultError::Malformed));
    }
}

/// Where the last slot ends.
const DATA_END: usize = HEAD_BYTES + 8 * SLOT_BYTES;

/// Slots in which two vaults differ.
fn differing(one: &[u8], other: &[u8]) -> Vec<usize> {
    assert_eq!(one[..HEAD_BYTES], other[..HEAD_BYTES]);
    let slots = |vault: &[u8]| -> Vec<Vec<u8>> {
        let slots = vault[HEAD_BYTES..].chunks(SLOT_BYTES);
        slots.map(<[u8]>::to_vec).collect()
    };
    let pairs = slots(one).into_iter().zip(slots(other)).enumerate();
    pairs
        .filter(|(_, (a, b))| a != b)
        .map(|(at, _)| at)
        .collect()
}

#[test]
fn a_changed_passphrase_opens_the_same_key_and_the_old_one_nothing() {
    let mut rng = rng(4);
    let (first, master) = Vault::create(&mut rng, FLOOR, "old").unwrap();
    let opened = Vault::open(&first, "old").unwrap();
    let [both, last] = Vault::change(&mut rng, &first, &opened, "new").unwrap();
    // A crash between the two leaves one that both open.
    for passphrase in ["old", "new"] {
        assert_eq!(open(&both, passphrase).as_ref(), Ok(&master));
    }
    assert_eq!(open(&last, "new").as_ref(), Ok(&master));
    assert_eq!(open(&last, "old"), Err(VaultError::WrongPassphrase));
    assert_eq!(differing(&first, &both).len(), 1);
    assert_eq!(differing(&both, &last), [0]);
    assert_eq!(both[DATA_END..], last[DATA_END..]);
    assert_eq!(
        Vault::change(&mut rng, &first, &opened, "old"),
        Err(VaultError::Taken)
    );
}

#[test]
fn the_duress_passphrase_opens_another_key_and_survives_a_change_of_the_own() {
    let mut rng = rng(5);
    let (vault, master) = Vault::create(&mut rng, FLOOR, "own").unwrap();
    assert_eq!(
        Vault::set_duress(&mut rng, &vault, "own", Some(("own", "Ana"))),
        Err(VaultError::Taken)
    );
    let [_, mut vault] = Vault::set_duress(
        &mut rng,
        &vault,
        "own",
        Some(("safe", "Ana from Lima, twenty-4")),
    )
    .unwrap();
    for number in 0..20 {
        let own = match number {
            0 => "own".to_owned(),
            _ => format!("own {number}"),
        };
        let opened = Vault::open(&vault, &own).unwrap();
        assert!(opened.has_duress() && opened.decoy.is_none());
        assert_eq!(opened.master, master);
        let duress = Vault::open(&vault, "safe").unwrap();
        let name = Redacted("Ana from Lima, twenty-4".to_owned());
        assert_eq!(duress.decoy, Some(name));
        assert!(!format!("{duress:?}").contains("Lima"));
        assert!(duress.master != master);
        let next = format!("own {}", number + 1);
        [_, vault] = Vault::change(&mut rng, &vault, &opened, &next).unwrap();
    }
    let duress = Vault::open(&vault, "safe").unwrap();
    let after = Vault::only(&mut rng, &vault, &duress);
    assert_eq!(open(&after, "own 20"), Err(VaultError::WrongPassphrase));
    assert_eq!(open(&after, "safe"), Ok(duress.master));
    let [both, without] = Vault::set_duress(&mut rng, &vault, "own 20", None).unwrap();
    assert_eq!(open(&both, "own 20"), Ok(master));
    assert_eq!(open(&without, "safe"), Err(VaultError::WrongPassphrase));
    assert!(!Vault::open(&without, "own 20").unwrap().has_duress());
}

/// How far bytes are from all being as frequent: chi-squared over 16 half-bytes.
fn unevenness(bytes: &[u8]) -> f64 {
    let mut counts = [0_f64; 16];
    for byte in bytes {
        counts[usize::from(byte >> 4)] += 1.0;
        counts[usize::from(byte & 15)] += 1.0;
    }
    let expected = bytes.len() as f64 / 8.0;
    let squares = counts.map(|count| (count - expected).powi(2) / expected);
    squares.iter().sum()
}

/// The chance that a value of one kind is the greater of a pair: 0.5 if it says nothing.
fn auc(ones: &[f64], others: &[f64]) -> f64 {
    let pairs = ones
        .iter()
        .flat_map(|one| others.iter().map(move |other| (one, other)));
    let won = pairs.map(|(one, other)| match one.partial_cmp(other) {
        Some(core::cmp::Ordering::Greater) => 1.0,
        Some(core::cmp::Ordering::Less) => 0.0,
        _ => 0.5,
    });
    won.sum::<f64>() / (ones.len() * others.len()) as f64
}

/// 200 profiles with a duress passphrase and 200 without, by every slot, the rest, and
/// the whole. Without Argon2, whose result is 32 random bytes either way.
#[test]
fn a_vault_with_a_duress_slot_looks_like_one_without() {
    let mut rng = rng(6);
    let (blank, _) = Vault::create(&mut rng, FLOOR, "x").unwrap();
    let mut vault = |has_duress: bool| {
        let mut vault = blank.clone();
        rand_core::Rng::fill_bytes(&mut rng, &mut vault[16..]);
        let mut own = Opened {
            master: MasterKey::draw(&mut rng),
            decoy: None,
            slot: 0,
            duress: None,
        };
        if has_duress {
            let other = Opened {
                master: MasterKey::draw(&mut rng),
                decoy: Some("Bo".to_owned().into()),
                slot: own.free_slot(&mut rng),
                duress: None,
            };
            let kek = draw_secret(&mut rng);
            vault = with_slot(&vault, &kek, &mut rng, &other).unwrap();
            own.duress = Some(other.slot);
            own.slot = own.free_slot(&mut rng);
        }
        let kek = draw_secret(&mut rng);
        with_slot(&vault, &kek, &mut rng, &own).unwrap()
    };
    let with: Vec<Vec<u8>> = (0..200).map(|_| vault(true)).collect();
    let without: Vec<Vec<u8>> = (0..200).map(|_| vault(false)).collect();
    assert!(
        with.iter()
            .chain(&without)
            .all(|it| it.len() == SEALED_BYTES)
    );
    let slots = (0..8).map(|slot| HEAD_BYTES + slot * SLOT_BYTES);
    let mut parts: Vec<_> = slots.map(|from| from..from + SLOT_BYTES).collect();
    parts.extend([
        HEAD_BYTES..DATA_END,
        DATA_END..SEALED_BYTES,
        0..SEALED_BYTES,
    ]);
    for part in parts {
        let measured = |vaults: &[Vec<u8>]| -> Vec<f64> {
            vaults
                .iter()
                .map(|it| unevenness(&it[part.clone()]))
                .collect()
        };
        let found = auc(&measured(&with), &measured(&without));
        // Of 400 random files the chance strays by 0.03.
        assert!((found - 0.5).abs() < 0.09, "{part:?}: {found}");
    }
    // What would be seen if a slot were not filled: so the measure can fail.
    let emptied = |vaults: &[Vec<u8>]| -> Vec<f64> {
        let zeros = vec![0; SLOT_BYTES];
        vaults.iter().map(|_| unevenness(&zeros)).collect()
    };
    let part = HEAD_BYTES..HEAD_BYTES + SLOT_BYTES;
    let honest: Vec<f64> = with
        .iter()
        .map(|it| unevenness(&it[part.clone()]))
        .collect();
    assert!(auc(&emptied(&without), &honest) > 0.99);
}
