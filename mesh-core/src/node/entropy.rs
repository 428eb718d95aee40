//! The one place that reads system randomness.

use getrandom::SysRng;
use rand_core::UnwrapErr;

/// The operating system's random source. A system that has none cannot keep a
/// secret: drawing then panics rather than go on with a guess.
pub(crate) type SystemRng = UnwrapErr<SysRng>;

/// The source.
pub(crate) fn system() -> SystemRng {
    UnwrapErr(SysRng)
}

/// `N` random bytes.
pub(crate) fn draw<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand_core::Rng::fill_bytes(&mut system(), &mut bytes);
    bytes
}
