//! Sentences about what stands beside a message: replies, reactions, changes, deletions,
//! names, timers.

#![allow(missing_docs, reason = "each constant is its own explanation")]

pub const REPLY: &str = "Reply";
pub const EDIT: &str = "Edit";
pub const COPY: &str = "Copy";
pub const DELETE_HERE: &str = "Delete here…";
pub const DELETE_EVERYBODY: &str = "Delete for everybody…";
pub const EDITED: &str = "edited";
pub const MENTIONS_US: &str = "Mentions you";
pub const QUOTE_MISSING: &str = "This message is not here";
pub const SAVE: &str = "Save";
pub const CANCEL_REPLY: &str = "Do not reply";
pub const CANCEL_EDIT: &str = "Do not change it";
pub const EDITING: &str = "Changing your message";
pub const REPLYING_MISSING: &str = "Replying to a message that is not here";
pub const REPLYING_OWN: &str = "Replying to yourself";
pub const EDIT_LOST: &str = "The message that you were changing is gone. What you typed is kept.";
pub const MENTION: &str = "Mention a member";

// Deleting.
pub const DELETE_HERE_TITLE: &str = "Delete this message here?";
pub const DELETE_HERE_POINTS: [&str; 2] = [
    "It is deleted from this laptop, for good.",
    "The others keep it, and are not told.",
];
pub const DELETE_HERE_BUTTON: &str = "Delete here";
pub const DELETE_EVERYBODY_TITLE: &str = "Delete this message for everybody?";
pub const DELETE_EVERYBODY_POINTS: [&str; 3] = [
    "It is deleted here, and the others’ laptops are asked to delete it.",
    "Whoever read it has read it, and a changed program may keep it.",
    "A line stays that says that you deleted a message.",
];
pub const DELETE_EVERYBODY_BUTTON: &str = "Delete for everybody";

// Disappearing.
pub const TIMER: &str = "Disappearing messages";
pub const TIMER_NOTE: &str =
    "What is written from now on disappears on every side, this long after it was read.";
pub const TIMER_OFF: &str = "Off";
/// Seconds that can be chosen.
pub const TIMERS: [u32; 4] = [300, 3_600, 86_400, 604_800];

/// Emoji that are offered, with what a screen reader says. No faces: the fonts here draw
/// them in one colour, and small ones cannot be told apart.
pub const REACTIONS: [(&str, &str); 6] = [
    ("👍", "thumbs up"),
    ("👎", "thumbs down"),
    ("❤", "heart"),
    ("✔", "done"),
    ("❓", "question"),
    ("⚠", "warning"),
];

/// How long after reading messages disappear.
pub fn timer(seconds: u32) -> String {
    let (count, word) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..604_800 => (seconds / 86_400, "day"),
        _ if seconds.is_multiple_of(604_800) => (seconds / 604_800, "week"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// The same in the header of a conversation.
pub fn timer_sign(seconds: u32) -> String {
    format!("Messages disappear {} after reading", timer(seconds))
}

/// When one message disappears: milliseconds from now.
pub fn disappears_in(left_ms: u64) -> String {
    let seconds = u32::try_from(left_ms.div_ceil(1_000)).unwrap_or(u32::MAX);
    match seconds {
        0..60 => "disappears in less than a minute".to_owned(),
        _ => format!("disappears in {}", timer(seconds)),
    }
}

/// How far a message to a group came.
pub fn reach(came: u16, of: u16) -> String {
    match (came, of) {
        _ if came >= of => format!("Delivered to all {of}"),
        _ => format!("Delivered to {came} of {of}"),
    }
}

/// Somebody's message that they took back.
pub fn withdrawn(name: &str) -> String {
    format!("{name} deleted this message")
}

pub const WITHDRAWN_OWN: &str = "You deleted this message";

/// The same in the list of conversations.
pub const WITHDRAWN_SHORT: &str = "deleted a message";

/// Whom the composer answers.
pub fn replying(name: &str) -> String {
    format!("Replying to {name}")
}

/// A quote, as a screen reader says it.
pub fn spoken_quote(name: &str, text: &str) -> String {
    format!("In reply to {name}: {text}")
}

/// Opens what can be done about a message.
pub fn menu(name: &str, text: &str) -> String {
    format!("Message menu: {name}: {text}")
}

/// Puts an emoji under a message.
pub fn react(name: &str) -> String {
    format!("React with {name}")
}

/// What a screen reader says of an emoji under a message.
pub fn spoken_reaction(emoji: &str, count: u16, own: bool) -> String {
    let others = count.saturating_sub(1);
    match (own, count, others) {
        (true, _, 0) => format!("{emoji}, you"),
        (true, _, 1) => format!("{emoji}, you and 1 other"),
        (true, _, others) => format!("{emoji}, you and {others} others"),
        (false, 1, _) => format!("{emoji}, 1 person"),
        (false, count, _) => format!("{emoji}, {count} people"),
    }
}

/// A member who can be named, said with the badge where two have one name.
pub fn mention(name: &str, badge: Option<&str>) -> String {
    match badge {
        Some(badge) => format!("@{name} {badge}"),
        None => format!("@{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_said_in_their_own_unit() {
        let said = TIMERS.map(timer);
        assert_eq!(said, ["5 minutes", "1 hour", "1 day", "1 week"]);
        assert_eq!(timer(90 * 86_400), "90 days");
        assert_eq!(timer(1), "1 second");
    }

    #[test]
    fn reactions_are_said_with_who_and_how_many() {
        assert_eq!(spoken_reaction("x", 3, true), "x, you and 2 others");
        assert_eq!(spoken_reaction("x", 1, true), "x, you");
        assert_eq!(spoken_reaction("x", 1, false), "x, 1 person");
    }

    #[test]
    fn reach_is_said_in_words() {
        assert_eq!(reach(3, 7), "Delivered to 3 of 7");
        assert_eq!(reach(7, 7), "Delivered to all 7");
    }
}
