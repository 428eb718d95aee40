//! Crashes, restarts, wrong clocks and full disks.

use crate::limits::CLOCK_OFFSET_TOLD_MS;
use crate::sim::faults::Fault;
use crate::types::LinkId;

use super::{Event, World};

/// A host whose disk failed is started again after this.
pub(super) const RESTART_MS: u64 = 5_000;

impl World {
    /// Starts what runs on a host: at first, or after a crash.
    pub(super) fn restart(&mut self, host: u32) {
        let now = self.wheel.now();
        let Some(state) = self.hosts.get_mut(host as usize) else {
            return;
        };
        if state.node.is_some() {
            return;
        }
        match state.start(now, &self.spec) {
            Ok(()) => self.sleep(host),
            Err(_) => {
                state.disk.crash();
                self.wheel.put(now + RESTART_MS, Event::Restart { host });
            }
        }
    }

    /// A host goes down as if its battery was pulled, and comes up later from what
    /// it had committed.
    pub(super) fn crash(&mut self, host: u32, down_ms: u64) {
        let now = self.wheel.now();
        let Some(state) = self.hosts.get_mut(host as usize) else {
            return;
        };
        let counted = state.node.take().and_then(|node| node.counted());
        let (copies, sync_bytes) = counted.unwrap_or_default();
        self.tally.copies += copies;
        self.tally.sync_bytes += sync_bytes;
        state.mailbox.clear();
        state.wakes_at = None;
        state.disk.crash();
        self.drop_links(host);
        self.wheel.put(now + down_ms, Event::Restart { host });
    }

    pub(super) fn fault(&mut self, number: usize) {
        let now = self.wheel.now();
        let Some(planned) = self.spec.faults.get(number).copied() else {
            return;
        };
        let host = planned.host;
        match planned.fault {
            Fault::Crash { down_ms } => self.crash(host, down_ms),
            Fault::ClockStep { by_ms, for_ms } => {
                self.step_clock(host, by_ms);
                self.wheel
                    .put(now + for_ms, Event::ClockBack { host, by_ms });
            }
            Fault::DiskFull {
                after_writes,
                for_ms,
            } => {
                if let Some(state) = self.host_mut(host) {
                    state.disk.fill_after(after_writes);
                }
                self.wheel.put(now + for_ms, Event::Mend { host });
            }
            Fault::LinksCut => {
                let links: Vec<LinkId> = self.links.of(host).iter().map(|(id, _)| *id).collect();
                links.into_iter().for_each(|link| self.break_link(link));
            }
        }
    }

    pub(super) fn mend(&mut self, host: u32) {
        if let Some(state) = self.host_mut(host) {
            state.disk.mend();
        }
    }

    pub(super) fn step_clock(&mut self, host: u32, by_ms: i64) {
        if let Some(state) = self.host_mut(host) {
            state.clock_ms += by_ms;
        }
    }

    /// A message whose author's clock is wrong may be refused by everybody.
    pub(super) fn exempt_if_wrong(&mut self, author: u32, message: u32) {
        let off_ms = self
            .hosts
            .get(author as usize)
            .map_or(0, |host| host.clock_ms);
        let is_wrong = off_ms.unsigned_abs() > CLOCK_OFFSET_TOLD_MS;
        if let Some(message) = self.ledger.message_mut(message) {
            message.is_exempt |= is_wrong;
        }
    }
}
