//! Sentences about people: cards, requests, contacts, and how sure we are of them.

#![allow(missing_docs, reason = "each constant is its own explanation")]

use mesh_core::limits::RESEND_DAYS;
use mesh_core::types::{Trust, Wall};

use super::{YOU, list_day};
use crate::clock::Moment;

pub const TITLE: &str = "Contacts";
pub const SAVED: &str = "Saved";
pub const WORKING: &str = "One moment…";

// The list.
pub const ME: &str = "My profile…";
pub const SHARE: &str = "Share my card…";
pub const ADD: &str = "Add a person…";
pub const ASKING: &str = "Want to write to you";
pub const ASKING_NOTE: &str = "Anyone who has your card can write to you. Accepting tells them that you are there; declining tells nobody.";
pub const ACCEPT: &str = "Accept";
pub const DECLINE: &str = "Decline";
pub const CONTACTS: &str = "People I know";
pub const NO_CONTACTS: &str =
    "Nobody yet. Share your card with a person, or add one by the link of theirs.";

// The own card.
pub const CARD_TITLE: &str = "Share my card";
pub const CARD_TEXT: &str = "People with my card can reach me: whoever has it can write to me, and sees my name. It opens nothing that was written.";
pub const CARD_ONCE: &str = "Once shared, your keys for strangers go out to the mesh every day, so that those people can write.";
pub const CARD_SHOW: &str = "Show my card";
pub const CARD_LINK: &str = "Link of my card";
pub const CARD_QR: &str = "QR code of my card";
pub const CARD_COPY: &str = "Copy link";

// Adding somebody.
pub const ADD_TITLE: &str = "Add a person";
pub const ADD_TEXT: &str = "Paste the link of their card. It begins with “starling:c/”.";
pub const LINK: &str = "Link";
pub const LINK_HINT: &str = "starling:c/…";
pub const PETNAME: &str = "What I call them";
pub const PETNAME_HINT: &str = "Only you see this; empty for the name they chose";
pub const ADD_BUTTON: &str = "Add";
pub const ADD_NOTE: &str =
    "You can write at once. It goes out as soon as their keys have come over the mesh.";

// One person.
pub const PERSON: &str = "Person";
pub const ABOUT: &str = "About…";
pub const BADGE: &str = "Badge";
pub const VERIFIED: &str = "Verified: you compared the emoji";
pub const UNVERIFIED: &str = "Not verified: the card may have been swapped on its way";
pub const VERIFIED_SHORT: &str = "Verified";
pub const INTRODUCED_SHORT: &str = "Introduced";
pub const UNVERIFIED_SHORT: &str = "Not verified";
pub const BLOCKED_SHORT: &str = "Blocked";
pub const RESTARTED_SHORT: &str = "Began anew: compare the emoji again";
pub const CONNECTED: &str = "Connected: you have heard from each other";
pub const NOT_CONNECTED: &str =
    "Not connected yet: what you write waits for them, or goes out under keys they published";
pub const QUANTUM_SAFE: &str = "What you write now also withstands a later quantum computer";
pub const NOT_QUANTUM_SAFE: &str =
    "What you write now is encrypted, but not yet against a later quantum computer";
pub const RESTARTED: &str = "This person began anew: on another laptop, with an old copy of their profile, or it is somebody else. What they write is shown. What you write goes where it went before, until you compare the emoji or go on with them as they are now.";
pub const GO_ON: &str = "Go on as they are now";
pub const IGNORE: &str = "Ignore it";
pub const BLOCKED: &str = "You have blocked this person: nothing of theirs is opened or shown.";
pub const SAVE: &str = "Save";
pub const WRITE: &str = "Write";
pub const COMPARE: &str = "Compare emoji…";
pub const BLOCK_ASK: &str = "Block…";
pub const UNBLOCK: &str = "Unblock";
pub const REMOVE_ASK: &str = "Remove…";

// Comparing emoji.
pub const CHECK_TITLE: &str = "Compare emoji";
pub const CHECK_WAIT: &str = "It is tried again by itself.";
pub const CHECK_NOTE: &str =
    "If both screens show these six, in this order, nobody stands between you.";
pub const MATCH: &str = "They match";
pub const DIFFER: &str = "They differ";
pub const DIFFERENT_TITLE: &str = "Somebody may stand between you";
pub const DIFFERENT_POINTS: [&str; 3] = [
    "Make sure that you looked at each other’s names, and at all six in order.",
    "If they still differ, write nothing here that matters.",
    "Meet, remove each other, and add each other from the other’s screen.",
];
pub const SAFETY_NUMBER: &str = "Safety number";
pub const SAFETY_NUMBER_NOTE: &str =
    "The same on both screens as long as neither of you changes keys";

