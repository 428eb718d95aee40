//! Messages that disappear.
//!
//! Own ones so long after they were written, those of others so long after they were
//! read, always by our own clock: what an author's clock says matters nothing. While we
//! run, a clock that is set changes nothing either; between two runs it must be believed.

use crate::api::Event;
use crate::limits::DISAPPEARING_MAX;
use crate::store::StoreError;
use crate::types::{ConversationId, Now, Wall};

use super::super::{Engine, Profile};

impl Engine {
    /// When something disappears whose time begins now.
    pub(super) fn deadline(&self, now: Now, expire_s: u32) -> Wall {
        let steady = self.clocks.steady(now.mono);
        steady.plus_ms(1_000 * u64::from(expire_s))
    }

    /// At start: looks at what disappears, and forgets what waited in vain.
    pub(in super::super) fn load_marks(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), StoreError> {
        let steady = self.clocks.steady(now.mono);
        profile.store.limit_deadlines(steady)?;
        profile.forget_kept(now.wall)?;
        self.plan_leaving(now, profile)
    }

    /// Everything in a conversation was read: its time runs.
    pub(in super::super) fn start_timers(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
    ) -> Result<(), StoreError> {
        let steady = self.clocks.steady(now.mono);
        let started = profile.store.start_timers(conversation, steady)?;
        for of in &started {
            self.tell_changed(profile, of.conversation, of.message_id)?;
        }
        if !started.is_empty() {
            self.plan_leaving(now, profile)?;
        }
        Ok(())
    }

    /// Deletes what is over, as much as one transaction takes.
    pub(in super::super) fn let_disappear(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), StoreError> {
        if profile.leaves_at.is_none_or(|at| at > now.mono) {
            return Ok(());
        }
        let steady = self.clocks.steady(now.mono);
        let over = profile.store.disappearing(steady, DISAPPEARING_MAX)?;
        for of in &over {
            self.remove_here(profile, of)?;
        }
        if !over.is_empty() {
            self.tell(Event::ConversationsChanged);
        }
        self.plan_leaving(now, profile)
    }

    /// Looks when the next message disappears.
    pub(super) fn plan_leaving(&self, now: Now, profile: &mut Profile) -> Result<(), StoreError> {
        let steady = self.clocks.steady(now.mono);
        let next = profile.store.next_to_disappear()?;
        profile.leaves_at = next.map(|at| now.mono.plus_ms(at.0.saturating_sub(steady.0)));
        Ok(())
    }
}
