//! Thin wrappers, each documented by its formula. No policy here.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize as _, Zeroizing};

use super::secret::Secret;

/// Bytes that [`xseal`] adds: nonce 24 and tag 16.
pub(super) const XSEAL_OVERHEAD_BYTES: usize = 40;
const XNONCE_BYTES: usize = 24;

/// `H(parts) = SHA-256(parts concatenated)`.
pub(super) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

/// `HKDF(salt, ikm, info, N)`, RFC 5869 with SHA-256. `info` is all parts in order.
pub(super) fn hkdf<const N: usize>(salt: &[u8], ikm: &[u8], info: &[&[u8]]) -> Secret<N> {
    const { assert!(N <= 255 * 32, "HKDF gives 255 blocks at most") };
    let mut okm = Secret::zeroed();
    let expanded = Hkdf::<Sha256>::new(Some(salt), ikm).expand_multi_info(info, okm.expose_mut());
    debug_assert!(expanded.is_ok());
    okm
}

/// `EXP(prk, info, N) = HKDF-Expand(prk, info, N)`, RFC 5869 with SHA-256: for a
/// key that is uniform already. `info` is all parts in order.
pub(super) fn expand<const N: usize>(prk: &Secret<32>, info: &[&[u8]]) -> Secret<N> {
    const { assert!(N <= 255 * 32, "HKDF gives 255 blocks at most") };
    let mut okm = Secret::zeroed();
    // The crate refuses keys shorter than a hash; this one is exactly one.
    let expanded = Hkdf::<Sha256>::from_prk(prk.expose())
        .map(|hkdf| hkdf.expand_multi_info(info, okm.expose_mut()));
    debug_assert!(matches!(expanded, Ok(Ok(()))));
    okm
}

/// `HMAC(key, message)`, all 32 bytes, as a key.
pub(super) fn hmac(key: &Secret<32>, message: &[u8]) -> Secret<32> {
    let mut mac = HmacKey::new(key).0;
    mac.update(message);
    Secret::take(&mut mac.finalize().into_bytes().into())
}

/// 32 random bytes.
pub(super) fn draw_secret(rng: &mut dyn CryptoRng) -> Secret<32> {
    let mut secret = Secret::zeroed();
    rng.fill_bytes(secret.expose_mut());
    secret
}

/// The public key of an X25519 secret (RFC 7748 §5; clamped inside).
pub(super) fn public_key(secret: &Secret<32>) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*secret.expose())).to_bytes()
}

/// `X25519(secret, public)`, RFC 7748. `None` if every secret would give the same
/// result (a public key of low order, §6.1): nothing may be derived from that.
pub(super) fn agree(secret: &Secret<32>, public: &[u8; 32]) -> Option<Secret<32>> {
    let shared = StaticSecret::from(*secret.expose()).diffie_hellman(&PublicKey::from(*public));
    let is_contributory = shared.was_contributory();
    is_contributory.then(|| Secret::take(&mut shared.to_bytes()))
}

/// Bytes that [`seal`] adds.
pub(super) const SEAL_OVERHEAD_BYTES: usize = 16;

/// `SEAL(key, plaintext, aad)`: ChaCha20-Poly1305 (RFC 8439) with a nonce of zero.
/// The key is used up, as a second plaintext under it would give both away: derive
/// it from something fresh.
pub(super) fn seal(key: Secret<32>, plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    chacha_seal(&key, [0; 12], plaintext, aad)
}

/// The inverse of [`seal`]; `None` for anything that it did not make. Not
/// key-committing, as [`xopen`].
pub(super) fn open(key: Secret<32>, sealed: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    chacha_open(&key, [0; 12], sealed, aad)
}

/// Apart from [`seal`] for the published vectors, which have nonces.
fn chacha_seal(key: &Secret<32>, nonce: [u8; 12], plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new(key.expose().into());
    let payload = Payload {
        msg: plaintext,
        aad,
    };
    // Encryption fails only for plaintexts of 256 GiB; ours are envelopes.
    let sealed = cipher.encrypt(&Nonce::from(nonce), payload);
    debug_assert!(sealed.is_ok());
    sealed.unwrap_or_default()
}

