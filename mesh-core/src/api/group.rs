//! What a person can ask about groups, and the plain structs that answer.

use crate::redact::Redacted;
use crate::types::{ContactId, ConversationId, MemberId, Role};

/// Something to be done about groups. To leave one there is [`super::Command::Leave`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupCommand {
    /// Found a group. Members come in as their devices answer; what is written until
    /// then they do not see.
    Create {
        /// What it is called here, and suggested to those who come: 1 to
        /// [`crate::limits::GROUP_NAME_BYTES_MAX`] bytes on one line.
        name: Redacted<String>,
        /// Contacts to be asked in.
        members: Vec<ContactId>,
    },
    /// Ask a contact in. Admins only.
    Add {
        /// Which group.
        conversation: ConversationId,
        /// Whom.
        contact: ContactId,
    },
    /// Cut a member off. Admins only; a senior goes when two admins say so.
    Remove {
        /// Which group.
        conversation: ConversationId,
        /// Whom.
        member: MemberId,
    },
    /// Let a member do more, or less.
    SetRole {
        /// Which group.
        conversation: ConversationId,
        /// Whom.
        member: MemberId,
        /// At most our own.
        role: Role,
    },
    /// Call a group something else, here and nowhere else.
    Rename {
        /// Which group.
        conversation: ConversationId,
        /// As in `Create`.
        name: Redacted<String>,
    },
    /// Somebody was arrested: cut them off in every group where we may, sign the removal
    /// where another admin must sign too, and say where neither is possible.
    Arrested {
        /// A group they are in.
        conversation: ConversationId,
        /// Whom.
        member: MemberId,
    },
    /// Go on without somebody whom we may not remove: nothing of ours goes to this group
    /// any more, and another with the same people but one is founded.
    ContinueWithout {
        /// Which group.
        conversation: ConversationId,
        /// Whom.
        member: MemberId,
    },
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// Which one.
    pub conversation: ConversationId,
    /// What it is called here.
    pub name: Redacted<String>,
    /// Everybody in it, ourselves first, then by seniority, then in the order in which
    /// they came.
    pub members: Vec<MemberView>,
    /// Contacts who were asked in and whose devices have not answered yet.
    pub invited: Vec<ContactId>,
    /// What we may do; `None` once we were removed or went on without somebody.
    pub role: Option<Role>,
    /// Whether everybody who is a member, and nobody else, can read what is written now;
    /// until then it waits for new keys, for half a minute or so.
    pub is_ready: bool,
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Who, in this group only.
    pub member: MemberId,
    /// First 8 bytes of the key that signs their messages: as in
    /// [`crate::types::Author::badge`].
    pub badge: [u8; 8],
    /// Whether it is us.
    pub is_us: bool,
    /// The contact whom we asked in, or who did so with us: nobody else is known to be
    /// one.
    pub contact: Option<ContactId>,
    /// Of the contact, or the name they claim in their messages; empty if there are none.
    pub name: Redacted<String>,
    /// What they may do.
    pub role: Role,
    /// Whether another admin wants them removed and only our signature is missing.
    pub awaits_removal: bool,
}

/// What came of [`GroupCommand::Arrested`], by group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrest {
    /// They are cut off.
    pub removed: Vec<ConversationId>,
    /// We signed; another admin must, too.
    pub signed: Vec<ConversationId>,
    /// We may do nothing there but go on without them.
    pub left: Vec<ConversationId>,
}
