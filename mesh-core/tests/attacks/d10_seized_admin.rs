//! D10 · Global Voices 2019: an admin was taken, the list of members was exported from the
//! phone, and became a list of arrests.
//!
//! In a group people have keys that were drawn for it alone, and no names. The keys and
//! operations that an admin's device keeps of a group hold neither names nor cards nor the
//! keys of cards of anybody. What it notes beside them does: the names that members claim,
//! and which of them are contacts of its owner, in a row of this profile alone.

use mesh_core::crypto::group::{Changes, Group, Member, OwnKeys, Role};
use mesh_core::testing::rng;

use crate::people::Stranger;
use crate::world::START;

const MEMBERS: u64 = 12;

/// What would name somebody: as it stands on their card.
fn names_of(who: &Stranger) -> Vec<Vec<u8>> {
    let card = &who.card;
    let bytes = who.identity.encode_card(card);
    let id = card.id();
    vec![
        card.name.clone().into_bytes(),
        card.sign_key.to_vec(),
        card.dh_key.to_vec(),
        card.card_secret.to_vec(),
        id[..8].to_vec(),
        id[8..24].to_vec(),
        bytes[122..].to_vec(),
        who.seed.to_vec(),
    ]
}

fn holds(state: &[u8], what: &[u8]) -> bool {
    state.windows(what.len()).any(|window| window == what)
}

/// Fails if a group comes to hold names, cards, or keys that a person has elsewhere.
#[test]
fn the_state_of_a_seized_admin_names_nobody() {
    let rng = &mut rng(10);
    let people: Vec<Stranger> = (0..MEMBERS)
        .map(|number| Stranger::new(number, &format!("Member Name {number:02}")))
        .collect();
    let mut keys: Vec<OwnKeys> = people.iter().map(|_| OwnKeys::draw(rng)).collect();
    let members: Vec<Member> = keys[1..]
        .iter()
        .map(|it| it.member(Role::Admin))
        .take(3)
        .collect();
    let (mut owner, founded) = Group::found(rng, keys.remove(0), members, START).unwrap();
    let (mut admin, _) = Group::join(keys.remove(0), &founded.welcome, START).unwrap();
    let changes = Changes {
        adds: keys[2..].iter().map(|it| it.member(Role::Member)).collect(),
        ..Changes::default()
    };
    let rekeyed = owner.rekey(changes, None, rng, START).unwrap();
    admin.take_op(&rekeyed.op, START).unwrap();
    assert_eq!(admin.roster().len() as u64, MEMBERS);
    for text in ["who is there?", "all of us"] {
        let sealed = owner.seal(rng, [1; 16], 480, text.as_bytes()).unwrap();
        let opening = admin.open(START, &sealed).unwrap();
        assert_eq!(opening.data(), text.as_bytes());
        opening.commit();
    }
    for group in [&owner, &admin] {
        let state = group.encode();
        assert!(
            holds(&state, group.gid()),
            "the measure finds what is there"
        );
        let of_members = group.roster().values();
        assert!(of_members.clone().all(|member| holds(&state, &member.gsk)));
        for who in &people {
            for (number, name) in names_of(who).into_iter().enumerate() {
                assert!(!holds(&state, &name), "{}: {number}", who.card.name);
            }
        }
        assert!(!holds(&state, b"Member Name"));
        assert!(!holds(&state, b"who is there?"));
    }
}
