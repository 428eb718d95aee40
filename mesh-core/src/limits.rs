//! Every cap in the system, with its unit and its reason, and the relations
//! between them that must hold.
//!
//! Floor 0. A number that bounds memory, time or a peer belongs here and nowhere
//! else; `docs/protocol/` explains the ones that other implementations must share.

// Time.

/// Precision of expiry on the wire: coarse, so that it does not date a message.
pub const TICK_MS: u64 = 5 * 60 * 1_000;
/// One UTC day, the epoch of channel keys.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How long an ordinary message is carried, at most.
pub const TEXT_LIFETIME_MS: u64 = DAY_MS;
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

// Channels (docs/protocol/crypto.md §7).

/// Tags a channel may use in one day.
pub const CHANNEL_TAG_SLOTS: u16 = 4_096;
/// Days behind today whose tags are watched: a text lives 72 h, a clock may err by one.
pub const CHANNEL_DAYS_BACK: u32 = 4;
/// Days ahead of today whose tags are watched.
pub const CHANNEL_DAYS_AHEAD: u32 = 1;

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
/// Pushes on one link whose confirmation is awaited; older ones stay unconfirmed.
pub const UNCONFIRMED_MAX: usize = 65_536;
/// Ids wanted from one link and not answered yet.
pub const WANTS_OUTSTANDING_MAX: usize = 128;
/// The same from a neighbour that delivered less than half of what it was asked for.
pub const WANTS_OUTSTANDING_POOR_MAX: usize = 4;
/// Ids that one neighbour offered and that wait to be wanted.
pub const WANTS_QUEUED_MAX: usize = 8_192;
/// Ids given up on one link that may still come without being a fault.
pub const WANTS_LATE_MAX: usize = 256;
/// Links remembered as able to serve one wanted id.
pub const OFFERERS_MAX: usize = 16;
/// A want that got no progress from its link for this long goes to the next offerer.
pub const WANT_TIMEOUT_MS: u64 = 1_500;
/// A want is given up after this long, whatever else its link delivers.
pub const WANT_AGE_MS_MAX: u64 = 10 * WANT_TIMEOUT_MS;
/// Offers wait up to this long to share a frame on a LAN link.
pub const OFFER_BATCH_LAN_MS: u64 = 5;
/// The same on a Bluetooth link, where a write costs more than the wait.
pub const OFFER_BATCH_BLE_MS: u64 = 30;
/// SOS that one link may push unasked at once; beyond, they are offered like texts,
/// or everybody would mark SOS.
pub const SOS_BURST: u64 = 10;
/// And one more each this long.
pub const SOS_INTERVAL_MS: u64 = 10_000;
/// What comes in is opened after a random time in this range: a neighbour who times
/// our answers must not learn whether we hold the key.
pub const OPEN_DELAY_MS: core::ops::Range<u64> = 20..250;
/// Envelopes that wait to be opened; beyond that they are opened at once.
pub const OPENINGS_MAX: usize = 4_096;
/// Own messages are held for a random time up to this before they are offered.
pub const OWN_HOLD_MS_MAX: u64 = 500;
/// Own SOS are held for a random time up to this.
pub const OWN_SOS_HOLD_MS_MAX: u64 = 200;
/// A link whose repair was put off (queue overflow, failed want) reconciles again after this.
pub const RESYNC_DELAY_MS: u64 = 5_000;
/// A peer may start a list of one class only this often.
pub const LIST_INTERVAL_MS_MIN: u64 = RESYNC_DELAY_MS / 2;
/// A link on which nothing was said for this long gets a Pad.
pub const KEEP_ALIVE_MS: u64 = 10_000;
/// A link on which nothing was heard for this long is dead.
pub const SILENCE_MS_MAX: u64 = 25_000;
/// Penalty points at which a link is closed.
pub const PENALTY_MAX: u32 = 100;

// Store.

/// How often expired envelopes are dropped and the day is looked at.
pub const HOUSEKEEPING_MS: u64 = 30_000;
/// Bytes of sealed envelopes carried for others.
pub const RELAY_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// Shares of [`RELAY_BYTES_MAX`] in 64ths, for SOS, texts, manifests and keys:
/// a flood of one class must not push out another.
pub const CLASS_SHARES: [u64; 4] = [8, 52, 2, 2];
/// When an envelope came is kept in steps of this.
pub const RECEIVED_STEP_MS: u64 = 60 * 60 * 1_000;
/// Ids remembered so that an envelope is not taken twice.
pub const SEEN_IDS_MAX: usize = 1 << 20;

// Node.

/// Inputs handled in one store transaction under load.
pub const BATCH_INPUTS_MAX: usize = 256;
/// Commands waiting for the engine.
pub const COMMAND_QUEUE_CAP: usize = 256;
/// Carrier events waiting for the engine.
pub const CARRIER_QUEUE_CAP: usize = 1_024;
/// Events waiting for the app.
pub const EVENT_QUEUE_CAP: usize = 4_096;
/// `Ready` waits this long for a carrier to listen.
pub const READY_WAIT_MS: u64 = 2_000;
/// Times that a failed store is opened again within [`REBUILD_WINDOW_MS`].
pub const REBUILDS_MAX: usize = 5;
/// See [`REBUILDS_MAX`].
pub const REBUILD_WINDOW_MS: u64 = 60_000;
/// Links that one LAN carrier keeps by calling out.
pub const LAN_LINKS_AIM: usize = 6;
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

const _: () = assert!(LAN_LINKS_OUTBOUND_MIN <= LAN_LINKS_AIM);
const _: () = assert!(LAN_LINKS_BY_HAND_MIN < LAN_LINKS_MAX);
const _: () = assert!(LAN_LINKS_MAX + 2 * LAN_VISITS_MAX + 8 <= LINKS_MAX);
const _: () = assert!(2 * (LAN_LINKS_MAX + 2 * LAN_VISITS_MAX) + 16 <= LAN_CONNECTIONS_MAX);
const _: () = assert!(ENVELOPE_BYTES_LARGE + 64 <= FRAME_BYTES_LAN_MAX);
const _: () = assert!(ENVELOPE_BYTES_MEDIUM + 64 <= FRAME_BYTES_BLE_MAX);
const _: () = assert!(FRAME_BYTES_LAN_MAX <= LAN_CREDIT_BYTES);
const _: () = assert!(FRAME_BYTES_BLE_MAX <= BLE_CREDIT_BYTES);
const _: () = assert!(LAN_LINKS_AIM <= LAN_LINKS_MAX && LAN_LINKS_MAX <= LINKS_MAX);
const _: () = assert!(LINKS_MAX <= u32::BITS as usize);
const _: () = {
    let [sos, text, manifests, keys] = CLASS_SHARES;
    assert!(sos + text + manifests + keys == 64);
};
const _: () = assert!(TEXT_LIFETIME_MS <= TEXT_LIFETIME_MS_MAX);
