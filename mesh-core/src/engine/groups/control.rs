//! What members' devices tell each other: operations, what each knows, keys, consents.
//!
//! Nothing here is answered at once. Whatever a control message makes us send waits a
//! random time, in which somebody else may do it.

use std::collections::BTreeSet;

use crate::api::Event;
use crate::crypto::group::{Control, Eid, GROUP_MESSAGE_OVERHEAD_BYTES, MemberId};
use crate::limits::{
    ACK_LATER_MS, ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL, GROUP_NEUTRAL_HOLD_MS_MAX,
    GROUP_OPS_KEPT_MAX, GROUP_RESEND_WAIT_MS, GROUP_RESENDS_PER_MINUTE,
};
use crate::types::{ConversationId, Lifetime, Mono, Now, Role};

use super::super::{Engine, EngineError, Profile};
use super::again::founding;
use super::notes::Agreed;
use super::say::nothing;
use super::{Due, Room};

/// Bytes of a control message that a larger envelope holds.
const ROOM_BYTES: usize = ENVELOPE_BYTES_MEDIUM - GROUP_MESSAGE_OVERHEAD_BYTES;
const MINUTE_MS: u64 = 60_000;

impl Engine {
    /// Takes a control message that a member sealed in an epoch.
    pub(super) fn take_control(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        (author, epoch): (MemberId, Eid),
        control: Control,
    ) -> Result<(), EngineError> {
        match control {
            Control::Piece {
                op,
                index,
                count,
                bytes,
            } => {
                let Some(room) = profile.room_mut(at) else {
                    return Ok(());
                };
                // Somebody else sends it: we need not.
                room.lacked.retain(|eid, _| !eid.starts_with(&op));
                match room.pieces.put(author, op, (index, count), &bytes) {
                    Some(whole) => match founding(&whole) {
                        Some(founded) => self.take_founding(now, profile, at, author, founded),
                        None => self.take_op(now, profile, at, author, &whole),
                    },
                    None => Ok(()),
                }
            }
            Control::Heads(heads) => self.take_heads(now, profile, at, (author, epoch), &heads),
            Control::Key { seq, mk } => {
                if let Some(room) = profile.room_mut(at) {
                    room.group.take_key(author, seq, mk);
                }
                Ok(())
            }
            Control::Consent { removes, signature } => {
                let agreed = Agreed {
                    signer: author,
                    removes,
                    signature,
                };
                self.take_consent(now, profile, at, agreed);
                Ok(())
            }
        }
    }

    /// A member tells which operations it knows. What it lacks is sent again after a
    /// random time unless somebody else does; what we lack others see in our heads.
    fn take_heads(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        (author, epoch): (MemberId, Eid),
        heads: &[Eid],
    ) -> Result<(), EngineError> {
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        room.group.take_heads(author, heads, now.wall);
        for (eid, tellers) in &mut room.doubts {
            if heads.contains(eid) {
                tellers.insert(author);
            }
        }
        let kept: Vec<Eid> = room.ops.values().map(|(eid, _)| *eid).collect();
        // What is kept no more cannot be sent again.
        room.lacked.retain(|eid, _| kept.contains(eid));
        let lacking = room.group.lacking(heads).into_iter();
        for eid in lacking.filter(|eid| kept.contains(eid)) {
            room.lacked.entry(eid).or_insert(epoch);
        }
        debug_assert!(room.lacked.len() <= GROUP_OPS_KEPT_MAX);
        let is_lacked = !room.lacked.is_empty();
        let we_lack = !room.group.missing(heads).is_empty();
        if is_lacked {
            self.group_later(now, profile, at, Due::Resend, GROUP_RESEND_WAIT_MS);
        }
        if we_lack {
            self.group_later(now, profile, at, Due::HeadsEverywhere, GROUP_RESEND_WAIT_MS);
        }
        self.look_at_doubts(profile, at);
        Ok(())
    }

    /// Another admin signed a removal.
    fn take_consent(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        agreed: Agreed,
    ) {
        let Some(room) = profile.room_mut(at) else {
            return;
        };
        let roster = room.group.roster();
        let signer = roster.get(&agreed.signer);
        let is_admin = signer.is_some_and(|signer| signer.role >= Role::Admin);
        let are_members = agreed.removes.iter().all(|id| roster.contains_key(id));
        if !is_admin || !are_members || agreed.removes.is_empty() {
            return;
        }
        room.notes.agree(agreed);
        self.tell(Event::GroupChanged { conversation: at });
        self.group_later(now, profile, at, Due::Consent, 0..GROUP_NEUTRAL_HOLD_MS_MAX);
    }

    /// Does something in a group after a random time of this span.
    pub(super) fn group_later(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        due: Due,
        span: core::ops::Range<u64>,
    ) {
        let wait_ms = span.start + self.rng.next_u64() % (span.end - span.start).max(1);
        if let Some(room) = profile.groups.rooms.get_mut(&at) {
            room.later(due, now.mono.plus_ms(wait_ms));
        }
    }

    /// Others should hear some time which operations we know.
    pub(super) fn tell_heads_later(&mut self, now: Now, profile: &mut Profile, at: ConversationId) {
        self.group_later(now, profile, at, Due::Heads, ACK_LATER_MS);
    }

