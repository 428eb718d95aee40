//! What time it is for the person: the only file of the window that reads a clock.

use std::time::{SystemTime, UNIX_EPOCH};

use mesh_core::types::Wall;
use time::{OffsetDateTime, UtcOffset};

/// A moment with the time zone to show it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// This laptop's clock.
    pub wall: Wall,
    /// The person's time zone.
    pub offset: UtcOffset,
}

/// Where the window gets the time from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The system's clock.
    System {
        /// The person's time zone, read once at start-up.
        offset: UtcOffset,
    },
    /// Stands still, for tests.
    Fixed(Moment),
}

impl Clock {
    /// The system's clock in the system's zone; UTC where that cannot be read.
    ///
    /// Call it before other threads start: the zone is in the environment, and
    /// the `time` crate refuses to read that beside other threads.
    #[must_use]
    pub fn system() -> Self {
        Self::System {
            offset: UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC),
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        match self {
            Self::Fixed(moment) => *moment,
            Self::System { offset } => {
                let since = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                Moment {
                    wall: Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
                    offset: *offset,
                }
            }
        }
    }
}

impl Moment {
    /// Another moment in the same zone; the epoch if it lies beyond the calendar.
    #[must_use]
    pub fn local(&self, wall: Wall) -> OffsetDateTime {
        let seconds = i64::try_from(wall.0 / 1_000).unwrap_or(0);
        OffsetDateTime::from_unix_timestamp(seconds)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .checked_to_offset(self.offset)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Days from today to the day `wall` lies in, in the person's zone.
    #[must_use]
    pub fn days_until(&self, wall: Wall) -> i64 {
        let today = i64::from(self.local(self.wall).to_julian_day());
        i64::from(self.local(wall).to_julian_day()) - today
    }

    /// Milliseconds until the next midnight of the person's zone.
    #[must_use]
    pub fn ms_to_midnight(&self) -> u64 {
        let time = self.local(self.wall).time();
        let (hour, minute, second) = time.as_hms();
        let done = (u64::from(hour) * 60 + u64::from(minute)) * 60 + u64::from(second);
        (24u64 * 60 * 60).saturating_sub(done) * 1_000
    }
}
