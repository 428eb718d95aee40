//! A small window that says why Starling did not start.
//!
//! Whoever starts it from a menu sees no terminal. The window belongs to a process
//! of its own, so that the program that failed ends at once, with its exit code and
//! its line on standard error.

use std::io::IsTerminal as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use egui::{Frame, ViewportBuilder, ViewportCommand};

use crate::text;
use crate::theme::{self, Look, Looks};
use crate::widgets::{Tone, button, card_ui, title, weak};
use crate::window::{WindowError, has_desktop, plain};

/// The hidden command that opens it.
pub const COMMAND: &str = "notice-window";
/// It closes by itself after this: nobody may be there.
const SHOWN: Duration = Duration::from_secs(300);

/// Opens the window from another process, if the person would see nothing
/// otherwise: no terminal, and a desktop.
pub fn show_apart(sentence: &str) {
    if std::io::stderr().is_terminal() || !has_desktop() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let started = Command::new(program)
        .args([COMMAND, "--", sentence])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = started {
        tracing::debug!(%error, "no window that says why");
    }
}

/// Opens the window and returns when it has been closed.
pub fn run(sentence: &str) -> Result<(), WindowError> {
    let looks = Looks::embedded()?;
    let sizes = looks.of(egui::Theme::Light).sizes;
    let width = sizes.card_width + 2.0 * sizes.gap_xl;
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title(text::APP)
            .with_app_id("starling")
            .with_inner_size([width, sizes.window_height_min / 2.0 + sizes.gap_xl]),
        ..eframe::NativeOptions::default()
    };
    let sentence = sentence.to_owned();
    eframe::run_native(
        text::APP,
        options,
        Box::new(move |creation| {
            theme::install(&creation.egui_ctx, &looks);
            Ok(Box::new(Notice { looks, sentence }))
        }),
    )
    .map_err(plain)
}

struct Notice {
    looks: Looks,
    sentence: String,
}

impl eframe::App for Notice {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        let look = self.looks.of(ctx.theme()).clone();
        let ground = Frame::new().fill(look.colours.side.into());
        egui::CentralPanel::no_frame().frame(ground).show(ui, |ui| {
            if notice_ui(ui, &look, &self.sentence) {
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        });
        let shown_s = ctx.input(|input| input.time);
        if shown_s >= SHOWN.as_secs_f64() {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        ctx.request_repaint_after(SHOWN);
    }
}

/// Draws why; true when the person has read it.
pub fn notice_ui(ui: &mut egui::Ui, look: &Look, sentence: &str) -> bool {
    let mut is_read = false;
    card_ui(ui, look, |ui| {
        title(ui, look, text::NOT_STARTED);
        weak(ui, look, sentence);
        ui.add_space(look.sizes.gap_m);
        is_read = button(ui, look, Tone::Primary, true, text::CLOSE).clicked();
    });
    is_read
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    #[test]
    fn notice_says_why_and_goes_when_it_is_read() {
        let mut harness = Harness::builder().build_ui_state(
            |ui, (looks, is_read): &mut (Option<Looks>, bool)| match looks {
                Some(looks) => {
                    let look = looks.of(egui::Theme::Light).clone();
                    *is_read |= notice_ui(ui, &look, "It is in use by process 7.");
                }
                // Fonts come into force with the next frame.
                None => {
                    let embedded = Looks::embedded().unwrap();
                    theme::install(ui.ctx(), &embedded);
                    *looks = Some(embedded);
                    ui.ctx().request_repaint();
                }
            },
            (None, false),
        );
        harness.run_steps(4);
        harness.get_by_label("It is in use by process 7.");
        assert!(!harness.state().1);
        harness.get_by_label(text::CLOSE).click();
        harness.run_steps(4);
        assert!(harness.state().1);
    }
}
