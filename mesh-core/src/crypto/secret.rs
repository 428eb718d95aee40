//! The one door to key bytes.

use core::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

/// `N` secret bytes: boxed so that moving leaves no copy, zeroed when dropped,
/// compared in constant time, printed as nothing, never serialised.
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes and zeroes where they came from.
    #[must_use]
    pub fn take(bytes: &mut [u8; N]) -> Self {
        let secret = Self(Box::new(*bytes));
        bytes.zeroize();
        secret
    }

    /// All zero, to be filled in place.
    #[must_use]
    pub fn zeroed() -> Self {
        Self(Box::new([0; N]))
    }

    /// The bytes. Keep the borrow short and copy nothing.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }

    /// The bytes, to be filled.
    pub fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshot_debug() {
        assert_eq!(
            format!("{:?}", Secret::take(&mut [0x42; 32])),
            "Secret<32>(…)"
        );
    }

    #[test]
    fn taking_zeroes_the_source() {
        let mut bytes = [7; 16];
        let secret = Secret::take(&mut bytes);
        assert_eq!((bytes, *secret.expose()), ([0; 16], [7; 16]));
        assert!(secret == Secret::take(&mut [7; 16]) && secret != Secret::zeroed());
    }
}
