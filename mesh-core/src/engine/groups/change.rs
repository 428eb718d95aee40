//! Operations: making them, taking them, and what follows from either.

use std::collections::BTreeSet;

use crate::api::Event;
use crate::crypto::group::{
    Changes, Consent, Eid, MemberId, Operation, Refused, RekeyError, Rekeyed, TakeError,
};
use crate::limits::{GROUP_MEMBERS_MAX, GROUP_ORPHANS_MAX, GROUP_RESEND_WAIT_MS};
use crate::types::{ContactId, ConversationId, Now, Role};

use super::super::{Engine, EngineError, Profile};
use super::notes::Agreed;
use super::{Due, Orphan, joining};

impl Engine {
    /// Makes an operation and sends it to everybody whom it concerns.
    pub(super) fn make_op(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        changes: Changes,
        consent: Option<Consent>,
    ) -> Result<Result<(), RekeyError>, EngineError> {
        let Some(room) = profile.room_mut(at) else {
            return Ok(Err(RekeyError::NotAllowed));
        };
        if room.role().is_none() {
            return Ok(Err(RekeyError::NotAllowed));
        }
        let made = room
            .group
            .rekey(changes, consent, self.rng.as_mut(), now.wall);
        match made {
            Ok(rekeyed) => self.publish(now, profile, at, rekeyed).map(Ok),
            Err(refused) => Ok(Err(refused)),
        }
    }

    /// An operation of ours goes to everybody: in pieces into the epochs before it, and as
    /// a welcome to those who could not know what it builds on.
    pub(super) fn publish(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        rekeyed: Rekeyed,
    ) -> Result<(), EngineError> {
        self.group_moved(now, profile, at, rekeyed.tags)?;
        profile.keep_op(at, rekeyed.eid, &rekeyed.op)?;
        let epochs = profile.room(at).map(|room| room.group.epochs());
        let mut epochs = epochs.unwrap_or_default();
        epochs.retain(|eid| *eid != rekeyed.eid);
        self.tell_op(now, profile, at, &rekeyed.op, &epochs)?;
        self.welcome(now, profile, at, &rekeyed.newcomers, &rekeyed.welcome)?;
        self.changed(now, profile, at)
    }

    /// Sends a welcome to those members whom we know as contacts.
    fn welcome(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        newcomers: &[MemberId],
        welcome: &[u8],
    ) -> Result<(), EngineError> {
        for id in newcomers {
            let Some(room) = profile.room(at) else {
                return Ok(());
            };
            let Some(contact) = room.notes.contact(id) else {
                continue;
            };
            let mut invited = room.notes.invited.iter();
            let invite = invited.find(|it| it.contact == contact).map(|it| it.invite);
            let invite = invite.unwrap_or_else(|| self.draw_id());
            let pieces = joining::pieces_of(invite, welcome);
            self.send_items(now, profile, contact, pieces, true)?;
        }
        Ok(())
    }

