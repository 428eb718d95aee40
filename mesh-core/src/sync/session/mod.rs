//! One link's comparisons: when they begin, who says what next, when they end.
//!
//! At most one runs at a time on a link. It has a turn for each class; turns know
//! sets and cells (`turn.rs`), this file knows time, order and what may be said. Both
//! sides run the same machine; whoever begins a comparison is its opener. The
//! exchange itself is told in `docs/protocol/sync.md`.

mod answer;
mod listing;
mod sketching;
mod turn;
mod way;

use crate::limits::{
    RESYNC_DELAY_MS, SYNC_CELLS_BLE_MAX, SYNC_CELLS_LAN_MAX, SYNC_INTERVAL_BLE_MS,
    SYNC_INTERVAL_LAN_MS, SYNC_JUDGED_WANTS, SYNC_LEAD_MS, SYNC_PUT_OFF_MAX, SYNC_QUIET_MS_MAX,
    SYNC_SHUN_MS, SYNC_SKETCH_MS_MIN,
};
use crate::types::{EnvelopeId, LinkKind, Mono, Now, Tick};
use crate::wire::envelope::Class;
use crate::wire::frame::{RECORD_HEAD_BYTES, Record, encode_record};
use crate::wire::sync::{DONE_HEAD_BYTES, Done, Opening, Summary, bit};

use super::charge::Charge;
use super::key::LinkKey;
use super::snapshot::Snapshot;
use super::trickle::Trickle;

use turn::{Bounds, Heard, Room, Turn};

/// Bytes of a frame's length on the pipe.
const FRAME_LENGTH_BYTES: usize = 2;

/// One held envelope, as a comparison needs it.
pub type Held = (EnvelopeId, Class, Tick);

/// What a comparison found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The neighbour lacks these: offer them, newest first.
    Lacks {
        /// Of all of them.
        class: Class,
        /// In the order to offer.
        ids: Vec<EnvelopeId>,
    },
    /// Of what expires after the cut, the neighbour holds these and nothing else that
    /// we hold.
    HoldsOnly {
        /// Of all of them.
        class: Class,
        /// Nothing is known of what expires before.
        cut: Tick,
        /// In no particular order.
        ids: Vec<EnvelopeId>,
    },
}

/// What a neighbour may not do in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Offence {
    /// It begins comparisons faster than allowed, or asks more than it is due.
    #[error("too many comparisons")]
    Overrun,
    /// What it says fits no two sets.
    #[error("a comparison that makes no sense")]
    Nonsense,
    /// Cells are missing: nobody's fault on a link that loses things.
    #[error("cells are missing")]
    Gap,
}

/// What a link of some kind is, to its comparisons.
#[derive(Debug, Clone, Copy)]
pub struct Carried {
    /// By what.
    pub kind: LinkKind,
    /// Largest payload of a record, bytes.
    pub payload_bytes_max: usize,
}

#[derive(Debug)]
struct Epoch {
    number: u8,
    /// Whether we opened it.
    is_ours: bool,
    cut: Tick,
    /// What our clock alone would say.
    own_cut: Tick,
    begun: Mono,
    heard_at: Mono,
    /// Whether the other side said anything in it.
    is_answered: bool,
    /// Whether fingerprints were not enough.
    is_long: bool,
    /// Whether something was found that was not on its way already.
    has_differed: bool,
    turns: [Turn; Class::ALL.len()],
    /// Our opening, until it is sent.
    opening: Option<Opening>,
    /// Our word for the classes whose fingerprints agree, until it is sent.
    agreed: Option<Done>,
}

impl Epoch {
    fn turn(&mut self, class: Class) -> &mut Turn {
        let [sos, text, manifest, keys] = &mut self.turns;
        match class {
            Class::Sos => sos,
            Class::Text => text,
            Class::Manifest => manifest,
            Class::Keys => keys,
        }
    }

    fn is_over(&self) -> bool {
        let is_said = self.opening.is_none() && self.agreed.is_none();
        is_said && self.turns.iter().all(|turn| matches!(turn, Turn::Closed))
    }
}

