//! Every cap in the system, with its unit and its reason, and the relations
//! between them that must hold.
//!
//! Floor 0. A number that bounds memory, time or a peer belongs here and nowhere
//! else; `docs/protocol/` explains the ones that other implementations must share.

mod groups;

pub use groups::*;

// Time.

/// Precision of expiry on the wire: coarse, so that it does not date a message.
pub const TICK_MS: u64 = 5 * 60 * 1_000;
/// One UTC day, the epoch of channel keys.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How long a text is carried, at most, unless its author chose otherwise.
pub const TEXT_LIFETIME_MS: u64 = DAY_MS;
/// The shortest lifetime that an author may choose for a text.
pub const TEXT_LIFETIME_MS_MIN: u64 = 2 * 60 * 60 * 1_000;
/// How long an SOS is carried, at most.
pub const SOS_LIFETIME_MS: u64 = 6 * 60 * 60 * 1_000;
/// How long manifests and key bundles are carried, at most.
pub const KEYS_LIFETIME_MS: u64 = 2 * DAY_MS;
/// The longest lifetime an author may choose for a text: what relays accept.
pub const TEXT_LIFETIME_MS_MAX: u64 = 3 * DAY_MS;
/// Slack for wrong clocks when an expiry is judged.
pub const EXPIRY_SLACK_MS: u64 = 15 * 60 * 1_000;
/// A clock that far from the neighbours' is told to the person.
pub const CLOCK_OFFSET_TOLD_MS: u64 = 10 * 60 * 1_000;
/// Mesh time leaves our clock only if that is off by more than this.
pub const CLOCK_STEER_OFFSET_MS_MIN: u64 = 30 * 60 * 1_000;
/// Neighbours' clocks agree within this.
pub const CLOCK_AGREE_MS: i64 = 10 * 60 * 1_000;
/// So many links must agree …
pub const CLOCK_LINKS_MIN: usize = 3;
/// … of so many kinds: those on one network may all be one liar.
pub const CLOCK_KINDS_MIN: usize = 2;
/// How fast mesh time moves.
pub const CLOCK_STEER_MS_PER_HOUR: u64 = 5 * 60 * 1_000;
/// A clock before this is wrong, whoever is near: 1 January 2026, before there was a
/// Starling. A laptop with a dead battery starts in 1970.
pub const CLOCK_EARLIEST_MS: u64 = 20_454 * DAY_MS;
/// Hello rounds the clock to this, so that it does not fingerprint a laptop.
pub const HELLO_CLOCK_STEP_MS: u64 = 15 * 60 * 1_000;

// Envelope sizes, bytes (docs/protocol/wire.md §1).

/// Header in clear.
pub const HEADER_BYTES: usize = 16;
/// Delivery tag.
pub const TAG_BYTES: usize = 16;
/// Smallest envelope: a short text.
pub const ENVELOPE_BYTES_SMALL: usize = 480;
/// Middle envelope: a long text, or keys.
pub const ENVELOPE_BYTES_MEDIUM: usize = 1_920;
/// Largest envelope, for LAN and courier files only.
pub const ENVELOPE_BYTES_LARGE: usize = 15_360;

// What people write.

/// Longest text, bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 2_000;
/// Longest text of an SOS, bytes of UTF-8: one or two of the smallest envelopes, as
/// larger ones are not pushed unasked (docs/protocol/wire.md §3).
pub const SOS_BYTES_MAX: usize = 330;
/// Envelopes one text may be cut into.
pub const CHUNKS_MAX: u8 = 4;
/// Longest claimed name, bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 24;
/// Longest name of a public channel, bytes of UTF-8.
pub const CHANNEL_NAME_BYTES_MAX: usize = 32;
/// Longest phrase of a keyed channel, bytes of UTF-8.
pub const PHRASE_BYTES_MAX: usize = 256;
/// Conversations in one profile: each costs about 25,000 tags in memory.
pub const CONVERSATIONS_MAX: usize = 100;
/// Messages in one page of a timeline.
pub const PAGE_MESSAGES_MAX: u16 = 200;
/// Incomplete messages kept for one conversation; the oldest goes first.
pub const PARTIAL_MESSAGES_MAX: usize = 256;
/// Messages of others kept in one conversation; the oldest goes first, or whoever
/// floods a channel that they can read would fill the disk. An hour of five a second.
pub const HISTORY_MESSAGES_MAX: u64 = 20_000;
/// Bytes of their texts and names, the same way: 800 MiB if all
/// [`CONVERSATIONS_MAX`] conversations are flooded.
pub const HISTORY_BYTES_MAX: u64 = 8 * 1_024 * 1_024;
/// Envelopes remembered as opened: more than [`RELAY_BYTES_MAX`] holds, as one that
/// is carried and not remembered is opened again at every start.
pub const OPENED_IDS_MAX: u64 = 1 << 18;
/// Messages remembered as deleted, so that they are not shown again.
pub const DELETED_IDS_MAX: u64 = 1 << 18;

