//! Before each frame, and also while the window is hidden: events in, effects out.

use std::time::Duration;

use egui::{Context, ViewportCommand};
use mesh_core::api::{Command, Event};

use super::update::{Effect, refreshes, settle, update};
use super::{Local, StarlingApp, stage, work};
use crate::model::{Model, Stage, apply};
use crate::text;
use crate::theme;

/// Events applied before one frame; the rest waits for the next, so that a flood
/// does not freeze the window.
const EVENTS_PER_FRAME: usize = 512;
/// After the node was busy, refreshes are tried again after this.
const BUSY_PAUSE: Duration = Duration::from_millis(200);

impl StarlingApp {
    /// Brings the model up to date and does what follows from it.
    pub fn logic(&mut self, ctx: &Context) {
        let focused = ctx.input(|input| input.viewport().focused.unwrap_or(input.focused));
        if focused != self.model.focused {
            self.actions.push(crate::action::Action::Focus(focused));
        }
        self.take_done(ctx);
        self.run_actions(ctx);
        self.drain(ctx);
        self.send_refreshes(ctx);
        self.tidy(ctx);
    }

    /// Carries out what the screens asked for.
    pub(super) fn run_actions(&mut self, ctx: &Context) {
        for action in self.actions.take() {
            for effect in update(&mut self.model, action) {
                self.run(ctx, effect);
            }
        }
    }

    fn run(&mut self, ctx: &Context, effect: Effect) {
        let wake = {
            let ctx = ctx.clone();
            move || ctx.request_repaint()
        };
        match effect {
            Effect::Command(command) => {
                self.send(command);
            }
            Effect::Start(start) => {
                let done = self.done.0.clone();
                work::start(&self.worker, self.gate.clone(), start, done, wake);
            }
            Effect::Erase => {
                work::erase(&self.worker, self.gate.clone(), self.done.0.clone(), wake);
            }
            Effect::Wipe => self.wipe(ctx),
            Effect::Reopen => {
                let theme = self.model.theme;
                self.model = Model {
                    theme,
                    ..Model::new(stage(self.gate.as_ref()))
                };
            }
            Effect::Copy(text) => ctx.copy_text(text.0),
        }
    }

    /// Destroys the profile, with the node that runs on it.
    fn wipe(&mut self, ctx: &Context) {
        let ctx = ctx.clone();
        let wake = move || ctx.request_repaint();
        let (gate, done) = (self.gate.clone(), self.done.0.clone());
        work::wipe(&self.worker, gate, self.link.take(), done, wake);
    }

    /// Gives a command to the node; false if its queue was full.
    fn send(&mut self, command: Command) -> bool {
        let request = command.request();
        let Some(link) = &mut self.link else {
            apply::refused(&mut self.model, request, text::STOPPED_TITLE);
            return true;
        };
        match link.send(command) {
            Ok(()) => true,
            Err(busy) => {
                apply::busy(&mut self.model, request, &busy.to_string());
                false
            }
        }
    }

    fn take_done(&mut self, ctx: &Context) {
        while let Ok((outcome, link)) = self.done.1.try_recv() {
            let is_late = matches!(self.model.stage, Stage::Wiped { .. }) && link.is_some();
            if is_late {
                // It was being started while the person destroyed the profile.
                self.link = link;
                self.wipe(ctx);
                continue;
            }
            settle(&mut self.model, outcome);
            if let Some(mut link) = link {
                let ctx = ctx.clone();
                link.set_waker(Box::new(move || ctx.request_repaint()));
                self.link = Some(link);
            }
        }
    }

    fn drain(&mut self, ctx: &Context) {
        for _ in 0..EVENTS_PER_FRAME {
            let Some(event) = self.link.as_mut().and_then(|link| link.poll()) else {
                return;
            };
            let has_stopped = matches!(event, Event::Stopped { .. });
            if let Some(command) = apply::apply(&mut self.model, event) {
                self.send(command);
            }
            if has_stopped {
                self.link = None;
            }
        }
        ctx.request_repaint();
    }

    fn send_refreshes(&mut self, ctx: &Context) {
        let can_ask = matches!(self.model.stage, Stage::Main | Stage::Locked { .. });
        if self.link.is_none() || !can_ask {
            return;
        }
        self.is_node_busy = false;
        for command in refreshes(&mut self.model) {
            if !self.send(command) {
                self.is_node_busy = true;
                ctx.request_repaint_after(BUSY_PAUSE);
            }
        }
    }

    /// What follows from the model outside of it: title, theme, forms to forget.
    fn tidy(&mut self, ctx: &Context) {
        let title = text::window_title(self.model.unread());
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
        ctx.set_theme(theme::preference(self.model.theme));
        let is_open = self.model.stage == Stage::Main;
        if is_open != self.is_open {
            self.is_open = is_open;
            // On the way in passphrases have served; on the way out nothing of the person
            // is kept. Fields remember what was typed, to undo it.
            self.local = Local::default();
            ctx.data_mut(|data| data.clear());
        }
        if self.model.route.dialog.is_none() {
            self.local.channel = Default::default();
            self.local.contacts = Default::default();
            self.local.groups = Default::default();
            self.local.sos = Default::default();
            self.local.safety = Default::default();
        }
        let form = &mut self.local.onboarding;
        if core::mem::take(&mut form.wants_suggestion) {
            form.passphrase = self.gate.generate_phrase();
            form.repeat.clear();
            (form.visible, form.suggested, form.needs_strength) = (true, true, true);
        }
        if core::mem::take(&mut form.needs_strength) {
            let typed = !form.passphrase.is_empty();
            form.strength = typed.then(|| self.gate.strength(&form.passphrase));
        }
    }
}
