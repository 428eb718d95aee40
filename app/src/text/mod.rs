//! Every sentence the window says, in English. Screens hold no prose.
//!
//! Functions where something is filled in, constants elsewhere. A later version
//! loads them by language; nothing outside this file has to change for that.

#![allow(missing_docs, reason = "each constant is its own explanation")]

pub mod contacts;
pub mod groups;
pub mod marks;
pub mod meet;
pub mod safety;

use mesh_core::api::{Grade, Status};
use mesh_core::limits::SOS_LIFETIME_MS;
use mesh_core::types::{Lifetime, LinkKind, Wall};
use time::OffsetDateTime;

use crate::clock::Moment;

pub const APP: &str = "Starling";
pub const NOT_STARTED: &str = "Starling has not started";
pub const NAMELESS: &str = "(no name)";
pub const YOU: &str = "You";
pub const CLOSE: &str = "Close";
pub const CANCEL: &str = "Cancel";
pub const BACK: &str = "Back";
pub const COPY: &str = "Copy";
pub const SHOW: &str = "Show";
pub const HIDE: &str = "Hide";

// First run.
pub const WELCOME: &str = "Welcome to Starling";
pub const WELCOME_TEXT: &str =
    "Messages go from laptop to laptop, encrypted. No account, no server, no internet.";
pub const NAME: &str = "Name";
pub const NAME_HINT: &str = "What others nearby will see";
pub const PASSPHRASE: &str = "Passphrase";
pub const PASSPHRASE_HINT: &str = "Protects everything stored on this laptop";
pub const REPEAT: &str = "Repeat the passphrase";
pub const SUGGEST: &str = "Suggest six words";
pub const SUGGESTED: &str = "Write these six words down before you go on";
pub const NO_RECOVERY: &str = "Nobody can recover this. Write it down.";
pub const CONTINUE: &str = "Continue";
pub const WIFI_TITLE: &str = "Before Wi-Fi is used";
pub const WIFI_INTRO: &str = "Nothing has been sent so far. Once you press Start:";
pub const WIFI_POINTS: [(&str, &str); 4] = [
    (
        "Others near can see that Starling runs here",
        "It announces itself on the network, so anyone on the same Wi-Fi can tell that this laptop uses it, and its network address.",
    ),
    (
        "Nobody without the key can read messages",
        "They are encrypted on this laptop. The channel “nearby” is public: anyone near can read that one.",
    ),
    (
        "Your laptop carries messages for others",
        "Sealed, for a day or so. You cannot read those that are not meant for you.",
    ),
    (
        "Starling does not use the internet",
        "It talks to laptops on the same Wi-Fi or cable, and to nobody else.",
    ),
];
pub const START: &str = "Start";
pub const CREATING: &str = "Opening…";
pub const NAME_MISSING: &str = "Choose a name";
pub const PASSPHRASE_MISSING: &str = "Choose a passphrase";
pub const REPEAT_MISSING: &str = "Type the passphrase once more";
pub const REPEAT_DIFFERS: &str = "The two passphrases differ";

// Unlock.
pub const UNLOCK_TITLE: &str = "Welcome back";
pub const UNLOCK_TEXT: &str = "Your messages are locked with your passphrase.";
pub const UNLOCK: &str = "Unlock";
pub const OPENING: &str = "Opening…";
pub const UNLOCK_WIFI: &str = "Wi-Fi is used once the profile is open.";
pub const LOCK: &str = "Lock";
pub const LOCK_HINT: &str = "Lock (Ctrl+L)";
pub const LOCKING: &str = "Locking…";
pub const LOCKED_TITLE: &str = "Locked";
pub const LOCKED_TEXT: &str = "Nothing of yours is shown, and the keys are gone from memory.";
pub const LOCKED_NOTE: &str =
    "Starling goes on carrying messages for others. Yours wait until you unlock.";