// Channels (docs/protocol/crypto.md §7).

/// Tags a channel may use in one day.
pub const CHANNEL_TAG_SLOTS: u16 = 4_096;
/// Days behind today whose tags are watched: a text lives 72 h, a clock may err by one.
pub const CHANNEL_DAYS_BACK: u32 = 4;
/// Days ahead of today whose tags are watched.
pub const CHANNEL_DAYS_AHEAD: u32 = 1;

// First contact (docs/protocol/crypto.md, "The knock").

/// Tags that knocks at one card may use in one day.
pub const KNOCK_TAG_SLOTS: u8 = 64;
/// Days behind today whose knocks are watched: a knock lives a day, a clock may err by
/// one.
pub const KNOCK_DAYS_BACK: u32 = 2;
/// Days ahead of today whose knocks are watched.
pub const KNOCK_DAYS_AHEAD: u32 = 1;
/// Days after which the keys for strangers of a day are erased: the oldest knock
/// watched may use the bundle of the day before its own.
pub const PREKEY_DAYS_KEPT: u32 = 4;
/// How long one contact code is shown, so that its token tells who saw it.
pub const CODE_SHOWN_MS: u64 = 15 * 60 * 1_000;
/// How long the one-time key of a contact code is kept.
pub const CODE_LIFETIME_MS: u64 = DAY_MS;

// Direct messages (docs/protocol/crypto.md, "Direct messages: the session").

/// Messages ahead of the newest received whose tags are watched, each.
pub const SESSION_AHEAD: u32 = 128;
/// The same for the chain that the other side begins next.
pub const SESSION_AHEAD_NEXT: u32 = 64;
/// Beyond that only every so many is watched, so that a long gap is found again.
pub const SESSION_ANCHOR_STEP: u32 = 64;
/// How far ahead those are watched, and how far a sender goes past what was
/// acknowledged.
pub const SESSION_UNACKNOWLEDGED_MAX: u32 = 1_024;
/// Keys of skipped messages that one gap leaves behind; the newest stay.
pub const SESSION_SKIPPED_STEP_MAX: u32 = 512;
/// Keys of skipped messages in one session; the newest stay.
pub const SESSION_SKIPPED_MAX: usize = 2_048;
/// Chains whose skipped keys are kept; the newest stay.
pub const SESSION_SKIPPED_CHAINS_MAX: usize = 64;
/// A skipped key is erased this long after it was skipped: longer than a text lives
/// ([`TEXT_LIFETIME_MS_MAX`]) by one day of a wrong clock.
pub const SESSION_SKIPPED_MS_MAX: u64 = 4 * DAY_MS;
/// Tags that one session may have in the table.
pub const SESSION_TAGS_MAX: usize = 2_304;

// Links (docs/protocol/link.md).

