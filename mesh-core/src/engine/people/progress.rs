//! How far a conversation with one person has come, as kept in its contact row.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::store::StoreError;
use crate::types::Wall;
use crate::wire::codec;

use super::numbers::Received;

/// What must survive a restart, beside keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// The number that our next message gets, less one.
    pub(super) last_seq: u32,
    /// Which of theirs have come.
    pub(super) received: Received,
    /// Whether something of theirs was not acknowledged yet.
    pub(super) owes_ack: bool,
    /// Our name changed, or they never heard it: it rides along until this number of
    /// ours is acknowledged. 0 if they know it.
    pub(super) name_until: u32,
    /// Everything of theirs up to this number was read, and they may know it.
    pub(super) read: u32,
    /// When a person last wrote, read or accepted here: acknowledgements go sooner
    /// while a conversation goes on anyway.
    pub(super) active_at: Wall,
    /// Seconds after which messages disappear here and there; 0 for never.
    pub(super) expire: u32,
    /// What proves in another session that we know this one; theirs and ours, the
    /// last two of each.
    pub(super) restart: RestartSecrets,
    /// They began anew without such a proof.
    pub(super) restarted: bool,
}

/// See [`Progress::restart`].
#[derive(Debug, Default, Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
pub(super) struct RestartSecrets {
    /// Those that we gave, the newer first.
    pub(super) ours: [[u8; 32]; 2],
    /// Those that we were given, the newer first.
    pub(super) theirs: [[u8; 32]; 2],
}

/// The layout in the row: bincode in this order.
#[derive(Serialize, Deserialize)]
struct Layout {
    version: u8,
    last_seq: u32,
    missing: u32,
    ahead: u64,
    owes_ack: bool,
    name_until: u32,
    read: u32,
    active_at: u64,
    expire: u32,
    restart: RestartSecrets,
    restarted: bool,
}

const VERSION: u8 = 1;

impl Progress {
    /// As the store keeps it.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let layout = Layout {
            version: VERSION,
            last_seq: self.last_seq,
            missing: self.received.missing(),
            ahead: self.received.ahead(),
            owes_ack: self.owes_ack,
            name_until: self.name_until,
            read: self.read,
            active_at: self.active_at.0,
            expire: self.expire,
            restart: self.restart.clone(),
            restarted: self.restarted,
        };
        // A fixed number of bytes, far below the limit.
        Zeroizing::new(codec::encode(&layout).unwrap_or_default())
    }

    /// From a row.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let layout: Layout = codec::decode(bytes)
            .ok()
            .filter(|layout: &Layout| layout.version == VERSION)
            .ok_or(StoreError::Malformed("progress of a conversation"))?;
        Ok(Self {
            last_seq: layout.last_seq,
            received: Received::of(layout.missing, layout.ahead),
            owes_ack: layout.owes_ack,
            name_until: layout.name_until,
            read: layout.read,
            active_at: Wall(layout.active_at),
            expire: layout.expire,
            restart: layout.restart,
            restarted: layout.restarted,
        })
    }

    /// The number of our next message.
    pub(super) fn next_seq(&mut self) -> u32 {
        self.last_seq = self.last_seq.saturating_add(1);
        self.last_seq
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_comes_back_whole_and_damaged_rows_are_refused() {
        let mut progress = Progress {
            last_seq: 70_000,
            owes_ack: true,
            name_until: 9,
            read: 3,
            active_at: Wall(1_795_000_000_000),
            expire: 3_600,
            restart: RestartSecrets {
                ours: [[4; 32], [5; 32]],
                theirs: [[6; 32], [7; 32]],
            },
            restarted: true,
            ..Progress::default()
        };
        progress.received.note(3);
        let bytes = progress.encode();
        assert_eq!(Progress::decode(&bytes).unwrap(), progress);
        for len in 0..bytes.len() {
            assert!(Progress::decode(&bytes[..len]).is_err());
        }
        assert_eq!(progress.next_seq(), 70_001);
    }
}
