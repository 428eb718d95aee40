//! What the second implementation recorded (`tests/twin`): the same inputs give the same
//! bytes, and its messages open with the same results.

use rand_core::{TryCryptoRng, TryRng};

use super::super::epoch::Epoch;
use super::super::member::*;
use super::super::op::{Changes, Draft, Eid, Operation, SealedOp};
use super::super::roster::{applied, is_allowed, is_well_formed};
use super::super::sender_chain::*;
use crate::crypto::secret::Secret;
use crate::crypto::session::chains::Chain;
use crate::types::Wall;

const RECORD: &str = include_str!("../../../../testdata/vectors/group_twin.txt");
const NOW: Wall = Wall(1_795_000_000_000);

fn bytes(hex: &str) -> Vec<u8> {
    if hex == "-" {
        return Vec::new();
    }
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn array<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().unwrap()
}

fn secret(hex: &str) -> Secret<32> {
    Secret::take(&mut array(hex))
}

/// Every line of one kind, in fields.
fn lines(kind: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = RECORD.lines().map(|line| line.split(' ').collect());
    let kind = kind.to_owned();
    lines.filter(move |fields: &Vec<&str>| fields[0] == kind)
}

/// Yields exactly the salt of a record.
struct Salt(Vec<u8>);

impl TryRng for Salt {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("only bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("only bytes are asked for")
    }

