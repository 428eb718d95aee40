//! A neighbour that brings far more than its share: what it can and cannot push out.

use std::collections::{BTreeMap, BTreeSet};

use super::crowd::Crowd;
use super::hostile::{LINK, besieged, envelope, hello, say};
use crate::engine::Input;
use crate::limits::{ADMIT_LAN_BURST, DISK_FREE_BYTES_MIN, RELAY_BYTES_MAX, RELAY_BYTES_MIN};
use crate::link::FrameReader;
use crate::types::EnvelopeId;
use crate::wire::envelope::{Class, Envelope};
use crate::wire::frame::{Record, decode_frame};

/// A flooder that keeps to the protocol: it offers without end and sends what it is
/// asked for.
#[derive(Default)]
struct Flooder {
    reader: FrameReader,
    made: BTreeMap<EnvelopeId, Envelope>,
    next: u32,
    sent: usize,
}

impl Flooder {
    fn offer(&mut self, crowd: &mut Crowd, count: u32) {
        let fresh: Vec<Envelope> = (0..count)
            .map(|n| envelope(crowd, Class::Text, 1_000_000 + self.next + n))
            .collect();
        self.next += count;
        let ids: Vec<EnvelopeId> = fresh.iter().map(Envelope::id).collect();
        self.made.extend(ids.iter().copied().zip(fresh));
        for ids in ids.chunks(900) {
            let ids = ids.to_vec();
            say(
                crowd,
                &[Record::Offer {
                    class: Class::Text,
                    ids,
                }],
            );
        }
    }

    /// Sends what was asked for since the last time.
    fn serve(&mut self, crowd: &mut Crowd) {
        let heard = std::mem::take(&mut crowd.overheard);
        let bytes = heard.into_iter().filter(|(link, _)| *link == LINK);
        let frames = bytes.flat_map(|(_, bytes)| self.reader.read(&bytes).unwrap());
        let records = frames.flat_map(|frame| decode_frame(&frame).unwrap());
        let wanted: BTreeSet<EnvelopeId> = records
            .flat_map(|record| match record {
                Record::Want(ids) => ids,
                _ => Vec::new(),
            })
            .collect();
        for id in wanted {
            let push = Record::Push(self.made[&id].clone());
            say(crowd, &[push]);
            self.sent += 1;
        }
    }

    fn flood(&mut self, crowd: &mut Crowd, seconds: usize) {
        for _ in 0..seconds * 10 {
            self.offer(crowd, 100);
            self.serve(crowd);
            crowd.run(100);
            // The carrier took everything.
            let sent = Input::Sent {
                link: LINK,
                bytes: usize::MAX,
            };
            crowd.give(0, vec![sent]);
        }
    }
}

/// Person 0 has room for about 520 texts, and a flooder beside person 1.
fn crowded() -> (Crowd, Flooder) {
    let mut crowd = besieged();
    crowd.engines[0].relay_bytes_max = 64 * 4_800;
    say(&mut crowd, &[hello()]);
    (crowd, Flooder::default())
}

#[test]
fn a_full_store_evicts_the_flooders_own() {
    let (mut crowd, mut flooder) = crowded();
    let nearby = crowd.join(1, "nearby");
    crowd.link(0, 1);
    for number in 0..100 {
        crowd.say(1, nearby, &format!("{number}"));
    }
    crowd.run(1_000);
    flooder.flood(&mut crowd, 20);
    assert!(flooder.sent > 900, "{}", flooder.sent);
    let (mut from_flooder, mut honest) = (0, 0);
    for (id, _) in crowd.engines[0].inventory.iter() {
        match flooder.made.contains_key(&id) {
            true => from_flooder += 1,
            false => honest += 1,
        }
    }
    assert_eq!(honest, 100);
    assert!((400..=420).contains(&from_flooder), "{from_flooder}");
}

#[test]
fn while_room_is_short_a_flooder_is_asked_at_its_share() {
    let (mut crowd, mut flooder) = crowded();
    flooder.flood(&mut crowd, 10);
    let at_first = flooder.sent;
    flooder.flood(&mut crowd, 10);
    let then = flooder.sent - at_first;
    assert!(at_first as u64 > ADMIT_LAN_BURST + 400, "{at_first}");
    // Forty a second, and a quarter of that is the least that a short life saves.
    assert!((300..=1_700).contains(&then), "{then}");
}

#[test]
fn whoever_pushes_what_it_only_offered_is_closed() {
    let (mut crowd, mut flooder) = crowded();
    flooder.flood(&mut crowd, 10);
    assert_eq!(crowd.status(0).links, 1);
    // Its share is used up: of these few are asked for, and it sends them all.
    let before = flooder.next;
    flooder.offer(&mut crowd, 200);
    for number in before..before + 200 {
        let push = envelope(&crowd, Class::Text, 1_000_000 + number);
        say(&mut crowd, &[Record::Push(push)]);
    }
    assert_eq!(crowd.status(0).links, 0);
}

#[test]
fn a_full_disk_shrinks_what_is_carried_and_is_told() {
    let (mut crowd, mut flooder) = crowded();
    crowd.engines[0].relay_bytes_max = RELAY_BYTES_MAX;
    for _ in 0..200 {
        flooder.offer(&mut crowd, 100);
        flooder.serve(&mut crowd);
        crowd.run(50);
        let sent = Input::Sent {
            link: LINK,
            bytes: usize::MAX,
        };
        crowd.give(0, vec![sent]);
    }
    let before = crowd.status(0).stored.bytes;
    assert!(before > 2 * RELAY_BYTES_MIN, "{before}");
    let left = DISK_FREE_BYTES_MIN - before / 4;
    crowd.give(0, vec![Input::DiskFree(left)]);
    let is_told = |crowd: &mut Crowd| {
        let notices = crowd.status(0).notices;
        notices.iter().any(|notice| notice.code == "disk")
    };
    assert!(crowd.status(0).stored.bytes <= before * 3 / 4);
    assert!(is_told(&mut crowd));
    crowd.give(0, vec![Input::DiskFree(0)]);
    let status = crowd.status(0);
    assert!((RELAY_BYTES_MIN / 2..=RELAY_BYTES_MIN).contains(&status.stored.bytes));
    crowd.give(0, vec![Input::DiskFree(u64::MAX / 2)]);
    assert!(!is_told(&mut crowd));
}
