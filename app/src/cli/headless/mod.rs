//! `starling headless`: a node that speaks JSON-RPC 2.0, one object a line, on
//! standard input and output.
//!
//! The loop here waits for one thing at a time: a line, an event of the node, a
//! signal. `rpc` reads and writes the envelope of the calls, `methods` says what
//! each call means, `events` how events look, `input` cuts lines out of a hostile
//! stream. The contract is `docs/HEADLESS.md`.

mod events;
mod input;
mod methods;
mod rpc;
mod service;

use std::path::PathBuf;
use std::time::Duration;

use mesh_core::api::Event;
use mesh_core::node::{EventStream, Node, NodeError, NodeHandle, ProfileState};

use super::args::HeadlessArgs;
use super::failure::Failure;
use super::output::Output;
use super::signals::Signals;
use super::{log, passphrase};

/// Lines that wait for a slow reader: as many as the node's own event queue.
const OUTPUT_LINES_MAX: usize = mesh_core::limits::EVENT_QUEUE_CAP;
/// A node that takes longer to stop is left behind; all it acknowledged is on disk.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs until `shutdown`, the end of input, a signal, or until nobody reads
/// standard output.
pub(crate) fn run(profile: PathBuf, args: HeadlessArgs) -> Result<(), Failure> {
    log::init(args.net.log);
    let passphrase = passphrase::read(&args.passphrase_file)?;
    if args.no_ble {
        tracing::debug!("--no-ble changes nothing: this version has no Bluetooth");
    }
    runtime()?.block_on(async {
        let mut signals = Signals::catch().map_err(start_failure)?;
        let (handle, mut events) = open(profile, args, &passphrase)?;
        drop(passphrase);
        let (lines, output) =
            Output::start(std::io::stdout(), OUTPUT_LINES_MAX).map_err(start_failure)?;
        let input = input::start().map_err(start_failure)?;
        let outcome = service::Service::new(&handle, lines.clone())
            .run(&mut events, input, &mut signals)
            .await;
        drop(lines);
        let stopped = stop(&handle, &mut events).await;
        output.finish().await;
        outcome.and(stopped)
    })
}

/// Creates the profile where there is none, unlocks it where there is one.
fn open(
    profile: PathBuf,
    args: HeadlessArgs,
    passphrase: &str,
) -> Result<(NodeHandle, EventStream), Failure> {
    let state = Node::profile_state(&profile);
    let (name, config) = (args.name, args.net.config(profile, args.kdf));
    match state {
        ProfileState::Locked => Ok(Node::unlock(config, passphrase)?),
        ProfileState::Absent => {
            // A bot need not care what it is called; readers tell authors apart by key.
            let name = name.unwrap_or_else(|| "someone".to_owned());
            Ok(Node::create(config, &name, passphrase)?)
        }
        ProfileState::Unreadable(reason) => {
            let path = config.profile;
            Err(NodeError::Unreadable { path, reason }.into())
        }
    }
}

/// One thread is enough: the node brings its own.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(start_failure)
}

/// The system refused a thread, a timer or a signal handler.
pub(super) fn start_failure(error: std::io::Error) -> Failure {
    Failure::running(format!("the program could not start: {error}"))
}

/// What it means that the node has stopped.
pub(super) fn stopped(error: Option<String>) -> Result<(), Failure> {
    match error {
        Some(sentence) => Err(Failure::running(sentence)),
        None => Ok(()),
    }
}

/// Asks the node to stop and waits until it has; a node that stopped before
/// answers at once.
pub(super) async fn stop(handle: &NodeHandle, events: &mut EventStream) -> Result<(), Failure> {
    handle.shutdown();
    let last = async {
        loop {
            match events.next().await {
                Some(Event::Stopped { error }) => return stopped(error),
                Some(_) => {}
                None => return Ok(()),
            }
        }
    };
    match tokio::time::timeout(STOP_TIMEOUT, last).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::running("the node did not stop within 10 seconds")),
    }
}