pub const START_ANEW: &str = "Start anew…";
pub const START_ANEW_TITLE: &str = "Erase this profile?";
pub const START_ANEW_TEXT: &str = "If the passphrase is lost, nothing here can be opened again. You can erase the profile and begin with a new one. This is lost for good:";
pub const START_ANEW_LOSSES: [&str; 3] = [
    "all messages stored on this laptop",
    "the words of your channels: without them you cannot join again",
    "your identity: people will see a new badge beside your name",
];
pub const ERASE_WORD: &str = "erase";
pub const ERASE: &str = "Erase this profile";
pub const ERASING: &str = "Erasing…";
pub const UNREADABLE_TITLE: &str = "This folder cannot be used";
pub const UNREADABLE_ADVICE: &str = "Start with another folder: starling --profile FOLDER";
pub const STOPPED_TITLE: &str = "Starling has stopped";
pub const STOPPED_TEXT: &str =
    "The part that sends and receives is no longer running. What was shown as stored is safe.";
pub const OPEN_AGAIN: &str = "Open again";

// Conversations.
pub const CONVERSATIONS: &str = "Conversations";
pub const JOIN_OR_CREATE: &str = "Join or create…";
pub const NO_CONVERSATIONS: &str = "No conversations yet";
pub const NO_CONVERSATIONS_TEXT: &str =
    "Join the public channel “nearby”, or make a channel of your own.";
pub const NO_MESSAGES_SHORT: &str = "No messages yet";
pub const PUBLIC: &str = "PUBLIC";
pub const KEYED: &str = "Keyed";
pub const DRAFT: &str = "Draft:";
pub const NONE_OPEN: &str = "No conversation open";
pub const NONE_OPEN_TEXT: &str = "Choose one on the left, or press Ctrl+N to join or create one.";

// Conversation.
pub const PUBLIC_SIGN: &str = "PUBLIC – anyone near can read this";
pub const KEYED_SIGN: &str = "Encrypted – whoever has the phrase can read this";
pub const PEOPLE: &str = "People";
pub const MENU: &str = "Conversation menu";
pub const SHOW_PHRASE: &str = "Show phrase and QR";
pub const LEAVE: &str = "Leave and delete…";
pub const NO_MESSAGES: &str = "No messages here yet";
pub const NO_MESSAGES_PUBLIC: &str =
    "What you write here can be read by anyone near. It reaches people who come later, too.";
pub const NO_MESSAGES_KEYED: &str =
    "Only people with the phrase can read what is written here. Give it to them face to face.";
pub const LOADING: &str = "Loading…";
pub const LOADING_OLDER: &str = "Loading older messages…";
pub const BEGINNING: &str = "This is as far back as it goes on this laptop";
pub const NEW_LINE: &str = "New";
pub const JUMP: &str = "Jump to latest";
pub const COMPOSER: &str = "Message";
pub const COMPOSER_HINT: &str = "Write a message";
pub const COMPOSER_HINT_PUBLIC: &str = "Write to everyone near";
pub const SEND: &str = "Send";
pub const SEND_AGAIN: &str = "Send again";
pub const STORING: &str = "Storing…";
pub const WITH_MESH: &str = "With the mesh";
pub const DELIVERED: &str = "Delivered";
pub const READ: &str = "Read";
pub const EXPIRED: &str = "Nobody took it in time";
pub const LIFETIME: &str = "How long this is carried";
pub const LIFETIME_NOTE: &str =
    "Laptops around carry what you write, sealed, for at most this long";

// SOS.
pub const SOS: &str = "SOS";
pub const SOS_BUTTON: &str = "SOS…";
pub const SOS_BUTTON_LABEL: &str = "Send an SOS…";
pub const SOS_TITLE: &str = "Send an SOS?";
pub const SOS_TO: &str = "Goes to";
pub const SOS_FIELD: &str = "What has happened";
pub const SOS_HINT: &str = "Where you are, what you need";
pub const SOS_POINTS: [&str; 2] = [
    "It goes before everything else and is shown in red to everyone who can read this channel.",
    "It cannot be taken back.",
];
pub const SOS_SEND: &str = "Send SOS";
pub const SHOW_SOS: &str = "Show it";

// People and links.
pub const PEOPLE_SEEN: &str = "Seen in this conversation";
pub const PEOPLE_NONE: &str = "Nobody has written here yet";
pub const PEOPLE_NOTE: &str =
    "Anyone can take any name. The badge comes from the key and cannot be copied.";
pub const LINKS: &str = "Links now";
pub const LINKS_NONE: &str = "No laptop with Starling is in reach";
pub const HIDE_PEOPLE: &str = "Hide people and links";

