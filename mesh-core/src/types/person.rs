//! What we know of a person, and how well.

/// How we know that a contact's keys are that person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Trust {
    /// As good as the way that the card took: whoever handed it on may have put
    /// another in its place.
    #[default]
    Unverified,
    /// Another contact vouched for it, and may be wrong or lie.
    Introduced,
    /// Both people compared the same six emoji.
    Verified,
}

/// Where a person stands with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Standing {
    /// Wrote to us, and was neither accepted nor refused.
    Asking,
    /// A contact.
    #[default]
    Accepted,
    /// Nothing of theirs is opened, kept or told.
    Blocked,
}
