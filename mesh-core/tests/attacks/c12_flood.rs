//! C12 · Moby: outsiders who flood took delivery of an epidemic mesh from 51 % to 1 %.
//!
//! A tenth of a march is hostile: each brings a hundred times as many envelopes as an
//! honest person writes, nobody can open them, they live as long as may be, and it
//! passes on nothing of anybody else's. Honest delivery must stay at four fifths of
//! what it is when the same tenth is honest and silent.
//!
//! What holds here is room: a crowd that can carry everything carries the spam too.
//! Beyond that it fails (`docs/BENCHMARKS.md`, "Spam").

use std::path::PathBuf;

use mesh_core::sim::{Adversary, Report, Spec, Trace, World, scenario, trace_spec};

use crate::size;

const SEED: u64 = 12;
/// Hostile among all.
const SHARE: usize = 10;
/// Times the rate of an honest person.
const TIMES: f64 = 100.0;
const KEPT_MIN: f64 = 0.8;

fn run(mut spec: Spec, kind: Adversary, per_s: f64) -> Report {
    spec.tune("pipe", "true").unwrap();
    spec.infiltrate(kind, spec.nodes / SHARE).unwrap();
    spec.try_with("spam_per_s", &format!("{per_s:.6}")).unwrap();
    World::new(spec, SEED).run()
}

/// The same march with a silent tenth and with a spamming one.
fn compare(spec: &Spec, honest_per_s: f64) {
    let per_s = TIMES * honest_per_s;
    let [quiet, spammed] =
        [Adversary::Bystander, Adversary::Spammer].map(|kind| run(spec.clone(), kind, per_s));
    println!(
        "{} seed {SEED}: {} honest, {per_s:.2}/s of spam from each other; delivered {} of {}; p95 {} of {} s; {} of {} bytes carried",
        spec.name,
        spammed.nodes,
        spammed.delivered_ratio,
        quiet.delivered_ratio,
        spammed.p95_s,
        quiet.p95_s,
        spammed.peak_store_bytes,
        quiet.peak_store_bytes,
    );
    assert!(quiet.delivered_ratio > 0.95, "{quiet:?}");
    assert!(
        spammed.peak_store_bytes > 4 * quiet.peak_store_bytes,
        "no flood: {spammed:?}"
    );
    assert!(
        spammed.delivered_ratio >= KEPT_MIN * quiet.delivered_ratio,
        "{spammed:?}"
    );
}

#[test]
fn march_delivers_while_a_tenth_of_it_floods() {
    let mut spec = scenario("march").unwrap();
    spec.nodes = size(30, 200) as usize;
    if size(0, 1) == 0 {
        spec.tune("until_s", "120").unwrap();
        spec.seconds = 150;
    }
    let honest_per_s = spec.traffic.per_s.unwrap() / spec.nodes as f64;
    compare(&spec, honest_per_s);
}

#[test]
fn recorded_march_delivers_while_a_tenth_of_it_floods() {
    let shared = std::env::var_os("STARLING_SHARED").map(PathBuf::from);
    let file = shared.map(|shared| shared.join("traces/march-50.csv"));
    let Some(text) = file.and_then(|file| std::fs::read_to_string(file).ok()) else {
        println!("skipped: STARLING_SHARED names no folder with traces");
        return;
    };
    let rows = size(1_100, 100_000) as usize;
    let text: Vec<&str> = text.lines().take(rows).collect();
    let mut spec = trace_spec(Trace::parse(&text.join("\n")).unwrap()).unwrap();
    if size(0, 1) == 0 {
        spec.seconds = 44;
        let traffic = &mut spec.traffic;
        traffic.lifetime_s = Some(22);
        (traffic.until_s, traffic.counted_until_s) = (44, 22);
    }
    compare(&spec, 1.0 / spec.traffic.every_s);
}
