//! Start-up of the relay set, expiry, eviction, days.

use crate::api::Event;
use crate::gossip::{Held, Slot};
use crate::limits::{
    CLOCK_OFFSET_TOLD_MS, CONTENTION_64THS, DISK_FREE_BYTES_MIN, EXPIRY_SLACK_MS, HOUSEKEEPING_MS,
    RELAY_BYTES_MIN,
};
use crate::router::{lifetime_ms_max, quota};
use crate::types::{Day, EnvelopeId, Mono, Now, Source, Tick, Wall};
use crate::wire::envelope::Class;

use super::{Engine, EngineError, Profile};

impl Engine {
    /// Reads the index of the relay store.
    pub(super) fn load_relay(&mut self, now: Now) -> Result<(), EngineError> {
        let mut lapsed = Vec::new();
        for meta in self.relay.load()? {
            let Some(class) = Class::from_code(meta.class) else {
                continue;
            };
            let kept_ms = now.wall.0.saturating_sub(meta.received_at.0);
            if has_lapsed(meta.expiry, now.wall) || kept_ms >= lifetime_ms_max(class) {
                lapsed.push(meta.id);
            } else if meta.bytes == 0 {
                self.remember(meta.id, None)?;
            } else {
                let drop_at = drop_at(now, class, meta.expiry)
                    .min(now.mono.plus_ms(lifetime_ms_max(class) - kept_ms));
                let (expiry, tag, bytes) = (meta.expiry, meta.tag, meta.bytes);
                self.inventory.insert(
                    meta.id,
                    Held {
                        class,
                        expiry,
                        tag,
                        bytes,
                        source: Source::HERE,
                        drop_at,
                    },
                );
            }
        }
        for id in lapsed {
            self.relay_to_write()?.forget(id)?;
        }
        self.make_room()?;
        self.commit_relay()
    }

    /// Drops what has lapsed, looks at the day and at the clock.
    pub(super) fn keep_house(&mut self, now: Now) -> Result<(), EngineError> {
        self.housekeeping_at = now.mono.plus_ms(HOUSEKEEPING_MS);
        if self.profile.as_ref().is_some_and(Profile::knows_somebody) {
            self.with_profile(|engine, profile| engine.tidy_people(now, profile))?;
        }
        let lapsed: Vec<EnvelopeId> = self
            .inventory
            .iter()
            .filter(|(_, held)| held.drop_at <= now.mono)
            .map(|(id, _)| id)
            .collect();
        for id in lapsed {
            self.inventory.remove(id);
            self.remember(id, None)?;
            self.relay_to_write()?.forget(id)?;
        }
        self.roll_day(now)?;
        self.look_at_clock(now);
        let is_off = self.clock_offset_s().unsigned_abs() * 1_000 > CLOCK_OFFSET_TOLD_MS;
        if std::mem::replace(&mut self.clock_is_told, is_off) != is_off {
            self.tell(Event::StatusChanged);
        }
        Ok(())
    }

    /// Drops an envelope before its time and does not take it again: how a
    /// simulation ends the life of a message at an exact second.
    ///
    /// # Errors
    /// The store failed, as for [`Self::handle`].
    #[cfg(feature = "sim")]
    pub fn forget(&mut self, id: EnvelopeId) -> Result<(), EngineError> {
        if self.inventory.remove(id).is_some() {
            self.relay_to_write()?.forget(id)?;
        }
        self.remember(id, None)?;
        self.commit_relay()?;
        self.outbox.retain(|held| held != id);
        Ok(())
    }

    /// Evicts until every class fits its share, from whoever takes most of it. Ids of
    /// the evicted stay known.
    pub(super) fn make_room(&mut self) -> Result<(), EngineError> {
        for class in Class::ALL {
            let quota = quota(class, self.relay_bytes_max);
            while self.inventory.bytes_of(class) > quota {
                let Some(id) = self.inventory.victim(class) else {
                    break;
                };
                self.inventory.remove(id);
                self.relay_to_write()?.evict(id)?;
                self.remember(id, None)?;
            }
        }
        Ok(())
    }

    /// The disk has so much left. What is kept for others never takes the last of it.
    pub(super) fn disk_free(&mut self, bytes: u64) -> Result<(), EngineError> {
        let room = (self.inventory.bytes() + bytes).saturating_sub(DISK_FREE_BYTES_MIN);
        let least = RELAY_BYTES_MIN.min(self.config.relay_bytes_max);
        let now_max = room.clamp(least, self.config.relay_bytes_max);
        let was_short = self.disk_is_short();
        self.relay_bytes_max = now_max;
        if self.disk_is_short() != was_short {
            self.tell(Event::StatusChanged);
        }
        self.make_room()
    }

    /// Whether the disk allows less than was configured.
    pub(super) fn disk_is_short(&self) -> bool {
        self.relay_bytes_max < self.config.relay_bytes_max
    }

    /// The classes of which so much is held that links must share what is left.
    pub(super) fn contended(&self) -> Vec<u8> {
        let classes = Class::ALL.into_iter().filter(|class| {
            let quota = quota(*class, self.relay_bytes_max);
            self.inventory.bytes_of(*class) > quota / 64 * CONTENTION_64THS
        });
        classes.map(Class::code).collect()
    }

    /// Remembers an id that need not be fetched again. What the set forgets for it
    /// leaves the relay store too, or the ids there would grow without bound.
    pub(super) fn remember(
        &mut self,
        id: EnvelopeId,
        brought_by: Option<Slot>,
    ) -> Result<(), EngineError> {
        if let Some(forgotten) = self.seen.insert(id, brought_by)
            && !self.inventory.contains(forgotten)
        {
            self.relay_to_write()?.forget(forgotten)?;
        }
        Ok(())
    }

    fn roll_day(&mut self, now: Now) -> Result<(), EngineError> {
        let Some(profile) = self.profile.as_mut() else {
            return Ok(());
        };
        let today: Day = now.wall.day();
        if profile.today == today {
            return Ok(());
        }
        profile.today = today;
        profile.tags.roll(today);
        profile.watch_people();
        profile.watch_groups();
        profile.store.begin()?;
        profile.store.prune(today)?;
        profile.forget_kept(now.wall)?;
        profile.store.commit()?;
        self.with_profile(|engine, profile| engine.plan_keys(now, profile))?;
        self.open_stored(now)
    }
}

/// When an envelope that comes now is dropped: by its expiry, turned into
/// monotonic time at once, so that a step of the clock neither keeps nor kills what
/// is held; and never beyond what its class may.
pub(super) fn drop_at(now: Now, class: Class, expiry: Tick) -> Mono {
    let left_ms = (expiry.start().0 + EXPIRY_SLACK_MS).saturating_sub(now.wall.0);
    now.mono.plus_ms(left_ms.min(lifetime_ms_max(class)))
}

fn has_lapsed(expiry: Tick, now: Wall) -> bool {
    expiry.start() <= now.minus_ms(EXPIRY_SLACK_MS)
}
