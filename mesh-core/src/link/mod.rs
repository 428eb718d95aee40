//! One neighbour: frames out of its bytes, what to send it next, how it behaves.
//!
//! Floor 2. No store, no clock; decisions about ids are `gossip`'s
//! (`docs/protocol/link.md`).

mod bucket;
mod datagram;
mod fair;
mod framing;
mod handshake;
mod kind;
mod outgoing;
mod score;
mod share;
mod sos;

pub use bucket::Bucket;
pub use datagram::{Datagrams, Stray};
pub use fair::{FairQueue, Item, Order};
pub use framing::{FrameReader, FramingError, put_frame};
pub use handshake::{LinkCipher, Opened};
pub use kind::Allowance;
pub use outgoing::Outgoing;
pub use score::{Fault, Score};
pub use share::Share;
pub use sos::SosAllowance;
