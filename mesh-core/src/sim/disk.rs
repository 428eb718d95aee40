//! One host's disk: what survives a crash, who looks at what is written, and what
//! fails when it is full.
//!
//! The relay set holds numbers of shared bodies ([`super::bodies`]); the profile is
//! the memory store. Both live outside the engine, so that dropping it is a crash
//! and building it again is a restart from the last commit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{
    ContactRow, ConversationRow, GroupRow, GroupStore, IdentityRow, MarksRow, MarksStore,
    MemoryProfile, MessageRef, MessageRow, OutboxRow, PartRow, PeopleStore, PrekeyRow,
    ProfileStore, Queue, ReactionRow, RelayMeta, RelayStore, SessionRow, Setting, StoreError,
    Taken, TimelinePage, Transact,
};
use crate::types::{ContactId, ConversationId, Day, Delivery, EnvelopeId, MessageId, Wall};
use crate::wire::items::Timer;

use super::bodies::Bodies;

/// One envelope in one relay set.
#[derive(Debug, Clone, Copy)]
struct Row {
    order: u32,
    received_hours: u32,
    /// Of its body; 0 once that was evicted.
    bytes: u32,
}

/// The relay set, by number of body: numbers are few and close together.
#[derive(Default)]
struct Rows(Vec<Option<Row>>);

impl Rows {
    fn get(&self, number: u32) -> Option<Row> {
        self.0.get(number as usize).copied().flatten()
    }

    /// Puts or takes a row; gives what was there.
    fn set(&mut self, number: u32, row: Option<Row>) -> Option<Row> {
        let at = number as usize;
        if at >= self.0.len() {
            self.0.reserve_exact(at + 1 - self.0.len() + at / 8);
            self.0.resize(at + 1, None);
        }
        self.0
            .get_mut(at)
            .and_then(|slot| std::mem::replace(slot, row))
    }

    fn iter(&self) -> impl Iterator<Item = (u32, Row)> {
        let rows = (0..).zip(&self.0);
        rows.filter_map(|(number, row)| row.map(|row| (number, row)))
    }
}

#[derive(Default)]
struct Platter {
    bodies: Bodies,
    rows: Rows,
    undo: Vec<(u32, Option<Row>)>,
    order_next: u32,
    body_bytes: u64,
    body_bytes_peak: u64,
    profile: Option<Box<MemoryProfile>>,
    /// Numbers inserted since they were last asked for, and committed.
    arrived: Vec<u32>,
    arriving: Vec<u32>,
    /// Own envelopes sealed since they were last asked for.
    sealed: Vec<(EnvelopeId, MessageId)>,
    /// Writes that still succeed; then every one fails until the disk is mended.
    writes_left: Option<u64>,
}