/// Largest frame on a LAN link.
pub const FRAME_BYTES_LAN_MAX: usize = 16 * 1_024;
/// Largest frame on a Bluetooth link.
pub const FRAME_BYTES_BLE_MAX: usize = 2_048;
/// Bytes handed to a LAN carrier and not yet taken by it.
pub const LAN_CREDIT_BYTES: usize = 256 * 1_024;
/// Bytes handed to a Bluetooth carrier and not yet taken by it: eight datagrams of
/// 509 bytes, so that an SOS never waits behind more than a fifth of a second.
pub const BLE_CREDIT_BYTES: usize = 4 * 1_024;
/// Links at once, all carriers together; also the width of the `known_by` set.
pub const LINKS_MAX: usize = 32;
/// A link must say Hello within this time.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;
/// Offers queued for one link; beyond that reconciliation repairs.
pub const OFFERS_QUEUED_MAX: usize = 4_096;
/// Pushes queued for one link: each was asked for, so a peer owns this queue.
pub const PUSHES_QUEUED_MAX: usize = 4_096;
/// Control records queued for one link: answers to what a peer asks.
pub const CONTROL_QUEUED_MAX: usize = 256;
/// And their bytes: four of the largest frame.
pub const CONTROL_QUEUED_BYTES_MAX: usize = 4 * FRAME_BYTES_LAN_MAX;
/// Pushes on one link whose confirmation is awaited; older ones stay unconfirmed. Eight
/// times what a LAN link may have on the way: who never confirms costs little.
pub const UNCONFIRMED_MAX: usize = 4_096;
/// Ids wanted from one LAN link and not answered yet.
pub const WANTS_OUTSTANDING_LAN_MAX: usize = 128;
/// Ids wanted from one Bluetooth link and not answered yet: half a second of its rate.
pub const WANTS_OUTSTANDING_BLE_MAX: usize = 32;
/// The same from a neighbour that delivered less than half of what it was asked for.
pub const WANTS_OUTSTANDING_POOR_MAX: usize = 4;
/// Ids that one neighbour offered and that wait to be wanted.
pub const WANTS_QUEUED_MAX: usize = 8_192;
/// Asks after which a neighbour's conduct counts half.
pub const WANTS_JUDGED_MAX: u64 = 64;
/// Ids given up on one link that may still come without being a fault.
pub const WANTS_LATE_MAX: usize = 256;
/// Links remembered as able to serve one wanted id.
pub const OFFERERS_MAX: usize = 16;
/// Wants that got no progress from a LAN link of unknown speed for this long go to the
/// next offerer.
pub const WANT_FIRST_LAN_MS: u64 = 1_500;
/// The same on a Bluetooth link, where others share the air.
pub const WANT_FIRST_BLE_MS: u64 = 3_000;
/// Once a link's speed is known, what it usually takes plus this.
pub const WANT_SLACK_LAN_MS: u64 = 100;
/// The same on a Bluetooth link.
pub const WANT_SLACK_BLE_MS: u64 = 300;
/// A link is never waited for longer than this without progress.
pub const WANT_QUIET_MS_MAX: u64 = 10_000;
/// A want is given up after this long, whatever else its link delivers.
pub const WANT_AGE_MS_MAX: u64 = 15_000;
/// Offers wait up to this long to share a frame on a LAN link.
pub const OFFER_BATCH_LAN_MS: u64 = 5;
/// The same on a Bluetooth link, where a write costs more than the wait.
pub const OFFER_BATCH_BLE_MS: u64 = 30;
/// After offers, the next ones leave a LAN link no sooner than this: at fifty messages
/// a second five of them then share one frame and its headers.
pub const OFFER_BEAT_LAN_MS: u64 = 100;
/// LAN neighbours that are offered an envelope at once, drawn anew for each: among seven
/// neighbours everybody is drawn by somebody, but for two cases of a hundred.
pub const OFFERS_AT_ONCE_LAN: usize = 3;
/// The others are offered it after about this long, unless they show that they have
/// it, or something else leaves on their link before.
pub const OFFER_LONG_LAN_MS: u64 = 3_000;
/// The same on a Bluetooth link: where nobody else may be near, nobody waits.
pub const OFFER_LONG_BLE_MS: u64 = OFFER_BATCH_BLE_MS;
/// The beat of offers on a Bluetooth link.
pub const OFFER_BEAT_BLE_MS: u64 = OFFER_BATCH_BLE_MS;
/// A confirmation of pushes waits up to this long on a LAN link for a frame that
/// leaves anyway: a person does not see whether "with the mesh" came a second later.
pub const TOOK_WAIT_LAN_MS: u64 = 1_000;
/// The same on a Bluetooth link, where contacts are short.
pub const TOOK_WAIT_BLE_MS: u64 = OFFER_BATCH_BLE_MS;
/// SOS that one link may push unasked at once; beyond, they are offered like texts,
/// or everybody would mark SOS.
pub const SOS_BURST: u64 = 10;
/// And one more each this long.
pub const SOS_INTERVAL_MS: u64 = 10_000;
/// SOS go first up to one part in so many of a link's bytes.
pub const SOS_SHARE_PARTS: u64 = 4;
/// Control goes before texts up to one part in so many of a link's bytes.
pub const CONTROL_SHARE_PARTS: u64 = 5;
/// What comes in is opened after a random time in this range: a neighbour who times
/// our answers must not learn whether we hold the key.
pub const OPEN_DELAY_MS: core::ops::Range<u64> = 20..250;
/// Envelopes that wait to be opened; beyond that they are opened at once.
pub const OPENINGS_MAX: usize = 4_096;
/// Own messages are held for a random time up to this before they are offered.
pub const OWN_HOLD_MS_MAX: u64 = 500;
/// Own SOS are held for a random time up to this.
pub const OWN_SOS_HOLD_MS_MAX: u64 = 200;
/// Of own messages only one neighbour is told at first, the others after half to all
/// of this.
pub const CONFIDE_MS_MAX: u64 = 2_000;
/// An own message that our clock says is over is kept for this long, and tried again: it
/// may be the clock.
pub const OWN_REFUSED_MS_MAX: u64 = DAY_MS;
/// Own messages of somebody careful go out after this at the latest …
pub const CAREFUL_HOLD_MS: u64 = 60_000;
/// … and before that in the company of so many of others …
pub const CAREFUL_COMPANY: u64 = 3;
/// … with so many links up: a sole neighbour sees what we offer first in any case.
pub const CAREFUL_LINKS_MIN: usize = 2;
/// A link whose repair was put off (queue overflow, failed want) reconciles again after this.
pub const RESYNC_DELAY_MS: u64 = 5_000;
/// A link on which nothing was said for this long gets a Pad.
pub const KEEP_ALIVE_MS: u64 = 10_000;
/// A link on which nothing was heard for this long is dead.
pub const SILENCE_MS_MAX: u64 = 25_000;
/// Penalty points at which a link is closed.
pub const PENALTY_MAX: u32 = 100;

