use super::*;

fn quiet() -> Medium {
    Medium {
        shape: LinkShape::Pipe,
        loss: 0.0,
        jitter_ms: 0,
        delay_ms: 1,
        fragment_head_bytes: 0,
        ..Medium::ble()
    }
}

fn lane(link: u64, from: u32, to: u32) -> Lane {
    Lane {
        link: LinkId(link),
        ahead: true,
        from,
        to,
    }
}

/// Waves with these links between six hosts.
fn waves(medium: Medium, lanes: &[Lane]) -> Waves {
    let mut waves = Waves::new(medium, 6, Chance::new(1, 1));
    for lane in lanes {
        waves.join(lane.link, [lane.from, lane.to]);
    }
    waves
}

/// Runs everything that begins to its end; gives link, end and arrival of each.
fn run(waves: &mut Waves, mut begun: Vec<Begun>) -> Vec<(u64, u64, Option<u64>)> {
    let mut log = Vec::new();
    while !begun.is_empty() {
        begun.sort_by_key(|begun| std::cmp::Reverse(begun.ends_at_ms));
        let Begun { lane, ends_at_ms } = begun.pop().unwrap();
        let finished = waves.finish(ends_at_ms, lane, &mut begun).unwrap();
        log.push((lane.link.0, ends_at_ms, finished.arrives_at_ms));
    }
    log
}

fn ends(log: &[(u64, u64, Option<u64>)]) -> Vec<(u64, u64)> {
    log.iter().map(|(link, end, _)| (*link, *end)).collect()
}

#[test]
fn one_radio_moves_no_more_than_its_rate_and_serves_its_links_in_turn() {
    let (one, two, aside) = (lane(0, 0, 1), lane(1, 0, 2), lane(2, 3, 4));
    let mut waves = waves(quiet(), &[one, two, aside]);
    let sent = [one, one, two, two, aside].map(|lane| waves.send(0, lane, vec![0; 25_000]));
    let log = run(&mut waves, sent.into_iter().flatten().collect());
    assert_eq!(
        ends(&log),
        [(2, 1_000), (0, 1_000), (1, 2_000), (0, 3_000), (1, 4_000)]
    );
}

#[test]
fn a_radio_that_waits_for_a_busy_one_serves_others_meanwhile() {
    let (busy, blocked, free) = (lane(0, 0, 1), lane(1, 2, 0), lane(2, 2, 3));
    let mut waves = waves(quiet(), &[busy, blocked, free]);
    let first = waves.send(0, busy, vec![0; 250_000]).unwrap();
    assert_eq!(waves.send(0, blocked, vec![0; 25_000]), None);
    let third = waves.send(0, free, vec![0; 25_000]).unwrap();
    let log = run(&mut waves, vec![first, third]);
    assert_eq!(ends(&log), [(2, 1_000), (0, 10_000), (1, 11_000)]);
}

#[test]
fn radios_that_share_the_air_wait_for_each_other_and_distant_ones_do_not() {
    let lanes = [lane(0, 0, 1), lane(1, 2, 3), lane(2, 4, 5)];
    let medium = Medium {
        air_bytes_per_s: 25_000,
        ..quiet()
    };
    let mut waves = waves(medium, &lanes);
    let squares = [(0, 0), (0, 0), (0, 1), (0, 1), (5, 5), (5, 5)];
    (0..)
        .zip(squares)
        .for_each(|(host, square)| waves.put(host, square));
    let begun = lanes.map(|lane| waves.send(0, lane, vec![0; 25_000]).unwrap().ends_at_ms);
    assert_eq!(begun, [1_000, 2_000, 1_000]);
}

#[test]
fn a_pipe_repeats_what_is_lost_and_keeps_order_and_a_datagram_is_gone() {
    let lossy = Medium {
        loss: 0.5,
        jitter_ms: 100,
        ..quiet()
    };
    let lane = lane(0, 0, 1);
    let all = |waves: &mut Waves| {
        let begun = (0..100)
            .map(|_| waves.send(0, lane, vec![0; 100]))
            .collect::<Vec<_>>();
        run(waves, begun.into_iter().flatten().collect())
    };
    let mut pipe = waves(lossy.clone(), &[lane]);
    let log = all(&mut pipe);
    assert!(log.len() == 100 && log.iter().all(|(_, _, arrival)| arrival.is_some()));
    assert!(log.is_sorted_by_key(|(_, _, arrival)| *arrival));
    assert!(pipe.air_bytes > 15_000);
    let mut datagrams = waves(
        Medium {
            shape: LinkShape::Datagrams { mtu: 512 },
            ..lossy
        },
        &[lane],
    );
    let log = all(&mut datagrams);
    let lost = log
        .iter()
        .filter(|(_, _, arrival)| arrival.is_none())
        .count();
    assert!((20..80).contains(&lost), "{lost}");
    assert_eq!(datagrams.air_bytes, 10_000);
    assert!(!log.is_sorted_by_key(|(_, _, arrival)| *arrival));
}

#[test]
fn a_link_that_is_gone_frees_its_radios_at_the_end_of_what_was_in_the_air() {
    let (gone, other) = (lane(0, 0, 1), lane(1, 0, 2));
    let mut waves = waves(quiet(), &[gone, other]);
    let begun = waves.send(0, gone, vec![0; 25_000]).unwrap();
    assert_eq!(waves.send(0, other, vec![0; 25_000]), None);
    waves.forget(gone.link, [0, 1]);
    let mut next = Vec::new();
    assert_eq!(waves.finish(begun.ends_at_ms, gone, &mut next), None);
    assert_eq!(next.len(), 1);
    assert_eq!((next[0].lane, next[0].ends_at_ms), (other, 2_000));
}
