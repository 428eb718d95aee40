//! The side that is knocked at. Nothing is believed before c2 has opened: whoever has
//! the card can write anything up to there.

use core::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::crypto::bundle::{CardDay, bundle, is_bundle_day};
use crate::crypto::identity::{CARD_BYTES, Card, Identity};
use crate::crypto::kem::{KEM_CIPHERTEXT_BYTES, KemSecret};
use crate::crypto::prekeys::{DayPrekey, OneTimePrekey, RecoveryPrekey, join};
use crate::crypto::primitives::{agree, hash, open};
use crate::crypto::seal::OpenError;
use crate::crypto::secret::Secret;
use crate::crypto::session::{Parties, Session};
use crate::limits::HEADER_BYTES;
use crate::types::{Day, Wall};

use super::{
    Agreed, CLEAR_HEAD_BYTES, KnockKind, PROOF_BYTES, SENDER_BYTES, Shares, ephemeral_id,
    sender_key, token_proof, transcript,
};

/// A knock out of its envelope: somebody who has our card sent it, and that is all.
pub struct Arrival {
    day: Day,
    header: [u8; HEADER_BYTES],
    kind: KnockKind,
    plaintext: Zeroizing<Vec<u8>>,
}

/// The private part of what a knock names.
#[derive(Debug, Clone, Copy)]
pub enum PrekeySecret<'a> {
    /// Of a bundle.
    Day(&'a DayPrekey),
    /// Of a contact code or of an exchange in radio range.
    OneTime {
        /// The one that the knock names.
        prekey: &'a OneTimePrekey,
        /// The keys of [`OneTimePrekey::kem_day`], if they are still here.
        day: Option<&'a DayPrekey>,
    },
    /// Of the session with a contact.
    Recovery {
        /// The one that the knock names.
        prekey: &'a RecoveryPrekey,
        /// Card id of the contact it was given to.
        contact: &'a [u8; 32],
    },
}

/// An opened knock: its sender holds the keys of the card. The session has moved past
/// the message; store both with the message.
#[derive(Debug)]
pub struct Opened {
    /// Whoever knocked. The keys are theirs, the name is a claim.
    pub card: Card,
    /// The card's bytes, to be passed on in an introduction.
    pub card_bytes: [u8; CARD_BYTES],
    /// They saw the contact code, or were given it.
    pub has_seen_code: bool,
    /// For the emoji and for crossing knocks.
    pub agreed: Agreed,
    /// To answer in.
    pub session: Session,
    /// The message's number, to be acknowledged.
    pub seq: u32,
    /// What it says.
    pub data: Zeroizing<Vec<u8>>,
}

impl Arrival {
    /// Opens an envelope whose tag is one of our card's knock tags of a day.
    ///
    /// # Errors
    /// It is no knock at this card and day, whatever the cause.
    pub fn open(day: &CardDay, envelope: &[u8]) -> Result<Self, OpenError> {
        let plaintext = day.open_knock(envelope).ok_or(OpenError)?;
        let header = envelope.first_chunk().ok_or(OpenError)?;
        let kind = plaintext.first().copied().ok_or(OpenError)?;
        Ok(Self {
            day: day.day(),
            header: *header,
            kind: KnockKind::from_code(kind).ok_or(OpenError)?,
            plaintext,
        })
    }

    /// Which prekey it names: that of one of our [`DayPrekey::id`],
    /// [`OneTimePrekey::id`], [`RecoveryPrekey::id`].
    #[must_use]
    pub fn prekey_id(&self) -> [u8; 8] {
        let (clear, _) = self.parts();
        let id = clear.split_first().and_then(|(_, rest)| rest.first_chunk());
        id.copied().unwrap_or_default()
    }

    /// `H(EK)`: a knock is sent again until it is answered. To be remembered, once it
    /// opened, for as long as its prekey lives, also after the contact was deleted or
    /// blocked; one that is known goes with [`Arrival::message`] to its session, or
    /// nowhere.
    #[must_use]
    pub fn ephemeral_id(&self) -> [u8; 32] {
        ephemeral_id(&self.plaintext).unwrap_or_default()
    }

