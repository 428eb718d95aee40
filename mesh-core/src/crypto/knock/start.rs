//! The side that knocks.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::crypto::bundle::Bundle;
use crate::crypto::identity::{Card, Identity};
use crate::crypto::kem::{KEM_PUBLIC_BYTES, encapsulate};
use crate::crypto::prekeys::{kem_id, prekey_id};
use crate::crypto::primitives::{agree, draw_secret, hash, public_key, seal};
use crate::crypto::secret::Secret;
use crate::crypto::session::{Parties, Session};
use crate::crypto::verify::ContactCode;

use super::{Agreed, Knock, KnockKind, PROOF_BYTES, Shares, sender_key, token_proof, transcript};

/// What to knock with.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// The bundle of a day.
    Bundle(&'a Bundle),
    /// A contact code just scanned, or passed on by who may; with the X-Wing key that it
    /// names, if the bundle with it is here.
    Code {
        /// As scanned.
        code: &'a ContactCode,
        /// [`Bundle::kem`] of the same person.
        kem: Option<&'a [u8; KEM_PUBLIC_BYTES]>,
    },
    /// The one-time prekey of an exchange in radio range.
    Nearby([u8; 32]),
    /// The recovery prekey that they gave in a session.
    Recovery([u8; 32]),
}

/// The keys serve no knock: of low order, not those that the code names, or our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this person cannot be written to with these keys")]
pub struct KnockError;

/// A knock begun: all three are to be stored before anything is sent.
#[derive(Debug)]
pub struct Started {
    /// To be sealed, again and again until an answer comes.
    pub knock: Knock,
    /// Its first message goes into the knock.
    pub session: Session,
    /// For the emoji and for crossing knocks.
    pub agreed: Agreed,
}

/// Begins a knock from `card`, our own, at `to`.
///
/// # Errors
/// See [`KnockError`].
pub fn start(
    identity: &Identity,
    card: &Card,
    to: &Card,
    target: Target<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Started, KnockError> {
    let ours = identity.card_id();
    if ours == to.id() {
        return Err(KnockError);
    }
    let card = identity.encode_card(card);
    begin(identity, (&ours, &card), to, target, rng).ok_or(KnockError)
}

/// `ours` is the card id and the card's bytes.
pub(super) fn begin(
    identity: &Identity,
    ours: (&[u8; 32], &[u8]),
    to: &Card,
    target: Target<'_>,
    rng: &mut dyn CryptoRng,
) -> Option<Started> {
    let keys = Keys::of(to, target)?;
    let (our_id, card) = ours;
    let their_id = to.id();
    let ephemeral = draw_secret(rng);
    let (ciphertext, kem) = match keys.kem {
        Some(public) => {
            encapsulate(public, rng).map(|(sent, shared)| (Some(sent), Some(shared)))?
        }
        None => (None, None),
    };
    let mut head = vec![keys.kind.code()];
    head.extend_from_slice(&prekey_id(&keys.prekey));
    head.extend_from_slice(&public_key(&ephemeral));
    head.extend(ciphertext.iter().flatten());
    let said = transcript(&head, &their_id, &keys.hash);
    let shares = Shares {
        dh1: identity.agree(&keys.prekey)?,
        dh2: agree(&ephemeral, &to.dh_key)?,
        dh3: agree(&ephemeral, &keys.prekey)?,
        kem,
    };
    let key = sender_key(&said, &shares.dh2, &shares.dh3, shares.kem.as_ref());
    let proof = keys
        .token
        .map_or([0; PROOF_BYTES], |token| token_proof(token, &said));
    let plain = Zeroizing::new([card, &proof].concat());
    let sender = seal(key, &plain, &said);
    let secret = shares.agree(&said, &sender);
    head.extend_from_slice(&sender);
    debug_assert_eq!(head.len(), keys.kind.head_bytes());
    let session = Session::initiate(&secret, keys.prekey, Parties::new(our_id, &their_id), rng)?;
    Some(Started {
        knock: Knock {
            kind: keys.kind,
            head,
        },
        session,
        agreed: Agreed::new(&secret, keys.kind),
    })
}

/// What a target comes down to.
struct Keys<'a> {
    kind: KnockKind,
    prekey: [u8; 32],
    kem: Option<&'a [u8; KEM_PUBLIC_BYTES]>,
    /// Of the bundle, or of the prekey.
    hash: [u8; 32],
    token: Option<&'a Secret<16>>,
}

impl<'a> Keys<'a> {
    /// `None` if the keys are not of one person, or not those that the code names.
    fn of(to: &Card, target: Target<'a>) -> Option<Self> {
        let alone = |kind, prekey: [u8; 32]| Self {
            kind,
            prekey,
            kem: None,
            hash: hash(&[&prekey]),
            token: None,
        };
        Some(match target {
            Target::Bundle(bundle) => Self {
                kind: KnockKind::Bundle,
                prekey: bundle.prekey,
                kem: Some(&bundle.kem),
                hash: bundle.hash(),
                token: None,
            },
            Target::Code { code, kem } => {
                let is_named = kem.is_none_or(|kem| kem_id(kem) == code.kem_id);
                let is_theirs = code.card.id() == to.id();
                (is_named && is_theirs).then_some(())?;
                let kind = kem.map_or(KnockKind::CodeClassic, |_| KnockKind::Code);
                Self {
                    kem,
                    token: Some(&code.token),
                    ..alone(kind, code.prekey)
                }
            }
            Target::Nearby(prekey) => alone(KnockKind::CodeClassic, prekey),
            Target::Recovery(prekey) => alone(KnockKind::Recovery, prekey),
        })
    }
}
