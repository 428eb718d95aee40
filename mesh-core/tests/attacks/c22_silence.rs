//! C22 · jammed radios and transports that are switched off: nothing that a person
//! wrote may be lost, and all of it goes on soon after the air is free again.
//!
//! In the simulator a disc of 30 m in which nobody hears anything walks into a crowd
//! and vanishes in its middle, and whole media are dead for a share of the time. On
//! real sockets the line between two laptops is cut again and again.

use std::net::SocketAddr;
use std::time::Duration;

use mesh_core::api::{Answer, Command, Query};
use mesh_core::sim::{Report, Spec, World, scenario};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::person::{Person, quiet};
use crate::size;

const SEED: u64 = 22;
const RECOVERY_S_MAX: f64 = 30.0;

fn run(spec: &Spec) -> Report {
    let report = World::new(spec.clone(), SEED).run();
    println!(
        "{} seed {SEED}: {} people; {:?} {:?}; delivered {}, p95 {} s, lost {:?}, recovery {:?} s",
        report.scenario,
        report.nodes,
        spec.trial.jam,
        spec.trial.outage,
        report.delivered_ratio,
        report.p95_s,
        report.own_lost,
        report.recovery_s
    );
    report
}

fn assert_recovered(report: &Report) {
    assert!(report.messages > 0);
    assert_eq!(report.own_lost, Some(0), "{report:?}");
    assert_eq!(report.delivered_ratio, 1.0, "{report:?}");
    let recovery_s = report.recovery_s.unwrap();
    assert!(recovery_s <= RECOVERY_S_MAX, "{report:?}");
}

/// People on ten metres square each, who hear 20 m; the disc walks in from the west.
#[test]
fn crowd_recovers_when_a_jam_that_walked_through_it_is_gone() {
    let mut spec = scenario("jam").unwrap();
    let people = size(30, 300);
    spec.nodes = people as usize;
    spec.traffic.writers = Some(size(4, 40) as usize);
    let side_m = (people as f64 * 100.0).sqrt();
    let middle_m = side_m / 2.0;
    let jam = |until_s: u64| {
        format!(
            "{{ radius_m = 30.0, from_s = 30, until_s = {until_s}, \
             path_m = [[0.0, {middle_m:.1}], [{middle_m:.1}, {middle_m:.1}]] }}"
        )
    };
    spec.try_with("jam", &jam(90)).unwrap();
    let report = run(&spec);
    assert_recovered(&report);
    assert!(report.p95_s > 10.0, "it jammed nothing: {report:?}");
    // One that stays: what was written in it is kept, and goes nowhere.
    spec.try_with("jam", &jam(100_000)).unwrap();
    let report = run(&spec);
    assert_eq!(report.own_lost, Some(0), "{report:?}");
    assert!(report.delivered_ratio < 1.0, "{report:?}");
}

#[test]
fn nothing_is_lost_whatever_share_of_the_time_a_medium_is_dead() {
    for name in ["jam", "lan"] {
        let mut spec = scenario(name).unwrap();
        spec.trial.jam = None;
        spec.nodes = size(12, 150) as usize;
        (spec.seconds, spec.traffic.writers) = (150, Some(3));
        (spec.traffic.until_s, spec.traffic.counted_until_s) = (110, 110);
        for percent in (0_u32..=100).step_by(size(50, 25) as usize) {
            let outage = |until_s: u64| {
                let share = f64::from(percent) / 100.0;
                format!("{{ from_s = 20, until_s = {until_s}, every_s = 30, share = {share:.2} }}")
            };
            spec.try_with("outage", &outage(110)).unwrap();
            assert_recovered(&run(&spec));
        }
        let never = "{ from_s = 0, until_s = 1000, every_s = 30, share = 1.0 }";
        spec.try_with("outage", never).unwrap();
        let report = run(&spec);
        assert_eq!((report.deliveries, report.own_lost), (0, Some(0)));
    }
}

/// A line to an address that can be cut: what comes while it is, is hung up on.
struct Line {
    address: SocketAddr,
    is_whole: watch::Sender<bool>,
}

impl Line {
    async fn to(far: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_whole, whole) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(Self::carry(near, far, whole.clone()));
            }
        });
        Self { address, is_whole }
    }

    async fn carry(mut near: TcpStream, far: SocketAddr, mut whole: watch::Receiver<bool>) {
        if !*whole.borrow() {
            return;
        }
        let Ok(mut far) = TcpStream::connect(far).await else {
            return;
        };
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
            _ = whole.wait_for(|is_whole| !is_whole) => {}
        }
    }
}

async fn links_in_status(person: &mut Person) -> usize {
    let query = Query::Status;
    let answer = person.ask(|request| Command::Query { request, query });
    let Answer::Status(status) = answer.await else {
        panic!("no status");
    };
    status.links
}

#[tokio::test(flavor = "multi_thread")]
async fn outbox_outlives_a_line_that_is_cut_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut ana = Person::start(quiet(folder.path().join("ana")), "Ana").await;
    let mut ben = Person::start(quiet(folder.path().join("ben")), "Ben").await;
    let line = Line::to(ben.listen[0]).await;
    ana.dial(line.address).await;
    ana.until("link", |ana| ana.links == 1).await;
    let rounds = size(4, 40);
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        line.is_whole.send_replace(false);
        ana.until("link down", |ana| ana.links == 0).await;
        ben.until("link down", |ben| ben.links == 0).await;
        // Both persons are told that nobody is near.
        assert_eq!(links_in_status(&mut ana).await, 0);
        ana.write(&format!("to Ben {round}")).await;
        ben.write(&format!("to Ana {round}")).await;
        // So is whoever switches the laptop off and on meanwhile.
        if round == rounds / 2 {
            ana.stop().await;
            ana = Person::start(quiet(folder.path().join("ana")), "Ana").await;
            ana.dial(line.address).await;
            assert_eq!(links_in_status(&mut ana).await, 0);
        }
        let begun = Instant::now();
        line.is_whole.send_replace(true);
        ben.read(&format!("to Ben {round}")).await;
        ana.read(&format!("to Ana {round}")).await;
        slowest = slowest.max(begun.elapsed());
    }
    println!("{rounds} cuts, all read at most {slowest:?} after the line was whole");
    assert!(slowest.as_secs_f64() <= RECOVERY_S_MAX, "{slowest:?}");
    ana.stop().await;
    ben.stop().await;
}
