//! The one place that reads the system clock.
#![expect(clippy::disallowed_methods, reason = "this is where time comes in")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::types::{Mono, Now, Wall};

/// Both clocks of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    started: Instant,
}

impl Clock {
    /// Monotonic time begins at zero now.
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
        }
    }

    /// Both clocks, read together.
    pub(super) fn now(self) -> Now {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Now {
            mono: Mono(millis(self.started.elapsed())),
            wall: Wall(millis(since_epoch)),
        }
    }

    /// The moment of the runtime's timers that a monotonic time means.
    pub(super) fn instant(self, at: Mono) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.started + std::time::Duration::from_millis(at.0))
    }
}

fn millis(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
