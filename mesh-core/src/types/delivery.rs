//! What became of a message. Four different facts, never called "sent".

/// How far a message is known to have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// Own: kept here, no neighbour took it yet.
    Waiting,
    /// Own: at least one neighbour took it.
    WithMesh,
    /// Own: an addressee's device confirmed it.
    Delivered,
    /// Own: an addressee said they read it.
    Read,
    /// Somebody else's: it came to us.
    Received,
}
