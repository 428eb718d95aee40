//! Going on without somebody: a group of the same people and keys but one, founded by
//! whoever cannot wait for an admin.
//!
//! Its founding goes into the control chains of the group before, in pieces like any
//! operation: `0xFF ‖ gid 32 ‖ operation`. Everybody reads that there is one, and only
//! its readers open it; nobody need be anybody's contact.

use crate::api::{Answer, CommandError, Event};
use crate::crypto::group::{GroupId, MemberId, conversation};
use crate::limits::{GROUP_SUCCESSORS_MAX, GROUPS_MAX};
use crate::store::{Queue, StoreError};
use crate::types::{ConversationId, Now};

use super::super::{Engine, EngineError, Profile};
use super::Room;
use super::asked::{Asked, check_member};
use super::notes::Known;

/// No operation begins with it: that is a count of at most 8.
const FOUNDING: u8 = 0xFF;

/// Of what was sent in pieces: name and founding of another group, if it is that.
pub(super) fn founding(whole: &[u8]) -> Option<(&GroupId, &[u8])> {
    match whole.split_first() {
        Some((&FOUNDING, rest)) => rest.split_first_chunk(),
        _ => None,
    }
}

/// What is known of a group that is over.
pub(super) struct Before {
    name: String,
    given_name: String,
    /// Members, with the keys that sign their messages.
    known: Vec<(Known, [u8; 32])>,
}

impl Engine {
    /// Founds a group of the same people but one, and writes no more to the one before.
    pub(super) fn continue_without(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        member: MemberId,
    ) -> Asked {
        if let Err(refused) = check_member(profile.room(at), &member) {
            return Ok(Err(refused));
        }
        if profile.groups.rooms.len() >= GROUPS_MAX {
            return Ok(Err(CommandError::GroupsFull { max: GROUPS_MAX }));
        }
        let Some(room) = profile.room_mut(at) else {
            return Ok(Err(CommandError::UnknownGroup));
        };
        let rng = self.rng.as_mut();
        let Some((group, rekeyed)) = room.group.found_again_without(member, rng, now.wall) else {
            return Ok(Err(CommandError::NotAllowed));
        };
        let whole = [&[FOUNDING][..], group.gid(), &rekeyed.op].concat();
        let epochs = room.group.epochs();
        let (name, before) = (room.name.clone(), room.to_be_known_again());
        self.tell_op(now, profile, at, &whole, &epochs)?;
        if let Some(room) = profile.room_mut(at) {
            room.notes.is_over = true;
        }
        profile.forget_waiting(at, now.wall)?;
        let new = profile.groups.enter(&name, now.wall, group);
        self.group_moved(now, profile, new, rekeyed.tags)?;
        profile.keep_op(new, rekeyed.eid, &rekeyed.op)?;
        profile.know_again(new, &before);
        self.begin_group(now, profile, new);
        self.tell(Event::GroupChanged { conversation: at });
        self.tell(Event::ConversationsChanged);
        Ok(Ok(Answer::Joined { conversation: new }))
    }

    /// A member founded another group. We are in it if it is for us: each member brings
    /// us into one, and all of them into a few.
    pub(super) fn take_founding(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        from: MemberId,
        (gid, op): (&GroupId, &[u8]),
    ) -> Result<(), EngineError> {
        let is_blocked = profile.is_member_blocked(at, &from);
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        let founders = room.notes.members.iter().filter(|it| it.has_founded);
        let is_full = founders.count() >= GROUP_SUCCESSORS_MAX;
        let has_founded = room.notes.known(&from).is_none_or(|it| it.has_founded);
        if is_blocked || is_full || has_founded || profile.is_group(conversation(gid)) {
            return Ok(());
        }
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        let Some(joined) = room.group.join_founded(from, gid, op, now.wall) else {
            return Ok(());
        };
        if let Some(known) = room.notes.known_mut(&from) {
            known.has_founded = true;
        }
        let (name, before) = (room.name.clone(), room.to_be_known_again());
        self.come_in(now, profile, None, &name, joined)?;
        let new = conversation(gid);
        if profile.is_group(new) {
            profile.keep_op(new, crate::crypto::group::eid_of(op), op)?;
            profile.know_again(new, &before);
        }
        Ok(())
    }
}

impl Room {
    /// What is known of a group and its members: the same in one that is founded again.
    fn to_be_known_again(&self) -> Before {
        let known = self.notes.members.iter();
        let known = known.filter_map(|known| Some((known.clone(), self.gsk(&known.id)?)));
        Before {
            name: self.name.clone(),
            given_name: self.notes.given_name.clone(),
            known: known.collect(),
        }
    }
}

impl Profile {
    /// Takes down a group in which we are no member any more, as we were taken in again
    /// with other keys. Its messages stay.
    pub(super) fn take_down(&mut self, at: ConversationId) -> Result<Option<Before>, StoreError> {
        let Some(room) = self.groups.rooms.remove(&at) else {
            return Ok(None);
        };
        self.tags.unwatch(room.group.tags());
        for seq in room.unsealed.keys() {
            self.store.remove_queued(Queue::Unsealed, at, *seq)?;
        }
        for number in room.ops.keys() {
            self.store.remove_queued(Queue::Operations, at, *number)?;
        }
        Ok(Some(room.to_be_known_again()))
    }

    /// Knows members of a group by what is known of them in the one that it follows.
    pub(super) fn know_again(&mut self, new: ConversationId, before: &Before) {
        let Some(room) = self.room_mut(new) else {
            return;
        };
        room.name.clone_from(&before.name);
        room.notes.given_name.clone_from(&before.given_name);
        let gid = *room.group.gid();
        for (known, gsk) in &before.known {
            if let Some(now) = room.notes.known_mut(&MemberId::new(&gid, gsk)) {
                now.contact = known.contact;
                now.name.clone_from(&known.name);
            }
        }
    }
}
