//! Groups, layer by layer.

mod op;