// Block and remove.
pub const BLOCK_TITLE: &str = "Block this person?";
pub const BLOCK_POINTS: [&str; 3] = [
    "Nothing they write is opened, kept or shown, and they are told nothing.",
    "The conversation goes out of your list. What is in it stays on this laptop.",
    "You can unblock them again.",
];
pub const BLOCK: &str = "Block";
pub const REMOVE_TITLE: &str = "Remove this person?";
pub const REMOVE_POINTS: [&str; 3] = [
    "The conversation is deleted from this laptop, for good.",
    "The keys that you share are forgotten: what is still on its way cannot be opened.",
    "They are not told, and what they go on writing does not arrive.",
];
pub const REMOVE: &str = "Remove and delete";

// The own name and receipts.
pub const ME_TITLE: &str = "My profile";
pub const MY_NAME: &str = "My name";
pub const MY_NAME_NOTE: &str = "Contacts see a new name with your next message";
pub const RENAME: &str = "Change";
pub const RECEIPTS: &str = "Tell people that I have read their messages";
pub const RECEIPTS_NOTE: &str =
    "Receipts go to contacts only, never to a channel. That a message arrived is always told.";

// A conversation with one person.
pub const NO_MESSAGES: &str = "Only the two of you can read what is written here.";
pub const WAITING: &str = "Waiting for someone near";

/// The button that leads to people, and how many ask.
pub fn button(asking: usize) -> String {
    match asking {
        0 => format!("{TITLE}…"),
        _ => format!("{TITLE}… ({asking} new)"),
    }
}

/// How sure we are of somebody, and who can read a conversation with them.
pub fn sign(name: &str, trust: &str) -> String {
    format!("{trust} – encrypted for {name} alone")
}

/// How sure we are of somebody, in words.
pub fn trust(trust: Trust, introduced_by: Option<&str>) -> String {
    match (trust, introduced_by) {
        (Trust::Verified, _) => VERIFIED.to_owned(),
        (Trust::Introduced, Some(by)) => {
            format!("Introduced by {by}, who may be wrong: compare the emoji yourself")
        }
        (Trust::Introduced, None) => {
            "Introduced by a contact, who may be wrong: compare the emoji yourself".to_owned()
        }
        (Trust::Unverified, _) => UNVERIFIED.to_owned(),
    }
}

/// The same in a word.
pub fn trust_short(trust: Trust) -> &'static str {
    match trust {
        Trust::Verified => VERIFIED_SHORT,
        Trust::Introduced => INTRODUCED_SHORT,
        Trust::Unverified => UNVERIFIED_SHORT,
    }
}

/// What somebody calls themselves, where the petname stands above.
pub fn claims(name: &str) -> String {
    format!("Calls themselves “{name}”")
}

/// Somebody whose name could be taken for another's.
pub fn looks_like(others: &str) -> String {
    format!("This name looks like that of {others}. Look at the badge, and make sure who it is.")
}

/// When somebody was added or wrote first.
pub fn since(now: Moment, wall: Wall) -> String {
    format!("Contact since {}", list_day(now, wall))
}

/// What to do before comparing.
pub fn check_text(name: &str) -> String {
    format!(
        "Ask {name} to open the same page on their laptop. Read these to each other, face to \
         face or by a voice you know."
    )
}

/// What a screen reader says of a row of contacts.
pub fn spoken_contact(name: &str, signs: &str) -> String {
    format!("{name}, {signs}")
}

/// Accept, said with the name.
pub fn accept(name: &str) -> String {
    format!("{ACCEPT} {name}")
}

/// Decline, said with the name.
pub fn decline(name: &str) -> String {
    format!("{DECLINE} {name}")
}

/// Block, said with the name.
pub fn block(name: &str) -> String {
    format!("{BLOCK} {name}…")
}

/// What is said while nobody is near, in a conversation with one person.
pub fn nobody_near() -> String {
    format!(
        "Nobody near yet. What you write waits here and goes out when someone with Starling \
         comes near. It is tried for {RESEND_DAYS} days."
    )
}

/// The last own line of a list row.
pub fn preview(own: bool, text: &str) -> String {
    if own {
        format!("{YOU}: {text}")
    } else {
        text.to_owned()
    }
}
