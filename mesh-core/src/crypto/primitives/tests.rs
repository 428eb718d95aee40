//! Published vectors: each wrapper against the document that defines it.

mod wycheproof;

use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|d| u8::try_from(d).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

#[test]
fn hkdf_rfc_5869_case_1() {
    let okm: Secret<42> = hkdf(
        &hex("000102030405060708090a0b0c"),
        &[0x0b; 22],
        &[&hex("f0f1f2f3f4"), &hex("f5f6f7f8f9")],
    );
    let expected =
        hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_eq!(okm.expose().as_slice(), expected);
}

#[test]
fn hmac_of_a_short_key_is_rfc_2104() {
    // RFC 4231 case 2 has a 4-byte key; zero-padding to 32 bytes is the same key.
    let mut key = [0; 32];
    key[..4].copy_from_slice(b"Jefe");
    let tag = HmacKey::new(&Secret::take(&mut key)).tag(b"what do ya want for nothing?");
    assert_eq!(tag.as_slice(), hex("5bdcc146bf60754e6a042426089575c7"));
}

#[test]
fn xchacha_draft_irtf_cfrg_xchacha_03_a_3_1() {
    let plaintext = b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
                      tip for the future, sunscreen would be it.";
    let mut key = [0; 32];
    key.copy_from_slice(&hex(
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
    ));
    let mut nonce = [0; 24];
    nonce.copy_from_slice(&hex("404142434445464748494a4b4c4d4e4f5051525354555657"));
    let key = Secret::take(&mut key);
    let aad = hex("50515253c0c1c2c3c4c5c6c7");
    let sealed = xseal(&key, nonce, plaintext, &aad);
    assert!(sealed[24..].starts_with(&hex("bd6d179d3e83d43b9576579493c0e939")));
    assert!(sealed.ends_with(&hex("c0875924c1c7987947deafd8780acf49")));
    let opened = xopen(&key, &sealed, &aad).unwrap();
    assert_eq!(opened.as_slice(), plaintext);
    assert_eq!(xopen(&key, &sealed, &aad[1..]), None);
    assert_eq!(sealed.len(), plaintext.len() + XSEAL_OVERHEAD_BYTES);
}

#[test]
fn every_length_into_the_decrypt_entry_point_is_a_value() {
    let key = Secret::take(&mut [3; 32]);
    for len in 0..=2_100 {
        assert_eq!(xopen(&key, &vec![0x5a; len], b""), None);
    }
}

#[test]
fn argon2id_agrees_with_the_reference_implementation() {
    // Reference tool: echo -n password | argon2 somesaltsomesalt -id -v 13 -t 2 -k 64 -p 1 -r
    let params = KdfParams {
        m_kib: 64,
        t: 2,
        p: 1,
    };
    let key = argon2id(b"password", b"somesaltsomesalt", params).unwrap();
    let expected = "1a98fba8e6394425c9bdc333a9c750aaf811df070f5fb4a5788e1cf4db5793a1";
    assert_eq!(key.expose().as_slice(), hex(expected));
    assert!(
        argon2id(
            b"x",
            &[0; 16],
            KdfParams {
                m_kib: 1,
                t: 0,
                p: 0
            }
        )
        .is_err()
    );
}

#[test]
fn argon2id_is_rfc_9106_section_5_3() {
    // The published example has a secret and associated data, which the wrapper
    // does not take: it pins the crate underneath.
    let data = argon2::AssociatedData::new(&[4; 12]).unwrap();
    let params = argon2::ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(data)
        .output_len(32)
        .build()
        .unwrap();
    let mut key = [0; 32];
    Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params)
        .unwrap()
        .hash_password_into(&[1; 32], &[2; 16], &mut key)
        .unwrap();
    let expected = hex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    assert_eq!(key.as_slice(), expected);
}

#[test]
fn a_sealed_text_opens_under_its_key_and_data_only() {
    let key = |byte| Secret::take(&mut [byte; 32]);
    let sealed = seal(key(1), b"text", b"aad");
    assert_eq!(sealed.len(), 4 + SEAL_OVERHEAD_BYTES);
    assert_eq!(open(key(1), &sealed, b"aad").unwrap().as_slice(), b"text");
    assert_eq!(open(key(2), &sealed, b"aad"), None);
    assert_eq!(open(key(1), &sealed, b"aae"), None);
    for len in 0..sealed.len() {
        assert_eq!(open(key(1), &sealed[..len], b"aad"), None);
    }
}

#[test]
fn both_sides_agree_and_points_of_low_order_agree_with_nobody() {
    let [one, other] = [1, 2].map(|byte| Secret::take(&mut [byte; 32]));
    let agreed = agree(&one, &public_key(&other)).unwrap();
    assert!(agree(&other, &public_key(&one)) == Some(agreed));
    assert!(agree(&one, &[0; 32]).is_none());
}
