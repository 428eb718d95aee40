//! How hard a passphrase is to guess, for showing beside the field.

/// A rough class of [`Strength`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Found in minutes to days by whoever has the laptop.
    Weak,
    /// Holds off a police laboratory for a while, not for good.
    Fair,
    /// Not found by guessing.
    Strong,
}

/// An estimate, never a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// Base-2 logarithm of the guesses a good cracker needs.
    pub bits: u16,
    /// The same in three classes: below 45, below 64, 64 and more.
    pub grade: Grade,
}