    pub(super) fn draw_id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        self.rng.fill_bytes(&mut id);
        id
    }

    /// Takes an operation that a member sent.
    pub(super) fn take_op(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        from: MemberId,
        op: &[u8],
    ) -> Result<(), EngineError> {
        let tellers = BTreeSet::from([from]);
        if self.take_one(now, profile, at, &tellers, op)? {
            self.take_orphans(now, profile, at)?;
            self.changed(now, profile, at)?;
            self.tell_heads_later(now, profile, at);
        }
        Ok(())
    }

    /// Takes operations whose parents may have come, until none can be taken.
    pub(super) fn take_orphans(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        for _ in 0..GROUP_ORPHANS_MAX {
            let orphans = profile.groups.rooms.get_mut(&at);
            let orphans = orphans.map(|room| core::mem::take(&mut room.orphans));
            let mut is_any = false;
            for Orphan { op, tellers } in orphans.unwrap_or_default() {
                is_any |= self.take_one(now, profile, at, &tellers, &op)?;
            }
            if !is_any {
                break;
            }
        }
        Ok(())
    }

    /// Takes one operation, or keeps it until its parents come; whether it was taken.
    fn take_one(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        tellers: &BTreeSet<MemberId>,
        op: &[u8],
    ) -> Result<bool, EngineError> {
        let Some(room) = profile.room_mut(at) else {
            return Ok(false);
        };
        match room.group.take_op(op, now.wall) {
            Ok(taken) => {
                let eid: Eid = taken.operation.eid;
                self.group_moved(now, profile, at, taken.tags)?;
                profile.keep_op(at, eid, op)?;
                self.bring_up_to_date(now, profile, at, &eid)?;
                self.bear_witness(now, profile, at, &taken.operation);
                Ok(true)
            }
            Err(TakeError::Refused(Refused::Parents(_))) => {
                match room.orphans.iter_mut().find(|kept| kept.op == op) {
                    Some(kept) => kept.tellers.extend(tellers),
                    None => room.orphans.push_back(Orphan {
                        op: op.to_vec(),
                        tellers: tellers.clone(),
                    }),
                }
                if room.orphans.len() > GROUP_ORPHANS_MAX {
                    room.orphans.pop_front();
                }
                let span = GROUP_RESEND_WAIT_MS;
                self.group_later(now, profile, at, Due::HeadsEverywhere, span);
                Ok(false)
            }
            Err(TakeError::NotForUs) => {
                self.doubt(profile, at, tellers, op);
                Ok(false)
            }
            Err(TakeError::Malformed | TakeError::Forged | TakeError::Refused(_)) => Ok(false),
        }
    }

    /// Whoever was removed believes it when two members know it: the first of those who
    /// remain tells, beside the one who did it, where they still read.
    fn bear_witness(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        operation: &Operation,
    ) {
        let Some(room) = profile.room(at) else {
            return;
        };
        let roster = room.group.roster();
        let witness = roster.keys().find(|id| **id != operation.actor);
        let is_removal = !operation.changes.removes.is_empty();
        if is_removal && witness == Some(&room.group.me()) {
            self.group_later(now, profile, at, Due::HeadsEverywhere, GROUP_RESEND_WAIT_MS);
        }
    }

    /// What follows whenever operations came or were made.
    pub(super) fn changed(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        let roster = room.group.roster().clone();
        room.notes.follow(&roster);
        room.pieces.retain(|id| roster.contains_key(id));
        let members: Vec<ContactId> = roster
            .keys()
            .filter_map(|id| room.notes.contact(id))
            .collect();
        room.notes
            .invited
            .retain(|invited| !members.contains(&invited.contact));
        self.tell(Event::GroupChanged { conversation: at });
        self.plan_group(now, profile, at);
        self.seal_waiting(now, profile, at)
    }

    /// Plans new keys, of the group and our own.
    pub(super) fn plan_group(&mut self, now: Now, profile: &mut Profile, at: ConversationId) {
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return;
        };
        if room.role().is_none() {
            return;
        }
        let renew_ms = room.group.renewal_due(now.wall);
        let key_ms = room
            .group
            .key_due()
            .map(|due| due.0.saturating_sub(now.wall.0));
        match renew_ms {
            Some(hold_ms) => self.group_later(now, profile, at, Due::Renew, 0..hold_ms),
            None => _ = room.due.remove(&Due::Renew),
        }
        if let Some(within_ms) = key_ms {
            self.group_later(now, profile, at, Due::Key, 0..within_ms);
        }
    }

    /// Adds everybody who answered, in one operation. Where there are too many operations
    /// until then they wait, and are added when the group is next looked after.
    pub(super) fn add_answered(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        let free = GROUP_MEMBERS_MAX.saturating_sub(room.group.roster().len());
        let gid = *room.group.gid();
        let answered = room.notes.invited.iter();
        let answered = answered.filter_map(|it| it.keys.map(|keys| (it.contact, keys)));
        let answered: Vec<_> = answered.take(free).collect();
        if answered.is_empty() || room.role().is_none_or(|role| role < Role::Admin) {
            return Ok(());
        }
        let mut adds = Vec::new();
        for (contact, (gsk, mk)) in answered {
            let id = MemberId::new(&gid, &gsk);
            if room.notes.known(&id).is_none() {
                room.notes.members.push(super::notes::Known {
                    contact: Some(contact),
                    ..super::notes::Known::new(id)
                });
                let role = Role::Member;
                adds.push(crate::crypto::group::Member { gsk, mk, role });
            }
        }
        let changes = Changes {
            adds,
            ..Changes::default()
        };
        if changes.is_empty() {
            return Ok(());
        }
        let adds = changes.adds.clone();
        match self.make_op(now, profile, at, changes, None)? {
            Ok(()) => return Ok(()),
            // Keys that cannot be wrapped to spoil it for all: then each is added alone.
            Err(RekeyError::NotAllowed) => {}
            Err(RekeyError::Full | RekeyError::TooSoon) => {
                let ids = adds.iter().map(|add| MemberId::new(&gid, &add.gsk));
                let ids: Vec<MemberId> = ids.collect();
                if let Some(room) = profile.room_mut(at) {
                    room.notes.members.retain(|known| !ids.contains(&known.id));
                }
                return Ok(());
            }
        }
        for add in adds {
            let changes = Changes {
                adds: vec![add],
                ..Changes::default()
            };
            let id = MemberId::new(&gid, &add.gsk);
            if let Err(refused) = self.make_op(now, profile, at, changes, None)?
                && let Some(room) = profile.room_mut(at)
            {
                let contact = room.notes.contact(&id);
                room.notes.members.retain(|known| known.id != id);
                if refused == RekeyError::NotAllowed {
                    room.notes.invited.retain(|it| Some(it.contact) != contact);
                }
            }
        }
        Ok(())
    }

    /// Removes those whom another admin and we signed to be removed.
    pub(super) fn remove_agreed(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.room(at) else {
            return Ok(());
        };
        let agreed = room.notes.consents.iter();
        let agreed = agreed.filter(|it| it.signer != room.group.me());
        let agreed: Vec<Agreed> = agreed
            .filter(|it| room.we_agreed(&it.removes))
            .cloned()
            .collect();
        for Agreed {
            signer,
            removes,
            signature,
        } in agreed
        {
            let changes = Changes {
                removes,
                ..Changes::default()
            };
            let consent = Some(Consent { signer, signature });
            let made = self.make_op(now, profile, at, changes, consent)?;
            if made == Err(RekeyError::NotAllowed)
                && let Some(room) = profile.room_mut(at)
            {
                room.notes.consents.retain(|it| it.signer != signer);
            }
        }
        Ok(())
    }
}