    /// Seals a control message into epochs that anybody else reads.
    pub(super) fn tell_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        control: &Control,
        epochs: &[Eid],
    ) -> Result<(), EngineError> {
        let needed = control.encode().len() + GROUP_MESSAGE_OVERHEAD_BYTES;
        let size = match needed <= ENVELOPE_BYTES_SMALL {
            true => ENVELOPE_BYTES_SMALL,
            false => ENVELOPE_BYTES_MEDIUM,
        };
        let lifetime = match control {
            Control::Piece { .. } => Lifetime::Long,
            _ => Lifetime::Day,
        };
        for eid in epochs {
            let header = self.text_header(now, lifetime).encode();
            let Some(room) = profile.room_mut(at) else {
                return Ok(());
            };
            if !room.group.has_readers(eid) {
                continue;
            }
            let rng = self.rng.as_mut();
            let sealed = room.group.seal_control(eid, rng, header, size, control);
            if let Ok(envelope) = sealed {
                self.send_sealed(now, profile, at, nothing(), envelope)?;
            }
        }
        Ok(())
    }

    /// The same into every epoch.
    pub(super) fn tell_everybody(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        control: &Control,
    ) -> Result<(), EngineError> {
        let epochs = profile.room(at).map(|room| room.group.epochs());
        self.tell_group(now, profile, at, control, &epochs.unwrap_or_default())
    }

    /// Sends an operation in pieces.
    pub(super) fn tell_op(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        op: &[u8],
        epochs: &[Eid],
    ) -> Result<(), EngineError> {
        let eid = crate::crypto::group::eid_of(op);
        for piece in Control::pieces(&eid, op, ROOM_BYTES) {
            self.tell_group(now, profile, at, &piece, epochs)?;
        }
        Ok(())
    }

    /// Tells which operations we know.
    pub(super) fn tell_heads(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        everywhere: bool,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return Ok(());
        };
        let heads = Control::Heads(room.group.heads());
        let sending = room.group.sending_epoch().filter(|_| !everywhere);
        let epochs = match sending {
            Some(eid) => vec![eid],
            None => {
                room.due.remove(&Due::Heads);
                room.group.epochs()
            }
        };
        self.tell_group(now, profile, at, &heads, &epochs)
    }

    /// Sends one operation again that somebody lacks, a few of them in a minute.
    pub(super) fn resend_op(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return Ok(());
        };
        room.resent
            .retain(|sent| now.mono.ms_since(*sent) < MINUTE_MS);
        if room.resent.len() >= GROUP_RESENDS_PER_MINUTE {
            let span = MINUTE_MS..MINUTE_MS + GROUP_RESEND_WAIT_MS.end;
            self.group_later(now, profile, at, Due::Resend, span);
            return Ok(());
        }
        // In the order in which they came: parents before what is built on them.
        let lacked = room.ops.values();
        let mut lacked = lacked.filter(|(eid, _)| room.lacked.contains_key(eid));
        let first = lacked.next().cloned();
        let Some((eid, op)) = first else {
            room.lacked.clear();
            return Ok(());
        };
        let epoch = room.lacked.remove(&eid);
        room.resent.push(now.mono);
        let is_more = !room.lacked.is_empty();
        if let Some(epoch) = epoch {
            self.tell_op(now, profile, at, &op, &[epoch])?;
        }
        if is_more {
            self.group_later(now, profile, at, Due::Resend, GROUP_RESEND_WAIT_MS);
        }
        Ok(())
    }

    /// An operation that none of our keys opens: perhaps it removes us.
    pub(super) fn doubt(
        &mut self,
        profile: &mut Profile,
        at: ConversationId,
        tellers: &BTreeSet<MemberId>,
        op: &[u8],
    ) {
        let Some(room) = profile.room_mut(at) else {
            return;
        };
        if !room.group.may_cut_us_off(op) {
            return;
        }
        let eid = crate::crypto::group::eid_of(op);
        if room.doubts.len() >= crate::limits::GROUP_ORPHANS_MAX {
            room.doubts.pop_first();
        }
        room.doubts.entry(eid).or_default().extend(tellers);
        self.look_at_doubts(profile, at);
    }

    /// What nobody can check is believed when two members know it, or the only other
    /// one: one alone could only pretend.
    fn look_at_doubts(&mut self, profile: &mut Profile, at: ConversationId) {
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return;
        };
        let others = room.group.roster().len().saturating_sub(1);
        let enough = others.clamp(1, 2);
        let is_sure = room.doubts.values().any(|tellers| tellers.len() >= enough);
        if is_sure && !room.notes.is_over {
            room.notes.is_over = true;
            // At the next occasion: what waited for keys goes.
            room.later(Due::Tidy, Mono(0));
            profile.groups.unsaved.insert(at);
            self.tell(Event::GroupChanged { conversation: at });
        }
    }
}

impl Room {
    /// Another admin's signature under exactly these removals.
    pub(super) fn agreed_by_another(&self, removes: &[MemberId]) -> Option<&Agreed> {
        let me = self.group.me();
        let mut consents = self.notes.consents.iter();
        consents.find(|it| it.signer != me && it.removes == removes)
    }

    /// Whether we signed exactly these removals.
    pub(super) fn we_agreed(&self, removes: &[MemberId]) -> bool {
        let me = self.group.me();
        let mut consents = self.notes.consents.iter();
        consents.any(|it| it.signer == me && it.removes == removes)
    }
}
