//! The loop: one line, one event or one signal at a time.

use std::collections::BTreeMap;

use mesh_core::api::{Answer, CommandError, Event};
use mesh_core::limits::CALLS_WAITING_MAX;
use mesh_core::node::{EventStream, NodeHandle};
use mesh_core::types::RequestId;
use serde_json::{Value, json};
use tokio::sync::mpsc::{OwnedPermit, Receiver, error::TrySendError};

use super::input::Line;
use super::methods::{self, Action, ForContact};
use super::{STOP_TIMEOUT, events, rpc, stopped};
use crate::cli::failure::Failure;
use crate::cli::output::Lines;
use crate::cli::signals::Signals;

/// A call whose answer is on its way, with its place in the output queue: an
/// answer is never lost, however slow the reader. A notification waits in the same
/// way, so that nobody can ask for more by not asking for answers.
#[derive(Debug)]
struct Waiting {
    id: Option<rpc::Id>,
    place: OwnedPermit<String>,
    /// Where a list goes on.
    after: Option<String>,
    /// What is asked once a group has said who a contact is in it.
    then: Option<ForContact>,
}

/// What the loop does after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Continue,
    /// No more calls: answer those that wait, then end.
    Drain,
}

/// Serves one client over one node.
#[derive(Debug)]
pub(super) struct Service<'a> {
    handle: &'a NodeHandle,
    lines: Lines,
    waiting: BTreeMap<RequestId, Waiting>,
    /// Events that found the output queue full and were not told yet.
    events_lost: u64,
}

impl<'a> Service<'a> {
    pub(super) fn new(handle: &'a NodeHandle, lines: Lines) -> Self {
        Self {
            handle,
            lines,
            waiting: BTreeMap::new(),
            events_lost: 0,
        }
    }

    /// Serves until the client or a signal ends it, or the node stops by itself.
    ///
    /// Calls are read only when there is room for their answers, so a client that
    /// does not read is not read from either; the node itself is never held up.
    pub(super) async fn run(
        mut self,
        events: &mut EventStream,
        input: Receiver<Line>,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let outcome = self.serve(events, input, signals).await;
        self.refuse_waiting();
        outcome
    }

    async fn serve(
        &mut self,
        events: &mut EventStream,
        mut input: Receiver<Line>,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let lines = self.lines.clone();
        let mut ready = false;
        let mut place = None;
        loop {
            let wants_call = ready && self.waiting.len() < CALLS_WAITING_MAX;
            tokio::select! {
                () = signals.next() => return Ok(()),
                () = lines.closed() => return Ok(()),
                permit = lines.clone().reserve_owned(), if wants_call && place.is_none() => {
                    match permit {
                        Ok(permit) => place = Some(permit),
                        Err(_) => return Ok(()),
                    }
                }
                permit = lines.reserve(), if self.events_lost > 0 => {
                    if let Ok(permit) = permit {
                        permit.send(rpc::event(events::lost(self.events_lost)));
                        self.events_lost = 0;
                    }
                }
                line = input.recv(), if wants_call && place.is_some() => {
                    let next = match (line, place.take()) {
                        (Some(line), Some(place)) => self.on_line(line, place),
                        _ => Next::Drain,
                    };
                    if next == Next::Drain {
                        return self.drain(events, signals).await;
                    }
                }
                event = events.next() => match event {
                    Some(Event::Stopped { error }) => return self.on_stopped(error),
                    None => return stopped(None),
                    Some(event) => {
                        ready |= matches!(event, Event::Ready { .. });
                        self.on_event(event);
                    }
                },
            }
        }
    }

    /// Answers the calls that wait, then returns.
    async fn drain(
        &mut self,
        events: &mut EventStream,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let deadline = tokio::time::sleep(STOP_TIMEOUT);
        tokio::pin!(deadline);
        while !self.waiting.is_empty() {
            tokio::select! {
                () = &mut deadline => return Ok(()),
                () = signals.next() => return Ok(()),
                event = events.next() => match event {
                    Some(Event::Stopped { error }) => return self.on_stopped(error),
                    None => return stopped(None),
                    Some(event) => self.on_event(event),
                },
            }
        }
        Ok(())
    }