/// All comparisons on one link.
#[derive(Debug)]
pub struct Session {
    key: LinkKey,
    /// Whether our random value is the smaller: our opening stands when two cross.
    is_senior: bool,
    cells_max: u32,
    payload_bytes_max: usize,
    /// What the neighbour paid for.
    charge: Charge,
    /// What we paid it for, as far as we know.
    paid: Charge,
    trickle: Trickle,
    /// Something was lost: compare then, whatever the timer says.
    repair_at: Option<Mono>,
    put_off: u8,
    /// When the last comparison with sketches or lists began.
    long_begun: Option<Mono>,
    opening_heard: Option<Mono>,
    /// Until when this neighbour is not compared with.
    shunned_until: Mono,
    judged: u64,
    delivered: u64,
    opened: u8,
    /// By how many ticks the other side's cut was the later one, and when it said so.
    lead_ticks: u32,
    led_at: Mono,
    /// Boxed: most of the time there is none.
    epoch: Option<Box<Epoch>>,
}

impl Session {
    /// Begins when Hello went both ways. `chance` is uniform.
    #[must_use]
    pub fn new(
        now: Mono,
        chance: u64,
        carried: Carried,
        ours: &[u8; 32],
        theirs: &[u8; 32],
    ) -> Self {
        let (cells_max, interval_ms) = match carried.kind {
            LinkKind::Ble => (SYNC_CELLS_BLE_MAX, SYNC_INTERVAL_BLE_MS),
            LinkKind::Lan | LinkKind::Courier => (SYNC_CELLS_LAN_MAX, SYNC_INTERVAL_LAN_MS),
        };
        let is_senior = ours < theirs;
        Self {
            key: LinkKey::new(ours, theirs),
            is_senior,
            cells_max,
            payload_bytes_max: carried.payload_bytes_max,
            charge: Charge::default(),
            paid: Charge::default(),
            trickle: Trickle::new(now, interval_ms, chance),
            repair_at: None,
            put_off: 0,
            long_begun: None,
            opening_heard: None,
            shunned_until: Mono(0),
            judged: 0,
            delivered: 0,
            opened: u8::from(!is_senior),
            lead_ticks: 0,
            led_at: Mono(0),
            epoch: None,
        }
    }

    /// The neighbour said so many bytes, of whatever kind: they pay for answers.
    pub fn heard(&mut self, now: Mono, bytes: usize) {
        self.charge.heard(now, bytes);
    }

    /// We said so many bytes on the link, of whatever kind.
    pub fn said(&mut self, now: Mono, bytes: usize) {
        self.paid.heard(now, bytes);
    }

    /// The neighbour offered something, which it may count as an answer of so many bytes.
    pub fn was_offered(&mut self, now: Mono, bytes: usize) {
        self.paid.said(now, bytes);
    }

    /// Bytes of answers that it has paid for; what is offered to it because of a
    /// comparison counts too.
    pub fn charge(&mut self) -> &mut Charge {
        &mut self.charge
    }

    /// Whether our random value is the smaller.
    #[must_use]
    pub fn is_senior(&self) -> bool {
        self.is_senior
    }

