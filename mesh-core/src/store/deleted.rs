//! How long a deleted message is remembered, so that it is not shown again.

use crate::limits::{CHANNEL_DAYS_AHEAD, CHANNEL_DAYS_BACK};
use crate::types::{ConversationId, Day, MessageId, Wall};

/// Name of a deleted message: the first 16 bytes of
/// BLAKE3 over conversation, author and message id, under a label of its own.
/// Says nothing of who wrote where once those are forgotten.
pub(super) fn deleted_key(
    conversation: ConversationId,
    author: &[u8; 32],
    message_id: MessageId,
) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key("starling/1 deleted message");
    hasher.update(&conversation.0);
    hasher.update(author);
    hasher.update(&message_id.0);
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    key
}

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
