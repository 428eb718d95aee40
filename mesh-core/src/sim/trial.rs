//! What a world is tried with, beyond people who walk and write: jammed ground,
//! radios that are switched off, spam, and other waits of own messages.

use serde::Deserialize;

use crate::types::MessageClass;

use super::adversary::Adversary;
use super::crowd::Movement;
use super::space::Place;
use super::spec::{Spec, SpecError};

/// What a world is tried with; nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trial {
    /// Fresh envelopes a second from each spammer; without it, as many as each of
    /// its links takes.
    pub spam_per_s: Option<f64>,
    /// Own messages wait for up to this, at random, milliseconds; without it what
    /// ships waits as it ships, and what it is compared with not at all.
    pub own_hold_ms: Option<u64>,
    /// One neighbour alone is offered an own message for half to all of this,
    /// milliseconds; without it as it ships.
    pub confide_ms: Option<u64>,
    /// Own messages wait for company, up to a minute.
    pub careful: bool,
    /// Messages are calls for help.
    pub sos: bool,
    /// A place where no radio hears anything.
    pub jam: Option<Jam>,
    /// Times in which nobody hears anything.
    pub outage: Option<Outage>,
}

/// A disc that walks in a straight line; inside it there are no links.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jam {
    /// Metres.
    pub radius_m: f32,
    /// It is there from this second, at the first place …
    pub from_s: u64,
    /// … until this one, when it is at the last.
    pub until_s: u64,
    /// First and last place of its middle, `[x, y]`, metres.
    pub path_m: [[f32; 2]; 2],
}

/// Every so often all links break, and none can be made for a while.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// From this second.
    pub from_s: u64,
    /// Until this second.
    pub until_s: u64,
    /// Once in so many seconds.
    pub every_s: u64,
    /// For this share of them, 0 to 1.
    pub share: f64,
}

impl Jam {
    /// Where its middle is, if it is anywhere.
    fn middle(&self, now_ms: u64) -> Option<Place> {
        let (from_ms, until_ms) = (self.from_s * 1_000, self.until_s * 1_000);
        if !(from_ms..until_ms).contains(&now_ms) {
            return None;
        }
        let done = (now_ms - from_ms) as f32 / (until_ms - from_ms) as f32;
        let [[from_x, from_y], [to_x, to_y]] = self.path_m;
        Some(Place {
            x_m: from_x + (to_x - from_x) * done,
            y_m: from_y + (to_y - from_y) * done,
        })
    }
}

impl Outage {
    fn silent_ms(&self) -> u64 {
        (self.every_s as f64 * 1_000.0 * self.share) as u64
    }

    fn covers(&self, now_ms: u64) -> bool {
        let (from_ms, until_ms) = (self.from_s * 1_000, self.until_s * 1_000);
        let is_within = (from_ms..until_ms).contains(&now_ms);
        is_within && (now_ms - from_ms) % (self.every_s * 1_000) < self.silent_ms()
    }

    /// The end of the last of them.
    fn end_ms(&self) -> u64 {
        let (from_ms, every_ms) = (self.from_s * 1_000, self.every_s * 1_000);
        let span_ms = (self.until_s * 1_000).saturating_sub(from_ms);
        let last_ms = span_ms.saturating_sub(1) / every_ms * every_ms;
        from_ms + (last_ms + self.silent_ms()).min(span_ms)
    }
}

impl Trial {
    /// The class of all messages.
    pub(super) fn class(&self) -> MessageClass {
        match self.sos {
            true => MessageClass::Sos,
            false => MessageClass::Text,
        }
    }

    /// Whether there is ever a host without links on purpose.
    pub(super) fn is_silencing(&self) -> bool {
        self.jam.is_some() || self.outage.is_some()
    }

    /// Whether whoever stands there hears nothing now.
    pub(super) fn silences(&self, now_ms: u64, place: Place) -> bool {
        let jam = self.jam.as_ref();
        let jammed = jam.and_then(|jam| Some((jam.middle(now_ms)?, jam.radius_m)));
        jammed.is_some_and(|(middle, radius_m)| place.is_within(middle, radius_m))
            || self.outage.is_some_and(|outage| outage.covers(now_ms))
    }

    /// When all of it is over; `None` if there is nothing.
    pub(super) fn silence_end_ms(&self) -> Option<u64> {
        let jam_ms = self.jam.map(|jam| jam.until_s * 1_000);
        jam_ms.max(self.outage.map(|outage| outage.end_ms()))
    }

    /// Whether that can be; jams need a medium with a range.
    pub(super) fn check(&self, has_range: bool) -> Result<(), SpecError> {
        if self.jam.is_some_and(|jam| jam.from_s >= jam.until_s) {
            return Err(SpecError::Value("a jam ends after it began"));
        }
        if self.jam.is_some() && !has_range {
            return Err(SpecError::Value("only radios with a range can be jammed"));
        }
        let is_outage = |outage: &Outage| {
            (0.0..=1.0).contains(&outage.share)
                && (1..=86_400).contains(&outage.every_s)
                && outage.from_s < outage.until_s
        };
        if self.outage.is_some_and(|outage| !is_outage(&outage)) {
            return Err(SpecError::Value(
                "an outage has a share of 0 to 1 of 1 to 86,400 s, and ends after it began",
            ));
        }
        let rates = 0.001..=1_000_000.0;
        if self.spam_per_s.is_some_and(|rate| !rates.contains(&rate)) {
            return Err(SpecError::Value(
                "spam comes 0.001 to 1,000,000 times a second",
            ));
        }
        Ok(())
    }

