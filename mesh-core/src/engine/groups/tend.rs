//! What is due in groups without anybody asking.

use crate::api::Event;
use crate::crypto::group::Changes;
use crate::limits::{ACK_LATER_MS, DAY_MS, GROUP_TIDY_MS, RESEND_DAYS};
use crate::store::StoreError;
use crate::types::{ConversationId, Mono, Now};

use super::super::{Engine, EngineError, Profile};
use super::Due;

impl Engine {
    /// Does what is due in groups.
    pub(in super::super) fn tend_groups(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), EngineError> {
        let mut due: Vec<(Mono, ConversationId, Due)> = Vec::new();
        for (at, room) in &mut profile.groups.rooms {
            let over = room.due.extract_if(.., |_, when| *when <= now.mono);
            due.extend(over.map(|(what, when)| (when, *at, what)));
        }
        due.sort_unstable();
        for (_, at, what) in due {
            let is_member = profile.room(at).is_some_and(|room| room.role().is_some());
            if is_member || what == Due::Tidy {
                self.do_due(now, profile, at, what)?;
            }
        }
        Ok(())
    }

    fn do_due(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        what: Due,
    ) -> Result<(), EngineError> {
        match what {
            Due::Add => self.add_answered(now, profile, at),
            Due::Heads => self.tell_heads(now, profile, at, false),
            Due::HeadsEverywhere => self.tell_heads(now, profile, at, true),
            Due::Resend => self.resend_op(now, profile, at),
            Due::History => self.tell_histories(now, profile, at),
            Due::Renew => self.renew(now, profile, at),
            Due::Key => self.announce_key(now, profile, at),
            Due::Ack => self.acknowledge_in_group(now, profile, at),
            Due::Consent => self.remove_agreed(now, profile, at),
            Due::Tidy => self.tidy_group(now, profile, at),
        }
    }

    /// Nobody brought new keys in the meantime: we do.
    fn renew(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let due = profile
            .room(at)
            .map(|room| room.group.renewal_due(now.wall));
        if due.flatten().is_some() {
            // Refused means too soon: somebody else does it, or we do later.
            let _ = self.make_op(now, profile, at, Changes::default(), None)?;
        }
        Ok(())
    }

    fn announce_key(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        match room.group.new_key(self.rng.as_mut(), now.wall) {
            Some(key) => self.tell_everybody(now, profile, at, &key),
            None => Ok(()),
        }
    }

    /// Erases what is over, tells what we know, and looks whether keys are old.
    fn tidy_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        let oldest = now.wall.minus_ms(RESEND_DAYS * DAY_MS);
        let before = room.notes.invited.len();
        room.notes.invited.retain(|it| it.at >= oldest);
        let is_changed = room.notes.invited.len() != before;
        let tags = room.group.expire(now.wall);
        profile.forget_waiting(at, oldest)?;
        self.group_moved(now, profile, at, tags)?;
        if is_changed {
            self.tell(Event::GroupChanged { conversation: at });
        }
        self.begin_group(now, profile, at);
        Ok(())
    }

    /// What a group does from now on: at a start, after joining, and every hour.
    pub(super) fn begin_group(&mut self, now: Now, profile: &mut Profile, at: ConversationId) {
        let tidy = GROUP_TIDY_MS..GROUP_TIDY_MS + ACK_LATER_MS.end;
        self.group_later(now, profile, at, Due::Tidy, tidy);
        self.group_later(now, profile, at, Due::HeadsEverywhere, ACK_LATER_MS);
        self.plan_group(now, profile, at);
        let Some(room) = profile.room(at) else {
            return;
        };
        let (owes, agreed) = (room.owes_word(), !room.notes.consents.is_empty());
        let answered = room.notes.invited.iter().any(|it| it.keys.is_some());
        if owes {
            self.acknowledge_group_later(now, profile, at);
        }
        if answered {
            let span = crate::limits::GROUP_ADD_WAIT_MS;
            self.group_later(now, profile, at, Due::Add, span);
        }
        if agreed {
            self.group_later(now, profile, at, Due::Consent, ACK_LATER_MS);
        }
    }

    /// A start: what a run before this one owed is owed still.
    pub(in super::super) fn greet_groups(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), StoreError> {
        profile.forget_old_joinings(now)?;
        let rooms: Vec<ConversationId> = profile.groups.rooms.keys().copied().collect();
        for at in rooms {
            self.begin_group(now, profile, at);
        }
        Ok(())
    }
}
