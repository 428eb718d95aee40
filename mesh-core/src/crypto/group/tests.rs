//! Groups, layer by layer.

mod merge;
mod op;