    /// Whether nothing is going on.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.epoch.is_none()
    }

    /// Whether a record waits to be sent, or to be paid for.
    #[must_use]
    pub fn is_speaking(&self) -> bool {
        let epoch = self.epoch.as_ref();
        epoch.is_some_and(|epoch| {
            epoch.agreed.is_some() || epoch.turns.iter().any(Turn::is_speaking)
        })
    }

    /// Something was lost on this link: compare at `at`, if not before.
    pub fn repair(&mut self, at: Mono) {
        self.repair_at.get_or_insert(at);
    }

    /// When [`Self::open`] or [`Self::expire`] may have something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Mono {
        if let Some(epoch) = &self.epoch {
            return epoch.heard_at.plus_ms(SYNC_QUIET_MS_MAX);
        }
        let soonest = self
            .repair_at
            .map_or(self.trickle.next_at(), |at| at.min(self.trickle.next_at()));
        let rested = self
            .long_begun
            .map_or(Mono(0), |begun| begun.plus_ms(SYNC_SKETCH_MS_MIN));
        soonest.max(rested).max(self.shunned_until)
    }

    /// Whether a comparison should begin.
    #[must_use]
    pub fn is_due(&self, now: Mono) -> bool {
        self.epoch.is_none() && self.next_timeout() <= now
    }

    /// Much is on its way already, and would look like a difference. `false` when
    /// that was said often enough.
    pub fn put_off(&mut self, now: Mono) -> bool {
        let may_wait = self.put_off < SYNC_PUT_OFF_MAX;
        if may_wait {
            self.put_off += 1;
            match self.repair_at {
                // What is to be repaired stays a matter of seconds.
                Some(_) => self.repair_at = Some(now.plus_ms(RESYNC_DELAY_MS)),
                None => self.trickle.again(now),
            }
        }
        may_wait
    }

    /// Ends a comparison in which the other side fell silent.
    pub fn expire(&mut self, now: Mono) {
        let is_stale = |epoch: &Epoch| epoch.heard_at.plus_ms(SYNC_QUIET_MS_MAX) <= now;
        if self.epoch.as_deref().is_some_and(is_stale) {
            self.abandon(now);
        }
    }

    /// Judges what the neighbour delivered of what it was asked for, both counted
    /// since the link came up.
    pub fn judge(&mut self, now: Mono, judged: u64, delivered: u64) {
        let wants = judged.saturating_sub(self.judged);
        if wants < SYNC_JUDGED_WANTS {
            return;
        }
        if delivered.saturating_sub(self.delivered) * 2 < wants {
            self.shun(now);
        }
        (self.judged, self.delivered) = (judged, delivered);
    }

    /// Begins a comparison; nothing happens while one runs or the neighbour is
    /// shunned. Who holds nothing has nothing to compare: the others begin.
    pub fn open(&mut self, now: Now, held: impl Iterator<Item = Held>) {
        if self.epoch.is_some() || now.mono < self.shunned_until {
            return;
        }
        self.repair_at = None;
        self.put_off = 0;
        // A clock may have been wrong for a moment: what it made us leave out must
        // not be left out for good.
        if now.mono.ms_since(self.led_at) >= SYNC_LEAD_MS {
            self.lead_ticks = 0;
        }
        let own_cut = own_cut(now);
        let cut = Tick(own_cut.0.saturating_add(self.lead_ticks));
        let sets = Snapshot::take(&self.key, cut, held);
        let held: [Summary; Class::ALL.len()] = sets.each_ref().map(Snapshot::summary);
        if held.iter().all(|summary| summary.count == 0) {
            self.trickle.again(now.mono);
            return;
        }
        self.opened = self.opened.wrapping_add(2);
        let opening = Opening {
            epoch: self.opened,
            cut,
            held,
        };
        self.epoch = Some(Box::new(Epoch {
            number: self.opened,
            is_ours: true,
            cut,
            own_cut,
            begun: now.mono,
            heard_at: now.mono,
            is_answered: false,
            is_long: false,
            has_differed: false,
            turns: sets.map(Turn::opened),
            opening: Some(opening),
            agreed: None,
        }));
    }

    /// A record of a comparison came. `held` is read for an opening only; `awaited`
    /// is how many ids are wanted already, from anybody: so much of what we lack is
    /// no news.
    ///
    /// # Errors
    /// The neighbour's fault; the comparison, if it had one, is over.
    pub fn came(
        &mut self,
        now: Now,
        record: Record,
        awaited: usize,
        held: impl Iterator<Item = Held>,
    ) -> Result<Vec<Finding>, Offence> {
        if now.mono < self.shunned_until {
            return Ok(Vec::new());
        }
        if !matches!(record, Record::Sync(_)) {
            self.paid
                .said(now.mono, record_bytes(&record) + FRAME_LENGTH_BYTES);
        }
        let done = match record {
            Record::Sync(opening) => self.answer(now, &opening, held),
            Record::SyncMore(more) => {
                let heard = Heard::More(more.say);
                let found = self.step(now.mono, more.epoch, more.class, awaited, heard);
                found.map(Vec::from_iter)
            }
            Record::SyncList(page) => {
                let (epoch, class) = (page.epoch, page.class);
                let found = self.step(now.mono, epoch, class, awaited, Heard::Page(page));
                found.map(Vec::from_iter)
            }
            Record::SyncDone(done) => self.done(now.mono, &done, awaited),
            _ => Ok(Vec::new()),
        };
        if done.is_err() {
            self.abandon(now.mono);
        }
        if done == Err(Offence::Nonsense) {
            self.shun(now.mono);
        }
        self.close_if_over(now.mono);
        done
    }

    /// The next record to send, as far as charge and payload allow.
    pub fn poll(&mut self, now: Mono) -> Option<Record> {
        let epoch = self.epoch.as_mut()?;
        if let Some(opening) = epoch.opening.take() {
            return Some(Record::Sync(opening));
        }
        let overhead = RECORD_HEAD_BYTES + FRAME_LENGTH_BYTES;
        let room = self.charge.left(now).checked_sub(overhead)?;
        let record = match epoch.agreed.take_if(|_| room >= DONE_HEAD_BYTES) {
            Some(agreed) => Record::SyncDone(agreed),
            None if epoch.agreed.is_some() => return None,
            None => self.next_bulk(now, room)?,
        };
        self.charge
            .said(now, record_bytes(&record) + FRAME_LENGTH_BYTES);
        self.close_if_over(now);
        Some(record)
    }

    fn next_bulk(&mut self, now: Mono, room: usize) -> Option<Record> {
        let paid_bytes = self.paid.left(now);
        let epoch = self.epoch.as_mut()?;
        let (number, cut) = (epoch.number, epoch.cut);
        let room = Room {
            bytes: room.min(self.payload_bytes_max),
            frame_bytes: self.payload_bytes_max,
            paid_bytes,
        };
        Class::ALL
            .into_iter()
            .find_map(|class| epoch.turn(class).next_record(number, class, cut, room))
    }

    fn step(
        &mut self,
        now: Mono,
        number: u8,
        class: Class,
        awaited: usize,
        heard: Heard,
    ) -> Result<Option<Finding>, Offence> {
        let Some(epoch) = self.epoch.as_mut().filter(|epoch| epoch.number == number) else {
            // Of a comparison that is over: nothing to be said about it.
            return Ok(None);
        };
        epoch.heard_at = now;
        epoch.is_answered = true;
        // That fingerprints agree is no long comparison.
        epoch.is_long |= !matches!(heard, Heard::Done { .. });
        if let Some(cut) = heard.cut().filter(|cut| *cut > epoch.cut) {
            self.lead_ticks = cut.0 - epoch.own_cut.0.min(cut.0);
            self.led_at = now;
            epoch.cut = cut;
        }
        let bounds = Bounds {
            key: &self.key,
            class,
            cut: epoch.cut,
            cells_max: self.cells_max,
        };
        let step = std::mem::take(epoch.turn(class)).step(bounds, heard)?;
        *epoch.turn(class) = step.turn;
        epoch.has_differed |= step.lacks > awaited || step.finding.is_some();
        Ok(step.finding)
    }

    fn done(&mut self, now: Mono, done: &Done, awaited: usize) -> Result<Vec<Finding>, Offence> {
        if !done.classes.is_power_of_two() && (!done.lacks.is_empty() || done.more) {
            return Err(Offence::Nonsense);
        }
        let mut findings = Vec::new();
        let named = |class: &Class| done.classes & bit(*class) != 0;
        for class in Class::ALL.into_iter().filter(named) {
            let heard = Heard::Done {
                lacks: done.lacks.clone(),
                more: done.more,
            };
            findings.extend(self.step(now, done.epoch, class, awaited, heard)?);
        }
        Ok(findings)
    }

    fn close_if_over(&mut self, now: Mono) {
        let Some(epoch) = self.epoch.take_if(|epoch| epoch.is_over()) else {
            return;
        };
        if epoch.is_long {
            self.long_begun = Some(epoch.begun);
        }
        match epoch.has_differed {
            true => self.trickle.differed(now),
            false => self.trickle.agreed(now),
        }
    }

    fn abandon(&mut self, now: Mono) {
        if let Some(epoch) = self.epoch.take()
            && epoch.is_long
        {
            self.long_begun = Some(epoch.begun);
        }
        self.trickle.again(now);
    }

    fn shun(&mut self, now: Mono) {
        self.shunned_until = now.plus_ms(SYNC_SHUN_MS);
        self.abandon(now);
    }
}

/// The tick of now: whoever is not ahead of us by more than the slack of expiry still
/// holds all that expires later, and what a parted crowd brings may be old.
fn own_cut(now: Now) -> Tick {
    now.wall.tick()
}

/// Bytes of a record in a frame, its head included.
fn record_bytes(record: &Record) -> usize {
    let mut frame = Vec::new();
    encode_record(&mut frame, record);
    frame.len()
}
