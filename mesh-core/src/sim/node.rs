//! What runs on a host: the engine that ships, or something to compare it with.

use rand_core::CryptoRng;

use crate::crypto::channel::ChannelRoot;
use crate::engine::{Config, Engine, EngineError, Input, Output};
use crate::types::{EnvelopeId, LinkId, Mono, Now};

use super::disk::Disk;

/// The disk failed; what runs here must be dropped and built again.
#[derive(Debug)]
pub(super) struct Broken;

impl From<EngineError> for Broken {
    fn from(_: EngineError) -> Self {
        Self
    }
}

/// The driving contract of the engine, which everything else keeps too.
pub(super) trait Node: Send {
    /// Handles inputs and timers, and appends what is to be done.
    fn handle(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input>,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Broken>;
    /// When it wants to be called without an input.
    fn next_timeout(&self) -> Option<Mono>;
    /// Whole envelopes sent so far, and bytes of reconciliation; `None` if whoever
    /// carries the bytes has to look at them.
    fn counted(&self) -> Option<(u64, u64)> {
        None
    }
    /// Envelopes that a link moved either way.
    fn moved(&self, link: LinkId) -> u64;
    /// Drops an envelope for good.
    fn forget(&mut self, id: EnvelopeId) -> Result<(), Broken>;
}

/// The engine that ships.
pub(super) struct EngineNode {
    engine: Engine,
    /// What it had to say before its first input: what it opened at the start.
    said_at_start: Vec<Output>,
}

impl EngineNode {
    /// Builds it from a disk, at first and after a crash.
    pub(super) fn start(
        now: Now,
        config: Config,
        rng: Box<dyn CryptoRng + Send>,
        disk: &Disk,
    ) -> Result<Self, Broken> {
        let mut engine = Engine::new(now, config, rng, disk.relay(), disk.profile())?;
        let said_at_start = core::iter::from_fn(|| engine.poll_output()).collect();
        Ok(Self {
            engine,
            said_at_start,
        })
    }
}

impl Node for EngineNode {
    fn handle(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input>,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Broken> {
        outputs.append(&mut self.said_at_start);
        let handled = self.engine.handle(now, inputs.drain(..));
        while let Some(output) = self.engine.poll_output() {
            outputs.push(output);
        }
        Ok(handled?)
    }

    fn next_timeout(&self) -> Option<Mono> {
        Some(self.engine.next_timeout())
    }

    fn counted(&self) -> Option<(u64, u64)> {
        let counters = self.engine.counters();
        Some((counters.pushes_out, counters.sync_bytes_out))
    }

    fn moved(&self, link: LinkId) -> u64 {
        self.engine.moved_on(link)
    }

    fn forget(&mut self, id: EnvelopeId) -> Result<(), Broken> {
        Ok(self.engine.forget(id)?)
    }
}

/// The keyed channel of one block of people.
pub(super) fn channel_of(block: u32) -> ChannelRoot {
    let mut root = [0x5a; 32];
    root.iter_mut()
        .zip(block.to_le_bytes())
        .for_each(|(slot, byte)| *slot = byte);
    ChannelRoot::from_bytes(root)
}
