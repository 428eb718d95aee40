//! A crowd in one process: the engine that ships, on virtual time.
//!
//! Beside the floors (feature "sim"): imports floors 0 to 4, and nothing but tests
//! and `bin/mesh-sim.rs` imports it. Everything random follows from one seed, time
//! is a number, and nothing depends on the order of a hash map: the same seed gives
//! the same report, byte by byte. What is modelled and what is not stands in
//! `docs/SIMULATOR.md`.
//!
//! ```
//! use mesh_core::sim::{Spec, World, scenario};
//!
//! let spec = scenario("lan").expect("it is built in");
//! let spec = Spec { nodes: 8, ..spec };
//! let report = World::new(spec, 1).run();
//! assert_eq!(report.delivered_ratio, 1.0);
//! ```

mod adversary;
mod bodies;
mod chance;
mod checkers;
mod crowd;
mod disk;
mod faults;
mod host;
mod links;
mod medium;
mod node;
mod oracle;
mod plain;
mod report;
mod scenario;
mod space;
mod spammer;
mod spec;
mod spies;
mod sweep;
mod traffic;
mod trial;
mod waves;
mod wheel;
mod world;

pub use adversary::Adversary;
pub use chance::Chance;
pub use crowd::{Movement, Trace, TraceError};
pub use faults::{Fault, Planned};
pub use medium::Medium;
pub use oracle::oracle_ratio;
pub use report::Report;
pub use scenario::{scenario, scenario_names, trace_spec};
pub use space::Place;
pub use spec::{Audience, Spec, SpecError, Strategy, Traffic};
pub use spies::Spied;
pub use sweep::sweep_spec;
pub use trial::{Jam, Outage, Trial};
pub use world::World;
