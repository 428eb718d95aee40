//! First messages and sessions computed from the formulas of the protocol page, for
//! attackers who have keys that no client would give them.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use mesh_core::crypto::bundle::Bundle;
use mesh_core::crypto::identity::Card;
use mesh_core::crypto::kem::encapsulate;
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::session::{Parties, Session};
use mesh_core::testing::SeededRng;
use mesh_core::types::Day;
use mesh_core::wire::envelope::Envelope;
use rand_core::Rng as _;
use sha2::{Digest as _, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

pub(crate) type Key = [u8; 32];

/// Bytes of what a knock's envelope seals.
pub(crate) const PLAINTEXT_BYTES: usize = 1_848;
pub(crate) const SENDER_BYTES: usize = 218;
/// Kind, prekey id and EK.
pub(crate) const CLEAR_BYTES: usize = 41;

pub(crate) fn hash(parts: &[&[u8]]) -> Key {
    Sha256::digest(parts.concat()).into()
}

pub(crate) fn hkdf<const N: usize>(salt: &[u8], ikm: &[u8], info: &[&[u8]]) -> [u8; N] {
    let mut okm = [0; N];
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(&info.concat(), &mut okm)
        .unwrap();
    okm
}

pub(crate) fn expand<const N: usize>(prk: &Key, info: &[&[u8]]) -> [u8; N] {
    let mut okm = [0; N];
    Hkdf::<Sha256>::from_prk(prk)
        .unwrap()
        .expand(&info.concat(), &mut okm)
        .unwrap();
    okm
}

pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> Key {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    mac.update(&parts.concat());
    mac.finalize().into_bytes().into()
}

pub(crate) fn public_key(secret: &Key) -> Key {
    PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

/// X25519, zero for points of low order too.
pub(crate) fn agree(secret: &Key, public: &Key) -> Key {
    let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
    shared.to_bytes()
}

pub(crate) fn seal(key: &Key, plain: &[u8], aad: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plain, aad };
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.encrypt(&Nonce::from([0; 12]), payload).unwrap()
}

pub(crate) fn open(key: &Key, sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    let payload = Payload { msg: sealed, aad };
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.decrypt(&Nonce::from([0; 12]), payload).ok()
}

/// A signature by IKs over a label and the rest, from an identity seed.
pub(crate) fn sign(seed: &Key, parts: &[&[u8]]) -> [u8; 64] {
    let secret: Key = hkdf(&[0; 32], seed, &[b"starling/1 id sign"]);
    let key = ed25519_dalek::SigningKey::from_bytes(&secret);
    ed25519_dalek::Signer::sign(&key, &parts.concat()).to_bytes()
}

/// A card whose fields somebody chose, with a valid signature.
pub(crate) fn signed_card(seed: &Key, unsigned: &[u8]) -> Vec<u8> {
    let signature = sign(seed, &[b"starling/1 card", unsigned]);
    [unsigned, &signature].concat()
}

/// The secret of IKd, from an identity seed.
pub(crate) fn identity_secret(seed: &Key) -> Key {
    hkdf(&[0; 32], seed, &[b"starling/1 id dh"])
}

fn knock_key(card: &Card, day: Day) -> Key {
    let day = day.0.to_le_bytes();
    hkdf(
        &[0; 32],
        &card.card_secret,
        &[b"starling/1 knock key", &day],
    )
}

/// P, as whoever has the card reads it.
pub(crate) fn unwrap(card: &Card, day: Day, envelope: &[u8]) -> Option<Vec<u8>> {
    let (clear, sealed) = envelope.split_at(32);
    let (nonce, sealed) = sealed.split_first_chunk::<24>().unwrap();
    let cipher = XChaCha20Poly1305::new((&knock_key(card, day)).into());
    let payload = Payload {
        msg: sealed,
        aad: clear,
    };
    cipher.decrypt(&XNonce::from(*nonce), payload).ok()
}

/// An envelope with whatever a holder of the card likes to put into it, under slot 5.
pub(crate) fn wrap(card: &Card, day: Day, header: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    let number = day.0.to_le_bytes();
    let tag = hmac(&card.card_secret, &[b"starling/1 knock", &number, &[5]]);
    let mut envelope = [&header[..], &tag[..16]].concat();
    let nonce: [u8; 24] = hash(&[plain, header])[..24].try_into().unwrap();
    let cipher = XChaCha20Poly1305::new((&knock_key(card, day)).into());
    let payload = Payload {
        msg: plain,
        aad: &envelope,
    };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap();
    envelope.extend(nonce);
    envelope.extend(sealed);
    envelope
}

/// A knock at a bundle, written out.
pub(crate) struct Knock<'a> {
    pub(crate) kind: u8,
    pub(crate) to: &'a Card,
    pub(crate) bundle: &'a Bundle,
    /// Whose card is inside.
    pub(crate) card: &'a [u8],
    /// And its id, for the session.
    pub(crate) card_id: Key,
    /// Secret of EK.
    pub(crate) ephemeral: Key,
    /// EK, if it is another than follows from the secret.
    pub(crate) ephemeral_public: Option<Key>,
    /// The agreement of IKd with the prekey: what only the card's owner has.
    pub(crate) dh1: Vec<u8>,
}

