//! What a person can ask about other people, and the plain structs that answer.

use crate::redact::Redacted;
use crate::types::{ContactId, ConversationId, Standing, Trust, Wall};

/// Something to be done about people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeopleCommand {
    /// Give the own card as a link, and let whoever has it reach this profile from
    /// now on: its keys for strangers go out at once and every day.
    ShareCard,
    /// Give the own card and a one-time key as a contact code for a screen. Ask again at
    /// its end, for as long as it is shown.
    ShowCode,
    /// A contact shows their return code on their screen: it proves that nobody stands
    /// between, as the emoji do.
    ConfirmCode {
        /// Whom.
        contact: ContactId,
        /// `SL1R:…`, as scanned.
        code: Redacted<String>,
    },
    /// Add a person by the link of their card. Messages can be written at once and
    /// go out when their keys are found. By their contact code they learn of it at once,
    /// and no keys need to be found.
    Add {
        /// `starling:c/…` or `SL1:…`, as typed or scanned.
        link: Redacted<String>,
        /// What to call them; the claimed name if none.
        petname: Option<Redacted<String>>,
    },
    /// Call a contact something else; nothing takes the petname back.
    SetPetname {
        /// Whom.
        contact: ContactId,
        /// At most [`crate::limits::PETNAME_BYTES_MAX`] bytes; empty for none.
        petname: Redacted<String>,
    },
    /// Forget a contact, the conversation, and every key shared with them.
    Remove {
        /// Whom.
        contact: ContactId,
    },
    /// The other person's screen shows these emoji: compare them with ours.
    Verify {
        /// Whom.
        contact: ContactId,
        /// As they were read out; spaces do not matter.
        emoji: Redacted<String>,
    },
    /// Open, keep and tell nothing of a person any more, or do again.
    Block {
        /// Whom.
        contact: ContactId,
        /// Whether they are blocked from now on.
        blocked: bool,
    },
    /// Make a contact of somebody who wrote to us, or go on with one who began anew
    /// without comparing emoji.
    Accept {
        /// Who asks.
        request: ContactId,
    },
    /// Forget somebody who wrote to us, or what a contact wrote who began anew.
    Decline {
        /// Who asks.
        request: ContactId,
    },
    /// Claim another name from now on.
    Rename {
        /// 1 to [`crate::limits::NAME_BYTES_MAX`] bytes on one line.
        name: Redacted<String>,
    },
    /// Tell two contacts of each other, each with our word for the other. Each decides for
    /// themselves whether to add the other.
    Introduce {
        /// One of them.
        contact: ContactId,
        /// The other.
        to: ContactId,
        /// What we say of both: at most [`crate::limits::INTRODUCTION_TEXT_BYTES_MAX`]
        /// bytes, may be empty.
        text: Redacted<String>,
    },
    /// Make a contact of somebody whom a contact introduced; of one who is a contact
    /// already, let the introducer's word count.
    AcceptIntroduction {
        /// Who introduced them.
        from: ContactId,
        /// Who was introduced.
        contact: ContactId,
    },
    /// Forget what a contact said of somebody.
    DeclineIntroduction {
        /// Who introduced them.
        from: ContactId,
        /// Who was introduced.
        contact: ContactId,
    },
    /// What others are told.
    SetReceipts(Receipts),
}

/// What the other side of a conversation is told of receipt and reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Receipts {
    /// Whether they are told that we read something.
    pub read: bool,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactView {
    /// Who.
    pub contact: ContactId,
    /// The conversation with them.
    pub conversation: ConversationId,
    /// The name they claim.
    pub name: Redacted<String>,
    /// What we call them; empty for none.
    pub petname: Redacted<String>,
    /// How well we know that the keys are theirs.
    pub trust: Trust,
    /// Whether they are blocked.
    pub standing: Standing,
    /// Which contact introduced them.
    pub introduced_by: Option<ContactId>,
    /// Whether both sides have each other's keys: until then what is written waits,
    /// or goes under the keys that they published.
    pub connected: bool,
    /// Whether what was written to them in this session stays secret from whoever
    /// records it now and has a large quantum computer later.
    pub quantum_safe: bool,
    /// Whether they began anew without showing that they know the session before: the
    /// emoji must be compared again.
    pub restarted: bool,
    /// Other contacts whose shown names could be taken for this one's.
    pub looks_like: Vec<ContactId>,
    /// When they were added.
    pub since: Wall,
}

/// Somebody who wrote to us and whom we do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestView {
    /// Who: to be named in the answer.
    pub request: ContactId,
    /// The name they claim.
    pub name: Redacted<String>,
    /// The first words of what they wrote.
    pub text: Redacted<String>,
    /// When it came.
    pub since: Wall,
    /// Whether they saw a contact code of ours lately, on our screen or on a picture of it.
    pub has_seen_code: bool,
    /// Contacts whose shown names could be taken for this one's.
    pub looks_like: Vec<ContactId>,
}

/// Somebody whom a contact vouches for, and who may lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntroductionView {
    /// Who vouches.
    pub from: ContactId,
    /// For whom.
    pub contact: ContactId,
    /// The name on their card.
    pub name: Redacted<String>,
    /// The same card as a link.
    pub link: Redacted<String>,
    /// What the introducer says; may be empty.
    pub text: Redacted<String>,
    /// When it came first.
    pub since: Wall,
    /// Whether they are a contact already, whose keys somebody now vouches for.
    pub is_contact: bool,
    /// Whether their keys came along, so that a first message goes out at once.
    pub can_write: bool,
    /// Other contacts whose shown names could be taken for this one's.
    pub looks_like: Vec<ContactId>,
}

/// Six emoji that both people see if nobody stands between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmojiView {
    /// Whose.
    pub contact: ContactId,
    /// Each with the English word for it.
    pub emoji: [(char, &'static str); 6],
    /// Sixty digits that say the same for as long as the keys live.
    pub safety_number: Redacted<String>,
}
