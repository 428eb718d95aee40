//! Groups, layer by layer.

mod group;
mod merge;
mod op;
mod sender_chain;
mod twin;