    /// What `other` says, and the rest of this one.
    fn with(self, other: Self) -> Self {
        Self {
            spam_per_s: other.spam_per_s.or(self.spam_per_s),
            own_hold_ms: other.own_hold_ms.or(self.own_hold_ms),
            confide_ms: other.confide_ms.or(self.confide_ms),
            careful: other.careful || self.careful,
            sos: other.sos || self.sos,
            jam: other.jam.or(self.jam),
            outage: other.outage.or(self.outage),
        }
    }
}

impl Spec {
    /// Changes one thing that the world is tried with, in TOML: `spam_per_s`,
    /// `own_hold_ms`, `careful`, `sos`, `jam`, `outage`.
    ///
    /// # Errors
    /// There is no such thing, or it cannot be that.
    pub fn try_with(&mut self, key: &str, value: &str) -> Result<(), SpecError> {
        let trial: Trial = toml::from_str(&format!("{key} = {value}"))
            .map_err(|error| SpecError::Format(error.to_string()))?;
        self.trial = self.trial.with(trial);
        self.check()
    }

    /// Makes so many of the people hostile, at even distances by number; whoever
    /// stays keeps their order.
    ///
    /// # Errors
    /// Too few would be left.
    pub fn infiltrate(&mut self, kind: Adversary, count: usize) -> Result<(), SpecError> {
        if count == 0 {
            return Ok(());
        }
        let people = self.nodes + self.adversaries.len();
        let is_taken = |who: usize| {
            who < self.nodes && (who + 1) * count / self.nodes > who * count / self.nodes
        };
        let (taken, mut order): (Vec<usize>, Vec<usize>) =
            (0..people).partition(|who| is_taken(*who));
        if self.nodes < count + 2 || taken.len() != count {
            return Err(SpecError::Value("two honest people are left at least"));
        }
        order.extend(taken);
        if let Movement::Trace(trace) = &mut self.movement {
            trace.renumber(&order);
        }
        self.nodes -= count;
        self.adversaries.extend(std::iter::repeat_n(kind, count));
        self.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jam_walks_its_way_and_covers_what_is_near_it() {
        let trial = Trial {
            jam: Some(Jam {
                radius_m: 5.0,
                from_s: 10,
                until_s: 20,
                path_m: [[0.0, 0.0], [100.0, 0.0]],
            }),
            ..Trial::default()
        };
        let at = |x_m| Place { x_m, y_m: 3.0 };
        assert!(!trial.silences(9_999, at(0.0)));
        assert!(trial.silences(10_000, at(0.0)) && !trial.silences(10_000, at(50.0)));
        assert!(trial.silences(15_000, at(50.0)) && !trial.silences(15_000, at(0.0)));
        assert!(!trial.silences(20_000, at(100.0)));
        assert_eq!(trial.silence_end_ms(), Some(20_000));
    }

    #[test]
    fn outage_takes_its_share_of_each_period() {
        for (share, silent_s, end_ms) in [(0.0, 0, 41_000), (0.3, 9, 44_000), (1.0, 25, 46_000)] {
            let outage = Outage {
                from_s: 21,
                until_s: 46,
                every_s: 10,
                share,
            };
            let covered = (0..100).filter(|second| outage.covers(second * 1_000));
            assert_eq!((covered.count(), outage.end_ms()), (silent_s, end_ms));
        }
    }

    #[test]
    fn each_tenth_person_turns_and_the_others_keep_their_order() {
        let mut spec = crate::sim::scenario("lan").unwrap();
        let row: Vec<String> = (0..50).map(|who| format!("{who},0")).collect();
        let trace = format!("head\n0,{}\n", row.join(","));
        spec.movement = Movement::Trace(crate::sim::Trace::parse(&trace).unwrap());
        spec.infiltrate(Adversary::Spy, 5).unwrap();
        assert_eq!((spec.nodes, spec.adversaries.len()), (45, 5));
        let Movement::Trace(trace) = &spec.movement else {
            panic!("no trace");
        };
        let east: Vec<usize> = trace
            .row(0)
            .iter()
            .map(|place| place.x_m as usize)
            .collect();
        assert!(east[..45].is_sorted() && east[45..] == [9, 19, 29, 39, 49]);
        assert!(spec.infiltrate(Adversary::Spy, 44).is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        let mut spec = crate::sim::scenario("lan").unwrap();
        for (key, value) in [
            (
                "jam",
                "{ radius_m = 3, from_s = 1, until_s = 9, path_m = [[0, 0], [1, 1]] }",
            ),
            (
                "outage",
                "{ from_s = 1, until_s = 9, every_s = 0, share = 0.5 }",
            ),
            ("spam_per_s", "-1.0"),
            ("thunder", "true"),
        ] {
            assert!(spec.clone().try_with(key, value).is_err(), "{key}");
        }
        spec.try_with("own_hold_ms", "0").unwrap();
        spec.try_with("sos", "true").unwrap();
        assert_eq!(spec.trial.own_hold_ms, Some(0));
        assert_eq!(spec.trial.class(), MessageClass::Sos);
    }
}
