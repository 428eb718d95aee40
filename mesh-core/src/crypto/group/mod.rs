//! Groups of 5 to 200 people (`docs/protocol/crypto.md`, "Groups").

// Taken off when the state that uses all of it is here.
#![allow(dead_code)]

mod history;
mod hpke;
mod member;
mod merge;
mod op;
mod roster;
mod sender_chain;
mod wrap;

pub use self::history::Refused;
pub use self::member::{GroupId, Member, MemberId, OwnKeys, Role, Roster};
pub use self::op::{Changes, Consent, Eid, OP_BYTES_MAX, Operation};
pub use self::sender_chain::{GROUP_MESSAGE_OVERHEAD_BYTES, GroupTags, Purpose};
#[cfg(test)]
mod tests;