// Status.
pub const STATUS_STARTING: &str = "Starting…";
pub const STATUS_NOBODY: &str = "Nobody near yet";
pub const STATUS_TITLE: &str = "Connection";
pub const CAN_FIND: &str = "Can find others";
pub const CANNOT_FIND: &str = "Cannot find others";
pub const CAN_BE_FOUND: &str = "Can be found";
pub const CANNOT_BE_FOUND: &str = "Cannot be found";
pub const CARRIED: &str = "Carried for the mesh";
pub const ADDRESSES: &str = "Others can call this laptop at";
pub const NO_ADDRESSES: &str = "no address";
pub const CLOCK: &str = "Clock";
pub const CLOCK_LONG_PAST: &str = "This laptop's clock shows a time long past: set it right";
pub const CLOCK_ADOPT: &str = "Use their time for messages";
pub const CLOCK_ADOPTED: &str = "Messages now go by the time of the others nearby";
pub const CLOCK_FINE: &str = "Nothing speaks against this laptop's clock";
pub const DIAL: &str = "Call a laptop by its address";
pub const DIAL_HINT: &str = "192.168.1.20:4000";
pub const DIAL_BUTTON: &str = "Call";
pub const DIAL_BEGUN: &str = "Calling. If it answers, it appears among the links.";
pub const DISMISS: &str = "Dismiss";
pub const STATUS_OPEN: &str = "Show connection";

// Join and create.
pub const JOIN_TITLE: &str = "Join or create";
pub const TAB_CREATE: &str = "Create";
pub const TAB_PHRASE: &str = "Join by phrase";
pub const TAB_PUBLIC: &str = "Join public";
pub const CREATE_TEXT: &str = "Makes a channel with a phrase of six words. Whoever you give the words to can read and write there; nobody else can.";
pub const CREATE: &str = "Create channel";
pub const PHRASE: &str = "Phrase";
pub const PHRASE_HINT: &str = "The words you were given";
pub const PHRASE_TEXT: &str = "Type the words somebody gave you, separated by spaces.";
pub const JOIN: &str = "Join";
pub const CHANNEL_NAME: &str = "Channel name";
pub const CHANNEL_HINT: &str = "for example: nearby";
pub const PUBLIC_TEXT: &str = "A public channel is open to anyone who knows its name. Everyone near can read it, the police too.";
pub const JOINING: &str = "Joining…";
pub const SECRET_TITLE: &str = "Phrase of this channel";
pub const SECRET_FRESH_TITLE: &str = "Your channel is ready";
pub const SECRET_PUBLIC_TITLE: &str = "Name of this channel";
pub const SECRET_WARNING: &str = "Anyone with these words can read everything ever sent here. Give them face to face, only to people you trust.";
pub const SECRET_PUBLIC_NOTE: &str =
    "This channel is public: anyone who knows the name can read it.";
pub const QR_LABEL: &str = "QR code of the phrase";
pub const DONE: &str = "Done";
pub const LEAVE_TITLE: &str = "Leave and delete?";
pub const LEAVE_POINTS: [&str; 3] = [
    "The messages here are deleted from this laptop, for good.",
    "Laptops nearby still carry the sealed messages until they expire.",
    "Joining again does not bring the deleted ones back.",
];
pub const LEAVE_BUTTON: &str = "Leave and delete";
pub const LEAVING: &str = "Leaving…";
pub const THEME_SYSTEM: &str = "Theme: system";
pub const THEME_LIGHT: &str = "Theme: light";
pub const THEME_DARK: &str = "Theme: dark";

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What is said in an empty neighbourhood.
pub fn nobody_near(lifetime: Lifetime) -> String {
    format!(
        "Nobody near yet. What you write waits here and goes out when someone with Starling \
         comes near. It waits for up to {} hours.",
        lifetime.hours()
    )
}

/// The choice of how long a text is carried.
pub fn lifetime(lifetime: Lifetime) -> String {
    format!("{} hours", lifetime.hours())
}

/// The same on the button that opens the choice.
pub fn lifetime_button(lifetime: Lifetime) -> String {
    format!("Kept {} h", lifetime.hours())
}

/// How long an SOS is carried.
pub fn sos_lifetime() -> String {
    let hours = SOS_LIFETIME_MS / (60 * 60 * 1_000);
    format!("Laptops around carry it for up to {hours} hours.")
}