// Links whose carrier loses and reorders (docs/protocol/datagram.md).

/// Smallest datagram that a link may have: Bluetooth's 23 less 3.
pub const DATAGRAM_BYTES_MIN: usize = 20;
/// Largest datagram that we send, whatever a carrier could take.
pub const DATAGRAM_BYTES_MAX: usize = 4 * 1_024;
/// Datagrams on the way and not acknowledged, however small they are.
pub const DATAGRAMS_IN_FLIGHT_MAX: usize = 32;
/// A datagram that many places ahead of the one missing is not taken.
pub const REORDER_DATAGRAMS_MAX: usize = 64;
/// Bytes that wait on one link for a datagram before them: eight frames of a
/// Bluetooth link. Senders keep to it, so that what arrives is never dropped.
pub const REASSEMBLY_BYTES_MAX: usize = 8 * FRAME_BYTES_BLE_MAX;
/// A link on which one datagram is missing for this long is closed.
pub const REASSEMBLY_MS_MAX: u64 = 10_000;
/// Links with a datagram layer at once. Each owns its [`REASSEMBLY_BYTES_MAX`], so
/// that no neighbour can use up another's: 128 small frames in all.
pub const DATAGRAM_LINKS_MAX: usize = 16;
/// An acknowledgement waits this long for company.
pub const ACK_DELAY_MS: u64 = 40;
/// Datagrams taken before an acknowledgement goes at once.
pub const ACK_EVERY: usize = 4;
/// The same while one is missing: the sender judges losses by what came after.
pub const ACK_EVERY_WITH_GAP: usize = 2;
/// Silence after which a datagram is sent again, before a round trip was measured.
pub const RETRANSMIT_MS_FIRST: u64 = 500;
/// The shortest such silence: four connection intervals of Bluetooth.
pub const RETRANSMIT_MS_MIN: u64 = 200;
/// The longest, after doubling: several tries fit into [`REASSEMBLY_MS_MAX`].
pub const RETRANSMIT_MS_MAX: u64 = 2_000;
// Reconciliation (docs/protocol/sync.md).

