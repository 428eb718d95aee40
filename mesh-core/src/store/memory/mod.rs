//! Stores that live in memory: for simulation, and for a profile that leaves no trace.
//!
//! They never fail, so they are never poisoned; `fault.rs` breaks them on purpose.

mod groups;
mod history;
mod marks;
mod people;
mod profile;
mod relay;
mod ring;
mod table;

pub use profile::{MemoryProfile, ProfileSnapshot};
pub use relay::{MemoryRelay, RelaySnapshot};

use super::StoreError;

/// Whether a transaction is open, and who may do what then.
#[derive(Debug, Clone, Default)]
struct Gate {
    open: bool,
}

impl Gate {
    fn begin(&mut self) -> Result<(), StoreError> {
        if self.open {
            return Err(StoreError::Misuse("begin inside a transaction"));
        }
        self.open = true;
        Ok(())
    }

    fn write(&self) -> Result<(), StoreError> {
        if !self.open {
            return Err(StoreError::Misuse("write outside a transaction"));
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if !self.open {
            return Err(StoreError::Misuse("commit outside a transaction"));
        }
        self.open = false;
        Ok(())
    }
}