/// Where an SOS in a timeline came.
pub fn sos_in(channel: &str) -> String {
    format!("{SOS} · {channel}")
}

/// The heading of an alert: where an SOS came, and how many others did.
pub fn alert(channel: &str, earlier: u32) -> String {
    match earlier {
        0 => format!("{SOS} in {channel}"),
        1 => format!("{SOS} in {channel}, and 1 earlier"),
        _ => format!("{SOS} in {channel}, and {earlier} earlier"),
    }
}

/// The title of the window; it names nobody.
pub fn window_title(unread: u32) -> String {
    if unread == 0 {
        APP.to_owned()
    } else {
        format!("({unread}) {APP}")
    }
}

/// Strength of a passphrase in words.
pub fn strength(grade: Grade) -> &'static str {
    match grade {
        Grade::Weak => "Weak: found in minutes to days by whoever has the laptop",
        Grade::Fair => "Fair: holds off a laboratory for a while, not for good",
        Grade::Strong => "Strong: not found by guessing",
    }
}

/// What to type to confirm that the profile is to be erased.
pub fn type_to_erase() -> String {
    format!("Type “{ERASE_WORD}” to confirm")
}

/// An undelivered message that is still carried.
pub fn waiting(now: Moment, until: Wall) -> String {
    let time = clock(now, until);
    let day = match now.days_until(until) {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        _ => format!("on {}", weekday(now.local(until))),
    };
    format!("Waiting for someone near — kept until {time} {day}")
}

/// Hours and minutes.
pub fn clock(now: Moment, wall: Wall) -> String {
    let local = now.local(wall);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// A day line of a timeline.
pub fn day(now: Moment, wall: Wall) -> String {
    let local = now.local(wall);
    match now.days_until(wall) {
        0 => "Today".to_owned(),
        -1 => "Yesterday".to_owned(),
        _ => {
            let date = format!("{} {} {}", weekday(local), local.day(), month(local));
            if local.year() == now.local(now.wall).year() {
                date
            } else {
                format!("{date} {}", local.year())
            }
        }
    }
}

/// When the last message of a conversation came, briefly.
pub fn list_time(now: Moment, wall: Wall) -> String {
    let local = now.local(wall);
    match now.days_until(wall) {
        0 => clock(now, wall),
        -1 => "Yesterday".to_owned(),
        -6..=-2 => weekday(local).to_owned(),
        _ => format!("{} {}", local.day(), month(local)),
    }
}

/// A message that came much later than it was written.
pub fn late(now: Moment, written: Wall, received: Wall) -> String {
    let day = if now.local(written).date() == now.local(received).date() {
        String::new()
    } else {
        format!("{}, ", list_day(now, written))
    };
    format!(
        "written {day}{} · arrived {}",
        clock(now, written),
        clock(now, received)
    )
}

/// A message from a laptop whose clock is ahead.
pub fn ahead(now: Moment, written: Wall, received: Wall) -> String {
    format!(
        "{} · their clock says {}",
        clock(now, received),
        clock(now, written)
    )
}

/// The status chip: who is near, what is carried, or why not.
pub fn status_chip(status: &Status) -> String {
    let carrying = format!("carrying {}", number(status.stored.count));
    let on = status
        .carriers
        .iter()
        .any(|carrier| carrier.can_find || carrier.can_be_found);
    match status.links {
        0 if on => format!("{STATUS_NOBODY} · {carrying}"),
        0 => {
            let reason = status
                .carriers
                .iter()
                .find_map(|carrier| carrier.reason.clone());
            let reason = reason.unwrap_or_else(|| "it is not in use".to_owned());
            format!("Wi-Fi off: {}", reason.trim_end_matches('.'))
        }
        near => format!("Wi-Fi: {} near · {carrying}", number(near as u64)),
    }
}

/// What is carried, in words.
pub fn carried(count: u64, size: u64) -> String {
    format!("{} sealed messages, {}", number(count), bytes(size))
}

/// The clock against the neighbours'.
pub fn clock_off(offset_s: i64) -> String {
    let span = match offset_s.unsigned_abs() / 60 {
        0 => return CLOCK_LONG_PAST.to_owned(),
        minutes @ 1..120 => format!("{minutes} minutes"),
        minutes @ 120..2_880 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", number(minutes / (24 * 60))),
    };
    let side = if offset_s > 0 { "behind" } else { "ahead of" };
    format!("This laptop's clock is about {span} {side} the others nearby: set it right")
}

/// One neighbour's traffic.
pub fn traffic(bytes_in: u64, bytes_out: u64) -> String {
    format!("{} in, {} out", bytes(bytes_in), bytes(bytes_out))
}

/// Since when a neighbour is there.
pub fn since(now: Moment, wall: Wall) -> String {
    if now.days_until(wall) == 0 {
        format!("since {}", clock(now, wall))
    } else {
        format!("since {} {}", list_day(now, wall), clock(now, wall))
    }
}

/// What carries a link.
pub fn carrier(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Lan => "Wi-Fi or cable",
        LinkKind::Ble => "Bluetooth",
        LinkKind::Courier => "Files by hand",
    }
}

