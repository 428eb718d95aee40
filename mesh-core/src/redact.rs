//! Values that point at people print as `…` in logs and errors.
//!
//! Floor 0. Wrap text, names, phrases and addresses that travel through types
//! with `Debug`.

use core::fmt;

/// Hides the value from `Debug`; everything else goes through `0`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Redacted<T>(pub T);

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_form_shows_nothing() {
        assert_eq!(format!("{:?}", Redacted("secret")), "…");
    }
}
