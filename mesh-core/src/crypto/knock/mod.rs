//! First contact: one envelope to somebody whose card one has, with no server and no
//! answer needed (`docs/protocol/crypto.md`, "The knock").
//!
//! X3DH with an X-Wing secret mixed in (as PQXDH), without signatures, plus a sealed
//! sender. `envelope = header 16 ‖ knock tag 16 ‖ nonce 24 ‖ XChaCha20-Poly1305(knock
//! key, nonce, P, AAD = header ‖ tag)`, 1,920 bytes whatever the kind, and P is
//!
//! | bytes | field |
//! |---|---|
//! | 1 | kind |
//! | 8 | prekey id |
//! | 32 | EK, X25519, fresh for each knock |
//! | 1,120 or none | X-Wing ciphertext |
//! | 218 | c1: the sender's card and token proof, sealed |
//! | the rest | c2: a message of the session |
//!
//! ```text
//! DH1 = X25519(IKd_A, prekey)   DH2 = X25519(EK, IKd_B)   DH3 = X25519(EK, prekey)
//! T   = H(P before c1 ‖ card id B ‖ H(bundle), or H(prekey) without a bundle)
//! c1  = SEAL(HKDF(T, DH2 ‖ DH3 ‖ SS, "starling/1 knock id", 32), card A ‖ proof 16, T)
//! SK  = HKDF(0, 0xFF×32 ‖ DH1 ‖ DH2 ‖ DH3 ‖ SS, "starling/1 x3dh" ‖ H(T ‖ c1), 32)
//! ```
//!
//! SS is the X-Wing secret or nothing; the kind in T says which. The proof is
//! `HMAC(OTS, T)[..16]` of who saw the contact code, or zeros.

mod answer;
mod recovery;
mod start;

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::limits::{HEADER_BYTES, KNOCK_TAG_SLOTS};

use super::bundle::{CARD_PLAINTEXT_BYTES, CardDay};
use super::identity::CARD_BYTES;
use super::kem::KEM_CIPHERTEXT_BYTES;
use super::labels;
use super::prekeys::join;
use super::primitives::{HmacKey, SEAL_OVERHEAD_BYTES, hash, hkdf};
use super::secret::Secret;
use super::session::{MESSAGE_OVERHEAD_BYTES, SealError, Sealed, Session};
use super::verify::VerifyKey;

pub use self::answer::{Arrival, Opened, PrekeySecret};
pub use self::recovery::RecoverySecret;
pub use self::start::{KnockError, Started, Target, start};

const PROOF_BYTES: usize = 16;
/// Bytes of c1.
const SENDER_BYTES: usize = CARD_BYTES + PROOF_BYTES + SEAL_OVERHEAD_BYTES;
/// Kind, prekey id and EK.
const CLEAR_HEAD_BYTES: usize = 1 + 8 + 32;

/// What a knock was sealed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnockKind {
    /// The bundle of a day, always with X-Wing.
    Bundle,
    /// A contact code, with the X-Wing key that it names.
    Code,
    /// A contact code, or an exchange in radio range, without X-Wing.
    CodeClassic,
    /// The recovery prekey of a session that was lost.
    Recovery,
}

impl KnockKind {
    const ALL: [Self; 4] = [Self::Bundle, Self::Code, Self::CodeClassic, Self::Recovery];

    fn code(self) -> u8 {
        match self {
            Self::Bundle => 1,
            Self::Code => 2,
            Self::CodeClassic => 3,
            Self::Recovery => 4,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether what is recorded today stays shut to a quantum computer.
    #[must_use]
    pub fn is_quantum_safe(self) -> bool {
        matches!(self, Self::Bundle | Self::Code)
    }

    /// Bytes of P before c1.
    fn before_bytes(self) -> usize {
        let kem_bytes = usize::from(self.is_quantum_safe()) * KEM_CIPHERTEXT_BYTES;
        CLEAR_HEAD_BYTES + kem_bytes
    }

    fn head_bytes(self) -> usize {
        self.before_bytes() + SENDER_BYTES
    }

    /// Bytes of c2.
    fn message_bytes(self) -> usize {
        CARD_PLAINTEXT_BYTES - self.head_bytes()
    }

    /// Bytes of data that fit beside all this.
    #[must_use]
    pub fn room(self) -> usize {
        self.message_bytes() - MESSAGE_OVERHEAD_BYTES
    }
}

// The largest kind leaves room for a short text; so no subtraction above is below zero.
const _: () = assert!(
    CLEAR_HEAD_BYTES + KEM_CIPHERTEXT_BYTES + SENDER_BYTES + MESSAGE_OVERHEAD_BYTES + 330
        <= CARD_PLAINTEXT_BYTES
);
// A byte modulo the number of slots is as likely to be each.
const _: () = assert!(KNOCK_TAG_SLOTS.is_power_of_two());

/// A knock that may be sent again until it is answered: `kind … c1`, which repeats byte
/// for byte. The rest is new each time: nonce, slot, day, and the message.
pub struct Knock {
    kind: KnockKind,
    head: Vec<u8>,
}

impl Knock {
    /// For the store.
    #[must_use]
    pub fn encode(&self) -> &[u8] {
        &self.head
    }

    /// From the store; `None` if the row is damaged.
    #[must_use]
    pub fn decode(row: &[u8]) -> Option<Self> {
        let kind = KnockKind::from_code(*row.first()?)?;
        (row.len() == kind.head_bytes()).then(|| Self {
            kind,
            head: row.to_vec(),
        })
    }

    /// What it was sealed to; [`KnockKind::room`] is what one message may hold.
    #[must_use]
    pub fn kind(&self) -> KnockKind {
        self.kind
    }

    /// `H(EK)`, as [`Arrival::ephemeral_id`].
    #[must_use]
    pub fn ephemeral_id(&self) -> [u8; 32] {
        ephemeral_id(&self.head).unwrap_or_default()
    }

    /// Seals the next message of the session into an envelope for the card's owner,
    /// under the tag of a random slot of that day. A bundle says which day
    /// ([`super::bundle::Bundle::knock_day`]); other knocks go out under today's.
    /// Store the session before the envelope goes anywhere.
    ///
    /// # Errors
    /// The data does not fit, or the session may not send.
    pub fn seal(
        &self,
        session: &mut Session,
        day: &CardDay,
        header: [u8; HEADER_BYTES],
        data: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Sealed, SealError> {
        let message = session.seal_embedded(rng, header, self.kind.message_bytes(), data)?;
        let mut slot = [0];
        rng.fill_bytes(&mut slot);
        let plaintext = Zeroizing::new([&self.head[..], &message.envelope].concat());
        let [slot] = slot.map(|drawn| drawn % KNOCK_TAG_SLOTS);
        Ok(Sealed {
            envelope: day.seal_knock(header, slot, &plaintext, rng),
            seq: message.seq,
        })
    }
}

impl fmt::Debug for Knock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Knock({:?}, …)", self.kind)
    }
}

/// What both sides of a knock keep beside the session itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Agreed {
    /// `H(SK)`: the same on both sides, and of no other session.
    pub session_id: [u8; 32],
    /// What the knock was sealed to.
    pub kind: KnockKind,
    /// For the emoji.
    pub verify: VerifyKey,
}