/// Cells sent before anything is known of the difference: enough for eight.
pub const SYNC_FIRST_CELLS: u32 = 16;
/// Cells asked for at once, at least: fewer are not worth a round trip.
pub const SYNC_STEP_CELLS: u32 = 4;
/// Cells asked for at once, at most: the padding that pays for them must fit a frame.
pub const SYNC_ASK_CELLS_MAX: u32 = 1_600;
/// Cells of one sketch on a Bluetooth link; 48 KiB.
pub const SYNC_CELLS_BLE_MAX: u32 = 4_096;
/// The same on a LAN link; 768 KiB.
pub const SYNC_CELLS_LAN_MAX: u32 = 65_536;
/// Steps that a decoder makes for each cell it was sent, at most: honest sets need
/// 3 ln(cells), a hostile sketch may send it in circles.
pub const SYNC_WORK_PER_CELL: usize = 64;
/// A side that holds less than this many hundredths of the other's lists its ids.
pub const SYNC_LIST_PERCENT: u64 = 68;
/// Ids that a neighbour may list of one class: more than any relay store holds.
pub const SYNC_LIST_IDS_MAX: usize = 1 << 18;
/// Ids of one class that a neighbour may ask for after one comparison.
pub const SYNC_LACKS_MAX: usize = 65_536;
/// Ids found to be lacking and not offered yet, for one link; the rest is found again.
pub const SYNC_DUE_OFFERS_MAX: usize = 16_384;
/// Bytes of answers for each byte heard on the link.
pub const SYNC_ANSWER_RATIO: u64 = 20;
/// The ratio holds over this long.
pub const SYNC_CHARGE_MS: u64 = 60_000;
/// A neighbour may begin a comparison only this often.
pub const SYNC_OPENING_MS_MIN: u64 = 1_000;
/// A comparison that needs more than fingerprints may begin only this often on a link.
pub const SYNC_SKETCH_MS_MIN: u64 = 10_000;
/// A comparison in which nothing was heard for this long is over.
pub const SYNC_QUIET_MS_MAX: u64 = 10_000;
/// Time between comparisons on a LAN link: doubles while nothing differs.
pub const SYNC_INTERVAL_LAN_MS: core::ops::Range<u64> = 5_000..60_000;
/// The same on a Bluetooth link.
pub const SYNC_INTERVAL_BLE_MS: core::ops::Range<u64> = 15_000..120_000;
/// A comparison waits for what was asked on its link, this many times.
pub const SYNC_PUT_OFF_MAX: u8 = 4;
/// Wants after which a neighbour's deliveries are judged.
pub const SYNC_JUDGED_WANTS: u64 = 64;
/// A neighbour's later cut is remembered for this long; then it has to be said again.
pub const SYNC_LEAD_MS: u64 = 60_000;
/// A neighbour that delivered less than half of them is not compared with for this long.
pub const SYNC_SHUN_MS: u64 = 10 * 60 * 1_000;

// People.

/// Items in one message to a person: one of each kind, and room for more kinds.
pub const ITEMS_MAX: usize = 24;
/// Contacts, blocked ones included.
pub const CONTACTS_MAX: usize = 500;
/// What a person calls a contact, bytes of UTF-8.
pub const PETNAME_BYTES_MAX: usize = 64;
/// What a contact says of somebody whom they introduce, bytes of UTF-8: beside card and
/// bundle it fits one envelope.
pub const INTRODUCTION_TEXT_BYTES_MAX: usize = 200;
/// Introductions by one contact that wait for the person; the oldest goes first.
pub const INTRODUCTIONS_PER_CONTACT_MAX: usize = 10;
/// Contact codes that may still be knocked with: eight hours of showing; the oldest goes
/// first, and each after [`CODE_LIFETIME_MS`].
pub const CODES_KEPT_MAX: usize = 32;
/// People marked as having seen one code; others ask as everybody does.
pub const CODE_READERS_MAX: usize = 8;
/// Strangers who wrote and wait for an answer; the oldest goes first.
pub const REQUESTS_MAX: usize = 200;
/// Strangers who are told to the person in one hour; the others wait in the list.
pub const REQUESTS_TOLD_PER_HOUR_MAX: usize = 20;
/// Messages kept of somebody who only asks: enough to say who one is.
pub const REQUEST_MESSAGES_MAX: usize = 20;
/// Bytes of their texts, names and pieces of texts: 8 MB if all [`REQUESTS_MAX`] ask
/// as much.
pub const REQUEST_BYTES_MAX: u64 = 40_000;
/// Own messages of one conversation that wait to be said to be read; the newest stay.
pub const UNREAD_KEPT_MAX: usize = 256;
/// A message that came before an earlier one waits for it so long.
pub const EARLY_WAIT_MS: u64 = 30_000;
/// An acknowledgement alone waits a random time, so that it does not point at whoever
/// just received something.
pub const ACK_LATER_MS: core::ops::Range<u64> = 30_000..300_000;
/// The same while the person takes part in the conversation anyway.
pub const ACK_SOON_MS: core::ops::Range<u64> = 1_000..5_000;
/// That is, for so long after they last wrote or read there.
pub const ACK_ACTIVE_MS: u64 = 10 * 60 * 1_000;
/// A message is sent again when later ones were acknowledged for so long; twice as
/// long at each further try.
pub const RESEND_AFTER_MS: u64 = 60_000;
/// A message that nobody acknowledged is sent again for so many days.
pub const RESEND_DAYS: u64 = 7;
/// Nothing is sent again while a session has less room than this: new messages need it.
pub const RESEND_ROOM_MIN: u32 = 256;
/// Sessions kept with one person; the oldest of those that only open goes first.
pub const SESSIONS_PER_PERSON_MAX: usize = 4;
/// Sessions that one person may begin in a day: each gives them one more try at the
/// emoji of somebody whom they stand before.
pub const KNOCKS_PER_DAY_MAX: u8 = 8;
/// After a start, keys for strangers go out within this; later in the day at a random
/// moment.
pub const PUBLISH_AFTER_START_MS: u64 = 30 * 60 * 1_000;
/// A session that another one took the place of still opens what comes, for as long
/// as messages travel and a day of a wrong clock.
pub const SESSION_RECEIVES_DAYS: u64 = 4;
/// What one person said of messages that are not here, in one conversation: it waits
/// for them, at most [`DELETED_DAYS`]; the oldest goes first.
pub const MARKS_KEPT_MAX: usize = 32;
/// Messages that disappear in one transaction; the others in the next.
pub const DISAPPEARING_MAX: u16 = 256;
/// A timer that was set further in the future than this is not taken: nobody could
/// ever set another.
pub const TIMER_AHEAD_MS_MAX: u64 = 366 * DAY_MS;
/// People whose reactions to one message are kept; those of others are dropped.
pub const REACTIONS_MAX: usize = 200;
/// A reaction, bytes of UTF-8: a family with skin tones takes 25.
pub const EMOJI_BYTES_MAX: usize = 32;
/// What disappears does so this long after it was read at the latest, s: 90 days.
pub const DISAPPEAR_S_MAX: u32 = 90 * 24 * 60 * 60;

