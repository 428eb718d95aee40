//! Answers are paid for: at most 20 bytes for each byte heard on the link, over a
//! minute.
//!
//! Whatever a neighbour says counts as payment, wants and envelopes too, so that an
//! honest one hardly ever waits; a silent one cannot make a small question
//! a large answer, for anybody (`docs/protocol/sync.md`, "Charge").

use crate::limits::{SYNC_ANSWER_RATIO, SYNC_CHARGE_MS};
use crate::types::Mono;

/// The minute is kept in so many steps.
const STEPS: usize = 6;
const STEP_MS: u64 = SYNC_CHARGE_MS / STEPS as u64;

/// What was heard and answered on one link in the last minute.
#[derive(Debug, Clone, Copy, Default)]
pub struct Charge {
    /// Heard and answered, by step; the last is now.
    steps: [(u32, u32); STEPS],
    /// Number of the last step since the start of time.
    step: u64,
}

impl Charge {
    /// The neighbour said so many bytes, of whatever kind.
    pub fn heard(&mut self, now: Mono, bytes: usize) {
        self.turn(now);
        if let Some((heard, _)) = self.steps.last_mut() {
            *heard = plus(*heard, bytes);
        }
    }

    /// Bytes that may be answered now.
    pub fn left(&mut self, now: Mono) -> usize {
        self.turn(now);
        let (heard, said) = self.steps.iter().fold((0_u64, 0_u64), |sum, step| {
            (sum.0 + u64::from(step.0), sum.1 + u64::from(step.1))
        });
        let left = heard.saturating_mul(SYNC_ANSWER_RATIO).saturating_sub(said);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// So many bytes were answered.
    pub fn said(&mut self, now: Mono, bytes: usize) {
        self.turn(now);
        if let Some((_, said)) = self.steps.last_mut() {
            *said = plus(*said, bytes);
        }
    }

    fn turn(&mut self, now: Mono) {
        let step = now.0 / STEP_MS;
        if step == self.step {
            return;
        }
        let passed = usize::try_from(step.saturating_sub(self.step)).unwrap_or(STEPS);
        self.step = self.step.max(step);
        let passed = passed.min(STEPS);
        self.steps.rotate_left(passed);
        for past in self.steps.iter_mut().rev().take(passed) {
            *past = (0, 0);
        }
    }
}

/// No link moves four gigabytes in a step.
fn plus(sum: u32, bytes: usize) -> u32 {
    sum.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_neighbour_gets_nothing_and_a_byte_buys_twenty() {
        let mut charge = Charge::default();
        assert_eq!(charge.left(Mono(5)), 0);
        charge.heard(Mono(5), 10);
        charge.said(Mono(6), 150);
        assert_eq!(charge.left(Mono(7)), 50);
    }

    #[test]
    fn what_was_paid_lapses_after_a_minute_and_so_does_what_was_said() {
        let mut charge = Charge::default();
        charge.heard(Mono(0), 10);
        charge.said(Mono(30_000), 150);
        assert_eq!(charge.left(Mono(SYNC_CHARGE_MS - 1)), 50);
        assert_eq!(charge.left(Mono(SYNC_CHARGE_MS)), 0);
        let said_lapses_at = 30_000 + SYNC_CHARGE_MS;
        charge.heard(Mono(said_lapses_at - 1), 10);
        assert_eq!(charge.left(Mono(said_lapses_at - 1)), 50);
        assert_eq!(charge.left(Mono(said_lapses_at)), 200);
        assert_eq!(charge.left(Mono(u64::MAX)), 0);
    }
}
