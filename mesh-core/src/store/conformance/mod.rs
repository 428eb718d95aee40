//! One suite for every implementation of the stores (feature "testing").
//!
//! What must happen stands in the names of the checks. A new method of a store
//! brings a check here.

mod bounds;
mod contents;
mod groups;
mod marks;
mod one_message;
mod people;
mod profile;
mod relay;
pub mod sample;
mod waiting;

pub use bounds::bounds;
pub use contents::{ProfileContents, RelayContents};
pub use groups::groups;
pub use marks::marks;
pub use people::people;
pub use profile::profile;
pub use relay::relay;

use super::{StoreError, Transact};

/// Runs the checks one after the other and names the one that broke.
macro_rules! run_checks {
    ($($check:ident($($argument:expr),*);)*) => {
        $(
            if let Err(error) = $check($($argument),*) {
                panic!("{}: {error}", stringify!($check));
            }
        )*
    };
}
use run_checks;

/// Does something in a transaction and commits.
pub fn committed<S: Transact, T>(
    store: &mut S,
    run: impl FnOnce(&mut S) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    store.begin()?;
    let result = run(store)?;
    store.commit()?;
    Ok(result)
}

fn is_misuse<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Misuse(_)))
}

/// Transactions do not nest, and nothing is written or committed outside one;
/// being told so breaks nothing.
fn misuse_is_refused_and_harmless<S: Transact>(
    mut store: S,
    write: impl Fn(&mut S) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    assert!(is_misuse(write(&mut store)));
    assert!(is_misuse(store.commit()));
    store.rollback()?;
    store.begin()?;
    assert!(is_misuse(store.begin()));
    write(&mut store)?;
    store.commit()?;
    assert!(is_misuse(store.commit()));
    Ok(())
}
