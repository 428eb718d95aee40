//! Project Wycheproof's vectors, every case of the sets that we use, through our own
//! wrappers. What a wrapper's types cannot express is counted as that.

use std::collections::BTreeMap;

use wycheproof::TestResult::{Invalid, Valid};
use wycheproof::{aead, eddsa, hkdf as kdf, mac, xdh};

use super::super::*;
use crate::crypto::channel::verify;

fn secret<const N: usize>(bytes: &[u8]) -> Option<Secret<N>> {
    let mut bytes: [u8; N] = bytes.try_into().ok()?;
    Some(Secret::take(&mut bytes))
}

/// A key as HMAC takes it: up to a block, a short one is padded with zeros (RFC 2104).
fn padded(key: &[u8]) -> Option<Secret<32>> {
    let mut bytes = [0; 32];
    bytes.get_mut(..key.len())?.copy_from_slice(key);
    Some(Secret::take(&mut bytes))
}

/// How often each outcome was seen.
#[derive(Default)]
struct Count(BTreeMap<&'static str, usize>);

impl Count {
    fn add(&mut self, outcome: &'static str) {
        *self.0.entry(outcome).or_default() += 1;
    }

    fn is(&self, expected: &[(&'static str, usize)]) {
        assert_eq!(self.0, expected.iter().copied().collect());
    }
}

#[test]
fn x25519_agrees_and_refuses_exactly_the_shared_secrets_of_zero() {
    let mut count = Count::default();
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let private = secret(&test.private_key).unwrap();
        let public: [u8; 32] = test.public_key.as_slice().try_into().unwrap();
        let is_zero = test.flags.contains(&xdh::TestFlag::ZeroSharedSecret);
        let agreed = agree(&private, &public);
        match &agreed {
            Some(shared) => assert_eq!(shared.expose(), test.shared_secret.as_slice()),
            None => assert!(test.shared_secret.iter().all(|byte| *byte == 0)),
        }
        assert_eq!(agreed.is_none(), is_zero, "case {}", test.tc_id);
        count.add(if is_zero { "refused" } else { "agreed" });
    }
    count.is(&[("agreed", 518 - 31), ("refused", 31)]);
}

/// Both ciphers, which differ in the length of their nonce.
fn aead_cases<const N: usize>(
    name: aead::TestName,
    seal: impl Fn(&Secret<32>, [u8; N], &[u8], &[u8]) -> Vec<u8>,
    open: impl Fn(&Secret<32>, [u8; N], &[u8], &[u8]) -> Option<Vec<u8>>,
) -> Count {
    let mut count = Count::default();
    let set = aead::TestSet::load(name).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let key = secret(&test.key).unwrap();
        let Ok(nonce) = <[u8; N]>::try_from(test.nonce.as_slice()) else {
            assert_eq!(test.result, Invalid);
            count.add("other nonce");
            continue;
        };
        let sealed = [test.ct.as_slice(), &test.tag].concat();
        let opened = open(&key, nonce, &sealed, &test.aad);
        match test.result {
            Valid => {
                assert_eq!(opened.as_ref(), Some(&*test.pt), "case {}", test.tc_id);
                assert_eq!(seal(&key, nonce, &test.pt, &test.aad), sealed);
                count.add("valid");
            }
            _ => {
                assert_eq!(opened, None, "case {}", test.tc_id);
                count.add("invalid");
            }
        }
    }
    count
}

#[test]
fn chacha20_poly1305_opens_what_is_valid_and_nothing_else() {
    let open = |key: &_, nonce, sealed: &[u8], aad: &[u8]| {
        chacha_open(key, nonce, sealed, aad).map(|opened| opened.to_vec())
    };
    let count = aead_cases(aead::TestName::ChaCha20Poly1305, chacha_seal, open);
    count.is(&[("valid", 256), ("invalid", 60), ("other nonce", 9)]);
}

#[test]
fn xchacha20_poly1305_opens_what_is_valid_and_nothing_else() {
    let seal = |key: &_, nonce, plaintext: &[u8], aad: &[u8]| {
        xseal(key, nonce, plaintext, aad)[XNONCE_BYTES..].to_vec()
    };
    let open = |key: &_, nonce: [u8; XNONCE_BYTES], sealed: &[u8], aad: &[u8]| {
        xopen(key, &[&nonce[..], sealed].concat(), aad).map(|opened| opened.to_vec())
    };
    let count = aead_cases(aead::TestName::XChaCha20Poly1305, seal, open);
    count.is(&[("valid", 246), ("invalid", 60), ("other nonce", 9)]);
}

#[test]
fn ed25519_accepts_what_is_valid_and_nothing_else() {
    let mut count = Count::default();
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for group in set.test_groups {
        let key: [u8; 32] = group.key.pk.as_slice().try_into().unwrap();
        for test in group.tests {
            let Ok(signature) = <[u8; 64]>::try_from(test.sig.as_slice()) else {
                assert_eq!(test.result, Invalid);
                count.add("other length");
                continue;
            };
            let is_valid = verify(&key, &test.msg, &signature);
            assert_eq!(is_valid, test.result == Valid, "case {}", test.tc_id);
            count.add(if is_valid { "valid" } else { "invalid" });
        }
    }
    count.is(&[("valid", 88), ("invalid", 51), ("other length", 12)]);
}

/// All of the output that there can be: a shorter one is its beginning.
const OKM_BYTES_MAX: usize = 255 * 32;

#[test]
fn hkdf_sha256_and_its_second_half_give_the_expected_bytes() {
    let mut count = Count::default();
    let set = kdf::TestSet::load(kdf::TestName::HkdfSha256).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        if test.size > OKM_BYTES_MAX {
            assert_eq!(test.result, Invalid);
            count.add("too long");
            continue;
        }
        let (first, second) = test.info.split_at(test.info.len() / 2);
        let okm: Secret<OKM_BYTES_MAX> = hkdf(&test.salt, &test.ikm, &[first, second]);
        assert_eq!(okm.expose()[..test.size], test.okm[..], "{}", test.tc_id);
        count.add("both halves at once");
        if let Some(salt) = padded(&test.salt) {
            let prk = hmac(&salt, &test.ikm);
            assert!(expand::<OKM_BYTES_MAX>(&prk, &[&test.info]) == okm);
            count.add("one after the other");
        }
    }
    count.is(&[
        ("both halves at once", 83),
        ("one after the other", 72),
        ("too long", 3),
    ]);
}

#[test]
fn hmac_sha256_in_full_and_cut_to_16_bytes_is_as_expected() {
    let mut count = Count::default();
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    for group in set.test_groups {
        for test in group.tests {
            let Some(key) = padded(&test.key) else {
                count.add("longer key");
                continue;
            };
            let is_equal = match group.tag_size {
                256 => hmac(&key, &test.msg).expose() == test.tag.as_slice(),
                128 => HmacKey::new(&key).tag(&test.msg) == test.tag.as_slice(),
                bits => panic!("a tag of {bits} bits"),
            };
            assert_eq!(is_equal, test.result == Valid, "case {}", test.tc_id);
            count.add(if is_equal { "valid" } else { "invalid" });
        }
    }
    count.is(&[("valid", 60), ("invalid", 108), ("longer key", 6)]);
}
