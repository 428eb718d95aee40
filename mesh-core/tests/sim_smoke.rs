//! The simulator itself: the same seed gives the same report, scenarios show what
//! they are there to show, and a promise that is broken is reported.

#![cfg(feature = "sim")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and prints its seed"
)]

use mesh_core::sim::{
    Adversary, Audience, Fault, Medium, Movement, Planned, Report, Spec, Strategy, Trace, World,
    oracle_ratio, scenario, scenario_names, sweep_spec, trace_spec,
};

const SEED: u64 = 7;

fn run(spec: Spec) -> Report {
    println!("scenario {} seed {SEED}", spec.name);
    World::new(spec, SEED).run()
}

fn small(name: &str, nodes: usize) -> Spec {
    let mut spec = scenario(name).unwrap();
    // Each writer's profile takes a moment to open.
    spec.traffic.writers = Some(4);
    Spec { nodes, ..spec }
}

/// A line of people who do not move: each hears the next one only.
fn line(people: usize, apart_m: f32, seconds: u64) -> Trace {
    let row: Vec<String> = (0..people)
        .map(|who| format!("{},0", who as f32 * apart_m))
        .collect();
    let rows = (0..=seconds).map(|second| format!("{second},{}\n", row.join(",")));
    Trace::parse(&format!("head\n{}", rows.collect::<String>())).unwrap()
}

#[test]
fn one_seed_gives_one_report_byte_by_byte() {
    for name in ["march", "lan"] {
        let report = || run(small(name, 9)).lines();
        assert_eq!(report(), report(), "{name}");
    }
    let sweep = |seed| World::new(sweep_spec(seed), seed).run().lines();
    assert_eq!(sweep(3), sweep(3));
    assert_ne!(sweep(3), sweep(4));
}

#[test]
fn in_each_scenario_everybody_gets_everything() {
    // The first two are too large, the third is the march again.
    let left_out = ["crowd", "flood", "spies"];
    for name in scenario_names().filter(|name| !left_out.contains(name)) {
        let report = run(small(name, 13));
        assert_eq!(report.delivered_ratio, 1.0, "{name}: {report:?}");
        assert!(report.messages > 0 && report.events > 1_000, "{name}");
    }
}

#[test]
fn two_crowds_without_their_courier_stay_apart() {
    let spec = small("two_crowds_one_courier", 13);
    let movement = Movement::Courier {
        ground_m2: 4.0,
        apart_m: 120.0,
        speed_m_per_s: 0.0,
    };
    let report = run(Spec { movement, ..spec });
    assert!((0.4..0.6).contains(&report.delivered_ratio), "{report:?}");
}

#[test]
fn flood_of_messages_keeps_every_store_within_its_bytes() {
    let spec = small("flood", 12);
    let seconds = 90;
    let traffic = mesh_core::sim::Traffic {
        until_s: 60,
        counted_until_s: 60,
        ..spec.traffic.clone()
    };
    let report = run(Spec {
        seconds,
        traffic,
        ..spec
    });
    assert!(report.peak_store_bytes <= 262_144 + 15_360, "{report:?}");
    assert!(report.delivered_ratio > 0.5, "{report:?}");
}

#[test]
fn offers_cost_less_than_floods_and_reach_more_than_jitter() {
    let report = |strategy| {
        let mut spec = small("protest_square", 20).with_strategy(strategy);
        spec.tune("pipe", "true").unwrap();
        run(spec)
    };
    let [offer, flood, jitter] = [Strategy::Offer, Strategy::Flood, Strategy::Jitter].map(report);
    assert_eq!((offer.delivered_ratio, flood.delivered_ratio), (1.0, 1.0));
    assert!(
        jitter.delivered_ratio <= 1.0 && jitter.copies_per_delivery > 1.2,
        "{jitter:?}"
    );
    assert!(offer.copies_per_delivery < 1.05, "{offer:?}");
    assert!(flood.copies_per_delivery > 2.0, "{flood:?}");
    assert!(
        offer.bytes_per_delivery_over_payload < 0.7 * flood.bytes_per_delivery_over_payload,
        "{offer:?} {flood:?}"
    );
}

