//! `starling relay`: carries for others, reads nothing, prints one line a minute.

use std::path::PathBuf;
use std::time::Duration;

use mesh_core::api::{Answer, Command, Event, Query, Status};
use mesh_core::node::{EventStream, Node, NodeHandle};
use tokio::time::MissedTickBehavior;

use super::args::{Kdf, RelayArgs};
use super::failure::Failure;
use super::output::{Lines, Output};
use super::signals::Signals;
use super::{headless, log};

/// How often a line is printed.
const LINE_INTERVAL: Duration = Duration::from_secs(60);
/// Lines that wait for a slow reader; the rest is dropped, the next says it again.
const LINES_WAITING_MAX: usize = 4;

/// Runs until a signal, or until nobody reads standard output.
pub(crate) fn run(profile: PathBuf, args: RelayArgs) -> Result<(), Failure> {
    log::init(args.net.log);
    let config = args.net.config(profile, Kdf::Calibrated);
    headless::runtime()?.block_on(async {
        let mut signals = Signals::catch().map_err(headless::start_failure)?;
        let (handle, mut events) = Node::relay(config)?;
        let (lines, output) =
            Output::start(std::io::stdout(), LINES_WAITING_MAX).map_err(headless::start_failure)?;
        let outcome = report(&handle, &mut events, &lines, &mut signals).await;
        drop(lines);
        let stopped = headless::stop(&handle, &mut events).await;
        output.finish().await;
        outcome.and(stopped)
    })
}

async fn report(
    handle: &NodeHandle,
    events: &mut EventStream,
    lines: &Lines,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let mut minute = tokio::time::interval(LINE_INTERVAL);
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ready = false;
    loop {
        tokio::select! {
            () = signals.next() => return Ok(()),
            () = lines.closed() => return Ok(()),
            _ = minute.tick(), if ready => ask(handle),
            event = events.next() => match event {
                Some(Event::Ready { .. }) => ready = true,
                Some(Event::Answer { result: Ok(Answer::Status(status)), .. }) => {
                    // A full queue means a stuck reader: the next minute says it again.
                    let _ = lines.try_send(line(&status));
                }
                Some(Event::Stopped { error }) => return headless::stopped(error),
                Some(_) => {}
                None => return headless::stopped(None),
            },
        }
    }
}

fn ask(handle: &NodeHandle) {
    let request = handle.fresh_request();
    let query = Command::Query {
        request,
        query: Query::Status,
    };
    if let Err(busy) = handle.send(query) {
        tracing::info!(%busy, "no status this minute");
    }
}

fn line(status: &Status) -> String {
    format!(
        "links {} · carried {} envelopes, {} bytes",
        status.links, status.stored.count, status.stored.bytes
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use mesh_core::api::{Clock, Pushed, Receipts, Stored};

    #[test]
    fn line_says_links_count_and_bytes() {
        let status = Status {
            version: "0",
            name: None,
            locked: true,
            clock: Clock {
                offset_s: 0,
                trusted: true,
            },
            carriers: Vec::new(),
            links: 3,
            stored: Stored {
                count: 12,
                bytes: 5_760,
            },
            pushed: Pushed::default(),
            receipts: Receipts::default(),
            notices: Vec::new(),
        };
        assert_eq!(line(&status), "links 3 · carried 12 envelopes, 5760 bytes");
    }
}