// Store.

/// Days for which a deleted message is remembered: its author sends it again for a
/// week, the mesh carries that for three days, and a clock may err by one.
pub const DELETED_DAYS: u32 = 11;
/// How often expired envelopes are dropped and the day is looked at.
pub const HOUSEKEEPING_MS: u64 = 30_000;
/// Bytes of sealed envelopes carried for others.
pub const RELAY_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// What is carried for others leaves so much of the disk free …
pub const DISK_FREE_BYTES_MIN: u64 = 500 * 1_000 * 1_000;
/// … but so much is carried in any case, or nothing would pass through here.
pub const RELAY_BYTES_MIN: u64 = 4 * 1_024 * 1_024;
/// The sealed copy of a profile's people has this size, or the next power of two that
/// holds it: with all [`CONTACTS_MAX`] and [`CONVERSATIONS_MAX`] it still has this one.
pub const PEOPLE_COPY_BYTES_MIN: usize = 256 * 1_024;
/// A larger one is neither written nor read.
pub const PEOPLE_COPY_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// The copy is written so long after something in it may have changed, and no sooner
/// after the last one.
pub const PEOPLE_COPY_DELAY_MS: u64 = 5_000;
/// A profile's database of up to this size is read whole at each start, a larger one
/// only if it was not closed or something failed.
pub const PROFILE_CHECK_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// How often the disk is looked at.
pub const DISK_LOOK_MS: u64 = 30_000;
/// Shares of [`RELAY_BYTES_MAX`] in 64ths, for SOS, texts, manifests and keys:
/// a flood of one class must not push out another.
pub const CLASS_SHARES: [u64; 4] = [8, 52, 2, 2];
/// New envelopes that one LAN link may bring at once while room is short.
pub const ADMIT_LAN_BURST: u64 = 200;
/// And one more each this long.
pub const ADMIT_LAN_INTERVAL_MS: u64 = 25;
/// The same for a Bluetooth link.
pub const ADMIT_BLE_BURST: u64 = 60;
/// The same for a Bluetooth link.
pub const ADMIT_BLE_INTERVAL_MS: u64 = 100;
/// Room is short once a class fills more than so many 64ths of its quota.
pub const CONTENTION_64THS: u64 = 56;
/// When an envelope came is kept in steps of this.
pub const RECEIVED_STEP_MS: u64 = 60 * 60 * 1_000;
/// Ids remembered so that an envelope is not taken twice.
pub const SEEN_IDS_MAX: usize = 1 << 20;

/// Knocks remembered, so that none begins anything twice: those of four days at the
/// most that are shown, and many more.
pub const KNOCKS_REMEMBERED_MAX: usize = 16_384;

// Node.

