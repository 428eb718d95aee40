//! Groups, layer by layer.

mod merge;
mod op;
mod sender_chain;
