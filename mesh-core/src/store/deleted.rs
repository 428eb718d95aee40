//! How long a deleted message is remembered, so that it is not shown again.

use crate::limits::DELETED_DAYS;
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
/// [`crate::limits::CHANNEL_DAYS_AHEAD`] after its receipt, and those tags are watched
/// for [`crate::limits::CHANNEL_DAYS_BACK`] days: whoever lifted the post can seal it
/// again for so long, whatever expiry the first envelope had. A person whom our
/// acknowledgement did not reach sends theirs again for longer, see [`DELETED_DAYS`].
pub(super) fn remembered_until(received_at: Wall, expires_at: Wall) -> Day {
    let last = received_at.day().0.saturating_add(DELETED_DAYS);
    expires_at.day().max(Day(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::DAY_MS;

    #[test]
    fn deleted_message_is_remembered_as_long_as_it_may_come_again() {
        let received_at = Wall(10 * DAY_MS);
        assert_eq!(remembered_until(received_at, Wall(11 * DAY_MS)), Day(21));
        assert_eq!(remembered_until(received_at, Wall(30 * DAY_MS)), Day(30));
    }
}