    fn try_fill_bytes(&mut self, slots: &mut [u8]) -> Result<(), Self::Error> {
        slots.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Salt {}

struct Person {
    seed: Secret<32>,
    mk: Secret<32>,
    member: Member,
    id: MemberId,
}

fn people(gid: &GroupId) -> Vec<Person> {
    let person = |fields: Vec<&str>| {
        let keys = OwnKeys::from_secrets(secret(fields[1]), secret(fields[2]));
        let role = Role::from_code(fields[3].parse().unwrap()).unwrap();
        let member = keys.member(role);
        let id = MemberId::new(gid, &member.gsk);
        assert_eq!(id.0, array(fields[4]));
        let (seed, mk) = keys.into_secrets();
        Person {
            seed,
            mk,
            member,
            id,
        }
    };
    lines("member").map(person).collect()
}

/// Rosters and secrets after each operation, all of which were made again on the way.
fn operations(gid: &GroupId, people: &[Person]) -> Vec<(Eid, Secret<32>, Roster)> {
    let mut made: Vec<(Eid, Secret<32>, Roster)> = Vec::new();
    let eids = lines("eid").map(|fields| array(fields[1]));
    for (fields, eid) in lines("op").zip(eids) {
        let actor = &people[fields[1].parse::<usize>().unwrap()];
        let (es, op) = (secret(fields[2]), bytes(fields[3]));
        let mut before = made.last().map_or_else(Roster::new, |it| it.2.clone());
        let open = |person: &Person| {
            let sealed = SealedOp::decode(&op).unwrap();
            sealed.open(gid, [&person.mk].into_iter())
        };
        let operation: Operation = open(actor).unwrap().operation;
        assert_eq!(operation.eid, eid);
        assert!(is_well_formed(gid, &operation));
        let after = applied(gid, &operation, before.clone());
        if made.is_empty() {
            before.clone_from(&after);
        } else {
            assert!(is_allowed(gid, &operation, &before));
        }
        for person in people {
            let Some(opened) = open(person) else {
                assert!(!after.contains_key(&person.id));
                continue;
            };
            let keys: Vec<_> = after.iter().map(|(id, it)| (*id, [it.mk])).collect();
            assert!(after.contains_key(&person.id) && opened.secret == es);
            assert!(opened.is_signed_by(&before[&operation.actor].gsk));
            assert!(opened.reaches(keys.iter().map(|(id, keys)| (*id, keys.as_slice()))));
        }
        let readers: Vec<_> = after.iter().map(|(id, it)| (*id, it.mk)).collect();
        let draft = Draft {
            gid,
            parents: &operation.parents,
            actor: actor.id,
            seed: &actor.seed,
            changes: &operation.changes,
            consent: None,
            readers: &readers,
        };
        assert_eq!(draft.seal(&es), Some(op.clone()), "the same bytes again");
        made.push((eid, es, after));
    }
    made
}

fn keys_of(chain: &Chain) -> Vec<u8> {
    let [head, message] = chain.keys();
    [message.expose().as_slice(), head.expose().as_slice()].concat()
}

#[test]
fn operations_and_chains_are_those_of_the_second_implementation() {
    let gid: GroupId = array(lines("gid").next().unwrap()[1]);
    let people = people(&gid);
    let made = operations(&gid, &people);
    assert_eq!(made.len(), 3);
    assert!(made[0].2.len() == 4 && made[1].2.len() == 4);
    assert_ne!(
        Changes::default(),
        Changes {
            adds: vec![people[0].member],
            ..Changes::default()
        }
    );
    let mut chains = lines("chains");
    for (eid, es, roster) in &made {
        for author in roster.keys() {
            let fields = chains.next().unwrap();
            let place = Place {
                gid,
                eid: *eid,
                author: *author,
            };
            assert_eq!(people[fields[1].parse::<usize>().unwrap()].id, *author);
            for (purpose, field) in [(Purpose::Message, 2), (Purpose::Control, 3)] {
                assert_eq!(keys_of(&place.chain(es, purpose)), bytes(fields[field]));
            }
        }
    }
    assert!(chains.next().is_none());
}

#[test]
fn messages_of_the_second_implementation_are_sealed_and_opened_the_same() {
    let gid: GroupId = array(lines("gid").next().unwrap()[1]);
    let header = array(lines("header").next().unwrap()[1]);
    let people = people(&gid);
    let made = operations(&gid, &people);
    let epoch = |at: usize, me: MemberId| {
        let (eid, es, roster) = &made[at];
        Epoch::begin(
            gid,
            *eid,
            Secret::take(&mut es.expose().clone()),
            roster,
            me,
        )
    };
    let mut views: std::collections::BTreeMap<(usize, usize), Epoch> = Default::default();
    for fields in lines("send") {
        let (at, who): (usize, usize) = (fields[1].parse().unwrap(), fields[2].parse().unwrap());
        let view = views
            .entry((at, who))
            .or_insert_with(|| epoch(at, people[who].id));
        let purpose = match fields[3] {
            "messages" => Purpose::Message,
            _ => Purpose::Control,
        };
        let place = Place {
            gid,
            eid: made[at].0,
            author: people[who].id,
        };
        let sealed = seal_next(
            view.sending(purpose),
            &place,
            &people[who].seed,
            &mut Salt(bytes(fields[5])),
            header,
            fields[4].parse().unwrap(),
            &bytes(fields[6]),
        );
        assert_eq!(sealed, Some(bytes(fields[7])));
    }
    for fields in lines("deliver") {
        let (at, who): (usize, usize) = (fields[1].parse().unwrap(), fields[2].parse().unwrap());
        let view = views
            .entry((at, who))
            .or_insert_with(|| epoch(at, people[who].id));
        let envelope = bytes(fields[3]);
        let found = view.find(&tag_of(&envelope).unwrap());
        assert_eq!(found.is_some(), fields[4] != "miss", "{fields:?}");
        let Some((author, purpose)) = found else {
            continue;
        };
        let place = Place {
            gid,
            eid: made[at].0,
            author,
        };
        let chains = view.authors.get_mut(&author).unwrap();
        let gsk = chains.gsk;
        let opened = chains.chain(purpose).open(&place, &gsk, NOW, &envelope);
        assert_eq!(opened.is_some(), fields[4] == "opened", "{fields:?}");
        if let Some((data, step)) = opened {
            assert_eq!(author, people[fields[5].parse::<usize>().unwrap()].id);
            assert_eq!(*data, bytes(fields[6]));
            let width = if purpose == Purpose::Message { 32 } else { 64 };
            chains.chain_mut(purpose).commit(step, width);
        }
    }
}