impl Knock<'_> {
    /// The whole envelope, with one message.
    pub(crate) fn envelope(
        &self,
        day: Day,
        header: [u8; 16],
        data: &[u8],
        rng: &mut SeededRng,
    ) -> Envelope {
        let prekey = self.bundle.prekey;
        let ephemeral = self
            .ephemeral_public
            .unwrap_or_else(|| public_key(&self.ephemeral));
        let has_kem = self.kind <= 2;
        let (ciphertext, kem) = encapsulate(&self.bundle.kem, rng).unwrap();
        let id = hash(&[b"starling/1 prekey id", &prekey]);
        let mut head = [&[self.kind][..], &id[..8], &ephemeral].concat();
        let keys = match self.kind {
            1 => hash(&[&self.bundle.encode()]),
            _ => hash(&[&prekey]),
        };
        let mut shared = Vec::new();
        if has_kem {
            head.extend(ciphertext);
            shared.extend(kem.expose());
        }
        let said = hash(&[&head, &self.to.id(), &keys]);
        // Whoever says another key than they drew hopes that it agrees on zero.
        let [dh2, dh3] = [&self.to.dh_key, &prekey].map(|theirs| match self.ephemeral_public {
            Some(_) => [0; 32],
            None => agree(&self.ephemeral, theirs),
        });
        let sender_key = sender_key(&said, &[&dh2, &dh3, &shared]);
        let sender = seal(&sender_key, &[self.card, &[0; 16]].concat(), &said);
        let secret = session_secret(&said, &sender, &[&self.dh1, &dh2, &dh3, &shared]);
        head.extend(&sender);
        let parties = Parties::new(&self.card_id, &self.to.id());
        let secret = Secret::take(&mut secret.clone());
        let mut session = Session::initiate(&secret, prekey, parties, rng).unwrap();
        let room = PLAINTEXT_BYTES - head.len();
        let message = session.seal_embedded(rng, header, room, data).unwrap();
        head.extend(message.envelope);
        Envelope::parse(wrap(self.to, day, &header, &head)).unwrap()
    }

    /// EK, drawn.
    pub(crate) fn draw(rng: &mut SeededRng) -> Key {
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        secret
    }
}

/// Key of c1, of what was agreed on.
pub(crate) fn sender_key(said: &Key, agreed: &[&[u8]]) -> Key {
    hkdf(said, &agreed.concat(), &[b"starling/1 knock id"])
}

/// SK.
pub(crate) fn session_secret(said: &Key, sender: &[u8], agreed: &[&[u8]]) -> Key {
    let ikm = [&[0xff; 32][..], &agreed.concat()].concat();
    let bound = hash(&[said, sender]);
    hkdf(&[0; 32], &ikm, &[b"starling/1 x3dh", &bound])
}

/// The first tag of either side in the session of a secret.
pub(crate) fn first_tags(secret: &Key) -> [[u8; 16]; 2] {
    let start: [u8; 96] = hkdf(&[0; 32], secret, &[b"starling/1 session"]);
    [32, 64].map(|from| {
        let chain: Key = start[from..from + 32].try_into().unwrap();
        let step: [u8; 80] = expand(&chain, &[b"starling/1 head"]);
        step[32..48].try_into().unwrap()
    })
}

/// The points of <https://cr.yp.to/ecdh.html#validate>, and the same with the top bit
/// set, which X25519 ignores: whoever agrees with one of them gets zero.
pub(crate) fn low_order_points() -> Vec<Key> {
    let mut points: Vec<Key> = vec![[0; 32], [0; 32]];
    points[1][0] = 1;
    for first in [0xec, 0xed, 0xee] {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (first, 0x7f);
        points.push(point);
    }
    points.push(
        *b"\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a\
        \xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
    );
    points.push(
        *b"\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b\
        \x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57",
    );
    let mut twists = points.clone();
    twists.iter_mut().for_each(|point| point[31] |= 0x80);
    points.extend(twists);
    points
}

#[test]
fn all_points_of_low_order_agree_on_zero_with_everybody() {
    for point in low_order_points() {
        for secret in [[1; 32], [0x5a; 32]] {
            assert_eq!(agree(&secret, &point), [0; 32]);
        }
    }
}
