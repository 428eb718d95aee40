//! Groups in memory.

use super::profile::{MemoryProfile, in_order};
use crate::store::{GroupRow, GroupStore, StoreError};

impl GroupStore for MemoryProfile {
    fn groups(&self) -> Result<Vec<GroupRow>, StoreError> {
        Ok(in_order(self.groups.iter().map(|(_, row)| row)))
    }

    fn put_group(&mut self, row: &GroupRow) -> Result<(), StoreError> {
        self.gate.write()?;
        let (order, joined_at) = match self.groups.get(&row.conversation) {
            Some((order, before)) => (*order, before.joined_at),
            None => (self.order(), row.joined_at),
        };
        let kept = GroupRow {
            joined_at,
            ..row.clone()
        };
        self.groups.put(row.conversation, (order, kept));
        Ok(())
    }
}
