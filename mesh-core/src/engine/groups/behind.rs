//! Members who do not know what happened in branches that were joined: whoever asked
//! one in, or was asked in by it, tells what happened there.
//!
//! That takes many messages, and any member can join branches as often as it likes: one
//! contact is told so seldom that it costs little, and then of all that came meanwhile.

use crate::crypto::group::Eid;
use crate::limits::{GROUP_HISTORY_WAIT_MS, GROUP_PARENTS_MAX};
use crate::types::{ContactId, ConversationId, Now};

use super::super::{Engine, EngineError, Profile};
use super::{Due, joining};

impl Engine {
    /// Tells the contacts among those who do not know all that an operation builds on,
    /// at once or when they may be told again.
    pub(super) fn bring_up_to_date(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        eid: &Eid,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return Ok(());
        };
        let newcomers = room.group.newcomers(eid).into_iter();
        let contacts: Vec<ContactId> = newcomers.filter_map(|id| room.notes.contact(&id)).collect();
        if contacts.is_empty() {
            return Ok(());
        }
        let lacking = room.group.lacking(&[*eid]);
        for contact in contacts {
            let joins = room.behind.entry(contact).or_default();
            // What is before this one is told with it.
            joins.retain(|before| lacking.contains(before));
            joins.push(*eid);
            let surplus = joins.len().saturating_sub(GROUP_PARENTS_MAX);
            joins.drain(..surplus);
        }
        self.tell_histories(now, profile, at)
    }

    /// Tells those whose time has come, and plans to tell the others.
    pub(super) fn tell_histories(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return Ok(());
        };
        room.told
            .retain(|_, told| now.mono.ms_since(*told) < GROUP_HISTORY_WAIT_MS);
        let told = &room.told;
        let ready = room.behind.extract_if(.., |it, _| !told.contains_key(it));
        let ready: Vec<(ContactId, Vec<Eid>)> = ready.collect();
        let waiting = room.behind.keys().filter_map(|it| room.told.get(it)).min();
        if let Some(told) = waiting.copied() {
            room.later(Due::History, told.plus_ms(GROUP_HISTORY_WAIT_MS));
        }
        for (contact, joins) in ready {
            for eid in joins {
                let Some(room) = profile.groups.rooms.get_mut(&at) else {
                    return Ok(());
                };
                room.told.insert(contact, now.mono);
                let pieces = joining::pieces_of(self.draw_id(), &room.group.history_for(&eid));
                self.send_items(now, profile, contact, pieces, false)?;
            }
        }
        Ok(())
    }
}
