//! What a run showed, in numbers.

use serde::Serialize;

/// The report of one run. The same seed gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Of the scenario.
    pub scenario: String,
    /// How envelopes were spread.
    pub strategy: String,
    /// What everything random followed from.
    pub seed: u64,
    /// Devices.
    pub nodes: usize,
    /// Messages that count.
    pub messages: u64,
    /// Deliveries that counted.
    pub deliveries: u64,
    /// Deliveries ÷ (messages × recipients).
    pub delivered_ratio: f64,
    /// Half of the deliveries took at most this, seconds.
    pub p50_s: f64,
    /// 95 in 100.
    pub p95_s: f64,
    /// 99 in 100.
    pub p99_s: f64,
    /// Whole envelopes that came ÷ those that were new where they came.
    pub copies_per_delivery: f64,
    /// Bytes given to links ÷ bytes of the envelopes that were new where they came.
    pub bytes_per_delivery_over_payload: f64,
    /// The same with the medium's headers and repetitions.
    pub air_bytes_per_delivery_over_payload: f64,
    /// Bytes of reconciliation given to links.
    pub sync_bytes: u64,
    /// Links that came up.
    pub links: u64,
    /// Calls that came to nothing.
    pub calls_failed: u64,
    /// Sealed bytes in one store, at most.
    pub peak_store_bytes: u64,
    /// Inputs of engines, and what happened in the medium.
    pub events: u64,
    /// Ceiling of the delivered ratio by earliest arrival, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oracle_ratio: Option<f64>,
    /// Where links were cut ([`super::Trial`]): own messages that their authors'
    /// devices had acknowledged and that are nowhere any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_lost: Option<u64>,
    /// And longest time from the end of all that to a delivery that it had put off,
    /// seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_s: Option<f64>,
    /// Where spies listen: what they learn.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub spied: Option<super::Spied>,
    /// Promises that did not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken_promises: Vec<String>,
}

impl Report {
    /// One line for each number.
    #[must_use]
    pub fn lines(&self) -> String {
        let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(self) else {
            return String::new();
        };
        fields
            .into_iter()
            .fold(String::new(), |text, (name, value)| {
                let value = match value {
                    serde_json::Value::String(text) => text,
                    other => other.to_string(),
                };
                format!("{text}{name:<36}{value}\n")
            })
    }
}

/// The value that `share` of a sorted list does not exceed; 0 for an empty one.
pub(super) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Rounds to four digits: more would claim what a sample cannot.
pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    match whole > 0.0 {
        true => (part / whole * 10_000.0).round() / 10_000.0,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_list() {
        let list: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(
            [0.5, 0.95, 0.99, 1.0].map(|p| percentile(&list, p)),
            [50.0, 95.0, 99.0, 100.0]
        );
        assert_eq!(percentile(&[], 0.5), 0.0);
        assert_eq!(percentile(&[3.0], 0.5), 3.0);
    }
}
