//! Tests of vault and keybag bytes.

use super::*;
use crate::testing::rng;

const FLOOR: KdfParams = KdfParams {
    m_kib: M_KIB_MIN,
    t: 1,
    p: 1,
};

#[test]
fn the_right_passphrase_opens_and_others_do_not() {
    let (vault, master) = Vault::create(&mut rng(1), FLOOR, "correct horse").unwrap();
    assert_eq!(vault.len(), SEALED_BYTES);
    assert_eq!(Vault::open(&vault, "correct horse"), Ok(master));
    assert_eq!(
        Vault::open(&vault, "correct hors"),
        Err(VaultError::WrongPassphrase)
    );
}

#[test]
fn spellings_of_one_text_are_one_passphrase() {
    let (vault, master) = Vault::create(&mut rng(1), FLOOR, "cafe\u{301}").unwrap();
    assert_eq!(Vault::open(&vault, "café"), Ok(master));
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
