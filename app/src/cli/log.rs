//! Logs: to standard error, ours only, nothing about people in them.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// And what is odd.
    Warn,
    /// And what happens.
    Info,
    /// And how.
    Debug,
    /// Everything, of the libraries below us too: may hold network addresses.
    Trace,
}

/// Starts logging; a second call changes nothing.
pub(crate) fn init(level: Level) {
    // The environment is not read: a variable left over from elsewhere must not
    // make a profile talkative.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives(level)))
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .try_init();
}

/// Other crates print addresses as they like, so they are heard at `trace` alone.
fn directives(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::Error => "off,starling=error,mesh_core=error",
        Level::Warn => "off,starling=warn,mesh_core=warn",
        Level::Info => "off,starling=info,mesh_core=info",
        Level::Debug => "off,starling=debug,mesh_core=debug",
        Level::Trace => "debug,starling=trace,mesh_core=trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_silent_below_trace() {
        for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
            assert!(directives(level).starts_with("off,"), "{level:?}");
        }
    }

    #[test]
    fn every_level_is_a_filter_that_parses() {
        for level in Level::value_variants() {
            assert!(EnvFilter::try_new(directives(*level)).is_ok(), "{level:?}");
        }
    }
}
