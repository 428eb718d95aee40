//! Plain data that every floor shares: identifiers, time, messages, delivery.
//!
//! Floor 0. Imports nothing but the standard library. No behaviour beyond
//! arithmetic and formatting lives here.

mod carrier;
mod delivery;
mod group;
mod ids;
mod link;
mod message;
mod person;
mod time;

pub use carrier::CarrierStatus;
pub use delivery::Delivery;
pub use group::{MemberId, Role};
pub use ids::{
    ContactId, ConversationId, EnvelopeId, LinkId, MessageId, ParseIdError, RequestId, Source,
};
pub use link::{LinkInfo, LinkKind, LinkShape};
pub use message::{
    Author, ChannelKind, ConversationKind, Lifetime, Marks, Message, MessageClass, Reach, Reaction,
};
pub use person::{Standing, Trust};
pub use time::{Day, Mono, Now, Tick, Wall};