    fn on_line(&mut self, line: Line, place: OwnedPermit<String>) -> Next {
        let parsed = match line {
            Line::Bytes(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => {
                return Next::Continue;
            }
            Line::Bytes(bytes) => rpc::parse(&bytes),
            Line::TooLong => Err(rpc::Refusal {
                id: rpc::Id::null(),
                error: rpc::RpcError::request("The line is over 64 KiB and was skipped."),
            }),
        };
        match parsed {
            Ok(call) => self.on_call(call, place),
            Err(refusal) => {
                place.send(rpc::refuse(&refusal.id, &refusal.error));
                Next::Continue
            }
        }
    }

    fn on_call(&mut self, call: rpc::Call, place: OwnedPermit<String>) -> Next {
        let request = self.handle.fresh_request();
        let outcome = methods::action(&call.method, call.params, request);
        let ends = outcome == Ok(Action::Shutdown);
        let asked = match outcome {
            Ok(Action::Shutdown) => Ok(None),
            Ok(Action::Command(command)) => Ok(Some((command, None, None))),
            Ok(Action::List(command, after)) => Ok(Some((command, Some(after), None))),
            Ok(Action::ForContact(whom)) => Ok(Some((whom.query(request), None, Some(whom)))),
            Err(error) => Err(error),
        };
        let error = match asked {
            Ok(Some((command, after, then))) => match self.handle.send(command) {
                Ok(()) => {
                    let waiting = Waiting {
                        id: call.id,
                        place,
                        after,
                        then,
                    };
                    self.waiting.insert(request, waiting);
                    return Next::Continue;
                }
                Err(busy) => Some(busy.into()),
            },
            Ok(None) => None,
            Err(error) => Some(error),
        };
        // A notification gets no answer, not even of its failure.
        if let Some(id) = &call.id {
            place.send(rpc::answer(id, error.map_or(Ok(json!({})), Err)));
        }
        if ends { Next::Drain } else { Next::Continue }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Answer { request, result } => self.on_answer(request, result),
            event => {
                let told = [events::params(&event), events::more(&event)];
                told.into_iter()
                    .flatten()
                    .for_each(|params| self.tell(params));
            }
        }
    }

    fn on_answer(&mut self, request: RequestId, result: Result<Answer, CommandError>) {
        let Some(mut waiting) = self.waiting.remove(&request) else {
            return;
        };
        let result = match (waiting.then.take(), result) {
            (Some(whom), Ok(answer)) => {
                let request = self.handle.fresh_request();
                let sent = whom
                    .command(&answer, request)
                    .and_then(|command| self.handle.send(command).map_err(Into::into));
                match sent {
                    Ok(()) => {
                        self.waiting.insert(request, waiting);
                        return;
                    }
                    Err(error) => Err(error),
                }
            }
            (_, result) => result.map_err(rpc::RpcError::from),
        };
        let Waiting {
            id, place, after, ..
        } = waiting;
        // Answers to notifications have nobody who waits for them.
        if let Some(id) = id {
            let outcome = result.and_then(|answer| methods::result(&answer, after.as_deref()));
            place.send(rpc::answer(&id, outcome));
        }
    }

    /// Tells every call that still waits that it will not be answered: no caller is
    /// left to guess.
    fn refuse_waiting(&mut self) {
        for (_, waiting) in core::mem::take(&mut self.waiting) {
            if let Some(id) = waiting.id {
                let refused = rpc::refuse(&id, &rpc::RpcError::ending());
                waiting.place.send(refused);
            }
        }
    }

    fn on_stopped(&mut self, error: Option<String>) -> Result<(), Failure> {
        self.tell(json!({"type": "stopped", "error": error}));
        stopped(error)
    }

    /// Queues an event, or counts it as lost while the queue is full: order is
    /// kept, so nothing follows a gap before the gap was told.
    fn tell(&mut self, params: Value) {
        if self.events_lost == 0 {
            match self.lines.try_send(rpc::event(params)) {
                Ok(()) | Err(TrySendError::Closed(_)) => return,
                Err(TrySendError::Full(_)) => {}
            }
        }
        self.events_lost = self.events_lost.saturating_add(1);
    }
}