/// A handle to one host's disk.
#[derive(Clone, Default)]
pub(super) struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    pub(super) fn new(bodies: Bodies) -> Self {
        let platter = Platter {
            bodies,
            ..Platter::default()
        };
        Self(Arc::new(Mutex::new(platter)))
    }

    /// Puts a profile on it; a host without one relays only.
    pub(super) fn set_profile(&self, profile: MemoryProfile) {
        self.platter().profile = Some(Box::new(profile));
    }

    pub(super) fn relay(&self) -> Box<dyn RelayStore + Send> {
        Box::new(DiskRelay(self.clone()))
    }

    pub(super) fn profile(&self) -> Option<Box<dyn ProfileStore + Send>> {
        let has_profile = self.platter().profile.is_some();
        has_profile.then(|| Box::new(DiskProfile(self.clone())) as Box<dyn ProfileStore + Send>)
    }

    /// Takes back what was not committed: a crash.
    pub(super) fn crash(&self) {
        let mut platter = self.platter();
        platter.rollback();
        platter.sealed.clear();
        if let Some(profile) = &mut platter.profile {
            let snapshot = profile.snapshot();
            **profile = MemoryProfile::restore(&snapshot);
        }
    }

    /// From the `writes`-th write on it is full.
    pub(super) fn fill_after(&self, writes: u64) {
        self.platter().writes_left = Some(writes);
    }

    /// There is space again.
    pub(super) fn mend(&self) {
        self.platter().writes_left = None;
    }

    /// Numbers of the envelopes committed since the last call, in order.
    pub(super) fn take_arrived(&self, into: &mut Vec<u32>) {
        into.append(&mut self.platter().arrived);
    }

    /// Own envelopes sealed since the last call.
    pub(super) fn take_sealed(&self) -> Vec<(EnvelopeId, MessageId)> {
        std::mem::take(&mut self.platter().sealed)
    }

    /// Notes an own envelope that no profile store saw.
    pub(super) fn note_sealed(&self, id: EnvelopeId, message_id: MessageId) {
        self.platter().sealed.push((id, message_id));
    }

    /// Numbers of all envelopes whose bodies are here.
    pub(super) fn held(&self) -> Vec<u32> {
        let platter = self.platter();
        let held = platter.rows.iter().filter(|(_, row)| row.bytes > 0);
        held.map(|(number, _)| number).collect()
    }

    /// Own envelopes that no neighbour has confirmed yet.
    pub(super) fn outbox(&self) -> Vec<EnvelopeId> {
        let platter = self.platter();
        let rows = platter.profile.as_ref().map(|profile| profile.outbox());
        let rows = rows.and_then(Result::ok).unwrap_or_default();
        rows.into_iter().map(|row| row.id).collect()
    }

    /// Sealed bytes here now, and at most so far.
    pub(super) fn body_bytes(&self) -> (u64, u64) {
        let platter = self.platter();
        (platter.body_bytes, platter.body_bytes_peak)
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Platter {
    fn write(&mut self) -> Result<(), StoreError> {
        match &mut self.writes_left {
            None => Ok(()),
            Some(0) => Err(StoreError::Io("no space left on device".to_owned())),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn set(&mut self, number: u32, row: Option<Row>) {
        let before = self.rows.set(number, row);
        let bytes = |row: Option<Row>| row.map_or(0, |row| u64::from(row.bytes));
        self.body_bytes = self.body_bytes.saturating_sub(bytes(before)) + bytes(row);
        self.body_bytes_peak = self.body_bytes_peak.max(self.body_bytes);
        self.undo.push((number, before));
    }

    fn rollback(&mut self) {
        for (number, before) in std::mem::take(&mut self.undo).into_iter().rev() {
            self.set(number, before);
        }
        self.undo.clear();
        self.arriving.clear();
    }

    fn profile(&mut self) -> Result<&mut MemoryProfile, StoreError> {
        self.profile
            .as_deref_mut()
            .ok_or(StoreError::Misuse("no profile on this disk"))
    }
}

/// The relay set of a disk.
struct DiskRelay(Disk);

impl Transact for DiskRelay {
    fn begin(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let mut platter = self.0.platter();
        platter.write()?;
        platter.undo.clear();
        let mut arriving = std::mem::take(&mut platter.arriving);
        platter.arrived.append(&mut arriving);
        platter.arriving = arriving;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.0.platter().rollback();
        Ok(())
    }
}

impl RelayStore for DiskRelay {
    fn insert(&mut self, meta: &RelayMeta, body: &[u8]) -> Result<bool, StoreError> {
        let mut platter = self.0.platter();
        platter.write()?;
        let number = platter.bodies.put(meta, body);
        if platter.rows.get(number).is_some() {
            return Ok(false);
        }
        let row = Row {
            order: platter.order_next,
            received_hours: u32::try_from(meta.received_at.0 / HOUR_MS).unwrap_or(u32::MAX),
            bytes: u32::try_from(body.len()).unwrap_or(u32::MAX),
        };
        platter.order_next += 1;
        platter.set(number, Some(row));
        platter.arriving.push(number);
        Ok(true)
    }

    fn body(&self, id: EnvelopeId) -> Result<Option<Vec<u8>>, StoreError> {
        let platter = self.0.platter();
        let number = platter.bodies.number(id);
        let held =
            number.filter(|number| platter.rows.get(*number).is_some_and(|row| row.bytes > 0));
        let body = held.and_then(|number| platter.bodies.body(number));
        Ok(body.map(|body| body.bytes.to_vec()))
    }

    fn evict(&mut self, id: EnvelopeId) -> Result<(), StoreError> {
        let mut platter = self.0.platter();
        platter.write()?;
        let number = platter.bodies.number(id);
        if let Some(number) = number
            && let Some(mut row) = platter.rows.get(number)
        {
            row.bytes = 0;
            platter.set(number, Some(row));
        }
        Ok(())
    }

    fn forget(&mut self, id: EnvelopeId) -> Result<(), StoreError> {
        let mut platter = self.0.platter();
        platter.write()?;
        if let Some(number) = platter.bodies.number(id)
            && platter.rows.get(number).is_some()
        {
            platter.set(number, None);
        }
        Ok(())
    }

    fn load(&self) -> Result<Vec<RelayMeta>, StoreError> {
        let platter = self.0.platter();
        let mut rows: Vec<(u32, Row)> = platter.rows.iter().collect();
        rows.sort_by_key(|(_, row)| row.order);
        let metas = rows.into_iter().filter_map(|(number, row)| {
            let body = platter.bodies.body(number)?;
            Some(RelayMeta {
                bytes: row.bytes,
                received_at: Wall(u64::from(row.received_hours) * HOUR_MS),
                ..body.meta
            })
        });
        Ok(metas.collect())
    }
}

/// The relay set keeps hours, as the engine gives them.
const HOUR_MS: u64 = crate::limits::RECEIVED_STEP_MS;

/// The profile of a disk: the memory store within, watched and made to fail.
struct DiskProfile(Disk);

/// Passes calls on to the memory store: those that read, and those that write and
/// so fail on a full disk.
macro_rules! pass_on {
    (read $($name:ident($($arg:ident: $type:ty),*) -> $gives:ty;)*) => {
        $(fn $name(&self $(, $arg: $type)*) -> Result<$gives, StoreError> {
            self.0.platter().profile()?.$name($($arg),*)
        })*
    };
    (write $($name:ident($($arg:ident: $type:ty),*) -> $gives:ty;)*) => {
        $(fn $name(&mut self $(, $arg: $type)*) -> Result<$gives, StoreError> {
            let mut platter = self.0.platter();
            platter.write()?;
            platter.profile()?.$name($($arg),*)
        })*
    };
}

impl Transact for DiskProfile {
    pass_on! { write
        commit() -> ();
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.0.platter().profile()?.begin()
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.0.platter().profile()?.rollback()
    }
}

impl PeopleStore for DiskProfile {
    pass_on! { read
        contacts() -> Vec<ContactRow>;
        sessions() -> Vec<SessionRow>;
        prekeys() -> Vec<PrekeyRow>;
        knows_knock(hash: &[u8; 32]) -> bool;
        queued(queue: Queue, of: ConversationId) -> Vec<(u32, Vec<u8>)>;
        setting(setting: Setting) -> Option<Vec<u8>>;
    }
    pass_on! { write
        put_contact(row: &ContactRow) -> ();
        remove_contact(contact: ContactId) -> ();
        put_session(row: &SessionRow) -> ();
        remove_session(session: &[u8; 32]) -> ();
        put_prekey(row: &PrekeyRow) -> ();
        erase_prekeys(day: Day) -> ();
        mark_knock(hash: &[u8; 32], until: Day) -> ();
        put_queued(queue: Queue, of: ConversationId, number: u32, bytes: &[u8]) -> ();
        remove_queued(queue: Queue, of: ConversationId, number: u32) -> ();
        set_setting(setting: Setting, value: &[u8]) -> ();
    }
}

impl MarksStore for DiskProfile {
    pass_on! { read
        marks(of: &MessageRef) -> Option<MarksRow>;
        reactions(of: &MessageRef) -> Vec<ReactionRow>;
        disappearing(now: Wall, limit: u16) -> Vec<MessageRef>;
        next_to_disappear() -> Option<Wall>;
        timer(of: ConversationId) -> Option<Timer>;
    }
    pass_on! { write
        set_marks(of: &MessageRef, row: &MarksRow) -> bool;
        set_text(of: &MessageRef, text: &str) -> bool;
        put_reaction(of: &MessageRef, row: &ReactionRow) -> bool;
        remove_reactions(of: &MessageRef) -> ();
        start_timers(of: ConversationId, now: Wall) -> Vec<MessageRef>;
        limit_deadlines(now: Wall) -> ();
        set_timer(of: ConversationId, timer: Timer) -> ();
    }
}

impl GroupStore for DiskProfile {
    pass_on! {
        read
        groups() -> Vec<GroupRow>;
    }
    pass_on! {
        write
        put_group(row: &GroupRow) -> ();
    }
}

impl ProfileStore for DiskProfile {
    pass_on! { read
        identity() -> Option<IdentityRow>;
        conversations() -> Vec<ConversationRow>;
        timeline(of: ConversationId, before: Option<MessageId>, limit: u16) -> Option<TimelinePage>;
        message(of: ConversationId, message_id: MessageId) -> Option<MessageRow>;
        unread(of: ConversationId) -> u32;
        part_bytes(of: ConversationId) -> u64;
        outbox() -> Vec<OutboxRow>;
        opened() -> Vec<EnvelopeId>;
    }
    pass_on! { write
        set_identity(identity: &IdentityRow) -> ();
        add_conversation(row: &ConversationRow) -> ();
        remove_conversation(of: ConversationId) -> ();
        forget_conversation(of: ConversationId) -> ();
        insert_message(row: &MessageRow) -> bool;
        remove_message(of: ConversationId, author: &[u8; 32], message_id: MessageId) -> bool;
        set_state(of: ConversationId, message_id: MessageId, state: Delivery) -> ();
        mark_seen(of: ConversationId) -> ();
        put_part(row: &PartRow) -> Vec<PartRow>;
        remove_parts(of: ConversationId, author: &[u8; 32], message_id: MessageId) -> ();
        take_outbox(id: EnvelopeId) -> Option<Taken>;
        mark_opened(id: EnvelopeId, until: Day) -> ();
        prune(day: Day) -> ();
    }

    fn put_outbox(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        let mut platter = self.0.platter();
        platter.write()?;
        platter.sealed.push((row.id, row.message_id));
        platter.profile()?.put_outbox(row)
    }
}
