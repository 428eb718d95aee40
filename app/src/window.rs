//! Opens the window.

use std::sync::Arc;

use egui::ViewportBuilder;
use mesh_core::node::NodeConfig;

use crate::app::{StarlingApp, Worker};
use crate::clock::Clock;
use crate::node_link::LiveGate;
use crate::text;
use crate::theme::{Looks, ThemeError};

/// What the window needs to know before it opens.
#[derive(Debug, Clone)]
pub struct WindowConfig {
    /// How to run the node; nothing is started before the person asks for it.
    pub node: NodeConfig,
}

/// Why there is no window. `Display` is one plain sentence for the person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// No display.
    #[error(
        "There is no desktop to open a window on: start Starling from a desktop, or run \
         `starling headless` instead."
    )]
    NoDesktop,
    /// There should be one, but it does not answer or a library is missing.
    #[error(
        "The desktop cannot be reached, or libraries that every desktop has are missing: \
         install them (on Debian: libx11-6 libx11-xcb1 libxcursor1 libxi6 \
         libxkbcommon-x11-0 libgl1), or run `starling headless` instead."
    )]
    NoLibrary,
    /// The graphics driver refused.
    #[error(
        "This desktop cannot draw the window because OpenGL is missing: install its driver \
         (on Debian: libgl1 libegl1), or run `starling headless` instead."
    )]
    NoGraphics,
    /// The program's own assets are broken.
    #[error("{0}")]
    Theme(#[from] ThemeError),
}

/// Opens the window and returns when it has been closed.
pub fn run(config: WindowConfig) -> Result<(), WindowError> {
    let clock = Clock::system();
    let looks = Looks::embedded()?;
    let sizes = looks.of(egui::Theme::Light).sizes;
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title(text::APP)
            .with_app_id("starling")
            .with_inner_size([sizes.window_width, sizes.window_height])
            .with_min_inner_size([sizes.window_width_min, sizes.window_height_min]),
        ..eframe::NativeOptions::default()
    };
    let gate = Arc::new(LiveGate::new(config.node));
    let opened = eframe::run_native(
        text::APP,
        options,
        Box::new(move |creation| {
            let worker = Worker::Thread;
            let app = StarlingApp::new(&creation.egui_ctx, gate, clock, looks, worker);
            Ok(Box::new(app))
        }),
    );
    opened.map_err(plain)
}

/// The raw error names source files and spans lines: it goes to the log alone.
pub(crate) fn plain(error: eframe::Error) -> WindowError {
    tracing::debug!(%error, "no window");
    match error {
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
            if has_desktop() {
                WindowError::NoLibrary
            } else {
                WindowError::NoDesktop
            }
        }
        _ => WindowError::NoGraphics,
    }
}

/// On X11 and Wayland a variable says that there is one; elsewhere there always is.
pub(crate) fn has_desktop() -> bool {
    let named = ["DISPLAY", "WAYLAND_DISPLAY"];
    let is_set = named
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    is_set || cfg!(any(windows, target_os = "macos"))
}
