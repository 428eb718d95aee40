//! How long a deleted message is remembered, so that it is not shown again.

use crate::limits::{CHANNEL_DAYS_AHEAD, CHANNEL_DAYS_BACK};
use crate::types::{Day, Wall};

/// The last day on which somebody could bring a deleted message back.
///
/// A post is good under the tags of its own day, which lies at most
/// [`CHANNEL_DAYS_AHEAD`] after its receipt, and those tags are watched for
/// [`CHANNEL_DAYS_BACK`] days: whoever lifted the post can seal it again for so
/// long, whatever expiry the first envelope had.
pub(super) fn remembered_until(received_at: Wall, expires_at: Wall) -> Day {
    let watched = received_at
        .day()
        .0
        .saturating_add(CHANNEL_DAYS_AHEAD + CHANNEL_DAYS_BACK);
    expires_at.day().max(Day(watched))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::DAY_MS;

    #[test]
    fn deleted_message_is_remembered_as_long_as_its_tags_are_watched() {
        let received_at = Wall(10 * DAY_MS);
        assert_eq!(remembered_until(received_at, Wall(11 * DAY_MS)), Day(15));
        assert_eq!(remembered_until(received_at, Wall(20 * DAY_MS)), Day(20));
    }
}
