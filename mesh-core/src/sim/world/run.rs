//! One thing after another: events to hosts, and what hosts want done.

use crate::api::{Answer, Event as Told};
use crate::engine::{Draft, Input, Output, Request};
use crate::redact::Redacted;
use crate::sim::links::Stage;
use crate::sim::spec::{Audience, Strategy};
use crate::sim::traffic::Ledger;
use crate::sim::waves::{Begun, Finished, Lane};
use crate::types::LinkId;

use super::break_down::RESTART_MS;
use super::{Event, World};

/// Mailboxes kept for reuse: in one millisecond few hosts have any.
const MAILBOXES_KEPT: usize = 64;

impl World {
    /// Lets virtual time pass until `end_ms`.
    pub(super) fn run_until(&mut self, end_ms: u64) {
        while let Some(mut due) = self.wheel.next(end_ms) {
            self.tally.events += due.len() as u64;
            for event in due.drain(..) {
                self.happen(event);
            }
            self.wheel.recycle(due);
            for at in 0.. {
                let Some(host) = self.ready.get(at).copied() else {
                    break;
                };
                self.call(host);
            }
            self.ready.clear();
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Out { lane } => self.out(lane),
            Event::Received { host, link, bytes } => {
                self.overhear(host, link, &bytes);
                self.give_on(host, link, Input::Received { link, bytes });
            }
            Event::Wake { host } => self.wake(host),
            Event::SetUp { link } => self.set_up(link),
            Event::Gone { host, link } => self.gone(host, link),
            Event::Second => self.second(),
            Event::Look { host } => self.look(host),
            Event::Write { message } => self.write(message),
            Event::Lapse { message } => self.lapse(message),
            Event::Restart { host } => self.restart(host),
            Event::Fault { number } => self.fault(number),
            Event::Mend { host } => self.mend(host),
            Event::ClockBack { host, by_ms } => self.step_clock(host, -by_ms),
            Event::Redial => self.redial(),
            Event::Silence => self.silence(),
        }
    }

    /// Puts an input into a host's mailbox.
    pub(super) fn give(&mut self, host: u32, input: Input) {
        let Some(state) = self.hosts.get_mut(host as usize) else {
            return;
        };
        if state.node.is_none() {
            return;
        }
        if state.mailbox.capacity() == 0
            && let Some(spare) = self.mailboxes.pop()
        {
            state.mailbox = spare;
        }
        state.mailbox.push(input);
        if !std::mem::replace(&mut state.is_ready, true) {
            self.ready.push(host);
        }
    }

    /// The same for what a link brings, if it still stands.
    fn give_on(&mut self, host: u32, link: LinkId, input: Input) {
        let stands = self.links.get(link);
        if stands.is_some_and(|link| link.stage == Stage::Up) {
            self.give(host, input);
        }
    }

    fn wake(&mut self, host: u32) {
        let now = self.wheel.now();
        let Some(state) = self.host_mut(host) else {
            return;
        };
        // A wake-up that another one has replaced.
        if state.wakes_at != Some(now) {
            return;
        }
        state.wakes_at = None;
        if state.next_timeout().is_some_and(|at| at <= now) {
            if !std::mem::replace(&mut state.is_ready, true) {
                self.ready.push(host);
            }
        } else {
            self.sleep(host);
        }
    }

    /// Puts the wake-up of a host into the queue, if it is sooner than the one there.
    pub(super) fn sleep(&mut self, host: u32) {
        let now = self.wheel.now();
        let Some(state) = self.host_mut(host) else {
            return;
        };
        let Some(at) = state.next_timeout() else {
            return;
        };
        let at = at.max(now);
        if state.wakes_at.is_none_or(|stands| at < stands) {
            state.wakes_at = Some(at);
            self.wheel.put(at, Event::Wake { host });
        }
    }

    /// Calls what runs on a host with its mailbox, and does what it wants done.
    fn call(&mut self, host: u32) {
        let now_ms = self.wheel.now();
        let mut outputs = std::mem::take(&mut self.outputs);
        let Some(state) = self.hosts.get_mut(host as usize) else {
            return;
        };
        state.is_ready = false;
        let now = state.now(now_ms);
        let Some(node) = &mut state.node else {
            return;
        };
        let mut inputs = std::mem::take(&mut state.mailbox);
        let handled = node.handle(now, &mut inputs, &mut outputs);
        inputs.clear();
        if inputs.capacity() > 0 && self.mailboxes.len() < MAILBOXES_KEPT {
            self.mailboxes.push(inputs);
        }
        for output in outputs.drain(..) {
            self.do_output(host, output);
        }
        self.outputs = outputs;
        self.look_at_disk(host);
        match handled {
            Ok(()) => self.sleep(host),
            Err(_) => self.crash(host, RESTART_MS),
        }
    }

    fn do_output(&mut self, host: u32, output: Output) {
        match output {
            Output::Transmit { link, bytes } => self.transmit(host, link, bytes),
            Output::CloseLink { link } => self.close(host, link),
            Output::Event(event) => self.told(host, event),
        }
    }

    fn transmit(&mut self, host: u32, link: LinkId, bytes: Vec<u8>) {
        let now = self.wheel.now();
        let Some(stands) = self.links.get(link).copied() else {
            return;
        };
        let lane = Lane {
            link,
            ahead: stands.ends.first() == Some(&host),
            from: host,
            to: stands.other(host),
        };
        self.tally.link_bytes += bytes.len() as u64;
        let is_counted = self
            .hosts
            .get(host as usize)
            .and_then(|h| h.node.as_ref()?.counted());
        if is_counted.is_none() {
            self.count_records(&bytes);
        }
        self.check_transmitted(lane, &bytes);
        if let Some(begun) = self.waves.send(now, lane, bytes) {
            self.begun(begun);
        }
    }