/// Room left in the composer.
pub fn bytes_left(left: usize) -> String {
    format!("{left} {} left", byte_word(left))
}

/// Too much in the composer.
pub fn bytes_over(over: usize) -> String {
    format!("{over} {} too long", byte_word(over))
}

fn byte_word(count: usize) -> &'static str {
    if count == 1 { "byte" } else { "bytes" }
}

/// What a screen reader says of a row in the list.
pub fn spoken_conversation(name: &str, kind: &str, unread: u32) -> String {
    if unread == 0 {
        format!("{name}, {kind}")
    } else {
        format!("{name}, {kind}, {unread} unread")
    }
}

/// How many people wrote in a conversation.
pub fn people(count: usize) -> String {
    match count {
        0 => PEOPLE.to_owned(),
        _ => format!("{PEOPLE} ({count})"),
    }
}

/// A quantity of bytes.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{}.{} MB", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// A whole number with thousands set apart.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn list_day(now: Moment, wall: Wall) -> String {
    match now.days_until(wall) {
        0 => "today".to_owned(),
        -1 => "yesterday".to_owned(),
        _ => {
            let local = now.local(wall);
            format!("{} {}", local.day(), month(local))
        }
    }
}

fn weekday(local: OffsetDateTime) -> &'static str {
    let day = usize::from(local.weekday().number_days_from_monday());
    WEEKDAYS.get(day).copied().unwrap_or_default()
}

fn month(local: OffsetDateTime) -> &'static str {
    let month = usize::from(u8::from(local.month())).saturating_sub(1);
    MONTHS.get(month).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mesh_core::limits::DAY_MS;

    use crate::testing::{NOW, moment, status};

    #[test]
    fn numbers_are_set_apart_by_thousands() {
        assert_eq!(number(7), "7");
        assert_eq!(number(1_204), "1,204");
        assert_eq!(number(12_345_678), "12,345,678");
    }

    #[test]
    fn waiting_says_until_when() {
        assert_eq!(
            waiting(moment(), NOW.plus_ms(DAY_MS - 3_600_000)),
            "Waiting for someone near — kept until 14:05 tomorrow"
        );
    }

    #[test]
    fn clock_is_off_by_minutes_hours_or_days() {
        for (offset_s, said) in [
            (1_800, "about 30 minutes behind"),
            (-7_200, "about 2 hours ahead of"),
            (1_795_000_000, "about 20,775 days behind"),
            (0, CLOCK_LONG_PAST),
        ] {
            assert!(clock_off(offset_s).contains(said), "{offset_s}");
        }
    }

    #[test]
    fn chip_says_why_wifi_is_off() {
        let mut off = status(0);
        for carrier in &mut off.carriers {
            carrier.can_find = false;
            carrier.can_be_found = false;
            carrier.reason = Some("no network is connected.".into());
        }
        assert_eq!(status_chip(&off), "Wi-Fi off: no network is connected");
        assert_eq!(status_chip(&status(0)), "Nobody near yet · carrying 1,204");
        assert_eq!(status_chip(&status(3)), "Wi-Fi: 3 near · carrying 1,204");
    }

    #[test]
    fn day_lines_speak_of_the_near_past_by_name() {
        let at = |days: u64| day(moment(), NOW.minus_ms(days * DAY_MS));
        assert_eq!(
            [at(0), at(1), at(2), at(400)],
            [
                "Today",
                "Yesterday",
                "Sunday 22 November",
                "Monday 20 October 2025",
            ]
        );
    }
}
