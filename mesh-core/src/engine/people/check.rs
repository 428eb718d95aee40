//! Whether somebody stands between two people: six emoji that both must see
//! (`docs/protocol/crypto.md`, "Verification").
//!
//! The random values ride on messages that go anyway, and are repeated until the
//! other side shows that it has them, as any message may be lost.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::crypto::secret::Secret;
use crate::crypto::verify::{Sas, SasAnswer, SasOffer, SasRevealed, VerifyKey};
use crate::types::{ContactId, Now};
use crate::wire::items::Item;

use super::super::{Engine, Profile};
use super::direct::Incoming;

/// How far the check of one session has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Check {
    stage: Stage,
    /// We told our half: a message with it is on its way.
    is_told: bool,
    /// The other side shows that it has not got what we told it.
    is_asked_again: bool,
    row: Row,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Stage {
    /// Nothing was said of it yet.
    #[default]
    None,
    /// We began the session, and commit: our half.
    Offered,
    /// They answered: our half and theirs.
    Revealed,
    /// They committed, we answered: their commitment and our half.
    Answered,
    /// They revealed what they had committed to: their half and ours.
    Known,
    /// They revealed something else.
    Mismatched,
}

/// What a stage keeps: one or two values of 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Row([u8; 32], [u8; 32]);

impl Row {
    fn both(&self) -> Secret<64> {
        let mut both = Secret::zeroed();
        let halves = self.0.iter().chain(&self.1);
        both.expose_mut()
            .iter_mut()
            .zip(halves)
            .for_each(|(slot, byte)| *slot = *byte);
        both
    }

    fn of(both: &Secret<64>) -> Self {
        match both.expose().as_chunks::<32>().0 {
            [first, second] => Self(*first, *second),
            _ => Self::default(),
        }
    }
}

impl Check {
    /// Of a session that we begin.
    pub(super) fn offer(offer: &SasOffer) -> Self {
        Self {
            stage: Stage::Offered,
            row: Row(*offer.row().expose(), [0; 32]),
            ..Self::default()
        }
    }

    /// What must ride on the next message.
    pub(super) fn rider(&self) -> Option<Item> {
        match self.stage {
            Stage::Offered => Some(Item::SasCommit(self.offered().commitment())),
            Stage::Answered => Some(Item::SasAnswer(self.row.1)),
            Stage::Revealed if !self.is_told || self.is_asked_again => {
                Some(Item::SasOpen(self.row.0))
            }
            _ => None,
        }
    }

    /// Whether something is to be said soon, so that two people who wait for their
    /// emoji need not wait for the next message.
    pub(super) fn is_urgent(&self) -> bool {
        match self.stage {
            Stage::Answered => !self.is_told,
            Stage::Revealed => !self.is_told || self.is_asked_again,
            _ => false,
        }
    }

    /// A message with the rider is on its way.
    pub(super) fn told(&mut self) {
        self.is_told = true;
        self.is_asked_again = false;
    }

    /// Takes what a message said of the check.
    pub(super) fn take(
        &mut self,
        items: &[Item],
        key: &VerifyKey,
        drawn: impl FnOnce([u8; 32]) -> SasAnswer,
    ) {
        let mut drawn = Some(drawn);
        for item in items {
            match (self.stage, item) {
                (Stage::None, Item::SasCommit(commitment)) => {
                    if let Some(drawn) = drawn.take() {
                        self.go(Stage::Answered, Row::of(drawn(*commitment).row()));
                    }
                }
                // They have not heard our half.
                (Stage::Answered, Item::SasCommit(_)) => self.is_told = false,
                (Stage::Offered, Item::SasAnswer(theirs)) => {
                    let (_, revealed) = self.offered().answered(*theirs).reveal();
                    self.go(Stage::Revealed, Row::of(revealed.row()));
                }
                (Stage::Revealed, Item::SasAnswer(_)) => self.is_asked_again = true,
                (Stage::Answered, Item::SasOpen(theirs)) => {
                    let ours = self.row.1;
                    let answer = SasAnswer::from_row(self.row.both());
                    match answer.check(*theirs, key) {
                        Ok(_) => self.go(Stage::Known, Row(*theirs, ours)),
                        Err(_) => self.go(Stage::Mismatched, Row::default()),
                    }
                }
                _ => {}
            }
        }
    }

    /// The emoji, once they may be shown.
    pub(super) fn sas(&self, key: &VerifyKey) -> Option<Sas> {
        let may_be_shown = match self.stage {
            Stage::Revealed => self.is_told,
            Stage::Known => true,
            _ => false,
        };
        may_be_shown.then(|| SasRevealed::from_row(self.row.both()).sas(key))
    }

    /// Whether the other side tried to choose the emoji.
    pub(super) fn is_mismatch(&self) -> bool {
        self.stage == Stage::Mismatched
    }

    fn offered(&self) -> SasOffer {
        let mut row = self.row.0;
        SasOffer::from_row(Secret::take(&mut row))
    }

    fn go(&mut self, stage: Stage, row: Row) {
        *self = Self {
            stage,
            is_told: false,
            is_asked_again: false,
            row,
        };
    }
}

impl Engine {
    /// A person waits for the emoji of somebody: what is missing is said soon.
    pub(in super::super) fn look_at_emoji(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) {
        profile.be_active(contact, now.wall);
        if profile.owes_word(contact) || profile.side_to_answer(contact).is_some() {
            self.tend_later(now, profile, contact);
        }
    }

    /// Takes what a message said of the emoji check of its session, and answers soon.
    pub(super) fn take_check(&mut self, now: Now, profile: &mut Profile, incoming: &Incoming) {
        let Some(people) = &mut profile.people else {
            return;
        };
        let Some(live) = people.sessions.get_mut(&incoming.session) else {
            return;
        };
        let could_show = live.check.sas(&live.verify_key).is_some();
        let rng = self.rng.as_mut();
        live.check
            .take(&incoming.items, &live.verify_key, |commitment| {
                SasAnswer::new(commitment, rng)
            });
        let is_urgent = live.check.is_urgent();
        if live.check.sas(&live.verify_key).is_some() != could_show || live.check.is_mismatch() {
            self.tell(crate::api::Event::ContactsChanged);
        }
        if is_urgent {
            self.tend_later(now, profile, incoming.contact);
        }
    }
}