    fn begun(&mut self, begun: Begun) {
        let lane = begun.lane;
        self.wheel.put(begun.ends_at_ms, Event::Out { lane });
    }

    /// A transmission is out: its sender may give more, its bytes arrive, and what
    /// waited for its radios begins.
    fn out(&mut self, lane: Lane) {
        let now = self.wheel.now();
        let mut next = std::mem::take(&mut self.begun);
        let finished = self.waves.finish(now, lane, &mut next);
        next.drain(..).for_each(|begun| self.begun(begun));
        self.begun = next;
        let Some(Finished {
            bytes,
            arrives_at_ms,
        }) = finished
        else {
            return;
        };
        let Lane { link, from, to, .. } = lane;
        let sent = bytes.len();
        self.give_on(from, link, Input::Sent { link, bytes: sent });
        if let Some(at) = arrives_at_ms {
            let host = to;
            self.wheel.put(at, Event::Received { host, link, bytes });
        }
    }

    /// What a pipe carries, by the heads of its records: frames go out whole.
    fn count_records(&mut self, mut pipe: &[u8]) {
        while let Some((length, rest)) = pipe.split_first_chunk::<2>() {
            let length = usize::from(u16::from_le_bytes(*length));
            let Some((mut frame, rest)) = rest.split_at_checked(length) else {
                return;
            };
            while let [kind, l0, l1, payload @ ..] = frame {
                let length = usize::from(u16::from_le_bytes([*l0, *l1]));
                match kind {
                    5 => self.tally.copies += 1,
                    6..=9 => self.tally.sync_bytes += length as u64 + 3,
                    _ => {}
                }
                frame = payload.get(length..).unwrap_or(&[]);
            }
            pipe = rest;
        }
    }

    fn told(&mut self, host: u32, event: Told) {
        match event {
            Told::MessageReceived(message) => {
                if let Some(number) = Ledger::number_in(&message.text) {
                    self.check_shown(host, number);
                    if let Audience::Block(_) = self.spec.traffic.audience {
                        self.ledger.got(self.wheel.now(), number, host);
                    }
                }
            }
            Told::Answer { request, result } => match result {
                Ok(Answer::Sent { message_id }) => self.ledger.written(request, message_id),
                Ok(_) => {}
                // A full disk refuses, and says so to its person.
                Err(_) => {}
            },
            _ => {}
        }
    }

    /// What a host sealed and stored since it was looked at last.
    fn look_at_disk(&mut self, host: u32) {
        let now = self.wheel.now();
        let Some(state) = self.hosts.get(host as usize) else {
            return;
        };
        for (id, message_id) in state.disk.take_sealed() {
            self.ledger.sealed(id, message_id);
        }
        let mut arrived = std::mem::take(&mut self.arrived);
        state.disk.take_arrived(&mut arrived);
        for number in arrived.drain(..) {
            let Some(body) = self.bodies.body(number) else {
                continue;
            };
            let message = self.ledger.message_of(body.meta.id);
            if message.is_some() {
                self.check_sealed(body.meta.id, &body.bytes);
            }
            let known = message.and_then(|number| self.ledger.messages().get(number as usize));
            let is_own = known.is_some_and(|message| message.author == host);
            if !is_own {
                self.tally.carried += 1;
                self.tally.carried_bytes += body.bytes.len() as u64;
            }
            let Some(message) = message else {
                continue;
            };
            if known.is_some_and(|message| message.has_lapsed) {
                self.forget(host, body.meta.id);
            } else if !is_own && self.carrying_counts() {
                self.ledger.got(now, message, host);
            }
        }
        self.arrived = arrived;
        self.check_stored(host);
    }

    /// Whether a message counts as delivered when its envelope is stored.
    fn carrying_counts(&self) -> bool {
        self.spec.traffic.audience == Audience::Everybody || self.spec.strategy != Strategy::Offer
    }

    fn write(&mut self, message: u32) {
        let Some(author) = self.ledger.message_mut(message).map(|m| m.author) else {
            return;
        };
        let text = Redacted(self.ledger.text(message));
        let conversation = self.hosts.get(author as usize).and_then(|h| h.conversation);
        if let Some(conversation) = conversation {
            self.exempt_if_wrong(author, message);
            self.note_author(author, message);
            let class = self.spec.trial.class();
            let draft = Draft {
                class,
                ..Draft::text(text)
            };
            let request = Request::Send(conversation, draft);
            self.give(author, Input::Request(Self::request_of(message), request));
        }
    }

    /// The end of a message: it vanishes from every host.
    fn lapse(&mut self, message: u32) {
        let Some(message) = self.ledger.message_mut(message) else {
            return;
        };
        message.has_lapsed = true;
        let Some(id) = message.envelope else {
            return;
        };
        for host in 0..self.hosts.len() as u32 {
            self.forget(host, id);
        }
    }

    fn forget(&mut self, host: u32, id: crate::types::EnvelopeId) {
        let forgotten = self
            .host_mut(host)
            .and_then(|state| state.node.as_mut())
            .map(|node| node.forget(id));
        if let Some(Err(_)) = forgotten {
            self.crash(host, RESTART_MS);
        }
    }
}
