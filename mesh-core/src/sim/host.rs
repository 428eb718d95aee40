//! One device: what runs on it, its disk, its wrong clock, its radio's neighbours.

use crate::engine::{Config, Input};
use crate::gossip::neighbours::BleNeighbours;
use crate::store::{ConversationRow, IdentityRow, MemoryProfile, ProfileStore as _, Transact as _};
use crate::types::{ChannelKind, ConversationId, Mono, Now, Wall};

use super::adversary::{Adversary, HostileNode};
use super::bodies::Bodies;
use super::chance::Chance;
use super::disk::Disk;
use super::node::{Broken, EngineNode, Node, channel_of};
use super::plain::{PlainNode, Rule};
use super::spammer::Spammer;
use super::spec::{Audience, Spec, Strategy};

/// Virtual time begins at noon of an ordinary day.
const EPOCH: Wall = Wall(20_780 * crate::limits::DAY_MS + 12 * 60 * 60 * 1_000);

/// One device.
pub(super) struct Host {
    /// `None` while it is down.
    pub(super) node: Option<Box<dyn Node>>,
    pub(super) disk: Disk,
    pub(super) chance: Chance,
    /// Its wall clock less the true time.
    pub(super) clock_ms: i64,
    /// When what runs there was started.
    pub(super) started_at: u64,
    pub(super) mailbox: Vec<Input>,
    pub(super) is_ready: bool,
    /// The wake-up that stands in the queue, if it is still to come.
    pub(super) wakes_at: Option<u64>,
    pub(super) neighbours: BleNeighbours<u32>,
    /// Whether it is no friend.
    pub(super) hostile: Option<Adversary>,
    /// Where it writes.
    pub(super) conversation: Option<ConversationId>,
}

impl Host {
    /// A device switched on at the beginning.
    pub(super) fn new(number: u32, spec: &Spec, seed: u64, bodies: &Bodies) -> Self {
        let mut chance = Chance::new(seed, 1_000 + u64::from(number));
        let disk = Disk::new(bodies.clone());
        let skew_ms = spec.clock_skew_s * 1_000;
        let clock_ms = chance.below(2 * skew_ms + 1).cast_signed() - skew_ms.cast_signed();
        let hostile = spec
            .adversaries
            .get((number as usize).wrapping_sub(spec.nodes));
        let block = block_of(number, spec).filter(|_| hostile.is_none());
        let conversation = block.and_then(|block| put_profile(&disk, number, block).ok());
        Self {
            node: None,
            disk,
            chance,
            clock_ms,
            started_at: 0,
            mailbox: Vec::new(),
            is_ready: false,
            wakes_at: None,
            neighbours: BleNeighbours::default(),
            hostile: hostile.copied(),
            conversation,
        }
    }

    /// Starts what runs here, at first or after a crash.
    pub(super) fn start(&mut self, now_ms: u64, spec: &Spec) -> Result<(), Broken> {
        self.started_at = now_ms;
        self.neighbours = BleNeighbours::default();
        let rng = Chance::new(self.chance.draw(), 0);
        let now = self.now(now_ms);
        let config = Config {
            relay_bytes_max: spec.buffer_bytes,
            exact_lifetime_ms: spec.traffic.lifetime_s.map(|s| s * 1_000),
            own_hold_ms: spec.trial.own_hold_ms,
            confide_ms: spec.trial.confide_ms,
            careful: spec.trial.careful,
            ..Config::new("sim")
        };
        let plain = |rule| {
            let disk = self.disk.clone();
            let own_hold_ms = spec.trial.own_hold_ms.unwrap_or(0);
            PlainNode::start(rule, disk, spec.buffer_bytes, own_hold_ms, rng.clone())
        };
        match self.hostile {
            None | Some(Adversary::Spy | Adversary::Bystander) => {}
            Some(Adversary::Spammer) => {
                let spam_per_s = spec.trial.spam_per_s;
                self.node = Some(Box::new(Spammer::start(spam_per_s, now, rng)));
                return Ok(());
            }
            Some(kind) => {
                self.node = Some(Box::new(HostileNode::start(kind, now, rng)));
                return Ok(());
            }
        }
        self.node = Some(match spec.strategy {
            Strategy::Offer => Box::new(EngineNode::start(now, config, Box::new(rng), &self.disk)?),
            Strategy::Flood => Box::new(plain(Rule::Flood)?),
            Strategy::Jitter => Box::new(plain(Rule::Jitter)?),
        });
        Ok(())
    }

    /// Both clocks of this device.
    pub(super) fn now(&self, now_ms: u64) -> Now {
        let true_ms = EPOCH.0 + now_ms;
        Now {
            mono: Mono(now_ms.saturating_sub(self.started_at)),
            wall: Wall(true_ms.saturating_add_signed(self.clock_ms)),
        }
    }

    /// When the node wants to be called, in the world's time.
    pub(super) fn next_timeout(&self) -> Option<u64> {
        let timeout = self.node.as_ref()?.next_timeout()?;
        Some(self.started_at.saturating_add(timeout.0))
    }
}

/// The block whose channel a host is in; `None` for those that only relay.
fn block_of(number: u32, spec: &Spec) -> Option<u32> {
    match spec.traffic.audience {
        Audience::Block(people) => Some(number / people.max(1)),
        Audience::Everybody => {
            let writers = spec.traffic.writers.unwrap_or(spec.nodes);
            ((number as usize) < writers).then_some(0)
        }
    }
}

fn put_profile(
    disk: &Disk,
    number: u32,
    block: u32,
) -> Result<ConversationId, crate::store::StoreError> {
    let root = channel_of(block);
    let mut seed = [0x11; 32];
    seed.iter_mut()
        .zip(number.to_le_bytes())
        .for_each(|(slot, byte)| *slot = byte);
    let row = ConversationRow {
        conversation: root.conversation(),
        kind: ChannelKind::Keyed,
        root: root.to_bytes(),
        words: "words".to_owned(),
        pseudonym_seed: seed,
        joined_at: EPOCH,
    };
    let identity = IdentityRow {
        seed: seed.into(),
        card_secret: seed.into(),
        // One letter: a text of 250 bytes fits the smallest envelope beside it.
        name: "p".to_owned(),
    };
    let mut profile = MemoryProfile::new();
    profile.begin()?;
    profile.set_identity(&identity)?;
    profile.add_conversation(&row)?;
    profile.commit()?;
    disk.set_profile(profile);
    Ok(row.conversation)
}
