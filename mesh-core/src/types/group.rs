//! Who is in a group.

/// Names a member in one group: `H("starling/1 member" ‖ gid ‖ GSK)[..16]`. There are
/// no indices, so that concurrent changes need not agree on any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub [u8; 16]);

/// What a member may do; each may do all that the ones before may. Whoever has the
/// greater role is the senior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Writes, leaves, and renews keys.
    Member,
    /// Adds, removes juniors, and gives roles up to its own.
    Admin,
    /// The first senior: who founded the group.
    Owner,
}
