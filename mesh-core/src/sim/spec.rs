//! What a world is made of, and the files that say so (`scenarios/*.toml`).

use serde::Deserialize;

use crate::limits::{BLE_LINKS_MAX, RELAY_BYTES_MAX};
use crate::types::LinkShape;

use super::adversary::Adversary;
use super::crowd::Movement;
use super::faults::Planned;
use super::medium::Medium;
use super::trial::Trial;

/// How envelopes are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// The engine that ships.
    Offer,
    /// Everything to everybody at once, everything again on contact.
    Flood,
    /// A hop limit, a random wait, and silence if others spoke first.
    Jitter,
}

/// Who is to get a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody carries it; delivered is what stands in the relay store. Only
    /// writers have profiles, because ten thousand tag tables are twelve gigabytes.
    Everybody,
    /// The other members of the author's block of this many, who have a keyed
    /// channel together; delivered is what they can read.
    Block(u32),
}

/// Who writes, how often and how much.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// Messages a second, all writers together; `None` if each has a clock.
    pub per_s: Option<f64>,
    /// Seconds between two messages of one writer.
    pub every_s: f64,
    /// How many write; everybody if `None`.
    pub writers: Option<usize>,
    /// From this second.
    pub from_s: u64,
    /// Until this second.
    pub until_s: u64,
    /// What was written until this second is counted.
    pub counted_until_s: u64,
    /// Bytes of text.
    pub bytes: usize,
    /// For whom.
    pub audience: Audience,
    /// After so many seconds a message vanishes everywhere and counts as lost.
    pub lifetime_s: Option<u64>,
}

/// One world, but for its seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// For the report.
    pub name: String,
    /// People, each with one device.
    pub nodes: usize,
    /// Length of the run, seconds.
    pub seconds: u64,
    /// Between them.
    pub medium: Medium,
    /// How they move.
    pub movement: Movement,
    /// Seconds of a trace that are left out at its beginning.
    pub skipped_s: usize,
    /// What they write.
    pub traffic: Traffic,
    /// How it spreads.
    pub strategy: Strategy,
    /// Sealed bytes that each carries at most.
    pub buffer_bytes: u64,
    /// Links of one radio at most.
    pub links_max: usize,
    /// Clocks differ from the truth by up to this, seconds.
    pub clock_skew_s: u64,
    /// Hostile devices beside the people's.
    pub adversaries: Vec<Adversary>,
    /// What breaks.
    pub faults: Vec<Planned>,
    /// What else it is tried with.
    pub trial: Trial,
    /// Whether promises are checked: only where all should be kept, and for worlds
    /// of some dozens, because every byte is looked at.
    pub is_checked: bool,
}

