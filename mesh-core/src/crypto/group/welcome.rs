//! What somebody is told who comes into a group: what happened, and the secret of one
//! operation.
//!
//! `welcome = version 1 ‖ gid 32 ‖ eid 32 ‖ ES 32 ‖ announced keys ‖ history`, sealed to
//! each newcomer in a session of two. Whoever reads it believes its sender: it cannot
//! check what came before it.

use zeroize::Zeroizing;

use crate::limits::GROUP_OPS_MAX;
use crate::types::Wall;

use super::super::secret::Secret;
use super::Group;
use super::history::History;
use super::keys::{Announced, OwnRing};
use super::member::{GroupId, Member, MemberId, OwnKeys, Role, Roster};
use super::op::{Changes, Consent, Eid, Operation, Reader};
use super::roster::is_well_formed;
use super::sender_chain::GroupTags;

const VERSION: u8 = 1;

pub(super) fn encode(
    history: &History,
    announced: &Announced,
    eid: &Eid,
    es: &Secret<32>,
) -> Zeroizing<Vec<u8>> {
    let mut rest = Vec::new();
    announced.encode(&mut rest);
    put_history(&mut rest, history, false);
    // The room is there from the start: growing would leave copies of the secret.
    let mut bytes = Zeroizing::new(Vec::with_capacity(97 + rest.len()));
    bytes.push(VERSION);
    bytes.extend(history.gid);
    bytes.extend(eid);
    bytes.extend(es.expose());
    bytes.extend(rest);
    bytes
}

struct Welcome {
    gid: GroupId,
    eid: Eid,
    es: Secret<32>,
    announced: Announced,
    history: History,
}

fn decode(bytes: &[u8], now: Wall) -> Option<Welcome> {
    let mut reader = Reader(bytes);
    let [VERSION] = reader.take()? else {
        return None;
    };
    let gid = reader.take()?;
    let eid = reader.take()?;
    let es = Secret::take(&mut reader.take()?);
    let announced = Announced::decode(&mut reader)?;
    let history = take_history(&mut reader, gid, Some(now))?;
    let is_whole = reader.0.is_empty() && history.get(&eid).is_some();
    is_whole.then_some(Welcome {
        gid,
        eid,
        es,
        announced,
        history,
    })
}

impl Group {
    /// Comes into a group with the keys that whoever invited was told. `None` if the
    /// bytes are no welcome, or not for these keys.
    #[must_use]
    pub fn join(keys: OwnKeys, welcome: &[u8], now: Wall) -> Option<(Self, GroupTags)> {
        let welcome = decode(welcome, now)?;
        let Welcome { gid, eid, .. } = welcome;
        let public = keys.member(Role::Member);
        let me = MemberId::new(&gid, &public.gsk);
        let readers = welcome.history.known_to(&[eid]).ok()?;
        let is_ours = readers.get(&me).is_some_and(|it| it.mk == public.mk);
        is_ours.then_some(())?;
        let (seed, secret) = keys.into_secrets();
        let mut own = OwnRing::new(secret, now);
        own.is_used(eid, now, |_| true);
        let mut group = Self {
            gid,
            me,
            seed,
            own,
            announced: welcome.announced,
            history: welcome.history,
            roster: Roster::new(),
            epochs: Vec::new(),
            active: std::collections::BTreeSet::new(),
            renewed: None,
        };
        let tags = group.begin_epoch(eid, welcome.es, now);
        Some((group, tags))
    }

    /// A member's welcome, sent because we could not know everything that its operation
    /// builds on. Takes what happened where we were not there to see it, and nothing
    /// else: the operation itself is then taken and checked as any other. Gives how
    /// many operations were new.
    pub fn take_welcome(&mut self, welcome: &[u8], now: Wall) -> Option<usize> {
        let welcome = decode(welcome, now)?;
        (welcome.gid == self.gid).then_some(())?;
        let before = welcome.history.get(&welcome.eid)?.op.parents.clone();
        let set = welcome.history.before(&before);
        let mut count = 0;
        for entry in welcome.history.in_order(&set) {
            let readers = welcome.history.known_to(&[entry.op.eid]);
            let saw_it = readers.is_ok_and(|readers| readers.contains_key(&self.me));
            if !saw_it && self.history.insert(entry.op.clone(), now).is_ok() {
                count += 1;
            }
        }
        self.refresh(now);
        Some(count)
    }
}

