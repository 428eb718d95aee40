//! The window: holds the model, the way to the node and what the screens remember.

mod logic;
mod ui;
pub mod update;
mod work;

use std::sync::{Arc, mpsc};

use mesh_core::node::ProfileState;
use mesh_core::types::Wall;

use crate::action::Actions;
use crate::clock::Clock;
use crate::model::{Entry, Model, Stage};
use crate::node_link::{Gate, NodeLink};
use crate::screens::{channel, chat, contacts, groups, onboarding, safety, sos, unlock};
use crate::theme::{self, Looks};

pub use work::{Job, Worker};

/// The window's contents; `eframe` or a test calls [`Self::logic`], then [`Self::draw`].
pub struct StarlingApp {
    /// What is true.
    pub model: Model,
    gate: Arc<dyn Gate>,
    link: Option<Box<dyn NodeLink>>,
    clock: Clock,
    looks: Looks,
    worker: Worker,
    done: (mpsc::Sender<work::Done>, mpsc::Receiver<work::Done>),
    local: Local,
    actions: Actions,
    title: String,
    /// Whether the profile was open in the last frame.
    is_open: bool,
    /// Whether the node's queue was full when the last refresh was tried.
    is_node_busy: bool,
    links_asked_at: Wall,
    emoji_asked_at: Wall,
}

/// What the screens remember from frame to frame.
#[derive(Default)]
struct Local {
    onboarding: onboarding::data::Form,
    unlock: unlock::data::Form,
    channel: channel::data::Form,
    contacts: contacts::data::Form,
    sos: sos::data::Form,
    safety: safety::data::Form,
    groups: groups::data::Form,
    chat: chat::ui::ChatLocal,
    address: String,
}

impl StarlingApp {
    /// A window on the profile behind `gate`.
    #[must_use]
    pub fn new(
        ctx: &egui::Context,
        gate: Arc<dyn Gate>,
        clock: Clock,
        looks: Looks,
        worker: Worker,
    ) -> Self {
        theme::install(ctx, &looks);
        Self {
            model: Model::new(stage(gate.as_ref())),
            gate,
            link: None,
            clock,
            looks,
            worker,
            done: mpsc::channel(),
            local: Local::default(),
            actions: Actions::default(),
            title: String::new(),
            is_open: false,
            is_node_busy: false,
            links_asked_at: Wall::default(),
            emoji_asked_at: Wall::default(),
        }
    }

    /// Stops the node, for when the window has been closed.
    pub fn stop(&mut self) {
        if let Some(link) = self.link.take() {
            link.stop();
        }
    }
}

/// What the folder asks for.
fn stage(gate: &dyn Gate) -> Stage {
    match gate.state() {
        ProfileState::Absent => Stage::Onboarding(Entry::default()),
        ProfileState::Locked => Stage::Unlock(Entry::default()),
        ProfileState::Unreadable(reason) => Stage::Unreadable { reason },
    }
}

impl eframe::App for StarlingApp {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        StarlingApp::logic(self, ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.stop();
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
