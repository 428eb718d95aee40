//! The command line: reads arguments, starts the window, the headless node or
//! the relay, and turns every failure into one line and an exit code.
//!
//! What does not live here: anything that decides what a node does
//! (`mesh-core`), or how the window looks (`window`). `docs/HEADLESS.md` is the
//! contract of what this folder prints and reads.

mod address;
mod args;
mod failure;
mod headless;
mod log;
mod output;
mod passphrase;
mod relay;
mod signals;
mod wipe;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use mesh_core::node::{Node, NodeConfig};

use args::{Args, Mode};
use failure::Failure;

/// Runs the program with these arguments, the first of which is its own name.
///
/// Exit codes: 0 for a clean end, 1 for a node or a window that failed, 2 for
/// arguments, a profile or a passphrase that cannot be used.
pub fn run<I>(arguments: I) -> ExitCode
where
    I: IntoIterator<Item = OsString>,
{
    Node::protect_memory();
    let outcome = match Args::try_parse_from(arguments) {
        Ok(args) => dispatch(args),
        Err(error) if error.use_stderr() => Err(args::fold(&error)),
        // `help` and `--version`: clap has the text, and a reader that left is no failure.
        Err(text) => {
            let _ = text.print();
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // There is nobody left to tell if this fails.
            let _ = writeln!(std::io::stderr(), "starling: {failure}");
            failure.exit_code()
        }
    }
}

fn dispatch(args: Args) -> Result<(), Failure> {
    match args.mode {
        None => window(args.profile),
        Some(Mode::Headless(options)) => headless::run(required(args.profile)?, options),
        Some(Mode::Relay(options)) => relay::run(required(args.profile)?, options),
        Some(Mode::Wipe) => wipe::run(&required(args.profile)?),
        Some(Mode::Notice(options)) => crate::notice_window::run(&options.sentence)
            .map_err(|error| Failure::running(error.to_string())),
    }
}

/// Looks at the profile before the window opens: one that another process holds, or
/// that cannot be used, is said at once and not after the passphrase.
fn window(profile: Option<PathBuf>) -> Result<(), Failure> {
    log::init(log::Level::Warn);
    let profile = match profile {
        Some(profile) => profile,
        None => default_profile()?,
    };
    Node::check_profile(&profile)
        .map_err(Failure::from)
        .inspect_err(|failure| crate::notice_window::show_apart(&failure.to_string()))?;
    let node = NodeConfig::new(profile);
    crate::window::run(crate::window::WindowConfig { node })
        .map_err(|error| Failure::running(error.to_string()))
}

/// Machines name their profile: a bot must never open a person's own by accident.
fn required(profile: Option<PathBuf>) -> Result<PathBuf, Failure> {
    profile.ok_or_else(|| Failure::usage("name a profile folder with --profile DIR"))
}

/// Where the window keeps its profile unless told otherwise.
fn default_profile() -> Result<PathBuf, Failure> {
    directories::ProjectDirs::from("", "", "starling")
        .map(|dirs| dirs.data_local_dir().join("profile"))
        .ok_or_else(|| {
            Failure::usage(
                "this account has no home folder: name a profile folder with --profile DIR",
            )
        })
}