/// Why a scenario file is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Not the format, or a field that does not exist.
    #[error("the scenario does not parse: {0}")]
    Format(String),
    /// A value that makes no sense.
    #[error("{0}")]
    Value(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// For readers of the file.
    #[serde(rename = "about")]
    _about: String,
    nodes: usize,
    seconds: u64,
    medium: MediumName,
    #[serde(default)]
    buffer_bytes: Option<u64>,
    #[serde(default)]
    clock_skew_s: u64,
    #[serde(default)]
    adversaries: Vec<Adversary>,
    movement: MovementFile,
    traffic: TrafficFile,
    #[serde(default)]
    tune: Tune,
    #[serde(default)]
    trial: Trial,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MediumName {
    Ble,
    Lan,
    Ideal,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", deny_unknown_fields)]
enum MovementFile {
    Still {
        ground_m2: f32,
    },
    March {
        width_m: f32,
        ground_m2: f32,
        speed_m_per_s: f32,
    },
    Gather {
        ground_m2: f32,
        spread: f32,
        speed_m_per_s: f32,
    },
    Courier {
        ground_m2: f32,
        apart_m: f32,
        speed_m_per_s: f32,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrafficFile {
    per_s: Option<f64>,
    every_s: Option<f64>,
    writers: Option<usize>,
    from_s: u64,
    until_s: u64,
    bytes: usize,
    block: Option<u32>,
    lifetime_s: Option<u64>,
}

/// What a scenario changes of its medium.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tune {
    range_m: Option<f32>,
    loss: Option<f64>,
    radio_bytes_per_s: Option<u64>,
    air_bytes_per_s: Option<u64>,
    delay_ms: Option<u64>,
    jitter_ms: Option<u64>,
    set_up_ms: Option<[u64; 2]>,
    degree: Option<usize>,
    links_max: Option<usize>,
    /// Whether bytes come in order and without loss.
    pipe: Option<bool>,
    /// Messages a second, of all writers together.
    per_s: Option<f64>,
    /// They write until this second; the run is as much longer.
    until_s: Option<u64>,
}

impl Spec {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// It is none, or asks for the impossible.
    pub fn parse(name: &str, text: &str) -> Result<Self, SpecError> {
        let file: File =
            toml::from_str(text).map_err(|error| SpecError::Format(error.to_string()))?;
        let traffic = file.traffic.spec()?;
        let mut spec = Self {
            name: name.to_owned(),
            nodes: file.nodes,
            seconds: file.seconds,
            medium: file.medium.medium(),
            movement: file.movement.movement(),
            skipped_s: 0,
            traffic,
            strategy: Strategy::Offer,
            buffer_bytes: file.buffer_bytes.unwrap_or(RELAY_BYTES_MAX),
            links_max: BLE_LINKS_MAX,
            clock_skew_s: file.clock_skew_s,
            adversaries: file.adversaries,
            faults: Vec::new(),
            trial: file.trial,
            is_checked: false,
        };
        file.tune.apply(&mut spec);
        spec.check()?;
        Ok(spec)
    }

    /// Changes one number of the medium: `range_m`, `loss`, `radio_bytes_per_s`,
    /// `air_bytes_per_s`, `delay_ms`, `jitter_ms`, `set_up_ms`, `degree`, `links_max`,
    /// `pipe`; or of what is written: `per_s`, `until_s`.
    ///
    /// # Errors
    /// There is no such number, or it cannot be that.
    pub fn tune(&mut self, key: &str, value: &str) -> Result<(), SpecError> {
        let tune: Tune = toml::from_str(&format!("{key} = {value}"))
            .map_err(|error| SpecError::Format(error.to_string()))?;
        tune.apply(self);
        self.check()
    }

    /// The same world for another strategy. What is compared with the engine knows
    /// no datagram layer: it gets pipes, on which the medium itself repeats.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        if strategy != Strategy::Offer {
            self.medium.shape = LinkShape::Pipe;
        }
        self
    }

    /// Whether there can be such a world.
    ///
    /// # Errors
    /// Says what cannot be.
    pub fn check(&self) -> Result<(), SpecError> {
        let range_m = self.medium.range_m.unwrap_or(1.0);
        if !(2..=1_000_000).contains(&self.nodes) {
            return Err(SpecError::Value("a world has 2 to 1,000,000 nodes"));
        }
        if !range_m.is_finite() || !(0.1..=100_000.0).contains(&range_m) {
            return Err(SpecError::Value("a range is 0.1 to 100,000 m"));
        }
        if !(0.0..=0.95).contains(&self.medium.loss) {
            return Err(SpecError::Value("a loss is 0 to 0.95"));
        }
        if self.traffic.every_s < 0.001 || self.traffic.per_s.is_some_and(|rate| rate < 0.001) {
            return Err(SpecError::Value("messages come once in 1,000 s at least"));
        }
        if !self.adversaries.is_empty() && self.medium.shape != LinkShape::Pipe {
            return Err(SpecError::Value("adversaries speak on pipes only"));
        }
        if !(16..=250).contains(&self.traffic.bytes) {
            return Err(SpecError::Value("a message has 16 to 250 bytes"));
        }
        self.trial.check(self.medium.range_m.is_some())
    }
}

impl MediumName {
    fn medium(self) -> Medium {
        match self {
            Self::Ble => Medium::ble(),
            Self::Lan => Medium::lan(),
            Self::Ideal => Medium::ideal(),
        }
    }
}

impl MovementFile {
    fn movement(self) -> Movement {
        match self {
            Self::Still { ground_m2 } => Movement::Still { ground_m2 },
            Self::March {
                width_m,
                ground_m2,
                speed_m_per_s,
            } => Movement::March {
                width_m,
                ground_m2,
                speed_m_per_s,
            },
            Self::Gather {
                ground_m2,
                spread,
                speed_m_per_s,
            } => Movement::Gather {
                ground_m2,
                spread,
                speed_m_per_s,
            },
            Self::Courier {
                ground_m2,
                apart_m,
                speed_m_per_s,
            } => Movement::Courier {
                ground_m2,
                apart_m,
                speed_m_per_s,
            },
        }
    }
}

impl TrafficFile {
    fn spec(self) -> Result<Traffic, SpecError> {
        if self.per_s.is_some() == self.every_s.is_some() {
            return Err(SpecError::Value("say either per_s or every_s"));
        }
        Ok(Traffic {
            per_s: self.per_s,
            every_s: self.every_s.unwrap_or(1.0),
            writers: self.writers,
            from_s: self.from_s,
            until_s: self.until_s,
            counted_until_s: self.until_s,
            bytes: self.bytes,
            audience: self.block.map_or(Audience::Everybody, Audience::Block),
            lifetime_s: self.lifetime_s,
        })
    }
}

impl Tune {
    fn apply(self, spec: &mut Spec) {
        let medium = &mut spec.medium;
        if self.range_m.is_some() && medium.range_m.is_some() {
            medium.range_m = self.range_m;
        }
        if let Some([from, to]) = self.set_up_ms {
            medium.set_up_ms = from..to;
        }
        let set = |slot: &mut u64, value: Option<u64>| *slot = value.unwrap_or(*slot);
        set(&mut medium.radio_bytes_per_s, self.radio_bytes_per_s);
        set(&mut medium.air_bytes_per_s, self.air_bytes_per_s);
        set(&mut medium.delay_ms, self.delay_ms);
        set(&mut medium.jitter_ms, self.jitter_ms);
        match self.pipe {
            Some(true) => medium.shape = LinkShape::Pipe,
            Some(false) => medium.shape = LinkShape::Datagrams { mtu: 509 },
            None => {}
        }
        medium.loss = self.loss.unwrap_or(medium.loss);
        medium.degree = self.degree.unwrap_or(medium.degree);
        spec.links_max = self.links_max.unwrap_or(spec.links_max);
        let traffic = &mut spec.traffic;
        traffic.per_s = self.per_s.or(traffic.per_s);
        if let Some(until_s) = self.until_s {
            spec.seconds = (spec.seconds + until_s).saturating_sub(traffic.until_s);
            (traffic.until_s, traffic.counted_until_s) = (until_s, until_s);
        }
    }
}
