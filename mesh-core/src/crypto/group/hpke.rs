//! HPKE (RFC 9180), mode Base, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20-Poly1305, empty associated data.
//!
//! The ephemeral key is DeriveKeyPair of randomness that the caller gives: whoever
//! knows it makes the same bytes again, which is how wraps are checked.

use zeroize::Zeroizing;

use super::super::primitives::{agree, chacha_open, chacha_seal, expand, hmac, public_key};
use super::super::secret::Secret;

/// Bytes that sealing adds: ephemeral key and authenticator.
pub(super) const HPKE_OVERHEAD_BYTES: usize = 32 + 16;

const VERSION: &[u8] = b"HPKE-v1";
/// `"KEM" ‖ 0x0020`.
const KEM_SUITE: &[u8] = b"KEM\x00\x20";
/// `"HPKE" ‖ 0x0020 ‖ 0x0001 ‖ 0x0003`.
const SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";
const MODE_BASE: u8 = 0;

/// `LabeledExtract` of §4. A salt of zeros is HMAC's reading of an empty one.
fn extract(suite: &[u8], salt: &Secret<32>, label: &[u8], ikm: &[u8]) -> Secret<32> {
    let message = Zeroizing::new([VERSION, suite, label, ikm].concat());
    hmac(salt, &message)
}

/// `LabeledExpand` of §4.
fn expand_labelled<const N: usize>(
    suite: &[u8],
    prk: &Secret<32>,
    label: &[u8],
    info: &[u8],
) -> Secret<N> {
    const {
        assert!(
            N <= u8::MAX as usize,
            "two bytes of length, of which the first is 0"
        )
    };
    expand(prk, &[&[0, N as u8], VERSION, suite, label, info])
}

/// The secret half of `DeriveKeyPair` (§7.1.3).
fn derive_secret(randomness: &Secret<32>) -> Secret<32> {
    let prk = extract(
        KEM_SUITE,
        &Secret::zeroed(),
        b"dkp_prk",
        randomness.expose(),
    );
    expand_labelled(KEM_SUITE, &prk, b"sk", &[])
}

/// `ExtractAndExpand` of §4.1.
fn shared_secret(dh: &Secret<32>, ephemeral: &[u8; 32], public: &[u8; 32]) -> Secret<32> {
    let prk = extract(KEM_SUITE, &Secret::zeroed(), b"eae_prk", dh.expose());
    let context = [&ephemeral[..], public].concat();
    expand_labelled(KEM_SUITE, &prk, b"shared_secret", &context)
}

/// The key schedule of §5.1 without a pre-shared key: key and first nonce.
fn key_and_nonce(shared: &Secret<32>, info: &[u8]) -> (Secret<32>, [u8; 12]) {
    let none = Secret::zeroed();
    let psk_id = extract(SUITE, &none, b"psk_id_hash", &[]);
    let info = extract(SUITE, &none, b"info_hash", info);
    let context = [&[MODE_BASE][..], psk_id.expose(), info.expose()].concat();
    let prk = extract(SUITE, shared, b"secret", &[]);
    let nonce: Secret<12> = expand_labelled(SUITE, &prk, b"base_nonce", &context);
    let key = expand_labelled(SUITE, &prk, b"key", &context);
    (key, *nonce.expose())
}

/// `ephemeral key 32 ‖ sealed plaintext`. `None` for a public key of low order.
pub(super) fn hpke_seal(
    public: &[u8; 32],
    plaintext: &[u8],
    info: &[u8],
    randomness: &Secret<32>,
) -> Option<Vec<u8>> {
    let secret = derive_secret(randomness);
    let ephemeral = public_key(&secret);
    let shared = shared_secret(&agree(&secret, public)?, &ephemeral, public);
    let (key, nonce) = key_and_nonce(&shared, info);
    let mut sealed = ephemeral.to_vec();
    sealed.extend(chacha_seal(&key, nonce, plaintext, &[]));
    Some(sealed)
}

/// The inverse, for the secret of the key sealed to. `public` is that key: worked out
/// once where many are tried.
pub(super) fn hpke_open(
    secret: &Secret<32>,
    public: &[u8; 32],
    sealed: &[u8],
    info: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (ephemeral, sealed) = sealed.split_first_chunk::<32>()?;
    let shared = shared_secret(&agree(secret, ephemeral)?, ephemeral, public);
    let (key, nonce) = key_and_nonce(&shared, info);
    chacha_open(&key, nonce, sealed, &[])
}

/// RFC 9180, appendix A.2.1.
#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &[u8] = b"Ode on a Grecian Urn";
    const PLAINTEXT: &[u8] = b"Beauty is truth, truth beauty";

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let mut bytes = [0; N];
        for (slot, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *slot = u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        bytes
    }

    fn secret(hex: &str) -> Secret<32> {
        Secret::take(&mut bytes(hex))
    }

    fn receiver() -> (Secret<32>, [u8; 32]) {
        let secret = secret("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
        let public = public_key(&secret);
        (secret, public)
    }

    #[test]
    fn key_pair_shared_secret_and_schedule_are_the_known_answers() {
        let randomness = secret("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
        let ephemeral = derive_secret(&randomness);
        let public = public_key(&ephemeral);
        assert_eq!(
            public,
            bytes("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
        );
        let (_, theirs) = receiver();
        assert_eq!(
            theirs,
            bytes("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
        );
        let shared = shared_secret(&agree(&ephemeral, &theirs).unwrap(), &public, &theirs);
        let expected = "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7";
        assert_eq!(shared, secret(expected));
        let (key, nonce) = key_and_nonce(&shared, INFO);
        assert_eq!(nonce, bytes("5c4d98150661b848853b547f"));
        let sealed = chacha_seal(&key, nonce, PLAINTEXT, b"Count-0");
        let expected: [u8; 45] = bytes(
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        );
        assert_eq!(sealed, expected);
    }

    #[test]
    fn sealed_opens_for_its_key_and_info_alone() {
        let (secret, public) = receiver();
        let randomness = Secret::take(&mut [9; 32]);
        let sealed = hpke_seal(&public, PLAINTEXT, INFO, &randomness).unwrap();
        assert_eq!(sealed.len(), PLAINTEXT.len() + HPKE_OVERHEAD_BYTES);
        let opened = hpke_open(&secret, &public, &sealed, INFO).unwrap();
        assert_eq!(*opened, PLAINTEXT);
        assert!(hpke_open(&secret, &public, &sealed, b"other").is_none());
        let other = Secret::take(&mut [8; 32]);
        assert!(hpke_open(&other, &public_key(&other), &sealed, INFO).is_none());
        for bit in 0..8 * sealed.len() {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            // X25519 ignores the top bit of a key, and the key schedule does not.
            assert!(
                hpke_open(&secret, &public, &altered, INFO).is_none(),
                "{bit}"
            );
        }
        for len in 0..sealed.len() {
            assert!(hpke_open(&secret, &public, &sealed[..len], INFO).is_none());
        }
        assert!(hpke_seal(&[0; 32], PLAINTEXT, INFO, &randomness).is_none());
    }
}
