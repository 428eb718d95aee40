//! What snow asks for, from the crates that the rest of `crypto` uses: keys that
//! are wiped, Diffie-Hellman that refuses low-order points, no system randomness.

use std::cell::Cell;

use blake2::{Blake2s256, Digest as _};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::CryptoResolver;
use snow::types::{Cipher, Dh, Hash, Random};

use crate::crypto::primitives::{agree, public_key};
use crate::crypto::secret::Secret;

const TAG_BYTES: usize = 16;

/// Everything one handshake needs; its 32 random bytes are drawn beforehand.
pub(super) struct Primitives {
    drawn: Cell<Option<Secret<32>>>,
}

impl Primitives {
    pub(super) fn new(drawn: Secret<32>) -> Self {
        let drawn = Cell::new(Some(drawn));
        Self { drawn }
    }
}

impl CryptoResolver for Primitives {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Drawn(self.drawn.take())))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        match choice {
            DHChoice::Curve25519 => Some(Box::new(X25519::new(Secret::zeroed()))),
            _ => None,
        }
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        match choice {
            HashChoice::Blake2s => Some(Box::new(Blake2s(Blake2s256::new()))),
            _ => None,
        }
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        match choice {
            CipherChoice::ChaChaPoly => Some(Box::new(ChaChaPoly(Secret::zeroed()))),
            _ => None,
        }
    }
}

/// Bytes that were drawn already; given once, for the one ephemeral key.
struct Drawn(Option<Secret<32>>);

impl Random for Drawn {
    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), snow::Error> {
        let drawn = self.0.take().ok_or(snow::Error::Rng)?;
        let into: &mut [u8; 32] = into.try_into().map_err(|_| snow::Error::Rng)?;
        into.copy_from_slice(drawn.expose());
        Ok(())
    }
}

/// `DH(k, P) = X25519(k, P)`, RFC 7748; a shared secret of zero is refused.
struct X25519 {
    secret: Secret<32>,
    public: [u8; 32],
}

impl X25519 {
    fn new(secret: Secret<32>) -> Self {
        let public = public_key(&secret);
        Self { secret, public }
    }

    fn put(&mut self, mut bytes: [u8; 32]) {
        *self = Self::new(Secret::take(&mut bytes));
    }
}

impl Dh for X25519 {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        32
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, private: &[u8]) {
        // snow gives as many as `priv_len` says; with anything else the key stays
        // zero, and no handshake with it succeeds at the other side.
        if let Ok(private) = <&[u8; 32]>::try_from(private) {
            self.put(*private);
        }
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), snow::Error> {
        let mut secret = Secret::zeroed();
        rng.try_fill_bytes(secret.expose_mut())?;
        *self = Self::new(secret);
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn privkey(&self) -> &[u8] {
        self.secret.expose()
    }

    fn dh(&self, public: &[u8], out: &mut [u8]) -> Result<(), snow::Error> {
        // snow hands over a longer buffer whose first 32 bytes are the key.
        let public = public.first_chunk().ok_or(snow::Error::Dh)?;
        let out: &mut [u8; 32] = out.first_chunk_mut().ok_or(snow::Error::Dh)?;
        let shared = agree(&self.secret, public).ok_or(snow::Error::Dh)?;
        out.copy_from_slice(shared.expose());
        Ok(())
    }
}

/// ChaCha20-Poly1305, RFC 8439, nonce `0⁴ ‖ counter u64 little-endian` (Noise §12.3).
/// One key for each direction of each link; the counter never repeats.
struct ChaChaPoly(Secret<32>);

impl ChaChaPoly {
    fn nonce(counter: u64) -> Nonce {
        let mut nonce = Nonce::default();
        let bytes = [0; 4].into_iter().chain(counter.to_le_bytes());
        nonce
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = from);
        nonce
    }

    fn aead(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(self.0.expose().into())
    }
}

impl Cipher for ChaChaPoly {
    fn name(&self) -> &'static str {
        "ChaChaPoly"
    }

    fn set(&mut self, key: &[u8; 32]) {
        self.0.expose_mut().copy_from_slice(key);
    }

    fn encrypt(&self, nonce: u64, aad: &[u8], plaintext: &[u8], out: &mut [u8]) -> usize {
        let msg = plaintext;
        let sealed = self
            .aead()
            .encrypt(&Self::nonce(nonce), Payload { msg, aad });
        // It fails for 256 GiB only; the caller has made room for plaintext and tag.
        let (Ok(sealed), length) = (sealed, plaintext.len() + TAG_BYTES) else {
            return 0;
        };
        match out.get_mut(..length) {
            Some(out) => out.copy_from_slice(&sealed),
            None => return 0,
        }
        length
    }

    fn decrypt(
        &self,
        nonce: u64,
        aad: &[u8],
        ciphertext: &[u8],
        out: &mut [u8],
    ) -> Result<usize, snow::Error> {
        let msg = ciphertext;
        let opened = self
            .aead()
            .decrypt(&Self::nonce(nonce), Payload { msg, aad })
            .map_err(|_| snow::Error::Decrypt)?;
        let out = out.get_mut(..opened.len()).ok_or(snow::Error::Decrypt)?;
        out.copy_from_slice(&opened);
        Ok(opened.len())
    }
}

/// BLAKE2s with 32 bytes, RFC 7693.
struct Blake2s(Blake2s256);

impl Hash for Blake2s {
    fn name(&self) -> &'static str {
        "BLAKE2s"
    }

    fn block_len(&self) -> usize {
        64
    }

    fn hash_len(&self) -> usize {
        32
    }

    fn reset(&mut self) {
        self.0 = Blake2s256::new();
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self, out: &mut [u8]) {
        let hash = std::mem::take(&mut self.0).finalize();
        out.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    }
}