/// Inputs handled in one store transaction under load.
pub const BATCH_INPUTS_MAX: usize = 256;
/// Commands waiting for the engine.
pub const COMMAND_QUEUE_CAP: usize = 256;
/// Carrier events waiting for the engine.
pub const CARRIER_QUEUE_CAP: usize = 1_024;
/// Channel keys that wait to be derived, a second and 256 MiB each, one after the
/// other; beyond that joining is refused as busy.
pub const DERIVATIONS_WAITING_MAX: usize = 16;
/// JSON-RPC calls, with and without an id, that wait for the node; more wait on
/// standard input.
pub const CALLS_WAITING_MAX: usize = 64;
/// Events waiting for the app.
pub const EVENT_QUEUE_CAP: usize = 4_096;
/// `Ready` waits this long for a carrier to listen.
pub const READY_WAIT_MS: u64 = 2_000;
/// Times that a failed store is opened again within [`REBUILD_WINDOW_MS`].
pub const REBUILDS_MAX: usize = 5;
/// See [`REBUILDS_MAX`].
pub const REBUILD_WINDOW_MS: u64 = 60_000;
/// Neighbours that one LAN carrier would like: three called out, and inbound fills the
/// rest.
pub const LAN_LINKS_AIM: usize = 6;
/// With fewer for a while it calls out more.
pub const LAN_LINKS_MIN: usize = 5;
/// Links that one LAN carrier accepts in all.
pub const LAN_LINKS_MAX: usize = 8;
/// Dials in any one second, whatever is advertised.
pub const LAN_DIALS_PER_SECOND_MAX: usize = 10;
/// Discovered peers remembered.
pub const LAN_CANDIDATES_MAX: usize = 256;
/// Connections whose handshake is not done.
pub const LAN_HALF_OPEN_MAX: u32 = 64;
/// Addresses of one host among the discovered peers.
pub const LAN_CANDIDATES_PER_HOST_MAX: usize = 16;
/// Addresses given by a person that one run keeps calling.
pub const LAN_HAND_ADDRESSES_MAX: usize = 32;
/// Calls that nobody has answered yet.
pub const LAN_DIALS_PENDING_MAX: usize = 16;
/// Links kept free for calling out while there is anybody to call.
pub const LAN_LINKS_OUTBOUND_MIN: usize = 3;
/// Links kept for peers whose address a person gave, whoever else wants one: what a
/// flood of invented neighbours cannot take.
pub const LAN_LINKS_BY_HAND_MIN: usize = 2;
/// Visits at once, each way: links beyond those to neighbours, of a second or so, so
/// that whoever holds all of a node's links does not decide all that it hears.
pub const LAN_VISITS_MAX: usize = 8;
/// Hosts remembered as met, so that others have their turn.
pub const LAN_MET_MAX: usize = 1_024;
/// One of the links called out is drawn again each this long.
pub const LAN_REDRAW_MS: u64 = 60_000;
/// Connections whose handshake is done: links, duplicates, and those without a stream.
pub const LAN_CONNECTIONS_MAX: usize = 64;
/// Addresses of own interfaces that are looked at.
pub const LAN_INTERFACES_MAX: usize = 32;
/// Hosts whose evidence for or against client isolation is kept.
pub const LAN_ISOLATION_HOSTS_MAX: usize = 64;
/// Sources whose beacons are heard in one second.
pub const BEACON_SOURCES_MAX: usize = 256;
/// Beacons of one source heard in one second: several profiles share a laptop.
pub const BEACONS_PER_SOURCE_MAX: usize = 8;

// Neighbours on Bluetooth (docs/protocol/link.md, "Neighbours").

/// Links that one adapter keeps by calling out: below the most it holds, so that
/// newcomers find a free one.
pub const BLE_LINKS_AIM: usize = 3;
/// Links that one adapter holds: what Bluetooth stacks were seen to bear.
pub const BLE_LINKS_MAX: usize = 4;
/// Candidates remembered, with what the last link with each brought.
pub const BLE_CANDIDATES_MAX: usize = 256;
/// A candidate not heard for this long is not called.
pub const BLE_HEARD_MS: u64 = 5_000;
/// A candidate that was not heard for this long was away meanwhile.
pub const BLE_BREAK_MS: u64 = 3_000;
/// A call that made no link by then is given up: Bluetooth takes 4 to 8 s.
pub const BLE_CALL_MS_MAX: u64 = 20_000;
/// A candidate whose call failed is called again after a random time in this range.
pub const BLE_RETRY_MS: core::ops::Range<u64> = 2_000..10_000;
/// A link is not given up before it has had this long.
pub const BLE_SETTLE_MS: u64 = 10_000;
/// A link that moved no envelope for this long gives way to whoever waits.
pub const BLE_IDLE_MS: u64 = 5_000;
/// One link is given up after a random time in this range if others wait.
pub const BLE_ROTATE_MS: core::ops::Range<u64> = 60_000..120_000;
/// With all links in use, somebody met less long ago than this is not worth one.
pub const BLE_MEET_AGAIN_MS: u64 = 60_000;

