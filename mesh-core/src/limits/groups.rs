//! Groups (`docs/protocol/crypto.md`, "Groups").

use super::DAY_MS;

/// Groups of one profile: each holds a few hundred kB of keys in memory.
pub const GROUPS_MAX: usize = 50;
/// What a group is called here, bytes of UTF-8.
pub const GROUP_NAME_BYTES_MAX: usize = 64;
/// Members of one group: each is a wrap of 80 bytes in every operation.
pub const GROUP_MEMBERS_MAX: usize = 200;
/// Admins of one group, its owner among them.
pub const GROUP_ADMINS_MAX: usize = 8;
/// Operations that one operation may name as those before it.
pub const GROUP_PARENTS_MAX: usize = 8;
/// Operations of one group that are remembered; beyond that only those that remove
/// somebody are taken, up to one and a half times as many.
pub const GROUP_OPS_MAX: usize = 512;
/// Operations that lie this far back, and behind which all others stand, are folded
/// into one roster: longer than any key that could open what forks off before them.
pub const GROUP_FOLD_MS: u64 = 14 * DAY_MS;
/// Epochs of one group whose messages can be read.
pub const GROUP_EPOCHS_MAX: usize = 8;
/// How long an epoch is kept after another took its place.
pub const GROUP_EPOCH_KEPT_MS: u64 = 3 * DAY_MS;
/// Messages of each member and epoch ahead of the newest received that are watched.
pub const GROUP_AHEAD: u32 = 32;
/// The same for the most active members, and for everybody's control messages.
pub const GROUP_AHEAD_WIDE: u32 = 64;
/// Keys of skipped messages of one member in one epoch; the newest stay.
pub const GROUP_SKIPPED_MAX: usize = 256;
/// An epoch is not used for longer than this without new keys.
pub const GROUP_REFRESH_MS: u64 = DAY_MS;
/// One member makes no two operations without changes within this time.
pub const GROUP_NEUTRAL_MS: u64 = 6 * 60 * 60 * 1_000;
/// An operation without changes waits a random time up to this, so that not everybody
/// makes one.
pub const GROUP_NEUTRAL_HOLD_MS_MAX: u64 = 30_000;
/// A member announces a new wrapping key within this time after its last one was used.
pub const GROUP_KEY_ANNOUNCE_MS: u64 = 6 * 60 * 60 * 1_000;
/// A wrapping key is erased this long after everybody acknowledged its successor …
pub const GROUP_KEY_KEPT_MS: u64 = 3 * DAY_MS;
/// … and this long after it was replaced in any case.
pub const GROUP_KEY_KEPT_MS_MAX: u64 = 14 * DAY_MS;
/// Own wrapping keys that are kept at once; with so many, no new one is drawn.
pub const GROUP_OWN_KEYS_MAX: usize = 8;
/// Contacts' answers are waited for this long, at random, before one operation adds all
/// who answered: each operation is sent to everybody.
pub const GROUP_ADD_WAIT_MS: core::ops::Range<u64> = 6_000..10_000;
/// Invitations of one contact that were answered and not followed by a welcome.
pub const GROUP_INVITES_OPEN_MAX: usize = 8;
/// Bytes of one piece of a welcome: one message of 1,920 bytes.
pub const GROUP_WELCOME_PIECE_BYTES: usize = 1_536;
/// Pieces of one welcome: 200 members and 768 ordinary operations take 92 kB.
pub const GROUP_WELCOME_PIECES_MAX: u8 = 64;
/// Operations whose bytes are kept for members who lack them, the newest.
pub const GROUP_OPS_KEPT_MAX: usize = 64;
/// Operations that wait for those before them, the newest.
pub const GROUP_ORPHANS_MAX: usize = 16;
/// Operations of which one member's pieces are put together at a time.
pub const GROUP_ASSEMBLIES_MAX: usize = 2;
/// Operations that one member sends again in a minute: others have them, too.
pub const GROUP_RESENDS_PER_MINUTE: usize = 4;
/// Operations are sent again after a random time, unless somebody else did.
pub const GROUP_RESEND_WAIT_MS: core::ops::Range<u64> = 2_000..20_000;
/// A member's contact is told what happened in branches that were joined this seldom, ms.
pub const GROUP_HISTORY_WAIT_MS: u64 = 10 * 60 * 1_000;
/// Up to how many members acknowledgements go out alone: everybody's of everybody's
/// messages are as many as the square of that.
pub const GROUP_ACK_MEMBERS_MAX: usize = 50;
/// Groups that members found in the place of one and bring us into, one each.
pub const GROUP_SUCCESSORS_MAX: usize = 4;
/// Own messages to one group that wait for keys.
pub const GROUP_UNSEALED_MAX: usize = 256;
/// Own messages of which it is known how many members have them, the newest.
pub const GROUP_REACH_MAX: usize = 129;
/// Members whom one message names: with the text they stay in four envelopes.
pub const GROUP_MENTIONS_MAX: usize = 8;
/// Heads are told again this often, and what is old is erased.
pub const GROUP_TIDY_MS: u64 = 60 * 60 * 1_000;
/// Wrapping keys remembered of another member, the newest.
pub const GROUP_KEYS_KNOWN_MAX: usize = 4;