#[test]
fn oracle_is_the_ceiling_of_a_trace_and_the_engine_comes_near() {
    // Two groups that never meet: nobody can reach more than their own.
    let row = "0,0,5,0,500,0,505,0";
    let rows: String = (0..1_250)
        .map(|second| format!("{second},{row}\n"))
        .collect();
    let spec = trace_spec(Trace::parse(&format!("head\n{rows}")).unwrap()).unwrap();
    assert_eq!(oracle_ratio(&spec, SEED), 0.3333);
    let report = run(spec);
    assert_eq!(report.delivered_ratio, 0.3333, "{report:?}");
}

#[test]
fn range_and_buffer_of_a_trace_matter() {
    let spec = || trace_spec(line(6, 8.0, 1_250)).unwrap();
    assert_eq!(run(spec()).delivered_ratio, 1.0);
    let mut out_of_reach = spec();
    out_of_reach.tune("range_m", "5.0").unwrap();
    assert_eq!(run(out_of_reach).delivered_ratio, 0.0);
    let buffer_bytes = 4_000;
    let starved = run(Spec {
        buffer_bytes,
        ..spec()
    });
    assert!(starved.peak_store_bytes <= 4_000 + 1_920, "{starved:?}");
}

#[test]
fn random_worlds_keep_every_promise() {
    for seed in 1..=4 {
        let report = World::new(sweep_spec(seed), seed).run();
        assert!(report.broken_promises.is_empty(), "seed {seed}: {report:?}");
    }
}

/// Two honest people whom only a hostile one joins: what one writes never comes, and
/// the checkers say so.
#[test]
fn a_world_cut_in_two_by_a_dropper_is_reported_as_broken() {
    let spec = Spec {
        nodes: 2,
        adversaries: vec![Adversary::Dropper],
        medium: Medium {
            range_m: Some(10.0),
            ..Medium::ble()
        },
        movement: Movement::Trace(Trace::parse("head\n0,0,0,16,0,8,0\n1,0,0,16,0,8,0\n").unwrap()),
        ..sweep_spec(1)
    };
    let mut spec = Spec {
        faults: Vec::new(),
        ..spec
    };
    spec.tune("pipe", "true").unwrap();
    let report = run(spec);
    let about = |what: &str| report.broken_promises.iter().any(|p| p.starts_with(what));
    assert!(about("delivery: ") && about("convergence: "), "{report:?}");
}

#[test]
fn each_fault_and_each_adversary_is_survived() {
    let base = || Spec {
        nodes: 5,
        adversaries: Vec::new(),
        faults: Vec::new(),
        medium: Medium {
            degree: 4,
            ..Medium::lan()
        },
        ..sweep_spec(1)
    };
    let audience = Audience::Everybody;
    for adversary in Adversary::ALL {
        let mut spec = base();
        spec.adversaries = vec![adversary];
        spec.traffic.audience = audience;
        let report = run(spec);
        assert!(
            report.broken_promises.is_empty(),
            "{adversary:?}: {report:?}"
        );
    }
    for fault in [
        Fault::Crash { down_ms: 10_000 },
        Fault::ClockStep {
            by_ms: -90_000_000,
            for_ms: 5_000,
        },
        Fault::DiskFull {
            after_writes: 3,
            for_ms: 10_000,
        },
        Fault::LinksCut,
    ] {
        let planned = |host| Planned {
            at_ms: 20_000 + u64::from(host) * 3_000,
            host,
            fault,
        };
        let mut spec = base();
        spec.faults = (0..5).map(planned).collect();
        spec.traffic.audience = audience;
        let report = run(spec);
        assert!(report.broken_promises.is_empty(), "{fault:?}: {report:?}");
    }
}