/// `base ‖ roster ‖ count u16 ‖ operations`, parents first; with the times at which
/// they came, for the store.
pub(super) fn put_history(bytes: &mut Vec<u8>, history: &History, is_own: bool) {
    let put = |bytes: &mut Vec<u8>, entry: &super::Entry| {
        put_operation(bytes, &entry.op);
        if is_own {
            bytes.extend(entry.taken.0.to_le_bytes());
        }
    };
    put(bytes, &history.base);
    bytes.extend(history.base.depth.to_le_bytes());
    bytes.push(history.base.rank.code());
    let count = u16::try_from(history.roster.len()).unwrap_or(u16::MAX);
    bytes.extend(count.to_le_bytes());
    for member in history.roster.values() {
        put_member(bytes, member);
    }
    let entries = history.in_order(&history.all());
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    bytes.extend(count.to_le_bytes());
    entries.into_iter().for_each(|entry| put(bytes, entry));
}

/// The inverse. Everything that follows from the operations is worked out again, and
/// what is not allowed is refused. `came` is when they came, unless that is stored.
pub(super) fn take_history(
    reader: &mut Reader<'_>,
    gid: GroupId,
    came: Option<Wall>,
) -> Option<History> {
    let base = take_operation(reader)?;
    let time = |reader: &mut Reader<'_>| match came {
        Some(now) => Some(now),
        None => Some(Wall(u64::from_le_bytes(reader.take()?))),
    };
    let taken = time(reader)?;
    let depth = u32::from_le_bytes(reader.take()?);
    let rank = reader.role()?;
    let mut roster = Roster::new();
    for _ in 0..reader.count()? {
        let member = take_member(reader)?;
        let id = MemberId::new(&gid, &member.gsk);
        let is_next = roster.last_key_value().is_none_or(|(last, _)| *last < id);
        is_next.then(|| roster.insert(id, member))?;
    }
    is_well_formed(&gid, &base).then_some(())?;
    let mut history = History::new(gid, base, roster, taken);
    (history.base.depth, history.base.rank) = (depth, rank);
    let count = usize::from(u16::from_le_bytes(reader.take()?));
    (count <= GROUP_OPS_MAX + GROUP_OPS_MAX / 2).then_some(())?;
    for _ in 0..count {
        let op = take_operation(reader)?;
        let taken = time(reader)?;
        history.place(op, taken).ok()?;
    }
    Some(history)
}

fn put_operation(bytes: &mut Vec<u8>, op: &Operation) {
    bytes.extend(op.eid);
    bytes.push(u8::try_from(op.parents.len()).unwrap_or(u8::MAX));
    bytes.extend(op.parents.as_flattened());
    bytes.extend(op.actor.0);
    // Longer lists than can be encoded were never taken.
    bytes.extend(op.changes.encode().unwrap_or_default());
    bytes.push(u8::from(op.consent.is_some()));
    if let Some(consent) = &op.consent {
        bytes.extend(consent.signer.0);
        bytes.extend(consent.signature);
    }
}

fn take_operation(reader: &mut Reader<'_>) -> Option<Operation> {
    let eid: Eid = reader.take()?;
    let [count] = reader.take()?;
    (usize::from(count) <= crate::limits::GROUP_PARENTS_MAX).then_some(())?;
    let parents: Option<Vec<Eid>> = (0..count).map(|_| reader.take()).collect();
    let actor = MemberId(reader.take()?);
    let changes = Changes::decode(reader)?;
    let consent = match reader.take()? {
        [0] => None,
        [1] => Some(Consent {
            signer: MemberId(reader.take()?),
            signature: reader.take()?,
        }),
        _ => return None,
    };
    Some(Operation {
        eid,
        parents: parents?,
        actor,
        changes,
        consent,
    })
}

fn put_member(bytes: &mut Vec<u8>, member: &Member) {
    bytes.extend(member.gsk);
    bytes.extend(member.mk);
    bytes.push(member.role.code());
}

fn take_member(reader: &mut Reader<'_>) -> Option<Member> {
    Some(Member {
        gsk: reader.take()?,
        mk: reader.take()?,
        role: reader.role()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    const NOW: Wall = Wall(1_795_000_000_000);

    #[test]
    fn whatever_depth_a_welcome_claims_who_joins_can_be_stored() {
        for (below, is_taken) in [(0, false), (1, false), (15, false), (16, true)] {
            let mut random = rng(7);
            let [own, theirs] = [(); 2].map(|()| OwnKeys::draw(&mut random));
            let newcomer = theirs.member(Role::Member);
            let (mut group, _) = Group::found(&mut random, own, vec![newcomer], NOW).unwrap();
            for _ in 0..16 {
                let none = Changes::default();
                group.rekey(none, None, &mut random, NOW).unwrap();
            }
            let eid = group.heads()[0];
            group.history.base.depth = u32::MAX - below;
            let welcome = encode(&group.history, &group.announced, &eid, &Secret::zeroed());
            let joined = Group::join(theirs, &welcome, NOW);
            assert_eq!(joined.is_some(), is_taken, "{below}");
            if let Some((joined, _)) = joined {
                let stored = Group::decode(&joined.encode());
                assert_eq!(stored.map(|it| it.heads()), Some(vec![eid]), "{below}");
            }
        }
    }
}