const _: () = assert!(BLE_LINKS_AIM <= BLE_LINKS_MAX);
const _: () = assert!(LAN_LINKS_OUTBOUND_MIN + LAN_LINKS_BY_HAND_MIN <= LAN_LINKS_AIM);
const _: () = assert!(LAN_LINKS_OUTBOUND_MIN <= LAN_LINKS_AIM);
const _: () = assert!(LAN_LINKS_OUTBOUND_MIN <= LAN_LINKS_MIN && LAN_LINKS_MIN <= LAN_LINKS_AIM);
const _: () = assert!(LAN_LINKS_BY_HAND_MIN < LAN_LINKS_MAX);
const _: () = assert!(LAN_LINKS_MAX + 2 * LAN_VISITS_MAX + 8 <= LINKS_MAX);
const _: () = assert!(2 * (LAN_LINKS_MAX + 2 * LAN_VISITS_MAX) + 16 <= LAN_CONNECTIONS_MAX);
const _: () = assert!(ENVELOPE_BYTES_LARGE + 64 <= FRAME_BYTES_LAN_MAX);
const _: () = assert!(ENVELOPE_BYTES_MEDIUM + 64 <= FRAME_BYTES_BLE_MAX);
const _: () = assert!(FRAME_BYTES_LAN_MAX <= LAN_CREDIT_BYTES);
const _: () = assert!(FRAME_BYTES_BLE_MAX <= BLE_CREDIT_BYTES);
const _: () = assert!(DATAGRAM_LINKS_MAX * REASSEMBLY_BYTES_MAX == 128 * FRAME_BYTES_BLE_MAX);
const _: () = assert!(DATAGRAM_LINKS_MAX <= LINKS_MAX);
const _: () = assert!(DATAGRAMS_IN_FLIGHT_MAX <= REORDER_DATAGRAMS_MAX);
const _: () = assert!(2 * DATAGRAM_BYTES_MAX <= REASSEMBLY_BYTES_MAX);
const _: () = assert!(4 * RETRANSMIT_MS_MAX <= REASSEMBLY_MS_MAX);
const _: () = assert!(LAN_LINKS_AIM <= LAN_LINKS_MAX && LAN_LINKS_MAX <= LINKS_MAX);
const _: () = assert!(LINKS_MAX <= u32::BITS as usize);
const _: () = {
    let [sos, text, manifests, keys] = CLASS_SHARES;
    assert!(sos + text + manifests + keys == 64);
};
const _: () = assert!(TEXT_LIFETIME_MS <= TEXT_LIFETIME_MS_MAX);
const _: () = assert!(CHANNEL_DAYS_AHEAD + CHANNEL_DAYS_BACK <= DELETED_DAYS);
const _: () = assert!(RESEND_DAYS + TEXT_LIFETIME_MS_MAX / DAY_MS < DELETED_DAYS as u64);
const _: () = assert!(CALLS_WAITING_MAX <= COMMAND_QUEUE_CAP);
const _: () = assert!(DERIVATIONS_WAITING_MAX <= COMMAND_QUEUE_CAP);
const _: () = assert!(TEXT_LIFETIME_MS_MIN <= TEXT_LIFETIME_MS);
const _: () = assert!(SOS_BYTES_MAX <= TEXT_BYTES_MAX);
const _: () = assert!(RELAY_BYTES_MAX / ENVELOPE_BYTES_SMALL as u64 <= OPENED_IDS_MAX);
const _: () = assert!(SESSION_AHEAD.is_multiple_of(SESSION_ANCHOR_STEP));
const _: () = assert!(SESSION_AHEAD_NEXT.is_multiple_of(SESSION_ANCHOR_STEP));
const _: () = assert!(SESSION_UNACKNOWLEDGED_MAX.is_multiple_of(SESSION_ANCHOR_STEP));
const _: () = assert!(SESSION_AHEAD <= SESSION_UNACKNOWLEDGED_MAX);
const _: () = assert!(TEXT_LIFETIME_MS_MAX + DAY_MS <= SESSION_SKIPPED_MS_MAX);
const _: () = {
    let dense = SESSION_AHEAD as usize + SESSION_AHEAD_NEXT as usize;
    let anchors = 2 * SESSION_UNACKNOWLEDGED_MAX as usize / SESSION_ANCHOR_STEP as usize;
    assert!(dense + anchors + SESSION_SKIPPED_MAX <= SESSION_TAGS_MAX);
};
