//! The scenarios that are built in.

use super::crowd::{Movement, Trace};
use super::spec::{Audience, Spec, SpecError};

/// Name and file of each.
const SCENARIOS: &[(&str, &str)] = &[
    ("crowd", include_str!("../../scenarios/crowd.toml")),
    ("flood", include_str!("../../scenarios/flood.toml")),
    ("gather", include_str!("../../scenarios/gather.toml")),
    ("jam", include_str!("../../scenarios/jam.toml")),
    ("lan", include_str!("../../scenarios/lan.toml")),
    ("march", include_str!("../../scenarios/march.toml")),
    (
        "protest_square",
        include_str!("../../scenarios/protest_square.toml"),
    ),
    ("spies", include_str!("../../scenarios/spies.toml")),
    (
        "two_crowds_one_courier",
        include_str!("../../scenarios/two_crowds_one_courier.toml"),
    ),
];
const TRACE: &str = include_str!("../../scenarios/trace.toml");

/// Rows of a trace before this are a start-up cluster, which counts for nothing.
const TRACE_SKIPPED_S: usize = 60;

/// The names of all built-in scenarios.
pub fn scenario_names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

/// A built-in scenario by its name.
#[must_use]
pub fn scenario(name: &str) -> Option<Spec> {
    let (name, text) = SCENARIOS.iter().find(|(known, _)| *known == name)?;
    Spec::parse(name, text).ok()
}

/// The traffic of the published measurement on recorded movement: everybody writes
/// once a minute to the other 24 of their block, messages live 1,000 s, and those
/// are counted whose life ends within the trace.
///
/// # Errors
/// The trace is too short for one message to live.
pub fn trace_spec(trace: Trace) -> Result<Spec, SpecError> {
    let mut spec = Spec::parse("trace", TRACE)?;
    let lifetime_s = spec.traffic.lifetime_s.unwrap_or(0);
    spec.nodes = trace.people();
    spec.skipped_s = TRACE_SKIPPED_S;
    spec.seconds = trace.seconds().saturating_sub(TRACE_SKIPPED_S + 1) as u64;
    spec.traffic.until_s = spec.seconds;
    spec.traffic.counted_until_s = spec.seconds.saturating_sub(lifetime_s);
    if spec.traffic.counted_until_s == 0 {
        return Err(SpecError::Value(
            "the trace is shorter than a message lives",
        ));
    }
    if !matches!(spec.traffic.audience, Audience::Block(1..)) {
        return Err(SpecError::Value("the trace is for blocks of people"));
    }
    spec.movement = Movement::Trace(trace);
    spec.check()?;
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scenario_parses() {
        for name in scenario_names() {
            assert!(scenario(name).is_some(), "{name}");
        }
        let trace = Trace::parse(&(0..1_200).fold("head\n".to_owned(), |text, second| {
            format!("{text}{second},0,0,1,1\n")
        }));
        let spec = trace_spec(trace.unwrap()).unwrap();
        assert_eq!(
            (spec.nodes, spec.seconds, spec.traffic.counted_until_s),
            (2, 1_139, 139)
        );
        assert!(trace_spec(Trace::parse("head\n0,0,0,1,1\n").unwrap()).is_err());
    }
}