impl Agreed {
    fn new(agreed: &Secret<32>, kind: KnockKind) -> Self {
        Self {
            session_id: hash(&[agreed.expose()]),
            kind,
            verify: VerifyKey::new(agreed),
        }
    }
}

/// Which of two sessions that two people began at the same time they use: the one with
/// X-Wing, then the one with the smaller `H(SK)`. Both sides find the same, and the
/// choice never flips. `true` for the first.
#[must_use]
pub fn wins(first: (KnockKind, &[u8; 32]), second: (KnockKind, &[u8; 32])) -> bool {
    let rank = |(kind, id): (KnockKind, [u8; 32])| (!kind.is_quantum_safe(), id);
    rank((first.0, *first.1)) < rank((second.0, *second.1))
}

/// What remains of a message of a knock that was declined, so that it alone does not ask
/// again; of the knock itself with 16 zeros. `knock` is [`Arrival::ephemeral_id`].
#[must_use]
pub fn declined_id(knock: &[u8; 32], message_id: &[u8; 16]) -> [u8; 32] {
    hash(&[labels::KNOCK_DECLINED, knock, message_id])
}

/// The secrets of a handshake.
struct Shares {
    dh1: Secret<32>,
    dh2: Secret<32>,
    dh3: Secret<32>,
    kem: Option<Secret<32>>,
}

/// `HKDF(T, DH2 ‖ DH3 ‖ SS, "starling/1 knock id", 32)`: before the sender is known,
/// DH1 cannot be.
fn sender_key(
    transcript: &[u8; 32],
    dh2: &Secret<32>,
    dh3: &Secret<32>,
    kem: Option<&Secret<32>>,
) -> Secret<32> {
    let kem = kem.map_or(&[][..], |kem| kem.expose());
    let ikm = Zeroizing::new([&dh2.expose()[..], dh3.expose(), kem].concat());
    hkdf(transcript, &ikm, &[labels::KNOCK_ID])
}

impl Shares {
    /// SK.
    fn agree(&self, transcript: &[u8; 32], sender: &[u8]) -> Secret<32> {
        let kem = self.kem.as_ref().map_or(&[][..], |kem| kem.expose());
        let [dh1, dh2, dh3] = [&self.dh1, &self.dh2, &self.dh3].map(Secret::expose);
        let ikm = Zeroizing::new([&[0xff; 32][..], dh1, dh2, dh3, kem].concat());
        let said = hash(&[transcript, sender]);
        hkdf(&[0; 32], &ikm, &[labels::KNOCK_SECRET, &said])
    }
}

/// T; `keys` is the hash of the bundle or of the prekey.
fn transcript(before: &[u8], answerer: &[u8; 32], keys: &[u8; 32]) -> [u8; 32] {
    hash(&[before, answerer, keys])
}

/// `HMAC(OTS, T)[..16]`.
fn token_proof(token: &Secret<16>, transcript: &[u8; 32]) -> [u8; PROOF_BYTES] {
    // RFC 2104 fills a short key up with zeros anyhow.
    let key = join(&[token.expose(), &[0; 16]]);
    HmacKey::new(&key).tag(transcript)
}

/// `H(EK)`.
fn ephemeral_id(head: &[u8]) -> Option<[u8; 32]> {
    let (clear, _) = head.split_first_chunk::<CLEAR_HEAD_BYTES>()?;
    let key: &[u8; 32] = clear.last_chunk()?;
    Some(hash(&[key]))
}

#[cfg(test)]
mod tests;
