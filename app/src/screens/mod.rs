//! What is on show. In each folder `data.rs` decides what is shown, as a plain
//! struct built for every frame, and `ui.rs` draws it. A drawing function gets the
//! data, its own widget state and the queue of actions; it cannot reach the model
//! or the node.

pub mod channel;
pub mod chat;
pub mod contacts;
pub mod conversations;
pub mod groups;
pub mod onboarding;
pub mod people;
pub mod safety;
pub mod sos;
pub mod status;
pub mod unlock;