    /// c2, for [`Session::open_embedded`] of the session that this knock began.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        let (_, message) = self.parts();
        message
    }

    /// Opens the rest with the prekey that it names. Whatever fails, nothing came.
    ///
    /// # Errors
    /// It does not open, or it is not what it should be, whatever the cause.
    pub fn answer(
        &self,
        identity: &Identity,
        prekey: PrekeySecret<'_>,
        now: Wall,
    ) -> Result<Opened, OpenError> {
        self.open_rest(identity, prekey, now).ok_or(OpenError)
    }

    /// `kind … c1`, and c2.
    fn parts(&self) -> (&[u8], &[u8]) {
        let head_bytes = self.kind.head_bytes();
        self.plaintext
            .split_at_checked(head_bytes)
            .unwrap_or_default()
    }

    fn open_rest(
        &self,
        identity: &Identity,
        prekey: PrekeySecret<'_>,
        now: Wall,
    ) -> Option<Opened> {
        let keys = Keys::of(identity, prekey, self.kind, self.day)?;
        (keys.id == self.prekey_id()).then_some(())?;
        let (head, message) = self.parts();
        let (before, sender) = head.split_at_checked(self.kind.before_bytes())?;
        let (clear, ciphertext) = before.split_first_chunk::<CLEAR_HEAD_BYTES>()?;
        let ephemeral: &[u8; 32] = clear.last_chunk()?;
        let ours = identity.card_id();
        let said = transcript(before, &ours, &keys.hash);
        let dh2 = identity.agree(ephemeral)?;
        let dh3 = agree(keys.secret, ephemeral)?;
        let kem = match keys.kem {
            Some(kem) => {
                let ciphertext: &[u8; KEM_CIPHERTEXT_BYTES] = ciphertext.try_into().ok()?;
                Some(kem.decapsulate(ciphertext)?)
            }
            None => None,
        };
        let key = sender_key(&said, &dh2, &dh3, kem.as_ref());
        let sealed: &[u8; SENDER_BYTES] = sender.try_into().ok()?;
        let plain = open(key, sealed, &said)?;
        let (card_bytes, proof) = plain.split_first_chunk::<CARD_BYTES>()?;
        let has_seen_code = keys.has_seen_code(proof, &said)?;
        let card = Card::decode(card_bytes).ok()?;
        let theirs = card.id();
        let is_expected = theirs != ours && keys.contact.is_none_or(|contact| *contact == theirs);
        is_expected.then_some(())?;
        let shares = Shares {
            dh1: agree(keys.secret, &card.dh_key)?,
            dh2,
            dh3,
            kem,
        };
        let secret = shares.agree(&said, sender);
        let parties = Parties::new(&ours, &theirs);
        let mut session = Session::answer(&secret, join(&[keys.secret.expose()]), parties);
        // The message carries the header of its envelope, so that neither can be moved.
        message.starts_with(&self.header).then_some(())?;
        let opening = session.open_embedded(now, message).ok()?;
        let (seq, data) = (opening.seq(), Zeroizing::new(opening.data().to_vec()));
        opening.commit();
        Some(Opened {
            card,
            card_bytes: *card_bytes,
            has_seen_code,
            agreed: Agreed::new(&secret, self.kind),
            session,
            seq,
            data,
        })
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arrival({:?}, …)", self.kind)
    }
}

/// What a prekey comes down to.
struct Keys<'a> {
    id: [u8; 8],
    secret: &'a Secret<32>,
    kem: Option<&'a KemSecret>,
    /// Of the bundle, or of the prekey.
    hash: [u8; 32],
    token: Option<&'a Secret<16>>,
    contact: Option<&'a [u8; 32]>,
}

impl<'a> Keys<'a> {
    /// `None` if a knock of that kind, under a tag of that day, may not use it.
    fn of(
        identity: &Identity,
        prekey: PrekeySecret<'a>,
        kind: KnockKind,
        tag_day: Day,
    ) -> Option<Self> {
        match (kind, prekey) {
            (KnockKind::Bundle, PrekeySecret::Day(day)) => {
                is_bundle_day(day.day(), tag_day).then(|| Self {
                    id: day.id(),
                    secret: &day.secret,
                    kem: Some(&day.kem),
                    hash: bundle(identity, day).hash(),
                    token: None,
                    contact: None,
                })
            }
            (KnockKind::Code, PrekeySecret::OneTime { prekey, day }) => {
                let day = day.filter(|day| day.day() == prekey.kem_day())?;
                Some(Self {
                    kem: Some(&day.kem),
                    ..Self::one_time(prekey)
                })
            }
            (KnockKind::CodeClassic, PrekeySecret::OneTime { prekey, .. }) => {
                Some(Self::one_time(prekey))
            }
            (KnockKind::Recovery, PrekeySecret::Recovery { prekey, contact }) => Some(Self {
                id: prekey.id(),
                secret: &prekey.0,
                kem: None,
                hash: hash(&[&prekey.public()]),
                token: None,
                contact: Some(contact),
            }),
            _ => None,
        }
    }

    fn one_time(prekey: &'a OneTimePrekey) -> Self {
        Self {
            id: prekey.id(),
            secret: &prekey.secret,
            kem: None,
            hash: hash(&[&prekey.public()]),
            token: Some(&prekey.token),
            contact: None,
        }
    }

    /// `None` for a proof that is neither right nor left out.
    fn has_seen_code(&self, proof: &[u8], transcript: &[u8; 32]) -> Option<bool> {
        let has_seen = self
            .token
            .is_some_and(|token| token_proof(token, transcript).ct_eq(proof).into());
        (has_seen || proof == [0; PROOF_BYTES]).then_some(has_seen)
    }
}
