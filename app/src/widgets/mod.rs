//! Pieces that several screens draw, and nothing that decides.

mod author;
mod controls;
mod delivery_mark;
mod dialog;
mod field;
mod hold;
mod message_beside;
mod message_bubble;
mod qr_code;
mod status_chip;
mod strength_bar;
mod timer_choice;

pub use author::{author_plain_ui, author_ui, avatar_ui, dot_ui};
pub use controls::{
    Tone, bullet_ui, busy_ui, button, buttons_ui, callout_ui, heading, icon_button, named,
    switch_ui, title, weak,
};
pub use dialog::{card_heading, card_ui, dialog_ui};
pub use field::{field_ui, focus_ring, hidden_ui, passphrase_ui};
pub use hold::{Hold, hold_ui};
pub use message_bubble::BubbleLayout;
pub use qr_code::qr_code_ui;
pub use status_chip::status_chip_ui;
pub use strength_bar::strength_bar_ui;
pub use timer_choice::timer_ui;
