//! The app: the window and the command line over `mesh-core`.
//!
//! A library, so that tests can build every part; `main.rs` only calls [`cli::run`].

pub mod cli;

/// The seam to the window: what the command line needs of it, and no more.
mod window {
    use std::path::PathBuf;

    /// What the window is started with.
    #[derive(Debug)]
    pub(crate) struct WindowConfig {
        /// Profile folder; created where it is missing.
        pub(crate) profile: PathBuf,
    }

    /// Opens the window and returns when it is closed.
    pub(crate) fn run(config: WindowConfig) -> anyhow::Result<()> {
        anyhow::bail!(
            "there is no window in this build to open {} with",
            config.profile.display()
        )
    }
}
