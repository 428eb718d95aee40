//! A person before a window with a fake node behind it, for tests of several files.

#![allow(dead_code, reason = "each test file uses its own part of the window")]
#![allow(unreachable_pub, reason = "a module of tests")]

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use mesh_core::api::Command;
use mesh_core::node::ProfileState;
use mesh_core::types::{ConversationId, ConversationKind, Lifetime, MessageClass};
use starling::app::{StarlingApp, Worker};
use starling::clock::Clock;
use starling::testing::{FakeGate, PASSPHRASE, moment, view};
use starling::text;
use starling::theme::Looks;

/// The conversation that is there.
pub const NEARBY: ConversationId = ConversationId([1; 16]);

/// A person before a window.
pub struct Person {
    /// The window.
    pub harness: Harness<'static, Option<StarlingApp>>,
    /// The node behind it.
    pub gate: FakeGate,
    /// What takes long.
    pub worker: Worker,
}

impl Person {
    /// A window of this width on what `gate` leads to.
    pub fn at(gate: FakeGate, width: f32) -> Self {
        let worker = Worker::held();
        let (made, held) = (gate.clone(), worker.clone());
        let app = move |ui: &mut egui::Ui, app: &mut Option<StarlingApp>| {
            if let Some(app) = app {
                app.logic(ui.ctx());
                app.draw(ui);
            } else {
                // Fonts come into force with the next frame.
                let looks = Looks::embedded().unwrap();
                let (gate, clock) = (Arc::new(made.clone()), Clock::Fixed(moment()));
                let new = StarlingApp::new(ui.ctx(), gate, clock, looks, held.clone());
                *app = Some(new);
                ui.ctx().request_repaint();
            }
        };
        let size = egui::vec2(width, 760.0);
        let harness = Harness::builder().with_size(size).build_ui_state(app, None);
        let mut person = Self {
            harness,
            gate,
            worker,
        };
        person.settle();
        person
    }

    /// A window on an opened profile with one conversation.
    pub fn unlocked(width: f32) -> Self {
        let gate = FakeGate::new(ProfileState::Locked);
        let nearby = view(NEARBY, ConversationKind::Public, "nearby");
        gate.state().conversations.push(nearby);
        let mut person = Self::at(gate, width);
        person.type_into(text::PASSPHRASE, PASSPHRASE);
        person.press(text::UNLOCK);
        person.worker.finish();
        person.settle();
        person
    }

    /// A spinner never comes to rest: a fixed number of frames instead.
    pub fn settle(&mut self) {
        self.harness.run_steps(8);
    }

    /// Presses what has this label.
    pub fn press(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    /// Types into the field with this label.
    pub fn type_into(&mut self, label: &str, typed: &str) {
        self.harness.get_by_label(label).focus();
        self.settle();
        self.harness.get_by_label(label).type_text(typed);
        self.settle();
    }

    /// Presses a key.
    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Whether something on screen has this in its label.
    pub fn sees(&self, label: &str) -> bool {
        self.harness
            .query_all_by_label_contains(label)
            .next()
            .is_some()
    }

    /// The texts that were sent.
    pub fn sent(&self) -> Vec<String> {
        let state = self.gate.state();
        let texts = state.sent.iter().filter_map(|command| match command {
            Command::Send { text, .. } => Some(text.0.clone()),
            _ => None,
        });
        texts.collect()
    }

    /// What was sent last, as what, and for how long.
    pub fn sent_last(&self) -> Option<(String, MessageClass, Option<Lifetime>)> {
        let state = self.gate.state();
        state.sent.iter().rev().find_map(|command| match command {
            Command::Send {
                text,
                class,
                lifetime,
                ..
            } => Some((text.0.clone(), *class, *lifetime)),
            _ => None,
        })
    }

    /// Opens the conversation that is there.
    pub fn open_nearby(&mut self) {
        let label = text::spoken_conversation("nearby", text::PUBLIC, 0);
        self.press(&label);
    }
}

/// Where a character lies in the texture of glyphs, and how large it is.
pub fn picture(person: &Person, symbol: char) -> ([u16; 2], [u16; 2]) {
    let font = egui::FontId::proportional(36.0);
    let galley = person
        .harness
        .ctx
        .fonts_mut(|fonts| fonts.layout_no_wrap(symbol.to_string(), font, egui::Color32::BLACK));
    let row = galley.rows.first().unwrap();
    let drawn = row.row.glyphs.first().unwrap().uv_rect;
    (
        drawn.min,
        [drawn.max[0] - drawn.min[0], drawn.max[1] - drawn.min[1]],
    )
}
