//! A group as bytes, for the store: secret, to be sealed at rest.

use zeroize::Zeroizing;

use crate::limits::GROUP_EPOCHS_MAX;

use super::super::secret::Secret;
use super::epoch::{Epoch, put_time, take_time};
use super::keys::{Announced, OwnRing};
use super::member::{MemberId, OwnKeys, Role};
use super::op::Reader;
use super::welcome::{put_history, take_history};
use super::{Group, Roster};

const VERSION: u8 = 1;
impl Group {
    /// `version 1 ‖ gid 32 ‖ seed of GSK 32 ‖ own keys ‖ announced keys ‖ history ‖ last
    /// renewal ‖ count u8 ‖ epochs`: 165 bytes for each member and epoch in which
    /// nothing is missing, and about 100 for each operation.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut shared = Vec::new();
        self.announced.encode(&mut shared);
        put_history(&mut shared, &self.history, true);
        put_time(&mut shared, self.renewed);
        // The room is there from the start: growing would leave copies behind.
        let epochs: usize = self.epochs.iter().map(Epoch::encoded_bytes).sum();
        let room = 1 + 32 + 32 + self.own.encoded_bytes() + shared.len() + 1 + epochs;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.push(VERSION);
        bytes.extend(self.gid);
        bytes.extend(self.seed.expose());
        self.own.encode(&mut bytes);
        bytes.extend(shared);
        bytes.push(u8::try_from(self.epochs.len()).unwrap_or(u8::MAX));
        self.epochs
            .iter()
            .for_each(|epoch| epoch.encode(&mut bytes));
        debug_assert!(bytes.len() <= room, "the room was too small");
        bytes
    }

    /// The inverse: `None` for anything that [`Group::encode`] does not make. Works out
    /// roster and tags again.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let [VERSION] = reader.take()? else {
            return None;
        };
        let gid = reader.take()?;
        let seed = Secret::take(&mut reader.take()?);
        let own = OwnRing::decode(&mut reader)?;
        let announced = Announced::decode(&mut reader)?;
        let history = take_history(&mut reader, gid, None)?;
        let renewed = take_time(&mut reader)?;
        let [count] = reader.take()?;
        (usize::from(count) <= GROUP_EPOCHS_MAX).then_some(())?;
        let mut epochs: Vec<Epoch> = Vec::new();
        for _ in 0..count {
            let epoch = Epoch::decode(&mut reader)?;
            let is_new = epochs.iter().all(|other| other.eid != epoch.eid);
            (is_new && history.get(&epoch.eid).is_some()).then(|| epochs.push(epoch))?;
        }
        reader.0.is_empty().then_some(())?;
        let keys = OwnKeys::from_secrets(seed, Secret::zeroed());
        let me = MemberId::new(&gid, &keys.member(Role::Member).gsk);
        let (seed, _) = keys.into_secrets();
        let roster: Roster = history.merged();
        Some(Self {
            gid,
            me,
            seed,
            own,
            announced,
            history,
            roster,
            epochs,
            active: std::collections::BTreeSet::new(),
            renewed,
        })
    }
}
