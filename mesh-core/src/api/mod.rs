//! The vocabulary between a node and whoever runs it (window, JSON-RPC, tests).
//!
//! Floor 1. Commands go in, events come out; an answer repeats the
//! [`crate::types::RequestId`] of its command. Nothing here does anything; `address` reads what a person typed.

mod address;
mod command;
mod event;
mod group;
mod people;
mod query;
mod strength;

pub use address::{AddressError, address_link, parse_dial, parse_listen};
pub use command::{ChannelSpec, Command, MessageCommand};
pub use event::{Answer, CommandError, Event};
pub use group::{Arrest, GroupCommand, GroupView, MemberView};
pub use people::{ContactView, EmojiView, IntroductionView, PeopleCommand, Receipts, RequestView};
pub use query::{
    ChannelSecret, Clock, ConversationView, LinkView, Notice, Page, Pushed, Query, Status, Stored,
};
pub use strength::{Grade, Strength};