fn chacha_open(
    key: &Secret<32>,
    nonce: [u8; 12],
    sealed: &[u8],
    aad: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = ChaCha20Poly1305::new(key.expose().into());
    let payload = Payload { msg: sealed, aad };
    let opened = cipher.decrypt(&Nonce::from(nonce), payload);
    opened.map(Zeroizing::new).ok()
}

/// A keyed `HMAC-SHA-256` state, to be cloned for each message.
#[derive(Clone)]
pub(super) struct HmacKey(Hmac<Sha256>);

impl HmacKey {
    pub(super) fn new(key: &Secret<32>) -> Self {
        // The key has a fixed size well inside one block, so this is total.
        let mut block = padded_block(key);
        let mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block);
        block.as_mut_slice().zeroize();
        Self(mac)
    }

    /// `HMAC(key, message)[..16]`.
    pub(super) fn tag(&self, message: &[u8]) -> [u8; 16] {
        let mut mac = self.0.clone();
        mac.update(message);
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut tag = [0; 16];
        tag.iter_mut()
            .zip(full)
            .for_each(|(slot, byte)| *slot = byte);
        tag
    }
}

/// RFC 2104: a key shorter than a block is padded with zeros to 64 bytes.
fn padded_block(key: &Secret<32>) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block
        .iter_mut()
        .zip(key.expose())
        .for_each(|(slot, byte)| *slot = *byte);
    block
}

/// `nonce ‖ XChaCha20-Poly1305(key, nonce, plaintext, aad)`. The nonce is 24
/// random bytes; with a random nonce a key may seal any number of messages.
pub(super) fn xseal(key: &Secret<32>, nonce: [u8; 24], plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    let mut sealed = nonce.to_vec();
    // Encryption fails only for plaintexts of 256 GiB; ours are envelopes and pages.
    let ciphertext = cipher.encrypt(
        &XNonce::from(nonce),
        Payload {
            msg: plaintext,
            aad,
        },
    );
    debug_assert!(ciphertext.is_ok());
    sealed.extend(ciphertext.unwrap_or_default());
    sealed
}

/// The inverse of [`xseal`]; `None` for anything that it did not make. Not
/// key-committing: never try one ciphertext under keys that others may choose.
pub(super) fn xopen(key: &Secret<32>, sealed: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<XNONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    cipher
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: ciphertext,
                aad,
            },
        )
        .map(Zeroizing::new)
        .ok()
}

/// Work of one Argon2id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    /// Memory, KiB.
    pub m_kib: u32,
    /// Passes.
    pub t: u32,
    /// Lanes.
    pub p: u32,
}

/// The work parameters are out of range, or there is not enough memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key could not be derived: not enough memory, or wrong parameters")]
pub struct KdfError;

/// `Argon2id(passphrase, salt, m, t, p) → 32 bytes`, RFC 9106, version 0x13.
/// Takes a second and up to 256 MiB: never on a thread that draws or forwards.
pub(super) fn argon2id(
    passphrase: &[u8],
    salt: &[u8; 16],
    params: KdfParams,
) -> Result<Secret<32>, KdfError> {
    let KdfParams { m_kib, t, p } = params;
    let params = Params::new(m_kib, t, p, Some(32)).map_err(|_| KdfError)?;
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| KdfError)?;
    memory.resize(params.block_count(), Block::default());
    let mut key = Secret::zeroed();
    let derived = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(passphrase, salt, key.expose_mut(), &mut memory);
    // The key is a hash of the last column: what is freed must not hold it.
    memory.iter_mut().for_each(|block| block.zeroize());
    derived.map(|()| key).map_err(|_| KdfError)
}

#[cfg(test)]
mod tests;
