//! From faults to a closed link. Only what a neighbour itself did counts, and
//! good conduct buys nothing: credit could be saved up for an attack.

use crate::limits::PENALTY_MAX;

/// What a neighbour did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Bytes that are no frame, or a frame out of place.
    Protocol,
    /// An envelope that was not asked for.
    Unasked,
    /// More requests than fit.
    Overrun,
    /// It did not say Hello in time, or fell silent.
    Silent,
}

impl Fault {
    fn points(self) -> u32 {
        match self {
            Self::Protocol | Self::Silent => PENALTY_MAX,
            Self::Overrun => 5,
            Self::Unasked => 1,
        }
    }
}

/// Penalty points of one link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score(u32);

impl Score {
    /// Adds a fault; whether the link must be closed now.
    pub fn blame(&mut self, fault: Fault) -> bool {
        self.0 = self.0.saturating_add(fault.points());
        self.0 >= PENALTY_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_faults_close_at_once_and_small_ones_after_many() {
        assert!(Score::default().blame(Fault::Protocol));
        let mut score = Score::default();
        let closing = (1..).find(|_| score.blame(Fault::Unasked));
        assert_eq!(closing, Some(PENALTY_MAX));
    }
}
